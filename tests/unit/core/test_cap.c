/*
 * CAP documents, word for word for one alert and by what differs for the others. That any alert gives a valid document
 * is held against libxml2 in system/test_cap.
 */
#include "core/cap.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"
#include "core/alert_view.h"
#include "core/config.h"
#include "lib/test.h"

static char text[] = "Sedan kl. 18 har **två villor** fått påhälsning.\n\n- Lås.\n- Ring 112 & berätta.";
static char title[] = "Inbrott pågår i Skälderviken", instruction[] = "Titta till *grannens* hus.";
static char none[] = "", author[] = "anna", area[] = "Ängelholm och Båstad";
static char english_title[] = "Burglaries tonight", english_text[] = "Lock your doors.";
static struct alert_municipality places[] = {{"1278", "Båstad"}, {"1292", "Ängelholm"}};
static struct alert_earlier earlier[] = {{3, INT64_C(1774000000000000)}, {4, INT64_C(1774003600000000)}};
static struct geo_point corners[] = {{56200000, 12800000}, {56300000, 12800000}, {56300000, 12900005}};

static struct cap_sender sender;
static struct buf out;

static struct alert_view alert(void)
{
    return (struct alert_view){.id = 5,
                               .root_id = 5,
                               .type = ALERT_TYPE_ALERT,
                               .kind = ALERT_KIND_BURGLARY_ONGOING,
                               .severity = ALERT_SEVERITY_SEVERE,
                               .urgency = ALERT_URGENCY_IMMEDIATE,
                               .certainty = ALERT_CERTAINTY_OBSERVED,
                               .state = ALERT_STATE_ACTIVE,
                               .classification = LETTER_CLASS_PUBLIC,
                               .title = title,
                               .text = text,
                               .instruction = instruction,
                               .title_en = none,
                               .text_en = none,
                               .sms = none,
                               .area_text = area,
                               .author = author,
                               .origin = none,
                               .origin_id = none,
                               .origin_url = none,
                               .recipients = 4711,
                               .sent_us = INT64_C(1774010096000000), /* 2026-03-20 13:34:56 in Sweden */
                               .expires_us = INT64_C(1774832400000000),
                               .municipalities = places,
                               .municipality_count = 2};
}

static int setup(void **state)
{
    static const char conf[] = "[node]\nbase_url = https://grannbud.example.se/\n[sender]\n"
                               "from = grannsamverkan@example.se\norganisation = Polisen Ängelholm\n"
                               "[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n";
    struct config *config = NULL;
    struct file_errors errors;
    struct err err;
    (void)state;
    file_errors_init(&errors, "t.conf");
    assert_int_equal(config_parse(conf, sizeof conf - 1, &config, &errors), 0);
    file_errors_fini(&errors);
    assert_int_equal(cap_sender_init(&sender, config, &err), 0);
    config_free(config);
    buf_init(&out, CAP_MAX_BYTES);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cap_sender_fini(&sender);
    cap_sender_fini(&sender);
    buf_fini(&out);
    return 0;
}

static const char *written(const struct alert_view *a)
{
    buf_reset(&out);
    assert_int_equal(cap_write(a, &sender, &out), 0);
    return buf_str(&out);
}

static void has(const char *document, const char *part)
{
    if (!strstr(document, part))
        fail_msg("without %s:\n%s", part, document);
}

static void lacks(const char *document, const char *part)
{
    if (strstr(document, part))
        fail_msg("with %s:\n%s", part, document);
}

static void test_cap_write__word_for_word(void **state)
{
    (void)state;
    struct alert_view a = alert();
    assert_string_equal(
        written(&a),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n"
        "<identifier>alr_0000000000005</identifier>\n"
        "<sender>grannsamverkan@example.se</sender>\n"
        "<sent>2026-03-20T13:34:56+01:00</sent>\n"
        "<status>Actual</status>\n"
        "<msgType>Alert</msgType>\n"
        "<scope>Public</scope>\n"
        "<incidents>alr_0000000000005</incidents>\n"
        "<info>\n"
        "<language>sv-SE</language>\n"
        "<category>Security</category>\n"
        "<event>Pågående inbrott</event>\n"
        "<responseType>Monitor</responseType>\n"
        "<urgency>Immediate</urgency>\n"
        "<severity>Severe</severity>\n"
        "<certainty>Observed</certainty>\n"
        "<eventCode>\n<valueName>grannbud</valueName>\n<value>burglary_ongoing</value>\n</eventCode>\n"
        "<effective>2026-03-20T13:34:56+01:00</effective>\n"
        "<expires>2026-03-30T03:00:00+02:00</expires>\n" /* the clocks have changed in between */
        "<senderName>Polisen Ängelholm</senderName>\n"
        "<headline>Inbrott pågår i Skälderviken</headline>\n"
        "<description>Sedan kl. 18 har två villor fått påhälsning.\n\n- Lås.\n- Ring 112 &amp; berätta.</description>\n"
        "<instruction>Titta till grannens hus.</instruction>\n"
        "<web>https://grannbud.example.se/feed/alerts/alr_0000000000005</web>\n"
        "<contact>grannsamverkan@example.se. Tips till polisen: 114 14. Pågående brott eller fara för liv: "
        "112.</contact>\n"
        "<area>\n<areaDesc>Ängelholm och Båstad</areaDesc>\n"
        "<geocode>\n<valueName>Kommun</valueName>\n<value>1278</value>\n</geocode>\n"
        "<geocode>\n<valueName>Kommun</valueName>\n<value>1292</value>\n</geocode>\n"
        "</area>\n</info>\n</alert>\n");
}

