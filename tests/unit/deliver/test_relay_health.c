/*
 * deliver/relay_health.h: breaker and window. Beside the rules one by one, a relay is simulated that allows fewer
 * sessions than we have: what counts is how many connections it refuses and how many letters still go through.
 */
/* run: not under tsan */
#include "deliver/relay_health.h"

#include <stdio.h>

#include "lib/test.h"

/* --- rules ----------------------------------------------------------------------------------------------------- */

static void test_state_word__is_the_tables(void **state)
{
    (void)state;
    assert_string_equal(relay_state_word(RELAY_STATE_READY), "ready");
    assert_string_equal(relay_state_word(RELAY_STATE_PAUSED), "paused");
    assert_string_equal(relay_state_word(RELAY_STATE_PROBING), "probing");
}

static void test_init__begins_ready_with_five_sessions_or_fewer(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    assert_int_equal(relay_health_state(&h, 0), RELAY_STATE_READY);
    assert_int_equal(relay_health_sessions(&h, 0), 5);
    relay_health_init(&h, 2);
    assert_int_equal(relay_health_sessions(&h, 0), 2);
}

/* All sessions of the window come about, then all of the next one ...: how many steps until `goal`? */
static int grow_by_connects(struct relay_health *h, int from, int goal)
{
    int working = from;
    int steps = 0;
    while (relay_health_sessions(h, 0) < goal && steps < 100) {
        int window = relay_health_sessions(h, 0);
        while (working < window)
            relay_health_connected(h, ++working, 0);
        steps++;
    }
    return steps;
}

static void test_connected__opens_the_window_in_a_few_steps(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    assert_int_equal(grow_by_connects(&h, 0, 20), 5);
    assert_int_equal(relay_health_sessions(&h, 0), 20);
    relay_health_init(&h, 200);
    assert_in_range(grow_by_connects(&h, 0, 200), 1, 55);
}

static void test_connected__a_window_not_in_use_does_not_grow(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    for (int i = 0; i < 100; i++) {
        relay_health_connected(&h, 4, i);
        relay_health_delivered(&h, 4, i);
    }
    assert_int_equal(relay_health_sessions(&h, 100), 5);
}

static void test_failed__while_others_work_finds_the_ceiling(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    grow_by_connects(&h, 0, 12);
    assert_int_equal(relay_health_sessions(&h, 0), 12);
    for (int i = 0; i < 4; i++)
        assert_false(relay_health_failed(&h, 8, 0, 0));
    assert_int_equal(relay_health_state(&h, 0), RELAY_STATE_READY);
    assert_int_equal(relay_health_sessions(&h, 0), 8);
    for (int i = 0; i < 4; i++)
        relay_health_failed(&h, 8, 0, 0);
    assert_int_equal(relay_health_sessions(&h, 0), 8); /* never below what works */
}

static void deliver_and_reopen(struct relay_health *h, int working, int times, int64_t now)
{
    for (int i = 0; i < times; i++) {
        relay_health_delivered(h, working, now);
        relay_health_connected(h, working, now);
    }
}

static void test_ceiling__is_passed_only_after_its_wait_which_doubles(void **state)
{
    (void)state;
    struct relay_health h;
    int64_t now = 1000;
    int64_t wait = RELAY_CEILING_FIRST_MS;
    relay_health_init(&h, 20);
    grow_by_connects(&h, 0, 6);
    relay_health_failed(&h, 5, now, 0);
    for (int i = 0; i < 10; i++) {
        now += wait - 1;
        deliver_and_reopen(&h, 5, 100, now);
        assert_int_equal(relay_health_sessions(&h, now), 5);
        now += 1;
        deliver_and_reopen(&h, 5, 1, now);
        assert_int_equal(relay_health_sessions(&h, now), 6);
        relay_health_failed(&h, 5, now, 0);
        assert_int_equal(relay_health_sessions(&h, now), 5);
        wait = wait * 2 < RELAY_CEILING_MAX_MS ? wait * 2 : RELAY_CEILING_MAX_MS;
    }
}

