/* Targets: the groups they come to, the walls, the words, and who is counted. */
#include "core/alert_target.h"

#include <jansson.h>
#include <stdio.h>

#include "base/id.h"
#include "core/group.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

/* Groups: name, municipality, kind, point or NULL, is it active? */
static const struct {
    const char *name, *municipality, *kind, *position;
    bool is_active;
} GROUPS[] = {
    {"Rosen", "1292", "house", "56.2428, 12.8622", true},  {"Tulpanen", "1292", "boat", "56.2500, 12.8700", true},
    {"Hamnen", "1278", "boat", "56.4290, 12.8480", true},  {"Åsen", "1257", "farm", NULL, true},
    {"Vilan", "1292", "house", "56.2429, 12.8623", false}, {"Klippans by", "1276", "house", "56.1350, 13.1280", true},
};
enum { GROUP_COUNT = sizeof GROUPS / sizeof GROUPS[0] };

struct world {
    struct store_fixture f;
    int64_t group[GROUP_COUNT];
};

static int setup(void **state)
{
    struct world *w = test_calloc(1, sizeof *w);
    store_fixture_init(&w->f);
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        struct group_input in = GROUP_INPUT_INIT;
        in.name = GROUPS[i].name;
        in.kind = GROUPS[i].kind;
        in.state = GROUPS[i].is_active ? "active" : "dormant";
        in.position = GROUPS[i].position;
        store_fixture_ok(&w->f, group_add(w->f.db, &w->f.admin, GROUPS[i].municipality, &in, &w->group[i], &w->f.err));
    }
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    store_fixture_fini(&w->f);
    test_free(w);
    return 0;
}

/* Parse and resolve; the caller ends `out`. */
static int resolve(struct world *w, const struct actor *actor, const char *text, struct alert_audience *out)
{
    struct alert_target target = {0};
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    w->f.err.text[0] = '\0';
    int rc = alert_target_parse(json, &target, &w->f.err);
    json_decref(json);
    if (rc == 0)
        rc = alert_target_resolve(w->f.db, actor, &target, out, &w->f.err);
    alert_target_fini(&target);
    return rc;
}

/* The target comes to exactly the groups named by their letters in GROUPS ("RT" for Rosen and Tulpanen). */
static void check(struct world *w, const struct actor *actor, const char *text, const char *initials,
                  const char *area_text)
{
    struct alert_audience a = {0};
    char got[GROUP_COUNT + 1] = "";
    size_t n = 0;
    store_fixture_ok(&w->f, resolve(w, actor, text, &a));
    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (int64_t k = 0; k < a.groups; k++)
            if (a.group_ids[k] == w->group[i])
                got[n++] = i == 3 ? 'A' : GROUPS[i].name[0];
    assert_string_equal(got, initials);
    assert_int_equal(n, a.groups);
    if (area_text)
        assert_string_equal(a.area_text, area_text);
    alert_audience_fini(&a);
}

static void refuse(struct world *w, const struct actor *actor, const char *text, const char *words)
{
    struct alert_audience a = {0};
    assert_int_equal(resolve(w, actor, text, &a), ERR_INVALID);
    if (!strstr(w->f.err.text, words))
        fail_msg("%s: \"%s\" lacks \"%s\"", text, w->f.err.text, words);
    assert_null(a.group_ids);
}

static void refuse_sv(struct world *w, const char *text, const char *words)
{
    refuse(w, &w->f.anna, text, "");
    assert_string_equal(w->f.err.sv, words);
}

