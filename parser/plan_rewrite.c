/* Rewrites that keep the meaning of a plan: CALCs over CALCs become one, DISTINCT over a unique key goes, simple conditions and
 * LIMITs reach connectors that can use them. */
#include "parser/bind.h"
#include "engine/expr/func.h"

static uint32_t *count_users(Plan *plan)
{
    uint32_t *users = ARENA_ARRAY(plan->arena, uint32_t, plan->nnodes + 1);
    for (uint32_t i = 0; i < plan->nnodes; i++)
        for (uint32_t k = 0; k < plan->nodes[i]->ninputs; k++) users[plan->nodes[i]->inputs[k]->id]++;
    return users;
}

/* --- merging --- */

static uint32_t column_uses(const Expr *expr, uint32_t column)
{
    if (!expr) return 0;
    if (expr->kind == EXPR_COLUMN) return expr->column == column;
    uint32_t n = 0;
    for (uint32_t i = 0; i < expr->nargs; i++) n += column_uses(expr->args[i], column);
    return n;
}

/* May the inner CALC's expressions move into the outer one? Not if something computed would be computed twice, or something
 * volatile would be computed on other rows. */
static bool can_merge(const PlanNode *outer, const PlanNode *inner)
{
    for (uint32_t c = 0; c < inner->u.calc.nexprs; c++) {
        const Expr *expr = inner->u.calc.exprs[c];
        if (expr->kind == EXPR_COLUMN || expr->kind == EXPR_CONST) continue;
        uint32_t uses = column_uses(outer->u.calc.filter, c);
        bool filtered = uses > 0;
        for (uint32_t i = 0; i < outer->u.calc.nexprs; i++) uses += column_uses(outer->u.calc.exprs[i], c);
        if (uses > 1) return false;
        if ((filtered || outer->u.calc.filter) && !expr_is_deterministic(expr)) return false;
    }
    return true;
}

static void merge_calcs(Plan *plan)
{
    uint32_t *users = count_users(plan);
    uint32_t n = plan->nnodes;
    for (uint32_t i = 0; i < n; i++) {
        PlanNode *node = plan->nodes[i];
        while (node->kind == PLAN_CALC && node->inputs[0]->kind == PLAN_CALC && node->inputs[0]->id < n && users[node->inputs[0]->id] == 1 && can_merge(node, node->inputs[0])) {
            const PlanNode *inner = node->inputs[0];
            const CalcConfig *above = &node->u.calc, *below = &inner->u.calc;
            Expr **exprs = ARENA_ARRAY(plan->arena, Expr *, above->nexprs + 1);
            for (uint32_t c = 0; c < above->nexprs; c++) {
                exprs[c] = expr_substitute(plan->arena, above->exprs[c], below->exprs, below->nexprs);
            }
            Expr *filter = above->filter ? expr_substitute(plan->arena, above->filter, below->exprs, below->nexprs) : NULL;
            node->u.calc = (CalcConfig){ filters_and(plan->arena, below->filter, filter), exprs, above->nexprs };
            node->inputs = inner->inputs;
        }
    }
}

/* --- DISTINCT over what is unique already --- */

static bool redundant_distinct(const PlanNode *node)
{
    const GroupAggConfig *agg = &node->u.group_agg;
    const PlanNode *in = node->inputs[0];
    if (node->kind != PLAN_GROUP_AGG || agg->ncalls || !agg->nkeys || in->kind == PLAN_EXPAND) return false;
    for (uint32_t k = 0; k < in->nupsert_keys; k++)
        if (!in->upsert_keys[k].n) return false;
    return key_covers(in, agg->keys, agg->nkeys);
}

static void drop_distinct(Plan *plan)
{
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        PlanNode *node = plan->nodes[i];
        if (!redundant_distinct(node)) continue;
        const GroupAggConfig agg = node->u.group_agg;
        Expr **exprs = ARENA_ARRAY(plan->arena, Expr *, agg.nkeys + 1);
        for (uint32_t k = 0; k < agg.nkeys; k++) exprs[k] = expr_column(plan->arena, agg.keys[k], node->schema->cols[k].type, node->span);
        node->kind = PLAN_CALC;
        node->u.calc = (CalcConfig){ NULL, exprs, agg.nkeys };
    }
}

/* --- conditions below the state of upsert sources --- */

