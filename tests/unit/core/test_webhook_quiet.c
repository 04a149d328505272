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
    int64_t delivery = store_fixture_number(&f.s, "SELECT id FROM webhook_delivery");
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

/* --- telephones ---------------------------------------------------------------------------------------------------
 */

enum { HOUR_S = 3600 };
#define HOUR (HOUR_S * US_PER_S)
#define EVENING (f.s.now_us - f.s.now_us % (24 * HOUR) + 20 * HOUR + 55 * MINUTE) /* 21.55 in Stockholm's winter */

static int64_t add_phone(const char *const *kinds, size_t kind_count)
{
    static const char *const to[] = {"+46701740605"};
    return webhook_fixture_add(&f, NULL,
                               &(struct webhook_input){.format = "46elks",
                                                       .from = "Grannbud",
                                                       .to = to,
                                                       .to_count = 1,
                                                       .user = "u",
                                                       .password = "p",
                                                       .name = "sms",
                                                       .kinds = kinds,
                                                       .kind_count = kind_count});
}

/* Only telephones, in the evening, with nothing queued. */
static int64_t evening_us;
static int setup_phone(void **state)
{
    (void)state;
    webhook_fixture_init(&f);
    f.s.now_us = evening_us = EVENING;
    hook = add_phone(NULL, 0);
    return 0;
}

static void rings_in_the_morning(void)
{
    int64_t morning = evening_us + 9 * HOUR + 5 * MINUTE;
    assert_int_equal(claim(), 0);
    assert_int_equal(
        store_fixture_number(&f.s, "SELECT due_at / 1000000 FROM webhook_delivery WHERE state = 'pending'"),
        morning / US_PER_S);
    assert_string_equal(store_fixture_text(&f.s,
                                           "SELECT state || ' ' || pending || ' ' || in_flight FROM webhook_lane, "
                                           "webhook_delivery WHERE webhook_lane.webhook_id = "
                                           "webhook_delivery.webhook_id"),
                        "pending 1 0");
    f.s.now_us = morning - 1;
    assert_int_equal(claim(), 0);
    f.s.now_us = morning;
    assert_int_equal(claim(), 1);
}

static void alert_until_noon(void)
{
    int64_t noon_us = evening_us + 16 * HOUR;
    alert = webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET expires_at = %lld", (long long)noon_us);
}

