/* Contact persons in the store: the same person, addresses that stay and go, and a mailbox's no. */
#include <stdio.h>

#include "core/group.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

static struct api_fixture *f;
static int64_t group_a, group_a2, group_b;

static int add_groups(struct db *db, void *ctx)
{
    (void)ctx;
    struct err err;
    struct group_input in = GROUP_INPUT_INIT;
    in.name = "Ekbacken";
    int rc = group_add(db, &ACTOR_ADMIN, "1292", &in, &group_a, &err);
    in.name = "Lärkvägen";
    rc = rc ? rc : group_add(db, &ACTOR_ADMIN, "1292", &in, &group_a2, &err);
    return rc ? rc : group_add(db, &ACTOR_ADMIN, "1257", &in, &group_b, &err);
}

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    assert_int_equal(fixture_write(f, add_groups, NULL), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static struct contact_input person(const char *name, const char *address)
{
    struct contact_input in = {.name = name, .trained = -1, .trained_year = -1};
    if (address) {
        in.addresses[0] = address;
        in.address_count = 1;
    }
    return in;
}

static int64_t add(struct db *db, int64_t group, const char *name, const char *address)
{
    struct contact_input in = person(name, address);
    struct err err = {.text = ""};
    int64_t id = 0;
    if (contact_add(db, &ACTOR_ADMIN, group, NULL, &in, &id, &err))
        fail_msg("%s", err.text);
    return id;
}

/* "a@b(no) c@d": the stored addresses, with a mark for those that said no. Static. */
static const char *addresses(struct db *db, int64_t contact, int64_t *first_id)
{
    static char out[400];
    struct db_rows *rows = NULL;
    out[0] = '\0';
    assert_int_equal(db_query(db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact))), 0);
    while (db_next(rows) > 0) {
        size_t n = strlen(out);
        if (n == 0 && first_id)
            *first_id = db_int(rows, 0);
        snprintf(out + n, sizeof out - n, "%s%s%s%s", n ? " " : "", db_text(rows, 1), db_is_null(rows, 3) ? "" : "(no)",
                 db_is_null(rows, 4) ? "" : "(no alerts)");
    }
    db_done(rows);
    return out;
}

static int who_is_the_same(struct db *db, void *ctx)
{
    (void)ctx;
    int64_t anna = add(db, group_a, "Anna Fiktiv", "anna@example.se");
    assert_int_equal(add(db, group_a2, "ANNA  fiktiv", "Anna@Example.SE"), anna);
    assert_int_not_equal(add(db, group_a2, "Anna Fiktiv", "anna2@example.se"), anna); /* another mailbox: a namesake */
    assert_int_not_equal(add(db, group_a2, "Bo Fiktiv", "anna@example.se"), anna);    /* shared mailbox */
    assert_int_not_equal(add(db, group_b, "Anna Fiktiv", "anna@example.se"), anna);   /* another register */
    struct contact_input in = person("Anna Fiktiv", "anna@example.se");
    struct err err;
    int64_t id = 0;
    assert_int_equal(contact_add(db, &ACTOR_ADMIN, group_a, NULL, &in, &id, &err), ERR_EXISTS);
    assert_int_equal(contact_add(db, &ACTOR_A, group_b, NULL, &in, &id, &err), ERR_NOT_FOUND);
    assert_int_equal(contact_add(db, &ACTOR_A, group_a, "boss", &in, &id, &err), ERR_INVALID);
    return 0;
}

static void test_contact_add__knows_the_same_person(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, who_is_the_same, NULL), 0);
}

