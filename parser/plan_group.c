/* Aggregate queries, the side of plans: GROUP BY as GroupAggregate, over a window function as WindowAggregate (the function is
 * fused into it), with grouping sets through Expand (tests/conformance).
 * Windowed: the keys hold window_start and window_end in every set (SESSION: and the other keys are its PARTITION BY). Where the
 * function cannot be fused - its columns are filtered on or aggregated, or it stands behind another aggregate - its windows are
 * recovered from window_end: a window aggregate of 1 ms over window_end - 1 ms whose keys are the window's columns. */
#include "parser/bind.h"
#include "engine/plan/config.h"

typedef struct Input {
    PlanNode *node;                              /* keys, then arguments, filters, time */
    AggCall *calls; uint32_t ncalls;
    int32_t time_col;
} Input;

static uint32_t add_item(Binder *b, SelectList *items, uint32_t from, Expr *expr, Span span)
{
    for (uint32_t i = from; i < items->n; i++)
        if (expr_equal(items->v[i].expr, expr)) return i;
    SelectItem item = { expr, expr->kind == EXPR_COLUMN ? STR_NULL : str_printf(b->arena, "$f%u", items->n), span };
    ARENA_PUSH(b->arena, *items, item);
    return items->n - 1;
}

/* Keys and arguments as columns. With several sets arguments are apart from keys, for Expand makes keys NULL. */
static bool make_input(Binder *b, PlanNode *in, Expr *where, const Grouping *grouping, Input *out, Span span, Err *err)
{
    SelectList items = { 0 };
    for (uint32_t i = 0; i < grouping->nkeys; i++) {
        SelectItem item = { grouping->keys[i], str_printf(b->arena, "$f%u", i), span };
        ARENA_PUSH(b->arena, items, item);
    }
    uint32_t from = grouping->nsets > 1 ? items.n : 0;
    out->ncalls = grouping->calls.n;
    out->calls = ARENA_ARRAY(b->arena, AggCall, out->ncalls + 1);
    for (uint32_t c = 0; c < out->ncalls; c++) {
        const BoundAgg *agg = &grouping->calls.v[c];
        AggCall *call = &out->calls[c];
        *call = agg->call;
        uint32_t *args = ARENA_ARRAY(b->arena, uint32_t, call->nargs + 1);
        for (uint32_t i = 0; i < call->nargs; i++) args[i] = add_item(b, &items, from, agg->args[i], span);
        call->args = args;
        call->filter = agg->filter ? (int32_t)add_item(b, &items, from, agg->filter, span) : -1;
    }
    out->time_col = grouping->window ? (int32_t)add_item(b, &items, from, grouping->window->time, span) : -1;
    for (uint32_t i = 0; i < items.n; i++)
        if (items.v[i].expr->kind == EXPR_COLUMN && items.v[i].expr->column < in->schema->n) items.v[i].name = in->schema->cols[items.v[i].expr->column].name;
    out->node = plan_calc(b, in, where, items.v, items.n, span, err);
    return out->node;
}

/* --- nodes --- */

static uint32_t *first_columns(Binder *b, uint32_t n)
{
    uint32_t *cols = ARENA_ARRAY(b->arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) cols[i] = i;
    return cols;
}

static Column plain_column(Binder *b, Column column)
{
    if (column.type->attr != ATTR_NONE) column.type = type_with_attr(b->arena, column.type, ATTR_NONE);
    return column;
}

/* Each row once a set; the keys not in the set are NULL; the set's number comes last. */
static PlanNode *expand(Binder *b, PlanNode *in, const uint64_t *sets, uint32_t nsets, uint32_t nkeys, Span span)
{
    Schema *schema = schema_new(b->arena, in->schema->n + 1);
    for (uint32_t c = 0; c < in->schema->n; c++) {
        Column column = in->schema->cols[c];
        for (uint32_t s = 0; c < nkeys && s < nsets; s++)
            if (!(sets[s] >> c & 1)) column.type = type_with_null(b->arena, column.type, true);
        *schema_col(schema, c) = column;
    }
    const Type *bigint = type_simple(TYPE_BIGINT, false);
    *schema_col(schema, in->schema->n) = (Column){ STR("$e"), bigint };
    PlanNode *node = plan_node(b->plan, PLAN_EXPAND, &in, 1, schema, span);
    node->u.expand.nrows = nsets;
    node->u.expand.rows = ARENA_ARRAY(b->arena, Expr **, nsets);
    for (uint32_t s = 0; s < nsets; s++) {
        Expr **row = node->u.expand.rows[s] = ARENA_ARRAY(b->arena, Expr *, schema->n);
        for (uint32_t c = 0; c < in->schema->n; c++) {
            bool absent = c < nkeys && !(sets[s] >> c & 1);
            row[c] = absent ? expr_const(b->arena, schema->cols[c].type, datum_null(), span) : expr_column(b->arena, c, in->schema->cols[c].type, span);
        }
        row[in->schema->n] = expr_const(b->arena, bigint, datum_i64(s), span);
    }
    return node;
}

