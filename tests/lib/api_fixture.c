/* The API for unit tests; the contract is in api_fixture.h. */
#include "lib/api_fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/config.h"
#include "http/api_private.h"
#include "http/form.h"
#include "http/router.h"
#include "http/server.h"
#include "lib/test.h"
#include "store/db.h"
#include "store/store.h"

const struct actor ACTOR_ADMIN = {.name = "uid:0", .role = ROLE_ADMIN, .scope = {.kind = SCOPE_ALL}};
const struct actor ACTOR_A = {
    .name = "anna", .role = ROLE_COORDINATOR, .scope = {.kind = SCOPE_MUNICIPALITY, .code = "1292"}};
const struct actor ACTOR_B = {
    .name = "bo", .role = ROLE_COORDINATOR, .scope = {.kind = SCOPE_MUNICIPALITY, .code = "1257"}};
const struct actor ACTOR_OFFICER = {
    .name = "olle", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
const struct actor ACTOR_READER_A = {
    .name = "rut", .role = ROLE_READER, .scope = {.kind = SCOPE_MUNICIPALITY, .code = "1292"}};

struct api_fixture {
    struct store *store;
    struct config *config;
    struct api_env env;
    struct http_route *routes;
    struct http_router *router;

    /* the server's thread */
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t stored, stop;
    struct http_server *http;
    struct api *api;
    atomic_bool is_serving;
    atomic_int changes;
    char folder[64];
    char socket[96];
    int port;
};

static const struct config *config_of(void *ctx)
{
    struct api_fixture *f = ctx;
    return f->config;
}

static void on_notify(void *ctx)
{
    struct api_fixture *f = ctx;
    if (atomic_load(&f->is_serving))
        uv_async_send(&f->stored);
}

static void on_change(void *ctx)
{
    struct api_fixture *f = ctx;
    atomic_fetch_add(&f->changes, 1);
}

struct job {
    struct store_req req;
    int (*fn)(struct db *db, void *ctx);
    void *ctx;
};

static int run_job(struct db *db, struct store_req *req)
{
    struct job *job = CONTAINER_OF(req, struct job, req);
    return job->fn(db, job->ctx);
}

static void job_done(struct store_req *req)
{
    (void)req;
}

int fixture_write(struct api_fixture *f, int (*fn)(struct db *db, void *ctx), void *ctx)
{
    struct job job = {.req = {.op = run_job, .done = job_done}, .fn = fn, .ctx = ctx};
    store_write(f->store, &job.req);
    store_complete(f->store);
    return job.req.status;
}

static int put_areas(struct db *db, void *ctx)
{
    (void)ctx;
    static const struct police_area_row areas[] = {{"angelholm", "Ängelholm", NULL, "syd", "2020-01-01", NULL},
                                                   {"klippan", "Klippan", NULL, "syd", "2020-01-01", NULL}};
    int n = 0;
    int rc = area_put_county(db, "12", "Skåne län", &n);
    rc = rc ? rc : area_put_municipality(db, "1292", "Ängelholm", "12", &n);
    rc = rc ? rc : area_put_municipality(db, "1257", "Örkelljunga", "12", &n);
    rc = rc ? rc : area_put_municipality(db, "1277", "Åstorp", "12", &n);
    rc = rc ? rc : area_put_police_region(db, "syd", "Region Syd", &n);
    rc = rc ? rc : area_put_police_area(db, &areas[0], &n);
    rc = rc ? rc : area_put_police_area(db, &areas[1], &n);
    rc = rc ? rc : area_put_police_area_municipality(db, "angelholm", "1292", "2020-01-01", NULL, &n);
    rc = rc ? rc : area_put_police_area_municipality(db, "angelholm", "1257", "2020-01-01", NULL, &n);
    rc = rc ? rc : area_put_police_area_municipality(db, "klippan", "1277", "2020-01-01", NULL, &n);
    return rc ? rc : area_refresh_scopes(db, "2026-04-01");
}

static void make_router(struct api_fixture *f)
{
    const struct api_route *r = NULL;
    struct err err = {.text = ""};
    size_t n = 0;
    while (api_route_at(n))
        n++;
    f->routes = xcalloc(n + 1, sizeof *f->routes);
    for (size_t i = 0; (r = api_route_at(i)) != NULL; i++)
        f->routes[i] = (struct http_route){.method = r->method, .pattern = r->pattern, .data = r};
    if (http_router_new(f->routes, n, &f->router, &err))
        fail_msg("%s", err.text);
}

struct api_fixture *fixture_open(void)
{
    struct api_fixture *f = xcalloc(1, sizeof *f);
    struct err err = {.text = ""};
    static char zone[] = "Europe/Stockholm", base[] = "https://grannbud.example.se", host[] = "grannbud.example.se",
                from[] = "grannsamverkan@example.se", organisation[] = "Polisen Ängelholm", none[] = "";
    f->config = xcalloc(1, sizeof *f->config);
    f->config->node.timezone = zone;
    f->config->node.base_url = (struct config_url){.text = base, .host = host};
    f->config->sender = (struct config_sender){.from = from, .organisation = organisation, .reply_to = none};
    f->config->vma.url.text = none;
    f->config->police_events.url.text = none;
    f->config->limits.http_body_bytes = 1024 * 1024;
    f->config->limits.import_bytes = 64 * 1024 * 1024;
    f->config->alert.default_expiry_s = 86400;
    f->config->alert.confirm_above_recipients = 500;
    struct store_config store = {
        .url = "sqlite::memory:", .clock = clock_system(), .notify = on_notify, .notify_ctx = f, .inline_mode = true};
    if (store_open(&store, &f->store, &err))
        fail_msg("%s", err.text);
    f->env = (struct api_env){
        .store = f->store, .clock = clock_system(), .config = config_of, .changed = on_change, .ctx = f};
    assert_int_equal(fixture_write(f, put_areas, NULL), 0);
    make_router(f);
    return f;
}

struct api_env *fixture_env(struct api_fixture *f)
{
    return &f->env;
}

void fixture_close(struct api_fixture *f)
{
    store_close(f->store);
    http_router_free(f->router);
    free(f->routes);
    free(f->config);
    free(f);
}

/* --- asking without a server -------------------------------------------------------------------------------------- */

struct asked {
    struct store_req req;
    struct api_call call;
};

static int run_call(struct db *db, struct store_req *req)
{
    struct asked *asked = CONTAINER_OF(req, struct asked, req);
    bool is_replay = false;
    if (asked->call.then)
        return api_execute_then(&asked->call, db, NULL, &is_replay);
    return api_execute(&asked->call, db, NULL, &is_replay);
}

static struct answer ask(struct api_fixture *f, const struct actor *actor, struct http_request *req, const char *target)
{
    struct http_match match;
    struct http_form query;
    char path[512];
    size_t n = strcspn(target, "?");
    snprintf(path, sizeof path, "%.*s", (int)n, target);
    req->path = path;
    req->query = target[n] ? target + n + 1 : "";
    http_form_init(&query);
    assert_int_equal(http_form_parse(&query, req->query, strlen(req->query), 64), 0);
    if (http_router_find(f->router, req->method, path, &match) != HTTP_ROUTE_FOUND)
        fail_msg("no route %s", target);
    struct asked asked = {.req = {.op = run_call, .done = job_done},
                          .call = {.env = &f->env,
                                   .config = f->config,
                                   .route = match.route->data,
                                   .req = req,
                                   .match = &match,
                                   .query = &query,
                                   .actor = *actor}};
    struct api_call *call = &asked.call;
    api_call_init(call);
    if (call->route->mode == API_WRITE)
        store_write(f->store, &asked.req);
    else
        store_read(f->store, &asked.req);
    store_complete(f->store);
    while (call->then) {
        if (call->then_writes)
            store_write(f->store, &asked.req);
        else
            store_read(f->store, &asked.req);
        store_complete(f->store);
    }
    int rc = asked.req.status;
    if (rc == 0 && call->finish) {
        call->finish(call);
        rc = call->result ? api_render(call) : 0;
    }
    struct answer a = {.rc = rc,
                       .status = rc && rc != ERR_DRYRUN ? err_http_status(rc)
                                 : call->status         ? call->status
                                 : call->text.len > 0   ? 200
                                                        : 204,
                       .json = json_incref(call->result),
                       .problems = json_incref(call->problems),
                       .text = xstrndup(buf_str(&call->text), call->text.len)};
    snprintf(a.err, sizeof a.err, "%s", call->err.text);
    api_call_fini(call);
    http_form_fini(&query);
    return a;
}

struct answer fixture_ask(struct api_fixture *f, const struct actor *actor, enum http_method method, const char *target,
                          const char *body)
{
    struct http_request req = {
        .id = 1, .method = method, .body = body, .body_len = body ? (int64_t)strlen(body) : 0, .body_fd = -1};
    return ask(f, actor, &req, target);
}

struct answer fixture_ask_file(struct api_fixture *f, const struct actor *actor, enum http_method method,
                               const char *target, int fd, int64_t len)
{
    struct http_request req = {.id = 1, .method = method, .body_len = len, .body_fd = fd};
    return ask(f, actor, &req, target);
}

void answer_fini(struct answer *a)
{
    json_decref(a->json);
    json_decref(a->problems);
    free(a->text);
}

const char *answer_text(const struct answer *a, const char *path)
{
    static char ring[4][512];
    static unsigned at;
    char *out = ring[at++ % 4];
    const json_t *value = a->json;
    while (*path && value) {
        char name[64];
        size_t n = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        value = json_is_array(value) ? json_array_get(value, (size_t)strtoul(name, NULL, 10))
                                     : json_object_get(value, name);
        path += n + (path[n] == '.');
    }
    if (json_is_integer(value))
        snprintf(out, 512, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(out, 512, "%s", json_is_true(value) ? "true" : "false");
    else
        snprintf(out, 512, "%s", json_is_string(value) ? json_string_value(value) : "");
    return out;
}

const char *fixture_expect(struct api_fixture *f, const struct actor *actor, enum http_method method,
                           const char *target, const char *body, int status, const char *path)
{
    struct answer a = fixture_ask(f, actor, method, target, body);
    if (a.status != status)
        fail_msg("%s %s as %s: status %d, not %d: %s %.300s", http_method_name(method), target, actor->name, a.status,
                 status, a.err, a.text);
    const char *text = path ? answer_text(&a, path) : "";
    answer_fini(&a);
    return text;
}

void fixture_group(struct api_fixture *f, const char *municipality, const char *name, char group[24], char contact[24],
                   const char *address)
{
    char body[512];
    snprintf(body, sizeof body, "{\"municipality\":\"%s\",\"name\":\"%s\"}", municipality, name);
    snprintf(group, 24, "%s", fixture_expect(f, &ACTOR_ADMIN, HTTP_METHOD_POST, "/api/v1/group", body, 201, "id"));
    snprintf(body, sizeof body, "{\"group\":\"%s\",\"name\":\"Gunilla Exempelsson\",\"addresses\":[\"%s\"]}", group,
             address);
    snprintf(contact, 24, "%s", fixture_expect(f, &ACTOR_ADMIN, HTTP_METHOD_POST, "/api/v1/contact", body, 201, "id"));
}

/* --- with a server ------------------------------------------------------------------------------------------------ */

static void on_stored(uv_async_t *async)
{
    struct api_fixture *f = async->data;
    store_complete(f->store);
}

static void on_http_stopped(void *ctx)
{
    struct api_fixture *f = ctx;
    uv_close((uv_handle_t *)&f->stored, NULL);
    uv_close((uv_handle_t *)&f->stop, NULL);
}

static void on_stop(uv_async_t *async)
{
    struct api_fixture *f = async->data;
    http_server_stop(f->http, 1000, on_http_stopped, f);
}

static void *serve(void *arg)
{
    struct api_fixture *f = arg;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    return NULL;
}

void fixture_serve(struct api_fixture *f)
{
    struct err err = {.text = ""};
    snprintf(f->folder, sizeof f->folder, "/tmp/grannbud-api-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->socket, sizeof f->socket, "%s/s", f->folder);
    uv_loop_init(&f->loop);
    uv_async_init(&f->loop, &f->stored, on_stored);
    uv_async_init(&f->loop, &f->stop, on_stop);
    f->stored.data = f->stop.data = f;
    assert_int_equal(api_new(&f->env, &f->api, &err), 0);
    struct http_server_config config = {.loop = &f->loop,
                                        .limits = http_limits_default(),
                                        .spool_dir = f->folder,
                                        .ctx = f->api,
                                        .max_body = api_max_body,
                                        .on_request = api_on_request};
    if (http_server_new(&config, &f->http, &err) || http_server_listen_unix(f->http, f->socket, &err) ||
        http_server_listen_tcp(f->http, "127.0.0.1:0", &f->port, &err))
        fail_msg("%s", err.text);
    atomic_store(&f->is_serving, true);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

int fixture_connect_unix(struct api_fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", f->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int fixture_connect_tcp(struct api_fixture *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int fixture_changes(struct api_fixture *f)
{
    return atomic_load(&f->changes);
}

void fixture_end(struct api_fixture *f)
{
    uv_async_send(&f->stop);
    pthread_join(f->thread, NULL);
    atomic_store(&f->is_serving, false);
    assert_int_equal(api_pending(f->api), 0);
    http_server_free(f->http);
    api_free(f->api);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    rmdir(f->folder);
}
