/* The older GROUP BY windows with early or late firing (table.exec.emit.*): an updating aggregate per window. A window shows its
 * result before its end (at once with delay 0, else when the delay's timer fires) and, within the allowed lateness, again for late
 * rows; each time -U/+U, nothing when the result is unchanged. At the watermark that passes the end it shows what it has.
 * Every row is added to each of its windows. State: per window a GroupTable and the results shown so far. */
#include "engine/op/group_table.h"
#include "engine/op/stored_row.h"
#include "engine/op/window.h"
#include "engine/base/clock.h"
#include "engine/type/rowcodec.h"

#include <stdlib.h>

typedef struct EmitWindow {
    int64_t start, end;
    GroupTable table;               /* per key: result shown last (behind the aggregate states) */
    bool fired;                     /* time has passed its end */
    bool dirty;                     /* rows since it showed its results */
} EmitWindow;

typedef struct WindowEmit {
    Op op;
    Arena *arena;
    AggSet *set;
    GroupLayout layout;
    size_t shown_at;                /* offset of the StoredRow * behind the states */
    EmitWindow **windows; uint32_t n, cap;       /* ascending end */
    RowOut out;
    int64_t progress;
    int64_t delay_due_us;           /* clock at which waiting results are shown; INT64_MAX = none waits */
} WindowEmit;

static const WindowAggConfig *config_of(const WindowEmit *emit)
{
    return &emit->op.node->u.window_agg;
}

static StoredRow **shown_of(const WindowEmit *emit, const Group *group)
{
    return (StoredRow **)(void *)((char *)group_state(group) + emit->shown_at);
}

static bool emit_open(Op *op, Err *err)
{
    (void)err;
    WindowEmit *emit = (WindowEmit *)op;
    const WindowAggConfig *config = config_of(emit);
    emit->arena = arena_new();
    emit->set = aggset_new(emit->arena, config->calls, config->ncalls);
    group_layout_init(&emit->layout, emit->arena, op->node->inputs[0]->schema, config->keys, config->nkeys, emit->set);
    emit->shown_at = (emit->layout.state_size + 15) / 16 * 16;
    emit->layout.state_size = emit->shown_at + sizeof(StoredRow *);
    emit->layout.stride = (sizeof(Group) + emit->layout.state_size + 15) / 16 * 16;
    row_out_init(&emit->out, op, op->node->schema);
    emit->progress = WATERMARK_MIN;
    emit->delay_due_us = INT64_MAX;
    return true;
}

/* --- windows --- */

static EmitWindow *window_need(WindowEmit *emit, int64_t start, int64_t end)
{
    uint32_t at = emit->n;
    while (at > 0 && emit->windows[at - 1]->end > end) at--;
    if (at > 0 && emit->windows[at - 1]->end == end) return emit->windows[at - 1];
    EmitWindow *window = xcalloc(1, sizeof *window);
    window->start = start;
    window->end = end;
    window->fired = emit->progress != WATERMARK_MIN && window_due(&config_of(emit)->window, end) <= emit->progress;
    group_table_init(&window->table, &emit->layout);
    if (emit->n == emit->cap) {
        emit->cap = emit->cap ? emit->cap * 2 : 8;
        emit->windows = xrealloc(emit->windows, sizeof *emit->windows * emit->cap);
    }
    memmove(emit->windows + at + 1, emit->windows + at, sizeof *emit->windows * (emit->n - at));
    emit->windows[at] = window;
    emit->n++;
    return window;
}

static void window_free(WindowEmit *emit, EmitWindow *window)
{
    for (uint32_t i = 0; i < window->table.used; i++) {
        Group *group = group_at(&window->table, i);
        if (group->live) free(*shown_of(emit, group));
    }
    group_table_free(&window->table);
    free(window);
}

/* --- showing results --- */

/* The group's row of results, encoded; NULL when all its rows were taken back. */
static StoredRow *result_row(WindowEmit *emit, const EmitWindow *window, Group *group, StrBuf *bytes, bool *ok, Err *err)
{
    const WindowAggConfig *config = config_of(emit);
    const Schema *schema = emit->op.node->schema;
    Arena *scratch = emit->op.scratch;
    if (group->rows == 0) return NULL;
    Vec *cols = ARENA_ARRAY(scratch, Vec, schema->n + 1);
    for (uint32_t c = 0; c < schema->n; c++) vec_init(&cols[c], scratch, schema->cols[c].type, 1);
    group_keys(&emit->layout, &group, 1, scratch, false, cols, 0, 1);
    void *states[1] = { group_state(group) };
    *ok = aggset_results(emit->set, states, 1, scratch, cols + config->nkeys, 0, 1, err);
    for (uint32_t p = 0; p < config->nprops; p++) {
        Vec *vec = &cols[config->nkeys + config->ncalls + p];
        *(int64_t *)vec->data = window_prop_value(&config->window, config->props[p], window->start, window->end, vec->type);
    }
    strbuf_clear(bytes);
    row_encode(cols, NULL, schema->n, 0, bytes);
    return stored_row_of(STR_NULL, strbuf_str(bytes));
}

