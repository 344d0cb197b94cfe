/* Queries to plan nodes: SELECT, VALUES, TABLE t, WITH. Set operations are plan_setop.c's, ORDER BY and LIMIT plan_order.c's. */
#include "parser/bind.h"
#include "parser/plan_query.h"

/* --- select list --- */

static Str item_name(Binder *b, const AstItem *item, uint32_t position)
{
    const Ast *ast = item->expr;
    if (item->alias.name.len) return item->alias.name;
    if (ast->kind == AST_NAME) return ast->u.name.part[ast->u.name.n - 1].name;
    return str_printf(b->arena, "EXPR$%u", position);
}

static bool row_star(Binder *b, const ExprScope *es, const Ast *ast, SelectList *out, Err *err)
{
    Expr *row = bind_expr(b, es, ast->u.field.base, err);
    if (!row) return false;
    if (row->type->kind != TYPE_ROW) return err_at(err, E_TYPE, ast->span, ".* needs a ROW");
    for (uint32_t i = 0; i < row->type->nfields; i++) {
        Expr *args[2] = { row, expr_const(b->arena, type_simple(TYPE_INT, false), datum_i32((int32_t)i), ast->span) };
        SelectItem item = { expr_call(&b->ctx, STR("FIELD"), args, 2, ast->span, err), row->type->fields[i].name, ast->span };
        if (!item.expr) return false;
        ARENA_PUSH(b->arena, *out, item);
    }
    return true;
}

static bool bind_items(Binder *b, const ExprScope *es, const ItemList *items, SelectList *out, Err *err)
{
    for (uint32_t i = 0; i < items->n; i++) {
        const AstItem *item = &items->v[i];
        if (item->expr->kind == AST_STAR) {
            if (!scope_star(b, es, &item->expr->u.name, item->expr->span, out, err)) return false;
            continue;
        }
        if (item->expr->kind == AST_FIELD && item->expr->u.field.star) {
            if (!row_star(b, es, item->expr, out, err)) return false;
            continue;
        }
        SelectItem bound = { bind_expr(b, es, item->expr, err), item_name(b, item, out->n), item->expr->span };
        if (!bound.expr || !refuse_null_type(bound.expr, err)) return false;
        ARENA_PUSH(b->arena, *out, bound);
    }
    return true;
}

/* --- SELECT --- */

typedef struct Select {
    const AstQuery *query;
    Relation rel;
    Expr *where, *having, *qualify;
    Grouping grouping;
    SelectList items;
    SortList sort;                               /* hidden items for it stand behind items */
    SubList where_subs, item_subs;
    uint32_t visible;
    bool aggregates;
} Select;

static bool check_clauses(const AstQuery *query, Err *err)
{
    if (query->stream) return refuse_clause(err, query->span, "SELECT STREAM is", "Leave STREAM out: queries are streams already.");
    for (uint32_t i = 0; i < query->hints.n; i++) {
        static const char *const names[] = { "STATE_TTL", "LOOKUP", "BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP", "MULTI_JOIN", "OPTIONS" };
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) known = known || str_iis(query->hints.v[i].name.name, names[k]);
        if (!known) return err_at(err, E_INVALID, query->hints.v[i].span, "there is no hint \"" STR_FMT "\"", STR_ARG(query->hints.v[i].name.name));
    }
    return true;
}

/* Hints that name tables must name those of FROM. */
static bool names_source(const Scope *scope, Str name)
{
    for (uint32_t i = 0; i < scope->n; i++)
        if (str_eq(scope->v[i].alias, name)) return true;
    return false;
}

