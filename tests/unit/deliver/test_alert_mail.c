/* deliver/alert_mail.h and letter_mail.h: what an alert, an update and a recall become on the wire. */
#include "deliver/alert_mail.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "core/config.h"
#include "core/file_errors.h"
#include "core/mail_form.h"
#include "core/mail_token.h"
#include "deliver/letter_mail.h"
#include "lib/alert_rows.h"
#include "lib/mail_text.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define HOUR (3600 * US_PER_S)

static struct store_fixture f;
static struct letter_sender *sender;
static struct buf mail;

static int set_up(void **state)
{
    (void)state;
    static const char text[] = "[node]\nbase_url = https://grannbud.example.se/\n[store]\nurl = sqlite:/tmp/none.db\n"
                               "[sender]\nfrom = varning@example.se\nreply_to = svar@example.se\n"
                               "organisation = Polisen & kommunen\n"
                               "[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n";
    struct config *config = NULL;
    struct file_errors errors;
    store_fixture_init(&f);
    buf_init(&mail, MAIL_MESSAGE_MAX_BYTES);
    file_errors_init(&errors, "test");
    if (config_parse(text, sizeof text - 1, &config, &errors))
        fail_msg("%s", errors.item[0].text);
    file_errors_fini(&errors);
    sender = letter_sender_new(config, (const uint8_t[MAIL_TOKEN_KEY_BYTES]){7});
    config_free(config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_fini(&mail);
    letter_sender_free(sender);
    store_fixture_fini(&f);
    return 0;
}

/* The message of a new alert; *alert is its id. */
static int64_t post(const struct alert_rows_input *in, int64_t *alert)
{
    int64_t message = 0;
    store_fixture_ok(&f, alert_rows_add(f.db, in, alert));
    store_fixture_ok(&f, alert_rows_open(f.db, in, *alert, &message));
    return message;
}

static struct job job_for(int64_t message)
{
    struct job job = {.delivery_id = 4711,
                      .message_id = message,
                      .address_id = 12,
                      .lane = LANE_ALERT,
                      .created_at = f.now_us,
                      .message_created_at = f.now_us,
                      .municipality_code = "1292",
                      .address = "gunilla@example.se",
                      .to_name = "Gunilla Exempelsson",
                      .group_name = "Lärkvägen"};
    return job;
}

static struct letter_mail *compile(int64_t message)
{
    struct letter_mail *form = NULL;
    store_fixture_ok(&f, letter_mail_compile(f.db, sender, message, "", &form, &f.err));
    return form;
}

/* The mail to one reader, unfolded and decoded; the caller frees it. */
static char *sent(const struct job *job)
{
    struct letter_envelope envelope;
    struct letter_mail *form = compile(job->message_id);
    store_fixture_ok(&f, letter_mail_fill(form, sender, job, false, &envelope, &mail, &f.err));
    assert_string_equal(envelope.rcpt_to, job->address);
    letter_mail_free(form);
    return mail_text(buf_str(&mail));
}

static void expect(const char *text, const char *want)
{
    if (!strstr(text, want))
        fail_msg("no \"%s\" in\n%s", want, text);
}

static void expect_no(const char *text, const char *unwanted)
{
    if (strstr(text, unwanted))
        fail_msg("\"%s\" in\n%s", unwanted, text);
}

static void test_alert_mail__a_warning(void **state)
{
    (void)state;
    int64_t alert = 0;
    const struct alert_rows_input in = {
        .text = "Flera **inbrott** i natt.", .instruction = "Lås dörren.", .expires_us = f.now_us + 5 * HOUR};
    struct job job = job_for(post(&in, &alert));
    char *text = sent(&job);
    expect(text, "\r\nSubject: Varning: Inbrott i Vejbystrand\r\n");
    expect(text, "\r\nTo: Gunilla Exempelsson <gunilla@example.se>\r\n");
    expect(text, "\nVarningen gäller till i dag kl. 18.00 (söndag 1 mars).");
    expect(text, "Flera inbrott i natt.");
    expect(text, "Flera <strong>inbrott</strong> i natt.");
    expect(text, "Gör så här\r\n----------\r\n\r\nLås dörren.");
    expect(text, "ring 112. Tips: 114 14");
    expect(text, "Område: Ängelholm.");
    expect(text, "Varningen skickas av Polisen & kommunen till kontaktombud");
    expect(text, "Varningen får spridas fritt.");
    expect(text, "\r\nList-Id: Grannbud <varningar.example.se>\r\n");
    expect(text, "\r\nList-Unsubscribe: <https://grannbud.example.se/u/");
    expect(text, ">, <mailto:a+");
    expect(text, "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
    expect_no(strstr(text, "\r\n\r\n"), "/u/");
    expect_no(text, "ÖVNING");
    expect_no(text, "References:");
    expect_no(text, "In-Reply-To:");
    expect_no(text, "lang=\"en\"");
    free(text);
}

static void test_alert_mail__the_link_stops_alerts_and_not_letters(void **state)
{
    (void)state;
    static const uint8_t key[MAIL_TOKEN_KEY_BYTES] = {7};
    int64_t alert = 0;
    const struct alert_rows_input in = {0};
    char token[MAIL_TOKEN_BYTES];
    struct job job = job_for(post(&in, &alert));
    char *text = sent(&job);
    expect(text, mail_token_make(key, MAIL_TOKEN_UNSUBSCRIBE_ALERTS, job.address_id, token));
    expect_no(text, mail_token_make(key, MAIL_TOKEN_UNSUBSCRIBE, job.address_id, token));
    free(text);
}

static void test_alert_mail__an_exercise_says_so_everywhere(void **state)
{
    (void)state;
    int64_t root = 0;
    int64_t alert = 0;
    const struct alert_rows_input in = {.is_exercise = true, .title_en = "Burglaries", .text_en = "Lock the door."};
    const struct alert_rows_input recall = {.type = "recall", .root_id = 0, .is_exercise = true};
    struct job job = job_for(post(&in, &root));
    char *text = sent(&job);
    expect(text, "\r\nSubject: [ÖVNING] Varning: Inbrott i Vejbystrand\r\n");
    expect(text, "\r\n\r\nDETTA ÄR EN ÖVNING.\r\n\r\nVarning: ");
    expect(text, "<strong>DETTA ÄR EN ÖVNING.</strong>");
    expect(text, "THIS IS AN EXERCISE.");
    free(text);
    struct alert_rows_input over = recall;
    over.root_id = root;
    job = job_for(post(&over, &alert));
    text = sent(&job);
    expect(text, "\r\nSubject: [ÖVNING] Varningen är över: ");
    expect(text, "\r\n\r\nDETTA ÄR EN ÖVNING.\r\n");
    free(text);
}

static void test_alert_mail__english_below_the_swedish(void **state)
{
    (void)state;
    int64_t alert = 0;
    const struct alert_rows_input in = {
        .title_en = "Burglaries in Vejbystrand", .text_en = "Lock the door.", .expires_us = f.now_us + 5 * HOUR};
    struct job job = job_for(post(&in, &alert));
    char *text = sent(&job);
    expect(text, "\nWarning: Burglaries in Vejbystrand\r\n---");
    expect(text, "Valid until 1 March 2026 at 18:00.");
    expect(text, "<section lang=\"en\"");
    assert_true(strstr(text, "Lås dörren.") < strstr(text, "Lock the door."));
    free(text);
}

static void test_alert_mail__a_recall_says_that_it_is_over_and_what_it_was_about(void **state)
{
    (void)state;
    int64_t root = 0;
    int64_t alert = 0;
    char root_id[ID_TEXT_BYTES];
    char want[400];
    const struct alert_rows_input in = {.title_en = "Burglaries in Vejbystrand"};
    int64_t first = post(&in, &root);
    f.now_us += HOUR;
    const struct alert_rows_input over = {
        .type = "recall", .root_id = root, .text = "Polisen har gripit två personer."};
    struct job job = job_for(post(&over, &alert));
    job.follows = 99;
    char *text = sent(&job);
    expect(text, "\r\nSubject: Varningen är över: Inbrott i Vejbystrand\r\n");
    expect(text, "\nVarningen ”Inbrott i Vejbystrand” från 1 mars 2026 kl. 13.00 gäller inte längre.");
    expect(text, "Polisen har gripit två personer.");
    expect(text, "The warning “Burglaries in Vejbystrand” of 1 March 2026 at 13:00 no longer applies.");
    expect_no(text, "gäller till");
    id_format(ID_MESSAGE, first, root_id);
    char dlv[ID_TEXT_BYTES];
    id_format(ID_DELIVERY, 99, dlv);
    snprintf(want, sizeof want, "\r\nIn-Reply-To: <%s@example.se>\r\nReferences: <%s@example.se> <%s@example.se>\r\n",
             dlv, root_id, dlv);
    expect(text, want);
    free(text);
}

static void test_alert_mail__an_update_in_place_of_what_never_came(void **state)
{
    (void)state;
    int64_t root = 0;
    int64_t alert = 0;
    const struct alert_rows_input in = {0};
    post(&in, &root);
    const struct alert_rows_input update = {.type = "update",
                                            .root_id = root,
                                            .takes_queued = true,
                                            .title = "Inbrott i hela Ängelholm",
                                            .expires_us = f.now_us + 40 * HOUR};
    struct job job = job_for(post(&update, &alert));
    char *text = sent(&job);
    expect(text, "\r\nSubject: Ändrad varning: Inbrott i hela Ängelholm\r\n");
    expect(text, "Varningen gäller till tisdag 3 mars kl. 05.00. Den ersätter det vi skrev tidigare.");
    expect_no(text, "References:");
    free(text);
}

static void test_alert_mail__waits_for_the_morning_and_is_dated_then(void **state)
{
    (void)state;
    int64_t alert = 0;
    const struct alert_rows_input in = {.not_before_us = f.now_us + 18 * HOUR, .expires_us = f.now_us + 20 * HOUR};
    struct job job = job_for(post(&in, &alert));
    char *text = sent(&job);
    expect(text, "\r\nDate: Mon, 02 Mar 2026 07:00:00 +0100\r\n");
    expect(text, "gäller till i dag kl. 09.00 (måndag 2 mars)");
    free(text);
}

static void test_letter_mail_fill_shared__nothing_of_one_reader(void **state)
{
    (void)state;
    int64_t root = 0;
    int64_t alert = 0;
    char want[200];
    char id[ID_TEXT_BYTES];
    const struct alert_rows_input in = {0};
    int64_t first = post(&in, &root);
    const struct alert_rows_input over = {.type = "recall", .root_id = root};
    struct job job = job_for(post(&over, &alert));
    struct job other = job;
    struct letter_envelope envelope;
    other.delivery_id = 12;
    other.follows = 99;
    other.created_at += HOUR;
    snprintf(other.address, sizeof other.address, "nils@example.se");
    snprintf(other.municipality_code, sizeof other.municipality_code, "1257");
    assert_string_equal(letter_mail_municipality(&other), "");
    struct letter_mail *form = compile(job.message_id);
    assert_true(letter_mail_is_shared(form));
    store_fixture_ok(&f, letter_mail_fill_shared(form, sender, &job, &envelope, &mail, &f.err));
    char *raw = strdup(buf_str(&mail));
    assert_true(strncmp(envelope.mail_from, "m+", 2) == 0);
    store_fixture_ok(&f, letter_mail_fill_shared(form, sender, &other, &envelope, &mail, &f.err));
    assert_string_equal(raw, buf_str(&mail));
    char *text = mail_text(raw);
    expect(text, "\r\nTo: undisclosed-recipients:;\r\n");
    expect_no(text, "gunilla");
    expect_no(text, "Gunilla");
    expect_no(text, "/u/");
    expect_no(text, "dlv_");
    expect(text, "\r\nList-Unsubscribe: <mailto:svar@example.se>\r\n");
    snprintf(want, sizeof want, "\r\nMessage-ID: <%s@example.se>\r\n", id_format(ID_MESSAGE, job.message_id, id));
    expect(text, want);
    id_format(ID_MESSAGE, first, id);
    snprintf(want, sizeof want, "\r\nIn-Reply-To: <%s@example.se>\r\nReferences: <%s@example.se>\r\n", id, id);
    expect(text, want);
    free(text);
    free(raw);
    letter_mail_free(form);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_alert_mail__a_warning, set_up, tear_down),
    TEST_FIXTURE(test_alert_mail__the_link_stops_alerts_and_not_letters, set_up, tear_down),
    TEST_FIXTURE(test_alert_mail__an_exercise_says_so_everywhere, set_up, tear_down),
    TEST_FIXTURE(test_alert_mail__english_below_the_swedish, set_up, tear_down),
    TEST_FIXTURE(test_alert_mail__a_recall_says_that_it_is_over_and_what_it_was_about, set_up, tear_down),
    TEST_FIXTURE(test_alert_mail__an_update_in_place_of_what_never_came, set_up, tear_down),
    TEST_FIXTURE(test_alert_mail__waits_for_the_morning_and_is_dated_then, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_fill_shared__nothing_of_one_reader, set_up, tear_down),
};

TEST_MAIN(tests)
