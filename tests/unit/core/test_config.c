/*
 * The configuration as a sysadmin meets it: what a wrong file is told, word for word, that all of its
 * mistakes are told at once, and what a right file becomes.
 */
#include "core/config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "core/config_table.h"
#include "lib/test.h"

/* The least that is complete; what a row adds begins in line 7, in [relay main]. */
#define BASE                                       \
    "[node]\n"                                     \
    "base_url = https://grannbud.kommun.example\n" \
    "[sender]\n"                                   \
    "from = grannsamverkan@kommun.example\n"       \
    "[relay main]\n"                               \
    "url = smtp://127.0.0.1:2525\n"

#define LONG_LINE_OF(x) x x x x x x x x x x
#define BYTES_50 "12345678901234567890123456789012345678901234567890"
#define BYTES_500 LONG_LINE_OF(BYTES_50)
#define BYTES_49 "123456789012345678901234567890123456789012345678x"

struct bad_row {
    const char *text;
    const char *want; /* every error, one a line */
};

static struct config *parse(const char *text, size_t n, struct file_errors *errors)
{
    struct config *c = NULL;
    int rc = 0;

    file_errors_init(errors, "t.conf");
    rc = config_parse(text, n, &c, errors);
    assert_int_equal(rc == 0, c != NULL);
    assert_int_equal(rc == 0, errors->count == 0);
    return c;
}

/* Parse `text`, which is right, and return it; the caller frees. */
static struct config *parse_good(const char *text)
{
    struct file_errors errors;
    struct config *c = parse(text, strlen(text), &errors);

    if (!c)
        fail_msg("refused: %s", errors.item[0].text);
    file_errors_fini(&errors);
    return c;
}

static void assert_errors(const char *text, size_t n, const char *want)
{
    struct file_errors errors;
    struct config *c = parse(text, n, &errors);
    struct buf got;

    buf_init(&got, 100000);
    for (size_t i = 0; i < errors.count; i++)
        buf_addf(&got, "%s%s", i ? "\n" : "", errors.item[i].text);
    assert_string_equal(buf_str(&got), want);
    assert_null(c);
    buf_fini(&got);
    file_errors_fini(&errors);
}

