/*
 * Tells those who may send a suggestion of a VMA that there is one: officers, coordinators and administrators with a
 * mail address whose scope has one of its municipalities. One mail each, in the ledger. Writer, in the caller's
 * transaction.
 */
#ifndef GB_CORE_VMA_MAIL_H
#define GB_CORE_VMA_MAIL_H

#include <stdint.h>

#include "core/alert_words.h"

struct config;
struct db;

/* `type`: what is suggested. 0, or the store's error. */
int vma_mail_suggestion(struct db *db, const struct config *config, int64_t alert_id, enum alert_type type);

#endif