static void test_ceiling__is_not_passed_before_a_delivery_for_each_session(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    grow_by_connects(&h, 0, 6);
    relay_health_failed(&h, 5, 0, 0);
    for (int i = 0; i < 100; i++)
        relay_health_connected(&h, 5, 0);
    for (int i = 0; i < 4; i++)
        relay_health_delivered(&h, 5, RELAY_CEILING_MAX_MS);
    assert_int_equal(relay_health_sessions(&h, RELAY_CEILING_MAX_MS), 5);
    relay_health_delivered(&h, 5, RELAY_CEILING_MAX_MS);
    assert_int_equal(relay_health_sessions(&h, RELAY_CEILING_MAX_MS), 6);
}

static void test_ceiling__is_not_passed_before_enough_sessions_came_about(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    grow_by_connects(&h, 0, 6);
    relay_health_failed(&h, 5, 0, 0);
    for (int64_t now = 0; now < RELAY_CEILING_MAX_MS; now += 1000) {
        relay_health_delivered(&h, 5, now);
        assert_int_equal(relay_health_sessions(&h, now), 5);
    }
    relay_health_delivered(&h, 5, RELAY_CEILING_MAX_MS); /* but at last it is */
    assert_int_equal(relay_health_sessions(&h, RELAY_CEILING_MAX_MS), 6);
}

static void test_ceiling__once_passed_the_window_soon_grows_to_all(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    grow_by_connects(&h, 0, 6);
    relay_health_failed(&h, 5, 0, 0);
    int64_t now = RELAY_CEILING_FIRST_MS;
    int deliveries = 0;
    for (; relay_health_sessions(&h, now) < 20 && deliveries < 1000; deliveries++)
        deliver_and_reopen(&h, relay_health_sessions(&h, now), 1, now);
    assert_in_range(deliveries, 15, 100);
}

static void test_failed__with_nothing_working_pauses_and_doubles(void **state)
{
    (void)state;
    struct relay_health h;
    int64_t now = 5000;
    static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    relay_health_init(&h, 20);
    for (int i = 0; i < 8; i++) {
        assert_true(relay_health_failed(&h, 0, now, 0));
        assert_int_equal(relay_health_state(&h, now), RELAY_STATE_PAUSED);
        assert_int_equal(relay_health_sessions(&h, now), 0);
        assert_int_equal(relay_health_retry_in_ms(&h, now), waits[i]);
        assert_false(relay_health_failed(&h, 0, now, 0)); /* the same cause */
        now += waits[i];
        assert_int_equal(relay_health_state(&h, now - 1), RELAY_STATE_PAUSED);
        assert_int_equal(relay_health_state(&h, now), RELAY_STATE_PROBING);
        assert_int_equal(relay_health_sessions(&h, now), 1);
        assert_int_equal(relay_health_retry_in_ms(&h, now), 0);
    }
}

static void test_failed__the_pause_has_jitter(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    relay_health_failed(&h, 0, 0, 1023);
    assert_in_range(relay_health_retry_in_ms(&h, 0), 1090, 1100);
}

static void test_delivered__ends_the_pauses_and_returns_slowly(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    for (int64_t now = 0; now < 200000; now += 60000)
        relay_health_failed(&h, 0, now, 0);
    int64_t now = 300000;
    relay_health_connected(&h, 1, now);
    assert_int_equal(relay_health_state(&h, now), RELAY_STATE_PROBING); /* a handshake is not a delivery */
    relay_health_delivered(&h, 1, now);
    assert_int_equal(relay_health_state(&h, now), RELAY_STATE_READY);
    static const int windows[] = {1, 2, 4, 8, 12, 16, 20, 20};
    for (int i = 0; i < 8; i++) {
        int window = relay_health_sessions(&h, now);
        assert_int_equal(window, windows[i]);
        for (int working = 1; working <= window; working++)
            relay_health_connected(&h, working, now);
        assert_int_equal(relay_health_sessions(&h, now), window);
        relay_health_delivered(&h, window, now);
    }
    assert_true(relay_health_failed(&h, 0, now, 0));
    assert_int_equal(relay_health_retry_in_ms(&h, now), RELAY_PAUSE_FIRST_MS); /* from the beginning again */
}

