/*
 * A letter's Markdown becomes a form (core/mail_form.h) for one municipality, with its footer and the fields of its
 * list. Used by letter_mail.c, which knows the ledger and the recipients. Pure, any thread.
 */
#ifndef GB_DELIVER_LETTER_FORM_H
#define GB_DELIVER_LETTER_FORM_H

#include <stdbool.h>

struct err;
struct letter_sender;
struct mail_form;

struct letter_form_input {
    const char *source;            /* the letter as it was approved */
    const char *list_label;        /* of List-Id: "angelholm", "kommun-1292" */
    const char *municipality_code; /* "" for none */
    bool is_test;                  /* a copy for who writes it */
};

/* 0 and *out, freed with mail_form_free; ERR_INVALID with words when it cannot be made into a mail. */
int letter_form_compile(const struct letter_sender *sender, const struct letter_form_input *in, struct mail_form **out,
                        struct err *err);

#endif
