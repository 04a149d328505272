/*
 * core/register.h. Rows and problems become lines of text, and tests compare those: a row is
 * "line group|kind|state|district|postal|activated|count|joined|signs|met|name|role|addresses|phones|trained",
 * with "." for what is not filled; a problem is "severity line:column CODE found > suggestion".
 */
#include "core/register.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

struct result {
    struct buf rows, problems;
    struct register_summary summary;
    struct err err;
    int rc;
    int stop_after;
    struct buf last_sv;
};

static void add_text(struct buf *b, const struct register_row *row, unsigned bit, const char *text)
{
    buf_addf(b, "|%s", (row->filled & bit) != 0 ? text : ".");
}

static void add_number(struct buf *b, const struct register_row *row, unsigned bit, int n)
{
    if ((row->filled & bit) != 0)
        buf_addf(b, "|%d", n);
    else
        buf_adds(b, "|.");
}

static void add_contact(struct buf *b, const struct register_row *row)
{
    const struct register_contact *c = &row->contact;
    add_text(b, row, REGISTER_BIT(NAME), c->name);
    add_text(b, row, REGISTER_BIT(ROLE), contact_role_word(c->role));
    buf_adds(b, "|");
    for (size_t i = 0; i < c->address_count; i++)
        buf_addf(b, "%s%s", i > 0 ? " " : "", c->addresses[i].full);
    buf_adds(b, "|");
    for (size_t i = 0; i < c->phone_count; i++)
        buf_addf(b, "%s%s", i > 0 ? " " : "", c->phones[i].e164);
    add_number(b, row, REGISTER_BIT(TRAINED), c->trained);
    if (c->trained_year != -1)
        buf_addf(b, "/%d", c->trained_year);
}

static int on_row(void *ctx, const struct register_row *row)
{
    struct result *r = ctx;
    struct buf *b = &r->rows;
    buf_addf(b, "%ld %s %s", row->line, row->municipality_code, row->group_name);
    add_text(b, row, REGISTER_BIT(KIND), group_kind_word(row->kind));
    add_text(b, row, REGISTER_BIT(STATE), group_state_word(row->state));
    add_text(b, row, REGISTER_BIT(DISTRICT), row->district);
    add_text(b, row, REGISTER_BIT(POSTAL_CODE), row->postal_code);
    add_text(b, row, REGISTER_BIT(ACTIVATED_ON), row->activated_on);
    add_number(b, row, REGISTER_BIT(HOUSEHOLD_COUNT), row->household_count);
    add_number(b, row, REGISTER_BIT(HOUSEHOLDS_JOINED), row->households_joined);
    add_number(b, row, REGISTER_BIT(SIGN_COUNT), row->sign_count);
    add_text(b, row, REGISTER_BIT(LAST_MEETING_ON), row->last_meeting_on);
    if (row->has_contact)
        add_contact(b, row);
    if (row->group_line != row->line)
        buf_addf(b, " group@%ld", row->group_line);
    if (row->contact_line != row->line)
        buf_addf(b, " contact@%ld", row->contact_line);
    buf_addc(b, '\n');
    return r->stop_after > 0 && --r->stop_after == 0 ? ERR_CANCELED : 0;
}

static void on_problem(void *ctx, const struct register_problem *p)
{
    struct result *r = ctx;
    buf_addf(&r->problems, "%s %ld:%zu %s", register_severity_name(p->severity), p->line, p->column,
             register_problem_name(p->code));
    if (p->found[0] != '\0')
        buf_addf(&r->problems, " %s", p->found);
    if (p->suggestion[0] != '\0')
        buf_addf(&r->problems, " > %s", p->suggestion);
    buf_addc(&r->problems, '\n');
    /* No placeholder is left, and there is a sentence in both languages. */
    assert_null(strpbrk(p->text.sv, "{}"));
    assert_null(strpbrk(p->text.en, "{}"));
    assert_true(strlen(p->text.sv) > 10);
    assert_true(strlen(p->text.en) > 10);
    buf_reset(&r->last_sv);
    buf_adds(&r->last_sv, p->text.sv);
}

static bool municipality(void *ctx, const char *text, char code[REGISTER_CODE_BYTES])
{
    (void)ctx;
    static const char *const known[][2] = {{"1292", "Ängelholm"}, {"0765", "Älmhult"}, {"1283", "Helsingborg"}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i][0], text) == 0 || strcmp(known[i][1], text) == 0) {
            memcpy(code, known[i][0], REGISTER_CODE_BYTES);
            return true;
        }
    }
    return false;
}

