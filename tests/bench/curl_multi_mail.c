/*
 * The peer that any program could be in an afternoon: libcurl's multi interface, CONNECTIONS transfers at a time, each
 * a mail of BYTES to a recipient of its own. No ledger, no personal text.
 *
 *   curl_multi_mail PORT CONNECTIONS COUNT BYTES
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CONNECTIONS_MAX = 256, POLL_MS = 1000 };

struct mail {
    CURL *easy;
    struct curl_slist *recipient;
    size_t at; /* of the text */
};

struct run {
    CURLM *multi;
    char url[64];
    char *text;
    long bytes;
    long count;
    long begun;
    long sent;
};

static struct run run;

static size_t read_text(char *out, size_t size, size_t n, void *arg)
{
    struct mail *m = arg;
    size_t left = (size_t)run.bytes - m->at;
    size_t take = size * n < left ? size * n : left;
    memcpy(out, run.text + m->at, take);
    m->at += take;
    return take;
}

static void begin_next(struct mail *m)
{
    char address[64];
    if (run.begun == run.count)
        return;
    snprintf(address, sizeof address, "<p%ld@example.se>", run.begun++);
    curl_slist_free_all(m->recipient);
    m->recipient = curl_slist_append(NULL, address);
    m->at = 0;
    curl_easy_setopt(m->easy, CURLOPT_MAIL_RCPT, m->recipient);
    curl_multi_add_handle(run.multi, m->easy);
}

static void init_mail(struct mail *m)
{
    m->easy = curl_easy_init();
    curl_easy_setopt(m->easy, CURLOPT_URL, run.url);
    curl_easy_setopt(m->easy, CURLOPT_MAIL_FROM, "<grannsamverkan@example.se>");
    curl_easy_setopt(m->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(m->easy, CURLOPT_INFILESIZE, run.bytes);
    curl_easy_setopt(m->easy, CURLOPT_READFUNCTION, read_text);
    curl_easy_setopt(m->easy, CURLOPT_READDATA, m);
    curl_easy_setopt(m->easy, CURLOPT_PRIVATE, m);
    curl_easy_setopt(m->easy, CURLOPT_NOSIGNAL, 1L);
}

/* Transfers that have ended; false when one failed. */
static bool take_ended(void)
{
    int left = 0;
    CURLMsg *msg = NULL;
    while ((msg = curl_multi_info_read(run.multi, &left)) != NULL) {
        struct mail *m = NULL;
        if (msg->data.result != CURLE_OK) {
            fprintf(stderr, "curl_multi_mail: %s\n", curl_easy_strerror(msg->data.result));
            return false;
        }
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &m);
        curl_multi_remove_handle(run.multi, m->easy);
        run.sent++;
        begin_next(m);
    }
    return true;
}

static void make_text(void)
{
    static const char line[] = "Lås dörren även när du är hemma, och lämna ingen stege framme.\r\n";
    run.text = xmalloc((size_t)run.bytes);
    for (size_t i = 0; i < (size_t)run.bytes; i++)
        run.text[i] = line[i % (sizeof line - 1)];
}

int main(int argc, char **argv)
{
    static struct mail mails[CONNECTIONS_MAX];
    if (argc != 5)
        return 2;
    long connections = strtol(argv[2], NULL, 10);
    run.count = strtol(argv[3], NULL, 10);
    run.bytes = strtol(argv[4], NULL, 10);
    if (connections < 1 || connections > CONNECTIONS_MAX || run.count < 1 || run.bytes < 1)
        return 2;
    snprintf(run.url, sizeof run.url, "smtp://127.0.0.1:%ld/bench.example.se", strtol(argv[1], NULL, 10));
    make_text();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    run.multi = curl_multi_init();
    curl_multi_setopt(run.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    for (long i = 0; i < connections; i++) {
        init_mail(&mails[i]);
        begin_next(&mails[i]);
    }
    bool is_fine = true;
    while (is_fine && run.sent < run.count) {
        int running = 0;
        curl_multi_perform(run.multi, &running);
        is_fine = take_ended();
        if (is_fine && run.sent < run.count)
            curl_multi_poll(run.multi, NULL, 0, POLL_MS, NULL);
    }
    for (long i = 0; i < connections; i++) {
        curl_multi_remove_handle(run.multi, mails[i].easy);
        curl_easy_cleanup(mails[i].easy);
        curl_slist_free_all(mails[i].recipient);
    }
    curl_multi_cleanup(run.multi);
    curl_global_cleanup();
    free(run.text);
    return is_fine ? 0 : 1;
}
