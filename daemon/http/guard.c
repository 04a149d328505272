/* The line guard; the contract is in http/guard.h. */
#include "http/guard.h"

void line_guard_init(struct line_guard *guard)
{
    *guard = (struct line_guard){.line_start = true};
}

enum guard_result line_guard_scan(struct line_guard *guard, const char *data, size_t len, size_t *used,
                                  const char **why)
{
    for (size_t i = 0; i < len; i++) {
        char c = data[i];
        if (guard->after_cr) {
            if (c != '\n') {
                *why = "a CR stands without its LF";
                return GUARD_BAD;
            }
            guard->after_cr = false;
            bool is_empty = guard->line_start;
            guard->line_start = true;
            if (is_empty) {
                *used = i + 1;
                return GUARD_EMPTY_LINE;
            }
        } else if (c == '\r') {
            guard->after_cr = true;
        } else if (c == '\n') {
            *why = "a line ends in LF without CR";
            return GUARD_BAD;
        } else if (c == '\0') {
            *why = "there is a NUL byte in the head";
            return GUARD_BAD;
        } else if (guard->line_start) {
            if (c == ' ' || c == '\t') {
                *why = "a line begins with a blank (folded headers are not accepted)";
                return GUARD_BAD;
            }
            guard->line_start = false;
        }
    }
    *used = len;
    return GUARD_MORE;
}
