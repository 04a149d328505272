/*
 * The ledger: messages and their deliveries, the heart of what README promises.
 *
 *   pending --> claimed --> sent
 *      ^           |-----> pending    (due later: 4xx, timeout before the final dot)
 *      |           |-----> failed     (5xx for this recipient; gave up after max age)
 *      |           '-----> uncertain  (the final dot left us, no reply came)
 *      '--> withdrawn, expired     (a claimed row is recalled and becomes one, unless it is on the wire and gets there)
 *
 * Invariants (ledger_check in tests/lib walks them):
 *  1. A delivery leaves a final state never, unless a person has a failed or uncertain one tried again
 *     (core/ledger_retry.h).
 *  2. (message, address) is unique: an address is told once per message.
 *  3. A message is finished only when it is expanded and none of its rows is pending or claimed.
 *  4. After a crash, claimed rows are at most those that were in flight or next in line; recovery makes them pending
 *     again (recalled ones: withdrawn), in doubt, and they go out with the same Message-ID.
 *  5. A recalled row is never pending.
 *  6. Of a closed message (withdrawn, expired) nothing is claimed, and all that is claimed is recalled.
 *  7. No row is claimed when the time of its message is over.
 *
 * Messages of the lanes alert and letter take turns: a claim is shared equally among those that have rows due, and what
 * one cannot use goes to the others. Within a message the rows that are due longest go first. The personal lane goes by
 * time alone. No call here walks through the rows of a message: each costs what it takes or gives, however many there
 * are.
 *
 * Called on the writer thread unless said otherwise.
 */
#ifndef GB_CORE_LEDGER_H
#define GB_CORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

struct db;
struct err;

/* identifier, word, is it final?, may become (bits) */
#define DELIVERY_BIT(id) (1U << DELIVERY_##id)
#define DELIVERY_STATE_MAP(X)                                                                         \
    X(PENDING, "pending", 0, DELIVERY_BIT(CLAIMED) | DELIVERY_BIT(WITHDRAWN) | DELIVERY_BIT(EXPIRED)) \
    X(CLAIMED, "claimed", 0,                                                                          \
      DELIVERY_BIT(SENT) | DELIVERY_BIT(PENDING) | DELIVERY_BIT(FAILED) | DELIVERY_BIT(UNCERTAIN) |   \
          DELIVERY_BIT(WITHDRAWN) | DELIVERY_BIT(EXPIRED))                                            \
    X(SENT, "sent", 1, 0U)                                                                            \
    X(FAILED, "failed", 1, 0U)                                                                        \
    X(UNCERTAIN, "uncertain", 1, 0U)                                                                  \
    X(WITHDRAWN, "withdrawn", 1, 0U)                                                                  \
    X(EXPIRED, "expired", 1, 0U)

enum delivery_state {
#define DELIVERY_STATE_ENUM(id, word, final, next) DELIVERY_##id,
    DELIVERY_STATE_MAP(DELIVERY_STATE_ENUM)
#undef DELIVERY_STATE_ENUM
};

const char *delivery_state_word(enum delivery_state state);
bool delivery_state_parse(const char *word, enum delivery_state *out);
bool delivery_state_is_final(enum delivery_state state);
bool delivery_state_may_become(enum delivery_state from, enum delivery_state to);

/* Smaller goes first. */
enum lane { LANE_ALERT, LANE_PERSONAL, LANE_LETTER, LANE_COUNT };
const char *lane_word(enum lane lane);

/* --- expansion ------------------------------------------------------------------------------------------------- */

/* One chunk of the audience of one expanding message becomes ledger rows, at most `chunk` people and for about 10 ms;
 * the cursor is kept. *more tells whether to go on at once (with any message): not while mails of an alert wait, which
 * a letter gives way to. Also looks for newcomers of open messages. */
int ledger_expand(struct db *db, int chunk, bool *more);

/* --- claim, record --------------------------------------------------------------------------------------------- */

enum { JOB_ADDRESS_BYTES = 320, JOB_DOMAIN_BYTES = 256, JOB_NAME_BYTES = 512 };

