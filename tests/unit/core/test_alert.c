/* Alerts: sending, confirming, the second person, the night, the end, and who may do what. Threads are in
 * test_alert_follow.c. */
#include "core/alert.h"

#include <stdio.h>

#include "base/id.h"
#include "base/mem.h"
#include "core/alert_view.h"
#include "core/config.h"
#include "core/group.h"
#include "core/ledger.h"
#include "lib/alert_world.h"
#include "lib/test.h"

static struct alert_world w;

static int setup(void **state)
{
    (void)state;
    alert_world_init(&w);
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

static enum alert_state state_of(int64_t id)
{
    struct alert_view v = shown(id);
    enum alert_state state = v.state;
    alert_view_fini(&v);
    return state;
}

static void test_send__goes_out_with_all_it_says(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.instruction = "Ring 112 om du ser något.";
    in.title_en = "Outboard motors stolen";
    in.text_en = "Three were taken last night.";
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    struct alert_view v = shown(w.answer.id);
    assert_int_equal(w.answer.recipients, 2);
    assert_int_equal(v.state, ALERT_STATE_ACTIVE);
    assert_int_equal(v.type, ALERT_TYPE_ALERT);
    assert_int_equal(v.id, v.root_id);
    assert_int_equal(v.kind, ALERT_KIND_BOAT_THEFT);
    assert_int_equal(v.severity, ALERT_SEVERITY_MODERATE);
    assert_int_equal(v.classification, LETTER_CLASS_PUBLIC);
    assert_int_equal(v.recipients, 2);
    assert_int_equal(v.sent_us, w.f.now_us);
    assert_int_equal(v.not_before_us, 0);
    assert_int_equal(v.expires_us, w.f.now_us + 24 * 3600 * US_PER_S);
    assert_string_equal(v.title, "Båtmotorer stulna i Skälderviken");
    assert_string_equal(v.instruction, "Ring 112 om du ser något.");
    assert_string_equal(v.title_en, "Outboard motors stolen");
    assert_string_equal(v.area_text, "Ängelholm");
    assert_string_equal(v.author, "anna");
    assert_string_equal(v.sms, "Varning: Båtmotorer stulna i Skälderviken. Akut: 112. Tips: 114 14.");
    assert_int_equal(v.municipality_count, 1);
    assert_string_equal(v.municipalities[0].code, "1292");
    assert_string_equal(v.municipalities[0].name, "Ängelholm");
    assert_int_equal(v.target.municipality_count, 1);
    assert_int_equal(v.earlier_count, 0);
    assert_true(v.message_id > 0);
    alert_world_expand(&w);
    assert_int_equal(store_fixture_count(&w.f, v.message_id, "pending"), 2);
    alert_view_fini(&v);
}

static void test_send__refuses_what_is_not_whole(void **state)
{
    (void)state;
    static const struct {
        const char *member, *value, *words;
    } rows[] = {
        {"kind", NULL, "kind is missing"},
        {"kind", "burglary", "burglary_ongoing"},
        {"title", NULL, "title is missing"},
        {"title", " \t ", "title is missing"},
        {"title", "a\nb{{name}}", "without {{...}}"},
        {"text", NULL, "text is missing"},
        {"text", "\n\n", "text is missing"},
        {"text", "Rad ett\nrad \x01två", "text: line 2"},
        {"text", "Hej {{name}}", "without {{...}}"},
        {"text", "a\xc3", "text"},
        {"text", "&#1; i texten", "text: line 1"},
        {"title", "&#1; i titeln", "title"},
        {"sms", "&#1; i sms", "sms"},
        {"severity", "grave", "extreme severe moderate minor unknown"},
        {"urgency", "now", "immediate"},
        {"certainty", "sure", "observed"},
        {"classification", "secret", "ombud_only"},
        {"title_en", "Only a title", "go together"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct alert_input in = alert_world_input();
        alert_world_set(&in, rows[i].member, rows[i].value);
        int rc = alert_world_send(&w, &w.f.anna, &in);
        if ((rc != ERR_INVALID && rc != ERR_TOO_LARGE) || !strstr(w.f.err.text, rows[i].words))
            fail_msg("row %zu: %s: \"%s\" lacks \"%s\"", i, err_name(rc), w.f.err.text, rows[i].words);
    }
    assert_int_equal(alert_world_count(&w), 0);
}

static void test_send__refuses_what_is_too_long(void **state)
{
    (void)state;
    char title[ALERT_TITLE_CHARS + 2];
    char *text = test_malloc(ALERT_TEXT_BYTES + 2);
    struct alert_input in = alert_world_input();
    memset(title, 'a', sizeof title);
    memset(text, 'a', ALERT_TEXT_BYTES + 2);
    title[sizeof title - 1] = text[ALERT_TEXT_BYTES + 1] = '\0';
    in.title = title;
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_TOO_LARGE);
    in = alert_world_input();
    in.text = text;
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_TOO_LARGE);
    title[ALERT_TITLE_CHARS] = '\0';
    in = alert_world_input();
    in.title = title;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    test_free(text);
}

