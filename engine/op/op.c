/* Operators' common part: creation, wiring, counters, and the watermark of several inputs.
 * Invariants: op->wm only grows and is the minimum over the inputs that have not ended; finish() runs once, after the
 * last input ended. Memory: an operator owns its struct and scratch arena; outs grow by malloc while wiring.
 * Threading: everything runs on the job's thread. */
#include "engine/op/op_classes.h"

#include <assert.h>
#include <stdlib.h>

Op *op_new(const PlanNode *node, OpEnv *env, Err *err)
{
    const OpClass *cls = op_class_of(node);
    if (!cls) {
        err_at(err, E_INTERNAL, node->span, "no operator for plan node kind %d", (int)node->kind);
        return NULL;
    }
    Op *op = xcalloc(1, cls->size);
    op->cls = cls;
    op->node = node;
    op->env = env;
    op->ninputs = node->ninputs;
    op->input_wm = xcalloc(op->ninputs + 1, sizeof *op->input_wm);
    op->input_done = xcalloc(op->ninputs + 1, sizeof *op->input_done);
    op->input_idle = xcalloc(op->ninputs + 1, sizeof *op->input_idle);
    for (uint32_t i = 0; i < op->ninputs; i++) op->input_wm[i] = WATERMARK_MIN;
    op->wm = op->out_wm = WATERMARK_MIN;
    op->bad_row = -1;
    op->scratch = arena_new();
    if (op_is_source(op)) op->source = op;
    if (cls->open && !cls->open(op, err)) {
        op_free(op);
        return NULL;
    }
    return op;
}

void op_free(Op *op)
{
    if (!op) return;
    if (op->cls->close) op->cls->close(op);
    arena_free(op->scratch);
    free(op->outs);
    free(op->input_wm);
    free(op->input_done);
    free(op->input_idle);
    free(op);
}

void op_connect(Op *from, Op *to, uint32_t input)
{
    assert(input < to->ninputs);
    from->outs = xrealloc(from->outs, sizeof *from->outs * (from->nouts + 1));
    from->outs[from->nouts++] = (OpTarget){ to, input };
    if (to->ninputs == 1) to->rows_of = from->source;
    if (to->node->kind == PLAN_CALC || to->node->kind == PLAN_WATERMARK) to->source = from->source;
}

bool op_emit(Op *op, const Batch *batch, Err *err)
{
    uint32_t live = batch_live(batch);
    if (!live) return true;
    op->rows_out += live;
    for (uint32_t i = 0; i < op->nouts; i++)
        if (!op_process(op->outs[i].op, op->outs[i].input, batch, err)) return false;
    return true;
}

/* Batch mode has no watermarks in band: rows may still come when a source has ended (final aggregates, sorts), so every operator
 * sees its only one, WATERMARK_MAX, when its own inputs have ended. */
bool op_emit_watermark(Op *op, int64_t ts_us, Err *err)
{
    if (op->env->batch) return true;
    if (ts_us > op->out_wm) op->out_wm = ts_us;
    for (uint32_t i = 0; i < op->nouts; i++)
        if (!op_watermark(op->outs[i].op, op->outs[i].input, ts_us, err)) return false;
    return true;
}

bool op_process(Op *op, uint32_t input, const Batch *batch, Err *err)
{
    op->rows_in += batch_live(batch);
    return op->cls->process(op, input, batch, err);
}

/* No input moves the watermark: those that have not ended (which stand at WATERMARK_MAX) are idle. An idle input may wake up
 * again, so the end of the others must not pass for the end of all. */
static bool all_idle(const Op *op)
{
    bool any = false;
    for (uint32_t i = 0; i < op->ninputs; i++) {
        if (op->input_wm[i] == WATERMARK_MAX) continue;
        if (!op->input_idle[i]) return false;
        any = true;
    }
    return any;
}

/* Hands the combined watermark on if it has grown. */
static bool advance(Op *op, Err *err)
{
    int64_t low = WATERMARK_MAX;
    if (all_idle(op)) return true;
    for (uint32_t i = 0; i < op->ninputs; i++)
        if (!op->input_idle[i] && op->input_wm[i] < low) low = op->input_wm[i];
    if (low <= op->wm) return true;
    op->wm = low;
    return op->cls->watermark ? op->cls->watermark(op, low, err) : op_emit_watermark(op, low, err);
}

void op_derive(Op *op, Op *const *inputs)
{
    bool done = op->ninputs > 0;
    int64_t low = WATERMARK_MAX;
    for (uint32_t i = 0; i < op->ninputs; i++) {
        op->input_wm[i] = inputs[i]->out_wm;
        op->input_idle[i] = inputs[i]->out_idle;
        op->input_done[i] = inputs[i]->out_done;
        done &= op->input_done[i];
        if (!op->input_idle[i] && op->input_wm[i] < low) low = op->input_wm[i];
    }
    op->out_idle = all_idle(op);
    op->out_done = done;
    op->wm = op->out_wm = op->ninputs == 0 || op->out_idle ? WATERMARK_MIN : low;
}

static bool tell_idle(Op *op, bool before, Err *err)
{
    bool now = all_idle(op);
    return now == before || op_emit_idle(op, now, err);
}

bool op_watermark(Op *op, uint32_t input, int64_t ts_us, Err *err)
{
    if (ts_us <= op->input_wm[input]) return true;
    bool before = all_idle(op);
    op->input_wm[input] = ts_us;
    op->input_idle[input] = false;
    return advance(op, err) && tell_idle(op, before, err);
}

bool op_idle(Op *op, uint32_t input, bool idle, Err *err)
{
    if (op->input_idle[input] == idle) return true;
    bool before = all_idle(op);
    op->input_idle[input] = idle;
    return advance(op, err) && tell_idle(op, before, err);
}

bool op_emit_idle(Op *op, bool idle, Err *err)
{
    op->out_idle = idle;
    for (uint32_t i = 0; i < op->nouts; i++)
        if (!op_idle(op->outs[i].op, op->outs[i].input, idle, err)) return false;
    return true;
}

static bool finish_outs(Op *op, Err *err)
{
    op->out_done = true;
    for (uint32_t i = 0; i < op->nouts; i++)
        if (!op_finish_input(op->outs[i].op, op->outs[i].input, err)) return false;
    return true;
}

bool op_finish_input(Op *op, uint32_t input, Err *err)
{
    if (op->input_done[input]) return true;
    op->input_done[input] = true;
    if (op->cls->finish_input && !op->cls->finish_input(op, input, err)) return false;
    for (uint32_t i = 0; i < op->ninputs; i++)
        if (!op->input_done[i]) return true;
    if (op->env->batch && op->wm != WATERMARK_MAX) {
        op->wm = WATERMARK_MAX;
        if (op->cls->watermark && !op->cls->watermark(op, WATERMARK_MAX, err)) return false;
    }
    if (op->cls->finish && !op->cls->finish(op, err)) return false;
    return finish_outs(op, err);
}

bool op_emit_end(Op *op, Err *err)
{
    return op_emit_watermark(op, WATERMARK_MAX, err) && finish_outs(op, err);
}
