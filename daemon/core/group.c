/* Watch groups: registering, changing, moving between states. The contract is in core/group.h. */
#include "core/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/area.h"
#include "core/date_text.h"
#include "store/audit.h"
#include "store/db.h"

enum { GROUP_NAME_MAX = 200, GROUP_COUNT_MAX = 100000 };

/* A group's columns as they will stand; texts owned. */
struct fields {
    char *name, *name_key, *district, *district_key, *postal_code, *activated_on, *last_meeting_on;
    enum group_kind kind;
    enum group_state state;
    int64_t household_count, households_joined, sign_count; /* -1: not known */
};

static void fields_fini(struct fields *f)
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

/* "26632" or "266 32" as "266 32"; false when it is not five digits. */
static bool postal_code_parse(const char *text, char out[7])
{
    char digits[6];
    int n = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (*text < '0' || *text > '9' || n == 5)
            return false;
        digits[n++] = *text;
    }
    digits[n] = '\0';
    snprintf(out, 7, "%.3s %.2s", digits, digits + 3);
    return n == 5;
}

static int take_postal_code(char **slot, const char *text, struct err *err)
{
    char code[7];
    if (!text)
        return 0;
    if (text[0] && !postal_code_parse(text, code))
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

/* Lay what is asked for over what is there. */
static int merge(struct fields *f, const struct group_input *in, struct err *err)
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

static int note_change(struct db *db, const struct actor *actor, int64_t id, const char *from, const char *to,
                       const char *note)
{
    return db_exec(db, NULL, Q_GROUP_STATE_CHANGE_INSERT,
                   DB_ARGS(DB_INT(id_new(db_now_us(db))), DB_INT(id), DB_TEXT(from), DB_TEXT(to), DB_INT(db_now_us(db)),
                           DB_TEXT(actor->name), DB_TEXT(note)));
}

static int insert(struct db *db, int64_t id, const char *municipality, const struct fields *f)
{
    return db_exec(db, NULL, Q_GROUP_INSERT,
                   DB_ARGS(DB_INT(id), DB_TEXT(municipality), DB_TEXT(f->name), DB_TEXT(f->name_key),
                           DB_TEXT(group_kind_word(f->kind)), DB_TEXT(group_state_word(f->state)),
                           DB_TEXT(f->district ? f->district : ""), DB_TEXT(f->district_key), DB_TEXT(f->postal_code),
                           DB_TEXT(f->activated_on), DB_OPT_INT(f->household_count), DB_OPT_INT(f->households_joined),
                           DB_OPT_INT(f->sign_count), DB_TEXT(f->last_meeting_on), DB_INT(db_now_us(db))));
}

int group_add(struct db *db, const struct actor *actor, const char *municipality_code, const struct group_input *in,
              int64_t *id, struct err *err)
{
    struct scope target = {.kind = SCOPE_MUNICIPALITY};
    struct fields f = {.kind = GROUP_KIND_OTHER,
                       .state = GROUP_STATE_ACTIVE,
                       .household_count = -1,
                       .households_joined = -1,
                       .sign_count = -1};
    char text[ID_TEXT_BYTES];
    int64_t new_id = id_new(db_now_us(db));
    snprintf(target.code, sizeof target.code, "%s", municipality_code);
    int rc = scope_check_covers(db, actor, &target, err);
    if (rc == 0 && in->state && !group_state_parse(in->state, &f.state))
        rc = err_set(err, ERR_INVALID, "state \"%.40s\": see group status --help for the states", in->state);
    if (rc == 0)
        rc = merge(&f, in, err);
    if (rc)
        goto out;
    rc = insert(db, new_id, municipality_code, &f);
    if (rc == ERR_EXISTS)
        rc = err_set(err, rc, "%s already has a group \"%.100s\"%s%.100s", municipality_code, f.name,
                     f.district && f.district[0] ? " in " : "", f.district ? f.district : "");
    if (rc == 0)
        rc = note_change(db, actor, new_id, NULL, group_state_word(f.state), NULL);
    if (rc == 0)
        rc = audit_writef(db, actor, "group.add", id_format(ID_GROUP, new_id, text),
                          "{\"municipality\":\"%s\",\"state\":\"%s\"}", municipality_code, group_state_word(f.state));
    if (rc == 0)
        *id = new_id;
out:
    fields_fini(&f);
    return rc;
}

/* Read a group into `f`, within the scope. */
static int load(struct db *db, const struct actor *actor, int64_t id, struct fields *f,
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
        if (!group_kind_parse(db_text(rows, 3), &f->kind) || !group_state_parse(db_text(rows, 4), &f->state))
            rc = ERR_CORRUPT;
    }
    db_done(rows);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no such group in your area: see group list");
    return rc < 0 ? rc : 0;
}

