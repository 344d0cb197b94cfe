/* ORDER BY, LIMIT, OFFSET. Streaming: by the rowtime ascending, or with a LIMIT over input that ends (Top-N over endless input
 * would stand beside it); batch: anything. An ORDER BY without LIMIT in a subquery changes nothing and is dropped, as in Flink. */
#include "parser/plan_query.h"

enum { ALIAS_COLUMN = 1 << 24 };                 /* + item: while ORDER BY expressions see names of the select list */

/* --- names --- */

/* FROM's columns, with names that the select list gives standing in front. */
static Scope alias_scope(Binder *b, const Scope *from, const AstQuery *query, const SelectList *items)
{
    Scope scope = { 0 };
    ScopeTable aliases = { .cols = ARENA_ARRAY(b->arena, ScopeColumn, items->n + 1) };
    for (uint32_t i = 0; query->kind == QUERY_SELECT && i < items->n; i++) {
        bool given = false;
        for (uint32_t k = 0; k < query->items.n; k++) given = given || (query->items.v[k].alias.name.len && str_eq(query->items.v[k].alias.name, items->v[i].name));
        if (given) aliases.cols[aliases.n++] = (ScopeColumn){ .name = items->v[i].name, .type = items->v[i].expr->type, .column = ALIAS_COLUMN + i };
    }
    for (uint32_t i = 0; i < from->n; i++) {
        ScopeTable table = from->v[i];
        table.cols = ARENA_ARRAY(b->arena, ScopeColumn, from->v[i].n + 1);
        table.n = 0;
        for (uint32_t c = 0; c < from->v[i].n; c++) {
            bool hidden = false;
            for (uint32_t a = 0; a < aliases.n; a++) hidden = hidden || str_eq(aliases.cols[a].name, from->v[i].cols[c].name);
            if (!hidden) table.cols[table.n++] = from->v[i].cols[c];
        }
        ARENA_PUSH(b->arena, scope, table);
    }
    ARENA_PUSH(b->arena, scope, aliases);
    return scope;
}

static Expr *replace_aliases(Binder *b, Expr *expr, const SelectList *items)
{
    if (expr->kind == EXPR_COLUMN) return expr->column >= ALIAS_COLUMN ? items->v[expr->column - ALIAS_COLUMN].expr : expr;
    if (!expr->nargs) return expr;
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = replace_aliases(b, expr->args[i], items);
    return copy;
}

Expr *bind_aliased(Binder *b, const ExprScope *es, const AstQuery *query, const SelectList *items, const Ast *ast, Err *err)
{
    const Scope scope = alias_scope(b, es->scope, query, items);
    ExprScope aliased = *es;
    aliased.scope = &scope;
    Expr *expr = bind_expr(b, &aliased, ast, err);
    return expr ? replace_aliases(b, expr, items) : NULL;
}

static bool ordinal(const AstOrder *order, uint32_t visible, uint32_t *out, Err *err)
{
    int64_t n;
    if (!str_to_i64(order->expr->u.lit.text, &n) || n < 1 || n > visible)
        return err_at(err, E_INVALID, order->expr->span, "ORDER BY position " STR_FMT " is not among the %u columns", STR_ARG(order->expr->u.lit.text), visible);
    *out = (uint32_t)n - 1;
    return true;
}

static bool can_sort(const Type *type)
{
    return type_can_group(type);
}

static bool order_item(Binder *b, const ExprScope *es, const AstOrder *order, uint32_t visible, SelectList *items, uint32_t *out, Err *err)
{
    if (order->expr->kind == AST_LITERAL && order->expr->u.lit.kind == LIT_INTEGER && !order->expr->u.lit.negative) return ordinal(order, visible, out, err);
    Expr *expr = bind_expr(b, es, order->expr, err);
    if (!expr || !refuse_null_type(expr, err)) return false;
    if (!can_sort(expr->type)) return err_at(err, E_UNSUPPORTED, expr->span, "values of type " STR_FMT " have no order", STR_ARG(type_text(b->arena, expr->type)));
    if (expr->kind == EXPR_COLUMN && expr->column >= ALIAS_COLUMN) {
        *out = expr->column - ALIAS_COLUMN;
        return true;
    }
    expr = replace_aliases(b, expr, items);
    for (uint32_t i = 0; i < items->n; i++)
        if (expr_equal(items->v[i].expr, expr)) {
            *out = i;
            return true;
        }
    SelectItem item = { expr, str_printf(b->arena, "$o%u", items->n), order->expr->span };
    *out = items->n;
    ARENA_PUSH(b->arena, *items, item);
    return true;
}

