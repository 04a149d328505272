/*
 * Any bytes as an answer of the police's events API: ids are positive and stand once, texts are clean, links lead to
 * polisen.se, and nothing happened more than a day after it was published.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/zone.h"
#include "core/police_event.h"

enum { DAY_S = 86400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct zone *stockholm(void)
{
    static struct zone *zone;
    if (!zone && zone_open("Europe/Stockholm", &zone, NULL) != 0)
        abort();
    return zone;
}

static void check_text(const char *text)
{
    assert(text && text_is_utf8(text, strlen(text)));
    for (const char *p = text; *p; p++)
        assert(*p == '\n' || (unsigned char)*p >= ' ');
}

static void check_event(const struct police_event *e)
{
    assert(e->id > 0 && e->type[0]);
    assert(e->happened_us <= e->published_us + DAY_S * US_PER_S);
    assert(e->url[0] == '\0' || strncasecmp(e->url, "https://polisen.se/", 19) == 0);
    check_text(e->name);
    check_text(e->type);
    check_text(e->summary);
    check_text(e->place);
    (void)police_event_is_summary(e->type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct police_event_list *list = NULL;
    struct err err = {.text = ""};
    int rc = police_events_parse((const char *)data, n, stockholm(), &list, &err);
    assert(rc == 0 || (rc < 0 && err.text[0] && !list));
    if (rc)
        return 0;
    for (size_t i = 0; i < list->count; i++) {
        check_event(&list->events[i]);
        for (size_t j = 0; j < i; j++)
            assert(list->events[i].id != list->events[j].id);
    }
    police_events_free(list);
    return 0;
}
