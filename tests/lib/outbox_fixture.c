/* An outbox in the test's hands; the contract is in lib/outbox_fixture.h. */
#include "lib/outbox_fixture.h"

#include <stdio.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/config.h"
#include "deliver/letter_mail.h"
#include "deliver/outbox_private.h"
#include "lib/ledger_check.h"
#include "lib/test.h"
#include "store/db.h"
#include "store/store.h"

/* The farm of the running test: a wire's send knows only its wire. */
static struct outbox_fixture *farm;

static const struct outcome CUT = {.kind = OUTCOME_RETRY, .step = "connect", .text = "connection refused"};

/* --- clocks ---------------------------------------------------------------------------------------------------- */

static int64_t real_us(void *ctx)
{
    return ((struct outbox_fixture *)ctx)->real_us;
}

static int64_t mono_ms(void *ctx)
{
    return ((struct outbox_fixture *)ctx)->mono_ms;
}

/* --- the farm -------------------------------------------------------------------------------------------------- */

static struct farm_relay *relay_of(const struct smtp_wire *w)
{
    for (int i = farm->relay_count - 1; i >= 0; i--)
        if (farm->relays[i]->wire == w && !farm->relays[i]->fake.closed)
            return farm->relays[i];
    fail_msg("a wire that nobody opened, or that is closed");
    abort();
}

static bool is_ruled(const struct farm_relay *r)
{
    return farm->rule.url && strstr(r->url, farm->rule.url);
}

static void apply(struct farm_relay *r)
{
    bool ruled = is_ruled(r);
    memcpy(r->fake.replies, ruled ? farm->rule.replies : farm->replies, sizeof farm->replies);
    memcpy(r->fake.odd_replies, farm->odd_replies, sizeof farm->odd_replies);
    r->fake.odd = farm->odd;
    r->fake.rcpt_refusal = farm->rcpt_refusal;
    r->fake.rcpt_limit = farm->rcpt_limit;
    r->fake.full = farm->full;
    r->fake.errors_max = farm->errors_max;
    r->fake.connect_failure = ruled ? farm->rule.connect_failure : farm->connect_failure;
}

static struct smtp_wire *farm_open(void *net, const struct smtp_wire_config *config,
                                   const struct smtp_wire_events *events, void *ctx)
{
    (void)net;
    assert_true(farm->relay_count < FARM_MAX);
    struct farm_relay *r = xcalloc(1, sizeof *r);
    fake_relay_init(&r->fake);
    snprintf(r->url, sizeof r->url, "%s", config->url);
    apply(r);
    if (farm->countdown > 0 && --farm->countdown == 0) {
        farm->fired = true;
        r->fake.connect_failure = &CUT;
    }
    r->wire = fake_relay_ops()->open(&r->fake, config, events, ctx);
    farm->relays[farm->relay_count++] = r;
    int open = outbox_fixture_open(farm);
    farm->most_open = open > farm->most_open ? open : farm->most_open;
    return r->wire;
}

static struct fake_relay *lend_countdown(const struct smtp_wire *w)
{
    struct farm_relay *r = relay_of(w);
    struct fake_relay *fake = &r->fake;
    apply(r);
    fake->countdown = farm->countdown;
    fake->fault = farm->fault;
    return fake;
}

static void take_countdown(struct fake_relay *fake)
{
    farm->countdown = fake->countdown;
    farm->fired = farm->fired || fake->fired;
    fake->countdown = 0;
}

static long farm_send(struct smtp_wire *w, const char *data, size_t n)
{
    struct fake_relay *fake = lend_countdown(w);
    long rc = fake_relay_ops()->send(w, data, n);
    take_countdown(fake);
    return rc;
}

static long farm_recv(struct smtp_wire *w, char *data, size_t n)
{
    struct fake_relay *fake = lend_countdown(w);
    long rc = fake_relay_ops()->recv(w, data, n);
    take_countdown(fake);
    return rc;
}

