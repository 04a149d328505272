/*
 * Alerts as rows, and their messages, for tests of the ledger and of the mail: without the rules of core/alert.h.
 */
#ifndef GB_TESTS_ALERT_ROWS_H
#define GB_TESTS_ALERT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

struct db;

struct alert_rows_input {
    const char *type;                                            /* NULL: alert */
    int64_t root_id;                                             /* 0: its own */
    const char *title, *text, *instruction, *title_en, *text_en; /* NULL: "Inbrott i Vejbystrand", "Lås dörren.", "" */
    bool is_exercise, life_danger;
    int64_t not_before_us, expires_us; /* expires 0: in a day */
    bool takes_queued;                 /* of an update */
};

/* The alert's row; its id. */
int alert_rows_add(struct db *db, const struct alert_rows_input *in, int64_t *id);
int alert_rows_add_group(struct db *db, int64_t alert_id, int64_t group_id);
/* Open the message of the alert: a root's own, or one that follows. */
int alert_rows_open(struct db *db, const struct alert_rows_input *in, int64_t alert_id, int64_t *message_id);

#endif
