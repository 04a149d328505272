/*
 * The linter's rules for alerts: what each kind must say and must not. For alert_lint.c only; the words in the second
 * column are part of the API, and so are not renamed.
 */
#ifndef GB_DAEMON_CORE_ALERT_LINT_RULES_H
#define GB_DAEMON_CORE_ALERT_LINT_RULES_H

/* identifier, word, severity, Swedish, English. A %s stands for what was found. */
#define ALERT_RULE_MAP(X)                                                                                              \
    X(CALL_BACK, "call_back", BLOCK, "\"%s\": bedragare lämnar nummer att ringa upp; skriv bara 112 och 114 14.",      \
      "\"%s\": fraudsters leave numbers to call back; write 112 and 114 14 only.")                                     \
    X(LINK_NOT_POLICE, "link_not_police", BLOCK,                                                                       \
      "Länken till %s: i en varning för bedrägeri får bara polisen.se länkas; ta bort den.",                           \
      "The link to %s: a warning of fraud may link to polisen.se only; remove it.")                                    \
    X(HANG_UP, "advice_hang_up", WARN, "Rådet att lägga på luren saknas; skriv det.",                                  \
      "The advice to hang up is missing; write it.")                                                                   \
    X(NO_CODES, "advice_no_codes", WARN, "Rådet att aldrig lämna ut koder saknas; skriv det.",                         \
      "The advice never to give away codes is missing; write it.")                                                     \
    X(NO_VISITORS, "advice_no_visitors", WARN, "Rådet att inte släppa in någon saknas; skriv det.",                    \
      "The advice to let nobody in is missing; write it.")                                                             \
    X(OLD_NEIGHBOUR, "advice_neighbour", NOTE, "Be läsarna tala med en äldre granne.",                                 \
      "Ask readers to talk to an older neighbour.")                                                                    \
    X(HEALTH, "health", BLOCK, "\"%s\" säger något om hälsan; det hör inte hemma i ett efterlysningsmeddelande.",      \
      "\"%s\" says something about health; it does not belong in a call for a missing person.")                        \
    X(LOOKS, "looks", WARN,                                                                                            \
      "\"%s\" beskriver hur någon ser ut; skriv bara det som polisen har beslutat att lämna ut.",                      \
      "\"%s\" describes somebody's looks; write only what the police have decided to make known.")                     \
    X(NO_TIME, "no_time", WARN, "Det står inte när det hände; skriv dag eller klockslag.",                             \
      "It does not say when it happened; write the day or the time.")                                                  \
    X(NO_112, "no_112", WARN, "112 nämns inte; den som ser något ska veta vart den ringer.",                           \
      "112 is not mentioned; who sees something must know where to call.")                                             \
    X(NO_TIP, "no_tip", NOTE, "114 14 nämns inte i texten; numret står ändå sist i varningen.",                        \
      "114 14 is not mentioned in the text; the number stands at the end of the alert all the same.")                  \
    X(NO_ADVICE, "no_advice", NOTE, "Det står inte vad man ska göra; skriv det under \"Gör så här\".",                 \
      "It does not say what to do; write it as the instruction.")                                                      \
    X(NO_SOURCE, "no_source", BLOCK, "Ett VMA återges ordagrant med källa; skriv att det kommer från Sveriges Radio.", \
      "A VMA is passed on word for word with its source; write that it comes from Sveriges Radio.")                    \
    X(SMS_LONG, "sms_long", WARN, "Sms:et tar %s delar; korta det till högst två.",                                    \
      "The SMS takes %s parts; shorten it to two at most.")                                                            \
    X(SMS_CHARACTER, "sms_character", WARN,                                                                            \
      "Tecknet %s får bara plats med 70 tecken per sms i stället för 160; byt ut det.",                                \
      "The character %s leaves room for 70 characters an SMS instead of 160; replace it.")

enum alert_rule {
#define ALERT_RULE_ENUM(id, word, severity, sv, en) ALERT_RULE_##id,
    ALERT_RULE_MAP(ALERT_RULE_ENUM)
#undef ALERT_RULE_ENUM
};

#endif
