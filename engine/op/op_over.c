/* OVER over bounded input: rows are kept until the input ends, sorted by partition and order, and every call is computed over its
 * frame. Frames that begin at the start of the partition are running aggregates; others are computed row by row.
 * RANK, DENSE_RANK, ROW_NUMBER, PERCENT_RANK, CUME_DIST, NTILE, LAG and LEAD come from positions and peers. State: the rows. */
#include "engine/op/stored_row.h"
#include "engine/type/rowcodec.h"

#include <stdlib.h>

typedef struct OverOp {
    Op op;
    Arena *arena;
    AggSet **sets;                  /* one per call; NULL for ranking functions */
    SortKey *keys; uint32_t nkeys;  /* partition, then order */
    StoredRows rows;
    uint64_t seq;
    RowOut out;
} OverOp;

/* One partition under work: decoded columns in order. */
typedef struct Partition {
    Batch batch;                    /* n rows, columns FLAT */
    uint32_t n;
    uint32_t *peer_start, *peer_end;        /* rows equal in order: [start, end) of each row's group */
    uint32_t *peer_group;                   /* number of the group, from 0 */
    Vec *results;                           /* one per call */
} Partition;

static const OverConfig *config_of(const OverOp *over)
{
    return &over->op.node->u.over;
}

static bool over_open(Op *op, Err *err)
{
    OverOp *over = (OverOp *)op;
    const OverConfig *config = config_of(over);
    if (!op->env->batch && !op->node->inputs[0]->bounded) {
        err_at(err, E_UNSUPPORTED, op->node->span, "OVER over unbounded input is not supported");
        return err_hint(err, "Use a window function (TUMBLE, HOP) with GROUP BY, or SET 'execution.runtime-mode' = 'batch' over bounded tables.");
    }
    over->arena = arena_new();
    over->sets = ARENA_ARRAY(over->arena, AggSet *, config->ncalls + 1);
    for (uint32_t i = 0; i < config->ncalls; i++)
        if (config->calls[i].func == OVER_AGG) over->sets[i] = aggset_new(over->arena, &config->calls[i].agg, 1);
    over->keys = ARENA_ARRAY(over->arena, SortKey, config->npartition + config->norder + 1);
    for (uint32_t i = 0; i < config->npartition; i++) over->keys[over->nkeys++] = (SortKey){ config->partition[i], false, true };
    for (uint32_t i = 0; i < config->norder; i++) over->keys[over->nkeys++] = config->order[i];
    row_out_init(&over->out, op, op->node->schema);
    return true;
}

static bool over_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    (void)err;
    OverOp *over = (OverOp *)op;
    StrBuf key = { 0 }, bytes = { 0 };
    for (uint32_t i = 0, n = batch_live(in); i < n; i++) {
        uint32_t row = batch_row(in, i);
        strbuf_clear(&key);
        sort_key_encode(in, over->keys, over->nkeys, row, &key);
        StoredRow *stored = stored_row_new(in, row, strbuf_str(&key), &bytes);
        stored->seq = over->seq++;
        stored_rows_add(&over->rows, stored);
    }
    strbuf_free(&key);
    strbuf_free(&bytes);
    return true;
}

/* --- a partition --- */

static bool same_cells(const Batch *batch, const uint32_t *cols, uint32_t ncols, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < ncols; i++) {
        const Vec *vec = &batch->cols[cols[i]];
        Datum x = vec_get(vec, a), y = vec_get(vec, b);
        if (!datum_eq(vec->type, &x, &y)) return false;
    }
    return true;
}

static bool load(OverOp *over, uint32_t from, uint32_t n, Partition *part, Err *err)
{
    Arena *scratch = over->op.scratch;
    const Schema *schema = over->op.node->inputs[0]->schema;
    *part = (Partition){ .n = n };
    batch_init(&part->batch, scratch, schema->n, n);
    for (uint32_t c = 0; c < schema->n; c++) vec_init(&part->batch.cols[c], scratch, schema->cols[c].type, n);
    Datum *cells = ARENA_ARRAY(scratch, Datum, schema->n + 1);
    for (uint32_t i = 0; i < n; i++) {
        Str bytes = stored_bytes(over->rows.v[from + i]);
        Reader in = { bytes.ptr, bytes.ptr + bytes.len, false };
        if (!row_decode(schema, &in, scratch, cells)) return err_set(err, E_SNAPSHOT, "a stored row cannot be read");
        for (uint32_t c = 0; c < schema->n; c++) vec_set(&part->batch.cols[c], scratch, n, i, &cells[c]);
    }
    return true;
}

