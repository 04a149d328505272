/*
 * Area tables: the shipped ones are complete and true to the official codes, and a wrong one is told
 * everything that is wrong with it, word for word, and stores nothing.
 */
#include "core/area_file.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/file_errors.h"
#include "lib/test.h"

enum { SEEN_MAX = 400 };

/* What the callback was given, as text. */
struct seen {
    struct buf rows[AREA_TABLE_COUNT];
    size_t count[AREA_TABLE_COUNT];
    size_t fail_at; /* the callback fails at this row, from 1 */
};

static void seen_init(struct seen *s)
{
    memset(s, 0, sizeof(*s));
    for (int t = 0; t < AREA_TABLE_COUNT; t++)
        buf_init(&s->rows[t], 100000);
}

static void seen_fini(struct seen *s)
{
    for (int t = 0; t < AREA_TABLE_COUNT; t++)
        buf_fini(&s->rows[t]);
}

static const char *shown(const char *s)
{
    return s ? s : "-";
}

static int on_row(void *ctx, const struct area_row *r, struct err *err)
{
    struct seen *s = ctx;
    struct buf *b = &s->rows[r->table];

    if (++s->count[r->table] == s->fail_at)
        return err_set(err, ERR_STORE, "no room");
    if (r->table == AREA_TABLE_MUNICIPALITY)
        return buf_addf(b, "%s;%s;%s\n", r->code, r->name, r->county);
    return buf_addf(b, "%d %s|%s|%s|%s|%s|%s|%s\n", r->line, shown(r->code), shown(r->name), shown(r->region),
                    shown(r->municipality), shown(r->division), shown(r->valid_from), shown(r->valid_to));
}

/* --- the shipped tables ------------------------------------------------------------------------------------------ */

static void read_shipped(struct seen *s)
{
    struct area_book *b = area_book_new();

    seen_init(s);
    for (int t = 0; t < AREA_TABLE_COUNT; t++) {
        char *path = xasprintf("conf/areas/%s", area_table_file((enum area_table)t));
        struct file_errors errors;

        file_errors_init(&errors, path);
        if (area_file_load(b, path, on_row, s, &errors, NULL) != 0)
            fail_msg("%s (run the tests from the top of the tree)", errors.item[0].text);
        file_errors_fini(&errors);
        free(path);
    }
    area_book_free(b);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cut `text` into lines, sort them, and return "line\nline\n..." (caller frees). */
static char *sorted_lines(const char *text)
{
    char *copy = xstrdup(text);
    char *rest = copy;
    char *line[SEEN_MAX];
    size_t n = 0;
    struct buf out;

    while (rest && *rest) {
        assert_true(n < SEEN_MAX);
        line[n++] = strsep(&rest, "\n");
    }
    qsort(line, n, sizeof(line[0]), by_text);
    buf_init(&out, 100000);
    for (size_t i = 0; i < n; i++)
        buf_addf(&out, "%s\n", line[i]);
    free(copy);
    return buf_take(&out);
}

static void test_shipped_areas__are_complete(void **state)
{
    struct seen s;

    (void)state;
    read_shipped(&s);
    assert_int_equal(s.count[AREA_TABLE_REGION], 7);
    assert_int_equal(s.count[AREA_TABLE_COUNTY], 21);
    assert_int_equal(s.count[AREA_TABLE_MUNICIPALITY], 290);
    assert_int_equal(s.count[AREA_TABLE_POLICE_AREA], 3);
    assert_int_equal(s.count[AREA_TABLE_MEMBER], 13);
    assert_non_null(strstr(buf_str(&s.rows[AREA_TABLE_MUNICIPALITY]), "1292;Ängelholm;12\n"));
    assert_non_null(strstr(buf_str(&s.rows[AREA_TABLE_COUNTY]), " 12|Skåne län|syd|-|-|-|-\n"));
    assert_non_null(
        strstr(buf_str(&s.rows[AREA_TABLE_POLICE_AREA]), " angelholm|Ängelholm|syd|-|Nordvästra Skåne|2018-09-24|-\n"));
    assert_non_null(strstr(buf_str(&s.rows[AREA_TABLE_MEMBER]), " ljungby|-|-|1273|-|2016-01-01|2018-09-23\n"));
    seen_fini(&s);
}

/* SHA-256 over the sorted lines "code;short name;county" of the official list. */
static void test_shipped_areas__have_the_official_municipalities(void **state)
{
    char hex[SHA256_HEX_BYTES];
    struct seen s;
    char *lines = NULL;

    (void)state;
    read_shipped(&s);
    lines = sorted_lines(buf_str(&s.rows[AREA_TABLE_MUNICIPALITY]));
    assert_string_equal(sha256_hex(lines, strlen(lines), hex),
                        "e9016c105e1eb1e3c9c74924a876006aa5945ce1263ad87070927f2b6c908312");
    free(lines);
    seen_fini(&s);
}

/* "0114,Upplands Väsby kommun,Upplands Väsby,01" as "0114;Upplands Väsby;01". */
static void add_reference(char *line, struct buf *out)
{
    char *cell[4] = {NULL};

    line[strcspn(line, "\r\n")] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(cell); i++) {
        cell[i] = strsep(&line, ",");
        assert_non_null(cell[i]);
    }
    assert_null(line);
    buf_addf(out, "%s;%s;%s\n", cell[0], cell[2], cell[3]);
}

