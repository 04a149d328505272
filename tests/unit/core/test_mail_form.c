/* core/mail_form.h: compile once, fill per recipient. Readers that nobody here wrote are in
 * tests/system/test_mime_parsers.py. */
#include "core/mail_form.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/test.h"

static struct buf out;
static struct mail_form *form;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, MAIL_MESSAGE_MAX_BYTES);
    form = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mail_form_free(form);
    buf_fini(&out);
    return 0;
}

static const struct mail_form_input plain = {
    .from_name = "Grannbud",
    .from_address = "grannbud@grannsam.example.se",
    .subject = "Påminnelse",
    .text = "Hej \x02!\n",
    .domain = "grannsam.example.se",
    .language = "sv",
    .auto_submitted = true,
};

static const struct mail_form_input letter = {
    .from_name = "Polisen Nacka grannsamverkan",
    .from_address = "nacka@grannsam.example.se",
    .reply_to = "svar@grannsam.example.se",
    .subject = "Månadsbrev, \x05",
    .text = "Hej \x01!\nDin sida: \x06\n",
    .html = "<p>Hej \x01!</p>\n<p><a href=\"\x06\">Din sida</a></p>\n",
    .list_id = "nacka.grannsam.example.se",
    .list_name = "Grannsamverkan Nacka",
    .list_help = "https://grannsam.example.se/hjalp",
    .list_owner = "agare@grannsam.example.se",
    .list_archive = "https://grannsam.example.se/arkiv",
    .organisation = "Polismyndigheten",
    .feedback_id = "letter:nacka:1:grannbud",
    .precedence = "list",
    .language = "sv",
    .domain = "grannsam.example.se",
    .auto_submitted = true,
};

static const struct slot_values slots = {
    .value = {[SLOT_GROUP] = "Lärkvägen & <co>", [SLOT_NAME] = "Märta", [SLOT_PERIOD] = "mars 2026"},
};

static const struct mail_recipient marta = {
    .to_name = "Märta Fiktiv",
    .to_address = "marta.fiktiv@example.se",
    .slots = &slots,
    .message_id = "dlv_0d4k7h2m9q1r5",
    .unsubscribe_url = "https://grannsam.example.se/u/abc?a=1&b=2",
    .unsubscribe_mailto = "u+abc@grannsam.example.se",
    .date_us = INT64_C(1788246000000000),
    .date_offset_minutes = 120,
};

static const char *filled(const struct mail_form_input *in, const struct mail_recipient *r)
{
    struct err err = {.text = ""};
    mail_form_free(form);
    form = NULL;
    if (mail_form_compile(in, &form, &err) != 0 || mail_form_fill(form, r, &out, &err) != 0)
        fail_msg("%s", err.text);
    return buf_str(&out);
}

static void test_mail_form_fill__writes_a_plain_mail(void **state)
{
    (void)state;
    struct mail_recipient r = marta;
    r.unsubscribe_url = r.unsubscribe_mailto = NULL;
    assert_string_equal(filled(&plain, &r), "From: Grannbud <grannbud@grannsam.example.se>\r\n"
                                            "To: =?utf-8?Q?M=C3=A4rta_Fiktiv?= <marta.fiktiv@example.se>\r\n"
                                            "Date: Tue, 01 Sep 2026 09:00:00 +0200\r\n"
                                            "Message-ID: <dlv_0d4k7h2m9q1r5@grannsam.example.se>\r\n"
                                            "Subject: =?utf-8?Q?P=C3=A5minnelse?=\r\n"
                                            "Auto-Submitted: auto-generated\r\n"
                                            "X-Auto-Response-Suppress: All\r\n"
                                            "MIME-Version: 1.0\r\n"
                                            "Content-Language: sv\r\n"
                                            "Content-Type: text/plain; charset=utf-8\r\n"
                                            "Content-Transfer-Encoding: quoted-printable\r\n"
                                            "\r\n"
                                            "Hej=20M=C3=A4rta!\r\n");
}

