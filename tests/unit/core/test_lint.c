/* core/lint.h: what is found in a letter, what is left in peace, and where it is said to be. */
/* run: not under tsan */
#include "core/lint.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/letter_source.h"
#include "lib/test.h"

#define HEAD "---\ntitle: T\n---\n"
#define TABLE(head, row) "|" head "|N|\n|-|-|\n|" row "|\n"

static const struct lint_options options = {
    .hosts = (const char *const[]){"angelholm.se", "*.bastad.se"},
    .host_count = 2,
    .places = (const char *const[]){"Munka-Ljungby", "Åsljunga"},
    .place_count = 2,
};

static struct letter_source *parse(const char *text)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    if (letter_source_parse(text, strlen(text), &src, &problem) < 0)
        fail_msg("refused: %s: %s", problem.en, text);
    return src;
}

static void lint_text(const char *text, struct lint_report *report)
{
    struct letter_source *src = parse(text);
    lint_report_init(report);
    lint_letter(src, &options, report);
    letter_source_free(src);
}

static void lint_body(const char *body, struct lint_report *report)
{
    char *text = xasprintf(HEAD "%s", body);
    lint_text(text, report);
    free(text);
}

static const struct lint_finding *find(const struct lint_report *report, const char *rule)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->findings[i].rule, rule) == 0)
            return &report->findings[i];
    return NULL;
}

static const struct lint_finding *must_find(const struct lint_report *report, const char *rule)
{
    static char no_text[] = "";
    static const struct lint_finding none = {.rule = "none", .text = no_text};
    const struct lint_finding *f = find(report, rule);
    if (!f)
        fail_msg("no %s", rule);
    return f ? f : &none;
}

/* These are said of almost every short text of a test. */
static bool is_usual(const struct lint_finding *finding)
{
    return strcmp(finding->rule, "no_numbers") == 0 || strcmp(finding->rule, "lix") == 0;
}

struct row {
    const char *body, *rule, *text; /* rule NULL: nothing but the usual */
};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct lint_report report;
        lint_body(rows[i].body, &report);
        const struct lint_finding *f = rows[i].rule ? find(&report, rows[i].rule) : NULL;
        for (size_t k = 0; !rows[i].rule && k < report.count; k++)
            if (!is_usual(&report.findings[k]))
                fail_msg("row %zu \"%s\": %s [%s]", i, rows[i].body, report.findings[k].rule, report.findings[k].text);
        if (rows[i].rule && !f)
            fail_msg("row %zu \"%s\": no %s", i, rows[i].body, rows[i].rule);
        if (f && rows[i].text && strcmp(f->text, rows[i].text) != 0)
            fail_msg("row %zu \"%s\": found [%s]", i, rows[i].body, f->text);
        lint_report_fini(&report);
    }
}

