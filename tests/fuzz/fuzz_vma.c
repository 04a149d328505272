/*
 * Any bytes as an answer of the VMA API: what is given has what core/vma.h promises, above all that nothing is real
 * that does not say so, letter by letter.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "core/vma.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_text(const char *text, size_t max)
{
    if (!text)
        return;
    assert(text_is_utf8(text, strlen(text)) && strlen(text) <= max);
    for (const char *p = text; *p; p++)
        assert(*p == '\n' || (unsigned char)*p >= ' ');
}

static void check_alert(const struct vma_alert *a, const char *data, size_t n)
{
    assert(a->identifier && a->identifier[0] && a->incident && a->incident[0] && a->sent_us > 0);
    assert(a->severity[0] && a->urgency[0] && a->certainty[0]);
    assert(a->type == VMA_TYPE_CANCEL || a->sv.event || a->sv.description);
    check_text(a->sv.event, VMA_EVENT_BYTES);
    check_text(a->sv.description, VMA_TEXT_BYTES);
    check_text(a->en.instruction, VMA_TEXT_BYTES);
    for (size_t i = 0; i < a->code_count; i++)
        assert(strlen(a->codes[i]) == 2 || strlen(a->codes[i]) == 4);
    /* Without an escape in it, "Actual" must stand there. */
    if (vma_is_real(a) && !memchr(data, '\\', n))
        assert(memmem(data, n, "\"Actual\"", 8) && memmem(data, n, "\"Public\"", 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct vma_list *list = NULL;
    struct err err = {.text = ""};
    int rc = vma_parse((const char *)data, n, &list, &err);
    assert(rc == 0 || (rc < 0 && err.text[0] && !list));
    if (rc)
        return 0;
    assert(list->count <= VMA_ALERTS_MAX);
    for (size_t i = 0; i < list->count; i++)
        check_alert(&list->alerts[i], (const char *)data, n);
    for (size_t i = 0; i + 1 < list->count; i++) {
        const struct vma_alert *a = &list->alerts[i];
        const struct vma_alert *b = &list->alerts[i + 1];
        assert(!(vma_is_newer(a, b->sent_us, b->type, b->identifier) &&
                 vma_is_newer(b, a->sent_us, a->type, a->identifier)));
    }
    vma_list_free(list);
    return 0;
}
