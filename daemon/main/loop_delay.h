/*
 * How late the loop is: a timer of LOOP_DELAY_EVERY_MS whose lateness is counted.
 *
 * Whatever keeps the loop from its work (a long callback, a starved processor) makes the timer fire late by as much,
 * so the histogram shows what any event waits at worst. Loop thread only.
 */
#ifndef GB_MAIN_LOOP_DELAY_H
#define GB_MAIN_LOOP_DELAY_H

struct histogram;
struct loop_delay;
struct uv_loop_s;

enum { LOOP_DELAY_EVERY_MS = 100 };

/* Starts at once. */
struct loop_delay *loop_delay_new(struct uv_loop_s *loop);
/* Closes the timer; the struct is freed by the loop afterwards. NULL is fine. */
void loop_delay_stop(struct loop_delay *d);
const struct histogram *loop_delay_histogram(const struct loop_delay *d);

#endif
