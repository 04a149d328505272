/*
 * The ledger's invariants (core/ledger.h), walked row by row; fails the test with the first row that breaks one.
 *
 *   always       each state is of the table, no address twice in a message, a finished message has only final rows;
 *                over all messages, tally, lane_queue and ending say what the rows say, of a closed message nothing can
 *                be claimed, and what follows an earlier copy follows one of its thread and its reader
 *   at rest      besides: no row is claimed, a closed message has no pending row, and a message in state sending has
 *                one
 */
#ifndef GB_TESTS_LEDGER_CHECK_H
#define GB_TESTS_LEDGER_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct db;

void ledger_check(struct db *db, int64_t message_id, bool at_rest);

#endif
