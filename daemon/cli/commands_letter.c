/* The commands around letters: series, schedules, letters, deliveries (see cli/command.h). */
#include "cli/cli.h"

#define QUERY .place = CLI_QUERY
#define LOCAL .place = CLI_LOCAL
#define END          \
    {                \
        .name = NULL \
    }

static const struct cli_option SERIES_ADD[] = {
    {"name", "NAME", .is_required = true, .help = "as 'Månadsbrev Ängelholm'"},
    {"rrule", "RULE", .is_required = true, .help = "RFC 5545, as 'FREQ=MONTHLY;BYMONTHDAY=1'"},
    {"time", "HH:MM", .is_required = true, .help = "local time of day"},
    {"scope", "SCOPE", .is_required = true, .help = "a municipality or a police area, by code or name"},
    {"kind", "KIND", .help = "monthly, weekly or info; default: as the rule says"},
    {"tz", "ZONE", .help = "time zone; default: the daemon's"},
    {"from", "DATE", .help = "the first day that counts; default: today"},
    {"working-day", NULL, CLI_FLAG, .help = "move off weekends and Swedish public holidays"},
    {"covers-previous", NULL, CLI_FLAG, .help = "the letter is about the month before the one it goes out in"},
    END,
};
static const struct cli_option SCHEDULE_NEXT[] = {
    {"rrule", "RULE", LOCAL, .is_required = true, .help = "RFC 5545, as 'FREQ=MONTHLY;BYMONTHDAY=1'"},
    {"time", "HH:MM", LOCAL, .is_required = true, .help = "local time of day"},
    {"tz", "ZONE", LOCAL, .help = "time zone; default: Europe/Stockholm"},
    {"from", "DATE", LOCAL, .help = "the first day that is shown, itself included; default: today"},
    {"start", "DATE", LOCAL, .help = "the first day that counts (DTSTART); default: --from"},
    {"count", "N", CLI_NUMBER, CLI_LOCAL, .help = "how many; default 12, at most 10000"},
    {"working-day", NULL, CLI_FLAG, CLI_LOCAL, .help = "move off weekends and Swedish public holidays"},
    END,
};
static const struct cli_option LETTER_NEW[] = {
    {"series", "SERIES", .help = "the series, by id or name; default: by the letter's head"},
    {"scope", "SCOPE", .help = "for a letter outside any series"},
    END,
};
static const struct cli_option LETTER_LIST[] = {
    {"state", "STATE", QUERY, .help = "draft, submitted, approved, held, sending, sent or cancelled"},
    {"series", "SERIES", QUERY, .help = "only of this series"},
    END,
};
static const struct cli_option LETTER_PREVIEW[] = {
    {"group", "GROUP", QUERY, .help = "as this group gets it"},
    {"municipality", "CODE", QUERY, .help = "as this municipality gets it"},
    {"html", NULL, CLI_FLAG, CLI_LOCAL, .help = "print the HTML part instead of the text"},
    END,
};
static const struct cli_option LETTER_MATERIAL[] = {
    {"municipality", "M", QUERY, .is_required = true, .help = "which municipality, by code or name"},
    {"period", "PERIOD", QUERY, .help = "2026-11, 2026-W47, a day or a year; default: this month"},
    END,
};
static const struct cli_option LETTER_TEST[] = {
    {"to", "ADDRESS", .is_required = true, .help = "who gets the test copy"},
    {"municipality", "CODE", .help = "as this municipality gets it"},
    END,
};
static const struct cli_option LETTER_SUBMIT[] = {
    {"override", "REASON", .key = "override_reason", .help = "why what lint blocks may stand; it is kept"},
    END,
};
static const struct cli_option LETTER_APPROVE[] = {
    {"hash", "H", .help = "what you have read; refused when the letter changed since"},
    END,
};
static const struct cli_option LETTER_REJECT[] = {
    {"note", "TEXT", .is_required = true, .help = "what should be changed"},
    END,
};
static const struct cli_option LETTER_SEND[] = {
    {"at", "TIME", .help = "when, as 2026-04-01T09:00:00+02:00; default: now"},
    END,
};
static const struct cli_option LETTER_CANCEL[] = {
    {"note", "TEXT", .help = "why"},
    END,
};
static const struct cli_option DELIVERY_LIST[] = {
    {"message", "M", QUERY, .help = "only of this message"},
    {"letter", "L", QUERY, .help = "only of this letter"},
    {"alert", "A", QUERY, .help = "only of this alert"},
    {"state", "STATE", QUERY, .help = "pending claimed sent failed uncertain withdrawn expired"},
    {"address", "ADDRESS", QUERY, .help = "only to this mail address"},
    END,
};

