/* core/register_export.h: the bytes of the file, and that reading it gives the same rows. */
#include "core/register_export.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

static const struct register_export_row plain = {
    .municipality_code = "1292",
    .group_name = "Lärkvägen m.fl.",
    .kind = GROUP_KIND_HOUSE,
    .state = GROUP_STATE_STARTING,
    .district = "Munka-Ljungby",
    .postal_code = "266 32",
    .activated_on = "2022-05",
    .last_meeting_on = "2024-04-18",
    .household_count = 42,
    .households_joined = 0,
    .sign_count = -1,
    .position = "56.2428, 12.8622",
    .has_contact = true,
    .contact_name = "Lars-Erik von Testberg",
    .role = CONTACT_ROLE_LEAD_REP,
    .addresses = {"larserik@example.se", "styrelsen@ängelholm.example"},
    .phones = {"+46701740608", "+4512345678"},
    .trained = 1,
    .trained_year = 2022,
};

static void test_register_export_header__columns(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(register_export_header(&b), 0);
    assert_string_equal(buf_str(&b),
                        "\xef\xbb\xbfKommunkod;Område;Typ;Ort;Postnr;Startdatum;Status;Antal hushåll;Anslutna;"
                        "Skyltar;Senaste träff;Koordinat;Roll;Förnamn;Efternamn;E-post;Mobil;Utbildad\r\n");
    buf_fini(&b);
}

static void test_register_export_row__one_line(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(register_export_row(&b, &plain), 0);
    assert_string_equal(
        buf_str(&b),
        "1292;Lärkvägen m.fl.;Villa;Munka-Ljungby;266 32;2022-05;Under uppstart;42;0;;2024-04-18;56.2428, 12.8622;"
        "Huvudkontaktombud;Lars-Erik von;Testberg;\"larserik@example.se; styrelsen@ängelholm.example\";"
        "070-174 06 08 / +4512345678;2022\r\n");
    buf_reset(&b);
    struct register_export_row row = plain;
    row.has_contact = false;
    row.district = NULL;
    row.activated_on = NULL;
    row.position = NULL;
    row.postal_code = "";
    assert_int_equal(register_export_row(&b, &row), 0);
    assert_string_equal(buf_str(&b), "1292;Lärkvägen m.fl.;Villa;;;;Under uppstart;42;0;;2024-04-18;;;;;;;\r\n");
    buf_fini(&b);
}

static void test_register_export_row__no_cell_is_a_formula(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"=1+1", "'=1+1"}, {"+46", "'+46"}, {"-x", "'-x"},  {"@sum", "'@sum"},
        {"'x", "''x"},     {"\tx", "'\tx"}, {"a=b", "a=b"}, {"=\"a\";b", "\"'=\"\"a\"\";b\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char want[64];
        struct buf b;
        buf_init(&b, 1000);
        struct register_export_row row = plain;
        row.group_name = names[i][0];
        assert_int_equal(register_export_row(&b, &row), 0);
        snprintf(want, sizeof want, "1292;%s;Villa;", names[i][1]);
        assert_memory_equal(b.data, want, strlen(want));
        buf_fini(&b);
    }
    struct buf b;
    buf_init(&b, 1000);
    struct register_export_row row = plain;
    row.phones[0] = "+4512345678";
    row.phones[1] = NULL;
    row.addresses[0] = "=cmd@example.se";
    row.addresses[1] = NULL;
    assert_int_equal(register_export_row(&b, &row), 0);
    assert_non_null(strstr(buf_str(&b), ";'=cmd@example.se;'+4512345678;"));
    buf_fini(&b);
}

static void test_register_export_row__a_full_buffer_stays_as_it_was(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 300);
    assert_int_equal(register_export_row(&b, &plain), 0);
    size_t len = b.len;
    assert_int_equal(register_export_row(&b, &plain), ERR_TOO_LARGE);
    assert_int_equal(b.len, len);
    buf_fini(&b);
}

/* --- there and back --------------------------------------------------------------------------------------------------
 */

struct expect {
    const struct register_export_row *rows;
    size_t n;
};

static const char *or_blank(const char *text)
{
    return text != NULL ? text : "";
}

static void compare_contact(const struct register_contact *got, const struct register_export_row *want)
{
    size_t n = 0;
    assert_string_equal(got->name, or_blank(want->contact_name));
    assert_int_equal(got->role, want->role);
    assert_int_equal(got->trained, want->trained);
    assert_int_equal(got->trained_year, want->trained_year);
    while (n < REGISTER_ADDRESSES_MAX && want->addresses[n] != NULL) {
        assert_string_equal(got->addresses[n].full, want->addresses[n]);
        n++;
    }
    assert_int_equal(got->address_count, n);
    for (n = 0; n < PHONE_CELL_MAX && want->phones[n] != NULL; n++)
        assert_string_equal(got->phones[n].e164, want->phones[n]);
    assert_int_equal(got->phone_count, n);
}