static void test_mail_form_fill__writes_a_letter(void **state)
{
    (void)state;
    const char *text = filled(&letter, &marta);
    const char *boundary = strstr(text, "=_gb_");
    assert_non_null(boundary);
    char want[3000];
    int n = snprintf(want, sizeof want,
                     "From: Polisen Nacka grannsamverkan <nacka@grannsam.example.se>\r\n"
                     "To: =?utf-8?Q?M=C3=A4rta_Fiktiv?= <marta.fiktiv@example.se>\r\n"
                     "Date: Tue, 01 Sep 2026 09:00:00 +0200\r\n"
                     "Message-ID: <dlv_0d4k7h2m9q1r5@grannsam.example.se>\r\n"
                     "Reply-To: <svar@grannsam.example.se>\r\n"
                     "Feedback-ID: letter:nacka:1:grannbud\r\n"
                     "List-Unsubscribe: <https://grannsam.example.se/u/abc?a=1&b=2>,\r\n"
                     " <mailto:u+abc@grannsam.example.se>\r\n"
                     "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
                     "Subject: =?utf-8?Q?M=C3=A5nadsbrev=2C_mars_2026?=\r\n"
                     "Organization: Polismyndigheten\r\n"
                     "Precedence: list\r\n"
                     "Auto-Submitted: auto-generated\r\n"
                     "X-Auto-Response-Suppress: All\r\n"
                     "MIME-Version: 1.0\r\n"
                     "Content-Language: sv\r\n"
                     "List-Id: Grannsamverkan Nacka <nacka.grannsam.example.se>\r\n"
                     "List-Help: <https://grannsam.example.se/hjalp>\r\n"
                     "List-Owner: <mailto:agare@grannsam.example.se>\r\n"
                     "List-Archive: <https://grannsam.example.se/arkiv>\r\n"
                     "List-Post: NO\r\n"
                     "Content-Type: multipart/alternative;\r\n"
                     " boundary=\"%.29s\"\r\n"
                     "\r\n"
                     "--%.29s\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: quoted-printable\r\n"
                     "\r\n"
                     "Hej=20L=C3=A4rkv=C3=A4gen & <co>!\r\n"
                     "Din sida:=20https://grannsam.example.se/u/abc?a=3D1&b=3D2\r\n"
                     "\r\n"
                     "--%.29s\r\n"
                     "Content-Type: text/html; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: quoted-printable\r\n"
                     "\r\n"
                     "<p>Hej=20L=C3=A4rkv=C3=A4gen=20&amp;=20&lt;co&gt;!</p>\r\n"
                     "<p><a href=3D\"https://grannsam.example.se/u/abc?a=3D1&amp;b=3D2=\r\n"
                     "\">Din sida</a></p>\r\n"
                     "\r\n"
                     "--%.29s--\r\n",
                     boundary, boundary, boundary, boundary);
    assert_in_range(n, 1, sizeof want - 1);
    assert_string_equal(text, want);
}

/* --- bodies ---------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    assert_int_not_equal(c, 0);
    const char *at = strchr(digits, c);
    assert_non_null(at);
    return (int)(at - digits);
}

/* The message's body decoded by the letter of RFC 2045; asserts that lines end in CRLF and have at most 76
 * characters, none of them white space at the end. */
static void decode_body(const char *message, struct buf *into)
{
    const char *p = strstr(message, "\r\n\r\n");
    assert_non_null(p);
    buf_reset(into);
    p += 4;
    while (*p) {
        const char *end = strstr(p, "\r\n");
        assert_non_null(end);
        assert_in_range(end - p, 0, 76);
        if (end > p && (end[-1] == ' ' || end[-1] == '\t'))
            fail_msg("white space at the end of a line");
        bool soft = false;
        for (; p < end; p++) {
            soft = *p == '=' && p + 1 == end;
            if (soft)
                break;
            if (*p == '=') {
                assert_true(end - p > 2);
                buf_addc(into, (char)(hex_digit(p[1]) * 16 + hex_digit(p[2])));
                p += 2;
            } else {
                assert_in_range((unsigned char)*p, '\t', '~');
                buf_addc(into, *p);
            }
        }
        if (!soft)
            buf_addc(into, '\n');
        p = end + 2;
    }
}

