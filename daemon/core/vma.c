/* Viktigt meddelande till allmänheten, read; the contract is in core/vma.h. */
#include "core/vma.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/stamp.h"

enum { LANGUAGE_BYTES = 40, INFO_MAX = 100, AREA_MAX = 500, NAME_BYTES = 300, WEB_BYTES = 1000 };

struct word {
    const char *word;
    int value;
};

static const struct word STATUSES[] = {
#define WORD_ROW(id, word) {word, VMA_STATUS_##id},
    VMA_STATUS_MAP(WORD_ROW){NULL, 0}
#undef WORD_ROW
};
static const struct word TYPES[] = {
#define WORD_ROW(id, word) {word, VMA_TYPE_##id},
    VMA_TYPE_MAP(WORD_ROW){NULL, 0}
#undef WORD_ROW
};
static const struct word SCOPES[] = {
#define WORD_ROW(id, word) {word, VMA_SCOPE_##id},
    VMA_SCOPE_MAP(WORD_ROW){NULL, 0}
#undef WORD_ROW
};

const char *vma_type_word(enum vma_type type)
{
    return TYPES[type].word;
}

static bool find_word(const struct word *words, const char *text, int *out)
{
    for (; text && words->word; words++)
        if (strcmp(words->word, text) == 0) {
            *out = words->value;
            return true;
        }
    return false;
}

bool vma_type_parse(const char *word, enum vma_type *out)
{
    int value = 0;
    if (!find_word(TYPES, word, &value))
        return false;
    *out = (enum vma_type)value;
    return true;
}

/* --- texts and times --------------------------------------------------------------------------------------------- */

static void text_fini(struct vma_text *text)
{
    free(text->event);
    free(text->description);
    free(text->instruction);
    *text = (struct vma_text){.event = NULL};
}

static void alert_fini(struct vma_alert *alert)
{
    free(alert->identifier);
    free(alert->incident);
    free(alert->sender_name);
    free(alert->web);
    text_fini(&alert->sv);
    text_fini(&alert->en);
    free(alert->codes);
}

/* An absent or empty text is NULL. */
static char *line_of(const json_t *object, const char *name, size_t max, bool *is_wrong)
{
    char *line = source_json_line(object, name, max, is_wrong);
    if (line && line[0] == '\0') {
        free(line);
        line = NULL;
    }
    return line;
}

/* 0 when there is none. */
static int64_t time_of(const json_t *object, const char *name, bool *is_wrong)
{
    int64_t us = 0;
    char *text = line_of(object, name, LANGUAGE_BYTES, is_wrong);
    if (text && stamp_read(text, &us) != 0)
        *is_wrong = true;
    free(text);
    return us;
}

static void read_text(const json_t *info, struct vma_text *out, bool *is_wrong)
{
    out->event = line_of(info, "event", VMA_EVENT_BYTES, is_wrong);
    out->description = source_json_text(info, "description", VMA_TEXT_BYTES, is_wrong);
    out->instruction = source_json_text(info, "instruction", VMA_TEXT_BYTES, is_wrong);
}

/* CAP's word in lower case; what it does not know is "unknown". */
static void read_level(const json_t *info, const char *name, const char *const *words, char out[VMA_LEVEL_BYTES])
{
    const char *text = json_string_value(json_object_get(info, name));
    const char *found = "unknown";
    for (size_t i = 0; text && words[i]; i++)
        if (strcasecmp(words[i], text) == 0)
            found = words[i];
    memcpy(out, found, strlen(found) + 1);
}

static void read_levels(const json_t *info, struct vma_alert *out)
{
    static const char *const severities[] = {"extreme", "severe", "moderate", "minor", NULL};
    static const char *const urgencies[] = {"immediate", "expected", "future", "past", NULL};
    static const char *const certainties[] = {"observed", "likely", "possible", "unlikely", NULL};
    read_level(info, "severity", severities, out->severity);
    read_level(info, "urgency", urgencies, out->urgency);
    read_level(info, "certainty", certainties, out->certainty);
}

/* --- places ------------------------------------------------------------------------------------------------------ */

/* Four digits are a municipality, two a county. */
static bool is_code(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    return (n == 2 || n == 4) && strspn(text, "0123456789") == n;
}

