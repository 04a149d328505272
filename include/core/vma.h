/*
 * Viktigt meddelande till allmänheten (VMA) as Sveriges Radio's API gives it: CAP 1.2 as JSON in camelCase,
 * {"timestamp": ..., "alerts": [...]}.
 *
 * Reading only: what is drafted of it is core/vma_draft.h's. An alert that cannot be used (no identifier, no time, an
 * unknown status) is left out and counted as a fault; unknown members are passed over; `incidents` may be a text or an
 * array, `info` null. A status that is not understood is never taken for Actual.
 * Texts are the source's own, letter by letter, but for characters that cannot be seen.
 *
 * Pure, any thread. Ownership: the list is the caller's, and everything in it.
 */
#ifndef GB_CORE_VMA_H
#define GB_CORE_VMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source_json.h"

enum {
    VMA_ALERTS_MAX = 500,
    VMA_CODES_MAX = 400, /* places of one alert: more than there are municipalities and counties */
    VMA_CODE_BYTES = 5,
    VMA_ID_BYTES = 200,
    VMA_EVENT_BYTES = 1000,
    VMA_TEXT_BYTES = 12000, /* of description and of instruction */
    VMA_LEVEL_BYTES = 16
};

/* identifier, CAP's word */
#define VMA_STATUS_MAP(X)   \
    X(ACTUAL, "Actual")     \
    X(EXERCISE, "Exercise") \
    X(SYSTEM, "System")     \
    X(TEST, "Test")         \
    X(DRAFT, "Draft")
#define VMA_TYPE_MAP(X) \
    X(ALERT, "Alert")   \
    X(UPDATE, "Update") \
    X(CANCEL, "Cancel") \
    X(ACK, "Ack")       \
    X(ERROR, "Error")
#define VMA_SCOPE_MAP(X)        \
    X(PUBLIC, "Public")         \
    X(RESTRICTED, "Restricted") \
    X(PRIVATE, "Private")

enum vma_status {
#define VMA_STATUS_ENUM(id, word) VMA_STATUS_##id,
    VMA_STATUS_MAP(VMA_STATUS_ENUM)
#undef VMA_STATUS_ENUM
};
enum vma_type {
#define VMA_TYPE_ENUM(id, word) VMA_TYPE_##id,
    VMA_TYPE_MAP(VMA_TYPE_ENUM)
#undef VMA_TYPE_ENUM
};
enum vma_scope {
#define VMA_SCOPE_ENUM(id, word) VMA_SCOPE_##id,
    VMA_SCOPE_MAP(VMA_SCOPE_ENUM)
#undef VMA_SCOPE_ENUM
};

/* In one language; all NULL when it is not there. */
struct vma_text {
    char *event; /* one line, CAP's event: there is no headline */
    char *description, *instruction;
};

struct vma_alert {
    char *identifier;  /* "SRCAP-..." */
    char *incident;    /* "SRVMA-...": what belongs together; the identifier when none is named */
    char *sender_name; /* or NULL */
    char *web;         /* https:// only, or NULL */
    int64_t sent_us;
    int64_t expires_us; /* the latest of its parts; 0: not said */
    enum vma_status status;
    enum vma_type type;
    enum vma_scope scope;
    char severity[VMA_LEVEL_BYTES], urgency[VMA_LEVEL_BYTES], certainty[VMA_LEVEL_BYTES]; /* CAP's words, lower case */
    struct vma_text sv; /* the Swedish text, or the only one there is */
    struct vma_text en;
    char (*codes)[VMA_CODE_BYTES]; /* "1292" a municipality, "12" a county, "00" the whole country; none twice */
    size_t code_count;
};

struct vma_list {
    struct vma_alert *alerts; /* in the source's order */
    size_t count;
    struct source_faults faults; /* alerts left out */
};

/* 0 and *out, or ERR_PROTOCOL or ERR_TOO_LARGE with words when the answer as a whole cannot be used. */
int vma_parse(const char *data, size_t n, struct vma_list **out, struct err *err);
void vma_list_free(struct vma_list *list); /* NULL is fine */

/* May it reach anybody: an actual one, for the public, that warns or takes a warning back? Everything else (exercises,
 * tests, what the source tells itself) is nothing to anybody, and takes nothing back either. */
bool vma_is_real(const struct vma_alert *alert);
/* Does `a` come after `b` (same incident)? The later one sent; sent at the same time, a Cancel, then an Update. */
bool vma_is_newer(const struct vma_alert *a, int64_t b_sent_us, enum vma_type b_type, const char *b_identifier);

const char *vma_type_word(enum vma_type type);
bool vma_type_parse(const char *word, enum vma_type *out);

#endif
