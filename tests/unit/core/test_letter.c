/* core/letter.h and core/ledger.h: a letter from its draft to the last outcome. */
#include "core/letter.h"

#include <stdio.h>

#include "core/group.h"
#include "core/ledger.h"
#include "core/series.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define DAY (86400 * US_PER_S)

static const char SOURCE[] = "---\ntitle: Månadsbrev mars 2026\nkind: monthly\nperiod: 2026-03\narea: Ängelholm\n---\n"
                             "Hej {{name}}!\n\nEn lugn månad i {{municipality}}. Ring 112 eller 114 14.\n";

static struct store_fixture f;

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fixture_fini(&f);
    return 0;
}

/* "The 31st of March at 09.00": one letter a month. */
static int64_t add_series(void)
{
    struct series_input in = {.name = "Månadsbrev",
                              .scope = "police_area:angelholm",
                              .rrule = "FREQ=MONTHLY;BYMONTHDAY=25",
                              .time = "09:00",
                              .time_zone = "Europe/Stockholm",
                              .anchor_date = "2026-01-01"};
    int64_t id = 0;
    store_fixture_ok(&f, series_add(f.db, &f.anna, &in, &id, &f.err));
    return id;
}

static int64_t add_letter(const struct actor *author)
{
    struct letter_options options = {0};
    int64_t id = 0;
    store_fixture_ok(&f, letter_add(f.db, author, SOURCE, &options, &id, &f.err));
    return id;
}

static int64_t approved_letter(void)
{
    int64_t id = add_letter(&f.anna);
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, id, NULL, &f.err));
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, id, NULL, &f.err));
    return id;
}

static int64_t message_of(int64_t letter)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    int64_t message = 0;
    store_fixture_ok(&f, db_query_as(f.db, &all, &rows, Q_LETTER_SHOW, DB_ARGS(DB_INT(letter))));
    if (db_next(rows) > 0)
        message = db_int(rows, 19);
    db_done(rows);
    return message;
}

static const char *state_of(int64_t letter)
{
    static char out[20];
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query_as(f.db, &all, &rows, Q_LETTER_SHOW, DB_ARGS(DB_INT(letter))));
    assert_int_equal(db_next(rows), 1);
    snprintf(out, sizeof out, "%s", db_text(rows, 9));
    db_done(rows);
    return out;
}

static void expand_all(int chunk)
{
    bool more = true;
    for (int i = 0; more; i++) {
        assert_true(i < 1000);
        store_fixture_ok(&f, ledger_expand(f.db, chunk, &more));
    }
}

/* Claim one after the other and record `state` for each. Returns how many. */
static int send_all(enum delivery_state state)
{
    static struct job jobs[CLAIM_MAX];
    struct claim claims = {.room = {3, 3, 3}};
    int total = 0;
    int n = 1;
    while (n > 0) {
        claims.now_us = f.now_us;
        store_fixture_ok(&f, ledger_claim(f.db, &claims, jobs, &n));
        for (int i = 0; i < n; i++) {
            struct ledger_result r = {.delivery_id = jobs[i].delivery_id,
                                      .state = state,
                                      .now_us = f.now_us,
                                      .due_us = f.now_us + DAY,
                                      .code = 250,
                                      .reply = "ok",
                                      .relay = "main"};
            store_fixture_ok(&f, ledger_record(f.db, &r));
            total++;
        }
    }
    store_fixture_ok(&f, ledger_finish(f.db));
    return total;
}

static void open_due(void)
{
    int64_t id = 0;
    while (letter_next_due(f.db, f.now_us, &id) == 0)
        store_fixture_ok(&f, letter_open(f.db, id, f.now_us, 7 * DAY, &f.err));
}

static void add_people(void)
{
    store_fixture_person(&f, "1292", "Lärkvägen", "Gunilla Exempelsson", "gunilla@example.se", NULL);
    store_fixture_person(&f, "1292", "Lärkvägen", "Åke Påhittad", "ake@example.se", NULL);
    store_fixture_person(&f, "1257", "Ekbacken", "Yasmin Provdotter", "yasmin@example.se", NULL);
    store_fixture_person(&f, "1276", "Klippans centrum", "Nils Annanstans", "nils@example.se", NULL);
}

