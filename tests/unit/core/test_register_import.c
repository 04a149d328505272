/* Taking in registers: all or nothing, the same file twice, and what a file can never undo. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/id.h"
#include "core/group.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST

static struct api_fixture *f;
static const char IMPORT[] = "/api/v1/group/import?municipality=1292";

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static struct answer import_text(const struct actor *actor, const char *target, const char *csv)
{
    return fixture_ask(f, actor, POST, target, csv);
}

static struct answer import_sample(const char *target)
{
    int fd = open("tests/fixtures/register-angelholm.csv", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct answer a = fixture_ask_file(f, &ACTOR_A, POST, target, fd, lseek(fd, 0, SEEK_END));
    close(fd);
    return a;
}

static void expect_counts(struct answer *a, int groups_added, int groups_changed, int contacts_added,
                          int contacts_changed, int addresses_added)
{
    const struct {
        const char *name;
        int wanted;
    } rows[] = {{"groups_added", groups_added},
                {"groups_changed", groups_changed},
                {"contacts_added", contacts_added},
                {"contacts_changed", contacts_changed},
                {"addresses_added", addresses_added}};
    if (a->status != 200)
        fail_msg("status %d: %s %s", a->status, a->err, json_dumps(a->json, JSON_COMPACT));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (json_integer_value(json_object_get(a->json, rows[i].name)) != rows[i].wanted)
            fail_msg("%s is %s, not %d", rows[i].name, answer_text(a, rows[i].name), rows[i].wanted);
    answer_fini(a);
}

static size_t list_size(const char *target)
{
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, target, NULL);
    assert_int_equal(a.status, 200);
    size_t n = json_array_size(json_object_get(a.json, "items"));
    answer_fini(&a);
    return n;
}

static void test_import__the_sample_register_twice(void **state)
{
    (void)state;
    struct answer a = import_sample("/api/v1/group/import?municipality=1292&dry_run=1");
    assert_int_equal(a.status, 200);
    assert_int_equal(a.rc, ERR_DRYRUN);
    assert_string_equal(answer_text(&a, "dry_run"), "true");
    answer_fini(&a);
    assert_int_equal(list_size("/api/v1/group"), 0);
    a = import_sample(IMPORT);
    expect_counts(&a, 4, 0, 5, 0, 6);
    a = import_sample(IMPORT);
    assert_string_equal(answer_text(&a, "groups_unchanged"), "4");
    assert_string_equal(answer_text(&a, "contacts_unchanged"), "5");
    expect_counts(&a, 0, 0, 0, 0, 0);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/group/Lärkvägen m.fl.", NULL, 200, "contacts.0.role"),
                        "lead_rep");
}

static void test_import__what_is_exported_changes_nothing_when_read(void **state)
{
    (void)state;
    struct answer a = import_sample(IMPORT);
    answer_fini(&a);
    struct answer csv = fixture_ask(f, &ACTOR_A, GET, "/api/v1/group/export", NULL);
    assert_int_equal(csv.status, 200);
    assert_non_null(strstr(csv.text, "Gunilla"));
    a = import_text(&ACTOR_A, IMPORT, csv.text);
    expect_counts(&a, 0, 0, 0, 0, 0);
    answer_fini(&csv);
    csv = fixture_ask(f, &ACTOR_B, GET, "/api/v1/group/export", NULL);
    assert_null(strstr(csv.text, "Gunilla"));
    answer_fini(&csv);
    fixture_expect(f, &ACTOR_READER_A, GET, "/api/v1/group/export", NULL, 403, NULL);
}

static void test_import__one_bad_row_and_nothing_is_taken(void **state)
{
    (void)state;
    struct answer a =
        import_text(&ACTOR_A, IMPORT, "Område;Namn;E-post\nEken;Anna Fiktiv;anna@example.se\nEken;Bo Fiktiv;bo@\n");
    assert_int_equal(a.status, 422);
    assert_string_equal(answer_text(&a, "rows"), "2");
    assert_string_equal(answer_text(&a, "errors"), "1");
    assert_string_equal(answer_text(&a, "problems.0.severity"), "error");
    assert_string_equal(answer_text(&a, "problems.0.line"), "3");
    assert_string_equal(answer_text(&a, "problems.0.header"), "E-post");
    assert_string_equal(answer_text(&a, "problems.0.value"), "bo@");
    assert_true(strlen(answer_text(&a, "problems.0.sv")) > 10);
    answer_fini(&a);
    assert_int_equal(list_size("/api/v1/group"), 0);
    assert_int_equal(list_size("/api/v1/contact"), 0);
}

static void test_import__not_into_another_municipality(void **state)
{
    (void)state;
    struct answer a = import_text(
        &ACTOR_A, IMPORT, "Kommunkod;Område;Namn;E-post\n1292;Eken;Anna;anna@example.se\n1257;Alen;Bo;bo@example.se\n");
    assert_int_equal(a.status, 422);
    assert_string_equal(answer_text(&a, "problems.0.code"), "MUNICIPALITY_OUTSIDE");
    answer_fini(&a);
    a = import_text(&ACTOR_A, "/api/v1/group/import?municipality=1257", "Område;Namn\nEken;Anna\n");
    assert_int_equal(a.status, 422);
    answer_fini(&a);
    assert_int_equal(list_size("/api/v1/group"), 0);
    fixture_expect(f, &ACTOR_OFFICER, POST, IMPORT, "Område\nEken\n", 403, NULL);
}

static void test_import__blank_cells_and_absent_columns_keep_what_is_stored(void **state)
{
    (void)state;
    struct answer a =
        import_text(&ACTOR_A, IMPORT,
                    "Område;Ort;Typ;Postnr;Antal hushåll;Roll;Namn;E-post;Mobil;Utbildad\n"
                    "Eken;Hjärnarp;Villa;266 75;28;HKO;Märta Fiktiv;marta@example.se;070-174 06 09;2022\n");
    expect_counts(&a, 1, 0, 1, 0, 1);
    a = import_text(&ACTOR_A, IMPORT,
                    "Område;Ort;Typ;Postnr;Antal hushåll;Roll;Namn;E-post;Mobil;Utbildad\n"
                    "Eken;;;;;;Märta Fiktiv;marta@example.se;;\n");
    expect_counts(&a, 0, 0, 0, 0, 0);
    a = import_text(&ACTOR_A, IMPORT, "Område;Namn;E-post\nEken;Märta Fiktiv;marta@example.se\n");
    expect_counts(&a, 0, 0, 0, 0, 0);
    a = fixture_ask(f, &ACTOR_A, GET, "/api/v1/group/Eken", NULL);
    assert_string_equal(answer_text(&a, "household_count"), "28");
    assert_string_equal(answer_text(&a, "postal_code"), "266 75");
    assert_string_equal(answer_text(&a, "kind"), "house");
    assert_string_equal(answer_text(&a, "district"), "Hjärnarp");
    assert_string_equal(answer_text(&a, "contacts.0.role"), "lead_rep");
    assert_string_equal(answer_text(&a, "contacts.0.phone"), "+46701740609");
    assert_string_equal(answer_text(&a, "contacts.0.trained_year"), "2022");
    answer_fini(&a);
    /* and what is told anew is taken */
    a = import_text(&ACTOR_A, IMPORT, "Område;Antal hushåll;Roll;Namn;E-post\nEken;30;KO;Märta Fiktiv;ny@example.se\n");
    expect_counts(&a, 0, 1, 0, 1, 1);
}