static void add_code(struct vma_alert *alert, const char *code)
{
    for (size_t i = 0; i < alert->code_count; i++)
        if (strcmp(alert->codes[i], code) == 0)
            return;
    if (alert->code_count == VMA_CODES_MAX)
        return; /* no country has so many: the rest repeats or is invented */
    if (!alert->codes)
        alert->codes = xcalloc(VMA_CODES_MAX, sizeof alert->codes[0]);
    memcpy(alert->codes[alert->code_count++], code, strlen(code) + 1);
}

/* The i-th of a list; a thing alone counts as a list of one. NULL after the last. */
static const json_t *item(const json_t *list, size_t i)
{
    if (json_is_object(list))
        return i == 0 ? list : NULL;
    return json_array_get(list, i);
}

/* Of all areas of one info; another geocode than a place's number is none of ours. */
static void read_areas(const json_t *info, struct vma_alert *out)
{
    const json_t *areas = json_object_get(info, "area");
    const json_t *area = NULL;
    const json_t *geocode = NULL;
    for (size_t i = 0; i < AREA_MAX && (area = item(areas, i)) != NULL; i++)
        for (size_t j = 0; j < AREA_MAX && (geocode = item(json_object_get(area, "geocode"), j)) != NULL; j++) {
            const char *code = json_string_value(json_object_get(geocode, "value"));
            if (is_code(code))
                add_code(out, code);
        }
}

/* --- info -------------------------------------------------------------------------------------------------------- */

static bool has_language(const json_t *info, const char *prefix)
{
    const char *language = json_string_value(json_object_get(info, "language"));
    return language && strncasecmp(language, prefix, 2) == 0 && (language[2] == '\0' || language[2] == '-');
}

/* The first info in this language, or NULL. */
static const json_t *find_language(const json_t *infos, const char *prefix)
{
    const json_t *info = NULL;
    for (size_t i = 0; i < INFO_MAX && (info = item(infos, i)) != NULL; i++)
        if (has_language(info, prefix))
            return info;
    return NULL;
}

static char *read_web(const json_t *info, bool *is_wrong)
{
    char *web = line_of(info, "web", WEB_BYTES, is_wrong);
    if (web && (strncasecmp(web, "https://", 8) != 0 || strpbrk(web, " <>\"\\`{}|^"))) {
        free(web);
        web = NULL;
    }
    return web;
}

/* Does it say anything that can be passed on? What is there must all be readable: half a warning is none. */
static bool read_texts(const json_t *sv, const json_t *en, struct vma_alert *out)
{
    bool is_wrong = false;
    read_text(sv, &out->sv, &is_wrong);
    if (en != sv)
        read_text(en, &out->en, &is_wrong);
    return !is_wrong && (out->sv.event || (out->sv.description && out->sv.description[0]));
}

/* false: it cannot be passed on. *is_wrong: something beside the texts cannot be understood. */
static bool read_infos(const json_t *infos, struct vma_alert *out, bool *is_wrong)
{
    const json_t *sv = find_language(infos, "sv");
    const json_t *en = find_language(infos, "en");
    const json_t *info = NULL;
    if (!sv)
        sv = item(infos, 0);
    read_levels(sv, out);
    for (size_t i = 0; i < INFO_MAX && (info = item(infos, i)) != NULL; i++) {
        int64_t expires_us = time_of(info, "expires", is_wrong);
        if (expires_us > out->expires_us)
            out->expires_us = expires_us;
        read_areas(info, out);
    }
    out->sender_name = line_of(sv, "senderName", NAME_BYTES, is_wrong);
    out->web = read_web(sv, is_wrong);
    return read_texts(sv, en, out);
}

/* --- alerts ------------------------------------------------------------------------------------------------------ */

/* A text, or the first text of an array. */
static char *read_incident(const json_t *object, bool *is_wrong)
{
    const json_t *incidents = json_object_get(object, "incidents");
    if (!json_is_array(incidents))
        return line_of(object, "incidents", VMA_ID_BYTES, is_wrong);
    for (size_t i = 0; i < json_array_size(incidents); i++) {
        json_t *one = json_pack("{s:O}", "incident", json_array_get(incidents, i));
        char *incident = line_of(one, "incident", VMA_ID_BYTES, is_wrong);
        json_decref(one);
        if (incident)
            return incident;
    }
    return NULL;
}

static const char *word_of(const json_t *object, const char *name)
{
    const char *word = json_string_value(json_object_get(object, name));
    return word ? word : "";
}

