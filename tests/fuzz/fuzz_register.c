/*
 * The whole register reader on any bytes. Beside not crashing: what it delivers keeps its own promises, it says
 * ERR_INVALID exactly when it reported an error, and what was read without errors can be exported and read again to the
 * same number of rows.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "base/text.h"
#include "core/personnummer.h"
#include "core/register_export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct seen_rows {
    struct buf export;
    long rows;
    long errors;
};

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static void export_row(struct buf *out, const struct register_row *row)
{
    const struct register_contact *c = &row->contact;
    struct register_export_row x = {
        .municipality_code = row->municipality_code,
        .group_name = row->group_name,
        .kind = row->kind,
        .state = row->state,
        .district = or_null(row->district),
        .postal_code = or_null(row->postal_code),
        .activated_on = or_null(row->activated_on),
        .last_meeting_on = or_null(row->last_meeting_on),
        .household_count = row->household_count,
        .households_joined = row->households_joined,
        .sign_count = row->sign_count,
        .has_contact = row->has_contact,
        .contact_name = or_null(c->name),
        .role = c->role,
        .trained = c->trained,
        .trained_year = c->trained_year,
    };
    for (size_t i = 0; i < c->address_count; i++)
        x.addresses[i] = c->addresses[i].full;
    for (size_t i = 0; i < c->phone_count; i++)
        x.phones[i] = c->phones[i].e164;
    register_export_row(out, &x);
}

static void check_text(const char *text)
{
    size_t start = 0;
    size_t len = 0;
    assert(text_is_utf8(text, strlen(text)));
    assert(!text_has_control(text, strlen(text)));
    assert(!personnummer_find(text, 0, &start, &len));
}

static int on_row(void *ctx, const struct register_row *row)
{
    struct seen_rows *s = ctx;
    assert(row->line > 0 && row->group_line > 0 && row->group_line <= row->line && row->contact_line <= row->line);
    assert(row->group_name[0] != '\0');
    assert(strlen(row->municipality_code) == 4);
    check_text(row->group_name);
    check_text(row->district);
    check_text(row->contact.name);
    s->rows++;
    export_row(&s->export, row);
    return 0;
}

static void on_problem(void *ctx, const struct register_problem *p)
{
    struct seen_rows *s = ctx;
    assert(p->line > 0);
    assert(text_is_utf8(p->found, strlen(p->found)) && !text_has_control(p->found, strlen(p->found)));
    size_t start = 0;
    size_t len = 0;
    assert(!personnummer_find(p->found, 0, &start, &len));
    s->errors += p->severity == REGISTER_ERROR;
}

static int read_register(struct seen_rows *s, const void *data, size_t n, const char *municipality_code)
{
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, data, n);
    struct register_options options = {.municipality_code = municipality_code, .max_problems = 100000};
    struct register_callbacks callbacks = {.on_row = on_row, .on_problem = on_problem, .ctx = s};
    struct register_summary summary;
    *s = (struct seen_rows){.rows = 0};
    buf_init(&s->export, 1 << 24);
    register_export_header(&s->export);
    int rc = register_read(&source, &options, &callbacks, &summary, NULL);
    assert(rc == 0 || rc == ERR_INVALID);
    assert((rc == 0) == (s->errors == 0));
    assert(rc != 0 || summary.rows == s->rows);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct seen_rows first;
    struct seen_rows again;
    if (read_register(&first, data, n, "1292") == 0 && buf_ok(&first.export)) {
        /* The export has no dashes and no totals: every row comes back. */
        int rc = read_register(&again, first.export.data, first.export.len, NULL);
        assert(rc == 0);
        assert(again.rows == first.rows);
        buf_fini(&again.export);
    }
    buf_fini(&first.export);
    return 0;
}
