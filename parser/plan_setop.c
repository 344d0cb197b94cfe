/* Set operations (tests/conformance): UNION is UNION ALL with DISTINCT; INTERSECT joins the distinct rows of both sides,
 * EXCEPT keeps those that find no partner; NULLs are equal. Their ALL forms count equal rows of both sides and give as many copies
 * as are left over or common. */
#include "parser/plan_query.h"

static PlanNode *coerce_columns(Binder *b, PlanNode *node, const Schema *schema, Err *err)
{
    bool same = true;
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, schema->n + 1);
    for (uint32_t i = 0; i < schema->n; i++) {
        const Type *type = node->schema->cols[i].type;
        Expr *expr = expr_column(b->arena, i, type, node->span);
        if (!type_eq(type, schema->cols[i].type, true)) {
            expr = expr_coerce(b->arena, expr, schema->cols[i].type);
            same = false;
        }
        items[i] = (SelectItem){ expr, schema->cols[i].name, node->span };
    }
    return same ? node : plan_calc(b, node, NULL, items, schema->n, node->span, err);
}

/* Names of the left query, types of both. */
static Schema *common_schema(Binder *b, const AstQuery *query, const Schema *left, const Schema *right, Err *err)
{
    if (left->n != right->n) {
        err_at(err, E_INVALID, query->right->span, "the queries have different numbers of columns: %u and %u", left->n, right->n);
        return NULL;
    }
    Schema *schema = schema_new(b->arena, left->n);
    for (uint32_t i = 0; i < left->n; i++) {
        const Type *types[2] = { left->cols[i].type, right->cols[i].type };
        const Type *common = type_common_calcite(b->arena, types, 2);
        if (!common) {
            err_at(err, E_TYPE, query->right->span, "column %u has types that do not fit together: " STR_FMT " and " STR_FMT, i + 1, STR_ARG(type_text(b->arena, types[0])), STR_ARG(type_text(b->arena, types[1])));
            return NULL;
        }
        /* A time attribute on one side makes one of the result, where no cast is in between. */
        TimeAttr attr = types[0]->attr != ATTR_NONE ? types[0]->attr : types[1]->attr;
        if (!type_eq(common, types[0], true) || !type_eq(common, types[1], true)) attr = ATTR_NONE;
        *schema_col(schema, i) = (Column){ left->cols[i].name, type_with_attr(b->arena, common, attr) };
    }
    return schema;
}

/* The node's columns and TRUE behind them. */
static PlanNode *with_mark(Binder *b, PlanNode *node, Span span, Err *err)
{
    uint32_t n = node->schema->n;
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, n + 1);
    for (uint32_t i = 0; i < n; i++) items[i] = (SelectItem){ expr_column(b->arena, i, node->schema->cols[i].type, span), node->schema->cols[i].name, span };
    items[n] = (SelectItem){ expr_const(b->arena, type_simple(TYPE_BOOLEAN, false), datum_bool(true), span), STR("$mark"), span };
    return plan_calc(b, node, NULL, items, n + 1, span, err);
}

/* INTERSECT: distinct rows of both; EXCEPT: of the left without a partner. */
static PlanNode *match_sides(Binder *b, PlanNode *const *sides, const Schema *schema, bool except, Span span, Err *err)
{
    uint32_t n = schema->n;
    PlanNode *left = plan_distinct(b, sides[0], span, err), *right = left ? plan_distinct(b, sides[1], span, err) : NULL;
    if (right && except) right = with_mark(b, right, span, err);
    if (!right) return NULL;
    Expr *condition = NULL;
    for (uint32_t i = 0; i < n; i++) {
        Expr *pair[2] = { expr_column(b->arena, i, left->schema->cols[i].type, span), expr_column(b->arena, n + i, right->schema->cols[i].type, span) };
        Expr *equal = expr_call(&b->ctx, STR("IS NOT DISTINCT FROM"), pair, 2, span, err);
        if (!equal) return NULL;
        condition = filters_and(b->arena, condition, equal);
    }
    PlanNode *node = plan_join(b, left, right, except ? PLAN_JOIN_LEFT : PLAN_JOIN_INNER, condition, span, err);
    if (!node) return NULL;
    Expr *missing = NULL;
    if (except) {
        Expr *mark = expr_column(b->arena, 2 * n, node->schema->cols[2 * n].type, span);
        missing = expr_call(&b->ctx, STR("IS NULL"), &mark, 1, span, err);
        if (!missing) return NULL;
    }
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        bool nullable = schema->cols[i].type->nullable;              /* of either side, as the result is declared */
        items[i] = (SelectItem){ expr_column(b->arena, i, type_with_null(b->arena, node->schema->cols[i].type, nullable), span), schema->cols[i].name, span };
    }
    return plan_calc(b, node, missing, items, n, span, err);
}

/* --- INTERSECT ALL, EXCEPT ALL --- */

