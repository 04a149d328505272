/*
 * http_fetch: makes outbound calls as the daemon does and prints what became of each; for the system tests.
 *
 * One call a line of standard input, one after the other in one process: "public URL" or "private URL" (the rule that
 * it goes out under). One line an answer, fields separated by tabs:
 *
 *   FAULT  STATUS  cut|whole  RETRY_AFTER_S  VERSION_TENTH  SOCKETS_OPENED  SOCKETS_REFUSED  BODY_BYTES  MS  PEER ERROR
 *
 * FAULT is "invalid" for a URL that is refused before any call. The two counts are those of this call.
 * --http allows http, --ca FILE names the certificate authority, --timeout MS bounds a call.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/http_call.h"

enum { EXIT_USAGE = 64, EXIT_LEAK = 70, LINE_BYTES = 4096, BODY_BYTES_MAX = 65536 };

struct fetch {
    uv_loop_t loop;
    struct http_client *client;
    struct http_client_counts before;
    bool is_done;
};

static void on_done(const struct http_answer *a, void *ctx)
{
    struct fetch *f = ctx;
    struct http_client_counts now = http_client_counts(f->client);
    f->is_done = true;
    uv_stop(&f->loop); /* called by a timer, it is before the turn's wait, which would have no end */
    printf("%s\t%d\t%s\t%lld\t%d\t%lld\t%lld\t%zu\t%lld\t%s\t%s\n", http_fault_word(a->fault), a->status,
           a->is_cut ? "cut" : "whole", (long long)a->retry_after_s, a->version_tenth,
           (long long)(now.sockets - f->before.sockets), (long long)(now.refused - f->before.refused), a->body_bytes,
           (long long)a->duration_ms, a->peer, a->error);
    fflush(stdout);
}

static void fetch(struct fetch *f, const struct http_request *request)
{
    struct err err = {.text = ""};
    struct http_call *call = NULL;
    f->before = http_client_counts(f->client);
    f->is_done = false;
    int rc = http_call_start(f->client, request, on_done, f, &call, &err);
    if (rc) {
        struct http_client_counts now = http_client_counts(f->client);
        printf("%s\t0\twhole\t-1\t0\t%lld\t%lld\t0\t0\t\t%s\n", rc == ERR_INVALID ? "invalid" : "local",
               (long long)(now.sockets - f->before.sockets), (long long)(now.refused - f->before.refused),
               err_or(&err, rc));
        fflush(stdout);
        return;
    }
    while (!f->is_done)
        uv_run(&f->loop, UV_RUN_ONCE);
}

static void on_stopped(void *ctx)
{
    ((struct fetch *)ctx)->client = NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"http", no_argument, NULL, 'h'},
                                            {"ca", required_argument, NULL, 'c'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {NULL, 0, NULL, 0}};
    struct http_request request = {.method = "POST",
                                   .body = "{}",
                                   .body_bytes = 2,
                                   .connect_timeout_ms = 3000,
                                   .timeout_ms = 3000,
                                   .max_body_bytes = BODY_BYTES_MAX};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h')
            request.allow_http = true;
        else if (option == 'c')
            request.ca_file = optarg;
        else if (option == 't')
            request.connect_timeout_ms = request.timeout_ms = strtol(optarg, NULL, 10);
        else
            return EXIT_USAGE;
    }
    struct fetch f = {.is_done = false};
    uv_loop_init(&f.loop);
    f.client = http_client_new(&f.loop);
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *url = strchr(line, ' ');
        if (!url)
            return EXIT_USAGE;
        request.url = url + 1;
        request.allow_private = strncmp(line, "private ", 8) == 0;
        fetch(&f, &request);
    }
    http_client_stop(f.client, on_stopped, &f);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&f.loop) == 0 ? 0 : EXIT_LEAK;
}
