/* Window aggregates over TUMBLE, HOP and CUMULATE (window functions and the older GROUP BY windows). A row is added once, to
 * its slice: windows are sums of slices, by two stacks where a window holds many (window_stack.h). State: one GroupTable a slice, in order of start; CUMULATE also keeps one table per
 * base window that holds what its steps have shown so far.
 * A window is due when time passes its end - 1 ms (watermark, or the clock for processing time); results come by window end,
 * within a window by first arrival of the key. A row is late when the last window that holds it has fired.
 * Leftover processing-time windows are not flushed at the end of bounded input, as in Flink. */
#include "engine/op/group_table.h"
#include "engine/op/window.h"
#include "engine/op/window_stack.h"
#include "engine/base/clock.h"

#include <stdlib.h>

typedef struct WindowAgg {
    Op op;
    Arena *arena;
    AggSet *set;
    GroupLayout layout;
    SliceList slices;               /* ascending start */
    SliceList bases;                /* CUMULATE: ascending start of the base window */
    SliceList spare;                /* empty tables, for reuse */
    Slice *merged;                  /* HOP: the window being fired */
    WindowStack stack;              /* HOP of many slices */
    uint64_t stack_len;             /* groups of the last window summed so */
    int64_t slice_us, slide_us;
    int64_t progress;               /* time passed so far: every window due by then has fired */
    bool retracts, stacked;
} WindowAgg;

static const WindowAggConfig *config_of(const WindowAgg *agg)
{
    return &agg->op.node->u.window_agg;
}

static const WindowSpec *spec_of(const WindowAgg *agg)
{
    return &config_of(agg)->window;
}

/* Few slices are summed one by one: that keeps the order of lists and the rounding of sums as Flink has them. */
static bool wants_stack(const WindowAgg *agg)
{
    enum { MANY_SLICES = 16 };
    static const char *const ordered[] = { "LISTAGG", "STRING_AGG", "ARRAY_AGG", "COLLECT", "JSON_ARRAYAGG", "JSON_OBJECTAGG" };
    const WindowAggConfig *config = config_of(agg);
    if (config->window.kind != WINDOW_HOP || config->window.size_us / agg->slice_us < MANY_SLICES) return false;
    for (uint32_t i = 0; i < config->ncalls; i++)
        for (size_t k = 0; k < sizeof ordered / sizeof *ordered; k++)
            if (strcmp(agg_name(config->calls[i].def), ordered[k]) == 0) return false;
    return true;
}

static bool window_agg_open(Op *op, Err *err)
{
    (void)err;
    WindowAgg *agg = (WindowAgg *)op;
    const WindowAggConfig *config = config_of(agg);
    agg->arena = arena_new();
    agg->set = aggset_new(agg->arena, config->calls, config->ncalls);
    group_layout_init(&agg->layout, agg->arena, op->node->inputs[0]->schema, config->keys, config->nkeys, agg->set);
    agg->slice_us = window_slice_us(spec_of(agg));
    agg->slide_us = window_slide_us(spec_of(agg));
    agg->progress = WATERMARK_MIN;
    agg->retracts = node_retracts(op->node);
    agg->stacked = wants_stack(agg);
    if (agg->stacked) window_stack_init(&agg->stack, &agg->layout);
    return true;
}

/* --- slices --- */

static void list_insert(SliceList *list, uint32_t at, Slice *slice)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 8;
        list->v = xrealloc(list->v, sizeof *list->v * list->cap);
    }
    memmove(list->v + at + 1, list->v + at, sizeof *list->v * (list->n - at));
    list->v[at] = slice;
    list->n++;
}

static Slice *slice_take(WindowAgg *agg, int64_t start)
{
    Slice *slice;
    if (agg->spare.n) {
        slice = agg->spare.v[--agg->spare.n];
    } else {
        slice = xcalloc(1, sizeof *slice);
        group_table_init(&slice->table, &agg->layout);
    }
    slice->start = start;
    return slice;
}

