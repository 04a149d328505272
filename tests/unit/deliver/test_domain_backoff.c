/* deliver/domain_limits.h: what speaks of a domain, and backing off. */
#include "deliver/domain_limits.h"

#include "lib/domain_fixture.h"
#include "lib/test.h"

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
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "RCPT"}, DOMAIN_LATER},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "DATA"}, DOMAIN_LATER},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "final dot"}, DOMAIN_LATER},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "MAIL"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 451, .step = "connect"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 421, .step = "RCPT"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 0, .step = "RCPT"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.0.0"}, DOMAIN_LATER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.1.1"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.2.2"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.3.2"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.4.1"}, DOMAIN_PUT_OFF},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.5.3"}, DOMAIN_OTHER},
        {{.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT", .status = "4.7.1"}, DOMAIN_LATER},
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

static void test_end__three_put_off_in_a_row_back_off(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold hold;
    for (int i = 0; i < 10; i++) {
        domain_send(d, "a.example", &WAS_PUT_OFF, 0);
        domain_send(d, "a.example", &WAS_PUT_OFF, 0);
        domain_send(d, "a.example", &WAS_SENT, 0);
    }
    for (int i = 0; i < 10; i++)
        domain_send(d, "a.example", &WAS_FULL, 0);
    domain_back_off(d, "a.example", 0);
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, 0, &hold), FIRST, FIRST + 100);
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, FIRST - 1, &hold), 1, 100);
    domain_send(d, "b.example", &WAS_SENT, 0); /* others go */
    domain_limits_free(d);
}

static void test_backoff__one_probes_the_waits_double_and_a_success_ends_it(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold probe;
    struct domain_hold hold;
    static const int64_t minutes[] = {5, 10, 20, 40, 67, 67};
    int64_t now = 0;
    domain_back_off(d, "a.example", now);
    for (int i = 0; i < 6; i++) {
        struct domain_trouble t;
        assert_int_equal(domain_limits_troubles(d, now, &t, 1), 1);
        assert_string_equal(t.domain, "a.example");
        assert_string_equal(t.reply, "no route for <address>");
        assert_int_equal(t.backoffs, i + 1);
        assert_int_equal(t.retry_in_ms, minutes[i] * MINUTE);
        now += minutes[i] * MINUTE;
        assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, now, &probe), 0);
        assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, now, &hold), 1000, 2000);
        assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_FRONT, &probe, now, &hold), 1000, 2000);
        assert_true(domain_limits_end(d, &probe, NULL, &WAS_PUT_OFF, now, 0));
    }
    now += 67 * MINUTE;
    domain_send(d, "a.example", &WAS_UNKNOWN, now); /* tells nothing: the next probes */
    assert_int_equal(domain_limits_troubles(d, now, NULL, 0), 1);
    domain_send(d, "a.example", &WAS_SENT, now);
    assert_int_equal(domain_limits_troubles(d, now, NULL, 0), 0);
    domain_back_off(d, "a.example", now);
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, now, &hold), FIRST, FIRST + 100);
    domain_limits_free(d);
}

static void test_backoff__what_was_in_flight_does_not_lengthen_it_but_may_end_it(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold holds[8];
    domain_send(d, "a.example", &WAS_SENT, 0);
    assert_int_equal(domain_fill(d, "a.example", 0, holds, 8), 8);
    int began = 0;
    for (int i = 0; i < 7; i++)
        began += domain_limits_end(d, &holds[i], NULL, &WAS_PUT_OFF, 1, 1023);
    assert_int_equal(began, 1);
    struct domain_trouble t;
    assert_int_equal(domain_limits_troubles(d, 1, &t, 1), 1);
    assert_in_range(t.retry_in_ms, FIRST + FIRST / 11, FIRST + FIRST / 10); /* with jitter */
    domain_limits_end(d, &holds[7], NULL, &WAS_SENT, 2, 0);
    assert_int_equal(domain_limits_troubles(d, 2, &t, 1), 0);
    domain_limits_free(d);
}

static void test_backoff__that_has_ended_leaves_no_slots_behind(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(1, 0, 8);
    struct domain_hold hold;
    domain_back_off(d, "a.example", 0);
    for (int i = 0; i < 1000; i++)
        domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, FIRST - 1000, &hold);
    domain_send(d, "a.example", &WAS_SENT, FIRST);
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, FIRST, &hold), 0);
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_LAST, NULL, FIRST, &hold), 1, 200);
    domain_limits_free(d);
}

/* --- alerts meanwhile ------------------------------------------------------------------------------------------- */

static const struct outcome WAS_GREYLISTED = {
    .kind = OUTCOME_RETRY, .code = 450, .status = "4.7.1", .text = "greylisted", .step = "RCPT"};

