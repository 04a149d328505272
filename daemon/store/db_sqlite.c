/*
 * The SQLite driver: the contract is in store/db.h; checkpoints, copies and checks of the file are in db_file.c. Only
 * these two include sqlite3.h, through db_private.h.
 *
 * Debian's SQLite 3.40.1 can corrupt a WAL that two connections write or checkpoint at the same
 * time. Therefore: one writing connection in one process (store_lock keeps others away), readers are opened
 * read-only and never checkpoint, not even when they close.
 *
 * Parameters are bound by name: SQLite numbers "$2" by first appearance, PostgreSQL by its digits.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/db_private.h"

enum {
    DB_BUSY_MS = 5000,
    DB_CACHE_WRITER_KIB = 4096,
    DB_CACHE_READER_KIB = 2048,
    DB_CACHE_MEMORY_KIB = 65536, /* of a database that is nothing but its cache */
};

static const char *const CONTROLS[CONTROL_COUNT] = {
    [CONTROL_BEGIN] = "BEGIN IMMEDIATE",  [CONTROL_BEGIN_READ] = "BEGIN",
    [CONTROL_COMMIT] = "COMMIT",          [CONTROL_STEP_BEGIN] = "SAVEPOINT step",
    [CONTROL_STEP_KEEP] = "RELEASE step", [CONTROL_STEP_BACK] = "ROLLBACK TO step"};
static const struct {
    const char *name;
    const char *sql;
    int scoped;
} QUERIES[] = {
#define QUERY(id, scoped, name, sql) [Q_##id] = {name, sql, scoped},
#include "queries.inc"
#undef QUERY
};

int db_map_error(struct db *db, int rc)
{
    int extended = sqlite3_extended_errcode(db->sqlite);
    if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC) {
        fprintf(stderr, "<2>store: fsync failed (%s); stopping, as nothing can be acknowledged\n",
                sqlite3_errmsg(db->sqlite));
        abort();
    }
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       extended == SQLITE_CONSTRAINT_ROWID
                   ? ERR_EXISTS
                   : ERR_INVALID;
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return ERR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    default:
        return ERR_STORE;
    }
}

const char *db_error(const struct db *db)
{
    return sqlite3_errmsg(db->sqlite);
}

const struct clock *db_clock(const struct db *db)
{
    return db->clock;
}

int64_t db_now_us(const struct db *db)
{
    return clock_real_us(db->clock);
}

int64_t db_proven_us(struct db *db)
{
    int64_t now_us = 0;
    int64_t ahead_us = clock_trust_look(&db->trust, db->clock, &now_us);
    return now_us - ahead_us;
}

static int run(struct db *db, const char *sql)
{
    int rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : db_map_error(db, rc);
}

static int control(struct db *db, enum control c)
{
    if (!db->controls[c]) {
        int rc = sqlite3_prepare_v3(db->sqlite, CONTROLS[c], -1, SQLITE_PREPARE_PERSISTENT, &db->controls[c], NULL);
        if (rc != SQLITE_OK)
            return db_map_error(db, rc);
    }
    int step = sqlite3_step(db->controls[c]);
    int rc = step == SQLITE_DONE ? 0 : db_map_error(db, step);
    sqlite3_reset(db->controls[c]);
    return rc;
}

/* Created by us with mode 0600: the register is nobody else's business. */
static int create_private(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, "store: cannot open %s: %m: check [store] url and the owner of its folder", path);
    close(fd);
    return 0;
}

/* Called after each commit that wrote. A checkpoint from here would keep its errors to itself. */
static int on_log_grown(void *ctx, sqlite3 *sqlite, const char *name, int pages)
{
    struct db *db = ctx;
    (void)sqlite;
    (void)name;
    db->log_pages = pages;
    db->has_written = true;
    return SQLITE_OK;
}

