/*
 * Taking area files (core/area_file.h) into the store: the shipped tables at the first start, and changed ones from
 * `grannbud area import`. On the writer thread, in the caller's transaction: all rows or none. The same file again
 * changes nothing.
 */
#ifndef GB_CORE_AREA_LOAD_H
#define GB_CORE_AREA_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct actor;
struct db;
struct err;
struct file_errors;

struct area_load_result {
    int rows, changed;
};

/* One file's text; what it refers to may stand in the store already. ERR_INVALID with texts in `errors`. */
int area_load_text(struct db *db, const struct actor *actor, const char *text, size_t n, const char *today,
                   struct area_load_result *out, struct file_errors *errors, struct err *err);
/* All shipped files in `dir`. */
int area_load_dir(struct db *db, const struct actor *actor, const char *dir, const char *today,
                  struct area_load_result *out, struct err *err);
/* Does the store have no municipality yet? */
int area_is_empty(struct db *db, int *out);

#endif