static void find_peers(OverOp *over, Partition *part)
{
    const OverConfig *config = config_of(over);
    Arena *scratch = over->op.scratch;
    uint32_t *cols = ARENA_ARRAY(scratch, uint32_t, config->norder + 1);
    for (uint32_t i = 0; i < config->norder; i++) cols[i] = config->order[i].column;
    part->peer_start = ARENA_ARRAY(scratch, uint32_t, part->n + 1);
    part->peer_end = ARENA_ARRAY(scratch, uint32_t, part->n + 1);
    part->peer_group = ARENA_ARRAY(scratch, uint32_t, part->n + 1);
    uint32_t group = 0;
    for (uint32_t at = 0, to; at < part->n; at = to, group++) {
        for (to = at + 1; to < part->n && same_cells(&part->batch, cols, config->norder, at, to);) to++;
        for (uint32_t i = at; i < to; i++) {
            part->peer_start[i] = at;
            part->peer_end[i] = to;
            part->peer_group[i] = group;
        }
    }
}

/* --- frames --- */

/* Order value of a row for RANGE n frames: the single order column as a number (descending order: negated). */
static double range_value(const OverConfig *config, const Partition *part, uint32_t row)
{
    const Vec *vec = &part->batch.cols[config->order[0].column];
    Datum v = vec_get(vec, row);
    double x = 0;
    switch (vec->phys) {
    case PHYS_I8: x = v.v.i8; break;
    case PHYS_I16: x = v.v.i16; break;
    case PHYS_I32: x = v.v.i32; break;
    case PHYS_I64: x = (double)v.v.i64; break;
    case PHYS_F32: x = (double)v.v.f32; break;
    case PHYS_F64: x = v.v.f64; break;
    case PHYS_I128: x = (double)v.v.i128; break;
    case PHYS_BOOL: case PHYS_STR: case PHYS_NESTED: case PHYS_COUNT: break;
    }
    if (vec->type->kind == TYPE_DECIMAL)
        for (uint32_t i = 0; i < vec->type->scale; i++) x /= 10;
    return config->order[0].desc ? -x : x;
}

/* Interval offsets are milliseconds; timestamps count microseconds, dates days. */
static double range_offset(const OverConfig *config, const Partition *part, const OverCall *call, int64_t offset)
{
    if (!call->range_interval) return (double)offset;
    TypeKind kind = part->batch.cols[config->order[0].column].type->kind;
    return kind == TYPE_DATE ? (double)offset / 86400000 : kind == TYPE_TIME ? (double)offset : (double)offset * 1000;
}

static void frame_rows(const OverCall *call, const Partition *part, uint32_t row, int64_t *from, int64_t *to)
{
    *from = call->start_unbounded ? 0 : (int64_t)row + call->start;
    *to = call->end_unbounded ? part->n : (int64_t)row + call->end + 1;
}

static void frame_range(const OverConfig *config, const OverCall *call, const Partition *part, uint32_t row, int64_t *from, int64_t *to)
{
    *from = call->start_unbounded ? 0 : part->peer_start[row];
    *to = call->end_unbounded ? part->n : part->peer_end[row];
    bool low = !call->start_unbounded && call->start, high = !call->end_unbounded && call->end;
    if (!low && !high) return;
    if (vec_is_null(&part->batch.cols[config->order[0].column], row)) {      /* NULLs are at distance 0 from each other */
        if (low && call->start > 0) *from = part->peer_end[row];
        if (high && call->end < 0) *to = part->peer_start[row];
        return;
    }
    double here = range_value(config, part, row), lowest = here + range_offset(config, part, call, call->start), highest = here + range_offset(config, part, call, call->end);
    const Vec *vec = &part->batch.cols[config->order[0].column];
    if (low)
        for (*from = 0; *from < part->n && (vec_is_null(vec, (uint32_t)*from) || range_value(config, part, (uint32_t)*from) < lowest);) ++*from;
    if (high)
        for (*to = part->n; *to > 0 && (vec_is_null(vec, (uint32_t)*to - 1) || range_value(config, part, (uint32_t)*to - 1) > highest);) --*to;
}

