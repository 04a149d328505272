/* Webhook endpoints and alerts for tests; the contract is in lib/webhook_fixture.h. */
#include "lib/webhook_fixture.h"

#include <stdio.h>

#include "base/mem.h"
#include "core/webhook_emit.h"
#include "lib/test.h"

static const char CONFIG[] =
    "[node]\nbase_url = https://grannbud.example/\n[sender]\nfrom = polis@polis.example\n"
    "organisation = Polisen i Ängelholm\n[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n";

struct config *webhook_fixture_config(void)
{
    struct file_errors errors;
    struct config *config = NULL;
    file_errors_init(&errors, "test");
    if (config_parse(CONFIG, sizeof CONFIG - 1, &config, &errors) != 0)
        fail_msg("%s", errors.count ? errors.item[0].text : "config");
    file_errors_fini(&errors);
    return config;
}

void webhook_fixture_init(struct webhook_fixture *f)
{
    memset(f, 0, sizeof *f);
    store_fixture_init(&f->s);
    f->config = webhook_fixture_config();
    f->rules = (struct webhook_rules){.config = f->config};
    f->next_alert = 1000;
}

void webhook_fixture_fini(struct webhook_fixture *f)
{
    config_free(f->config);
    store_fixture_fini(&f->s);
}

void webhook_fixture_sql(struct webhook_fixture *f, const char *format, ...)
{
    char sql[4000];
    va_list ap;
    va_start(ap, format);
    vsnprintf(sql, sizeof sql, format, ap);
    va_end(ap);
    store_fixture_ok(&f->s, db_script(f->s.db, sql, &f->s.err));
}

int64_t webhook_fixture_add(struct webhook_fixture *f, const char *url, const struct webhook_input *in)
{
    struct webhook_input input = in ? *in : (struct webhook_input){.url = NULL};
    struct webhook_made made;
    input.url = url;
    input.format = input.format ? input.format : "standard";
    input.scope = input.scope ? input.scope : "all";
    store_fixture_ok(&f->s, webhook_add(f->s.db, &f->s.admin, &f->rules, &input, &made, &f->s.err));
    return made.id;
}

int64_t webhook_fixture_alert(struct webhook_fixture *f, int64_t root, const char *type)
{
    int64_t id = f->next_alert++;
    webhook_fixture_sql(
        f,
        "INSERT INTO alert (id, root_id, type, kind, severity, urgency, certainty, is_exercise, life_danger, "
        "classification,"
        " content_hash, title, text, sms, target, area_text, state, author_id, author, expires_at, created_at, sent_at)"
        " VALUES (%lld, %lld, '%s', 'boat_theft', 'severe', 'immediate', 'observed', 0, 0, 'public', 'h', 'Båtar "
        "stjäls',"
        " 'Lås **båten**.', 'Bater stjals', '{\"municipalities\":[\"1292\"]}', 'Ängelholm', 'active', 0, 'anna', %lld,"
        " %lld, %lld)",
        (long long)id, (long long)(root ? root : id), type, (long long)f->s.now_us + 3600LL * US_PER_S,
        (long long)f->s.now_us, (long long)f->s.now_us);
    if (!root)
        webhook_fixture_sql(f, "INSERT INTO alert_municipality (alert_id, municipality_code) VALUES (%lld, '1292')",
                            (long long)id);
    store_fixture_ok(&f->s, webhook_emit_alert(f->s.db, id));
    return id;
}

int webhook_fixture_claim(struct webhook_fixture *f, struct webhook_job **jobs, int room, int per_endpoint)
{
    static int64_t after;
    struct webhook_claim claim = {.now_us = f->s.now_us,
                                  .room = room,
                                  .room_failing = room,
                                  .per_endpoint = per_endpoint,
                                  .after_endpoint = after};
    bool more = false;
    int n = 0;
    store_fixture_ok(&f->s, webhook_claim(f->s.db, f->config, &claim, jobs, &n, &more));
    after = claim.after_endpoint;
    return n;
}

bool webhook_fixture_record(struct webhook_fixture *f, struct webhook_job *job, const struct webhook_result *result)
{
    struct webhook_result r = *result;
    bool disabled = false;
    r.delivery_id = job->delivery_id;
    r.endpoint_id = job->endpoint_id;
    r.now_us = f->s.now_us;
    store_fixture_ok(&f->s, webhook_record(f->s.db, &r, &disabled));
    webhook_job_free(job);
    return disabled;
}

bool webhook_fixture_end(struct webhook_fixture *f, struct webhook_job *job, enum webhook_outcome outcome)
{
    return webhook_fixture_record(f, job,
                                  &(struct webhook_result){.outcome = outcome,
                                                           .due_us = f->s.now_us + 60 * US_PER_S,
                                                           .http_status = outcome == WEBHOOK_DELIVERED ? 204 : 503,
                                                           .is_receiver_failing = outcome != WEBHOOK_DELIVERED,
                                                           .detail = "503 Service Unavailable"});
}

int64_t webhook_fixture_replay(struct webhook_fixture *f, int64_t id, int64_t delivery_id, bool with_expired)
{
    struct webhook_replay asked = {.delivery_id = delivery_id, .with_expired = with_expired};
    int64_t n = 0;
    int rc = webhook_replay(f->s.db, &f->s.admin, id, &asked, &n, &f->s.err);
    return rc ? rc : n;
}

int64_t webhook_fixture_count(struct webhook_fixture *f, const char *state)
{
    char select[120];
    snprintf(select, sizeof select, "SELECT count(*) FROM webhook_delivery WHERE state = '%s'", state);
    return store_fixture_number(&f->s, select);
}
