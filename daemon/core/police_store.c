/* The police's events as they are kept; the contract is in core/police_store.h. */
#include "core/police_store.h"

#include "base/clock.h"
#include "core/police_event.h"
#include "store/db.h"

enum { DAY_S = 86400 };

size_t police_events_ours(const struct police_event_list *list, const struct source_places *places,
                          struct police_place *out)
{
    size_t n = 0;
    for (size_t i = 0; i < list->count; i++) {
        out[n].event = i;
        if (source_places_find(places, list->events[i].place, out[n].municipality, out[n].county) == 0)
            n++;
    }
    return n;
}

static struct db_arg code_or_null(const char *code)
{
    return code[0] ? DB_TEXT(code) : DB_NULL;
}

int police_events_keep(struct db *db, const struct police_event_list *list, const struct police_place *ours,
                       size_t from, size_t to, int64_t now_us, int *changed)
{
    int rc = 0;
    *changed = 0;
    for (size_t i = from; rc == 0 && i < to; i++) {
        const struct police_event *e = &list->events[ours[i].event];
        int64_t n = 0;
        rc = db_exec(db, &n, Q_POLICE_EVENT_PUT,
                     DB_ARGS(DB_INT(e->id), DB_INT(e->published_us), DB_INT(e->happened_us), DB_TEXT(e->name),
                             DB_TEXT(e->type), DB_TEXT(e->summary), DB_TEXT(e->url), DB_TEXT(e->place),
                             code_or_null(ours[i].municipality), code_or_null(ours[i].county), DB_INT(now_us)));
        *changed += n > 0;
    }
    return rc;
}

int police_events_forget(struct db *db, int64_t now_us)
{
    return db_exec(db, NULL, Q_POLICE_EVENT_CLEAR,
                   DB_ARGS(DB_INT(now_us - (int64_t)POLICE_KEEP_DAYS * DAY_S * US_PER_S)));
}
