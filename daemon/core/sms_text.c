/*
 * Text for phones; the contract is in core/sms_text.h. The tables are those of 3GPP TS 23.038 section 6.2.1: the
 * default alphabet (127 characters; its 0x1b opens the extension) and the extension table.
 */
#include "core/sms_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum { GSM_SINGLE = 160, GSM_JOINED = 153, UCS_SINGLE = 70, UCS_JOINED = 67 };

/* What of the default alphabet is not ASCII, and what of ASCII is not in it ($ @ _ are). */
static const char GSM_MORE[] = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
static const char GSM_LACKS[] = "`[\\]^{|}~";
static const char GSM_EXTENSION[] = "\f^{}\\[~]|€";

/* What people and word processors write, and the plain form of it. */
static const struct {
    const char *fancy, *plain;
} PLAIN[] = {
    {"“", "\""},     {"”", "\""},     {"„", "\""},     {"‟", "\""},      {"«", "\""},      {"»", "\""},
    {"″", "\""},     {"‘", "'"},      {"’", "'"},      {"‚", "'"},       {"‛", "'"},       {"′", "'"},
    {"´", "'"},      {"`", "'"},      {"‹", "'"},      {"›", "'"},       {"‐", "-"},       {"‑", "-"},
    {"‒", "-"},      {"–", "-"},      {"—", "-"},      {"―", "-"},       {"−", "-"},       {"…", "..."},
    {"•", "-"},      {"·", "-"},      {"‣", "-"},      {"▪", "-"},       {"\u00a0", " "},  {"\u2000", " "},
    {"\u2001", " "}, {"\u2002", " "}, {"\u2003", " "}, {"\u2004", " "},  {"\u2005", " "},  {"\u2006", " "},
    {"\u2007", " "}, {"\u2008", " "}, {"\u2009", " "}, {"\u200a", " "},  {"\u202f", " "},  {"\u205f", " "},
    {"\u3000", " "}, {"\t", " "},     {"\u00ad", ""},  {"\u200b", ""},   {"\u200c", ""},   {"\u200d", ""},
    {"\u2060", ""},  {"\ufeff", ""},  {"\ufe0f", ""},  {"\u2028", "\n"}, {"\u2029", "\n"}, {"\r\n", "\n"},
    {"\r", "\n"},    {"×", "x"},      {"½", "1/2"},    {"¼", "1/4"},     {"¾", "3/4"},     {"→", "->"},
};

/* The bytes of the UTF-8 character at `s`, which is valid. */
static size_t char_bytes(const char *s)
{
    unsigned char c = (unsigned char)*s;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Does `set` have the character of n bytes at `s`? UTF-8 has no character inside another. */
static bool has_char(const char *set, const char *s, size_t n)
{
    return memmem(set, strlen(set), s, n) != NULL;
}

/* Septets that the character takes: 1, 2, or 0 when GSM-7 has none. */
static size_t septets(const char *s, size_t n)
{
    if (has_char(GSM_EXTENSION, s, n))
        return 2;
    if (n > 1)
        return has_char(GSM_MORE, s, n);
    return *s == '\n' || *s == '\r' || (*s >= ' ' && *s < 0x7f && !has_char(GSM_LACKS, s, n));
}

static char *make_plain(const char *text)
{
    struct buf out;
    buf_init(&out, strlen(text) * 3 + 1);
    for (const char *p = text; *p;) {
        size_t i = 0;
        while (i < ARRAY_LEN(PLAIN) && strncmp(p, PLAIN[i].fancy, strlen(PLAIN[i].fancy)) != 0)
            i++;
        size_t n = i < ARRAY_LEN(PLAIN) ? strlen(PLAIN[i].fancy) : char_bytes(p);
        if (i < ARRAY_LEN(PLAIN))
            buf_adds(&out, PLAIN[i].plain);
        else
            buf_add(&out, p, n);
        p += n;
    }
    char *plain = buf_take(&out);
    buf_fini(&out);
    return plain;
}

/* Units of the whole text, and the parts when joined: what takes two units is never split. */
static void count(struct sms_text *sms, size_t single, size_t joined)
{
    size_t in_part = 0;
    sms->parts = 1;
    for (const char *p = sms->text; *p;) {
        size_t n = char_bytes(p);
        size_t units = sms->is_gsm7 ? septets(p, n) : n == 4 ? 2 : 1;
        sms->units += units;
        in_part += units;
        if (in_part > joined) {
            sms->parts++;
            in_part = units;
        }
        p += n;
    }
    sms->per_part = joined;
    if (sms->units <= single) {
        sms->parts = sms->units > 0;
        sms->per_part = single;
    }
}

int sms_text_make(const char *text, struct sms_text *out)
{
    char *nfc = text_nfc(text, strlen(text));
    if (!nfc)
        return ERR_INVALID;
    *out = (struct sms_text){.text = make_plain(nfc), .is_gsm7 = true};
    free(nfc);
    for (const char *p = out->text; *p && out->is_gsm7; p += char_bytes(p)) {
        size_t n = char_bytes(p);
        if (septets(p, n) == 0) {
            out->is_gsm7 = false;
            memcpy(out->outside, p, n);
        }
    }
    count(out, out->is_gsm7 ? GSM_SINGLE : UCS_SINGLE, out->is_gsm7 ? GSM_JOINED : UCS_JOINED);
    return 0;
}

void sms_text_fini(struct sms_text *sms)
{
    free(sms->text);
    *sms = (struct sms_text){0};
}
