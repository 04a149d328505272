/*
 * One alert on one screen: what it says and whom it goes to, until when, how far it has come, and what to do next. Also
 * what a dry run tells. An officer reads it, so it is in Swedish unless --lang en asks for English.
 */
#include "cli/cli.h"

#include <string.h>

#include "base/mem.h"
#include "cli/show.h"
#include "cli/table.h"
#include "cli/words.h"
#include "core/alert_words.h"

enum { COLUMNS = 80, INDENT = 2, LABEL_COLUMNS = 12 };

/* What the screen says, in the reader's language; {} is where a number or an id goes. */
struct alert_screen {
    const char *exercise, *dry, *dry_next, *dry_confirm, *kind, *area, *until, *waits, *state, *by, *approved, *sms,
        *sms_chars, *sms_parts, *people, *in_groups, *unpinned, *sample, *sent, *waiting, *failed, *uncertain,
        *withdrawn, *expired, *thread, *findings, *note, *next_submitted, *next_draft, *next_active, *override, *hold;
};
static const struct alert_screen SV = {
    .exercise = "ÖVNING",
    .dry = "Inget har skickats. Så här skulle det bli:",
    .dry_next = "Skicka: samma kommando utan --dry-run",
    .dry_confirm = ", med --confirm {} (eller --second-person)",
    .kind = "Slag",
    .area = "Område",
    .until = "Gäller till",
    .waits = "Väntar till",
    .state = "Läge",
    .by = "Från",
    .approved = ", godkänd av {}",
    .sms = "Sms",
    .sms_chars = "tecken",
    .sms_parts = "del(ar)",
    .people = "Mottagare",
    .in_groups = " i {} grupper",
    .unpinned = "{} grupper har ingen plats på kartan och kan inte träffas av cirkel eller polygon",
    .sample = "Bland dem:",
    .sent = "skickade",
    .waiting = "väntar",
    .failed = "misslyckade",
    .uncertain = "osäkra",
    .withdrawn = "återtagna",
    .expired = "för sena",
    .thread = "Samma händelse:",
    .findings = "Granskningen anmärker:",
    .note = "Anteckning",
    .next_submitted = "Någon annan godkänner: grannbud alert approve {}",
    .next_draft = "Skicka: grannbud alert send {}",
    .next_active = "När det är över: grannbud alert recall {}",
    .hold = "Inget lämnar Grannbud nu: alla utskick är stoppade tills en administratör startar dem (grannbud resume).",
    .override = "Det som stoppar får stå kvar bara med ett skäl: --override SKÄL",
};
static const struct alert_screen EN = {
    .exercise = "EXERCISE",
    .dry = "Nothing has been sent. This is what it would be:",
    .dry_next = "Send it: the same command without --dry-run",
    .dry_confirm = ", with --confirm {} (or --second-person)",
    .kind = "Kind",
    .area = "Area",
    .until = "Valid until",
    .waits = "Waits until",
    .state = "State",
    .by = "From",
    .approved = ", approved by {}",
    .sms = "SMS",
    .sms_chars = "characters",
    .sms_parts = "part(s)",
    .people = "Recipients",
    .in_groups = " in {} groups",
    .unpinned = "{} groups have no place on the map, so no circle or polygon can meet them",
    .sample = "Among them:",
    .sent = "sent",
    .waiting = "waiting",
    .failed = "failed",
    .uncertain = "uncertain",
    .withdrawn = "withdrawn",
    .expired = "too late",
    .thread = "The same event:",
    .findings = "The check remarks:",
    .note = "Note",
    .next_submitted = "Another person approves it: grannbud alert approve {}",
    .next_draft = "Send it: grannbud alert send {}",
    .next_active = "When it is over: grannbud alert recall {}",
    .hold = "Nothing leaves now: all sending is stopped until an administrator starts it (grannbud resume).",
    .override = "What stops it may stand only with a reason: --override REASON",
};

struct screen {
    FILE *out;
    const struct alert_screen *w;
    bool is_english;
    const json_t *alert;
    struct buf line;
};

/* `text` with what stands for {}. */
static void add_words(struct screen *s, const char *text, const char *value)
{
    const char *place = strstr(text, "{}");
    buf_add(&s->line, text, place ? (size_t)(place - text) : strlen(text));
    if (place)
        buf_addf(&s->line, "%s%s", value, place + 2);
}

static void add_count_words(struct screen *s, const char *text, long long n)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", n);
    add_words(s, text, number);
}

