/*
 * grannbudd: the daemon. With daemon/main/ the only file that knows all parts; it makes them, connects them, and takes
 * them down again.
 *
 *   grannbudd -c FILE            run in the foreground
 *   grannbudd -c FILE --check    verify configuration and store, and exit
 *
 * Everything here runs on the loop's thread, but for config_now, which the store's threads ask too: the configuration
 * in force is an atomic pointer, and a replaced one stays until the process ends, so nobody can hold a dead one.
 *
 * SIGTERM and SIGINT: no new work, what is on the wire finishes, everything closed within STOP_MS. SIGHUP: the
 * configuration is read again; a bad one is refused as a whole, the running one stays.
 * Exit codes follow sysexits(3).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <uv.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "core/config.h"
#include "core/file_errors.h"
#include "core/scheduler.h"
#include "net/curl_loop.h"
#include "net/http_url.h"
#include "deliver/letter_mail.h"
#include "deliver/outbox.h"
#include "deliver/smtp_wire.h"
#include "http/api.h"
#include "http/server.h"
#include "main/calls.h"
#include "main/check.h"
#include "main/loop_delay.h"
#include "main/status.h"
#include "main/store.h"
#include "store/store.h"

enum {
    TICK_MS = 1000,
    STOP_MS = 9000,        /* all is closed by then; systemd waits 15 s */
    STOP_HTTP_MS = 3000,   /* running requests are answered */
    STOP_OUTBOX_MS = 8000, /* what is on the wire finishes */
    STOP_CALLS_MS = 5000,  /* what is in flight gets there */
    READERS = 2,
    CONFIGS_MAX = 64, /* replaced configurations kept; more than that many take a start of the process */
    STATUS_EVERY_TICKS = 10,
    START_AGAIN = -1, /* no exit code */
};

static const int SIGNALS[] = {SIGTERM, SIGINT, SIGHUP};

struct app {
    const char *config_path;
    _Atomic(struct config *) config;
    struct config *old_configs[CONFIGS_MAX];
    int old_count;
    char reload_problem[500]; /* why the last SIGHUP changed nothing, or "" */
    struct notify notify;
    struct store *store;
    struct letter_sender *sender;

    uv_loop_t loop;
    uv_async_t store_done;
    uv_timer_t tick;
    uv_signal_t signals[3];
    struct loop_delay *loop_delay;
    struct curl_loop *curl;
    struct outbox *outbox;
    struct main_calls *calls;
    struct scheduler *scheduler;
    struct store_probe probe;
    struct api *api;
    struct http_server *http;

    int64_t started_ms;
    uint64_t ticks;
    bool is_stopping, http_stopped, outbox_stopped, calls_stopped;
    bool is_restarting; /* when all is down, the process becomes this program anew */
};

/* --- configuration --------------------------------------------------------------------------------------------- */

static const struct config *config_now(void *ctx)
{
    struct app *app = ctx;
    return atomic_load(&app->config);
}

static void print_errors(const struct file_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        fprintf(stderr, "grannbudd: %s\n", errors->item[i].text);
    if (errors->dropped > 0)
        fprintf(stderr, "grannbudd: and %zu more\n", errors->dropped);
}

/* EX_OK, or the exit code, with the errors on stderr. */
static int read_config(const char *path, struct config **out)
{
    struct file_errors errors;
    file_errors_init(&errors, path);
    int rc = config_load(path, out, &errors);
    if (rc)
        print_errors(&errors);
    file_errors_fini(&errors);
    return rc == 0 ? 0 : rc == ERR_IO ? 66 : 78; /* EX_NOINPUT, EX_CONFIG */
}

static void use_time_zone(const struct config *config)
{
    setenv("TZ", config->node.timezone, 1);
    tzset();
}

static void on_config_change(void *ctx, const char *name, bool needs_restart)
{
    (void)ctx;
    log_notice("main", "configuration: %s changed%s", name, needs_restart ? "; it takes effect after a restart" : "");
}

