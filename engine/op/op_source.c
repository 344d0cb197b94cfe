/* Source: a connector's scan at the head of a pipeline, polled by the runner; Values is polled through here too.
 * State: the connector's position at the last barrier and whether it has ended. A checkpoint becomes durable later, when the source has read on:
 * what is committed then is the barrier's position. While restoring, the connector is opened in restore(), so that it starts at the saved
 * position and never reads a row twice. */
#include "engine/op/op_sources.h"

#include <stdlib.h>

typedef struct ScanOp {
    Op op;
    SourceSpec spec;
    const SourceVt *vt;
    Source *source;
    bool ended;
    bool emitting;                               /* a batch is being handed on */
    bool *finished; uint32_t nfinished;          /* splits that had ended before that batch was polled */
    StrBuf position;                             /* at the last barrier, or the restored one */
} ScanOp;

static bool scan_connect(ScanOp *scan, Str position, Err *err)
{
    scan->source = scan->vt->open(&scan->spec, position, err);
    return scan->source || op_fail(&scan->op, err);
}

static bool scan_open(Op *op, Err *err)
{
    ScanOp *scan = (ScanOp *)op;
    const ScanConfig *config = &op->node->u.scan;
    scan->vt = config->connector->source;
    scan->spec = (SourceSpec){
        .table = config->conn, .out = op->node->schema, .physical = config->physical, .nphysical = config->nphysical,
        .metadata = config->metadata, .nmetadata = config->nmetadata, .preds = config->preds, .npreds = config->npreds,
        .limit = config->limit, .batch = op->env->batch, .inline_input = op->env->inline_input, .job_name = op->env->job_name,
        .cancel = op->env->cancel,
        .parallel_index = 0, .parallel_count = 1,
    };
    return op->env->restoring || scan_connect(scan, STR_NULL, err);
}

/* Adds where the row was read that an operator failed on. */
static void tell_row(ScanOp *scan, const Batch *batch, Err *err)
{
    if (scan->op.bad_row < 0 || !err->set || !scan->vt->where) return;
    StrBuf where = { 0 };
    scan->vt->where(scan->source, batch, (uint32_t)scan->op.bad_row, &where);
    if (where.len) err_detail(err, "The row was read from " STR_FMT ".", STR_ARG(strbuf_str(&where)));
    strbuf_free(&where);
}

/* Hands a polled batch on; tests may ask for slices of a few rows. */
static bool scan_emit(ScanOp *scan, const Batch *batch, Err *err)
{
    uint32_t limit = scan->op.env->max_batch_rows, live = batch_live(batch);
    if (!limit || live <= limit) return op_emit(&scan->op, batch, err);
    arena_reset(scan->op.scratch);
    const uint32_t *rows = batch_rows(batch, scan->op.scratch);
    for (uint32_t at = 0; at < live; at += limit) {
        Batch part = *batch;
        part.sel = rows + at;
        part.sel_len = live - at < limit ? live - at : limit;
        if (!op_emit(&scan->op, &part, err)) return false;
    }
    return true;
}

/* The last rows of a split stand in the batch after which the connector calls it finished: until they have gone through, it still holds the watermark. */
static void note_finished(ScanOp *scan)
{
    if (!scan->vt->split_finished) return;
    uint32_t n = op_source_splits(&scan->op);
    if (n > scan->nfinished) scan->finished = xrealloc(scan->finished, n * sizeof *scan->finished);
    scan->nfinished = n;
    for (uint32_t i = 0; i < n; i++) scan->finished[i] = scan->vt->split_finished(scan->source, i);
}

bool op_is_source(const Op *op)
{
    return op->node->ninputs == 0;
}

PollResult op_source_poll(Op *op, int timeout_ms, Err *err)
{
    if (op->node->kind == PLAN_VALUES) return values_poll(op, err);
    ScanOp *scan = (ScanOp *)op;
    if (scan->ended) return POLL_END;
    const Batch *batch = NULL;
    note_finished(scan);
    PollResult result = scan->vt->poll(scan->source, timeout_ms, &batch, err);
    if (result == POLL_ERROR) op_fail(op, err);
    if (result != POLL_DATA) return result;
    op->bad_row = -1;
    scan->emitting = true;
    bool ok = scan_emit(scan, batch, err);
    scan->emitting = false;
    if (ok) return POLL_DATA;
    tell_row(scan, batch, err);
    return POLL_ERROR;
}

