/*
 * Compiling a form; the contract is in core/mail_form.h.
 *
 *   From │ To, Reply-To, Date … (HEAD) │ Subject │ other fields, first part │ slot │ fixed │ slot │ … │ last boundary
 *
 * The boundary begins with "=_", which cannot occur in quoted-printable text: there "=" is followed by two
 * hexadecimal digits or a line end. So nobody's name and no text can end a part. The hash behind it only tells letters
 * apart that are nested by forwarding.
 */
#include "core/mail_form.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/mail_form_parts.h"
#include "core/mime.h"

enum {
    BOUNDARY_HASH_DIGITS = 24,
    BOUNDARY_BYTES = sizeof "=_gb_" + BOUNDARY_HASH_DIGITS,
    /* Encoding at most quadruples; the rest is header fields, each within MIME_VALUE_MAX_BYTES before encoding. */
    FORM_MAX_BYTES = 2 * 4 * MAIL_TEMPLATE_MAX_BYTES + 512 * 1024,
};

#define EXERCISE_MARK "[ÖVNING] "

struct compiler {
    struct mail_form *form;
    size_t room; /* segments allocated */
    struct err *err;
};

/* --- segments -------------------------------------------------------------------------------------------------- */

static struct segment *last_segment(struct compiler *c)
{
    return c->form->segment_count > 0 ? &c->form->segments[c->form->segment_count - 1] : NULL;
}

static struct segment *new_segment(struct compiler *c, enum segment_kind kind)
{
    struct mail_form *form = c->form;
    if (form->segments == NULL || form->segment_count == c->room) {
        c->room = c->room > 0 ? 2 * c->room : 16;
        form->segments = xreallocarray(form->segments, c->room, sizeof *form->segments);
    }
    struct segment *s = &form->segments[form->segment_count++];
    *s = (struct segment){.kind = kind, .at = form->bytes.len};
    return s;
}

/* The bytes added since the last segment ended belong to a FIXED one: the last, or a new one. */
static void close_fixed(struct compiler *c)
{
    struct segment *s = last_segment(c);
    size_t done = s ? s->at + s->len : 0;
    if (c->form->bytes.len == done)
        return;
    if (s == NULL || s->kind != SEGMENT_FIXED) {
        s = new_segment(c, SEGMENT_FIXED);
        s->at = done;
    }
    s->len = c->form->bytes.len - s->at;
}

static void add_place(struct compiler *c, enum segment_kind kind, int slot)
{
    close_fixed(c);
    new_segment(c, kind)->slot = slot;
    if (slot != 0)
        c->form->uses[slot] = true;
}

/* The widths of the first and the last line, which decide about soft breaks when the form is filled. */
static void measure(const struct mail_form *form, struct segment *s)
{
    const char *start = form->bytes.data + s->at;
    const char *first = memmem(start, s->len, "\r\n", 2);
    size_t last = s->len;
    while (last > 0 && start[last - 1] != '\n')
        last--;
    s->has_line_end = first != NULL;
    s->first_line = first ? (size_t)(first - start) : s->len;
    s->last_line = s->len - last;
}

/* --- header fields --------------------------------------------------------------------------------------------- */

int mail_field_error(struct err *err, int rc, const char *name, const char *want)
{
    const char *what = rc == ERR_TOO_LARGE ? "too long" : "not valid";
    return err_set(err, rc, "mail: %s is %s; give %s", name, what, want);
}

int mail_fields_add(struct buf *out, const struct mail_field *fields, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        int rc = fields[i].value ? fields[i].add(out, fields[i].name, fields[i].value) : 0;
        if (rc != 0)
            return mail_field_error(err, rc, fields[i].name, fields[i].want);
    }
    return 0;
}

static int add_url(struct buf *out, const char *name, const char *url)
{
    return mime_add_uris(out, name, url, NULL);
}

static int add_mailto(struct buf *out, const char *name, const char *address)
{
    return mime_add_uris(out, name, NULL, address);
}

static int add_from(struct compiler *c, const struct mail_form_input *in)
{
    int rc = mime_add_mailbox(&c->form->bytes, "From", in->from_name, in->from_address, false);
    return rc == 0 ? 0 : mail_field_error(c->err, rc, "From", MAIL_WANT_ADDRESS);
}

static int add_list_fields(struct compiler *c, const struct mail_form_input *in)
{
    if (in->list_id == NULL)
        return 0;
    int rc = mime_add_list_id(&c->form->bytes, "List-Id", in->list_name, in->list_id);
    if (rc != 0)
        return mail_field_error(c->err, rc, "List-Id", "an ASCII name with a dot, such as nacka.grannsam.example.se");
    const struct mail_field fields[] = {
        {"List-Help", in->list_help, add_url, MAIL_WANT_URL},
        {"List-Owner", in->list_owner, add_mailto, MAIL_WANT_ADDRESS},
        {"List-Archive", in->list_archive, add_url, MAIL_WANT_URL},
        {"List-Post", "NO", mime_add_token, MAIL_WANT_TOKEN},
    };
    return mail_fields_add(&c->form->bytes, fields, ARRAY_LEN(fields), c->err);
}

