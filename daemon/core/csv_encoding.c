/* Recognising and decoding the encodings of CSV files. */
#include "core/csv_encoding.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "base/mem.h"

const char *csv_encoding_name(enum csv_encoding encoding)
{
    static const char *const names[] = {
#define CSV_ENCODING_NAME(id, text) text,
        CSV_ENCODING_MAP(CSV_ENCODING_NAME)
#undef CSV_ENCODING_NAME
    };
    return names[encoding];
}

/* The longest head of in[0..n) that is whole, valid UTF-8. */
static size_t utf8_span(const uint8_t *in, size_t n)
{
    size_t i = 0;
    while (i < n) {
        while (i < n && in[i] < 0x80)
            i++;
        if (i == n)
            break;
        ucs4_t c = 0;
        int used = u8_mbtoucr(&c, in + i, n - i);
        if (used < 0)
            break;
        i += (size_t)used;
    }
    return i;
}

/* Could in[0..n) be the beginning of a character whose rest is still to come? */
static bool is_utf8_beginning(const uint8_t *in, size_t n)
{
    ucs4_t c = 0;
    return n > 0 && n < 4 && u8_mbtoucr(&c, in, n) == -2;
}

/* Without a mark: text in UTF-16 has a zero in most of its pairs, always on the same side. */
static bool is_utf16_pattern(const uint8_t *in, size_t n, enum csv_encoding *out)
{
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i + 1 < n; i += 2) {
        zeros[0] += in[i] == 0;
        zeros[1] += in[i + 1] == 0;
    }
    size_t pairs = n / 2;
    if (pairs == 0 || (zeros[0] > 0 && zeros[1] > 0))
        return false;
    if (zeros[0] * 2 < pairs && zeros[1] * 2 < pairs)
        return false;
    *out = zeros[1] > 0 ? CSV_ENCODING_UTF16LE : CSV_ENCODING_UTF16BE;
    return true;
}

static bool is_marked(const uint8_t *in, size_t n, enum csv_encoding *out, size_t *bom_bytes_out)
{
    if (n >= 3 && memcmp(in, "\xef\xbb\xbf", 3) == 0) {
        *out = CSV_ENCODING_UTF8;
        *bom_bytes_out = 3;
        return true;
    }
    if (n < 2 || (memcmp(in, "\xff\xfe", 2) != 0 && memcmp(in, "\xfe\xff", 2) != 0))
        return false;
    *out = in[0] == 0xff ? CSV_ENCODING_UTF16LE : CSV_ENCODING_UTF16BE;
    *bom_bytes_out = 2;
    return true;
}

/* Whole characters beyond ASCII, and bytes that belong to none. */
struct tally {
    size_t whole, broken;
};

/* Counts in[0..n); returns less than n when a character's rest is still to come. */
static size_t tally_utf8(struct tally *t, const uint8_t *in, size_t n, bool is_last)
{
    size_t i = 0;
    while (i < n) {
        ucs4_t c = 0;
        if (in[i] < 0x80) {
            i++;
            continue;
        }
        int used = u8_mbtoucr(&c, in + i, n - i);
        if (used < 0 && !is_last && is_utf8_beginning(in + i, n - i))
            break;
        t->whole += used > 0;
        t->broken += used < 0;
        i += used > 0 ? (size_t)used : 1;
    }
    return i;
}

/* Are in[0..n) and all that follows in `source` UTF-8? `in` has room for CSV_CHUNK_BYTES and is used for it. */
static int scan_utf8(const struct byte_source *source, uint8_t *in, size_t n, bool *is_utf8_out)
{
    struct tally tally = {0, 0};
    bool is_last = n < CSV_CHUNK_BYTES;
    size_t used = tally_utf8(&tally, in, n, is_last);
    while (!is_last) {
        size_t left = n - used;
        memmove(in, in + used, left);
        size_t got = 0;
        int rc = byte_source_read_full(source, in + left, CSV_CHUNK_BYTES - left, &got);
        if (rc != 0)
            return rc;
        n = left + got;
        is_last = n < CSV_CHUNK_BYTES;
        used = tally_utf8(&tally, in, n, is_last);
    }
    *is_utf8_out = tally.broken == 0 || tally.whole > tally.broken;
    return 0;
}

