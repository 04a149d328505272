/* One source that is asked from time to time; the contract is in inbound/poller.h. */
#include "inbound/poller.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/config.h"
#include "inbound/verdict.h"
#include "net/http_call.h"
#include "store/db.h"

enum {
    CONNECT_MS = 10 * 1000,
    CALL_MS = 30 * 1000,
    LOOK_AGAIN_S = 10, /* at what keeps us from asking and may pass: a source that is stopped, a store that fails */
    HOUR_MS = 3600 * 1000,
    HEADERS_MAX = 5
};

/* Another answer is understood than by the version before: what is cached is asked for anew. */
static const char READER_VERSION[] = "1";

static void tell(struct poller *p);

static int64_t now_ms(const struct poller *p)
{
    return clock_mono_ms(p->env->clock);
}

static const char *name_of(const struct poller *p)
{
    return source_word(p->kind->source);
}

void poller_init(struct poller *p, const struct poller_kind *kind, const struct incoming_env *env)
{
    assert(kind->per_hour <= POLLER_CALLS_MAX);
    *p = (struct poller){.kind = kind, .env = env, .due_ms = INT64_MIN};
    buf_init(&p->body, SOURCE_BYTES_MAX);
}

static void end_parsed(struct poller *p)
{
    if (p->parsed)
        p->kind->drop(p->parsed);
    p->parsed = NULL;
}

void poller_fini(struct poller *p)
{
    end_parsed(p);
    source_places_fini(&p->places);
    buf_fini(&p->body);
}

/* Back to rest; the next look is in `wait_s`. */
static void rest(struct poller *p, int64_t wait_s)
{
    end_parsed(p);
    source_places_fini(&p->places);
    buf_fini(&p->body);
    buf_init(&p->body, SOURCE_BYTES_MAX);
    p->due_ms = now_ms(p) + wait_s * 1000;
    p->state = POLLER_IDLE;
}

/* --- how it goes, told ------------------------------------------------------------------------------------------- */

static void note_failure(struct poller *p, const char *problem, int64_t wait_s)
{
    if (!p->problem[0]) {
        int64_t since_us = p->question.problem_since_us; /* also from before a restart */
        p->problem_since_us = since_us ? since_us : clock_real_us(p->env->clock);
        log_warn("inbound", "%s: no answer: %s next_in_s=%lld", name_of(p), problem, (long long)wait_s);
    } else {
        log_info("inbound", "%s: still no answer: %s next_in_s=%lld", name_of(p), problem, (long long)wait_s);
    }
    source_text_cut(p->problem, sizeof p->problem, problem);
}

static void note_answer(struct poller *p)
{
    if (p->problem[0])
        log_notice("inbound", "%s: answers again", name_of(p));
    p->problem[0] = '\0';
    if (p->faults.count > 0)
        log_warn("inbound", "%s: entries that cannot be used n=%zu first: %s", name_of(p), p->faults.count,
                 p->faults.first);
    if (p->news[0])
        log_notice("inbound", "%s: %s", name_of(p), p->news);
}

/* --- telling: what came of it goes to the store ------------------------------------------------------------------- */

static int op_tell(struct db *db, struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    return source_told(db, p->kind->source, &p->result, db_now_us(db));
}

static void on_told(struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    if (req->status)
        log_error("inbound", "%s: how it went could not be stored error=%s", name_of(p), err_name(req->status));
    if (p->result.what == SOURCE_FAILED)
        note_failure(p, p->err.text, p->result.wait_s);
    else
        note_answer(p);
    rest(p, p->result.wait_s);
}

static void tell(struct poller *p)
{
    p->state = POLLER_TELLING;
    p->req = (struct store_req){.op = op_tell, .done = on_told};
    store_write(p->env->store, &p->req);
}

/* The words are in p->err. */
static void fail(struct poller *p, int64_t wait_s, bool stop)
{
    p->result = (struct source_result){
        .what = SOURCE_FAILED, .wait_s = wait_s, .problem = p->err.text, .asked_for = p->asked_for, .stop = stop};
    tell(p);
}

/* --- keeping: on the writer, part by part ------------------------------------------------------------------------- */

static int op_keep(struct db *db, struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    int rc = p->kind->keep(p, db, &p->more);
    if (rc == 0 && !p->more)
        rc = source_told(db, p->kind->source, &p->result, db_now_us(db));
    return rc;
}

