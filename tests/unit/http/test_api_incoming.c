/* Routes of what comes in: how sources are asked, events within the scope, material as Markdown. */
#include <stdio.h>

#include "base/clock.h"
#include "core/source.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST
#define NOON (INT64_C(1795345200) * US_PER_S) /* 2026-11-22T12:00:00+01:00 */

static struct api_fixture *f;

struct event {
    int64_t id, at;
    const char *municipality, *county;
};

static int put_event(struct db *db, void *ctx)
{
    const struct event *e = ctx;
    return db_exec(db, NULL, Q_POLICE_EVENT_PUT,
                   DB_ARGS(DB_INT(e->id), DB_INT(e->at), DB_INT(e->at), DB_TEXT("22 november 12.00, Inbrott"),
                           DB_TEXT("Inbrott"), DB_TEXT("Inbrottsförsök."), DB_TEXT("https://polisen.se/x"),
                           DB_TEXT("X"), DB_TEXT(e->municipality), DB_TEXT(e->county), DB_INT(e->at)));
}

static int stop_source(struct db *db, void *ctx)
{
    const struct source_rules rules = {.interval_s = 60, .gap_s = 10, .per_hour = 60};
    const struct source_result result = {.what = SOURCE_FAILED, .problem = "there is nothing here (404)", .stop = true};
    struct source_question q;
    const char *url = ctx;
    int rc = source_ask(db, SOURCE_POLICE_EVENTS, url, "h", &rules, NOON, &q);
    return rc ? rc : source_told(db, SOURCE_POLICE_EVENTS, &result, NOON);
}

static int setup(void **state)
{
    static struct event events[] = {{1, NOON, "1292", NULL},
                                    {2, NOON + US_PER_S, "1257", NULL},
                                    {3, NOON + 2 * US_PER_S, NULL, "12"},
                                    {4, NOON + 3 * US_PER_S, "1277", NULL},
                                    {5, NOON - INT64_C(30) * 86400 * US_PER_S, "1292", NULL}};
    (void)state;
    f = fixture_open();
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        assert_int_equal(fixture_write(f, put_event, &events[i]), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static size_t count(const struct actor *actor, const char *target)
{
    struct answer a = fixture_ask(f, actor, GET, target, NULL);
    assert_int_equal(a.status, 200);
    size_t n = json_array_size(json_object_get(a.json, "items"));
    answer_fini(&a);
    return n;
}

static void test_list_events__stays_within_the_scope(void **state)
{
    (void)state;
    assert_int_equal(count(&ACTOR_ADMIN, "/api/v1/police-event"), 5);
    assert_int_equal(count(&ACTOR_OFFICER, "/api/v1/police-event"), 4);
    assert_int_equal(count(&ACTOR_A, "/api/v1/police-event"), 3);
    assert_int_equal(count(&ACTOR_A, "/api/v1/police-event?municipality=1257"), 0);
    assert_int_equal(count(&ACTOR_ADMIN, "/api/v1/police-event?municipality=%C3%96rkelljunga"), 2);
    assert_int_equal(count(&ACTOR_ADMIN, "/api/v1/police-event?from=2026-11-22&to=2026-11-22"), 4);
    assert_int_equal(count(&ACTOR_ADMIN, "/api/v1/police-event?to=2026-10"), 1);
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/police-event?from=igar", NULL, 400, "");
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/police-event?municipality=Atlantis", NULL, 404, "");
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/police-event?kommun=1292", NULL, 400, "");
}

static void test_list_events__goes_page_by_page_newest_first(void **state)
{
    static const char *const ids[] = {"4", "3", "2", "1", "5"};
    char target[200] = "/api/v1/police-event?limit=1";
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, target, NULL);
        assert_string_equal(answer_text(&a, "items.0.id"), ids[i]);
        snprintf(target, sizeof target, "/api/v1/police-event?limit=1&after=%s", answer_text(&a, "next"));
        assert_int_equal(json_is_null(json_object_get(a.json, "next")), i == 4);
        answer_fini(&a);
    }
}

static void test_material__is_markdown_of_ones_own_municipality(void **state)
{
    (void)state;
    struct answer a = fixture_ask(f, &ACTOR_A, GET, "/api/v1/letter/material?municipality=1292&period=2026-11", NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.text, "## Polisens händelser i Ängelholm, november 2026"));
    assert_non_null(strstr(a.text, "färre än 3"));
    answer_fini(&a);
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/letter/material?municipality=1257", NULL, 404, "");
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/letter/material", NULL, 400, "");
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/letter/material?municipality=1292&period=november", NULL, 422, "");
}

static void test_list_sources__are_off_unless_configured(void **state)
{
    (void)state;
    assert_string_equal(fixture_expect(f, &ACTOR_READER_A, GET, "/api/v1/incoming", NULL, 200, "items.0.source"),
                        "vma");
    assert_string_equal(fixture_expect(f, &ACTOR_READER_A, GET, "/api/v1/incoming", NULL, 200, "items.0.state"), "off");
    assert_string_equal(fixture_expect(f, &ACTOR_READER_A, GET, "/api/v1/incoming", NULL, 200, "items.1.state"), "off");
}

static void test_resume_source__is_for_administrators_and_what_is_stopped(void **state)
{
    static const char path[] = "/api/v1/incoming/police_events/resume";
    (void)state;
    fixture_expect(f, &ACTOR_A, POST, path, "{}", 403, "");
    fixture_expect(f, &ACTOR_ADMIN, POST, path, "{}", 409, "");
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/incoming/smhi/resume", "{}", 404, "");
    assert_int_equal(fixture_write(f, stop_source, (void *)"https://polisen.se/api/events"), 0);
    fixture_expect(f, &ACTOR_ADMIN, POST, path, "{}", 200, "source");
    fixture_expect(f, &ACTOR_ADMIN, POST, path, "{}", 409, "");
}

#define FIXED(t) TEST_FIXTURE(t, setup, teardown)
static const struct CMUnitTest tests[] = {
    FIXED(test_list_events__stays_within_the_scope),
    FIXED(test_list_events__goes_page_by_page_newest_first),
    FIXED(test_material__is_markdown_of_ones_own_municipality),
    FIXED(test_list_sources__are_off_unless_configured),
    FIXED(test_resume_source__is_for_administrators_and_what_is_stopped),
};

TEST_MAIN(tests)
