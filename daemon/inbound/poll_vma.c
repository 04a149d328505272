/*
 * VMA as a source (inbound/poller.h). The whole country's warnings are asked for, without a filter: they are few, and a
 * filter by municipality might leave out what is said of its county. Which are ours is found out here.
 */
#include "inbound/poller.h"

#include <stdio.h>

#include "core/config.h"
#include "core/vma.h"
#include "core/vma_draft.h"
#include "store/db.h"

/* The allowance is the shortest [vma] poll_interval, 30 s, all the hour: a smaller one would leave us blind for its
 * rest. */
enum { GAP_S = 20, PER_HOUR = 120, REFUSED_WAIT_S = 300 };

static const struct config_url *url(const struct config *config)
{
    return &config->vma.url;
}

static const struct config_hosts *places(const struct config *config)
{
    return &config->vma.municipalities;
}

static int64_t interval_s(const struct config *config)
{
    return config->vma.poll_interval_s;
}

static void agent(const struct config *config, char out[POLLER_AGENT_BYTES])
{
    snprintf(out, POLLER_AGENT_BYTES, "Grannbud/%s (+%.400s)", GRANNBUD_VERSION, config->node.base_url.text);
}

static int parse(struct poller *p, struct err *err)
{
    struct vma_list *list = NULL;
    int rc = vma_parse(buf_str(&p->body), p->body.len, &list, err);
    p->parsed = list;
    return rc;
}

static void add_faults(struct source_faults *to, const struct source_faults *from)
{
    size_t count = to->count + from->count;
    if (from->count > 0)
        source_fault(to, "%s", from->first);
    to->count = count;
}

static int keep(struct poller *p, struct db *db, bool *more)
{
    const struct vma_list *list = p->parsed;
    struct vma_taken taken;
    *more = false;
    int rc = vma_take(db, p->config, &p->places, list, &taken);
    if (rc == 0)
        rc = vma_forget(db, db_now_us(db));
    p->faults = list->faults;
    add_faults(&p->faults, &taken.faults);
    p->news[0] = '\0';
    if (taken.drafts + taken.updates + taken.recalls + taken.ended > 0)
        snprintf(p->news, sizeof p->news, "suggestions: alerts=%d updates=%d recalls=%d, drafts ended=%d", taken.drafts,
                 taken.updates, taken.recalls, taken.ended);
    return rc;
}

static void drop(void *parsed)
{
    vma_list_free(parsed);
}

const struct poller_kind POLLER_VMA = {
    .source = SOURCE_VMA,
    .gap_s = GAP_S,
    .refused_wait_s = REFUSED_WAIT_S,
    .per_hour = PER_HOUR,
    .url = url,
    .places = places,
    .interval_s = interval_s,
    .agent = agent,
    .parse = parse,
    .keep = keep,
    .drop = drop,
    .is_urgent = true,
};
