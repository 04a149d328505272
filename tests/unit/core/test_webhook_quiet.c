/* Webhooks at night: nothing that waits for the end of the quiet hours gets out of bed earlier, whatever happens. */
#include <stdio.h>

#include "core/webhook_emit.h"
#include "core/webhook_queue.h"
#include "lib/test.h"
#include "lib/webhook_fixture.h"

#define MINUTE (60 * US_PER_S)

static struct webhook_fixture f;
static struct webhook_job *jobs[WEBHOOK_CLAIM_MAX];
static int64_t morning_us, hook, alert;

static int claim(void)
{
    return webhook_fixture_claim(&f, jobs, 10, 4);
}

/* An endpoint with an alert that is not for the night. */
static int setup(void **state)
{
    (void)state;
    webhook_fixture_init(&f);
    morning_us = f.s.now_us + 30 * MINUTE;
    alert = webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_sql(&f, "UPDATE alert SET not_before = %lld", (long long)morning_us);
    hook = webhook_fixture_add(&f, "https://e.example/", NULL);
    store_fixture_ok(&f.s, webhook_emit_alert(f.s.db, alert));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    webhook_fixture_fini(&f);
    return 0;
}

static void goes_in_the_morning(void)
{
    f.s.now_us = morning_us - 1;
    assert_int_equal(claim(), 0);
    f.s.now_us = morning_us;
    assert_int_equal(claim(), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_emit_alert__waits_for_the_morning(void **state)
{
    (void)state;
    goes_in_the_morning();
}

static void test_webhook_replay__waits_for_the_morning(void **state)
{
    int64_t n = 0;
    (void)state;
    store_fixture_ok(&f.s, webhook_disable(f.s.db, &f.s.admin, hook, "a pause", &f.s.err));
    store_fixture_ok(&f.s, webhook_enable(f.s.db, &f.s.admin, hook, &f.s.err));
    store_fixture_ok(&f.s, webhook_replay(f.s.db, &f.s.admin, hook, &(struct webhook_replay){0}, &n, &f.s.err));
    assert_int_equal(n, 1);
    goes_in_the_morning();
}

static void test_webhook_replay__of_one_waits_for_the_morning(void **state)
{
    int64_t n = 0;
    int64_t delivery = webhook_fixture_number(&f, "SELECT id FROM webhook_delivery");
    (void)state;
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET state = 'failed'");
    store_fixture_ok(&f.s, webhook_replay(f.s.db, &f.s.admin, hook, &(struct webhook_replay){.delivery_id = delivery},
                                          &n, &f.s.err));
    assert_int_equal(n, 1);
    goes_in_the_morning();
}

static void jump(int64_t by_us)
{
    int64_t then = f.s.now_us;
    f.s.now_us += by_us;
    store_fixture_ok(&f.s, webhook_shift_due(f.s.db, by_us, then));
}

static void test_webhook_shift_due__a_clock_set_back_wakes_nobody(void **state)
{
    (void)state;
    jump(-20 * MINUTE);
    goes_in_the_morning();
}

static void test_webhook_shift_due__a_clock_set_forward_delays_nobody(void **state)
{
    (void)state;
    jump(20 * MINUTE);
    goes_in_the_morning();
}

static void test_webhook_shift_due__what_was_due_stays_due(void **state)
{
    (void)state;
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET state = 'expired'");
    webhook_fixture_alert(&f, 0, "alert");
    jump(-20 * MINUTE);
    assert_int_equal(claim(), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

/* Telephones do not ring at night because a warning has run out; machines are told at once. */
static void test_webhook_emit_expired__wakes_nobody(void **state)
{
    static const char *const to[] = {"+46701740605"};
    (void)state;
    webhook_fixture_add(&f, NULL,
                        &(struct webhook_input){.format = "46elks",
                                                .from = "Grannbud",
                                                .to = to,
                                                .to_count = 1,
                                                .user = "u",
                                                .password = "p",
                                                .name = "sms"});
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(), 2);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    webhook_fixture_end(&f, jobs[1], WEBHOOK_DELIVERED);
    store_fixture_ok(&f.s, webhook_emit_expired(f.s.db, root, morning_us));
    assert_int_equal(claim(), 1);
    assert_int_equal(jobs[0]->endpoint_id, hook);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    jump(-20 * MINUTE);
    f.s.now_us = morning_us - 1;
    assert_int_equal(claim(), 0);
    f.s.now_us = morning_us;
    assert_int_equal(claim(), 2); /* the SMS, and the alert of setup */
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    webhook_fixture_end(&f, jobs[1], WEBHOOK_DELIVERED);
}

/* Not about the night: who may have an alert when the process ends hears of its recall. */
static void test_webhook_recover__a_recall_goes_where_it_may_have_arrived(void **state)
{
    int64_t n = 0;
    (void)state;
    f.s.now_us = morning_us;
    assert_int_equal(claim(), 1);
    webhook_job_free(jobs[0]);
    store_fixture_ok(&f.s, webhook_recover(f.s.db, &n));
    assert_int_equal(n, 1);
    webhook_fixture_alert(&f, alert, "recall");
    assert_int_equal(claim(), 1);
    assert_non_null(strstr(jobs[0]->body, "alert.recalled"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

#define ROW(name) TEST_FIXTURE(name, setup, teardown)
static const struct CMUnitTest tests[] = {
    ROW(test_webhook_emit_alert__waits_for_the_morning),
    ROW(test_webhook_replay__waits_for_the_morning),
    ROW(test_webhook_replay__of_one_waits_for_the_morning),
    ROW(test_webhook_shift_due__a_clock_set_back_wakes_nobody),
    ROW(test_webhook_shift_due__a_clock_set_forward_delays_nobody),
    ROW(test_webhook_shift_due__what_was_due_stays_due),
    ROW(test_webhook_emit_expired__wakes_nobody),
    ROW(test_webhook_recover__a_recall_goes_where_it_may_have_arrived),
};

TEST_MAIN(tests)
