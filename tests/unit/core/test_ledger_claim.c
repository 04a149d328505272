/* core/ledger.h: claims. Letters share, nobody starves, nobody is forgotten: with paused and parked messages, with
 * thousands of them, while they still expand, and when the wall clock jumps. */
#include <stdio.h>

#include "base/id.h"
#include "core/ledger.h"
#include "lib/ledger_check.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define MINUTE (60 * US_PER_S)

static struct store_fixture f;
static struct job jobs[3 * CLAIM_MAX];
static struct claim claims;
static int claimed;

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    claims = (struct claim){.now_us = 0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fixture_fini(&f);
    return 0;
}

/* A message of a lane in `state`; the smaller its number, the earlier its turn. */
static int64_t add_message(enum lane lane, const char *state)
{
    int64_t id = id_new(f.now_us);
    store_fixture_ok(&f, db_exec(f.db, NULL, Q_MESSAGE_INSERT,
                                 DB_ARGS(DB_INT(id), DB_TEXT("letter"), DB_INT(lane), DB_NULL, DB_TEXT(state),
                                         DB_TEXT("Brev"), DB_TEXT("Hej"), DB_TEXT("0"), DB_TEXT("all"), DB_TEXT(""),
                                         DB_NULL, DB_INT(0), DB_INT(f.now_us))));
    return id;
}

static int64_t add_row(int64_t message, enum lane lane, int number, int64_t due_us)
{
    char address[64];
    char key[64];
    int64_t id = id_new(f.now_us);
    snprintf(address, sizeof address, "Person.%d@Exempel%d.example.se", number, number % 3);
    snprintf(key, sizeof key, "person.%d@exempel%d.example.se", number, number % 3);
    store_fixture_ok(&f, db_exec(f.db, NULL, Q_DELIVERY_INSERT,
                                 DB_ARGS(DB_INT(id), DB_INT(message), DB_TEXT("1292"), DB_NULL, DB_TEXT(address),
                                         DB_TEXT(key), DB_TEXT("Någon"), DB_INT(lane), DB_INT(due_us))));
    return id;
}

static int64_t add_letter(int rows)
{
    int64_t message = add_message(LANE_LETTER, "sending");
    for (int i = 0; i < rows; i++)
        add_row(message, LANE_LETTER, i, f.now_us);
    return message;
}

static int claim_lane(enum lane lane, int room)
{
    memset(claims.room, 0, sizeof claims.room);
    claims.room[lane] = room;
    claims.now_us = f.now_us;
    store_fixture_ok(&f, ledger_claim(f.db, &claims, jobs, &claimed));
    return claimed;
}

static int claim(int room)
{
    return claim_lane(LANE_LETTER, room);
}

static int of(int64_t message)
{
    int n = 0;
    for (int i = 0; i < claimed; i++)
        n += jobs[i].message_id == message;
    return n;
}

static void give_all_back(int64_t due_us)
{
    for (int i = 0; i < claimed; i++)
        store_fixture_ok(&f, ledger_give_back(f.db, jobs[i].delivery_id, due_us));
}

static void send_all(void)
{
    for (int i = 0; i < claimed; i++) {
        struct ledger_result r = {.delivery_id = jobs[i].delivery_id, .state = DELIVERY_SENT, .now_us = f.now_us};
        store_fixture_ok(&f, ledger_record(f.db, &r));
    }
}

static void test_ledger_claim__messages_share_equally(void **state)
{
    (void)state;
    int64_t a = add_letter(40);
    int64_t b = add_letter(40);
    assert_int_equal(claim(16), 16);
    assert_int_equal(of(a), 8);
    assert_int_equal(of(b), 8);
    ledger_check(f.db, a, false);
}

static void test_ledger_claim__what_one_cannot_use_goes_to_the_others(void **state)
{
    (void)state;
    int64_t a = add_letter(40);
    int64_t b = add_letter(2);
    int64_t c = add_letter(40);
    assert_int_equal(claim(16), 16);
    assert_int_equal(of(b), 2);
    assert_int_equal(of(a) + of(c), 14);
    assert_true(of(a) >= 6 && of(c) >= 6);
    assert_int_equal(claim(100), 66);
}

static void test_ledger_claim__the_odd_row_goes_round(void **state)
{
    (void)state;
    int64_t messages[3] = {add_letter(60), add_letter(60), add_letter(60)};
    int sum[3] = {0};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(claim(4), 4);
        for (int m = 0; m < 3; m++)
            sum[m] += of(messages[m]);
    }
    for (int m = 0; m < 3; m++)
        assert_int_equal(sum[m], 8);
}

