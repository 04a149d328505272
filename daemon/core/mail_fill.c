/*
 * Filling a form for one recipient; the contract is in core/mail_form.h.
 *
 * Between segments of a body only the column is carried on. A fixed segment was encoded as from the start of a
 * line: it is joined to what stands before it when its first line still fits, else a soft break goes before it.
 */
#include "core/mail_form.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/markup.h"
#include "base/mem.h"
#include "core/mail_form_parts.h"
#include "core/mime.h"

static const char *slot_word(int slot)
{
    switch (slot) {
#define SLOT_CASE(id, word, byte) \
    case byte:                    \
        return "{{" word "}}";
        SLOT_MAP(SLOT_CASE)
#undef SLOT_CASE
    default:
        return "the personal link";
    }
}

/* What fills a placeholder, or NULL. */
static const char *value_of(const struct mail_recipient *r, int slot)
{
    if (slot == SLOT_LINK)
        return r->link ? r->link : r->unsubscribe_url;
    return r->slots ? r->slots->value[slot] : NULL;
}

static int check_values(const struct mail_form *form, const struct mail_recipient *r, struct err *err)
{
    for (int slot = 1; slot <= SLOT_LINK; slot++) {
        if (!form->uses[slot])
            continue;
        const char *value = value_of(r, slot);
        int rc = value ? mime_check_value(value, strlen(value)) : ERR_INVALID;
        if (rc != 0)
            return mail_field_error(err, rc, slot_word(slot), MAIL_WANT_TEXT);
    }
    return 0;
}

/* --- header ---------------------------------------------------------------------------------------------------- */

