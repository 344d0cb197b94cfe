/* GROUP BY without windows, and DISTINCT. Per batch each changed group emits once: +I when it is new, -U/+U when its result
 * changed, -D when its last row is gone; nothing for an unchanged result (with a state TTL equal rows are emitted, as in Flink).
 * Row order still counts where it matters: a delete for an empty group is ignored, and a group that becomes empty inside a
 * batch starts from fresh states. at_end (batch mode): final rows only, when the input ends.
 * State: GroupTable. Memory: results of a batch live in scratch. */
#include "engine/op/op_classes.h"
#include "engine/op/ttl.h"
#include "engine/base/clock.h"

typedef struct GroupAgg {
    Op op;
    Arena *arena;
    AggSet *set;
    GroupLayout layout;
    GroupTable table;
    bool retracts;
    TtlSweep sweep;
    uint32_t mark;                  /* number of the batch under way */
} GroupAgg;

/* A group touched by the batch. */
typedef struct Touched { Group *group; bool had; uint32_t row; } Touched;

enum { EMIT_GROUPS = BATCH_ROWS / 2 };           /* two rows each: before and after */

static const GroupAggConfig *config_of(const GroupAgg *agg)
{
    return &agg->op.node->u.group_agg;
}

static bool group_idle(Op *op, Group *group, int64_t now_us)
{
    return ttl_expired(&group->time_us, ((GroupAgg *)op)->sweep.ttl_us, now_us);
}

static bool group_agg_open(Op *op, Err *err)
{
    (void)err;
    GroupAgg *agg = (GroupAgg *)op;
    const GroupAggConfig *config = config_of(agg);
    agg->arena = arena_new();
    agg->set = aggset_new(agg->arena, config->calls, config->ncalls);
    group_layout_init(&agg->layout, agg->arena, op->node->inputs[0]->schema, config->keys, config->nkeys, agg->set);
    group_table_init(&agg->table, &agg->layout);
    agg->retracts = node_retracts(op->node);
    ttl_sweep_start(&agg->sweep, op, config->at_end ? 0 : config->ttl_us, group_idle);     /* results that come at the end need all groups */
    return true;
}

/* --- state --- */

static void *states_of(Arena *scratch, Group *const *groups, uint32_t n)
{
    void **states = arena_alloc(scratch, sizeof *states * ((size_t)n + 1));
    for (uint32_t i = 0; i < n; i++) states[i] = group_state(groups[i]);
    return states;
}

/* Forgets what a group held longer ago than the TTL. */
static void expire(GroupAgg *agg, Group *group, int64_t now)
{
    if (group->rows && group_idle(&agg->op, group, now)) {
        group_reset_state(&agg->table, group);
        group->rows = 0;
    }
    group->time_us = now;
}

static uint32_t touch(GroupAgg *agg, Group *const *groups, const uint32_t *rows, uint32_t n, Touched *touched)
{
    uint32_t ntouched = 0;
    int64_t now = agg->sweep.ttl_us > 0 ? clock_now_us() : 0;
    agg->mark++;
    for (uint32_t i = 0; i < n; i++) {
        Group *group = groups[i];
        if (group->mark == agg->mark) continue;
        group->mark = agg->mark;
        if (now) expire(agg, group, now);
        touched[ntouched++] = (Touched){ group, group->rows > 0, rows[i] };
    }
    return ntouched;
}

static bool update_inserts(GroupAgg *agg, const Batch *in, Group **groups, const uint32_t *rows, uint32_t n, Err *err)
{
    for (uint32_t i = 0; i < n; i++) groups[i]->rows++;
    void **states = states_of(agg->op.scratch, groups, n);
    return aggset_update(agg->set, states, in, rows, n, agg->op.scratch, err);
}

/* In order, in runs that end where a group becomes empty. */
static bool update_changes(GroupAgg *agg, const Batch *in, Group **groups, const uint32_t *rows, uint32_t n, Err *err)
{
    Arena *scratch = agg->op.scratch;
    uint32_t *run = arena_alloc(scratch, sizeof *run * ((size_t)n + 1)), len = 0;
    void **states = arena_alloc(scratch, sizeof *states * ((size_t)n + 1));
    for (uint32_t i = 0; i < n; i++) {
        Group *group = groups[i];
        bool adds = row_op_adds(batch_op(in, rows[i]));
        if (!adds && group->rows == 0) continue;             /* a delete of what never was */
        group->rows += adds ? 1 : -1;
        states[len] = group_state(group);
        run[len++] = rows[i];
        if (group->rows) continue;
        if (!aggset_update(agg->set, states, in, run, len, scratch, err)) return false;
        group_reset_state(&agg->table, group);
        len = 0;
    }
    return !len || aggset_update(agg->set, states, in, run, len, scratch, err);
}

