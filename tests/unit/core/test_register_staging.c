/* An import while others use the store: nobody sees a part of it, it can be undone, and it gives way. */
#include <stdio.h>
#include <string.h>

#include "base/byte_source.h"
#include "core/group.h"
#include "core/ledger.h"
#include "core/register_import.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

enum { ROWS = 500 };

static struct store_fixture f;
static char csv[128 * 1024];
static int64_t ticks;

/* Each look at the clock takes 10 ms, so that an operation writes some dozen rows. */
static int64_t ticking_ms(void *ctx)
{
    (void)ctx;
    return ticks += 10;
}

static void make_csv(int persons, const char *phone)
{
    size_t n = (size_t)snprintf(csv, sizeof csv, "Område;Antal hushåll;Namn;E-post;Mobil\n");
    for (int i = 0; i < persons; i++)
        n += (size_t)snprintf(csv + n, sizeof csv - n, "Grupp %d;%d;Åsa Exempel%d;p%d@example.se;%s\n", i / 5, 20, i, i,
                              phone);
    assert_true(n < sizeof csv);
}

static void add_rows(const char *rows)
{
    size_t n = strlen(csv);
    assert_true(n + strlen(rows) < sizeof csv);
    memcpy(csv + n, rows, strlen(rows) + 1);
}

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    f.clock.mono_ms = ticking_ms;
    make_csv(ROWS, "");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fixture_fini(&f);
    return 0;
}

static void on_problem(void *ctx, const struct register_problem *problem)
{
    (void)ctx;
    fail_msg("line %ld: %s", problem->line, problem->text.en);
}

static struct register_import *try_csv(struct register_import_result *result)
{
    struct register_import_options options = {.municipality_code = "1292", .max_problems = 1, .on_problem = on_problem};
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, csv, strlen(csv));
    struct register_import *import = NULL;
    f.now_us += US_PER_S;
    store_fixture_ok(&f, register_import_try(f.db, &f.cecilia, &source, &options, result, &import, &f.err));
    f.now_us += US_PER_S;
    return import;
}

/* One operation, as the store runs it. */
static int write_some(struct register_import *import, bool *is_done)
{
    int rc = db_step_begin(f.db);
    assert_int_equal(rc, 0);
    rc = register_import_write(import, f.db, is_done, &f.err);
    assert_int_equal(rc ? db_step_undo(f.db) : db_step_keep(f.db), 0);
    return rc;
}

static int write_all(struct register_import *import)
{
    bool is_done = false;
    int rc = 0;
    while (rc == 0 && !is_done)
        rc = write_some(import, &is_done);
    return rc;
}

static void undo_all(void)
{
    bool is_done = false;
    while (!is_done)
        store_fixture_ok(&f, register_import_undo(f.db, &is_done));
}

static int64_t count_rows(enum query q, const struct actor *actor, int column)
{
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query_as(f.db, &actor->scope, &rows, q, DB_NO_ARGS));
    assert_int_equal(db_next(rows), 1);
    int64_t n = db_int(rows, column);
    db_done(rows);
    return n;
}

static int64_t groups_seen(void)
{
    return count_rows(Q_REGISTER_COUNTS, &f.admin, 0);
}

static int64_t persons_seen(void)
{
    return count_rows(Q_REGISTER_COUNTS, &f.admin, 2);
}

static void expect_nothing_seen(void)
{
    int64_t id = 0;
    assert_int_equal(groups_seen(), 0);
    assert_int_equal(persons_seen(), 0);
    assert_int_equal(group_find(f.db, &f.admin, "Grupp 0", &id, &f.err), ERR_NOT_FOUND);
    assert_int_equal(db_get_int(f.db, &id, Q_CONTACT_BY_ADDRESS,
                                DB_ARGS(DB_TEXT("1292"), DB_TEXT("åsa exempel0"), DB_TEXT("p0@example.se"))),
                     ERR_NOT_FOUND);
}

static void test_write__nobody_sees_a_part(void **state)
{
    (void)state;
    struct register_import_result result;
    struct register_import *import = try_csv(&result);
    bool is_done = false;
    int operations = 0;
    for (; !is_done; operations++) {
        expect_nothing_seen();
        assert_int_equal(write_some(import, &is_done), 0);
    }
    assert_true(operations > 10);
    assert_int_equal(groups_seen(), ROWS / 5);
    assert_int_equal(persons_seen(), ROWS);
    register_import_free(import);
    import = try_csv(&result);
    assert_int_equal(result.groups_unchanged, ROWS / 5);
    assert_int_equal(result.contacts_unchanged, ROWS);
    assert_int_equal(result.addresses_added, 0);
    register_import_free(import);
}

