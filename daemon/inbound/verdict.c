/* What an HTTP answer of a source means; the contract is in inbound/verdict.h. */
#include "inbound/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/http_call.h"

static struct verdict failed(int64_t wait_s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static struct verdict failed(int64_t wait_s, const char *fmt, ...)
{
    struct verdict v = {.what = SOURCE_FAILED, .wait_s = wait_s};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v.problem, sizeof v.problem, fmt, ap);
    va_end(ap);
    for (char *p = v.problem; *p; p++) /* what the other side said may be anything */
        if (*p < ' ' || *p > '~')
            *p = '?';
    return v;
}

/* What the source asked for, within our bounds; `fallback` when it did not. */
static int64_t asked_wait(const struct http_answer *a, const struct verdict_rules *rules, int64_t fallback)
{
    int64_t wait_s = a->retry_after_s >= 0 ? a->retry_after_s : fallback;
    if (wait_s < rules->interval_s)
        wait_s = rules->interval_s;
    return wait_s > VERDICT_WAIT_MAX_S ? VERDICT_WAIT_MAX_S : wait_s;
}

/* "application/json; charset=utf-8", "application/problem+json"; none at all may be JSON too. */
static bool may_be_json(const char *type)
{
    size_t n = strcspn(type, "; ");
    return n == 0 || (n == 16 && strncasecmp(type, "application/json", n) == 0) ||
           (n == 9 && strncasecmp(type, "text/json", n) == 0) || (n > 5 && strncasecmp(type + n - 5, "+json", 5) == 0);
}

static struct verdict of_body(const struct http_answer *a, const struct verdict_rules *rules)
{
    if (a->is_cut)
        return failed(rules->interval_s, "the answer is not whole: %.200s", a->error);
    if (!may_be_json(a->content_type))
        return failed(asked_wait(a, rules, rules->refused_wait_s),
                      "it answers with %.100s in place of JSON: is the address right?", a->content_type);
    return (struct verdict){.what = SOURCE_ANSWERED, .wait_s = rules->interval_s};
}

static struct verdict of_missing(const struct http_answer *a, const struct verdict_rules *rules)
{
    struct verdict v =
        failed(asked_wait(a, rules, rules->refused_wait_s), "there is nothing at this address (%d)%s", a->status,
               rules->stops_at_404 ? ": it is not asked again; correct url, or resume it with incoming resume"
                                   : ": is it right?");
    v.stop = rules->stops_at_404;
    return v;
}

struct verdict verdict_of(const struct http_answer *a, const struct verdict_rules *rules)
{
    if (a->fault != HTTP_FAULT_NONE)
        return failed(rules->interval_s, "%.280s", a->error[0] ? a->error : http_fault_word(a->fault));
    switch (a->status) {
    case 200:
        return of_body(a, rules);
    case 304:
        if (rules->had_validators)
            return (struct verdict){.what = SOURCE_NOT_MODIFIED, .wait_s = rules->interval_s};
        return failed(rules->interval_s, "it answers \"not modified\" to a question that was not about that (304)");
    case 401:
    case 403:
        return failed(asked_wait(a, rules, rules->refused_wait_s), "it refuses to answer us (%d): see its terms",
                      a->status);
    case 404:
    case 410:
        return of_missing(a, rules);
    case 429:
        return failed(asked_wait(a, rules, rules->refused_wait_s), "it says that it was asked too often (429)");
    default:
        break;
    }
    if (a->status >= 300 && a->status < 400)
        return failed(asked_wait(a, rules, rules->refused_wait_s),
                      "it has moved (%d), and that is not followed: write its new address as url", a->status);
    if (a->status >= 500)
        return failed(asked_wait(a, rules, rules->interval_s), "it has a fault of its own (%d)", a->status);
    return failed(asked_wait(a, rules, rules->refused_wait_s), "it answers %d", a->status);
}
