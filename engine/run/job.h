/* Job: a Plan in execution, on a thread of its own. Life: job_start -> RUNNING -> FINISHED | FAILED | CANCELLED.
 * While it runs it takes checkpoints, and after a failure that its restart strategy covers it begins again from the last one (docs/recovery.md).
 * Threading: job_* functions may be called from any thread; callbacks run on the job's thread. */
#ifndef WEIR_RUN_JOB_H
#define WEIR_RUN_JOB_H
#include "engine/plan/plan.h"

typedef enum JobState { JOB_RUNNING, JOB_FINISHED, JOB_FAILED, JOB_CANCELLED } JobState;
typedef struct Job Job;
typedef struct JobConfig {
    bool (*collect)(void *ctx, const Batch *batch, const Schema *schema, Err *err); void *collect_ctx;   /* rows of a top-level SELECT; false ends the job */
    Str inline_input;                            /* test cases: KIND TABLE JSON lines */
    /* Tests: after every source batch (and watermark) the whole job is snapshot, torn down, rebuilt and restored. */
    bool restore_every_step;
    uint32_t max_batch_rows;                     /* 0 = default; tests use 1, 3 */
    /* The job before its connectors are opened, NULL when they are (or failed): opening may wait for a server, and job_cancel ends that. */
    void (*opening)(void *ctx, Job *job); void *opening_ctx;
    const _Atomic(bool) *cancel;                 /* set by job_start */
    /* Checkpoints on disk: folder state_dir/state_name; without either they are kept in memory, for restarts within the process. */
    const char *state_dir; Str state_name;       /* state_name is also the job's name in exactly-once targets; borrowed, outlive the job */
    Str state_origin;                            /* the file that the name comes from, for a warning when it is another one; may be empty */
    bool fresh;                                  /* do not go on from a checkpoint: drop them */
    bool allow_unclaimed;                        /* go on although state of the checkpoint has no place in a changed query */
    bool single_threaded;                        /* tests: checkpoints are encoded and stored in line, */
    bool (*store_now)(void);                     /* at once (NULL), or at the first step at which this says so; a wait for them does not ask */
} JobConfig;
typedef struct JobMetrics { uint64_t rows_in, rows_out, bytes_in, late_rows, bad_records; int64_t watermark_us /* INT64_MIN none */; uint64_t lag; bool has_lag; int64_t started_us; size_t state_bytes;
    uint64_t checkpoints, failed_checkpoints, last_checkpoint /* id, 0 none */, last_checkpoint_bytes; int64_t last_checkpoint_us /* duration */; uint64_t restarts; } JobMetrics;

/* What job_start would refuse of a plan without connecting to anything: `weir check`. */
bool job_check(const Plan *plan, Err *err) MUST_CHECK;
/* Takes over `plan` (freed with the job). Opens all connectors before it returns: errors of opening are given here. */
Job *job_start(Plan *plan_owned, const JobConfig *config, Err *err);
JobState job_state(Job *job);
/* Waits until it ended or timeout_ms passed (-1 = for ever). true when ended. */
bool job_wait(Job *job, int timeout_ms);
const Err *job_error(Job *job);                  /* set when JOB_FAILED */
void job_cancel(Job *job);                       /* stop now, nothing flushed beyond what is */
void job_stop(Job *job);                         /* SIGTERM: stop sources, take a last checkpoint, flush sinks, end cleanly (JOB_FINISHED) */
void job_metrics(Job *job, JobMetrics *out);
const char *job_id(Job *job);                    /* 32 hex digits */
Str job_name(Job *job);
void job_free(Job *job);                         /* cancels and joins if still running */
#endif