static void test_send__an_empty_audience_is_refused(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    alert_world_target(&w, &in, "{\"municipalities\": [\"1278\"]}"); /* no group */
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
    assert_non_null(strstr(w.f.err.text, "no active group"));
    alert_world_target(&w, &in, "{\"municipalities\": [\"1257\"]}"); /* a group without people */
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
    assert_non_null(strstr(w.f.err.text, "nobody would be warned"));
    alert_world_target(&w, &in, "{\"circle\": {\"lat\": 60, \"lon\": 15, \"radius_km\": 1}}");
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
    assert_non_null(strstr(w.f.err.text, "no point on the map"));
}

static void test_send__many_recipients_need_their_number(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    w.config.alert.confirm_above_recipients = 1;
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_BAD_STATE);
    assert_true(w.answer.needs_confirmation);
    assert_int_equal(w.answer.recipients, 2);
    in.confirm_recipients = 3;
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_BAD_STATE);
    assert_non_null(strstr(w.f.err.text, "2 recipients, not 3"));
    assert_int_equal(alert_world_count(&w), 0);
    in.confirm_recipients = 2;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    /* A wrong number is refused also where none was needed. */
    w.config.alert.confirm_above_recipients = 500;
    in.confirm_recipients = 1;
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_BAD_STATE);
}

static void test_send__a_plan_that_the_register_has_outrun_is_counted_anew(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    struct alert_plan plan;
    struct alert_answer answer;
    alert_plan_init(&plan);
    store_fixture_ok(&w.f, alert_plan_new(w.f.db, &w.f.anna, &w.config, &in, &plan, &w.f.err));
    assert_int_equal(plan.audience.recipients, 2);
    store_fixture_person(&w.f, "1292", "Nyponet", "Ny Granne", "ny@example.se", NULL);
    in.confirm_recipients = 2;
    assert_int_equal(alert_send(w.f.db, &w.f.anna, &w.config, &in, &plan, &answer, &w.f.err), ERR_BAD_STATE);
    assert_int_equal(answer.recipients, 3);
    alert_plan_fini(&plan);
}

static void test_second_person__approves_what_was_submitted(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    w.config.alert.confirm_above_recipients = 1;
    in.second_person = true;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    int64_t id = w.answer.id;
    assert_int_equal(state_of(id), ALERT_STATE_SUBMITTED);
    assert_int_equal(alert_world_approve(&w, &w.f.anna, id, NULL), ERR_FORBIDDEN);
    assert_int_equal(alert_world_approve(&w, &w.f.admin, id, NULL), ERR_FORBIDDEN); /* nobody in person */
    assert_int_equal(alert_world_approve(&w, &w.f.david, id, NULL), ERR_NOT_FOUND); /* outside */
    assert_int_equal(alert_world_approve(&w, &w.f.bertil, id, "0123456789"), ERR_BAD_STATE);
    assert_int_equal(alert_world_approve(&w, &w.f.bertil, id, ""), ERR_BAD_STATE);
    assert_int_equal(state_of(id), ALERT_STATE_SUBMITTED);
    alert_world_ok(&w, alert_world_approve(&w, &w.f.bertil, id, NULL));
    struct alert_view v = shown(id);
    assert_int_equal(v.state, ALERT_STATE_ACTIVE);
    assert_int_equal(v.recipients, 2);
    assert_int_equal(v.sent_us, w.f.now_us);
    alert_world_expand(&w);
    assert_int_equal(store_fixture_count(&w.f, v.message_id, "pending"), 2);
    alert_view_fini(&v);
    assert_int_equal(alert_world_approve(&w, &w.f.cecilia, id, NULL), ERR_BAD_STATE);
}

