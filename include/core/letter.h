/*
 * A letter's way from a draft to the ledger: the rules of two persons, one period, one hash.
 *
 *   draft --submit--> submitted --approve (another person)--> approved --due, or send--> sending --> sent
 *     ^  '--edit          |reject, edit                          |edit: back to draft       |
 *     '-------------------'                                      |cancel                    |cancel
 *                                       held (too late: a person decides) --send-->         v
 *                                                                '-----------------> cancelled
 *
 * The approval is bound to a hash of content and audience; whatever changes either voids it. At most one letter
 * of a series and period can be approved, which the store enforces (UNIQUE): a month cannot go out twice. The
 * letter keeps its period when it was cancelled after the first copy had left.
 *
 * Called on a store thread; acting person, scope and audit as in core/group.h.
 */
#ifndef GB_CORE_LETTER_H
#define GB_CORE_LETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/codec.h"

struct actor;
struct config;
struct db;
struct err;

/* identifier, word, is it final? */
#define LETTER_STATE_MAP(X)      \
    X(DRAFT, "draft", 0)         \
    X(SUBMITTED, "submitted", 0) \
    X(APPROVED, "approved", 0)   \
    X(HELD, "held", 0)           \
    X(SENDING, "sending", 0)     \
    X(SENT, "sent", 1)           \
    X(CANCELLED, "cancelled", 1)

enum letter_state {
#define LETTER_STATE_ENUM(id, word, final) LETTER_STATE_##id,
    LETTER_STATE_MAP(LETTER_STATE_ENUM)
#undef LETTER_STATE_ENUM
};

const char *letter_state_word(enum letter_state state);
bool letter_state_parse(const char *word, enum letter_state *out);

struct letter_options {
    const char
        *series; /* id or name; NULL: the only series of the head's area and kind, or none when `scope` is given */
    const char *scope; /* for a letter outside any series; NULL: the series' or the head's area or municipalities */
};

/* A new draft from a Markdown file's text; `author` is the acting person. */
int letter_add(struct db *db, const struct actor *actor, const char *source, const struct letter_options *options,
               int64_t *id, struct err *err);
/* Another text; possible until sending has begun; back to draft, any approval void. */
int letter_edit(struct db *db, const struct actor *actor, int64_t id, const char *source, struct err *err);
/* Checked by lint; blocking findings refuse it unless `override_reason` says why (kept and audited). */
int letter_submit(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                  const char *override_reason, struct err *err);
/* By another person than the author and the last editor. `hash`: what the approver has read, or NULL. */
int letter_approve(struct db *db, const struct actor *actor, int64_t id, const char *hash, struct err *err);
int letter_reject(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err);
/* Send an approved or held letter at `at_us`, or now (0). */
int letter_send(struct db *db, const struct actor *actor, int64_t id, int64_t at_us, struct err *err);
/* Before sending: the letter is called off. While sending: what is not with a relay yet is withdrawn. */
int letter_cancel(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err);
/* By id ("let_..."), or "latest" for the newest that the person can see. */
int letter_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err);
/* A test copy to one address, through the same relay and ledger; not counted as the letter. */
int letter_test(struct db *db, const struct actor *actor, int64_t id, const char *address,
                const char *municipality_code, int64_t *message_id, struct err *err);

/* --- for the scheduler ----------------------------------------------------------------------------------------- */

/* The next approved letter whose time has come at `now_us`: *id, or ERR_NOT_FOUND. */
int letter_next_due(struct db *db, int64_t now_us, int64_t *id);
/* Put it in the ledger (a message in state expanding), or hold it when it is later than `late_max_us`. */
int letter_open(struct db *db, int64_t id, int64_t now_us, int64_t late_max_us, struct err *err);
/* The clock was ahead and has been set back: letters that were held because they came too late, and are due after
 * `due_after_us`, are approved again as they were. *n tells how many. */
int letter_release_late(struct db *db, int64_t due_after_us, int *n);

#endif
