/* Pruning: columns that nobody reads are neither decoded nor carried. First what each node is asked for, users before inputs; then
 * every node is rebuilt over its narrower inputs. A node may keep more than one user asked for: a CALC is put where the order of
 * columns matters (UNION). Memory: the plan's arena. */
#include "parser/bind.h"

typedef struct Need { uint64_t *bits; uint32_t width; /* columns before pruning */ uint32_t *map; /* old column -> new, UINT32_MAX = gone */ } Need;
typedef struct Prune { Plan *plan; Need *needs; } Prune;

static void want(Need *need, uint32_t column) { need->bits[column >> 6] |= 1ull << (column & 63); }
static bool wanted(const Need *need, uint32_t column) { return need->bits[column >> 6] >> (column & 63) & 1; }

static void want_all(Need *need, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) want(need, i);
}

static void want_expr(Need *need, const Expr *expr)
{
    if (expr->kind == EXPR_COLUMN) want(need, expr->column);
    for (uint32_t i = 0; i < expr->nargs; i++) want_expr(need, expr->args[i]);
}

static void want_list(Need *need, const uint32_t *cols, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) want(need, cols[i]);
}

static void want_calls(Need *need, const AggCall *calls, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        want_list(need, calls[i].args, calls[i].nargs);
        if (calls[i].filter >= 0) want(need, (uint32_t)calls[i].filter);
    }
}

static void want_same(Need *in, const Need *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (wanted(out, i)) want(in, i);
}

static void want_over(Need *in, const OverConfig *over)
{
    want_list(in, over->partition, over->npartition);
    for (uint32_t i = 0; i < over->norder; i++) want(in, over->order[i].column);
    for (uint32_t i = 0; i < over->ncalls; i++) {
        want_calls(in, &over->calls[i].agg, 1);
        if (over->calls[i].dflt_col >= 0) want(in, (uint32_t)over->calls[i].dflt_col);
    }
}

static void want_condition(Need *in, const Expr *expr, uint32_t first, uint32_t n)
{
    if (expr->kind == EXPR_COLUMN && expr->column >= first && expr->column < first + n) want(in, expr->column - first);
    for (uint32_t i = 0; i < expr->nargs; i++) want_condition(in, expr->args[i], first, n);
}

/* Side 0 or 1 of a join: what is read of it above, its keys, its part of the condition. */
static void want_side(Need *in, const Need *out, const PlanNode *node, uint32_t side)
{
    const JoinConfig *join = &node->u.join;
    uint32_t n = in->width, first = side ? node->schema->n - n : 0;
    for (uint32_t i = 0; i < n; i++)
        if (wanted(out, first + i)) want(in, i);
    want_list(in, side ? join->right_keys : join->left_keys, join->nkeys);
    if (join->condition) want_condition(in, join->condition, first, n);
}

/* --- what inputs are asked for --- */

/* Rows are counted by their columns: one is kept where none is read, a cheap one. */
static void want_some(const PlanNode *node, Need *need)
{
    uint32_t cheap = 0;
    for (uint32_t i = 0; i < need->width; i++)
        if (wanted(need, i)) return;
    for (uint32_t i = need->width; i-- > 0;) {
        Phys phys = type_phys(node->schema->cols[i].type);
        bool plain = node->kind != PLAN_CALC || node->u.calc.exprs[i]->kind == EXPR_COLUMN || node->u.calc.exprs[i]->kind == EXPR_CONST;
        if (plain && phys != PHYS_STR && phys != PHYS_NESTED) cheap = i;
    }
    /* What is read anyway costs nothing. */
    if (node->kind == PLAN_WATERMARK) cheap = node->u.watermark.rowtime;
    if (node->kind == PLAN_NORMALIZE) cheap = node->u.normalize.key[0];
    if (need->width) want(need, cheap);
}

