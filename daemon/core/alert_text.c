/* The texts of an alert; the contract is in alert_text.h. */
#include "core/alert_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/alert.h"
#include "core/sms_text.h"

enum { SOURCE_MAX_BYTES = ALERT_TEXT_BYTES + ALERT_INSTRUCTION_BYTES + 2048 };

/* --- source --------------------------------------------------------------------------------------------------------
 */

char *alert_source_of(const char *title, const char *text, const char *instruction)
{
    struct buf out;
    buf_init(&out, SOURCE_MAX_BYTES);
    buf_addf(&out, "---\ntitle: \"%s\"\nclassification: public\n---\n\n%s\n", title, text);
    if (instruction[0])
        buf_addf(&out, "\n## Gör så här\n\n%s\n", instruction);
    char *source = buf_take(&out);
    buf_fini(&out);
    return source;
}

char *alert_source(const struct alert_row *row)
{
    return alert_source_of(row->title, row->text, row->instruction);
}

/* --- cleaning ------------------------------------------------------------------------------------------------------
 */

static bool has_slot(const char *text)
{
    return strstr(text, "{{") != NULL;
}

static int refuse_slot(const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s: an alert is the same for all its readers: write it without {{...}}", what);
}

/* "line 2, column 5: ..." of the text alone, out of a problem of the text under the head that was put over it. */
static int refuse_problem(const char *what, const struct letter_problem *problem, struct err *err)
{
    char place[80];
    size_t skip = (size_t)snprintf(place, sizeof place, "line %zu, column %zu: ", problem->line, problem->column);
    bool has_place = strncmp(problem->en, place, skip) == 0 && problem->line > ALERT_SOURCE_HEAD_LINES;
    const char *sv = strstr(problem->sv, ": "); /* behind the place */
    if (!has_place) {
        err_set(err, ERR_INVALID, "%s: %s", what, problem->en);
        err_add_swedish(err, "%s: %s", what, problem->sv);
        return ERR_INVALID;
    }
    err_set(err, ERR_INVALID, "%s: line %zu, column %zu: %s", what, problem->line - ALERT_SOURCE_HEAD_LINES,
            problem->column, problem->en + skip);
    err_add_swedish(err, "%s: rad %zu, kolumn %zu: %s", what, problem->line - ALERT_SOURCE_HEAD_LINES, problem->column,
                    sv ? sv + 2 : problem->sv);
    return ERR_INVALID;
}

/* Every text passes the border of letters: *src is its letter. */
static int pass_border(const char *what, const char *text, struct letter_source **src, struct err *err)
{
    struct letter_problem problem;
    if (has_slot(text))
        return refuse_slot(what, err);
    char *source = alert_source_of("x", text, "");
    int rc = letter_source_parse(source, strlen(source), src, &problem);
    free(source);
    return rc ? refuse_problem(what, &problem, err) : 0;
}

/* A title or SMS: one line. `max` characters. */
static int clean_line(const char *what, const char *text, size_t max, char **out, struct err *err)
{
    struct letter_source *src = NULL;
    char *clean = text_clean(text);
    int rc = 0;
    if (!clean || text_has_control(clean, strlen(clean)))
        rc = err_set(err, ERR_INVALID, "%s holds characters that cannot be shown: write it anew", what);
    else if (text_length(clean) > max)
        rc = err_set(err, ERR_TOO_LARGE, "%s has %zu characters, at most %zu fit: shorten it", what, text_length(clean),
                     max);
    else
        rc = pass_border(what, clean, &src, err);
    letter_source_free(src);
    if (rc) {
        free(clean);
        return rc;
    }
    *out = clean;
    return 0;
}

/* Without blank lines at both ends and blanks at the last line's. */
static char *trimmed(const char *text)
{
    size_t n = strlen(text);
    while (*text == '\n') {
        text++;
        n--;
    }
    while (n > 0 && strchr(" \t\n", text[n - 1]))
        n--;
    return xstrndup(text, n);
}

static int clean_markdown(const char *what, const char *text, size_t max_bytes, char **out, struct err *err)
{
    struct letter_source *src = NULL;
    struct buf body;
    if (strlen(text) > max_bytes)
        return err_set(err, ERR_TOO_LARGE, "%s has %zu bytes, at most %zu fit: shorten it or link to a web page", what,
                       strlen(text), max_bytes);
    int rc = pass_border(what, text, &src, err);
    if (rc)
        return rc;
    buf_init(&body, SOURCE_MAX_BYTES);
    rc = letter_source_select(src, NULL, &body);
    letter_source_free(src);
    if (rc == 0)
        *out = trimmed(buf_str(&body));
    buf_fini(&body);
    return rc;
}

