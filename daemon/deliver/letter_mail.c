/* From the ledger to mail; the contract is in deliver/letter_mail.h. */
#include "deliver/letter_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/markup.h"
#include "base/mem.h"
#include "core/address.h"
#include "core/area.h"
#include "core/config.h"
#include "core/letter_source.h"
#include "core/mail_form.h"
#include "core/mail_token.h"
#include "core/markdown.h"
#include "core/period_words.h"
#include "store/db.h"

enum {
    LETTER_PAGE_BYTES = MAIL_TEMPLATE_MAX_BYTES,
    MAIL_FIXED_BYTES = 8192, /* of a compiled mail, besides ... */
    MAIL_BYTES_A_BYTE = 8,   /* ... what a byte of its source becomes: text and HTML, encoded */
};

/* --- the sender ------------------------------------------------------------------------------------------------ */

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at ? at + 1 : address;
}

static char *either(const char *wanted, const char *otherwise)
{
    return xstrdup(wanted[0] ? wanted : otherwise);
}

struct letter_sender *letter_sender_new(const struct config *config, const uint8_t token_key[32])
{
    struct letter_sender *s = xcalloc(1, sizeof *s);
    const char *domain = domain_of(config->sender.from);
    s->from_name = either(config->sender.from_name, config->sender.organisation);
    s->from_address = xstrdup(config->sender.from);
    s->reply_to = xstrdup(config->sender.reply_to);
    s->organisation = xstrdup(config->sender.organisation);
    s->envelope_domain = either(config->sender.envelope_domain, domain);
    s->list_domain = either(config->sender.list_domain, domain);
    s->base_url = xstrdup(config->node.base_url.text);
    s->node_name = xstrdup(config->node.name);
    memcpy(s->token_key, token_key, sizeof s->token_key);
    size_t n = strlen(s->base_url);
    if (n > 0 && s->base_url[n - 1] == '/')
        s->base_url[n - 1] = '\0';
    return s;
}

void letter_sender_free(struct letter_sender *s)
{
    if (!s)
        return;
    free(s->from_name);
    free(s->from_address);
    free(s->reply_to);
    free(s->organisation);
    free(s->envelope_domain);
    free(s->list_domain);
    free(s->base_url);
    free(s->node_name);
    free(s);
}

/* --- the letter as text and HTML ------------------------------------------------------------------------------- */

/* Whom the letter is for, printed at its top (domain: classification). */
static const char *class_notice(enum letter_class classification)
{
    switch (classification) {
    case LETTER_CLASS_PUBLIC:
        return "Brevet får spridas fritt.";
    case LETTER_CLASS_OMBUD_AND_HOUSEHOLDS:
        return "Brevet är till kontaktombud och hushåll i grannsamverkan. Skicka det gärna vidare till dina grannar.";
    case LETTER_CLASS_OMBUD_ONLY:
        return "Brevet är bara till kontaktombud. Skicka det inte vidare.";
    }
    return NULL;
}

struct rendered {
    struct buf text, html;
};

static void rendered_init(struct rendered *r)
{
    buf_init(&r->text, LETTER_PAGE_BYTES);
    buf_init(&r->html, LETTER_PAGE_BYTES);
}

static void rendered_fini(struct rendered *r)
{
    buf_fini(&r->text);
    buf_fini(&r->html);
}

/* The two bodies of a letter for one municipality, slots still as bytes. */
static int render(const struct letter_source *src, const char *municipality, const struct markdown_line *footer,
                  size_t footer_count, struct rendered *out)
{
    struct markdown_page page = {.title = letter_source_title(src),
                                 .notice = class_notice(letter_source_class(src)),
                                 .footer = footer,
                                 .footer_count = footer_count};
    struct markdown *md = NULL;
    struct buf body;
    buf_init(&body, LETTER_SOURCE_MAX_BYTES);
    int rc = letter_source_select(src, municipality && municipality[0] ? municipality : NULL, &body);
    if (rc == 0)
        rc = markdown_parse(buf_str(&body), body.len, &md);
    if (rc == 0)
        rc = markdown_text_document(md, &page, &out->text);
    if (rc == 0)
        rc = markdown_html_document(md, &page, &out->html);
    markdown_free(md);
    buf_fini(&body);
    return rc;
}

