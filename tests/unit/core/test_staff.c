/* Staff users and tokens: names, roles, scopes that are never widened, tokens that end. */
#include "core/staff.h"

#include <stdio.h>

#include "base/clock.h"
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

static int add(struct db *db, const char *name, const char *role, const char *scope, int64_t uid)
{
    struct staff_input in = {.name = name, .role = role, .scope = scope, .unix_uid = uid};
    struct err err = {.text = ""};
    int64_t id = 0;
    return staff_add(db, &ACTOR_ADMIN, &in, &id, &err);
}

static int users(struct db *db, void *ctx)
{
    (void)ctx;
    struct actor actor;
    struct err err;
    assert_int_equal(add(db, "anna", "coordinator", "municipality:1292", 1001), 0);
    assert_int_equal(add(db, "anna", "reader", "municipality:1292", -1), ERR_EXISTS);
    assert_int_equal(add(db, "bo", "reader", "municipality:1292", 1001), ERR_EXISTS);   /* a uid is one person */
    assert_int_equal(add(db, "bo", "reader", "municipality:1292", 65534), ERR_INVALID); /* everybody without a name */
    assert_int_equal(add(db, "Bo", "reader", "1292", -1), ERR_INVALID);
    assert_int_equal(add(db, "bo", "chief", "1292", -1), ERR_INVALID);
    assert_int_equal(add(db, "bo", "officer", NULL, -1), ERR_INVALID); /* only administrators see everything */
    assert_int_equal(add(db, "bo", "officer", "group:grp_0000000000000", -1), ERR_INVALID);
    assert_int_equal(add(db, "bo", "officer", "police_area:klippan", -1), 0);
    assert_int_equal(add(db, "eva", "admin", NULL, -1), 0);
    assert_int_equal(staff_actor_by_uid(db, 1001, &actor, &err), 0);
    assert_string_equal(actor.name, "anna");
    assert_string_equal(actor.scope.code, "1292");
    assert_int_equal(staff_actor_by_uid(db, 1002, &actor, &err), ERR_FORBIDDEN);
    assert_int_equal(staff_disable(db, &ACTOR_ADMIN, "anna", &err), 0);
    assert_int_equal(staff_disable(db, &ACTOR_ADMIN, "anna", &err), ERR_NOT_FOUND);
    assert_int_equal(staff_actor_by_uid(db, 1001, &actor, &err), ERR_FORBIDDEN);
    assert_int_equal(staff_actor_by_name(db, "anna", &actor, &err), ERR_NOT_FOUND);
    return 0;
}

static void test_staff_add__one_name_one_uid_a_scope_that_fits(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, users, NULL), 0);
}

static int token(struct db *db, struct token_input in, char secret[TOKEN_SECRET_BYTES])
{
    struct err err;
    int64_t id = 0;
    return token_add(db, &ACTOR_ADMIN, &in, &id, secret, &err);
}

static int tokens(struct db *db, void *ctx)
{
    (void)ctx;
    char secret[TOKEN_SECRET_BYTES], other[TOKEN_SECRET_BYTES];
    struct actor actor;
    struct err err;
    assert_int_equal(add(db, "anna", "coordinator", "municipality:1292", -1), 0);
    assert_int_equal(token(db, (struct token_input){.name = "t1", .user = "anna"}, secret), 0);
    assert_int_equal(token_actor(db, secret, &actor), 0);
    assert_string_equal(actor.name, "anna");
    assert_string_equal(actor.via, "token:t1");
    assert_int_equal(actor.role, ROLE_COORDINATOR);
    /* never wider than the person */
    assert_int_equal(token(db, (struct token_input){.name = "t2", .user = "anna", .role = "officer"}, other), 0);
    assert_int_equal(token(db, (struct token_input){.name = "t3", .user = "anna", .role = "admin"}, other),
                     ERR_FORBIDDEN);
    assert_int_equal(token(db, (struct token_input){.name = "t4", .user = "anna", .scope = "municipality:1257"}, other),
                     ERR_NOT_FOUND);
    assert_int_equal(
        token(db, (struct token_input){.name = "t5", .user = "anna", .scope = "police_area:angelholm"}, other),
        ERR_NOT_FOUND);
    assert_int_equal(token(db, (struct token_input){.name = "t1", .user = "anna"}, other), ERR_EXISTS);
    assert_int_equal(token(db, (struct token_input){.name = "t6", .user = "anna", .expires_at = 1}, other),
                     ERR_INVALID);
    /* one wrong character, one missing, nothing */
    secret[10] = secret[10] == 'a' ? 'b' : 'a';
    assert_int_equal(token_actor(db, secret, &actor), ERR_UNAUTHORIZED);
    assert_int_equal(token_actor(db, "gbt_", &actor), ERR_UNAUTHORIZED);
    assert_int_equal(token_actor(db, "", &actor), ERR_UNAUTHORIZED);
    /* its end: revoked, or the person is disabled */
    assert_int_equal(token(db, (struct token_input){.name = "t7", .user = "anna"}, secret), 0);
    assert_int_equal(token_revoke(db, &ACTOR_ADMIN, "t7", &err), 0);
    assert_int_equal(token_actor(db, secret, &actor), ERR_UNAUTHORIZED);
    assert_int_equal(token(db, (struct token_input){.name = "t8", .user = "anna"}, secret), 0);
    assert_int_equal(staff_disable(db, &ACTOR_ADMIN, "anna", &err), 0);
    assert_int_equal(token_actor(db, secret, &actor), ERR_UNAUTHORIZED);
    return 0;
}

static void test_token_add__never_wider_than_its_person(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, tokens, NULL), 0);
}

static int expiry(struct db *db, void *ctx)
{
    (void)ctx;
    char secret[TOKEN_SECRET_BYTES];
    struct actor actor;
    struct token_input in = {
        .name = "soon", .role = "reader", .scope = "1292", .expires_at = db_now_us(db) + 20 * 1000};
    assert_int_equal(token(db, in, secret), 0);
    assert_int_equal(token_actor(db, secret, &actor), 0);
    assert_string_equal(actor.name, "token:soon");
    while (db_now_us(db) < in.expires_at)
        continue;
    assert_int_equal(token_actor(db, secret, &actor), ERR_UNAUTHORIZED);
    return 0;
}

static void test_token_actor__ends_at_its_time(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, expiry, NULL), 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_staff_add__one_name_one_uid_a_scope_that_fits, setup, teardown),
    TEST_FIXTURE(test_token_add__never_wider_than_its_person, setup, teardown),
    TEST_FIXTURE(test_token_actor__ends_at_its_time, setup, teardown),
};

TEST_MAIN(tests)