/* Keys 0..nkeys-1, with several sets also their number: the last column of an Expand put on top of *in. */
static uint32_t *key_columns(Binder *b, PlanNode **in, const uint64_t *sets, uint32_t nsets, uint32_t *nkeys, Span span)
{
    uint32_t *keys = first_columns(b, *nkeys + 1);
    if (nsets <= 1) return keys;
    *in = expand(b, *in, sets, nsets, *nkeys, span);
    keys[(*nkeys)++] = (*in)->schema->n - 1;
    return keys;
}

static void results_schema(Schema *schema, uint32_t at, const AggCall *calls, uint32_t ncalls, Arena *arena)
{
    for (uint32_t i = 0; i < ncalls; i++) *schema_col(schema, at + i) = (Column){ str_printf(arena, "$a%u", i), calls[i].type };
}

static PlanNode *group_node(Binder *b, Input *input, const Grouping *grouping, Span span)
{
    PlanNode *in = input->node;
    bool empty_row = grouping->nkeys == 0 && grouping->nsets <= 1 && (b->plan->batch || node_is_empty(in));
    uint32_t nkeys = grouping->nkeys, *keys = key_columns(b, &in, grouping->sets, grouping->nsets, &nkeys, span);
    Schema *schema = schema_new(b->arena, nkeys + input->ncalls);
    for (uint32_t i = 0; i < nkeys; i++) *schema_col(schema, i) = plain_column(b, in->schema->cols[keys[i]]);
    results_schema(schema, nkeys, input->calls, input->ncalls, b->arena);
    PlanNode *node = plan_node(b->plan, PLAN_GROUP_AGG, &in, 1, schema, span);
    node->u.group_agg = (GroupAggConfig){ .keys = keys, .nkeys = nkeys, .calls = input->calls, .ncalls = input->ncalls,
        .global_row_when_empty = empty_row, .at_end = b->plan->batch || empty_row, .emit_before = true, .ttl_us = b->group_ttl_us };
    return node;
}

/* --- window functions --- */

typedef struct WindowPlan { WindowSpec spec; WindowProp *props; uint32_t nprops; const Type **prop_types; } WindowPlan;

static PlanNode *window_node(Binder *b, Input *input, const WindowPlan *window, const uint64_t *sets, uint32_t nsets, uint32_t nkeys, Span span)
{
    PlanNode *in = input->node;
    uint32_t *keys = key_columns(b, &in, sets, nsets, &nkeys, span);
    Schema *schema = schema_new(b->arena, nkeys + input->ncalls + window->nprops);
    for (uint32_t i = 0; i < nkeys; i++) *schema_col(schema, i) = plain_column(b, in->schema->cols[keys[i]]);
    results_schema(schema, nkeys, input->calls, input->ncalls, b->arena);
    static const char *const names[] = { [WPROP_START] = "window_start", [WPROP_END] = "window_end", [WPROP_TIME] = "window_time", [WPROP_PROCTIME] = "window_time" };
    for (uint32_t i = 0; i < window->nprops; i++)
        *schema_col(schema, nkeys + input->ncalls + i) = (Column){ str_of(names[window->props[i]]), window->prop_types[i] };
    PlanNode *node = plan_node(b->plan, PLAN_WINDOW_AGG, &in, 1, schema, span);
    WindowAggConfig *config = &node->u.window_agg;
    *config = (WindowAggConfig){ .window = window->spec, .keys = keys, .nkeys = nkeys, .calls = input->calls, .ncalls = input->ncalls, .props = window->props, .nprops = window->nprops };
    if (window->spec.kind == WINDOW_SESSION) {
        config->window.partition = keys;
        config->window.npartition = nkeys;
    }
    return node;
}