static void read_with(struct result *r, const struct register_options *options, const void *data, size_t n)
{
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, data, n);
    struct register_callbacks callbacks = {.on_row = on_row, .on_problem = on_problem, .ctx = r};
    buf_init(&r->rows, 10000000);
    buf_init(&r->problems, 10000000);
    buf_init(&r->last_sv, 10000);
    r->err.text[0] = '\0';
    r->rc = register_read(&source, options, &callbacks, &r->summary, &r->err);
}

static void read_bytes(struct result *r, const void *data, size_t n)
{
    struct register_options options = {.municipality_code = "1292", .municipality = municipality, .max_problems = 1000};
    read_with(r, &options, data, n);
}

static void done(struct result *r)
{
    buf_fini(&r->rows);
    buf_fini(&r->problems);
    buf_fini(&r->last_sv);
}

static void check(const char *data, int rc, const char *rows, const char *problems)
{
    struct result r = {.stop_after = 0};
    read_bytes(&r, data, strlen(data));
    assert_string_equal(buf_str(&r.problems), problems);
    assert_string_equal(buf_str(&r.rows), rows);
    assert_int_equal(r.rc, rc);
    done(&r);
}

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
    struct result r = {.stop_after = 0};
    read_bytes(&r, data, n);
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
    done(&r);
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
    struct result r = {.stop_after = 0};
    read_bytes(&r, b.data, b.len);
    assert_string_equal(buf_str(&r.rows), sample_rows);
    assert_int_equal(r.rc, 0);
    done(&r);
    buf_fini(&b);
}

/* --- headers and rows that are no data
 * ---------------------------------------------------------------------------------- */

static void test_register_read__finds_the_header(void **state)
{
    (void)state;
    check("Register över grannsamverkan, Ängelholm, 2026;;\n\n# utdrag;;\nOmråde;E-post;Övrigt\nEken;a@example.se;x\n",
          0, "5 1292 Eken|.|.|.|.|.|.|.|.|.|.|.|a@example.se||.\n",
          "note 4:0 TITLE_ROWS\nnote 4:3 COLUMN_REMARK Övrigt\nwarning 5:0 NAME_MISSING\nnote 5:0 BLANK_ROWS\n");
    check("OMRÅDE \nEken\n", 0, "2 1292 Eken|.|.|.|.|.|.|.|.|.\n", "");
    check("Områdesnamn;Epost adress;Mobil nr;Färg;E-post 2\nEken;a@example.se;;röd;b@example.se\n", 0,
          "2 1292 Eken|.|.|.|.|.|.|.|.|.|.|.|a@example.se b@example.se||.\n",
          "note 1:4 COLUMN_UNKNOWN Färg\nwarning 2:0 NAME_MISSING\n");
    check("Namn;Förnamn;Efternamn;Tfn\nEken;Bo;Ek;0701740605\n", 0,
          "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|.||+46701740605|.\n", "");
    check("Område;Namn;Namn\nEken;Bo Ek;Al\n", 0, "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|.|||.\n",
          "warning 1:3 COLUMN_TWICE Namn\nwarning 2:0 CONTACT_UNREACHABLE Bo Ek\n");
    check("Område;;Typ\nEken;hej;Villa\nBoken;hopp;Villa\n", 0,
          "2 1292 Eken|house|.|.|.|.|.|.|.|.\n3 1292 Boken|house|.|.|.|.|.|.|.|.\n", "note 2:2 COLUMN_UNKNOWN hej\n");
}

static void test_register_read__no_header(void **state)
{
    (void)state;
    check("", ERR_INVALID, "", "error 1:0 EMPTY\n");
    check("\n;;\n\n", ERR_INVALID, "", "error 1:0 EMPTY\n");
    check("a;b\nc;d\n", ERR_INVALID, "", "error 1:0 NO_HEADER\n");
    check("x\nTyp;Förnamn;E-post\nVilla;Bo;a@example.se\n", ERR_INVALID, "", "error 2:0 NO_GROUP_COLUMN\n");
    struct buf b;
    buf_init(&b, 10000);
    for (int i = 0; i < 30; i++)
        buf_adds(&b, "titel\n");
    buf_adds(&b, "Område;Typ\nEken;Villa\n");
    check(buf_str(&b), ERR_INVALID, "", "error 1:0 NO_HEADER\n");
    buf_fini(&b);
}

