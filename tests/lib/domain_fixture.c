/* Domains with limits; the contract is in lib/domain_fixture.h. */
#include "lib/domain_fixture.h"

#include <stdio.h>

#include "lib/test.h"

static const uint8_t KEY[16] = "0123456789abcde";

const struct outcome WAS_SENT = {.kind = OUTCOME_SENT, .code = 250, .step = "final dot"};
const struct outcome WAS_PUT_OFF = {
    .kind = OUTCOME_RETRY, .code = 451, .status = "4.4.1", .text = "no route for a@b.example", .step = "RCPT"};
const struct outcome WAS_FULL = {.kind = OUTCOME_RETRY, .code = 452, .status = "4.2.2", .step = "RCPT"};
const struct outcome WAS_UNKNOWN = {.kind = OUTCOME_FAILED, .code = 550, .status = "5.1.1", .step = "RCPT"};

struct domain_limits *domain_make(int connections, int per_minute, int sessions)
{
    struct domain_limits_config c = {connections, per_minute, FIRST, MOST};
    struct domain_limits *d = domain_limits_new(&c, KEY);
    domain_limits_set_sessions(d, sessions);
    return d;
}

uint32_t domain_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

int domain_fill(struct domain_limits *d, const char *domain, int64_t now, struct domain_hold *holds, int most)
{
    int n = 0;
    while (n < most && domain_limits_admit(d, domain, DOMAIN_LAST, NULL, now, &holds[n]) == 0)
        n++;
    return n;
}

bool domain_send(struct domain_limits *d, const char *domain, const struct outcome *outcome, int64_t now)
{
    struct domain_hold hold;
    assert_int_equal(domain_limits_admit(d, domain, DOMAIN_FRONT, NULL, now, &hold), 0);
    return domain_limits_end(d, &hold, NULL, outcome, now, 0);
}

const char *domain_name(int i)
{
    static char text[32];
    snprintf(text, sizeof text, "d%d.example", i);
    return text;
}

void domain_back_off(struct domain_limits *d, const char *domain, int64_t now)
{
    assert_false(domain_send(d, domain, &WAS_PUT_OFF, now));
    assert_false(domain_send(d, domain, &WAS_PUT_OFF, now));
    assert_true(domain_send(d, domain, &WAS_PUT_OFF, now));
}
