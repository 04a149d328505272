/* A call in words; the contract is in webhook_report.h. */
#include "deliver/webhook_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/webhook_hide.h"

/* Those that receivers use; for others the number says enough (RFC 9110, section 15). */
static const char *status_words(int status)
{
    static const struct {
        int status;
        const char *words;
    } known[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i].status == status)
            return known[i].words;
    return "";
}

static bool is_redirect(int status)
{
    return status >= 300 && status <= 399 && status != 304;
}

char *webhook_report_line(const struct http_answer *a, char *out, size_t room)
{
    struct buf line;
    buf_init(&line, room > 1 ? room - 1 : 1);
    if (a->fault != HTTP_FAULT_NONE) {
        buf_adds(&line, a->error);
    } else {
        const char *words = status_words(a->status);
        buf_addf(&line, "%d%s%s", a->status, words[0] ? " " : "", words);
        if (is_redirect(a->status))
            buf_adds(&line, ", redirects are not followed");
        if (a->retry_after_s >= 0)
            buf_addf(&line, ", asks for %lld s", (long long)a->retry_after_s);
        if (a->error[0])
            buf_addf(&line, "; %s", a->error);
    }
    webhook_report_text(buf_str(&line), line.len, false, out, room);
    buf_fini(&line);
    return out;
}

/* Without a last character that is not whole. */
static size_t whole_characters(const char *s, size_t n)
{
    size_t back = 0;
    while (back < 4 && back < n && ((unsigned char)s[n - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back == n || back == 4)
        return n;
    unsigned char lead = (unsigned char)s[n - 1 - back];
    size_t needs = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return back + 1 < needs ? n - 1 - back : n;
}

char *webhook_report_text(const char *data, size_t n, bool keeps_lines, char *out, size_t room)
{
    n = n < room - 1 ? n : room - 1;
    n = whole_characters(data, n);
    bool is_utf8 = text_is_utf8(data, n);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        bool is_c1 = is_utf8 && c == 0xc2 && (unsigned char)data[i + 1] < 0xa0;
        if (keeps_lines && c == '\n')
            out[i] = '\n';
        else if (c < 0x20 || c == 0x7f)
            out[i] = ' ';
        else if (c >= 0x80 && !is_utf8)
            out[i] = '?';
        else
            out[i] = (char)c;
        if (is_c1) /* U+0080 to U+009F */
            out[i] = out[i + 1] = ' ', i++;
    }
    out[n] = '\0';
    return out;
}

static void add_request(struct buf *out, const struct webhook_job *job)
{
    buf_addf(out, "> %s %s\n", job->method, job->shown_url);
    if (job->user)
        buf_addf(out, "> Authorization: Basic (%s, with its password)\n", job->user);
    for (size_t i = 0; i < job->header_count; i++)
        buf_addf(out, "> %s: %s\n", job->headers[i].name,
                 job->headers[i].is_secret ? "(secret)" : job->headers[i].value);
    buf_addf(out, "> Content-Length: %zu\n>\n", job->body_bytes);
    for (const char *at = job->body, *end = job->body + job->body_bytes; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = stop ? (size_t)(stop - at) : (size_t)(end - at);
        buf_adds(out, "> ");
        buf_add(out, at, n);
        buf_addc(out, '\n');
        at += n + 1;
    }
}

/* What a receiver means for one caller only. */
static bool is_secret_field(const char *line, size_t n)
{
    static const char *const names[] = {"set-cookie:", "authorization:", "proxy-authorization:"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (n >= strlen(names[i]) && strncasecmp(line, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* "Name: value" lines as they came, one line each whatever is in them. */
static void add_head(struct buf *out, const struct http_answer *a)
{
    char text[WEBHOOK_HEAD_TEST_BYTES + 1];
    const char *end = a->head + a->head_bytes;
    for (const char *at = a->head; at && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop ? stop : end) - at);
        size_t shown = n > 0 && at[n - 1] == '\r' ? n - 1 : n;
        const char *colon = memchr(at, ':', shown);
        if (colon && is_secret_field(at, shown))
            buf_addf(out, "< %.*s: (secret)\n", (int)(colon - at), at);
        else
            buf_addf(out, "< %s\n", webhook_report_text(at, shown, false, text, sizeof text));
        at += stop ? n + 1 : n;
    }
    if (a->is_head_cut)
        buf_adds(out, "< (more header lines, left out)\n");
}

static void add_answer(struct buf *out, const struct http_answer *a)
{
    char text[WEBHOOK_ANSWER_TEST_BYTES];
    webhook_report_line(a, text, sizeof text);
    buf_addf(out, "\n< %s\n", text);
    if (a->peer[0])
        buf_addf(out, "< (%s, HTTP/%d.%d, %lld ms)\n", a->peer, a->version_tenth / 10, a->version_tenth % 10,
                 (long long)a->duration_ms);
    add_head(out, a);
    if (a->body_bytes > 0)
        buf_addf(out, "<\n%s\n", webhook_report_text(a->body, a->body_bytes, true, text, sizeof text));
}

/* The answer matters most: a long request is cut for it. */
char *webhook_report_transcript(const struct webhook_job *job, const struct http_answer *a)
{
    struct buf request, answer;
    buf_init(&request, job->body_bytes * 3 + 64 * 1024);
    buf_init(&answer, WEBHOOK_TRANSCRIPT_BYTES / 4 * 3); /* room for the longest head and body */
    add_request(&request, job);
    add_answer(&answer, a);
    if (answer.len > 0)
        buf_truncate(&answer, webhook_hide(job, answer.data));
    size_t room = WEBHOOK_TRANSCRIPT_BYTES - answer.len - 1;
    if (request.len > room)
        buf_truncate(&request, whole_characters(request.data, room));
    buf_adds(&request, buf_str(&answer));
    buf_fini(&answer);
    return buf_take(&request);
}
