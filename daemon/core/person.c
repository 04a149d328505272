/* The rows of contact persons; the contract is in core/person.h. */
#include "core/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/group.h"
#include "core/ledger.h"
#include "core/phone.h"
#include "store/db.h"

enum { CONTACT_NAME_MAX = 120, CONTACT_YEAR_MIN = 1950, CONTACT_YEAR_MAX = 2200 };

void person_fini(struct person *p)
{
    free(p->name);
    free(p->name_key);
    free(p->phone);
    free(p->phone_alt);
}

static int take_name(struct person *p, const char *name, struct err *err)
{
    if (name) {
        char *clean = text_clean(name);
        if (!clean || text_has_control(clean, strlen(clean)) || text_length(clean) > CONTACT_NAME_MAX) {
            free(clean);
            return err_set(err, ERR_INVALID, "the name is longer than %d characters or cannot be shown",
                           CONTACT_NAME_MAX);
        }
        free(p->name);
        p->name = clean;
    }
    if (!p->name || !p->name[0])
        return err_set(err, ERR_INVALID, "a contact person needs a name");
    free(p->name_key);
    p->name_key = text_fold(p->name);
    return 0;
}

static int take_phone(char **slot, const char *text, struct err *err)
{
    struct phone phone;
    if (!text)
        return 0;
    if (text[0]) {
        int rc = phone_parse(text, &phone, err);
        if (rc)
            return rc;
    }
    free(*slot);
    *slot = text[0] ? xstrdup(phone.e164) : NULL;
    return 0;
}

