/*
 * Alerts in files on any text: what is taken is an object of the members that a POST has, all of them valid UTF-8, and
 * what is refused says where.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "cli/alert_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const MEMBERS[] = {"kind",     "title", "severity",    "urgency",    "certainty", "classification",
                                      "title_en", "sms",   "expires",     "expires_in", "exercise",  "life_danger",
                                      "target",   "text",  "instruction", "text_en"};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++)
        if (strcmp(MEMBERS[i], name) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err err = {.text = ""};
    json_t *body = json_object();
    const char *name;
    json_t *value;
    if (alert_file_parse((const char *)data, n, "f", body, &err)) {
        assert(err.text[0] == 'f');
    } else {
        json_object_foreach(body, name, value)
        {
            assert(is_known(name));
            assert(value);
        }
    }
    json_decref(body);
    return 0;
}