static bool check_windowed(const Binder *b, const WindowSpec *spec, const AggCall *calls, uint32_t ncalls, Span span, Err *err)
{
    static const char *const names[] = { "TUMBLE", "HOP", "CUMULATE", "SESSION" };
    bool multiple = (spec->kind != WINDOW_HOP && spec->kind != WINDOW_CUMULATE) || (spec->kind == WINDOW_HOP && b->plan->batch);
    if (!multiple && !spec->legacy && spec->size_us % spec->slide_us)
        return err_at(err, E_INVALID, span, "aggregates over %s want a size that is a multiple of the %s", names[spec->kind], spec->kind == WINDOW_HOP ? "slide" : "step");
    for (uint32_t i = 0; i < ncalls && spec->kind != WINDOW_TUMBLE; i++)
        if (!agg_can_merge(calls[i].def)) {
            err_at(err, E_UNSUPPORTED, calls[i].span, "%s cannot be used in %s windows: its parts cannot be merged", agg_name(calls[i].def), names[spec->kind]);
            return err_hint(err, "Use it in TUMBLE windows, or MIN and MAX here.");
        }
    return true;
}

static bool reads_columns(const Expr *expr, const WindowColumns *wc)
{
    if (expr->kind == EXPR_COLUMN) return (int32_t)expr->column == wc->start || (int32_t)expr->column == wc->end || (int32_t)expr->column == wc->time;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (reads_columns(expr->args[i], wc)) return true;
    return false;
}

static int window_prop_of(const Expr *expr, const WindowColumns *wc)
{
    if (expr->kind != EXPR_COLUMN) return -1;
    if ((int32_t)expr->column == wc->start) return WPROP_START;
    if ((int32_t)expr->column == wc->end) return WPROP_END;
    return (int32_t)expr->column == wc->time ? wc->spec->proctime ? WPROP_PROCTIME : WPROP_TIME : -1;
}

/* May the function below `calc` (over it) take the aggregate in: its columns are keys and nothing else. */
static bool can_fuse(const PlanNode *calc, const WindowColumns *wc, const Input *input, uint32_t nkeys)
{
    for (uint32_t c = 0; c < input->ncalls; c++) {
        const AggCall *call = &input->calls[c];
        for (uint32_t i = 0; i < call->nargs; i++)
            if (reads_columns(calc->u.calc.exprs[call->args[i]], wc)) return false;
        if (call->filter >= 0 && reads_columns(calc->u.calc.exprs[call->filter], wc)) return false;
    }
    if (calc->u.calc.filter && reads_columns(calc->u.calc.filter, wc)) return false;
    for (uint32_t i = 0; i < calc->u.calc.nexprs; i++)
        if (reads_columns(calc->u.calc.exprs[i], wc) && (i >= nkeys || window_prop_of(calc->u.calc.exprs[i], wc) < 0)) return false;
    return true;
}

/* SESSION is windowed only if the other keys are exactly its PARTITION BY. */
static bool session_keys_match(const PlanNode *calc, const WindowColumns *wc, uint32_t nkeys)
{
    const WindowSpec *spec = wc->spec;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < nkeys; i++) {
        const Expr *key = calc->u.calc.exprs[i];
        if (window_prop_of(key, wc) >= 0) continue;
        uint32_t p = 0;
        while (p < spec->npartition && (key->kind != EXPR_COLUMN || spec->partition[p] != key->column)) p++;
        if (p == spec->npartition) return false;
        seen |= 1ull << p;
    }
    return seen == (spec->npartition == 64 ? ~0ull : (1ull << spec->npartition) - 1);
}

