/* The SQLite driver's structs, shared by db_sqlite.c (connections, statements, transactions) and db_file.c (the file as
 * a whole: checkpoints, copies, checks). */
#ifndef GB_STORE_DB_PRIVATE_H
#define GB_STORE_DB_PRIVATE_H

#include <sqlite3.h>

#include "base/clock_trust.h"
#include "store/db.h"

enum { DB_PARAMS_MAX = 40 };

/* Statements of the driver's own, prepared once like the others. */
enum control {
    CONTROL_BEGIN,
    CONTROL_BEGIN_READ,
    CONTROL_COMMIT,
    CONTROL_STEP_BEGIN,
    CONTROL_STEP_KEEP,
    CONTROL_STEP_BACK,
    CONTROL_COUNT,
};

/* One prepared statement; it is its own row set while it runs. */
struct db_rows {
    struct db *db;
    sqlite3_stmt *stmt;
    enum query query;
    int params;
    int position[DB_PARAMS_MAX + 1]; /* of $1, $2, ... as the engine counts them */
    bool running;
};

struct db {
    sqlite3 *sqlite;
    const struct clock *clock;
    enum db_mode mode;
    struct clock_trust trust; /* a writer looks */
    bool in_transaction;
    bool has_written; /* the last commit changed something */
    int log_pages;    /* in the log after the last commit that wrote ... */
    int log_moved;    /* ... and how many there were when they were last moved into the file */
    sqlite3_stmt *controls[CONTROL_COUNT];
    struct db_rows statements[QUERY_COUNT];
};

/* The engine's code as ours; ends the process where going on could lose what was acknowledged. */
int db_map_error(struct db *db, int rc);
/* After a commit: move the log into the file if it is longer than a commit may leave it. */
void db_log_limit(struct db *db);

#endif
