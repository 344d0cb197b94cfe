/* Regular join: both sides are kept by key; a row meets the rows of the other side that are there. Flink's rules (2.12-15):
 * inner: the output kind is the input's; a delete of a row never seen is joined and passed on. Outer: a preserved row without
 * match is padded with NULLs; its first match takes the padded row back (-D) before the joined one comes (+I); when the last match
 * goes it is padded again; in batch mode (at_end) padded rows come at the end only. NULL keys match nothing unless the join is null-safe.
 * With a state TTL each row is forgotten by itself, that long after it or its equal came (of an outer side: or won or lost a match), as in Flink: its key may be busy.
 * State: per key the rows of both sides; a stored row's time_us counts its matches, seq is the clock when it was written. Memory: results are collected in a builder. */
#include "engine/op/stored_row.h"
#include "engine/op/ttl.h"
#include "engine/base/clock.h"
#include "engine/type/rowcodec.h"

#include <stdlib.h>

typedef struct JoinState { StoredRows sides[2]; } JoinState;

typedef struct JoinOp {
    Op op;
    Arena *arena;
    GroupLayout layouts[2];
    GroupTable table;               /* state: JoinState */
    bool outer[2];                  /* rows of this side are preserved: padded while they have no match */
    bool outer_at_end[2];           /* the same in batch mode: padded when the input has ended */
    Program *condition;
    Eval *eval;
    BatchBuilder out, pairs;        /* pairs: candidates of one row, for the condition */
    TtlSweep sweep;                 /* by the shorter TTL */
    int64_t now_us;                 /* clock of the batch; 0 without TTL */
} JoinOp;

/* One input row at work. */
typedef struct JoinRow { const Batch *batch; uint32_t row, side; RowOp kind; StoredRow **matches; uint32_t nmatches; } JoinRow;

static const JoinConfig *config_of(const JoinOp *join)
{
    return &join->op.node->u.join;
}

static JoinState *state_of(const Group *group)
{
    return group_state(group);
}

/* Drops the rows of a side that have outlived its TTL. */
static void forget_idle(JoinOp *join, StoredRows *rows, uint32_t side, int64_t now_us)
{
    int64_t ttl_us = config_of(join)->ttl_us[side];
    uint32_t kept = 0;
    for (uint32_t i = 0; ttl_us > 0 && i < rows->n; i++) {
        int64_t written = (int64_t)rows->v[i]->seq;
        bool idle = ttl_expired(&written, ttl_us, now_us);
        rows->v[i]->seq = (uint64_t)written;
        if (idle) free(rows->v[i]);
        else rows->v[kept++] = rows->v[i];
    }
    if (ttl_us > 0) rows->n = kept;
}

static bool key_idle(Op *op, Group *group, int64_t now_us)
{
    StoredRows *sides = state_of(group)->sides;
    for (uint32_t side = 0; side < 2; side++) {
        forget_idle((JoinOp *)op, &sides[side], side, now_us);
        if (!sides[side].n) stored_rows_free(&sides[side]);
    }
    return !sides[0].n && !sides[1].n;
}

static void start_sweep(JoinOp *join)
{
    const int64_t *ttl = config_of(join)->ttl_us;
    int64_t shorter = ttl[0] > 0 && (ttl[1] <= 0 || ttl[0] < ttl[1]) ? ttl[0] : ttl[1];
    ttl_sweep_start(&join->sweep, &join->op, join->op.env->batch ? 0 : shorter, key_idle);
}