static int add_common_fields(struct compiler *c, const struct mail_form_input *in)
{
    const char *automatic = in->auto_submitted ? "auto-generated" : NULL;
    const struct mail_field fields[] = {
        {"Organization", in->organisation, mime_add_text, MAIL_WANT_TEXT},
        {"Precedence", in->precedence, mime_add_token, MAIL_WANT_TOKEN},
        {"Auto-Submitted", automatic, mime_add_token, MAIL_WANT_TOKEN},
        {"X-Auto-Response-Suppress", automatic ? "All" : NULL, mime_add_token, MAIL_WANT_TOKEN},
        {"MIME-Version", "1.0", mime_add_token, MAIL_WANT_TOKEN},
        {"Content-Language", in->language, mime_add_token, MAIL_WANT_TOKEN},
    };
    int rc = mail_fields_add(&c->form->bytes, fields, ARRAY_LEN(fields), c->err);
    return rc == 0 ? add_list_fields(c, in) : rc;
}

/* What the recipient may override is tried here, so that a mistake shows when the form is compiled. */
static int keep_defaults(struct compiler *c, const struct mail_form_input *in)
{
    struct mail_form *form = c->form;
    if (!mime_is_domain(in->domain))
        return mail_field_error(c->err, ERR_INVALID, "the Message-ID's domain", "a host name in ASCII");
    struct buf scratch;
    buf_init(&scratch, FORM_MAX_BYTES);
    const struct mail_field fields[] = {
        {"Reply-To", in->reply_to, mime_add_address, MAIL_WANT_ADDRESS},
        {"Feedback-ID", in->feedback_id, mime_add_token, MAIL_WANT_TOKEN},
        {"In-Reply-To", in->in_reply_to, mime_add_ids, MAIL_WANT_ID},
        {"References", in->references, mime_add_ids, MAIL_WANT_ID},
    };
    int rc = mail_fields_add(&scratch, fields, ARRAY_LEN(fields), c->err);
    buf_fini(&scratch);
    if (rc != 0)
        return rc;
    form->domain = xstrdup(in->domain);
    form->reply_to = xstrdup_opt(in->reply_to);
    form->feedback_id = xstrdup_opt(in->feedback_id);
    form->in_reply_to = xstrdup_opt(in->in_reply_to);
    form->references = xstrdup_opt(in->references);
    return 0;
}

/* --- templates ------------------------------------------------------------------------------------------------- */

static bool is_slot(char c, int max)
{
    return c > 0 && c <= max;
}

/* The bytes up to the first slot with a byte of at most `max`, or to the end. */
static size_t span_fixed(const char *s, int max)
{
    size_t n = 0;
    while (s[n] != '\0' && !is_slot(s[n], max))
        n++;
    return n;
}

static int add_subject(struct compiler *c, const struct mail_form_input *in)
{
    struct mail_form *form = c->form;
    form->subject = xasprintf("%s%s", in->exercise ? EXERCISE_MARK : "", in->subject);
    bool has_slots = false;
    int rc = strlen(form->subject) > MIME_VALUE_MAX_BYTES ? ERR_TOO_LARGE : 0;
    for (const char *p = form->subject; rc == 0 && *p != '\0';) {
        size_t n = span_fixed(p, SLOT_MAX);
        rc = mime_check_value(p, n);
        p += n;
        if (is_slot(*p, SLOT_MAX)) {
            form->uses[(int)*p++] = true;
            has_slots = true;
        }
    }
    if (rc == 0 && has_slots)
        add_place(c, SEGMENT_SUBJECT, 0);
    else if (rc == 0)
        rc = mime_add_text(&form->bytes, "Subject", form->subject);
    return rc == 0 ? 0 : mail_field_error(c->err, rc, "Subject", MAIL_WANT_TEXT);
}

/* One body: pieces between slots are encoded as from the start of a line. */
static int add_body(struct compiler *c, enum segment_kind kind, const char *name, const char *body)
{
    struct buf *bytes = &c->form->bytes;
    size_t total = strlen(body);
    if (total > MAIL_TEMPLATE_MAX_BYTES)
        return mail_field_error(c->err, ERR_TOO_LARGE, name, "at most 512 KiB");
    struct mime_qp q = {0};
    for (const char *p = body; *p != '\0';) {
        size_t n = span_fixed(p, SLOT_LINK);
        if (mime_check_body(p, n) != 0)
            return mail_field_error(c->err, ERR_INVALID, name, "UTF-8 text without control characters but TAB and LF");
        int rc = mime_qp_add(&q, p, n, bytes);
        assert(rc == 0); /* FORM_MAX_BYTES has room for the worst */
        p += n;
        if (is_slot(*p, SLOT_LINK)) {
            add_place(c, kind, *p++);
            q = (struct mime_qp){0};
        }
        if (c->form->segment_count > 2 * MAIL_SLOTS_MAX)
            return mail_field_error(c->err, ERR_TOO_LARGE, name, "fewer slots");
    }
    if (total == 0 || body[total - 1] != '\n')
        buf_add(bytes, "\r\n", 2);
    return 0;
}

