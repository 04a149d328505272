/*
 * An alert as it is written in a file: Markdown with a head of `key: value` lines, as letters have.
 *
 *   ---
 *   kind: burglary_ongoing
 *   title: Inbrott pågår i Exempelby
 *   areas: ["angelholm"]
 *   expires: 6h
 *   ---
 *   Två villor sedan klockan 20 ...
 *
 *   ## Gör så här
 *   Ring 112 om du ser något pågå.
 *
 * The head may be left out. Keys are those of the API (title kind severity urgency certainty classification sms expires
 * exercise life_danger title_en), and whom it is for: municipalities areas groups group_kinds (lists), circle, polygon.
 * Below "## Gör så här" stands the instruction, below "## In English" the English text.
 *
 * Called by the command line; what the daemon knows better (is there such a kind?) is left to it. Pure: no files, no
 * state, any thread. Ownership: what is read is put into the caller's object.
 */
#ifndef GB_CLI_ALERT_FILE_H
#define GB_CLI_ALERT_FILE_H

#include <stddef.h>

#include <jansson.h>

struct err;

enum { ALERT_FILE_MAX_BYTES = 64 * 1024, ALERT_FILE_POINTS_MAX = 500 };

/* 0 with members of a POST in `body`, or ERR_INVALID with "NAME, line 3: what is wrong: what to do"; `body` may then
 * hold a part. */
int alert_file_parse(const char *text, size_t n, const char *name, json_t *body, struct err *err);

/* "56.24,12.86,5" as {"lat", "lon", "radius_km"}; "56.2,12.8 56.3,12.8 56.3,12.9" as [[lat, lon], ...]. NULL with words
 * when it is none. Returns, caller releases. Degrees are checked by the daemon. */
json_t *alert_circle(const char *text, struct err *err);
json_t *alert_polygon(const char *text, struct err *err);
/* Puts "2h" as expires_in and a time as expires. */
void alert_put_expiry(json_t *body, const char *text);

#endif