static void ask(Prune *prune, PlanNode *node)
{
    Need *out = &prune->needs[node->id];
    want_some(node, out);
    for (uint32_t k = 0; k < node->ninputs; k++) {
        PlanNode *input = node->inputs[k];
        Need *in = &prune->needs[input->id];
        uint32_t n = input->schema->n;
        switch (node->kind) {
        case PLAN_CALC:
            if (node->u.calc.filter) want_expr(in, node->u.calc.filter);
            for (uint32_t i = 0; i < node->u.calc.nexprs; i++)
                if (wanted(out, i)) want_expr(in, node->u.calc.exprs[i]);
            break;
        case PLAN_WATERMARK:
            want_same(in, out, n);
            want(in, node->u.watermark.rowtime);
            want_expr(in, node->u.watermark.expr);
            break;
        case PLAN_NORMALIZE:
            want_same(in, out, n);
            want_list(in, node->u.normalize.key, node->u.normalize.nkey);
            if (node->u.normalize.filter) want_expr(in, node->u.normalize.filter);
            break;
        case PLAN_GROUP_AGG: want_list(in, node->u.group_agg.keys, node->u.group_agg.nkeys); want_calls(in, node->u.group_agg.calls, node->u.group_agg.ncalls); break;
        case PLAN_WINDOW_TVF:
            want_same(in, out, n);
            want(in, node->u.window_tvf.window.time_col);
            want_list(in, node->u.window_tvf.window.partition, node->u.window_tvf.window.npartition);
            break;
        case PLAN_WINDOW_AGG:
            want_list(in, node->u.window_agg.keys, node->u.window_agg.nkeys);
            want_calls(in, node->u.window_agg.calls, node->u.window_agg.ncalls);
            if (!node->u.window_agg.window.proctime) want(in, node->u.window_agg.window.time_col);     /* processing time is the clock's */
            break;
        case PLAN_EXPAND:
            for (uint32_t r = 0; r < node->u.expand.nrows; r++)
                for (uint32_t i = 0; i < node->schema->n; i++)
                    if (wanted(out, i)) want_expr(in, node->u.expand.rows[r][i]);
            break;
        case PLAN_UNION: case PLAN_LIMIT: want_same(in, out, n); break;
        case PLAN_SORT:
            want_same(in, out, n);
            for (uint32_t i = 0; i < node->u.sort.nkeys; i++) want(in, node->u.sort.keys[i].column);
            break;
        case PLAN_OVER: want_same(in, out, n); want_over(in, &node->u.over); break;
        case PLAN_UNNEST:
            want_same(in, out, n);
            want_expr(in, node->u.unnest.collection);
            if (node->u.unnest.condition) want_all(in, n);
            break;
        case PLAN_JOIN: want_side(in, out, node, k); break;
        case PLAN_MATERIALIZE: case PLAN_SINK: want_all(in, n); break;
        case PLAN_SCAN: case PLAN_VALUES: case PLAN_KIND_COUNT: break;
        }
    }
}

/* --- rebuilding --- */

static uint32_t *map_new(Prune *prune, uint32_t n)
{
    uint32_t *map = ARENA_ARRAY(prune->plan->arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) map[i] = UINT32_MAX;
    return map;
}

static const uint32_t *input_map(const Prune *prune, const PlanNode *node, uint32_t k)
{
    return prune->needs[node->inputs[k]->id].map;
}

