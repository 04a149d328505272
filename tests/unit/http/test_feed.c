/* What a stranger may read: public alerts that were sent, exercises apart, public letters, the calendar; and nothing of
 * what is not public, however it is asked for. */
#include <stdio.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "http/feed.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define HOUR (INT64_C(3600) * US_PER_S)
#define DAY (24 * HOUR)

static const struct actor NOBODY = {.name = ""};
static struct api_fixture *f;
static int64_t now_us;
static char feed_text[FEED_MAX_BYTES];

static int preview(const struct api_preview *in, struct buf *subject, struct buf *text, struct buf *html,
                   struct err *err)
{
    (void)err;
    buf_adds(subject, "Brevet");
    buf_addf(text, "Brevet\n======\n\nFör alla.\n\nTEXT municipality=%s name=%s area=%s group=%s person=%s",
             in->municipality_code, in->municipality_name, in->area_name, in->group_name, in->person_name);
    buf_addf(html, "<html><main><h1>Brevet</h1>[%s]</main></html>", in->municipality_code);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Stockholm", 1);
    f = fixture_open();
    fixture_env(f)->preview = preview;
    now_us = clock_real_us(clock_system());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static int run_sql(struct db *db, void *ctx)
{
    struct err err = {.text = ""};
    int rc = db_script(db, ctx, &err);
    if (rc)
        print_error("%s\n", err.text);
    return rc;
}

static void sql(char *text)
{
    assert_int_equal(fixture_write(f, run_sql, text), 0);
    free(text);
}

/* One alert, as a row; what a test does not say is an ordinary one. */
struct row {
    int id, root;
    const char *type, *state, *title, *classification, *municipality;
    bool is_exercise;
    int64_t sent_us, expires_us, ended_us;
};

static void add(struct row r)
{
    sql(xasprintf(
        "INSERT INTO alert (id, root_id, type, kind, severity, urgency, certainty, is_exercise, life_danger,"
        " classification, title, text, instruction, target, area_text, state, author_id, author, content_hash,"
        " recipients, expires_at, created_at, sent_at, ended_at) VALUES (%d, %d, '%s', 'boat_theft', 'moderate',"
        " 'expected', 'observed', %d, 0, '%s', '%s', 'Text med **fet** stil & <annat>.', 'Lås *motorn*.', '{}',"
        " 'Norra hamnen', '%s', 1, 'anna.berg', '', 4711, %lld, %lld, %s, %s);"
        "INSERT INTO alert_municipality (alert_id, municipality_code) VALUES (%d, '%s');",
        r.id, r.root ? r.root : r.id, r.type ? r.type : "alert", r.is_exercise,
        r.classification ? r.classification : "public", r.title ? r.title : "Båtar tas i hamnen",
        r.state ? r.state : "active", (long long)(r.expires_us ? r.expires_us : now_us + DAY), (long long)now_us - DAY,
        r.sent_us < 0 ? "NULL" : "0", r.ended_us ? "0" : "NULL", r.id, r.municipality ? r.municipality : "1292"));
    if (r.sent_us >= 0)
        sql(xasprintf("INSERT INTO message (id, kind, lane, state, alert_id, title, source, content_hash, scope_kind,"
                      " scope_code, walked, thread_id, thread_pos, is_exercise, created_at, finished_at)"
                      " SELECT %d, 'alert', 0, 'finished', %d, '', '', '', 'all', '', 0, %d, count(*), %d, 1, 1"
                      " FROM message WHERE thread_id = %d;"
                      "UPDATE alert SET sent_at = %lld, message_id = %d WHERE id = %d;",
                      1000 + r.id, r.id, r.root ? r.root : r.id, r.is_exercise, r.root ? r.root : r.id,
                      (long long)(r.sent_us ? r.sent_us : now_us - HOUR), 1000 + r.id, r.id));
    if (r.ended_us)
        sql(xasprintf("UPDATE alert SET ended_at = %lld WHERE id = %d;", (long long)r.ended_us, r.id));
}

static const char *load(const char *target, int status)
{
    struct answer a = fixture_ask(f, &NOBODY, GET, target, NULL);
    if (a.status != status)
        fail_msg("%s: %d, not %d: %s", target, a.status, status, a.err);
    snprintf(feed_text, sizeof feed_text, "%s", a.text);
    answer_fini(&a);
    return feed_text;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        n++;
    return n;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("without %s:\n%s", part, text);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("with %s:\n%s", part, text);
}

static const char *alert_path(int id, const char *ending)
{
    static char out[80];
    char text[ID_TEXT_BYTES];
    snprintf(out, sizeof out, "/feed/alerts/%s%s", id_format(ID_ALERT, id, text), ending);
    return out;
}

/* --- alerts ------------------------------------------------------------------------------------------------ */

static void test_alerts__only_what_is_public_real_and_sent(void **state)
{
    (void)state;
    static const char *const places[] = {"/feed/alerts.atom", "/feed/exercises.atom",
                                         "/feed/alerts.atom?municipality=1292"};
    add((struct row){.id = 1, .title = "SYNLIG"});
    add((struct row){.id = 2, .title = "DOLD ombud", .classification = "ombud_only"});
    add((struct row){.id = 3, .title = "DOLD hushall", .classification = "ombud_and_households"});
    add((struct row){.id = 4, .title = "DOLD utkast", .state = "draft", .sent_us = -1});
    add((struct row){.id = 5, .title = "DOLD vantar", .state = "submitted", .sent_us = -1});
    add((struct row){.id = 6, .title = "DOLD kastad", .state = "discarded", .sent_us = -1});
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const char *text = load(places[i], 200);
        assert_int_equal(count(text, "<entry>"), i != 1);
        lacks(text, "DOLD");
        lacks(text, "4711");
        lacks(text, "anna.berg");
    }
    for (int id = 2; id <= 7; id++) {
        lacks(load(alert_path(id, ""), 404), "DOLD");
        load(alert_path(id, ".cap"), 404);
    }
    load("/feed/alerts/nonsense", 404);
    load("/feed/alerts/.cap", 404);
    has(load(alert_path(1, ""), 200), "SYNLIG");
    has(load(alert_path(1, ".cap"), 200), "<headline>SYNLIG</headline>");
}

