/*
 * A source that is asked from time to time (VMA, the police's events): when it may be asked, and how that went, kept in
 * the store so that a restart neither forgets a wait nor makes room for more calls than the source allows.
 *
 * A call is counted before it leaves. The limits hold whatever the clock does: calls noted while it was ahead count as
 * made now. "Could not ask" is never "nothing to tell": the state says since when there is no answer.
 *
 * On a store thread, in the caller's transaction; source_state reads only. Never logs.
 */
#ifndef GB_CORE_SOURCE_H
#define GB_CORE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/codec.h"

struct actor;
struct db;
struct err;
struct source_faults;

/* identifier, word in the store and the API, what it is called in sentences */
#define SOURCE_MAP(X)    \
    X(VMA, "vma", "VMA") \
    X(POLICE_EVENTS, "police_events", "the police's events")

enum source {
#define SOURCE_ENUM(id, word, name) SOURCE_##id,
    SOURCE_MAP(SOURCE_ENUM)
#undef SOURCE_ENUM
        SOURCE_COUNT
};

enum { SOURCE_TEXT_BYTES = 300, SOURCE_TAG_BYTES = 256 };

const char *source_word(enum source source);
const char *source_name(enum source source);
bool source_parse(const char *word, enum source *out);

/* How often it may be asked. */
struct source_rules {
    int64_t interval_s; /* between questions, when all is well */
    int64_t gap_s;      /* between any two questions */
    int per_hour;       /* questions, whatever happens; what is per day follows from it */
};

/* What to send along with a question. */
struct source_question {
    bool may_ask;
    bool is_stopped;          /* until a person resumes it */
    int64_t wait_s;           /* unless it may be asked: look again then */
    int64_t problem_since_us; /* the first of the failures in a row; 0: the last question was answered */
    char etag[SOURCE_TAG_BYTES], last_modified[SOURCE_TAG_BYTES]; /* "" when there is none that fits */
};
/* May it be asked now? Then the call is counted. `url` is the configured one; `asked_for` (a hash) tells what
 * validators belong to: with another one the whole answer is asked for. */
int source_ask(struct db *db, enum source source, const char *url, const char *asked_for,
               const struct source_rules *rules, int64_t now_us, struct source_question *out);

/* What came of it. */
enum source_outcome { SOURCE_ANSWERED, SOURCE_NOT_MODIFIED, SOURCE_FAILED };
struct source_result {
    enum source_outcome what;
    int64_t wait_s;                   /* until the next question */
    const char *etag, *last_modified; /* of ANSWERED; "" when it has none */
    const char *asked_for;
    const struct source_faults *faults; /* of ANSWERED; may be NULL */
    const char *problem;                /* of FAILED */
    bool stop;                          /* of FAILED: ask no more until a person says so */
};
int source_told(struct db *db, enum source source, const struct source_result *result, int64_t now_us);

struct source_state {
    char url[SOURCE_TEXT_BYTES];            /* "" when it was never asked */
    int64_t asked_us, answered_us, next_us; /* 0: never */
    char problem[SOURCE_TEXT_BYTES];        /* "" when the last question was answered */
    int64_t problem_since_us;
    bool is_stopped;
    int64_t faults;
    char fault[SOURCE_TEXT_BYTES];
};
int source_state(struct db *db, enum source source, struct source_state *out);
/* A stopped one is asked again; ERR_BAD_STATE when it is not stopped. */
int source_resume(struct db *db, const struct actor *actor, enum source source, struct err *err);

#endif
