/*
 * An alert as HTML for the public: what pages and feeds say of it, in Swedish and in English. Names nobody, tells no
 * number of recipients. Callers have checked that the alert is public and was sent. Pure, any thread.
 */
#ifndef GB_HTTP_ALERT_HTML_H
#define GB_HTTP_ALERT_HTML_H

#include <stdbool.h>
#include <stdint.h>

struct alert_view;
struct buf;

/* Where an alert stands at `now_us`. */
enum alert_stage {
    ALERT_STAGE_VALID,
    ALERT_STAGE_CHANGED, /* another one of its thread has taken its place */
    ALERT_STAGE_OVER,    /* taken back */
    ALERT_STAGE_RUN_OUT, /* its time is over */
};
enum alert_stage alert_stage(const struct alert_view *alert, int64_t now_us);
/* When it came to stand there, or was sent: what a reader has not seen is newer than what he saw. */
int64_t alert_changed_us(const struct alert_view *alert, int64_t now_us);

/* Append the title with what must not be overlooked before it ("ÖVNING: ", "Har gått ut: "). Plain text. */
void alert_public_title(const struct alert_view *alert, int64_t now_us, struct buf *out);
/* Append one or two plain sentences: exercise or not, valid until when or over, and where. */
void alert_public_summary(const struct alert_view *alert, int64_t now_us, struct buf *out);
/* Append the whole as HTML without head and h1: its stage, text, what to do, whom to call; headings from h2. Returns 0,
 * or ERR_TOO_LARGE. `author` is who sends. */
int alert_public_html(const struct alert_view *alert, int64_t now_us, const char *author, struct buf *out);
/* The same in English: what is known in English, and else what kind of warning it is. */
int alert_public_html_en(const struct alert_view *alert, int64_t now_us, struct buf *out);

#endif