static void test_letter__goes_out_on_its_day_once_to_its_area(void **state)
{
    (void)state;
    add_series();
    add_people();
    int64_t letter = approved_letter();
    open_due();
    assert_string_equal(state_of(letter), "approved"); /* 1 March: not yet */
    f.now_us += 24 * DAY;                              /* 25 March 13.00 */
    open_due();
    assert_string_equal(state_of(letter), "sending");
    expand_all(2);
    assert_int_equal(store_fixture_count(&f, message_of(letter), "pending"), 3); /* not Klippan */
    assert_int_equal(send_all(DELIVERY_SENT), 3);
    assert_string_equal(state_of(letter), "sent");
    open_due();
    expand_all(2);
    assert_int_equal(send_all(DELIVERY_SENT), 0);
}

static void test_letter_approve__takes_two_persons(void **state)
{
    (void)state;
    add_series();
    int64_t id = add_letter(&f.anna);
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, id, NULL, &f.err));
    assert_int_equal(letter_approve(f.db, &f.anna, id, NULL, &f.err), ERR_FORBIDDEN);
    assert_int_equal(letter_approve(f.db, &f.admin, id, NULL, &f.err), ERR_FORBIDDEN); /* no person */
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, id, NULL, &f.err));
}

static void test_letter_edit__voids_the_approval(void **state)
{
    (void)state;
    add_series();
    int64_t id = approved_letter();
    store_fixture_ok(&f, letter_edit(f.db, &f.bertil, id, SOURCE, &f.err));
    assert_string_equal(state_of(id), "draft");
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, id, NULL, &f.err));
    assert_int_equal(letter_approve(f.db, &f.bertil, id, NULL, &f.err), ERR_FORBIDDEN); /* edited it last */
    assert_int_equal(letter_approve(f.db, &f.anna, id, NULL, &f.err), ERR_FORBIDDEN);   /* wrote it */
    store_fixture_ok(&f, letter_reject(f.db, &f.bertil, id, "rubriken är fel", &f.err));
    assert_int_equal(letter_send(f.db, &f.anna, id, 0, &f.err), ERR_BAD_STATE);
}

static void test_letter_approve__one_letter_per_period(void **state)
{
    (void)state;
    add_series();
    approved_letter();
    int64_t second = add_letter(&f.bertil);
    store_fixture_ok(&f, letter_submit(f.db, &f.bertil, NULL, second, NULL, &f.err));
    assert_int_equal(letter_approve(f.db, &f.anna, second, NULL, &f.err), ERR_EXISTS);
    assert_non_null(strstr(f.err.text, "2026-03"));
}

static void test_letter_open__too_late_is_held_for_a_person(void **state)
{
    (void)state;
    add_series();
    add_people();
    int64_t letter = approved_letter();
    f.now_us += 33 * DAY;
    open_due();
    assert_string_equal(state_of(letter), "held");
    store_fixture_ok(&f, letter_send(f.db, &f.anna, letter, 0, &f.err));
    open_due();
    assert_string_equal(state_of(letter), "sending");
}

static void test_letter_release_late__only_what_is_in_time_after_all(void **state)
{
    (void)state;
    int n = 0;
    int64_t series = add_series();
    add_people();
    int64_t letter = approved_letter();
    f.now_us += 33 * DAY; /* the clock is wrong */
    open_due();
    assert_string_equal(state_of(letter), "held");
    store_fixture_ok(&f, letter_release_late(f.db, f.now_us - 7 * DAY, &n));
    assert_int_equal(n, 0);
    f.now_us -= 33 * DAY;
    store_fixture_ok(&f, letter_release_late(f.db, f.now_us - 7 * DAY, &n));
    assert_int_equal(n, 1);
    assert_string_equal(state_of(letter), "approved");
    open_due(); /* its hour has not come */
    assert_string_equal(state_of(letter), "approved");
    f.now_us += 24 * DAY;
    store_fixture_ok(&f, series_pause(f.db, &f.anna, series, &f.err));
    open_due(); /* no person has had it sent */
    assert_string_equal(state_of(letter), "approved");
    store_fixture_ok(&f, series_resume(f.db, &f.anna, series, &f.err));
    open_due();
    assert_string_equal(state_of(letter), "sending");
}

static void test_letter_next_due__a_paused_series_sends_nothing_by_itself(void **state)
{
    (void)state;
    int64_t series = add_series();
    add_people();
    int64_t letter = approved_letter();
    store_fixture_ok(&f, series_pause(f.db, &f.anna, series, &f.err));
    f.now_us += 24 * DAY; /* its hour has passed */
    open_due();
    assert_string_equal(state_of(letter), "approved");
    store_fixture_ok(&f, series_resume(f.db, &f.anna, series, &f.err));
    open_due();
    assert_string_equal(state_of(letter), "sending");
}