/* --- words ---------------------------------------------------------------------------------------------------------
 */

#define ONE_OF(id, word, ...) " " word
static int take_kind(const struct alert_input *in, struct alert_row *row, struct err *err)
{
    const char *kind = in->kind ? in->kind : "";
    if (kind[0] && alert_kind_parse(kind, &row->kind))
        return 0;
    if (kind[0])
        err_set(err, ERR_INVALID, "kind \"%.40s\": write one of" ALERT_KIND_MAP(ONE_OF), kind);
    else
        err_set(err, ERR_INVALID, "kind is missing: write one of" ALERT_KIND_MAP(ONE_OF));
    err_add_swedish(err, "Slaget av varning %s%.40s: skriv --kind och ett av" ALERT_KIND_MAP(ONE_OF),
                    kind[0] ? "finns inte, " : "(kind) saknas", kind);
    return ERR_INVALID;
}

static int take_class(const char *word, enum letter_class *out, struct err *err)
{
    if (!word || !word[0])
        return 0;
    if (letter_class_parse(word, out))
        return 0;
    return err_set(err, ERR_INVALID, "classification \"%.40s\": write public, ombud_and_households or ombud_only",
                   word);
}

/* How grave, how soon, how sure; what is not given stays. */
static int take_grades(const struct alert_input *in, struct alert_row *row, struct err *err)
{
    if (in->severity && in->severity[0] && !alert_severity_parse(in->severity, &row->severity)) {
        err_set(err, ERR_INVALID, "severity \"%.40s\": write one of" ALERT_SEVERITY_MAP(ONE_OF), in->severity);
        err_add_swedish(err, "Allvaret (severity) \"%.40s\" finns inte: skriv ett av" ALERT_SEVERITY_MAP(ONE_OF),
                        in->severity);
        return ERR_INVALID;
    }
    if (in->urgency && in->urgency[0] && !alert_urgency_parse(in->urgency, &row->urgency)) {
        err_set(err, ERR_INVALID, "urgency \"%.40s\": write one of" ALERT_URGENCY_MAP(ONE_OF), in->urgency);
        err_add_swedish(err, "Brådskan (urgency) \"%.40s\" finns inte: skriv ett av" ALERT_URGENCY_MAP(ONE_OF),
                        in->urgency);
        return ERR_INVALID;
    }
    if (in->certainty && in->certainty[0] && !alert_certainty_parse(in->certainty, &row->certainty)) {
        err_set(err, ERR_INVALID, "certainty \"%.40s\": write one of" ALERT_CERTAINTY_MAP(ONE_OF), in->certainty);
        err_add_swedish(err, "Säkerheten (certainty) \"%.40s\" finns inte: skriv ett av" ALERT_CERTAINTY_MAP(ONE_OF),
                        in->certainty);
        return ERR_INVALID;
    }
    return 0;
}
#undef ONE_OF

/* One text: as given, else as it was, else "". */
static int take_text(const char *what, const char *given, const char *before, bool is_line, size_t max, char **out,
                     struct err *err)
{
    if (!given) {
        *out = xstrdup(before ? before : "");
        return 0;
    }
    return is_line ? clean_line(what, given, max, out, err) : clean_markdown(what, given, max, out, err);
}

static int take_texts(const struct alert_input *in, const struct alert_row *before, struct alert_row *row,
                      struct err *err)
{
    static const struct alert_row nothing = {0};
    const struct alert_row *was = before ? before : &nothing;
    int rc = take_text("title", in->title, was->title, true, ALERT_TITLE_CHARS, &row->title, err);
    if (rc == 0)
        rc = take_text("text", in->text, was->text, false, ALERT_TEXT_BYTES, &row->text, err);
    if (rc == 0)
        rc = take_text("instruction", in->instruction, was->instruction, false, ALERT_INSTRUCTION_BYTES,
                       &row->instruction, err);
    if (rc == 0)
        rc = take_text("title_en", in->title_en, was->title_en, true, ALERT_TITLE_CHARS, &row->title_en, err);
    if (rc == 0)
        rc = take_text("text_en", in->text_en, was->text_en, false, ALERT_TEXT_BYTES, &row->text_en, err);
    if (rc)
        return rc;
    if (!row->title[0])
        return err_set(err, ERR_INVALID, "title is missing: one line that says what has happened, and where");
    if (!row->text[0])
        return err_set(err, ERR_INVALID, "text is missing: say what has happened, where, when, and what to look for");
    if (!row->title_en[0] != !row->text_en[0])
        return err_set(err, ERR_INVALID, "title_en and text_en go together: write both or neither");
    return 0;
}

/* --- SMS -----------------------------------------------------------------------------------------------------------
 */

