/*
 * smtp_send: sends many messages over several SMTP sessions and prints what became of each; for the system tests and
 * for measuring. One line an event, fields separated by tabs:
 *
 *   outcome  KIND  CODE  STATUS  STEP  RECIPIENT  TEXT
 *   closed   KIND or "ok"  CODE  STEP  TEXT
 *   total    SENT  SECONDS  CONNECTIONS  LONGEST_LOOP_GAP_MS
 *
 * A session that closes while messages remain is replaced by a new one, unless it could not even connect (--reopen N
 * allows that N times). Messages that come back untouched are sent again. Two are in hand at a time, as the outbox does
 * it, and the body of one goes out after the outcome of the one before; --serial sends one after the other. With
 * --share N up to N messages (that is, recipients) go in one transaction. --also ADDRESS, instead of --to and --count,
 * names them one by one.
 * The password comes from the environment (SMTP_SEND_PASSWORD), so that it is in no process list.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/curl_loop.h"
#include "deliver/outcome.h"
#include "deliver/smtp_session.h"

enum { EXIT_USAGE = 64, EXIT_LEAK = 70, TICK_MS = 5, FILE_MAX_BYTES = 64 * 1024 * 1024, AGAIN_MAX = 1000, IN_HAND = 2 };

struct run {
    uv_loop_t loop;
    uv_timer_t tick;
    struct curl_loop *net;
    struct smtp_session_config config;
    const char *from;
    const char *to;              /* "%d" becomes the message's number */
    const char *also[AGAIN_MAX]; /* or these, by number */
    long also_count;
    bool utf8;
    bool quiet;
    bool serial;
    long share; /* recipients of one transaction */
    bool abort_in_flight;
    long permits; /* no more than so many on a session; 0 = no limit */
    long reopen;
    char *data;
    size_t len;
    long count;
    long connections;
    long next;             /* the next message's number */
    long again[AGAIN_MAX]; /* numbers of messages that came back untouched */
    int again_count;
    long sent;  /* outcomes SENT */
    int open;   /* sessions not yet closed */
    int opened; /* sessions started */
    uint64_t last_tick;
    uint64_t gap_ns;
};

/* A job in hand: some of the messages, which are all alike. */
struct piece {
    struct smtp_job job; /* to_count 0: none in hand */
    struct smtp_recipient to[SMTP_RECIPIENTS_MAX];
    struct outcome outcomes[SMTP_RECIPIENTS_MAX];
    long numbers[SMTP_RECIPIENTS_MAX];
    char addresses[SMTP_RECIPIENTS_MAX][400];
};

struct slot {
    struct run *run;
    struct piece pieces[IN_HAND];
    int done;
    long permits;
    bool has_permit; /* of the one in hand that has it no outcome came yet */
};

static void open_session(struct run *r);

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "smtp_send: %s '%s'\n", what, detail);
    exit(EXIT_USAGE);
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

static bool has_more(const struct run *r)
{
    return r->next < r->count || r->again_count > 0;
}

static void add_recipient(struct run *r, struct piece *p, int i)
{
    char *to = p->addresses[i];
    const char *mark = strstr(r->to, "%d");
    int head = mark ? (int)(mark - r->to) : (int)strlen(r->to);
    p->numbers[i] = r->again_count > 0 ? r->again[--r->again_count] : r->next++;
    if (r->also_count > 0)
        snprintf(to, sizeof p->addresses[i], "%s", r->also[p->numbers[i]]);
    else if (mark)
        snprintf(to, sizeof p->addresses[i], "%.*s%ld%s", head, r->to, p->numbers[i], mark + 2);
    else
        snprintf(to, sizeof p->addresses[i], "%s", r->to);
    p->to[i] = (struct smtp_recipient){.address = to, .outcome = &p->outcomes[i]};
}

static struct piece *take_piece(struct slot *slot)
{
    struct run *r = slot->run;
    struct piece *p = slot->pieces[0].job.to_count == 0 ? &slot->pieces[0] : &slot->pieces[1];
    int n = 0;
    do
        add_recipient(r, p, n++);
    while (n < r->share && has_more(r));
    p->job = (struct smtp_job){
        .mail_from = r->from, .to = p->to, .to_count = n, .smtputf8 = r->utf8, .data = r->data, .len = r->len};
    return p;
}

static void permit(struct slot *slot, struct smtp_session *s)
{
    bool may = slot->run->permits == 0 || slot->permits < slot->run->permits;
    if (slot->has_permit || !may || !smtp_session_awaits_permit(s))
        return;
    slot->has_permit = true;
    slot->permits++;
    smtp_session_permit(s);
}

