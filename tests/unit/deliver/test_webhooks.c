/* deliver/webhooks.h with the real queue in memory and a receiver in the same loop. */
/* run: not under tsan */
#include "deliver/webhooks.h"

#include <stdio.h>
#include <uv.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/ledger.h"
#include "core/webhook_emit.h"
#include "core/webhook_queue.h"
#include "lib/hook_server.h"
#include "lib/test.h"
#include "net/http_call.h"
#include "store/db.h"
#include "store/store.h"

enum { WAIT_S = 60, SQL_BYTES = 4000 };

static const char CONFIG[] = "[node]\nbase_url = https://grannbud.example.se\n"
                             "[sender]\nfrom = grannsamverkan@example.se\n"
                             "[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n"
                             "[webhook]\nallow_private = yes\ntimeout = 4s\n";

struct bed {
    uv_loop_t loop;
    struct store *store;
    struct clock clock;
    int64_t ahead_us; /* of the machine's clocks, both */
    int64_t jump_us;  /* the wall clock, further than that */
    struct config *config, *strict;
    struct http_client *http;
    struct webhooks *webhooks;
    struct hook_server server;
    bool stopped;
    int alerts;
};

static int64_t real_us(void *ctx)
{
    return clock_real_us(clock_system()) + ((struct bed *)ctx)->ahead_us + ((struct bed *)ctx)->jump_us;
}

static int64_t mono_ms(void *ctx)
{
    return clock_mono_ms(clock_system()) + ((struct bed *)ctx)->ahead_us / 1000;
}

/* --- the store, from the test ------------------------------------------------------------------------------------ */

struct ask {
    struct store_req req;
    const char *sql;
    int64_t alert_id, n;
    struct webhook_counts counts;
    bool hold;
};

static void on_asked(struct store_req *req)
{
    assert_int_equal(req->status, 0);
}

static void run(struct bed *bed, struct ask *ask, store_op op)
{
    ask->req = (struct store_req){.op = op, .done = on_asked};
    store_write(bed->store, &ask->req);
    store_complete(bed->store);
}

static int op_script(struct db *db, struct store_req *req)
{
    struct ask *ask = CONTAINER_OF(req, struct ask, req);
    struct err err = {.text = ""};
    int rc = db_script(db, ask->sql, &err);
    if (rc)
        fail_msg("%s", err.text);
    return rc;
}

static int op_emit(struct db *db, struct store_req *req)
{
    return webhook_emit_alert(db, CONTAINER_OF(req, struct ask, req)->alert_id);
}

static int op_counts(struct db *db, struct store_req *req)
{
    return webhook_counts(db, &CONTAINER_OF(req, struct ask, req)->counts);
}

static int op_recover(struct db *db, struct store_req *req)
{
    return webhook_recover(db, &CONTAINER_OF(req, struct ask, req)->n);
}

static int op_hold(struct db *db, struct store_req *req)
{
    return ledger_set_hold(db, CONTAINER_OF(req, struct ask, req)->hold);
}