static void replace_config(struct app *app, struct config *running, struct config *next)
{
    config_keep_running(next, running);
    app->old_configs[app->old_count++] = running;
    atomic_store(&app->config, next);
    log_setup(next->log.level, next->log.format);
    outbox_configure(app->outbox, next);
    main_calls_configure(app->calls, next);
}

static void reload(struct app *app)
{
    struct config *running = atomic_load(&app->config);
    struct config *next = NULL;
    struct file_errors errors;
    notify_reloading(&app->notify, clock_mono_ms(clock_system()) * 1000);
    file_errors_init(&errors, app->config_path);
    int rc = app->old_count < CONFIGS_MAX ? config_load(app->config_path, &next, &errors) : ERR_BUSY;
    if (rc) {
        for (size_t i = 0; i < errors.count; i++)
            log_error("main", "configuration not changed: %s", errors.item[i].text);
        if (rc == ERR_BUSY)
            log_error("main", "configuration not changed: it was reloaded %d times, restart the service", CONFIGS_MAX);
        snprintf(app->reload_problem, sizeof app->reload_problem, "%.400s",
                 errors.count > 0 ? errors.item[0].text : "reloaded too often, restart the service");
    } else {
        size_t changes = config_diff(running, next, on_config_change, NULL);
        if (changes > 0)
            replace_config(app, running, next);
        else
            config_free(next); /* so reloading what has not changed costs nothing, however often */
        app->reload_problem[0] = '\0';
        log_notice("main", "configuration read again changes=%zu", changes);
    }
    file_errors_fini(&errors);
    notify_ready(&app->notify, NULL);
}

/* --- glue ------------------------------------------------------------------------------------------------------ */

static void wake_loop(void *ctx)
{
    struct app *app = ctx;
    uv_async_send(&app->store_done);
}

static void check_stopped(struct app *app);

static void on_store_done(uv_async_t *async)
{
    struct app *app = async->data;
    store_complete(app->store);
    check_stopped(app);
}

/* Something was written: look now, not at the next tick. */
static void on_changed(void *ctx)
{
    struct app *app = ctx;
    if (app->is_stopping)
        return;
    scheduler_tick(app->scheduler);
    outbox_wake(app->outbox);
    main_calls_wake(app->calls);
}

static void on_work(void *ctx)
{
    struct app *app = ctx;
    if (app->is_stopping)
        return;
    outbox_more(app->outbox);
    main_calls_wake(app->calls);
}

static struct main_parts parts_now(const struct app *app)
{
    return (struct main_parts){.store = app->store,
                               .outbox = app->outbox,
                               .webhooks = main_calls_webhooks(app->calls),
                               .incoming = main_calls_incoming(app->calls),
                               .http = app->http,
                               .api = app->api,
                               .loop_delay = app->loop_delay,
                               .reload_problem = app->reload_problem,
                               .started_ms = app->started_ms,
                               .now_ms = clock_mono_ms(clock_system())};
}

static json_t *status_json(void *ctx)
{
    struct main_parts parts = parts_now(ctx);
    return main_status_json(&parts);
}

static void metrics_text(void *ctx, struct buf *out)
{
    struct main_parts parts = parts_now(ctx);
    main_metrics_text(&parts, out);
}

static int preview(const struct api_preview *in, struct buf *subject, struct buf *text, struct buf *html,
                   struct err *err)
{
    struct letter_preview_input reader = {.source = in->source,
                                          .municipality_code = in->municipality_code,
                                          .municipality_name = in->municipality_name,
                                          .area_name = in->area_name,
                                          .group_name = in->group_name,
                                          .person_name = in->person_name};
    return letter_mail_preview(&reader, subject, text, html, err);
}

static int check_url(const char *url, const struct config *config, struct err *err)
{
    const struct http_url_rule rule = {.allow_http = config->webhook.allow_http,
                                       .allow_private = config->webhook.allow_private};
    return http_url_check(url, &rule, err);
}

