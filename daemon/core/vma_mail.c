/* Mails about suggestions; the contract is in core/vma_mail.h. */
#include "core/vma_mail.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert_view.h"
#include "core/config.h"
#include "core/ledger.h"
#include "core/time_words.h"
#include "store/db.h"

enum { PEOPLE_MAX = 200, MAIL_BYTES = 4096 };

struct person {
    char *name, *address;
};

static const struct {
    const char *title, *what, *en;
} WORDS[ALERT_TYPE_COUNT] = {
    [ALERT_TYPE_ALERT] = {"Förslag till varning (VMA)", "Ett förslag till varning ligger klart.", "warn"},
    [ALERT_TYPE_UPDATE] = {"Förslag till ändrad varning (VMA)",
                           "Varningen har redan gått ut från er. Ett förslag till ändring ligger klart.",
                           "change the alert that was sent"},
    [ALERT_TYPE_RECALL] = {"Förslag att ta tillbaka varningen (VMA)",
                           "Varningen har gått ut från er. Ett förslag att ta tillbaka den ligger klart.",
                           "take back the alert that was sent"},
};

static void compose(const struct alert_view *v, enum alert_type type, const struct config *config, struct buf *title,
                    struct buf *text)
{
    char id[ID_TEXT_BYTES];
    char until[TIME_WORDS_BYTES];
    id_format(ID_ALERT, v->id, id);
    buf_addf(title, "%s: %s", WORDS[type].title, v->title);
    buf_addf(text,
             "Hej!\n\nSveriges Radio har sänt ett viktigt meddelande till allmänheten (VMA), för %s:\n\n%s\n\n"
             "%s Ingenting går ut förrän någon av er skickar det.\n\n"
             "Förslagets nummer: %s\nGäller till: %s\n",
             v->area_text, v->title, WORDS[type].what, id, time_words_sv(v->expires_us, until));
    if (v->origin_url[0])
        buf_addf(text, "Mer hos avsändaren: %s\n", v->origin_url);
    buf_addf(text, "%s\n\n", config->node.base_url.text);
    buf_addf(
        text,
        "---\nIn English: an important public announcement (VMA). There is a draft to %s; nothing is sent unless one "
        "of you does it.\nSee it with: grannbud alert show %s\n",
        WORDS[type].en, id);
}

static int read_people(struct db *db, int64_t alert_id, struct person *out, int *n)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_STAFF_TO_SUGGEST, DB_ARGS(DB_INT(alert_id), DB_INT(PEOPLE_MAX)));
    *n = 0;
    while (rc == 0 && *n < PEOPLE_MAX && (rc = db_next(rows)) > 0) {
        out[*n].name = xstrdup(db_text(rows, 2));
        out[(*n)++].address = xstrdup(db_text(rows, 3));
        rc = 0;
    }
    db_done(rows);
    return rc;
}

int vma_mail_suggestion(struct db *db, const struct config *config, int64_t alert_id, enum alert_type type)
{
    struct person people[PEOPLE_MAX];
    struct alert_view view = {.id = 0};
    struct buf title;
    struct buf text;
    int n = 0;
    int rc = alert_view_load(db, alert_id, &view);
    if (rc)
        return rc;
    buf_init(&title, MAIL_BYTES);
    buf_init(&text, MAIL_BYTES);
    compose(&view, type, config, &title, &text);
    rc = read_people(db, alert_id, people, &n);
    for (int i = 0; i < n; i++) {
        int64_t message = 0;
        if (rc == 0)
            rc = ledger_post(db, "reminder", buf_str(&title), buf_str(&text), people[i].address, people[i].name,
                             &message);
        free(people[i].name);
        free(people[i].address);
    }
    buf_fini(&title);
    buf_fini(&text);
    alert_view_fini(&view);
    return rc;
}