static bool check_hints(const Scope *scope, const HintList *hints, Err *err)
{
    for (uint32_t h = 0; h < hints->n; h++) {
        const AstHint *hint = &hints->v[h];
        bool ttl = str_iis(hint->name.name, "STATE_TTL");
        for (uint32_t i = 0; i < hint->names.n; i++)
            if (!names_source(scope, hint->names.v[i].name)) return err_at(err, E_INVALID, hint->span, "hint " STR_FMT " names \"" STR_FMT "\", which is not in FROM", STR_ARG(hint->name.name), STR_ARG(hint->names.v[i].name));
        for (uint32_t i = 0; ttl && i < hint->options.n; i++) {
            int64_t us;
            if (!names_source(scope, hint->options.v[i].key)) return err_at(err, E_INVALID, hint->span, "hint STATE_TTL names \"" STR_FMT "\", which is not in FROM", STR_ARG(hint->options.v[i].key));
            if (!parse_duration(hint->options.v[i].value, &us)) return err_at(err, E_INVALID, hint->span, "hint STATE_TTL: '" STR_FMT "' is no duration", STR_ARG(hint->options.v[i].value));
        }
    }
    return true;
}

int64_t hinted_ttl(const Binder *b, const HintList *hints, const Scope *scope)
{
    int64_t ttl_us = b->plan->state_ttl_us;
    for (uint32_t h = 0; scope->n == 1 && hints && h < hints->n; h++) {
        const Option *ttl = str_iis(hints->v[h].name.name, "STATE_TTL") ? options_find(&hints->v[h].options, scope->v[0].alias) : NULL;
        if (ttl) (void)parse_duration(ttl->value, &ttl_us);                      /* check_hints reports what is none */
    }
    return ttl_us;
}

/* Keys that some grouping set leaves out may be NULL wherever they are used. */
static Scope nullable_keys(Binder *b, const Scope *scope, const Grouping *grouping)
{
    Scope copy = { 0 };
    for (uint32_t i = 0; i < scope->n; i++) {
        ScopeTable table = scope->v[i];
        table.cols = arena_copy(b->arena, table.cols, sizeof *table.cols * (table.n + 1));
        ARENA_PUSH(b->arena, copy, table);
    }
    for (uint32_t k = 0; k < grouping->nkeys; k++) {
        bool everywhere = true;
        for (uint32_t s = 0; s < grouping->nsets; s++) everywhere = everywhere && (grouping->sets[s] >> k & 1);
        if (everywhere || grouping->keys[k]->kind != EXPR_COLUMN) continue;
        for (uint32_t i = 0; i < copy.n; i++)
            for (uint32_t c = 0; c < copy.v[i].n; c++)
                if (copy.v[i].cols[c].column == grouping->keys[k]->column) copy.v[i].cols[c].type = type_with_null(b->arena, copy.v[i].cols[c].type, true);
    }
    return copy;
}

static bool bind_groups(Binder *b, Select *select, Scope *scope, Err *err)
{
    if (!select->query->has_group) return true;
    if (!bind_group_by(b, scope, select->query, &select->grouping, err)) return false;
    if (select->grouping.nsets <= 1) return true;
    const Scope *rows = arena_copy(b->arena, scope, sizeof *scope);
    *scope = nullable_keys(b, scope, &select->grouping);
    select->grouping = (Grouping){ .rows = rows };
    return bind_group_by(b, scope, select->query, &select->grouping, err);
}

static bool bind_qualify(Binder *b, const ExprScope *es, Select *select, Err *err)
{
    const Ast *ast = select->query->qualify;
    if (!ast) return true;
    ExprScope qualify = *es;
    qualify.clause = "QUALIFY clause";
    qualify.subs = NULL;
    select->qualify = bind_aliased(b, &qualify, select->query, &select->items, ast, err);
    if (!select->qualify) return false;
    if (select->qualify->type->kind != TYPE_BOOLEAN) return err_at(err, E_TYPE, ast->span, "QUALIFY must be a condition");
    return select->grouping.overs.n || err_at(err, E_INVALID, ast->span, "QUALIFY must hold a call with OVER");
}

