/*
 * From a message in the ledger to a compiled mail, and to what a person previews: the one place where a letter's
 * text, the sender of the configuration and the mail writer meet.
 *
 * letter_mail_compile and letter_mail_preview run on a store thread (they read names); letter_mail_fill is pure. A form
 * is compiled once per message and municipality and filled for every recipient.
 */
#ifndef GB_DELIVER_LETTER_MAIL_H
#define GB_DELIVER_LETTER_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ledger.h"

struct buf;
struct config;
struct db;
struct err;
struct mail_form;

/* Who sends, copied out of the configuration so that it may change meanwhile. */
struct letter_sender {
    char *from_name, *from_address, *reply_to, *organisation, *envelope_domain, *list_domain, *base_url, *node_name;
    uint8_t token_key[32];
};
struct letter_sender *letter_sender_new(const struct config *config, const uint8_t token_key[32]);
void letter_sender_free(struct letter_sender *sender);

/* A compiled message for one municipality ("" for none). */
struct letter_mail {
    struct mail_form *form;
    char *period_words; /* "mars 2026", "" without a period */
    char *message_kind;
    char *references;      /* of an alert: the messages that it follows, "" for none; NULL of others */
    int64_t not_before_us; /* of an alert; 0 for others */
    size_t bytes;          /* the memory that it takes, estimated */
};
/* The municipality to compile it for, of one delivery: an alert reads the same everywhere. */
const char *letter_mail_municipality(const struct job *job);
/* 0 and *out, freed with letter_mail_free; ERR_INVALID with words when the letter cannot be made into a mail. */
int letter_mail_compile(struct db *db, const struct letter_sender *sender, int64_t message_id,
                        const char *municipality_code, struct letter_mail **out, struct err *err);
void letter_mail_free(struct letter_mail *mail);

/* The envelope of one delivery. */
struct letter_envelope {
    char mail_from[JOB_ADDRESS_BYTES];
    char rcpt_to[JOB_ADDRESS_BYTES]; /* the domain in ASCII */
    bool needs_smtputf8;
};
/* Write the whole message to one recipient into `out` (replaced), CRLF and not dot-stuffed. The same job gives the same
 * bytes, so that a retry is a repetition. `smtputf8`: the session offers it. */
int letter_mail_fill(const struct letter_mail *mail, const struct letter_sender *sender, const struct job *job,
                     bool smtputf8, struct letter_envelope *envelope, struct buf *out, struct err *err);

/*
 * One copy for several recipients, who do not see each other: To is an empty group, Message-ID is the message's, and no
 * name, link or token of a person is inside. The return path cannot name a delivery (VERP needs a copy each), and one
 * of them in the name of all would have the wrong reader blamed for a bounce: it names the message, and the bounce
 * itself whom it is about (RFC 3464, Final-Recipient).
 */

/* Is this mail fit for that? Letters are not. */
bool letter_mail_is_shared(const struct letter_mail *mail);
/* As letter_mail_fill: `job` is any of the message, and all give the same bytes. Fills in mail_from of the envelope
 * alone; nothing needs SMTPUTF8. */
int letter_mail_fill_shared(const struct letter_mail *mail, const struct letter_sender *sender, const struct job *job,
                            struct letter_envelope *envelope, struct buf *out, struct err *err);
/* Where one delivery goes: rcpt_to and needs_smtputf8 of the envelope. ERR_INVALID with words for a broken address. */
int letter_mail_address(const struct job *job, char rcpt_to[JOB_ADDRESS_BYTES], bool *needs_smtputf8, struct err *err);

/* What one reader will see: the letter of `source` for a municipality with a group's and a person's name. */
struct letter_preview_input {
    const char *source;
    const char *municipality_code; /* "" for none */
    const char *municipality_name, *area_name, *group_name, *person_name;
};
int letter_mail_preview(const struct letter_preview_input *in, struct buf *subject, struct buf *text, struct buf *html,
                        struct err *err);

#endif
