/*
 * Alerts in the ledger on a disk, without a relay: an alert to 100 000 people becomes rows, is sent and recalled; and
 * how long it takes until nothing more of a message of 100 000 and 1 000 000 queued rows can be claimed, and until all
 * its rows are moved. In transactions as the scheduler makes them, the longest of which anybody else may have to wait
 * for.
 *
 *   bench_ledger_alert [people [rows of the largest message [folder]]]       100 000, 1 000 000 and /tmp without
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/ledger_alert.h"
#include "lib/alert_rows.h"
#include "store/db.h"
#include "store/migrate.h"

enum { GROUP_PEOPLE = 10, EXPAND_CHUNK = 2000, ADD_ROWS = 10000 };

static struct db *db;

static void must(const char *what, int rc, const struct err *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "bench_ledger_alert: %s: %s\n", what, err ? err_or(err, rc) : err_name(rc));
    exit(1);
}

static double time_of(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double seconds(void)
{
    return time_of(CLOCK_MONOTONIC);
}

static void script(const char *what, char *sql)
{
    struct err err = {.text = ""};
    must(what, db_begin(db), NULL);
    must(what, db_script(db, sql, &err), &err);
    must(what, db_commit(db), NULL);
    db_tidy(db, false);
    free(sql);
}

/* Steps in a transaction each until nothing is left to do; the time of all and the longest. */
static double run(const char *what, int (*step)(bool *more), double *longest)
{
    bool more = true;
    double begin = seconds();
    *longest = 0;
    while (more) {
        double from = seconds();
        must(what, db_begin(db), NULL);
        must(what, step(&more), NULL);
        must(what, db_commit(db), NULL);
        double took = seconds() - from;
        *longest = took > *longest ? took : *longest;
        db_tidy(db, false);
    }
    return seconds() - begin;
}

static int expand(bool *more)
{
    return ledger_expand(db, EXPAND_CHUNK, more);
}

static int move(bool *more)
{
    return ledger_close_step(db, more);
}

static void add_people(int people)
{
    script("register",
           xasprintf("INSERT INTO county (code, name) VALUES ('12', 'Skåne');"
                     "INSERT INTO municipality (code, name, name_key, county_code) VALUES ('1292', 'Ä', 'ä', '12');"
                     "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                     "INSERT INTO watch_group (id, municipality_code, name, name_key, kind, state, state_changed_at, "
                     "created_at, updated_at) SELECT i, '1292', 'g' || i, 'g' || i, 'villa', 'active', 1, 1, 1 FROM n;",
                     people / GROUP_PEOPLE));
    script("people",
           xasprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                     "INSERT INTO contact (id, municipality_code, name, name_key, created_at, updated_at)"
                     " SELECT i, '1292', 'Åsa Exempel', 'åsa exempel', 1, 1 FROM n;"
                     "INSERT INTO contact_address (id, contact_id, position, address, address_key, created_at)"
                     " SELECT id, id, 1, 'person' || (id * 7919 %% 1000003) || '@example.se',"
                     " 'person' || (id * 7919 %% 1000003) || '@example.se', 1 FROM contact;"
                     "INSERT INTO membership (group_id, contact_id, role, joined_at)"
                     " SELECT id %% %d + 1, id, 'contact_rep', 1 FROM contact;",
                     people, people / GROUP_PEOPLE));
}

/* Opens it and expands it; its message. */
static int64_t send(const char *what, const struct alert_rows_input *in, int64_t *alert)
{
    int64_t message = 0;
    double longest = 0;
    must(what, db_begin(db), NULL);
    must(what, alert_rows_add(db, in, alert), NULL);
    if (!in->root_id) {
        char *sql = xasprintf("INSERT INTO alert_group SELECT %lld, id FROM watch_group;", (long long)*alert);
        must(what, db_script(db, sql, NULL), NULL);
        free(sql);
    }
    must(what, alert_rows_open(db, in, *alert, &message), NULL);
    must(what, db_commit(db), NULL);
    int64_t rows = 0;
    double cpu = time_of(CLOCK_THREAD_CPUTIME_ID);
    double took = run(what, expand, &longest);
    cpu = time_of(CLOCK_THREAD_CPUTIME_ID) - cpu;
    must(what, db_get_int(db, &rows, Q_MESSAGE_OPEN_COUNT, DB_ARGS(DB_INT(message))), NULL);
    printf("%-36s %7.0f rows/s         %5.1f us CPU a row, %.2f s in all, longest transaction %.0f ms\n", what,
           (double)rows / took, cpu * 1e6 / (double)rows, took, longest * 1e3);
    return message;
}

static void bench_thread(void)
{
    int64_t root = 0;
    int64_t recall = 0;
    double longest = 0;
    const struct alert_rows_input alert = {.title = NULL};
    int64_t message = send("an alert becomes rows", &alert, &root);
    script("sent", xasprintf("UPDATE delivery SET state = 'sent' WHERE message_id = %lld;", (long long)message));
    const struct alert_rows_input over = {.type = "recall", .root_id = root};
    send("a recall to all who got it", &over, &recall);
    run("moved", move, &longest);
}

static void bench_close(int rows)
{
    const struct alert_rows_input in = {.title = NULL};
    int64_t alert = 0;
    int64_t message = 0;
    double longest = 0;
    must("alert", alert_rows_add(db, &in, &alert), NULL);
    must("alert", alert_rows_open(db, &in, alert, &message), NULL);
    for (int i = 0; i < rows; i += ADD_ROWS)
        script(
            "rows",
            xasprintf("WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                      "INSERT INTO delivery (id, message_id, municipality_code, address, address_key, to_name, lane, "
                      "state, due_at, created_at) SELECT %lld + i, %lld, '1292', 'p' || i, 'p' || i, '', 0, "
                      "'pending', 5, 1 FROM n;",
                      i + 1, i + ADD_ROWS, (long long)message, (long long)message));
    double from = seconds();
    must("close", db_begin(db), NULL);
    must("close", ledger_close(db, message, DELIVERY_WITHDRAWN), NULL);
    must("close", db_commit(db), NULL);
    double closed = seconds() - from;
    double moved = run("moved", move, &longest);
    printf(
        "%-7d queued rows called off         %7.2f ms until none can be claimed, %.2f s until all are moved, longest "
        "transaction %.0f ms\n",
        rows, closed * 1e3, moved, longest * 1e3);
}

int main(int argc, char **argv)
{
    int people = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100000;
    int largest = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1000000;
    char *folder = xasprintf("%s/gb-bench-XXXXXX", argc > 3 ? argv[3] : "/tmp");
    struct err err = {.text = ""};
    if (!mkdtemp(folder))
        must("folder", ERR_IO, NULL);
    char *url = xasprintf("sqlite:%s/b.db", folder);
    char *file = xasprintf("%s/b.db", folder);
    must("open", db_open(url, DB_WRITER, clock_system(), &db, &err), &err);
    must("migrate", migrate_to(db, migrate_latest(), &err), &err);
    add_people(people);
    bench_thread();
    for (int rows = 100000; rows <= largest; rows *= 10)
        bench_close(rows);
    db_close(db);
    unlink(file);
    rmdir(folder);
    free(file);
    free(url);
    free(folder);
    return 0;
}