static void slice_give(WindowAgg *agg, Slice *slice)
{
    enum { SPARE_MAX = 8 };
    if (agg->spare.n < SPARE_MAX) {
        group_table_clear(&slice->table);
        list_insert(&agg->spare, agg->spare.n, slice);
        return;
    }
    group_table_free(&slice->table);
    free(slice);
}

/* Position of the first slice that starts at or after `start`; rows mostly belong to the last ones. */
static uint32_t list_search(const SliceList *list, int64_t start)
{
    if (list->n && list->v[list->n - 1]->start < start) return list->n;
    uint32_t low = 0, high = list->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (list->v[mid]->start < start) low = mid + 1;
        else high = mid;
    }
    return low;
}

static Slice *list_need(WindowAgg *agg, SliceList *list, int64_t start)
{
    uint32_t at = list_search(list, start);
    if (at < list->n && list->v[at]->start == start) return list->v[at];
    Slice *slice = slice_take(agg, start);
    list_insert(list, at, slice);
    return slice;
}

static void list_remove(WindowAgg *agg, SliceList *list, uint32_t at)
{
    slice_give(agg, list->v[at]);
    memmove(list->v + at, list->v + at + 1, sizeof *list->v * (list->n - at - 1));
    list->n--;
}

/* End of the last window that holds a slice; before the slice's end when it falls into a gap (slide > size). */
static int64_t last_end(const WindowAgg *agg, int64_t start)
{
    const WindowSpec *spec = spec_of(agg);
    int64_t width = spec->kind == WINDOW_CUMULATE ? spec->size_us : agg->slide_us;
    return floor_to(start, width, spec->offset_us) + spec->size_us;
}

static int64_t base_of(const WindowAgg *agg, int64_t start)
{
    return floor_to(start, spec_of(agg)->size_us, spec_of(agg)->offset_us);
}

/* --- rows in --- */

static void set_timer(WindowAgg *agg);

static bool add_rows(WindowAgg *agg, int64_t start, const Batch *in, const uint32_t *rows, uint32_t n, Err *err)
{
    const WindowSpec *spec = spec_of(agg);
    int64_t end = last_end(agg, start);
    if (end <= start) return true;                          /* in a gap between windows */
    if (agg->progress != WATERMARK_MIN && window_due(spec, end) <= agg->progress) {
        agg->op.late_rows += n;
        return true;
    }
    bool shown = spec->kind == WINDOW_CUMULATE && agg->progress != WATERMARK_MIN && window_due(spec, start + agg->slice_us) <= agg->progress;
    Slice *slice = shown ? list_need(agg, &agg->bases, base_of(agg, start)) : list_need(agg, &agg->slices, start);
    if (agg->stacked) window_stack_touch(&agg->stack, start);
    Arena *scratch = agg->op.scratch;
    Group **groups = arena_alloc(scratch, sizeof *groups * ((size_t)n + 1));
    group_table_lookup(&slice->table, in, rows, n, groups, scratch);
    if (in->ops)
        for (uint32_t i = 0; i < n; i++) groups[i]->rows += row_op_adds((RowOp)in->ops[rows[i]]) ? 1 : -1;
    else
        for (uint32_t i = 0; i < n; i++) groups[i]->rows++;
    void **states = (void **)groups;
    for (uint32_t i = 0; i < n; i++) states[i] = group_state(groups[i]);
    return aggset_update(agg->set, states, in, rows, n, scratch, err) || op_fail(&agg->op, err);
}

typedef struct Placed { int64_t start; uint32_t row, order; } Placed;

