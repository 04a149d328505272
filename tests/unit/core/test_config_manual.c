/*
 * conf/grannbud.conf is the manual of settings: this holds it against the table of keys.
 * Every key stands there once, in the order of the table, commented out, with its default or with an example
 * and the words "Required" or "No default"; it says whether a restart is needed; and it parses.
 */
#include "core/config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/config_table.h"
#include "lib/test.h"

#define MANUAL "conf/grannbud.conf"

enum { MANUAL_LINES_MAX = 600 };

struct manual {
    char *text;
    char *line[MANUAL_LINES_MAX];
    size_t count;
};

static char *read_whole(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = xcalloc(1, CONFIG_FILE_BYTES_MAX);

    if (!f)
        fail_msg("%s: run the tests from the top of the tree", path);
    assert_true(fread(text, 1, CONFIG_FILE_BYTES_MAX - 1, f) > 0);
    fclose(f);
    return text;
}

static int open_manual(void **state)
{
    struct manual *m = xcalloc(1, sizeof(*m));
    char *save = NULL;
    char *rest = NULL;

    m->text = read_whole(MANUAL);
    rest = m->text;
    while ((save = strsep(&rest, "\n")) != NULL) {
        assert_true(m->count < MANUAL_LINES_MAX);
        m->line[m->count++] = save;
    }
    *state = m;
    return 0;
}

static int close_manual(void **state)
{
    struct manual *m = *state;

    free(m->text);
    free(m);
    return 0;
}

/* "#key = value", without a space behind the #, is a setting; "# words" is its explanation. */
static bool is_setting(const char *line)
{
    return line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
}

static bool is_section(const char *line)
{
    return line[0] == '[' || strncmp(line, "#[", 2) == 0;
}

static bool is_words(const char *line)
{
    return strncmp(line, "# ", 2) == 0;
}

/* Do the comment lines right above line `i` have these words? */
static bool block_says(const struct manual *m, size_t i, const char *words)
{
    while (i > 0 && is_words(m->line[i - 1])) {
        i--;
        if (strstr(m->line[i], words))
            return true;
    }
    return false;
}

/* "node" of "[node]", "relay" of "#[relay main]". */
static enum config_section section_of(const char *line)
{
    const char *from = strchr(line, '[') + 1;
    char *name = xstrndup(from, strcspn(from, " ]"));
    enum config_section section = config_section_find(name);

    free(name);
    return section;
}

static void check_setting(const struct manual *m, size_t i, size_t section_line, const struct config_key *key)
{
    char want[200];
    bool says_restart = block_says(m, i, "Needs a restart.") || block_says(m, section_line, "Needs a restart.");

    (void)snprintf(want, sizeof(want), "#%s = %s", key->name, key->def ? key->def : "");
    if (key->def && *key->def)
        assert_string_equal(m->line[i], want);
    else
        assert_memory_equal(m->line[i], want, strlen(want));
    if (block_says(m, i, "Required.") != (key->def == NULL))
        fail_msg("%s:%zu: %s: 'Required.' is wrong or missing", MANUAL, i + 1, key->name);
    if (block_says(m, i, "No default:") != (key->def && !*key->def))
        fail_msg("%s:%zu: %s: 'No default:' is wrong or missing", MANUAL, i + 1, key->name);
    if (says_restart != key->needs_restart)
        fail_msg("%s:%zu: %s: 'Needs a restart.' is wrong or missing", MANUAL, i + 1, key->name);
    if (!is_words(m->line[i - 1]))
        fail_msg("%s:%zu: %s is not explained", MANUAL, i + 1, key->name);
}

/* The next key of the table in this section, from `from` on; CONFIG_KEY_COUNT at its end. */
static size_t next_key(enum config_section section, size_t from)
{
    while (from < CONFIG_KEY_COUNT && config_table[from].section != section)
        from++;
    return from;
}

