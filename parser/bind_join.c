/* Joins: ON, USING, NATURAL, comma lists. Equalities between the sides become keys, the rest stays a condition. A regular join gives no
 * time attribute. Temporal and lookup joins, LATERAL and windows joined by time would be told apart here. */
#include "parser/bind.h"
#include "engine/expr/func.h"

/* --- checks --- */

static bool check_join_names(const Scope *left, const Scope *right, Span span, Err *err)
{
    for (uint32_t i = 0; i < left->n; i++)
        for (uint32_t k = 0; k < right->n; k++) {
            if (!left->v[i].alias.len || !str_eq(left->v[i].alias, right->v[k].alias)) continue;
            err_at(err, E_DUP_TABLE, span, "table name \"" STR_FMT "\" stands twice in FROM", STR_ARG(right->v[k].alias));
            return err_hint(err, "Give one of them another alias.");
        }
    return true;
}

static bool check_join_form(const AstFrom *from, Err *err)
{
    bool condition = from->join.on || from->join.using_cols.n || from->join.natural;
    if (from->join.kind == JOIN_CROSS && condition) return err_at(err, E_INVALID, from->span, "CROSS JOIN takes no condition");
    if (from->join.natural && (from->join.on || from->join.using_cols.n)) return err_at(err, E_INVALID, from->span, "NATURAL JOIN takes no ON or USING");
    if (from->join.kind != JOIN_CROSS && from->join.kind != JOIN_COMMA && !condition) {
        err_at(err, E_INVALID, from->span, "the join has no condition");
        return err_hint(err, "Write ON .., USING (..), or CROSS JOIN.");
    }
    return true;
}

/* --- the node --- */

typedef struct KeyPairs { Expr **left, **right; uint32_t n; bool null_safe; Expr *rest; } KeyPairs;

static void column_range(const Expr *expr, uint32_t *low, uint32_t *high)
{
    if (expr->kind == EXPR_COLUMN) {
        if (expr->column < *low) *low = expr->column;
        if (expr->column > *high) *high = expr->column;
    }
    for (uint32_t i = 0; i < expr->nargs; i++) column_range(expr->args[i], low, high);
}

/* -1 left side only, 1 right side only, 0 both or neither. */
static int side_of(const Expr *expr, uint32_t width)
{
    uint32_t low = UINT32_MAX, high = 0;
    column_range(expr, &low, &high);
    if (low == UINT32_MAX) return 0;
    return high < width ? -1 : low >= width ? 1 : 0;
}

static bool key_types(const Type *a, const Type *b)
{
    return type_eq(a, b, true) || (type_is_string(a) && type_is_string(b));
}

static bool key_pair(const Expr *term, uint32_t width, bool null_safe, Expr **left, Expr **right)
{
    if (term->kind != EXPR_CALL || term->nargs != 2 || strcmp(term->func->name, null_safe ? "IS NOT DISTINCT FROM" : "=") != 0) return false;
    int first = side_of(term->args[0], width), second = side_of(term->args[1], width);
    if (!first || first + second != 0 || !key_types(term->args[0]->type, term->args[1]->type) || !expr_is_deterministic(term)) return false;
    *left = term->args[first < 0 ? 0 : 1];
    *right = term->args[first < 0 ? 1 : 0];
    return true;
}

static bool is_true(const Expr *expr)
{
    return expr->kind == EXPR_CONST && expr->type->kind == TYPE_BOOLEAN && !expr->value.null && expr->value.v.b;
}

/* Time attributes of both sides in one comparison: the join is bounded by time and its rows expire, which a regular join cannot. */
static bool compares_times(const Expr *expr, uint32_t width, bool *left, bool *right)
{
    if (expr->kind == EXPR_COLUMN && expr->type->attr != ATTR_NONE) *(expr->column < width ? left : right) = true;
    for (uint32_t i = 0; i < expr->nargs; i++) (void)compares_times(expr->args[i], width, left, right);
    return *left && *right;
}