static int configure(struct db *db, bool in_memory)
{
    static const char writer[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                                 "PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF;"
                                 "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864";
    static const char reader[] = "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY;"
                                 "PRAGMA trusted_schema=OFF";
    char cache[64];
    sqlite3_busy_timeout(db->sqlite, DB_BUSY_MS);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (db->mode == DB_READER)
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    snprintf(cache, sizeof cache, "PRAGMA cache_size=-%d",
             in_memory               ? DB_CACHE_MEMORY_KIB
             : db->mode == DB_WRITER ? DB_CACHE_WRITER_KIB
                                     : DB_CACHE_READER_KIB);
    int rc = run(db, db->mode == DB_WRITER ? writer : reader);
    if (db->mode == DB_WRITER)
        sqlite3_wal_hook(db->sqlite, on_log_grown, db);
    return rc ? rc : run(db, cache);
}

int db_open(const char *url, enum db_mode mode, const struct clock *clock, struct db **out, struct err *err)
{
    static const char prefix[] = "sqlite:";
    if (strncmp(url, prefix, strlen(prefix)) != 0)
        return err_set(err, ERR_CONFIG, "store: url \"%s\" is not known: write sqlite:/path/to/grannbud.db", url);
    const char *path = url + strlen(prefix);
    bool in_memory = strcmp(path, ":memory:") == 0;
    if (!in_memory && path[0] != '/')
        return err_set(err, ERR_CONFIG, "store: url \"%s\" needs an absolute path: write sqlite:/path/to/grannbud.db",
                       url);
    int rc = 0;
    if (!in_memory && mode == DB_WRITER && (rc = create_private(path, err)) != 0)
        return rc;
    struct db *db = xcalloc(1, sizeof *db);
    db->clock = clock;
    db->mode = mode;
    if (mode == DB_WRITER)
        db_proven_us(db);
    int flags =
        SQLITE_OPEN_NOMUTEX | (mode == DB_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(path, &db->sqlite, flags, NULL) != SQLITE_OK) {
        rc = err_set(err, ERR_IO, "store: cannot open %s: %s", path,
                     db->sqlite ? sqlite3_errmsg(db->sqlite) : "no memory");
        goto out;
    }
    sqlite3_extended_result_codes(db->sqlite, 1);
    rc = configure(db, in_memory);
    if (rc) {
        err_set(err, rc, "store: %s: %s", path, sqlite3_errmsg(db->sqlite));
        goto out;
    }
    *out = db;
    db = NULL;
out:
    db_close(db);
    return rc;
}

int db_open_scratch(const struct clock *clock, struct db **out, struct err *err)
{
    /* Files, for the database and for sorters, so that memory stays small. */
    static const char settings[] = "PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA trusted_schema=OFF;"
                                   "PRAGMA foreign_keys=OFF; PRAGMA cache_size=-2048";
    struct db *db = xcalloc(1, sizeof *db);
    db->clock = clock;
    db->mode = DB_SCRATCH;
    int rc = 0;
    if (sqlite3_open_v2("", &db->sqlite, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK)
        rc = ERR_IO;
    else
        rc = run(db, settings);
    if (rc) {
        err_set(err, rc, "store: a temporary database: %s", db->sqlite ? sqlite3_errmsg(db->sqlite) : "no memory");
        db_close(db);
        return rc;
    }
    sqlite3_extended_result_codes(db->sqlite, 1);
    *out = db;
    return 0;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (int i = 0; i < QUERY_COUNT; i++)
        sqlite3_finalize(db->statements[i].stmt);
    for (int i = 0; i < CONTROL_COUNT; i++)
        sqlite3_finalize(db->controls[i]);
    int rc = sqlite3_close(db->sqlite);
    assert(rc == SQLITE_OK);
    (void)rc;
    free(db);
}

/* Prepare on first use and find where $1, $2, ... stand; a gap in the numbers is a mistake in the .sql file. */
static int prepare(struct db *db, enum query q, struct db_rows **out)
{
    struct db_rows *s = &db->statements[q];
    if (!s->stmt) {
        int rc = sqlite3_prepare_v3(db->sqlite, QUERIES[q].sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL);
        if (rc != SQLITE_OK)
            return db_map_error(db, rc);
        s->db = db;
        s->query = q;
        s->params = sqlite3_bind_parameter_count(s->stmt);
        assert(s->params <= DB_PARAMS_MAX);
        for (int i = 1; i <= s->params; i++) {
            char name[8];
            snprintf(name, sizeof name, "$%d", i);
            s->position[i] = sqlite3_bind_parameter_index(s->stmt, name);
            assert(s->position[i] > 0);
        }
    }
    assert(!s->running); /* a statement is not used again while its rows are read */
    *out = s;
    return 0;
}

/* `keeps`: the caller's text outlives the statement's run, so it is not copied. */
static void bind_one(struct db_rows *s, int number, const struct db_arg *arg, bool keeps)
{
    int rc = SQLITE_OK;
    int at = s->position[number];
    if (arg->type == DB_ARG_NULL)
        rc = sqlite3_bind_null(s->stmt, at);
    else if (arg->type == DB_ARG_INT)
        rc = sqlite3_bind_int64(s->stmt, at, arg->number);
    else
        rc = sqlite3_bind_text(s->stmt, at, arg->text, -1, keeps ? SQLITE_STATIC : SQLITE_TRANSIENT);
    assert(rc == SQLITE_OK);
    (void)rc;
}

static int start(struct db *db, const struct scope *scope, struct db_rows **out, enum query q, size_t n,
                 const struct db_arg *args, bool keeps)
{
    struct db_rows *s = NULL;
    assert((scope != NULL) == (QUERIES[q].scoped != 0)); /* the wall: see store/db.h */
    int rc = prepare(db, q, &s);
    if (rc)
        return rc;
    int first = 0;
    if (scope) {
        struct db_arg kind = DB_TEXT(scope_kind_word(scope->kind));
        struct db_arg code = DB_TEXT(scope->code);
        bind_one(s, 1, &kind, false);
        bind_one(s, 2, &code, keeps);
        first = 2;
    }
    assert((int)n + first == s->params);
    for (size_t i = 0; i < n; i++)
        bind_one(s, first + (int)i + 1, &args[i], keeps);
    s->running = true;
    *out = s;
    return 0;
}

int db_exec(struct db *db, int64_t *changed, enum query q, size_t n, const struct db_arg *args)
{
    struct db_rows *s = NULL;
    int rc = start(db, NULL, &s, q, n, args, true);
    if (rc)
        return rc;
    int step = sqlite3_step(s->stmt);
    assert(step != SQLITE_ROW);
    if (step != SQLITE_DONE)
        rc = db_map_error(db, step);
    else if (changed)
        *changed = sqlite3_changes64(db->sqlite);
    db_done(s);
    return rc;
}

int db_query(struct db *db, struct db_rows **out, enum query q, size_t n, const struct db_arg *args)
{
    return start(db, NULL, out, q, n, args, false);
}

int db_query_as(struct db *db, const struct scope *scope, struct db_rows **out, enum query q, size_t n,
                const struct db_arg *args)
{
    return start(db, scope, out, q, n, args, false);
}

int db_next(struct db_rows *rows)
{
    assert(rows->running);
    int step = sqlite3_step(rows->stmt);
    if (step == SQLITE_ROW)
        return 1;
    return step == SQLITE_DONE ? 0 : db_map_error(rows->db, step);
}

void db_done(struct db_rows *rows)
{
    if (!rows)
        return;
    sqlite3_reset(rows->stmt);
    sqlite3_clear_bindings(rows->stmt);
    rows->running = false;
}

bool db_is_null(const struct db_rows *rows, int column)
{
    return sqlite3_column_type(rows->stmt, column) == SQLITE_NULL;
}

int64_t db_int(const struct db_rows *rows, int column)
{
    return sqlite3_column_int64(rows->stmt, column);
}

int64_t db_opt_int(const struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? -1 : db_int(rows, column);
}

const char *db_opt_text(const struct db_rows *rows, int column)
{
    return (const char *)sqlite3_column_text(rows->stmt, column);
}

const char *db_text(const struct db_rows *rows, int column)
{
    const char *text = db_opt_text(rows, column);
    return text ? text : "";
}

int db_columns(const struct db_rows *rows)
{
    return sqlite3_column_count(rows->stmt);
}

struct db_arg db_value(const struct db_rows *rows, int column)
{
    switch (sqlite3_column_type(rows->stmt, column)) {
    case SQLITE_NULL:
        return DB_NULL;
    case SQLITE_INTEGER:
        return DB_INT(db_int(rows, column));
    default:
        return DB_TEXT(db_text(rows, column));
    }
}

static int take_int(struct db_rows *rows, int64_t *out)
{
    int rc = db_next(rows);
    if (rc > 0)
        *out = db_int(rows, 0);
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

int db_get_int(struct db *db, int64_t *out, enum query q, size_t n, const struct db_arg *args)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, q, n, args);
    return rc ? rc : take_int(rows, out);
}

int db_get_int_as(struct db *db, const struct scope *scope, int64_t *out, enum query q, size_t n,
                  const struct db_arg *args)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, scope, &rows, q, n, args);
    return rc ? rc : take_int(rows, out);
}

