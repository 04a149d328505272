/*
 * The tree as HTML that an old pair of eyes, a screen reader and an old mail program can read.
 *
 * Choices: no colours but that of rules (#767676, 4.5:1 on white and on black), so that the reader's own light or dark
 * setting gives text of full contrast; 18px, line height 1.5, 40em; styles only as attributes, since mail programs drop
 * style sheets; void elements are closed (<br />), so the document is well-formed XML too; every table has header
 * cells with scope, and a scrollable, named region round it for small screens.
 * Slot bytes appear only in text and in the footer's URLs, never in another attribute.
 */
#include "core/markdown.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/markup.h"
#include "core/markdown_tree.h"

/* From WIDE_COLUMNS on a table is set smaller, so that a month's figures fit on a screen; a phone scrolls sideways. */
enum { HEADING_FIRST = 2, HEADING_LAST = 6, LABEL_MAX_BYTES = 200, WIDE_COLUMNS = 6 };

#define RULE "1px solid #767676"
#define CELL_STYLE "border:" RULE ";padding:0.4em;text-align:"

struct html {
    struct buf *out;
    int top_level; /* the smallest heading level in the letter */
    int level;     /* of the last heading written */
    bool in_link;
    struct buf label; /* the last heading, for naming a table */
};

/* Text of the letter, escaped; control bytes that a character reference may have made are dropped, slots are not. */
static void add_text(struct buf *out, const char *text)
{
    for (const char *p = text; *p;) {
        size_t plain = strcspn(p, "&<>\"" MD_CONTROL_BYTES);
        buf_add(out, p, plain);
        p += plain;
        const char *entity = markup_entity(*p);
        if (entity)
            buf_adds(out, entity);
        if (*p)
            p++;
    }
}

/* A URL that md_is_link() let pass, or the footer's: bytes that no URL holds are percent-encoded, slots stay. */
static void add_href(struct buf *out, const char *url)
{
    for (const char *p = url; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '&' || c == '\'')
            buf_adds(out, markup_entity(*p));
        else if (c == ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", *p))
            buf_addf(out, "%%%02X", c);
        else
            buf_addc(out, *p);
    }
}

static void heading(struct html *h, cmark_node *node, bool enter)
{
    if (!enter) {
        buf_addf(h->out, "</h%d>\n", h->level);
        return;
    }
    int level = HEADING_FIRST + cmark_node_get_heading_level(node) - h->top_level;
    if (level > h->level + 1)
        level = h->level + 1;
    h->level = level > HEADING_LAST ? HEADING_LAST : level;
    buf_reset(&h->label);
    md_plain(node, &h->label);
    buf_addf(h->out, "<h%d style=\"font-size:%s;line-height:1.25;margin:1.5em 0 0.5em\">", h->level,
             h->level == HEADING_FIRST ? "1.3em" : "1.1em");
}

static void paragraph(struct html *h, cmark_node *node, bool enter)
{
    cmark_node *item = cmark_node_parent(node);
    bool tight = cmark_node_get_type(item) == CMARK_NODE_ITEM && cmark_node_get_list_tight(cmark_node_parent(item));
    if (!tight)
        buf_adds(h->out, enter ? "<p style=\"margin:0 0 1em\">" : "</p>\n");
    else if (!enter && cmark_node_next(node))
        buf_addc(h->out, '\n');
}

static void list(struct html *h, cmark_node *node, bool enter)
{
    bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    if (!enter) {
        buf_adds(h->out, ordered ? "</ol>\n" : "</ul>\n");
        return;
    }
    buf_adds(h->out, ordered ? "<ol" : "<ul");
    if (ordered && cmark_node_get_list_start(node) != 1)
        buf_addf(h->out, " start=\"%d\"", cmark_node_get_list_start(node));
    buf_adds(h->out, " style=\"margin:0 0 1em;padding-left:1.5em\">\n");
}

static void link_mark(struct html *h, cmark_node *node, bool enter)
{
    const char *url = cmark_node_get_url(node);
    if (!url || !md_is_link(url))
        return;
    if (enter && !h->in_link) {
        buf_adds(h->out, "<a href=\"");
        add_href(h->out, url);
        buf_adds(h->out, "\">");
    } else if (!enter && h->in_link) {
        buf_adds(h->out, "</a>");
    }
    h->in_link = enter;
}

static const char *align_word(const struct md_table *table, int column)
{
    switch (table->align[column]) {
    case MD_ALIGN_RIGHT:
        return "right";
    case MD_ALIGN_CENTER:
        return "center";
    case MD_ALIGN_NONE:
    case MD_ALIGN_LEFT:
        break;
    }
    return "left";
}

