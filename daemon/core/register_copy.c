/* The private copy of a register; the contract is in core/register_copy.h. */
#include "core/register_copy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/group_words.h"
#include "store/db.h"
#include "store/migrate.h"

enum {
    COPY_COLUMNS_MAX = 20,
    CLOCK_ROWS = 32, /* the clock is looked at once for so many rows */
};

/* Rows of one kind on their way from the copy into the store. */
struct step {
    enum query read;                                        /* from the copy */
    enum query write;                                       /* takes the columns as they come */
    int (*carry)(struct db *to, const struct db_rows *row); /* instead of `write` */
};

struct register_copy {
    struct db *db;
    struct clock clock; /* both stand at `stamp` */
    int64_t stamp;
    size_t step[2];       /* of each part: the one that is being carried */
    struct db_rows *rows; /* where it stopped, or NULL */
};

static int64_t stamp_us(void *ctx)
{
    const struct register_copy *copy = ctx;
    return copy->stamp;
}

static int write_row(struct db *to, enum query write, const struct db_rows *row)
{
    struct db_arg args[COPY_COLUMNS_MAX];
    int n = db_columns(row);
    assert(n <= COPY_COLUMNS_MAX);
    for (int i = 0; i < n; i++)
        args[i] = db_value(row, i);
    return db_exec(to, NULL, write, (size_t)n, args);
}

/* All rows of a started query; ends it. */
static int copy_rows(struct db_rows *rows, struct db *to, enum query write)
{
    int rc = 0;
    while ((rc = db_next(rows)) > 0 && (rc = write_row(to, write, rows)) == 0)
        continue;
    db_done(rows);
    return rc;
}

static int copy_all(struct db *from, enum query read, size_t n, const struct db_arg *args, struct db *to,
                    enum query write)
{
    struct db_rows *rows = NULL;
    int rc = db_query(from, &rows, read, n, args);
    return rc ? rc : copy_rows(rows, to, write);
}

/* --- in ---------------------------------------------------------------------------------------------------------- */

static int copy_token_key(struct register_copy *copy, struct db *from)
{
    char *key = NULL;
    int rc = db_get_text(from, &key, Q_SETTING_GET, DB_ARGS(DB_TEXT("token_key")));
    if (rc == 0)
        rc = db_exec(copy->db, NULL, Q_SETTING_PUT, DB_ARGS(DB_TEXT("token_key"), DB_TEXT(key)));
    free(key);
    return rc == ERR_NOT_FOUND ? 0 : rc; /* no mailbox can have said no before there was a key */
}

static int prepare(struct register_copy *copy)
{
    static const enum query marks[] = {Q_REGISTER_COPY_MARK_NEW_GROUPS, Q_REGISTER_COPY_MARK_CHANGED_GROUPS,
                                       Q_REGISTER_COPY_MARK_NEW_CONTACTS, Q_REGISTER_COPY_MARK_CHANGED_CONTACTS};
    int rc = db_begin(copy->db);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(marks); i++)
        rc = db_exec(copy->db, NULL, marks[i], DB_NO_ARGS);
    return rc;
}

int register_copy_new(struct db *from, struct register_copy **out, struct err *err)
{
    struct register_copy *copy = xcalloc(1, sizeof *copy);
    copy->stamp = db_now_us(from);
    copy->clock = (struct clock){.real_us = stamp_us, .mono_ms = stamp_us, .ctx = copy};
    int rc = db_open_scratch(&copy->clock, &copy->db, err);
    if (rc == 0)
        rc = migrate_to(copy->db, migrate_latest(), err);
    if (rc == 0)
        rc = prepare(copy);
    if (rc == 0)
        rc = copy_token_key(copy, from);
    if (rc == 0)
        rc = copy_all(from, Q_REGISTER_COPY_NOES, DB_NO_ARGS, copy->db, Q_SUPPRESSION_PUT);
    if (rc) {
        register_copy_free(copy);
        return rc;
    }
    *out = copy;
    return 0;
}

void register_copy_free(struct register_copy *copy)
{
    if (!copy)
        return;
    db_done(copy->rows);
    db_close(copy->db);
    free(copy);
}

struct db *register_copy_db(struct register_copy *copy)
{
    return copy->db;
}

int64_t register_copy_stamp(const struct register_copy *copy)
{
    return copy->stamp;
}