static void substitute(const char *template, const struct slot_values *values, struct buf *into)
{
    buf_reset(into);
    for (const char *p = template; *p; p++) {
        if (*p > 0 && *p <= SLOT_MAX)
            buf_adds(into, values->value[(int)*p]);
        else
            buf_addc(into, *p);
    }
}

static void repeat(struct buf *into, const char *what, int times)
{
    for (int i = 0; i < times; i++)
        buf_adds(into, what);
}

/* The frame with "(" and ")" replaced by so many x. */
static void stretch(const char *frame, int before, int after, struct buf *into)
{
    buf_reset(into);
    for (; *frame; frame++) {
        if (*frame == '(' || *frame == ')')
            repeat(into, "x", *frame == '(' ? before : after);
        else
            buf_addc(into, *frame);
    }
}

/* Slots at every place of a line and beside each other, with values of many lengths: soft breaks fall everywhere. */
static void test_mail_form_fill__decodes_to_the_plain_substitution(void **state)
{
    (void)state;
    static const char *const frames[] = {"(\x01)\n", "(\x01\x02)\x03\n", "\x01(\n\x02\n)\x03.\n",
                                         "( \x01 )\002From x\n", "(\n\x01\n.)\n"};
    static const char *const kinds[] = {"y", ".", "å", "😀", "From ", "=", " "};
    struct buf b[4]; /* template, value, want, got */
    for (size_t i = 0; i < 4; i++)
        buf_init(&b[i], 1 << 16);
    for (size_t round = 0; round < 5 * 90 * 7; round++) {
        const char *kind = kinds[round % 7];
        int before = (int)(round / 7 % 90);
        stretch(frames[round / 7 / 90], before, 89 - before, &b[0]);
        buf_reset(&b[1]);
        repeat(&b[1], kind, before % 40);
        struct slot_values values = {{"", buf_str(&b[1]), kind, "", "", ""}};
        struct mail_form_input in = plain;
        struct mail_recipient r = marta;
        in.text = buf_str(&b[0]);
        r.slots = &values;
        decode_body(filled(&in, &r), &b[3]);
        substitute(in.text, &values, &b[2]);
        assert_string_equal(buf_str(&b[3]), buf_str(&b[2]));
    }
    for (size_t i = 0; i < 4; i++)
        buf_fini(&b[i]);
}

static void test_mail_form_compile__ends_a_body_in_a_line_end(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\x02", "Hej", "Hej \x02", "Hej ", "\n"};
    static const char *const want[] = {"\n", "Märta\n", "Hej\n", "Hej Märta\n", "Hej \n", "\n"};
    struct buf got;
    buf_init(&got, 1 << 16);
    for (size_t i = 0; i < 6; i++) {
        struct mail_form_input in = plain;
        in.text = texts[i];
        decode_body(filled(&in, &marta), &got);
        assert_string_equal(buf_str(&got), want[i]);
    }
    buf_fini(&got);
}

static void test_mail_form_fill__nothing_can_end_a_part(void **state)
{
    (void)state;
    char value[80];
    struct slot_values values = slots;
    struct mail_recipient r = marta;
    const char *boundary = strstr(filled(&letter, &marta), "=_gb_");
    snprintf(value, sizeof value, "--%.29s--", boundary);
    values.value[SLOT_GROUP] = value;
    r.slots = &values;
    const char *text = filled(&letter, &r);
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, "=_gb_")) != NULL; p++)
        count++;
    assert_int_equal(count, 4); /* the parameter, two parts, the end */
}

