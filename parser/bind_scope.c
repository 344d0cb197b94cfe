/* Names: columns of a FROM clause, fields of rows, stars, paths of tables. Case counts, as in Flink; a miss names the nearest. */
#include "parser/bind.h"

ObjectPath binder_qualify(const Binder *b, const Path *path)
{
    uint32_t n = path->n > 3 ? 3 : path->n;
    const Ident *part = path->part + (path->n - n);
    return (ObjectPath){ n > 2 ? part[0].name : b->catalog, n > 1 ? part[n - 2].name : b->database, part[n - 1].name };
}

bool no_table(Binder *b, ObjectPath path, Span span, Err *err)
{
    err_at(err, E_NO_TABLE, span, "table or view \"" STR_FMT "\" does not exist", STR_ARG(path.name));
    Str near = catalog_nearest_table(b->env->catalog, path.name);
    for (const Cte *cte = b->ctes; cte && !near.len; cte = cte->outer)
        if (str_nearest(path.name, &cte->ast->name.name, 1) == 0) near = cte->ast->name.name;
    if (near.len) return err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(near));
    return err_hint(err, "SHOW TABLES lists the tables and views of the current database.");
}

ScopeTable *scope_add(Binder *b, Scope *scope, Str alias, const Schema *schema, uint32_t first_column)
{
    ScopeTable table = { .alias = alias, .n = schema->n, .cols = ARENA_ARRAY(b->arena, ScopeColumn, schema->n + 1) };
    for (uint32_t i = 0; i < schema->n; i++) table.cols[i] = (ScopeColumn){ .name = schema->cols[i].name, .type = schema->cols[i].type, .column = first_column + i };
    ARENA_PUSH(b->arena, *scope, table);
    return &scope->v[scope->n - 1];
}

/* --- columns --- */

static bool ambiguous(Str name, Span span, Err *err)
{
    err_at(err, E_AMBIGUOUS, span, "column \"" STR_FMT "\" is ambiguous", STR_ARG(name));
    return err_hint(err, "Put the table's alias before it, or give the columns of the subquery different names.");
}

/* The only column of that name in one table; NULL without err if there is none. bare: merged ones do not count. */
static const ScopeColumn *table_column(const ScopeTable *table, Str name, bool bare, Span span, Err *err)
{
    const ScopeColumn *found = NULL;
    for (uint32_t i = 0; i < table->n; i++) {
        if (!str_eq(table->cols[i].name, name) || (bare && table->cols[i].merged)) continue;
        if (found) {
            ambiguous(name, span, err);
            return NULL;
        }
        found = &table->cols[i];
    }
    return found;
}

static const ScopeColumn *any_column(const Scope *scope, Str name, Span span, Err *err)
{
    const ScopeColumn *found = NULL;
    for (uint32_t i = 0; i < scope->n; i++) {
        const ScopeColumn *column = table_column(&scope->v[i], name, true, span, err);
        if (err->set) return NULL;
        if (column && found) {
            ambiguous(name, span, err);
            return NULL;
        }
        if (column) found = column;
    }
    return found;
}

/* Number of leading parts of the path that name the table: 1 alias, 2 db.t, 3 cat.db.t; 0 = not this one. */
static uint32_t names_table(const ScopeTable *table, const Path *path)
{
    /* As in Flink: USER without quotes is a column's name at best. */
    if (!path->part[0].quoted && str_iis(path->part[0].name, "USER")) return 0;
    if (str_eq(table->alias, path->part[0].name) && table->alias.len) return 1;
    if (!table->path.name.len) return 0;
    if (path->n > 2 && str_eq(table->path.database, path->part[0].name) && str_eq(table->path.name, path->part[1].name)) return 2;
    if (path->n > 3 && str_eq(table->path.catalog, path->part[0].name) && str_eq(table->path.database, path->part[1].name) && str_eq(table->path.name, path->part[2].name)) return 3;
    return 0;
}

