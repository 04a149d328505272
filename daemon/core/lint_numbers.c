/*
 * What points out a person or a home by itself: personnummer, registration plates, telephone numbers, mail addresses,
 * street and house number.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "core/lint_inside.h"
#include "core/personnummer.h"

enum { PHONE_DIGITS_MIN = 8, PHONE_DIGITS_MAX = 15, HOUSE_DIGITS_MAX = 3, CONTEXT_BYTES = 40, VEHICLE_WORDS = 6 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Nothing of a word directly before or after text[at..end)? */
static bool stands_alone(const struct lint_block *block, size_t at, size_t end)
{
    return (at == 0 || !lint_is_word_byte(block->text[at - 1])) &&
           (end >= block->len || !lint_is_word_byte(block->text[end]));
}

/* --- personnummer --- */

/* Masked where they stand, so that no other finding shows them or takes them for telephone numbers. */
static void find_personnummer(struct lint *l, struct lint_block *block)
{
    size_t at, len;
    for (size_t from = 0; personnummer_find(block->text, from, &at, &len); from = at + len) {
        size_t shown_len = len;
        char shown[24];
        if (shown_len >= sizeof shown)
            shown_len = sizeof shown - 1;
        for (size_t i = 0; i < shown_len; i++)
            shown[i] = is_digit(block->text[at + i]) ? '*' : block->text[at + i];
        shown[shown_len] = '\0';
        lint_add_shown(l, block, at, LINT_RULE_PERSONNUMMER, shown);
        for (size_t i = at; i < at + len; i++)
            if (is_digit(block->text[i]))
                block->text[i] = '*';
    }
}

/* --- registration plates --- */

