/*
 * For the tests of deliver/domain_limits.h: one with limits, deliveries that begin and end, and what becomes of them.
 */
#ifndef GB_TESTS_DOMAIN_FIXTURE_H
#define GB_TESTS_DOMAIN_FIXTURE_H

#include "deliver/domain_limits.h"
#include "deliver/outcome.h"

enum { MINUTE = 60000, FIRST = 5 * MINUTE, MOST = 67 * MINUTE };

extern const struct outcome WAS_SENT, WAS_PUT_OFF, WAS_FULL, WAS_UNKNOWN;

/* Backs off FIRST to MOST. The caller frees it. */
struct domain_limits *domain_make(int connections, int per_minute, int sessions);
uint32_t domain_random(uint32_t *seed);
/* Domain number i; valid until the next call. */
const char *domain_name(int i);
/* Begin as many deliveries as go, each on a session of its own; how many. */
int domain_fill(struct domain_limits *d, const char *domain, int64_t now, struct domain_hold *holds, int most);
/* One that is admitted and ends at once; as domain_limits_end. */
bool domain_send(struct domain_limits *d, const char *domain, const struct outcome *outcome, int64_t now);
/* Put off until it backs off. */
void domain_back_off(struct domain_limits *d, const char *domain, int64_t now);

#endif