/* An alert to the domain each 100 ms for so long, each put off with `outcome`: how many were let through. */
static int probe(struct domain_limits *d, const struct outcome *outcome, int64_t from, int64_t ms)
{
    int n = 0;
    for (int64_t now = from; now < from + ms; now += 100) {
        struct domain_hold hold;
        struct domain_hold more;
        if (domain_limits_admit(d, "a.example", DOMAIN_ALERT, NULL, now, &hold) != 0)
            continue;
        n++;
        assert_true(domain_limits_admit(d, "a.example", DOMAIN_ALERT, NULL, now, &more) > 0); /* one at a time */
        assert_false(domain_limits_try(d, "a.example", NULL, now, &more));
        domain_limits_end(d, &hold, NULL, outcome, now, 0);
    }
    return n;
}

static void greylist(struct domain_limits *d, int64_t now)
{
    for (int i = 0; i < DOMAIN_PUT_OFF_MAX; i++)
        domain_send(d, "a.example", &WAS_GREYLISTED, now);
}

static void test_alert__probes_within_seconds_and_not_too_often(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold hold;
    greylist(d, 0);
    assert_true(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 0, &hold) >= FIRST); /* a letter */
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_ALERT, NULL, 0, &hold), 1000, 1100);
    assert_in_range(probe(d, &WAS_GREYLISTED, 0, MINUTE), 6, 8);
    assert_in_range(probe(d, &WAS_GREYLISTED, MINUTE, MINUTE), 3, 4);
    assert_true(domain_limits_admit(d, "a.example", DOMAIN_FRONT, NULL, 2 * MINUTE, &hold) >= FIRST - 2 * MINUTE);
    domain_limits_free(d);
}

static void test_alert__probes_a_domain_that_is_away_more_seldom(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold hold;
    domain_back_off(d, "a.example", 0);
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_ALERT, NULL, 0, &hold), 15000, 15100);
    assert_in_range(probe(d, &WAS_PUT_OFF, 0, MINUTE), 2, 2);
    assert_in_range(probe(d, &WAS_PUT_OFF, MINUTE, 4 * MINUTE - 100), 2, 3);
    assert_in_range(probe(d, &WAS_PUT_OFF, 5 * MINUTE, 60 * MINUTE), 9, 16);
    domain_limits_free(d);
}

static void test_alert__a_success_lets_all_go(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_hold hold;
    greylist(d, 0);
    for (int i = 0; i < 10000; i++) /* also those who waited with it are back soon */
        assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_ALERT, NULL, 0, &hold), 1000, 11100);
    assert_int_equal(domain_limits_admit(d, "a.example", DOMAIN_ALERT, NULL, 1000, &hold), 0);
    domain_limits_end(d, &hold, NULL, &WAS_SENT, 1050, 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(domain_limits_admit(d, "a.example", i == 3 ? DOMAIN_LAST : DOMAIN_ALERT, NULL, 1050, &hold),
                         0);
    assert_int_equal(domain_limits_troubles(d, 1050, NULL, 0), 0);
    domain_limits_free(d);
}

/* What was in flight together counts as one refusal. */
static void test_alert__many_at_once_lengthen_no_wait(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 40);
    struct domain_hold holds[30];
    struct domain_hold hold;
    domain_send(d, "a.example", &WAS_SENT, 0);
    assert_int_equal(domain_fill(d, "a.example", 0, holds, 30), 30);
    for (int i = 0; i < 30; i++)
        domain_limits_end(d, &holds[i], NULL, &WAS_GREYLISTED, 100, 0);
    assert_in_range(domain_limits_admit(d, "a.example", DOMAIN_ALERT, NULL, 100, &hold), 1000, 1100);
    domain_limits_free(d);
}

static void test_troubles__the_longest_waits_first(void **state)
{
    (void)state;
    struct domain_limits *d = domain_make(0, 0, 8);
    struct domain_trouble t[3];
    static const char *const names[] = {"b.example", "d.example", "a.example", "c.example"};
    for (int i = 0; i < 4; i++)
        domain_back_off(d, names[i], names[i][0] * INT64_C(1000));
    assert_int_equal(domain_limits_troubles(d, 'd' * 1000, t, 3), 4);
    assert_string_equal(t[0].domain, "d.example");
    assert_string_equal(t[1].domain, "c.example");
    assert_string_equal(t[2].domain, "b.example");
    domain_limits_free(d);
}

static const struct CMUnitTest tests[] = {
    TEST(test_judge__what_speaks_of_the_domain),
    TEST(test_end__three_put_off_in_a_row_back_off),
    TEST(test_backoff__one_probes_the_waits_double_and_a_success_ends_it),
    TEST(test_backoff__what_was_in_flight_does_not_lengthen_it_but_may_end_it),
    TEST(test_backoff__that_has_ended_leaves_no_slots_behind),
    TEST(test_alert__probes_within_seconds_and_not_too_often),
    TEST(test_alert__probes_a_domain_that_is_away_more_seldom),
    TEST(test_alert__a_success_lets_all_go),
    TEST(test_alert__many_at_once_lengthen_no_wait),
    TEST(test_troubles__the_longest_waits_first),
};

TEST_MAIN(tests)
