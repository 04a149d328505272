/*
 * The writer thread with group commit, and the readers; the contract is in store/store.h.
 *
 * Invariants:
 *  1. Only the writer thread touches the writing connection after store_open.
 *  2. A request is in exactly one place: a work queue, a thread's hands, or the finished queue.
 *  3. A write is put on the finished queue only after its COMMIT, or with a negative status.
 *  4. `pending` counts requests from their submission until their `done` is called; loop thread only.
 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/restore_file.h"

enum {
    STORE_READERS_MAX = 8,
    STORE_BATCH_MAX = 256,
    STORE_TROUBLE_US = 3000000, /* see note_trouble */
    STORE_LATER_US = 20000,     /* so long work that can wait is kept waiting by work that cannot */
    STORE_IDLE_MS = 50,         /* so long without a write, and the log is tidied */
};

static const int64_t COMMIT_BOUNDS[] = HISTOGRAM_FAST;

struct queue {
    struct store_req *head;
    struct store_req **tail;
};

struct worker {
    struct store *store;
    struct db *db;
    pthread_t thread;
    bool started;
};

struct store {
    struct store_config config;
    struct worker writer;
    struct worker readers[STORE_READERS_MAX];
    int reader_count;
    int lock_fd;
    char *replaced; /* see store_replaced */
    int pending;    /* loop thread only */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t write_wanted;
    pthread_cond_t read_wanted;
    struct queue writes;
    struct queue later;  /* writes that let the others pass */
    int64_t later_since; /* since when the first of them waits */
    struct queue reads;
    struct queue finished;
    bool stopping;
    struct store_stats stats;
    int64_t trouble_us; /* when a change failed last */
};

static void queue_init(struct queue *q)
{
    q->head = NULL;
    q->tail = &q->head;
}

static void queue_put(struct queue *q, struct store_req *req)
{
    req->next = NULL;
    *q->tail = req;
    q->tail = &req->next;
}

static struct store_req *queue_take(struct queue *q)
{
    struct store_req *req = q->head;
    if (req) {
        q->head = req->next;
        if (!q->head)
            q->tail = &q->head;
        req->next = NULL;
    }
    return req;
}

static int64_t thread_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

/* One operation inside its own step of the open transaction. 0, or an error that the whole transaction cannot outlive:
 * the engine has rolled it back by itself (disk full), or the step could not be undone alone. */
static int run_step(struct db *db, struct store_req *req)
{
    int rc = db_step_begin(db);
    if (rc == 0) {
        rc = req->op(db, req);
        if (rc == 0)
            rc = db_step_keep(db);
        if (rc != 0 && db_step_undo(db) != 0) {
            req->status = rc;
            return rc;
        }
    }
    req->status = rc;
    return 0;
}

/* All of `batch` in one transaction; afterwards every status is final. 0 and how many succeeded, or the error that made
 * all of them fail. */
static int commit_batch(struct db *db, struct store_req **batch, int n, int *ok)
{
    int rc = db_begin(db);
    if (rc == 0 && n == 1) { /* the transaction is its step */
        rc = batch[0]->status = batch[0]->op(db, batch[0]);
        *ok = rc == 0;
        if (rc != 0 && rc != ERR_FULL && rc != ERR_IO) {
            db_rollback(db);
            return 0;
        }
    }
    for (int i = 0; n > 1 && rc == 0 && i < n; i++) {
        rc = run_step(db, batch[i]);
        *ok += batch[i]->status == 0;
    }
    if (rc == 0)
        rc = db_commit(db);
    if (rc == 0)
        return 0;
    db_rollback(db);
    if (rc == ERR_FULL)
        db_make_room(db);
    for (int i = 0; i < n; i++)
        batch[i]->status = rc;
    *ok = 0;
    return rc;
}

/* Wakes the loop while the lock is held: once a request can be seen finished, nothing of the loop's is touched any more
 * from here, so it may close its handles when none is pending. */
static void finish(struct store *s, struct store_req **batch, int n)
{
    pthread_mutex_lock(&s->mutex);
    for (int i = 0; i < n; i++)
        queue_put(&s->finished, batch[i]);
    if (s->config.notify)
        s->config.notify(s->config.notify_ctx);
    pthread_mutex_unlock(&s->mutex);
}