/* Where reference data lies beside the checkout, the tables are compared name by name, which shows what differs. */
static void test_shipped_areas__equal_the_reference_beside_the_checkout(void **state)
{
    FILE *f = fopen("../shared/data/municipalities.csv", "r");
    char line[300];
    struct buf reference;
    struct seen s;
    char *ours = NULL;
    char *theirs = NULL;

    (void)state;
    if (!f)
        return; /* the hash above decides then */
    buf_init(&reference, 100000);
    assert_non_null(fgets(line, sizeof(line), f));
    while (fgets(line, sizeof(line), f))
        add_reference(line, &reference);
    fclose(f);
    read_shipped(&s);
    ours = sorted_lines(buf_str(&s.rows[AREA_TABLE_MUNICIPALITY]));
    theirs = sorted_lines(buf_str(&reference));
    assert_string_equal(ours, theirs);
    free(ours);
    free(theirs);
    buf_fini(&reference);
    seen_fini(&s);
}

/* --- other files ------------------------------------------------------------------------------------------------- */

static struct area_book *new_book(void)
{
    struct area_book *b = area_book_new();

    area_book_know(b, AREA_TABLE_REGION, "syd");
    area_book_know(b, AREA_TABLE_COUNTY, "12");
    area_book_know(b, AREA_TABLE_MUNICIPALITY, "1292");
    area_book_know(b, AREA_TABLE_MUNICIPALITY, "1257");
    area_book_know(b, AREA_TABLE_POLICE_AREA, "angelholm");
    area_book_know(b, AREA_TABLE_POLICE_AREA, "klippan");
    return b;
}

/* Read `text`; the errors as lines, "" for none (caller frees). */
static char *read_text(struct area_book *b, const char *text, size_t n, struct seen *s)
{
    struct file_errors errors;
    struct buf told;
    int rc = 0;

    file_errors_init(&errors, "t.csv");
    buf_init(&told, 100000);
    rc = area_file_read(b, text, n, on_row, s, &errors, NULL);
    assert_int_equal(rc, errors.count ? ERR_INVALID : 0);
    for (size_t i = 0; i < errors.count; i++)
        buf_addf(&told, "%s%s", i ? "\n" : "", errors.item[i].text);
    file_errors_fini(&errors);
    return buf_take(&told);
}

#define AREAS "code,name,division,region,valid_from,valid_to,source\n"
#define MEMBERS "police_area,municipality_code,valid_from,valid_to\n"

