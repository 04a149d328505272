/*
 * What a person asks of the store: an operation like any request of the API, followed by what main.c does after a
 * write. The base of the structs of sim_actor.c and sim_alert.c, which have it as their first member.
 */
#ifndef GB_TESTS_SIM_DEED_H
#define GB_TESTS_SIM_DEED_H

#include <stddef.h>

#include "base/err.h"
#include "store/store.h"

struct sim;

struct sim_deed {
    struct store_req req;
    struct sim *s;
    const char *name;
    void (*after)(struct sim_deed *deed); /* what follows from it, before anybody else hears of it */
    struct err err;
};

/* A deed of `bytes`, zero but for its base; the caller fills in the rest and submits it. */
void *sim_deed_new(struct sim *s, size_t bytes, const char *name, int (*op)(struct db *db, struct store_req *req),
                   void (*after)(struct sim_deed *deed));
/* Frees it when it is done. */
void sim_deed_submit(struct sim_deed *deed);

#endif