static void script(struct bed *bed, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void script(struct bed *bed, const char *fmt, ...)
{
    char sql[SQL_BYTES];
    va_list ap;
    va_start(ap, fmt);
    assert_true(vsnprintf(sql, sizeof sql, fmt, ap) < (int)sizeof sql);
    va_end(ap);
    struct ask ask = {.sql = sql};
    run(bed, &ask, op_script);
}

static struct webhook_counts counts(struct bed *bed)
{
    struct ask ask = {.n = 0};
    run(bed, &ask, op_counts);
    return ask.counts;
}

/* Endpoints `first` to `last`, for everything. */
static void add_hooks(struct bed *bed, int first, int last)
{
    for (int i = first; i <= last; i++)
        script(bed,
               "INSERT INTO webhook (id, name, scope_kind, scope_code, group_id, url, format, exercises, settings,"
               " owner_id, owner, state, created_at, updated_at) VALUES (%d, 'w', 'all', '', NULL,"
               " 'http://127.0.0.1:%d/hook/%d', 'standard', 1, '{}', 0, 'anna', 'enabled', 1, 1);"
               "INSERT INTO webhook_lane (webhook_id) VALUES (%d);"
               "INSERT INTO webhook_recipient (webhook_id, recipient) VALUES (%d, '');"
               "INSERT INTO webhook_secret (webhook_id, secret, created_at) VALUES"
               " (%d, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=', 1);"
               "INSERT INTO webhook_kind (webhook_id, kind) VALUES (%d, 'alert')",
               i + 1, bed->server.port, i, i + 1, i + 1, i + 1, i + 1);
}

/* Another alert, to all endpoints. */
static void add_alert(struct bed *bed)
{
    struct ask ask = {.alert_id = 100 + bed->alerts++};
    int64_t now = clock_real_us(&bed->clock);
    int64_t expires = now + 7 * 86400 * US_PER_S;
    script(bed,
           "INSERT INTO alert (id, root_id, type, kind, severity, urgency, certainty, is_exercise, life_danger,"
           " classification, content_hash, title, text, target, area_text, state, author_id, author, expires_at,"
           " created_at, sent_at) VALUES (%lld, %lld, 'alert', 'boat_theft', 'severe', 'immediate', 'observed', 0, 0,"
           " 'public', 'h', 'Stöld', 'X', '{}', 'A', 'active', 0, 'anna', %lld, 1, %lld)",
           (long long)ask.alert_id, (long long)ask.alert_id, (long long)expires, (long long)now);
    run(bed, &ask, op_emit);
    webhooks_wake(bed->webhooks);
}

/* --- the bed ------------------------------------------------------------------------------------------------------ */

static struct config *parse(const char *text)
{
    struct file_errors errors;
    struct config *config = NULL;
    file_errors_init(&errors, "test");
    if (config_parse(text, strlen(text), &config, &errors))
        fail_msg("%s", errors.item[0].text);
    file_errors_fini(&errors);
    return config;
}

static void ignore(void *ctx)
{
    (void)ctx;
}

static void start(struct bed *bed)
{
    bed->http = http_client_new(&bed->loop);
    struct webhooks_env env = {.loop = &bed->loop, .http = bed->http, .store = bed->store, .clock = &bed->clock};
    bed->webhooks = webhooks_new(&env, bed->config);
    bed->stopped = false;
}

static int set_up(void **state)
{
    static const char allow[] = "allow_http = yes\n";
    struct bed *bed = xcalloc(1, sizeof *bed);
    char text[sizeof CONFIG + sizeof allow];
    struct err err;
    bed->clock = (struct clock){.real_us = real_us, .mono_ms = mono_ms, .ctx = bed};
    struct store_config store = {
        .url = "sqlite::memory:", .readers = 1, .clock = &bed->clock, .notify = ignore, .inline_mode = true};
    uv_loop_init(&bed->loop);
    assert_int_equal(store_open(&store, &bed->store, &err), 0);
    snprintf(text, sizeof text, "%s%s", CONFIG, allow);
    bed->config = parse(text);
    bed->strict = parse(CONFIG);
    hook_server_init(&bed->server, &bed->loop);
    start(bed);
    *state = bed;
    return 0;
}

static void turn(struct bed *bed)
{
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    store_complete(bed->store);
}

/* Turns until `test`; the loop waits a little in between. */
#define UNTIL(bed, test)                                                \
    do {                                                                \
        int64_t end_ms = clock_mono_ms(clock_system()) + WAIT_S * 1000; \
        while (!(test)) {                                               \
            turn(bed);                                                  \
            uv_sleep(1);                                                \
            if (clock_mono_ms(clock_system()) > end_ms)                 \
                fail_msg("not within %d s: %s", WAIT_S, #test);         \
        }                                                               \
    } while (0)

static void on_stopped(void *ctx)
{
    ((struct bed *)ctx)->stopped = true;
}

static void stop(struct bed *bed, int64_t deadline_ms)
{
    webhooks_stop(bed->webhooks, deadline_ms, on_stopped, bed);
    UNTIL(bed, bed->stopped);
    bed->stopped = false;
    http_client_stop(bed->http, on_stopped, bed);
    UNTIL(bed, bed->stopped);
    assert_int_equal(webhooks_status(bed->webhooks).in_flight, 0); /* whoever asks late is answered, too */
    webhooks_free(bed->webhooks);
    bed->webhooks = NULL;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    if (bed->webhooks)
        stop(bed, 0);
    hook_server_close(&bed->server);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(bed->server.open, 0);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
    store_close(bed->store);
    config_free(bed->config);
    config_free(bed->strict);
    free(bed);
    return 0;
}

static uint64_t outcome(const struct bed *bed, enum webhook_outcome outcome)
{
    return webhooks_status(bed->webhooks).outcomes[outcome];
}

static void go_ahead(struct bed *bed, int64_t s)
{
    bed->ahead_us += s * US_PER_S;
    webhooks_wake(bed->webhooks);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void test_webhooks__deliver_signed_and_record(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, 2);
    add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 3);
    assert_int_equal(counts(bed).pending, 0);
    for (int i = 0; i < 3; i++) {
        const struct hook *hook = &bed->server.hooks[i];
        assert_int_equal(hook->hits, 1);
        assert_non_null(strstr(hook->request, "\r\nwebhook-timestamp: "));
        assert_non_null(strstr(hook->request, "\r\nwebhook-signature: v1,"));
        assert_non_null(strstr(hook->request, "\"alert.sent\""));
        assert_string_equal(hook->id, bed->server.hooks[0].id);
    }
    assert_int_equal(webhooks_status(bed->webhooks).in_flight, 0);
    assert_true(webhooks_status(bed->webhooks).answer_times.count == 3);
}

static void test_webhooks__try_again_under_the_same_id(void **state)
{
    struct bed *bed = *state;
    struct hook *hook = &bed->server.hooks[0];
    char first[64];
    add_hooks(bed, 0, 0);
    hook->reply = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
    add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_RETRY) == 1);
    snprintf(first, sizeof first, "%s", hook->id);
    assert_int_equal(counts(bed).failing, 1);
    assert_int_equal(counts(bed).pending, 1);
    for (int i = 0; i < 50; i++)
        turn(bed);
    assert_int_equal(hook->hits, 1); /* not due yet */
    hook->reply = NULL;
    go_ahead(bed, 7);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 1);
    assert_int_equal(hook->hits, 2);
    assert_string_equal(hook->id, first);
    assert_int_equal(counts(bed).failing, 0);
}