static int update(struct db *db, int64_t id, const struct fields *f)
{
    return db_exec(db, NULL, Q_GROUP_UPDATE,
                   DB_ARGS(DB_INT(id), DB_TEXT(f->name), DB_TEXT(f->name_key), DB_TEXT(group_kind_word(f->kind)),
                           DB_TEXT(f->district ? f->district : ""), DB_TEXT(f->district_key), DB_TEXT(f->postal_code),
                           DB_TEXT(f->activated_on), DB_OPT_INT(f->household_count), DB_OPT_INT(f->households_joined),
                           DB_OPT_INT(f->sign_count), DB_TEXT(f->last_meeting_on), DB_INT(db_now_us(db))));
}

int group_set(struct db *db, const struct actor *actor, int64_t id, const struct group_input *in, struct err *err)
{
    struct fields f = {0};
    char municipality[MUNICIPALITY_CODE_BYTES];
    char text[ID_TEXT_BYTES];
    int rc = load(db, actor, id, &f, municipality, err);
    if (rc == 0)
        rc = merge(&f, in, err);
    if (rc == 0) {
        rc = update(db, id, &f);
        if (rc == ERR_EXISTS)
            rc = err_set(err, rc, "another group in the municipality is already called \"%.100s\"", f.name);
    }
    if (rc == 0)
        rc = audit_write(db, actor, "group.set", id_format(ID_GROUP, id, text), NULL);
    fields_fini(&f);
    return rc;
}

/* "active, closed": where a group may go from `from`. */
static char *allowed_words(enum group_state from, char *out, size_t room)
{
    size_t n = 0;
    out[0] = '\0';
    for (int to = 0; to < GROUP_STATE_COUNT && n < room; to++) {
        if (group_state_may_become(from, (enum group_state)to))
            n += (size_t)snprintf(out + n, room - n, "%s%s", n ? ", " : "", group_state_word((enum group_state)to));
    }
    if (n == 0)
        snprintf(out, room, "none: register the group anew");
    return out;
}

/* The local date; good enough for "since when", where a person gave none. */
static void today_text(struct db *db, char out[TIME_TEXT_BYTES])
{
    time_format_utc(db_now_us(db), out);
    out[10] = '\0';
}

int group_set_state(struct db *db, const struct actor *actor, int64_t id, const char *state, const char *note,
                    struct err *err)
{
    struct fields f = {0};
    enum group_state to = GROUP_STATE_INTEREST;
    char municipality[MUNICIPALITY_CODE_BYTES];
    char text[ID_TEXT_BYTES];
    char allowed[200];
    char today[TIME_TEXT_BYTES];
    today_text(db, today);
    int rc = load(db, actor, id, &f, municipality, err);
    if (rc == 0 && !group_state_parse(state, &to))
        rc = err_set(err, ERR_INVALID, "state \"%.40s\": possible now: %s", state,
                     allowed_words(f.state, allowed, sizeof allowed));
    else if (rc == 0 && !group_state_may_become(f.state, to))
        rc = err_set(err, ERR_BAD_STATE, "a group that is %s cannot become %s: possible now: %s",
                     group_state_word(f.state), group_state_word(to), allowed_words(f.state, allowed, sizeof allowed));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_GROUP_STATE_UPDATE,
                     DB_ARGS(DB_INT(id), DB_TEXT(group_state_word(to)), DB_INT(db_now_us(db)), DB_TEXT(today)));
    if (rc == 0)
        rc = note_change(db, actor, id, group_state_word(f.state), group_state_word(to), note);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_AUDIENCE_CHANGED, DB_ARGS(DB_TEXT(municipality), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = audit_writef(db, actor, "group.state", id_format(ID_GROUP, id, text), "{\"from\":\"%s\",\"to\":\"%s\"}",
                          group_state_word(f.state), group_state_word(to));
    if (rc == 0 && to == GROUP_STATE_CLOSED)
        rc = db_exec(db, NULL, Q_DELIVERY_WITHDRAW_GROUP, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
    fields_fini(&f);
    return rc;
}

int group_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err)
{
    struct db_rows *rows = NULL;
    int64_t found = 0;
    int n = 0;
    int rc = 0;
    if (id_parse(ID_GROUP, text, &found) == 0) {
        rc = db_query_as(db, &actor->scope, &rows, Q_GROUP_MUNICIPALITY, DB_ARGS(DB_INT(found)));
    } else {
        char *key = text_fold(text);
        rc = db_query_as(db, &actor->scope, &rows, Q_GROUP_BY_NAME, DB_ARGS(DB_TEXT(key ? key : "")));
        free(key);
        found = 0;
    }
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        if (found == 0 || n > 0)
            found = db_int(rows, 0);
        n++;
    }
    db_done(rows);
    if (rc < 0)
        return rc;
    if (n == 0)
        return err_set(err, ERR_NOT_FOUND, "no group \"%.100s\" in your area: see group list", text);
    if (n > 1)
        return err_set(err, ERR_INVALID, "several groups are called \"%.100s\": write the id (grp_...), see group list",
                       text);
    *id = found;
    return 0;
}
