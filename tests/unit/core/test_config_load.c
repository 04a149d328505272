/*
 * The configuration and the machine: the file itself, passwords in files and credentials, and what a reload
 * changes. The texts of wrong files are in test_config.c.
 */
#include "core/config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "lib/test.h"

/* The least that is complete; what a test adds begins in line 7, in [relay main]. */
#define BASE                                       \
    "[node]\n"                                     \
    "base_url = https://grannbud.kommun.example\n" \
    "[sender]\n"                                   \
    "from = grannsamverkan@kommun.example\n"       \
    "[relay main]\n"                               \
    "url = smtp://127.0.0.1:2525\n"

/* Parse `text`, which is right, and return it; the caller frees. */
static struct config *parse_good(const char *text)
{
    struct file_errors errors;
    struct config *c = NULL;

    file_errors_init(&errors, "t.conf");
    if (config_parse(text, strlen(text), &c, &errors) != 0)
        fail_msg("refused: %s", errors.item[0].text);
    file_errors_fini(&errors);
    return c;
}

struct place {
    char dir[64];
    char conf[128];
    char secret[128];
};

static void write_file(const char *path, const void *data, size_t n, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int make_place(void **state)
{
    struct place *p = xcalloc(1, sizeof(*p));

    (void)snprintf(p->dir, sizeof(p->dir), "/tmp/test_config.XXXXXX");
    if (!mkdtemp(p->dir))
        return -1;
    (void)snprintf(p->conf, sizeof(p->conf), "%s/grannbud.conf", p->dir);
    (void)snprintf(p->secret, sizeof(p->secret), "%s/main.password", p->dir);
    *state = p;
    return 0;
}

static int drop_place(void **state)
{
    struct place *p = *state;

    unlink(p->conf);
    unlink(p->secret);
    rmdir(p->dir);
    unsetenv("CREDENTIALS_DIRECTORY"); /* NOLINT(concurrency-mt-unsafe): one thread */
    free(p);
    return 0;
}

/* Load a configuration whose relay has the login of p->secret. */
static struct config *load_with_secret(const struct place *p, bool is_named, struct file_errors *errors)
{
    struct config *c = NULL;
    struct buf text;
    int rc = 0;

    buf_init(&text, 4000);
    buf_adds(&text, BASE "username = grannbud\n");
    if (is_named)
        buf_addf(&text, "password_file = %s\n", p->secret);
    write_file(p->conf, buf_str(&text), text.len, 0644);
    buf_fini(&text);
    file_errors_init(errors, "t.conf");
    rc = config_load(p->conf, &c, errors);
    assert_int_equal(rc == 0, c != NULL);
    return c;
}

static void test_config_load__reads_the_password_without_its_newline(void **state)
{
    static const char *const files[] = {"hunter 2 åäö", "hunter 2 åäö\n", "hunter 2 åäö\r\n"};
    struct place *p = *state;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct file_errors errors;
        struct config *c = NULL;

        write_file(p->secret, files[i], strlen(files[i]), 0640);
        c = load_with_secret(p, true, &errors);
        assert_non_null(c);
        assert_string_equal(c->relays[0].password, "hunter 2 åäö");
        config_free(c);
        file_errors_fini(&errors);
    }
}

static void assert_secret_refused(const struct place *p, const void *data, size_t n, mode_t mode, const char *want)
{
    struct file_errors errors;
    struct config *c = NULL;
    char expected[400];

    write_file(p->secret, data, n, mode);
    c = load_with_secret(p, true, &errors);
    (void)snprintf(expected, sizeof(expected), "t.conf:8: [relay main] password_file: %s %s", p->secret, want);
    assert_null(c);
    assert_int_equal(errors.count, 1);
    assert_string_equal(errors.item[0].text, expected);
    file_errors_fini(&errors);
}

static void test_config_load__refuses_a_bad_password_file(void **state)
{
    static char large[CONFIG_SECRET_BYTES_MAX + 1];
    struct place *p = *state;

    memset(large, 'x', sizeof(large));
    assert_secret_refused(p, "x\n", 2, 0644, "is open to every user (mode 0644): chmod 0600 it");
    assert_secret_refused(p, "x\n", 2, 0602, "is open to every user (mode 0602): chmod 0600 it");
    assert_secret_refused(p, "\n", 1, 0600, "is empty: write the password into it");
    assert_secret_refused(p, "", 0, 0600, "is empty: write the password into it");
    assert_secret_refused(p, "a\nb\n", 4, 0600,
                          "has more than one line or control characters: write the password alone");
    assert_secret_refused(p, "a\0b", 3, 0600, "has more than one line or control characters: write the password alone");
    assert_secret_refused(p, large, sizeof(large), 0600,
                          "is too large for a password: write one of at most 4096 bytes");
}

static void test_config_load__takes_the_credential_of_systemd(void **state)
{
    struct place *p = *state;
    struct file_errors errors;
    struct config *c = NULL;

    write_file(p->secret, "from systemd", 12, 0400);
    setenv("CREDENTIALS_DIRECTORY", p->dir, 1); /* NOLINT(concurrency-mt-unsafe): one thread */
    c = load_with_secret(p, false, &errors);
    assert_non_null(c);
    assert_string_equal(c->relays[0].password, "from systemd");
    config_free(c);
    file_errors_fini(&errors);
}

