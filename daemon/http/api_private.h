/*
 * The inside of the API, shared by its files: api.c (the loop's side), api_call.c (the store's side), api_auth.c,
 * api_body.c,
 * api_idempotency.c, api_json.c. Handlers use http/api.h only.
 */
#ifndef GB_HTTP_API_PRIVATE_H
#define GB_HTTP_API_PRIVATE_H

#include "http/api.h"

/* What the request says of who sends it; texts borrowed, NULL when missing. */
struct api_credentials {
    bool is_unix;
    uint32_t uid;       /* the kernel's word; Unix socket only */
    const char *as;     /* X-Grannbud-As */
    const char *bearer; /* the token after "Bearer" */
};

/* How large the body of a request to `route` may be, for max_body of http/server.h; HTTP_BODY_ASK when the store has to
 * look at the token first, which counts in *pending. */
int64_t api_body_allowed(const struct api_env *env, int *pending, struct http_request *req,
                         const struct api_route *route, const char *bearer);

/* Who acts. ERR_UNAUTHORIZED, ERR_FORBIDDEN with words. Store thread. */
int api_authenticate(struct db *db, const struct api_credentials *credentials, struct actor *out, struct err *err);

enum { API_KEY_CHARS = 128 };
/* 0, or ERR_USAGE when `key` is empty, too long or not printable ASCII. */
int api_key_check(const char *key, struct err *err);
/* The answer kept for this key: 1 and call->text and status filled; 0 there is none; ERR_INVALID when the key belongs
 * to another request. Store thread. */
int api_key_find(struct api_call *call, struct db *db, const char *key);
/* Keep the rendered answer. Store thread, in the transaction of the request. */
int api_key_keep(struct api_call *call, struct db *db, const char *key);

/*
 * Everything after authentication: permission, kept answer, body, handler, rendering. `key` is the Idempotency-Key or
 * NULL; *is_replay_out tells that the answer is a kept one. Returns what the store shall do: 0 commits, any negative
 * code rolls back (ERR_DRYRUN with an answer). Store thread.
 */
int api_execute(struct api_call *call, struct db *db, const char *key, bool *is_replay_out);
/* Runs call->then (which it takes) with what comes before and after it: the key is looked up again, as the answer may
 * be kept by now. Returns as api_execute. Store thread. */
int api_execute_then(struct api_call *call, struct db *db, const char *key, bool *is_replay_out);
/* Makes call->text of call->result; ERR_TOO_LARGE when it would be too long. */
int api_render(struct api_call *call);
/* Parses call->req's body into call->body (taken: api_call_fini gives it back); ERR_USAGE with line and column. */
int api_parse_body(struct api_call *call);
/* Ready for api_execute once env, config, route, req, match and query are set. */
void api_call_init(struct api_call *call);
void api_call_fini(struct api_call *call);

#endif