static void test_cap_write__an_update_refers_to_all_before_it(void **state)
{
    (void)state;
    struct alert_view a = alert();
    a.type = ALERT_TYPE_UPDATE;
    a.root_id = 3;
    a.earlier = earlier;
    a.earlier_count = 2;
    const char *document = written(&a);
    has(document, "<msgType>Update</msgType>");
    has(document, "<references>grannsamverkan@example.se,alr_0000000000003,2026-03-20T10:46:40+01:00 "
                  "grannsamverkan@example.se,alr_0000000000004,2026-03-20T11:46:40+01:00</references>\n"
                  "<incidents>alr_0000000000003</incidents>");
    has(document, "<headline>Ändrad varning: Inbrott");
}

static void test_cap_write__a_recall_is_a_cancel_and_all_clear(void **state)
{
    (void)state;
    struct alert_view a = alert();
    a.type = ALERT_TYPE_RECALL;
    a.earlier = earlier;
    a.earlier_count = 1;
    const char *document = written(&a);
    has(document, "<msgType>Cancel</msgType>");
    has(document, "<references>grannsamverkan@example.se,alr_0000000000003,2026-03-20T10:46:40+01:00</references>");
    has(document, "<responseType>AllClear</responseType>\n<urgency>Past</urgency>");
    has(document, "<headline>Varningen är över: Inbrott");
}

static void test_cap_write__an_exercise_says_so_everywhere(void **state)
{
    (void)state;
    struct alert_view a = alert();
    a.is_exercise = true;
    a.title_en = english_title;
    a.text_en = none;
    const char *document = written(&a);
    has(document, "<status>Exercise</status>");
    lacks(document, "Actual");
    has(document, "<note>ÖVNING:");
    has(document, "<headline>ÖVNING: Inbrott");
    has(document, "<description>DETTA ÄR EN ÖVNING.\n\nSedan");
    has(document, "<headline>EXERCISE: Burglaries tonight");
    has(document, "<description>THIS IS AN EXERCISE.");
}

static void test_cap_write__a_trial_is_a_test_and_nothing_else(void **state)
{
    (void)state;
    struct alert_view a = alert();
    sender.is_test = true;
    has(written(&a), "<status>Test</status>");
    a.is_exercise = true;
    has(written(&a), "<status>Test</status>");
}

static void test_cap_write__english_comes_second(void **state)
{
    (void)state;
    struct alert_view a = alert();
    a.title_en = english_title;
    a.text_en = english_text;
    const char *document = written(&a);
    const char *swedish = strstr(document, "<language>sv-SE</language>");
    const char *english = strstr(document, "<language>en-GB</language>");
    assert_true(swedish && english && swedish < english);
    has(english, "<event>Burglaries going on</event>");
    has(english, "<headline>Burglaries tonight</headline>\n<description>Lock your doors.</description>\n<web>");
}

static void test_cap_write__what_is_not_public_is_restricted_and_has_no_page(void **state)
{
    (void)state;
    struct alert_view a = alert();
    a.classification = LETTER_CLASS_OMBUD_ONLY;
    const char *document = written(&a);
    has(document, "<scope>Restricted</scope>\n<restriction>Kontaktombud i grannsamverkan</restriction>");
    lacks(document, "<web>");
    a.classification = LETTER_CLASS_OMBUD_AND_HOUSEHOLDS;
    has(written(&a), "<restriction>Kontaktombud och hushåll i grannsamverkan</restriction>");
}

static void test_cap_write__a_relayed_announcement_names_its_source(void **state)
{
    (void)state;
    char vma[] = "vma", id[] = "SRVMA-1", url[] = "https://sverigesradio.se/vma?a=1&b=2";
    char original[] = "Brand i \\*Båstad\\*\\. Gå inomhus\\.";
    struct alert_view a = alert();
    a.kind = ALERT_KIND_VMA_RELAY;
    a.origin = vma;
    a.origin_id = id;
    a.origin_url = url;
    a.text = original;
    const char *document = written(&a);
    has(document, "<msgType>Alert</msgType>\n<source>Sveriges Radio, VMA SRVMA-1</source>\n<scope>");
    has(document, "<description>Brand i *Båstad*. Gå inomhus.</description>");
    has(document, "<web>https://sverigesradio.se/vma?a=1&amp;b=2</web>");
    lacks(document, "<responseType>");
}

