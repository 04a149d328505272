/* deliver/letter_mail.h: what a letter of the ledger becomes on the wire, and what a person previews. */
#include "deliver/letter_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/file_errors.h"
#include "core/ledger.h"
#include "core/letter.h"
#include "core/mail_form.h"
#include "core/mail_token.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define HEAD(classification)                                                                     \
    "---\nlpo: Ängelholm\nmunicipalities: [\"1292\", \"1257\"]\nclassification: " classification \
    "\ntitle: Brev till {{group}}, {{period}}\nperiod: 2026-03\n---\n"
#define BODY                                                                \
    "Hej {{name}} i {{group}}, {{municipality}}, {{area}}, {{period}}.\n\n" \
    "{{#municipality 1292}}\nBara i ettan.\n{{/municipality}}\n"            \
    "{{#municipality 1257}}\nBara i tvåan.\n{{/municipality}}\n"
#define UNSUBSCRIBE_URL "https://grannbud.example.se/u/"

static struct store_fixture f;
static struct letter_sender *sender;
static struct buf mail;

static struct config *make_config(void)
{
    static const char text[] = "[node]\nbase_url = https://grannbud.example.se/\n[store]\nurl = sqlite:/tmp/none.db\n"
                               "[sender]\nfrom = brev@example.se\nreply_to = svar@example.se\n"
                               "[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n";
    struct config *config = NULL;
    struct file_errors errors;
    file_errors_init(&errors, "test");
    if (config_parse(text, sizeof text - 1, &config, &errors))
        fail_msg("%s", errors.item[0].text);
    file_errors_fini(&errors);
    return config;
}

static int set_up(void **state)
{
    (void)state;
    store_fixture_init(&f);
    buf_init(&mail, MAIL_MESSAGE_MAX_BYTES);
    struct config *config = make_config();
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

/* A test copy of a letter of `source`: its message. The letter itself differs in its subject and its audience only. */
static int64_t post_test(const char *source)
{
    struct letter_options options = {.scope = "police_area:angelholm"};
    int64_t letter = 0;
    int64_t message = 0;
    store_fixture_ok(&f, letter_add(f.db, &f.anna, source, &options, &letter, &f.err));
    store_fixture_ok(&f, letter_test(f.db, &f.anna, letter, "chef@example.se", NULL, &message, &f.err));
    return message;
}

/* The letter itself, opened in the ledger. */
static int64_t post_letter(const char *source)
{
    struct letter_options options = {.scope = "police_area:angelholm"};
    struct db_rows *rows = NULL;
    int64_t letter = 0;
    int64_t message = 0;
    store_fixture_ok(&f, letter_add(f.db, &f.anna, source, &options, &letter, &f.err));
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, letter, NULL, &f.err));
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, letter, NULL, &f.err));
    store_fixture_ok(&f, letter_send(f.db, &f.anna, letter, 0, &f.err));
    store_fixture_ok(&f, letter_open(f.db, letter, f.now_us, 7 * 86400 * US_PER_S, &f.err));
    store_fixture_ok(&f, db_query(f.db, &rows, Q_LETTER_GET, DB_ARGS(DB_INT(letter))));
    assert_int_equal(db_next(rows), 1);
    message = db_int(rows, 18);
    db_done(rows);
    return message;
}

static struct job job_for(int64_t message)
{
    struct job job = {.delivery_id = 4711,
                      .message_id = message,
                      .address_id = 12,
                      .created_at = f.now_us,
                      .municipality_code = "1292",
                      .address = "gunilla@example.se",
                      .to_name = "Gunilla Exempelsson",
                      .group_name = "Lärkvägen & co",
                      .municipality_name = "Ängelholm",
                      .area_name = "Ängelholm"};
    return job;
}