static void test_webhooks__wait_for_what_is_due_by_themselves(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, 0);
    bed->server.hooks[0].reply = "HTTP/1.1 429 Slowly\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
    add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_RETRY) == 1);
    bed->server.hooks[0].reply = NULL;
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 1);
}

/* Only what is proven ends an alert, and a try that failed waits as always. */
static void test_webhooks__a_clock_that_jumps_ahead_ends_nothing(void **state)
{
    struct bed *bed = *state;
    struct hook *hook = &bed->server.hooks[0];
    add_hooks(bed, 0, 0);
    hook->reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    add_alert(bed);
    bed->jump_us = INT64_C(10) * 365 * 86400 * US_PER_S;
    UNTIL(bed, outcome(bed, WEBHOOK_RETRY) + outcome(bed, WEBHOOK_EXPIRED) == 1);
    assert_int_equal(outcome(bed, WEBHOOK_RETRY), 1);
    for (int i = 0; i < 200; i++)
        turn(bed);
    assert_int_equal(hook->hits, 1); /* not due yet */
    hook->reply = NULL;
    go_ahead(bed, 7);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 1);
    assert_int_equal(hook->hits, 2);
}

/* One that hangs has four calls open, the others get everything meanwhile; once it is known to fail, one call. */
static void test_webhooks__a_hanging_receiver_holds_up_itself_only(void **state)
{
    struct bed *bed = *state;
    enum { HOOKS = 20, ALERTS = 30 };
    add_hooks(bed, 0, HOOKS - 1);
    bed->server.hooks[7].reply = "";
    for (int i = 0; i < ALERTS; i++)
        add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == (HOOKS - 1) * ALERTS);
    assert_int_equal(outcome(bed, WEBHOOK_RETRY), 0);
    assert_int_equal(bed->server.hooks[7].most_open, WEBHOOKS_PER_ENDPOINT);
    UNTIL(bed, outcome(bed, WEBHOOK_RETRY) >= WEBHOOKS_PER_ENDPOINT);
    assert_int_equal(counts(bed).failing, 1);
    bed->server.hooks[7].most_open = 0;
    go_ahead(bed, 7);
    UNTIL(bed, outcome(bed, WEBHOOK_RETRY) >= WEBHOOKS_PER_ENDPOINT + 1);
    assert_int_equal(bed->server.hooks[7].most_open, 1);
}

