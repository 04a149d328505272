/* An alert for the public; the contract is in http/alert_html.h. */
#include "http/alert_html.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/markup.h"
#include "core/alert_view.h"
#include "core/cap.h"
#include "core/markdown.h"
#include "core/time_words.h"

enum alert_stage alert_stage(const struct alert_view *a, int64_t now_us)
{
    if (a->state == ALERT_STATE_RECALLED || a->type == ALERT_TYPE_RECALL)
        return ALERT_STAGE_OVER;
    if (a->state == ALERT_STATE_EXPIRED || a->expires_us <= now_us)
        return ALERT_STAGE_RUN_OUT;
    return a->state == ALERT_STATE_UPDATED ? ALERT_STAGE_CHANGED : ALERT_STAGE_VALID;
}

int64_t alert_changed_us(const struct alert_view *a, int64_t now_us)
{
    int64_t last = a->ended_us > a->sent_us ? a->ended_us : a->sent_us;
    bool has_run_out = alert_stage(a, now_us) == ALERT_STAGE_RUN_OUT && a->expires_us <= now_us;
    return has_run_out && a->ended_us == 0 ? a->expires_us : last;
}

/* --- plain text -------------------------------------------------------------------------------------------- */

void alert_public_title(const struct alert_view *a, int64_t now_us, struct buf *out)
{
    if (alert_stage(a, now_us) == ALERT_STAGE_RUN_OUT) {
        buf_adds(out, a->is_exercise ? "ÖVNING: " : "");
        buf_adds(out, "Har gått ut: ");
        buf_adds(out, a->title);
    } else {
        cap_headline(a, out);
    }
}

static void add_stage_sv(const struct alert_view *a, int64_t now_us, struct buf *out)
{
    char when[TIME_WORDS_BYTES];
    switch (alert_stage(a, now_us)) {
    case ALERT_STAGE_VALID:
        buf_addf(out, "Varningen gäller till %s.", time_words_sv(a->expires_us, when));
        break;
    case ALERT_STAGE_CHANGED:
        buf_adds(out, "Varningen har ändrats. Läs den senaste.");
        break;
    case ALERT_STAGE_OVER:
        buf_adds(out, "Varningen är över.");
        break;
    case ALERT_STAGE_RUN_OUT:
        buf_addf(out, "Varningen gällde till %s och har gått ut.", time_words_sv(a->expires_us, when));
        break;
    }
}

static void add_stage_en(const struct alert_view *a, int64_t now_us, struct buf *out)
{
    char when[TIME_WORDS_BYTES];
    switch (alert_stage(a, now_us)) {
    case ALERT_STAGE_VALID:
        buf_addf(out, "The warning is valid until %s.", time_words_en(a->expires_us, when));
        break;
    case ALERT_STAGE_CHANGED:
        buf_adds(out, "The warning has been changed. Read the latest one.");
        break;
    case ALERT_STAGE_OVER:
        buf_adds(out, "The warning is over.");
        break;
    case ALERT_STAGE_RUN_OUT:
        buf_addf(out, "The warning was valid until %s and has run out.", time_words_en(a->expires_us, when));
        break;
    }
}

void alert_public_summary(const struct alert_view *a, int64_t now_us, struct buf *out)
{
    buf_adds(out, a->is_exercise ? "DETTA ÄR EN ÖVNING. " : "");
    add_stage_sv(a, now_us, out);
    buf_addf(out, " %s: ", alert_kind_row(a->kind)->sv);
    cap_area(a, out);
    buf_addc(out, '.');
}

/* --- HTML -------------------------------------------------------------------------------------------------- */

static int add_markdown(struct buf *out, const char *source)
{
    struct markdown *md = NULL;
    int rc = markdown_parse(source, strlen(source), &md);
    rc = rc ? rc : markdown_html(md, out);
    markdown_free(md);
    return rc;
}

static void add_paragraph(struct buf *out, const char *before, const char *text)
{
    if (!text[0])
        return;
    buf_addf(out, "<p>%s", before);
    markup_add(out, text);
    buf_adds(out, "</p>\n");
}

static void add_area(struct buf *out, const char *before, const struct alert_view *a)
{
    struct buf area;
    buf_init(&area, CAP_MAX_BYTES);
    cap_area(a, &area);
    add_paragraph(out, before, buf_str(&area));
    buf_fini(&area);
}

/* A line in bold print that nobody can miss. */
static void add_stage(struct buf *out, const char *exercise, const struct alert_view *a, int64_t now_us,
                      void (*add)(const struct alert_view *a, int64_t now_us, struct buf *out))
{
    if (a->is_exercise)
        buf_addf(out, "<p><strong>%s</strong></p>\n", exercise);
    buf_adds(out, "<p><strong>");
    add(a, now_us, out);
    buf_adds(out, "</strong></p>\n");
}

/* "Från Polisen Ängelholm, skickad 20 mars 2026 kl. 13.34." */
static void add_sender(struct buf *out, const struct alert_view *a, const char *author)
{
    char when[TIME_WORDS_BYTES];
    buf_adds(out, "<p>Från ");
    markup_add(out, author);
    buf_addf(out, ", skickad %s.</p>\n", time_words_sv(a->sent_us, when));
}

int alert_public_html(const struct alert_view *a, int64_t now_us, const char *author, struct buf *out)
{
    add_stage(out, "DETTA ÄR EN ÖVNING.", a, now_us, add_stage_sv);
    add_area(out, "Område: ", a);
    int rc = add_markdown(out, a->text);
    if (rc == 0 && a->instruction[0]) {
        buf_adds(out, "<h2>Gör så här</h2>\n");
        rc = add_markdown(out, a->instruction);
    }
    buf_adds(out, "<p>Pågående brott eller fara för liv: ring 112. Tips: 114 14 eller polisen.se/tips.</p>\n");
    add_sender(out, a, author);
    return rc ? rc : buf_ok(out) ? 0 : ERR_TOO_LARGE;
}

int alert_public_html_en(const struct alert_view *a, int64_t now_us, struct buf *out)
{
    int rc = 0;
    add_stage(out, "THIS IS AN EXERCISE.", a, now_us, add_stage_en);
    add_paragraph(out, "What: ", alert_kind_row(a->kind)->en);
    add_area(out, "Where: ", a);
    add_paragraph(out, "", a->title_en);
    if (a->text_en[0])
        rc = add_markdown(out, a->text_en);
    buf_adds(out, "<p>Crime going on, or danger to life: call 112. What you have seen: 114 14.</p>\n");
    return rc ? rc : buf_ok(out) ? 0 : ERR_TOO_LARGE;
}
