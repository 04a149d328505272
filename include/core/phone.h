/*
 * Telephone numbers as Swedish spreadsheets hold them, to E.164 and back to the national way of writing.
 *
 * Understood: spaces, NBSP, dashes, dots, parentheses; 070-, 0701-, +46 70, +46 (0)70, 0046, 46 without +,
 * a leading zero that a spreadsheet ate (701740607), landlines with or without dash, "08/123 45 67", foreign
 * numbers with + or 00, a label such as "mobil" or "(hem)", and two numbers in one cell. Never guessed: a
 * number that a spreadsheet rounded (7,01E+08), a number without area code.
 *
 * Pure, any thread. Callers: register import, forms, API.
 */
#ifndef GB_CORE_PHONE_H
#define GB_CORE_PHONE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/wording.h"

struct err;

enum {
    PHONE_BYTES = 17,      /* "+" and 15 digits (E.164) and a NUL */
    PHONE_TEXT_BYTES = 24, /* national form */
    PHONE_CELL_MAX = 2,    /* numbers kept from one cell */
};

/* name, Swedish, English */
#define PHONE_FAULT_MAP(X)                                                                                             \
    X(EMPTY, "det finns inget nummer", "there is no number")                                                           \
    X(SCIENTIFIC,                                                                                                      \
      "kalkylprogrammet har avrundat numret, och siffrorna går inte att få tillbaka: formatera kolumnen som"         \
      " text och skriv numret på nytt",                                                                                \
      "the spreadsheet has rounded the number and its digits are lost: format the column as text and type "            \
      "the number again")                                                                                              \
    X(CHARACTER, "det har tecken som inte hör till ett telefonnummer", "it has characters of no telephone number")     \
    X(NO_AREA, "riktnumret saknas: skriv det med inledande nolla", "the area code is missing: write it with its zero") \
    X(SHORT, "det har för få siffror", "it has too few digits")                                                        \
    X(LONG, "det har för många siffror", "it has too many digits")                                                     \
    X(MOBILE, "ett mobilnummer ska ha tio siffror", "a Swedish mobile number has ten digits")                          \
    X(TOO_MANY, "det står fler än två nummer i cellen", "there are more than two numbers in the cell")

enum phone_fault {
    PHONE_OK,
#define PHONE_ENUM(name, sv, en) PHONE_##name,
    PHONE_FAULT_MAP(PHONE_ENUM)
#undef PHONE_ENUM
};

struct phone {
    char e164[PHONE_BYTES]; /* "+46701740605" */
    bool zero_added;        /* a leading zero was missing and has been assumed */
};

/* One number. *out is untouched unless PHONE_OK. */
enum phone_fault phone_read(const char *text, struct phone *out);
/* All numbers of a cell ("/", ",", ";", "eller", "och" between them) into out[PHONE_CELL_MAX] and *n_out. On a fault
 * nothing is written, except that PHONE_TOO_MANY keeps the first two. A blank cell is PHONE_EMPTY. */
enum phone_fault phone_read_cell(const char *cell, struct phone out[PHONE_CELL_MAX], size_t *n_out);
/* For callers with a struct err: one number; 0, or ERR_INVALID with an English text. */
int phone_parse(const char *text, struct phone *out, struct err *err);
/* The words for a fault other than PHONE_OK; never NULL. */
const struct wording *phone_fault_wording(enum phone_fault fault);

/* "070-174 06 05", "0431-00 00 00"; foreign numbers stay in E.164. Into out[PHONE_TEXT_BYTES]; returns out.
 * phone_read() of the result gives `e164` again. */
char *phone_national(const char *e164, char out[PHONE_TEXT_BYTES]);

#endif
