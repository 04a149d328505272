/* core/ledger_alert.h and ledger_close.h: whom an alert reaches, whom an update and a recall follow, what expires. */
#include "core/ledger_alert.h"

#include <stdio.h>

#include "base/mem.h"
#include "core/group.h"
#include "core/ledger_retry.h"
#include "lib/alert_rows.h"
#include "lib/ledger_check.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define MINUTE (60 * US_PER_S)
#define HOUR (60 * MINUTE)

enum { THREAD_MAX = 8 };

static struct store_fixture f;
static struct job jobs[3 * CLAIM_MAX];
static struct claim claims;
static int claimed;
static int64_t root, thread[THREAD_MAX];
static int thread_count;

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    claims = (struct claim){.now_us = 0};
    root = thread_count = claimed = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < thread_count; i++)
        ledger_check(f.db, thread[i], false);
    store_fixture_fini(&f);
    return 0;
}

static int64_t person(const char *group_name, const char *address, int64_t *group)
{
    return store_fixture_person(&f, "1292", group_name, "Någon", address, group);
}

/* --- a thread --------------------------------------------------------------------------------------------------- */

static int64_t open_message(const struct alert_rows_input *in, int64_t group, int64_t other_group)
{
    int64_t alert = 0;
    store_fixture_ok(&f, alert_rows_add(f.db, in, &alert));
    if (group)
        store_fixture_ok(&f, alert_rows_add_group(f.db, alert, group));
    if (other_group)
        store_fixture_ok(&f, alert_rows_add_group(f.db, alert, other_group));
    if (!in->root_id)
        root = alert;
    assert_true(thread_count < THREAD_MAX);
    store_fixture_ok(&f, alert_rows_open(f.db, in, alert, &thread[thread_count]));
    return thread[thread_count++];
}

static int64_t open_alert(int64_t group, int64_t other_group)
{
    const struct alert_rows_input in = {0};
    return open_message(&in, group, other_group);
}

static int64_t open_follow(bool is_update)
{
    const struct alert_rows_input in = {
        .type = is_update ? "update" : "recall", .root_id = root, .takes_queued = is_update};
    return open_message(&in, 0, 0);
}

static void expand(void)
{
    bool more = true;
    while (more)
        store_fixture_ok(&f, ledger_expand(f.db, 1000, &more));
}

static void expand_some(int people)
{
    bool more = true;
    store_fixture_ok(&f, ledger_expand(f.db, people, &more));
}

static void move_rows(void)
{
    bool more = true;
    while (more)
        store_fixture_ok(&f, ledger_close_step(f.db, &more));
}

static void settle(void)
{
    int n = LEDGER_FOLLOW_MAX;
    while (n == LEDGER_FOLLOW_MAX)
        store_fixture_ok(&f, ledger_follow_decided(f.db, &n));
}

static int claim(int room)
{
    memset(claims.room, 0, sizeof claims.room);
    claims.room[LANE_ALERT] = room;
    claims.now_us = f.now_us;
    store_fixture_ok(&f, ledger_claim(f.db, &claims, jobs, &claimed));
    return claimed;
}

static int64_t row_of(int64_t message, const char *address)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query_as(f.db, &all, &rows, Q_DELIVERY_LIST,
                                     DB_ARGS(DB_INT(message), DB_TEXT(""), DB_TEXT(address), DB_INT(0), DB_INT(1))));
    int64_t id = db_next(rows) > 0 ? db_int(rows, 0) : 0;
    db_done(rows);
    return id;
}

static void record(int64_t delivery_id, enum delivery_state state)
{
    struct ledger_result r = {
        .delivery_id = delivery_id, .state = state, .now_us = f.now_us, .due_us = f.now_us + 5 * MINUTE};
    store_fixture_ok(&f, ledger_record(f.db, &r));
}

