/*
 * What concerns the whole installation (staff, audit log, hold, backup) is for those who see all of it: a role alone is
 * not enough, since an administrator may have been given one municipality. Store threads.
 */
#ifndef GB_HTTP_API_SCOPE_H
#define GB_HTTP_API_SCOPE_H

#include "http/api.h"

static inline int api_scope_all(struct api_call *call)
{
    return call->actor.scope.kind == SCOPE_ALL
               ? 0
               : err_set(&call->err, ERR_FORBIDDEN,
                         "this concerns the whole installation, and %s is responsible for a part of it",
                         call->actor.name);
}

#endif
