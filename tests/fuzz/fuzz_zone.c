/* Zone files and the rules in their footers: no crash, and offsets that stay within what the reader promised. */
#include "base/zone.h"

#include "base/zone_rule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct zone *z = NULL;
    struct zone_rule r;
    char text[256];
    char rule[128];
    size_t len = n < sizeof rule - 1 ? n : sizeof rule - 1;
    if (n > 0)
        memcpy(rule, data, len);
    rule[len] = '\0';
    if (zone_rule_parse(rule, &r) == 0)
        for (int64_t s = 0; s < INT64_C(8000000000); s += 300000007)
            (void)zone_rule_offset_s(&r, s);
    if (zone_parse(data, n, &z, NULL) != 0)
        return 0;
    for (int64_t s = -INT64_C(4000000000); s < INT64_C(8000000000); s += 30000001) {
        int64_t utc_s = zone_to_utc_s(z, s);
        assert(llabs(utc_s - s) <= 25 * 3600);
        (void)zone_format(z, utc_s * US_PER_S, text);
    }
    zone_free(z);
    return 0;
}
