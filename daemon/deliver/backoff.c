/* Waits that double; the contract is in deliver/backoff.h. */
#include "deliver/backoff.h"

#include <assert.h>

/* The jitter's share of the wait, and in how many steps it is picked. */
enum { JITTER_SHARE = 10, JITTER_STEPS = 1024 };

int64_t backoff_wait(int64_t first, int64_t most, int times, uint32_t noise)
{
    int64_t wait = first;
    assert(first > 0 && times >= 1);
    for (int i = 1; i < times && wait < most; i++)
        wait = wait > most / 2 ? most : wait * 2;
    if (wait > most && most >= first)
        wait = most;
    return wait + wait / JITTER_SHARE * (int64_t)(noise % JITTER_STEPS) / JITTER_STEPS;
}
