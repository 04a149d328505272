/* core/register.h: the sample register, headers, rows that are no data, broken files, limits. */
#include <stdio.h>

#include "base/byte_source.h"
#include "base/mem.h"
#include "lib/register_result.h"
#include "lib/test.h"

/* --- the sample register
 * ---------------------------------------------------------------------------------------------- */

static size_t load(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, cap, f);
    fclose(f);
    assert_true(n > 0 && n < cap);
    return n;
}

static const char sample_rows[] =
    "2 1292 Lärkvägen m.fl.|house|active|Munka-Ljungby|266 32|2019-05-14|42|36|4|2024-04-18|Gunilla "
    "Exempelsson|lead_rep|"
    "gunilla.exempelsson@example.se|+46701740605|1\n"
    "3 1292 Lärkvägen m.fl.|house|active|Munka-Ljungby|266 32|2019-05-14|42|36|4|2024-04-18|Åke Påhittad|contact_rep|"
    "åke.påhittad@example.se|+46701740606|1 group@2\n"
    "4 1292 Ekbackens brf|apartment|active|Ängelholm|262 63|2021|120|80|2|.|Yasmin Provdotter|contact_rep|"
    "yasmin@example.com styrelsen@example.com|+46701740607|0\n"
    "5 1292 Skäldervikens båtklubb|boat|dormant|Skäldervikens hamn|262 72|2022-06-03|.|55|1|2022-06-03|Lars-Erik "
    "Testberg|lead_rep|larserik@example.se|+46701740608|1/2022\n"
    "6 1292 Hjärnarp norra|house|starting|Hjärnarp|266 75|2024-01-31|28|.|0|.|Märta Fiktiv|contact_rep|"
    "marta.fiktiv@example.se|+46701740609 +46431000000|.\n";

static const char sample_problems[] =
    "note 1:17 COLUMN_REMARK Anmärkning\n"
    "warning 3:14 ADDRESS_SMTPUTF8 åke.påhittad@example.se > ake.pahittad@example.se\n"
    "note 4:7 NUMBER_ABOUT ca 120\n"
    "note 4:15 PHONE_ZERO 701740607\n"
    "note 5:5 DATE_READ 3/6 2022\n"
    "note 6:5 DATE_READ 45322\n";

static void check_sample(const void *data, size_t n, enum csv_encoding encoding, char delimiter)
{
    struct register_result r = {.stop_after = 0};
    register_result_read(&r, data, n);
    assert_string_equal(buf_str(&r.problems), sample_problems);
    assert_string_equal(buf_str(&r.rows), sample_rows);
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.summary.encoding, encoding);
    assert_int_equal(r.summary.delimiter, delimiter);
    assert_int_equal(r.summary.header_line, 1);
    assert_int_equal(r.summary.lines, 6);
    assert_int_equal(r.summary.rows, 5);
    assert_int_equal(r.summary.groups, 4);
    assert_int_equal(r.summary.contacts, 5);
    assert_int_equal(r.summary.skipped, 0);
    assert_int_equal(r.summary.problems[REGISTER_NOTE], 5);
    assert_int_equal(r.summary.problems[REGISTER_WARNING], 1);
    assert_int_equal(r.summary.problems[REGISTER_ERROR], 0);
    register_result_done(&r);
}

static void test_register_read__sample_as_it_is(void **state)
{
    (void)state;
    char data[4096];
    size_t n = load("tests/fixtures/register-angelholm.csv", data, sizeof data);
    check_sample(data, n, CSV_ENCODING_WINDOWS1252, ';');
}

