/* Alerts in files; the contract is in cli/alert_file.h. */
#include "cli/alert_file.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/cli.h"

enum { NAME_BYTES = 64, VALUE_MAX_BYTES = 16 * 1024 };

struct line {
    const char *file;
    size_t number;
    struct err *err;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* --- values --------------------------------------------------------------------------------------------------------
 */

/* `count` numbers with commas or blanks between, from *p on, which moves behind them. */
static bool read_numbers(const char **p, double *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *end = NULL;
        *p += strspn(*p, i == 0 ? " \t[" : " \t");
        if (i > 0 && **p == ',')
            *p += 1 + strspn(*p + 1, " \t");
        out[i] = strtod(*p, &end);
        if (end == *p || !isfinite(out[i]))
            return false;
        *p = end;
    }
    *p += strspn(*p, " \t]");
    return true;
}

json_t *alert_circle(const char *text, struct err *err)
{
    double n[3];
    const char *p = text;
    if (!read_numbers(&p, n, 3) || *p) {
        err_set(err, ERR_USAGE, "circle %.60s: write latitude, longitude and kilometres, as 56.24,12.86,5", text);
        return NULL;
    }
    return json_pack("{s:f, s:f, s:f}", "lat", n[0], "lon", n[1], "radius_km", n[2]);
}

json_t *alert_polygon(const char *text, struct err *err)
{
    json_t *points = json_array();
    const char *p = text;
    bool is_good = true;
    while (*p && is_good && json_array_size(points) < ALERT_FILE_POINTS_MAX) {
        double n[2];
        is_good = read_numbers(&p, n, 2);
        if (is_good)
            json_array_append_new(points, json_pack("[f, f]", n[0], n[1]));
        p += strspn(p, " ,;\t");
    }
    if (is_good && !*p && json_array_size(points) >= 3)
        return points;
    json_decref(points);
    err_set(err, ERR_USAGE, "polygon %.60s: write three points or more, as '56.20,12.80 56.30,12.80 56.30,12.90'",
            text);
    return NULL;
}

void alert_put_expiry(json_t *body, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    bool is_span = digits > 0 && text[digits] && strchr("smhd", text[digits]) && !text[digits + 1];
    json_object_set_new(body, is_span ? "expires_in" : "expires", json_string(text));
}

static int put_text(const struct line *line, json_t *place, const char *key, const char *value)
{
    (void)line;
    json_object_set_new(place, key, json_string(value));
    return 0;
}

static int put_yesno(const struct line *line, json_t *place, const char *key, const char *value)
{
    static const char *const YES[] = {"yes", "ja", "true"};
    static const char *const NO[] = {"no", "nej", "false"};
    for (size_t i = 0; i < ARRAY_LEN(YES); i++) {
        if (strcmp(value, YES[i]) != 0 && strcmp(value, NO[i]) != 0)
            continue;
        json_object_set_new(place, key, json_boolean(strcmp(value, YES[i]) == 0));
        return 0;
    }
    return err_set(line->err, ERR_INVALID, "%s, line %zu: %s: %.60s: write yes or no", line->file, line->number, key,
                   value);
}

/* One word of a list, without its quotation marks. */
static void add_word(json_t *list, const char *word, size_t n)
{
    while (n > 0 && is_blank(*word)) {
        word++;
        n--;
    }
    while (n > 0 && is_blank(word[n - 1]))
        n--;
    if (n >= 2 && (word[0] == '"' || word[0] == '\'') && word[n - 1] == word[0]) {
        word++;
        n -= 2;
    }
    if (n > 0)
        json_array_append_new(list, json_stringn(word, n));
}

/* ["1292", "1257"], or 1292, 1257. Names may hold blanks. */
static int put_list(const struct line *line, json_t *place, const char *key, const char *value)
{
    json_t *list = json_array();
    size_t n = strlen(value);
    bool is_open = n > 1 && value[0] == '[';
    if (is_open != (n > 1 && value[n - 1] == ']'))
        n = 0;
    else if (is_open) {
        value++;
        n -= 2;
    }
    for (const char *p = value, *end = value + n; p < end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *to = comma ? comma : end;
        add_word(list, p, (size_t)(to - p));
        p = to + 1;
    }
    if (json_array_size(list) == 0) {
        json_decref(list);
        return err_set(line->err, ERR_INVALID, "%s, line %zu: %s is no list: write [\"one\", \"two\"]", line->file,
                       line->number, key);
    }
    json_object_set_new(place, key, list);
    return 0;
}

