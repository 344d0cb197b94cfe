/* Normalize: an upsert changelog (+I +U -D by key) becomes +I -U +U -D with full rows. The first row of a key is +I, a change
 * -U +U, an equal row nothing (with a state TTL it is emitted), the delete of an unknown key nothing; a delete emits the stored row,
 * whatever the message held. -U counts as a delete, and so does a row that fails the filter pushed down here: a row that leaves the
 * filter is -D, one that enters +I. State: the last row of every key. */
#include "engine/op/stored_row.h"
#include "engine/op/ttl.h"
#include "engine/base/clock.h"

#include <stdlib.h>

typedef struct Normalize {
    Op op;
    Arena *arena;
    GroupLayout layout;
    GroupTable table;               /* state: StoredRow * */
    RowOut out;
    bool emit_before;
    TtlSweep sweep;
    Program *filter;
    Eval *filter_eval;
} Normalize;

static StoredRow **row_of(const Group *group)
{
    return group_state(group);
}

static bool row_idle(Op *op, Group *group, int64_t now_us)
{
    if (!ttl_expired(&group->time_us, ((Normalize *)op)->sweep.ttl_us, now_us)) return false;
    free(*row_of(group));
    *row_of(group) = NULL;
    return true;
}

static bool compile_filter(Normalize *norm, Err *err)
{
    Expr *filter = norm->op.node->u.normalize.filter;
    if (!filter) return true;
    ExprCtx ctx = { .arena = norm->arena, .zone = norm->op.env->zone, .batch = norm->op.env->batch };
    norm->filter = program_compile(norm->arena, &ctx, &filter, 1, err);
    if (!norm->filter) return op_fail(&norm->op, err);
    norm->filter_eval = eval_new(norm->filter, ctx.zone, ctx.batch);
    return true;
}

static bool normalize_open(Op *op, Err *err)
{
    Normalize *norm = (Normalize *)op;
    norm->arena = arena_new();
    group_layout_init_sized(&norm->layout, norm->arena, op->node->inputs[0]->schema, op->node->u.normalize.key, op->node->u.normalize.nkey, sizeof(StoredRow *));
    group_table_init(&norm->table, &norm->layout);
    row_out_init(&norm->out, op, op->node->schema);
    norm->emit_before = op->node->changes & CHANGES_UB;
    ttl_sweep_start(&norm->sweep, op, op->env->plan ? op->env->plan->state_ttl_us : 0, row_idle);
    return compile_filter(norm, err);
}

/* passes[row] for the live rows: added and through the filter. */
static bool find_passing(Normalize *norm, const Batch *in, const uint32_t *rows, uint32_t n, bool *passes, Err *err)
{
    if (!norm->filter) {
        for (uint32_t i = 0; i < n; i++) passes[rows[i]] = row_op_adds(batch_op(in, rows[i]));
        return true;
    }
    uint32_t *sel = arena_alloc(norm->op.scratch, sizeof *sel * (in->len + 1)), len;
    memset(passes, 0, in->len);
    if (!program_select(norm->filter, norm->filter_eval, 0, in, sel, &len, err)) return op_fail(&norm->op, err);
    for (uint32_t i = 0; i < len; i++) passes[sel[i]] = row_op_adds(batch_op(in, sel[i]));
    return true;
}

static bool add_row(Normalize *norm, Group *group, const Batch *in, uint32_t row, StrBuf *bytes, Err *err)
{
    const Schema *schema = norm->op.node->schema;
    StoredRow *old = *row_of(group), *new = stored_row_new(in, row, STR_NULL, bytes);
    if (old && norm->sweep.ttl_us <= 0 && str_eq(stored_bytes(old), stored_bytes(new))) {
        free(new);
        return true;
    }
    *row_of(group) = new;
    bool ok = !old || !norm->emit_before || row_out_add(&norm->out, schema, stored_bytes(old), NULL, 0, ROW_UPDATE_BEFORE, err);
    ok = ok && row_out_add(&norm->out, schema, stored_bytes(new), NULL, 0, old ? ROW_UPDATE_AFTER : ROW_INSERT, err);
    free(old);
    return ok;
}

static bool normalize_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    Normalize *norm = (Normalize *)op;
    arena_reset(op->scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, op->scratch);
    Group **groups = arena_alloc(op->scratch, sizeof *groups * ((size_t)n + 1));
    group_table_lookup(&norm->table, in, rows, n, groups, op->scratch);
    int64_t now = norm->sweep.ttl_us > 0 ? clock_now_us() : 0;
    bool *passes = arena_alloc(op->scratch, in->len + 1);
    StrBuf bytes = { 0 };
    bool ok = find_passing(norm, in, rows, n, passes, err);
    for (uint32_t i = 0; ok && i < n; i++) {
        StoredRow **state = row_of(groups[i]);
        if (now) row_idle(op, groups[i], now);
        groups[i]->time_us = now;
        if (passes[rows[i]]) {
            ok = add_row(norm, groups[i], in, rows[i], &bytes, err);
        } else if (*state) {
            ok = row_out_add(&norm->out, op->node->schema, stored_bytes(*state), NULL, 0, ROW_DELETE, err);
            free(*state);
            *state = NULL;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        if (groups[i]->live && !*row_of(groups[i])) group_table_remove(&norm->table, groups[i]);
    strbuf_free(&bytes);
    return ok && row_out_flush(&norm->out, err);
}

static bool normalize_timer(Op *op, int64_t now_us, Err *err)
{
    (void)err;
    Normalize *norm = (Normalize *)op;
    ttl_sweep_turn(&norm->sweep, op, &norm->table, now_us);
    return true;
}

static bool normalize_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    Normalize *norm = (Normalize *)op;
    strbuf_put_u32(out, norm->table.len);
    for (uint32_t i = 0; i < norm->table.used; i++) {
        const Group *group = group_at(&norm->table, i);
        if (!group->live) continue;
        group_encode(&norm->table, group, out);
        stored_row_encode(*row_of(group), out);
    }
    return true;
}

static bool normalize_restore(Op *op, Reader *in, Err *err)
{
    Normalize *norm = (Normalize *)op;
    if (in->ptr == in->end) return true;
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++) {
        Group *group = group_decode(&norm->table, in);
        StoredRow *row = group ? stored_row_decode(in) : NULL;
        if (!row) return err_set(err, E_SNAPSHOT, "state of an upsert normalisation cannot be read");
        *row_of(group) = row;
    }
    ttl_sweep_restored(&norm->sweep, op, &norm->table);
    return true;
}

static size_t normalize_bytes(const Op *op)
{
    return group_table_bytes(&((const Normalize *)op)->table);
}

static void normalize_close(Op *op)
{
    Normalize *norm = (Normalize *)op;
    for (uint32_t i = 0; i < norm->table.used; i++) {
        Group *group = group_at(&norm->table, i);
        if (group->live) free(*row_of(group));
    }
    if (norm->table.layout) group_table_free(&norm->table);
    if (norm->filter_eval) eval_free(norm->filter_eval);
    row_out_free(&norm->out);
    arena_free(norm->arena);
}

const OpClass op_normalize_class = {
    .name = "ChangelogNormalize", .size = sizeof(Normalize), .open = normalize_open, .process = normalize_process, .timer = normalize_timer,
    .snapshot = normalize_snapshot, .restore = normalize_restore, .state_bytes = normalize_bytes, .close = normalize_close,
};
