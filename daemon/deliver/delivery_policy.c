/* Outcome to ledger; the contract is in deliver/delivery_policy.h. */
#include "deliver/delivery_policy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/backoff.h"
#include "deliver/outcome.h"
#include "deliver/smtp_reply.h"

enum { HOUR_S = 3600 };

int64_t delivery_policy_wait_us(const struct delivery_policy *policy, int attempts)
{
    return backoff_wait(policy->retry_first_us, policy->retry_max_us, attempts, 0);
}

static void give_up(const struct outcome *outcome, int64_t hours, char *gave_up, struct ledger_result *out)
{
    size_t len = (size_t)snprintf(gave_up, OUTCOME_TEXT_BYTES, "gave up after %lld h: ", (long long)hours);
    smtp_reply_clean(gave_up, OUTCOME_TEXT_BYTES, &len, outcome->text, strlen(outcome->text));
    out->state = DELIVERY_FAILED;
    out->reply = gave_up;
}

/* Wait after failure number `times`, or give up when it has been tried for too long and `is_tried` enough. The last
 * attempt is made at that age, however long the wait before it would be. */
static void retry(const struct delivery_policy *policy, const struct job *job, const struct outcome *outcome, int times,
                  bool is_tried, uint32_t noise, char *gave_up, struct ledger_result *out)
{
    int64_t age = out->now_us - job->first_at;
    int64_t rest = policy->retry_max_age_us - age;
    int64_t wait = delivery_policy_wait_us(policy, times);
    if (rest <= 0 && is_tried) {
        give_up(outcome, age / US_PER_S / HOUR_S, gave_up, out);
        return;
    }
    if (rest > 0 && rest < wait)
        wait = rest;
    out->state = DELIVERY_PENDING;
    out->due_us = out->now_us + backoff_wait(wait, wait, 1, noise);
}

void delivery_policy_decide(const struct delivery_policy *policy, const struct job *job, const struct outcome *outcome,
                            int64_t now_us, uint32_t noise, char *gave_up, struct ledger_result *out)
{
    int times = 1;
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
        times = job->attempts > 0 ? job->attempts : 1;
        retry(policy, job, outcome, times, times >= DELIVERY_ATTEMPTS_MIN, noise, gave_up, out);
        break;
    case OUTCOME_OUR_FAULT:
        /* Nobody's attempt; but it waits, so that one odd recipient does not come round at once and for ever. */
        retry(policy, job, outcome, 1, true, noise, gave_up, out);
        out->give_back = out->state == DELIVERY_PENDING;
        break;
    case OUTCOME_UNTOUCHED: /* as if it had not been claimed */
        out->state = DELIVERY_PENDING;
        out->give_back = true;
        break;
    }
}
