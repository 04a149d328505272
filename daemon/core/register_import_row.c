/* One row of a register against the store: its group, then its contact person. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/group_row.h"
#include "core/person.h"
#include "core/register_import_parts.h"
#include "store/db.h"

/* What tells of the group rather than of the person. */
static const unsigned GROUP_BITS = REGISTER_BIT(GROUP) | REGISTER_BIT(KIND) | REGISTER_BIT(DISTRICT) |
                                   REGISTER_BIT(POSTAL_CODE) | REGISTER_BIT(ACTIVATED_ON) | REGISTER_BIT(STATE) |
                                   REGISTER_BIT(HOUSEHOLD_COUNT) | REGISTER_BIT(HOUSEHOLDS_JOINED) |
                                   REGISTER_BIT(SIGN_COUNT) | REGISTER_BIT(LAST_MEETING_ON) | REGISTER_BIT(POSITION);

/* The mark of a group or person only ever rises; returns what it was before (0: not seen). */
static uint32_t raise_mark(struct seen *seen, int64_t id, long line, enum import_mark mark)
{
    char text[24];
    bool is_new = false;
    snprintf(text, sizeof text, "%lld", (long long)id);
    const char *const key[] = {text};
    struct seen_entry *entry = seen_get(seen, seen_hash(seen, key, 1), line, &is_new);
    uint32_t was = is_new ? 0 : entry->value;
    if (was < (uint32_t)mark)
        entry->value = (uint32_t)mark;
    return was;
}

/* --- the group ------------------------------------------------------------------------------------------------- */

static int filled(const struct register_row *row, unsigned bit, int value)
{
    return row->filled & bit ? value : -2;
}

/* What the row tells of the group, but for its name and district: they found it. */
static struct group_input group_input_of(const struct register_row *row)
{
    return (struct group_input){
        .kind = row->filled & REGISTER_BIT(KIND) ? group_kind_word(row->kind) : NULL,
        .postal_code = row->filled & REGISTER_BIT(POSTAL_CODE) ? row->postal_code : NULL,
        .activated_on = row->filled & REGISTER_BIT(ACTIVATED_ON) ? row->activated_on : NULL,
        .last_meeting_on = row->filled & REGISTER_BIT(LAST_MEETING_ON) ? row->last_meeting_on : NULL,
        .position = row->filled & REGISTER_BIT(POSITION) ? row->position : NULL,
        .household_count = filled(row, REGISTER_BIT(HOUSEHOLD_COUNT), row->household_count),
        .households_joined = filled(row, REGISTER_BIT(HOUSEHOLDS_JOINED), row->households_joined),
        .sign_count = filled(row, REGISTER_BIT(SIGN_COUNT), row->sign_count),
    };
}

/* By name and district; a blank district is the only group of that name in the municipality. */
static int find_group(struct import *im, const struct import_area *area, const struct register_row *row, int64_t *id)
{
    struct scope scope = {.kind = SCOPE_MUNICIPALITY};
    struct db_rows *rows = NULL;
    char *name = text_fold(row->group_name);
    char *district = text_fold(row->district);
    int n = 0;
    int rc = db_get_int(im->db, id, Q_GROUP_BY_KEY, DB_ARGS(DB_TEXT(area->code), DB_TEXT(name), DB_TEXT(district)));
    if (rc != ERR_NOT_FOUND || district[0])
        goto out;
    snprintf(scope.code, sizeof scope.code, "%s", area->code);
    rc = db_query_as(im->db, &scope, &rows, Q_GROUP_BY_NAME, DB_ARGS(DB_TEXT(name)));
    if (rc)
        goto out;
    while ((rc = db_next(rows)) > 0 && ++n)
        *id = db_int(rows, 0);
    db_done(rows);
    rc = rc < 0 ? rc : n == 1 ? 0 : ERR_NOT_FOUND;
out:
    free(name);
    free(district);
    return rc;
}

static int add_group(struct import *im, struct import_area *area, const struct register_row *row, int64_t *id)
{
    struct group_row f = GROUP_ROW_INIT;
    struct group_input in = group_input_of(row);
    int64_t new_id = id_new(db_now_us(im->db));
    in.name = row->group_name;
    in.district = row->district;
    f.state = row->state;
    int rc = group_row_merge(&f, &in, im->err);
    if (rc == 0)
        rc = group_row_insert(im->db, new_id, area->code, &f);
    if (rc == 0)
        rc = group_row_note(im->db, &im->actor, new_id, NULL, group_state_word(f.state), NULL);
    if (rc == 0) {
        raise_mark(&im->groups, new_id, row->line, IMPORT_ADDED);
        *id = new_id;
    }
    group_row_fini(&f);
    return rc;
}

