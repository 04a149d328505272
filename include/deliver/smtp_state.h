/*
 * The states of an SMTP conversation, in one table: the session steps through them, the policy judges by them, the
 * outcomes carry their words. Facts only.
 *
 *             ┌──────────────────────────────────────────────────────────────────────┐
 *             ▼                                                                      │
 * CONNECT ─► IDLE ─► [RSET ─►] MAIL ─► RCPT* ─► DATA ─► [PERMIT ─►] BODY ─► DOT ─► an outcome
 *             │ └──► CHECK ──────┴───────┴───────┼───────────────────────────────────┤
 *             ▼         (refused by ourselves)   └──► CANCEL (354 though refused) ───┘
 *            QUIT ─► CLOSED ◄── from everywhere
 */
#ifndef GB_DELIVER_SMTP_STATE_H
#define GB_DELIVER_SMTP_STATE_H

/*
 * Identifier, word for the log and the ledger, default time-out in ms, states that may follow (CLOSED always may).
 * The time-outs of MAIL to DOT are those of RFC 5321 4.5.3.2; BODY's counts anew with each block that has left. A relay
 * is ours to choose and has a stand-in, so connecting and parting get less. PERMIT waits for our own side. CHECK's 0 is
 * "in the next turn of the loop". RCPT is entered for each recipient.
 */
#define SMTP_STATE_MAP(X)                                                                                      \
    X(CONNECT, "connect", 60000, SMTP_TO(IDLE))                                                                \
    X(IDLE, "idle", 240000, SMTP_TO(CHECK) | SMTP_TO(RSET) | SMTP_TO(MAIL) | SMTP_TO(QUIT))                    \
    X(CHECK, "check", 0, SMTP_TO(IDLE) | SMTP_TO(QUIT))                                                        \
    X(RSET, "RSET", 60000, SMTP_TO(MAIL))                                                                      \
    X(MAIL, "MAIL", 300000, SMTP_TO(RCPT) | SMTP_TO(IDLE) | SMTP_TO(QUIT))                                     \
    X(RCPT, "RCPT", 300000, SMTP_TO(RCPT) | SMTP_TO(DATA) | SMTP_TO(IDLE) | SMTP_TO(QUIT))                     \
    X(DATA, "DATA", 120000, SMTP_TO(PERMIT) | SMTP_TO(BODY) | SMTP_TO(CANCEL) | SMTP_TO(IDLE) | SMTP_TO(QUIT)) \
    X(PERMIT, "permit", 30000, SMTP_TO(BODY))                                                                  \
    X(BODY, "body", 180000, SMTP_TO(DOT))                                                                      \
    X(DOT, "final dot", 600000, SMTP_TO(IDLE) | SMTP_TO(QUIT))                                                 \
    X(CANCEL, "lone dot", 120000, SMTP_TO(IDLE) | SMTP_TO(QUIT))                                               \
    X(QUIT, "QUIT", 5000, 0)                                                                                   \
    X(CLOSED, "closed", 0, 0)

enum smtp_state {
#define SMTP_STATE_ENUM(id, word, timeout_ms, next) SMTP_STATE_##id,
    SMTP_STATE_MAP(SMTP_STATE_ENUM)
#undef SMTP_STATE_ENUM
        SMTP_STATE_COUNT
};

#define SMTP_TO(id) (1U << SMTP_STATE_##id)

/* The word of the table; static, never NULL. Kept in smtp_policy.c. */
const char *smtp_state_word(enum smtp_state state);

#endif