bool bind_order(Binder *b, const ExprScope *es, const AstQuery *query, SelectList *items, SortList *out, Err *err)
{
    uint32_t visible = items->n;
    const Scope scope = alias_scope(b, es->scope, query, items);
    ExprScope ordered = *es;
    ordered.scope = &scope;
    ordered.clause = "ORDER BY";
    for (uint32_t i = 0; i < query->order.n; i++) {
        const AstOrder *order = &query->order.v[i];
        SortKey key = { .desc = order->desc, .nulls_first = order->nulls == NULLS_FIRST || (order->nulls == NULLS_DEFAULT && !order->desc) };
        if (!order_item(b, &ordered, order, visible, items, &key.column, err)) return false;
        ARENA_PUSH(b->arena, *out, key);
    }
    return true;
}

/* --- plans --- */

static bool row_count(const Ast *ast, const char *what, int64_t *out, Err *err)
{
    Str text = ast->kind == AST_LITERAL && (ast->u.lit.kind == LIT_INTEGER || ast->u.lit.kind == LIT_DECIMAL) ? ast->u.lit.text : STR_NULL;
    int64_t dot = str_find(text, STR("."), 0);
    if (dot >= 0) text = str_sub(text, 0, (uint32_t)dot);       /* LIMIT 1.5 = 1, as in Flink */
    if (text.len && str_to_i64(text, out)) return true;
    return err_at(err, E_INVALID, ast->span, "%s must be a whole number", what);
}

static PlanNode *sort_node(Binder *b, PlanNode *in, const SortList *sort, bool by_time, int64_t limit, int64_t offset, Span span)
{
    PlanNode *node = plan_node(b->plan, PLAN_SORT, &in, 1, in->schema, span);
    node->u.sort = (SortConfig){ .keys = sort->v, .nkeys = sort->n, .by_time = by_time, .limit = limit, .offset = offset };
    return node;
}

static PlanNode *limit_node(Binder *b, PlanNode *in, int64_t limit, int64_t offset, Span span)
{
    if (limit == 0) return plan_empty(b, in->schema, span);
    PlanNode *node = plan_node(b->plan, PLAN_LIMIT, &in, 1, in->schema, span);
    node->u.limit = (LimitConfig){ limit, offset };
    return node;
}

static PlanNode *streaming_sort(Binder *b, PlanNode *in, const SortList *sort, Span span, Err *err)
{
    const Type *first = in->schema->cols[sort->v[0].column].type;
    if (first->attr == ATTR_NONE || sort->v[0].desc) {
        err_at(err, E_UNSUPPORTED, span, "a stream can be ordered by a time attribute ascending only");
        err_hint(err, "Add a LIMIT, order by the watermark's column first, or SET 'execution.runtime-mode' = 'batch'.");
        return NULL;
    }
    /* Rows come in order of processing time as it is. */
    if (first->attr == ATTR_PROCTIME) return in;
    plan_infer(b->plan);
    if (in->changes != CHANGES_INSERT) {
        err_at(err, E_CHANGELOG, span, "a stream with updates or deletes cannot be ordered by time");
        err_hint(err, "Aggregate in a window instead.");
        return NULL;
    }
    return sort_node(b, in, sort, true, -1, 0, span);
}

static PlanNode *streaming_top(Binder *b, PlanNode *in, const SortList *sort, int64_t limit, int64_t offset, Span span, Err *err)
{
    plan_infer(b->plan);
    if (in->bounded && in->changes == CHANGES_INSERT) return sort_node(b, in, sort, false, limit, offset, span);
    refuse_clause(err, span, "ORDER BY with LIMIT over a stream (Top-N) is", "Use MAX, MIN or FIRST_VALUE per key, or SET 'execution.runtime-mode' = 'batch' over bounded tables.");
    return NULL;
}

PlanNode *plan_order(Binder *b, PlanNode *node, const SortList *sort, const AstQuery *query, Err *err)
{
    int64_t limit = -1, offset = 0;
    if (query->limit && !row_count(query->limit, "LIMIT", &limit, err)) return NULL;
    if (query->offset && !row_count(query->offset, "OFFSET", &offset, err)) return NULL;
    Span span = query->order.n ? query->order.v[0].span.len ? query->order.v[0].span : query->order.v[0].expr->span : query->limit ? query->limit->span : query->span;
    bool inner = b->depth > 1;
    if (limit < 0 && !offset && (!sort->n || inner)) return node;
    if (limit == 0) return plan_empty(b, node->schema, span);
    if (b->plan->batch && sort->n && limit < 0 && offset) {
        refuse_clause(err, query->offset->span, "ORDER BY with OFFSET but without LIMIT is", "Add a LIMIT.");
        return NULL;
    }
    if (b->plan->batch) return sort->n ? sort_node(b, node, sort, false, limit, offset, span) : limit_node(b, node, limit, offset, span);
    if (limit < 0 && offset) {
        refuse_clause(err, query->offset->span, "OFFSET without LIMIT over a stream is", "Add a LIMIT.");
        return NULL;
    }
    if (!sort->n) return limit_node(b, node, limit, offset, span);
    return limit < 0 ? streaming_sort(b, node, sort, span, err) : streaming_top(b, node, sort, limit, offset, span, err);
}