static void next_job(struct slot *slot, struct smtp_session *s)
{
    struct run *r = slot->run;
    while (has_more(r) && (r->serial ? smtp_session_is_ready(s) : smtp_session_has_room(s))) {
        smtp_session_send(s, &take_piece(slot)->job);
        if (r->abort_in_flight)
            smtp_session_abort(s);
    }
    if (smtp_session_is_ready(s))
        smtp_session_quit(s);
    permit(slot, s);
}

static void on_ready(struct smtp_session *s, void *ctx)
{
    next_job(ctx, s);
}

static void tell_outcome(struct run *r, const struct piece *p, int i)
{
    const struct outcome *o = &p->outcomes[i];
    r->sent += o->kind == OUTCOME_SENT;
    if (!r->quiet || (o->kind != OUTCOME_SENT && o->kind != OUTCOME_UNTOUCHED))
        printf("outcome\t%s\t%d\t%s\t%s\t%s\t%s\n", outcome_word(o->kind), o->code, o->status, o->step, p->addresses[i],
               o->text);
    if (o->kind == OUTCOME_UNTOUCHED && !r->abort_in_flight && r->again_count < AGAIN_MAX)
        r->again[r->again_count++] = p->numbers[i];
}

static void on_outcome(struct smtp_session *s, const struct smtp_job *job, void *ctx)
{
    struct slot *slot = ctx;
    struct piece *p = job == &slot->pieces[0].job ? &slot->pieces[0] : &slot->pieces[1];
    int known = smtp_session_recipients_max(s);
    slot->done++;
    slot->has_permit = false;
    if (known > 0 && known < slot->run->share)
        slot->run->share = known;
    for (int i = 0; i < job->to_count; i++)
        tell_outcome(slot->run, p, i);
    p->job.to_count = 0;
    next_job(slot, s);
}

static void on_stopped(void *ctx)
{
    (void)ctx;
}

static void on_closed(struct smtp_session *s, const struct outcome *why, void *ctx)
{
    (void)s;
    struct slot *slot = ctx;
    struct run *r = slot->run;
    if (why)
        printf("closed\t%s\t%d\t%s\t%s\n", outcome_word(why->kind), why->code, why->step, why->text);
    else if (!r->quiet)
        printf("closed\tok\t0\t\t\n");
    r->open--;
    if (has_more(r) && (slot->done > 0 || r->reopen-- > 0))
        open_session(r);
    free(slot);
    if (r->open > 0)
        return;
    uv_close((uv_handle_t *)&r->tick, NULL);
    curl_loop_stop(r->net, on_stopped, r);
}

static void open_session(struct run *r)
{
    static const struct smtp_session_events events = {
        .on_ready = on_ready, .on_outcome = on_outcome, .on_closed = on_closed};
    struct slot *slot = xcalloc(1, sizeof *slot);
    slot->run = r;
    r->open++;
    r->opened++;
    smtp_session_start(&r->loop, smtp_wire_curl(), r->net, &r->config, &events, slot);
}

static void on_tick(uv_timer_t *t)
{
    struct run *r = t->data;
    uint64_t now = uv_hrtime();
    if (r->last_tick > 0 && now - r->last_tick > r->gap_ns)
        r->gap_ns = now - r->last_tick;
    r->last_tick = now;
}

/* --- options ------------------------------------------------------------------------------------------------------ */

static void set_tls(struct run *r, const char *arg)
{
#define TLS_CASE(id, word)                  \
    if (strcmp(arg, word) == 0) {           \
        r->config.wire.tls = SMTP_TLS_##id; \
        return;                             \
    }
    SMTP_TLS_MAP(TLS_CASE)
#undef TLS_CASE
    die("not a TLS mode:", arg);
}

/* "all=300", "final dot=500" */
static void set_timeout(struct run *r, const char *arg)
{
    const char *eq = strchr(arg, '=');
    if (!eq)
        die("write STATE=MS, not", arg);
    size_t len = (size_t)(eq - arg);
    int64_t ms = strtol(eq + 1, NULL, 10);
    bool found = false;
    for (int i = 0; i < SMTP_STATE_COUNT; i++) {
        const char *word = smtp_state_word((enum smtp_state)i);
        bool is_named = strlen(word) == len && strncmp(word, arg, len) == 0;
        if (!is_named && strncmp(arg, "all=", 4) != 0)
            continue;
        found = true;
        r->config.timeout_ms[i] = ms;
        if (i == SMTP_STATE_CONNECT)
            r->config.wire.connect_ms = ms;
    }
    if (!found)
        die("no such state:", arg);
}

static void set_share(struct run *r, const char *arg)
{
    r->share = strtol(arg, NULL, 10);
    if (r->share < 1 || r->share > SMTP_RECIPIENTS_MAX)
        die("--share is 1 to 100, not", arg);
}

