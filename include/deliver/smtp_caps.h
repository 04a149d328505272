/*
 * What libcurl's header callback shows of a connect: the server's capabilities, whether TLS and login happened, and the
 * last refusal. Used by smtp_wire.c only; apart from it so that hostile replies can be tested without a server. Pure.
 *
 * A later EHLO reply replaces an earlier one: nothing that was said before TLS counts after it (RFC 3207 4.2).
 */
#ifndef GB_DELIVER_SMTP_CAPS_H
#define GB_DELIVER_SMTP_CAPS_H

#include "deliver/smtp_reply.h"
#include "deliver/smtp_wire.h"

enum { SMTP_CONNECT_LINES = 500 };

struct smtp_greeter {
    struct smtp_caps caps;     /* .tls: STARTTLS was answered by 220 before this EHLO */
    struct smtp_reply refusal; /* the last 4xx or 5xx; code 0 when none */
    bool logged_in;            /* 235 was said */
    const char *problem;       /* what is wrong with the server's replies; static, NULL when nothing */
    int lines;
    bool greeted; /* an EHLO reply has come */
    bool ready;   /* 220 after it */
    bool in_ehlo;
    struct smtp_reply_parser parser;
};

void smtp_greeter_init(struct smtp_greeter *g);
/* One line as the server sent it, with or without its line end. False when it is no SMTP (libcurl itself would take a
 * NUL, or lines with different codes) or the server has said more than SMTP_CONNECT_LINES lines: `problem` is set, and
 * the connect must be given up. */
bool smtp_greeter_line(struct smtp_greeter *g, const char *line, size_t n);

#endif
