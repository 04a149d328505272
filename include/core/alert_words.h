/*
 * The words of alerts: kinds, severity, urgency and certainty after CAP 1.2, types and states, as the store, the API
 * and the command line write them. Core, the API, the mail writer, the feeds and webhooks read them here. Pure tables:
 * no store, no clock, never logs. Any thread. Texts are static; no function returns NULL.
 */
#ifndef GB_CORE_ALERT_WORDS_H
#define GB_CORE_ALERT_WORDS_H

#include <stdbool.h>

/* identifier, word, Swedish, English, CAP category, severity, urgency, certainty, hours until it expires (0: [alert]
 * default_expiry), is it a danger to life? */
#define ALERT_KIND_MAP(X)                                                                                              \
    X(BURGLARY_ONGOING, "burglary_ongoing", "Pågående inbrott", "Burglaries going on", "Security", SEVERE, IMMEDIATE,  \
      OBSERVED, 0, false)                                                                                              \
    X(FRAUD_ELDERLY, "fraud_elderly", "Bedrägerier mot äldre", "Fraud against older people", "Security", MODERATE,     \
      IMMEDIATE, OBSERVED, 0, false)                                                                                   \
    X(MISSING_PERSON, "missing_person", "Försvunnen person", "Missing person", "Rescue", SEVERE, IMMEDIATE, OBSERVED,  \
      12, true)                                                                                                        \
    X(BOAT_THEFT, "boat_theft", "Båtstölder", "Boat thefts", "Security", MODERATE, EXPECTED, OBSERVED, 0, false)       \
    X(MACHINE_THEFT, "machine_theft", "Maskinstölder", "Thefts of machines", "Security", MODERATE, EXPECTED, OBSERVED, \
      0, false)                                                                                                        \
    X(FIRE_SETTING, "fire_setting", "Anlagda bränder", "Fires set on purpose", "Fire", SEVERE, IMMEDIATE, OBSERVED, 0, \
      false)                                                                                                           \
    X(VMA_RELAY, "vma_relay", "Viktigt meddelande till allmänheten", "Important public announcement", "Safety",        \
      EXTREME, IMMEDIATE, OBSERVED, 0, true)

/* identifier, word, CAP's spelling, Swedish */
#define ALERT_SEVERITY_MAP(X)                       \
    X(EXTREME, "extreme", "Extreme", "livshotande") \
    X(SEVERE, "severe", "Severe", "allvarligt")     \
    X(MODERATE, "moderate", "Moderate", "måttligt") \
    X(MINOR, "minor", "Minor", "lindrigt")          \
    X(UNKNOWN, "unknown", "Unknown", "inte bedömt")
#define ALERT_URGENCY_MAP(X)                             \
    X(IMMEDIATE, "immediate", "Immediate", "genast")     \
    X(EXPECTED, "expected", "Expected", "inom en timme") \
    X(FUTURE, "future", "Future", "snart")               \
    X(PAST, "past", "Past", "inte längre")               \
    X(UNKNOWN, "unknown", "Unknown", "inte bedömt")
#define ALERT_CERTAINTY_MAP(X)                        \
    X(OBSERVED, "observed", "Observed", "iakttaget")  \
    X(LIKELY, "likely", "Likely", "troligt")          \
    X(POSSIBLE, "possible", "Possible", "möjligt")    \
    X(UNLIKELY, "unlikely", "Unlikely", "osannolikt") \
    X(UNKNOWN, "unknown", "Unknown", "inte bedömt")
/* The kind of message within a thread; CAP's msgType. */
#define ALERT_TYPE_MAP(X)                    \
    X(ALERT, "alert", "Alert", "Varning")    \
    X(UPDATE, "update", "Update", "Ändring") \
    X(RECALL, "recall", "Cancel", "Återkallelse")

/* identifier, word, Swedish. The moves are drawn in core/alert.h. */
#define ALERT_STATE_MAP(X)                \
    X(DRAFT, "draft", "utkast")           \
    X(SUBMITTED, "submitted", "inlämnad") \
    X(ACTIVE, "active", "gäller")         \
    X(UPDATED, "updated", "ändrad")       \
    X(RECALLED, "recalled", "återkallad") \
    X(EXPIRED, "expired", "har gått ut")  \
    X(DISCARDED, "discarded", "kastad")

#define ALERT_ENUM_KIND(id, ...) ALERT_KIND_##id,
#define ALERT_ENUM_SEVERITY(id, ...) ALERT_SEVERITY_##id,
#define ALERT_ENUM_URGENCY(id, ...) ALERT_URGENCY_##id,
#define ALERT_ENUM_CERTAINTY(id, ...) ALERT_CERTAINTY_##id,
#define ALERT_ENUM_TYPE(id, ...) ALERT_TYPE_##id,
#define ALERT_ENUM_STATE(id, ...) ALERT_STATE_##id,
enum alert_kind { ALERT_KIND_MAP(ALERT_ENUM_KIND) ALERT_KIND_COUNT };
enum alert_severity { ALERT_SEVERITY_MAP(ALERT_ENUM_SEVERITY) ALERT_SEVERITY_COUNT };
enum alert_urgency { ALERT_URGENCY_MAP(ALERT_ENUM_URGENCY) ALERT_URGENCY_COUNT };
enum alert_certainty { ALERT_CERTAINTY_MAP(ALERT_ENUM_CERTAINTY) ALERT_CERTAINTY_COUNT };
enum alert_type { ALERT_TYPE_MAP(ALERT_ENUM_TYPE) ALERT_TYPE_COUNT };
enum alert_state { ALERT_STATE_MAP(ALERT_ENUM_STATE) ALERT_STATE_COUNT };

/* All that a kind brings with it unless the sender says otherwise. */
struct alert_kind_row {
    const char *word, *sv, *en, *category; /* category as CAP spells it */
    enum alert_severity severity;
    enum alert_urgency urgency;
    enum alert_certainty certainty;
    int expiry_hours; /* 0: [alert] default_expiry */
    bool life_danger;
};
const struct alert_kind_row *alert_kind_row(enum alert_kind kind);

/* The words; _parse tells whether there is such a word. */
const char *alert_kind_word(enum alert_kind kind);
bool alert_kind_parse(const char *word, enum alert_kind *out);
const char *alert_severity_word(enum alert_severity severity);
const char *alert_severity_cap(enum alert_severity severity);
const char *alert_severity_sv(enum alert_severity severity);
bool alert_severity_parse(const char *word, enum alert_severity *out);
const char *alert_urgency_word(enum alert_urgency urgency);
const char *alert_urgency_cap(enum alert_urgency urgency);
const char *alert_urgency_sv(enum alert_urgency urgency);
bool alert_urgency_parse(const char *word, enum alert_urgency *out);
const char *alert_certainty_word(enum alert_certainty certainty);
const char *alert_certainty_cap(enum alert_certainty certainty);
const char *alert_certainty_sv(enum alert_certainty certainty);
bool alert_certainty_parse(const char *word, enum alert_certainty *out);
const char *alert_type_word(enum alert_type type);
const char *alert_type_cap(enum alert_type type);
const char *alert_type_sv(enum alert_type type);
bool alert_type_parse(const char *word, enum alert_type *out);
const char *alert_state_word(enum alert_state state);
const char *alert_state_sv(enum alert_state state);
bool alert_state_parse(const char *word, enum alert_state *out);

#endif
