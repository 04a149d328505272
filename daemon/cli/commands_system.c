/* The commands around the daemon itself: state, staff, tokens, audit, store (see cli/command.h). */
#include "cli/cli.h"

#define QUERY .place = CLI_QUERY
#define LOCAL .place = CLI_LOCAL
#define END          \
    {                \
        .name = NULL \
    }

static const struct cli_option USER_ADD[] = {
    {"role", "ROLE", .is_required = true, .help = "admin, officer, coordinator or reader"},
    {"scope", "SCOPE", .help = "all, a municipality or a police area; default: all, for administrators only"},
    {"full-name", "NAME", .help = "as others see it"},
    {"email", "ADDRESS", .help = "for reminders"},
    {"uid", "N", CLI_NUMBER, .help = "the account of this machine that is this user"},
    END,
};
static const struct cli_option TOKEN_ADD[] = {
    {"user", "USER", .help = "acts for this staff user"},
    {"role", "ROLE", .help = "for a program of its own, or narrower than the user's"},
    {"scope", "SCOPE", .help = "never wider than the user's"},
    {"expires", "TIME", .key = "expires_at", .help = "as 2027-01-01T00:00:00+01:00; default: never"},
    {"out", "FILE", LOCAL, .help = "write the secret there (mode 0600) instead of printing it"},
    END,
};
static const struct cli_option AUDIT_LIST[] = {
    {"object", "ID", QUERY, .help = "only what was done to this (grp_..., let_..., ...)"},
    {"limit", "N", CLI_NUMBER, CLI_QUERY, .help = "so many at most; default 100"},
    {"after", "CURSOR", QUERY, .help = "go on after this one ('next' of --json)"},
    END,
};

static const struct cli_option AUDIT_EXPORT[] = {
    {"after", "SEQ", CLI_NUMBER, CLI_QUERY, .help = "only what came after this entry"},
    {"limit", "N", CLI_NUMBER, CLI_QUERY, .help = "so many entries at most"},
    END,
};
static const struct cli_option RESTORE[] = {
    {"dry-run", .type = CLI_FLAG, .help = "check FILE and tell what it would send; change nothing"},
    END,
};
static const struct cli_option REASON[] = {
    {"reason", "TEXT", .help = "why, for status and the audit log"},
    END,
};

const struct cli_command CLI_COMMANDS_SYSTEM[] = {
    {"status", .help = "one screen: version, queue, relays, letters that are due, problems", .method = "GET",
     .path = "/api/v1/status", .view = cli_view_status},

    {"user", "add", "NAME=name", "a staff user", .options = USER_ADD, .method = "POST", .path = "/api/v1/user",
     .say = "user {name} added"},
    {"user", "list", .help = "staff users", .method = "GET", .path = "/api/v1/user",
     .columns = "name:Name full_name:Full_name role:Role scope_kind:Scope scope_code:Code email:E-mail unix_uid>:Uid "
                "disabled_at:Disabled",
     .say = "no staff users yet: add one with user add"},
    {"user", "show", "NAME", "one staff user", .method = "GET", .path = "/api/v1/user/{NAME}"},
    {"user", "disable", "NAME", "no more log-in; what the user did stays", .method = "POST",
     .path = "/api/v1/user/{NAME}/disable", .say = "user disabled"},

    {"token", "add", "NAME=name", "an API token; its secret is shown once", .options = TOKEN_ADD, .method = "POST",
     .path = "/api/v1/token", .run = cli_run_token},
    {"token", "list", .help = "API tokens, without their secrets", .method = "GET", .path = "/api/v1/token",
     .columns = "name:Name user:User user_name:User role:Role scope_kind:Scope scope_code:Code created_at:Made "
                "expires_at:Expires last_used_at:Last_used "
                "revoked_at:Revoked",
     .say = "no tokens: add one with token add"},
    {"token", "revoke", "NAME", "a token that works no more", .method = "POST", .path = "/api/v1/token/{NAME}/revoke",
     .say = "token revoked"},

    {"audit", "list", .help = "who did what, newest first", .options = AUDIT_LIST, .method = "GET",
     .path = "/api/v1/audit", .columns = "seq>:No at:At actor:Who action:What object:On detail:Detail",
     .say = "nothing has been done yet"},
    {"audit", "verify", .help = "is the log whole, and nobody changed it?", .method = "GET",
     .path = "/api/v1/audit/verify", .view = cli_view_audit},
    {"audit", "export", "[FILE]>", "the whole log, one JSON object per line", .options = AUDIT_EXPORT, .method = "GET",
     .path = "/api/v1/audit/export"},

    {"store", "backup", "FILE=path", "a consistent copy of the store, while the daemon runs", .method = "POST",
     .path = "/api/v1/store/backup", .run = cli_run_backup, .say = "backup written: {path}",
     .more = "FILE does not exist yet, and lies where the daemon's own user may write."},
    {"store", "verify", .help = "is the store sound?", .method = "GET", .path = "/api/v1/store/verify",
     .view = cli_view_audit},
    {"store", "restore", "FILE=path", "put a backup in the store's place; sending stays on hold until resume",
     .options = RESTORE, .method = "POST", .path = "/api/v1/store/restore", .run = cli_run_restore,
     .more =
         "FILE is a copy that 'store backup' made, where the daemon's own user may read. The daemon\nstarts again with "
         "it; what the store was is kept beside it. Prints what it would send\nafter 'grannbud resume'."},
    {"store", "migrate", .help = "the store's version, and how it comes to a new one", .method = "GET",
     .path = "/api/v1/status", .run = cli_run_migrate},

    {"hold", .help = "stop all sending; what is in flight is finished", .options = REASON, .method = "POST",
     .path = "/api/v1/hold", .say = "on hold[ since {held_since}]: nothing is sent until 'grannbud resume'"},
    {"resume", .help = "start sending again", .options = REASON, .method = "POST", .path = "/api/v1/resume",
     .say = "sending goes on[; it was on hold since {held_since}]"},

    {"help", NULL, "[NOUN] [VERB]", "this list, or more about one command", .run = cli_run_help},
    {"completion", .help = "completion for bash, to be sourced", .run = cli_run_completion},
    {.noun = NULL},
};
