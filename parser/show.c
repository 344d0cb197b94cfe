/* SHOW and DESCRIBE: rows of text from the catalog, the function table and the connectors. LIKE patterns know % _ and \. */
#include "parser/ddl.h"
#include "engine/expr/agg.h"
#include "engine/expr/func.h"

#include <stdlib.h>

/* --- tables of text --- */

typedef struct NameList { Str *v; uint32_t n, cap; } NameList;

static bool name_table(Arena *arena, const char *header, const Str *names, uint32_t n, AnalyzeResult *out)
{
    out->kind = RESULT_TABLE;
    out->table = (TextTable){ .ncols = 1, .nrows = n, .headers = ARENA_ARRAY(arena, Str, 1), .cells = ARENA_ARRAY(arena, Str, n + 1) };
    out->table.headers[0] = str_of(header);
    for (uint32_t i = 0; i < n; i++) out->table.cells[i] = names[i];
    return true;
}

static bool text_cell(Arena *arena, Str text, AnalyzeResult *out)
{
    name_table(arena, "result", &text, 1, out);
    out->table.raw = true;
    return true;
}

static bool pair_table(Arena *arena, const char *h1, const char *h2, const Str *cells, uint32_t nrows, AnalyzeResult *out)
{
    out->kind = RESULT_TABLE;
    out->table = (TextTable){ .ncols = 2, .nrows = nrows, .headers = ARENA_ARRAY(arena, Str, 2), .cells = arena_copy(arena, cells, sizeof *cells * 2 * nrows) };
    out->table.headers[0] = str_of(h1);
    out->table.headers[1] = str_of(h2);
    return true;
}

/* --- filters --- */

