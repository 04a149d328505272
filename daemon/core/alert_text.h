/*
 * The texts of an alert, from what was typed to what is stored: cleaned, bounded, with an SMS. Private to core.
 * Pure; errors are ERR_INVALID or ERR_TOO_LARGE with words.
 */
#ifndef GB_DAEMON_CORE_ALERT_TEXT_H
#define GB_DAEMON_CORE_ALERT_TEXT_H

#include "core/alert_row.h"

struct alert_input;
struct sms_text;

/* The lines of alert_source before the text's first. */
enum { ALERT_SOURCE_HEAD_LINES = 5 };

/* Words and texts of a new alert into an empty row, and its SMS into `sms` (zeroed by the caller) and row->sms. */
int alert_compose(const struct alert_input *in, struct alert_row *row, struct sms_text *sms, struct err *err);
/* The same for what follows `before`: what is not given stays as it was there. row->type is set. */
int alert_compose_follow(const struct alert_input *in, const struct alert_row *before, struct alert_row *row,
                         struct sms_text *sms, struct err *err);
/* The alert as a letter's source, for lint and the archive: head, text, and the instruction under a heading. Returns,
 * caller frees. */
char *alert_source(const struct alert_row *row);
/* The same of another title and text. */
char *alert_source_of(const char *title, const char *text, const char *instruction);

#endif
