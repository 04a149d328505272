/*
 * The mail of an alert, an update or a recall: subject, what must not be missed above the text, the text, the same in
 * English when there is one, and the footer. Nothing in it is one reader's, so that many can share one copy; used by
 * letter_mail.c, which knows the recipients.
 *
 * Threads: the copy that a reader has is <dlv_ID@domain>, or <msg_ID@domain> where many shared one. What follows names
 * both in References, since a reader's first copy may have been either.
 *
 * Reads the store: on a store thread. Never the network; times are the node's zone.
 */
#ifndef GB_DELIVER_ALERT_MAIL_H
#define GB_DELIVER_ALERT_MAIL_H

#include <stdint.h>

struct db;
struct err;
struct letter_sender;
struct mail_form;

enum { ALERT_REFERENCES_MAX = 8 }; /* messages; a thread has one to three, and the newest are those that readers have */

struct alert_mail_input {
    int64_t alert_id;
    int64_t thread_id, thread_pos; /* as in message */
};

struct alert_mail {
    struct mail_form *form; /* the caller frees it with mail_form_free ... */
    char *references;       /* ... and this: the thread's earlier messages, "" for the first */
    int64_t not_before_us;  /* when it goes out at the earliest */
};

/* 0 and *out; ERR_NOT_FOUND, or ERR_INVALID with words when it cannot be made into a mail. */
int alert_mail_compile(struct db *db, const struct letter_sender *sender, const struct alert_mail_input *in,
                       struct alert_mail *out, struct err *err);

#endif