static void test_register_read__skips_what_is_no_data(void **state)
{
    (void)state;
    check("Område;Antal hushåll;E-post\nEken;10;\n;;\n\nOmråde;Antal hushåll;E-post\nSumma;10;\nTotalt: 1 grupp;;\n"
          "Summavägen;3;\n",
          0, "2 1292 Eken|.|.|.|.|.|10|.|.|.\n8 1292 Summavägen|.|.|.|.|.|3|.|.|.\n",
          "note 5:0 HEADER_AGAIN Område\nnote 6:0 TOTAL_ROW Summa\nnote 7:0 TOTAL_ROW Totalt: 1 grupp\n"
          "note 8:0 BLANK_ROWS\n");
    check("Område;E-post\nSumma;a@example.se\n", 0, "2 1292 Summa|.|.|.|.|.|.|.|.|.|.|.|a@example.se||.\n",
          "warning 2:0 NAME_MISSING\n");
}

static void test_register_read__row_widths(void **state)
{
    (void)state;
    check("Område;Typ;Övrigt\nEken\nBoken;Villa\nAlen;Villa;x;;\nAsken;Villa;x;y\n", ERR_INVALID,
          "2 1292 Eken|.|.|.|.|.|.|.|.|.\n3 1292 Boken|house|.|.|.|.|.|.|.|.\n4 1292 Alen|house|.|.|.|.|.|.|.|.\n",
          "note 1:3 COLUMN_REMARK Övrigt\nwarning 2:0 ROW_SHORT\nerror 5:4 ROW_LONG y\n");
}

static void test_register_read__broken_files(void **state)
{
    (void)state;
    check("Område;Typ\nEken;Villa\nBoken;\"Villa\nAlen;Villa\n", ERR_INVALID, "2 1292 Eken|house|.|.|.|.|.|.|.|.\n",
          "error 3:2 FILE\n");
    struct result r = {.stop_after = 0};
    read_bytes(&r, "Område;Typ\nEken;Vi\0lla\n", 24);
    assert_int_equal(r.rc, ERR_INVALID);
    assert_string_equal(buf_str(&r.problems), "error 2:2 FILE\n");
    assert_non_null(strstr(r.err.text, "line 2, column 2 (Typ): Here is a NUL character"));
    assert_non_null(strstr(buf_str(&r.last_sv), "nolltecken"));
    done(&r);
    read_bytes(&r,
               "\xef\xbb\xbfOmr\xc3\xa5"
               "de;Typ\nEken;Vi\xe5\n",
               24);
    assert_string_equal(buf_str(&r.problems), "error 2:2 FILE\n");
    assert_non_null(strstr(buf_str(&r.last_sv), "teckenkodning (UTF-8)"));
    done(&r);
}

/* --- cells ----------------------------------------------------------------------------------------------------------
 */

static void test_register_read__words(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *state, *role, *want;
    } rows[] = {
        {"Villa/Radhus", "AKTIV", "HKO", "house|active|lead_rep"},
        {"Villa + lägenhet", "Under uppstart", "KO", "mixed|starting|contact_rep"},
        {"Villa och fritidshus", "Vilande", "Kontaktperson", "mixed|dormant|contact_rep"},
        {"Rad-/kedjehus", "Avslutad", "huvudkontakt", "house|closed|lead_rep"},
        {"farm", "meeting_booked", "lead_rep", "farm|meeting_booked|lead_rep"},
        {"Båt", "Möte bokat", "Ombud", "boat|meeting_booked|contact_rep"},
        {"Flerfamiljshus", "Intresse", "Huvudkontaktombud", "apartment|interest|lead_rep"},
        {"-", "?", "saknas", ".|.|."},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[512];
        char want[512];
        struct result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Typ;Status;Roll;Namn;E-post\nEken;%s;%s;%s;Bo;a@example.se\n", rows[i].kind,
                 rows[i].state, rows[i].role);
        read_bytes(&r, in, strlen(in));
        assert_int_equal(r.rc, 0);
        const char *role = strrchr(rows[i].want, '|');
        snprintf(want, sizeof want, "2 1292 Eken|%.*s|.|.|.|.|.|.|.|Bo%s|a@example.se||.\n", (int)(role - rows[i].want),
                 rows[i].want, role);
        assert_string_equal(buf_str(&r.rows), want);
        done(&r);
    }
    check("Område;Typ;Status\nEken;Kullerbytta;Aktiv\nBoken;Villa;Grön\nAlen;Villa;\nAlen;Villa;\n", ERR_INVALID,
          "2 1292 Eken|other|active|.|.|.|.|.|.|.\n4 1292 Alen|house|.|.|.|.|.|.|.|.\n"
          "5 1292 Alen|house|.|.|.|.|.|.|.|. group@4\n",
          "warning 2:2 KIND_UNKNOWN Kullerbytta\nerror 3:3 STATE_UNKNOWN Grön\nnote 3:3 STATE_BLANK\n"
          "note 4:3 STATE_BLANK\n");
}

