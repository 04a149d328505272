/* Who sends CAP documents; the contract is in core/cap.h. */
#include "core/cap.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/zone.h"
#include "core/config.h"

/* "MUST NOT include spaces, commas or restricted characters (< and &)" (3.2.1, identifier and sender). */
static bool is_cap_name(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= ' ' || strchr(",<&", *p))
            return false;
    return *text != '\0';
}

int cap_sender_init(struct cap_sender *out, const struct config *config, struct err *err)
{
    struct zone *zone = NULL;
    int rc = zone_open(config->node.timezone, &zone, err);
    if (rc)
        return rc;
    const char *from = config->sender.from;
    *out = (struct cap_sender){
        .id = xstrdup(is_cap_name(from) ? from : config->node.base_url.host),
        .name = xstrdup(config_sender_name(config)),
        .contact = xasprintf("%s. Tips till polisen: 114 14. Pågående brott eller fara för liv: 112.",
                             config->sender.reply_to[0] ? config->sender.reply_to : from),
        .base_url = xstrdup(config->node.base_url.text),
        .zone = zone,
    };
    return 0;
}

void cap_sender_fini(struct cap_sender *sender)
{
    free(sender->id);
    free(sender->name);
    free(sender->contact);
    free(sender->base_url);
    zone_free(sender->zone);
    *sender = (struct cap_sender){0};
}
