/* Watch groups: registering, changing, moving between states. The contract is in core/group.h. */
#include "core/group.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/id.h"
#include "base/text.h"
#include "core/area.h"
#include "core/group_row.h"
#include "store/audit.h"
#include "store/db.h"

int group_add(struct db *db, const struct actor *actor, const char *municipality_code, const struct group_input *in,
              int64_t *id, struct err *err)
{
    struct scope target = {.kind = SCOPE_MUNICIPALITY};
    struct group_row f = GROUP_ROW_INIT;
    char text[ID_TEXT_BYTES];
    int64_t new_id = id_new(db_now_us(db));
    snprintf(target.code, sizeof target.code, "%s", municipality_code);
    int rc = scope_check_covers(db, actor, &target, err);
    if (rc == 0 && in->state && !group_state_parse(in->state, &f.state))
        rc = err_set(err, ERR_INVALID, "state \"%.40s\": see group status --help for the states", in->state);
    if (rc == 0)
        rc = group_row_merge(&f, in, err);
    if (rc)
        goto out;
    rc = group_row_insert(db, new_id, municipality_code, &f);
    if (rc == ERR_EXISTS)
        rc = err_set(err, rc, "%s already has a group \"%.100s\"%s%.100s", municipality_code, f.name,
                     f.district && f.district[0] ? " in " : "", f.district ? f.district : "");
    if (rc == 0)
        rc = group_row_note(db, actor, new_id, NULL, group_state_word(f.state), NULL);
    if (rc == 0)
        rc = audit_writef(db, actor, "group.add", id_format(ID_GROUP, new_id, text),
                          "{\"municipality\":\"%s\",\"state\":\"%s\"}", municipality_code, group_state_word(f.state));
    if (rc == 0)
        *id = new_id;
out:
    group_row_fini(&f);
    return rc;
}

int group_set(struct db *db, const struct actor *actor, int64_t id, const struct group_input *in, struct err *err)
{
    struct group_row f = {0};
    char municipality[MUNICIPALITY_CODE_BYTES];
    char text[ID_TEXT_BYTES];
    int64_t changed = 0;
    int rc = group_row_load(db, actor, id, &f, municipality, err);
    if (rc == 0)
        rc = group_row_merge(&f, in, err);
    if (rc == 0) {
        rc = group_row_update(db, id, &f, &changed);
        if (rc == ERR_EXISTS)
            rc = err_set(err, rc, "another group in the municipality is already called \"%.100s\"", f.name);
    }
    if (rc == 0 && changed > 0)
        rc = audit_write(db, actor, "group.set", id_format(ID_GROUP, id, text), NULL);
    group_row_fini(&f);
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

int group_set_state(struct db *db, const struct actor *actor, int64_t id, const char *state, const char *note,
                    struct err *err)
{
    struct group_row f = {0};
    enum group_state to = GROUP_STATE_INTEREST;
    char municipality[MUNICIPALITY_CODE_BYTES];
    char text[ID_TEXT_BYTES];
    char allowed[200];
    int rc = group_row_load(db, actor, id, &f, municipality, err);
    if (rc == 0 && !group_state_parse(state, &to))
        rc = err_set(err, ERR_INVALID, "state \"%.40s\": possible now: %s", state,
                     allowed_words(f.state, allowed, sizeof allowed));
    else if (rc == 0 && !group_state_may_become(f.state, to))
        rc = err_set(err, ERR_BAD_STATE, "a group that is %s cannot become %s: possible now: %s",
                     group_state_word(f.state), group_state_word(to), allowed_words(f.state, allowed, sizeof allowed));
    if (rc == 0)
        rc = group_row_move(db, actor, id, f.state, to, note);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_AUDIENCE_CHANGED, DB_ARGS(DB_TEXT(municipality), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = audit_writef(db, actor, "group.state", id_format(ID_GROUP, id, text), "{\"from\":\"%s\",\"to\":\"%s\"}",
                          group_state_word(f.state), group_state_word(to));
    group_row_fini(&f);
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