static void end_line(struct screen *s)
{
    print_clean(s->out, buf_str(&s->line), false);
    fputc('\n', s->out);
    buf_reset(&s->line);
}

/* "  Label       " */
static void begin_pair(struct screen *s, const char *label)
{
    buf_addf(&s->line, "%*s%s", INDENT, "", label);
    for (size_t n = text_columns(label); n < LABEL_COLUMNS; n++)
        buf_addc(&s->line, ' ');
    buf_addc(&s->line, ' ');
}

static void put_pair(struct screen *s, const char *label, const char *value)
{
    if (!value[0])
        return;
    begin_pair(s, label);
    buf_adds(&s->line, value);
    end_line(s);
}

static void put_time(struct screen *s, const char *label, const char *key)
{
    if (!json_is_string(json_object_get(s->alert, key)))
        return;
    begin_pair(s, label);
    show_value(&s->line, json_object_get(s->alert, key));
    end_line(s);
}

/* A text over several lines of the screen, paragraph by paragraph. */
static void put_text(struct screen *s, const char *text)
{
    struct buf wrapped;
    buf_init(&wrapped, SHOW_VALUE_BYTES);
    while (*text) {
        size_t n = strcspn(text, "\n");
        struct buf paragraph;
        buf_init(&paragraph, SHOW_VALUE_BYTES);
        buf_add(&paragraph, text, n);
        words_wrap(&wrapped, buf_str(&paragraph), 2 * INDENT, words_columns(COLUMNS));
        buf_fini(&paragraph);
        text += n + (text[n] == '\n');
    }
    print_clean(s->out, buf_str(&wrapped), true);
    buf_fini(&wrapped);
}

/* --- the head ------------------------------------------------------------------------------------------------------
 */

static const char *kind_words(const struct screen *s)
{
    enum alert_kind kind = ALERT_KIND_BURGLARY_ONGOING;
    const char *word = show_text(s->alert, "kind", "");
    if (!alert_kind_parse(word, &kind))
        return word;
    return s->is_english ? alert_kind_row(kind)->en : alert_kind_row(kind)->sv;
}

static const char *severity_words(const struct screen *s)
{
    enum alert_severity severity = ALERT_SEVERITY_UNKNOWN;
    const char *word = show_text(s->alert, "severity", "-");
    return !s->is_english && alert_severity_parse(word, &severity) ? alert_severity_sv(severity) : word;
}

static const char *urgency_words(const struct screen *s)
{
    enum alert_urgency urgency = ALERT_URGENCY_UNKNOWN;
    const char *word = show_text(s->alert, "urgency", "-");
    return !s->is_english && alert_urgency_parse(word, &urgency) ? alert_urgency_sv(urgency) : word;
}

static const char *certainty_words(const struct screen *s)
{
    enum alert_certainty certainty = ALERT_CERTAINTY_UNKNOWN;
    const char *word = show_text(s->alert, "certainty", "-");
    return !s->is_english && alert_certainty_parse(word, &certainty) ? alert_certainty_sv(certainty) : word;
}

static const char *type_words(const struct screen *s, const json_t *alert)
{
    enum alert_type type = ALERT_TYPE_ALERT;
    const char *word = show_text(alert, "type", "alert");
    return !s->is_english && alert_type_parse(word, &type) ? alert_type_sv(type) : word;
}

static const char *state_words(const struct screen *s, const json_t *alert)
{
    enum alert_state state = ALERT_STATE_DRAFT;
    const char *word = show_text(alert, "state", "");
    return !s->is_english && alert_state_parse(word, &state) ? alert_state_sv(state) : word;
}

static void put_head(struct screen *s)
{
    if (json_is_true(json_object_get(s->alert, "exercise")))
        buf_addf(&s->line, "[%s] ", s->w->exercise);
    buf_addf(&s->line, "%s", type_words(s, s->alert));
    if (json_is_string(json_object_get(s->alert, "id")))
        buf_addf(&s->line, " %s", show_text(s->alert, "id", ""));
    buf_addf(&s->line, ": %s", show_text(s->alert, "title", "-"));
    end_line(s);
    begin_pair(s, s->w->kind);
    buf_addf(&s->line, "%s (%s, %s, %s)", kind_words(s), severity_words(s), urgency_words(s), certainty_words(s));
    end_line(s);
    if (json_is_string(json_object_get(s->alert, "id")))
        put_pair(s, s->w->state, state_words(s, s->alert));
    put_pair(s, s->w->area, show_text(s->alert, "area", ""));
}

