/* The police's public events, read; the contract is in core/police_event.h. */
#include "core/police_event.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"
#include "core/stamp.h"

enum { DATETIME_BYTES = 60, PLACE_BYTES = 120, DAY_S = 86400, YEARS_BACK = 8 };

static const char HOST[] = "https://polisen.se";

/* --- when it happened -------------------------------------------------------------------------------------------- */

struct moment {
    int day, month, minute;
};

static bool read_number(const char **p, int max_digits, int *out)
{
    int n = 0;
    int number = 0;
    for (; n < max_digits && **p >= '0' && **p <= '9'; n++, (*p)++)
        number = number * 10 + (**p - '0');
    *out = number;
    return n > 0 && (**p < '0' || **p > '9');
}

/* The name of a month in small letters, whole; *p moves behind it. */
static bool read_month(const char **p, int *month)
{
    static const char *const months[] = {"januari", "februari", "mars",      "april",   "maj",      "juni",
                                         "juli",    "augusti",  "september", "oktober", "november", "december"};
    size_t n = strcspn(*p, " ,.0123456789");
    for (size_t i = 0; i < ARRAY_LEN(months); i++)
        if (strlen(months[i]) == n && strncasecmp(*p, months[i], n) == 0) {
            *month = (int)i + 1;
            *p += n;
            return true;
        }
    return false;
}

/* "02 mars 05.40, ..."; also 5:40, and a day of one digit. */
static bool read_moment(const char *p, struct moment *out)
{
    int hour = 0;
    int minute = 0;
    p += strspn(p, " ");
    if (!read_number(&p, 2, &out->day) || *p != ' ')
        return false;
    p += strspn(p, " ");
    if (!read_month(&p, &out->month) || *p != ' ')
        return false;
    p += strspn(p, " ");
    if (!read_number(&p, 2, &hour) || (*p != '.' && *p != ':'))
        return false;
    p++;
    if (!read_number(&p, 2, &minute) || hour > 23 || minute > 59)
        return false;
    out->minute = hour * 60 + minute;
    return *p == '\0' || *p == ',' || *p == ' ';
}

int64_t police_event_time(const char *name, int64_t published_us, const struct zone *zone)
{
    struct moment moment;
    if (!read_moment(name, &moment))
        return published_us;
    int64_t published_s = published_us / US_PER_S;
    struct date now = date_from_days((int)(published_s / DAY_S));
    /* 29 February may be years back. */
    for (int year = now.year + 1; year >= now.year - YEARS_BACK; year--) {
        struct date date = {year, moment.month, moment.day};
        if (!date_is_valid(date))
            continue;
        int64_t local_s = (int64_t)date_to_days(date) * DAY_S + (int64_t)moment.minute * 60;
        int64_t utc_s = zone_to_utc_s(zone, local_s);
        if (utc_s <= published_s + DAY_S)
            return utc_s * US_PER_S;
    }
    return published_us;
}

bool police_event_is_summary(const char *type)
{
    return strncasecmp(type, "Sammanfattning", 14) == 0;
}

/* --- entries ----------------------------------------------------------------------------------------------------- */

static void event_fini(struct police_event *e)
{
    free(e->name);
    free(e->type);
    free(e->summary);
    free(e->url);
    free(e->place);
    *e = (struct police_event){.id = 0};
}

/* "" when there is none. */
static char *or_empty(char *text)
{
    return text ? text : xstrdup("");
}

/* With its host: the source writes paths. An address that leads elsewhere is left out. */
static char *read_url(const json_t *object, bool *is_wrong)
{
    char *path = or_empty(source_json_line(object, "url", POLICE_URL_BYTES, is_wrong));
    size_t host = strlen(HOST);
    char *url = NULL;
    bool is_clean = strpbrk(path, " <>()\"\\`{}|^") == NULL;
    if (is_clean && path[0] == '/' && path[1] != '/')
        url = xasprintf("%s%s", HOST, path);
    else if (is_clean && strncasecmp(path, HOST, host) == 0 && path[host] == '/')
        url = xstrdup(path);
    free(path);
    return or_empty(url);
}

