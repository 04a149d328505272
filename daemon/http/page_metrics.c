/*
 * GET /metrics: Prometheus' text format 0.0.4. The ledger's figures are read on the store's thread, the store's and the
 * loop's own counters are added on the loop. Only counts: no name, address, title or id of anybody.
 */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "core/ledger.h"
#include "http/api.h"
#include "http/page.h"
#include "store/db.h"
#include "store/store.h"

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static int add_queue(struct buf *out, struct db *db)
{
    int64_t counts[LANE_COUNT][2] = {{0}};
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_QUEUE_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        int64_t lane = db_int(rows, 0);
        if (lane >= 0 && lane < LANE_COUNT)
            counts[lane][strcmp(db_text(rows, 1), delivery_state_word(DELIVERY_CLAIMED)) == 0] = db_int(rows, 2);
    }
    db_done(rows);
    head(out, "grannbud_queue_deliveries", "gauge", "Deliveries that wait or are on the wire.");
    for (int lane = 0; lane < LANE_COUNT; lane++)
        for (int i = 0; i < 2; i++)
            buf_addf(out, "grannbud_queue_deliveries{lane=\"%s\",state=\"%s\"} %" PRId64 "\n",
                     lane_word((enum lane)lane), delivery_state_word(i ? DELIVERY_CLAIMED : DELIVERY_PENDING),
                     counts[lane][i]);
    return rc;
}

static int add_deliveries(struct buf *out, struct db *db)
{
    int64_t counts[DELIVERY_EXPIRED + 1] = {0};
    enum delivery_state state = DELIVERY_PENDING;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_LEDGER_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        if (delivery_state_parse(db_text(rows, 0), &state))
            counts[state] = db_int(rows, 1);
    db_done(rows);
    head(out, "grannbud_deliveries", "gauge", "Deliveries in the ledger.");
    for (int i = 0; i <= DELIVERY_EXPIRED; i++)
        buf_addf(out, "grannbud_deliveries{state=\"%s\"} %" PRId64 "\n", delivery_state_word((enum delivery_state)i),
                 counts[i]);
    return rc;
}

/* On the loop: the store's counters and what main knows. */
static void add_loop(struct api_call *call)
{
    struct buf *out = &call->text;
    struct store_stats s = store_stats(call->env->store);
    head(out, "grannbud_store_writes_total", "counter", "Write operations run by the store since start.");
    buf_addf(out, "grannbud_store_writes_total %" PRIu64 "\n", s.writes);
    head(out, "grannbud_store_commits_total", "counter", "Transactions committed since start.");
    buf_addf(out, "grannbud_store_commits_total %" PRIu64 "\n", s.commits);
    head(out, "grannbud_store_failures_total", "counter", "Write operations refused or failed since start.");
    buf_addf(out, "grannbud_store_failures_total %" PRIu64 "\n", s.failures);
    head(out, "grannbud_store_commit_seconds_total", "counter", "Time spent in transactions since start.");
    buf_addf(out, "grannbud_store_commit_seconds_total %" PRIu64 ".%06" PRIu64 "\n", s.commit_us_sum / 1000000,
             s.commit_us_sum % 1000000);
    if (call->env->metrics)
        call->env->metrics(call->env->ctx, out);
}

int page_metrics(struct api_call *call, struct db *db)
{
    struct buf *out = &call->text;
    bool hold = false;
    call->content_type = "text/plain; version=0.0.4; charset=utf-8";
    head(out, "grannbud_build_info", "gauge", "Always 1; the version is its label.");
    buf_adds(out, "grannbud_build_info{version=\"" GRANNBUD_VERSION "\"} 1\n");
    int rc = add_queue(out, db);
    if (rc == 0)
        rc = add_deliveries(out, db);
    if (rc == 0)
        rc = ledger_is_on_hold(db, &hold);
    if (rc)
        return rc;
    head(out, "grannbud_hold", "gauge", "Whether all sending is stopped by hand.");
    buf_addf(out, "grannbud_hold %d\n", hold ? 1 : 0);
    call->finish = add_loop;
    return 0;
}
