/* Lint of alerts: the letters' rules in every field, and what each kind must say and must not. */
#include <stdio.h>

#include "base/mem.h"
#include "core/alert.h"
#include "core/alert_lint.h"
#include "lib/alert_world.h"
#include "lib/test.h"

static struct alert_world w;

static int setup(void **state)
{
    (void)state;
    alert_world_init(&w);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    alert_world_fini(&w);
    return 0;
}

static const char *const FRAUD =
    "Någon ringer och säger sig vara polis. Det har hänt flera gånger idag.\n\n"
    "Lägg på luren. Lämna aldrig ut koder. Släpp inte in någon. Tala med en äldre granne.\n\n"
    "Ring 112 vid pågående brott och 114 14 för tips.";
static const char *const MISSING =
    "En man saknas sedan i kväll i Skälderviken. Han har röd jacka. Titta i uthus. Ring 112.";

/* The severity of `rule` in the plan of this alert: 'b', 'w', 'n', or '-' when it is silent. */
static char found(const struct alert_input *in, const char *rule, size_t *line)
{
    struct alert_plan plan;
    char severity = '-';
    alert_plan_init(&plan);
    alert_world_ok(&w, alert_plan_new(w.f.db, &w.f.anna, &w.config, in, &plan, &w.f.err));
    for (size_t i = 0; i < plan.lint.count; i++) {
        if (strcmp(plan.lint.findings[i].rule, rule) == 0) {
            severity = *lint_severity_word(plan.lint.findings[i].severity);
            if (line)
                *line = plan.lint.findings[i].line;
        }
    }
    alert_plan_fini(&plan);
    return severity;
}

static void test_lint__rules_of_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *text, *instruction, *rule;
        char severity;
    } rows[] = {
        {"fraud_elderly", "FRAUD", NULL, "call_back", '-'},
        {"fraud_elderly", "FRAUD", NULL, "link_not_police", '-'},
        {"fraud_elderly", "FRAUD", NULL, "advice_hang_up", '-'},
        {"fraud_elderly", "FRAUD", NULL, "advice_no_codes", '-'},
        {"fraud_elderly", "FRAUD", NULL, "advice_no_visitors", '-'},
        {"fraud_elderly", "FRAUD", NULL, "advice_neighbour", '-'},
        {"fraud_elderly", "Ring banken på 0771-22 44 88.", NULL, "call_back", 'b'},
        {"fraud_elderly", "Läs mer på [banken](https://bank.example.se/x).", NULL, "link_not_police", 'b'},
        {"fraud_elderly", "Läs mer på krisinformation.se/x.", NULL, "link_not_police", 'b'},
        {"fraud_elderly", "Läs mer på [polisen.se](https://polisen.se/x).", NULL, "link_not_police", '-'},
        {"fraud_elderly", "Läs på https://www.polisen.se/x.", NULL, "link_not_police", '-'},
        {"fraud_elderly", "Någon ringer.", NULL, "advice_hang_up", 'w'},
        {"fraud_elderly", "Någon ringer.", NULL, "advice_no_codes", 'w'},
        {"fraud_elderly", "Någon ringer.", NULL, "advice_no_visitors", 'w'},
        {"fraud_elderly", "Någon ringer.", NULL, "advice_neighbour", 'n'},
        {"fraud_elderly", "Någon ringer.", NULL, "no_112", 'w'},
        {"missing_person", "MISSING", NULL, "health", '-'},
        {"missing_person", "MISSING", NULL, "no_112", '-'},
        {"missing_person", "MISSING", NULL, "no_time", '-'},
        {"missing_person", "Mannen är dement och saknas sedan kl. 14.30.", NULL, "health", 'b'},
        {"missing_person", "Kvinnan behöver sin medicin.", NULL, "health", 'b'},
        {"missing_person", "En man saknas.", NULL, "no_112", 'w'},
        {"missing_person", "En man saknas.", NULL, "no_time", 'w'},
        {"burglary_ongoing", "Flera inbrott i Vejby i natt.", "Lås. Ring 112.", "no_time", '-'},
        {"burglary_ongoing", "Flera inbrott i Vejby.", "Lås. Ring 112.", "no_time", 'w'},
        {"burglary_ongoing", "Flera inbrott kl 14:30.", NULL, "no_advice", 'n'},
        {"burglary_ongoing", "Flera inbrott kl 14:30.", "Lås.", "no_advice", '-'},
        {"burglary_ongoing", "Flera inbrott kl 14:30.", "Lås.", "no_tip", 'n'},
        {"burglary_ongoing", "Två män med skägg, i 30-årsåldern, idag.", NULL, "looks", 'w'},
        {"boat_theft", "Mannen är dement.", NULL, "health", '-'},
        {"machine_theft", "Signalement: okänt.", NULL, "looks", 'w'},
        {"fire_setting", "Bränder på Storgatan 12.", NULL, "street_number", 'b'},
        {"vma_relay", "Stort rökmoln. Gå inomhus.", NULL, "no_source", 'b'},
        {"vma_relay", "Stort rökmoln kl 14.05. Källa: Sveriges Radio.", NULL, "no_source", '-'},
        {"vma_relay", "Stort rökmoln kl 14.05. Källa: Sveriges Radio.", NULL, "no_time", '-'},
        {"boat_theft", "Läs mer på krisinformation.se/x.", NULL, "link_host", '-'},
        {"boat_theft", "Läs mer på elak.example.com/x.", NULL, "link_host", 'b'},
        {"boat_theft", "Ring Anna, 070-123 45 67.", NULL, "phone", 'w'},
        {"boat_theft", "Personnummer 19811218-9876.", NULL, "personnummer", 'b'},
        {"boat_theft", "Kort.", NULL, "no_numbers", '-'}, /* the letters' own */
        {"boat_theft", "Se upp!!! Nu! Genast!", NULL, "exclamation", '-'},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct alert_input in = alert_world_input();
        in.kind = rows[i].kind;
        in.text = strcmp(rows[i].text, "FRAUD") == 0     ? FRAUD
                  : strcmp(rows[i].text, "MISSING") == 0 ? MISSING
                                                         : rows[i].text;
        in.instruction = rows[i].instruction;
        char got = found(&in, rows[i].rule, NULL);
        if (got != rows[i].severity)
            fail_msg("row %zu: %s in \"%s\": '%c' instead of '%c'", i, rows[i].rule, in.text, got, rows[i].severity);
    }
}