/* A batch that changed nothing (looks, while nothing is due) needs no room and proves nothing, and one small change
 * that finds room on a full disk does not prove much: the trouble is over when no change has failed for a while. */
static void note_trouble(struct store *s, int rc)
{
    int64_t now_us = thread_us();
    if (rc) {
        s->stats.trouble = rc;
        s->trouble_us = now_us;
    } else if (db_has_written(s->writer.db) && now_us - s->trouble_us > STORE_TROUBLE_US) {
        s->stats.trouble = 0;
    }
}

static void count_commit(struct store *s, int rc, int n, int ok, int64_t us)
{
    pthread_mutex_lock(&s->mutex);
    note_trouble(s, rc);
    s->stats.commits++;
    s->stats.writes += (uint64_t)n;
    s->stats.failures += (uint64_t)(n - ok);
    histogram_add(&s->stats.commit_times, us);
    pthread_mutex_unlock(&s->mutex);
}

static void write_batch(struct store *s, struct store_req **batch, int n)
{
    int64_t from = thread_us();
    int ok = 0;
    int rc = commit_batch(s->writer.db, batch, n, &ok);
    count_commit(s, rc, n, ok, thread_us() - from);
    finish(s, batch, n);
    db_tidy(s->writer.db, false);
}

/* What the writer does next: all that wait, or one that could wait and has long enough. */
static int take_writes(struct store *s, struct store_req **batch)
{
    int n = 0;
    bool is_later = s->later.head && (!s->writes.head || thread_us() - s->later_since >= STORE_LATER_US);
    if (is_later) {
        batch[n++] = queue_take(&s->later);
        s->later_since = thread_us();
    }
    while (!is_later && n < STORE_BATCH_MAX && s->writes.head)
        batch[n++] = queue_take(&s->writes);
    return n;
}

/* Until there is something to do; with the lock held. */
static void wait_for_writes(struct store *s)
{
    bool is_tidy = false;
    while (!s->writes.head && !s->later.head && !s->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += STORE_IDLE_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (is_tidy) {
            pthread_cond_wait(&s->write_wanted, &s->mutex);
        } else if (pthread_cond_timedwait(&s->write_wanted, &s->mutex, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&s->mutex);
            db_tidy(s->writer.db, true);
            pthread_mutex_lock(&s->mutex);
            is_tidy = true;
        }
    }
}

static void *writer_main(void *arg)
{
    struct store *s = arg;
    struct store_req *batch[STORE_BATCH_MAX];
    for (;;) {
        pthread_mutex_lock(&s->mutex);
        wait_for_writes(s);
        int n = take_writes(s, batch);
        pthread_mutex_unlock(&s->mutex);
        if (n == 0)
            return NULL;
        write_batch(s, batch, n);
    }
}

/* A read sees one state of the store from beginning to end. */
static void read_one(struct db *db, struct store_req *req)
{
    int rc = db_begin(db);
    if (rc == 0) {
        rc = req->op(db, req);
        db_rollback(db);
    }
    req->status = rc;
}

static void *reader_main(void *arg)
{
    struct worker *w = arg;
    struct store *s = w->store;
    for (;;) {
        pthread_mutex_lock(&s->mutex);
        while (!s->reads.head && !s->stopping)
            pthread_cond_wait(&s->read_wanted, &s->mutex);
        struct store_req *req = queue_take(&s->reads);
        if (req)
            s->stats.reads++;
        pthread_mutex_unlock(&s->mutex);
        if (!req)
            return NULL;
        read_one(w->db, req);
        finish(s, &req, 1);
    }
}

static int start_thread(struct worker *w, void *(*run)(void *), void *arg)
{
    int rc = pthread_create(&w->thread, NULL, run, arg);
    w->started = rc == 0;
    return -rc;
}

static int start_threads(struct store *s, struct err *err)
{
    int rc = start_thread(&s->writer, writer_main, s);
    for (int i = 0; rc == 0 && i < s->reader_count; i++) {
        s->readers[i].store = s;
        rc = db_open(s->config.url, DB_READER, s->config.clock, &s->readers[i].db, err);
        if (rc == 0)
            rc = start_thread(&s->readers[i], reader_main, &s->readers[i]);
    }
    return rc;
}

