/*
 * The daemon's JSON for people: lists as tables, things as "Label: value" lines.
 *
 * Knows no noun: what a member means is its name. Unknown members are shown too, so that a newer daemon hides nothing.
 * Times are cut to minutes and keep the node's zone, in which the daemon writes them.
 */
#ifndef GB_CLI_SHOW_H
#define GB_CLI_SHOW_H

#include <stdio.h>

#include <jansson.h>

struct buf;

enum { SHOW_VALUE_BYTES = 64 * 1024 };

/* One value: yes/no, "2026-04-01 09:00", "a, b", "-" for null. Appends. */
void show_value(struct buf *out, const json_t *value);
/* A list; `columns` as in struct cli_command. Columns that no row has are left out; `empty` is said when no row is. */
void show_list(FILE *out, const json_t *rows, const char *columns, const char *empty);
/* A thing, member by member. */
void show_object(FILE *out, const json_t *object);
/* `text` with {member} replaced, and a line end. A sentence in [] is left out when one of its members is absent. */
void show_sentence(FILE *out, const char *text, const json_t *object);

/* Members, with what to think when they are absent or of another type. */
const char *show_text(const json_t *object, const char *key, const char *fallback);
long long show_number(const json_t *object, const char *key);

#endif
