/* SMS length: the table of 3GPP TS 23.038, the borders of parts, and random texts against another reckoning. */
#include "core/sms_text.h"

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "lib/test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct sms_text made(const char *text)
{
    struct sms_text sms = {0};
    assert_int_equal(sms_text_make(text, &sms), 0);
    return sms;
}

static void check(const char *text, bool gsm7, size_t units, size_t parts)
{
    struct sms_text sms = made(text);
    if (sms.is_gsm7 != gsm7 || sms.units != units || sms.parts != parts)
        fail_msg("\"%.40s\": %s, %zu units, %zu parts", text, sms.is_gsm7 ? "GSM-7" : "UCS-2", sms.units, sms.parts);
    sms_text_fini(&sms);
}

/* `unit` n times, then `tail`. */
static char *repeated(const char *unit, size_t n, const char *tail)
{
    size_t len = strlen(unit);
    char *out = test_malloc(len * n + strlen(tail) + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * len, unit, len);
    memcpy(out + n * len, tail, strlen(tail) + 1);
    return out;
}

static void check_repeated(const char *unit, size_t n, const char *tail, bool gsm7, size_t units, size_t parts)
{
    char *text = repeated(unit, n, tail);
    check(text, gsm7, units, parts);
    test_free(text);
}

static void test_make__has_the_whole_default_alphabet(void **state)
{
    (void)state;
    /* Row by row of the table; 0x1b is the escape, and £ to Ç and so on stand where no ASCII is. */
    static const char *const rows[] = {"@£$¥èéùìòÇ\nØøÅå", "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ",  " !\"#¤%&'()*+,-./", "0123456789:;<=>?",
                                       "¡ABCDEFGHIJKLMNO", "PQRSTUVWXYZÄÖÑÜ§", "¿abcdefghijklmno",  "pqrstuvwxyzäöñüà"};
    static const size_t lengths[] = {15, 15, 16, 16, 16, 16, 16, 16};
    for (size_t i = 0; i < COUNT(rows); i++)
        check(rows[i], true, lengths[i], 1);
}

static void test_make__extension_characters_take_two(void **state)
{
    (void)state;
    check("^{}\\[~]|€", true, 18, 1);
    check("€", true, 2, 1);
    check("a€b", true, 4, 1);
}

static void test_make__anything_else_makes_it_ucs2(void **state)
{
    (void)state;
    static const char *const outside[] = {"á", "ê", "ş", "Č", "Ł", "ø̈", "ж", "م", "☎"};
    for (size_t i = 0; i < COUNT(outside); i++) {
        struct sms_text sms = made(outside[i]);
        assert_false(sms.is_gsm7);
        sms_text_fini(&sms);
    }
    check("😀", false, 2, 1);
    check("å😀", false, 3, 1);
    struct sms_text sms = made("Hej 😀 á");
    assert_string_equal(sms.outside, "😀");
    sms_text_fini(&sms);
}

static void test_make__normalises_typography(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"”Hej” – sa hon…", "\"Hej\" - sa hon..."},
        {"‘a’ „b“ «c»", "'a' \"b\" \"c\""},
        {"112\u00a0eller\u202f114\u00a014", "112 eller 114 14"},
        {"in\u00adbrott\u200b", "inbrott"},
        {"• råd\r\n• två", "- råd\n- två"},
        {"A\u030angelholm a\u0308 o\u0308", "Ångelholm ä ö"}, /* NFD, as from a Mac */
        {"kl 22—07", "kl 22-07"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sms_text sms = made(rows[i].in);
        assert_string_equal(sms.text, rows[i].out);
        assert_true(sms.is_gsm7);
        sms_text_fini(&sms);
    }
}

static void test_make__again_changes_nothing(void **state)
{
    (void)state;
    struct sms_text once = made("”Varning” – båtar stulna… 😀");
    struct sms_text twice = made(once.text);
    assert_string_equal(once.text, twice.text);
    assert_int_equal(once.units, twice.units);
    sms_text_fini(&once);
    sms_text_fini(&twice);
}

static void test_make__borders_of_parts(void **state)
{
    (void)state;
    check("", true, 0, 0);
    check_repeated("å", 1, "", true, 1, 1);
    check_repeated("å", 160, "", true, 160, 1);
    check_repeated("å", 161, "", true, 161, 2);
    check_repeated("å", 306, "", true, 306, 2);
    check_repeated("å", 307, "", true, 307, 3);
    check_repeated("ж", 70, "", false, 70, 1);
    check_repeated("ж", 71, "", false, 71, 2);
    check_repeated("ж", 134, "", false, 134, 2);
    check_repeated("ж", 135, "", false, 135, 3);
    check_repeated("a", 158, "€", true, 160, 1);
    check_repeated("a", 159, "€", true, 161, 2);
    check_repeated("😀", 35, "", false, 70, 1);
    check_repeated("😀", 36, "", false, 72, 2);
    /* What takes two units is not split: 33 pairs fit into 67, 76 into 153. */
    check_repeated("😀", 66, "", false, 132, 2);
    check_repeated("😀", 67, "", false, 134, 3);
    check_repeated("€", 80, "", true, 160, 1);
    check_repeated("€", 152, "", true, 304, 2);
    check_repeated("€", 153, "", true, 306, 3);
}

