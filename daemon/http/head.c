/* What a head means and which heads we refuse; the contract is in http/head.h. */
#include "http/head.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

/* Fields that may stand once only. Two of them are two opinions about one thing (RFC 9110, 5.3; RFC 6265, 5.4). */
static const char *const SINGLETONS[] = {"host",         "content-length", "transfer-encoding",
                                         "content-type", "authorization",  "cookie",
                                         "expect",       "origin",         "idempotency-key"};

void head_init(struct head *head, const struct http_limits *limits)
{
    buf_init(&head->raw, (size_t)limits->head_bytes);
    http_form_init(&head->form);
    head->target = NULL;
    head->target_len = 0;
    head->field_count = 0;
    head->too_many_fields = false;
    head->keep_alive = false;
    head->is_chunked = false;
    head->minor = 1;
    head->method = HTTP_METHOD_GET;
    head->path = NULL;
    head->query = NULL;
    head->host = NULL;
    head->expects_continue = false;
    head->content_length = -1;
}

void head_fini(struct head *head)
{
    buf_fini(&head->raw);
    http_form_fini(&head->form);
}

const char *head_find(const struct head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (strcmp(head->fields[i].name, name) == 0)
            return head->fields[i].value;
    return NULL;
}

bool head_has_body(const struct head *head)
{
    return head->is_chunked || head->content_length > 0;
}

static size_t count_fields(const struct head *head, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < head->field_count; i++)
        n += strcmp(head->fields[i].name, name) == 0;
    return n;
}

/* Names to lower case, values trimmed, both ended by NUL (over the ':' and the blank or CR that followed). */
static bool make_strings(struct head *head)
{
    for (size_t i = 0; i < head->field_count; i++) {
        struct head_field *f = &head->fields[i];
        if (f->name_len == 0)
            return false;
        for (size_t k = 0; k < f->name_len; k++)
            if (f->name[k] >= 'A' && f->name[k] <= 'Z')
                f->name[k] = (char)(f->name[k] + 32);
        f->name[f->name_len] = '\0';
        while (f->value_len > 0 && (f->value[f->value_len - 1] == ' ' || f->value[f->value_len - 1] == '\t'))
            f->value_len--;
        f->value[f->value_len] = '\0';
    }
    return true;
}

/* llhttp takes several blanks, RTSP and versions we do not speak: the line must be METHOD SP target SP HTTP/1.x. */
static int check_request_line(struct head *head, const char **why)
{
    const char *line = head->raw.data;
    const char *end = memchr(line, '\r', head->raw.len);
    const char *after = head->target + head->target_len;
    const char *method_end = memchr(line, ' ', (size_t)(end - line));
    *why = "the request line is not METHOD target HTTP/1.1 with single blanks";
    if (!method_end || method_end + 1 != head->target || end - after != 9 || strncmp(after, " HTTP/", 6) != 0)
        return 400;
    *why = "only HTTP/1.0 and HTTP/1.1 are spoken here";
    if (strncmp(after + 6, "1.0", 3) != 0 && strncmp(after + 6, "1.1", 3) != 0)
        return 505;
    head->minor = after[8] - '0';

#define HEAD_METHOD(name)                                                                                 \
    if ((size_t)(method_end - line) == sizeof #name - 1 && strncmp(line, #name, sizeof #name - 1) == 0) { \
        head->method = HTTP_METHOD_##name;                                                                \
        return 0;                                                                                         \
    }
    HTTP_METHODS(HEAD_METHOD)
#undef HEAD_METHOD
    *why = "this method is not known here";
    return 501;
}

static int check_host(struct head *head, const char **why)
{
    char *host = NULL;
    for (size_t i = 0; i < head->field_count && !host; i++)
        if (strcmp(head->fields[i].name, "host") == 0)
            host = head->fields[i].value;
    *why = "HTTP/1.1 needs a Host header";
    if (!host && head->minor == 1)
        return 400;
    *why = "the Host header is not a host name with an optional port";
    if (host && host[0] != '\0' && !host_check(host))
        return 400;
    if (!head->host) /* an absolute-form target has the last word (RFC 9112, 3.2.2) */
        head->host = host;
    return 0;
}

static int check_framing(struct head *head, const char **why)
{
    const char *coding = head_find(head, "transfer-encoding");
    const char *length = head_find(head, "content-length");
    *why = "Transfer-Encoding with Content-Length or in HTTP/1.0 is refused";
    if (coding && (length || head->minor == 0))
        return 400;
    *why = "the only transfer coding taken here is chunked";
    if (coding && strcasecmp(coding, "chunked") != 0)
        return 501;
    head->is_chunked = coding != NULL;
    if (!length)
        return 0;
    *why = "Content-Length is not a plain number";
    size_t digits = strspn(length, "0123456789");
    if (digits == 0 || length[digits] != '\0' || digits > 18)
        return 400;
    head->content_length = strtoll(length, NULL, 10);
    return 0;
}

static int check_expect(struct head *head, const char **why)
{
    const char *expect = head_find(head, "expect");
    if (!expect || head->minor == 0) /* RFC 9110, 10.1.1: ignored from HTTP/1.0 */
        return 0;
    *why = "the only expectation met here is 100-continue";
    if (strcasecmp(expect, "100-continue") != 0)
        return 417;
    head->expects_continue = true;
    return 0;
}

static int check_query(struct head *head, const char **why)
{
    if (head->query[0] == '\0')
        return 0;
    int rc = http_form_parse(&head->form, head->query, strlen(head->query), HTTP_QUERY_MAX);
    *why = rc == ERR_TOO_LARGE ? "there are too many query parameters"
                               : "the query holds a broken %XX, a NUL or text that is not UTF-8";
    return rc == 0 ? 0 : 400;
}

static int check_fields(struct head *head, const char **why)
{
    *why = "there are too many header fields";
    if (head->too_many_fields)
        return 431;
    *why = "a header field has no name";
    if (!make_strings(head))
        return 400;
    *why = "a header that may stand once only stands twice";
    for (size_t i = 0; i < sizeof SINGLETONS / sizeof SINGLETONS[0]; i++)
        if (count_fields(head, SINGLETONS[i]) > 1)
            return 400;
    return 0;
}

int head_check(struct head *head, const struct http_limits *limits, const char **why)
{
    int status = check_request_line(head, why);
    if (status != 0)
        return status;
    *why = "the request target is too long";
    if (head->target_len > (size_t)limits->target_bytes)
        return 414;
    head->target[head->target_len] = '\0';
    status = check_fields(head, why);
    if (status == 0)
        status = target_check(head, why);
    if (status == 0)
        status = check_host(head, why);
    if (status == 0)
        status = check_framing(head, why);
    if (status == 0)
        status = check_expect(head, why);
    if (status == 0)
        status = check_query(head, why);
    return status;
}