/* Claims one row, that of `address`, among those that are due. */
static void end_as(int64_t message, const char *address, enum delivery_state state)
{
    int64_t id = row_of(message, address);
    assert_true(id > 0);
    claim(CLAIM_MAX);
    bool was_found = false;
    for (int i = 0; i < claimed; i++) {
        if (jobs[i].delivery_id == id) {
            record(id, state);
            was_found = true;
        } else {
            store_fixture_ok(&f, ledger_give_back(f.db, jobs[i].delivery_id, 0));
        }
    }
    assert_true(was_found);
}

static const char *state_of(int64_t delivery_id)
{
    static char word[16];
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query_as(f.db, &all, &rows, Q_DELIVERY_SHOW, DB_ARGS(DB_INT(delivery_id))));
    assert_int_equal(db_next(rows), 1);
    snprintf(word, sizeof word, "%s", db_text(rows, 7));
    db_done(rows);
    return word;
}

/* Four people of one group who have got the alert, or not, in four ways; five is queued. */
static int64_t open_mixed(int64_t *group)
{
    static const char *const who[] = {"sent@example.se", "uncertain@example.se", "failed@example.se",
                                      "claimed@example.se", "queued@example.se"};
    for (size_t i = 0; i < ARRAY_LEN(who); i++)
        person("Lärkvägen", who[i], group);
    int64_t message = open_alert(*group, 0);
    expand();
    end_as(message, "sent@example.se", DELIVERY_SENT);
    end_as(message, "uncertain@example.se", DELIVERY_UNCERTAIN);
    end_as(message, "failed@example.se", DELIVERY_FAILED);
    claim(CLAIM_MAX);
    for (int i = 0; i < claimed; i++)
        if (strcmp(jobs[i].address, "claimed@example.se") != 0)
            store_fixture_ok(&f, ledger_give_back(f.db, jobs[i].delivery_id, 0));
    return message;
}

/* --- expansion -------------------------------------------------------------------------------------------------- */

static void test_ledger_open_alert__each_address_of_its_groups_once(void **state)
{
    (void)state;
    int64_t larks = 0;
    int64_t oaks = 0;
    int64_t others = 0;
    int64_t idle = 0;
    person("Lärkvägen", "a@example.se", &larks);
    person("Ekbacken", "a@example.se", &oaks); /* the same mailbox in a second group */
    person("Ekbacken", "b@example.se", &oaks);
    person("Granen", "c@example.se", &others);
    person("Vilan", "d@example.se", &idle);
    store_fixture_ok(&f, group_set_state(f.db, &f.anna, idle, "dormant", NULL, &f.err));
    int64_t message = open_alert(larks, oaks);
    store_fixture_ok(&f, alert_rows_add_group(f.db, root, idle));
    expand();
    assert_int_equal(store_fixture_count(&f, message, ""), 2);
    assert_int_equal(claim(CLAIM_MAX), 2);
    assert_int_equal(jobs[0].lane, LANE_ALERT);
    assert_int_equal(jobs[0].follows, 0);
    for (int i = 0; i < claimed; i++)
        record(jobs[i].delivery_id, DELIVERY_SENT);
    assert_int_equal(ledger_finish(f.db), 1);
    ledger_check(f.db, message, true);
}

static void test_ledger_open_alert__part_by_part(void **state)
{
    (void)state;
    int64_t groups[3] = {0};
    char address[40];
    for (int i = 0; i < 30; i++) {
        snprintf(address, sizeof address, "%d@example.se", i);
        person(i % 3 == 0 ? "Lärkvägen" : i % 3 == 1 ? "Ekbacken" : "Granen", address, &groups[i % 3]);
    }
    int64_t message = open_alert(groups[0], groups[1]);
    store_fixture_ok(&f, alert_rows_add_group(f.db, root, groups[2]));
    for (int i = 0; i < 31; i++) { /* one person at a time: within groups and over their ends */
        expand_some(1);
        assert_int_equal(store_fixture_count(&f, message, ""), i < 30 ? i + 1 : 30);
    }
    assert_int_equal(claim(CLAIM_MAX), 30);
}

