/*
 * Reads messages ("BYTES\n" and the message, repeated) from stdin with GMime and writes one line of JSON each:
 * what a mail program built on it would show. For tests/system/test_mime_parsers.py.
 */
#include <gmime/gmime.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *text_or_null(const char *s)
{
    return s ? json_string(s) : json_null();
}

static json_t *part_text(GMimeObject *part)
{
    if (part == NULL || !GMIME_IS_TEXT_PART(part))
        return json_null();
    char *text = g_mime_text_part_get_text((GMimeTextPart *)part);
    json_t *j = text_or_null(text);
    g_free(text);
    return j;
}

static void add_mailbox(json_t *to, const char *key, InternetAddressList *list)
{
    json_t *pair = json_array();
    if (internet_address_list_length(list) == 1) {
        InternetAddress *one = internet_address_list_get_address(list, 0);
        const char *name = internet_address_get_name(one);
        json_array_append_new(pair, json_string(name ? name : ""));
        if (INTERNET_ADDRESS_IS_MAILBOX(one))
            json_array_append_new(pair, text_or_null(internet_address_mailbox_get_addr((InternetAddressMailbox *)one)));
    }
    json_object_set_new(to, key, pair);
}

static json_t *describe(GMimeMessage *message)
{
    json_t *j = json_object();
    GMimeObject *body = g_mime_message_get_mime_part(message);
    json_object_set_new(j, "subject", text_or_null(g_mime_message_get_subject(message)));
    add_mailbox(j, "from", g_mime_message_get_from(message));
    add_mailbox(j, "to", g_mime_message_get_to(message));
    if (GMIME_IS_MULTIPART(body)) {
        GMimeMultipart *parts = (GMimeMultipart *)body;
        json_object_set_new(j, "parts", json_integer(g_mime_multipart_get_count(parts)));
        json_object_set_new(j, "text", part_text(g_mime_multipart_get_part(parts, 0)));
        json_object_set_new(j, "html", part_text(g_mime_multipart_get_part(parts, 1)));
    } else {
        json_object_set_new(j, "parts", json_integer(1));
        json_object_set_new(j, "text", part_text(body));
    }
    return j;
}

static int read_one(char *bytes, size_t n)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, n);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    int rc = -1;
    if (message) {
        json_t *j = describe(message);
        rc = json_dumpf(j, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
        putchar('\n');
        json_decref(j);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    return rc;
}

int main(void)
{
    char head[32];
    g_mime_init();
    while (fgets(head, sizeof head, stdin)) {
        size_t n = strtoul(head, NULL, 10);
        char *bytes = malloc(n + 1);
        if (bytes == NULL || fread(bytes, 1, n, stdin) != n || read_one(bytes, n) != 0) {
            fprintf(stderr, "gmime_dump: cannot read a message of %zu bytes\n", n);
            return EXIT_FAILURE;
        }
        free(bytes);
    }
    g_mime_shutdown();
    return EXIT_SUCCESS;
}
