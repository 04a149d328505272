/*
 * A store with groups to warn, a configuration, and an alert to send, for tests of core/alert.
 *
 *   1292 Ängelholm: "Rosen" at 56.2428, 12.8622 (astrid@), "Nyponet" (bo@) · 1257 Örkelljunga: "Åsen" (nobody)
 */
#ifndef GB_TESTS_ALERT_WORLD_H
#define GB_TESTS_ALERT_WORLD_H

#include "core/alert.h"
#include "core/config.h"
#include "core/ledger.h"
#include "lib/store_fixture.h"

struct alert_world {
    struct store_fixture f;
    struct config config;
    int64_t rosen, nyponet, asen;
    struct alert_answer answer; /* of the last change */
    struct alert_target target; /* of alert_world_target */
    struct job jobs[64];
};

void alert_world_init(struct alert_world *w);
void alert_world_fini(struct alert_world *w);
/* Boat thefts in Ängelholm. */
struct alert_input alert_world_input(void);
/* Set a text member by its name. */
void alert_world_set(struct alert_input *in, const char *member, const char *value);
/* Aim at the JSON form of a target; one at a time. */
void alert_world_target(struct alert_world *w, struct alert_input *in, const char *json);

/* Plan and carry out; w->answer and w->f.err tell the rest. */
int alert_world_send(struct alert_world *w, const struct actor *actor, const struct alert_input *in);
int alert_world_approve(struct alert_world *w, const struct actor *actor, int64_t id, const char *hash);
int alert_world_send_draft(struct alert_world *w, const struct actor *actor, int64_t id);
int alert_world_update(struct alert_world *w, const struct actor *actor, int64_t id, const struct alert_input *in);
int alert_world_recall(struct alert_world *w, const struct actor *actor, int64_t id, const char *text);
/* Fail the test with the words unless rc is 0. */
void alert_world_ok(struct alert_world *w, int rc);

/* How many alerts there are. */
int64_t alert_world_count(struct alert_world *w);
/* The ledger: expand all; claim all that is due (into jobs); record a claimed row. */
void alert_world_expand(struct alert_world *w);
int alert_world_claim(struct alert_world *w);
void alert_world_record(struct alert_world *w, const struct job *job, enum delivery_state state);

#endif
