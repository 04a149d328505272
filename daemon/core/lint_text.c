/*
 * The text of a block as readers see it, its words, and the way back to the file.
 *
 * Emphasis and line breaks do not hide anything: "**ABC** 123" is "ABC 123" here. What word processors put in (soft
 * hyphens, zero-width and non-breaking blanks, typographic dashes and quotes) is made plain, so that the rules need
 * to know one form only. Bounds: a block is no longer than the letter; there are fewer words than bytes.
 */
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/lint_inside.h"

enum { SEARCH_BYTES = 4000, NEEDLE_BYTES = 16 };

/* What a character becomes: itself (0), nothing (1), or an ASCII character. */
static char plain_form(ucs4_t c)
{
    switch (c) {
    case 0x00ad: /* soft hyphen, zero-width characters, byte order mark */
    case 0x200b:
    case 0x200c:
    case 0x200d:
    case 0x2060:
    case 0xfeff:
        return 1;
    case '\n':
    case '\t':
    case 0x00a0:
    case 0x2022:
    case 0x202f:
    case 0x3000:
        return ' ';
    case 0x2018:
    case 0x2019:
        return '\'';
    case 0x201c:
    case 0x201d:
    case 0x00ab:
    case 0x00bb:
        return '"';
    case 0x2026:
        return '.';
    default:
        break;
    }
    if (c >= 0x2000 && c <= 0x200a)
        return ' ';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
        return '-';
    if (c >= 0xff01 && c <= 0xff5e) /* full-width forms */
        return (char)(c - 0xff01 + '!');
    return 0;
}

static void add_anchor(struct lint_block *block, size_t at, size_t input)
{
    if (block->anchor_count == block->anchor_cap) {
        block->anchor_cap = block->anchor_cap ? block->anchor_cap * 2 : 8;
        block->anchors = xreallocarray(block->anchors, block->anchor_cap, sizeof *block->anchors);
    }
    block->anchors[block->anchor_count++] = (struct lint_anchor){at, input};
}

static void add_plain(struct lint_block *block, struct buf *out, const char *text, size_t input)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t left = strlen(text);
    add_anchor(block, out->len, input);
    while (left > 0) {
        ucs4_t c;
        int n = u8_mbtoucr(&c, p, left);
        if (n <= 0) { /* cmark has replaced what is invalid; be sure to get on */
            n = 1;
            c = ' ';
        }
        char plain = plain_form(c);
        if (plain == 0)
            buf_add(out, p, (size_t)n);
        else if (plain != 1)
            buf_addc(out, plain);
        p += n;
        left -= (size_t)n;
        input += (size_t)n;
        if (plain != 0 && n > 1)
            add_anchor(block, out->len, input);
    }
}

static void begin_link(struct lint_block *block, cmark_node *node, size_t at)
{
    if (block->link_count == block->link_cap) {
        block->link_cap = block->link_cap ? block->link_cap * 2 : 4;
        block->links = xreallocarray(block->links, block->link_cap, sizeof *block->links);
    }
    const char *url = cmark_node_get_url(node);
    block->links[block->link_count++] = (struct lint_link){at, at, url ? url : ""};
}

bool lint_is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Does a sentence end in text[from..to)? A full stop counts when a blank and a capital follow, or the end. */
static bool ends_sentence(const struct lint_block *block, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        char c = block->text[i];
        if (c == '!' || c == '?')
            return true;
        if (c != '.')
            continue;
        size_t next = i + 1;
        while (next < block->len && !lint_is_word_byte(block->text[next]))
            next++;
        ucs4_t letter = 0;
        if (next < block->len)
            u8_mbtouc(&letter, (const uint8_t *)block->text + next, block->len - next);
        if (next == block->len || (next > i + 1 && uc_is_property_uppercase(letter)))
            return true;
    }
    return false;
}

static size_t word_end(const struct lint_block *block, size_t at)
{
    size_t i = at;
    while (i < block->len) {
        bool hyphen = block->text[i] == '-' && i > at && i + 1 < block->len && lint_is_word_byte(block->text[i + 1]) &&
                      (block->text[i - 1] < '0' || block->text[i - 1] > '9') &&
                      (block->text[i + 1] < '0' || block->text[i + 1] > '9');
        if (!lint_is_word_byte(block->text[i]) && !hyphen)
            break;
        i++;
    }
    return i;
}

static void read_word(const struct lint_block *block, size_t at, size_t end, struct lint_word *word)
{
    size_t low_len = 0;
    *word = (struct lint_word){.at = at, .len = end - at, .capitals = true};
    for (size_t i = at; i < end;) {
        ucs4_t c;
        int n = u8_mbtouc(&c, (const uint8_t *)block->text + i, end - i);
        bool upper = uc_is_property_uppercase(c);
        if (c >= '0' && c <= '9')
            word->digits++;
        else if (uc_is_property_alphabetic(c))
            word->letters++;
        if (i == at)
            word->capital = upper;
        word->capitals = word->capitals && (upper || !uc_is_property_alphabetic(c));
        int low = u8_uctomb((uint8_t *)word->low + low_len, uc_tolower(c), (ptrdiff_t)(LINT_WORD_BYTES - 1 - low_len));
        low_len += low > 0 ? (size_t)low : 0;
        i += (size_t)n;
    }
    word->low[low_len] = '\0';
    word->capitals = word->capitals && word->letters > 0;
}