static Expr *no_column(Binder *b, const Scope *scope, const ScopeTable *table, Str name, Span span, Err *err)
{
    uint32_t n = 0, count = 0;
    for (uint32_t i = 0; i < scope->n; i++) count += scope->v[i].n;
    Str *names = ARENA_ARRAY(b->arena, Str, count + 1);
    for (uint32_t i = 0; i < scope->n; i++)
        for (uint32_t c = 0; (!table || table == &scope->v[i]) && c < scope->v[i].n; c++) names[n++] = scope->v[i].cols[c].name;
    err_at(err, E_NO_COLUMN, span, "column \"" STR_FMT "\" does not exist%s" STR_FMT "%s", STR_ARG(name), table ? " in \"" : "", STR_ARG(table ? table->alias : STR_NULL), table ? "\"" : "");
    int near = str_nearest(name, names, n);
    if (near >= 0) err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(names[near]));
    return NULL;
}

static Expr *no_alias(Binder *b, const Scope *scope, const Ident *name, Err *err)
{
    Str *names = ARENA_ARRAY(b->arena, Str, scope->n + 1);
    for (uint32_t i = 0; i < scope->n; i++) names[i] = scope->v[i].alias;
    err_at(err, E_NO_TABLE, name->span, "table \"" STR_FMT "\" is not in the FROM clause", STR_ARG(name->name));
    int near = str_nearest(name->name, names, scope->n);
    if (near >= 0) err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(names[near]));
    return NULL;
}

/* A name that is no column may also mean a field of the only ROW column that has it, as in Flink: of one table, or of all (NULL). */
static bool implicit_field(const Scope *scope, const ScopeTable *table, Str name, const ScopeColumn **column)
{
    uint32_t hits = 0;
    for (uint32_t i = 0; i < scope->n; i++)
        for (uint32_t c = 0; (!table || table == &scope->v[i]) && c < scope->v[i].n; c++) {
            const Type *row = scope->v[i].cols[c].type;
            for (uint32_t f = 0; row->kind == TYPE_ROW && f < row->nfields; f++)
                if (str_eq(row->fields[f].name, name)) *column = &scope->v[i].cols[c], hits++;
        }
    return hits == 1;
}

static Span span_to(const Path *path, uint32_t last)
{
    Span first = path->part[0].span, end = path->part[last].span;
    return (Span){ first.pos, end.pos + end.len - first.pos };
}

/* Fields of a row by exact name. */
static Expr *path_fields(Binder *b, Expr *base, const Path *path, uint32_t from, Err *err)
{
    for (uint32_t i = from; i < path->n; i++) {
        const Type *row = base->type;
        Str name = path->part[i].name;
        Str *names = ARENA_ARRAY(b->arena, Str, row->nfields + 1);
        uint32_t at = row->nfields;
        for (uint32_t f = row->kind == TYPE_ROW ? row->nfields : 0; f-- > 0;) {
            names[f] = row->fields[f].name;
            if (str_eq(names[f], name)) at = f;
        }
        if (row->kind != TYPE_ROW || at == row->nfields) {
            err_at(err, E_NO_COLUMN, path->part[i].span, row->kind == TYPE_ROW ? "the row has no field \"" STR_FMT "\"" : "\"" STR_FMT "\" is taken from a value that is no ROW", STR_ARG(name));
            int near = row->kind == TYPE_ROW ? str_nearest(name, names, row->nfields) : -1;
            if (near >= 0) err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(names[near]));
            return NULL;
        }
        Expr *args[2] = { base, expr_const(b->arena, type_simple(TYPE_INT, false), datum_i32((int32_t)at), path->part[i].span) };
        base = expr_call(&b->ctx, STR("FIELD"), args, 2, span_to(path, i), err);
        if (!base) return NULL;
    }
    return base;
}

static Expr *column_expr(Binder *b, const ScopeColumn *column, const Path *path, uint32_t at, Err *err)
{
    Expr *base = expr_column(b->arena, column->column, column->type, span_to(path, at));
    return path_fields(b, base, path, at + 1, err);
}

