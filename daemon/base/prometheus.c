/* Prometheus' text format; the contract is in base/prometheus.h. */
#include "base/prometheus.h"

#include <assert.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/clock.h"

void prometheus_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prometheus_label(struct buf *out, const char *name, const char *value)
{
    if (out->len > 0 && out->data[out->len - 1] != '{')
        buf_addc(out, ',');
    buf_addf(out, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\n') {
            buf_adds(out, "\\n");
            continue;
        }
        if (*value == '\\' || *value == '"')
            buf_addc(out, '\\');
        buf_addc(out, *value);
    }
    buf_addc(out, '"');
}

static void add_name(struct buf *out, const char *name, const char *labels)
{
    if (labels[0])
        buf_addf(out, "%s{%s} ", name, labels);
    else
        buf_addf(out, "%s ", name);
}

void prometheus_sample(struct buf *out, const char *name, const char *labels, int64_t n)
{
    add_name(out, name, labels);
    buf_addf(out, "%" PRId64 "\n", n);
}

void prometheus_sample_us(struct buf *out, const char *name, const char *labels, int64_t us)
{
    add_name(out, name, labels);
    prometheus_seconds(out, us);
    buf_addc(out, '\n');
}

void prometheus_seconds(struct buf *out, int64_t us)
{
    int64_t part = us % US_PER_S;
    int digits = 6;
    assert(us >= 0);
    buf_addf(out, "%" PRId64, us / US_PER_S);
    if (part == 0)
        return;
    for (; part % 10 == 0; part /= 10)
        digits--;
    buf_addf(out, ".%0*" PRId64, digits, part);
}
