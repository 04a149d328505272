/* The daemon's JSON for people (see cli/show.h). */
#include "cli/show.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/table.h"
#include "cli/words.h"

enum { KEY_BYTES = 64 };

const char *show_text(const json_t *object, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : fallback;
}

long long show_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* --- values --------------------------------------------------------------------------------------------------------
 */

/* "2026-04-01T09:00:00+02:00" */
static bool is_time(const char *s)
{
    static const char PATTERN[] = "0000-00-00T00:00";
    for (size_t i = 0; PATTERN[i]; i++)
        if (PATTERN[i] == '0' ? !isdigit((unsigned char)s[i]) : s[i] != PATTERN[i])
            return false;
    return strpbrk(s + strlen(PATTERN), "Z+-") != NULL;
}

static void show_string(struct buf *out, const char *s)
{
    if (!is_time(s)) {
        buf_adds(out, s);
        return;
    }
    buf_add(out, s, 10);
    buf_addc(out, ' ');
    buf_add(out, s + 11, 5);
    if (s[strlen(s) - 1] == 'Z')
        buf_adds(out, " UTC");
}

/* An object within a line: what is known of it, by name unless there is only one thing. */
static void show_inline(struct buf *out, const json_t *object)
{
    const char *key;
    json_t *value;
    size_t known = 0;
    const char *comma = "";
    json_object_foreach((json_t *)object, key, value)
    {
        known += !json_is_null(value);
    }
    json_object_foreach((json_t *)object, key, value)
    {
        if (json_is_null(value))
            continue;
        buf_adds(out, comma);
        if (known > 1)
            buf_addf(out, "%s ", key);
        show_value(out, value);
        comma = ", ";
    }
}

void show_value(struct buf *out, const json_t *value)
{
    size_t i;
    json_t *item;
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
        buf_addc(out, '-');
        break;
    case JSON_TRUE:
        buf_adds(out, "yes");
        break;
    case JSON_FALSE:
        buf_adds(out, "no");
        break;
    case JSON_STRING:
        show_string(out, json_string_value(value));
        break;
    case JSON_INTEGER:
        buf_addf(out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        buf_addf(out, "%g", json_real_value(value));
        break;
    case JSON_ARRAY:
        json_array_foreach(value, i, item)
        {
            buf_adds(out, i ? ", " : "");
            show_value(out, item);
        }
        break;
    case JSON_OBJECT:
        show_inline(out, value);
        break;
    }
}

static void print_value(FILE *out, const json_t *value)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    show_value(&text, value);
    print_clean(out, buf_ok(&text) ? buf_str(&text) : "(too long to show; use --json)", false);
    buf_fini(&text);
}

/* --- lists ---------------------------------------------------------------------------------------------------------
 */

struct column {
    char key[KEY_BYTES];
    char title[KEY_BYTES];
    bool is_right;
    size_t clip; /* columns of the terminal; 0: all of it */
};

/* "groups>:Active_groups", "reply~32:Reply" */
static void read_column(const char *word, size_t n, struct column *out)
{
    size_t key = 0;
    while (key < n && !strchr(":>~", word[key]))
        key++;
    out->is_right = key < n && word[key] == '>';
    out->clip = key < n && word[key] == '~' ? strtoul(word + key + 1, NULL, 10) : 0;
    const char *title = memchr(word, ':', n);
    snprintf(out->key, sizeof out->key, "%.*s", (int)key, word);
    snprintf(out->title, sizeof out->title, "%.*s", title ? (int)(n - (size_t)(title + 1 - word)) : 0,
             title ? title + 1 : "");
    for (char *p = out->title; *p; p++)
        if (*p == '_')
            *p = ' ';
}

static bool any_row_has(const json_t *rows, const char *key)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (json_object_get(row, key))
            return true;
    }
    return false;
}

static size_t read_columns(const json_t *rows, const char *text, struct column out[TABLE_COLUMNS_MAX])
{
    size_t n = 0;
    while (*text && n < TABLE_COLUMNS_MAX) {
        size_t len = strcspn(text, " ");
        read_column(text, len, &out[n]);
        n += any_row_has(rows, out[n].key);
        text += len;
        text += strspn(text, " ");
    }
    return n;
}

static void add_cell(struct table *table, const char *value, size_t clip)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    if (clip > 0)
        words_clip(&text, value, clip);
    table_cell(table, clip > 0 ? buf_str(&text) : value);
    buf_fini(&text);
}

