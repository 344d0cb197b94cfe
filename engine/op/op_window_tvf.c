/* Window table functions without aggregation. TUMBLE, HOP and CUMULATE copy each row at once into its windows, late rows
 * included: HOP newest window first, CUMULATE shortest first. SESSION keeps rows until their session closes and drops late ones.
 * State: SESSION only, the rows per session. */
#include "engine/op/session.h"
#include "engine/op/stored_row.h"
#include "engine/base/clock.h"

#include <stdlib.h>

typedef struct WindowTvf {
    Op op;
    Arena *arena;
    Sessions sessions;              /* payload: StoredRows */
    RowOut out;
    int64_t slice_us, slide_us;
    int64_t progress;
    uint64_t next_row;
    bool session;
} WindowTvf;

static const WindowSpec *spec_of(const WindowTvf *tvf)
{
    return &tvf->op.node->u.window_tvf.window;
}

static StoredRows *rows_of(Session *session)
{
    return (StoredRows *)(void *)session->payload;
}

static void rows_destroy(void *ctx, Session *session)
{
    (void)ctx;
    stored_rows_free(rows_of(session));
}

static int by_arrival(const void *a, const void *b)
{
    const StoredRow *x = *(StoredRow *const *)a, *y = *(StoredRow *const *)b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void rows_merge(void *ctx, Session *into, Session *from)
{
    (void)ctx;
    StoredRows *target = rows_of(into), *source = rows_of(from);
    for (uint32_t i = 0; i < source->n; i++) stored_rows_add(target, source->v[i]);
    source->n = 0;
    qsort(target->v, target->n, sizeof *target->v, by_arrival);
}

static bool tvf_open(Op *op, Err *err)
{
    (void)err;
    WindowTvf *tvf = (WindowTvf *)op;
    const WindowSpec *spec = spec_of(tvf);
    tvf->arena = arena_new();
    tvf->slice_us = window_slice_us(spec);
    tvf->slide_us = window_slide_us(spec);
    tvf->session = spec->kind == WINDOW_SESSION;
    tvf->progress = WATERMARK_MIN;
    if (!tvf->session) return true;
    sessions_init(&tvf->sessions, tvf->arena, spec, op->node->inputs[0]->schema, spec->partition, spec->npartition);
    tvf->sessions.payload_size = sizeof(StoredRows);
    tvf->sessions.destroy = rows_destroy;
    tvf->sessions.merge = rows_merge;
    tvf->sessions.ctx = tvf;
    row_out_init(&tvf->out, op, op->node->schema);
    return true;
}

/* --- TUMBLE, HOP, CUMULATE --- */

typedef struct Copies { uint32_t *rows; int64_t *starts, *ends; uint32_t n, cap; } Copies;

/* Windows of local time t, in the order of output. */
static void windows_of(const WindowTvf *tvf, int64_t t, uint32_t row, Copies *copies)
{
    const WindowSpec *spec = spec_of(tvf);
    if (spec->kind == WINDOW_CUMULATE) {
        int64_t base = floor_to(t, spec->size_us, spec->offset_us);
        for (int64_t end = floor_to(t, spec->slide_us, spec->offset_us) + spec->slide_us; end <= base + spec->size_us; end += spec->slide_us) {
            copies->rows[copies->n] = row;
            copies->starts[copies->n] = base;
            copies->ends[copies->n++] = end;
        }
        return;
    }
    for (int64_t start = floor_to(t, tvf->slide_us, spec->offset_us); start > t - spec->size_us; start -= tvf->slide_us) {
        copies->rows[copies->n] = row;
        copies->starts[copies->n] = start;
        copies->ends[copies->n++] = start + spec->size_us;
    }
}

static uint32_t windows_a_row(const WindowTvf *tvf)
{
    const WindowSpec *spec = spec_of(tvf);
    return (uint32_t)(spec->size_us / (spec->kind == WINDOW_TUMBLE ? spec->size_us : spec->slide_us)) + 1;
}

static bool emit_copies(WindowTvf *tvf, const Batch *in, const Copies *copies, Err *err)
{
    Arena *scratch = tvf->op.scratch;
    const Schema *schema = tvf->op.node->schema;
    Batch out;
    batch_init(&out, scratch, schema->n, copies->n);
    for (uint32_t c = 0; c < in->ncols; c++) vec_gather(&out.cols[c], scratch, &in->cols[c], copies->rows, copies->n);
    static const WindowProp props[] = { WPROP_START, WPROP_END, WPROP_TIME };
    for (uint32_t p = 0; p + in->ncols < schema->n && p < 3; p++) {
        Vec *vec = &out.cols[in->ncols + p];
        vec_init(vec, scratch, schema->cols[in->ncols + p].type, copies->n);
        for (uint32_t i = 0; i < copies->n; i++) ((int64_t *)vec->data)[i] = window_prop_value(spec_of(tvf), props[p], copies->starts[i], copies->ends[i], vec->type);
    }
    if (in->ops) {
        uint8_t *ops = arena_alloc(scratch, copies->n + 1);
        for (uint32_t i = 0; i < copies->n; i++) ops[i] = in->ops[copies->rows[i]];
        out.ops = ops;
    }
    return op_emit(&tvf->op, &out, err);
}

/* All rows in one tumbling window: the columns pass uncopied. */
static bool emit_whole(WindowTvf *tvf, const Batch *in, int64_t start, Err *err)
{
    const Schema *schema = tvf->op.node->schema;
    Batch out;
    batch_init(&out, tvf->op.scratch, schema->n, in->len);
    out.ops = in->ops;
    out.sel = in->sel;
    out.sel_len = in->sel_len;
    memcpy(out.cols, in->cols, sizeof *in->cols * in->ncols);
    static const WindowProp props[] = { WPROP_START, WPROP_END, WPROP_TIME };
    for (uint32_t p = 0; p + in->ncols < schema->n && p < 3; p++)
        window_prop(spec_of(tvf), props[p], start, start + spec_of(tvf)->size_us, schema->cols[in->ncols + p].type, tvf->op.scratch, in->len, &out.cols[in->ncols + p]);
    return op_emit(&tvf->op, &out, err);
}

static bool process_copies(WindowTvf *tvf, const Batch *in, const uint32_t *rows, uint32_t n, const int64_t *times, Err *err)
{
    Arena *scratch = tvf->op.scratch;
    uint32_t each = windows_a_row(tvf), step = BATCH_ROWS / each ? BATCH_ROWS / each : 1;
    Copies copies = { .cap = each * step };
    copies.rows = arena_alloc(scratch, sizeof *copies.rows * copies.cap);
    copies.starts = arena_alloc(scratch, sizeof *copies.starts * copies.cap);
    copies.ends = arena_alloc(scratch, sizeof *copies.ends * copies.cap);
    for (uint32_t at = 0; at < n; at += step) {
        copies.n = 0;
        for (uint32_t i = at; i < n && i < at + step; i++) windows_of(tvf, times[i], rows[i], &copies);
        if (!emit_copies(tvf, in, &copies, err)) return false;
    }
    return true;
}

/* --- SESSION --- */

static void set_timer(WindowTvf *tvf)
{
    OpEnv *env = tvf->op.env;
    int64_t end = sessions_next_end(&tvf->sessions);
    if (end != INT64_MAX && env->timer_set) env->timer_set(env, &tvf->op, window_due(spec_of(tvf), end) + WINDOW_MS);
}

static bool process_session(WindowTvf *tvf, const Batch *in, const uint32_t *rows, uint32_t n, const int64_t *times, Err *err)
{
    Group **groups = arena_alloc(tvf->op.scratch, sizeof *groups * ((size_t)n + 1));
    StrBuf bytes = { 0 };
    bool ok = true;
    group_table_lookup(&tvf->sessions.table, in, rows, n, groups, tvf->op.scratch);
    for (uint32_t i = 0; ok && i < n; i++) {
        Session *session;
        ok = sessions_place(&tvf->sessions, groups[i], times[i], tvf->progress, &session, err);
        if (ok && !session) tvf->op.late_rows++;
        if (!ok || !session) continue;
        StoredRow *row = stored_row_new(in, rows[i], STR_NULL, &bytes);
        row->seq = tvf->next_row++;
        row->time_us = batch_op(in, rows[i]);                /* the kind of change travels here */
        stored_rows_add(rows_of(session), row);
    }
    for (uint32_t i = 0; i < n; i++) sessions_forget(&tvf->sessions, groups[i]);
    strbuf_free(&bytes);
    if (ok && spec_of(tvf)->proctime) set_timer(tvf);
    return ok;
}

static bool emit_session(WindowTvf *tvf, Session *session, Err *err)
{
    const Schema *in = tvf->op.node->inputs[0]->schema, *schema = tvf->op.node->schema;
    static const WindowProp props[] = { WPROP_START, WPROP_END, WPROP_TIME };
    Datum more[3];
    uint32_t nmore = schema->n - in->n < 3 ? schema->n - in->n : 3;
    for (uint32_t p = 0; p < nmore; p++) more[p] = datum_i64(window_prop_value(spec_of(tvf), props[p], session->start, session->end, schema->cols[in->n + p].type));
    const StoredRows *rows = rows_of(session);
    for (uint32_t i = 0; i < rows->n; i++)
        if (!row_out_add(&tvf->out, in, stored_bytes(rows->v[i]), more, nmore, (RowOp)rows->v[i]->time_us, err)) return false;
    return true;
}

static bool fire(WindowTvf *tvf, int64_t now, Err *err)
{
    Group *group;
    Session *session;
    bool ok = true;
    while (ok && (session = sessions_due(&tvf->sessions, now, &group)) != NULL) {
        ok = emit_session(tvf, session, err);
        sessions_drop(&tvf->sessions, group, session);
    }
    if (now > tvf->progress) tvf->progress = now;
    return ok && row_out_flush(&tvf->out, err);
}

/* --- the operator --- */

static bool tvf_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    WindowTvf *tvf = (WindowTvf *)op;
    arena_reset(op->scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, op->scratch);
    int64_t start;
    if (spec_of(tvf)->kind == WINDOW_TUMBLE && window_one_slice(spec_of(tvf), in, rows, n, tvf->slice_us, &start)) return emit_whole(tvf, in, start, err);
    int64_t *times = arena_alloc(op->scratch, sizeof *times * ((size_t)n + 1));
    if (!window_times(op, spec_of(tvf), in, rows, n, times, err)) return false;
    return tvf->session ? process_session(tvf, in, rows, n, times, err) : process_copies(tvf, in, rows, n, times, err);
}