static void keep(struct poller *p);

static void on_kept(struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    if (p->is_stopping) {
        rest(p, 0);
    } else if (req->status) {
        /* The same answer is asked for again: its ETag was not kept. */
        err_set(&p->err, ERR_STORE, "what it answered could not be stored: %s", err_text(req->status));
        fail(p, p->kind->interval_s(p->config), false);
    } else if (p->more) {
        keep(p);
    } else {
        note_answer(p);
        rest(p, p->result.wait_s);
        if (p->news[0])
            p->env->on_work(p->env->ctx);
    }
}

static void keep(struct poller *p)
{
    p->state = POLLER_KEEPING;
    p->req = (struct store_req){.op = op_keep, .done = on_kept};
    if (p->kind->is_urgent)
        store_write(p->env->store, &p->req);
    else
        store_write_later(p->env->store, &p->req);
}

/* --- reading: the answer, on a reader's thread -------------------------------------------------------------------- */

static int op_read(struct db *db, struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    (void)db;
    return p->kind->parse(p, &p->err);
}

static void on_read(struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    if (p->is_stopping)
        rest(p, 0);
    else if (req->status)
        fail(p, p->result.wait_s, false);
    else
        keep(p);
}

static void read_body(struct poller *p)
{
    p->state = POLLER_READING;
    p->kept = 0;
    p->news[0] = '\0';
    p->faults = (struct source_faults){.count = 0};
    p->result.faults = &p->faults;
    p->req = (struct store_req){.op = op_read, .done = on_read};
    store_read(p->env->store, &p->req);
}

/* --- calling ------------------------------------------------------------------------------------------------------ */

/* It is sent back as it came; one with bytes that a store of text may not take is none. */
static void take_validator(char out[SOURCE_TAG_BYTES], const char *value)
{
    size_t n = strlen(value);
    for (size_t i = 0; i < n; i++)
        if (value[i] < ' ' || value[i] > '~')
            n = 0;
    if (n >= SOURCE_TAG_BYTES)
        n = 0;
    memcpy(out, value, n);
    out[n] = '\0';
}

static void on_answer(const struct http_answer *answer, void *ctx)
{
    struct poller *p = ctx;
    const struct verdict_rules rules = {.interval_s = p->kind->interval_s(p->config),
                                        .refused_wait_s = p->kind->refused_wait_s,
                                        .stops_at_404 = p->kind->stops_at_404,
                                        .had_validators = p->question.etag[0] || p->question.last_modified[0]};
    struct verdict verdict = verdict_of(answer, &rules);
    p->call = NULL;
    p->news[0] = '\0';
    p->faults = (struct source_faults){.count = 0};
    if (verdict.what == SOURCE_FAILED) {
        err_set(&p->err, ERR_PROTOCOL, "%s", verdict.problem);
        fail(p, verdict.wait_s, verdict.stop);
        return;
    }
    take_validator(p->etag, answer->etag);
    take_validator(p->last_modified, answer->last_modified);
    p->result = (struct source_result){.what = verdict.what,
                                       .wait_s = verdict.wait_s,
                                       .etag = p->etag,
                                       .last_modified = p->last_modified,
                                       .asked_for = p->asked_for};
    if (verdict.what == SOURCE_NOT_MODIFIED) {
        tell(p);
        return;
    }
    buf_reset(&p->body);
    buf_add(&p->body, answer->body, answer->body_bytes); /* fits: the call had the same bound */
    read_body(p);
}

static size_t put_headers(struct poller *p, const char *agent, struct http_header out[HEADERS_MAX])
{
    size_t n = 0;
    out[n++] = (struct http_header){"User-Agent", agent};
    out[n++] = (struct http_header){"Accept", "application/json"};
    if (p->question.etag[0])
        out[n++] = (struct http_header){"If-None-Match", p->question.etag};
    if (p->question.last_modified[0])
        out[n++] = (struct http_header){"If-Modified-Since", p->question.last_modified};
    return n;
}

