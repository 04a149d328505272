/*
 * /u/TOKEN, where the unsubscribe link of a letter or an alert and its List-Unsubscribe header lead. The token's
 * purpose tells which of the two it ends; the other goes on.
 *
 * GET shows a page with one button and changes nothing: mail programs and scanners follow links by themselves. POST, of
 * the button or of a mail program (RFC 8058: "List-Unsubscribe=One-Click", which must be answered without redirect,
 * cookie or login), ends them for that mailbox; doing it twice is fine. The token is the permission.
 *
 * Pages name neither person, address nor group, since letters are forwarded, and a link that does not open looks the
 * same whatever the reason. No script, no picture, no other host.
 */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/group.h"
#include "core/ledger.h"
#include "core/mail_token.h"
#include "http/api.h"
#include "http/page.h"
#include "http/page_html.h"
#include "store/db.h"

#define PAGE_HEAD(title)                                                                                             \
    "<!doctype html>\n<html lang=\"sv\">\n<head>\n<meta charset=\"utf-8\">\n"                                        \
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"                                     \
    "<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>" title "</title>\n<style>\n" PAGE_STYLE           \
    "button{min-height:3rem;padding:.75rem 1.5rem;border:3px solid #123a6d;border-radius:.25rem;background:#123a6d;" \
    "color:#fff;font:inherit;font-weight:bold;cursor:pointer}\n</style>\n</head>\n<body>\n<main>\n"
#define PAGE_END "</main>\n</body>\n</html>\n"

/* The form has no action: it posts to the address of its page. The button carries both languages. */
static const char ASK_LETTERS[] = PAGE_HEAD(
    "Sluta få brev") "<h1>Vill du sluta få brev från grannsamverkan?</h1>\n"
                     "<p>Tryck på knappen, så skickar vi inga fler brev till den här e-postadressen.</p>\n"
                     "<form method=\"post\">\n<button type=\"submit\">Ja, sluta skicka brev <span "
                     "lang=\"en\">(Unsubscribe)</span></button>\n</form>\n"
                     "<p>Är du kontaktperson? Prata med kommunens samordnare, så att grannarna får en ny.</p>\n"
                     "<section lang=\"en\">\n<h2>Stop the letters?</h2>\n"
                     "<p>Press the button above, and this e-mail address gets no more letters from the "
                     "neighbourhood watch.</p>\n</section>\n" PAGE_END;

static const char DONE_LETTERS[] =
    PAGE_HEAD("Du får inga fler brev") "<h1>Klart. Du får inga fler brev.</h1>\n"
                                       "<p>Vi skickar inga fler brev från grannsamverkan till den här e-postadressen. "
                                       "Ett brev som redan är på väg kan ändå komma fram.</p>\n"
                                       "<p>Ångrar du dig? Hör av dig till kommunens samordnare.</p>\n"
                                       "<section lang=\"en\">\n<h2>Done. No more letters.</h2>\n"
                                       "<p>This e-mail address gets no more letters from the neighbourhood watch. A "
                                       "letter that is on its way already may still arrive.</p>\n</section>\n" PAGE_END;

static const char ASK_ALERTS[] = PAGE_HEAD(
    "Sluta få varningar") "<h1>Vill du sluta få varningar från grannsamverkan?</h1>\n"
                          "<p>Tryck på knappen, så skickar vi inga fler varningar till den här e-postadressen, inte "
                          "heller när en varning är över.</p>\n"
                          "<form method=\"post\">\n<button type=\"submit\">Ja, sluta skicka varningar <span "
                          "lang=\"en\">(Stop the warnings)</span></button>\n</form>\n"
                          "<p>Breven fortsätter att komma. De har en egen länk.</p>\n"
                          "<section lang=\"en\">\n<h2>Stop the warnings?</h2>\n"
                          "<p>Press the button above, and this e-mail address gets no more warnings from the "
                          "neighbourhood watch, nor word that one is over. Letters go on; they have a link of their "
                          "own.</p>\n</section>\n" PAGE_END;

static const char DONE_ALERTS[] = PAGE_HEAD(
    "Du får inga fler varningar") "<h1>Klart. Du får inga fler varningar.</h1>\n"
                                  "<p>Vi skickar inga fler varningar från grannsamverkan till den här e-postadressen. "
                                  "En varning som redan är på väg kan ändå komma fram.</p>\n"
                                  "<p>Breven fortsätter att komma.</p>\n"
                                  "<p>Ångrar du dig? Hör av dig till kommunens samordnare.</p>\n"
                                  "<section lang=\"en\">\n<h2>Done. No more warnings.</h2>\n"
                                  "<p>This e-mail address gets no more warnings from the neighbourhood watch. One that "
                                  "is on its way already may still arrive. Letters go on.</p>\n</section>\n" PAGE_END;

/* What a link ends, by the purpose of its token. */
struct ending {
    enum mail_token_purpose purpose;
    const char *ask, *done;
    int (*act)(struct db *db, const struct actor *actor, int64_t address_id, struct err *err);
};

static const struct ending ENDINGS[] = {
    {MAIL_TOKEN_UNSUBSCRIBE, ASK_LETTERS, DONE_LETTERS, contact_unsubscribe},
    {MAIL_TOKEN_UNSUBSCRIBE_ALERTS, ASK_ALERTS, DONE_ALERTS, contact_stop_alerts},
};

static const char UNKNOWN[] =
    PAGE_HEAD("Länken gäller inte") "<h1>Länken gäller inte</h1>\n"
                                    "<p>Den kan vara avskuren eller gammal. Öppna länken direkt från mejlet, eller "
                                    "svara på mejlet och be om att slippa fler.</p>\n"
                                    "<section lang=\"en\">\n<h2>The link is not valid</h2>\n"
                                    "<p>It may be cut short or old. Open it from the mail itself, or answer the "
                                    "mail and ask to get no more.</p>\n</section>\n" PAGE_END;

/* form-action: only back to ourselves. */
static const struct http_pair HEADERS[] = {
    {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
                                "frame-ancestors 'none'"},
    {"X-Robots-Tag", "noindex, nofollow"},
    {"Cache-Control", "no-store"},
    {NULL, NULL}};

static int page(struct api_call *call, int status, const char *html)
{
    call->status = status;
    call->content_type = "text/html; charset=utf-8";
    call->headers = HEADERS;
    return buf_adds(&call->text, html);
}

/* What the link ends: 0, *ending and the mailbox; ERR_NOT_FOUND, or the store's error. */
static int open_link(struct api_call *call, struct db *db, const struct ending **ending, int64_t *address_id)
{
    uint8_t key[MAIL_TOKEN_KEY_BYTES];
    struct db_rows *rows = NULL;
    *ending = NULL;
    int rc = ledger_token_key(db, key);
    if (rc)
        return rc;
    for (size_t i = 0; i < ARRAY_LEN(ENDINGS) && !*ending; i++)
        if (mail_token_open(key, ENDINGS[i].purpose, api_param(call, "token"), address_id) == 0)
            *ending = &ENDINGS[i];
    if (!*ending)
        return ERR_NOT_FOUND;
    rc = db_query(db, &rows, Q_ADDRESS_GET, DB_ARGS(DB_INT(*address_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

int page_unsubscribe_ask(struct api_call *call, struct db *db)
{
    const struct ending *ending = NULL;
    int64_t address_id = 0;
    int rc = open_link(call, db, &ending, &address_id);
    if (rc == ERR_NOT_FOUND)
        return page(call, 404, UNKNOWN);
    return rc ? rc : page(call, 200, ending->ask);
}

int page_unsubscribe_do(struct api_call *call, struct db *db)
{
    /* Whoever holds the letter; sees and may do nothing else. */
    const struct actor reader = {
        .name = "unsubscribe-link", .role = ROLE_READER, .scope = {.kind = SCOPE_GROUP, .code = ""}};
    const struct ending *ending = NULL;
    int64_t address_id = 0;
    int rc = open_link(call, db, &ending, &address_id);
    if (rc == 0)
        rc = ending->act(db, &reader, address_id, &call->err);
    if (rc == ERR_NOT_FOUND)
        return page(call, 404, UNKNOWN);
    return rc ? rc : page(call, 200, ending->done);
}