static void test_alerts__an_exercise_is_in_a_feed_of_its_own_and_marked(void **state)
{
    (void)state;
    add((struct row){.id = 1, .title = "SKARP"});
    add((struct row){.id = 2, .title = "OVAD", .is_exercise = true});
    lacks(load("/feed/alerts.atom", 200), "OVAD");
    const char *text = load("/feed/exercises.atom", 200);
    lacks(text, "SKARP");
    has(text, "<title>ÖVNING: OVAD</title>");
    has(text, "<category term=\"exercise\"");
    has(text, "<summary>DETTA ÄR EN ÖVNING.");
    has(text, "&lt;strong&gt;DETTA ÄR EN ÖVNING.");
    text = load(alert_path(2, ""), 200);
    has(text, "<h1>ÖVNING: OVAD</h1>\n<p><strong>DETTA ÄR EN ÖVNING.</strong></p>");
    has(text, "THIS IS AN EXERCISE.");
    has(load(alert_path(2, ".cap"), 200), "<status>Exercise</status>");
}

/* Readers choose by them: none is left out, however large the area. */
static void test_alerts__name_all_their_municipalities(void **state)
{
    (void)state;
    add((struct row){.id = 1});
    sql(xasprintf("WITH RECURSIVE n (i) AS (SELECT 9700 UNION ALL SELECT i + 1 FROM n WHERE i < 9899)"
                  " INSERT INTO municipality (code, name, name_key, county_code)"
                  " SELECT i, 'Ort ' || i, 'ort ' || i, (SELECT min(code) FROM county) FROM n;"
                  "INSERT INTO alert_municipality (alert_id, municipality_code)"
                  " SELECT 1, code FROM municipality WHERE code >= '9700';"));
    assert_int_equal(count(load("/feed/alerts.atom", 200), "scheme=\"urn:grannbud:municipality\""), 201);
}