static const struct {
    const char *text;
    const char *want;
} bad_rows[] = {
    {"", "t.csv: the file is empty: write a header and rows like those in conf/areas"},
    {"# only this\n", "t.csv: the file is empty: write a header and rows like those in conf/areas"},
    {"code,title\n12,x\n",
     "t.csv:1: this is not the header of an area table: write one of code,name; code,name,police_region; "
     "code,name,county_code; code,name,division,region,valid_from,valid_to; "
     "police_area,municipality_code,valid_from,valid_to"},
    {"code,name,name\n12,x,y\n",
     "t.csv:1: this is not the header of an area table: write one of code,name; code,name,police_region; "
     "code,name,county_code; code,name,division,region,valid_from,valid_to; "
     "police_area,municipality_code,valid_from,valid_to"},
    {"code,name,county_code\n1292,Ängelholm\n", "t.csv:2: the row has 2 cells and the header 3: correct the row"},
    {"code,name,county_code\n129,Ängelholm,12\n0a12,X,12\n",
     "t.csv:2: code: '129' does not fit here: write four digits, with a leading zero\n"
     "t.csv:3: code: '0a12' does not fit here: write four digits, with a leading zero"},
    {"code,name,county_code\n1292,,12\n1292,Ängelholm,12\n",
     "t.csv:2: name: '' does not fit here: write a name\n"
     "t.csv:3: code: '1292' stands in line 2 too: take one out"},
    {"code,name,county_code\n0765,Älmhult,07\n",
     "t.csv:2: county_code: '07' is not known: correct it, or import it first (a file like counties.csv)"},
    {"code,name,county_code\n0765,Älmhult,12\n",
     "t.csv:2: county_code: '12' is another county than the code's first two digits: correct one of them"},
    {"code,name,police_region\n1,Skåne län,syd\n12,Skåne län,söder\n",
     "t.csv:2: code: '1' does not fit here: write two digits, with a leading zero\n"
     "t.csv:3: police_region: 'söder' does not fit here: write 1 to 47 of a-z 0-9 and -, such as angelholm"},
    {AREAS "x y,Namn,,syd,2018-02-30,,\n",
     "t.csv:2: code: 'x y' does not fit here: write 1 to 47 of a-z 0-9 and -, such as angelholm\n"
     "t.csv:2: valid_from: '2018-02-30' does not fit here: write the first day as YYYY-MM-DD"},
    {AREAS "x,Namn,,vast,2018-01-01,18-02-01,\n",
     "t.csv:2: valid_to: '18-02-01' does not fit here: write the last day as YYYY-MM-DD, or nothing while it stands\n"
     "t.csv:2: region: 'vast' is not known: correct it, or import it first (a file like police_regions.csv)"},
    {AREAS "x,Namn,,syd,2018-01-02,2018-01-01,\n",
     "t.csv:2: valid_to: '2018-01-01' comes before valid_from: correct one of them"},
    {MEMBERS "nowhere,1292,2018-01-01,\nklippan,9999,2018-01-01,\n",
     "t.csv:2: police_area: 'nowhere' is not known: correct it, or import it first (a file like police_areas.csv)\n"
     "t.csv:3: municipality_code: '9999' is not known: correct it, or import it first (a file like "
     "municipalities.csv)"},
    {MEMBERS "klippan,1292,2016-01-01,2018-09-24\nangelholm,1292,2018-09-24,\n",
     "t.csv:3: municipality_code: '1292' belongs to 'klippan' (line 2) on some of these days: end the one before the "
     "other begins"},
    {MEMBERS "angelholm,1292,2018-09-24,\nklippan,1292,2016-01-01,2018-09-24\n",
     "t.csv:3: municipality_code: '1292' belongs to 'angelholm' (line 2) on some of these days: end the one before the "
     "other begins"},
    {MEMBERS "angelholm,1292,2018-09-24,\nklippan,1292,2016-01-01,\n",
     "t.csv:3: municipality_code: '1292' belongs to 'angelholm' (line 2) on some of these days: end the one before the "
     "other begins"},
    {"# it's a \"comment\n" MEMBERS "klippan,1292,\"2016,\nangelholm,1292,2018-09-24,\n",
     "t.csv:3: The cell begins with a quotation mark in line 3 and never ends: add the one that is missing."},
    {"code,name\nx,\xe5\n", "t.csv: the file is not UTF-8: save it as CSV in UTF-8"},
};

static void test_area_file_read__tells_what_is_wrong_and_gives_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_rows); i++) {
        struct area_book *b = new_book();
        struct seen s;
        char *told = NULL;

        seen_init(&s);
        told = read_text(b, bad_rows[i].text, strlen(bad_rows[i].text), &s);
        assert_string_equal(told, bad_rows[i].want);
        for (int t = 0; t < AREA_TABLE_COUNT; t++)
            assert_int_equal(s.count[t], 0);
        free(told);
        seen_fini(&s);
        area_book_free(b);
    }
}

static void assert_read(struct area_book *b, const char *text, enum area_table table, const char *want)
{
    struct seen s;
    char *told = NULL;

    seen_init(&s);
    told = read_text(b, text, strlen(text), &s);
    assert_string_equal(told, "");
    assert_string_equal(buf_str(&s.rows[table]), want);
    free(told);
    seen_fini(&s);
}

static void test_area_file_read__takes_what_spreadsheets_write(void **state)
{
    struct area_book *b = new_book();

    (void)state;
    assert_read(b,
                "\xef\xbb\xbf# made by hand; \"for\" us, all\r\n"
                "Code;Region;Name;Division;Valid_from;Valid_to\r\n"
                "\r\n"
                "# one more\r\n"
                "ystad-osterlen;syd;\"Ystad; Österlen #1\";;2018-09-24;\r\n",
                AREA_TABLE_POLICE_AREA, "5 ystad-osterlen|Ystad; Österlen #1|syd|-|-|2018-09-24|-\n");
    /* ... and what was read may be referred to. */
    assert_read(b, MEMBERS "ystad-osterlen,1292,2010-01-01,2010-12-31\n", AREA_TABLE_MEMBER,
                "2 ystad-osterlen|-|-|1292|-|2010-01-01|2010-12-31\n");
    area_book_free(b);
}

