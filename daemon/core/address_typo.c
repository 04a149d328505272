/*
 * Misspelt well-known mail domains. A domain one slip (letter changed, dropped, added or two swapped) away from
 * one that many contact persons have is probably that one; a table adds the wrong endings that people
 * believe in. Only ever a hint: the caller warns and suggests.
 */
#include "core/address.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

enum { SLIP_LEN_MIN = 8, SLIP_LEN_MAX = 32 };

static const char *const well_known[] = {
    "gmail.com",    "hotmail.com", "hotmail.se", "outlook.com", "telia.com",    "comhem.se",
    "bredband.net", "icloud.com",  "yahoo.com",  "yahoo.se",    "live.com",     "live.se",
    "bahnhof.se",   "spray.se",    "tele2.se",   "swipnet.se",  "bredband2.se", "protonmail.com",
};

/* Real domains that lie one slip from a well-known one. */
static const char *const real_neighbours[] = {
    "mail.com", "ymail.com", "email.com",  "gmx.com",    "telia.se",   "telia.net",
    "telia.no", "fmail.com", "hotmail.de", "hotmail.es", "hotmail.no", "proton.me",
    "like.com", "life.com",  "love.se",    "olive.com",  "alive.com",
};

static const struct {
    const char *wrong;
    const char *right;
} wrong_endings[] = {
    {"gmail.se", "gmail.com"},       {"gmail.nu", "gmail.com"},   {"googlemail.se", "gmail.com"},
    {"comhem.com", "comhem.se"},     {"comhem.net", "comhem.se"}, {"bredband.com", "bredband.net"},
    {"bredband.se", "bredband.net"}, {"icloud.se", "icloud.com"},
};

static bool is_in(const char *const *list, size_t n, const char *domain)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], domain) == 0)
            return true;
    }
    return false;
}

/* Exactly one slip between the two? */
static bool is_one_slip(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    if (*a == '\0' && *b == '\0')
        return false;
    if (*a != '\0' && *b != '\0') {
        if (strcmp(a + 1, b + 1) == 0)
            return true;
        if (a[0] == b[1] && a[1] == b[0] && a[1] != '\0' && strcmp(a + 2, b + 2) == 0)
            return true;
    }
    return (*a != '\0' && strcmp(a + 1, b) == 0) || (*b != '\0' && strcmp(a, b + 1) == 0);
}

const char *address_domain_meant(const char *domain)
{
    if (is_in(well_known, ARRAY_LEN(well_known), domain) || is_in(real_neighbours, ARRAY_LEN(real_neighbours), domain))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(wrong_endings); i++) {
        if (strcmp(wrong_endings[i].wrong, domain) == 0)
            return wrong_endings[i].right;
    }
    size_t n = strlen(domain);
    if (n < SLIP_LEN_MIN || n > SLIP_LEN_MAX)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(well_known); i++) {
        size_t len = strlen(well_known[i]);
        if (len >= SLIP_LEN_MIN && len + 1 >= n && len <= n + 1 && is_one_slip(domain, well_known[i]))
            return well_known[i];
    }
    return NULL;
}
