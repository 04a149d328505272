/*
 * Templates of webhooks under libFuzzer, in each content type: the first byte chooses it, the rest is the template and
 * also what the slots hold. Asserted: what the check takes can be filled, and JSON that it takes stays JSON.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/webhook_event.h"
#include "core/webhook_format.h"
#include "core/webhook_template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const TYPES[] = {"application/json", "text/html; charset=utf-8", "application/x-www-form-urlencoded",
                                    "text/plain",       "application/problem+json", "image/png"};
static const char CONFIG[] = "[node]\nbase_url = https://grannbud.example/\n[sender]\nfrom = polis@polis.example\n"
                             "[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n";

static struct config *config_once(void)
{
    static struct config *config;
    struct file_errors errors;
    if (!config) {
        file_errors_init(&errors, "fuzz");
        int rc = config_parse(CONFIG, sizeof CONFIG - 1, &config, &errors);
        assert(rc == 0);
        file_errors_fini(&errors);
    }
    return config;
}

static void set(char **text, const char *value)
{
    free(*text);
    *text = xstrdup(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct webhook_event event;
    struct buf out;
    struct err err;
    if (size < 2)
        return 0;
    const char *type = TYPES[data[0] % (sizeof TYPES / sizeof TYPES[0])];
    char *body = xstrndup((const char *)data + 1, size - 1);
    int checked = webhook_template_check(body, type, config_once(), &err);
    webhook_event_sample(config_once(), 1, 1, &event);
    set(&event.title, body);
    set(&event.text, body);
    buf_init(&out, WEBHOOK_BODY_BYTES_MAX);
    int rc = webhook_template_fill(body, type, &event, &out, &err);
    assert(checked != 0 || rc == 0 || rc == ERR_TOO_LARGE);
    if (checked == 0 && rc == 0 && strstr(type, "json")) {
        json_t *json = json_loads(buf_str(&out), JSON_DECODE_ANY, NULL);
        assert(json);
        json_decref(json);
    }
    buf_fini(&out);
    webhook_event_fini(&event);
    free(body);
    return 0;
}
