/* What a suggestion of a VMA says; the contract is in core/vma_text.h. */
#include "core/vma_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/alert.h"
#include "core/markdown_escape.h"
#include "core/time_words.h"
#include "core/vma.h"

/* One language's words: the title, cut to what fits (then the text opens with the whole), and the text. */
static char *make_title(const char *event, const char *fallback)
{
    const char *from = event ? event : fallback;
    size_t n = 0;
    for (size_t count = 0; from[n] && count < ALERT_TITLE_CHARS; count++)
        do
            n++;
        while (((unsigned char)from[n] & 0xc0) == 0x80);
    return xstrndup(from, n);
}

static void add_paragraph(struct buf *out, const char *text)
{
    if (!text || !text[0])
        return;
    if (out->len > 0)
        buf_adds(out, "\n\n");
    markdown_escape(out, text);
}

static void add_long_event(struct buf *out, const struct vma_text *text)
{
    if (text->event && text_length(text->event) > ALERT_TITLE_CHARS)
        add_paragraph(out, text->event);
}

static void add_source(struct buf *out, const struct vma_alert *alert)
{
    char when[TIME_WORDS_BYTES];
    buf_adds(out, out->len > 0 ? "\n\n" : "");
    buf_adds(out, "Källa: viktigt meddelande till allmänheten (VMA)");
    if (alert->sender_name) {
        buf_adds(out, " från ");
        markdown_escape_line(out, alert->sender_name);
    }
    buf_addf(out, ", sänt av Sveriges Radio den %s. Texten är återgiven ordagrant.",
             time_words_sv(alert->sent_us, when));
}

static void add_source_en(struct buf *out, const struct vma_alert *alert)
{
    char when[TIME_WORDS_BYTES];
    buf_adds(out, out->len > 0 ? "\n\n" : "");
    buf_addf(out,
             "Source: important public announcement (VMA), sent by Sveriges Radio on %s. The text is the original, "
             "word for word.",
             time_words_en(alert->sent_us, when));
}

/* The instruction in its own field when it fits there. */
static char *make_instruction(const char *instruction, struct buf *text)
{
    struct buf out;
    buf_init(&out, ALERT_INSTRUCTION_BYTES);
    if (instruction)
        markdown_escape(&out, instruction);
    if (!buf_ok(&out)) {
        add_paragraph(text, instruction);
        buf_reset(&out);
    }
    return buf_take(&out);
}

static int check(const struct vma_alert *alert, const struct buf *sv, const struct buf *en, struct err *err)
{
    if (buf_ok(sv) && buf_ok(en))
        return 0;
    return err_set(err, ERR_TOO_LARGE, "alert %s: its text is longer than an alert can be (%d bytes)",
                   alert->identifier, ALERT_TEXT_BYTES);
}

int vma_words_make(const struct vma_alert *alert, struct vma_words *out, struct err *err)
{
    struct buf sv;
    struct buf en;
    buf_init(&sv, ALERT_TEXT_BYTES);
    buf_init(&en, ALERT_TEXT_BYTES);
    bool has_en = alert->en.event || alert->en.description;
    *out = (struct vma_words){.title = make_title(alert->sv.event, "Viktigt meddelande till allmänheten"),
                              .title_en = make_title(has_en ? alert->en.event : "", "Important public announcement")};
    add_long_event(&sv, &alert->sv);
    add_paragraph(&sv, alert->sv.description);
    out->instruction = make_instruction(alert->sv.instruction, &sv);
    add_source(&sv, alert);
    if (has_en) {
        add_long_event(&en, &alert->en);
        add_paragraph(&en, alert->en.description);
        add_paragraph(&en, alert->en.instruction);
        add_source_en(&en, alert);
    }
    int rc = check(alert, &sv, &en, err);
    out->text = buf_take(&sv);
    out->text_en = buf_take(&en);
    if (rc)
        vma_words_fini(out);
    return rc;
}

int vma_words_make_end(const struct vma_alert *alert, const char *title, struct vma_words *out, struct err *err)
{
    struct buf sv;
    buf_init(&sv, ALERT_TEXT_BYTES);
    if (alert->type == VMA_TYPE_CANCEL)
        add_paragraph(&sv, alert->sv.description);
    if (alert->type != VMA_TYPE_CANCEL)
        buf_adds(&sv, "Det viktiga meddelandet till allmänheten (VMA) gäller inte längre här.");
    else if (sv.len == 0)
        buf_adds(&sv, "Sveriges Radio har avslutat det viktiga meddelandet till allmänheten (VMA).");
    add_source(&sv, alert);
    int rc = check(alert, &sv, &sv, err);
    *out = (struct vma_words){.title = xstrdup(title),
                              .text = buf_take(&sv),
                              .instruction = xstrdup(""),
                              .title_en = xstrdup(""),
                              .text_en = xstrdup("")};
    if (rc)
        vma_words_fini(out);
    return rc;
}

void vma_words_fini(struct vma_words *words)
{
    free(words->title);
    free(words->text);
    free(words->instruction);
    free(words->title_en);
    free(words->text_en);
    *words = (struct vma_words){.title = NULL};
}
