/* Sink: checks NOT NULL (of a SELECT too, as Flink does), hands rows to a connector's sink or to the session's collector, and drives flushes and commits.
 * NOT NULL is enforced here alone, as in Flink (table.exec.sink.not-null-enforcer): ERROR fails the job, DROP leaves the row out.
 * Three ways to a connector: at-least-once ones are written to at once and flush at barriers (prepare); filesystem prepares a handle that its commit
 * makes visible; exactly-once ones that keep the epoch in their target (SinkVt.claim) get the rows of an epoch only when the checkpoint that holds
 * those very rows is durable, and once more after a restore if claim() says that the target lacks the epoch (docs/recovery.md).
 * State: the connector's prepared handle, the held rows of the last barrier. While restoring, the connector is opened in restore(). */
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/op/held_rows.h"

enum { HELD_BYTES_MAX = 256 << 20 };               /* checkpoints come early long before (runner.c); only a batch job can get here */

typedef struct SinkOp {
    Op op;
    SinkSpec spec;
    const SinkVt *vt;               /* NULL = collect */
    Sink *sink;
    StrBuf handle;                  /* of the last prepare */
    bool holds;                     /* rows wait for their checkpoint */
    HeldRows held;                  /* since the last barrier */
    StrBuf sealed; uint64_t epoch;  /* rows of the last barrier, not yet committed, and its checkpoint */
    Arena *arena;                   /* epoch_key */
    uint64_t dropped;               /* rows left out by NULLS_DROP */
} SinkOp;

/* --- opening --- */

static const GroupOffsets *sink_offsets(void *ctx)
{
    OpEnv *env = ctx;
    return env->group_offsets ? env->group_offsets(env) : NULL;
}

/* "job/table", told apart by "#2" when the job writes a table twice. */
static Str epoch_key(SinkOp *sink)
{
    const Op *op = &sink->op;
    const Plan *plan = op->env->plan;
    Str table = op->node->u.sink.conn->identifier;
    uint32_t nth = 1;
    for (uint32_t i = 0; i < op->node->id; i++) {
        const PlanNode *other = plan->nodes[i];
        nth += other->kind == PLAN_SINK && other->u.sink.connector && str_eq(other->u.sink.conn->identifier, table);
    }
    Str key = str_printf(sink->arena, STR_FMT "/" STR_FMT, STR_ARG(op->env->job_key), STR_ARG(table));
    return nth == 1 ? key : str_printf(sink->arena, STR_FMT "#%u", STR_ARG(key), nth);
}

static bool sink_write(void *ctx, const Batch *batch, Err *err)
{
    SinkOp *sink = ctx;
    return sink->vt->write(sink->sink, batch, err) || op_fail(&sink->op, err);
}

/* Writes the sealed rows with their epoch. An epoch without rows leaves no trace: to write it again would change nothing. */
static bool commit_sealed(SinkOp *sink, Err *err)
{
    if (sink->sealed.len == 0) return true;
    if (!held_rows_replay(strbuf_str(&sink->sealed), sink->op.node->schema, sink_write, sink, err)) return false;
    if (!sink->vt->commit(sink->sink, sink->epoch, err)) return op_fail(&sink->op, err);
    sink->op.committed = sink->epoch;
    strbuf_clear(&sink->sealed);
    return true;
}

static bool claim_restored(SinkOp *sink, uint64_t epoch, uint64_t other, Err *err)
{
    Str table = sink->spec.table->identifier;
    if (other) {
        err_set(err, E_SNAPSHOT, "another run of job \"" STR_FMT "\" has written to " STR_FMT " since this checkpoint was taken", STR_ARG(sink->op.env->job_key), STR_ARG(table));
        return err_hint(err, "Go on with that run's state directory, or start over with --fresh (rows may then be written again).");
    }
    if (epoch == EPOCH_FORGOTTEN) {
        if (!sink->sealed.len) return true;      /* nothing is in doubt */
        err_set(err, E_SNAPSHOT, STR_FMT " no longer tells whether it holds the rows of checkpoint %llu", STR_ARG(table), (unsigned long long)sink->epoch);
        return err_hint(err, "Start once with 'sink.delivery-guarantee' = 'at-least-once' to write them, perhaps again, or start over with --fresh.");
    }
    if (epoch < sink->op.committed) {
        err_set(err, E_SNAPSHOT, STR_FMT " has been set back: it holds epoch %llu, but the rows of epoch %llu were committed to it", STR_ARG(table), (unsigned long long)epoch,
                (unsigned long long)sink->op.committed);
        return err_hint(err, "A backup was restored, or the target was replaced. Bring the later rows back, or start over with --fresh.");
    }
    if (epoch > sink->op.env->restored_ckpt) {
        err_set(err, E_SNAPSHOT, STR_FMT " holds epoch %llu, but the newest checkpoint that can be read is %llu: the rows between them would be written twice", STR_ARG(table),
                (unsigned long long)epoch, (unsigned long long)sink->op.env->restored_ckpt);
        return err_hint(err, "Bring the later checkpoint back, or start over with --fresh.");
    }
    if (epoch == sink->epoch) {
        sink->op.committed = epoch;
        strbuf_clear(&sink->sealed);
    } else if (sink->sealed.len) log_notice("ckpt", "table \"" STR_FMT "\": writing the rows of checkpoint %llu, which the last run did not finish", STR_ARG(sink->spec.table->name), (unsigned long long)sink->epoch);
    return commit_sealed(sink, err);
}

