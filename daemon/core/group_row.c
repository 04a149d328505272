/* The rows of watch groups; the contract is in core/group_row.h. */
#include "core/group_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/date_text.h"
#include "core/register_cells.h"
#include "store/db.h"

enum { GROUP_NAME_MAX = 200, GROUP_COUNT_MAX = 1000000 };

void group_row_fini(struct group_row *f)
{
    free(f->name);
    free(f->name_key);
    free(f->district);
    free(f->district_key);
    free(f->postal_code);
    free(f->activated_on);
    free(f->last_meeting_on);
}

/* Clean a typed text into *slot (freed first); "" clears. `what` is for the message. */
static int take_text(char **slot, const char *what, const char *text, size_t max, struct err *err)
{
    if (!text)
        return 0;
    char *clean = text_clean(text);
    if (!clean || text_has_control(clean, strlen(clean))) {
        free(clean);
        return err_set(err, ERR_INVALID, "%s holds characters that cannot be shown: write it anew", what);
    }
    if (text_length(clean) > max) {
        free(clean);
        return err_set(err, ERR_TOO_LARGE, "%s is longer than %zu characters", what, max);
    }
    free(*slot);
    *slot = clean;
    return 0;
}

static int take_date(char **slot, const char *what, const char *text, struct err *err)
{
    struct date_text date;
    if (!text)
        return 0;
    if (text[0] && date_text_read(text, &date) != DATE_OK)
        return err_set(err, ERR_INVALID, "%s \"%.40s\" is no date: write YYYY-MM-DD, YYYY-MM or YYYY", what, text);
    free(*slot);
    *slot = text[0] ? xstrdup(date.text) : NULL;
    return 0;
}

static int take_postal_code(char **slot, const char *text, struct err *err)
{
    char code[7];
    if (!text)
        return 0;
    if (text[0] && !register_postal_read(text, code))
        return err_set(err, ERR_INVALID, "postal code \"%.40s\": write five digits, 266 32", text);
    free(*slot);
    *slot = text[0] ? xstrdup(code) : NULL;
    return 0;
}

static int take_count(int64_t *slot, const char *what, int value, struct err *err)
{
    if (value == -2)
        return 0;
    if (value < -1 || value > GROUP_COUNT_MAX)
        return err_set(err, ERR_INVALID, "%s is %d: write a number from 0 to %d", what, value, GROUP_COUNT_MAX);
    *slot = value;
    return 0;
}

static int take_position(struct group_row *f, const char *text, struct err *err)
{
    struct err why = {.text = ""};
    if (!text)
        return 0;
    f->has_point = text[0] != '\0';
    if (!f->has_point)
        return 0;
    return geo_parse_point(text, &f->point, &why) == 0 ? 0 : err_set(err, ERR_INVALID, "position: %s", why.text);
}

static struct db_arg latitude(const struct group_row *f)
{
    return f->has_point ? DB_INT(f->point.lat_udeg) : DB_NULL;
}

static struct db_arg longitude(const struct group_row *f)
{
    return f->has_point ? DB_INT(f->point.lon_udeg) : DB_NULL;
}

/* Lay what is asked for over what is there. */
int group_row_merge(struct group_row *f, const struct group_input *in, struct err *err)
{
    if (in->kind && !group_kind_parse(in->kind, &f->kind))
        return err_set(err, ERR_INVALID,
                       "kind \"%.40s\": write house, apartment, leisure, rural, farm, boat, business, mixed or other",
                       in->kind);
    int rc = take_text(&f->name, "the group's name", in->name, GROUP_NAME_MAX, err);
    if (rc == 0 && (!f->name || !f->name[0]))
        rc = err_set(err, ERR_INVALID, "a group needs a name");
    if (rc == 0)
        rc = take_text(&f->district, "the district", in->district, GROUP_NAME_MAX, err);
    if (rc == 0)
        rc = take_postal_code(&f->postal_code, in->postal_code, err);
    if (rc == 0)
        rc = take_date(&f->activated_on, "the start date", in->activated_on, err);
    if (rc == 0)
        rc = take_date(&f->last_meeting_on, "the last meeting", in->last_meeting_on, err);
    if (rc == 0)
        rc = take_position(f, in->position, err);
    if (rc == 0)
        rc = take_count(&f->household_count, "the number of households", in->household_count, err);
    if (rc == 0)
        rc = take_count(&f->households_joined, "the number of households joined", in->households_joined, err);
    if (rc == 0)
        rc = take_count(&f->sign_count, "the number of signs", in->sign_count, err);
    if (rc)
        return rc;
    free(f->name_key);
    free(f->district_key);
    f->name_key = text_fold(f->name);
    f->district_key = text_fold(f->district ? f->district : "");
    return 0;
}

