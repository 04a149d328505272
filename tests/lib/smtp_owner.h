/*
 * The owner of one SMTP session in the test's hands, with a relay without a network behind it (lib/fake_relay.h): hands
 * over its jobs as the session takes them, gives permits as the outbox does, and notes what it is told.
 *
 * It checks while it runs that nothing comes up from inside a call down, that outcomes come in the order of the jobs,
 * that no body begins without a permit, and, where it gives permits by what is recorded, that at most one delivery is
 * past its dot and not recorded. Aborts the test when the session does not end.
 *
 * Time does not pass by the clock of a machine that may be busy: a time-out of OWNER_SHORT_MS comes as soon as nothing
 * else happens any more, a longer one never.
 */
#ifndef GB_TESTS_SMTP_OWNER_H
#define GB_TESTS_SMTP_OWNER_H

#include <uv.h>

#include "deliver/outcome.h"
#include "deliver/smtp_session.h"
#include "lib/fake_relay.h"

enum { OWNER_JOBS_MAX = 16, OWNER_TO_MAX = 200, OWNER_SHORT_MS = 15000, OWNER_LONG_MS = 3600000 };

struct owner {
    uv_loop_t loop;
    struct fake_relay relay;
    struct smtp_session_config config;
    struct smtp_session *session;

    /* --- set by the test --- */
    struct smtp_job jobs[OWNER_JOBS_MAX];
    struct smtp_recipient to[OWNER_TO_MAX]; /* of all jobs, in their order */
    int job_count;
    bool ahead;       /* hands over a job whenever there is room; else when the session is ready */
    bool later;       /* does so in another turn of the loop, one job a turn */
    bool records;     /* permits by what is recorded; else at once */
    int record_turns; /* an outcome is recorded so many turns after it came */
    int permits_most; /* gives no more permits than this; 0 = no limit */
    int abort_after;  /* turns; 0 = never */
    int quit_after;
    int take_back_after; /* takes the second job in hand back, if it can */
    bool quit_when_done;

    /* --- seen by the test --- */
    int next; /* jobs handed over so far */
    int ready;
    int closed;
    int done; /* outcomes so far */
    int permits;
    bool took_back;             /* the job at `next` */
    int recipients_max;         /* as the session has learned */
    int outcomes[OWNER_TO_MAX]; /* of each recipient */
    struct outcome last[OWNER_TO_MAX];
    int recorded_at[OWNER_JOBS_MAX]; /* the turn; 0 = not yet known */
    bool has_why;
    struct outcome why;

    /* --- inside --- */
    int turn;
    long events, quiet_turns;           /* what has happened so far; turns since then */
    int without;                        /* jobs that ended without a permit */
    bool inside;                        /* a call down is running: nothing may come up */
    struct outcome given[OWNER_TO_MAX]; /* what the session writes into */
    char addresses[OWNER_TO_MAX][16];
};

/* Jobs to 0@x, 1@x, … with a short message; short time-outs; says quit when all are done. */
struct owner *owner_new(int jobs);
/* The same with `each` recipients a job: 0@x, 1@x, ... to job 0, and so on. */
struct owner *owner_new_shared(int jobs, int each);
/* Every state's time-out. */
void owner_set_timeouts(struct owner *o, int64_t ms);
/* Until the session has closed; the loop must be empty then. */
void owner_run(struct owner *o);
void owner_free(struct owner *o);

/* Recipient `i` (of job `i`, where they have one each) has one outcome, of this kind and at this step (NULL: any). */
void owner_expect(const struct owner *o, int i, enum outcome_kind kind, const char *step);
/* What must hold whatever fails: one outcome for each recipient of a job sent; SENT only after the acknowledgement was
 * read; once the server has the whole dot neither RETRY nor UNTOUCHED (unless `dots_may_be_refused`), and never
 * UNCERTAIN before. */
void owner_check_promises(const struct owner *o, bool dots_may_be_refused);

/* --- faults --- */

enum { OWNER_VARIANTS = 48 };

/* One of OWNER_VARIANTS mixtures: how many bytes come at a time, whether jobs are handed over and outcomes recorded at
 * once, which fault there is. */
void owner_vary(struct owner *o, int variant);
/* Runs each variant of the scenario over and over, with its 1st, 2nd, n-th operation failing until none is left to
 * fail (every `stride`-th where bytes come one by one), and checks the promises. `on_whole` looks at those runs that
 * the fault must not have changed. */
void owner_fail_each(struct owner *(*scenario)(int variant), int variants, int stride,
                     void (*on_whole)(const struct owner *o));
/* Runs every `step`-th variant, aborted in each of its turns, also while it waits for the reply to a dot; `on_end`, if
 * not NULL, looks at each. */
void owner_abort_each(struct owner *(*scenario)(int variant), int variants, int step,
                      void (*on_end)(const struct owner *o));

#endif