static void test_ledger_open_alert__no_to_letters_is_none_to_alerts(void **state)
{
    (void)state;
    int64_t group = 0;
    person("Lärkvägen", "letters-no@example.se", &group);
    person("Lärkvägen", "alerts-no@example.se", &group);
    store_fixture_ok(&f, db_script(f.db,
                                   "UPDATE contact_address SET unsubscribed_at = 1 WHERE address_key LIKE 'letters%';"
                                   "UPDATE contact_address SET alerts_stopped_at = 1 WHERE address_key LIKE 'alerts%';",
                                   &f.err));
    int64_t message = open_alert(group, 0);
    expand();
    assert_true(row_of(message, "letters-no@example.se") > 0);
    assert_int_equal(row_of(message, "alerts-no@example.se"), 0);
}

static void test_ledger_open_alert__expands_before_letters_and_waits_for_its_hour(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t due = 0;
    person("Lärkvägen", "a@example.se", &group);
    store_fixture_ok(&f, db_exec(f.db, NULL, Q_MESSAGE_INSERT,
                                 DB_ARGS(DB_INT(1), DB_TEXT("letter"), DB_INT(LANE_LETTER), DB_NULL,
                                         DB_TEXT("expanding"), DB_TEXT(""), DB_TEXT(""), DB_TEXT(""), DB_TEXT("all"),
                                         DB_TEXT(""), DB_NULL, DB_INT(0), DB_INT(1))));
    const struct alert_rows_input in = {.not_before_us = f.now_us + 9 * HOUR};
    int64_t message = open_message(&in, group, 0);
    expand_some(100);
    assert_int_equal(store_fixture_count(&f, message, "pending"), 1);
    assert_int_equal(claim(9), 0);
    store_fixture_ok(&f, ledger_next_due(f.db, f.now_us, &due));
    assert_int_equal(due, in.not_before_us);
    /* Neither a clock that jumps nor the look for dates that no retry explains moves an hour of the day. */
    int64_t n = 0;
    store_fixture_ok(&f, ledger_pull_back(f.db, f.now_us, f.now_us + HOUR, &n));
    store_fixture_ok(&f, ledger_shift_due(f.db, HOUR, f.now_us, &n));
    assert_int_equal(n, 0);
    f.now_us = in.not_before_us - 1;
    assert_int_equal(claim(9), 0);
    f.now_us++;
    assert_int_equal(claim(9), 1);
}

/* --- recall ----------------------------------------------------------------------------------------------------- */

static void test_ledger_open_follow__a_recall_goes_to_who_got_it_or_may_have(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t first = open_mixed(&group);
    int64_t recall = open_follow(false);
    assert_int_equal(claim(CLAIM_MAX), 0); /* nothing of the first leaves any more */
    person("Lärkvägen", "newcomer@example.se", &group);
    expand();
    move_rows();
    assert_int_equal(store_fixture_count(&f, recall, ""), 2);
    assert_true(row_of(recall, "sent@example.se") > 0);
    assert_true(row_of(recall, "uncertain@example.se") > 0);
    assert_string_equal(state_of(row_of(first, "queued@example.se")), "withdrawn");
    claim(CLAIM_MAX);
    assert_int_equal(claimed, 2);
    for (int i = 0; i < claimed; i++) {
        assert_int_equal(jobs[i].follows, row_of(first, jobs[i].address));
        record(jobs[i].delivery_id, DELIVERY_SENT);
    }
    /* The one on the wire keeps the recall from ending, and follows when it got there. */
    assert_true(ledger_finish(f.db) >= 0);
    settle();
    assert_int_equal(store_fixture_count(&f, recall, ""), 2);
    record(row_of(first, "claimed@example.se"), DELIVERY_SENT);
    settle();
    assert_int_equal(store_fixture_count(&f, recall, "pending"), 1);
    assert_int_equal(claim(CLAIM_MAX), 1);
    assert_string_equal(jobs[0].address, "claimed@example.se");
    record(jobs[0].delivery_id, DELIVERY_SENT);
    while (ledger_finish(f.db) > 0)
        continue;
    ledger_check(f.db, recall, true);
    ledger_check(f.db, first, true);
}

