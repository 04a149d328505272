/* The table of core/register_problem.h. {1} to {3} are filled in when it is reported. */
#ifndef GB_CORE_REGISTER_PROBLEM_MAP_H
#define GB_CORE_REGISTER_PROBLEM_MAP_H

/* identifier, severity, Swedish, English */
#define REGISTER_PROBLEM_MAP(X)                                                                                      \
    X(FILE, ERROR, "{1}", "{1}")                                                                                     \
    X(EMPTY, ERROR, "Filen har inga rader. Välj filen med registret.",                                               \
      "The file has no rows. Choose the register's file.")                                                           \
    X(NO_ROWS, WARNING, "Under rubrikraden finns inga rader.", "There are no rows below the header row.")            \
    X(NO_HEADER, ERROR,                                                                                              \
      "Bland de första 30 raderna finns ingen rad med rubriker. Skriv en rubrikrad, till exempel: "                 \
      "Område;Typ;Förnamn;Efternamn;E-post;Mobil",                                                                   \
      "There is no row with headers among the first 30 lines. Write one, for example: Group;Kind;First "             \
      "name;Last name;Email;Phone")                                                                                  \
    X(NO_GROUP_COLUMN, ERROR, "Rubrikraden saknar en kolumn för områdets namn. Kalla den Område.",                   \
      "The header row has no column for the group's name. Call it Group.")                                           \
    X(TITLE_ROWS, NOTE, "Rubrikraden är rad {1}. Raderna ovanför importeras inte.",                                  \
      "The header row is line {1}. The lines above it are not imported.")                                            \
    X(HEADER_AGAIN, NOTE, "Rubrikraden står här en gång till och hoppades över.",                                    \
      "The header row stands here once more and was skipped.")                                                       \
    X(COLUMN_UNKNOWN, NOTE, "Kolumnen importeras inte, eftersom rubriken inte är känd.",                             \
      "The column is not imported, as its header is not known.")                                                     \
    X(COLUMN_REMARK, NOTE,                                                                                           \
      "Kolumnen importeras inte: fria anmärkningar kan innehålla känsliga uppgifter om personer.",                   \
      "The column is not imported: free remarks may hold sensitive facts about people.")                             \
    X(COLUMN_TWICE, WARNING, "Kolumnen importeras inte, eftersom kolumn {1} betyder samma sak. Ta bort en av dem.",  \
      "The column is not imported, as column {1} means the same. Remove one of them.")                               \
    X(COLUMN_PERSONNUMMER, ERROR,                                                                                    \
      "Kolumnen ska innehålla personnummer, och sådana får inte finnas i registret. Ta bort kolumnen.",              \
      "The column is for personal identity numbers, which must not be in the register. Remove the column.")          \
    X(ROW_LONG, ERROR,                                                                                               \
      "Raden har {1} celler men rubrikraden har {2}. Står det ett skiljetecken mitt i en cell? Skriv i så "        \
      "fall cellen inom citattecken.",                                                                               \
      "The row has {1} cells but the header row has {2}. Is there a delimiter inside a cell? Then put the "          \
      "cell in quotation marks.")                                                                                    \
    X(ROW_SHORT, WARNING, "Raden har {1} celler men rubrikraden har {2}. De som saknas räknas som tomma.",           \
      "The row has {1} cells but the header row has {2}. The missing ones count as blank.")                          \
    X(BLANK_ROWS, NOTE, "{1} tomma rader hoppades över.", "{1} blank rows were skipped.")                            \
    X(TOTAL_ROW, NOTE, "Raden är en summering och hoppades över.", "The row is a total and was skipped.")            \
    X(TOO_MANY_ROWS, ERROR, "Filen har fler än {1} rader. Dela upp den.",                                            \
      "The file has more than {1} rows. Split it.")                                                                  \
    X(CELL_UTF8, ERROR, "Cellen har tecken som inte går att läsa. Spara filen på nytt som \"CSV UTF-8\".",           \
      "The cell has characters that cannot be read. Save the file again as \"CSV UTF-8\".")                          \
    X(CELL_CONTROL, ERROR, "Cellen har ett osynligt styrtecken. Skriv den på nytt.",                                 \
      "The cell has an invisible control character. Type it again.")                                                 \
    X(CELL_LONG, ERROR, "Texten är för lång: högst {1} tecken får plats.",                                           \
      "The text is too long: at most {1} characters fit.")                                                           \
    X(MOJIBAKE, WARNING,                                                                                             \
      "Texten ser ut att ha sparats med fel teckenkodning (Ã¤ i stället för ä). Spara filen på nytt som "      \
      "\"CSV UTF-8\".",                                                                                              \
      "The text seems to have been saved in the wrong encoding (Ã¤ instead of ä). Save the file again as "        \
      "\"CSV UTF-8\".")                                                                                              \
    X(PERSONNUMMER, ERROR, "Cellen ser ut att innehålla ett personnummer. Ta bort det.",                             \
      "The cell seems to hold a personal identity number. Remove it.")                                               \
    X(PROTECTED, ERROR,                                                                                              \
      "Personen är märkt med skyddade uppgifter och kan inte importeras från en fil. Ta bort raden.",                \
      "The person is marked as protected and cannot be imported from a file. Remove the row.")                       \
    X(GROUP_MISSING, ERROR,                                                                                          \
      "Områdets namn saknas. Fyll i det på varje rad (sammanslagna celler blir tomma i en CSV-fil).",                \
      "The group's name is missing. Write it in every row (merged cells are blank in a CSV file).")                  \
    X(MUNICIPALITY_MISSING, ERROR,                                                                                   \
      "Det framgår inte vilken kommun området ligger i. Ange kommunen vid importen, eller fyll i kolumnen "        \
      "Kommunkod.",                                                                                                  \
      "It does not say in which municipality the group is. Name it when importing, or fill in the column "           \
      "Kommunkod.")                                                                                                  \
    X(MUNICIPALITY_UNKNOWN, ERROR,                                                                                   \
      "Det finns ingen sådan kommun. Skriv kommunkoden med fyra siffror eller kommunens namn.",                      \
      "There is no such municipality. Write its code of four digits or its name.")                                   \
    X(KIND_UNKNOWN, WARNING,                                                                                         \
      "Typen är inte känd och läses som \"Annat\". Kända är Villa, Lägenhet, Fritidshus, Landsbygd, Lantbruk," \
      " Båt, Företag och Blandat.",                                                                                  \
      "The kind is not known and is read as \"other\". Known are house, apartment, leisure, rural, farm, "           \
      "boat, business and mixed.")                                                                                   \
    X(STATE_UNKNOWN, ERROR,                                                                                          \
      "Statusen är inte känd. Skriv Aktiv, Vilande, Under uppstart, Avslutad, Intresseanmälan, Kontaktad, "       \
      "Möte bokat, Utbildad eller Avböjd.",                                                                          \
      "The state is not known. Write active, dormant, starting, closed, interest, contacted, "                       \
      "meeting_booked, trained or declined.")                                                                        \
    X(STATE_BLANK, NOTE, "Status saknas. Ett nytt område blir Aktiv; ett som redan finns behåller sin status.",      \
      "The state is blank. A new group becomes active; one that exists keeps its state.")                            \
    X(ROLE_UNKNOWN, WARNING, "Rollen är inte känd och läses som kontaktombud. Kända är HKO och KO.",                 \
      "The role is not known and is read as contact_rep. Known are lead_rep and contact_rep.")                       \
    X(NUMBER, ERROR, "Det går inte att läsa som ett antal. Skriv ett heltal, till exempel 34.",                      \
      "It cannot be read as a number. Write a whole number, such as 34.")                                            \
    X(NUMBER_ABOUT, NOTE, "Antalet läses som {1}.", "The number is read as {1}.")                                    \
    X(JOINED_MORE, WARNING, "Fler hushåll är anslutna ({1}) än vad området har ({2}). Stämmer det?",                 \
      "More households have joined ({1}) than the group has ({2}). Is that right?")                                  \
    X(POSTAL_CODE, ERROR, "Ett postnummer har fem siffror, till exempel 266 32.",                                    \
      "A postal code has five digits, such as 266 32.")                                                              \
    X(POSITION, ERROR,                                                                                               \
      "Koordinaten går inte att läsa. Skriv latitud och longitud i grader (WGS 84), till exempel 56.242, 12.862.",   \
      "The coordinate cannot be read. Write latitude and longitude in degrees (WGS 84), such as 56.242, 12.862.")    \
    X(POSITION_HALF, ERROR, "Latitud och longitud hör ihop: fyll i båda eller ingen.",                               \
      "Latitude and longitude go together: fill in both or neither.")                                                \
    X(POSITION_SWAPPED, ERROR, "Latitud och longitud verkar ha bytt plats: latituden (55 till 69) står först.",      \
      "Latitude and longitude seem to have changed places: the latitude (55 to 69) comes first.")                    \
    X(POSITION_GRID, ERROR,                                                                                          \
      "Talen ser ut att vara meter i SWEREF 99 TM. Exportera kartans punkter i grader (WGS 84).",                    \
      "The numbers seem to be metres of SWEREF 99 TM. Export the map's points in degrees (WGS 84).")                 \
    X(POSITION_OUTSIDE, ERROR, "Punkten ligger utanför Sverige.", "The point lies outside Sweden.")                  \
    X(DATE, ERROR, "Datumet går inte att använda: {1}.", "The date cannot be used: {1}.")                            \
    X(DATE_READ, NOTE, "Datumet läses som {1} ({2}).", "The date is read as {1} ({2}).")                             \
    X(ADDRESS, ERROR, "E-postadressen går inte att använda: {1}.", "The mail address cannot be used: {1}.")          \
    X(ADDRESS_MANY, ERROR, "En person kan ha högst {1} e-postadresser. Ta bort någon.",                              \
      "A person may have at most {1} mail addresses. Remove some.")                                                  \
    X(ADDRESS_SMTPUTF8, WARNING,                                                                                     \
      "Adressen har å, ä, ö eller liknande före @. Det är oftast ett skrivfel, och få servrar tar emot den.",        \
      "The address has letters such as å before the @. That is mostly a typing error, and few servers "             \
      "accept it.")                                                                                                  \
    X(ADDRESS_TYPO, WARNING, "Adressens domän ser felstavad ut.", "The domain of the address looks misspelt.")       \
    X(PHONE, ERROR, "Telefonnumret går inte att använda: {1}.", "The telephone number cannot be used: {1}.")         \
    X(PHONE_ZERO, NOTE, "Den inledande nollan saknades. Numret läses som {1}.",                                      \
      "The leading zero was missing. The number is read as {1}.")                                                    \
    X(PHONE_MANY, WARNING, "Fler än två telefonnummer: de två första importeras.",                                   \
      "More than two telephone numbers: the first two are imported.")                                                \
    X(TRAINED, ERROR, "Skriv ja, nej eller årtalet för utbildningen.", "Write yes, no or the year of the training.") \
    X(NAME_TURNED, NOTE, "Namnet läses som {1}.", "The name is read as {1}.")                                        \
    X(NAME_MISSING, WARNING, "Personens namn saknas.", "The person's name is missing.")                              \
    X(CONTACT_UNREACHABLE, WARNING, "Personen har varken e-postadress eller telefonnummer och får inga brev.",       \
      "The person has neither mail address nor telephone number and gets no letters.")                               \
    X(CONTACT_AGAIN, NOTE, "Personen finns redan för området på rad {1}. Raderna slås ihop.",                        \
      "The person already stands for the group in line {1}. The rows are merged.")                                   \
    X(GROUP_DIFFERS, WARNING, "Området har ett annat värde på rad {1}, och det är det som gäller.",                  \
      "The group has another value in line {1}, and that is the one that counts.")                                   \
    X(MUNICIPALITY_OUTSIDE, ERROR,                                                                                   \
      "Kommunen {1} ligger utanför ditt område. Ta bort raderna eller be en administratör.",                         \
      "The municipality {1} is outside your area. Remove the rows or ask an administrator.")                         \
    X(STATE_NOT_ALLOWED, WARNING, "Området är {1} och kan inte bli {2} på en gång. Statusen ändras inte.",           \
      "The group is {1} and cannot become {2} at once. The state is not changed.")                                   \
    X(ADDRESS_STORED_MANY, WARNING,                                                                                  \
      "Personen har redan så många e-postadresser som får plats. De nya lades inte till.",                           \
      "The person already has as many mail addresses as fit. The new ones were not added.")                          \
    X(GROUP_TWO_DISTRICTS, WARNING, "Området har en annan ort på rad {1}. De importeras som två områden.",           \
      "The group has another district in line {1}. They are imported as two groups.")

#endif
