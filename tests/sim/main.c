/*
 * `make sim`: many seeds, or one with its trace.
 *
 *   build/tests/sim/sim [--seed N] [--runs N] [--hours H] [--only FAULTS] [--trace] [--stay]
 *
 * Each failing seed is told with what broke and the last lines of its trace; the exit status is 1 then. One line at
 * the end tells what was simulated, and how fast.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/sim.h"

struct sums {
    uint64_t runs, failed, taken, doubles, crashes, stops, commits, steps;
    double hours;
};

static void add(struct sums *t, const struct sim_options *o, const struct sim_result *r)
{
    t->runs++;
    t->failed += r->has_failed;
    t->taken += r->taken;
    t->doubles += r->doubles;
    t->crashes += r->crashes;
    t->stops += r->stops;
    t->commits += r->commits;
    t->steps += r->steps;
    t->hours += (double)r->virtual_us / (double)SIM_HOUR;
    if (r->has_failed)
        printf("seed %llu FAILED after %.2f virtual hours: %s\n", (unsigned long long)o->seed,
               (double)r->virtual_us / (double)SIM_HOUR, r->failure);
    else if (o->has_trace)
        printf("seed %llu: hash %016llx\n", (unsigned long long)o->seed, (unsigned long long)r->hash);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {{"seed", required_argument, NULL, 's'},
                                          {"runs", required_argument, NULL, 'r'},
                                          {"hours", required_argument, NULL, 'h'},
                                          {"only", required_argument, NULL, 'o'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"stay", no_argument, NULL, 'y'},
                                          {NULL, 0, NULL, 0}};
    struct sim_options options = {.seed = 1, .hours = 24};
    struct sums sums = {0};
    struct sim_result result;
    struct timespec from;
    struct timespec to;
    long runs = 1;
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 's')
            options.seed = strtoull(optarg, NULL, 10);
        else if (c == 'r')
            runs = strtol(optarg, NULL, 10);
        else if (c == 'h')
            options.hours = strtod(optarg, NULL);
        else if (c == 'o')
            options.only = optarg;
        else if (c == 't')
            options.has_trace = true;
        else if (c == 'y')
            options.stays = true;
        else
            return 64;
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long i = 0; i < runs; i++, options.seed++) {
        sim_run(&options, &result);
        add(&sums, &options, &result);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double s = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("sim: %llu runs, %llu failed, %.0f virtual hours in %.1f s (%.0f h/s), %llu letters taken, %llu doubles, "
           "%llu crashes, %llu stops, %llu commits, %llu steps\n",
           (unsigned long long)sums.runs, (unsigned long long)sums.failed, sums.hours, s, sums.hours / s,
           (unsigned long long)sums.taken, (unsigned long long)sums.doubles, (unsigned long long)sums.crashes,
           (unsigned long long)sums.stops, (unsigned long long)sums.commits, (unsigned long long)sums.steps);
    return sums.failed > 0;
}