static void test_ledger_open_follow__what_was_on_the_wire_and_did_not_arrive(void **state)
{
    (void)state;
    static const enum delivery_state ends[] = {DELIVERY_FAILED, DELIVERY_PENDING};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        int64_t group = 0;
        if (i > 0) {
            teardown(state);
            setup(state);
        }
        int64_t first = open_mixed(&group);
        int64_t recall = open_follow(false);
        expand();
        record(row_of(first, "claimed@example.se"), ends[i]);
        settle();
        move_rows();
        assert_int_equal(row_of(recall, "claimed@example.se"), 0);
        assert_string_equal(state_of(row_of(first, "claimed@example.se")), i == 0 ? "failed" : "withdrawn");
    }
}

static void test_ledger_recover__who_was_in_flight_may_have_it(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t n = 0;
    int64_t first = open_mixed(&group);
    store_fixture_ok(&f, ledger_recover(f.db, &n));
    assert_int_equal(n, 1);
    int64_t recall = open_follow(false);
    expand();
    move_rows();
    assert_int_equal(store_fixture_count(&f, recall, ""), 3);
    assert_true(row_of(recall, "claimed@example.se") > 0);
    assert_string_equal(state_of(row_of(first, "claimed@example.se")), "withdrawn");
}

static void test_ledger_recover__the_process_ends_while_a_recall_waits(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t n = 0;
    open_mixed(&group);
    int64_t recall = open_follow(false);
    expand();
    store_fixture_ok(&f, ledger_recover(f.db, &n));
    settle();
    assert_true(row_of(recall, "claimed@example.se") > 0);
    assert_int_equal(store_fixture_count(&f, recall, ""), 3);
}

static void test_ledger_doubt_queued__a_backup_does_not_know_who_got_it_since(void **state)
{
    (void)state;
    int64_t group = 0;
    open_mixed(&group);
    store_fixture_ok(&f, ledger_doubt_queued(f.db));
    int64_t recall = open_follow(false);
    expand();
    assert_int_equal(store_fixture_count(&f, recall, ""), 3);
    assert_true(row_of(recall, "queued@example.se") > 0);
    assert_int_equal(row_of(recall, "failed@example.se"), 0);
}

static void test_ledger_open_follow__a_recall_in_the_middle_of_the_expansion(void **state)
{
    (void)state;
    int64_t group = 0;
    char address[40];
    for (int i = 0; i < 10; i++) {
        snprintf(address, sizeof address, "%d@example.se", i);
        person("Lärkvägen", address, &group);
    }
    int64_t first = open_alert(group, 0);
    expand_some(4);
    claim(1);
    record(jobs[0].delivery_id, DELIVERY_SENT);
    int64_t recall = open_follow(false);
    expand();
    move_rows();
    assert_int_equal(store_fixture_count(&f, first, ""), 4);
    assert_int_equal(store_fixture_count(&f, recall, ""), 1);
}