static void test_register_read__lead_rep_column(void **state)
{
    (void)state;
    check("Område;Huvudkontaktombud;E-post\nEken;Bo Ek;a@example.se\n", 0,
          "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|lead_rep|a@example.se||.\n", "");
    check("Område;Huvudkontakt;Namn;E-post\nEken;x;Bo;a@example.se\nEken;;Al;b@example.se\nEken;nej;Ed;c@example.se\n",
          0,
          "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo|lead_rep|a@example.se||.\n"
          "3 1292 Eken|.|.|.|.|.|.|.|.|.|Al|.|b@example.se||. group@2\n"
          "4 1292 Eken|.|.|.|.|.|.|.|.|.|Ed|contact_rep|c@example.se||. group@2\n",
          "");
}

static void test_register_read__numbers(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int value; /* -1: blank, -2: refused */
        bool is_about;
    } rows[] = {
        {"34", 34, false},
        {"0", 0, false},
        {"1 234", 1234, false},
        {"1\xc2\xa0"
         "234",
         1234, false},
        {"34,0", 34, false},
        {"34 st", 34, false},
        {"ca 30", 30, true},
        {"c:a 30", 30, true},
        {"Ca. 30 hushåll", 30, true},
        {"~30", 30, true},
        {"30+", 30, true},
        {"1000000", 1000000, false},
        {"-", -1, false},
        {"?", -1, false},
        {"saknas", -1, false},
        {"34,5", -2, false},
        {"-5", -2, false},
        {"30-40", -2, false},
        {"1000001", -2, false},
        {"1 23", -2, false},
        {"tre", -2, false},
        {"99999999999999999999", -2, false},
        {"1.234", -2, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[256];
        char want[256] = "";
        struct result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Skyltar\nEken;%s\n", rows[i].in);
        if (rows[i].value >= 0)
            snprintf(want, sizeof want, "2 1292 Eken|.|.|.|.|.|.|.|%d|.\n", rows[i].value);
        else if (rows[i].value == -1)
            snprintf(want, sizeof want, "2 1292 Eken|.|.|.|.|.|.|.|.|.\n");
        read_bytes(&r, in, strlen(in));
        if (strcmp(buf_str(&r.rows), want) != 0)
            fail_msg("%s: %s", rows[i].in, buf_str(&r.rows));
        assert_int_equal(r.summary.problems[REGISTER_NOTE], rows[i].is_about ? 1 : 0);
        assert_int_equal(r.summary.problems[REGISTER_ERROR], rows[i].value == -2 ? 1 : 0);
        done(&r);
    }
    check("Område;Hushåll;Anslutna\nEken;10;11\n", 0, "2 1292 Eken|.|.|.|.|.|10|11|.|.\n", "warning 2:3 JOINED_MORE\n");
}

static void test_register_read__postal_codes_and_dates(void **state)
{
    (void)state;
    check("Område;Postnr;Startdatum;Senaste träff\nA;26632;2021;2022-05\nB;266 32;31 jan 2024;24-01-31\nC;SE-266 "
          "32;-;?\n",
          0,
          "2 1292 A|.|.|.|266 32|2021|.|.|.|2022-05\n3 1292 B|.|.|.|266 32|2024-01-31|.|.|.|2024-01-31\n"
          "4 1292 C|.|.|.|266 32|.|.|.|.|.\n",
          "note 3:4 DATE_READ 24-01-31\n");
    check(
        "Område;Postnr;Startdatum\nA;2663;\nB;026632;\nC;;2024-02-30\nD;;våren\n", ERR_INVALID, "",
        "error 2:2 POSTAL_CODE 2663\nerror 3:2 POSTAL_CODE 026632\nerror 4:3 DATE 2024-02-30\nerror 5:3 DATE våren\n");
}

