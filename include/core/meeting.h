/*
 * Meetings to come: those of contact persons, dialogues, courses. They stand in the public calendar
 * (/feed/calendar.ics) and so are for everybody to read.
 *
 * Called on a store thread; acting person, scope and audit as in core/group.h: a meeting is added, changed and removed
 * by whose area covers it. Never logs.
 */
#ifndef GB_CORE_MEETING_H
#define GB_CORE_MEETING_H

#include <stdint.h>

struct actor;
struct db;
struct err;

enum {
    MEETING_TITLE_CHARS = 120,
    MEETING_PLACE_CHARS = 200,
    MEETING_NOTE_CHARS = 1000,
    MEETING_DAYS_MAX = 14, /* from its beginning to its end */
    MEETING_AHEAD_DAYS = 3 * 366,
    MEETING_HOURS = 2, /* when no end is told */
    MEETING_LIST_MAX = 1000,
    MEETING_KEPT_DAYS = 3660, /* after its end */
};

enum { MEETING_ENDS_AS_USUAL = -1 };

/* Texts as typed; NULL: not given, or, for a change, as it is. */
struct meeting_input {
    const char *title; /* required */
    const char *scope; /* as scope_resolve takes it: a police area or a municipality */
    const char *place, *note;
    int64_t starts_us; /* required, ahead */
    int64_t ends_us;   /* 0: MEETING_HOURS after it begins; for a change: it lasts as long as before */
};

/* ERR_INVALID, ERR_NOT_FOUND or ERR_FORBIDDEN with words. */
int meeting_add(struct db *db, const struct actor *actor, const struct meeting_input *in, int64_t *id, struct err *err);
/* By id ("mtg_..."). Calendars see a new SEQUENCE, unless nothing is other than it was. The person's area covers the
 * meeting's, also the new one. ends_us may be MEETING_ENDS_AS_USUAL. What has begun can be changed but for its
 * beginning. */
int meeting_edit(struct db *db, const struct actor *actor, const char *id, const struct meeting_input *in, int64_t *out,
                 struct err *err);
/* By id ("mtg_..."). */
int meeting_remove(struct db *db, const struct actor *actor, const char *id, struct err *err);
/* Housekeeping: those that ended longer than MEETING_KEPT_DAYS ago are gone. */
int meeting_forget(struct db *db, int64_t now_us);

#endif
