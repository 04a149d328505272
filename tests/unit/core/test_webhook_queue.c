/* core/webhook_queue.h: what is claimed, in which order, what a clock changes of it, and what is forgotten. */
/* run: not under tsan */
#include "core/webhook_queue.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/webhook_emit.h"
#include "core/webhook_sign.h"
#include "lib/test.h"
#include "lib/webhook_fixture.h"

#define MINUTE (60 * US_PER_S)
#define DAY (86400 * US_PER_S)

static struct webhook_fixture f;
static struct webhook_job *jobs[WEBHOOK_CLAIM_MAX];

static int setup(void **state)
{
    (void)state;
    webhook_fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    webhook_fixture_fini(&f);
    return 0;
}

static int claim(int room)
{
    return webhook_fixture_claim(&f, jobs, room, 4);
}

static const char *header(const struct webhook_job *job, const char *name)
{
    for (size_t i = 0; i < job->header_count; i++)
        if (strcmp(job->headers[i].name, name) == 0)
            return job->headers[i].value;
    return NULL;
}

static void test_webhook_claim__gives_what_is_needed_to_send(void **state)
{
    (void)state;
    static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    struct webhook_secret key;
    struct buf expected;
    webhook_fixture_add(&f, "https://e.example/hook",
                        &(struct webhook_input){.secret = secret, .user = "u", .password = "p"});
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    assert_string_equal(jobs[0]->method, "POST");
    assert_string_equal(jobs[0]->url, "https://e.example/hook");
    assert_string_equal(jobs[0]->user, "u");
    assert_string_equal(jobs[0]->password, "p");
    assert_int_equal(jobs[0]->attempts, 1);
    assert_non_null(strstr(jobs[0]->body, "\"type\":\"alert.sent\""));
    assert_null(strchr(jobs[0]->webhook_id, '.'));
    assert_string_equal(header(jobs[0], "Content-Type"), "application/json");
    assert_null(header(jobs[0], "webhook-signature"));
    webhook_job_sign(jobs[0], 1772366400);
    assert_string_equal(header(jobs[0], "webhook-id"), jobs[0]->webhook_id);
    assert_string_equal(header(jobs[0], "webhook-timestamp"), "1772366400");
    buf_init(&expected, 200);
    assert_int_equal(webhook_secret_parse(secret, &key, NULL), 0);
    webhook_sign(&key, jobs[0]->webhook_id, 1772366400, jobs[0]->body, jobs[0]->body_bytes, &expected);
    assert_string_equal(header(jobs[0], "webhook-signature"), buf_str(&expected));
    webhook_job_sign(jobs[0], 1772366401); /* another attempt: in the place of the first */
    assert_string_equal(header(jobs[0], "webhook-timestamp"), "1772366401");
    assert_int_equal(jobs[0]->header_count, 4);
    buf_fini(&expected);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    assert_int_equal(webhook_fixture_count(&f, "sent"), 1);
    assert_int_equal(claim(10), 0);
}