static bool is_empty(cmark_node *cell)
{
    struct buf text;
    buf_init(&text, 1);
    md_plain(cell, &text);
    bool empty = text.len == 0 && buf_ok(&text);
    buf_fini(&text);
    return empty;
}

/* Column headers and the first cell of each row are header cells, unless they are empty. */
static const char *cell_tag(cmark_node *cell, const char **scope)
{
    cmark_node *row = cmark_node_parent(cell);
    bool head = !cmark_node_previous(row), first = !cmark_node_previous(cell);
    *scope = "";
    if ((!head && !first) || is_empty(cell))
        return "td";
    *scope = head ? " scope=\"col\"" : " scope=\"row\"";
    return "th";
}

static int column_of(cmark_node *cell)
{
    int column = 0;
    while ((cell = cmark_node_previous(cell)) != NULL)
        column++;
    return column;
}

static void cell(struct html *h, cmark_node *node, bool enter)
{
    const struct md_table *table = md_table_of(cmark_node_parent(cmark_node_parent(node)));
    const char *scope;
    const char *tag = cell_tag(node, &scope);
    if (enter)
        buf_addf(h->out, "<%s%s style=\"" CELL_STYLE "%s\">", tag, scope, align_word(table, column_of(node)));
    else
        buf_addf(h->out, "</%s>", tag);
}

static void row(struct html *h, cmark_node *node, bool enter)
{
    bool head = !cmark_node_previous(node);
    if (enter) {
        buf_adds(h->out, head ? "<thead>\n<tr>" : "<tr>");
        return;
    }
    const struct md_table *table = md_table_of(cmark_node_parent(node));
    cmark_node *last = cmark_node_last_child(node);
    for (int column = last ? column_of(last) + 1 : 0; column < table->columns && buf_ok(h->out); column++)
        buf_adds(h->out, "<td style=\"" CELL_STYLE "left\"></td>");
    buf_adds(h->out, "</tr>\n");
    if (head)
        buf_adds(h->out, cmark_node_next(node) ? "</thead>\n<tbody>\n" : "</thead>\n");
    else if (!cmark_node_next(node))
        buf_adds(h->out, "</tbody>\n");
}

static void table(struct html *h, const struct md_table *grid, bool enter)
{
    if (!enter) {
        buf_adds(h->out, "</table>\n</div>\n");
        return;
    }
    const char *label = buf_str(&h->label);
    bool named = h->label.len > 0 && buf_ok(&h->label);
    for (const char *p = label; *p; p++)
        named = named && (unsigned char)*p >= 0x20; /* no slots in attributes */
    buf_adds(h->out, "<div role=\"region\" tabindex=\"0\" aria-label=\"Tabell");
    if (named) {
        buf_adds(h->out, ": ");
        add_text(h->out, label);
    }
    buf_adds(h->out, "\" style=\"overflow-x:auto;margin:0 0 1em\">\n");
    if (grid->columns >= WIDE_COLUMNS) /* nothing else tells a reader on a phone that there is more to see */
        buf_adds(h->out, "<p style=\"margin:0 0 0.5em\">Ser du inte hela tabellen? Dra den i sidled.</p>\n");
    buf_addf(h->out, "<table style=\"border-collapse:collapse;font-size:%s\">\n",
             grid->columns >= WIDE_COLUMNS ? "0.8em" : "1em");
}

static void inline_node(struct html *h, cmark_node *node, bool enter)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT:
        add_text(h->out, cmark_node_get_literal(node));
        break;
    case CMARK_NODE_CODE:
        buf_adds(h->out, "<code>");
        add_text(h->out, cmark_node_get_literal(node));
        buf_adds(h->out, "</code>");
        break;
    case CMARK_NODE_SOFTBREAK:
        buf_addc(h->out, '\n');
        break;
    case CMARK_NODE_LINEBREAK:
        buf_adds(h->out, "<br />\n");
        break;
    case CMARK_NODE_EMPH:
        buf_adds(h->out, enter ? "<em>" : "</em>");
        break;
    case CMARK_NODE_STRONG:
        buf_adds(h->out, enter ? "<strong>" : "</strong>");
        break;
    case CMARK_NODE_LINK:
        link_mark(h, node, enter);
        break;
    default: /* an image's children are its alternative text; raw HTML is dropped */
        break;
    }
}