static void test_import__points_come_along_and_go_out_again(void **state)
{
    (void)state;
    struct answer a = import_text(&ACTOR_A, IMPORT, "Område;lat;lon\nEken;56,2428;12,8622\nAlen;;\n");
    expect_counts(&a, 2, 0, 0, 0, 0);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/group/Eken", NULL, 200, "position"),
                        "56.2428, 12.8622");
    a = import_text(&ACTOR_A, IMPORT, "Område;Koordinat\nEken;56.2428, 12.8622\n");
    expect_counts(&a, 0, 0, 0, 0, 0);
    a = import_text(&ACTOR_A, IMPORT, "Område;Koordinat\nEken;56.2429, 12.8622\nAlen;56.25, 12.87\n");
    expect_counts(&a, 0, 2, 0, 0, 0);
    a = import_text(&ACTOR_A, IMPORT, "Område;Ort\nEken;\n"); /* says nothing of it */
    expect_counts(&a, 0, 0, 0, 0, 0);
    struct answer csv = fixture_ask(f, &ACTOR_A, GET, "/api/v1/group/export", NULL);
    assert_non_null(strstr(csv.text, ";56.2429, 12.8622;"));
    a = import_text(&ACTOR_A, IMPORT, csv.text);
    expect_counts(&a, 0, 0, 0, 0, 0);
    answer_fini(&csv);
}

static void test_import__states_walk_their_arrows_only(void **state)
{
    (void)state;
    struct answer a = import_text(&ACTOR_A, IMPORT, "Område;Status\nEken;Aktiv\nAlen;Vilande\n");
    expect_counts(&a, 2, 0, 0, 0, 0);
    a = import_text(&ACTOR_A, IMPORT, "Område;Status\nEken;Vilande\nAlen;Kontaktad\n");
    assert_string_equal(answer_text(&a, "problems.0.code"), "STATE_NOT_ALLOWED");
    assert_string_equal(answer_text(&a, "problems.0.line"), "3");
    expect_counts(&a, 0, 1, 0, 0, 0);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/group/Eken", NULL, 200, "states.1.to"), "dormant");
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/group/Alen", NULL, 200, "state"), "dormant");
    /* a file that tells no state moves nobody, without a word */
    a = import_text(&ACTOR_A, IMPORT, "Område;Ort\nEken;\nAlen;\n");
    assert_int_equal(json_array_size(json_object_get(a.json, "problems")), 0);
    expect_counts(&a, 0, 0, 0, 0, 0);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, "/api/v1/group/Eken", NULL, 200, "state"), "dormant");
}