static void test_lint_letter__personnummer_are_masked_blocks(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Han har 19811218-9876.", "personnummer", "********-****"},
        {"811218-9876", "personnummer", "******-****"},
        {"811218+9876", "personnummer", "******+****"},
        {"81**1218**-9876", "personnummer", "******-****"},
        {"198112189876", "personnummer", "************"},
        {"811218\xe2\x80\x93"
         "9876",
         "personnummer", "******-****"},
        {"- a\n  811278-9873", "personnummer", "******-****"}, /* samordningsnummer */
        {"811218-9875", NULL, NULL},                           /* check digit */
        {"20261332-1234", NULL, NULL},
        {"`811218-9876`", "personnummer", NULL},
        {"    811218-9876", "personnummer", NULL},
        {TABLE("a", "811218-9876"), "personnummer", NULL},
        {"19 811218 9876", "personnummer", "** ****** ****"},
        {"Han är 811218 - 9876.", "personnummer", "****** - ****"},
        {"811218\xc2\xa0"
         "9876",
         "personnummer", "****** ****"},
        {"19811218 9876", "personnummer", "******** ****"},
        {"1981-12-18-9876", "personnummer", "****-**-**-****"},
        {"1981 12 18 9876", "personnummer", "**** ** ** ****"},
        {"1981 1218 9876", "personnummer", "**** **** ****"},
        {"81 12 18-9876", "personnummer", "** ** **-****"},
        {"19 81 12 18 - 9876", "personnummer", "** ** ** ** - ****"},
        {"81 12 18 9876", NULL, NULL}, /* any four numbers */
        {"811218 98 76", NULL, NULL},
    };
    check_rows(rows, ARRAY_LEN(rows));
    struct lint_report report;
    lint_body("Misstänkt är Kalle Karlsson 811218-9876 och 811218-9876", &report);
    for (size_t i = 0; i < report.count; i++) {
        assert_null(strstr(report.findings[i].text, "9876"));
        assert_null(strstr(report.findings[i].sv, "9876"));
        assert_null(strstr(report.findings[i].en, "9876"));
    }
    assert_int_equal(report.totals[LINT_BLOCK], 2);
    lint_report_fini(&report);
    lint_body("Ring 010101-1237", &report); /* not shown as a telephone number either */
    assert_non_null(find(&report, "personnummer"));
    assert_null(find(&report, "phone"));
    lint_report_fini(&report);
}

