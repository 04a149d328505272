/* deliver/domain_limits.h: sessions, rate, parking. */
#include "deliver/domain_limits.h"

#include <stdio.h>

#include "lib/domain_fixture.h"
#include "lib/test.h"

/* --- sessions -------------------------------------------------------------------------------------------------- */

static void test_admit__alone_a_domain_may_use_all(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold holds[20];
    assert_int_equal(domain_fill(d, "a.example", 0, holds, 20), 6); /* does it hang? */
    domain_limits_end(d, &holds[0], NULL, &WAS_SENT, 5, 0);
    assert_int_equal(domain_fill(d, "a.example", 5, holds, 20), 3);
    domain_limits_free(d);
}

static void test_admit__in_company_three_quarters_at_least_one_and_one_left(void **state)
{
    (void)state;
    static const int sessions[] = {1, 2, 3, 4, 8, 20, 200};
    static const int most[] = {1, 1, 2, 3, 6, 15, 150};
    for (int i = 0; i < 7; i++) {
        struct domain_limits *d = domain_make(0, 0, sessions[i]);
        struct domain_hold holds[300];
        domain_send(d, "b.example", &WAS_SENT, 0);
        assert_int_equal(domain_fill(d, "a.example", 59999, holds, 300), most[i]);
        domain_limits_free(d);
    }
}

static void test_admit__company_is_forgotten_after_a_minute(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold holds[20];
    domain_send(d, "b.example", &WAS_SENT, 0);
    domain_send(d, "a.example", &WAS_SENT, 1);
    assert_int_equal(domain_fill(d, "a.example", DOMAIN_COMPANY_MS, holds, 20), 8);
    domain_limits_free(d);
}

static void test_admit__a_fixed_limit_holds_also_alone(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(2, 0, 8);
    struct domain_hold holds[20];
    assert_int_equal(domain_fill(d, "a.example", 0, holds, 20), 2);
    domain_limits_end(d, &holds[0], NULL, &WAS_SENT, 5, 0);
    assert_int_equal(domain_fill(d, "a.example", 5, holds, 20), 1);
    domain_limits_free(d);
}

static void test_admit__behind_the_same_domain_takes_no_session(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(1, 0, 8);
    struct domain_hold first;
    struct domain_hold second;
    struct domain_hold third;
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &first), 0);
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, &first, 0, &second), 0);
    assert_int_not_equal(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 0, &third), 0);
    assert_int_equal(domain_limits_in_flight(d, "a.example"), 2);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 1);
    domain_limits_end(d, &first, &second, &WAS_SENT, 20, 0); /* the second has the session now */
    assert_int_equal(second.began_ms, 20);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 1);
    assert_int_not_equal(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 20, &third), 0);
    domain_limits_end(d, &second, NULL, &WAS_SENT, 40, 0);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 0);
    assert_int_equal(domain_limits_in_flight(d, "a.example"), 0);
    domain_limits_free(d);
}

static void test_admit__behind_another_domain_takes_a_session_of_its_own(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(1, 0, 8);
    struct domain_hold a;
    struct domain_hold b;
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &a), 0);
    assert_int_equal(domain_limits_admit(d, "b.example", DOMAIN_LAST, &a, 0, &b), 0);
    assert_int_equal(domain_limits_sessions(d, "b.example"), 1);
    domain_limits_end(d, &a, &b, &WAS_SENT, 5, 0);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 0);
    assert_int_equal(domain_limits_sessions(d, "b.example"), 1);
    domain_limits_free(d);
}

static void test_admit__waits_for_a_session_are_staggered_by_the_mean_time(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(4, 0, 8);
    struct domain_hold holds[4];
    struct domain_hold hold;
    for (int i = 0; i < 100; i++) { /* a delivery takes 800 ms: a session is free every 200 ms */
        domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, i * 1000, &hold);
        domain_limits_end(d, &hold, NULL, &WAS_SENT, i * 1000 + 800, 0);
    }
    assert_int_equal(domain_fill(d, "a.example", 200000, holds, 4), 4);
    for (int i = 1; i <= 10; i++)
        assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 200000, &hold), i * 200);
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 200000, &hold), 200); /* in front */
    domain_limits_free(d);
}

static void test_admit__a_domain_that_hangs_is_asked_ever_more_seldom(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 20);
    struct domain_hold holds[20];
    struct domain_hold hold;
    int asked = 0;
    domain_send(d, "b.example", &WAS_SENT, 0);
    assert_int_equal(domain_fill(d, "a.example", 0, holds, 20), 15);
    for (int64_t now = 1; now < 10 * MINUTE; asked++) /* one row that is parked again and again */
        now += domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, now, &hold);
    assert_in_range(asked, 5, 200);
    domain_send(d, "b.example", &WAS_SENT, 10 * MINUTE); /* and delays nobody */
    domain_limits_free(d);
}

