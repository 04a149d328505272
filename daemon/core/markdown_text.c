/*
 * The tree as plain text that says the same as the HTML, for old mail programs, for passing on and for reading aloud.
 *
 * Choices: paragraphs are one line each (mail programs wrap), emphasis leaves no marks, the title is underlined with =
 * and top headings with -, a link is "text (URL)" or the URL alone when the text says as much; tables are
 * markdown_grid.c's work.
 */
#include "core/markdown.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "core/markdown_grid.h"
#include "core/markdown_tree.h"

enum { DEPTH_MAX = 16, MARKER_BYTES = 16, LEAF_MAX_BYTES = 2 * MARKDOWN_MAX_BYTES };

/* One container round the present line: a quote, or a list item with its marker. */
struct level {
    char first[MARKER_BYTES]; /* before the first line: "> ", "- ", "12. " */
    char rest[MARKER_BYTES];  /* before the following ones */
    bool fresh;               /* the first line is still to come */
};

struct text {
    struct buf *out;
    struct buf leaf;                /* the inline content being gathered */
    struct level levels[DEPTH_MAX]; /* deeper containers are not indented further */
    int depth;
    bool blank; /* an empty line must come before the next one */
    int top_level;
    size_t link_at; /* where the text of the open link begins in `leaf` */
    bool in_link;
};

static void add_plain(struct buf *out, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, MD_CONTROL_BYTES);
        buf_add(out, text, plain);
        text += plain + (text[plain] != '\0');
    }
}

/* --- lines --- */

/* What the containers put before a line. A blank line carries it too, so that a quote stays one, but begins none. */
static void add_prefix(struct text *t, bool blank)
{
    for (int i = 0; i < t->depth && i < DEPTH_MAX; i++) {
        if (t->levels[i].fresh && blank)
            return;
        buf_adds(t->out, t->levels[i].fresh ? t->levels[i].first : t->levels[i].rest);
        t->levels[i].fresh = false;
    }
}

static void end_line(struct text *t, size_t from)
{
    while (t->out->len > from && t->out->data[t->out->len - 1] == ' ')
        buf_truncate(t->out, t->out->len - 1);
    buf_addc(t->out, '\n');
}

static void add_line(struct text *t, const char *line, size_t n)
{
    if (t->blank) {
        size_t from = t->out->len;
        add_prefix(t, true);
        end_line(t, from);
    }
    t->blank = false;
    size_t from = t->out->len;
    add_prefix(t, false);
    buf_add(t->out, line, n);
    end_line(t, from);
}

static void add_lines(struct text *t, const char *text)
{
    for (;;) {
        size_t n = strcspn(text, "\n");
        add_line(t, text, n);
        if (!text[n] || !text[n + 1] || !buf_ok(t->out))
            return;
        text += n + 1;
    }
}

static void add_underlined(struct text *t, const char *line, char mark)
{
    add_lines(t, line);
    size_t n = text_length(line);
    char rule[MARKDOWN_TEXT_COLUMNS];
    if (n < 3)
        n = 3;
    if (n > sizeof rule)
        n = sizeof rule;
    memset(rule, mark, n);
    add_line(t, rule, n);
    t->blank = true;
}

/* --- inline content --- */

/* Does the link's text say the URL already: the same with or without scheme, "www." and a closing slash? */
static bool says_url(const char *text, const char *url)
{
    const char *rest = strchr(url, ':');
    assert(rest);
    rest++;
    while (*rest == '/')
        rest++;
    const char *said = strncmp(text, url, (size_t)(rest - url)) == 0 ? text + (rest - url) : text;
    if (strncmp(rest, "www.", 4) == 0 && strncmp(said, "www.", 4) != 0)
        rest += 4;
    size_t n = strlen(rest);
    if (n > 0 && rest[n - 1] == '/' && strlen(said) == n - 1)
        n--;
    return strlen(said) == n && strncmp(said, rest, n) == 0;
}

static void end_link(struct text *t, const char *url)
{
    const char *text = buf_str(&t->leaf) + t->link_at;
    bool web = strncmp(url, "http", 4) == 0;
    const char *shown = web ? url : strchr(url, ':') + 1;
    if (says_url(text, url) || !*text) {
        buf_truncate(&t->leaf, t->link_at);
        add_plain(&t->leaf, shown);
    } else {
        buf_adds(&t->leaf, " (");
        add_plain(&t->leaf, shown);
        buf_addc(&t->leaf, ')');
    }
}

