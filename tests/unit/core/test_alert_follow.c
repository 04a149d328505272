/* Threads of alerts: updates and recalls, what stays, what is refused, and who gets them. */
#include "core/alert.h"

#include <stdio.h>

#include "base/id.h"
#include "base/mem.h"
#include "core/alert_view.h"
#include "lib/alert_world.h"
#include "lib/ledger_check.h"
#include "lib/test.h"
#include "store/db.h"

static struct alert_world w;
static int64_t root;

static int setup(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    alert_world_init(&w);
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    root = w.answer.id;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    alert_world_fini(&w);
    return 0;
}

static struct alert_view shown(int64_t id)
{
    struct alert_view v = {0};
    store_fixture_ok(&w.f, alert_view_load(w.f.db, id, &v));
    return v;
}

static void check_state(int64_t id, enum alert_state state)
{
    struct alert_view v = shown(id);
    assert_string_equal(alert_state_word(v.state), alert_state_word(state));
    alert_view_fini(&v);
}

static int64_t message_of(int64_t id)
{
    struct alert_view v = shown(id);
    int64_t message = v.message_id;
    alert_view_fini(&v);
    return message;
}

static struct alert_input news(void)
{
    struct alert_input in = ALERT_INPUT_INIT;
    in.text = "En vit skåpbil sågs i natt. Ring 112.";
    return in;
}

/* Everybody who is queued gets it. */
static void send_all(void)
{
    alert_world_expand(&w);
    int n = alert_world_claim(&w);
    for (int i = 0; i < n; i++)
        alert_world_record(&w, &w.jobs[i], DELIVERY_SENT);
}

static void refuse(int rc, int code, const char *words)
{
    assert_int_equal(rc, code);
    if (!strstr(w.f.err.text, words))
        fail_msg("\"%s\" lacks \"%s\"", w.f.err.text, words);
}

static void test_update__changes_texts_and_nothing_else(void **state)
{
    (void)state;
    struct alert_input in = news();
    in.kind = "fire_setting"; /* passed over, as are the target and the exercise */
    in.is_exercise = true;
    in.severity = "severe";
    w.f.now_us += 60 * US_PER_S;
    alert_world_ok(&w, alert_world_update(&w, &w.f.bertil, root, &in));
    struct alert_view first = shown(root);
    struct alert_view v = shown(w.answer.id);
    assert_int_equal(first.state, ALERT_STATE_UPDATED);
    assert_int_equal(v.state, ALERT_STATE_ACTIVE);
    assert_int_equal(v.type, ALERT_TYPE_UPDATE);
    assert_int_equal(v.root_id, root);
    assert_int_equal(v.kind, ALERT_KIND_BOAT_THEFT);
    assert_int_equal(v.severity, ALERT_SEVERITY_SEVERE);
    assert_false(v.is_exercise);
    assert_string_equal(v.title, first.title);
    assert_string_equal(v.text, in.text);
    assert_string_equal(v.area_text, first.area_text);
    assert_int_equal(v.municipality_count, 1);
    assert_int_equal(v.target.municipality_count, 1);
    assert_int_equal(v.expires_us, w.f.now_us + 86400 * US_PER_S);
    assert_string_equal(v.author, "bertil");
    assert_int_equal(strncmp(v.sms, "Ändrad varning: Båtmotorer", strlen("Ändrad varning: Båtmotorer")), 0);
    assert_int_equal(v.earlier_count, 1);
    assert_int_equal(v.earlier[0].id, root);
    assert_int_equal(v.earlier[0].sent_us, first.sent_us);
    alert_view_fini(&first);
    alert_view_fini(&v);
}