static void test_register_read__addresses(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *want, *problem;
    } rows[] = {
        {"mailto:bo@example.se", "bo@example.se", ""},
        {"mailto:bo@example.se?subject=hej", "bo@example.se", ""},
        {"Bo Ek <bo@example.se>", "bo@example.se", ""},
        {"\"\"\"Ek, Bo\"\" <bo@example.se>; al@example.se\"", "bo@example.se al@example.se", ""},
        {"Ek, Bo <bo@example.se>, Al <al@example.se>", "bo@example.se al@example.se", ""},
        {"<bo@example.se>", "bo@example.se", ""},
        {"\"bo@example.se; al@example.se\"", "bo@example.se al@example.se", ""},
        {"\"bo@example.se;al@example.se;\"", "bo@example.se al@example.se", ""},
        {"bo@example.se, al@example.se", "bo@example.se al@example.se", ""},
        {"bo@example.se al@example.se", "bo@example.se al@example.se", ""},
        {"bo@example.se / al@example.se", "bo@example.se al@example.se", ""},
        {"bo@example.se.", "bo@example.se", ""},
        {"bo@example.se (hem)", "bo@example.se", ""},
        {"bo@example.se BO@EXAMPLE.SE", "bo@example.se", ""},
        {"'bo@example.se'", "bo@example.se", ""},
        {"'bo@example.se", "'bo@example.se", ""},
        {"a/b@example.se", "a/b@example.se", ""},
        {"a|b@example.se/c|d@example.se", "a|b@example.se c|d@example.se", ""},
        {"bo@ängelholm.example", "bo@ängelholm.example", ""},
        {"bo@gmial.com", "bo@gmial.com", "warning 2:3 ADDRESS_TYPO bo@gmial.com > bo@gmail.com\n"},
        {"saknas", "", ""},
        {"bo@example", NULL, "error 2:3 ADDRESS bo@example\n"},
        {"bo.example.se", NULL, "error 2:3 ADDRESS bo.example.se\n"},
        {"bo@ example.se", NULL, "error 2:3 ADDRESS bo@\nerror 2:3 ADDRESS example.se\n"},
        {"a@x.se b@x.se c@x.se d@x.se e@x.se f@x.se", NULL, "error 2:3 ADDRESS_MANY f@x.se\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[256];
        char want[256] = "";
        struct result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Namn;E-post;Mobil\nEken;Bo;%s;0701740605\n", rows[i].cell);
        if (rows[i].want != NULL)
            snprintf(want, sizeof want, "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo|.|%s|+46701740605|.\n", rows[i].want);
        read_bytes(&r, in, strlen(in));
        assert_string_equal(buf_str(&r.rows), want);
        assert_string_equal(buf_str(&r.problems), rows[i].problem);
        done(&r);
    }
}

static void test_register_read__phones(void **state)
{
    (void)state;
    check(
        "Område;Namn;Telefon;Mobil\nA;Bo;0431-000000;070-1740605\nB;Bo;0701740605/0701740606/0701740607;\n"
        "C;Bo;\"7,01E+08\";\nD;Bo;-;070-174\n",
        ERR_INVALID,
        "2 1292 A|.|.|.|.|.|.|.|.|.|Bo|.||+46431000000 +46701740605|.\n"
        "3 1292 B|.|.|.|.|.|.|.|.|.|Bo|.||+46701740605 +46701740606|.\n",
        "warning 3:3 PHONE_MANY 0701740605/0701740606/0701740607\nerror 4:3 PHONE 7,01E+08\nerror 5:4 PHONE 070-174\n");
}

