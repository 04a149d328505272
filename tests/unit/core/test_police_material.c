/* The police's events: what is kept, who sees it, and what a letter's writer gets of it. */
#include "core/police_material.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "core/config_value.h"
#include "core/letter_source.h"
#include "core/lint.h"
#include "core/police_event.h"
#include "core/police_store.h"
#include "core/source.h"
#include "core/source_places.h"
#include "core/stamp.h"
#include "lib/fixture_file.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

static struct store_fixture f;

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    assert_int_equal(stamp_read("2026-11-22T13:05:00+01:00", &f.now_us), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fixture_fini(&f);
    return 0;
}

/* As a poll does it, for all five municipalities of the fixture. Returns how many were new or different. */
static int keep_text(const char *text)
{
    char *county = (char *)"12";
    struct config_hosts codes = {.item = &county, .count = 1};
    struct source_places places;
    struct police_event_list *list = NULL;
    struct zone *zone = NULL;
    int changed = 0;
    store_fixture_ok(&f, zone_open("Europe/Stockholm", &zone, &f.err));
    store_fixture_ok(&f, police_events_parse(text, strlen(text), zone, &list, &f.err));
    store_fixture_ok(&f, source_places_load(f.db, &codes, &places));
    assert_int_equal(places.count, 5);
    struct police_place *ours = xcalloc(list->count + 1, sizeof *ours);
    size_t count = police_events_ours(list, &places, ours);
    store_fixture_ok(&f, police_events_keep(f.db, list, ours, 0, count, f.now_us, &changed));
    free(ours);
    source_places_fini(&places);
    police_events_free(list);
    zone_free(zone);
    return changed;
}

static int keep(const char *file)
{
    char *text = fixture_file(file, NULL);
    int changed = keep_text(text);
    free(text);
    return changed;
}

static char *material(const struct actor *actor, const char *municipality, const char *period)
{
    struct buf out;
    buf_init(&out, POLICE_MATERIAL_BYTES);
    store_fixture_ok(&f, police_material(f.db, &actor->scope, municipality, period, &out, &f.err));
    return buf_take(&out);
}

static int count_events(const struct actor *actor, const char *municipality)
{
    struct db_rows *rows = NULL;
    int n = 0;
    store_fixture_ok(&f, db_query_as(f.db, &actor->scope, &rows, Q_POLICE_EVENT_LIST,
                                     DB_ARGS(DB_TEXT(municipality), DB_INT(0), DB_INT(INT64_MAX), DB_INT(INT64_MAX),
                                             DB_INT(0), DB_INT(1000))));
    while (db_next(rows) > 0)
        n++;
    db_done(rows);
    return n;
}

static void expect(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("'%s' is missing in:\n%s", words, text);
}

static void expect_not(const char *text, const char *words)
{
    if (strstr(text, words))
        fail_msg("'%s' stands in:\n%s", words, text);
}

static void test_police_events_keep__keeps_ours_once_and_follows_edits(void **state)
{
    (void)state;
    assert_int_equal(keep("police-events-week.json"), 9); /* one is far away, whatever was asked for */
    assert_int_equal(keep("police-events-week.json"), 0);
    assert_int_equal(keep("police-events-edited.json"), 1);
    char *text = material(&f.admin, "1292", "2026-11");
    expect(text, "En person är gripen.");
    free(text);
}

static void test_police_event_list__stays_within_the_scope(void **state)
{
    (void)state;
    keep("police-events-week.json");
    assert_int_equal(count_events(&f.admin, ""), 9);
    assert_int_equal(count_events(&f.cecilia, ""), 8);     /* 1292, and its county's */
    assert_int_equal(count_events(&f.cecilia, "1278"), 0); /* not hers */
    assert_int_equal(count_events(&f.david, ""), 1);       /* only what was placed in the county */
}

