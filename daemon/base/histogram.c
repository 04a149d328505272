/* Durations in fixed buckets; the contract is in base/histogram.h. */
#include "base/histogram.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/prometheus.h"

void histogram_init(struct histogram *h, const int64_t *bounds_us, int n)
{
    assert(n >= 1 && n <= HISTOGRAM_BOUNDS_MAX);
    for (int i = 1; i < n; i++)
        assert(bounds_us[i - 1] < bounds_us[i]);
    memset(h, 0, sizeof *h);
    h->bounds_us = bounds_us;
    h->bound_count = n;
}

void histogram_add(struct histogram *h, int64_t us)
{
    int i = 0;
    if (us < 0)
        us = 0;
    while (i < h->bound_count && us > h->bounds_us[i])
        i++;
    h->counts[i]++;
    h->count++;
    h->sum_us += us;
    if (us > h->max_us)
        h->max_us = us;
}

/* The point at share `part` of bucket `i`. */
static int64_t within(const struct histogram *h, int i, double part)
{
    int64_t low = i > 0 ? h->bounds_us[i - 1] : 0;
    int64_t high = i < h->bound_count && h->bounds_us[i] < h->max_us ? h->bounds_us[i] : h->max_us;
    return low + (int64_t)(part * (double)(high - low));
}

int64_t histogram_quantile(const struct histogram *h, double q)
{
    double rank = q * (double)h->count;
    double below = 0;
    assert(q >= 0 && q <= 1);
    if (h->count == 0)
        return -1;
    for (int i = 0; i <= h->bound_count; i++) {
        double here = (double)h->counts[i];
        if (here > 0 && below + here >= rank)
            return within(h, i, (rank - below) / here);
        below += here;
    }
    return h->max_us;
}

static void add_bucket(const struct histogram *h, struct buf *out, const char *name, const char *labels, int i,
                       uint64_t up_to_here)
{
    buf_addf(out, "%s_bucket{%s%sle=\"", name, labels, labels[0] ? "," : "");
    if (i < h->bound_count)
        prometheus_seconds(out, h->bounds_us[i]);
    else
        buf_adds(out, "+Inf");
    buf_addf(out, "\"} %" PRIu64 "\n", up_to_here);
}

void histogram_text(const struct histogram *h, struct buf *out, const char *name, const char *labels)
{
    uint64_t up_to_here = 0;
    const char *open = labels[0] ? "{" : "";
    const char *close = labels[0] ? "}" : "";
    for (int i = 0; i <= h->bound_count; i++) {
        up_to_here += h->counts[i];
        add_bucket(h, out, name, labels, i, up_to_here);
    }
    buf_addf(out, "%s_sum%s%s%s ", name, open, labels, close);
    prometheus_seconds(out, h->sum_us);
    buf_addf(out, "\n%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, h->count);
}
