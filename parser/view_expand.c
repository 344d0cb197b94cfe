/* Writes a view's query out in full, as SHOW CREATE VIEW prints it: tables by their whole path with an alias, columns with
 * their table's alias, `*` as columns. Only what is certain changes: a name that no known table of its SELECT has, or that two
 * have, stays as written. Works on a tree of its own; pure. */
#include "parser/ddl.h"

/* What a FROM clause offers: known = every column is known. */
typedef struct Source { Str alias; Str *cols; uint32_t n; bool known; } Source;
typedef struct Scope { struct { Source *v; uint32_t n, cap; } sources; const struct Scope *outer; bool opaque; /* some source is not known */ } Scope;
typedef struct Ctes { const struct Ctes *outer; Str name; Str *cols; uint32_t n; bool known; } Ctes;
typedef struct Expand { AnalyzeEnv *env; Arena *arena; uint32_t depth; } Expand;

enum { DEPTH_MAX = 200 };

static void expand_query(Expand *x, AstQuery *query, const Scope *outer, const Ctes *ctes);
static void expand_expr(Expand *x, Ast *ast, const Scope *scope, const Ctes *ctes);
static bool output_names(Expand *x, const AstQuery *query, const Ctes *ctes, Source *out);

static const Ctes *find_cte(const Ctes *ctes, Str name)
{
    while (ctes && !str_eq(ctes->name, name)) ctes = ctes->outer;
    return ctes;
}

static Ident quoted(Str name)
{
    return (Ident){ .name = name, .quoted = true };
}

/* --- what a FROM item offers --- */

static void source_of_table(Expand *x, const AstFrom *from, const Ctes *ctes, Source *out)
{
    Str parts[3];
    uint32_t n = from->table.n > 3 ? 3 : from->table.n;
    for (uint32_t i = 0; i < n; i++) parts[i] = from->table.part[from->table.n - n + i].name;
    const Ctes *cte = n == 1 ? find_cte(ctes, parts[0]) : NULL;
    if (cte) {
        *out = (Source){ parts[0], cte->cols, cte->n, cte->known };
        return;
    }
    const TableDef *def = catalog_find(x->env->catalog, catalog_qualify(x->env->catalog, parts, n));
    out->alias = parts[n - 1];
    if (!def) return;
    out->cols = ARENA_ARRAY(x->arena, Str, def->ncols + 1);
    for (uint32_t i = 0; i < def->ncols; i++) out->cols[out->n++] = def->cols[i].name;
    out->known = true;
}

static void add_source(Expand *x, const AstFrom *from, Scope *scope, const Ctes *ctes)
{
    if (from->kind == FROM_JOIN) {
        add_source(x, from->join.left, scope, ctes);
        add_source(x, from->join.right, scope, ctes);
        if (from->join.natural || from->join.using_cols.n) scope->opaque = true;     /* merged columns belong to no side */
        return;
    }
    Source source = { 0 };
    if (from->kind == FROM_TABLE && from->table.n) source_of_table(x, from, ctes, &source);
    else if (from->kind == FROM_SUBQUERY) source.known = output_names(x, from->query, ctes, &source);
    if (from->alias.name.len) source.alias = from->alias.name;
    if (from->alias_cols.n) {
        source.known = true;
        source.n = from->alias_cols.n;
        source.cols = ARENA_ARRAY(x->arena, Str, source.n + 1);
        for (uint32_t i = 0; i < source.n; i++) source.cols[i] = from->alias_cols.v[i].name;
    }
    if (!source.known || !source.alias.len) scope->opaque = true;
    ARENA_PUSH(x->arena, scope->sources, source);
}

static Str own_name(const AstItem *item)
{
    if (item->alias.name.len) return item->alias.name;
    if (item->expr->kind == AST_NAME) return item->expr->u.name.part[item->expr->u.name.n - 1].name;
    return STR_NULL;
}

