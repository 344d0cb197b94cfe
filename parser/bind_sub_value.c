/* EXISTS, IN (subquery) and comparisons with ANY, ALL (subquery) as values: in the select list, below OR, in CASE, and where NULLs
 * make NOT IN more than an anti join. A mark joined by the subquery's distinct columns tells a match; one row of counts tells no
 * rows and NULLs, and the least and the greatest value. Subqueries that depend on the outer query are refused here, as in Flink. */
#include "parser/bind.h"
#include "engine/expr/func.h"

enum { FACT_STATE, FACT_MIN, FACT_MAX };
enum { ROWS_NONE, ROWS_KNOWN, ROWS_WITH_NULL };      /* FACT_STATE */

static Expr *call(Binder *b, const char *name, Expr *first, Expr *second, Span span, Err *err)
{
    Expr *args[2] = { first, second };
    return first && second ? expr_call(&b->ctx, str_of(name), args, 2, span, err) : NULL;
}

static Expr *unary(Binder *b, const char *name, Expr *arg, Span span, Err *err) { return arg ? expr_call(&b->ctx, str_of(name), &arg, 1, span, err) : NULL; }

static Expr *boolean(Binder *b, bool value, Span span) { return expr_const(b->arena, type_simple(TYPE_BOOLEAN, false), datum_bool(value), span); }
static Expr *number(Binder *b, int32_t value, Span span) { return expr_const(b->arena, type_simple(TYPE_INT, false), datum_i32(value), span); }

/* Column `value` of a new subquery in the list. */
static Expr *sub_column(Binder *b, const SubList *subs, uint32_t value, Span span)
{
    uint32_t index = subs->n - 1;
    const Type *type = subs->v[index].node->schema->cols[value].type;
    return expr_column(b->arena, SUB_COLUMN + index + value * SUB_VALUE, type_with_attr(b->arena, type_with_null(b->arena, type, true), ATTR_NONE), span);
}

static bool check_place(const Binder *b, const ExprScope *es, Span span, Err *err)
{
    if (es->subs && b->plan && !es->in_aggregate) return true;
    return refuse_clause(err, span, "a subquery as a value at this place is", "Use it in the select list or in WHERE, or join with a subquery in FROM.");
}

static bool check_independent(const SubQuery *sub, Span span, Err *err)
{
    return !sub->link.nkeys || refuse_clause(err, span, "a subquery as a condition that depends on the outer query is, at this place,", "Use it as a term of WHERE, joined by AND.");
}

/* TRUE where `values` are among the subquery's rows, else NULL; no values: where it has rows. */
static Expr *match_mark(Binder *b, const ExprScope *es, SubQuery sub, Expr **values, uint32_t n, Err *err)
{
    PlanNode *keys = semi_keys(b, &sub, n, true, err);
    if (!keys) return NULL;
    uint32_t *cols = ARENA_ARRAY(b->arena, uint32_t, n + 1);
    cols[0] = keys->schema->n - 1;
    for (uint32_t i = 0; i < n; i++) cols[i + 1] = i;
    sub.node = plan_columns(b, keys, cols, n + 1, sub.span);
    sub.link.outer_keys = arena_copy(b->arena, values, sizeof *values * n);
    sub.link.nkeys = n;
    sub.nvalues = 1;
    sub.may_be_empty = true;
    ARENA_PUSH(b->arena, *es->subs, sub);
    es->subs->v[es->subs->n - 1].type = type_simple(TYPE_BOOLEAN, true);
    return sub_column(b, es->subs, 0, sub.span);
}

static bool add_call(Binder *b, Grouping *grouping, const char *name, Expr *arg, Span span, Err *err)
{
    BoundAgg agg = { .args = ARENA_ARRAY(b->arena, Expr *, 1) };
    agg.args[0] = arg;
    if (!agg_resolve(&b->ctx, str_of(name), agg.args, arg ? 1 : 0, false, !arg, false, &agg.call, span, err)) return false;
    ARENA_PUSH(b->arena, grouping->calls, agg);
    return true;
}

