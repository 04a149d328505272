/*
 * The vocabulary of watch groups: kinds, states with the allowed moves, roles of contact persons.
 * Pure tables; the words are those of the store, the API and the command line, the Swedish ones
 * those of registers and pages.
 *
 *   interest -> contacted -> meeting_booked -> trained -> starting -> ACTIVE -> dormant -> closed
 *      '------------> declined                                         ^           |
 *                                                                      '- restarted '
 * A register may be taken over with a group in any state; afterwards only the arrows are walked. Steps
 * on the way to active may be skipped forward (a group that was trained elsewhere), never backward.
 */
#ifndef GB_CORE_GROUP_WORDS_H
#define GB_CORE_GROUP_WORDS_H

#include <stdbool.h>

/* identifier, word, Swedish */
#define GROUP_KIND_MAP(X)                 \
    X(HOUSE, "house", "Villa")            \
    X(APARTMENT, "apartment", "Lägenhet") \
    X(LEISURE, "leisure", "Fritidshus")   \
    X(RURAL, "rural", "Landsbygd")        \
    X(FARM, "farm", "Lantbruk")           \
    X(BOAT, "boat", "Båt")                \
    X(BUSINESS, "business", "Företag")    \
    X(MIXED, "mixed", "Blandat")          \
    X(OTHER, "other", "Annat")

enum group_kind {
#define GROUP_KIND_ENUM(id, word, sv) GROUP_KIND_##id,
    GROUP_KIND_MAP(GROUP_KIND_ENUM)
#undef GROUP_KIND_ENUM
        GROUP_KIND_COUNT
};

#define GROUP_BIT(id) (1U << GROUP_STATE_##id)

/* identifier, word, Swedish, where it may go next */
#define GROUP_STATE_MAP(X)                                                                                            \
    X(INTEREST, "interest", "Intresseanmälan",                                                                        \
      GROUP_BIT(CONTACTED) | GROUP_BIT(MEETING_BOOKED) | GROUP_BIT(TRAINED) | GROUP_BIT(STARTING) |                   \
          GROUP_BIT(ACTIVE) | GROUP_BIT(DECLINED))                                                                    \
    X(CONTACTED, "contacted", "Kontaktad",                                                                            \
      GROUP_BIT(MEETING_BOOKED) | GROUP_BIT(TRAINED) | GROUP_BIT(STARTING) | GROUP_BIT(ACTIVE) | GROUP_BIT(DECLINED)) \
    X(MEETING_BOOKED, "meeting_booked", "Möte bokat",                                                                 \
      GROUP_BIT(TRAINED) | GROUP_BIT(STARTING) | GROUP_BIT(ACTIVE) | GROUP_BIT(DECLINED))                             \
    X(TRAINED, "trained", "Utbildad", GROUP_BIT(STARTING) | GROUP_BIT(ACTIVE) | GROUP_BIT(DECLINED))                  \
    X(STARTING, "starting", "Under uppstart", GROUP_BIT(ACTIVE) | GROUP_BIT(DECLINED))                                \
    X(ACTIVE, "active", "Aktiv", GROUP_BIT(DORMANT) | GROUP_BIT(CLOSED))                                              \
    X(DORMANT, "dormant", "Vilande", GROUP_BIT(ACTIVE) | GROUP_BIT(CLOSED))                                           \
    X(CLOSED, "closed", "Avslutad", 0U)                                                                               \
    X(DECLINED, "declined", "Avböjd", GROUP_BIT(INTEREST))

enum group_state {
#define GROUP_STATE_ENUM(id, word, sv, next) GROUP_STATE_##id,
    GROUP_STATE_MAP(GROUP_STATE_ENUM)
#undef GROUP_STATE_ENUM
        GROUP_STATE_COUNT
};

/* identifier, word, Swedish */
#define CONTACT_ROLE_MAP(X)                      \
    X(LEAD_REP, "lead_rep", "Huvudkontaktombud") \
    X(CONTACT_REP, "contact_rep", "Kontaktombud")

enum contact_role {
#define CONTACT_ROLE_ENUM(id, word, sv) CONTACT_ROLE_##id,
    CONTACT_ROLE_MAP(CONTACT_ROLE_ENUM)
#undef CONTACT_ROLE_ENUM
        CONTACT_ROLE_COUNT
};

const char *group_kind_word(enum group_kind kind);
const char *group_kind_sv(enum group_kind kind);
bool group_kind_parse(const char *word, enum group_kind *out);
const char *group_state_word(enum group_state state);
const char *group_state_sv(enum group_state state);
bool group_state_parse(const char *word, enum group_state *out);
bool group_state_may_become(enum group_state from, enum group_state to);
const char *contact_role_word(enum contact_role role);
const char *contact_role_sv(enum contact_role role);
bool contact_role_parse(const char *word, enum contact_role *out);

#endif
