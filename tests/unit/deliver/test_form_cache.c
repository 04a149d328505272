/* deliver/form_cache.h (private): what stays, what goes, and how many are compiled at a time. */
#include "deliver/form_cache.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "deliver/letter_mail.h"
#include "lib/test.h"
#include "store/db.h"
#include "store/store.h"

static struct store *store;
static struct letter_sender *sender;
static struct form_cache *cache;
static int told;

struct post {
    struct store_req req;
    const char *text;
    int64_t message_id;
};

static int op_post(struct db *db, struct store_req *req)
{
    struct post *p = CONTAINER_OF(req, struct post, req);
    return ledger_post(db, "reminder", "Prov", p->text, "a@example.se", "Anna", &p->message_id);
}

static void on_posted(struct store_req *req)
{
    assert_int_equal(req->status, 0);
}

static void on_ready(void *ctx)
{
    (void)ctx;
    told++;
}

static int64_t begin(size_t text_bytes)
{
    static const uint8_t key[32] = {1};
    static const char config_text[] =
        "[node]\nbase_url = https://grannbud.example.se\n[store]\nurl = sqlite:/tmp/none.db\n"
        "[sender]\nfrom = brev@example.se\n[relay main]\nurl = smtp://127.0.0.1\n";
    struct err err = {.text = ""};
    struct config *config = NULL;
    struct file_errors errors;
    struct store_config sc = {.url = "sqlite::memory:", .readers = 1, .clock = clock_system(), .inline_mode = true};
    file_errors_init(&errors, "test");
    assert_int_equal(config_parse(config_text, strlen(config_text), &config, &errors), 0);
    file_errors_fini(&errors);
    assert_int_equal(store_open(&sc, &store, &err), 0);
    sender = letter_sender_new(config, key);
    config_free(config);
    cache = form_cache_new(store, sender, on_ready, NULL);
    told = 0;
    char *text = xmalloc(text_bytes + 1);
    for (size_t i = 0; i < text_bytes; i++)
        text[i] = i % 70 == 69 ? '\n' : 'x';
    text[text_bytes] = '\0';
    struct post p = {.req = {.op = op_post, .done = on_posted}, .text = text};
    store_write(store, &p.req);
    store_complete(store);
    free(text);
    return p.message_id;
}

static void end(void)
{
    store_complete(store);
    form_cache_free(cache);
    letter_sender_free(sender);
    store_close(store);
}

static enum form_state get(int64_t message_id, int municipality)
{
    const struct letter_mail *mail = NULL;
    const char *why = "";
    char code[8];
    snprintf(code, sizeof code, "%04d", municipality);
    enum form_state state = form_cache_get(cache, message_id, code, &mail, &why);
    assert_true((state == FORM_READY) == (mail != NULL));
    return state;
}

static void fill(int64_t message_id, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        assert_int_equal(get(message_id, i), FORM_LOADING);
        store_complete(store);
        assert_int_equal(get(message_id, i), FORM_READY);
    }
}

static void test_form_cache__keeps_a_letter_to_the_whole_country(void **state)
{
    (void)state;
    int64_t m = begin(1000);
    fill(m, 0, 290);
    for (int i = 0; i < 290; i++)
        assert_int_equal(get(m, i), FORM_READY);
    fill(m, 290, FORM_CACHE_MAX - 290 + 1); /* one too many: the one used longest ago goes */
    for (int i = 1; i <= FORM_CACHE_MAX; i++)
        assert_int_equal(get(m, i), FORM_READY);
    assert_int_equal(get(m, 0), FORM_LOADING);
    end();
}

static void test_form_cache__is_bounded_by_bytes(void **state)
{
    (void)state;
    int64_t m = begin(200000);
    fill(m, 0, 20);
    for (int i = 20 - FORM_CACHE_MIN; i < 20; i++)
        assert_int_equal(get(m, i), FORM_READY);
    assert_int_equal(get(m, 20 - FORM_CACHE_MIN - 1), FORM_LOADING);
    end();
}

static void test_form_cache__compiles_a_few_at_a_time(void **state)
{
    (void)state;
    int64_t m = begin(1000);
    for (int i = 0; i < 50; i++)
        assert_int_equal(get(m, i), FORM_LOADING);
    assert_int_equal(form_cache_loading(cache), FORM_LOADING_MAX);
    store_complete(store);
    assert_int_equal(told, FORM_LOADING_MAX);
    assert_int_equal(get(m, FORM_LOADING_MAX - 1), FORM_READY);
    assert_int_equal(get(m, FORM_LOADING_MAX), FORM_LOADING);
    end();
}

static void test_form_cache__a_message_that_is_not_there_is_asked_for_again(void **state)
{
    (void)state;
    begin(10);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(4711, 0), FORM_LOADING);
        store_complete(store);
        assert_int_equal(get(4711, 0), FORM_AWAY);
    }
    end();
}

static const struct CMUnitTest tests[] = {
    TEST(test_form_cache__keeps_a_letter_to_the_whole_country),
    TEST(test_form_cache__is_bounded_by_bytes),
    TEST(test_form_cache__compiles_a_few_at_a_time),
    TEST(test_form_cache__a_message_that_is_not_there_is_asked_for_again),
};

TEST_MAIN(tests)