static void test_manual__explains_every_key_with_its_default(void **state)
{
    const struct manual *m = *state;
    enum config_section section = SECTION_none;
    bool is_seen[CONFIG_SECTION_COUNT] = {false};
    size_t section_line = 0;
    size_t next = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (is_section(m->line[i])) {
            if (section != SECTION_none && next_key(section, next) != CONFIG_KEY_COUNT)
                fail_msg("%s:%zu: [%s] %s is missing above", MANUAL, i + 1, config_section_name(section),
                         config_table[next_key(section, next)].name);
            section = section_of(m->line[i]);
            assert_true(section != SECTION_none && !is_seen[section]);
            is_seen[section] = true;
            section_line = i;
            next = 0;
        } else if (is_setting(m->line[i])) {
            next = next_key(section, next);
            if (next == CONFIG_KEY_COUNT)
                fail_msg("%s:%zu: %s: one key too many", MANUAL, i + 1, m->line[i]);
            check_setting(m, i, section_line, &config_table[next]);
            next++;
        } else if (m->line[i][0] != '\0' && m->line[i][0] != '#') {
            fail_msg("%s:%zu: an active setting", MANUAL, i + 1);
        }
    }
    assert_int_equal(next_key(section, next), CONFIG_KEY_COUNT);
    for (int s = 0; s < CONFIG_SECTION_COUNT; s++)
        assert_true(is_seen[s]);
}

static void test_manual__as_it_stands_lacks_three_things(void **state)
{
    static const char *const want[] = {
        "[node] base_url: is missing: write the public address of the web pages, e.g. https://grannbud.kommun.example",
        "[sender] from: is missing: write the address that letters come from, e.g. grannsamverkan@kommun.example",
        "[relay NAME]: is missing: write a section such as [relay main] with its url",
    };
    struct file_errors errors;
    struct config *c = NULL;

    (void)state;
    file_errors_init(&errors, MANUAL);
    assert_int_equal(config_load(MANUAL, &c, &errors), ERR_CONFIG);
    assert_int_equal(errors.count, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_string_equal(strchr(errors.item[i].text, '['), want[i]);
    assert_true(errors.item[0].line > 0 && errors.item[1].line > errors.item[0].line);
    file_errors_fini(&errors);
}

/* The files that the manual names do not exist here: put `file` in their place. */
static void uncomment(const char *line, const char *file, struct buf *out)
{
    const char *value = strstr(line, " = /etc/grannbud/");

    if (is_section(line) || is_setting(line))
        line += line[0] == '#';
    if (value)
        buf_addf(out, "%.*s = %s\n", (int)(value - line), line, file);
    else
        buf_addf(out, "%s\n", line);
}

static void test_manual__with_everything_uncommented_is_accepted(void **state)
{
    const struct manual *m = *state;
    char file[] = "/tmp/test_manual.XXXXXX";
    int fd = mkstemp(file);
    struct file_errors errors;
    struct config *c = NULL;
    struct buf text;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "secret\n", 7), 7);
    close(fd);
    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    for (size_t i = 0; i < m->count; i++)
        uncomment(m->line[i], file, &text);
    file_errors_init(&errors, MANUAL);
    if (config_parse(buf_str(&text), text.len, &c, &errors) != 0)
        fail_msg("%s", errors.item[0].text);
    assert_int_equal(c->relay_count, 1);
    assert_string_equal(c->relays[0].password, "secret");
    assert_string_equal(c->inbound_password, "secret");
    assert_string_equal(c->inbound.imap_url.path, "INBOX");
    assert_int_equal(c->alert.default_expiry_s, 86400);
    config_free(c);
    file_errors_fini(&errors);
    buf_fini(&text);
    unlink(file);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_manual__explains_every_key_with_its_default, open_manual, close_manual),
    TEST(test_manual__as_it_stands_lacks_three_things),
    TEST_FIXTURE(test_manual__with_everything_uncommented_is_accepted, open_manual, close_manual),
};
TEST_MAIN(tests)
