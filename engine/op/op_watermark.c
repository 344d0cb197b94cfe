/* Watermarks: per source split the maximum of the watermark expression; over the splits the minimum of those neither idle
 * nor ended. A row is handed on before the watermark that it causes; so with interval 0 a batch is cut exactly where the
 * combined watermark grows, whatever the batch size. Otherwise the watermark goes out behind a batch once it has moved by
 * more than the interval, and when the interval's timer fires.
 * Batch mode knows no late rows: only the end of the input counts there.
 * Flink's assigner starts at 0: a watermark below 1970 is never emitted. A NULL rowtime fails the job. */
#include "engine/op/op_classes.h"
#include "engine/base/clock.h"

#include <stdlib.h>

typedef struct Split {
    int64_t wm;                     /* WATERMARK_MIN = no row yet */
    int64_t active_us;              /* clock of the last row */
    bool idle;
} Split;

typedef struct WatermarkOp {
    Op op;
    Arena *arena;
    Program *program;
    Eval *eval;
    Split *splits; uint32_t nsplits;
    int64_t emitted;
    bool idle;                      /* told downstream */
} WatermarkOp;

static const WatermarkConfig *config_of(const WatermarkOp *wm)
{
    return &wm->op.node->u.watermark;
}

static bool every_row(const WatermarkOp *wm)
{
    return config_of(wm)->on_event || config_of(wm)->interval_us <= 0;
}

static void splits_reserve(WatermarkOp *wm, uint32_t n)
{
    if (n <= wm->nsplits) return;
    wm->splits = xrealloc(wm->splits, sizeof *wm->splits * n);
    for (uint32_t i = wm->nsplits; i < n; i++) wm->splits[i] = (Split){ WATERMARK_MIN, clock_now_us(), false };
    wm->nsplits = n;
}

static void set_timers(WatermarkOp *wm)
{
    const WatermarkConfig *config = config_of(wm);
    int64_t step = every_row(wm) ? 0 : config->interval_us;
    if (config->idle_timeout_us > 0 && (!step || config->idle_timeout_us / 2 < step)) step = config->idle_timeout_us / 2 + 1;
    if (step > 0 && !wm->op.env->batch && wm->op.env->timer_set) wm->op.env->timer_set(wm->op.env, &wm->op, clock_now_us() + step);
}

static bool watermark_open(Op *op, Err *err)
{
    WatermarkOp *wm = (WatermarkOp *)op;
    wm->arena = arena_new();
    ExprCtx ctx = { .arena = wm->arena, .zone = op->env->zone, .batch = op->env->batch };
    Expr *expr = config_of(wm)->expr;
    wm->program = program_compile(wm->arena, &ctx, &expr, 1, err);
    if (!wm->program) return op_fail(op, err);
    wm->eval = eval_new(wm->program, ctx.zone, ctx.batch);
    splits_reserve(wm, 1);
    set_timers(wm);
    return true;
}

/* Minimum over the splits that count; WATERMARK_MIN while one of them has no row. All idle: what was emitted. */
static int64_t combined(const WatermarkOp *wm)
{
    int64_t low = WATERMARK_MAX;
    bool any = false;
    for (uint32_t i = 0; i < wm->nsplits; i++) {
        if (wm->splits[i].idle || (wm->op.source && op_source_split_finished(wm->op.source, i))) continue;
        if (wm->splits[i].wm < low) low = wm->splits[i].wm;
        any = true;
    }
    return any ? low : wm->emitted;
}

static bool emit_up_to(WatermarkOp *wm, int64_t ts_us, Err *err)
{
    if (ts_us <= wm->emitted) return true;
    wm->emitted = ts_us;
    return op_emit_watermark(&wm->op, ts_us, err);
}

static bool check_rowtime(WatermarkOp *wm, const Batch *in, const uint32_t *rows, uint32_t live, Err *err)
{
    const Vec *time = &in->cols[config_of(wm)->rowtime];
    if (!time->valid) return true;
    for (uint32_t i = 0; i < live; i++) {
        if (!vec_is_null(time, rows[i])) continue;
        const Column *column = &wm->op.node->schema->cols[config_of(wm)->rowtime];
        err_set(err, E_DATA, "rowtime column \"" STR_FMT "\" is NULL", STR_ARG(column->name));
        err_hint(err, "Replace it in the watermark's column (COALESCE), or filter such records out before they reach the table.");
        return op_fail_row(&wm->op, rows[i], err);
    }
    return true;
}

static void split_saw(WatermarkOp *wm, uint32_t split, int64_t ts_us, int64_t now_us)
{
    splits_reserve(wm, split + 1);
    Split *s = &wm->splits[split];
    if (ts_us > s->wm) s->wm = ts_us;
    s->active_us = now_us;
    s->idle = false;
}

static bool wake(WatermarkOp *wm, Err *err)
{
    if (!wm->idle) return true;
    wm->idle = false;
    return op_emit_idle(&wm->op, false, err);
}

