/*
 * What can be wrong with a register, in words: one table with Swedish for those who keep registers and English
 * for the command line. Each sentence says what is wrong and what to do.
 *
 * ERROR: nothing of the file is taken in. WARNING: taken in, but a person should look. NOTE: how it was read.
 */
#ifndef GB_CORE_REGISTER_PROBLEM_H
#define GB_CORE_REGISTER_PROBLEM_H

#include <stddef.h>

#include "core/register_problem_map.h"
#include "core/wording.h"

struct buf;

enum register_severity { REGISTER_NOTE, REGISTER_WARNING, REGISTER_ERROR };

enum register_problem_code {
#define REGISTER_PROBLEM_ENUM(id, severity, sv, en) REGISTER_PROBLEM_##id,
    REGISTER_PROBLEM_MAP(REGISTER_PROBLEM_ENUM)
#undef REGISTER_PROBLEM_ENUM
};

/* One finding, valid during the callback. */
struct register_problem {
    enum register_problem_code code;
    enum register_severity severity;
    long line;              /* of the file, from 1 */
    size_t column;          /* from 1; 0: the whole row or file */
    const char *header;     /* of the column, or "" */
    const char *found;      /* what stands there: one line, at most 80 characters, personnummer masked; or "" */
    const char *suggestion; /* what probably was meant, or "" */
    struct wording text;
};

enum { REGISTER_FOUND_CHARS = 80, REGISTER_ARGS_MAX = 3 };

/* "error", "warning", "note" */
const char *register_severity_name(enum register_severity severity);
enum register_severity register_problem_severity(enum register_problem_code code);
/* "ADDRESS_TYPO": for programs that read the report. */
const char *register_problem_name(enum register_problem_code code);
const struct wording *register_problem_wording(enum register_problem_code code);

/* Write `text` with {1}, {2}, {3} replaced by args[0..2] (NULL counts as "") to `out`, replacing its content. */
void register_fill(struct buf *out, const char *text, const char *const args[REGISTER_ARGS_MAX]);
/* Write `cell` as it may be shown (see `found`) to `out`, replacing its content. Takes any bytes. */
void register_show(struct buf *out, const char *cell);

#endif
