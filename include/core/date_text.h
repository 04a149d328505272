/*
 * Dates as Swedish registers hold them, to "YYYY-MM-DD", or as much of it as was written: "YYYY-MM", "YYYY".
 *
 * Understood: 2024-01-31, 20240131, 24-01-31, 240131, 2024/01/31, 31/1 2024, 31/1-2024, 31/1-24, 31.1.2024, 31-01-2024,
 * 31 jan 2024, januari 2024, jan-24, 2022-05, 2021, a day with a time after it, and the serial number of Excel's
 * 1900 system (45322). The day stands before the month wherever the year stands last. Years are 1900 to 2100; two
 * digits are 1970 to 2069. A date that does not exist is refused, never moved.
 *
 * Pure, any thread. Callers: register import, forms.
 */
#ifndef GB_CORE_DATE_TEXT_H
#define GB_CORE_DATE_TEXT_H

#include <stdbool.h>

#include "core/wording.h"

enum { DATE_TEXT_BYTES = 11 };

/* How the text was read. name, Swedish, English */
#define DATE_FORM_MAP(X)                                           \
    X(ISO, "år-månad-dag", "year-month-day")                       \
    X(COMPACT, "åtta siffror", "eight digits")                     \
    X(SHORT_YEAR, "årtal med två siffror", "a year of two digits") \
    X(DAY_FIRST, "dag före månad", "day before month")             \
    X(MONTH_NAME, "månaden med bokstäver", "the month in letters") \
    X(MONTH, "bara år och månad", "year and month only")           \
    X(YEAR, "bara år", "year only")                                \
    X(SERIAL, "kalkylprogrammets löpnummer för dagen", "the spreadsheet's serial number of the day")

enum date_form {
#define DATE_FORM_ENUM(name, sv, en) DATE_FORM_##name,
    DATE_FORM_MAP(DATE_FORM_ENUM)
#undef DATE_FORM_ENUM
};

/* name, Swedish, English */
#define DATE_FAULT_MAP(X)                                                                                           \
    X(EMPTY, "det finns inget datum", "there is no date")                                                           \
    X(FORM, "det går inte att läsa som ett datum: skriv år-månad-dag, till exempel 2024-01-31, eller bara årtalet", \
      "it cannot be read as a date: write year-month-day, such as 2024-01-31, or the year only")                    \
    X(IMPOSSIBLE, "den dagen finns inte", "there is no such day")                                                   \
    X(SWAPPED, "månaden kan inte vara större än 12: skriv år-månad-dag, till exempel 2024-01-31",                   \
      "the month cannot be above 12: write year-month-day, such as 2024-01-31")                                     \
    X(RANGE, "årtalet ska ligga mellan 1900 och 2100", "the year must lie between 1900 and 2100")

enum date_fault {
    DATE_OK,
#define DATE_FAULT_ENUM(name, sv, en) DATE_##name,
    DATE_FAULT_MAP(DATE_FAULT_ENUM)
#undef DATE_FAULT_ENUM
};

struct date_text {
    char text[DATE_TEXT_BYTES]; /* "2024-01-31", "2022-05" or "2021" */
    enum date_form form;
};

/* `text` is clean (no white space round it). *out is untouched unless DATE_OK. */
enum date_fault date_text_read(const char *text, struct date_text *out);
/* The words; never NULL. */
const struct wording *date_fault_wording(enum date_fault fault);
const struct wording *date_form_wording(enum date_form form);
/* Could the text have meant another day, so that a person should see how it was read? */
bool date_form_is_a_guess(enum date_form form);

#endif
