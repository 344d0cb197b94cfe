/* Scalar subqueries: joined to the rows of their query (LEFT, so that none gives NULL) by the equalities of their WHERE with columns
 * of the query around (tests/conformance). Where a subquery may give several rows, SINGLE_VALUE fails the job at the second.
 * EXISTS and IN (subquery) as terms of WHERE: an inner join with the subquery's distinct keys; NOT: a left join that finds none.
 * At other places they are values: bind_sub_value.c. */
#include "parser/bind.h"
#include "engine/expr/func.h"

bool reads_outer(const Expr *expr)
{
    if (expr->kind == EXPR_COLUMN) return expr->column >= OUTER_COLUMN;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (reads_outer(expr->args[i])) return true;
    return false;
}

static bool reads_inner(const Expr *expr)
{
    if (expr->kind == EXPR_COLUMN) return expr->column < OUTER_COLUMN;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (reads_inner(expr->args[i])) return true;
    return false;
}

static Expr *from_outer(Binder *b, const Expr *expr)
{
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    if (expr->kind == EXPR_COLUMN) copy->column -= OUTER_COLUMN;
    if (expr->nargs) copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = from_outer(b, expr->args[i]);
    return copy;
}

/* inner = outer, either way round. */
static bool link_term(Binder *b, const Expr *term)
{
    if (term->kind != EXPR_CALL || term->nargs != 2 || strcmp(term->func->name, "=") != 0) return false;
    for (int i = 0; i < 2; i++) {
        Expr *inner = term->args[i], *outer = term->args[1 - i];
        if (reads_outer(inner) || !reads_inner(inner) || reads_inner(outer)) continue;
        SubLink *link = b->link;
        link->inner_keys[link->nkeys] = inner;
        link->outer_keys[link->nkeys++] = from_outer(b, outer);
        return true;
    }
    return false;
}

static void flatten(Binder *b, Expr *expr, ExprTerms *out)
{
    if (expr->kind != EXPR_AND) {
        ARENA_PUSH(b->arena, *out, expr);
        return;
    }
    for (uint32_t i = 0; i < expr->nargs; i++) flatten(b, expr->args[i], out);
}

bool link_where(Binder *b, Expr **where, Err *err)
{
    Expr *rest = NULL;
    ExprTerms list = { 0 };
    flatten(b, *where, &list);
    uint32_t n = list.n;
    Expr **terms = list.v;
    b->link->inner_keys = ARENA_ARRAY(b->arena, Expr *, n + 1);
    b->link->outer_keys = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        if (!reads_outer(terms[i])) rest = filters_and(b->arena, rest, terms[i]);
        else if (!link_term(b, terms[i])) return refuse_clause(err, terms[i]->span, "this condition on the outer query is", "Compare columns of both queries with =, joined by AND.");
    }
    *where = rest;
    return true;
}

/* A count of no rows is 0: seen through renames only. */
static bool is_count(const AstQuery *query)
{
    if (query->kind != QUERY_SELECT || query->items.n != 1) return false;
    const Ast *item = query->items.v[0].expr;
    return item->kind == AST_CALL && !item->u.call.over && item->u.call.name.n == 1 && str_iis(item->u.call.name.part[0].name, "COUNT");
}

static bool gives_one_row(Binder *b, const SubQuery *sub)
{
    plan_infer(b->plan);
    uint32_t *keys = ARENA_ARRAY(b->arena, uint32_t, sub->link.nkeys + 1);
    for (uint32_t i = 0; i < sub->link.nkeys; i++) keys[i] = i + 1;
    return key_covers(sub->node, keys, sub->link.nkeys);
}