static void frame_of(const OverConfig *config, const OverCall *call, const Partition *part, uint32_t row, uint32_t *from, uint32_t *to)
{
    int64_t a, b;
    if (call->rows) frame_rows(call, part, row, &a, &b);
    else frame_range(config, call, part, row, &a, &b);
    a = a < 0 ? 0 : a > part->n ? part->n : a;
    b = b < a ? a : b > part->n ? part->n : b;
    *from = (uint32_t)a;
    *to = (uint32_t)b;
}

static bool add_range(const AggSet *set, void *state, const Partition *part, uint32_t from, uint32_t to, Arena *scratch, Err *err)
{
    for (uint32_t row = from; row < to; row++) {
        void *states[1] = { state };
        ArenaMark mark = arena_mark(scratch);
        if (!aggset_update(set, states, &part->batch, &row, 1, scratch, err)) return false;
        arena_rewind(scratch, mark);
    }
    return true;
}

static bool compute_agg(OverOp *over, uint32_t c, Partition *part, Err *err)
{
    const OverCall *call = &config_of(over)->calls[c];
    Arena *scratch = over->op.scratch;
    const AggSet *set = over->sets[c];
    size_t size = aggset_size(set) + 16;
    void *state = arena_zalloc(scratch, size);
    aggset_init(set, state);
    uint32_t held_from = 0, held_to = 0;
    bool ok = true;
    for (uint32_t row = 0; ok && row < part->n; row++) {
        uint32_t from, to;
        frame_of(config_of(over), call, part, row, &from, &to);
        if (from != held_from || to < held_to) {
            aggset_destroy(set, state);
            memset(state, 0, size);
            aggset_init(set, state);
            held_from = held_to = from;
        }
        Datum result;
        ok = add_range(set, state, part, held_to, to, scratch, err) && aggset_result(set, state, scratch, &result, err);
        held_to = to;
        if (ok) vec_set(&part->results[c], scratch, part->n, row, &result);
    }
    aggset_destroy(set, state);
    return ok;
}

/* --- ranking functions --- */

static int64_t ntile(int64_t row, int64_t n, int64_t buckets)
{
    int64_t small = n / buckets, large = n % buckets;        /* the first `large` buckets hold one row more */
    if (row < large * (small + 1)) return row / (small + 1) + 1;
    return large + (row - large * (small + 1)) / (small ? small : 1) + 1;
}

static Datum shifted(const OverCall *call, const Partition *part, uint32_t row)
{
    int64_t at = (int64_t)row + (call->func == OVER_LAG ? -call->offset : call->offset);
    if (at >= 0 && at < part->n) return vec_get(&part->batch.cols[call->agg.args[0]], (uint32_t)at);
    return call->dflt_col >= 0 ? vec_get(&part->batch.cols[call->dflt_col], row) : call->dflt;
}

static Datum ranked(const OverCall *call, const Partition *part, uint32_t row)
{
    switch (call->func) {
    case OVER_ROW_NUMBER: return datum_i64((int64_t)row + 1);
    case OVER_RANK: return datum_i64((int64_t)part->peer_start[row] + 1);
    case OVER_DENSE_RANK: return datum_i64((int64_t)part->peer_group[row] + 1);
    case OVER_PERCENT_RANK: return datum_f64(part->n > 1 ? (double)part->peer_start[row] / (double)(part->n - 1) : 0);
    case OVER_CUME_DIST: return datum_f64((double)part->peer_end[row] / (double)part->n);
    case OVER_NTILE: return datum_i64(ntile(row, part->n, call->offset > 0 ? call->offset : 1));
    case OVER_LAG: case OVER_LEAD: return shifted(call, part, row);
    case OVER_AGG: break;
    }
    return datum_null();
}