static void on_tick(uv_timer_t *timer)
{
    struct app *app = timer->data;
    notify_watchdog(&app->notify);
    if (app->is_stopping)
        return;
    scheduler_tick(app->scheduler);
    main_calls_tick(app->calls);
    main_store_probe(app->store, &app->probe);
    if (app->ticks++ % STATUS_EVERY_TICKS == 0) {
        struct main_parts parts = parts_now(app);
        char text[NOTIFY_STATUS_BYTES_MAX];
        main_status_line(&parts, text, sizeof text);
        notify_status(&app->notify, text);
    }
}

/* --- start ----------------------------------------------------------------------------------------------------- */

static void on_signal(uv_signal_t *signal, int number);
static void on_restart(void *ctx);

static void start_handles(struct app *app)
{
    uv_async_init(&app->loop, &app->store_done, on_store_done);
    app->store_done.data = app;
    uv_timer_init(&app->loop, &app->tick);
    app->tick.data = app;
    uv_timer_start(&app->tick, on_tick, 0, TICK_MS);
    app->loop_delay = loop_delay_new(&app->loop);
    for (size_t i = 0; i < ARRAY_LEN(SIGNALS); i++) {
        uv_signal_init(&app->loop, &app->signals[i]);
        app->signals[i].data = app;
        uv_signal_start(&app->signals[i], on_signal, SIGNALS[i]);
    }
}

static void start_parts(struct app *app)
{
    const struct config *config = atomic_load(&app->config);
    app->curl = curl_loop_new(&app->loop);
    struct outbox_env outbox = {.loop = &app->loop,
                                .curl = app->curl,
                                .wire = smtp_wire_curl(),
                                .store = app->store,
                                .clock = clock_system(),
                                .sender = app->sender};
    app->outbox = outbox_new(&outbox, config);
    struct main_calls_env calls = {
        .store = app->store, .clock = clock_system(), .config = config_now, .on_work = on_changed, .ctx = app};
    app->calls = main_calls_new(&app->loop, &calls);
    struct scheduler_env scheduler = {
        .store = app->store, .clock = clock_system(), .config = config_now, .on_work = on_work, .ctx = app};
    app->scheduler = scheduler_new(&scheduler);
}

static int start_http(struct app *app, struct err *err)
{
    const struct config *config = atomic_load(&app->config);
    size_t host_count = config->listen.allowed_hosts.count;
    const char **hosts = xcalloc(host_count + 1, sizeof *hosts);
    for (size_t i = 0; i < host_count; i++)
        hosts[i] = config->listen.allowed_hosts.item[i];
    struct api_env env = {.store = app->store,
                          .clock = clock_system(),
                          .config = config_now,
                          .changed = on_changed,
                          .status = status_json,
                          .metrics = metrics_text,
                          .preview = preview,
                          .check_url = check_url,
                          .restart = on_restart,
                          .ctx = app};
    char *spool = xstrdup(config->store.url.path ? config->store.url.path : "/tmp/x");
    *strrchr(spool, '/') = '\0';
    struct http_server_config http = {.loop = &app->loop,
                                      .limits = http_limits_default(),
                                      .spool_dir = spool,
                                      .allowed_hosts = hosts,
                                      .max_body = api_max_body,
                                      .on_request = api_on_request};
    http.limits.connections = config->limits.http_connections;
    int rc = api_new(&env, &app->api, err);
    http.ctx = app->api;
    if (rc == 0)
        rc = http_server_new(&http, &app->http, err);
    free(spool);
    free(hosts);
    if (rc == 0)
        rc = http_server_listen_unix(app->http, config->listen.socket, err);
    if (rc == 0 && config->listen.http.text[0])
        rc = http_server_listen_tcp(app->http, config->listen.http.text, NULL, err);
    return rc;
}

