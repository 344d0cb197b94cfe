/* OVER in batch mode: calls over PARTITION BY .. ORDER BY .. with their frame. A stream's OVER is refused where its checks would
 * stand. One node per partition and order; results stand behind the input's columns. */
#include "parser/plan_query.h"
#include "engine/expr/agg.h"

/* --- the window --- */

static const AstWindow *named_window(const ExprScope *es, const Ident *name, Err *err)
{
    for (uint32_t i = 0; es->query && i < es->query->windows.n; i++)
        if (str_eq(es->query->windows.v[i].name.name, name->name)) return es->query->windows.v[i].window;
    err_at(err, E_NO_OBJECT, name->span, "window \"" STR_FMT "\" is not in the WINDOW clause", STR_ARG(name->name));
    return NULL;
}

/* OVER w, OVER (w ORDER BY ..): what the window itself does not say comes from its base. */
static bool resolve_window(const ExprScope *es, const AstWindow *window, AstWindow *out, uint32_t depth, Err *err)
{
    *out = *window;
    if (!window->base.name.len) return true;
    const AstWindow *base = named_window(es, &window->base, err);
    AstWindow from;
    if (!base) return false;
    if (depth > 16) return err_at(err, E_INVALID, window->span, "windows refer to each other in a circle");
    if (!resolve_window(es, base, &from, depth + 1, err)) return false;
    bool bare = !out->partition.n && !out->order.n && out->unit == FRAME_NONE;        /* OVER w: the window as it is */
    if (out->partition.n || (out->order.n && from.order.n) || (from.unit != FRAME_NONE && !bare)) {
        err_at(err, E_INVALID, window->span, "window \"" STR_FMT "\" says this already", STR_ARG(window->base.name));
        return err_hint(err, "What refers to a window may add ORDER BY and a frame that the window lacks.");
    }
    out->partition = from.partition;
    if (!out->order.n) out->order = from.order;
    if (out->unit == FRAME_NONE) out->unit = from.unit, out->start = from.start, out->end = from.end;
    return true;
}

/* --- frames --- */

static bool frame_amount(Binder *b, const AstBound *bound, OverCall *call, int64_t *out, Err *err)
{
    Scope none = { 0 };
    const ExprScope es = { .scope = &none, .clause = "frame" };
    Expr *amount = bind_expr(b, &es, bound->amount, err);
    if (amount) amount = expr_fold(&b->ctx, amount, err);
    if (!amount) return false;
    const Type *type = amount->type;
    if (amount->kind != EXPR_CONST || amount->value.null) return err_at(err, E_INVALID, bound->amount->span, "bounds of a frame must be literals");
    if (type->kind == TYPE_INT) *out = amount->value.v.i32;
    else if (type->kind == TYPE_BIGINT || type->kind == TYPE_INTERVAL_SECOND) *out = amount->value.v.i64;
    else if (type->kind == TYPE_DECIMAL && !call->rows) {
        i128 unit = 1;
        for (uint32_t i = 0; i < type->scale; i++) unit *= 10;
        *out = (int64_t)(amount->value.v.i128 / unit);
    } else return err_at(err, E_TYPE, bound->amount->span, "the bound of this frame cannot be " STR_FMT, STR_ARG(type_text(b->arena, type)));
    if (type->kind == TYPE_INTERVAL_SECOND) call->range_interval = true;
    if (*out < 0) return err_at(err, E_INVALID, bound->amount->span, "bounds of a frame cannot be negative");
    if (bound->kind == BOUND_PRECEDING) *out = -*out;
    return true;
}

static bool bind_bound(Binder *b, const AstBound *bound, OverCall *call, bool *unbounded, int64_t *out, Err *err)
{
    *unbounded = bound->kind == BOUND_UNBOUNDED_PRECEDING || bound->kind == BOUND_UNBOUNDED_FOLLOWING;
    *out = 0;
    return *unbounded || bound->kind == BOUND_CURRENT || frame_amount(b, bound, call, out, err);
}

/* RANGE counts intervals where the key is a time. */
static bool check_distance(Binder *b, const AstBound *bound, const Type *key, Err *err)
{
    if (bound->kind != BOUND_PRECEDING && bound->kind != BOUND_FOLLOWING) return true;
    Scope none = { 0 };
    const ExprScope es = { .scope = &none, .clause = "frame" };
    Expr *amount = bind_expr(b, &es, bound->amount, err);
    if (!amount) return false;
    if ((amount->type->kind == TYPE_INTERVAL_SECOND) == type_is_datetime(key)) return true;
    return err_at(err, E_TYPE, bound->amount->span, "the bound of RANGE does not fit the ORDER BY key, which is " STR_FMT, STR_ARG(type_text(b->arena, key)));
}

