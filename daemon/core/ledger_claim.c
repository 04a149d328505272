/*
 * The ledger: claims. The contract is in core/ledger.h.
 *
 * A lane whose messages take turns is served in rounds. A round lists the messages that come next in the circle of
 * message ids, at most as many as there is room for, and shares the room equally among them; who has more than its
 * share may take in a second pass what others left. When all messages of the circle fit into one round the next claim
 * begins with the second of them, else with the first that was not served: so over time each gets the same.
 *
 * lane_queue tells which messages may have rows due, and is never too late. A message that turns out to have none is
 * set right there and then, so it is looked at once and not at every claim.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "store/db.h"

/* --- jobs ------------------------------------------------------------------------------------------------------ */

static void copy(char *out, size_t room, const char *text)
{
    size_t n = strlen(text);
    if (n >= room) { /* cut between characters */
        n = room - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(out, text, n);
    out[n] = '\0';
}

/* A row of Q_DELIVERY_CLAIM; group_id and due_at stand in `key` until names are looked up and the rows are in order. */
struct row_key {
    int64_t due_at, delivery_id, group_id;
    int job;
};

static void read_row(const struct db_rows *rows, enum lane lane, struct job *job, struct row_key *key)
{
    const char *address_key = db_text(rows, 8);
    const char *at = strrchr(address_key, '@');
    memset(job, 0, sizeof *job);
    job->lane = lane;
    job->delivery_id = key->delivery_id = db_int(rows, 0);
    job->message_id = db_int(rows, 1);
    job->address_id = db_int(rows, 2);
    job->attempts = (int)db_int(rows, 3);
    job->created_at = db_int(rows, 4);
    job->due_at = key->due_at = db_int(rows, 5);
    copy(job->municipality_code, sizeof job->municipality_code, db_text(rows, 6));
    copy(job->address, sizeof job->address, db_text(rows, 7));
    copy(job->domain, sizeof job->domain, at ? at + 1 : "");
    copy(job->to_name, sizeof job->to_name, db_text(rows, 9));
    key->group_id = db_int(rows, 10);
    job->first_at = db_int(rows, 11);
    job->follows = db_int(rows, 12);
}

static int read_message(struct db *db, struct job *job)
{
    return db_get_int(db, &job->message_created_at, Q_JOB_MESSAGE, DB_ARGS(DB_INT(job->message_id)));
}

static int read_group(struct db *db, int64_t group_id, struct job *job)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_JOB_GROUP, DB_ARGS(DB_INT(group_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        copy(job->group_name, sizeof job->group_name, db_text(rows, 0));
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int read_municipality(struct db *db, struct job *job)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_JOB_MUNICIPALITY, DB_ARGS(DB_TEXT(job->municipality_code)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        copy(job->municipality_name, sizeof job->municipality_name, db_text(rows, 0));
        copy(job->area_name, sizeof job->area_name, db_text(rows, 1));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* The names of one job. Neighbours in a claim are neighbours in life: what the job before has already is not asked for
 * again. */
static int read_names(struct db *db, struct job *job, int64_t group_id, const struct job *before, int64_t group_before)
{
    int rc = 0;
    if (before && before->message_id == job->message_id)
        job->message_created_at = before->message_created_at;
    else
        rc = read_message(db, job);
    if (rc == 0 && before && group_before == group_id)
        memcpy(job->group_name, before->group_name, sizeof job->group_name);
    else if (rc == 0 && group_id)
        rc = read_group(db, group_id, job);
    if (rc || !job->municipality_code[0])
        return rc;
    if (!before || strcmp(before->municipality_code, job->municipality_code) != 0)
        return read_municipality(db, job);
    memcpy(job->municipality_name, before->municipality_name, sizeof job->municipality_name);
    memcpy(job->area_name, before->area_name, sizeof job->area_name);
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct row_key *x = a;
    const struct row_key *y = b;
    if (x->due_at != y->due_at)
        return x->due_at < y->due_at ? -1 : 1;
    return (x->delivery_id > y->delivery_id) - (x->delivery_id < y->delivery_id);
}

/* Bring n jobs into the order of their keys. RETURNING gives none, though what it gives is mostly in order. */
static void put_in_order(struct job *jobs, struct row_key *keys, int n)
{
    bool sorted = true;
    for (int i = 1; i < n; i++)
        sorted = sorted && compare_keys(&keys[i - 1], &keys[i]) < 0;
    if (sorted)
        return;
    struct job *copies = xmalloc((size_t)n * sizeof *copies);
    memcpy(copies, jobs, (size_t)n * sizeof *copies);
    qsort(keys, (size_t)n, sizeof *keys, compare_keys);
    for (int i = 0; i < n; i++)
        jobs[i] = copies[keys[i].job];
    free(copies);
}

/* Run a claiming statement and make jobs of its rows. */
static int claim_rows(struct db *db, enum lane lane, struct job *jobs, int *n, enum query q, size_t arg_count,
                      const struct db_arg *args)
{
    struct row_key keys[CLAIM_MAX];
    int count = 0;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, q, arg_count, args);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        assert(count < CLAIM_MAX);
        keys[count].job = count;
        read_row(rows, lane, &jobs[count], &keys[count]);
        count++;
    }
    db_done(rows);
    put_in_order(jobs, keys, count);
    for (int i = 0; rc == 0 && i < count; i++)
        rc = read_names(db, &jobs[i], keys[i].group_id, i ? &jobs[i - 1] : NULL, i ? keys[i - 1].group_id : 0);
    *n = count;
    return rc;
}

/* --- turns ----------------------------------------------------------------------------------------------------- */

/* Messages whose turn it is. */
struct round {
    int64_t ids[CLAIM_MAX];
    bool has_more[CLAIM_MAX]; /* took its whole share */
    int n;
    int64_t at, until; /* where the circle goes on, and where this part of it ends */
    bool is_second_part;
};

/* One claim in one lane. */
struct turns {
    struct db *db;
    struct claim *claim;
    enum lane lane;
    struct job *jobs; /* those of this lane */
    int taken, left;
    int64_t proven_us; /* what is over by then is over */
};

static bool is_paused(const struct claim *claim, int64_t message_id)
{
    for (int i = 0; i < claim->paused_count; i++)
        if (claim->paused[i] == message_id)
            return true;
    return false;
}

static int list_part(struct turns *t, struct round *r, int max)
{
    struct db_rows *rows = NULL;
    int rc = db_query(
        t->db, &rows, Q_LANE_TURN,
        DB_ARGS(DB_INT(t->lane), DB_INT(r->at), DB_INT(r->until), DB_INT(t->claim->now_us), DB_INT(t->proven_us)));
    if (rc)
        return rc;
    while (r->n < max && (rc = db_next(rows)) > 0) {
        r->at = db_int(rows, 0);
        if (!is_paused(t->claim, r->at))
            r->ids[r->n++] = r->at;
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* The next messages of the circle, at most `max`; none: it has been gone round. */
static int list_round(struct turns *t, struct round *r, int max)
{
    r->n = 0;
    int rc = list_part(t, r, max);
    if (rc == 0 && r->n < max && !r->is_second_part) {
        r->is_second_part = true;
        r->at = 0;
        r->until = t->claim->after_message[t->lane];
        rc = list_part(t, r, max);
    }
    return rc;
}

/* No row of the message is due now. */
static int set_right(struct turns *t, int64_t message_id)
{
    int64_t left = 0;
    int rc = db_exec(t->db, &left, Q_LANE_QUEUE_LEAVE, DB_ARGS(DB_INT(t->lane), DB_INT(message_id)));
    if (rc == 0 && left == 0)
        rc = db_exec(t->db, NULL, Q_LANE_QUEUE_WAIT, DB_ARGS(DB_INT(t->lane), DB_INT(message_id)));
    return rc;
}

static int serve(struct turns *t, int64_t message_id, int share, bool *has_more)
{
    int got = 0;
    int rc = claim_rows(t->db, t->lane, t->jobs + t->taken, &got, Q_DELIVERY_CLAIM,
                        DB_ARGS(DB_INT(message_id), DB_INT(t->claim->now_us), DB_INT(share)));
    if (rc)
        return rc;
    t->taken += got;
    t->left -= got;
    *has_more = got == share;
    return got < share ? set_right(t, message_id) : 0;
}

/* Share what is left among the messages of a round that may have more; each gets the same, up to one row. */
static int share_out(struct turns *t, struct round *r)
{
    int waiting = 0;
    int rc = 0;
    for (int i = 0; i < r->n; i++)
        waiting += r->has_more[i];
    for (int i = 0; rc == 0 && i < r->n && t->left > 0; i++) {
        if (!r->has_more[i])
            continue;
        rc = serve(t, r->ids[i], (t->left + waiting - 1) / waiting, &r->has_more[i]);
        waiting--;
    }
    return rc;
}

static bool any_has_more(const struct round *r)
{
    for (int i = 0; i < r->n; i++)
        if (r->has_more[i])
            return true;
    return false;
}

static int claim_in_turns(struct turns *t)
{
    int64_t *after = &t->claim->after_message[t->lane];
    struct round r = {.at = *after, .until = INT64_MAX};
    int64_t next = *after;
    int rc = 0;
    while (t->left > 0 && (rc = list_round(t, &r, t->left)) == 0 && r.n > 0) {
        bool is_whole = r.n < t->left;
        for (int i = 0; i < r.n; i++)
            r.has_more[i] = true;
        next = is_whole ? r.ids[0] : r.ids[r.n - 1];
        while (rc == 0 && t->left > 0 && any_has_more(&r))
            rc = share_out(t, &r);
        if (rc || is_whole)
            break;
    }
    *after = next;
    return rc;
}

static int claim_lane(struct db *db, struct claim *claim, enum lane lane, struct job *jobs, int *n)
{
    int room = claim->room[lane];
    struct turns t = {.db = db, .claim = claim, .lane = lane, .jobs = jobs, .left = room};
    t.proven_us = db_proven_us(db);
    if (claim->now_us < t.proven_us)
        t.proven_us = claim->now_us;
    assert(room <= CLAIM_MAX);
    if (lane == LANE_PERSONAL)
        return claim_rows(db, lane, jobs, n, Q_DELIVERY_CLAIM_PERSONAL, DB_ARGS(DB_INT(claim->now_us), DB_INT(room)));
    int rc = claim_in_turns(&t);
    *n = t.taken;
    return rc;
}

int ledger_claim(struct db *db, struct claim *claim, struct job *jobs, int *n)
{
    bool hold = false;
    int rc = ledger_is_on_hold(db, &hold);
    int total = 0;
    for (int lane = 0; rc == 0 && !hold && lane < LANE_COUNT; lane++) {
        int got = 0;
        if (claim->room[lane] > 0)
            rc = claim_lane(db, claim, (enum lane)lane, jobs + total, &got);
        total += got;
    }
    if (rc == 0)
        *n = total;
    return rc;
}

static int earlier(struct db *db, enum query q, int64_t after_us, int64_t *best)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, q, DB_ARGS(DB_INT(after_us)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && !db_is_null(rows, 0) && db_int(rows, 0) < *best)
        *best = db_int(rows, 0);
    db_done(rows);
    return rc < 0 ? rc : 0;
}

int ledger_next_due(struct db *db, int64_t after_us, int64_t *due_us)
{
    int64_t best = INT64_MAX;
    int rc = earlier(db, Q_LANE_NEXT_DUE, after_us, &best);
    if (rc == 0)
        rc = earlier(db, Q_PERSONAL_NEXT_DUE, after_us, &best);
    if (rc)
        return rc;
    if (best == INT64_MAX)
        return ERR_NOT_FOUND;
    *due_us = best;
    return 0;
}
