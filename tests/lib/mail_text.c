/* Decoding mails for tests; the contract is in lib/mail_text.h. */
#include "lib/mail_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* =XX at p: the byte, or -1. */
static int hex_byte(const char *p)
{
    char text[3] = "";
    char *end = text;
    if (*p != '=')
        return -1;
    snprintf(text, sizeof text, "%.2s", p + 1);
    long byte = strtol(text, &end, 16);
    return end == text + 2 ? (int)byte : -1;
}

static char *add_quoted(char *out, const char *p, size_t n, bool underscore_is_space)
{
    for (size_t i = 0; i < n; i++) {
        int byte = i + 2 < n ? hex_byte(p + i) : -1;
        if (byte >= 0)
            i += 2;
        else
            byte = underscore_is_space && p[i] == '_' ? ' ' : p[i];
        *out++ = (char)byte;
    }
    return out;
}

static char *add_base64(char *out, const char *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < n && p[i] != '='; i++) {
        const char *at = strchr(digits, p[i]);
        bits = bits << 6 | (unsigned)(at ? at - digits : 0);
        count += 6;
        if (count >= 8) {
            count -= 8;
            *out++ = (char)(bits >> count & 0xffU);
        }
    }
    return out;
}

/* An encoded word at p: what it says goes out, and its length is returned; 0 when there is none. */
static size_t word(const char *p, char **out)
{
    if (strncasecmp(p, "=?utf-8?", 8) != 0 || !p[8] || p[9] != '?')
        return 0;
    const char *end = strstr(p + 10, "?=");
    if (!end)
        return 0;
    size_t n = (size_t)(end - p) - 10;
    *out = p[8] == 'Q' || p[8] == 'q' ? add_quoted(*out, p + 10, n, true) : add_base64(*out, p + 10, n);
    return (size_t)(end - p) + 2;
}

char *mail_text(const char *raw)
{
    const char *body = strstr(raw, "\r\n\r\n");
    char *text = xmalloc(strlen(raw) + 1);
    char *out = text;
    const char *p = raw;
    while (body && p < body) {
        size_t n = word(p, &out);
        if (n > 0) {
            p += n;
            /* White space between two encoded words is not part of the text. */
            size_t gap = strspn(p, " \r\n");
            if (strncasecmp(p + gap, "=?utf-8?", 8) == 0)
                p += gap;
        } else if (strncmp(p, "\r\n ", 3) == 0) {
            p += 2;
        } else {
            *out++ = *p++;
        }
    }
    while (*p) {
        int byte = hex_byte(p);
        if (strncmp(p, "=\r\n", 3) == 0) {
            p += 3;
        } else if (byte >= 0) {
            *out++ = (char)byte;
            p += 3;
        } else {
            *out++ = *p++;
        }
    }
    *out = '\0';
    return text;
}
