/*
 * One connection to the database; everything that is dialect is behind this header.
 *
 * Statements are named (store/query.h), prepared once and reused. Parameters are $1, $2, ...;
 * a statement marked `scoped` has the acting person's scope as $1 and $2 and is run through
 * the _as functions only, which is asserted: the walls between tenants are not left to memory.
 *
 * Threads: a connection belongs to one thread at a time. Text from a row is valid until the
 * next db_next or db_done of that row set. Errors are negative codes; ERR_EXISTS is a broken
 * UNIQUE, ERR_INVALID a broken CHECK or foreign key, ERR_FULL a full disk; db_error() has the words.
 * A failed fsync ends the process: what the kernel then holds is unknown, the file is not.
 */
#ifndef GB_STORE_DB_H
#define GB_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/actor.h"
#include "store/query.h"

struct clock;
struct db;
struct db_rows;
struct err;

enum db_mode {
    DB_WRITER, /* the one connection that writes and checkpoints; creates the file (mode 0600) */
    DB_READER, /* read-only; sees the last commit */
    DB_SCRATCH /* temporary and private: db_open_scratch */
};

/* `url`: "sqlite:/absolute/path" or "sqlite::memory:" (writer only). *out is closed with db_close (NULL-safe). */
int db_open(const char *url, enum db_mode mode, const struct clock *clock, struct db **out, struct err *err);
/* An empty database of the caller's own, in a temporary file that nobody else sees and that is gone with db_close. Made
 * to be thrown away: neither durable nor checked for what rows point to. */
int db_open_scratch(const struct clock *clock, struct db **out, struct err *err);
void db_close(struct db *db);
const struct clock *db_clock(const struct db *db);
/* Shorthand: the wall clock in microseconds. */
int64_t db_now_us(const struct db *db);
/* The wall clock as far as it is proven (base/clock_trust.h): behind db_now_us for a while after a jump ahead. For what
 * ends for good by time alone. A writer's only. */
int64_t db_proven_us(struct db *db);
/* The engine's words for the last error on this connection. */
const char *db_error(const struct db *db);

struct db_arg {
    enum { DB_ARG_NULL, DB_ARG_INT, DB_ARG_TEXT } type;
    int64_t number;
    const char *text;
};

#define DB_INT(x) ((struct db_arg){.type = DB_ARG_INT, .number = (int64_t)(x)})
#define DB_TEXT(s) db_arg_text(s) /* NULL becomes SQL NULL */
#define DB_NULL ((struct db_arg){.type = DB_ARG_NULL})
/* An absent number (below zero) becomes SQL NULL. */
#define DB_OPT_INT(x) db_arg_opt_int((int64_t)(x))
#define DB_ARGS(...)                                                                              \
    sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg), (const struct db_arg[]) \
    {                                                                                             \
        __VA_ARGS__                                                                               \
    }
#define DB_NO_ARGS 0, NULL

static inline struct db_arg db_arg_text(const char *s)
{
    return (struct db_arg){.type = s ? DB_ARG_TEXT : DB_ARG_NULL, .text = s};
}
static inline struct db_arg db_arg_opt_int(int64_t x)
{
    return (struct db_arg){.type = x >= 0 ? DB_ARG_INT : DB_ARG_NULL, .number = x};
}

/* Run a statement that gives no rows. *changed (may be NULL) gets the number of rows touched. */
int db_exec(struct db *db, int64_t *changed, enum query q, size_t n, const struct db_arg *args);
/* Start a statement that gives rows; on success db_done(*out) must follow. */
int db_query(struct db *db, struct db_rows **out, enum query q, size_t n, const struct db_arg *args);
int db_query_as(struct db *db, const struct scope *scope, struct db_rows **out, enum query q, size_t n,
                const struct db_arg *args);
/* 1 there is a row, 0 no more, negative an error. */
int db_next(struct db_rows *rows);
void db_done(struct db_rows *rows);

bool db_is_null(const struct db_rows *rows, int column);
int64_t db_int(const struct db_rows *rows, int column);
/* -1 for NULL. */
int64_t db_opt_int(const struct db_rows *rows, int column);
/* "" for NULL. */
const char *db_text(const struct db_rows *rows, int column);
/* NULL for NULL. */
const char *db_opt_text(const struct db_rows *rows, int column);

/* How many columns the rows have, and a cell as an argument for another statement; its text lives as long as the row.
 */
int db_columns(const struct db_rows *rows);
struct db_arg db_value(const struct db_rows *rows, int column);

/* The first column of the first row; ERR_NOT_FOUND without a row. */
int db_get_int(struct db *db, int64_t *out, enum query q, size_t n, const struct db_arg *args);
int db_get_int_as(struct db *db, const struct scope *scope, int64_t *out, enum query q, size_t n,
                  const struct db_arg *args);
/* Returns a copy in *out, caller frees; NULL for NULL. */
int db_get_text(struct db *db, char **out, enum query q, size_t n, const struct db_arg *args);

/* A transaction (immediate, on the writer), and the named step inside it that can be undone alone. */
int db_begin(struct db *db);
int db_commit(struct db *db);
/* Did the last commit change anything? */
bool db_has_written(const struct db *db);
void db_rollback(struct db *db);
int db_step_begin(struct db *db);
int db_step_keep(struct db *db);
/* An error when the transaction around the step is lost: db_rollback must follow. */
int db_step_undo(struct db *db);

/* Run a script of the schema (several statements). For migrations only. */
int db_script(struct db *db, const char *sql, struct err *err);
/* Prepare every statement; tells the first that fails. */
int db_check_statements(struct db *db, struct err *err);
/* After ERR_FULL, outside a transaction: moves what the log holds into the file as far as it goes, so that the log's
 * own room can be used again. */
void db_make_room(struct db *db);
/* Move the log into the file as far as readers let it, if it has grown long enough to be worth it (writer only, outside
 * a transaction). The log's owner calls it where nobody waits for an answer: after each commit's are given, and when
 * there is nothing to do. A log that nobody tidies makes db_commit do it, at 4 000 pages. */
void db_tidy(struct db *db, bool is_idle);
/* Move all that the log holds into the file and empty it; at close. */
int db_checkpoint(struct db *db);
/* Give back the memory of pages that are kept for the next question; for who has just read a great deal once. */
void db_shrink(struct db *db);
/* An exact copy of the database as it is now, into a new file. */
int db_backup(struct db *db, const char *path, struct err *err);
/* The engine's own integrity check. */
int db_integrity(struct db *db, struct err *err);

#endif
