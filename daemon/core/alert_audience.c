/*
 * Counting whom an alert reaches; the contract is in core/alert_target.h.
 *
 * An address is counted once, however many groups and persons have it. Of each address a 64-bit keyed hash is kept in
 * an open table: of 100 000 addresses two are taken for one once in three thousand million counts.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/random.h"
#include "core/alert_target.h"
#include "store/db.h"

enum { TABLE_ROOM_MIN = 1024 };

struct hash_set {
    uint64_t *slot; /* 0: free */
    size_t room;    /* a power of two, at most half full */
    size_t count;
};

static void put(uint64_t *slot, size_t room, uint64_t hash, size_t *count)
{
    size_t i = (size_t)hash & (room - 1);
    while (slot[i] && slot[i] != hash)
        i = (i + 1) & (room - 1);
    *count += slot[i] == 0;
    slot[i] = hash;
}

static void grow(struct hash_set *set)
{
    size_t room = set->room ? 2 * set->room : TABLE_ROOM_MIN;
    uint64_t *slot = xcalloc(room, sizeof *slot);
    size_t count = 0;
    for (size_t i = 0; i < set->room; i++)
        if (set->slot[i])
            put(slot, room, set->slot[i], &count);
    free(set->slot);
    *set = (struct hash_set){slot, room, count};
}

static void add(struct hash_set *set, const uint8_t key[crypto_shorthash_KEYBYTES], const char *text)
{
    uint64_t hash = 0;
    _Static_assert(crypto_shorthash_BYTES == sizeof hash, "SipHash gives 64 bits");
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text, strlen(text), key);
    if (2 * set->count >= set->room)
        grow(set);
    put(set->slot, set->room, hash ? hash : 1, &set->count);
}

static int add_rows(struct hash_set *set, const uint8_t *key, struct db_rows *rows)
{
    int rc = 0;
    while ((rc = db_next(rows)) > 0)
        add(set, key, db_text(rows, 0));
    db_done(rows);
    return rc;
}

/* Those who have stopped alerts go into the set first and are taken off the number at the end: a look at each row of a
 * person would cost more than all the rest. */
static int add_stopped(struct db *db, struct hash_set *set, const uint8_t *key)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_ALERT_STOPPED, DB_NO_ARGS);
    return rc ? rc : add_rows(set, key, rows);
}

static int count_groups(struct db *db, const struct alert_audience *a, struct hash_set *set, const uint8_t *key)
{
    int64_t staging = 0;
    int rc = db_get_int(db, &staging, Q_REGISTER_IS_STAGING, DB_NO_ARGS);
    enum query q = staging > 0 ? Q_ALERT_GROUP_ADDRESSES_WHOLE : Q_ALERT_GROUP_ADDRESSES;
    for (int64_t i = 0; i < a->groups && rc == 0; i++) {
        struct db_rows *rows = NULL;
        rc = db_query(db, &rows, q, DB_ARGS(DB_INT(a->group_ids[i])));
        if (rc == 0)
            rc = add_rows(set, key, rows);
    }
    return rc;
}

static int add_sample(struct db *db, struct alert_audience *a, int64_t group)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_ALERT_GROUP_SAMPLE, DB_ARGS(DB_INT(group)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        a->sample[a->sample_count++] =
            (struct alert_sample){xstrdup(db_text(rows, 0)), xstrdup(db_text(rows, 1)), xstrdup(db_text(rows, 2))};
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static void drop_sample(struct alert_audience *a)
{
    for (size_t i = 0; i < a->sample_count; i++) {
        free(a->sample[i].person);
        free(a->sample[i].group);
        free(a->sample[i].municipality);
    }
    a->sample_count = 0;
}

/* Up to ALERT_SAMPLE_MAX groups at even distances. */
static int take_sample(struct db *db, struct alert_audience *a)
{
    int rc = 0;
    int64_t n = a->groups < ALERT_SAMPLE_MAX ? a->groups : ALERT_SAMPLE_MAX;
    for (int64_t i = 0; i < n && rc == 0; i++)
        rc = add_sample(db, a, a->group_ids[i * a->groups / n]);
    return rc;
}

int alert_audience_version(struct db *db, const struct alert_audience *a, int64_t *out)
{
    int64_t newest = 0;
    for (size_t i = 0; i < a->municipality_count; i++) {
        int64_t version = 0;
        int rc = db_get_int(db, &version, Q_AUDIENCE_VERSION, DB_ARGS(DB_TEXT(a->municipalities[i].code)));
        if (rc && rc != ERR_NOT_FOUND)
            return rc;
        newest = version > newest ? version : newest;
    }
    *out = newest;
    return 0;
}

int alert_audience_count(struct db *db, struct alert_audience *a)
{
    uint8_t key[crypto_shorthash_KEYBYTES];
    struct hash_set set = {0};
    int64_t version = 0;
    size_t stopped = 0;
    int rc = alert_audience_version(db, a, &version);
    random_bytes(key, sizeof key);
    drop_sample(a);
    if (rc == 0)
        rc = add_stopped(db, &set, key);
    stopped = set.count;
    if (rc == 0)
        rc = count_groups(db, a, &set, key);
    if (rc == 0)
        rc = take_sample(db, a);
    if (rc == 0) {
        a->recipients = (int64_t)(set.count - stopped);
        a->version = version;
    }
    free(set.slot);
    return rc;
}

void alert_audience_fini(struct alert_audience *a)
{
    drop_sample(a);
    free(a->group_ids);
    free(a->municipalities);
    free(a->target_json);
    *a = (struct alert_audience){0};
}
