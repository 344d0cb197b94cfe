/* Pipeline: see the header. Sources with a global arrival order (fixture) are polled smallest first; others in turn.
 * Waits are bounded: by the next timer, the next sink deadline and what the job allows, so that a cancel is seen soon. */
#include "engine/run/pipeline.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/plan/state_key.h"

#include <stdlib.h>

/* --- timers --- */

static void timer_up(Pipeline *pipeline, uint32_t at)
{
    Timer *heap = pipeline->timers;
    for (; at > 0 && heap[(at - 1) / 2].when_us > heap[at].when_us; at = (at - 1) / 2) {
        Timer swap = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = swap;
    }
}

static Timer timer_pop(Pipeline *pipeline)
{
    Timer *heap = pipeline->timers, top = heap[0];
    heap[0] = heap[--pipeline->ntimers];
    for (uint32_t at = 0, child; (child = at * 2 + 1) < pipeline->ntimers; at = child) {
        if (child + 1 < pipeline->ntimers && heap[child + 1].when_us < heap[child].when_us) child++;
        if (heap[at].when_us <= heap[child].when_us) break;
        Timer swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
    return top;
}

/* One timer an operator: an earlier one replaces a later one. */
static void timer_set(OpEnv *env, Op *op, int64_t when_us)
{
    Pipeline *pipeline = env->job;
    for (uint32_t i = 0; i < pipeline->ntimers; i++) {
        if (pipeline->timers[i].op != op) continue;
        if (when_us >= pipeline->timers[i].when_us) return;
        pipeline->timers[i].when_us = when_us;
        timer_up(pipeline, i);
        return;
    }
    if (pipeline->ntimers == pipeline->cap_timers) {
        pipeline->cap_timers = pipeline->cap_timers ? pipeline->cap_timers * 2 : 16;
        pipeline->timers = xrealloc(pipeline->timers, sizeof *pipeline->timers * pipeline->cap_timers);
    }
    pipeline->timers[pipeline->ntimers++] = (Timer){ when_us, op };
    timer_up(pipeline, pipeline->ntimers - 1);
}

static bool fire_timers(Pipeline *pipeline, bool *fired, Err *err)
{
    for (int64_t now = clock_now_us(); pipeline->ntimers && pipeline->timers[0].when_us <= now;) {
        Timer timer = timer_pop(pipeline);
        *fired = true;
        if (timer.op->cls->timer && !timer.op->cls->timer(timer.op, now, err)) return false;
    }
    return true;
}

/* --- building --- */

/* An error is told when the sink commits without offsets: it then has none to send, and the group lags until the source's own commit. */
static const GroupOffsets *group_offsets(OpEnv *env)
{
    Pipeline *pipeline = env->job;
    Err err = { 0 };
    if (!pipeline->offsets_arena) pipeline->offsets_arena = arena_new();
    arena_reset(pipeline->offsets_arena);
    pipeline->offsets = (GroupOffsets){ 0 };
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (op_is_source(pipeline->ops[i]) && !op_source_group_offsets(pipeline->ops[i], pipeline->offsets_arena, &pipeline->offsets, &err)) {
            log_warn("job", "group offsets are not known: %s", err.message);
            return NULL;
        }
    return &pipeline->offsets;
}

static void name_operators(Pipeline *pipeline)
{
    const Plan *plan = pipeline->plan;
    StrBuf name = { 0 };
    pipeline->arena = arena_new();
    pipeline->keys = plan_state_keys(plan, pipeline->arena);
    pipeline->names = ARENA_ARRAY(pipeline->arena, Str, plan->nnodes + 1);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        strbuf_clear(&name);
        plan_state_name(plan, i, &name);
        pipeline->names[i] = str_dup(pipeline->arena, strbuf_str(&name));
    }
    strbuf_free(&name);
}

