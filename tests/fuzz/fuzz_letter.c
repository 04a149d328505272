/*
 * Letters under libFuzzer: head, slots, parts, selection, both renderings and the linter.
 * Asserted: no control byte but slots leaves a rendering, and positions lie in the file.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "core/letter_source.h"
#include "core/lint.h"
#include "core/markdown.h"

enum { OUT_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_output(const struct buf *out)
{
    assert(text_is_utf8(buf_str(out), out->len));
    for (size_t i = 0; i < out->len; i++) {
        unsigned char c = (unsigned char)out->data[i];
        assert((c >= 1 && c <= SLOT_MAX) || c == '\n' || c == '\t' || c >= ' ');
    }
}

static void render(const struct letter_source *src, const char *code)
{
    struct buf body, out;
    struct markdown *md = NULL;
    struct markdown_page page = {.title = letter_source_title(src)};
    buf_init(&body, OUT_MAX);
    buf_init(&out, OUT_MAX);
    assert(letter_source_select(src, code, &body) == 0);
    if (markdown_parse(buf_str(&body), body.len, &md) == 0) {
        if (markdown_html_document(md, &page, &out) == 0)
            check_output(&out);
        buf_reset(&out);
        if (markdown_text_document(md, &page, &out) == 0)
            check_output(&out);
    }
    markdown_free(md);
    buf_fini(&out);
    buf_fini(&body);
}

static void lint(const struct letter_source *src, size_t size)
{
    struct lint_report report;
    lint_report_init(&report);
    lint_letter(src, NULL, &report);
    for (size_t i = 0; i < report.count; i++) {
        assert(report.findings[i].line <= size + 1 && report.findings[i].column <= size + 1);
        assert(text_is_utf8(report.findings[i].text, strlen(report.findings[i].text)));
        assert(report.findings[i].sv[0] && report.findings[i].en[0]);
    }
    lint_report_fini(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    if (letter_source_parse((const char *)data, size, &src, &problem) < 0) {
        assert(text_is_utf8(problem.sv, strlen(problem.sv)) && text_is_utf8(problem.en, strlen(problem.en)));
        return 0;
    }
    render(src, NULL);
    render(src, "1257");
    lint(src, size);
    letter_source_free(src);
    return 0;
}
