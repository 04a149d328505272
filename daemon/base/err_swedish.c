/* Messages in Swedish; the contract is in base/err_swedish.h. Klarspråk: what is wrong, where, what to do. */
#include "base/err_swedish.h"

#include <string.h>

#include "base/mem.h"

static const struct err_words WORDS[] = {
    /* alerts: who, when, in which state */
    {"the alert would go to %lld recipients, not %lld: look at the target, and confirm %lld",
     "Varningen når %lld mottagare, inte %lld: kontrollera målet och bekräfta med --confirm %lld."},
    {"the alert goes to %lld recipients: confirm the number (confirm_recipients, --confirm %lld), or let another "
     "person "
     "approve it (second_person, --second-person)",
     "Varningen når %lld mottagare: bekräfta antalet med --confirm %lld, eller låt någon annan godkänna den med "
     "--second-person."},
    {"the draft concerns no municipality: nobody could see it",
     "Utkastet gäller ingen kommun, så ingen skulle se det: ange en kommun eller ett område."},
    {"a person has to approve: an administrator writes --as USER",
     "En person måste godkänna: en administratör skriver --as ANVÄNDARE."},
    {"you wrote this alert: another person has to approve it",
     "Du har skrivit varningen själv: låt någon annan godkänna den."},
    {"the alert is not what was submitted: discard it and write a new one",
     "Varningen är inte den som lämnades för godkännande: kasta den och skriv en ny."},
    {"the alert is not the one you have read (hash %.12s): read it again",
     "Varningen har ändrats sedan du läste den (%.12s): läs den igen."},
    {"say why, so that the author can write it anew: --note TEXT",
     "Säg varför, så att den som skrev kan skriva om den: --note TEXT."},
    {"\"%.60s\" is no alert: write its id (alr_...) or latest, see alert list",
     "\"%.60s\" är ingen varning: skriv dess id (alr_...) eller latest. Se grannbud alert list."},
    {"there is no such alert in your area: see alert list",
     "Det finns ingen sådan varning i ditt område: se grannbud alert list."},
    {"the alert also concerns %lld municipalities outside your area: ask an administrator, or a colleague whose area "
     "covers "
     "all of them; or warn your own area alone, with alert send and its text, --municipality or --area",
     "Varningen gäller även %lld kommuner utanför ditt område: be en administratör, eller en kollega vars område "
     "täcker dem "
     "alla. Du kan också varna bara ditt eget område: skicka texten med grannbud alert send och --municipality eller "
     "--area."},
    {"the alert also concerns %lld municipalities outside your area: ask an administrator, or a colleague whose area "
     "covers "
     "all of them",
     "Varningen gäller även %lld kommuner utanför ditt område: be en administratör, eller en kollega vars område "
     "täcker dem "
     "alla."},
    {"the alert is %s: only a %s alert is %s", "Varningen är inte i det läget längre: se grannbud alert show."},
    {"the alert is %s: only what has not been sent is discarded%s",
     "Bara det som inte har skickats kan kastas: ta tillbaka varningen med grannbud alert recall, om den gäller."},
    {"the alert is %s: only a draft is sent, only a submitted one approved",
     "Bara ett utkast kan skickas, och bara det som väntar på godkännande kan godkännas: se grannbud alert show."},
    {"the alert has not been sent: it cannot be %s; discard it instead",
     "Varningen har inte skickats: använd grannbud alert discard för att kasta den."},
    {"the alert was discarded: it cannot be %s", "Varningen är kastad: skriv en ny om det behövs."},
    {"an update says something new: write title or text",
     "En ändring måste säga något nytt: skriv en ny rubrik (--title) eller text (--text)."},
    {"the reason for letting it through is too short: write at least %d characters",
     "Skälet till att gå vidare är för kort: skriv minst %d tecken."},
    {"the alert would end within 5 minutes: write a later end",
     "Varningen skulle sluta gälla inom 5 minuter: ange en senare sluttid (--expires)."},
    {"an alert is valid for 30 days at most: write an earlier end",
     "En varning gäller i högst 30 dagar: ange en tidigare sluttid (--expires)."},
    {"an alert is valid for 5 minutes to 30 days: write another end",
     "En varning gäller i 5 minuter till 30 dagar: ange en annan sluttid (--expires)."},
    {"no active group lies in the target%s: nobody would be warned",
     "Ingen aktiv grupp finns i målet, så ingen skulle varnas: välj ett annat mål."},
    {"nobody in the target's %lld active groups has an address for alerts: nobody would be warned",
     "Ingen i målets %lld aktiva grupper har en adress för varningar, så ingen skulle varnas."},
    {"you have sent %lld alerts within an hour, and the limit is %d ([alert] per_sender_per_hour): wait %lld minutes",
     "Du har skickat %lld varningar på en timme, och gränsen är %d: vänta %lld minuter."},
    /* alerts: the target */
    {"the group \"%.100s\" is %s: only active groups are warned",
     "Gruppen \"%.100s\" är inte aktiv: bara aktiva grupper varnas."},
    {"no kind of group \"%.40s\": write house, apartment, leisure, rural, farm, boat, business, mixed or other",
     "Det finns ingen gruppkategori \"%.40s\": skriv house (villa), apartment (flerbostadshus), leisure (fritidshus), "
     "rural (landsbygd), farm (lantbruk), boat (båt), business (företag), mixed (blandad) eller other (annan)."},
    {"nobody is named as target: write a municipality, police area, group, kind of group, circle or polygon",
     "Varningen saknar mål: ange en kommun (--municipality), ett lokalpolisområde (--area), en grupp (--group), en "
     "gruppkategori (--group-kind), en cirkel (--circle) eller en polygon (--polygon)."},
    /* alerts: texts */
    {"%s: an alert is the same for all its readers: write it without {{...}}",
     "%s: en varning är lika för alla som får den: skriv utan {{...}}."},
    {"%s holds characters that cannot be shown: write it anew",
     "%s innehåller tecken som inte kan visas: skriv om den."},
    {"%s has %zu characters, at most %zu fit: shorten it", "%s har %zu tecken, och högst %zu får plats: korta texten."},
    {"%s has %zu bytes, at most %zu fit: shorten it or link to a web page",
     "%s har %zu byte, och högst %zu får plats: korta texten eller länka till en webbsida."},
    {"title is missing: one line that says what has happened, and where",
     "Rubriken (title) saknas: skriv en rad om vad som har hänt och var."},
    {"text is missing: say what has happened, where, when, and what to look for",
     "Texten (text) saknas: skriv vad som har hänt, var, när och vad läsarna ska titta efter."},
    {"title_en and text_en go together: write both or neither",
     "title_en och text_en hör ihop: skriv båda eller ingen av dem."},
    {"classification \"%.40s\": write public, ombud_and_households or ombud_only",
     "Klassningen \"%.40s\" finns inte: skriv public (alla), ombud_and_households (ombud och hushåll) eller ombud_only "
     "(bara ombud)."},
    {"\"expires_in\" is %.40s: write 90m, 2h or 1d", "Giltighetstiden är %.40s: skriv 90m, 2h eller 1d."},
    {"give expires or expires_in, not both",
     "Ange antingen en sluttid (expires) eller hur länge den gäller (expires_in)."},
    /* places */
    {"no municipality \"%.60s\": write its code (1292) or name (Ängelholm), see municipality list",
     "Det finns ingen kommun \"%.60s\": skriv dess kod (1292) eller namn (Ängelholm). Se grannbud municipality list."},
    {"no local police area \"%.60s\": see area list, or add it with area import",
     "Det finns inget lokalpolisområde \"%.60s\": se grannbud area list."},
    {"\"%.60s\" is no group: write group:grp_..., see group list",
     "\"%.60s\" är ingen grupp: skriv group:grp_... Se grannbud group list."},
    {"\"%.60s\" is both a municipality and a police area: write municipality:%s or police_area:%s",
     "\"%.60s\" är både en kommun och ett lokalpolisområde: skriv municipality:%s eller police_area:%s."},
    {"no area \"%.60s\": write police_area:NAME, municipality:CODE, group:ID or all",
     "Det finns inget område \"%.60s\": skriv police_area:NAMN, municipality:KOD, group:ID eller all."},
    {"\"%.60s\" is no scope: write police_area:NAME, municipality:CODE, group:ID or all",
     "\"%.60s\" är inget område: skriv police_area:NAMN, municipality:KOD, group:ID eller all."},
    {"%s does not exist, is no longer valid, or is outside your area",
     "%s finns inte, gäller inte längre eller är utanför ditt område."},
    {"%s lies outside Sweden: write latitude (55 to 69) and longitude (11 to 24) in degrees",
     "%s ligger utanför Sverige: skriv latitud (55 till 69) och longitud (11 till 24) i grader."},
    {"%s: latitude and longitude seem to have changed places: write the latitude (55 to 69) first",
     "%s: latitud och longitud verkar ha bytt plats: skriv latituden (55 till 69) först."},
    {"%s seem to be metres of SWEREF 99 TM: write degrees of WGS 84 (56.242, 12.862)",
     "%s verkar vara meter i SWEREF 99 TM: skriv grader i WGS 84 (56.242, 12.862)."},
    {"\"%.30s\" is no number of degrees: write it like 56.242", "\"%.30s\" är inget gradtal: skriv som 56.242."},
    {"\"%.60s\" is no point: write latitude and longitude, like 56.242, 12.862",
     "\"%.60s\" är ingen punkt: skriv latitud och longitud, som 56.242, 12.862."},
    {"the circle's radius: write kilometres from 0.001 to %d", "Cirkelns radie: skriv kilometer från 0.001 till %d."},
    {"a polygon has 3 to %d corners, this one has %zu", "En polygon har 3 till %d hörn, men den här har %zu."},
    {"corners %zu and %zu of the polygon are the same point (%s)",
     "Hörn %zu och %zu i polygonen är samma punkt (%s): ta bort det ena."},
    {"the polygon's edges after corner %zu and corner %zu cross or touch: write the corners in order round the area",
     "Polygonens sidor efter hörn %zu och hörn %zu korsar eller rör varandra: skriv hörnen i ordning runt området."},
    {"circle %.60s: write latitude, longitude and kilometres, as 56.24,12.86,5",
     "Cirkeln %.60s: skriv latitud, longitud och kilometer, som 56.24,12.86,5."},
    {"polygon %.60s: write three points or more, as '56.20,12.80 56.30,12.80 56.30,12.90'",
     "Polygonen %.60s: skriv minst tre punkter, som '56.20,12.80 56.30,12.80 56.30,12.90'."},
    /* files of alerts */
    {"%s, line %zu: %s: %.60s: write yes or no", "%s, rad %zu: %s: %.60s: skriv ja eller nej."},
    {"%s, line %zu: %s is no list: write [\"one\", \"two\"]",
     "%s, rad %zu: %s är ingen lista: skriv [\"ett\", \"två\"]."},
    {"%s, line %zu: there is no key '%s': did you mean '%s'?", "%s, rad %zu: '%s' finns inte: menade du '%s'?"},
    {"%s, line %zu: there is no key '%s': 'grannbud alert send --help' lists those there are",
     "%s, rad %zu: '%s' finns inte: 'grannbud alert send --help' visar vilka som finns."},
    {"%s, line %zu: no colon: write key: value", "%s, rad %zu: kolon saknas: skriv nyckel: värde."},
    {"%s, line %zu: %s has no value: fill it in or remove the line",
     "%s, rad %zu: %s saknar värde: fyll i det eller ta bort raden."},
    {"%s, line %zu: %s stands there already: keep one of them", "%s, rad %zu: %s finns redan: behåll en av dem."},
    {"%s, line %zu is longer than %d bytes: shorten it", "%s, rad %zu är längre än %d byte: korta den."},
    {"%s: the head is never closed: add a line --- after its last line",
     "%s: huvudet avslutas aldrig: lägg till en rad --- efter dess sista rad."},
    {"%s is longer than %d bytes: an alert is short", "%s är längre än %d byte: en varning ska vara kort."},
    {"%s is not UTF-8 text: save it as UTF-8", "%s är inte text i UTF-8: spara filen som UTF-8."},
    /* meetings */
    {"the %s of a meeting is plain text of at most %zu characters",
     "Mötets uppgift (%s) är vanlig text med högst %zu tecken: korta eller skriv om den."},
    {"when does it begin? --starts 2026-04-15T18:00", "När börjar mötet? Skriv --starts 2026-04-15T18:00."},
    {"the beginning has passed already: the calendar is for what is coming",
     "Mötets början har redan passerat: ange en tid som kommer."},
    {"the beginning is more than %d days ahead: is the year right?",
     "Mötet börjar om mer än %d dagar: stämmer årtalet?"},
    {"the end must come after the beginning, at most %d days later",
     "Slutet måste komma efter början, högst %d dagar senare: ändra --ends."},
    {"whom is the meeting for? --scope police_area:NAME or municipality:CODE",
     "Vem är mötet för? Skriv --scope police_area:NAMN eller municipality:KOD."},
    {"a meeting is for a police area or a municipality: the calendar is public",
     "Ett möte är för ett lokalpolisområde eller en kommun, för kalendern är öppen för alla: ändra --scope."},
    {"what is the meeting called? --title TEXT", "Vad heter mötet? Skriv --title TEXT."},
    {"\"%.60s\" is no id of a meeting: see meeting list", "\"%.60s\" är inget mötes id: se grannbud meeting list."},
    {"no meeting %.60s in your area: see meeting list",
     "Det finns inget möte %.60s i ditt område: se grannbud meeting list."},
    {"a meeting has a beginning: write a time, or take the meeting away",
     "Ett möte har en början: ange en tid, eller ta bort mötet."},
    {"\"%s\" must be a time: 2026-04-01T09:00 (here), or with its zone 2026-04-01T09:00:00+02:00",
     "\"%s\" måste vara en tid: 2026-04-01T09:00 (svensk tid) eller med zon 2026-04-01T09:00:00+02:00."},
    {"nothing to change: name at least one option, see 'grannbud %s %s --help'",
     "Det finns inget att ändra: ange minst en uppgift, se 'grannbud %s %s --help'."},
};

const char *err_swedish(const char *en)
{
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (WORDS[i].en[0] == en[0] && strcmp(WORDS[i].en, en) == 0)
            return WORDS[i].sv;
    return NULL;
}

const struct err_words *err_swedish_at(size_t i)
{
    return i < ARRAY_LEN(WORDS) ? &WORDS[i] : NULL;
}