static int parse(const char *source, struct letter_source **out, struct err *err)
{
    struct letter_problem problem;
    int rc = letter_source_parse(source, strlen(source), out, &problem);
    return rc ? err_set(err, rc, "%s", problem.en) : 0;
}

/* --- compile --------------------------------------------------------------------------------------------------- */

/* One message as the ledger has it; texts owned. */
struct message {
    char *kind, *title, *source, *period, *list_label, *list_name;
};

static void message_fini(struct message *m)
{
    free(m->kind);
    free(m->title);
    free(m->source);
    free(m->period);
    free(m->list_label);
    free(m->list_name);
}

static int load(struct db *db, int64_t id, struct message *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MESSAGE_SOURCE, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        out->kind = xstrdup(db_text(rows, 0));
        out->title = xstrdup(db_text(rows, 2));
        out->source = xstrdup(db_text(rows, 3));
        /* "angelholm", "kommun-1292": a label of List-Id, which filters of mail programs hold on to. */
        bool is_area = strcmp(db_text(rows, 4), "police_area") == 0;
        out->list_label =
            is_area ? xstrdup(db_text(rows, 5)) : xasprintf("%.1s-%s", db_text(rows, 4), db_text(rows, 5));
        out->period = xstrdup(db_text(rows, 6));
    }
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