/* NULL-safe keys only where there are no others: one join compares all its keys alike. */
static KeyPairs split_condition(Binder *b, Expr *condition, uint32_t width, Err *err)
{
    Expr *one[1] = { condition };
    Expr **terms = condition->kind == EXPR_AND ? condition->args : one;
    uint32_t n = condition->kind == EXPR_AND ? condition->nargs : 1;
    KeyPairs pairs = { ARENA_ARRAY(b->arena, Expr *, n), ARENA_ARRAY(b->arena, Expr *, n), 0, false, NULL };
    Expr *left, *right;
    bool plain = false;
    for (uint32_t i = 0; i < n; i++) plain = plain || key_pair(terms[i], width, false, &left, &right);
    pairs.null_safe = !plain;
    for (uint32_t i = 0; i < n; i++) {
        if (is_true(terms[i])) continue;
        if (key_pair(terms[i], width, pairs.null_safe, &pairs.left[pairs.n], &pairs.right[pairs.n])) pairs.n++;
        else pairs.rest = filters_and(b->arena, pairs.rest, terms[i]);
    }
    bool left_time = false, right_time = false;
    if (pairs.rest && !b->plan->batch && compares_times(pairs.rest, width, &left_time, &right_time))
        refuse_clause(err, pairs.rest->span, "a join bounded by time attributes (an interval join) is", "Join windows of both streams on their keys, window_start and window_end; or CAST one time to lose the attribute and join without bound.");
    pairs.null_safe = pairs.null_safe && pairs.n;
    return pairs;
}

static Expr *shifted(Binder *b, Expr *expr, uint32_t by)
{
    if (expr->kind != EXPR_COLUMN && !expr->nargs) return expr;
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    if (expr->kind == EXPR_COLUMN) {
        copy->column -= by;
        return copy;
    }
    copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = shifted(b, expr->args[i], by);
    return copy;
}

/* Keys as columns of `in`: what is computed is put behind its own columns. */
static PlanNode *side_keys(Binder *b, PlanNode *in, Expr **exprs, uint32_t n, uint32_t by, uint32_t *keys, Span span, Err *err)
{
    SelectList items = { 0 };
    for (uint32_t i = 0; i < in->schema->n; i++) {
        SelectItem item = { expr_column(b->arena, i, in->schema->cols[i].type, span), in->schema->cols[i].name, span };
        ARENA_PUSH(b->arena, items, item);
    }
    for (uint32_t i = 0; i < n; i++) {
        Expr *expr = shifted(b, exprs[i], by);
        if (expr->kind == EXPR_COLUMN) {
            keys[i] = expr->column;
            continue;
        }
        keys[i] = items.n;
        SelectItem item = { expr, str_printf(b->arena, "$j%u", i), span };
        ARENA_PUSH(b->arena, items, item);
    }
    return items.n == in->schema->n ? in : plan_calc(b, in, NULL, items.v, items.n, span, err);
}

/* Columns of the right side move when the left side got key columns. */
static Expr *moved_right(Binder *b, Expr *expr, uint32_t width, uint32_t by)
{
    if (!expr || !by || (expr->kind != EXPR_COLUMN && !expr->nargs)) return expr;
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    if (expr->kind == EXPR_COLUMN) {
        if (expr->column >= width) copy->column += by;
        return copy;
    }
    copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = moved_right(b, expr->args[i], width, by);
    return copy;
}

/* Windows of two streams joined by start and end: their rows must wait for the window's end and late ones are dropped, which a
 * regular join does not do. Over aggregates by window it does no harm: those wait and drop already. */
