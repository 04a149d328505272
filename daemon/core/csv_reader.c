/*
 * CSV reading: chunk -> UTF-8 -> physical lines -> libcsv -> rows.
 *
 * libcsv knows neither lines nor limits, so it is fed one physical line at a time; the line that is being fed is
 * the place of whatever it calls back about. It cannot be stopped from a callback either: after a fault
 * the callbacks do nothing until the fed line ends.
 */
#include "core/csv_reader.h"

#include <assert.h>
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "base/mem.h"

enum { LIBCSV_BLOCK_BYTES = 4096, SEP_LEN = 4 };

struct reader {
    struct csv_parser parser;
    csv_row_cb on_row;
    void *ctx;
    struct csv_info info;
    struct csv_fault fault;
    int rc;            /* of the row callback, or ERR_INVALID with `fault` */
    long line;         /* the physical line being fed */
    long row_line;     /* where the present row begins */
    long cell_line;    /* where the present cell begins */
    bool is_row_begun; /* since the last row ended, something other than blank lines came */
    bool is_line_open; /* the last line has no terminator yet */
    bool is_after_cr;  /* the line ended in CR: an LF belongs to it */
    struct buf text;   /* the row's cells, each with a NUL */
    size_t count;
    size_t offsets[CSV_COLUMNS_MAX];
    const char *cells[CSV_COLUMNS_MAX];
};

const struct wording *csv_fault_wording(enum csv_fault_code code)
{
    static const struct wording words[] = {{"", ""},
#define CSV_WORDS(name, sv, en) {sv, en},
                                           CSV_FAULT_MAP(CSV_WORDS)
#undef CSV_WORDS
    };
    return &words[code];
}

static void fail(struct reader *r, enum csv_fault_code code)
{
    if (r->rc != 0)
        return;
    r->rc = ERR_INVALID;
    r->fault = (struct csv_fault){.code = code, .line = r->line, .column = r->count + 1, .begin_line = r->cell_line};
}

static void on_cell(void *data, size_t n, void *ctx)
{
    struct reader *r = ctx;
    if (r->rc != 0)
        return;
    if (n > CSV_CELL_MAX_BYTES) {
        fail(r, CSV_FAULT_CELL_LONG);
    } else if (r->count == CSV_COLUMNS_MAX) {
        fail(r, CSV_FAULT_COLUMNS);
    } else {
        r->offsets[r->count] = r->text.len;
        buf_add(&r->text, data, n);
        buf_addc(&r->text, '\0');
        if (!buf_ok(&r->text)) {
            fail(r, CSV_FAULT_ROW_LONG);
            return;
        }
        r->count++;
        r->cell_line = r->line;
    }
}

static void on_row_end(int terminator, void *ctx)
{
    (void)terminator;
    struct reader *r = ctx;
    if (r->rc != 0)
        return;
    for (size_t i = 0; i < r->count; i++)
        r->cells[i] = r->text.data + r->offsets[i];
    struct csv_row row = {.line = r->row_line, .count = r->count, .cells = r->cells};
    r->rc = r->on_row(r->ctx, &row);
    r->count = 0;
    r->is_row_begun = false;
    buf_reset(&r->text);
}

static bool is_blank(const struct reader *r, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == r->info.delimiter || strchr(" \t\r\n", s[i]) == NULL)
            return false;
    }
    return true;
}

/* One physical line, or a part of it when the chunk ends within; its terminator is the last byte. */
static void feed_line(struct reader *r, const char *s, size_t n)
{
    if (!r->is_row_begun) {
        if (is_blank(r, s, n)) {
            r->info.blank_lines += s[n - 1] == '\n' || s[n - 1] == '\r';
            return;
        }
        r->is_row_begun = true;
        r->row_line = r->line;
        r->cell_line = r->line;
    }
    size_t used = csv_parse(&r->parser, s, n, on_cell, on_row_end, r);
    if (used != n && r->rc == 0) {
        if (csv_error(&r->parser) != CSV_EPARSE)
            abort(); /* out of memory */
        fail(r, CSV_FAULT_QUOTE);
    }
    if (r->parser.entry_pos > CSV_CELL_MAX_BYTES)
        fail(r, CSV_FAULT_CELL_LONG);
}

static void feed(struct reader *r, const char *s, size_t n)
{
    size_t start = 0;
    for (size_t i = 0; i < n && r->rc == 0; i++) {
        if (s[i] == '\0') {
            if (i > start)
                feed_line(r, s + start, i - start);
            fail(r, CSV_FAULT_NUL);
            return;
        }
        if (s[i] != '\n' && s[i] != '\r') {
            r->is_after_cr = false;
            continue;
        }
        if (s[i] == '\n' && r->is_after_cr) { /* the second half of a line end that is counted already */
            if (r->is_row_begun)
                feed_line(r, s + i, 1);
            r->is_after_cr = false;
            start = i + 1;
            continue;
        }
        feed_line(r, s + start, i + 1 - start);
        r->line++;
        r->is_after_cr = s[i] == '\r';
        start = i + 1;
    }
    r->is_line_open = start < n;
    if (start < n && r->rc == 0)
        feed_line(r, s + start, n - start);
}

