/*
 * How long a large register takes and how much memory: 100 000 persons in 20 000 groups (or argv[1] persons), into a
 * store on disk (argv[2] is its folder, /tmp without), twice. One line per import.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/clock.h"
#include "base/err.h"
#include "core/area.h"
#include "core/register_import.h"
#include "store/db.h"
#include "store/migrate.h"

static void fail(const char *what, const struct err *err)
{
    fprintf(stderr, "bench_register_import: %s: %s\n", what, err->text);
    exit(1);
}

static void on_problem(void *ctx, const struct register_problem *problem)
{
    (void)ctx;
    fprintf(stderr, "line %ld: %s\n", problem->line, problem->text.en);
}

static void make_register(struct buf *out, int persons)
{
    buf_adds(out, "Område;Typ;Ort;Postnr;Status;Antal hushåll;Roll;Förnamn;Efternamn;E-post;Mobil;Utbildad\n");
    for (int i = 0; i < persons; i++)
        buf_addf(out,
                 "Område %d;Villa;Ort %d;266 %02d;Aktiv;%d;%s;Förnamn%d;Efternamn%d;person%d@example.se;070-%03d %02d "
                 "%02d;2022\n",
                 i / 5, i / 500, i / 5 % 100, 20 + i / 5 % 50, i % 5 ? "KO" : "HKO", i % 997, i, i, i / 10000 + 100,
                 i / 100 % 100, i % 100);
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void import_once(struct db *db, const struct buf *text, const char *label)
{
    struct actor actor = actor_daemon();
    struct register_import_options options = {.municipality_code = "1292", .max_problems = 5, .on_problem = on_problem};
    struct register_import_result result;
    struct byte_memory memory;
    struct byte_source source = byte_source_memory(&memory, text->data, text->len);
    struct err err = {.text = ""};
    long before = peak_kib();
    struct register_import *import = NULL;
    int64_t from = clock_mono_ms(clock_system());
    int rc = register_import_try(db, &actor, &source, &options, &result, &import, &err);
    int64_t tried = clock_mono_ms(clock_system());
    int64_t longest = 0;
    int operations = 0;
    for (bool is_done = false; rc == 0 && !is_done; operations++) {
        int64_t begin = clock_mono_ms(clock_system());
        rc = db_begin(db);
        if (rc == 0)
            rc = register_import_write(import, db, &is_done, &err);
        if (rc == 0)
            rc = db_commit(db);
        int64_t ms = clock_mono_ms(clock_system()) - begin;
        longest = ms > longest ? ms : longest;
    }
    if (rc)
        fail(label, &err);
    int64_t written = clock_mono_ms(clock_system());
    register_import_free(import);
    printf("register_import %s rows=%ld bytes=%zu try_ms=%lld write_ms=%lld operations=%d longest_ms=%lld "
           "groups_added=%ld contacts_added=%ld "
           "contacts_changed=%ld peak_kib=%ld grown_kib=%ld\n",
           label, result.rows, text->len, (long long)(tried - from), (long long)(written - tried), operations,
           (long long)longest, result.groups_added, result.contacts_added, result.contacts_changed, peak_kib(),
           peak_kib() - before);
}

static struct db *open_store(const char *path)
{
    struct db *db = NULL;
    struct err err = {.text = ""};
    char url[300];
    int n = 0;
    snprintf(url, sizeof url, "sqlite:%s", path);
    if (db_open(url, DB_WRITER, clock_system(), &db, &err) || migrate_to(db, migrate_latest(), &err))
        fail("store", &err);
    if (area_put_county(db, "12", "Skåne län", &n) || area_put_municipality(db, "1292", "Ängelholm", "12", &n) ||
        area_refresh_scopes(db, "2026-04-01"))
        fail("areas", &err);
    return db;
}

int main(int argc, char **argv)
{
    struct buf text;
    char folder[200];
    char path[260];
    int persons = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100000;
    snprintf(folder, sizeof folder, "%s/grannbud-bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
    if (persons < 1 || !mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/bench.db", folder);
    buf_init(&text, 256 * 1024 * 1024);
    make_register(&text, persons);
    struct db *db = open_store(path);
    import_once(db, &text, "first");
    import_once(db, &text, "again");
    db_close(db);
    unlink(path);
    rmdir(folder);
    buf_fini(&text);
    return 0;
}
