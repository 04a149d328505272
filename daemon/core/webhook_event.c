/* What formats say of an event; the contract is in core/webhook_event.h. */
#include "core/webhook_event.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/markdown.h"
#include "core/time_words.h"
#include "store/db.h"

enum { AREA_BYTES_MAX = 16 * 1024 };

static const char *const WORDS[] = {
#define ROW(id, word) [WEBHOOK_EVENT_##id] = (word),
    WEBHOOK_EVENT_MAP(ROW)
#undef ROW
};

/* How the event begins for people. */
static const char *const PREFIXES[] = {
    [WEBHOOK_EVENT_ALERT_SENT] = "Varning: ",
    [WEBHOOK_EVENT_ALERT_UPDATED] = "Ändrad varning: ",
    [WEBHOOK_EVENT_ALERT_RECALLED] = "Varningen är över: ",
    [WEBHOOK_EVENT_ALERT_EXPIRED] = "Varningen gäller inte längre: ",
    [WEBHOOK_EVENT_LETTER_SENT] = "Nytt brev: ",
    [WEBHOOK_EVENT_TEST] = "",
};

const char *webhook_event_word(enum webhook_event_type type)
{
    return WORDS[type];
}

bool webhook_event_parse(const char *word, enum webhook_event_type *out)
{
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
        if (strcmp(WORDS[i], word) == 0) {
            *out = (enum webhook_event_type)i;
            return true;
        }
    }
    return false;
}

/* --- words ------------------------------------------------------------------------------------------------------ */

/* Markdown as plain text, without the line end at its end. Never NULL; the caller frees. */
static char *plain(const char *markdown)
{
    struct markdown *tree = NULL;
    struct buf out;
    buf_init(&out, MARKDOWN_MAX_BYTES * 2);
    if (markdown_parse(markdown, strlen(markdown), &tree) != 0 || markdown_text(tree, &out) != 0) {
        buf_reset(&out);
        buf_adds(&out, markdown);
    }
    markdown_free(tree);
    while (out.len > 0 && strchr("\n ", out.data[out.len - 1]))
        buf_truncate(&out, out.len - 1);
    return buf_take(&out);
}

/* "22 november 2026 kl. 21.30", "" for no time; the caller frees. */
static char *local_words(int64_t us)
{
    char words[TIME_WORDS_BYTES];
    return xstrdup(us > 0 ? time_words_sv(us, words) : "");
}

static char *link_to(const struct config *config, const char *path, const char *id)
{
    return xasprintf("%s%s%s", config->node.base_url.text, path, id);
}

/* What follows from the rest. */
static void finish(const struct config *config, struct webhook_event *e)
{
    e->heading = xasprintf("%s%s%s", e->is_exercise ? "ÖVNING: " : "", PREFIXES[e->type], e->title);
    e->expires_sv = local_words(e->expires_us);
    e->sender = xstrdup(config_sender_name(config));
}

/* --- alerts, letters, tests --------------------------------------------------------------------------------------- */

static void from_alert(const struct config *config, struct webhook_event *e)
{
    const struct alert_view *a = &e->alert;
    bool is_public = a->classification == LETTER_CLASS_PUBLIC;
    id_format(ID_ALERT, a->id, e->object_id);
    id_format(ID_ALERT, a->root_id, e->thread);
    e->has_alert = true;
    e->kind_sv = xstrdup(alert_kind_row(a->kind)->sv);
    e->severity = alert_severity_word(a->severity);
    e->urgency = alert_urgency_word(a->urgency);
    e->certainty = alert_certainty_word(a->certainty);
    e->title = xstrdup(a->title);
    e->text = plain(a->text);
    e->instruction = plain(a->instruction);
    e->title_en = xstrdup(a->title_en);
    e->text_en = plain(a->text_en);
    e->sms = xstrdup(a->sms);
    e->area = xstrdup(a->area_text);
    e->expires_us = a->expires_us;
    e->url = is_public ? link_to(config, "/feed/alerts/", e->object_id) : xstrdup("");
}

static int from_letter(struct db *db, const struct config *config, int64_t letter_id, struct webhook_event *e)
{
    struct db_rows *rows = NULL;
    struct buf area;
    int rc = db_query(db, &rows, Q_WEBHOOK_LETTER, DB_ARGS(DB_INT(letter_id)));
    if (rc)
        return rc;
    buf_init(&area, AREA_BYTES_MAX);
    while ((rc = db_next(rows)) > 0) {
        if (!e->title)
            e->title = xstrdup(db_text(rows, 0));
        buf_addf(&area, "%s%s", area.len ? ", " : "", db_text(rows, 1));
    }
    db_done(rows);
    e->area = buf_take(&area);
    if (rc < 0 || !e->title)
        return rc < 0 ? rc : ERR_NOT_FOUND;
    id_format(ID_LETTER, letter_id, e->object_id);
    id_format(ID_LETTER, letter_id, e->thread);
    e->kind_sv = xstrdup("Brev");
    e->severity = e->urgency = e->certainty = "";
    e->url = link_to(config, "/feed/letters/", e->object_id);
    e->text = xasprintf("Ett nytt brev från grannsamverkan: %s", e->title);
    e->instruction = xstrdup("");
    e->title_en = xstrdup("");
    e->text_en = xstrdup("");
    e->sms = xstrdup("");
    return 0;
}

