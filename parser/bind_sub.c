/* Scalar subqueries: joined to the rows of their query (LEFT, so that none gives NULL) by the equalities of their WHERE with columns
 * of the query around (flink-rules.md 2 rules 16-18). Where a subquery may give several rows, SINGLE_VALUE fails the job at the second.
 * EXISTS and IN (subquery) would be joined here as well. */
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

bool link_where(Binder *b, Expr **where, Err *err)
{
    Expr *one[1] = { *where }, *rest = NULL;
    bool many = (*where)->kind == EXPR_AND;
    uint32_t n = many ? (*where)->nargs : 1;
    Expr **terms = many ? (*where)->args : one;
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
    SubQuery sub = { .link = { .outer = es->scope }, .count = is_count(query), .span = ast->span };
    Binder inner = *b;
    inner.link = &sub.link;
    inner.depth++;
    sub.node = plan_query(&inner, query, err);
    if (!sub.node) return NULL;
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

/* --- the plan --- */

static PlanNode *join_sub(Binder *b, PlanNode *node, const SubQuery *sub, Err *err)
{
    uint32_t width = node->schema->n, n = sub->link.nkeys;
    Expr **terms = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        Expr *pair[2] = { sub->link.outer_keys[i], expr_column(b->arena, width + 1 + i, sub->node->schema->cols[1 + i].type, sub->span) };
        terms[i] = expr_call(&b->ctx, STR("="), pair, 2, sub->span, err);
        if (!terms[i]) return NULL;
    }
    Expr *condition = n ? expr_logical(&b->ctx, EXPR_AND, terms, n, sub->span, err) : NULL;
    if (err->set) return NULL;
    /* In batch mode an aggregate without keys has its row always. */
    bool always = b->plan->batch && !n;
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
        const SubQuery *sub = &subs->v[expr->column - SUB_COLUMN];
        Expr *value = expr_column(b->arena, places[expr->column - SUB_COLUMN], sub->type, expr->span);
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
