/*
 * Writing a register as CSV that Swedish spreadsheets open as it is: UTF-8 with a byte order mark, semicolons, CRLF,
 * the headers that core/register.h reads. Reading the result gives the same rows.
 *
 * A cell that a spreadsheet would run as a formula (= + - @, TAB, CR first) gets a leading apostrophe, as does one that
 * begins with an apostrophe; the reader takes one off. Phones are written in their national form.
 *
 * Row by row into the caller's buffer, which is to be sent on between the rows. Pure, any thread.
 */
#ifndef GB_CORE_REGISTER_EXPORT_H
#define GB_CORE_REGISTER_EXPORT_H

#include "core/phone.h"
#include "core/register.h"

struct buf;

/* One line: a group with one of its contacts, or with none (has_contact false). Texts may be NULL for "not known". */
struct register_export_row {
    const char *municipality_code;
    const char *group_name;
    enum group_kind kind;
    enum group_state state;
    const char *district;
    const char *postal_code;
    const char *activated_on;
    const char *last_meeting_on;
    int household_count, households_joined, sign_count; /* -1: not known */
    const char *position;                               /* "56.242, 12.862" */
    bool has_contact;
    const char *contact_name;
    enum contact_role role;
    const char *addresses[REGISTER_ADDRESSES_MAX]; /* as typed; NULL after the last */
    const char *phones[PHONE_CELL_MAX];            /* E.164; NULL after the last */
    int trained;                                   /* 1, 0, -1 */
    int trained_year;                              /* or -1 */
};

/* Append the byte order mark and the header line. 0, or ERR_TOO_LARGE. */
int register_export_header(struct buf *out);
/* Append one line. 0, or ERR_TOO_LARGE with `out` as it was. */
int register_export_row(struct buf *out, const struct register_export_row *row);

#endif
