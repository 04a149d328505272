/* Groups to warn and an alert to send; the contract is in lib/alert_world.h. */
#include "lib/alert_world.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/group.h"
#include "lib/test.h"

static char ANGELHOLM[] = "1292";
static char *MUNICIPALITIES[] = {ANGELHOLM};
static char ZONE[] = "Europe/Stockholm";

void alert_world_init(struct alert_world *w)
{
    struct group_input in = GROUP_INPUT_INIT;
    *w = (struct alert_world){0};
    store_fixture_init(&w->f);
    w->config.node.timezone = ZONE;
    w->config.alert.default_expiry_s = 86400;
    w->config.alert.confirm_above_recipients = 500;
    w->config.alert.quiet_hours = (struct config_hours){22 * 60, 7 * 60};
    w->config.alert.per_sender_per_hour = 60;
    w->config.letter.retry_max_age_s = 3 * 86400;
    store_fixture_person(&w->f, "1292", "Rosen", "Astrid Ek", "astrid@example.se", &w->rosen);
    store_fixture_person(&w->f, "1292", "Nyponet", "Bo Alm", "bo@example.se", &w->nyponet);
    in.position = "56.2428, 12.8622";
    store_fixture_ok(&w->f, group_set(w->f.db, &w->f.admin, w->rosen, &in, &w->f.err));
    in.position = NULL;
    in.name = "Åsen";
    store_fixture_ok(&w->f, group_add(w->f.db, &w->f.admin, "1257", &in, &w->asen, &w->f.err));
}

void alert_world_fini(struct alert_world *w)
{
    alert_target_fini(&w->target);
    store_fixture_fini(&w->f);
}

struct alert_input alert_world_input(void)
{
    struct alert_input in = ALERT_INPUT_INIT;
    in.kind = "boat_theft";
    in.title = "Båtmotorer stulna i Skälderviken";
    in.text = "Tre utombordare stals i natt. Ring 112 om du ser något, 114 14 för tips.";
    in.target.municipalities = MUNICIPALITIES;
    in.target.municipality_count = 1;
    return in;
}

void alert_world_set(struct alert_input *in, const char *member, const char *value)
{
    const struct {
        const char *name;
        const char **field;
    } members[] = {{"kind", &in->kind},           {"title", &in->title},
                   {"text", &in->text},           {"sms", &in->sms},
                   {"severity", &in->severity},   {"urgency", &in->urgency},
                   {"certainty", &in->certainty}, {"classification", &in->classification},
                   {"title_en", &in->title_en}};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (strcmp(member, members[i].name) == 0) {
            *members[i].field = value;
            return;
        }
    }
    fail_msg("no member %s", member);
}

void alert_world_target(struct alert_world *w, struct alert_input *in, const char *json)
{
    json_t *parsed = json_loads(json, 0, NULL);
    assert_non_null(parsed);
    alert_target_fini(&w->target);
    alert_world_ok(w, alert_target_parse(parsed, &w->target, &w->f.err));
    json_decref(parsed);
    in->target = w->target;
}

void alert_world_ok(struct alert_world *w, int rc)
{
    store_fixture_ok(&w->f, rc);
}

int alert_world_send(struct alert_world *w, const struct actor *actor, const struct alert_input *in)
{
    struct alert_plan plan;
    alert_plan_init(&plan);
    w->f.err.text[0] = '\0';
    int rc = alert_plan_new(w->f.db, actor, &w->config, in, &plan, &w->f.err);
    if (rc == 0)
        rc = alert_send(w->f.db, actor, &w->config, in, &plan, &w->answer, &w->f.err);
    alert_plan_fini(&plan);
    return rc;
}

int alert_world_approve(struct alert_world *w, const struct actor *actor, int64_t id, const char *hash)
{
    struct alert_plan plan;
    alert_plan_init(&plan);
    int rc = alert_plan_again(w->f.db, actor, &w->config, id, &plan, &w->f.err);
    if (rc == 0)
        rc = alert_approve(w->f.db, actor, id, hash, &plan, &w->answer, &w->f.err);
    alert_plan_fini(&plan);
    return rc;
}

int alert_world_send_draft(struct alert_world *w, const struct actor *actor, int64_t id)
{
    struct alert_plan plan;
    alert_plan_init(&plan);
    int rc = alert_plan_again(w->f.db, actor, &w->config, id, &plan, &w->f.err);
    if (rc == 0)
        rc = alert_send_draft(w->f.db, actor, &w->config, id, &(struct alert_release){.confirm_recipients = -1}, &plan,
                              &w->answer, &w->f.err);
    alert_plan_fini(&plan);
    return rc;
}

int alert_world_update(struct alert_world *w, const struct actor *actor, int64_t id, const struct alert_input *in)
{
    struct alert_plan plan;
    alert_plan_init(&plan);
    w->f.err.text[0] = '\0';
    int rc = alert_plan_update(w->f.db, actor, &w->config, id, in, &plan, &w->f.err);
    if (rc == 0)
        rc = alert_update(w->f.db, actor, &w->config, id, in, &plan, &w->answer, &w->f.err);
    alert_plan_fini(&plan);
    return rc;
}

int alert_world_recall(struct alert_world *w, const struct actor *actor, int64_t id, const char *text)
{
    return alert_recall(w->f.db, actor, &w->config, id, &(struct alert_recall_input){.text = text, .note = "över"},
                        &w->answer, &w->f.err);
}

int64_t alert_world_count(struct alert_world *w)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    store_fixture_ok(&w->f, db_query_as(w->f.db, &all, &rows, Q_ALERT_LATEST, DB_NO_ARGS));
    int rc = db_next(rows);
    db_done(rows);
    return rc;
}

void alert_world_expand(struct alert_world *w)
{
    bool more = true;
    while (more)
        store_fixture_ok(&w->f, ledger_expand(w->f.db, 1000, &more));
}

int alert_world_claim(struct alert_world *w)
{
    struct claim claim = {.now_us = w->f.now_us, .room = {ARRAY_LEN(w->jobs), 0, 0}};
    int n = 0;
    store_fixture_ok(&w->f, ledger_claim(w->f.db, &claim, w->jobs, &n));
    return n;
}

void alert_world_record(struct alert_world *w, const struct job *job, enum delivery_state state)
{
    struct ledger_result result = {.delivery_id = job->delivery_id,
                                   .state = state,
                                   .now_us = w->f.now_us,
                                   .code = state == DELIVERY_SENT ? 250 : 0,
                                   .status = "",
                                   .reply = "",
                                   .step = "final",
                                   .relay = "main"};
    store_fixture_ok(&w->f, ledger_record(w->f.db, &result));
}