static void test_update__of_any_part_follows_the_newest(void **state)
{
    (void)state;
    struct alert_input in = news();
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, root, &in));
    int64_t second = w.answer.id;
    in.text = NULL;
    in.title = "Båtmotorer stulna även i Vejbystrand";
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, root, &in));
    struct alert_view v = shown(w.answer.id);
    assert_string_equal(v.text, news().text); /* of the one before */
    assert_int_equal(v.earlier_count, 2);
    assert_int_equal(v.earlier[1].id, second);
    check_state(second, ALERT_STATE_UPDATED);
    alert_view_fini(&v);
    in.title = NULL;
    refuse(alert_world_update(&w, &w.f.anna, root, &in), ERR_INVALID, "something new");
    in.text = "Kör ABC 123.";
    refuse(alert_world_update(&w, &w.f.anna, root, &in), ERR_INVALID, "registration plate");
}

static void test_recall__ends_the_whole_thread_with_a_standard_sentence(void **state)
{
    (void)state;
    struct alert_input in = news();
    send_all();
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, root, &in));
    int64_t update = w.answer.id;
    w.f.now_us += 60 * US_PER_S;
    alert_world_ok(&w, alert_world_recall(&w, &w.f.bertil, update, NULL));
    struct alert_view v = shown(w.answer.id);
    check_state(root, ALERT_STATE_RECALLED);
    check_state(update, ALERT_STATE_RECALLED);
    assert_int_equal(v.state, ALERT_STATE_RECALLED);
    assert_int_equal(v.type, ALERT_TYPE_RECALL);
    assert_int_equal(v.urgency, ALERT_URGENCY_PAST);
    assert_string_equal(v.title, "Båtmotorer stulna i Skälderviken");
    assert_string_equal(v.text, "Varningen gäller inte längre. Tack för att du var uppmärksam.");
    assert_string_equal(v.instruction, "");
    assert_string_equal(v.sms, "Varningen är över: Båtmotorer stulna i Skälderviken.");
    assert_int_equal(v.earlier_count, 2);
    assert_int_equal(v.ended_us, w.f.now_us);
    assert_int_equal(v.expires_us, w.f.now_us + (int64_t)3 * 86400 * US_PER_S);
    alert_view_fini(&v);
}

static void test_recall__reaches_exactly_those_who_got_it(void **state)
{
    (void)state;
    alert_world_expand(&w);
    assert_int_equal(alert_world_claim(&w), 2);
    alert_world_record(&w, &w.jobs[0], DELIVERY_SENT);
    alert_world_record(&w, &w.jobs[1], DELIVERY_FAILED);
    char got[JOB_ADDRESS_BYTES];
    snprintf(got, sizeof got, "%s", w.jobs[0].address);
    store_fixture_person(&w.f, "1292", "Rosen", "Ny Granne", "ny@example.se", NULL);
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, root, NULL));
    int64_t recall = w.answer.id;
    alert_world_expand(&w);
    assert_int_equal(alert_world_claim(&w), 1);
    assert_string_equal(w.jobs[0].address, got);
    assert_int_equal(w.jobs[0].message_id, message_of(recall));
    alert_world_record(&w, &w.jobs[0], DELIVERY_SENT);
    ledger_check(w.f.db, message_of(root), false);
    ledger_check(w.f.db, message_of(recall), false);
}

static void test_recall__of_what_is_queued_withdraws_it_and_tells_nobody(void **state)
{
    (void)state;
    alert_world_expand(&w);
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, root, NULL));
    alert_world_expand(&w);
    assert_int_equal(alert_world_claim(&w), 0);
}

static void test_recall__says_what_a_person_wrote_and_lints_it(void **state)
{
    (void)state;
    refuse(alert_world_recall(&w, &w.f.anna, root, "Tjuven körde ABC 123."), ERR_INVALID, "registration plate");
    check_state(root, ALERT_STATE_ACTIVE);
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, root, "Motorerna är återfunna."));
    struct alert_view v = shown(w.answer.id);
    assert_string_equal(v.text, "Motorerna är återfunna.");
    alert_view_fini(&v);
}

