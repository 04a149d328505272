/*
 * The peer of webhooks that any program could be in an afternoon: libcurl's multi interface, CONNECTIONS transfers at a
 * time, each a POST of BYTES under heads as long as a signed delivery's. No queue, no signature, nothing recorded.
 * Handles and connections are kept from one transfer to the next, as they are by us.
 *
 *   curl_multi_post URL CONNECTIONS COUNT BYTES [CA_FILE]
 *
 * Prints the seconds from the first transfer's begin to the last one's answer.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

enum { CONNECTIONS_MAX = 512, POLL_MS = 1000 };

struct run {
    CURLM *multi;
    char *body;
    long count, begun, answered;
};

static size_t drop(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return size * n;
}

static void begin_next(struct run *run, CURL *easy)
{
    if (run->begun == run->count)
        return;
    run->begun++;
    curl_multi_add_handle(run->multi, easy);
}

static CURL *new_post(const char *url, const struct run *run, long bytes, struct curl_slist *headers)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, run->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, bytes);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    return easy;
}

/* False: one failed. */
static bool finish_done(struct run *run)
{
    CURLMsg *m = NULL;
    int left = 0;
    while ((m = curl_multi_info_read(run->multi, &left))) {
        CURL *easy = m->easy_handle;
        long status = 0;
        CURLcode result = m->data.result;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (result != CURLE_OK || status / 100 != 2) {
            fprintf(stderr, "curl_multi_post: %s, status %ld\n", curl_easy_strerror(result), status);
            return false;
        }
        run->answered++;
        curl_multi_remove_handle(run->multi, easy);
        begin_next(run, easy);
    }
    return true;
}

static struct curl_slist *heads(void)
{
    static const char *const lines[] = {
        "Content-Type: application/json", "webhook-id: evt_03f5364g9gxf5", "webhook-timestamp: 1790000000",
        "webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=", "User-Agent: Grannbud/0.0.0"};
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        list = curl_slist_append(list, lines[i]);
    return list;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: curl_multi_post URL CONNECTIONS COUNT BYTES [CA_FILE]\n");
        return 64;
    }
    long connections = strtol(argv[2], NULL, 10);
    long bytes = strtol(argv[4], NULL, 10);
    struct run run = {.count = strtol(argv[3], NULL, 10)};
    if (connections < 1 || connections > CONNECTIONS_MAX || bytes < 1 || run.count < 1)
        return 64;
    CURL *posts[CONNECTIONS_MAX];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct curl_slist *headers = heads();
    run.multi = curl_multi_init();
    run.body = xmalloc((size_t)bytes);
    memset(run.body, 'x', (size_t)bytes);
    double begin_s = now_s();
    for (long i = 0; i < connections; i++) {
        posts[i] = new_post(argv[1], &run, bytes, headers);
        if (argc == 6)
            curl_easy_setopt(posts[i], CURLOPT_CAINFO, argv[5]);
        begin_next(&run, posts[i]);
    }
    bool is_good = true;
    while (is_good && run.answered < run.count) {
        int running = 0;
        curl_multi_perform(run.multi, &running);
        is_good = finish_done(&run);
        if (is_good && run.answered < run.count)
            curl_multi_poll(run.multi, NULL, 0, POLL_MS, NULL);
    }
    printf("%.6f\n", now_s() - begin_s);
    for (long i = 0; i < connections; i++) {
        curl_multi_remove_handle(run.multi, posts[i]);
        curl_easy_cleanup(posts[i]);
    }
    curl_multi_cleanup(run.multi);
    curl_slist_free_all(headers);
    free(run.body);
    return is_good ? 0 : 1;
}