/* RANGE with distances wants one numeric or time key. */
static bool check_range(Binder *b, const AstWindow *window, const BoundOver *over, Err *err)
{
    const OverCall *call = &over->call;
    bool distance = !call->rows && ((!call->start_unbounded && call->start) || (!call->end_unbounded && call->end));
    if (!distance) return true;
    if (over->norder != 1) return err_at(err, E_INVALID, window->span, "RANGE with distances wants exactly one ORDER BY key");
    const Type *type = over->order[0]->type;
    if (!type_is_numeric(type) && !type_is_datetime(type)) return err_at(err, E_TYPE, over->order[0]->span, "RANGE cannot count distances of " STR_FMT, STR_ARG(type_text(b->arena, type)));
    return check_distance(b, &window->start, type, err) && check_distance(b, &window->end, type, err);
}

static bool is_literal_bound(BoundKind kind) { return kind != BOUND_PRECEDING && kind != BOUND_FOLLOWING; }

static bool bind_frame(Binder *b, const AstWindow *window, BoundOver *over, Err *err)
{
    OverCall *call = &over->call;
    over->nonempty = window->unit == FRAME_NONE || (is_literal_bound(window->start.kind) && is_literal_bound(window->end.kind));
    call->rows = window->unit == FRAME_ROWS;
    call->start_unbounded = true;
    if (!over->norder) {
        call->rows = false;
        call->end_unbounded = true;
        return true;
    }
    if (window->unit == FRAME_NONE) return true;
    if (window->end.kind < window->start.kind) return err_at(err, E_INVALID, window->span, "the frame ends before it begins");
    if (!bind_bound(b, &window->start, call, &call->start_unbounded, &call->start, err)) return false;
    if (!bind_bound(b, &window->end, call, &call->end_unbounded, &call->end, err)) return false;
    return check_range(b, window, over, err);
}

static bool check_key(Binder *b, const Expr *key, Err *err)
{
    return type_can_group(key->type) || err_at(err, E_UNSUPPORTED, key->span, "values of type " STR_FMT " have no order", STR_ARG(type_text(b->arena, key->type)));
}

static bool bind_window(Binder *b, const ExprScope *es, const AstWindow *window, BoundOver *over, Err *err)
{
    over->npartition = window->partition.n;
    over->partition = ARENA_ARRAY(b->arena, Expr *, window->partition.n + 1);
    for (uint32_t i = 0; i < window->partition.n; i++) {
        over->partition[i] = bind_expr(b, es, window->partition.v[i], err);
        if (!over->partition[i] || !check_key(b, over->partition[i], err)) return false;
    }
    over->norder = window->order.n;
    over->order = ARENA_ARRAY(b->arena, Expr *, window->order.n + 1);
    over->keys = ARENA_ARRAY(b->arena, SortKey, window->order.n + 1);
    for (uint32_t i = 0; i < window->order.n; i++) {
        const AstOrder *order = &window->order.v[i];
        over->order[i] = bind_expr(b, es, order->expr, err);
        if (!over->order[i] || !check_key(b, over->order[i], err)) return false;
        over->keys[i] = (SortKey){ .desc = order->desc, .nulls_first = order->nulls == NULLS_FIRST || (order->nulls == NULLS_DEFAULT && !order->desc) };
    }
    return bind_frame(b, window, over, err);
}

/* --- calls --- */

static OverFunc ranking(Str name)
{
    static const char *const names[] = { [OVER_ROW_NUMBER] = "ROW_NUMBER", [OVER_RANK] = "RANK", [OVER_DENSE_RANK] = "DENSE_RANK", [OVER_PERCENT_RANK] = "PERCENT_RANK",
        [OVER_CUME_DIST] = "CUME_DIST", [OVER_NTILE] = "NTILE", [OVER_LAG] = "LAG", [OVER_LEAD] = "LEAD" };
    for (int i = OVER_ROW_NUMBER; i <= OVER_LEAD; i++)
        if (str_iis(name, names[i])) return (OverFunc)i;
    return OVER_AGG;
}

