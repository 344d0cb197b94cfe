/* Job: a thread around its runner, restarts after failures, and the life RUNNING -> FINISHED | FAILED | CANCELLED seen from outside.
 * Connectors are opened on the caller's thread, so that their errors are the caller's; from then on only the job's thread
 * touches operators. Shared state (state, error, metrics) is under one mutex; the stop flags are atomic. */
#include "engine/run/affinity.h"
#include "engine/run/job.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/plan/config.h"
#include "engine/run/restart.h"
#include "engine/run/runner.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WAIT_US = 50000, METRICS_US = 100000, RESTART_SLICE_US = 50000 };
typedef enum StopRequest { STOP_NONE, STOP_CLEAN, STOP_NOW } StopRequest;

struct Job {
    int core;                                    /* CORE_ANY: not bound */
    Plan *plan;
    JobConfig config;
    Runner runner;
    RestartPolicy restart; uint64_t restarts;
    int64_t metrics_due_us;
    char id[RANDOM_ID_LEN + 1];
    pthread_t thread; bool started;
    atomic_int stop;                             /* StopRequest */
    atomic_bool cancel;                          /* STOP_NOW, as connectors see it */
    int ended_fd;                                /* readable when the job has ended */
    pthread_mutex_t mutex;
    JobState state;                              /* under mutex, as are the following */
    Err err;
    JobMetrics metrics;
};

static bool stop_requested(Job *job, StopRequest at_least)
{
    return atomic_load_explicit(&job->stop, memory_order_relaxed) >= (int)at_least;
}

/* --- running --- */

static void publish_metrics(Job *job, bool force)
{
    int64_t now = clock_monotonic_us();
    if (!force && now < job->metrics_due_us) return;
    job->metrics_due_us = now + METRICS_US;
    JobMetrics metrics = { .watermark_us = INT64_MIN };
    runner_metrics(&job->runner, &metrics);
    metrics.restarts = job->restarts;
    pthread_mutex_lock(&job->mutex);
    metrics.started_us = job->metrics.started_us;
    job->metrics = metrics;
    pthread_mutex_unlock(&job->mutex);
}

/* Until the input is exhausted and the sinks are finished, or a stop: then with a last checkpoint. */
static bool run_to_end(Job *job, Err *err)
{
    while (!stop_requested(job, STOP_CLEAN)) {
        switch (runner_step(&job->runner, WAIT_US, err)) {
        case STEP_FAILED: return false;
        case STEP_ENDED: return true;
        case STEP_IDLE: break;
        case STEP_WORKED:
            if (job->config.restore_every_step && !runner_rebuild(&job->runner, err)) return false;
            break;
        }
        publish_metrics(job, false);
    }
    return stop_requested(job, STOP_NOW) || runner_stop(&job->runner, err);
}

/* The pause before a restart; false when a stop came. */
static bool pause_us(Job *job, int64_t us)
{
    for (int64_t end = clock_monotonic_us() + us, now; (now = clock_monotonic_us()) < end;) {
        if (stop_requested(job, STOP_CLEAN)) return false;
        clock_sleep_us(end - now < RESTART_SLICE_US ? end - now : RESTART_SLICE_US);
    }
    return !stop_requested(job, STOP_CLEAN);
}

/* After a failure: false when the job stays failed, with the error that says why. */
static bool begin_again(Job *job, Err *err)
{
    int64_t delay;
    while ((delay = restart_delay_us(&job->restart, err, clock_monotonic_us())) >= 0) {
        runner_close_pipeline(&job->runner);
        log_warn("job", STR_FMT " failed and begins again in %lld ms (%s): %s", STR_ARG(job->plan->name), (long long)(delay / 1000), restart_name(&job->restart), err->message);
        if (!pause_us(job, delay)) return false;
        err_clear(err);
        job->restarts++;
        if (runner_open(&job->runner, err)) return true;
    }
    return false;
}

static void set_ended(Job *job, JobState state, const Err *err)
{
    pthread_mutex_lock(&job->mutex);
    job->state = state;
    if (err) job->err = *err;
    pthread_mutex_unlock(&job->mutex);
    if (eventfd_write(job->ended_fd, 1) != 0) log_error("job", "cannot signal the end of job %s", job->id);
}

/* What was left out is said at the end: neither a bad record nor a late row goes in silence. */
static void tell_left_out(Job *job)
{
    const JobMetrics *m = &job->metrics;
    if (m->bad_records) log_notice("job", STR_FMT ": records skipped because they could not be read: %llu", STR_ARG(job->plan->name), (unsigned long long)m->bad_records);
    if (m->late_rows) log_notice("job", STR_FMT ": late rows left out: %llu", STR_ARG(job->plan->name), (unsigned long long)m->late_rows);
}

