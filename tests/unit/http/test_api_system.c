/* Status, hold, audit, store, health and metrics. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/ledger.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"
#include "store/migrate.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST

static const struct actor NOBODY = {.name = ""};
static const struct actor LOCAL_ADMIN = {
    .name = "local", .role = ROLE_ADMIN, .scope = {.kind = SCOPE_MUNICIPALITY, .code = "1292"}};
static const struct actor DAVID = {
    .user_id = 13, .name = "david", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "klippan"}};

static struct api_fixture *f;

/* What the loop says; a test changes it. */
static const char *relay_state;
static double pace;

static json_t *status(void *ctx)
{
    (void)ctx;
    return json_pack("{s:i, s:{s:{s:i, s:f}}, s:[{s:s, s:s}], s:[s]}", "uptime_s", 42, "lanes", "personal",
                     "per_minute", 7, "pace", pace, "relays", "name", "smarthost", "state", relay_state, "problems",
                     "relay away");
}

static void metrics(void *ctx, struct buf *out)
{
    (void)ctx;
    buf_adds(out, "# HELP grannbud_relay_paused Whether the relay is paused after an error.\n"
                  "# TYPE grannbud_relay_paused gauge\ngrannbud_relay_paused{relay=\"smarthost\"} 0\n");
}

static int setup(void **state)
{
    (void)state;
    relay_state = "ready";
    pace = 0;
    f = fixture_open();
    fixture_env(f)->status = status;
    fixture_env(f)->metrics = metrics;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static int post_reminder(struct db *db, void *ctx)
{
    int64_t message = 0;
    (void)ctx;
    return ledger_post(db, "reminder", "Glöm inte brevet", "Hej!", "anna@example.se", "anna", &message);
}

/* --- status ------------------------------------------------------------------------------------------------------- */

static void test_status__joins_store_and_loop(void **state)
{
    (void)state;
    char group[24];
    char contact[24];
    fixture_group(f, "1292", "Lärkvägen", group, contact, "lars@example.se");
    assert_int_equal(fixture_write(f, post_reminder, NULL), 0);
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, "/api/v1/status", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_text(&a, "version"), GRANNBUD_VERSION);
    assert_string_equal(answer_text(&a, "uptime_s"), "42");
    assert_string_equal(answer_text(&a, "relays.0.name"), "smarthost");
    assert_string_equal(answer_text(&a, "queue.personal.per_minute"), "7");
    assert_string_equal(answer_text(&a, "lanes.personal.pace"), ""); /* it has gone into the queue */
    assert_string_equal(answer_text(&a, "work"), "");
    assert_string_equal(answer_text(&a, "problems.0"), "relay away");
    assert_string_equal(answer_text(&a, "hold"), "false");
    assert_string_equal(answer_text(&a, "queue.personal.pending"), "1");
    assert_string_not_equal(answer_text(&a, "queue.personal.oldest_due"), "");
    assert_string_equal(answer_text(&a, "queue.letter.pending"), "0");
    assert_string_equal(answer_text(&a, "running.0.title"), "Glöm inte brevet");
    assert_string_equal(answer_text(&a, "running.0.deliveries.pending"), "1");
    assert_string_equal(answer_text(&a, "register.contacts"), "1");
    assert_string_not_equal(answer_text(&a, "store.size_bytes"), "0");
    assert_non_null(strstr(a.text, "\"uptime_s\":42"));
    answer_fini(&a);
}

static void test_status__shows_ones_own_area(void **state)
{
    (void)state;
    char group[24];
    char contact[24];
    fixture_group(f, "1292", "Lärkvägen", group, contact, "lars@example.se");
    assert_int_equal(fixture_write(f, post_reminder, NULL), 0);
    struct answer a = fixture_ask(f, &DAVID, GET, "/api/v1/status", NULL);
    assert_string_equal(answer_text(&a, "register.contacts"), "0");
    assert_string_equal(answer_text(&a, "running.0.title"), "");
    answer_fini(&a);
}

