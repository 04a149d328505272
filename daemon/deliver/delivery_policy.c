/* Outcome to ledger; the contract is in deliver/delivery_policy.h. */
#include "deliver/delivery_policy.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "deliver/outcome.h"

enum { JITTER_PARTS = 1024, HOUR_S = 3600 };

int64_t delivery_policy_wait_us(const struct delivery_policy *policy, int attempts)
{
    int64_t wait = policy->retry_first_us;
    assert(attempts >= 1);
    for (int i = 1; i < attempts && wait < policy->retry_max_us; i++)
        wait *= 2;
    return wait < policy->retry_max_us ? wait : policy->retry_max_us;
}

static void retry(const struct delivery_policy *policy, const struct job *job, const struct outcome *outcome,
                  int64_t wait, uint32_t noise, char *gave_up, struct ledger_result *out)
{
    wait += wait / 10 * (int64_t)(noise % JITTER_PARTS) / JITTER_PARTS;
    if (out->now_us + wait - job->created_at > policy->retry_max_age_us) {
        snprintf(gave_up, OUTCOME_TEXT_BYTES, "gave up after %lld h: %.400s",
                 (long long)((out->now_us - job->created_at) / US_PER_S / HOUR_S), outcome->text);
        out->state = DELIVERY_FAILED;
        out->reply = gave_up;
        return;
    }
    out->state = DELIVERY_PENDING;
    out->due_us = out->now_us + wait;
}

void delivery_policy_decide(const struct delivery_policy *policy, const struct job *job, const struct outcome *outcome,
                            int64_t now_us, uint32_t noise, char *gave_up, struct ledger_result *out)
{
    out->delivery_id = job->delivery_id;
    out->now_us = now_us;
    out->due_us = now_us;
    out->code = outcome->code;
    out->status = outcome->status[0] ? outcome->status : NULL;
    out->reply = outcome->text;
    out->step = outcome->step;
    switch (outcome->kind) {
    case OUTCOME_SENT:
        out->state = DELIVERY_SENT;
        break;
    case OUTCOME_FAILED:
        out->state = DELIVERY_FAILED;
        break;
    case OUTCOME_UNCERTAIN:
        out->state = DELIVERY_UNCERTAIN;
        break;
    case OUTCOME_RETRY:
        retry(policy, job, outcome, delivery_policy_wait_us(policy, job->attempts > 0 ? job->attempts : 1), noise,
              gave_up, out);
        break;
    case OUTCOME_OUR_FAULT:
        /* Nobody's attempt; but it waits, so that one odd recipient does not come round at once and for ever. */
        retry(policy, job, outcome, policy->retry_first_us, noise, gave_up, out);
        out->give_back = out->state == DELIVERY_PENDING;
        break;
    case OUTCOME_UNTOUCHED:
        out->state = DELIVERY_PENDING;
        out->give_back = true;
        break;
    }
}
