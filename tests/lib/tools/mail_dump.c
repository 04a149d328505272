/*
 * Fills one form per line of JSON on stdin and writes the messages to stdout, for readers that nobody here wrote
 * (tests/system/test_mime_parsers.py). An answer is "OK BYTES\n" and the message, or "ERR NAME WORDS\n".
 *
 * Keys: those of mail_form_input and mail_recipient, and "slots": {"group": …}; absent strings are NULL.
 */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/mail_form.h"

static const char *get(const json_t *root, const char *key)
{
    return json_string_value(json_object_get(root, key));
}

static const char *get_or(const json_t *root, const char *key, const char *otherwise)
{
    const char *value = get(root, key);
    return value ? value : otherwise;
}

static struct mail_form_input read_input(const json_t *j)
{
    return (struct mail_form_input){
        .from_name = get(j, "from_name"),
        .from_address = get_or(j, "from_address", "nacka@grannsam.example.se"),
        .reply_to = get(j, "form_reply_to"),
        .subject = get_or(j, "subject", ""),
        .text = get_or(j, "text", ""),
        .html = get(j, "html"),
        .list_id = get(j, "list_id"),
        .list_name = get(j, "list_name"),
        .list_help = get(j, "list_help"),
        .list_owner = get(j, "list_owner"),
        .list_archive = get(j, "list_archive"),
        .organisation = get(j, "organisation"),
        .feedback_id = get(j, "feedback_id"),
        .precedence = get(j, "precedence"),
        .in_reply_to = get(j, "in_reply_to"),
        .references = get(j, "references"),
        .language = get(j, "language"),
        .domain = get_or(j, "domain", "grannsam.example.se"),
        .exercise = json_is_true(json_object_get(j, "exercise")),
        .auto_submitted = json_is_true(json_object_get(j, "auto_submitted")),
    };
}

static struct mail_recipient read_recipient(const json_t *j, const struct slot_values *slots)
{
    return (struct mail_recipient){
        .to_name = get(j, "to_name"),
        .to_address = get_or(j, "to_address", "namn@example.se"),
        .smtputf8 = json_is_true(json_object_get(j, "smtputf8")),
        .slots = slots,
        .message_id = get_or(j, "message_id", "dlv_0d4k7h2m9q1r5"),
        .reply_to = get(j, "reply_to"),
        .unsubscribe_url = get(j, "unsubscribe_url"),
        .unsubscribe_mailto = get(j, "unsubscribe_mailto"),
        .link = get(j, "link"),
        .date_us = json_integer_value(json_object_get(j, "date_us")),
        .date_offset_minutes = (int)json_integer_value(json_object_get(j, "date_offset_minutes")),
    };
}

static int answer(const json_t *j, struct buf *out, struct err *err)
{
    struct slot_values slots = {{NULL}};
    const json_t *words = json_object_get(j, "slots");
#define SLOT_GET(id, word, byte) slots.value[byte] = get(words, word);
    SLOT_MAP(SLOT_GET)
#undef SLOT_GET
    struct mail_form_input in = read_input(j);
    struct mail_form *form = NULL;
    int rc = mail_form_compile(&in, &form, err);
    if (rc == 0) {
        struct mail_recipient r = read_recipient(j, &slots);
        rc = mail_form_fill(form, &r, out, err);
    }
    mail_form_free(form);
    return rc;
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    struct buf out;
    buf_init(&out, MAIL_MESSAGE_MAX_BYTES);
    while (getline(&line, &cap, stdin) > 0) {
        json_error_t why;
        json_t *j = json_loads(line, 0, &why);
        if (j == NULL) {
            fprintf(stderr, "mail_dump: %s\n", why.text);
            return EXIT_FAILURE;
        }
        struct err err = {.text = ""};
        int rc = answer(j, &out, &err);
        if (rc == 0) {
            printf("OK %zu\n", out.len);
            fwrite(out.data, 1, out.len, stdout);
        } else {
            printf("ERR %s %s\n", err_name(rc), err_or(&err, rc));
        }
        json_decref(j);
    }
    free(line);
    buf_fini(&out);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
