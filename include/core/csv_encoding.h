/*
 * The encodings in which spreadsheets save CSV, recognised from the bytes and turned into UTF-8.
 *
 * UTF-8 and UTF-16 by their byte order mark; UTF-16 without one by the pattern of its zero bytes; else UTF-8 when
 * nothing beyond ASCII stands there or more whole UTF-8 characters than bytes that are none, else Windows-1252. The
 * whole input decides, as one å near the end is enough. A UTF-8 file with a few broken places is so refused with the
 * place, not taken for Windows-1252, in which every å of it would become two other letters.
 *
 * Pure. Called by csv_reader; flat memory (the caller's chunks).
 */
#ifndef GB_CORE_CSV_ENCODING_H
#define GB_CORE_CSV_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct byte_source;

/* identifier, words for people */
#define CSV_ENCODING_MAP(X) \
    X(UTF8, "UTF-8")        \
    X(UTF16LE, "UTF-16 LE") \
    X(UTF16BE, "UTF-16 BE") \
    X(WINDOWS1252, "Windows-1252")

enum csv_encoding {
#define CSV_ENCODING_ENUM(id, text) CSV_ENCODING_##id,
    CSV_ENCODING_MAP(CSV_ENCODING_ENUM)
#undef CSV_ENCODING_ENUM
};

enum {
    CSV_CHUNK_BYTES = 65536,                 /* what is read at a time */
    CSV_DECODED_BYTES = 3 * CSV_CHUNK_BYTES, /* what one chunk can become in UTF-8 */
};

const char *csv_encoding_name(enum csv_encoding encoding);

/* Reads all of `source` (from where it stands) and tells the encoding and the length of its byte order mark.
 * 0, or the source's error. */
int csv_encoding_detect(const struct byte_source *source, enum csv_encoding *out, size_t *bom_bytes_out);

/*
 * Decode in[0..n) and append UTF-8 to `out` (room for CSV_DECODED_BYTES). *used_out is less than n when the last
 * character is incomplete (at most 3 bytes): they come again at the head of the next call. With `is_last` nothing may
 * be left over. ERR_INVALID at the first thing that is no character (what stands before it has been appended).
 */
int csv_decode(enum csv_encoding encoding, const void *in, size_t n, bool is_last, struct buf *out, size_t *used_out);

#endif
