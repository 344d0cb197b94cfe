/* Sink: checks NOT NULL (of a SELECT too, as Flink does), hands rows to a connector's sink or to the session's collector, and drives flushes and commits.
 * NOT NULL is enforced here alone, as in Flink (table.exec.sink.not-null-enforcer): ERROR fails the job, DROP leaves the row out.
 * State: the connector's prepared handle. While restoring, the connector is opened in restore() with that handle. */
#include "engine/op/op_classes.h"

typedef struct SinkOp {
    Op op;
    SinkSpec spec;
    const SinkVt *vt;               /* NULL = collect */
    Sink *sink;
    StrBuf handle;                  /* of the last prepare */
    uint64_t dropped;               /* rows left out by NULLS_DROP */
} SinkOp;

static bool sink_connect(SinkOp *sink, Str saved, Err *err)
{
    sink->sink = sink->vt->open(&sink->spec, saved, err);
    return sink->sink || op_fail(&sink->op, err);
}

static bool sink_open(Op *op, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    const SinkConfig *config = &op->node->u.sink;
    if (!config->connector) return true;
    sink->vt = config->connector->sink;
    sink->spec = (SinkSpec){
        .table = config->conn, .in = op->node->schema, .metadata = config->metadata, .nmetadata = config->nmetadata,
        .changes = op->node->inputs[0]->changes, .rowtime = config->rowtime, .overwrite = config->overwrite,
        .static_partition = config->static_partition, .job_name = op->env->job_name, .cancel = op->env->cancel, .parallel_index = 0, .parallel_count = 1,
    };
    return op->env->restoring || sink_connect(sink, STR_NULL, err);
}

static bool fail_null(const SinkOp *sink, const Column *column, Err *err)
{
    err_set(err, E_NOT_NULL, "column \"" STR_FMT "\" is NOT NULL, but a NULL value is to be written into it", STR_ARG(column->name));
    if (sink->vt) err_detail(err, "Sink table: " STR_FMT ".", STR_ARG(sink->spec.table->identifier));
    return err_hint(err, "Filter such rows out, or SET 'table.exec.sink.not-null-enforcer' = 'DROP'.");
}

/* Narrows *batch to the rows without a NULL in a NOT NULL column, or fails on the first. */
static bool enforce_not_null(SinkOp *sink, Batch *batch, Err *err)
{
    const Schema *schema = sink->op.node->schema;
    for (uint32_t c = 0; c < schema->n; c++) {
        if (schema->cols[c].type->nullable || !batch->cols[c].valid) continue;
        const uint32_t *rows = batch_rows(batch, sink->op.scratch);
        uint32_t live = batch_live(batch), kept = 0;
        uint32_t *sel = arena_alloc(sink->op.scratch, sizeof *sel * (live + 1));
        for (uint32_t i = 0; i < live; i++)
            if (!vec_is_null(&batch->cols[c], rows[i])) sel[kept++] = rows[i];
        if (kept == live) continue;
        if (sink->op.node->u.sink.null_policy == NULLS_ERROR) return fail_null(sink, &schema->cols[c], err);
        sink->dropped += live - kept;
        batch->sel = sel;
        batch->sel_len = kept;
    }
    return true;
}

static bool same_key(const ConnTable *table, const Batch *batch, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < table->npk; i++) {
        const Vec *vec = &batch->cols[table->pk[i]];
        Datum x = vec_get(vec, a), y = vec_get(vec, b);
        if (!datum_eq(vec->type, &x, &y)) return false;
    }
    return true;
}

/* For a sink that takes no -U (upserts by key): one right before the +U of its key is left out, as that replaces the row. Any other -U is a row that
 * leaves (a filter it no longer passes, a join it no longer finds a match in) and goes as -D; should its +U come later, it brings the row back. */
static void settle_updates(SinkOp *sink, Batch *batch)
{
    const SinkConfig *config = &sink->op.node->u.sink;
    if (!config->accepts || !batch->ops || (config->accepts & CHANGES_UB)) return;
    const uint32_t *rows = batch_rows(batch, sink->op.scratch);
    uint32_t live = batch_live(batch), kept = 0;
    uint32_t *sel = arena_alloc(sink->op.scratch, sizeof *sel * (live + 1));
    uint8_t *ops = arena_copy(sink->op.scratch, batch->ops, batch->len);
    for (uint32_t i = 0; i < live; i++) {
        if (ops[rows[i]] == ROW_UPDATE_BEFORE) {
            if (i + 1 < live && ops[rows[i + 1]] == ROW_UPDATE_AFTER && same_key(config->conn, batch, rows[i], rows[i + 1])) continue;
            ops[rows[i]] = ROW_DELETE;
        }
        sel[kept++] = rows[i];
    }
    batch->ops = ops;
    batch->sel = sel;
    batch->sel_len = kept;
}

static bool sink_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    SinkOp *sink = (SinkOp *)op;
    arena_reset(op->scratch);
    Batch batch = *in;
    if (!enforce_not_null(sink, &batch, err)) return op_fail(op, err);
    if (sink->vt) settle_updates(sink, &batch);
    uint32_t live = batch_live(&batch);
    if (!live) return true;
    op->rows_out += live;
    if (sink->vt) return sink->vt->write(sink->sink, &batch, err) || op_fail(op, err);
    return !op->env->collect || op->env->collect(op->env->collect_ctx, &batch, op->node->schema, err);
}

static bool sink_barrier(Op *op, uint64_t ckpt_id, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    strbuf_clear(&sink->handle);
    if (!sink->vt || !sink->vt->prepare) return true;
    return sink->vt->prepare(sink->sink, ckpt_id, &sink->handle, err) || op_fail(op, err);
}

static bool sink_finish(Op *op, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    if (!sink->vt || !sink->vt->finish) return true;
    return sink->vt->finish(sink->sink, err) || op_fail(op, err);
}

int64_t op_sink_deadline_us(Op *op)
{
    SinkOp *sink = (SinkOp *)op;
    return sink->vt && sink->vt->next_deadline_us ? sink->vt->next_deadline_us(sink->sink) : INT64_MAX;
}

bool op_sink_tick(Op *op, int64_t now_us, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    if (!sink->vt || !sink->vt->tick) return true;
    return sink->vt->tick(sink->sink, now_us, err) || op_fail(op, err);
}

bool op_sink_commit(Op *op, uint64_t ckpt_id, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    if (!sink->vt || !sink->vt->commit) return true;
    return sink->vt->commit(sink->sink, ckpt_id, err) || op_fail(op, err);
}

static bool sink_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    strbuf_put_str(out, strbuf_str(&((SinkOp *)op)->handle));
    return true;
}

static bool sink_restore(Op *op, Reader *in, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    if (!sink->vt) return true;
    return sink_connect(sink, in->ptr != in->end ? reader_str(in) : STR_NULL, err);
}

static void sink_close(Op *op)
{
    SinkOp *sink = (SinkOp *)op;
    if (sink->sink) sink->vt->close(sink->sink);
    strbuf_free(&sink->handle);
}

const OpClass op_sink_class = {
    .name = "Sink", .size = sizeof(SinkOp), .open = sink_open, .process = sink_process, .barrier = sink_barrier, .finish = sink_finish,
    .snapshot = sink_snapshot, .restore = sink_restore, .close = sink_close,
};
