/* A file of tests/fixtures as text; a test that cannot read it fails. The tests run in the tree's root. */
#ifndef GB_TESTS_FIXTURE_FILE_H
#define GB_TESTS_FIXTURE_FILE_H

#include <stddef.h>

/* Returns the bytes with a NUL behind, caller frees; *n (may be NULL) gets how many. */
char *fixture_file(const char *name, size_t *n);
/* A copy of `text` with every `from` replaced by `to`, caller frees; fails the test when there is none. */
char *text_replaced(const char *text, const char *from, const char *to);

#endif
