/*
 * Waits that double: one rule for relays, domains, messages and rows. Pure; any unit of time.
 *
 * The jitter only lengthens a wait, by up to a tenth: what failed together does not come back together, and no wait is
 * shorter than what was promised (RFC 5321 4.5.4.1: the retry interval is a minimum).
 */
#ifndef GB_DELIVER_BACKOFF_H
#define GB_DELIVER_BACKOFF_H

#include <stdint.h>

/* The wait after failure number `times` (>= 1) in a row: first, 2 * first, 4 * first ... most, and the jitter that
 * `noise` (any number) picks; 0 picks none. 0 < first; a `most` below `first` counts as `first`. */
int64_t backoff_wait(int64_t first, int64_t most, int times, uint32_t noise);

#endif
