/* Small makers of plan nodes that every rule uses. */
#include "parser/bind.h"

Schema *schema_new(Arena *arena, uint32_t n)
{
    Schema *schema = ARENA_NEW(arena, Schema);
    schema->cols = ARENA_ARRAY(arena, Column, n + 1);
    schema->n = n;
    return schema;
}

/* What stands for a column of another place (an outer query, an aggregate) must have been replaced by now. */
static bool check_columns(const Expr *expr, Err *err)
{
    if (expr->kind == EXPR_COLUMN && expr->column >= AGG_COLUMN) return refuse_clause(err, expr->span, "a column of the outer query at this place of a subquery is", "Compare it with = in the subquery's WHERE, or join with a subquery in FROM.");
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!check_columns(expr->args[i], err)) return false;
    return true;
}

PlanNode *plan_calc(Binder *b, PlanNode *in, Expr *filter, const SelectItem *items, uint32_t n, Span span, Err *err)
{
    Schema *schema = schema_new(b->arena, n);
    Expr **exprs = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        exprs[i] = check_columns(items[i].expr, err) ? expr_fold(&b->ctx, items[i].expr, err) : NULL;
        if (!exprs[i]) return NULL;
        *schema_col(schema, i) = (Column){ str_dup(b->arena, items[i].name), items[i].expr->type };
    }
    if (filter && check_columns(filter, err)) filter = expr_fold(&b->ctx, filter, err);
    if (err->set) return NULL;
    if (filter && is_const_false(filter)) in = plan_empty(b, in->schema, span), filter = NULL;
    if (filter && filter->kind == EXPR_CONST) filter = NULL;
    PlanNode *node = plan_node(b->plan, PLAN_CALC, &in, 1, schema, span);
    node->u.calc = (CalcConfig){ filter, exprs, n };
    return node;
}

PlanNode *plan_columns(Binder *b, PlanNode *in, const uint32_t *cols, uint32_t n, Span span)
{
    Schema *schema = schema_new(b->arena, n);
    Expr **exprs = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        *schema_col(schema, i) = in->schema->cols[cols[i]];
        exprs[i] = expr_column(b->arena, cols[i], in->schema->cols[cols[i]].type, span);
    }
    PlanNode *node = plan_node(b->plan, PLAN_CALC, &in, 1, schema, span);
    node->u.calc = (CalcConfig){ NULL, exprs, n };
    return node;
}

PlanNode *plan_filter(Binder *b, PlanNode *in, Expr *filter, Span span, Err *err)
{
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, in->schema->n + 1);
    for (uint32_t i = 0; i < in->schema->n; i++)
        items[i] = (SelectItem){ expr_column(b->arena, i, in->schema->cols[i].type, span), in->schema->cols[i].name, span };
    return plan_calc(b, in, filter, items, in->schema->n, span, err);
}

PlanNode *plan_empty(Binder *b, const Schema *schema, Span span)
{
    PlanNode *node = plan_node(b->plan, PLAN_VALUES, NULL, 0, schema, span);
    node->u.values = (ValuesConfig){ ARENA_ARRAY(b->arena, Datum, 1), 0 };
    return node;
}

PlanNode *plan_one_row(Binder *b, Span span)
{
    Schema *schema = schema_new(b->arena, 1);
    *schema_col(schema, 0) = (Column){ STR("ZERO"), type_simple(TYPE_INT, false) };
    PlanNode *node = plan_node(b->plan, PLAN_VALUES, NULL, 0, schema, span);
    node->u.values = (ValuesConfig){ ARENA_ARRAY(b->arena, Datum, 1), 1 };
    return node;
}

bool is_const_false(const Expr *filter)
{
    return filter->kind == EXPR_CONST && (filter->value.null || !filter->value.v.b);
}

bool node_is_empty(const PlanNode *node)
{
    while (node->kind == PLAN_CALC) node = node->inputs[0];
    return node->kind == PLAN_VALUES && node->u.values.nrows == 0;
}

/* --- CALC over CALC --- */

static uint32_t and_terms(Expr *expr, Expr **out)
{
    if (expr->kind != EXPR_AND) {
        out[0] = expr;
        return 1;
    }
    for (uint32_t i = 0; i < expr->nargs; i++) out[i] = expr->args[i];
    return expr->nargs;
}

Expr *filters_and(Arena *arena, Expr *a, Expr *b)
{
    if (!a || !b) return a ? a : b;
    Expr *both = ARENA_NEW(arena, Expr);
    both->kind = EXPR_AND;
    both->span = b->span;
    both->type = type_simple(TYPE_BOOLEAN, a->type->nullable || b->type->nullable);
    both->args = ARENA_ARRAY(arena, Expr *, a->nargs + b->nargs + 2);
    both->nargs = and_terms(a, both->args);
    both->nargs += and_terms(b, both->args + both->nargs);
    return both;
}

static PlanNode *calc_over(Plan *plan, const PlanNode *outer, const PlanNode *inner)
{
    PlanNode *node = plan_node(plan, PLAN_CALC, inner->inputs, 1, outer->schema, outer->span);
    const CalcConfig *above = &outer->u.calc, *below = &inner->u.calc;
    Expr **exprs = ARENA_ARRAY(plan->arena, Expr *, above->nexprs + 1);
    for (uint32_t i = 0; i < above->nexprs; i++) exprs[i] = expr_substitute(plan->arena, above->exprs[i], below->exprs, below->nexprs);
    Expr *filter = above->filter ? expr_substitute(plan->arena, above->filter, below->exprs, below->nexprs) : NULL;
    node->u.calc = (CalcConfig){ filters_and(plan->arena, below->filter, filter), exprs, above->nexprs };
    return node;
}

PlanNode *calc_collapse(Plan *plan, PlanNode *calc)
{
    while (calc->inputs[0]->kind == PLAN_CALC) calc = calc_over(plan, calc, calc->inputs[0]);
    return calc;
}
