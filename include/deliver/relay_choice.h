/*
 * Which relay takes the next session or letter: priority, then weight. Pure; any one thread.
 *
 * Only the best class (lowest number) in which a relay works is used: a worse one is for failover, not for overflow, so
 * -1 when the best is merely busy. Within it smooth weighted round robin (each pick gives every candidate its weight
 * and takes their sum from the one picked, which is the one with the most), so that weights 3 and 1 give AABA AABA.
 * A relay that is being probed does not carry its class, or one that hangs would hold up all mail for as long as its
 * time-outs are: it gets its one letter, the rest goes where work is done.
 */
#ifndef GB_DELIVER_RELAY_CHOICE_H
#define GB_DELIVER_RELAY_CHOICE_H

#include <stdbool.h>

#include "core/config.h"
#include "deliver/relay_health.h"

struct relay_option {
    int priority; /* lower is better */
    int weight;   /* 1 to 100 */
    enum relay_state state;
    bool has_room; /* can take one more now */
};

/* What the round robin remembers, by place in `options`; all zero to begin with, and when the relays change. */
struct relay_choice {
    int credit[CONFIG_RELAYS_MAX];
};

/*
 * The place of the relay to use, or -1: none has room now, or none works.
 * `is_probe_fit`: this one may be risked on a relay that is being probed while others work (a letter; not an alert).
 * Without any relay that works the probe gets whatever comes.
 */
int relay_choice_pick(struct relay_choice *c, const struct relay_option *options, int n, bool is_probe_fit);

#endif