static bool compute(OverOp *over, Partition *part, Err *err)
{
    const OverConfig *config = config_of(over);
    const Schema *in = over->op.node->inputs[0]->schema, *schema = over->op.node->schema;
    Arena *scratch = over->op.scratch;
    part->results = ARENA_ARRAY(scratch, Vec, config->ncalls + 1);
    for (uint32_t c = 0; c < config->ncalls; c++) {
        vec_init(&part->results[c], scratch, schema->cols[in->n + c].type, part->n);
        if (over->sets[c]) {
            if (!compute_agg(over, c, part, err)) return false;
            continue;
        }
        for (uint32_t row = 0; row < part->n; row++) {
            Datum value = ranked(&config->calls[c], part, row);
            /* NTILE and the ranks may be narrower than BIGINT; little-endian cells keep the low bytes. */
            vec_set(&part->results[c], scratch, part->n, row, &value);
        }
    }
    return true;
}

static bool emit_partition(OverOp *over, uint32_t from, const Partition *part, Err *err)
{
    uint32_t ncalls = config_of(over)->ncalls;
    Datum *more = ARENA_ARRAY(over->op.scratch, Datum, ncalls + 1);
    for (uint32_t row = 0; row < part->n; row++) {
        for (uint32_t c = 0; c < ncalls; c++) more[c] = vec_get(&part->results[c], row);
        if (!row_out_add(&over->out, over->op.node->inputs[0]->schema, stored_bytes(over->rows.v[from + row]), more, ncalls, ROW_INSERT, err)) return false;
    }
    return row_out_flush(&over->out, err);
}

/* Length of the sort key's partition part, found by encoding it anew for the first row of each partition. */
static uint32_t partition_end(OverOp *over, uint32_t from, Err *err)
{
    const OverConfig *config = config_of(over);
    Partition first;
    if (!config->npartition) return over->rows.n;
    if (!load(over, from, 1, &first, err)) return 0;
    StrBuf key = { 0 };
    sort_key_encode(&first.batch, over->keys, config->npartition, 0, &key);
    uint32_t to = from + 1;
    while (to < over->rows.n && over->rows.v[to]->key_len >= key.len && memcmp(over->rows.v[to]->bytes, key.ptr, key.len) == 0) to++;
    strbuf_free(&key);
    return to;
}

static bool over_finish(Op *op, Err *err)
{
    OverOp *over = (OverOp *)op;
    if (over->rows.n) qsort(over->rows.v, over->rows.n, sizeof *over->rows.v, stored_row_cmp);
    for (uint32_t from = 0, to; from < over->rows.n; from = to) {
        arena_reset(op->scratch);
        Partition part;
        to = partition_end(over, from, err);
        if (to <= from || !load(over, from, to - from, &part, err)) return op_fail(op, err);
        find_peers(over, &part);
        if (!compute(over, &part, err) || !emit_partition(over, from, &part, err)) return op_fail(op, err);
    }
    stored_rows_remove(&over->rows, 0, over->rows.n);
    return true;
}

static bool over_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    OverOp *over = (OverOp *)op;
    strbuf_put_u64(out, over->seq);
    stored_rows_encode(&over->rows, out);
    return true;
}

static bool over_restore(Op *op, Reader *in, Err *err)
{
    OverOp *over = (OverOp *)op;
    if (in->ptr == in->end) return true;
    over->seq = reader_u64(in);
    return stored_rows_decode(&over->rows, in) || err_set(err, E_SNAPSHOT, "rows of an OVER aggregate cannot be read");
}

static void over_close(Op *op)
{
    OverOp *over = (OverOp *)op;
    stored_rows_free(&over->rows);
    row_out_free(&over->out);
    arena_free(over->arena);
}

const OpClass op_over_class = {
    .name = "OverAggregate", .size = sizeof(OverOp), .open = over_open, .process = over_process, .finish = over_finish,
    .snapshot = over_snapshot, .restore = over_restore, .close = over_close,
};