static void test_letter_next_due__a_person_may_send_in_a_paused_series(void **state)
{
    (void)state;
    int64_t series = add_series();
    add_people();
    int64_t letter = approved_letter();
    store_fixture_ok(&f, series_pause(f.db, &f.anna, series, &f.err));
    f.now_us += DAY;
    store_fixture_ok(&f, letter_send(f.db, &f.anna, letter, 0, &f.err));
    open_due();
    assert_string_equal(state_of(letter), "sending");
}

static void test_letter_open__late_goes_out_once(void **state)
{
    (void)state;
    add_series();
    add_people();
    int64_t letter = approved_letter();
    f.now_us += 30 * DAY; /* five days late */
    open_due();
    expand_all(100);
    assert_int_equal(send_all(DELIVERY_SENT), 3);
    assert_string_equal(state_of(letter), "sent");
}

static void test_letter_cancel__withdraws_what_is_queued(void **state)
{
    (void)state;
    static struct job jobs[CLAIM_MAX];
    struct claim claims = {.room = {1, 1, 1}};
    int n = 0;
    add_series();
    add_people();
    int64_t letter = approved_letter();
    f.now_us += 24 * DAY;
    open_due();
    expand_all(100);
    claims.now_us = f.now_us;
    store_fixture_ok(&f, ledger_claim(f.db, &claims, jobs, &n));
    assert_int_equal(n, 1);
    store_fixture_ok(&f, letter_cancel(f.db, &f.anna, letter, "fel bilaga", &f.err));
    int64_t message = message_of(letter);
    assert_int_equal(store_fixture_count(&f, message, "withdrawn"), 2);
    /* The one on the wire comes back for another try: it is withdrawn too. */
    struct ledger_result r = {.delivery_id = jobs[0].delivery_id, .state = DELIVERY_PENDING, .now_us = f.now_us};
    store_fixture_ok(&f, ledger_record(f.db, &r));
    assert_int_equal(store_fixture_count(&f, message, "withdrawn"), 3);
    assert_int_equal(store_fixture_count(&f, message, "pending"), 0);
}

static void test_ledger__an_address_is_told_once(void **state)
{
    (void)state;
    add_series();
    store_fixture_person(&f, "1292", "Lärkvägen", "Gunilla Exempelsson", "par@example.se", NULL);
    store_fixture_person(&f, "1292", "Lärkvägen", "Åke Exempelsson", "PAR@example.se", NULL);
    store_fixture_person(&f, "1257", "Ekbacken", "Gunilla Exempelsson", "par@Example.SE", NULL);
    approved_letter();
    f.now_us += 24 * DAY;
    open_due();
    expand_all(1);
    assert_int_equal(send_all(DELIVERY_SENT), 1);
}

static void test_ledger__newcomers_get_the_current_letter_once(void **state)
{
    (void)state;
    add_series();
    add_people();
    int64_t letter = approved_letter();
    f.now_us += 24 * DAY;
    open_due();
    expand_all(100);
    send_all(DELIVERY_SENT);
    f.now_us += 2 * DAY;
    store_fixture_person(&f, "1278", "Hamngatan", "Ny Granne", "ny@example.se", NULL);
    expand_all(100);
    assert_int_equal(send_all(DELIVERY_SENT), 1);
    assert_int_equal(store_fixture_count(&f, message_of(letter), "sent"), 4);
    expand_all(100);
    assert_int_equal(send_all(DELIVERY_SENT), 0);
    f.now_us += 40 * DAY; /* the next period has begun: who joins now waits for its letter */
    store_fixture_person(&f, "1278", "Hamngatan", "Sen Granne", "sen@example.se", NULL);
    expand_all(100);
    assert_int_equal(send_all(DELIVERY_SENT), 0);
}

static void test_ledger__unsubscribed_addresses_are_left_alone_for_ever(void **state)
{
    (void)state;
    add_series();
    add_people();
    int64_t contact = store_fixture_person(&f, "1284", "Kullagatan", "Trött Granne", "trott@example.se", NULL);
    int64_t address = 0;
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query(f.db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact))));
    assert_int_equal(db_next(rows), 1);
    address = db_int(rows, 0);
    db_done(rows);
    store_fixture_ok(&f, contact_unsubscribe(f.db, &f.admin, address, &f.err));
    store_fixture_ok(&f, contact_unsubscribe(f.db, &f.admin, address, &f.err));
    store_fixture_ok(&f, contact_remove(f.db, &f.admin, contact, 0, &f.err));
    store_fixture_person(&f, "1284", "Kullagatan", "Trött Granne", "TROTT@example.se", NULL);
    approved_letter();
    f.now_us += 24 * DAY;
    open_due();
    expand_all(100);
    assert_int_equal(send_all(DELIVERY_SENT), 3);
}

