/*
 * Any bytes as a configuration: it is accepted or refused with texts of one line each; what is accepted is equal to
 * itself, and survives the exchange of a reload.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void on_change(void *ctx, const char *name, bool needs_restart)
{
    (void)ctx;
    (void)name;
    (void)needs_restart;
}

static void check_texts(const struct file_errors *errors)
{
    int line = 0;

    for (size_t i = 0; i < errors->count; i++) {
        const struct file_error *e = &errors->item[i];
        assert(strncmp(e->text, "fuzz.conf:", 10) == 0);
        assert(text_is_utf8(e->text, strlen(e->text)) && !text_has_control(e->text, strlen(e->text)));
        assert(e->line == 0 || (e->line >= line && (i == 0 || errors->item[i - 1].line != 0)));
        line = e->line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct file_errors errors;
    struct config *a = NULL;
    struct config *b = NULL;

    file_errors_init(&errors, "fuzz.conf");
    if (config_parse((const char *)data, n, &a, &errors) != 0) {
        assert(!a && errors.count > 0);
        check_texts(&errors);
        file_errors_fini(&errors);
        return 0;
    }
    assert(a->relay_count > 0 && errors.count == 0);
    assert(config_parse((const char *)data, n, &b, &errors) == 0);
    assert(config_diff(a, b, on_change, NULL) == 0);
    config_keep_running(b, a);
    config_free(a);
    config_free(b);
    file_errors_fini(&errors);
    return 0;
}