static void test_resolve__each_part_of_a_target(void **state)
{
    struct world *w = *state;
    const struct actor *anna = &w->f.anna;
    check(w, anna, "{\"municipalities\": [\"1292\"]}", "RT", "Ängelholm");
    check(w, anna, "{\"municipalities\": [\"Ängelholm\", \"båstad\"]}", "RTH", "Ängelholm och Båstad");
    check(w, anna, "{\"areas\": [\"Ängelholm\"]}", "RTHA", "lokalpolisområde Ängelholm");
    check(w, anna, "{\"groups\": [\"rosen\"]}", "R", "Rosen (Ängelholm)");
    check(w, anna, "{\"groups\": [\"Rosen\", \"Hamnen\"]}", "RH", "Rosen och Hamnen (Båstad och Ängelholm)");
    check(w, anna, "{\"group_kinds\": [\"boat\"]}", "TH",
          "hela området (Båstad och Ängelholm) – områden av slaget Båt");
    check(w, anna, "{\"municipalities\": [\"1292\"], \"group_kinds\": [\"boat\"]}", "T",
          "Ängelholm – områden av slaget Båt");
    check(w, anna, "{\"circle\": {\"lat\": 56.2428, \"lon\": 12.8622, \"radius_km\": 0.5}}", "R",
          "500 m runt 56.2428, 12.8622 (Ängelholm)");
    check(w, anna, "{\"circle\": {\"lat\": 56.2428, \"lon\": 12.8622, \"radius_km\": 1.25}}", "RT",
          "1,25 km runt 56.2428, 12.8622 (Ängelholm)");
    check(w, anna, "{\"circle\": {\"lat\": 56.2428, \"lon\": 12.8622, \"radius_km\": 30}}", "RTH",
          "30 km runt 56.2428, 12.8622 (Båstad och Ängelholm)");
    check(w, anna, "{\"polygon\": [[56.245, 12.8], [56.245, 12.9], [56.44, 12.9], [56.44, 12.8], [56.245, 12.8]]}",
          "TH", "ett område på kartan (Båstad och Ängelholm)");
    check(w, anna, "{\"polygon\": [[56.2428, 12.8622], [56.24, 12.9], [56.2, 12.8]]}", "R", NULL); /* a corner */
}

static void test_resolve__is_a_union_and_counts_each_group_once(void **state)
{
    struct world *w = *state;
    check(w, &w->f.anna,
          "{\"municipalities\": [\"1278\", \"Båstad\"], \"groups\": [\"Rosen\", \"Hamnen\"], "
          "\"circle\": {\"lat\": 56.25, \"lon\": 12.87, \"radius_km\": 0.2}}",
          "RTH", "Båstad; Rosen och Hamnen; 200 m runt 56.25, 12.87");
    check(w, &w->f.admin, "{\"areas\": [\"klippan\", \"angelholm\"]}", "RTHAK",
          "lokalpolisområdena Klippan och Ängelholm");
}

static void test_resolve__the_walls_hold(void **state)
{
    struct world *w = *state;
    refuse(w, &w->f.anna, "{\"municipalities\": [\"Klippan\"]}", "\"Klippan\" is outside your area");
    refuse(w, &w->f.anna, "{\"areas\": [\"klippan\"]}", "\"klippan\" is outside your area");
    refuse(w, &w->f.anna, "{\"groups\": [\"Klippans by\"]}", "no group \"Klippans by\"");
    refuse(w, &w->f.cecilia, "{\"areas\": [\"angelholm\"]}", "outside your area");
    /* A circle over the wall reaches what is on this side. */
    check(w, &w->f.cecilia, "{\"circle\": {\"lat\": 56.3, \"lon\": 13, \"radius_km\": 60}}", "RT", NULL);
    check(w, &w->f.david, "{\"circle\": {\"lat\": 56.3, \"lon\": 13, \"radius_km\": 60}}", "K", NULL);
    check(w, &w->f.cecilia, "{\"group_kinds\": [\"boat\"]}", "T", NULL);
}

