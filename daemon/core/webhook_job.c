/* Jobs: made, signed, wiped. Contracts: core/webhook_job.h, core/webhook_queue.h. */
#include "core/webhook_job.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/zone.h"
#include "core/config.h"
#include "core/ledger.h"
#include "core/mail_token.h"
#include "core/quiet_hours.h"
#include "store/db.h"

enum { SIGNATURE_HEADER_BYTES = 1024, NUMBER_BYTES = 24 };

struct webhook_job_secrets {
    struct webhook_message message;
    char webhook_id[ID_TEXT_BYTES];
    char *user, *password, *content_type;
    struct webhook_secret keys[WEBHOOK_SIGNATURES_MAX];
    size_t key_count;
    size_t unsigned_headers; /* how many stand before the signature's */
    char timestamp[NUMBER_BYTES];
    struct buf signature;
};

/* --- what a claim shares ----------------------------------------------------------------------------------------- */

void webhook_maker_init(struct webhook_maker *maker, struct db *db, const struct config *config, int64_t now_us)
{
    memset(maker, 0, sizeof *maker);
    maker->db = db;
    maker->config = config;
    maker->now_us = now_us;
}

static void forget_row(struct webhook_maker *m)
{
    if (m->has_row)
        webhook_row_fini(&m->row);
    m->has_row = false;
    OPENSSL_cleanse(m->secrets, sizeof m->secrets);
    m->secret_count = 0;
}

void webhook_maker_fini(struct webhook_maker *maker)
{
    forget_row(maker);
    for (size_t i = 0; i < maker->event_count; i++)
        webhook_event_fini(&maker->events[i]);
    for (size_t i = 0; i < maker->shared_count; i++)
        webhook_message_fini(&maker->shared[i].message);
    maker->event_count = maker->shared_count = 0;
    OPENSSL_cleanse(maker->token_key, sizeof maker->token_key);
}