#define LETTER_COLUMNS "id:Id title:Title series:Series period:Period state:State due_at:Due author:Author"
#define DELIVERY_COLUMNS                                                                                          \
    "id:Id address~32:Address to_name~20:Name state:State attempts>:Tries status:Status due_at:Due last_at:Last " \
    "reply~40:Reply"

static const struct cli_option MEETING_ADD[] = {
    {"title", "TEXT", .is_required = true, .help = "what it is called, as 'Ombudsträff'"},
    {"scope", "SCOPE", .is_required = true, .help = "whom it is for: police_area:NAME or municipality:CODE"},
    {"starts", "TIME", .key = "starts_at", .is_required = true, .help = "when it begins, as 2026-04-15T18:00"},
    {"ends", "TIME", .key = "ends_at", .help = "when it ends; default: two hours later"},
    {"place", "TEXT", .help = "where, as 'Stadshuset i Ängelholm'"},
    {"note", "TEXT", .help = "what people should know"},
    END,
};
static const struct cli_option MEETING_EDIT[] = {
    {"title", "TEXT", .help = "what it is called"},
    {"scope", "SCOPE", .help = "whom it is for: police_area:NAME or municipality:CODE"},
    {"starts", "TIME", .key = "starts_at",
     .help = "when it begins; it lasts as long as before, unless --ends says more"},
    {"ends", "TIME", .key = "ends_at", .help = "when it ends"},
    {"place", "TEXT", .help = "where; '' clears"},
    {"note", "TEXT", .help = "what people should know; '' clears"},
    END,
};
static const struct cli_option MEETING_LIST[] = {
    {"days-back", "N", CLI_NUMBER, CLI_QUERY, .help = "also those of the last N days"},
    END,
};