static void test_webhooks__keep_a_connection(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, 0);
    for (int i = 0; i < 5; i++) {
        add_alert(bed);
        UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == (uint64_t)i + 1);
    }
    assert_int_equal(bed->server.connections, 1);
}

static void test_webhooks__stopping_waits_for_what_is_in_flight(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, 0);
    add_alert(bed);
    UNTIL(bed, bed->server.hooks[0].hits == 1);
    assert_int_equal(webhooks_status(bed->webhooks).in_flight, 1);
    stop(bed, 5000);
    assert_int_equal(bed->server.hooks[0].hits, 1);
    assert_int_equal(counts(bed).pending, 0);
    struct ask ask = {.n = -1};
    run(bed, &ask, op_recover);
    assert_int_equal(ask.n, 0); /* recorded */
}

/* What hangs at the end of the time stays claimed; the next start calls it again, under the same id. */
static void test_webhooks__stopping_breaks_off_and_starts_again(void **state)
{
    struct bed *bed = *state;
    struct hook *hook = &bed->server.hooks[0];
    char first[64];
    add_hooks(bed, 0, 0);
    hook->reply = "";
    add_alert(bed);
    UNTIL(bed, hook->hits == 1);
    snprintf(first, sizeof first, "%s", hook->id);
    stop(bed, 50);
    hook->reply = NULL;
    struct ask ask = {.n = -1};
    run(bed, &ask, op_recover);
    assert_int_equal(ask.n, 1);
    start(bed);
    webhooks_wake(bed->webhooks);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 1);
    assert_int_equal(hook->hits, 2);
    assert_string_equal(hook->id, first);
}

static void test_webhooks__nothing_leaves_on_hold(void **state)
{
    struct bed *bed = *state;
    struct ask ask = {.hold = true};
    add_hooks(bed, 0, 0);
    run(bed, &ask, op_hold);
    add_alert(bed);
    for (int i = 0; i < 50; i++)
        turn(bed);
    assert_int_equal(bed->server.hooks[0].hits, 0);
    ask.hold = false;
    run(bed, &ask, op_hold);
    webhooks_wake(bed->webhooks);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 1);
}

/* A hold stops also what is claimed and waits for its call. */
static void test_webhooks__a_hold_gives_back_what_was_not_called(void **state)
{
    struct bed *bed = *state;
    struct ask ask = {.hold = true};
    add_hooks(bed, 0, HOOKS_MAX - 1);
    for (int i = 0; i < HOOKS_MAX; i++)
        bed->server.hooks[i].reply = "";
    for (int i = 0; i < WEBHOOKS_PER_ENDPOINT; i++)
        add_alert(bed);
    UNTIL(bed, bed->server.open >= WEBHOOKS_YOUNG_MAX);
    run(bed, &ask, op_hold);
    webhooks_wake(bed->webhooks);
    UNTIL(bed, outcome(bed, WEBHOOK_GIVEN_BACK) > 0);
    int in_flight = webhooks_status(bed->webhooks).in_flight;
    assert_int_equal(in_flight + counts(bed).pending, HOOKS_MAX * WEBHOOKS_PER_ENDPOINT);
    UNTIL(bed, bed->server.open == in_flight); /* they are on the wire, and no other follows */
}

/* Another configuration holds for the calls from then on; what it forbids is not called, and tried again later. */
static void test_webhooks_configure__holds_for_the_next_call(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, 0);
    webhooks_configure(bed->webhooks, bed->strict);
    add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_RETRY) == 1);
    assert_int_equal(bed->server.connections, 0);
    webhooks_configure(bed->webhooks, bed->config);
    go_ahead(bed, 7);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 1);
}

static void test_webhooks__410_disables(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, 0);
    bed->server.hooks[0].reply = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n";
    add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_DEAD) == 1);
    assert_int_equal(webhooks_status(bed->webhooks).disabled, 1);
    assert_int_equal(counts(bed).disabled, 1);
    add_alert(bed);
    for (int i = 0; i < 50; i++)
        turn(bed);
    assert_int_equal(bed->server.hooks[0].hits, 1);
}

/* Two hundred calls that hang leave the way open for those that come after them, without waiting for a time-out. What
 * has not been called when stopping begins is given back, and no attempt is counted. */