static void test_area_file_read__lets_a_municipality_move(void **state)
{
    struct area_book *b = new_book();

    (void)state;
    assert_read(b,
                MEMBERS "klippan,1292,2016-01-01,2018-09-23\nangelholm,1292,2018-09-24,\nangelholm,1257,2016-01-01,\n",
                AREA_TABLE_MEMBER,
                "2 klippan|-|-|1292|-|2016-01-01|2018-09-23\n3 angelholm|-|-|1292|-|2018-09-24|-\n"
                "4 angelholm|-|-|1257|-|2016-01-01|-\n");
    area_book_free(b);
}

static void test_area_file_read__compares_with_the_files_before(void **state)
{
    struct area_book *b = new_book();
    struct seen s;
    char *told = NULL;

    (void)state;
    assert_read(b, MEMBERS "klippan,1292,2016-01-01,\n", AREA_TABLE_MEMBER, "2 klippan|-|-|1292|-|2016-01-01|-\n");
    assert_read(b, MEMBERS "klippan,1292,2016-01-01,2018-09-23\n", AREA_TABLE_MEMBER,
                "2 klippan|-|-|1292|-|2016-01-01|2018-09-23\n");
    seen_init(&s);
    told = read_text(b, MEMBERS "angelholm,1292,2018-09-23,\n", strlen(MEMBERS "angelholm,1292,2018-09-23,\n"), &s);
    assert_string_equal(told,
                        "t.csv:2: municipality_code: '1292' belongs to 'klippan' on some of these days: end the one "
                        "before the other begins");
    free(told);
    seen_fini(&s);
    area_book_free(b);
}

static void test_area_file_read__returns_what_the_callback_returns(void **state)
{
    static const char text[] = "code,name\na,A\nb,B\nc,C\n";
    struct area_book *b = area_book_new();
    struct file_errors errors;
    struct err err = {.text = ""};
    struct seen s;

    (void)state;
    seen_init(&s);
    s.fail_at = 2;
    file_errors_init(&errors, "t.csv");
    assert_int_equal(area_file_read(b, text, strlen(text), on_row, &s, &errors, &err), ERR_STORE);
    assert_string_equal(err.text, "no room");
    assert_int_equal(errors.count, 0);
    assert_int_equal(s.count[AREA_TABLE_REGION], 2);
    file_errors_fini(&errors);
    seen_fini(&s);
    area_book_free(b);
}

static void test_area_file_read__has_a_limit_on_rows_and_bytes(void **state)
{
    struct area_book *b = area_book_new();
    struct seen s;
    struct buf text;
    char *told = NULL;

    (void)state;
    seen_init(&s);
    buf_init(&text, AREA_FILE_BYTES_MAX + 10);
    buf_adds(&text, "code,name\n");
    for (int i = 0; i < AREA_FILE_ROWS_MAX; i++)
        buf_addf(&text, "r%d,R\n", i);
    told = read_text(b, buf_str(&text), text.len, &s);
    assert_string_equal(told, "");
    free(told);
    buf_adds(&text, "more,M\n");
    told = read_text(b, buf_str(&text), text.len, &s);
    assert_string_equal(told, "t.csv:2002: the file has more than 2000 rows: split it");
    free(told);
    while (buf_add(&text, "\n", 1) == 0)
        ;
    told = read_text(b, buf_str(&text), text.len, &s);
    assert_string_equal(told, "t.csv: the file has more than 1048576 bytes: split it");
    free(told);
    buf_fini(&text);
    seen_fini(&s);
    area_book_free(b);
}

static void test_area_file_load__tells_when_there_is_no_file(void **state)
{
    struct area_book *b = area_book_new();
    struct file_errors errors;

    (void)state;
    file_errors_init(&errors, "/nonexistent.csv");
    assert_int_equal(area_file_load(b, "/nonexistent.csv", on_row, NULL, &errors, NULL), ERR_IO);
    assert_string_equal(errors.item[0].text,
                        "/nonexistent.csv: the file cannot be read: No such file or directory: correct the path");
    file_errors_fini(&errors);
    area_book_free(b);
}

static const struct CMUnitTest tests[] = {
    TEST(test_shipped_areas__are_complete),
    TEST(test_shipped_areas__have_the_official_municipalities),
    TEST(test_shipped_areas__equal_the_reference_beside_the_checkout),
    TEST(test_area_file_read__tells_what_is_wrong_and_gives_nothing),
    TEST(test_area_file_read__takes_what_spreadsheets_write),
    TEST(test_area_file_read__lets_a_municipality_move),
    TEST(test_area_file_read__compares_with_the_files_before),
    TEST(test_area_file_read__returns_what_the_callback_returns),
    TEST(test_area_file_read__has_a_limit_on_rows_and_bytes),
    TEST(test_area_file_load__tells_when_there_is_no_file),
};
TEST_MAIN(tests)
