/* How many letters a second one thread fills: a monthly letter with five slots, about 6 kB of text and HTML each. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "core/mail_form.h"

enum { ROUNDS = 200000 };

static char *body(const char *frame, const char *line)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, frame);
    for (int i = 0; i < 60; i++)
        buf_adds(&b, line);
    buf_adds(&b, "Till \x01 i \x03, \x04.\nDin sida: \x06\n");
    return buf_take(&b);
}

static struct mail_form *compile(void)
{
    char *text = body("Hej \x02!\n",
                      "Någon ringer och säger sig vara från banken, en myndighet eller polisen. Lägg på luren.\n");
    char *html = body("<p>Hej \x02!</p>\n",
                      "<p>Altandörrar på baksidan har brutits upp på dagtid. Lås även när du är hemma.</p>\n");
    struct mail_form_input in = {
        .from_name = "Polisen Ängelholm grannsamverkan",
        .from_address = "angelholm@grannsam.example.se",
        .subject = "Månadsbrev grannsamverkan, \x05",
        .text = text,
        .html = html,
        .list_id = "angelholm.grannsam.example.se",
        .list_name = "Grannsamverkan Ängelholm",
        .precedence = "list",
        .language = "sv",
        .domain = "grannsam.example.se",
        .auto_submitted = true,
    };
    struct mail_form *form = NULL;
    if (mail_form_compile(&in, &form, NULL) != 0)
        abort();
    free(text);
    free(html);
    return form;
}

int main(void)
{
    struct mail_form *form = compile();
    struct slot_values slots = {{NULL, "Lärkvägen m.fl.", "Märta", "Ängelholm", "Munka-Ljungby", "mars 2026"}};
    struct mail_recipient r = {
        .to_name = "Märta Fiktiv",
        .to_address = "marta.fiktiv@example.se",
        .slots = &slots,
        .message_id = "dlv_0d4k7h2m9q1r5",
        .reply_to = "r+0d4k7h2m9q1r50d4k7h2m9q1r5abc@grannsam.example.se",
        .unsubscribe_url = "https://grannsam.example.se/u/0d4k7h2m9q1r50d4k7h2m9q1r5abc",
        .unsubscribe_mailto = "u+0d4k7h2m9q1r50d4k7h2m9q1r5abc@grannsam.example.se",
        .date_us = INT64_C(1788246000000000),
        .date_offset_minutes = 120,
    };
    struct buf out;
    buf_init(&out, MAIL_MESSAGE_MAX_BYTES);
    int64_t begin = clock_mono_ms(clock_system());
    for (int i = 0; i < ROUNDS; i++) {
        if (mail_form_fill(form, &r, &out, NULL) != 0)
            abort();
    }
    int64_t ms = clock_mono_ms(clock_system()) - begin;
    double per_s = ROUNDS * 1000.0 / (double)(ms > 0 ? ms : 1);
    printf("mail_form: %.0f letters/s, %zu bytes each, %.0f MB/s\n", per_s, out.len, per_s * (double)out.len / 1e6);
    mail_form_free(form);
    buf_fini(&out);
    return 0;
}