static const struct bad_row syntax_rows[] = {
    {"", "t.conf: [node] base_url: is missing: write the public address of the web pages, e.g. "
         "https://grannbud.kommun.example\n"
         "t.conf: [sender] from: is missing: write the address that letters come from, e.g. "
         "grannsamverkan@kommun.example\n"
         "t.conf: [relay NAME]: is missing: write a section such as [relay main] with its url"},
    {BASE "[lgo]\nlevel = info\n",
     "t.conf:7: [lgo] is no section: write one of [node], [store], [listen], [sender], [limits], [letter], [alert], "
     "[webhook], [inbound], [vma], [police_events], [log], [relay NAME]"},
    {BASE "[log]\nlevl = info\n", "t.conf:8: [log] levl: there is no such key: write one of level, format"},
    {BASE "[log]\nLevel = info\n", "t.conf:8: [log] Level: there is no such key: write one of level, format"},
    {BASE "[log]\nlevel = info\nlevel = debug\n", "t.conf:9: [log] level: stands twice, first in line 8: take one out"},
    {BASE "[log]\n[alert]\n[log]\n", "t.conf:9: [log] stands twice, first in line 7: write its keys together"},
    {BASE "[log] level = info\n", "t.conf:7: text after the section: write it on a line of its own"},
    {BASE "[log\nlevel = nonsense\n", "t.conf:7: the closing bracket is missing: write [section]"},
    {BASE "[ log ]\n",
     "t.conf:7: [ log ] is no section: write one of [node], [store], [listen], [sender], [limits], [letter], [alert], "
     "[webhook], [inbound], [vma], [police_events], [log], [relay NAME]"},
    {BASE "[relay " BYTES_50 "]\nurl = x\n", "t.conf:7: the name of the section is too long: write a shorter one"},
    {"level = info\n" BASE, "t.conf:1: a key before the first section: write a line such as [node] above it"},
    {BASE "[log]\nlevel\n= x\nformat = text\n", "t.conf:8: neither a [section] nor a setting: write key = value\n"
                                                "t.conf:9: neither a [section] nor a setting: write key = value"},
    {BASE "[log]\nlevel = info ; quiet\nformat = text # here\n",
     "t.conf:8: [log] level: a comment behind the value: write it on a line of its own\n"
     "t.conf:9: [log] format: a comment behind the value: write it on a line of its own"},
    {BASE "[log]\nlevel = info\t# quiet\nfor\tmat\t=\ttext\n",
     "t.conf:8: [log] level: a comment behind the value: write it on a line of its own\n"
     "t.conf:9: [log] for mat: there is no such key: write one of level, format"},
    {BASE "[log]\nlevel = \"info\"\n", "t.conf:8: [log] level: the value stands in quotes: write it without them"},
    {BASE "[log]\nlevel =\n", "t.conf:8: [log] level: the value is empty: write one, or take the line out for the "
                              "default"},
    {BASE "[log]\n  level = info\n    more\n", "t.conf:9: neither a [section] nor a setting: write key = value"},
    {BASE "[node]\n", "t.conf:7: [node] stands twice, first in line 1: write its keys together"},
    {BASE "[sender]\nfrom_name = a\rb\n", "t.conf:7: [sender] stands twice, first in line 3: write its keys together\n"
                                          "t.conf:8: a control character in the line: take it out"},
    {BASE "# \x1b[31m\n", "t.conf:7: a control character in the line: take it out"},
    {BASE "# \xe2\x80\xae\n", "t.conf:7: a control character in the line: take it out"},
    {BASE "[log]\n\xef\xbb\xbflevel = info\n",
     "t.conf:8: an invisible byte order mark in the line: write the line anew"},
    {BASE "[limits]\nexpand_chunk = \xe5\n", "t.conf:8: the line is not UTF-8: save the file as UTF-8"},
    {BASE "[\xe5]\nnonsense = 1\n", "t.conf:7: the line is not UTF-8: save the file as UTF-8"},
    {BASE "#" BYTES_500 BYTES_500 "\n", "t.conf:7: the line has 1001 bytes: write at most 1000"},
};

