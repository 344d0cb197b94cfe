/* CREATE TABLE, CREATE TABLE .. LIKE, CREATE / REPLACE TABLE .. AS. Options are not looked at here: Flink checks them where
 * the table is used (table_connector), and so does weir. CTAS makes the table first, then the plan that fills it; when the plan
 * fails the catalog is put back. */
#include "parser/ddl.h"

static bool add_columns(Draft *draft, const AstCreateTable *create, Err *err)
{
    for (uint32_t i = 0; i < create->columns.n; i++) {
        DraftColumn column;
        if (!draft_column(draft, &create->columns.v[i], &column, err)) return false;
        if (!draft_insert(draft, draft->cols.n, &column, err)) return false;
    }
    return true;
}

static bool add_keys(Draft *draft, const AstCreateTable *create, Err *err)
{
    for (uint32_t i = 0; i < create->keys.n; i++)
        if (!draft_key(draft, &create->keys.v[i], err)) return false;
    return !create->watermark || draft_watermark(draft, create->watermark, err);
}

static bool draft_begin(Draft *draft, AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, Err *err)
{
    *draft = (Draft){ .env = env, .arena = arena };
    TableDef *def = &draft->def;
    if (!ddl_path(env, &create->name, &def->path, err)) return false;
    def->kind = TABLE_TABLE;
    def->temporary = create->temporary;
    def->comment = create->comment;
    def->has_comment = create->has_comment;
    def->options = create->options;
    def->dist_buckets = -1;
    def->npartition = create->partition.n;
    def->partition = ARENA_ARRAY(arena, Str, create->partition.n + 1);
    for (uint32_t i = 0; i < create->partition.n; i++) def->partition[i] = create->partition.v[i].name;
    return true;
}

static bool apply_like(Draft *draft, const AstCreateTable *create, Err *err)
{
    ObjectPath path;
    if (!ddl_path(draft->env, &create->like, &path, err)) return false;
    const TableDef *base = catalog_find(draft->env->catalog, path);
    if (!base) return ddl_no_table(draft->env, path, create->like.span, "source table", err);
    if (base->kind == TABLE_VIEW) {
        err_at(err, E_INVALID, create->like.span, "\"" STR_FMT "\" is a view: LIKE takes tables only", STR_ARG(ddl_path_text(draft->arena, path)));
        return err_hint(err, "CREATE TABLE .. AS SELECT * FROM the view copies its columns.");
    }
    return draft_like(draft, base, create, err);
}

/* --- CREATE TABLE AS --- */

/* A column of the query as a column of the new table. */
static DraftColumn query_column(Draft *draft, const Column *col)
{
    return (DraftColumn){ .col = { .name = col->name, .kind = TCOL_PHYSICAL, .type = type_with_attr(draft->arena, col->type, ATTR_NONE) }, .inherited = true };
}

static bool as_named_columns(Draft *draft, const AstCreateTable *create, const Schema *query, Err *err)
{
    if (create->columns.n != query->n)
        return err_at(err, E_INVALID, create->columns.v[0].span, "the column list has %u names, the query has %u columns", create->columns.n, query->n);
    for (uint32_t i = 0; i < create->columns.n; i++) {
        const AstColumn *name = &create->columns.v[i];
        int at = schema_find(query, name->name.name);
        if (at < 0) return err_at(err, E_NO_COLUMN, name->span, "column \"" STR_FMT "\" is not a column of the query", STR_ARG(name->name.name));
        DraftColumn column = query_column(draft, &query->cols[at]);
        column.span = name->span;
        if (!draft_insert(draft, draft->cols.n, &column, err)) return false;
    }
    return true;
}

/* Typed list: columns the query lacks come first, those it has override its types in place. */
static bool as_typed_columns(Draft *draft, const AstCreateTable *create, const Schema *query, Err *err)
{
    if (!add_columns(draft, create, err)) return false;
    uint32_t first = 0;
    DraftColumn *own = ARENA_ARRAY(draft->arena, DraftColumn, draft->cols.n + 1);
    uint32_t nown = draft->cols.n;
    if (nown) memcpy(own, draft->cols.v, sizeof *own * nown);
    draft->cols.n = 0;
    for (uint32_t i = 0; i < nown; i++)
        if (schema_find(query, own[i].col.name) < 0 && !draft_insert(draft, first++, &own[i], err)) return false;
    for (uint32_t i = 0; i < query->n; i++) {
        DraftColumn column = query_column(draft, &query->cols[i]);
        for (uint32_t k = 0; k < nown; k++)
            if (str_eq(own[k].col.name, column.col.name)) column = own[k];
        if (!draft_insert(draft, draft->cols.n, &column, err)) return false;
    }
    return true;
}