/* Names a sub-query yields; false when some are not certain. */
static bool output_names(Expand *x, const AstQuery *query, const Ctes *ctes, Source *out)
{
    while (query->kind == QUERY_SETOP) query = query->left;
    if (query->kind != QUERY_SELECT || query->with.n || ++x->depth > DEPTH_MAX) return false;
    Scope scope = { 0 };
    if (query->from) add_source(x, query->from, &scope, ctes);
    struct { Str *v; uint32_t n, cap; } names = { 0 };
    bool known = true;
    for (uint32_t i = 0; i < query->items.n && known; i++) {
        const AstItem *item = &query->items.v[i];
        if (item->expr->kind == AST_STAR) {
            known = !scope.opaque && item->expr->u.name.n == 0;
            for (uint32_t s = 0; known && s < scope.sources.n; s++)
                for (uint32_t c = 0; c < scope.sources.v[s].n; c++) ARENA_PUSH(x->arena, names, scope.sources.v[s].cols[c]);
            continue;
        }
        Str name = own_name(item);
        if (!name.len) name = str_printf(x->arena, "EXPR$%u", names.n);
        ARENA_PUSH(x->arena, names, name);
    }
    x->depth--;
    out->cols = names.v;
    out->n = names.n;
    return known;
}

/* --- expressions --- */

static bool source_has(const Source *source, Str name)
{
    for (uint32_t i = 0; i < source->n; i++)
        if (str_eq(source->cols[i], name)) return true;
    return false;
}

/* Alias to put before a name: the only source of the nearest scope that has it. */
static Str qualifier(const Path *path, const Scope *scope)
{
    Str first = path->part[0].name;
    for (; scope; scope = scope->outer) {
        const Source *found = NULL;
        uint32_t hits = 0;
        for (uint32_t i = 0; i < scope->sources.n; i++) {
            const Source *source = &scope->sources.v[i];
            if (path->n > 1 && str_eq(source->alias, first)) return STR_NULL;        /* qualified already */
            if (source_has(source, first)) found = source, hits++;
        }
        if (scope->opaque) return STR_NULL;
        if (hits) return hits == 1 ? found->alias : STR_NULL;
    }
    return STR_NULL;
}

static void expand_name(Expand *x, Path *path, const Scope *scope)
{
    Str alias = qualifier(path, scope);
    if (!alias.len) return;
    Ident *parts = ARENA_ARRAY(x->arena, Ident, path->n + 1);
    parts[0] = quoted(alias);
    memcpy(parts + 1, path->part, sizeof *parts * path->n);
    path->part = parts;
    path->n++;
}

static void expand_list(Expand *x, AstList *list, const Scope *scope, const Ctes *ctes)
{
    for (uint32_t i = 0; i < list->n; i++) expand_expr(x, list->v[i], scope, ctes);
}

static void expand_orders(Expand *x, OrderList *orders, const Scope *scope, const Ctes *ctes)
{
    for (uint32_t i = 0; i < orders->n; i++) expand_expr(x, orders->v[i].expr, scope, ctes);
}

static void expand_window(Expand *x, AstWindow *window, const Scope *scope, const Ctes *ctes)
{
    if (!window) return;
    expand_list(x, &window->partition, scope, ctes);
    expand_orders(x, &window->order, scope, ctes);
}

static void expand_expr(Expand *x, Ast *ast, const Scope *scope, const Ctes *ctes)
{
    if (!ast || ++x->depth > DEPTH_MAX) return;
    switch (ast->kind) {
    case AST_NAME: expand_name(x, &ast->u.name, scope); break;
    case AST_OP: expand_list(x, &ast->u.op.args, scope, ctes); break;
    case AST_CALL:
        expand_list(x, &ast->u.call.args, scope, ctes);
        expand_expr(x, ast->u.call.filter, scope, ctes);
        expand_window(x, ast->u.call.over, scope, ctes);
        expand_orders(x, &ast->u.call.order, scope, ctes);
        break;
    case AST_CASE:
        expand_expr(x, ast->u.kase.operand, scope, ctes);
        expand_list(x, &ast->u.kase.when, scope, ctes);
        expand_list(x, &ast->u.kase.then, scope, ctes);
        expand_expr(x, ast->u.kase.otherwise, scope, ctes);
        break;
    case AST_CAST: expand_expr(x, ast->u.cast.expr, scope, ctes); break;
    case AST_SUBQUERY: case AST_QUERY_ARRAY: expand_query(x, ast->u.sub.query, scope, ctes); break;
    case AST_IN:
        expand_expr(x, ast->u.in.expr, scope, ctes);
        expand_list(x, &ast->u.in.list, scope, ctes);
        if (ast->u.in.query) expand_query(x, ast->u.in.query, scope, ctes);
        break;
    case AST_BETWEEN:
        expand_expr(x, ast->u.between.expr, scope, ctes);
        expand_expr(x, ast->u.between.low, scope, ctes);
        expand_expr(x, ast->u.between.high, scope, ctes);
        break;
    case AST_ROW: case AST_ARRAY: case AST_MAP: expand_list(x, &ast->u.items.items, scope, ctes); break;
    case AST_INDEX:
        expand_expr(x, ast->u.index.base, scope, ctes);
        expand_expr(x, ast->u.index.index, scope, ctes);
        break;
    case AST_FIELD: expand_expr(x, ast->u.field.base, scope, ctes); break;
    case AST_INTERVAL_OF: expand_expr(x, ast->u.interval_of.expr, scope, ctes); break;
    case AST_NAMED_ARG: expand_expr(x, ast->u.named.value, scope, ctes); break;
    case AST_LITERAL: case AST_STAR: case AST_SYMBOL: case AST_DESCRIPTOR: case AST_TABLE_ARG: break;
    }
    x->depth--;
}

