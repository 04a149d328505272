/* Meetings: what is refused, whose area counts, what the log keeps. */
#include "core/meeting.h"

#include "base/id.h"
#include "base/mem.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define HOUR (3600 * US_PER_S)
#define DAY (24 * HOUR)

static struct store_fixture f;

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fixture_fini(&f);
    return 0;
}

static struct meeting_input good(void)
{
    return (struct meeting_input){
        .title = "Ombudsträff", .scope = "police_area:angelholm", .starts_us = f.now_us + 30 * DAY};
}

static int add(const struct actor *actor, struct meeting_input in)
{
    int64_t id = 0;
    return meeting_add(f.db, actor, &in, &id, &f.err);
}

static int64_t seen_by(const struct actor *actor)
{
    struct db_rows *rows = NULL;
    int64_t n = 0;
    store_fixture_ok(&f, db_query_as(f.db, &actor->scope, &rows, Q_MEETING_LIST,
                                     DB_ARGS(DB_INT(0), DB_INT(0), DB_INT(MEETING_LIST_MAX))));
    while (db_next(rows) > 0)
        n++;
    db_done(rows);
    return n;
}

static void test_meeting_add__refuses_what_is_wrong(void **state)
{
    (void)state;
    static char long_text[MEETING_NOTE_CHARS + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    struct meeting_input rows[14];
    for (size_t i = 0; i < 14; i++)
        rows[i] = good();
    rows[0].title = NULL;
    rows[1].title = " \n ";
    rows[2].title = "a\x01";
    rows[3].title = "\xff";
    rows[4].note = long_text;
    rows[5].scope = NULL;
    rows[6].scope = "all";
    rows[7].scope = "municipality:9999";
    rows[8].starts_us = 0;
    rows[9].starts_us = f.now_us;
    rows[10].starts_us = f.now_us + 4 * 366 * DAY;
    rows[11].ends_us = rows[11].starts_us;
    rows[12].ends_us = rows[12].starts_us + 15 * DAY;
    rows[13].place = long_text;
    for (size_t i = 0; i < 14; i++) {
        f.err.text[0] = '\0';
        if (add(&f.anna, rows[i]) == 0)
            fail_msg("row %zu was taken", i);
        assert_true(f.err.text[0]);
    }
    assert_int_equal(seen_by(&f.admin), 0);
}

static void test_meeting_add__within_the_area_only(void **state)
{
    (void)state;
    assert_int_equal(add(&f.anna, good()), 0);
    assert_int_not_equal(add(&f.david, good()), 0);   /* another area */
    assert_int_not_equal(add(&f.cecilia, good()), 0); /* a part of it */
    struct meeting_input in = good();
    in.scope = "1292";
    assert_int_equal(add(&f.cecilia, in), 0);
    assert_int_equal(seen_by(&f.cecilia), 2); /* it concerns her municipality too */
    assert_int_equal(seen_by(&f.david), 0);
}

static void test_meeting_remove__by_whose_area_covers_it(void **state)
{
    (void)state;
    char text[ID_TEXT_BYTES];
    int64_t id = 0;
    struct meeting_input in = good();
    store_fixture_ok(&f, meeting_add(f.db, &f.anna, &in, &id, &f.err));
    id_format(ID_MEETING, id, text);
    assert_int_not_equal(meeting_remove(f.db, &f.david, text, &f.err), 0);
    assert_int_not_equal(meeting_remove(f.db, &f.cecilia, text, &f.err), 0);
    assert_int_not_equal(meeting_remove(f.db, &f.anna, "mtg_x", &f.err), 0);
    assert_int_equal(seen_by(&f.anna), 1);
    store_fixture_ok(&f, meeting_remove(f.db, &f.bertil, text, &f.err));
    assert_int_equal(seen_by(&f.anna), 0);
    assert_int_not_equal(meeting_remove(f.db, &f.bertil, text, &f.err), 0);
}

/* A meeting of Anna's in the police area, and its id as people write it. */
static const char *added(void)
{
    static char text[ID_TEXT_BYTES];
    int64_t id = 0;
    struct meeting_input in = good();
    in.place = "Stadshuset";
    store_fixture_ok(&f, meeting_add(f.db, &f.anna, &in, &id, &f.err));
    return id_format(ID_MEETING, id, text);
}

static int edit(const struct actor *actor, const char *id, struct meeting_input in)
{
    int64_t out = 0;
    return meeting_edit(f.db, actor, id, &in, &out, &f.err);
}

/* Column `i` of the list, as a number. */
static int64_t number(int i)
{
    struct db_rows *rows = NULL;
    store_fixture_ok(
        &f, db_query_as(f.db, &f.admin.scope, &rows, Q_MEETING_LIST, DB_ARGS(DB_INT(0), DB_INT(0), DB_INT(1))));
    assert_int_equal(db_next(rows), 1);
    int64_t n = db_opt_int(rows, i);
    db_done(rows);
    return n;
}

enum { COLUMN_STARTS = 2, COLUMN_ENDS = 3, COLUMN_UPDATED = 10, COLUMN_SEQUENCE = 11 };

static void test_meeting_edit__changes_what_is_given(void **state)
{
    (void)state;
    const char *id = added();
    int64_t starts_us = number(COLUMN_STARTS);
    f.now_us += HOUR;
    store_fixture_ok(&f, edit(&f.bertil, id, (struct meeting_input){.title = "Träff", .place = ""}));
    assert_int_equal(number(COLUMN_SEQUENCE), 1);
    assert_int_equal(number(COLUMN_UPDATED), f.now_us);
    assert_int_equal(number(COLUMN_STARTS), starts_us);
    store_fixture_ok(&f, edit(&f.anna, id, (struct meeting_input){.ends_us = starts_us + 5 * HOUR}));
    store_fixture_ok(&f, edit(&f.anna, id, (struct meeting_input){.starts_us = starts_us + DAY}));
    assert_int_equal(number(COLUMN_ENDS), starts_us + DAY + 5 * HOUR); /* as long as before */
    store_fixture_ok(&f, edit(&f.anna, id, (struct meeting_input){.ends_us = MEETING_ENDS_AS_USUAL}));
    assert_int_equal(number(COLUMN_ENDS), starts_us + DAY + MEETING_HOURS * HOUR);
    assert_int_equal(number(COLUMN_SEQUENCE), 4);
    f.now_us += HOUR;
    store_fixture_ok(&f, edit(&f.anna, id, (struct meeting_input){.title = "Träff"})); /* as it is */
    assert_int_equal(number(COLUMN_SEQUENCE), 4);
    assert_int_equal(number(COLUMN_UPDATED), f.now_us - HOUR);
}

static void test_meeting_edit__refuses_what_is_wrong(void **state)
{
    (void)state;
    const char *id = added();
    int64_t starts_us = number(COLUMN_STARTS);
    const struct meeting_input rows[] = {{.title = ""},
                                         {.title = "a\x01"},
                                         {.scope = "all"},
                                         {.scope = ""},
                                         {.scope = "municipality:1277"}, /* not hers */
                                         {.starts_us = f.now_us},
                                         {.ends_us = starts_us},
                                         {.ends_us = starts_us + 15 * DAY}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (edit(&f.anna, id, rows[i]) == 0)
            fail_msg("row %zu was taken", i);
    const struct meeting_input fine = {.title = "Min"};
    assert_int_not_equal(edit(&f.david, id, fine), 0);   /* another area */
    assert_int_not_equal(edit(&f.cecilia, id, fine), 0); /* a part of it */
    assert_int_not_equal(edit(&f.anna, "mtg_x", fine), 0);
    assert_int_equal(number(COLUMN_SEQUENCE), 0);
}

static void test_meeting_edit__what_has_begun_may_end_earlier(void **state)
{
    (void)state;
    const char *id = added();
    f.now_us = number(COLUMN_STARTS) + HOUR;
    store_fixture_ok(&f, edit(&f.anna, id, (struct meeting_input){.place = "Biblioteket"}));
    store_fixture_ok(&f, edit(&f.anna, id, (struct meeting_input){.ends_us = f.now_us}));
    assert_int_not_equal(edit(&f.anna, id, (struct meeting_input){.starts_us = f.now_us - 1}), 0);
}

static void test_meeting_forget__long_after_the_end(void **state)
{
    (void)state;
    struct meeting_input in = good();
    in.ends_us = in.starts_us + DAY;
    assert_int_equal(add(&f.anna, in), 0);
    store_fixture_ok(&f, meeting_forget(f.db, in.ends_us + MEETING_KEPT_DAYS * DAY));
    assert_int_equal(seen_by(&f.admin), 1);
    store_fixture_ok(&f, meeting_forget(f.db, in.ends_us + MEETING_KEPT_DAYS * DAY + 1));
    assert_int_equal(seen_by(&f.admin), 0);
}

static const struct CMUnitTest TESTS[] = {
    TEST_FIXTURE(test_meeting_add__refuses_what_is_wrong, setup, teardown),
    TEST_FIXTURE(test_meeting_add__within_the_area_only, setup, teardown),
    TEST_FIXTURE(test_meeting_remove__by_whose_area_covers_it, setup, teardown),
    TEST_FIXTURE(test_meeting_edit__changes_what_is_given, setup, teardown),
    TEST_FIXTURE(test_meeting_edit__refuses_what_is_wrong, setup, teardown),
    TEST_FIXTURE(test_meeting_edit__what_has_begun_may_end_earlier, setup, teardown),
    TEST_FIXTURE(test_meeting_forget__long_after_the_end, setup, teardown),
};

TEST_MAIN(TESTS)
