/* core/webhook_queue.h: what is claimed, in which order, and what becomes of it. */
#include "core/webhook_queue.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
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

static int64_t count(const char *state)
{
    char select[120];
    snprintf(select, sizeof select, "SELECT count(*) FROM webhook_delivery WHERE state = '%s'", state);
    return webhook_fixture_number(&f, select);
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
    assert_int_equal(count("sent"), 1);
    assert_int_equal(claim(10), 0);
}

static void test_webhook_record__a_retry_is_the_same_message(void **state)
{
    char id[ID_TEXT_BYTES];
    char body[4000];
    int64_t due = 0;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    snprintf(id, sizeof id, "%s", jobs[0]->webhook_id);
    snprintf(body, sizeof body, "%s", jobs[0]->body);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_RETRY);
    assert_int_equal(claim(10), 0);
    assert_int_equal(webhook_next_due(f.s.db, f.s.now_us, &due), 0);
    assert_int_equal(due, f.s.now_us + MINUTE);
    f.s.now_us = due;
    assert_int_equal(claim(10), 1);
    assert_string_equal(jobs[0]->webhook_id, id);
    assert_string_equal(jobs[0]->body, body);
    assert_int_equal(jobs[0]->attempts, 2);
    assert_int_equal(jobs[0]->first_at_us, f.s.now_us - MINUTE);
    assert_true(jobs[0]->is_endpoint_failing);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    assert_int_equal(webhook_next_due(f.s.db, f.s.now_us, &due), ERR_NOT_FOUND);
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
    assert_int_equal(count("withdrawn"), 1);
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
    assert_int_equal(count("withdrawn"), 2);
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
    assert_int_equal(count("expired"), 1);
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

/* --- endings ------------------------------------------------------------------------------------------------------ */

static void test_webhook_record__410_disables_and_tells_the_owner(void **state)
{
    (void)state;
    int64_t id = webhook_fixture_add(&f, "https://hooks.example/secret-path?x=1",
                                     &(struct webhook_input){.email = "owner@example.se", .name = "Larm"});
    webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(webhook_fixture_claim(&f, jobs, 1, 1), 1);
    assert_true(webhook_fixture_record(&f, jobs[0],
                                       &(struct webhook_result){.outcome = WEBHOOK_DEAD,
                                                                .disable = true,
                                                                .http_status = 410,
                                                                .is_receiver_failing = true,
                                                                .detail = "410 Gone"}));
    assert_int_equal(count("failed"), 2); /* this one and what waited: kept */
    assert_int_equal(claim(10), 0);
    assert_string_equal(webhook_fixture_text(&f, "SELECT address FROM delivery"), "owner@example.se");
    assert_string_equal(webhook_fixture_text(&f, "SELECT action FROM audit ORDER BY seq DESC LIMIT 1"),
                        "webhook.disable");
    const char *mail = webhook_fixture_text(&f, "SELECT source FROM message");
    assert_non_null(strstr(mail, "Larm"));
    assert_non_null(strstr(mail, "410 Gone"));
    assert_null(strstr(mail, "x=1"));
    webhook_fixture_alert(&f, 0, "alert"); /* nothing more for it */
    assert_int_equal(count("pending"), 0);
    assert_int_equal(webhook_enable(f.s.db, &f.s.admin, id, &f.s.err), 0);
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    webhook_job_free(jobs[0]);
}

/* One try an hour; a success in between begins the five days anew. */
static void test_webhook_record__five_days_of_failure_disable(void **state)
{
    int hours = 0;
    bool disabled = false;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", &(struct webhook_input){.email = "owner@example.se"});
    webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_sql(&f, "UPDATE webhook_delivery SET expires_at = 0");
    for (; hours < 130 && !disabled; hours++) {
        assert_int_equal(claim(10), 1);
        if (hours == 4) {
            webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
            webhook_fixture_alert(&f, 0, "alert");
            webhook_fixture_sql(&f, "UPDATE webhook_delivery SET expires_at = 0");
            continue;
        }
        disabled = webhook_fixture_end(&f, jobs[0], WEBHOOK_RETRY);
        f.s.now_us += 60 * MINUTE;
    }
    assert_true(disabled);
    assert_int_equal(hours, 5 + 5 * 24 + 1);
    assert_int_equal(count("failed"), 1);
    assert_int_equal(webhook_fixture_number(&f, "SELECT count(*) FROM message"), 1);
}

