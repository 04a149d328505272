/*
 * The API for unit tests: a store in memory with two municipalities of one police area and one of another, actors of
 * several roles and scopes, and two ways to ask: fixture_ask() runs a route as the dispatcher does after the login;
 * fixture_serve() puts a real HTTP server before it, in a thread of its own.
 *
 *   angelholm (police area): 1292 Ängelholm, 1257 Örkelljunga      klippan: 1277 Åstorp
 */
#ifndef GB_TESTS_API_FIXTURE_H
#define GB_TESTS_API_FIXTURE_H

#include <jansson.h>

#include "http/api.h"
#include "store/actor.h"

struct db;
struct api_fixture;

extern const struct actor ACTOR_ADMIN;
extern const struct actor ACTOR_A;        /* coordinator of 1292 */
extern const struct actor ACTOR_B;        /* coordinator of 1257 */
extern const struct actor ACTOR_OFFICER;  /* of the police area angelholm */
extern const struct actor ACTOR_READER_A; /* reader of 1292 */

struct api_fixture *fixture_open(void);
void fixture_close(struct api_fixture *f);

/* What handlers get; a test may set status, metrics and preview. */
struct api_env *fixture_env(struct api_fixture *f);

/* Run `fn` as one write of the store. */
int fixture_write(struct api_fixture *f, int (*fn)(struct db *db, void *ctx), void *ctx);

struct answer {
    int rc;       /* what the operation gave */
    int status;   /* the HTTP status that becomes of it */
    json_t *json; /* the result (also one of a failed call), or NULL */
    char *text;   /* the body as it would be sent; "" when none */
    char err[600];
    json_t *problems;
};

/* `target`: path and query. `body`: text (JSON or a file), or NULL. Free with answer_fini. */
struct answer fixture_ask(struct api_fixture *f, const struct actor *actor, enum http_method method, const char *target,
                          const char *body);
/* The same with a body that is in a file and an Idempotency-Key (NULL: none). */
struct answer fixture_ask_file(struct api_fixture *f, const struct actor *actor, enum http_method method,
                               const char *target, int fd, int64_t len);
void answer_fini(struct answer *a);
/* A text member by path ("items.0.name"), "" when there is none; a number as text. Static, four at a time. */
const char *answer_text(const struct answer *a, const char *path);

/* Ask, check the status, give one text member of the answer ("" for none). Static. */
const char *fixture_expect(struct api_fixture *f, const struct actor *actor, enum http_method method,
                           const char *target, const char *body, int status, const char *path);

/* A group in a municipality with one contact person; gives their ids as text. */
void fixture_group(struct api_fixture *f, const char *municipality, const char *name, char group[24], char contact[24],
                   const char *address);

/* --- with a server ------------------------------------------------------------------------------------------------ */

/* While it serves, nothing else may use the store. */
void fixture_serve(struct api_fixture *f);
int fixture_connect_unix(struct api_fixture *f);
int fixture_connect_tcp(struct api_fixture *f);
/* How often env->changed was called. */
int fixture_changes(struct api_fixture *f);
void fixture_end(struct api_fixture *f);

#endif
