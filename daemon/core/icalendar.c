/* iCalendar; the contract is in core/icalendar.h, the sections are those of RFC 5545. */
#include "core/icalendar.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

/* "SHOULD NOT be longer than 75 octets, excluding the line break" (3.1); what goes on begins with a blank. */
enum { FOLD_BYTES = 75 };

/* --- lines ----------------------------------------------------------------------------------------------------- */

/* Write `line` folded, and its end. */
static void add_folded(struct buf *out, const char *line)
{
    size_t column = 0;
    while (*line) {
        size_t n = text_prefix(line, 1);
        if (column + n > FOLD_BYTES) {
            buf_adds(out, "\r\n ");
            column = 1;
        }
        buf_add(out, line, n);
        column += n;
        line += n;
    }
    buf_adds(out, "\r\n");
}

/* A value of type TEXT (3.3.11): control characters but line feed have no place in it, nor has what is no UTF-8. */
static void add_text(struct buf *out, const char *text)
{
    while (*text) {
        size_t n = text_prefix(text, 1);
        if (*text == '\n')
            buf_adds(out, "\\n");
        else if (strchr("\\;,", *text))
            buf_addf(out, "\\%c", *text);
        else if (!text_is_utf8(text, n))
            buf_adds(out, "\xef\xbf\xbd");
        else if (!text_has_control(text, n))
            buf_add(out, text, n);
        text += n;
    }
}

static void add_property(struct buf *out, const char *name, const char *text)
{
    struct buf line;
    if (!text || !text[0])
        return;
    buf_init(&line, ICALENDAR_LINE_BYTES);
    buf_addf(&line, "%s:", name);
    add_text(&line, text);
    add_folded(out, buf_str(&line));
    buf_fini(&line);
}

/* A value that is no text: nothing in it is escaped, and what cannot stand in a line ends it. */
static void add_plain(struct buf *out, const char *name, const char *value)
{
    struct buf line;
    if (!value || !value[0])
        return;
    buf_init(&line, ICALENDAR_LINE_BYTES);
    buf_addf(&line, "%s:", name);
    for (; *value > ' ' && *value < 0x7f; value++)
        buf_addc(&line, *value);
    add_folded(out, buf_str(&line));
    buf_fini(&line);
}

/* "20260401T070000Z": form 2 of 3.3.5. */
static void add_time(struct buf *out, const char *name, int64_t us)
{
    char iso[TIME_TEXT_BYTES], text[TIME_TEXT_BYTES];
    size_t n = 0;
    for (const char *p = time_format_utc(us, iso); *p; p++)
        if (*p != '-' && *p != ':')
            text[n++] = *p;
    text[n] = '\0';
    add_plain(out, name, text);
}

/* --- the calendar ---------------------------------------------------------------------------------------------- */

void icalendar_begin(struct buf *out, const char *name)
{
    add_folded(out, "BEGIN:VCALENDAR");
    add_folded(out, "VERSION:2.0");
    add_property(out, "PRODID", "-//Grannbud//Grannbud " GRANNBUD_VERSION "//SV");
    add_folded(out, "CALSCALE:GREGORIAN");
    add_property(out, "NAME", name);         /* RFC 7986, 5.1 */
    add_property(out, "X-WR-CALNAME", name); /* for readers that are older */
    add_folded(out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
}

void icalendar_event(struct buf *out, const struct icalendar_event *event)
{
    add_folded(out, "BEGIN:VEVENT");
    add_property(out, "UID", event->uid);
    add_time(out, "DTSTAMP", event->stamp_us);
    if (event->modified_us > 0)
        add_time(out, "LAST-MODIFIED", event->modified_us);
    if (event->sequence > 0)
        buf_addf(out, "SEQUENCE:%lld\r\n", (long long)event->sequence);
    add_time(out, "DTSTART", event->start_us);
    if (event->end_us > event->start_us)
        add_time(out, "DTEND", event->end_us);
    add_property(out, "SUMMARY", event->summary);
    add_property(out, "DESCRIPTION", event->description);
    add_property(out, "LOCATION", event->location);
    add_plain(out, "URL", event->url);
    add_plain(out, "TRANSP", event->is_transparent ? "TRANSPARENT" : "OPAQUE");
    add_folded(out, "END:VEVENT");
}

void icalendar_end(struct buf *out)
{
    add_folded(out, "END:VCALENDAR");
}
