/* JSON in and out of the API: the body, strictly; rows, times and ids as their outside forms. See http/api.h. */
#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "core/ledger.h"
#include "http/api_private.h"
#include "store/db.h"

/* --- in -------------------------------------------------------------------------------------------------------- */

struct feed {
    struct byte_source source;
    int rc;
};

static size_t feed_json(void *buffer, size_t size, void *ctx)
{
    struct feed *feed = ctx;
    size_t n = 0;
    feed->rc = feed->source.read(feed->source.ctx, buffer, size, &n);
    return feed->rc ? (size_t)-1 : n;
}

int api_parse_body(struct api_call *call)
{
    struct api_body_state state;
    struct feed feed = {.rc = 0};
    json_error_t error;
    if (call->req->body_len == 0) {
        call->body = json_object();
        return 0;
    }
    int rc = api_body_source(call, &state, &feed.source);
    if (rc)
        return rc;
    call->body = json_load_callback(feed_json, &feed, JSON_REJECT_DUPLICATES, &error);
    if (feed.rc)
        return feed.rc;
    if (!call->body)
        return err_set(&call->err, ERR_USAGE, "the body is not valid JSON: line %d, column %d: %s", error.line,
                       error.column, error.text);
    if (!json_is_object(call->body))
        return err_set(&call->err, ERR_USAGE, "the body must be one JSON object: {...}");
    return 0;
}

int api_body_text(struct api_call *call, const char *name, const char **out)
{
    const json_t *value = json_object_get(call->body, name);
    if (!value) {
        *out = NULL;
        return 0;
    }
    if (json_is_null(value)) {
        *out = "";
        return 0;
    }
    if (!json_is_string(value))
        return err_set(&call->err, ERR_USAGE, "\"%s\" must be a text", name);
    *out = json_string_value(value);
    return 0;
}

int api_body_int(struct api_call *call, const char *name, int64_t fallback, int64_t *out)
{
    const json_t *value = json_object_get(call->body, name);
    if (value && !json_is_null(value) && !json_is_integer(value))
        return err_set(&call->err, ERR_USAGE, "\"%s\" must be a whole number", name);
    *out = !value ? fallback : json_is_null(value) ? -1 : json_integer_value(value);
    return 0;
}

int api_body_bool(struct api_call *call, const char *name, bool fallback, bool *out)
{
    const json_t *value = json_object_get(call->body, name);
    if (value && !json_is_boolean(value))
        return err_set(&call->err, ERR_USAGE, "\"%s\" must be true or false", name);
    *out = value ? json_is_true(value) : fallback;
    return 0;
}

static bool in_range(int value, int min, int max)
{
    return value >= min && value <= max;
}

/* Exactly `digits` digits; *p moves behind them. */
static bool read_number(const char **p, int digits, int *out)
{
    int number = 0;
    for (int i = 0; i < digits; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        number = number * 10 + (**p - '0');
    }
    *out = number;
    return true;
}

/* One character of `allowed`; *p moves behind it. */
static bool read_mark(const char **p, const char *allowed)
{
    if (**p == '\0' || !strchr(allowed, **p))
        return false;
    (*p)++;
    return true;
}

/* ".123", or nothing, as microseconds; further digits are dropped. */
static bool read_fraction(const char **p, int64_t *us)
{
    int64_t unit = 100000;
    *us = 0;
    if (!read_mark(p, "."))
        return true;
    const char *first = *p;
    for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
        *us += (**p - '0') * unit;
    return *p != first;
}

/* "Z" or "+02:00" as seconds east of UTC. */
static bool read_offset(const char **p, int64_t *seconds)
{
    int hours = 0;
    int minutes = 0;
    *seconds = 0;
    if (read_mark(p, "Zz"))
        return true;
    int64_t sign = **p == '-' ? -1 : 1;
    if (!read_mark(p, "+-") || !read_number(p, 2, &hours) || !read_mark(p, ":") || !read_number(p, 2, &minutes))
        return false;
    *seconds = sign * (hours * 60 + minutes) * 60;
    return in_range(hours, 0, 23) && in_range(minutes, 0, 59);
}

/* "09:00", "09:00:30" or "09:00:30.5" into tm and *us. */
static bool read_clock(const char **p, struct tm *tm, int64_t *us)
{
    *us = 0;
    if (!read_number(p, 2, &tm->tm_hour) || !read_mark(p, ":") || !read_number(p, 2, &tm->tm_min))
        return false;
    if (read_mark(p, ":") && (!read_number(p, 2, &tm->tm_sec) || !read_fraction(p, us)))
        return false;
    return in_range(tm->tm_hour, 0, 23) && in_range(tm->tm_min, 0, 59) && in_range(tm->tm_sec, 0, 60);
}

/* RFC 3339, section 5.6, where a leap second counts as the second after; and, as people write it, a time without a
 * zone: the node's own (TZ). */
