/* Pipeline: one running copy of a plan's operators on one thread; a job is a list of them (one today). Private to engine/run.
 * The pipeline owns its operators, its timers and the order of polling; it knows nothing of threads or of the job's life. */
#ifndef WEIR_RUN_PIPELINE_H
#define WEIR_RUN_PIPELINE_H
#include "engine/op/op.h"
#include "engine/run/job.h"

typedef struct Timer { int64_t when_us; Op *op; } Timer;

/* How a pipeline begins. */
typedef struct PipelineStart {
    int64_t query_start_us;
    bool restored;                  /* pipeline_restore follows: operators connect there */
    uint64_t ckpt_id;               /* the checkpoint that is restored, 0 = none */
    bool committed;                 /* sinks are known to hold everything up to it */
    Str lineage, job_key; bool fresh;   /* as in OpEnv */
} PipelineStart;

typedef struct Pipeline {
    OpEnv env;
    const Plan *plan;
    const JobConfig *config;
    Op **ops; uint32_t nops;        /* by PlanNode.id: inputs before users */
    Arena *arena;
    Str *keys, *names;              /* by node id: plan_state_keys, plan_state_name; what checkpoints know the operators by */
    Op **checks; uint32_t nchecks;  /* WEIR_CHECK=1 */
    bool *ended;                    /* sources that are exhausted, by node id */
    uint32_t nsources, nended, next_source;
    Timer *timers; uint32_t ntimers, cap_timers;   /* binary heap, earliest first */
    Arena *offsets_arena; GroupOffsets offsets;    /* what env.group_offsets last gave */
} Pipeline;

typedef enum StepResult { STEP_WORKED, STEP_IDLE, STEP_ENDED, STEP_FAILED } StepResult;

/* Builds and wires the operators. Free with pipeline_close even after failure. */
bool pipeline_open(Pipeline *pipeline, const Plan *plan, const JobConfig *config, const PipelineStart *start, Err *err) MUST_CHECK;
void pipeline_close(Pipeline *pipeline);
/* Timers that are due, sinks' deadlines, one poll of a source. max_wait_us: how long it may wait for rows. */
StepResult pipeline_step(Pipeline *pipeline, int64_t max_wait_us, Err *err);
/* After the last commit, when the input has ended or the job stops: sinks write whatever they still hold. */
bool pipeline_end_sinks(Pipeline *pipeline, Err *err) MUST_CHECK;

/* Barrier through the graph: when it returns, sinks have made durable (or prepared, or sealed) all that was written so far. */
bool pipeline_barrier(Pipeline *pipeline, uint64_t ckpt_id, Err *err) MUST_CHECK;
/* Hands each operator its bytes (snapshot.h); operators without saved state start empty. Wants a pipeline opened with restored = true. */
bool pipeline_restore(Pipeline *pipeline, Str snapshot, Err *err) MUST_CHECK;
/* The snapshot is durable: sinks commit, then sources commit their offsets. */
bool pipeline_commit(Pipeline *pipeline, uint64_t ckpt_id, Err *err) MUST_CHECK;
/* Bytes of rows that wait in exactly-once sinks for their checkpoint. */
size_t pipeline_held(const Pipeline *pipeline);
size_t pipeline_state_bytes(const Pipeline *pipeline);
/* "readings[0]@1234, orders.csv@17": where the sources stand, for people. */
void pipeline_positions(Pipeline *pipeline, StrBuf *out);
void pipeline_metrics(const Pipeline *pipeline, JobMetrics *out);
#endif