static void farm_want_write(struct smtp_wire *w, bool on)
{
    fake_relay_ops()->want_write(w, on);
}

static void farm_close(struct smtp_wire *w)
{
    fake_relay_ops()->close(w);
}

static const struct smtp_wire_ops FARM_OPS = {
    .open = farm_open, .send = farm_send, .recv = farm_recv, .want_write = farm_want_write, .close = farm_close};

int outbox_fixture_open(const struct outbox_fixture *f)
{
    int n = 0;
    for (int i = 0; i < f->relay_count; i++)
        n += !f->relays[i]->fake.closed;
    return n;
}

int outbox_fixture_dots(const struct outbox_fixture *f, int n)
{
    int dots = 0;
    for (int i = 0; i < f->relay_count; i++)
        dots += f->relays[i]->fake.dots[n];
    return dots;
}

int outbox_fixture_dots_between(const struct outbox_fixture *f, int from, int to)
{
    int dots = 0;
    for (int n = from; n < to; n++)
        dots += outbox_fixture_dots(f, n);
    return dots;
}

int outbox_fixture_all_dots(const struct outbox_fixture *f)
{
    return outbox_fixture_dots_between(f, 0, FAKE_MAILS_MAX);
}

int outbox_fixture_open_at(const struct outbox_fixture *f, const char *url)
{
    int n = 0;
    for (int i = 0; i < f->relay_count; i++)
        n += !f->relays[i]->fake.closed && strstr(f->relays[i]->url, url);
    return n;
}

int outbox_fixture_dots_at(const struct outbox_fixture *f, const char *url)
{
    int dots = 0;
    for (int i = 0; i < f->relay_count; i++)
        for (int n = 0; n < FAKE_MAILS_MAX && strstr(f->relays[i]->url, url); n++)
            dots += f->relays[i]->fake.dots[n];
    return dots;
}

void outbox_fixture_cut(struct outbox_fixture *f, const char *url)
{
    for (int i = 0; i < f->relay_count; i++)
        if (!f->relays[i]->fake.closed && strstr(f->relays[i]->url, url))
            fake_relay_say(&f->relays[i]->fake, "!");
}

/* --- the store ------------------------------------------------------------------------------------------------- */

struct call {
    struct store_req req;
    struct outbox_fixture *f;
    int64_t message_id;
    enum lane lane;
    int first, count, attempts;
    const char *state, *sql, *domain;
    bool flag;
    bool is_done;
};

static void on_called(struct store_req *req)
{
    CONTAINER_OF(req, struct call, req)->is_done = true;
}

/* Run in the store now: it works inline. What else is finished completes with it only in the next turn. */
static void call(struct call *c, store_op op)
{
    c->req = (struct store_req){.op = op, .done = on_called};
    store_write(c->f->store, &c->req);
    while (!c->is_done)
        store_complete(c->f->store);
    if (c->req.status)
        fail_msg("store: %s", err_name(c->req.status));
}

static int op_post(struct db *db, struct store_req *req)
{
    struct call *c = CONTAINER_OF(req, struct call, req);
    int64_t now = db_now_us(db);
    c->message_id = id_new(now);
    int rc = db_exec(db, NULL, Q_MESSAGE_INSERT,
                     DB_ARGS(DB_INT(c->message_id), DB_TEXT("reminder"), DB_INT(c->lane), DB_NULL, DB_TEXT("sending"),
                             DB_TEXT("Prov"), DB_TEXT("Hej!\n"), DB_TEXT("x"), DB_TEXT("all"), DB_TEXT(""), DB_NULL,
                             DB_INT(0), DB_INT(now)));
    for (int i = c->first; rc == 0 && i < c->first + c->count; i++) {
        char address[40];
        snprintf(address, sizeof address, "%d@%s", i, c->domain);
        rc = db_exec(db, NULL, Q_DELIVERY_INSERT,
                     DB_ARGS(DB_INT(id_new(now)), DB_INT(c->message_id), DB_NULL, DB_NULL, DB_TEXT(address),
                             DB_TEXT(address), DB_TEXT("Någon"), DB_INT(c->lane), DB_INT(now)));
    }
    return rc;
}

