/* The vocabulary of watch groups; the contract is in core/group_words.h. */
#include "core/group_words.h"

#include <stddef.h>
#include <string.h>

struct word {
    const char *word, *sv;
    unsigned next;
};

static const struct word KINDS[] = {
#define ROW(id, word, sv) [GROUP_KIND_##id] = {word, sv, 0},
    GROUP_KIND_MAP(ROW)
#undef ROW
};

static const struct word STATES[] = {
#define ROW(id, word, sv, next) [GROUP_STATE_##id] = {word, sv, next},
    GROUP_STATE_MAP(ROW)
#undef ROW
};

static const struct word ROLES[] = {
#define ROW(id, word, sv) [CONTACT_ROLE_##id] = {word, sv, 0},
    CONTACT_ROLE_MAP(ROW)
#undef ROW
};

/* The index of `word`, or -1. */
static int find(const struct word *table, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (strcmp(table[i].word, word) == 0)
            return i;
    return -1;
}

const char *group_kind_word(enum group_kind kind)
{
    return KINDS[kind].word;
}

const char *group_kind_sv(enum group_kind kind)
{
    return KINDS[kind].sv;
}

bool group_kind_parse(const char *word, enum group_kind *out)
{
    int i = find(KINDS, GROUP_KIND_COUNT, word);
    if (i >= 0)
        *out = (enum group_kind)i;
    return i >= 0;
}

const char *group_state_word(enum group_state state)
{
    return STATES[state].word;
}

const char *group_state_sv(enum group_state state)
{
    return STATES[state].sv;
}

bool group_state_parse(const char *word, enum group_state *out)
{
    int i = find(STATES, GROUP_STATE_COUNT, word);
    if (i >= 0)
        *out = (enum group_state)i;
    return i >= 0;
}

bool group_state_may_become(enum group_state from, enum group_state to)
{
    return (STATES[from].next & (1U << to)) != 0;
}

const char *contact_role_word(enum contact_role role)
{
    return ROLES[role].word;
}

const char *contact_role_sv(enum contact_role role)
{
    return ROLES[role].sv;
}

bool contact_role_parse(const char *word, enum contact_role *out)
{
    int i = find(ROLES, CONTACT_ROLE_COUNT, word);
    if (i >= 0)
        *out = (enum contact_role)i;
    return i >= 0;
}
