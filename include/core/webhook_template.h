/*
 * Bodies of the endpoint's own making: text with slots such as {{title}}, filled with each event.
 *
 * What a slot gives is escaped for the content type: JSON (inside a string), XML and HTML, a form, plain text. A
 * template is tried when it is registered: unknown slots are refused with the nearest known one, a JSON template has to
 * give JSON whatever the texts hold, and one of the slots that say that an exercise is one has to be in it.
 * Pure, any thread; bounded by WEBHOOK_TEMPLATE_BYTES_MAX and WEBHOOK_BODY_BYTES_MAX. Callers: core/webhook_format.c
 * (webhook_format), core/webhook.c.
 */
#ifndef GB_CORE_WEBHOOK_TEMPLATE_H
#define GB_CORE_WEBHOOK_TEMPLATE_H

struct buf;
struct config;
struct err;
struct webhook_event;

/* 0, or ERR_INVALID with what is wrong and what to write. */
int webhook_template_check(const char *body, const char *content_type, const struct config *config, struct err *err);
/* Append the body for `event`; as above, and ERR_TOO_LARGE. */
int webhook_template_fill(const char *body, const char *content_type, const struct webhook_event *event,
                          struct buf *out, struct err *err);

#endif