static void test_ledger_open_follow__who_left_or_stopped_gets_nothing_more(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t gone = person("Lärkvägen", "gone@example.se", &group);
    person("Lärkvägen", "stopped@example.se", &group);
    person("Lärkvägen", "stays@example.se", &group);
    int64_t shares = person("Lärkvägen", "shared@example.se", &group);
    int64_t first = open_alert(group, 0);
    expand();
    claim(CLAIM_MAX);
    for (int i = 0; i < claimed; i++)
        record(jobs[i].delivery_id, DELIVERY_SENT);
    assert_int_equal(claimed, 4);
    store_fixture_ok(&f, contact_remove(f.db, &f.anna, gone, 0, &f.err));
    store_fixture_ok(
        &f,
        db_script(f.db, "UPDATE contact_address SET alerts_stopped_at = 1 WHERE address_key LIKE 'stopped%';", &f.err));
    /* A second person gave the same mailbox: it is still in the register when the first has left. */
    store_fixture_person(&f, "1292", "Lärkvägen", "Någon annan", "shared@example.se", &group);
    store_fixture_ok(&f, contact_remove(f.db, &f.anna, shares, 0, &f.err));
    store_fixture_ok(&f, group_set_state(f.db, &f.anna, group, "dormant", NULL, &f.err));
    int64_t recall = open_follow(false);
    expand();
    assert_int_equal(store_fixture_count(&f, recall, ""), 2);
    assert_true(row_of(recall, "stays@example.se") > 0);
    assert_true(row_of(recall, "shared@example.se") > 0);
    /* A group that is closed while the recall goes out does not keep it from them. */
    store_fixture_ok(&f, group_set_state(f.db, &f.anna, group, "closed", NULL, &f.err));
    assert_int_equal(claim(CLAIM_MAX), 2);
    assert_int_equal(jobs[0].follows, row_of(first, jobs[0].address));
}

/* --- update ----------------------------------------------------------------------------------------------------- */

static void test_ledger_open_follow__an_update_takes_over_what_was_queued(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t first = open_mixed(&group);
    int64_t update = open_follow(true);
    move_rows(); /* before the walk comes there, or after it: the same */
    expand();
    assert_int_equal(store_fixture_count(&f, update, ""), 3);
    claim(CLAIM_MAX);
    for (int i = 0; i < claimed; i++)
        assert_int_equal(jobs[i].follows,
                         strcmp(jobs[i].address, "queued@example.se") == 0 ? 0 : row_of(first, jobs[i].address));
    assert_int_equal(claimed, 3);
    assert_int_equal(row_of(update, "failed@example.se"), 0);
    /* What was claimed and comes back gets the update in its place. */
    store_fixture_ok(&f, ledger_give_back(f.db, row_of(first, "claimed@example.se"), 0));
    settle();
    assert_int_equal(claim(CLAIM_MAX), 1);
    assert_string_equal(jobs[0].address, "claimed@example.se");
    assert_int_equal(jobs[0].follows, 0);
}

static void test_ledger_open_follow__an_update_leaves_out_whom_the_first_was_withdrawn_from(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t idle = 0;
    person("Lärkvägen", "a@example.se", &group);
    int64_t gone = person("Lärkvägen", "gone@example.se", &group);
    person("Vilan", "b@example.se", &idle);
    open_alert(group, idle);
    expand();
    store_fixture_ok(&f, contact_remove(f.db, &f.anna, gone, 0, &f.err));
    store_fixture_ok(&f, group_set_state(f.db, &f.anna, idle, "dormant", NULL, &f.err));
    int64_t update = open_follow(true);
    expand();
    assert_int_equal(store_fixture_count(&f, update, ""), 1);
    assert_true(row_of(update, "a@example.se") > 0);
}

static void test_ledger_open_follow__an_update_in_the_middle_of_the_expansion_reaches_all(void **state)
{
    (void)state;
    int64_t group = 0;
    char address[40];
    for (int i = 0; i < 10; i++) {
        snprintf(address, sizeof address, "%d@example.se", i);
        person("Lärkvägen", address, &group);
    }
    int64_t first = open_alert(group, 0);
    expand_some(4);
    claim(1);
    record(jobs[0].delivery_id, DELIVERY_SENT);
    open_follow(true);
    expand_some(2);
    expand_some(2);
    int64_t second = open_follow(true); /* before the first update had come to the rest */
    expand();
    move_rows();
    assert_int_equal(store_fixture_count(&f, first, ""), 4);
    assert_int_equal(store_fixture_count(&f, second, ""), 10);
    assert_int_equal(claim(CLAIM_MAX), 10);
    for (int i = 0; i < claimed; i++)
        record(jobs[i].delivery_id, DELIVERY_SENT);
    int64_t third = open_follow(true); /* and one after it had come to all: nobody new */
    person("Lärkvägen", "newcomer@example.se", &group);
    expand();
    assert_int_equal(store_fixture_count(&f, third, ""), 10);
    assert_int_equal(row_of(third, "newcomer@example.se"), 0);
}

