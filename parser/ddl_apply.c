/* Statements that change the session: dispatch of DDL, and CREATE/ALTER/DROP/USE of catalogs, databases, functions and modules,
 * SET and RESET. Effects are at once and only in memory; what the catalog refuses it says itself. */
#include "parser/ddl.h"
#include "engine/plan/config.h"

#include <stdarg.h>
#include <stdlib.h>

bool ddl_path(AnalyzeEnv *env, const Path *name, ObjectPath *out, Err *err)
{
    if (name->n > 3) {
        err_at(err, E_INVALID, name->span, "name has %u parts", name->n);
        return err_hint(err, "A name is [catalog.][database.]object; quote parts that contain dots: `a.b`.");
    }
    Str parts[3];
    for (uint32_t i = 0; i < name->n; i++) parts[i] = name->part[i].name;
    *out = catalog_qualify(env->catalog, parts, name->n);
    return true;
}

Str ddl_path_text(Arena *arena, ObjectPath path)
{
    return str_printf(arena, STR_FMT "." STR_FMT "." STR_FMT, STR_ARG(path.catalog), STR_ARG(path.database), STR_ARG(path.name));
}

void ddl_notice(AnalyzeEnv *env, const char *fmt, ...)
{
    if (!env->notice) return;
    StrBuf text = { 0 };
    va_list args;
    va_start(args, fmt);
    strbuf_addvf(&text, fmt, args);
    va_end(args);
    env->notice(env->notice_ctx, strbuf_str(&text));
    strbuf_free(&text);
}

bool ddl_no_table(AnalyzeEnv *env, ObjectPath path, Span span, const char *what, Err *err)
{
    err_at(err, E_NO_TABLE, span, "%s \"" STR_FMT "." STR_FMT "." STR_FMT "\" does not exist", what, STR_ARG(path.catalog), STR_ARG(path.database), STR_ARG(path.name));
    Str near = catalog_nearest_table(env->catalog, path.name);
    return near.len && !str_eq(near, path.name) ? err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(near)) : false;
}

/* --- catalogs --- */

