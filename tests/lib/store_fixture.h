/*
 * A store in memory with a clock that the test sets, five municipalities in two police areas, and people to act.
 *
 *   police_area:angelholm  1292 Ängelholm, 1257 Örkelljunga, 1278 Båstad, 1284 Höganäs
 *   police_area:klippan    1276 Klippan
 */
#ifndef GB_TESTS_STORE_FIXTURE_H
#define GB_TESTS_STORE_FIXTURE_H

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/actor.h"
#include "store/db.h"

struct store_fixture {
    struct db *db;
    struct clock clock;
    int64_t now_us;    /* both clocks ... */
    int64_t jumped_us; /* ... but for what only the wall clock has jumped */
    struct err err;
    struct actor admin;        /* all; no person */
    struct actor anna, bertil; /* officers of police_area:angelholm */
    struct actor cecilia;      /* coordinator of municipality:1292 */
    struct actor david;        /* officer of police_area:klippan */
    struct actor rut;          /* reader of municipality:1292 */
};

/* Opens inside a transaction, which the test may commit and begin again. 2026-03-01 12:00 UTC, TZ Europe/Stockholm. */
void store_fixture_init(struct store_fixture *f);
/* The same in a new file. */
void store_fixture_init_at(struct store_fixture *f, const char *url);
void store_fixture_fini(struct store_fixture *f);
/* Fail the test with the words unless rc is 0. */
void store_fixture_ok(struct store_fixture *f, int rc);

/* A group with a contact person of one address; the ids go to *group (may be NULL) and are returned. */
int64_t store_fixture_person(struct store_fixture *f, const char *municipality, const char *group_name,
                             const char *person, const char *address, int64_t *group);
/* What a SELECT of one value gives, "" for none or NULL; goes through the setting "test", so the connection must be
 * able to write. Static. */
const char *store_fixture_text(struct store_fixture *f, const char *select);
int64_t store_fixture_number(struct store_fixture *f, const char *select);
/* How many rows of `message_id` (0: all) are in `state`. */
int64_t store_fixture_count(struct store_fixture *f, int64_t message_id, const char *state);

#endif