/* Excel's first line "sep=;": the number of bytes without the line end, or 0. */
static size_t sep_line(const char *s, size_t n)
{
    if (n <= SEP_LEN || strncasecmp(s, "sep=", SEP_LEN) != 0)
        return 0;
    if (n > SEP_LEN + 1 && s[SEP_LEN + 1] != '\r' && s[SEP_LEN + 1] != '\n')
        return 0;
    char c = s[SEP_LEN];
    return c == '\t' || (c != '"' && c > ' ' && strchr("!#$%&*+,-./:;<=>?@^_|~", c) != NULL) ? SEP_LEN + 1 : 0;
}

/* What the head of the file tells, before its first byte is fed. Returns the bytes to leave out. */
static size_t begin(struct reader *r, const char *s, size_t n)
{
    size_t skip = sep_line(s, n);
    r->info.delimiter = skip > 0 ? s[SEP_LEN] : csv_sniff(s, n);
    csv_set_delim(&r->parser, (unsigned char)r->info.delimiter);
    if (skip > 0)
        r->info.blank_lines--; /* what is left of its line looks blank */
    return skip;
}

static void end(struct reader *r)
{
    if (r->rc == 0 && csv_fini(&r->parser, on_cell, on_row_end, r) != 0) {
        r->line = r->cell_line; /* the end of the file is no place to look for it */
        fail(r, CSV_FAULT_UNTERMINATED);
    }
    r->info.lines = r->line - (r->is_line_open ? 0 : 1);
}

/* Another kind of file, by its first bytes: people choose the workbook itself, or its print-out. */
static enum csv_fault_code foreign_format(const char *in, size_t n)
{
    static const struct {
        const char *magic;
        enum csv_fault_code code;
    } formats[] = {{"PK\x03\x04", CSV_FAULT_WORKBOOK},                       /* .xlsx, .ods */
                   {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", CSV_FAULT_WORKBOOK}, /* .xls */
                   {"%PDF-", CSV_FAULT_DOCUMENT},
                   {"{\\rtf", CSV_FAULT_DOCUMENT},
                   {"<!doctype", CSV_FAULT_DOCUMENT},
                   {"<html", CSV_FAULT_DOCUMENT},
                   {"<table", CSV_FAULT_DOCUMENT}, /* "export to Excel" of many a web program */
                   {"<?xml", CSV_FAULT_DOCUMENT}};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        size_t len = strlen(formats[i].magic);
        if (n >= len && strncasecmp(in, formats[i].magic, len) == 0)
            return formats[i].code;
    }
    return CSV_OK;
}

/* Decode and feed everything. Returns the source's error, or 0 with r->rc. */
static int pump(struct reader *r, const struct byte_source *source, size_t bom_bytes)
{
    char *in = xmalloc(CSV_CHUNK_BYTES);
    struct buf out;
    buf_init(&out, CSV_DECODED_BYTES);
    size_t left = 0;
    bool is_first = true;
    bool is_last = false;
    int rc = 0;
    while (!is_last && r->rc == 0) {
        size_t got = 0;
        rc = byte_source_read_full(source, in + left, CSV_CHUNK_BYTES - left, &got);
        if (rc != 0)
            break;
        size_t n = left + got;
        is_last = n < CSV_CHUNK_BYTES;
        size_t from = is_first && bom_bytes <= n ? bom_bytes : 0;
        enum csv_fault_code foreign = is_first ? foreign_format(in + from, n - from) : CSV_OK;
        if (foreign != CSV_OK) {
            fail(r, foreign);
            break;
        }
        size_t used = 0;
        buf_reset(&out);
        int bad = csv_decode(r->info.encoding, in + from, n - from, is_last, &out, &used);
        size_t skip = is_first ? begin(r, buf_str(&out), out.len) : 0;
        feed(r, buf_str(&out) + skip, out.len - skip);
        if (bad != 0)
            fail(r, CSV_FAULT_ENCODING);
        left = n - from - used;
        memmove(in, in + from + used, left);
        is_first = false;
    }
    buf_fini(&out);
    free(in);
    return rc;
}

int csv_read(const struct byte_source *source, csv_row_cb on_row, void *ctx, struct csv_info *info_out,
             struct csv_fault *fault_out)
{
    struct reader *r = xcalloc(1, sizeof *r);
    size_t bom_bytes = 0;
    r->on_row = on_row;
    r->ctx = ctx;
    r->line = 1;
    buf_init(&r->text, CSV_ROW_MAX_BYTES);
    if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        abort();
    csv_set_blk_size(&r->parser, LIBCSV_BLOCK_BYTES);

    int rc = source->rewind(source->ctx);
    if (rc == 0)
        rc = csv_encoding_detect(source, &r->info.encoding, &bom_bytes);
    if (rc == 0)
        rc = source->rewind(source->ctx);
    if (rc == 0)
        rc = pump(r, source, bom_bytes);
    if (rc == 0) {
        end(r);
        *info_out = r->info;
        rc = r->rc;
    } else {
        r->fault = (struct csv_fault){.code = CSV_FAULT_READ, .line = r->line};
    }
    *fault_out = r->fault;
    csv_free(&r->parser);
    buf_fini(&r->text);
    free(r);
    return rc;
}
