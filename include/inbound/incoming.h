/*
 * What comes in from others: warnings to the public (VMA) and the police's events, asked for from time to time.
 *
 * Each source has one question on its way at most. What it answers is read on a reader of the store and kept on the
 * writer; drafts of alerts and material for letters come of it, and nothing is ever sent by itself. A source that does
 * not answer harms nothing else: it is a problem in the status, with the time since when, and "could not ask" is never
 * taken for "nothing to warn of".
 *
 * A source without url in the configuration is not asked. The configuration is looked at anew for each question, so a
 * reload is enough. How often may be asked is kept in the store (core/source.h), and here on the monotonic clock, so
 * that neither a restart nor a clock that jumps makes room for more.
 *
 * Loop thread. No timer of its own: main calls incoming_tick every second.
 */
#ifndef GB_INBOUND_INCOMING_H
#define GB_INBOUND_INCOMING_H

#include <stdbool.h>
#include <stddef.h>

struct clock;
struct config;
struct http_client;
struct incoming;
struct store;

struct incoming_env {
    struct store *store;
    const struct clock *clock;
    struct http_client *http;
    /* The configuration in force. Any thread; stays valid. */
    const struct config *(*config)(void *ctx);
    /* Mails may have become due. */
    void (*on_work)(void *ctx);
    void *ctx;
};

struct incoming *incoming_new(const struct incoming_env *env);
/* Ask what is due. */
void incoming_tick(struct incoming *in);
/* The i-th problem in words into `out`, or false after the last. */
bool incoming_problem(const struct incoming *in, size_t i, char *out, size_t room);
/* Breaks off what is on the wire and asks no more; true when nothing waits for the store (else call again after
 * store_complete). */
bool incoming_stop(struct incoming *in);
void incoming_free(struct incoming *in);

#endif