/* --- headers --------------------------------------------------------------------------------------------------- */

static void test_mail_form_fill__marks_an_exercise(void **state)
{
    (void)state;
    struct mail_form_input in = plain;
    in.subject = "Larm";
    in.exercise = true;
    assert_non_null(strstr(filled(&in, &marta), "\r\nSubject: =?utf-8?B?W8OWVk5JTkddIExhcm0=?=\r\n"));
}

static void test_mail_form_fill__the_recipients_own_values_go_first(void **state)
{
    (void)state;
    struct mail_form_input in = letter;
    in.in_reply_to = "dlv_1@grannsam.example.se";
    in.references = "dlv_0@grannsam.example.se dlv_1@grannsam.example.se";
    const char *text = filled(&in, &marta);
    assert_non_null(strstr(text, "\r\nReply-To: <svar@grannsam.example.se>\r\n"));
    assert_non_null(strstr(text, "\r\nIn-Reply-To: <dlv_1@grannsam.example.se>\r\n"
                                 "References: <dlv_0@grannsam.example.se> <dlv_1@grannsam.example.se>\r\n"));
    struct mail_recipient r = marta;
    r.reply_to = "r+abc@grannsam.example.se";
    r.feedback_id = "letter:varmdo:1:grannbud";
    r.in_reply_to = "dlv_7@grannsam.example.se";
    r.link = "https://grannsam.example.se/min-sida/abc";
    text = filled(&in, &r);
    assert_non_null(strstr(text, "\r\nReply-To: <r+abc@grannsam.example.se>\r\n"));
    assert_non_null(strstr(text, "\r\nFeedback-ID: letter:varmdo:1:grannbud\r\n"));
    assert_non_null(strstr(text, "\r\nIn-Reply-To: <dlv_7@grannsam.example.se>\r\n"
                                 "References: <dlv_7@grannsam.example.se>\r\n"));
    assert_non_null(strstr(text, "Din sida:=20https://grannsam.example.se/min-sida/abc\r\n"));
    r.references = "msg_1@grannsam.example.se dlv_7@grannsam.example.se";
    assert_non_null(strstr(filled(&in, &r), "\r\nIn-Reply-To: <dlv_7@grannsam.example.se>\r\n"
                                            "References: <msg_1@grannsam.example.se> <dlv_7@grannsam.example.se>\r\n"));
}

static void test_mail_form_fill__a_copy_for_many_names_nobody(void **state)
{
    (void)state;
    struct mail_recipient r = marta;
    r.to_address = NULL;
    const char *text = filled(&letter, &r);
    assert_non_null(strstr(text, "\r\nTo: undisclosed-recipients:;\r\n"));
    assert_null(strstr(text, marta.to_address));
}

static void test_mail_form_fill__one_click_needs_an_https_url(void **state)
{
    (void)state;
    struct mail_recipient r = marta;
    r.unsubscribe_url = "http://grannsam.example.se/u/abc";
    assert_null(strstr(filled(&letter, &r), "List-Unsubscribe-Post"));
    r = marta;
    r.link = r.unsubscribe_url;
    r.unsubscribe_url = NULL;
    assert_null(strstr(filled(&letter, &r), "List-Unsubscribe-Post"));
    assert_non_null(strstr(buf_str(&out), "\r\nList-Unsubscribe: <mailto:u+abc@grannsam.example.se>\r\n"));
}

static void test_mail_form_fill__utf8_local_part_needs_smtputf8(void **state)
{
    (void)state;
    struct mail_recipient r = marta;
    struct err err = {.text = ""};
    r.to_address = "märta@example.se";
    r.smtputf8 = true;
    assert_non_null(strstr(filled(&plain, &r), "\r\nTo: =?utf-8?Q?M=C3=A4rta_Fiktiv?= <märta@example.se>\r\n"));
    r.smtputf8 = false;
    assert_int_equal(mail_form_fill(form, &r, &out, &err), ERR_INVALID);
    assert_int_equal(out.len, 0);
    assert_null(strstr(err.text, "example.se"));
    assert_non_null(strstr(err.text, "mail: To is not valid"));
}

