/* The mail of an alert; the contract is in alert_mail.h. */
#include "deliver/alert_mail.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/alert_view.h"
#include "core/mail_form.h"
#include "core/markdown.h"
#include "core/time_words.h"
#include "deliver/letter_mail.h"
#include "store/db.h"

enum { FOOTER_MAX = 6 };

#define LIST_LABEL "varningar" /* of List-Id, which filters of mail programs hold on to */

static const struct {
    const char *sv, *en;
} SUBJECTS[ALERT_TYPE_COUNT] = {[ALERT_TYPE_ALERT] = {"Varning", "Warning"},
                                [ALERT_TYPE_UPDATE] = {"Ändrad varning", "Changed warning"},
                                [ALERT_TYPE_RECALL] = {"Varningen är över", "The warning is over"}};

/* What a mail is put together from; texts owned. */
struct parts {
    struct alert_view alert, root; /* root: of the thread, for what follows */
    char *title, *title_en, *notice, *notice_en;
    char *valid, *area, *sent_by, *no_more; /* lines of the footer */
    struct markdown *body, *body_en;
    struct markdown_line footer[FOOTER_MAX];
    size_t footer_count;
};

static void parts_fini(struct parts *p)
{
    alert_view_fini(&p->alert);
    alert_view_fini(&p->root);
    free(p->title);
    free(p->title_en);
    free(p->notice);
    free(p->notice_en);
    free(p->valid);
    free(p->area);
    free(p->sent_by);
    free(p->no_more);
    markdown_free(p->body);
    markdown_free(p->body_en);
}

static bool is_first(const struct parts *p)
{
    return p->alert.type == ALERT_TYPE_ALERT;
}

static bool is_over(const struct parts *p)
{
    return p->alert.type == ALERT_TYPE_RECALL;
}

static bool has_english(const struct parts *p)
{
    return p->alert.title_en[0] || p->alert.text_en[0] || (is_over(p) && p->root.title_en[0]);
}

/* When it goes out: what "today" is for its reader. */
static int64_t sent_us(const struct alert_view *alert)
{
    int64_t at = alert->sent_us ? alert->sent_us : alert->created_us;
    return alert->not_before_us > at ? alert->not_before_us : at;
}

/* --- lines ------------------------------------------------------------------------------------------------------ */

static void add_titles(struct parts *p)
{
    const struct alert_view *a = &p->alert;
    const char *en = a->title_en[0] ? a->title_en : p->root.title_en;
    p->title = xasprintf("%s: %s", SUBJECTS[a->type].sv, a->title);
    p->title_en = xasprintf("%s: %s", SUBJECTS[a->type].en, en && en[0] ? en : alert_kind_row(a->kind)->en);
}

/* One line above the text: until when it holds, or that it is over and what it was about. */
static void add_notices(struct parts *p)
{
    char sv[TIME_WORDS_BYTES];
    char en[TIME_WORDS_BYTES];
    const char *practice = p->alert.is_exercise ? "THIS IS AN EXERCISE. " : "";
    if (is_over(p)) {
        time_words_sv(sent_us(&p->root), sv);
        time_words_en(sent_us(&p->root), en);
        const char *title_en = p->root.title_en[0] ? p->root.title_en : p->root.title;
        p->notice = xasprintf("Varningen ”%s” från %s gäller inte längre.", p->root.title, sv);
        p->notice_en = xasprintf("%sThe warning “%s” of %s no longer applies.", practice, title_en, en);
        return;
    }
    time_words_until_sv(p->alert.expires_us, sent_us(&p->alert), sv);
    time_words_en(p->alert.expires_us, en);
    p->valid = xasprintf("Varningen gäller till %s.", sv);
    p->notice = xasprintf("%s%s", p->valid, is_first(p) ? "" : " Den ersätter det vi skrev tidigare.");
    p->notice_en =
        xasprintf("%sValid until %s.%s", practice, en, is_first(p) ? "" : " It replaces what we wrote before.");
}

static const char *class_line(enum letter_class classification)
{
    switch (classification) {
    case LETTER_CLASS_PUBLIC:
        return "Varningen får spridas fritt.";
    case LETTER_CLASS_OMBUD_AND_HOUSEHOLDS:
        return "Varningen är till kontaktombud och hushåll i grannsamverkan. Berätta gärna för dina grannar.";
    case LETTER_CLASS_OMBUD_ONLY:
        return "Varningen är bara till kontaktombud. Skicka den inte vidare.";
    }
    return NULL;
}

static void add_line(struct parts *p, const char *text, const char *url)
{
    if (text)
        p->footer[p->footer_count++] = (struct markdown_line){text, url};
}