/* SINGLE_VALUE per key; value and keys in their places. */
static PlanNode *single_value(Binder *b, const SubQuery *sub, Err *err)
{
    uint32_t n = sub->link.nkeys;
    const Schema *in = sub->node->schema;
    Grouping grouping = { .grouped = n > 0, .keys = ARENA_ARRAY(b->arena, Expr *, n + 1), .nkeys = n, .sets = ARENA_ARRAY(b->arena, uint64_t, 1), .nsets = 1 };
    for (uint32_t i = 0; i < n; i++) grouping.keys[i] = expr_column(b->arena, i + 1, in->cols[i + 1].type, sub->span);
    grouping.sets[0] = (1ull << n) - 1;
    BoundAgg agg = { .args = ARENA_ARRAY(b->arena, Expr *, 1) };
    agg.args[0] = expr_column(b->arena, 0, in->cols[0].type, sub->span);
    if (!agg_resolve(&b->ctx, STR("SINGLE_VALUE"), agg.args, 1, false, false, n > 0, &agg.call, sub->span, err)) return NULL;
    ARENA_PUSH(b->arena, grouping.calls, agg);
    PlanNode *node = plan_grouping(b, sub->node, NULL, &grouping, sub->span, err);
    uint32_t *cols = ARENA_ARRAY(b->arena, uint32_t, n + 1);
    cols[0] = n;
    for (uint32_t i = 0; i < n; i++) cols[i + 1] = i;
    return node ? plan_columns(b, node, cols, n + 1, sub->span) : NULL;
}

Expr *bind_scalar(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    const AstQuery *query = ast->u.sub.query;
    if (!es->subs || !b->plan) {
        refuse_clause(err, ast->span, "a subquery as a value at this place is", "Use it in the select list or in WHERE, or join with a subquery in FROM.");
        return NULL;
    }
    SubQuery sub = { .link = { .outer = es->scope }, .nvalues = 1, .count = is_count(query), .span = ast->span };
    if (!plan_sub(b, &sub, query, err)) return NULL;
    if (sub.node->schema->n != sub.link.nkeys + 1) {
        err_at(err, E_INVALID, ast->span, "a subquery as a value must have one column, but it has %u", sub.node->schema->n - sub.link.nkeys);
        return NULL;
    }
    if (!gives_one_row(b, &sub)) sub.node = single_value(b, &sub, err);
    if (!sub.node) return NULL;
    Column value = sub.node->schema->cols[0];
    sub.type = type_with_attr(b->arena, type_with_null(b->arena, value.type, true), ATTR_NONE);
    ARENA_PUSH(b->arena, *es->subs, sub);
    return expr_column(b->arena, SUB_COLUMN + es->subs->n - 1, sub.type, ast->span);
}

/* --- EXISTS, IN --- */

static const Ast *without_not(const Ast *term, bool *negated)
{
    for (*negated = false; term->kind == AST_OP && term->u.op.op == OP_NOT; term = term->u.op.args.v[0]) *negated = !*negated;
    return term;
}

bool is_semi_term(const Ast *term)
{
    bool negated;
    term = without_not(term, &negated);
    return (term->kind == AST_IN && term->u.in.query) || (term->kind == AST_OP && term->u.op.op == OP_EXISTS);
}

/* What the subquery's columns are compared with: nothing for EXISTS, x or (x, y) for IN. */
bool semi_values(Binder *b, const ExprScope *es, const Ast *term, ExprTerms *out, Err *err)
{
    if (term->kind != AST_IN) return true;
    const Ast *value = term->u.in.expr;
    bool row = value->kind == AST_ROW && !value->u.items.explicit_row;
    for (uint32_t i = 0; i < (row ? value->u.items.items.n : 1); i++) {
        Expr *expr = bind_expr(b, es, row ? value->u.items.items.v[i] : value, err);
        if (!expr || !refuse_null_type(expr, err)) return false;
        ARENA_PUSH(b->arena, *out, expr);
    }
    return true;
}

/* NOT IN differs from an anti join where NULLs can be. */
static bool is_anti_join(const ExprTerms *values, const Schema *items)
{
    for (uint32_t i = 0; i < values->n; i++)
        if (values->v[i]->type->nullable || items->cols[i].type->nullable) return false;
    return true;
}

