/*
 * Limits per recipient domain; the contract is in deliver/domain_limits.h.
 *
 * Invariants (entry_check):
 *  1. 0 <= sessions <= in_flight.
 *  2. An entry is among the table's idle ones exactly when nothing of it is in flight.
 *  3. While a domain backs off nothing is admitted; after it, one probe at a time until a delivery is taken.
 *
 * The slots are cursors in microseconds: the time that the next one who asks is told. Those of the rate are a little
 * longer than its interval, so that one who comes late does not make the next come in vain. Those for sessions come
 * from an estimate, so they are spread over SPREAD_US at most and then begin anew, and whoever finds a session free
 * takes it. While nothing ends the time since something did is the estimate: a domain that hangs is asked ever more
 * seldom.
 */
#include "deliver/domain_limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "deliver/backoff.h"
#include "deliver/domain_table.h"
#include "deliver/outcome.h"
#include "deliver/smtp_state.h"

enum {
    RATE_SLACK = 32, /* a slot is longer than the rate's interval by one part in so many */
    MEAN_FIRST_MS = 100,
    MEAN_PARTS = 8,       /* the newest delivery's part of the mean is one in so many */
    PROBE_WAIT_MS = 1000, /* while a probe is under way, ask again after this, or the mean time if longer */
    PROBE_SLOT_US = 1000, /* alerts that wait to probe come back so close, since any success lets all go */
    FORGET_MS = 3600000,  /* a backoff that is over for so long without a probe counts no more */
    FULL_RATE_MS = 60000, /* a bucket not used for so long is full */
    REPLY_BYTES = 200,
    UNKNOWN_WAIT_MS = 50,       /* nothing has ended there yet: ask again after this ... */
    UNKNOWN_PATIENCE_MS = 1000, /* ... for so long, since the first answer tells more than a guess */
    UNKNOWN_MIN = 4,            /* with fewer sessions a single letter that hangs would hold up all of its domain */
};

static const int64_t SPREAD_US = INT64_C(300000000);
static const int64_t LONG_AGO_MS = INT64_MIN / 2;