static void test_connected__during_a_pause_takes_it_back(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    assert_true(relay_health_failed(&h, 0, 0, 0)); /* five are on their way, the first is refused */
    relay_health_connected(&h, 1, 1);
    assert_int_equal(relay_health_state(&h, 1), RELAY_STATE_READY);
    assert_int_equal(relay_health_sessions(&h, 1), 4);
    assert_true(relay_health_failed(&h, 0, 2, 0));
    assert_int_equal(relay_health_retry_in_ms(&h, 2), RELAY_PAUSE_FIRST_MS);
}

static void test_refused__pauses_at_once_and_is_not_taken_back(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    assert_true(relay_health_refused(&h, 0, 0));
    assert_false(relay_health_refused(&h, 0, 0));
    relay_health_connected(&h, 3, 1);
    relay_health_delivered(&h, 3, 1);
    assert_int_equal(relay_health_state(&h, 1), RELAY_STATE_PAUSED);
    assert_true(relay_health_refused(&h, 1000, 0));
    assert_int_equal(relay_health_retry_in_ms(&h, 1000), 2000);
}

static void test_lost__counts_only_a_session_that_never_worked(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    assert_false(relay_health_lost(&h, true, 0, 0, 0));
    assert_int_equal(relay_health_sessions(&h, 0), 5);
    assert_false(relay_health_lost(&h, false, 4, 0, 0));
    assert_int_equal(relay_health_sessions(&h, 0), 4);
    assert_true(relay_health_lost(&h, false, 0, 0, 0));
}

static void test_configure__ends_a_pause_and_keeps_what_was_learnt(void **state)
{
    (void)state;
    struct relay_health h;
    relay_health_init(&h, 20);
    relay_health_failed(&h, 3, 0, 0);
    relay_health_configure(&h, 10);
    assert_int_equal(relay_health_sessions(&h, 0), 4);
    relay_health_configure(&h, 2);
    assert_int_equal(relay_health_sessions(&h, 0), 2);
    relay_health_refused(&h, 0, 0);
    relay_health_configure(&h, 20);
    assert_int_equal(relay_health_state(&h, 0), RELAY_STATE_READY);
    assert_int_equal(relay_health_sessions(&h, 0), 1);
}

/* --- a relay that allows `limit` sessions ---------------------------------------------------------------------- */

enum { SIM_SESSIONS = 20 };

struct sim {
    /* given */
    int limit, per_connection, letters;
    int64_t connect_ms, delivery_ms, raised_at_ms;
    int raised_to;
    bool refuses_late; /* takes the connection and says 421 to MAIL */
    /* found */
    int attempts, refused, sent, most_open;
    int64_t now;
};

struct sim_session {
    enum { SIM_FREE, SIM_CONNECTING, SIM_DOOMED, SIM_SENDING } phase;
    int64_t until;
    int sent;
};

