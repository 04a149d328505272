/* Groups through the API: what is taken, what is shown, and above all the walls between municipalities. */
#include <stdio.h>

#include "lib/api_fixture.h"
#include "lib/test.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST
#define PATCH HTTP_METHOD_PATCH
#define DELETE HTTP_METHOD_DELETE

static struct api_fixture *f;
static char group_a[24], group_b[24], contact_a[24], contact_b[24];

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    fixture_group(f, "1292", "Lärkvägen m.fl.", group_a, contact_a, "gunilla.exempelsson@example.se");
    fixture_group(f, "1257", "Skogsbrynet", group_b, contact_b, "gunilla.exempelsson@example.com");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

/* The pattern with its {} replaced. Static. */
static const char *path_of(const char *pattern, const char *id)
{
    static char out[128];
    const char *at = strstr(pattern, "{}");
    assert_non_null(at);
    snprintf(out, sizeof out, "%.*s%s%s", (int)(at - pattern), pattern, id, at + 2);
    return out;
}

static void test_scope__a_never_sees_or_changes_b(void **state)
{
    (void)state;
    const struct {
        enum http_method method;
        const char *pattern;
        const char *id;
        const char *body;
    } calls[] = {
        {GET, "/api/v1/group/{}", group_b, NULL},
        {GET, "/api/v1/group/{}", "Skogsbrynet", NULL},
        {PATCH, "/api/v1/group/{}", group_b, "{\"name\":\"Kapad\"}"},
        {PATCH, "/api/v1/group/{}", "Skogsbrynet", "{\"name\":\"Kapad\"}"},
        {POST, "/api/v1/group/{}/state", group_b, "{\"state\":\"closed\"}"},
        {GET, "/api/v1/contact/{}", contact_b, NULL},
        {PATCH, "/api/v1/contact/{}", contact_b, "{\"addresses\":[\"kapad@example.se\"]}"},
        {DELETE, "/api/v1/contact/{}", contact_b, NULL},
        {GET, "/api/v1/municipality/{}", "1257", NULL},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        fixture_expect(f, &ACTOR_A, calls[i].method, path_of(calls[i].pattern, calls[i].id), calls[i].body, 404, NULL);
    char body[200];
    snprintf(body, sizeof body, "{\"group\":\"%s\",\"name\":\"Spion\"}", group_b);
    fixture_expect(f, &ACTOR_A, POST, "/api/v1/contact", body, 404, NULL);
    snprintf(body, sizeof body, "{\"group\":\"%s\",\"role\":\"lead_rep\"}", group_b);
    fixture_expect(f, &ACTOR_A, PATCH, path_of("/api/v1/contact/{}", contact_a), body, 404, NULL);
    fixture_expect(f, &ACTOR_A, POST, "/api/v1/group", "{\"municipality\":\"1257\",\"name\":\"X\"}", 404, NULL);
    /* nothing of it has happened */
    assert_string_equal(fixture_expect(f, &ACTOR_B, GET, path_of("/api/v1/group/{}", group_b), NULL, 200, "name"),
                        "Skogsbrynet");
    assert_string_equal(
        fixture_expect(f, &ACTOR_B, GET, path_of("/api/v1/contact/{}", contact_b), NULL, 200, "addresses.0.address"),
        "gunilla.exempelsson@example.com");
}

static void test_scope__lists_hold_only_ones_own(void **state)
{
    (void)state;
    static const char *const lists[] = {"/api/v1/group", "/api/v1/contact", "/api/v1/group?municipality=1257",
                                        "/api/v1/contact?address=gunilla.exempelsson@example.com",
                                        "/api/v1/municipality"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct answer a = fixture_ask(f, &ACTOR_A, GET, lists[i], NULL);
        assert_int_equal(a.status, 200);
        assert_null(strstr(a.text, "1257"));
        assert_null(strstr(a.text, group_b));
        assert_null(strstr(a.text, contact_b));
        answer_fini(&a);
    }
    struct answer a = fixture_ask(f, &ACTOR_OFFICER, GET, "/api/v1/group", NULL);
    assert_int_equal(json_array_size(json_object_get(a.json, "items")), 2); /* a police area covers both */
    answer_fini(&a);
}

static void test_permission__a_reader_writes_nothing(void **state)
{
    (void)state;
    const struct api_route *r = NULL;
    int writes = 0;
    for (size_t i = 0; (r = api_route_at(i)) != NULL; i++) {
        if (r->mode == API_READ || r->permission == 0)
            continue;
        struct answer a = fixture_ask(f, &ACTOR_READER_A, r->method, r->pattern, "{}");
        if (a.status != 403 || !strstr(a.err, "reader"))
            fail_msg("%s: status %d: %s", r->pattern, a.status, a.err);
        answer_fini(&a);
        writes++;
    }
    assert_true(writes >= 6);
    fixture_expect(f, &ACTOR_OFFICER, PATCH, path_of("/api/v1/group/{}", group_a), "{\"name\":\"X\"}", 403, NULL);
}

static void test_group__is_registered_changed_and_moved(void **state)
{
    (void)state;
    char id[24];
    snprintf(id, sizeof id, "%s",
             fixture_expect(f, &ACTOR_A, POST, "/api/v1/group",
                            "{\"municipality\":\"Ängelholm\",\"name\":\"  Ekbackens   brf\",\"kind\":\"apartment\","
                            "\"state\":\"interest\",\"postal_code\":\"26263\",\"household_count\":120}",
                            201, "id"));
    char url[64];
    snprintf(url, sizeof url, "/api/v1/group/%s", id);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "postal_code"), "262 63");
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "name"), "Ekbackens brf");
    struct answer a = fixture_ask(f, &ACTOR_A, PATCH, url, "{\"household_count\":null,\"district\":\"Norr\"}");
    assert_int_equal(a.status, 200);
    assert_true(json_is_null(json_object_get(a.json, "household_count")));
    assert_string_equal(answer_text(&a, "district"), "Norr");
    assert_string_equal(answer_text(&a, "postal_code"), "262 63"); /* what is not named stays */
    answer_fini(&a);
    char state_url[128];
    snprintf(state_url, sizeof state_url, "/api/v1/group/%s/state", id);
    fixture_expect(f, &ACTOR_A, POST, state_url, "{\"state\":\"dormant\"}", 409, NULL);
    fixture_expect(f, &ACTOR_A, POST, state_url, "{\"state\":\"sleeping\"}", 422, NULL);
    a = fixture_ask(f, &ACTOR_OFFICER, POST, state_url, "{\"state\":\"active\",\"note\":\"utbildad\"}");
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_text(&a, "states.1.to"), "active");
    assert_string_equal(answer_text(&a, "states.1.actor"), "olle");
    assert_int_equal(strlen(answer_text(&a, "activated_on")), 10);
    answer_fini(&a);
}

