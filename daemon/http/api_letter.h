/*
 * Letters in the API, shared by the two files of their routes: api_letter.c (the table, writing, approval, sending) and
 * api_letter_show.c (reading: list, one letter, lint, preview) and api_letter_report.c. Store threads.
 */
#ifndef GB_HTTP_API_LETTER_H
#define GB_HTTP_API_LETTER_H

#include <stdint.h>

struct api_call;
struct db;

/* The letter of the path's {id}, within the acting person's scope. */
int api_letter_find(struct api_call *call, struct db *db, int64_t *id);
/* call->result becomes the letter, without its audience. */
int api_letter_show(struct api_call *call, struct db *db, int64_t id);

int api_letter_list(struct api_call *call, struct db *db);
int api_letter_get(struct api_call *call, struct db *db);
int api_letter_lint(struct api_call *call, struct db *db);
int api_letter_preview(struct api_call *call, struct db *db);
int api_letter_report(struct api_call *call, struct db *db);

#endif
