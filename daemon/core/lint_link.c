/*
 * Where links lead, and addresses that mail programs would make links of.
 *
 * The host is read as a browser reads it: behind the last @, before /, ?, # or a backslash. Hosts that are not on the
 * list stop the letter; a link shortener does so even when somebody put it on the list.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/lint_inside.h"
#include "core/slot.h"

enum { HOST_MAX_BYTES = 254 };

static const char *const built_in_hosts[] = {
    "polisen.se",         "*.polisen.se", /* first: see POLICE_HOSTS */
    "krisinformation.se", "samverkanmotbrott.se", "stoldskyddsforeningen.se", "1177.se"};

enum { POLICE_HOSTS = 2 };

static const char *const shorteners[] = {
    "bit.ly", "tinyurl.com", "t.co",    "goo.gl",   "ow.ly",     "is.gd",      "buff.ly", "kutt.it", "shorturl.at",
    "rb.gy",  "cutt.ly",     "lnkd.in", "t.ly",     "tiny.cc",   "u.to",       "s.id",    "qr.ae",   "bit.do",
    "adf.ly", "v.gd",        "fb.me",   "youtu.be", "shorte.st", "rebrand.ly", "urlz.fr", "qrco.de", "wa.me"};

/* The host in lower case into `host`, without a port and a closing dot; false when there is none. */
static bool read_host(const char *address, size_t len, char host[HOST_MAX_BYTES])
{
    size_t from = 0, end = 0;
    while (end < len && !strchr("/?#\\", address[end]))
        end++;
    for (size_t i = 0; i < end; i++)
        if (address[i] == '@')
            from = i + 1;
    size_t n = 0;
    for (size_t i = from; i < end && address[i] != ':'; i++) {
        if (n == HOST_MAX_BYTES - 1)
            return false;
        char c = address[i];
        host[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    while (n > 0 && host[n - 1] == '.')
        n--;
    host[n] = '\0';
    return n > 0;
}

static bool matches(const char *host, const char *pattern)
{
    if (pattern[0] != '*')
        return strcasecmp(host, pattern) == 0;
    size_t h = strlen(host), p = strlen(pattern) - 1; /* with its dot */
    return h > p && strcasecmp(host + h - p, pattern + 1) == 0;
}

static bool is_allowed(const struct lint *l, const char *host)
{
    const char *bare = strncmp(host, "www.", 4) == 0 ? host + 4 : host;
    for (size_t i = 0; i < (l->options->only_police ? POLICE_HOSTS : ARRAY_LEN(built_in_hosts)); i++)
        if (matches(host, built_in_hosts[i]) || matches(bare, built_in_hosts[i]))
            return true;
    for (size_t i = 0; !l->options->only_police && i < l->options->host_count; i++)
        if (matches(host, l->options->hosts[i]) || matches(bare, l->options->hosts[i]))
            return true;
    return false;
}

static bool is_shortener(const char *host)
{
    const char *bare = strncmp(host, "www.", 4) == 0 ? host + 4 : host;
    for (size_t i = 0; i < ARRAY_LEN(shorteners); i++)
        if (strcmp(bare, shorteners[i]) == 0)
            return true;
    return false;
}

static void check_host(struct lint *l, const struct lint_block *block, size_t at, const char *host)
{
    if (is_shortener(host))
        lint_add_shown(l, block, at, LINT_RULE_LINK_SHORTENER, host);
    else if (!is_allowed(l, host))
        lint_add_shown(l, block, at, LINT_RULE_LINK_HOST, host);
}

/* --- addresses in running text --- */

/* Top domains that make a word with a dot a link in mail programs. Short ones that are Swedish words (to, me, no, de,
 * at, be) are left out: a forgotten blank behind a full stop would look like them. */
static bool is_top_domain(const char *label)
{
    static const char *const tops[] = {"se",     "nu",  "com",   "net",  "org", "eu", "info", "io",  "ly",   "co",
                                       "biz",    "app", "dev",   "link", "gl",  "gd", "cc",   "xyz", "shop", "site",
                                       "online", "top", "click", "ru",   "cn",  "uk", "dk",   "fi",  "tv",   NULL};
    return lint_word_in(label, tops);
}

static bool is_host_name(const char *host)
{
    bool dot = false;
    for (const char *p = host; *p; p++) {
        if (!lint_is_word_byte(*p) && *p != '-' && *p != '.')
            return false;
        if (*p == '.' && (p == host || p[1] == '.'))
            return false;
        dot = dot || *p == '.';
    }
    return dot;
}

/* Would a mail program make a link of the word address[0..len)? Then its host. */
static bool bare_host(const char *address, size_t len, char host[HOST_MAX_BYTES], bool *http)
{
    const char *scheme = memmem(address, len, "://", 3);
    size_t skip = scheme ? (size_t)(scheme - address) + 3 : 0;
    *http = skip == 7 && strncasecmp(address, "http", 4) == 0;
    bool has_path = memchr(address + skip, '/', len - skip) != NULL;
    if ((!scheme && memchr(address, '@', len)) || !read_host(address + skip, len - skip, host))
        return false;
    if (scheme)
        return true;
    if (!is_host_name(host))
        return false;
    const char *top = strrchr(host, '.') + 1;
    bool top_is_word = strspn(top, "abcdefghijklmnopqrstuvwxyz") == strlen(top) && strlen(top) >= 2;
    bool lower = strncmp(address + (len < strlen(host) ? 0 : strlen(host) - strlen(top)), top, strlen(top)) == 0;
    return top_is_word && (strncmp(host, "www.", 4) == 0 || (lower && is_top_domain(top)) || (has_path && lower));
}

void lint_address(struct lint *l, const struct lint_block *block, size_t at, const char *address, size_t len)
{
    char host[HOST_MAX_BYTES];
    bool http = false;
    if (!bare_host(address, len, host, &http))
        return;
    check_host(l, block, at, host);
    if (http && is_allowed(l, host))
        lint_add_shown(l, block, at, LINT_RULE_LINK_HTTP, host);
}

static void find_addresses(struct lint *l, const struct lint_block *block)
{
    for (size_t i = 0; i < block->len;) {
        size_t from = i + strspn(block->text + i, " \"'()[]<>,;");
        size_t end = from + strcspn(block->text + from, " \"'()[]<>,;");
        i = end;
        while (end > from && strchr(".:!?*", block->text[end - 1]))
            end--;
        if (end > from && memchr(block->text + from, '.', end - from))
            lint_address(l, block, from, block->text + from, end - from);
    }
}

/* --- links --- */

static bool has_slot(const char *text)
{
    for (; *text; text++)
        if (*text >= 1 && *text <= SLOT_MAX)
            return true;
    return false;
}

/* "här", "klicka här": nothing for one who hears the links read out. */
static bool says_nothing(const char *text)
{
    static const char *const empty[] = {"här",         "klicka här", "tryck här", "läs mer",
                                        "läs mer här", "länk",       "mer",       "hit"};
    for (size_t i = 0; i < ARRAY_LEN(empty); i++)
        if (strcasecmp(text, empty[i]) == 0)
            return true;
    return *text == '\0';
}

/* Does the text look like an address, and of another host than the link's? */
static bool is_disguised(const char *text, const char *host)
{
    char shown[HOST_MAX_BYTES];
    bool http;
    if (strchr(text, ' ') || !bare_host(text, strlen(text), shown, &http))
        return false;
    const char *a = strncmp(shown, "www.", 4) == 0 ? shown + 4 : shown;
    const char *b = strncmp(host, "www.", 4) == 0 ? host + 4 : host;
    return strcmp(a, b) != 0;
}

static void check_web_link(struct lint *l, const struct lint_block *block, const struct lint_link *link,
                           const char *text)
{
    char host[HOST_MAX_BYTES];
    const char *rest = strstr(link->url, ":") + 1;
    rest += strspn(rest, "/\\");
    if (!read_host(rest, strlen(rest), host)) {
        lint_add_shown(l, block, link->at, LINT_RULE_LINK_HOST, link->url);
        return;
    }
    check_host(l, block, link->at, host);
    if (is_disguised(text, host))
        lint_add_shown(l, block, link->at, LINT_RULE_LINK_DISGUISED, host);
    if (is_allowed(l, host) && strncasecmp(link->url, "http:", 5) == 0)
        lint_add_shown(l, block, link->at, LINT_RULE_LINK_HTTP, host);
    if (says_nothing(text))
        lint_add_shown(l, block, link->at, LINT_RULE_LINK_TEXT, text);
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* A tap dials the target of tel:, however short or spelt it is: a call back, a number that costs. */
static void check_tel(struct lint *l, const struct lint_block *block, const struct lint_link *link)
{
    char target[LINT_TEXT_MAX_BYTES];
    size_t n = 0;
    for (const char *p = strchr(link->url, ':') + 1; *p && n + 1 < sizeof target; p++) {
        bool is_code = *p == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0;
        target[n++] = is_code ? (char)(hex(p[1]) * 16 + hex(p[2])) : *p;
        p += is_code ? 2 : 0;
    }
    target[n] = '\0';
    if (!lint_is_public_number(target))
        lint_add_shown(l, block, link->at, LINT_RULE_PHONE, strchr(link->url, ':') + 1);
}

/* mailto: says what the text may not: its target is read like text. */
static void check_target(struct lint *l, const struct lint_block *block, const struct lint_link *link)
{
    struct lint_block target;
    lint_block_plain(&target, block->place, strchr(link->url, ':') + 1, lint_block_input(block, l->md, link->at, 0));
    lint_numbers(l, &target);
    lint_block_fini(&target);
}

static void check_link(struct lint *l, const struct lint_block *block, const struct lint_link *link)
{
    char *text = xstrndup(block->text + link->at, link->end - link->at);
    if (has_slot(link->url))
        lint_add_shown(l, block, link->at, LINT_RULE_LINK_SLOT, link->url);
    else if (!md_is_link(link->url))
        lint_add_shown(l, block, link->at, LINT_RULE_LINK_SCHEME, link->url);
    else if (strncasecmp(link->url, "http", 4) == 0)
        check_web_link(l, block, link, text);
    else if (strncasecmp(link->url, "tel:", 4) == 0)
        check_tel(l, block, link);
    else
        check_target(l, block, link);
    free(text);
}

void lint_links(struct lint *l, const struct lint_block *block)
{
    for (size_t i = 0; i < block->link_count; i++)
        check_link(l, block, &block->links[i]);
    find_addresses(l, block);
}