static bool const_int(const Expr *expr, int64_t *out)
{
    if (expr->kind != EXPR_CONST || expr->value.null || (expr->type->kind != TYPE_INT && expr->type->kind != TYPE_BIGINT)) return false;
    *out = expr->type->kind == TYPE_INT ? expr->value.v.i32 : expr->value.v.i64;
    return true;
}

/* LAG(x [, n [, default]]). */
static bool bind_lag(Binder *b, BoundOver *over, uint32_t n, Err *err)
{
    OverCall *call = &over->call;
    if (n < 1 || n > 3) return err_at(err, E_INVALID, over->span, "LAG and LEAD take a value, an offset and a default");
    if (type_is_nested(over->args[0]->type) || !type_can_group(over->args[0]->type)) return err_at(err, E_UNSUPPORTED, over->args[0]->span, "LAG and LEAD cannot take values of type " STR_FMT, STR_ARG(type_text(b->arena, over->args[0]->type)));
    call->offset = 1;
    call->agg.nargs = 1;
    call->type = type_with_null(b->arena, over->args[0]->type, true);
    if (n > 1 && !const_int(over->args[1], &call->offset)) return err_at(err, E_TYPE, over->args[1]->span, "the offset must be a literal integer");
    if (n < 3) return true;
    const Type *type = over->args[0]->type;
    Expr *dflt = over->args[2]->type->kind == TYPE_NULL ? expr_coerce(b->arena, over->args[2], type_with_null(b->arena, type, true)) : over->args[2];
    if (!type_eq(dflt->type, type, true)) dflt = expr_cast(&b->ctx, dflt, type_with_null(b->arena, type, true), false, dflt->span, err);
    if (dflt) dflt = expr_fold(&b->ctx, dflt, err);
    if (!dflt) return false;
    call->type = type_with_null(b->arena, type, type->nullable || dflt->type->nullable);
    if (dflt->kind == EXPR_CONST) call->dflt = dflt->value;
    else over->dflt = dflt;
    return true;
}

static bool bind_ranking(Binder *b, BoundOver *over, uint32_t n, Err *err)
{
    OverCall *call = &over->call;
    bool share = call->func == OVER_PERCENT_RANK || call->func == OVER_CUME_DIST;
    call->dflt = datum_null();
    call->dflt_col = -1;
    call->type = type_simple(share ? TYPE_DOUBLE : TYPE_BIGINT, false);
    if (call->func == OVER_LAG || call->func == OVER_LEAD) return bind_lag(b, over, n, err);
    if (n != (call->func == OVER_NTILE)) return err_at(err, E_INVALID, over->span, call->func == OVER_NTILE ? "NTILE takes one argument" : "this function takes no arguments");
    if (call->func != OVER_NTILE) return true;
    if (!const_int(over->args[0], &call->offset)) return err_at(err, E_TYPE, over->args[0]->span, "NTILE wants a literal integer");
    if (call->offset > 0) return true;
    err_at(err, E_DIVISION, over->args[0]->span, "NTILE wants a number greater than 0");
    return false;
}

static bool bind_over_agg(Binder *b, const Ast *ast, Str name, BoundOver *over, uint32_t n, Err *err)
{
    if (ast->u.call.distinct) return refuse_clause(err, ast->span, "DISTINCT in a call with OVER is", "Take the distinct rows in a subquery first.");
    if (ast->u.call.filter) return err_at(err, E_INVALID, ast->span, "FILTER cannot stand in a call with OVER"), err_hint(err, "Use CASE within the argument.");
    if (ast->u.call.nulls && !str_iis(name, "ARRAY_AGG")) return err_at(err, E_INVALID, ast->span, "IGNORE NULLS and RESPECT NULLS cannot follow " STR_FMT, STR_ARG(name));
    if (!agg_resolve(&b->ctx, name, over->args, n, false, ast->u.call.star, over->nonempty, &over->call.agg, ast->span, err)) return false;
    const OverCall *call = &over->call;
    bool holds_row = (call->start_unbounded || call->start <= 0) && (call->end_unbounded || call->end >= 0);
    if (str_iis(name, "ARRAY_AGG") && !holds_row) over->call.agg.type = type_with_null(b->arena, over->call.agg.type, true);
    over->call.dflt_col = -1;
    over->call.dflt = datum_null();
    over->call.type = over->call.agg.type;
    return true;
}

