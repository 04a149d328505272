/*
 * What replies and failures mean; the table of decisions is in deliver/smtp_policy.h.
 *
 * The cost of the two mistakes differs. Blaming a recipient for what is our fault (a login forgotten, a sender refused,
 * an address block on a list) suspends every contact person that a letter reaches; blaming us for what is the
 * recipient's pauses a relay until someone looks. Hence: only statuses that are known to speak of us count as OUR_FAULT
 * at RCPT, and all of class X.7 (security and policy) but those that are known to speak of the mailbox.
 */
#include "deliver/smtp_policy.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/smtp_reply.h"

/* Enhanced status (subject.detail; detail -1 = all others of the subject), whose it is. The first row that fits wins.
 */
#define STATUS_MAP(X)                                                          \
    X(1, 7, US)          /* bad sender's mailbox address syntax */             \
    X(1, 8, US)          /* bad sender's system address */                     \
    X(3, 4, US)          /* message too big for the system */                  \
    X(5, -1, US)         /* protocol: commands, syntax, parameters */          \
    X(6, -1, US)         /* content cannot be converted or delivered */        \
    X(7, 2, RECIPIENT)   /* no right to post to this list */                   \
    X(7, 13, RECIPIENT)  /* user account disabled */                           \
    X(7, 17, RECIPIENT)  /* mailbox owner has changed */                       \
    X(7, 18, RECIPIENT)  /* domain owner has changed */                        \
    X(7, 124, RECIPIENT) /* Exchange: sender not on the group's list */        \
    X(7, 129, RECIPIENT) /* Exchange: restricted recipient */                  \
    X(7, 133, RECIPIENT) /* Exchange: group takes only internal senders */     \
    X(7, 134, RECIPIENT) /* Exchange: mailbox takes only internal senders */   \
    X(7, 135, RECIPIENT) /* Exchange: public folder, internal senders */       \
    X(7, 136, RECIPIENT) /* Exchange: mail user takes only internal senders */ \
    X(7, -1, US)         /* policy, login, SPF, DKIM, DMARC, address blocks */

/* Reply codes that say it without an enhanced status. */
#define CODE_MAP(X)                                  \
    X(500) /* command not recognised */              \
    X(502) /* command not implemented */             \
    X(503) /* bad sequence */                        \
    X(504) /* parameter not implemented */           \
    X(521) /* accepts no mail (RFC 7504) */          \
    X(530) /* login or STARTTLS needed (RFC 4954) */ \
    X(534) /* login mechanism too weak */            \
    X(535) /* login refused */                       \
    X(538) /* encryption needed for the login */     \
    X(555) /* MAIL or RCPT parameters */

enum whose { US, RECIPIENT };

const char *smtp_state_word(enum smtp_state state)
{
    static const char *const words[] = {
#define STATE_WORD(id, word, timeout_ms, next) [SMTP_STATE_##id] = (word),
        SMTP_STATE_MAP(STATE_WORD)
#undef STATE_WORD
    };
    assert((size_t)state < ARRAY_LEN(words));
    return words[state];
}

/* The two numbers after the class of a permanent status, "5.SUBJECT.DETAIL" (RFC 3463 2). */
static bool read_status(const char *status, long *subject, long *detail)
{
    if (strncmp(status, "5.", 2) != 0)
        return false;
    char *end = NULL;
    *subject = strtol(status + 2, &end, 10);
    if (end == status + 2 || *end != '.')
        return false;
    const char *second = end + 1;
    *detail = strtol(second, &end, 10);
    return end != second;
}

static bool is_about_us(const struct smtp_reply *r)
{
    static const struct {
        int subject, detail;
        enum whose whose;
    } rows[] = {
#define STATUS_ROW(subject, detail, whose) {subject, detail, whose},
        STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
    };
    long subject = 0;
    long detail = 0;
    if (read_status(r->status, &subject, &detail)) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            if (rows[i].subject == subject && (rows[i].detail == detail || rows[i].detail < 0))
                return rows[i].whose == US;
        }
    }
    switch (r->code) {
#define CODE_CASE(code) case code:
        CODE_MAP(CODE_CASE)
#undef CODE_CASE
        return true;
    default:
        return false;
    }
}

