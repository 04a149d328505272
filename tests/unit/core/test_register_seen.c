/* What the register reader remembers: everything once, and no more than 16 bytes a place. */
#include "core/register_seen.h"

#include <stdio.h>

#include "lib/test.h"

enum { MANY = 100000 };

static uint64_t hash_of(struct seen *s, int i)
{
    char text[16];
    snprintf(text, sizeof text, "p%d", i);
    const char *const key[] = {text, "x"};
    return seen_hash(s, key, 2);
}

static void test_seen_get__remembers_a_hundred_thousand_in_two_mib(void **state)
{
    (void)state;
    struct seen s;
    bool is_new = false;
    seen_init(&s);
    for (int i = 1; i <= MANY; i++) {
        struct seen_entry *e = seen_get(&s, hash_of(&s, i), i, &is_new);
        assert_true(is_new);
        e->value = (uint32_t)(2 * i);
    }
    for (int i = 1; i <= MANY; i++) {
        const struct seen_entry *e = seen_get(&s, hash_of(&s, i), MANY + 1, &is_new);
        assert_false(is_new);
        assert_int_equal(e->line, i);
        assert_int_equal(e->value, 2 * i);
    }
    assert_int_equal(s.count, MANY);
    assert_true(s.cap * sizeof *s.entries <= (size_t)2 << 20);
    seen_fini(&s);
}

static void test_seen_hash__divides_texts(void **state)
{
    (void)state;
    struct seen s;
    seen_init(&s);
    assert_true(seen_hash(&s, (const char *const[]){"ab", "c"}, 2) !=
                seen_hash(&s, (const char *const[]){"a", "bc"}, 2));
    seen_fini(&s);
}

static const struct CMUnitTest tests[] = {
    TEST(test_seen_get__remembers_a_hundred_thousand_in_two_mib),
    TEST(test_seen_hash__divides_texts),
};

TEST_MAIN(tests)