static void test_alerts__one_entry_a_thread_and_its_id_stays(void **state)
{
    (void)state;
    static const char id[] = "<id>tag:grannbud.example.se,2026:grannbud/alert/alr_0000000000001</id>";
    add((struct row){.id = 1, .title = "FORSTA"});
    has(load("/feed/alerts.atom", 200), id);
    sql(xasprintf("UPDATE alert SET state = 'updated' WHERE id = 1;"));
    add((struct row){.id = 2, .root = 1, .type = "update", .title = "ANDRA", .sent_us = now_us - HOUR / 2});
    const char *text = load("/feed/alerts.atom", 200);
    assert_int_equal(count(text, "<entry>"), 1);
    has(text, id);
    has(text, "<title>Ändrad varning: ANDRA</title>");
    has(text, "/feed/alerts/alr_0000000000002.cap");
    has(load(alert_path(1, ""), 200), "Varningen har ändrats.");
    has(load(alert_path(1, ""), 200), "/feed/alerts/alr_0000000000002\">Läs den senaste");
    lacks(load(alert_path(2, ""), 200), "Läs den senaste");
    /* one that waits for its approval changes nothing */
    add((struct row){.id = 3, .root = 1, .type = "update", .title = "DOLD", .state = "submitted", .sent_us = -1});
    has(load("/feed/alerts.atom", 200), "ANDRA");
}

/* A draft may have lain there while other updates went out: what counts is which was sent last. */
static void test_alerts__the_last_one_sent_counts_not_the_last_one_begun(void **state)
{
    (void)state;
    add((struct row){.id = 1, .title = "FORSTA", .state = "updated"});
    add((struct row){.id = 9, .root = 1, .type = "update", .title = "MELLAN", .state = "updated"});
    add((struct row){.id = 5, .root = 1, .type = "update", .title = "SIST"});
    const char *text = load("/feed/alerts.atom", 200);
    assert_int_equal(count(text, "<entry>"), 1);
    has(text, "SIST");
    has(load(alert_path(9, ""), 200), "/feed/alerts/alr_0000000000005\">");
    has(load(alert_path(5, ".cap"), 200), ",alr_0000000000009,");
}

static void test_alerts__what_is_over_says_so_and_goes_after_a_week(void **state)
{
    (void)state;
    add((struct row){
        .id = 1, .title = "A", .state = "recalled", .sent_us = now_us - 2 * DAY, .ended_us = now_us - DAY});
    add((struct row){.id = 2,
                     .root = 1,
                     .type = "recall",
                     .title = "A",
                     .state = "recalled",
                     .sent_us = now_us - DAY,
                     .ended_us = now_us - DAY});
    add((struct row){.id = 3,
                     .title = "B",
                     .state = "expired",
                     .sent_us = now_us - 3 * DAY,
                     .expires_us = now_us - 2 * DAY,
                     .ended_us = now_us - 2 * DAY});
    add((struct row){.id = 4, .title = "C", .sent_us = now_us - DAY, .expires_us = now_us - 1}); /* nobody looked yet */
    add((struct row){.id = 5,
                     .title = "GAMMAL",
                     .state = "expired",
                     .sent_us = now_us - 9 * DAY,
                     .expires_us = now_us - 8 * DAY,
                     .ended_us = now_us - 8 * DAY});
    const char *text = load("/feed/alerts.atom", 200);
    assert_int_equal(count(text, "<entry>"), 3);
    has(text, "<title>Varningen är över: A</title>");
    has(text, "<title>Har gått ut: B</title>");
    has(text, "<title>Har gått ut: C</title>");
    lacks(text, "GAMMAL");
    has(load(alert_path(1, ""), 200), "<strong>Varningen är över.</strong>");
    has(load(alert_path(4, ""), 200), "och har gått ut.</strong>");
    has(load(alert_path(5, ""), 200), "och har gått ut.</strong>"); /* its address stays */
}

