/* Atom; the contract is in core/atom.h, the sections are those of RFC 4287. */
#include "core/atom.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/markup.h"

static void add_time(struct buf *out, const char *name, int64_t us)
{
    char text[TIME_TEXT_BYTES];
    markup_add_element(out, name, time_format_utc(us > 0 ? us : 0, text));
}

/* An element that has to be there (4.1.1, 4.1.2). */
static void add_required(struct buf *out, const char *name, const char *text, const char *otherwise)
{
    size_t begin = out->len;
    markup_add_element(out, name, text);
    if (out->len == begin)
        markup_add_element(out, name, otherwise);
}

static void add_attribute(struct buf *out, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    buf_addf(out, " %s=\"", name);
    markup_add_xml(out, value);
    buf_addc(out, '"');
}

static void add_link(struct buf *out, const struct atom_link *link)
{
    buf_adds(out, "<link");
    add_attribute(out, "rel", link->rel);
    add_attribute(out, "type", link->type);
    add_attribute(out, "href", link->href);
    buf_adds(out, "/>\n");
}

static void add_category(struct buf *out, const struct atom_category *category)
{
    buf_adds(out, "<category");
    add_attribute(out, "term", category->term);
    add_attribute(out, "scheme", category->scheme);
    add_attribute(out, "label", category->label);
    buf_adds(out, "/>\n");
}

void atom_begin(struct buf *out, const struct atom_feed *feed)
{
    const struct atom_link self = {"self", "application/atom+xml", feed->self};
    buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"sv\">\n");
    markup_add_element(out, "id", feed->id);
    add_required(out, "title", feed->title, "Grannbud");
    markup_add_element(out, "subtitle", feed->subtitle);
    add_time(out, "updated", feed->updated_us);
    buf_adds(out, "<author>\n");
    add_required(out, "name", feed->author, "Grannbud");
    buf_adds(out, "</author>\n");
    add_link(out, &self);
    buf_adds(out, "<generator version=\"" GRANNBUD_VERSION "\">Grannbud</generator>\n");
}

void atom_entry(struct buf *out, const struct atom_entry *entry)
{
    buf_adds(out, "<entry>\n");
    markup_add_element(out, "id", entry->id);
    add_required(out, "title", entry->title, "Utan rubrik");
    if (entry->published_us > 0)
        add_time(out, "published", entry->published_us);
    add_time(out, "updated", entry->updated_us);
    for (size_t i = 0; i < entry->link_count; i++)
        add_link(out, &entry->links[i]);
    for (size_t i = 0; i < entry->category_count; i++)
        add_category(out, &entry->categories[i]);
    markup_add_element(out, "summary", entry->summary);
    if (entry->content_html && entry->content_html[0]) {
        buf_adds(out, "<content type=\"html\">");
        markup_add_xml(out, entry->content_html);
        buf_adds(out, "</content>\n");
    }
    buf_adds(out, "</entry>\n");
}

void atom_end(struct buf *out)
{
    buf_adds(out, "</feed>\n");
}
