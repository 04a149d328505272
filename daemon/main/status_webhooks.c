/* The dispatcher of webhooks in status and metrics; the contract is in main/status.h. */
#include "main/status_webhooks.h"

#include <jansson.h>

#include "base/buf.h"
#include "base/histogram.h"
#include "base/mem.h"
#include "base/prometheus.h"
#include "deliver/webhooks.h"

enum { LABEL_BYTES = 128 };

json_t *main_webhooks_json(const struct webhooks *webhooks)
{
    struct webhooks_status s = webhooks_status(webhooks);
    json_t *since =
        json_pack("{s:I, s:I}", "disabled", (json_int_t)s.disabled, "refused_addresses", (json_int_t)s.refused);
    for (int i = 0; i < WEBHOOK_OUTCOME_COUNT; i++)
        json_object_set_new(since, webhook_outcome_word((enum webhook_outcome)i),
                            json_integer((json_int_t)s.outcomes[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:o}", "endpoints", (json_int_t)s.counts.endpoints, "failing",
                     (json_int_t)s.counts.failing, "disabled", (json_int_t)s.counts.disabled, "pending",
                     (json_int_t)s.counts.pending, "dead", (json_int_t)s.counts.dead, "in_flight", s.in_flight,
                     "per_minute", (json_int_t)s.per_minute, "since_start", since);
}

void main_webhooks_metrics(const struct webhooks *webhooks, struct buf *out)
{
    static const char OUTCOMES[] = "grannbud_webhook_outcomes_total";
    static const char ANSWERS[] = "grannbud_webhook_answer_seconds";
    static const char ENDPOINTS[] = "grannbud_webhook_endpoints";
    struct webhooks_status s = webhooks_status(webhooks);
    struct buf label;
    buf_init(&label, LABEL_BYTES);
    prometheus_head(out, OUTCOMES, "counter", "What became of calls to webhook receivers since start.");
    for (int i = 0; i < WEBHOOK_OUTCOME_COUNT; i++) {
        buf_reset(&label);
        prometheus_label(&label, "outcome", webhook_outcome_word((enum webhook_outcome)i));
        prometheus_sample(out, OUTCOMES, buf_str(&label), (int64_t)s.outcomes[i]);
    }
    const struct {
        const char *state;
        int64_t n;
    } endpoints[] = {{"working", s.counts.endpoints - s.counts.failing - s.counts.disabled},
                     {"failing", s.counts.failing},
                     {"disabled", s.counts.disabled}};
    prometheus_head(out, ENDPOINTS, "gauge", "Webhook endpoints by how they fare.");
    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
        buf_reset(&label);
        prometheus_label(&label, "state", endpoints[i].state);
        prometheus_sample(out, ENDPOINTS, buf_str(&label), endpoints[i].n);
    }
    const struct {
        const char *name, *type, *help;
        int64_t n;
    } samples[] = {
        {"grannbud_webhook_in_flight_calls", "gauge", "Calls to webhook receivers that are open.", s.in_flight},
        {"grannbud_webhook_pending_deliveries", "gauge", "Webhook deliveries that wait.", s.counts.pending},
        {"grannbud_webhook_dead_deliveries", "gauge", "Webhook deliveries given up, which can be replayed.",
         s.counts.dead},
        {"grannbud_webhook_disabled_total", "counter", "Endpoints disabled by what they answered, since start.",
         (int64_t)s.disabled},
        {"grannbud_webhook_refused_addresses_total", "counter",
         "Connections not opened since the address is not public.", (int64_t)s.refused},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        prometheus_head(out, samples[i].name, samples[i].type, samples[i].help);
        prometheus_sample(out, samples[i].name, "", samples[i].n);
    }
    prometheus_head(out, ANSWERS, "histogram", "From the call of a webhook receiver to the end of its answer.");
    histogram_text(&s.answer_times, out, ANSWERS, "");
    buf_fini(&label);
}