static void test_alerts__filtered_by_place(void **state)
{
    (void)state;
    add((struct row){.id = 1, .title = "ANGELHOLM"});
    add((struct row){.id = 2, .title = "ASTORP", .municipality = "1277"});
    const char *text = load("/feed/alerts.atom?municipality=1277", 200);
    assert_int_equal(count(text, "<entry>"), 1);
    has(text, "ASTORP");
    has(text, "/feed/alerts.atom?municipality=1277\"/>");
    text = load("/feed/alerts.atom?area=angelholm", 200);
    has(text, "ANGELHOLM");
    lacks(text, "ASTORP");
    assert_int_equal(count(load("/feed/alerts.atom", 200), "<entry>"), 2);
    assert_int_equal(count(load("/feed/alerts.atom?municipality=1257", 200), "<entry>"), 0);
    struct answer a = fixture_ask(f, &NOBODY, GET, "/feed/alerts.atom?municipality=9999", NULL);
    assert_true(a.status >= 400 && a.status < 500);
    answer_fini(&a);
    load("/feed/alerts.atom?municipality=1292&area=klippan", 400);
    load("/feed/alerts.atom?colour=red", 400);
}

static void test_alerts__at_most_fifty_and_the_newest(void **state)
{
    (void)state;
    for (int i = 1; i <= 60; i++) {
        char title[20];
        snprintf(title, sizeof title, "nummer %d.", i);
        add((struct row){.id = i, .title = title, .sent_us = now_us - DAY + i * US_PER_S});
    }
    const char *text = load("/feed/alerts.atom", 200);
    assert_int_equal(count(text, "<entry>"), 50);
    has(text, "nummer 60.");
    has(text, "nummer 11.");
    lacks(text, "nummer 10.");
}

static void test_alerts__too_much_text_leaves_the_oldest_out(void **state)
{
    (void)state;
    for (int i = 1; i <= 50; i++)
        add((struct row){.id = i, .sent_us = now_us - DAY + i * US_PER_S});
    sql(xasprintf("UPDATE alert SET text = replace(hex(zeroblob(8000)), '0', '&');"));
    const char *text = load("/feed/alerts.atom", 200);
    int n = count(text, "<entry>");
    assert_true(n > 1 && n < 50);
    assert_int_equal(count(text, "</entry>"), n);
    has(text, "</feed>");
    has(text, "alr_000000000001j"); /* the newest: 50 */
}

static void test_alert__texts_are_escaped(void **state)
{
    (void)state;
    add((struct row){.id = 1, .title = "<script>x</script> & \"y\""});
    const char *text = load(alert_path(1, ""), 200);
    lacks(text, "<script");
    has(text, "<h1>&lt;script&gt;x&lt;/script&gt; &amp; &quot;y&quot;</h1>");
    has(text, "<h2>Gör så här</h2>");
    has(text, "Lås <em>motorn</em>.");
    lacks(load("/feed/alerts.atom", 200), "<script");
}

/* --- letters ----------------------------------------------------------------------------------------------- */

static void add_letter(int id, const char *classification, const char *state, const char *body)
{
    sql(xasprintf(
        "INSERT INTO letter (id, scope_kind, scope_code, kind, title, classification, source, version, state,"
        " author_id, author, editor_id, editor, message_id, created_at, updated_at) VALUES (%d, 'police_area',"
        " 'angelholm', 'monthly', 'T', '%s', 'ANNAN TEXT', 1, '%s', 0, 'a', 0, 'a', %d, 1, 1);"
        "INSERT INTO letter_target (letter_id, municipality_code) VALUES (%d, '1292'), (%d, '1257');"
        "INSERT INTO message (id, kind, lane, letter_id, state, title, source, content_hash, scope_kind,"
        " scope_code, walked, created_at) VALUES (%d, 'letter', 2, %d, 'sending', 'T',"
        " '---\ntitle: T\n---\n%s', '', 'police_area', 'angelholm', 0, %lld);",
        id, classification, state, 100 + id, id, id, 100 + id, id, body, (long long)now_us - HOUR));
}

static const char *letter_path(int id, const char *query)
{
    static char out[100];
    char text[ID_TEXT_BYTES];
    snprintf(out, sizeof out, "/feed/letters/%s%s", id_format(ID_LETTER, id, text), query);
    return out;
}