bool pipeline_open(Pipeline *pipeline, const Plan *plan, const JobConfig *config, const PipelineStart *start, Err *err)
{
    *pipeline = (Pipeline){ .plan = plan, .config = config };
    pipeline->env = (OpEnv){
        .plan = plan, .zone = plan->zone, .batch = plan->batch, .query_start_us = start->query_start_us, .timer_set = timer_set,
        .collect = config->collect, .collect_ctx = config->collect_ctx, .inline_input = config->inline_input, .job_name = plan->name, .cancel = config->cancel,
        .restoring = start->restored, .max_batch_rows = config->max_batch_rows, .job = pipeline, .restored_ckpt = start->ckpt_id, .restored_committed = start->committed, .fresh = start->fresh,
        .job_key = start->job_key, .lineage = start->lineage, .group_offsets = group_offsets,
    };
    name_operators(pipeline);
    pipeline->ops = xcalloc(plan->nnodes + 1, sizeof *pipeline->ops);
    pipeline->ended = xcalloc(plan->nnodes + 1, sizeof *pipeline->ended);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        const PlanNode *node = plan->nodes[i];
        Op *op = op_new(node, &pipeline->env, err);
        if (!op) return false;
        pipeline->ops[pipeline->nops++] = op;
        if (op_is_source(op)) pipeline->nsources++;
        for (uint32_t input = 0; input < node->ninputs; input++) op_connect(pipeline->ops[node->inputs[input]->id], op, input);
    }
    if (!op_check_wanted()) return true;
    pipeline->checks = xcalloc(pipeline->nops + 1, sizeof *pipeline->checks);
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (plan->nodes[i]->kind != PLAN_SINK) pipeline->checks[pipeline->nchecks++] = op_check_new(pipeline->ops[i]);
    return true;
}

void pipeline_close(Pipeline *pipeline)
{
    /* Users before their inputs: a sink never sees a source that is gone. */
    for (uint32_t i = pipeline->nops; i-- > 0;) op_free(pipeline->ops[i]);
    for (uint32_t i = 0; i < pipeline->nchecks; i++) op_free(pipeline->checks[i]);
    free(pipeline->checks);
    free(pipeline->ops);
    free(pipeline->ended);
    free(pipeline->timers);
    arena_free(pipeline->offsets_arena);
    arena_free(pipeline->arena);
    *pipeline = (Pipeline){ 0 };
}

/* --- running --- */

static bool is_sink(const Op *op)
{
    return op->node->kind == PLAN_SINK;
}

/* A LIMIT may end what its sinks get before the sources end. */
static bool sinks_have_ended(const Pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (is_sink(pipeline->ops[i]) && !pipeline->ops[i]->input_done[0]) return false;
    return true;
}

static bool tick_sinks(Pipeline *pipeline, int64_t *deadline, Err *err)
{
    *deadline = INT64_MAX;
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        Op *op = pipeline->ops[i];
        if (!is_sink(op)) continue;
        int64_t now = clock_monotonic_us();
        if (op_sink_deadline_us(op) <= now && !op_sink_tick(op, now, err)) return false;
        int64_t next = op_sink_deadline_us(op);
        if (next < *deadline) *deadline = next;
    }
    return true;
}

/* The source to poll: the one with the smallest arrival number when any has one, else the next in turn. NULL: all have ended. */
static Op *choose_source(Pipeline *pipeline)
{
    Op *best = NULL;
    uint64_t best_order = UINT64_MAX;
    uint32_t n = pipeline->nops;
    for (uint32_t i = 0; i < n; i++) {
        Op *op = pipeline->ops[(pipeline->next_source + i) % n];
        if (!op_is_source(op) || pipeline->ended[op->node->id]) continue;
        uint64_t order = op_source_order(op);
        if (best && order >= best_order) continue;
        best = op;
        best_order = order;
    }
    if (best) pipeline->next_source = best->node->id + 1;
    return best;
}

static StepResult poll_once(Pipeline *pipeline, Op *source, int timeout_ms, Err *err)
{
    switch (op_source_poll(source, timeout_ms, err)) {
    case POLL_DATA: return STEP_WORKED;
    case POLL_IDLE: return STEP_IDLE;
    case POLL_ERROR: return STEP_FAILED;
    case POLL_END: break;
    }
    pipeline->ended[source->node->id] = true;
    pipeline->nended++;
    return op_source_end(source, err) ? STEP_WORKED : STEP_FAILED;
}

