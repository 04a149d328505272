/*
 * Rule text, and the answers to it: no crash, no hang, and what is accepted keeps its promises.
 * The first byte chooses flags and zone, the rest is the rule.
 */
#include "core/schedule.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ASKED = 20 };

static void check(const struct schedule *s)
{
    struct occurrence found[ASKED];
    struct occurrence later;
    size_t n_found;
    size_t n_later;
    schedule_next(s, (struct date){2026, 4, 15}, ASKED, found, &n_found);
    /* It was accepted because it has at least one date. */
    assert(n_found >= 1 && n_found <= ASKED);
    for (size_t i = 0; i + 1 < n_found; i++) {
        assert(found[i].utc_us <= found[i + 1].utc_us);
        assert(strcmp(found[i].period, found[i + 1].period) < 0);
    }
    schedule_after(s, found[0].utc_us - 1, 1, &later, &n_later);
    assert(n_later == 1 && later.utc_us == found[0].utc_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const zones[] = {"Europe/Stockholm", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC"};
    struct schedule *s = NULL;
    if (n == 0)
        return 0;
    char *rule = xstrndup((const char *)data + 1, n - 1);
    struct schedule_spec spec = {.rrule = rule,
                                 .time = (data[0] & 2) != 0 ? "02:30" : "09:00",
                                 .zone = zones[data[0] >> 2 & 3],
                                 .anchor = {2026, 4, 15},
                                 .flags = (data[0] & 1) != 0 ? SCHEDULE_NEXT_WORKING_DAY : 0};
    if (schedule_new(&spec, &s, NULL) == 0)
        check(s);
    schedule_free(s);
    free(rule);
    return 0;
}