static void test_letters__only_public_ones_that_go_out(void **state)
{
    (void)state;
    static const char *const states[] = {"draft", "submitted", "approved", "held", "cancelled"};
    add_letter(1, "public", "sent", "Hej");
    add_letter(2, "public", "sending", "Hej");
    add_letter(3, "ombud_only", "sent", "Hej");
    add_letter(4, "ombud_and_households", "sending", "Hej");
    for (int i = 0; i < (int)ARRAY_LEN(states); i++)
        add_letter(5 + i, "public", states[i], "Hej");
    const char *text = load("/feed/letters.atom", 200);
    assert_int_equal(count(text, "<entry>"), 2);
    has(text, "<summary>TEXT municipality= name=din kommun area=Ängelholm group=din grupp person=granne");
    has(text, "<id>tag:grannbud.example.se,2026:grannbud/letter/let_0000000000001</id>");
    load(letter_path(1, ""), 200);
    for (int id = 3; id <= 10; id++)
        load(letter_path(id, ""), 404);
    load("/feed/letters/nonsense", 404);
}

static void test_letters__each_municipality_has_its_parts(void **state)
{
    (void)state;
    add_letter(1, "public", "sent", "Hej");
    add_letter(2, "public", "sent", "Hej {{#municipality 1292}}A{{/municipality}}");
    lacks(load(letter_path(1, ""), 200), "Brevet för");
    const char *text = load(letter_path(2, ""), 200);
    has(text, "?municipality=1257\">Brevet för Örkelljunga</a></p>");
    has(text, "?municipality=1292\">Brevet för Ängelholm</a></p>");
    has(text, "[]");
    has(text, "</main></html>");
    text = load(letter_path(2, "?municipality=1292"), 200);
    has(text, "[1292]");
    lacks(text, "Brevet för Ängelholm");
    load(letter_path(2, "?municipality=1277"), 404); /* not for them */
    has(load("/feed/letters.atom?municipality=1257", 200), "municipality=1257 name=Örkelljunga");
    assert_int_equal(count(load("/feed/letters.atom?municipality=1277", 200), "<entry>"), 0);
}

/* --- calendar ---------------------------------------------------------------------------------------------- */

static const char *add_series(const char *name, const char *scope)
{
    static char id[24];
    char body[400];
    snprintf(body, sizeof body,
             "{\"name\":\"%s\",\"scope\":\"%s\",\"rrule\":\"FREQ=MONTHLY;BYMONTHDAY=1\",\"time\":\"09:00\","
             "\"from\":\"2026-01-01\"}",
             name, scope);
    snprintf(id, sizeof id, "%s", fixture_expect(f, &ACTOR_ADMIN, HTTP_METHOD_POST, "/api/v1/series", body, 201, "id"));
    return id;
}

static void test_calendar__letters_for_a_year(void **state)
{
    (void)state;
    char path[100];
    char group[24], contact[24], scope[40];
    snprintf(path, sizeof path, "/feed/calendar.ics?series=%s", add_series("Brev, Ängelholm", "police_area:angelholm"));
    add_series("Åstorpsbrev", "municipality:1277");
    fixture_group(f, "1292", "Hemliga gruppen", group, contact, "a@example.se");
    snprintf(scope, sizeof scope, "group:%s", group);
    add_series("GRUPPBREV", scope);
    const char *text = load("/feed/calendar.ics", 200);
    has(text, "BEGIN:VCALENDAR\r\n");
    lacks(text, "GRUPPBREV");
    int all = count(text, "BEGIN:VEVENT");
    assert_true(all >= 24 && all <= 28);
    text = load(path, 200);
    assert_true(count(text, "BEGIN:VEVENT") >= 12 && count(text, "BEGIN:VEVENT") <= 14);
    has(text, "SUMMARY:Brev\\, Ängelholm\\, ");
    lacks(text, "Åstorp");
    text = load("/feed/calendar.ics?municipality=1277", 200);
    has(text, "Åstorp");
    lacks(text, "Ängelholm");
    load("/feed/calendar.ics?series=ser_0000000000001", 404);
    load("/feed/calendar.ics?series=x", 404);
}

static void test_calendar__a_paused_series_promises_nothing(void **state)
{
    (void)state;
    char path[100];
    snprintf(path, sizeof path, "/api/v1/series/%s/pause", add_series("Brev", "municipality:1292"));
    fixture_expect(f, &ACTOR_ADMIN, HTTP_METHOD_POST, path, "{}", 200, NULL);
    lacks(load("/feed/calendar.ics", 200), "VEVENT");
}

