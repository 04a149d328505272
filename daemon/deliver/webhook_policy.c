/* What a receiver's answer means; the contract is in deliver/webhook_policy.h. */
#include "deliver/webhook_policy.h"

#include <assert.h>

#include "base/clock.h"

enum { JITTER_PERCENT = 20, HURRY_S = 1, LATE_HURRY_S = 60 };

static const int32_t WAITS_S[WEBHOOK_TRIES - 1] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};

int64_t webhook_policy_wait_s(int tries)
{
    assert(tries >= 1 && tries < WEBHOOK_TRIES);
    return WAITS_S[tries - 1];
}

static bool is_success(const struct webhook_case *c)
{
    return c->fault == HTTP_FAULT_NONE && c->status >= 200 && c->status <= 299;
}

/* Does it say something of the endpoint, or of this delivery only? */
static bool is_receiver_failing(const struct webhook_case *c)
{
    return c->fault != HTTP_FAULT_NONE || c->status >= 500 || c->status == 429 || c->status == 408 || c->status == 410;
}

/* Never earlier than said, and up to a fifth later, so that those who failed together do not come back together. */
static int64_t with_jitter_us(int64_t wait_s, uint32_t chance)
{
    int64_t wait_us = wait_s * US_PER_S;
    return wait_us + wait_us / 100 * JITTER_PERCENT / 1000 * (int64_t)(chance % 1001);
}

/* After the tenth try, which a receiver that asks for short waits has soon: on as the schedule would have it by now. */
static int64_t late_wait_s(int64_t age_s)
{
    int64_t at_s = 0;
    int tries = 1;
    while (tries < WEBHOOK_TRIES - 1 && at_s + webhook_policy_wait_s(tries) <= age_s)
        at_s += webhook_policy_wait_s(tries++);
    return webhook_policy_wait_s(tries);
}

static int64_t asked_wait_s(const struct webhook_case *c)
{
    int64_t least_s = c->attempts < WEBHOOK_TRIES ? HURRY_S : LATE_HURRY_S;
    int64_t wait_s = c->retry_after_s < WEBHOOK_RETRY_AFTER_S_MAX ? c->retry_after_s : WEBHOOK_RETRY_AFTER_S_MAX;
    return wait_s > least_s ? wait_s : least_s;
}

static void plan_retry(const struct webhook_case *c, struct webhook_verdict *v)
{
    int64_t age_s = (c->now_us - c->first_at_us) / US_PER_S;
    if (c->is_test || (c->attempts >= WEBHOOK_TRIES && age_s >= WEBHOOK_SPAN_S)) {
        v->outcome = WEBHOOK_DEAD;
        return;
    }
    v->outcome = WEBHOOK_RETRY;
    if (c->retry_after_s >= 0) {
        v->due_us = c->now_us + asked_wait_s(c) * US_PER_S;
        v->pause_until_us = v->due_us;
    } else {
        int64_t wait_s = c->attempts < WEBHOOK_TRIES ? webhook_policy_wait_s(c->attempts) : late_wait_s(age_s);
        v->due_us = c->now_us + with_jitter_us(wait_s, c->chance);
    }
    if (v->is_receiver_failing && v->pause_until_us == 0)
        v->pause_until_us = c->now_us + WEBHOOK_PAUSE_S * US_PER_S;
    if (c->expires_us > 0 && v->due_us >= c->expires_us) {
        v->outcome = WEBHOOK_EXPIRED;
        v->due_us = 0;
    }
}

struct webhook_verdict webhook_policy(const struct webhook_case *c)
{
    struct webhook_verdict v = {.outcome = WEBHOOK_DELIVERED};
    assert(c->attempts >= 1 && (c->status == 0) == (c->fault != HTTP_FAULT_NONE));
    if (is_success(c))
        return v;
    if (c->fault == HTTP_FAULT_LOCAL && !c->is_test) {
        v.outcome = WEBHOOK_GIVEN_BACK;
        v.due_us = c->now_us + WEBHOOK_LOCAL_S * US_PER_S;
        return v;
    }
    v.is_receiver_failing = is_receiver_failing(c);
    if (c->status == 410) {
        v.outcome = WEBHOOK_DEAD;
        v.disable = true;
        return v;
    }
    plan_retry(c, &v);
    return v;
}
