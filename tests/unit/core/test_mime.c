/* core/mime.h: header fields and quoted-printable, byte by byte. */
#include "core/mime.h"

#include "base/buf.h"
#include "base/err.h"
#include "lib/test.h"

static struct buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

struct text_row {
    const char *value;
    const char *field;
};

static void test_mime_add_text__is_plain_or_encoded_whole(void **state)
{
    (void)state;
    static const struct text_row rows[] = {
        {"", "Subject: \r\n"},
        {"Hej", "Subject: Hej\r\n"},
        {"a, b; \"c\" <d>", "Subject: a, b; \"c\" <d>\r\n"},
        {"Åsa", "Subject: =?utf-8?Q?=C3=85sa?=\r\n"},
        {"åäö åäö", "Subject: =?utf-8?B?w6XDpMO2IMOlw6TDtg==?=\r\n"},
        {" kant", "Subject: =?utf-8?Q?_kant?=\r\n"},
        {"kant ", "Subject: =?utf-8?Q?kant_?=\r\n"},
        {"två  blanka", "Subject: =?utf-8?Q?tv=C3=A5__blanka?=\r\n"},
        {"a  b", "Subject: =?utf-8?Q?a__b?=\r\n"},
        {"=?utf-8?Q?x?=", "Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n"},
        {"a_b å", "Subject: =?utf-8?B?YV9iIMOl?=\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        assert_int_equal(mime_add_text(&out, "Subject", rows[i].value), 0);
        assert_string_equal(buf_str(&out), rows[i].field);
    }
}

static void test_mime_add_text__folds_plain_words_at_76(void **state)
{
    (void)state;
    assert_int_equal(mime_add_text(&out, "Subject",
                                   "en rad som blir precis sjuttiosex tecken om man skriver dess slut ok "
                                   "och sedan en rad till"),
                     0);
    assert_string_equal(buf_str(&out), "Subject: en rad som blir precis sjuttiosex tecken om man skriver dess slut\r\n"
                                       " ok och sedan en rad till\r\n");
}

/* The widest line of the buffer, without its CRLF. */
static size_t widest(void)
{
    size_t max = 0;
    for (const char *p = buf_str(&out); *p;) {
        const char *end = strstr(p, "\r\n");
        assert_non_null(end);
        if ((size_t)(end - p) > max)
            max = (size_t)(end - p);
        p = end + 2;
    }
    return max;
}

static void repeat(struct buf *into, const char *what, int times)
{
    for (int i = 0; i < times; i++)
        buf_adds(into, what);
}

static void test_mime_add_text__never_splits_a_character(void **state)
{
    (void)state;
    struct buf value;
    buf_init(&value, 1000);
    for (int before = 0; before < 80; before++) { /* push the border through all places in the characters */
        buf_reset(&value);
        repeat(&value, "x", before);
        repeat(&value, "å😀", 20);
        buf_reset(&out);
        assert_int_equal(mime_add_text(&out, "Subject", buf_str(&value)), 0);
        assert_in_range(widest(), 40, 76);
        for (const char *p = buf_str(&out); (p = strstr(p, "?Q?")) != NULL; p += 3) {
            bool continuation = p[3] == '=' && strchr("89AB", p[4]) != NULL;
            assert_false(continuation);
        }
    }
    buf_fini(&value);
}

/* GMime joins adjacent words before it decodes base 64: padding inside would end the value there. */
static void test_mime_add_text__only_the_last_b_word_has_padding(void **state)
{
    (void)state;
    struct buf value;
    buf_init(&value, 1000);
    for (int i = 0; i < 60; i++)
        buf_adds(&value, i % 7 ? "åß" : "😀");
    assert_int_equal(mime_add_text(&out, "Subject", buf_str(&value)), 0);
    buf_fini(&value);
    assert_null(strstr(buf_str(&out), "=?=\r\n ")); /* a padded word that another follows */
    assert_non_null(strstr(buf_str(&out), "?B?"));
}

static void test_mime_add_text__refuses_controls_and_leaves_the_buffer(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\rb",     "a\nb",         "a\r\nBcc: x@example.se",
                                      "a\tb",     "\x1b[31m",     "\x7f",
                                      "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae",
                                      "\xff",     "\xc3",         "\xed\xa0\x80",
                                      "\xc0\x80", "\xe2\x81\xa6", "å\x01"};
    buf_adds(&out, "before");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(mime_add_text(&out, "Subject", bad[i]), ERR_INVALID);
        assert_int_equal(mime_add_mailbox(&out, "To", bad[i], "namn@example.se", false), ERR_INVALID);
        assert_int_equal(mime_add_mailbox(&out, "To", NULL, bad[i], true), ERR_INVALID);
        assert_int_equal(mime_add_token(&out, "Feedback-ID", bad[i]), ERR_INVALID);
        assert_int_equal(mime_add_ids(&out, "Message-ID", bad[i]), ERR_INVALID);
        assert_int_equal(mime_add_uris(&out, "List-Help", bad[i], NULL), ERR_INVALID);
        assert_int_equal(mime_add_list_id(&out, "List-Id", bad[i], "a.b"), ERR_INVALID);
    }
    assert_string_equal(buf_str(&out), "before");
}