/* One row: state (and, with `bounds`, the least and the greatest value of the only column). */
static bool add_facts(Binder *b, const ExprScope *es, SubQuery sub, bool bounds, Err *err)
{
    const Schema *in = sub.node->schema;
    Grouping grouping = { .sets = ARENA_ARRAY(b->arena, uint64_t, 1), .nsets = 1 };
    Expr *first = expr_column(b->arena, 0, in->cols[0].type, sub.span);
    if (!add_call(b, &grouping, "COUNT", NULL, sub.span, err) || !add_call(b, &grouping, "COUNT", first, sub.span, err)) return false;
    if (bounds && (!add_call(b, &grouping, "MIN", first, sub.span, err) || !add_call(b, &grouping, "MAX", first, sub.span, err))) return false;
    PlanNode *node = plan_grouping(b, sub.node, NULL, &grouping, sub.span, err);
    if (!node) return false;
    const Schema *out = node->schema;
    Expr *rows = expr_column(b->arena, 0, out->cols[0].type, sub.span), *known = expr_column(b->arena, 1, out->cols[1].type, sub.span);
    Expr *conditions[2] = { call(b, "=", rows, number(b, 0, sub.span), sub.span, err), call(b, "<", known, rows, sub.span, err) };
    Expr *results[2] = { number(b, ROWS_NONE, sub.span), number(b, ROWS_WITH_NULL, sub.span) };
    if (!conditions[0] || !conditions[1]) return false;
    SelectItem items[3] = { { expr_case(&b->ctx, conditions, results, 2, number(b, ROWS_KNOWN, sub.span), sub.span, err), STR("$state"), sub.span } };
    for (uint32_t i = FACT_MIN; bounds && i <= FACT_MAX; i++) items[i] = (SelectItem){ expr_column(b->arena, i + 1, out->cols[i + 1].type, sub.span), out->cols[i + 1].name, sub.span };
    sub.node = items[0].expr ? plan_calc(b, node, NULL, items, bounds ? 3 : 1, sub.span, err) : NULL;
    if (!sub.node) return false;
    sub.nvalues = bounds ? 3 : 1;
    ARENA_PUSH(b->arena, *es->subs, sub);
    return true;
}

/* The state of no row at all, which a stream's aggregate has: no rows. */
static Expr *state_is(Binder *b, Expr *state, int32_t value, Span span, Err *err)
{
    Expr *pair[2] = { state, number(b, ROWS_NONE, span) };
    return call(b, "=", expr_call(&b->ctx, STR("COALESCE"), pair, 2, span, err), number(b, value, span), span, err);
}

/* CASE: no rows -> `empty`; the value NULL -> NULL; decided -> NOT empty; a NULL among the rows -> NULL; ELSE empty. */
static Expr *three_valued(Binder *b, Expr *state, Expr *value_missing, Expr *decided, bool empty, bool nullable, Span span, Err *err)
{
    Expr *unknown = nullable ? expr_null(b->arena, span) : boolean(b, empty, span);
    Expr *conditions[4] = { state_is(b, state, ROWS_NONE, span, err), value_missing, decided, state_is(b, state, ROWS_WITH_NULL, span, err) };
    Expr *results[4] = { boolean(b, empty, span), unknown, boolean(b, !empty, span), unknown };
    for (uint32_t i = 0; i < 4; i++)
        if (!conditions[i]) return NULL;
    return expr_case(&b->ctx, conditions, results, 4, boolean(b, empty, span), span, err);
}

static bool any_nullable(const Schema *items, Expr **values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (values[i]->type->nullable || items->cols[i].type->nullable) return true;
    return false;
}

/* The rows of a subquery that has been planned already: NULL + err where it cannot stand here. */
static Expr *in_value(Binder *b, const ExprScope *es, SubQuery sub, const AstQuery *query, Expr **values, uint32_t n, Err *err)
{
    bool nullable = any_nullable(sub.node->schema, values, n);
    Expr *match = match_mark(b, es, sub, values, n, err), *found = unary(b, "IS NOT NULL", match, sub.span, err);
    if (!found || !nullable) return found;
    if (n != 1) {
        refuse_clause(err, sub.span, "IN (subquery) of several columns that may be NULL is, at this place,", "Compare one column, or columns that are NOT NULL.");
        return NULL;
    }
    SubQuery rows = { .link = { .outer = es->scope }, .span = sub.span };
    if (!plan_sub(b, &rows, query, err) || !add_facts(b, es, rows, false, err)) return NULL;
    return three_valued(b, sub_column(b, es->subs, FACT_STATE, sub.span), unary(b, "IS NULL", values[0], sub.span, err), found, false, true, sub.span, err);
}

