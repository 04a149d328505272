/* The outbox uses the connections that its relay allows (deliver/relay_health.h), less those kept free for alerts. */
#include "lib/outbox_fixture.h"
#include "lib/test.h"

static struct outbox_fixture f;

static void test_outbox__letters_use_the_whole_window_but_the_reserve(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 20\nreserved_for_alerts = 2\n");
    f.replies[SMTP_STATE_DOT] = ""; /* every letter hangs; one domain alone would leave a quarter to others */
    outbox_fixture_post_to(&f, LANE_LETTER, 0, 30, "a.example");
    outbox_fixture_post_to(&f, LANE_LETTER, 30, 30, "b.example");
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 2000);
    struct outbox_status s = outbox_status(f.outbox);
    assert_int_equal(s.relays[0].window, 20);
    assert_int_equal(s.busy, 18);
    assert_int_equal(s.sessions, 20); /* an alert finds two that are open */
    f.replies[SMTP_STATE_DOT] = NULL;
    outbox_fixture_fini(&f);
}

static void test_outbox__without_mail_that_waits_no_session_is_opened_in_reserve(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 20\nreserved_for_alerts = 2\n");
    f.replies[SMTP_STATE_DOT] = "";
    outbox_fixture_post(&f, LANE_LETTER, 0, 2);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 2000);
    assert_int_equal(outbox_status(f.outbox).busy, 2);
    assert_int_equal(outbox_status(f.outbox).sessions, 2);
    f.replies[SMTP_STATE_DOT] = NULL;
    outbox_fixture_fini(&f);
}

static const struct CMUnitTest tests[] = {
    TEST(test_outbox__letters_use_the_whole_window_but_the_reserve),
    TEST(test_outbox__without_mail_that_waits_no_session_is_opened_in_reserve),
};

TEST_MAIN(tests)