/* The whole mail as it goes out, quoted-printable undone, so that the tests may look for words. */
static const char *sent(int64_t message, const char *municipality, const struct job *job)
{
    struct letter_mail *form = NULL;
    struct letter_envelope envelope;
    store_fixture_ok(&f, letter_mail_compile(f.db, sender, message, municipality, &form, &f.err));
    store_fixture_ok(&f, letter_mail_fill(form, sender, job, false, &envelope, &mail, &f.err));
    assert_string_equal(envelope.rcpt_to, job->address);
    letter_mail_free(form);
    return buf_str(&mail);
}

/* `text` without soft line breaks and =XX, in a buffer of the test's. */
static char *decoded(const char *text)
{
    char *out = malloc(strlen(text) + 1);
    char *p = out;
    assert_non_null(out);
    for (; *text; text++) {
        char hex[3] = "";
        char *end = hex;
        snprintf(hex, sizeof hex, "%.2s", *text == '=' ? text + 1 : "");
        long byte = strtol(hex, &end, 16);
        if (strncmp(text, "=\r\n", 3) == 0)
            text += 2;
        else if (end == hex + 2 && byte > 0) {
            *p++ = (char)byte;
            text += 2;
        } else
            *p++ = *text;
    }
    *p = '\0';
    return out;
}

static char *body_of(const char *raw)
{
    const char *end = strstr(raw, "\r\n\r\n");
    assert_non_null(end);
    return decoded(end);
}

static void test_letter_mail_fill__what_may_be_passed_on_has_its_link_in_the_header_alone(void **state)
{
    (void)state;
    static const char *const sources[] = {HEAD("public") BODY, HEAD("ombud_and_households") BODY};
    for (size_t i = 0; i < 2; i++) {
        int64_t message = post_letter(sources[i]);
        struct job job = job_for(message);
        const char *raw = sent(message, "1292", &job);
        char *body = body_of(raw);
        assert_non_null(strstr(raw, "List-Unsubscribe: <" UNSUBSCRIBE_URL));
        assert_non_null(strstr(raw, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert_null(strstr(body, "/u/"));
        assert_non_null(strstr(body, "Använd Avsluta prenumeration i ditt e-postprogram eller svara på brevet "
                                     "(svar@example.se)."));
        assert_null(strstr(body, "gunilla@example.se"));
        free(body);
    }
}

static void test_letter_mail_fill__what_stays_with_its_reader_has_the_link_below(void **state)
{
    (void)state;
    int64_t message = post_letter(HEAD("ombud_only") BODY);
    struct job job = job_for(message);
    char *body = body_of(sent(message, "1292", &job));
    const char *first = strstr(body, UNSUBSCRIBE_URL);
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "href=\"" UNSUBSCRIBE_URL)); /* text, then HTML */
    free(body);
}

static void test_letter_mail_fill__without_a_reply_address_names_the_sender(void **state)
{
    (void)state;
    sender->reply_to[0] = '\0';
    int64_t message = post_letter(HEAD("public") BODY);
    struct job job = job_for(message);
    char *body = body_of(sent(message, "1292", &job));
    assert_non_null(strstr(body, "svara på brevet (brev@example.se)."));
    free(body);
}

static void test_letter_mail_compile__a_municipality_gets_its_own_part_only(void **state)
{
    (void)state;
    int64_t message = post_letter(HEAD("public") BODY);
    struct job job = job_for(message);
    char *one = body_of(sent(message, "1292", &job));
    char *two = body_of(sent(message, "1257", &job));
    assert_non_null(strstr(one, "Bara i ettan."));
    assert_null(strstr(one, "tvåan"));
    assert_non_null(strstr(two, "Bara i tvåan."));
    assert_null(strstr(two, "ettan"));
    free(one);
    free(two);
}

static void test_letter_mail_fill__slots_are_the_recipients_and_escaped(void **state)
{
    (void)state;
    int64_t message = post_letter(HEAD("public") BODY);
    struct job job = job_for(message);
    char *body = body_of(sent(message, "1292", &job));
    assert_non_null(strstr(body, "Hej Gunilla Exempelsson i Lärkvägen & co, Ängelholm, Ängelholm, mars 2026."));
    assert_non_null(strstr(body, "Hej Gunilla Exempelsson i Lärkvägen &amp; co, "));
    job.group_name[0] = '\0';
    char *alone = body_of(sent(message, "1292", &job));
    assert_non_null(strstr(alone, "i din grupp, "));
    free(body);
    free(alone);
}

