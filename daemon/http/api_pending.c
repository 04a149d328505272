/* Tables of routes whose files are not in the tree yet. */
#include "http/api.h"

const struct api_route API_ROUTES_SERIES[] = {{.pattern = NULL}};
const struct api_route API_ROUTES_LETTER[] = {{.pattern = NULL}};
const struct api_route API_ROUTES_DELIVERY[] = {{.pattern = NULL}};
const struct api_route API_ROUTES_STAFF[] = {{.pattern = NULL}};
const struct api_route API_ROUTES_SYSTEM[] = {{.pattern = NULL}};
const struct api_route API_ROUTES_PAGE[] = {{.pattern = NULL}};