static void test_second_person__rejects_or_the_author_discards(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.second_person = true;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(alert_reject(w.f.db, &w.f.bertil, w.answer.id, "", &w.f.err), ERR_INVALID);
    store_fixture_ok(&w.f, alert_reject(w.f.db, &w.f.bertil, w.answer.id, "fel område", &w.f.err));
    assert_int_equal(state_of(w.answer.id), ALERT_STATE_DISCARDED);
    assert_int_equal(alert_world_approve(&w, &w.f.bertil, w.answer.id, NULL), ERR_BAD_STATE);
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    store_fixture_ok(&w.f, alert_discard(w.f.db, &w.f.anna, w.answer.id, NULL, &w.f.err));
    assert_int_equal(state_of(w.answer.id), ALERT_STATE_DISCARDED);
    in.second_person = false;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(alert_discard(w.f.db, &w.f.anna, w.answer.id, NULL, &w.f.err), ERR_BAD_STATE);
    assert_non_null(strstr(w.f.err.text, "recall it"));
}

static void test_second_person__groups_that_went_to_sleep_are_left_out(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.second_person = true;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    int64_t id = w.answer.id;
    store_fixture_ok(&w.f, group_set_state(w.f.db, &w.f.admin, w.rosen, "dormant", NULL, &w.f.err));
    alert_world_ok(&w, alert_world_approve(&w, &w.f.bertil, id, NULL));
    assert_int_equal(w.answer.recipients, 1);
}

static void test_night__waits_for_the_morning_unless_life_is_in_danger(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    w.f.now_us += 10 * 3600 * US_PER_S; /* 22:00 UTC, 23:00 in Stockholm */
    int64_t morning = w.f.now_us + 8 * 3600 * US_PER_S;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(w.answer.deferred_until_us, morning);
    struct alert_view v = shown(w.answer.id);
    assert_int_equal(v.not_before_us, morning);
    alert_world_expand(&w);
    assert_int_equal(alert_world_claim(&w), 0);
    int64_t pulled = 0;
    store_fixture_ok(&w.f, ledger_pull_back(w.f.db, w.f.now_us, w.f.now_us + 3600 * US_PER_S, &pulled));
    assert_int_equal(alert_world_claim(&w), 0); /* the scheduler does not take it for a clock that was wrong */
    w.f.now_us = morning;
    assert_int_equal(alert_world_claim(&w), 2);
    alert_view_fini(&v);
    w.f.now_us -= 3600 * US_PER_S;
    in.severity = "extreme";
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(w.answer.deferred_until_us, 0);
    in.severity = NULL;
    in.life_danger = 1;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(w.answer.deferred_until_us, 0);
    in.life_danger = -1;
    in.kind = "missing_person";
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(w.answer.deferred_until_us, 0);
    in.life_danger = 0;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(w.answer.deferred_until_us, morning);
    w.config.alert.quiet_hours = (struct config_hours){0, 0};
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    assert_int_equal(w.answer.deferred_until_us, 0);
}

static void test_night__what_would_have_ended_by_morning_is_refused(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    w.f.now_us += 10 * 3600 * US_PER_S;
    in.expires_in_s = 8 * 3600;
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
    assert_non_null(strstr(w.f.err.text, "night"));
    in.expires_in_s = 8 * 3600 + ALERT_EXPIRY_MIN_S - 1; /* nobody could read it in time */
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
    in.expires_in_s = 8 * 3600 + ALERT_EXPIRY_MIN_S;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
}

/* People live by the clock on the wall; the nights are those in which it changes. */
static void test_night__is_told_in_local_time(void **state)
{
    (void)state;
    static const struct {
        int64_t evening_s, morning_s;
        const char *morning, *end;
    } nights[] = {
        {1774720800, 1774760400, "until 29 March 2026 at 07:00", "ended on 29 March 2026 at 07:01"},
        {1792864800, 1792908000, "until 25 October 2026 at 07:00", "ended on 25 October 2026 at 07:01"},
    };
    for (size_t i = 0; i < ARRAY_LEN(nights); i++) {
        struct alert_input in = alert_world_input();
        w.f.now_us = nights[i].evening_s * US_PER_S;
        in.expires_us = (nights[i].morning_s + 60) * US_PER_S;
        in.second_person = true;
        alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
        int64_t id = w.answer.id;
        w.f.now_us += 5 * 3600 * US_PER_S; /* it is night now, also for who approves */
        assert_int_equal(alert_world_approve(&w, &w.f.bertil, id, NULL), ERR_BAD_STATE);
        assert_non_null(strstr(w.f.err.text, nights[i].morning));
        assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
        assert_non_null(strstr(w.f.err.text, nights[i].morning));
        w.f.now_us = in.expires_us;
        assert_int_equal(alert_world_approve(&w, &w.f.bertil, id, NULL), ERR_BAD_STATE);
        assert_non_null(strstr(w.f.err.text, nights[i].end));
    }
}