static int unsubscribe(struct db *db, void *ctx)
{
    struct actor actor = actor_daemon();
    struct db_rows *rows = NULL;
    struct err err;
    int64_t id = 0;
    int64_t contact = *(int64_t *)ctx;
    int rc = db_query(db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact)));
    if (rc == 0 && db_next(rows) > 0)
        id = db_int(rows, 0);
    db_done(rows);
    rc = rc ? rc : contact_unsubscribe(db, &actor, id, &err);
    return rc ? rc : contact_stop_alerts(db, &actor, id, &err);
}

static void test_import__a_no_and_a_protection_stay(void **state)
{
    (void)state;
    static const char csv[] = "Område;Namn;E-post\nEken;Märta Fiktiv;marta@example.se\n";
    char url[64];
    char id[24];
    int64_t number = 0;
    struct answer a = import_text(&ACTOR_A, IMPORT, csv);
    answer_fini(&a);
    snprintf(id, sizeof id, "%s", fixture_expect(f, &ACTOR_A, GET, "/api/v1/contact", NULL, 200, "items.0.id"));
    snprintf(url, sizeof url, "/api/v1/contact/%s", id);
    assert_int_equal(id_parse(ID_CONTACT, id, &number), 0);
    assert_int_equal(fixture_write(f, unsubscribe, &number), 0);
    fixture_expect(f, &ACTOR_A, HTTP_METHOD_PATCH, url, "{\"protected\":true}", 200, NULL);
    a = import_text(&ACTOR_A, IMPORT, csv);
    expect_counts(&a, 0, 0, 0, 0, 0);
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "protected"), "true");
    assert_true(strlen(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "addresses.0.unsubscribed_at")) > 10);
    assert_true(strlen(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "addresses.0.alerts_stopped_at")) > 10);
    /* not even when the person was gone in between */
    fixture_expect(f, &ACTOR_A, HTTP_METHOD_DELETE, url, NULL, 204, NULL);
    a = import_text(&ACTOR_A, IMPORT, csv);
    expect_counts(&a, 0, 0, 1, 0, 1);
    snprintf(url, sizeof url, "/api/v1/contact/%s",
             fixture_expect(f, &ACTOR_A, GET, "/api/v1/contact", NULL, 200, "items.0.id"));
    assert_true(strlen(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "addresses.0.unsubscribed_at")) > 10);
    assert_true(strlen(fixture_expect(f, &ACTOR_A, GET, url, NULL, 200, "addresses.0.alerts_stopped_at")) > 10);
}

static void test_import__one_person_many_rows_many_groups(void **state)
{
    (void)state;
    static const char csv[] = "Område;Namn;E-post;Mobil;Roll\n"
                              "Eken;Åke Påhittad;ake@example.se;070-174 06 06;HKO\n"
                              "Eken;Åke Påhittad;ake@example.se;070-174 06 07;KO\n"
                              "Alen;Åke Påhittad;ake@example.se;070-174 06 08;KO\n"
                              "Alen;Anna Fiktiv;anna1@example.se;;\n"
                              "Alen;Anna Fiktiv;anna2@example.se;;\n";
    struct answer a = import_text(&ACTOR_A, IMPORT, csv);
    expect_counts(&a, 2, 0, 3, 0, 3); /* two of the name Anna Fiktiv are two */
    a = import_text(&ACTOR_A, IMPORT, csv);
    expect_counts(&a, 0, 0, 0, 0, 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_import__the_sample_register_twice, setup, teardown),
    TEST_FIXTURE(test_import__what_is_exported_changes_nothing_when_read, setup, teardown),
    TEST_FIXTURE(test_import__one_bad_row_and_nothing_is_taken, setup, teardown),
    TEST_FIXTURE(test_import__not_into_another_municipality, setup, teardown),
    TEST_FIXTURE(test_import__blank_cells_and_absent_columns_keep_what_is_stored, setup, teardown),
    TEST_FIXTURE(test_import__points_come_along_and_go_out_again, setup, teardown),
    TEST_FIXTURE(test_import__states_walk_their_arrows_only, setup, teardown),
    TEST_FIXTURE(test_import__a_no_and_a_protection_stay, setup, teardown),
    TEST_FIXTURE(test_import__one_person_many_rows_many_groups, setup, teardown),
};

TEST_MAIN(tests)