static void test_group__bad_input_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *word;
    } rows[] = {
        {"{\"municipality\":\"1292\"}", 422, "name"},
        {"{\"name\":\"X\"}", 422, "municipality"},
        {"{\"municipality\":\"9999\",\"name\":\"X\"}", 404, "9999"},
        {"{\"municipality\":\"1292\",\"name\":\"X\",\"sings\":3}", 400, "sings"},
        {"{\"municipality\":\"1292\",\"name\":7}", 400, "name"},
        {"{\"municipality\":\"1292\",\"name\":\"X\",\"sign_count\":-1}", 422, "sign_count"},
        {"{\"municipality\":\"1292\",\"name\":\"X\",\"position\":\"12.86, 56.24\"}", 422, "changed places"},
        {"{\"municipality\":\"1292\",\"name\":\"X\",\"position\":[56.24, 12.86]}", 400, "position"},
        {"{\"municipality\":\"1292\",\"name\":\"X\",\"sign_count\":1.5}", 400, "sign_count"},
        {"{\"municipality\":\"1292\",\"name\":\"X\",\"postal_code\":\"2663\"}", 422, "2663"},
        {"{\"municipality\":\"1292\",\"name\":\"X\",\"kind\":\"castle\"}", 422, "castle"},
        {"{\"municipality\":\"1292\",\"name\":\"lÄRKVÄGEN  m.fl.\"}", 409, "already"},
        {"{\"name\":\"X\",\"name\":\"Y\"}", 400, "line 1"},
        {"{\"name\":", 400, "line 1"},
        {"[]", 400, "object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = fixture_ask(f, &ACTOR_A, POST, "/api/v1/group", rows[i].body);
        if (a.status != rows[i].status || !strstr(a.err, rows[i].word))
            fail_msg("%s: %d %s", rows[i].body, a.status, a.err);
        answer_fini(&a);
    }
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/group?stat=active", NULL, 400, NULL);
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/group?state=sleepy", NULL, 400, NULL);
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/group?limit=0", NULL, 400, NULL);
    fixture_expect(f, &ACTOR_A, GET, "/api/v1/group?after=zz", NULL, 400, NULL);
}

