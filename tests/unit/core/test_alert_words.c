/* Words of alerts: each map in both directions, and what kinds bring with them (domain facts). */
#include "core/alert_words.h"

#include "base/text.h"
#include "lib/test.h"

#define ROUND_TRIP(name, COUNT)                                                 \
    for (int i = 0; i < (COUNT); i++) {                                         \
        enum alert_##name back = (enum alert_##name)0;                          \
        const char *word = alert_##name##_word((enum alert_##name)i);           \
        assert_true(alert_##name##_parse(word, &back));                         \
        assert_int_equal(back, i);                                              \
        assert_true(word[strspn(word, "abcdefghijklmnopqrstuvwxyz_")] == '\0'); \
    }

static void test_parse__gives_back_what_word_gave(void **state)
{
    (void)state;
    ROUND_TRIP(kind, ALERT_KIND_COUNT)
    ROUND_TRIP(severity, ALERT_SEVERITY_COUNT)
    ROUND_TRIP(urgency, ALERT_URGENCY_COUNT)
    ROUND_TRIP(certainty, ALERT_CERTAINTY_COUNT)
    ROUND_TRIP(type, ALERT_TYPE_COUNT)
    ROUND_TRIP(state, ALERT_STATE_COUNT)
}

static void test_parse__refuses_other_words_and_leaves_out_alone(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "Alert", "burglary", "severe ", "recal"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum alert_kind kind = ALERT_KIND_BOAT_THEFT;
        enum alert_severity severity = ALERT_SEVERITY_MINOR;
        enum alert_type type = ALERT_TYPE_UPDATE;
        assert_false(alert_kind_parse(wrong[i], &kind));
        assert_false(alert_severity_parse(wrong[i], &severity));
        assert_false(alert_type_parse(wrong[i], &type));
        assert_int_equal(kind, ALERT_KIND_BOAT_THEFT);
        assert_int_equal(severity, ALERT_SEVERITY_MINOR);
        assert_int_equal(type, ALERT_TYPE_UPDATE);
    }
}

static void test_kind_row__danger_to_life_and_expiry_are_the_domains(void **state)
{
    (void)state;
    for (int i = 0; i < ALERT_KIND_COUNT; i++) {
        const struct alert_kind_row *row = alert_kind_row((enum alert_kind)i);
        bool danger = i == ALERT_KIND_MISSING_PERSON || i == ALERT_KIND_VMA_RELAY;
        assert_int_equal(row->life_danger, danger);
        assert_int_equal(row->expiry_hours, i == ALERT_KIND_MISSING_PERSON ? 12 : 0);
        assert_true(text_length(row->sv) > 5);
        assert_true(text_length(row->en) > 5);
    }
}

static void test_cap__spells_as_the_standard(void **state)
{
    (void)state;
    assert_string_equal(alert_severity_cap(ALERT_SEVERITY_EXTREME), "Extreme");
    assert_string_equal(alert_urgency_cap(ALERT_URGENCY_PAST), "Past");
    assert_string_equal(alert_certainty_cap(ALERT_CERTAINTY_OBSERVED), "Observed");
    assert_string_equal(alert_type_cap(ALERT_TYPE_RECALL), "Cancel");
}

static const struct CMUnitTest tests[] = {
    TEST(test_parse__gives_back_what_word_gave),
    TEST(test_parse__refuses_other_words_and_leaves_out_alone),
    TEST(test_kind_row__danger_to_life_and_expiry_are_the_domains),
    TEST(test_cap__spells_as_the_standard),
};

TEST_MAIN(tests)
