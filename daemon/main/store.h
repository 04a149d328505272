/*
 * The store's first steps at start, before the loop runs: deliveries that were in flight when the process ended, the
 * key behind the tokens, and the shipped area tables. Part of main; waits, which nothing else may.
 */
#ifndef GB_MAIN_STORE_H
#define GB_MAIN_STORE_H

struct config;
struct letter_sender;
struct store;

/* 0 and *sender (freed with letter_sender_free), or an error that has been logged. */
int main_store_prepare(struct store *store, const struct config *config, struct letter_sender **sender);

#endif