/* --- stop ------------------------------------------------------------------------------------------------------ */

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* With its last handle libuv gives a signal its default action back, and a second SIGTERM in the last milliseconds
 * would end the process as if it had crashed. */
static void set_signals(void (*action)(int))
{
    struct sigaction all = {.sa_handler = action};
    for (size_t i = 0; i < ARRAY_LEN(SIGNALS); i++)
        sigaction(SIGNALS[i], &all, NULL);
}

static void on_curl_stopped(void *ctx)
{
    struct app *app = ctx;
    close_handle((uv_handle_t *)&app->store_done);
    close_handle((uv_handle_t *)&app->tick);
    loop_delay_stop(app->loop_delay);
    for (size_t i = 0; i < ARRAY_LEN(app->signals); i++)
        close_handle((uv_handle_t *)&app->signals[i]);
    set_signals(SIG_IGN);
}

/* The parts are down and the store has answered everything: close what is left, and the loop ends by itself. */
static void check_stopped(struct app *app)
{
    if (!app->is_stopping || !app->http_stopped || !app->outbox_stopped || !app->calls_stopped || !app->curl)
        return;
    if (!scheduler_stop(app->scheduler) || store_pending(app->store) > 0)
        return;
    struct curl_loop *curl = app->curl;
    app->curl = NULL;
    curl_loop_stop(curl, on_curl_stopped, app);
}

static void on_http_stopped(void *ctx)
{
    struct app *app = ctx;
    app->http_stopped = true;
    check_stopped(app);
}

static void on_outbox_stopped(void *ctx)
{
    struct app *app = ctx;
    app->outbox_stopped = true;
    check_stopped(app);
}

static void on_calls_stopped(void *ctx)
{
    struct app *app = ctx;
    app->calls_stopped = true;
    check_stopped(app);
}

static void stop(struct app *app)
{
    if (app->is_stopping)
        return;
    app->is_stopping = true;
    if (app->is_restarting)
        notify_reloading(&app->notify, clock_mono_ms(clock_system()) * 1000);
    else
        notify_stopping(&app->notify, "stopping");
    log_notice("main", "%s: what is on the wire finishes", app->is_restarting ? "starting again" : "stopping");
    alarm(STOP_MS / 1000 + 2); /* the last resort: the store is crash-safe, hanging is not */
    scheduler_stop(app->scheduler);
    http_server_stop(app->http, STOP_HTTP_MS, on_http_stopped, app);
    outbox_stop(app->outbox, STOP_OUTBOX_MS, on_outbox_stopped, app);
    main_calls_stop(app->calls, STOP_CALLS_MS, on_calls_stopped, app);
}

/* A restore is staged. */
static void on_restart(void *ctx)
{
    struct app *app = ctx;
    if (app->is_stopping)
        return; /* then it takes place at the next start */
    app->is_restarting = true;
    stop(app);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct app *app = signal->data;
    if (number != SIGHUP)
        app->is_restarting = false; /* who asks for the end in the middle of a new start gets the end */
    if (number != SIGHUP)
        stop(app);
    else if (!app->is_stopping)
        reload(app);
}

static void free_app(struct app *app)
{
    http_server_free(app->http);
    api_free(app->api);
    scheduler_free(app->scheduler);
    outbox_free(app->outbox);
    main_calls_free(app->calls);
    store_close(app->store);
    letter_sender_free(app->sender);
    for (int i = 0; i < app->old_count; i++)
        config_free(app->old_configs[i]);
    config_free(atomic_load(&app->config));
    notify_fini(&app->notify);
}

