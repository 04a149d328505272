/*
 * The line guard: looks at the raw bytes of what HTTP writes as lines (the head, chunk lines, trailers) and refuses
 * what two parsers could split differently: LF without CR, CR without LF, NUL, and lines that open with a blank
 * (obs-fold). It sees every byte before the message is believed, so llhttp's own leniency does not matter here.
 * Pure; one per connection.
 */
#ifndef GB_DAEMON_HTTP_GUARD_H
#define GB_DAEMON_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct line_guard {
    bool after_cr;   /* the last byte was a CR */
    bool line_start; /* nothing of this line was seen */
};

enum guard_result { GUARD_MORE, GUARD_EMPTY_LINE, GUARD_BAD };

void line_guard_init(struct line_guard *guard);
/* Scan to the end of the next empty line, or to the end of the data: *used says how far. On GUARD_BAD *why is set. */
enum guard_result line_guard_scan(struct line_guard *guard, const char *data, size_t len, size_t *used,
                                  const char **why);

#endif