static const struct bad_row value_rows[] = {
    {BASE "[letter]\nretry_first = 5\n",
     "t.conf:8: [letter] retry_first: '5' is not possible: write a time with its unit (15s, 5m, 2h, 3d) from 1s to 1d"},
    {BASE "[letter]\nretry_first = 2d\n", "t.conf:8: [letter] retry_first: '2d' is not possible: write a time with its "
                                          "unit (15s, 5m, 2h, 3d) from 1s to 1d"},
    {BASE "[letter]\nremind_days = 1,3\n", "t.conf:8: [letter] remind_days: '1,3' is not possible: write at most 8 "
                                           "falling numbers from 28 to 1, such as 3,1"},
    {BASE "[alert]\nquiet_hours = 22-07\n", "t.conf:8: [alert] quiet_hours: '22-07' is not a stretch of the day: write "
                                            "it as HH:MM-HH:MM, such as 22:00-07:00, "
                                            "or none"},
    {BASE "[alert]\nquiet_hours = 22:00-24:00\n",
     "t.conf:8: [alert] quiet_hours: '22:00-24:00' is not a stretch of the day: write it as HH:MM-HH:MM, such as "
     "22:00-07:00, or none"},
    {BASE "[alert]\nquiet_hours = 07:00-07:00\n",
     "t.conf:8: [alert] quiet_hours: '07:00-07:00' is not a stretch of the day: write it as HH:MM-HH:MM, such as "
     "22:00-07:00, or none"},
    {BASE "[letter]\nremind_time = 9:00\n",
     "t.conf:8: [letter] remind_time: '9:00' is not a time of day: write it as HH:MM, such as 09:00"},
    {BASE "[letter]\nclassification = secret\n",
     "t.conf:8: [letter] classification: 'secret' is not a classification: write public, ombud_and_households or "
     "ombud_only"},
    {BASE "[letter]\nlink_hosts = polisen.se, https://x.se\n",
     "t.conf:8: [letter] link_hosts: 'https://x.se' is not a host name: write names such as polisen.se, kommun.example "
     "(no https://, no port)"},
    {BASE "[limits]\nhttp_body_bytes = 1g\n",
     "t.conf:8: [limits] http_body_bytes: '1g' is not possible: write a size (64k, 10M) from 64k to 16M"},
    {BASE "[limits]\nexpand_chunk = 99999999999999999999\n",
     "t.conf:8: [limits] expand_chunk: '99999999999999999999' is not possible: write a number from 100 to 20000"},
    {BASE "connections = 0\n", "t.conf:7: [relay main] connections: '0' is not possible: write a number from 1 to 200"},
    {BASE "connections = -1\n",
     "t.conf:7: [relay main] connections: '-1' is not possible: write a number from 1 to 200"},
    {BASE "tls = yes\n",
     "t.conf:7: [relay main] tls: 'yes' is not a way to use TLS: write required, opportunistic or none"},
    {BASE "helo = my_host\n", "t.conf:7: [relay main] helo: 'my_host' is not a domain: write a DNS name such as "
                              "kommun.example (åäö in its xn-- form)"},
    {BASE "ca_file = ca.pem\n",
     "t.conf:7: [relay main] ca_file: 'ca.pem' is not an absolute path: write one of at most "
     "1000 bytes that begins with /"},
    {BASE "ca_file = /nonexistent/ca.pem\n",
     "t.conf:7: [relay main] ca_file: cannot read /nonexistent/ca.pem: No such file or directory: correct the path or "
     "let the service's user read it"},
    {BASE "ca_file = /usr\n", "t.conf:7: [relay main] ca_file: /usr is not a file: name a regular file"},
    {BASE "[webhook]\nallow_http = true\n", "t.conf:8: [webhook] allow_http: 'true' is not yes or no: write yes or no"},
    {BASE "[log]\nlevel = chatty\n",
     "t.conf:8: [log] level: 'chatty' is not a log level: write error, warning, notice, info or debug"},
    {BASE "[log]\nlevel = " BYTES_49 "åäöåäöåäö\n",
     "t.conf:8: [log] level: '" BYTES_49 "åäöåä...' is not a log level: write error, warning, notice, info or debug"},
    {BASE "[log]\nformat = xml\n", "t.conf:8: [log] format: 'xml' is not a log format: write journal, text or json"},
    {BASE "[listen]\nsocket = api.sock\n",
     "t.conf:8: [listen] socket: not a path for a socket: write an absolute path of at most 107 bytes"},
    {BASE "[listen]\nhttp = 8080\n",
     "t.conf:8: [listen] http: not an address to listen on: write 127.0.0.1:8080, [::1]:8080 or off"},
    {BASE "[store]\nurl = postgresql://db/grannbud\n",
     "t.conf:8: [store] url: this version can only store in SQLite: write sqlite:/var/lib/grannbud/grannbud.db"},
    {BASE "[store]\nurl = sqlite:grannbud.db\n",
     "t.conf:8: [store] url: not a store: write sqlite: and the absolute path of a file"},
    {BASE "[inbound]\nimap_url = imap://mail.kommun.example/INBOX\n",
     "t.conf:8: [inbound] imap_url: imap:// would send the password in clear: write imaps://host/INBOX"},
    {"[node]\nbase_url = http://grannbud.kommun.example\ntimezone = Europe/Angelholm\n[sender]\nfrom = Polisen "
     "<a@b.example>\nreply_to = åsa@kommun.example\n[relay main]\nurl = relay.kommun.example:25\n",
     "t.conf:2: [node] base_url: http:// is only for this machine itself: write https://host\n"
     "t.conf:3: [node] timezone: 'Europe/Angelholm' is not a time zone: write an IANA name such as Europe/Stockholm\n"
     "t.conf:5: [sender] from: 'Polisen <a@b.example>' is not a mail address (it has a space): write one address "
     "without "
     "a name, such as grannsamverkan@kommun.example\n"
     "t.conf:6: [sender] reply_to: 'åsa@kommun.example' is not a mail address that every server takes (it has a letter "
     "such as å before the @): write one address without a name, such as grannsamverkan@kommun.example\n"
     "t.conf:8: [relay main] url: not an address that fits here: write smtp://host:port or smtps://host:port"},
};

