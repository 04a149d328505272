/* A backup made ready; the contract is in core/restore.h. */
#include "core/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/random.h"
#include "core/hold.h"
#include "core/ledger.h"
#include "core/ledger_alert.h"
#include "core/setting.h"
#include "core/webhook_queue.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

/* The file's name comes from a person and may hold anything. */
static int write_audit(struct db *db, const struct actor *actor, const char *file)
{
    json_t *detail = json_pack("{s:s}", "file", file);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    int rc = audit_write(db, actor, "store.restore", "", text);
    free(text);
    json_decref(detail);
    return rc;
}

static int write_note(struct db *db, const struct restore_note *note)
{
    int rc = setting_put(db, "restore_id", note->id);
    if (rc == 0)
        rc = setting_put_int(db, "restore_at", note->at_us);
    if (rc == 0)
        rc = setting_put_int(db, "restore_newest", note->newest_us);
    if (rc == 0)
        rc = setting_put(db, "restore_open", "yes");
    return rc ? rc : setting_put(db, "restore_file", note->file);
}

static int prepare(struct db *db, const struct actor *actor, const char *file, struct restore_note *note)
{
    int64_t in_flight = 0;
    uint8_t id[(RESTORE_ID_BYTES - 1) / 2];
    int rc = db_get_int(db, &note->newest_us, Q_STORE_NEWEST, DB_NO_ARGS);
    random_bytes(id, sizeof id);
    hex_encode(id, sizeof id, note->id);
    note->at_us = db_now_us(db);
    snprintf(note->file, sizeof note->file, "%s", file);
    if (rc == 0)
        rc = ledger_recover(db, &in_flight);
    if (rc == 0)
        rc = ledger_doubt_queued(db);
    if (rc == 0)
        rc = webhook_doubt_queued(db);
    if (rc == 0) /* also of a backup that was on hold: it is so from now on, by whom restores it */
        rc = hold_set(db, actor, false, NULL);
    if (rc == 0)
        rc = hold_set(db, actor, true, "the store was restored from a backup");
    if (rc == 0)
        rc = write_note(db, note);
    return rc ? rc : write_audit(db, actor, file);
}

int restore_prepare(struct db *db, const struct actor *actor, const char *file, struct restore_note *out)
{
    struct restore_note note = {.id = ""};
    int rc = db_begin(db);
    if (rc)
        return rc;
    rc = prepare(db, actor, file, &note);
    if (rc == 0)
        rc = db_commit(db);
    if (rc)
        db_rollback(db);
    else
        *out = note;
    return rc;
}

int restore_note_read(struct db *db, struct restore_note *out)
{
    struct restore_note note = {.id = ""};
    char open[8] = "";
    int rc = setting_get(db, "restore_id", note.id, sizeof note.id);
    if (rc == 0)
        rc = setting_get_int(db, "restore_at", &note.at_us);
    if (rc == 0)
        rc = setting_get_int(db, "restore_newest", &note.newest_us);
    if (rc == 0)
        rc = setting_get(db, "restore_file", note.file, sizeof note.file);
    if (rc == 0)
        rc = setting_get(db, "restore_open", open, sizeof open);
    note.is_open = strcmp(open, "yes") == 0;
    if (rc == 0)
        *out = note;
    return rc;
}

int restore_note_close(struct db *db)
{
    return setting_put(db, "restore_open", "no");
}