static bool join_open(Op *op, Err *err)
{
    JoinOp *join = (JoinOp *)op;
    const JoinConfig *config = config_of(join);
    join->arena = arena_new();
    group_layout_init_sized(&join->layouts[0], join->arena, op->node->inputs[0]->schema, config->left_keys, config->nkeys, sizeof(JoinState));
    group_layout_init_sized(&join->layouts[1], join->arena, op->node->inputs[1]->schema, config->right_keys, config->nkeys, sizeof(JoinState));
    group_table_init(&join->table, &join->layouts[0]);
    bool *outer = config->at_end ? join->outer_at_end : join->outer;
    outer[0] = config->kind == PLAN_JOIN_LEFT || config->kind == PLAN_JOIN_FULL;
    outer[1] = config->kind == PLAN_JOIN_RIGHT || config->kind == PLAN_JOIN_FULL;
    builder_init(&join->out, op->node->schema, BATCH_ROWS);
    builder_init(&join->pairs, op->node->schema, BATCH_ROWS);
    start_sweep(join);
    if (!config->condition) return true;
    ExprCtx ctx = { .arena = join->arena, .zone = op->env->zone, .batch = op->env->batch };
    Expr *condition = config->condition;
    join->condition = program_compile(join->arena, &ctx, &condition, 1, err);
    if (!join->condition) return op_fail(op, err);
    join->eval = eval_new(join->condition, ctx.zone, ctx.batch);
    eval_env(join->eval)->query_start_us = op->env->query_start_us;
    return true;
}

/* --- output rows --- */

static bool flush(JoinOp *join, Err *err)
{
    if (!join->out.batch.len) return true;
    bool ok = op_emit(&join->op, builder_batch(&join->out), err);
    builder_reset(&join->out);
    return ok;
}

static uint32_t first_column(const JoinOp *join, uint32_t side)
{
    return side ? join->op.node->inputs[0]->schema->n : 0;
}

static void put_batch_row(const JoinOp *join, BatchBuilder *builder, const JoinRow *row)
{
    uint32_t first = first_column(join, row->side);
    for (uint32_t c = 0; c < row->batch->ncols; c++) {
        Datum value = vec_get(&row->batch->cols[c], row->row);
        builder_set(builder, first + c, &value);
    }
}

/* stored NULL: NULLs. */
static bool put_stored(const JoinOp *join, BatchBuilder *builder, uint32_t side, const StoredRow *stored, Err *err)
{
    const Schema *schema = join->op.node->inputs[side]->schema;
    uint32_t first = first_column(join, side);
    Datum cells[64], *values = schema->n <= 64 ? cells : xmalloc(sizeof *values * schema->n);
    bool ok = true;
    if (stored) {
        Str bytes = stored_bytes(stored);
        Reader in = { bytes.ptr, bytes.ptr + bytes.len, false };
        ok = row_decode(schema, &in, builder->batch.arena, values);
    } else {
        for (uint32_t c = 0; c < schema->n; c++) values[c] = datum_null();
    }
    for (uint32_t c = 0; ok && c < schema->n; c++) builder_set(builder, first + c, &values[c]);
    if (values != cells) free(values);
    return ok || err_set(err, E_SNAPSHOT, "a stored row cannot be read");
}

/* The input row beside a stored one (NULL: padded). */
static bool emit_joined(JoinOp *join, const JoinRow *row, const StoredRow *other, RowOp kind, Err *err)
{
    put_batch_row(join, &join->out, row);
    if (!put_stored(join, &join->out, 1 - row->side, other, err)) return false;
    builder_row(&join->out, kind);
    return !builder_full(&join->out) || flush(join, err);
}

/* A stored row of the other side, padded. */
static bool emit_padded(JoinOp *join, uint32_t side, const StoredRow *stored, RowOp kind, Err *err)
{
    if (!put_stored(join, &join->out, side, stored, err) || !put_stored(join, &join->out, 1 - side, NULL, err)) return false;
    builder_row(&join->out, kind);
    return !builder_full(&join->out) || flush(join, err);
}

/* --- matches --- */

/* Keeps those of the candidates that pass the condition. */
static bool filter_matches(JoinOp *join, JoinRow *row, Err *err)
{
    uint32_t kept = 0;
    uint32_t *sel = arena_alloc(join->op.scratch, sizeof *sel * BATCH_ROWS);
    for (uint32_t at = 0, n; at < row->nmatches; at += n) {
        n = row->nmatches - at < BATCH_ROWS ? row->nmatches - at : BATCH_ROWS;
        builder_reset(&join->pairs);
        for (uint32_t i = 0; i < n; i++) {
            put_batch_row(join, &join->pairs, row);
            if (!put_stored(join, &join->pairs, 1 - row->side, row->matches[at + i], err)) return false;
            builder_row(&join->pairs, ROW_INSERT);
        }
        uint32_t passed;
        if (!program_select(join->condition, join->eval, 0, builder_batch(&join->pairs), sel, &passed, err)) return op_fail(&join->op, err);
        for (uint32_t i = 0; i < passed; i++) row->matches[kept++] = row->matches[at + sel[i]];
    }
    row->nmatches = kept;
    return true;
}

