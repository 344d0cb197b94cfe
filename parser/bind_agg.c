/* Aggregate queries, the side of names: GROUP BY lists with their sets, aggregate calls, GROUPING, and the check that every
 * column of the select list is grouped. The plan side is plan_group.c. */
#include "parser/bind.h"
#include "engine/expr/agg.h"

bool is_aggregate_name(Str name)
{
    return agg_find(name) != NULL;
}

/* --- calls --- */

static bool refuse_clauses(const Ast *ast, Str name, Err *err)
{
    if (ast->u.call.within_group) {
        err_at(err, E_INVALID, ast->span, "aggregate " STR_FMT " takes no WITHIN GROUP", STR_ARG(name));
        return err_hint(err, "Values are taken in the order in which they come.");
    }
    if (ast->u.call.nulls && !str_iis(name, "ARRAY_AGG"))
        return err_at(err, E_INVALID, ast->span, "IGNORE NULLS and RESPECT NULLS cannot follow " STR_FMT, STR_ARG(name));
    return true;
}

static bool same_agg(const BoundAgg *a, const BoundAgg *b)
{
    if (a->call.def != b->call.def || a->call.nargs != b->call.nargs || a->call.distinct != b->call.distinct || a->call.ignore_nulls != b->call.ignore_nulls) return false;
    if (!a->filter != !b->filter || (a->filter && !expr_equal(a->filter, b->filter))) return false;
    for (uint32_t i = 0; i < a->call.nargs; i++)
        if (!expr_equal(a->args[i], b->args[i])) return false;
    return true;
}

static Expr *agg_column(Binder *b, Grouping *grouping, const BoundAgg *agg)
{
    uint32_t i = 0;
    while (i < grouping->calls.n && !same_agg(&grouping->calls.v[i], agg)) i++;
    if (i == grouping->calls.n) ARENA_PUSH(b->arena, grouping->calls, *agg);
    return expr_column(b->arena, AGG_COLUMN + i, agg->call.type, agg->call.span);
}

/* ORDER BY within the parentheses is accepted and ignored, as in Flink; its names must exist. */
static bool check_order(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    for (uint32_t i = 0; i < ast->u.call.order.n; i++)
        if (!bind_expr(b, es, ast->u.call.order.v[i].expr, err)) return false;
    return true;
}

Expr *bind_aggregate(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Str name = ast->u.call.name.part[0].name;
    if (es->in_aggregate) {
        err_at(err, E_GROUPING, ast->span, "aggregate calls cannot be nested");
        err_hint(err, "Aggregate in a subquery in FROM first.");
        return NULL;
    }
    if (!es->grouping) {
        err_at(err, E_GROUPING, ast->span, "aggregate " STR_FMT " cannot stand in the %s", STR_ARG(name), es->clause);
        err_hint(err, "Conditions on aggregates belong into HAVING.");
        return NULL;
    }
    if (!refuse_clauses(ast, name, err)) return NULL;
    ExprScope inner = *es;
    inner.in_aggregate = true;
    if (es->grouping->rows) inner.scope = es->grouping->rows;
    inner.subs = NULL;
    inner.clause = "FILTER clause";
    uint32_t n = 0;
    int nulls = ast->u.call.nulls;                /* 1 = leave NULLs out, 2 = keep them, 0 = as the aggregate does */
    BoundAgg agg = { .args = ARENA_ARRAY(b->arena, Expr *, ast->u.call.args.n + 1) };
    for (uint32_t i = 0; i < ast->u.call.args.n; i++) {
        const Ast *arg = ast->u.call.args.v[i];
        if (arg->kind == AST_SYMBOL) {           /* JSON_OBJECTAGG(.. ABSENT ON NULL) */
            if (str_is(arg->u.symbol, "ABSENT_ON_NULL")) nulls = 1;
            if (str_is(arg->u.symbol, "NULL_ON_NULL")) nulls = 2;
            continue;
        }
        agg.args[n] = bind_expr(b, &inner, arg, err);
        if (agg.args[n]) agg.args[n] = expr_fold(&b->ctx, agg.args[n], err);
        if (!agg.args[n++]) return NULL;
    }
    if (!check_order(b, &inner, ast, err)) return NULL;
    if (ast->u.call.filter) {
        Expr *filter = bind_expr(b, &inner, ast->u.call.filter, err);
        if (!filter || !refuse_null_type(filter, err)) return NULL;
        agg.filter = bind_condition(b, &inner, ast->u.call.filter, err);
        if (!agg.filter) return NULL;
    }
    bool has_rows = es->grouping->grouped && !agg.filter;
    if (!agg_resolve(&b->ctx, name, agg.args, n, ast->u.call.distinct, ast->u.call.star, has_rows, &agg.call, ast->span, err)) return NULL;
    if (nulls) agg.call.ignore_nulls = nulls == 1;
    return agg_column(b, es->grouping, &agg);
}