static int put_expiry(const struct line *line, json_t *place, const char *key, const char *value)
{
    (void)line;
    (void)key;
    alert_put_expiry(place, value);
    return 0;
}

static int put_shape(const struct line *line, json_t *place, const char *key, const char *value)
{
    struct err why = {.text = ""};
    json_t *shape = strcmp(key, "circle") == 0 ? alert_circle(value, &why) : alert_polygon(value, &why);
    if (!shape)
        return err_set(line->err, ERR_INVALID, "%s, line %zu: %s", line->file, line->number, why.text);
    json_object_set_new(place, key, shape);
    return 0;
}

/* --- the head ------------------------------------------------------------------------------------------------------
 */

static const struct head_key {
    const char *word, *key; /* of the body */
    int (*put)(const struct line *line, json_t *place, const char *key, const char *value);
} KEYS[] = {
    {"kind", "kind", put_text},
    {"title", "title", put_text},
    {"severity", "severity", put_text},
    {"urgency", "urgency", put_text},
    {"certainty", "certainty", put_text},
    {"classification", "classification", put_text},
    {"title_en", "title_en", put_text},
    {"sms", "sms", put_text},
    {"expires", "expires", put_expiry},
    {"exercise", "exercise", put_yesno},
    {"life_danger", "life_danger", put_yesno},
    {"municipalities", "target.municipalities", put_list},
    {"areas", "target.areas", put_list},
    {"area", "target.areas", put_list},
    {"lpo", "target.areas", put_list},
    {"groups", "target.groups", put_list},
    {"group_kinds", "target.group_kinds", put_list},
    {"circle", "target.circle", put_shape},
    {"polygon", "target.polygon", put_shape},
};

static const char *offer_key(void *ctx, size_t i)
{
    (void)ctx;
    return i < ARRAY_LEN(KEYS) ? KEYS[i].word : NULL;
}

static int unknown_key(const struct line *line, const char *word)
{
    const char *near = cli_nearest(word, offer_key, NULL);
    if (near)
        return err_set(line->err, ERR_INVALID, "%s, line %zu: there is no key '%s': did you mean '%s'?", line->file,
                       line->number, word, near);
    return err_set(line->err, ERR_INVALID,
                   "%s, line %zu: there is no key '%s': 'grannbud alert send --help' lists those there are", line->file,
                   line->number, word);
}

/* `value` without the blanks and one pair of quotation marks around it; changed in place. */
static char *trim(char *value)
{
    value += strspn(value, " \t");
    size_t n = strlen(value);
    while (n > 0 && is_blank(value[n - 1]))
        n--;
    value[n] = '\0';
    if (n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n - 1] == value[0]) {
        value[n - 1] = '\0';
        value++;
    }
    return value;
}

static int take_pair(const struct line *line, char *text, json_t *body)
{
    char *colon = strchr(text, ':');
    if (!colon)
        return err_set(line->err, ERR_INVALID, "%s, line %zu: no colon: write key: value", line->file, line->number);
    *colon = '\0';
    char *word = trim(text);
    char *value = trim(colon + 1);
    if (!value[0])
        return err_set(line->err, ERR_INVALID, "%s, line %zu: %s has no value: fill it in or remove the line",
                       line->file, line->number, word);
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
        if (strcmp(KEYS[i].word, word) != 0)
            continue;
        const char *key = KEYS[i].key;
        json_t *place = cli_member_place(body, &key);
        if (json_object_get(place, key) || (KEYS[i].put == put_expiry && json_object_get(body, "expires_in")))
            return err_set(line->err, ERR_INVALID, "%s, line %zu: %s stands there already: keep one of them",
                           line->file, line->number, word);
        return KEYS[i].put(line, place, key, value);
    }
    return unknown_key(line, word);
}