static void test_ledger_open_follow__follows_the_earliest_copy(void **state)
{
    (void)state;
    int64_t group = 0;
    person("Lärkvägen", "both@example.se", &group);
    person("Lärkvägen", "second@example.se", &group);
    int64_t first = open_alert(group, 0);
    expand();
    end_as(first, "both@example.se", DELIVERY_SENT);
    int64_t update = open_follow(true);
    expand();
    end_as(update, "both@example.se", DELIVERY_FAILED);
    end_as(update, "second@example.se", DELIVERY_SENT);
    int64_t recall = open_follow(false);
    expand();
    assert_int_equal(claim(CLAIM_MAX), 2);
    for (int i = 0; i < claimed; i++)
        assert_int_equal(jobs[i].follows, jobs[i].address[0] == 'b' ? row_of(first, "both@example.se")
                                                                    : row_of(update, "second@example.se"));
    assert_int_equal(store_fixture_count(&f, recall, ""), 2);
}

static void test_ledger_open_follow__a_recall_takes_over_what_an_update_waits_for(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t first = open_mixed(&group);
    open_follow(true);
    expand();
    int64_t recall = open_follow(false);
    expand();
    assert_int_equal(row_of(recall, "claimed@example.se"), 0);
    record(row_of(first, "claimed@example.se"), DELIVERY_UNCERTAIN);
    settle();
    assert_true(row_of(recall, "claimed@example.se") > 0);
    assert_int_equal(row_of(thread[1], "claimed@example.se"), 0);
}

static void test_ledger_open_follow__nothing_to_follow(void **state)
{
    (void)state;
    const struct alert_rows_input in = {0};
    int64_t message = 0;
    store_fixture_ok(&f, alert_rows_add(f.db, &in, &root));
    struct ledger_alert a = {.alert_id = root, .title = "", .source = "", .hash = "", .expires_us = f.now_us + 1};
    assert_int_equal(ledger_open_follow(f.db, &a, root, false, &message), ERR_NOT_FOUND);
}

static void test_ledger_open_follow__an_exercise_is_followed_by_exercises(void **state)
{
    (void)state;
    const struct alert_rows_input exercise = {.is_exercise = true};
    open_message(&exercise, 0, 0);
    struct alert_rows_input real = {.type = "recall", .root_id = root};
    int64_t id = 0;
    assert_true(alert_rows_add(f.db, &real, &id) != 0);
    real.is_exercise = true;
    store_fixture_ok(&f, alert_rows_add(f.db, &real, &id));
    struct ledger_alert a = {
        .alert_id = id, .title = "", .source = "", .hash = "", .is_exercise = false, .expires_us = f.now_us + 1};
    assert_true(ledger_open_follow(f.db, &a, root, false, &id) != 0);
}

/* --- retry by hand ---------------------------------------------------------------------------------------------- */

static void test_ledger_retry__refused_when_the_alert_was_recalled(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t first = open_mixed(&group);
    open_follow(false);
    assert_int_equal(ledger_retry(f.db, &f.anna, row_of(first, "failed@example.se"), &f.err), ERR_BAD_STATE);
    assert_non_null(strstr(f.err.text, "recalled"));
}

static void test_ledger_retry__an_uncertain_one_stays_in_doubt(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t first = open_mixed(&group);
    store_fixture_ok(&f, ledger_retry(f.db, &f.anna, row_of(first, "uncertain@example.se"), &f.err));
    end_as(first, "uncertain@example.se", DELIVERY_FAILED);
    int64_t recall = open_follow(false);
    expand();
    assert_true(row_of(recall, "uncertain@example.se") > 0);
}

/* --- close, expire ---------------------------------------------------------------------------------------------- */