static void test_make__per_part_says_what_one_holds(void **state)
{
    (void)state;
    struct sms_text one = made("kort");
    char *long_text = repeated("a", 161, "");
    struct sms_text two = made(long_text);
    assert_int_equal(one.per_part, 160);
    assert_int_equal(two.per_part, 153);
    sms_text_fini(&one);
    sms_text_fini(&two);
    test_free(long_text);
}

static void test_make__refuses_broken_utf8(void **state)
{
    (void)state;
    struct sms_text sms = {0};
    assert_int_equal(sms_text_make("a\xc3", &sms), ERR_INVALID);
    assert_int_equal(sms_text_make("\xed\xa0\x80", &sms), ERR_INVALID);
    assert_null(sms.text);
}

/* Characters with what each costs in either alphabet, from the standard's table by hand: septets 0 is "has none". */
static const struct {
    const char *text;
    size_t septets, utf16;
} LETTERS[] = {
    {"a", 1, 1}, {"Z", 1, 1},  {"å", 1, 1}, {"ä", 1, 1}, {"ö", 1, 1}, {"Å", 1, 1}, {"É", 1, 1},  {"é", 1, 1},
    {" ", 1, 1}, {"0", 1, 1},  {"§", 1, 1}, {"@", 1, 1}, {"€", 2, 1}, {"[", 2, 1}, {"|", 2, 1},  {"~", 2, 1},
    {"Ω", 1, 1}, {"\n", 1, 1}, {"ß", 1, 1}, {"à", 1, 1}, {"á", 0, 1}, {"ž", 0, 1}, {"中", 0, 1}, {"😀", 0, 2},
};

/* Lay units into parts one by one, in numbers only. */
static size_t parts_of(const size_t *costs, size_t n, size_t single, size_t joined)
{
    size_t sum = 0;
    size_t parts = 1;
    size_t room = joined;
    for (size_t i = 0; i < n; i++)
        sum += costs[i];
    if (sum <= single)
        return sum > 0 ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        if (costs[i] > room) {
            parts++;
            room = joined;
        }
        room -= costs[i];
    }
    return parts;
}

static void test_make__random_texts_count_as_by_hand(void **state)
{
    (void)state;
    uint32_t x = 12345;
    for (int round = 0; round < 800; round++) {
        char text[4 * 700 + 1];
        size_t gsm[700], ucs[700];
        size_t len = 0, n = 0;
        size_t wanted = (size_t)(round % 4 == 0 ? 20 : round % 4 == 1 ? 165 : round % 4 == 2 ? 310 : 690);
        size_t kinds = round % 3 == 0 ? 24 : 20; /* two thirds without what GSM-7 lacks */
        bool all_gsm = true;
        for (; n < wanted; n++) {
            x = x * 1664525U + 1013904223U;
            size_t k = (x >> 8) % kinds;
            if (round % 3 == 0 && k >= 20 && (x >> 20) % 8 != 0)
                k = 0;
            memcpy(text + len, LETTERS[k].text, strlen(LETTERS[k].text));
            len += strlen(LETTERS[k].text);
            gsm[n] = LETTERS[k].septets;
            ucs[n] = LETTERS[k].utf16;
            all_gsm = all_gsm && LETTERS[k].septets > 0;
        }
        text[len] = '\0';
        struct sms_text sms = made(text);
        assert_int_equal(sms.is_gsm7, all_gsm);
        assert_string_equal(sms.text, text);
        assert_int_equal(sms.parts, all_gsm ? parts_of(gsm, n, 160, 153) : parts_of(ucs, n, 70, 67));
        sms_text_fini(&sms);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_make__has_the_whole_default_alphabet), TEST(test_make__extension_characters_take_two),
    TEST(test_make__anything_else_makes_it_ucs2),    TEST(test_make__normalises_typography),
    TEST(test_make__again_changes_nothing),          TEST(test_make__borders_of_parts),
    TEST(test_make__per_part_says_what_one_holds),   TEST(test_make__refuses_broken_utf8),
    TEST(test_make__random_texts_count_as_by_hand),
};

TEST_MAIN(tests)
