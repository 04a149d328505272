/*
 * A backup made ready to take the place of the store: nothing of it leaves before a person says so.
 *
 * What was in flight is pending again, all sending is on hold, and the store itself tells that it was restored, from
 * what, and up to when it knows: what was sent after that is not in it and may go again. Called on the copy (see
 * store/restore_file.h) before it is staged, so that there is no moment at which it could be opened without the hold.
 */
#ifndef GB_CORE_RESTORE_H
#define GB_CORE_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

struct actor;
struct db;

enum { RESTORE_ID_BYTES = 17, RESTORE_FILE_BYTES = 1024 };

struct restore_note {
    char id[RESTORE_ID_BYTES]; /* of this restore, to tell it from others; "" when there was none */
    int64_t at_us;             /* when it was asked for; 0: the store was never restored */
    int64_t newest_us;         /* the newest thing that the store knew then; 0: nothing */
    char file[RESTORE_FILE_BYTES];
    bool is_open; /* nobody has let it send since */
};

/* In a transaction of its own; audited as "store.restore". */
int restore_prepare(struct db *db, const struct actor *actor, const char *file, struct restore_note *out);
/* The last one, from the store in use. */
int restore_note_read(struct db *db, struct restore_note *out);
/* Sending goes on: what was restored has been seen to. */
int restore_note_close(struct db *db);

#endif
