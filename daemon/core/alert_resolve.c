/*
 * The groups that a target comes to; the contract is in core/alert_target.h. Each part of the target is one statement
 * within the acting person's scope; kinds, circle and polygon are narrowed here, so that the answer is no engine's.
 */
#include "core/alert_resolve.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/group.h"
#include "core/letter_parts.h"
#include "store/db.h"

enum { NAMES_MAX = 50000, NAME_BYTES_MAX = 60 };

static void add_group(struct resolve *r, int64_t id)
{
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 256;
        r->ids = xreallocarray(r->ids, r->room, sizeof *r->ids);
    }
    r->ids[r->count++] = id;
}

static void mark(struct resolve *r, const char *municipality)
{
    unsigned long code = strtoul(municipality, NULL, 10);
    assert(code < MUNICIPALITY_CODES);
    r->is_there[code] = true;
}

/* Is the point within what is asked for? */
typedef bool (*is_inside_fn)(const struct resolve *r, struct geo_point p);

/* Take the groups of a started query (id, kind, municipality, latitude, longitude) that are of a kind asked for and,
 * where `is_inside` is given, within it; without it the query has no point. */
static int take_groups(struct resolve *r, struct db_rows *rows, is_inside_fn is_inside)
{
    int rc = 0;
    while ((rc = db_next(rows)) > 0) {
        enum group_kind kind = GROUP_KIND_OTHER;
        if (!group_kind_parse(db_text(rows, 1), &kind))
            rc = ERR_CORRUPT;
        if (rc < 0)
            break;
        if (!(r->kinds & 1U << kind))
            continue;
        if (is_inside && !is_inside(r, (struct geo_point){db_int(rows, 3), db_int(rows, 4)}))
            continue;
        add_group(r, db_int(rows, 0));
        mark(r, db_text(rows, 2));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int take_all(struct resolve *r, enum query q, size_t n, const struct db_arg *args)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(r->db, &r->actor->scope, &rows, q, n, args);
    return rc ? rc : take_groups(r, rows, NULL);
}

/* --- names ---------------------------------------------------------------------------------------------------------
 */

/* What can be named in a target. */
struct sort {
    const char *what, *list; /* for a refusal: what was looked for, and the command that lists them */
    const char *none_sv, *the_sv;
    enum query all_names;
    bool is_scoped; /* the query's: names of groups are not for strangers */
};
static const struct sort MUNICIPALITY = {"municipality", "municipality list",      "ingen kommun",
                                         "Kommunen",     Q_MUNICIPALITY_ALL_NAMES, false};
static const struct sort POLICE_AREA = {
    "local police area", "area list", "inget lokalpolisområde", "Lokalpolisområdet", Q_POLICE_AREA_ALL_NAMES, false};
static const struct sort GROUP = {"group", "group list", "ingen grupp", "Gruppen", Q_GROUP_ALL_NAMES, true};

/* `closest`: what was meant, or NULL. */
static int refuse_for(struct resolve *r, const struct sort *sort, const char *name, const char *closest)
{
    if (closest) {
        err_set(r->err, ERR_INVALID, "no %s \"%.60s\": did you mean \"%.60s\"?", sort->what, name, closest);
        err_add_swedish(r->err, "Det finns %s \"%.60s\": menade du \"%.60s\"?", sort->none_sv, name, closest);
    } else {
        err_set(r->err, ERR_INVALID, "no %s \"%.60s\" in your area: see %s", sort->what, name, sort->list);
        err_add_swedish(r->err, "Det finns %s \"%.60s\" i ditt område: se grannbud %s.", sort->none_sv, name,
                        sort->list);
    }
    return ERR_INVALID;
}

/* Refuse a name, with the nearest one that there is. */
static int refuse_name(struct resolve *r, const struct sort *sort, const char *name)
{
    char **names = xcalloc(NAMES_MAX + 1, sizeof *names);
    struct db_rows *rows = NULL;
    size_t n = 0;
    int rc = sort->is_scoped ? db_query_as(r->db, &r->actor->scope, &rows, sort->all_names, DB_NO_ARGS)
                             : db_query(r->db, &rows, sort->all_names, DB_NO_ARGS);
    while (rc >= 0 && rows && n < NAMES_MAX && (rc = db_next(rows)) > 0)
        if (strlen(db_text(rows, 0)) <= NAME_BYTES_MAX)
            names[n++] = xstrdup(db_text(rows, 0));
    if (rows)
        db_done(rows);
    if (rc >= 0)
        rc = refuse_for(r, sort, name, letter_closest(name, strlen(name), (const char *const *)names));
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return rc;
}

/* Into a list with room, once each. */
static void keep(char **list, size_t *n, const char *text)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i], text) == 0)
            return;
    list[(*n)++] = xstrdup(text);
}