int64_t outbox_fixture_post_to(struct outbox_fixture *f, enum lane lane, int first, int count, const char *domain)
{
    struct call c = {.f = f, .lane = lane, .first = first, .count = count, .domain = domain};
    call(&c, op_post);
    return c.message_id;
}

int64_t outbox_fixture_post(struct outbox_fixture *f, enum lane lane, int first, int count)
{
    return outbox_fixture_post_to(f, lane, first, count, "example.se");
}

static int op_count(struct db *db, struct store_req *req)
{
    struct call *c = CONTAINER_OF(req, struct call, req);
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &all, &rows, Q_DELIVERY_LIST,
                         DB_ARGS(DB_INT(c->message_id), DB_TEXT(c->state), DB_TEXT(""), DB_INT(0), DB_INT(INT32_MAX)));
    while (rc == 0 && db_next(rows) > 0) {
        c->count++;
        c->attempts += (int)db_int(rows, 9);
    }
    db_done(rows);
    return rc;
}

int outbox_fixture_count(struct outbox_fixture *f, int64_t message_id, const char *state)
{
    struct call c = {.f = f, .message_id = message_id, .state = state};
    call(&c, op_count);
    return c.count;
}

int outbox_fixture_attempts(struct outbox_fixture *f, int64_t message_id)
{
    struct call c = {.f = f, .message_id = message_id, .state = ""};
    call(&c, op_count);
    return c.attempts;
}

static int op_check(struct db *db, struct store_req *req)
{
    struct call *c = CONTAINER_OF(req, struct call, req);
    ledger_check(db, c->message_id, c->flag);
    return 0;
}

void outbox_fixture_check(struct outbox_fixture *f, int64_t message_id, bool at_rest)
{
    struct call c = {.f = f, .message_id = message_id, .flag = at_rest};
    call(&c, op_check);
}

static int op_recall(struct db *db, struct store_req *req)
{
    int64_t n = 0;
    return ledger_withdraw(db, CONTAINER_OF(req, struct call, req)->message_id, &n);
}

void outbox_fixture_recall(struct outbox_fixture *f, int64_t message_id)
{
    struct call c = {.f = f, .message_id = message_id};
    call(&c, op_recall);
}

static int op_hold(struct db *db, struct store_req *req)
{
    return ledger_set_hold(db, CONTAINER_OF(req, struct call, req)->flag);
}

void outbox_fixture_hold(struct outbox_fixture *f, bool hold)
{
    struct call c = {.f = f, .flag = hold};
    call(&c, op_hold);
}

static int op_script(struct db *db, struct store_req *req)
{
    struct err err = {.text = ""};
    return db_script(db, CONTAINER_OF(req, struct call, req)->sql, &err);
}

void outbox_fixture_script(struct outbox_fixture *f, const char *sql)
{
    struct call c = {.f = f, .sql = sql};
    call(&c, op_script);
}

