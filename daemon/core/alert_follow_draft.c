/* Drafts of updates and recalls; the contract is in alert_follow_draft.h. */
#include "core/alert_follow_draft.h"

#include <stdio.h>

#include "base/id.h"

enum { NOTE_BYTES = 100 };

/* What the draft says, as if a person had typed it. */
static struct alert_input input_of(const struct alert_row *row, const char *override_reason)
{
    struct alert_input in = ALERT_INPUT_INIT;
    in.title = row->title;
    in.text = row->text;
    in.instruction = row->instruction;
    in.title_en = row->title_en;
    in.text_en = row->text_en;
    in.severity = alert_severity_word(row->severity);
    in.urgency = alert_urgency_word(row->urgency);
    in.certainty = alert_certainty_word(row->certainty);
    in.expires_us = row->expires_us;
    in.override_reason = override_reason;
    return in;
}

int alert_follow_draft_plan(struct db *db, const struct actor *actor, const struct config *config,
                            const struct alert_row *row, struct alert_plan *plan, struct err *err)
{
    struct alert_input in = input_of(row, NULL);
    if (row->type == ALERT_TYPE_RECALL)
        return 0;
    return alert_plan_update(db, actor, config, row->root_id, &in, plan, err);
}

int alert_follow_draft_send(struct db *db, const struct actor *actor, const struct config *config,
                            const struct alert_row *row, const char *override_reason, struct alert_plan *plan,
                            struct alert_answer *answer, struct err *err)
{
    struct alert_input in = input_of(row, override_reason);
    const struct alert_recall_input recall = {.title = row->title, .text = row->text, .note = row->origin_id};
    char id[ID_TEXT_BYTES];
    char note[NOTE_BYTES];
    int rc = row->type == ALERT_TYPE_RECALL ? alert_recall(db, actor, config, row->root_id, &recall, answer, err)
                                            : alert_update(db, actor, config, row->root_id, &in, plan, answer, err);
    if (rc)
        return rc;
    snprintf(note, sizeof note, "skickat som %s", id_format(ID_ALERT, answer->id, id));
    return alert_discard(db, actor, row->id, note, err);
}