static void print_rows(FILE *out, const json_t *rows, const struct column *columns, size_t n)
{
    struct table table;
    struct buf text;
    size_t i;
    json_t *row;
    table_init(&table);
    buf_init(&text, SHOW_VALUE_BYTES);
    for (size_t c = 0; c < n; c++)
        table_column(&table, columns[c].title, columns[c].is_right);
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < n; c++) {
            buf_reset(&text);
            show_value(&text, json_object_get(row, columns[c].key));
            add_cell(&table, buf_str(&text), columns[c].clip);
        }
    }
    table_print(&table, out);
    buf_fini(&text);
    table_fini(&table);
}

/* "last_meeting_on" becomes "Last meeting on". */
static void make_label(const char *key, char out[KEY_BYTES])
{
    snprintf(out, KEY_BYTES, "%s", key);
    out[0] = (char)toupper((unsigned char)out[0]);
    for (char *p = out; *p; p++)
        if (*p == '_')
            *p = ' ';
}

/* Columns for a list that nobody described: the members of its first row. */
static size_t guess_columns(const json_t *rows, struct column out[TABLE_COLUMNS_MAX])
{
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json_array_get(rows, 0), key, value)
    {
        if (n == TABLE_COLUMNS_MAX)
            break;
        snprintf(out[n].key, sizeof out[n].key, "%s", key);
        make_label(key, out[n].title);
        out[n].is_right = json_is_number(value);
        out[n].clip = 0;
        n++;
    }
    return n;
}

void show_list(FILE *out, const json_t *rows, const char *columns, const char *empty)
{
    struct column list[TABLE_COLUMNS_MAX];
    if (json_array_size(rows) == 0) {
        fprintf(out, "%s\n", empty ? empty : "nothing");
        return;
    }
    size_t n = columns ? read_columns(rows, columns, list) : 0;
    if (n == 0)
        n = guess_columns(rows, list);
    print_rows(out, rows, list, n);
}

/* --- things --------------------------------------------------------------------------------------------------------
 */

static bool is_table(const json_t *value)
{
    return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static bool is_long(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && strchr(text, '\n');
}

static bool is_line(const json_t *value)
{
    return !is_table(value) && !is_long(value);
}

static void show_lines(FILE *out, const json_t *object)
{
    size_t width = 0;
    const char *key;
    json_t *value;
    char label[KEY_BYTES];
    json_object_foreach((json_t *)object, key, value)
    {
        if (is_line(value) && strlen(key) > width)
            width = strlen(key);
    }
    width = width < KEY_BYTES ? width : KEY_BYTES - 1;
    json_object_foreach((json_t *)object, key, value)
    {
        if (!is_line(value))
            continue;
        make_label(key, label);
        print_clean(out, label, false);
        fprintf(out, ":%*s", (int)(width - strlen(label)) + 1, "");
        print_value(out, value);
        fputc('\n', out);
    }
}

void show_object(FILE *out, const json_t *object)
{
    const char *key;
    json_t *value;
    char label[KEY_BYTES];
    show_lines(out, object);
    json_object_foreach((json_t *)object, key, value)
    {
        if (is_line(value))
            continue;
        make_label(key, label);
        fputc('\n', out);
        print_clean(out, label, false);
        fputs(":\n", out);
        if (is_table(value)) {
            show_list(out, value, NULL, NULL);
        } else {
            const char *text = json_string_value(value);
            print_clean(out, text, true);
            if (text[strlen(text) - 1] != '\n')
                fputc('\n', out);
        }
    }
}

/* --- sentences -----------------------------------------------------------------------------------------------------
 */

/* Fills text[0..n) into `out`; false when a member is absent. */
static bool fill(struct buf *out, const char *text, size_t n, const json_t *object)
{
    bool is_whole = true;
    for (size_t i = 0; i < n; i++) {
        const char *end = text[i] == '{' ? memchr(text + i, '}', n - i) : NULL;
        if (!end) {
            buf_addc(out, text[i]);
            continue;
        }
        char key[KEY_BYTES];
        snprintf(key, sizeof key, "%.*s", (int)(end - text - (ptrdiff_t)i - 1), text + i + 1);
        const json_t *value = json_object_get(object, key);
        is_whole = is_whole && value && !json_is_null(value);
        show_value(out, value);
        i = (size_t)(end - text);
    }
    return is_whole;
}

void show_sentence(FILE *out, const char *text, const json_t *object)
{
    struct buf line;
    buf_init(&line, SHOW_VALUE_BYTES);
    while (*text) {
        size_t before = line.len;
        if (*text == '[') {
            size_t n = strcspn(text, "]");
            if (!fill(&line, text + 1, n - 1, object))
                buf_truncate(&line, before);
            text += n + (text[n] == ']');
        } else {
            size_t n = strcspn(text, "[");
            fill(&line, text, n, object);
            text += n;
        }
    }
    print_clean(out, buf_str(&line), false);
    fputc('\n', out);
    buf_fini(&line);
}