static const char EXERCISE[] = "ÖVNING: ";

/* What is to be done, in as few words as a telephone has room for. */
static const char *sms_advice(const struct alert_row *row)
{
    if (row->type == ALERT_TYPE_RECALL)
        return "";
    if (row->kind == ALERT_KIND_MISSING_PERSON)
        return " Ser du personen: ring 112.";
    if (row->kind == ALERT_KIND_VMA_RELAY)
        return " Lyssna på P4.";
    return " Akut: 112. Tips: 114 14.";
}

static char *default_sms(const struct alert_row *row)
{
    const char *opening = row->type == ALERT_TYPE_RECALL   ? "Varningen är över"
                          : row->type == ALERT_TYPE_UPDATE ? "Ändrad varning"
                                                           : "Varning";
    size_t n = strlen(row->title);
    const char *stop = n > 0 && strchr(".!?", row->title[n - 1]) ? "" : ".";
    return xasprintf("%s: %s%s%s", opening, row->title, stop, sms_advice(row));
}

/* As phones show it: plain typography, and no blanks where invisible characters went. Returns, caller frees. */
static char *plain_line(const char *text)
{
    struct sms_text plain = {0};
    char *line = sms_text_make(text, &plain) == 0 ? text_clean(plain.text) : NULL;
    sms_text_fini(&plain);
    return line;
}

static int make_sms(const char *given, struct alert_row *row, struct sms_text *sms, struct err *err)
{
    char *typed = NULL;
    int rc = 0;
    if (given)
        rc = clean_line("sms", given, ALERT_SMS_CHARS, &typed, err);
    if (rc)
        return rc;
    char *text = typed ? plain_line(typed) : NULL;
    if (!text || !text[0]) {
        free(text);
        char *made = default_sms(row);
        text = plain_line(made);
        free(made);
    }
    assert(text); /* it is valid UTF-8 */
    bool needs_mark = row->is_exercise && strncmp(text, EXERCISE, sizeof EXERCISE - 1) != 0;
    char *whole = xasprintf("%s%s", needs_mark ? EXERCISE : "", text);
    rc = sms_text_make(whole, sms);
    free(whole);
    free(text);
    free(typed);
    if (rc == 0)
        row->sms = xstrdup(sms->text);
    return rc;
}

/* --- the whole -----------------------------------------------------------------------------------------------------
 */

int alert_compose(const struct alert_input *in, struct alert_row *row, struct sms_text *sms, struct err *err)
{
    int rc = take_kind(in, row, err);
    if (rc)
        return rc;
    const struct alert_kind_row *kind = alert_kind_row(row->kind);
    row->type = ALERT_TYPE_ALERT;
    row->severity = kind->severity;
    row->urgency = kind->urgency;
    row->certainty = kind->certainty;
    row->classification = LETTER_CLASS_PUBLIC;
    row->is_exercise = in->is_exercise;
    row->origin = xstrdup(in->origin ? in->origin : "");
    row->origin_id = xstrdup(in->origin_id ? in->origin_id : "");
    row->origin_url = xstrdup(in->origin_url ? in->origin_url : "");
    row->override_reason = xstrdup_opt(in->override_reason);
    rc = take_class(in->classification, &row->classification, err);
    if (rc == 0)
        rc = take_grades(in, row, err);
    row->life_danger =
        in->life_danger >= 0 ? in->life_danger > 0 : kind->life_danger || row->severity == ALERT_SEVERITY_EXTREME;
    if (rc == 0)
        rc = take_texts(in, NULL, row, err);
    if (rc == 0)
        rc = make_sms(in->sms, row, sms, err);
    return rc;
}

int alert_compose_follow(const struct alert_input *in, const struct alert_row *before, struct alert_row *row,
                         struct sms_text *sms, struct err *err)
{
    row->root_id = before->root_id;
    row->kind = before->kind;
    row->severity = before->severity;
    row->urgency = before->urgency;
    row->certainty = before->certainty;
    row->classification = before->classification;
    row->is_exercise = before->is_exercise;
    row->recipients = before->recipients;
    row->target = xstrdup(before->target);
    row->area_text = xstrdup(before->area_text);
    row->origin = xstrdup(""); /* the suggestion was the first one's */
    row->origin_id = xstrdup("");
    row->origin_url = xstrdup(before->origin_url);
    row->override_reason = xstrdup_opt(in->override_reason);
    int rc = take_grades(in, row, err);
    row->life_danger = before->life_danger || row->severity == ALERT_SEVERITY_EXTREME;
    if (rc == 0)
        rc = take_texts(in, before, row, err);
    if (rc == 0)
        rc = make_sms(in->sms, row, sms, err);
    return rc;
}
