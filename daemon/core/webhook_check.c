/* What is typed for a new endpoint; the contract is in core/webhook_check.h. */
#include "core/webhook_check.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/alert_words.h"
#include "core/letter_parts.h"
#include "core/phone.h"
#include "core/webhook_template.h"

static const char SMS_URL[] = "https://api.46elks.com/a1/sms";

#define WORD(id, word, ...) word,
static const char *const KINDS[] = {"alert", "letter", ALERT_KIND_MAP(WORD) NULL};
#undef WORD

/* What each format needs and takes beside a URL: letters of SETTINGS. */
static const struct {
    enum webhook_format format;
    const char *needs, *takes;
} NEEDS[] = {
    {WEBHOOK_FORMAT_STANDARD, "", "up"},   {WEBHOOK_FORMAT_CLOUDEVENTS, "", "up"}, {WEBHOOK_FORMAT_SLACK, "", ""},
    {WEBHOOK_FORMAT_MATTERMOST, "", ""},   {WEBHOOK_FORMAT_TEAMS, "", ""},         {WEBHOOK_FORMAT_MATRIX, "rt", ""},
    {WEBHOOK_FORMAT_NTFY, "", "otup"},     {WEBHOOK_FORMAT_SMS, "fnup", ""},       {WEBHOOK_FORMAT_CAP, "", "up"},
    {WEBHOOK_FORMAT_TEMPLATE, "b", "cup"},
};
static const struct {
    char letter;
    const char *name;
} SETTINGS[] = {{'r', "room"}, {'o', "topic"},    {'t', "token"},        {'f', "from"},    {'n', "to"},
                {'u', "user"}, {'p', "password"}, {'c', "content_type"}, {'b', "template"}};

static const char *given(const struct webhook_input *in, char letter)
{
    switch (letter) {
    case 'r':
        return in->room;
    case 'o':
        return in->topic;
    case 't':
        return in->token;
    case 'f':
        return in->from;
    case 'n':
        return in->to_count > 0 ? "" : NULL;
    case 'u':
        return in->user;
    case 'p':
        return in->password;
    case 'c':
        return in->content_type;
    default:
        return in->body;
    }
}