/* Terms of AND one by one: those with subqueries become joins. */
static bool bind_where(Binder *b, const ExprScope *es, Select *select, const Ast *ast, Err *err)
{
    if (ast->kind == AST_OP && ast->u.op.op == OP_AND) {
        for (uint32_t i = 0; i < ast->u.op.args.n; i++)
            if (!bind_where(b, es, select, ast->u.op.args.v[i], err)) return false;
        return true;
    }
    if (is_semi_term(ast)) return bind_semi(b, es, ast, &select->rel, &select->where, err);
    Expr *term = bind_condition(b, es, ast, err);
    if (!term) return false;
    select->where = filters_and(b->arena, select->where, term);
    return true;
}

static bool bind_select(Binder *b, Select *select, Scope *scope, Err *err)
{
    const AstQuery *query = select->query;
    const ExprScope where = { .scope = scope, .clause = "WHERE clause", .query = query, .subs = &select->where_subs };
    if (query->where && (!bind_where(b, &where, select, query->where, err) || (b->link && select->where && !link_where(b, &select->where, err)))) return false;
    if (!bind_groups(b, select, scope, err)) return false;
    const ExprScope es = { .scope = scope, .clause = "select list", .grouping = &select->grouping, .query = query, .subs = &select->item_subs };
    if (!bind_items(b, &es, &query->items, &select->items, err)) return false;
    if (query->having) {
        ExprScope having = es;
        having.clause = "HAVING clause";
        select->having = bind_condition(b, &having, query->having, err);
        if (!select->having) return false;
    }
    select->visible = select->items.n;
    if (!bind_order(b, &es, query, &select->items, &select->sort, err)) return false;
    if (!bind_qualify(b, &es, select, err)) return false;
    select->aggregates = query->has_group || query->having || select->grouping.calls.n || select->grouping.groupings.n;
    return true;
}

/* The values of subqueries in the select list, behind node's columns. */
static PlanNode *item_values(Binder *b, Select *select, PlanNode *node, const Scope *scope, Err *err)
{
    SubList *subs = &select->item_subs;
    if (!subs->n || !node) return node;
    if (select->grouping.overs.n) {
        refuse_clause(err, subs->v[0].span, "a subquery as a value beside OVER is", "Compute the OVER columns in a subquery in FROM first.");
        return NULL;
    }
    for (uint32_t i = 0; select->aggregates && i < subs->n; i++)
        for (uint32_t k = 0; k < subs->v[i].link.nkeys; k++) {
            subs->v[i].link.outer_keys[k] = grouping_replace(b, &select->grouping, scope, subs->v[i].link.outer_keys[k], err);
            if (!subs->v[i].link.outer_keys[k]) return NULL;
        }
    uint32_t *places = ARENA_ARRAY(b->arena, uint32_t, subs->n + 1);
    node = join_subs(b, node, subs, places, err);
    for (uint32_t i = 0; node && i < select->items.n; i++) {
        select->items.v[i].expr = replace_subs(b, node, subs, places, select->items.v[i].expr, err);
        if (!select->items.v[i].expr) return NULL;
    }
    if (node && select->having) select->having = replace_subs(b, node, subs, places, select->having, err);
    return err->set ? NULL : node;
}

static bool where_values(Binder *b, Select *select, Err *err)
{
    SubList *subs = &select->where_subs;
    if (!subs->n) return true;
    uint32_t *places = ARENA_ARRAY(b->arena, uint32_t, subs->n + 1);
    select->rel.node = join_subs(b, select->rel.node, subs, places, err);
    if (select->rel.node) select->where = replace_subs(b, select->rel.node, subs, places, select->where, err);
    return select->rel.node && select->where;
}

