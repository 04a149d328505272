/*
 * The outcome of one delivery attempt, as a value: built where the failure is seen, carried
 * unchanged to the ledger, the log and `grannbud why` (after Postfix's dsn_buf).
 * The failure of a delivery is never an error code.
 */
#ifndef GB_DELIVER_OUTCOME_H
#define GB_DELIVER_OUTCOME_H

/* identifier, word, what it means for the ledger row */
#define OUTCOME_MAP(X)                                                                                     \
    X(SENT, "sent", "the relay took responsibility (2xx after the final dot)")                             \
    X(RETRY, "retry", "not delivered for certain; may be tried again later")                               \
    X(FAILED, "failed", "refused for this recipient, finally (5xx)")                                       \
    X(UNCERTAIN, "uncertain", "the final dot left us and no reply came")                                   \
    X(OUR_FAULT, "our fault",                                                                              \
      "refused because of us (login, sender, TLS, policy): the relay pauses, the recipient is not blamed") \
    X(UNTOUCHED, "untouched", "the connection ended before this one was judged, by no fault of it: no attempt counts")

enum outcome_kind {
#define OUTCOME_ENUM(id, word, text) OUTCOME_##id,
    OUTCOME_MAP(OUTCOME_ENUM)
#undef OUTCOME_ENUM
};

enum { OUTCOME_TEXT_BYTES = 512, OUTCOME_STATUS_BYTES = 12 };

struct outcome {
    enum outcome_kind kind;
    int code;                          /* SMTP reply code, or 0 when there was no reply */
    char status[OUTCOME_STATUS_BYTES]; /* enhanced status code "5.1.1" (RFC 3463), or "" */
    char text[OUTCOME_TEXT_BYTES]; /* the reply, lines joined by " / ", or our own words; valid UTF-8 without control
                                      characters */
    const char *step;              /* where in the conversation: "connect", "MAIL", ...; static */
};

/* The word of the table; never NULL. */
const char *outcome_word(enum outcome_kind kind);

#endif
