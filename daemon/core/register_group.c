/*
 * A row against the rows before it: is the group new, do its columns say the same as where it first stood, has
 * the person stood there before? Remembered are hashes and line numbers only (core/register_seen.h).
 *
 * One record per municipality and name; its first value is the district. A name that comes with two districts is two
 * groups (the store tells them apart by district), so the second gets a record of its own; a blank district fits any.
 */
#include "core/register_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"
#include "base/text.h"

enum { DISTRICT_VALUE = 0, LINE_BYTES = 24, FACTS_MIN = 64 };

static char *fold(const char *text)
{
    char *folded = text_fold(text);
    return folded != NULL ? folded : xstrdup("");
}

static uint32_t hash_value(struct register_reader *r, const char *text)
{
    uint32_t h = (uint32_t)seen_hash(&r->groups, &text, 1);
    return h != 0 ? h : 1;
}

static void report_at(struct register_reader *r, enum register_problem_code code, size_t column, const char *found,
                      long other_line)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "%ld", other_line);
    register_report(r,
                    &(struct register_finding){
                        .code = code, .line = r->row.line, .column = column, .found = found, .args = {{line, line}}});
}

static const char *cell_of(const struct register_reader *r, enum register_column column)
{
    size_t place = r->place[column];
    return place > 0 && place <= r->csv->count ? r->csv->cells[place - 1] : NULL;
}

static struct register_facts *facts_of(struct register_reader *r, const struct seen_entry *group)
{
    return &r->facts[group->value - 1];
}

/* What a filled column of the group holds, as a number for comparison; never 0. */
static uint32_t value_of(struct register_reader *r, enum register_column column)
{
    const struct register_row *row = &r->row;
    switch (column) {
    case REGISTER_KIND:
        return (uint32_t)row->kind + 1;
    case REGISTER_STATE:
        return (uint32_t)row->state + 1;
    case REGISTER_POSTAL_CODE:
        return hash_value(r, row->postal_code);
    case REGISTER_ACTIVATED_ON:
        return hash_value(r, row->activated_on);
    case REGISTER_LAST_MEETING_ON:
        return hash_value(r, row->last_meeting_on);
    case REGISTER_POSITION:
        return hash_value(r, row->position);
    case REGISTER_HOUSEHOLD_COUNT:
        return (uint32_t)row->household_count + 1;
    case REGISTER_HOUSEHOLDS_JOINED:
        return (uint32_t)row->households_joined + 1;
    default:
        return (uint32_t)row->sign_count + 1;
    }
}

/* As if the cell had been blank. */
static void clear(struct register_row *row, enum register_column column)
{
    row->filled &= ~(1U << column);
    switch (column) {
    case REGISTER_KIND:
        row->kind = GROUP_KIND_OTHER;
        break;
    case REGISTER_STATE:
        row->state = GROUP_STATE_ACTIVE;
        break;
    case REGISTER_POSTAL_CODE:
        row->postal_code[0] = '\0';
        break;
    case REGISTER_ACTIVATED_ON:
        row->activated_on[0] = '\0';
        break;
    case REGISTER_LAST_MEETING_ON:
        row->last_meeting_on[0] = '\0';
        break;
    case REGISTER_POSITION:
        row->position[0] = '\0';
        break;
    case REGISTER_HOUSEHOLD_COUNT:
        row->household_count = -1;
        break;
    case REGISTER_HOUSEHOLDS_JOINED:
        row->households_joined = -1;
        break;
    default:
        row->sign_count = -1;
        break;
    }
}

