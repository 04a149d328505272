/*
 * One run: a seed, hours of people and faults, then all turns good and what is left must come to its end. In a process
 * of its own, so that an assertion of the engine ends one run and is told with its seed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "lib/faulty_vfs.h"
#include "sim/sim_ledger.h"

enum { DRAIN_HOURS = 8 };

static void drain(struct sim *s)
{
    sim_trace(s, "all is good from now on");
    s->is_draining = true;
    s->drain_us = s->mono_us;
    sim_actor_end(s);
    while (!(s->phase == SIM_UP && sim_check_is_over(s)) && s->mono_us < s->drain_us + DRAIN_HOURS * SIM_HOUR)
        sim_step(s);
    sim_check_end(s);
}

/* The run of this process, for an assertion that fails in it. */
static struct sim *running;

static void on_abort(int number)
{
    (void)number;
    if (!running->result->has_failed) {
        sim_trace(running, "BROKEN: the process was aborted");
        sim_print_trace(running);
        fflush(NULL);
    }
}

static void end(struct sim *s)
{
    while (s->phase != SIM_UP)
        sim_step(s);
    sim_stop(s);
    while (s->phase != SIM_DOWN)
        sim_step(s);
}

static void run(const struct sim_options *options, struct sim_result *result, const char *path)
{
    struct sim *s = xcalloc(1, sizeof *s);
    struct sigaction on_sigabrt = {.sa_handler = on_abort};
    running = s;
    s->options = *options;
    s->result = result;
    snprintf(s->path, sizeof s->path, "%s", path);
    sigaction(SIGABRT, &on_sigabrt, NULL);
    sim_time_start(s);
    int64_t from = s->mono_us;
    log_setup(options->has_trace ? LOG_INFO : 0, LOG_JOURNAL);
    faulty_vfs_install();
    sim_ledger_hook(s);
    sim_relay_start(s);
    sim_start(s);
    sim_actor_start(s);
    int64_t until = s->mono_us + (int64_t)(options->hours * (double)SIM_HOUR);
    while (s->mono_us < until)
        sim_step(s);
    drain(s);
    end(s);
    result->hash = s->hash;
    result->virtual_us = s->mono_us - from;
    result->is_done = true;
}

static void remove_files(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char name[100];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

/* How the run's process ended, when it told nothing itself. */
static void explain(int status, struct sim_result *result)
{
    if (result->has_failed || (WIFEXITED(status) && WEXITSTATUS(status) == 0 && result->is_done))
        return;
    result->has_failed = true;
    snprintf(result->failure, sizeof result->failure, "the process ended with %s %d",
             WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

bool sim_run(const struct sim_options *options, struct sim_result *result)
{
    char path[100];
    int status = 0;
    /* On a file system in memory where there is one: what is durable is the engine's matter here, not the disk's. */
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/grannbud-sim.%d.%llu.db", folder ? folder : "/tmp", (int)getpid(),
             (unsigned long long)options->seed);
    /* cppcheck-suppress invalidFunctionArg ; -1 is what no file is called */
    struct sim_result *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    remove_files(path);
    fflush(NULL);
    pid_t child = options->stays ? 0 : fork();
    if (child == 0) {
        run(options, shared, path);
        fflush(NULL);
        if (!options->stays)
            _exit(0);
    }
    if (child > 0)
        waitpid(child, &status, 0);
    explain(status, shared);
    *result = *shared;
    munmap(shared, sizeof *shared);
    remove_files(path);
    return !result->has_failed;
}