static void test_lint__lines_are_those_of_the_text(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    size_t line = 99;
    in.text = "Rad ett\nrad två\n\nABC 123 är rad fyra";
    assert_int_equal(found(&in, "plate", &line), 'b');
    assert_int_equal(line, 4);
    in.text = "Inget";
    in.title = "Bil ABC 123";
    assert_int_equal(found(&in, "plate", &line), 'b');
    assert_int_equal(line, 0);
}

static void test_lint__every_field_is_read(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.sms = "Se upp för bilen ABC 123";
    assert_int_equal(found(&in, "plate", NULL), 'b');
    in = alert_world_input();
    in.instruction = "Ring ägaren till ABC 123";
    assert_int_equal(found(&in, "plate", NULL), 'b');
    in = alert_world_input();
    in.title_en = "Boats";
    in.text_en = "Look for ABC 123";
    assert_int_equal(found(&in, "plate", NULL), 'b');
    in.text_en = "Look out!!! Now! At once!";
    assert_int_equal(found(&in, "plate", NULL), '-');
}

static void test_lint__sms(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    char sms[400];
    memset(sms, 'a', sizeof sms);
    sms[306] = '\0';
    in.sms = sms;
    assert_int_equal(found(&in, "sms_long", NULL), '-');
    sms[306] = 'a';
    sms[307] = '\0';
    assert_int_equal(found(&in, "sms_long", NULL), 'w');
    in.sms = "Tjuvar 🚤";
    assert_int_equal(found(&in, "sms_character", NULL), 'w');
    in.sms = "”Tjuvar” – nu…";
    assert_int_equal(found(&in, "sms_character", NULL), '-');
}

/* Word for word from Sveriges Radio: a street number does not stop it, though it is told. */
static void test_lint__a_relayed_text_is_not_stopped(void **state)
{
    (void)state;
    struct alert_input in = alert_world_input();
    in.kind = "vma_relay";
    in.text = "Det brinner på Storgatan 12 i Ängelholm. Gå inomhus.";
    in.origin = "vma";
    in.origin_id = "1";
    assert_int_equal(found(&in, "street_number", NULL), 'w');
    assert_int_equal(found(&in, "no_source", NULL), '-');
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_lint__rules_of_kinds, setup, teardown),
    TEST_FIXTURE(test_lint__lines_are_those_of_the_text, setup, teardown),
    TEST_FIXTURE(test_lint__every_field_is_read, setup, teardown),
    TEST_FIXTURE(test_lint__sms, setup, teardown),
    TEST_FIXTURE(test_lint__a_relayed_text_is_not_stopped, setup, teardown),
};

TEST_MAIN(tests)
