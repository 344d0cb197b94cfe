/* Materialize: before an upsert sink whose key is not the query's upsert key. Keeps every row of a sink key in order of arrival;
 * the last one stands in the table. A new row is +I or +U; when the last row goes, the one before it comes back by +U, or -D if
 * there is none; other deletes change nothing. With a state TTL, keys idle for longer are forgotten. State: the rows per key. */
#include "engine/op/stored_row.h"
#include "engine/op/ttl.h"
#include "engine/base/clock.h"

#include <stdlib.h>

typedef struct Materialize {
    Op op;
    Arena *arena;
    GroupLayout layout;
    GroupTable table;               /* state: StoredRows */
    RowOut out;
    TtlSweep sweep;
} Materialize;

static StoredRows *rows_of(const Group *group)
{
    return group_state(group);
}

static bool rows_idle(Op *op, Group *group, int64_t now_us)
{
    if (!ttl_expired(&group->time_us, ((Materialize *)op)->sweep.ttl_us, now_us)) return false;
    stored_rows_free(rows_of(group));
    return true;
}

static bool materialize_open(Op *op, Err *err)
{
    (void)err;
    Materialize *mat = (Materialize *)op;
    mat->arena = arena_new();
    group_layout_init_sized(&mat->layout, mat->arena, op->node->inputs[0]->schema, op->node->u.materialize.key, op->node->u.materialize.nkey, sizeof(StoredRows));
    group_table_init(&mat->table, &mat->layout);
    row_out_init(&mat->out, op, op->node->schema);
    ttl_sweep_start(&mat->sweep, op, op->env->plan ? op->env->plan->state_ttl_us : 0, rows_idle);
    return true;
}

static bool take_back(Materialize *mat, StoredRows *rows, Str bytes, Err *err)
{
    uint32_t at = 0;
    while (at < rows->n && !str_eq(stored_bytes(rows->v[at]), bytes)) at++;
    if (at == rows->n) return true;
    bool last = at + 1 == rows->n;
    bool ok = true;
    if (last && rows->n == 1) ok = row_out_add(&mat->out, mat->op.node->schema, bytes, NULL, 0, ROW_DELETE, err);
    else if (last) ok = row_out_add(&mat->out, mat->op.node->schema, stored_bytes(rows->v[at - 1]), NULL, 0, ROW_UPDATE_AFTER, err);
    stored_rows_remove(rows, at, 1);
    return ok;
}

static bool materialize_row(Materialize *mat, Group *group, const Batch *in, uint32_t row, StrBuf *bytes, Err *err)
{
    StoredRows *rows = rows_of(group);
    if (!row_op_adds(batch_op(in, row))) {
        strbuf_clear(bytes);
        StoredRow *gone = stored_row_new(in, row, STR_NULL, bytes);
        bool ok = take_back(mat, rows, stored_bytes(gone), err);
        free(gone);
        return ok;
    }
    stored_rows_add(rows, stored_row_new(in, row, STR_NULL, bytes));
    return row_out_add(&mat->out, mat->op.node->schema, stored_bytes(rows->v[rows->n - 1]), NULL, 0, rows->n == 1 ? ROW_INSERT : ROW_UPDATE_AFTER, err);
}

static bool materialize_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    Materialize *mat = (Materialize *)op;
    arena_reset(op->scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, op->scratch);
    Group **groups = arena_alloc(op->scratch, sizeof *groups * ((size_t)n + 1));
    group_table_lookup(&mat->table, in, rows, n, groups, op->scratch);
    int64_t now = mat->sweep.ttl_us > 0 ? clock_now_us() : 0;
    StrBuf bytes = { 0 };
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) {
        if (now) rows_idle(op, groups[i], now);
        groups[i]->time_us = now;
        ok = materialize_row(mat, groups[i], in, rows[i], &bytes, err);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!groups[i]->live || rows_of(groups[i])->n) continue;
        stored_rows_free(rows_of(groups[i]));
        group_table_remove(&mat->table, groups[i]);
    }
    strbuf_free(&bytes);
    return ok && row_out_flush(&mat->out, err);
}

static bool materialize_timer(Op *op, int64_t now_us, Err *err)
{
    (void)err;
    Materialize *mat = (Materialize *)op;
    ttl_sweep_turn(&mat->sweep, op, &mat->table, now_us);
    return true;
}

static bool materialize_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    Materialize *mat = (Materialize *)op;
    strbuf_put_u32(out, mat->table.len);
    for (uint32_t i = 0; i < mat->table.used; i++) {
        const Group *group = group_at(&mat->table, i);
        if (!group->live) continue;
        group_encode(&mat->table, group, out);
        stored_rows_encode(rows_of(group), out);
    }
    return true;
}

static bool materialize_restore(Op *op, Reader *in, Err *err)
{
    Materialize *mat = (Materialize *)op;
    if (in->ptr == in->end) return true;
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++) {
        Group *group = group_decode(&mat->table, in);
        if (!group || !stored_rows_decode(rows_of(group), in)) return err_set(err, E_SNAPSHOT, "state of a sink's upsert materialisation cannot be read");
    }
    ttl_sweep_restored(&mat->sweep, op, &mat->table);
    return true;
}

static size_t materialize_bytes(const Op *op)
{
    return group_table_bytes(&((const Materialize *)op)->table);
}

static void materialize_close(Op *op)
{
    Materialize *mat = (Materialize *)op;
    for (uint32_t i = 0; i < mat->table.used; i++) {
        Group *group = group_at(&mat->table, i);
        if (group->live) stored_rows_free(rows_of(group));
    }
    if (mat->table.layout) group_table_free(&mat->table);
    row_out_free(&mat->out);
    arena_free(mat->arena);
}

const OpClass op_materialize_class = {
    .name = "SinkMaterialize", .size = sizeof(Materialize), .open = materialize_open, .process = materialize_process,
    .timer = materialize_timer, .snapshot = materialize_snapshot, .restore = materialize_restore, .state_bytes = materialize_bytes, .close = materialize_close,
};
