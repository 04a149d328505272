/* core/register.h: cells of every column, and rows against each other. */
#include <stdio.h>

#include "base/byte_source.h"
#include "base/mem.h"
#include "lib/register_result.h"
#include "lib/test.h"

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
        struct register_result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Typ;Status;Roll;Namn;E-post\nEken;%s;%s;%s;Bo;a@example.se\n", rows[i].kind,
                 rows[i].state, rows[i].role);
        register_result_read(&r, in, strlen(in));
        assert_int_equal(r.rc, 0);
        const char *role = strrchr(rows[i].want, '|');
        snprintf(want, sizeof want, "2 1292 Eken|%.*s|.|.|.|.|.|.|.|Bo%s|a@example.se||.\n", (int)(role - rows[i].want),
                 rows[i].want, role);
        assert_string_equal(buf_str(&r.rows), want);
        register_result_done(&r);
    }
    register_result_check("Område;Typ;Status\nEken;Kullerbytta;Aktiv\nBoken;Villa;Grön\nAlen;Villa;\nAlen;Villa;\n",
                          ERR_INVALID,
                          "2 1292 Eken|other|active|.|.|.|.|.|.|.\n4 1292 Alen|house|.|.|.|.|.|.|.|.\n"
                          "5 1292 Alen|house|.|.|.|.|.|.|.|. group@4\n",
                          "warning 2:2 KIND_UNKNOWN Kullerbytta\nerror 3:3 STATE_UNKNOWN Grön\nnote 3:3 STATE_BLANK\n"
                          "note 4:3 STATE_BLANK\n");
}

static void test_register_read__lead_rep_column(void **state)
{
    (void)state;
    register_result_check("Område;Huvudkontaktombud;E-post\nEken;Bo Ek;a@example.se\n", 0,
                          "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|lead_rep|a@example.se||.\n", "");
    register_result_check(
        "Område;Huvudkontakt;Namn;E-post\nEken;x;Bo;a@example.se\nEken;;Al;b@example.se\nEken;nej;Ed;c@example.se\n", 0,
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
        struct register_result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Skyltar\nEken;%s\n", rows[i].in);
        if (rows[i].value >= 0)
            snprintf(want, sizeof want, "2 1292 Eken|.|.|.|.|.|.|.|%d|.\n", rows[i].value);
        else if (rows[i].value == -1)
            snprintf(want, sizeof want, "2 1292 Eken|.|.|.|.|.|.|.|.|.\n");
        register_result_read(&r, in, strlen(in));
        if (strcmp(buf_str(&r.rows), want) != 0)
            fail_msg("%s: %s", rows[i].in, buf_str(&r.rows));
        assert_int_equal(r.summary.problems[REGISTER_NOTE], rows[i].is_about ? 1 : 0);
        assert_int_equal(r.summary.problems[REGISTER_ERROR], rows[i].value == -2 ? 1 : 0);
        register_result_done(&r);
    }
    register_result_check("Område;Hushåll;Anslutna\nEken;10;11\n", 0, "2 1292 Eken|.|.|.|.|.|10|11|.|.\n",
                          "warning 2:3 JOINED_MORE\n");
}

static void test_register_read__postal_codes_and_dates(void **state)
{
    (void)state;
    register_result_check(
        "Område;Postnr;Startdatum;Senaste träff\nA;26632;2021;2022-05\nB;266 32;31 jan 2024;24-01-31\nC;SE-266 "
        "32;-;?\n",
        0,
        "2 1292 A|.|.|.|266 32|2021|.|.|.|2022-05\n3 1292 B|.|.|.|266 32|2024-01-31|.|.|.|2024-01-31\n"
        "4 1292 C|.|.|.|266 32|.|.|.|.|.\n",
        "note 3:4 DATE_READ 24-01-31\n");
    register_result_check(
        "Område;Postnr;Startdatum\nA;2663;\nB;026632;\nC;;2024-02-30\nD;;våren\n", ERR_INVALID, "",
        "error 2:2 POSTAL_CODE 2663\nerror 3:2 POSTAL_CODE 026632\nerror 4:3 DATE 2024-02-30\nerror 5:3 DATE våren\n");
}