static void test_webhook_record__a_failed_test_counts_for_nothing(void **state)
{
    int64_t delivery = 0;
    (void)state;
    int64_t id = webhook_fixture_add(&f, "https://e.example/", NULL);
    store_fixture_ok(&f.s, webhook_test(f.s.db, &f.s.admin, id, &delivery, &f.s.err));
    assert_int_equal(claim(10), 1);
    assert_true(jobs[0]->is_test);
    assert_int_equal(jobs[0]->delivery_id, delivery);
    assert_non_null(strstr(jobs[0]->body, "\"exercise\":true"));
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DEAD);
    assert_int_equal(webhook_fixture_number(&f, "SELECT is_failing + (failing_since IS NOT NULL) FROM webhook_lane"),
                     0);
}

static void test_webhook_recover__what_was_in_flight_goes_again(void **state)
{
    int64_t n = 0;
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 2);
    webhook_job_free(jobs[0]);
    webhook_job_free(jobs[1]);
    webhook_fixture_alert(&f, root, "update");
    assert_int_equal(webhook_recover(f.s.db, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(count("withdrawn"), 1); /* the update takes its place */
    assert_int_equal(claim(10), 2);
    assert_int_equal(webhook_fixture_number(&f, "SELECT in_flight FROM webhook_lane"), 2);
    for (int i = 0; i < 2; i++)
        webhook_fixture_end(&f, jobs[i], WEBHOOK_DELIVERED);
    assert_int_equal(webhook_fixture_number(&f, "SELECT in_flight + pending FROM webhook_lane"), 0);
}

/* Whether it had arrived when the process ended is not known: a recall goes there, whatever came of it. */
static void test_webhook_recover__a_recall_follows_what_was_in_flight(void **state)
{
    (void)state;
    for (int recalled_before = 0; recalled_before < 2; recalled_before++) {
        int64_t n = 0;
        int64_t id = webhook_fixture_add(&f, "https://e.example/", NULL);
        int64_t root = webhook_fixture_alert(&f, 0, "alert");
        assert_int_equal(claim(10), 1);
        webhook_job_free(jobs[0]);
        if (recalled_before)
            webhook_fixture_alert(&f, root, "recall");
        assert_int_equal(webhook_recover(f.s.db, &n), 0);
        assert_int_equal(n, 1);
        if (!recalled_before)
            webhook_fixture_alert(&f, root, "recall");
        assert_int_equal(claim(10), 1);
        assert_non_null(strstr(jobs[0]->body, "\"alert.recalled\""));
        webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
        store_fixture_ok(&f.s, webhook_remove(f.s.db, &f.s.admin, id, &f.s.err));
    }
}

/* A backup does not know what left after it was made. */
static void test_webhook_doubt_queued__a_recall_follows_what_was_queued(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    store_fixture_ok(&f.s, webhook_doubt_queued(f.s.db));
    webhook_fixture_alert(&f, root, "recall");
    assert_int_equal(claim(10), 1);
    assert_non_null(strstr(jobs[0]->body, "\"alert.recalled\""));
    webhook_job_free(jobs[0]);
}

static void test_webhook_record__given_back_counts_no_attempt(void **state)
{
    (void)state;
    webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    webhook_fixture_record(&f, jobs[0], &(struct webhook_result){.outcome = WEBHOOK_GIVEN_BACK});
    assert_int_equal(claim(10), 1);
    assert_int_equal(jobs[0]->attempts, 1);
    assert_int_equal(jobs[0]->first_at_us, f.s.now_us);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_record__a_removed_endpoint_is_no_error_of_others(void **state)
{
    bool disabled = false;
    (void)state;
    int64_t id = webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    store_fixture_ok(&f.s, webhook_remove(f.s.db, &f.s.admin, id, &f.s.err));
    struct webhook_result result = {.delivery_id = jobs[0]->delivery_id, .outcome = WEBHOOK_DELIVERED};
    assert_int_equal(webhook_record(f.s.db, &result, &disabled), ERR_BAD_STATE);
    webhook_job_free(jobs[0]);
}

/* --- replay ------------------------------------------------------------------------------------------------------- */

static int64_t replay(int64_t id, int64_t delivery_id, bool with_expired)
{
    struct webhook_replay asked = {.delivery_id = delivery_id, .with_expired = with_expired};
    int64_t n = 0;
    int rc = webhook_replay(f.s.db, &f.s.admin, id, &asked, &n, &f.s.err);
    return rc ? rc : n;
}

static void test_webhook_replay__under_the_same_id_unless_it_is_over(void **state)
{
    char webhook_id[ID_TEXT_BYTES];
    (void)state;
    int64_t id = webhook_fixture_add(&f, "https://e.example/", NULL);
    webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    int64_t delivery = jobs[0]->delivery_id;
    snprintf(webhook_id, sizeof webhook_id, "%s", jobs[0]->webhook_id);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DEAD);
    assert_int_equal(replay(id, 0, false), 1);
    assert_int_equal(replay(id, 0, false), 0); /* it waits already */
    assert_int_equal(claim(10), 1);
    assert_string_equal(jobs[0]->webhook_id, webhook_id);
    assert_int_equal(jobs[0]->attempts, 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DEAD);
    f.s.now_us += 60 * MINUTE;
    assert_int_equal(replay(id, 0, false), 0);
    assert_int_equal(replay(id, delivery, false), ERR_BAD_STATE);
    assert_int_equal(replay(id, 0, true), 1);
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    assert_int_equal(replay(id, delivery, true), 1); /* that one again, though it arrived */
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
}

static void test_webhook_replay__not_what_was_recalled(void **state)
{
    (void)state;
    int64_t id = webhook_fixture_add(&f, "https://e.example/", NULL);
    int64_t root = webhook_fixture_alert(&f, 0, "alert");
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DEAD);
    webhook_fixture_alert(&f, root, "recall");
    assert_int_equal(replay(id, 0, false), 0);
    webhook_fixture_sql(&f, "UPDATE webhook SET state = 'disabled'");
    assert_int_equal(replay(id, 0, true), ERR_BAD_STATE);
}