/* --- what is refused ------------------------------------------------------------------------------------------- */

static void test_mail_form_fill__a_missing_slot_sends_nothing(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct slot_values values = slots;
    struct mail_recipient r = marta;
    filled(&letter, &marta);
    values.value[SLOT_GROUP] = NULL;
    r.slots = &values;
    assert_int_equal(mail_form_fill(form, &r, &out, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "{{group}}"));
    assert_int_equal(out.len, 0);
    r.slots = NULL;
    assert_int_equal(mail_form_fill(form, &r, &out, NULL), ERR_INVALID);
    r = marta;
    r.unsubscribe_url = NULL;
    assert_int_equal(mail_form_fill(form, &r, &out, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "the personal link"));
}

static void test_mail_form_fill__a_control_in_a_value_sends_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\r\nBcc: x@example.se", "a\nb", "a\tb", "\x01", "\x7f", "\xff", "\xe2\x80\xae"};
    filled(&letter, &marta);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct slot_values values = slots;
        values.value[SLOT_GROUP] = bad[i];
        struct mail_recipient rows[6];
        for (size_t k = 0; k < 6; k++)
            rows[k] = marta;
        rows[0].slots = &values;
        rows[1].to_name = bad[i];
        rows[2].message_id = bad[i];
        rows[3].unsubscribe_url = bad[i];
        rows[4].reply_to = bad[i];
        rows[5].link = bad[i];
        for (size_t k = 0; k < 6; k++) {
            assert_int_equal(mail_form_fill(form, &rows[k], &out, NULL), ERR_INVALID);
            assert_int_equal(out.len, 0);
        }
    }
}

