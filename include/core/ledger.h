/*
 * The ledger: messages and their deliveries, the heart of the promises (DESIGN.md section 4 of the plan, README).
 *
 *   pending --> claimed --> sent
 *      ^           |-----> pending    (due later: 4xx, timeout before the final dot)
 *      |           |-----> failed     (5xx for this recipient; gave up after max age)
 *      |           '-----> uncertain  (the final dot left us, no reply came)
 *      '--> withdrawn, expired     (a claimed row that comes back to a withdrawn message is withdrawn too)
 *
 * Invariants (ledger_check in tests/lib walks them):
 *  1. A delivery leaves a final state never, unless a person has a failed or uncertain one tried again
 *     (core/ledger_retry.h).
 *  2. (message, address) is unique: an address is told once per message.
 *  3. A message is finished only when it is expanded and none of its rows is pending or claimed.
 *  4. After a crash, claimed rows are at most those that were in flight; recovery makes them pending again, and
 *     they go out with the same Message-ID.
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
          DELIVERY_BIT(WITHDRAWN))                                                                    \
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

/* One chunk of the audience of one expanding message becomes ledger rows; the cursor is kept. *more tells whether
 * something is left to do (of any message). Also looks for newcomers of open messages. */
int ledger_expand(struct db *db, int chunk, bool *more);

/* --- claim, record --------------------------------------------------------------------------------------------- */

enum { JOB_ADDRESS_BYTES = 320, JOB_NAME_BYTES = 512 };

/* What the outbox needs to send one delivery. Plain data; values are cut to their room (names: 500 bytes). */
struct job {
    int64_t delivery_id, message_id, address_id;
    enum lane lane;
    int attempts; /* this one included */
    int64_t message_created_at, created_at;
    char municipality_code[8];
    char address[JOB_ADDRESS_BYTES];
    char to_name[JOB_NAME_BYTES];
    char group_name[JOB_NAME_BYTES];
    char municipality_name[128];
    char area_name[128];
};

/* Claim due deliveries: up to room[lane] of each lane, into `jobs` (room for the sum), best lane first. While on hold,
 * none. */
enum { CLAIM_MAX = 512 };
int ledger_claim(struct db *db, int64_t now_us, const int room[LANE_COUNT], struct job *jobs, int *n);
/* When the next pending delivery is due, or ERR_NOT_FOUND. */
int ledger_next_due(struct db *db, int64_t *due_us);

/* What became of a claimed delivery. */
struct ledger_result {
    int64_t delivery_id;
    enum delivery_state state; /* SENT, FAILED, UNCERTAIN, or PENDING with due_us */
    int64_t due_us;
    int64_t now_us;
    int code;
    bool give_back; /* PENDING without an attempt having been made: the count goes back by one */
    const char *status, *reply, *step, *relay;
};
int ledger_record(struct db *db, const struct ledger_result *result);
/* Close messages whose rows are all final; the letters they carry become sent. Returns the count or an error. */
int ledger_finish(struct db *db);

/* At start: rows that were in flight when the process ended become pending again. *n says how many. */
int ledger_recover(struct db *db, int64_t *n);

/* --- small messages -------------------------------------------------------------------------------------------- */

/* A plain text mail to one address (reminders): a message with one delivery. */
int ledger_post(struct db *db, const char *kind, const char *title, const char *text, const char *address,
                const char *to_name, int64_t *message_id);

/* Withdraw what is still pending of a message; *n says how many. */
int ledger_withdraw(struct db *db, int64_t message_id, int64_t *n);

/* --- hold ------------------------------------------------------------------------------------------------------ */

int ledger_set_hold(struct db *db, bool hold);
int ledger_is_on_hold(struct db *db, bool *out);

/* The 32-byte key behind the tokens in addresses and links, made on first use. */
int ledger_token_key(struct db *db, uint8_t key[32]);

#endif