/* --- the rest ------------------------------------------------------------------------------------------------------
 */

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
    assert_int_equal(webhook_fixture_number(&f, "SELECT count(*) FROM webhook_delivery"), 2);
    assert_int_equal(webhook_fixture_number(&f, "SELECT count(*) FROM webhook_event"), 2);
    f.s.now_us += 60 * DAY;
    assert_int_equal(webhook_forget(f.s.db, f.s.now_us - 30 * DAY, f.s.now_us - 90 * DAY, &more), 0);
    assert_int_equal(webhook_fixture_number(&f, "SELECT count(*) FROM webhook_delivery"), 1);
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

/* --- a random walk -------------------------------------------------------------------------------------------------
 */

/* What must hold at any time: figures are right, a thread is in order, nothing is due that no lane would look at. */
static void check_invariants(void)
{
    static const char *const wrong[] = {
        "SELECT count(*) FROM webhook_lane AS l WHERE l.pending <> (SELECT count(*) FROM webhook_delivery AS d WHERE "
        "d.webhook_id = l.webhook_id AND d.state = 'pending') OR l.in_flight <> (SELECT count(*) FROM webhook_delivery "
        "AS d"
        " WHERE d.webhook_id = l.webhook_id AND d.state = 'claimed') OR l.failed <> (SELECT count(*) FROM "
        "webhook_delivery"
        " AS d WHERE d.webhook_id = l.webhook_id AND d.state = 'failed')",
        "SELECT count(*) FROM (SELECT 1 FROM webhook_delivery WHERE state = 'claimed' OR (state = 'pending' AND held = "
        "0)"
        " GROUP BY webhook_id, thread_id, recipient HAVING count(*) > 1)",
        "SELECT count(*) FROM webhook_delivery AS d JOIN webhook_lane AS l ON l.webhook_id = d.webhook_id WHERE "
        "d.state = "
        "'pending' AND d.held = 0 AND l.ready = 0 AND l.in_flight = 0 AND (l.due_at IS NULL OR (l.due_at > d.due_at "
        "AND "
        "l.due_at > l.paused_until))",
        "SELECT count(*) FROM webhook_delivery AS d WHERE d.state = 'pending' AND d.held = 1 AND NOT EXISTS (SELECT 1 "
        "FROM "
        "webhook_delivery AS o WHERE o.webhook_id = d.webhook_id AND o.thread_id = d.thread_id AND o.recipient = "
        "d.recipient AND o.id <> d.id AND o.state IN ('pending', 'claimed'))",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (webhook_fixture_number(&f, wrong[i]) != 0)
            fail_msg("invariant %zu", i);
}

static unsigned noise = 1;

static int chance(int n)
{
    noise = noise * 1664525U + 1013904223U;
    return (int)((noise >> 16) % (unsigned)n);
}

enum { HOOKS = 4, ROOTS_MAX = 400 };
static int64_t hooks[HOOKS], roots[ROOTS_MAX];
static int root_count, flying;

static void end_one(enum webhook_outcome outcome)
{
    int i = chance(flying);
    struct webhook_job *job = jobs[i];
    jobs[i] = jobs[--flying];
    webhook_fixture_record(
        &f, job,
        &(struct webhook_result){.outcome = outcome,
                                 .due_us = outcome == WEBHOOK_GIVEN_BACK ? 0 : f.s.now_us + MINUTE * (1 + chance(90)),
                                 .pause_until_us = chance(8) == 0 ? f.s.now_us + 3 * MINUTE : 0,
                                 .is_receiver_failing = chance(2) == 0,
                                 .may_have_reached = chance(3) == 0,
                                 .disable = outcome == WEBHOOK_DEAD && chance(6) == 0,
                                 .http_status = 500,
                                 .detail = "x"});
}

static void toggle(int64_t id)
{
    if (webhook_disable(f.s.db, &f.s.admin, id, NULL, &f.s.err) == 0)
        return;
    store_fixture_ok(&f.s, webhook_enable(f.s.db, &f.s.admin, id, &f.s.err));
    replay(id, 0, chance(2));
}

static void step(void)
{
    static const enum webhook_outcome outcomes[] = {WEBHOOK_DELIVERED, WEBHOOK_DELIVERED, WEBHOOK_RETRY,
                                                    WEBHOOK_RETRY,     WEBHOOK_DEAD,      WEBHOOK_GIVEN_BACK};
    int64_t n = 0;
    switch (chance(12)) {
    case 0:
    case 1:
        if (root_count < ROOTS_MAX)
            roots[root_count++] = webhook_fixture_alert(&f, 0, "alert");
        break;
    case 2:
        if (root_count > 0)
            webhook_fixture_alert(&f, roots[chance(root_count)], chance(3) ? "update" : "recall");
        break;
    case 3:
        if (root_count > 0)
            store_fixture_ok(&f.s, webhook_emit_expired(f.s.db, roots[chance(root_count)], 0));
        break;
    case 4:
        toggle(hooks[chance(HOOKS)]);
        break;
    case 5:
        f.s.now_us += MINUTE * chance(20);
        break;
    case 6:
        if (chance(10) == 0) { /* the process ends, and begins anew */
            while (flying > 0)
                webhook_job_free(jobs[--flying]);
            store_fixture_ok(&f.s, webhook_recover(f.s.db, &n));
        }
        break;
    case 7:
    case 8:
        if (flying < 20)
            flying += webhook_fixture_claim(&f, jobs + flying, 1 + chance(10), 1 + chance(3));
        break;
    default:
        if (flying > 0)
            end_one(outcomes[chance(6)]);
    }
}

static void walk(unsigned seed)
{
    noise = seed;
    root_count = flying = 0;
    for (int i = 0; i < HOOKS; i++)
        hooks[i] = webhook_fixture_add(&f, "https://e.example/", NULL);
    for (int i = 0; i < 1000; i++) {
        step();
        check_invariants();
    }
    for (int i = 0; i < HOOKS; i++)
        webhook_enable(f.s.db, &f.s.admin, hooks[i], &f.s.err);
    for (int i = 0; i < 3000 && count("pending") + count("claimed") > 0; i++) { /* at last all receivers work */
        while (flying > 0)
            webhook_fixture_end(&f, jobs[--flying], WEBHOOK_DELIVERED);
        flying = webhook_fixture_claim(&f, jobs, 100, 4);
        f.s.now_us += MINUTE;
        check_invariants();
    }
    assert_int_equal(count("pending") + count("claimed"), 0);
    assert_true(count("sent") > 20);
    assert_true(count("withdrawn") > 5);
}

/* Seeds that once showed something: 1, a lane asleep after a claim of which nothing was left; 7, a replay beside what
 * is on its way in the same thread. */
static void test_webhook_queue__random_walks_keep_its_promises(void **state)
{
    static const unsigned seeds[] = {1, 7, 21};
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        print_message("seed %u\n", seeds[i]);
        if (i > 0) {
            teardown(state);
            setup(state);
        }
        walk(seeds[i]);
    }
}

