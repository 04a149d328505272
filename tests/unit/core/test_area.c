/* Areas: names and codes as people type them, scopes, and what covers what on which day. */
#include "core/area.h"

#include <stdio.h>

#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

static struct api_fixture *f;

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static int resolve(struct db *db, void *ctx)
{
    (void)ctx;
    static const struct {
        const char *text;
        int rc;
        const char *out;
    } rows[] = {
        {"all", 0, "all"},
        {"1292", 0, "municipality:1292"},
        {"Åstorp", 0, "municipality:1277"},
        {"åSTORP", 0, "municipality:1277"},
        {"klippan", 0, "police_area:klippan"},
        {"police_area:Klippan", 0, "police_area:klippan"},
        {"lpo:klippan", 0, "police_area:klippan"},
        {"municipality:Ängelholm", 0, "municipality:1292"},
        {"Ängelholm", ERR_INVALID, NULL}, /* both: which? */
        {"group:grp_", ERR_INVALID, NULL},
        {"municipality:9999", ERR_NOT_FOUND, NULL},
        {"county:12", ERR_INVALID, NULL},
        {"nowhere", ERR_NOT_FOUND, NULL},
        {"", ERR_NOT_FOUND, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scope scope;
        struct err err = {.text = ""};
        char text[80];
        int rc = scope_resolve(db, rows[i].text, &scope, &err);
        if (rc != rows[i].rc || (rc == 0 && strcmp(scope_format(&scope, text), rows[i].out) != 0))
            fail_msg("\"%s\": %d %s", rows[i].text, rc, err.text);
        assert_true(rc == 0 || err.text[0]);
    }
    return 0;
}

static void test_scope_resolve__as_people_type_it(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, resolve, NULL), 0);
}

static int covers(struct db *db, void *ctx)
{
    (void)ctx;
    static const struct {
        const struct actor *actor;
        const char *target;
        int rc;
    } rows[] = {
        {&ACTOR_ADMIN, "all", 0},
        {&ACTOR_ADMIN, "police_area:klippan", 0},
        {&ACTOR_OFFICER, "police_area:angelholm", 0},
        {&ACTOR_OFFICER, "municipality:1257", 0},
        {&ACTOR_OFFICER, "municipality:1277", ERR_NOT_FOUND},
        {&ACTOR_OFFICER, "police_area:klippan", ERR_NOT_FOUND},
        {&ACTOR_OFFICER, "all", ERR_NOT_FOUND},
        {&ACTOR_A, "municipality:1292", 0},
        {&ACTOR_A, "municipality:1257", ERR_NOT_FOUND},
        {&ACTOR_A, "police_area:angelholm", ERR_NOT_FOUND}, /* a part is not the whole */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scope target;
        struct err err;
        assert_int_equal(scope_resolve(db, rows[i].target, &target, &err), 0);
        if (scope_check_covers(db, rows[i].actor, &target, &err) != rows[i].rc)
            fail_msg("%s on %s", rows[i].actor->name, rows[i].target);
    }
    return 0;
}

static void test_scope_check_covers__a_part_is_not_the_whole(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, covers, NULL), 0);
}

static int moves(struct db *db, void *ctx)
{
    (void)ctx;
    struct scope target = {.kind = SCOPE_MUNICIPALITY, .code = "1257"};
    struct err err;
    int n = 0;
    /* Örkelljunga leaves the area at the end of 2026 */
    assert_int_equal(area_put_police_area_municipality(db, "angelholm", "1257", "2020-01-01", "2026-12-31", &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(area_put_police_area_municipality(db, "angelholm", "1257", "2020-01-01", "2026-12-31", &n), 0);
    assert_int_equal(n, 1); /* the same again is no change */
    assert_int_equal(area_refresh_scopes(db, "2026-12-31"), 0);
    assert_int_equal(scope_check_covers(db, &ACTOR_OFFICER, &target, &err), 0);
    assert_int_equal(area_refresh_scopes(db, "2027-01-01"), 0);
    assert_int_equal(scope_check_covers(db, &ACTOR_OFFICER, &target, &err), ERR_NOT_FOUND);
    assert_int_equal(scope_check_covers(db, &ACTOR_B, &target, &err), 0); /* the municipality itself stands */
    return 0;
}

static void test_area_refresh_scopes__minds_the_last_day(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, moves, NULL), 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_scope_resolve__as_people_type_it, setup, teardown),
    TEST_FIXTURE(test_scope_check_covers__a_part_is_not_the_whole, setup, teardown),
    TEST_FIXTURE(test_area_refresh_scopes__minds_the_last_day, setup, teardown),
};

TEST_MAIN(tests)
