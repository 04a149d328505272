/* Heads and bodies of answers; the contract is in http_answer.h. */
#include "net/http_answer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/err.h"
#include "base/mem.h"

void answer_init(struct answer *a, size_t max_body_bytes, size_t max_head_bytes)
{
    *a = (struct answer){.keeps_head = max_head_bytes > 0};
    buf_init(&a->body, max_body_bytes);
    buf_init(&a->head, max_head_bytes > 0 ? max_head_bytes : 1);
}

void answer_fini(struct answer *a)
{
    buf_fini(&a->body);
    buf_fini(&a->head);
}

/* "HTTP/1.1 200 OK": a new head begins. What an interim one (1xx) said is forgotten. */
static void take_status(struct answer *a, const char *line, size_t n)
{
    const char *space = memchr(line, ' ', n);
    size_t at = space ? (size_t)(space - line) + 1 : n;
    a->status = 0;
    for (; at < n && isdigit((unsigned char)line[at]) && a->status < 1000; at++)
        a->status = a->status * 10 + (line[at] - '0');
    buf_reset(&a->head);
    a->is_head_cut = false;
    a->retry_after[0] = a->etag[0] = a->last_modified[0] = a->content_type[0] = '\0';
}

static char *field_for(struct answer *a, const char *name, size_t n)
{
    const struct {
        const char *name;
        char *field;
    } kept[] = {{"retry-after", a->retry_after},
                {"etag", a->etag},
                {"last-modified", a->last_modified},
                {"content-type", a->content_type}};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (strlen(kept[i].name) == n && strncasecmp(kept[i].name, name, n) == 0)
            return kept[i].field;
    return NULL;
}

/* Whole lines only, and none after one that had no room. */
static void keep_line(struct answer *a, const char *line, size_t n)
{
    if (a->keeps_head && !a->is_head_cut)
        a->is_head_cut = buf_add(&a->head, line, n) != 0;
}

/* The first of several with one name counts. */
static void take_field(struct answer *a, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);
    char *field = colon ? field_for(a, line, (size_t)(colon - line)) : NULL;
    if (!field || field[0])
        return;
    const char *value = colon + 1;
    const char *end = line + n;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    size_t length = (size_t)(end - value);
    if (length >= HTTP_FIELD_BYTES)
        return;
    for (size_t i = 0; i < length; i++)
        if (iscntrl((unsigned char)value[i]))
            return;
    memcpy(field, value, length);
    field[length] = '\0';
}

bool answer_head(struct answer *a, const char *line, size_t n)
{
    a->head_bytes += n;
    if (a->head_bytes > HTTP_HEAD_BYTES_MAX) {
        a->is_too_large = true;
        return false;
    }
    if (a->has_head)
        return true; /* a trailer */
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        take_status(a, line, n);
    } else if (n == 0 || line[0] == '\r' || line[0] == '\n') {
        a->has_head = a->status >= 200;
    } else {
        keep_line(a, line, n);
        take_field(a, line, n);
    }
    return true;
}

bool answer_body(struct answer *a, const char *data, size_t n)
{
    size_t room = a->body.max - a->body.len;
    size_t kept = n < room ? n : room;
    buf_add(&a->body, data, kept);
    a->dropped_bytes += n - kept;
    return a->dropped_bytes <= HTTP_DRAIN_BYTES_MAX;
}

int64_t http_retry_after_s(const char *value, int64_t now_s)
{
    size_t digits = strspn(value, "0123456789");
    int64_t seconds = 0;
    if (digits > 0 && value[digits] == '\0') {
        for (size_t i = 0; i < digits && seconds < HTTP_RETRY_AFTER_S_MAX; i++)
            seconds = seconds * 10 + (value[i] - '0');
    } else {
        time_t when = digits > 0 || !isalpha((unsigned char)value[0]) ? -1 : curl_getdate(value, NULL);
        if (when == -1)
            return -1;
        seconds = (int64_t)when > now_s ? (int64_t)when - now_s : 0;
    }
    return seconds < HTTP_RETRY_AFTER_S_MAX ? seconds : HTTP_RETRY_AFTER_S_MAX;
}
