/*
 * Idempotency-Key: a POST that is sent again (the answer got lost on the way) is answered again and not done again.
 *
 * The key belongs to the acting person; what it stands for is the SHA-256 of method, path, query and body. Only answers
 * of what was committed are kept, in the same transaction, for seven days. Answers with a secret in them are not kept:
 * a repeated request then meets what the first one made.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "http/api_private.h"
#include "store/db.h"

enum { KEEP_DAYS = 7, OWNER_BYTES = 2 * ACTOR_NAME_BYTES + 8 };

static const int64_t KEEP_US = KEEP_DAYS * 86400 * US_PER_S;

int api_key_check(const char *key, struct err *err)
{
    size_t n = strlen(key);
    bool is_printable = true;
    for (const char *p = key; *p; p++)
        is_printable = is_printable && *p > ' ' && *p < 0x7f;
    if (n == 0 || n > API_KEY_CHARS || !is_printable)
        return err_set(err, ERR_USAGE, "Idempotency-Key: write 1 to %d printable ASCII characters without blanks",
                       API_KEY_CHARS);
    return 0;
}

/* The person and who stands behind: two tokens of one person have keys of their own. */
static void owner(const struct actor *actor, char out[OWNER_BYTES])
{
    snprintf(out, OWNER_BYTES, "%s%s%s", actor->name, actor->via[0] ? " via " : "", actor->via);
}

static int request_hash(struct api_call *call, char out[SHA256_HEX_BYTES])
{
    struct api_body_state state;
    struct byte_source body;
    char chunk[4096];
    size_t n = 0;
    int rc = api_body_source(call, &state, &body);
    if (rc)
        return rc;
    struct sha256 *sum = sha256_new();
    sha256_add_text(sum, http_method_name(call->req->method));
    sha256_add_text(sum, call->req->path);
    sha256_add_text(sum, call->req->query);
    while ((rc = body.read(body.ctx, chunk, sizeof chunk, &n)) == 0 && n > 0)
        sha256_add(sum, chunk, n);
    sha256_end_hex(sum, out);
    return rc;
}

int api_key_find(struct api_call *call, struct db *db, const char *key)
{
    char hash[SHA256_HEX_BYTES];
    char who[OWNER_BYTES];
    struct db_rows *rows = NULL;
    owner(&call->actor, who);
    int rc = request_hash(call, hash);
    if (rc == 0)
        rc = db_query(db, &rows, Q_IDEMPOTENCY_GET,
                      DB_ARGS(DB_TEXT(who), DB_TEXT(key), DB_INT(db_now_us(db) - KEEP_US)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && strcmp(db_text(rows, 0), hash) != 0) {
        rc = err_set(&call->err, ERR_INVALID,
                     "this Idempotency-Key was used for another request: take a new key for a new request");
    } else if (rc > 0) {
        call->status = (int)db_int(rows, 1);
        call->content_type = "application/json";
        int added = buf_adds(&call->text, db_text(rows, 2));
        rc = added ? added : rc;
    }
    db_done(rows);
    return rc;
}

int api_key_keep(struct api_call *call, struct db *db, const char *key)
{
    char hash[SHA256_HEX_BYTES];
    char who[OWNER_BYTES];
    int64_t now = db_now_us(db);
    owner(&call->actor, who);
    int rc = request_hash(call, hash);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_IDEMPOTENCY_CLEAR, DB_ARGS(DB_INT(now - KEEP_US)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_IDEMPOTENCY_PUT,
                     DB_ARGS(DB_TEXT(who), DB_TEXT(key), DB_TEXT(hash), DB_INT(call->status ? call->status : 200),
                             DB_TEXT(buf_str(&call->text)), DB_INT(now)));
    return rc;
}