/* Ranks and neighbours look at the whole partition; ranks want its order. NTILE is liberal, as in Flink. */
static bool check_ranking(const AstWindow *window, const BoundOver *over, Str name, Err *err)
{
    OverFunc func = over->call.func;
    if (func == OVER_NTILE) return true;
    if (window->unit != FRAME_NONE) return err_at(err, E_INVALID, window->span, STR_FMT " takes no ROWS or RANGE", STR_ARG(name));
    if (over->norder || func == OVER_LAG || func == OVER_LEAD) return true;
    return err_at(err, E_INVALID, window->span, STR_FMT " wants an ORDER BY in its window", STR_ARG(name));
}

static bool check_place(const ExprScope *es, const Ast *ast, Err *err)
{
    if (!es->grouping || es->in_aggregate) {
        err_at(err, E_GROUPING, ast->span, "a call with OVER cannot stand in the %s", es->in_aggregate ? "argument of an aggregate" : es->clause);
        return err_hint(err, "Compute it in a subquery in FROM first.");
    }
    return true;
}

Expr *bind_over(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Str name = ast->u.call.name.part[ast->u.call.name.n - 1].name;
    if (!check_place(es, ast, err)) return NULL;
    AstWindow window;
    BoundOver over = { .span = ast->span, .call = { .func = ranking(name) } };
    uint32_t n = ast->u.call.args.n;
    over.args = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        over.args[i] = bind_expr(b, es, ast->u.call.args.v[i], err);
        if (over.args[i]) over.args[i] = expr_fold(&b->ctx, over.args[i], err);
        if (!over.args[i]) return NULL;
    }
    if (over.call.func == OVER_AGG && !is_aggregate_name(name)) {
        err_at(err, E_NO_FUNCTION, ast->u.call.name.span, "function " STR_FMT " cannot be used with OVER", STR_ARG(name));
        return NULL;
    }
    if (!resolve_window(es, ast->u.call.over, &window, 0, err) || !bind_window(b, es, &window, &over, err)) return NULL;
    bool ok = over.call.func == OVER_AGG ? bind_over_agg(b, ast, name, &over, n, err) : bind_ranking(b, &over, n, err) && check_ranking(&window, &over, name, err);
    if (!ok) return NULL;
    if (!b->plan || !b->plan->batch) {
        refuse_clause(err, ast->span, "OVER over a stream is", "Aggregate in windows or per key with GROUP BY, or SET 'execution.runtime-mode' = 'batch' over bounded tables.");
        return NULL;
    }
    if (over.call.func == OVER_AGG && over_expands(name)) return over_expand(b, es->grouping, &over, name, err);
    ARENA_PUSH(b->arena, es->grouping->overs, over);
    return expr_column(b->arena, OVER_COLUMN + es->grouping->overs.n - 1, over.call.type, ast->span);
}

/* --- the plan --- */

static bool replace_list(Binder *b, const Grouping *grouping, const Scope *scope, Expr **list, uint32_t n, Err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        list[i] = grouping_replace(b, grouping, scope, list[i], err);
        if (!list[i]) return false;
    }
    return true;
}

bool over_replace(Binder *b, Grouping *grouping, const Scope *scope, Err *err)
{
    for (uint32_t i = 0; i < grouping->overs.n; i++) {
        BoundOver *over = &grouping->overs.v[i];
        uint32_t nargs = over->call.agg.nargs;
        if (!replace_list(b, grouping, scope, over->args, nargs, err) || !replace_list(b, grouping, scope, over->partition, over->npartition, err)) return false;
        if (!replace_list(b, grouping, scope, over->order, over->norder, err) || (over->dflt && !replace_list(b, grouping, scope, &over->dflt, 1, err))) return false;
    }
    return true;
}

static uint32_t place(Binder *b, SelectList *items, Expr *expr)
{
    for (uint32_t i = 0; i < items->n; i++)
        if (expr_equal(items->v[i].expr, expr)) return i;
    SelectItem item = { expr, str_printf(b->arena, "$w%u", items->n), expr->span };
    ARENA_PUSH(b->arena, *items, item);
    return items->n - 1;
}

typedef struct PlacedOver { uint32_t *partition; SortKey *order; } PlacedOver;

