/* A store in memory for tests; the contract is in lib/store_fixture.h. */
#include "lib/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/area.h"
#include "core/group.h"
#include "core/setting.h"
#include "core/staff.h"
#include "lib/test.h"
#include "store/migrate.h"

#define START_US (INT64_C(1772366400) * US_PER_S) /* 2026-03-01T12:00:00Z */

static int64_t fake_real_us(void *ctx)
{
    return ((struct store_fixture *)ctx)->now_us;
}

static int64_t fake_mono_ms(void *ctx)
{
    const struct store_fixture *f = ctx;
    return (f->now_us - f->jumped_us) / 1000;
}

void store_fixture_ok(struct store_fixture *f, int rc)
{
    if (rc < 0)
        fail_msg("%s: %s", err_name(rc), err_or(&f->err, rc));
}

static void add_areas(struct store_fixture *f)
{
    static const char *const towns[][2] = {
        {"1292", "Ängelholm"}, {"1257", "Örkelljunga"}, {"1278", "Båstad"}, {"1284", "Höganäs"}, {"1276", "Klippan"}};
    static const char *const areas[][2] = {{"angelholm", "Ängelholm"}, {"klippan", "Klippan"}};
    int changed = 0;
    store_fixture_ok(f, area_put_county(f->db, "12", "Skåne län", &changed));
    store_fixture_ok(f, area_put_police_region(f->db, "syd", "Syd", &changed));
    for (size_t i = 0; i < 5; i++)
        store_fixture_ok(f, area_put_municipality(f->db, towns[i][0], towns[i][1], "12", &changed));
    for (size_t i = 0; i < 2; i++) {
        struct police_area_row row = {areas[i][0], areas[i][1], "Nordvästra Skåne", "syd", "2018-09-24", NULL};
        store_fixture_ok(f, area_put_police_area(f->db, &row, &changed));
    }
    for (size_t i = 0; i < 5; i++)
        store_fixture_ok(f, area_put_police_area_municipality(f->db, i < 4 ? "angelholm" : "klippan", towns[i][0],
                                                              "2018-09-24", NULL, &changed));
    store_fixture_ok(f, area_refresh_scopes(f->db, "2026-03-01"));
}

static void add_user(struct store_fixture *f, struct actor *out, const char *name, const char *role, const char *scope)
{
    char email[80];
    int64_t id = 0;
    snprintf(email, sizeof email, "%s@example.se", name);
    struct staff_input in = {
        .name = name, .full_name = name, .email = email, .role = role, .scope = scope, .unix_uid = -1};
    store_fixture_ok(f, staff_add(f->db, &f->admin, &in, &id, &f->err));
    store_fixture_ok(f, staff_actor_by_name(f->db, name, out, &f->err));
}

void store_fixture_init(struct store_fixture *f)
{
    store_fixture_init_at(f, "sqlite::memory:");
}

void store_fixture_init_at(struct store_fixture *f, const char *url)
{
    *f = (struct store_fixture){.now_us = START_US};
    f->clock = (struct clock){.real_us = fake_real_us, .mono_ms = fake_mono_ms, .ctx = f};
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    f->admin = actor_daemon();
    snprintf(f->admin.name, sizeof f->admin.name, "uid:0");
    store_fixture_ok(f, db_open(url, DB_WRITER, &f->clock, &f->db, &f->err));
    store_fixture_ok(f, migrate_to(f->db, migrate_latest(), &f->err));
    store_fixture_ok(f, db_begin(f->db));
    add_areas(f);
    add_user(f, &f->anna, "anna", "officer", "police_area:angelholm");
    add_user(f, &f->bertil, "bertil", "officer", "police_area:angelholm");
    add_user(f, &f->cecilia, "cecilia", "coordinator", "municipality:1292");
    add_user(f, &f->david, "david", "officer", "police_area:klippan");
    add_user(f, &f->rut, "rut", "reader", "municipality:1292");
}

void store_fixture_fini(struct store_fixture *f)
{
    db_rollback(f->db);
    db_close(f->db);
}

int64_t store_fixture_person(struct store_fixture *f, const char *municipality, const char *group_name,
                             const char *person, const char *address, int64_t *group)
{
    struct group_input g = GROUP_INPUT_INIT;
    struct contact_input c = CONTACT_INPUT_INIT;
    int64_t group_id = 0;
    int64_t contact_id = 0;
    g.name = group_name;
    if (group_find(f->db, &f->admin, group_name, &group_id, &f->err) != 0)
        store_fixture_ok(f, group_add(f->db, &f->admin, municipality, &g, &group_id, &f->err));
    c.name = person;
    c.addresses[0] = address;
    c.address_count = address ? 1 : 0;
    store_fixture_ok(f, contact_add(f->db, &f->admin, group_id, "contact_rep", &c, &contact_id, &f->err));
    if (group)
        *group = group_id;
    return contact_id;
}

const char *store_fixture_text(struct store_fixture *f, const char *select)
{
    static char text[4000];
    char sql[4000];
    snprintf(sql, sizeof sql,
             "INSERT INTO setting (name, value) VALUES ('test', coalesce((%s), '')) "
             "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
             select);
    store_fixture_ok(f, db_script(f->db, sql, &f->err));
    store_fixture_ok(f, setting_get(f->db, "test", text, sizeof text));
    return text;
}

int64_t store_fixture_number(struct store_fixture *f, const char *select)
{
    return strtoll(store_fixture_text(f, select), NULL, 10);
}

int64_t store_fixture_count(struct store_fixture *f, int64_t message_id, const char *state)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    int64_t n = 0;
    store_fixture_ok(
        f, db_query_as(f->db, &all, &rows, Q_DELIVERY_LIST,
                       DB_ARGS(DB_INT(message_id), DB_TEXT(state), DB_TEXT(""), DB_INT(0), DB_INT(10000000))));
    while (db_next(rows) > 0)
        n++;
    db_done(rows);
    return n;
}
