/* CREATE VIEW and ALTER VIEW. The query is planned once to check it and to learn its columns; the catalog keeps its text as
 * written (view_original, with the names that were current) and written out in full (view_text). */
#include "parser/ddl.h"

/* The name Flink gives an item by itself; STR_NULL for EXPR$n and stars. */
static Str item_name(const AstItem *item)
{
    if (item->alias.name.len) return item->alias.name;
    if (item->expr->kind == AST_NAME) return item->expr->u.name.part[item->expr->u.name.n - 1].name;
    if (item->expr->kind == AST_FIELD && !item->expr->u.field.star) return item->expr->u.field.field.name;
    return STR_NULL;
}

/* The planner renames doubles (a, a0); a view must not have them. */
static bool check_doubles(const AstQuery *query, Err *err)
{
    while (query->kind == QUERY_SETOP) query = query->left;
    if (query->kind != QUERY_SELECT) return true;
    for (uint32_t i = 0; i < query->items.n; i++)
        for (uint32_t k = 0; k < i; k++) {
            Str name = item_name(&query->items.v[i]);
            if (!name.len || !str_eq(name, item_name(&query->items.v[k]))) continue;
            err_at(err, E_DUP_COLUMN, query->items.v[i].span, "column \"" STR_FMT "\" stands twice in the view", STR_ARG(name));
            return err_hint(err, "Give one of them another name with AS.");
        }
    return true;
}

static void free_plan(void *plan)
{
    plan_free(plan);
}

static bool view_columns(AnalyzeEnv *env, Arena *arena, const AstQuery *query, const IdentList *names, Span span, TableDef *def, Err *err)
{
    for (uint32_t i = 0; i < names->n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(names->v[i].name, names->v[k].name)) return err_at(err, E_DUP_COLUMN, names->v[i].span, "column \"" STR_FMT "\" stands twice in the view", STR_ARG(names->v[i].name));
    if (!names->n && !check_doubles(query, err)) return false;
    Plan *plan = plan_new(env);
    BoundQuery bound;
    bool ok = query_plan(env, plan, query, &bound, err);
    if (ok && names->n && names->n != bound.schema->n)
        ok = err_at(err, E_INVALID, span, "the view names %u columns, its query has %u", names->n, bound.schema->n);
    if (ok) {
        def->ncols = bound.schema->n;
        def->cols = ARENA_ARRAY(arena, TableColumn, bound.schema->n + 1);
    }
    for (uint32_t i = 0; ok && i < bound.schema->n; i++) {
        TableColumn *col = &def->cols[i];
        col->name = str_dup(arena, names->n ? names->v[i].name : bound.schema->cols[i].name);
        col->type = bound.schema->cols[i].type;
    }
    /* The types are the plan's: the catalog copies them before it goes. */
    if (ok) arena_cleanup(arena, free_plan, plan);
    else plan_free(plan);
    return ok;
}

static void view_texts(AnalyzeEnv *env, Arena *arena, Str text, Span span, TableDef *def)
{
    def->view_original = str_trim(str_sub(text, span.pos, span.len));
    def->view_text = view_expand(env, arena, def->view_original);
    def->view_context = (ObjectPath){ catalog_current(env->catalog), catalog_current_database(env->catalog), STR("") };
}

bool ddl_create_view(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, Str text, Err *err)
{
    TableDef def = { .kind = TABLE_VIEW, .temporary = stmt->u.create_view.temporary, .comment = stmt->u.create_view.comment, .has_comment = stmt->u.create_view.has_comment };
    const Path *name = &stmt->u.create_view.name;
    if (!ddl_path(env, name, &def.path, err)) return false;
    if (!view_columns(env, arena, stmt->u.create_view.query, &stmt->u.create_view.cols, name->span, &def, err)) return false;
    view_texts(env, arena, text, stmt->u.create_view.query_span, &def);
    return catalog_add_table(env->catalog, &def, stmt->u.create_view.if_not_exists, err) || err_span(err, name->span);
}

bool ddl_alter_view(AnalyzeEnv *env, Arena *arena, const AstAlter *alter, Str text, Err *err)
{
    ObjectPath path;
    if (!ddl_path(env, &alter->name, &path, err)) return false;
    const TableDef *found = catalog_find(env->catalog, path);
    if (!found || found->temporary) {
        ddl_no_table(env, path, alter->name.span, "view", err);
        return found ? err_hint(err, "It is temporary: DROP TEMPORARY VIEW and create it anew.") : false;
    }
    if (found->kind != TABLE_VIEW) {
        err_at(err, E_INVALID, alter->name.span, "\"" STR_FMT "\" is a table", STR_ARG(path.name));
        return err_hint(err, "Use ALTER TABLE.");
    }
    if (alter->kind == ALTER_RENAME) return catalog_rename_table(env->catalog, path, alter->rename_to.part[alter->rename_to.n - 1].name, err) || err_span(err, alter->rename_to.span);
    TableDef def = *found;
    IdentList none = { 0 };
    if (!view_columns(env, arena, alter->query, &none, alter->name.span, &def, err)) return false;
    view_texts(env, arena, text, alter->query->span, &def);
    return catalog_replace_table(env->catalog, &def, err);
}
