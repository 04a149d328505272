/*
 * GET /metrics: Prometheus' text format 0.0.4. The ledger's figures are read on the store's thread, the store's and the
 * loop's own counters are added on the loop. Only counts: no name, address, title or id of anybody.
 */
#include <stdio.h>
#include <string.h>

#include "base/histogram.h"
#include "base/prometheus.h"
#include "core/ledger.h"
#include "http/api.h"
#include "http/page.h"
#include "store/db.h"
#include "store/store.h"

enum { LABELS_BYTES = 80 };

static void put(struct buf *out, const char *name, const char *type, const char *help, int64_t n)
{
    prometheus_head(out, name, type, help);
    prometheus_sample(out, name, "", n);
}

/* The lanes' and states' words are ours: nothing in them needs escaping. */
static const char *labels(char out[LABELS_BYTES], enum lane lane, const char *state)
{
    int n = snprintf(out, LABELS_BYTES, "lane=\"%s\"", lane_word(lane));
    if (state)
        snprintf(out + n, LABELS_BYTES - (size_t)n, ",state=\"%s\"", state);
    return out;
}

struct queue_counts {
    int64_t open[LANE_COUNT][2]; /* pending, claimed */
    int64_t oldest_us[LANE_COUNT];
};

static int read_queue(struct db *db, struct queue_counts *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_QUEUE_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        int64_t lane = db_int(rows, 0);
        bool is_claimed = strcmp(db_text(rows, 1), delivery_state_word(DELIVERY_CLAIMED)) == 0;
        if (lane < 0 || lane >= LANE_COUNT)
            continue;
        out->open[lane][is_claimed] = db_int(rows, 2);
        if (!is_claimed)
            out->oldest_us[lane] = db_int(rows, 3);
    }
    db_done(rows);
    return rc;
}

static int add_queue(struct buf *out, struct db *db)
{
    static const char OPEN[] = "grannbud_queue_deliveries";
    static const char AGE[] = "grannbud_queue_oldest_age_seconds";
    char text[LABELS_BYTES];
    struct queue_counts q = {0};
    int rc = read_queue(db, &q);
    if (rc)
        return rc;
    prometheus_head(out, OPEN, "gauge", "Deliveries that wait or are on the wire.");
    for (int lane = 0; lane < LANE_COUNT; lane++)
        for (int i = 0; i < 2; i++)
            prometheus_sample(
                out, OPEN, labels(text, (enum lane)lane, delivery_state_word(i ? DELIVERY_CLAIMED : DELIVERY_PENDING)),
                q.open[lane][i]);
    prometheus_head(out, AGE, "gauge", "How long the delivery that is due longest has been so; 0 when none is due.");
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        int64_t age_us = q.oldest_us[lane] > 0 ? db_now_us(db) - q.oldest_us[lane] : 0;
        prometheus_sample_us(out, AGE, labels(text, (enum lane)lane, NULL), age_us > 0 ? age_us : 0);
    }
    return 0;
}

static int add_deliveries(struct buf *out, struct db *db)
{
    static const char NAME[] = "grannbud_deliveries";
    int64_t counts[DELIVERY_EXPIRED + 1] = {0};
    char text[LABELS_BYTES];
    enum delivery_state state = DELIVERY_PENDING;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_LEDGER_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        if (delivery_state_parse(db_text(rows, 0), &state))
            counts[state] = db_int(rows, 1);
    db_done(rows);
    prometheus_head(out, NAME, "gauge", "Deliveries in the ledger.");
    for (int i = 0; i <= DELIVERY_EXPIRED; i++) {
        snprintf(text, sizeof text, "state=\"%s\"", delivery_state_word((enum delivery_state)i));
        prometheus_sample(out, NAME, text, counts[i]);
    }
    return rc;
}

/* On the loop: the store's counters and what main knows. */
static void add_loop(struct api_call *call)
{
    static const char COMMITS[] = "grannbud_store_commit_seconds";
    struct buf *out = &call->text;
    struct store_stats s = store_stats(call->env->store);
    put(out, "grannbud_store_writes_total", "counter", "Write operations run by the store since start.",
        (int64_t)s.writes);
    put(out, "grannbud_store_commits_total", "counter", "Transactions committed since start.", (int64_t)s.commits);
    put(out, "grannbud_store_reads_total", "counter", "Read operations since start.", (int64_t)s.reads);
    put(out, "grannbud_store_failures_total", "counter", "Write operations refused or failed since start.",
        (int64_t)s.failures);
    prometheus_head(out, COMMITS, "histogram", "Time that a transaction took, its commit included.");
    histogram_text(&s.commit_times, out, COMMITS, "");
    if (call->env->metrics)
        call->env->metrics(call->env->ctx, out);
}

int page_metrics(struct api_call *call, struct db *db)
{
    struct buf *out = &call->text;
    bool hold = false;
    int64_t size = 0;
    call->content_type = "text/plain; version=0.0.4; charset=utf-8";
    prometheus_head(out, "grannbud_build_info", "gauge", "Always 1; the version is its label.");
    prometheus_sample(out, "grannbud_build_info", "version=\"" GRANNBUD_VERSION "\"", 1);
    int rc = add_queue(out, db);
    if (rc == 0)
        rc = add_deliveries(out, db);
    if (rc == 0)
        rc = ledger_is_on_hold(db, &hold);
    if (rc == 0)
        rc = db_get_int(db, &size, Q_STORE_SIZE, DB_NO_ARGS);
    if (rc)
        return rc;
    put(out, "grannbud_hold", "gauge", "Whether all sending is stopped by hand.", hold ? 1 : 0);
    put(out, "grannbud_store_size_bytes", "gauge", "The store's file, without its log.", size);
    call->finish = add_loop;
    return 0;
}
