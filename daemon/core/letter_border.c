/*
 * From bytes to clean text: size, UTF-8, control characters, line ends, NFC.
 * After letter_border() the text holds no control character but LF and TAB, and no character
 * reference to one, so that the bytes of slots (core/slot.h) can come only from slots.
 */
#include "core/letter_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

static const char bom[] = "\xef\xbb\xbf";

void letter_position(const char *text, size_t offset, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
    /* In the middle of a character: its own column, not the next one's. */
    if (((unsigned char)text[offset] & 0xc0) == 0x80 && *column > 1)
        --*column;
}

int letter_refuse(const struct letter_source *src, size_t at, struct letter_problem *problem, const char *sv,
                  const char *en, ...)
{
    letter_position(src->text, at, &problem->line, &problem->column);
    int sv_at = snprintf(problem->sv, sizeof problem->sv, "rad %zu, kolumn %zu: ", problem->line, problem->column);
    int en_at = snprintf(problem->en, sizeof problem->en, "line %zu, column %zu: ", problem->line, problem->column);
    va_list ap;
    va_start(ap, en);
    vsnprintf(problem->sv + sv_at, sizeof problem->sv - (size_t)sv_at, sv, ap);
    va_end(ap);
    va_start(ap, en);
    vsnprintf(problem->en + en_at, sizeof problem->en - (size_t)en_at, en, ap);
    va_end(ap);
    return ERR_INVALID;
}

/* Take over the bytes with LF line ends, without a byte order mark, ended by a NUL. A lone CR stays and is refused. */
static void take_bytes(const char *data, size_t n, struct letter_source *src)
{
    size_t from = n >= 3 && memcmp(data, bom, 3) == 0 ? 3 : 0;
    src->text = xmalloc(n - from + 1);
    src->len = 0;
    for (size_t i = from; i < n; i++)
        if (!(data[i] == '\r' && i + 1 < n && data[i + 1] == '\n'))
            src->text[src->len++] = data[i];
    src->text[src->len] = '\0';
}

static int check_characters(const struct letter_source *src, struct letter_problem *problem)
{
    for (size_t i = 0; i < src->len;) {
        ucs4_t c;
        int n = u8_mbtoucr(&c, (const uint8_t *)src->text + i, src->len - i);
        if (n <= 0)
            return letter_refuse(src, i, problem,
                                 "filen är inte giltig UTF-8 (byte 0x%02X); spara den som UTF-8 och försök igen",
                                 "the file is not valid UTF-8 (byte 0x%02X); save it as UTF-8 and try again",
                                 (unsigned)(unsigned char)src->text[i]);
        if (c != '\n' && c != '\t' && text_has_control(src->text + i, (size_t)n))
            return letter_refuse(src, i, problem, "otillåtet styrtecken U+%04X; ta bort det",
                                 "control character U+%04X is not allowed; remove it", (unsigned)c);
        i += (size_t)n;
    }
    return 0;
}

/* The value of the numeric character reference at text[at] ("&#7;", "&#x7;"), or -1 when it is none.
 * Large values are cut to 0x110000, which no character has. */
static long reference_value(const char *text, size_t at)
{
    const char *p = text + at + 2;
    bool hex = *p == 'x' || *p == 'X';
    if (hex)
        p++;
    long value = 0;
    int digits = 0;
    for (;; p++, digits++) {
        int digit = *p >= '0' && *p <= '9'          ? *p - '0'
                    : hex && *p >= 'a' && *p <= 'f' ? *p - 'a' + 10
                    : hex && *p >= 'A' && *p <= 'F' ? *p - 'A' + 10
                                                    : -1;
        if (digit < 0)
            break;
        if (value < 0x110000)
            value = value * (hex ? 16 : 10) + digit;
    }
    return digits > 0 && *p == ';' ? value : -1;
}

static int check_references(const struct letter_source *src, struct letter_problem *problem)
{
    const char *p = src->text;
    while ((p = strstr(p, "&#")) != NULL) {
        size_t at = (size_t)(p - src->text);
        long value = reference_value(src->text, at);
        uint8_t utf8[6];
        int n = value >= 0 ? u8_uctomb(utf8, (ucs4_t)value, sizeof utf8) : 0;
        if (n > 0 && text_has_control((const char *)utf8, (size_t)n))
            return letter_refuse(src, at, problem, "teckenkoden står för ett styrtecken (U+%04lX); ta bort den",
                                 "the character reference stands for a control character (U+%04lX); remove it",
                                 (unsigned long)value);
        p += 2;
    }
    return 0;
}

int letter_border(const char *data, size_t n, struct letter_source *src, struct letter_problem *problem)
{
    if (n > LETTER_SOURCE_MAX_BYTES) {
        *problem = (struct letter_problem){0};
        snprintf(problem->sv, sizeof problem->sv,
                 "brevet är för stort: %zu byte, och gränsen är %d; korta det eller länka till en webbsida", n,
                 LETTER_SOURCE_MAX_BYTES);
        snprintf(problem->en, sizeof problem->en,
                 "the letter is too large: %zu bytes, and the limit is %d; shorten it or link to a web page", n,
                 LETTER_SOURCE_MAX_BYTES);
        return ERR_TOO_LARGE;
    }
    take_bytes(data, n, src);
    int rc = check_characters(src, problem);
    if (rc < 0)
        return rc;
    char *nfc = text_nfc(src->text, src->len);
    if (!nfc)
        return letter_refuse(src, 0, problem, "filen är inte giltig UTF-8", "the file is not valid UTF-8");
    free(src->text);
    src->text = nfc;
    src->len = strlen(nfc);
    return check_references(src, problem);
}
