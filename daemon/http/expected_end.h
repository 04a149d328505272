/*
 * When a running letter is done, by what is left and the pace of its lane. Pure; any thread.
 */
#ifndef GB_HTTP_EXPECTED_END_H
#define GB_HTTP_EXPECTED_END_H

#include <stdint.h>

/* One message of a lane: rows that could go now. */
struct expected_work {
    int64_t message_id;
    int lane;
    int64_t rows;
};

/*
 * Seconds until the rows of work[which] are sent. Messages of one lane take turns row by row, so a message waits for as
 * many rows of each other one as it has itself, or for all of them when the other has fewer. `per_second` > 0 is the
 * lane's pace.
 */
int64_t expected_end_s(const struct expected_work *work, int n, int which, double per_second);

#endif