static const struct bad_row together_rows[] = {
    {"[node]\n[sender]\nfrom = a@b.example\n[relay a]\nurl = smtp://u@a\n[log]\nlevl = 1\n",
     "t.conf:1: [node] base_url: is missing: write the public address of the web pages, e.g. "
     "https://grannbud.kommun.example\n"
     "t.conf:5: [relay a] url: a login in the address: write it as username, and the password into the file that "
     "password_file names\n"
     "t.conf:7: [log] levl: there is no such key: write one of level, format"},
    {BASE "password = hunter2\n", "t.conf:7: [relay main] password: a password does not belong here: write it into a "
                                  "file and name that with password_file"},
    {BASE "[relay]\n", "t.conf:7: [relay]: '' cannot be the name of a relay: write [relay NAME] with 1 to 32 of a-z "
                       "0-9 _ - and not 'inbound'"},
    {BASE "[relay Two]\nurl = smtp://b\n", "t.conf:7: [relay]: 'Two' cannot be the name of a relay: write [relay NAME] "
                                           "with 1 to 32 of a-z 0-9 _ - and not 'inbound'"},
    {BASE "[relay two]\n", "t.conf:7: [relay two] url: is missing: write the mail server, e.g. "
                           "smtp://relay.kommun.example:587"},
    {BASE "[relay main]\nurl = smtp://b\n",
     "t.conf:7: [relay]: 'main' stands twice, first in line 5: give each relay its own name\n"
     "t.conf:8: [relay main] url: stands twice, first in line 6: take one out"},
    {BASE "username = grannbud\n", "t.conf:7: [relay main] username: a login name without a password: write "
                                   "password_file, or give the service the credential main.password"},
    {BASE "password_file = /etc/hostname\n",
     "t.conf:7: [relay main] password_file: a password without a login name: write username too"},
    {BASE "reserved_for_alerts = 9\n", "t.conf:7: [relay main] reserved_for_alerts: more connections than the relay "
                                       "has: write at most the number of connections"},
    {BASE "connections = 4\nreserved_for_alerts = 4\n",
     "t.conf:5: [relay]: every connection is reserved for alerts: leave at least one for letters"},
    {BASE "[relay two]\nurl = smtps://b\ntls = none\n",
     "t.conf:9: [relay two] tls: smtps:// is always encrypted: write tls = required"},
    {BASE "[letter]\nretry_first = 2h\n", "t.conf:7: [letter] retry_max: shorter than retry_first: write at least as "
                                          "much"},
    {BASE "[letter]\nretry_max = 2h\nretry_max_age = 1h\n",
     "t.conf:9: [letter] retry_max_age: shorter than retry_max: write at least as much"},
    {BASE "[inbound]\nusername = a\n", "t.conf:7: [inbound] imap_url: is missing: write the mailbox, or take username "
                                       "and password_file out"},
    {BASE "[inbound]\nimap_url = imaps://m.example/INBOX\n",
     "t.conf:7: [inbound] username: is missing: write the login name of the mailbox"},
    {BASE "[police_events]\nurl = https://polisen.se/api/events\n",
     "t.conf:7: [police_events] contact: is missing: write whom the police can reach about the calls, such as a mail "
     "address"},
    {BASE "[police_events]\ncontact = Åsa (IT)\n",
     "t.conf:8: [police_events] contact: has a character that cannot stand there: write ASCII without brackets"},
    {BASE "[vma]\nurl = http://vmaapi.example/alerts\nmunicipalities = 1292, 12, Ängelholm\npoll_interval = 10s\n",
     "t.conf:8: [vma] url: http:// could be changed on its way: write https://host/path\n"
     "t.conf:9: [vma] municipalities: 'Ängelholm' is not a municipality or a county: write numbers of municipalities "
     "such as 1292, or of counties such as 12\n"
     "t.conf:10: [vma] poll_interval: '10s' is not possible: write a time with its unit (15s, 5m, "
     "2h, 3d) from 30s to 1h"},
};

static void test_config_parse__tells_what_is_wrong_with_the_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(syntax_rows); i++)
        assert_errors(syntax_rows[i].text, strlen(syntax_rows[i].text), syntax_rows[i].want);
}

static void test_config_parse__tells_what_is_wrong_with_a_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(value_rows); i++)
        assert_errors(value_rows[i].text, strlen(value_rows[i].text), value_rows[i].want);
}

