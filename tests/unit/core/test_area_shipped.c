/* core/area_shipped.h: found from the program's place, loaded once. */
#include "core/area_shipped.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/area_load.h"
#include "lib/test.h"
#include "store/db.h"
#include "store/migrate.h"

static void make_dirs(const char *path)
{
    char *copy = xstrdup(path);
    for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        (void)mkdir(copy, 0700);
        *p = '/';
    }
    free(copy);
}

/* A tree with one table in it; asks from a program's place, and takes the tree away again. */
static void expect_dir(const char *table_dir, const char *program, bool is_found)
{
    const char *tmp = getenv("TMPDIR");
    char *root = xasprintf("%s/shipped.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(root));
    char *want = xasprintf("%s/%s", root, table_dir);
    char *file = xasprintf("%s/municipalities.csv", want);
    make_dirs(file);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);

    char *exe = xasprintf("%s/%s", root, program);
    char *dir = area_shipped_dir(exe);
    if (is_found) {
        assert_non_null(dir);
        assert_string_equal(dir, want);
    } else {
        assert_null(dir);
    }
    free(dir);
    free(exe);

    assert_int_equal(unlink(file), 0);
    for (char *end = strrchr(want, '/'); strlen(want) > strlen(root); end = strrchr(want, '/')) {
        assert_int_equal(rmdir(want), 0);
        *end = '\0';
    }
    assert_int_equal(rmdir(root), 0);
    free(file);
    free(want);
    free(root);
}

static void test_area_shipped_dir__beside_the_program(void **state)
{
    (void)state;
    expect_dir("share/grannbud/areas", "sbin/grannbudd", true);
    expect_dir("conf/areas", "build/grannbudd", true);
    expect_dir("conf/areas", "build/asan/tests/core/test_x", true);
}

static void test_area_shipped_dir__nowhere_else(void **state)
{
    (void)state;
    expect_dir("areas", "sbin/grannbudd", false);
    expect_dir("conf/areas", "a/b/c/d/e/f/g/h/grannbudd", false);
    assert_null(area_shipped_dir(""));
    assert_null(area_shipped_dir("grannbudd"));
}

static void test_area_load_shipped__once(void **state)
{
    (void)state;
    struct db *db = NULL;
    struct err err = {.text = ""};
    int empty = 0;
    assert_int_equal(db_open("sqlite::memory:", DB_WRITER, clock_system(), &db, &err), 0);
    assert_int_equal(migrate_to(db, migrate_latest(), &err), 0);
    assert_int_equal(area_is_empty(db, &empty), 0);
    assert_true(empty);
    if (area_load_shipped(db, &err))
        fail_msg("%s", err.text);
    assert_int_equal(area_is_empty(db, &empty), 0);
    assert_false(empty);
    assert_int_equal(area_load_shipped(db, &err), 0);
    db_close(db);
}

static const struct CMUnitTest tests[] = {
    TEST(test_area_shipped_dir__beside_the_program),
    TEST(test_area_shipped_dir__nowhere_else),
    TEST(test_area_load_shipped__once),
};

TEST_MAIN(tests)