static void test_end__is_the_kinds_or_within_limits(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.kind = "missing_person";
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    struct alert_view v = shown(w.answer.id);
    assert_int_equal(v.expires_us, w.f.now_us + 12 * 3600 * US_PER_S);
    assert_true(v.life_danger);
    alert_view_fini(&v);
    static const int64_t wrong[] = {299, 30 * 86400 + 1};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        in.expires_us = w.f.now_us + wrong[i] * US_PER_S;
        assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
        in.expires_us = 0;
        in.expires_in_s = wrong[i];
        assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
        in.expires_in_s = 0;
    }
    in.expires_us = w.f.now_us + 300 * US_PER_S;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
}

static void test_expire_due__ends_alerts_and_drafts(void **state)
{
    (void)state;
    int n = 0;
    struct alert_input in = alert_world_input();
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    int64_t sent = w.answer.id;
    in.second_person = true;
    in.expires_in_s = 600;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    int64_t submitted = w.answer.id;
    store_fixture_ok(&w.f, alert_expire_due(w.f.db, &w.config, w.f.now_us, &n));
    assert_int_equal(n, 0);
    w.f.now_us += 601 * US_PER_S;
    assert_int_equal(alert_world_approve(&w, &w.f.bertil, submitted, NULL), ERR_BAD_STATE);
    store_fixture_ok(&w.f, alert_expire_due(w.f.db, &w.config, w.f.now_us, &n));
    assert_int_equal(n, 1);
    assert_int_equal(state_of(submitted), ALERT_STATE_DISCARDED);
    assert_int_equal(state_of(sent), ALERT_STATE_ACTIVE);
    w.f.now_us += 24 * 3600 * US_PER_S;
    store_fixture_ok(&w.f, alert_expire_due(w.f.db, &w.config, w.f.now_us, &n));
    assert_int_equal(n, 1);
    struct alert_view v = shown(sent);
    assert_int_equal(v.state, ALERT_STATE_EXPIRED);
    assert_int_equal(v.ended_us, w.f.now_us);
    alert_view_fini(&v);
    store_fixture_ok(&w.f, alert_expire_due(w.f.db, &w.config, w.f.now_us, &n));
    assert_int_equal(n, 0);
}

static void test_rate__one_person_an_hour(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    w.config.alert.per_sender_per_hour = 2;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    w.f.now_us += 600 * US_PER_S;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    w.f.now_us += 600 * US_PER_S;
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_LIMIT);
    assert_in_range(w.answer.retry_after_s, 2400, 2401);
    alert_world_ok(&w, alert_world_send(&w, &w.f.bertil, &in)); /* another person */
    w.f.now_us += w.answer.retry_after_s * US_PER_S + 2401 * US_PER_S;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    w.config.alert.per_sender_per_hour = 0;
    for (int i = 0; i < 5; i++)
        alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
}

static void test_exercise__marks_everything_and_stays_one(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.is_exercise = true;
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    struct alert_view v = shown(w.answer.id);
    assert_true(v.is_exercise);
    assert_int_equal(strncmp(v.sms, "ÖVNING: Varning: ", strlen("ÖVNING: Varning: ")), 0);
    alert_view_fini(&v);
    in.sms = "ÖVNING: egen text";
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    v = shown(w.answer.id);
    assert_string_equal(v.sms, "ÖVNING: egen text");
    alert_view_fini(&v);
}

static void test_lint__a_block_needs_a_reason(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.text = "Mannen bor på Storgatan 12 och kör ABC 123.\n\nI natt. Ring 112 eller 114 14.";
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
    assert_non_null(strstr(w.f.err.text, "line 1"));
    in.override_reason = "kort";
    assert_int_equal(alert_world_send(&w, &w.f.anna, &in), ERR_INVALID);
    in.override_reason = "polisledningen har beslutat det";
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
}