static int find_key(const Grouping *grouping, const Expr *expr)
{
    for (uint32_t i = 0; i < grouping->nkeys; i++)
        if (expr_equal(grouping->keys[i], expr)) return (int)i;
    return -1;
}

Expr *bind_grouping_call(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Grouping *grouping = es->grouping;
    if (!grouping || (!grouping->grouped && !grouping->nsets)) {
        err_at(err, E_GROUPING, ast->span, "" STR_FMT " can stand only in a query with GROUP BY", STR_ARG(ast->u.call.name.part[0].name));
        return NULL;
    }
    BoundGrouping call = { .id = str_iis(ast->u.call.name.part[0].name, "GROUP_ID"), .span = ast->span };
    ExprScope inner = *es;
    inner.grouping = NULL;
    for (uint32_t i = 0; i < ast->u.call.args.n; i++) {
        Expr *arg = bind_expr(b, &inner, ast->u.call.args.v[i], err);
        if (!arg) return NULL;
        int key = find_key(grouping, arg);
        if (key < 0 || call.nkeys == 8) {
            err_at(err, E_GROUPING, arg->span, "the argument of GROUPING is no key of GROUP BY");
            return NULL;
        }
        call.keys[call.nkeys++] = (uint64_t)key;
    }
    ARENA_PUSH(b->arena, grouping->groupings, call);
    return expr_column(b->arena, GROUPING_COLUMN + grouping->groupings.n - 1, type_simple(TYPE_BIGINT, false), ast->span);
}

/* --- GROUP BY --- */

typedef struct SetList { uint64_t *v; uint32_t n, cap; } SetList;
enum { KEYS_MAX = 64, SETS_MAX = 4096 };

static bool group_key(Binder *b, const Scope *scope, Grouping *grouping, const Ast *ast, uint64_t *bit, Err *err)
{
    *bit = 0;
    const ExprScope es = { .scope = scope, .clause = "GROUP BY clause" };
    if (ast->kind == AST_CALL && ast->u.call.name.n == 1 && !ast->u.call.over && is_window_function(ast->u.call.name.part[0].name)) {
        GroupWindow *window = ARENA_NEW(b->arena, GroupWindow);
        if (!bind_group_window(b, scope, ast, window, err)) return false;
        if (grouping->window) {
            err_at(err, E_INVALID, ast->span, "GROUP BY can hold one window only");
            return err_hint(err, "Use one query per window, joined by UNION ALL.");
        }
        grouping->window = window;
        return true;
    }
    if (ast->kind == AST_ROW && !ast->u.items.explicit_row) {
        for (uint32_t i = 0; i < ast->u.items.items.n; i++) {
            uint64_t one;
            if (!group_key(b, scope, grouping, ast->u.items.items.v[i], &one, err)) return false;
            *bit |= one;
        }
        return true;
    }
    /* As bound, not folded: the select list is compared with it. */
    Expr *expr = bind_expr(b, &es, ast, err);
    if (!expr || !refuse_null_type(expr, err)) return false;
    if (!type_can_group(expr->type)) return err_at(err, E_UNSUPPORTED, ast->span, "values of type " STR_FMT " cannot be grouped", STR_ARG(type_text(b->arena, expr->type)));
    int at = find_key(grouping, expr);
    if (at < 0) {
        if (grouping->nkeys == KEYS_MAX) return refuse_clause(err, ast->span, "more than 64 keys in GROUP BY are", "Group by a ROW of the values.");
        struct { Expr **v; uint32_t n, cap; } keys = { grouping->keys, grouping->nkeys, grouping->cap_keys };
        ARENA_PUSH(b->arena, keys, expr);
        grouping->keys = keys.v, grouping->nkeys = keys.n, grouping->cap_keys = keys.cap;
        at = (int)grouping->nkeys - 1;
    }
    *bit = 1ull << at;
    return true;
}

