/* Headers of registers: reduced to letters and digits without marks, and looked up in one table. */
#include "core/register_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { KEY_BYTES = 64, HEADER_SHOWN_BYTES = 80 };

static const struct {
    const char *header;
    const char *other;
} columns[] = {
#define COLUMN_ROW(id, header, other) {header, other},
    REGISTER_COLUMN_MAP(COLUMN_ROW)
#undef COLUMN_ROW
};

const char *register_column_header(enum register_column column)
{
    return columns[column].header;
}

/* "E-post (privat) 2" -> "epost2"; false when it does not fit or has letters of another script. */
static bool make_key(const char *text, char key[KEY_BYTES])
{
    char *ascii = text_ascii(text);
    if (ascii == NULL)
        return false;
    size_t n = 0;
    bool fits = true;
    size_t end = strcspn(ascii, "(");
    for (size_t i = 0; i < end && fits; i++) {
        char c = ascii[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            continue;
        fits = n + 1 < KEY_BYTES;
        if (fits)
            key[n++] = c;
    }
    key[n] = '\0';
    free(ascii);
    return fits && n > 0;
}

/* Is `key` one of the words of `list` (a space round each)? */
static bool is_listed(const char *list, const char *key, size_t n)
{
    for (const char *p = strstr(list, key); p != NULL; p = strstr(p + 1, key)) {
        if (p > list && p[-1] == ' ' && p[n] == ' ')
            return true;
    }
    return false;
}

static enum register_column find_key(const char *key)
{
    for (int i = 0; i < REGISTER_UNKNOWN; i++) {
        char own[KEY_BYTES];
        if (columns[i].header[0] != '\0' && make_key(columns[i].header, own) && strcmp(own, key) == 0)
            return (enum register_column)i;
        if (is_listed(columns[i].other, key, strlen(key)))
            return (enum register_column)i;
    }
    return REGISTER_UNKNOWN;
}

enum register_column register_column_named(const char *header)
{
    char key[KEY_BYTES];
    if (!make_key(header, key))
        return REGISTER_UNKNOWN;
    enum register_column found = find_key(key);
    size_t n = strlen(key);
    while (found == REGISTER_UNKNOWN && n > 1 && key[n - 1] >= '0' && key[n - 1] <= '9') {
        key[--n] = '\0';
        found = find_key(key);
    }
    size_t slash = strcspn(header, "/");
    if (found == REGISTER_UNKNOWN && header[slash] != '\0') { /* "Mobil/telefon" */
        char *first = xstrndup(header, slash);
        found = register_column_named(first);
        free(first);
    }
    return found;
}

/* "Namn" beside "Förnamn" can only be the group's. */
static void settle_names(struct register_layout *layout)
{
    if ((layout->present & REGISTER_BIT(GROUP)) != 0 || (layout->present & REGISTER_BIT(FIRST_NAME)) == 0 ||
        (layout->present & REGISTER_BIT(NAME)) == 0)
        return;
    for (size_t i = 0; i < layout->count; i++) {
        if (layout->columns[i] == REGISTER_NAME) {
            layout->columns[i] = REGISTER_GROUP;
            break;
        }
    }
    layout->present = (layout->present & ~REGISTER_BIT(NAME)) | REGISTER_BIT(GROUP);
}

bool register_layout_take(struct register_layout *layout, const struct csv_row *row, size_t *known_out)
{
    size_t known = 0;
    size_t filled = 0;
    layout->present = 0;
    layout->count = row->count;
    for (size_t i = 0; i < row->count; i++) {
        layout->columns[i] = register_column_named(row->cells[i]);
        if (row->cells[i][0] != '\0')
            filled++;
        if (layout->columns[i] != REGISTER_UNKNOWN) {
            known++;
            layout->present |= 1U << layout->columns[i];
        }
    }
    settle_names(layout);
    *known_out = known;
    if ((layout->present & REGISTER_BIT(GROUP)) == 0 || (known < 2 && known < filled)) {
        layout->count = 0;
        return false;
    }
    layout->line = row->line;
    for (size_t i = 0; i < row->count; i++) {
        layout->headers[i] = text_clean(row->cells[i]);
        if (layout->headers[i] == NULL)
            layout->headers[i] = xstrdup("");
    }
    return true;
}

bool register_layout_is_header(const struct register_layout *layout, const struct csv_row *row)
{
    size_t known = 0;
    for (size_t i = 0; i < row->count && i < layout->count; i++) {
        if (row->cells[i][0] == '\0')
            continue;
        char *clean = text_clean(row->cells[i]);
        bool is_same = clean != NULL && strcmp(clean, layout->headers[i]) == 0;
        free(clean);
        if (!is_same)
            return false;
        known++;
    }
    return known > 0;
}

void register_layout_fini(struct register_layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        free(layout->headers[i]);
        layout->headers[i] = NULL;
    }
    layout->count = 0;
}
