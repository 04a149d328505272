/* http/router.h: patterns, precedence, 404 and 405 told apart. */
#include "http/router.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

static const char LIST[] = "list";
static const char ADD[] = "add";
static const char IMPORT[] = "import";
static const char SHOW[] = "show";
static const char STATE[] = "state";
static const char ROOT[] = "root";
static const char TWO[] = "two";

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/api/v1/group/{id}", SHOW, 0},
    {HTTP_METHOD_GET, "/api/v1/group", LIST, 0},
    {HTTP_METHOD_POST, "/api/v1/group", ADD, 1000},
    {HTTP_METHOD_POST, "/api/v1/group/import", IMPORT, 64000000},
    {HTTP_METHOD_PUT, "/api/v1/group/{id}/state", STATE, 1000},
    {HTTP_METHOD_GET, "/", ROOT, 0},
    {HTTP_METHOD_GET, "/x/{first}/y/{second}", TWO, 0},
};

static int setup(void **state)
{
    struct err err = {0};
    struct http_router *router = NULL;
    assert_int_equal(http_router_new(ROUTES, ARRAY_LEN(ROUTES), &router, &err), 0);
    *state = router;
    return 0;
}

static int teardown(void **state)
{
    http_router_free(*state);
    return 0;
}

static void test_find__row_by_row(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        const char *data; /* NULL: none */
        const char *allow;
    } rows[] = {
        {HTTP_METHOD_GET, "/", ROOT, "GET, HEAD"},
        {HTTP_METHOD_GET, "/api/v1/group", LIST, "GET, HEAD, POST"},
        {HTTP_METHOD_HEAD, "/api/v1/group", LIST, "GET, HEAD, POST"},
        {HTTP_METHOD_POST, "/api/v1/group", ADD, "GET, HEAD, POST"},
        {HTTP_METHOD_DELETE, "/api/v1/group", NULL, "GET, HEAD, POST"},
        {HTTP_METHOD_GET, "/api/v1/group/grp_1", SHOW, "GET, HEAD"},
        {HTTP_METHOD_POST, "/api/v1/group/import", IMPORT, "POST"},
        {HTTP_METHOD_GET, "/api/v1/group/import", NULL, "POST"}, /* the literal decides */
        {HTTP_METHOD_PUT, "/api/v1/group/import/state", STATE, "PUT"},
        {HTTP_METHOD_GET, "/api/v1/group/", NULL, ""},
        {HTTP_METHOD_GET, "/api/v1/groups", NULL, ""},
        {HTTP_METHOD_GET, "/api/v1/grou", NULL, ""},
        {HTTP_METHOD_GET, "/api/v1", NULL, ""},
        {HTTP_METHOD_GET, "/api/v1/group/a/b/c", NULL, ""},
        {HTTP_METHOD_GET, "*", NULL, ""},
        {HTTP_METHOD_GET, "", NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_match match;
        enum http_route_result result = http_router_find(*state, rows[i].method, rows[i].path, &match);
        assert_string_equal(match.allow, rows[i].allow);
        assert_int_equal(result, rows[i].data       ? HTTP_ROUTE_FOUND
                                 : rows[i].allow[0] ? HTTP_ROUTE_NO_METHOD
                                                    : HTTP_ROUTE_NO_PATH);
        assert_ptr_equal(match.route ? match.route->data : NULL, rows[i].data);
    }
}

static void test_find__captures_parameters(void **state)
{
    struct http_match match;
    assert_int_equal(http_router_find(*state, HTTP_METHOD_GET, "/x/åäö/y/2", &match), HTTP_ROUTE_FOUND);
    assert_string_equal(http_match_param(&match, "first"), "åäö");
    assert_string_equal(http_match_param(&match, "second"), "2");
    assert_null(http_match_param(&match, "third"));
    assert_null(http_match_param(&match, "firs"));
}

static void test_find__a_parameter_has_a_bound(void **state)
{
    struct http_match match;
    char path[400] = "/api/v1/group/";
    size_t n = strlen(path);
    memset(path + n, 'a', HTTP_PARAM_BYTES - 1);
    assert_int_equal(http_router_find(*state, HTTP_METHOD_GET, path, &match), HTTP_ROUTE_FOUND);
    path[n + HTTP_PARAM_BYTES - 1] = 'a';
    assert_int_equal(http_router_find(*state, HTTP_METHOD_GET, path, &match), HTTP_ROUTE_NO_PATH);
}

static void test_new__refuses_bad_tables_by_name(void **state)
{
    (void)state;
    static const char *const bad[] = {"api",
                                      "/a//b",
                                      "/a/",
                                      "/{}",
                                      "/a{b}",
                                      "/{a",
                                      "/a}",
                                      "",
                                      "/{a}/{b}/{c}/{d}/{e}",
                                      "/1/2/3/4/5/6/7/8/9/10/11/12/13"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        struct http_router *router = NULL;
        struct http_route route = {HTTP_METHOD_GET, bad[i], NULL, 0};
        assert_int_equal(http_router_new(&route, 1, &router, &err), ERR_CONFIG);
        assert_non_null(strstr(err.text, bad[i]));
        assert_null(router);
    }
    static const struct http_route twice[] = {{HTTP_METHOD_GET, "/a/{b}", NULL, 0},
                                              {HTTP_METHOD_GET, "/a/{c}", NULL, 0}};
    struct err err = {0};
    struct http_router *router = NULL;
    assert_int_equal(http_router_new(twice, 2, &router, &err), ERR_CONFIG);
}

#define LIVE(f) TEST_FIXTURE(f, setup, teardown)

static const struct CMUnitTest tests[] = {
    LIVE(test_find__row_by_row),
    LIVE(test_find__captures_parameters),
    LIVE(test_find__a_parameter_has_a_bound),
    TEST(test_new__refuses_bad_tables_by_name),
};

TEST_MAIN(tests)
