/*
 * Checking an alert; the contract is in alert_lint.h. The fields are linted as letters, one after the other, and what
 * was found is taken over into one report; the rules of kinds look for the stems of words in the folded text.
 */
#include "core/alert_lint.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/alert_lint_rules.h"
#include "core/alert_text.h"
#include "core/letter_check.h"
#include "core/lint_report.h"
#include "core/sms_text.h"

static const struct rule {
    const char *word;
    enum lint_severity severity;
    const char *sv, *en;
} RULES[] = {
#define RULE_ROW(id, word, severity, sv, en) {word, LINT_##severity, sv, en},
    ALERT_RULE_MAP(RULE_ROW)
#undef RULE_ROW
};

struct alert_check {
    struct db *db;
    const struct config *config;
    const struct alert_row *row;
    struct lint_report *report;
    char *folded; /* title, text and instruction in lower case */
};

/* --- the report ----------------------------------------------------------------------------------------------------
 */

static struct lint_finding make(enum alert_rule rule, size_t line, size_t column, const char *shown)
{
    return (struct lint_finding){.severity = RULES[rule].severity,
                                 .rule = RULES[rule].word,
                                 .line = line,
                                 .column = column,
                                 .text = xstrdup(shown),
                                 .sv = lint_sentence(RULES[rule].sv, shown),
                                 .en = lint_sentence(RULES[rule].en, shown)};
}

static void add(struct alert_check *c, enum alert_rule rule, const char *shown)
{
    lint_report_add(c->report, make(rule, 0, 0, shown));
}

/* --- as letters ----------------------------------------------------------------------------------------------------
 */

/* What concerns letters as a whole says nothing about a field of an alert. */
static bool is_for_letters(const char *rule)
{
    static const char *const words[] = {"no_numbers", "empty", "period", "exclamation"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(rule, words[i]) == 0)
            return true;
    return false;
}

/* A finding of the letters' rules as one of the alert's; what it held changes hands. `is_text`: lines count. */
static void take_finding(struct alert_check *c, struct lint_finding *found, bool is_text)
{
    struct lint_finding f = *found;
    bool is_fraud = c->row->kind == ALERT_KIND_FRAUD_ELDERLY;
    bool is_inside = is_text && f.line > ALERT_SOURCE_HEAD_LINES;
    *found = (struct lint_finding){.rule = f.rule};
    f.line = is_inside ? f.line - ALERT_SOURCE_HEAD_LINES : 0;
    f.column = is_inside ? f.column : 0;
    bool is_link = strcmp(f.rule, "link_host") == 0;
    if (is_fraud && (is_link || strcmp(f.rule, "phone") == 0)) {
        lint_report_add(c->report,
                        make(is_link ? ALERT_RULE_LINK_NOT_POLICE : ALERT_RULE_CALL_BACK, f.line, f.column, f.text));
    } else if (!is_for_letters(f.rule) && (is_text || f.severity != LINT_NOTE)) {
        if (c->row->origin[0] && f.severity == LINT_BLOCK)
            f.severity = LINT_WARN;
        lint_report_add(c->report, f);
        return;
    }
    lint_finding_fini(&f);
}

static int lint_field(struct alert_check *c, const char *title, const char *text, const char *instruction, bool is_text)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    struct lint_report found;
    char *source = alert_source_of(title, text, instruction);
    int rc = letter_source_parse(source, strlen(source), &src, &problem);
    free(source);
    if (rc)
        return ERR_CORRUPT; /* each field has passed this border before */
    lint_report_init(&found);
    rc = c->row->kind == ALERT_KIND_FRAUD_ELDERLY ? letter_lint_police(c->db, c->config, src, &found)
                                                  : letter_lint(c->db, c->config, src, &found);
    for (size_t i = 0; i < found.count; i++)
        take_finding(c, &found.findings[i], is_text);
    if (is_text)
        c->report->lix = found.lix;
    lint_report_fini(&found);
    letter_source_free(src);
    return rc;
}

