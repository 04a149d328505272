/*
 * The world that the actors find: areas, officers, groups and their people over a number of recipient domains, and the
 * daemon's configuration, which a reload draws anew.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/area.h"
#include "core/config.h"
#include "core/group.h"
#include "core/staff.h"
#include "sim/sim.h"
#include "store/actor.h"
#include "store/db.h"
#include "store/store.h"

static const char *const TOWNS[][2] = {{"1292", "Ängelholm"}, {"1257", "Örkelljunga"}, {"1278", "Båstad"}};

const char *sim_world_town(int64_t i)
{
    return TOWNS[i % (int64_t)ARRAY_LEN(TOWNS)][0];
}

static int add_areas(struct db *db)
{
    int changed = 0;
    struct police_area_row area = {"angelholm", "Ängelholm", "Nordvästra Skåne", "syd", "2018-09-24", NULL};
    int rc = area_put_county(db, "12", "Skåne län", &changed);
    if (rc >= 0)
        rc = area_put_police_region(db, "syd", "Syd", &changed);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(TOWNS); i++)
        rc = area_put_municipality(db, TOWNS[i][0], TOWNS[i][1], "12", &changed);
    if (rc >= 0)
        rc = area_put_police_area(db, &area, &changed);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(TOWNS); i++)
        rc = area_put_police_area_municipality(db, "angelholm", TOWNS[i][0], "2018-09-24", NULL, &changed);
    return rc < 0 ? rc : area_refresh_scopes(db, "2026-03-01");
}

static int add_officer(struct db *db, const char *name)
{
    struct actor admin = actor_daemon();
    struct err err = {.text = ""};
    int64_t id = 0;
    struct staff_input in = {
        .name = name, .full_name = name, .role = "officer", .scope = "police_area:angelholm", .unix_uid = -1};
    return staff_add(db, &admin, &in, &id, &err);
}

/* A person with one or two addresses; some addresses are shared by two persons of a household. */
int sim_world_person(struct db *db, struct sim *s, int64_t group, int number)
{
    struct actor admin = actor_daemon();
    struct contact_input in = CONTACT_INPUT_INIT;
    struct err err = {.text = ""};
    char name[40];
    char address[2][SIM_ADDRESS_BYTES];
    int64_t id = 0;
    snprintf(name, sizeof name, "Ombud %d", number);
    for (int i = 0; i < 2; i++) {
        int who = sim_happens(s, 50) && number > 0 ? (int)sim_pick(s, number) : number;
        snprintf(address[i], sizeof address[i], "p%d%s@d%d.example.se", who, i ? "b" : "", (who + i) % SIM_DOMAINS);
        in.addresses[i] = address[i];
    }
    in.name = name;
    in.address_count = sim_happens(s, 150) ? 2 : 1;
    return contact_add(db, &admin, group, "contact_rep", &in, &id, &err);
}

static int add_group(struct db *db, struct sim *s, int i)
{
    struct actor admin = actor_daemon();
    struct group_input in = GROUP_INPUT_INIT;
    struct sim_people *p = &s->people;
    struct err err = {.text = ""};
    char name[40];
    snprintf(name, sizeof name, "Grupp %d", i);
    in.name = name;
    p->is_active[i] = true;
    return group_add(db, &admin, TOWNS[i % 3][0], &in, &p->groups[i], &err);
}

struct boot {
    struct store_req req;
    struct sim *s;
};

static int op_boot(struct db *db, struct store_req *req)
{
    struct sim *s = CONTAINER_OF(req, struct boot, req)->s;
    struct sim_people *p = &s->people;
    int rc = add_areas(db);
    if (rc == 0)
        rc = add_officer(db, "anna");
    if (rc == 0)
        rc = add_officer(db, "bertil");
    p->group_count = (int)sim_between(s, 3, SIM_GROUPS_MAX);
    for (int i = 0; rc == 0 && i < p->group_count; i++)
        rc = add_group(db, s, i);
    int persons = (int)sim_between(s, 10, 250);
    for (int i = 0; rc == 0 && i < persons; i++)
        rc = sim_world_person(db, s, p->groups[sim_pick(s, p->group_count)], p->person_count++);
    return rc;
}

static void boot_done(struct store_req *req)
{
    (void)req;
}

void sim_world_boot(struct sim *s)
{
    struct boot boot = {.s = s, .req = {.done = boot_done}};
    sim_store_now(s, op_boot, &boot.req);
}

/* --- the configuration ---------------------------------------- */

struct config *sim_world_config(struct sim *s)
{
    char text[3000];
    struct config *config = NULL;
    struct file_errors errors;
    s->people.domain_connections = sim_happens(s, 500) ? (int)sim_between(s, 1, 4) : 0;
    int n = snprintf(text, sizeof text,
                     "[node]\nbase_url = https://grannbud.example.se\n[store]\nurl = sqlite:%s\n[sender]\nfrom = "
                     "brev@example.se\n[limits]\nexpand_chunk = %d\nper_domain_connections = %d\n[alert]\nquiet_hours "
                     "= %s\n[letter]\nretry_first "
                     "= %ds\nretry_max = %dm\n"
                     "retry_max_age = %dh\n",
                     s->path, (int)sim_between(s, 100, 400), s->people.domain_connections,
                     s->options.only && !strchr(s->options.only, 'a') ? "none"
                     : sim_happens(s, 300)                            ? "22:00-23:00"
                                                                      : "none",
                     (int)sim_between(s, 10, 300), (int)sim_between(s, 5, 67), (int)sim_between(s, 2, 6));
    for (int i = 0; i < s->relay_count; i++) {
        struct sim_relay *r = &s->relays[i];
        r->is_configured = s->relay_count == 1 || i == 0 || sim_happens(s, 900);
        r->connections = (int)sim_between(s, 1, SIM_CONNECTIONS_MAX);
        r->rate_per_minute = sim_happens(s, 250) ? (int)sim_between(s, 60, 3000) : 0;
        r->priority = (int)sim_between(s, 1, 3);
        r->alert_recipients = sim_happens(s, 500) ? (int)sim_between(s, 2, 100) : 1;
        r->tat_us = 0;
        if (!r->is_configured)
            continue;
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "[relay %s]\nurl = smtp://127.0.0.1:%d\ntls = none\nconnections = %d\nrate_per_minute = %d\n"
                      "priority = %d\nweight = %d\nreserved_for_alerts = %d\nmax_messages_per_connection = %d\n"
                      "alert_recipients = %d\n",
                      r->name, 2500 + i, r->connections, r->rate_per_minute, r->priority, (int)sim_between(s, 1, 5),
                      r->connections > 1 ? 1 : 0, (int)sim_between(s, 5, 100), r->alert_recipients);
    }
    file_errors_init(&errors, "sim");
    if (config_parse(text, strlen(text), &config, &errors) != 0)
        sim_fail(s, "the configuration: %s", errors.item[0].text);
    file_errors_fini(&errors);
    return config;
}