/* Compared columns of the subquery, distinct; for NOT with a mark behind them. */
PlanNode *semi_keys(Binder *b, const SubQuery *sub, uint32_t nvalues, bool mark, Err *err)
{
    const Schema *in = sub->node->schema;
    uint32_t n = 0, items = in->n - sub->link.nkeys, *cols = ARENA_ARRAY(b->arena, uint32_t, in->n + 1);
    for (uint32_t i = 0; i < nvalues; i++) cols[n++] = i;
    for (uint32_t i = 0; i < sub->link.nkeys; i++) cols[n++] = items + i;
    if (!n) cols[n++] = 0;                        /* EXISTS of an unrelated query: any row will do */
    SelectItem *select = ARENA_ARRAY(b->arena, SelectItem, n + 1);
    bool none = !nvalues && !sub->link.nkeys;
    for (uint32_t i = 0; i < n; i++) {
        Expr *expr = none ? expr_const(b->arena, type_simple(TYPE_INT, false), datum_i32(1), sub->span) : expr_column(b->arena, cols[i], in->cols[cols[i]].type, sub->span);
        select[i] = (SelectItem){ expr, in->cols[cols[i]].name, sub->span };
    }
    PlanNode *node = plan_calc(b, sub->node, NULL, select, n, sub->span, err);
    if (node) node = plan_distinct(b, node, sub->span, err);
    if (!node || !mark) return node;
    for (uint32_t i = 0; i < n; i++) select[i].expr = expr_column(b->arena, i, node->schema->cols[i].type, sub->span);
    select[n] = (SelectItem){ expr_const(b->arena, type_simple(TYPE_BOOLEAN, false), datum_bool(true), sub->span), STR("$mark"), sub->span };
    return plan_calc(b, node, NULL, select, n + 1, sub->span, err);
}

static Expr *semi_condition(Binder *b, const SubQuery *sub, const ExprTerms *values, const PlanNode *keys, uint32_t width, Err *err)
{
    uint32_t n = values->n + sub->link.nkeys;
    Expr **terms = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        Expr *pair[2] = { i < values->n ? values->v[i] : sub->link.outer_keys[i - values->n], expr_column(b->arena, width + i, keys->schema->cols[i].type, sub->span) };
        terms[i] = expr_call(&b->ctx, STR("="), pair, 2, sub->span, err);
        if (!terms[i]) return NULL;
    }
    return n ? expr_logical(&b->ctx, EXPR_AND, terms, n, sub->span, err) : NULL;
}

/* Two queries down no row of the outermost one is at hand to join with. */
static bool check_levels(const ExprTerms *values, const SubQuery *sub, Span span, Err *err)
{
    bool deep = false;
    for (uint32_t i = 0; i < values->n; i++) deep = deep || reads_outer(values->v[i]);
    for (uint32_t i = 0; i < sub->link.nkeys; i++) deep = deep || reads_outer(sub->link.outer_keys[i]);
    return !deep || refuse_clause(err, span, "a subquery within a subquery that depends on an outer query is", "Join with a subquery in FROM.");
}