void outbox_fixture_break_store(struct outbox_fixture *f, bool broken)
{
    outbox_fixture_script(
        f, broken ? "CREATE TRIGGER broken BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'broken'); END"
                  : "DROP TRIGGER broken");
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static struct config *make_config(const char *relay)
{
    char text[2000];
    struct config *config = NULL;
    struct file_errors errors;
    snprintf(text, sizeof text,
             "[node]\nbase_url = https://grannbud.example.se\n[store]\nurl = sqlite:/tmp/none.db\n"
             "[sender]\nfrom = brev@example.se\n[letter]\nretry_first = 10s\n[relay main]\nurl = "
             "smtp://127.0.0.1:25\ntls = none\n%s",
             relay);
    file_errors_init(&errors, "test");
    if (config_parse(text, strlen(text), &config, &errors))
        fail_msg("%s", errors.item[0].text);
    file_errors_fini(&errors);
    return config;
}

void outbox_fixture_init(struct outbox_fixture *f, const char *relay)
{
    static const uint8_t key[32] = {1};
    struct err err = {.text = ""};
    *f = (struct outbox_fixture){.real_us = INT64_C(1772366400) * US_PER_S, .mono_ms = 1000000};
    farm = f;
    f->clock = (struct clock){.real_us = real_us, .mono_ms = mono_ms, .ctx = f};
    struct store_config store = {.url = "sqlite::memory:", .readers = 1, .clock = &f->clock, .inline_mode = true};
    if (store_open(&store, &f->store, &err))
        fail_msg("%s", err.text);
    f->config = make_config(relay);
    f->sender = letter_sender_new(f->config, key);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    struct outbox_env env = {
        .loop = &f->loop, .wire = &FARM_OPS, .store = f->store, .clock = &f->clock, .sender = f->sender};
    f->outbox = outbox_new(&env, f->config);
}

void outbox_fixture_configure(struct outbox_fixture *f, const char *relay)
{
    assert_true(f->old_config_count < OLD_CONFIGS_MAX);
    f->old_configs[f->old_config_count++] = f->config;
    f->config = make_config(relay);
    outbox_configure(f->outbox, f->config);
}

void outbox_fixture_turn(struct outbox_fixture *f)
{
    f->mono_ms += TURN_MS;
    f->real_us += TURN_MS * 1000;
    uv_run(&f->loop, UV_RUN_NOWAIT);
    for (int i = 0; i < f->relay_count && !f->is_frozen; i++)
        if (!is_ruled(f->relays[i]) || !f->rule.is_frozen)
            fake_relay_tick(&f->relays[i]->fake);
    if (!f->store_is_slow)
        store_complete(f->store);
    if (!f->stopped)
        outbox_pump(f->outbox); /* as its timer would */
}

void outbox_fixture_until(struct outbox_fixture *f, bool (*done)(struct outbox_fixture *f), int seconds)
{
    int64_t end = f->mono_ms + (int64_t)seconds * 1000;
    while (!done(f)) {
        if (f->mono_ms >= end) {
            struct outbox_status s = outbox_status(f->outbox);
            fail_msg("after %d s: %d sent, %d pending, %d claimed, %d open, problem \"%s\"", seconds,
                     outbox_fixture_count(f, 0, "sent"), outbox_fixture_count(f, 0, "pending"),
                     outbox_fixture_count(f, 0, "claimed"), outbox_fixture_open(f), s.problem);
        }
        outbox_fixture_turn(f);
    }
}

void outbox_fixture_wait(struct outbox_fixture *f, int ms)
{
    for (int i = 0; i < ms; i += TURN_MS)
        outbox_fixture_turn(f);
}

void outbox_fixture_on_stopped(void *ctx)
{
    struct outbox_fixture *f = ctx;
    assert_false(f->stopped);
    f->stopped = true;
}

bool outbox_fixture_is_stopped(struct outbox_fixture *f)
{
    return f->stopped;
}

void outbox_fixture_stop(struct outbox_fixture *f, int64_t deadline_ms)
{
    outbox_stop(f->outbox, deadline_ms, outbox_fixture_on_stopped, f);
    outbox_fixture_until(f, outbox_fixture_is_stopped, 60);
}

void outbox_fixture_fini(struct outbox_fixture *f)
{
    if (!f->stopped)
        outbox_fixture_stop(f, 1000);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    assert_int_equal(outbox_fixture_open(f), 0);
    outbox_free(f->outbox);
    store_close(f->store);
    letter_sender_free(f->sender);
    config_free(f->config);
    for (int i = 0; i < f->old_config_count; i++)
        config_free(f->old_configs[i]);
    for (int i = 0; i < f->relay_count; i++) {
        fake_relay_fini(&f->relays[i]->fake);
        free(f->relays[i]);
    }
}