static int load_secrets(struct webhook_maker *m)
{
    struct db_rows *rows = NULL;
    int rc = db_query(m->db, &rows, Q_WEBHOOK_SECRETS,
                      DB_ARGS(DB_INT(m->row.id), DB_INT(m->now_us), DB_INT(WEBHOOK_SIGNATURES_MAX)));
    if (rc)
        return rc;
    while (m->secret_count < WEBHOOK_SIGNATURES_MAX && (rc = db_next(rows)) > 0)
        if (webhook_secret_parse(db_text(rows, 0), &m->secrets[m->secret_count], NULL) == 0)
            m->secret_count++;
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int need_row(struct webhook_maker *m, int64_t webhook_id)
{
    if (m->has_row && m->row.id == webhook_id)
        return 0;
    forget_row(m);
    int rc = webhook_row_load(m->db, webhook_id, &m->row);
    m->has_row = rc == 0;
    return rc == 0 && webhook_format_is_signed(m->row.format) ? load_secrets(m) : rc;
}

static int need_event(struct webhook_maker *m, int64_t event_id, const struct webhook_event **out)
{
    for (size_t i = 0; i < m->event_count; i++) {
        if (m->events[i].id == event_id) {
            *out = &m->events[i];
            return 0;
        }
    }
    struct webhook_event event;
    int rc = webhook_event_load(m->db, m->config, event_id, &event);
    if (rc)
        return rc;
    struct webhook_event *place = &m->events[m->next_event];
    if (m->event_count == WEBHOOK_MAKER_EVENTS)
        webhook_event_fini(place);
    else
        m->event_count++;
    m->next_event = (m->next_event + 1) % WEBHOOK_MAKER_EVENTS;
    *place = event;
    *out = place;
    return 0;
}

int webhook_maker_is_end(struct webhook_maker *maker, int64_t event_id, bool *out)
{
    const struct webhook_event *event = NULL;
    int rc = need_event(maker, event_id, &event);
    if (rc == 0)
        *out = event->type == WEBHOOK_EVENT_ALERT_RECALLED || event->type == WEBHOOK_EVENT_ALERT_EXPIRED;
    return rc;
}

/* Once in a claim. Zone data that vanished since the start hold nothing back. */
static int64_t night_ends_us(struct webhook_maker *m)
{
    struct zone *zone = NULL;
    if (!m->knows_night && zone_open(m->config->node.timezone, &zone, NULL) == 0)
        m->night_ends_us = quiet_hours_end_us(&m->config->alert.quiet_hours, zone, m->now_us);
    m->knows_night = true;
    zone_free(zone);
    return m->night_ends_us;
}

int webhook_maker_rings_us(struct webhook_maker *maker, int64_t webhook_id, int64_t event_id, int64_t *out)
{
    const struct webhook_event *event = NULL;
    *out = 0;
    int rc = need_row(maker, webhook_id);
    if (rc || !webhook_format_rings(maker->row.format))
        return rc;
    rc = need_event(maker, event_id, &event);
    if (rc || !event)
        return rc;
    bool is_danger = event->alert.life_danger && event->type != WEBHOOK_EVENT_ALERT_EXPIRED;
    if (is_danger || event->type == WEBHOOK_EVENT_TEST)
        return 0;
    *out = night_ends_us(maker);
    return 0;
}

/* The message for any endpoint of a format; made once in a claim. */
static int need_shared(struct webhook_maker *m, const struct webhook_event *event, const struct webhook_target *target,
                       const struct webhook_message **out, struct err *err)
{
    for (size_t i = 0; i < m->shared_count; i++) {
        if (m->shared[i].event_id == event->id && m->shared[i].format == target->format) {
            *out = &m->shared[i].message;
            return 0;
        }
    }
    struct webhook_shared made = {.event_id = event->id, .format = target->format};
    int rc = webhook_format(event, target, m->config, &made.message, err);
    if (rc) {
        webhook_message_fini(&made.message);
        return rc;
    }
    struct webhook_shared *place = &m->shared[m->next_shared];
    if (m->shared_count == WEBHOOK_MAKER_BODIES)
        webhook_message_fini(&place->message);
    else
        m->shared_count++;
    m->next_shared = (m->next_shared + 1) % WEBHOOK_MAKER_BODIES;
    *place = made;
    *out = &place->message;
    return 0;
}

/* The message for one target into `out`, which is ended also after an error. */
static int make_message(struct webhook_maker *m, const struct webhook_event *event, const struct webhook_target *target,
                        struct webhook_message *out, struct err *err)
{
    const struct webhook_message *shared = NULL;
    if (!webhook_format_is_shared(target->format))
        return webhook_format(event, target, m->config, out, err);
    int rc = need_shared(m, event, target, &shared, err);
    *out = (struct webhook_message){.method = "POST"};
    buf_init(&out->body, WEBHOOK_BODY_BYTES_MAX);
    if (rc)
        return rc;
    out->method = shared->method;
    out->content_type = shared->content_type;
    out->url = xstrdup(target->url);
    out->shown_url = webhook_url_shown(target->format, target->url);
    return buf_add(&out->body, shared->body.data, shared->body.len);
}

/* --- one job ----------------------------------------------------------------------------------------------------- */

/* Where the gateway of text messages tells what became of one; nobody else can make such an address. */
static int report_url(struct webhook_maker *m, int64_t delivery_id, char **out)
{
    char token[MAIL_TOKEN_BYTES];
    int rc = m->has_token_key ? 0 : ledger_token_key(m->db, m->token_key);
    if (rc)
        return rc;
    m->has_token_key = true;
    *out = xasprintf("%s/webhook/46elks/%s", m->config->node.base_url.text,
                     mail_token_make(m->token_key, MAIL_TOKEN_SMS_REPORT, delivery_id, token));
    return 0;
}

static void add_header(struct webhook_job *job, const char *name, const char *value, bool is_secret)
{
    job->headers[job->header_count++] = (struct webhook_header){name, value, is_secret};
}

/* Takes `s`, whose message is filled. */
static struct webhook_job *new_job(struct webhook_maker *m, const struct webhook_event *event,
                                   const struct webhook_claimed *c, struct webhook_job_secrets *s)
{
    struct webhook_job *job = xcalloc(1, sizeof *job);
    s->user = xstrdup_opt(m->row.user);
    s->password = m->row.user ? xstrdup(m->row.credential ? m->row.credential : "") : NULL;
    memcpy(s->webhook_id, event->webhook_id, sizeof s->webhook_id);
    memcpy(s->keys, m->secrets, sizeof s->keys);
    s->key_count = m->secret_count;
    buf_init(&s->signature, SIGNATURE_HEADER_BYTES);
    *job = (struct webhook_job){.delivery_id = c->delivery_id,
                                .endpoint_id = m->row.id,
                                .attempts = c->attempts,
                                .first_at_us = c->first_at_us,
                                .expires_us = c->expires_us,
                                .is_test = event->type == WEBHOOK_EVENT_TEST,
                                .webhook_id = s->webhook_id,
                                .method = s->message.method,
                                .url = s->message.url,
                                .shown_url = s->message.shown_url,
                                .user = s->user,
                                .password = s->password,
                                .body = buf_str(&s->message.body),
                                .body_bytes = s->message.body.len,
                                .secrets = s};
    s->content_type = xstrdup(s->message.content_type);
    add_header(job, "Content-Type", s->content_type, false);
    if (s->message.authorization)
        add_header(job, "Authorization", s->message.authorization, true);
    s->unsigned_headers = job->header_count;
    return job;
}

static void free_secrets(struct webhook_job_secrets *s)
{
    char *const texts[] = {s->user, s->password, s->message.authorization, s->message.url};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i])
            OPENSSL_cleanse(texts[i], strlen(texts[i]));
    free(s->user);
    free(s->password);
    free(s->content_type);
    webhook_message_fini(&s->message);
    buf_fini(&s->signature);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