static bool null_key(const JoinOp *join, const JoinRow *row)
{
    const JoinConfig *config = config_of(join);
    const uint32_t *keys = row->side ? config->right_keys : config->left_keys;
    for (uint32_t k = 0; !config->null_safe && k < config->nkeys; k++)
        if (vec_is_null(&row->batch->cols[keys[k]], row->row)) return true;
    return false;
}

static bool find_matches(JoinOp *join, const Group *group, JoinRow *row, Err *err)
{
    StoredRows *others = &state_of(group)->sides[1 - row->side];
    row->nmatches = 0;
    if (join->now_us) forget_idle(join, others, 1 - row->side, join->now_us);
    if (null_key(join, row) || !others->n) return true;
    row->matches = arena_copy(join->op.scratch, others->v, sizeof *others->v * others->n);
    row->nmatches = others->n;
    return !join->condition || filter_matches(join, row, err);
}

/* --- rows in --- */

static bool add_row(JoinOp *join, JoinRow *row, StoredRow *stored, Err *err)
{
    uint32_t other = 1 - row->side;
    stored->time_us = row->nmatches;
    if (!row->nmatches) return !join->outer[row->side] || emit_joined(join, row, NULL, ROW_INSERT, err);
    for (uint32_t i = 0; i < row->nmatches; i++) {
        StoredRow *match = row->matches[i];
        bool padded = join->outer[other] && match->time_us == 0;
        if (padded && !emit_padded(join, other, match, ROW_DELETE, err)) return false;
        match->time_us++;
        if (join->outer[other]) match->seq = (uint64_t)join->now_us;
        RowOp kind = join->outer[0] || join->outer[1] ? ROW_INSERT : row->kind;
        if (!emit_joined(join, row, match, kind, err)) return false;
    }
    return true;
}

static bool remove_row(JoinOp *join, JoinRow *row, Err *err)
{
    uint32_t other = 1 - row->side;
    if (!row->nmatches) return !join->outer[row->side] || emit_joined(join, row, NULL, ROW_DELETE, err);
    for (uint32_t i = 0; i < row->nmatches; i++) {
        StoredRow *match = row->matches[i];
        if (!emit_joined(join, row, match, join->outer[row->side] ? ROW_DELETE : row->kind, err)) return false;
        bool last = match->time_us == 1;
        if (match->time_us > 0) match->time_us--;
        if (join->outer[other]) match->seq = (uint64_t)join->now_us;
        if (join->outer[other] && last && !emit_padded(join, other, match, ROW_INSERT, err)) return false;
    }
    return true;
}

static void forget_row(StoredRows *rows, const StoredRow *gone)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!str_eq(stored_bytes(rows->v[i]), stored_bytes(gone))) continue;
        stored_rows_remove(rows, i, 1);
        return;
    }
}

/* Equal rows are one with a count in Flink, written again with each. */
static void renew_equal(const StoredRows *rows, const StoredRow *row)
{
    for (uint32_t i = 0; i < rows->n; i++)
        if (str_eq(stored_bytes(rows->v[i]), stored_bytes(row))) rows->v[i]->seq = row->seq;
}

static bool join_row(JoinOp *join, Group *group, JoinRow *row, StrBuf *bytes, Err *err)
{
    if (!find_matches(join, group, row, err)) return false;
    StoredRow *stored = stored_row_new(row->batch, row->row, STR_NULL, bytes);
    StoredRows *own = &state_of(group)->sides[row->side];
    if (row_op_adds(row->kind)) {
        stored->seq = (uint64_t)join->now_us;
        if (join->now_us) renew_equal(own, stored);
        stored_rows_add(own, stored);
        return add_row(join, row, stored, err);
    }
    forget_row(own, stored);
    free(stored);
    return remove_row(join, row, err);
}

