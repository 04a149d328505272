/* deliver/domain_limits.h: sessions, rate and backing off per recipient domain; parking. */
#include "deliver/domain_limits.h"

#include <stdio.h>

#include "deliver/outcome.h"
#include "lib/test.h"

enum { MINUTE = 60000, FIRST = 5 * MINUTE, MOST = 67 * MINUTE };

static const uint8_t KEY[16] = "0123456789abcde";

static const struct outcome SENT = {.kind = OUTCOME_SENT, .code = 250, .step = "final dot"};
static const struct outcome LATER = {
    .kind = OUTCOME_RETRY, .code = 451, .status = "4.4.1", .text = "no route for a@b.example", .step = "RCPT"};
static const struct outcome FULL = {.kind = OUTCOME_RETRY, .code = 452, .status = "4.2.2", .step = "RCPT"};
static const struct outcome NOBODY = {.kind = OUTCOME_FAILED, .code = 550, .status = "5.1.1", .step = "RCPT"};

static struct domain_limits *make(int connections, int per_minute, int sessions)
{
    struct domain_limits_config c = {connections, per_minute, FIRST, MOST};
    struct domain_limits *d = domain_limits_new(&c, KEY);
    domain_limits_set_sessions(d, sessions);
    return d;
}

static uint32_t lcg(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Begin as many deliveries as go, each on a session of its own; how many. */
static int fill(struct domain_limits *d, const char *domain, int64_t now, struct domain_hold *holds, int most)
{
    int n = 0;
    while (n < most && domain_limits_admit(d, domain, false, NULL, now, &holds[n]) == 0)
        n++;
    return n;
}

static bool send_one(struct domain_limits *d, const char *domain, const struct outcome *outcome, int64_t now)
{
    struct domain_hold hold;
    assert_int_equal(domain_limits_admit(d, domain, true, NULL, now, &hold), 0);
    return domain_limits_end(d, &hold, NULL, outcome, now, 0);
}

/* --- sessions -------------------------------------------------------------------------------------------------- */

static void test_admit__alone_a_domain_may_use_all(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    struct domain_hold holds[20];
    assert_int_equal(fill(d, "a.example", 0, holds, 20), 6); /* does it hang? */
    domain_limits_end(d, &holds[0], NULL, &SENT, 5, 0);
    assert_int_equal(fill(d, "a.example", 5, holds, 20), 3);
    domain_limits_free(d);
}

static void test_admit__in_company_three_quarters_at_least_one_and_one_left(void **state)
{
    (void)state;
    static const int sessions[] = {1, 2, 3, 4, 8, 20, 200};
    static const int most[] = {1, 1, 2, 3, 6, 15, 150};
    for (int i = 0; i < 7; i++) {
        struct domain_limits *d = make(0, 0, sessions[i]);
        struct domain_hold holds[300];
        send_one(d, "b.example", &SENT, 0);
        assert_int_equal(fill(d, "a.example", 59999, holds, 300), most[i]);
        domain_limits_free(d);
    }
}

static void test_admit__company_is_forgotten_after_a_minute(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    struct domain_hold holds[20];
    send_one(d, "b.example", &SENT, 0);
    send_one(d, "a.example", &SENT, 1);
    assert_int_equal(fill(d, "a.example", DOMAIN_COMPANY_MS, holds, 20), 8);
    domain_limits_free(d);
}

static void test_admit__a_fixed_limit_holds_also_alone(void **state)
{
    (void)state;
    struct domain_limits *d = make(2, 0, 8);
    struct domain_hold holds[20];
    assert_int_equal(fill(d, "a.example", 0, holds, 20), 2);
    domain_limits_end(d, &holds[0], NULL, &SENT, 5, 0);
    assert_int_equal(fill(d, "a.example", 5, holds, 20), 1);
    domain_limits_free(d);
}

static void test_admit__behind_the_same_domain_takes_no_session(void **state)
{
    (void)state;
    struct domain_limits *d = make(1, 0, 8);
    struct domain_hold first;
    struct domain_hold second;
    struct domain_hold third;
    assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, 0, &first), 0);
    assert_int_equal(domain_limits_admit(d, "a.example", false, &first, 0, &second), 0);
    assert_int_not_equal(domain_limits_admit(d, "a.example", true, NULL, 0, &third), 0);
    assert_int_equal(domain_limits_in_flight(d, "a.example"), 2);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 1);
    domain_limits_end(d, &first, &second, &SENT, 20, 0); /* the second has the session now */
    assert_int_equal(second.began_ms, 20);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 1);
    assert_int_not_equal(domain_limits_admit(d, "a.example", true, NULL, 20, &third), 0);
    domain_limits_end(d, &second, NULL, &SENT, 40, 0);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 0);
    assert_int_equal(domain_limits_in_flight(d, "a.example"), 0);
    domain_limits_free(d);
}

