/* A letter as a form, and as a person previews it; the contracts are in letter_form.h and deliver/letter_mail.h. */
#include "deliver/letter_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/markup.h"
#include "base/mem.h"
#include "core/letter_source.h"
#include "core/mail_form.h"
#include "core/markdown.h"
#include "core/period_words.h"
#include "deliver/letter_mail.h"

enum { LETTER_PAGE_BYTES = MAIL_TEMPLATE_MAX_BYTES };

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

static int compile(const struct letter_sender *s, const struct letter_form_input *in, struct letter_source *src,
                   struct mail_form **out, struct err *err)
{
    struct rendered body;
    char *list_id = xasprintf("%s.%s", in->list_label, s->list_domain);
    char *feedback =
        xasprintf("letter:%s:%s:grannbud", in->list_label, in->municipality_code[0] ? in->municipality_code : "0");
    char *subject = xasprintf("%s%s", in->is_test ? "[TEST] " : "", letter_source_title(src));
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
    int rc = render(src, in->municipality_code, footer, ARRAY_LEN(footer), &body);
    if (rc == 0) {
        struct mail_form_input form = {.from_name = s->from_name[0] ? s->from_name : NULL,
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
        rc = mail_form_compile(&form, out, err);
    }
    rendered_fini(&body);
    free(no_more);
    free(sent_by);
    free(subject);
    free(feedback);
    free(list_id);
    return rc;
}

int letter_form_compile(const struct letter_sender *s, const struct letter_form_input *in, struct mail_form **out,
                        struct err *err)
{
    struct letter_source *src = NULL;
    int rc = parse(in->source, &src, err);
    if (rc == 0)
        rc = compile(s, in, src, out, err);
    letter_source_free(src);
    return rc;
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