/* A subquery as a value gives its keys behind the value; an aggregate is taken per key. */
static bool link_items(Binder *b, Select *select, Err *err)
{
    SubLink *link = b->link;
    for (uint32_t i = 0; i < select->items.n; i++)
        if (reads_outer(select->items.v[i].expr)) return refuse_clause(err, select->items.v[i].span, "a column of the outer query in the select list of a subquery is", "Use it in WHERE, compared by =.");
    if (!link->nkeys) return true;
    bool form = link->any_items ? select->aggregates : select->items.n != 1;
    if (select->query->has_group || select->query->distinct || select->query->limit || select->grouping.overs.n || form)
        return refuse_clause(err, select->query->span, "a subquery of this form that depends on the outer query is", "Write it as a join with a subquery in FROM.");
    if (select->aggregates) {
        select->grouping.keys = link->inner_keys;
        select->grouping.nkeys = link->nkeys;
        select->grouping.sets = ARENA_ARRAY(b->arena, uint64_t, 1);
        select->grouping.sets[0] = (1ull << link->nkeys) - 1;
        select->grouping.nsets = 1;
    }
    for (uint32_t i = 0; i < link->nkeys; i++) {
        SelectItem item = { link->inner_keys[i], str_printf(b->arena, "$k%u", i), select->query->span };
        ARENA_PUSH(b->arena, select->items, item);
    }
    select->visible = select->items.n;
    return true;
}

static PlanNode *aggregate_select(Binder *b, Select *select, const Scope *scope, Err *err)
{
    Grouping *grouping = &select->grouping;
    Span span = select->query->span;
    PlanNode *node = plan_grouping(b, select->rel.node, select->where, grouping, span, err);
    if (!node) return NULL;
    for (uint32_t i = 0; i < select->items.n; i++) {
        select->items.v[i].expr = grouping_replace(b, grouping, scope, select->items.v[i].expr, err);
        if (!select->items.v[i].expr) return NULL;
    }
    if (select->having) {
        select->having = grouping_replace(b, grouping, scope, select->having, err);
        if (!select->having) return NULL;
    }
    node = item_values(b, select, node, scope, err);
    if (!node) return NULL;
    if (select->qualify) select->qualify = grouping_replace(b, grouping, scope, select->qualify, err);
    if (err->set || !over_replace(b, grouping, scope, err)) return NULL;
    if (grouping->overs.n) return plan_over_items(b, node, select->having, grouping, &select->items, select->qualify, span, err);
    return plan_calc(b, node, select->having, select->items.v, select->items.n, span, err);
}

/* SELECT DISTINCT: its rows as keys of a group without aggregates. */
static PlanNode *distinct_select(Binder *b, const Select *select, PlanNode *node, Err *err)
{
    if (select->items.n == select->visible) return plan_distinct(b, node, select->query->span, err);
    err_at(err, E_INVALID, select->items.v[select->visible].span, "with DISTINCT, ORDER BY can use columns of the select list only");
    return NULL;
}

static PlanNode *plan_select(Binder *b, const AstQuery *query, Err *err)
{
    Select select = { .query = query };
    if (!check_clauses(query, err)) return NULL;
    if (query->from) {
        const HintList *around = b->hints;
        b->hints = &query->hints;
        bool ok = bind_from(b, query->from, &select.rel, err);
        b->hints = around;
        if (!ok) return NULL;
    } else {
        select.rel.node = plan_one_row(b, query->span);
    }
    Scope scope = select.rel.scope;
    if (!check_hints(&scope, &query->hints, err)) return NULL;
    if (!bind_select(b, &select, &scope, err) || !where_values(b, &select, err)) return NULL;
    if (b->link && !link_items(b, &select, err)) return NULL;
    PlanNode *node;
    if (!select.aggregates && select.item_subs.n) {
        if (select.where) select.rel.node = plan_filter(b, select.rel.node, select.where, query->span, err);
        select.where = NULL;
        select.rel.node = item_values(b, &select, select.rel.node, &scope, err);
        if (!select.rel.node) return NULL;
    }
    int64_t around_us = b->group_ttl_us;
    b->group_ttl_us = hinted_ttl(b, &query->hints, &scope);
    if (select.aggregates) node = aggregate_select(b, &select, &scope, err);
    else if (select.grouping.overs.n) {
        node = select.where ? plan_filter(b, select.rel.node, select.where, query->span, err) : select.rel.node;
        if (node) node = plan_over_items(b, node, NULL, &select.grouping, &select.items, select.qualify, query->span, err);
    } else node = plan_calc(b, select.rel.node, select.where, select.items.v, select.items.n, query->span, err);
    if (node && query->distinct) node = distinct_select(b, &select, node, err);
    b->group_ttl_us = around_us;
    if (node) node = plan_order(b, node, &select.sort, query, err);
    if (!node || select.items.n == select.visible) return node;
    uint32_t *cols = ARENA_ARRAY(b->arena, uint32_t, select.visible + 1);
    for (uint32_t i = 0; i < select.visible; i++) cols[i] = i;
    return plan_columns(b, node, cols, select.visible, query->span);
}