static void test_webhooks__calls_that_take_long_are_no_queue(void **state)
{
    struct bed *bed = *state;
    enum { HOOKS = HOOKS_MAX - 1 };
    add_hooks(bed, 0, HOOKS);
    for (int i = 0; i < HOOKS; i++)
        bed->server.hooks[i].reply = "";
    for (int i = 0; i < WEBHOOKS_PER_ENDPOINT; i++)
        add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == WEBHOOKS_PER_ENDPOINT);
    assert_int_equal(outcome(bed, WEBHOOK_RETRY), 0);
    assert_int_equal(webhooks_status(bed->webhooks).in_flight, HOOKS * WEBHOOKS_PER_ENDPOINT);
}

static void test_webhooks__stopping_gives_back_what_was_not_called(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, HOOKS_MAX - 1);
    for (int i = 0; i < HOOKS_MAX; i++)
        bed->server.hooks[i].reply = "";
    for (int i = 0; i < WEBHOOKS_PER_ENDPOINT; i++)
        add_alert(bed);
    UNTIL(bed, bed->server.open >= WEBHOOKS_YOUNG_MAX);
    assert_int_equal(webhooks_status(bed->webhooks).in_flight, HOOKS_MAX * WEBHOOKS_PER_ENDPOINT);
    stop(bed, 10);
    int64_t given_back = counts(bed).pending;
    struct ask ask = {.n = -1};
    run(bed, &ask, op_recover);
    assert_true(ask.n >= WEBHOOKS_YOUNG_MAX);
    assert_int_equal(given_back + ask.n, HOOKS_MAX * WEBHOOKS_PER_ENDPOINT);
}

/* More than may be in flight: it goes in turns, and nothing is lost or sent twice. */
static void test_webhooks__many_go_in_turns(void **state)
{
    struct bed *bed = *state;
    enum { HOOKS = HOOKS_MAX, ALERTS = 20 };
    add_hooks(bed, 0, HOOKS - 1);
    for (int i = 0; i < ALERTS; i++)
        add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == HOOKS * ALERTS);
    for (int i = 0; i < HOOKS; i++) {
        assert_int_equal(bed->server.hooks[i].hits, ALERTS);
        assert_in_range(bed->server.hooks[i].most_open, 1, WEBHOOKS_PER_ENDPOINT);
    }
    assert_in_range(bed->server.connections, 1, HOOKS * WEBHOOKS_PER_ENDPOINT);
}

/* A result that the store will never take is set aside: it neither stops the others nor what comes later. */
static void test_webhooks__a_refused_result_stops_no_other(void **state)
{
    struct bed *bed = *state;
    add_hooks(bed, 0, 9);
    script(bed,
           "CREATE TRIGGER refuse BEFORE UPDATE ON webhook_delivery WHEN NEW.state = 'sent' AND NEW.webhook_id = 4 "
           "BEGIN SELECT RAISE(ABORT, 'refused'); END");
    add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 9);
    assert_false(webhooks_status(bed->webhooks).is_failing);
    assert_int_equal(webhooks_status(bed->webhooks).in_flight, 0);
    assert_int_equal(counts(bed).pending, 0);
    script(bed, "DROP TRIGGER refuse");
    add_alert(bed);
    UNTIL(bed, outcome(bed, WEBHOOK_DELIVERED) == 19);
    stop(bed, 1000);
    struct ask ask = {.n = -1};
    run(bed, &ask, op_recover); /* it is called again, under the same id, after the next start */
    assert_int_equal(ask.n, 1);
}

static const struct CMUnitTest TESTS[] = {
    TEST_FIXTURE(test_webhooks__deliver_signed_and_record, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__try_again_under_the_same_id, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__wait_for_what_is_due_by_themselves, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__a_clock_that_jumps_ahead_ends_nothing, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__a_hanging_receiver_holds_up_itself_only, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__keep_a_connection, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__stopping_waits_for_what_is_in_flight, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__stopping_breaks_off_and_starts_again, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__nothing_leaves_on_hold, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__a_hold_gives_back_what_was_not_called, set_up, tear_down),
    TEST_FIXTURE(test_webhooks_configure__holds_for_the_next_call, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__410_disables, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__calls_that_take_long_are_no_queue, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__stopping_gives_back_what_was_not_called, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__many_go_in_turns, set_up, tear_down),
    TEST_FIXTURE(test_webhooks__a_refused_result_stops_no_other, set_up, tear_down),
};

TEST_MAIN(TESTS)