static bool show_group(WindowEmit *emit, const EmitWindow *window, Group *group, StrBuf *bytes, Err *err)
{
    const Schema *schema = emit->op.node->schema;
    bool ok = true;
    StoredRow **shown = shown_of(emit, group), *old = *shown, *new = result_row(emit, window, group, bytes, &ok, err);
    if (!ok || (!old && !new) || (old && new && str_eq(stored_bytes(old), stored_bytes(new)))) {
        free(new);
        return ok || op_fail(&emit->op, err);
    }
    *shown = new;
    if (old) ok = row_out_add(&emit->out, schema, stored_bytes(old), NULL, 0, new ? ROW_UPDATE_BEFORE : ROW_DELETE, err);
    if (ok && new) ok = row_out_add(&emit->out, schema, stored_bytes(new), NULL, 0, old ? ROW_UPDATE_AFTER : ROW_INSERT, err);
    free(old);
    return ok;
}

static bool show_window(WindowEmit *emit, EmitWindow *window, Err *err)
{
    StrBuf bytes = { 0 };
    bool ok = true;
    arena_reset(emit->op.scratch);
    window->dirty = false;
    for (uint32_t i = 0; ok && i < window->table.used; i++) {
        Group *group = group_at(&window->table, i);
        if (group->live) ok = show_group(emit, window, group, &bytes, err);
    }
    strbuf_free(&bytes);
    return ok && row_out_flush(&emit->out, err);
}

static void set_timer(WindowEmit *emit)
{
    const WindowAggConfig *config = config_of(emit);
    OpEnv *env = emit->op.env;
    int64_t when = INT64_MAX;
    for (uint32_t i = 0; i < emit->n; i++) {
        const EmitWindow *window = emit->windows[i];
        int64_t delay = window->fired ? config->late_delay_us : config->early_delay_us;
        bool wanted = window->fired ? config->late_fire : config->early_fire;
        if (window->dirty && wanted && clock_now_us() + delay < emit->delay_due_us) emit->delay_due_us = clock_now_us() + delay;
        if (config->window.proctime && !window->fired && window_due(&config->window, window->end) + WINDOW_MS < when) when = window_due(&config->window, window->end) + WINDOW_MS;
    }
    if (emit->delay_due_us < when) when = emit->delay_due_us;
    if (when != INT64_MAX && env->timer_set) env->timer_set(env, &emit->op, when);
}

/* --- rows in --- */

static bool add_to_window(WindowEmit *emit, EmitWindow *window, const Batch *in, uint32_t row, Err *err)
{
    const WindowAggConfig *config = config_of(emit);
    Group *group;
    group_table_lookup(&window->table, in, &row, 1, &group, emit->op.scratch);
    group->rows += row_op_adds(batch_op(in, row)) ? 1 : -1;
    void *states[1] = { group_state(group) };
    if (!aggset_update(emit->set, states, in, &row, 1, emit->op.scratch, err)) return op_fail(&emit->op, err);
    bool at_once = window->fired ? config->late_fire && !config->late_delay_us : config->early_fire && !config->early_delay_us;
    window->dirty = !at_once;
    if (!at_once) return true;
    StrBuf bytes = { 0 };
    bool ok = show_group(emit, window, group, &bytes, err) && row_out_flush(&emit->out, err);
    strbuf_free(&bytes);
    return ok;
}

static bool add_row(WindowEmit *emit, const Batch *in, uint32_t row, int64_t t, Err *err)
{
    const WindowAggConfig *config = config_of(emit);
    const WindowSpec *spec = &config->window;
    int64_t slide = window_slide_us(spec);
    bool counted = false;
    for (int64_t start = floor_to(t, slide, spec->offset_us); start > t - spec->size_us; start -= slide) {
        int64_t end = start + spec->size_us;
        if (emit->progress != WATERMARK_MIN && window_due(spec, end) + config->allow_lateness_us <= emit->progress) continue;
        counted = true;
        if (!add_to_window(emit, window_need(emit, start, end), in, row, err)) return false;
    }
    emit->op.late_rows += !counted;
    return true;
}

static bool emit_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    WindowEmit *emit = (WindowEmit *)op;
    arena_reset(op->scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, op->scratch);
    int64_t *times = arena_alloc(op->scratch, sizeof *times * ((size_t)n + 1));
    if (!window_times(op, &config_of(emit)->window, in, rows, n, times, err)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!add_row(emit, in, rows[i], times[i], err)) return false;
    set_timer(emit);
    return true;
}