/* Takes the target over and settles what the last run left open. */
static bool sink_claim(SinkOp *sink, Err *err)
{
    uint64_t epoch = 0, other = 0;
    if (!sink->vt->claim(sink->sink, &epoch, &other, err)) return op_fail(&sink->op, err);
    if (!sink->spec.fresh) return claim_restored(sink, epoch, other, err) || op_fail(&sink->op, err);
    if (other)
        log_warn("ckpt", "table \"" STR_FMT "\" holds rows of an earlier run of job \"" STR_FMT "\" (epoch %llu); this start knows nothing of it and may write them again",
                 STR_ARG(sink->spec.table->name), STR_ARG(sink->op.env->job_key), (unsigned long long)other);
    return true;
}

static bool sink_connect(SinkOp *sink, Str saved, Err *err)
{
    sink->sink = sink->vt->open(&sink->spec, saved, err);
    if (!sink->sink) return op_fail(&sink->op, err);
    return !sink->holds || sink_claim(sink, err);
}

static bool sink_open(Op *op, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    const SinkConfig *config = &op->node->u.sink;
    if (!config->connector) return true;
    sink->arena = arena_new();
    sink->vt = config->connector->sink;
    sink->spec = (SinkSpec){
        .table = config->conn, .in = op->node->schema, .metadata = config->metadata, .nmetadata = config->nmetadata,
        .changes = op->node->inputs[0]->changes, .rowtime = config->rowtime, .overwrite = config->overwrite,
        .static_partition = config->static_partition, .job_name = op->env->job_name, .cancel = op->env->cancel, .parallel_index = 0, .parallel_count = 1,
        .exactly_once = config->connector->exactly_once && config->connector->exactly_once(config->conn), .lineage = op->env->lineage, .fresh = op->env->fresh,
        .offsets = sink_offsets, .offsets_ctx = op->env,
    };
    sink->spec.epoch_key = epoch_key(sink);
    sink->holds = sink->spec.exactly_once && sink->vt->claim;
    return op->env->restoring || sink_connect(sink, STR_NULL, err);
}

/* --- rows --- */

static bool fail_null(SinkOp *sink, const Column *column, uint32_t row, Err *err)
{
    err_set(err, E_NOT_NULL, "column \"" STR_FMT "\" is NOT NULL, but a NULL value is to be written into it", STR_ARG(column->name));
    if (sink->vt) err_detail(err, "Sink table: " STR_FMT ".", STR_ARG(sink->spec.table->identifier));
    err_hint(err, "Filter such rows out, or SET 'table.exec.sink.not-null-enforcer' = 'DROP'.");
    return op_fail_row(&sink->op, row, err);
}