/* Is all of it within the scope? A stranger is told by name what is not. */
static int check_wall(struct resolve *r, const struct scope *target, const struct sort *sort, const char *name)
{
    struct err ignored;
    int rc = scope_check_covers(r->db, r->actor, target, &ignored);
    if (rc != ERR_NOT_FOUND)
        return rc;
    err_set(r->err, ERR_INVALID, "the %s \"%.60s\" is outside your area, or has no municipality today", sort->what,
            name);
    err_add_swedish(r->err, "%s \"%.60s\" är inte i ditt område i dag: se grannbud %s.", sort->the_sv, name,
                    sort->list);
    return ERR_INVALID;
}

static int take_municipality(struct resolve *r, const char *name)
{
    struct scope scope = {.kind = SCOPE_MUNICIPALITY};
    char code[MUNICIPALITY_CODE_BYTES];
    struct err ignored;
    int rc = area_find_municipality(r->db, name, code, &ignored);
    if (rc == ERR_NOT_FOUND)
        return refuse_name(r, &MUNICIPALITY, name);
    if (rc)
        return rc;
    snprintf(scope.code, sizeof scope.code, "%s", code);
    rc = check_wall(r, &scope, &MUNICIPALITY, name);
    if (rc)
        return rc;
    mark(r, code);
    keep(r->found.municipalities, &r->found.municipality_count, code);
    return take_all(r, Q_ALERT_GROUPS_MUNICIPALITY, DB_ARGS(DB_TEXT(code)));
}