static void add_part_fields(struct buf *bytes, const char *type)
{
    buf_addf(bytes, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", type);
}

static void make_boundary(const struct mail_form_input *in, char out[BOUNDARY_BYTES])
{
    char hex[SHA256_HEX_BYTES];
    struct sha256 *s = sha256_new();
    sha256_add_text(s, in->subject);
    sha256_add_text(s, in->text);
    sha256_add_text(s, in->html);
    sha256_end_hex(s, hex);
    memcpy(out, "=_gb_", sizeof "=_gb_" - 1);
    memcpy(out + sizeof "=_gb_" - 1, hex, BOUNDARY_HASH_DIGITS);
    out[BOUNDARY_BYTES - 1] = '\0';
}

static int add_bodies(struct compiler *c, const struct mail_form_input *in)
{
    struct buf *bytes = &c->form->bytes;
    if (in->html == NULL) {
        add_part_fields(bytes, "text/plain");
        return add_body(c, SEGMENT_TEXT, "the text body", in->text);
    }
    char boundary[BOUNDARY_BYTES];
    make_boundary(in, boundary);
    buf_addf(bytes, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", boundary, boundary);
    add_part_fields(bytes, "text/plain");
    int rc = add_body(c, SEGMENT_TEXT, "the text body", in->text);
    if (rc != 0)
        return rc;
    buf_addf(bytes, "\r\n--%s\r\n", boundary);
    add_part_fields(bytes, "text/html");
    rc = add_body(c, SEGMENT_HTML, "the HTML body", in->html);
    if (rc == 0)
        buf_addf(bytes, "\r\n--%s--\r\n", boundary);
    return rc;
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static int compile(struct compiler *c, const struct mail_form_input *in)
{
    int rc = keep_defaults(c, in);
    if (rc == 0)
        rc = add_from(c, in);
    if (rc != 0)
        return rc;
    add_place(c, SEGMENT_HEAD, 0);
    rc = add_subject(c, in);
    if (rc == 0)
        rc = add_common_fields(c, in);
    if (rc == 0)
        rc = add_bodies(c, in);
    if (rc != 0)
        return rc;
    close_fixed(c);
    assert(buf_ok(&c->form->bytes));
    for (size_t i = 0; i < c->form->segment_count; i++) {
        if (c->form->segments[i].kind == SEGMENT_FIXED)
            measure(c->form, &c->form->segments[i]);
    }
    return 0;
}

int mail_form_compile(const struct mail_form_input *in, struct mail_form **out, struct err *err)
{
    assert(in->from_address != NULL && in->subject != NULL && in->text != NULL && in->domain != NULL);
    struct compiler c = {.form = xcalloc(1, sizeof *c.form), .err = err};
    buf_init(&c.form->bytes, FORM_MAX_BYTES);
    int rc = compile(&c, in);
    if (rc != 0) {
        mail_form_free(c.form);
        return rc;
    }
    mail_form_check(c.form);
    *out = c.form;
    return 0;
}

void mail_form_free(struct mail_form *form)
{
    if (form == NULL)
        return;
    buf_fini(&form->bytes);
    free(form->segments);
    free(form->subject);
    free(form->domain);
    free(form->reply_to);
    free(form->feedback_id);
    free(form->in_reply_to);
    free(form->references);
    free(form);
}

bool mail_form_uses(const struct mail_form *form, int slot)
{
    assert(slot > 0 && slot <= SLOT_LINK);
    return form->uses[slot];
}

void mail_form_check(const struct mail_form *form)
{
    assert(form->segment_count >= 3 && form->subject != NULL && form->domain != NULL);
    assert(form->segments[0].kind == SEGMENT_FIXED && form->segments[1].kind == SEGMENT_HEAD);
    size_t at = 0;
    bool after_fixed = false;
    for (size_t i = 0; i < form->segment_count; i++) {
        const struct segment *s = &form->segments[i];
        bool fixed = s->kind == SEGMENT_FIXED;
        assert(s->at == at && !(fixed && after_fixed));
        assert(fixed ? s->len > 0 && s->first_line <= s->len && s->last_line <= s->len : s->len == 0);
        if (s->kind == SEGMENT_TEXT || s->kind == SEGMENT_HTML)
            assert(s->slot > 0 && s->slot <= SLOT_LINK && form->uses[s->slot]);
        at += s->len;
        after_fixed = fixed;
    }
    assert(after_fixed && at == form->bytes.len && memcmp(form->bytes.data + at - 2, "\r\n", 2) == 0);
}
