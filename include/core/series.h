/*
 * Series: letters that recur by the calendar, within a scope. Called on a store thread; changes are audited.
 */
#ifndef GB_CORE_SERIES_H
#define GB_CORE_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/schedule.h"
#include "store/actor.h"

struct actor;
struct db;
struct err;

struct series_input {
    const char *name;        /* unique, 1 to 100 characters */
    const char *scope;       /* as scope_resolve takes it, not "all" */
    const char *letter_kind; /* monthly, weekly, info; NULL: monthly */
    const char *rrule;
    const char *time;        /* HH:MM */
    const char *time_zone;   /* NULL: the node's */
    const char *anchor_date; /* YYYY-MM-DD; NULL: today */
    bool working_day;        /* move off weekends and Swedish public holidays */
};

int series_add(struct db *db, const struct actor *actor, const struct series_input *in, int64_t *id, struct err *err);
/* A paused series asks for nothing and sends nothing by itself; periods that pass meanwhile are not made up for. */
int series_pause(struct db *db, const struct actor *actor, int64_t id, struct err *err);
int series_resume(struct db *db, const struct actor *actor, int64_t id, struct err *err);
/* By id ("ser_...") or name, within the scope. */
int series_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err);

/* One series as the scheduler needs it; series_fini frees. */
struct series {
    int64_t id;
    char *name;
    struct scope scope;
    char *letter_kind;
    struct schedule *schedule;
    bool is_paused;
    int64_t watched_from_us; /* periods due before this are not asked for */
};
int series_load(struct db *db, int64_t id, struct series *out, struct err *err);
void series_fini(struct series *series);
/* The occurrence that carries `period`; ERR_NOT_FOUND when the series has no such period. */
int series_occurrence(const struct series *series, const char *period, struct occurrence *out);

#endif