static const OptionDef catalog_options_in_memory[] = {
    { "type", OPT_STRING, NULL, OPTF_REQUIRED, NULL, "generic_in_memory." },
    { "default-database", OPT_STRING, "default", 0, NULL, "Name of its first database." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};

static bool check_catalog_options(const Options *options, Span span, Err *err)
{
    const Option *type = options_find(options, STR("type"));
    if (!type) {
        err_at(err, E_OPTION, span, "option 'type' is missing");
        return err_hint(err, "Write WITH ('type' = 'generic_in_memory').");
    }
    if (!str_iis(type->value, "generic_in_memory")) {
        err_at(err, E_UNSUPPORTED, type->value_span.len ? type->value_span : span, "catalogs of type '" STR_FMT "' are not supported", STR_ARG(type->value));
        return err_hint(err, "Use 'generic_in_memory' and declare the tables with CREATE TABLE; jdbc and kafka tables name their server in WITH.");
    }
    OptionTable table = { catalog_options_in_memory, "" };
    return options_check(options, &table, 1, STR("catalog 'generic_in_memory'"), err);
}

static bool create_catalog(AnalyzeEnv *env, const Stmt *stmt, Err *err)
{
    const Path *name = &stmt->u.create_named.name;
    if (!check_catalog_options(&stmt->u.create_named.options, name->span, err)) return false;
    return catalog_create(env->catalog, name->part[0].name, &stmt->u.create_named.options, stmt->u.create_named.comment, stmt->u.create_named.if_not_exists, err) || err_span(err, name->span);
}

static bool alter_catalog(AnalyzeEnv *env, Arena *arena, const AstAlter *alter, Err *err)
{
    Str name = alter->name.part[0].name;
    const Options *now = catalog_options(env->catalog, name, NULL);
    if (alter->kind == ALTER_RESET && !alter->nreset) return err_at(err, E_INVALID, alter->name.span, "RESET needs at least one key");
    for (uint32_t i = 0; i < alter->nreset; i++)
        if (str_is(alter->reset_keys[i], "type")) return err_at(err, E_INVALID, alter->name.span, "option 'type' of a catalog cannot be reset");
    Options merged = { 0 };
    for (uint32_t i = 0; now && i < now->n; i++) options_set(arena, &merged, now->v[i].key, now->v[i].value);
    for (uint32_t i = 0; i < alter->options.n; i++) options_set(arena, &merged, alter->options.v[i].key, alter->options.v[i].value);
    if (now && alter->options.n && !check_catalog_options(&merged, alter->name.span, err)) return false;
    if (alter->kind != ALTER_SET && alter->kind != ALTER_RESET)
        return catalog_set_comment(env->catalog, name, alter->text, err) || err_span(err, alter->name.span);
    return catalog_set_options(env->catalog, name, &alter->options, alter->reset_keys, alter->nreset, err) || err_span(err, alter->name.span);
}

/* --- databases --- */

static bool database_name(const Path *name, Str *catalog_name, Str *database, Err *err)
{
    if (name->n > 2) return err_at(err, E_INVALID, name->span, "a database name is [catalog.]database");
    *catalog_name = name->n == 2 ? name->part[0].name : STR("");
    *database = name->part[name->n - 1].name;
    return true;
}

static bool create_database(AnalyzeEnv *env, const Stmt *stmt, Err *err)
{
    Str catalog_name, name;
    const Path *path = &stmt->u.create_named.name;
    if (!database_name(path, &catalog_name, &name, err)) return false;
    return catalog_create_database(env->catalog, catalog_name, name, &stmt->u.create_named.options, stmt->u.create_named.comment, stmt->u.create_named.if_not_exists, err) || err_span(err, path->span);
}

static bool alter_database(AnalyzeEnv *env, const AstAlter *alter, Err *err)
{
    Str catalog_name, name;
    if (!database_name(&alter->name, &catalog_name, &name, err)) return false;
    return catalog_alter_database(env->catalog, catalog_name, name, &alter->options, err) || err_span(err, alter->name.span);
}

static bool use_database(AnalyzeEnv *env, const Stmt *stmt, Err *err)
{
    Str catalog_name, name;
    const Path *path = &stmt->u.use.name;
    if (!database_name(path, &catalog_name, &name, err)) return false;
    return catalog_use_database(env->catalog, catalog_name, name, err) || err_span(err, path->span);
}

/* --- functions --- */

static bool no_jvm(Span span, Str class_name, Err *err)
{
    err_at(err, E_UNSUPPORTED, span, "class \"" STR_FMT "\" cannot be loaded", STR_ARG(class_name));
    return err_hint(err, "weir has no JVM and no Python: rewrite the function with SQL expressions or a view; SHOW FUNCTIONS lists what is built in.");
}

static bool create_function(AnalyzeEnv *env, const Stmt *stmt, Err *err)
{
    const Path *name = &stmt->u.create_function.name;
    FunctionDef def = { .class_name = stmt->u.create_function.class_name, .language = stmt->u.create_function.language,
                        .temporary = stmt->u.create_function.temporary, .system = stmt->u.create_function.system };
    if (str_iis(def.language, "SQL")) return err_at(err, E_INVALID, name->span, "LANGUAGE must be JAVA, SCALA or PYTHON");
    if (def.temporary || def.system) return no_jvm(name->span, def.class_name, err);
    ObjectPath path;
    if (!ddl_path(env, name, &path, err)) return false;
    if (!catalog_add_function(env->catalog, path, &def, stmt->u.create_function.if_not_exists, err)) return err_span(err, name->span);
    ddl_notice(env, "function \"" STR_FMT "\" is kept by name only: weir has no JVM, statements that call it are refused", STR_ARG(path.name));
    return true;
}

static bool alter_function(AnalyzeEnv *env, const AstAlter *alter, Err *err)
{
    ObjectPath path;
    if (alter->temporary || alter->system) return err_at(err, E_UNSUPPORTED, alter->name.span, "temporary functions cannot be altered");
    if (!ddl_path(env, &alter->name, &path, err)) return false;
    const FunctionDef *found = catalog_find_function(env->catalog, path);
    if (!found && alter->if_exists) return true;
    if (!found) return err_at(err, E_NO_OBJECT, alter->name.span, "function \"" STR_FMT "\" does not exist", STR_ARG(path.name));
    FunctionDef def = { .class_name = alter->text };
    if (!catalog_drop_function(env->catalog, path, false, false, true, err)) return false;
    return catalog_add_function(env->catalog, path, &def, false, err);
}

/* --- DROP --- */

static bool no_models(Span span, Err *err)
{
    err_at(err, E_UNSUPPORTED, span, "models are not supported");
    return err_hint(err, "Call the model from the program that reads weir's output.");
}

static bool no_materialized(Span span, Err *err)
{
    err_at(err, E_UNSUPPORTED, span, "materialized tables are not supported");
    return err_hint(err, "Write CREATE TABLE for the result and INSERT INTO it.");
}

static bool drop_object(AnalyzeEnv *env, const Stmt *stmt, Err *err)
{
    const Path *name = &stmt->u.drop.name;
    bool if_exists = stmt->u.drop.if_exists, temporary = stmt->u.drop.temporary, system = stmt->u.drop.system;
    Str catalog_name, database;
    ObjectPath path;
    switch (stmt->u.drop.kind) {
    case DROP_CATALOG: return catalog_drop(env->catalog, name->part[0].name, if_exists, err);
    case DROP_DATABASE:
        return database_name(name, &catalog_name, &database, err) && catalog_drop_database(env->catalog, catalog_name, database, if_exists, stmt->u.drop.cascade, err);
    case DROP_TABLE: return ddl_path(env, name, &path, err) && catalog_drop_table(env->catalog, path, TABLE_TABLE, temporary, if_exists, err);
    case DROP_VIEW: return ddl_path(env, name, &path, err) && catalog_drop_table(env->catalog, path, TABLE_VIEW, temporary, if_exists, err);
    case DROP_FUNCTION: return ddl_path(env, name, &path, err) && catalog_drop_function(env->catalog, path, temporary, system, if_exists, err);
    case DROP_MODEL: return if_exists || no_models(name->span, err);
    case DROP_MATERIALIZED: return if_exists || no_materialized(name->span, err);
    }
    return false;
}

/* --- modules: there is one, core --- */

static bool only_core(Str name, Span span, Err *err)
{
    err_at(err, E_UNSUPPORTED, span, "module \"" STR_FMT "\" is not available", STR_ARG(name));
    return err_hint(err, "Its functions are JVM classes; weir has the module core.");
}

static bool module_statement(AnalyzeEnv *env, const Stmt *stmt, Err *err)
{
    const IdentList *names = &stmt->u.module.names;
    for (uint32_t i = 0; i < names->n; i++) {
        const Ident *name = &names->v[i];
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(name->name, names->v[k].name)) return err_at(err, E_INVALID, name->span, "module \"" STR_FMT "\" stands twice", STR_ARG(name->name));
        if (!str_is(name->name, "core")) {
            if (stmt->kind == STMT_LOAD_MODULE) return only_core(name->name, name->span, err);
            return err_at(err, E_NO_OBJECT, name->span, "module \"" STR_FMT "\" is not loaded", STR_ARG(name->name));
        }
        if (stmt->kind == STMT_UNLOAD_MODULE) {
            err_at(err, E_UNSUPPORTED, name->span, "module \"core\" cannot be unloaded");
            return err_hint(err, "It holds every function there is.");
        }
    }
    if (stmt->kind == STMT_LOAD_MODULE) ddl_notice(env, "module \"core\" is always loaded");
    return true;
}

