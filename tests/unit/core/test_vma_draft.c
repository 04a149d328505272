/* Drafts from VMA: one per incident however often it comes, followed, ended, never for what is not real. */
#include "core/vma_draft.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/alert_view.h"
#include "core/config.h"
#include "core/source_places.h"
#include "core/stamp.h"
#include "core/vma.h"
#include "lib/fixture_file.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

static const char CONF[] = "[node]\nbase_url = https://grannbud.example.se\n[sender]\nfrom = a@example.se\n"
                           "[relay main]\nurl = smtp://127.0.0.1\ntls = none\n";

static struct store_fixture f;
static struct config *config;

static void at(const char *time)
{
    assert_int_equal(stamp_read(time, &f.now_us), 0);
}

static int setup(void **state)
{
    struct file_errors errors;
    (void)state;
    store_fixture_init(&f);
    file_errors_init(&errors, "t.conf");
    assert_int_equal(config_parse(CONF, sizeof CONF - 1, &config, &errors), 0);
    file_errors_fini(&errors);
    at("2026-11-22T13:10:00+01:00");
    store_fixture_person(&f, "1292", "Skälderviken", "Eva Exempel", "eva@example.se", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    config_free(config);
    store_fixture_fini(&f);
    return 0;
}

static struct vma_taken take_text(const char *text)
{
    struct vma_list *list = NULL;
    struct source_places places;
    struct vma_taken taken;
    store_fixture_ok(&f, vma_parse(text, strlen(text), &list, &f.err));
    store_fixture_ok(&f, source_places_load(f.db, &config->vma.municipalities, &places));
    store_fixture_ok(&f, vma_take(f.db, config, &places, list, &taken));
    source_places_fini(&places);
    vma_list_free(list);
    return taken;
}

static struct vma_taken take(const char *file)
{
    char *text = fixture_file(file, NULL);
    struct vma_taken taken = take_text(text);
    free(text);
    return taken;
}

/* The file with one text for another. */
static struct vma_taken take_with(const char *file, const char *from, const char *to)
{
    char *text = fixture_file(file, NULL);
    char *changed = text_replaced(text, from, to);
    struct vma_taken taken = take_text(changed);
    free(changed);
    free(text);
    return taken;
}

static void expect(struct vma_taken taken, int drafts, int updates, int recalls, int ended)
{
    assert_int_equal(taken.drafts, drafts);
    assert_int_equal(taken.updates, updates);
    assert_int_equal(taken.recalls, recalls);
    assert_int_equal(taken.ended, ended);
}

/* The last suggestion of the incident of the fixtures. */
static int64_t suggestion(void)
{
    struct db_rows *rows = NULL;
    int64_t id = 0;
    store_fixture_ok(&f, db_query(f.db, &rows, Q_VMA_INCIDENT_READ, DB_ARGS(DB_TEXT("SRVMA-20261122130500I"))));
    if (db_next(rows) > 0)
        id = db_int(rows, 3);
    db_done(rows);
    return id;
}

static struct alert_view view(int64_t id)
{
    struct alert_view v = {.id = 0};
    store_fixture_ok(&f, alert_view_load(f.db, id, &v));
    return v;
}

static enum alert_state state_of(int64_t id)
{
    struct alert_view v = view(id);
    enum alert_state state = v.state;
    alert_view_fini(&v);
    return state;
}

static int64_t send_it(int64_t id)
{
    struct alert_plan plan;
    struct alert_answer answer = {.id = 0};
    alert_plan_init(&plan);
    store_fixture_ok(&f, alert_plan_again(f.db, &f.anna, config, id, &plan, &f.err));
    store_fixture_ok(&f, alert_send_draft(f.db, &f.anna, config, id, &(struct alert_release){.confirm_recipients = -1},
                                          &plan, &answer, &f.err));
    alert_plan_fini(&plan);
    return answer.id;
}

static int64_t mails(void)
{
    return store_fixture_count(&f, 0, "pending");
}

static void test_vma_take__makes_one_draft_however_often_it_comes(void **state)
{
    (void)state;
    expect(take("vma-actual.json"), 1, 0, 0, 0);
    int64_t id = suggestion();
    for (int i = 0; i < 1000; i++) {
        f.now_us += 60 * US_PER_S;
        expect(take("vma-actual.json"), 0, 0, 0, 0);
    }
    assert_int_equal(suggestion(), id);
    assert_int_equal(mails(), 3); /* anna, bertil, cecilia; not david of Klippan, not rut who only reads */
}

static void test_vma_take__says_what_the_source_says(void **state)
{
    (void)state;
    take("vma-actual.json");
    struct alert_view v = view(suggestion());
    assert_int_equal(v.state, ALERT_STATE_DRAFT);
    assert_int_equal(v.type, ALERT_TYPE_ALERT);
    assert_int_equal(v.kind, ALERT_KIND_VMA_RELAY);
    assert_false(v.is_exercise);
    assert_true(v.life_danger);
    assert_int_equal(v.severity, ALERT_SEVERITY_SEVERE);
    assert_string_equal(v.title, "Brand i lagerbyggnad med farlig rök, Ängelholm");
    assert_string_equal(v.title_en, "Warehouse fire with dangerous smoke, Ängelholm");
    assert_string_equal(v.origin, "vma");
    assert_string_equal(v.origin_id, "SRVMA-20261122130500I");
    assert_string_equal(v.origin_url, "https://www.krisinformation.se/exempel");
    assert_string_equal(v.author, "vma");
    assert_int_equal(v.municipality_count, 1); /* 1278 has no groups */
    assert_string_equal(v.municipalities[0].code, "1292");
    int64_t expires_us = 0;
    stamp_read("2026-11-22T19:00:00+01:00", &expires_us);
    assert_int_equal(v.expires_us, expires_us);
    assert_int_equal(v.sent_us, 0);
    alert_view_fini(&v);
}

/* The worst possible error is an exercise shown as real. */
static void test_vma_take__never_takes_what_is_not_real(void **state)
{
    static const char *const statuses[] = {"Exercise", "System", "Test", "Draft"};
    static const char *const scopes[] = {"Restricted", "Private"};
    static const char *const types[] = {"Ack", "Error"};
    static const char *const files[] = {"vma-exercise.json", "vma-system.json", "vma-test.json", "vma-empty.json"};
    char to[60];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        expect(take(files[i]), 0, 0, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        snprintf(to, sizeof to, "\"status\": \"%s\"", statuses[i]);
        expect(take_with("vma-actual.json", "\"status\": \"Actual\"", to), 0, 0, 0, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
        snprintf(to, sizeof to, "\"scope\": \"%s\"", scopes[i]);
        expect(take_with("vma-actual.json", "\"scope\": \"Public\"", to), 0, 0, 0, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        snprintf(to, sizeof to, "\"msgType\": \"%s\"", types[i]);
        expect(take_with("vma-actual.json", "\"msgType\": \"Alert\"", to), 0, 0, 0, 0);
    }
    assert_int_equal(suggestion(), 0);
    assert_int_equal(mails(), 0);
    /* ... nor does a later one of the same incident hide the real one ... */
    expect(take_with("vma-update.json", "\"Actual\",\n   \"msgType\": \"Update\"",
                     "\"Exercise\",\n   \"msgType\": \"Update\""),
           1, 0, 0, 0);
    /* ... or take anything back. */
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        snprintf(to, sizeof to, "\"status\": \"%s\"", statuses[i]);
        expect(take_with("vma-cancel.json", "\"status\": \"Actual\"", to), 0, 0, 0, 0);
    }
    assert_int_equal(state_of(suggestion()), ALERT_STATE_DRAFT);
}

static void test_vma_take__replaces_a_draft_that_waits(void **state)
{
    (void)state;
    take("vma-actual.json");
    int64_t first = suggestion();
    f.now_us += 1800 * US_PER_S;
    expect(take("vma-update.json"), 1, 0, 0, 1);
    int64_t second = suggestion();
    assert_int_not_equal(second, first);
    assert_int_equal(state_of(first), ALERT_STATE_DISCARDED);
    struct alert_view v = view(second);
    assert_int_equal(v.state, ALERT_STATE_DRAFT);
    assert_int_equal(v.type, ALERT_TYPE_ALERT);
    assert_non_null(strstr(v.text, "driver mot norr"));
    assert_string_equal(v.origin_id, "SRVMA-20261122130500I SRCAP-20261122133000U");
    alert_view_fini(&v);
    expect(take("vma-update.json"), 0, 0, 0, 0);
    expect(take("vma-actual.json"), 0, 0, 0, 0); /* the older one alone: the newest that was seen still wins */
}

static void test_vma_take__ends_a_draft_with_a_cancel(void **state)
{
    (void)state;
    take("vma-actual.json");
    int64_t id = suggestion();
    expect(take("vma-cancel.json"), 0, 0, 0, 1);
    assert_int_equal(state_of(id), ALERT_STATE_DISCARDED);
    expect(take("vma-cancel.json"), 0, 0, 0, 0);
    expect(take("vma-actual.json"), 0, 0, 0, 0); /* not again */
    expect(take("vma-update.json"), 0, 0, 0, 0);
}

static void test_vma_take__remembers_a_cancel_that_comes_first(void **state)
{
    (void)state;
    expect(take("vma-cancel.json"), 0, 0, 0, 0);
    expect(take("vma-actual.json"), 0, 0, 0, 0);
    assert_int_equal(suggestion(), 0);
}

static void test_vma_take__takes_no_vanishing_for_an_end(void **state)
{
    (void)state;
    take("vma-actual.json");
    int64_t id = suggestion();
    expect(take("vma-empty.json"), 0, 0, 0, 0);
    assert_int_equal(state_of(id), ALERT_STATE_DRAFT);
    expect(take("vma-actual.json"), 0, 0, 0, 0);
    assert_int_equal(suggestion(), id);
}

static void test_vma_take__suggests_to_change_and_to_take_back_what_was_sent(void **state)
{
    (void)state;
    take("vma-actual.json");
    int64_t root = send_it(suggestion());
    assert_int_equal(state_of(root), ALERT_STATE_ACTIVE);
    f.now_us += 1800 * US_PER_S;
    expect(take("vma-update.json"), 0, 1, 0, 0);
    struct alert_view v = view(suggestion());
    assert_int_equal(v.type, ALERT_TYPE_UPDATE);
    assert_int_equal(v.state, ALERT_STATE_DRAFT);
    assert_int_equal(v.root_id, root);
    assert_int_equal(v.municipality_count, 1);
    assert_non_null(strstr(v.text, "driver mot norr"));
    alert_view_fini(&v);
    assert_int_equal(state_of(root), ALERT_STATE_ACTIVE); /* nothing is changed by itself */
    int64_t update = suggestion();
    f.now_us += 1800 * US_PER_S;
    expect(take("vma-cancel.json"), 0, 0, 1, 1);
    assert_int_equal(state_of(update), ALERT_STATE_DISCARDED);
    v = view(suggestion());
    assert_int_equal(v.type, ALERT_TYPE_RECALL);
    assert_int_equal(v.root_id, root);
    int64_t expires_us = 0;
    stamp_read("2026-11-22T19:00:00+01:00", &expires_us);
    assert_int_equal(v.expires_us, expires_us); /* with the alert that it takes back */
    assert_non_null(strstr(v.text, "har avslutat"));
    alert_view_fini(&v);
    assert_int_equal(state_of(root), ALERT_STATE_ACTIVE);
    expect(take("vma-cancel.json"), 0, 0, 0, 0);
}

static void test_alert_send_draft__changes_and_takes_back_with_the_suggested_words(void **state)
{
    (void)state;
    take("vma-actual.json");
    int64_t root = send_it(suggestion());
    f.now_us += 1800 * US_PER_S;
    take("vma-update.json");
    int64_t draft = suggestion();
    int64_t update = send_it(draft);
    struct alert_view v = view(update);
    assert_int_equal(v.type, ALERT_TYPE_UPDATE);
    assert_int_equal(v.state, ALERT_STATE_ACTIVE);
    assert_int_equal(v.root_id, root);
    assert_int_equal(v.earlier_count, 1);
    assert_non_null(strstr(v.text, "driver mot norr"));
    assert_non_null(strstr(v.text_en, "word for word"));
    alert_view_fini(&v);
    assert_int_equal(state_of(draft), ALERT_STATE_DISCARDED);
    assert_int_equal(state_of(root), ALERT_STATE_UPDATED);
    f.now_us += 3600 * US_PER_S;
    expect(take("vma-cancel.json"), 0, 0, 1, 0);
    draft = suggestion();
    int64_t recall = send_it(draft);
    v = view(recall);
    assert_int_equal(v.type, ALERT_TYPE_RECALL);
    assert_non_null(strstr(v.text, "har avslutat"));
    alert_view_fini(&v);
    assert_int_equal(state_of(root), ALERT_STATE_RECALLED);
    assert_int_equal(state_of(update), ALERT_STATE_RECALLED);
    assert_int_equal(state_of(draft), ALERT_STATE_DISCARDED);
}

static void test_alert_send_draft__refuses_to_change_what_has_ended(void **state)
{
    struct alert_plan plan;
    struct alert_answer answer;
    (void)state;
    take("vma-actual.json");
    int64_t root = send_it(suggestion());
    f.now_us += 1800 * US_PER_S;
    take("vma-update.json");
    store_fixture_ok(
        &f, alert_recall(f.db, &f.anna, config, root, &(struct alert_recall_input){.title = NULL}, &answer, &f.err));
    alert_plan_init(&plan);
    assert_int_equal(alert_plan_again(f.db, &f.anna, config, suggestion(), &plan, &f.err), ERR_BAD_STATE);
    assert_non_null(strstr(f.err.text, "recalled"));
    alert_plan_fini(&plan);
    store_fixture_ok(&f, alert_discard(f.db, &f.anna, suggestion(), NULL, &f.err));
    expect(take("vma-cancel.json"), 0, 0, 0, 0); /* a person was quicker */
}

static void test_vma_take__suggests_anew_when_a_person_discarded_the_first(void **state)
{
    (void)state;
    take("vma-actual.json");
    store_fixture_ok(&f, alert_discard(f.db, &f.anna, suggestion(), "rör oss inte", &f.err));
    expect(take("vma-actual.json"), 0, 0, 0, 0);
    expect(take("vma-update.json"), 1, 0, 0, 0);
}

static void test_vma_take__honours_the_end(void **state)
{
    (void)state;
    at("2026-11-22T18:56:00+01:00"); /* four minutes left: nobody could send it in time */
    expect(take("vma-actual.json"), 0, 0, 0, 0);
    at("2026-11-22T18:50:00+01:00");
    expect(take("vma-actual.json"), 1, 0, 0, 0);
    int n = 0;
    at("2026-11-22T19:00:01+01:00");
    store_fixture_ok(&f, alert_expire_due(f.db, config, f.now_us, &n));
    assert_int_equal(state_of(suggestion()), ALERT_STATE_DISCARDED);
    expect(take("vma-actual.json"), 0, 0, 0, 0);
}

static void test_vma_take__reaches_the_municipalities_of_a_county(void **state)
{
    struct db_rows *rows = NULL;
    (void)state;
    store_fixture_person(&f, "1276", "Klippans by", "Bo Exempel", "bo@example.se", NULL);
    at("2026-11-22T14:10:00+01:00");
    expect(take("vma-county.json"), 1, 0, 0, 0);
    store_fixture_ok(&f, db_query(f.db, &rows, Q_VMA_INCIDENT_READ, DB_ARGS(DB_TEXT("SRVMA-20261122140000I"))));
    assert_int_equal(db_next(rows), 1);
    int64_t id = db_int(rows, 3);
    db_done(rows);
    struct alert_view v = view(id);
    assert_int_equal(v.municipality_count, 2);
    assert_string_equal(v.municipalities[0].code, "1276");
    assert_string_equal(v.municipalities[1].code, "1292");
    alert_view_fini(&v);
    assert_int_equal(mails(), 4); /* david too */
}

static void test_vma_take__ends_when_it_is_no_longer_about_us(void **state)
{
    (void)state;
    take("vma-actual.json");
    expect(take_with("vma-update.json", "\"1292\"", "\"0180\""), 0, 0, 0, 1);
    assert_int_equal(state_of(suggestion()), ALERT_STATE_DISCARDED);
}

static void test_vma_take__waits_for_groups_where_there_are_none(void **state)
{
    (void)state;
    expect(take_with("vma-county.json", "\"12\"", "\"0180\""), 0, 0, 0, 0);
    expect(take_with("vma-actual.json", "\"1292\"", "\"1284\""), 0, 0, 0, 0);
    store_fixture_person(&f, "1284", "Viken", "Bo Exempel", "bo@example.se", NULL);
    expect(take_with("vma-actual.json", "\"1292\"", "\"1284\""), 1, 0, 0, 0);
}

static void test_vma_take__tells_of_a_warning_without_a_place(void **state)
{
    (void)state;
    struct vma_taken taken = take_with("vma-actual.json", "\"geocode\"", "\"polygon\"");
    expect(taken, 0, 0, 0, 0);
    assert_int_equal(taken.faults.count, 1);
    assert_non_null(strstr(taken.faults.first, "names no municipality"));
}

static void test_vma_take__takes_the_six_examples(void **state)
{
    (void)state;
    at("2026-11-22T15:30:00+01:00");
    expect(take("vma-examples.json"), 1, 0, 0, 0); /* the county's; the other actual one has been cancelled */
    expect(take("vma-examples.json"), 0, 0, 0, 0);
}

#define FIXED(t) TEST_FIXTURE(t, setup, teardown)
static const struct CMUnitTest tests[] = {
    FIXED(test_vma_take__makes_one_draft_however_often_it_comes),
    FIXED(test_vma_take__says_what_the_source_says),
    FIXED(test_vma_take__never_takes_what_is_not_real),
    FIXED(test_vma_take__replaces_a_draft_that_waits),
    FIXED(test_vma_take__ends_a_draft_with_a_cancel),
    FIXED(test_vma_take__remembers_a_cancel_that_comes_first),
    FIXED(test_vma_take__takes_no_vanishing_for_an_end),
    FIXED(test_vma_take__suggests_to_change_and_to_take_back_what_was_sent),
    FIXED(test_alert_send_draft__changes_and_takes_back_with_the_suggested_words),
    FIXED(test_alert_send_draft__refuses_to_change_what_has_ended),
    FIXED(test_vma_take__suggests_anew_when_a_person_discarded_the_first),
    FIXED(test_vma_take__honours_the_end),
    FIXED(test_vma_take__reaches_the_municipalities_of_a_county),
    FIXED(test_vma_take__ends_when_it_is_no_longer_about_us),
    FIXED(test_vma_take__waits_for_groups_where_there_are_none),
    FIXED(test_vma_take__tells_of_a_warning_without_a_place),
    FIXED(test_vma_take__takes_the_six_examples),
};

TEST_MAIN(tests)