int csv_encoding_detect(const struct byte_source *source, enum csv_encoding *out, size_t *bom_bytes_out)
{
    uint8_t *in = xmalloc(CSV_CHUNK_BYTES);
    size_t n = 0;
    enum csv_encoding encoding = CSV_ENCODING_UTF8;
    size_t bom_bytes = 0;
    int rc = byte_source_read_full(source, in, CSV_CHUNK_BYTES, &n);
    if (rc == 0 && !is_marked(in, n, &encoding, &bom_bytes) && !is_utf16_pattern(in, n, &encoding)) {
        bool is_utf8 = false;
        rc = scan_utf8(source, in, n, &is_utf8);
        encoding = is_utf8 ? CSV_ENCODING_UTF8 : CSV_ENCODING_WINDOWS1252;
    }
    free(in);
    if (rc != 0)
        return rc;
    *out = encoding;
    *bom_bytes_out = bom_bytes;
    return 0;
}

static void put(struct buf *out, ucs4_t c)
{
    uint8_t bytes[6];
    int n = u8_uctomb(bytes, c, sizeof bytes);
    assert(n > 0);
    int rc = buf_add(out, bytes, (size_t)n);
    assert(rc == 0); /* the caller gives room for a chunk's worst case */
}

static int decode_utf8(const uint8_t *in, size_t n, bool is_last, struct buf *out, size_t *used_out)
{
    size_t used = utf8_span(in, n);
    int rc = buf_add(out, in, used);
    assert(rc == 0);
    *used_out = used;
    if (used == n || (!is_last && is_utf8_beginning(in + used, n - used)))
        return 0;
    return ERR_INVALID;
}

static int decode_windows1252(const uint8_t *in, size_t n, struct buf *out, size_t *used_out)
{
    /* 0x80 to 0x9f; 0 where Windows-1252 has no character */
    static const uint16_t high[] = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};
    size_t i = 0;
    while (i < n) {
        size_t start = i;
        while (i < n && in[i] < 0x80)
            i++;
        int rc = buf_add(out, in + start, i - start);
        assert(rc == 0);
        if (i == n)
            break;
        ucs4_t c = in[i] < 0xa0 ? high[in[i] - 0x80] : in[i];
        if (c == 0)
            break;
        put(out, c);
        i++;
    }
    *used_out = i;
    return i == n ? 0 : ERR_INVALID;
}

static int decode_utf16(const uint8_t *in, size_t n, int high, bool is_last, struct buf *out, size_t *used_out)
{
    size_t i = 0;
    int rc = 0;
    while (n - i >= 2) {
        ucs4_t c = ((ucs4_t)in[i + (size_t)high] << 8) | in[i + (size_t)(1 - high)];
        size_t used = 2;
        if (c >= 0xd800 && c <= 0xdbff) {
            if (n - i < 4)
                break;
            ucs4_t low = ((ucs4_t)in[i + 2 + (size_t)high] << 8) | in[i + 2 + (size_t)(1 - high)];
            if (low < 0xdc00 || low > 0xdfff) {
                rc = ERR_INVALID;
                break;
            }
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            used = 4;
        } else if (c >= 0xdc00 && c <= 0xdfff) {
            rc = ERR_INVALID;
            break;
        }
        put(out, c);
        i += used;
    }
    *used_out = i;
    return rc == 0 && is_last && i < n ? ERR_INVALID : rc;
}

int csv_decode(enum csv_encoding encoding, const void *in, size_t n, bool is_last, struct buf *out, size_t *used_out)
{
    switch (encoding) {
    case CSV_ENCODING_UTF8:
        return decode_utf8(in, n, is_last, out, used_out);
    case CSV_ENCODING_UTF16LE:
        return decode_utf16(in, n, 1, is_last, out, used_out);
    case CSV_ENCODING_UTF16BE:
        return decode_utf16(in, n, 0, is_last, out, used_out);
    case CSV_ENCODING_WINDOWS1252:
        break;
    }
    return decode_windows1252(in, n, out, used_out);
}