static int placed_cmp(const void *a, const void *b)
{
    const Placed *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static bool add_mixed(WindowAgg *agg, const Batch *in, const uint32_t *rows, uint32_t n, Err *err)
{
    Arena *scratch = agg->op.scratch;
    int64_t *times = arena_alloc(scratch, sizeof *times * ((size_t)n + 1));
    if (!window_times(&agg->op, spec_of(agg), in, rows, n, times, err)) return false;
    Placed *placed = arena_alloc(scratch, sizeof *placed * ((size_t)n + 1));
    uint32_t *picked = arena_alloc(scratch, sizeof *picked * ((size_t)n + 1));
    bool sorted = true;
    for (uint32_t i = 0; i < n; i++) {
        placed[i] = (Placed){ floor_to(times[i], agg->slice_us, spec_of(agg)->offset_us), rows[i], i };
        sorted = sorted && (i == 0 || placed[i - 1].start <= placed[i].start);
    }
    if (!sorted) qsort(placed, n, sizeof *placed, placed_cmp);
    for (uint32_t i = 0; i < n; i++) picked[i] = placed[i].row;
    for (uint32_t at = 0, to; at < n; at = to) {
        for (to = at + 1; to < n && placed[to].start == placed[at].start;) to++;
        if (!add_rows(agg, placed[at].start, in, picked + at, to - at, err)) return false;
    }
    return true;
}

static bool window_agg_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    WindowAgg *agg = (WindowAgg *)op;
    arena_reset(op->scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, op->scratch);
    int64_t start;
    bool one = window_one_slice(spec_of(agg), in, rows, n, agg->slice_us, &start);
    if (!(one ? add_rows(agg, start, in, rows, n, err) : add_mixed(agg, in, rows, n, err))) return false;
    if (spec_of(agg)->proctime) set_timer(agg);
    return true;
}

/* --- results out --- */

static bool emit_groups(WindowAgg *agg, Group *const *groups, uint32_t n, int64_t start, int64_t end, Err *err)
{
    const WindowAggConfig *config = config_of(agg);
    const Schema *schema = agg->op.node->schema;
    Arena *scratch = agg->op.scratch;
    arena_reset(scratch);
    Batch out;
    batch_init(&out, scratch, schema->n, n);
    uint32_t nfixed = config->nkeys + config->ncalls;
    for (uint32_t c = 0; c < nfixed; c++) vec_init(&out.cols[c], scratch, schema->cols[c].type, n);
    group_keys(&agg->layout, groups, n, scratch, false, out.cols, 0, n);
    void **states = arena_alloc(scratch, sizeof *states * ((size_t)n + 1));
    for (uint32_t i = 0; i < n; i++) states[i] = group_state(groups[i]);
    if (!aggset_results(agg->set, states, n, scratch, out.cols + config->nkeys, 0, n, err)) return op_fail(&agg->op, err);
    for (uint32_t p = 0; p < config->nprops; p++)
        window_prop(&config->window, config->props[p], start, end, schema->cols[nfixed + p].type, scratch, n, &out.cols[nfixed + p]);
    return op_emit(&agg->op, &out, err);
}

static bool emit_table(WindowAgg *agg, const GroupTable *table, int64_t start, int64_t end, Err *err)
{
    Group *groups[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->used; i++) {
        Group *group = group_at(table, i);
        if (!group->live || (agg->retracts && group->rows == 0)) continue;   /* all its rows were taken back */
        groups[n++] = group;
        if (n < BATCH_ROWS) continue;
        if (!emit_groups(agg, groups, n, start, end, err)) return false;
        n = 0;
    }
    return !n || emit_groups(agg, groups, n, start, end, err);
}

/* TUMBLE, HOP: the next window end that slice `at` waits for, beyond what has fired; INT64_MAX when there is none left. */
static int64_t next_end(const WindowAgg *agg, int64_t start, int64_t fired_end)
{
    const WindowSpec *spec = spec_of(agg);
    int64_t last = last_end(agg, start);
    int64_t first = floor_to(start + agg->slice_us - spec->size_us + agg->slide_us - 1, agg->slide_us, spec->offset_us) + spec->size_us;
    for (int64_t end = first; end <= last; end += agg->slide_us)
        if (end > fired_end && (agg->progress == WATERMARK_MIN || window_due(spec, end) > agg->progress)) return end;
    return INT64_MAX;
}