static Expr *inner_column(Binder *b, const Scope *scope, const Path *path, Err *err)
{
    for (uint32_t i = 0; path->n > 1 && i < scope->n; i++) {
        uint32_t parts = names_table(&scope->v[i], path);
        if (!parts) continue;
        const ScopeColumn *column = table_column(&scope->v[i], path->part[parts].name, false, path->part[parts].span, err);
        if (column) return column_expr(b, column, path, parts, err);
        if (err->set) return NULL;
        if (implicit_field(scope, &scope->v[i], path->part[parts].name, &column))
            return path_fields(b, expr_column(b->arena, column->column, column->type, path->span), path, parts, err);
        return no_column(b, scope, &scope->v[i], path->part[parts].name, path->part[parts].span, err);
    }
    const ScopeColumn *column = any_column(scope, path->part[0].name, path->part[0].span, err);
    if (err->set) return NULL;
    if (column) return column_expr(b, column, path, 0, err);
    if (path->n > 1) return no_alias(b, scope, &path->part[0], err);
    if (implicit_field(scope, NULL, path->part[0].name, &column)) return path_fields(b, expr_column(b->arena, column->column, column->type, path->span), path, 0, err);
    return no_column(b, scope, NULL, path->part[0].name, path->span, err);
}

static Expr *as_outer(Binder *b, Expr *expr)
{
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    if (expr->kind == EXPR_COLUMN) copy->column += OUTER_COLUMN;
    if (expr->nargs) copy->args = ARENA_ARRAY(b->arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = as_outer(b, expr->args[i]);
    return copy;
}

/* A name the query does not know may be one of the query around it. */
Expr *scope_column(Binder *b, const Scope *scope, const Path *path, Err *err)
{
    Err missing = { 0 }, ignored = { 0 };
    Expr *column = inner_column(b, scope, path, &missing);
    if (column) return column;
    if (b->link && (missing.code == E_NO_COLUMN || missing.code == E_NO_TABLE)) column = inner_column(b, b->link->outer, path, &ignored);
    if (column) return as_outer(b, column);
    *err = missing;
    return NULL;
}

/* --- stars --- */

static bool star_table(Binder *b, const ScopeTable *table, bool bare, Span span, SelectList *out, Err *err)
{
    for (uint32_t i = 0; i < table->n; i++) {
        const ScopeColumn *column = &table->cols[i];
        if (bare && column->merged) continue;
        if (!table_column(table, column->name, bare, span, err) && err->set) return false;
        SelectItem item = { expr_column(b->arena, column->column, column->type, span), column->name, span };
        ARENA_PUSH(b->arena, *out, item);
    }
    return true;
}

static bool star_row(Binder *b, Expr *row, Span span, SelectList *out, Err *err)
{
    if (row->type->kind != TYPE_ROW) {
        err_at(err, E_TYPE, span, ".* needs a table or a ROW");
        return false;
    }
    for (uint32_t i = 0; i < row->type->nfields; i++) {
        Expr *args[2] = { row, expr_const(b->arena, type_simple(TYPE_INT, false), datum_i32((int32_t)i), span) };
        SelectItem item = { expr_call(&b->ctx, STR("FIELD"), args, 2, span, err), row->type->fields[i].name, span };
        if (!item.expr) return false;
        ARENA_PUSH(b->arena, *out, item);
    }
    return true;
}

bool scope_star(Binder *b, const ExprScope *es, const Path *qualifier, Span span, SelectList *out, Err *err)
{
    const Scope *scope = es->scope;
    if (!qualifier || qualifier->n == 0) {
        if (scope->n == 0) return err_at(err, E_INVALID, span, "SELECT * needs a FROM clause");
        for (uint32_t i = 0; i < scope->n; i++)
            if (!star_table(b, &scope->v[i], true, span, out, err)) return false;
        return true;
    }
    for (uint32_t i = 0; i < scope->n; i++) {
        const ScopeTable *table = &scope->v[i];
        bool whole = table->path.name.len && qualifier->n == 2 && str_eq(table->path.database, qualifier->part[0].name) && str_eq(table->path.name, qualifier->part[1].name);
        if (whole || (qualifier->n == 1 && table->alias.len && str_eq(table->alias, qualifier->part[0].name))) return star_table(b, table, false, span, out, err);
    }
    if (qualifier->n == 1) {
        Err ignored = { 0 };
        if (!any_column(scope, qualifier->part[0].name, span, &ignored)) {
            no_alias(b, scope, &qualifier->part[0], err);
            return false;
        }
    }
    Expr *row = scope_column(b, scope, qualifier, err);
    return row && star_row(b, row, span, out, err);
}
