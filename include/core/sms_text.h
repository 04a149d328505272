/*
 * Text as it goes to phones: typography made plain so that it fits GSM-7, and its length in parts.
 *
 * GSM-7 (3GPP TS 23.038: default alphabet and its extension table) has å ä ö Å Ä Ö é; a single other character makes
 * the whole message UCS-2, which is half as long. So curly quotation marks, dashes, the ellipsis, bullets and odd
 * spaces become their plain forms, and letters with marks that GSM-7 lacks lose the mark only when asked for nothing
 * else: what remains outside is kept, and the message is counted as UCS-2. One part holds 160 septets or 70 UTF-16
 * units; joined parts 153 or 67 each, and what takes two (an extension character, a surrogate pair) is never split
 * between parts.
 *
 * Pure, any thread. Ownership: embedded, _fini frees.
 */
#ifndef GB_CORE_SMS_TEXT_H
#define GB_CORE_SMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { SMS_PARTS_GOOD = 2 }; /* more are dear and arrive in bits: lint warns */

struct sms_text {
    char *text;      /* NFC UTF-8; owned */
    bool is_gsm7;    /* else UCS-2 */
    size_t units;    /* septets, or UTF-16 units */
    size_t parts;    /* 0 for an empty text */
    size_t per_part; /* units that one part of this message can hold: 160, 153, 70 or 67 */
    char outside[8]; /* the first character that GSM-7 lacks, UTF-8; "" when is_gsm7 */
};

/* 0; or ERR_INVALID when `text` is not valid UTF-8. `out` is zeroed by the caller. */
int sms_text_make(const char *text, struct sms_text *out);
void sms_text_fini(struct sms_text *sms);

#endif
