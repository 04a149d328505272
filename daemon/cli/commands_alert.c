/* The commands of alerts (see cli/command.h). */
#include "cli/cli.h"

#define LOCAL .place = CLI_LOCAL
#define END          \
    {                \
        .name = NULL \
    }

#define KINDS "burglary_ongoing fraud_elderly missing_person boat_theft machine_theft fire_setting vma_relay"

/* What an alert and its update have in common. */
#define TEXTS                                                                        \
    {"title", "TITLE", .help = "one line; also the subject of the mail"},            \
        {"text", "TEXT", .help = "what has happened, in Markdown; - reads it here"}, \
        {"instruction", "TEXT", .help = "what to do now, in Markdown"},              \
        {"title-en", "TITLE", .help = "the title in English, for the public feeds"}, \
        {"text-en", "TEXT", .help = "the text in English"},                          \
    {                                                                                \
        "sms", "TEXT", .help = "as it goes to phones; default: made of the title"    \
    }
#define IDEMPOTENCY                                                                             \
    {                                                                                           \
        "idempotency-key", "KEY", LOCAL, .help = "the same call with the same key is done once" \
    }

static const struct cli_option ALERT_SEND[] = {
    {"kind", "KIND", .help = KINDS},
    TEXTS,
    {"area", "AREA", CLI_LIST, .key = "target.areas", .help = "a police area's groups; may be repeated"},
    {"municipality", "CODE", CLI_LIST, .key = "target.municipalities", .help = "a municipality's; may be repeated"},
    {"group", "GROUP", CLI_LIST, .key = "target.groups", .help = "one group; may be repeated"},
    {"circle", "LAT,LON,KM", LOCAL, .help = "groups at most so far from a point, as 56.24,12.86,5"},
    {"polygon", "'LAT,LON ...'", LOCAL, .help = "groups inside this line round an area; three points or more"},
    {"group-kind", "KIND", CLI_LIST, .key = "target.group_kinds",
     .help = "of all these only groups of this kind; may be repeated"},
    {"expires", "TIME", LOCAL, .help = "2h, 90m, 1d, or 2026-04-01T21:00; default: by the kind"},
    {"exercise", NULL, CLI_FLAG, .help = "an exercise: marked everywhere, and never anything else"},
    {"life-danger", "yes|no", CLI_YESNO, .help = "danger to life: goes out in quiet hours; default: by the kind"},
    {"severity", "WORD", .help = "extreme severe moderate minor unknown; default: by the kind"},
    {"urgency", "WORD", .help = "immediate expected future past unknown"},
    {"certainty", "WORD", .help = "observed likely possible unlikely unknown"},
    {"classification", "WORD", .help = "public (default) ombud_and_households ombud_only"},
    {"confirm", "N", CLI_NUMBER, .key = "confirm_recipients", .help = "so many get it: what --dry-run says"},
    {"second-person", NULL, CLI_FLAG, .help = "let another person approve it first"},
    {"override", "REASON", .key = "override_reason", .help = "why what lint blocks may stand; it is kept"},
    {"dry-run", NULL, CLI_FLAG, CLI_QUERY, .help = "tell who would get it, and send nothing"},
    IDEMPOTENCY,
    END,
};
static const struct cli_option ALERT_UPDATE[] = {
    TEXTS,
    {"expires", "TIME", LOCAL, .help = "2h, 90m, 1d, or 2026-04-01T21:00; default: as before"},
    {"override", "REASON", .key = "override_reason", .help = "why what lint blocks may stand; it is kept"},
    IDEMPOTENCY,
    END,
};
static const struct cli_option ALERT_RECALL[] = {
    {"title", "TITLE", .help = "default: the alert's"},
    {"text", "TEXT", .help = "what its readers are told, in Markdown; - reads it here"},
    {"note", "TEXT", .help = "why; for the record, not for its readers"},
    IDEMPOTENCY,
    END,
};
static const struct cli_option ALERT_LIST[] = {
    {"state", "STATE", .place = CLI_QUERY, .help = "draft, submitted, active, updated, recalled, expired or discarded"},
    END,
};
static const struct cli_option ALERT_APPROVE[] = {
    {"hash", "H", .help = "what you have read (content_hash); refused when it is another"},
    END,
};
static const struct cli_option ALERT_NOTE[] = {
    {"note", "TEXT", .help = "why"},
    END,
};
static const struct cli_option ALERT_REJECT[] = {
    {"note", "TEXT", .is_required = true, .help = "why, for its author"},
    END,
};

const struct cli_command CLI_COMMANDS_ALERT[] = {
    {"alert", "send", "[FILE.md]", "warn those whom it concerns, now", .options = ALERT_SEND, .method = "POST",
     .path = "/api/v1/alert", .run = cli_run_alert, .view = cli_view_alert,
     .more =
         "FILE.md has a head as letters do: title, kind, areas, municipalities, groups, group_kinds, circle, polygon,\n"
         "expires, exercise, severity and the others above; then the text. What stands below '## Gör så här' is the\n"
         "instruction, below '## In English' the English text. An option takes the place of what the file says.\n"
         "ALERT instead of FILE.md sends a draft that is here already.\n"
         "Example: grannbud alert send --kind boat_theft --area angelholm --title 'Båtmotorer stjäls i natt' \\\n"
         "    --text 'Ring 112 om du ser något.' --expires 6h --dry-run"},
    {"alert", "update", "ALERT [FILE.md]", "tell its readers how it goes on", .options = ALERT_UPDATE, .method = "POST",
     .path = "/api/v1/alert/{ALERT}/update", .run = cli_run_alert, .view = cli_view_alert,
     .more = "It goes to exactly those who got the alert or may have got it; those whose copy had not left get it "
             "instead."},
    {"alert", "recall", "ALERT", "it is over: tell those who were warned", .options = ALERT_RECALL, .method = "POST",
     .path = "/api/v1/alert/{ALERT}/recall", .run = cli_run_alert, .view = cli_view_alert,
     .more = "What has not left yet stays here. Nobody else is told than who got the alert or may have got it."},
    {"alert", "list", .help = "alerts, newest first", .options = ALERT_LIST, .method = "GET", .path = "/api/v1/alert",
     .columns =
         "id:Id type:Type kind:Kind title~40:Title exercise:Exercise state:State recipients>:Recipients sent>:Sent "
         "expires_at:Until author:By",
     .say = "no alerts here: alert send sends one"},
    {"alert", "show", "ALERT", "one alert: whom it went to, until when, what followed", .method = "GET",
     .path = "/api/v1/alert/{ALERT}", .view = cli_view_alert, .more = "ALERT may be 'latest'."},
    {"alert", "approve", "ALERT", "send what another person wrote", .options = ALERT_APPROVE, .method = "POST",
     .path = "/api/v1/alert/{ALERT}/approve", .view = cli_view_alert},
    {"alert", "reject", "ALERT", "do not send what another person wrote", .options = ALERT_REJECT, .method = "POST",
     .path = "/api/v1/alert/{ALERT}/reject", .say = "alert {id} is {state}"},
    {"alert", "discard", "ALERT", "throw a draft away", .options = ALERT_NOTE, .method = "POST",
     .path = "/api/v1/alert/{ALERT}/discard", .say = "alert {id} is {state}"},
    {.noun = NULL},
};
