/* core/csv_reader.h. Rows are compared as one text: cells joined by "|", rows as "line: …" joined by newlines. */
#include "core/csv_reader.h"

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

#include <stdio.h>

/* A source that gives `step` bytes at a time. */
struct slow {
    const char *data;
    size_t n, pos, step;
    bool is_broken;
};

static int slow_read(void *ctx, void *buf, size_t cap, size_t *n_out)
{
    struct slow *s = ctx;
    if (s->is_broken)
        return ERR_IO;
    size_t n = s->n - s->pos;
    n = n > s->step ? s->step : n;
    n = n > cap ? cap : n;
    memcpy(buf, s->data + s->pos, n);
    s->pos += n;
    *n_out = n;
    return 0;
}

static int slow_rewind(void *ctx)
{
    struct slow *s = ctx;
    s->pos = 0;
    return 0;
}

struct result {
    struct buf text;
    struct csv_info info;
    struct csv_fault fault;
    int rc;
    int stop_after;
};

static int on_row(void *ctx, const struct csv_row *row)
{
    struct result *r = ctx;
    buf_addf(&r->text, "%ld: ", row->line);
    for (size_t i = 0; i < row->count; i++)
        buf_addf(&r->text, "%s%s", i > 0 ? "|" : "", row->cells[i]);
    buf_addc(&r->text, '\n');
    return r->stop_after > 0 && --r->stop_after == 0 ? ERR_CANCELED : 0;
}

static void run(struct result *r, const char *data, size_t n)
{
    struct slow slow = {.data = data, .n = n, .step = 7};
    struct byte_source source = {.read = slow_read, .rewind = slow_rewind, .ctx = &slow};
    int stop_after = r->stop_after;
    *r = (struct result){.stop_after = stop_after};
    buf_init(&r->text, 10000000);
    r->rc = csv_read(&source, on_row, r, &r->info, &r->fault);
}

static void check(const char *data, size_t n, const char *rows)
{
    struct result r = {.rc = 0};
    run(&r, data, n);
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.fault.code, CSV_OK);
    assert_string_equal(buf_str(&r.text), rows);
    buf_fini(&r.text);
}

#define CHECK(literal, rows) check(literal, sizeof(literal) - 1, rows)

static void test_csv_read__line_ends_and_numbers(void **state)
{
    (void)state;
    CHECK("", "");
    CHECK("a;b\n", "1: a|b\n");
    CHECK("a;b\r\nc;d\r\n", "1: a|b\n2: c|d\n");
    CHECK("a;b\rc;d\re;f", "1: a|b\n2: c|d\n3: e|f\n");
    CHECK("a;b\n\n\r\n  \nc;d", "1: a|b\n5: c|d\n");
    CHECK("a;\"x\r\ny\r\nz\"\r\nc;d\r\n", "1: a|x\r\ny\r\nz\n4: c|d\n");
    CHECK("a;\"x\n\n\ny\"\nc;d\n", "1: a|x\n\n\ny\n5: c|d\n");
    CHECK("a;\"x\ry\"\rc;d\r", "1: a|x\ry\n3: c|d\n");
    CHECK("\"\n\n\";b\nc;d", "1: \n\n|b\n4: c|d\n");
}

static void test_csv_read__quoting(void **state)
{
    (void)state;
    CHECK("a,b\n\"x,\"\"y\"\"\",\"\"\n", "1: a|b\n2: x,\"y\"|\n");
    CHECK("a;b\n \"x\" ; y \n", "1: a|b\n2: x|y\n");
    CHECK("a;b;c\n;;\n", "1: a|b|c\n2: ||\n");
    CHECK("a\tb\n\tx\n\t\n", "1: a|b\n2: |x\n3: |\n");
}