/* The sample as UTF-8; all its characters are in Latin-1. */
static void sample_utf8(struct buf *out)
{
    char data[4096];
    size_t n = load("tests/fixtures/register-angelholm.csv", data, sizeof data);
    for (size_t i = 0; i < n; i++) {
        unsigned c = (unsigned char)data[i];
        if (c >= 0x80)
            buf_addc(out, (char)(0xc0 | c >> 6));
        buf_addc(out, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
    }
}

static void test_register_read__sample_in_other_encodings(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    sample_utf8(&b);
    check_sample(b.data, b.len, CSV_ENCODING_UTF8, ';');
    buf_reset(&b);
    buf_adds(&b, "\xef\xbb\xbf");
    sample_utf8(&b);
    check_sample(b.data, b.len, CSV_ENCODING_UTF8, ';');

    char data[4096];
    size_t n = load("tests/fixtures/register-angelholm.csv", data, sizeof data);
    for (int is_big = 0; is_big < 2; is_big++) {
        for (int has_bom = 0; has_bom < 2; has_bom++) {
            buf_reset(&b);
            if (has_bom == 1)
                buf_add(&b, is_big == 1 ? "\xfe\xff" : "\xff\xfe", 2);
            for (size_t i = 0; i < n; i++)
                buf_add(&b, is_big == 1 ? (char[]){0, data[i]} : (char[]){data[i], 0}, 2);
            check_sample(b.data, b.len, is_big == 1 ? CSV_ENCODING_UTF16BE : CSV_ENCODING_UTF16LE, ';');
        }
    }
    buf_fini(&b);
}

/* The sample with another delimiter; cells that have it are quoted already or get quotes. */
static void test_register_read__sample_with_other_delimiters(void **state)
{
    (void)state;
    static const char delimiters[] = {',', '\t', '|'};
    struct buf in;
    struct buf out;
    buf_init(&in, 10000);
    buf_init(&out, 10000);
    sample_utf8(&in);
    for (size_t d = 0; d < sizeof delimiters; d++) {
        bool is_quoted = false;
        buf_reset(&out);
        for (size_t i = 0; i < in.len; i++) {
            is_quoted = is_quoted != (in.data[i] == '"');
            buf_addc(&out, in.data[i] == ';' && !is_quoted ? delimiters[d] : in.data[i]);
        }
        check_sample(out.data, out.len, CSV_ENCODING_UTF8, delimiters[d]);
    }
    buf_fini(&in);
    buf_fini(&out);
}

static void test_register_read__sample_with_english_headers(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    buf_adds(&b, "Group name;Kind;District;Postal code;Start date;State;Household count;Households joined;Sign count;"
                 "Last meeting;Role;First name;Last name;E-mail address;Mobile phone;Trained;Notes\r\n");
    size_t head = b.len;
    sample_utf8(&b);
    size_t first = (size_t)(strchr(b.data + head, '\n') - (b.data + head)) + 1;
    memmove(b.data + head, b.data + head + first, b.len - head - first);
    buf_truncate(&b, b.len - first);
    struct register_result r = {.stop_after = 0};
    register_result_read(&r, b.data, b.len);
    assert_string_equal(buf_str(&r.rows), sample_rows);
    assert_int_equal(r.rc, 0);
    register_result_done(&r);
    buf_fini(&b);
}

/* --- headers and rows that are no data
 * ---------------------------------------------------------------------------------- */

static void test_register_read__finds_the_header(void **state)
{
    (void)state;
    register_result_check(
        "Register över grannsamverkan, Ängelholm, 2026;;\n\n# utdrag;;\nOmråde;E-post;Övrigt\nEken;a@example.se;x\n", 0,
        "5 1292 Eken|.|.|.|.|.|.|.|.|.|.|.|a@example.se||.\n",
        "note 4:0 TITLE_ROWS\nnote 4:3 COLUMN_REMARK Övrigt\nwarning 5:0 NAME_MISSING\nnote 5:0 BLANK_ROWS\n");
    register_result_check("Område/grupp;Mobil / telefon;Antal\xc2\xa0hushåll (ca)\nEken;0701740605;3\n", 0,
                          "2 1292 Eken|.|.|.|.|.|3|.|.|.|.|.||+46701740605|.\n", "warning 2:0 NAME_MISSING\n");
    register_result_check("OMRÅDE \nEken\n", 0, "2 1292 Eken|.|.|.|.|.|.|.|.|.\n", "");
    register_result_check("Områdesnamn;Epost adress;Mobil nr;Färg;E-post 2\nEken;a@example.se;;röd;b@example.se\n", 0,
                          "2 1292 Eken|.|.|.|.|.|.|.|.|.|.|.|a@example.se b@example.se||.\n",
                          "note 1:4 COLUMN_UNKNOWN Färg\nwarning 2:0 NAME_MISSING\n");
    register_result_check("Namn;Förnamn;Efternamn;Tfn\nEken;Bo;Ek;0701740605\n", 0,
                          "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|.||+46701740605|.\n", "");
    register_result_check("Område;Namn;Namn\nEken;Bo Ek;Al\n", 0, "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|.|||.\n",
                          "warning 1:3 COLUMN_TWICE Namn\nwarning 2:0 CONTACT_UNREACHABLE Bo Ek\n");
    register_result_check("Område;;Typ\nEken;hej;Villa\nBoken;hopp;Villa\n", 0,
                          "2 1292 Eken|house|.|.|.|.|.|.|.|.\n3 1292 Boken|house|.|.|.|.|.|.|.|.\n",
                          "note 2:2 COLUMN_UNKNOWN hej\n");
}

static void test_register_read__no_header(void **state)
{
    (void)state;
    register_result_check("Område;Typ\n\n", 0, "", "warning 1:0 NO_ROWS\nnote 2:0 BLANK_ROWS\n");
    register_result_check("", ERR_INVALID, "", "error 1:0 EMPTY\n");
    register_result_check("\n;;\n\n", ERR_INVALID, "", "error 1:0 EMPTY\n");
    register_result_check("a;b\nc;d\n", ERR_INVALID, "", "error 1:0 NO_HEADER\n");
    register_result_check("x\nTyp;Förnamn;E-post\nVilla;Bo;a@example.se\n", ERR_INVALID, "",
                          "error 2:0 NO_GROUP_COLUMN\n");
    struct buf b;
    buf_init(&b, 10000);
    for (int i = 0; i < 30; i++)
        buf_adds(&b, "titel\n");
    buf_adds(&b, "Område;Typ\nEken;Villa\n");
    register_result_check(buf_str(&b), ERR_INVALID, "", "error 1:0 NO_HEADER\n");
    buf_fini(&b);
}

static void test_register_read__skips_what_is_no_data(void **state)
{
    (void)state;
    register_result_check(
        "Område;Antal hushåll;E-post\nEken;10;\n;;\n\nOmråde;Antal hushåll;E-post\nSumma;10;\nTotalt: 1 grupp;;\n"
        "Summa;10;1\nSummavägen;3;\n",
        0, "2 1292 Eken|.|.|.|.|.|10|.|.|.\n9 1292 Summavägen|.|.|.|.|.|3|.|.|.\n",
        "note 5:0 HEADER_AGAIN Område\nnote 6:0 TOTAL_ROW Summa\nnote 7:0 TOTAL_ROW Totalt: 1 grupp\n"
        "note 8:0 TOTAL_ROW Summa\nnote 9:0 BLANK_ROWS\n");
    register_result_check("Område;E-post\nSumma;a@example.se\n", 0,
                          "2 1292 Summa|.|.|.|.|.|.|.|.|.|.|.|a@example.se||.\n", "warning 2:0 NAME_MISSING\n");
}

static void test_register_read__row_widths(void **state)
{
    (void)state;
    register_result_check(
        "Område;Typ;Övrigt\nEken\nBoken;Villa\nAlen;Villa;x;;\nAsken;Villa;x;y\n", ERR_INVALID,
        "2 1292 Eken|.|.|.|.|.|.|.|.|.\n3 1292 Boken|house|.|.|.|.|.|.|.|.\n4 1292 Alen|house|.|.|.|.|.|.|.|.\n",
        "note 1:3 COLUMN_REMARK Övrigt\nwarning 2:0 ROW_SHORT\nerror 5:4 ROW_LONG y\n");
}

static void test_register_read__broken_files(void **state)
{
    (void)state;
    register_result_check("Område;Typ\nEken;Villa\nBoken;\"Villa\nAlen;Villa\n", ERR_INVALID,
                          "2 1292 Eken|house|.|.|.|.|.|.|.|.\n", "error 3:2 FILE\n");
    struct register_result r = {.stop_after = 0};
    register_result_read(&r, "Område;Typ\nEken;Vi\0lla\n", 24);
    assert_int_equal(r.rc, ERR_INVALID);
    assert_string_equal(buf_str(&r.problems), "error 2:2 FILE\n");
    assert_non_null(strstr(r.err.text, "line 2, column 2 (Typ): Here is a NUL character"));
    assert_non_null(strstr(buf_str(&r.last_sv), "nolltecken"));
    register_result_done(&r);
    register_result_read(&r,
                         "\xef\xbb\xbfOmr\xc3\xa5"
                         "de;Typ\nEken;Vi\xe5\n",
                         24);
    assert_string_equal(buf_str(&r.problems), "error 2:2 FILE\n");
    assert_non_null(strstr(buf_str(&r.last_sv), "teckenkodning (UTF-8)"));
    register_result_done(&r);
}

/* --- limits and errors
 * ------------------------------------------------------------------------------------------------ */

static void test_register_read__counts_beyond_the_reported(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    buf_adds(&b, "Område;Skyltar;Typ\n");
    for (int i = 0; i < 100; i++)
        buf_addf(&b, "Grupp %d;x;Tält\n", i);
    struct register_options options = {.municipality_code = "1292", .max_problems = 3};
    struct register_result r = {.stop_after = 0};
    register_result_read_with(&r, &options, b.data, b.len);
    assert_int_equal(r.summary.problems[REGISTER_ERROR], 100);
    assert_int_equal(r.summary.problems[REGISTER_WARNING], 100);
    assert_string_equal(buf_str(&r.problems),
                        "error 2:2 NUMBER x\nwarning 2:3 KIND_UNKNOWN Tält\nerror 3:2 NUMBER x\n"
                        "warning 3:3 KIND_UNKNOWN Tält\nerror 4:2 NUMBER x\nwarning 4:3 KIND_UNKNOWN Tält\n");
    assert_string_equal(r.err.text,
                        "line 2, column 2 (Skyltar): It cannot be read as a number. Write a whole number, such as 34.");
    register_result_done(&r);
    buf_fini(&b);
}

static void test_register_read__stops_when_the_callback_says_so(void **state)
{
    (void)state;
    struct register_result r = {.stop_after = 1};
    static const char data[] = "Område\nEken\nBoken\n";
    register_result_read(&r, data, sizeof data - 1);
    assert_int_equal(r.rc, ERR_CANCELED);
    assert_string_equal(buf_str(&r.rows), "2 1292 Eken|.|.|.|.|.|.|.|.|.\n");
    register_result_done(&r);
}

static int broken_read(void *ctx, void *buf, size_t cap, size_t *n_out)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    (void)n_out;
    return ERR_IO;
}