static void add_footer(struct parts *p, const struct letter_sender *s)
{
    const struct alert_view *a = &p->alert;
    const char *who = s->organisation[0] ? s->organisation : s->from_name[0] ? s->from_name : s->from_address;
    p->area = a->area_text[0] ? xasprintf("Område: %s.", a->area_text) : NULL;
    p->sent_by =
        xasprintf("Varningen skickas av %s till kontaktombud i grannsamverkan. %s", who, class_line(a->classification));
    p->no_more =
        xasprintf("Vill du inte ha varningar? Använd Avsluta prenumeration i ditt e-postprogram eller svara på "
                  "mejlet (%s). Breven fortsätter att komma.",
                  s->reply_to[0] ? s->reply_to : s->from_address);
    add_line(p, "Fara för liv eller pågående brott: ring 112. Tips: 114 14 eller polisen.se/tips.", NULL);
    add_line(p, p->valid, NULL);
    add_line(p, p->area, NULL);
    if (a->origin_url[0])
        add_line(p,
                 strcmp(a->origin, "vma") == 0 ? "Källa: Viktigt meddelande till allmänheten, Sveriges Radio" : "Källa",
                 a->origin_url);
    add_line(p, p->sent_by, NULL);
    add_line(p, p->no_more, NULL);
}

/* --- bodies ----------------------------------------------------------------------------------------------------- */

static int add_bodies(struct parts *p)
{
    struct buf text;
    buf_init(&text, MARKDOWN_MAX_BYTES);
    buf_adds(&text, p->alert.text);
    if (p->alert.instruction[0])
        buf_addf(&text, "\n\n## Gör så här\n\n%s", p->alert.instruction);
    int rc = markdown_parse(buf_str(&text), text.len, &p->body);
    if (rc == 0 && has_english(p))
        rc = markdown_parse(p->alert.text_en, strlen(p->alert.text_en), &p->body_en);
    buf_fini(&text);
    return rc;
}

static int load(struct db *db, const struct alert_mail_input *in, struct parts *p)
{
    int rc = alert_view_load(db, in->alert_id, &p->alert);
    if (rc == 0 && !is_first(p))
        rc = alert_view_load(db, p->alert.root_id, &p->root);
    return rc;
}

static int compile(const struct letter_sender *s, const struct parts *p, const struct markdown_page *page,
                   struct mail_form **out, struct err *err)
{
    struct buf text, html;
    buf_init(&text, MAIL_TEMPLATE_MAX_BYTES);
    buf_init(&html, MAIL_TEMPLATE_MAX_BYTES);
    char *list_id = xasprintf("%s.%s", LIST_LABEL, s->list_domain);
    int rc = markdown_text_document(p->body, page, &text);
    if (rc == 0)
        rc = markdown_html_document(p->body, page, &html);
    if (rc == 0) {
        struct mail_form_input in = {.from_name = s->from_name[0] ? s->from_name : NULL,
                                     .from_address = s->from_address,
                                     .reply_to = s->reply_to[0] ? s->reply_to : NULL,
                                     .subject = p->title,
                                     .text = buf_str(&text),
                                     .html = buf_str(&html),
                                     .list_id = list_id,
                                     .list_name = s->node_name,
                                     .list_help = s->base_url,
                                     .list_owner = s->reply_to[0] ? s->reply_to : s->from_address,
                                     .organisation = s->organisation[0] ? s->organisation : NULL,
                                     .feedback_id = "alert:all:0:grannbud",
                                     .language = "sv",
                                     .domain = s->envelope_domain,
                                     .exercise = p->alert.is_exercise,
                                     .auto_submitted = true};
        rc = mail_form_compile(&in, out, err);
    }
    free(list_id);
    buf_fini(&html);
    buf_fini(&text);
    return rc;
}

/* "msg_1@example.se msg_2@example.se": what the thread said before, the oldest first. */
static int list_references(struct db *db, const struct letter_sender *s, const struct alert_mail_input *in, char **out)
{
    struct db_rows *rows = NULL;
    char *list = xstrdup("");
    int rc = db_query(db, &rows, Q_THREAD_EARLIER,
                      DB_ARGS(DB_INT(in->thread_id), DB_INT(in->thread_pos), DB_INT(ALERT_REFERENCES_MAX)));
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        char id[ID_TEXT_BYTES];
        char *longer = xasprintf("%s@%s%s%s", id_format(ID_MESSAGE, db_int(rows, 0), id), s->envelope_domain,
                                 list[0] ? " " : "", list);
        free(list);
        list = longer;
        rc = 0;
    }
    db_done(rows);
    if (rc == 0)
        *out = list;
    else
        free(list);
    return rc;
}

int alert_mail_compile(struct db *db, const struct letter_sender *sender, const struct alert_mail_input *in,
                       struct alert_mail *out, struct err *err)
{
    struct parts p = {0};
    struct mail_form *form = NULL;
    char *references = NULL;
    int rc = load(db, in, &p);
    if (rc == 0)
        rc = add_bodies(&p);
    if (rc)
        goto out;
    add_titles(&p);
    add_notices(&p);
    add_footer(&p, sender);
    const struct markdown_also also = {.language = "en", .title = p.title_en, .notice = p.notice_en, .body = p.body_en};
    const struct markdown_page page = {.banner = p.alert.is_exercise ? "DETTA ÄR EN ÖVNING." : NULL,
                                       .title = p.title,
                                       .notice = p.notice,
                                       .also = p.body_en ? &also : NULL,
                                       .footer = p.footer,
                                       .footer_count = p.footer_count};
    rc = compile(sender, &p, &page, &form, err);
    if (rc == 0)
        rc = list_references(db, sender, in, &references);
    if (rc == 0)
        *out = (struct alert_mail){form, references, p.alert.not_before_us};
    else
        mail_form_free(form);
out:
    parts_fini(&p);
    return rc;
}