static void test_register_read__positions(void **state)
{
    (void)state;
    static const char want[] = "2 1292 Eken|.|.|.|.|.|.|.|.|. (56.2428, 12.8622)\n";
    static const char *const same[] = {
        "Område;Koordinat\nEken;56.2428, 12.8622\n",
        "Område;Position\nEken;56,2428 12,8622\n",
        "Område;lat;lon\nEken;56.2428;12.8622\n",
        "Område;Longitud;Latitud\nEken;12,8622;56,2428\n",
        "Område;latitude;long\nEken;56.242800;12.862200\n",
        "Område,lat,lng\nEken,56.2428,12.8622\n",
        "Område;Latitud (WGS 84);Longitud (WGS 84)\nEken;56.2428°;12.8622°\n",
        "Område;Koordinat;Ort\nEken;56.2428, 12.8622;-\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        register_result_check(same[i], 0, want, "");
    register_result_check("Område;lat;lon\nA;;\nB;-;?\nC;saknas;saknas\n", 0,
                          "2 1292 A|.|.|.|.|.|.|.|.|.\n3 1292 B|.|.|.|.|.|.|.|.|.\n4 1292 C|.|.|.|.|.|.|.|.|.\n", "");
    register_result_check(
        "Område;lat;lon\nA;56.2;\nB;;12.8\nC;12.8;56.2\nD;6233123;365123\nE;52.5;13.4\nF;norr;12\n"
        "G;56.2;öst\n",
        ERR_INVALID, "",
        "error 2:2 POSITION_HALF 56.2\nerror 3:3 POSITION_HALF 12.8\nerror 4:2 POSITION_SWAPPED 12.8\n"
        "error 5:2 POSITION_GRID 6233123\nerror 6:2 POSITION_OUTSIDE 52.5\nerror 7:2 POSITION norr\n"
        "error 8:3 POSITION öst\n");
    register_result_check("Område;Koordinat\nA;någonstans\nB;12.8, 56.2\nC;6233123, 365123\n", ERR_INVALID, "",
                          "error 2:2 POSITION någonstans\nerror 3:2 POSITION_SWAPPED 12.8, 56.2\n"
                          "error 4:2 POSITION_GRID 6233123, 365123\n");
    /* A second row of the group that says otherwise. */
    register_result_check("Område;Namn;E-post;Koordinat\nEken;Anna Ek;a@example.se;56.2428, 12.8622\n"
                          "Eken;Bo Ek;b@example.se;56.3, 12.9\n",
                          0,
                          "2 1292 Eken|.|.|.|.|.|.|.|.|. (56.2428, 12.8622)|Anna Ek|.|a@example.se||.\n"
                          "3 1292 Eken|.|.|.|.|.|.|.|.|.|Bo Ek|.|b@example.se||. group@2\n",
                          "warning 3:4 GROUP_DIFFERS 56.3, 12.9\n");
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
        struct register_result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Namn;E-post;Mobil\nEken;Bo;%s;0701740605\n", rows[i].cell);
        if (rows[i].want != NULL)
            snprintf(want, sizeof want, "2 1292 Eken|.|.|.|.|.|.|.|.|.|Bo|.|%s|+46701740605|.\n", rows[i].want);
        register_result_read(&r, in, strlen(in));
        assert_string_equal(buf_str(&r.rows), want);
        assert_string_equal(buf_str(&r.problems), rows[i].problem);
        register_result_done(&r);
    }
}

