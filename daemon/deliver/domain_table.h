/*
 * The table behind deliver/domain_limits.h: what is known of each recipient domain, found by a keyed hash, bounded.
 *
 * Entries are numbered; a number stays with its domain while the entry is busy (a delivery in flight). Of the idle
 * ones, kept in the order of their use, those that need not be kept any longer make room for others. Belongs to
 * domain_limits.c, which fills what it needs to know into the entries.
 */
#ifndef GB_DAEMON_DELIVER_DOMAIN_TABLE_H
#define GB_DAEMON_DELIVER_DOMAIN_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/domain_limits.h"
#include "deliver/rate_limit.h"

enum {
    DOMAIN_NONE = -1,
    DOMAIN_KEY_BYTES = 16,
    DOMAIN_BUCKETS = 2 * DOMAIN_LIMITS_MAX, /* a power of two */
    DOMAIN_LOOKS_MAX = 16,                  /* idle entries looked at to make room for another */
};

/* Cursors in microseconds: the next slot that is free, for those in front and for the others. */
struct domain_slots {
    int64_t front_us, back_us;
};

struct domain_entry {
    /* the table's */
    char *name;
    int bucket, next;      /* where it hangs */
    int newer, older;      /* among the idle ones */
    int64_t keep_until_ms; /* set by the owner: not forgotten before */

    /* the owner's, all zero at first */
    int in_flight, sessions;
    struct rate_limit rate;
    struct domain_slots rate_slots, room_slots;
    int64_t mean_ms;       /* of a delivery; 0: none has ended */
    int64_t progress_ms;   /* when one ended last, or the first began */
    int put_offs;          /* 4xx in a row */
    int backoffs;          /* in a row; 0: none */
    int64_t until_ms;      /* of the backoff */
    int probes;            /* of alerts, put off in a row while it backs off */
    int64_t probe_ms;      /* the next one may go then ... */
    int64_t probe_slot_us; /* ... and those that wait for that ask so much later each */
    char *reply;           /* what began it; freed by the table */
};

struct domain_table {
    uint8_t key[DOMAIN_KEY_BYTES];
    int count;
    int newest, oldest; /* idle entries */
    int buckets[DOMAIN_BUCKETS];
    struct domain_entry entries[DOMAIN_LIMITS_MAX];
};

void domain_table_init(struct domain_table *t, const uint8_t key[DOMAIN_KEY_BYTES]);
void domain_table_fini(struct domain_table *t);
/* The number of the domain's entry, or DOMAIN_NONE. */
int domain_table_find(const struct domain_table *t, const char *domain);
/* The same; a domain that is not there is entered (*is_new), idle; DOMAIN_NONE when no entry may go for it. */
int domain_table_get(struct domain_table *t, const char *domain, int64_t now_ms, bool *is_new);
/* The entry becomes busy, or idle (and the one used last). */
void domain_table_busy(struct domain_table *t, int entry);
void domain_table_idle(struct domain_table *t, int entry);
/* An idle one was used. */
void domain_table_touch(struct domain_table *t, int entry);

#endif
