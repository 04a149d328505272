/*
 * An outbox with everything around it in the test's hands: a store in memory that works inline, clocks that go 10 ms
 * per turn of the loop, and a farm of relays without a network (lib/fake_relay.h), one per connection.
 */
#ifndef GB_TESTS_OUTBOX_FIXTURE_H
#define GB_TESTS_OUTBOX_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "core/ledger.h"
#include "deliver/outbox.h"
#include "deliver/outcome.h"
#include "lib/fake_relay.h"

enum { FARM_MAX = 400, TURN_MS = 10, OLD_CONFIGS_MAX = 40 };

struct farm_relay {
    struct fake_relay fake;
    struct smtp_wire *wire;
    char url[64];
};

/* What holds for relays with this in their URL alone. */
struct farm_rule {
    const char *url; /* NULL: no rule */
    bool is_frozen;
    const char *replies[SMTP_STATE_COUNT];
    const struct outcome *connect_failure;
};

struct outbox_fixture {
    uv_loop_t loop;
    struct store *store;
    struct clock clock;
    int64_t real_us, mono_ms;
    struct config *config, *old_configs[OLD_CONFIGS_MAX];
    int old_config_count;
    struct letter_sender *sender;
    struct outbox *outbox;
    bool stopped;

    /* --- the farm --- */
    struct farm_relay *relays[FARM_MAX];
    int relay_count;
    const char *replies[SMTP_STATE_COUNT]; /* of every relay, also those that are open */
    const char *rcpt_refusal;
    int rcpt_limit, errors_max; /* as in fake_relay.h ... */
    const char *full;           /* ... of every relay */
    const char *odd;            /* recipients with this in their address get other replies */
    const char *odd_replies[SMTP_STATE_COUNT];
    const struct outcome *connect_failure;
    struct farm_rule rule;
    bool is_frozen;     /* no relay does anything */
    bool store_is_slow; /* nothing completes; do not call what asks the store meanwhile */
    int countdown;      /* the n-th open, send or recv of all fails; 0: none */
    enum fake_fault fault;
    bool fired;
    int most_open; /* connections at once, the highest seen */
};

/* `relay`: further lines of [relay main], whose URL is smtp://127.0.0.1:25, and what else shall stand behind. The first
 * wait of a delivery that comes back is 10 s. */
void outbox_fixture_init(struct outbox_fixture *f, const char *relay);
/* Stops what has not stopped, checks that the loop is empty. */
void outbox_fixture_fini(struct outbox_fixture *f);
/* Another configuration; the old one lives until fini. */
void outbox_fixture_configure(struct outbox_fixture *f, const char *relay);
/* One turn of the loop. */
void outbox_fixture_turn(struct outbox_fixture *f);
/* Turn until `done`; fails the test after `seconds` of the fixture's time. */
void outbox_fixture_until(struct outbox_fixture *f, bool (*done)(struct outbox_fixture *f), int seconds);
/* Turn for so long. */
void outbox_fixture_wait(struct outbox_fixture *f, int ms);
bool outbox_fixture_is_stopped(struct outbox_fixture *f);
/* For outbox_stop, with the fixture as ctx. */
void outbox_fixture_on_stopped(void *ctx);
void outbox_fixture_stop(struct outbox_fixture *f, int64_t deadline_ms);

/* A message with rows for FIRST@example.se and so on. */
int64_t outbox_fixture_post(struct outbox_fixture *f, enum lane lane, int first, int count);
int64_t outbox_fixture_post_to(struct outbox_fixture *f, enum lane lane, int first, int count, const char *domain);
/* Rows of a message (0: all) in a state ("": any). */
int outbox_fixture_count(struct outbox_fixture *f, int64_t message_id, const char *state);
/* The attempts of all its rows together. */
int outbox_fixture_attempts(struct outbox_fixture *f, int64_t message_id);
void outbox_fixture_check(struct outbox_fixture *f, int64_t message_id, bool at_rest);
void outbox_fixture_recall(struct outbox_fixture *f, int64_t message_id);
void outbox_fixture_hold(struct outbox_fixture *f, bool hold);
/* The store takes no change of a delivery any more, as with a full disk. */
void outbox_fixture_break_store(struct outbox_fixture *f, bool broken);
/* Run a statement behind the outbox's back. */
void outbox_fixture_script(struct outbox_fixture *f, const char *sql);
/* Connections that are open; final dots that mail `n` has met; RCPTs seen for it. */
int outbox_fixture_open(const struct outbox_fixture *f);
int outbox_fixture_dots(const struct outbox_fixture *f, int n);
int outbox_fixture_dots_between(const struct outbox_fixture *f, int from, int to);
int outbox_fixture_all_dots(const struct outbox_fixture *f);
/* The same for relays with this in their URL. */
int outbox_fixture_open_at(const struct outbox_fixture *f, const char *url);
int outbox_fixture_dots_at(const struct outbox_fixture *f, const char *url);
/* Relays with this in their URL hang up on all connections. */
void outbox_fixture_cut(struct outbox_fixture *f, const char *url);

#endif
