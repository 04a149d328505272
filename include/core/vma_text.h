/*
 * What a suggestion of a VMA says: the source's own words, letter by letter, and whose they are and from when.
 *
 * Texts are Markdown that shows the original as it was (core/markdown_escape.h); the last paragraph names the source
 * and the time. Nothing is interpreted, shortened or added in between. Pure but for the process's TZ (times are the
 * node's). Callers: core/vma_draft.c. Ownership: _make fills, _fini frees.
 */
#ifndef GB_CORE_VMA_TEXT_H
#define GB_CORE_VMA_TEXT_H

struct err;
struct vma_alert;

struct vma_words {
    char *title;              /* one line, plain */
    char *text, *instruction; /* Markdown; instruction "" when there is none */
    char *title_en, *text_en; /* "" when there is none; the instruction is the text's last part */
};

/* 0; ERR_TOO_LARGE with words when the warning is longer than an alert can be: it is never cut. */
int vma_words_make(const struct vma_alert *alert, struct vma_words *out, struct err *err);
/* Of a thread that was sent with `title`: what a Cancel says of it. */
int vma_words_make_end(const struct vma_alert *alert, const char *title, struct vma_words *out, struct err *err);
/* Harmless for a zeroed one. */
void vma_words_fini(struct vma_words *words);

#endif
