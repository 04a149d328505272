/*
 * The Swedish of messages that officers meet (alerts, meetings, places), by the English format that err_set is given:
 * one table, so that a call says what is wrong once, and a message without Swedish is only English. Called by err_set.
 * Pure, any thread. tests/system/test_swedish.py holds it to the calls.
 */
#ifndef GB_BASE_ERR_SWEDISH_H
#define GB_BASE_ERR_SWEDISH_H

#include <stddef.h>

/* The Swedish takes the same arguments as the English, in their order; it may leave out the last ones. */
struct err_words {
    const char *en, *sv;
};

/* The Swedish format, or NULL. */
const char *err_swedish(const char *en) __attribute__((format_arg(1)));
/* The i-th of the table; NULL after the last. */
const struct err_words *err_swedish_at(size_t i);

#endif