/* The aggregate in place of the window function: its input takes the keys that are no window columns, arguments and time. */
static PlanNode *fuse(Binder *b, Input *input, const Grouping *grouping, PlanNode *calc, const WindowColumns *wc, Span span, Err *err)
{
    PlanNode *tvf = calc->inputs[0];
    uint32_t nkeys = 0, nprops = 0, *key_at = ARENA_ARRAY(b->arena, uint32_t, grouping->nkeys + 1), *moved = ARENA_ARRAY(b->arena, uint32_t, calc->schema->n + 1);
    WindowPlan window = { .spec = tvf->u.window_tvf.window, .props = ARENA_ARRAY(b->arena, WindowProp, grouping->nkeys + 1), .prop_types = ARENA_ARRAY(b->arena, const Type *, grouping->nkeys + 1) };
    if (!check_windowed(b, &window.spec, input->calls, input->ncalls, span, err)) return NULL;
    SelectList items = { 0 };
    uint64_t *sets = ARENA_ARRAY(b->arena, uint64_t, grouping->nsets + 1);
    for (uint32_t i = 0; i < calc->schema->n; i++) {
        int prop = i < grouping->nkeys ? window_prop_of(calc->u.calc.exprs[i], wc) : -1;
        if (prop >= 0) {
            window.props[nprops] = (WindowProp)prop;
            window.prop_types[nprops] = calc->schema->cols[i].type;
            key_at[i] = UINT32_MAX - nprops++;
            continue;
        }
        if (i < grouping->nkeys) {
            for (uint32_t s = 0; s < grouping->nsets; s++) sets[s] |= (grouping->sets[s] >> i & 1) << nkeys;
            key_at[i] = nkeys++;
        }
        moved[i] = items.n;
        SelectItem item = { calc->u.calc.exprs[i], calc->schema->cols[i].name, span };
        ARENA_PUSH(b->arena, items, item);
    }
    window.nprops = nprops;
    const Column *time = &tvf->inputs[0]->schema->cols[window.spec.time_col];
    SelectItem item = { expr_column(b->arena, window.spec.time_col, time->type, span), time->name, span };
    window.spec.time_col = items.n;
    ARENA_PUSH(b->arena, items, item);
    for (uint32_t c = 0; c < input->ncalls; c++) {
        AggCall *call = &input->calls[c];
        for (uint32_t i = 0; i < call->nargs; i++) ((uint32_t *)call->args)[i] = moved[call->args[i]];
        if (call->filter >= 0) call->filter = (int32_t)moved[call->filter];
    }
    input->node = plan_calc(b, tvf->inputs[0], calc->u.calc.filter, items.v, items.n, span, err);
    if (!input->node) return NULL;
    PlanNode *node = window_node(b, input, &window, sets, grouping->nsets, nkeys, span);
    /* Back to the order of the keys. */
    bool several = grouping->nsets > 1;
    uint32_t n = 0, *cols = ARENA_ARRAY(b->arena, uint32_t, node->schema->n + 1), results = nkeys + several;
    for (uint32_t i = 0; i < grouping->nkeys; i++) cols[n++] = key_at[i] < grouping->nkeys ? key_at[i] : results + input->ncalls + (UINT32_MAX - key_at[i]);
    if (several) cols[n++] = nkeys;
    for (uint32_t i = 0; i < input->ncalls; i++) cols[n++] = results + i;
    return plan_columns(b, node, cols, n, span);
}

/* Windows recovered from window_end. */
static PlanNode *attach(Binder *b, Input *input, const Grouping *grouping, const WindowColumns *wc, Span span, Err *err)
{
    enum { ONE_MS = 1 };
    PlanNode *in = input->node;
    const WindowSpec *from = wc->spec;
    WindowPlan window = { .spec = { .kind = WINDOW_TUMBLE, .size_us = 1000, .slide_us = 1000, .zone = from->zone, .time_col = in->schema->n } };
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, in->schema->n + 1);
    for (uint32_t i = 0; i < in->schema->n; i++) items[i] = (SelectItem){ expr_column(b->arena, i, in->schema->cols[i].type, span), in->schema->cols[i].name, span };
    Expr *args[2] = { items[wc->end].expr, expr_const(b->arena, type_simple(TYPE_INTERVAL_SECOND, false), datum_i64(ONE_MS), span) };
    Expr *time = expr_call(&b->ctx, STR("-"), args, 2, span, err);
    if (time && from->zone) time = expr_cast(&b->ctx, time, type_time(b->arena, TYPE_TIMESTAMP_LTZ, 3, false), false, span, err);
    if (!time) return NULL;
    items[in->schema->n] = (SelectItem){ time, STR("$time"), span };
    input->node = plan_calc(b, in, NULL, items, in->schema->n + 1, span, err);
    if (!input->node) return NULL;
    PlanNode *node = window_node(b, input, &window, grouping->sets, grouping->nsets, grouping->nkeys, span);
    if (wc->time >= 0 && wc->time < (int32_t)grouping->nkeys) schema_col((Schema *)node->schema, (uint32_t)wc->time)->type = in->schema->cols[wc->time].type;
    return node;
}

