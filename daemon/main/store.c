/* What main does with the store; the contract is in main/store.h. */
#include "main/store.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/area_shipped.h"
#include "core/ledger.h"
#include "core/webhook_queue.h"
#include "deliver/letter_mail.h"
#include "store/db.h"
#include "store/store.h"

/* A request that main waits for before the loop runs. */
struct first_req {
    struct store_req req;
    int64_t recovered, recovered_webhooks;
    uint8_t token_key[32];
    struct err err;
    bool is_done;
};

static int op_first(struct db *db, struct store_req *req)
{
    struct first_req *first = CONTAINER_OF(req, struct first_req, req);
    int rc = ledger_recover(db, &first->recovered);
    if (rc == 0)
        rc = webhook_recover(db, &first->recovered_webhooks);
    if (rc == 0)
        rc = ledger_token_key(db, first->token_key);
    return rc ? rc : area_load_shipped(db, &first->err);
}

static void on_first(struct store_req *req)
{
    CONTAINER_OF(req, struct first_req, req)->is_done = true;
}

int main_store_prepare(struct store *store, const struct config *config, struct letter_sender **sender)
{
    struct first_req first = {.req = {.op = op_first, .done = on_first}};
    store_write(store, &first.req);
    while (!first.is_done) {
        struct timespec wait = {.tv_nsec = 1000000};
        nanosleep(&wait, NULL);
        store_complete(store);
    }
    if (first.req.status) {
        log_error("main", "store: %s", err_or(&first.err, first.req.status));
        return first.req.status;
    }
    if (store_replaced(store))
        log_notice("main", "store restored: nothing is sent until 'grannbud resume' what_it_was=%s",
                   store_replaced(store)[0] ? store_replaced(store) : "(there was none)");
    if (first.recovered > 0)
        log_notice("main", "deliveries in flight when the process ended count=%lld: they are tried again",
                   (long long)first.recovered);
    if (first.recovered_webhooks > 0)
        log_notice("main", "webhooks in flight when the process ended count=%lld: they are called again",
                   (long long)first.recovered_webhooks);
    *sender = letter_sender_new(config, first.token_key);
    return 0;
}

const char *main_store_problem(struct store *store, char *out, size_t bytes)
{
    int trouble = store_stats(store).trouble;
    out[0] = '\0';
    if (trouble)
        snprintf(out, bytes, "store: %s; nothing is sent meanwhile", err_text(trouble));
    return out;
}

/* The looks of scheduler and outbox write nothing while nothing is due, so they would never find out. */
static int op_probe(struct db *db, struct store_req *req)
{
    char now[TIME_TEXT_BYTES];
    (void)req;
    return db_exec(db, NULL, Q_SETTING_PUT,
                   DB_ARGS(DB_TEXT("store_probe"), DB_TEXT(time_format_utc(db_now_us(db), now))));
}

static void on_probed(struct store_req *req)
{
    CONTAINER_OF(req, struct store_probe, req)->is_running = false;
}

void main_store_probe(struct store *store, struct store_probe *probe)
{
    if (probe->is_running || store_stats(store).trouble == 0)
        return;
    probe->is_running = true;
    probe->req = (struct store_req){.op = op_probe, .done = on_probed};
    store_write(store, &probe->req);
}
