/* A time as HTTP writes it (IMF-fixdate, RFC 9110, 5.6.7), whatever the locale. Pure, any thread. */
#ifndef GB_HTTP_HTTP_DATE_H
#define GB_HTTP_HTTP_DATE_H

#include <stdint.h>

enum { HTTP_DATE_BYTES = 32 };

/* "Fri, 20 Mar 2026 12:34:56 GMT" into out; returns out. */
char *http_date(int64_t utc_s, char out[HTTP_DATE_BYTES]);

#endif