static void link_mark(struct text *t, cmark_node *node, bool enter)
{
    const char *url = cmark_node_get_url(node);
    if (!url || !md_is_link(url))
        return;
    if (enter && !t->in_link)
        t->link_at = t->leaf.len;
    else if (!enter && t->in_link && buf_ok(&t->leaf))
        end_link(t, url);
    t->in_link = enter;
}

static void inline_node(struct text *t, cmark_node *node, bool enter)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT:
    case CMARK_NODE_CODE:
        add_plain(&t->leaf, cmark_node_get_literal(node));
        break;
    case CMARK_NODE_SOFTBREAK:
        buf_addc(&t->leaf, ' ');
        break;
    case CMARK_NODE_LINEBREAK:
        buf_addc(&t->leaf, '\n');
        break;
    case CMARK_NODE_LINK:
        link_mark(t, node, enter);
        break;
    default: /* emphasis leaves no marks; an image is its children, the alternative text; raw HTML is dropped */
        break;
    }
}

static const char *leaf_text(struct text *t, cmark_node *block)
{
    buf_reset(&t->leaf);
    t->in_link = false;
    cmark_iter *iter = cmark_iter_new(block);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
        inline_node(t, cmark_iter_get_node(iter), event == CMARK_EVENT_ENTER);
    cmark_iter_free(iter);
    return buf_str(&t->leaf);
}

static void table_block(struct text *t, cmark_node *node)
{
    const struct md_table *table = md_table_of(node);
    struct buf lines;
    size_t width = MARKDOWN_TEXT_COLUMNS, rows = 0, r = 0;
    for (int i = 0; i < t->depth && i < DEPTH_MAX; i++)
        width -= strlen(t->levels[i].rest) < width ? strlen(t->levels[i].rest) : width;
    for (cmark_node *row = cmark_node_first_child(node); row; row = cmark_node_next(row))
        rows++;
    struct md_grid *grid = md_grid_new(rows, (size_t)table->columns);
    for (cmark_node *row = cmark_node_first_child(node); row; row = cmark_node_next(row), r++) {
        size_t c = 0;
        for (cmark_node *cell = cmark_node_first_child(row); cell; cell = cmark_node_next(cell))
            md_grid_set(grid, r, c++, leaf_text(t, cell));
    }
    buf_init(&lines, t->out->max);
    md_grid_write(grid, table->align, width, &lines);
    if (!buf_ok(&lines))
        t->out->overflow = true;
    add_lines(t, buf_str(&lines));
    buf_fini(&lines);
    md_grid_free(grid);
    t->blank = true;
}

/* --- blocks --- */

static void push(struct text *t, const char *first, const char *rest)
{
    if (t->depth < DEPTH_MAX) {
        struct level *level = &t->levels[t->depth];
        *level = (struct level){.fresh = true};
        memcpy(level->first, first, strlen(first) + 1);
        memcpy(level->rest, rest, strlen(rest) + 1);
    }
    t->depth++;
}

static void item_begin(struct text *t, cmark_node *item)
{
    cmark_node *list = cmark_node_parent(item);
    struct buf marker;
    char rest[MARKER_BYTES];
    buf_init(&marker, MARKER_BYTES - 1);
    if (cmark_node_get_list_type(list) == CMARK_ORDERED_LIST) {
        /* Each item keeps its number for the next: counting from the first would be quadratic. */
        cmark_node *before = cmark_node_previous(item);
        intptr_t number = before ? (intptr_t)cmark_node_get_user_data(before) + 1 : cmark_node_get_list_start(list);
        cmark_node_set_user_data(item, (void *)number); /* NOLINT(performance-no-int-to-ptr) */
        buf_addf(&marker, "%jd. ", (intmax_t)number);
    } else {
        buf_adds(&marker, "- ");
    }
    memset(rest, ' ', marker.len);
    rest[marker.len] = '\0';
    push(t, buf_str(&marker), rest);
    buf_fini(&marker);
}

static void pop(struct text *t)
{
    assert(t->depth > 0);
    if (t->depth <= DEPTH_MAX && t->levels[t->depth - 1].fresh)
        add_line(t, "", 0); /* an empty item still shows its marker */
    t->depth--;
}

