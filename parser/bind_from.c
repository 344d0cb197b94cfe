/* FROM: tables, views, WITH names, subqueries, table functions. Joins are bound (so that a wrong name is told first) and refused;
 * their plan goes where bind_join ends. */
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

/* Hints of Flink that choose join and state strategies: accepted where they name what exists; weir needs none of them. */
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

static bool bind_view(Binder *b, const TableDef *def, Span span, Relation *out, Err *err)
{
    Binder inner = *b;
    inner.ctes = NULL;
    inner.catalog = def->view_context.catalog;
    inner.database = def->view_context.database;
    inner.depth++;
    if (!inner.view_span.len) inner.view_span = span;
    if (too_deep(&inner, span, err)) return false;
    AstQuery *query = parse_query(b->arena, def->view_text, err);
    PlanNode *node = query ? plan_query(&inner, query, err) : NULL;
    if (node && node->schema->n != def->ncols) err_at(err, E_INVALID, span, "view \"" STR_FMT "\" had %u columns when it was made, its query has %u now", STR_ARG(def->path.name), def->ncols, node->schema->n);
    if (!node || err->set) {
        err->span = span;
        return err_detail(err, "It comes from the query of view \"" STR_FMT "\".", STR_ARG(def->path.name));
    }
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
    inner.depth++;
    if (too_deep(&inner, query->span, err)) return false;
    out->node = plan_query(&inner, query, err);
    if (!out->node) return false;
    ScopeTable *table = scope_add(b, &out->scope, alias, out->node->schema, 0);
    return rename_columns(b, table, cols, query->span, err);
}

/* --- joins --- */

static bool check_join_names(const Scope *left, const Scope *right, Span span, Err *err)
{
    for (uint32_t i = 0; i < left->n; i++)
        for (uint32_t k = 0; k < right->n; k++)
            if (left->v[i].alias.len && str_eq(left->v[i].alias, right->v[k].alias))
                return err_at(err, E_DUP_TABLE, span, "table name \"" STR_FMT "\" stands twice in FROM", STR_ARG(right->v[k].alias)), err_hint(err, "Give one of them another alias.");
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

static bool check_using(const Relation *left, const Relation *right, const IdentList *cols, Err *err)
{
    for (uint32_t c = 0; c < cols->n; c++) {
        const Relation *sides[2] = { left, right };
        for (int s = 0; s < 2; s++) {
            bool found = false;
            for (uint32_t i = 0; i < sides[s]->scope.n; i++)
                for (uint32_t k = 0; k < sides[s]->scope.v[i].n; k++) found = found || str_eq(sides[s]->scope.v[i].cols[k].name, cols->v[c].name);
            if (!found) return err_at(err, E_NO_COLUMN, cols->v[c].span, "column \"" STR_FMT "\" of USING does not exist on both sides", STR_ARG(cols->v[c].name));
        }
    }
    return true;
}

static bool bind_join(Binder *b, const AstFrom *from, Relation *out, Err *err)
{
    Relation left, right;
    if (!check_join_form(from, err) || !bind_from(b, from->join.left, &left, err)) return false;
    const AstFrom *with = from->join.right;
    if (with->kind == FROM_UNNEST && (from->join.kind == JOIN_RIGHT || from->join.kind == JOIN_FULL)) return refuse_clause(err, from->span, "RIGHT or FULL JOIN UNNEST is", "Use LEFT JOIN UNNEST.");
    if (with->kind == FROM_UNNEST) return bind_unnest(b, with, &left, from->join.kind == JOIN_LEFT, from->join.on, out, err);
    if (with->lateral) return refuse_clause(err, with->span, "LATERAL is", "Compute what it needs in a query of its own first; UNNEST works without LATERAL.");
    if (!bind_from(b, with, &right, err) || !check_join_names(&left.scope, &right.scope, with->span, err) || !check_using(&left, &right, &from->join.using_cols, err)) return false;
    uint32_t width = left.node->schema->n;
    *out = left;
    for (uint32_t i = 0; i < right.scope.n; i++) {
        ScopeTable table = right.scope.v[i];
        for (uint32_t c = 0; c < table.n; c++) table.cols[c].column += width;
        ARENA_PUSH(b->arena, out->scope, table);
    }
    const ExprScope es = { .scope = &out->scope, .clause = "ON clause" };
    if (from->join.on && !bind_condition(b, &es, from->join.on, err)) return false;
    return refuse_clause(err, from->span, "joins are", "Join in the database that the result is written to, or put both streams together with UNION ALL and GROUP BY the key.");
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
