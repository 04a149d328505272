/* The ledger: outcomes, recalls, ends, hold. The contract is in core/ledger.h; claims are in ledger_claim.c, expansion
 * in ledger_expand*.c, closing in ledger_close.c. */
#include "core/ledger.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/random.h"
#include "core/address.h"
#include "core/ledger_attempt.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

static const struct {
    const char *word;
    bool is_final;
    unsigned next;
} STATES[] = {
#define ROW(id, word, final, next) [DELIVERY_##id] = {word, (final) != 0, next},
    DELIVERY_STATE_MAP(ROW)
#undef ROW
};

static const char *const LANES[] = {[LANE_ALERT] = "alert", [LANE_PERSONAL] = "personal", [LANE_LETTER] = "letter"};

const char *delivery_state_word(enum delivery_state state)
{
    return STATES[state].word;
}

bool delivery_state_parse(const char *word, enum delivery_state *out)
{
    for (size_t i = 0; i < ARRAY_LEN(STATES); i++) {
        if (strcmp(STATES[i].word, word) == 0) {
            *out = (enum delivery_state)i;
            return true;
        }
    }
    return false;
}

bool delivery_state_is_final(enum delivery_state state)
{
    return STATES[state].is_final;
}

bool delivery_state_may_become(enum delivery_state from, enum delivery_state to)
{
    return (STATES[from].next & (1U << to)) != 0;
}

const char *lane_word(enum lane lane)
{
    return LANES[lane];
}

/* --- recalls, times --------------------------------------------------------------------------------------------- */

int ledger_recalled(struct db *db, const int64_t *ids, int n, bool *out)
{
    bool hold = false;
    int rc = ledger_is_on_hold(db, &hold);
    for (int i = 0; rc == 0 && i < n; i++) {
        int64_t recalled = 1;
        if (!hold)
            rc = db_get_int(db, &recalled, Q_DELIVERY_RECALLED, DB_ARGS(DB_INT(ids[i])));
        if (rc == ERR_NOT_FOUND)
            rc = 0; /* not claimed any more: it must not be sent */
        out[i] = recalled != 0;
    }
    return rc;
}

int ledger_pull_back(struct db *db, int64_t now_us, int64_t limit_us, int64_t *n)
{
    int64_t personal = 0;
    int rc = db_exec(db, n, Q_DELIVERY_PULL_BACK, DB_ARGS(DB_INT(now_us), DB_INT(limit_us)));
    if (rc == 0)
        rc = db_exec(db, &personal, Q_DELIVERY_PULL_BACK_PERSONAL, DB_ARGS(DB_INT(now_us), DB_INT(limit_us)));
    *n += personal;
    return rc;
}

int ledger_shift_due(struct db *db, int64_t delta_us, int64_t now_us, int64_t *n)
{
    int64_t personal = 0;
    int64_t others = 0;
    /* After a jump back also what is due already lies ahead of the clock. */
    int64_t from = delta_us < 0 ? now_us + delta_us : now_us;
    int rc = db_exec(db, NULL, Q_LANE_QUEUE_SHIFT, DB_ARGS(DB_INT(delta_us), DB_INT(from)));
    if (rc == 0)
        rc = db_exec(db, &others, Q_DELIVERY_SHIFT, DB_ARGS(DB_INT(delta_us), DB_INT(from)));
    if (rc == 0)
        rc = db_exec(db, &personal, Q_DELIVERY_SHIFT_PERSONAL, DB_ARGS(DB_INT(delta_us), DB_INT(from)));
    if (rc == 0)
        *n = others + personal;
    return rc;
}

/* --- record ---------------------------------------------------------------------------------------------------- */

/* Run a statement that takes one claimed row back, and see to its message when the row was withdrawn. */
static int take_back(struct db *db, enum query q, size_t n, const struct db_arg *args)
{
    struct db_rows *rows = NULL;
    int64_t message_id = 0;
    bool withdrawn = false;
    int rc = db_query(db, &rows, q, n, args);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        withdrawn = strcmp(db_text(rows, 0), delivery_state_word(DELIVERY_WITHDRAWN)) == 0;
        message_id = db_int(rows, 1);
        rc = db_next(rows); /* to its end: the change is whole then */
    } else if (rc == 0) {
        rc = ERR_BAD_STATE;
    }
    db_done(rows);
    if (rc == 0 && withdrawn)
        rc = db_exec(db, NULL, Q_LETTER_RELEASE_PERIOD, DB_ARGS(DB_INT(message_id), DB_INT(db_now_us(db))));
    return rc;
}

static int end_row(struct db *db, const struct ledger_result *r)
{
    int64_t changed = 0;
    int rc = db_exec(db, &changed, Q_DELIVERY_RECORD,
                     DB_ARGS(DB_INT(r->delivery_id), DB_TEXT(delivery_state_word(r->state)), DB_INT(r->due_us),
                             DB_INT(r->now_us), r->code ? DB_INT(r->code) : DB_NULL, DB_TEXT(r->status),
                             DB_TEXT(r->reply), DB_TEXT(r->step), DB_TEXT(r->relay)));
    return rc == 0 && changed == 0 ? ERR_BAD_STATE : rc;
}

/* How far `now_us` is ahead of what is proven: alerts end so much later. */
static int64_t unproven_us(struct db *db, int64_t now_us)
{
    int64_t proven_us = db_proven_us(db);
    return now_us > proven_us ? now_us - proven_us : 0;
}

