/*
 * What may be called: whatever the text, the one spelling is its own, has an ASCII host, and is refused or accepted
 * alike when it is read again. Retry-After as well, from the same bytes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/http_call.h"
#include "net/http_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const char *text, const struct http_url_rule *rule)
{
    struct err err = {.text = ""};
    char *one = NULL;
    char *again = NULL;
    if (http_url_normalize(text, rule, &one, &err)) {
        assert(err.text[0]);
        return;
    }
    assert(strncmp(one, "http", 4) == 0 && !strchr(one, '#'));
    for (const char *c = one; *c; c++)
        assert((unsigned char)*c > 0x20 && (unsigned char)*c < 0x7f && *c != '\\');
    if (strlen(one) <= HTTP_URL_BYTES_MAX) { /* escapes make it longer */
        int rc = http_url_normalize(one, rule, &again, &err);
        assert(rc == 0 && strcmp(one, again) == 0);
    }
    free(again);
    free(one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct http_url_rule strict = {.allow_http = true, .allow_private = false};
    static const struct http_url_rule open = {.allow_http = true, .allow_private = true};
    char *text = xstrndup((const char *)data, n);
    char *host = xasprintf("http://%s", text);
    check(text, &strict);
    check(host, &strict);
    check(host, &open);
    int64_t s = http_retry_after_s(text, 1800000000);
    assert(s >= -1 && s <= HTTP_RETRY_AFTER_S_MAX);
    free(host);
    free(text);
    return 0;
}