static const char *status_member(const char *path)
{
    return fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/status", NULL, 200, path);
}

static void test_status__tells_when_a_letter_ends_or_why_not(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, post_reminder, NULL), 0);
    assert_string_equal(status_member("running.0.expected_end_unknown"), "nothing_moves");
    pace = 0.5;
    assert_string_equal(status_member("running.0.expected_in_s"), "2");
    assert_string_equal(status_member("running.0.expected_end_unknown"), "");
    assert_string_not_equal(status_member("running.0.expected_end"), "");
    relay_state = "paused";
    assert_string_equal(status_member("running.0.expected_end_unknown"), "relays_paused");
    assert_string_equal(status_member("running.0.expected_end"), "");
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/hold", NULL, 200, NULL);
    assert_string_equal(status_member("running.0.expected_end_unknown"), "on_hold");
}

static int wait_an_hour(struct db *db, void *ctx)
{
    struct job job;
    struct ledger_result r = {.state = DELIVERY_PENDING, .status = "4.2.0", .reply = "later", .step = "RCPT"};
    int64_t now_us = db_now_us(db);
    int n = 0;
    (void)ctx;
    struct claim claim = {.now_us = now_us, .room = {[LANE_PERSONAL] = 1}};
    int rc = ledger_claim(db, &claim, &job, &n);
    assert_int_equal(n, 1);
    r.delivery_id = job.delivery_id;
    r.now_us = now_us;
    r.due_us = now_us + 3600 * US_PER_S;
    r.relay = "smarthost";
    return rc ? rc : ledger_record(db, &r);
}

static void test_status__counts_what_waits_for_another_try(void **state)
{
    (void)state;
    pace = 10;
    assert_int_equal(fixture_write(f, post_reminder, NULL), 0);
    assert_string_equal(status_member("running.0.waiting"), "0");
    assert_string_not_equal(status_member("queue.personal.oldest_age_s"), "");
    assert_int_equal(fixture_write(f, wait_an_hour, NULL), 0);
    assert_string_equal(status_member("running.0.waiting"), "1");
    assert_string_not_equal(status_member("running.0.next_try"), "");
    assert_string_equal(status_member("running.0.expected_end_unknown"), "waiting_for_retries");
    assert_string_equal(status_member("queue.personal.oldest_age_s"), ""); /* nothing that could go is held up */
}

/* --- hold --------------------------------------------------------------------------------------------------------- */

static void test_hold__stops_and_starts_with_an_audit_row(void **state)
{
    (void)state;
    assert_string_equal(
        fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/hold", "{\"reason\":\"fel \\\"brev\\\"\"}", 200, "hold"),
        "true");
    assert_string_equal(status_member("hold"), "true");
    assert_string_equal(status_member("hold_by"), ACTOR_ADMIN.name);
    assert_string_equal(status_member("hold_reason"), "fel \"brev\"");
    assert_string_not_equal(status_member("hold_since"), "");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/audit", NULL, 200, "items.0.detail.reason"),
                        "fel \"brev\"");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/resume", NULL, 200, "hold"), "false");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/audit", NULL, 200, "items.0.action"),
                        "system.resume");
    assert_string_equal(status_member("hold"), "false");
    assert_string_equal(status_member("hold_by"), "");
    /* Nobody is held up for a reason. */
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/hold", "{}", 200, "hold"), "true");
    assert_string_equal(status_member("hold_reason"), "");
}

static void test_hold__twice_keeps_the_time_and_takes_the_later_reason(void **state)
{
    (void)state;
    char since[64];
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/hold", "{\"reason\":\"ett\"}", 200, NULL);
    snprintf(since, sizeof since, "%s", status_member("hold_since"));
    assert_string_equal(
        fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/hold", "{\"reason\":\"två\"}", 200, "held_since"), since);
    assert_string_equal(status_member("hold_since"), since);
    assert_string_equal(status_member("hold_reason"), "två");
    /* Whoever resumes is told since when; the second time there is nothing to tell. */
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/resume", NULL, 200, "held_since"), since);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/resume", NULL, 200, "held_since"), "");
}