static void test_walls__an_alert_is_its_areas(void **state)
{
    (void)state;
    int64_t id = 0;
    struct alert_input in = alert_world_input();
    alert_world_target(&w, &in, "{\"areas\": [\"angelholm\"]}");
    alert_world_ok(&w, alert_world_send(&w, &w.f.anna, &in));
    char text[ID_TEXT_BYTES];
    id_format(ID_ALERT, w.answer.id, text);
    store_fixture_ok(&w.f, alert_find(w.f.db, &w.f.cecilia, text, &id, &w.f.err));
    assert_int_equal(alert_find(w.f.db, &w.f.david, text, &id, &w.f.err), ERR_NOT_FOUND);
    assert_int_equal(alert_find(w.f.db, &w.f.david, "latest", &id, &w.f.err), ERR_NOT_FOUND);
    assert_int_equal(alert_find(w.f.db, &w.f.anna, "alr", &id, &w.f.err), ERR_INVALID);
    store_fixture_ok(&w.f, alert_find(w.f.db, &w.f.anna, "latest", &id, &w.f.err));
    assert_int_equal(id, w.answer.id);
    /* Cecilia sees it, but it concerns more than her municipality. */
    struct alert_answer answer;
    assert_int_equal(alert_recall(w.f.db, &w.f.cecilia, &w.config, id, &(struct alert_recall_input){.title = NULL},
                                  &answer, &w.f.err),
                     ERR_FORBIDDEN);
    assert_int_equal(
        alert_recall(w.f.db, &w.f.david, &w.config, id, &(struct alert_recall_input){.title = NULL}, &answer, &w.f.err),
        ERR_NOT_FOUND);
}

static void test_draft__a_suggestion_is_sent_by_a_person_or_not_at_all(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    struct actor daemon = actor_daemon();
    int64_t id = 0;
    int64_t again = 0;
    in.kind = "vma_relay";
    in.origin = "vma";
    in.origin_id = "SRCAP1";
    in.origin_url = "https://sverigesradio.se/vma";
    store_fixture_ok(&w.f, alert_add_draft(w.f.db, &daemon, &w.config, &in, &id, &w.f.err));
    assert_int_equal(alert_add_draft(w.f.db, &daemon, &w.config, &in, &again, &w.f.err), ERR_EXISTS);
    assert_int_equal(state_of(id), ALERT_STATE_DRAFT);
    alert_world_ok(&w, alert_world_send_draft(&w, &w.f.anna, id));
    struct alert_view v = shown(id);
    assert_int_equal(v.state, ALERT_STATE_ACTIVE);
    assert_string_equal(v.origin, "vma");
    alert_view_fini(&v);
    assert_int_equal(alert_world_send_draft(&w, &w.f.anna, id), ERR_BAD_STATE);
    in.origin_id = "SRCAP2";
    store_fixture_ok(&w.f, alert_add_draft(w.f.db, &daemon, &w.config, &in, &id, &w.f.err));
    store_fixture_ok(&w.f, alert_discard(w.f.db, &w.f.anna, id, "redan känt", &w.f.err));
    assert_int_equal(state_of(id), ALERT_STATE_DISCARDED);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_send__goes_out_with_all_it_says, setup, teardown),
    TEST_FIXTURE(test_send__refuses_what_is_not_whole, setup, teardown),
    TEST_FIXTURE(test_send__refuses_what_is_too_long, setup, teardown),
    TEST_FIXTURE(test_send__an_empty_audience_is_refused, setup, teardown),
    TEST_FIXTURE(test_send__many_recipients_need_their_number, setup, teardown),
    TEST_FIXTURE(test_send__a_plan_that_the_register_has_outrun_is_counted_anew, setup, teardown),
    TEST_FIXTURE(test_second_person__approves_what_was_submitted, setup, teardown),
    TEST_FIXTURE(test_second_person__rejects_or_the_author_discards, setup, teardown),
    TEST_FIXTURE(test_second_person__groups_that_went_to_sleep_are_left_out, setup, teardown),
    TEST_FIXTURE(test_night__waits_for_the_morning_unless_life_is_in_danger, setup, teardown),
    TEST_FIXTURE(test_night__what_would_have_ended_by_morning_is_refused, setup, teardown),
    TEST_FIXTURE(test_night__is_told_in_local_time, setup, teardown),
    TEST_FIXTURE(test_end__is_the_kinds_or_within_limits, setup, teardown),
    TEST_FIXTURE(test_expire_due__ends_alerts_and_drafts, setup, teardown),
    TEST_FIXTURE(test_rate__one_person_an_hour, setup, teardown),
    TEST_FIXTURE(test_exercise__marks_everything_and_stays_one, setup, teardown),
    TEST_FIXTURE(test_lint__a_block_needs_a_reason, setup, teardown),
    TEST_FIXTURE(test_walls__an_alert_is_its_areas, setup, teardown),
    TEST_FIXTURE(test_draft__a_suggestion_is_sent_by_a_person_or_not_at_all, setup, teardown),
};

TEST_MAIN(tests)