static void test_config_parse__tells_what_does_not_go_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(together_rows); i++)
        assert_errors(together_rows[i].text, strlen(together_rows[i].text), together_rows[i].want);
}

static void test_config_parse__finds_a_nul(void **state)
{
    static const char text[] = BASE "[log]\nlevel = in\0fo\n";

    (void)state;
    assert_errors(text, sizeof(text) - 1, "t.conf:8: a control character in the line: take it out");
}

static void test_config_parse__never_repeats_a_password_in_an_address(void **state)
{
    static const char *const rows[] = {
        "[relay x]\nurl = smtp://grannbud:hunter2@relay.example:25\n",
        "[relay x]\nurl = smtp://grannbud:hunter2@relay.exa mple:25\n",
        "[relay x]\nurl = mail://grannbud:hunter2@relay.example:25\n",
        "[inbound]\nimap_url = imaps://grannbud:hunter2@relay.example/INBOX\n",
        "[node]\nbase_url = https://grannbud:hunter2@relay.example\n",
        "[relay x]\npassword = hunter2\n",
        "[relay x]\npasswort = hunter2\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct file_errors errors;

        assert_null(parse(rows[i], strlen(rows[i]), &errors));
        for (size_t k = 0; k < errors.count; k++)
            assert_null(strstr(errors.item[k].text, "hunter2"));
        file_errors_fini(&errors);
    }
}

static void test_config_parse__tells_all_errors_up_to_fifty_in_order(void **state)
{
    struct file_errors errors;
    struct buf text;

    (void)state;
    buf_init(&text, 10000);
    buf_adds(&text, BASE);
    for (int i = 0; i < 60; i++)
        buf_addf(&text, "nonsense_%d = 1\n", i);
    assert_null(parse(buf_str(&text), text.len, &errors));
    assert_int_equal(errors.count, FILE_ERRORS_MAX);
    assert_int_equal(errors.dropped, 10);
    for (size_t i = 0; i < errors.count; i++)
        assert_int_equal(errors.item[i].line, 7 + (int)i);
    file_errors_fini(&errors);
    buf_fini(&text);
}

static void test_config_parse__refuses_a_seventeenth_relay(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, 10000);
    buf_adds(&text, BASE);
    for (int i = 0; i < 15; i++)
        buf_addf(&text, "[relay r%d]\nurl = smtp://r%d.example\n", i, i);
    struct config *c = parse_good(buf_str(&text));
    assert_int_equal(c->relay_count, CONFIG_RELAYS_MAX);
    config_free(c);
    buf_adds(&text, "[relay more]\nurl = smtp://more.example\n");
    assert_errors(buf_str(&text), text.len, "t.conf:37: [relay]: too many relays: write at most 16");
    buf_fini(&text);
}

static void test_config_parse__fills_in_the_defaults(void **state)
{
    struct config *c = parse_good(BASE);

    (void)state;
    assert_string_equal(c->node.timezone, "Europe/Stockholm");
    assert_string_equal(c->store.url.path, "/var/lib/grannbud/grannbud.db");
    assert_string_equal(c->listen.http.host, "127.0.0.1");
    assert_int_equal(c->listen.http.port, 8080);
    assert_int_equal(c->listen.allowed_hosts.count, 4);
    assert_string_equal(c->listen.allowed_hosts.item[0], "grannbud.kommun.example");
    assert_string_equal(c->sender.from_name, "");
    assert_string_equal(c->sender.envelope_domain, "kommun.example");
    assert_string_equal(c->sender.list_domain, "kommun.example");
    assert_int_equal(c->relays[0].connections, 8);
    assert_int_equal(c->relays[0].reserved_for_alerts, 1);
    assert_int_equal(c->relays[0].tls, CONFIG_TLS_REQUIRED);
    assert_int_equal(c->relays[0].final_timeout_s, 600);
    assert_null(c->relays[0].password);
    assert_int_equal(c->letter.remind_days.count, 2);
    assert_int_equal(c->letter.remind_days.item[0], 3);
    assert_int_equal(c->letter.remind_time_min, 9 * 60);
    assert_int_equal(c->alert.quiet_hours.from_min, 22 * 60);
    assert_int_equal(c->alert.quiet_hours.to_min, 7 * 60);
    assert_int_equal(c->letter.retry_max_age_s, 3 * 86400);
    assert_int_equal(c->letter.retry_max_s, 67 * 60);
    assert_int_equal(c->limits.import_bytes, 20 * 1024 * 1024);
    assert_string_equal(c->inbound.imap_url.text, "");
    assert_null(c->inbound.imap_url.host);
    assert_string_equal(c->vma.url.text, ""); /* nobody is asked unless somebody wants it */
    assert_string_equal(c->police_events.url.text, "");
    assert_int_equal(c->log.level, LOG_INFO);
    assert_int_equal(c->log.format, LOG_JOURNAL);
    config_free(c);
}

