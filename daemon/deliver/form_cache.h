/*
 * Compiled letters by message and municipality: a letter to the whole country has 290 of them, whose readers come in
 * any order. At most FORM_CACHE_MAX, and about FORM_CACHE_BYTES of memory (but FORM_CACHE_MIN always stay); the least
 * recently used goes. Compiling runs on a reader of the store, off the loop, FORM_LOADING_MAX at a time so that others
 * get to read as well; private to deliver.
 */
#ifndef GB_DELIVER_FORM_CACHE_H
#define GB_DELIVER_FORM_CACHE_H

#include <stdint.h>

struct form_cache;
struct letter_mail;
struct letter_sender;
struct store;

enum {
    FORM_CACHE_MIN = 8,
    FORM_CACHE_MAX = 320,
    FORM_CACHE_BYTES = 8 * 1024 * 1024,
    FORM_LOADING_MAX = 8,
};

enum form_state {
    FORM_LOADING,
    FORM_READY,
    FORM_BROKEN, /* the letter cannot be made into a mail, ever */
    FORM_AWAY,   /* the store could not read it now; asking again tries again */
};

/* `ready` is called from the loop when a form that was loading has become ready or broken. */
struct form_cache *form_cache_new(struct store *store, const struct letter_sender *sender, void (*ready)(void *ctx),
                                  void *ctx);
/* Nothing may be loading. NULL is fine. */
void form_cache_free(struct form_cache *cache);
int form_cache_loading(const struct form_cache *cache);
/* FORM_READY with *mail (valid until the next call), FORM_BROKEN or FORM_AWAY with *why, or FORM_LOADING:
 * `ready` will be called. */
enum form_state form_cache_get(struct form_cache *cache, int64_t message_id, const char *municipality_code,
                               const struct letter_mail **mail, const char **why);

#endif
