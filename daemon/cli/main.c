/* grannbud: the command line of Grannbud. All it does is in cli.c; this file only names the streams. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return cli_run(argc, (const char *const *)argv, stdout, stderr);
}
