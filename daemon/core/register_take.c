/*
 * One cell of a register by the meaning of its column: its text to a value of the row, and what to report about it.
 */
#include "core/register_reader.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/register_cells.h"

enum { SHORT_TEXT_BYTES = 32 };

void register_report_cell(struct register_reader *r, enum register_problem_code code, const char *found)
{
    register_report(r,
                    &(struct register_finding){.code = code, .line = r->row.line, .column = r->column, .found = found});
}

static void report_reason(struct register_reader *r, enum register_problem_code code, const char *found,
                          const struct wording *reason)
{
    register_report(r, &(struct register_finding){
                           .code = code, .line = r->row.line, .column = r->column, .found = found, .args = {*reason}});
}

/* `value` is the same in both languages. */
static void report_value(struct register_reader *r, enum register_problem_code code, const char *found,
                         const char *value)
{
    report_reason(r, code, found, &(struct wording){value, value});
}

/* --- cells -----------------------------------------------------------------------------------------------------------
 */

/* A value that is not understood: nothing when the cell only says that there is none. */
static void not_understood(struct register_reader *r, enum register_problem_code code, const char *text)
{
    if (!register_is_placeholder(text))
        register_report_cell(r, code, text);
}

/* Names of groups, districts and people. True when `text` may be used. */
static bool check_text(struct register_reader *r, const char *text)
{
    if (text_length(text) <= REGISTER_NAME_MAX_CHARS)
        return true;
    char limit[SHORT_TEXT_BYTES];
    snprintf(limit, sizeof limit, "%d", (int)REGISTER_NAME_MAX_CHARS);
    report_value(r, REGISTER_PROBLEM_CELL_LONG, text, limit);
    return false;
}

static void take_municipality(struct register_reader *r, const char *text)
{
    /* The code is the surer one of the two; either column may hold either. */
    if (r->layout.columns[r->column - 1] == REGISTER_MUNICIPALITY_CODE || r->municipality[0] == '\0')
        r->municipality = text;
}

static void take_group(struct register_reader *r, const char *text)
{
    if (!check_text(r, text) || register_is_dash(text))
        return;
    r->row.group_name = text;
    register_fill_in(r, REGISTER_GROUP);
}

static void take_kind(struct register_reader *r, const char *text)
{
    if (register_kind_read(text, &r->row.kind)) {
        register_fill_in(r, REGISTER_KIND);
    } else if (!register_is_placeholder(text)) {
        register_report_cell(r, REGISTER_PROBLEM_KIND_UNKNOWN, text);
        register_fill_in(r, REGISTER_KIND);
    }
}

static void take_district(struct register_reader *r, const char *text)
{
    if (!check_text(r, text) || register_is_dash(text))
        return;
    r->row.district = text;
    register_fill_in(r, REGISTER_DISTRICT);
}

static void take_postal_code(struct register_reader *r, const char *text)
{
    if (register_postal_read(text, r->row.postal_code))
        register_fill_in(r, REGISTER_POSTAL_CODE);
    else
        not_understood(r, REGISTER_PROBLEM_POSTAL_CODE, text);
}

static void take_date(struct register_reader *r, const char *text, enum register_column column,
                      char out[DATE_TEXT_BYTES])
{
    struct date_text date;
    enum date_fault fault = date_text_read(text, &date);
    if (fault != DATE_OK) {
        if (!register_is_placeholder(text))
            report_reason(r, REGISTER_PROBLEM_DATE, text, date_fault_wording(fault));
        return;
    }
    memcpy(out, date.text, sizeof date.text);
    register_fill_in(r, column);
    if (date_form_is_a_guess(date.form)) {
        register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_DATE_READ,
                                                      .line = r->row.line,
                                                      .column = r->column,
                                                      .found = text,
                                                      .args = {{date.text, date.text}, *date_form_wording(date.form)}});
    }
}

static void take_activated_on(struct register_reader *r, const char *text)
{
    take_date(r, text, REGISTER_ACTIVATED_ON, r->row.activated_on);
}

static void take_last_meeting_on(struct register_reader *r, const char *text)
{
    take_date(r, text, REGISTER_LAST_MEETING_ON, r->row.last_meeting_on);
}

static void take_state(struct register_reader *r, const char *text)
{
    if (register_state_read(text, &r->row.state))
        register_fill_in(r, REGISTER_STATE);
    else
        not_understood(r, REGISTER_PROBLEM_STATE_UNKNOWN, text);
}