static int take_addresses(struct person *p, const struct contact_input *in, struct err *err)
{
    p->address_count = in->address_count;
    if (in->address_count > CONTACT_ADDRESSES_MAX)
        return err_set(err, ERR_TOO_LARGE, "a person has at most %d addresses", CONTACT_ADDRESSES_MAX);
    for (int i = 0; i < in->address_count; i++) {
        int rc = address_parse(in->addresses[i], &p->addresses[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

int person_merge(struct person *p, const struct contact_input *in, struct err *err)
{
    int rc = take_name(p, in->name, err);
    if (rc == 0)
        rc = take_phone(&p->phone, in->phone, err);
    if (rc == 0)
        rc = take_phone(&p->phone_alt, in->phone_alt, err);
    if (rc == 0)
        rc = take_addresses(p, in, err);
    if (rc)
        return rc;
    if (in->trained != -2)
        p->trained = in->trained;
    if (in->trained_year != -2) {
        if (in->trained_year != -1 && (in->trained_year < CONTACT_YEAR_MIN || in->trained_year > CONTACT_YEAR_MAX))
            return err_set(err, ERR_INVALID, "trained in %d: write the year with four digits", in->trained_year);
        p->trained_year = in->trained_year;
    }
    if (in->is_protected != -2)
        p->is_protected = in->is_protected;
    return 0;
}

/* Keyed, so that the table tells nobody which addresses it holds. */
int person_suppression_hash(struct db *db, enum person_no kind, const char *address_key, char out[SHA256_HEX_BYTES])
{
    static const char *const prefix[] = {[PERSON_NO_LETTERS] = "", [PERSON_NO_ALERTS] = "alerts\n"};
    uint8_t key[32];
    uint8_t sum[SHA256_BYTES];
    char text[ADDRESS_KEY_BYTES + 16];
    int rc = ledger_token_key(db, key);
    if (rc)
        return rc;
    int n = snprintf(text, sizeof text, "%s%s", prefix[kind], address_key);
    hmac_sha256(key, sizeof key, text, (size_t)n, sum);
    hex_encode(sum, sizeof sum, out);
    return 0;
}

/* A mailbox that said no at any time keeps it. */
static int mark_no(struct db *db, enum person_no kind, enum query mark, int64_t id, const char *address_key)
{
    char hash[SHA256_HEX_BYTES];
    int64_t at = 0;
    int rc = person_suppression_hash(db, kind, address_key, hash);
    if (rc == 0)
        rc = db_get_int(db, &at, Q_SUPPRESSION_GET, DB_ARGS(DB_TEXT(hash)));
    if (rc == ERR_NOT_FOUND)
        return 0;
    return rc ? rc : db_exec(db, NULL, mark, DB_ARGS(DB_INT(id), DB_INT(at)));
}

int person_add_address(struct db *db, int64_t contact_id, int position, const struct address *a)
{
    int64_t id = id_new(db_now_us(db));
    int rc = db_exec(db, NULL, Q_ADDRESS_INSERT,
                     DB_ARGS(DB_INT(id), DB_INT(contact_id), DB_INT(position), DB_TEXT(a->full), DB_TEXT(a->key),
                             DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = mark_no(db, PERSON_NO_LETTERS, Q_ADDRESS_MARK_NO, id, a->key);
    return rc ? rc : mark_no(db, PERSON_NO_ALERTS, Q_ADDRESS_MARK_NO_ALERTS, id, a->key);
}

/* Where the key stands among the person's new addresses, or -1. */
static int wanted_at(const struct person *p, const char *key)
{
    for (int i = 0; i < p->address_count; i++)
        if (strcmp(p->addresses[i].key, key) == 0)
            return i;
    return -1;
}

/* Make the stored addresses the wanted ones; an address that stays keeps its row and its "no". */
int person_set_addresses(struct db *db, int64_t contact_id, const struct person *p)
{
    int64_t gone[64];
    int64_t kept_id[CONTACT_ADDRESSES_MAX] = {0};
    int gone_count = 0;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact_id)));
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        int at = wanted_at(p, db_text(rows, 2));
        if (at >= 0)
            kept_id[at] = db_int(rows, 0);
        else if (gone_count < (int)ARRAY_LEN(gone))
            gone[gone_count++] = db_int(rows, 0);
        rc = 0;
    }
    db_done(rows);
    for (int i = 0; rc == 0 && i < gone_count; i++) {
        rc = db_exec(db, NULL, Q_DELIVERY_WITHDRAW_ADDRESS, DB_ARGS(DB_INT(gone[i]), DB_INT(db_now_us(db))));
        if (rc == 0)
            rc = db_exec(db, NULL, Q_ADDRESS_DELETE, DB_ARGS(DB_INT(gone[i])));
    }
    for (int i = 0; rc == 0 && i < p->address_count; i++) {
        if (kept_id[i])
            rc = db_exec(db, NULL, Q_ADDRESS_TOUCH,
                         DB_ARGS(DB_INT(kept_id[i]), DB_INT(i + 1), DB_TEXT(p->addresses[i].full)));
        else if (wanted_at(p, p->addresses[i].key) == i) /* the same one twice in the list is one */
            rc = person_add_address(db, contact_id, i + 1, &p->addresses[i]);
    }
    return rc;
}

/* Somebody already in the register who is this person: by address, telephone, or name within the group. */
int person_find_same(struct db *db, const struct person *p, int64_t group_id, int64_t *id)
{
    int rc = ERR_NOT_FOUND;
    for (int i = 0; rc == ERR_NOT_FOUND && i < p->address_count; i++)
        rc = db_get_int(db, id, Q_CONTACT_BY_ADDRESS,
                        DB_ARGS(DB_TEXT(p->municipality), DB_TEXT(p->name_key), DB_TEXT(p->addresses[i].key)));
    if (rc == ERR_NOT_FOUND && p->phone)
        rc = db_get_int(db, id, Q_CONTACT_BY_PHONE,
                        DB_ARGS(DB_TEXT(p->municipality), DB_TEXT(p->name_key), DB_TEXT(p->phone)));
    if (rc == ERR_NOT_FOUND && p->address_count <= 0 && !p->phone)
        rc = db_get_int(db, id, Q_CONTACT_BY_GROUP, DB_ARGS(DB_INT(group_id), DB_TEXT(p->name_key)));
    return rc;
}

int person_insert(struct db *db, const struct person *p, int64_t *id)
{
    int64_t new_id = id_new(db_now_us(db));
    int rc = db_exec(db, NULL, Q_CONTACT_INSERT,
                     DB_ARGS(DB_INT(new_id), DB_TEXT(p->municipality), DB_TEXT(p->name), DB_TEXT(p->name_key),
                             DB_TEXT(p->phone), DB_TEXT(p->phone_alt), DB_OPT_INT(p->trained),
                             DB_OPT_INT(p->trained_year), DB_INT(p->is_protected), DB_INT(db_now_us(db))));
    for (int i = 0; rc == 0 && i < p->address_count; i++)
        if (wanted_at(p, p->addresses[i].key) == i)
            rc = person_add_address(db, new_id, i + 1, &p->addresses[i]);
    if (rc == 0)
        *id = new_id;
    return rc;
}

int person_load(struct db *db, const struct actor *actor, int64_t id, struct person *p, struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &actor->scope, &rows, Q_CONTACT_GET, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        snprintf(p->municipality, sizeof p->municipality, "%s", db_text(rows, 1));
        p->name = xstrdup(db_text(rows, 2));
        p->phone = xstrdup_opt(db_opt_text(rows, 3));
        p->phone_alt = xstrdup_opt(db_opt_text(rows, 4));
        p->trained = db_opt_int(rows, 5);
        p->trained_year = db_opt_int(rows, 6);
        p->is_protected = db_int(rows, 7);
    }
    db_done(rows);
    return rc > 0   ? 0
           : rc < 0 ? rc
                    : err_set(err, ERR_NOT_FOUND, "there is no such contact person in your area: see contact list");
}

int person_update(struct db *db, int64_t id, const struct person *p, int64_t *changed)
{
    return db_exec(db, changed, Q_CONTACT_UPDATE,
                   DB_ARGS(DB_INT(id), DB_TEXT(p->name), DB_TEXT(p->name_key), DB_TEXT(p->phone), DB_TEXT(p->phone_alt),
                           DB_OPT_INT(p->trained), DB_OPT_INT(p->trained_year), DB_INT(p->is_protected),
                           DB_INT(db_now_us(db))));
}

int person_add_missing(struct db *db, int64_t contact_id, const struct person *p, int *added)
{
    int64_t position = 0;
    int64_t there = 0;
    int rc = 0;
    for (int i = 0; rc == 0 && i < p->address_count; i++) {
        rc = db_get_int(db, &there, Q_ADDRESS_COUNT, DB_ARGS(DB_INT(contact_id), DB_TEXT(p->addresses[i].key)));
        if (rc || there > 0)
            continue;
        if (position == 0)
            rc = db_get_int(db, &position, Q_ADDRESS_NEXT_POSITION, DB_ARGS(DB_INT(contact_id)));
        if (rc)
            break;
        if (position > CONTACT_ADDRESSES_MAX)
            return ERR_TOO_LARGE;
        rc = person_add_address(db, contact_id, (int)position++, &p->addresses[i]);
        (*added)++;
    }
    return rc;
}