static void test_register_read__names(void **state)
{
    (void)state;
    check("Område;Namn;E-post\nA;Ek, Bo;a@example.se\nB;  Bo\xc2\xa0 Ek ;a@example.se\nC;A\xcc\x8ake Ek;a@example.se\n"
          "D;vakant;\nE;Bo;\nOkänd;Na;b@example.se\n-;Al;b@example.se\n",
          ERR_INVALID,
          "2 1292 A|.|.|.|.|.|.|.|.|.|Bo Ek|.|a@example.se||.\n3 1292 B|.|.|.|.|.|.|.|.|.|Bo Ek|.|a@example.se||.\n"
          "4 1292 C|.|.|.|.|.|.|.|.|.|Åke Ek|.|a@example.se||.\n5 1292 D|.|.|.|.|.|.|.|.|.\n"
          "6 1292 E|.|.|.|.|.|.|.|.|.|Bo|.|||.\n7 1292 Okänd|.|.|.|.|.|.|.|.|.|Na|.|b@example.se||.\n",
          "note 2:2 NAME_TURNED Ek, Bo\nwarning 6:0 CONTACT_UNREACHABLE Bo\nerror 8:1 GROUP_MISSING\n");
    char in[400] = "Område;Namn\nA;";
    memset(in + strlen(in), 'x', 121);
    check(in, ERR_INVALID, "",
          "error 2:2 CELL_LONG xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\n");
}

static void test_register_read__trained(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"ja", "1"},
        {"X", "1"},
        {"1", "1"},
        {"nej", "0"},
        {"0", "0"},
        {"2022", "1/2022"},
        {"", "."},
        {"-", "."},
        {"ja 2022", "1/2022"},
        {"2022-05-03", "1/2022"},
        {"Ja (2021)", "1/2021"},
        {"nja", NULL},
        {"3", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[256];
        char want[256] = "";
        struct result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Namn;E-post;Utbildad\nA;Bo;a@example.se;%s\n", rows[i][0]);
        if (rows[i][1] != NULL)
            snprintf(want, sizeof want, "2 1292 A|.|.|.|.|.|.|.|.|.|Bo|.|a@example.se||%s\n", rows[i][1]);
        read_bytes(&r, in, strlen(in));
        assert_string_equal(buf_str(&r.rows), want);
        done(&r);
    }
}

static void test_register_read__municipalities(void **state)
{
    (void)state;
    check("Kommunkod;Område\n1292;A\n765;B\nÄlmhult;C\nHelsingborgs kommun;D\n;E\n9999;F\nAtlantis;G\n", ERR_INVALID,
          "2 1292 A|.|.|.|.|.|.|.|.|.\n3 0765 B|.|.|.|.|.|.|.|.|.\n4 0765 C|.|.|.|.|.|.|.|.|.\n"
          "5 1283 D|.|.|.|.|.|.|.|.|.\n6 1292 E|.|.|.|.|.|.|.|.|.\n",
          "error 7:1 MUNICIPALITY_UNKNOWN 9999\nerror 8:1 MUNICIPALITY_UNKNOWN Atlantis\n");
    check("Kommun;Kommunkod;Område\nÄngelholm;0765;A\n", 0, "2 0765 A|.|.|.|.|.|.|.|.|.\n", "");
    struct register_options options = {.max_problems = 10};
    struct result r = {.stop_after = 0};
    static const char bare[] = "Område\nEken\nBoken\n";
    read_with(&r, &options, bare, sizeof bare - 1);
    assert_int_equal(r.rc, ERR_INVALID);
    assert_string_equal(buf_str(&r.problems), "error 1:0 MUNICIPALITY_MISSING\n");
    assert_string_equal(buf_str(&r.rows), "");
    done(&r);
    static const char blank[] = "Kommunkod;Område\n1292;Eken\n;Boken\n12;Alen\n";
    read_with(&r, &options, blank, sizeof blank - 1);
    assert_string_equal(buf_str(&r.problems), "error 3:1 MUNICIPALITY_MISSING\nerror 4:1 MUNICIPALITY_UNKNOWN 12\n");
    done(&r);
}

static void test_register_read__personnummer(void **state)
{
    (void)state;
    check("Område;Namn;Personnr;Mobil\nEken;Bo 811228-9874;198112289874;8112289874\n", ERR_INVALID, "",
          "error 1:3 COLUMN_PERSONNUMMER Personnr\nerror 2:2 PERSONNUMMER Bo ******-****\n"
          "error 2:3 PERSONNUMMER ************\nerror 2:4 PHONE **********\n");
    check("Område;Kommentar\nEken;19811228-9874\n", ERR_INVALID, "",
          "note 1:2 COLUMN_REMARK Kommentar\nerror 2:2 PERSONNUMMER ********-****\n");
    check("Område;Namn;Skyddad identitet\nEken;Bo;ja\nBoken;Al;nej\n", ERR_INVALID,
          "3 1292 Boken|.|.|.|.|.|.|.|.|.|Al|.|||.\n", "error 2:3 PROTECTED\nwarning 3:0 CONTACT_UNREACHABLE Al\n");
}

