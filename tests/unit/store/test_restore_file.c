/* store/restore_file.h and core/restore.h on real files: what is copied, refused, exchanged and kept. */
#include "store/restore_file.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/hold.h"
#include "core/restore.h"
#include "core/setting.h"
#include "lib/test.h"
#include "store/actor.h"
#include "store/db.h"
#include "store/migrate.h"

/* A folder with a store "now" at db and a backup of an earlier one. */
struct place {
    char folder[64], database[96], url[110], backup[96];
};

static struct db *open_store(const char *path, int version)
{
    struct err err = {.text = ""};
    struct db *db = NULL;
    char url[128];
    snprintf(url, sizeof url, "sqlite:%s", path);
    assert_int_equal(db_open(url, DB_WRITER, clock_system(), &db, &err), 0);
    assert_int_equal(migrate_to(db, version, &err), 0);
    return db;
}

static void write_store(const char *path, int version, const char *what)
{
    struct db *db = open_store(path, version);
    assert_int_equal(setting_put(db, "what", what), 0);
    db_close(db);
}

static void assert_store(const char *path, const char *what)
{
    char value[32];
    struct db *db = open_store(path, migrate_latest());
    assert_int_equal(setting_get(db, "what", value, sizeof value), 0);
    assert_string_equal(value, what);
    db_close(db);
}

static int setup(void **state)
{
    struct place *p = xcalloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/grannbud-restore-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->database, sizeof p->database, "%s/db", p->folder);
    snprintf(p->url, sizeof p->url, "sqlite:%s", p->database);
    snprintf(p->backup, sizeof p->backup, "%s/backup", p->folder);
    write_store(p->database, migrate_latest(), "now");
    write_store(p->backup, 5, "before");
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    static const char *const NAMES[] = {"db",         "db-wal",     "db-shm",         "backup",
                                        "backup-wal", "db.restore", "db.restore.part"};
    struct place *p = *state;
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        snprintf(path, sizeof path, "%s/%s", p->folder, NAMES[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(p->folder), 0); /* nothing else is left */
    free(p);
    return 0;
}

static char *stage(const struct place *p)
{
    struct err err = {.text = ""};
    struct restore_file *file = NULL;
    struct restore_note note;
    struct actor actor = actor_daemon();
    char *kept = NULL;
    assert_int_equal(restore_file_make(p->url, p->backup, clock_system(), &file, &err), 0);
    assert_int_equal(restore_file_version(file), 5);
    assert_int_equal(restore_prepare(restore_file_db(file), &actor, p->backup, &note), 0);
    assert_int_equal(restore_file_stage(file, &kept, &err), 0);
    restore_file_free(file);
    assert_true(restore_file_is_staged(p->url));
    return kept;
}

static void test_restore_file__exchanges_and_keeps(void **state)
{
    struct place *p = *state;
    struct err err = {.text = ""};
    struct hold hold;
    struct restore_note note;
    char *kept = NULL;
    char *expected = stage(p);
    assert_store(p->database, "now"); /* until the exchange */
    assert_int_equal(restore_file_exchange(p->url, &kept, &err), 0);
    assert_string_equal(kept, expected);
    assert_false(restore_file_is_staged(p->url));
    struct db *db = open_store(p->database, migrate_latest());
    assert_int_equal(hold_read(db, &hold), 0);
    assert_true(hold.is_on);
    assert_string_equal(hold.by, "grannbudd");
    assert_int_equal(restore_note_read(db, &note), 0);
    assert_string_equal(note.file, p->backup);
    assert_true(note.at_us > 0);
    db_close(db);
    assert_store(p->database, "before");
    assert_store(kept, "now");
    unlink(kept);
    free(kept);
    assert_int_equal(restore_file_exchange(p->url, &kept, &err), 0); /* and not a second time */
    assert_null(kept);
    free(expected);
}

static void test_restore_file__without_a_store_there_is_nothing_to_keep(void **state)
{
    struct place *p = *state;
    struct err err = {.text = ""};
    char *kept = NULL;
    free(stage(p));
    unlink(p->database);
    assert_int_equal(restore_file_exchange(p->url, &kept, &err), 0);
    assert_string_equal(kept, "");
    free(kept);
    assert_store(p->database, "before");
}

static void test_restore_file__a_part_that_was_left_goes_away(void **state)
{
    struct place *p = *state;
    struct err err = {.text = ""};
    char *part = xasprintf("%s.restore.part", p->database);
    char *kept = NULL;
    FILE *f = fopen(part, "w");
    fputs("half", f);
    fclose(f);
    assert_int_equal(restore_file_exchange(p->url, &kept, &err), 0);
    assert_null(kept);
    assert_int_equal(access(part, F_OK), -1);
    assert_store(p->database, "now");
    free(part);
}

static int make(const struct place *p, const char *source, struct err *err)
{
    struct restore_file *file = NULL;
    int rc = restore_file_make(p->url, source, clock_system(), &file, err);
    restore_file_free(file);
    return rc;
}

static void test_restore_file_make__refuses_what_is_no_backup(void **state)
{
    struct place *p = *state;
    struct err err = {.text = ""};
    char *log = xasprintf("%s-wal", p->backup);
    assert_int_equal(make(p, p->database, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "the store itself"));
    assert_int_equal(make(p, "/nowhere/at/all", &err), ERR_INVALID);
    assert_int_equal(make(p, "/dev/null", &err), ERR_INVALID);
    assert_int_equal(make(p, p->folder, &err), ERR_INVALID);
    FILE *f = fopen(log, "w");
    fputs("x", f);
    fclose(f);
    assert_int_equal(make(p, p->backup, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "in use"));
    unlink(log);
    assert_int_equal(truncate(p->backup, 20000), 0);
    assert_int_equal(make(p, p->backup, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "cannot be restored"));
    assert_int_equal(truncate(p->backup, 10), 0);
    assert_int_equal(make(p, p->backup, &err), ERR_INVALID);
    free(log);
}

static void test_restore_file_make__one_at_a_time(void **state)
{
    struct place *p = *state;
    struct err err = {.text = ""};
    struct restore_file *first = NULL;
    assert_int_equal(restore_file_make(p->url, p->backup, clock_system(), &first, &err), 0);
    assert_int_equal(make(p, p->backup, &err), ERR_BUSY);
    restore_file_free(first);
    assert_int_equal(make(p, p->backup, &err), 0);
}

static void test_restore_file_make__not_for_a_store_in_memory(void **state)
{
    struct place *p = *state;
    struct err err = {.text = ""};
    struct restore_file *file = NULL;
    char *kept = NULL;
    assert_int_equal(restore_file_make("sqlite::memory:", p->backup, clock_system(), &file, &err), ERR_BAD_STATE);
    assert_int_equal(restore_file_exchange("sqlite::memory:", &kept, &err), 0);
    assert_false(restore_file_is_staged("sqlite::memory:"));
}

#define ROW(f) TEST_FIXTURE(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    ROW(test_restore_file__exchanges_and_keeps),
    ROW(test_restore_file__without_a_store_there_is_nothing_to_keep),
    ROW(test_restore_file__a_part_that_was_left_goes_away),
    ROW(test_restore_file_make__refuses_what_is_no_backup),
    ROW(test_restore_file_make__one_at_a_time),
    ROW(test_restore_file_make__not_for_a_store_in_memory),
};

TEST_MAIN(tests)