static void test_system__is_for_administrators_of_all(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        const char *target, *body;
    } calls[] = {{POST, "/api/v1/hold", "{\"reason\":\"x\"}"},
                 {POST, "/api/v1/resume", NULL},
                 {GET, "/api/v1/audit", NULL},
                 {GET, "/api/v1/audit/verify", NULL},
                 {GET, "/api/v1/audit/export", NULL},
                 {GET, "/api/v1/store/verify", NULL},
                 {POST, "/api/v1/store/backup", "{\"path\":\"/tmp/x\"}"}};
    const struct actor *const others[] = {&ACTOR_A, &ACTOR_OFFICER, &ACTOR_READER_A, &LOCAL_ADMIN};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            fixture_expect(f, others[k], calls[i].method, calls[i].target, calls[i].body, 403, NULL);
}

/* --- audit -------------------------------------------------------------------------------------------------------- */

static void test_audit__lists_pages_of_one_object(void **state)
{
    (void)state;
    char group[24];
    char contact[24];
    char target[128];
    fixture_group(f, "1292", "Lärkvägen", group, contact, "lars@example.se");
    snprintf(target, sizeof target, "/api/v1/audit?object=%s", group);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, target, NULL, 200, "items.0.object"), group);
    snprintf(target, sizeof target, "/api/v1/audit?limit=1&after=%s",
             fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/audit?limit=1", NULL, 200, "next"));
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, target, NULL, 200, "items.0.seq"), "1");
}

static void test_audit__verifies_and_exports(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/resume", NULL, 200, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/audit/verify", NULL, 200, "ok"), "true");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/audit/verify", NULL, 200, "rows"), "3");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/store/verify", NULL, 200, "ok"), "true");
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, "/api/v1/audit/export?after=1", NULL);
    int lines = 0;
    for (char *p = a.text; *p; p = strchr(p, '\n') + 1, lines++) {
        json_t *row = json_loadb(p, strcspn(p, "\n"), 0, NULL);
        assert_string_equal(json_string_value(json_object_get(row, "action")), "system.resume");
        assert_string_equal(json_string_value(json_object_get(row, "detail")), "{}");
        json_decref(row);
    }
    assert_int_equal(lines, 2);
    assert_non_null(strstr(a.text, fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/audit/verify", NULL, 200, "head")));
    answer_fini(&a);
}

/* --- backup ------------------------------------------------------------------------------------------------------- */

/* As the store does it: on a reader, inside its transaction, of a store in a file. */
static int back_up(const char *url, const char *path, struct err *err)
{
    const struct api_route *route = NULL;
    struct db *writer = NULL;
    struct db *reader = NULL;
    struct http_request req = {.is_unix = true, .body_fd = -1};
    struct api_call call = {.req = &req, .actor = ACTOR_ADMIN, .body = json_pack("{s:s}", "path", path)};
    for (size_t i = 0; (route = api_route_at(i)) != NULL && strcmp(route->pattern, "/api/v1/store/backup") != 0;)
        i++;
    if (!route || route->mode != API_READ) {
        fail_msg("no such route for readers");
        return -1;
    }
    assert_int_equal(db_open(url, DB_WRITER, clock_system(), &writer, err), 0);
    assert_int_equal(migrate_to(writer, migrate_latest(), err), 0);
    assert_int_equal(db_open(url, DB_READER, clock_system(), &reader, err), 0);
    assert_int_equal(db_begin(writer), 0); /* somebody writes meanwhile */
    assert_int_equal(db_begin(reader), 0);
    int rc = route->handler(&call, reader);
    *err = call.err;
    db_rollback(reader);
    db_rollback(writer);
    db_close(reader);
    db_close(writer);
    json_decref(call.body);
    json_decref(call.result);
    return rc;
}

static void test_backup__makes_a_new_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/grannbud-backup-XXXXXX";
    char url[64];
    char file[64];
    char magic[16] = "";
    struct err err = {.text = ""};
    assert_non_null(mkdtemp(dir));
    snprintf(url, sizeof url, "sqlite:%s/store.db", dir);
    snprintf(file, sizeof file, "%s/copy.db", dir);
    assert_int_equal(back_up(url, "copy.db", &err), ERR_INVALID); /* where would that be? */
    if (back_up(url, file, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(back_up(url, file, &err), ERR_IO); /* never over another file */
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, magic, sizeof magic), sizeof magic);
    assert_memory_equal(magic, "SQLite format 3", sizeof magic);
    close(fd);
    unlink(file);
    unlink(url + strlen("sqlite:"));
    rmdir(dir);
}

