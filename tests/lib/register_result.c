/* Registers as text; the contract is in register_result.h. */
#include "lib/register_result.h"

#include <stdio.h>

#include "base/byte_source.h"
#include "base/mem.h"
#include "lib/test.h"

static void add_text(struct buf *b, const struct register_row *row, unsigned bit, const char *text)
{
    buf_addf(b, "|%s", (row->filled & bit) != 0 ? text : ".");
}

static void add_number(struct buf *b, const struct register_row *row, unsigned bit, int n)
{
    if ((row->filled & bit) != 0)
        buf_addf(b, "|%d", n);
    else
        buf_adds(b, "|.");
}

static void add_contact(struct buf *b, const struct register_row *row)
{
    const struct register_contact *c = &row->contact;
    add_text(b, row, REGISTER_BIT(NAME), c->name);
    add_text(b, row, REGISTER_BIT(ROLE), contact_role_word(c->role));
    buf_adds(b, "|");
    for (size_t i = 0; i < c->address_count; i++)
        buf_addf(b, "%s%s", i > 0 ? " " : "", c->addresses[i].full);
    buf_adds(b, "|");
    for (size_t i = 0; i < c->phone_count; i++)
        buf_addf(b, "%s%s", i > 0 ? " " : "", c->phones[i].e164);
    add_number(b, row, REGISTER_BIT(TRAINED), c->trained);
    if (c->trained_year != -1)
        buf_addf(b, "/%d", c->trained_year);
}

int register_result_on_row(void *ctx, const struct register_row *row)
{
    struct register_result *r = ctx;
    struct buf *b = &r->rows;
    buf_addf(b, "%ld %s %s", row->line, row->municipality_code, row->group_name);
    add_text(b, row, REGISTER_BIT(KIND), group_kind_word(row->kind));
    add_text(b, row, REGISTER_BIT(STATE), group_state_word(row->state));
    add_text(b, row, REGISTER_BIT(DISTRICT), row->district);
    add_text(b, row, REGISTER_BIT(POSTAL_CODE), row->postal_code);
    add_text(b, row, REGISTER_BIT(ACTIVATED_ON), row->activated_on);
    add_number(b, row, REGISTER_BIT(HOUSEHOLD_COUNT), row->household_count);
    add_number(b, row, REGISTER_BIT(HOUSEHOLDS_JOINED), row->households_joined);
    add_number(b, row, REGISTER_BIT(SIGN_COUNT), row->sign_count);
    add_text(b, row, REGISTER_BIT(LAST_MEETING_ON), row->last_meeting_on);
    if (row->filled & REGISTER_BIT(POSITION))
        buf_addf(b, " (%s)", row->position);
    if (row->has_contact)
        add_contact(b, row);
    if (row->group_line != row->line)
        buf_addf(b, " group@%ld", row->group_line);
    if (row->contact_line != row->line)
        buf_addf(b, " contact@%ld", row->contact_line);
    buf_addc(b, '\n');
    return r->stop_after > 0 && --r->stop_after == 0 ? ERR_CANCELED : 0;
}

void register_result_on_problem(void *ctx, const struct register_problem *p)
{
    struct register_result *r = ctx;
    buf_addf(&r->problems, "%s %ld:%zu %s", register_severity_name(p->severity), p->line, p->column,
             register_problem_name(p->code));
    if (p->found[0] != '\0')
        buf_addf(&r->problems, " %s", p->found);
    if (p->suggestion[0] != '\0')
        buf_addf(&r->problems, " > %s", p->suggestion);
    buf_addc(&r->problems, '\n');
    /* No placeholder is left, and there is a sentence in both languages. */
    assert_null(strpbrk(p->text.sv, "{}"));
    assert_null(strpbrk(p->text.en, "{}"));
    assert_true(strlen(p->text.sv) > 10);
    assert_true(strlen(p->text.en) > 10);
    buf_reset(&r->last_sv);
    buf_adds(&r->last_sv, p->text.sv);
}

static bool municipality(void *ctx, const char *text, char code[REGISTER_CODE_BYTES])
{
    (void)ctx;
    static const char *const known[][2] = {{"1292", "Ängelholm"}, {"0765", "Älmhult"}, {"1283", "Helsingborg"}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i][0], text) == 0 || strcmp(known[i][1], text) == 0) {
            memcpy(code, known[i][0], REGISTER_CODE_BYTES);
            return true;
        }
    }
    return false;
}

void register_result_read_with(struct register_result *r, const struct register_options *options, const void *data,
                               size_t n)
{
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, data, n);
    struct register_callbacks callbacks = {
        .on_row = register_result_on_row, .on_problem = register_result_on_problem, .ctx = r};
    buf_init(&r->rows, 10000000);
    buf_init(&r->problems, 10000000);
    buf_init(&r->last_sv, 10000);
    r->err.text[0] = '\0';
    r->rc = register_read(&source, options, &callbacks, &r->summary, &r->err);
}

void register_result_read(struct register_result *r, const void *data, size_t n)
{
    struct register_options options = {.municipality_code = "1292", .municipality = municipality, .max_problems = 1000};
    register_result_read_with(r, &options, data, n);
}

void register_result_done(struct register_result *r)
{
    buf_fini(&r->rows);
    buf_fini(&r->problems);
    buf_fini(&r->last_sv);
}

void register_result_check(const char *data, int rc, const char *rows, const char *problems)
{
    struct register_result r = {.stop_after = 0};
    register_result_read(&r, data, strlen(data));
    assert_string_equal(buf_str(&r.problems), problems);
    assert_string_equal(buf_str(&r.rows), rows);
    assert_int_equal(r.rc, rc);
    register_result_done(&r);
}
