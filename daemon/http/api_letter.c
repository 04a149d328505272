/* Routes of letters: the table, and what changes a letter. The rules are in core/letter.h; reading is elsewhere. */
#include "http/api_letter.h"

#include "base/err.h"
#include "base/id.h"
#include "core/area.h"
#include "core/letter.h"
#include "http/api.h"
#include "store/db.h"

int api_letter_find(struct api_call *call, struct db *db, int64_t *id)
{
    return letter_find(db, &call->actor, api_param(call, "id"), id, &call->err);
}

/* An absent and an empty text are the same here. */
static int optional_text(struct api_call *call, const char *name, const char **out)
{
    int rc = api_body_text(call, name, out);
    if (rc == 0 && *out && !(*out)[0])
        *out = NULL;
    return rc;
}

static int needed_text(struct api_call *call, const char *name, const char *what, const char **out)
{
    int rc = optional_text(call, name, out);
    if (rc == 0 && !*out)
        rc = err_set(&call->err, ERR_INVALID, "\"%s\" is missing: %s", name, what);
    return rc;
}

static int add_letter(struct api_call *call, struct db *db)
{
    struct letter_options options = {.series = NULL};
    const char *source = NULL;
    int64_t id = 0;
    int rc = api_body_only(call, "source series scope");
    if (rc == 0)
        rc = needed_text(call, "source", "send the whole Markdown file", &source);
    if (rc == 0)
        rc = optional_text(call, "series", &options.series);
    if (rc == 0)
        rc = optional_text(call, "scope", &options.scope);
    if (rc == 0)
        rc = letter_add(db, &call->actor, source, &options, &id, &call->err);
    call->status = 201;
    return rc ? rc : api_letter_show(call, db, id);
}

static int edit_letter(struct api_call *call, struct db *db)
{
    const char *source = NULL;
    int64_t id = 0;
    int rc = api_body_only(call, "source");
    if (rc == 0)
        rc = needed_text(call, "source", "send the whole Markdown file", &source);
    if (rc == 0)
        rc = api_letter_find(call, db, &id);
    if (rc == 0)
        rc = letter_edit(db, &call->actor, id, source, &call->err);
    return rc ? rc : api_letter_show(call, db, id);
}

static int test_letter(struct api_call *call, struct db *db)
{
    const char *to = NULL;
    const char *municipality = NULL;
    char code[MUNICIPALITY_CODE_BYTES];
    int64_t id = 0;
    int64_t message = 0;
    int rc = api_body_only(call, "to municipality");
    if (rc == 0)
        rc = needed_text(call, "to", "the address that gets the test copy", &to);
    if (rc == 0)
        rc = optional_text(call, "municipality", &municipality);
    if (rc == 0)
        rc = api_letter_find(call, db, &id);
    if (rc == 0 && municipality)
        rc = area_find_municipality(db, municipality, code, &call->err);
    if (rc == 0)
        rc = letter_test(db, &call->actor, id, to, municipality ? code : NULL, &message, &call->err);
    if (rc)
        return rc;
    call->status = 202; /* it is in the ledger, not with the reader */
    call->result = json_pack("{s:o, s:o}", "letter", api_id(ID_LETTER, id), "message", api_id(ID_MESSAGE, message));
    return 0;
}

static int submit_letter(struct api_call *call, struct db *db)
{
    const char *reason = NULL;
    int64_t id = 0;
    int rc = api_body_only(call, "override_reason");
    if (rc == 0)
        rc = optional_text(call, "override_reason", &reason);
    if (rc == 0)
        rc = api_letter_find(call, db, &id);
    if (rc == 0)
        rc = letter_submit(db, &call->actor, call->config, id, reason, &call->err);
    return rc ? rc : api_letter_show(call, db, id);
}

