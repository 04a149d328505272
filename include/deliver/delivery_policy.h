/*
 * What an outcome means for a row of the ledger: retry, give up, keep uncertain. Pure.
 *
 * 4xx and time-outs before the final dot come back after a wait that doubles from retry_first to retry_max, each with
 * up to a tenth of jitter so that a relay which was away does not meet all at once (RFC 5321 4.5.4.1). When
 * retry_max_age has passed since the first attempt a last one is made, and then the row fails; but not before
 * DELIVERY_ATTEMPTS_MIN attempts, so that one which we ourselves held up for days (on hold, switched off) does not fail
 * at the first "later". A letter's uncertain row stays uncertain: sending it twice is worse than showing it. What the
 * relay refuses because of us costs no attempt: the row comes back after retry_first, until retry_max_age, so that a
 * letter which is refused each time neither stands first in line for ever nor blames its reader. What was not tried at
 * all (UNTOUCHED) is given back and due at once, no attempt counted.
 */
#ifndef GB_DELIVER_DELIVERY_POLICY_H
#define GB_DELIVER_DELIVERY_POLICY_H

#include <stdint.h>

#include "core/ledger.h"

struct outcome;

enum { DELIVERY_ATTEMPTS_MIN = 4 };

struct delivery_policy {
    int64_t retry_first_us, retry_max_us, retry_max_age_us;
};

/* The wait before attempt number `attempts` + 1, without jitter; attempts >= 1. */
int64_t delivery_policy_wait_us(const struct delivery_policy *policy, int attempts);

/* Fill state, due_us, code, give_back and the texts (borrowed from `outcome` and `job`) of *out; `relay` and `now_us`
 * are taken over. `noise` is any number, for the jitter. `gave_up` (OUTCOME_TEXT_BYTES) holds the text of a row that is
 * given up. */
void delivery_policy_decide(const struct delivery_policy *policy, const struct job *job, const struct outcome *outcome,
                            int64_t now_us, uint32_t noise, char *gave_up, struct ledger_result *out);

#endif