static void test_csv_read__delimiters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char delimiter;
    } rows[] = {
        {"a;b;c\n1,5;2;3\n", ';'},
        {"a,b,c\n1,2,3\n", ','},
        {"a\tb\n1\t2\n", '\t'},
        {"a|b\n1|2\n", '|'},
        {"Register, Ängelholm, 2026, utdrag\n\na;b;c\n1;2;3\n", ';'},
        {"a;b\n\"1,2,3,4\";\"5,6,7,8\"\n", ';'},
        {"Namn;Mail\nEk, Eva;a@b.se\nAlm, Bo;b@b.se\n", ';'},
        {"Grupp,Mail\nx,a@b.se; c@b.se\ny,a@b.se; c@b.se\n", ','},
        {"Grupp\nx\n", ';'},
        {"sep=,\na;b,c;d\n", ','},
        {"SEP=\t\r\na;b\tc;d\r\n", '\t'},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = {.rc = 0};
        run(&r, rows[i].text, strlen(rows[i].text));
        assert_int_equal(r.rc, 0);
        assert_int_equal(r.info.delimiter, rows[i].delimiter);
        buf_fini(&r.text);
    }
    CHECK("sep=,\r\na,b\r\n", "2: a|b\n");
    CHECK("sep=;;x\r\na,b\r\n", "1: sep=||x\n2: a,b\n"); /* a row that only looks like it */
}

static void test_csv_read__encodings(void **state)
{
    (void)state;
    CHECK("\xef\xbb\xbfOmr\xc3\xa5"
          "de;b\n",
          "1: Område|b\n");
    CHECK("Omr\xc3\xa5"
          "de;b\n",
          "1: Område|b\n");
    CHECK("Omr\xe5"
          "de;\x80\x96\n",
          "1: Område|€–\n");
    CHECK("\xff\xfe"
          "\xe5\0;\0b\0\r\0\n\0=\xd8\x00\xde;\0x\0",
          "1: å|b\n2: 😀|x\n");
    CHECK("\xfe\xff"
          "\0\xe5\0;\0b\0\n",
          "1: å|b\n");
    CHECK("\xe5\0a\0;\0b\0\n\0", "1: åa|b\n");
    CHECK("\0\xe5\0a\0;\0b\0\n", "1: åa|b\n");
    CHECK("a;b\xc3", "1: a|bÃ\n"); /* UTF-8 cut short is none */
    CHECK("\xef\xbb\xbf", "");
    CHECK("\xff\xfe", "");
}

/* One å in Windows-1252 after more UTF-8 than a chunk changes how all of it is read. */
static void test_csv_read__whole_input_decides_the_encoding(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000000);
    for (int i = 0; i < 20000; i++)
        buf_adds(&b, "abcdefg;å\n");
    struct result r = {.rc = 0};
    run(&r, b.data, b.len);
    assert_int_equal(r.info.encoding, CSV_ENCODING_UTF8);
    assert_int_equal(r.info.lines, 20000);
    assert_int_equal(r.text.len, 20000 * 13 + 88894); /* and the digits of 1 to 20000 */
    buf_fini(&r.text);
    buf_adds(&b, "x;\xe5\n");
    run(&r, b.data, b.len);
    assert_int_equal(r.rc, ERR_INVALID); /* one broken place does not make 20 000 good letters Windows-1252 */
    assert_int_equal(r.fault.code, CSV_FAULT_ENCODING);
    assert_int_equal(r.info.encoding, CSV_ENCODING_UTF8);
    assert_int_equal(r.fault.line, 20001);
    buf_fini(&r.text);
    buf_reset(&b);
    for (int i = 0; i < 20000; i++)
        buf_adds(&b, "abcdefg;a\n");
    buf_adds(&b, "x;\xe5\n");
    run(&r, b.data, b.len);
    assert_int_equal(r.info.encoding, CSV_ENCODING_WINDOWS1252);
    assert_non_null(strstr(buf_str(&r.text), "20001: x|å\n"));
    buf_fini(&r.text);
    buf_fini(&b);
}