/* --- SET, RESET --- */

static int compare_options(const void *a, const void *b)
{
    return str_cmp(((const Option *)a)->key, ((const Option *)b)->key);
}

static void set_rows(const AnalyzeEnv *env, Arena *arena, AnalyzeResult *out)
{
    uint32_t n = env->config.n;
    Option *sorted = n ? arena_copy(arena, env->config.v, sizeof *sorted * n) : NULL;
    if (n) qsort(sorted, n, sizeof *sorted, compare_options);
    out->kind = RESULT_TABLE;
    out->table = (TextTable){ .ncols = 2, .nrows = n, .headers = ARENA_ARRAY(arena, Str, 2), .cells = ARENA_ARRAY(arena, Str, 2 * n + 1) };
    out->table.headers[0] = STR("key");
    out->table.headers[1] = STR("value");
    for (uint32_t i = 0; i < n; i++) {
        out->table.cells[2 * i] = sorted[i].key;
        out->table.cells[2 * i + 1] = secret_key(sorted[i].key) ? STR("******") : redact(arena, sorted[i].value);
    }
}

static bool set_statement(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    if (!stmt->u.set_option.has_key) {
        set_rows(env, arena, out);
        return true;
    }
    Str warning;
    if (!config_check(arena, stmt->u.set_option.key, stmt->u.set_option.value, &warning, err)) return err_span(err, stmt->span);
    options_set(env->config_arena, &env->config, stmt->u.set_option.key, stmt->u.set_option.value);
    if (warning.len) ddl_notice(env, STR_FMT, STR_ARG(warning));
    return true;
}

