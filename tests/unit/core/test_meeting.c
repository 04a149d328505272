/* Meetings: what is refused, whose area counts, what the log keeps. */
#include "core/meeting.h"

#include "base/id.h"
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
    TEST_FIXTURE(test_meeting_forget__long_after_the_end, setup, teardown),
};

TEST_MAIN(TESTS)
