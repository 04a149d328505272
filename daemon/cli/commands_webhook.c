/* The commands around webhook endpoints and their deliveries (see cli/command.h). */
#include "cli/cli.h"

#define QUERY .place = CLI_QUERY
#define LOCAL .place = CLI_LOCAL
#define END          \
    {                \
        .name = NULL \
    }

static const struct cli_option ADD[] = {
    {"format", "FORMAT", .is_required = true,
     .help = "standard, cloudevents, slack, mattermost, teams, matrix, ntfy, 46elks, cap or template"},
    {"group", "GROUP", .help = "it belongs to this group, and is told of what concerns it"},
    {"municipality", "CODE", .help = "it belongs to this municipality"},
    {"area", "AREA", .help = "it belongs to this local police area"},
    {"all", .type = CLI_FLAG, .help = "it is told of everything; for administrators"},
    {"kind", "KIND", CLI_LIST, .key = "kinds",
     .help = "alert (all kinds; the default), letter, or a kind such as boat_theft; "
             "may be repeated"},
    {"name", "NAME", .help = "what people call it; default: format and host"},
    {"email", "ADDRESS", .help = "told when it is disabled; default: yours"},
    {"no-exercises", .type = CLI_FLAG, LOCAL, .help = "real warnings only"},
    {"secret", "SECRET", LOCAL, .help = "whsec_... of your own, or @FILE; default: one is made and shown once"},
    {"ed25519", .type = CLI_FLAG, .help = "sign with a key pair; the public key is shown"},
    {"user", "NAME", .help = "log in there (Basic); with --password-file"},
    {"password-file", "FILE", LOCAL, .help = "the password is its first line"},
    {"token", "TOKEN", LOCAL, .help = "matrix, ntfy: the access token, or @FILE"},
    {"room", "ID", .help = "matrix: the room's id (!...)"},
    {"topic", "TOPIC", .help = "ntfy: default: what the URL ends with"},
    {"from", "NAME", .help = "46elks: the sender, at most 11 letters and digits, or a number"},
    {"to", "NUMBER", CLI_LIST, .help = "46elks: a telephone; may be repeated"},
    {"template", "FILE", LOCAL, .help = "template: the body, with slots such as {{title}}"},
    {"content-type", "TYPE", .help = "template: default application/json"},
    END,
};
static const struct cli_option EDIT[] = {
    {"address", "URL", .key = "url", .help = "the new URL; on another host give --token or --password-file again"},
    {"name", "NAME", .help = "what people call it"},
    {"kind", "KIND", CLI_LIST, .key = "kinds",
     .help = "these instead of those before; may be repeated; '' for all alerts"},
    {"exercises", "yes|no", CLI_YESNO, .help = "exercises, too, or real warnings only"},
    {"email", "ADDRESS", .help = "told when it is disabled; '' for yours"},
    {"user", "NAME", .help = "log in there (Basic); '' for no login"},
    {"password-file", "FILE", LOCAL, .help = "the password is its first line"},
    {"token", "TOKEN", LOCAL, .help = "matrix, ntfy: the access token, or @FILE"},
    {"room", "ID", .help = "matrix: the room's id (!...)"},
    {"topic", "TOPIC", .help = "ntfy: its topic"},
    {"from", "NAME", .help = "46elks: the sender, at most 11 letters and digits, or a number"},
    {"to", "NUMBER", CLI_LIST, .help = "46elks: these telephones instead of those before; may be repeated"},
    {"template", "FILE", LOCAL, .help = "template: the body, with slots such as {{title}}"},
    {"content-type", "TYPE", .help = "template: '' for application/json"},
    END,
};
static const struct cli_option ROTATE[] = {
    {"overlap", "TIME", .help = "the old secret is valid so long, as 30m or 2d; default 24h"},
    {"now", .type = CLI_FLAG, .help = "the old secret is void at once"},
    {"ed25519", .type = CLI_FLAG, .help = "the new one is a key pair"},
    {"secret", "SECRET", LOCAL, .help = "whsec_... of your own, or @FILE"},
    END,
};
static const struct cli_option DISABLE[] = {
    {"reason", "TEXT", .help = "why, for show and the audit log"},
    END,
};
static const struct cli_option REPLAY[] = {
    {"delivery", "ID", .help = "this one (dlv_...), whatever became of it"},
    {"since", "TIME", .help = "dead letters from then on; default: all of them"},
    {"expired", .type = CLI_FLAG, .help = "also what is over: expired, recalled or changed since"},
    END,
};
static const struct cli_option DELIVERIES[] = {
    {"state", "STATE", QUERY, .help = "pending, claimed, sent, failed, withdrawn or expired"},
    {"limit", "N", CLI_NUMBER, CLI_QUERY, .help = "so many at most; default 100"},
    {"after", "CURSOR", QUERY, .help = "go on after this one ('next' of --json)"},
    END,
};

