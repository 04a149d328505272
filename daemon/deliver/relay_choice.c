/* Which relay takes the next; the contract is in deliver/relay_choice.h. */
#include "deliver/relay_choice.h"

#include <assert.h>
#include <limits.h>

enum { NO_CLASS = INT_MAX };

/* The lowest priority number with a relay that works. */
static int best_class(const struct relay_option *options, int n)
{
    int best = NO_CLASS;
    for (int i = 0; i < n; i++)
        if (options[i].state == RELAY_STATE_READY && options[i].priority < best)
            best = options[i].priority;
    return best;
}

/* Smooth weighted round robin among those of class `best` that work and have room. */
static int pick_ready(struct relay_choice *c, const struct relay_option *options, int n, int best)
{
    int sum = 0;
    int picked = -1;
    for (int i = 0; i < n; i++) {
        const struct relay_option *o = &options[i];
        if (o->state != RELAY_STATE_READY || o->priority != best || !o->has_room)
            continue;
        assert(o->weight >= 1);
        c->credit[i] += o->weight;
        sum += o->weight;
        if (picked < 0 || c->credit[i] > c->credit[picked])
            picked = i;
    }
    if (picked >= 0)
        c->credit[picked] -= sum;
    return picked;
}

/* A relay to be probed that is as good as the best one that works, or better: it shall come back to its place. */
static int pick_probe(const struct relay_option *options, int n, int best)
{
    int picked = -1;
    for (int i = 0; i < n; i++) {
        const struct relay_option *o = &options[i];
        if (o->state == RELAY_STATE_PROBING && o->has_room && o->priority <= best &&
            (picked < 0 || o->priority < options[picked].priority))
            picked = i;
    }
    return picked;
}

int relay_choice_pick(struct relay_choice *c, const struct relay_option *options, int n, bool is_probe_fit)
{
    assert(n >= 0 && n <= CONFIG_RELAYS_MAX);
    int best = best_class(options, n);
    int picked = is_probe_fit || best == NO_CLASS ? pick_probe(options, n, best) : -1;
    return picked >= 0 ? picked : pick_ready(c, options, n, best);
}
