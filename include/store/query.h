/*
 * The names of all SQL statements. Their texts live in daemon/store/sql/ as commented SQL,
 * and nowhere else (`make lint` sees to it); all are prepared when a connection is tested.
 */
#ifndef GB_STORE_QUERY_H
#define GB_STORE_QUERY_H

enum query {
#define QUERY(id, scoped, name, sql) Q_##id,
#include "queries.inc"
#undef QUERY
    QUERY_COUNT
};

#endif