bool op_source_end(Op *op, Err *err)
{
    if (op->node->kind == PLAN_SCAN) ((ScanOp *)op)->ended = true;
    op->wm = WATERMARK_MAX;
    return op_emit_end(op, err);
}

uint64_t op_source_order(Op *op)
{
    if (op->node->kind != PLAN_SCAN) return 0;
    ScanOp *scan = (ScanOp *)op;
    return scan->vt->next_order && !scan->ended ? scan->vt->next_order(scan->source) : 0;
}

uint32_t op_source_splits(const Op *op)
{
    if (op->node->kind != PLAN_SCAN) return 1;
    const ScanOp *scan = (const ScanOp *)op;
    return scan->vt->splits ? scan->vt->splits(scan->source) : 1;
}

bool op_source_split_finished(const Op *op, uint32_t split)
{
    if (op->node->kind != PLAN_SCAN) return false;
    const ScanOp *scan = (const ScanOp *)op;
    if (scan->ended || !scan->vt->split_finished) return scan->ended;
    return scan->emitting ? split < scan->nfinished && scan->finished[split] : scan->vt->split_finished(scan->source, split);
}

bool op_source_stats(const Op *op, SourceStats *out)
{
    memset(out, 0, sizeof *out);
    if (op->node->kind != PLAN_SCAN) return false;
    const ScanOp *scan = (const ScanOp *)op;
    if (!scan->vt->stats || !scan->source) return false;
    scan->vt->stats(scan->source, out);
    return true;
}

/* --- barriers and what follows them --- */

static bool scan_barrier(Op *op, uint64_t ckpt_id, Err *err)
{
    ScanOp *scan = (ScanOp *)op;
    (void)ckpt_id;
    strbuf_clear(&scan->position);
    return !scan->vt->position || scan->vt->position(scan->source, &scan->position, err) || op_fail(op, err);
}

bool op_source_committed(Op *op, uint64_t ckpt_id, Err *err)
{
    if (op->node->kind != PLAN_SCAN) return true;
    ScanOp *scan = (ScanOp *)op;
    return !scan->vt->committed || scan->vt->committed(scan->source, ckpt_id, strbuf_str(&scan->position), err) || op_fail(op, err);
}

bool op_source_group_offsets(Op *op, Arena *arena, GroupOffsets *out, Err *err)
{
    if (op->node->kind != PLAN_SCAN) return true;
    ScanOp *scan = (ScanOp *)op;
    return !scan->vt->group_offsets || !scan->position.len || scan->vt->group_offsets(scan->source, strbuf_str(&scan->position), arena, out, err) || op_fail(op, err);
}

void op_source_position_text(Op *op, StrBuf *out)
{
    if (op->node->kind != PLAN_SCAN) return;
    ScanOp *scan = (ScanOp *)op;
    if (scan->vt->position_text) scan->vt->position_text(scan->source, out);
}

static bool scan_snapshot(Op *op, StrBuf *out, Err *err)
{
    ScanOp *scan = (ScanOp *)op;
    (void)err;
    strbuf_put_u8(out, scan->ended);
    strbuf_put_str(out, strbuf_str(&scan->position));
    return true;
}

static bool scan_restore(Op *op, Reader *in, Err *err)
{
    ScanOp *scan = (ScanOp *)op;
    bool saved = in->ptr != in->end;
    scan->ended = saved && reader_u8(in);
    strbuf_clear(&scan->position);
    if (saved) strbuf_adds(&scan->position, reader_str(in));
    return scan_connect(scan, strbuf_str(&scan->position), err);
}

static void scan_close(Op *op)
{
    ScanOp *scan = (ScanOp *)op;
    if (scan->source) scan->vt->close(scan->source);
    strbuf_free(&scan->position);
    free(scan->finished);
}

const OpClass op_source_class = {
    .name = "Source", .size = sizeof(ScanOp), .open = scan_open, .barrier = scan_barrier, .snapshot = scan_snapshot, .restore = scan_restore, .close = scan_close,
};
