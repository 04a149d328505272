/*
 * grannbudd --check: is the store one that the daemon can start with? Reads only, so that a running daemon is not
 * disturbed. Prints what it finds.
 */
#ifndef GB_MAIN_CHECK_H
#define GB_MAIN_CHECK_H

struct config;

/* `path` is the configuration's, which has been read already. The exit code. */
int main_check(const char *path, const struct config *config);

#endif
