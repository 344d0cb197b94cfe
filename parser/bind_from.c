/* FROM: tables, views, WITH names, subqueries, table functions. Joins are bind_join.c's, UNNEST is bind_unnest.c's. */
#include "parser/bind.h"

enum { NESTING_MAX = 64 };

/* --- aliases --- */

bool rename_columns(Binder *b, ScopeTable *table, const IdentList *cols, Span span, Err *err)
{
    if (!cols || !cols->n) return true;
    if (cols->n != table->n) {
        err_at(err, E_INVALID, span, "the alias names %u columns, the table has %u", cols->n, table->n);
        return err_hint(err, "Name every column, or none.");
    }
    for (uint32_t i = 0; i < cols->n; i++) {
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(cols->v[i].name, cols->v[k].name)) return err_at(err, E_DUP_COLUMN, cols->v[i].span, "column \"" STR_FMT "\" stands twice in the alias", STR_ARG(cols->v[i].name));
        table->cols[i].name = str_dup(b->arena, cols->v[i].name);
    }
    return true;
}

static bool add_alias(Binder *b, const AstFrom *from, Relation *rel, Err *err)
{
    ScopeTable *table = &rel->scope.v[rel->scope.n - 1];
    if (from->alias.name.len) {
        table->alias = from->alias.name;
        table->path = (ObjectPath){ 0 };
    }
    return rename_columns(b, table, &from->alias_cols, from->alias.span, err);
}

/* --- hints --- */

/* Hints of Flink that choose join strategies are accepted where they name what exists; weir needs none of them. STATE_TTL is the SELECT's. */
static bool known_hint(Str name)
{
    static const char *const names[] = { "OPTIONS", "STATE_TTL", "LOOKUP", "BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP", "MULTI_JOIN" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_iis(name, names[i])) return true;
    return false;
}

static bool table_hints(const HintList *hints, const Options **out, Err *err)
{
    for (uint32_t i = 0; hints && i < hints->n; i++) {
        const AstHint *hint = &hints->v[i];
        if (!known_hint(hint->name.name)) {
            err_at(err, E_INVALID, hint->span, "there is no hint \"" STR_FMT "\"", STR_ARG(hint->name.name));
            return err_hint(err, "Tables take OPTIONS('key' = 'value').");
        }
        if (str_iis(hint->name.name, "OPTIONS")) *out = &hint->options;
    }
    return true;
}

/* --- tables, views, WITH --- */

static const Cte *find_cte(const Binder *b, const Path *path)
{
    for (const Cte *cte = path->n == 1 ? b->ctes : NULL; cte; cte = cte->outer)
        if (str_eq(cte->ast->name.name, path->part[0].name)) return cte;
    return NULL;
}

static bool too_deep(Binder *b, Span span, Err *err)
{
    return b->depth > NESTING_MAX && !err_at(err, E_INVALID, span, "queries and views are nested too deeply");
}

static bool bind_cte(Binder *b, const Cte *cte, Span span, Relation *out, Err *err)
{
    Binder inner = *b;
    inner.ctes = cte->outer;
    inner.depth++;
    if (too_deep(&inner, span, err) || !bind_subquery(&inner, cte->ast->query, cte->ast->name.name, NULL, out, err)) return false;
    ScopeTable *table = &out->scope.v[0];
    if (cte->ast->cols.n && cte->ast->cols.n != table->n)
        return err_at(err, E_INVALID, cte->ast->name.span, "WITH names %u columns, its query has %u", cte->ast->cols.n, table->n);
    return rename_columns(b, table, &cte->ast->cols, cte->ast->name.span, err);
}

static const ExprOrigin *view_origin(Binder *b, const TableDef *def, Span reference)
{
    ExprOrigin *origin = ARENA_NEW(b->arena, ExprOrigin);
    *origin = (ExprOrigin){ str_printf(b->arena, "view \"" STR_FMT "\"", STR_ARG(def->path.name)), def->view_text, reference };
    return origin;
}

/* Places of plan nodes made for a view: where the statement names it. */
static void nodes_place(Plan *plan, uint32_t from, Span span)
{
    for (uint32_t i = from; i < plan->nnodes; i++) {
        PlanNode *node = plan->nodes[i];
        node->span = span;
        AggCall *calls = node->kind == PLAN_GROUP_AGG ? node->u.group_agg.calls : node->kind == PLAN_WINDOW_AGG ? node->u.window_agg.calls : NULL;
        uint32_t n = node->kind == PLAN_GROUP_AGG ? node->u.group_agg.ncalls : node->kind == PLAN_WINDOW_AGG ? node->u.window_agg.ncalls : 0;
        for (uint32_t c = 0; c < n; c++) calls[c].span = span;
    }
}

