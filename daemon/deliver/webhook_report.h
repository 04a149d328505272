/*
 * What is kept of a call for people: one line of what became of it, the beginning of the answer, and for a test the
 * whole conversation. Pure; texts of receivers come out as valid UTF-8 without control characters. Secrets
 * (deliver/webhook_hide.h) are left out of both sides. Private to deliver/webhooks.c.
 */
#ifndef GB_DELIVER_WEBHOOK_REPORT_H
#define GB_DELIVER_WEBHOOK_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "core/webhook_queue.h"
#include "net/http_call.h"

enum {
    WEBHOOK_TRANSCRIPT_BYTES = 32 * 1024,
    WEBHOOK_ANSWER_TEST_BYTES = 8 * 1024,
    WEBHOOK_HEAD_TEST_BYTES = 4 * 1024, /* of the answer's header lines */
};

/* "200 OK", "503 Service Unavailable, asks for 120 s", "no connection: ..." into out[room]; returns out. */
char *webhook_report_line(const struct http_answer *a, char *out, size_t room);
/* Up to room - 1 bytes of n, cut between characters, whatever they are; lines stay apart when `keeps_lines`. */
char *webhook_report_text(const char *data, size_t n, bool keeps_lines, char *out, size_t room);
/* Request and answer, at most WEBHOOK_TRANSCRIPT_BYTES; caller frees. */
char *webhook_report_transcript(const struct webhook_job *job, const struct http_answer *a);

#endif