static char fold(char c, bool ignore_case)
{
    return ignore_case && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool like(Str text, Str pattern, bool ignore_case)
{
    uint32_t t = 0, p = 0, star = UINT32_MAX, mark = 0;
    while (t < text.len) {
        bool escaped = p + 1 < pattern.len && pattern.ptr[p] == '\\';
        if (p < pattern.len && !escaped && pattern.ptr[p] == '%') {
            star = ++p;
            mark = t;
            continue;
        }
        if (p < pattern.len && !escaped && pattern.ptr[p] == '_') {
            uint32_t cp;
            t += utf8_decode(text.ptr + t, text.ptr + text.len, &cp);
            p++;
            continue;
        }
        if (p < pattern.len && fold(pattern.ptr[p + escaped], ignore_case) == fold(text.ptr[t], ignore_case)) {
            p += 1u + escaped;
            t++;
            continue;
        }
        if (star == UINT32_MAX) return false;
        p = star;
        t = ++mark;
    }
    while (p < pattern.len && pattern.ptr[p] == '%') p++;
    return p == pattern.len;
}

/* Names of functions have no case, so neither has their filter. */
static bool wanted(const Stmt *stmt, Str name)
{
    bool any_case = stmt->u.show.ilike || stmt->u.show.kind == SHOW_FUNCTIONS || stmt->u.show.kind == SHOW_USER_FUNCTIONS;
    return !stmt->u.show.has_like || like(name, stmt->u.show.pattern, any_case) != stmt->u.show.negated;
}

static bool filtered(Arena *arena, const Stmt *stmt, const char *header, const Str *names, uint32_t n, AnalyzeResult *out)
{
    NameList kept = { 0 };
    for (uint32_t i = 0; i < n; i++)
        if (wanted(stmt, names[i])) ARENA_PUSH(arena, kept, names[i]);
    return name_table(arena, header, kept.v, kept.n, out);
}

/* --- names of databases and tables --- */

static bool show_database(AnalyzeEnv *env, const Stmt *stmt, Str *catalog_name, Str *database, Err *err)
{
    const Path *object = &stmt->u.show.object;
    *catalog_name = catalog_current(env->catalog);
    *database = catalog_current_database(env->catalog);
    if (!stmt->u.show.has_object) return true;
    if (object->n > 2) return err_at(err, E_INVALID, object->span, "a database name is [catalog.]database");
    if (object->n == 2) *catalog_name = object->part[0].name;
    *database = object->part[object->n - 1].name;
    if (catalog_has_database(env->catalog, *catalog_name, *database)) return true;
    return err_at(err, E_NO_OBJECT, object->span, "database \"" STR_FMT "." STR_FMT "\" does not exist", STR_ARG(*catalog_name), STR_ARG(*database));
}

static bool show_tables(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, bool views, AnalyzeResult *out, Err *err)
{
    Str catalog_name, database;
    if (!show_database(env, stmt, &catalog_name, &database, err)) return false;
    uint32_t n;
    const Str *names = catalog_list_tables(env->catalog, catalog_name, database, views, arena, &n);
    return filtered(arena, stmt, views ? "view name" : "table name", names, n, out);
}

static bool show_databases(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    Str catalog_name = catalog_current(env->catalog);
    if (stmt->u.show.has_object) {
        catalog_name = stmt->u.show.object.part[0].name;
        if (!catalog_options(env->catalog, catalog_name, NULL)) return err_at(err, E_NO_OBJECT, stmt->u.show.object.span, "catalog \"" STR_FMT "\" does not exist", STR_ARG(catalog_name));
    }
    uint32_t n;
    const Str *names = catalog_list_databases(env->catalog, catalog_name, arena, &n);
    return filtered(arena, stmt, "database name", names, n, out);
}

static const TableDef *show_object(AnalyzeEnv *env, const Path *name, Err *err)
{
    ObjectPath path;
    if (!ddl_path(env, name, &path, err)) return NULL;
    const TableDef *def = catalog_find(env->catalog, path);
    if (!def) ddl_no_table(env, path, name->span, "table or view", err);
    return def;
}

static bool show_columns(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    const TableDef *def = show_object(env, &stmt->u.show.object, err);
    if (!def) return false;
    TextTable all;
    describe_table(arena, def, &all);
    out->kind = RESULT_TABLE;
    out->table = all;
    out->table.nrows = 0;
    for (uint32_t i = 0; i < all.nrows; i++) {
        if (!wanted(stmt, all.cells[i * all.ncols])) continue;
        memmove(all.cells + out->table.nrows * all.ncols, all.cells + i * all.ncols, sizeof *all.cells * all.ncols);
        out->table.nrows++;
    }
    return true;
}

static bool show_partitions(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    const TableDef *def = show_object(env, &stmt->u.show.object, err);
    if (!def) return false;
    if (!def->npartition) return err_at(err, E_INVALID, stmt->u.show.object.span, "table \"" STR_FMT "\" is not partitioned", STR_ARG(def->path.name));
    ddl_notice(env, "partitions are found in the table's folder when it is read; the catalog keeps none");
    return name_table(arena, "partition name", NULL, 0, out);
}

static bool show_create(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, TableKind kind, AnalyzeResult *out, Err *err)
{
    const TableDef *def = show_object(env, &stmt->u.show.object, err);
    if (!def) return false;
    if (def->kind != kind) {
        err_at(err, E_INVALID, stmt->u.show.object.span, "\"" STR_FMT "\" is a %s", STR_ARG(def->path.name), kind == TABLE_TABLE ? "view" : "table");
        return err_hint(err, "Use SHOW CREATE %s.", kind == TABLE_TABLE ? "VIEW" : "TABLE");
    }
    return text_cell(arena, kind == TABLE_VIEW ? show_create_view(arena, def) : show_create_table(arena, def), out);
}

/* --- catalogs --- */

static bool need_catalog(AnalyzeEnv *env, const Path *name, const Options **options, Str *comment, Err *err)
{
    *comment = STR_NULL;
    *options = catalog_options(env->catalog, name->part[0].name, comment);
    if (*options && (*options)->n) return true;
    if (!*options) return err_at(err, E_NO_OBJECT, name->span, "catalog \"" STR_FMT "\" does not exist", STR_ARG(name->part[0].name));
    return err_at(err, E_INVALID, name->span, "catalog \"" STR_FMT "\" is built in: it was not made by CREATE CATALOG", STR_ARG(name->part[0].name));
}

static bool show_create_catalog(AnalyzeEnv *env, Arena *arena, const Path *name, AnalyzeResult *out, Err *err)
{
    const Options *options;
    Str comment;
    if (!need_catalog(env, name, &options, &comment, err)) return false;
    StrBuf text = { 0 };
    strbuf_addz(&text, "CREATE CATALOG ");
    quote_name(name->part[0].name, &text);
    strbuf_addc(&text, '\n');
    if (comment.len) {
        strbuf_addz(&text, "COMMENT ");
        quote_text(comment, &text);
        strbuf_addc(&text, '\n');
    }
    print_options(arena, options, &text);
    Str copy = str_dup(arena, strbuf_str(&text));
    strbuf_free(&text);
    return text_cell(arena, copy, out);
}

static bool describe_catalog(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    const Options *options;
    const Path *name = &stmt->u.describe.name;
    Str comment;
    if (!need_catalog(env, name, &options, &comment, err)) return false;
    NameList cells = { 0 };
    ARENA_PUSH(arena, cells, STR("name"));
    ARENA_PUSH(arena, cells, name->part[0].name);
    ARENA_PUSH(arena, cells, STR("type"));
    ARENA_PUSH(arena, cells, options_find(options, STR("type"))->value);
    ARENA_PUSH(arena, cells, STR("comment"));
    ARENA_PUSH(arena, cells, comment);
    for (uint32_t i = 0; stmt->u.describe.extended && i < options->n; i++) {
        if (str_is(options->v[i].key, "type")) continue;
        ARENA_PUSH(arena, cells, str_printf(arena, "option:" STR_FMT, STR_ARG(options->v[i].key)));
        ARENA_PUSH(arena, cells, secret_key(options->v[i].key) ? STR("******") : redact(arena, options->v[i].value));
    }
    return pair_table(arena, "info name", "info value", cells.v, cells.n / 2, out);
}

/* --- functions --- */

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static bool show_functions(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out)
{
    uint32_t n, nuser;
    NameList names = { 0 };
    const Str *user = catalog_list_functions(env->catalog, arena, &nuser);
    for (uint32_t i = 0; i < nuser; i++) ARENA_PUSH(arena, names, user[i]);
    bool built_in = stmt->u.show.kind != SHOW_USER_FUNCTIONS;
    const FuncDef *const *funcs = func_all(&n);
    for (uint32_t i = 0; built_in && i < n; i++)
        if (!(funcs[i]->flags & (FN_OPERATOR | FN_INTERNAL))) ARENA_PUSH(arena, names, str_of(funcs[i]->name));
    const AggDef *const *aggs = agg_all(&n);
    for (uint32_t i = 0; built_in && i < n; i++) ARENA_PUSH(arena, names, str_of(agg_name(aggs[i])));
    if (names.n) qsort(names.v, names.n, sizeof *names.v, compare_names);
    return filtered(arena, stmt, "function name", names.v, names.n, out);
}

static void info(Arena *arena, NameList *cells, const char *name, Str value)
{
    ARENA_PUSH(arena, *cells, str_of(name));
    ARENA_PUSH(arena, *cells, value);
}

static Str truth(bool yes) { return yes ? STR("true") : STR("false"); }

/* NAME(any, int, [any]) a line for each form. */
static Str signature_text(Arena *arena, const char *name, const char *args)
{
    if (!args) return str_printf(arena, "%s(..)", name);
    StrBuf out = { 0 };
    strbuf_addf(&out, "%s(", name);
    for (const char *p = args; *p;) {
        size_t len = strcspn(p, ",|");
        char many = len ? p[len - 1] : 0;
        bool marked = many == '?' || many == '*' || many == '+';
        if (many == '?' || many == '*') strbuf_addc(&out, '[');
        strbuf_add(&out, p, (uint32_t)(len - marked));
        if (many == '*' || many == '+') strbuf_addz(&out, " ..");
        if (many == '?' || many == '*') strbuf_addc(&out, ']');
        p += len;
        if (*p == '|') strbuf_addf(&out, ")\n%s(", name);
        else if (*p) strbuf_addz(&out, ", ");
        p += *p != 0;
    }
    strbuf_addc(&out, ')');
    Str text = str_dup(arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

/* What Flink's DESCRIBE FUNCTION EXTENDED tells of a built-in function. */
static void describe_traits(Arena *arena, NameList *cells, const FuncDef *func, const AggDef *agg)
{
    bool volatile_ = func && func->flags & FN_VOLATILE;
    info(arena, cells, "kind", agg || func->flags & FN_WINDOW ? STR("AGGREGATE") : STR("SCALAR"));
    info(arena, cells, "requirements", agg || !(func->flags & FN_WINDOW) ? STR("[]") : STR("[OVER_WINDOW_ONLY]"));
    info(arena, cells, "is deterministic", truth(!volatile_));
    info(arena, cells, "supports constant folding", truth(!volatile_));
    info(arena, cells, "signature", agg ? signature_text(arena, agg_name(agg), agg_args(agg)) : signature_text(arena, func->name, func_args(func)));
}

static void describe_example(Arena *arena, NameList *cells, const char *doc, const char *example, const char *result, const char *over)
{
    if (doc) info(arena, cells, "description", str_of(doc));
    if (example) info(arena, cells, "example", str_printf(arena, "%s%s = %s", example, over, result ? result : ""));
}

static bool describe_function(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    const Path *name = &stmt->u.describe.name;
    Str last = name->part[name->n - 1].name;
    ObjectPath path;
    if (!ddl_path(env, name, &path, err)) return false;
    NameList cells = { 0 };
    const FunctionDef *user = catalog_find_function(env->catalog, path);
    const FuncDef *func = name->n == 1 && !user ? func_find(last) : NULL;
    const AggDef *agg = name->n == 1 && !user && !func ? agg_find(last) : NULL;
    if (func && func->flags & (FN_OPERATOR | FN_INTERNAL)) func = NULL;
    if (!user && !func && !agg) {
        err_at(err, E_NO_OBJECT, name->span, "function \"" STR_FMT "\" does not exist", STR_ARG(last));
        Str near = func_nearest(last);
        return near.len ? err_hint(err, "Did you mean " STR_FMT "?", STR_ARG(near)) : false;
    }
    info(arena, &cells, "is system function", truth(!user));
    info(arena, &cells, "is temporary", truth(user && user->temporary));
    if (user) info(arena, &cells, "class name", user->class_name);
    if (!user && stmt->u.describe.extended) describe_traits(arena, &cells, func, agg);
    bool rows = agg || (func && func->flags & FN_WINDOW);
    if (agg) describe_example(arena, &cells, agg_doc(agg), agg_example(agg), agg_example_result(agg), rows ? " over " AGG_EXAMPLE_ROWS : "");
    if (func) describe_example(arena, &cells, func->doc, func->example, func->result, rows ? " over " AGG_EXAMPLE_ROWS : "");
    return pair_table(arena, "info name", "info value", cells.v, cells.n / 2, out);
}

/* --- dispatch --- */

static bool describe_statement(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    Str what = stmt->u.describe.what;
    if (str_is(what, "CATALOG")) return describe_catalog(env, arena, stmt, out, err);
    if (str_is(what, "FUNCTION")) return describe_function(env, arena, stmt, out, err);
    if (str_is(what, "JOB")) {
        out->kind = RESULT_CLIENT;
        return true;
    }
    if (str_is(what, "MODEL")) return err_at(err, E_NO_OBJECT, stmt->u.describe.name.span, "model \"" STR_FMT "\" does not exist", STR_ARG(stmt->u.describe.name.part[0].name));
    if (str_is(what, "DATABASE")) return err_at(err, E_UNSUPPORTED, stmt->span, "DESCRIBE DATABASE is not supported");
    const TableDef *def = show_object(env, &stmt->u.describe.name, err);
    if (!def) return false;
    out->kind = RESULT_TABLE;
    describe_table(arena, def, &out->table);
    return true;
}

static bool no_model(const Stmt *stmt, Err *err)
{
    return err_at(err, E_NO_OBJECT, stmt->u.show.object.span, "model \"" STR_FMT "\" does not exist", STR_ARG(stmt->u.show.object.part[stmt->u.show.object.n - 1].name));
}

bool show_rows(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    *out = (AnalyzeResult){ .kind = RESULT_TABLE };
    if (stmt->kind == STMT_DESCRIBE) return describe_statement(env, arena, stmt, out, err);
    uint32_t n;
    Str current[2] = { catalog_current(env->catalog), catalog_current_database(env->catalog) };
    const Str core[2] = { STR("core"), STR("TRUE") };
    switch (stmt->u.show.kind) {
    case SHOW_CATALOGS: {
        const Str *names = catalog_list(env->catalog, arena, &n);
        return filtered(arena, stmt, "catalog name", names, n, out);
    }
    case SHOW_CURRENT_CATALOG: return name_table(arena, "current catalog name", &current[0], 1, out);
    case SHOW_CURRENT_DATABASE: return name_table(arena, "current database name", &current[1], 1, out);
    case SHOW_DATABASES: return show_databases(env, arena, stmt, out, err);
    case SHOW_TABLES: return show_tables(env, arena, stmt, false, out, err);
    case SHOW_VIEWS: return show_tables(env, arena, stmt, true, out, err);
    case SHOW_COLUMNS: return show_columns(env, arena, stmt, out, err);
    case SHOW_FUNCTIONS: case SHOW_USER_FUNCTIONS: return show_functions(env, arena, stmt, out);
    case SHOW_MODULES: return name_table(arena, "module name", core, 1, out);
    case SHOW_FULL_MODULES: return pair_table(arena, "module name", "used", core, 1, out);
    case SHOW_PARTITIONS: return show_partitions(env, arena, stmt, out, err);
    case SHOW_PROCEDURES: return name_table(arena, "procedure name", NULL, 0, out);
    case SHOW_MODELS: return name_table(arena, "model name", NULL, 0, out);
    case SHOW_MATERIALIZED_TABLES: return name_table(arena, "table name", NULL, 0, out);
    case SHOW_JARS: case SHOW_JOBS: out->kind = RESULT_CLIENT; return true;
    case SHOW_CREATE_TABLE: return show_create(env, arena, stmt, TABLE_TABLE, out, err);
    case SHOW_CREATE_VIEW: return show_create(env, arena, stmt, TABLE_VIEW, out, err);
    case SHOW_CREATE_CATALOG: return show_create_catalog(env, arena, &stmt->u.show.object, out, err);
    case SHOW_CREATE_MODEL: return no_model(stmt, err);
    case SHOW_CREATE_MATERIALIZED:
        return show_object(env, &stmt->u.show.object, err) && err_at(err, E_INVALID, stmt->u.show.object.span, "it is not a materialized table");
    }
    return true;
}
