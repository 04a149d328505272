/* Who acts; the contract is in store/actor.h. */
#include "store/actor.h"

#include <string.h>

#include "base/mem.h"

static const char *const SCOPE_WORDS[] = {
#define SCOPE_WORD(id, word) [SCOPE_##id] = word,
    SCOPE_KIND_MAP(SCOPE_WORD)
#undef SCOPE_WORD
};

static const struct {
    const char *word;
    unsigned permissions;
} ROLES[] = {
#define ROLE_ROW(id, word, perms) [ROLE_##id] = {word, perms},
    ROLE_MAP(ROLE_ROW)
#undef ROLE_ROW
};

struct actor actor_daemon(void)
{
    return (struct actor){.name = "grannbudd", .role = ROLE_ADMIN, .scope = {.kind = SCOPE_ALL}};
}

const char *scope_kind_word(enum scope_kind kind)
{
    return SCOPE_WORDS[kind];
}

bool scope_kind_parse(const char *word, enum scope_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(SCOPE_WORDS); i++) {
        if (strcmp(word, SCOPE_WORDS[i]) == 0) {
            *out = (enum scope_kind)i;
            return true;
        }
    }
    return false;
}

const char *role_word(enum role role)
{
    return ROLES[role].word;
}

bool role_parse(const char *word, enum role *out)
{
    for (size_t i = 0; i < ARRAY_LEN(ROLES); i++) {
        if (strcmp(word, ROLES[i].word) == 0) {
            *out = (enum role)i;
            return true;
        }
    }
    return false;
}

bool actor_may(const struct actor *actor, enum permission permission)
{
    return (ROLES[actor->role].permissions & (unsigned)permission) != 0;
}