static void add_meeting(const char *title, const char *scope, int64_t days)
{
    char body[400];
    char when[TIME_TEXT_BYTES];
    snprintf(body, sizeof body,
             "{\"title\":\"%s\",\"scope\":\"%s\",\"starts_at\":\"%s\",\"place\":\"Stadshuset, sal 2\","
             "\"note\":\"Kaffe; välkomna\"}",
             title, scope, time_format_utc(now_us + days * DAY, when));
    fixture_expect(f, &ACTOR_ADMIN, HTTP_METHOD_POST, "/api/v1/meeting", body, 201, "id");
}

static void test_calendar__meetings(void **state)
{
    (void)state;
    char path[100];
    add_meeting("Ombudsträff", "police_area:angelholm", 30);
    add_meeting("Dialog", "municipality:1277", 40);
    const char *text = load("/feed/calendar.ics", 200);
    assert_int_equal(count(text, "BEGIN:VEVENT"), 2);
    has(text, "SUMMARY:Ombudsträff\r\nDESCRIPTION:Kaffe\\; välkomna\r\nLOCATION:Stadshuset\\, sal 2\r\n");
    has(text, "@grannbud.example.se\r\n");
    has(text, "TRANSP:OPAQUE");
    lacks(text, "uid:0"); /* who put it there */
    lacks(load("/feed/calendar.ics?municipality=1292", 200), "Dialog");
    lacks(load("/feed/calendar.ics?area=klippan", 200), "Ombud");
    snprintf(path, sizeof path, "/feed/calendar.ics?series=%s", add_series("Brev", "municipality:1292"));
    lacks(load(path, 200), "Dialog");
    sql(xasprintf("UPDATE meeting SET starts_at = %lld, ends_at = %lld WHERE title = 'Dialog';",
                  (long long)now_us - 32 * DAY, (long long)now_us - 31 * DAY));
    lacks(load("/feed/calendar.ics", 200), "Dialog");
}

static void test_meeting__listed_and_removed(void **state)
{
    (void)state;
    char path[100];
    add_meeting("Ombudsträff", "police_area:angelholm", 30);
    snprintf(path, sizeof path, "/api/v1/meeting/%s",
             fixture_expect(f, &ACTOR_A, GET, "/api/v1/meeting", NULL, 200, "items.0.id"));
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/meeting?days_back=9", NULL, 200, "items.0.place"),
                        "Stadshuset, sal 2");
    fixture_expect(f, &ACTOR_READER_A, HTTP_METHOD_PATCH, path, "{\"place\":null}", 403, NULL);
    fixture_expect(f, &ACTOR_OFFICER, HTTP_METHOD_PATCH, path, "{\"plats\":\"\"}", 400, NULL);
    fixture_expect(f, &ACTOR_OFFICER, HTTP_METHOD_PATCH, path, "{\"starts_at\":null}", 422, NULL);
    lacks(load("/feed/calendar.ics", 200), "SEQUENCE");
    assert_string_equal(fixture_expect(f, &ACTOR_OFFICER, HTTP_METHOD_PATCH, path,
                                       "{\"title\":\"Träff\",\"place\":null}", 200, "title"),
                        "Träff");
    has(load("/feed/calendar.ics?municipality=1292", 200), "SEQUENCE:1\r\n");
    has(load("/feed/calendar.ics?municipality=1292", 200), "LAST-MODIFIED:20");
    lacks(load("/feed/calendar.ics?municipality=1292", 200), "LOCATION");
    fixture_expect(f, &ACTOR_READER_A, HTTP_METHOD_DELETE, path, NULL, 403, NULL);
    fixture_expect(f, &ACTOR_A, HTTP_METHOD_DELETE, path, NULL, 404, NULL); /* only a part of it is hers */
    fixture_expect(f, &ACTOR_OFFICER, HTTP_METHOD_DELETE, path, NULL, 204, NULL);
    lacks(load("/feed/calendar.ics", 200), "VEVENT");
}

/* --- the cache --------------------------------------------------------------------------------------------- */

