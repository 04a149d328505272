/* `why`: all about one address. */
#include "cli/cli.h"

#include "cli/show.h"

int cli_view_why(struct cli *cli, const json_t *answer)
{
    const json_t *people = json_object_get(answer, "registrations");
    size_t i;
    json_t *person;
    if (cli->args.json)
        return CLI_DONE;
    json_array_foreach(people, i, person)
    {
        json_t *groups = json_incref(json_object_get(person, "groups"));
        json_t *head = json_copy(person);
        json_object_del(head, "groups");
        show_object(cli->out, head);
        show_list(cli->out, groups, "id:Group name:Name state:State role:Role joined_at:Since", "in no group");
        fputc('\n', cli->out);
        json_decref(head);
        json_decref(groups);
    }
    if (json_array_size(people) == 0)
        fputs("Nobody in your area has this address now.\n\n", cli->out);
    show_list(cli->out, json_object_get(answer, "items"),
              "last_at:Last kind:Kind title:Title state:State attempts>:Attempts relay:Relay step:Step status:Status "
              "reply:Reply id:Delivery",
              "Nothing was ever sent to it.");
    return CLI_DONE;
}