static void test_undo__after_any_operation_leaves_nothing(void **state)
{
    (void)state;
    struct register_import_result result;
    for (int stop = 1; stop < 24; stop += 5) {
        struct register_import *import = try_csv(&result);
        bool is_done = false;
        for (int i = 0; i < stop && !is_done; i++)
            assert_int_equal(write_some(import, &is_done), 0);
        assert_false(is_done);
        register_import_free(import);
        if (stop % 2)
            undo_all(); /* else the next import does it */
        expect_nothing_seen();
    }
    struct register_import *import = try_csv(&result);
    assert_int_equal(write_all(import), 0);
    assert_int_equal(persons_seen(), ROWS);
    register_import_free(import);
    undo_all(); /* of nothing */
    assert_int_equal(persons_seen(), ROWS);
}

static void test_write__gives_way_to_another_change(void **state)
{
    (void)state;
    struct register_import_result result;
    struct contact_input person = CONTACT_INPUT_INIT;
    int64_t group = 0;
    int64_t id = 0;
    store_fixture_person(&f, "1292", "Eken", "Märta Fiktiv", "marta@example.se", &group);
    struct register_import *import = try_csv(&result);
    bool is_done = false;
    assert_int_equal(write_some(import, &is_done), 0);
    /* the very person whom the file has, added by hand meanwhile */
    person.name = "Åsa Exempel7";
    person.addresses[0] = "p7@example.se";
    person.address_count = 1;
    store_fixture_ok(&f, contact_add(f.db, &f.cecilia, group, "contact_rep", &person, &id, &f.err));
    assert_int_equal(write_all(import), ERR_BAD_STATE);
    register_import_free(import);
    undo_all();
    assert_int_equal(persons_seen(), 2);
    import = try_csv(&result);
    assert_int_equal(result.contacts_added, ROWS - 1);
    assert_int_equal(write_all(import), 0);
    assert_int_equal(persons_seen(), ROWS + 1);
    register_import_free(import);
}

static void test_write__does_not_mind_other_municipalities(void **state)
{
    (void)state;
    struct register_import_result result;
    int64_t group = 0;
    struct register_import *import = try_csv(&result);
    store_fixture_person(&f, "1257", "Alen", "Örjan Prov", "orjan@example.se", &group);
    assert_int_equal(write_all(import), 0);
    assert_int_equal(persons_seen(), ROWS + 1);
    register_import_free(import);
}

static int64_t address_of(int64_t contact)
{
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query(f.db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact))));
    assert_int_equal(db_next(rows), 1);
    int64_t id = db_int(rows, 0);
    db_done(rows);
    return id;
}

static void test_write__a_no_that_comes_meanwhile_counts(void **state)
{
    (void)state;
    struct register_import_result result;
    int64_t group = 0;
    int64_t id = 0;
    int64_t other = store_fixture_person(&f, "1257", "Alen", "Örjan Prov", "p3@example.se", &group);
    struct register_import *import = try_csv(&result);
    store_fixture_ok(&f, contact_unsubscribe(f.db, &f.admin, address_of(other), &f.err));
    assert_int_equal(write_all(import), 0);
    register_import_free(import);
    store_fixture_ok(&f, db_get_int(f.db, &id, Q_CONTACT_BY_ADDRESS,
                                    DB_ARGS(DB_TEXT("1292"), DB_TEXT("åsa exempel3"), DB_TEXT("p3@example.se"))));
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query(f.db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(id))));
    assert_int_equal(db_next(rows), 1);
    assert_false(db_is_null(rows, 3));
    db_done(rows);
}

/* Everything of the known is in the last operation: phones, numbers, and persons who come to a group more. */
static void test_write__changes_of_the_known_come_with_the_last(void **state)
{
    (void)state;
    struct register_import_result result;
    struct register_import *import = try_csv(&result);
    assert_int_equal(write_all(import), 0);
    register_import_free(import);
    make_csv(ROWS, "070-174 06 06");
    add_rows("Ny grupp;7;Åsa Exempel1;p1@example.se;\nGrupp 1;20;Nils Ny;nils@example.se;\n");
    import = try_csv(&result);
    assert_int_equal(result.contacts_changed, ROWS);
    assert_int_equal(result.contacts_added, 1);
    assert_int_equal(result.groups_added, 1);
    assert_int_equal(write_all(import), 0);
    register_import_free(import);
    import = try_csv(&result);
    assert_int_equal(result.contacts_unchanged, ROWS + 1);
    assert_int_equal(result.groups_unchanged, ROWS / 5 + 1);
    register_import_free(import);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_write__nobody_sees_a_part, setup, teardown),
    TEST_FIXTURE(test_undo__after_any_operation_leaves_nothing, setup, teardown),
    TEST_FIXTURE(test_write__gives_way_to_another_change, setup, teardown),
    TEST_FIXTURE(test_write__does_not_mind_other_municipalities, setup, teardown),
    TEST_FIXTURE(test_write__a_no_that_comes_meanwhile_counts, setup, teardown),
    TEST_FIXTURE(test_write__changes_of_the_known_come_with_the_last, setup, teardown),
};

TEST_MAIN(tests)
