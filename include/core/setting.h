/*
 * Small facts of the installation in the table `setting`, as text or number: who stopped all sending, what was
 * restored. On a store thread, in the caller's transaction.
 */
#ifndef GB_CORE_SETTING_H
#define GB_CORE_SETTING_H

#include <stddef.h>
#include <stdint.h>

struct db;

int setting_put(struct db *db, const char *name, const char *value);
int setting_put_int(struct db *db, const char *name, int64_t value);
/* The value, cut between characters to `room`; "" when there is none. 0 or the store's error. */
int setting_get(struct db *db, const char *name, char *out, size_t room);
/* The number; 0 when there is none. */
int setting_get_int(struct db *db, const char *name, int64_t *out);

#endif
