/*
 * Drafts of alerts from VMA: suggestions for a person to send or to discard. Nothing is sent here, ever.
 *
 *   what comes (real: Actual, Public)   no suggestion, or    one that waits       one that was sent
 *                                       one that has ended   (draft, submitted)   and is in force
 *   Alert, Update, for our places       a new draft          a new draft in its   a draft of an update
 *                                                            place
 *   Cancel, or no longer our places     nothing              discarded            a draft of a recall
 *   its time is over                    nothing              (discarded by time)  nothing
 *
 * Messages go together by their incident, and the newest one sent wins: whatever is older than the newest that was seen
 * is passed over, in whatever order and however often it comes. Everything else than real (exercises, tests) is passed
 * over before any of this. A message that is no longer listed is no Cancel: a draft then stays until its time is over,
 * since a source that has lost something has not said that the danger is.
 * Those who may send the suggestion are told by mail, once for each.
 *
 * Writer, in the caller's transaction. Audited as "vma". Never logs.
 */
#ifndef GB_CORE_VMA_DRAFT_H
#define GB_CORE_VMA_DRAFT_H

#include <stdint.h>

#include "core/source_json.h"

struct config;
struct db;
struct source_places;
struct vma_list;

struct vma_taken {
    int drafts, updates, recalls; /* suggestions made */
    int ended;                    /* drafts discarded, also for a newer one */
    struct source_faults faults;  /* real messages that no draft could be made of */
};

/* Take the whole list. 0 and *out, or the store's error: then nothing of it is to be kept. */
int vma_take(struct db *db, const struct config *config, const struct source_places *places,
             const struct vma_list *list, struct vma_taken *out);

/* Incidents that ended long ago are forgotten. */
int vma_forget(struct db *db, int64_t now_us);

#endif
