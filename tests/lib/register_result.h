/*
 * A register read into text, so that tests compare texts: a row is
 * "line code group|kind|state|district|postal|activated|count|joined|signs|met|name|role|addresses|phones|trained",
 * with
 * "." for what is not filled; a problem is "severity line:column CODE found > suggestion".
 */
#ifndef GB_TESTS_REGISTER_RESULT_H
#define GB_TESTS_REGISTER_RESULT_H

#include "base/buf.h"
#include "base/err.h"
#include "core/register.h"

struct register_result {
    struct buf rows, problems;
    struct buf last_sv; /* the Swedish words of the last problem */
    struct register_summary summary;
    struct err err;
    int rc;
    int stop_after; /* the row after which the callback ends the reading with ERR_CANCELED; 0: never */
};

/* The callbacks that fill a result (ctx). */
int register_result_on_row(void *ctx, const struct register_row *row);
void register_result_on_problem(void *ctx, const struct register_problem *p);

void register_result_read_with(struct register_result *r, const struct register_options *options, const void *data,
                               size_t n);
/* For municipality 1292, and names of three municipalities known. */
void register_result_read(struct register_result *r, const void *data, size_t n);
void register_result_done(struct register_result *r);
/* Read and compare. */
void register_result_check(const char *data, int rc, const char *rows, const char *problems);

#endif
