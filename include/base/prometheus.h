/*
 * Prometheus' text format 0.0.4, a piece at a time: what /metrics and the histograms are written with.
 *
 * Names come from the code; only label values can be anybody's text, and they are escaped. Overflow is the buffer's
 * matter (ask buf_ok at the end). Threads: any, one per buffer.
 */
#ifndef GB_BASE_PROMETHEUS_H
#define GB_BASE_PROMETHEUS_H

#include <stdint.h>

struct buf;

/* The HELP and TYPE lines; `type` is "counter", "gauge" or "histogram"; `help` has no line break. Once per name, before
 * its samples. */
void prometheus_head(struct buf *out, const char *name, const char *type, const char *help);
/* name="value" with backslash, quote and line break escaped, and a comma before it when `out` does not end in '{' and
 * is not empty. */
void prometheus_label(struct buf *out, const char *name, const char *value);
/* One whole sample: NAME{labels} n, or NAME n when `labels` is "". `labels` is made of prometheus_label's text. */
void prometheus_sample(struct buf *out, const char *name, const char *labels, int64_t n);
/* The same in seconds. */
void prometheus_sample_us(struct buf *out, const char *name, const char *labels, int64_t us);
/* `us` microseconds (0 or more) as seconds, exactly and without closing zeros: 1500000 is 1.5, 25 is 0.000025. */
void prometheus_seconds(struct buf *out, int64_t us);

#endif
