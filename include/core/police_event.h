/*
 * The police's public events (polisen.se/api/events): a JSON array of the newest, at most 500 or so.
 *
 * Reading only; keeping them is core/police_store.h's. An entry that cannot be used (no id, no time, no type) is left
 * out and counted as a fault. Texts are the police's own, but for characters that cannot be seen.
 *
 * `datetime` is when the police published or last changed the entry. When it happened stands only in `name` ("02 mars
 * 05.40, Inbrott, Ängelholm"), without a year: the year is the latest that does not put the event more than a day after
 * its publication, so that a burglary of 31 December that is told on 1 January is last year's.
 *
 * Pure, any thread. Ownership: the list is the caller's, and everything in it.
 */
#ifndef GB_CORE_POLICE_EVENT_H
#define GB_CORE_POLICE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source_json.h"

struct zone;

enum {
    POLICE_EVENTS_MAX = 2000,
    POLICE_NAME_BYTES = 400,
    POLICE_TYPE_BYTES = 120,
    POLICE_SUMMARY_BYTES = 4000,
    POLICE_URL_BYTES = 600
};

struct police_event {
    int64_t id;           /* > 0; stays the same when the entry is changed */
    int64_t published_us; /* `datetime` */
    int64_t happened_us;  /* from `name`; published_us when it says none */
    char *name;           /* one line; "" when there is none */
    char *type;           /* "Inbrott" */
    char *summary;        /* lines; "" when there is none */
    char *url;            /* https://polisen.se/..., or "" */
    char *place;          /* a municipality or a county by its name, never a street; "" when there is none */
};

struct police_event_list {
    struct police_event *events; /* in the source's order; an id stands once, with its last entry */
    size_t count;
    struct source_faults faults; /* entries left out */
};

/* `zone` is the police's, Europe/Stockholm. 0 and *out, or ERR_PROTOCOL or ERR_TOO_LARGE with words when the answer as
 * a whole cannot be used. */
int police_events_parse(const char *data, size_t n, const struct zone *zone, struct police_event_list **out,
                        struct err *err);
void police_events_free(struct police_event_list *list); /* NULL is fine */

/* When it happened, from the words that `name` opens with, in `zone`; `published_us` when they are no time. */
int64_t police_event_time(const char *name, int64_t published_us, const struct zone *zone);
/* Does an entry of this type bundle several events ("Sammanfattning natt")? It is then never counted as one. */
bool police_event_is_summary(const char *type);

#endif