/* --- emission --- */

static void vecs_init(Vec *vecs, Arena *arena, const Column *cols, uint32_t n, uint32_t rows)
{
    for (uint32_t i = 0; i < n; i++) vec_init(&vecs[i], arena, cols[i].type, rows);
}

static bool cells_equal(const Vec *vec, uint32_t a, uint32_t b)
{
    bool null = vec_is_null(vec, a);
    if (null || vec_is_null(vec, b)) return null == vec_is_null(vec, b);
    if (vec->phys != PHYS_STR && vec->phys != PHYS_NESTED) {
        size_t size = phys_size(vec->phys);
        return memcmp((const char *)vec->data + size * a, (const char *)vec->data + size * b, size) == 0;
    }
    Datum x = vec_get(vec, a), y = vec_get(vec, b);
    return datum_eq(vec->type, &x, &y);
}

/* Results of the touched groups into rows base.. of the batch's result columns. */
static bool results_into(GroupAgg *agg, Touched *touched, uint32_t n, Batch *out, uint32_t base, Err *err)
{
    void **states = arena_alloc(agg->op.scratch, sizeof *states * ((size_t)n + 1));
    for (uint32_t i = 0; i < n; i++) states[i] = group_state(touched[i].group);
    return aggset_results(agg->set, states, n, agg->op.scratch, out->cols + config_of(agg)->nkeys, base, out->len, err);
}

/* What to emit for one group; before = row i, after = row n + i of out. Returns the new length of sel. */
static uint32_t decide(GroupAgg *agg, const Touched *touched, uint32_t i, uint32_t n, const Batch *out, uint8_t *ops, uint32_t *sel, uint32_t len)
{
    const GroupAggConfig *config = config_of(agg);
    bool has = touched->group->rows > 0;
    if (!has && !touched->had) return len;
    if (!has) {
        ops[i] = ROW_DELETE;
        sel[len++] = i;
        return len;
    }
    if (!touched->had) {
        ops[n + i] = ROW_INSERT;
        sel[len++] = n + i;
        return len;
    }
    bool same = config->ttl_us <= 0;
    for (uint32_t c = config->nkeys; same && c < out->ncols; c++) same = cells_equal(&out->cols[c], i, n + i);
    if (same) return len;
    if (config->emit_before) {
        ops[i] = ROW_UPDATE_BEFORE;
        sel[len++] = i;
    }
    ops[n + i] = ROW_UPDATE_AFTER;
    sel[len++] = n + i;
    return len;
}

/* out: rows 0..n-1 hold what the groups showed before the batch, n..2n-1 what they show now. */
static bool emit_changes(GroupAgg *agg, const Batch *in, const Touched *touched, uint32_t n, Batch *out, Err *err)
{
    const GroupAggConfig *config = config_of(agg);
    Arena *scratch = agg->op.scratch;
    uint8_t *ops = arena_alloc(scratch, 2 * (size_t)n);
    uint32_t *sel = arena_alloc(scratch, sizeof *sel * 2 * n), *from = arena_alloc(scratch, sizeof *from * 2 * n);
    memset(ops, ROW_INSERT, 2 * (size_t)n);
    for (uint32_t i = 0; i < n; i++) from[i] = from[n + i] = touched[i].row;
    for (uint32_t k = 0; k < config->nkeys; k++) vec_gather(&out->cols[k], scratch, &in->cols[config->keys[k]], from, 2 * n);
    uint32_t len = 0;
    for (uint32_t i = 0; i < n; i++) len = decide(agg, &touched[i], i, n, out, ops, sel, len);
    out->ops = ops;
    out->sel = sel;
    out->sel_len = len;
    return op_emit(&agg->op, out, err);
}

static void drop_empty(GroupAgg *agg, const Touched *touched, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (touched[i].group->rows <= 0) group_table_remove(&agg->table, touched[i].group);
}

/* The results before the update are taken part by part, as one output batch holds so many groups. */
static bool process_part(GroupAgg *agg, Touched *touched, uint32_t n, Batch *out, Err *err)
{
    const Schema *schema = agg->op.node->schema;
    batch_init(out, agg->op.scratch, schema->n, 2 * n);
    uint32_t nkeys = config_of(agg)->nkeys;
    vecs_init(out->cols + nkeys, agg->op.scratch, schema->cols + nkeys, schema->n - nkeys, 2 * n);
    bool any = false;
    for (uint32_t i = 0; i < n && !any; i++) any = touched[i].had;
    return !any || results_into(agg, touched, n, out, 0, err);
}

