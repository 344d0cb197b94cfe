/* Sort. Bounded: all rows are kept and come out in order when the input ends, cut by offset and limit (with a limit only the
 * best rows are kept). By time (streaming, first key the rowtime ascending): a row waits until the watermark reaches its time;
 * rows not later than the last one that came out are late and dropped; ties keep the order of arrival. State: the rows, that time. */
#include "engine/op/stored_row.h"

#include <stdlib.h>

typedef struct SortOp {
    Op op;
    StoredRows rows;
    bool sorted;                    /* by time: rows are in order */
    uint64_t seq;
    int64_t fired_us;               /* by time: of the last row that came out */
    RowOut out;
} SortOp;

static const SortConfig *config_of(const SortOp *sort)
{
    return &sort->op.node->u.sort;
}

static bool sort_open(Op *op, Err *err)
{
    (void)err;
    SortOp *sort = (SortOp *)op;
    sort->sorted = true;
    sort->fired_us = INT64_MIN;
    row_out_init(&sort->out, op, op->node->schema);
    return true;
}

static void sort_rows(SortOp *sort)
{
    if (!sort->sorted && sort->rows.n) qsort(sort->rows.v, sort->rows.n, sizeof *sort->rows.v, stored_row_cmp);
    sort->sorted = true;
}

static uint64_t rows_wanted(const SortOp *sort)
{
    const SortConfig *config = config_of(sort);
    return config->limit < 0 ? UINT64_MAX : (uint64_t)config->limit + (uint64_t)(config->offset > 0 ? config->offset : 0);
}

static void add_row(SortOp *sort, StoredRow *row)
{
    enum { SLACK = 4096 };
    row->seq = sort->seq++;
    if (sort->sorted && sort->rows.n) sort->sorted = stored_row_cmp(&sort->rows.v[sort->rows.n - 1], &row) < 0;
    stored_rows_add(&sort->rows, row);
    uint64_t wanted = rows_wanted(sort);
    if (config_of(sort)->by_time || wanted > UINT32_MAX || sort->rows.n < 2 * wanted + SLACK) return;
    sort_rows(sort);
    stored_rows_remove(&sort->rows, (uint32_t)wanted, sort->rows.n - (uint32_t)wanted);
}

static void take_back(SortOp *sort, const StoredRow *row)
{
    for (uint32_t i = sort->rows.n; i-- > 0;) {
        if (!str_eq(stored_bytes(sort->rows.v[i]), stored_bytes(row))) continue;
        stored_rows_remove(&sort->rows, i, 1);
        return;
    }
}

static bool sort_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    SortOp *sort = (SortOp *)op;
    const SortConfig *config = config_of(sort);
    StrBuf key = { 0 }, bytes = { 0 };
    bool ok = true;
    for (uint32_t i = 0, n = batch_live(in); ok && i < n; i++) {
        uint32_t row = batch_row(in, i);
        Datum time = config->by_time ? vec_get(&in->cols[config->keys[0].column], row) : datum_i64(0);
        if (time.null) {
            ok = err_set(err, E_DATA, "the time column of ORDER BY is NULL");
            continue;
        }
        if (config->by_time && time.v.i64 <= sort->fired_us) {
            op->late_rows++;
            continue;
        }
        strbuf_clear(&key);
        sort_key_encode(in, config->keys, config->nkeys, row, &key);
        StoredRow *stored = stored_row_new(in, row, strbuf_str(&key), &bytes);
        stored->time_us = time.v.i64;
        if (row_op_adds(batch_op(in, row))) {
            add_row(sort, stored);
        } else {
            take_back(sort, stored);
            free(stored);
        }
    }
    strbuf_free(&key);
    strbuf_free(&bytes);
    return ok || op_fail(op, err);
}

static bool emit_rows(SortOp *sort, uint64_t from, uint64_t to, Err *err)
{
    for (uint64_t i = from; i < to; i++)
        if (!row_out_add(&sort->out, sort->op.node->schema, stored_bytes(sort->rows.v[i]), NULL, 0, ROW_INSERT, err)) return false;
    return row_out_flush(&sort->out, err);
}

static bool sort_watermark(Op *op, int64_t ts_us, Err *err)
{
    SortOp *sort = (SortOp *)op;
    if (config_of(sort)->by_time) {
        uint32_t n = 0;
        sort_rows(sort);
        while (n < sort->rows.n && sort->rows.v[n]->time_us <= ts_us) n++;
        if (n) sort->fired_us = sort->rows.v[n - 1]->time_us;
        if (!emit_rows(sort, 0, n, err)) return false;
        stored_rows_remove(&sort->rows, 0, n);
    }
    return op_emit_watermark(op, ts_us, err);
}

static bool sort_finish(Op *op, Err *err)
{
    SortOp *sort = (SortOp *)op;
    uint64_t from = config_of(sort)->offset > 0 ? (uint64_t)config_of(sort)->offset : 0, to = rows_wanted(sort);
    sort_rows(sort);
    if (to > sort->rows.n) to = sort->rows.n;
    if (!config_of(sort)->by_time && from < to && !emit_rows(sort, from, to, err)) return false;
    stored_rows_remove(&sort->rows, 0, sort->rows.n);
    return true;
}

static bool sort_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    SortOp *sort = (SortOp *)op;
    strbuf_put_u64(out, sort->seq);
    strbuf_put_u64(out, (uint64_t)sort->fired_us);
    stored_rows_encode(&sort->rows, out);
    return true;
}

static bool sort_restore(Op *op, Reader *in, Err *err)
{
    SortOp *sort = (SortOp *)op;
    if (in->ptr == in->end) return true;
    sort->seq = reader_u64(in);
    sort->fired_us = (int64_t)reader_u64(in);
    sort->sorted = false;
    return stored_rows_decode(&sort->rows, in) || err_set(err, E_SNAPSHOT, "rows of a sort cannot be read");
}

static void sort_close(Op *op)
{
    SortOp *sort = (SortOp *)op;
    stored_rows_free(&sort->rows);
    row_out_free(&sort->out);
}

const OpClass op_sort_class = {
    .name = "Sort", .size = sizeof(SortOp), .open = sort_open, .process = sort_process, .watermark = sort_watermark, .finish = sort_finish,
    .snapshot = sort_snapshot, .restore = sort_restore, .close = sort_close,
};