static void test_register_read__odd_cells(void **state)
{
    (void)state;
    check("Område;Namn;E-post\n'=Eken;'+Bo;'-a@example.se\n'Boken;=\"x\";\n", ERR_INVALID,
          "2 1292 =Eken|.|.|.|.|.|.|.|.|.|+Bo|.|-a@example.se||.\n", "error 3:2 FILE\n");
    check("Område;Namn\n\"=\"\"Eken\"\"\";''Bo\n", 0, "2 1292 Eken|.|.|.|.|.|.|.|.|.|'Bo|.|||.\n",
          "warning 2:0 CONTACT_UNREACHABLE 'Bo\n");
    check("Område;Namn\nEk\001en;Bo\nEk\xe2\x80\xae"
          "en;Bo\n",
          ERR_INVALID, "", "error 2:1 CELL_CONTROL Ek en\nerror 3:1 CELL_CONTROL Ek en\n");
    check("Område;Namn;Mobil\n;Bo;0701740605\n", ERR_INVALID, "", "error 2:1 GROUP_MISSING\n");
    check("Område;Ort\nLÃ¤rkvÃ¤gen;Ã…storp\n", 0, "2 1292 LÃ¤rkvÃ¤gen|.|.|Ã…storp|.|.|.|.|.|.\n",
          "warning 2:1 MOJIBAKE LÃ¤rkvÃ¤gen\n");
    check("Område;Namn;E-post\n\"Eken\nsödra\";Bo;a@example.se\nBoken;Al;fel\n", ERR_INVALID,
          "2 1292 Eken södra|.|.|.|.|.|.|.|.|.|Bo|.|a@example.se||.\n", "error 4:3 ADDRESS fel\n");
}

/* --- rows against each other -----------------------------------------------------------------------------------------
 */

static void test_register_read__groups_that_differ(void **state)
{
    (void)state;
    check("Område;Typ;Antal hushåll;Status\nEken;Villa;;Aktiv\nEKEN;Radhus;10;\neken ;Båt;12;Vilande\n", 0,
          "2 1292 Eken|house|active|.|.|.|.|.|.|.\n3 1292 EKEN|house|.|.|.|.|10|.|.|. group@2\n"
          "4 1292 eken|.|.|.|.|.|.|.|.|. group@2\n",
          "warning 4:2 GROUP_DIFFERS Båt\nwarning 4:4 GROUP_DIFFERS Vilande\nwarning 4:3 GROUP_DIFFERS 12\n");
    check("Område;Ort;Typ\nEken;;Villa\nEken;Vejbystrand;Villa\nEken;Hjärnarp;Båt\nEken;Hjärnarp;Båt\nEken;;Villa\n", 0,
          "2 1292 Eken|house|.|.|.|.|.|.|.|.\n3 1292 Eken|house|.|Vejbystrand|.|.|.|.|.|. group@2\n"
          "4 1292 Eken|boat|.|Hjärnarp|.|.|.|.|.|.\n5 1292 Eken|boat|.|Hjärnarp|.|.|.|.|.|. group@4\n"
          "6 1292 Eken|house|.|.|.|.|.|.|.|. group@2\n",
          "warning 4:2 GROUP_TWO_DISTRICTS Hjärnarp\n");
    check("Kommunkod;Område;Typ\n1292;Eken;Villa\n0765;Eken;Båt\n", 0,
          "2 1292 Eken|house|.|.|.|.|.|.|.|.\n3 0765 Eken|boat|.|.|.|.|.|.|.|.\n", "");
}

static void test_register_read__same_person_again(void **state)
{
    (void)state;
    check("Område;Namn;E-post;Mobil\nEken;Bo Ek;a@example.se;\nEken;BO EK;A@example.se;0701740605\n"
          "Boken;Bo Ek;a@example.se;\nEken;Al Ek;a@example.se;\n",
          0,
          "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|.|a@example.se||.\n"
          "3 1292 Eken|.|.|.|.|.|.|.|.|.|BO EK|.|A@example.se|+46701740605|. group@2 contact@2\n"
          "4 1292 Boken|.|.|.|.|.|.|.|.|.|Bo Ek|.|a@example.se||.\n"
          "5 1292 Eken|.|.|.|.|.|.|.|.|.|Al Ek|.|a@example.se||. group@2\n",
          "note 3:0 CONTACT_AGAIN BO EK\n");
}