static void test_admit__waits_for_a_session_stay_within_minutes(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(1, 0, 8);
    struct domain_hold hold;
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold), 0);
    for (int i = 0; i < 10000; i++) /* 10 000 deliveries of 100 ms would be 17 minutes: an estimate */
        assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold), 1, 5 * MINUTE + 200);
    domain_limits_free(d);
}

/* --- rate and parking ------------------------------------------------------------------------------------------ */

static void test_admit__the_rate_gives_each_its_own_time(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 60, 8);
    struct domain_hold hold;
    domain_send(d, "a.example", &WAS_SENT, 0);
    int64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t wait = domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold);
        assert_in_range(wait - last, 1000, 1032);
        last = wait;
    }
    assert_int_equal(domain_limits_admit(d, "b.example", DOMAIN_LAST, NULL, 0, &hold), 0);
    domain_limits_free(d);
}

static void test_admit__what_is_urgent_does_not_stand_behind_the_parked(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 60, 8);
    struct domain_hold hold;
    domain_send(d, "a.example", &WAS_SENT, 0);
    for (int i = 0; i < 1000; i++)
        domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold);
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 0, &hold), 1000);
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 1000, &hold), 0);
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 2500, &hold), 1000000, 1100000);
    domain_limits_free(d);
}

static void test_admit__a_rate_that_is_booked_out_is_asked_again_in_a_day(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 1, 8);
    struct domain_hold hold;
    domain_send(d, "a.example", &WAS_SENT, 0);
    int64_t last = 0;
    for (int i = 0; i < 2000; i++)
        last = domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold);
    assert_int_equal(last, DOMAIN_PARK_MAX_MS);
    /* and a day later those who were told so stand in line again, not in a line of 2000 minutes */
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, DOMAIN_PARK_MAX_MS, &hold), 0, 3 * MINUTE);
    domain_limits_free(d);
}

static void test_end__untouched_gives_the_rate_back(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 60, 8);
    const struct outcome untouched = {.kind = OUTCOME_UNTOUCHED};
    domain_send(d, "a.example", &untouched, 0);
    domain_send(d, "a.example", NULL, 0);
    domain_send(d, "a.example", &WAS_SENT, 0);
    struct domain_hold hold;
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 0, &hold), 1000);
    domain_limits_free(d);
}

static void test_configure__another_rate_counts_at_once(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 1, 8);
    struct domain_hold hold;
    domain_send(d, "a.example", &WAS_SENT, 0);
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold), MINUTE);
    domain_limits_configure(d, &(struct domain_limits_config){0, 0, FIRST, MOST});
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold), 0);
    domain_limits_free(d);
}

/* A letter to `rows` readers at one domain: each row comes, is parked, comes back a little late, until it goes. */
struct parking {
    int64_t *due;
    int rows, parks, most_parks, most_in_minute;
    int64_t ended_ms;
};

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void run_parking(struct domain_limits *d, int rows, uint32_t seed, struct parking *p)
{
    /* A row is its due time in ms times 1024, with the number of its parks: a sorted array is the ledger's index. */
    int64_t *now_list = calloc((size_t)rows, sizeof *now_list);
    int64_t *sent = calloc((size_t)rows, sizeof *sent);
    int64_t *next = calloc((size_t)rows, sizeof *next);
    int n = rows;
    int done = 0;
    *p = (struct parking){.rows = rows};
    while (n > 0) {
        int kept = 0;
        for (int i = 0; i < n; i++) {
            int parks = (int)(now_list[i] % 1024);
            int64_t now = now_list[i] / 1024 + domain_random(&seed) % 20;
            struct domain_hold hold;
            int64_t wait =
                domain_limits_admit(d, "a.example", parks > 0 ? DOMAIN_FRONT : DOMAIN_LAST, NULL, now, &hold);
            if (wait == 0) {
                domain_limits_end(d, &hold, NULL, &WAS_SENT, now, 0);
                sent[done++] = now;
                continue;
            }
            p->parks++;
            p->most_parks = parks + 1 > p->most_parks ? parks + 1 : p->most_parks;
            next[kept++] = (now + wait) * 1024 + parks + 1;
        }
        qsort(next, (size_t)kept, sizeof *next, compare);
        memcpy(now_list, next, (size_t)kept * sizeof *next);
        n = kept;
    }
    qsort(sent, (size_t)done, sizeof *sent, compare);
    for (int i = 0, first = 0; i < done; i++) {
        while (sent[i] - sent[first] >= MINUTE)
            first++;
        p->most_in_minute = i - first + 1 > p->most_in_minute ? i - first + 1 : p->most_in_minute;
    }
    p->ended_ms = sent[done - 1];
    free(now_list);
    free(sent);
    free(next);
}

static void test_parking__a_large_letter_to_a_limited_domain_parks_each_row_about_once(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 60, 20);
    struct parking p;
    run_parking(d, 80000, 1, &p);
    printf("80000 rows, 60 a minute: %d parks, %d at most, %.1f h, %d a minute at most\n", p.parks, p.most_parks,
           (double)p.ended_ms / 3600000, p.most_in_minute);
    assert_true(p.parks < 80000 * 11 / 10);
    assert_in_range(p.most_in_minute, 55, 60);
    assert_true((double)p.ended_ms < 80000 * 1000.0 * 1.05);
    domain_limits_free(d);
}