/* --- FROM and the query --- */

static void qualify_table(Expand *x, Path *path, const Ctes *ctes)
{
    if (path->n == 0 || path->n > 3 || (path->n == 1 && find_cte(ctes, path->part[0].name))) return;
    Str parts[3];
    for (uint32_t i = 0; i < path->n; i++) parts[i] = path->part[i].name;
    ObjectPath full = catalog_qualify(x->env->catalog, parts, path->n);
    if (!catalog_find(x->env->catalog, full)) return;
    Ident *idents = ARENA_ARRAY(x->arena, Ident, 3);
    idents[0] = quoted(full.catalog);
    idents[1] = quoted(full.database);
    idents[2] = quoted(full.name);
    path->part = idents;
    path->n = 3;
}

/* TABLE t arguments of window functions sit inside calls. */
static void qualify_arguments(Expand *x, Ast *call, const Ctes *ctes)
{
    for (uint32_t i = 0; call && call->kind == AST_CALL && i < call->u.call.args.n; i++) {
        Ast *arg = call->u.call.args.v[i];
        if (arg->kind == AST_NAMED_ARG) arg = arg->u.named.value;
        if (arg->kind == AST_TABLE_ARG) qualify_table(x, &arg->u.table_arg.table, ctes);
        if (arg->kind == AST_TABLE_ARG && arg->u.table_arg.query) expand_query(x, arg->u.table_arg.query, NULL, ctes);
    }
}

static void expand_from(Expand *x, AstFrom *from, const Scope *scope, const Ctes *ctes)
{
    if (!from) return;
    switch (from->kind) {
    case FROM_TABLE:
        if (!from->alias.name.len && !from->alias_cols.n && from->table.n) from->alias = quoted(from->table.part[from->table.n - 1].name);
        qualify_table(x, &from->table, ctes);
        break;
    case FROM_SUBQUERY: case FROM_VALUES:
        if (from->query) expand_query(x, from->query, from->lateral ? scope : NULL, ctes);
        break;
    case FROM_FUNCTION:
        qualify_arguments(x, from->call, ctes);
        break;
    case FROM_JOIN:
        expand_from(x, from->join.left, scope, ctes);
        expand_from(x, from->join.right, scope, ctes);
        expand_expr(x, from->join.on, scope, ctes);
        break;
    case FROM_UNNEST:
        expand_list(x, &from->unnest, scope, ctes);
        break;
    case FROM_MATCH:
        if (from->table.n) qualify_table(x, &from->table, ctes);
        expand_from(x, from->input, scope, ctes);
        break;
    }
    if (from->as_of) expand_expr(x, from->as_of, scope, ctes);
}

static Ast *column_of(Expand *x, const Source *source, Str name)
{
    Ast *ast = ARENA_NEW(x->arena, Ast);
    Ident *parts = ARENA_ARRAY(x->arena, Ident, 2);
    parts[0] = quoted(source->alias);
    parts[1] = quoted(name);
    ast->kind = AST_NAME;
    ast->u.name = (Path){ parts, 2, { 0, 0 } };
    return ast;
}

