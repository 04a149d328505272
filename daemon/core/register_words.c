/* The words of registers: kinds, states, roles, yes and no. Compared without case, marks and punctuation. */
#include "core/register_cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/date_text.h"

enum { KEY_BYTES = 64 };

struct vocabulary {
    int value;
    const char *words; /* a space before and after each */
};

static const struct vocabulary kinds[] = {
    {GROUP_KIND_HOUSE,
     " house houses villa villor villaomrade villaforening radhus radhusomrade rad parhus kedjehus kedje "
     "smahus hus egnahem egnahemsomrade detached terraced townhouse "},
    {GROUP_KIND_APARTMENT,
     " apartment apartments flat flats lagenhet lagenheter lgh flerfamiljshus flerbostadshus hyreshus "
     "hyresratt hyresratter bostadsratt bostadsratter bostadsrattsforening brf trapphus "},
    {GROUP_KIND_LEISURE,
     " leisure fritidshus fritid fritidsomrade fritidshusomrade sommarstuga sommarstugor stugomrade "
     "stugby sommarhus holiday summerhouse "},
    {GROUP_KIND_RURAL, " rural landsbygd glesbygd by byar byalag landet countryside village "},
    {GROUP_KIND_FARM, " farm farms lantbruk jordbruk gard gardar lantgard hast hastgard agriculture "},
    {GROUP_KIND_BOAT, " boat boats bat batar batklubb batsamverkan bathamn hamn smabatshamn marina harbour "},
    {GROUP_KIND_BUSINESS,
     " business foretag foretagare foretagssamverkan foretagsomrade industri industriomrade handel "
     "butik butiker verksamhet company companies "},
    {GROUP_KIND_MIXED, " mixed blandat blandad blandade blandning blandbebyggelse blandomrade "},
    {GROUP_KIND_OTHER, " other annat annan ovrigt ovriga koloni koloniomrade camping "},
};

static const struct vocabulary states[] = {
    {GROUP_STATE_INTEREST, " interest intresse intresseanmalan intresseanmald intresserad intresserade anmald "},
    {GROUP_STATE_CONTACTED, " contacted kontaktad kontaktat kontakttagen "},
    {GROUP_STATE_MEETING_BOOKED, " meetingbooked motebokat bokatmote motearbokat uppstartsmotebokat "},
    {GROUP_STATE_TRAINED, " trained utbildad utbildade utbildat "},
    {GROUP_STATE_STARTING, " starting underuppstart uppstart uppstartpagar startar pagaendeuppstart understart "},
    {GROUP_STATE_ACTIVE, " active aktiv aktivt aktiva igang pagar pagaende "},
    {GROUP_STATE_DORMANT, " dormant vilande vilar inaktiv inaktivt inaktiva passiv sovande inactive paused "},
    {GROUP_STATE_CLOSED, " closed avslutad avslutat avslutade nedlagd nedlagt upphord upphort stangd ended "},
    {GROUP_STATE_DECLINED, " declined avbojd avbojt avbojer nekad ejintresserad ejintresserade nejtack "},
};

static const struct vocabulary roles[] = {
    {CONTACT_ROLE_LEAD_REP,
     " leadrep lead hko huvudkontaktombud huvudkontakt huvudkontaktperson huvudombud huvudansvarig "
     "samordnare main maincontact coordinator "},
    {CONTACT_ROLE_CONTACT_REP,
     " contactrep contact rep ko ombud kontaktombud kontaktperson kontakt grannsamverkansombud "
     "kontaktpersonombud representative "},
};

static const struct vocabulary answers[] = {
    {1, " ja j x yes y 1 true sant klar klart ok genomford genomfort utbildad "},
    {0, " nej n no 0 false falskt ej inte ejgenomford ejutbildad "},
};

static const struct vocabulary nothing[] = {
    {0, " saknas okand okant uppgiftsaknas ingenuppgift ingen inga inget ejangivet ejangiven na vakant vakans none "
        "unknown "},
};

static bool find_key(const struct vocabulary *v, size_t n, const char *key, int *out)
{
    size_t len = strlen(key);
    for (size_t i = 0; i < n; i++) {
        for (const char *p = strstr(v[i].words, key); p != NULL; p = strstr(p + 1, key)) {
            if (p[-1] == ' ' && p[len] == ' ') {
                *out = v[i].value;
                return true;
            }
        }
    }
    return false;
}