/* The node's columns, then 1 in the place of its side and 0 in the other's. */
static PlanNode *with_side(Binder *b, PlanNode *node, int side, Span span, Err *err)
{
    uint32_t n = node->schema->n;
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, n + 2);
    for (uint32_t i = 0; i < n; i++) items[i] = (SelectItem){ expr_column(b->arena, i, node->schema->cols[i].type, span), node->schema->cols[i].name, span };
    for (int s = 0; s < 2; s++) items[n + s] = (SelectItem){ expr_const(b->arena, type_simple(TYPE_BIGINT, false), datum_i64(s == side), span), s ? STR("$right") : STR("$left"), span };
    return plan_calc(b, node, NULL, items, n + 2, span, err);
}

/* Rows of both sides grouped by their columns, with how many there are on each side. */
static PlanNode *count_sides(Binder *b, PlanNode *const *sides, const Schema *schema, Span span, Err *err)
{
    PlanNode *marked[2];
    uint32_t n = schema->n;
    for (int s = 0; s < 2; s++) {
        marked[s] = with_side(b, sides[s], s, span, err);
        if (!marked[s]) return NULL;
    }
    Schema *both = schema_new(b->arena, n + 2);
    for (uint32_t i = 0; i < n + 2; i++) *schema_col(both, i) = i < n ? schema->cols[i] : marked[0]->schema->cols[i];
    PlanNode *all = plan_node(b->plan, PLAN_UNION, marked, 2, both, span);
    Grouping grouping = { .grouped = n > 0, .keys = ARENA_ARRAY(b->arena, Expr *, n + 1), .nkeys = n, .sets = ARENA_ARRAY(b->arena, uint64_t, 1), .nsets = 1 };
    for (uint32_t i = 0; i < n; i++) grouping.keys[i] = expr_column(b->arena, i, both->cols[i].type, span);
    grouping.sets[0] = n < 64 ? (1ull << n) - 1 : UINT64_MAX;
    for (uint32_t s = 0; s < 2; s++) {
        BoundAgg agg = { .args = ARENA_ARRAY(b->arena, Expr *, 1) };
        agg.args[0] = expr_column(b->arena, n + s, both->cols[n + s].type, span);
        if (!agg_resolve(&b->ctx, STR("SUM"), agg.args, 1, false, false, true, &agg.call, span, err)) return NULL;
        ARENA_PUSH(b->arena, grouping.calls, agg);
    }
    return plan_grouping(b, all, NULL, &grouping, span, err);
}

static PlanNode *copies_of_rows(Binder *b, PlanNode *const *sides, const Schema *schema, bool except, Span span, Err *err)
{
    uint32_t n = schema->n;
    PlanNode *counted = count_sides(b, sides, schema, span, err);
    if (!counted) return NULL;
    Expr *pair[2] = { expr_column(b->arena, n, counted->schema->cols[n].type, span), expr_column(b->arena, n + 1, counted->schema->cols[n + 1].type, span) };
    Expr *many = expr_call(&b->ctx, except ? STR("-") : STR("LEAST"), pair, 2, span, err), *copies = many ? expr_call(&b->ctx, STR("ROW_COPIES"), &many, 1, span, err) : NULL;
    if (!copies) return NULL;
    const Schema *in = counted->schema;
    Schema *wide = schema_new(b->arena, in->n + 1);
    for (uint32_t i = 0; i < in->n; i++) *schema_col(wide, i) = in->cols[i];
    *schema_col(wide, in->n) = (Column){ STR("$copy"), type_simple(TYPE_BOOLEAN, false) };
    PlanNode *node = plan_node(b->plan, PLAN_UNNEST, &counted, 1, wide, span);
    node->u.unnest = (UnnestConfig){ .collection = copies };
    uint32_t *cols = ARENA_ARRAY(b->arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) cols[i] = i;
    return plan_columns(b, node, cols, n, span);
}

PlanNode *plan_setop(Binder *b, const AstQuery *query, Err *err)
{
    PlanNode *sides[2];
    sides[0] = plan_query(b, query->left, err);
    sides[1] = sides[0] ? plan_query(b, query->right, err) : NULL;
    const Schema *schema = sides[1] ? common_schema(b, query, sides[0]->schema, sides[1]->schema, err) : NULL;
    if (!schema) return NULL;
    for (int s = 0; s < 2; s++) {
        sides[s] = coerce_columns(b, sides[s], schema, err);
        if (!sides[s]) return NULL;
    }
    if (query->setop != SETOP_UNION && query->setop_all) return copies_of_rows(b, sides, schema, query->setop == SETOP_EXCEPT, query->span, err);
    if (query->setop != SETOP_UNION) return match_sides(b, sides, schema, query->setop == SETOP_EXCEPT, query->span, err);
    PlanNode *node = plan_node(b->plan, PLAN_UNION, sides, 2, schema, query->span);
    return query->setop_all ? node : plan_distinct(b, node, query->span, err);
}
