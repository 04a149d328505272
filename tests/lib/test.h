/*
 * What every unit test includes: cmocka with its prelude, and TEST_MAIN, which takes the
 * name filter from argv[1] ('due*'), so that one program runs one test.
 */
#ifndef GB_TESTS_TEST_H
#define GB_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(f) cmocka_unit_test(f)
#define TEST_FIXTURE(f, setup, teardown) cmocka_unit_test_setup_teardown(f, setup, teardown)

#define TEST_MAIN(table)                                  \
    int main(int argc, char **argv)                       \
    {                                                     \
        if (argc > 1)                                     \
            cmocka_set_test_filter(argv[1]);              \
        return cmocka_run_group_tests(table, NULL, NULL); \
    }

/* A sanitizer makes some code forty times as slow: what only shows that something large ends may be smaller then. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SLOWNESS 4
#else
#define TEST_SLOWNESS 1
#endif

#endif