static void test_resolve__tells_what_was_probably_meant(void **state)
{
    struct world *w = *state;
    refuse(w, &w->f.anna, "{\"municipalities\": [\"Ängelhlom\"]}", "did you mean \"Ängelholm\"?");
    refuse(w, &w->f.anna, "{\"areas\": [\"Änglholm\"]}", "did you mean \"Ängelholm\"?");
    refuse(w, &w->f.anna, "{\"groups\": [\"Tulpannen\"]}", "did you mean \"Tulpanen\"?");
    refuse(w, &w->f.anna, "{\"groups\": [\"Helt annat namn\"]}", "see group list");
    refuse(w, &w->f.anna, "{\"group_kinds\": [\"villa\"]}", "write house, apartment");
    refuse(w, &w->f.anna, "{\"groups\": [\"Vilan\"]}", "is dormant");
    refuse(w, &w->f.anna, "{}", "nobody is named");
    refuse(w, &w->f.anna, "{\"municipalities\": []}", "nobody is named");
}

static void test_resolve__refuses_in_swedish_alone(void **state)
{
    struct world *w = *state;
    refuse_sv(w, "{\"municipalities\": [\"Ängelhlom\"]}",
              "Det finns ingen kommun \"Ängelhlom\": menade du \"Ängelholm\"?");
    refuse_sv(w, "{\"areas\": [\"Änglholm\"]}",
              "Det finns inget lokalpolisområde \"Änglholm\": menade du \"Ängelholm\"?");
    refuse_sv(w, "{\"groups\": [\"Tulpannen\"]}", "Det finns ingen grupp \"Tulpannen\": menade du \"Tulpanen\"?");
    refuse_sv(w, "{\"municipalities\": [\"Atlantis\"]}",
              "Det finns ingen kommun \"Atlantis\" i ditt område: se grannbud municipality list.");
    refuse_sv(w, "{\"municipalities\": [\"Klippan\"]}",
              "Kommunen \"Klippan\" är inte i ditt område i dag: se grannbud municipality list.");
    refuse_sv(w, "{\"areas\": [\"klippan\"]}",
              "Lokalpolisområdet \"klippan\" är inte i ditt område i dag: se grannbud area list.");
    refuse_sv(w, "{\"groups\": [\"Vilan\"]}", "Gruppen \"Vilan\" är inte aktiv: bara aktiva grupper varnas.");
}

/* The name of a real register: longer than any word of a letter's head. */
static void test_resolve__a_mistyped_name_beside_long_ones(void **state)
{
    struct world *w = *state;
    struct group_input in = GROUP_INPUT_INIT;
    int64_t id = 0;
    in.name = "Samfällighetsföreningen Norra Höjden";
    store_fixture_ok(&w->f, group_add(w->f.db, &w->f.admin, "1292", &in, &id, &w->f.err));
    refuse(w, &w->f.anna, "{\"groups\": [\"xyz\"]}", "no group \"xyz\" in your area: see group list");
    refuse(w, &w->f.anna, "{\"groups\": [\"Tulpannen\"]}", "did you mean \"Tulpanen\"?");
    refuse(w, &w->f.anna, "{\"groups\": [\"Samfällighetsföreningen Norra Höjdn\"]}",
           "did you mean \"Samfällighetsföreningen Norra Höjden\"?");
    refuse(w, &w->f.anna,
           "{\"groups\": [\"Samfällighetsföreningen Norra Höjden, Södra Höjden och Västra Höjden med omnejd\"]}",
           "in your area: see group list");
}