static void put_people(struct screen *s)
{
    const json_t *groups = json_object_get(s->alert, "groups");
    if (!json_is_integer(json_object_get(s->alert, "recipients")))
        return;
    begin_pair(s, s->w->people);
    buf_addf(&s->line, "%lld", show_number(s->alert, "recipients"));
    if (json_is_integer(groups))
        add_count_words(s, s->w->in_groups, json_integer_value(groups));
    end_line(s);
}

static void put_times(struct screen *s)
{
    put_time(s, s->w->waits, "deferred_until");
    put_time(s, s->w->until, "expires_at");
}

static void put_author(struct screen *s)
{
    if (!json_is_string(json_object_get(s->alert, "author")))
        return;
    begin_pair(s, s->w->by);
    buf_adds(&s->line, show_text(s->alert, "author", ""));
    if (json_is_string(json_object_get(s->alert, "approved_by")))
        add_words(s, s->w->approved, show_text(s->alert, "approved_by", ""));
    if (json_is_string(json_object_get(s->alert, "sent_at"))) {
        buf_adds(&s->line, ", ");
        show_value(&s->line, json_object_get(s->alert, "sent_at"));
    }
    end_line(s);
}

static void put_sms(struct screen *s)
{
    const json_t *sms = json_object_get(s->alert, "sms");
    if (!json_is_object(sms))
        return;
    begin_pair(s, s->w->sms);
    buf_addf(&s->line, "%lld %s, %lld %s, %s", show_number(sms, "length"), s->w->sms_chars, show_number(sms, "parts"),
             s->w->sms_parts, show_text(sms, "encoding", "-"));
    end_line(s);
    put_text(s, show_text(sms, "text", ""));
}

/* What is not sent yet, for who decides on it: title and area stand in the head. */
static void put_letter(struct screen *s)
{
    static const char *const keys[] = {"text", "instruction", "title_en", "text_en"};
    const char *state = show_text(s->alert, "state", "");
    if (strcmp(state, "draft") != 0 && strcmp(state, "submitted") != 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *text = show_text(s->alert, keys[i], "");
        if (text[0])
            fputc('\n', s->out);
        put_text(s, text);
    }
    fputc('\n', s->out);
}

/* --- how far it has come --------------------------------------------------------------------------------------------
 */

static void add_count(struct screen *s, const char **comma, long long n, const char *word)
{
    if (n == 0)
        return;
    buf_addf(&s->line, "%s%lld %s", *comma, n, word);
    *comma = ", ";
}

static void put_deliveries(struct screen *s)
{
    const json_t *d = json_object_get(s->alert, "deliveries");
    const char *comma = "";
    if (!json_is_object(d))
        return;
    begin_pair(s, json_is_integer(json_object_get(s->alert, "recipients")) ? "" : s->w->people);
    size_t before = s->line.len;
    add_count(s, &comma, show_number(d, "sent"), s->w->sent);
    add_count(s, &comma, show_number(d, "pending") + show_number(d, "claimed"), s->w->waiting);
    add_count(s, &comma, show_number(d, "failed"), s->w->failed);
    add_count(s, &comma, show_number(d, "uncertain"), s->w->uncertain);
    add_count(s, &comma, show_number(d, "withdrawn"), s->w->withdrawn);
    add_count(s, &comma, show_number(d, "expired"), s->w->expired);
    if (s->line.len > before)
        end_line(s);
    buf_reset(&s->line);
}

static void put_sample(struct screen *s)
{
    size_t i;
    json_t *person;
    const json_t *sample = json_object_get(s->alert, "sample");
    const json_t *target = json_object_get(s->alert, "target");
    bool is_shape =
        json_is_object(json_object_get(target, "circle")) || json_is_array(json_object_get(target, "polygon"));
    if (is_shape && show_number(s->alert, "groups_without_point") > 0) {
        buf_addf(&s->line, "%*s", INDENT, "");
        add_count_words(s, s->w->unpinned, show_number(s->alert, "groups_without_point"));
        end_line(s);
    }
    if (json_array_size(sample) == 0)
        return;
    fprintf(s->out, "\n%s\n", s->w->sample);
    json_array_foreach(sample, i, person)
    {
        buf_addf(&s->line, "%*s%s, %s (%s)", INDENT, "", show_text(person, "name", "-"),
                 show_text(person, "group", "-"), show_text(person, "municipality", "-"));
        end_line(s);
    }
}