/* --- VALUES --- */

static const AstList *row_cells(const Ast *row, const AstList *one)
{
    return row->kind == AST_ROW ? &row->u.items.items : one;
}

static bool bind_rows(Binder *b, const AstQuery *query, Expr **cells, uint32_t n, Err *err)
{
    Scope none = { 0 };
    const ExprScope es = { .scope = &none, .clause = "VALUES" };
    for (uint32_t r = 0; r < query->rows.n; r++) {
        const AstList one = { (Ast *[]){ query->rows.v[r] }, 1, 1 }, *row = row_cells(query->rows.v[r], &one);
        if (row->n != n) return err_at(err, E_TYPE, query->rows.v[r]->span, "rows of VALUES differ in length: %u and %u", n, row->n);
        for (uint32_t c = 0; c < n; c++) {
            cells[r * n + c] = bind_expr(b, &es, row->v[c], err);
            if (!cells[r * n + c] || !refuse_null_type(cells[r * n + c], err)) return false;
        }
    }
    return true;
}

static bool unify_rows(Binder *b, Expr **cells, uint32_t nrows, uint32_t n, Schema *schema, Err *err)
{
    const Type **types = ARENA_ARRAY(b->arena, const Type *, nrows + 1);
    for (uint32_t c = 0; c < n; c++) {
        for (uint32_t r = 0; r < nrows; r++) types[r] = cells[r * n + c]->type;
        const Type *common = type_common_calcite(b->arena, types, nrows);
        if (!common) return err_at(err, E_TYPE, cells[c]->span, "values of column %u have types that do not fit together", c + 1);
        *schema_col(schema, c) = (Column){ str_printf(b->arena, "EXPR$%u", c), common };
        for (uint32_t r = 0; r < nrows; r++) {
            Expr *cell = expr_fold(&b->ctx, expr_coerce(b->arena, cells[r * n + c], common), err);
            if (!cell) return false;
            cells[r * n + c] = cell;
        }
    }
    return true;
}

static PlanNode *computed_rows(Binder *b, Expr **cells, uint32_t nrows, const Schema *schema, Span span, Err *err)
{
    PlanNode **rows = ARENA_ARRAY(b->arena, PlanNode *, nrows);
    for (uint32_t r = 0; r < nrows; r++) {
        SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, schema->n + 1);
        for (uint32_t c = 0; c < schema->n; c++) items[c] = (SelectItem){ cells[r * schema->n + c], schema->cols[c].name, span };
        rows[r] = plan_calc(b, plan_one_row(b, span), NULL, items, schema->n, span, err);
        if (!rows[r]) return NULL;
    }
    return nrows == 1 ? rows[0] : plan_node(b->plan, PLAN_UNION, rows, nrows, schema, span);
}

