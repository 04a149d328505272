/*
 * Long lists, a page at a time. The cursor is the place of the last row shown (its sort key and id), so that rows that
 * come or go meanwhile neither repeat nor hide others; for callers it is opaque.
 */
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"
#include "http/api.h"
#include "store/db.h"

enum { ID_BYTES = 8, CURSOR_MAX = 4096 };

static char *cursor_write(int64_t id, const char *key)
{
    size_t n = strlen(key);
    unsigned char *raw = xmalloc(ID_BYTES + n);
    char *text = xmalloc(2 * (ID_BYTES + n) + 1);
    for (int i = 0; i < ID_BYTES; i++)
        raw[i] = (unsigned char)((uint64_t)id >> (56 - 8 * i));
    memcpy(raw + ID_BYTES, key, n);
    hex_encode(raw, ID_BYTES + n, text);
    free(raw);
    return text;
}

static bool cursor_read(const char *text, struct api_page *out)
{
    size_t n = strlen(text);
    if (n < 2 * ID_BYTES || n % 2 || n > CURSOR_MAX)
        return false;
    unsigned char *raw = xcalloc(1, n / 2 + 1);
    if (hex_decode(text, raw, n / 2) != 0 || memchr(raw + ID_BYTES, 0, n / 2 - ID_BYTES)) {
        free(raw);
        return false;
    }
    uint64_t id = 0;
    for (int i = 0; i < ID_BYTES; i++)
        id = id << 8 | raw[i];
    free(out->key);
    out->id = (int64_t)id;
    out->key = xstrdup((const char *)raw + ID_BYTES);
    free(raw);
    return true;
}

int api_page_init(struct api_call *call, struct api_page *out)
{
    struct api_page page = {.key = NULL};
    const char *after = api_query(call, "after", NULL);
    int rc = api_query_int(call, "limit", API_PAGE_DEFAULT, 1, API_PAGE_MAX, &page.limit);
    if (rc)
        return rc;
    page.key = xstrdup("");
    if (after && !cursor_read(after, &page)) {
        free(page.key);
        return err_set(&call->err, ERR_USAGE, "after=%.40s is no cursor: send back the \"next\" of the last answer",
                       after);
    }
    *out = page;
    return 0;
}

void api_page_fini(struct api_page *page)
{
    free(page->key);
    page->key = NULL;
}

int api_list(struct api_call *call, struct db_rows *rows, const char *spec, int key_column, const struct api_page *page)
{
    json_t *items = json_array();
    char *last = NULL;
    json_t *next = NULL;
    int rc = 0;
    while ((rc = db_next(rows)) > 0) {
        if ((int64_t)json_array_size(items) == page->limit) {
            next = json_string(last);
            break;
        }
        free(last);
        last = cursor_write(db_int(rows, 0), key_column >= 0 ? db_text(rows, key_column) : "");
        json_array_append_new(items, api_row(rows, spec));
    }
    db_done(rows);
    free(last);
    if (rc < 0) {
        json_decref(items);
        return rc;
    }
    call->result = json_pack("{s:o, s:o}", "items", items, "next", next ? next : json_null());
    return 0;
}
