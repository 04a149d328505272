/* The commands around the register: areas, municipalities, groups and contact persons (see cli/command.h). */
#include "cli/cli.h"

#define QUERY .place = CLI_QUERY
#define END          \
    {                \
        .name = NULL \
    }

static const struct cli_option MUNICIPALITY_LIST[] = {
    {"area", "AREA", QUERY, .help = "only those of this police area (code or name)"},
    END,
};

/* What is known of a group; `group add` has two more. */
#define GROUP_FACTS                                                                                                 \
    {"district", "TEXT", .help = "part of the municipality"}, {"postal-code", "CODE", .help = "as 266 32"},         \
        {"activated-on", "DATE", .help = "when it began"}, {"last-meeting-on", "DATE", .help = "when it last met"}, \
        {"position", "LAT,LON", .help = "where it lies, as 56.242,12.862: for alerts within a circle or on a map"}, \
        {"households", "N", CLI_NUMBER, .key = "household_count", .help = "households in the area"},                \
        {"households-joined", "N", CLI_NUMBER, .help = "households that take part"},                                \
    {                                                                                                               \
        "signs", "N", CLI_NUMBER, .key = "sign_count", .help = "signs that are up"                                  \
    }

static const struct cli_option GROUP_ADD[] = {
    {"name", "NAME", .is_required = true, .help = "the group's name, as 'Lärkvägen m.fl.'"},
    {"municipality", "CODE", .is_required = true, .help = "municipality, by code or name"},
    {"kind", "KIND", .help = "house apartment leisure rural farm boat business mixed other"},
    {"state", "STATE", .help = "interest (default), contacted, ..., active"},
    GROUP_FACTS,
    END,
};
static const struct cli_option GROUP_SET[] = {
    {"name", "NAME", .help = "another name"},
    {"kind", "KIND", .help = "another kind"},
    GROUP_FACTS,
    END,
};
static const struct cli_option GROUP_LIST[] = {
    {"municipality", "CODE", QUERY, .help = "only of this municipality"},
    {"state", "STATE", QUERY, .help = "only in this state"},
    {"kind", "KIND", QUERY, .help = "only of this kind"},
    {"name", "PART", QUERY, .key = "q", .help = "only with this in the name"},
    END,
};
static const struct cli_option GROUP_STATUS[] = {
    {"note", "TEXT", .help = "why, for those who read it later"},
    END,
};
static const struct cli_option GROUP_IMPORT[] = {
    {"dry-run", NULL, CLI_FLAG, CLI_QUERY, .help = "show what would be done, and do nothing"},
    {"municipality", "CODE", QUERY, .help = "of all rows that do not say"},
    END,
};
static const struct cli_option GROUP_EXPORT[] = {
    {"municipality", "CODE", QUERY, .help = "only of this municipality"},
    END,
};

#define CONTACT_FACTS                                                                                            \
    {"email", "ADDRESS", CLI_LIST, .key = "addresses", .help = "mail address; may be repeated; '' removes all"}, \
        {"phone", "NUMBER", .help = "phone number"}, {"phone-alt", "NUMBER", .help = "second phone number"},     \
        {"role", "ROLE", .help = "lead_rep or contact_rep, in --group"},                                         \
        {"trained", "yes|no", CLI_YESNO, .help = "has been to the training"},                                    \
        {"trained-year", "YEAR", CLI_NUMBER, .help = "when"},                                                    \
    {                                                                                                            \
        "protected", "yes|no", CLI_YESNO, .help = "protected identity: shown in no list"                         \
    }

static const struct cli_option CONTACT_ADD[] = {
    {"group", "GROUP", .is_required = true, .help = "the group, by id or name"},
    {"name", "NAME", .is_required = true, .help = "first and last name"},
    CONTACT_FACTS,
    END,
};
static const struct cli_option CONTACT_SET[] = {
    {"group", "GROUP", .help = "the group in which --role changes"},
    {"name", "NAME", .help = "another name"},
    CONTACT_FACTS,
    END,
};
static const struct cli_option CONTACT_LIST[] = {
    {"municipality", "CODE", QUERY, .help = "only of this municipality"},
    {"name", "PART", QUERY, .key = "q", .help = "only with this in the name"},
    {"address", "ADDRESS", QUERY, .help = "only with this mail address"},
    END,
};
static const struct cli_option CONTACT_REMOVE[] = {
    {"group", "GROUP", QUERY, .help = "out of this group only"},
    END,
};