/* Along the arrows only; a file that says otherwise is old, or a person should look. */
static int move_group(struct import *im, struct import_area *area, const struct register_row *row, int64_t id,
                      enum group_state from)
{
    if (!(row->filled & REGISTER_BIT(STATE)) || row->state == from)
        return 0;
    if (!group_state_may_become(from, row->state)) {
        import_report(im, REGISTER_PROBLEM_STATE_NOT_ALLOWED, row->line, group_state_sv(row->state),
                      group_state_sv(from), group_state_sv(row->state));
        return 0;
    }
    area->is_changed = true;
    raise_mark(&im->groups, id, row->line, IMPORT_CHANGED);
    return group_row_move(im->db, &im->actor, id, from, row->state, "register");
}

static int change_group(struct import *im, struct import_area *area, const struct register_row *row, int64_t id)
{
    struct group_row f = {0};
    struct group_input in = group_input_of(row);
    char municipality[MUNICIPALITY_CODE_BYTES];
    int64_t changed = 0;
    int rc = group_row_load(im->db, &im->actor, id, &f, municipality, im->err);
    if (rc == 0)
        rc = group_row_merge(&f, &in, im->err);
    if (rc == 0)
        rc = group_row_update(im->db, id, &f, &changed);
    if (rc == 0) {
        raise_mark(&im->groups, id, row->line, changed ? IMPORT_CHANGED : IMPORT_KEPT);
        rc = move_group(im, area, row, id, f.state);
    }
    group_row_fini(&f);
    return rc;
}

/* Rows of one group mostly stand together: one that tells nothing more of it than the row before is not looked up. */
static int take_group(struct import *im, struct import_area *area, const struct register_row *row, int64_t *id)
{
    unsigned told = row->filled & GROUP_BITS;
    if (im->group_id != 0 && im->group_line == row->group_line && (told & ~im->group_told) == 0) {
        *id = im->group_id;
        return 0;
    }
    im->group_id = 0;
    int rc = find_group(im, area, row, id);
    rc = rc == ERR_NOT_FOUND ? add_group(im, area, row, id) : rc ? rc : change_group(im, area, row, *id);
    if (rc == 0) {
        im->group_told = told | (im->group_line == row->group_line ? im->group_told : 0);
        im->group_line = row->group_line;
        im->group_id = *id;
    }
    return rc;
}

/* --- the contact person ---------------------------------------------------------------------------------------- */

static struct person person_of(const struct import_area *area, const struct register_row *row)
{
    const struct register_contact *c = &row->contact;
    struct person p = {.name = xstrdup(c->name),
                       .name_key = text_fold(c->name),
                       .phone = c->phone_count > 0 ? xstrdup(c->phones[0].e164) : NULL,
                       .phone_alt = c->phone_count > 1 ? xstrdup(c->phones[1].e164) : NULL,
                       .trained = c->trained,
                       .trained_year = c->trained_year,
                       .address_count = (int)c->address_count};
    snprintf(p.municipality, sizeof p.municipality, "%s", area->code);
    memcpy(p.addresses, c->addresses, c->address_count * sizeof *p.addresses);
    return p;
}

/* Somebody of that name in the group, with new particulars - unless that is another person of this file. */
static int find_namesake(struct import *im, const struct person *p, const struct register_row *row, int64_t group_id,
                         int64_t *id)
{
    if (!p->name_key[0])
        return ERR_NOT_FOUND;
    int rc = db_get_int(im->db, id, Q_CONTACT_BY_GROUP, DB_ARGS(DB_INT(group_id), DB_TEXT(p->name_key)));
    if (rc == 0 && row->contact_line == row->line && raise_mark(&im->contacts, *id, row->line, IMPORT_UNSEEN) != 0)
        return ERR_NOT_FOUND;
    return rc;
}