static PlanNode *plan_values(Binder *b, const AstQuery *query, Err *err)
{
    uint32_t nrows = query->rows.n;
    const AstList one = { (Ast *[]){ query->rows.v[0] }, 1, 1 };
    uint32_t n = row_cells(query->rows.v[0], &one)->n;
    Expr **cells = ARENA_ARRAY(b->arena, Expr *, (size_t)nrows * n + 1);
    Schema *schema = schema_new(b->arena, n);
    if (!bind_rows(b, query, cells, n, err) || !unify_rows(b, cells, nrows, n, schema, err)) return NULL;
    for (uint32_t i = 0; i < nrows * n; i++)
        if (cells[i]->kind != EXPR_CONST) return computed_rows(b, cells, nrows, schema, query->span, err);
    PlanNode *node = plan_node(b->plan, PLAN_VALUES, NULL, 0, schema, query->span);
    node->u.values = (ValuesConfig){ ARENA_ARRAY(b->arena, Datum, (size_t)nrows * n + 1), nrows };
    for (uint32_t i = 0; i < nrows * n; i++) node->u.values.cells[i] = cells[i]->value;
    return node;
}

/* --- any query --- */

static PlanNode *plan_table(Binder *b, const AstQuery *query, Err *err)
{
    Relation rel;
    HintList none = { 0 };
    SelectList items = { 0 };
    if (!bind_table_name(b, &query->table, &none, &rel, err)) return NULL;
    const ExprScope es = { .scope = &rel.scope, .clause = "select list" };
    if (!scope_star(b, &es, NULL, query->span, &items, err)) return NULL;
    return plan_calc(b, rel.node, NULL, items.v, items.n, query->span, err);
}

static PlanNode *output_order(Binder *b, PlanNode *node, const AstQuery *query, Err *err)
{
    Scope scope = { 0 };
    SelectList items = { 0 };
    SortList sort = { 0 };
    scope_add(b, &scope, STR_NULL, node->schema, 0);
    for (uint32_t i = 0; i < node->schema->n; i++) {
        SelectItem item = { expr_column(b->arena, i, node->schema->cols[i].type, query->span), node->schema->cols[i].name, query->span };
        ARENA_PUSH(b->arena, items, item);
    }
    uint32_t visible = items.n;
    const ExprScope es = { .scope = &scope, .clause = "ORDER BY" };
    if (!bind_order(b, &es, query, &items, &sort, err)) return NULL;
    if (items.n > visible) node = plan_calc(b, node, NULL, items.v, items.n, query->span, err);
    if (node) node = plan_order(b, node, &sort, query, err);
    if (!node || items.n == visible) return node;
    uint32_t *cols = ARENA_ARRAY(b->arena, uint32_t, visible + 1);
    for (uint32_t i = 0; i < visible; i++) cols[i] = i;
    return plan_columns(b, node, cols, visible, query->span);
}

PlanNode *plan_query(Binder *outer, const AstQuery *query, Err *err)
{
    Binder b = *outer;
    b.depth++;
    if (b.depth > 400) { err_at(err, E_INVALID, query->span, "queries are nested too deeply"); return NULL; }
    if (query->with.recursive) {
        refuse_clause(err, query->span, "WITH RECURSIVE is", "Write the steps out with UNION ALL.");
        return NULL;
    }
    for (uint32_t i = 0; i < query->with.n; i++) {
        Cte *cte = ARENA_NEW(b.arena, Cte);
        *cte = (Cte){ b.ctes, &query->with.v[i] };
        b.ctes = cte;
        /* A WITH query is checked even where nobody reads it. */
        if (!query->with.v[i].cols.n) continue;
        Binder inner = b;
        inner.ctes = cte->outer;
        inner.link = NULL;
        PlanNode *node = plan_query(&inner, cte->ast->query, err);
        if (!node) return NULL;
        if (node->schema->n != cte->ast->cols.n) { err_at(err, E_INVALID, cte->ast->name.span, "WITH names %u columns, its query has %u", cte->ast->cols.n, node->schema->n); return NULL; }
    }
    if (query->kind == QUERY_SELECT) return plan_select(&b, query, err);
    b.link = NULL;
    PlanNode *node = query->kind == QUERY_VALUES ? plan_values(&b, query, err) : query->kind == QUERY_TABLE ? plan_table(&b, query, err) : plan_setop(&b, query, err);
    return node && (query->order.n || query->limit || query->offset) ? output_order(&b, node, query, err) : node;
}
