/*
 * What an alert to 100 000 people costs before it leaves: its plan on a reader (the groups, the count, lint), the
 * sending, the change and the recall on the writer, each with its commit. 20 000 groups with points, or argv[1]
 * persons, in a store on disk (argv[2] is its folder, /tmp without). One line a figure; the best of a few rounds, in
 * milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/area.h"
#include "core/config.h"
#include "core/register_import.h"
#include "store/db.h"
#include "store/migrate.h"

enum { ROUNDS = 5, PEOPLE_IN_GROUP = 5 };

struct bench {
    struct db *writer, *reader;
    struct config config;
    struct actor actor;
    struct err err;
};

static void check(struct bench *b, const char *what, int rc)
{
    if (rc) {
        fprintf(stderr, "bench_alert_send: %s: %s %s\n", what, err_name(rc), b->err.text);
        exit(1);
    }
}

static void make_register(struct buf *out, int persons)
{
    buf_adds(out, "Område;Typ;Status;lat;lon;Roll;Förnamn;Efternamn;E-post\n");
    for (int i = 0; i < persons; i++) {
        int group = i / PEOPLE_IN_GROUP;
        buf_addf(out, "Område %d;%s;Aktiv;56.%06d;12.%06d;KO;Förnamn%d;Efternamn%d;person%d@example.se\n", group,
                 group % 10 ? "Villa" : "Båt", 100000 + group * 7919 % 800000, 100000 + group * 104729 % 800000, i, i,
                 i);
    }
}

static void import_register(struct bench *b, const struct buf *text)
{
    struct register_import_options options = {.municipality_code = "1292"};
    struct register_import_result result;
    struct register_import *import = NULL;
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, text->data, text->len);
    check(b, "import", register_import_try(b->writer, &b->actor, &source, &options, &result, &import, &b->err));
    for (bool is_done = false; !is_done;) {
        check(b, "begin", db_begin(b->writer));
        check(b, "import", register_import_write(import, b->writer, &is_done, &b->err));
        check(b, "commit", db_commit(b->writer));
    }
    register_import_free(import);
}

static void open_store(struct bench *b, const char *path)
{
    char url[300];
    int n = 0;
    snprintf(url, sizeof url, "sqlite:%s", path);
    check(b, "store", db_open(url, DB_WRITER, clock_system(), &b->writer, &b->err));
    check(b, "schema", migrate_to(b->writer, migrate_latest(), &b->err));
    check(b, "area", area_put_county(b->writer, "12", "Skåne län", &n));
    check(b, "area", area_put_municipality(b->writer, "1292", "Ängelholm", "12", &n));
    check(b, "area", area_refresh_scopes(b->writer, "2026-04-01"));
    check(b, "reader", db_open(url, DB_READER, clock_system(), &b->reader, &b->err));
}

/* What this thread has used of the processor: a machine that is busy with other things says nothing of us. */
static int64_t used_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static double ms_since(int64_t from_us)
{
    return (double)(used_us() - from_us) / 1000;
}

/* The best of ROUNDS plans of the target. */
static int64_t measure_plan(struct bench *b, const char *label, const struct alert_input *in)
{
    double best = 0;
    int64_t recipients = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct alert_plan plan;
        alert_plan_init(&plan);
        int64_t from = used_us();
        check(b, "begin", db_begin(b->reader)); /* as the store's readers do */
        check(b, label, alert_plan_new(b->reader, &b->actor, &b->config, in, &plan, &b->err));
        db_rollback(b->reader);
        double ms = ms_since(from);
        best = i == 0 || ms < best ? ms : best;
        recipients = plan.audience.recipients;
        if (i + 1 == ROUNDS)
            printf("alert_plan %s groups=%lld recipients=%lld best_cpu_ms=%.1f\n", label,
                   (long long)plan.audience.groups, (long long)recipients, best);
        alert_plan_fini(&plan);
    }
    return recipients;
}