int db_get_text(struct db *db, char **out, enum query q, size_t n, const struct db_arg *args)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, q, n, args);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        *out = xstrdup_opt(db_opt_text(rows, 0));
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

int db_begin(struct db *db)
{
    assert(!db->in_transaction);
    int rc = control(db, db->mode == DB_READER ? CONTROL_BEGIN_READ : CONTROL_BEGIN);
    db->in_transaction = rc == 0;
    return rc;
}

int db_commit(struct db *db)
{
    assert(db->in_transaction);
    db->has_written = false;
    int rc = control(db, CONTROL_COMMIT);
    if (rc)
        return rc;
    db->in_transaction = false;
    db_log_limit(db);
    return 0;
}

bool db_has_written(const struct db *db)
{
    return db->has_written;
}

void db_rollback(struct db *db)
{
    /* The engine may have rolled back by itself (disk full); then there is nothing to undo. */
    if (!sqlite3_get_autocommit(db->sqlite))
        run(db, "ROLLBACK");
    db->in_transaction = false;
}

int db_step_begin(struct db *db)
{
    return control(db, CONTROL_STEP_BEGIN);
}

int db_step_keep(struct db *db)
{
    return control(db, CONTROL_STEP_KEEP);
}

int db_step_undo(struct db *db)
{
    if (sqlite3_get_autocommit(db->sqlite)) /* rolled back by the engine, and the transaction with it */
        return ERR_STORE;
    int rc = control(db, CONTROL_STEP_BACK);
    return rc ? rc : control(db, CONTROL_STEP_KEEP);
}

void db_shrink(struct db *db)
{
    sqlite3_db_release_memory(db->sqlite);
}

int db_script(struct db *db, const char *sql, struct err *err)
{
    int rc = run(db, sql);
    return rc ? err_set(err, rc, "store: %s", sqlite3_errmsg(db->sqlite)) : 0;
}

int db_check_statements(struct db *db, struct err *err)
{
    for (int q = 0; q < QUERY_COUNT; q++) {
        struct db_rows *s = NULL;
        int rc = prepare(db, (enum query)q, &s);
        if (rc)
            return err_set(err, rc, "store: statement %s: %s", QUERIES[q].name, sqlite3_errmsg(db->sqlite));
    }
    return 0;
}
