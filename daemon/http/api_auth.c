/*
 * Who acts in a request of the API.
 *
 * Unix socket: the kernel tells the uid. Root and the daemon's own user are administrators, and may act for a staff
 * user with X-Grannbud-As; any other uid is the staff user it belongs to. TCP: a bearer token (RFC 6750) and nothing
 * else, so that a web page can make no browser act for somebody.
 */
#include <stdio.h>
#include <unistd.h>

#include "core/staff.h"
#include "http/api_private.h"

static struct actor administrator(uint32_t uid)
{
    struct actor actor = {.role = ROLE_ADMIN, .scope = {.kind = SCOPE_ALL}};
    snprintf(actor.name, sizeof actor.name, "uid:%u", uid);
    return actor;
}

static int act_for(struct db *db, uint32_t uid, const char *name, struct actor *out, struct err *err)
{
    struct actor actor;
    int rc = staff_actor_by_name(db, name, &actor, err);
    if (rc == ERR_NOT_FOUND)
        return ERR_FORBIDDEN; /* with its words: it is not the thing asked for that is missing */
    if (rc)
        return rc;
    snprintf(actor.via, sizeof actor.via, "uid:%u", uid);
    *out = actor;
    return 0;
}

static int by_uid(struct db *db, const struct api_credentials *c, struct actor *out, struct err *err)
{
    if (c->uid == 0 || c->uid == (uint32_t)geteuid()) {
        if (c->as)
            return act_for(db, c->uid, c->as, out, err);
        *out = administrator(c->uid);
        return 0;
    }
    if (c->as)
        return err_set(err, ERR_FORBIDDEN, "only an administrator may act for another person: leave out --as");
    return staff_actor_by_uid(db, c->uid, out, err);
}

int api_authenticate(struct db *db, const struct api_credentials *credentials, struct actor *out, struct err *err)
{
    if (credentials->is_unix)
        return by_uid(db, credentials, out, err);
    if (credentials->as)
        return err_set(err, ERR_FORBIDDEN, "X-Grannbud-As is for the Unix socket only: make a token for the person");
    if (!credentials->bearer)
        return err_set(err, ERR_UNAUTHORIZED, "send a token: Authorization: Bearer gbt_...");
    int rc = token_actor(db, credentials->bearer, out);
    if (rc == ERR_UNAUTHORIZED)
        return err_set(err, rc, "the token is not known, has expired or was revoked: make one with token add");
    return rc;
}
