/*
 * The slots of a letter: what is filled in per recipient.
 *
 * In source text a slot is written {{name}}. In rendered templates (HTML, plain text, subject)
 * it is one byte, its SLOT_ value: control bytes cannot occur in a letter (they are refused
 * at the border), so a template is searched without escaping rules.
 */
#ifndef GB_CORE_SLOT_H
#define GB_CORE_SLOT_H

/* identifier, the word between the braces, the byte in templates */
#define SLOT_MAP(X)                       \
    X(GROUP, "group", 0x01)               \
    X(NAME, "name", 0x02)                 \
    X(MUNICIPALITY, "municipality", 0x03) \
    X(AREA, "area", 0x04)                 \
    X(PERIOD, "period", 0x05)

enum slot {
#define SLOT_ENUM(id, word, byte) SLOT_##id = (byte),
    SLOT_MAP(SLOT_ENUM)
#undef SLOT_ENUM
};

enum { SLOT_MAX = 5 };

/*
 * Not a slot: the recipient's own page (settings, unsubscribing). It has no word, so that no writer of a letter
 * can put it into the text that is passed on to neighbours; only the frame round the letter has it.
 */
enum { SLOT_LINK = SLOT_MAX + 1 };

/* Values indexed by the slot's byte; [0] is unused. Never NULL when a letter is filled. */
struct slot_values {
    const char *value[SLOT_MAX + 1];
};

#endif