static uint32_t lcg(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static int count_phase(const struct sim_session *s, bool works)
{
    int n = 0;
    for (int i = 0; i < SIM_SESSIONS; i++)
        n += works ? s[i].phase == SIM_SENDING || s[i].phase == SIM_DOOMED : s[i].phase != SIM_FREE;
    return n;
}

/* What the server sees: sessions that it has let in. */
static int admitted(const struct sim_session *s)
{
    int n = 0;
    for (int i = 0; i < SIM_SESSIONS; i++)
        n += s[i].phase == SIM_SENDING;
    return n;
}

static void sim_step(struct sim *sim, struct relay_health *h, struct sim_session *all, struct sim_session *s,
                     uint32_t *seed)
{
    int limit = sim->raised_to && sim->now >= sim->raised_at_ms ? sim->raised_to : sim->limit;
    bool has_room = admitted(all) < limit;
    switch (s->phase) {
    case SIM_CONNECTING:
        s->phase = has_room ? SIM_SENDING : sim->refuses_late ? SIM_DOOMED : SIM_FREE;
        s->sent = 0;
        s->until = sim->now + (has_room ? sim->delivery_ms : 1) + lcg(seed) % 3;
        if (s->phase == SIM_FREE) {
            sim->refused++;
            relay_health_failed(h, count_phase(all, true), sim->now, lcg(seed));
        } else {
            relay_health_connected(h, count_phase(all, true), sim->now);
        }
        break;
    case SIM_DOOMED:
        s->phase = SIM_FREE;
        sim->refused++;
        relay_health_lost(h, false, count_phase(all, true), sim->now, lcg(seed));
        break;
    case SIM_SENDING:
        sim->sent++;
        relay_health_delivered(h, count_phase(all, true), sim->now);
        s->until = sim->now + sim->delivery_ms + lcg(seed) % 3;
        if (++s->sent == sim->per_connection || sim->sent >= sim->letters)
            s->phase = SIM_FREE;
        break;
    case SIM_FREE:
        break;
    }
}

static void simulate(struct sim *sim, uint32_t seed)
{
    struct relay_health h;
    struct sim_session s[SIM_SESSIONS] = {0};
    relay_health_init(&h, SIM_SESSIONS);
    for (; sim->sent < sim->letters && sim->now < 24 * INT64_C(3600000); sim->now++) {
        for (int i = 0; i < SIM_SESSIONS; i++) {
            int room = relay_health_sessions(&h, sim->now) - count_phase(s, false);
            if (s[i].phase == SIM_FREE && room > 0) {
                s[i] = (struct sim_session){SIM_CONNECTING, sim->now + sim->connect_ms + lcg(&seed) % 2, 0};
                sim->attempts++;
            }
        }
        for (int i = 0; i < SIM_SESSIONS; i++)
            if (s[i].phase != SIM_FREE && s[i].until <= sim->now)
                sim_step(sim, &h, s, &s[i], &seed);
        assert_in_range(h.window, 1, SIM_SESSIONS);
        if (admitted(s) > sim->most_open)
            sim->most_open = admitted(s);
    }
}

static double refused_share(const struct sim *sim)
{
    return (double)sim->refused / sim->attempts;
}

static void test_limit_of_five__refuses_at_most_17_percent_of_connections(void **state)
{
    (void)state;
    static const int64_t delivery[] = {0, 1, 5, 20, 200, 2000};
    static const int per_connection[] = {20, 100};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 6; i++) {
            struct sim sim = {.limit = 5,
                              .per_connection = per_connection[k],
                              .letters = 2000,
                              .connect_ms = 2,
                              .delivery_ms = delivery[i]};
            simulate(&sim, 7);
            printf("limit 5, %3d letters a connection, %4lld ms: %d of %d refused (%.1f %%), %lld ms\n",
                   per_connection[k], (long long)delivery[i], sim.refused, sim.attempts, 100 * refused_share(&sim),
                   (long long)sim.now);
            assert_true(sim.sent >= 2000);
            assert_true(refused_share(&sim) <= 0.17);
            assert_int_equal(sim.most_open, 5);
            /* and what it allows is used: 9 tenths of 5 / (time of a letter) */
            assert_true((double)sim.now <= 2000.0 / 5 * ((double)delivery[i] + 2.0) / 0.9 + 200);
        }
    }
}

static void test_any_limit__is_found_and_refuses_few(void **state)
{
    (void)state;
    for (int late = 0; late <= 1; late++) {
        for (int limit = 1; limit <= SIM_SESSIONS; limit++) {
            struct sim sim = {.limit = limit,
                              .per_connection = 20,
                              .letters = 6000,
                              .connect_ms = 3,
                              .delivery_ms = 20,
                              .refuses_late = late};
            simulate(&sim, (uint32_t)limit);
            printf("limit %2d%s: %d of %d refused (%.1f %%), most open %d, %lld ms\n", limit, late ? " late" : "",
                   sim.refused, sim.attempts, 100 * refused_share(&sim), sim.most_open, (long long)sim.now);
            assert_true(sim.sent >= 6000);
            assert_int_equal(sim.most_open, limit);
            assert_true(refused_share(&sim) <= 0.17);
            if (limit == SIM_SESSIONS)
                assert_int_equal(sim.refused, 0);
        }
    }
}

