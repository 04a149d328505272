/*
 * One call of the API on the store's side: permission, kept answer, body, handler, rendering; and the accessors through
 * which handlers read the request.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "http/api_private.h"
#include "http/router.h"

void api_call_init(struct api_call *call)
{
    buf_init(&call->text, API_ANSWER_BYTES);
}

void api_call_fini(struct api_call *call)
{
    json_decref(call->body);
    json_decref(call->result);
    json_decref(call->problems);
    call->body = call->result = call->problems = NULL;
    if (call->work_free)
        call->work_free(call->work);
    call->work = NULL;
    buf_fini(&call->text);
}

static int check_permission(struct api_call *call)
{
    unsigned permission = call->route->permission;
    if (permission == 0 || actor_may(&call->actor, (enum permission)permission))
        return 0;
    return err_set(&call->err, ERR_FORBIDDEN,
                   "%s has the role %s, which may not do this (%s %s): an administrator can give another role",
                   call->actor.name, role_word(call->actor.role), http_method_name(call->route->method),
                   call->route->pattern);
}

/* The answer of an operation that left nothing to do. */
static int finish_operation(struct api_call *call, struct db *db, const char *key, int rc)
{
    if (call->then)
        return rc;
    if ((rc == 0 || rc == ERR_DRYRUN) && call->result && !call->finish) {
        int rendered = api_render(call);
        rc = rendered ? rendered : rc;
    }
    if (rc == 0 && key && !call->is_secret)
        rc = api_key_keep(call, db, key);
    return rc;
}

static int run_handler(struct api_call *call, struct db *db, const char *key)
{
    int rc = call->route->body == API_JSON ? api_parse_body(call) : 0;
    if (rc == 0)
        rc = call->route->handler(call, db);
    return finish_operation(call, db, key, rc);
}

int api_execute_then(struct api_call *call, struct db *db, const char *key, bool *is_replay_out)
{
    int (*then)(struct api_call *, struct db *) = call->then;
    call->then = NULL;
    int found = key && call->then_writes ? api_key_find(call, db, key) : 0;
    *is_replay_out = found > 0;
    if (found != 0)
        return found > 0 ? 0 : found;
    return finish_operation(call, db, key, then(call, db));
}

int api_execute(struct api_call *call, struct db *db, const char *key, bool *is_replay_out)
{
    *is_replay_out = false;
    int rc = check_permission(call);
    if (rc)
        return rc;
    int found = key ? api_key_find(call, db, key) : 0;
    *is_replay_out = found > 0;
    if (found != 0)
        return found > 0 ? 0 : found;
    return run_handler(call, db, key);
}

const char *api_param(const struct api_call *call, const char *name)
{
    const char *value = http_match_param(call->match, name);
    return value ? value : "";
}

const char *api_query(const struct api_call *call, const char *name, const char *fallback)
{
    const char *value = http_form_get(call->query, name);
    return value ? value : fallback;
}

/* Is `name` one of the blank-separated words of `known`? */
static bool is_known(const char *known, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = known; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (len == n && memcmp(p, name, n) == 0)
            return true;
        p += len;
    }
    return false;
}

int api_query_only(struct api_call *call, const char *known)
{
    for (size_t i = 0; i < call->query->count; i++) {
        const char *name = call->query->pairs[i].name;
        if (!is_known(known, name))
            return err_set(&call->err, ERR_USAGE, "unknown parameter \"%.60s\": known here are: %s", name,
                           known[0] ? known : "none");
        if (http_form_get(call->query, name) != call->query->pairs[i].value)
            return err_set(&call->err, ERR_USAGE, "parameter \"%.60s\" is there twice", name);
    }
    return 0;
}

int api_query_int(struct api_call *call, const char *name, int64_t fallback, int64_t min, int64_t max, int64_t *out)
{
    const char *text = api_query(call, name, NULL);
    char *end = NULL;
    if (!text) {
        *out = fallback;
        return 0;
    }
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *text < '-' || *text > '9' || *end || value < min || value > max)
        return err_set(&call->err, ERR_USAGE, "%s=%.40s: write a whole number from %" PRId64 " to %" PRId64, name, text,
                       min, max);
    *out = value;
    return 0;
}

int api_query_bool(struct api_call *call, const char *name, bool fallback, bool *out)
{
    const char *text = api_query(call, name, NULL);
    if (!text)
        *out = fallback;
    else if (is_known("1 true yes", text))
        *out = true;
    else if (is_known("0 false no", text))
        *out = false;
    else
        return err_set(&call->err, ERR_USAGE, "%s=%.40s: write 1 or 0", name, text);
    return 0;
}

int api_body_only(struct api_call *call, const char *known)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(call->body, name, value)
    {
        if (!is_known(known, name))
            return err_set(&call->err, ERR_USAGE, "unknown member \"%.60s\": known here are: %s", name,
                           known[0] ? known : "none");
    }
    return 0;
}

int api_body_source(struct api_call *call, struct api_body_state *state, struct byte_source *out)
{
    const struct http_request *req = call->req;
    if (req->body_fd < 0) {
        *out = byte_source_memory(&state->memory, req->body ? req->body : "", (size_t)req->body_len);
        return 0;
    }
    state->fd = req->body_fd;
    *out = byte_source_fd(&state->fd);
    return out->rewind(out->ctx);
}
