/* Operator: one node of a running job. A job pipeline is single-threaded: an operator pushes batches to the next by op_emit, no queue, no lock.
 * Order in band: batches, then the watermark that follows them, then barriers. All inputs of an operator see the min of their watermarks (op.c keeps it).
 * Operators never keep a batch pointer after process(): they encode rows into state. Every operator has snapshot and restore.
 * To add one: op_<name>.c with an OpClass and a row in op_table.c (PlanKind -> OpClass). */
#ifndef WEIR_OP_OP_H
#define WEIR_OP_OP_H
#include "engine/expr/program.h"
#include "engine/plan/plan.h"
#define WATERMARK_MIN INT64_MIN                  /* before the first watermark */
#define WATERMARK_MAX INT64_MAX                  /* end of input */

typedef struct Op Op;
typedef struct OpTarget { Op *op; uint32_t input; } OpTarget;

/* What the job gives its operators: timers, the SELECT's row consumer, limits. */
typedef struct OpEnv {
    const Plan *plan;
    const Zone *zone; bool batch;
    int64_t query_start_us;
    void (*timer_set)(struct OpEnv *env, Op *op, int64_t when_us);   /* processing time (clock_now_us); fires op->timer once, at or after when_us; setting an earlier one keeps the earlier */
    bool (*collect)(void *ctx, const Batch *batch, const Schema *schema, Err *err); void *collect_ctx;   /* rows of a collect sink */
    Str inline_input; Str job_name;
    Str job_key, lineage; bool fresh;            /* SinkSpec.epoch_key (its first part), .lineage, .fresh */
    uint64_t restored_ckpt;                      /* the checkpoint that the job begins with; 0 = it begins empty */
    bool restored_committed;                     /* the last run stopped after its sinks had committed that one */
    const GroupOffsets *(*group_offsets)(struct OpEnv *env);         /* of all sources as of the last barrier; valid until the next call. NULL = none */
    const _Atomic(bool) *cancel;                 /* SourceSpec.cancel, SinkSpec.cancel; NULL = never */
    bool restoring;                              /* sources and sinks connect in restore(), which is then called for every operator (empty bytes: nothing saved) */
    uint32_t max_batch_rows;                     /* tests: sources hand on at most this many rows at a time; 0 = no limit */
    void *job;                                   /* the runner's own */
} OpEnv;

typedef struct OpClass {                         /* NULL entry = the default given */
    const char *name; size_t size;               /* bytes of the concrete struct, which begins with Op */
    bool (*open)(Op *op, Err *err);
    bool (*process)(Op *op, uint32_t input, const Batch *borrowed, Err *err);
    bool (*watermark)(Op *op, int64_t ts_us, Err *err);      /* combined over inputs, strictly increasing; default: op_emit_watermark */
    bool (*timer)(Op *op, int64_t now_us, Err *err);
    bool (*barrier)(Op *op, uint64_t ckpt_id, Err *err);     /* all inputs aligned, before snapshot; default: nothing (sinks prepare here) */
    bool (*snapshot)(Op *op, StrBuf *out, Err *err);         /* whole state as self-contained bytes; default: none */
    bool (*restore)(Op *op, Reader *in, Err *err);           /* after open, before any input */
    bool (*finish_input)(Op *op, uint32_t input, Err *err);  /* one input has ended; default: nothing */
    bool (*finish)(Op *op, Err *err);                        /* all inputs ended (after WATERMARK_MAX); default: nothing; the runner then finishes the next ones */
    void (*close)(Op *op);                                   /* always runs, cannot fail */
    size_t (*state_bytes)(const Op *op);                     /* for metrics; default 0 */
} OpClass;

