/*
 * The linter's table of rules: what each finding is called, how grave it is, and what is said of it. For lint.c and
 * its sisters only; the words in the second column are part of the API, and so are not renamed.
 */
#ifndef GB_DAEMON_CORE_LINT_RULES_H
#define GB_DAEMON_CORE_LINT_RULES_H

/* identifier, word, severity, Swedish, English. A %s stands for what was found. */
#define LINT_RULE_MAP(X)                                                                                              \
    X(PERSONNUMMER, "personnummer", BLOCK, "Ett personnummer får inte stå i brevet; ta bort det.",                    \
      "A personal identity number must not stand in the letter; remove it.")                                          \
    X(PLATE, "plate", BLOCK, "\"%s\" ser ut som ett registreringsnummer; ta bort det.",                               \
      "\"%s\" looks like a registration plate; remove it.")                                                           \
    X(PLATE_LIKE, "plate_like", WARN, "Är \"%s\" ett registreringsnummer? Ta i så fall bort det.",                    \
      "Is \"%s\" a registration plate? If so, remove it.")                                                            \
    X(STREET, "street_number", BLOCK, "\"%s\" pekar ut en bostad; skriv gatan utan nummer eller bara området.",       \
      "\"%s\" points out a home; write the street without number, or only the area.")                                 \
    X(PHONE, "phone", WARN, "\"%s\" ser ut som ett telefonnummer; ska det stå i ett brev som skickas vidare?",        \
      "\"%s\" looks like a telephone number; should it stand in a letter that is passed on?")                         \
    X(EMAIL, "email", WARN, "\"%s\" ser ut som en persons e-postadress; använd hellre en funktionsadress.",           \
      "\"%s\" looks like a person's mail address; better use that of a function.")                                    \
    X(COUNT_CELL, "count_cell", BLOCK, "Talet %s intill en plats kan peka ut någon; skriv \"färre än 3\" i stället.", \
      "The number %s beside a place may point out someone; write \"färre än 3\" instead.")                            \
    X(COUNT_CELL_LIKE, "count_cell_like", WARN, "Står talet %s intill en plats? Skriv i så fall \"färre än 3\".",     \
      "Does the number %s stand beside a place? If so, write \"färre än 3\".")                                        \
    X(COUNT_TEXT, "count_text", WARN, "\"%s\" kan peka ut någon; skriv \"färre än 3\" eller \"enstaka\".",            \
      "\"%s\" may point out someone; write \"färre än 3\" or \"enstaka\".")                                           \
    X(SUPPRESSED_SUM, "suppressed_sum", WARN,                                                                         \
      "Det dolda talet \"%s\" går att räkna ut ur summan; dölj ett tal till eller summan.",                           \
      "The hidden number \"%s\" can be computed from the total; hide one more number, or the total.")                 \
    X(SUPPRESSED_YTD, "suppressed_ytd", NOTE,                                                                         \
      "Kan \"%s\" räknas ut genom att jämföra \"hittills i år\" med förra brevet?",                                   \
      "Can \"%s\" be computed by comparing the year to date with the last letter?")                                   \
    X(LINK_HOST, "link_host", BLOCK,                                                                                  \
      "Länken går till %s, som inte finns bland de tillåtna webbplatserna; länka till polisen.se eller kommunen.",    \
      "The link leads to %s, which is not among the allowed sites; link to polisen.se or the municipality.")          \
    X(LINK_SHORTENER, "link_shortener", BLOCK,                                                                        \
      "%s är en länkförkortare, som döljer vart länken går; skriv hela adressen.",                                    \
      "%s is a link shortener, which hides where the link leads; write the whole address.")                           \
    X(LINK_SLOT, "link_slot", BLOCK, "En lucka kan inte stå i en länkadress; ta bort den ur \"%s\".",                 \
      "A slot cannot stand in a link's address; remove it from \"%s\".")                                              \
    X(LINK_HTTP, "link_http", WARN, "Länken till %s är okrypterad; skriv https.",                                     \
      "The link to %s is not encrypted; write https.")                                                                \
    X(LINK_SCHEME, "link_scheme", WARN,                                                                               \
      "\"%s\" kan inte bli en länk och visas bara som text; använd https, mailto eller tel.",                         \
      "\"%s\" cannot be a link and is shown as text only; use https, mailto or tel.")                                 \
    X(LINK_TEXT, "link_text", NOTE, "Länktexten \"%s\" säger inte vart länken går; skriv det i texten.",              \
      "The link text \"%s\" does not say where the link leads; say so in the text.")                                  \
    X(LINK_DISGUISED, "link_disguised", BLOCK, "Länken visar en annan adress än %s, som den går till; skriv samma.",  \
      "The link shows another address than %s, where it leads; write the same.")                                      \
    X(SUSPECT_NAME, "suspect_name", WARN, "\"%s\" kan vara namnet på en misstänkt; namn hör inte hemma i brevet.",    \
      "\"%s\" may be the name of a suspect; names do not belong in the letter.")                                      \
    X(ORIGIN, "origin", WARN, "\"%s\" intill en personbeskrivning pekar ut en grupp; behövs det?",                    \
      "\"%s\" beside the description of a person singles out a group; is it needed?")                                 \
    X(IMAGE_ALT, "image_alt", WARN, "Bilden saknar alternativtext, och bilder visas inte; skriv vad den säger.",      \
      "The image has no alternative text, and images are not shown; write what it says.")                             \
    X(IMAGE, "image", NOTE, "Bilder visas inte i brevet; i dess ställe står \"%s\".",                                 \
      "Images are not shown in the letter; in its place stands \"%s\".")                                              \
    X(RAW_HTML, "raw_html", BLOCK, "HTML tas bort ur brevet, med text och allt: \"%s\"; skriv med Markdown.",         \
      "HTML is removed from the letter, text and all: \"%s\"; write it in Markdown.")                                 \
    X(HTML_TAG, "html_tag", WARN,                                                                                     \
      "HTML-taggen \"%s\" tas bort, och bara texten omkring blir kvar; skriv med Markdown.",                          \
      "The HTML tag \"%s\" is removed and only the text round it remains; write it in Markdown.")                     \
    X(HTML_COMMENT, "html_comment", NOTE, "Anteckningen \"%s\" kommer inte med i brevet.",                            \
      "The comment \"%s\" is not part of the letter.")                                                                \
    X(TABLE_CELLS, "table_cells", BLOCK, "Raden har fler celler än rubrikraden, och de visas inte; rätta raden.",     \
      "The row has more cells than the header row, and they are not shown; correct the row.")                         \
    X(PERIOD, "period", BLOCK, "Brevet använder {{period}}, men huvudet har varken period eller series.",             \
      "The letter uses {{period}}, but the head has neither period nor series.")                                      \
    X(COMPLEX, "complex", BLOCK, "Tabeller inuti många citat eller listor gör brevet för stort; förenkla det.",       \
      "Tables inside many quotes or lists make the letter too large; simplify it.")                                   \
    X(EMPTY, "empty", BLOCK, "Brevet är tomt; skriv något.", "The letter is empty; write something.")                 \
    X(EMPTY_FOR, "empty_for", BLOCK, "Brevet blir tomt för kommunen %s; skriv något som alla får.",                   \
      "The letter is empty for municipality %s; write something for all.")                                            \
    X(LIX, "lix", NOTE, "Läsbarhetsindex (LIX) är %s: under 40 är lättläst, över 50 är svårt.",                       \
      "The readability index (LIX) is %s: under 40 is easy, over 50 is hard.")                                        \
    X(LIX_HARD, "lix_hard", WARN, "Brevet är svårläst (LIX %s); skriv kortare meningar och vanligare ord.",           \
      "The letter is hard to read (LIX %s); write shorter sentences and plainer words.")                              \
    X(NO_NUMBERS, "no_numbers", NOTE, "Brevet nämner inte %s; läsarna ska veta vart de ringer.",                      \
      "The letter does not mention %s; readers should know where to call.")                                           \
    X(CAPITALS, "capitals", NOTE, "\"%s\" med bara versaler är svårläst och låter som rop; skriv med gemener.",       \
      "\"%s\" in capitals is hard to read and sounds like shouting; write in lower case.")                            \
    X(EXCLAMATION, "exclamation", NOTE, "Många utropstecken gör brevet oroligt; håll det sakligt.",                   \
      "Many exclamation marks make the letter anxious; keep it factual.")

enum lint_rule {
#define LINT_RULE_ENUM(id, word, severity, sv, en) LINT_RULE_##id,
    LINT_RULE_MAP(LINT_RULE_ENUM)
#undef LINT_RULE_ENUM
};

#endif