static bool check_window_join(const Binder *b, PlanNode *const *sides, const uint32_t *left_keys, const uint32_t *right_keys, uint32_t n, Span span, Err *err)
{
    WindowColumns left, right;
    bool start = false, end = false;
    if (b->plan->batch || !window_columns(sides[0], &left) || !window_columns(sides[1], &right) || (!left.tvf && !right.tvf)) return true;
    for (uint32_t i = 0; i < n; i++) {
        start = start || ((int32_t)left_keys[i] == left.start && (int32_t)right_keys[i] == right.start);
        end = end || ((int32_t)left_keys[i] == left.end && (int32_t)right_keys[i] == right.end);
    }
    return !start || !end || refuse_clause(err, span, "a join of windows is", "Aggregate each stream by window and key first, then join the results.");
}

static Column joined_column(Binder *b, Column column, bool outer)
{
    if (outer) column.type = type_with_null(b->arena, column.type, true);
    if (column.type->attr != ATTR_NONE) column.type = type_with_attr(b->arena, column.type, ATTR_NONE);
    return column;
}

PlanNode *plan_join(Binder *b, PlanNode *left, PlanNode *right, PlanJoinKind kind, Expr *condition, Span span, Err *err)
{
    uint32_t nl = left->schema->n, nr = right->schema->n;
    if (condition) condition = expr_fold(&b->ctx, condition, err);
    if (err->set) return NULL;
    KeyPairs pairs = { 0 };
    if (condition) pairs = split_condition(b, condition, nl, err);
    if (err->set) return NULL;
    uint32_t *left_keys = ARENA_ARRAY(b->arena, uint32_t, pairs.n + 1), *right_keys = ARENA_ARRAY(b->arena, uint32_t, pairs.n + 1);
    PlanNode *sides[2];
    sides[0] = side_keys(b, left, pairs.left, pairs.n, 0, left_keys, span, err);
    sides[1] = sides[0] ? side_keys(b, right, pairs.right, pairs.n, nl, right_keys, span, err) : NULL;
    if (!sides[1] || !check_window_join(b, sides, left_keys, right_keys, pairs.n, span, err)) return NULL;
    uint32_t wide = sides[0]->schema->n, n = wide + sides[1]->schema->n, at = 0;
    Schema *schema = schema_new(b->arena, n);
    for (uint32_t i = 0; i < n; i++)
        *schema_col(schema, i) = joined_column(b, i < wide ? sides[0]->schema->cols[i] : sides[1]->schema->cols[i - wide], i < wide ? kind == PLAN_JOIN_RIGHT || kind == PLAN_JOIN_FULL : kind == PLAN_JOIN_LEFT || kind == PLAN_JOIN_FULL);
    PlanNode *node = plan_node(b->plan, PLAN_JOIN, sides, 2, schema, span);
    node->u.join = (JoinConfig){ .kind = kind, .left_keys = left_keys, .right_keys = right_keys, .nkeys = pairs.n, .null_safe = pairs.null_safe, .at_end = b->plan->batch,
        .condition = moved_right(b, pairs.rest, nl, wide - nl),
        .ttl_us = { b->plan->state_ttl_us, b->plan->state_ttl_us } };
    if (n == nl + nr) return node;
    uint32_t *cols = ARENA_ARRAY(b->arena, uint32_t, nl + nr + 1);
    for (uint32_t i = 0; i < nl; i++) cols[at++] = i;
    for (uint32_t i = 0; i < nr; i++) cols[at++] = wide + i;
    return plan_columns(b, node, cols, at, span);
}

/* --- scopes --- */

static void retype_scope(Scope *scope, const Schema *schema)
{
    for (uint32_t i = 0; i < scope->n; i++)
        for (uint32_t c = 0; c < scope->v[i].n; c++) scope->v[i].cols[c].type = schema->cols[scope->v[i].cols[c].column].type;
}

static Scope both_scopes(Binder *b, const Relation *left, const Relation *right)
{
    Scope scope = { 0 };
    uint32_t width = left->node->schema->n;
    for (int side = 0; side < 2; side++) {
        const Scope *from = side ? &right->scope : &left->scope;
        for (uint32_t i = 0; i < from->n; i++) {
            ScopeTable table = from->v[i];
            table.cols = arena_copy(b->arena, table.cols, sizeof *table.cols * (table.n + 1));
            for (uint32_t c = 0; side && c < table.n; c++) table.cols[c].column += width;
            ARENA_PUSH(b->arena, scope, table);
        }
    }
    return scope;
}