static bool reset_statement(AnalyzeEnv *env, const Stmt *stmt)
{
    if (!stmt->u.set_option.has_key || str_iis(stmt->u.set_option.key, "ALL")) env->config.n = 0;
    else (void)options_remove(&env->config, stmt->u.set_option.key);
    return true;
}

/* --- refused, each with a way round --- */

typedef struct Refusal { StmtKind kind; const char *what, *hint; } Refusal;
static const Refusal refusals[] = {
    { STMT_UPDATE, "UPDATE is not supported", "Streams are changed by what their queries emit: INSERT INTO the table with a PRIMARY KEY replaces rows of the same key." },
    { STMT_DELETE, "DELETE is not supported", "Delete the rows in the external system itself." },
    { STMT_MERGE, "MERGE is not supported", "INSERT INTO a table with a PRIMARY KEY inserts or replaces rows by key." },
    { STMT_TRUNCATE, "TRUNCATE TABLE is not supported", "Empty the table in the external system itself." },
    { STMT_CALL, "procedures are not supported", "SHOW PROCEDURES is empty: call the external system itself." },
    { STMT_COMPILE_PLAN, "compiled plans are not supported", "Run the statement itself: weir matches saved state by what the operators do." },
    { STMT_EXECUTE_PLAN, "compiled plans are not supported", "Run the statement itself: weir matches saved state by what the operators do." },
    { STMT_COMPILE_EXECUTE_PLAN, "compiled plans are not supported", "Run the statement itself: weir matches saved state by what the operators do." },
    { STMT_CREATE_MODEL, "models are not supported", "Call the model from the program that reads weir's output." },
    { STMT_ALTER_MODEL, "models are not supported", "Call the model from the program that reads weir's output." },
    { STMT_CREATE_MATERIALIZED, "materialized tables are not supported", "Write CREATE TABLE for the result and INSERT INTO it." },
    { STMT_ALTER_MATERIALIZED, "materialized tables are not supported", "Write CREATE TABLE for the result and INSERT INTO it." },
};

static bool refuse(const Stmt *stmt, Err *err)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].kind == stmt->kind) {
            err_at(err, E_UNSUPPORTED, stmt->span, "%s", refusals[i].what);
            return err_hint(err, "%s", refusals[i].hint);
        }
    return err_at(err, E_UNSUPPORTED, stmt->span, "%s is not supported", stmt_kind_name(stmt->kind));
}

