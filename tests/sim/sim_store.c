/*
 * Between the engine and its store. The store itself works inline (store/store.h): an operation runs and commits the
 * moment that it is given to it. The simulation decides when that is: a request waits as it would for the writer and
 * the disk, those that wait together go together, and they are told only when the whole batch is done.
 *
 * So a crash finds requests that were never begun, and others that are durable while nobody has been told: whether a
 * batch reaches the disk at the beginning or at the end of its wait is chance. While the disk is full the operations
 * run all the same, and SQLite meets no room at one of its next writes (tests/lib/faulty_vfs.h).
 */
#include <assert.h>

#include "base/err.h"
#include "lib/faulty_vfs.h"
#include "sim/sim_ledger.h"
#include "store/store.h"

/* The linker's --wrap: who calls store_write gets __wrap_store_write; the store's own is __real_store_write. */
void __wrap_store_write(struct store *store, struct store_req *req);
void __wrap_store_write_later(struct store *store, struct store_req *req);
void __wrap_store_read(struct store *store, struct store_req *req);
void __real_store_write(struct store *store, struct store_req *req);
void __real_store_read(struct store *store, struct store_req *req);

/* The one simulation of this process: a request does not say whose it is. */
static struct sim *sim;

static void line_init(struct sim_line *l)
{
    l->head = NULL;
    l->tail = &l->head;
}

static void line_put(struct sim_line *l, struct store_req *req)
{
    req->next = NULL;
    *l->tail = req;
    l->tail = &req->next;
}

static struct store_req *line_take(struct sim_line *l)
{
    struct store_req *req = l->head;
    if (!req)
        return NULL;
    l->head = req->next;
    if (!l->head)
        l->tail = &l->head;
    req->next = NULL;
    return req;
}

void sim_store_start(struct sim *s)
{
    struct sim_store *d = &s->disk;
    sim = s;
    d->epoch++;
    d->is_writing = false;
    d->lag_max_us = 0;
    line_init(&d->writes);
    line_init(&d->batch);
    line_init(&d->reads);
}

static void refuse_all(struct sim_line *l)
{
    struct sim_line all = *l;
    if (!all.head)
        return;
    line_init(l); /* `done` may ask for more */
    for (struct store_req *req = all.head; req;) {
        struct store_req *next = req->next;
        req->status = ERR_FULL;
        req->done(req);
        req = next;
    }
}

/* All of the batch reaches the disk, or finds it full. */
static void commit(struct sim *s)
{
    struct store_req *req;
    bool is_full = s->mono_us < s->disk.full_until;
    if (is_full)
        faulty_vfs_fail(FAULTY_WRITE | FAULTY_GROW, sim_between(s, 1, 3), FAULTY_FULL);
    while ((req = line_take(&s->disk.batch))) {
        __real_store_write(s->store, req);
        s->result->commits++;
        if (req->status == ERR_FULL)
            sim_trace(s, "disk: full");
        sim_ledger_read(s);
    }
    if (is_full)
        faulty_vfs_heal();
}

static void write_next(struct sim *s);

static void on_written(struct sim *s, void *who, int64_t epoch)
{
    struct sim_store *d = &s->disk;
    (void)who;
    if (epoch != d->epoch)
        return;
    d->is_writing = false;
    commit(s);
    store_complete(s->store);
    write_next(s);
}

static int64_t lag(struct sim *s)
{
    int64_t us = s->mono_us < s->disk.slow_until ? sim_between(s, 200 * SIM_MS, 4 * SIM_S)
                 : sim_happens(s, 20)            ? sim_between(s, 5 * SIM_MS, 60 * SIM_MS)
                                                 : sim_between(s, 100, 3 * SIM_MS);
    if (s->mono_us - s->disk.lag_us > SIM_MIN) {
        s->disk.lag_us = s->mono_us;
        s->disk.lag_max_us = 0;
    }
    if (us > s->disk.lag_max_us)
        s->disk.lag_max_us = us;
    return us;
}

static void write_next(struct sim *s)
{
    struct sim_store *d = &s->disk;
    struct store_req *req;
    if (d->is_writing || !d->writes.head)
        return;
    d->is_writing = true;
    while ((req = line_take(&d->writes)))
        line_put(&d->batch, req);
    int64_t us = lag(s);
    if (sim_happens(s, 500))
        commit(s);
    sim_in(s, us, on_written, NULL, d->epoch);
}

static void on_read(struct sim *s, void *who, int64_t epoch)
{
    (void)who;
    if (epoch != s->disk.epoch)
        return;
    struct store_req *req = line_take(&s->disk.reads);
    __real_store_read(s->store, req);
    store_complete(s->store);
}

void __wrap_store_write(struct store *store, struct store_req *req)
{
    assert(store == sim->store);
    line_put(&sim->disk.writes, req);
    if (sim->phase != SIM_DYING)
        write_next(sim);
}

/* In a transaction of its own anyway, as the store works inline. */
void __wrap_store_write_later(struct store *store, struct store_req *req)
{
    __wrap_store_write(store, req);
}

void __wrap_store_read(struct store *store, struct store_req *req)
{
    assert(store == sim->store);
    line_put(&sim->disk.reads, req);
    if (sim->phase != SIM_DYING)
        sim_in(sim, lag(sim), on_read, NULL, sim->disk.epoch);
}

bool sim_store_is_idle(const struct sim *s)
{
    const struct sim_store *d = &s->disk;
    return !d->writes.head && !d->batch.head && !d->reads.head && !d->is_writing && store_pending(s->store) == 0;
}

void sim_store_give_up(struct sim *s)
{
    struct sim_store *d = &s->disk;
    d->epoch++;
    d->is_writing = false;
    refuse_all(&d->batch);
    refuse_all(&d->writes);
    refuse_all(&d->reads);
    store_complete(s->store);
}

bool sim_store_crash(struct sim *s)
{
    struct store_req *req;
    if (!s->disk.batch.head || sim_happens(s, 300))
        return false;
    faulty_vfs_crash_at(FAULTY_ANY, sim_between(s, 1, 12));
    while ((req = line_take(&s->disk.batch)))
        __real_store_write(s->store, req);
    return true;
}

void sim_store_now(struct sim *s, int (*op)(struct db *db, struct store_req *req), struct store_req *req)
{
    req->op = op;
    __real_store_write(s->store, req);
    sim_ledger_read(s);
    store_complete(s->store);
    if (req->status != 0)
        sim_fail(s, "the store at start: %s", err_name(req->status));
}
