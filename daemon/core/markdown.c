/* Parsing of Markdown and questions about its tree; the contract is in core/markdown.h and core/markdown_tree.h. */
#include "core/markdown.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/markdown_tree.h"
#include "core/slot.h"

enum { REWRITTEN_FACTOR = 8 };

/* A copy without the control bytes that have no meaning: all but slots, TAB and LF. */
static char *clean_copy(const char *text, size_t n, size_t *len)
{
    char *copy = xmalloc(n + 1);
    *len = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c >= 1 && c <= SLOT_MAX) || c == '\t' || c == '\n' || (c >= 0x20 && c != 0x7f))
            copy[(*len)++] = text[i];
    }
    copy[*len] = '\0';
    return copy;
}

int markdown_parse(const char *text, size_t n, struct markdown **out)
{
    if (n > MARKDOWN_MAX_BYTES)
        return ERR_TOO_LARGE;
    struct markdown *md = xcalloc(1, sizeof *md);
    struct buf rewritten;
    md->input = clean_copy(text, n, &md->input_len);
    buf_init(&rewritten, (size_t)MARKDOWN_MAX_BYTES * REWRITTEN_FACTOR);
    cmark_node *probe = cmark_parse_document(md->input, md->input_len, CMARK_OPT_VALIDATE_UTF8);
    md_tables_rewrite(md, probe, &rewritten);
    cmark_node_free(probe);
    int rc = buf_ok(&rewritten) ? 0 : ERR_TOO_LARGE;
    if (rc == 0) {
        md->doc = cmark_parse_document(buf_str(&rewritten), rewritten.len, CMARK_OPT_VALIDATE_UTF8);
        md_tables_gather(md);
        *out = md;
    } else {
        markdown_free(md);
    }
    buf_fini(&rewritten);
    return rc;
}

void markdown_free(struct markdown *md)
{
    if (!md)
        return;
    if (md->doc)
        cmark_node_free(md->doc);
    for (size_t i = 0; i < md->table_count; i++)
        free(md->tables[i]);
    free(md->tables);
    free(md->lines);
    free(md->input);
    free(md);
}

const struct md_table *md_table_of(cmark_node *node)
{
    return cmark_node_get_type(node) == CMARK_NODE_CUSTOM_BLOCK ? cmark_node_get_user_data(node) : NULL;
}

bool md_is_row(cmark_node *node)
{
    return cmark_node_get_type(node) == CMARK_NODE_CUSTOM_BLOCK && !cmark_node_get_user_data(node);
}

bool md_is_cell(cmark_node *node)
{
    cmark_node *parent = cmark_node_parent(node);
    return parent && md_is_row(parent);
}

bool md_is_link(const char *url)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:", "tel:"};
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return false;
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0 && url[strlen(schemes[i])])
            return true;
    return false;
}

int md_top_level(const struct markdown *md)
{
    int level = 6;
    cmark_iter *iter = cmark_iter_new(md->doc);
    while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        if (cmark_node_get_type(node) == CMARK_NODE_HEADING && cmark_node_get_heading_level(node) < level)
            level = cmark_node_get_heading_level(node);
    }
    cmark_iter_free(iter);
    return level;
}

size_t md_offset(const struct markdown *md, int line, int column)
{
    if (md->line_count == 0)
        return 0;
    size_t l = line < 1 ? 0 : (size_t)line - 1;
    if (l >= md->line_count)
        l = md->line_count - 1;
    const struct md_line *at = &md->lines[l];
    size_t c = column < 1 ? 0 : (size_t)column - 1;
    size_t offset = at->input + (c > at->prefix ? c - at->prefix : 0);
    return offset < md->input_len ? offset : md->input_len;
}

void md_plain(cmark_node *node, struct buf *out)
{
    cmark_iter *iter = cmark_iter_new(node);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        cmark_node *at = cmark_iter_get_node(iter);
        if (event != CMARK_EVENT_ENTER)
            continue;
        switch (cmark_node_get_type(at)) {
        case CMARK_NODE_TEXT:
        case CMARK_NODE_CODE:
            buf_adds(out, cmark_node_get_literal(at));
            break;
        case CMARK_NODE_SOFTBREAK:
        case CMARK_NODE_LINEBREAK:
            buf_addc(out, ' ');
            break;
        default:
            break;
        }
    }
    cmark_iter_free(iter);
}
