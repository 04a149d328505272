/* What only the loop knows, as JSON, Prometheus' text and a line; the contract is in main/status.h. */
#include "main/status.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/histogram.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/prometheus.h"
#include "deliver/outbox.h"
#include "http/api.h"
#include "http/server.h"
#include "inbound/incoming.h"
#include "main/loop_delay.h"
#include "main/status_webhooks.h"
#include "main/store.h"

enum { LABELS_BYTES = 512, PROBLEM_BYTES = 300, SOURCE_PROBLEM_BYTES = 500 };

/* --- JSON ------------------------------------------------------------------------------------------------------ */

static json_t *relay_json(const struct outbox_relay_status *r)
{
    json_t *relay =
        json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:s}", "name", r->name, "state",
                  outbox_relay_state_word(r->state), "priority", r->priority, "weight", r->weight, "connections",
                  r->connections, "window", r->window, "sessions", r->sessions, "busy", r->busy, "problem", r->problem);
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {{"sent", r->sent},
                  {"failed", r->failed},
                  {"retried", r->retried},
                  {"uncertain", r->uncertain},
                  {"our_fault", r->our_fault},
                  {"untouched", r->untouched},
                  {"connects", r->connects},
                  {"connect_failures", r->connect_failures},
                  {"per_minute", r->per_minute}};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        json_object_set_new(relay, counts[i].name, json_integer((json_int_t)counts[i].n));
    json_object_set_new(relay, "retry_in_ms",
                        r->state == OUTBOX_RELAY_PAUSED ? json_integer((json_int_t)r->retry_in_ms) : json_null());
    return relay;
}

static json_t *relays_json(const struct outbox_status *s)
{
    json_t *relays = json_array();
    for (int i = 0; i < s->relay_count; i++)
        json_array_append_new(relays, relay_json(&s->relays[i]));
    return relays;
}

static json_t *domains_json(const struct outbox_status *s)
{
    json_t *items = json_array();
    for (int i = 0; i < s->domain_count; i++)
        json_array_append_new(items, json_pack("{s:s, s:I, s:s}", "domain", s->domains[i].name, "retry_in_ms",
                                               (json_int_t)s->domains[i].retry_in_ms, "reply", s->domains[i].reply));
    return json_pack("{s:i, s:o}", "count", s->domains_waiting, "items", items);
}

static json_t *messages_json(const struct outbox_status *s)
{
    json_t *items = json_array();
    char id[ID_TEXT_BYTES];
    for (int i = 0; i < s->message_count; i++)
        json_array_append_new(
            items, json_pack("{s:s, s:I, s:s}", "id", id_format(ID_MESSAGE, s->messages[i].message_id, id),
                             "retry_in_ms", (json_int_t)s->messages[i].retry_in_ms, "reason", s->messages[i].reason));
    return items;
}

static json_t *lanes_json(const struct outbox_status *s)
{
    json_t *lanes = json_object();
    for (int lane = 0; lane < LANE_COUNT; lane++)
        json_object_set_new(lanes, lane_word((enum lane)lane),
                            json_pack("{s:i, s:I, s:f}", "queued", s->queued[lane], "per_minute",
                                      (json_int_t)s->per_minute[lane], "pace", s->pace[lane]));
    return lanes;
}

static json_t *problems_json(const struct main_parts *parts, const struct outbox_status *s)
{
    json_t *problems = json_array();
    char id[ID_TEXT_BYTES];
    char store[PROBLEM_BYTES];
    if (main_store_problem(parts->store, store, sizeof store)[0])
        json_array_append_new(problems, json_string(store));
    for (int i = 0; i < s->relay_count; i++)
        if (s->relays[i].problem[0])
            json_array_append_new(problems, json_sprintf("relay %s: %s", s->relays[i].name, s->relays[i].problem));
    for (int i = 0; i < s->message_count; i++)
        json_array_append_new(problems, json_sprintf("message %s is refused because of itself: %s",
                                                     id_format(ID_MESSAGE, s->messages[i].message_id, id),
                                                     s->messages[i].reason));
    char source[SOURCE_PROBLEM_BYTES];
    for (size_t i = 0; incoming_problem(parts->incoming, i, source, sizeof source); i++)
        json_array_append_new(problems, json_string(source));
    if (parts->reload_problem[0]) /* systemctl reload cannot tell: the running configuration is still a good one */
        json_array_append_new(problems, json_sprintf("configuration not read again: %s", parts->reload_problem));
    return problems;
}