static int compare_row(void *ctx, const struct register_row *got)
{
    struct expect *e = ctx;
    assert_true(e->n > 0);
    const struct register_export_row *want = e->rows++;
    e->n--;
    assert_string_equal(got->municipality_code, want->municipality_code);
    assert_string_equal(got->group_name, want->group_name);
    assert_int_equal(got->kind, want->kind);
    assert_int_equal(got->state, want->state);
    assert_true((got->filled & REGISTER_BIT(STATE)) != 0);
    assert_string_equal(got->district, or_blank(want->district));
    assert_string_equal(got->postal_code, or_blank(want->postal_code));
    assert_string_equal(got->activated_on, or_blank(want->activated_on));
    assert_string_equal(got->last_meeting_on, or_blank(want->last_meeting_on));
    assert_int_equal(got->household_count, want->household_count);
    assert_int_equal(got->households_joined, want->households_joined);
    assert_int_equal(got->sign_count, want->sign_count);
    assert_int_equal(got->has_contact, want->has_contact);
    if (want->has_contact)
        compare_contact(&got->contact, want);
    return 0;
}

static void no_error(void *ctx, const struct register_problem *p)
{
    (void)ctx;
    if (p->severity == REGISTER_ERROR)
        fail_msg("%ld:%zu %s: %s", p->line, p->column, p->found, p->text.en);
}

static void check_there_and_back(const struct register_export_row *rows, size_t n)
{
    struct buf b;
    buf_init(&b, 1000000);
    assert_int_equal(register_export_header(&b), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(register_export_row(&b, &rows[i]), 0);
    struct expect expect = {.rows = rows, .n = n};
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, b.data, b.len);
    struct register_options options = {.max_problems = 1000};
    struct register_callbacks callbacks = {.on_row = compare_row, .on_problem = no_error, .ctx = &expect};
    struct register_summary summary;
    assert_int_equal(register_read(&source, &options, &callbacks, &summary, NULL), 0);
    assert_int_equal(expect.n, 0);
    buf_fini(&b);
}

static void test_register_export__every_word_there_and_back(void **state)
{
    (void)state;
    struct register_export_row rows[GROUP_STATE_COUNT * GROUP_KIND_COUNT];
    char names[ARRAY_LEN(rows)][32];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rows[i] = plain;
        snprintf(names[i], sizeof names[i], "Grupp %zu", i);
        rows[i].group_name = names[i];
        rows[i].kind = (enum group_kind)(i % GROUP_KIND_COUNT);
        rows[i].state = (enum group_state)(i / GROUP_KIND_COUNT);
        rows[i].role = (enum contact_role)(i % CONTACT_ROLE_COUNT);
        rows[i].trained = (int)(i % 3) - 1;
        if (rows[i].trained != 1)
            rows[i].trained_year = -1;
        rows[i].has_contact = i % 5 != 0;
    }
    check_there_and_back(rows, ARRAY_LEN(rows));
}

static void test_register_export__hostile_texts_there_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "=1+1",  "+46 70", "-",      "--",         "@x",        "'",          "''",       "'=x",
        "\"",    "\"\"",   "a;b",    ";",          "a\"b;c\"",  "=\"x\"",     "'=\"x\"",  ",",
        "Summa", "Totalt", "Område", "Ek, Bo",     "Kommunkod", "1292",       "x\\y",     "a|b",
        "sep=;", "{1}",    "%s%n",   "<script>",   "🏠",         "Ẹ̀kọ́",        "saknas x", "Åsa–Öst",
        "NULL",  "0",      "TRUE",   "2024-01-31", "7,01E+08",  "Namn <a@b>", "mailto:x", "Ã¤",
    };
    struct register_export_row rows[ARRAY_LEN(texts)];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strcmp(texts[i], "-") == 0 || strcmp(texts[i], "--") == 0)
            continue; /* a way of writing nothing */
        rows[n] = plain;
        rows[n].group_name = texts[i];
        rows[n].district = texts[i];
        rows[n].contact_name = texts[i];
        n++;
    }
    check_there_and_back(rows, n);
    static const struct register_export_row odd[] = {
        {.municipality_code = "0765",
         .group_name = "A",
         .household_count = -1,
         .households_joined = -1,
         .sign_count = -1,
         .has_contact = true,
         .contact_name = "x",
         .addresses = {"=a+b@example.se", "'b@example.se", "+c@example.se", "d/e@example.se", "åsa@example.se"},
         .phones = {"+15550109999", "+46812345678"},
         .trained = -1,
         .trained_year = -1},
        {.municipality_code = "0765",
         .group_name = "B",
         .household_count = -1,
         .households_joined = -1,
         .sign_count = -1,
         .has_contact = true,
         .addresses = {"'b@example.se"},
         .trained = 0,
         .trained_year = -1},
    };
    check_there_and_back(odd, ARRAY_LEN(odd));
}

static const struct CMUnitTest tests[] = {
    TEST(test_register_export_header__columns),
    TEST(test_register_export_row__one_line),
    TEST(test_register_export_row__no_cell_is_a_formula),
    TEST(test_register_export_row__a_full_buffer_stays_as_it_was),
    TEST(test_register_export__every_word_there_and_back),
    TEST(test_register_export__hostile_texts_there_and_back),
};

TEST_MAIN(tests)