static void test_admit__behind_another_domain_takes_a_session_of_its_own(void **state)
{
    (void)state;
    struct domain_limits *d = make(1, 0, 8);
    struct domain_hold a;
    struct domain_hold b;
    assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, 0, &a), 0);
    assert_int_equal(domain_limits_admit(d, "b.example", false, &a, 0, &b), 0);
    assert_int_equal(domain_limits_sessions(d, "b.example"), 1);
    domain_limits_end(d, &a, &b, &SENT, 5, 0);
    assert_int_equal(domain_limits_sessions(d, "a.example"), 0);
    assert_int_equal(domain_limits_sessions(d, "b.example"), 1);
    domain_limits_free(d);
}

static void test_admit__waits_for_a_session_are_staggered_by_the_mean_time(void **state)
{
    (void)state;
    struct domain_limits *d = make(4, 0, 8);
    struct domain_hold holds[4];
    struct domain_hold hold;
    for (int i = 0; i < 100; i++) { /* a delivery takes 800 ms: a session is free every 200 ms */
        domain_limits_admit(d, "a.example", false, NULL, i * 1000, &hold);
        domain_limits_end(d, &hold, NULL, &SENT, i * 1000 + 800, 0);
    }
    assert_int_equal(fill(d, "a.example", 200000, holds, 4), 4);
    for (int i = 1; i <= 10; i++)
        assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, 200000, &hold), i * 200);
    assert_int_equal(domain_limits_admit(d, "a.example", true, NULL, 200000, &hold), 200); /* in front */
    domain_limits_free(d);
}

static void test_admit__a_domain_that_hangs_is_asked_ever_more_seldom(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 20);
    struct domain_hold holds[20];
    struct domain_hold hold;
    int asked = 0;
    send_one(d, "b.example", &SENT, 0);
    assert_int_equal(fill(d, "a.example", 0, holds, 20), 15);
    for (int64_t now = 1; now < 10 * MINUTE; asked++) /* one row that is parked again and again */
        now += domain_limits_admit(d, "a.example", true, NULL, now, &hold);
    assert_in_range(asked, 5, 200);
    send_one(d, "b.example", &SENT, 10 * MINUTE); /* and delays nobody */
    domain_limits_free(d);
}

static void test_admit__waits_for_a_session_stay_within_minutes(void **state)
{
    (void)state;
    struct domain_limits *d = make(1, 0, 8);
    struct domain_hold hold;
    assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, 0, &hold), 0);
    for (int i = 0; i < 10000; i++) /* 10 000 deliveries of 100 ms would be 17 minutes: an estimate */
        assert_in_range(domain_limits_admit(d, "a.example", false, NULL, 0, &hold), 1, 5 * MINUTE + 200);
    domain_limits_free(d);
}

/* --- rate and parking ------------------------------------------------------------------------------------------ */