/* Narrows *batch to the rows without a NULL in a NOT NULL column, or fails on the first. */
static bool enforce_not_null(SinkOp *sink, Batch *batch, Err *err)
{
    const Schema *schema = sink->op.node->schema;
    for (uint32_t c = 0; c < schema->n; c++) {
        if (schema->cols[c].type->nullable || !batch->cols[c].valid) continue;
        const uint32_t *rows = batch_rows(batch, sink->op.scratch);
        uint32_t live = batch_live(batch), kept = 0, first = 0;
        uint32_t *sel = arena_alloc(sink->op.scratch, sizeof *sel * (live + 1));
        for (uint32_t i = 0; i < live; i++)
            if (!vec_is_null(&batch->cols[c], rows[i])) sel[kept++] = rows[i];
        if (kept == live) continue;
        while (!vec_is_null(&batch->cols[c], rows[first])) first++;
        if (sink->op.node->u.sink.null_policy == NULLS_ERROR) return fail_null(sink, &schema->cols[c], rows[first], err);
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
    if (!enforce_not_null(sink, &batch, err)) return false;
    if (sink->vt) settle_updates(sink, &batch);
    uint32_t live = batch_live(&batch);
    if (!live) return true;
    op->rows_out += live;
    if (sink->holds) {
        held_rows_add(&sink->held, op->node->schema, &batch);
        if (sink->held.bytes.len <= HELD_BYTES_MAX && !fault_hit("sink.budget")) return true;
        err_set(err, E_BUDGET, "more than 256 MiB of rows wait to be written to " STR_FMT " in one step", STR_ARG(sink->spec.table->identifier));
        return err_hint(err, "Leave 'sink.delivery-guarantee' = 'exactly-once' out for this job, or split its input.");
    }
    if (sink->vt) return sink_write(sink, &batch, err);
    return !op->env->collect || op->env->collect(op->env->collect_ctx, &batch, op->node->schema, err);
}

/* --- checkpoints --- */

/* The rows since the last barrier join those that an earlier barrier sealed, should its checkpoint have failed. */
static bool sink_barrier(Op *op, uint64_t ckpt_id, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    strbuf_clear(&sink->handle);
    sink->epoch = ckpt_id;
    if (sink->holds) {
        if (sink->sealed.len) {
            strbuf_adds(&sink->sealed, strbuf_str(&sink->held.bytes));
        } else {
            StrBuf swap = sink->sealed;
            sink->sealed = sink->held.bytes;
            sink->held.bytes = swap;
        }
        strbuf_clear(&sink->held.bytes);
        return true;
    }
    if (!sink->vt || !sink->vt->prepare) return true;
    return sink->vt->prepare(sink->sink, ckpt_id, &sink->handle, err) || op_fail(op, err);
}

bool op_sink_end(Op *op, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    if (!sink->vt || !sink->vt->finish || sink->holds) return true;
    return sink->vt->finish(sink->sink, err) || op_fail(op, err);
}

size_t op_sink_held(const Op *op)
{
    const SinkOp *sink = (const SinkOp *)op;
    return (size_t)sink->held.bytes.len + sink->sealed.len;
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
    if (sink->holds) return commit_sealed(sink, err);
    if (!sink->vt || !sink->vt->commit) return true;
    return sink->vt->commit(sink->sink, ckpt_id, err) || op_fail(op, err);
}

/* Nothing when nothing is open: a query without this sink then loses nothing. */
static bool sink_snapshot(Op *op, StrBuf *out, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    (void)err;
    if (!sink->handle.len && !sink->sealed.len) return true;
    strbuf_put_str(out, strbuf_str(&sink->handle));
    strbuf_put_str(out, strbuf_str(&sink->sealed));
    return true;
}

static bool sink_restore(Op *op, Reader *in, Err *err)
{
    SinkOp *sink = (SinkOp *)op;
    if (!sink->vt) return true;
    bool saved = in->ptr != in->end;
    Str handle = saved ? reader_str(in) : STR_NULL, sealed = saved ? reader_str(in) : STR_NULL;
    if (in->bad) return err_set(err, E_SNAPSHOT, "the saved state of a sink cannot be read");
    sink->epoch = op->env->restored_ckpt;
    if (!op->env->restored_committed) strbuf_adds(&sink->sealed, sealed);
    sink->spec.settled = sink->holds ? sink->sealed.len == 0 : op->env->restored_committed;
    if (!sink_connect(sink, handle, err)) return false;
    if (sink->holds || sink->sealed.len == 0) return true;
    /* Exactly-once when the checkpoint was taken, no longer now: the rows are written, perhaps again. */
    strbuf_clear(&sink->sealed);
    return held_rows_replay(sealed, op->node->schema, sink_write, sink, err);
}

static size_t sink_bytes(const Op *op)
{
    return op_sink_held(op);
}

static void sink_close(Op *op)
{
    SinkOp *sink = (SinkOp *)op;
    if (sink->sink) sink->vt->close(sink->sink);
    strbuf_free(&sink->handle);
    held_rows_free(&sink->held);
    strbuf_free(&sink->sealed);
    arena_free(sink->arena);
}

const OpClass op_sink_class = {
    .name = "Sink", .size = sizeof(SinkOp), .open = sink_open, .process = sink_process, .barrier = sink_barrier,
    .snapshot = sink_snapshot, .restore = sink_restore, .close = sink_close, .state_bytes = sink_bytes,
};
