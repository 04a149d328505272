/*
 * The municipalities that a source's answers are looked through for: those that the configuration names, or all that
 * groups are in. What lies elsewhere is nobody's here, and is not kept.
 *
 * On a store thread, reader or writer. Ownership: loaded by the caller, ended with _fini.
 */
#ifndef GB_CORE_SOURCE_PLACES_H
#define GB_CORE_SOURCE_PLACES_H

#include <stdbool.h>
#include <stddef.h>

struct config_hosts;
struct db;

enum { SOURCE_CODE_BYTES = 5 };

struct source_place {
    char code[SOURCE_CODE_BYTES], county[SOURCE_CODE_BYTES];
    char *name, *key, *county_name, *county_key; /* keys: text_fold */
};

struct source_places {
    struct source_place *items; /* by code */
    size_t count;
};

/* `codes`: municipalities (4 digits) and counties (2 digits: all in it); none: where groups are. */
int source_places_load(struct db *db, const struct config_hosts *codes, struct source_places *out);
void source_places_fini(struct source_places *places);

/* Does `code` ("1292", "12", "00" for the whole country) take the place in? */
bool source_place_is_in(const struct source_place *place, const char *code);
/* A municipality or a county by its name. 0 and the code into one of the two (the other ""), or ERR_NOT_FOUND. */
int source_places_find(const struct source_places *places, const char *name, char municipality[SOURCE_CODE_BYTES],
                       char county[SOURCE_CODE_BYTES]);

#endif
