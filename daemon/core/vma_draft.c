/* Drafts of alerts from VMA; the contract is in core/vma_draft.h. */
#include "core/vma_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/source_places.h"
#include "core/vma.h"
#include "core/vma_mail.h"
#include "core/vma_text.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

enum { FORGET_DAYS = 400, DAY_S = 86400, NOTE_BYTES = 200 };

static const char ORIGIN[] = "vma";

/* One list being taken. */
struct take {
    struct db *db;
    const struct config *config;
    const struct source_places *places;
    struct actor actor;
    int64_t now_us;
    struct vma_taken *taken;
};

/* What is known of an incident, and how its thread stands. */
struct incident {
    bool is_known;
    char identifier[VMA_ID_BYTES + 1];
    enum vma_type type;
    int64_t sent_us;
    int64_t alert_id; /* 0: no suggestion was made */
    int64_t root_id;
    bool is_follow;   /* the suggestion was to change or to take back */
    bool is_waiting;  /* the suggestion is a draft or submitted */
    bool is_in_force; /* something of the thread was sent and holds */
    char *title;      /* of the thread's root; or NULL */
};

/* What a message means for us now. */
enum verdict { VERDICT_WARNS, VERDICT_ENDS, VERDICT_NOTHING };

/* --- what is known ------------------------------------------------------------------------------------------------ */

