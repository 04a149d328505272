/* deliver/domain_limits.h: many domains, in any order of events. */
#include "deliver/domain_limits.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/domain_fixture.h"
#include "lib/test.h"

/* --- the table ------------------------------------------------------------------------------------------------- */

static void test_table__is_bounded_and_forgets_what_is_idle(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    domain_back_off(d, "slow.example", 0);
    for (int i = 0; i < 3 * DOMAIN_LIMITS_MAX; i++)
        domain_send(d, domain_name(i), &WAS_SENT, i / 100);
    assert_int_equal(domain_limits_count(d), DOMAIN_LIMITS_MAX);
    assert_int_equal(domain_limits_troubles(d, 1000, NULL, 0), 1); /* a backoff is not idle */
    domain_limits_free(d);
}

static void test_table__what_must_be_kept_does_not_hide_what_may_go(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold hold;
    for (int i = 0; i < 100; i++) /* the oldest, and all of them to be kept */
        domain_back_off(d, domain_name(i), 0);
    for (int i = 100; i < DOMAIN_LIMITS_MAX; i++)
        domain_send(d, domain_name(i), &WAS_SENT, 0);
    bool has_entry = false;
    for (int i = 0; i < 20 && !has_entry; i++) {
        assert_int_equal(domain_limits_admit(d, "more.example", DOMAIN_LAST, NULL, 1, &hold), 0);
        has_entry = hold.entry >= 0;
        domain_limits_end(d, &hold, NULL, &WAS_SENT, 1, 0);
    }
    assert_true(has_entry);
    assert_int_equal(domain_limits_troubles(d, 1, NULL, 0), 100);
    domain_limits_free(d);
}