/* --- by kind -------------------------------------------------------------------------------------------------------
 */

/* Does a word of the text begin with one of the stems (NULL-ended)? The stem, or NULL. One that begins with * may stand
 * anywhere in a word. */
static const char *find_stem(const char *folded, const char *const *stems)
{
    for (; *stems; stems++) {
        bool anywhere = (*stems)[0] == '*';
        const char *stem = *stems + anywhere;
        for (const char *p = strstr(folded, stem); p; p = strstr(p + 1, stem)) {
            unsigned char before = p == folded ? ' ' : (unsigned char)p[-1];
            if (anywhere || (!isalnum(before) && before < 0x80))
                return stem;
        }
    }
    return NULL;
}

static void want(struct alert_check *c, enum alert_rule rule, const char *const *stems)
{
    if (!find_stem(c->folded, stems))
        add(c, rule, "");
}

static void want_time(struct alert_check *c)
{
    static const char *const days[] = {
        "idag",        "i dag",    "igår",     "i går",    "natt",    "kväll",  "morgon", "förmiddag",
        "eftermiddag", "måndag",   "tisdag",   "onsdag",   "torsdag", "fredag", "lördag", "söndag",
        "helgen",      "veckan",   "nyss",     "just nu",  "senaste", "kl ",    "kl.",    "klockan",
        "januari",     "februari", "mars",     "april",    "maj ",    "juni",   "juli",   "augusti",
        "september",   "oktober",  "november", "december", NULL};
    if (find_stem(c->folded, days))
        return;
    for (const char *p = c->folded; *p; p++) /* 14:30, 14.30, 2026-03-01 */
        if (isdigit((unsigned char)p[0]) && p[1] && strchr(":.-", p[1]) && isdigit((unsigned char)p[2]) &&
            isdigit((unsigned char)p[3]))
            return;
    add(c, ALERT_RULE_NO_TIME, "");
}

static void check_numbers(struct alert_check *c, bool wants_tips)
{
    static const char *const emergency[] = {"112", NULL};
    static const char *const tips[] = {"114 14", "11414", NULL};
    want(c, ALERT_RULE_NO_112, emergency);
    if (wants_tips)
        want(c, ALERT_RULE_NO_TIP, tips);
}

static void check_crime(struct alert_check *c)
{
    static const char *const looks[] = {"signalement", "iklädd", "klädd i", "*cm lång", "skägg",
                                        "hårfärg",     "*hårig", "hudfärg", "*åldern",  "*årsåldern",
                                        "huvtröja",    "tatuer", NULL};
    const char *stem = find_stem(c->folded, looks);
    if (stem)
        add(c, ALERT_RULE_LOOKS, stem);
    want_time(c);
    check_numbers(c, true);
    if (!c->row->instruction[0])
        add(c, ALERT_RULE_NO_ADVICE, "");
}

static void check_fraud(struct alert_check *c)
{
    static const char *const hang_up[] = {"lägg på", "lägga på", "avsluta samtal", "lägg genast på", NULL};
    static const char *const codes[] = {"*kod", "*bankid", "lösenord", "*bankdosa", NULL};
    static const char *const visitors[] = {"släpp", "öppna inte", NULL};
    static const char *const neighbour[] = {"*grann", "anhörig", "äldre", NULL};
    want(c, ALERT_RULE_HANG_UP, hang_up);
    want(c, ALERT_RULE_NO_CODES, codes);
    want(c, ALERT_RULE_NO_VISITORS, visitors);
    want(c, ALERT_RULE_OLD_NEIGHBOUR, neighbour);
    check_numbers(c, true);
}

static void check_missing(struct alert_check *c)
{
    static const char *const health[] = {"dement",    "demens",          "alzheimer", "sjuk",   "diabet",
                                         "medicin",   "insulin",         "epilep",    "psyk",   "självmord",
                                         "suicid",    "depress",         "diagnos",   "autis",  "funktionsned",
                                         "förvirrad", "utvecklingsstör", "missbruk",  "gravid", NULL};
    const char *stem = find_stem(c->folded, health);
    if (stem)
        add(c, ALERT_RULE_HEALTH, stem);
    want_time(c);
    check_numbers(c, false);
}

