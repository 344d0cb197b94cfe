/* Limit: LIMIT and OFFSET without ORDER BY, by arrival. Over insert-only input rows are counted and cut; the last one wanted is the
 * end for all below, so that a query with LIMIT ends over an endless table too. Over a changelog the rows are kept in order, so that
 * a delete lets the next one in. State: the count, and for changelogs the rows. */
#include "engine/op/stored_row.h"

#include <stdlib.h>

typedef struct LimitOp {
    Op op;
    bool retracts;
    uint64_t seen;                  /* insert-only */
    StoredRows rows;                /* changelog */
    RowOut out;
} LimitOp;

static bool limit_open(Op *op, Err *err)
{
    (void)err;
    LimitOp *limit = (LimitOp *)op;
    limit->retracts = node_retracts(op->node);
    if (limit->retracts) row_out_init(&limit->out, op, op->node->schema);
    return true;
}

/* Rows [first, end) by arrival are shown. */
static uint64_t first_shown(const LimitOp *limit)
{
    int64_t offset = limit->op.node->u.limit.offset;
    return offset > 0 ? (uint64_t)offset : 0;
}

static uint64_t end_shown(const LimitOp *limit)
{
    int64_t rows = limit->op.node->u.limit.limit;
    return rows < 0 ? UINT64_MAX : first_shown(limit) + (uint64_t)rows;
}

static bool cut_inserts(LimitOp *limit, const Batch *in, Err *err)
{
    uint64_t n = batch_live(in), from = limit->seen, first = first_shown(limit), end = end_shown(limit);
    limit->seen += n;
    uint64_t skip = first > from ? first - from : 0, stop = end > from ? end - from : 0;
    if (skip >= n || stop <= skip) return true;
    if (stop > n) stop = n;
    Batch part = *in;
    part.sel = batch_rows(in, limit->op.scratch) + skip;
    part.sel_len = (uint32_t)(stop - skip);
    return op_emit(&limit->op, &part, err) && (limit->seen < end || op_emit_end(&limit->op, err));
}

static bool show(LimitOp *limit, uint64_t at, RowOp kind, Err *err)
{
    return row_out_add(&limit->out, limit->op.node->schema, stored_bytes(limit->rows.v[at]), NULL, 0, kind, err);
}

static bool add_row(LimitOp *limit, StoredRow *row, Err *err)
{
    uint64_t at = limit->rows.n;
    stored_rows_add(&limit->rows, row);
    return at < first_shown(limit) || at >= end_shown(limit) || show(limit, at, ROW_INSERT, err);
}

static bool take_back(LimitOp *limit, const StoredRow *row, Err *err)
{
    uint32_t at = 0;
    while (at < limit->rows.n && !str_eq(stored_bytes(limit->rows.v[at]), stored_bytes(row))) at++;
    if (at == limit->rows.n) return true;
    uint64_t first = first_shown(limit), end = end_shown(limit), gone = at < first ? first : at;
    /* The row itself leaves, or the first one shown moves in front of the offset; the next one behind the limit enters. */
    if (gone < end && gone < limit->rows.n && !show(limit, gone, ROW_DELETE, err)) return false;
    if (first < end && at < end && end < limit->rows.n && !show(limit, end, ROW_INSERT, err)) return false;
    stored_rows_remove(&limit->rows, at, 1);
    return true;
}

static bool limit_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    LimitOp *limit = (LimitOp *)op;
    arena_reset(op->scratch);
    if (!limit->retracts) return cut_inserts(limit, in, err);
    StrBuf bytes = { 0 };
    bool ok = true;
    for (uint32_t i = 0, n = batch_live(in); ok && i < n; i++) {
        uint32_t row = batch_row(in, i);
        StoredRow *stored = stored_row_new(in, row, STR_NULL, &bytes);
        if (row_op_adds(batch_op(in, row))) {
            ok = add_row(limit, stored, err);
        } else {
            ok = take_back(limit, stored, err);
            free(stored);
        }
    }
    strbuf_free(&bytes);
    return ok && row_out_flush(&limit->out, err);
}

static bool limit_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    LimitOp *limit = (LimitOp *)op;
    strbuf_put_u64(out, limit->seen);
    stored_rows_encode(&limit->rows, out);
    return true;
}

static bool limit_restore(Op *op, Reader *in, Err *err)
{
    LimitOp *limit = (LimitOp *)op;
    if (in->ptr == in->end) return true;
    limit->seen = reader_u64(in);
    return stored_rows_decode(&limit->rows, in) || err_set(err, E_SNAPSHOT, "state of a LIMIT cannot be read");
}

static void limit_close(Op *op)
{
    LimitOp *limit = (LimitOp *)op;
    stored_rows_free(&limit->rows);
    row_out_free(&limit->out);
}

const OpClass op_limit_class = {
    .name = "Limit", .size = sizeof(LimitOp), .open = limit_open, .process = limit_process, .snapshot = limit_snapshot, .restore = limit_restore, .close = limit_close,
};
