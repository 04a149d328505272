/*
 * The rows of contact persons: reading, finding, writing them. Shared by contact.c (one person at a time, by staff)
 * and register_import.c (many, from a file); nobody else includes it. Neither scope (but in person_load) nor audit:
 * that is the callers' part.
 */
#ifndef GB_CORE_PERSON_H
#define GB_CORE_PERSON_H

#include <stdint.h>

#include "base/codec.h"
#include "core/address.h"
#include "core/area.h"
#include "core/group.h"

/* A person as it will stand; texts owned. */
struct person {
    char municipality[MUNICIPALITY_CODE_BYTES];
    char *name, *name_key, *phone, *phone_alt;
    int64_t trained, trained_year; /* -1: not known */
    int64_t is_protected;
    struct address addresses[CONTACT_ADDRESSES_MAX];
    int address_count; /* -1: leave as they are */
};

void person_fini(struct person *p);
/* Lay what is asked for over what is there, checked. */
int person_merge(struct person *p, const struct contact_input *in, struct err *err);
/* Within the actor's scope; ERR_NOT_FOUND with words. address_count is left as it is. */
int person_load(struct db *db, const struct actor *actor, int64_t id, struct person *p, struct err *err);
/* Somebody already in the municipality's register who is this person: the same name, and an address or telephone in
 * common; or the same name in this group when the person has neither. ERR_NOT_FOUND when nobody is. */
int person_find_same(struct db *db, const struct person *p, int64_t group_id, int64_t *id);
int person_insert(struct db *db, const struct person *p, int64_t *id);
/* All but the addresses. *changed (may be NULL): 1, or 0 when everything was so already. */
int person_update(struct db *db, int64_t id, const struct person *p, int64_t *changed);
/* Make the stored addresses the wanted ones; an address that stays keeps its row and its "no". */
int person_set_addresses(struct db *db, int64_t contact_id, const struct person *p);
/* Add those of the person's addresses that the register has not; *added counts up. ERR_TOO_LARGE when there would be
 * more than CONTACT_ADDRESSES_MAX. */
int person_add_missing(struct db *db, int64_t contact_id, const struct person *p, int *added);
/* One more. A mailbox that said no before is marked so. */
int person_add_address(struct db *db, int64_t contact_id, int position, const struct address *a);
/* What a mailbox said no to. */
enum person_no { PERSON_NO_LETTERS, PERSON_NO_ALERTS };
/* Keyed, so that the table of mailboxes that said no tells nobody which they are; another one for each no. */
int person_suppression_hash(struct db *db, enum person_no kind, const char *address_key, char out[SHA256_HEX_BYTES]);

#endif
