/* Series and the calendar of what is coming. The clock is the machine's: a daily series has a period on any day. */
#include <stdio.h>
#include <time.h>

#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST

static const struct actor ANNA = {
    .user_id = 11, .name = "anna", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor BERTIL = {
    .user_id = 12, .name = "bertil", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor DAVID = {
    .user_id = 13, .name = "david", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "klippan"}};

static const char DAILY[] = "{\"name\":\"Dagsbrev\",\"scope\":\"police_area:angelholm\",\"kind\":\"info\","
                            "\"rrule\":\"FREQ=DAILY\",\"time\":\"09:00\",\"from\":\"2026-01-01\"}";

static struct api_fixture *f;
static char id[24];

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    snprintf(id, sizeof id, "%s", fixture_expect(f, &ANNA, POST, "/api/v1/series", DAILY, 201, "id"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static const char *path(const char *action)
{
    static char out[128];
    snprintf(out, sizeof out, "/api/v1/series/%s%s", id, action);
    return out;
}

/* A draft for the n-th of the next periods; gives its id. */
static const char *draft(int n)
{
    char member[32];
    char body[500];
    snprintf(member, sizeof member, "next.%d.period", n);
    snprintf(body, sizeof body,
             "{\"series\":\"Dagsbrev\",\"source\":\"---\\ntitle: Dagsbrev\\nkind: info\\narea: Ängelholm\\nperiod: "
             "%s\\n---\\nRing 112.\\n\"}",
             fixture_expect(f, &ANNA, GET, path(""), NULL, 200, member));
    return fixture_expect(f, &ANNA, POST, "/api/v1/letter", body, 201, "id");
}

static void act(const struct actor *actor, const char *letter, const char *action)
{
    char target[128];
    snprintf(target, sizeof target, "/api/v1/letter/%s/%s", letter, action);
    fixture_expect(f, actor, POST, target, "{}", 200, NULL);
}

static void test_add__takes_the_zone_of_the_node(void **state)
{
    (void)state;
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "tz"), "Europe/Stockholm");
    assert_string_equal(fixture_expect(f, &ANNA, GET, "/api/v1/series/Dagsbrev", NULL, 200, "id"), id);
    fixture_expect(f, &ANNA, POST, "/api/v1/series", DAILY, 409, NULL);
    fixture_expect(f, &ANNA, POST, "/api/v1/series", "{\"name\":\"X\",\"rule\":\"FREQ=DAILY\"}", 400, NULL);
    fixture_expect(f, &ANNA, POST, "/api/v1/series",
                   "{\"name\":\"X\",\"scope\":\"police_area:angelholm\",\"rrule\":\"FREQ=NEVER\",\"time\":\"09:00\"}",
                   422, NULL);
}

static void test_add__may_be_about_the_month_before(void **state)
{
    (void)state;
    static const char body[] =
        "{\"name\":\"Månaden som gick\",\"scope\":\"police_area:angelholm\",\"time\":\"09:00\","
        "\"rrule\":\"FREQ=MONTHLY;BYMONTHDAY=1\",\"from\":\"2026-01-01\",\"covers_previous\":true}";
    char next[32];
    char period[32];
    snprintf(next, sizeof next, "%s", fixture_expect(f, &ANNA, POST, "/api/v1/series", body, 201, "next.0.local"));
    snprintf(period, sizeof period, "%s",
             fixture_expect(f, &ANNA, GET, "/api/v1/series/Månaden som gick", NULL, 200, "next.0.period"));
    int due = (next[5] - '0') * 10 + next[6] - '0';
    int about = (period[5] - '0') * 10 + period[6] - '0';
    assert_int_equal(about, due == 1 ? 12 : due - 1);
}

static void test_show__tells_each_periods_letter(void **state)
{
    (void)state;
    char letter[24];
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "next.0.state"), "missing");
    assert_string_not_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "next.5.utc"), "");
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "next.6.utc"), "");
    snprintf(letter, sizeof letter, "%s", draft(2));
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "next.2.state"), "draft");
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "next.2.letter"), letter);
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "next.1.state"), "missing");
}

