/*
 * conf/openapi.json against the tables of routes, both ways, and against what the tables say of each. After a change of
 * routes: tests/lib/tools/openapi.py > conf/openapi.json
 */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include <jansson.h>

#include "http/api.h"
#include "lib/test.h"

static json_t *document;

static int setup(void **state)
{
    (void)state;
    json_error_t error;
    document = json_load_file("conf/openapi.json", JSON_REJECT_DUPLICATES, &error);
    if (!document)
        fail_msg("conf/openapi.json: line %d: %s", error.line, error.text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(document);
    return 0;
}

static json_t *operation(const struct api_route *route)
{
    char method[16];
    size_t n = 0;
    for (const char *p = http_method_name(route->method); *p; p++)
        method[n++] = (char)tolower((unsigned char)*p);
    method[n] = '\0';
    return json_object_get(json_object_get(json_object_get(document, "paths"), route->pattern), method);
}

static const struct api_route *route_of(const char *method, const char *pattern)
{
    const struct api_route *route = NULL;
    for (size_t i = 0; (route = api_route_at(i)) != NULL; i++)
        if (strcasecmp(http_method_name(route->method), method) == 0 && strcmp(route->pattern, pattern) == 0)
            return route;
    return NULL;
}

static bool has_parameter(const json_t *op, const char *name, size_t len, const char *in)
{
    size_t i = 0;
    json_t *parameter = NULL;
    json_array_foreach(json_object_get(op, "parameters"), i, parameter)
    {
        const char *is = json_string_value(json_object_get(parameter, "name"));
        const char *where = json_string_value(json_object_get(parameter, "in"));
        if (is && where && strlen(is) == len && strncmp(is, name, len) == 0 && strcmp(where, in) == 0)
            return true;
    }
    return false;
}

static void test_openapi__has_every_route(void **state)
{
    (void)state;
    const struct api_route *route = NULL;
    for (size_t i = 0; (route = api_route_at(i)) != NULL; i++) {
        const json_t *op = operation(route);
        if (!op)
            fail_msg("conf/openapi.json lacks %s %s", http_method_name(route->method), route->pattern);
        assert_string_equal(json_string_value(json_object_get(op, "summary")), route->summary);
    }
    assert_true(json_object_size(json_object_get(document, "paths")) > 40);
}

static void test_openapi__has_no_other_route(void **state)
{
    (void)state;
    const char *pattern = NULL;
    json_t *item = NULL;
    json_object_foreach(json_object_get(document, "paths"), pattern, item)
    {
        const char *method = NULL;
        json_t *op = NULL;
        json_object_foreach(item, method, op)
        {
            if (!route_of(method, pattern))
                fail_msg("conf/openapi.json has %s %s, which is no route", method, pattern);
        }
    }
}

static void test_openapi__names_the_patterns_parameters(void **state)
{
    (void)state;
    const struct api_route *route = NULL;
    for (size_t i = 0; (route = api_route_at(i)) != NULL; i++) {
        for (const char *p = strchr(route->pattern, '{'); p; p = strchr(p + 1, '{')) {
            if (!has_parameter(operation(route), p + 1, strcspn(p + 1, "}"), "path"))
                fail_msg("%s: a parameter of the path is missing", route->pattern);
        }
    }
}

static void test_openapi__tells_body_and_login(void **state)
{
    (void)state;
    const struct api_route *route = NULL;
    for (size_t i = 0; (route = api_route_at(i)) != NULL; i++) {
        const json_t *op = operation(route);
        const json_t *content = json_object_get(json_object_get(op, "requestBody"), "content");
        const json_t *json = json_object_get(content, "application/json");
        bool has_login = json_array_size(json_object_get(op, "security")) > 0;
        bool fits = route->body == API_NO_BODY ? !content
                    : route->body == API_JSON  ? json_object_get(json_object_get(json, "schema"), "properties") != NULL
                                               : content && !json;
        if (!fits)
            fail_msg("%s %s: the request body is not that of the table", http_method_name(route->method),
                     route->pattern);
        if (has_login != (route->permission != 0))
            fail_msg("%s: with or without a login?", route->pattern);
        assert_true(json_object_size(json_object_get(op, "responses")) >= 2);
    }
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_openapi__has_every_route, setup, teardown),
    TEST_FIXTURE(test_openapi__has_no_other_route, setup, teardown),
    TEST_FIXTURE(test_openapi__names_the_patterns_parameters, setup, teardown),
    TEST_FIXTURE(test_openapi__tells_body_and_login, setup, teardown),
};

TEST_MAIN(tests)