static const char *weight_words(const struct screen *s, const char *word)
{
    static const char *const WORDS[][2] = {{"block", "stopp"}, {"warn", "varning"}, {"note", "upplysning"}};
    for (size_t i = 0; !s->is_english && i < sizeof WORDS / sizeof WORDS[0]; i++)
        if (strcmp(WORDS[i][0], word) == 0)
            return WORDS[i][1];
    return word;
}

static void put_findings(struct screen *s)
{
    size_t i;
    json_t *f;
    bool blocks = false;
    const json_t *findings = json_object_get(s->alert, "findings");
    if (json_array_size(findings) == 0)
        return;
    fprintf(s->out, "\n%s\n", s->w->findings);
    json_array_foreach(findings, i, f)
    {
        const char *severity = show_text(f, "severity", "-");
        blocks = blocks || strcmp(severity, "block") == 0;
        buf_addf(&s->line, "%s: %s", weight_words(s, severity), show_text(f, s->is_english ? "en" : "sv", ""));
        put_text(s, buf_str(&s->line));
        buf_reset(&s->line);
    }
    if (blocks)
        fprintf(s->out, "%*s%s\n", INDENT, "", s->w->override);
}

static void put_thread(struct screen *s)
{
    size_t i;
    json_t *other;
    const json_t *thread = json_object_get(s->alert, "thread");
    if (json_array_size(thread) < 2)
        return;
    fprintf(s->out, "\n%s\n", s->w->thread);
    json_array_foreach(thread, i, other)
    {
        buf_addf(&s->line, "%*s%s  ", INDENT, "", show_text(other, "id", "-"));
        show_value(&s->line, json_object_get(other, "sent_at"));
        buf_addf(&s->line, "  %s", type_words(s, other));
        if (strcmp(show_text(other, "type", ""), "recall") != 0 ||
            strcmp(show_text(other, "state", ""), "recalled") != 0)
            buf_addf(&s->line, ", %s", state_words(s, other)); /* a recall that is recalled says nothing */
        buf_addf(&s->line, ": ");
        words_clip(&s->line, show_text(other, "title", "-"), 30);
        end_line(s);
    }
}

static void put_hold(struct screen *s)
{
    bool is_open = show_number(json_object_get(s->alert, "deliveries"), "pending") > 0;
    bool is_new = json_array_size(json_object_get(s->alert, "sample")) > 0;
    if (json_is_true(json_object_get(s->alert, "hold")) && (is_open || is_new))
        fprintf(s->out, "\n%s\n", s->w->hold);
}

static void put_next(struct screen *s)
{
    const char *state = show_text(s->alert, "state", "");
    const char *type = show_text(s->alert, "type", "");
    const char *id = show_text(s->alert, "id", "latest");
    const char *what = NULL;
    if (strcmp(state, "submitted") == 0)
        what = s->w->next_submitted;
    else if (strcmp(state, "draft") == 0)
        what = s->w->next_draft;
    else if (strcmp(state, "active") == 0 && strcmp(type, "recall") != 0)
        what = s->w->next_active;
    if (!what)
        return;
    add_words(s, what, id);
    fputc('\n', s->out);
    end_line(s);
}

int cli_view_alert(struct cli *cli, const json_t *answer)
{
    struct screen s = {.out = cli->out, .is_english = cli->lang == CLI_EN, .alert = answer};
    bool is_dry = json_is_true(json_object_get(answer, "dry_run"));
    if (cli->args.json)
        return CLI_DONE;
    s.w = s.is_english ? &EN : &SV;
    buf_init(&s.line, SHOW_VALUE_BYTES);
    if (is_dry)
        fprintf(s.out, "%s\n\n", s.w->dry);
    put_head(&s);
    put_letter(&s);
    put_people(&s);
    put_deliveries(&s);
    put_times(&s);
    put_author(&s);
    put_pair(&s, s.w->note, show_text(answer, "note", ""));
    put_sms(&s);
    put_sample(&s);
    put_findings(&s);
    put_thread(&s);
    if (is_dry) {
        buf_adds(&s.line, s.w->dry_next);
        if (json_is_true(json_object_get(answer, "needs_confirmation")))
            add_count_words(&s, s.w->dry_confirm, show_number(answer, "recipients"));
        fputc('\n', s.out);
        end_line(&s);
    } else {
        put_hold(&s);
        put_next(&s);
    }
    buf_fini(&s.line);
    return CLI_DONE;
}