bool bind_semi(Binder *b, const ExprScope *es, const Ast *whole, Relation *rel, Expr **where, Err *err)
{
    bool negated;
    const Ast *term = without_not(whole, &negated);
    if (term->kind == AST_IN && term->u.in.negated) negated = !negated;
    const AstQuery *query = term->kind == AST_IN ? term->u.in.query : term->u.op.args.v[0]->u.sub.query;
    ExprTerms values = { 0 };
    SubQuery sub = { .link = { .outer = es->scope, .any_items = term->kind != AST_IN }, .span = whole->span };
    if (!semi_values(b, es, term, &values, err) || !plan_sub(b, &sub, query, err) || !check_levels(&values, &sub, whole->span, err)) return false;
    uint32_t items = sub.node->schema->n - sub.link.nkeys;
    if (values.n && items != values.n) return err_at(err, E_TYPE, whole->span, "IN compares %u values with %u columns", values.n, items);
    if (negated && values.n && !is_anti_join(&values, sub.node->schema)) {
        Expr *value = bind_in_rows(b, es, &sub, query, values.v, values.n, true, err);
        if (value) *where = filters_and(b->arena, *where, value);
        return value;
    }
    PlanNode *keys = semi_keys(b, &sub, values.n, negated, err);
    if (!keys) return false;
    uint32_t width = rel->node->schema->n;
    Expr *condition = semi_condition(b, &sub, &values, keys, width, err);
    if (err->set) return false;
    rel->node = plan_join(b, rel->node, keys, negated ? PLAN_JOIN_LEFT : PLAN_JOIN_INNER, condition, whole->span, err);
    if (!rel->node || !negated) return rel->node;
    uint32_t mark = rel->node->schema->n - 1;
    Expr *column = expr_column(b->arena, mark, rel->node->schema->cols[mark].type, whole->span);
    Expr *missing = expr_call(&b->ctx, STR("IS NULL"), &column, 1, whole->span, err);
    if (missing) *where = filters_and(b->arena, *where, missing);
    return missing;
}

/* --- the plan --- */

static PlanNode *join_sub(Binder *b, PlanNode *node, const SubQuery *sub, Err *err)
{
    uint32_t width = node->schema->n, n = sub->link.nkeys;
    Expr **terms = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        Expr *pair[2] = { sub->link.outer_keys[i], expr_column(b->arena, width + sub->nvalues + i, sub->node->schema->cols[sub->nvalues + i].type, sub->span) };
        terms[i] = expr_call(&b->ctx, STR("="), pair, 2, sub->span, err);
        if (!terms[i]) return NULL;
    }
    Expr *condition = n ? expr_logical(&b->ctx, EXPR_AND, terms, n, sub->span, err) : NULL;
    if (err->set) return NULL;
    /* In batch mode an aggregate without keys has its row always. */
    bool always = b->plan->batch && !n && !sub->may_be_empty;
    return plan_join(b, node, sub->node, always ? PLAN_JOIN_INNER : PLAN_JOIN_LEFT, condition, sub->span, err);
}

PlanNode *join_subs(Binder *b, PlanNode *node, const SubList *subs, uint32_t *places, Err *err)
{
    for (uint32_t i = 0; node && i < subs->n; i++) {
        places[i] = node->schema->n;
        node = join_sub(b, node, &subs->v[i], err);
    }
    return node;
}

Expr *replace_subs(Binder *b, const PlanNode *node, const SubList *subs, const uint32_t *places, Expr *expr, Err *err)
{
    if (expr->kind == EXPR_COLUMN) {
        if (expr->column < SUB_COLUMN || expr->column >= OUTER_COLUMN) return expr;
        uint32_t index = (expr->column - SUB_COLUMN) % SUB_VALUE;
        const SubQuery *sub = &subs->v[index];
        Expr *value = expr_column(b->arena, places[index] + (expr->column - SUB_COLUMN) / SUB_VALUE, expr->type, expr->span);
        if (!sub->count || !sub->link.nkeys) return value;
        Expr *pair[2] = { value, expr_const(b->arena, type_simple(TYPE_BIGINT, false), datum_i64(0), expr->span) };
        Expr *counted = expr_call(&b->ctx, STR("COALESCE"), pair, 2, expr->span, err);
        if (counted) counted->type = type_with_null(b->arena, counted->type, true);       /* as Flink declares it */
        return counted;
    }
    if (!expr->nargs) return expr;
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) {
        copy->args[i] = replace_subs(b, node, subs, places, expr->args[i], err);
        if (!copy->args[i]) return NULL;
    }
    return copy;
}