/* The exit code, or START_AGAIN. */
static int serve(struct app *app)
{
    struct err err = {.text = ""};
    start_parts(app);
    int rc = start_http(app, &err);
    if (rc) {
        log_error("main", "%s", err_or(&err, rc));
        fprintf(stderr, "grannbudd: %s\n", err_or(&err, rc));
        return err_exit_code(rc); /* nothing has been sent yet: leave it to the kernel to close the rest */
    }
    const struct config *config = atomic_load(&app->config);
    log_notice("main", "grannbudd %s ready socket=%s http=%s", GRANNBUD_VERSION, config->listen.socket,
               config->listen.http.text[0] ? config->listen.http.text : "off");
    api_start(app->api);
    notify_ready(&app->notify, "ready");
    on_changed(app);
    uv_run(&app->loop, UV_RUN_DEFAULT);
    int closed = uv_loop_close(&app->loop);
    if (closed)
        log_error("main", "handles left open at the end error=%s", uv_err_name(closed));
    if (app->is_restarting)
        notify_hand_on(&app->notify);
    free_app(app);
    log_notice("main", "stopped");
    return app->is_restarting ? START_AGAIN : 0;
}

static int run(const char *path, struct config *config)
{
    struct app *app = xcalloc(1, sizeof *app);
    struct err err = {.text = ""};
    app->config_path = path;
    app->started_ms = clock_mono_ms(clock_system());
    atomic_store(&app->config, config);
    if (notify_init(&app->notify) != 0)
        log_warn("main", "the service manager's variables make no sense; going on without it");
    uv_loop_init(&app->loop);
    start_handles(app);
    struct store_config store = {.url = config->store.url.text,
                                 .readers = READERS,
                                 .clock = clock_system(),
                                 .notify = wake_loop,
                                 .notify_ctx = app};
    int rc = store_open(&store, &app->store, &err);
    if (rc) {
        fprintf(stderr, "grannbudd: %s\n", err_or(&err, rc));
        return err_exit_code(rc);
    }
    rc = main_store_prepare(app->store, config, &app->sender);
    rc = rc ? err_exit_code(rc) : serve(app);
    if (rc == 0 || rc == START_AGAIN)
        free(app);
    return rc;
}

/* --- the command line ------------------------------------------------------------------------------------------ */

static const char USAGE[] =
    "usage: grannbudd -c FILE [--check]\n"
    "\n"
    "  -c, --config FILE  the configuration (conf/grannbud.conf explains every key)\n"
    "      --check        verify configuration and store, print what is wrong, exit\n"
    "  -V, --version      print the version\n"
    "  -h, --help         print this\n"
    "\n"
    "Runs in the foreground. SIGTERM stops it within 10 s, SIGHUP reads the configuration again.\n";

/* The same process becomes this program anew: nobody who watches it (systemd) sees an end. Comes back only when that
 * fails, with the exit code that has it started again. */
static int start_again(char **argv)
{
    alarm(0); /* it would go on ticking */
    set_signals(SIG_DFL);
    execv("/proc/self/exe", argv);
    log_error("main", "cannot start again: %s: start the service by hand", strerror(errno));
    return 75; /* EX_TEMPFAIL */
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"check", no_argument, NULL, 'k'},
                                            {"version", no_argument, NULL, 'V'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool only_check = false;
    int option;
    while ((option = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 'k':
            only_check = true;
            break;
        case 'V':
            printf("grannbudd %s\n", GRANNBUD_VERSION);
            return 0;
        case 'h':
            fputs(USAGE, stdout);
            return 0;
        default:
            fputs(USAGE, stderr);
            return 64; /* EX_USAGE */
        }
    }
    if (!path || optind < argc) {
        fputs(path ? "grannbudd: arguments without an option are not taken\n"
                   : "grannbudd: no configuration: -c FILE\n",
              stderr);
        fputs(USAGE, stderr);
        return 64;
    }
    struct config *config = NULL;
    int rc = read_config(path, &config);
    if (rc)
        return rc;
    umask(0077); /* whatever we make is nobody else's business; the socket's mode is set on its own */
    use_time_zone(config);
    log_setup(config->log.level, config->log.format);
    if (only_check) {
        rc = main_check(path, config);
        config_free(config);
        return rc;
    }
    rc = run(path, config);
    return rc == START_AGAIN ? start_again(argv) : rc;
}
