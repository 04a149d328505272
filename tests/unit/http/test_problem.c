/* http/problem.h: RFC 9457 documents. */
#include "http/problem.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

#include <jansson.h>

static json_t *load(char *text)
{
    json_error_t error;
    json_t *doc = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    free(text);
    assert_non_null(doc);
    return doc;
}

static const char *member(const json_t *doc, const char *name)
{
    const char *text = json_string_value(json_object_get(doc, name));
    return text ? text : "";
}

static void test_problem_type__is_stable_and_lower_case(void **state)
{
    (void)state;
    char type[PROBLEM_TYPE_BYTES];
    assert_string_equal(problem_type(ERR_NOT_FOUND, type), "urn:grannbud:problem:not-found");
    assert_string_equal(problem_type(ERR_BAD_STATE, type), "urn:grannbud:problem:bad-state");
    assert_string_equal(problem_type(ERR_UNAUTHORIZED, type), "urn:grannbud:problem:unauthorized");
    assert_string_equal(problem_type(-2, type), "about:blank");
    assert_string_equal(problem_type(0, type), "about:blank");
}

static void test_problem_text__has_the_standard_members(void **state)
{
    (void)state;
    json_t *doc = load(problem_text(404, "urn:x", "title", "no group \"å\"\n", "urn:y", NULL));
    assert_string_equal(member(doc, "type"), "urn:x");
    assert_string_equal(member(doc, "title"), "title");
    assert_string_equal(member(doc, "detail"), "no group \"å\"\n");
    assert_string_equal(member(doc, "instance"), "urn:y");
    assert_int_equal(json_integer_value(json_object_get(doc, "status")), 404);
    json_decref(doc);
}

static void test_problem_text__falls_back_and_leaves_out(void **state)
{
    (void)state;
    json_t *doc = load(problem_text(413, NULL, NULL, "not UTF-8: \xff", NULL, NULL));
    assert_string_equal(member(doc, "type"), "about:blank");
    assert_string_equal(member(doc, "title"), "Content Too Large");
    assert_null(json_object_get(doc, "detail"));
    assert_null(json_object_get(doc, "instance"));
    json_decref(doc);
}

static void test_problem_text__extra_members_never_replace_the_standard_ones(void **state)
{
    (void)state;
    json_t *extra = json_pack("{s:i, s:[{s:i, s:s}]}", "status", 200, "errors", "line", 3, "text", "no such area");
    json_t *doc = load(problem_text(422, NULL, NULL, NULL, NULL, extra));
    assert_int_equal(json_integer_value(json_object_get(doc, "status")), 422);
    json_t *first = json_array_get(json_object_get(doc, "errors"), 0);
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 3);
    json_decref(doc);
    json_decref(extra);
}

static void test_status_text__knows_every_status_of_the_error_table(void **state)
{
    (void)state;
#define HAS_TEXT(name, value, http, exit, text) \
    assert_string_not_equal(http_status_text(err_http_status(ERR_##name)), "");
    ERR_MAP(HAS_TEXT)
#undef HAS_TEXT
    assert_string_equal(http_status_text(299), "");
}

static const struct CMUnitTest tests[] = {
    TEST(test_problem_type__is_stable_and_lower_case),
    TEST(test_problem_text__has_the_standard_members),
    TEST(test_problem_text__falls_back_and_leaves_out),
    TEST(test_problem_text__extra_members_never_replace_the_standard_ones),
    TEST(test_status_text__knows_every_status_of_the_error_table),
};

TEST_MAIN(tests)
