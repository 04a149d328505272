/* From the ledger to mail; the contract is in deliver/letter_mail.h. How a letter reads is in letter_form.c, an alert
 * in alert_mail.c. */
#include "deliver/letter_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/address.h"
#include "core/area.h"
#include "core/config.h"
#include "core/mail_form.h"
#include "core/mail_token.h"
#include "core/period_words.h"
#include "deliver/alert_mail.h"
#include "deliver/letter_form.h"
#include "store/db.h"

enum {
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

/* --- compile --------------------------------------------------------------------------------------------------- */

/* One message as the ledger has it; texts owned. */
struct message {
    char *kind, *title, *source, *period, *list_label;
    struct alert_mail_input alert; /* alert_id 0: none */
};

static void message_fini(struct message *m)
{
    free(m->kind);
    free(m->title);
    free(m->source);
    free(m->period);
    free(m->list_label);
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
        out->alert = (struct alert_mail_input){db_int(rows, 9), db_int(rows, 10), db_int(rows, 11)};
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

const char *letter_mail_municipality(const struct job *job)
{
    return job->lane == LANE_ALERT ? "" : job->municipality_code;
}

static bool is_letter(const struct message *m)
{
    return strcmp(m->kind, "letter") == 0 || strcmp(m->kind, "test") == 0;
}

static int compile(struct db *db, const struct letter_sender *s, const struct message *m, const char *municipality_code,
                   struct letter_mail *out, struct err *err)
{
    if (m->alert.alert_id) {
        struct alert_mail alert = {0};
        int rc = alert_mail_compile(db, s, &m->alert, &alert, err);
        out->form = alert.form;
        out->references = alert.references;
        out->not_before_us = alert.not_before_us;
        return rc;
    }
    const struct letter_form_input letter = {.source = m->source,
                                             .list_label = m->list_label,
                                             .municipality_code = municipality_code,
                                             .is_test = strcmp(m->kind, "test") == 0};
    return is_letter(m) ? letter_form_compile(s, &letter, &out->form, err) : compile_plain(s, m, &out->form, err);
}

int letter_mail_compile(struct db *db, const struct letter_sender *sender, int64_t message_id,
                        const char *municipality_code, struct letter_mail **out, struct err *err)
{
    struct message m = {0};
    struct letter_mail mail = {0};
    char words[PERIOD_WORDS_BYTES] = "";
    int rc = load(db, message_id, &m);
    if (rc)
        return err_set(err, rc, "the message is not in the ledger");
    clean_label(m.list_label);
    rc = compile(db, sender, &m, municipality_code, &mail, err);
    if (m.period[0] && period_words_sv(m.period, words) != 0)
        snprintf(words, sizeof words, "%s", m.period);
    if (rc == 0) {
        mail.period_words = xstrdup(words);
        mail.message_kind = xstrdup(m.kind);
        mail.bytes = MAIL_FIXED_BYTES + MAIL_BYTES_A_BYTE * strlen(m.source);
        *out = xcalloc(1, sizeof **out);
        **out = mail;
    }
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
    free(mail->references);
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

/* The links of one reader. */
struct links {
    char url[512], mailto[JOB_ADDRESS_BYTES];
};

static void make_links(const struct letter_mail *mail, const struct letter_sender *s, const struct job *job,
                       struct links *out)
{
    char token[MAIL_TOKEN_BYTES];
    enum mail_token_purpose purpose = mail->references ? MAIL_TOKEN_UNSUBSCRIBE_ALERTS : MAIL_TOKEN_UNSUBSCRIBE;
    /* A test copy has nobody behind it who could unsubscribe: its link leads to a page that says so. */
    mail_token_make(s->token_key, purpose, job->address_id > 0 ? job->address_id : 1, token);
    snprintf(out->url, sizeof out->url, "%s/u/%s", s->base_url, token);
    snprintf(out->mailto, sizeof out->mailto, "%c+%s@%s", purpose, token, s->envelope_domain);
}

/* What the reader has of the thread already: the copy that is his, and the messages behind it. */
struct thread {
    char first[ID_TEXT_BYTES + JOB_DOMAIN_BYTES];
    char all[ALERT_REFERENCES_MAX * (ID_TEXT_BYTES + JOB_DOMAIN_BYTES) + ID_TEXT_BYTES + JOB_DOMAIN_BYTES];
};

static void make_thread(const struct letter_mail *mail, const struct letter_sender *s, const struct job *job,
                        struct thread *out)
{
    char id[ID_TEXT_BYTES];
    snprintf(out->first, sizeof out->first, "%s@%s", id_format(ID_DELIVERY, job->follows, id), s->envelope_domain);
    snprintf(out->all, sizeof out->all, "%s %s", mail->references, out->first);
}

static int64_t date_us(const struct letter_mail *mail, int64_t created_us)
{
    return mail->not_before_us > created_us ? mail->not_before_us : created_us;
}

static void make_slots(const struct letter_mail *mail, const struct job *job, struct slot_values *out)
{
    *out = (struct slot_values){{0}};
    out->value[SLOT_GROUP] = job->group_name[0] ? job->group_name : "din grupp";
    out->value[SLOT_NAME] = job->to_name;
    out->value[SLOT_MUNICIPALITY] = job->municipality_name;
    out->value[SLOT_AREA] = job->area_name;
    out->value[SLOT_PERIOD] = mail->period_words;
}

int letter_mail_fill(const struct letter_mail *mail, const struct letter_sender *s, const struct job *job,
                     bool smtputf8, struct letter_envelope *envelope, struct buf *out, struct err *err)
{
    char local[MAIL_TOKEN_LOCAL_BYTES];
    char message_id[ID_TEXT_BYTES];
    struct links links;
    struct thread thread;
    struct slot_values slots;
    int rc = letter_mail_address(job, envelope->rcpt_to, &envelope->needs_smtputf8, err);
    if (rc)
        return rc;
    mail_token_make_local(s->token_key, MAIL_TOKEN_BOUNCE, job->delivery_id, local);
    snprintf(envelope->mail_from, sizeof envelope->mail_from, "%s@%s", local, s->envelope_domain);
    make_links(mail, s, job, &links);
    make_slots(mail, job, &slots);
    bool follows = mail->references && mail->references[0] && job->follows;
    if (follows)
        make_thread(mail, s, job, &thread);
    bool is_list = strcmp(mail->message_kind, "reminder") != 0;
    int64_t date = date_us(mail, job->created_at);
    struct mail_recipient r = {.to_name = job->to_name[0] ? job->to_name : NULL,
                               .to_address = envelope->rcpt_to,
                               .smtputf8 = smtputf8,
                               .slots = &slots,
                               .message_id = id_format(ID_DELIVERY, job->delivery_id, message_id),
                               .unsubscribe_url = is_list ? links.url : NULL,
                               .unsubscribe_mailto = is_list ? links.mailto : NULL,
                               .in_reply_to = follows ? thread.first : NULL,
                               .references = follows ? thread.all : NULL,
                               .date_us = date,
                               .date_offset_minutes = zone_offset_minutes(date)};
    return mail_form_fill(mail->form, &r, out, err);
}

/* --- one copy for many ------------------------------------------------------------------------------------------ */

bool letter_mail_is_shared(const struct letter_mail *mail)
{
    for (int slot = 1; slot <= SLOT_LINK; slot++)
        if (mail_form_uses(mail->form, slot))
            return false;
    return strcmp(mail->message_kind, "letter") != 0 && strcmp(mail->message_kind, "test") != 0;
}

int letter_mail_fill_shared(const struct letter_mail *mail, const struct letter_sender *s, const struct job *job,
                            struct letter_envelope *envelope, struct buf *out, struct err *err)
{
    char local[MAIL_TOKEN_LOCAL_BYTES];
    char message_id[ID_TEXT_BYTES];
    bool follows = mail->references && mail->references[0];
    char root[ID_TEXT_BYTES + JOB_DOMAIN_BYTES] = "";
    if (follows)
        snprintf(root, sizeof root, "%.*s", (int)strcspn(mail->references, " "), mail->references);
    mail_token_make_local(s->token_key, MAIL_TOKEN_SHARED, job->message_id, local);
    snprintf(envelope->mail_from, sizeof envelope->mail_from, "%s@%s", local, s->envelope_domain);
    int64_t date = date_us(mail, job->message_created_at);
    /* Who stops alerts writes to a person: a link here would be one reader's, and another might follow it. */
    struct mail_recipient r = {.message_id = id_format(ID_MESSAGE, job->message_id, message_id),
                               .unsubscribe_mailto =
                                   mail->references ? (s->reply_to[0] ? s->reply_to : s->from_address) : NULL,
                               .in_reply_to = follows ? root : NULL,
                               .references = follows ? mail->references : NULL,
                               .date_us = date,
                               .date_offset_minutes = zone_offset_minutes(date)};
    return mail_form_fill(mail->form, &r, out, err);
}