/* One element: an expression or (a, b). */
static bool element_mask(Binder *b, const Scope *scope, Grouping *grouping, const AstGroup *group, uint64_t *mask, Err *err)
{
    *mask = 0;
    if (group->expr) return group_key(b, scope, grouping, group->expr, mask, err);
    for (uint32_t i = 0; i < group->exprs.n; i++) {
        uint64_t one;
        if (!group_key(b, scope, grouping, group->exprs.v[i], &one, err)) return false;
        *mask |= one;
    }
    for (uint32_t i = 0; i < group->n; i++) {
        uint64_t one;
        if (!element_mask(b, scope, grouping, &group->sets[i], &one, err)) return false;
        *mask |= one;
    }
    return true;
}

static bool nested_sets(Binder *b, const Scope *scope, Grouping *grouping, const AstGroup *group, SetList *out, Err *err)
{
    uint32_t n = group->n ? group->n : group->exprs.n;
    uint64_t *masks = ARENA_ARRAY(b->arena, uint64_t, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        bool ok = group->n ? element_mask(b, scope, grouping, &group->sets[i], &masks[i], err) : group_key(b, scope, grouping, group->exprs.v[i], &masks[i], err);
        if (!ok) return false;
    }
    if (group->kind == GROUP_ROLLUP) {
        for (uint32_t len = n + 1; len-- > 0;) {
            uint64_t mask = 0;
            for (uint32_t i = 0; i < len; i++) mask |= masks[i];
            ARENA_PUSH(b->arena, *out, mask);
        }
        return true;
    }
    if (n > 12) return refuse_clause(err, group->span, "CUBE of more than 12 elements is", "Write the sets that matter with GROUPING SETS.");
    for (uint32_t set = 1u << n; set-- > 0;) {
        uint64_t mask = 0;
        for (uint32_t i = 0; i < n; i++)
            if (set >> (n - 1 - i) & 1) mask |= masks[i];
        ARENA_PUSH(b->arena, *out, mask);
    }
    return true;
}

static bool element_sets(Binder *b, const Scope *scope, Grouping *grouping, const AstGroup *group, SetList *out, Err *err)
{
    uint64_t mask = 0;
    switch (group->kind) {
    case GROUP_ROLLUP: case GROUP_CUBE: return nested_sets(b, scope, grouping, group, out, err);
    case GROUP_SETS:
        for (uint32_t i = 0; i < group->n; i++)
            if (!element_sets(b, scope, grouping, &group->sets[i], out, err)) return false;
        return true;
    case GROUP_EXPR:
        if (!element_mask(b, scope, grouping, group, &mask, err)) return false;
        break;
    case GROUP_EMPTY: break;
    }
    ARENA_PUSH(b->arena, *out, mask);
    return true;
}

static bool cross_sets(Binder *b, SetList *all, const SetList *more, Span span, Err *err)
{
    SetList crossed = { 0 };
    if ((uint64_t)all->n * more->n > SETS_MAX) return refuse_clause(err, span, "so many grouping sets are", "Write the sets that matter with GROUPING SETS.");
    for (uint32_t i = 0; i < all->n; i++)
        for (uint32_t k = 0; k < more->n; k++) ARENA_PUSH(b->arena, crossed, all->v[i] | more->v[k]);
    *all = crossed;
    return true;
}

bool bind_group_by(Binder *b, const Scope *scope, const AstQuery *query, Grouping *grouping, Err *err)
{
    SetList all = { 0 };
    uint64_t none = 0;
    ARENA_PUSH(b->arena, all, none);
    for (uint32_t i = 0; i < query->group.n; i++) {
        SetList sets = { 0 };
        if (!element_sets(b, scope, grouping, &query->group.v[i], &sets, err)) return false;
        if (!cross_sets(b, &all, &sets, query->group.v[i].span, err)) return false;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < all.n; i++) {
        bool seen = false;
        for (uint32_t k = 0; query->group_distinct && k < n; k++) seen = seen || all.v[k] == all.v[i];
        if (!seen) all.v[n++] = all.v[i];
    }
    grouping->sets = all.v;
    grouping->nsets = n;
    grouping->grouped = grouping->nkeys > 0 || grouping->window;
    if (grouping->window && n > 1) return refuse_clause(err, query->group.v[0].span, "GROUPING SETS over this kind of window are", "Use the window function in FROM: TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), ..)).");
    return true;
}