static void test_config_parse__takes_what_people_write(void **state)
{
    struct config *c = parse_good("\xef\xbb\xbf; Windows wrote this\r\n"
                                  "[node]\r\n"
                                  "  base_url=https://Grannbud.Kommun.Example/\r\n"
                                  "\tname = Grannsamverkan i Ängelholm\r\n"
                                  "[sender]\r\n"
                                  "from : grannsamverkan@kommun.example\r\n"
                                  "\r\n"
                                  "[relay spare-2]\r\n"
                                  "url = smtps://[2001:db8::1]\r\n"
                                  "connections = 1\r\n"
                                  "[relay alarm]\r\n"
                                  "url = smtp://alarm.example:587\r\n"
                                  "connections = 2\r\n"
                                  "reserved_for_alerts = 2\r\n"
                                  "[listen]\r\n"
                                  "http = off\r\n"
                                  "[log]\r\n"
                                  "level = debug");

    (void)state;
    assert_string_equal(c->node.base_url.text, "https://Grannbud.Kommun.Example");
    assert_string_equal(c->node.base_url.host, "grannbud.kommun.example");
    assert_string_equal(c->node.name, "Grannsamverkan i Ängelholm");
    assert_int_equal(c->relay_count, 2);
    assert_string_equal(c->relays[0].name, "spare-2");
    assert_string_equal(c->relays[0].url.host, "2001:db8::1");
    assert_int_equal(c->relays[0].url.port, 465);
    assert_true(c->relays[0].url.is_secure);
    assert_int_equal(c->relays[0].reserved_for_alerts, 0);
    assert_int_equal(c->relays[1].url.port, 587);
    assert_string_equal(c->listen.http.text, "");
    assert_null(c->listen.http.host);
    assert_int_equal(c->log.level, LOG_DEBUG);
    config_free(c);
}

/* inih alone would cut at 200 bytes. */
static void test_config_parse__takes_a_line_of_a_thousand_bytes(void **state)
{
    struct config *c = NULL;
    struct buf text;

    (void)state;
    buf_init(&text, 4000);
    buf_adds(&text, BASE "[letter]\nlink_hosts = a.example");
    for (int i = 0; i < 19; i++)
        buf_adds(&text, ", " BYTES_49);
    buf_adds(&text, ",       b\n");
    assert_int_equal(text.len, strlen(BASE "[letter]\n") + CONFIG_LINE_BYTES_MAX + 1);
    c = parse_good(buf_str(&text));
    assert_int_equal(c->letter.link_hosts.count, 21);
    assert_string_equal(c->letter.link_hosts.item[20], "b");
    config_free(c);
    buf_fini(&text);
}

static const struct CMUnitTest tests[] = {
    TEST(test_config_parse__tells_what_is_wrong_with_the_lines),
    TEST(test_config_parse__tells_what_is_wrong_with_a_value),
    TEST(test_config_parse__tells_what_does_not_go_together),
    TEST(test_config_parse__finds_a_nul),
    TEST(test_config_parse__never_repeats_a_password_in_an_address),
    TEST(test_config_parse__tells_all_errors_up_to_fifty_in_order),
    TEST(test_config_parse__refuses_a_seventeenth_relay),
    TEST(test_config_parse__fills_in_the_defaults),
    TEST(test_config_parse__takes_what_people_write),
    TEST(test_config_parse__takes_a_line_of_a_thousand_bytes),
};
TEST_MAIN(tests)
