/*
 * Virtual time goes from event to event, the engine's timers and the world's alike; the daemon lives, is
 * stopped, dies and starts anew on the same file. The contract is in sim.h.
 *
 * A crash: from that instant nothing that the engine does has any effect (its store refuses, its wires are dead, its
 * time is its own), and it is taken down in order, so that even thousands of crashes leak nothing. That a daemon
 * whose disk and network are gone still ends by its deadline is one of the promises.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/ledger.h"
#include "core/scheduler.h"
#include "deliver/letter_mail.h"
#include "deliver/outbox.h"
#include "lib/faulty_vfs.h"
#include "sim/sim_ledger.h"
#include "store/db.h"
#include "store/store.h"

enum {
    TICK_BUSY_MS = 1000,
    TICK_IDLE_MS = 60000, /* main ticks every second; when nothing can have become due, seldom is enough */
    STOP_MS = 8000,
    STOP_SLACK_MS = 3000, /* main ends the process by force after that */
    AUDIT_MIN = 20,
};

/* --- a life ------------------------------------------------------------------------------------------------------ */

struct first_req {
    struct store_req req;
    int64_t recovered;
    uint8_t key[32];
};

static int op_first(struct db *db, struct store_req *req)
{
    struct first_req *first = CONTAINER_OF(req, struct first_req, req);
    int rc = ledger_recover(db, &first->recovered);
    return rc ? rc : ledger_token_key(db, first->key);
}

static void nothing(struct store_req *req)
{
    (void)req;
}

static const struct config *config_now(void *ctx)
{
    return ((struct sim *)ctx)->config;
}

static void on_work(void *ctx)
{
    struct sim *s = ctx;
    if (s->phase != SIM_UP)
        return;
    sim_check_told(s);
    outbox_wake(s->outbox);
}

static void on_tick(struct sim *s, void *who, int64_t life)
{
    (void)who;
    if (life != s->life || s->phase != SIM_UP)
        return;
    scheduler_tick(s->scheduler);
    sim_in(s, (s->ledger.expanding > 0 ? TICK_BUSY_MS : TICK_IDLE_MS) * SIM_MS, on_tick, NULL, life);
}

static void on_soon(struct sim *s, void *who, int64_t life)
{
    (void)who;
    s->ticks_soon = false;
    if (life == s->life && s->phase == SIM_UP)
        scheduler_tick(s->scheduler);
}

void sim_tick_soon(struct sim *s)
{
    if (s->ticks_soon)
        return;
    s->ticks_soon = true;
    sim_in(s, TICK_BUSY_MS * SIM_MS, on_soon, NULL, s->life);
}

static void open_store(struct sim *s)
{
    char url[sizeof s->path + 10];
    struct err err = {.text = ""};
    snprintf(url, sizeof url, "sqlite:%s", s->path);
    struct store_config store = {.url = url, .readers = 1, .clock = &s->clock, .inline_mode = true};
    if (store_open(&store, &s->store, &err) != 0)
        sim_fail(s, "the store cannot be opened: %s", err.text);
    sim_store_start(s);
    sim_ledger_watch(s);
}

/* After the loop's poll: how long would it have slept? 0 also while handles are closing: it turns again then. */
static void on_check(uv_check_t *check)
{
    struct sim *s = check->data;
    s->sleep_ms = uv_backend_timeout(&s->loop);
}

static void on_minute(struct sim *s, void *who, int64_t life)
{
    (void)who;
    if (life != s->life || s->phase != SIM_UP)
        return;
    sim_check_fairness(s);
    sim_in(s, SIM_MIN, on_minute, NULL, life);
}

static void start_loop(struct sim *s)
{
    if (uv_loop_init(&s->loop) != 0 || uv_check_init(&s->loop, &s->check) != 0)
        sim_fail(s, "no loop");
    s->check.data = s;
    uv_check_start(&s->check, on_check); /* keeps the loop alive, as main's own handles do */
}

static void on_audit(struct sim *s, void *who, int64_t life)
{
    (void)who;
    if (life != s->life || s->phase != SIM_UP)
        return;
    sim_check_file(s);
    sim_in(s, AUDIT_MIN * SIM_MIN, on_audit, NULL, life);
}

void sim_start(struct sim *s)
{
    struct first_req first = {.req = {.done = nothing}};
    s->life++;
    s->life_us = s->trouble_us = s->mono_us;
    s->trusted_ahead_us = s->wall_ahead_us;
    open_store(s);
    if (s->life == 1)
        sim_world_boot(s);
    if (s->is_in_doubt)
        sim_ledger_adopt(s);
    s->is_in_doubt = false;
    sim_check_file(s);
    s->ledger.is_recovering = true;
    sim_store_now(s, op_first, &first.req);
    s->ledger.is_recovering = false;
    memcpy(s->people.token_key, first.key, sizeof first.key);
    sim_trace(s, "life %d begins, recovered %lld", s->life, (long long)first.recovered);
    if (s->ledger.claimed > 0)
        sim_fail(s, "%d rows are claimed after the recovery", s->ledger.claimed);
    if (!s->config)
        s->config = sim_world_config(s);
    s->sender = letter_sender_new(s->config, first.key);
    start_loop(s);
    struct outbox_env outbox = {.loop = &s->loop,
                                .curl = (struct curl_loop *)(void *)s,
                                .wire = sim_wire_ops(),
                                .store = s->store,
                                .clock = &s->clock,
                                .sender = s->sender};
    s->outbox = outbox_new(&outbox, s->config);
    struct scheduler_env scheduler = {
        .store = s->store, .clock = &s->clock, .config = config_now, .on_work = on_work, .ctx = s};
    s->scheduler = scheduler_new(&scheduler);
    s->phase = SIM_UP;
    s->outbox_stopped = false;
    on_tick(s, NULL, s->life);
    sim_in(s, AUDIT_MIN * SIM_MIN, on_audit, NULL, s->life);
    sim_in(s, SIM_MIN, on_minute, NULL, s->life);
}