/* It may be going out yet: only what is proven ends it. */
static void test_alert_recall__while_a_clock_that_jumped_says_that_it_is_over(void **state)
{
    (void)state;
    int n = 0;
    w.f.jumped_us = INT64_C(10) * 365 * 86400 * US_PER_S;
    w.f.now_us += w.f.jumped_us;
    store_fixture_ok(&w.f, alert_expire_due(w.f.db, &w.config, db_proven_us(w.f.db), &n));
    assert_int_equal(n, 0);
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, root, NULL));
    check_state(root, ALERT_STATE_RECALLED);
}

static void test_follow__what_is_over_is_refused_with_words(void **state)
{
    (void)state;
    struct alert_input in = news();
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, root, NULL));
    int64_t recall = w.answer.id;
    refuse(alert_world_recall(&w, &w.f.anna, root, NULL), ERR_BAD_STATE, "recalled on 1 March 2026 at 13:00 already");
    refuse(alert_world_recall(&w, &w.f.anna, recall, NULL), ERR_BAD_STATE, "recalled on");
    refuse(alert_world_update(&w, &w.f.anna, root, &in), ERR_BAD_STATE, "cannot be updated");

    struct alert_input again = alert_world_input();
    again.expires_in_s = 600;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &again));
    int64_t expired = w.answer.id;
    w.f.now_us += 600 * US_PER_S; /* over, though the scheduler has not been there */
    refuse(alert_world_update(&w, &w.f.anna, expired, &in), ERR_BAD_STATE, "the alert ended on 1 March 2026 at 13:10");
    int n = 0;
    store_fixture_ok(&w.f, alert_expire_due(w.f.db, &w.config, w.f.now_us, &n));
    refuse(alert_world_recall(&w, &w.f.anna, expired, NULL), ERR_BAD_STATE, "the alert ended on 1 March 2026 at 13:10");

    again.expires_in_s = 0;
    again.second_person = true;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &again));
    int64_t submitted = w.answer.id;
    refuse(alert_world_recall(&w, &w.f.anna, submitted, NULL), ERR_BAD_STATE, "discard it instead");
    store_fixture_ok(&w.f, alert_discard(w.f.db, &w.f.anna, submitted, NULL, &w.f.err));
    refuse(alert_world_update(&w, &w.f.anna, submitted, &in), ERR_BAD_STATE, "was discarded");
}

static void test_follow__an_exercise_stays_one(void **state)
{
    (void)state;
    struct alert_input exercise = alert_world_input();
    struct alert_input in = news();
    exercise.is_exercise = true;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &exercise));
    int64_t id = w.answer.id;
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, id, &in)); /* which does not say so itself */
    struct alert_view v = shown(w.answer.id);
    assert_true(v.is_exercise);
    assert_int_equal(strncmp(v.sms, "ÖVNING: ", strlen("ÖVNING: ")), 0);
    alert_view_fini(&v);
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, id, NULL));
    v = shown(w.answer.id);
    assert_true(v.is_exercise);
    assert_string_equal(v.sms, "ÖVNING: Varningen är över: Båtmotorer stulna i Skälderviken.");
    alert_view_fini(&v);
}

/* By the clock on the wall, in the nights in which it changes. */
static void test_follow__what_is_over_is_told_in_local_time(void **state)
{
    (void)state;
    static const struct {
        int64_t s;
        const char *recalled;
    } changes[] = {
        {1774745999, "recalled on 29 March 2026 at 01:59 already"},
        {1774746000, "recalled on 29 March 2026 at 03:00 already"},
        {1792893599, "recalled on 25 October 2026 at 02:59 already"},
        {1792893600, "recalled on 25 October 2026 at 03:00 already"},
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct alert_input in = alert_world_input();
        w.f.now_us = changes[i].s * US_PER_S;
        alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
        int64_t id = w.answer.id;
        alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, id, NULL));
        refuse(alert_world_recall(&w, &w.f.anna, id, NULL), ERR_BAD_STATE, changes[i].recalled);
    }
}