int webhook_make(struct webhook_maker *maker, int64_t webhook_id, const struct webhook_claimed *claimed,
                 struct webhook_job **out, struct err *err)
{
    const struct webhook_event *event = NULL;
    char *report = NULL;
    *out = NULL;
    int rc = need_row(maker, webhook_id);
    if (rc == 0)
        rc = need_event(maker, claimed->event_id, &event);
    if (rc == 0 && maker->row.format == WEBHOOK_FORMAT_SMS)
        rc = report_url(maker, claimed->delivery_id, &report);
    if (rc)
        return rc == ERR_NOT_FOUND || rc == ERR_CORRUPT ? err_set(err, ERR_CORRUPT, "its event cannot be read") : rc;
    struct webhook_job_secrets *s = xcalloc(1, sizeof *s);
    struct webhook_target target = webhook_row_target(&maker->row);
    target.recipient = claimed->recipient;
    target.report_url = report ? report : "";
    rc = make_message(maker, event, &target, &s->message, err);
    free(report);
    if (rc)
        free_secrets(s);
    else
        *out = new_job(maker, event, claimed, s);
    return rc;
}

/* --- in the dispatcher's hands ------------------------------------------------------------------------------------ */

void webhook_job_sign(struct webhook_job *job, int64_t now_s)
{
    struct webhook_job_secrets *s = job->secrets;
    job->header_count = s->unsigned_headers;
    if (s->key_count == 0)
        return;
    snprintf(s->timestamp, sizeof s->timestamp, "%" PRId64, now_s);
    buf_reset(&s->signature);
    for (size_t i = 0; i < s->key_count; i++) {
        if (i > 0)
            buf_addc(&s->signature, ' ');
        webhook_sign(&s->keys[i], job->webhook_id, now_s, job->body, job->body_bytes, &s->signature);
    }
    add_header(job, "webhook-id", s->webhook_id, false);
    add_header(job, "webhook-timestamp", s->timestamp, false);
    add_header(job, "webhook-signature", buf_str(&s->signature), false);
}

void webhook_job_free(struct webhook_job *job)
{
    if (!job)
        return;
    free_secrets(job->secrets);
    free(job);
}
