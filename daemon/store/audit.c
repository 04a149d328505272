/* The audit log; the contract is in store/audit.h. */
#include "store/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/actor.h"
#include "store/db.h"

enum { AUDIT_DETAIL_BYTES = 16384 };

static const char NO_HASH[] = "0000000000000000000000000000000000000000000000000000000000000000";

struct audit_row {
    int64_t seq, at;
    const char *actor, *via, *action, *object, *detail, *prev_hash;
};

static void row_hash(const struct audit_row *row, char out[SHA256_HEX_BYTES])
{
    char numbers[64];
    struct sha256 *sum = sha256_new();
    snprintf(numbers, sizeof numbers, "%lld %lld", (long long)row->seq, (long long)row->at);
    sha256_add_text(sum, row->prev_hash);
    sha256_add_text(sum, numbers);
    sha256_add_text(sum, row->actor);
    sha256_add_text(sum, row->via);
    sha256_add_text(sum, row->action);
    sha256_add_text(sum, row->object);
    sha256_add_text(sum, row->detail);
    sha256_end_hex(sum, out);
}

static int read_head(struct db *db, int64_t *seq, char hash[SHA256_HEX_BYTES])
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_AUDIT_LAST, DB_NO_ARGS);
    if (rc)
        return rc;
    *seq = 0;
    memcpy(hash, NO_HASH, sizeof NO_HASH);
    rc = db_next(rows);
    if (rc > 0) {
        *seq = db_int(rows, 0);
        snprintf(hash, SHA256_HEX_BYTES, "%s", db_text(rows, 1));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

int audit_write(struct db *db, const struct actor *actor, const char *action, const char *object,
                const char *detail_json)
{
    char prev[SHA256_HEX_BYTES];
    char hash[SHA256_HEX_BYTES];
    int64_t seq = 0;
    int rc = read_head(db, &seq, prev);
    if (rc)
        return rc;
    struct audit_row row = {
        seq + 1, db_now_us(db), actor->name, actor->via, action, object, detail_json ? detail_json : "{}", prev};
    row_hash(&row, hash);
    return db_exec(db, NULL, Q_AUDIT_INSERT,
                   DB_ARGS(DB_INT(row.seq), DB_INT(row.at), DB_TEXT(row.actor), DB_TEXT(row.via), DB_TEXT(action),
                           DB_TEXT(object), DB_TEXT(row.detail), DB_TEXT(prev), DB_TEXT(hash)));
}

int audit_writef(struct db *db, const struct actor *actor, const char *action, const char *object, const char *fmt, ...)
{
    struct buf detail;
    va_list ap;
    buf_init(&detail, AUDIT_DETAIL_BYTES);
    va_start(ap, fmt);
    int rc = buf_vaddf(&detail, fmt, ap);
    va_end(ap);
    if (rc == 0)
        rc = audit_write(db, actor, action, object, buf_str(&detail));
    buf_fini(&detail);
    return rc;
}

static int check_row(const struct db_rows *rows, const struct audit_head *head, struct err *err)
{
    char hash[SHA256_HEX_BYTES];
    struct audit_row row = {db_int(rows, 0),  db_int(rows, 1),  db_text(rows, 2), db_text(rows, 3),
                            db_text(rows, 4), db_text(rows, 5), db_text(rows, 6), db_text(rows, 7)};
    if (row.seq != head->rows + 1)
        return err_set(err, ERR_CORRUPT, "audit: row %lld is missing", (long long)head->rows + 1);
    if (strcmp(row.prev_hash, head->hash) != 0)
        return err_set(err, ERR_CORRUPT, "audit: row %lld does not follow the row before it", (long long)row.seq);
    row_hash(&row, hash);
    if (strcmp(hash, db_text(rows, 8)) != 0)
        return err_set(err, ERR_CORRUPT, "audit: row %lld has been changed", (long long)row.seq);
    return 0;
}

int audit_verify(struct db *db, struct audit_head *out, struct err *err)
{
    struct audit_head head = {0};
    struct db_rows *rows = NULL;
    memcpy(head.hash, NO_HASH, sizeof NO_HASH);
    int rc = db_query(db, &rows, Q_AUDIT_ALL, DB_NO_ARGS);
    if (rc)
        return err_set(err, rc, "audit: %s", db_error(db));
    while ((rc = db_next(rows)) > 0) {
        rc = check_row(rows, &head, err);
        if (rc)
            break;
        head.rows++;
        snprintf(head.hash, sizeof head.hash, "%s", db_text(rows, 8));
    }
    db_done(rows);
    if (rc == 0)
        *out = head;
    return rc;
}