static void test_table__full_of_busy_ones_admits_without_limits(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(1, 60, DOMAIN_LIMITS_MAX);
    struct domain_hold *holds = calloc(DOMAIN_LIMITS_MAX, sizeof *holds);
    struct domain_hold hold[3];
    for (int i = 0; i < DOMAIN_LIMITS_MAX; i++)
        assert_int_equal(domain_limits_admit(d, domain_name(i), DOMAIN_LAST, NULL, 0, &holds[i]), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(domain_limits_admit(d, "more.example", DOMAIN_LAST, NULL, 0, &hold[i]), 0);
    assert_int_equal(hold[0].entry, -1);
    for (int i = 0; i < 3; i++)
        assert_false(domain_limits_end(d, &hold[i], NULL, &WAS_PUT_OFF, 0, 0));
    for (int i = 0; i < DOMAIN_LIMITS_MAX; i++)
        domain_limits_end(d, &holds[i], NULL, &WAS_SENT, 0, 0);
    assert_int_equal(domain_limits_admit(d, "more.example", DOMAIN_LAST, NULL, MINUTE, &hold[0]), 0);
    assert_int_not_equal(hold[0].entry, -1); /* a minute later their rates are nothing to remember */
    free(holds);
    domain_limits_free(d);
}

/* --- anything at all ------------------------------------------------------------------------------------------- */

enum { RANDOM_DOMAINS = 12, RANDOM_SESSIONS = 16 };

struct random_session {
    int n, domain[2];
    struct domain_hold hold[2];
};

static void random_end(struct domain_limits *d, struct random_session *s, int64_t now, uint32_t *seed)
{
    static const struct outcome *const outcomes[] = {&WAS_SENT, &WAS_SENT,    &WAS_SENT, &WAS_PUT_OFF,
                                                     &WAS_FULL, &WAS_UNKNOWN, NULL};
    domain_limits_end(d, &s->hold[0], s->n == 2 ? &s->hold[1] : NULL, outcomes[domain_random(seed) % 7], now,
                      domain_random(seed));
    s->hold[0] = s->hold[1];
    s->domain[0] = s->domain[1];
    s->n--;
}

static void random_check(const struct domain_limits *d, const struct random_session *s, int connections)
{
    for (int k = 0; k < RANDOM_DOMAINS; k++) {
        int in_flight = 0;
        int sessions = 0;
        for (int i = 0; i < RANDOM_SESSIONS; i++) {
            bool first = s[i].n > 0 && s[i].domain[0] == k;
            bool second = s[i].n > 1 && s[i].domain[1] == k;
            in_flight += first + second;
            sessions += first || second;
        }
        assert_int_equal(domain_limits_in_flight(d, domain_name(k)), in_flight);
        assert_int_equal(domain_limits_sessions(d, domain_name(k)), sessions);
        assert_true(connections == 0 || sessions <= connections);
    }
}

static void test_random_events__never_more_than_allowed_and_nobody_starves(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 40; run++) {
        uint32_t seed = run;
        int connections = (int)(run % 4);
        struct domain_limits *d = domain_make(connections, run % 3 ? 0 : 600, RANDOM_SESSIONS);
        struct random_session s[RANDOM_SESSIONS] = {0};
        int64_t due[RANDOM_DOMAINS] = {0}; /* each domain has one row that waits and always comes back */
        int64_t longest = 0;
        int64_t now = 1;
        for (int i = 0; i < 4000; i++, now += domain_random(&seed) % 200) {
            struct random_session *one = &s[domain_random(&seed) % RANDOM_SESSIONS];
            int k = (int)(domain_random(&seed) % RANDOM_DOMAINS);
            if (one->n < 2 && due[k] <= now) {
                struct domain_hold *ahead = one->n ? &one->hold[0] : NULL;
                int64_t wait = domain_limits_admit(d, domain_name(k), due[k] > 0 ? DOMAIN_FRONT : DOMAIN_LAST, ahead,
                                                   now, &one->hold[one->n]);
                assert_in_range(wait, 0, MOST + MOST / 10 + MOST);
                longest = wait > longest ? wait : longest;
                due[k] = wait ? now + wait : 0;
                if (wait == 0)
                    one->domain[one->n++] = k;
            } else if (one->n > 0) {
                random_end(d, one, now, &seed);
            }
            random_check(d, s, connections);
        }
        for (int i = 0; i < RANDOM_SESSIONS; i++)
            while (s[i].n > 0)
                random_end(d, &s[i], now, &seed);
        now += 3 * MOST; /* whatever was learnt, mail goes out again */
        for (int k = 0; k < RANDOM_DOMAINS; k++)
            domain_send(d, domain_name(k), &WAS_SENT, now);
        assert_int_equal(domain_limits_count(d), RANDOM_DOMAINS);
        domain_limits_free(d);
    }
}

static void test_one_that_hangs__leaves_room_to_the_others(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, RANDOM_SESSIONS);
    struct domain_hold hung[RANDOM_SESSIONS];
    int n = 0;
    for (int64_t now = 0; now < 10 * MINUTE; now += 10) { /* takes what it gets and never ends */
        struct domain_hold hold;
        if (domain_limits_admit(d, "hangs.example", DOMAIN_FRONT, NULL, now, &hold) == 0) {
            assert_in_range(n, 0, RANDOM_SESSIONS - 1);
            hung[n++] = hold;
        }
        if (now == 0)
            continue;
        assert_int_equal(domain_limits_admit(d, "works.example", DOMAIN_LAST, NULL, now, &hold), 0);
        domain_limits_end(d, &hold, NULL, &WAS_SENT, now, 0);
    }
    assert_int_equal(n, RANDOM_SESSIONS * 3 / 4);
    for (int i = 0; i < n; i++)
        domain_limits_end(d, &hung[i], NULL, &WAS_SENT, 10 * MINUTE, 0);
    domain_limits_free(d);
}

static const struct CMUnitTest tests[] = {
    TEST(test_table__is_bounded_and_forgets_what_is_idle),
    TEST(test_table__what_must_be_kept_does_not_hide_what_may_go),
    TEST(test_table__full_of_busy_ones_admits_without_limits),
    TEST(test_random_events__never_more_than_allowed_and_nobody_starves),
    TEST(test_one_that_hangs__leaves_room_to_the_others),
};

TEST_MAIN(tests)