void webhook_event_sample(const struct config *config, int64_t event_id, int64_t now_us, struct webhook_event *out)
{
    *out = (struct webhook_event){.id = event_id, .type = WEBHOOK_EVENT_TEST, .is_exercise = true, .at_us = now_us};
    int64_t id = event_id ? event_id : 1;
    out->kind = xstrdup("test");
    out->alert = (struct alert_view){
        .id = id,
        .root_id = id,
        .type = ALERT_TYPE_ALERT,
        .kind = ALERT_KIND_BURGLARY_ONGOING,
        .severity = ALERT_SEVERITY_MINOR,
        .urgency = ALERT_URGENCY_PAST,
        .certainty = ALERT_CERTAINTY_UNLIKELY,
        .state = ALERT_STATE_ACTIVE,
        .classification = LETTER_CLASS_OMBUD_AND_HOUSEHOLDS, /* no page to link to */
        .is_exercise = true,
        .title = xstrdup("Provlarm från Grannbud"),
        .text = xstrdup("Det här är ett prov av er mottagare. Ingenting har hänt, och ingen behöver göra något."),
        .instruction = xstrdup(""),
        .title_en = xstrdup("Test from Grannbud"),
        .text_en = xstrdup("This is a test of your receiver. Nothing has happened."),
        .sms = xstrdup("Provlarm fran Grannbud. Ingenting har hänt."),
        .area_text = xstrdup("Ingenstans"),
        .author = xstrdup(""),
        .origin = xstrdup(""),
        .origin_id = xstrdup(""),
        .origin_url = xstrdup(""),
        .created_us = now_us,
        .sent_us = now_us,
        .expires_us = now_us + 3600 * US_PER_S,
    };
    from_alert(config, out);
    id_format(ID_EVENT, id, out->webhook_id);
    id_format(ID_EVENT, id, out->object_id);
    id_format(ID_EVENT, id, out->thread);
    free(out->kind_sv);
    out->kind_sv = xstrdup("Prov");
    finish(config, out);
}

/* --- load -------------------------------------------------------------------------------------------------------- */

static int read_row(struct db *db, int64_t event_id, struct webhook_event *e, int64_t *alert_id, int64_t *letter_id)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_WEBHOOK_EVENT_GET, DB_ARGS(DB_INT(event_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        e->id = event_id;
        rc = webhook_event_parse(db_text(rows, 0), &e->type) ? 1 : ERR_CORRUPT;
        e->kind = xstrdup(db_text(rows, 1));
        *alert_id = db_opt_int(rows, 3);
        *letter_id = db_opt_int(rows, 4);
        e->is_exercise = db_int(rows, 5) != 0;
        e->at_us = db_int(rows, 6);
        id_format(ID_EVENT, event_id, e->webhook_id);
    }
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

int webhook_event_load(struct db *db, const struct config *config, int64_t event_id, struct webhook_event *out)
{
    struct webhook_event e = {.id = 0};
    int64_t alert_id = 0;
    int64_t letter_id = 0;
    int rc = read_row(db, event_id, &e, &alert_id, &letter_id);
    if (rc == 0 && e.type == WEBHOOK_EVENT_TEST) {
        int64_t at_us = e.at_us;
        webhook_event_fini(&e);
        webhook_event_sample(config, event_id, at_us, out);
        return 0;
    }
    if (rc == 0 && alert_id > 0) {
        rc = alert_view_load(db, alert_id, &e.alert);
        if (rc == 0)
            from_alert(config, &e);
    } else if (rc == 0) {
        rc = from_letter(db, config, letter_id, &e);
    }
    if (rc) {
        webhook_event_fini(&e);
        return rc;
    }
    finish(config, &e);
    *out = e;
    return 0;
}

void webhook_event_fini(struct webhook_event *e)
{
    char **const texts[] = {&e->kind,        &e->kind_sv,  &e->heading, &e->title, &e->text,
                            &e->instruction, &e->title_en, &e->text_en, &e->sms,   &e->area,
                            &e->expires_sv,  &e->sender,   &e->url};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
    alert_view_fini(&e->alert);
}