static PlacedOver place_over(Binder *b, SelectList *items, BoundOver *over)
{
    PlacedOver placed = { ARENA_ARRAY(b->arena, uint32_t, over->npartition + 1), over->keys };
    uint32_t *args = ARENA_ARRAY(b->arena, uint32_t, over->call.agg.nargs + 1);
    for (uint32_t i = 0; i < over->call.agg.nargs; i++) args[i] = place(b, items, over->args[i]);
    over->call.agg.args = args;
    if (over->call.func != OVER_AGG) over->call.agg.filter = -1;
    if (over->dflt) over->call.dflt_col = (int32_t)place(b, items, over->dflt);
    for (uint32_t i = 0; i < over->npartition; i++) placed.partition[i] = place(b, items, over->partition[i]);
    for (uint32_t i = 0; i < over->norder; i++) placed.order[i].column = place(b, items, over->order[i]);
    return placed;
}

static bool same_window(const BoundOver *a, const PlacedOver *pa, const BoundOver *b, const PlacedOver *pb)
{
    if (a->npartition != b->npartition || a->norder != b->norder || memcmp(pa->partition, pb->partition, sizeof *pa->partition * a->npartition) != 0) return false;
    for (uint32_t i = 0; i < a->norder; i++)
        if (pa->order[i].column != pb->order[i].column || pa->order[i].desc != pb->order[i].desc || pa->order[i].nulls_first != pb->order[i].nulls_first) return false;
    return true;
}

/* One node for the calls first.. that share the window of `first`. */
static PlanNode *over_node(Binder *b, PlanNode *in, Grouping *grouping, const PlacedOver *placed, uint32_t first, uint32_t *places, Span span)
{
    const BoundOver *lead = &grouping->overs.v[first];
    uint32_t n = grouping->overs.n, ncalls = 0;
    OverCall *calls = ARENA_ARRAY(b->arena, OverCall, n);
    Schema *schema = schema_new(b->arena, in->schema->n + n);
    memcpy((Column *)schema->cols, in->schema->cols, sizeof *schema->cols * in->schema->n);
    for (uint32_t i = first; i < n; i++) {
        if (places[i] != UINT32_MAX || !same_window(lead, &placed[first], &grouping->overs.v[i], &placed[i])) continue;
        places[i] = in->schema->n + ncalls;
        *schema_col(schema, places[i]) = (Column){ str_printf(b->arena, "$v%u", i), grouping->overs.v[i].call.type };
        calls[ncalls++] = grouping->overs.v[i].call;
    }
    schema->n = in->schema->n + ncalls;
    PlanNode *node = plan_node(b->plan, PLAN_OVER, &in, 1, schema, span);
    node->u.over = (OverConfig){ .partition = placed[first].partition, .npartition = lead->npartition, .order = placed[first].order, .norder = lead->norder, .calls = calls, .ncalls = ncalls };
    return node;
}

static Expr *replace_overs(Binder *b, const PlanNode *node, const uint32_t *places, Expr *expr)
{
    if (expr->kind == EXPR_COLUMN) {
        if (expr->column < OVER_COLUMN) return expr;
        uint32_t column = places[expr->column - OVER_COLUMN];
        return expr_column(b->arena, column, node->schema->cols[column].type, expr->span);
    }
    if (!expr->nargs) return expr;
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = replace_overs(b, node, places, expr->args[i]);
    return copy;
}

PlanNode *plan_over_items(Binder *b, PlanNode *node, Expr *filter, Grouping *grouping, SelectList *items, Expr *qualify, Span span, Err *err)
{
    if (filter) node = plan_filter(b, node, filter, span, err);
    if (!node) return NULL;
    SelectList inputs = { 0 };
    for (uint32_t i = 0; i < node->schema->n; i++) {
        SelectItem item = { expr_column(b->arena, i, node->schema->cols[i].type, span), node->schema->cols[i].name, span };
        ARENA_PUSH(b->arena, inputs, item);
    }
    uint32_t n = grouping->overs.n, *places = ARENA_ARRAY(b->arena, uint32_t, n + 1);
    PlacedOver *placed = ARENA_ARRAY(b->arena, PlacedOver, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        placed[i] = place_over(b, &inputs, &grouping->overs.v[i]);
        places[i] = UINT32_MAX;
    }
    node = plan_calc(b, node, NULL, inputs.v, inputs.n, span, err);
    for (uint32_t i = 0; node && i < n; i++)
        if (places[i] == UINT32_MAX) node = over_node(b, node, grouping, placed, i, places, span);
    if (!node) return NULL;
    for (uint32_t i = 0; i < items->n; i++) items->v[i].expr = replace_overs(b, node, places, items->v[i].expr);
    return plan_calc(b, node, qualify ? replace_overs(b, node, places, qualify) : NULL, items->v, items->n, span, err);
}