static void refuse(const struct mail_form_input *in, int rc, const char *words)
{
    struct err err = {.text = ""};
    struct mail_form *none = NULL;
    assert_int_equal(mail_form_compile(in, &none, &err), rc);
    assert_null(none);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_mail_form_compile__names_the_field(void **state)
{
    (void)state;
#define REFUSE(field, value, words)         \
    do {                                    \
        struct mail_form_input in = letter; \
        in.field = (value);                 \
        refuse(&in, ERR_INVALID, words);    \
    } while (0)
    REFUSE(from_name, "a\nb", "From");
    REFUSE(from_address, "a b@c", "From");
    REFUSE(from_address, "åsa@example.se", "From");
    REFUSE(reply_to, "<a@b>", "Reply-To");
    REFUSE(subject, "a\rb", "Subject");
    REFUSE(subject, "\x06", "Subject");
    REFUSE(text, "a\rb", "the text body");
    REFUSE(text, "\x07", "the text body");
    REFUSE(html, "\xff", "the HTML body");
    REFUSE(list_id, "nacka", "List-Id");
    REFUSE(list_name, "\x1b", "List-Id");
    REFUSE(list_help, "nacka", "List-Help");
    REFUSE(list_owner, "nacka", "List-Owner");
    REFUSE(list_archive, "ftp://x", "List-Archive");
    REFUSE(organisation, "\x7f", "Organization");
    REFUSE(feedback_id, "å", "Feedback-ID");
    REFUSE(precedence, "", "Precedence");
    REFUSE(language, "s v ", "Content-Language");
    REFUSE(in_reply_to, "<a@b>", "In-Reply-To");
    REFUSE(references, "a", "References");
    REFUSE(domain, "å.se", "domain");
#undef REFUSE
}

static void test_mail_form_compile__has_bounds(void **state)
{
    (void)state;
    static char big[MAIL_TEMPLATE_MAX_BYTES + 2];
    struct mail_form_input in = letter;
    memset(big, '=', sizeof big - 1);
    in.html = big;
    refuse(&in, ERR_TOO_LARGE, "the HTML body is too long");
    big[MAIL_TEMPLATE_MAX_BYTES] = '\0';
    in.text = big;
    filled(&in, &marta); /* the largest */
    assert_in_range(out.len, 6 * MAIL_TEMPLATE_MAX_BYTES, MAIL_MESSAGE_MAX_BYTES / 2);

    memset(big, SLOT_NAME, MAIL_SLOTS_MAX);
    big[MAIL_SLOTS_MAX] = '\0';
    in.html = "";
    filled(&in, &marta);
    memset(big, SLOT_NAME, 2 * MAIL_SLOTS_MAX + 10);
    big[2 * MAIL_SLOTS_MAX + 10] = '\0';
    refuse(&in, ERR_TOO_LARGE, "fewer slots");
}

static void test_mail_form_fill__a_full_buffer_sends_nothing(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    filled(&letter, &marta);
    size_t whole = out.len;
    for (size_t max = 1; max < whole; max += 7) {
        struct buf small;
        buf_init(&small, max);
        assert_int_equal(mail_form_fill(form, &marta, &small, &err), ERR_TOO_LARGE);
        assert_int_equal(small.len, 0);
        assert_non_null(strstr(err.text, "shorten it"));
        buf_fini(&small);
    }
}

/* --- one form, many recipients --------------------------------------------------------------------------------- */

static void test_mail_form_fill__is_the_same_each_time_and_takes_no_memory(void **state)
{
    (void)state;
    char *first = strdup(filled(&letter, &marta));
    struct mail_recipient other = marta;
    other.to_name = "Åke Påhittad";
    other.to_address = "ake@example.se";
    const char *data = out.data;
    size_t cap = out.cap;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(mail_form_fill(form, &other, &out, NULL), 0);
        assert_null(strstr(buf_str(&out), "marta.fiktiv"));
        assert_int_equal(mail_form_fill(form, &marta, &out, NULL), 0);
        assert_string_equal(buf_str(&out), first);
        assert_null(strstr(buf_str(&out), "ake@"));
    }
    assert_ptr_equal(out.data, data);
    assert_int_equal(out.cap, cap);
    free(first);
}

static void test_mail_form_uses__tells_the_placeholders(void **state)
{
    (void)state;
    filled(&letter, &marta);
    assert_true(mail_form_uses(form, SLOT_GROUP));
    assert_true(mail_form_uses(form, SLOT_PERIOD)); /* in the subject only */
    assert_true(mail_form_uses(form, SLOT_LINK));
    assert_false(mail_form_uses(form, SLOT_NAME));
    assert_false(mail_form_uses(form, SLOT_AREA));
    mail_form_free(NULL);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_mail_form_fill__writes_a_plain_mail, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__writes_a_letter, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__decodes_to_the_plain_substitution, setup, teardown),
    TEST_FIXTURE(test_mail_form_compile__ends_a_body_in_a_line_end, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__nothing_can_end_a_part, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__marks_an_exercise, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__the_recipients_own_values_go_first, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__a_copy_for_many_names_nobody, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__one_click_needs_an_https_url, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__utf8_local_part_needs_smtputf8, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__a_missing_slot_sends_nothing, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__a_control_in_a_value_sends_nothing, setup, teardown),
    TEST_FIXTURE(test_mail_form_compile__names_the_field, setup, teardown),
    TEST_FIXTURE(test_mail_form_compile__has_bounds, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__a_full_buffer_sends_nothing, setup, teardown),
    TEST_FIXTURE(test_mail_form_fill__is_the_same_each_time_and_takes_no_memory, setup, teardown),
    TEST_FIXTURE(test_mail_form_uses__tells_the_placeholders, setup, teardown),
};

TEST_MAIN(tests)