/* Does an empty line come after the block? Not inside a tight list. */
static bool leaves_blank(cmark_node *block)
{
    cmark_node *parent = cmark_node_parent(block);
    cmark_node *list = cmark_node_get_type(parent) == CMARK_NODE_ITEM ? cmark_node_parent(parent) : parent;
    return cmark_node_get_type(list) != CMARK_NODE_LIST || !cmark_node_get_list_tight(list);
}

static void container(struct text *t, cmark_node *node, bool enter)
{
    if (cmark_node_get_type(node) != CMARK_NODE_LIST) {
        if (!enter)
            pop(t);
        else if (cmark_node_get_type(node) == CMARK_NODE_ITEM)
            item_begin(t, node);
        else
            push(t, "> ", "> ");
    }
    if (!enter)
        t->blank = leaves_blank(node);
}

static void leaf(struct text *t, cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_PARAGRAPH:
        if (!*leaf_text(t, node))
            return;
        add_lines(t, buf_str(&t->leaf));
        break;
    case CMARK_NODE_HEADING:
        leaf_text(t, node);
        if (cmark_node_get_heading_level(node) == t->top_level)
            add_underlined(t, buf_str(&t->leaf), '-');
        else
            add_lines(t, buf_str(&t->leaf));
        break;
    case CMARK_NODE_CODE_BLOCK:
        buf_reset(&t->leaf);
        add_plain(&t->leaf, cmark_node_get_literal(node));
        push(t, "    ", "    ");
        add_lines(t, buf_str(&t->leaf));
        pop(t);
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        add_line(t, "---", 3);
        break;
    default:
        return;
    }
    t->blank = leaves_blank(node);
}

static void walk(struct text *t, const struct markdown *md)
{
    cmark_iter *iter = cmark_iter_new(md->doc);
    cmark_event_type event;
    t->top_level = md_top_level(md);
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE && buf_ok(t->out)) {
        cmark_node *node = cmark_iter_get_node(iter);
        bool enter = event == CMARK_EVENT_ENTER;
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_BLOCK_QUOTE || type == CMARK_NODE_LIST || type == CMARK_NODE_ITEM)
            container(t, node, enter);
        else if (md_table_of(node) && enter)
            table_block(t, node);
        else if (enter && !md_is_cell(node))
            leaf(t, node);
    }
    cmark_iter_free(iter);
}

static void text_init(struct text *t, struct buf *out)
{
    *t = (struct text){.out = out};
    buf_init(&t->leaf, LEAF_MAX_BYTES);
}

int markdown_text(const struct markdown *md, struct buf *out)
{
    struct text t;
    text_init(&t, out);
    walk(&t, md);
    buf_fini(&t.leaf);
    return buf_ok(out) ? 0 : ERR_TOO_LARGE;
}

static void add_footer(struct text *t, const struct markdown_page *page)
{
    if (page->footer_count == 0 || page->forwardable)
        return;
    t->blank = true;
    add_line(t, "---", 3);
    for (size_t i = 0; i < page->footer_count; i++) {
        const struct markdown_line *line = &page->footer[i];
        buf_adds(t->out, line->text);
        if (line->url)
            buf_addf(t->out, ": %s", line->url);
        buf_addc(t->out, '\n');
    }
}

static void add_notice(struct text *t, const char *line)
{
    if (!line)
        return;
    add_lines(t, line);
    t->blank = true;
}

static void add_also(struct text *t, const struct markdown_also *also)
{
    if (!also)
        return;
    t->blank = true;
    add_line(t, "---", 3);
    t->blank = true;
    add_underlined(t, also->title, '-');
    t->blank = true;
    add_notice(t, also->notice);
    walk(t, also->body);
}

int markdown_text_document(const struct markdown *md, const struct markdown_page *page, struct buf *out)
{
    struct text t;
    text_init(&t, out);
    add_notice(&t, page->banner);
    add_underlined(&t, page->title, '=');
    add_notice(&t, page->notice);
    walk(&t, md);
    add_also(&t, page->also);
    add_footer(&t, page);
    buf_fini(&t.leaf);
    return buf_ok(out) ? 0 : ERR_TOO_LARGE;
}