static void test_police_material__hides_small_counts_and_names_its_source(void **state)
{
    (void)state;
    keep("police-events-week.json");
    char *text = material(&f.admin, "1292", "2026-11");
    expect(text, "## Polisens händelser i Ängelholm, november 2026\n");
    expect(text, "Källa: polisens händelser på polisen.se");
    expect(text, "det är ingen statistik över anmälda brott");
    expect(text, "| Inbrott | 3 |\n");
    expect(text, "| Bedrägeri | färre än 3 |\n");
    expect_not(text, "| 1 |");
    expect_not(text, "| 2 |");
    expect(text, "* 21 november kl. 06.40: "
                 "[Inbrott](https://polisen.se/aktuellt/handelser/2026/november/21/"
                 "21-november-06.40-inbrott-angelholm/). Inbrott i villa på Skälderviken under natten.\n");
    expect(text, "* 12 november kl. 09.10: Brand. Brand i container \\[släckt\\] \\*utan\\* spridning.\n");
    expect_not(text, "ABC 123"); /* what the checks would stop is left out, the event stays */
    expect(text, "Stöld/inbrott](");
    expect(text, "placerat enstaka händelser i Skåne län utan att ange kommun");
    expect_not(text, "Sammanfattning natt"); /* of the county: not counted, not shown */
    expect_not(text, "Båstad");
    expect_not(text, "31 oktober");
    expect(text, "Händelser har hämtats sedan 22 november 2026 kl. 13.05. Tidigare händelser kan saknas.");
    free(text);
}

static void test_police_material__counts_no_summary_as_an_event(void **state)
{
    char *text = fixture_file("police-events-week.json", NULL);
    char *placed = text_replaced(text, "\"name\": \"Skåne län\"", "\"name\": \"Ängelholm\"");
    (void)state;
    keep_text(placed);
    char *markdown = material(&f.admin, "1292", "2026-11");
    expect(markdown,
           "### Polisens sammanfattningar, som var och en kan gälla flera händelser\n\n* 16 november kl. 06.55: "
           "[Sammanfattning natt](");
    expect_not(markdown, "| Sammanfattning natt |");
    free(markdown);
    free(placed);
    free(text);
}

static void test_police_material__passes_the_checks_of_a_letter(void **state)
{
    static const char *const files[] = {"police-events-week.json", "police-events-new-year.json"};
    struct letter_source *src = NULL;
    struct letter_problem problem;
    struct lint_report report;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        keep(files[i]);
    char *text = material(&f.admin, "1292", "2026");
    char *letter =
        xasprintf("---\ntitle: Månadsbrev\nkind: monthly\nperiod: 2026-11\n---\n\nRing 112 eller 114 14.\n\n%s", text);
    if (letter_source_parse(letter, strlen(letter), &src, &problem) != 0)
        fail_msg("%s", problem.en);
    lint_report_init(&report);
    lint_letter(src, NULL, &report);
    for (size_t i = 0; i < report.count; i++)
        if (report.findings[i].severity != LINT_NOTE)
            fail_msg("%s: %s", report.findings[i].rule, report.findings[i].en);
    lint_report_fini(&report);
    letter_source_free(src);
    free(letter);
    free(text);
}

static void test_police_material__says_what_it_does_not_know(void **state)
{
    const struct source_result failed = {.what = SOURCE_FAILED, .problem = "no answer in time", .wait_s = 60};
    const struct source_rules rules = {.interval_s = 60, .gap_s = 10, .per_hour = 60};
    struct source_question q;
    (void)state;
    char *text = material(&f.admin, "1276", "2026-11");
    expect(
        text,
        "Inga händelser med Klippan som plats finns hämtade för november 2026. Det betyder inte att inget har hänt.");
    expect(text, "Inga händelser har hämtats.");
    free(text);
    store_fixture_ok(&f, source_ask(f.db, SOURCE_POLICE_EVENTS, "https://polisen.se/x", "h", &rules, f.now_us, &q));
    store_fixture_ok(&f, source_told(f.db, SOURCE_POLICE_EVENTS, &failed, f.now_us));
    text = material(&f.admin, "1276", "2026-11");
    expect(text, "Listan har inte gått att hämta sedan 22 november 2026 kl. 13.05. Händelser kan saknas.");
    free(text);
}

static void test_police_material__refuses_what_is_not_there(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1000);
    assert_int_equal(police_material(f.db, &f.admin.scope, "1292", "november", &out, &f.err), ERR_INVALID);
    assert_int_equal(police_material(f.db, &f.david.scope, "1292", "2026-11", &out, &f.err), ERR_NOT_FOUND);
    assert_int_equal(out.len, 0);
    buf_fini(&out);
}

