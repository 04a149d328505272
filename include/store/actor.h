/*
 * Who acts, and how far that person may see: the walls between municipalities and police areas.
 *
 * Every store function that touches a tenant's data takes the acting person, and the SQL itself
 * filters by the scope (the {scope ...} of daemon/store/sql), so that a forgotten check in a
 * handler shows nothing instead of everything.
 *
 * Plain data, copied freely; threads: any.
 */
#ifndef GB_STORE_ACTOR_H
#define GB_STORE_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

/* identifier, word (in the store, the API and the command line) */
#define SCOPE_KIND_MAP(X)           \
    X(ALL, "all")                   \
    X(POLICE_AREA, "police_area")   \
    X(MUNICIPALITY, "municipality") \
    X(GROUP, "group")

enum scope_kind {
#define SCOPE_ENUM(id, word) SCOPE_##id,
    SCOPE_KIND_MAP(SCOPE_ENUM)
#undef SCOPE_ENUM
};

enum { SCOPE_CODE_BYTES = 48 };

/* `code`: "" for all, the police area's code, the municipality's four digits, or the group's id as text. */
struct scope {
    enum scope_kind kind;
    char code[SCOPE_CODE_BYTES];
};

/* role, word, may do (bits of PERM_*) */
#define ROLE_MAP(X)                                                                                          \
    X(ADMIN, "admin", ~0U)                                                                                   \
    X(OFFICER, "officer",                                                                                    \
      PERM_READ | PERM_LETTER | PERM_APPROVE | PERM_SERIES | PERM_GROUP_STATE | PERM_DELIVERY | PERM_ALERT | \
          PERM_WEBHOOK)                                                                                      \
    X(COORDINATOR, "coordinator",                                                                            \
      PERM_READ | PERM_GROUP | PERM_GROUP_STATE | PERM_LETTER | PERM_APPROVE | PERM_SERIES | PERM_DELIVERY | \
          PERM_ALERT | PERM_WEBHOOK)                                                                         \
    X(READER, "reader", PERM_READ)

enum permission {
    PERM_READ = 1U << 0,        /* lists and reports within the scope */
    PERM_GROUP = 1U << 1,       /* register and look after groups and contact persons; import, export */
    PERM_GROUP_STATE = 1U << 2, /* move a group between its states */
    PERM_LETTER = 1U << 3,      /* write, edit, test, submit, send and cancel letters */
    PERM_APPROVE = 1U << 4,     /* approve or reject another person's letter */
    PERM_SERIES = 1U << 5,      /* set up and pause series */
    PERM_DELIVERY = 1U << 6,    /* the ledger row by row (addresses) */
    PERM_AREA = 1U << 7,        /* change counties, municipalities, police areas */
    PERM_STAFF = 1U << 8,       /* staff users and tokens */
    PERM_AUDIT = 1U << 9,       /* the audit log */
    PERM_OPERATE = 1U << 10,    /* hold, resume, backup */
    PERM_ALERT = 1U << 11,      /* send, change and recall alerts */
    PERM_WEBHOOK = 1U << 12,    /* set up and look after webhook endpoints */
};

enum role {
#define ROLE_ENUM(id, word, perms) ROLE_##id,
    ROLE_MAP(ROLE_ENUM)
#undef ROLE_ENUM
};

enum { ACTOR_NAME_BYTES = 64 };

struct actor {
    int64_t user_id; /* staff user, or 0: the administrator on the socket, the daemon itself, or a bare token */
    char name[ACTOR_NAME_BYTES]; /* what the audit log calls them: "anna", "uid:0", "token:backup", "grannbudd" */
    char via[ACTOR_NAME_BYTES];  /* who stood behind, when acting for another ("uid:0"), else "" */
    enum role role;
    struct scope scope;
};

/* The daemon itself: role admin, scope all. */
struct actor actor_daemon(void);

const char *scope_kind_word(enum scope_kind kind);
bool scope_kind_parse(const char *word, enum scope_kind *out);
const char *role_word(enum role role);
bool role_parse(const char *word, enum role *out);
bool actor_may(const struct actor *actor, enum permission permission);

#endif
