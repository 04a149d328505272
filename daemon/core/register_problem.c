/* Wording of problems, and how a cell may be shown in a report. */
#include "core/register_problem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/personnummer.h"

static const struct {
    const char *name;
    enum register_severity severity;
    struct wording text;
} table[] = {
#define PROBLEM_ROW(id, severity, sv, en) {#id, REGISTER_##severity, {sv, en}},
    REGISTER_PROBLEM_MAP(PROBLEM_ROW)
#undef PROBLEM_ROW
};

const char *register_severity_name(enum register_severity severity)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[severity];
}

enum register_severity register_problem_severity(enum register_problem_code code)
{
    return table[code].severity;
}

const char *register_problem_name(enum register_problem_code code)
{
    return table[code].name;
}

const struct wording *register_problem_wording(enum register_problem_code code)
{
    return &table[code].text;
}

void register_fill(struct buf *out, const char *text, const char *const args[REGISTER_ARGS_MAX])
{
    buf_reset(out);
    while (*text != '\0') {
        size_t n = strcspn(text, "{");
        buf_add(out, text, n);
        text += n;
        if (text[0] == '{' && text[1] >= '1' && text[1] <= '0' + REGISTER_ARGS_MAX && text[2] == '}') {
            const char *arg = args[text[1] - '1'];
            buf_adds(out, arg != NULL ? arg : "");
            text += 3;
        } else if (text[0] == '{') {
            buf_addc(out, *text++);
        }
    }
}

static void mask(char *s)
{
    size_t start = 0;
    size_t len = 0;
    for (size_t from = 0; personnummer_find(s, from, &start, &len); from = start + len) {
        for (size_t i = start; i < start + len; i++) {
            if (s[i] >= '0' && s[i] <= '9')
                s[i] = '*';
        }
    }
}

void register_show(struct buf *out, const char *cell)
{
    buf_reset(out);
    char *copy = text_is_utf8(cell, strlen(cell)) ? xstrdup(cell) : xstrdup("?");
    mask(copy);
    const uint8_t *p = (const uint8_t *)copy;
    for (int chars = 0; *p != '\0'; chars++) {
        ucs4_t c = 0;
        int n = u8_strmbtouc(&c, p);
        if (n <= 0)
            break;
        if (chars == REGISTER_FOUND_CHARS - 1 && p[n] != '\0') {
            buf_adds(out, "…");
            break;
        }
        if (text_has_control((const char *)p, (size_t)n))
            buf_addc(out, ' ');
        else
            buf_add(out, p, (size_t)n);
        p += n;
    }
    free(copy);
}