static void check_vma(struct alert_check *c)
{
    static const char *const sources[] = {"sveriges radio", "sverigesradio", "krisinformation", NULL};
    if (!c->row->origin[0] && !find_stem(c->row->origin_url, sources))
        want(c, ALERT_RULE_NO_SOURCE, sources);
    want_time(c);
}

static void check_kind(struct alert_check *c)
{
    switch (c->row->kind) {
    case ALERT_KIND_BURGLARY_ONGOING:
    case ALERT_KIND_BOAT_THEFT:
    case ALERT_KIND_MACHINE_THEFT:
    case ALERT_KIND_FIRE_SETTING:
        check_crime(c);
        break;
    case ALERT_KIND_FRAUD_ELDERLY:
        check_fraud(c);
        break;
    case ALERT_KIND_MISSING_PERSON:
        check_missing(c);
        break;
    case ALERT_KIND_VMA_RELAY:
        check_vma(c);
        break;
    case ALERT_KIND_COUNT:
        break;
    }
}

static void check_sms(struct alert_check *c, const struct sms_text *sms)
{
    char parts[24];
    snprintf(parts, sizeof parts, "%zu", sms->parts);
    if (sms->parts > SMS_PARTS_GOOD)
        add(c, ALERT_RULE_SMS_LONG, parts);
    if (!sms->is_gsm7)
        add(c, ALERT_RULE_SMS_CHARACTER, sms->outside);
}

int alert_lint(struct db *db, const struct config *config, const struct alert_row *row, const struct sms_text *sms,
               struct lint_report *report)
{
    struct alert_check c = {.db = db, .config = config, .row = row, .report = report};
    char *all = xasprintf("%s\n%s\n%s", row->title, row->text, row->instruction);
    int rc = lint_field(&c, row->title, row->text, row->instruction, true);
    if (rc == 0 && row->text_en[0])
        rc = lint_field(&c, row->title_en, row->text_en, "", false);
    if (rc == 0)
        rc = lint_field(&c, "sms", row->sms, "", false);
    c.folded = text_fold(all);
    assert(c.folded); /* the fields are valid UTF-8 */
    if (rc == 0 && row->type != ALERT_TYPE_RECALL)
        check_kind(&c);
    if (rc == 0)
        check_sms(&c, sms);
    free(c.folded);
    free(all);
    return rc;
}

int alert_lint_check(const struct lint_report *report, const char *override_reason, struct err *err)
{
    const struct lint_finding *first = NULL;
    char line[32] = "";
    if (!lint_blocks(report))
        return 0;
    if (override_reason && text_length(override_reason) >= LETTER_OVERRIDE_MIN_CHARS)
        return 0;
    if (override_reason && override_reason[0])
        return err_set(err, ERR_INVALID, "the reason for letting it through is too short: write at least %d characters",
                       LETTER_OVERRIDE_MIN_CHARS);
    for (size_t i = 0; i < report->count && !first; i++)
        if (report->findings[i].severity == LINT_BLOCK)
            first = &report->findings[i];
    if (first && first->line > 0)
        snprintf(line, sizeof line, "line %zu: ", first->line);
    err_set(err, ERR_INVALID, "%s%s (%zu in all stop the alert: mend it, or say why with --override REASON)", line,
            first ? first->en : "", report->totals[LINT_BLOCK]);
    if (first && first->line > 0)
        snprintf(line, sizeof line, "Rad %zu: ", first->line);
    err_add_swedish(err, "%s%s (%zu stoppar varningen: rätta texten, eller säg varför med --override SKÄL.)", line,
                    first ? first->sv : "", report->totals[LINT_BLOCK]);
    return ERR_INVALID;
}