/* Milliseconds with their fractions; null as long as nothing has been counted. */
static json_t *delay_json(const struct histogram *h, double q)
{
    int64_t us = histogram_quantile(h, q);
    return us < 0 ? json_null() : json_real((double)us / 1000);
}

json_t *main_status_json(const struct main_parts *parts)
{
    struct outbox_status s = outbox_status(parts->outbox);
    const struct histogram *delay = loop_delay_histogram(parts->loop_delay);
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o}", "uptime_s",
                     (json_int_t)((parts->now_ms - parts->started_ms) / 1000), "lanes", lanes_json(&s), "relays",
                     relays_json(&s), "domains_waiting", domains_json(&s), "messages_paused", messages_json(&s),
                     "webhooks", main_webhooks_json(parts->webhooks), "loop_delay_ms", "median", delay_json(delay, 0.5),
                     "p99", delay_json(delay, 0.99), "problems", problems_json(parts, &s));
}

/* --- metrics --------------------------------------------------------------------------------------------------- */

/* name="value" by itself, escaped; labels longer than LABELS_BYTES (names are shorter) would be left out. */
static const char *label(struct buf *buf, const char *name, const char *value)
{
    buf_reset(buf);
    prometheus_label(buf, name, value);
    return buf_str(buf);
}

static void relay_results(const struct outbox_status *s, struct buf *labels, struct buf *out)
{
    static const char NAME[] = "grannbud_relay_results_total";
    prometheus_head(out, NAME, "counter", "What became of deliveries at a relay since start.");
    for (int i = 0; i < s->relay_count; i++) {
        const struct outbox_relay_status *r = &s->relays[i];
        const struct {
            const char *word;
            uint64_t n;
        } results[] = {{"sent", r->sent},           {"failed", r->failed},       {"retried", r->retried},
                       {"uncertain", r->uncertain}, {"our_fault", r->our_fault}, {"untouched", r->untouched}};
        for (size_t j = 0; j < ARRAY_LEN(results); j++) {
            label(labels, "relay", r->name);
            prometheus_label(labels, "result", results[j].word);
            prometheus_sample(out, NAME, buf_str(labels), (int64_t)results[j].n);
        }
    }
}

static void relay_connects(const struct outbox_status *s, struct buf *labels, struct buf *out)
{
    static const char NAME[] = "grannbud_relay_connects_total";
    prometheus_head(out, NAME, "counter", "Connections to a relay since start, and those that failed.");
    for (int i = 0; i < s->relay_count; i++) {
        const struct outbox_relay_status *r = &s->relays[i];
        label(labels, "relay", r->name);
        prometheus_label(labels, "result", "ok");
        prometheus_sample(out, NAME, buf_str(labels), (int64_t)(r->connects - r->connect_failures));
        label(labels, "relay", r->name);
        prometheus_label(labels, "result", "failed");
        prometheus_sample(out, NAME, buf_str(labels), (int64_t)r->connect_failures);
    }
}

static void relay_states(const struct outbox_status *s, struct buf *labels, struct buf *out)
{
    static const char NAME[] = "grannbud_relay_state";
    prometheus_head(out, NAME, "gauge", "1 for the state that a relay is in.");
    for (int i = 0; i < s->relay_count; i++)
        for (int state = OUTBOX_RELAY_READY; state <= OUTBOX_RELAY_STANDBY; state++) {
            label(labels, "relay", s->relays[i].name);
            prometheus_label(labels, "state", outbox_relay_state_word((enum outbox_relay_state)state));
            prometheus_sample(out, NAME, buf_str(labels), (int)s->relays[i].state == state);
        }
}