/* --- with others ----------------------------------------------------------------------------------------------- */

/* Alerts that share a transaction: those of a domain that is there already need no session of their own. */
static void test_try__goes_with_others_as_the_limits_allow(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(2, 0, 8);
    struct domain_hold a[4];
    struct domain_hold b;
    assert_true(domain_limits_try(d, "a.example", NULL, 0, &a[0]));
    assert_true(domain_limits_try(d, "a.example", &a[0], 0, &a[1]));
    assert_true(domain_limits_try(d, "a.example", NULL, 0, &a[2]));
    assert_int_equal(domain_limits_sessions(d, "a.example"), 2);
    assert_int_equal(domain_limits_in_flight(d, "a.example"), 3);
    assert_false(domain_limits_try(d, "a.example", NULL, 0, &a[3])); /* two sessions at most */
    assert_true(domain_limits_try(d, "a.example", &a[2], 0, &a[3]));
    assert_true(domain_limits_try(d, "b.example", &a[0], 0, &b));
    assert_int_equal(domain_limits_sessions(d, "b.example"), 1);
    for (int i = 3; i >= 0; i--)
        domain_limits_end(d, &a[i], NULL, &WAS_SENT, 10, 0);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 0);
    assert_int_equal(domain_limits_in_flight(d, "a.example"), 0);
    domain_limits_end(d, &a[0], NULL, &WAS_SENT, 10, 0); /* twice is once */
    assert_int_equal(domain_limits_in_flight(d, "a.example"), 0);
    domain_limits_end(d, &b, NULL, NULL, 10, 0);
    domain_limits_free(d);
}

static void test_try__refused_gives_out_no_slot(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 60, 8);
    struct domain_limits *asked = domain_make(0, 60, 8);
    struct domain_hold hold;
    assert_true(domain_limits_try(d, "a.example", NULL, 0, &hold));
    assert_true(domain_limits_try(asked, "a.example", NULL, 0, &hold));
    for (int i = 0; i < 100; i++)
        assert_false(domain_limits_try(asked, "a.example", NULL, 1, &hold)); /* one a second */
    assert_int_equal(domain_limits_admit(asked, "a.example", DOMAIN_FRONT, NULL, 1, &hold),
                     domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 1, &hold));
    domain_limits_free(d);
    domain_limits_free(asked);
}

/* One probe, whatever it could go with. */
static void test_try__a_domain_that_backs_off_takes_one_probe(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold hold[2];
    for (int i = 0; i < DOMAIN_PUT_OFF_MAX; i++)
        domain_send(d, "a.example", &WAS_PUT_OFF, 0);
    assert_false(domain_limits_try(d, "a.example", NULL, 14000, &hold[0]));
    assert_true(domain_limits_try(d, "a.example", NULL, FIRST + MINUTE, &hold[0]));
    assert_false(domain_limits_try(d, "a.example", &hold[0], FIRST + MINUTE, &hold[1]));
    domain_limits_end(d, &hold[0], NULL, &WAS_SENT, FIRST + MINUTE, 0);
    assert_true(domain_limits_try(d, "a.example", NULL, FIRST + MINUTE, &hold[0]));
    assert_true(domain_limits_try(d, "a.example", &hold[0], FIRST + MINUTE, &hold[1]));
    domain_limits_free(d);
}

static const struct CMUnitTest tests[] = {
    TEST(test_admit__alone_a_domain_may_use_all),
    TEST(test_admit__in_company_three_quarters_at_least_one_and_one_left),
    TEST(test_admit__company_is_forgotten_after_a_minute),
    TEST(test_admit__a_fixed_limit_holds_also_alone),
    TEST(test_admit__behind_the_same_domain_takes_no_session),
    TEST(test_admit__behind_another_domain_takes_a_session_of_its_own),
    TEST(test_admit__waits_for_a_session_are_staggered_by_the_mean_time),
    TEST(test_admit__a_domain_that_hangs_is_asked_ever_more_seldom),
    TEST(test_admit__waits_for_a_session_stay_within_minutes),
    TEST(test_admit__the_rate_gives_each_its_own_time),
    TEST(test_admit__what_is_urgent_does_not_stand_behind_the_parked),
    TEST(test_admit__a_rate_that_is_booked_out_is_asked_again_in_a_day),
    TEST(test_end__untouched_gives_the_rate_back),
    TEST(test_configure__another_rate_counts_at_once),
    TEST(test_parking__a_large_letter_to_a_limited_domain_parks_each_row_about_once),
    TEST(test_try__goes_with_others_as_the_limits_allow),
    TEST(test_try__refused_gives_out_no_slot),
    TEST(test_try__a_domain_that_backs_off_takes_one_probe),
};

TEST_MAIN(tests)