static void test_mime_add_text__too_large_changes_nothing(void **state)
{
    (void)state;
    char value[MIME_VALUE_MAX_BYTES + 2];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_int_equal(mime_add_text(&out, "Subject", value), ERR_TOO_LARGE);
    value[MIME_VALUE_MAX_BYTES] = '\0';
    assert_int_equal(mime_add_text(&out, "Subject", value), 0);
    assert_int_equal(widest(), 76);

    struct buf small;
    buf_init(&small, 30);
    buf_adds(&small, "12345");
    assert_int_equal(mime_add_text(&small, "Subject", "abcdefghijklmnopqrstuvwxyz"), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&small), "12345");
    buf_fini(&small);
}

struct mailbox_row {
    const char *display;
    const char *field;
};

static void test_mime_add_mailbox__writes_atoms_quotes_or_encoded_words(void **state)
{
    (void)state;
    static const struct mailbox_row rows[] = {
        {NULL, "To: <namn@example.se>\r\n"},
        {"", "To: <namn@example.se>\r\n"},
        {"Namn Namnsson", "To: Namn Namnsson <namn@example.se>\r\n"},
        {"Namn N. Namnsson", "To: \"Namn N. Namnsson\" <namn@example.se>\r\n"},
        {"Namnsson, Namn", "To: \"Namnsson, Namn\" <namn@example.se>\r\n"},
        {"a\"b\\c", "To: \"a\\\"b\\\\c\" <namn@example.se>\r\n"},
        {"<x@example.se>", "To: \"<x@example.se>\" <namn@example.se>\r\n"},
        {"Märta Fiktiv", "To: =?utf-8?Q?M=C3=A4rta_Fiktiv?= <namn@example.se>\r\n"},
        {"\"Åsa\"", "To: =?utf-8?B?IsOFc2Ei?= <namn@example.se>\r\n"},
        {"=?utf-8?Q?x?=", "To: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <namn@example.se>\r\n"},
        {"Grannsamverkan i Skäldervikens båtklubb och hamn",
         "To: =?utf-8?Q?Grannsamverkan_i_Sk=C3=A4ldervikens_b=C3=A5tklubb_och_hamn?=\r\n <namn@example.se>\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        assert_int_equal(mime_add_mailbox(&out, "To", rows[i].display, "namn@example.se", false), 0);
        assert_string_equal(buf_str(&out), rows[i].field);
    }
}

static void test_mime_add_mailbox__utf8_local_part_only_when_allowed(void **state)
{
    (void)state;
    assert_int_equal(mime_add_mailbox(&out, "To", NULL, "åsa@example.se", false), ERR_INVALID);
    assert_int_equal(out.len, 0);
    assert_int_equal(mime_add_mailbox(&out, "To", "Åsa", "åsa@example.se", true), 0);
    assert_string_equal(buf_str(&out), "To: =?utf-8?Q?=C3=85sa?= <åsa@example.se>\r\n");
    assert_int_equal(mime_add_mailbox(&out, "To", NULL, "asa@ängelholm.example", true), ERR_INVALID);
}

static void test_mime_is_address__takes_dot_atoms_only(void **state)
{
    (void)state;
    static const char *const good[] = {"a@b", "namn.namnsson+x@example.se", "o'hara@example.se",
                                       "a@xn--ngelholm-zza.example"};
    static const char *const bad[] = {"",      "@",      "a",         "a@",      "@b",      "a b@c",    "a@b c",
                                      "<a@b>", "a@b>",   "a@b,c@d",   ".a@b",    "a.@b",    "a..b@c",   "a@b.",
                                      "a@.b",  "a@b..c", "\"a b\"@c", "a@[::1]", "a@b@c d", "a@b\r\nc", "a(x)@b",
                                      "å@b",   "a@å",    "a;b@c",     "a:b@c",   "a\\b@c",  "a@b_c"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(mime_is_address(good[i], false));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(mime_is_address(bad[i], false));
    char address[400];
    memset(address, 'x', sizeof address);
    memcpy(address + 64, "@b", 3);
    assert_true(mime_is_address(address, false));
    memcpy(address + 64, "x@b", 4);
    assert_false(mime_is_address(address, false));
    memset(address, 'x', sizeof address);
    memcpy(address, "a@", 2);
    address[2 + 255] = '\0';
    assert_true(mime_is_address(address, false));
    address[2 + 255] = 'x';
    address[2 + 256] = '\0';
    assert_false(mime_is_address(address, false));
}

static void test_mime_add_uris__folds_between_and_escapes_mailto(void **state)
{
    (void)state;
    assert_int_equal(mime_add_uris(&out, "List-Unsubscribe",
                                   "https://grannsam.example.se/u/0d4k7h2m9q1r50d4k7h2m9q1r5abc",
                                   "u+0d4k7h2m9q1r50d4k7h2m9q1r5abc@grannsam.example.se"),
                     0);
    assert_string_equal(buf_str(&out),
                        "List-Unsubscribe: <https://grannsam.example.se/u/0d4k7h2m9q1r50d4k7h2m9q1r5abc>,\r\n"
                        " <mailto:u+0d4k7h2m9q1r50d4k7h2m9q1r5abc@grannsam.example.se>\r\n");
    buf_reset(&out);
    assert_int_equal(mime_add_uris(&out, "List-Owner", NULL, "a?b&c%d@example.se"), 0);
    assert_string_equal(buf_str(&out), "List-Owner: <mailto:a%3Fb%26c%25d@example.se>\r\n");
    char url[MIME_TOKEN_MAX_BYTES + 2] = "https://";
    memset(url + 8, 'x', sizeof url - 9);
    url[sizeof url - 1] = '\0';
    assert_int_equal(mime_add_uris(&out, "List-Help", url, NULL), ERR_TOO_LARGE);
    url[MIME_TOKEN_MAX_BYTES] = '\0';
    assert_int_equal(mime_add_uris(&out, "List-Help", url, NULL), 0);
    assert_in_range(widest(), 900, 998);
}

static void test_mime_add_ids__folds_between_ids(void **state)
{
    (void)state;
    assert_int_equal(mime_add_ids(&out, "References", "dlv_1@grannsam.example.se dlv_2@grannsam.example.se dlv_3@x.se"),
                     0);
    assert_string_equal(buf_str(&out), "References: <dlv_1@grannsam.example.se> <dlv_2@grannsam.example.se>\r\n"
                                       " <dlv_3@x.se>\r\n");
    static const char *const bad[] = {"",     " ",    "a",        "a@",      "@b",   "<a@b>",
                                      "a@b ", " a@b", "a@b  c@d", "a@b,c@d", "a@b c"};
    size_t len = out.len;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(mime_add_ids(&out, "References", bad[i]), ERR_INVALID);
    assert_int_equal(out.len, len);
}

static void test_mime_add_list_id__is_a_dot_atom_with_a_dot(void **state)
{
    (void)state;
    assert_int_equal(mime_add_list_id(&out, "List-Id", "Grannsamverkan Ängelholm", "angelholm.grannsam.example.se"), 0);
    assert_string_equal(buf_str(&out), "List-Id: =?utf-8?Q?Grannsamverkan_=C3=84ngelholm?=\r\n"
                                       " <angelholm.grannsam.example.se>\r\n");
    static const char *const bad[] = {"", "a", "a b.c", "å.se", "a..b", "<a.b>", ".a", "a."};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(mime_add_list_id(&out, "List-Id", NULL, bad[i]), ERR_INVALID);
}

struct date_row {
    int64_t us;
    int offset;
    const char *field; /* NULL: refused */
};

static void test_mime_add_date__has_the_local_offset(void **state)
{
    (void)state;
    static const struct date_row rows[] = {
        {0, 0, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"},
        {INT64_C(1788246000999999), 120, "Date: Tue, 01 Sep 2026 09:00:00 +0200\r\n"},
        {INT64_C(1798754400000000), 60, "Date: Thu, 31 Dec 2026 23:00:00 +0100\r\n"},
        {INT64_C(1798758000000000), 60, "Date: Fri, 01 Jan 2027 00:00:00 +0100\r\n"},
        {INT64_C(1788246000000000), -210, "Date: Tue, 01 Sep 2026 03:30:00 -0330\r\n"},
        {INT64_C(1835438400000000), 0, "Date: Tue, 29 Feb 2028 12:00:00 +0000\r\n"},
        {-1, 0, NULL},
        {0, 15 * 60, NULL},
        {INT64_MAX, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        int rc = mime_add_date(&out, "Date", rows[i].us, rows[i].offset);
        assert_int_equal(rc, rows[i].field ? 0 : ERR_INVALID);
        assert_string_equal(buf_str(&out), rows[i].field ? rows[i].field : "");
    }
}

static void test_mime_check_body__keeps_all_but_controls(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a\tb\nc\n", "\xc2\xa0", "\xe2\x80\xa8", "\xe2\x80\xae", "😀\xcc\x81"};
    static const char *const bad[] = {"\r",       "a\r\n",    "\x01", "\x1b", "\x7f",
                                      "\xc2\x80", "\xc2\x9f", "\xff", "\xc3", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(mime_check_body(good[i], strlen(good[i])), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(mime_check_body(bad[i], strlen(bad[i])), ERR_INVALID);
    assert_int_equal(mime_check_body("a\0b", 3), ERR_INVALID);
}

struct qp_row {
    const char *text;
    const char *encoded;
};

#define X60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X70 X60 "xxxxxxxxxx"

static void test_mime_qp_add__protects_what_others_change(void **state)
{
    (void)state;
    static const struct qp_row rows[] = {
        {"", ""},
        {"a\n\nb", "a\r\n\r\nb"},
        {"a=b", "a=3Db"},
        {"å\n", "=C3=A5\r\n"},
        {"a \nb\t\nc d ", "a=20\r\nb=09\r\nc d=20"},
        {".\n..\na.", "=2E\r\n=2E.\r\na."},
        {"From a\nFrom b\n From\nFrost", "=46rom a\r\n=46rom b\r\n From\r\nFrost"},
        {"Fro", "=46ro"}, /* the next piece may go on with "m " */
        {"tab\there", "tab\there"},
        {X70 "12345", X70 "12345"},
        {X70 "123456", X70 "12345=\r\n6"},
        {X70 "12å", X70 "12=\r\n=C3=A5"},
        {X70 "12345.", X70 "12345=\r\n=2E"},
        {X70 "12345From x", X70 "12345=\r\n=46rom x"},
        {X60 "12345😀", X60 "12345=\r\n=F0=9F=98=80"},
        {X60 "123😀", X60 "123=F0=9F=98=80"},
        {X70 "1234 \n", X70 "1234=\r\n=20\r\n"},
        {X70 "12 \n", X70 "12=20\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mime_qp q = {0};
        buf_reset(&out);
        assert_int_equal(mime_qp_add(&q, rows[i].text, strlen(rows[i].text), &out), 0);
        assert_string_equal(buf_str(&out), rows[i].encoded);
        const char *last = strrchr(rows[i].encoded, '\n');
        assert_int_equal(q.column, strlen(last ? last + 1 : rows[i].encoded));
    }
}

static void test_mime_qp_add__pieces_share_the_column(void **state)
{
    (void)state;
    struct mime_qp q = {0};
    for (int i = 0; i < 30; i++)
        assert_int_equal(mime_qp_add(&q, "1234567", 7, &out), 0);
    assert_int_equal(mime_qp_soft_break(&q, &out), 0);
    assert_int_equal(mime_qp_soft_break(&q, &out), 0); /* the line is empty: nothing */
    assert_int_equal(widest(), 76);
    assert_int_equal(out.len, 210 + 3 * 3);
}

static void test_mime_qp_add__a_full_buffer_changes_nothing(void **state)
{
    (void)state;
    struct mime_qp q = {.column = 3};
    struct buf small;
    buf_init(&small, 20);
    assert_int_equal(mime_qp_add(&q, "åååååååååå", 20, &small), ERR_TOO_LARGE);
    assert_int_equal(small.len, 0);
    assert_int_equal(q.column, 3);
    buf_fini(&small);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_mime_add_text__is_plain_or_encoded_whole, setup, teardown),
    TEST_FIXTURE(test_mime_add_text__folds_plain_words_at_76, setup, teardown),
    TEST_FIXTURE(test_mime_add_text__never_splits_a_character, setup, teardown),
    TEST_FIXTURE(test_mime_add_text__only_the_last_b_word_has_padding, setup, teardown),
    TEST_FIXTURE(test_mime_add_text__refuses_controls_and_leaves_the_buffer, setup, teardown),
    TEST_FIXTURE(test_mime_add_text__too_large_changes_nothing, setup, teardown),
    TEST_FIXTURE(test_mime_add_mailbox__writes_atoms_quotes_or_encoded_words, setup, teardown),
    TEST_FIXTURE(test_mime_add_mailbox__utf8_local_part_only_when_allowed, setup, teardown),
    TEST_FIXTURE(test_mime_is_address__takes_dot_atoms_only, setup, teardown),
    TEST_FIXTURE(test_mime_add_uris__folds_between_and_escapes_mailto, setup, teardown),
    TEST_FIXTURE(test_mime_add_ids__folds_between_ids, setup, teardown),
    TEST_FIXTURE(test_mime_add_list_id__is_a_dot_atom_with_a_dot, setup, teardown),
    TEST_FIXTURE(test_mime_add_date__has_the_local_offset, setup, teardown),
    TEST_FIXTURE(test_mime_check_body__keeps_all_but_controls, setup, teardown),
    TEST_FIXTURE(test_mime_qp_add__protects_what_others_change, setup, teardown),
    TEST_FIXTURE(test_mime_qp_add__pieces_share_the_column, setup, teardown),
    TEST_FIXTURE(test_mime_qp_add__a_full_buffer_changes_nothing, setup, teardown),
};

TEST_MAIN(tests)