static int read_thread(struct take *t, struct incident *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(t->db, &rows, Q_VMA_THREAD, DB_ARGS(DB_INT(out->alert_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        const char *state = db_text(rows, 2);
        out->root_id = db_int(rows, 0);
        out->is_follow = strcmp(db_text(rows, 1), alert_type_word(ALERT_TYPE_ALERT)) != 0;
        out->is_waiting = strcmp(state, alert_state_word(ALERT_STATE_DRAFT)) == 0 ||
                          strcmp(state, alert_state_word(ALERT_STATE_SUBMITTED)) == 0;
        out->title = xstrdup(db_text(rows, 3));
        out->is_in_force = db_int(rows, 5) > 0;
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int read_incident(struct take *t, const char *name, struct incident *out)
{
    struct db_rows *rows = NULL;
    *out = (struct incident){.is_known = false};
    int rc = db_query(t->db, &rows, Q_VMA_INCIDENT_READ, DB_ARGS(DB_TEXT(name)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        out->is_known = true;
        snprintf(out->identifier, sizeof out->identifier, "%s", db_text(rows, 0));
        vma_type_parse(db_text(rows, 1), &out->type);
        out->sent_us = db_int(rows, 2);
        out->alert_id = db_is_null(rows, 3) ? 0 : db_int(rows, 3);
    }
    db_done(rows);
    if (rc > 0 && out->alert_id)
        rc = read_thread(t, out);
    return rc < 0 ? rc : 0;
}

static int keep_incident(struct take *t, const struct vma_alert *m, int64_t alert_id)
{
    return db_exec(t->db, NULL, Q_VMA_INCIDENT_PUT,
                   DB_ARGS(DB_TEXT(m->incident), DB_TEXT(m->identifier), DB_TEXT(vma_type_word(m->type)),
                           DB_INT(m->sent_us), alert_id ? DB_INT(alert_id) : DB_NULL, DB_INT(t->now_us)));
}

/* --- whom it is for ----------------------------------------------------------------------------------------------- */

/* Our places that the message is for; returns how many of `codes` (room for all places). */
static size_t targets_of(const struct take *t, const struct vma_alert *m, char **codes)
{
    size_t n = 0;
    for (size_t i = 0; i < t->places->count; i++)
        for (size_t j = 0; j < m->code_count; j++)
            if (source_place_is_in(&t->places->items[i], m->codes[j])) {
                codes[n++] = t->places->items[i].code;
                break;
            }
    return n;
}

/* When the alert ends: by the source's word, within what an alert may be. 0: the kind's own. */
static int64_t end_of(const struct take *t, const struct vma_alert *m)
{
    int64_t latest_us = t->now_us + (ALERT_EXPIRY_MAX_S - 60) * US_PER_S;
    return m->expires_us > latest_us ? latest_us : m->expires_us;
}

static enum verdict judge(const struct take *t, const struct vma_alert *m, size_t target_count)
{
    if (m->type == VMA_TYPE_CANCEL)
        return VERDICT_ENDS;
    if (m->expires_us && m->expires_us < t->now_us + ALERT_EXPIRY_MIN_S * US_PER_S)
        return VERDICT_NOTHING;
    return target_count > 0 ? VERDICT_WARNS : VERDICT_ENDS;
}

/* --- suggestions -------------------------------------------------------------------------------------------------- */

/* The first of an incident has its name; those that follow have that of their message too. */
static char *origin_id(const struct vma_alert *m, const struct incident *known)
{
    return known->alert_id ? xasprintf("%s %s", m->incident, m->identifier) : xstrdup(m->incident);
}

static int add_first(struct take *t, const struct vma_alert *m, const struct incident *known,
                     const struct vma_words *words, char **codes, size_t count, int64_t *id, struct err *err)
{
    char *origin = origin_id(m, known);
    struct alert_input in = ALERT_INPUT_INIT;
    in.kind = alert_kind_word(ALERT_KIND_VMA_RELAY);
    in.title = words->title;
    in.text = words->text;
    in.instruction = words->instruction;
    in.title_en = words->title_en;
    in.text_en = words->text_en;
    in.severity = m->severity;
    in.urgency = m->urgency;
    in.certainty = m->certainty;
    in.target = (struct alert_target){.municipalities = codes, .municipality_count = count};
    in.expires_us = end_of(t, m);
    in.origin = ORIGIN;
    in.origin_id = origin;
    in.origin_url = m->web ? m->web : "";
    int rc = alert_add_draft(t->db, &t->actor, t->config, &in, id, err);
    free(origin);
    return rc;
}

/* What the second person of a submitted one approves. */
static void hash_words(const struct vma_words *words, char hash[SHA256_HEX_BYTES])
{
    struct sha256 *s = sha256_new();
    sha256_add_text(s, words->title);
    sha256_add_text(s, words->text);
    sha256_add_text(s, words->instruction);
    sha256_add_text(s, words->title_en);
    sha256_add_text(s, words->text_en);
    sha256_end_hex(s, hash);
}

static int add_follow(struct take *t, const struct vma_alert *m, const struct incident *known, enum alert_type type,
                      const struct vma_words *words, int64_t *id)
{
    char hash[SHA256_HEX_BYTES];
    char text[ID_TEXT_BYTES];
    char root[ID_TEXT_BYTES];
    char *origin = origin_id(m, known);
    *id = id_new(t->now_us);
    hash_words(words, hash);
    int rc =
        db_exec(t->db, NULL, Q_VMA_FOLLOW_INSERT,
                DB_ARGS(DB_INT(*id), DB_TEXT(alert_type_word(type)), DB_INT(known->root_id), DB_TEXT(m->severity),
                        DB_TEXT(m->urgency), DB_TEXT(m->certainty), DB_TEXT(words->title), DB_TEXT(words->text),
                        DB_TEXT(words->instruction), DB_TEXT(words->title_en), DB_TEXT(words->text_en),
                        DB_TEXT(t->actor.name), DB_TEXT(hash), DB_INT(type == ALERT_TYPE_UPDATE ? end_of(t, m) : 0),
                        DB_TEXT(origin), DB_TEXT(m->web ? m->web : ""), DB_INT(t->now_us)));
    free(origin);
    if (rc == 0)
        rc = db_exec(t->db, NULL, Q_VMA_FOLLOW_PLACES, DB_ARGS(DB_INT(*id), DB_INT(known->root_id)));
    if (rc == 0)
        rc = audit_writef(t->db, &t->actor, "alert.suggest", id_format(ID_ALERT, *id, text),
                          "{\"type\":\"%s\",\"thread\":\"%s\"}", alert_type_word(type),
                          id_format(ID_ALERT, known->root_id, root));
    return rc;
}

/* A wrong suggestion is a fault of the message: the others are taken all the same. */
static int soft(struct take *t, const struct vma_alert *m, int rc, const struct err *err)
{
    if (rc != ERR_INVALID && rc != ERR_TOO_LARGE && rc != ERR_EXISTS && rc != ERR_NOT_FOUND)
        return rc;
    source_fault(&t->taken->faults, "alert %s: no draft could be made of it: %s", m->identifier, err_or(err, rc));
    return 0;
}

static int suggest_first(struct take *t, const struct vma_alert *m, const struct incident *known, char **codes,
                         size_t count, int64_t *id)
{
    struct vma_words words = {.title = NULL};
    struct err err = {.text = ""};
    int64_t added = 0;
    int rc = vma_words_make(m, &words, &err);
    if (rc == 0)
        rc = add_first(t, m, known, &words, codes, count, &added, &err);
    vma_words_fini(&words);
    if (rc)
        return soft(t, m, rc, &err);
    *id = added;
    t->taken->drafts++;
    return vma_mail_suggestion(t->db, t->config, added, ALERT_TYPE_ALERT);
}

static int suggest_follow(struct take *t, const struct vma_alert *m, const struct incident *known, enum verdict verdict,
                          int64_t *id)
{
    struct vma_words words = {.title = NULL};
    struct err err = {.text = ""};
    enum alert_type type = verdict == VERDICT_WARNS ? ALERT_TYPE_UPDATE : ALERT_TYPE_RECALL;
    int64_t added = 0;
    int rc =
        type == ALERT_TYPE_UPDATE ? vma_words_make(m, &words, &err) : vma_words_make_end(m, known->title, &words, &err);
    if (rc == 0)
        rc = add_follow(t, m, known, type, &words, &added);
    vma_words_fini(&words);
    if (rc)
        return soft(t, m, rc, &err);
    *id = added;
    t->taken->updates += type == ALERT_TYPE_UPDATE;
    t->taken->recalls += type == ALERT_TYPE_RECALL;
    return vma_mail_suggestion(t->db, t->config, added, type);
}

/* What waited is no longer what the source says. */
static int discard_waiting(struct take *t, const struct vma_alert *m, const struct incident *known,
                           enum verdict verdict)
{
    char note[NOTE_BYTES + VMA_ID_BYTES];
    struct err err = {.text = ""};
    if (!known->is_waiting)
        return 0;
    snprintf(note, sizeof note, "%s: %s",
             verdict == VERDICT_WARNS ? "ersatt av ett nyare meddelande" : "avslutat av avsändaren", m->identifier);
    t->taken->ended++;
    return alert_discard(t->db, &t->actor, known->alert_id, note, &err);
}

/* --- one message -------------------------------------------------------------------------------------------------- */

/* The newest of its incident that this list has, and newer than what is known. */
static int take_newer(struct take *t, const struct vma_alert *m, const struct incident *known)
{
    char **codes = xcalloc(t->places->count + 1, sizeof *codes);
    size_t count = targets_of(t, m, codes);
    enum verdict verdict = judge(t, m, count);
    int64_t id = known->alert_id;
    bool is_ours = known->is_known || verdict == VERDICT_WARNS || m->type == VMA_TYPE_CANCEL;
    int rc = verdict == VERDICT_NOTHING ? 0 : discard_waiting(t, m, known, verdict);
    if (rc == 0 && known->is_in_force && verdict != VERDICT_NOTHING)
        rc = suggest_follow(t, m, known, verdict, &id);
    else if (rc == 0 && verdict == VERDICT_WARNS)
        rc = suggest_first(t, m, known, codes, count, &id);
    if (rc == 0 && verdict == VERDICT_ENDS && m->type != VMA_TYPE_CANCEL && m->code_count == 0)
        source_fault(&t->taken->faults, "alert %s: it names no municipality and no county, so nobody is told",
                     m->identifier);
    free(codes);
    /* What lies elsewhere is not remembered: groups there may come. */
    return rc || !is_ours || verdict == VERDICT_NOTHING ? rc : keep_incident(t, m, id);
}

static bool is_newest(const struct vma_list *list, const struct vma_alert *m)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct vma_alert *other = &list->alerts[i];
        if (other != m && vma_is_real(other) && strcmp(other->incident, m->incident) == 0 &&
            vma_is_newer(other, m->sent_us, m->type, m->identifier))
            return false;
    }
    return true;
}

static int take_one(struct take *t, const struct vma_alert *m)
{
    struct incident known;
    int rc = read_incident(t, m->incident, &known);
    if (rc == 0 && (!known.is_known || vma_is_newer(m, known.sent_us, known.type, known.identifier)))
        rc = take_newer(t, m, &known);
    free(known.title);
    return rc;
}

int vma_take(struct db *db, const struct config *config, const struct source_places *places,
             const struct vma_list *list, struct vma_taken *out)
{
    struct take t = {
        .db = db, .config = config, .places = places, .actor = actor_daemon(), .now_us = db_now_us(db), .taken = out};
    int rc = 0;
    *out = (struct vma_taken){.drafts = 0};
    snprintf(t.actor.name, sizeof t.actor.name, "%s", ORIGIN);
    for (size_t i = 0; rc == 0 && i < list->count; i++)
        if (vma_is_real(&list->alerts[i]) && is_newest(list, &list->alerts[i]))
            rc = take_one(&t, &list->alerts[i]);
    return rc;
}

int vma_forget(struct db *db, int64_t now_us)
{
    return db_exec(db, NULL, Q_VMA_INCIDENT_CLEAR, DB_ARGS(DB_INT(now_us - (int64_t)FORGET_DAYS * DAY_S * US_PER_S)));
}