static void block_node(struct html *h, cmark_node *node, bool enter)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_BLOCK_QUOTE:
        buf_adds(h->out, enter
                             ? "<blockquote style=\"margin:0 0 1em;padding-left:1em;border-left:4px solid #767676\">\n"
                             : "</blockquote>\n");
        break;
    case CMARK_NODE_LIST:
        list(h, node, enter);
        break;
    case CMARK_NODE_ITEM:
        buf_adds(h->out, enter ? "<li>" : "</li>\n");
        break;
    case CMARK_NODE_CODE_BLOCK:
        buf_adds(h->out, "<pre style=\"white-space:pre-wrap;margin:0 0 1em\"><code>");
        add_text(h->out, cmark_node_get_literal(node));
        buf_adds(h->out, "</code></pre>\n");
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        buf_adds(h->out, "<hr style=\"border:0;border-top:" RULE "\" />\n");
        break;
    case CMARK_NODE_HEADING:
        heading(h, node, enter);
        break;
    case CMARK_NODE_PARAGRAPH:
        if (md_is_cell(node))
            cell(h, node, enter);
        else
            paragraph(h, node, enter);
        break;
    case CMARK_NODE_CUSTOM_BLOCK:
        if (md_table_of(node))
            table(h, md_table_of(node), enter);
        else
            row(h, node, enter);
        break;
    default:
        inline_node(h, node, enter);
        break;
    }
}

int markdown_html(const struct markdown *md, struct buf *out)
{
    struct html h = {.out = out, .top_level = md_top_level(md), .level = 1};
    buf_init(&h.label, LABEL_MAX_BYTES);
    cmark_iter *iter = cmark_iter_new(md->doc);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE && buf_ok(out))
        block_node(&h, cmark_iter_get_node(iter), event == CMARK_EVENT_ENTER);
    cmark_iter_free(iter);
    buf_fini(&h.label);
    return buf_ok(out) ? 0 : ERR_TOO_LARGE;
}

static void add_footer(struct buf *out, const struct markdown_page *page)
{
    if (page->footer_count == 0 || page->forwardable)
        return;
    buf_adds(out, "<footer style=\"margin-top:2em;padding-top:1em;border-top:" RULE "\">\n");
    for (size_t i = 0; i < page->footer_count; i++) {
        const struct markdown_line *line = &page->footer[i];
        buf_adds(out, "<p style=\"margin:0 0 0.5em\">");
        if (line->url) {
            buf_adds(out, "<a href=\"");
            add_href(out, line->url);
            buf_adds(out, "\">");
        }
        add_text(out, line->text);
        buf_adds(out, line->url ? "</a></p>\n" : "</p>\n");
    }
    buf_adds(out, "</footer>\n");
}

static void add_notice(struct buf *out, const char *line)
{
    if (!line)
        return;
    buf_adds(out, "<p style=\"margin:0 0 1em\"><strong>");
    add_text(out, line);
    buf_adds(out, "</strong></p>\n");
}

static void add_also(struct buf *out, const struct markdown_also *also)
{
    if (!also)
        return;
    buf_addf(out, "<section lang=\"%s\" style=\"margin-top:2em;padding-top:1em;border-top:" RULE "\">\n",
             also->language);
    buf_adds(out, "<h2 style=\"font-size:1.4em;line-height:1.25;margin:0 0 0.7em\">");
    add_text(out, also->title);
    buf_adds(out, "</h2>\n");
    add_notice(out, also->notice);
    markdown_html(also->body, out);
    buf_adds(out, "</section>\n");
}

int markdown_html_document(const struct markdown *md, const struct markdown_page *page, struct buf *out)
{
    buf_adds(out, "<!doctype html>\n<html lang=\"sv\">\n<head>\n<meta charset=\"utf-8\" />\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
                  "<meta name=\"color-scheme\" content=\"light dark\" />\n<title>");
    add_text(out, page->title);
    buf_adds(
        out,
        "</title>\n</head>\n"
        "<body style=\"margin:0;padding:1em;font-family:Verdana,Arial,sans-serif;font-size:18px;line-height:1.5\">\n"
        "<div style=\"max-width:40em;margin:0 auto;overflow-wrap:break-word\">\n<main>\n");
    add_notice(out, page->banner);
    buf_adds(out, "<h1 style=\"font-size:1.6em;line-height:1.25;margin:0 0 0.7em\">");
    add_text(out, page->title);
    buf_adds(out, "</h1>\n");
    add_notice(out, page->notice);
    markdown_html(md, out);
    add_also(out, page->also);
    buf_adds(out, "</main>\n");
    add_footer(out, page);
    buf_adds(out, "</div>\n</body>\n</html>\n");
    return buf_ok(out) ? 0 : ERR_TOO_LARGE;
}