static void test_no_limit__400_letters_over_20_connections_lose_no_time(void **state)
{
    (void)state;
    struct sim sim = {.limit = 20, .per_connection = 0, .letters = 400, .connect_ms = 1, .delivery_ms = 20};
    simulate(&sim, 1);
    printf("no limit: 400 letters, 20 ms: %lld ms\n", (long long)sim.now);
    assert_true((double)sim.now <= 400.0 / 20 * 21 / 0.9);
}

static void test_limit__that_is_raised_is_found_out(void **state)
{
    (void)state;
    struct sim sim = {.limit = 5,
                      .per_connection = 20,
                      .letters = 60000,
                      .connect_ms = 3,
                      .delivery_ms = 20,
                      .raised_at_ms = 60000,
                      .raised_to = 20};
    simulate(&sim, 1);
    printf("raised to 20 after 60 s: %lld ms, %d of %d refused\n", (long long)sim.now, sim.refused, sim.attempts);
    assert_int_equal(sim.most_open, 20);
    assert_true(sim.now < 60000 + 60000 + (60000 - 60000 / 22 * 5) * 22 / 20);
}

/* --- anything at all ------------------------------------------------------------------------------------------- */

static void test_random_events__keep_the_invariants(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 200; run++) {
        uint32_t seed = run;
        struct relay_health h;
        int connections = 1 + (int)(lcg(&seed) % 200);
        int64_t now = 0;
        relay_health_init(&h, connections);
        for (int i = 0; i < 2000; i++) {
            int working = (int)(lcg(&seed) % (unsigned)(connections + 1));
            uint32_t noise = lcg(&seed);
            now += lcg(&seed) % 3000;
            switch (lcg(&seed) % 8) {
            case 0:
            case 1:
                relay_health_connected(&h, working, now);
                break;
            case 2:
                relay_health_failed(&h, working, now, noise);
                break;
            case 3:
                relay_health_lost(&h, noise & 1, working, now, noise);
                break;
            case 4:
                if (noise % 10 == 0)
                    relay_health_refused(&h, now, noise);
                break;
            case 5:
                if (noise % 50 == 0)
                    relay_health_configure(&h, connections = 1 + (int)(noise % 200));
                break;
            default:
                relay_health_delivered(&h, working, now);
            }
            int sessions = relay_health_sessions(&h, now);
            int64_t retry = relay_health_retry_in_ms(&h, now);
            assert_in_range(h.window, 1, connections);
            assert_in_range(sessions, 0, connections);
            assert_true((sessions == 0) == (relay_health_state(&h, now) == RELAY_STATE_PAUSED));
            assert_true((sessions == 0) == (retry > 0));
            assert_in_range(retry, 0, RELAY_PAUSE_MAX_MS + RELAY_PAUSE_MAX_MS / 10); /* never for ever */
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_state_word__is_the_tables),
    TEST(test_init__begins_ready_with_five_sessions_or_fewer),
    TEST(test_connected__opens_the_window_in_a_few_steps),
    TEST(test_connected__a_window_not_in_use_does_not_grow),
    TEST(test_failed__while_others_work_finds_the_ceiling),
    TEST(test_ceiling__is_passed_only_after_its_wait_which_doubles),
    TEST(test_ceiling__is_not_passed_before_a_delivery_for_each_session),
    TEST(test_ceiling__is_not_passed_before_enough_sessions_came_about),
    TEST(test_ceiling__once_passed_the_window_soon_grows_to_all),
    TEST(test_failed__with_nothing_working_pauses_and_doubles),
    TEST(test_failed__the_pause_has_jitter),
    TEST(test_delivered__ends_the_pauses_and_returns_slowly),
    TEST(test_connected__during_a_pause_takes_it_back),
    TEST(test_refused__pauses_at_once_and_is_not_taken_back),
    TEST(test_lost__counts_only_a_session_that_never_worked),
    TEST(test_configure__ends_a_pause_and_keeps_what_was_learnt),
    TEST(test_limit_of_five__refuses_at_most_17_percent_of_connections),
    TEST(test_any_limit__is_found_and_refuses_few),
    TEST(test_no_limit__400_letters_over_20_connections_lose_no_time),
    TEST(test_limit__that_is_raised_is_found_out),
    TEST(test_random_events__keep_the_invariants),
};

TEST_MAIN(tests)