static Expr *map_expr(Prune *prune, Expr *expr, const uint32_t *map)
{
    if (!expr) return NULL;
    if (expr->kind != EXPR_COLUMN && !expr->nargs) return expr;
    Expr *copy = arena_copy(prune->plan->arena, expr, sizeof *expr);
    if (expr->kind == EXPR_COLUMN) {
        copy->column = map[expr->column];
        return copy;
    }
    copy->args = ARENA_ARRAY(prune->plan->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = map_expr(prune, expr->args[i], map);
    return copy;
}

static uint32_t *map_list(Prune *prune, const uint32_t *cols, uint32_t n, const uint32_t *map)
{
    uint32_t *copy = ARENA_ARRAY(prune->plan->arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) copy[i] = map[cols[i]];
    return copy;
}

static void map_calls(Prune *prune, AggCall *calls, uint32_t n, const uint32_t *map)
{
    for (uint32_t i = 0; i < n; i++) {
        calls[i].args = map_list(prune, calls[i].args, calls[i].nargs, map);
        if (calls[i].filter >= 0) calls[i].filter = (int32_t)map[calls[i].filter];
    }
}

static void map_over(Prune *prune, OverConfig *over, const uint32_t *map)
{
    over->partition = map_list(prune, over->partition, over->npartition, map);
    for (uint32_t i = 0; i < over->norder; i++) over->order[i].column = map[over->order[i].column];
    for (uint32_t i = 0; i < over->ncalls; i++) {
        map_calls(prune, &over->calls[i].agg, 1, map);
        if (over->calls[i].dflt_col >= 0) over->calls[i].dflt_col = (int32_t)map[over->calls[i].dflt_col];
    }
}

/* Output = the input's columns, then `extra` of its own. */
static void pass_columns(Prune *prune, PlanNode *node, Need *need, uint32_t extra)
{
    const Schema *in = node->inputs[0]->schema, *old = node->schema;
    const uint32_t *map = input_map(prune, node, 0);
    uint32_t width = old->n - extra;
    Schema *schema = schema_new(prune->plan->arena, in->n + extra);
    need->map = map_new(prune, old->n);
    for (uint32_t i = 0; i < width; i++)
        if (map[i] != UINT32_MAX) {
            need->map[i] = map[i];
            *schema_col(schema, map[i]) = old->cols[i];
        }
    for (uint32_t i = 0; i < extra; i++) {
        need->map[width + i] = in->n + i;
        *schema_col(schema, in->n + i) = old->cols[width + i];
    }
    node->schema = schema;
}

/* Keeps the wanted columns of the node's own making; returns how many. keep[new] = old. */
static uint32_t keep_columns(Prune *prune, PlanNode *node, Need *need, uint32_t *keep)
{
    uint32_t n = 0, width = node->schema->n;
    need->map = map_new(prune, width);
    Schema *schema = schema_new(prune->plan->arena, width);
    for (uint32_t i = 0; i < width; i++) {
        if (!wanted(need, i)) continue;
        *schema_col(schema, n) = node->schema->cols[i];
        need->map[i] = n;
        keep[n++] = i;
    }
    schema->n = n;
    node->schema = schema;
    return n;
}

static void identity(Prune *prune, const PlanNode *node, Need *need)
{
    need->map = map_new(prune, node->schema->n);
    for (uint32_t i = 0; i < node->schema->n; i++) need->map[i] = i;
}

static void rebuild_scan(Prune *prune, PlanNode *node, Need *need, uint32_t *keep)
{
    ScanConfig *scan = &node->u.scan;
    uint32_t nphysical = scan->nphysical, n = keep_columns(prune, node, need, keep);
    uint32_t *physical = ARENA_ARRAY(prune->plan->arena, uint32_t, n + 1);
    Str *metadata = ARENA_ARRAY(prune->plan->arena, Str, n + 1);
    uint32_t np = 0, nm = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (keep[i] < nphysical) physical[np++] = scan->physical[keep[i]];
        else metadata[nm++] = scan->metadata[keep[i] - nphysical];
    }
    scan->physical = physical, scan->nphysical = np;
    scan->metadata = metadata, scan->nmetadata = nm;
}

static void rebuild_calc(Prune *prune, PlanNode *node, Need *need, uint32_t *keep)
{
    const uint32_t *map = input_map(prune, node, 0);
    CalcConfig *calc = &node->u.calc;
    uint32_t n = keep_columns(prune, node, need, keep);
    Expr **exprs = ARENA_ARRAY(prune->plan->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) exprs[i] = map_expr(prune, calc->exprs[keep[i]], map);
    *calc = (CalcConfig){ map_expr(prune, calc->filter, map), exprs, n };
}

