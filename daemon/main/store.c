/* The store's first steps; the contract is in main/store.h. */
#include "main/store.h"

#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/area_shipped.h"
#include "core/ledger.h"
#include "deliver/letter_mail.h"
#include "store/store.h"

/* A request that main waits for before the loop runs. */
struct first_req {
    struct store_req req;
    int64_t recovered;
    uint8_t token_key[32];
    struct err err;
    bool is_done;
};

static int op_first(struct db *db, struct store_req *req)
{
    struct first_req *first = CONTAINER_OF(req, struct first_req, req);
    int rc = ledger_recover(db, &first->recovered);
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
    if (first.recovered > 0)
        log_notice("main", "deliveries in flight when the process ended count=%lld: they are tried again",
                   (long long)first.recovered);
    *sender = letter_sender_new(config, first.token_key);
    return 0;
}