static void test_letter_mail_fill__a_retry_is_the_same_mail(void **state)
{
    (void)state;
    int64_t message = post_letter(HEAD("ombud_only") BODY);
    struct job job = job_for(message);
    char *first = strdup(sent(message, "1292", &job));
    f.now_us += 3600 * US_PER_S;
    job.attempts++;
    assert_string_equal(sent(message, "1292", &job), first);
    job.delivery_id++; /* and another delivery is another mail */
    assert_string_not_equal(sent(message, "1292", &job), first);
    free(first);
}

static void test_letter_mail_compile__a_test_copy_says_so(void **state)
{
    (void)state;
    int64_t message = post_test(HEAD("public") BODY);
    struct job job = job_for(message);
    job.address_id = 0;
    const char *raw = sent(message, "1292", &job);
    assert_non_null(strstr(raw, "\r\nSubject: =?utf-8?Q?=5BTEST=5D_Brev_till_"));
    char *body = body_of(raw);
    assert_null(strstr(body, "/u/"));
    free(body);
}

static void test_letter_mail_compile__a_reminder_is_a_plain_mail_outside_the_list(void **state)
{
    (void)state;
    int64_t message = 0;
    store_fixture_ok(
        &f, ledger_post(f.db, "reminder", "Påminnelse", "Skriv {{name}}.\n", "anna@example.se", "anna", &message));
    struct job job = job_for(message);
    const char *raw = sent(message, "", &job);
    assert_non_null(strstr(raw, "Content-Type: text/plain"));
    assert_non_null(strstr(raw, "Auto-Submitted: auto-generated\r\n"));
    assert_null(strstr(raw, "List-"));
    assert_null(strstr(raw, "text/html"));
    assert_non_null(strstr(raw, "Skriv {{name}}."));
}

static void test_letter_mail_compile__refuses_what_is_not_there(void **state)
{
    (void)state;
    struct letter_mail *form = NULL;
    assert_int_equal(letter_mail_compile(f.db, sender, 4711, "1292", &form, &f.err), ERR_NOT_FOUND);
    assert_null(form);
}

static void test_letter_mail_preview__shows_one_readers_letter(void **state)
{
    (void)state;
    struct buf subject, text, html;
    struct letter_preview_input in = {HEAD("public") BODY, "1257",         "Örkelljunga",
                                      "Ängelholm",         "Ekbacken <1>", "Yasmin"};
    buf_init(&subject, 4096);
    buf_init(&text, MAIL_TEMPLATE_MAX_BYTES);
    buf_init(&html, MAIL_TEMPLATE_MAX_BYTES);
    store_fixture_ok(&f, letter_mail_preview(&in, &subject, &text, &html, &f.err));
    assert_string_equal(buf_str(&subject), "Brev till Ekbacken <1>, mars 2026");
    assert_non_null(strstr(buf_str(&text), "Hej Yasmin i Ekbacken <1>, Örkelljunga, Ängelholm, mars 2026."));
    assert_non_null(strstr(buf_str(&html), "Ekbacken &lt;1&gt;"));
    assert_non_null(strstr(buf_str(&text), "Bara i tvåan."));
    assert_null(strstr(buf_str(&text), "ettan"));
    buf_fini(&subject);
    buf_fini(&text);
    buf_fini(&html);
}