static void test_backup__is_not_for_tcp(void **state)
{
    (void)state;
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/store/backup", "{\"path\":\"/tmp/x\"}", 403, NULL);
}

/* --- health, metrics ---------------------------------------------------------------------------------------------- */

static void test_healthz__needs_no_login(void **state)
{
    (void)state;
    struct answer a = fixture_ask(f, &NOBODY, GET, "/healthz", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.text, "ok\n");
    answer_fini(&a);
}

/* Prometheus' own reader. Returns its exit status, 127 when it is not there. */
static int promtool(const char *text)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(pipes[0], 0);
        close(pipes[0]);
        close(pipes[1]);
        execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
        _exit(127);
    }
    close(pipes[0]);
    signal(SIGPIPE, SIG_IGN);
    ssize_t written = write(pipes[1], text, strlen(text));
    close(pipes[1]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code != 127)
        assert_int_equal(written, (ssize_t)strlen(text));
    return code;
}

static void test_metrics__are_what_prometheus_reads(void **state)
{
    (void)state;
    assert_int_equal(fixture_write(f, post_reminder, NULL), 0);
    struct answer a = fixture_ask(f, &NOBODY, GET, "/metrics", NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.text, "grannbud_build_info{version=\"" GRANNBUD_VERSION "\"} 1\n"));
    assert_non_null(strstr(a.text, "grannbud_queue_deliveries{lane=\"personal\",state=\"pending\"} 1\n"));
    assert_non_null(strstr(a.text, "grannbud_deliveries{state=\"pending\"} 1\n"));
    assert_non_null(strstr(a.text, "grannbud_hold 0\n"));
    assert_non_null(strstr(a.text, "grannbud_relay_paused{relay=\"smarthost\"} 0\n"));
    assert_non_null(strstr(a.text, "grannbud_store_commits_total "));
    assert_null(strchr(a.text, '@'));
    assert_null(strstr(a.text, "brevet"));
    int code = promtool(a.text);
    answer_fini(&a);
    assert_int_equal(code, 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_status__joins_store_and_loop, setup, teardown),
    TEST_FIXTURE(test_status__shows_ones_own_area, setup, teardown),
    TEST_FIXTURE(test_status__tells_when_a_letter_ends_or_why_not, setup, teardown),
    TEST_FIXTURE(test_status__counts_what_waits_for_another_try, setup, teardown),
    TEST_FIXTURE(test_hold__twice_keeps_the_time_and_takes_the_later_reason, setup, teardown),
    TEST_FIXTURE(test_hold__stops_and_starts_with_an_audit_row, setup, teardown),
    TEST_FIXTURE(test_system__is_for_administrators_of_all, setup, teardown),
    TEST_FIXTURE(test_audit__lists_pages_of_one_object, setup, teardown),
    TEST_FIXTURE(test_audit__verifies_and_exports, setup, teardown),
    TEST_FIXTURE(test_backup__makes_a_new_file, setup, teardown),
    TEST_FIXTURE(test_backup__is_not_for_tcp, setup, teardown),
    TEST_FIXTURE(test_healthz__needs_no_login, setup, teardown),
    TEST_FIXTURE(test_metrics__are_what_prometheus_reads, setup, teardown),
};

TEST_MAIN(tests)
