/* Reading the police's events, and guessing the year that their names leave out. */
#include "core/police_event.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/zone.h"
#include "core/stamp.h"
#include "lib/fixture_file.h"
#include "lib/test.h"

static struct zone *zone;

static struct police_event_list *parse_file(const char *name)
{
    struct police_event_list *list = NULL;
    struct err err = {.text = ""};
    size_t n = 0;
    char *text = fixture_file(name, &n);
    if (police_events_parse(text, n, zone, &list, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
    return list;
}

static void test_police_events_parse__reads_a_week(void **state)
{
    struct police_event_list *list = parse_file("police-events-week.json");
    const struct police_event *e = &list->events[0];
    char text[TIME_TEXT_BYTES];
    (void)state;
    assert_int_equal(list->count, 10);
    assert_int_equal(list->faults.count, 0);
    assert_int_equal(e->id, 900101);
    assert_string_equal(zone_format(zone, e->published_us, text), "2026-11-21T08:12:44+01:00");
    assert_string_equal(zone_format(zone, e->happened_us, text), "2026-11-21T06:40:00+01:00");
    assert_string_equal(e->type, "Inbrott");
    assert_string_equal(e->place, "Ängelholm");
    assert_string_equal(e->url,
                        "https://polisen.se/aktuellt/handelser/2026/november/21/21-november-06.40-inbrott-angelholm/");
    assert_string_equal(zone_format(zone, list->events[5].published_us, text), "2026-11-15T09:28:38+01:00");
    assert_string_equal(list->events[8].url, ""); /* another host */
    police_events_free(list);
}

static void test_police_events_parse__guesses_the_year_over_new_year(void **state)
{
    static const char *const times[] = {"2026-12-31T23:50:00+01:00", "2027-01-01T03:10:00+01:00",
                                        "2027-01-01T00:05:00+01:00", "2027-01-02T08:00:00+01:00"};
    struct police_event_list *list = parse_file("police-events-new-year.json");
    char text[TIME_TEXT_BYTES];
    (void)state;
    assert_int_equal(list->count, ARRAY_LEN(times));
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        assert_string_equal(zone_format(zone, list->events[i].happened_us, text), times[i]);
    police_events_free(list);
}

static void test_police_event_time__reads_what_names_open_with(void **state)
{
    static const struct {
        const char *name, *published, *happened;
    } rows[] = {
        {"02 mars 05.40, Inbrott, Ängelholm", "2026-03-02T07:14:05+01:00", "2026-03-02T05:40:00+01:00"},
        {"2 Mars 5:40", "2026-03-02T07:14:05+01:00", "2026-03-02T05:40:00+01:00"},
        {"30 mars 23.00, Brand, Båstad", "2026-03-31T07:00:00+02:00", "2026-03-30T23:00:00+02:00"},
        {"29 februari 12.00, Brand, Båstad", "2026-03-01T07:00:00+01:00", "2024-02-29T12:00:00+01:00"},
        {"15 juli 12.00, Brand, Båstad", "2026-03-01T07:00:00+01:00", "2025-07-15T12:00:00+02:00"},
        /* no time: when it was published */
        {"31 februari 12.00, Brand", "2026-03-01T07:00:00+01:00", "2026-03-01T07:00:00+01:00"},
        {"02 mars 25.40, Inbrott", "2026-03-02T07:14:05+01:00", "2026-03-02T07:14:05+01:00"},
        {"02 marsch 05.40, Inbrott", "2026-03-02T07:14:05+01:00", "2026-03-02T07:14:05+01:00"},
        {"Inbrott, Ängelholm", "2026-03-02T07:14:05+01:00", "2026-03-02T07:14:05+01:00"},
        {"", "2026-03-02T07:14:05+01:00", "2026-03-02T07:14:05+01:00"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t published_us = 0;
        char text[TIME_TEXT_BYTES];
        assert_int_equal(stamp_read(rows[i].published, &published_us), 0);
        zone_format(zone, police_event_time(rows[i].name, published_us, zone), text);
        if (strcmp(text, rows[i].happened) != 0)
            fail_msg("'%s' is %s, not %s", rows[i].name, text, rows[i].happened);
    }
}

static void test_police_events_parse__leaves_out_what_it_cannot_understand(void **state)
{
    struct police_event_list *list = parse_file("police-events-odd.json");
    (void)state;
    assert_int_equal(list->count, 2);
    assert_int_equal(list->faults.count, 7);
    assert_string_equal(list->faults.first, "event 0: its id is missing or cannot be understood");
    assert_int_equal(list->events[0].id, 920004);
    assert_string_equal(list->events[0].place, "");
    assert_string_equal(list->events[1].summary, "Andra versionen."); /* the last entry of an id */
    police_events_free(list);
}

static void test_police_events_parse__refuses_what_is_no_list(void **state)
{
    static const char *const texts[] = {"",        "{}", "null",         "[{]", "[{\"id\":1,\"id\":2}]",
                                        "[1e999]", "[",  "<html></html>"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct police_event_list *list = NULL;
        struct err err = {.text = ""};
        assert_int_equal(police_events_parse(texts[i], strlen(texts[i]), zone, &list, &err), ERR_PROTOCOL);
        assert_null(list);
        assert_true(err.text[0] != '\0');
    }
}

static void test_police_event_is_summary__knows_bundles(void **state)
{
    (void)state;
    assert_true(police_event_is_summary("Sammanfattning natt"));
    assert_true(police_event_is_summary("Sammanfattning kväll och natt"));
    assert_false(police_event_is_summary("Inbrott"));
    assert_false(police_event_is_summary(""));
}

static int open_zone(void **state)
{
    (void)state;
    return zone_open("Europe/Stockholm", &zone, NULL);
}

static int close_zone(void **state)
{
    (void)state;
    zone_free(zone);
    return 0;
}

static const struct CMUnitTest tests[] = {
    TEST(test_police_events_parse__reads_a_week),
    TEST(test_police_events_parse__guesses_the_year_over_new_year),
    TEST(test_police_event_time__reads_what_names_open_with),
    TEST(test_police_events_parse__leaves_out_what_it_cannot_understand),
    TEST(test_police_events_parse__refuses_what_is_no_list),
    TEST(test_police_event_is_summary__knows_bundles),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, open_zone, close_zone);
}