/* One copy for many: nothing of any of them, and the same bytes whoever stands for them. */
static void test_letter_mail_fill_shared__holds_nothing_of_a_recipient(void **state)
{
    (void)state;
    struct letter_mail *form = NULL;
    struct letter_envelope envelope;
    struct buf other;
    int64_t message = 0;
    int64_t id = 0;
    enum mail_token_purpose purpose = MAIL_TOKEN_BOUNCE;
    char text[ID_TEXT_BYTES];
    store_fixture_ok(&f, ledger_post(f.db, "reminder", "Varning", "Se upp.\n", "anna@example.se", "anna", &message));
    store_fixture_ok(&f, letter_mail_compile(f.db, sender, message, "", &form, &f.err));
    assert_true(letter_mail_is_shared(form));
    struct job job = job_for(message);
    struct job second = job;
    second.delivery_id = 4712;
    second.address_id = 13;
    second.created_at += 5000000;
    snprintf(second.address, sizeof second.address, "bo@example.se");
    snprintf(second.to_name, sizeof second.to_name, "Bo");
    store_fixture_ok(&f, letter_mail_fill_shared(form, sender, &job, &envelope, &mail, &f.err));
    assert_int_equal(mail_token_open_local(sender->token_key, envelope.mail_from, &purpose, &id), 0);
    assert_int_equal(purpose, MAIL_TOKEN_SHARED);
    assert_true(id == message);
    buf_init(&other, MAIL_MESSAGE_MAX_BYTES);
    store_fixture_ok(&f, letter_mail_fill_shared(form, sender, &second, &envelope, &other, &f.err));
    assert_string_equal(buf_str(&mail), buf_str(&other));
    static const char *const personal[] = {"gunilla", "Gunilla", "bo@", "/u/", "List-Unsubscribe", "dlv_", "vägen"};
    for (size_t i = 0; i < ARRAY_LEN(personal); i++)
        assert_null(strstr(buf_str(&mail), personal[i]));
    assert_non_null(strstr(buf_str(&mail), id_format(ID_MESSAGE, message, text)));
    assert_non_null(strstr(buf_str(&mail), sender->from_address));
    letter_mail_free(form);
    buf_fini(&other);
}

static void test_letter_mail_is_shared__a_letter_is_not(void **state)
{
    (void)state;
    struct letter_mail *form = NULL;
    int64_t message = post_test(HEAD("public") BODY);
    store_fixture_ok(&f, letter_mail_compile(f.db, sender, message, "1292", &form, &f.err));
    assert_false(letter_mail_is_shared(form));
    letter_mail_free(form);
}

static void test_letter_mail_address__is_where_it_goes(void **state)
{
    (void)state;
    char to[JOB_ADDRESS_BYTES];
    bool needs = true;
    struct job job = job_for(1);
    assert_int_equal(letter_mail_address(&job, to, &needs, NULL), 0);
    assert_string_equal(to, "gunilla@example.se");
    assert_false(needs);
    snprintf(job.address, sizeof job.address, "åsa@räksmörgås.example.se");
    assert_int_equal(letter_mail_address(&job, to, &needs, NULL), 0);
    assert_string_equal(to, "åsa@xn--rksmrgs-5wao1o.example.se");
    assert_true(needs);
    snprintf(job.address, sizeof job.address, "ingen");
    assert_int_equal(letter_mail_address(&job, to, &needs, &f.err), ERR_INVALID);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_letter_mail_fill__what_may_be_passed_on_has_its_link_in_the_header_alone, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_fill__what_stays_with_its_reader_has_the_link_below, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_fill__without_a_reply_address_names_the_sender, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_compile__a_municipality_gets_its_own_part_only, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_fill__slots_are_the_recipients_and_escaped, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_fill__a_retry_is_the_same_mail, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_compile__a_test_copy_says_so, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_compile__a_reminder_is_a_plain_mail_outside_the_list, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_compile__refuses_what_is_not_there, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_preview__shows_one_readers_letter, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_fill_shared__holds_nothing_of_a_recipient, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_is_shared__a_letter_is_not, set_up, tear_down),
    TEST_FIXTURE(test_letter_mail_address__is_where_it_goes, set_up, tear_down),
};

TEST_MAIN(tests)