static void take_number(struct register_reader *r, const char *text, enum register_column column, int *out)
{
    bool is_about = false;
    if (!register_number_read(text, out, &is_about)) {
        not_understood(r, REGISTER_PROBLEM_NUMBER, text);
        return;
    }
    register_fill_in(r, column);
    if (is_about) {
        char value[SHORT_TEXT_BYTES];
        snprintf(value, sizeof value, "%d", *out);
        report_value(r, REGISTER_PROBLEM_NUMBER_ABOUT, text, value);
    }
}

static void take_household_count(struct register_reader *r, const char *text)
{
    take_number(r, text, REGISTER_HOUSEHOLD_COUNT, &r->row.household_count);
}

static void take_households_joined(struct register_reader *r, const char *text)
{
    take_number(r, text, REGISTER_HOUSEHOLDS_JOINED, &r->row.households_joined);
}

static void take_sign_count(struct register_reader *r, const char *text)
{
    take_number(r, text, REGISTER_SIGN_COUNT, &r->row.sign_count);
}

static void take_role(struct register_reader *r, const char *text)
{
    if (register_role_read(text, &r->row.contact.role))
        register_fill_in(r, REGISTER_ROLE);
    else
        not_understood(r, REGISTER_PROBLEM_ROLE_UNKNOWN, text);
}

static void take_first_name(struct register_reader *r, const char *text)
{
    if (check_text(r, text) && !register_is_dash(text))
        r->first_name = text;
}

static void take_last_name(struct register_reader *r, const char *text)
{
    if (check_text(r, text) && !register_is_dash(text))
        r->last_name = text;
}

static void take_full_name(struct register_reader *r, const char *text)
{
    if (!check_text(r, text) || register_is_dash(text))
        return;
    char turned[4 * REGISTER_NAME_MAX_CHARS + 2];
    r->full_name = text;
    if (register_name_turn(text, turned, sizeof turned)) {
        r->full_name = register_keep(r, xstrdup(turned));
        report_value(r, REGISTER_PROBLEM_NAME_TURNED, text, r->full_name);
    }
}

/* "Huvudkontaktombud": a cross, or the name itself in registers with no other column for it. */
static void take_lead_rep(struct register_reader *r, const char *text)
{
    bool is_yes = false;
    if (register_yes_read(text, &is_yes)) {
        r->row.contact.role = is_yes ? CONTACT_ROLE_LEAD_REP : CONTACT_ROLE_CONTACT_REP;
        register_fill_in(r, REGISTER_ROLE);
    } else if ((r->layout.present & (REGISTER_BIT(NAME) | REGISTER_BIT(FIRST_NAME) | REGISTER_BIT(LAST_NAME))) == 0) {
        take_full_name(r, text);
        r->row.contact.role = CONTACT_ROLE_LEAD_REP;
        register_fill_in(r, REGISTER_ROLE);
    } else {
        not_understood(r, REGISTER_PROBLEM_ROLE_UNKNOWN, text);
    }
}

static bool has_address(const struct register_contact *c, const char *key)
{
    for (size_t i = 0; i < c->address_count; i++) {
        if (strcmp(c->addresses[i].key, key) == 0)
            return true;
    }
    return false;
}

static void warn_address(struct register_reader *r, enum register_problem_code code, const struct address *a)
{
    register_report(
        r, &(struct register_finding){
               .code = code, .line = r->row.line, .column = r->column, .found = a->full, .suggestion = a->suggestion});
}

static void take_address(struct register_reader *r, const char *piece)
{
    struct register_contact *c = &r->row.contact;
    struct address a;
    enum address_fault fault = address_read(piece, &a);
    if (fault != ADDRESS_OK) {
        report_reason(r, REGISTER_PROBLEM_ADDRESS, piece, address_fault_wording(fault));
        return;
    }
    if (has_address(c, a.key))
        return;
    if (c->address_count == REGISTER_ADDRESSES_MAX) {
        char limit[SHORT_TEXT_BYTES];
        snprintf(limit, sizeof limit, "%d", (int)REGISTER_ADDRESSES_MAX);
        report_value(r, REGISTER_PROBLEM_ADDRESS_MANY, piece, limit);
        return;
    }
    if (a.needs_smtputf8)
        warn_address(r, REGISTER_PROBLEM_ADDRESS_SMTPUTF8, &a);
    if (a.domain_typo)
        warn_address(r, REGISTER_PROBLEM_ADDRESS_TYPO, &a);
    c->addresses[c->address_count++] = a;
    register_fill_in(r, REGISTER_EMAIL);
}

