/* Capabilities from the lines of a connect; the contract is in deliver/smtp_caps.h. */
#include "deliver/smtp_caps.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

void smtp_greeter_init(struct smtp_greeter *g)
{
    memset(g, 0, sizeof *g);
    smtp_reply_init(&g->parser);
}

/* "SIZE 10240000": the keyword ends at a space (or '=', as in the old "AUTH=LOGIN"). */
static void take_capability(struct smtp_caps *caps, const char *s, size_t n)
{
    const struct {
        const char *word;
        bool *flag;
    } rows[] = {
        {"PIPELINING", &caps->pipelining}, {"SIZE", &caps->size}, {"SMTPUTF8", &caps->smtputf8},
        {"8BITMIME", &caps->eightbitmime}, {"AUTH", &caps->auth}, {"STARTTLS", &caps->starttls},
    };
    size_t word = 0;
    while (word < n && s[word] != ' ' && s[word] != '=')
        word++;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strlen(rows[i].word) == word && strncasecmp(rows[i].word, s, word) == 0)
            *rows[i].flag = true;
    }
}

/* While libcurl connects, only EHLO (or HELO) is answered by 250; its first line is the server's name. */
static void take_ehlo_line(struct smtp_greeter *g, const char *line, size_t n)
{
    if (n < 4 || memcmp(line, "250", 3) != 0) {
        g->in_ehlo = false;
        return;
    }
    if (g->in_ehlo)
        take_capability(&g->caps, line + 4, n - 4);
    else
        g->caps = (struct smtp_caps){.tls = g->ready};
    g->in_ehlo = line[3] == '-';
    g->greeted = true;
}

static void take_reply(struct smtp_greeter *g, const struct smtp_reply *r)
{
    if (r->code >= 400)
        g->refusal = *r;
    g->logged_in = g->logged_in || r->code == 235;
    g->ready = g->ready || (g->greeted && r->code == 220);
}

bool smtp_greeter_line(struct smtp_greeter *g, const char *line, size_t n)
{
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    if (++g->lines > SMTP_CONNECT_LINES) {
        g->problem = "the server said too much while we connected";
        return false;
    }
    take_ehlo_line(g, line, n);
    size_t used = 0;
    enum smtp_reply_result result = smtp_reply_feed(&g->parser, line, n, &used);
    if (result == SMTP_REPLY_MORE)
        result = smtp_reply_feed(&g->parser, "\n", 1, &used);
    if (result == SMTP_REPLY_DONE)
        take_reply(g, &g->parser.reply);
    g->problem = g->parser.problem;
    return result != SMTP_REPLY_BAD;
}
