/* What comes in from others; the contract is in inbound/incoming.h. */
#include "inbound/incoming.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/time_words.h"
#include "inbound/poller.h"

struct incoming {
    struct incoming_env env;
    struct poller pollers[SOURCE_COUNT];
};

struct incoming *incoming_new(const struct incoming_env *env)
{
    static const struct poller_kind *const kinds[SOURCE_COUNT] = {
        [SOURCE_VMA] = &POLLER_VMA, [SOURCE_POLICE_EVENTS] = &POLLER_POLICE_EVENTS};
    struct incoming *in = xcalloc(1, sizeof *in);
    in->env = *env;
    for (int i = 0; i < SOURCE_COUNT; i++)
        poller_init(&in->pollers[i], kinds[i], &in->env);
    return in;
}

void incoming_tick(struct incoming *in)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        poller_tick(&in->pollers[i]);
}

bool incoming_problem(const struct incoming *in, size_t i, char *out, size_t room)
{
    for (int s = 0; s < SOURCE_COUNT; s++) {
        const struct poller *p = &in->pollers[s];
        char since[TIME_WORDS_BYTES];
        if (!p->problem[0] || i-- > 0)
            continue;
        snprintf(out, room, "%s could not be asked since %s, so what is new there is not known: %s",
                 source_name((enum source)s), time_words_en(p->problem_since_us, since), p->problem);
        return true;
    }
    return false;
}

bool incoming_stop(struct incoming *in)
{
    bool all = true;
    for (int i = 0; i < SOURCE_COUNT; i++)
        all = poller_stop(&in->pollers[i]) && all;
    return all;
}

void incoming_free(struct incoming *in)
{
    for (int i = 0; in && i < SOURCE_COUNT; i++)
        poller_fini(&in->pollers[i]);
    free(in);
}