enum gauge { GAUGE_SESSIONS, GAUGE_BUSY, GAUGE_WINDOW, GAUGE_LIMIT, GAUGE_RATE, GAUGE_COUNT };

static int64_t gauge(const struct outbox_relay_status *r, enum gauge which)
{
    const int64_t values[GAUGE_COUNT] = {[GAUGE_SESSIONS] = r->sessions,
                                         [GAUGE_BUSY] = r->busy,
                                         [GAUGE_WINDOW] = r->window,
                                         [GAUGE_LIMIT] = r->connections,
                                         [GAUGE_RATE] = (int64_t)r->per_minute};
    return values[which];
}

static void relay_gauges(const struct outbox_status *s, struct buf *labels, struct buf *out)
{
    static const char *const GAUGES[GAUGE_COUNT][2] = {
        [GAUGE_SESSIONS] = {"grannbud_relay_sessions", "Open connections to a relay."},
        [GAUGE_BUSY] = {"grannbud_relay_busy_sessions", "Connections with a delivery on the wire."},
        [GAUGE_WINDOW] = {"grannbud_relay_window_sessions", "Connections that the relay's health allows now."},
        [GAUGE_LIMIT] = {"grannbud_relay_limit_sessions", "Connections that the configuration allows."},
        [GAUGE_RATE] = {"grannbud_relay_sent_last_minute", "Deliveries sent during the last 60 seconds."},
    };
    for (int g = 0; g < GAUGE_COUNT; g++) {
        prometheus_head(out, GAUGES[g][0], "gauge", GAUGES[g][1]);
        for (int i = 0; i < s->relay_count; i++)
            prometheus_sample(out, GAUGES[g][0], label(labels, "relay", s->relays[i].name),
                              gauge(&s->relays[i], (enum gauge)g));
    }
}

static void outbox_text(const struct outbox_status *s, struct buf *labels, struct buf *out)
{
    static const char IN_HAND[] = "grannbud_outbox_in_hand_deliveries";
    const struct {
        const char *name, *type, *help;
        int64_t n;
    } samples[] = {
        {"grannbud_outbox_parked_total", "counter",
         "Deliveries put aside until their domain or message is tried again.", (int64_t)s->parked},
        {"grannbud_domains_waiting", "gauge", "Recipient domains that are waited for.", s->domains_waiting},
        {"grannbud_messages_paused", "gauge", "Messages that relays refuse because of themselves.", s->message_count},
    };
    prometheus_head(out, IN_HAND, "gauge", "Deliveries claimed and waiting for a session.");
    for (int lane = 0; lane < LANE_COUNT; lane++)
        prometheus_sample(out, IN_HAND, label(labels, "lane", lane_word((enum lane)lane)), s->queued[lane]);
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        prometheus_head(out, samples[i].name, samples[i].type, samples[i].help);
        prometheus_sample(out, samples[i].name, "", samples[i].n);
    }
}

static void outbox_times(const struct outbox_status *s, struct buf *labels, struct buf *out)
{
    static const char AGE[] = "grannbud_queue_age_seconds";
    static const char HAND_OFF[] = "grannbud_relay_hand_off_seconds";
    prometheus_head(out, AGE, "histogram", "From a delivery's making to a session, at its first attempt.");
    for (int lane = 0; lane < LANE_COUNT; lane++)
        histogram_text(&s->queue_age[lane], out, AGE, label(labels, "lane", lane_word((enum lane)lane)));
    prometheus_head(out, HAND_OFF, "histogram", "From a letter's leave to the relay's answer.");
    for (int i = 0; i < s->relay_count; i++)
        histogram_text(&s->relays[i].hand_off, out, HAND_OFF, label(labels, "relay", s->relays[i].name));
}