static void test_parse__names_the_member_that_is_wrong(void **state)
{
    struct world *w = *state;
    static const char *const rows[][2] = {
        {"{\"towns\": [\"1292\"]}", "no member \"towns\""},
        {"{\"municipalities\": [1292]}", "municipalities: entry 1"},
        {"{\"municipalities\": {}}", "municipalities: write a list"},
        {"{\"circle\": {\"lat\": 56}}", "target.circle"},
        {"{\"circle\": {\"lat\": 12.8, \"lon\": 56.2, \"radius_km\": 1}}", "changed places"},
        {"{\"circle\": {\"lat\": 56.2, \"lon\": 12.8, \"radius_km\": 0}}", "radius_km"},
        {"{\"circle\": {\"lat\": 56.2, \"lon\": 12.8, \"radius_km\": 501}}", "radius_km"},
        {"{\"polygon\": [[56.2, 12.8], [56.3, 12.8]]}", "3 to 200 corners"},
        {"{\"polygon\": [[56.2, 12.8], [56.3, 12.9], [56.2, 12.9], [56.3, 12.8]]}", "cross or touch"},
        {"{\"polygon\": [[56.2, 12.8], [56.3], [56.2, 12.9]]}", "corner 2"},
        {"{\"polygon\": \"56.2\"}", "target.polygon"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(w, &w->f.admin, rows[i][0], rows[i][1]);
}

static void test_resolve__target_json_says_the_same_in_codes(void **state)
{
    struct world *w = *state;
    struct alert_audience a = {0};
    struct alert_audience again = {0};
    store_fixture_ok(&w->f, resolve(w, &w->f.anna,
                                    "{\"municipalities\": [\"ängelholm\"], \"group_kinds\": [\"boat\", \"house\"], "
                                    "\"circle\": {\"lat\": 56.242801, \"lon\": 12.8622, \"radius_km\": 2.5}, "
                                    "\"polygon\": [[56.2, 12.8], [56.3, 12.8], [56.3, 12.9]]}",
                                    &a));
    assert_string_equal(a.target_json, "{\"municipalities\":[\"1292\"],\"group_kinds\":[\"boat\",\"house\"],"
                                       "\"circle\":{\"lat\":56.242801,\"lon\":12.8622,\"radius_km\":2.5},"
                                       "\"polygon\":[[56.2,12.8],[56.3,12.8],[56.3,12.9]]}");
    store_fixture_ok(&w->f, resolve(w, &w->f.anna, a.target_json, &again));
    assert_string_equal(again.target_json, a.target_json);
    assert_int_equal(again.groups, a.groups);
    alert_audience_fini(&a);
    alert_audience_fini(&again);
}

static void test_resolve__tells_how_many_groups_have_no_point(void **state)
{
    struct world *w = *state;
    struct alert_audience a = {0};
    store_fixture_ok(&w->f,
                     resolve(w, &w->f.anna, "{\"circle\": {\"lat\": 56.3, \"lon\": 12.9, \"radius_km\": 90}}", &a));
    assert_int_equal(a.groups, 3);
    assert_int_equal(a.groups_without_point, 1);
    alert_audience_fini(&a);
}

static int64_t person(struct world *w, size_t group, const char *name, const char *address, bool is_protected)
{
    struct contact_input in = CONTACT_INPUT_INIT;
    int64_t id = 0;
    in.name = name;
    in.addresses[0] = address;
    in.address_count = 1;
    in.is_protected = is_protected;
    store_fixture_ok(&w->f, contact_add(w->f.db, &w->f.admin, w->group[group], "contact_rep", &in, &id, &w->f.err));
    return id;
}

static int64_t counted(struct world *w, struct alert_audience *a, const char *text)
{
    *a = (struct alert_audience){0};
    store_fixture_ok(&w->f, resolve(w, &w->f.admin, text, a));
    store_fixture_ok(&w->f, alert_audience_count(w->f.db, a));
    return a->recipients;
}

static void test_count__each_address_once_and_protected_ones_without_a_name(void **state)
{
    struct world *w = *state;
    struct alert_audience a;
    person(w, 0, "Astrid Ek", "astrid@example.se", false);
    person(w, 1, "Astrid Ek", "astrid@example.se", false); /* in two groups */
    person(w, 2, "Bo Ek", "ASTRID@example.se", false);     /* one mailbox for two */
    person(w, 2, "Hemlig Person", "hemlig@example.se", true);
    person(w, 4, "Sovande Granne", "sover@example.se", false); /* the group is dormant */
    assert_int_equal(counted(w, &a, "{\"areas\": [\"angelholm\"]}"), 2);
    assert_true(a.sample_count >= 2);
    for (size_t i = 0; i < a.sample_count; i++)
        assert_string_not_equal(a.sample[i].person, "Hemlig Person");
    assert_string_equal(a.sample[0].person, "Astrid Ek");
    assert_string_equal(a.sample[0].group, "Rosen");
    assert_string_equal(a.sample[0].municipality, "Ängelholm");
    alert_audience_fini(&a);
    assert_int_equal(counted(w, &a, "{\"groups\": [\"Hamnen\"]}"), 2);
    alert_audience_fini(&a);
    assert_int_equal(counted(w, &a, "{\"municipalities\": [\"1257\"]}"), 0);
    assert_int_equal(a.sample_count, 0);
    alert_audience_fini(&a);
}

static int64_t address_of(struct world *w, int64_t contact)
{
    int64_t id = 0;
    store_fixture_ok(&w->f, db_get_int(w->f.db, &id, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact))));
    return id;
}

