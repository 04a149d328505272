/* Contact persons through the API: adding, changing, leaving; protected persons stand in no list. */
#include <stdio.h>

#include "lib/api_fixture.h"
#include "lib/test.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST
#define PATCH HTTP_METHOD_PATCH
#define DELETE HTTP_METHOD_DELETE

static struct api_fixture *f;
static char group[24], other[24], contact[24], url[64];

static int setup(void **state)
{
    char unused[24];
    (void)state;
    f = fixture_open();
    fixture_group(f, "1292", "Lärkvägen m.fl.", group, contact, "gunilla.exempelsson@example.se");
    fixture_group(f, "1292", "Ekbackens brf", other, unused, "yasmin@example.com");
    snprintf(url, sizeof url, "/api/v1/contact/%s", contact);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static void test_add__the_same_person_is_used_again(void **state)
{
    (void)state;
    char body[400];
    snprintf(body, sizeof body,
             "{\"group\":\"%s\",\"role\":\"lead_rep\",\"name\":\"gunilla EXEMPELSSON\",\"phone\":\"070-174 06 05\","
             "\"addresses\":[\"Gunilla.Exempelsson@example.se\",\"gunilla@example.net\"]}",
             other);
    struct answer a = fixture_ask(f, &ACTOR_A, POST, "/api/v1/contact", body);
    assert_int_equal(a.status, 201);
    assert_string_equal(answer_text(&a, "id"), contact);
    assert_int_equal(json_array_size(json_object_get(a.json, "groups")), 2);
    assert_int_equal(json_array_size(json_object_get(a.json, "addresses")), 2); /* what is new is added */
    assert_string_equal(answer_text(&a, "phone"), "+46701740605");
    answer_fini(&a);
    a = fixture_ask(f, &ACTOR_A, POST, "/api/v1/contact", body);
    assert_int_equal(a.status, 409);
    answer_fini(&a);
}

static void test_set__changes_what_is_named(void **state)
{
    (void)state;
    char body[200];
    fixture_expect(f, &ACTOR_A, PATCH, url, "{\"phone\":\"0431-00 00 00\",\"trained\":true,\"trained_year\":2022}", 200,
                   NULL);
    struct answer a = fixture_ask(f, &ACTOR_A, PATCH, url, "{\"name\":\"Gunilla E. Exempelsson\"}");
    assert_string_equal(answer_text(&a, "phone"), "+46431000000");
    assert_string_equal(answer_text(&a, "trained"), "true");
    assert_string_equal(answer_text(&a, "trained_year"), "2022");
    assert_string_equal(answer_text(&a, "addresses.0.address"), "gunilla.exempelsson@example.se");
    answer_fini(&a);
    a = fixture_ask(f, &ACTOR_A, PATCH, url, "{\"phone\":null,\"trained\":null,\"addresses\":[]}");
    assert_true(json_is_null(json_object_get(a.json, "phone")));
    assert_true(json_is_null(json_object_get(a.json, "trained")));
    assert_int_equal(json_array_size(json_object_get(a.json, "addresses")), 0);
    answer_fini(&a);
    snprintf(body, sizeof body, "{\"group\":\"%s\",\"role\":\"lead_rep\"}", group);
    assert_string_equal(fixture_expect(f, &ACTOR_A, PATCH, url, body, 200, "groups.0.role"), "lead_rep");
    snprintf(body, sizeof body, "{\"group\":\"%s\",\"role\":\"lead_rep\"}", other);
    fixture_expect(f, &ACTOR_A, PATCH, url, body, 404, NULL);
    fixture_expect(f, &ACTOR_A, PATCH, url, "{\"role\":\"lead_rep\"}", 422, NULL);
    fixture_expect(f, &ACTOR_A, PATCH, url, "{\"addresses\":[\"ingen\"]}", 422, NULL);
    fixture_expect(f, &ACTOR_A, PATCH, url, "{\"addresses\":[7]}", 400, NULL);
    fixture_expect(f, &ACTOR_A, PATCH, url, "{\"trained_year\":22}", 422, NULL);
}

static void test_protected__is_in_no_list_and_shown_to_few(void **state)
{
    (void)state;
    static const char *const lists[] = {"/api/v1/contact", "/api/v1/contact?q=gunilla",
                                        "/api/v1/contact?address=gunilla.exempelsson@example.se"};
    char group_url[64];
    snprintf(group_url, sizeof group_url, "/api/v1/group/%s", group);
    fixture_expect(f, &ACTOR_READER_A, GET, url, NULL, 200, NULL);
    fixture_expect(f, &ACTOR_A, PATCH, url, "{\"protected\":true}", 200, NULL);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, lists[i], NULL);
        assert_int_equal(a.status, 200);
        assert_null(strstr(a.text, contact));
        answer_fini(&a);
    }
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, group_url, NULL);
    assert_null(strstr(a.text, contact));
    answer_fini(&a);
    fixture_expect(f, &ACTOR_READER_A, GET, url, NULL, 404, NULL);
    fixture_expect(f, &ACTOR_OFFICER, GET, url, NULL, 404, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "protected"), "true");
    fixture_expect(f, &ACTOR_B, GET, url, NULL, 404, NULL);
}

static void test_remove__from_one_group_and_then_for_good(void **state)
{
    (void)state;
    char body[300];
    char one[128];
    snprintf(body, sizeof body,
             "{\"group\":\"%s\",\"name\":\"Gunilla Exempelsson\",\"addresses\":[\"gunilla.exempelsson@example.se\"]}",
             other);
    assert_string_equal(fixture_expect(f, &ACTOR_A, POST, "/api/v1/contact", body, 201, "id"), contact);
    snprintf(one, sizeof one, "%s?group=%s", url, other);
    fixture_expect(f, &ACTOR_A, DELETE, one, NULL, 204, NULL);
    fixture_expect(f, &ACTOR_A, DELETE, one, NULL, 404, NULL);
    fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, NULL);
    fixture_expect(f, &ACTOR_A, DELETE, url, NULL, 204, NULL);
    fixture_expect(f, &ACTOR_A, GET, url, NULL, 404, NULL);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_add__the_same_person_is_used_again, setup, teardown),
    TEST_FIXTURE(test_set__changes_what_is_named, setup, teardown),
    TEST_FIXTURE(test_protected__is_in_no_list_and_shown_to_few, setup, teardown),
    TEST_FIXTURE(test_remove__from_one_group_and_then_for_good, setup, teardown),
};

TEST_MAIN(tests)