static void set(struct outcome *out, enum outcome_kind kind, enum smtp_state state, const struct smtp_reply *r)
{
    *out = (struct outcome){.kind = kind, .step = smtp_state_word(state)};
    if (r) {
        out->code = r->code;
        memcpy(out->status, r->status, sizeof out->status);
        memcpy(out->text, r->text, sizeof out->text);
    }
}

static void set_words(struct outcome *out, const char *words, const char *detail)
{
    size_t len = strlen(out->text);
    if (len > 0)
        smtp_reply_clean(out->text, sizeof out->text, &len, ": ", 2);
    smtp_reply_clean(out->text, sizeof out->text, &len, words, strlen(words));
    if (!detail || detail[0] == '\0')
        return;
    smtp_reply_clean(out->text, sizeof out->text, &len, " (", 2);
    smtp_reply_clean(out->text, sizeof out->text, &len, detail, strlen(detail));
    smtp_reply_clean(out->text, sizeof out->text, &len, ")", 1);
}

void smtp_policy_reply(enum smtp_state state, const struct smtp_reply *r, struct outcome *out)
{
    int class = r->code / 100;
    assert(class == 4 || class == 5 || (class == 2 && state == SMTP_STATE_DOT));
    enum outcome_kind kind = OUTCOME_SENT;
    if (class == 4) /* no recipient has been named at MAIL, so none is put off; 421 is the connection's end */
        kind = state == SMTP_STATE_MAIL && r->code != 421 ? OUTCOME_OUR_FAULT : OUTCOME_RETRY;
    else if (class == 5)
        kind = state == SMTP_STATE_MAIL || is_about_us(r) ? OUTCOME_OUR_FAULT : OUTCOME_FAILED;
    set(out, kind, state, r);
}

void smtp_policy_break(enum smtp_state state, enum smtp_break why, const char *detail, struct outcome *out)
{
    static const char *const words[] = {
#define BREAK_WORD(id, text) [SMTP_BREAK_##id] = (text),
        SMTP_BREAK_MAP(BREAK_WORD)
#undef BREAK_WORD
    };
    set(out, state == SMTP_STATE_DOT ? OUTCOME_UNCERTAIN : OUTCOME_RETRY, state, NULL);
    set_words(out, words[why], detail);
}

bool smtp_policy_is_too_many(const struct smtp_reply *r)
{
    if (r->code == 421 || (r->code / 100 != 4 && r->code / 100 != 5))
        return false;
    if (r->status[0])
        return strcmp(r->status + 1, ".5.3") == 0;
    return (r->code == 452 || r->code == 552) && strcasestr(r->text, "recipient") != NULL;
}

bool smtp_policy_is_untouched(enum smtp_state state, enum smtp_break why, bool may_be_limit)
{
    const unsigned before_body =
        SMTP_TO(CHECK) | SMTP_TO(RSET) | SMTP_TO(MAIL) | SMTP_TO(RCPT) | SMTP_TO(DATA) | SMTP_TO(PERMIT);
    if ((before_body & (1U << state)) == 0)
        return false;
    bool is_ours = why == SMTP_BREAK_HELD || why == SMTP_BREAK_ABORTED;
    bool has_gone = why == SMTP_BREAK_CLOSED || why == SMTP_BREAK_LOST;
    return is_ours || (has_gone && may_be_limit);
}

void smtp_policy_connect(enum smtp_connect_failure failure, const struct smtp_reply *r, const char *words,
                         struct outcome *out)
{
    static const enum outcome_kind kinds[] = {
#define CONNECT_KIND(id, kind) [SMTP_CONNECT_##id] = OUTCOME_##kind,
        SMTP_CONNECT_FAILURE_MAP(CONNECT_KIND)
#undef CONNECT_KIND
    };
    enum outcome_kind kind = kinds[failure];
    bool decides =
        r && (failure == SMTP_CONNECT_REFUSED || failure == SMTP_CONNECT_LOGIN || failure == SMTP_CONNECT_TLS);
    if (decides)
        kind = r->code / 100 == 5 ? OUTCOME_OUR_FAULT : OUTCOME_RETRY;
    set(out, kind, SMTP_STATE_CONNECT, decides ? r : NULL);
    if (words && out->text[0] == '\0')
        set_words(out, words, NULL);
}

void smtp_policy_local(enum outcome_kind kind, const char *words, struct outcome *out)
{
    set(out, kind, SMTP_STATE_CHECK, NULL);
    set_words(out, words, NULL);
}
