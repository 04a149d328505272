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
    const char *letter_kind; /* monthly, weekly, info; NULL: as the rule's FREQ says */
    const char *rrule;
    const char *time;        /* HH:MM */
    const char *time_zone;   /* IANA; NULL: the node's ($TZ, which main sets) */
    const char *anchor_date; /* YYYY-MM-DD; NULL: today where the node is */
    bool working_day;        /* move off weekends and Swedish public holidays */
    bool covers_previous;    /* the letter of 1 April is about March: its period is the month before */
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
    bool covers_previous;
    int64_t watched_from_us; /* periods due before this are not asked for */
};
int series_load(struct db *db, int64_t id, struct series *out, struct err *err);
void series_fini(struct series *series);
/* The label under which people know the letter of an occurrence: the schedule's, or the month before it where the
 * series covers_previous. Returns out, of PERIOD_TEXT_BYTES. */
char *series_period_of(const struct series *series, const struct occurrence *occurrence, char *out);
/* Put that label into the occurrence. */
void series_label(const struct series *series, struct occurrence *occurrence);
/* The occurrence whose letter carries the label `period`, with that label; ERR_NOT_FOUND when the series has no such
 * period. */
int series_occurrence(const struct series *series, const char *period, struct occurrence *out);

#endif