static void rebuild_expand(Prune *prune, PlanNode *node, Need *need, uint32_t *keep)
{
    const uint32_t *map = input_map(prune, node, 0);
    uint32_t n = keep_columns(prune, node, need, keep);
    for (uint32_t r = 0; r < node->u.expand.nrows; r++) {
        Expr **row = ARENA_ARRAY(prune->plan->arena, Expr *, n + 1);
        for (uint32_t i = 0; i < n; i++) row[i] = map_expr(prune, node->u.expand.rows[r][keep[i]], map);
        node->u.expand.rows[r] = row;
    }
}

/* Inputs of a UNION must have the same columns in the same order. */
static void rebuild_union(Prune *prune, PlanNode *node, Need *need, uint32_t *keep)
{
    uint32_t n = keep_columns(prune, node, need, keep);
    for (uint32_t k = 0; k < node->ninputs; k++) {
        PlanNode *input = node->inputs[k];
        const uint32_t *map = prune->needs[input->id].map;
        bool same = input->schema->n == n;
        for (uint32_t i = 0; i < n; i++) same = same && map[keep[i]] == i;
        if (same) continue;
        Expr **exprs = ARENA_ARRAY(prune->plan->arena, Expr *, n + 1);
        for (uint32_t i = 0; i < n; i++) exprs[i] = expr_column(prune->plan->arena, map[keep[i]], input->schema->cols[map[keep[i]]].type, node->span);
        PlanNode *calc = plan_node(prune->plan, PLAN_CALC, &input, 1, node->schema, node->span);
        calc->u.calc = (CalcConfig){ NULL, exprs, n };
        node->inputs[k] = calc;
    }
}

static void rebuild_join(Prune *prune, PlanNode *node, Need *need)
{
    JoinConfig *join = &node->u.join;
    const Schema *old = node->schema;
    uint32_t left = prune->needs[node->inputs[0]->id].width, base = node->inputs[0]->schema->n;
    Schema *schema = schema_new(prune->plan->arena, base + node->inputs[1]->schema->n);
    need->map = map_new(prune, old->n);
    for (uint32_t i = 0; i < old->n; i++) {
        uint32_t to = i < left ? input_map(prune, node, 0)[i] : input_map(prune, node, 1)[i - left];
        if (to == UINT32_MAX) continue;
        need->map[i] = i < left ? to : base + to;
        *schema_col(schema, need->map[i]) = old->cols[i];
    }
    node->schema = schema;
    join->left_keys = map_list(prune, join->left_keys, join->nkeys, input_map(prune, node, 0));
    join->right_keys = map_list(prune, join->right_keys, join->nkeys, input_map(prune, node, 1));
    join->condition = map_expr(prune, join->condition, need->map);
}

