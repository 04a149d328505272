/* core/webhook_queue.h: what becomes of a delivery: retries, endings, the end of the process, replays. */
#include "core/webhook_queue.h"

#include <stdio.h>

#include "base/err.h"
#include "base/id.h"
#include "lib/test.h"
#include "lib/webhook_fixture.h"

#define MINUTE (60 * US_PER_S)

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
    assert_int_equal(webhook_fixture_count(&f, "failed"), 2); /* this one and what waited: kept */
    assert_int_equal(claim(10), 0);
    assert_string_equal(store_fixture_text(&f.s, "SELECT address FROM delivery"), "owner@example.se");
    assert_string_equal(store_fixture_text(&f.s, "SELECT action FROM audit ORDER BY seq DESC LIMIT 1"),
                        "webhook.disable");
    const char *mail = store_fixture_text(&f.s, "SELECT source FROM message");
    assert_non_null(strstr(mail, "Larm"));
    assert_non_null(strstr(mail, "410 Gone"));
    assert_null(strstr(mail, "x=1"));
    webhook_fixture_alert(&f, 0, "alert"); /* nothing more for it */
    assert_int_equal(webhook_fixture_count(&f, "pending"), 0);
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
    assert_int_equal(webhook_fixture_count(&f, "failed"), 1);
    assert_int_equal(store_fixture_number(&f.s, "SELECT count(*) FROM message"), 1);
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
    assert_int_equal(store_fixture_number(&f.s, "SELECT is_failing + (failing_since IS NOT NULL) FROM webhook_lane"),
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
    assert_int_equal(webhook_fixture_count(&f, "withdrawn"), 1); /* the update takes its place */
    assert_int_equal(claim(10), 2);
    assert_int_equal(store_fixture_number(&f.s, "SELECT in_flight FROM webhook_lane"), 2);
    for (int i = 0; i < 2; i++)
        webhook_fixture_end(&f, jobs[i], WEBHOOK_DELIVERED);
    assert_int_equal(store_fixture_number(&f.s, "SELECT in_flight + pending FROM webhook_lane"), 0);
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
    assert_int_equal(webhook_fixture_replay(&f, id, 0, false), 1);
    assert_int_equal(webhook_fixture_replay(&f, id, 0, false), 0); /* it waits already */
    assert_int_equal(claim(10), 1);
    assert_string_equal(jobs[0]->webhook_id, webhook_id);
    assert_int_equal(jobs[0]->attempts, 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DEAD);
    f.s.now_us += 60 * MINUTE;
    assert_int_equal(webhook_fixture_replay(&f, id, 0, false), 0);
    assert_int_equal(webhook_fixture_replay(&f, id, delivery, false), ERR_BAD_STATE);
    assert_int_equal(webhook_fixture_replay(&f, id, 0, true), 1);
    assert_int_equal(claim(10), 1);
    webhook_fixture_end(&f, jobs[0], WEBHOOK_DELIVERED);
    assert_int_equal(webhook_fixture_replay(&f, id, delivery, true), 1); /* that one again, though it arrived */
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
    assert_int_equal(webhook_fixture_replay(&f, id, 0, false), 0);
    webhook_fixture_sql(&f, "UPDATE webhook SET state = 'disabled'");
    assert_int_equal(webhook_fixture_replay(&f, id, 0, true), ERR_BAD_STATE);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_webhook_record__a_retry_is_the_same_message, setup, teardown),
    TEST_FIXTURE(test_webhook_record__410_disables_and_tells_the_owner, setup, teardown),
    TEST_FIXTURE(test_webhook_record__five_days_of_failure_disable, setup, teardown),
    TEST_FIXTURE(test_webhook_record__a_failed_test_counts_for_nothing, setup, teardown),
    TEST_FIXTURE(test_webhook_recover__what_was_in_flight_goes_again, setup, teardown),
    TEST_FIXTURE(test_webhook_recover__a_recall_follows_what_was_in_flight, setup, teardown),
    TEST_FIXTURE(test_webhook_doubt_queued__a_recall_follows_what_was_queued, setup, teardown),
    TEST_FIXTURE(test_webhook_record__given_back_counts_no_attempt, setup, teardown),
    TEST_FIXTURE(test_webhook_record__a_removed_endpoint_is_no_error_of_others, setup, teardown),
    TEST_FIXTURE(test_webhook_replay__under_the_same_id_unless_it_is_over, setup, teardown),
    TEST_FIXTURE(test_webhook_replay__not_what_was_recalled, setup, teardown),
};

TEST_MAIN(tests)