static void test_ledger_claim__with_less_room_than_messages_each_has_its_turn(void **state)
{
    (void)state;
    enum { MESSAGES = 7 };
    int64_t messages[MESSAGES];
    int sum[MESSAGES] = {0};
    for (int m = 0; m < MESSAGES; m++)
        messages[m] = add_letter(20);
    for (int i = 0; i < MESSAGES; i++) {
        assert_int_equal(claim(3), 3);
        for (int m = 0; m < MESSAGES; m++)
            sum[m] += of(messages[m]);
    }
    for (int m = 0; m < MESSAGES; m++)
        assert_int_equal(sum[m], 3);
}

static void test_ledger_claim__rows_of_a_message_in_the_order_of_their_time(void **state)
{
    (void)state;
    int64_t message = add_message(LANE_LETTER, "sending");
    int64_t late = add_row(message, LANE_LETTER, 1, f.now_us - 1);
    int64_t early = add_row(message, LANE_LETTER, 2, f.now_us - 9);
    int64_t next = add_row(message, LANE_LETTER, 3, f.now_us - 1);
    add_row(message, LANE_LETTER, 4, f.now_us + 1);
    assert_int_equal(claim(2), 2);
    assert_int_equal(jobs[0].delivery_id, early);
    assert_int_equal(jobs[1].delivery_id, late);
    assert_int_equal(claim(2), 1);
    assert_int_equal(jobs[0].delivery_id, next);
}

static void test_ledger_claim__paused_messages_are_passed_over(void **state)
{
    (void)state;
    int64_t a = add_letter(5);
    int64_t b = add_letter(5);
    int64_t c = add_letter(5);
    const int64_t paused[] = {c, a};
    claims.paused = paused;
    claims.paused_count = 2;
    assert_int_equal(claim(20), 5);
    assert_int_equal(of(b), 5);
    assert_int_equal(claim(20), 0);
    claims.paused_count = 1;
    assert_int_equal(claim(20), 5);
    assert_int_equal(of(a), 5);
    claims.paused_count = 0;
    assert_int_equal(claim(20), 5);
}

static void test_ledger_claim__a_job_knows_its_domain_and_names(void **state)
{
    (void)state;
    add_letter(2);
    assert_int_equal(claim(5), 2);
    assert_string_equal(jobs[1].address, "Person.1@Exempel1.example.se");
    assert_string_equal(jobs[1].domain, "exempel1.example.se");
    assert_string_equal(jobs[1].municipality_name, "Ängelholm");
    assert_string_equal(jobs[1].area_name, "Ängelholm");
    assert_int_equal(jobs[1].attempts, 1);
    assert_int_equal(jobs[1].message_created_at, f.now_us);
}

static void test_ledger_claim__while_the_message_expands(void **state)
{
    (void)state;
    int64_t message = add_message(LANE_LETTER, "expanding");
    for (int i = 0; i < 30; i++) {
        add_row(message, LANE_LETTER, i, f.now_us);
        assert_int_equal(claim(5), 1);
        send_all();
        store_fixture_ok(&f, ledger_finish(f.db));
    }
    assert_int_equal(claim(5), 0);
    store_fixture_ok(&f, db_exec(f.db, NULL, Q_MESSAGE_EXPANDED, DB_ARGS(DB_INT(message), DB_INT(f.now_us))));
    assert_int_equal(ledger_finish(f.db), 1);
    ledger_check(f.db, message, true);
}

static void test_ledger_claim__personal_first_come_first_served(void **state)
{
    (void)state;
    int64_t message = add_message(LANE_PERSONAL, "sending");
    int64_t second = add_row(message, LANE_PERSONAL, 1, f.now_us - 5);
    message = add_message(LANE_PERSONAL, "sending");
    int64_t first = add_row(message, LANE_PERSONAL, 1, f.now_us - 7);
    assert_int_equal(claim_lane(LANE_PERSONAL, 1), 1);
    assert_int_equal(jobs[0].delivery_id, first);
    send_all();
    assert_int_equal(claim_lane(LANE_PERSONAL, 9), 1);
    assert_int_equal(jobs[0].delivery_id, second);
    send_all();
    store_fixture_ok(&f, ledger_finish(f.db));
    ledger_check(f.db, message, true);
}