static void on_start(struct sim *s, void *who, int64_t arg)
{
    (void)who;
    (void)arg;
    sim_start(s);
}

/* All is stopped: give everything back. */
static void end_life(struct sim *s)
{
    uv_close((uv_handle_t *)&s->check, NULL);
    uv_run(&s->loop, UV_RUN_NOWAIT);
    int rc = uv_loop_close(&s->loop);
    if (rc != 0)
        sim_fail(s, "the loop is not empty after the stop: %s", uv_strerror(rc));
    scheduler_free(s->scheduler);
    outbox_free(s->outbox);
    letter_sender_free(s->sender);
    sim_ledger_unwatch(s);
    store_close(s->store);
    s->store = NULL;
    s->phase = SIM_DOWN;
    for (int i = 0; i < s->relay_count; i++)
        if (s->relays[i].open > 0)
            sim_fail(s, "%d connections to %s outlive the daemon", s->relays[i].open, s->relays[i].name);
}

static void on_outbox_stopped(void *ctx)
{
    struct sim *s = ctx;
    if (s->outbox_stopped)
        sim_fail(s, "the outbox stopped twice");
    s->outbox_stopped = true;
}

void sim_stop(struct sim *s)
{
    if (s->phase != SIM_UP)
        return;
    sim_trace(s, "SIGTERM");
    s->result->stops++;
    s->phase = SIM_STOPPING;
    s->stop_us = s->trouble_us = s->mono_us;
    scheduler_stop(s->scheduler);
    outbox_stop(s->outbox, STOP_MS, on_outbox_stopped, s);
}

static void check_stopped(struct sim *s)
{
    int64_t took = s->mono_us - s->stop_us;
    if (s->outbox_stopped && scheduler_stop(s->scheduler) && sim_store_is_idle(s) && s->people.busy == 0) {
        sim_trace(s, "stopped");
        sim_check_stop(s);
        end_life(s);
        sim_in(s, sim_between(s, SIM_S, 60 * SIM_S), on_start, NULL, 0);
    } else if (took > (STOP_MS + STOP_SLACK_MS) * SIM_MS + 4 * s->disk.lag_max_us) {
        sim_fail(s, "not stopped after %lld ms", (long long)(took / SIM_MS));
    }
}

/* In a time of its own, in which only its timers go on. */
static void die(struct sim *s)
{
    int64_t now = s->mono_us;
    if (!s->outbox_stopped && s->stop_us < 0)
        outbox_stop(s->outbox, 0, on_outbox_stopped, s);
    scheduler_stop(s->scheduler);
    uv_unref((uv_handle_t *)&s->check);
    for (int i = 0; !(s->outbox_stopped && scheduler_stop(s->scheduler) && !uv_loop_alive(&s->loop)); i++) {
        sim_store_give_up(s);
        uv_run(&s->loop, UV_RUN_NOWAIT);
        int wait = uv_backend_timeout(&s->loop);
        s->mono_us += wait > 0 ? wait * SIM_MS : 0;
        if (i > 10000 || s->mono_us - now > (STOP_MS + STOP_SLACK_MS) * SIM_MS)
            sim_fail(s, "a daemon without disk and network does not end");
    }
    sim_store_give_up(s);
    s->mono_us = now;
}

void sim_crash(struct sim *s)
{
    if (s->phase != SIM_UP && s->phase != SIM_STOPPING)
        return;
    sim_trace(s, "CRASH");
    s->result->crashes++;
    sim_check_crash(s);
    s->trouble_us = s->mono_us;
    if (s->phase == SIM_UP)
        s->stop_us = -1;
    s->phase = SIM_DYING;
    s->is_in_doubt = sim_store_crash(s);
    die(s);
    end_life(s);
    faulty_vfs_heal();
    sim_in(s, sim_between(s, SIM_S, 60 * SIM_S), on_start, NULL, 0);
}

void sim_reload(struct sim *s)
{
    struct config *old = s->config;
    if (s->phase != SIM_UP)
        return;
    sim_trace(s, "SIGHUP");
    s->trouble_us = s->reload_us = s->mono_us;
    s->config = sim_world_config(s);
    outbox_configure(s->outbox, s->config);
    config_free(old);
}

void sim_changed(struct sim *s)
{
    if (s->phase != SIM_UP)
        return;
    scheduler_tick(s->scheduler);
    sim_check_told(s);
    outbox_wake(s->outbox);
}

bool sim_is_up(const struct sim *s)
{
    return s->phase == SIM_UP;
}

/* --- time goes on ------------------------------------------------------------------------------------------------ */

/* One turn of the loop, then one event. Time goes on only after a turn in which the real loop would have slept. */
void sim_step(struct sim *s)
{
    struct sim_event e;
    s->result->steps++;
    s->sleep_ms = -1;
    if (s->phase != SIM_DOWN)
        uv_run(&s->loop, UV_RUN_NOWAIT);
    if (s->phase == SIM_STOPPING)
        check_stopped(s);
    sim_check_turn(s);
    if (sim_take_event(s, &e)) {
        e.fire(s, e.who, e.arg);
        return;
    }
    int64_t at = sim_next_event_us(s);
    if (s->phase != SIM_DOWN && s->sleep_ms >= 0) {
        int64_t timer = ((int64_t)uv_now(&s->loop) + s->sleep_ms) * SIM_MS;
        at = timer < at ? timer : at;
    }
    if (at == INT64_MAX)
        sim_fail(s, "nothing will ever happen any more");
    if (at > s->mono_us)
        s->mono_us = at;
}
