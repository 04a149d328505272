/* What may stand in a header or a body; the contract is in core/mime.h. */
#include "core/mime.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "core/mime_field.h"

enum {
    LOCAL_PART_MAX_BYTES = 64, /* RFC 5321, 4.5.3.1.1 */
    DOMAIN_MAX_BYTES = 255,    /* RFC 5321, 4.5.3.1.2 */
};

int mime_check_value(const char *s, size_t n)
{
    if (n > MIME_VALUE_MAX_BYTES)
        return ERR_TOO_LARGE;
    return text_is_utf8(s, n) && !text_has_control(s, n) ? 0 : ERR_INVALID;
}

int mime_check_body(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
            return ERR_INVALID;
        if (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0) /* U+0080-009F */
            return ERR_INVALID;
    }
    return text_is_utf8(s, n) ? 0 : ERR_INVALID;
}

bool mime_is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool mime_is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool mime_is_atext(char c)
{
    return mime_is_alnum(c) || mime_is_one_of(c, "!#$%&'*+-/=?^_`{|}~");
}

static bool is_dot_atom(const char *s, size_t n, bool utf8)
{
    bool after_dot = true; /* or at the start: neither may be followed by a dot or the end */
    for (size_t i = 0; i < n; i++) {
        bool dot = s[i] == '.';
        bool high = (unsigned char)s[i] >= 0x80;
        if (dot ? after_dot : !mime_is_atext(s[i]) && !(utf8 && high))
            return false;
        after_dot = dot;
    }
    return !after_dot;
}

bool mime_is_dot_atom(const char *s, size_t n)
{
    return is_dot_atom(s, n, false);
}

bool mime_is_domain(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++) {
        if (!mime_is_alnum(s[i]) && s[i] != '-' && s[i] != '.')
            return false;
    }
    return n <= DOMAIN_MAX_BYTES && is_dot_atom(s, n, false);
}

bool mime_is_address(const char *address, bool utf8_local)
{
    const char *at = strrchr(address, '@');
    if (at == NULL || at - address > LOCAL_PART_MAX_BYTES || !mime_is_domain(at + 1))
        return false;
    size_t n = (size_t)(at - address);
    return is_dot_atom(address, n, utf8_local) && mime_check_value(address, n) == 0;
}