static void test_webhook_claim__a_retry_of_the_evening_rings_in_the_morning(void **state)
{
    (void)state;
    alert_until_noon();
    assert_int_equal(claim(), 1);
    webhook_fixture_record(&f, jobs[0],
                           &(struct webhook_result){.outcome = WEBHOOK_RETRY,
                                                    .due_us = f.s.now_us + 20 * MINUTE,
                                                    .http_status = 503,
                                                    .is_receiver_failing = true,
                                                    .detail = "503 Service Unavailable"});
    f.s.now_us += 20 * MINUTE;
    rings_in_the_morning();
    assert_int_equal(jobs[0]->attempts, 2);
    assert_string_equal(store_fixture_text(&f.s, "SELECT detail FROM webhook_delivery"), "503 Service Unavailable");
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

/* The daemon was down in the evening, or sending was on hold. */
static void test_webhook_claim__what_was_due_in_the_evening_rings_in_the_morning(void **state)
{
    (void)state;
    alert_until_noon();
    f.s.now_us += 10 * MINUTE;
    rings_in_the_morning();
    assert_int_equal(jobs[0]->attempts, 1);
    assert_int_equal(jobs[0]->first_at_us, f.s.now_us);
    assert_non_null(strstr(store_fixture_text(&f.s, "SELECT detail FROM webhook_delivery"), "quiet hours"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_claim__a_letter_at_night_rings_in_the_morning(void **state)
{
    static const char *const kinds[] = {"letter"};
    (void)state;
    store_fixture_ok(&f.s, webhook_remove(f.s.db, &f.s.admin, hook, &f.s.err));
    hook = add_phone(kinds, 1);
    webhook_fixture_sql(&f,
                        "INSERT INTO letter (id, scope_kind, scope_code, kind, title, classification, source, version, "
                        "state, author_id, author, editor_id, editor, created_at, updated_at) VALUES (1, "
                        "'municipality', '1292', 'info', 'Nytt', 'public', '', 1, 'sending', 0, 'anna', 0, 'anna', 1, "
                        "1);"
                        "INSERT INTO letter_target (letter_id, municipality_code) VALUES (1, '1292')");
    f.s.now_us += 2 * HOUR;
    store_fixture_ok(&f.s, webhook_emit_letter(f.s.db, 1));
    rings_in_the_morning();
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_claim__danger_to_life_rings_at_night(void **state)
{
    (void)state;
    alert_until_noon();
    webhook_fixture_sql(&f, "UPDATE alert SET life_danger = 1");
    f.s.now_us += 2 * HOUR;
    assert_int_equal(claim(), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_claim__a_test_rings_at_night(void **state)
{
    int64_t delivery = 0;
    (void)state;
    f.s.now_us += 2 * HOUR;
    store_fixture_ok(&f.s, webhook_test(f.s.db, &f.s.admin, hook, &delivery, &f.s.err));
    assert_int_equal(claim(), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_claim__machines_hear_at_night(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_add(&f, "https://ntfy.example/tips", &(struct webhook_input){.format = "ntfy"});
    alert_until_noon();
    f.s.now_us += 2 * HOUR;
    assert_int_equal(claim(), 1);
    assert_non_null(strstr(jobs[0]->url, "e.example"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_claim__what_ends_before_the_morning_never_rings(void **state)
{
    (void)state;
    alert = webhook_fixture_alert(&f, 0, "alert"); /* for an hour */
    f.s.now_us += 10 * MINUTE;
    assert_int_equal(claim(), 0);
    f.s.now_us = evening_us + HOUR;
    assert_int_equal(claim(), 0);
    assert_string_equal(store_fixture_text(&f.s, "SELECT state FROM webhook_delivery"), "expired");
}

/* What is over by a clock that jumped is not, yet; nor is it looked at again and again until then. */
static void test_webhook_claim__a_clock_set_forward_lets_telephones_sleep(void **state)
{
    (void)state;
    alert = webhook_fixture_alert(&f, 0, "alert"); /* for an hour */
    f.s.jumped_us = 3 * HOUR;
    f.s.now_us += 10 * MINUTE + f.s.jumped_us;
    assert_int_equal(claim(), 0);
    assert_string_equal(store_fixture_text(&f.s, "SELECT state FROM webhook_delivery"), "pending");
    assert_int_equal(store_fixture_number(&f.s, "SELECT due_at FROM webhook_delivery"), evening_us + 4 * HOUR);
}

/* A jump of the clock brings it back too early; it waits again. */
static void test_webhook_claim__a_clock_set_back_lets_telephones_sleep(void **state)
{
    (void)state;
    alert_until_noon();
    f.s.now_us += 10 * MINUTE;
    assert_int_equal(claim(), 0);
    f.s.now_us += HOUR;
    jump(-30 * MINUTE);
    f.s.now_us = evening_us + 8 * HOUR + 40 * MINUTE;
    rings_in_the_morning();
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

/* A telephone that is taken out is not rung: not by what waits, not by a recall, not by a replay. */
static void test_webhook_edit__a_telephone_that_is_taken_out_is_left_alone(void **state)
{
    static const char *const both[] = {"+46701740605", "+46701740606"};
    static const char *const one[] = {"+46701740605"};
    int64_t n = 0;
    (void)state;
    struct webhook_change change = {.given = {.to = both, .to_count = 2}, .has_to = true, .exercises = -1};
    f.s.now_us -= 2 * HOUR;
    store_fixture_ok(&f.s, webhook_edit(f.s.db, &f.s.admin, &f.rules, hook, &change, &f.s.err));
    alert = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(), 2);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    webhook_fixture_end(&f, jobs[1], WEBHOOK_DELIVERED);
    webhook_fixture_alert(&f, 0, "alert");
    change.given.to = one;
    change.given.to_count = 1;
    store_fixture_ok(&f.s, webhook_edit(f.s.db, &f.s.admin, &f.rules, hook, &change, &f.s.err));
    assert_int_equal(claim(), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    webhook_fixture_alert(&f, alert, "recall");
    assert_int_equal(claim(), 1);
    assert_non_null(strstr(jobs[0]->body, "0605"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET state = 'failed' WHERE recipient = '+46701740606'");
    store_fixture_ok(
        &f.s, webhook_replay(f.s.db, &f.s.admin, hook, &(struct webhook_replay){.with_expired = true}, &n, &f.s.err));
    assert_int_equal(n, 0);
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
#undef ROW
#define ROW(name) TEST_FIXTURE(name, setup_phone, teardown)
    ROW(test_webhook_claim__a_retry_of_the_evening_rings_in_the_morning),
    ROW(test_webhook_claim__what_was_due_in_the_evening_rings_in_the_morning),
    ROW(test_webhook_claim__a_letter_at_night_rings_in_the_morning),
    ROW(test_webhook_claim__danger_to_life_rings_at_night),
    ROW(test_webhook_claim__a_test_rings_at_night),
    ROW(test_webhook_claim__machines_hear_at_night),
    ROW(test_webhook_claim__what_ends_before_the_morning_never_rings),
    ROW(test_webhook_claim__a_clock_set_back_lets_telephones_sleep),
    ROW(test_webhook_claim__a_clock_set_forward_lets_telephones_sleep),
    ROW(test_webhook_edit__a_telephone_that_is_taken_out_is_left_alone),
};

TEST_MAIN(tests)
