/*
 * One row of a register: each cell cleaned and handed to core/register_take.c, then what only the whole row tells
 * (the person's name, the municipality, whether there is a person at all).
 */
#include "core/register_reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/personnummer.h"
#include "core/register_cells.h"

enum { SHORT_TEXT_BYTES = 32, MUNICIPALITY_BYTES = 128 };

const char *register_keep(struct register_reader *r, char *text)
{
    assert(r->owned_count < REGISTER_OWNED_MAX);
    r->owned[r->owned_count++] = text;
    return text;
}

void register_row_forget(struct register_reader *r)
{
    while (r->owned_count > 0)
        free(r->owned[--r->owned_count]);
}

/* --- from raw to clean -----------------------------------------------------------------------------------------------
 */

/* The guards against formulas: a leading apostrophe (ours, core/register_export.h), and ="…". */
static const char *unguard(struct register_reader *r, const char *text)
{
    if (text[0] == '\'' && text[1] != '\0' && strchr("=+-@'\t\r", text[1]) != NULL)
        return text + 1;
    size_t n = text[0] == '=' ? strlen(text) : 0;
    if (n >= 3 && text[1] == '"' && text[n - 1] == '"')
        return register_keep(r, xstrndup(text + 2, n - 3));
    return text;
}

/* Nothing for text_clean() to do? */
static bool is_plain(const char *s)
{
    if (*s == ' ')
        return false;
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
            return false;
        if (*s == ' ' && (s[1] == ' ' || s[1] == '\0'))
            return false;
    }
    return true;
}

/* å, ä, ö in UTF-8 read as Windows-1252 and saved again. */
static bool is_mojibake(const char *s)
{
    static const char *const signs[] = {"Ã¥", "Ã¤", "Ã¶", "Ã…", "Ã„", "Ã–", "Ã©"};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (strstr(s, signs[i]) != NULL)
            return true;
    }
    return false;
}

/* NULL when the cell cannot be used; that has been reported. */
static const char *clean(struct register_reader *r, const char *raw)
{
    const char *text = unguard(r, raw);
    if (is_plain(text))
        return text;
    char *cleaned = text_clean(text);
    if (cleaned == NULL) {
        register_report_cell(r, REGISTER_PROBLEM_CELL_UTF8, NULL);
        return NULL;
    }
    text = register_keep(r, cleaned);
    if (text_has_control(text, strlen(text))) {
        register_report_cell(r, REGISTER_PROBLEM_CELL_CONTROL, text);
        return NULL;
    }
    if (!r->is_mojibake_told && is_mojibake(text)) {
        r->is_mojibake_told = true;
        register_report_cell(r, REGISTER_PROBLEM_MOJIBAKE, text);
    }
    return text;
}

/* In a column of phones, ten digits in a row are a phone. */
static bool has_personnummer(const char *text, enum register_column column)
{
    size_t start = 0;
    size_t len = 0;
    for (size_t from = 0; personnummer_find(text, from, &start, &len); from = start + len) {
        if (column != REGISTER_PHONE || len != 10)
            return true;
    }
    return false;
}

static void read_cell(struct register_reader *r, enum register_column column, const char *raw)
{
    if (has_personnummer(raw, column)) {
        register_report_cell(r, REGISTER_PROBLEM_PERSONNUMMER, raw);
        return;
    }
    if (column == REGISTER_UNKNOWN && r->layout.headers[r->column - 1][0] == '\0') {
        register_report_cell(r, REGISTER_PROBLEM_COLUMN_UNKNOWN, raw);
        r->layout.columns[r->column - 1] = REGISTER_REMARK; /* told once */
    }
    if (!register_is_taken(column))
        return;
    const char *text = clean(r, raw);
    if (text != NULL && text[0] != '\0')
        register_take(r, column, text);
}

/* --- the whole row ---------------------------------------------------------------------------------------------------
 */

static void settle_name(struct register_reader *r)
{
    struct register_contact *c = &r->row.contact;
    if (r->first_name[0] != '\0' && r->last_name[0] != '\0')
        c->name = register_keep(r, xasprintf("%s %s", r->first_name, r->last_name));
    else if (r->first_name[0] != '\0' || r->last_name[0] != '\0')
        c->name = r->first_name[0] != '\0' ? r->first_name : r->last_name;
    else
        c->name = r->full_name;
    if (register_is_nobody(c->name))
        c->name = "";
    if (c->name[0] != '\0')
        register_fill_in(r, REGISTER_NAME);
}

