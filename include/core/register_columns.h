/*
 * The columns of a municipal register: what people call them, and which row of a file is the header.
 *
 * Pure. Called by the register reader and the export.
 */
#ifndef GB_CORE_REGISTER_COLUMNS_H
#define GB_CORE_REGISTER_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/csv_reader.h"

/* identifier, header in our export ("": not exported), what else it is called: lower case, letters and digits only,
 * without marks, a space before and after each */
#define REGISTER_COLUMN_MAP(X)                                                                                         \
    X(MUNICIPALITY_CODE, "Kommunkod", " kommunnr kommunnummer municipalitycode ")                                      \
    X(MUNICIPALITY, "", " kommun kommunnamn municipality ")                                                            \
    X(GROUP, "Område",                                                                                                 \
      " omradesnamn namnpaomrade namnpaomradet omradetsnamn grannsamverkansomrade grannsamverkansgrupp "               \
      "samverkansomrade grupp "                                                                                        \
      "gruppnamn gruppensnamn namnpagrupp group groupname area areaname watchgroup neighbourhood neighborhood ")       \
    X(KIND, "Typ", " omradestyp bostadstyp boendeform boendetyp hustyp typavomrade kind type grouptype grouptyp ")     \
    X(DISTRICT, "Ort", " kommundel tatort stadsdel ortkommundel district town locality city place ")                   \
    X(POSTAL_CODE, "Postnr", " postnummer postalcode postcode zip zipcode ")                                           \
    X(ACTIVATED_ON, "Startdatum",                                                                                      \
      " start startad startades startat aktivsedan aktiveringsdatum uppstart uppstartsdatum bildad startdate "         \
      "activatedon activated activesince started ")                                                                    \
    X(STATE, "Status", " lage tillstand gruppstatus omradesstatus state groupstate ")                                  \
    X(HOUSEHOLD_COUNT, "Antal hushåll",                                                                                \
      " hushall antalbostader antalhus antalhushalliomradet households householdcount numberofhouseholds ")            \
    X(HOUSEHOLDS_JOINED, "Anslutna",                                                                                   \
      " antalanslutna anslutnahushall antalanslutnahushall aktivahushall deltagandehushall antaldeltagande "           \
      "antalmedlemmar medlemmar joined householdsjoined joinedhouseholds ")                                            \
    X(SIGN_COUNT, "Skyltar", " antalskyltar skylt signs signcount numberofsigns ")                                     \
    X(LAST_MEETING_ON, "Senaste träff",                                                                                \
      " senastetraffen senastemote senastemotet sistamote senastearsmote senasteombudstraff lastmeeting "              \
      "lastmeetingon lastmeetingdate ")                                                                                \
    X(POSITION, "Koordinat",                                                                                           \
      " koordinater position positioner punkt latlon latlong latlng coordinate coordinates gps gpskoordinat wgs84 ")   \
    X(LATITUDE, "", " lat latitud latitude breddgrad latwgs84 latitudwgs84 wgs84lat ")                                 \
    X(LONGITUDE, "", " lon long lng longitud longitude langdgrad lonwgs84 longwgs84 longitudwgs84 wgs84lon ")          \
    X(ROLE, "Roll", " uppdrag funktion ombudsroll role function ")                                                     \
    X(FIRST_NAME, "Förnamn", " tilltalsnamn firstname givenname ")                                                     \
    X(LAST_NAME, "Efternamn", " lastname surname familyname ")                                                         \
    X(NAME, "",                                                                                                        \
      " namn ombud kontaktombud kontaktperson kontakt kontaktpersonnamn ombudetsnamn namnpaombud namnpakontaktperson " \
      "name contact contactname contactperson contactrep fullname ")                                                   \
    X(LEAD_REP, "", " huvudkontaktombud huvudkontakt huvudombud hko leadrep lead ")                                    \
    X(EMAIL, "E-post",                                                                                                 \
      " epostadress epostadresser epostprivat eposthem epostarbete mail mejl mailadress mejladress email "             \
      "emailaddress emails mailaddress ")                                                                              \
    X(PHONE, "Mobil",                                                                                                  \
      " mobilnr mobilnummer mobiltelefon mobiltel telefon telefonnr telefonnummer telefonhem telefonmobil "            \
      "telefonarbete hemtelefon tel telnr tfn tfnnr phone phonenumber mobile mobilephone telephone ")                  \
    X(TRAINED, "Utbildad", " utbildning utbildningsar utbildadar gattutbildning trained training ")                    \
    X(PROTECTED, "",                                                                                                   \
      " skyddad skyddadidentitet skyddadepersonuppgifter skyddadadress sekretess sekretessmarkering "                  \
      "sekretessmarkerad protected protectedidentity ")                                                                \
    X(REMARK, "",                                                                                                      \
      " anmarkning anmarkningar kommentar kommentarer notering noteringar anteckning anteckningar ovrigt "             \
      "ovrigaupplysningar info information remark remarks note notes comment comments ")                               \
    X(PERSONNUMMER, "",                                                                                                \
      " personnummer personnr persnr pnr pnummer samordningsnummer fodelsenummer ssn personalidentitynumber "          \
      "personalnumber ")                                                                                               \
    X(UNKNOWN, "", " ")

enum register_column {
#define REGISTER_COLUMN_ENUM(id, header, other) REGISTER_##id,
    REGISTER_COLUMN_MAP(REGISTER_COLUMN_ENUM)
#undef REGISTER_COLUMN_ENUM
        REGISTER_COLUMN_COUNT
};

#define REGISTER_BIT(id) (1U << REGISTER_##id)

/* The header of our own files; "" when the column is not exported. */
const char *register_column_header(enum register_column column);
/* What a header cell means; REGISTER_UNKNOWN when nothing. Case, marks, punctuation, a trailing "(…)" and a trailing
 * number ("E-post 2") do not matter; of "Mobil/telefon" the first decides. */
enum register_column register_column_named(const char *header);

/* A file's columns, from its header row. */
struct register_layout {
    long line;    /* of the header row; 0: none yet */
    size_t count; /* its cells */
    enum register_column columns[CSV_COLUMNS_MAX];
    char *headers[CSV_COLUMNS_MAX]; /* as written, cleaned; owned */
    unsigned present;               /* REGISTER_BITs */
};

/* Take `row` as the header if it is one: it has a column for the group, and another known one or nothing unknown.
 * *known_out: the number of known columns in any case. */
bool register_layout_take(struct register_layout *layout, const struct csv_row *row, size_t *known_out);
/* Is `row` the same header again (several files put together)? */
bool register_layout_is_header(const struct register_layout *layout, const struct csv_row *row);
/* Harmless when repeated. */
void register_layout_fini(struct register_layout *layout);

#endif