static void test_register_read__phones(void **state)
{
    (void)state;
    register_result_check(
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
    register_result_check(
        "Område;Namn;E-post\nA;Ek, Bo;a@example.se\nB;  Bo\xc2\xa0 Ek ;a@example.se\nC;A\xcc\x8ake Ek;a@example.se\n"
        "D;vakant;\nE;Bo;\nOkänd;Na;b@example.se\n-;Al;b@example.se\n",
        ERR_INVALID,
        "2 1292 A|.|.|.|.|.|.|.|.|.|Bo Ek|.|a@example.se||.\n3 1292 B|.|.|.|.|.|.|.|.|.|Bo Ek|.|a@example.se||.\n"
        "4 1292 C|.|.|.|.|.|.|.|.|.|Åke Ek|.|a@example.se||.\n5 1292 D|.|.|.|.|.|.|.|.|.\n"
        "6 1292 E|.|.|.|.|.|.|.|.|.|Bo|.|||.\n7 1292 Okänd|.|.|.|.|.|.|.|.|.|Na|.|b@example.se||.\n",
        "note 2:2 NAME_TURNED Ek, Bo\nwarning 6:0 CONTACT_UNREACHABLE Bo\nerror 8:1 GROUP_MISSING\n");
    char in[400] = "Område;Namn\nA;";
    memset(in + strlen(in), 'x', 121);
    register_result_check(
        in, ERR_INVALID, "",
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
        struct register_result r = {.stop_after = 0};
        snprintf(in, sizeof in, "Område;Namn;E-post;Utbildad\nA;Bo;a@example.se;%s\n", rows[i][0]);
        if (rows[i][1] != NULL)
            snprintf(want, sizeof want, "2 1292 A|.|.|.|.|.|.|.|.|.|Bo|.|a@example.se||%s\n", rows[i][1]);
        register_result_read(&r, in, strlen(in));
        assert_string_equal(buf_str(&r.rows), want);
        register_result_done(&r);
    }
}

static void test_register_read__municipalities(void **state)
{
    (void)state;
    register_result_check("Kommunkod;Område\n1292;A\n765;B\nÄlmhult;C\nHelsingborgs kommun;D\n;E\n9999;F\nAtlantis;G\n",
                          ERR_INVALID,
                          "2 1292 A|.|.|.|.|.|.|.|.|.\n3 0765 B|.|.|.|.|.|.|.|.|.\n4 0765 C|.|.|.|.|.|.|.|.|.\n"
                          "5 1283 D|.|.|.|.|.|.|.|.|.\n6 1292 E|.|.|.|.|.|.|.|.|.\n",
                          "error 7:1 MUNICIPALITY_UNKNOWN 9999\nerror 8:1 MUNICIPALITY_UNKNOWN Atlantis\n");
    register_result_check("Kommun;Kommunkod;Område\nÄngelholm;0765;A\n", 0, "2 0765 A|.|.|.|.|.|.|.|.|.\n", "");
    struct register_options options = {.max_problems = 10};
    struct register_result r = {.stop_after = 0};
    static const char bare[] = "Område\nEken\nBoken\n";
    register_result_read_with(&r, &options, bare, sizeof bare - 1);
    assert_int_equal(r.rc, ERR_INVALID);
    assert_string_equal(buf_str(&r.problems), "error 1:0 MUNICIPALITY_MISSING\n");
    assert_string_equal(buf_str(&r.rows), "");
    register_result_done(&r);
    static const char blank[] = "Kommunkod;Område\n1292;Eken\n;Boken\n12;Alen\n";
    register_result_read_with(&r, &options, blank, sizeof blank - 1);
    assert_string_equal(buf_str(&r.problems), "error 3:1 MUNICIPALITY_MISSING\nerror 4:1 MUNICIPALITY_UNKNOWN 12\n");
    register_result_done(&r);
}

static void test_register_read__personnummer(void **state)
{
    (void)state;
    register_result_check("Område;Namn;Personnr;Mobil\nEken;Bo 811228-9874;198112289874;8112289874\n", ERR_INVALID, "",
                          "error 1:3 COLUMN_PERSONNUMMER Personnr\nerror 2:2 PERSONNUMMER Bo ******-****\n"
                          "error 2:3 PERSONNUMMER ************\nerror 2:4 PHONE **********\n");
    register_result_check("Område;Mobil\nEken;811228-9874\n", ERR_INVALID, "", "error 2:2 PERSONNUMMER ******-****\n");
    register_result_check("Område;Kommentar\nEken;19811228-9874\n", ERR_INVALID, "",
                          "note 1:2 COLUMN_REMARK Kommentar\nerror 2:2 PERSONNUMMER ********-****\n");
    register_result_check("Område;Namn;Skyddad identitet\nEken;Bo;ja\nBoken;Al;nej\n", ERR_INVALID,
                          "3 1292 Boken|.|.|.|.|.|.|.|.|.|Al|.|||.\n",
                          "error 2:3 PROTECTED\nwarning 3:0 CONTACT_UNREACHABLE Al\n");
}

static void test_register_read__odd_cells(void **state)
{
    (void)state;
    register_result_check("Område;Namn;E-post\n'=Eken;'+Bo;'-a@example.se\n'Boken;=\"x\";\n", ERR_INVALID,
                          "2 1292 =Eken|.|.|.|.|.|.|.|.|.|+Bo|.|-a@example.se||.\n", "error 3:2 FILE\n");
    register_result_check("Område;Namn\n\"=\"\"Eken\"\"\";''Bo\n", 0, "2 1292 Eken|.|.|.|.|.|.|.|.|.|'Bo|.|||.\n",
                          "warning 2:0 CONTACT_UNREACHABLE 'Bo\n");
    register_result_check("Område;Namn\nEk\001en;Bo\nEk\xe2\x80\xae"
                          "en;Bo\n",
                          ERR_INVALID, "", "error 2:1 CELL_CONTROL Ek en\nerror 3:1 CELL_CONTROL Ek en\n");
    register_result_check("Område;Namn;Mobil\n;Bo;0701740605\n;Bo;x\n", ERR_INVALID, "",
                          "error 2:1 GROUP_MISSING\nerror 3:3 PHONE x\nerror 3:1 GROUP_MISSING\n");
    register_result_check("Område;Ort\nLÃ¤rkvÃ¤gen;Ã…storp\n", 0, "2 1292 LÃ¤rkvÃ¤gen|.|.|Ã…storp|.|.|.|.|.|.\n",
                          "warning 2:1 MOJIBAKE LÃ¤rkvÃ¤gen\n");
    register_result_check("Område;Namn;E-post\n\"Eken\nsödra\";Bo;a@example.se\nBoken;Al;fel\n", ERR_INVALID,
                          "2 1292 Eken södra|.|.|.|.|.|.|.|.|.|Bo|.|a@example.se||.\n", "error 4:3 ADDRESS fel\n");
}

/* --- rows against each other -----------------------------------------------------------------------------------------
 */

static void test_register_read__groups_that_differ(void **state)
{
    (void)state;
    register_result_check(
        "Område;Typ;Antal hushåll;Status\nEken;Villa;;Aktiv\nEKEN;Radhus;10;\neken ;Båt;12;Vilande\n", 0,
        "2 1292 Eken|house|active|.|.|.|.|.|.|.\n3 1292 EKEN|house|.|.|.|.|10|.|.|. group@2\n"
        "4 1292 eken|.|.|.|.|.|.|.|.|. group@2\n",
        "warning 4:2 GROUP_DIFFERS Båt\nwarning 4:4 GROUP_DIFFERS Vilande\nwarning 4:3 GROUP_DIFFERS 12\n");
    register_result_check(
        "Område;Ort;Typ\nEken;;Villa\nEken;Vejbystrand;Villa\nEken;Hjärnarp;Båt\nEken;Hjärnarp;Båt\nEken;;Villa\n", 0,
        "2 1292 Eken|house|.|.|.|.|.|.|.|.\n3 1292 Eken|house|.|Vejbystrand|.|.|.|.|.|. group@2\n"
        "4 1292 Eken|boat|.|Hjärnarp|.|.|.|.|.|.\n5 1292 Eken|boat|.|Hjärnarp|.|.|.|.|.|. group@4\n"
        "6 1292 Eken|house|.|.|.|.|.|.|.|. group@2\n",
        "warning 4:2 GROUP_TWO_DISTRICTS Hjärnarp\n");
    register_result_check("Kommunkod;Område;Typ\n1292;Eken;Villa\n0765;Eken;Båt\n", 0,
                          "2 1292 Eken|house|.|.|.|.|.|.|.|.\n3 0765 Eken|boat|.|.|.|.|.|.|.|.\n", "");
}

static void test_register_read__same_person_again(void **state)
{
    (void)state;
    register_result_check("Område;Namn;E-post;Mobil\nEken;Bo Ek;a@example.se;\nEken;BO EK;A@example.se;0701740605\n"
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

static const struct CMUnitTest tests[] = {
    TEST(test_register_read__words),
    TEST(test_register_read__lead_rep_column),
    TEST(test_register_read__numbers),
    TEST(test_register_read__postal_codes_and_dates),
    TEST(test_register_read__positions),
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
};

TEST_MAIN(tests)