static void test_admit__the_rate_gives_each_its_own_time(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 60, 8);
    struct domain_hold hold;
    send_one(d, "a.example", &SENT, 0);
    int64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t wait = domain_limits_admit(d, "a.example", false, NULL, 0, &hold);
        assert_in_range(wait - last, 1000, 1032);
        last = wait;
    }
    assert_int_equal(domain_limits_admit(d, "b.example", false, NULL, 0, &hold), 0);
    domain_limits_free(d);
}

static void test_admit__what_is_urgent_does_not_stand_behind_the_parked(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 60, 8);
    struct domain_hold hold;
    send_one(d, "a.example", &SENT, 0);
    for (int i = 0; i < 1000; i++)
        domain_limits_admit(d, "a.example", false, NULL, 0, &hold);
    assert_int_equal(domain_limits_admit(d, "a.example", true, NULL, 0, &hold), 1000);
    assert_int_equal(domain_limits_admit(d, "a.example", true, NULL, 1000, &hold), 0);
    assert_in_range(domain_limits_admit(d, "a.example", false, NULL, 2500, &hold), 1000000, 1100000);
    domain_limits_free(d);
}

static void test_admit__a_rate_that_is_booked_out_is_asked_again_in_a_day(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 1, 8);
    struct domain_hold hold;
    send_one(d, "a.example", &SENT, 0);
    int64_t last = 0;
    for (int i = 0; i < 2000; i++)
        last = domain_limits_admit(d, "a.example", false, NULL, 0, &hold);
    assert_int_equal(last, DOMAIN_PARK_MAX_MS);
    /* and a day later those who were told so stand in line again, not in a line of 2000 minutes */
    assert_in_range(domain_limits_admit(d, "a.example", false, NULL, DOMAIN_PARK_MAX_MS, &hold), 0, 3 * MINUTE);
    domain_limits_free(d);
}

static void test_end__untouched_gives_the_rate_back(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 60, 8);
    const struct outcome untouched = {.kind = OUTCOME_UNTOUCHED};
    send_one(d, "a.example", &untouched, 0);
    send_one(d, "a.example", NULL, 0);
    send_one(d, "a.example", &SENT, 0);
    struct domain_hold hold;
    assert_int_equal(domain_limits_admit(d, "a.example", true, NULL, 0, &hold), 1000);
    domain_limits_free(d);
}

static void test_configure__another_rate_counts_at_once(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 1, 8);
    struct domain_hold hold;
    send_one(d, "a.example", &SENT, 0);
    assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, 0, &hold), MINUTE);
    domain_limits_configure(d, &(struct domain_limits_config){0, 0, FIRST, MOST});
    assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, 0, &hold), 0);
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
            int64_t now = now_list[i] / 1024 + lcg(&seed) % 20;
            struct domain_hold hold;
            int64_t wait = domain_limits_admit(d, "a.example", parks > 0, NULL, now, &hold);
            if (wait == 0) {
                domain_limits_end(d, &hold, NULL, &SENT, now, 0);
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
    struct domain_limits *d = make(0, 60, 20);
    struct parking p;
    run_parking(d, 80000, 1, &p);
    printf("80000 rows, 60 a minute: %d parks, %d at most, %.1f h, %d a minute at most\n", p.parks, p.most_parks,
           (double)p.ended_ms / 3600000, p.most_in_minute);
    assert_true(p.parks < 80000 * 11 / 10);
    assert_in_range(p.most_in_minute, 55, 60);
    assert_true((double)p.ended_ms < 80000 * 1000.0 * 1.05);
    domain_limits_free(d);
}

/* --- backing off ----------------------------------------------------------------------------------------------- */

