/* Secrets out of answers; the contract is in webhook_hide.h. */
#include "deliver/webhook_hide.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { URL_PART_CHARS_MIN = 6 }; /* "hooks", "v1" and the like are no secrets */

static const char STARS[] = "***";

/* Every copy of the `n` bytes at `secret`. */
static void hide(char *text, const char *secret, size_t n, size_t least)
{
    if (n < least)
        return;
    for (char *at = text; *at; at++) {
        if (strncmp(at, secret, n) != 0)
            continue;
        memcpy(at, STARS, sizeof STARS - 1);
        memmove(at + sizeof STARS - 1, at + n, strlen(at + n) + 1);
        at += sizeof STARS - 2;
    }
}

/* The parts of path and query that the shown URL leaves out. */
static void hide_url(const struct webhook_job *job, char *text)
{
    char part[2048];
    const char *host = job->url ? strstr(job->url, "://") : NULL;
    const char *at = host ? host + 3 + strcspn(host + 3, "/?") : "";
    while (*at) {
        at += strspn(at, "/?&=;");
        size_t n = strcspn(at, "/?&=;");
        if (n >= URL_PART_CHARS_MIN && n < sizeof part) {
            snprintf(part, sizeof part, "%.*s", (int)n, at);
            if (!strstr(job->shown_url, part))
                hide(text, part, n, URL_PART_CHARS_MIN);
        }
        at += n;
    }
}

static void hide_login(const struct webhook_job *job, char *text)
{
    if (!job->user || !job->password)
        return;
    char *login = xasprintf("%s:%s", job->user, job->password);
    size_t n = strlen(login);
    unsigned char *sent = xmalloc(n / 3 * 4 + 5);
    int length = EVP_EncodeBlock(sent, (const unsigned char *)login, (int)n);
    hide(text, (const char *)sent, (size_t)length, WEBHOOK_SECRET_CHARS_MIN);
    hide(text, job->password, strlen(job->password), WEBHOOK_SECRET_CHARS_MIN);
    OPENSSL_cleanse(login, n);
    OPENSSL_cleanse(sent, (size_t)length);
    free(login);
    free(sent);
}

size_t webhook_hide(const struct webhook_job *job, char *text)
{
    hide_login(job, text);
    for (size_t i = 0; i < job->header_count; i++) {
        const char *value = job->headers[i].value;
        const char *blank = strrchr(value, ' '); /* after "Bearer" */
        const char *secret = blank ? blank + 1 : value;
        if (job->headers[i].is_secret)
            hide(text, secret, strlen(secret), WEBHOOK_SECRET_CHARS_MIN);
    }
    hide_url(job, text);
    return strlen(text);
}
