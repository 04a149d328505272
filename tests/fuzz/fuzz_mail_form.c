/*
 * Any bytes as subject, bodies, names and slot values: what compiles and fills must be 7-bit lines in CRLF of at most
 * 998 bytes, with an empty line after exactly the fields we write, and must come out the same a second time.
 * Tokens are opened on the way, since they come from strangers' mail.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/mail_form.h"
#include "core/mail_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS = 8, OUT_MAX_BYTES = 4 * 1024 * 1024 };

/* The input cut at 0xff, which no valid text has; C strings. */
static void cut(const uint8_t *data, size_t size, char *field[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        const uint8_t *end = size > 0 ? memchr(data, 0xff, size) : NULL;
        size_t n = end ? (size_t)(end - data) : size;
        field[i] = xstrndup((const char *)data, n);
        n += end ? 1 : 0;
        data += n;
        size -= n;
    }
}

static size_t count_fields(const char *p, const char *end)
{
    size_t count = 0;
    while (p < end) {
        count += *p != ' ';
        p = strstr(p, "\r\n") + 2;
    }
    return count;
}

static void check_message(const struct buf *out)
{
    size_t line = 0;
    for (size_t i = 0; i < out->len; i++) {
        unsigned char c = (unsigned char)out->data[i];
        if (c == '\r') {
            assert(i + 1 < out->len && out->data[i + 1] == '\n' && line <= 998);
            line = 0;
            i++;
            continue;
        }
        assert((c >= ' ' && c <= '~') || c == '\t');
        line++;
    }
    assert(line == 0 && strlen(out->data) == out->len);
    const char *body = strstr(out->data, "\r\n\r\n");
    assert(body != NULL && count_fields(out->data, body) == 10);
    assert(strstr(out->data, "\r\nBcc:") == NULL || strstr(out->data, "\r\nBcc:") > body);
}

static void check_form(char *field[FIELDS])
{
    struct mail_form_input in = {
        .from_name = field[0],
        .from_address = "nacka@grannsam.example.se",
        .subject = field[1],
        .text = field[2],
        .html = field[3],
        .list_id = "nacka.grannsam.example.se",
        .list_name = field[4],
        .domain = "grannsam.example.se",
        .language = "sv",
    };
    struct slot_values slots = {{"", field[5], field[6], "Nacka", "", "mars 2026"}};
    struct mail_recipient r = {
        .to_name = field[7],
        .to_address = "namn@example.se",
        .slots = &slots,
        .message_id = "dlv_1",
        .link = "https://grannsam.example.se/min-sida",
    };
    struct mail_form *form = NULL;
    struct buf out[2];
    buf_init(&out[0], OUT_MAX_BYTES);
    buf_init(&out[1], OUT_MAX_BYTES);
    if (mail_form_compile(&in, &form, NULL) == 0 && mail_form_fill(form, &r, &out[0], NULL) == 0) {
        check_message(&out[0]);
        int rc = mail_form_fill(form, &r, &out[1], NULL);
        assert(rc == 0 && out[0].len == out[1].len && memcmp(out[0].data, out[1].data, out[0].len) == 0);
    } else {
        assert(out[0].len == 0);
    }
    mail_form_free(form);
    buf_fini(&out[0]);
    buf_fini(&out[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[MAIL_TOKEN_KEY_BYTES] = {1};
    enum mail_token_purpose purpose = MAIL_TOKEN_BOUNCE;
    int64_t id = 0;
    char *field[FIELDS];
    cut(data, size, field);
    check_form(field);
    int rc = mail_token_open_local(key, field[0], &purpose, &id);
    assert(rc == 0 || id == 0);
    for (size_t i = 0; i < FIELDS; i++)
        free(field[i]);
    return 0;
}
