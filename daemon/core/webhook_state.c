/* Disabling an endpoint; the contract is in core/webhook_state.h. */
#include "core/webhook_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "core/webhook_row.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

int webhook_audit(struct db *db, const struct actor *actor, const char *action, int64_t id, const char *reason)
{
    char object[ID_TEXT_BYTES];
    char name[48];
    json_t *detail = reason ? json_pack("{s:s}", "reason", reason) : json_object();
    char *text = json_dumps(detail, JSON_COMPACT);
    snprintf(name, sizeof name, "webhook.%s", action);
    int rc = audit_write(db, actor, name, id_format(ID_WEBHOOK, id, object), text);
    free(text);
    json_decref(detail);
    return rc;
}

/* What still went wrong last stands in `webhook show`; secrets stand nowhere. */
static int tell_owner(struct db *db, const struct webhook_row *row, const char *reason)
{
    char id[ID_TEXT_BYTES];
    int64_t message = 0;
    if (!row->owner_email || !row->owner_email[0])
        return 0;
    char *shown = webhook_url_shown(row->format, row->url);
    id_format(ID_WEBHOOK, row->id, id);
    char *title = xasprintf("Webhooken %s är avstängd", row->name);
    char *text = xasprintf(
        "Hej!\n\nMottagaren %s (%s, %s) får inga fler varningar, eftersom leveranserna inte kommer fram:\n\n"
        "    %s\n\nDet som inte kom fram är sparat. När mottagaren fungerar igen:\n\n"
        "    grannbud webhook test %s\n    grannbud webhook enable %s\n    grannbud webhook replay %s\n\n"
        "---\nIn English: the webhook %s is disabled, since deliveries to it fail. What did not arrive is kept "
        "and can be replayed.\n",
        row->name, webhook_format_word(row->format), shown, reason, id, id, id, row->name);
    int rc = ledger_post(db, "reminder", title, text, row->owner_email, row->owner, &message);
    free(shown);
    free(title);
    free(text);
    return rc == ERR_INVALID ? 0 : rc; /* an address that is none any more must not stand in the way */
}

int webhook_state_disable(struct db *db, const struct actor *actor, int64_t id, const char *reason, bool tells_owner)
{
    struct webhook_row row;
    int64_t changed = 0;
    int64_t now = db_now_us(db);
    int rc = db_exec(db, &changed, Q_WEBHOOK_DISABLE, DB_ARGS(DB_INT(id), DB_TEXT(reason), DB_INT(now)));
    if (rc == 0 && changed == 0)
        return ERR_BAD_STATE;
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_GIVE_UP,
                     DB_ARGS(DB_INT(id), DB_TEXT("the endpoint was disabled"), DB_INT(now)));
    if (rc == 0)
        rc = webhook_audit(db, actor, "disable", id, reason);
    if (rc || !tells_owner)
        return rc;
    rc = webhook_row_load(db, id, &row);
    if (rc)
        return rc;
    rc = tell_owner(db, &row, reason);
    webhook_row_fini(&row);
    return rc;
}
