/* Runner: one job's pipeline with its checkpoints, on one thread: start (fresh or from the newest checkpoint that can be read), steps, periodic
 * checkpoints, the end, a stop. Knows nothing of threads around it or of restarts after failures (job.c).
 * Order of a checkpoint: barrier through the graph; state to bytes (at once, or by a forked child); the writer stores them; when they are durable,
 * sinks commit and then sources commit their offsets. One at a time. Invariant: what a sink commits is in a durable checkpoint.
 * Private to engine/run. */
#ifndef WEIR_RUN_RUNNER_H
#define WEIR_RUN_RUNNER_H
#include "engine/run/ckpt_writer.h"
#include "engine/run/pipeline.h"
#include "engine/run/state_dir.h"

typedef struct Runner {
    const Plan *plan; const JobConfig *config;
    int64_t query_start_us;
    Pipeline pipeline; bool open;
    bool on_disk; StateDir dir;
    CkptStore *store; CkptWriter *writer;        /* NULL: barriers only flush and commit */
    Str job_key; char lineage[LINEAGE_LEN + 1];
    int64_t interval_us, min_pause_us, timeout_us, fork_above; int64_t tolerable; uint32_t keep;
    uint64_t next_id, in_flight, restored;       /* in_flight, restored: checkpoint ids, 0 = none */
    int64_t due_us, began_us; uint32_t failed_in_row;
    bool gave_up;
    uint64_t done, failed; CkptInfo last;        /* for metrics; last.id 0 = none */
} Runner;

/* Reads the settings, opens the state directory and the store. config outlives the runner. */
bool runner_init(Runner *runner, const Plan *plan, const JobConfig *config, Err *err) MUST_CHECK;
/* Opens the pipeline: from the newest checkpoint that can be read, or fresh. Also after runner_close_pipeline: a restart. */
bool runner_open(Runner *runner, Err *err) MUST_CHECK;
/* One step of the pipeline and what is due of checkpoints. STEP_ENDED: the input has ended, all is committed and the checkpoints are gone. */
StepResult runner_step(Runner *runner, int64_t max_wait_us, Err *err);
/* A clean stop: a last checkpoint, commits, sinks flushed. */
bool runner_stop(Runner *runner, Err *err) MUST_CHECK;
/* Tests: everything the pipeline holds goes through bytes and a new set of operators. */
bool runner_rebuild(Runner *runner, Err *err) MUST_CHECK;
/* Waits for a checkpoint under way (it counts if it becomes durable) and closes the operators. */
void runner_close_pipeline(Runner *runner);
void runner_free(Runner *runner);
void runner_metrics(const Runner *runner, JobMetrics *out);
#endif