/* A dot-atom label from a scope: what is not a letter, digit or hyphen becomes a hyphen. */
static void clean_label(char *label)
{
    for (char *p = label; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
            *p = '-';
}

static int compile_plain(const struct letter_sender *s, const struct message *m, struct mail_form **out,
                         struct err *err)
{
    struct mail_form_input in = {.from_name = s->from_name[0] ? s->from_name : NULL,
                                 .from_address = s->from_address,
                                 .reply_to = s->reply_to[0] ? s->reply_to : NULL,
                                 .subject = m->title,
                                 .text = m->source,
                                 .organisation = s->organisation[0] ? s->organisation : NULL,
                                 .language = "sv",
                                 .domain = s->envelope_domain,
                                 .auto_submitted = true};
    return mail_form_compile(&in, out, err);
}

static int compile_letter(const struct letter_sender *s, const struct message *m, const char *municipality,
                          struct letter_source *src, struct mail_form **out, struct err *err)
{
    struct rendered body;
    char *list_id = xasprintf("%s.%s", m->list_label, s->list_domain);
    char *feedback = xasprintf("letter:%s:%s:grannbud", m->list_label, municipality[0] ? municipality : "0");
    bool is_test = strcmp(m->kind, "test") == 0;
    char *subject = xasprintf("%s%s", is_test ? "[TEST] " : "", letter_source_title(src));
    const char *who = s->organisation[0] ? s->organisation : s->from_name;
    char *sent_by =
        xasprintf("Brevet skickas av %s till kontaktombud i grannsamverkan.", who[0] ? who : s->from_address);
    const char slot_link[] = {SLOT_LINK, '\0'};
    char *no_more = xasprintf("Vill du inte ha fler brev? Använd Avsluta prenumeration i ditt e-postprogram eller "
                              "svara på brevet (%s).",
                              s->reply_to[0] ? s->reply_to : s->from_address);
    /* Who is passed a letter must not be able to end the letters of the neighbour who passed it: what may go further
     * has its link in the header alone. */
    bool stays = letter_source_class(src) == LETTER_CLASS_OMBUD_ONLY;
    const struct markdown_line footer[] = {
        {"Pågående brott: ring 112. Tips: 114 14 eller polisen.se/tips.", NULL},
        {sent_by, NULL},
        {stays ? "Vill du inte ha fler brev? Avsluta här" : no_more, stays ? slot_link : NULL},
    };
    rendered_init(&body);
    int rc = render(src, municipality, footer, ARRAY_LEN(footer), &body);
    if (rc == 0) {
        struct mail_form_input in = {.from_name = s->from_name[0] ? s->from_name : NULL,
                                     .from_address = s->from_address,
                                     .reply_to = s->reply_to[0] ? s->reply_to : NULL,
                                     .subject = subject,
                                     .text = buf_str(&body.text),
                                     .html = buf_str(&body.html),
                                     .list_id = list_id,
                                     .list_name = s->node_name,
                                     .list_help = s->base_url,
                                     .list_owner = s->reply_to[0] ? s->reply_to : s->from_address,
                                     .organisation = s->organisation[0] ? s->organisation : NULL,
                                     .feedback_id = feedback,
                                     .precedence = "list",
                                     .language = "sv",
                                     .domain = s->envelope_domain,
                                     .auto_submitted = true};
        rc = mail_form_compile(&in, out, err);
    }
    rendered_fini(&body);
    free(no_more);
    free(sent_by);
    free(subject);
    free(feedback);
    free(list_id);
    return rc;
}

int letter_mail_compile(struct db *db, const struct letter_sender *sender, int64_t message_id,
                        const char *municipality_code, struct letter_mail **out, struct err *err)
{
    struct message m = {0};
    struct letter_source *src = NULL;
    struct mail_form *form = NULL;
    char words[PERIOD_WORDS_BYTES] = "";
    int rc = load(db, message_id, &m);
    if (rc)
        return err_set(err, rc, "the message is not in the ledger");
    clean_label(m.list_label);
    if (strcmp(m.kind, "letter") == 0 || strcmp(m.kind, "test") == 0) {
        rc = parse(m.source, &src, err);
        if (rc == 0 && m.period[0] && period_words_sv(m.period, words) != 0)
            snprintf(words, sizeof words, "%s", m.period);
        if (rc == 0)
            rc = compile_letter(sender, &m, municipality_code, src, &form, err);
    } else {
        rc = compile_plain(sender, &m, &form, err);
    }
    if (rc == 0) {
        struct letter_mail *mail = xcalloc(1, sizeof *mail);
        mail->form = form;
        mail->period_words = xstrdup(words);
        mail->message_kind = xstrdup(m.kind);
        mail->bytes = MAIL_FIXED_BYTES + MAIL_BYTES_A_BYTE * strlen(m.source);
        *out = mail;
    }
    letter_source_free(src);
    message_fini(&m);
    return rc;
}

void letter_mail_free(struct letter_mail *mail)
{
    if (!mail)
        return;
    mail_form_free(mail->form);
    free(mail->period_words);
    free(mail->message_kind);
    free(mail);
}

/* --- fill ------------------------------------------------------------------------------------------------------ */

static int zone_offset_minutes(int64_t us)
{
    time_t t = (time_t)(us / US_PER_S);
    struct tm tm;
    localtime_r(&t, &tm);
    return (int)(tm.tm_gmtoff / 60);
}

int letter_mail_fill(const struct letter_mail *mail, const struct letter_sender *s, const struct job *job,
                     bool smtputf8, struct letter_envelope *envelope, struct buf *out, struct err *err)
{
    struct address to;
    char token[MAIL_TOKEN_BYTES];
    char local[MAIL_TOKEN_LOCAL_BYTES];
    char url[512];
    char mailto[JOB_ADDRESS_BYTES];
    char message_id[ID_TEXT_BYTES];
    int rc = address_parse(job->address, &to, err);
    if (rc)
        return rc;
    mail_token_make_local(s->token_key, MAIL_TOKEN_BOUNCE, job->delivery_id, local);
    snprintf(envelope->mail_from, sizeof envelope->mail_from, "%s@%s", local, s->envelope_domain);
    snprintf(envelope->rcpt_to, sizeof envelope->rcpt_to, "%s", to.ascii);
    envelope->needs_smtputf8 = to.needs_smtputf8;
    /* A test copy has nobody behind it who could unsubscribe: its link leads to a page that says so. */
    mail_token_make(s->token_key, MAIL_TOKEN_UNSUBSCRIBE, job->address_id > 0 ? job->address_id : 1, token);
    snprintf(url, sizeof url, "%s/u/%s", s->base_url, token);
    snprintf(mailto, sizeof mailto, "%c+%s@%s", MAIL_TOKEN_UNSUBSCRIBE, token, s->envelope_domain);
    bool is_letter = strcmp(mail->message_kind, "reminder") != 0;
    struct slot_values slots = {{0}};
    slots.value[SLOT_GROUP] = job->group_name[0] ? job->group_name : "din grupp";
    slots.value[SLOT_NAME] = job->to_name;
    slots.value[SLOT_MUNICIPALITY] = job->municipality_name;
    slots.value[SLOT_AREA] = job->area_name;
    slots.value[SLOT_PERIOD] = mail->period_words;
    struct mail_recipient r = {.to_name = job->to_name[0] ? job->to_name : NULL,
                               .to_address = to.ascii,
                               .smtputf8 = smtputf8,
                               .slots = &slots,
                               .message_id = id_format(ID_DELIVERY, job->delivery_id, message_id),
                               .unsubscribe_url = is_letter ? url : NULL,
                               .unsubscribe_mailto = is_letter ? mailto : NULL,
                               .date_us = job->created_at,
                               .date_offset_minutes = zone_offset_minutes(job->created_at)};
    return mail_form_fill(mail->form, &r, out, err);
}

bool letter_mail_is_shared(const struct letter_mail *mail)
{
    return strcmp(mail->message_kind, "letter") != 0 && strcmp(mail->message_kind, "test") != 0;
}

int letter_mail_fill_shared(const struct letter_mail *mail, const struct letter_sender *s, const struct job *job,
                            struct letter_envelope *envelope, struct buf *out, struct err *err)
{
    char local[MAIL_TOKEN_LOCAL_BYTES];
    char message_id[ID_TEXT_BYTES];
    mail_token_make_local(s->token_key, MAIL_TOKEN_SHARED, job->message_id, local);
    snprintf(envelope->mail_from, sizeof envelope->mail_from, "%s@%s", local, s->envelope_domain);
    struct mail_recipient r = {.to_name = s->from_name[0] ? s->from_name : NULL,
                               .to_address = s->from_address,
                               .message_id = id_format(ID_MESSAGE, job->message_id, message_id),
                               .date_us = job->message_created_at,
                               .date_offset_minutes = zone_offset_minutes(job->message_created_at)};
    return mail_form_fill(mail->form, &r, out, err);
}

int letter_mail_address(const struct job *job, char rcpt_to[JOB_ADDRESS_BYTES], bool *needs_smtputf8, struct err *err)
{
    struct address to;
    int rc = address_parse(job->address, &to, err);
    if (rc)
        return rc;
    snprintf(rcpt_to, JOB_ADDRESS_BYTES, "%s", to.ascii);
    *needs_smtputf8 = to.needs_smtputf8;
    return 0;
}

/* --- preview --------------------------------------------------------------------------------------------------- */

/* Slots filled in, as the mail writer does it. */
static void substitute(const char *tmpl, const struct slot_values *slots, bool html, struct buf *out)
{
    for (const char *p = tmpl; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 1 && c <= SLOT_MAX && slots->value[c]) {
            if (html)
                markup_add(out, slots->value[c]);
            else
                buf_adds(out, slots->value[c]);
        } else {
            buf_addc(out, *p);
        }
    }
}

