/* Groups in the store: names, states and their history, the audit log. */
#include "core/group.h"

#include <stdio.h>

#include "base/id.h"
#include "core/area.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/audit.h"
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

static int64_t audit_rows(struct db *db)
{
    struct audit_head head;
    struct err err;
    assert_int_equal(audit_verify(db, &head, &err), 0);
    return head.rows;
}

static int64_t add(struct db *db, const char *municipality, const char *name, const char *state)
{
    struct group_input in = GROUP_INPUT_INIT;
    struct err err = {.text = ""};
    int64_t id = 0;
    in.name = name;
    in.state = state;
    if (group_add(db, &ACTOR_ADMIN, municipality, &in, &id, &err))
        fail_msg("%s", err.text);
    return id;
}

static int walk_states(struct db *db, void *ctx)
{
    (void)ctx;
    struct err err = {.text = ""};
    /* every pair of states: allowed exactly when the table says so */
    for (int from = 0; from < GROUP_STATE_COUNT; from++) {
        for (int to = 0; to < GROUP_STATE_COUNT; to++) {
            char name[40];
            snprintf(name, sizeof name, "Grupp %d %d", from, to);
            int64_t id = add(db, "1292", name, group_state_word((enum group_state)from));
            int64_t before = audit_rows(db);
            int rc = group_set_state(db, &ACTOR_A, id, group_state_word((enum group_state)to), NULL, &err);
            bool may = group_state_may_become((enum group_state)from, (enum group_state)to);
            assert_int_equal(rc, may ? 0 : ERR_BAD_STATE);
            assert_int_equal(audit_rows(db) - before, may ? 1 : 0);
        }
    }
    return 0;
}

static void test_group_set_state__walks_the_arrows_only(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, walk_states, NULL), 0);
}

static int same_names(struct db *db, void *ctx)
{
    (void)ctx;
    struct group_input in = GROUP_INPUT_INIT;
    struct err err = {.text = ""};
    int64_t id = 0;
    add(db, "1292", "Ekbacken", NULL);
    in.name = " EKBACKEN ";
    assert_int_equal(group_add(db, &ACTOR_ADMIN, "1292", &in, &id, &err), ERR_EXISTS);
    assert_int_equal(id, 0);
    in.district = "Norr"; /* another district, another group */
    assert_int_equal(group_add(db, &ACTOR_ADMIN, "1292", &in, &id, &err), 0);
    assert_int_equal(group_find(db, &ACTOR_ADMIN, "ekbacken", &id, &err), ERR_INVALID); /* which of the two? */
    add(db, "1257", "Skogsbrynet", NULL);
    assert_int_equal(group_find(db, &ACTOR_A, "Skogsbrynet", &id, &err), ERR_NOT_FOUND);
    assert_int_equal(group_find(db, &ACTOR_B, "skogsbrynet", &id, &err), 0);
    in.name = "Skogsbrynet";
    in.district = "";
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), ERR_NOT_FOUND);
    return 0;
}

static void test_group_find__by_name_within_the_scope(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, same_names, NULL), 0);
}

static int set_nothing(struct db *db, void *ctx)
{
    (void)ctx;
    struct group_input in = GROUP_INPUT_INIT;
    struct err err = {.text = ""};
    int64_t id = add(db, "1292", "Ekbacken", NULL);
    int64_t before = audit_rows(db);
    in.name = "Ekbacken";
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), 0);
    assert_int_equal(audit_rows(db), before); /* nothing changed, nothing to tell */
    in.household_count = 12;
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), 0);
    assert_int_equal(audit_rows(db), before + 1);
    in.household_count = -3;
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), ERR_INVALID);
    in.household_count = -2;
    in.activated_on = "2024-02-30";
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), ERR_INVALID);
    in.activated_on = NULL;
    in.name = "Ek\nbacken"; /* a line end is white space */
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), 0);
    in.name = "Ek\033backen";
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), ERR_INVALID);
    in.name = "";
    assert_int_equal(group_set(db, &ACTOR_A, id, &in, &err), ERR_INVALID);
    return 0;
}

static void test_group_set__tells_only_changes_and_refuses_nonsense(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, set_nothing, NULL), 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_group_set_state__walks_the_arrows_only, setup, teardown),
    TEST_FIXTURE(test_group_find__by_name_within_the_scope, setup, teardown),
    TEST_FIXTURE(test_group_set__tells_only_changes_and_refuses_nonsense, setup, teardown),
};

TEST_MAIN(tests)