/* The code of four digits that `text` begins with ("1292", "765", "1292 Ängelholm"). */
static bool leading_code(const char *text, char out[REGISTER_CODE_BYTES])
{
    size_t n = strspn(text, "0123456789");
    if (n < 3 || n > 4 || (text[n] != '\0' && text[n] != ' '))
        return false;
    snprintf(out, REGISTER_CODE_BYTES, "%s%.*s", n == 3 ? "0" : "", (int)n, text);
    return true;
}

/* "Ängelholm", "Ängelholms kommun" */
static bool look_up_name(const struct register_reader *r, const char *text, char out[REGISTER_CODE_BYTES])
{
    static const char suffix[] = " kommun";
    char name[MUNICIPALITY_BYTES];
    size_t n = strlen(text);
    if (r->options->municipality == NULL || n >= sizeof name)
        return false;
    if (r->options->municipality(r->cb->ctx, text, out))
        return true;
    if (n <= sizeof suffix || strcasecmp(text + n - (sizeof suffix - 1), suffix) != 0)
        return false;
    n -= sizeof suffix - 1;
    memcpy(name, text, n);
    name[n] = '\0';
    if (r->options->municipality(r->cb->ctx, name, out))
        return true;
    if (name[n - 1] != 's')
        return false;
    name[n - 1] = '\0';
    return r->options->municipality(r->cb->ctx, name, out);
}

static bool look_up_municipality(const struct register_reader *r, const char *text, char out[REGISTER_CODE_BYTES])
{
    char code[REGISTER_CODE_BYTES];
    if (!leading_code(text, code))
        return look_up_name(r, text, out);
    if (r->options->municipality != NULL)
        return r->options->municipality(r->cb->ctx, code, out);
    memcpy(out, code, sizeof code);
    return true;
}

static void settle_municipality(struct register_reader *r)
{
    const char *text = r->municipality;
    size_t column = r->place[REGISTER_MUNICIPALITY_CODE];
    if (column == 0)
        column = r->place[REGISTER_MUNICIPALITY];
    if (text[0] == '\0') {
        if (r->options->municipality_code != NULL)
            snprintf(r->row.municipality_code, REGISTER_CODE_BYTES, "%s", r->options->municipality_code);
        else if (column > 0)
            register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_MUNICIPALITY_MISSING,
                                                          .line = r->row.line,
                                                          .column = column});
        else
            r->has_errors = true; /* told once, at the header */
        return;
    }
    /* Most files name one municipality in every row. */
    if (r->municipality_text == NULL || strcmp(r->municipality_text, text) != 0) {
        free(r->municipality_text);
        r->municipality_text = xstrdup(text);
        if (!look_up_municipality(r, text, r->municipality_code))
            r->municipality_code[0] = '\0';
    }
    memcpy(r->row.municipality_code, r->municipality_code, REGISTER_CODE_BYTES);
    if (r->row.municipality_code[0] != '\0')
        register_fill_in(r, REGISTER_MUNICIPALITY_CODE);
    else
        register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_MUNICIPALITY_UNKNOWN,
                                                      .line = r->row.line,
                                                      .column = column,
                                                      .found = text});
}

static void settle_contact(struct register_reader *r)
{
    struct register_row *row = &r->row;
    const struct register_contact *c = &row->contact;
    row->has_contact = c->name[0] != '\0' || c->address_count > 0 || c->phone_count > 0;
    if (!row->has_contact)
        return;
    if (c->name[0] == '\0')
        register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_NAME_MISSING, .line = row->line});
    if (c->address_count == 0 && c->phone_count == 0 && !r->has_errors)
        register_report(r, &(struct register_finding){
                               .code = REGISTER_PROBLEM_CONTACT_UNREACHABLE, .line = row->line, .found = c->name});
}

static void settle_numbers(struct register_reader *r)
{
    const struct register_row *row = &r->row;
    if (row->household_count < 0 || row->households_joined <= row->household_count)
        return;
    char joined[SHORT_TEXT_BYTES];
    char count[SHORT_TEXT_BYTES];
    snprintf(joined, sizeof joined, "%d", row->households_joined);
    snprintf(count, sizeof count, "%d", row->household_count);
    register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_JOINED_MORE,
                                                  .line = row->line,
                                                  .column = r->place[REGISTER_HOUSEHOLDS_JOINED],
                                                  .args = {{joined, joined}, {count, count}}});
}

