/*
 * The police's events as a source (inbound/poller.h), by the rules of their open data: identify yourself, 10 seconds
 * between calls, 60 an hour, 1 440 a day, stop at 404, obey 429.
 */
#include "inbound/poller.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/zone.h"
#include "core/config.h"
#include "core/police_event.h"
#include "core/police_store.h"
#include "store/db.h"

enum { GAP_S = 10, PER_HOUR = 60, PER_DAY = 1440, REFUSED_WAIT_S = 3600, CHUNK = 200, NAMES_MAX = 40 };

/* Whoever keeps to so many in any hour keeps to as many as that in any day. */
static_assert(PER_HOUR * 24 <= PER_DAY, "the hour's limit is the day's too");

/* What a reader makes of an answer. */
struct answer {
    struct police_event_list *list;
    struct police_place *ours;
    size_t count;
    int changed;
};

static const struct config_url *url(const struct config *config)
{
    return &config->police_events.url;
}

static const struct config_hosts *places(const struct config *config)
{
    return &config->police_events.municipalities;
}

static int64_t interval_s(const struct config *config)
{
    return config->police_events.poll_interval_s;
}

static void agent(const struct config *config, char out[POLLER_AGENT_BYTES])
{
    snprintf(out, POLLER_AGENT_BYTES, "Grannbud/%s (%.200s; +%.300s)", GRANNBUD_VERSION, config->police_events.contact,
             config->node.base_url.text);
}

/* Percent-encoded (RFC 3986, unreserved stay). */
static void encode(struct buf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++) {
        if (strchr(plain, *text))
            buf_addc(out, *text);
        else
            buf_addf(out, "%%%02X", (unsigned char)*text);
    }
}

/* "?locationname=Ängelholm;Skåne%20län". With many places everything is asked for; what is ours is found out here in
 * any case. */
static void query(const struct source_places *p, struct buf *out)
{
    if (p->count > NAMES_MAX)
        return;
    buf_adds(out, "?locationname=");
    for (size_t i = 0; i < p->count; i++) {
        bool is_new_county = i == 0 || strcmp(p->items[i].county, p->items[i - 1].county) != 0; /* they are by code */
        buf_adds(out, i > 0 ? ";" : "");
        encode(out, p->items[i].name);
        if (is_new_county) {
            buf_addc(out, ';');
            encode(out, p->items[i].county_name);
        }
    }
}

static void drop(void *parsed)
{
    struct answer *a = parsed;
    police_events_free(a->list);
    free(a->ours);
    free(a);
}

static int parse(struct poller *p, struct err *err)
{
    struct police_event_list *list = NULL;
    struct zone *zone = NULL;
    int rc = zone_open("Europe/Stockholm", &zone, err);
    if (rc == 0)
        rc = police_events_parse(buf_str(&p->body), p->body.len, zone, &list, err);
    zone_free(zone);
    if (rc)
        return rc;
    struct answer *a = xcalloc(1, sizeof *a);
    a->list = list;
    a->ours = xcalloc(list->count + 1, sizeof a->ours[0]);
    a->count = police_events_ours(list, &p->places, a->ours);
    p->parsed = a;
    return 0;
}

static int keep(struct poller *p, struct db *db, bool *more)
{
    struct answer *a = p->parsed;
    size_t to = p->kept + CHUNK < a->count ? p->kept + CHUNK : a->count;
    int changed = 0;
    int rc = police_events_keep(db, a->list, a->ours, p->kept, to, db_now_us(db), &changed);
    *more = to < a->count;
    if (rc == 0 && !*more)
        rc = police_events_forget(db, db_now_us(db));
    p->kept = to;
    p->faults = a->list->faults;
    a->changed += changed;
    p->news[0] = '\0';
    if (a->changed > 0 && !*more)
        snprintf(p->news, sizeof p->news, "events new or changed=%d of %zu here, %zu told", a->changed, a->count,
                 a->list->count);
    return rc;
}

const struct poller_kind POLLER_POLICE_EVENTS = {
    .source = SOURCE_POLICE_EVENTS,
    .gap_s = GAP_S,
    .refused_wait_s = REFUSED_WAIT_S,
    .per_hour = PER_HOUR,
    .stops_at_404 = true,
    .url = url,
    .places = places,
    .interval_s = interval_s,
    .agent = agent,
    .query = query,
    .parse = parse,
    .keep = keep,
    .drop = drop,
};