static bool get(struct feed_cache *cache, const char *key, int64_t now_ms, const char *want)
{
    struct feed_doc doc = {.updated_us = 0};
    buf_init(&doc.text, FEED_MAX_BYTES);
    bool found = feed_cache_get(cache, key, now_ms, &doc);
    if (found)
        assert_string_equal(buf_str(&doc.text), want);
    assert_int_equal(doc.updated_us, found ? 7 : 0);
    buf_fini(&doc.text);
    return found;
}

static void put(struct feed_cache *cache, const char *key, int64_t until_ms, const char *text)
{
    struct feed_doc doc = {.updated_us = 7};
    buf_init(&doc.text, FEED_MAX_BYTES);
    buf_adds(&doc.text, text);
    feed_cache_put(cache, key, until_ms, &doc);
    buf_fini(&doc.text);
}

static void test_feed_cache__keeps_until_its_time(void **state)
{
    (void)state;
    struct feed_cache *cache = feed_cache_new();
    assert_false(get(cache, "a", 0, ""));
    put(cache, "a", 1000, "first");
    assert_true(get(cache, "a", 999, "first"));
    assert_false(get(cache, "a", 1000, ""));
    assert_false(get(cache, "b", 0, ""));
    put(cache, "a", 2000, "second");
    assert_true(get(cache, "a", 1500, "second"));
    feed_cache_free(cache);
    feed_cache_free(NULL);
}

static void test_feed_cache__is_bounded(void **state)
{
    (void)state;
    struct feed_cache *cache = feed_cache_new();
    char key[20];
    for (int i = 0; i < 3 * FEED_CACHE_SLOTS; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(cache, key, 1000 + i, "x");
    }
    int kept = 0;
    for (int i = 0; i < 3 * FEED_CACHE_SLOTS; i++) {
        snprintf(key, sizeof key, "%d", i);
        kept += get(cache, key, 0, "x");
    }
    assert_int_equal(kept, FEED_CACHE_SLOTS);
    assert_true(get(cache, key, 0, "x")); /* the newest is */
    char *large = xcalloc(1, FEED_MAX_BYTES + 1);
    memset(large, 'y', FEED_MAX_BYTES);
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "large %d", i);
        put(cache, key, 5000 + i, large);
    }
    kept = 0;
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "large %d", i);
        kept += get(cache, key, 0, large);
    }
    assert_int_equal(kept, FEED_CACHE_BYTES / FEED_MAX_BYTES);
    free(large);
    feed_cache_free(cache);
}

static const struct CMUnitTest TESTS[] = {
    TEST_FIXTURE(test_alerts__only_what_is_public_real_and_sent, setup, teardown),
    TEST_FIXTURE(test_alerts__an_exercise_is_in_a_feed_of_its_own_and_marked, setup, teardown),
    TEST_FIXTURE(test_alerts__name_all_their_municipalities, setup, teardown),
    TEST_FIXTURE(test_alerts__one_entry_a_thread_and_its_id_stays, setup, teardown),
    TEST_FIXTURE(test_alerts__the_last_one_sent_counts_not_the_last_one_begun, setup, teardown),
    TEST_FIXTURE(test_alerts__what_is_over_says_so_and_goes_after_a_week, setup, teardown),
    TEST_FIXTURE(test_alerts__filtered_by_place, setup, teardown),
    TEST_FIXTURE(test_alerts__at_most_fifty_and_the_newest, setup, teardown),
    TEST_FIXTURE(test_alerts__too_much_text_leaves_the_oldest_out, setup, teardown),
    TEST_FIXTURE(test_alert__texts_are_escaped, setup, teardown),
    TEST_FIXTURE(test_letters__only_public_ones_that_go_out, setup, teardown),
    TEST_FIXTURE(test_letters__each_municipality_has_its_parts, setup, teardown),
    TEST_FIXTURE(test_calendar__letters_for_a_year, setup, teardown),
    TEST_FIXTURE(test_calendar__a_paused_series_promises_nothing, setup, teardown),
    TEST_FIXTURE(test_calendar__meetings, setup, teardown),
    TEST_FIXTURE(test_meeting__listed_and_removed, setup, teardown),
    TEST(test_feed_cache__keeps_until_its_time),
    TEST(test_feed_cache__is_bounded),
};

TEST_MAIN(TESTS)