/* Several sources share the wait: each is asked at once, then one of them may wait a little. */
static StepResult poll_sources(Pipeline *pipeline, int64_t wait_us, Err *err)
{
    enum { SHARED_WAIT_MS = 2 };
    uint32_t running = pipeline->nsources - pipeline->nended;
    int wait_ms = (int)((wait_us + 999) / 1000);
    StepResult result = STEP_IDLE;
    for (uint32_t i = 0; i < running && result == STEP_IDLE; i++) {
        Op *source = choose_source(pipeline);
        bool last = i + 1 == running;
        int timeout = running == 1 ? wait_ms : last ? (wait_ms < SHARED_WAIT_MS ? wait_ms : SHARED_WAIT_MS) : 0;
        result = poll_once(pipeline, source, timeout, err);
    }
    return result;
}

StepResult pipeline_step(Pipeline *pipeline, int64_t max_wait_us, Err *err)
{
    bool fired = false;
    int64_t deadline;
    if (!fire_timers(pipeline, &fired, err) || !tick_sinks(pipeline, &deadline, err)) return STEP_FAILED;
    if (pipeline->nended == pipeline->nsources || sinks_have_ended(pipeline)) return STEP_ENDED;
    if (fired) max_wait_us = 0;
    if (deadline != INT64_MAX) {
        int64_t left = deadline - clock_monotonic_us();
        if (left < max_wait_us) max_wait_us = left > 0 ? left : 0;
    }
    if (pipeline->ntimers) {
        int64_t left = pipeline->timers[0].when_us - clock_now_us();
        if (left < max_wait_us) max_wait_us = left > 0 ? left : 0;
    }
    StepResult result = poll_sources(pipeline, max_wait_us, err);
    return result == STEP_IDLE && fired ? STEP_WORKED : result;
}

/* --- checkpoints --- */

bool pipeline_barrier(Pipeline *pipeline, uint64_t ckpt_id, Err *err)
{
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        Op *op = pipeline->ops[i];
        if (op->cls->barrier && !op->cls->barrier(op, ckpt_id, err)) return false;
    }
    return true;
}

bool pipeline_commit(Pipeline *pipeline, uint64_t ckpt_id, Err *err)
{
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (is_sink(pipeline->ops[i]) && !op_sink_commit(pipeline->ops[i], ckpt_id, err)) return false;
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (op_is_source(pipeline->ops[i]) && !op_source_committed(pipeline->ops[i], ckpt_id, err)) return false;
    return true;
}

bool pipeline_end_sinks(Pipeline *pipeline, Err *err)
{
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (is_sink(pipeline->ops[i]) && !op_sink_end(pipeline->ops[i], err)) return false;
    return true;
}

size_t pipeline_held(const Pipeline *pipeline)
{
    size_t held = 0;
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (is_sink(pipeline->ops[i])) held += op_sink_held(pipeline->ops[i]);
    return held;
}

size_t pipeline_state_bytes(const Pipeline *pipeline)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        const Op *op = pipeline->ops[i];
        if (op->cls->state_bytes) bytes += op->cls->state_bytes(op);
    }
    return bytes;
}

void pipeline_positions(Pipeline *pipeline, StrBuf *out)
{
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        if (!op_is_source(pipeline->ops[i])) continue;
        uint32_t before = out->len;
        if (before) strbuf_addz(out, ", ");
        uint32_t start = out->len;
        op_source_position_text(pipeline->ops[i], out);
        if (out->len == start) out->len = before;
    }
}

/* --- metrics --- */

void pipeline_metrics(const Pipeline *pipeline, JobMetrics *out)
{
    int64_t watermark = WATERMARK_MAX;
    bool timed = false;
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        const Op *op = pipeline->ops[i];
        SourceStats stats;
        if (op_is_source(op)) out->rows_in += op->rows_out;
        if (op_is_source(op) && op_source_stats(op, &stats)) {
            out->bytes_in += stats.bytes;
            out->bad_records += stats.bad_records;
            out->lag += stats.has_lag ? stats.lag : 0;
            out->has_lag |= stats.has_lag;
        }
        out->late_rows += op->late_rows;
        if (is_sink(op)) {
            out->rows_out += op->rows_out;
            if (op->wm < watermark) watermark = op->wm;
            timed = true;
        }
    }
    out->state_bytes += pipeline_state_bytes(pipeline);
    out->watermark_us = timed && watermark != WATERMARK_MAX ? watermark : INT64_MIN;
}
