/*
 * A letter that anybody may read, as the feed and its page show it: as it was approved, with words in its slots that
 * fit everybody. Callers have looked up nothing but public letters that have begun to go out (sql/feed.sql). Store
 * thread.
 */
#ifndef GB_HTTP_PUBLIC_LETTER_H
#define GB_HTTP_PUBLIC_LETTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/area.h"
#include "core/letter_source.h"

struct api_call;
struct db;
struct db_rows;

struct public_target {
    char code[MUNICIPALITY_CODE_BYTES];
    char *name;
};

/* Texts owned; ended with public_letter_fini. */
struct public_letter {
    int64_t id, sent_us;
    char *kind, *source;
    char *area;                    /* the police area's name, or NULL */
    struct public_target *targets; /* at most LETTER_MUNICIPALITIES_MAX */
    size_t target_count;
};

/* From a row of feed_letters or feed_letter. 0, or the store's error; _fini in either case. */
int public_letter_read(struct db *db, const struct db_rows *rows, struct public_letter *out);
/* Harmless on a zeroed one. */
void public_letter_fini(struct public_letter *letter);

/* The municipality of `code` among those that the letter is for, or NULL. */
const struct public_target *public_letter_target(const struct public_letter *letter, const char *code);
/* Whose parts are shown when `code` ("" for none) is asked for: that one's, or the only one's; NULL: those for all. */
const struct public_target *public_letter_whose(const struct public_letter *letter, const char *code);

struct public_shown {
    struct buf subject, text, html; /* whole documents */
};
void public_shown_init(struct public_shown *shown);
void public_shown_fini(struct public_shown *shown);
/* The letter as the mail writer makes it. 0, or a negative code with words in call->err. */
int public_letter_show(struct api_call *call, const struct public_letter *letter, const char *code,
                       struct public_shown *out);

#endif
