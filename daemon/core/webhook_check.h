/*
 * What is typed for a new endpoint, checked and in the form of the store; for core/webhook.c only. Ownership: _check
 * fills, _fini frees and wipes, also after an error. No error text has a URL, password or token in it.
 */
#ifndef GB_CORE_WEBHOOK_CHECK_H
#define GB_CORE_WEBHOOK_CHECK_H

#include <jansson.h>

#include "core/webhook.h"
#include "core/webhook_format.h"

struct webhook_checked {
    enum webhook_format format;
    char *url, *name;
    json_t *settings;
    char *user, *credential; /* NULL: none */
    const char *kinds[WEBHOOK_KINDS_MAX];
    size_t kind_count;
    char *recipients[WEBHOOK_RECIPIENTS_MAX];
    size_t recipient_count;
};

int webhook_check(const struct webhook_rules *rules, const struct webhook_input *in, struct webhook_checked *out,
                  struct err *err);
void webhook_checked_fini(struct webhook_checked *checked);

#endif