static void http_text(const struct http_server *server, struct buf *out)
{
    struct http_stats h = http_server_stats(server);
    const struct {
        const char *name, *type, *help;
        int64_t n;
    } samples[] = {
        {"grannbud_http_connections", "gauge", "Open connections.", h.connections_open},
        {"grannbud_http_connections_total", "counter", "Connections accepted since start.", h.connections_total},
        {"grannbud_http_connections_refused_total", "counter", "Connections over the limit.", h.connections_refused},
        {"grannbud_http_requests_total", "counter", "Requests handed to the API.", h.requests},
        {"grannbud_http_refused_total", "counter", "Requests that the server itself answered 4xx or 5xx.", h.refused},
        {"grannbud_http_timeouts_total", "counter", "Heads, bodies and answers that got stuck.", h.timeouts},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        prometheus_head(out, samples[i].name, samples[i].type, samples[i].help);
        prometheus_sample(out, samples[i].name, "", samples[i].n);
    }
}

/* Bytes, or 0 when the kernel does not tell: the second number of statm, in pages. */
static int64_t resident_bytes(void)
{
    char line[256] = "";
    char *end = NULL;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm)
        return 0;
    if (!fgets(line, sizeof line, statm))
        line[0] = '\0';
    fclose(statm);
    strtol(line, &end, 10);
    return strtol(end, NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* The process as the kernel sees it; names as Prometheus' own libraries have them. */
static void process_text(struct buf *out)
{
    int64_t files = -1; /* the directory's own descriptor */
    DIR *folder = opendir("/proc/self/fd");
    prometheus_head(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
    prometheus_sample(out, "process_resident_memory_bytes", "", resident_bytes());
    for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder))
        files += entry->d_name[0] != '.';
    if (!folder)
        return;
    closedir(folder);
    prometheus_head(out, "process_open_fds", "gauge", "Open file descriptors.");
    prometheus_sample(out, "process_open_fds", "", files);
}

void main_metrics_text(const struct main_parts *parts, struct buf *out)
{
    struct outbox_status s = outbox_status(parts->outbox);
    struct buf labels;
    json_t *problems = problems_json(parts, &s);
    buf_init(&labels, LABELS_BYTES);
    relay_results(&s, &labels, out);
    relay_connects(&s, &labels, out);
    relay_states(&s, &labels, out);
    relay_gauges(&s, &labels, out);
    outbox_text(&s, &labels, out);
    outbox_times(&s, &labels, out);
    main_webhooks_metrics(parts->webhooks, out);
    prometheus_head(out, "grannbud_problems", "gauge", "Problems that status names.");
    prometheus_sample(out, "grannbud_problems", "", (int64_t)json_array_size(problems));
    prometheus_head(out, "grannbud_uptime_seconds", "gauge", "Since the process started.");
    prometheus_sample(out, "grannbud_uptime_seconds", "", (parts->now_ms - parts->started_ms) / 1000);
    prometheus_head(out, "grannbud_loop_delay_seconds", "histogram",
                    "How late the event loop is, measured each 100 ms.");
    histogram_text(loop_delay_histogram(parts->loop_delay), out, "grannbud_loop_delay_seconds", "");
    http_text(parts->http, out);
    api_metrics(parts->api, out);
    process_text(out);
    json_decref(problems);
    buf_fini(&labels);
}

/* --- the line -------------------------------------------------------------------------------------------------- */

void main_status_line(const struct main_parts *parts, char *out, size_t room)
{
    struct outbox_status s = outbox_status(parts->outbox);
    if (s.problem[0])
        snprintf(out, room, "%llu sent; problem: %.150s", (unsigned long long)s.sent, s.problem);
    else
        snprintf(out, room, "%llu sent, %d on the wire", (unsigned long long)s.sent, s.busy);
}