static void test_follow__the_night_holds_them_by_the_same_rule(void **state)
{
    (void)state;
    struct alert_input in = news();
    send_all();
    w.f.now_us += 10 * 3600 * US_PER_S; /* 23:00 in Stockholm */
    int64_t morning = w.f.now_us + 8 * 3600 * US_PER_S;
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, root, &in));
    assert_int_equal(w.answer.deferred_until_us, morning);
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, root, NULL));
    assert_int_equal(w.answer.deferred_until_us, morning);
    alert_world_expand(&w);
    assert_int_equal(alert_world_claim(&w), 0);
    w.f.now_us = morning;
    assert_int_equal(alert_world_claim(&w), 2);
}

static void test_update__danger_to_life_is_never_taken_away(void **state)
{
    (void)state;
    struct alert_input missing = alert_world_input();
    struct alert_input in = news();
    missing.kind = "missing_person";
    missing.text = "Äldre man saknas sedan i natt. Se i uthus. Ring 112.";
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &missing));
    w.f.now_us += 10 * 3600 * US_PER_S;
    in.severity = "minor";
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, w.answer.id, &in));
    assert_int_equal(w.answer.deferred_until_us, 0);
    int64_t update = w.answer.id;
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, update, NULL));
    struct alert_view v = shown(w.answer.id);
    assert_string_equal(v.text, "Sökandet är avslutat. Du behöver inte leta mer. Tack för hjälpen.");
    alert_view_fini(&v);
}

static void test_rate__updates_count_and_recalls_never(void **state)
{
    (void)state;
    struct alert_input in = news();
    w.config.alert.per_sender_per_hour = 2;
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, root, &in));
    refuse(alert_world_update(&w, &w.f.anna, root, &in), ERR_LIMIT, "wait");
    assert_true(w.answer.retry_after_s > 3000);
    alert_world_ok(&w, alert_world_recall(&w, &w.f.anna, root, NULL));
}

static void test_expire__ends_the_thread_with_its_updates(void **state)
{
    (void)state;
    struct alert_input in = news();
    int n = 0;
    in.expires_in_s = 600;
    alert_world_ok(&w, alert_world_update(&w, &w.f.anna, root, &in));
    w.f.now_us += 600 * US_PER_S;
    store_fixture_ok(&w.f, alert_expire_due(w.f.db, &w.config, w.f.now_us, &n));
    assert_int_equal(n, 1);
    check_state(root, ALERT_STATE_EXPIRED);
    check_state(w.answer.id, ALERT_STATE_EXPIRED);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_update__changes_texts_and_nothing_else, setup, teardown),
    TEST_FIXTURE(test_update__of_any_part_follows_the_newest, setup, teardown),
    TEST_FIXTURE(test_recall__ends_the_whole_thread_with_a_standard_sentence, setup, teardown),
    TEST_FIXTURE(test_recall__reaches_exactly_those_who_got_it, setup, teardown),
    TEST_FIXTURE(test_recall__of_what_is_queued_withdraws_it_and_tells_nobody, setup, teardown),
    TEST_FIXTURE(test_recall__says_what_a_person_wrote_and_lints_it, setup, teardown),
    TEST_FIXTURE(test_follow__what_is_over_is_refused_with_words, setup, teardown),
    TEST_FIXTURE(test_alert_recall__while_a_clock_that_jumped_says_that_it_is_over, setup, teardown),
    TEST_FIXTURE(test_follow__an_exercise_stays_one, setup, teardown),
    TEST_FIXTURE(test_follow__what_is_over_is_told_in_local_time, setup, teardown),
    TEST_FIXTURE(test_follow__the_night_holds_them_by_the_same_rule, setup, teardown),
    TEST_FIXTURE(test_update__danger_to_life_is_never_taken_away, setup, teardown),
    TEST_FIXTURE(test_rate__updates_count_and_recalls_never, setup, teardown),
    TEST_FIXTURE(test_expire__ends_the_thread_with_its_updates, setup, teardown),
};

TEST_MAIN(tests)