static void set_text(char **slot, const char *text)
{
    free(*slot);
    *slot = xstrdup(text);
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The file's numbers, in its order; a person's later rows only fill what is free. False when all was so already. */
static bool lay_phones(struct person *s, const struct person *p, bool is_later_row)
{
    if (!p->phone || (!p->phone_alt && (same(p->phone, s->phone) || same(p->phone, s->phone_alt))))
        return false;
    if (is_later_row) {
        bool is_first = !s->phone;
        if (!is_first && (s->phone_alt || same(p->phone, s->phone)))
            return false;
        set_text(is_first ? &s->phone : &s->phone_alt, p->phone);
        return true;
    }
    if (same(p->phone, s->phone) && (!p->phone_alt || same(p->phone_alt, s->phone_alt)))
        return false;
    set_text(&s->phone, p->phone);
    if (p->phone_alt)
        set_text(&s->phone_alt, p->phone_alt);
    return true;
}

/* A number that the row tells, unless an earlier row of the person did. False when it was so already. */
static bool lay_number(int64_t *slot, int64_t told, bool is_later_row)
{
    if (told < 0 || told == *slot || (is_later_row && *slot >= 0))
        return false;
    *slot = told;
    return true;
}

static int change_person(struct import *im, const struct person *p, int64_t id, bool is_later_row, bool *is_changed)
{
    struct person s = {0};
    int rc = person_load(im->db, &im->actor, id, &s, im->err);
    *is_changed = false;
    if (rc == 0) {
        bool has_phones = lay_phones(&s, p, is_later_row);
        bool has_trained = lay_number(&s.trained, p->trained, is_later_row);
        bool has_year = lay_number(&s.trained_year, p->trained_year, is_later_row);
        *is_changed = has_phones || has_trained || has_year;
    }
    if (*is_changed) {
        s.name_key = text_fold(s.name);
        rc = person_update(im->db, id, &s, NULL);
    }
    person_fini(&s);
    return rc;
}

static int join_group(struct import *im, const struct register_row *row, int64_t group_id, int64_t id,
                      bool is_later_row, bool *is_changed)
{
    const char *role = contact_role_word(row->contact.role);
    int64_t changed = 0;
    char *stored = NULL;
    int rc = db_get_text(im->db, &stored, Q_MEMBERSHIP_ROLE, DB_ARGS(DB_INT(group_id), DB_INT(id)));
    if (rc == ERR_NOT_FOUND) {
        *is_changed = true;
        return db_exec(im->db, NULL, Q_MEMBERSHIP_INSERT,
                       DB_ARGS(DB_INT(group_id), DB_INT(id), DB_TEXT(role), DB_INT(db_now_us(im->db))));
    }
    if (rc == 0 && row->filled & REGISTER_BIT(ROLE) && !is_later_row)
        rc = db_exec(im->db, &changed, Q_REGISTER_COPY_SET_ROLE, DB_ARGS(DB_INT(group_id), DB_INT(id), DB_TEXT(role)));
    *is_changed = *is_changed || changed > 0;
    free(stored);
    return rc;
}

/* The person is known: lay the row over what is stored. */
static int merge_contact(struct import *im, const struct person *p, const struct register_row *row, int64_t id,
                         bool *is_changed)
{
    bool is_later_row = raise_mark(&im->contacts, id, row->line, IMPORT_KEPT) != IMPORT_UNSEEN;
    int added = 0;
    int rc = change_person(im, p, id, is_later_row, is_changed);
    if (rc == 0)
        rc = person_add_missing(im->db, id, p, &added);
    if (rc == ERR_TOO_LARGE) {
        import_report(im, REGISTER_PROBLEM_ADDRESS_STORED_MANY, row->line, p->name, NULL, NULL);
        rc = 0;
    }
    im->result->addresses_added += added;
    *is_changed = *is_changed || added > 0;
    return rc;
}

static int take_contact(struct import *im, struct import_area *area, const struct register_row *row, int64_t group_id)
{
    struct person p = person_of(area, row);
    int64_t id = 0;
    bool is_changed = false;
    bool is_new = false;
    int rc = person_find_same(im->db, &p, group_id, &id);
    if (rc == ERR_NOT_FOUND)
        rc = find_namesake(im, &p, row, group_id, &id);
    is_new = rc == ERR_NOT_FOUND;
    if (is_new) {
        rc = person_insert(im->db, &p, &id);
        im->result->addresses_added += p.address_count;
    } else if (rc == 0) {
        rc = merge_contact(im, &p, row, id, &is_changed);
    }
    if (rc == 0)
        rc = join_group(im, row, group_id, id, row->contact_line != row->line, &is_changed);
    if (rc == 0 && is_changed)
        rc = db_exec(im->db, NULL, Q_REGISTER_COPY_TOUCH, DB_ARGS(DB_INT(id), DB_INT(db_now_us(im->db))));
    if (rc == 0)
        raise_mark(&im->contacts, id, row->line, is_new ? IMPORT_ADDED : is_changed ? IMPORT_CHANGED : IMPORT_KEPT);
    area->is_changed = area->is_changed || is_changed || is_new;
    person_fini(&p);
    return rc;
}

int import_row(struct import *im, struct import_area *area, const struct register_row *row)
{
    int64_t group_id = 0;
    int rc = take_group(im, area, row, &group_id);
    if (rc == 0 && row->has_contact)
        rc = take_contact(im, area, row, group_id);
    if (rc == ERR_INVALID || rc == ERR_TOO_LARGE) {
        struct err words = *im->err;
        import_report(im, REGISTER_PROBLEM_FILE, row->line, NULL, err_or(&words, rc), NULL);
        return 0;
    }
    return rc;
}