static void test_police_events_forget__after_400_days(void **state)
{
    (void)state;
    keep("police-events-week.json");
    f.now_us += (INT64_C(400) * 86400 - 1) * US_PER_S;
    store_fixture_ok(&f, police_events_forget(f.db, f.now_us));
    assert_int_equal(count_events(&f.admin, ""), 9);
    f.now_us += 2 * US_PER_S;
    store_fixture_ok(&f, police_events_forget(f.db, f.now_us));
    assert_int_equal(count_events(&f.admin, ""), 0);
}

static void test_police_period__is_whole_local_days(void **state)
{
    static const struct {
        const char *period, *from, *to;
    } rows[] = {
        {"2026-11", "2026-11-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00"},
        {"2026-03", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"},
        {"2026-12", "2026-12-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"},
        {"2026-W01", "2025-12-29T00:00:00+01:00", "2026-01-05T00:00:00+01:00"},
        {"2026-W53", "2026-12-28T00:00:00+01:00", "2027-01-04T00:00:00+01:00"},
        {"2026-11-22", "2026-11-22T00:00:00+01:00", "2026-11-23T00:00:00+01:00"},
        {"2026", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"},
    };
    int64_t from_us = 0;
    int64_t to_us = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t want_from_us = 0;
        int64_t want_to_us = 0;
        stamp_read(rows[i].from, &want_from_us);
        stamp_read(rows[i].to, &want_to_us);
        assert_int_equal(police_period(rows[i].period, &from_us, &to_us), 0);
        assert_int_equal(from_us, want_from_us);
        assert_int_equal(to_us, want_to_us);
    }
    assert_int_equal(police_period("2026-13", &from_us, &to_us), ERR_INVALID);
    assert_int_equal(police_period("", &from_us, &to_us), ERR_INVALID);
}

static void test_source_places__are_where_groups_are_unless_told(void **state)
{
    struct config_hosts none = {.count = 0};
    char *item[] = {(char *)"1276", (char *)"1257"};
    struct config_hosts two = {.item = item, .count = 2};
    struct source_places places;
    char m[SOURCE_CODE_BYTES];
    char c[SOURCE_CODE_BYTES];
    (void)state;
    store_fixture_ok(&f, source_places_load(f.db, &none, &places));
    assert_int_equal(places.count, 0);
    source_places_fini(&places);
    store_fixture_person(&f, "1278", "Hallandsåsen", "Eva Exempel", "eva@example.se", NULL);
    store_fixture_ok(&f, source_places_load(f.db, &none, &places));
    assert_int_equal(places.count, 1);
    assert_string_equal(places.items[0].code, "1278");
    assert_int_equal(source_places_find(&places, "BÅSTAD", m, c), 0);
    assert_string_equal(m, "1278");
    assert_string_equal(c, "");
    assert_int_equal(source_places_find(&places, "Skåne län", m, c), 0);
    assert_string_equal(m, "");
    assert_string_equal(c, "12");
    assert_int_equal(source_places_find(&places, "Klippan", m, c), ERR_NOT_FOUND);
    source_places_fini(&places);
    store_fixture_ok(&f, source_places_load(f.db, &two, &places));
    assert_int_equal(places.count, 2);
    source_places_fini(&places);
}

#define FIXED(t) TEST_FIXTURE(t, setup, teardown)
static const struct CMUnitTest tests[] = {
    FIXED(test_police_events_keep__keeps_ours_once_and_follows_edits),
    FIXED(test_police_event_list__stays_within_the_scope),
    FIXED(test_police_material__hides_small_counts_and_names_its_source),
    FIXED(test_police_material__counts_no_summary_as_an_event),
    FIXED(test_police_material__passes_the_checks_of_a_letter),
    FIXED(test_police_material__says_what_it_does_not_know),
    FIXED(test_police_material__refuses_what_is_not_there),
    FIXED(test_police_events_forget__after_400_days),
    FIXED(test_police_period__is_whole_local_days),
    FIXED(test_source_places__are_where_groups_are_unless_told),
};

TEST_MAIN(tests)