static void test_ledger_expire__nothing_leaves_after_it(void **state)
{
    (void)state;
    int64_t group = 0;
    int n = 0;
    int64_t first = open_mixed(&group);
    f.now_us += 24 * HOUR - MINUTE;
    store_fixture_ok(&f, ledger_expire(f.db, f.now_us, &n));
    assert_int_equal(n, 0);
    f.now_us += MINUTE;
    assert_int_equal(claim(CLAIM_MAX), 0); /* though nobody has closed it yet */
    store_fixture_ok(&f, ledger_expire(f.db, f.now_us, &n));
    assert_int_equal(n, 1);
    store_fixture_ok(&f, ledger_expire(f.db, f.now_us, &n));
    assert_int_equal(n, 0);
    move_rows();
    assert_string_equal(state_of(row_of(first, "queued@example.se")), "expired");
    int64_t id = row_of(first, "claimed@example.se");
    bool recalled = false;
    store_fixture_ok(&f, ledger_recalled(f.db, &id, 1, &recalled));
    assert_true(recalled);
    store_fixture_ok(&f, ledger_give_back(f.db, id, 0));
    assert_string_equal(state_of(id), "expired");
    assert_int_equal(ledger_retry(f.db, &f.anna, row_of(first, "failed@example.se"), &f.err), ERR_BAD_STATE);
    assert_non_null(strstr(f.err.text, "over"));
    ledger_check(f.db, first, true);
}

static void test_ledger_expire__what_is_on_the_wire_ends_as_it_ends(void **state)
{
    (void)state;
    static const enum delivery_state ends[][2] = {{DELIVERY_SENT, DELIVERY_SENT},
                                                  {DELIVERY_FAILED, DELIVERY_FAILED},
                                                  {DELIVERY_UNCERTAIN, DELIVERY_UNCERTAIN},
                                                  {DELIVERY_PENDING, DELIVERY_EXPIRED}};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        for (int is_closed = 0; is_closed < 2; is_closed++) {
            int64_t group = 0;
            int n = 0;
            teardown(state);
            setup(state);
            int64_t first = open_mixed(&group);
            f.now_us += 24 * HOUR;
            if (is_closed)
                store_fixture_ok(&f, ledger_expire(f.db, f.now_us, &n));
            record(row_of(first, "claimed@example.se"), ends[i][0]);
            assert_string_equal(state_of(row_of(first, "claimed@example.se")), delivery_state_word(ends[i][1]));
        }
    }
}

static void test_ledger_recover__after_the_time_is_over(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t n = 0;
    int expired = 0;
    int64_t first = open_mixed(&group);
    f.now_us += 24 * HOUR;
    store_fixture_ok(&f, ledger_expire(f.db, f.now_us, &expired));
    store_fixture_ok(&f, ledger_recover(f.db, &n));
    assert_string_equal(state_of(row_of(first, "claimed@example.se")), "expired");
}

static int64_t due_after(int64_t row, int64_t due_us)
{
    int64_t due = 0;
    struct ledger_result r = {.delivery_id = row, .state = DELIVERY_PENDING, .now_us = f.now_us, .due_us = due_us};
    assert_int_equal(claim(9), 1);
    store_fixture_ok(&f, ledger_record(f.db, &r));
    store_fixture_ok(&f, db_get_int(f.db, &due, Q_DELIVERY_DUE_AT, DB_ARGS(DB_INT(row))));
    f.now_us = due;
    return due;
}

static void test_ledger_record__the_last_try_is_before_the_end(void **state)
{
    (void)state;
    int64_t group = 0;
    person("Lärkvägen", "a@example.se", &group);
    int64_t end = f.now_us + HOUR;
    const struct alert_rows_input in = {.expires_us = end};
    int64_t row = 0;
    int64_t message = open_message(&in, group, 0);
    expand();
    row = row_of(message, "a@example.se");
    assert_int_equal(due_after(row, f.now_us + 5 * MINUTE), end - 55 * MINUTE);
    assert_int_equal(due_after(row, f.now_us + 4 * HOUR), end - LEDGER_LAST_TRY_S * US_PER_S);
    assert_int_equal(due_after(row, f.now_us + 4 * HOUR), end); /* no try is made then */
    assert_int_equal(claim(9), 0);
}

