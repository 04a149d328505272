/* An alert as it is shown; the contract is in core/alert_view.h. */
#include "core/alert_view.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/alert_row.h"
#include "store/db.h"

enum { EARLIER_MAX = 1000 };

void alert_view_fini(struct alert_view *view)
{
    free(view->title);
    free(view->text);
    free(view->instruction);
    free(view->title_en);
    free(view->text_en);
    free(view->sms);
    free(view->area_text);
    free(view->author);
    free(view->origin);
    free(view->origin_id);
    free(view->origin_url);
    alert_target_fini(&view->target);
    free(view->municipalities);
    free(view->earlier);
    *view = (struct alert_view){0};
}

static int read_target(const char *text, struct alert_view *v)
{
    json_t *json = json_loads(text, 0, NULL);
    int rc = json ? alert_target_parse(json, &v->target, NULL) : ERR_CORRUPT;
    json_decref(json);
    return rc ? ERR_CORRUPT : 0;
}

static char *take(char **text)
{
    char *out = *text ? *text : xstrdup("");
    *text = NULL;
    return out;
}

/* All that the alert's own row holds; its texts change hands. */
static int take_row(struct alert_row *row, struct alert_view *v)
{
    v->id = row->id;
    v->root_id = row->root_id;
    v->message_id = row->message_id;
    v->type = row->type;
    v->kind = row->kind;
    v->severity = row->severity;
    v->urgency = row->urgency;
    v->certainty = row->certainty;
    v->state = row->state;
    v->classification = row->classification;
    v->is_exercise = row->is_exercise;
    v->life_danger = row->life_danger;
    v->title = take(&row->title);
    v->text = take(&row->text);
    v->instruction = take(&row->instruction);
    v->title_en = take(&row->title_en);
    v->text_en = take(&row->text_en);
    v->sms = take(&row->sms);
    v->area_text = take(&row->area_text);
    v->author = take(&row->author);
    v->origin = take(&row->origin);
    v->origin_id = take(&row->origin_id);
    v->origin_url = take(&row->origin_url);
    v->recipients = row->recipients;
    v->created_us = row->created_us;
    v->sent_us = row->sent_us;
    v->not_before_us = row->not_before_us;
    v->expires_us = row->expires_us;
    v->ended_us = row->ended_us;
    return read_target(row->target, v);
}

static int read_earlier(struct db *db, struct alert_view *v)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_ALERT_EARLIER, DB_ARGS(DB_INT(v->root_id), DB_INT(v->id)));
    if (rc)
        return rc;
    while (v->earlier_count < EARLIER_MAX && (rc = db_next(rows)) > 0) {
        v->earlier = xreallocarray(v->earlier, v->earlier_count + 1, sizeof *v->earlier);
        v->earlier[v->earlier_count++] = (struct alert_earlier){db_int(rows, 0), db_int(rows, 1)};
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

int alert_view_load(struct db *db, int64_t id, struct alert_view *out)
{
    struct alert_row row = {0};
    struct alert_view view = {0};
    int rc = alert_row_load(db, id, &row, NULL);
    if (rc)
        return rc;
    rc = take_row(&row, &view);
    if (rc == 0)
        rc = alert_row_municipalities(db, id, &view.municipalities, &view.municipality_count);
    if (rc == 0)
        rc = read_earlier(db, &view);
    if (rc == 0)
        *out = view;
    else
        alert_view_fini(&view);
    alert_row_fini(&row);
    return rc;
}