static void test_count__who_has_stopped_alerts_is_left_out(void **state)
{
    struct world *w = *state;
    struct alert_audience a;
    int64_t astrid = person(w, 0, "Astrid Ek", "astrid@example.se", false);
    int64_t bo = person(w, 0, "Bo Ek", "bo@example.se", false);
    person(w, 1, "Cia Ek", "BO@example.se", false); /* the same mailbox */
    store_fixture_ok(&w->f, contact_stop_alerts(w->f.db, &w->f.admin, address_of(w, bo), &w->f.err));
    assert_int_equal(counted(w, &a, "{\"municipalities\": [\"1292\"]}"), 1);
    for (size_t i = 0; i < a.sample_count; i++)
        assert_string_equal(a.sample[i].person, "Astrid Ek");
    alert_audience_fini(&a);
    /* A no to letters is none to alerts. */
    store_fixture_ok(&w->f, contact_unsubscribe(w->f.db, &w->f.admin, address_of(w, astrid), &w->f.err));
    assert_int_equal(counted(w, &a, "{\"municipalities\": [\"1292\"]}"), 1);
    alert_audience_fini(&a);
}

static void test_count__many_are_counted_right(void **state)
{
    struct world *w = *state;
    struct alert_audience a;
    char name[40];
    char address[40];
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "Person %d", i);
        snprintf(address, sizeof address, "p%d@example.se", i % 2500);
        person(w, (size_t)(i % 2), name, address, false);
    }
    assert_int_equal(counted(w, &a, "{\"municipalities\": [\"1292\"]}"), 2500);
    alert_audience_fini(&a);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_resolve__each_part_of_a_target, setup, teardown),
    TEST_FIXTURE(test_resolve__is_a_union_and_counts_each_group_once, setup, teardown),
    TEST_FIXTURE(test_resolve__the_walls_hold, setup, teardown),
    TEST_FIXTURE(test_resolve__tells_what_was_probably_meant, setup, teardown),
    TEST_FIXTURE(test_resolve__refuses_in_swedish_alone, setup, teardown),
    TEST_FIXTURE(test_resolve__a_mistyped_name_beside_long_ones, setup, teardown),
    TEST_FIXTURE(test_parse__names_the_member_that_is_wrong, setup, teardown),
    TEST_FIXTURE(test_resolve__target_json_says_the_same_in_codes, setup, teardown),
    TEST_FIXTURE(test_resolve__tells_how_many_groups_have_no_point, setup, teardown),
    TEST_FIXTURE(test_count__each_address_once_and_protected_ones_without_a_name, setup, teardown),
    TEST_FIXTURE(test_count__who_has_stopped_alerts_is_left_out, setup, teardown),
    TEST_FIXTURE(test_count__many_are_counted_right, setup, teardown),
};

TEST_MAIN(tests)
