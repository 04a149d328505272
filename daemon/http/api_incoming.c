/*
 * Routes of what comes in from others: how the sources are asked, the police's events, and material for a letter made
 * of them. What VMA suggests are drafts among the alerts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/area.h"
#include "core/config.h"
#include "core/police_material.h"
#include "core/source.h"
#include "http/api.h"
#include "http/api_scope.h"
#include "store/db.h"

enum { MONTH_BYTES = 8 };

/* --- sources ----------------------------------------------------------------------------------------------------- */

static const char *configured(const struct config *config, enum source source)
{
    return source == SOURCE_VMA ? config->vma.url.text : config->police_events.url.text;
}

/* The words are part of the API. */
static const char *state_word(const char *url, const struct source_state *s)
{
    if (url[0] == '\0')
        return "off";
    if (strncmp(url, s->url, sizeof s->url - 1) != 0 || s->asked_us == 0)
        return "not_asked";
    if (s->is_stopped)
        return "stopped";
    if (s->problem[0])
        return "failing";
    return s->answered_us ? "ok" : "not_asked";
}

static json_t *source_json(const struct config *config, enum source source, const struct source_state *s)
{
    const char *url = configured(config, source);
    const char *state = state_word(url, s);
    bool has_past = strcmp(state, "not_asked") != 0;
    bool is_asked = url[0] && !s->is_stopped;
    json_t *out = json_pack("{s:s, s:s, s:s}", "source", source_word(source), "state", state, "url", url);
    json_object_set_new(out, "asked_at", has_past ? api_time(s->asked_us) : json_null());
    json_object_set_new(out, "answered_at", has_past ? api_time(s->answered_us) : json_null());
    json_object_set_new(out, "next_at", has_past && is_asked ? api_time(s->next_us) : json_null());
    json_object_set_new(out, "problem", s->problem[0] && url[0] ? json_string(s->problem) : json_null());
    json_object_set_new(out, "problem_since", url[0] ? api_time(s->problem_since_us) : json_null());
    json_object_set_new(out, "unusable", json_integer(url[0] ? s->faults : 0));
    json_object_set_new(out, "unusable_first", s->fault[0] && url[0] ? json_string(s->fault) : json_null());
    return out;
}

static int list_sources(struct api_call *call, struct db *db)
{
    json_t *items = json_array();
    int rc = api_query_only(call, "");
    for (int i = 0; rc == 0 && i < SOURCE_COUNT; i++) {
        struct source_state state;
        rc = source_state(db, (enum source)i, &state);
        if (rc == 0)
            json_array_append_new(items, source_json(call->config, (enum source)i, &state));
    }
    call->result = json_pack("{s:o, s:n}", "items", items, "next");
    return rc;
}

static int resume_source(struct api_call *call, struct db *db)
{
    enum source source = SOURCE_VMA;
    struct source_state state;
    int rc = api_body_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0 && !source_parse(api_param(call, "source"), &source))
        return err_set(&call->err, ERR_NOT_FOUND, "there is no such source: write vma or police_events");
    if (rc == 0)
        rc = source_resume(db, &call->actor, source, &call->err);
    if (rc == 0)
        rc = source_state(db, source, &state);
    if (rc == 0)
        call->result = source_json(call->config, source, &state);
    return rc;
}

/* --- the police's events ----------------------------------------------------------------------------------------- */

/* The municipality asked for, by code or name, as its code; "" for all. */
static int read_municipality(struct api_call *call, struct db *db, char code[MUNICIPALITY_CODE_BYTES])
{
    const char *text = api_query(call, "municipality", "");
    code[0] = '\0';
    return text[0] ? area_find_municipality(db, text, code, &call->err) : 0;
}

/* From the first instant of from= to the last of to=; either may be a day, a week, a month or a year. */
static int read_range(struct api_call *call, int64_t *from_us, int64_t *to_us)
{
    const char *from = api_query(call, "from", "");
    const char *to = api_query(call, "to", "");
    int64_t other = 0;
    *from_us = 0;
    *to_us = INT64_MAX;
    if (from[0] && police_period(from, from_us, &other) != 0)
        return err_set(&call->err, ERR_USAGE, "from=%.40s is no day: write it as 2026-11-22", from);
    if (to[0] && police_period(to, &other, to_us) != 0)
        return err_set(&call->err, ERR_USAGE, "to=%.40s is no day: write it as 2026-11-22", to);
    return 0;
}

static int list_events(struct api_call *call, struct db *db)
{
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    char code[MUNICIPALITY_CODE_BYTES];
    int64_t from_us = 0;
    int64_t to_us = 0;
    int rc = api_query_only(call, "municipality from to after limit");
    if (rc == 0)
        rc = read_municipality(call, db, code);
    if (rc == 0)
        rc = read_range(call, &from_us, &to_us);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0) {
        int64_t before_us = page.key[0] ? strtoll(page.key, NULL, 10) : INT64_MAX;
        rc = db_query_as(db, &call->actor.scope, &rows, Q_POLICE_EVENT_LIST,
                         DB_ARGS(DB_TEXT(code), DB_INT(from_us), DB_INT(to_us), DB_INT(before_us), DB_INT(page.id),
                                 DB_INT(page.limit + 1)));
    }
    if (rc == 0)
        rc = api_list(call, rows,
                      "id:i happened_at:t published_at:t type:s place:s name:s summary:s url:s municipality:s county:s "
                      "changed_at:t",
                      1, &page);
    api_page_fini(&page);
    return rc;
}

static int material(struct api_call *call, struct db *db)
{
    char code[MUNICIPALITY_CODE_BYTES];
    char today[LOCAL_DATE_BYTES];
    struct buf text;
    int rc = api_query_only(call, "municipality period");
    if (rc == 0 && !api_query(call, "municipality", "")[0])
        return err_set(&call->err, ERR_USAGE, "which municipality? Write municipality=1292 or its name");
    if (rc == 0)
        rc = read_municipality(call, db, code);
    if (rc)
        return rc;
    time_local_date(db_now_us(db), today);
    today[MONTH_BYTES - 1] = '\0'; /* "2026-11" */
    buf_init(&text, POLICE_MATERIAL_BYTES);
    rc = police_material(db, &call->actor.scope, code, api_query(call, "period", today), &text, &call->err);
    if (rc == 0)
        rc = buf_add(&call->text, buf_str(&text), text.len);
    buf_fini(&text);
    call->content_type = "text/markdown; charset=utf-8";
    return rc;
}

const struct api_route API_ROUTES_INCOMING[] = {
    {HTTP_METHOD_GET, "/api/v1/incoming", API_READ, PERM_READ, API_NO_BODY, list_sources,
     "How the sources outside (VMA, the police's events) are asked: when, with what result, when next."},
    {HTTP_METHOD_POST, "/api/v1/incoming/{source}/resume", API_WRITE, PERM_OPERATE, API_JSON, resume_source,
     "Ask a source again that was stopped because there was nothing at its address."},
    {HTTP_METHOD_GET, "/api/v1/police-event", API_READ, PERM_READ, API_NO_BODY, list_events,
     "List the police's public events of a municipality and its county, newest first."},
    {HTTP_METHOD_GET, "/api/v1/letter/material", API_READ, PERM_READ, API_NO_BODY, material,
     "The police's events of a municipality and a period as Markdown, to be used in a letter."},
    {.pattern = NULL},
};
