/* application/x-www-form-urlencoded; the contract is in http/form.h. */
#include "http/form.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

long http_percent_decode(const char *in, size_t len, char *out, bool plus_is_space)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = in[i];
        if (c == '%') {
            int high = i + 1 < len ? hex_digit(in[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(in[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return -1;
        out[n++] = c;
    }
    out[n] = '\0';
    return (long)n;
}

void http_form_init(struct http_form *form)
{
    *form = (struct http_form){0};
}

void http_form_fini(struct http_form *form)
{
    free(form->text);
    free(form->pairs);
    http_form_init(form);
}

/* Decode one side of a pair to *to, moving it past the NUL. */
static const char *decode_side(const char *from, size_t len, char **to)
{
    char *text = *to;
    long n = http_percent_decode(from, len, text, true);
    if (n < 0 || !text_is_utf8(text, (size_t)n))
        return NULL;
    *to = text + n + 1;
    return text;
}

int http_form_parse(struct http_form *form, const char *data, size_t len, size_t max_pairs)
{
    int rc = 0;
    size_t max_text = len + 2; /* each pair's '=' and '&' become its two NULs; the last has neither */
    for (size_t i = 0; i < len; i++)
        max_text += data[i] == '&';
    char *to = form->text = xmalloc(max_text);

    for (size_t at = 0; at < len && rc == 0;) {
        const char *piece = data + at;
        const char *amp = memchr(piece, '&', len - at);
        size_t piece_len = amp ? (size_t)(amp - piece) : len - at;
        at += piece_len + 1;
        if (piece_len == 0)
            continue;
        if (form->count == max_pairs) {
            rc = ERR_TOO_LARGE;
            break;
        }
        const char *eq = memchr(piece, '=', piece_len);
        size_t name_len = eq ? (size_t)(eq - piece) : piece_len;
        struct http_pair pair = {.name = decode_side(piece, name_len, &to)};
        pair.value =
            pair.name ? decode_side(piece + name_len + (eq != NULL), piece_len - name_len - (eq != NULL), &to) : NULL;
        if (!pair.value) {
            rc = ERR_INVALID;
            break;
        }
        if ((form->count & (form->count - 1)) == 0) /* 0, 1, 2, 4, ...: double */
            form->pairs = xreallocarray(form->pairs, form->count ? form->count * 2 : 1, sizeof *form->pairs);
        form->pairs[form->count++] = pair;
    }
    if (rc != 0)
        http_form_fini(form);
    return rc;
}

const char *http_form_get(const struct http_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->pairs[i].name, name) == 0)
            return form->pairs[i].value;
    return NULL;
}