static void rebuild(Prune *prune, PlanNode *node)
{
    Need *need = &prune->needs[node->id];
    const uint32_t *map = node->ninputs ? input_map(prune, node, 0) : NULL;
    uint32_t *keep = ARENA_ARRAY(prune->plan->arena, uint32_t, node->schema->n + 1);
    switch (node->kind) {
    case PLAN_SCAN: rebuild_scan(prune, node, need, keep); break;
    case PLAN_CALC: rebuild_calc(prune, node, need, keep); break;
    case PLAN_EXPAND: rebuild_expand(prune, node, need, keep); break;
    case PLAN_UNION: rebuild_union(prune, node, need, keep); break;
    case PLAN_VALUES: identity(prune, node, need); break;
    case PLAN_WATERMARK:
        pass_columns(prune, node, need, 0);
        node->u.watermark.rowtime = map[node->u.watermark.rowtime];
        node->u.watermark.expr = map_expr(prune, node->u.watermark.expr, map);
        break;
    case PLAN_NORMALIZE:
        pass_columns(prune, node, need, 0);
        node->u.normalize.key = map_list(prune, node->u.normalize.key, node->u.normalize.nkey, map);
        node->u.normalize.filter = map_expr(prune, node->u.normalize.filter, map);
        break;
    case PLAN_GROUP_AGG:
        identity(prune, node, need);
        node->u.group_agg.keys = map_list(prune, node->u.group_agg.keys, node->u.group_agg.nkeys, map);
        map_calls(prune, node->u.group_agg.calls, node->u.group_agg.ncalls, map);
        break;
    case PLAN_WINDOW_TVF: {
        WindowSpec *spec = &node->u.window_tvf.window;
        pass_columns(prune, node, need, 3);
        spec->time_col = map[spec->time_col];
        spec->partition = map_list(prune, spec->partition, spec->npartition, map);
        break;
    }
    case PLAN_WINDOW_AGG: {
        WindowAggConfig *agg = &node->u.window_agg;
        identity(prune, node, need);
        agg->keys = map_list(prune, agg->keys, agg->nkeys, map);
        agg->window.time_col = agg->window.proctime ? 0 : map[agg->window.time_col];
        agg->window.partition = map_list(prune, agg->window.partition, agg->window.npartition, map);
        map_calls(prune, agg->calls, agg->ncalls, map);
        break;
    }
    case PLAN_SORT:
        pass_columns(prune, node, need, 0);
        for (uint32_t i = 0; i < node->u.sort.nkeys; i++) node->u.sort.keys[i].column = map[node->u.sort.keys[i].column];
        break;
    case PLAN_LIMIT: pass_columns(prune, node, need, 0); break;
    case PLAN_OVER:
        pass_columns(prune, node, need, node->u.over.ncalls);
        map_over(prune, &node->u.over, map);
        break;
    case PLAN_UNNEST: {
        uint32_t extra = node->schema->n - prune->needs[node->inputs[0]->id].width;
        node->u.unnest.collection = map_expr(prune, node->u.unnest.collection, map);
        pass_columns(prune, node, need, extra);
        node->u.unnest.condition = map_expr(prune, node->u.unnest.condition, need->map);
        break;
    }
    case PLAN_JOIN: rebuild_join(prune, node, need); break;
    case PLAN_MATERIALIZE: case PLAN_SINK: identity(prune, node, need); break;
    case PLAN_KIND_COUNT: break;
    }
}

/* A CALC that passes every column of its input on in order. */
static bool is_identity(const PlanNode *node)
{
    if (node->kind != PLAN_CALC || node->u.calc.filter || node->u.calc.nexprs != node->inputs[0]->schema->n) return false;
    for (uint32_t i = 0; i < node->u.calc.nexprs; i++)
        if (node->u.calc.exprs[i]->kind != EXPR_COLUMN || node->u.calc.exprs[i]->column != i) return false;
    return true;
}

/* Names and time attributes of a dropped CALC live on in what reads it: only nodes that name columns by number are left. */
static void drop_identities(Plan *plan)
{
    for (uint32_t i = 0; i < plan->nnodes; i++)
        for (uint32_t k = 0; k < plan->nodes[i]->ninputs; k++)
            while (is_identity(plan->nodes[i]->inputs[k])) plan->nodes[i]->inputs[k] = plan->nodes[i]->inputs[k]->inputs[0];
}

void plan_prune(Plan *plan)
{
    uint32_t n = plan->nnodes;
    Prune prune = { plan, ARENA_ARRAY(plan->arena, Need, n + 1) };
    for (uint32_t i = 0; i < n; i++) {
        plan->nodes[i]->id = i;
        prune.needs[i].width = plan->nodes[i]->schema->n;
        prune.needs[i].bits = ARENA_ARRAY(plan->arena, uint64_t, plan->nodes[i]->schema->n / 64 + 1);
    }
    for (uint32_t i = n; i-- > 0;) {
        if (plan->nodes[i]->kind == PLAN_SINK) want_all(&prune.needs[i], plan->nodes[i]->schema->n);
        ask(&prune, plan->nodes[i]);
    }
    for (uint32_t i = 0; i < n; i++) rebuild(&prune, plan->nodes[i]);
    drop_identities(plan);
}