/* What must be there to know what it is; false with the member's name. */
static bool read_kind(const json_t *object, struct vma_alert *out, const char **wrong)
{
    int status = 0;
    int type = 0;
    int scope = 0;
    *wrong = "status";
    if (!find_word(STATUSES, word_of(object, "status"), &status))
        return false;
    *wrong = "msgType";
    if (!find_word(TYPES, word_of(object, "msgType"), &type))
        return false;
    *wrong = "scope";
    if (!find_word(SCOPES, word_of(object, "scope"), &scope))
        return false;
    out->status = (enum vma_status)status;
    out->type = (enum vma_type)type;
    out->scope = (enum vma_scope)scope;
    return true;
}

static bool read_identity(const json_t *object, struct vma_alert *out, const char **wrong)
{
    bool is_wrong = false;
    *wrong = "identifier";
    out->identifier = line_of(object, "identifier", VMA_ID_BYTES, &is_wrong);
    if (is_wrong || !out->identifier)
        return false;
    *wrong = "sent";
    out->sent_us = time_of(object, "sent", &is_wrong);
    if (is_wrong || out->sent_us == 0)
        return false;
    *wrong = "incidents";
    out->incident = read_incident(object, &is_wrong);
    if (is_wrong)
        return false;
    if (!out->incident)
        out->incident = xstrdup(out->identifier);
    return true;
}

static bool read_alert(const json_t *object, struct vma_alert *out, struct source_faults *faults)
{
    const char *wrong = "form";
    bool is_wrong = false;
    if (!json_is_object(object) || !read_identity(object, out, &wrong) || !read_kind(object, out, &wrong)) {
        source_fault(faults, "alert %s: its %s is missing or cannot be understood",
                     out->identifier ? out->identifier : "without a name", wrong);
        return false;
    }
    bool has_text = read_infos(json_object_get(object, "info"), out, &is_wrong);
    if (out->type == VMA_TYPE_CANCEL)
        return true; /* whatever it says, it ends what it belongs to */
    if (!has_text)
        source_fault(faults, "alert %s: it has no text, or one that cannot be understood", out->identifier);
    else if (is_wrong)
        source_fault(faults, "alert %s: a part of its info cannot be understood", out->identifier);
    return has_text;
}

int vma_parse(const char *data, size_t n, struct vma_list **out, struct err *err)
{
    json_t *root = NULL;
    int rc = source_json_load(data, n, &root, err);
    if (rc)
        return rc;
    const json_t *alerts = json_object_get(root, "alerts");
    size_t count = json_array_size(alerts);
    if (!json_is_array(alerts) || count > VMA_ALERTS_MAX) {
        json_decref(root);
        return err_set(err, ERR_PROTOCOL, "the answer has no list \"alerts\" of at most %d: is the address right?",
                       VMA_ALERTS_MAX);
    }
    struct vma_list *list = xcalloc(1, sizeof *list);
    list->alerts = xcalloc(count + 1, sizeof list->alerts[0]);
    for (size_t i = 0; i < count; i++) {
        struct vma_alert *alert = &list->alerts[list->count];
        if (read_alert(json_array_get(alerts, i), alert, &list->faults)) {
            list->count++;
        } else {
            alert_fini(alert);
            *alert = (struct vma_alert){.identifier = NULL};
        }
    }
    json_decref(root);
    *out = list;
    return 0;
}

void vma_list_free(struct vma_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        alert_fini(&list->alerts[i]);
    free(list->alerts);
    free(list);
}

/* --- what counts ------------------------------------------------------------------------------------------------- */

bool vma_is_real(const struct vma_alert *alert)
{
    return alert->status == VMA_STATUS_ACTUAL && alert->scope == VMA_SCOPE_PUBLIC &&
           (alert->type == VMA_TYPE_ALERT || alert->type == VMA_TYPE_UPDATE || alert->type == VMA_TYPE_CANCEL);
}

static int rank(enum vma_type type)
{
    return type == VMA_TYPE_CANCEL ? 2 : type == VMA_TYPE_UPDATE ? 1 : 0;
}

bool vma_is_newer(const struct vma_alert *a, int64_t b_sent_us, enum vma_type b_type, const char *b_identifier)
{
    if (a->sent_us != b_sent_us)
        return a->sent_us > b_sent_us;
    if (rank(a->type) != rank(b_type))
        return rank(a->type) > rank(b_type);
    return strcmp(a->identifier, b_identifier) > 0;
}