static int broken_rewind(void *ctx)
{
    (void)ctx;
    return 0;
}

static void test_register_read__source_fails(void **state)
{
    (void)state;
    struct register_result r = {.stop_after = 0};
    struct byte_source source = {.read = broken_read, .rewind = broken_rewind};
    struct register_options options = {.municipality_code = "1292", .max_problems = 10};
    struct register_callbacks callbacks = {
        .on_row = register_result_on_row, .on_problem = register_result_on_problem, .ctx = &r};
    buf_init(&r.problems, 1000);
    buf_init(&r.last_sv, 1000);
    assert_int_equal(register_read(&source, &options, &callbacks, &r.summary, &r.err), ERR_IO);
    assert_string_equal(buf_str(&r.problems), "error 1:0 FILE\n");
    register_result_done(&r);
}

static const struct CMUnitTest tests[] = {
    TEST(test_register_read__sample_as_it_is),
    TEST(test_register_read__sample_in_other_encodings),
    TEST(test_register_read__sample_with_other_delimiters),
    TEST(test_register_read__sample_with_english_headers),
    TEST(test_register_read__finds_the_header),
    TEST(test_register_read__no_header),
    TEST(test_register_read__skips_what_is_no_data),
    TEST(test_register_read__row_widths),
    TEST(test_register_read__broken_files),
    TEST(test_register_read__counts_beyond_the_reported),
    TEST(test_register_read__stops_when_the_callback_says_so),
    TEST(test_register_read__source_fails),
};

TEST_MAIN(tests)
