/*
 * The lane of alerts: while a letter to 100 000 leaves at full speed, how soon is an alert's first mail with the relay,
 * and when are 95 of 100 of its thousand? The store, the ledger, the outbox and libcurl are the daemon's, the relay is
 * Postfix's smtp-sink; the times are the ledger's: from the alert's commit to the recorded outcome.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/file_errors.h"
#include "core/ledger.h"
#include "net/curl_loop.h"
#include "deliver/letter_mail.h"
#include "deliver/outbox.h"
#include "deliver/smtp_wire.h"
#include "store/db.h"
#include "store/store.h"

enum { LETTERS = 100000, ALERTS = 1000, CONNECTIONS = 8, TEXT_LINES = 180, HEAD_START_MS = 1000, TICK_MS = 20 };

enum { DELIVERY_LAST_AT = 17 }; /* the column of delivery_list */

/* A message with its rows, made in one operation. */
struct post {
    struct store_req req;
    enum lane lane;
    int count;
    int64_t made_us; /* the commit's time, seen from the loop */
};

struct look {
    struct store_req req;
    int64_t open; /* rows of the alert that are not final */
};

static struct bench {
    uv_loop_t loop;
    uv_async_t stored;
    uv_timer_t tick;
    struct store *store;
    struct curl_loop *curl;
    struct config *config;
    struct letter_sender *sender;
    struct outbox *outbox;
    struct post letter, alert;
    struct look look;
    int64_t alert_id;
    bool is_looking;
    char folder[64];
    pid_t sink;
} b;

static void fail(const char *what, int rc)
{
    fprintf(stderr, "bench_alert: %s: %s\n", what, rc < 0 ? err_name(rc) : "failed");
    if (b.sink > 0)
        kill(b.sink, SIGTERM);
    exit(1);
}

/* --- the relay --------------------------------------------------------------------------------------------------- */

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, n) != 0 || getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        fail("no port", 0);
    close(fd);
    return ntohs(address.sin_port);
}

static bool answers(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return is_there;
}

static int start_sink(void)
{
    char where[32];
    int port = free_port();
    snprintf(where, sizeof where, "127.0.0.1:%d", port);
    b.sink = fork();
    if (b.sink == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execl("/usr/sbin/smtp-sink", "smtp-sink", "-u", "postfix", where, "500", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && !answers(port); i++)
        usleep(10000);
    if (!answers(port))
        fail("smtp-sink", 0);
    return port;
}

/* --- messages ---------------------------------------------------------------------------------------------------- */

static int on_post(struct db *db, struct store_req *req)
{
    struct post *p = CONTAINER_OF(req, struct post, req);
    char hash[SHA256_HEX_BYTES];
    struct buf text;
    int64_t now = db_now_us(db);
    int64_t id = id_new(now);
    buf_init(&text, 1 << 16);
    for (int i = 0; i < (p->lane == LANE_ALERT ? 10 : TEXT_LINES); i++)
        buf_adds(&text, "Lås dörren även när du är hemma, och lämna ingen stege framme.\n");
    int rc = db_exec(db, NULL, Q_MESSAGE_INSERT,
                     DB_ARGS(DB_INT(id), DB_TEXT("reminder"), DB_INT(p->lane), DB_NULL, DB_TEXT("sending"),
                             DB_TEXT("Grannsamverkan"), DB_TEXT(buf_str(&text)), DB_TEXT(sha256_hex("", 0, hash)),
                             DB_TEXT("all"), DB_TEXT(""), DB_NULL, DB_INT(0), DB_INT(now)));
    for (int i = 0; rc == 0 && i < p->count; i++) {
        char address[64];
        snprintf(address, sizeof address, "p%d@example.se", i);
        rc = db_exec(db, NULL, Q_DELIVERY_INSERT,
                     DB_ARGS(DB_INT(id_new(now)), DB_INT(id), DB_NULL, DB_NULL, DB_TEXT(address), DB_TEXT(address),
                             DB_TEXT("Åsa Exempel"), DB_INT(p->lane), DB_INT(now)));
    }
    buf_fini(&text);
    if (p->lane == LANE_ALERT)
        b.alert_id = id;
    return rc;
}

static void on_posted(struct store_req *req)
{
    struct post *p = CONTAINER_OF(req, struct post, req);
    if (req->status)
        fail("a message cannot be stored", req->status);
    p->made_us = clock_real_us(clock_system());
    outbox_wake(b.outbox);
}

static void post(struct post *p, enum lane lane, int count)
{
    *p = (struct post){.req = {.op = on_post, .done = on_posted}, .lane = lane, .count = count};
    store_write(b.store, &p->req);
}

/* --- the alert's end --------------------------------------------------------------------------------------------- */

static void on_curl_stopped(void *ctx)
{
    (void)ctx;
    uv_close((uv_handle_t *)&b.tick, NULL);
    uv_close((uv_handle_t *)&b.stored, NULL);
}

static void on_outbox_stopped(void *ctx)
{
    (void)ctx;
    curl_loop_stop(b.curl, on_curl_stopped, NULL);
}

static int on_look(struct db *db, struct store_req *req)
{
    struct look *look = CONTAINER_OF(req, struct look, req);
    struct db_rows *rows = NULL;
    look->open = 0;
    int rc = db_query(db, &rows, Q_MESSAGE_OPEN_ROWS, DB_ARGS(DB_INT(10)));
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        if (db_int(rows, 0) == b.alert_id)
            look->open = db_int(rows, 2);
        rc = 0;
    }
    db_done(rows);
    return rc;
}