static void test_cap_write__areas(void **state)
{
    (void)state;
    struct alert_view a = alert();
    a.target.has_circle = true;
    a.target.centre = (struct geo_point){56242000, -12};
    a.target.radius_m = 2050;
    a.target.polygon = corners;
    a.target.polygon_count = 3;
    has(written(&a), "<polygon>56.200000,12.800000 56.300000,12.800000 56.300000,12.900005 "
                     "56.200000,12.800000</polygon>\n<circle>56.242000,-0.000012 2.050</circle>\n<geocode>");
    a.target.polygon_count = 2; /* no area */
    lacks(written(&a), "<polygon>");
    a.area_text = none;
    has(written(&a), "<areaDesc>Båstad och Ängelholm</areaDesc>");
    a.municipality_count = 0;
    has(written(&a), "<areaDesc>Se texten</areaDesc>");
}

static void test_cap_write__no_group_is_named(void **state)
{
    (void)state;
    char group[] = "grp_0000000000001", words[] = "Lärkvägen (Ängelholm)";
    char *groups[] = {group};
    struct alert_view a = alert();
    a.target.groups = groups;
    a.target.group_count = 1;
    a.area_text = words;
    const char *document = written(&a);
    has(document, "<areaDesc>Båstad och Ängelholm</areaDesc>");
    lacks(document, "Lärkvägen");
    lacks(document, "grp_");
}

static void test_cap_write__utc_is_minus_zero(void **state)
{
    (void)state;
    struct alert_view a = alert();
    zone_free(sender.zone);
    assert_int_equal(zone_open("UTC", &sender.zone, NULL), 0);
    has(written(&a), "<sent>2026-03-20T12:34:56-00:00</sent>");
}

static void test_cap_write__what_was_never_sent_is_refused(void **state)
{
    (void)state;
    struct alert_view a = alert();
    a.sent_us = 0;
    assert_int_equal(cap_write(&a, &sender, &out), ERR_INVALID);
}

static void test_cap_write__a_full_buffer_is_told(void **state)
{
    (void)state;
    struct alert_view a = alert();
    for (size_t room = 1, whole = strlen(written(&a)); room < whole; room++) {
        struct buf small;
        buf_init(&small, room);
        assert_int_equal(cap_write(&a, &sender, &small), ERR_TOO_LARGE);
        buf_fini(&small);
    }
}

static void test_cap_headline__is_cut_to_160_characters(void **state)
{
    (void)state;
    char long_title[601] = "";
    struct alert_view a = alert();
    for (int i = 0; i < 600; i += 2)
        memcpy(long_title + i, "å", 3);
    a.title = long_title;
    cap_headline(&a, &out);
    assert_int_equal(out.len, 159 * 2 + 3);
    assert_string_equal(buf_str(&out) + 158 * 2, "å…");
    buf_reset(&out);
    long_title[320] = '\0';
    cap_headline(&a, &out);
    assert_int_equal(out.len, 320);
}

static const struct CMUnitTest TESTS[] = {
    TEST_FIXTURE(test_cap_write__word_for_word, setup, teardown),
    TEST_FIXTURE(test_cap_write__an_update_refers_to_all_before_it, setup, teardown),
    TEST_FIXTURE(test_cap_write__a_recall_is_a_cancel_and_all_clear, setup, teardown),
    TEST_FIXTURE(test_cap_write__an_exercise_says_so_everywhere, setup, teardown),
    TEST_FIXTURE(test_cap_write__a_trial_is_a_test_and_nothing_else, setup, teardown),
    TEST_FIXTURE(test_cap_write__english_comes_second, setup, teardown),
    TEST_FIXTURE(test_cap_write__what_is_not_public_is_restricted_and_has_no_page, setup, teardown),
    TEST_FIXTURE(test_cap_write__a_relayed_announcement_names_its_source, setup, teardown),
    TEST_FIXTURE(test_cap_write__areas, setup, teardown),
    TEST_FIXTURE(test_cap_write__no_group_is_named, setup, teardown),
    TEST_FIXTURE(test_cap_write__utc_is_minus_zero, setup, teardown),
    TEST_FIXTURE(test_cap_write__what_was_never_sent_is_refused, setup, teardown),
    TEST_FIXTURE(test_cap_write__a_full_buffer_is_told, setup, teardown),
    TEST_FIXTURE(test_cap_headline__is_cut_to_160_characters, setup, teardown),
};

TEST_MAIN(TESTS)