static int take_lock(struct store *s, struct err *err)
{
    const char *path = strchr(s->config.url, ':');
    if (!path || path[1] != '/')
        return 0; /* in memory */
    char *lock = xasprintf("%s.lock", path + 1);
    int rc = store_lock(lock, &s->lock_fd, err);
    free(lock);
    return rc;
}

int store_open(const struct store_config *config, struct store **out, struct err *err)
{
    struct store *s = xcalloc(1, sizeof *s);
    s->config = *config;
    s->lock_fd = -1;
    s->reader_count = config->readers < STORE_READERS_MAX ? config->readers : STORE_READERS_MAX;
    histogram_init(&s->stats.commit_times, COMMIT_BOUNDS, ARRAY_LEN(COMMIT_BOUNDS));
    queue_init(&s->writes);
    queue_init(&s->later);
    queue_init(&s->reads);
    queue_init(&s->finished);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->write_wanted, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&s->read_wanted, NULL);
    int rc = take_lock(s, err);
    if (rc == 0)
        rc = restore_file_exchange(config->url, &s->replaced, err);
    if (rc == 0)
        rc = db_open(config->url, DB_WRITER, config->clock, &s->writer.db, err);
    if (rc == 0)
        rc = migrate_to(s->writer.db, migrate_latest(), err);
    if (rc == 0)
        rc = db_check_statements(s->writer.db, err);
    if (rc == 0 && !config->inline_mode)
        rc = start_threads(s, err);
    if (rc != 0) {
        store_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

const char *store_replaced(const struct store *s)
{
    return s->replaced;
}

static void stop_threads(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    s->stopping = true;
    pthread_cond_broadcast(&s->write_wanted);
    pthread_cond_broadcast(&s->read_wanted);
    pthread_mutex_unlock(&s->mutex);
    if (s->writer.started)
        pthread_join(s->writer.thread, NULL);
    for (int i = 0; i < s->reader_count; i++)
        if (s->readers[i].started)
            pthread_join(s->readers[i].thread, NULL);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    stop_threads(s);
    store_complete(s);
    assert(s->pending == 0);
    for (int i = 0; i < s->reader_count; i++)
        db_close(s->readers[i].db);
    if (s->writer.db)
        db_checkpoint(s->writer.db);
    db_close(s->writer.db); /* last, so that the file is whole and the log is gone */
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_cond_destroy(&s->write_wanted);
    pthread_cond_destroy(&s->read_wanted);
    pthread_mutex_destroy(&s->mutex);
    free(s->replaced);
    free(s);
}

static void submit(struct store *s, struct queue *q, pthread_cond_t *wanted, struct store_req *req)
{
    s->pending++;
    pthread_mutex_lock(&s->mutex);
    assert(!s->stopping);
    queue_put(q, req);
    pthread_cond_signal(wanted);
    pthread_mutex_unlock(&s->mutex);
}

void store_write(struct store *s, struct store_req *req)
{
    if (s->config.inline_mode) {
        s->pending++;
        write_batch(s, &req, 1);
        return;
    }
    submit(s, &s->writes, &s->write_wanted, req);
}

void store_write_later(struct store *s, struct store_req *req)
{
    if (s->config.inline_mode) {
        store_write(s, req);
        return;
    }
    pthread_mutex_lock(&s->mutex);
    if (!s->later.head)
        s->later_since = thread_us();
    pthread_mutex_unlock(&s->mutex);
    submit(s, &s->later, &s->write_wanted, req);
}

void store_read(struct store *s, struct store_req *req)
{
    if (s->config.inline_mode) {
        s->pending++;
        read_one(s->writer.db, req);
        finish(s, &req, 1);
        return;
    }
    submit(s, &s->reads, &s->read_wanted, req);
}

int store_complete(struct store *s)
{
    struct queue done;
    int n = 0;
    pthread_mutex_lock(&s->mutex);
    done.head = s->finished.head;
    queue_init(&s->finished);
    pthread_mutex_unlock(&s->mutex);
    for (struct store_req *req = done.head; req; n++) {
        struct store_req *next = req->next; /* `done` may free or resubmit the request */
        s->pending--;
        req->done(req);
        req = next;
    }
    return n;
}

int store_pending(const struct store *s)
{
    return s->pending;
}

struct store_stats store_stats(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    struct store_stats stats = s->stats;
    pthread_mutex_unlock(&s->mutex);
    return stats;
}