static int keep_masks(void *ctx, const struct register_row *row)
{
    unsigned *masks = ctx;
    masks[0] = row->present;
    masks[1] = row->filled;
    return 0;
}

static void ignore_problem(void *ctx, const struct register_problem *problem)
{
    (void)ctx;
    (void)problem;
}

static void test_register_read__present_and_filled(void **state)
{
    (void)state;
    static const char data[] = "Område;Typ;Förnamn;Efternamn;Kommun;Huvudkontakt;Skyltar\nEken;;Bo;;1292;ja;-\n";
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, data, sizeof data - 1);
    struct register_options options = {.max_problems = 10};
    unsigned masks[2] = {0, 0};
    struct register_callbacks callbacks = {.on_row = keep_masks, .on_problem = ignore_problem, .ctx = masks};
    struct register_summary summary;
    assert_int_equal(register_read(&source, &options, &callbacks, &summary, NULL), 0);
    const unsigned want =
        REGISTER_BIT(GROUP) | REGISTER_BIT(NAME) | REGISTER_BIT(ROLE) | REGISTER_BIT(MUNICIPALITY_CODE);
    assert_int_equal(masks[1], want);
    const unsigned also = REGISTER_BIT(KIND) | REGISTER_BIT(SIGN_COUNT) | REGISTER_BIT(FIRST_NAME) |
                          REGISTER_BIT(LAST_NAME) | REGISTER_BIT(MUNICIPALITY) | REGISTER_BIT(LEAD_REP);
    assert_int_equal(masks[0], want | also);
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
    struct result r = {.stop_after = 0};
    read_with(&r, &options, b.data, b.len);
    assert_int_equal(r.summary.problems[REGISTER_ERROR], 100);
    assert_int_equal(r.summary.problems[REGISTER_WARNING], 100);
    assert_string_equal(buf_str(&r.problems),
                        "error 2:2 NUMBER x\nwarning 2:3 KIND_UNKNOWN Tält\nerror 3:2 NUMBER x\n"
                        "warning 3:3 KIND_UNKNOWN Tält\nerror 4:2 NUMBER x\nwarning 4:3 KIND_UNKNOWN Tält\n");
    assert_string_equal(r.err.text,
                        "line 2, column 2 (Skyltar): It cannot be read as a number. Write a whole number, such as 34.");
    done(&r);
    buf_fini(&b);
}

static void test_register_read__stops_when_the_callback_says_so(void **state)
{
    (void)state;
    struct result r = {.stop_after = 1};
    static const char data[] = "Område\nEken\nBoken\n";
    read_bytes(&r, data, sizeof data - 1);
    assert_int_equal(r.rc, ERR_CANCELED);
    assert_string_equal(buf_str(&r.rows), "2 1292 Eken|.|.|.|.|.|.|.|.|.\n");
    done(&r);
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
    struct result r = {.stop_after = 0};
    struct byte_source source = {.read = broken_read, .rewind = broken_rewind};
    struct register_options options = {.municipality_code = "1292", .max_problems = 10};
    struct register_callbacks callbacks = {.on_row = on_row, .on_problem = on_problem, .ctx = &r};
    buf_init(&r.problems, 1000);
    buf_init(&r.last_sv, 1000);
    assert_int_equal(register_read(&source, &options, &callbacks, &r.summary, &r.err), ERR_IO);
    assert_string_equal(buf_str(&r.problems), "error 1:0 FILE\n");
    done(&r);
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
    TEST(test_register_read__words),
    TEST(test_register_read__lead_rep_column),
    TEST(test_register_read__numbers),
    TEST(test_register_read__postal_codes_and_dates),
    TEST(test_register_read__addresses),
    TEST(test_register_read__phones),
    TEST(test_register_read__names),
    TEST(test_register_read__trained),
    TEST(test_register_read__municipalities),
    TEST(test_register_read__personnummer),
    TEST(test_register_read__odd_cells),
    TEST(test_register_read__groups_that_differ),
    TEST(test_register_read__same_person_again),
    TEST(test_register_read__present_and_filled),
    TEST(test_register_read__counts_beyond_the_reported),
    TEST(test_register_read__stops_when_the_callback_says_so),
    TEST(test_register_read__source_fails),
};

TEST_MAIN(tests)