static void *job_thread(void *arg)
{
    Job *job = arg;
    core_bind(job->core, NULL);
    Err err = { 0 };
    bool ok;
    do ok = run_to_end(job, &err);
    while (!ok && err.set && !stop_requested(job, STOP_CLEAN) && begin_again(job, &err));
    publish_metrics(job, true);
    tell_left_out(job);
    runner_free(&job->runner);
    /* A collector that wants no more rows ends the job without an error. */
    if (stop_requested(job, STOP_NOW) || (!ok && !err.set)) set_ended(job, JOB_CANCELLED, NULL);
    else if (ok) set_ended(job, JOB_FINISHED, NULL);
    else set_ended(job, JOB_FAILED, &err);
    return NULL;
}

/* --- from outside --- */

static void job_destroy(Job *job)
{
    runner_free(&job->runner);
    restart_free(&job->restart);
    if (job->ended_fd >= 0) close(job->ended_fd);
    pthread_mutex_destroy(&job->mutex);
    plan_free(job->plan);
    free(job);
}

static Job *job_new(Plan *plan, const JobConfig *config)
{
    Job *job = xcalloc(1, sizeof *job);
    job->plan = plan;
    job->config = *config;
    job->config.cancel = &job->cancel;
    job->state = JOB_RUNNING;
    job->core = plan->config && !config_bool(plan->config, "weir.pin-cores") ? CORE_ANY : core_next();
    job->metrics.started_us = clock_now_us();
    job->metrics.watermark_us = INT64_MIN;
    pthread_mutex_init(&job->mutex, NULL);
    job->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    random_id(job->id);
    return job;
}

Job *job_start(Plan *plan_owned, const JobConfig *config, Err *err)
{
    Job *job = job_new(plan_owned, config);
    bool ok;
    cpu_set_t before;
    /* Clients' threads are started while connectors open: they get the job's core. */
    core_bind(job->core, &before);
    if (config->opening) config->opening(config->opening_ctx, job);
    ok = runner_init(&job->runner, job->plan, &job->config, err) && runner_open(&job->runner, err);
    if (config->opening) config->opening(config->opening_ctx, NULL);
    core_unbind(job->core, &before);
    if (ok && job->ended_fd < 0) ok = err_set(err, E_EXTERNAL, "cannot make an event descriptor for the job: %s", strerror(errno));
    restart_init(&job->restart, config->collect ? NULL : job->plan->config, job->runner.store != NULL);
    if (ok && (fault_hit("job.thread") || pthread_create(&job->thread, NULL, job_thread, job) != 0)) ok = err_set(err, E_EXTERNAL, "cannot start a thread for the job");
    if (!ok) {
        job_destroy(job);
        return NULL;
    }
    job->started = true;
    return job;
}

JobState job_state(Job *job)
{
    pthread_mutex_lock(&job->mutex);
    JobState state = job->state;
    pthread_mutex_unlock(&job->mutex);
    return state;
}

bool job_wait(Job *job, int timeout_ms)
{
    /* The descriptor stays readable once the job has ended, for any number of waiters. */
    struct pollfd ended = { .fd = job->ended_fd, .events = POLLIN };
    int rc;
    do rc = poll(&ended, 1, timeout_ms);
    while (rc < 0 && errno == EINTR);
    return job_state(job) != JOB_RUNNING;
}

const Err *job_error(Job *job)
{
    return job_state(job) == JOB_FAILED ? &job->err : NULL;
}

/* A stop never weakens a cancel. */
static void request_stop(Job *job, StopRequest request)
{
    int now = atomic_load(&job->stop);
    while (now < (int)request && !atomic_compare_exchange_weak(&job->stop, &now, (int)request)) continue;
}

void job_cancel(Job *job)
{
    request_stop(job, STOP_NOW);
    atomic_store(&job->cancel, true);
}

void job_stop(Job *job)
{
    request_stop(job, STOP_CLEAN);
}

void job_metrics(Job *job, JobMetrics *out)
{
    pthread_mutex_lock(&job->mutex);
    *out = job->metrics;
    pthread_mutex_unlock(&job->mutex);
}

const char *job_id(Job *job)
{
    return job->id;
}

Str job_name(Job *job)
{
    return job->plan->name;
}

void job_free(Job *job)
{
    if (!job) return;
    if (job->started) {
        if (job_state(job) == JOB_RUNNING) job_cancel(job);
        pthread_join(job->thread, NULL);
    }
    job_destroy(job);
}
