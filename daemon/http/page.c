/* The table of what is answered without a login, and the health check. */
#include "http/page.h"

#include "base/err.h"
#include "core/ledger.h"
#include "http/api.h"
#include "http/api_webhook_again.h"

/* "ok" when the store answers a question; else 503, for whoever watches us. */
static int healthz(struct api_call *call, struct db *db)
{
    bool hold = false;
    if (ledger_is_on_hold(db, &hold) != 0)
        return err_set(&call->err, ERR_BUSY, "the store does not answer");
    call->content_type = "text/plain; charset=utf-8";
    return buf_adds(&call->text, "ok\n");
}

/* The buttons' bodies are read by nobody: the address says it all. API_FILE, since a form is no JSON. */
const struct api_route API_ROUTES_PAGE[] = {
    {HTTP_METHOD_GET, "/healthz", API_READ, 0, API_NO_BODY, healthz, "Tell whether daemon and store answer."},
    {HTTP_METHOD_GET, "/metrics", API_READ, 0, API_NO_BODY, page_metrics, "Figures in Prometheus' text format."},
    {HTTP_METHOD_GET, "/u/{token}", API_READ, 0, API_NO_BODY, page_unsubscribe_ask,
     "The page that a letter's unsubscribe link leads to; changes nothing."},
    {HTTP_METHOD_POST, "/u/{token}", API_WRITE, 0, API_FILE, page_unsubscribe_do,
     "Send no more letters to this mailbox: the page's button, or one click in a mail program (RFC 8058)."},
    {HTTP_METHOD_POST, "/webhook/46elks/{token}", API_WRITE, 0, API_FILE, page_webhook_report,
     "What the gateway of text messages says of one later; the address is the permission."},
    {.pattern = NULL},
};