/* RFC 8058: the -Post field promises that a POST to the https URL unsubscribes at once. */
static int add_unsubscribe(const struct mail_recipient *r, struct buf *out, struct err *err)
{
    if (r->unsubscribe_url == NULL && r->unsubscribe_mailto == NULL)
        return 0;
    int rc = mime_add_uris(out, "List-Unsubscribe", r->unsubscribe_url, r->unsubscribe_mailto);
    if (rc == 0 && r->unsubscribe_url && strncmp(r->unsubscribe_url, "https://", 8) == 0)
        rc = mime_add_token(out, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    return rc == 0 ? 0 : mail_field_error(err, rc, "List-Unsubscribe", MAIL_WANT_URL " and an ASCII address");
}

static int add_head(const struct mail_form *form, const struct mail_recipient *r, struct buf *out, struct err *err)
{
    char id[MIME_TOKEN_MAX_BYTES + 1];
    int len = snprintf(id, sizeof id, "%s@%s", r->message_id, form->domain);
    if (len < 0 || (size_t)len >= sizeof id)
        return mail_field_error(err, ERR_TOO_LARGE, "Message-ID", MAIL_WANT_ID);
    int rc = r->to_address ? mime_add_mailbox(out, "To", r->to_name, r->to_address, r->smtputf8)
                           : buf_adds(out, "To: undisclosed-recipients:;\r\n"); /* RFC 5322, A.1.3: an empty group */
    if (rc != 0)
        return mail_field_error(err, rc, "To", MAIL_WANT_TO);
    rc = mime_add_date(out, "Date", r->date_us, r->date_offset_minutes);
    if (rc != 0)
        return mail_field_error(err, rc, "Date", "a time between 1970 and 9999 and an offset within 14 hours");
    const char *answers = r->in_reply_to ? r->in_reply_to : form->in_reply_to;
    const char *thread = r->in_reply_to || !form->references ? answers : form->references;
    if (r->references)
        thread = r->references;
    const struct mail_field fields[] = {
        {"Message-ID", id, mime_add_ids, MAIL_WANT_ID},
        {"In-Reply-To", answers, mime_add_ids, MAIL_WANT_ID},
        {"References", thread, mime_add_ids, MAIL_WANT_ID},
        {"Reply-To", r->reply_to ? r->reply_to : form->reply_to, mime_add_address, MAIL_WANT_ADDRESS},
        {"Feedback-ID", r->feedback_id ? r->feedback_id : form->feedback_id, mime_add_token, MAIL_WANT_TOKEN},
    };
    rc = mail_fields_add(out, fields, ARRAY_LEN(fields), err);
    return rc == 0 ? add_unsubscribe(r, out, err) : rc;
}

/* The subject is put together on the stack, since its form (plain, Q, B) depends on all of it. */
static int add_subject(const struct mail_form *form, const struct mail_recipient *r, struct buf *out, struct err *err)
{
    char subject[MIME_VALUE_MAX_BYTES + 1];
    size_t len = 0;
    for (const char *p = form->subject; *p != '\0'; p++) {
        bool slot = *p > 0 && *p <= SLOT_MAX;
        const char *piece = slot ? value_of(r, *p) : p;
        assert(piece != NULL);
        size_t n = slot ? strlen(piece) : 1;
        if (n > MIME_VALUE_MAX_BYTES - len)
            return mail_field_error(err, ERR_TOO_LARGE, "Subject", MAIL_WANT_TEXT);
        memcpy(subject + len, piece, n);
        len += n;
    }
    subject[len] = '\0';
    int rc = mime_add_text(out, "Subject", subject);
    return rc == 0 ? 0 : mail_field_error(err, rc, "Subject", MAIL_WANT_TEXT);
}

/* --- bodies ---------------------------------------------------------------------------------------------------- */

static int add_html(struct mime_qp *q, const char *s, struct buf *out)
{
    int rc = 0;
    while (*s != '\0' && rc == 0) {
        size_t n = strcspn(s, MARKUP_SPECIAL);
        rc = mime_qp_add(q, s, n, out);
        s += n;
        if (rc == 0 && *s != '\0') {
            const char *entity = markup_entity(*s++);
            rc = mime_qp_add(q, entity, strlen(entity), out);
        }
    }
    return rc;
}

/* A line that goes on needs the last column for a soft break to come, one that ends does not. */
static bool fits(const struct segment *s, size_t column)
{
    return column + s->first_line <= (s->has_line_end ? MIME_LINE_BYTES : MIME_LINE_BYTES - 1);
}

static int add_fixed(struct mime_qp *q, const struct mail_form *form, const struct segment *s, struct buf *out)
{
    int rc = fits(s, q->column) ? 0 : mime_qp_soft_break(q, out);
    if (rc == 0)
        rc = buf_add(out, form->bytes.data + s->at, s->len);
    q->column = s->has_line_end ? s->last_line : q->column + s->last_line;
    return rc;
}

/* A slot in a body; its value was found right by check_values(). */
static int add_slot(struct mime_qp *q, const struct segment *s, const struct mail_recipient *r, struct buf *out)
{
    const char *value = value_of(r, s->slot);
    assert(value != NULL);
    return s->kind == SEGMENT_HTML ? add_html(q, value, out) : mime_qp_add(q, value, strlen(value), out);
}

static int fill(const struct mail_form *form, const struct mail_recipient *r, struct buf *out, struct err *err)
{
    int rc = check_values(form, r, err);
    struct mime_qp q = {0};
    for (size_t i = 0; rc == 0 && i < form->segment_count; i++) {
        const struct segment *s = &form->segments[i];
        switch (s->kind) {
        case SEGMENT_FIXED:
            rc = add_fixed(&q, form, s, out);
            break;
        case SEGMENT_HEAD:
            rc = add_head(form, r, out, err);
            break;
        case SEGMENT_SUBJECT:
            rc = add_subject(form, r, out, err);
            break;
        case SEGMENT_TEXT:
        case SEGMENT_HTML:
            rc = add_slot(&q, s, r, out);
            break;
        }
    }
    return rc;
}

int mail_form_fill(const struct mail_form *form, const struct mail_recipient *r, struct buf *out, struct err *err)
{
    mail_form_check(form);
    assert(r->message_id != NULL);
    buf_reset(out);
    int rc = fill(form, r, out, err);
    if (!buf_ok(out))
        rc = err_set(err, ERR_TOO_LARGE, "mail: the letter is above %zu bytes; shorten it", out->max);
    if (rc != 0)
        buf_reset(out);
    return rc;
}
