/*
 * Durations counted into a few fixed buckets: for /metrics (as a Prometheus histogram) and for the percentiles that
 * status prints.
 *
 * A plain value of fixed size: nothing is allocated, a copy is a snapshot. One thread at a time; a histogram that two
 * threads share is under its owner's lock. Times are microseconds; what is negative (a wall clock that was
 * set back) counts as 0.
 */
#ifndef GB_BASE_HISTOGRAM_H
#define GB_BASE_HISTOGRAM_H

#include <stdint.h>

struct buf;

enum { HISTOGRAM_BOUNDS_MAX = 24 };

struct histogram {
    const int64_t *bounds_us; /* borrowed for ever; rising */
    int bound_count;
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1]; /* the last: above all bounds */
    uint64_t count;
    int64_t sum_us;
    int64_t max_us;
};

/* For what should take milliseconds (the loop, a commit, a request): 100 µs to 10 s. */
#define HISTOGRAM_FAST                                                                                           \
    {                                                                                                            \
        100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, \
            10000000                                                                                             \
    }
/* For what may wait (a letter in the queue): 10 ms to 2 days. */
#define HISTOGRAM_SLOW                                                                                               \
    {                                                                                                                \
        10000, 50000, 100000, 500000, 1000000, 2000000, 5000000, 10000000, 30000000, 60000000, 120000000, 300000000, \
            600000000, 1800000000, 3600000000, 14400000000, 86400000000, 172800000000                                \
    }

/* Empty. `bounds_us` has `n` (1 to HISTOGRAM_BOUNDS_MAX) rising upper bounds, each inclusive, and outlives all copies.
 */
void histogram_init(struct histogram *h, const int64_t *bounds_us, int n);
void histogram_add(struct histogram *h, int64_t us);
/* An estimate of the value that the share `q` (0 to 1) stays at or below: even within its bucket, and never above the
 * largest value seen. -1 when nothing has been counted. */
int64_t histogram_quantile(const struct histogram *h, double q);
/* The samples NAME_bucket{LABELS,le="..."}, NAME_sum and NAME_count in seconds, so NAME ends in _seconds.
 * `labels` is made by prometheus_label, "" for none. The caller has written the head. */
void histogram_text(const struct histogram *h, struct buf *out, const char *name, const char *labels);

#endif