static void test_csv_read__faults_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        enum csv_fault_code code;
        long line;
        size_t column;
        long begin_line;
        const char *rows;
    } rows[] = {
#define ROW(s) s, sizeof(s) - 1
        {ROW("a;b\nx;\"y\n\nz"), CSV_FAULT_UNTERMINATED, 2, 2, 2, "1: a|b\n"},
        {ROW("a;b\n\"x\ny\";\"z"), CSV_FAULT_UNTERMINATED, 3, 2, 3, "1: a|b\n"},
        {ROW("a;b\nx;y\"z\"\nc;d\n"), CSV_FAULT_QUOTE, 2, 2, 2, "1: a|b\n"},
        {ROW("a;b\n\"x\"y;z\n"), CSV_FAULT_QUOTE, 2, 1, 2, "1: a|b\n"},
        {ROW("a;b\nx;\"y\nc;\"d\"\n"), CSV_FAULT_QUOTE, 3, 2, 2, "1: a|b\n"},
        {ROW("PK\x03\x04\x14\0\x06\0"), CSV_FAULT_WORKBOOK, 1, 1, 1, ""},
        {ROW("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), CSV_FAULT_WORKBOOK, 1, 1, 1, ""},
        {ROW("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), CSV_FAULT_DOCUMENT, 1, 1, 1, ""},
        {ROW("\xef\xbb\xbf<!DOCTYPE html><html>"), CSV_FAULT_DOCUMENT, 1, 1, 1, ""},
        {ROW("Omr\xc3\xa5"
             "de;b\n\xc3\xa5;\xc3"),
         CSV_FAULT_ENCODING, 2, 2, 2, "1: Område|b\n"},
        {ROW("a;b\nx;\0y\n"), CSV_FAULT_NUL, 2, 2, 2, "1: a|b\n"},
        {ROW("\xef\xbb\xbf"
             "a;b\nx;y\xe5z\n"),
         CSV_FAULT_ENCODING, 2, 2, 2, "1: a|b\n"},
        {ROW("a;b\n\xe5;\x81\n"), CSV_FAULT_ENCODING, 2, 2, 2, "1: a|b\n"},
        {ROW("\xff\xfe"
             "a\0;\0b\0\n\0x\0;\0\0\xdc"),
         CSV_FAULT_ENCODING, 2, 2, 2, "1: a|b\n"},
        {ROW("\xff\xfe"
             "a\0;\0b\0\n\0x"),
         CSV_FAULT_ENCODING, 2, 1, 1, "1: a|b\n"},
#undef ROW
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = {.rc = 0};
        run(&r, rows[i].text, rows[i].n);
        assert_int_equal(r.rc, ERR_INVALID);
        assert_int_equal(r.fault.code, rows[i].code);
        assert_int_equal(r.fault.line, rows[i].line);
        assert_int_equal(r.fault.column, rows[i].column);
        assert_string_equal(buf_str(&r.text), rows[i].rows);
        if (rows[i].code == CSV_FAULT_QUOTE)
            assert_int_equal(r.fault.begin_line, rows[i].begin_line);
        buf_fini(&r.text);
    }
}

/* "a;b\n" and then one row whose second cell has `n` bytes */
static void run_long_cell(struct result *r, size_t n, bool is_quoted)
{
    struct buf b;
    buf_init(&b, 4000000);
    buf_adds(&b, is_quoted ? "a;b\nx;\"" : "a;b\nx;");
    for (size_t i = 0; i < n; i++)
        buf_addc(&b, i % 100 == 99 && is_quoted ? '\n' : 'y');
    buf_adds(&b, is_quoted ? "\"\n" : "\n");
    run(r, b.data, b.len);
    buf_fini(&b);
}

static void test_csv_read__limits(void **state)
{
    (void)state;
    struct result r = {.rc = 0};
    for (int is_quoted = 0; is_quoted < 2; is_quoted++) {
        run_long_cell(&r, CSV_CELL_MAX_BYTES, is_quoted == 1);
        assert_int_equal(r.rc, 0);
        buf_fini(&r.text);
        run_long_cell(&r, CSV_CELL_MAX_BYTES + 1, is_quoted == 1);
        assert_int_equal(r.fault.code, CSV_FAULT_CELL_LONG);
        assert_int_equal(r.fault.begin_line, 2);
        assert_int_equal(r.fault.column, 2);
        buf_fini(&r.text);
        run_long_cell(&r, 2000000, is_quoted == 1);
        assert_int_equal(r.fault.code, CSV_FAULT_CELL_LONG);
        buf_fini(&r.text);
    }
    struct buf b;
    buf_init(&b, 4000000);
    for (int i = 0; i < CSV_COLUMNS_MAX; i++)
        buf_adds(&b, i > 0 ? ";" : "");
    run(&r, b.data, b.len);
    assert_int_equal(r.rc, 0);
    buf_fini(&r.text);
    buf_adds(&b, ";");
    run(&r, b.data, b.len);
    assert_int_equal(r.fault.code, CSV_FAULT_COLUMNS);
    buf_fini(&r.text);
    buf_reset(&b);
    for (int i = 0; i < 40 * 30000; i++)
        buf_addc(&b, i % 30000 == 0 ? ';' : 'x');
    run(&r, b.data, b.len);
    assert_int_equal(r.fault.code, CSV_FAULT_ROW_LONG);
    buf_fini(&r.text);
    buf_fini(&b);
}

static void test_csv_read__passes_errors_on(void **state)
{
    (void)state;
    struct result r = {.stop_after = 2};
    run(&r, "a\nb\nc\n", 6);
    assert_int_equal(r.rc, ERR_CANCELED);
    assert_int_equal(r.fault.code, CSV_OK);
    assert_string_equal(buf_str(&r.text), "1: a\n2: b\n");
    buf_fini(&r.text);

    struct slow slow = {.is_broken = true};
    struct byte_source source = {.read = slow_read, .rewind = slow_rewind, .ctx = &slow};
    struct csv_info info;
    assert_int_equal(csv_read(&source, on_row, &r, &info, &r.fault), ERR_IO);
    assert_int_equal(r.fault.code, CSV_FAULT_READ);
}

/* However the bytes are cut, the rows are the same: every head length of a hard file puts the chunk border elsewhere.
 */
static void test_csv_read__chunk_borders(void **state)
{
    (void)state;
    static const char tail[] = "\xc3\xa5;\"x\r\ny\"\"z\"\r\n\r\n\xe2\x82\xac;b\r\n";
    struct buf b;
    buf_init(&b, 200000);
    for (size_t head = CSV_CHUNK_BYTES - 40; head < CSV_CHUNK_BYTES + 4; head++) {
        buf_reset(&b);
        buf_adds(&b, "a;b\r\n");
        while (b.len + 1000 < head)
            buf_addf(&b, "%0997d;\n", 1);
        while (b.len < head - 2)
            buf_addc(&b, 'p');
        buf_adds(&b, "\r\n");
        buf_add(&b, tail, sizeof tail - 1);
        struct result r = {.rc = 0};
        run(&r, b.data, b.len);
        assert_int_equal(r.rc, 0);
        char want[64];
        snprintf(want, sizeof want, "%ld: å|x\r\ny\"z\n%ld: €|b\n", r.info.lines - 3, r.info.lines);
        assert_string_equal(r.text.data + r.text.len - strlen(want), want);
        assert_int_equal(r.info.blank_lines, 1);
        buf_fini(&r.text);
    }
    buf_fini(&b);
}

static const struct CMUnitTest tests[] = {
    TEST(test_csv_read__line_ends_and_numbers),
    TEST(test_csv_read__quoting),
    TEST(test_csv_read__delimiters),
    TEST(test_csv_read__encodings),
    TEST(test_csv_read__whole_input_decides_the_encoding),
    TEST(test_csv_read__faults_name_line_and_column),
    TEST(test_csv_read__limits),
    TEST(test_csv_read__passes_errors_on),
    TEST(test_csv_read__chunk_borders),
};

TEST_MAIN(tests)