/* What the outbox needs to send one delivery. Plain data; values are cut to their room (names: 500 bytes). */
struct job {
    int64_t delivery_id, message_id, address_id;
    enum lane lane;
    int attempts; /* this one included */
    int64_t message_created_at, created_at;
    int64_t due_at;   /* later than created_at: it has waited before, for another try or for its domain */
    int64_t first_at; /* of the first attempt, perhaps this one */
    int64_t follows;  /* the delivery of this thread that the reader has or may have (core/ledger_alert.h), or 0 */
    char municipality_code[8];
    char address[JOB_ADDRESS_BYTES];
    char domain[JOB_DOMAIN_BYTES]; /* the address': ASCII, lower case */
    char to_name[JOB_NAME_BYTES];
    char group_name[JOB_NAME_BYTES];
    char municipality_name[128];
    char area_name[128];
};

/* What is asked for. */
enum { CLAIM_MAX = 512 }; /* rows of one lane */
struct claim {
    int64_t now_us;
    int room[LANE_COUNT];              /* at most CLAIM_MAX each */
    int64_t after_message[LANE_COUNT]; /* in and out: whose turn it was last; 0 at first */
    const int64_t *paused;             /* messages that are passed over, any order; not the personal lane's */
    int paused_count;
};
/* Claim due deliveries: up to room[lane] of each lane, into `jobs` (room for the sum), best lane first. While on hold,
 * none. */
int ledger_claim(struct db *db, struct claim *claim, struct job *jobs, int *n);
/* The first time after `after_us` at which something becomes due, or ERR_NOT_FOUND: when to look again after a claim
 * that took all it found. At worst too early. */
int ledger_next_due(struct db *db, int64_t after_us, int64_t *due_us);
/* Of `n` claimed rows that are not on the wire yet: out[i] tells that ids[i] must be given back (recalled, or sending
 * is on hold). */
int ledger_recalled(struct db *db, const int64_t *ids, int n, bool *out);
/* Rows due later than `limit_us`, which no wait explains, were written while the clock was ahead: due now. */
int ledger_pull_back(struct db *db, int64_t now_us, int64_t limit_us, int64_t *n);
/* The wall clock has jumped by delta_us, from now_us (what it would show now without the jump): what waits for a later
 * time moves with it, with the time of its first attempt, and waits as long as it would have; after a jump back what is
 * due stays due. *n rows moved. */
int ledger_shift_due(struct db *db, int64_t delta_us, int64_t now_us, int64_t *n);

/* What became of a claimed delivery. */
struct ledger_result {
    int64_t delivery_id;
    enum delivery_state state; /* SENT, FAILED, UNCERTAIN, or PENDING with due_us */
    int64_t due_us;
    int64_t now_us;
    int code;
    bool give_back; /* PENDING, and the attempt does not count */
    const char *status, *reply, *step, *relay;
};
/* ERR_BAD_STATE when the row is not claimed: then nothing has changed. A row of a message that expires is tried for the
 * last time LEDGER_LAST_TRY_S before that, and PENDING after it is EXPIRED. */
enum { LEDGER_LAST_TRY_S = 60 };
int ledger_record(struct db *db, const struct ledger_result *result);
/* Claimed and not tried: back to what it was, or withdrawn or expired like its message; no attempt is counted. due_us
 * 0: it keeps its due time; else it is parked until then. ERR_BAD_STATE as above. */
int ledger_give_back(struct db *db, int64_t delivery_id, int64_t due_us);
/* Close messages whose rows are all final; the letters they carry become sent. Returns how many messages were looked at
 * (LEDGER_FINISH_MAX: there may be more), or an error. */
enum { LEDGER_FINISH_MAX = 32 };
int ledger_finish(struct db *db);

/* At start: rows that were in flight when the process ended become pending again. *n says how many. */
int ledger_recover(struct db *db, int64_t *n);

/* --- small messages -------------------------------------------------------------------------------------------- */

/* A plain text mail to one address (reminders): a message with one delivery. */
int ledger_post(struct db *db, const char *kind, const char *title, const char *text, const char *address,
                const char *to_name, int64_t *message_id);

/* Close the message as withdrawn (core/ledger_close.h), at once with its first rows; *n says how many will be. */
int ledger_withdraw(struct db *db, int64_t message_id, int64_t *n);

/* --- hold ------------------------------------------------------------------------------------------------------ */

int ledger_set_hold(struct db *db, bool hold);
int ledger_is_on_hold(struct db *db, bool *out);

/* The 32-byte key behind the tokens in addresses and links, made on first use. */
int ledger_token_key(struct db *db, uint8_t key[32]);

#endif