/* false with the member's name. */
static bool read_identity(const json_t *object, struct police_event *out, const char **wrong)
{
    const json_t *id = json_object_get(object, "id");
    bool is_wrong = false;
    *wrong = "id";
    if (!json_is_integer(id) || json_integer_value(id) <= 0)
        return false;
    out->id = json_integer_value(id);
    *wrong = "datetime";
    char *when = or_empty(source_json_line(object, "datetime", DATETIME_BYTES, &is_wrong));
    int rc = stamp_read(when, &out->published_us);
    free(when);
    if (rc || is_wrong)
        return false;
    *wrong = "type";
    out->type = or_empty(source_json_line(object, "type", POLICE_TYPE_BYTES, &is_wrong));
    return !is_wrong && out->type[0];
}

static bool read_event(const json_t *object, const struct zone *zone, struct police_event *out,
                       struct source_faults *faults)
{
    const char *wrong = "form";
    bool is_wrong = false;
    if (!json_is_object(object) || !read_identity(object, out, &wrong)) {
        source_fault(faults, "event %lld: its %s is missing or cannot be understood", (long long)out->id, wrong);
        return false;
    }
    out->name = or_empty(source_json_line(object, "name", POLICE_NAME_BYTES, &is_wrong));
    out->summary = or_empty(source_json_text(object, "summary", POLICE_SUMMARY_BYTES, &is_wrong));
    out->url = read_url(object, &is_wrong);
    out->place = or_empty(source_json_line(json_object_get(object, "location"), "name", PLACE_BYTES, &is_wrong));
    out->happened_us = police_event_time(out->name, out->published_us, zone);
    if (is_wrong)
        source_fault(faults, "event %lld: one of its texts cannot be understood", (long long)out->id);
    return !is_wrong;
}

/* --- the list ---------------------------------------------------------------------------------------------------- */

static int compare_ids(const void *pa, const void *pb)
{
    const struct police_event *const *a = pa;
    const struct police_event *const *b = pb;
    if ((*a)->id != (*b)->id)
        return (*a)->id < (*b)->id ? -1 : 1;
    return *a < *b ? -1 : 1;
}

/* An id that stands twice keeps its last entry. */
static void drop_repeated(struct police_event_list *list)
{
    struct police_event **sorted = xcalloc(list->count + 1, sizeof(struct police_event *));
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = &list->events[i];
    qsort(sorted, list->count, sizeof(struct police_event *), compare_ids);
    for (size_t i = 0; i + 1 < list->count; i++)
        if (sorted[i]->id == sorted[i + 1]->id)
            sorted[i]->published_us = -1;
    free(sorted);
    for (size_t i = 0; i < list->count; i++) {
        if (list->events[i].published_us < 0)
            event_fini(&list->events[i]);
        else
            list->events[kept++] = list->events[i];
    }
    list->count = kept;
}

int police_events_parse(const char *data, size_t n, const struct zone *zone, struct police_event_list **out,
                        struct err *err)
{
    json_t *root = NULL;
    int rc = source_json_load(data, n, &root, err);
    if (rc)
        return rc;
    size_t count = json_array_size(root);
    if (!json_is_array(root) || count > POLICE_EVENTS_MAX) {
        json_decref(root);
        return err_set(err, ERR_PROTOCOL, "the answer is not a list of at most %d events: is the address right?",
                       POLICE_EVENTS_MAX);
    }
    struct police_event_list *list = xcalloc(1, sizeof *list);
    list->events = xcalloc(count + 1, sizeof list->events[0]);
    for (size_t i = 0; i < count; i++) {
        struct police_event *event = &list->events[list->count];
        if (read_event(json_array_get(root, i), zone, event, &list->faults))
            list->count++;
        else
            event_fini(event);
    }
    json_decref(root);
    drop_repeated(list);
    *out = list;
    return 0;
}

void police_events_free(struct police_event_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        event_fini(&list->events[i]);
    free(list->events);
    free(list);
}