static size_t line_bytes(const char *p)
{
    return strcspn(p, "\n");
}

static bool is_rule(const char *p)
{
    return strncmp(p, "---", 3) == 0 && strspn(p + 3, " \t") == line_bytes(p) - 3;
}

/* From `*p`, at the first line's "---", to behind the last; line->number counts on. */
static int read_head(struct line *line, const char **p, json_t *body)
{
    *p += line_bytes(*p);
    while (**p == '\n') {
        (*p)++;
        line->number++;
        size_t n = line_bytes(*p);
        if (is_rule(*p)) {
            *p += n;
            return 0;
        }
        if (n > VALUE_MAX_BYTES)
            return err_set(line->err, ERR_INVALID, "%s, line %zu is longer than %d bytes: shorten it", line->file,
                           line->number, VALUE_MAX_BYTES);
        char *text = xstrndup(*p, n);
        const char *first = text + strspn(text, " \t");
        int rc = *first && *first != '#' ? take_pair(line, text, body) : 0;
        free(text);
        if (rc)
            return rc;
        *p += n;
    }
    return err_set(line->err, ERR_INVALID, "%s: the head is never closed: add a line --- after its last line",
                   line->file);
}

/* --- the text ------------------------------------------------------------------------------------------------------
 */

/* The heading that begins a part at `p`, or -1. */
static int part_at(const char *p)
{
    static const char *const HEADINGS[] = {"## Gör så här", "## In English"};
    size_t n = line_bytes(p);
    while (n > 0 && is_blank(p[n - 1]))
        n--;
    for (size_t i = 0; i < ARRAY_LEN(HEADINGS); i++)
        if (strlen(HEADINGS[i]) == n && strncmp(p, HEADINGS[i], n) == 0)
            return (int)i + 1;
    return -1;
}

static void put_part(json_t *body, int part, const char *from, const char *to)
{
    static const char *const MEMBERS[] = {"text", "instruction", "text_en"};
    while (from < to && (*from == '\n' || is_blank(*from)))
        from++;
    while (to > from && (to[-1] == '\n' || is_blank(to[-1])))
        to--;
    if (to > from)
        json_object_set_new(body, MEMBERS[part], json_stringn(from, (size_t)(to - from)));
}

static void read_text(const char *p, json_t *body)
{
    const char *from = p;
    int part = 0;
    while (*p) {
        int next = part_at(p);
        if (next >= 0) {
            put_part(body, part, from, p);
            part = next;
            from = p + line_bytes(p);
        }
        p += line_bytes(p);
        p += *p == '\n';
    }
    put_part(body, part, from, p);
}

/* UTF-8 without a byte order mark and with LF alone; returns, caller frees; NULL when it is no text. */
static char *clean_text(const char *text, size_t n)
{
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        n -= 3;
    }
    if (!text_is_utf8(text, n) || memchr(text, '\0', n))
        return NULL;
    char *out = xmalloc(n + 1);
    size_t to = 0;
    for (size_t i = 0; i < n; i++)
        if (text[i] != '\r')
            out[to++] = text[i];
        else if (i + 1 == n || text[i + 1] != '\n')
            out[to++] = '\n';
    out[to] = '\0';
    return out;
}

int alert_file_parse(const char *text, size_t n, const char *name, json_t *body, struct err *err)
{
    struct line line = {.file = name, .number = 1, .err = err};
    if (n > ALERT_FILE_MAX_BYTES)
        return err_set(err, ERR_INVALID, "%s is longer than %d bytes: an alert is short", name, ALERT_FILE_MAX_BYTES);
    char *clean = clean_text(text, n);
    if (!clean)
        return err_set(err, ERR_INVALID, "%s is not UTF-8 text: save it as UTF-8", name);
    const char *p = clean;
    int rc = is_rule(p) ? read_head(&line, &p, body) : 0;
    if (rc == 0)
        read_text(p, body);
    free(clean);
    return rc;
}