static bool time_parse(const char *p, int64_t *out)
{
    struct tm tm = {.tm_isdst = -1};
    int64_t us = 0;
    int64_t offset = 0;
    if (!read_number(&p, 4, &tm.tm_year) || !read_mark(&p, "-") || !read_number(&p, 2, &tm.tm_mon) ||
        !read_mark(&p, "-") || !read_number(&p, 2, &tm.tm_mday) || !read_mark(&p, "Tt ") || !read_clock(&p, &tm, &us) ||
        !in_range(tm.tm_year, 1970, 9999))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    struct tm day = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
    int64_t seconds = timegm(&day);
    if (day.tm_mon != tm.tm_mon || day.tm_mday != tm.tm_mday) /* 31 February has become March */
        return false;
    if (*p == '\0') {
        *out = (int64_t)mktime(&tm) * US_PER_S + us;
        return true;
    }
    if (!read_offset(&p, &offset) || *p != '\0')
        return false;
    seconds += (tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec - offset;
    *out = seconds * US_PER_S + us;
    return true;
}

int api_body_time(struct api_call *call, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(call->body, name);
    int64_t us = 0;
    if (!value || json_is_null(value)) {
        *out = 0;
        return 0;
    }
    if (!json_is_string(value) || !time_parse(json_string_value(value), &us) || us <= 0)
        return err_set(&call->err, ERR_USAGE,
                       "\"%s\" must be a time: 2026-04-01T09:00 (here), or with its zone 2026-04-01T09:00:00+02:00",
                       name);
    *out = us;
    return 0;
}

/* --- out ------------------------------------------------------------------------------------------------------- */

json_t *api_time(int64_t us)
{
    char text[TIME_TEXT_BYTES];
    char zone[8];
    struct tm tm;
    time_t seconds = (time_t)(us / US_PER_S);
    if (us <= 0 || !localtime_r(&seconds, &tm))
        return json_null();
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    strftime(zone, sizeof zone, "%z", &tm); /* +0200 */
    return json_sprintf("%s%.3s:%s", text, zone, zone + 3);
}

json_t *api_id(int kind, int64_t id)
{
    char text[ID_TEXT_BYTES];
    return id > 0 ? json_string(id_format((enum id_kind)kind, id, text)) : json_null();
}

/* Text of the store is UTF-8, or something has gone wrong that must not hide the rest of the row. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : json_string("\xef\xbf\xbd");
}

static json_t *json_column(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value ? value : text_value(text);
}

static bool id_kind_of(const char *type, size_t n, enum id_kind *out)
{
#define MATCH_PREFIX(name, prefix)                                 \
    if (n == sizeof(prefix) - 1 && memcmp(type, prefix, n) == 0) { \
        *out = ID_##name;                                          \
        return true;                                               \
    }
    ID_KIND_MAP(MATCH_PREFIX)
#undef MATCH_PREFIX
    return false;
}

static json_t *column_value(const struct db_rows *rows, int column, const char *type, size_t n)
{
    enum id_kind kind = ID_GROUP;
    if (db_is_null(rows, column))
        return json_null();
    if (id_kind_of(type, n, &kind))
        return api_id((int)kind, db_int(rows, column));
    int64_t number = 0;
    switch (type[0]) {
    case 's':
        return text_value(db_text(rows, column));
    case 'i':
        return json_integer(db_int(rows, column));
    case 'b':
        return json_boolean(db_int(rows, column) != 0);
    case 't':
        return api_time(db_int(rows, column));
    case 'j':
        return json_column(db_text(rows, column));
    default:
        assert(type[0] == 'l');
        number = db_int(rows, column);
        return number >= 0 && number < LANE_COUNT ? json_string(lane_word((enum lane)number)) : json_null();
    }
}

json_t *api_row(const struct db_rows *rows, const char *spec)
{
    json_t *row = json_object();
    char name[64];
    int column = 0;
    for (const char *p = spec; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        const char *colon = memchr(p, ':', len);
        if (colon) {
            size_t n = (size_t)(colon - p);
            assert(n < sizeof name);
            memcpy(name, p, n);
            name[n] = '\0';
            json_object_set_new(row, name, column_value(rows, column, colon + 1, len - n - 1));
        } else {
            assert(len == 1 && *p == '-'); /* a column that is not shown */
        }
        column++;
        p += len;
    }
    return row;
}

int api_rows(struct db_rows *rows, const char *spec, json_t **out)
{
    json_t *array = json_array();
    int rc = 0;
    while ((rc = db_next(rows)) > 0)
        json_array_append_new(array, api_row(rows, spec));
    db_done(rows);
    if (rc < 0) {
        json_decref(array);
        return rc;
    }
    *out = array;
    return 0;
}

static int add_to_text(const char *bytes, size_t n, void *ctx)
{
    return buf_add(ctx, bytes, n) ? -1 : 0;
}

int api_render(struct api_call *call)
{
    buf_reset(&call->text);
    json_dump_callback(call->result, add_to_text, &call->text, JSON_COMPACT);
    buf_addc(&call->text, '\n');
    call->content_type = "application/json";
    if (!buf_ok(&call->text))
        return err_set(&call->err, ERR_TOO_LARGE, "the answer would be larger than %d MB: ask for a part of it",
                       API_ANSWER_BYTES / 1024 / 1024);
    return 0;
}