struct Op {
    const OpClass *cls; const PlanNode *node; OpEnv *env;
    OpTarget *outs; uint32_t nouts;
    int64_t *input_wm; bool *input_done, *input_idle; uint32_t ninputs;
    int64_t wm;                                  /* combined watermark handed to ->watermark so far */
    int64_t out_wm; bool out_idle, out_done;     /* what the outs were told last */
    Op *rows_of;                                 /* the source whose batches the only input's rows stand in, at the same places; NULL = rows are made anew in between */
    int64_t bad_row;                             /* sources: row of the batch under way that an operator failed on; -1 = not known */
    Op *source;                                  /* the source whose split numbers the input carries: set by op_connect through calcs; NULL otherwise */
    Arena *scratch;                              /* reset by the operator at each process() */
    uint64_t rows_in, rows_out, late_rows;       /* counters shown to users */
    uint64_t committed;                          /* exactly-once sinks: the last epoch with rows that the target has taken; 0 = none */
};
const OpClass *op_class(PlanKind kind);          /* op_table.c */
/* Creates and opens one operator for a node (outs are wired by the caller afterwards, before any input). */
Op *op_new(const PlanNode *node, OpEnv *env, Err *err);
void op_free(Op *op);
/* from's output becomes to's input number `input`. Inputs of a node are connected in order, sources first. */
void op_connect(Op *from, Op *to, uint32_t input);
bool op_emit(Op *op, const Batch *batch, Err *err) MUST_CHECK;               /* empty batches are dropped here */
bool op_emit_watermark(Op *op, int64_t ts_us, Err *err) MUST_CHECK;
bool op_process(Op *op, uint32_t input, const Batch *batch, Err *err) MUST_CHECK;    /* entry points used by op_emit, the runner and tests: count, check, call */
bool op_watermark(Op *op, uint32_t input, int64_t ts_us, Err *err) MUST_CHECK;       /* combines over inputs */
/* An idle input no longer holds the watermark back, until it has rows or a watermark again (source.idle-timeout). */
bool op_idle(Op *op, uint32_t input, bool idle, Err *err) MUST_CHECK;
bool op_emit_idle(Op *op, bool idle, Err *err) MUST_CHECK;
/* The operator has no more rows to give, whatever its inputs still bring (LIMIT): its outs see the end of this input. */
bool op_emit_end(Op *op, Err *err) MUST_CHECK;
/* After a restore, for an operator that a checkpoint says nothing of: its watermark and ends as its inputs (restored before it) have told them. */
void op_derive(Op *op, Op *const *inputs);
bool op_finish_input(Op *op, uint32_t input, Err *err) MUST_CHECK;                   /* at the last input: finish, then the outs' finish_input */

/* Tests (WEIR_CHECK=1): a listener that checks all that `from` emits; free it with op_free. */
bool op_check_wanted(void);
Op *op_check_new(Op *from);

/* Sources are polled by the runner (op_source.c). */
PollResult op_source_poll(Op *op, int timeout_ms, Err *err);                 /* pushes what came; POLL_END: the runner calls op_source_end */
bool op_source_end(Op *op, Err *err) MUST_CHECK;                             /* WATERMARK_MAX and finish downstream */
uint64_t op_source_order(Op *op);                                            /* SourceVt.next_order, 0 if unordered */
bool op_is_source(const Op *op);
/* Sinks: deadlines and two-phase commit (op_sink.c). */
int64_t op_sink_deadline_us(Op *op);
bool op_sink_tick(Op *op, int64_t now_us, Err *err) MUST_CHECK;
bool op_sink_commit(Op *op, uint64_t ckpt_id, Err *err) MUST_CHECK;
bool op_sink_end(Op *op, Err *err) MUST_CHECK;                               /* the input has ended, or the job stops: after the last commit, flush all */
size_t op_sink_held(const Op *op);                                           /* bytes of rows held until their checkpoint is durable */
/* Counters of the connector; false when it has none. */
bool op_source_stats(const Op *op, SourceStats *out);
/* The checkpoint that holds the position of the last barrier is durable. */
bool op_source_committed(Op *op, uint64_t ckpt_id, Err *err) MUST_CHECK;
bool op_source_group_offsets(Op *op, Arena *arena, GroupOffsets *out, Err *err) MUST_CHECK;   /* of the last barrier */
void op_source_position_text(Op *op, StrBuf *out);                           /* the present one, for people */
/* Split state of the source that feeds a watermark operator directly or through calcs. */
uint32_t op_source_splits(const Op *source_op);
bool op_source_split_finished(const Op *source_op, uint32_t split);
#endif