/* `*` and `t.*` become columns when their sources are known. */
static void expand_stars(Expand *x, AstQuery *query, const Scope *scope)
{
    ItemList items = { 0 };
    for (uint32_t i = 0; i < query->items.n; i++) {
        const AstItem *item = &query->items.v[i];
        if (item->expr->kind != AST_STAR || scope->opaque || item->expr->u.name.n > 1) {
            ARENA_PUSH(x->arena, items, *item);
            continue;
        }
        for (uint32_t s = 0; s < scope->sources.n; s++) {
            const Source *source = &scope->sources.v[s];
            if (item->expr->u.name.n && !str_eq(item->expr->u.name.part[0].name, source->alias)) continue;
            for (uint32_t c = 0; c < source->n; c++) {
                AstItem column = { .expr = column_of(x, source, source->cols[c]), .span = item->span };
                ARENA_PUSH(x->arena, items, column);
            }
        }
    }
    query->items = items;
}

static void expand_groups(Expand *x, AstGroup *groups, uint32_t n, const Scope *scope, const Ctes *ctes)
{
    for (uint32_t i = 0; i < n; i++) {
        expand_expr(x, groups[i].expr, scope, ctes);
        expand_list(x, &groups[i].exprs, scope, ctes);
        expand_groups(x, groups[i].sets, groups[i].n, scope, ctes);
    }
}

/* ORDER BY sees the aliases of the select list first. */
static bool names_output(const AstQuery *query, const Ast *ast)
{
    if (ast->kind != AST_NAME || ast->u.name.n != 1) return false;
    for (uint32_t i = 0; i < query->items.n; i++)
        if (query->items.v[i].alias.name.len && str_eq(query->items.v[i].alias.name, ast->u.name.part[0].name)) return true;
    return false;
}

static void expand_select(Expand *x, AstQuery *query, const Scope *outer, const Ctes *ctes)
{
    Scope scope = { .outer = outer };
    if (query->from) {
        add_source(x, query->from, &scope, ctes);
        expand_from(x, query->from, &scope, ctes);
    }
    expand_stars(x, query, &scope);
    for (uint32_t i = 0; i < query->items.n; i++)
        if (query->items.v[i].expr->kind != AST_NAME || query->items.v[i].expr->u.name.n == 1) expand_expr(x, query->items.v[i].expr, &scope, ctes);
    expand_expr(x, query->where, &scope, ctes);
    expand_groups(x, query->group.v, query->group.n, &scope, ctes);
    expand_expr(x, query->having, &scope, ctes);
    for (uint32_t i = 0; i < query->order.n; i++)
        if (!names_output(query, query->order.v[i].expr)) expand_expr(x, query->order.v[i].expr, &scope, ctes);
    for (uint32_t i = 0; i < query->windows.n; i++) expand_window(x, query->windows.v[i].window, &scope, ctes);
}

static void expand_query(Expand *x, AstQuery *query, const Scope *outer, const Ctes *ctes)
{
    if (!query || ++x->depth > DEPTH_MAX) return;
    for (uint32_t i = 0; i < query->with.n; i++) {
        AstCte *cte = &query->with.v[i];
        expand_query(x, cte->query, NULL, ctes);
        Ctes *named = ARENA_NEW(x->arena, Ctes);
        Source names = { 0 };
        bool known = output_names(x, cte->query, ctes, &names);
        *named = (Ctes){ ctes, cte->name.name, names.cols, names.n, known && !cte->cols.n };
        ctes = named;
    }
    switch (query->kind) {
    case QUERY_SELECT: expand_select(x, query, outer, ctes); break;
    case QUERY_SETOP:
        expand_query(x, query->left, outer, ctes);
        expand_query(x, query->right, outer, ctes);
        break;
    case QUERY_TABLE: qualify_table(x, &query->table, ctes); break;
    case QUERY_VALUES: expand_list(x, &query->rows, outer, ctes); break;
    }
    x->depth--;
}

Str view_expand(AnalyzeEnv *env, Arena *arena, Str query_text)
{
    Err err = { 0 };
    AstQuery *query = parse_query(arena, query_text, &err);
    if (!query) return query_text;
    Expand x = { env, arena, 0 };
    expand_query(&x, query, NULL, NULL);
    StrBuf printed = { 0 };
    query_print(query, true, &printed);
    Str text = str_dup(arena, strbuf_str(&printed));
    strbuf_free(&printed);
    return parse_query(arena, text, &err) ? text : query_text;
}