int register_copy_take(struct register_copy *copy, struct db *from, const char *municipality_code)
{
    static const struct {
        enum query read, write;
    } tables[] = {{Q_REGISTER_COPY_GROUPS, Q_GROUP_INSERT},
                  {Q_REGISTER_COPY_CONTACTS, Q_CONTACT_INSERT},
                  {Q_REGISTER_COPY_ADDRESSES, Q_ADDRESS_INSERT},
                  {Q_REGISTER_COPY_MEMBERSHIPS, Q_MEMBERSHIP_INSERT}};
    int rc = db_exec(copy->db, NULL, Q_REGISTER_COPY_SCOPE, DB_ARGS(DB_TEXT(municipality_code)));
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(tables); i++)
        rc = copy_all(from, tables[i].read, DB_ARGS(DB_TEXT(municipality_code)), copy->db, tables[i].write);
    db_shrink(from);
    return rc;
}

/* --- out --------------------------------------------------------------------------------------------------------- */

/* id, state, when, activated_on: the history is carried with the other entries. */
static int carry_move(struct db *to, const struct db_rows *row)
{
    struct db_arg id = db_value(row, 0);
    struct db_arg at = db_value(row, 2);
    enum group_state state = GROUP_STATE_ACTIVE;
    if (!group_state_parse(db_text(row, 1), &state))
        return ERR_CORRUPT;
    int rc = db_exec(to, NULL, Q_GROUP_STATE_UPDATE, DB_ARGS(id, db_value(row, 1), at, db_value(row, 3)));
    if (rc == 0 && state == GROUP_STATE_CLOSED)
        rc = db_exec(to, NULL, Q_DELIVERY_WITHDRAW_GROUP, DB_ARGS(id, at));
    return rc;
}

/* What rows point to comes before them. */
static const struct step NEW[] = {
    {.read = Q_REGISTER_NEW_GROUPS, .write = Q_GROUP_INSERT},
    {.read = Q_REGISTER_NEW_GROUPS_STATES, .write = Q_GROUP_STATE_CHANGE_INSERT},
    {.read = Q_REGISTER_NEW_CONTACTS, .write = Q_CONTACT_INSERT},
    {.read = Q_REGISTER_NEW_PERSONS_ADDRESSES, .write = Q_ADDRESS_CARRY},
    {.read = Q_REGISTER_NEW_PERSONS_MEMBERSHIPS, .write = Q_MEMBERSHIP_INSERT},
};
static const struct step KNOWN[] = {
    {.read = Q_REGISTER_CHANGED_GROUPS, .write = Q_GROUP_UPDATE},
    {.read = Q_REGISTER_MOVED_GROUPS, .carry = carry_move},
    {.read = Q_REGISTER_KNOWN_GROUPS_STATES, .write = Q_GROUP_STATE_CHANGE_INSERT},
    {.read = Q_REGISTER_CHANGED_CONTACTS, .write = Q_CONTACT_UPDATE},
    {.read = Q_REGISTER_KNOWN_PERSONS_ADDRESSES, .write = Q_ADDRESS_CARRY},
    {.read = Q_REGISTER_KNOWN_PERSONS_MEMBERSHIPS, .write = Q_MEMBERSHIP_INSERT},
    {.read = Q_REGISTER_CHANGED_ROLES, .write = Q_MEMBERSHIP_SET_ROLE},
};
static const struct {
    const struct step *steps;
    size_t count;
} PARTS[] = {[REGISTER_NEW] = {NEW, ARRAY_LEN(NEW)}, [REGISTER_KNOWN] = {KNOWN, ARRAY_LEN(KNOWN)}};

/* Rows of the step until it ends or the time is up: 1 it has ended, 0 more is to come. */
static int carry_some(struct register_copy *copy, struct db *to, const struct step *step, int64_t until_ms)
{
    int rc = 0;
    if (!copy->rows)
        rc = db_query(copy->db, &copy->rows, step->read, DB_NO_ARGS);
    for (int n = 1; rc == 0; n++) {
        rc = db_next(copy->rows);
        if (rc <= 0)
            return rc < 0 ? rc : 1;
        rc = step->carry ? step->carry(to, copy->rows) : write_row(to, step->write, copy->rows);
        if (rc == 0 && n % CLOCK_ROWS == 0 && clock_mono_ms(db_clock(to)) >= until_ms)
            return 0;
    }
    return rc;
}

int register_copy_carry(struct register_copy *copy, struct db *to, enum register_part part, int64_t budget_ms,
                        bool *is_done_out)
{
    int64_t until_ms = budget_ms < 0 ? INT64_MAX : clock_mono_ms(db_clock(to)) + budget_ms;
    *is_done_out = false;
    while (copy->step[part] < PARTS[part].count) {
        int rc = carry_some(copy, to, &PARTS[part].steps[copy->step[part]], until_ms);
        if (rc <= 0)
            return rc;
        db_done(copy->rows);
        copy->rows = NULL;
        copy->step[part]++;
    }
    *is_done_out = true;
    return 0;
}