static void test_lint_letter__plates(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"En bil, ABC 123, sågs.", "plate", "ABC 123"},
        {"(GHJ12D)", "plate", "GHJ12D"},
        {"ABC\xc2\xa0"
         "123",
         "plate", "ABC 123"},
        {"**ABC** 123", "plate", "ABC 123"},
        {"A\xc2\xad"
         "BC-123",
         "plate", "ABC-123"},
        {"\xe2\x80\x9d"
         "ABC 123\xe2\x80\x9d",
         "plate", "ABC 123"},
        {"med reg.nr abc 123", "plate", "abc 123"},
        {"Betala SEK 500 eller", "plate_like", "SEK 500"},
        {"ring SOS 112", NULL, NULL},
        {"tipsa LPO 114 14", NULL, NULL},
        {"som abc 123 barn", NULL, NULL},
        {"en svart volvo abc 123 sågs", "plate", "abc 123"},
        {"Bilen (Abc123) stod där", "plate", "Abc123"},
        {"abc12d på en skåpbil", "plate", "abc12d"},
        {"mobil abc 123", NULL, NULL},
        {"tre bilar och 500 kronor", NULL, NULL},
        {"bilen kostar sek 500", NULL, NULL},
        {"en bmw 320 och en Volvo", NULL, NULL},
        {"en BMW 320", "plate_like", "BMW 320"},
        {"AQC 123", NULL, NULL},
        {"ABC 12O", NULL, NULL},
        {"ABC 1234", NULL, NULL},
        {"XABC 123", NULL, NULL},
        {"covid 19, vecka 123", NULL, NULL},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lint_letter__street_and_number(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Inbrott på Storgatan 12 i fredags", "street_number", "Storgatan 12"},
        {"på Lärkvägen 4 B, nära", "street_number", "Lärkvägen 4 B"},
        {"lärkvägen 4b", "street_number", "lärkvägen 4b"},
        {"Lärk\xc2\xadvägen\xc2\xa0"
         "4",
         "street_number", "Lärkvägen 4"},
        {"vid Stora\ntorget 3", NULL, NULL},
        {"vid Stortorget 3", "street_number", "Stortorget 3"},
        {"på Anders väg 3", "street_number", "väg 3"},
        {"bor på Norra Vägen 3", "street_number", "Vägen 3"},
        {"Strandpromenaden 7-9", "street_number", "Strandpromenaden 7"},
        {"på väg 13 mot Ängelholm", NULL, NULL},
        {"längs riksväg 13 och länsväg 114", NULL, NULL},
        {"På Storgatan 15 april kl. 18", NULL, NULL},
        {"På Storgatan 18.30 sågs", NULL, NULL},
        {"På Storgatan 2026 var", NULL, NULL},
        {"på Storgatan 4 inbrott i mars", NULL, NULL},
        {"flera på Storgatan. 12 anmälningar", NULL, NULL},
        {"på parkleden, i gården 3 dagar", NULL, NULL},
        {"Stadshuset i Ängelholm", NULL, NULL},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lint_letter__phones_and_mail_addresses(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"ring 070-174 06 05.", "phone", "070-174 06 05"},
        {"0701740605", "phone", "0701740605"},
        {"+46 (0)70-174 06 05", "phone", "+46 (0)70-174 06 05"},
        {"0431/12 34 56", "phone", "0431/12 34 56"},
        {"08-123 45 67", "phone", "08-123 45 67"},
        {"0046701740605", "phone", "0046701740605"},
        {"[ring](tel:+46701740605)", "phone", "+46701740605"},
        {"112, 114 14, 11414, 113 13 och 1177", NULL, NULL},
        {"077-114 14 00 eller +46 77 114 14 00", NULL, NULL},
        {"[ring](tel:112) [tipsa](tel:11414)", NULL, NULL},
        {"[tipsa](tel:114%2014) [ring](tel:+46112) [x](tel:077-114%2014%2000)", NULL, NULL},
        {"[ring](tel:118118)", "phone", "118118"},
        {"[ring](tel:%2B46701740605)", "phone", "%2B46701740605"},
        {"[112](tel:0701740605;ext=112)", "phone", "0701740605;ext=112"},
        {"tel:0701740605", "phone", "0701740605"},
        {"Telefon:070-174 06 05", "phone", "070-174 06 05"},
        {"15 april kl. 18.00, 2026-03-10, 07.30 - 16.00", NULL, NULL},
        {"kl. 0730-1600", NULL, NULL},
        {"0 av 100 000 och 12 345 678", NULL, NULL},
        {"dnr 2026-0701740", NULL, NULL},
        {"kalle.karlsson@example.se", "email", "kalle.karlsson@example.se"},
        {"<åke@example.se>", "email", "åke@example.se"},
        {"[skriv](mailto:k.k@example.se)", "email", "k.k@example.se"},
        {"info@angelholm.se, grannsamverkan.angelholm@polisen.se", NULL, NULL},
        {"snabel-a @ och a@b", NULL, NULL},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

/* Ordinary sentences of letters and warnings: nothing of them is worth a word. */
static void test_lint_letter__ordinary_sentences_are_silent(void **state)
{
    (void)state;
    static const char *const sentences[] = {
        "Ring 112 om det är bråttom, annars 114 14.",
        "Tipsa på 114 14 eller +46 77 114 14 00 från utlandet.",
        "Vi ses tisdag 14 april 2026 kl. 18.00 i biblioteket.",
        "Mötet är 2026-04-15 18.00 och kaffe finns från 17:30.",
        "Mötet är 2026-04-15 1800.",
        "Patrullen var på plats 260415 1200 och 260415 1500.",
        "Under 2025 anmäldes 118 inbrott, mot 127 året innan.",
        "Stölderna skedde mellan den 3 och den 11 mars.",
        "Skadorna uppskattas till 12 500 kronor.",
        "Två cyklar värda 8 000 kr och 11 500 kr togs.",
        "Postnumret är 262 32 Ängelholm.",
        "Anmälan har ärendenummer 5000-K123456-26.",
        "Diarienumret är 2026-0701740.",
        "Streckkoden är 7310865004703.",
        "Bankgiro 5050-1055 och organisationsnummer 202100-0076.",
        "Kör försiktigt, hastigheten är 30 vid skolan och 70 på riksväg 13.",
        "Vi såg tre bilar och 500 meter bort en traktor.",
        "Bilen kör 110 på väg 13 varje kväll.",
        "En volvo kom och 200 personer såg den.",
        "Parkeringen har 120 platser, och bilar kan stå 24 timmar.",
        "Låset ska vara klass 3, helst enligt SSF 3522.",
        "Larmet går på 15 sekunder, 7 dagar i veckan, 24 timmar om dygnet.",
        "Öppet vardagar 08.00-16.30, lördagar 10-14.",
        "Telefontid: 08.30-11.30.",
        "Kl. 0730-1600 finns personal på plats.",
        "Av 100 hushåll svarade 62 procent.",
        "Brevet går till 1 234 hushåll i 45 grupper.",
        "Elementet väger 120 kg och är 2,5 m långt.",
        "Covid 19 och vecka 123 nämns inte mer.",
        "Hamnen har plats 1 till 250, och bryggan ligger vid N 56,24 E 12,86.",
        "Se sidan 12 i boken, ISBN 978-91-7000-123-4.",
        "Sms:a inte, ring 112 eller 113 13.",
    };
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
        check_rows(&(struct row){sentences[i], NULL, NULL}, 1);
}

static void test_lint_letter__small_counts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {TABLE("Kommun", "Åstorp|1"), "count_cell", "1"},
        {TABLE("Ort", "Åstorp|**2**"), "count_cell", "2"},
        {TABLE("Ort", "Åstorp|två"), "count_cell", "två"},
        {TABLE("Ort", "Åstorp|2 st"), "count_cell", "2 st"},
        {TABLE("", "Åstorp (1277)|1"), "count_cell", "1"},
        {TABLE("Brott", "Munka-Ljungby|1"), "count_cell", "1"},
        {TABLE("Namn", "Åstorp|1"), "count_cell_like", "1"},
        {TABLE("Ort", "Åstorp|0"), NULL, NULL},
        {TABLE("Ort", "Åstorp|3"), NULL, NULL},
        {TABLE("Ort", "Åstorp|12"), NULL, NULL},
        {TABLE("Ort", "Åstorp|-1"), NULL, NULL},
        {TABLE("Ort", "Åstorp|2 %"), NULL, NULL},
        {TABLE("Brott", "Bostadsinbrott|1"), NULL, NULL},
        {TABLE("Månad", "Mars|2"), NULL, NULL},
        {TABLE("Ort", "Totalt|2"), NULL, NULL},
        {"|Ort|Vecka|\n|-|-|\n|Åstorp|2|", NULL, NULL},
        {"1 inbrott i Munka-Ljungby", "count_text", "1 inbrott"},
        {"I Båstad skedde två grova stölder", "count_text", "två grova stölder"},
        {"Ett nytt inbrott skedde vid Åsljunga.", "count_text", "Ett nytt inbrott"},
        {"Tre inbrott i Båstad", NULL, NULL},
        {"Ett inbrott skedde. Vi ses i Båstad.", NULL, NULL},
        {"En lugn månad i Båstad", NULL, NULL},
        {"2 april i Båstad", NULL, NULL},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lint_letter__hidden_counts_that_can_be_computed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"|Ort|N|\n|-|-|\n|A|färre än 3|\n|B|5|\n|Totalt|7|", "suppressed_sum", "färre än 3"},
        {"|Ort|N|\n|-|-|\n|A|<3|\n|B|5|\n|Summa|7|", "suppressed_sum", "<3"},
        {"|Ort|N|M|Summa|\n|-|-|-|-|\n|A|färre än 3|4|5|", "suppressed_sum", "färre än 3"},
        {"|Ort|N|\n|-|-|\n|A|färre än 3|\n|B|färre än 3|\n|Totalt|7|", NULL, NULL},
        {"|Ort|N|\n|-|-|\n|A|färre än 3|\n|B|5|", NULL, NULL},
        {"|Ort|N|Hittills i år|\n|-|-|-|\n|A|färre än 3|4|", "suppressed_ytd", "färre än 3"},
        {"|A|B|\n|-|-|\n|x|y|z|", "table_cells", ""},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lint_letter__links(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[Tips](https://polisen.se/tips) https://polisen.se", NULL, NULL},
        {"[Tips](https://www.polisen.se) <https://sub.polisen.se/a>", NULL, NULL},
        {"[Kommun](https://www.angelholm.se/x?y=1#z) [B](https://a.b.bastad.se)", NULL, NULL},
        {"[x y](https://bastad.se)", "link_host", "bastad.se"},
        {"[x y](https://evil.com)", "link_host", "evil.com"},
        {"[x y](https://polisen.se.evil.com)", "link_host", "polisen.se.evil.com"},
        {"[x y](https://polisen.se@evil.com/)", "link_host", "evil.com"},
        {"[x y](https:evil.com)", "link_scheme", "https:evil.com"},
        {"[x y](https:///evil.com)", "link_host", "evil.com"},
        {"[x y](<https://evil.com\\\\@polisen.se>)", "link_host", "evil.com"},
        {"[x y](https:\\\\evil.com)", "link_scheme", NULL},
        {"[x y](https://EVIL.com.:443/)", "link_host", "evil.com"},
        {"[x y](https://notpolisen.se)", "link_host", "notpolisen.se"},
        {"se www.evil.com.", "link_host", "www.evil.com"},
        {"se evil.com/x, och", "link_host", "evil.com"},
        {"se evil.nu", "link_host", "evil.nu"},
        {"polisen.se/tips och (krisinformation.se).", NULL, NULL},
        {"t.ex. m.fl. kl.18.00 bl.a. hem.Vi gick", NULL, NULL},
        {"[x y](https://bit.ly/abc)", "link_shortener", "bit.ly"},
        {"bit.ly/abc", "link_shortener", "bit.ly"},
        {"[x y](http://polisen.se)", "link_http", "polisen.se"},
        {"[x y](javascript:alert(1))", "link_scheme", "javascript:alert(1)"},
        {"[x y](/tips)", "link_scheme", "/tips"},
        {"[x y](https://polisen.se/{{group}})", "link_slot", "https://polisen.se/..."},
        {"[klicka här](https://polisen.se)", "link_text", "klicka här"},
        {"[angelholm.se](https://polisen.se)", "link_disguised", "polisen.se"},
        {"[polisen.se/tips](https://polisen.se/x)", NULL, NULL},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lint_letter__words_about_persons(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Misstänkt är Karl Karlsson från byn", "suspect_name", "Karl Karlsson"},
        {"den misstänkte Karl greps", "suspect_name", "Karl"},
        {"Karl Åkesson är gripen", "suspect_name", "Karl Åkesson"},
        {"Två personer är misstänkta för inbrott, säger Polisen Ängelholm", NULL, NULL},
        {"En man är misstänkt. Hälsningar Karl Karlsson", NULL, NULL},
        {"Misstänkta försök i Munka Ljungby", NULL, NULL},
        {"en man med utländsk brytning", "origin", "utländsk"},
        {"Två RUMÄNSKA kvinnor", "origin", "RUMÄNSKA"},
        {"polska tjuvar", "origin", "polska"},
        {"Årets polska filmvecka. En man sågs.", NULL, NULL},
        {"en man med ursprungligen blå jacka", NULL, NULL},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lint_letter__form(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"![](x.png) a", "image_alt", ""},
        {"![karta](x.png) a", "image", "karta"},
        {"<div>\nviktigt\n</div>\n\na", "raw_html", "<div> viktigt </div>"},
        {"a <b>fet</b>", "html_tag", "<b>"},
        {"a\n\n<!-- minns detta -->", "html_comment", "<!-- minns detta -->"},
        {"<!-- a --> <script>\nx", "raw_html", NULL},
        {"{{period}}", "period", ""},
        {"", "empty", ""},
        {"  \n\n---\n", "empty", ""},
        {"<!-- bara detta -->", "empty", ""},
        {"{{group}}", NULL, NULL},
        {"LÅS ALLTID DÖRREN hemma", "capitals", "LÅS ALLTID DÖRREN"},
        {"VIKTIGTMEDDELANDE hej", "capitals", "VIKTIGTMEDDELANDE"},
        {"VIKTIGT hej, SMS, DNA och LPO", NULL, NULL},
        {"Hej! Hej! Hej! Hej!", "exclamation", ""},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lint_letter__numbers_to_call(void **state)
{
    (void)state;
    struct lint_report report;
    lint_body("Ring 112 eller 114 14.", &report);
    assert_null(find(&report, "no_numbers"));
    lint_report_fini(&report);
    lint_body("Ring 112.", &report);
    assert_string_equal(must_find(&report, "no_numbers")->text, "114 14");
    lint_report_fini(&report);
    lint_body("Ring 11414.", &report);
    assert_string_equal(must_find(&report, "no_numbers")->text, "112");
    lint_report_fini(&report);
}

static void test_lint_letter__readability(void **state)
{
    (void)state;
    struct lint_report report;
    /* 24 words, 4 sentences, 0 long: 6 + 0 */
    lint_body("Vi ser att det är lugnt. Vi ser att det är lugnt. Vi ser att det är lugnt. Vi ser att det är lugnt.",
              &report);
    assert_int_equal(report.lix, 6);
    assert_int_equal(must_find(&report, "lix")->severity, LINT_NOTE);
    lint_report_fini(&report);
    lint_body(
        "Brottsförebyggande myndigheters samverkansstrategier förutsätter kontinuerlig informationsöverföring mellan "
        "organisationer, varvid konsekvensanalyser genomförs regelbundet enligt gällande författningar samt "
        "överenskommelser avseende trygghetsskapande åtgärder inom samtliga kommunala verksamhetsområden.",
        &report);
    assert_true(report.lix > 50);
    assert_int_equal(must_find(&report, "lix_hard")->severity, LINT_WARN);
    lint_report_fini(&report);
    lint_body("Kort.", &report);
    assert_int_equal(report.lix, 0);
    lint_report_fini(&report);
}

static void assert_at(const struct lint_report *report, const char *rule, size_t line, size_t column)
{
    const struct lint_finding *f = must_find(report, rule);
    if (f->line != line || f->column != column)
        fail_msg("%s at %zu:%zu", rule, f->line, f->column);
}

static void test_lint_letter__places_are_those_of_the_file(void **state)
{
    (void)state;
    struct lint_report report;
    lint_text("---\ntitle: \"åä ABC 123\"\nmunicipalities: 1257\n---\n"
              "Åh {{group}}, *på* **Storgatan 12**\n" /* 5 */
              "rad två 811218-9876\n"
              "\n"
              "- punkt\n"
              "  ett inbrott i Båstad\n" /* 9 */
              "{{#municipality 1257}}\n"
              "\n"
              "| Ort | N |\n"
              "|---|---|\n"
              "| å {{name}} | x |\n"
              "| Åsljunga | 2 |\n" /* 15 */
              "{{/municipality}}\n"
              "\n"
              "> hej\n"
              "> se evil.com/x\n" /* 19 */
              "\n"
              "```\n"
              "kod\n"
              "ring 070-174 06 05\n" /* 23 */
              "```\n"
              "a <b>\n",
              &report);
    assert_at(&report, "plate", 2, 12);
    assert_at(&report, "street_number", 5, 22);
    assert_at(&report, "personnummer", 6, 9);
    assert_at(&report, "count_text", 9, 3);
    assert_at(&report, "count_cell", 15, 14);
    assert_at(&report, "link_host", 19, 6);
    assert_at(&report, "phone", 23, 6);
    assert_at(&report, "html_tag", 25, 3);
    for (size_t i = 1; i < report.count; i++)
        assert_true(report.findings[i].line == 0 || report.findings[i - 1].line <= report.findings[i].line);
    lint_report_fini(&report);
}

static void test_lint_letter__empty_for_a_municipality(void **state)
{
    (void)state;
    struct lint_report report;
    lint_text("---\ntitle: T\nmunicipalities: 1257 1292\n---\n{{#municipality 1257}}\nHej\n{{/municipality}}\n",
              &report);
    assert_string_equal(must_find(&report, "empty_for")->text, "1292");
    assert_true(lint_blocks(&report));
    lint_report_fini(&report);
}

static void test_lint_letter__sample_passes_without_block(void **state)
{
    (void)state;
    static char text[4096];
    FILE *f = fopen("tests/fixtures/letter-2026-03.md", "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    struct lint_report report;
    lint_text(text, &report);
    assert_false(lint_blocks(&report));
    assert_int_equal(report.totals[LINT_WARN], 0);
    assert_non_null(find(&report, "suppressed_ytd"));
    assert_true(report.lix > 20 && report.lix < 40);
    lint_report_fini(&report);
}

static void test_lint_letter__findings_are_bounded_but_counted(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, LETTER_SOURCE_MAX_BYTES);
    for (int i = 0; i < 5000; i++)
        buf_adds(&text, "070-174 06 05, ");
    buf_adds(&text, "\n\n811218-9876");
    struct lint_report report;
    lint_body(buf_str(&text), &report);
    assert_int_equal(report.count, LINT_FINDINGS_MAX);
    assert_int_equal(report.totals[LINT_WARN], 5000);
    assert_true(lint_blocks(&report));
    lint_report_fini(&report);
    buf_fini(&text);
}

static void test_lint_letter__hostile_input_ends_soon(void **state)
{
    (void)state;
    static const char *const pieces[] = {"Aa Bb misstänkt ",
                                         "1 inbrott i B ",
                                         "a.se ",
                                         "![]()",
                                         "|a|\n|-|\n|b|c|\n\n",
                                         "|Aa|1|\n",
                                         "0 1 2 ",
                                         "@a.b",
                                         "[x](https://y.z)",
                                         "A! ",
                                         "polsk man ",
                                         "Avägen 1 ",
                                         "-",
                                         "<b>",
                                         "> - "};
    struct buf text;
    buf_init(&text, (LETTER_SOURCE_MAX_BYTES - 100) / TEST_SLOWNESS);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        buf_reset(&text);
        if (pieces[i][0] == '|')
            buf_adds(&text, "|Ort|N|\n|-|-|\n");
        while (buf_adds(&text, pieces[i]) == 0)
            ;
        struct lint_report report;
        lint_body(buf_str(&text), &report);
        lint_report_fini(&report);
    }
    buf_fini(&text);
}

static void test_lint_severity_word__names_all(void **state)
{
    (void)state;
    assert_string_equal(lint_severity_word(LINT_BLOCK), "block");
    assert_string_equal(lint_severity_word(LINT_WARN), "warn");
    assert_string_equal(lint_severity_word(LINT_NOTE), "note");
}

static const struct CMUnitTest tests[] = {
    TEST(test_lint_letter__personnummer_are_masked_blocks),
    TEST(test_lint_letter__plates),
    TEST(test_lint_letter__street_and_number),
    TEST(test_lint_letter__phones_and_mail_addresses),
    TEST(test_lint_letter__ordinary_sentences_are_silent),
    TEST(test_lint_letter__small_counts),
    TEST(test_lint_letter__hidden_counts_that_can_be_computed),
    TEST(test_lint_letter__links),
    TEST(test_lint_letter__words_about_persons),
    TEST(test_lint_letter__form),
    TEST(test_lint_letter__numbers_to_call),
    TEST(test_lint_letter__readability),
    TEST(test_lint_letter__places_are_those_of_the_file),
    TEST(test_lint_letter__empty_for_a_municipality),
    TEST(test_lint_letter__sample_passes_without_block),
    TEST(test_lint_letter__findings_are_bounded_but_counted),
    TEST(test_lint_letter__hostile_input_ends_soon),
    TEST(test_lint_severity_word__names_all),
};

TEST_MAIN(tests)
