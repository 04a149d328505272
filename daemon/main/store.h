/*
 * What main does with the store by itself. At start, before the loop runs: deliveries that were in flight when the
 * process ended, the key behind the tokens, and the shipped area tables; that waits, which nothing else may. Later:
 * what to tell when the store cannot be written (disk full), and a small write now and then that finds out when it can
 * again. Part of main, on the loop's thread.
 */
#ifndef GB_MAIN_STORE_H
#define GB_MAIN_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct config;
struct letter_sender;

/* 0 and *sender (freed with letter_sender_free), or an error that has been logged. */
int main_store_prepare(struct store *store, const struct config *config, struct letter_sender **sender);

/* Why the store cannot be written, for people, into out; "" when it can. Returns out. */
const char *main_store_problem(struct store *store, char *out, size_t bytes);

struct store_probe {
    struct store_req req;
    bool is_running;
};
/* While the store is in trouble, try to write; otherwise nothing. Called now and then; `probe` stays the caller's and
 * is left alone while a request is pending in the store. */
void main_store_probe(struct store *store, struct store_probe *probe);

#endif