static void compare(struct register_reader *r, const struct seen_entry *group)
{
    static const enum register_column columns[REGISTER_FACTS - 1] = {REGISTER_KIND,
                                                                     REGISTER_STATE,
                                                                     REGISTER_POSTAL_CODE,
                                                                     REGISTER_ACTIVATED_ON,
                                                                     REGISTER_LAST_MEETING_ON,
                                                                     REGISTER_HOUSEHOLD_COUNT,
                                                                     REGISTER_HOUSEHOLDS_JOINED,
                                                                     REGISTER_SIGN_COUNT,
                                                                     REGISTER_POSITION};
    uint32_t *told = facts_of(r, group)->values + 1;
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        if ((r->row.filled & (1U << columns[i])) == 0)
            continue;
        uint32_t value = value_of(r, columns[i]);
        if (told[i] == 0) {
            told[i] = value;
        } else if (told[i] != value) {
            report_at(r, REGISTER_PROBLEM_GROUP_DIFFERS, r->place[columns[i]], cell_of(r, columns[i]), group->line);
            clear(&r->row, columns[i]);
        }
    }
}

static struct seen_entry *get_group(struct register_reader *r, const char *const *key, size_t n, bool *is_new_out)
{
    struct seen_entry *e = seen_get(&r->groups, seen_hash(&r->groups, key, n), r->row.line, is_new_out);
    if (!*is_new_out)
        return e;
    if (r->fact_count == r->fact_cap) {
        r->fact_cap = r->fact_cap == 0 ? FACTS_MIN : 2 * r->fact_cap;
        r->facts = xrealloc(r->facts, r->fact_cap * sizeof *r->facts);
    }
    r->facts[r->fact_count++] = (struct register_facts){{0}};
    e->value = (uint32_t)r->fact_count;
    return e;
}

/* The record of the row's group. */
static struct seen_entry *find_group(struct register_reader *r, const char *name, const char *district)
{
    const char *key[] = {r->row.municipality_code, name, district};
    bool is_new = false;
    struct seen_entry *e = get_group(r, key, 2, &is_new);
    uint32_t *first = &facts_of(r, e)->values[DISTRICT_VALUE];
    uint32_t value = district[0] != '\0' ? hash_value(r, district) : 0;
    if (value != 0 && *first == 0)
        *first = value;
    if (value != 0 && *first != value) {
        long first_line = e->line;
        e = get_group(r, key, 3, &is_new);
        if (is_new)
            report_at(r, REGISTER_PROBLEM_GROUP_TWO_DISTRICTS, r->place[REGISTER_DISTRICT], r->row.district,
                      first_line);
    }
    if (is_new) {
        r->summary->groups++;
        if ((r->row.present & REGISTER_BIT(STATE)) != 0 && (r->row.filled & REGISTER_BIT(STATE)) == 0)
            register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_STATE_BLANK,
                                                          .line = r->row.line,
                                                          .column = r->place[REGISTER_STATE]});
    }
    return e;
}

static void find_contact(struct register_reader *r, const struct seen_entry *group)
{
    const struct register_contact *c = &r->row.contact;
    char *name = fold(c->name);
    char group_hash[2 * sizeof group->hash + 1];
    hex_encode(&group->hash, sizeof group->hash, group_hash);
    const char *reach = "";
    if (c->address_count > 0)
        reach = c->addresses[0].key;
    else if (c->phone_count > 0)
        reach = c->phones[0].e164;
    const char *key[] = {group_hash, name, reach};
    bool is_new = false;
    const struct seen_entry *e =
        seen_get(&r->contacts, seen_hash(&r->contacts, key, ARRAY_LEN(key)), r->row.line, &is_new);
    r->row.contact_line = e->line;
    if (is_new)
        r->summary->contacts++;
    else
        report_at(r, REGISTER_PROBLEM_CONTACT_AGAIN, 0, c->name, e->line);
    free(name);
}

void register_group_check(struct register_reader *r)
{
    if (r->row.group_name[0] == '\0')
        return;
    char *name = fold(r->row.group_name);
    char *district = fold(r->row.district);
    struct seen_entry *group = find_group(r, name, district);
    r->row.group_line = group->line;
    compare(r, group);
    if (r->row.has_contact)
        find_contact(r, group);
    free(district);
    free(name);
}