static bool fire_hop(WindowAgg *agg, int64_t end, Err *err)
{
    int64_t start = end - spec_of(agg)->size_us;
    uint32_t from = list_search(&agg->slices, start), to = list_search(&agg->slices, end);
    /* The stacks hold up to slices x keys groups: too many keys are merged slice by slice. */
    enum { STACK_GROUPS_MAX = 4000000 };
    if (agg->stacked && (uint64_t)(to - from) * agg->stack_len <= STACK_GROUPS_MAX) {
        const GroupTable *sum = window_stack_sum(&agg->stack, &agg->slices, start, end);
        agg->stack_len = sum->len;
        return emit_table(agg, sum, start, end, err);
    }
    if (to - from == 1) return emit_table(agg, &agg->slices.v[from]->table, start, end, err);
    if (!agg->merged) agg->merged = slice_take(agg, 0);
    /* Newest slice first: the order in which Flink joins lists. */
    for (uint32_t i = to; i-- > from;) group_table_merge(agg->set, &agg->merged->table, &agg->slices.v[i]->table);
    bool ok = emit_table(agg, &agg->merged->table, start, end, err);
    group_table_clear(&agg->merged->table);
    return ok;
}

static bool fire_hops(WindowAgg *agg, int64_t now, Err *err)
{
    int64_t fired_end = INT64_MIN;
    while (agg->slices.n) {
        int64_t first = agg->slices.v[0]->start, end = next_end(agg, first, fired_end);
        if (end == INT64_MAX) {
            list_remove(agg, &agg->slices, 0);
            continue;
        }
        if (window_due(spec_of(agg), end) > now) break;
        if (!fire_hop(agg, end, err)) return false;
        fired_end = end;
        if (last_end(agg, first) <= end) list_remove(agg, &agg->slices, 0);
    }
    return true;
}

/* CUMULATE: ends of the next step of a base window, and of the first slice. */
static int64_t base_next(const WindowAgg *agg, int64_t base, int64_t fired_end)
{
    for (int64_t end = base + agg->slice_us; end <= base + spec_of(agg)->size_us; end += agg->slice_us)
        if (end > fired_end && (agg->progress == WATERMARK_MIN || window_due(spec_of(agg), end) > agg->progress)) return end;
    return INT64_MAX;
}

static bool fire_step(WindowAgg *agg, int64_t base, int64_t end, Err *err)
{
    Slice *total = list_need(agg, &agg->bases, base);
    uint32_t at = list_search(&agg->slices, end - agg->slice_us);
    if (at < agg->slices.n && agg->slices.v[at]->start == end - agg->slice_us) {
        group_table_merge(agg->set, &total->table, &agg->slices.v[at]->table);
        list_remove(agg, &agg->slices, at);
    }
    if (!emit_table(agg, &total->table, base, end, err)) return false;
    if (end >= base + spec_of(agg)->size_us) list_remove(agg, &agg->bases, list_search(&agg->bases, base));
    return true;
}

static bool fire_cumulate(WindowAgg *agg, int64_t now, Err *err)
{
    for (int64_t fired_end = INT64_MIN;;) {
        int64_t base = 0, end = INT64_MAX;
        if (agg->bases.n) {
            base = agg->bases.v[0]->start;
            end = base_next(agg, base, fired_end);
            if (end == INT64_MAX) {
                list_remove(agg, &agg->bases, 0);
                continue;
            }
        }
        if (agg->slices.n && agg->slices.v[0]->start + agg->slice_us < end) {
            end = agg->slices.v[0]->start + agg->slice_us;
            base = base_of(agg, agg->slices.v[0]->start);
        }
        if (end == INT64_MAX || window_due(spec_of(agg), end) > now) return true;
        if (!fire_step(agg, base, end, err)) return false;
        fired_end = end;
    }
}

static bool fire(WindowAgg *agg, int64_t now, Err *err)
{
    bool ok = spec_of(agg)->kind == WINDOW_CUMULATE ? fire_cumulate(agg, now, err) : fire_hops(agg, now, err);
    if (now > agg->progress) agg->progress = now;
    return ok;
}