struct domain_limits {
    struct domain_limits_config config;
    int sessions;
    int last_entry; /* the domain seen last, and when; and another one before it */
    int64_t last_ms, other_ms;
    struct domain_table table;
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void entry_check(const struct domain_entry *e)
{
    assert(e->name);
    assert(e->sessions >= 0 && e->sessions <= e->in_flight);
}

static bool backs_off(const struct domain_entry *e, int64_t now_ms)
{
    return e->backoffs > 0 && now_ms < e->until_ms + FORGET_MS;
}

/* --- life ------------------------------------------------------------------------------------------------------ */

struct domain_limits *domain_limits_new(const struct domain_limits_config *config, const uint8_t key[16])
{
    struct domain_limits *d = xcalloc(1, sizeof *d);
    domain_table_init(&d->table, key);
    d->last_entry = DOMAIN_NONE;
    d->last_ms = d->other_ms = LONG_AGO_MS;
    domain_limits_configure(d, config);
    return d;
}

void domain_limits_free(struct domain_limits *d)
{
    if (!d)
        return;
    domain_table_fini(&d->table);
    free(d);
}

void domain_limits_configure(struct domain_limits *d, const struct domain_limits_config *config)
{
    assert(config->retry_first_ms > 0 && config->connections >= 0);
    d->config = *config;
}

void domain_limits_set_sessions(struct domain_limits *d, int sessions)
{
    assert(sessions >= 0);
    d->sessions = sessions;
}

/* --- may it go? ------------------------------------------------------------------------------------------------ */

/* Remember the last two domains that were seen, which is all that "in company" needs. */
static void see(struct domain_limits *d, int i, int64_t now_ms)
{
    if (d->last_entry != i) {
        d->other_ms = d->last_ms;
        d->last_entry = i;
    }
    d->last_ms = now_ms;
}

static bool in_company(const struct domain_limits *d, int i, int64_t now_ms)
{
    int64_t other_ms = d->last_entry == i ? d->other_ms : d->last_ms;
    return other_ms > now_ms - DOMAIN_COMPANY_MS;
}

static int session_limit(const struct domain_limits *d, int i, int64_t now_ms)
{
    int64_t limit = larger(d->sessions, 1);
    bool is_known = d->table.entries[i].mean_ms > 0 || limit < UNKNOWN_MIN;
    if (!is_known || in_company(d, i, now_ms))
        limit = larger(smaller(limit * 3 / 4, limit - 1), 1);
    if (d->config.connections > 0)
        limit = smaller(limit, d->config.connections);
    return (int)limit;
}

/* How long a delivery takes; while nothing ends, at least as long as nothing has. */
static int64_t delivery_ms(const struct domain_entry *e, int64_t now_ms)
{
    int64_t mean = e->mean_ms > 0 ? e->mean_ms : MEAN_FIRST_MS;
    return e->in_flight > 0 ? larger(mean, now_ms - e->progress_ms) : mean;
}

/* While it backs off: nothing goes there before. */
static int64_t closed_until_ms(const struct domain_entry *e, enum domain_rank rank)
{
    return rank == DOMAIN_ALERT ? smaller(e->probe_ms, e->until_ms) : e->until_ms;
}

/* The next slot from `from_us` on. */
static int64_t take_slot(int64_t *cursor_us, int64_t from_us, int64_t interval_us)
{
    int64_t at = larger(*cursor_us, from_us);
    *cursor_us = at + larger(interval_us, 1);
    return at;
}

/* When a session may be free for it, from `from_ms` on. */
static int64_t room_slot(const struct domain_limits *d, struct domain_entry *e, int i, enum domain_rank rank,
                         int64_t from_ms, int64_t now_ms)
{
    bool probes = rank == DOMAIN_ALERT && backs_off(e, now_ms);
    int64_t *cursor = rank == DOMAIN_LAST ? &e->room_slots.back_us : &e->room_slots.front_us;
    int64_t interval_us = delivery_ms(e, now_ms) * 1000 / session_limit(d, i, now_ms);
    if (probes) {
        cursor = &e->probe_slot_us;
        interval_us = smaller(interval_us, PROBE_SLOT_US);
    }
    if (*cursor > from_ms * 1000 + SPREAD_US)
        *cursor = from_ms * 1000;
    return take_slot(cursor, from_ms * 1000 + interval_us, interval_us);
}

static void take_over_rate(const struct domain_limits *d, struct domain_entry *e, int64_t now_ms)
{
    if (d->config.per_minute == e->rate.per_minute)
        return;
    rate_limit_set(&e->rate, d->config.per_minute, now_ms);
    e->rate_slots = (struct domain_slots){0};
}

/* When the rate allows it, 0 when it does now; then it is counted. */
static int64_t rate_slot(const struct domain_limits *d, struct domain_entry *e, bool in_front, int64_t now_ms)
{
    int64_t now_us = now_ms * 1000;
    int64_t most_us = now_us + INT64_C(1000) * DOMAIN_PARK_MAX_MS;
    int64_t *cursor = in_front ? &e->rate_slots.front_us : &e->rate_slots.back_us;
    take_over_rate(d, e, now_ms);
    if (e->rate.per_minute == 0)
        return 0;
    int64_t wait_ms = rate_limit_wait_ms(&e->rate, now_ms);
    bool others_wait = !in_front && *cursor > now_us;
    if (wait_ms == 0 && !others_wait)
        return rate_limit_take(&e->rate, now_ms);
    int64_t interval_us = INT64_C(60000000) / e->rate.per_minute;
    if (*cursor > most_us)
        return most_us; /* booked out: ask again when that is free */
    return take_slot(cursor, now_us + wait_ms * 1000, interval_us + interval_us / RATE_SLACK);
}

/* The time in microseconds at which to ask again; 0: now it may go, and the rate has counted it. */
static int64_t next_chance(const struct domain_limits *d, struct domain_entry *e, int i, enum domain_rank rank,
                           bool needs_session, int64_t now_ms)
{
    if (backs_off(e, now_ms) && now_ms < closed_until_ms(e, rank))
        return room_slot(d, e, i, rank, closed_until_ms(e, rank), now_ms);
    if (backs_off(e, now_ms) && e->in_flight > 0)
        return room_slot(d, e, i, rank, now_ms + larger(delivery_ms(e, now_ms), PROBE_WAIT_MS), now_ms);
    bool is_full = needs_session && e->sessions >= session_limit(d, i, now_ms);
    if (is_full && e->mean_ms == 0 && now_ms - e->progress_ms < UNKNOWN_PATIENCE_MS)
        return (now_ms + UNKNOWN_WAIT_MS) * 1000;
    if (is_full)
        return room_slot(d, e, i, rank, now_ms, now_ms);
    return rate_slot(d, e, rank != DOMAIN_LAST, now_ms);
}

/* Until when does the entry say something that must not be forgotten? */
static void keep(const struct domain_limits *d, struct domain_entry *e, int64_t now_ms)
{
    int64_t slots_us = larger(e->rate_slots.front_us, e->rate_slots.back_us);
    e->keep_until_ms = larger(d->config.per_minute > 0 ? now_ms + FULL_RATE_MS : now_ms, slots_us / 1000);
    if (e->backoffs > 0)
        e->keep_until_ms = larger(e->keep_until_ms, e->until_ms + FORGET_MS);
}

static void begin(struct domain_limits *d, int i, bool needs_session, int64_t now_ms, struct domain_hold *hold)
{
    struct domain_entry *e = &d->table.entries[i];
    if (e->in_flight++ == 0) {
        domain_table_busy(&d->table, i);
        e->progress_ms = now_ms;
    }
    e->sessions += needs_session;
    *hold = (struct domain_hold){i, needs_session, now_ms};
    entry_check(e);
}

/* Its entry; or DOMAIN_NONE, and *hold is one without limits. */
static int look_up(struct domain_limits *d, const char *domain, int64_t now_ms, struct domain_hold *hold)
{
    bool is_new = false;
    int i = domain_table_get(&d->table, domain, now_ms, &is_new);
    see(d, i, now_ms);
    if (i == DOMAIN_NONE)
        *hold = (struct domain_hold){.entry = DOMAIN_NONE, .began_ms = now_ms};
    else if (is_new)
        rate_limit_init(&d->table.entries[i].rate, d->config.per_minute, now_ms);
    return i;
}

int64_t domain_limits_admit(struct domain_limits *d, const char *domain, enum domain_rank rank,
                            const struct domain_hold *ahead, int64_t now_ms, struct domain_hold *hold)
{
    int i = look_up(d, domain, now_ms, hold);
    if (i == DOMAIN_NONE)
        return 0;
    struct domain_entry *e = &d->table.entries[i];
    bool needs_session = !ahead || ahead->entry != i;
    int64_t at_us = next_chance(d, e, i, rank, needs_session, now_ms);
    keep(d, e, now_ms);
    if (at_us == 0) {
        begin(d, i, needs_session, now_ms, hold);
        return 0;
    }
    if (e->in_flight == 0)
        domain_table_touch(&d->table, i);
    int64_t wait_ms = (at_us - now_ms * 1000 + 999) / 1000;
    return larger(smaller(wait_ms, DOMAIN_PARK_MAX_MS), 1);
}

bool domain_limits_try(struct domain_limits *d, const char *domain, const struct domain_hold *ahead, int64_t now_ms,
                       struct domain_hold *hold)
{
    int i = look_up(d, domain, now_ms, hold);
    if (i == DOMAIN_NONE)
        return true;
    struct domain_entry *e = &d->table.entries[i];
    bool needs_session = !ahead || ahead->entry != i;
    bool is_away = backs_off(e, now_ms) && (now_ms < closed_until_ms(e, DOMAIN_ALERT) || e->in_flight > 0);
    bool is_full = needs_session && e->sessions >= session_limit(d, i, now_ms);
    take_over_rate(d, e, now_ms);
    bool may = !is_away && !is_full && rate_limit_take(&e->rate, now_ms) == 0;
    keep(d, e, now_ms);
    if (may)
        begin(d, i, needs_session, now_ms, hold);
    else if (e->in_flight == 0)
        domain_table_touch(&d->table, i);
    return may;
}

/* --- what became of it ----------------------------------------------------------------------------------------- */

static bool is_step(const struct outcome *outcome, enum smtp_state state)
{
    return outcome->step && strcmp(outcome->step, smtp_state_word(state)) == 0;
}

/* "4.SUBJECT.DETAIL": does the subject (RFC 3463 3) speak of the domain or its server? */
static enum domain_result speaks_of(const char *status)
{
    if (status[0] == '\0')
        return DOMAIN_LATER;
    if (strncmp(status, "4.", 2) != 0 || status[2] == '\0' || status[3] != '.')
        return DOMAIN_OTHER;
    return strchr("34", status[2]) ? DOMAIN_PUT_OFF : strchr("07", status[2]) ? DOMAIN_LATER : DOMAIN_OTHER;
}

enum domain_result domain_limits_judge(const struct outcome *outcome)
{
    if (!outcome || outcome->kind == OUTCOME_UNTOUCHED)
        return DOMAIN_UNTOUCHED;
    if (outcome->kind == OUTCOME_SENT)
        return DOMAIN_TAKEN;
    bool is_asked =
        is_step(outcome, SMTP_STATE_RCPT) || is_step(outcome, SMTP_STATE_DATA) || is_step(outcome, SMTP_STATE_DOT);
    bool is_put_off = outcome->kind == OUTCOME_RETRY && outcome->code / 100 == 4 && outcome->code != 421;
    return is_asked && is_put_off ? speaks_of(outcome->status) : DOMAIN_OTHER;
}

static void set_reply(struct domain_entry *e, const char *text)
{
    char reply[REPLY_BYTES];
    free(e->reply);
    e->reply = text ? xstrdup(text_mask_addresses(text, reply, sizeof reply)) : NULL;
}

/* The next alert may probe after a wait of its own. What was in flight together with the last one does not lengthen it.
 */
static void put_off_probes(const struct domain_limits *d, struct domain_entry *e, enum domain_result result,
                           int64_t now_ms, uint32_t noise)
{
    static const int64_t waits[][2] = {
#define ALERT_PROBE_WAITS(id, first_ms, most_ms) [DOMAIN_##id] = {first_ms, most_ms},
        ALERT_PROBE_MAP(ALERT_PROBE_WAITS)
#undef ALERT_PROBE_WAITS
    };
    if (e->probes > 0 && now_ms < e->probe_ms)
        return;
    int64_t wait = backoff_wait(waits[result][0], waits[result][1], ++e->probes, noise);
    e->probe_ms = now_ms + smaller(wait, d->config.retry_first_ms);
}

static bool put_off(struct domain_limits *d, struct domain_entry *e, enum domain_result result,
                    const struct outcome *outcome, int64_t now_ms, uint32_t noise)
{
    bool is_away = backs_off(e, now_ms);
    if (!is_away && ++e->put_offs < DOMAIN_PUT_OFF_MAX)
        return false;
    if (!is_away)
        e->probes = 0;
    put_off_probes(d, e, result, now_ms, noise);
    if (is_away && now_ms < e->until_ms)
        return false;
    e->backoffs = is_away ? e->backoffs + 1 : 1;
    e->until_ms = now_ms + backoff_wait(d->config.retry_first_ms, d->config.retry_max_ms, e->backoffs, noise);
    set_reply(e, outcome->text);
    return true;
}

/* The domain is there again, so nobody new waits for slots behind the time when it was not. */
static void end_backoff(struct domain_entry *e)
{
    if (e->backoffs > 0) {
        e->room_slots = (struct domain_slots){0};
        e->probe_slot_us = 0;
    }
    e->put_offs = e->backoffs = e->probes = 0;
    set_reply(e, NULL);
}

static void measure(struct domain_entry *e, const struct domain_hold *hold, int64_t now_ms)
{
    int64_t took = larger(now_ms - hold->began_ms, 1);
    e->mean_ms = e->mean_ms == 0 ? took : larger(e->mean_ms + (took - e->mean_ms) / MEAN_PARTS, 1);
    e->progress_ms = now_ms;
}

/* The session goes to the delivery behind, or is free. */
static void pass_session(struct domain_entry *e, const struct domain_hold *hold, struct domain_hold *behind)
{
    if (hold->has_session && behind && behind->entry == hold->entry && !behind->has_session)
        behind->has_session = true;
    else if (hold->has_session)
        e->sessions--;
}

bool domain_limits_end(struct domain_limits *d, struct domain_hold *hold, struct domain_hold *behind,
                       const struct outcome *outcome, int64_t now_ms, uint32_t noise)
{
    bool begins = false;
    enum domain_result result = domain_limits_judge(outcome);
    if (behind)
        behind->began_ms = now_ms;
    if (hold->entry == DOMAIN_NONE)
        return false;
    struct domain_entry *e = &d->table.entries[hold->entry];
    pass_session(e, hold, behind);
    if (result == DOMAIN_UNTOUCHED)
        rate_limit_put_back(&e->rate);
    else
        measure(e, hold, now_ms);
    if (result == DOMAIN_TAKEN) {
        end_backoff(e);
    } else if (result == DOMAIN_PUT_OFF || result == DOMAIN_LATER) {
        begins = put_off(d, e, result, outcome, now_ms, noise);
    }
    keep(d, e, now_ms);
    if (--e->in_flight == 0)
        domain_table_idle(&d->table, hold->entry);
    hold->entry = DOMAIN_NONE;
    entry_check(e);
    return begins;
}

/* --- for people ------------------------------------------------------------------------------------------------ */

/* Keep out[0..n) the longest waits, longest first. */
static int insert(struct domain_trouble *out, int n, int most, const struct domain_trouble *t)
{
    int at = n;
    while (at > 0 && out[at - 1].retry_in_ms < t->retry_in_ms)
        at--;
    if (at >= most)
        return n;
    if (n == most)
        n--;
    memmove(out + at + 1, out + at, (size_t)(n - at) * sizeof *out);
    out[at] = *t;
    return n + 1;
}

int domain_limits_troubles(const struct domain_limits *d, int64_t now_ms, struct domain_trouble *out, int most)
{
    int all = 0;
    int n = 0;
    for (int i = 0; i < d->table.count; i++) {
        const struct domain_entry *e = &d->table.entries[i];
        if (!backs_off(e, now_ms))
            continue;
        struct domain_trouble t = {e->name, e->reply, e->backoffs, larger(e->until_ms - now_ms, 0)};
        n = insert(out, n, most, &t);
        all++;
    }
    return all;
}

static const struct domain_entry *known(const struct domain_limits *d, const char *domain)
{
    static const struct domain_entry nothing;
    int i = domain_table_find(&d->table, domain);
    return i == DOMAIN_NONE ? &nothing : &d->table.entries[i];
}

int domain_limits_in_flight(const struct domain_limits *d, const char *domain)
{
    return known(d, domain)->in_flight;
}

int domain_limits_sessions(const struct domain_limits *d, const char *domain)
{
    return known(d, domain)->sessions;
}

int domain_limits_count(const struct domain_limits *d)
{
    return d->table.count;
}
