/*
 * Identifiers: made by us and not by the database engine, so that SQLite and PostgreSQL
 * need no dialect for them. Inside a BIGINT, outside an opaque text such as
 * "let_0d4k7h2m9q1r5".
 *
 * The number is (milliseconds since 2025-01-01 UTC << 21) + 21 random bits, and at least one
 * more than the one before in this process: sortable by time, unique over several
 * nodes by chance, and over one node by construction. 63 bits last until 2164.
 *
 * Threads: any (one atomic).
 */
#ifndef GB_BASE_ID_H
#define GB_BASE_ID_H

#include <stddef.h>
#include <stdint.h>

/* kind, prefix of the outside form */
#define ID_KIND_MAP(X) \
    X(GROUP, "grp")    \
    X(CONTACT, "con")  \
    X(SERIES, "ser")   \
    X(LETTER, "let")   \
    X(MESSAGE, "msg")  \
    X(DELIVERY, "dlv") \
    X(USER, "usr")     \
    X(TOKEN, "tok")    \
    X(ALERT, "alr")    \
    X(WEBHOOK, "whk")  \
    X(EVENT, "evt")    \
    X(MEETING, "mtg")

enum id_kind {
#define ID_ENUM(name, prefix) ID_##name,
    ID_KIND_MAP(ID_ENUM)
#undef ID_ENUM
};

enum { ID_TEXT_BYTES = 24 };

/* A new number > 0. `real_us` is the wall clock (clock_real_us). */
int64_t id_new(int64_t real_us);
/* The first of `n` consecutive new numbers, for rows that one statement makes. */
int64_t id_new_range(int64_t real_us, int64_t n);
/* Opaque text into out[ID_TEXT_BYTES]; returns out. id > 0. */
char *id_format(enum id_kind kind, int64_t id, char out[ID_TEXT_BYTES]);
/* 0 and *out, or ERR_INVALID when `text` is not an id of this kind. */
int id_parse(enum id_kind kind, const char *text, int64_t *out);

#endif