static void test_judge__what_speaks_of_the_domain(void **state)
{
    (void)state;
    static const struct {
        struct outcome o;
        enum domain_result result;
    } rows[] = {
        {{.kind = OUTCOME_SENT, .code = 250, .step = "final dot"}, DOMAIN_TAKEN},
        {{.kind = OUTCOME_UNTOUCHED}, DOMAIN_UNTOUCHED},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "RCPT"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "DATA"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "final dot"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "MAIL"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "connect"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 421, .step = "RCPT"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 0, .step = "RCPT"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.0.0"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.1.1"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.2.2"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.3.2"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.4.1"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.5.3"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.7.1"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.71.1"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4."}, DOMAIN_OTHER},
        {{.kind = OUTCOME_FAILED, .code = 550, .step = "RCPT"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_UNCERTAIN, .step = "final dot"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_OUR_FAULT, .code = 550, .step = "RCPT"}, DOMAIN_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(domain_limits_judge(&rows[i].o), rows[i].result);
    assert_int_equal(domain_limits_judge(NULL), DOMAIN_UNTOUCHED);
}

static void back_off(struct domain_limits *d, const char *domain, int64_t now)
{
    assert_false(send_one(d, domain, &LATER, now));
    assert_false(send_one(d, domain, &LATER, now));
    assert_true(send_one(d, domain, &LATER, now));
}

static void test_end__three_put_off_in_a_row_back_off(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    struct domain_hold hold;
    for (int i = 0; i < 10; i++) {
        send_one(d, "a.example", &LATER, 0);
        send_one(d, "a.example", &LATER, 0);
        send_one(d, "a.example", &SENT, 0);
    }
    for (int i = 0; i < 10; i++)
        send_one(d, "a.example", &FULL, 0);
    back_off(d, "a.example", 0);
    assert_in_range(domain_limits_admit(d, "a.example", false, NULL, 0, &hold), FIRST, FIRST + 100);
    assert_in_range(domain_limits_admit(d, "a.example", true, NULL, FIRST - 1, &hold), 1, 100);
    send_one(d, "b.example", &SENT, 0); /* others go */
    domain_limits_free(d);
}

static void test_backoff__one_probes_the_waits_double_and_a_success_ends_it(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    struct domain_hold probe;
    struct domain_hold hold;
    static const int64_t minutes[] = {5, 10, 20, 40, 67, 67};
    int64_t now = 0;
    back_off(d, "a.example", now);
    for (int i = 0; i < 6; i++) {
        struct domain_trouble t;
        assert_int_equal(domain_limits_troubles(d, now, &t, 1), 1);
        assert_string_equal(t.domain, "a.example");
        assert_string_equal(t.reply, "no route for <address>");
        assert_int_equal(t.backoffs, i + 1);
        assert_int_equal(t.retry_in_ms, minutes[i] * MINUTE);
        now += minutes[i] * MINUTE;
        assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, now, &probe), 0);
        assert_in_range(domain_limits_admit(d, "a.example", true, NULL, now, &hold), 1000, 2000);
        assert_in_range(domain_limits_admit(d, "a.example", true, &probe, now, &hold), 1000, 2000);
        assert_true(domain_limits_end(d, &probe, NULL, &LATER, now, 0));
    }
    now += 67 * MINUTE;
    send_one(d, "a.example", &NOBODY, now); /* tells nothing: the next probes */
    assert_int_equal(domain_limits_troubles(d, now, NULL, 0), 1);
    send_one(d, "a.example", &SENT, now);
    assert_int_equal(domain_limits_troubles(d, now, NULL, 0), 0);
    back_off(d, "a.example", now);
    assert_in_range(domain_limits_admit(d, "a.example", false, NULL, now, &hold), FIRST, FIRST + 100);
    domain_limits_free(d);
}

static void test_backoff__what_was_in_flight_does_not_lengthen_it_but_may_end_it(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    struct domain_hold holds[8];
    send_one(d, "a.example", &SENT, 0);
    assert_int_equal(fill(d, "a.example", 0, holds, 8), 8);
    int began = 0;
    for (int i = 0; i < 7; i++)
        began += domain_limits_end(d, &holds[i], NULL, &LATER, 1, 1023);
    assert_int_equal(began, 1);
    struct domain_trouble t;
    assert_int_equal(domain_limits_troubles(d, 1, &t, 1), 1);
    assert_in_range(t.retry_in_ms, FIRST + FIRST / 11, FIRST + FIRST / 10); /* with jitter */
    domain_limits_end(d, &holds[7], NULL, &SENT, 2, 0);
    assert_int_equal(domain_limits_troubles(d, 2, &t, 1), 0);
    domain_limits_free(d);
}