static void add_address(struct run *r, const char *address)
{
    if (r->also_count == AGAIN_MAX)
        die("too many addresses before", address);
    r->also[r->also_count++] = address;
    r->count = r->also_count;
}

static void make_message(struct run *r, size_t size)
{
    static const char head[] = "From: <avsandare@watch.test>\r\nSubject: Prov\r\n\r\n";
    static const char line[] = ".0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrst\r\n";
    r->data = xmalloc(size + sizeof head + sizeof line);
    memcpy(r->data, head, sizeof head - 1);
    r->len = sizeof head - 1;
    while (r->len < size) {
        memcpy(r->data + r->len, line, sizeof line - 1);
        r->len += sizeof line - 1;
    }
}

static void read_message(struct run *r, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die("cannot read", path);
    r->data = xmalloc(FILE_MAX_BYTES);
    r->len = fread(r->data, 1, FILE_MAX_BYTES, f);
    fclose(f);
}

/* name, short form for the switch, has an argument, what it does */
#define OPTION_MAP(X)                                                              \
    X("url", 'u', 1, r->config.wire.url = arg)                                     \
    X("tls", 't', 1, set_tls(r, arg))                                              \
    X("ca", 'c', 1, r->config.wire.ca_file = arg)                                  \
    X("user", 'U', 1, r->config.wire.username = arg)                               \
    X("helo", 'h', 1, r->config.wire.helo = arg)                                   \
    X("from", 'f', 1, r->from = arg)                                               \
    X("to", 'r', 1, r->to = arg)                                                   \
    X("count", 'n', 1, r->count = strtol(arg, NULL, 10))                           \
    X("connections", 'C', 1, r->connections = strtol(arg, NULL, 10))               \
    X("size", 's', 1, make_message(r, strtoul(arg, NULL, 10)))                     \
    X("data", 'd', 1, read_message(r, arg))                                        \
    X("timeout", 'T', 1, set_timeout(r, arg))                                      \
    X("max-messages", 'm', 1, r->config.max_messages = (int)strtol(arg, NULL, 10)) \
    X("utf8", '8', 0, r->utf8 = true)                                              \
    X("quiet", 'q', 0, r->quiet = true)                                            \
    X("permits", 'p', 1, r->permits = strtol(arg, NULL, 10))                       \
    X("reopen", 'R', 1, r->reopen = strtol(arg, NULL, 10))                         \
    X("serial", 'S', 0, r->serial = true)                                          \
    X("also", 'A', 1, add_address(r, arg))                                         \
    X("share", 'N', 1, set_share(r, arg))                                          \
    X("abort", 'a', 0, r->abort_in_flight = true)                                  \
    X("verbose", 'v', 0, log_setup(LOG_DEBUG, LOG_TEXT))

static void parse(struct run *r, int argc, char **argv)
{
    static const struct option options[] = {
#define OPTION_ROW(name, letter, has_arg, act) {name, has_arg, NULL, letter},
        OPTION_MAP(OPTION_ROW)
#undef OPTION_ROW
            {NULL, 0, NULL, 0}};
    int c = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const char *arg = optarg;
        switch (c) {
#define OPTION_CASE(name, letter, has_arg, act) \
    case letter:                                \
        act;                                    \
        break;
            OPTION_MAP(OPTION_CASE)
#undef OPTION_CASE
        default:
            exit(EXIT_USAGE);
        }
    }
    if (!r->config.wire.url || optind < argc)
        die("usage: smtp_send --url smtp://HOST:PORT [options]; not understood:", optind < argc ? argv[optind] : "");
}

int main(int argc, char **argv)
{
    struct run *r = xcalloc(1, sizeof *r);
    r->config.wire = (struct smtp_wire_config){.tls = SMTP_TLS_REQUIRED,
                                               .helo = "grannbud.test",
                                               .connect_ms = 10000,
                                               .password = getenv("SMTP_SEND_PASSWORD")};
    r->from = "avsandare@watch.test";
    r->to = "ombud%d@watch.test";
    r->count = 1;
    r->connections = 1;
    r->share = 1;
    parse(r, argc, argv);
    if (!r->data)
        make_message(r, 2000);
    uv_loop_init(&r->loop);
    uv_timer_init(&r->loop, &r->tick);
    r->tick.data = r;
    uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
    r->net = curl_loop_new(&r->loop);
    uint64_t start = uv_hrtime();
    for (long i = 0; i < r->connections; i++)
        open_session(r);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    double seconds = (double)(uv_hrtime() - start) / 1e9;
    printf("total\t%ld\t%.3f\t%d\t%.0f\n", r->sent, seconds, r->opened, (double)r->gap_ns / 1e6);
    int code = uv_loop_close(&r->loop) == 0 ? 0 : EXIT_LEAK;
    free(r->data);
    free(r);
    return code;
}