static void call(struct poller *p)
{
    const struct config_url *url = p->kind->url(p->config);
    struct http_header headers[HEADERS_MAX];
    char agent[POLLER_AGENT_BYTES];
    struct buf whole;
    buf_init(&whole, SOURCE_BYTES_MAX);
    buf_adds(&whole, url->text);
    if (p->kind->query)
        p->kind->query(&p->places, &whole);
    p->kind->agent(p->config, agent);
    struct http_request request = {.method = "GET",
                                   .url = buf_str(&whole),
                                   .headers = headers,
                                   .header_count = put_headers(p, agent, headers),
                                   .connect_timeout_ms = CONNECT_MS,
                                   .timeout_ms = CALL_MS,
                                   .max_body_bytes = SOURCE_BYTES_MAX,
                                   .allow_private = true, /* an administrator wrote it, perhaps for a copy within */
                                   .allow_http = !url->is_secure};
    p->state = POLLER_CALLING;
    p->calls_ms[p->call_next] = now_ms(p);
    p->call_next = (p->call_next + 1) % p->kind->per_hour;
    if (http_call_start(p->env->http, &request, on_answer, p, &p->call, &p->err) != 0)
        fail(p, p->kind->refused_wait_s, false);
    buf_fini(&whole);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void hash_question(struct poller *p)
{
    struct sha256 *s = sha256_new();
    sha256_add_text(s, READER_VERSION);
    sha256_add_text(s, p->kind->url(p->config)->text);
    for (size_t i = 0; i < p->places.count; i++)
        sha256_add_text(s, p->places.items[i].code);
    sha256_end_hex(s, p->asked_for);
}

static int op_ask(struct db *db, struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    const struct source_rules rules = {
        .interval_s = p->kind->interval_s(p->config), .gap_s = p->kind->gap_s, .per_hour = p->kind->per_hour};
    p->question = (struct source_question){.wait_s = LOOK_AGAIN_S};
    int rc = source_places_load(db, p->kind->places(p->config), &p->places);
    if (rc || p->places.count == 0)
        return rc; /* nobody is here yet: no question */
    hash_question(p);
    return source_ask(db, p->kind->source, p->kind->url(p->config)->text, p->asked_for, &rules, db_now_us(db),
                      &p->question);
}

static void on_asked(struct store_req *req)
{
    struct poller *p = CONTAINER_OF(req, struct poller, req);
    if (req->status) {
        log_error("inbound", "%s: not asked, the store failed error=%s", name_of(p), err_name(req->status));
        rest(p, LOOK_AGAIN_S);
    } else if (p->is_stopping) {
        rest(p, 0);
    } else if (p->question.may_ask) {
        call(p);
    } else if (p->question.is_stopped) {
        rest(p, LOOK_AGAIN_S);
    } else {
        rest(p, p->question.wait_s > 0 ? p->question.wait_s : LOOK_AGAIN_S);
    }
}

/* What keeps us from asking whatever the wall clock shows; 0: nothing. */
static int64_t wait_ms(const struct poller *p)
{
    int last = (p->call_next + p->kind->per_hour - 1) % p->kind->per_hour;
    int64_t gap_ms = p->calls_ms[last] ? p->calls_ms[last] + p->kind->gap_s * 1000 - now_ms(p) : 0;
    int64_t hour_ms = p->calls_ms[p->call_next] ? p->calls_ms[p->call_next] + HOUR_MS - now_ms(p) : 0;
    int64_t wait = gap_ms > hour_ms ? gap_ms : hour_ms;
    return wait > 0 ? wait : 0;
}

void poller_tick(struct poller *p)
{
    const struct config *config = p->env->config(p->env->ctx);
    const char *url = p->kind->url(config)->text;
    if (p->state != POLLER_IDLE || p->is_stopping)
        return;
    if (strncmp(url, p->url, sizeof p->url - 1) != 0) { /* begun, ended, or another one */
        p->due_ms = INT64_MIN;
        p->problem[0] = '\0';
        snprintf(p->url, sizeof p->url, "%s", url);
    }
    if (url[0] == '\0' || now_ms(p) < p->due_ms)
        return;
    if (wait_ms(p) > 0) {
        p->due_ms = now_ms(p) + wait_ms(p);
        return;
    }
    p->config = config;
    p->state = POLLER_ASKING;
    p->req = (struct store_req){.op = op_ask, .done = on_asked};
    store_write(p->env->store, &p->req);
}

bool poller_stop(struct poller *p)
{
    p->is_stopping = true;
    if (p->state == POLLER_CALLING) {
        http_call_cancel(p->call);
        p->call = NULL;
        rest(p, 0);
    }
    return p->state == POLLER_IDLE;
}