static void take_email(struct register_reader *r, const char *text)
{
    /* Room for an address that is too long, so that it is reported as that. */
    char piece[2 * ADDRESS_BYTES];
    if (strchr(text, '@') == NULL && register_is_placeholder(text))
        return;
    for (const char *cursor = text; register_next_address(&cursor, piece, sizeof piece);)
        take_address(r, piece);
}

static bool has_phone(const struct register_contact *c, const char *e164)
{
    for (size_t i = 0; i < c->phone_count; i++) {
        if (strcmp(c->phones[i].e164, e164) == 0)
            return true;
    }
    return false;
}

static void take_phone(struct register_reader *r, const char *text)
{
    struct register_contact *c = &r->row.contact;
    struct phone found[PHONE_CELL_MAX];
    size_t n = 0;
    enum phone_fault fault = phone_read_cell(text, found, &n);
    if (fault == PHONE_EMPTY)
        return;
    if (fault != PHONE_OK && fault != PHONE_TOO_MANY) {
        if (!register_is_placeholder(text))
            report_reason(r, REGISTER_PROBLEM_PHONE, text, phone_fault_wording(fault));
        return;
    }
    bool is_too_many = fault == PHONE_TOO_MANY;
    for (size_t i = 0; i < n; i++) {
        if (has_phone(c, found[i].e164))
            continue;
        if (found[i].zero_added) {
            char national[PHONE_TEXT_BYTES];
            report_value(r, REGISTER_PROBLEM_PHONE_ZERO, text, phone_national(found[i].e164, national));
        }
        if (c->phone_count < PHONE_CELL_MAX)
            c->phones[c->phone_count++] = found[i];
        else
            is_too_many = true;
    }
    register_fill_in(r, REGISTER_PHONE);
    if (is_too_many)
        register_report_cell(r, REGISTER_PROBLEM_PHONE_MANY, text);
}

static void take_position(struct register_reader *r, const char *text)
{
    r->position = register_is_placeholder(text) ? "" : text;
}

static void take_latitude(struct register_reader *r, const char *text)
{
    r->latitude = register_is_placeholder(text) ? "" : text;
}

static void take_longitude(struct register_reader *r, const char *text)
{
    r->longitude = register_is_placeholder(text) ? "" : text;
}

static void take_trained(struct register_reader *r, const char *text)
{
    struct register_contact *c = &r->row.contact;
    if (register_trained_read(text, &c->trained, &c->trained_year))
        register_fill_in(r, REGISTER_TRAINED);
    else
        not_understood(r, REGISTER_PROBLEM_TRAINED, text);
}

static void take_protected(struct register_reader *r, const char *text)
{
    bool is_yes = true;
    if (register_is_placeholder(text) || (register_yes_read(text, &is_yes) && !is_yes))
        return;
    register_report_cell(r, REGISTER_PROBLEM_PROTECTED, NULL); /* the mark itself is confidential */
}

typedef void (*take_fn)(struct register_reader *r, const char *text);

/* Columns without a function are not imported. */
static const take_fn takes[REGISTER_COLUMN_COUNT] = {
    [REGISTER_MUNICIPALITY_CODE] = take_municipality,
    [REGISTER_MUNICIPALITY] = take_municipality,
    [REGISTER_GROUP] = take_group,
    [REGISTER_KIND] = take_kind,
    [REGISTER_DISTRICT] = take_district,
    [REGISTER_POSTAL_CODE] = take_postal_code,
    [REGISTER_ACTIVATED_ON] = take_activated_on,
    [REGISTER_STATE] = take_state,
    [REGISTER_HOUSEHOLD_COUNT] = take_household_count,
    [REGISTER_HOUSEHOLDS_JOINED] = take_households_joined,
    [REGISTER_SIGN_COUNT] = take_sign_count,
    [REGISTER_LAST_MEETING_ON] = take_last_meeting_on,
    [REGISTER_POSITION] = take_position,
    [REGISTER_LATITUDE] = take_latitude,
    [REGISTER_LONGITUDE] = take_longitude,
    [REGISTER_ROLE] = take_role,
    [REGISTER_FIRST_NAME] = take_first_name,
    [REGISTER_LAST_NAME] = take_last_name,
    [REGISTER_NAME] = take_full_name,
    [REGISTER_LEAD_REP] = take_lead_rep,
    [REGISTER_EMAIL] = take_email,
    [REGISTER_PHONE] = take_phone,
    [REGISTER_TRAINED] = take_trained,
    [REGISTER_PROTECTED] = take_protected,
};

bool register_is_taken(enum register_column column)
{
    return takes[column] != NULL;
}

void register_take(struct register_reader *r, enum register_column column, const char *text)
{
    takes[column](r, text);
}
