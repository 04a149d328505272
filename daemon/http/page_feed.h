/*
 * The pages behind /feed that have files of their own; the table of routes is in page_feed.c. Handlers as in
 * http/api.h: anybody may call them, without a login.
 */
#ifndef GB_HTTP_PAGE_FEED_H
#define GB_HTTP_PAGE_FEED_H

struct api_call;
struct db;

/* GET /feed/alerts/{id}: an alert as a page; with ".cap" behind the id, as CAP. */
int page_alert(struct api_call *call, struct db *db);
/* GET /feed/letters.atom and /feed/letters/{id}. */
int page_letter_feed(struct api_call *call, struct db *db);
int page_letter(struct api_call *call, struct db *db);
/* GET /feed/calendar.ics: letters and meetings to come. */
int page_calendar(struct api_call *call, struct db *db);

#endif