const struct cli_command CLI_COMMANDS_WEBHOOK[] = {
    {"webhook", "add", "[URL]=url", "tell another system of alerts and letters; its secret is shown once",
     .options = ADD, .method = "POST", .path = "/api/v1/webhook", .run = cli_run_webhook_add,
     .view = cli_view_webhook_made,
     .more = "URL may be left out for 46elks. One of --group, --municipality, --area and --all says whose it is."},
    {"webhook", "list", .help = "endpoints and how they fare", .method = "GET", .path = "/api/v1/webhook",
     .columns =
         "id:Id name~30:Name format:Format scope_kind:Scope scope_code:Code state:State failing_since:Failing_since "
         "last_success_at:Last_success pending>:Waiting dead>:Dead last_error~40:Last_error",
     .say = "no webhooks yet: add one with webhook add"},
    {"webhook", "show", "WEBHOOK", "one endpoint", .method = "GET", .path = "/api/v1/webhook/{WEBHOOK}"},
    {"webhook", "edit", "WEBHOOK", "change its address, name, kinds or settings", .options = EDIT, .method = "PATCH",
     .path = "/api/v1/webhook/{WEBHOOK}", .run = cli_run_webhook_add, .say = "webhook {name} changed: {url}",
     .more = "Its secret is not edited but rotated (webhook rotate); whether anything is sent there: webhook enable, "
             "webhook disable. Its format and whom it belongs to stay: add another one, and remove this."},
    {"webhook", "test", "WEBHOOK", "send a made-up warning now, and show request and answer", .method = "POST",
     .path = "/api/v1/webhook/{WEBHOOK}/test", .run = cli_run_webhook_test},
    {"webhook", "rotate", "WEBHOOK", "a new secret, shown once", .options = ROTATE, .method = "POST",
     .path = "/api/v1/webhook/{WEBHOOK}/rotate", .run = cli_run_webhook_add, .view = cli_view_webhook_made},
    {"webhook", "disable", "WEBHOOK", "send nothing there; what waits becomes dead letters", .options = DISABLE,
     .method = "POST", .path = "/api/v1/webhook/{WEBHOOK}/disable",
     .say = "webhook {name} disabled[; dead letters: {dead}]"},
    {"webhook", "enable", "WEBHOOK", "send there again", .method = "POST", .path = "/api/v1/webhook/{WEBHOOK}/enable",
     .say = "webhook {name} enabled[; dead letters to replay: {dead}]"},
    {"webhook", "remove", "WEBHOOK", "forget the endpoint and its deliveries", .method = "DELETE",
     .path = "/api/v1/webhook/{WEBHOOK}", .say = "webhook removed"},
    {"webhook", "replay", "WEBHOOK", "send dead letters again, under the same webhook-id", .options = REPLAY,
     .method = "POST", .path = "/api/v1/webhook/{WEBHOOK}/replay", .say = "deliveries sent again: {replayed}"},
    {"webhook", "deliveries", "WEBHOOK", "what was sent there, newest first", .options = DELIVERIES, .method = "GET",
     .path = "/api/v1/webhook/{WEBHOOK}/deliveries",
     .columns =
         "id:Id type:Event kind:Kind to:To state:State created_at:At attempts>:Tries due_at:Due http_status>:Status "
         "report:Report detail~50:Answer",
     .say = "nothing was sent there"},
    {"webhook", "delivery", "WEBHOOK DELIVERY", "one delivery and the receiver's answer", .method = "GET",
     .path = "/api/v1/webhook/{WEBHOOK}/deliveries/{DELIVERY}", .view = cli_view_webhook_delivery},
    {.noun = NULL},
};