static bool tvf_watermark(Op *op, int64_t ts_us, Err *err)
{
    WindowTvf *tvf = (WindowTvf *)op;
    if (tvf->session && !spec_of(tvf)->proctime && !fire(tvf, ts_us, err)) return false;
    return op_emit_watermark(op, ts_us, err);
}

static bool tvf_timer(Op *op, int64_t now_us, Err *err)
{
    WindowTvf *tvf = (WindowTvf *)op;
    if (!fire(tvf, now_us - WINDOW_MS, err)) return false;
    set_timer(tvf);
    return true;
}

static void payload_encode(void *ctx, const Session *session, StrBuf *out)
{
    (void)ctx;
    stored_rows_encode((const StoredRows *)(const void *)session->payload, out);
}

static bool payload_decode(void *ctx, Session *session, Reader *in)
{
    (void)ctx;
    return stored_rows_decode(rows_of(session), in);
}

static bool tvf_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    WindowTvf *tvf = (WindowTvf *)op;
    if (!tvf->session) return true;
    strbuf_put_u64(out, (uint64_t)tvf->progress);
    strbuf_put_u64(out, tvf->next_row);
    sessions_encode(&tvf->sessions, payload_encode, out);
    return true;
}

static bool tvf_restore(Op *op, Reader *in, Err *err)
{
    WindowTvf *tvf = (WindowTvf *)op;
    if (!tvf->session || in->ptr == in->end) return true;
    tvf->progress = (int64_t)reader_u64(in);
    tvf->next_row = reader_u64(in);
    if (!sessions_decode(&tvf->sessions, payload_decode, in)) return err_set(err, E_SNAPSHOT, "rows of a session window cannot be read");
    if (spec_of(tvf)->proctime) set_timer(tvf);
    return true;
}

static void tvf_close(Op *op)
{
    WindowTvf *tvf = (WindowTvf *)op;
    sessions_free(&tvf->sessions);
    row_out_free(&tvf->out);
    arena_free(tvf->arena);
}

const OpClass op_window_tvf_class = {
    .name = "WindowTableFunction", .size = sizeof(WindowTvf), .open = tvf_open, .process = tvf_process, .watermark = tvf_watermark, .timer = tvf_timer,
    .snapshot = tvf_snapshot, .restore = tvf_restore, .close = tvf_close,
};
