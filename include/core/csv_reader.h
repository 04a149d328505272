/*
 * Rows from a CSV file as spreadsheets write it: encoding and delimiter recognised, quoting by libcsv in its
 * strict mode, CR, LF or CRLF, cells over several lines, Excel's "sep=;" line.
 *
 * Nothing is guessed about broken quoting: the first fault ends the reading, with the line and column where a person
 * finds it. Line numbers are those of the file, so a row after a cell of three lines keeps its right number.
 * Blanks (space, TAB) round a cell are dropped, as libcsv does.
 *
 * Memory is flat: one chunk, one row. Threads: one at a time.
 */
#ifndef GB_CORE_CSV_READER_H
#define GB_CORE_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/csv_encoding.h"
#include "core/wording.h"

struct byte_source;

enum {
    CSV_CELL_MAX_BYTES = 32768,
    CSV_ROW_MAX_BYTES = 1048576,
    CSV_COLUMNS_MAX = 512,
};

/* name, Swedish, English. {1} is the line where the cell began. */
#define CSV_FAULT_MAP(X)                                                                                            \
    X(READ, "Filen gick inte att läsa.", "The file could not be read.")                                             \
    X(WORKBOOK,                                                                                                     \
      "Filen är en kalkylbok (Excel eller LibreOffice), inte en CSV-fil. Öppna den i kalkylprogrammet, välj "    \
      "Spara som och typen \"CSV UTF-8\".",                                                                         \
      "The file is a workbook (Excel or LibreOffice), not a CSV file. Open it in "                                  \
      "the spreadsheet program and save it as \"CSV UTF-8\".")                                                      \
    X(DOCUMENT,                                                                                                     \
      "Filen är ett dokument (PDF, webbsida eller liknande), inte en CSV-fil. Öppna registret i "                 \
      "kalkylprogrammet, välj Spara som och typen \"CSV UTF-8\".",                                                  \
      "The file is a document (PDF, web page or the like), "                                                        \
      "not a CSV file. Open the register in the spreadsheet program and save it as \"CSV UTF-8\".")                 \
    X(ENCODING,                                                                                                     \
      "Här står ett tecken som inte hör till filens teckenkodning ({2}). Spara filen på nytt som \"CSV "        \
      "UTF-8\".",                                                                                                   \
      "Here is a character that does not belong to the file's encoding ({2}). Save the file again as \"CSV "        \
      "UTF-8\".")                                                                                                   \
    X(NUL, "Här står ett nolltecken: filen är skadad eller inte en CSV-fil. Spara den på nytt som \"CSV UTF-8\".",  \
      "Here is a NUL character: the file is damaged or is no CSV file. Save it again as \"CSV UTF-8\".")            \
    X(QUOTE,                                                                                                        \
      "Ett citattecken står fel i cellen som börjar på rad {1}: ta bort det, eller skriv det dubbelt (\"\") i"   \
      " en cell som börjar och slutar med citattecken.",                                                            \
      "A quotation mark is out of place in the cell that begins in line {1}: remove it, or double it (\"\") "       \
      "in a cell that begins and ends with quotation marks.")                                                       \
    X(UNTERMINATED, "Cellen börjar med ett citattecken på rad {1} men avslutas aldrig: skriv till det som saknas.", \
      "The cell begins with a quotation mark in line {1} and never ends: add the one that is missing.")             \
    X(CELL_LONG, "Cellen som börjar på rad {1} är längre än 32 kB. Saknas ett avslutande citattecken?",             \
      "The cell that begins in line {1} is longer than 32 kB. Is a closing quotation mark missing?")                \
    X(ROW_LONG, "Raden är längre än 1 MB.", "The row is longer than 1 MB.")                                         \
    X(COLUMNS, "Raden har fler än 512 kolumner.", "The row has more than 512 columns.")

enum csv_fault_code {
    CSV_OK,
#define CSV_FAULT_ENUM(name, sv, en) CSV_FAULT_##name,
    CSV_FAULT_MAP(CSV_FAULT_ENUM)
#undef CSV_FAULT_ENUM
};

struct csv_fault {
    enum csv_fault_code code;
    long line;       /* where it was noticed, from 1 */
    size_t column;   /* cell of the row, from 1 */
    long begin_line; /* where that cell begins */
};

const struct wording *csv_fault_wording(enum csv_fault_code code);

/* What was found out about the file. */
struct csv_info {
    enum csv_encoding encoding;
    char delimiter;   /* ';' ',' '\t' '|', or the one that a "sep=" line names; ';' when a file has only one column */
    long lines;       /* of the file */
    long blank_lines; /* outside cells */
};

struct csv_row {
    long line; /* where it begins, from 1 */
    size_t count;
    const char *const *cells; /* UTF-8, NUL-terminated, valid until the callback returns */
};

/* Not called for blank lines. Anything but 0 ends the reading and is returned by csv_read. */
typedef int (*csv_row_cb)(void *ctx, const struct csv_row *row);

/*
 * Reads `source` from its first byte to its end. 0; a code of the source, with CSV_FAULT_READ; ERR_INVALID with
 * *fault_out; or what the callback returned. *info_out is filled as far as the reading came, except after
 * CSV_FAULT_READ.
 */
int csv_read(const struct byte_source *source, csv_row_cb on_row, void *ctx, struct csv_info *info_out,
             struct csv_fault *fault_out);

/* The delimiter that the head of a decoded file most likely uses; at most 64 kB are looked at. */
char csv_sniff(const char *text, size_t n);

#endif