/* Letters of Swedish plates: none of I, Q, V, Å, Ä, Ö, and no O last. */
static bool is_plate_letter(char c, bool any_case, bool last)
{
    if (any_case && c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    return c >= 'A' && c <= 'Z' && !strchr("IQV", c) && !(last && c == 'O');
}

/* Is the talk of plates just before? Then small letters are plates too. */
static bool after_plate_word(const struct lint_block *block, size_t at)
{
    static const char *const words[] = {"reg.", "regnr", "reg nr", "reg-nr", "registrering", "skylt", "nummerpl"};
    size_t from = at > CONTEXT_BYTES ? at - CONTEXT_BYTES : 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        for (size_t p = from; p + strlen(words[i]) <= at; p++)
            if (strncasecmp(block->text + p, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

/* The length of a plate at `at`: ABC 123, ABC123, ABC-12D; or 0. */
static size_t plate_len(const struct lint_block *block, size_t at, bool any_case)
{
    const char *p = block->text + at;
    size_t left = block->len - at;
    for (size_t i = 0; i < 3; i++)
        if (i >= left || !is_plate_letter(p[i], any_case, false))
            return 0;
    size_t n = 3;
    if (n < left && (p[n] == ' ' || p[n] == '-'))
        n++;
    if (n + 3 > left || !is_digit(p[n]) || !is_digit(p[n + 1]))
        return 0;
    if (!is_digit(p[n + 2]) && !is_plate_letter(p[n + 2], any_case, true))
        return 0;
    n += 3;
    return stands_alone(block, at, at + n) ? n : 0;
}

/* Is a vehicle spoken of just before, or right after? "bil", "skåpbilen", not "mobil". */
static bool is_by_vehicle(const struct lint_block *block, size_t w)
{
    static const char *const vehicles[] = {
        "volvo*",   "saab*",  "audi*",       "bmw*",     "mercedes*", "toyota*",     "skoda*",      "ford",
        "forden",   "opel*",  "kia*",        "peugeot*", "renault*",  "citro*",      "nissan*",     "mazda*",
        "hyundai*", "tesla*", "volkswagen*", "vw*",      "fordon*",   "moped*",      "motorcykel*", "mc",
        "mc:n",     "släp*",  "husvagn*",    "traktor*", "atv*",      "fyrhjuling*", "skåpare*",    NULL};
    static const char *const ends[] = {"bil", "bilen", "bilar", "bilarna", "bilens"};
    size_t from = w > VEHICLE_WORDS ? w - VEHICLE_WORDS : 0;
    for (size_t i = from; i < block->word_count && i <= w + 3; i++) {
        const char *low = block->words[i].low;
        size_t n = strlen(low);
        if (lint_word_in(low, vehicles))
            return true;
        for (size_t k = 0; k < ARRAY_LEN(ends); k++) {
            size_t m = strlen(ends[k]);
            if (n >= m && strcmp(low + n - m, ends[k]) == 0 && !(n >= m + 2 && strncmp(low + n - m - 2, "mo", 2) == 0))
                return true;
        }
    }
    return false;
}

/* Three small letters that mean something themselves: "och 500", "maj 200", "bmw 320". */
static bool is_small_word(const char *low)
{
    static const char *const words[] = {
        "all", "apr", "aug", "ban", "bmw", "box", "bra", "brf", "bus", "byn", "cup", "dag", "dec", "del", "dem", "den",
        "det", "dnr", "dom", "ens", "etc", "ett", "eur", "feb", "fel", "fem", "fre", "gar", "gul", "han", "har", "hel",
        "hem", "hon", "hos", "hus", "jan", "jul", "jun", "kan", "kap", "kia", "klo", "knr", "kom", "ktm", "lag", "lan",
        "las", "lgh", "lpo", "maj", "man", "mar", "max", "med", "men", "mer", "mfl", "mms", "mot", "ner", "nog", "nya",
        "och", "okt", "ons", "ord", "osv", "per", "pga", "rad", "rum", "sek", "sen", "sep", "sex", "sid", "sju", "ska",
        "sms", "som", "sos", "stg", "tel", "tog", "ton", "tor", "tre", "tur", "typ", "ung", "upp", "ute", NULL};
    return lint_word_in(low, words);
}

/* "abc123" beside a car, or "abc 123" there when abc is no word: a plate in small letters. */
static bool is_small_plate(const struct lint_block *block, size_t w)
{
    char low[4];
    const char *p = block->text + block->words[w].at;
    for (size_t i = 0; i < 3; i++)
        low[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] - 'A' + 'a' : p[i]);
    low[3] = '\0';
    return (p[3] != ' ' || !is_small_word(low)) && is_by_vehicle(block, w);
}

/* "SOS 112" and "LPO 114 14" are none; "SEK 500" may be one. */
static enum lint_rule judge_plate(const struct lint_block *block, size_t at, size_t n, bool *none)
{
    static const char *const usual[] = {"SEK", "EUR", "USD", "NOK", "DKK", "SOS", "TEL", "LPO", "BRF", "DNR",
                                        "RFC", "BOX", "RUM", "SMS", "NYA", "ALL", "KOM", "BMW", "KIA", "KTM"};
    const char *p = block->text + at;
    *none = false;
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        if (strncmp(p, usual[i], 3) != 0)
            continue;
        *none = strncmp(p + n - 3, "112", 3) == 0 || strncmp(p + n - 3, "114 14", 6) == 0;
        return LINT_RULE_PLATE_LIKE;
    }
    return LINT_RULE_PLATE;
}

static void find_plates(struct lint *l, const struct lint_block *block)
{
    for (size_t w = 0; w < block->word_count; w++) {
        size_t at = block->words[w].at;
        size_t n = plate_len(block, at, false);
        if (n == 0 && plate_len(block, at, true) > 0 && (after_plate_word(block, at) || is_small_plate(block, w)))
            n = plate_len(block, at, true);
        bool none = true;
        enum lint_rule rule = n > 0 ? judge_plate(block, at, n, &none) : LINT_RULE_PLATE;
        if (n > 0 && !none)
            lint_add(l, block, at, n, rule);
    }
}

/* --- telephone numbers --- */

/* Numbers that everyone may call; digits only, without the country's 46 or the zero. */
static bool is_public_number(const char *digits)
{
    static const char *const numbers[] = {"112", "11414", "11313", "1177", "771141400"};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (strcmp(digits, numbers[i]) == 0)
            return true;
    return false;
}

/* Without the country's number or the zero. */
static const char *national_of(const char *digits, bool plus)
{
    if (strncmp(digits, "0046", 4) == 0)
        return digits + 4;
    if (plus)
        return strncmp(digits, "46", 2) == 0 ? digits + 2 : digits;
    return digits[0] == '0' ? digits + 1 : digits;
}

bool lint_is_public_number(const char *target)
{
    char digits[PHONE_DIGITS_MAX + 1];
    size_t n = 0;
    for (const char *p = target; *p && *p != ';' && *p != '?'; p++) {
        if (!is_digit(*p) && !strchr("+-.() ", *p))
            return false;
        if (is_digit(*p) && n == PHONE_DIGITS_MAX)
            return false;
        if (is_digit(*p))
            digits[n++] = *p;
    }
    digits[n] = '\0';
    return is_public_number(national_of(digits, target[0] == '+'));
}

/*
 * The length of a telephone number at `at`, or 0: "+46...", "0046...", or an area code (0 and a digit of 1 to 9),
 * with blanks, hyphens, strokes and brackets between, never a full stop (which times and dates have).
 */
static size_t phone_len(const struct lint_block *block, size_t at)
{
    const char *text = block->text;
    bool plus = text[at] == '+';
    char digits[PHONE_DIGITS_MAX + 1];
    size_t n = 0, end = at, i = at + plus;
    if (!plus && !(text[at] == '0' && at + 1 < block->len && (text[at + 1] != '0' || text[at + 2] == '4')))
        return 0;
    for (size_t gap = 0; i < block->len && gap <= 2; i++) {
        if (!is_digit(text[i])) {
            if (!strchr(" -/()", text[i]))
                break;
            gap++;
            continue;
        }
        if (n == PHONE_DIGITS_MAX)
            return 0;
        digits[n++] = text[i];
        end = i + 1;
        gap = 0;
    }
    if (n < PHONE_DIGITS_MIN)
        return 0;
    digits[n] = '\0';
    if (is_public_number(national_of(digits, plus)) || (!plus && n > 13))
        return 0;
    return end < block->len && lint_is_word_byte(text[end]) ? 0 : end - at;
}

/* Opening hours ("kl 0730-1600") have eight digits too. */
static bool after_clock(const struct lint_block *block, size_t at)
{
    return (at >= 3 && strncasecmp(block->text + at - 3, "kl ", 3) == 0) ||
           (at >= 4 && strncasecmp(block->text + at - 4, "kl. ", 4) == 0);
}

static void find_phones(struct lint *l, const struct lint_block *block)
{
    for (size_t i = 0; i < block->len; i++) {
        char c = block->text[i], before = i > 0 ? block->text[i - 1] : ' ';
        bool is_named = before == ':' && i > 1 && !is_digit(block->text[i - 2]); /* "tel:070...", not "07:30" */
        if ((c != '+' && c != '0') || lint_is_word_byte(before) || (strchr("+*-.,:", before) && !is_named))
            continue;
        size_t n = after_clock(block, i) ? 0 : phone_len(block, i);
        if (n > 0) {
            lint_add(l, block, i, n, LINT_RULE_PHONE);
            i += n - 1;
        }
    }
}

/* --- mail addresses --- */

static bool is_local_byte(char c)
{
    return lint_is_word_byte(c) || (c != '\0' && strchr("._%+-", c) != NULL);
}

/* Addresses of a function, not of a person. */
static bool is_function(const char *address, size_t local_len)
{
    static const char *const words[] = {"info",   "kontakt",  "kontor",  "kansli", "registrator", "kommun",   "polis",
                                        "grann",  "ombud",    "support", "kund",   "tips",        "forening", "brf",
                                        "styrel", "reply",    "press",   "trygg",  "saker",       "samordn",  "region",
                                        "lpo",    "postmast", "admin",   "servic", "brottsforeb"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        for (size_t p = 0; p + strlen(words[i]) <= local_len; p++)
            if (strncasecmp(address + p, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

static void find_emails(struct lint *l, const struct lint_block *block)
{
    const char *text = block->text;
    for (const char *p = text; (p = strchr(p, '@')) != NULL; p++) {
        size_t sign = (size_t)(p - text), from = sign, to = sign + 1;
        while (from > 0 && is_local_byte(text[from - 1]))
            from--;
        while (to < block->len && (lint_is_word_byte(text[to]) || text[to] == '-' || text[to] == '.'))
            to++;
        while (to > sign + 1 && (text[to - 1] == '.' || text[to - 1] == '-'))
            to--;
        if (from < sign && memchr(p, '.', to - sign) && !is_function(text + from, sign - from))
            lint_add(l, block, from, to - from, LINT_RULE_EMAIL);
    }
}

/* --- street and house number --- */

enum street_kind { NO_STREET, SURE_STREET, CAPITAL_STREET };

static bool ends_with(const struct lint_word *word, const char *suffix)
{
    size_t n = strlen(word->low), s = strlen(suffix);
    return n > s && strcmp(word->low + n - s, suffix) == 0;
}

/* Is the word the name of a street? Some endings are names only with a capital ("Parkleden", not "delen"). */
static enum street_kind street_kind(const struct lint_block *block, size_t w)
{
    static const char *const sure[] = {"gatan", "vägen", "gränden", "gränd", "stigen", "allén", "esplanaden"};
    static const char *const capital[] = {"torget",  "torg",  "platsen", "plats",    "backen",    "plan",
                                          "slingan", "kajen", "leden",   "stranden", "ringen",    "väg",
                                          "gata",    "stig",  "allé",    "parken",   "gården",    "höjden",
                                          "vången",  "dalen", "kroken",  "svängen",  "promenaden"};
    static const char *const apart[] = {"gatan", "vägen", "gata", "väg", "gränd", "torg", "allé", "stig", "plan", NULL};
    static const char *const roads[] = {"riksväg*", "länsväg*",  "europaväg*", "motorväg*", "huvudväg*", "landsväg*",
                                        "järnväg*", "cykelväg*", "gångväg*",   "grusväg*",  NULL};
    const struct lint_word *word = &block->words[w];
    if (lint_word_in(word->low, roads))
        return NO_STREET;
    for (size_t i = 0; i < ARRAY_LEN(sure); i++)
        if (ends_with(word, sure[i]))
            return SURE_STREET;
    for (size_t i = 0; i < ARRAY_LEN(capital); i++)
        if (word->capital && ends_with(word, capital[i]))
            return CAPITAL_STREET;
    /* "Anders väg 3", "Norra Vägen 3", but not "På väg 13". */
    bool named = w > 0 && block->words[w - 1].capital && lint_is_adjacent(block, w - 1) &&
                 (word->capital || w < 2 || block->words[w - 2].sentence == block->words[w - 1].sentence) &&
                 block->words[w - 1].letters > 2 && lint_word_in(word->low, apart);
    return named ? CAPITAL_STREET : NO_STREET;
}

/* Is the number behind a street something else than a house: a time, a date, an amount? */
static bool is_other_number(const struct lint_block *block, size_t w)
{
    static const char *const units[] = {"januari", "februari",  "mars",    "april",    "maj",      "juni",     "juli",
                                        "augusti", "september", "oktober", "november", "december", "km",       "m",
                                        "meter",   "st",        "procent", "kronor",   "kr",       "personer", "bilar",
                                        "hushåll", "grader",    "gånger",  NULL};
    size_t end = block->words[w].at + block->words[w].len;
    if (end + 1 < block->len && strchr(".:,", block->text[end]) && is_digit(block->text[end + 1]))
        return true;
    if (end < block->len && block->text[end] == '%')
        return true;
    return lint_is_adjacent(block, w) &&
           (lint_word_in(block->words[w + 1].low, units) || lint_is_crime(block->words[w + 1].low));
}

/* 12, 12B: at most three digits and one letter. */
static bool is_house(const struct lint_word *word)
{
    return word->digits > 0 && word->digits <= HOUSE_DIGITS_MAX && word->letters <= 1 && is_digit(word->low[0]) &&
           word->low[0] != '0';
}

static void find_streets(struct lint *l, const struct lint_block *block)
{
    for (size_t w = 0; w + 1 < block->word_count; w++) {
        if (!lint_is_adjacent(block, w) || !is_house(&block->words[w + 1]) || street_kind(block, w) == NO_STREET ||
            is_other_number(block, w + 1))
            continue;
        size_t at = block->words[w].at, last = w + 1;
        /* "4 B" */
        if (lint_is_adjacent(block, last) && block->words[last + 1].len == 1 && block->words[last + 1].capital)
            last++;
        lint_add(l, block, at, block->words[last].at + block->words[last].len - at, LINT_RULE_STREET);
    }
}

void lint_numbers(struct lint *l, struct lint_block *block)
{
    find_personnummer(l, block);
    find_plates(l, block);
    find_phones(l, block);
    find_emails(l, block);
    find_streets(l, block);
}