/* Send, change and take back; the longest of each is told, as the writer is nobody else's meanwhile. */
static void measure_thread(struct bench *b, struct alert_input in)
{
    double send = 0, change = 0, recall = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct alert_plan plan;
        struct alert_answer answer;
        alert_plan_init(&plan);
        check(b, "plan", alert_plan_new(b->reader, &b->actor, &b->config, &in, &plan, &b->err));
        int64_t from = used_us();
        check(b, "begin", db_begin(b->writer));
        check(b, "send", alert_send(b->writer, &b->actor, &b->config, &in, &plan, &answer, &b->err));
        check(b, "commit", db_commit(b->writer));
        double ms = ms_since(from);
        send = ms > send ? ms : send;
        alert_plan_fini(&plan);

        struct alert_input news = ALERT_INPUT_INIT;
        news.text = "En vit skåpbil sågs i natt. Ring 112.";
        check(b, "plan", alert_plan_update(b->reader, &b->actor, &b->config, answer.id, &news, &plan, &b->err));
        from = used_us();
        check(b, "begin", db_begin(b->writer));
        check(b, "update", alert_update(b->writer, &b->actor, &b->config, answer.id, &news, &plan, &answer, &b->err));
        check(b, "commit", db_commit(b->writer));
        ms = ms_since(from);
        change = ms > change ? ms : change;
        alert_plan_fini(&plan);

        from = used_us();
        check(b, "begin", db_begin(b->writer));
        check(b, "recall",
              alert_recall(b->writer, &b->actor, &b->config, answer.id, &(struct alert_recall_input){.title = NULL},
                           &answer, &b->err));
        check(b, "commit", db_commit(b->writer));
        ms = ms_since(from);
        recall = ms > recall ? ms : recall;
    }
    printf("alert_writer send_longest_cpu_ms=%.1f update_longest_cpu_ms=%.1f recall_longest_cpu_ms=%.1f\n", send,
           change, recall);
}

static void run(struct bench *b, const char *path, int persons)
{
    static char code[] = "1292", boats[] = "boat", zone[] = "Europe/Stockholm";
    static char *codes[] = {code}, *kinds[] = {boats};
    struct geo_point box[] = {{56100000, 12100000}, {56100000, 12900000}, {56900000, 12900000}, {56900000, 12100000}};
    struct buf text;
    struct alert_input in = ALERT_INPUT_INIT;
    b->config.node.timezone = zone;
    b->config.alert.default_expiry_s = 86400;
    b->config.letter.retry_max_age_s = 86400;
    buf_init(&text, 256 * 1024 * 1024);
    make_register(&text, persons);
    open_store(b, path);
    import_register(b, &text);
    buf_fini(&text);
    in.kind = "boat_theft";
    in.title = "Båtmotorer stulna i Skälderviken";
    in.text = "Tre utombordare stals i natt. Ring 112 om du ser något, 114 14 för tips.";
    in.target.has_circle = true;
    in.target.centre = (struct geo_point){56500000, 12500000};
    in.target.radius_m = 20000;
    measure_plan(b, "circle", &in);
    in.target = (struct alert_target){.polygon = box, .polygon_count = ARRAY_LEN(box)};
    measure_plan(b, "polygon", &in);
    in.target = (struct alert_target){.group_kinds = kinds, .group_kind_count = 1};
    measure_plan(b, "kind", &in);
    in.target = (struct alert_target){.municipalities = codes, .municipality_count = 1};
    in.confirm_recipients = measure_plan(b, "municipality", &in);
    measure_thread(b, in);
    db_close(b->reader);
    db_close(b->writer);
}

int main(int argc, char **argv)
{
    struct bench b = {.actor = actor_daemon()};
    char folder[200];
    char path[260];
    int persons = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100000;
    snprintf(folder, sizeof folder, "%s/grannbud-bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
    if (persons < 1 || !mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/bench.db", folder);
    run(&b, path, persons);
    unlink(path);
    rmdir(folder);
    return 0;
}