/* Room is shared; an endpoint with much to get costs the others nothing. */
static void test_webhook_claim__is_fair(void **state)
{
    (void)state;
    int64_t busy = webhook_fixture_add(&f, "https://busy.example/", NULL);
    for (int i = 0; i < 20; i++)
        webhook_fixture_alert(&f, 0, "alert");
    for (int i = 0; i < 4; i++)
        webhook_fixture_add(&f, "https://other.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    int n = claim(5);
    assert_int_equal(n, 5);
    int of_busy = 0;
    for (int i = 0; i < n; i++) {
        of_busy += jobs[i]->endpoint_id == busy;
        webhook_job_free(jobs[i]);
    }
    assert_int_equal(of_busy, 1);
    n = claim(100); /* at most four of it at a time */
    assert_int_equal(n, 3);
    for (int i = 0; i < n; i++)
        webhook_fixture_end(&f, jobs[i], WEBHOOK_DELIVERED);
    n = claim(100);
    assert_int_equal(n, 3);
    for (int i = 0; i < n; i++)
        webhook_job_free(jobs[i]);
}

static void test_webhook_claim__one_at_a_time_of_what_fails(void **state)
{
    struct webhook_claim asked = {.now_us = 0, .room = 100, .room_failing = 1, .per_endpoint = 4};
    bool more = false;
    int n = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        webhook_fixture_add(&f, "https://e.example/", NULL);
    for (int i = 0; i < 3; i++)
        webhook_fixture_alert(&f, 0, "alert");
    n = claim(100);
    assert_int_equal(n, 9);
    for (int i = 0; i < n; i++)
        webhook_fixture_end(&f, jobs[i], WEBHOOK_RETRY);
    f.s.now_us += MINUTE;
    asked.now_us = f.s.now_us;
    assert_int_equal(webhook_claim(f.s.db, f.config, &asked, jobs, &n, &more), 0);
    assert_int_equal(n, 1); /* room for one that fails */
    assert_false(more);     /* the others wait for that room, nobody needs to ask at once */
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    n = claim(100);
    assert_int_equal(n, 4); /* two of the one that works again, one each of the others */
    for (int i = 0; i < n; i++)
        webhook_job_free(jobs[i]);
}

static void test_webhook_claim__pauses_as_the_receiver_asked(void **state)
{
    int64_t due = 0;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(webhook_fixture_claim(&f, jobs, 1, 4), 1);
    webhook_fixture_record(&f, jobs[0],
                           &(struct webhook_result){.outcome = WEBHOOK_RETRY,
                                                    .due_us = f.s.now_us + MINUTE,
                                                    .pause_until_us = f.s.now_us + 2 * MINUTE,
                                                    .http_status = 429,
                                                    .is_receiver_failing = true,
                                                    .detail = "429"});
    assert_int_equal(claim(10), 0);
    assert_int_equal(webhook_next_due(f.s.db, f.s.now_us, &due), 0);
    assert_true(due <= f.s.now_us + 2 * MINUTE);
    f.s.now_us += 2 * MINUTE;
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    assert_int_equal(claim(10), 1);
    webhook_job_free(jobs[0]);
}

static void test_webhook_claim__a_thread_in_order(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    struct webhook_job *first = jobs[0];
    webhook_fixture_alert(&f, root, "update");
    webhook_fixture_alert(&f, 0, "alert"); /* another thread overtakes */
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    assert_int_equal(claim(10), 0);
    webhook_fixture_end(&f, first, WEBHOOK_RETRY); /* overtaken: it does not come again */
    assert_int_equal(webhook_fixture_count(&f, "withdrawn"), 1);
    f.s.now_us += MINUTE;
    assert_int_equal(claim(10), 1);
    assert_non_null(strstr(jobs[0]->body, "alert.updated"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_claim__a_recall_finds_nothing_to_take_back(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    webhook_fixture_alert(&f, root, "recall");
    webhook_fixture_end(&f, jobs[0], WEBHOOK_RETRY); /* 503: it has not arrived */
    f.s.now_us += MINUTE;
    assert_int_equal(claim(10), 0);
    assert_int_equal(webhook_fixture_count(&f, "withdrawn"), 2);
}

static void test_webhook_claim__a_recall_goes_where_it_may_have_arrived(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    webhook_fixture_alert(&f, root, "recall");
    webhook_fixture_record(&f, jobs[0],
                           &(struct webhook_result){.outcome = WEBHOOK_RETRY,
                                                    .due_us = f.s.now_us + MINUTE,
                                                    .may_have_reached = true,
                                                    .detail = "no answer in time"});
    assert_int_equal(claim(10), 1);
    assert_non_null(strstr(jobs[0]->body, "alert.recalled"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_claim__what_is_over_is_not_sent_late(void **state)
{
    int64_t due = 0;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    webhook_fixture_record(
        &f, jobs[0], &(struct webhook_result){.outcome = WEBHOOK_RETRY, .due_us = f.s.now_us + DAY, .detail = "x"});
    assert_int_equal(webhook_next_due(f.s.db, f.s.now_us, &due), 0);
    assert_int_equal(due, f.s.now_us + 60 * MINUTE); /* when it expires */
    f.s.now_us = due;
    assert_int_equal(claim(10), 0);
    assert_int_equal(webhook_fixture_count(&f, "expired"), 1);
    assert_int_equal(webhook_emit_expired(f.s.db, root, 0), 0);
    assert_int_equal(claim(10), 0); /* it has nothing, so it is not told of the end */
}

static void test_webhook_emit_expired__is_told_to_who_has_it(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    f.s.now_us += 60 * MINUTE;
    assert_int_equal(webhook_emit_expired(f.s.db, root, 0), 0);
    assert_int_equal(claim(10), 1);
    assert_non_null(strstr(jobs[0]->body, "alert.expired"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

/* --- clocks, what is kept, figures -------------------------------------------------------------------------------- */

static void test_webhook_forget__keeps_dead_letters_longer(void **state)
{
    bool more = true;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    for (int i = 0; i < 3; i++)
        webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 3);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    webhook_fixture_end(&f, jobs[1], WEBHOOK_DEAD);
    webhook_fixture_record(&f, jobs[2], &(struct webhook_result){.outcome = WEBHOOK_RETRY, .due_us = f.s.now_us + DAY});
    f.s.now_us += 31 * DAY;
    assert_int_equal(webhook_forget(f.s.db, f.s.now_us - 30 * DAY, f.s.now_us - 90 * DAY, &more), 0);
    assert_false(more);
    assert_int_equal(store_fixture_number(&f.s, "SELECT count(*) FROM webhook_delivery"), 2);
    assert_int_equal(store_fixture_number(&f.s, "SELECT count(*) FROM webhook_event"), 2);
    f.s.now_us += 60 * DAY;
    assert_int_equal(webhook_forget(f.s.db, f.s.now_us - 30 * DAY, f.s.now_us - 90 * DAY, &more), 0);
    assert_int_equal(store_fixture_number(&f.s, "SELECT count(*) FROM webhook_delivery"), 1);
}

static void test_webhook_shift_due__waits_as_long_as_it_would_have(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET expires_at = 0");
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_RETRY);
    int64_t then = f.s.now_us;
    f.s.now_us += DAY;
    assert_int_equal(webhook_shift_due(f.s.db, DAY, then), 0);
    assert_int_equal(claim(10), 0);
    f.s.now_us += MINUTE;
    assert_int_equal(claim(10), 1);
    webhook_job_free(jobs[0]);
}

/* An alert that waits for the morning goes in the morning, however the clock is set meanwhile. */
static void test_webhook_shift_due__the_quiet_hours_end_when_they_end(void **state)
{
    static const int64_t jumps_us[] = {2 * 3600 * US_PER_S, -2 * 3600 * US_PER_S};
    int64_t due = 0;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    int64_t morning = f.s.now_us + 8 * 3600 * US_PER_S;
    webhook_fixture_sql(&f,
                        "UPDATE alert SET not_before = %lld; UPDATE webhook_delivery SET due_at = %lld, expires_at = 0;"
                        "UPDATE webhook_lane SET due_at = %lld",
                        (long long)morning, (long long)morning, (long long)morning);
    for (size_t i = 0; i < ARRAY_LEN(jumps_us); i++) {
        int64_t then = f.s.now_us;
        f.s.now_us += jumps_us[i];
        assert_int_equal(webhook_shift_due(f.s.db, jumps_us[i], then), 0);
        assert_int_equal(webhook_next_due(f.s.db, f.s.now_us, &due), 0);
        assert_int_equal(due, morning);
    }
    f.s.now_us = morning - 1;
    assert_int_equal(claim(10), 0);
    f.s.now_us = morning;
    assert_int_equal(claim(10), 1);
    webhook_job_free(jobs[0]);
}

/* A machine that begins in 2020: what waits since before the start does not wait for years, and an endpoint that failed
 * once in "2020" has not failed for years. */
static void test_webhook_shift_due__a_clock_that_was_years_behind(void **state)
{
    struct webhook_result fails = {
        .outcome = WEBHOOK_RETRY, .http_status = 503, .is_receiver_failing = true, .detail = "503"};
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET expires_at = 0");
    int64_t right = f.s.now_us;
    assert_int_equal(claim(10), 1);
    fails.due_us = fails.pause_until_us = right + MINUTE;
    webhook_fixture_record(&f, jobs[0], &fails);
    f.s.now_us = right - 2000 * DAY;
    webhook_fixture_sql(&f, "UPDATE webhook_lane SET failing_since = %lld", (long long)f.s.now_us);
    assert_int_equal(webhook_shift_due(f.s.db, 2000 * DAY, f.s.now_us), 0);
    f.s.now_us = right;
    assert_int_equal(claim(10), 1);
    fails.due_us = fails.pause_until_us = right + MINUTE;
    assert_false(webhook_fixture_record(&f, jobs[0], &fails));
}

static void test_webhook_recover__what_was_written_by_a_clock_ahead(void **state)
{
    int64_t n = 0;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET expires_at = 0");
    f.s.now_us -= 400 * DAY;
    assert_int_equal(claim(10), 0);
    assert_int_equal(webhook_recover(f.s.db, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(claim(10), 1);
    webhook_job_free(jobs[0]);
}

static void test_webhook_counts__figures(void **state)
{
    struct webhook_counts counts;
    (void)state;
    webhook_fixture_add(&f, "https://a.example/", NULL);
    webhook_fixture_add(&f, "https://b.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 2);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_RETRY);
    webhook_fixture_end(&f, jobs[1], WEBHOOK_DEAD);
    webhook_fixture_sql(&f, "UPDATE webhook SET state = 'disabled' WHERE url LIKE '%%a.ex%%'");
    assert_int_equal(webhook_counts(f.s.db, &counts), 0);
    assert_int_equal(counts.endpoints, 2);
    assert_int_equal(counts.failing, 2);
    assert_int_equal(counts.disabled, 1);
    assert_int_equal(counts.pending, 1);
    assert_int_equal(counts.dead, 1);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_webhook_claim__gives_what_is_needed_to_send, setup, teardown),
    TEST_FIXTURE(test_webhook_claim__is_fair, setup, teardown),
    TEST_FIXTURE(test_webhook_claim__one_at_a_time_of_what_fails, setup, teardown),
    TEST_FIXTURE(test_webhook_claim__pauses_as_the_receiver_asked, setup, teardown),
    TEST_FIXTURE(test_webhook_claim__a_thread_in_order, setup, teardown),
    TEST_FIXTURE(test_webhook_claim__a_recall_finds_nothing_to_take_back, setup, teardown),
    TEST_FIXTURE(test_webhook_claim__a_recall_goes_where_it_may_have_arrived, setup, teardown),
    TEST_FIXTURE(test_webhook_claim__what_is_over_is_not_sent_late, setup, teardown),
    TEST_FIXTURE(test_webhook_emit_expired__is_told_to_who_has_it, setup, teardown),
    TEST_FIXTURE(test_webhook_forget__keeps_dead_letters_longer, setup, teardown),
    TEST_FIXTURE(test_webhook_shift_due__waits_as_long_as_it_would_have, setup, teardown),
    TEST_FIXTURE(test_webhook_shift_due__the_quiet_hours_end_when_they_end, setup, teardown),
    TEST_FIXTURE(test_webhook_shift_due__a_clock_that_was_years_behind, setup, teardown),
    TEST_FIXTURE(test_webhook_recover__what_was_written_by_a_clock_ahead, setup, teardown),
    TEST_FIXTURE(test_webhook_counts__figures, setup, teardown),
};

TEST_MAIN(tests)
