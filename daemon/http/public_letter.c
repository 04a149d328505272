/* Letters for everybody; the contract is in http/public_letter.h. */
#include "http/public_letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "http/api.h"
#include "http/feed.h"
#include "store/actor.h"
#include "store/db.h"

enum { TARGETS_MAX = LETTER_MUNICIPALITIES_MAX };

void public_letter_fini(struct public_letter *l)
{
    free(l->kind);
    free(l->source);
    free(l->area);
    for (size_t i = 0; i < l->target_count; i++)
        free(l->targets[i].name);
    free(l->targets);
}

static int read_targets(struct db *db, struct public_letter *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_LETTER_TARGETS, DB_ARGS(DB_INT(out->id)));
    if (rc)
        return rc;
    out->targets = xcalloc(TARGETS_MAX, sizeof *out->targets);
    while (out->target_count < TARGETS_MAX && (rc = db_next(rows)) > 0) {
        struct public_target *t = &out->targets[out->target_count++];
        snprintf(t->code, sizeof t->code, "%s", db_text(rows, 0));
        t->name = xstrdup(db_text(rows, 1));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* From a row of feed_letters or feed_letter. */
int public_letter_read(struct db *db, const struct db_rows *rows, struct public_letter *out)
{
    *out = (struct public_letter){.id = db_int(rows, 0),
                                  .kind = xstrdup(db_text(rows, 1)),
                                  .source = xstrdup(db_text(rows, 4)),
                                  .sent_us = db_int(rows, 5)};
    if (strcmp(db_text(rows, 2), scope_kind_word(SCOPE_POLICE_AREA)) == 0) {
        int rc = db_get_text(db, &out->area, Q_POLICE_AREA_NAME, DB_ARGS(DB_TEXT(db_text(rows, 3))));
        if (rc && rc != ERR_NOT_FOUND)
            return rc;
    }
    return read_targets(db, out);
}

const struct public_target *public_letter_target(const struct public_letter *l, const char *code)
{
    for (size_t i = 0; i < l->target_count; i++)
        if (strcmp(l->targets[i].code, code) == 0)
            return &l->targets[i];
    return NULL;
}

/* Whose parts are shown: as asked for, or the only one's; NULL: those for all. */
const struct public_target *public_letter_whose(const struct public_letter *l, const char *code)
{
    if (code && code[0])
        return public_letter_target(l, code);
    return l->target_count == 1 ? &l->targets[0] : NULL;
}

void public_shown_init(struct public_shown *s)
{
    buf_init(&s->subject, FEED_HEAD_BYTES);
    buf_init(&s->text, FEED_MAX_BYTES);
    buf_init(&s->html, FEED_MAX_BYTES);
}

void public_shown_fini(struct public_shown *s)
{
    buf_fini(&s->subject);
    buf_fini(&s->text);
    buf_fini(&s->html);
}

int public_letter_show(struct api_call *call, const struct public_letter *l, const char *code, struct public_shown *out)
{
    const struct public_target *t = public_letter_whose(l, code);
    const struct api_preview reader = {.source = l->source,
                                       .municipality_code = t ? t->code : "",
                                       .municipality_name = t ? t->name : "din kommun",
                                       .area_name = l->area ? l->area : "ditt område",
                                       .group_name = "din grupp",
                                       .person_name = "granne"};
    return call->env->preview(&reader, &out->subject, &out->text, &out->html, &call->err);
}