static void state_free(Group *group)
{
    stored_rows_free(&state_of(group)->sides[0]);
    stored_rows_free(&state_of(group)->sides[1]);
}

static bool join_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    JoinOp *join = (JoinOp *)op;
    arena_reset(op->scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, op->scratch);
    Group **groups = arena_alloc(op->scratch, sizeof *groups * ((size_t)n + 1));
    group_table_lookup_as(&join->table, &join->layouts[input], in, rows, n, groups, op->scratch);
    join->now_us = join->sweep.ttl_us > 0 ? clock_now_us() : 0;
    StrBuf bytes = { 0 };
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) {
        JoinRow row = { .batch = in, .row = rows[i], .side = input, .kind = batch_op(in, rows[i]) };
        ArenaMark mark = arena_mark(op->scratch);            /* the matches of one row; those of a batch may be millions */
        ok = join_row(join, groups[i], &row, &bytes, err);
        arena_rewind(op->scratch, mark);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!groups[i]->live || state_of(groups[i])->sides[0].n || state_of(groups[i])->sides[1].n) continue;
        state_free(groups[i]);
        group_table_remove(&join->table, groups[i]);
    }
    strbuf_free(&bytes);
    return ok && flush(join, err);
}

static bool join_finish(Op *op, Err *err)
{
    JoinOp *join = (JoinOp *)op;
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t i = 0; join->outer_at_end[side] && i < join->table.used; i++) {
            const Group *group = group_at(&join->table, i);
            const StoredRows *rows = group->live ? &state_of(group)->sides[side] : NULL;
            for (uint32_t r = 0; rows && r < rows->n; r++)
                if (rows->v[r]->time_us == 0 && !emit_padded(join, side, rows->v[r], ROW_INSERT, err)) return false;
        }
    return flush(join, err);
}

static bool join_timer(Op *op, int64_t now_us, Err *err)
{
    (void)err;
    JoinOp *join = (JoinOp *)op;
    ttl_sweep_turn(&join->sweep, op, &join->table, now_us);
    return true;
}

/* --- snapshot --- */

static bool join_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    JoinOp *join = (JoinOp *)op;
    strbuf_put_u32(out, join->table.len);
    for (uint32_t i = 0; i < join->table.used; i++) {
        const Group *group = group_at(&join->table, i);
        if (!group->live) continue;
        group_encode(&join->table, group, out);
        stored_rows_encode(&state_of(group)->sides[0], out);
        stored_rows_encode(&state_of(group)->sides[1], out);
    }
    return true;
}

static bool join_restore(Op *op, Reader *in, Err *err)
{
    JoinOp *join = (JoinOp *)op;
    if (in->ptr == in->end) return true;
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++) {
        Group *group = group_decode(&join->table, in);
        if (!group || !stored_rows_decode(&state_of(group)->sides[0], in) || !stored_rows_decode(&state_of(group)->sides[1], in))
            return err_set(err, E_SNAPSHOT, "state of a join cannot be read");
    }
    ttl_sweep_restored(&join->sweep, op, &join->table);
    return true;
}

static size_t join_bytes(const Op *op)
{
    return group_table_bytes(&((const JoinOp *)op)->table);
}

static void join_close(Op *op)
{
    JoinOp *join = (JoinOp *)op;
    for (uint32_t i = 0; i < join->table.used; i++) {
        Group *group = group_at(&join->table, i);
        if (group->live) state_free(group);
    }
    if (join->table.layout) group_table_free(&join->table);
    if (join->eval) eval_free(join->eval);
    builder_free(&join->out);
    builder_free(&join->pairs);
    arena_free(join->arena);
}

const OpClass op_join_class = {
    .name = "Join", .size = sizeof(JoinOp), .open = join_open, .process = join_process, .timer = join_timer, .finish = join_finish,
    .snapshot = join_snapshot, .restore = join_restore, .state_bytes = join_bytes, .close = join_close,
};
