/*
 * Any bytes as an area table: every row given has what its table promises, and a refused file gives none.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "core/area_file.h"
#include "core/file_errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int on_row(void *ctx, const struct area_row *row, struct err *err)
{
    (void)err;
    (*(size_t *)ctx)++;
    assert(row->code && row->line > 0);
    assert(row->name || row->table == AREA_TABLE_MEMBER);
    assert(row->county || row->table != AREA_TABLE_MUNICIPALITY);
    assert(!row->valid_to || strcmp(row->valid_from, row->valid_to) <= 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct area_book *b = area_book_new();
    struct file_errors errors;
    size_t rows = 0;

    area_book_know(b, AREA_TABLE_REGION, "syd");
    area_book_know(b, AREA_TABLE_COUNTY, "12");
    area_book_know(b, AREA_TABLE_MUNICIPALITY, "1292");
    area_book_know(b, AREA_TABLE_POLICE_AREA, "angelholm");
    file_errors_init(&errors, "fuzz.csv");
    if (area_file_read(b, (const char *)data, n, on_row, &rows, &errors, NULL) == 0)
        assert(errors.count == 0);
    else
        assert(errors.count > 0 && rows == 0);
    file_errors_fini(&errors);
    area_book_free(b);
    return 0;
}
