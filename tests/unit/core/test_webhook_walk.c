/* core/webhook_queue.h: its promises in random walks over all its functions. */
#include "core/webhook_queue.h"

#include "core/webhook_emit.h"
#include "lib/test.h"
#include "lib/webhook_fixture.h"

#define MINUTE (60 * US_PER_S)

static struct webhook_fixture f;
static struct webhook_job *jobs[WEBHOOK_CLAIM_MAX];

static int setup(void **state)
{
    (void)state;
    webhook_fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    webhook_fixture_fini(&f);
    return 0;
}

/* What must hold at any time: figures are right, a thread is in order, nothing is due that no lane would look at. */
static void check_invariants(void)
{
    static const char *const wrong[] = {
        "SELECT count(*) FROM webhook_lane AS l WHERE l.pending <> (SELECT count(*) FROM webhook_delivery AS d WHERE "
        "d.webhook_id = l.webhook_id AND d.state = 'pending') OR l.in_flight <> (SELECT count(*) FROM webhook_delivery "
        "AS d"
        " WHERE d.webhook_id = l.webhook_id AND d.state = 'claimed') OR l.failed <> (SELECT count(*) FROM "
        "webhook_delivery"
        " AS d WHERE d.webhook_id = l.webhook_id AND d.state = 'failed')",
        "SELECT count(*) FROM (SELECT 1 FROM webhook_delivery WHERE state = 'claimed' OR (state = 'pending' AND held = "
        "0)"
        " GROUP BY webhook_id, thread_id, recipient HAVING count(*) > 1)",
        "SELECT count(*) FROM webhook_delivery AS d JOIN webhook_lane AS l ON l.webhook_id = d.webhook_id WHERE "
        "d.state = "
        "'pending' AND d.held = 0 AND l.ready = 0 AND l.in_flight = 0 AND (l.due_at IS NULL OR (l.due_at > d.due_at "
        "AND "
        "l.due_at > l.paused_until))",
        "SELECT count(*) FROM webhook_delivery AS d WHERE d.state = 'pending' AND d.held = 1 AND NOT EXISTS (SELECT 1 "
        "FROM "
        "webhook_delivery AS o WHERE o.webhook_id = d.webhook_id AND o.thread_id = d.thread_id AND o.recipient = "
        "d.recipient AND o.id <> d.id AND o.state IN ('pending', 'claimed'))",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (store_fixture_number(&f.s, wrong[i]) != 0)
            fail_msg("invariant %zu", i);
}

static unsigned noise = 1;

static int chance(int n)
{
    noise = noise * 1664525U + 1013904223U;
    return (int)((noise >> 16) % (unsigned)n);
}

enum { HOOKS = 4, ROOTS_MAX = 400 };
static int64_t hooks[HOOKS], roots[ROOTS_MAX];
static int root_count, flying;

static void end_one(enum webhook_outcome outcome)
{
    int i = chance(flying);
    struct webhook_job *job = jobs[i];
    jobs[i] = jobs[--flying];
    webhook_fixture_record(
        &f, job,
        &(struct webhook_result){.outcome = outcome,
                                 .due_us = outcome == WEBHOOK_GIVEN_BACK ? 0 : f.s.now_us + MINUTE * (1 + chance(90)),
                                 .pause_until_us = chance(8) == 0 ? f.s.now_us + 3 * MINUTE : 0,
                                 .is_receiver_failing = chance(2) == 0,
                                 .may_have_reached = chance(3) == 0,
                                 .disable = outcome == WEBHOOK_DEAD && chance(6) == 0,
                                 .http_status = 500,
                                 .detail = "x"});
}

static void toggle(int64_t id)
{
    if (webhook_disable(f.s.db, &f.s.admin, id, NULL, &f.s.err) == 0)
        return;
    store_fixture_ok(&f.s, webhook_enable(f.s.db, &f.s.admin, id, &f.s.err));
    webhook_fixture_replay(&f, id, 0, chance(2));
}

static void step(void)
{
    static const enum webhook_outcome outcomes[] = {WEBHOOK_DELIVERED, WEBHOOK_DELIVERED, WEBHOOK_RETRY,
                                                    WEBHOOK_RETRY,     WEBHOOK_DEAD,      WEBHOOK_GIVEN_BACK};
    int64_t n = 0;
    switch (chance(12)) {
    case 0:
    case 1:
        if (root_count < ROOTS_MAX)
            roots[root_count++] = webhook_fixture_alert(&f, 0, "alert");
        break;
    case 2:
        if (root_count > 0)
            webhook_fixture_alert(&f, roots[chance(root_count)], chance(3) ? "update" : "recall");
        break;
    case 3:
        if (root_count > 0)
            store_fixture_ok(&f.s, webhook_emit_expired(f.s.db, roots[chance(root_count)], 0));
        break;
    case 4:
        toggle(hooks[chance(HOOKS)]);
        break;
    case 5:
        f.s.now_us += MINUTE * chance(20);
        break;
    case 6:
        if (chance(10) == 0) { /* the process ends, and begins anew */
            while (flying > 0)
                webhook_job_free(jobs[--flying]);
            store_fixture_ok(&f.s, webhook_recover(f.s.db, &n));
        }
        break;
    case 7:
    case 8:
        if (flying < 20)
            flying += webhook_fixture_claim(&f, jobs + flying, 1 + chance(10), 1 + chance(3));
        break;
    default:
        if (flying > 0)
            end_one(outcomes[chance(6)]);
    }
}

static void walk(unsigned seed)
{
    noise = seed;
    root_count = flying = 0;
    for (int i = 0; i < HOOKS; i++)
        hooks[i] = webhook_fixture_add(&f, "https://e.example/", NULL);
    for (int i = 0; i < 1000; i++) {
        step();
        check_invariants();
    }
    for (int i = 0; i < HOOKS; i++)
        webhook_enable(f.s.db, &f.s.admin, hooks[i], &f.s.err);
    for (int i = 0; i < 3000 && webhook_fixture_count(&f, "pending") + webhook_fixture_count(&f, "claimed") > 0;
         i++) { /* at last all receivers work */
        while (flying > 0)
            webhook_fixture_end(&f, jobs[--flying], WEBHOOK_DELIVERED);
        flying = webhook_fixture_claim(&f, jobs, 100, 4);
        f.s.now_us += MINUTE;
        check_invariants();
    }
    assert_int_equal(webhook_fixture_count(&f, "pending") + webhook_fixture_count(&f, "claimed"), 0);
    assert_true(webhook_fixture_count(&f, "sent") > 20);
    assert_true(webhook_fixture_count(&f, "withdrawn") > 5);
}

/* Seeds that once showed something: 1, a lane asleep after a claim of which nothing was left; 7, a replay beside what
 * is on its way in the same thread. */
static void test_webhook_queue__random_walks_keep_its_promises(void **state)
{
    static const unsigned seeds[] = {1, 7, 21};
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        print_message("seed %u\n", seeds[i]);
        if (i > 0) {
            teardown(state);
            setup(state);
        }
        walk(seeds[i]);
    }
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_webhook_queue__random_walks_keep_its_promises, setup, teardown),
};

TEST_MAIN(tests)