static void push_below_state(Plan *plan)
{
    uint32_t *users = count_users(plan);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        PlanNode *node = plan->nodes[i], *in = node->ninputs ? node->inputs[0] : NULL;
        if (node->kind != PLAN_CALC || !node->u.calc.filter || in->kind != PLAN_NORMALIZE || users[in->id] != 1 || !expr_is_deterministic(node->u.calc.filter)) continue;
        in->u.normalize.filter = filters_and(plan->arena, in->u.normalize.filter, node->u.calc.filter);
        node->u.calc.filter = NULL;
    }
}

/* --- conditions into joins --- */

/* -1 left side only, 1 right side only, 0 both, 2 no column at all. */
static int condition_side(const Expr *expr, uint32_t width)
{
    if (expr->kind == EXPR_COLUMN) return expr->column < width ? -1 : 1;
    int side = 2;
    for (uint32_t i = 0; i < expr->nargs; i++) {
        int arg = condition_side(expr->args[i], width);
        if (arg == 2) continue;
        if (side != 2 && arg != side) return 0;
        side = arg;
    }
    return side;
}

static bool join_key(const PlanNode *join, const Expr *term)
{
    if (term->kind != EXPR_CALL || term->nargs != 2 || strcmp(term->func->name, "=") != 0) return false;
    if (term->args[0]->kind != EXPR_COLUMN || term->args[1]->kind != EXPR_COLUMN || join->u.join.null_safe) return false;
    uint32_t width = join->inputs[0]->schema->n;
    const Type *a = term->args[0]->type, *b = term->args[1]->type;
    return (term->args[0]->column < width) != (term->args[1]->column < width) && (type_eq(a, b, true) || (type_is_string(a) && type_is_string(b)));
}

static void add_join_key(Plan *plan, PlanNode *join, const Expr *term)
{
    JoinConfig *config = &join->u.join;
    uint32_t width = join->inputs[0]->schema->n, n = config->nkeys, a = term->args[0]->column, b = term->args[1]->column;
    uint32_t *left = ARENA_ARRAY(plan->arena, uint32_t, n + 1), *right = ARENA_ARRAY(plan->arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) left[i] = config->left_keys[i], right[i] = config->right_keys[i];
    left[n] = a < width ? a : b;
    right[n] = (a < width ? b : a) - width;
    config->left_keys = left, config->right_keys = right, config->nkeys = n + 1;
}

static PlanNode *filter_node(Plan *plan, PlanNode *in, Expr *filter, int64_t shift)
{
    Expr **map = ARENA_ARRAY(plan->arena, Expr *, (size_t)shift + in->schema->n + 1), **exprs = ARENA_ARRAY(plan->arena, Expr *, in->schema->n + 1);
    for (uint32_t i = 0; i < in->schema->n; i++) map[shift + i] = exprs[i] = expr_column(plan->arena, i, in->schema->cols[i].type, filter->span);
    PlanNode *node = plan_node(plan, PLAN_CALC, &in, 1, in->schema, filter->span);
    node->u.calc = (CalcConfig){ expr_substitute(plan->arena, filter, map, (uint32_t)shift + in->schema->n), exprs, in->schema->n };
    return node;
}

/* WHERE over an inner join: equalities of its sides become keys, conditions on one side go below it. */
static bool push_into_join(Plan *plan, PlanNode *calc, PlanNode *join)
{
    Expr *filter = calc->u.calc.filter, *one[1] = { filter }, *rest = NULL, *sides[2] = { NULL, NULL };
    uint32_t n = filter->kind == EXPR_AND ? filter->nargs : 1, width = join->inputs[0]->schema->n;
    Expr **terms = filter->kind == EXPR_AND ? filter->args : one;
    bool moved = false;
    for (uint32_t i = 0; i < n; i++) {
        int side = expr_is_deterministic(terms[i]) ? condition_side(terms[i], width) : 2;
        moved = moved || join_key(join, terms[i]) || side == -1 || side == 1;
        if (join_key(join, terms[i])) add_join_key(plan, join, terms[i]);
        else if (side == -1 || side == 1) sides[side > 0] = filters_and(plan->arena, sides[side > 0], terms[i]);
        else rest = filters_and(plan->arena, rest, terms[i]);
    }
    calc->u.calc.filter = rest;
    for (int s = 0; s < 2; s++)
        if (sides[s]) join->inputs[s] = filter_node(plan, join->inputs[s], sides[s], s ? width : 0);
    return moved;
}