static int change_addresses(struct db *db, void *ctx)
{
    (void)ctx;
    struct err err = {.text = ""};
    struct contact_input in = CONTACT_INPUT_INIT;
    int64_t first = 0;
    int64_t id = add(db, group_a, "Anna Fiktiv", "anna@example.se");
    addresses(db, id, &first);
    assert_int_equal(contact_unsubscribe(db, &ACTOR_ADMIN, first, &err), 0);
    assert_int_equal(contact_unsubscribe(db, &ACTOR_ADMIN, first, &err), 0); /* twice is fine */
    in.address_count = 3;
    in.addresses[0] = "ny@example.se";
    in.addresses[1] = "Anna@example.se";
    in.addresses[2] = "NY@example.se"; /* the same again */
    assert_int_equal(contact_set(db, &ACTOR_A, id, &in, &err), 0);
    assert_string_equal(addresses(db, id, NULL), "ny@example.se Anna@example.se(no)");
    in.address_count = 1;
    assert_int_equal(contact_set(db, &ACTOR_A, id, &in, &err), 0);
    assert_string_equal(addresses(db, id, NULL), "ny@example.se");
    in.addresses[0] = "ANNA@example.se"; /* the no outlives the row */
    assert_int_equal(contact_set(db, &ACTOR_A, id, &in, &err), 0);
    assert_string_equal(addresses(db, id, NULL), "ANNA@example.se(no)");
    in.address_count = 6;
    assert_int_equal(contact_set(db, &ACTOR_A, id, &in, &err), ERR_TOO_LARGE);
    in.address_count = -1;
    in.phone = "abc";
    assert_int_equal(contact_set(db, &ACTOR_A, id, &in, &err), ERR_INVALID);
    assert_int_equal(contact_set(db, &ACTOR_B, id, &in, &err), ERR_NOT_FOUND);
    return 0;
}

/* Each no is remembered by itself, also when the person was gone in between. */
static int stop_alerts(struct db *db, void *ctx)
{
    (void)ctx;
    struct err err = {.text = ""};
    int64_t letters = 0;
    int64_t alerts = 0;
    int64_t one = add(db, group_a, "Bo Fiktiv", "bo@example.se");
    int64_t two = add(db, group_a, "Cilla Fiktiv", "cilla@example.se");
    addresses(db, one, &alerts);
    addresses(db, two, &letters);
    assert_int_equal(contact_stop_alerts(db, &ACTOR_ADMIN, alerts, &err), 0);
    assert_int_equal(contact_stop_alerts(db, &ACTOR_ADMIN, alerts, &err), 0);
    assert_int_equal(contact_unsubscribe(db, &ACTOR_ADMIN, letters, &err), 0);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(addresses(db, one, NULL), "bo@example.se(no alerts)");
        assert_string_equal(addresses(db, two, NULL), "cilla@example.se(no)");
        assert_int_equal(contact_remove(db, &ACTOR_ADMIN, one, 0, &err), 0);
        assert_int_equal(contact_remove(db, &ACTOR_ADMIN, two, 0, &err), 0);
        one = add(db, group_a, "Bo Fiktiv", "bo@example.se");
        two = add(db, group_a, "Cilla Fiktiv", "cilla@example.se");
    }
    assert_int_equal(contact_stop_alerts(db, &ACTOR_ADMIN, alerts, &err), ERR_NOT_FOUND);
    return 0;
}

static void test_contact_stop_alerts__letters_go_on(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, stop_alerts, NULL), 0);
}

static void test_contact_set__an_address_keeps_its_no(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, change_addresses, NULL), 0);
}

static int leave(struct db *db, void *ctx)
{
    (void)ctx;
    struct err err;
    int64_t left = 1;
    int64_t id = add(db, group_a, "Anna Fiktiv", "anna@example.se");
    add(db, group_a2, "Anna Fiktiv", "anna@example.se");
    assert_int_equal(contact_remove(db, &ACTOR_B, id, 0, &err), ERR_NOT_FOUND);
    assert_int_equal(contact_remove(db, &ACTOR_A, id, group_b, &err), ERR_NOT_FOUND);
    assert_int_equal(contact_remove(db, &ACTOR_A, id, group_a, &err), 0);
    assert_string_equal(addresses(db, id, NULL), "anna@example.se");
    assert_int_equal(contact_remove(db, &ACTOR_A, id, group_a2, &err), 0);
    assert_string_equal(addresses(db, id, NULL), ""); /* nobody needs the person any more */
    assert_int_equal(db_get_int(db, &left, Q_MEMBERSHIP_COUNT, DB_ARGS(DB_INT(id))), 0);
    assert_int_equal(left, 0);
    assert_int_equal(contact_remove(db, &ACTOR_A, id, 0, &err), ERR_NOT_FOUND);
    return 0;
}

static void test_contact_remove__the_last_group_is_the_register(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, leave, NULL), 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_contact_add__knows_the_same_person, setup, teardown),
    TEST_FIXTURE(test_contact_stop_alerts__letters_go_on, setup, teardown),
    TEST_FIXTURE(test_contact_set__an_address_keeps_its_no, setup, teardown),
    TEST_FIXTURE(test_contact_remove__the_last_group_is_the_register, setup, teardown),
};

TEST_MAIN(tests)
