/* The commands around what comes in from others (see cli/command.h). */
#include "cli/cli.h"

#define QUERY .place = CLI_QUERY
#define END          \
    {                \
        .name = NULL \
    }

static const struct cli_option EVENT_LIST[] = {
    {"municipality", "M", QUERY, .help = "only of this one and its county, by code or name"},
    {"from", "DAY", QUERY, .help = "from this day on, as 2026-11-22"},
    {"to", "DAY", QUERY, .help = "to this day, itself included"},
    END,
};

const struct cli_command CLI_COMMANDS_INCOMING[] = {
    {"incoming", "status", .help = "how VMA and the police's events are asked", .method = "GET",
     .path = "/api/v1/incoming",
     .columns = "source:Source state:State asked_at:Last_asked answered_at:Last_answer next_at:Next problem~60:Problem "
                "problem_since:Since unusable>:Unusable unusable_first~40:First",
     .say = "no sources",
     .more = "Sources are off until their url stands in the configuration ([vma], [police_events]). What VMA\n"
             "suggests are drafts: grannbud alert list --state draft."},
    {"incoming", "resume", "SOURCE", "ask a stopped source again (vma or police_events)", .method = "POST",
     .path = "/api/v1/incoming/{SOURCE}/resume", .say = "{source} is asked again"},

    {"event", "list", .help = "the police's public events, newest first", .options = EVENT_LIST, .method = "GET",
     .path = "/api/v1/police-event", .columns = "happened_at:When place~20:Place type~28:Type summary~60:What",
     .say = "no events are kept for this"},
    {.noun = NULL},
};
