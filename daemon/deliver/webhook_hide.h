/*
 * Takes secrets of an endpoint out of what its receiver says: some repeat in answers what they were sent, the address
 * in a Location or a page of error, the login of a test service. Pure. Private to deliver/webhook*.c.
 */
#ifndef GB_DELIVER_WEBHOOK_HIDE_H
#define GB_DELIVER_WEBHOOK_HIDE_H

#include <stddef.h>

#include "core/webhook_queue.h"

enum { WEBHOOK_SECRET_CHARS_MIN = 4 }; /* shorter ones stand in half of all words */

/*
 * Each secret of the job in `text` becomes "***": the password, the login as RFC 7617 sends it, values of secret
 * headers, and the parts of the URL that people are not shown. Returns the length, which never grows.
 */
size_t webhook_hide(const struct webhook_job *job, char *text);

#endif