/* Letters and digits of text[0..n) without marks; false when there are none or too many. */
static bool make_key(const char *text, size_t n, char key[KEY_BYTES])
{
    char *copy = xstrndup(text, n);
    char *ascii = text_ascii(copy);
    size_t out = 0;
    for (const char *p = ascii; p != NULL && *p != '\0' && out + 1 < KEY_BYTES; p++) {
        if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))
            key[out++] = *p;
    }
    key[out] = '\0';
    free(ascii);
    free(copy);
    return out > 0 && out + 1 < KEY_BYTES;
}

static bool find(const struct vocabulary *v, size_t n, const char *text, int *out)
{
    char key[KEY_BYTES];
    return make_key(text, strlen(text), key) && find_key(v, n, key, out);
}

bool register_is_dash(const char *text)
{
    return text[strspn(text, "-.?* ")] == '\0' || strcmp(text, "–") == 0 || strcmp(text, "—") == 0;
}

bool register_is_nobody(const char *text)
{
    return register_is_dash(text) || strcasecmp(text, "vakant") == 0 || strcasecmp(text, "vakans") == 0 ||
           strcasecmp(text, "saknas") == 0;
}

bool register_is_placeholder(const char *text)
{
    int unused = 0;
    return register_is_dash(text) || find(nothing, ARRAY_LEN(nothing), text, &unused);
}

/* The end of the first of several kinds in a cell, and in *next where the following begins. */
static size_t kind_end(const char *text, const char **next)
{
    static const char *const words[] = {" och ", " and ", " samt ", " & "};
    size_t n = strcspn(text, "/+,;&");
    *next = text + n + (text[n] != '\0' ? 1 : 0);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const char *p = strstr(text, words[i]);
        if (p != NULL && (size_t)(p - text) < n) {
            n = (size_t)(p - text);
            *next = p + strlen(words[i]);
        }
    }
    return n;
}

bool register_kind_read(const char *text, enum group_kind *out)
{
    int value = 0;
    if (find(kinds, ARRAY_LEN(kinds), text, &value)) {
        *out = (enum group_kind)value;
        return true;
    }
    int found = -1;
    for (const char *s = text; *s != '\0';) {
        const char *next = NULL;
        char key[KEY_BYTES];
        if (!make_key(s, kind_end(s, &next), key) || !find_key(kinds, ARRAY_LEN(kinds), key, &value))
            return false;
        found = found == -1 || found == value ? value : (int)GROUP_KIND_MIXED;
        s = next;
    }
    if (found == -1)
        return false;
    *out = (enum group_kind)found;
    return true;
}

bool register_state_read(const char *text, enum group_state *out)
{
    int value = 0;
    if (!find(states, ARRAY_LEN(states), text, &value))
        return false;
    *out = (enum group_state)value;
    return true;
}

bool register_role_read(const char *text, enum contact_role *out)
{
    int value = 0;
    if (!find(roles, ARRAY_LEN(roles), text, &value))
        return false;
    *out = (enum contact_role)value;
    return true;
}

bool register_yes_read(const char *text, bool *out)
{
    int value = 0;
    if (!find(answers, ARRAY_LEN(answers), text, &value))
        return false;
    *out = value == 1;
    return true;
}

static int leading_year(const char *date)
{
    int year = 0;
    for (int i = 0; i < 4; i++)
        year = year * 10 + (date[i] - '0');
    return year;
}

bool register_trained_read(const char *text, int *trained_out, int *year_out)
{
    bool yes = false;
    struct date_text date;
    if (register_yes_read(text, &yes)) {
        *trained_out = yes ? 1 : 0;
        *year_out = -1;
        return true;
    }
    /* "ja 2022": the date follows a yes */
    char first[KEY_BYTES];
    size_t n = strcspn(text, " ,:(");
    const char *rest = text + n + strspn(text + n, " ,:(");
    char when[KEY_BYTES] = "";
    if (n > 0 && *rest != '\0' && make_key(text, n, first) && register_yes_read(first, &yes) && yes) {
        size_t len = strcspn(rest, ")");
        if (len >= sizeof when)
            return false;
        memcpy(when, rest, len);
        text = when;
    }
    if (date_text_read(text, &date) != DATE_OK)
        return false;
    *trained_out = 1;
    *year_out = leading_year(date.text);
    return true;
}