/* The one column of that name on a side; NULL: none, or (err set) several. */
static ScopeColumn *side_column(Scope *scope, Str name, Span span, Err *err)
{
    ScopeColumn *found = NULL;
    for (uint32_t i = 0; i < scope->n; i++)
        for (uint32_t c = 0; c < scope->v[i].n; c++) {
            ScopeColumn *column = &scope->v[i].cols[c];
            if (column->merged || !str_eq(column->name, name)) continue;
            if (found) {
                err_at(err, E_AMBIGUOUS, span, "column \"" STR_FMT "\" is ambiguous", STR_ARG(name));
                return NULL;
            }
            found = column;
        }
    return found;
}

typedef struct Shared { ScopeColumn *left, *right; Str name; } Shared;
typedef struct SharedList { Shared *v; uint32_t n, cap; } SharedList;

static bool using_columns(Binder *b, Scope *left, Scope *right, const IdentList *cols, SharedList *out, Err *err)
{
    for (uint32_t i = 0; i < cols->n; i++) {
        const Ident *name = &cols->v[i];
        Shared shared = { side_column(left, name->name, name->span, err), NULL, name->name };
        if (shared.left) shared.right = side_column(right, name->name, name->span, err);
        if (err->set) return false;
        if (!shared.right) return err_at(err, E_NO_COLUMN, name->span, "column \"" STR_FMT "\" of USING does not exist on both sides", STR_ARG(name->name));
        ARENA_PUSH(b->arena, *out, shared);
    }
    return true;
}

static bool natural_columns(Binder *b, Scope *left, Scope *right, Span span, SharedList *out, Err *err)
{
    for (uint32_t i = 0; i < left->n; i++)
        for (uint32_t c = 0; c < left->v[i].n; c++) {
            if (left->v[i].cols[c].merged) continue;
            Shared shared = { &left->v[i].cols[c], side_column(right, left->v[i].cols[c].name, span, err), left->v[i].cols[c].name };
            if (err->set) return false;
            if (shared.right) ARENA_PUSH(b->arena, *out, shared);
        }
    return true;
}

static Expr *shared_condition(Binder *b, const SharedList *shared, Span span, Err *err)
{
    Expr **terms = ARENA_ARRAY(b->arena, Expr *, shared->n + 1);
    for (uint32_t i = 0; i < shared->n; i++) {
        Expr *pair[2] = { expr_column(b->arena, shared->v[i].left->column, shared->v[i].left->type, span), expr_column(b->arena, shared->v[i].right->column, shared->v[i].right->type, span) };
        terms[i] = expr_call(&b->ctx, STR("="), pair, 2, span, err);
        if (!terms[i]) return NULL;
    }
    return expr_logical(&b->ctx, EXPR_AND, terms, shared->n, span, err);
}

/* The shared columns once, behind all others; they come first under *. */
static bool merge_columns(Binder *b, const SharedList *shared, PlanJoinKind kind, Relation *rel, Span span, Err *err)
{
    uint32_t width = rel->node->schema->n;
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, width + shared->n + 1);
    for (uint32_t i = 0; i < width; i++) items[i] = (SelectItem){ expr_column(b->arena, i, rel->node->schema->cols[i].type, span), rel->node->schema->cols[i].name, span };
    for (uint32_t i = 0; i < shared->n; i++) {
        Expr *pair[2] = { items[shared->v[i].left->column].expr, items[shared->v[i].right->column].expr };
        Expr *value = kind == PLAN_JOIN_FULL ? expr_call(&b->ctx, STR("COALESCE"), pair, 2, span, err) : pair[kind == PLAN_JOIN_RIGHT];
        if (!value) return false;
        items[width + i] = (SelectItem){ value, shared->v[i].name, span };
        shared->v[i].left->merged = shared->v[i].right->merged = true;
    }
    rel->node = plan_calc(b, rel->node, NULL, items, width + shared->n, span, err);
    if (!rel->node) return false;
    const Schema merged = { rel->node->schema->cols + width, shared->n };
    Scope scope = { 0 };
    scope_add(b, &scope, STR_NULL, &merged, width);
    for (uint32_t i = 0; i < rel->scope.n; i++) ARENA_PUSH(b->arena, scope, rel->scope.v[i]);
    rel->scope = scope;
    return true;
}