static void test_backoff__that_has_ended_leaves_no_slots_behind(void **state)
{
    (void)state;
    struct domain_limits *d = make(1, 0, 8);
    struct domain_hold hold;
    back_off(d, "a.example", 0);
    for (int i = 0; i < 1000; i++)
        domain_limits_admit(d, "a.example", false, NULL, FIRST - 1000, &hold);
    send_one(d, "a.example", &SENT, FIRST);
    assert_int_equal(domain_limits_admit(d, "a.example", false, NULL, FIRST, &hold), 0);
    assert_in_range(domain_limits_admit(d, "a.example", false, NULL, FIRST, &hold), 1, 200);
    domain_limits_free(d);
}

static void test_troubles__the_longest_waits_first(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    struct domain_trouble t[3];
    static const char *const names[] = {"b.example", "d.example", "a.example", "c.example"};
    for (int i = 0; i < 4; i++)
        back_off(d, names[i], names[i][0] * INT64_C(1000));
    assert_int_equal(domain_limits_troubles(d, 'd' * 1000, t, 3), 4);
    assert_string_equal(t[0].domain, "d.example");
    assert_string_equal(t[1].domain, "c.example");
    assert_string_equal(t[2].domain, "b.example");
    domain_limits_free(d);
}

/* --- the table ------------------------------------------------------------------------------------------------- */

static const char *name(int i)
{
    static char text[32];
    snprintf(text, sizeof text, "d%d.example", i);
    return text;
}

static void test_table__is_bounded_and_forgets_what_is_idle(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    back_off(d, "slow.example", 0);
    for (int i = 0; i < 3 * DOMAIN_LIMITS_MAX; i++)
        send_one(d, name(i), &SENT, i / 100);
    assert_int_equal(domain_limits_count(d), DOMAIN_LIMITS_MAX);
    assert_int_equal(domain_limits_troubles(d, 1000, NULL, 0), 1); /* a backoff is not idle */
    domain_limits_free(d);
}

static void test_table__what_must_be_kept_does_not_hide_what_may_go(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, 8);
    struct domain_hold hold;
    for (int i = 0; i < 100; i++) /* the oldest, and all of them to be kept */
        back_off(d, name(i), 0);
    for (int i = 100; i < DOMAIN_LIMITS_MAX; i++)
        send_one(d, name(i), &SENT, 0);
    bool has_entry = false;
    for (int i = 0; i < 20 && !has_entry; i++) {
        assert_int_equal(domain_limits_admit(d, "more.example", false, NULL, 1, &hold), 0);
        has_entry = hold.entry >= 0;
        domain_limits_end(d, &hold, NULL, &SENT, 1, 0);
    }
    assert_true(has_entry);
    assert_int_equal(domain_limits_troubles(d, 1, NULL, 0), 100);
    domain_limits_free(d);
}

