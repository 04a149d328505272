/*
 * The inside of the formats (core/webhook_format.h): what webhook_format.c, webhook_json.c, webhook_chat.c,
 * webhook_slack.c and webhook_template.c share. Each format fills message->body, and changes method, URL and headers
 * where it has its own. Pure; any thread.
 */
#ifndef GB_CORE_WEBHOOK_FORMATS_H
#define GB_CORE_WEBHOOK_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/webhook_event.h"
#include "core/webhook_format.h"

/* --- texts cut to a limit ---------------------------------------------------------------------------------------- */

/* Appends one character of `n` bytes as it is written in the format. */
typedef void (*webhook_escape)(struct buf *out, const char *character, size_t n);
void webhook_escape_none(struct buf *out, const char *character, size_t n);

enum webhook_unit { WEBHOOK_CHARS, WEBHOOK_BYTES };
/* Appends as much of `text` as takes at most `max` units as written; what is cut off shows as "…". */
void webhook_add_text(struct buf *out, const char *text, webhook_escape escape, enum webhook_unit unit, size_t max);
/* The same into a new JSON text. */
json_t *webhook_json_text(const char *text, webhook_escape escape, enum webhook_unit unit, size_t max);
/* A JSON text as it is; what is no UTF-8 becomes U+FFFD. */
json_t *webhook_json_string(const char *text);
/* The time of day in UTC, RFC 3339; null for 0. */
json_t *webhook_json_time(int64_t us);

/* The lines below the text: where, until when, from whom. Plain text; lines end with a line feed. */
void webhook_add_facts(struct buf *out, const struct webhook_event *event);
/* Everything but the heading as plain text of at most `max_bytes`; a text that is cut ends with a link. */
void webhook_add_prose(struct buf *out, const struct webhook_event *event, size_t max_bytes);

extern const char WEBHOOK_EXERCISE_LINE[];

/* --- formats: 0, ERR_TOO_LARGE, or as webhook_format says --------------------------------------------------------- */

/* The body from a JSON value, which is taken. */
int webhook_body_json(struct webhook_message *message, json_t *value);

int webhook_standard(const struct webhook_event *event, struct webhook_message *out);
int webhook_cloudevents(const struct webhook_event *event, const struct config *config, struct webhook_message *out);
int webhook_slack(const struct webhook_event *event, struct webhook_message *out);
int webhook_mattermost(const struct webhook_event *event, struct webhook_message *out);
int webhook_teams(const struct webhook_event *event, struct webhook_message *out);
int webhook_matrix(const struct webhook_event *event, const struct webhook_target *target, struct webhook_message *out);
int webhook_ntfy(const struct webhook_event *event, const struct webhook_target *target, struct webhook_message *out);
int webhook_sms(const struct webhook_event *event, const struct webhook_target *target, struct webhook_message *out);
int webhook_template(const struct webhook_event *event, const struct webhook_target *target,
                     struct webhook_message *out, struct err *err);

/* RFC 3986: all but letters, digits and "-._~" as %XX. */
void webhook_add_percent(struct buf *out, const char *text);

#endif