const struct cli_command CLI_COMMANDS_REGISTER[] = {
    {"area", "list", .help = "police areas and how many municipalities each has", .method = "GET",
     .path = "/api/v1/area",
     .columns = "code:Code name:Name division:Division region:Region municipalities>:Municipalities",
     .say = "no police areas yet: add them with area import"},
    {"area", "show", "AREA", "one police area and its municipalities", .method = "GET", .path = "/api/v1/area/{AREA}"},
    {"area", "import", "FILE@", "take in a table of counties, municipalities or police areas", .method = "POST",
     .path = "/api/v1/area/import", .view = cli_view_import,
     .more = "FILE is a CSV as those in /usr/share/grannbud/areas; all rows are taken in, or none."},

    {"municipality", "list", .help = "municipalities and how many groups each has", .options = MUNICIPALITY_LIST,
     .method = "GET", .path = "/api/v1/municipality",
     .columns = "code:Code name:Name county:County police_area_name:Police_area groups>:Groups active_groups>:Active",
     .say = "no municipalities: add them with area import"},
    {"municipality", "show", "CODE", "one municipality", .method = "GET", .path = "/api/v1/municipality/{CODE}"},

    {"group", "add", .help = "register a watch group", .options = GROUP_ADD, .method = "POST", .path = "/api/v1/group",
     .say = "group {name} added: {id} in {municipality}, {state}"},
    {"group", "list", .help = "watch groups", .options = GROUP_LIST, .method = "GET", .path = "/api/v1/group",
     .columns = "id:Id name:Name municipality:Municipality district:District kind:Kind state:State contacts>:Contacts "
                "households_joined>:Joined last_meeting_on:Last_meeting",
     .say = "no groups here: add one with group add, or a register with group import"},
    {"group", "show", "GROUP", "one group, its contact persons and its history", .method = "GET",
     .path = "/api/v1/group/{GROUP}"},
    {"group", "set", "GROUP", "change what is known of a group; '' clears", .options = GROUP_SET, .method = "PATCH",
     .path = "/api/v1/group/{GROUP}", .say = "group {name} changed: {id}"},
    {"group", "status", "GROUP STATE=state", "move a group to another state", .options = GROUP_STATUS, .method = "POST",
     .path = "/api/v1/group/{GROUP}/state", .say = "group {name} is {state} now",
     .more = "States: interest contacted meeting_booked trained starting active dormant closed declined."},
    {"group", "import", "FILE@", "take in a register (CSV)", .options = GROUP_IMPORT, .method = "POST",
     .path = "/api/v1/group/import", .view = cli_view_import,
     .more = "All rows are taken in, or none; every problem is listed with line and column. Try --dry-run first."},
    {"group", "export", "[FILE]>", "write the register as CSV", .options = GROUP_EXPORT, .method = "GET",
     .path = "/api/v1/group/export",
     .more = "Without FILE to standard output. The file holds particulars of persons: it is written with mode 0600."},

    {"contact", "add", .help = "add a contact person to a group", .options = CONTACT_ADD, .method = "POST",
     .path = "/api/v1/contact", .say = "contact person {name} added: {id}"},
    {"contact", "list", .help = "contact persons", .options = CONTACT_LIST, .method = "GET", .path = "/api/v1/contact",
     .columns = "id:Id name:Name municipality:Municipality phone:Phone trained:Trained groups>:Groups",
     .say = "no contact persons here: add one with contact add, or a register with group import"},
    {"contact", "show", "CONTACT", "one contact person, addresses and groups", .method = "GET",
     .path = "/api/v1/contact/{CONTACT}"},
    {"contact", "set", "CONTACT", "change what is known of a contact person; '' clears", .options = CONTACT_SET,
     .method = "PATCH", .path = "/api/v1/contact/{CONTACT}", .say = "contact person {name} changed: {id}"},
    {"contact", "remove", "CONTACT", "take a contact person out of the register", .options = CONTACT_REMOVE,
     .method = "DELETE", .path = "/api/v1/contact/{CONTACT}", .say = "contact person removed"},
    {.noun = NULL},
};
