/*
 * Addresses, phones, dates and personnummer on any text. What is accepted must be safe to put into an SMTP command,
 * read to the same when read again, and have a suggestion that is accepted itself.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/address.h"
#include "core/date_text.h"
#include "core/personnummer.h"
#include "core/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_address(const char *text)
{
    struct address a;
    struct address b;
    if (address_read(text, &a) != ADDRESS_OK)
        return;
    assert(strpbrk(a.ascii, " <>\r\n\t\"") == NULL);
    assert(!text_has_control(a.ascii, strlen(a.ascii)));
    assert(strlen(a.full) <= ADDRESS_MAX && strlen(a.ascii) <= ADDRESS_MAX);
    for (const char *p = a.needs_smtputf8 ? strrchr(a.ascii, '@') : a.ascii; *p != '\0'; p++)
        assert((unsigned char)*p < 0x80);
    assert(address_read(a.full, &b) == ADDRESS_OK && strcmp(a.full, b.full) == 0);
    assert(address_read(a.ascii, &b) == ADDRESS_OK && strcmp(a.key, b.key) == 0 && strcmp(a.ascii, b.ascii) == 0);
    if (a.suggestion[0] != '\0')
        assert(address_read(a.suggestion, &b) == ADDRESS_OK && !b.needs_smtputf8 && !b.domain_typo);
}

static void check_phone(const char *text)
{
    struct phone p[PHONE_CELL_MAX];
    size_t count = 0;
    if (phone_read_cell(text, p, &count) != PHONE_OK)
        return;
    assert(count >= 1 && count <= PHONE_CELL_MAX);
    for (size_t i = 0; i < count; i++) {
        char national[PHONE_TEXT_BYTES];
        struct phone again;
        assert(p[i].e164[0] == '+' && strlen(p[i].e164) >= 8);
        assert(phone_read(phone_national(p[i].e164, national), &again) == PHONE_OK);
        assert(strcmp(again.e164, p[i].e164) == 0);
    }
}

static void check_date(const char *text)
{
    struct date_text d;
    struct date_text again;
    if (date_text_read(text, &d) != DATE_OK)
        return;
    assert(date_text_read(d.text, &again) == DATE_OK && strcmp(d.text, again.text) == 0);
}

static void check_personnummer(const char *text)
{
    size_t start = 0;
    size_t len = 0;
    for (size_t from = 0; personnummer_find(text, from, &start, &len); from = start + len)
        assert(start >= from && len >= 10 && start + len <= strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = xstrndup((const char *)data, n);
    check_address(text);
    check_phone(text);
    check_date(text);
    check_personnummer(text);
    char *ascii = text_ascii(text);
    assert(ascii == NULL || text_length(ascii) == strlen(ascii));
    free(ascii);
    char *key = text_sort_key(text);
    assert(key == NULL || text_is_utf8(key, strlen(key)));
    free(key);
    free(text);
    return 0;
}
