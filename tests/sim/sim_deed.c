/* What a person asks of the store; the contract is in sim_deed.h. */
#include "sim/sim_deed.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sim/sim.h"

static void on_done(struct store_req *req)
{
    struct sim_deed *d = CONTAINER_OF(req, struct sim_deed, req);
    struct sim *s = d->s;
    sim_trace(s, "%s: %s %s", d->name, req->status ? err_name(req->status) : "ok", d->err.text);
    s->people.busy--;
    d->after(d);
    sim_changed(s);
    free(d);
}

void *sim_deed_new(struct sim *s, size_t bytes, const char *name, int (*op)(struct db *db, struct store_req *req),
                   void (*after)(struct sim_deed *deed))
{
    struct sim_deed *d = xcalloc(1, bytes);
    d->s = s;
    d->name = name;
    d->after = after;
    d->req = (struct store_req){.op = op, .done = on_done};
    return d;
}

void sim_deed_submit(struct sim_deed *deed)
{
    deed->s->people.busy++;
    store_write(deed->s->store, &deed->req);
}