const struct cli_command CLI_COMMANDS_LETTER[] = {
    {"series", "add", .help = "a letter that recurs by the calendar", .options = SERIES_ADD, .method = "POST",
     .path = "/api/v1/series", .say = "series {name} added: {id}",
     .more = "See 'grannbud schedule next' for what a rule means, before you add it."},
    {"series", "list", .help = "the series", .method = "GET", .path = "/api/v1/series",
     .columns = "id:Id name:Name kind:Kind rrule:Rule time:Time scope_kind:Scope scope_code:Code paused_at:Paused",
     .say = "no series yet: add one with series add"},
    {"series", "show", "SERIES", "one series and its next dates", .method = "GET", .path = "/api/v1/series/{SERIES}"},
    {"series", "pause", "SERIES", "ask for no letters, and send none by itself", .method = "POST",
     .path = "/api/v1/series/{SERIES}/pause",
     .say =
         "series {name} paused: nothing goes out by itself, approved letters neither; series resume starts it again"},
    {"series", "resume", "SERIES", "start a paused series; what passed meanwhile is not made up for", .method = "POST",
     .path = "/api/v1/series/{SERIES}/resume", .say = "series {name} goes on"},

    {"schedule", "next", .help = "when a rule is due; needs no daemon", .options = SCHEDULE_NEXT,
     .run = cli_run_schedule,
     .more = "Example, the first working day of each month: grannbud schedule next --time 09:00 \\\n"
             "    --rrule 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1' --working-day"},
    {"schedule", "upcoming", .help = "which letters are due next, over all series", .method = "GET",
     .path = "/api/v1/schedule/upcoming",
     .columns = "local:Due series_name:Series period:Period state:State colour:Light letter:Letter",
     .say = "nothing is due: add a series with series add"},

    {"meeting", "add", .help = "put a meeting into the public calendar", .options = MEETING_ADD, .method = "POST",
     .path = "/api/v1/meeting", .say = "meeting {id} added: {title}, {starts_at}",
     .more = "Everybody can read it, in /feed/calendar.ics: name no private person."},
    {"meeting", "list", .help = "meetings to come", .options = MEETING_LIST, .method = "GET", .path = "/api/v1/meeting",
     .columns = "id:Id starts_at:Begins ends_at:Ends title:Title place:Place scope_kind:Scope scope_code:Code",
     .say = "no meetings to come: add one with meeting add"},
    {"meeting", "edit", "ID", "change a meeting; calendars that subscribe follow", .options = MEETING_EDIT,
     .method = "PATCH", .path = "/api/v1/meeting/{ID}", .say = "meeting {id} changed: {title}, {starts_at}"},
    {"meeting", "remove", "ID", "take a meeting out of the calendar", .method = "DELETE",
     .path = "/api/v1/meeting/{ID}", .say = "meeting removed"},

    {"letter", "new", "FILE.md@source", "a draft from a Markdown file", .options = LETTER_NEW, .method = "POST",
     .path = "/api/v1/letter", .say = "draft {id}: {title}[, {period}][ (due {due_at})]"},
    {"letter", "list", .help = "letters, newest first", .options = LETTER_LIST, .method = "GET",
     .path = "/api/v1/letter", .columns = LETTER_COLUMNS, .say = "no letters here: begin one with letter new FILE.md"},
    {"letter", "show", "ID", "one letter, its state and its text", .method = "GET", .path = "/api/v1/letter/{ID}"},
    {"letter", "edit", "ID FILE.md@source", "another text; voids an approval", .method = "PUT",
     .path = "/api/v1/letter/{ID}", .say = "letter {id} is a {state} with the new text"},
    {"letter", "lint", "LETTER", "what must not stand in a letter (an id, or a file)", .method = "GET",
     .path = "/api/v1/letter/{LETTER}/lint", .run = cli_run_lint, .view = cli_view_lint,
     .more = "A FILE (FILE.md, a path, or -) is checked here, without the daemon and its settings.\n"
             "Exit code 1 when something stops the letter."},
    {"letter", "material", "[FILE]>", "the police's public events as Markdown, to take what is of use",
     .options = LETTER_MATERIAL, .method = "GET", .path = "/api/v1/letter/material",
     .more = "Kept only while [police_events] is set up; incoming status tells how that goes."},
    {"letter", "preview", "ID", "the letter as its readers get it", .options = LETTER_PREVIEW, .method = "GET",
     .path = "/api/v1/letter/{ID}/preview", .run = cli_run_preview},
    {"letter", "test", "ID", "a test copy to one address", .options = LETTER_TEST, .method = "POST",
     .path = "/api/v1/letter/{ID}/test",
     .say = "a test copy is on its way: delivery list --message {message} tells what became of it"},
    {"letter", "submit", "ID", "ask for approval", .options = LETTER_SUBMIT, .method = "POST",
     .path = "/api/v1/letter/{ID}/submit", .say = "letter {id} is {state}: another person approves it"},
    {"letter", "approve", "ID", "approve what another person wrote", .options = LETTER_APPROVE, .method = "POST",
     .path = "/api/v1/letter/{ID}/approve", .say = "letter {id} is {state}[, due {due_at}]"},
    {"letter", "reject", "ID", "send it back to its author", .options = LETTER_REJECT, .method = "POST",
     .path = "/api/v1/letter/{ID}/reject", .say = "letter {id} is {state} again"},
    {"letter", "send", "ID", "send an approved letter now, or at another time", .options = LETTER_SEND,
     .method = "POST", .path = "/api/v1/letter/{ID}/send",
     .say = "letter {id} is {state}[, due {due_at}]: follow it with letter report"},
    {"letter", "cancel", "ID", "call a letter off, or withdraw what is not yet sent", .options = LETTER_CANCEL,
     .method = "POST", .path = "/api/v1/letter/{ID}/cancel", .say = "letter {id} is {state}"},
    {"letter", "report", "ID", "who was reached, by municipality", .method = "GET",
     .path = "/api/v1/letter/{ID}/report", .view = cli_view_report,
     .more = "Every ID may be 'latest', the newest letter that you can see."},

    {"delivery", "list", .help = "deliveries, one per recipient", .options = DELIVERY_LIST, .method = "GET",
     .path = "/api/v1/delivery", .columns = DELIVERY_COLUMNS, .say = "no such deliveries"},
    {"delivery", "show", "DELIVERY", "one delivery and each server's answer", .method = "GET",
     .path = "/api/v1/delivery/{DELIVERY}", .view = cli_view_delivery},
    {"delivery", "retry", "DELIVERY", "try a failed delivery once more", .method = "POST",
     .path = "/api/v1/delivery/{DELIVERY}/retry", .say = "delivery {id} is {state} again"},

    {"why", NULL, "ADDRESS=address", "all that happened for one mail address, newest first", .method = "GET",
     .path = "/api/v1/why", .view = cli_view_why},
    {.noun = NULL},
};