static bool group_agg_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    GroupAgg *agg = (GroupAgg *)op;
    Arena *scratch = op->scratch;
    arena_reset(scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, scratch);
    Group **groups = arena_alloc(scratch, sizeof *groups * ((size_t)n + 1));
    group_table_lookup(&agg->table, in, rows, n, groups, scratch);
    bool quiet = config_of(agg)->at_end;
    Touched *touched = arena_alloc(scratch, sizeof *touched * ((size_t)n + 1));
    uint32_t ntouched = quiet && !agg->retracts ? 0 : touch(agg, groups, rows, n, touched), parts = (ntouched + EMIT_GROUPS - 1) / EMIT_GROUPS;
    Batch *outs = arena_zalloc(scratch, sizeof *outs * (parts + 1));
    for (uint32_t p = 0; !quiet && p < parts; p++) {
        uint32_t at = p * EMIT_GROUPS, len = ntouched - at < EMIT_GROUPS ? ntouched - at : EMIT_GROUPS;
        if (!process_part(agg, touched + at, len, &outs[p], err)) return op_fail(op, err);
    }
    bool ok = agg->retracts ? update_changes(agg, in, groups, rows, n, err) : update_inserts(agg, in, groups, rows, n, err);
    if (!ok) return op_fail(op, err);
    for (uint32_t p = 0; !quiet && p < parts; p++) {
        uint32_t at = p * EMIT_GROUPS, len = outs[p].len / 2;
        if (!results_into(agg, touched + at, len, &outs[p], len, err)) return op_fail(op, err);
        if (!emit_changes(agg, in, touched + at, len, &outs[p], err)) return false;
    }
    if (agg->retracts) drop_empty(agg, touched, ntouched);
    return true;
}

/* --- end of input, timers --- */

static bool emit_final(GroupAgg *agg, Group *const *groups, uint32_t n, Err *err)
{
    const Schema *schema = agg->op.node->schema;
    uint32_t nkeys = config_of(agg)->nkeys;
    arena_reset(agg->op.scratch);
    Batch out;
    batch_init(&out, agg->op.scratch, schema->n, n);
    vecs_init(out.cols, agg->op.scratch, schema->cols, schema->n, n);
    group_keys(&agg->layout, groups, n, agg->op.scratch, false, out.cols, 0, n);
    void **states = states_of(agg->op.scratch, groups, n);
    if (!aggset_results(agg->set, states, n, agg->op.scratch, out.cols + nkeys, 0, n, err)) return op_fail(&agg->op, err);
    return op_emit(&agg->op, &out, err);
}

static bool group_agg_finish(Op *op, Err *err)
{
    GroupAgg *agg = (GroupAgg *)op;
    if (!config_of(agg)->at_end) return true;
    if (!agg->table.len && config_of(agg)->global_row_when_empty) {
        const Group none = { .rows = 0 };
        (void)group_table_like(&agg->table, &none);
    }
    Group *groups[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < agg->table.used; i++) {
        Group *group = group_at(&agg->table, i);
        if (!group->live) continue;
        groups[n++] = group;
        if (n < BATCH_ROWS) continue;
        if (!emit_final(agg, groups, n, err)) return false;
        n = 0;
    }
    if (n && !emit_final(agg, groups, n, err)) return false;
    group_table_clear(&agg->table);
    return true;
}

static bool group_agg_timer(Op *op, int64_t now_us, Err *err)
{
    (void)err;
    GroupAgg *agg = (GroupAgg *)op;
    ttl_sweep_turn(&agg->sweep, op, &agg->table, now_us);
    return true;
}

static bool group_agg_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    group_table_encode(&((GroupAgg *)op)->table, out);
    return true;
}

static bool group_agg_restore(Op *op, Reader *in, Err *err)
{
    GroupAgg *agg = (GroupAgg *)op;
    if (in->ptr == in->end) return true;
    if (!group_table_decode(&agg->table, in)) return err_set(err, E_SNAPSHOT, "state of a grouped aggregate cannot be read");
    ttl_sweep_restored(&agg->sweep, op, &agg->table);
    return true;
}

static size_t group_agg_bytes(const Op *op)
{
    return group_table_bytes(&((const GroupAgg *)op)->table);
}

static void group_agg_close(Op *op)
{
    GroupAgg *agg = (GroupAgg *)op;
    if (agg->table.layout) group_table_free(&agg->table);
    arena_free(agg->arena);
}

const OpClass op_group_agg_class = {
    .name = "GroupAggregate", .size = sizeof(GroupAgg), .open = group_agg_open, .process = group_agg_process, .timer = group_agg_timer,
    .finish = group_agg_finish, .snapshot = group_agg_snapshot, .restore = group_agg_restore, .state_bytes = group_agg_bytes, .close = group_agg_close,
};