/* NULL without err: no window aggregate. */
static PlanNode *windowed(Binder *b, Input *input, const Grouping *grouping, Span span, Err *err)
{
    WindowColumns wc;
    if (!window_columns(input->node, &wc) || wc.start < 0 || wc.end < 0 || wc.start >= (int32_t)grouping->nkeys || wc.end >= (int32_t)grouping->nkeys) return NULL;
    for (uint32_t s = 0; s < grouping->nsets; s++)
        if (!(grouping->sets[s] >> wc.start & 1) || !(grouping->sets[s] >> wc.end & 1)) return NULL;
    PlanNode *calc = calc_collapse(b->plan, input->node);
    bool direct = calc->inputs[0]->kind == PLAN_WINDOW_TVF;
    WindowColumns at_tvf;
    if (direct && window_columns(calc->inputs[0], &at_tvf)) {
        if (at_tvf.spec->kind == WINDOW_SESSION && (grouping->nsets > 1 || !session_keys_match(calc, &at_tvf, grouping->nkeys))) return NULL;
        if (can_fuse(calc, &at_tvf, input, grouping->nkeys)) return fuse(b, input, grouping, calc, &at_tvf, span, err);
        if (!check_windowed(b, at_tvf.spec, input->calls, input->ncalls, span, err)) return NULL;
    }
    return wc.spec->proctime ? NULL : attach(b, input, grouping, &wc, span, err);
}

/* --- GROUP BY TUMBLE(..) --- */

static PlanNode *legacy_window(Binder *b, Input *input, const Grouping *grouping, Span span, Err *err)
{
    const GroupWindow *group = grouping->window;
    WindowPlan window = { .spec = group->spec, .props = grouping->props.v, .nprops = grouping->props.n, .prop_types = ARENA_ARRAY(b->arena, const Type *, grouping->props.n + 1) };
    window.spec.time_col = (uint32_t)input->time_col;
    if (!check_windowed(b, &window.spec, input->calls, input->ncalls, span, err)) return NULL;
    for (uint32_t i = 0; i < window.nprops; i++) {
        WindowProp prop = window.props[i];
        const Type *type = prop == WPROP_TIME ? type_with_null(b->arena, group->time->type, true) : prop == WPROP_PROCTIME ? type_with_attr(b->arena, type_time(b->arena, TYPE_TIMESTAMP_LTZ, 3, false), ATTR_PROCTIME) : window_bound_type(b->arena);
        window.prop_types[i] = type;
    }
    PlanNode *node = window_node(b, input, &window, grouping->sets, grouping->nsets, grouping->nkeys, span);
    const Options *config = &b->env->config;
    WindowAggConfig *agg = &node->u.window_agg;
    agg->early_fire = config_bool(config, "table.exec.emit.early-fire.enabled");
    agg->late_fire = config_bool(config, "table.exec.emit.late-fire.enabled");
    agg->early_delay_us = config_i64(config, "table.exec.emit.early-fire.delay");
    agg->late_delay_us = config_i64(config, "table.exec.emit.late-fire.delay");
    agg->allow_lateness_us = config_text(config, "table.exec.emit.allow-lateness").len ? config_i64(config, "table.exec.emit.allow-lateness") : 0;
    return node;
}

PlanNode *plan_grouping(Binder *b, PlanNode *in, Expr *where, Grouping *grouping, Span span, Err *err)
{
    Input input = { 0 };
    if (!make_input(b, in, where, grouping, &input, span, err)) return NULL;
    PlanNode *node = grouping->window ? legacy_window(b, &input, grouping, span, err) : windowed(b, &input, grouping, span, err);
    if (!node && !err->set) node = group_node(b, &input, grouping, span);
    if (node) grouping->output = node->schema;
    return node;
}

PlanNode *plan_distinct(Binder *b, PlanNode *node, Span span, Err *err)
{
    if (node->schema->n > 64) { refuse_clause(err, span, "DISTINCT over more than 64 columns is", "Select fewer columns."); return NULL; }
    Grouping grouping = { .grouped = true, .nkeys = node->schema->n, .nsets = 1, .keys = ARENA_ARRAY(b->arena, Expr *, node->schema->n + 1), .sets = ARENA_ARRAY(b->arena, uint64_t, 1) };
    for (uint32_t i = 0; i < node->schema->n; i++) {
        const Type *type = node->schema->cols[i].type;
        if (!type_can_group(type)) {
            err_at(err, E_UNSUPPORTED, span, "DISTINCT over values of type " STR_FMT " is not supported", STR_ARG(type_text(b->arena, type)));
            return NULL;
        }
        grouping.keys[i] = expr_column(b->arena, i, type, span);
        grouping.sets[0] |= 1ull << i;
    }
    return plan_grouping(b, node, NULL, &grouping, span, err);
}