static void on_looked(struct store_req *req)
{
    struct look *look = CONTAINER_OF(req, struct look, req);
    if (req->status)
        fail("the ledger cannot be read", req->status);
    b.is_looking = false;
    if (look->open == 0) {
        uv_timer_stop(&b.tick);
        outbox_stop(b.outbox, 5000, on_outbox_stopped, NULL);
    }
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    if (b.alert.count == 0) {
        post(&b.alert, LANE_ALERT, ALERTS);
    } else if (b.alert.made_us > 0 && !b.is_looking) {
        b.is_looking = true;
        b.look = (struct look){.req = {.op = on_look, .done = on_looked}};
        store_read(b.store, &b.look.req);
    }
}

static int compare(const void *x, const void *y)
{
    const int64_t *left = x;
    const int64_t *right = y;
    return (*left > *right) - (*left < *right);
}

static void report(const char *url)
{
    static int64_t waits[ALERTS];
    struct actor actor = actor_daemon();
    struct db *db = NULL;
    struct db_rows *rows = NULL;
    struct err err = {.text = ""};
    int n = 0;
    int rc = db_open(url, DB_READER, clock_system(), &db, &err);
    if (rc == 0) /* all ids behind the alert's are its rows */
        rc = db_query_as(db, &actor.scope, &rows, Q_DELIVERY_LIST,
                         DB_ARGS(DB_INT(b.alert_id), DB_TEXT("sent"), DB_TEXT(""), DB_INT(b.alert_id), DB_INT(ALERTS)));
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        waits[n++] = db_int(rows, DELIVERY_LAST_AT) - b.alert.made_us;
        rc = 0;
    }
    db_done(rows);
    db_close(db);
    if (n != ALERTS)
        fail("the alert's rows are not all sent", rc);
    qsort(waits, (size_t)n, sizeof *waits, compare);
    printf("alert beside a letter to %d: first %lld ms, 95 %% of %d %lld ms, last %lld ms\n", LETTERS,
           (long long)(waits[0] / 1000), ALERTS, (long long)(waits[ALERTS * 95 / 100] / 1000),
           (long long)(waits[ALERTS - 1] / 1000));
}

/* --- the parts --------------------------------------------------------------------------------------------------- */

static void wake_loop(void *ctx)
{
    (void)ctx;
    uv_async_send(&b.stored);
}

static void on_stored(uv_async_t *async)
{
    (void)async;
    store_complete(b.store);
}

static void load_config(const char *path, const char *url, int port)
{
    struct file_errors errors;
    FILE *file = fopen(path, "we");
    if (!file)
        fail(path, 0);
    fprintf(file,
            "[node]\nbase_url = https://grannbud.example.se\n[store]\nurl = %s\n[listen]\nsocket = %s/s\n"
            "[sender]\nfrom = grannsamverkan@example.se\nenvelope_domain = bounce.example.se\n"
            "organisation = Polisen\n[relay main]\nurl = smtp://127.0.0.1:%d\ntls = none\nconnections = %d\n"
            "max_messages_per_connection = 0\n",
            url, b.folder, port, CONNECTIONS);
    fclose(file);
    file_errors_init(&errors, path);
    if (config_load(path, &b.config, &errors) != 0)
        fail(errors.count > 0 ? errors.item[0].text : path, 0);
    file_errors_fini(&errors);
}

static void start(const char *url)
{
    static const uint8_t token_key[32];
    struct err err = {.text = ""};
    uv_loop_init(&b.loop);
    uv_async_init(&b.loop, &b.stored, on_stored);
    uv_timer_init(&b.loop, &b.tick);
    struct store_config store = {.url = url, .readers = 1, .clock = clock_system(), .notify = wake_loop};
    if (store_open(&store, &b.store, &err) != 0)
        fail(err.text, 0);
    b.curl = curl_loop_new(&b.loop);
    b.sender = letter_sender_new(b.config, token_key);
    struct outbox_env env = {.loop = &b.loop,
                             .curl = b.curl,
                             .wire = smtp_wire_curl(),
                             .store = b.store,
                             .clock = clock_system(),
                             .sender = b.sender};
    b.outbox = outbox_new(&env, b.config);
}

static void remove_folder(void)
{
    static const char *const names[] = {"db", "db-wal", "db-shm", "db.lock", "conf"};
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", b.folder, names[i]);
        unlink(path);
    }
    rmdir(b.folder);
}

int main(void)
{
    char url[128];
    char path[128];
    snprintf(b.folder, sizeof b.folder, "/tmp/grannbud-bench-XXXXXX");
    if (!mkdtemp(b.folder))
        fail("no folder", 0);
    snprintf(url, sizeof url, "sqlite:%s/db", b.folder);
    snprintf(path, sizeof path, "%s/conf", b.folder);
    log_setup(LOG_ERROR, LOG_TEXT);
    load_config(path, url, start_sink());
    start(url);
    post(&b.letter, LANE_LETTER, LETTERS);
    while (b.letter.made_us == 0)
        uv_run(&b.loop, UV_RUN_ONCE);
    uv_timer_start(&b.tick, on_tick, HEAD_START_MS, TICK_MS);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    report(url);
    outbox_free(b.outbox);
    store_close(b.store);
    letter_sender_free(b.sender);
    config_free(b.config);
    uv_loop_close(&b.loop);
    kill(b.sink, SIGTERM);
    waitpid(b.sink, NULL, 0);
    remove_folder();
    return 0;
}