static void split_words(struct lint_block *block)
{
    size_t cap = 0, gap_from = 0;
    for (size_t i = 0; i < block->len;) {
        if (!lint_is_word_byte(block->text[i])) {
            i++;
            continue;
        }
        if (block->word_count == cap) {
            cap = cap ? cap * 2 : 16;
            block->words = xreallocarray(block->words, cap, sizeof *block->words);
        }
        if (block->word_count > 0 && ends_sentence(block, gap_from, i))
            block->sentences++;
        size_t end = word_end(block, i);
        read_word(block, i, end, &block->words[block->word_count]);
        block->words[block->word_count++].sentence = block->sentences;
        i = gap_from = end;
    }
    if (block->word_count > 0)
        block->sentences++;
}

static void read_inlines(struct lint_block *block, const struct markdown *md, cmark_node *node, struct buf *out)
{
    cmark_iter *iter = cmark_iter_new(node);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        cmark_node *at = cmark_iter_get_node(iter);
        size_t input = md_offset(md, cmark_node_get_start_line(at), cmark_node_get_start_column(at));
        switch (cmark_node_get_type(at)) {
        case CMARK_NODE_TEXT:
        case CMARK_NODE_CODE:
        case CMARK_NODE_CODE_BLOCK:
            if (event == CMARK_EVENT_ENTER)
                add_plain(block, out, cmark_node_get_literal(at), input);
            break;
        case CMARK_NODE_SOFTBREAK:
        case CMARK_NODE_LINEBREAK:
            buf_addc(out, ' ');
            break;
        case CMARK_NODE_LINK:
            if (event == CMARK_EVENT_ENTER)
                begin_link(block, at, out->len);
            else
                block->links[block->link_count - 1].end = out->len;
            break;
        default:
            break;
        }
    }
    cmark_iter_free(iter);
}

void lint_block_read(struct lint_block *block, const struct markdown *md, cmark_node *node, enum lint_place place)
{
    struct buf out;
    buf_init(&out, MARKDOWN_MAX_BYTES);
    *block = (struct lint_block){.place = place};
    add_anchor(block, 0, md_offset(md, cmark_node_get_start_line(node), cmark_node_get_start_column(node)));
    read_inlines(block, md, node, &out);
    block->len = out.len;
    block->text = buf_take(&out);
    split_words(block);
}

void lint_block_plain(struct lint_block *block, enum lint_place place, const char *text, size_t input)
{
    struct buf out;
    buf_init(&out, MARKDOWN_MAX_BYTES);
    *block = (struct lint_block){.place = place};
    add_plain(block, &out, text, input);
    block->len = out.len;
    block->text = buf_take(&out);
    split_words(block);
}

void lint_block_fini(struct lint_block *block)
{
    free(block->text);
    free(block->anchors);
    free(block->links);
    free(block->words);
    *block = (struct lint_block){0};
}

/* cmark's columns are off behind a line break in lists and quotes, and in code: when the text is not where it should
 * be, the first place nearby where it stands is taken. */
static size_t correct(const struct markdown *md, size_t guess, const char *found, size_t len)
{
    size_t n = 0;
    while (n < len && n < NEEDLE_BYTES && found[n] != ' ')
        n++;
    if (n == 0 || (guess + n <= md->input_len && memcmp(md->input + guess, found, n) == 0))
        return guess;
    size_t from = guess;
    while (from > 0 && md->input[from - 1] != '\n')
        from--;
    size_t reach = md->input_len - from < SEARCH_BYTES ? md->input_len - from : SEARCH_BYTES;
    const char *at = memmem(md->input + from, reach, found, n);
    return at ? (size_t)(at - md->input) : guess;
}

size_t lint_block_input(const struct lint_block *block, const struct markdown *md, size_t at, size_t len)
{
    size_t low = 0, high = block->anchor_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (block->anchors[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    size_t guess = block->anchors[low].input + (at - block->anchors[low].at);
    if (guess > md->input_len)
        guess = md->input_len;
    return correct(md, guess, block->text + at, len);
}

bool lint_is_adjacent(const struct lint_block *block, size_t word)
{
    if (word + 1 >= block->word_count)
        return false;
    size_t end = block->words[word].at + block->words[word].len;
    return block->words[word + 1].at == end + 1 && block->text[end] == ' ';
}

bool lint_word_in(const char *word, const char *const *words)
{
    for (; *words; words++) {
        size_t n = strlen(*words);
        bool begins = (*words)[n - 1] == '*';
        if (begins ? strncmp(word, *words, n - 1) == 0 : strcmp(word, *words) == 0)
            return true;
    }
    return false;
}