int letter_mail_preview(const struct letter_preview_input *in, struct buf *subject, struct buf *text, struct buf *html,
                        struct err *err)
{
    struct letter_source *src = NULL;
    struct rendered body;
    char words[PERIOD_WORDS_BYTES] = "";
    int rc = parse(in->source, &src, err);
    if (rc)
        return rc;
    const char *period = letter_source_period(src);
    if (period && period_words_sv(period, words) != 0)
        snprintf(words, sizeof words, "%s", period);
    struct slot_values slots = {{0}};
    slots.value[SLOT_GROUP] = in->group_name;
    slots.value[SLOT_NAME] = in->person_name;
    slots.value[SLOT_MUNICIPALITY] = in->municipality_name;
    slots.value[SLOT_AREA] = in->area_name;
    slots.value[SLOT_PERIOD] = words;
    rendered_init(&body);
    rc = render(src, in->municipality_code, NULL, 0, &body);
    if (rc == 0) {
        substitute(letter_source_title(src), &slots, false, subject);
        substitute(buf_str(&body.text), &slots, false, text);
        substitute(buf_str(&body.html), &slots, true, html);
        if (!buf_ok(subject) || !buf_ok(text) || !buf_ok(html))
            rc = err_set(err, ERR_TOO_LARGE, "the letter becomes too large to show");
    }
    rendered_fini(&body);
    letter_source_free(src);
    return rc;
}
