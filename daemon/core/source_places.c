/* The municipalities that a source is looked through for; the contract is in core/source_places.h. */
#include "core/source_places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/config_value.h"
#include "store/db.h"

enum { PLACES_MAX = 1000 };

bool source_place_is_in(const struct source_place *place, const char *code)
{
    return strcmp(code, place->code) == 0 || strcmp(code, place->county) == 0 || strcmp(code, "00") == 0;
}

static bool is_wanted(const struct source_place *place, bool has_groups, const struct config_hosts *codes)
{
    if (codes->count == 0)
        return has_groups;
    for (size_t i = 0; i < codes->count; i++)
        if (source_place_is_in(place, codes->item[i]))
            return true;
    return false;
}

static void place_fini(struct source_place *place)
{
    free(place->name);
    free(place->key);
    free(place->county_name);
    free(place->county_key);
}

static void place_read(const struct db_rows *rows, struct source_place *out)
{
    snprintf(out->code, sizeof out->code, "%s", db_text(rows, 0));
    out->name = xstrdup(db_text(rows, 1));
    out->key = xstrdup(db_text(rows, 2));
    snprintf(out->county, sizeof out->county, "%s", db_text(rows, 3));
    out->county_name = xstrdup(db_text(rows, 4));
    out->county_key = text_fold(out->county_name);
}

int source_places_load(struct db *db, const struct config_hosts *codes, struct source_places *out)
{
    struct db_rows *rows = NULL;
    *out = (struct source_places){.items = NULL};
    int rc = db_query(db, &rows, Q_SOURCE_PLACES, DB_NO_ARGS);
    if (rc)
        return rc;
    out->items = xcalloc(PLACES_MAX, sizeof out->items[0]);
    while (out->count < PLACES_MAX && (rc = db_next(rows)) > 0) {
        struct source_place *place = &out->items[out->count];
        place_read(rows, place);
        if (is_wanted(place, db_int(rows, 5) != 0, codes)) {
            out->count++;
        } else {
            place_fini(place);
            *place = (struct source_place){.name = NULL};
        }
    }
    db_done(rows);
    if (rc < 0)
        source_places_fini(out);
    return rc < 0 ? rc : 0;
}

void source_places_fini(struct source_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        place_fini(&places->items[i]);
    free(places->items);
    *places = (struct source_places){.items = NULL};
}

int source_places_find(const struct source_places *places, const char *name, char municipality[SOURCE_CODE_BYTES],
                       char county[SOURCE_CODE_BYTES])
{
    char *key = text_fold(name);
    int rc = ERR_NOT_FOUND;
    for (size_t i = 0; key && rc && i < places->count; i++) {
        const struct source_place *place = &places->items[i];
        bool is_municipality = strcmp(place->key, key) == 0;
        bool is_county = place->county_key && strcmp(place->county_key, key) == 0;
        if (!is_municipality && !is_county)
            continue;
        memcpy(municipality, is_municipality ? place->code : "", is_municipality ? SOURCE_CODE_BYTES : 1);
        memcpy(county, is_municipality ? "" : place->county, is_municipality ? 1 : SOURCE_CODE_BYTES);
        rc = 0;
    }
    free(key);
    return rc;
}