bool plan_sub(Binder *b, SubQuery *sub, const AstQuery *query, Err *err)
{
    Binder inner = *b;
    inner.link = &sub->link;
    inner.depth++;
    sub->node = plan_query(&inner, query, err);
    return sub->node;
}

Expr *bind_in_rows(Binder *b, const ExprScope *es, const SubQuery *sub, const AstQuery *query, Expr **values, uint32_t n, bool negated, Err *err)
{
    if (!check_place(b, es, sub->span, err) || !check_independent(sub, sub->span, err)) return NULL;
    Expr *in = in_value(b, es, *sub, query, values, n, err);
    return negated ? unary(b, "NOT", in, sub->span, err) : in;
}

Expr *bind_in_value(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    ExprTerms values = { 0 };
    SubQuery sub = { .link = { .outer = es->scope }, .span = ast->span };
    if (!check_place(b, es, ast->span, err) || !semi_values(b, es, ast, &values, err) || !plan_sub(b, &sub, ast->u.in.query, err)) return NULL;
    uint32_t items = sub.node->schema->n - sub.link.nkeys;
    if (items != values.n) {
        err_at(err, E_TYPE, ast->span, "IN compares %u values with %u columns", values.n, items);
        return NULL;
    }
    return bind_in_rows(b, es, &sub, ast->u.in.query, values.v, values.n, ast->u.in.negated, err);
}

Expr *bind_exists_value(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    SubQuery sub = { .link = { .outer = es->scope, .any_items = true }, .span = ast->span };
    if (!check_place(b, es, ast->span, err) || !plan_sub(b, &sub, ast->u.op.args.v[0]->u.sub.query, err) || !check_independent(&sub, ast->span, err)) return NULL;
    return unary(b, "IS NOT NULL", match_mark(b, es, sub, NULL, 0, err), ast->span, err);
}

/* x op ANY: some row compares TRUE. x op ALL: no row compares FALSE. An order needs one bound only, = and <> both. */
static Expr *quantified_rows(Binder *b, const ExprScope *es, Expr *value, const char *op, bool all, const SubQuery *sub, Err *err)
{
    if (!add_facts(b, es, *sub, true, err)) return NULL;
    Span span = sub->span;
    bool nullable = any_nullable(sub->node->schema, &value, 1);
    Expr *state = sub_column(b, es->subs, FACT_STATE, span), *least = sub_column(b, es->subs, FACT_MIN, span), *greatest = sub_column(b, es->subs, FACT_MAX, span);
    bool equality = strcmp(op, "=") == 0 || strcmp(op, "<>") == 0, greater = op[0] == '>';
    Expr *decided;
    if (equality) {                                  /* = ALL and <> ANY: differs it from either bound? */
        Expr *pair[2] = { call(b, "<>", value, least, span, err), call(b, "<>", value, greatest, span, err) };
        decided = pair[0] && pair[1] ? expr_logical(&b->ctx, EXPR_OR, pair, 2, span, err) : NULL;
    } else {
        decided = call(b, op, value, greater == all ? greatest : least, span, err);
        if (all) decided = unary(b, "NOT", decided, span, err);
    }
    return decided ? three_valued(b, state, unary(b, "IS NULL", value, span, err), decided, all, nullable, span, err) : NULL;
}

Expr *bind_quantified_value(Binder *b, const ExprScope *es, const Ast *ast, const char *op, Expr *value, Err *err)
{
    bool all = ast->u.op.quantified_all, equal = strcmp(op, "=") == 0, differs = strcmp(op, "<>") == 0;
    const AstQuery *query = ast->u.op.args.v[1]->u.sub.query;
    SubQuery sub = { .link = { .outer = es->scope }, .span = ast->span };
    if (!check_place(b, es, ast->span, err) || !plan_sub(b, &sub, query, err) || !check_independent(&sub, ast->span, err)) return NULL;
    if (sub.node->schema->n != 1) {
        err_at(err, E_TYPE, ast->span, "ANY and ALL compare with one column, but the subquery has %u", sub.node->schema->n);
        return NULL;
    }
    if ((equal && !all) || (differs && all)) return bind_in_rows(b, es, &sub, query, &value, 1, all, err);
    return quantified_rows(b, es, value, op, all, &sub, err);
}
