/* The area tables that come with Grannbud; the contract is in core/area_shipped.h. */
#include "core/area_shipped.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/area_load.h"
#include "store/actor.h"

enum { LEVELS_MAX = 6 }; /* build/asan/tests/core/test_x is the deepest below its tree */

static bool has_tables(const char *dir)
{
    char *file = xasprintf("%s/municipalities.csv", dir);
    bool found = access(file, R_OK) == 0;
    free(file);
    return found;
}

char *area_shipped_dir(const char *exe)
{
    static const char *const places[] = {"share/grannbud/areas", "conf/areas"};
    char *up = xstrdup(exe);
    char *found = NULL;
    for (int level = 0; level < LEVELS_MAX && !found; level++) {
        char *slash = strrchr(up, '/');
        if (!slash)
            break;
        *slash = '\0';
        for (size_t i = 0; i < ARRAY_LEN(places) && !found; i++) {
            found = xasprintf("%s/%s", up, places[i]);
            if (!has_tables(found)) {
                free(found);
                found = NULL;
            }
        }
    }
    free(up);
    return found;
}

int area_load_shipped(struct db *db, struct err *err)
{
    struct actor actor = actor_daemon();
    struct area_load_result result;
    char exe[PATH_MAX] = "";
    char today[AREA_DATE_BYTES];
    time_t now = time(NULL);
    struct tm tm;
    int empty = 0;
    int rc = area_is_empty(db, &empty);
    if (rc || !empty)
        return rc;
    if (readlink("/proc/self/exe", exe, sizeof exe - 1) < 0)
        exe[0] = '\0';
    char *dir = area_shipped_dir(exe);
    if (!dir)
        return err_set(err, ERR_NOT_FOUND,
                       "the area tables are not installed: PREFIX/share/grannbud/areas/municipalities.csv is missing "
                       "(the program is %s)",
                       exe);
    localtime_r(&now, &tm);
    strftime(today, sizeof today, "%Y-%m-%d", &tm);
    rc = area_load_dir(db, &actor, dir, today, &result, err);
    if (rc == 0)
        log_notice("area", "areas loaded from=%s rows=%d", dir, result.rows);
    free(dir);
    return rc;
}