/* interval 0: cut where the combined watermark grows. */
static bool process_every_row(WatermarkOp *wm, const Batch *in, const uint32_t *rows, uint32_t live, const Vec *marks, Err *err)
{
    uint32_t done = 0;
    int64_t now = config_of(wm)->idle_timeout_us > 0 ? clock_now_us() : 0;
    for (uint32_t i = 0; i < live; i++) {
        uint32_t row = rows[i];
        int64_t ts = vec_is_null(marks, row) ? WATERMARK_MIN : ((const int64_t *)marks->data)[vec_cell(marks, row)];
        split_saw(wm, in->split ? in->split[row] : 0, ts, now);
        if (ts <= wm->emitted) continue;
        int64_t low = wm->nsplits == 1 ? wm->splits[0].wm : combined(wm);
        if (low <= wm->emitted) continue;
        Batch part = *in;
        part.sel = rows + done;
        part.sel_len = i + 1 - done;
        done = i + 1;
        if (!op_emit(&wm->op, &part, err) || !emit_up_to(wm, low, err)) return false;
    }
    if (done == 0) return op_emit(&wm->op, in, err);
    Batch rest = *in;
    rest.sel = rows + done;
    rest.sel_len = live - done;
    return op_emit(&wm->op, &rest, err);
}

static void splits_raise(WatermarkOp *wm, const Batch *in, const uint32_t *rows, uint32_t live, const Vec *marks)
{
    int64_t now = clock_now_us(), high = WATERMARK_MIN;
    if (in->split) {
        for (uint32_t i = 0; i < live; i++) {
            bool none = vec_is_null(marks, rows[i]);
            split_saw(wm, in->split[rows[i]], none ? WATERMARK_MIN : ((const int64_t *)marks->data)[vec_cell(marks, rows[i])], now);
        }
        return;
    }
    if (marks->form == VEC_FLAT && !marks->valid) {
        const int64_t *data = marks->data;
        for (uint32_t i = 0; i < live; i++) high = data[rows[i]] > high ? data[rows[i]] : high;
    } else {
        for (uint32_t i = 0; i < live; i++)
            if (!vec_is_null(marks, rows[i]) && ((const int64_t *)marks->data)[vec_cell(marks, rows[i])] > high) high = ((const int64_t *)marks->data)[vec_cell(marks, rows[i])];
    }
    split_saw(wm, 0, high, now);
}

static bool watermark_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    WatermarkOp *wm = (WatermarkOp *)op;
    if (op->env->batch) return op_emit(op, in, err);
    arena_reset(op->scratch);
    uint32_t live = batch_live(in), bad_row;
    const uint32_t *rows = batch_rows(in, op->scratch);
    if (op->source) splits_reserve(wm, op_source_splits(op->source));
    Vec marks;
    if (!check_rowtime(wm, in, rows, live, err)) return false;
    if (!program_eval(wm->program, wm->eval, in, &marks, &bad_row, err)) return op_fail_row(op, bad_row, err);
    if (!wake(wm, err)) return false;
    if (every_row(wm)) return process_every_row(wm, in, rows, live, &marks, err);
    splits_raise(wm, in, rows, live, &marks);
    if (!op_emit(op, in, err)) return false;
    int64_t low = combined(wm);
    return low <= wm->emitted || low - wm->emitted <= config_of(wm)->interval_us || emit_up_to(wm, low, err);
}

/* Only the end of the input comes from above: watermarks are made here. */
static bool watermark_watermark(Op *op, int64_t ts_us, Err *err)
{
    return ts_us != WATERMARK_MAX || op_emit_watermark(op, ts_us, err);
}

static bool watermark_timer(Op *op, int64_t now_us, Err *err)
{
    WatermarkOp *wm = (WatermarkOp *)op;
    int64_t timeout = config_of(wm)->idle_timeout_us;
    if (op->source) splits_reserve(wm, op_source_splits(op->source));
    bool all = timeout > 0;
    for (uint32_t i = 0; timeout > 0 && i < wm->nsplits; i++) {
        if (now_us - wm->splits[i].active_us >= timeout) wm->splits[i].idle = true;
        all = all && wm->splits[i].idle;
    }
    if (!emit_up_to(wm, combined(wm), err)) return false;
    set_timers(wm);
    if (!all || wm->idle) return true;
    wm->idle = true;
    return op_emit_idle(op, true, err);
}

static bool watermark_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    WatermarkOp *wm = (WatermarkOp *)op;
    strbuf_put_u64(out, (uint64_t)wm->emitted);
    strbuf_put_u32(out, wm->nsplits);
    for (uint32_t i = 0; i < wm->nsplits; i++) {
        strbuf_put_u64(out, (uint64_t)wm->splits[i].wm);
        strbuf_put_u8(out, wm->splits[i].idle);
    }
    return true;
}

static bool watermark_restore(Op *op, Reader *in, Err *err)
{
    (void)err;
    WatermarkOp *wm = (WatermarkOp *)op;
    if (in->ptr == in->end) return true;
    wm->idle = op->out_idle;                     /* the outs know of it, and hear when it ends */
    wm->emitted = (int64_t)reader_u64(in);
    uint32_t n = reader_u32(in);
    if (in->bad || n > (uint32_t)(in->end - in->ptr)) return true;  /* the caller reports damaged bytes */
    splits_reserve(wm, n);
    for (uint32_t i = 0; i < n; i++) {
        wm->splits[i].wm = (int64_t)reader_u64(in);
        wm->splits[i].idle = reader_u8(in);
    }
    return true;
}

static void watermark_close(Op *op)
{
    WatermarkOp *wm = (WatermarkOp *)op;
    if (wm->eval) eval_free(wm->eval);
    free(wm->splits);
    arena_free(wm->arena);
}

const OpClass op_watermark_class = {
    .name = "WatermarkAssigner", .size = sizeof(WatermarkOp), .open = watermark_open, .process = watermark_process, .watermark = watermark_watermark,
    .timer = watermark_timer, .snapshot = watermark_snapshot, .restore = watermark_restore, .close = watermark_close,
};
