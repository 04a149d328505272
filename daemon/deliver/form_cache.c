/* Compiled letters; the contract is in form_cache.h. */
#include "deliver/form_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "deliver/letter_mail.h"
#include "store/store.h"

struct form {
    struct form_cache *cache;
    int64_t message_id;
    char municipality_code[8];
    enum form_state state;
    bool in_use; /* the entry holds something */
    uint64_t used;
    struct letter_mail *mail;
    struct err err;
    struct store_req req;
};

struct form_cache {
    struct store *store;
    const struct letter_sender *sender;
    void (*ready)(void *ctx);
    void *ctx;
    uint64_t tick;
    int loading;
    int count;    /* entries in use */
    size_t bytes; /* of them, about */
    int found;    /* the entry that was asked for last */
    struct form forms[FORM_CACHE_MAX];
};

struct form_cache *form_cache_new(struct store *store, const struct letter_sender *sender, void (*ready)(void *ctx),
                                  void *ctx)
{
    struct form_cache *cache = xcalloc(1, sizeof *cache);
    cache->store = store;
    cache->sender = sender;
    cache->ready = ready;
    cache->ctx = ctx;
    return cache;
}

void form_cache_free(struct form_cache *cache)
{
    if (!cache)
        return;
    assert(cache->loading == 0);
    for (int i = 0; i < FORM_CACHE_MAX; i++)
        letter_mail_free(cache->forms[i].mail);
    free(cache);
}

int form_cache_loading(const struct form_cache *cache)
{
    return cache->loading;
}

static int op_compile(struct db *db, struct store_req *req)
{
    struct form *form = CONTAINER_OF(req, struct form, req);
    return letter_mail_compile(db, form->cache->sender, form->message_id, form->municipality_code, &form->mail,
                               &form->err);
}

static enum form_state state_of(int status)
{
    if (status == 0)
        return FORM_READY;
    return status == ERR_INVALID || status == ERR_TOO_LARGE ? FORM_BROKEN : FORM_AWAY;
}

static void drop(struct form_cache *cache, struct form *form)
{
    cache->count--;
    if (form->mail)
        cache->bytes -= form->mail->bytes;
    letter_mail_free(form->mail);
    *form = (struct form){0};
}

/* The least recently used that is not loading, nor number `keep` (-1: any); NULL when there is none. */
static struct form *oldest(struct form_cache *cache, ptrdiff_t keep)
{
    struct form *best = NULL;
    for (int i = 0; i < FORM_CACHE_MAX; i++) {
        struct form *form = &cache->forms[i];
        if (i != keep && form->in_use && form->state != FORM_LOADING && (!best || form->used < best->used))
            best = form;
    }
    return best;
}

static void on_compiled(struct store_req *req)
{
    struct form *form = CONTAINER_OF(req, struct form, req);
    struct form_cache *cache = form->cache;
    cache->loading--;
    form->state = state_of(req->status);
    if (req->status && !form->err.text[0])
        err_set(&form->err, 0, "%s", err_text(req->status));
    if (form->mail)
        cache->bytes += form->mail->bytes;
    while (cache->bytes > FORM_CACHE_BYTES && cache->count > FORM_CACHE_MIN) {
        struct form *old = oldest(cache, form - cache->forms);
        if (!old)
            break;
        drop(cache, old);
    }
    cache->ready(cache->ctx);
}

/* A free entry; NULL when all are loading. */
static struct form *make_room(struct form_cache *cache)
{
    if (cache->count == FORM_CACHE_MAX) {
        struct form *old = oldest(cache, -1);
        if (!old)
            return NULL;
        drop(cache, old);
    }
    for (int i = 0; i < FORM_CACHE_MAX; i++)
        if (!cache->forms[i].in_use)
            return &cache->forms[i];
    return NULL;
}

static bool is_it(const struct form *form, int64_t message_id, const char *municipality_code)
{
    return form->in_use && form->message_id == message_id && strcmp(form->municipality_code, municipality_code) == 0;
}

static struct form *find(struct form_cache *cache, int64_t message_id, const char *municipality_code)
{
    if (is_it(&cache->forms[cache->found], message_id, municipality_code))
        return &cache->forms[cache->found];
    for (int i = 0; i < FORM_CACHE_MAX; i++) {
        if (is_it(&cache->forms[i], message_id, municipality_code)) {
            cache->found = i;
            return &cache->forms[i];
        }
    }
    return NULL;
}

static struct form *load(struct form_cache *cache, int64_t message_id, const char *municipality_code)
{
    struct form *form = cache->loading < FORM_LOADING_MAX ? make_room(cache) : NULL;
    if (!form)
        return NULL;
    *form = (struct form){.cache = cache, .message_id = message_id, .state = FORM_LOADING, .in_use = true};
    memccpy(form->municipality_code, municipality_code, '\0', sizeof form->municipality_code - 1);
    form->req = (struct store_req){.op = op_compile, .done = on_compiled};
    cache->count++;
    cache->loading++;
    store_read(cache->store, &form->req);
    return form;
}

enum form_state form_cache_get(struct form_cache *cache, int64_t message_id, const char *municipality_code,
                               const struct letter_mail **mail, const char **why)
{
    struct form *form = find(cache, message_id, municipality_code);
    if (!form)
        form = load(cache, message_id, municipality_code);
    if (!form)
        return FORM_LOADING; /* one of those that load will call ready() */
    form->used = ++cache->tick;
    if (form->state == FORM_LOADING)
        return FORM_LOADING; /* the rest is the reader's until it is done */
    *mail = form->mail;
    *why = form->err.text;
    if (form->state != FORM_AWAY)
        return form->state;
    form->in_use = false; /* the entry keeps its words until it is used again */
    cache->count--;
    return FORM_AWAY;
}
