/* Numbers, times and sizes of the configuration; see core/config_parser.h. */
#include "core/config_parser.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Digits only, at most 12 of them (so that no product below can overflow); *rest is what follows them. */
static bool read_number(const char *text, int64_t *out, const char **rest)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 12)
        return false;
    *out = strtoll(text, NULL, 10);
    *rest = text + n;
    return true;
}

int config_parse_int(const char *text, const struct config_range *range, void *out, struct err *err)
{
    int64_t n = 0;
    const char *rest = "";

    if (!read_number(text, &n, &rest) || *rest || n < range->min || n > range->max)
        return err_set(err, ERR_INVALID, "'%.*s' is not possible: write a number from %d to %d", config_shown(text),
                       text, (int)range->min, (int)range->max);
    *(int *)out = (int)n;
    return 0;
}

struct unit {
    const char *name;
    int64_t factor;
};

/* A number and one of `units`, which ends with an entry without a name; -1 when the text is not that. */
static int64_t read_with_unit(const char *text, const struct unit *units)
{
    int64_t n = 0;
    const char *rest = "";

    if (!read_number(text, &n, &rest))
        return -1;
    for (; units->name; units++) {
        if (strcmp(rest, units->name) == 0)
            return n * units->factor;
    }
    return -1;
}

static const struct unit duration_units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {0}};
static const struct unit size_units[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"k", 1 << 10}, {"", 1}, {0}};

/* The shortest way to write `n`: the largest unit that divides it. */
static struct unit fit_unit(int64_t n, const struct unit *units)
{
    while (units->factor > 1 && (n == 0 || n % units->factor != 0))
        units++;
    return *units;
}

static int parse_quantity(const char *text, const struct unit *units, const char *what,
                          const struct config_range *range, int64_t *out, struct err *err)
{
    int64_t n = read_with_unit(text, units);
    struct unit low = fit_unit(range->min, units);
    struct unit high = fit_unit(range->max, units);

    if (n < range->min || n > range->max)
        return err_set(err, ERR_INVALID, "'%.*s' is not possible: write %s from %lld%s to %lld%s", config_shown(text),
                       text, what, (long long)(range->min / low.factor), low.name,
                       (long long)(range->max / high.factor), high.name);
    *out = n;
    return 0;
}

int config_parse_duration(const char *text, const struct config_range *range, void *out, struct err *err)
{
    return parse_quantity(text, duration_units, "a time with its unit (15s, 5m, 2h, 3d)", range, out, err);
}

int config_parse_size(const char *text, const struct config_range *range, void *out, struct err *err)
{
    return parse_quantity(text, size_units, "a size (64k, 10M)", range, out, err);
}

int config_parse_time(const char *text, const struct config_range *range, void *out, struct err *err)
{
    static const char form[] = "00:00";
    int hour = 0;
    int minute = 0;

    (void)range;
    for (size_t i = 0; i < sizeof(form); i++) {
        bool fits = form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
        if (!fits)
            return config_not_a(err, text, "a time of day", "it as HH:MM, such as 09:00");
    }
    hour = (text[0] - '0') * 10 + text[1] - '0';
    minute = (text[3] - '0') * 10 + text[4] - '0';
    if (hour > 23 || minute > 59)
        return config_not_a(err, text, "a time of day", "00:00 to 23:59");
    *(int *)out = hour * 60 + minute;
    return 0;
}

int config_parse_hours(const char *text, const struct config_range *range, void *out, struct err *err)
{
    enum { CLOCK_LEN = 5, HOURS_LEN = 11 }; /* "22:00", "22:00-07:00" */
    struct config_hours hours = {0, 0};
    char clock[CLOCK_LEN + 1] = "";

    if (strcmp(text, "none") == 0)
        return 0; /* the field is zeroed */
    bool fits = strlen(text) == HOURS_LEN && text[CLOCK_LEN] == '-';
    if (fits) {
        memcpy(clock, text, CLOCK_LEN);
        fits = config_parse_time(clock, range, &hours.from_min, NULL) == 0 &&
               config_parse_time(text + CLOCK_LEN + 1, range, &hours.to_min, NULL) == 0 &&
               hours.from_min != hours.to_min;
    }
    if (!fits)
        return config_not_a(err, text, "a stretch of the day", "it as HH:MM-HH:MM, such as 22:00-07:00, or none");
    *(struct config_hours *)out = hours;
    return 0;
}

int config_parse_days(const char *text, const struct config_range *range, void *out, struct err *err)
{
    struct config_days days = {.count = 0};
    const char *at = text;
    char *item = NULL;

    while ((item = config_next_item(&at)) != NULL) {
        int64_t n = 0;
        const char *rest = "";
        bool fits = read_number(item, &n, &rest) && *rest == '\0' && n >= range->min && n <= range->max &&
                    (days.count == 0 || n < days.item[days.count - 1]) && days.count < CONFIG_DAYS_MAX;

        free(item);
        if (!fits)
            return err_set(err, ERR_INVALID,
                           "'%.*s' is not possible: write at most %d falling numbers from %d to %d, such as 3,1",
                           config_shown(text), text, CONFIG_DAYS_MAX, (int)range->max, (int)range->min);
        days.item[days.count++] = (int)n;
    }
    *(struct config_days *)out = days;
    return 0;
}