static void test_ledger_close__claims_stop_at_once_and_rows_follow(void **state)
{
    (void)state;
    int64_t group = 0;
    char address[40];
    int64_t n = 0;
    for (int i = 0; i < 450; i++) {
        snprintf(address, sizeof address, "%d@example.se", i);
        person("Lärkvägen", address, &group);
    }
    int64_t message = open_alert(group, 0);
    expand();
    claim(5);
    store_fixture_ok(&f, ledger_close(f.db, message, DELIVERY_WITHDRAWN));
    assert_int_equal(store_fixture_count(&f, message, "pending"), 445);
    assert_int_equal(claim(9), 0);
    /* Nothing brings it back into the queue. */
    store_fixture_ok(&f, ledger_pull_back(f.db, f.now_us, f.now_us - HOUR, &n));
    store_fixture_ok(&f, ledger_shift_due(f.db, -HOUR, f.now_us, &n));
    assert_int_equal(n, 0);
    store_fixture_ok(&f, db_script(f.db, "UPDATE delivery SET due_at = due_at - 1 WHERE state = 'pending';", &f.err));
    assert_int_equal(claim(9), 0);
    ledger_check(f.db, message, false);
    move_rows();
    assert_int_equal(store_fixture_count(&f, message, "withdrawn"), 445);
    assert_int_equal(store_fixture_count(&f, message, "claimed"), 5);
    /* Closed once is closed: its time being over changes nothing. */
    store_fixture_ok(&f, ledger_close(f.db, message, DELIVERY_EXPIRED));
    store_fixture_ok(&f, ledger_recover(f.db, &n));
    assert_int_equal(store_fixture_count(&f, message, "withdrawn"), 450);
    ledger_check(f.db, message, true);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_ledger_open_alert__each_address_of_its_groups_once, setup, teardown),
    TEST_FIXTURE(test_ledger_open_alert__part_by_part, setup, teardown),
    TEST_FIXTURE(test_ledger_open_alert__no_to_letters_is_none_to_alerts, setup, teardown),
    TEST_FIXTURE(test_ledger_open_alert__expands_before_letters_and_waits_for_its_hour, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__a_recall_goes_to_who_got_it_or_may_have, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__what_was_on_the_wire_and_did_not_arrive, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__who_was_in_flight_may_have_it, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__the_process_ends_while_a_recall_waits, setup, teardown),
    TEST_FIXTURE(test_ledger_doubt_queued__a_backup_does_not_know_who_got_it_since, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__a_recall_in_the_middle_of_the_expansion, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__who_left_or_stopped_gets_nothing_more, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_update_takes_over_what_was_queued, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_update_leaves_out_whom_the_first_was_withdrawn_from, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_update_in_the_middle_of_the_expansion_reaches_all, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__follows_the_earliest_copy, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__a_recall_takes_over_what_an_update_waits_for, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__nothing_to_follow, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_exercise_is_followed_by_exercises, setup, teardown),
    TEST_FIXTURE(test_ledger_retry__refused_when_the_alert_was_recalled, setup, teardown),
    TEST_FIXTURE(test_ledger_retry__an_uncertain_one_stays_in_doubt, setup, teardown),
    TEST_FIXTURE(test_ledger_expire__nothing_leaves_after_it, setup, teardown),
    TEST_FIXTURE(test_ledger_expire__what_is_on_the_wire_ends_as_it_ends, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__after_the_time_is_over, setup, teardown),
    TEST_FIXTURE(test_ledger_record__the_last_try_is_before_the_end, setup, teardown),
    TEST_FIXTURE(test_ledger_close__claims_stop_at_once_and_rows_follow, setup, teardown),
};

TEST_MAIN(tests)