static void test_ledger_recover__claimed_rows_are_tried_again(void **state)
{
    (void)state;
    static struct job jobs[CLAIM_MAX];
    struct claim claims = {.room = {2, 2, 2}};
    int n = 0;
    int64_t recovered = 0;
    add_series();
    add_people();
    int64_t letter = approved_letter();
    f.now_us += 24 * DAY;
    open_due();
    expand_all(100);
    claims.now_us = f.now_us;
    store_fixture_ok(&f, ledger_claim(f.db, &claims, jobs, &n));
    assert_int_equal(n, 2);
    store_fixture_ok(&f, ledger_finish(f.db));
    assert_string_equal(state_of(letter), "sending"); /* never finished while a row is not final */
    store_fixture_ok(&f, ledger_recover(f.db, &recovered));
    assert_int_equal(recovered, 2);
    assert_int_equal(send_all(DELIVERY_SENT), 3);
}

static void test_ledger_claim__nothing_while_on_hold(void **state)
{
    (void)state;
    add_series();
    add_people();
    approved_letter();
    f.now_us += 24 * DAY;
    open_due();
    expand_all(100);
    store_fixture_ok(&f, ledger_set_hold(f.db, true));
    assert_int_equal(send_all(DELIVERY_SENT), 0);
    store_fixture_ok(&f, ledger_set_hold(f.db, false));
    assert_int_equal(send_all(DELIVERY_SENT), 3);
}

static void test_letter__the_wall_between_areas(void **state)
{
    (void)state;
    struct letter_options options = {0};
    int64_t id = 0;
    add_series();
    int64_t letter = add_letter(&f.anna);
    /* Another police area does not see it, and cannot write into this one. */
    assert_int_equal(letter_find(f.db, &f.david, "latest", &id, &f.err), ERR_NOT_FOUND);
    assert_int_equal(letter_cancel(f.db, &f.david, letter, NULL, &f.err), ERR_NOT_FOUND);
    assert_int_equal(letter_add(f.db, &f.david, SOURCE, &options, &id, &f.err), ERR_NOT_FOUND);
    /* A municipality within sees it, and may not change what goes to others too. */
    store_fixture_ok(&f, letter_find(f.db, &f.cecilia, "latest", &id, &f.err));
    assert_int_equal(id, letter);
    assert_int_equal(letter_edit(f.db, &f.cecilia, letter, SOURCE, &f.err), ERR_FORBIDDEN);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_letter__goes_out_on_its_day_once_to_its_area, setup, teardown),
    TEST_FIXTURE(test_letter_approve__takes_two_persons, setup, teardown),
    TEST_FIXTURE(test_letter_edit__voids_the_approval, setup, teardown),
    TEST_FIXTURE(test_letter_approve__one_letter_per_period, setup, teardown),
    TEST_FIXTURE(test_letter_open__too_late_is_held_for_a_person, setup, teardown),
    TEST_FIXTURE(test_letter_release_late__only_what_is_in_time_after_all, setup, teardown),
    TEST_FIXTURE(test_letter_next_due__a_paused_series_sends_nothing_by_itself, setup, teardown),
    TEST_FIXTURE(test_letter_next_due__a_person_may_send_in_a_paused_series, setup, teardown),
    TEST_FIXTURE(test_letter_open__late_goes_out_once, setup, teardown),
    TEST_FIXTURE(test_letter_cancel__withdraws_what_is_queued, setup, teardown),
    TEST_FIXTURE(test_ledger__an_address_is_told_once, setup, teardown),
    TEST_FIXTURE(test_ledger__newcomers_get_the_current_letter_once, setup, teardown),
    TEST_FIXTURE(test_ledger__unsubscribed_addresses_are_left_alone_for_ever, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__claimed_rows_are_tried_again, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__nothing_while_on_hold, setup, teardown),
    TEST_FIXTURE(test_letter__the_wall_between_areas, setup, teardown),
};

TEST_MAIN(tests)
