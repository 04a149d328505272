/*
 * What an HTTP answer of a source means: an answer that can be read, nothing new, or a failure with its words, the wait
 * until the next question, and whether to ask again at all. Pure, any thread; for poller.c and its test.
 */
#ifndef GB_DAEMON_INBOUND_VERDICT_H
#define GB_DAEMON_INBOUND_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/source.h"

struct http_answer;

enum { VERDICT_WAIT_MAX_S = 24 * 3600 };

struct verdict_rules {
    int64_t interval_s;     /* between questions when all is well, and after what passes by itself */
    int64_t refused_wait_s; /* after a refusal that says no time */
    bool stops_at_404;      /* the source's terms say so */
    bool had_validators;    /* the question carried an ETag or a date */
};

struct verdict {
    enum source_outcome what;
    int64_t wait_s; /* at most VERDICT_WAIT_MAX_S, at least the interval */
    bool stop;
    char problem[SOURCE_TEXT_BYTES]; /* of a failure; else "" */
};

struct verdict verdict_of(const struct http_answer *answer, const struct verdict_rules *rules);

#endif