/* Statistics steer Flink's batch optimizer; weir reads none. */
static bool analyze_table(AnalyzeEnv *env, const Stmt *stmt, Err *err)
{
    ObjectPath path;
    if (!ddl_path(env, &stmt->u.dml.table, &path, err)) return false;
    const TableDef *def = catalog_find(env->catalog, path);
    if (!def) return ddl_no_table(env, path, stmt->u.dml.table.span, "table", err);
    if (def->npartition && stmt->u.dml.partition.n != def->npartition) {
        err_at(err, E_INVALID, stmt->u.dml.table.span, "table \"" STR_FMT "\" is partitioned by %u columns, PARTITION names %u", STR_ARG(path.name), def->npartition, stmt->u.dml.partition.n);
        return err_hint(err, "Name every partition column.");
    }
    ddl_notice(env, "ANALYZE TABLE has no effect: weir's planner uses no statistics");
    return true;
}

bool ddl_apply(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, Str text, AnalyzeResult *out, Err *err)
{
    *out = (AnalyzeResult){ .kind = RESULT_OK };
    switch (stmt->kind) {
    case STMT_CREATE_TABLE: return ddl_create_table(env, arena, stmt->u.create_table, out, err);
    case STMT_CREATE_VIEW: return ddl_create_view(env, arena, stmt, text, err);
    case STMT_CREATE_DATABASE: return create_database(env, stmt, err);
    case STMT_CREATE_CATALOG: return create_catalog(env, stmt, err);
    case STMT_CREATE_FUNCTION: return create_function(env, stmt, err);
    case STMT_DROP: return drop_object(env, stmt, err) || err_span(err, stmt->u.drop.name.span);
    case STMT_ALTER_TABLE: return ddl_alter_table(env, arena, stmt->u.alter, err);
    case STMT_ALTER_VIEW: return ddl_alter_view(env, arena, stmt->u.alter, text, err);
    case STMT_ALTER_DATABASE: return alter_database(env, stmt->u.alter, err);
    case STMT_ALTER_CATALOG: return alter_catalog(env, arena, stmt->u.alter, err);
    case STMT_ALTER_FUNCTION: return alter_function(env, stmt->u.alter, err);
    case STMT_USE: return use_database(env, stmt, err);
    case STMT_USE_CATALOG: return catalog_use(env->catalog, stmt->u.use.name.part[0].name, err) || err_span(err, stmt->u.use.name.span);
    case STMT_USE_MODULES: case STMT_LOAD_MODULE: case STMT_UNLOAD_MODULE: return module_statement(env, stmt, err);
    case STMT_SET: return set_statement(env, arena, stmt, out, err);
    case STMT_RESET: return reset_statement(env, stmt);
    case STMT_SHOW: case STMT_DESCRIBE: return show_rows(env, arena, stmt, out, err);
    case STMT_ANALYZE: return analyze_table(env, stmt, err);
    case STMT_UPDATE: case STMT_DELETE: case STMT_MERGE: case STMT_TRUNCATE: case STMT_CALL: case STMT_COMPILE_PLAN: case STMT_EXECUTE_PLAN:
    case STMT_COMPILE_EXECUTE_PLAN: case STMT_CREATE_MODEL: case STMT_ALTER_MODEL: case STMT_CREATE_MATERIALIZED: case STMT_ALTER_MATERIALIZED:
        return refuse(stmt, err);
    case STMT_QUERY: case STMT_INSERT: case STMT_STATEMENT_SET: case STMT_BEGIN_SET: case STMT_END: case STMT_EXPLAIN: case STMT_ADD_JAR:
    case STMT_REMOVE_JAR: case STMT_STOP_JOB: case STMT_QUIT: case STMT_CLEAR: case STMT_HELP: case STMT_KIND_COUNT:
        break;
    }
    return refuse(stmt, err);
}
