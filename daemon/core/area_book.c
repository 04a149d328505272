/* What the area tables know of each other; see core/area_book.h. A few hundred codes: lists are enough. */
#include "core/area_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *area_table_file(enum area_table table)
{
    static const char *const names[] = {
#define FILE_ROW(name, file) [AREA_TABLE_##name] = file,
        AREA_TABLE_MAP(FILE_ROW)
#undef FILE_ROW
    };

    return names[table];
}

const char *area_column_name(enum area_column column)
{
    static const char *const names[] = {
#define COLUMN_ROW(name, text, field) [AREA_COLUMN_##name] = text,
        AREA_COLUMN_MAP(COLUMN_ROW)
#undef COLUMN_ROW
    };

    return names[column];
}

struct area_book *area_book_new(void)
{
    return xcalloc(1, sizeof(struct area_book));
}

void area_book_free(struct area_book *b)
{
    if (!b)
        return;
    for (size_t t = 0; t < AREA_TABLE_COUNT; t++) {
        for (size_t i = 0; i < b->known[t].count; i++)
            free(b->known[t].item[i]);
        free(b->known[t].item);
    }
    for (size_t i = 0; i < b->span_count; i++) {
        free(b->span[i].municipality);
        free(b->span[i].police_area);
        free(b->span[i].valid_from);
        free(b->span[i].valid_to);
    }
    free(b->span);
    free(b);
}

bool area_book_knows(const struct area_book *b, enum area_table table, const char *code)
{
    const struct area_codes *codes = &b->known[table];

    for (size_t i = 0; i < codes->count; i++) {
        if (strcmp(codes->item[i], code) == 0)
            return true;
    }
    return false;
}

void area_book_know(struct area_book *b, enum area_table table, const char *code)
{
    struct area_codes *codes = &b->known[table];

    if (area_book_knows(b, table, code))
        return;
    codes->item = xreallocarray(codes->item, codes->count + 1, sizeof(*codes->item));
    codes->item[codes->count++] = xstrdup(code);
}

static void add_span(struct area_book *b, char *const *cell)
{
    b->span = xreallocarray(b->span, b->span_count + 1, sizeof(*b->span));
    b->span[b->span_count++] = (struct area_span){.municipality = xstrdup(cell[AREA_COLUMN_MUNICIPALITY_CODE]),
                                                  .police_area = xstrdup(cell[AREA_COLUMN_POLICE_AREA]),
                                                  .valid_from = xstrdup(cell[AREA_COLUMN_VALID_FROM]),
                                                  .valid_to = xstrdup(cell[AREA_COLUMN_VALID_TO])};
}

void area_book_add(struct area_book *b, const struct area_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->table == AREA_TABLE_MEMBER)
            add_span(b, rows->row[i].cell);
        else
            area_book_know(b, rows->table, rows->row[i].cell[AREA_COLUMN_CODE]);
    }
}