static bool bind_view(Binder *b, const TableDef *def, Span span, Relation *out, Err *err)
{
    Binder inner = *b;
    inner.ctes = NULL;
    inner.link = NULL;
    inner.catalog = def->view_context.catalog;
    inner.database = def->view_context.database;
    inner.depth++;
    if (!inner.view_span.len) inner.view_span = span;
    inner.origin = view_origin(b, def, inner.view_span);
    uint32_t first = b->plan->nnodes;
    if (too_deep(&inner, span, err)) return false;
    AstQuery *query = parse_query(b->arena, def->view_text, err);
    PlanNode *node = query ? plan_query(&inner, query, err) : NULL;
    if (node && node->schema->n != def->ncols) err_at(err, E_INVALID, span, "view \"" STR_FMT "\" had %u columns when it was made, its query has %u now", STR_ARG(def->path.name), def->ncols, node->schema->n);
    if (!node || err->set) {
        err->span = span;
        return err_detail(err, "It comes from the query of view \"" STR_FMT "\".", STR_ARG(def->path.name));
    }
    nodes_place(b->plan, first, inner.view_span);
    ScopeTable *table = scope_add(b, &out->scope, def->path.name, node->schema, 0);
    for (uint32_t i = 0; i < def->ncols; i++) table->cols[i].name = def->cols[i].name;
    out->node = node;
    return true;
}

bool bind_table_name(Binder *b, const Path *path, const HintList *hints, Relation *out, Err *err)
{
    *out = (Relation){ 0 };
    const Options *options = NULL;
    if (!table_hints(hints, &options, err)) return false;
    const Cte *cte = find_cte(b, path);
    if (cte) return bind_cte(b, cte, path->span, out, err);
    ObjectPath full = binder_qualify(b, path);
    const TableDef *def = path->n <= 3 ? catalog_find(b->env->catalog, full) : NULL;
    if (!def) return no_table(b, full, path->span, err);
    if (def->kind == TABLE_VIEW) {
        if (options) {
            err_at(err, E_INVALID, path->span, "a view takes no OPTIONS hint");
            return err_hint(err, "Put the hint behind the table within the view.");
        }
        if (!bind_view(b, def, path->span, out, err)) return false;
    } else {
        out->node = plan_scan(b, def, options, path->span, err);
        if (!out->node) return false;
        scope_add(b, &out->scope, def->path.name, out->node->schema, 0);
    }
    out->scope.v[0].path = full;
    return true;
}

bool bind_subquery(Binder *b, const AstQuery *query, Str alias, const IdentList *cols, Relation *out, Err *err)
{
    *out = (Relation){ 0 };
    Binder inner = *b;
    inner.link = NULL;
    inner.depth++;
    if (too_deep(&inner, query->span, err)) return false;
    out->node = plan_query(&inner, query, err);
    if (!out->node) return false;
    ScopeTable *table = scope_add(b, &out->scope, alias, out->node->schema, 0);
    return rename_columns(b, table, cols, query->span, err);
}

/* --- the rest --- */

static bool bind_function(Binder *b, const AstFrom *from, Relation *out, Err *err)
{
    const Path *name = &from->call->u.call.name;
    if (name->n == 1 && is_window_function(name->part[0].name)) return bind_window_tvf(b, from->call, out, err);
    err_at(err, E_NO_FUNCTION, name->span, "table function \"" STR_FMT "\" does not exist", STR_ARG(name->part[name->n - 1].name));
    static const char *const names[] = { "TUMBLE", "HOP", "CUMULATE", "SESSION", "UNNEST" };
    Str known[5];
    for (int i = 0; i < 5; i++) known[i] = str_of(names[i]);
    int near = str_nearest(str_upper(b->arena, name->part[name->n - 1].name), known, 5);
    return err_hint(err, near >= 0 ? "Did you mean %s?" : "Table functions: TUMBLE, HOP, CUMULATE, SESSION, UNNEST.%s", near >= 0 ? names[near] : "");
}

static bool bind_item(Binder *b, const AstFrom *from, Relation *out, Err *err)
{
    switch (from->kind) {
    case FROM_TABLE:
        if (!bind_table_name(b, &from->table, &from->hints, out, err)) return false;
        return !from->as_of || refuse_clause(err, from->span, "FOR SYSTEM_TIME AS OF (a temporal join) is", "Join in the database that the result is written to.");
    case FROM_SUBQUERY: case FROM_VALUES: return bind_subquery(b, from->query, STR_NULL, NULL, out, err);
    case FROM_FUNCTION: return bind_function(b, from, out, err);
    case FROM_UNNEST: return bind_unnest(b, from, NULL, false, NULL, out, err);
    case FROM_JOIN: return bind_join(b, from, out, err);
    case FROM_MATCH:
        if (from->input ? !bind_from(b, from->input, out, err) : !bind_table_name(b, &from->table, &from->hints, out, err)) return false;
        return refuse_clause(err, from->span, "MATCH_RECOGNIZE is", "Count the steps per key with aggregates over a window.");
    }
    return false;
}

bool bind_from(Binder *b, const AstFrom *from, Relation *out, Err *err)
{
    *out = (Relation){ 0 };
    if (!bind_item(b, from, out, err)) return false;
    if (from->sample) return refuse_clause(err, from->span, "TABLESAMPLE is", "Filter with RAND() < fraction.");
    if (from->kind == FROM_JOIN || from->kind == FROM_UNNEST) return true;
    return add_alias(b, from, out, err);
}