/* --- the select list over the aggregate's output --- */

/* GROUPING: a bit for each key that the set lacks. GROUP_ID: how many equal sets come before. */
static int64_t value_of_set(const Grouping *grouping, const BoundGrouping *call, uint32_t set)
{
    int64_t value = 0;
    for (uint32_t s = 0; call->id && s < set; s++) value += grouping->sets[s] == grouping->sets[set];
    for (uint32_t k = 0; k < call->nkeys; k++) value = value << 1 | !(grouping->sets[set] >> call->keys[k] & 1);
    return value;
}

static Expr *grouping_value(Binder *b, const Grouping *grouping, const BoundGrouping *call, Err *err)
{
    const Type *bigint = type_simple(TYPE_BIGINT, false);
    if (grouping->nsets <= 1 || (!call->id && !call->nkeys)) return expr_const(b->arena, bigint, datum_i64(0), call->span);
    Expr **conds = ARENA_ARRAY(b->arena, Expr *, grouping->nsets), **thens = ARENA_ARRAY(b->arena, Expr *, grouping->nsets);
    for (uint32_t s = 0; s < grouping->nsets; s++) {
        Expr *pair[2] = { expr_column(b->arena, grouping->nkeys, bigint, call->span), expr_const(b->arena, bigint, datum_i64(s), call->span) };
        conds[s] = expr_call(&b->ctx, STR("="), pair, 2, call->span, err);
        thens[s] = expr_const(b->arena, bigint, datum_i64(value_of_set(grouping, call, s)), call->span);
        if (!conds[s]) return NULL;
    }
    return expr_case(&b->ctx, conds, thens, grouping->nsets - 1, thens[grouping->nsets - 1], call->span, err);
}

static Expr *not_grouped(const Scope *scope, const Expr *expr, Err *err)
{
    Str name = STR("?");
    for (uint32_t i = 0; i < scope->n; i++)
        for (uint32_t c = 0; c < scope->v[i].n; c++)
            if (scope->v[i].cols[c].column == expr->column) name = scope->v[i].cols[c].name;
    err_at(err, E_GROUPING, expr->span, "column \"" STR_FMT "\" is not grouped", STR_ARG(name));
    err_hint(err, "Add it to GROUP BY, or take it through an aggregate such as MAX or LAST_VALUE.");
    return NULL;
}

Expr *grouping_replace(Binder *b, const Grouping *grouping, const Scope *scope, Expr *expr, Err *err)
{
    uint32_t results = grouping->nkeys + (grouping->nsets > 1);
    int key = expr->kind == EXPR_CONST ? -1 : find_key(grouping, expr);
    if (key >= 0) {
        return expr_column(b->arena, (uint32_t)key, grouping->output->cols[key].type, expr->span);
    }
    if (expr->kind == EXPR_COLUMN) {
        if (expr->column >= OVER_COLUMN) return expr;                          /* and SUB_COLUMN, OUTER_COLUMN */
        if (expr->column >= GROUPING_COLUMN) return grouping_value(b, grouping, &grouping->groupings.v[expr->column - GROUPING_COLUMN], err);
        if (expr->column >= PROP_COLUMN) return expr_column(b->arena, results + grouping->calls.n + expr->column - PROP_COLUMN, expr->type, expr->span);
        if (expr->column >= AGG_COLUMN) return expr_column(b->arena, results + expr->column - AGG_COLUMN, expr->type, expr->span);
        return not_grouped(scope, expr, err);
    }
    if (expr->nargs == 0) return expr;
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) {
        copy->args[i] = grouping_replace(b, grouping, scope, expr->args[i], err);
        if (!copy->args[i]) return NULL;
    }
    return copy;
}
