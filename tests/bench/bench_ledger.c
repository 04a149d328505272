/*
 * The ledger on a disk, without a relay: rows claimed and recorded per second in turns of 1, 8 and 32 (each one
 * transaction: record what was claimed before, claim the next), the processor time of a row, the longest turn; what a
 * claim costs before 1 000, 100 000 and 1 000 000 rows; how fast rows are added, and how much a counting view takes.
 *
 *   bench_ledger [rows of the largest letter [folder]]       1 000 000 and /tmp without
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "store/db.h"
#include "store/migrate.h"

enum { TURN_ROWS = 20000, PROBES = 2000, PROBE_ROWS = 16, TURN_MAX = 64 };

static struct db *db;
static struct job jobs[CLAIM_MAX];

static void must(const char *what, int rc, const struct err *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "bench_ledger: %s: %s\n", what, err ? err_or(err, rc) : err_name(rc));
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A letter of `rows` rows, in transactions of 2 000 as the expansion makes them. */
static int64_t add_letter(int rows)
{
    int64_t now = db_now_us(db);
    int64_t message = id_new(now);
    must("begin", db_begin(db), NULL);
    must("message",
         db_exec(db, NULL, Q_MESSAGE_INSERT,
                 DB_ARGS(DB_INT(message), DB_TEXT("letter"), DB_INT(LANE_LETTER), DB_NULL, DB_TEXT("sending"),
                         DB_TEXT("Brev"), DB_TEXT("Hej"), DB_TEXT("0"), DB_TEXT("all"), DB_TEXT(""), DB_NULL, DB_INT(0),
                         DB_INT(now))),
         NULL);
    for (int i = 0; i < rows; i++) {
        char address[64];
        snprintf(address, sizeof address, "person%d@example.se", (int)((int64_t)i * 7919 % 1000003));
        must("row",
             db_exec(db, NULL, Q_DELIVERY_INSERT,
                     DB_ARGS(DB_INT(id_new(now)), DB_INT(message), DB_TEXT(i % 2 ? "1292" : "1257"), DB_INT(i / 10 + 1),
                             DB_TEXT(address), DB_TEXT(address), DB_TEXT("Åsa Exempel"), DB_INT(LANE_LETTER),
                             DB_INT(now))),
             NULL);
        if (i % 2000 == 1999) {
            must("commit", db_commit(db), NULL);
            db_tidy(db, false);
            must("begin", db_begin(db), NULL);
        }
    }
    must("commit", db_commit(db), NULL);
    return message;
}

static int claim(struct claim *c, int rows)
{
    int n = 0;
    c->now_us = db_now_us(db);
    c->room[LANE_LETTER] = rows;
    must("claim", ledger_claim(db, c, jobs, &n), NULL);
    return n;
}

static void record(int n)
{
    for (int i = 0; i < n; i++) {
        struct ledger_result r = {.delivery_id = jobs[i].delivery_id,
                                  .state = DELIVERY_SENT,
                                  .now_us = db_now_us(db),
                                  .due_us = db_now_us(db),
                                  .code = 250,
                                  .status = "2.0.0",
                                  .reply = "2.0.0 Ok: queued as 4Vx0Qk3Zp6z1",
                                  .step = "final dot",
                                  .relay = "main"};
        must("record", ledger_record(db, &r), NULL);
    }
}

static void bench_turns(int rows)
{
    struct claim c = {.now_us = 0};
    int n = 0;
    int done = 0;
    double longest = 0;
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
    while (done < TURN_ROWS) {
        double from = seconds(CLOCK_MONOTONIC);
        must("begin", db_begin(db), NULL);
        record(n);
        done += n;
        must("finish", ledger_finish(db), NULL);
        n = claim(&c, rows);
        must("commit", db_commit(db), NULL);
        double took = seconds(CLOCK_MONOTONIC) - from; /* then the answers are given */
        db_tidy(db, false);
        longest = took > longest ? took : longest;
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    must("begin", db_begin(db), NULL);
    record(n);
    must("commit", db_commit(db), NULL);
    printf("claimed and recorded, turns of %-3d  %7.0f rows/s         %5.1f us CPU a row, longest turn %.1f ms\n", rows,
           done / wall, cpu * 1e6 / done, longest * 1e3);
}

/* What is claimed is undone, so that each claim finds the same. */
static void bench_claim(int rows)
{
    double sum = 0;
    for (int i = 0; i < PROBES; i++) {
        struct claim c = {.now_us = 0};
        must("begin", db_begin(db), NULL);
        double from = seconds(CLOCK_THREAD_CPUTIME_ID);
        claim(&c, PROBE_ROWS);
        sum += seconds(CLOCK_THREAD_CPUTIME_ID) - from;
        db_rollback(db);
    }
    fflush(stdout);
    printf("claim of %d rows of %-8d         %7.1f us CPU\n", PROBE_ROWS, rows, sum * 1e6 / PROBES);
}

static void bench_counts(int64_t message)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    double from = seconds(CLOCK_THREAD_CPUTIME_ID);
    must("counts", db_query_as(db, &all, &rows, Q_MESSAGE_COUNTS, DB_ARGS(DB_INT(message))), NULL);
    while (db_next(rows) > 0)
        continue;
    db_done(rows);
    must("queue", db_query(db, &rows, Q_QUEUE_COUNTS, DB_NO_ARGS), NULL);
    while (db_next(rows) > 0)
        continue;
    db_done(rows);
    printf("counts of the letter and queue       %7.1f us CPU\n", (seconds(CLOCK_THREAD_CPUTIME_ID) - from) * 1e6);
}

int main(int argc, char **argv)
{
    static const int turns[] = {1, 8, 32};
    int largest = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1000000;
    char *folder = xasprintf("%s/gb-bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
    struct err err = {.text = ""};
    if (!mkdtemp(folder))
        must("folder", ERR_IO, NULL);
    char *url = xasprintf("sqlite:%s/b.db", folder);
    must("open", db_open(url, DB_WRITER, clock_system(), &db, &err), &err);
    must("migrate", migrate_to(db, migrate_latest(), &err), &err);
    for (int rows = 1000; rows <= largest; rows *= rows == 1000 ? 100 : 10) {
        double wall = seconds(CLOCK_MONOTONIC);
        int64_t message = add_letter(rows);
        wall = seconds(CLOCK_MONOTONIC) - wall;
        printf("rows added                           %7.0f rows/s\n", rows / wall);
        bench_claim(rows);
        for (size_t i = 0; rows == 100000 && i < ARRAY_LEN(turns); i++)
            bench_turns(turns[i]);
        bench_counts(message);
        int64_t n = 0;
        must("begin", db_begin(db), NULL);
        must("withdraw", ledger_withdraw(db, message, &n), NULL);
        must("commit", db_commit(db), NULL);
    }
    db_close(db);
    char *command = xasprintf("%s/b.db", folder);
    unlink(command);
    free(command);
    rmdir(folder);
    free(url);
    free(folder);
    return 0;
}