static void test_config_load__wants_tls_for_a_password_on_the_network(void **state)
{
    struct place *p = *state;
    struct file_errors errors;
    struct config *c = NULL;
    char text[1000];

    write_file(p->secret, "x", 1, 0600);
    for (int i = 0; i < 2; i++) {
        int n = snprintf(text, sizeof(text),
                         BASE "[relay far]\nurl = smtp://relay.example\nusername = u\n"
                              "password_file = %s\ntls = %s\n",
                         p->secret, i ? "none" : "opportunistic");
        file_errors_init(&errors, "t.conf");
        assert_int_equal(config_parse(text, (size_t)n, &c, &errors), ERR_CONFIG);
        assert_int_equal(errors.count, 1);
        assert_string_equal(errors.item[0].text,
                            "t.conf:11: [relay far] tls: the password could go out in clear: write tls = required");
        file_errors_fini(&errors);
    }
}

static void test_config_load__tells_when_there_is_no_file(void **state)
{
    struct file_errors errors;
    struct config *c = NULL;

    (void)state;
    file_errors_init(&errors, "/nonexistent/grannbud.conf");
    assert_int_equal(config_load("/nonexistent/grannbud.conf", &c, &errors), ERR_IO);
    assert_string_equal(errors.item[0].text,
                        "/nonexistent/grannbud.conf: cannot read the configuration: No such file or "
                        "directory: name the right file with -c");
    file_errors_fini(&errors);
    file_errors_init(&errors, "/tmp");
    assert_int_equal(config_load("/tmp", &c, &errors), ERR_IO);
    assert_string_equal(errors.item[0].text,
                        "/tmp: cannot read the configuration: Is a directory: name the right file with -c");
    file_errors_fini(&errors);
}

static void test_config_load__stops_at_a_file_that_is_too_large(void **state)
{
    struct place *p = *state;
    size_t n = CONFIG_FILE_BYTES_MAX + 1;
    char *text = xmalloc(n);
    struct file_errors errors;
    struct config *c = NULL;

    memset(text, '\n', n);
    write_file(p->conf, text, n, 0600);
    file_errors_init(&errors, "t.conf");
    assert_int_equal(config_load(p->conf, &c, &errors), ERR_IO);
    assert_string_equal(errors.item[0].text, "t.conf: the file has more than 262144 bytes: is it the right one?");
    file_errors_fini(&errors);
    free(text);
}

/* --- reload ------------------------------------------------------------------------------------------------------ */

static void note_change(void *ctx, const char *name, bool needs_restart)
{
    buf_addf(ctx, "%s%s\n", name, needs_restart ? " (restart)" : "");
}

static void test_config_diff__names_what_changed_and_what_needs_a_restart(void **state)
{
    struct config *running = parse_good(BASE "[relay gone]\nurl = smtp://gone.example\n"
                                             "[inbound]\n[letter]\nlink_hosts = a.example, b.example\n");
    struct config *next = parse_good(BASE "connections = 9\n[relay new]\nurl = smtp://new.example\n"
                                          "[log]\nlevel = debug\n[store]\nurl = sqlite:/srv/g.db\n"
                                          "[letter]\nremind_days = 3,2\nlink_hosts = a.example\n"
                                          "[listen]\nhttp = off\n");
    struct buf got;

    (void)state;
    buf_init(&got, 10000);
    assert_int_equal(config_diff(running, running, note_change, &got), 0);
    assert_int_equal(got.len, 0);
    assert_int_equal(config_diff(running, next, note_change, &got), 8);
    assert_string_equal(buf_str(&got), "[store] url (restart)\n"
                                       "[listen] http (restart)\n"
                                       "[letter] remind_days\n"
                                       "[letter] link_hosts\n"
                                       "[log] level\n"
                                       "[relay main] connections\n"
                                       "[relay new]\n"
                                       "[relay gone]\n");
    buf_fini(&got);
    config_free(next);
    config_free(running);
}

static void test_config_diff__sees_a_new_password_and_tells_no_value(void **state)
{
    struct place *p = *state;
    struct file_errors errors;
    struct config *running = NULL;
    struct config *next = NULL;
    struct buf got;

    write_file(p->secret, "old", 3, 0600);
    running = load_with_secret(p, true, &errors);
    file_errors_fini(&errors);
    write_file(p->secret, "new", 3, 0600);
    next = load_with_secret(p, true, &errors);
    file_errors_fini(&errors);
    buf_init(&got, 1000);
    assert_int_equal(config_diff(running, next, note_change, &got), 1);
    assert_string_equal(buf_str(&got), "[relay main] password\n");
    buf_fini(&got);
    config_free(next);
    config_free(running);
}

static void test_config_keep_running__holds_back_what_needs_a_restart(void **state)
{
    struct config *running = parse_good(BASE);
    struct config *next =
        parse_good(BASE "[store]\nurl = sqlite:/srv/g.db\n[log]\nlevel = debug\n[listen]\nhttp = off\n");

    (void)state;
    config_keep_running(next, running);
    assert_string_equal(next->store.url.path, "/var/lib/grannbud/grannbud.db");
    assert_int_equal(next->listen.http.port, 8080);
    assert_int_equal(next->log.level, LOG_DEBUG);
    assert_string_equal(running->store.url.path, "/srv/g.db");
    config_free(next);
    config_free(running);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_config_load__reads_the_password_without_its_newline, make_place, drop_place),
    TEST_FIXTURE(test_config_load__refuses_a_bad_password_file, make_place, drop_place),
    TEST_FIXTURE(test_config_load__takes_the_credential_of_systemd, make_place, drop_place),
    TEST_FIXTURE(test_config_load__wants_tls_for_a_password_on_the_network, make_place, drop_place),
    TEST(test_config_load__tells_when_there_is_no_file),
    TEST_FIXTURE(test_config_load__stops_at_a_file_that_is_too_large, make_place, drop_place),
    TEST(test_config_diff__names_what_changed_and_what_needs_a_restart),
    TEST_FIXTURE(test_config_diff__sees_a_new_password_and_tells_no_value, make_place, drop_place),
    TEST(test_config_keep_running__holds_back_what_needs_a_restart),
};
TEST_MAIN(tests)