/* --- time --- */

static bool fire(WindowEmit *emit, int64_t now, Err *err)
{
    const WindowAggConfig *config = config_of(emit);
    uint32_t kept = 0;
    bool ok = true;
    for (uint32_t i = 0; i < emit->n; i++) {
        EmitWindow *window = emit->windows[i];
        int64_t due = window_due(&config->window, window->end);
        if (ok && !window->fired && due <= now) {
            window->fired = true;
            ok = show_window(emit, window, err);
        }
        bool gone = due <= now && (now == WATERMARK_MAX || due + config->allow_lateness_us <= now);
        if (gone && ok && window->dirty && config->late_fire) ok = show_window(emit, window, err);
        if (gone) window_free(emit, window);
        else emit->windows[kept++] = window;
    }
    emit->n = kept;
    if (now > emit->progress) emit->progress = now;
    return ok;
}

static bool emit_watermark(Op *op, int64_t ts_us, Err *err)
{
    WindowEmit *emit = (WindowEmit *)op;
    if (!config_of(emit)->window.proctime && !fire(emit, ts_us, err)) return false;
    return op_emit_watermark(op, ts_us, err);
}

static bool emit_timer(Op *op, int64_t now_us, Err *err)
{
    WindowEmit *emit = (WindowEmit *)op;
    const WindowAggConfig *config = config_of(emit);
    if (config->window.proctime && !fire(emit, now_us - WINDOW_MS, err)) return false;
    bool delayed = now_us >= emit->delay_due_us;
    if (delayed) emit->delay_due_us = INT64_MAX;
    for (uint32_t i = 0; delayed && i < emit->n; i++) {
        EmitWindow *window = emit->windows[i];
        if (window->dirty && (window->fired ? config->late_fire : config->early_fire) && !show_window(emit, window, err)) return false;
    }
    set_timer(emit);
    return true;
}

/* --- snapshot --- */

static bool emit_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    WindowEmit *emit = (WindowEmit *)op;
    strbuf_put_u64(out, (uint64_t)emit->progress);
    strbuf_put_u64(out, (uint64_t)emit->delay_due_us);
    strbuf_put_u32(out, emit->n);
    for (uint32_t w = 0; w < emit->n; w++) {
        const EmitWindow *window = emit->windows[w];
        strbuf_put_u64(out, (uint64_t)window->start);
        strbuf_put_u64(out, (uint64_t)window->end);
        strbuf_put_u8(out, (uint8_t)(window->fired | window->dirty << 1));
        strbuf_put_u32(out, window->table.len);
        for (uint32_t i = 0; i < window->table.used; i++) {
            const Group *group = group_at(&window->table, i);
            if (!group->live) continue;
            group_encode(&window->table, group, out);
            strbuf_put_u8(out, *shown_of(emit, group) != NULL);
            if (*shown_of(emit, group)) stored_row_encode(*shown_of(emit, group), out);
        }
    }
    return true;
}

static bool restore_window(WindowEmit *emit, Reader *in)
{
    int64_t start = (int64_t)reader_u64(in), end = (int64_t)reader_u64(in);
    uint8_t flags = reader_u8(in);
    uint32_t n = reader_u32(in);
    if (in->bad) return false;
    EmitWindow *window = window_need(emit, start, end);
    window->fired = flags & 1;
    window->dirty = flags & 2;
    for (uint32_t i = 0; i < n; i++) {
        Group *group = group_decode(&window->table, in);
        if (!group) return false;
        if (!reader_u8(in)) continue;
        if (!(*shown_of(emit, group) = stored_row_decode(in))) return false;
    }
    return !in->bad;
}

static bool emit_restore(Op *op, Reader *in, Err *err)
{
    WindowEmit *emit = (WindowEmit *)op;
    if (in->ptr == in->end) return true;
    emit->progress = (int64_t)reader_u64(in);
    emit->delay_due_us = (int64_t)reader_u64(in);
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++)
        if (!restore_window(emit, in)) return err_set(err, E_SNAPSHOT, "state of a window aggregate cannot be read");
    set_timer(emit);
    return true;
}

static void emit_close(Op *op)
{
    WindowEmit *emit = (WindowEmit *)op;
    for (uint32_t i = 0; i < emit->n; i++) window_free(emit, emit->windows[i]);
    free(emit->windows);
    row_out_free(&emit->out);
    arena_free(emit->arena);
}

const OpClass op_window_emit_class = {
    .name = "EmittingWindowAggregate", .size = sizeof(WindowEmit), .open = emit_open, .process = emit_process, .watermark = emit_watermark,
    .timer = emit_timer, .snapshot = emit_snapshot, .restore = emit_restore, .close = emit_close,
};
