/* The register as CSV; the columns are those of REGISTER_COLUMN_MAP that have a header of our own, in its order. */
#include "core/register_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

enum { CELL_MAX_BYTES = 4096 };

/* What a spreadsheet takes for the start of a formula, and our guard itself. */
static bool needs_guard(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r'", text[0]) != NULL;
}

static bool needs_quotes(const char *text)
{
    size_t n = strlen(text);
    return strpbrk(text, ";\"\r\n") != NULL || (n > 0 && (text[0] == ' ' || text[n - 1] == ' '));
}

static void put_cell(struct buf *out, const char *text)
{
    bool is_quoted = needs_quotes(text);
    if (is_quoted)
        buf_addc(out, '"');
    if (needs_guard(text))
        buf_addc(out, '\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            buf_addc(out, '"');
        buf_addc(out, *p);
    }
    if (is_quoted)
        buf_addc(out, '"');
}

static void put_number(struct buf *cell, int n)
{
    if (n >= 0)
        buf_addf(cell, "%d", n);
}

static void put_text(struct buf *cell, const char *text)
{
    if (text != NULL)
        buf_adds(cell, text);
}

/* The last word of a name is the last name; read back, the two are put together again. */
static size_t first_name_len(const char *name)
{
    const char *space = strrchr(name, ' ');
    return space != NULL && space > name && space[1] != '\0' ? (size_t)(space - name) : strlen(name);
}

static void put_first_name(struct buf *cell, const char *name)
{
    if (name != NULL)
        buf_add(cell, name, first_name_len(name));
}

static void put_last_name(struct buf *cell, const char *name)
{
    if (name != NULL && name[first_name_len(name)] != '\0')
        buf_adds(cell, name + first_name_len(name) + 1);
}

static void put_addresses(struct buf *cell, const struct register_export_row *row)
{
    for (size_t i = 0; i < REGISTER_ADDRESSES_MAX && row->addresses[i] != NULL; i++)
        buf_addf(cell, "%s%s", i > 0 ? "; " : "", row->addresses[i]);
}

static void put_phones(struct buf *cell, const struct register_export_row *row)
{
    char national[PHONE_TEXT_BYTES];
    for (size_t i = 0; i < PHONE_CELL_MAX && row->phones[i] != NULL; i++)
        buf_addf(cell, "%s%s", i > 0 ? " / " : "", phone_national(row->phones[i], national));
}

static void put_trained(struct buf *cell, const struct register_export_row *row)
{
    if (row->trained == 1 && row->trained_year > 0)
        buf_addf(cell, "%d", row->trained_year);
    else if (row->trained >= 0)
        buf_adds(cell, row->trained == 1 ? "ja" : "nej");
}

/* The group's columns, and then the contact's. */
static void make_cell(struct buf *cell, const struct register_export_row *row, enum register_column column)
{
    switch (column) {
    case REGISTER_MUNICIPALITY_CODE:
        put_text(cell, row->municipality_code);
        return;
    case REGISTER_GROUP:
        put_text(cell, row->group_name);
        return;
    case REGISTER_KIND:
        buf_adds(cell, group_kind_sv(row->kind));
        return;
    case REGISTER_STATE:
        buf_adds(cell, group_state_sv(row->state));
        return;
    case REGISTER_DISTRICT:
        put_text(cell, row->district);
        return;
    case REGISTER_POSTAL_CODE:
        put_text(cell, row->postal_code);
        return;
    case REGISTER_ACTIVATED_ON:
        put_text(cell, row->activated_on);
        return;
    case REGISTER_LAST_MEETING_ON:
        put_text(cell, row->last_meeting_on);
        return;
    case REGISTER_POSITION:
        put_text(cell, row->position);
        return;
    case REGISTER_HOUSEHOLD_COUNT:
        put_number(cell, row->household_count);
        return;
    case REGISTER_HOUSEHOLDS_JOINED:
        put_number(cell, row->households_joined);
        return;
    case REGISTER_SIGN_COUNT:
        put_number(cell, row->sign_count);
        return;
    default:
        break;
    }
    if (!row->has_contact)
        return;
    switch (column) {
    case REGISTER_ROLE:
        buf_adds(cell, contact_role_sv(row->role));
        break;
    case REGISTER_FIRST_NAME:
        put_first_name(cell, row->contact_name);
        break;
    case REGISTER_LAST_NAME:
        put_last_name(cell, row->contact_name);
        break;
    case REGISTER_EMAIL:
        put_addresses(cell, row);
        break;
    case REGISTER_PHONE:
        put_phones(cell, row);
        break;
    case REGISTER_TRAINED:
        put_trained(cell, row);
        break;
    default:
        break;
    }
}

/* Ends a line that began at `start`. */
static int end_line(struct buf *out, size_t start)
{
    buf_adds(out, "\r\n");
    if (buf_ok(out))
        return 0;
    buf_truncate(out, start);
    return ERR_TOO_LARGE;
}

int register_export_header(struct buf *out)
{
    size_t start = out->len;
    buf_adds(out, "\xef\xbb\xbf");
    for (int i = 0; i < REGISTER_COLUMN_COUNT; i++) {
        const char *header = register_column_header((enum register_column)i);
        if (header[0] == '\0')
            continue;
        if (i > 0)
            buf_addc(out, ';');
        put_cell(out, header);
    }
    return end_line(out, start);
}

int register_export_row(struct buf *out, const struct register_export_row *row)
{
    size_t start = out->len;
    struct buf cell;
    buf_init(&cell, CELL_MAX_BYTES);
    bool fits = true;
    for (int i = 0; i < REGISTER_COLUMN_COUNT; i++) {
        if (register_column_header((enum register_column)i)[0] == '\0')
            continue;
        buf_reset(&cell);
        make_cell(&cell, row, (enum register_column)i);
        fits = fits && buf_ok(&cell);
        if (i > 0)
            buf_addc(out, ';');
        put_cell(out, buf_str(&cell));
    }
    buf_fini(&cell);
    int rc = end_line(out, start);
    if (rc == 0 && !fits) {
        buf_truncate(out, start);
        rc = ERR_TOO_LARGE;
    }
    return rc;
}
