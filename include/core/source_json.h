/*
 * JSON from sources that nobody here controls: bounded before it is parsed, strict as JSON, tolerant in its content.
 *
 * A document that is no JSON (cut off, a key twice, a number beyond 64 bits, broken UTF-8) is refused as a whole, since
 * nobody knows what is missing. Within a good document a member of the wrong type is a fault of the entry it stands in:
 * it is noted in `struct source_faults` and the others are used.
 *
 * Pure, any thread. Callers: core/vma.c, core/police_event.c.
 */
#ifndef GB_CORE_SOURCE_JSON_H
#define GB_CORE_SOURCE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct err;

enum {
    SOURCE_BYTES_MAX = 4 * 1024 * 1024, /* one answer */
    SOURCE_DEPTH_MAX = 24,              /* brackets within brackets */
    SOURCE_VALUES_MAX = 200 * 1000,     /* about 100 bytes of memory each */
    SOURCE_FAULT_BYTES = 240
};

/* What was wrong with single entries: how many, and the first in words. */
struct source_faults {
    size_t count;
    char first[SOURCE_FAULT_BYTES];
};

/* Copy `text` (UTF-8), cut between characters to `room`. */
void source_text_cut(char *out, size_t room, const char *text);
/* Count a fault; the first one's words are kept, cut between characters. */
void source_fault(struct source_faults *faults, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* 0 and *out (a new reference); ERR_TOO_LARGE beyond the limits above, ERR_PROTOCOL when it is no JSON; with words. */
int source_json_load(const char *data, size_t n, json_t **out, struct err *err);

/* A text member as readers may see it: returns, caller frees; NULL when it is absent or null. White space and line ends
 * become single blanks; what is invisible or rewrites the line (controls, bidi overrides) is dropped. A wrong type or
 * more than `max_bytes` sets *is_wrong. */
char *source_json_line(const json_t *object, const char *name, size_t max_bytes, bool *is_wrong);
/* The same with its lines kept: LF line ends, no blanks at their ends, none empty at the beginning and the end. */
char *source_json_text(const json_t *object, const char *name, size_t max_bytes, bool *is_wrong);

#endif