static bool window_agg_watermark(Op *op, int64_t ts_us, Err *err)
{
    WindowAgg *agg = (WindowAgg *)op;
    if (!spec_of(agg)->proctime && !fire(agg, ts_us, err)) return false;
    return op_emit_watermark(op, ts_us, err);
}

/* --- processing time --- */

static void set_timer(WindowAgg *agg)
{
    OpEnv *env = agg->op.env;
    int64_t end = INT64_MAX;
    if (spec_of(agg)->kind == WINDOW_CUMULATE) {
        if (agg->bases.n) end = base_next(agg, agg->bases.v[0]->start, INT64_MIN);
        if (agg->slices.n && agg->slices.v[0]->start + agg->slice_us < end) end = agg->slices.v[0]->start + agg->slice_us;
    } else if (agg->slices.n) {
        end = next_end(agg, agg->slices.v[0]->start, INT64_MIN);
    }
    if (end != INT64_MAX && env->timer_set) env->timer_set(env, &agg->op, window_due(spec_of(agg), end) + WINDOW_MS);
}

static bool window_agg_timer(Op *op, int64_t now_us, Err *err)
{
    WindowAgg *agg = (WindowAgg *)op;
    if (!fire(agg, now_us - WINDOW_MS, err)) return false;
    set_timer(agg);
    return true;
}

/* --- snapshot --- */

static void list_encode(const SliceList *list, StrBuf *out)
{
    strbuf_put_u32(out, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        strbuf_put_u64(out, (uint64_t)list->v[i]->start);
        group_table_encode(&list->v[i]->table, out);
    }
}

static bool list_decode(WindowAgg *agg, SliceList *list, Reader *in)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++) {
        int64_t start = (int64_t)reader_u64(in);
        if (in->bad || !group_table_decode(&list_need(agg, list, start)->table, in)) return false;
    }
    return !in->bad;
}

static bool window_agg_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    WindowAgg *agg = (WindowAgg *)op;
    strbuf_put_u64(out, (uint64_t)agg->progress);
    list_encode(&agg->slices, out);
    list_encode(&agg->bases, out);
    return true;
}

static bool window_agg_restore(Op *op, Reader *in, Err *err)
{
    WindowAgg *agg = (WindowAgg *)op;
    if (in->ptr == in->end) return true;
    agg->progress = (int64_t)reader_u64(in);
    if (!list_decode(agg, &agg->slices, in) || !list_decode(agg, &agg->bases, in)) return err_set(err, E_SNAPSHOT, "state of a window aggregate cannot be read");
    if (spec_of(agg)->proctime) set_timer(agg);
    return true;
}

static size_t list_bytes(const SliceList *list)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < list->n; i++) bytes += sizeof(Slice) + group_table_bytes(&list->v[i]->table);
    return bytes;
}

static size_t window_agg_bytes(const Op *op)
{
    const WindowAgg *agg = (const WindowAgg *)op;
    return list_bytes(&agg->slices) + list_bytes(&agg->bases) + list_bytes(&agg->spare);
}

static void list_free(SliceList *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        group_table_free(&list->v[i]->table);
        free(list->v[i]);
    }
    free(list->v);
}

static void window_agg_close(Op *op)
{
    WindowAgg *agg = (WindowAgg *)op;
    if (agg->merged) {
        group_table_free(&agg->merged->table);
        free(agg->merged);
    }
    window_stack_free(&agg->stack);
    list_free(&agg->slices);
    list_free(&agg->bases);
    list_free(&agg->spare);
    arena_free(agg->arena);
}

const OpClass op_window_agg_class = {
    .name = "WindowAggregate", .size = sizeof(WindowAgg), .open = window_agg_open, .process = window_agg_process, .watermark = window_agg_watermark,
    .timer = window_agg_timer, .snapshot = window_agg_snapshot, .restore = window_agg_restore, .state_bytes = window_agg_bytes, .close = window_agg_close,
};
