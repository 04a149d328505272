/*
 * Areas in the store: counties, municipalities, police regions and local police areas, and what a
 * scope covers. Called on a store thread; errors are negative codes with words in `err`.
 */
#ifndef GB_CORE_AREA_H
#define GB_CORE_AREA_H

#include <stdint.h>

#include "store/actor.h"

struct db;
struct err;

enum { MUNICIPALITY_CODE_BYTES = 5, AREA_DATE_BYTES = 11 };

/* Take over one row; the same row again changes nothing. *changed counts rows that were new or different. */
int area_put_county(struct db *db, const char *code, const char *name, int *changed);
int area_put_municipality(struct db *db, const char *code, const char *name, const char *county_code, int *changed);
int area_put_police_region(struct db *db, const char *code, const char *name, int *changed);
struct police_area_row {
    const char *code, *name, *division, *region_code, *valid_from, *valid_to; /* division, valid_to may be NULL */
};
int area_put_police_area(struct db *db, const struct police_area_row *row, int *changed);
int area_put_police_area_municipality(struct db *db, const char *police_area, const char *municipality,
                                      const char *valid_from, const char *valid_to, int *changed);

/* Work out anew what each scope covers on the local date `today` (YYYY-MM-DD). Daily, and after an import. */
int area_refresh_scopes(struct db *db, const char *today);

/* A municipality by code ("1292", "765") or name ("Ängelholm"); tells what to write when there is none. */
int area_find_municipality(struct db *db, const char *text, char code[MUNICIPALITY_CODE_BYTES], struct err *err);
/* A local police area by code ("angelholm") or name ("Ängelholm"). */
int area_find_police_area(struct db *db, const char *text, char code[SCOPE_CODE_BYTES], struct err *err);

/* "all", "police_area:angelholm", "municipality:1292", "group:grp_...", or kind and code apart, checked against the
 * store. A bare name or code is looked up: municipality first, then police area. */
int scope_resolve(struct db *db, const char *text, struct scope *out, struct err *err);
/* "police_area:angelholm" into out[80]; returns out. */
char *scope_format(const struct scope *scope, char out[80]);
/* The municipality that a SCOPE_GROUP lies in, as seen from `within`; ERR_NOT_FOUND. */
int scope_group_municipality(struct db *db, const struct scope *within, const struct scope *group,
                             char code[MUNICIPALITY_CODE_BYTES]);
/* 0 when every municipality of `target` lies in the actor's scope; ERR_NOT_FOUND when not (a stranger is not even
 * told that it exists). A group's target is its municipality. */
int scope_check_covers(struct db *db, const struct actor *actor, const struct scope *target, struct err *err);

#endif