int group_row_note(struct db *db, const struct actor *actor, int64_t id, const char *from, const char *to,
                   const char *note)
{
    return db_exec(db, NULL, Q_GROUP_STATE_CHANGE_INSERT,
                   DB_ARGS(DB_INT(id_new(db_now_us(db))), DB_INT(id), DB_TEXT(from), DB_TEXT(to), DB_INT(db_now_us(db)),
                           DB_TEXT(actor->name), DB_TEXT(note)));
}

int group_row_insert(struct db *db, int64_t id, const char *municipality, const struct group_row *f)
{
    return db_exec(db, NULL, Q_GROUP_INSERT,
                   DB_ARGS(DB_INT(id), DB_TEXT(municipality), DB_TEXT(f->name), DB_TEXT(f->name_key),
                           DB_TEXT(group_kind_word(f->kind)), DB_TEXT(group_state_word(f->state)),
                           DB_TEXT(f->district ? f->district : ""), DB_TEXT(f->district_key), DB_TEXT(f->postal_code),
                           DB_TEXT(f->activated_on), DB_OPT_INT(f->household_count), DB_OPT_INT(f->households_joined),
                           DB_OPT_INT(f->sign_count), DB_TEXT(f->last_meeting_on), DB_INT(db_now_us(db)), latitude(f),
                           longitude(f)));
}

/* Read a group into `f`, within the scope. */
int group_row_load(struct db *db, const struct actor *actor, int64_t id, struct group_row *f,
                   char municipality[MUNICIPALITY_CODE_BYTES], struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &actor->scope, &rows, Q_GROUP_GET, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        snprintf(municipality, MUNICIPALITY_CODE_BYTES, "%s", db_text(rows, 1));
        f->name = xstrdup(db_text(rows, 2));
        f->district = xstrdup(db_text(rows, 5));
        f->postal_code = xstrdup_opt(db_opt_text(rows, 6));
        f->activated_on = xstrdup_opt(db_opt_text(rows, 7));
        f->household_count = db_opt_int(rows, 8);
        f->households_joined = db_opt_int(rows, 9);
        f->sign_count = db_opt_int(rows, 10);
        f->last_meeting_on = xstrdup_opt(db_opt_text(rows, 11));
        f->has_point = !db_is_null(rows, 12);
        f->point = (struct geo_point){db_int(rows, 12), db_int(rows, 13)};
        if (!group_kind_parse(db_text(rows, 3), &f->kind) || !group_state_parse(db_text(rows, 4), &f->state))
            rc = ERR_CORRUPT;
    }
    db_done(rows);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no such group in your area: see group list");
    return rc < 0 ? rc : 0;
}

int group_row_update(struct db *db, int64_t id, const struct group_row *f, int64_t *changed)
{
    return db_exec(db, changed, Q_GROUP_UPDATE,
                   DB_ARGS(DB_INT(id), DB_TEXT(f->name), DB_TEXT(f->name_key), DB_TEXT(group_kind_word(f->kind)),
                           DB_TEXT(f->district ? f->district : ""), DB_TEXT(f->district_key), DB_TEXT(f->postal_code),
                           DB_TEXT(f->activated_on), DB_OPT_INT(f->household_count), DB_OPT_INT(f->households_joined),
                           DB_OPT_INT(f->sign_count), DB_TEXT(f->last_meeting_on), DB_INT(db_now_us(db)), latitude(f),
                           longitude(f)));
}

int group_row_move(struct db *db, const struct actor *actor, int64_t id, enum group_state from, enum group_state to,
                   const char *note)
{
    char today[DATE_TEXT_BYTES];
    time_local_date(db_now_us(db), today);
    int rc = db_exec(db, NULL, Q_GROUP_STATE_UPDATE,
                     DB_ARGS(DB_INT(id), DB_TEXT(group_state_word(to)), DB_INT(db_now_us(db)), DB_TEXT(today)));
    if (rc == 0)
        rc = group_row_note(db, actor, id, group_state_word(from), group_state_word(to), note);
    if (rc == 0 && to == GROUP_STATE_CLOSED)
        rc = db_exec(db, NULL, Q_DELIVERY_WITHDRAW_GROUP, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
    return rc;
}