/* A change to the letter of the path that takes one text, if any, from the body's only member. */
static int change_with(struct api_call *call, struct db *db, const char *member,
                       int (*change)(struct db *, const struct actor *, int64_t, const char *, struct err *))
{
    const char *text = NULL;
    int64_t id = 0;
    int rc = api_body_only(call, member);
    if (rc == 0)
        rc = optional_text(call, member, &text);
    if (rc == 0)
        rc = api_letter_find(call, db, &id);
    if (rc == 0)
        rc = change(db, &call->actor, id, text, &call->err);
    return rc ? rc : api_letter_show(call, db, id);
}

static int approve_letter(struct api_call *call, struct db *db)
{
    return change_with(call, db, "hash", letter_approve);
}

static int reject_letter(struct api_call *call, struct db *db)
{
    return change_with(call, db, "note", letter_reject);
}

static int send_letter(struct api_call *call, struct db *db)
{
    int64_t at_us = 0;
    int64_t id = 0;
    int rc = api_body_only(call, "at");
    if (rc == 0)
        rc = api_body_time(call, "at", &at_us);
    if (rc == 0)
        rc = api_letter_find(call, db, &id);
    if (rc == 0)
        rc = letter_send(db, &call->actor, id, at_us, &call->err);
    return rc ? rc : api_letter_show(call, db, id);
}

static int cancel_letter(struct api_call *call, struct db *db)
{
    return change_with(call, db, "note", letter_cancel);
}

const struct api_route API_ROUTES_LETTER[] = {
    {HTTP_METHOD_GET, "/api/v1/letter", API_READ, PERM_READ, API_NO_BODY, api_letter_list,
     "List letters, newest first, by state or series."},
    {HTTP_METHOD_POST, "/api/v1/letter", API_WRITE, PERM_LETTER, API_JSON, add_letter,
     "Make a draft of a Markdown file."},
    {HTTP_METHOD_GET, "/api/v1/letter/{id}", API_READ, PERM_READ, API_NO_BODY, api_letter_get,
     "Show a letter with its source and, until it goes out, its audience today; the id may be latest."},
    {HTTP_METHOD_PUT, "/api/v1/letter/{id}", API_WRITE, PERM_LETTER, API_JSON, edit_letter,
     "Give a letter another text; an approval becomes void."},
    {HTTP_METHOD_GET, "/api/v1/letter/{id}/lint", API_READ, PERM_READ, API_NO_BODY, api_letter_lint,
     "Check a letter: personal data, links, plain language."},
    {HTTP_METHOD_GET, "/api/v1/letter/{id}/preview", API_READ, PERM_READ, API_NO_BODY, api_letter_preview,
     "Show the letter as a reader in a group or municipality will see it."},
    {HTTP_METHOD_GET, "/api/v1/letter/{id}/report", API_READ, PERM_READ, API_NO_BODY, api_letter_report,
     "Tell how far a letter has come, per municipality, and what did not arrive."},
    {HTTP_METHOD_POST, "/api/v1/letter/{id}/test", API_WRITE, PERM_LETTER, API_JSON, test_letter,
     "Send a test copy to one address."},
    {HTTP_METHOD_POST, "/api/v1/letter/{id}/submit", API_WRITE, PERM_LETTER, API_JSON, submit_letter,
     "Submit a draft for approval."},
    {HTTP_METHOD_POST, "/api/v1/letter/{id}/approve", API_WRITE, PERM_APPROVE, API_JSON, approve_letter,
     "Approve a letter that another person wrote; hash is that of the text that was read."},
    {HTTP_METHOD_POST, "/api/v1/letter/{id}/reject", API_WRITE, PERM_APPROVE, API_JSON, reject_letter,
     "Give a submitted letter back to its author, with the reason."},
    {HTTP_METHOD_POST, "/api/v1/letter/{id}/send", API_WRITE, PERM_LETTER, API_JSON, send_letter,
     "Send an approved or held letter now, or at a given time."},
    {HTTP_METHOD_POST, "/api/v1/letter/{id}/cancel", API_WRITE, PERM_LETTER, API_JSON, cancel_letter,
     "Call a letter off; what has not left yet stays here."},
    {.pattern = NULL},
};