/* Nothing missing, nothing that would be silently ignored. */
static int check_settings(const struct webhook_input *in, enum webhook_format format, struct err *err)
{
    const char *word = webhook_format_word(format);
    for (size_t i = 0; i < ARRAY_LEN(SETTINGS); i++) {
        bool is_needed = strchr(NEEDS[format].needs, SETTINGS[i].letter) != NULL;
        bool is_taken = is_needed || strchr(NEEDS[format].takes, SETTINGS[i].letter);
        bool is_given = given(in, SETTINGS[i].letter) != NULL;
        if (is_needed && !is_given)
            return err_set(err, ERR_INVALID, "the format %s needs \"%s\"", word, SETTINGS[i].name);
        if (is_given && !is_taken)
            return err_set(err, ERR_INVALID, "the format %s has no use for \"%s\": leave it out", word,
                           SETTINGS[i].name);
    }
    if (in->password && !in->user)
        return err_set(err, ERR_INVALID, "a password without \"user\": give both or none");
    if (in->token && in->user)
        return err_set(err, ERR_INVALID, "\"token\" and \"user\" are two ways to log in: give one");
    return 0;
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

/* Printable ASCII without blanks, 1 to WEBHOOK_SETTING_BYTES: what goes into a header or an address. */
static bool is_plain(const char *text)
{
    size_t n = strlen(text);
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return n > 0 && n <= WEBHOOK_SETTING_BYTES;
}

static int check_plain(const char *name, const char *text, struct err *err)
{
    return !text || is_plain(text)
               ? 0
               : err_set(err, ERR_INVALID, "\"%s\" has 1 to %d printable ASCII characters and no blanks", name,
                         WEBHOOK_SETTING_BYTES);
}

/* A password may have blanks and more; no control characters, as it goes into a header. */
static int check_password(const struct webhook_input *in, struct err *err)
{
    const char *p = in->password;
    if (p && (strlen(p) > WEBHOOK_SETTING_BYTES || !text_is_utf8(p, strlen(p)) || text_has_control(p, strlen(p))))
        return err_set(err, ERR_INVALID, "the password has more than %d bytes or control characters",
                       WEBHOOK_SETTING_BYTES);
    if (in->user && strchr(in->user, ':'))
        return err_set(err, ERR_INVALID, "a user name with a colon cannot be sent (RFC 7617)");
    return 0;
}

/* --- kinds, recipients ---------------------------------------------------------------------------------------------
 */

static int check_kind(const char *kind, enum webhook_format format, struct err *err)
{
    for (size_t i = 0; KINDS[i]; i++) {
        if (strcmp(KINDS[i], kind) != 0)
            continue;
        if (strcmp(kind, "letter") == 0 && !webhook_format_takes_letters(format))
            return err_set(err, ERR_INVALID, "CAP knows alerts only: leave the kind letter out");
        return 0;
    }
    const char *near = letter_closest(kind, strlen(kind), KINDS);
    return err_set(err, ERR_INVALID, "kind \"%.40s\" is none: %s%s", kind,
                   near ? "did you mean " : "write alert (all of them), letter, or a kind of alert such as boat_theft",
                   near ? near : "");
}

static int check_kinds(const struct webhook_input *in, struct webhook_checked *out, struct err *err)
{
    int rc = 0;
    if (in->kind_count > WEBHOOK_KINDS_MAX)
        return err_set(err, ERR_INVALID, "more than %d kinds", WEBHOOK_KINDS_MAX);
    for (size_t i = 0; rc == 0 && i < in->kind_count; i++) {
        rc = check_kind(in->kinds[i], out->format, err);
        out->kinds[out->kind_count++] = in->kinds[i];
    }
    if (in->kind_count == 0)
        out->kinds[out->kind_count++] = "alert";
    return rc;
}

static int check_recipients(const struct webhook_input *in, struct webhook_checked *out, struct err *err)
{
    if (in->to_count > WEBHOOK_RECIPIENTS_MAX)
        return err_set(err, ERR_INVALID, "more than %d numbers: make several endpoints", WEBHOOK_RECIPIENTS_MAX);
    for (size_t i = 0; i < in->to_count; i++) {
        struct phone phone;
        int rc = phone_parse(in->to[i], &phone, err);
        if (rc)
            return rc;
        bool is_twice = false;
        for (size_t k = 0; k < out->recipient_count; k++)
            is_twice = is_twice || strcmp(out->recipients[k], phone.e164) == 0;
        if (!is_twice)
            out->recipients[out->recipient_count++] = xstrdup(phone.e164);
    }
    if (in->to_count == 0)
        out->recipients[out->recipient_count++] = xstrdup("");
    return 0;
}

/* Alphanumeric, at most eleven characters, beginning with a letter; or a number (46elks.se/docs/send-sms, "from"). */
static int check_from(const char *from, struct err *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char digits[] = "0123456789";
    size_t n = strlen(from);
    if (from[0] == '+' && n > 7 && n <= 16 && strspn(from + 1, digits) == n - 1)
        return 0;
    bool is_name = n > 0 && n <= WEBHOOK_SMS_FROM_CHARS && strchr(letters, from[0]);
    for (const char *p = from; is_name && *p; p++)
        is_name = strchr(letters, *p) || strchr(digits, *p);
    return is_name ? 0
                   : err_set(err, ERR_INVALID,
                             "\"from\" is a name of at most %d letters A-Z and digits that begins with a letter, or a "
                             "number such as +46701740605",
                             WEBHOOK_SMS_FROM_CHARS);
}

/* --- what formats ask for ------------------------------------------------------------------------------------------
 */

static void set(struct webhook_checked *out, const char *name, const char *value)
{
    if (value)
        json_object_set_new(out->settings, name, json_string(value));
}

/* ntfy: the topic may stand in the URL, as ntfy itself shows it. */
static int check_topic(const char *given_topic, struct webhook_checked *out, struct err *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *topic = given_topic;
    char *host = strstr(out->url, "://");
    char *path = host ? strchr(host + 3, '/') : NULL;
    if (!topic && path && path[1]) {
        char *slash = strrchr(path, '/');
        set(out, "topic", slash + 1);
        slash[1] = '\0';
        topic = json_string_value(json_object_get(out->settings, "topic"));
    } else {
        set(out, "topic", topic);
    }
    if (!topic || !topic[0] || strlen(topic) > 64 || strspn(topic, allowed) != strlen(topic))
        return err_set(err, ERR_INVALID,
                       "ntfy needs a topic of at most 64 characters A-Z a-z 0-9 - _, as \"topic\" or at "
                       "the end of the URL");
    return 0;
}

static int check_room(const char *room, struct err *err)
{
    return room[0] == '!' && is_plain(room) && room[1]
               ? 0
               : err_set(err, ERR_INVALID,
                         "\"room\" is the room's id (!...), not its name (#...): see the room's advanced "
                         "settings");
}

static int check_template(const struct webhook_rules *rules, const struct webhook_input *in,
                          struct webhook_checked *out, struct err *err)
{
    const char *type = in->content_type ? in->content_type : "application/json";
    for (const char *p = type; *p; p++)
        if (*p < ' ' || *p > '~')
            return err_set(err, ERR_INVALID, "the content type has characters that no header has");
    int rc = webhook_template_check(in->body, type, rules->config, err);
    set(out, "content_type", type);
    set(out, "body", in->body);
    return rc;
}

static int check_format(const struct webhook_rules *rules, const struct webhook_input *in, struct webhook_checked *out,
                        struct err *err)
{
    int rc = 0;
    out->settings = json_object();
    switch (out->format) {
    case WEBHOOK_FORMAT_MATRIX:
        rc = check_room(in->room, err);
        set(out, "room", in->room);
        break;
    case WEBHOOK_FORMAT_NTFY:
        rc = check_topic(in->topic, out, err);
        break;
    case WEBHOOK_FORMAT_SMS:
        rc = check_from(in->from, err);
        set(out, "from", in->from);
        break;
    case WEBHOOK_FORMAT_TEMPLATE:
        rc = check_template(rules, in, out, err);
        break;
    default:
        break;
    }
    return rc;
}

/* --- url, name -----------------------------------------------------------------------------------------------------
 */

static int check_url(const struct webhook_rules *rules, const struct webhook_input *in, struct webhook_checked *out,
                     struct err *err)
{
    const char *url = in->url ? in->url : out->format == WEBHOOK_FORMAT_SMS ? SMS_URL : "";
    if (!url[0] || strlen(url) > WEBHOOK_URL_BYTES)
        return err_set(err, ERR_INVALID, "\"url\" is missing, or has more than %d bytes", WEBHOOK_URL_BYTES);
    out->url = xstrdup(url);
    return rules->check_url ? rules->check_url(url, rules->config, err) : 0;
}

static int check_name(const struct webhook_input *in, struct webhook_checked *out, struct err *err)
{
    char *shown = NULL;
    if (!in->name || !in->name[0]) {
        const char *host = strstr(out->url, "://");
        host = host ? host + 3 : out->url;
        shown = xasprintf("%s %.*s", webhook_format_word(out->format), (int)strcspn(host, "/?"), host);
    }
    out->name = text_clean(shown ? shown : in->name);
    free(shown);
    if (!out->name || !out->name[0] || text_has_control(out->name, strlen(out->name)) ||
        text_length(out->name) > WEBHOOK_NAME_CHARS)
        return err_set(err, ERR_INVALID, "\"name\" has 1 to %d characters", WEBHOOK_NAME_CHARS);
    return 0;
}

/* --- all -----------------------------------------------------------------------------------------------------------
 */

static int check_word(const struct webhook_input *in, struct webhook_checked *out, struct err *err)
{
    if (in->format && webhook_format_parse(in->format, &out->format))
        return 0;
    return err_set(
        err, ERR_INVALID,
        "format \"%.40s\": write standard, cloudevents, slack, mattermost, teams, matrix, ntfy, 46elks, cap or "
        "template",
        in->format ? in->format : "");
}

static int check_secret(const struct webhook_input *in, enum webhook_format format, struct err *err)
{
    struct webhook_secret secret;
    if (!webhook_format_is_signed(format))
        return in->secret || in->is_ed25519
                   ? err_set(err, ERR_INVALID, "the format %s is not signed: leave secret and ed25519 out",
                             webhook_format_word(format))
                   : 0;
    int rc = in->secret ? webhook_secret_parse(in->secret, &secret, err) : 0;
    if (rc == 0 && in->secret && in->is_ed25519 && !secret.is_ed25519)
        rc = err_set(err, ERR_INVALID, "the secret is none of ed25519 (whsk_)");
    webhook_secret_wipe(&secret);
    return rc;
}

int webhook_check(const struct webhook_rules *rules, const struct webhook_input *in, struct webhook_checked *out,
                  struct err *err)
{
    *out = (struct webhook_checked){.format = WEBHOOK_FORMAT_STANDARD};
    int rc = check_word(in, out, err);
    if (rc == 0)
        rc = check_settings(in, out->format, err);
    if (rc == 0)
        rc = check_secret(in, out->format, err);
    if (rc == 0)
        rc = check_plain("user", in->user, err);
    if (rc == 0)
        rc = check_plain("token", in->token, err);
    if (rc == 0)
        rc = check_password(in, err);
    if (rc == 0)
        rc = check_url(rules, in, out, err);
    if (rc == 0)
        rc = check_name(in, out, err);
    if (rc == 0)
        rc = check_kinds(in, out, err);
    if (rc == 0)
        rc = check_recipients(in, out, err);
    if (rc == 0)
        rc = check_format(rules, in, out, err);
    out->user = xstrdup_opt(in->user);
    out->credential = xstrdup_opt(in->user ? in->password : in->token);
    return rc;
}

void webhook_checked_fini(struct webhook_checked *checked)
{
    if (checked->credential)
        OPENSSL_cleanse(checked->credential, strlen(checked->credential));
    free(checked->credential);
    free(checked->user);
    free(checked->url);
    free(checked->name);
    json_decref(checked->settings);
    for (size_t i = 0; i < checked->recipient_count; i++)
        free(checked->recipients[i]);
    *checked = (struct webhook_checked){.format = WEBHOOK_FORMAT_STANDARD};
}