static PlanJoinKind join_kind(JoinKind kind)
{
    switch (kind) {
    case JOIN_LEFT: return PLAN_JOIN_LEFT;
    case JOIN_RIGHT: return PLAN_JOIN_RIGHT;
    case JOIN_FULL: return PLAN_JOIN_FULL;
    case JOIN_INNER: case JOIN_CROSS: case JOIN_COMMA: return PLAN_JOIN_INNER;
    }
    return PLAN_JOIN_INNER;
}

/* STATE_TTL speaks of the sides that it names; a side that is a join itself has no name. */
static void set_ttl(Binder *b, PlanNode *node, const Relation *left, const Relation *right)
{
    while (node->kind == PLAN_CALC) node = node->inputs[0];
    node->u.join.ttl_us[0] = hinted_ttl(b, b->hints, &left->scope);
    node->u.join.ttl_us[1] = hinted_ttl(b, b->hints, &right->scope);
}

static bool join_sides(Binder *b, const AstFrom *from, Relation *left, Relation *right, Relation *out, Err *err)
{
    PlanJoinKind kind = join_kind(from->join.kind);
    SharedList shared = { 0 };
    Expr *condition = NULL;
    uint32_t nleft = left->scope.n;
    out->scope = both_scopes(b, left, right);
    Scope sides[2] = { { out->scope.v, nleft, nleft }, { out->scope.v + nleft, out->scope.n - nleft, out->scope.n - nleft } };
    if (from->join.natural && !natural_columns(b, &sides[0], &sides[1], from->span, &shared, err)) return false;
    if (!using_columns(b, &sides[0], &sides[1], &from->join.using_cols, &shared, err)) return false;
    if (shared.n) condition = shared_condition(b, &shared, from->span, err);
    const ExprScope es = { .scope = &out->scope, .clause = "ON clause" };
    if (from->join.on) condition = bind_condition(b, &es, from->join.on, err);
    if (err->set) return false;
    if (condition && reads_outer(condition)) return refuse_clause(err, condition->span, "a column of the outer query in ON is", "Use it in WHERE, compared by =.");
    out->node = plan_join(b, left->node, right->node, kind, condition, from->span, err);
    if (!out->node) return false;
    set_ttl(b, out->node, left, right);
    retype_scope(&out->scope, out->node->schema);
    return !shared.n || merge_columns(b, &shared, kind, out, from->span, err);
}

bool bind_join(Binder *b, const AstFrom *from, Relation *out, Err *err)
{
    Relation left, right;
    if (!check_join_form(from, err) || !bind_from(b, from->join.left, &left, err)) return false;
    const AstFrom *with = from->join.right;
    if (with->kind == FROM_UNNEST && (from->join.kind == JOIN_RIGHT || from->join.kind == JOIN_FULL)) return refuse_clause(err, from->span, "RIGHT or FULL JOIN UNNEST is", "Use LEFT JOIN UNNEST.");
    if (with->kind == FROM_UNNEST) return bind_unnest(b, with, &left, from->join.kind == JOIN_LEFT, from->join.on, out, err);
    if (with->lateral) return refuse_clause(err, with->span, "LATERAL is", "Compute what it needs in a query of its own first; UNNEST works without LATERAL.");
    if (!bind_from(b, with, &right, err) || !check_join_names(&left.scope, &right.scope, with->span, err)) return false;
    return join_sides(b, from, &left, &right, out, err);
}