static int mark_area(struct resolve *r, const char *code)
{
    struct db_rows *rows = NULL;
    int rc = db_query(r->db, &rows, Q_ALERT_AREA_MUNICIPALITIES, DB_ARGS(DB_TEXT(code)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        mark(r, db_text(rows, 0));
    db_done(rows);
    return rc;
}

static int take_area(struct resolve *r, const char *name)
{
    struct scope scope = {.kind = SCOPE_POLICE_AREA};
    struct err ignored;
    int rc = area_find_police_area(r->db, name, scope.code, &ignored);
    if (rc == ERR_NOT_FOUND)
        return refuse_name(r, &POLICE_AREA, name);
    if (rc == 0)
        rc = check_wall(r, &scope, &POLICE_AREA, name);
    if (rc == 0)
        rc = mark_area(r, scope.code);
    if (rc)
        return rc;
    keep(r->found.areas, &r->found.area_count, scope.code);
    return take_all(r, Q_ALERT_GROUPS_AREA, DB_ARGS(DB_TEXT(scope.code)));
}

static int take_group(struct resolve *r, const char *name)
{
    struct db_rows *rows = NULL;
    char text[ID_TEXT_BYTES];
    enum group_kind kind = GROUP_KIND_OTHER;
    int64_t id = 0;
    int rc = group_find(r->db, r->actor, name, &id, r->err);
    if (rc == ERR_NOT_FOUND)
        return refuse_name(r, &GROUP, name);
    if (rc == 0)
        rc = db_query_as(r->db, &r->actor->scope, &rows, Q_ALERT_GROUP_ONE, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && !group_kind_parse(db_text(rows, 1), &kind))
        rc = ERR_CORRUPT;
    if (rc > 0 && strcmp(db_text(rows, 3), "active") != 0)
        rc = err_set(r->err, ERR_INVALID, "the group \"%.100s\" is %s: only active groups are warned", db_text(rows, 4),
                     db_text(rows, 3));
    if (rc > 0) {
        keep(r->found.groups, &r->found.group_count, id_format(ID_GROUP, id, text));
        if (r->kinds & 1U << kind) {
            add_group(r, id);
            mark(r, db_text(rows, 2));
        }
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int take_kind(struct resolve *r, const char *word)
{
    enum group_kind kind = GROUP_KIND_OTHER;
    if (!group_kind_parse(word, &kind))
        return err_set(r->err, ERR_INVALID,
                       "no kind of group \"%.40s\": write house, apartment, leisure, rural, farm, boat, business, "
                       "mixed or other",
                       word);
    r->kinds |= 1U << kind;
    keep(r->found.group_kinds, &r->found.group_kind_count, word);
    return 0;
}

/* One name after the other; the found ones go into `list`, which has room. */
static int take_names(struct resolve *r, char *const *names, size_t n, char ***list,
                      int (*take)(struct resolve *, const char *))
{
    int rc = 0;
    *list = xcalloc(n + 1, sizeof **list);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = take(r, names[i]);
    return rc;
}

/* --- places --------------------------------------------------------------------------------------------------------
 */

static bool in_circle(const struct resolve *r, struct geo_point p)
{
    return geo_in_circle(p, r->asked->centre, r->asked->radius_m);
}

static bool in_polygon(const struct resolve *r, struct geo_point p)
{
    return geo_in_polygon(p, r->asked->polygon, r->asked->polygon_count);
}

static int take_box(struct resolve *r, struct geo_box box, is_inside_fn is_inside)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(r->db, &r->actor->scope, &rows, Q_ALERT_GROUPS_BOX,
                         DB_ARGS(DB_INT(box.lat_min), DB_INT(box.lat_max), DB_INT(box.lon_min), DB_INT(box.lon_max)));
    return rc ? rc : take_groups(r, rows, is_inside);
}

static int take_places(struct resolve *r)
{
    const struct alert_target *t = r->asked;
    int rc = 0;
    if (t->has_circle) {
        rc = geo_check_circle(t->centre, t->radius_m, r->err);
        if (rc == 0)
            rc = take_box(r, geo_circle_box(t->centre, t->radius_m), in_circle);
        r->found.has_circle = true;
        r->found.centre = t->centre;
        r->found.radius_m = t->radius_m;
    }
    if (rc == 0 && t->polygon_count > 0) {
        rc = geo_check_polygon(t->polygon, t->polygon_count, r->err);
        if (rc == 0)
            rc = take_box(r, geo_polygon_box(t->polygon, t->polygon_count), in_polygon);
        if (rc == 0) {
            r->found.polygon = xcalloc(t->polygon_count, sizeof *t->polygon);
            memcpy(r->found.polygon, t->polygon, t->polygon_count * sizeof *t->polygon);
            r->found.polygon_count = t->polygon_count;
        }
    }
    return rc;
}

/* --- the whole -----------------------------------------------------------------------------------------------------
 */

static int take_everything(struct resolve *r)
{
    const struct alert_target *t = r->asked;
    bool has_place = t->municipality_count || t->area_count || t->group_count || t->has_circle || t->polygon_count;
    if (!has_place && !t->group_kind_count)
        return err_set(r->err, ERR_INVALID,
                       "nobody is named as target: write a municipality, police area, group, kind of group, circle or "
                       "polygon");
    int rc = take_names(r, t->group_kinds, t->group_kind_count, &r->found.group_kinds, take_kind);
    if (r->kinds == 0)
        r->kinds = ~0U;
    if (rc == 0)
        rc = take_names(r, t->municipalities, t->municipality_count, &r->found.municipalities, take_municipality);
    if (rc == 0)
        rc = take_names(r, t->areas, t->area_count, &r->found.areas, take_area);
    if (rc == 0)
        rc = take_names(r, t->groups, t->group_count, &r->found.groups, take_group);
    if (rc == 0)
        rc = take_places(r);
    if (rc == 0 && !has_place)
        rc = take_all(r, Q_ALERT_GROUPS_SCOPE, DB_NO_ARGS);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sort_ids(struct resolve *r)
{
    size_t n = 0;
    if (r->count > 1)
        qsort(r->ids, r->count, sizeof *r->ids, by_id);
    for (size_t i = 0; i < r->count; i++)
        if (i == 0 || r->ids[i] != r->ids[n - 1])
            r->ids[n++] = r->ids[i];
    r->count = n;
}

static int fill_municipalities(struct resolve *r, struct alert_audience *out)
{
    int rc = 0;
    size_t n = 0;
    for (size_t i = 0; i < MUNICIPALITY_CODES; i++)
        n += r->is_there[i];
    out->municipalities = xcalloc(n + 1, sizeof *out->municipalities);
    for (size_t i = 0; i < MUNICIPALITY_CODES && rc == 0; i++) {
        if (!r->is_there[i])
            continue;
        struct alert_municipality *m = &out->municipalities[out->municipality_count++];
        char *name = NULL;
        snprintf(m->code, sizeof m->code, "%04u", (unsigned)(i % MUNICIPALITY_CODES)); /* %: so that gcc sees it fit */
        rc = db_get_text(r->db, &name, Q_MUNICIPALITY_NAME, DB_ARGS(DB_TEXT(m->code)));
        if (rc == 0)
            snprintf(m->name, sizeof m->name, "%s", name);
        free(name);
    }
    return rc;
}

int alert_target_resolve(struct db *db, const struct actor *actor, const struct alert_target *target,
                         struct alert_audience *out, struct err *err)
{
    struct resolve *r = xcalloc(1, sizeof *r);
    *r = (struct resolve){.db = db, .actor = actor, .asked = target, .err = err};
    int rc = take_everything(r);
    if (rc == 0) {
        sort_ids(r);
        rc = fill_municipalities(r, out);
    }
    if (rc == 0)
        rc = db_get_int_as(db, &actor->scope, &out->groups_without_point, Q_ALERT_GROUPS_WITHOUT_POINT, DB_NO_ARGS);
    if (rc == 0)
        rc = alert_area_text(r, out, out->area_text);
    if (rc == 0) {
        out->group_ids = r->ids;
        out->groups = (int64_t)r->count;
        out->target_json = alert_target_dump(&r->found);
        r->ids = NULL;
    } else {
        alert_audience_fini(out);
    }
    free(r->ids);
    alert_target_fini(&r->found);
    free(r);
    return rc;
}