#define ROW(name) TEST_FIXTURE(name, setup, teardown)
static const struct CMUnitTest tests[] = {
    ROW(test_webhook_claim__gives_what_is_needed_to_send),
    ROW(test_webhook_record__a_retry_is_the_same_message),
    ROW(test_webhook_claim__is_fair),
    ROW(test_webhook_claim__one_at_a_time_of_what_fails),
    ROW(test_webhook_claim__pauses_as_the_receiver_asked),
    ROW(test_webhook_claim__a_thread_in_order),
    ROW(test_webhook_claim__a_recall_finds_nothing_to_take_back),
    ROW(test_webhook_claim__a_recall_goes_where_it_may_have_arrived),
    ROW(test_webhook_claim__what_is_over_is_not_sent_late),
    ROW(test_webhook_emit_expired__is_told_to_who_has_it),
    ROW(test_webhook_record__410_disables_and_tells_the_owner),
    ROW(test_webhook_record__five_days_of_failure_disable),
    ROW(test_webhook_record__a_failed_test_counts_for_nothing),
    ROW(test_webhook_recover__what_was_in_flight_goes_again),
    ROW(test_webhook_recover__a_recall_follows_what_was_in_flight),
    ROW(test_webhook_doubt_queued__a_recall_follows_what_was_queued),
    ROW(test_webhook_record__given_back_counts_no_attempt),
    ROW(test_webhook_record__a_removed_endpoint_is_no_error_of_others),
    ROW(test_webhook_replay__under_the_same_id_unless_it_is_over),
    ROW(test_webhook_replay__not_what_was_recalled),
    ROW(test_webhook_forget__keeps_dead_letters_longer),
    ROW(test_webhook_shift_due__waits_as_long_as_it_would_have),
    ROW(test_webhook_shift_due__the_quiet_hours_end_when_they_end),
    ROW(test_webhook_shift_due__a_clock_that_was_years_behind),
    ROW(test_webhook_recover__what_was_written_by_a_clock_ahead),
    ROW(test_webhook_counts__figures),
    ROW(test_webhook_queue__random_walks_keep_its_promises),
};

TEST_MAIN(tests)
