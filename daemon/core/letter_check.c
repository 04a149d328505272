/* Checking a letter; the contract is in core/letter_check.h. */
#include "core/letter_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/config.h"
#include "core/letter_source.h"
#include "core/lint.h"
#include "store/db.h"

enum { PLACES_MAX = 400, TITLE_BYTES_MAX = 4096 };

static const char *const SLOT_WORDS[] = {
#define ROW(id, word, byte) [byte] = "{{" word "}}",
    SLOT_MAP(ROW)
#undef ROW
};

char *letter_plain_title(const struct letter_source *src)
{
    struct buf out;
    buf_init(&out, TITLE_BYTES_MAX);
    for (const char *p = letter_source_title(src); *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 1 && c <= SLOT_MAX)
            buf_adds(&out, SLOT_WORDS[c]);
        else
            buf_addc(&out, *p);
    }
    return buf_take(&out);
}

static void free_places(char **places, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(places[i]);
}

static int read_places(struct db *db, char **places, size_t *n)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &all, &rows, Q_MUNICIPALITY_NAMES, DB_NO_ARGS);
    if (rc)
        return rc;
    while (*n < PLACES_MAX && (rc = db_next(rows)) > 0)
        places[(*n)++] = xstrdup(db_text(rows, 0));
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int lint_as(struct db *db, const struct config *config, const struct letter_source *src, bool only_police,
                   struct lint_report *report)
{
    char *places[PLACES_MAX];
    size_t n = 0;
    int rc = read_places(db, places, &n);
    if (rc == 0) {
        struct lint_options options = {.hosts = config ? (const char *const *)config->letter.link_hosts.item : NULL,
                                       .host_count = config ? config->letter.link_hosts.count : 0,
                                       .places = (const char *const *)places,
                                       .place_count = n,
                                       .only_police = only_police};
        lint_letter(src, &options, report);
    }
    free_places(places, n);
    return rc;
}

int letter_lint(struct db *db, const struct config *config, const struct letter_source *src, struct lint_report *report)
{
    return lint_as(db, config, src, false, report);
}

int letter_lint_police(struct db *db, const struct config *config, const struct letter_source *src,
                       struct lint_report *report)
{
    return lint_as(db, config, src, true, report);
}

static const struct lint_finding *first_block(const struct lint_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].severity == LINT_BLOCK)
            return &report->findings[i];
    return NULL;
}

static int refuse(const struct lint_report *report, const char *override_reason, struct err *err)
{
    const struct lint_finding *first = first_block(report);
    if (!lint_blocks(report))
        return 0;
    if (override_reason && text_length(override_reason) >= LETTER_OVERRIDE_MIN_CHARS)
        return 0;
    if (override_reason)
        return err_set(err, ERR_INVALID, "the reason for letting it through is too short: write at least %d characters",
                       LETTER_OVERRIDE_MIN_CHARS);
    err_set(err, ERR_INVALID, "line %zu: %s (%zu in all stop the letter: see letter lint, or give --override REASON)",
            first ? first->line : 0, first ? first->en : "", report->totals[LINT_BLOCK]);
    err_add_swedish(err,
                    "Rad %zu: %s (%zu stoppar brevet: se grannbud letter lint, eller säg varför med --override SKÄL.)",
                    first ? first->line : 0, first ? first->sv : "", report->totals[LINT_BLOCK]);
    return ERR_INVALID;
}

int letter_check(struct db *db, const struct config *config, const char *source, const char *override_reason,
                 struct err *err)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    struct lint_report report;
    int rc = letter_source_parse(source, strlen(source), &src, &problem);
    if (rc) {
        err_set(err, rc, "%s", problem.en);
        err_add_swedish(err, "%s", problem.sv);
        return rc;
    }
    lint_report_init(&report);
    rc = letter_lint(db, config, src, &report);
    if (rc == 0)
        rc = refuse(&report, override_reason, err);
    lint_report_fini(&report);
    letter_source_free(src);
    return rc;
}