static bool as_draft(Draft *draft, AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, const Schema *query, Err *err)
{
    if (!draft_begin(draft, env, arena, create, err)) return false;
    bool names = create->columns.n && create->columns.v[0].kind == COLUMN_NAME_ONLY;
    if (!(names ? as_named_columns(draft, create, query, err) : as_typed_columns(draft, create, query, err))) return false;
    if (!add_keys(draft, create, err)) return false;
    if (create->distribution.given && !draft_distribution(draft, &create->distribution, err)) return false;
    return draft_finish(draft, err);
}

static Path full_path(Arena *arena, ObjectPath path, Span span)
{
    Ident *parts = ARENA_ARRAY(arena, Ident, 3);
    const Str names[] = { path.catalog, path.database, path.name };
    for (int i = 0; i < 3; i++) parts[i] = (Ident){ names[i], span, true };
    return (Path){ parts, 3, span };
}

/* The plan of INSERT INTO path [(names of the query)] query. */
static bool plan_fill(AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, ObjectPath path, const Schema *named, Plan **plan_owned, Err *err)
{
    AstInsert insert = { .table = full_path(arena, path, create->name.span), .query = create->as };
    for (uint32_t i = 0; named && i < named->n; i++) {
        Ident name = { named->cols[i].name, create->name.span, true };
        ARENA_PUSH(arena, insert.columns, name);
    }
    Plan *plan = plan_new(env);
    if (insert_plan(env, plan, &insert, err) && plan_finish(env, plan, err)) {
        *plan_owned = plan;
        return true;
    }
    plan_free(plan);
    return false;
}

/* Puts the table into the catalog; *old = what it replaced (NULL = nothing, the table is new). */
static bool as_store(AnalyzeEnv *env, const AstCreateTable *create, const TableDef *def, const TableDef **old, Err *err)
{
    bool replace = create->or_replace || create->replace_only;
    *old = catalog_find_kind(env->catalog, def->path, false);
    if (*old && (*old)->kind == TABLE_VIEW) return err_at(err, E_DUP_TABLE, create->name.span, "\"" STR_FMT "\" is a view", STR_ARG(def->path.name));
    if (!*old && create->replace_only) {
        ddl_no_table(env, def->path, create->name.span, "table", err);
        return err_hint(err, "CREATE OR REPLACE TABLE makes it when it is missing.");
    }
    if (*old && replace) return catalog_replace_table(env->catalog, def, err);
    return catalog_add_table(env->catalog, def, false, err) || err_span(err, create->name.span);
}

static void as_undo(AnalyzeEnv *env, ObjectPath path, const TableDef *old)
{
    Err ignored = { 0 };
    bool done = old ? catalog_replace_table(env->catalog, old, &ignored) : catalog_drop_table(env->catalog, path, TABLE_TABLE, false, true, &ignored);
    (void)done;
}

static bool as_make(AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, bool keep, const Schema *query, Plan **plan_owned, Err *err)
{
    ObjectPath path;
    if (!ddl_path(env, &create->name, &path, err)) return false;
    if (create->if_not_exists && catalog_find_kind(env->catalog, path, false)) return plan_fill(env, arena, create, path, NULL, plan_owned, err);
    Draft draft;
    const TableDef *old;
    if (!as_draft(&draft, env, arena, create, query, err) || !as_store(env, create, &draft.def, &old, err)) return false;
    bool ok = plan_fill(env, arena, create, path, query, plan_owned, err);
    if (!ok || !keep) as_undo(env, path, old);
    return ok;
}

bool create_table_as(AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, bool keep, Plan **plan_owned, Err *err)
{
    if (create->temporary) {
        err_at(err, E_UNSUPPORTED, create->name.span, "CREATE TEMPORARY TABLE .. AS is not supported");
        return err_hint(err, "Leave TEMPORARY out, or write CREATE TEMPORARY TABLE and INSERT INTO apart.");
    }
    Plan *probe = plan_new(env);
    BoundQuery bound;
    bool ok = query_plan(env, probe, create->as, &bound, err) && as_make(env, arena, create, keep, bound.schema, plan_owned, err);
    plan_free(probe);
    return ok;
}

bool ddl_create_table(AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, AnalyzeResult *out, Err *err)
{
    if (create->as) {
        out->kind = RESULT_PLAN;
        out->is_select = false;
        return create_table_as(env, arena, create, true, &out->plan_owned, err);
    }
    if (create->replace_only) {
        err_at(err, E_UNSUPPORTED, create->name.span, "REPLACE TABLE needs AS and a query");
        return err_hint(err, "DROP TABLE and CREATE TABLE instead.");
    }
    Draft draft;
    if (!draft_begin(&draft, env, arena, create, err) || !add_columns(&draft, create, err) || !add_keys(&draft, create, err)) return false;
    if (create->has_like && !apply_like(&draft, create, err)) return false;
    if (create->distribution.given && !draft_distribution(&draft, &create->distribution, err)) return false;
    if (!draft_finish(&draft, err)) return false;
    return catalog_add_table(env->catalog, &draft.def, create->if_not_exists, err) || err_span(err, create->name.span);
}