static void test_ledger_claim__thousands_of_messages(void **state)
{
    (void)state;
    enum { MESSAGES = 3000 };
    int64_t last = 0;
    for (int i = 0; i < MESSAGES; i++) {
        last = add_message(LANE_ALERT, "sending");
        add_row(last, LANE_ALERT, i, i % 3 == 0 ? f.now_us + MINUTE : f.now_us);
    }
    int total = 0;
    while (claim_lane(LANE_ALERT, 64) > 0) {
        total += claimed;
        send_all();
    }
    assert_int_equal(total, 2000);
    int64_t due = 0;
    store_fixture_ok(&f, ledger_next_due(f.db, f.now_us, &due));
    assert_int_equal(due, f.now_us + MINUTE);
    f.now_us += MINUTE;
    assert_int_equal(claim_lane(LANE_ALERT, 512), 512);
    send_all();
    assert_int_equal(claim_lane(LANE_ALERT, 512), 488);
    send_all();
    while (ledger_finish(f.db) == LEDGER_FINISH_MAX)
        continue;
    ledger_check(f.db, last, true);
}

/* More messages than there is room for, whose times in the queue are too early: the claim goes on to those with rows.
 */
static void test_ledger_claim__withdrawn_messages_hide_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        int64_t n = 0;
        store_fixture_ok(&f, ledger_withdraw(f.db, add_letter(2), &n));
    }
    int64_t parked = add_letter(3);
    assert_int_equal(claim(8), 3);
    give_all_back(f.now_us + MINUTE);
    int64_t message = add_letter(2);
    assert_int_equal(claim(8), 2);
    assert_int_equal(of(message), 2);
    f.now_us += MINUTE;
    assert_int_equal(claim(8), 3);
    assert_int_equal(of(parked), 3);
}

static void test_ledger_give_back__parked_until_its_time(void **state)
{
    (void)state;
    int64_t message = add_letter(3);
    int64_t due = 0;
    assert_int_equal(claim(8), 3);
    give_all_back(f.now_us + MINUTE);
    assert_int_equal(claim(8), 0);
    store_fixture_ok(&f, ledger_next_due(f.db, f.now_us, &due));
    assert_int_equal(due, f.now_us + MINUTE);
    f.now_us += MINUTE;
    assert_int_equal(claim(8), 3);
    assert_int_equal(jobs[0].attempts, 1); /* parking is no attempt */
    give_all_back(0);
    assert_int_equal(claim(8), 3);
    send_all();
    assert_int_equal(ledger_next_due(f.db, 0, &due), claim(8) == 0 ? ERR_NOT_FOUND : 0);
    store_fixture_ok(&f, ledger_finish(f.db));
    ledger_check(f.db, message, true);
}

/* Whatever the clock says: who waits a minute waits a minute, and what is due stays due. */
static void shift_by(int64_t delta)
{
    int64_t n = 0;
    int64_t due = 0;
    int64_t message = add_letter(3);
    int64_t personal = add_message(LANE_PERSONAL, "sending");
    add_row(personal, LANE_PERSONAL, 1, f.now_us + MINUTE);
    assert_int_equal(claim(2), 2);
    give_all_back(f.now_us + MINUTE); /* the third stays due now */
    store_fixture_ok(&f, ledger_shift_due(f.db, delta, f.now_us, &n));
    assert_int_equal(n, delta < 0 ? 4 : 3);
    f.now_us += delta;
    assert_int_equal(claim(9), 1);
    assert_int_equal(claim_lane(LANE_PERSONAL, 9), 0);
    store_fixture_ok(&f, ledger_next_due(f.db, f.now_us, &due));
    assert_int_equal(due, f.now_us + MINUTE);
    ledger_check(f.db, message, false);
    f.now_us += MINUTE;
    assert_int_equal(claim(9), 2);
    assert_int_equal(claim_lane(LANE_PERSONAL, 9), 1);
}

static void test_ledger_shift_due__an_hour_ahead(void **state)
{
    (void)state;
    shift_by(60 * MINUTE);
}

static void test_ledger_shift_due__a_day_back(void **state)
{
    (void)state;
    shift_by(-24 * 60 * MINUTE);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_ledger_claim__messages_share_equally, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__what_one_cannot_use_goes_to_the_others, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__the_odd_row_goes_round, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__with_less_room_than_messages_each_has_its_turn, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__rows_of_a_message_in_the_order_of_their_time, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__paused_messages_are_passed_over, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__a_job_knows_its_domain_and_names, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__while_the_message_expands, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__personal_first_come_first_served, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__thousands_of_messages, setup, teardown),
    TEST_FIXTURE(test_ledger_claim__withdrawn_messages_hide_nobody, setup, teardown),
    TEST_FIXTURE(test_ledger_give_back__parked_until_its_time, setup, teardown),
    TEST_FIXTURE(test_ledger_shift_due__an_hour_ahead, setup, teardown),
    TEST_FIXTURE(test_ledger_shift_due__a_day_back, setup, teardown),
};

TEST_MAIN(tests)
