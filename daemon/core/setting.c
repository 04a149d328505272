/* Small facts of the installation; the contract is in core/setting.h. */
#include "core/setting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/db.h"

int setting_put(struct db *db, const char *name, const char *value)
{
    return db_exec(db, NULL, Q_SETTING_PUT, DB_ARGS(DB_TEXT(name), DB_TEXT(value)));
}

int setting_put_int(struct db *db, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    return setting_put(db, name, text);
}

static void copy_cut(char *out, size_t room, const char *text)
{
    size_t n = strlen(text);
    if (n >= room)
        n = room - 1;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--; /* never within a character */
    memcpy(out, text, n);
    out[n] = '\0';
}

int setting_get(struct db *db, const char *name, char *out, size_t room)
{
    char *value = NULL;
    int rc = db_get_text(db, &value, Q_SETTING_GET, DB_ARGS(DB_TEXT(name)));
    if (rc == 0 || rc == ERR_NOT_FOUND)
        copy_cut(out, room, value ? value : "");
    free(value);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int setting_get_int(struct db *db, const char *name, int64_t *out)
{
    char text[24];
    int rc = setting_get(db, name, text, sizeof text);
    if (rc == 0)
        *out = strtoll(text, NULL, 10);
    return rc;
}