static int postpone(struct db *db, const struct ledger_result *r)
{
    return take_back(db, Q_DELIVERY_POSTPONE,
                     DB_ARGS(DB_INT(r->delivery_id), DB_INT(r->due_us), DB_INT(r->now_us), DB_INT(r->give_back ? 1 : 0),
                             r->code ? DB_INT(r->code) : DB_NULL, DB_TEXT(r->status), DB_TEXT(r->reply),
                             DB_TEXT(r->step), DB_TEXT(r->relay), DB_INT(LEDGER_LAST_TRY_S * US_PER_S),
                             DB_INT(unproven_us(db, r->now_us))));
}

int ledger_record(struct db *db, const struct ledger_result *r)
{
    assert(delivery_state_may_become(DELIVERY_CLAIMED, r->state));
    int rc = r->state != DELIVERY_PENDING ? end_row(db, r) : postpone(db, r);
    return rc ? rc : ledger_attempt_keep(db, r);
}

int ledger_give_back(struct db *db, int64_t delivery_id, int64_t due_us)
{
    return take_back(db, Q_DELIVERY_GIVE_BACK, DB_ARGS(DB_INT(delivery_id), DB_INT(due_us), DB_INT(db_proven_us(db))));
}

/* A letter whose last row is final has been sent; a top-up finds it sent already. */
static int finish_letter(struct db *db, int64_t letter_id, int64_t message_id)
{
    struct actor actor = actor_daemon();
    char text[ID_TEXT_BYTES];
    int64_t changed = 0;
    int rc =
        db_exec(db, &changed, Q_LETTER_SENT, DB_ARGS(DB_INT(letter_id), DB_INT(db_now_us(db)), DB_INT(message_id)));
    if (rc || changed == 0)
        return rc;
    return audit_write(db, &actor, "letter.sent", id_format(ID_LETTER, letter_id, text), NULL);
}

/* Close one message if it has ended; either way it needs no second look until a row of it changes again. */
static int finish_message(struct db *db, int64_t message_id)
{
    int64_t letter_id = 0;
    int rc = db_get_int(db, &letter_id, Q_MESSAGE_FINISHABLE, DB_ARGS(DB_INT(message_id)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_MESSAGE_FINISH, DB_ARGS(DB_INT(message_id), DB_INT(db_now_us(db))));
    else if (rc == ERR_NOT_FOUND)
        rc = 0;
    if (rc == 0 && letter_id)
        rc = finish_letter(db, letter_id, message_id);
    return rc ? rc : db_exec(db, NULL, Q_MESSAGE_ENDED, DB_ARGS(DB_INT(message_id)));
}

int ledger_finish(struct db *db)
{
    int64_t ids[LEDGER_FINISH_MAX];
    int n = 0;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MESSAGE_ENDING, DB_ARGS(DB_INT(LEDGER_FINISH_MAX)));
    if (rc)
        return rc;
    while (n < LEDGER_FINISH_MAX && (rc = db_next(rows)) > 0)
        ids[n++] = db_int(rows, 0);
    db_done(rows);
    for (int i = 0; rc >= 0 && i < n; i++)
        rc = finish_message(db, ids[i]);
    return rc < 0 ? rc : n;
}

int ledger_recover(struct db *db, int64_t *n)
{
    return db_exec(db, n, Q_DELIVERY_RECOVER, DB_ARGS(DB_INT(db_now_us(db))));
}

int ledger_post(struct db *db, const char *kind, const char *title, const char *text, const char *address,
                const char *to_name, int64_t *message_id)
{
    struct address parsed;
    char hash[SHA256_HEX_BYTES];
    int rc = address_parse(address, &parsed, NULL);
    int64_t now = db_now_us(db);
    int64_t id = id_new(now);
    if (rc)
        return rc;
    rc = db_exec(db, NULL, Q_MESSAGE_INSERT,
                 DB_ARGS(DB_INT(id), DB_TEXT(kind), DB_INT(LANE_PERSONAL), DB_NULL, DB_TEXT("sending"), DB_TEXT(title),
                         DB_TEXT(text), DB_TEXT(sha256_hex(text, strlen(text), hash)), DB_TEXT("all"), DB_TEXT(""),
                         DB_NULL, DB_INT(0), DB_INT(now)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_DELIVERY_INSERT,
                     DB_ARGS(DB_INT(id_new(now)), DB_INT(id), DB_NULL, DB_NULL, DB_TEXT(parsed.full),
                             DB_TEXT(parsed.key), DB_TEXT(to_name), DB_INT(LANE_PERSONAL), DB_INT(now)));
    if (rc == 0)
        *message_id = id;
    return rc;
}

/* --- hold, key ------------------------------------------------------------------------------------------------- */

int ledger_set_hold(struct db *db, bool hold)
{
    return db_exec(db, NULL, Q_SETTING_PUT, DB_ARGS(DB_TEXT("hold"), DB_TEXT(hold ? "yes" : "no")));
}

int ledger_is_on_hold(struct db *db, bool *out)
{
    char *value = NULL;
    int rc = db_get_text(db, &value, Q_SETTING_GET, DB_ARGS(DB_TEXT("hold")));
    if (rc == 0 || rc == ERR_NOT_FOUND)
        *out = value && strcmp(value, "yes") == 0;
    free(value);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int ledger_token_key(struct db *db, uint8_t key[32])
{
    char *text = NULL;
    char hex[65];
    int rc = db_get_text(db, &text, Q_SETTING_GET, DB_ARGS(DB_TEXT("token_key")));
    if (rc == ERR_NOT_FOUND) {
        random_bytes(key, 32);
        return db_exec(db, NULL, Q_SETTING_PUT, DB_ARGS(DB_TEXT("token_key"), DB_TEXT(hex_encode(key, 32, hex))));
    }
    if (rc == 0 && (!text || hex_decode(text, key, 32) != 0))
        rc = ERR_CORRUPT;
    free(text);
    return rc;
}