static void test_position__is_set_shown_and_cleared(void **state)
{
    (void)state;
    fixture_expect(f, &ACTOR_A, POST, "/api/v1/group",
                   "{\"municipality\":\"1292\",\"name\":\"Udden\",\"position\":\"56,2428 12,8622\"}", 201, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/group/Udden", NULL, 200, "position"),
                        "56.2428, 12.8622");
    fixture_expect(f, &ACTOR_A, PATCH, "/api/v1/group/Udden", "{\"name\":\"Udden\"}", 200, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/group/Udden", NULL, 200, "position"),
                        "56.2428, 12.8622");
    fixture_expect(f, &ACTOR_A, PATCH, "/api/v1/group/Udden", "{\"position\":\"\"}", 200, NULL);
    struct answer a = fixture_ask(f, &ACTOR_A, GET, "/api/v1/group/Udden", NULL);
    assert_true(json_is_null(json_object_get(a.json, "position")));
    answer_fini(&a);
}

static void test_list__pages_show_each_group_once(void **state)
{
    (void)state;
    char body[200];
    for (int i = 0; i < 25; i++) {
        snprintf(body, sizeof body, "{\"municipality\":\"1292\",\"name\":\"Grupp %02d\"}", (i * 7) % 25);
        fixture_expect(f, &ACTOR_A, POST, "/api/v1/group", body, 201, NULL);
    }
    char url[4200] = "/api/v1/group?limit=4&q=grupp";
    char last[64] = "";
    int seen = 0;
    for (int pages = 0; pages < 10 && url[0]; pages++) {
        struct answer a = fixture_ask(f, &ACTOR_A, GET, url, NULL);
        assert_int_equal(a.status, 200);
        const json_t *items = json_object_get(a.json, "items");
        for (size_t i = 0; i < json_array_size(items); i++, seen++) {
            const char *name = json_string_value(json_object_get(json_array_get(items, i), "name"));
            assert_true(strcmp(last, name) < 0);
            snprintf(last, sizeof last, "%s", name);
        }
        const char *next = json_string_value(json_object_get(a.json, "next"));
        url[0] = '\0';
        if (next)
            snprintf(url, sizeof url, "/api/v1/group?limit=4&q=grupp&after=%s", next);
        answer_fini(&a);
    }
    assert_int_equal(seen, 25);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_scope__a_never_sees_or_changes_b, setup, teardown),
    TEST_FIXTURE(test_scope__lists_hold_only_ones_own, setup, teardown),
    TEST_FIXTURE(test_permission__a_reader_writes_nothing, setup, teardown),
    TEST_FIXTURE(test_group__is_registered_changed_and_moved, setup, teardown),
    TEST_FIXTURE(test_group__bad_input_is_told, setup, teardown),
    TEST_FIXTURE(test_position__is_set_shown_and_cleared, setup, teardown),
    TEST_FIXTURE(test_list__pages_show_each_group_once, setup, teardown),
};

TEST_MAIN(tests)