static void test_table__full_of_busy_ones_admits_without_limits(void **state)
{
    (void)state;
    struct domain_limits *d = make(1, 60, DOMAIN_LIMITS_MAX);
    struct domain_hold *holds = calloc(DOMAIN_LIMITS_MAX, sizeof *holds);
    struct domain_hold hold[3];
    for (int i = 0; i < DOMAIN_LIMITS_MAX; i++)
        assert_int_equal(domain_limits_admit(d, name(i), false, NULL, 0, &holds[i]), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(domain_limits_admit(d, "more.example", false, NULL, 0, &hold[i]), 0);
    assert_int_equal(hold[0].entry, -1);
    for (int i = 0; i < 3; i++)
        assert_false(domain_limits_end(d, &hold[i], NULL, &LATER, 0, 0));
    for (int i = 0; i < DOMAIN_LIMITS_MAX; i++)
        domain_limits_end(d, &holds[i], NULL, &SENT, 0, 0);
    assert_int_equal(domain_limits_admit(d, "more.example", false, NULL, MINUTE, &hold[0]), 0);
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
    static const struct outcome *const outcomes[] = {&SENT, &SENT, &SENT, &LATER, &FULL, &NOBODY, NULL};
    domain_limits_end(d, &s->hold[0], s->n == 2 ? &s->hold[1] : NULL, outcomes[lcg(seed) % 7], now, lcg(seed));
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
        assert_int_equal(domain_limits_in_flight(d, name(k)), in_flight);
        assert_int_equal(domain_limits_sessions(d, name(k)), sessions);
        assert_true(connections == 0 || sessions <= connections);
    }
}

static void test_random_events__never_more_than_allowed_and_nobody_starves(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 40; run++) {
        uint32_t seed = run;
        int connections = (int)(run % 4);
        struct domain_limits *d = make(connections, run % 3 ? 0 : 600, RANDOM_SESSIONS);
        struct random_session s[RANDOM_SESSIONS] = {0};
        int64_t due[RANDOM_DOMAINS] = {0}; /* each domain has one row that waits and always comes back */
        int64_t longest = 0;
        int64_t now = 1;
        for (int i = 0; i < 4000; i++, now += lcg(&seed) % 200) {
            struct random_session *one = &s[lcg(&seed) % RANDOM_SESSIONS];
            int k = (int)(lcg(&seed) % RANDOM_DOMAINS);
            if (one->n < 2 && due[k] <= now) {
                struct domain_hold *ahead = one->n ? &one->hold[0] : NULL;
                int64_t wait = domain_limits_admit(d, name(k), due[k] > 0, ahead, now, &one->hold[one->n]);
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
            send_one(d, name(k), &SENT, now);
        assert_int_equal(domain_limits_count(d), RANDOM_DOMAINS);
        domain_limits_free(d);
    }
}

static void test_one_that_hangs__leaves_room_to_the_others(void **state)
{
    (void)state;
    struct domain_limits *d = make(0, 0, RANDOM_SESSIONS);
    struct domain_hold hung[RANDOM_SESSIONS];
    int n = 0;
    for (int64_t now = 0; now < 10 * MINUTE; now += 10) { /* takes what it gets and never ends */
        struct domain_hold hold;
        if (domain_limits_admit(d, "hangs.example", true, NULL, now, &hold) == 0) {
            assert_in_range(n, 0, RANDOM_SESSIONS - 1);
            hung[n++] = hold;
        }
        if (now == 0)
            continue;
        assert_int_equal(domain_limits_admit(d, "works.example", false, NULL, now, &hold), 0);
        domain_limits_end(d, &hold, NULL, &SENT, now, 0);
    }
    assert_int_equal(n, RANDOM_SESSIONS * 3 / 4);
    for (int i = 0; i < n; i++)
        domain_limits_end(d, &hung[i], NULL, &SENT, 10 * MINUTE, 0);
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
    TEST(test_judge__what_speaks_of_the_domain),
    TEST(test_end__three_put_off_in_a_row_back_off),
    TEST(test_backoff__one_probes_the_waits_double_and_a_success_ends_it),
    TEST(test_backoff__what_was_in_flight_does_not_lengthen_it_but_may_end_it),
    TEST(test_backoff__that_has_ended_leaves_no_slots_behind),
    TEST(test_troubles__the_longest_waits_first),
    TEST(test_table__is_bounded_and_forgets_what_is_idle),
    TEST(test_table__what_must_be_kept_does_not_hide_what_may_go),
    TEST(test_table__full_of_busy_ones_admits_without_limits),
    TEST(test_random_events__never_more_than_allowed_and_nobody_starves),
    TEST(test_one_that_hangs__leaves_room_to_the_others),
};

TEST_MAIN(tests)
