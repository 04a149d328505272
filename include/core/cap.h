/*
 * One alert as a document of the Common Alerting Protocol 1.2 (OASIS, urn:oasis:names:tc:emergency:cap:1.2).
 *
 * Called by the feeds and by webhooks of the format `cap`, on a store thread or any other: pure, no store, no clock,
 * never logs. The same alert and sender give the same bytes. What is written is valid against the OASIS schema whatever
 * the texts hold; a test holds it against that with libxml2.
 *
 * Choices: one info per language, Swedish first, English when the alert has English texts. An exercise has status
 * Exercise, and says so in note, headline and description too, since not every reader looks at the status. Geocodes are
 * SCB's municipality codes under the name that Sveriges Radio uses ("Kommun"). A recall is a Cancel with an info whose
 * urgency is Past. References name every earlier message of the thread that was sent. Nothing of whom it reached, nor
 * any group's or person's name, is in it.
 */
#ifndef GB_CORE_CAP_H
#define GB_CORE_CAP_H

#include <stdbool.h>

struct alert_view;
struct buf;
struct config;
struct err;
struct zone;

enum {
    CAP_MAX_BYTES = 512 * 1024, /* no document is larger: room for a buf that takes any */
    CAP_HEADLINE_CHARS = 160,
};

#define CAP_CONTENT_TYPE "application/cap+xml"

/* Who sends; texts owned. */
struct cap_sender {
    char *id;          /* <sender>: the sender's address, or the node's host where that has what CAP forbids there */
    char *name;        /* <senderName> */
    char *contact;     /* <contact> */
    char *base_url;    /* of the node, without a slash at its end */
    struct zone *zone; /* the node's: times carry its offset */
    bool is_test;      /* for the caller to set: status Test, a technical trial that nobody shall act upon */
};
/* From the configuration: 0, or zone_open's error with words. */
int cap_sender_init(struct cap_sender *out, const struct config *config, struct err *err);
/* Harmless on a zeroed struct. */
void cap_sender_fini(struct cap_sender *sender);

/* Append the document: 0; ERR_INVALID when the alert was never sent (it has no time to be referred to by);
 * ERR_TOO_LARGE when `out` is full. */
int cap_write(const struct alert_view *alert, const struct cap_sender *sender, struct buf *out);

/* Append the title as people read it in lists: "ÖVNING: ", and "Ändrad varning: " or "Varningen är över: " before it,
 * cut to CAP_HEADLINE_CHARS. Not escaped. */
void cap_headline(const struct alert_view *alert, struct buf *out);

/* Append where it applies as strangers may read it: the alert's own words, or its municipalities when those would name
 * single groups. Not escaped; never nothing. */
void cap_area(const struct alert_view *alert, struct buf *out);

#endif