static void report_position(struct register_reader *r, enum register_problem_code code, enum register_column column,
                            const char *found)
{
    register_report(
        r, &(struct register_finding){.code = code, .line = r->row.line, .column = r->place[column], .found = found});
}

/* One cell with both numbers, or one for each. A group without a point is in no circle drawn on a map. */
static void settle_position(struct register_reader *r)
{
    static const enum register_problem_code problems[] = {[GEO_OUTSIDE] = REGISTER_PROBLEM_POSITION_OUTSIDE,
                                                          [GEO_SWAPPED] = REGISTER_PROBLEM_POSITION_SWAPPED,
                                                          [GEO_GRID] = REGISTER_PROBLEM_POSITION_GRID};
    struct geo_point p = {0, 0};
    bool is_whole = r->position[0] != '\0';
    enum register_column column = is_whole ? REGISTER_POSITION : REGISTER_LATITUDE;
    const char *found = is_whole ? r->position : r->latitude;
    int rc = 0;
    if (!is_whole && r->latitude[0] == '\0' && r->longitude[0] == '\0')
        return;
    if (is_whole) {
        rc = geo_read_point(r->position, &p, NULL);
    } else if (r->latitude[0] == '\0' || r->longitude[0] == '\0') {
        bool lacks_latitude = r->latitude[0] == '\0';
        report_position(r, REGISTER_PROBLEM_POSITION_HALF, lacks_latitude ? REGISTER_LONGITUDE : REGISTER_LATITUDE,
                        lacks_latitude ? r->longitude : r->latitude);
        return;
    } else {
        rc = geo_parse_degrees(r->latitude, &p.lat_udeg, NULL);
        if (rc == 0 && geo_parse_degrees(r->longitude, &p.lon_udeg, NULL) != 0) {
            column = REGISTER_LONGITUDE;
            found = r->longitude;
            rc = ERR_INVALID;
        }
    }
    enum geo_fault fault = rc == 0 ? geo_fault(p) : GEO_OK;
    if (rc || fault != GEO_OK) {
        report_position(r, rc ? REGISTER_PROBLEM_POSITION : problems[fault], column, found);
        return;
    }
    geo_format_point(p, r->row.position);
    register_fill_in(r, REGISTER_POSITION);
}

static unsigned present(const struct register_reader *r)
{
    unsigned bits = r->layout.present;
    if ((bits & (REGISTER_BIT(FIRST_NAME) | REGISTER_BIT(LAST_NAME))) != 0)
        bits |= REGISTER_BIT(NAME);
    if ((bits & REGISTER_BIT(LEAD_REP)) != 0)
        bits |= REGISTER_BIT(ROLE);
    if ((bits & REGISTER_BIT(MUNICIPALITY)) != 0)
        bits |= REGISTER_BIT(MUNICIPALITY_CODE);
    if ((bits & REGISTER_BIT(LATITUDE)) != 0)
        bits |= REGISTER_BIT(POSITION);
    return bits;
}

void register_row_read(struct register_reader *r)
{
    const struct csv_row *csv = r->csv;
    r->row = (struct register_row){
        .line = csv->line,
        .present = present(r),
        .group_name = "",
        .kind = GROUP_KIND_OTHER,
        .state = GROUP_STATE_ACTIVE,
        .district = "",
        .household_count = -1,
        .households_joined = -1,
        .sign_count = -1,
        .group_line = csv->line,
        .contact_line = csv->line,
        .contact = {.name = "", .role = CONTACT_ROLE_CONTACT_REP, .trained = -1, .trained_year = -1},
    };
    r->first_name = r->last_name = r->full_name = r->municipality = "";
    r->position = r->latitude = r->longitude = "";
    r->has_errors = false;
    bool is_group_told = false; /* its cell has an error of its own */
    for (size_t i = 0; i < csv->count && i < r->layout.count; i++) {
        long errors = r->summary->problems[REGISTER_ERROR];
        r->column = i + 1;
        if (csv->cells[i][0] != '\0')
            read_cell(r, r->layout.columns[i], csv->cells[i]);
        if (r->column == r->place[REGISTER_GROUP])
            is_group_told = r->summary->problems[REGISTER_ERROR] > errors;
    }
    r->column = 0;
    if (r->row.group_name[0] == '\0' && !is_group_told)
        register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_GROUP_MISSING,
                                                      .line = csv->line,
                                                      .column = r->place[REGISTER_GROUP]});
    settle_name(r);
    settle_municipality(r);
    settle_contact(r);
    settle_numbers(r);
    settle_position(r);
}
