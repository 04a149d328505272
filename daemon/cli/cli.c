/* The program's frame: arguments in, one command run, an exit code out; and the files that commands read and write. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/table.h"

int cli_fail(struct cli *cli, int code, const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fputs("grannbud: ", cli->err);
    print_clean(cli->err, text, true);
    fputc('\n', cli->err);
    return code;
}

int cli_fail_words(struct cli *cli, int code, const char *en, const char *sv)
{
    bool has_sv = sv && sv[0];
    if (has_sv && cli->lang != CLI_EN)
        cli_fail(cli, code, "%s", sv);
    return has_sv && cli->lang == CLI_SV ? code : cli_fail(cli, code, "%s", en);
}

int cli_fail_err(struct cli *cli, int code, const struct err *err)
{
    int exit_code = code == ERR_USAGE ? CLI_USAGE : code == ERR_BUSY ? CLI_UNREACHABLE : CLI_REFUSED;
    return cli_fail_words(cli, exit_code, err_or(err, code), err->text[0] ? err->sv : NULL);
}

/* The language of officers' texts: as told, else Swedish where the terminal is, else both. */
static enum cli_lang choose_lang(const char *told)
{
    static const char *const NAMES[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    if (told)
        return strcmp(told, "sv") == 0 ? CLI_SV : CLI_EN;
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        const char *value = getenv(NAMES[i]);
        if (value && value[0])
            return strncmp(value, "sv", 2) == 0 ? CLI_SV : CLI_BOTH;
    }
    return CLI_BOTH;
}

static int run(struct cli *cli)
{
    const struct cli_args *args = &cli->args;
    if (args->version) {
        fputs("grannbud " GRANNBUD_VERSION "\n", cli->out);
        return CLI_DONE;
    }
    if (args->help) {
        cli_help(cli, args);
        return CLI_DONE;
    }
    return args->command->run ? args->command->run(cli) : cli_call(cli);
}

int cli_run(int argc, const char *const *argv, FILE *out, FILE *err)
{
    struct cli cli = {.out = out, .err = err};
    struct err words = {.text = ""};
    int rc = cli_args_parse(argc, argv, &cli.args, &words);
    if (rc)
        return cli_fail_err(&cli, rc, &words);
    cli_args_environment(&cli.args);
    cli.lang = choose_lang(cli.args.lang);
    int code = run(&cli);
    client_free(cli.client);
    if ((fflush(out) || ferror(out)) && code == CLI_DONE)
        code = cli_fail(&cli, CLI_REFUSED, "cannot write the output: %s", strerror(errno));
    return code;
}

/* --- files ---------------------------------------------------------------------------------------------------------
 */

static int read_all(int fd, const char *path, struct buf *out, struct err *err)
{
    for (;;) {
        char *room = buf_reserve(out, 64 * 1024);
        if (!room)
            return err_set(err, ERR_TOO_LARGE, "%s is larger than %d bytes: split it", path, CLI_FILE_MAX_BYTES);
        ssize_t n = read(fd, room, 64 * 1024);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
        if (n == 0)
            return 0;
        buf_commit(out, (size_t)n);
    }
}

int cli_read_file(const char *path, struct buf *out, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", out, err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    int rc = read_all(fd, path, out, err);
    close(fd);
    return rc;
}

static int write_all(int fd, const struct buf *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) ? -errno : 0;
}

/* Beside its place first, so that a full disk does not leave half a file under the name. */
static int replace_file(const char *path, const struct buf *text, struct err *err)
{
    char *beside = xasprintf("%s.XXXXXX", path);
    int rc = 0;
    int fd = mkstemp(beside); /* mode 0600 */
    if (fd < 0)
        rc = -errno;
    if (!rc)
        rc = write_all(fd, text);
    if (fd >= 0 && close(fd) && !rc)
        rc = -errno;
    if (!rc && rename(beside, path))
        rc = -errno;
    if (rc && fd >= 0)
        unlink(beside);
    if (rc)
        rc = err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(-rc));
    free(beside);
    return rc;
}

int cli_write_file(struct cli *cli, const char *path, const struct buf *text, struct err *err)
{
    if (strcmp(path, "-") != 0)
        return replace_file(path, text, err);
    if (fwrite(buf_str(text), 1, text->len, cli->out) != text->len)
        return err_set(err, ERR_IO, "cannot write the output: %s", strerror(errno));
    return 0;
}