static void test_upcoming__is_red_amber_green(void **state)
{
    (void)state;
    char letter[24];
    static const char target[] = "/api/v1/schedule/upcoming?days=12";
    /* the first is less than a day away, the fourth less than a week, the tenth more */
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.colour"), "red");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.3.colour"), "amber");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.9.colour"), "green");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.13.colour"), "");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.series"), id);
    snprintf(letter, sizeof letter, "%s", draft(0));
    act(&ANNA, letter, "submit");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.colour"), "red");
    act(&BERTIL, letter, "approve");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.colour"), "green");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.state"), "approved");
    fixture_expect(f, &ANNA, GET, "/api/v1/schedule/upcoming?days=0", NULL, 400, NULL);
}

static int set_watched_back(struct db *db, void *ctx)
{
    (void)ctx;
    int64_t series = 0;
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &all, &rows, Q_SERIES_LIST, DB_ARGS(DB_INT(0), DB_TEXT("")));
    if (rc == 0 && db_next(rows) > 0)
        series = db_int(rows, 0);
    db_done(rows);
    rc = rc ? rc : db_exec(db, NULL, Q_SERIES_PAUSE, DB_ARGS(DB_INT(series), DB_INT(1)));
    return rc ? rc
              : db_exec(db, NULL, Q_SERIES_RESUME, DB_ARGS(DB_INT(series), DB_INT(db_now_us(db) - 3 * 86400000000)));
}

static void test_upcoming__shows_what_was_missed(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, set_watched_back, NULL), 0);
    static const char target[] = "/api/v1/schedule/upcoming?days=1";
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.colour"), "red");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.2.colour"), "red");
    assert_string_not_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.3.utc"), "");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.5.utc"), "");
}

static void test_pause__asks_for_nothing(void **state)
{
    (void)state;
    assert_string_not_equal(fixture_expect(f, &ANNA, POST, path("/pause"), NULL, 200, "paused_at"), "");
    assert_string_equal(fixture_expect(f, &ANNA, GET, "/api/v1/schedule/upcoming", NULL, 200, "items.0.utc"), "");
    fixture_expect(f, &ANNA, POST, path("/pause"), NULL, 409, NULL);
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/resume"), NULL, 200, "paused_at"), "");
    fixture_expect(f, &ANNA, POST, path("/resume"), NULL, 409, NULL);
}

static void test_series__of_another_area_is_not_there(void **state)
{
    (void)state;
    fixture_expect(f, &DAVID, GET, path(""), NULL, 404, NULL);
    fixture_expect(f, &DAVID, GET, "/api/v1/series/Dagsbrev", NULL, 404, NULL);
    fixture_expect(f, &DAVID, POST, path("/pause"), NULL, 404, NULL);
    fixture_expect(f, &DAVID, POST, path("/resume"), NULL, 404, NULL);
    fixture_expect(f, &DAVID, POST, "/api/v1/series",
                   "{\"name\":\"X\",\"scope\":\"police_area:angelholm\",\"rrule\":\"FREQ=DAILY\",\"time\":\"09:00\"}",
                   404, NULL);
    assert_string_equal(fixture_expect(f, &DAVID, GET, "/api/v1/series", NULL, 200, "items.0.id"), "");
    assert_string_equal(fixture_expect(f, &DAVID, GET, "/api/v1/schedule/upcoming", NULL, 200, "items.0.utc"), "");
    fixture_expect(f, &ACTOR_A, POST, path("/pause"), NULL, 403, NULL); /* a part of the area sees it only */
}

static void test_series__a_reader_only_reads(void **state)
{
    (void)state;
    fixture_expect(f, &ACTOR_READER_A, GET, path(""), NULL, 200, NULL);
    fixture_expect(f, &ACTOR_READER_A, POST, "/api/v1/series", DAILY, 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, POST, path("/pause"), NULL, 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, POST, path("/resume"), NULL, 403, NULL);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_add__takes_the_zone_of_the_node, setup, teardown),
    TEST_FIXTURE(test_show__tells_each_periods_letter, setup, teardown),
    TEST_FIXTURE(test_upcoming__is_red_amber_green, setup, teardown),
    TEST_FIXTURE(test_upcoming__shows_what_was_missed, setup, teardown),
    TEST_FIXTURE(test_pause__asks_for_nothing, setup, teardown),
    TEST_FIXTURE(test_add__may_be_about_the_month_before, setup, teardown),
    TEST_FIXTURE(test_series__of_another_area_is_not_there, setup, teardown),
    TEST_FIXTURE(test_series__a_reader_only_reads, setup, teardown),
};

TEST_MAIN(tests)