static bool push_join_conditions(Plan *plan)
{
    uint32_t *users = count_users(plan), n = plan->nnodes;
    bool moved = false;
    for (uint32_t i = 0; i < n; i++) {
        PlanNode *node = plan->nodes[i], *in = node->ninputs ? node->inputs[0] : NULL;
        if (node->kind != PLAN_CALC || !node->u.calc.filter || in->kind != PLAN_JOIN || in->id >= n || users[in->id] != 1 || in->u.join.kind != PLAN_JOIN_INNER) continue;
        moved = push_into_join(plan, node, in) || moved;
    }
    return moved;
}

void plan_rewrite(Plan *plan)
{
    drop_distinct(plan);
    merge_calcs(plan);
    plan_topology(plan);
    while (push_join_conditions(plan)) {
        plan_topology(plan);
        merge_calcs(plan);
        plan_topology(plan);
    }
    push_below_state(plan);
}

/* --- pushing to connectors --- */

static int push_op(const char *name)
{
    static const char *const ops[] = { "=", "<>", "<", "<=", ">", ">=", "LIKE", "IS NULL", "IS NOT NULL" };
    for (int i = 0; i <= PUSH_IS_NOT_NULL; i++)
        if (strcmp(name, ops[i]) == 0) return i;
    return -1;
}

static PushOp flip(PushOp op)
{
    switch (op) {
    case PUSH_LT: return PUSH_GT;
    case PUSH_LE: return PUSH_GE;
    case PUSH_GT: return PUSH_LT;
    case PUSH_GE: return PUSH_LE;
    case PUSH_EQ: case PUSH_NE: case PUSH_LIKE: case PUSH_IS_NULL: case PUSH_IS_NOT_NULL: return op;
    }
    return op;
}

static bool pushed(const PlanNode *scan, const Expr *expr, PushPred *out)
{
    int op = expr->kind == EXPR_CALL ? push_op(expr->func->name) : -1;
    if (op < 0 || expr->nargs < 1 || expr->nargs > 2) return false;
    const Expr *column = expr->args[0], *value = expr->nargs == 2 ? expr->args[1] : NULL;
    if (column->kind == EXPR_CONST && value && op != PUSH_LIKE) {
        const Expr *swap = column;
        column = value;
        value = swap;
        op = flip((PushOp)op);
    }
    if (column->kind != EXPR_COLUMN || column->column >= scan->u.scan.nphysical) return false;
    if ((op == PUSH_IS_NULL || op == PUSH_IS_NOT_NULL) != !value) return false;
    *out = (PushPred){ .column = scan->u.scan.physical[column->column], .op = (PushOp)op };
    if (!value) return true;
    const Type *type = scan->schema->cols[column->column].type;
    bool text = type_is_string(type) && type_is_string(value->type);
    if (value->kind != EXPR_CONST || value->value.null || !(text || type_eq(type, value->type, true))) return false;
    out->value = value->value;
    return true;
}

static void push_filter(Plan *plan, const PlanNode *calc, PlanNode *scan)
{
    const Expr *filter = calc->u.calc.filter;
    uint32_t n = filter->kind == EXPR_AND ? filter->nargs : 1;
    PushPred *preds = ARENA_ARRAY(plan->arena, PushPred, n);
    for (uint32_t i = 0; i < n; i++)
        if (pushed(scan, filter->kind == EXPR_AND ? filter->args[i] : filter, &preds[scan->u.scan.npreds])) scan->u.scan.npreds++;
    scan->u.scan.preds = preds;
}

/* Conditions stay above as well: a connector may evaluate them loosely. */
void plan_push(Plan *plan)
{
    uint32_t *users = count_users(plan);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        PlanNode *node = plan->nodes[i], *in = node->ninputs ? node->inputs[0] : NULL;
        if (!in || users[in->id] != 1) continue;
        if (node->kind == PLAN_CALC && node->u.calc.filter && in->kind == PLAN_SCAN && (in->u.scan.connector->caps & CONN_PUSH_FILTER)) push_filter(plan, node, in);
        if (node->kind != PLAN_LIMIT || node->u.limit.limit < 0) continue;
        if (in->kind == PLAN_CALC && !in->u.calc.filter && users[in->inputs[0]->id] == 1) in = in->inputs[0];
        if (in->kind == PLAN_SCAN && (in->u.scan.connector->caps & CONN_PUSH_LIMIT) && in->changes == CHANGES_INSERT) in->u.scan.limit = node->u.limit.limit + node->u.limit.offset;
    }
}
