/* Messages in both languages: the Swedish takes what the English is given, and nothing else. */
#include "base/err.h"
#include "base/err_swedish.h"

#include "base/text.h"
#include "lib/test.h"

/* The next conversion of a format without its width and precision, "" at the end; %% is none. */
static const char *next_conversion(const char *at, char out[16])
{
    out[0] = '\0';
    for (; *at; at++) {
        if (*at != '%')
            continue;
        at++;
        if (*at == '%')
            continue;
        at += strspn(at, "0123456789.-+ #");
        size_t n = strspn(at, "hlzjt") + 1;
        assert_true(n < 16);
        memcpy(out, at, n);
        out[n] = '\0';
        return at + n;
    }
    return at;
}

static void test_err_swedish__takes_the_same_arguments(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct err_words *w; (w = err_swedish_at(n)) != NULL; n++) {
        char en[16], sv[16];
        const char *from_en = next_conversion(w->en, en);
        const char *from_sv = next_conversion(w->sv, sv);
        for (; sv[0]; from_en = next_conversion(from_en, en), from_sv = next_conversion(from_sv, sv))
            if (strcmp(en, sv) != 0)
                fail_msg("%s: %%%s is not %%%s", w->sv, sv, en);
        assert_true(text_is_utf8(w->sv, strlen(w->sv)));
        for (size_t i = 0; i < n; i++)
            if (strcmp(err_swedish_at(i)->en, w->en) == 0)
                fail_msg("twice: %s", w->en);
    }
    assert_true(n > 50);
}

static void test_err_set__says_it_in_swedish_too(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(err_set(&err, ERR_INVALID, "what is the meeting called? --title TEXT"), ERR_INVALID);
    assert_string_equal(err.sv, "Vad heter mötet? Skriv --title TEXT.");
    err_set(&err, ERR_INVALID, "%s has %zu characters, at most %zu fit: shorten it", "title", (size_t)90, (size_t)80);
    assert_string_equal(err.sv, "title har 90 tecken, och högst 80 får plats: korta texten.");
    err_set(&err, ERR_INVALID, "no words for %d", 7); /* what was before is gone */
    assert_string_equal(err.text, "no words for 7");
    assert_string_equal(err.sv, "");
    err_add_swedish(&err, "inga ord för %d", 7);
    assert_string_equal(err.sv, "inga ord för 7");
    err_add_swedish(NULL, "x");
}

static void test_err_set__cuts_swedish_between_characters(void **state)
{
    (void)state;
    struct err err;
    char name[601];
    memset(name, 'x', sizeof name - 1);
    name[600] = '\0';
    for (size_t i = 0; i < 3; i++) {
        err_set(&err, ERR_INVALID, "%s holds characters that cannot be shown: write it anew", name + 30 + i);
        assert_true(text_is_utf8(err.sv, strlen(err.sv)));
        assert_true(strlen(err.sv) < sizeof err.sv);
    }
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_err_swedish__takes_the_same_arguments),
    TEST(test_err_set__says_it_in_swedish_too),
    TEST(test_err_set__cuts_swedish_between_characters),
};

TEST_MAIN(TESTS)
