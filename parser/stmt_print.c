/* Canonical text of whole statements: parses back to an equal tree. Expressions and queries are ast_print's. Pure. */
#include "parser/parse.h"

static void put(StrBuf *out, const char *text)
{
    strbuf_addz(out, text);
}

static void print_name(StrBuf *out, Str name)
{
    strbuf_addc(out, '`');
    for (uint32_t i = 0; i < name.len; i++) {
        strbuf_addc(out, name.ptr[i]);
        if (name.ptr[i] == '`') strbuf_addc(out, '`');
    }
    strbuf_addc(out, '`');
}

static void print_path(StrBuf *out, const Path *path)
{
    for (uint32_t i = 0; i < path->n; i++) {
        if (i) put(out, ".");
        print_name(out, path->part[i].name);
    }
}

static void print_names(StrBuf *out, const IdentList *names)
{
    put(out, "(");
    for (uint32_t i = 0; i < names->n; i++) {
        if (i) put(out, ", ");
        print_name(out, names->v[i].name);
    }
    put(out, ")");
}

static void print_paths(StrBuf *out, const PathList *paths)
{
    put(out, "(");
    for (uint32_t i = 0; i < paths->n; i++) {
        if (i) put(out, ", ");
        print_path(out, &paths->v[i]);
    }
    put(out, ")");
}

static void print_text(StrBuf *out, Str text)
{
    strbuf_addc(out, '\'');
    for (uint32_t i = 0; i < text.len; i++) {
        strbuf_addc(out, text.ptr[i]);
        if (text.ptr[i] == '\'') strbuf_addc(out, '\'');
    }
    strbuf_addc(out, '\'');
}

static void print_comment(StrBuf *out, bool has, Str comment)
{
    if (has) put(out, " COMMENT "), print_text(out, comment);
}

static void print_pairs(StrBuf *out, const Options *options)
{
    put(out, "(");
    for (uint32_t i = 0; i < options->n; i++) {
        if (i) put(out, ", ");
        print_text(out, options->v[i].key);
        put(out, " = ");
        print_text(out, options->v[i].value);
    }
    put(out, ")");
}

static void print_with(StrBuf *out, const Options *options)
{
    if (options->n) put(out, " WITH "), print_pairs(out, options);
}

/* PARTITION (`k` = 'v'); without a value: NULL, or the bare name where that is `allowed`. */
static void print_pairs_of(StrBuf *out, const Options *partition, bool allowed)
{
    put(out, " PARTITION (");
    for (uint32_t i = 0; i < partition->n; i++) {
        if (i) put(out, ", ");
        print_name(out, partition->v[i].key);
        if (partition->v[i].value.ptr) put(out, " = "), print_text(out, partition->v[i].value);
        else if (!allowed) put(out, " = NULL");
    }
    put(out, ")");
}

static void print_partition(StrBuf *out, const Options *partition)
{
    print_pairs_of(out, partition, false);
}

static void print_hints(StrBuf *out, const HintList *hints)
{
    for (uint32_t i = 0; i < hints->n; i++) {
        put(out, i ? ", " : " /*+ ");
        if (hints->v[i].name.quoted) print_name(out, hints->v[i].name.name);
        else strbuf_adds(out, hints->v[i].name.name);
        const AstHint *hint = &hints->v[i];
        const Options *options = &hint->options;
        const char *separator = "(";
        for (uint32_t k = 0; k < options->n; k++, separator = ", ") {
            put(out, separator);
            print_text(out, options->v[k].key);
            put(out, "=");
            print_text(out, options->v[k].value);
        }
        for (uint32_t k = 0; k < hint->names.n; k++, separator = ", ") put(out, separator), print_name(out, hint->names.v[k].name);
        for (uint32_t k = 0; k < hint->literals.n; k++, separator = ", ") put(out, separator), ast_print(hint->literals.v[k], true, out);
        if (separator[0] == ',') put(out, ")");
    }
    if (hints->n) put(out, " */");
}

/* --- tables --- */

static void print_column(StrBuf *out, const AstColumn *column)
{
    print_name(out, column->name.name);
    if (column->kind == COLUMN_COMPUTED) put(out, " AS "), ast_print(column->expr, true, out);
    else if (column->kind != COLUMN_NAME_ONLY) put(out, " "), asttype_print(column->type, out);
    if (column->kind == COLUMN_METADATA) {
        put(out, " METADATA");
        if (column->metadata_key.ptr) put(out, " FROM "), print_text(out, column->metadata_key);
        if (column->is_virtual) put(out, " VIRTUAL");
    }
    if (column->primary_key || column->unique) {
        if (column->constraint.name.len) put(out, " CONSTRAINT "), print_name(out, column->constraint.name);
        put(out, column->primary_key ? " PRIMARY KEY" : " UNIQUE");
        if (column->enforced_given) put(out, " ENFORCED");
        if (column->not_enforced) put(out, " NOT ENFORCED");
    }
    print_comment(out, column->has_comment, column->comment);
    if (column->pos == COLPOS_FIRST) put(out, " FIRST");
    if (column->pos == COLPOS_AFTER) put(out, " AFTER "), print_name(out, column->after.name);
}

static void print_key(StrBuf *out, const AstKey *key)
{
    if (key->name.name.len) put(out, "CONSTRAINT "), print_name(out, key->name.name), put(out, " ");
    put(out, key->unique ? "UNIQUE " : "PRIMARY KEY ");
    print_names(out, &key->cols);
    if (key->not_enforced) put(out, " NOT ENFORCED");
    if (key->enforced) put(out, " ENFORCED");
}

static void print_watermark(StrBuf *out, const AstWatermark *watermark)
{
    put(out, "WATERMARK FOR ");
    print_path(out, &watermark->column);
    put(out, " AS ");
    ast_print(watermark->expr, true, out);
}

/* Columns, keys and watermark in parentheses; nothing when there are none. */
static void print_elements(StrBuf *out, const ColumnList *columns, const KeyList *keys, const AstWatermark *watermark)
{
    const char *separator = " (";
    for (uint32_t i = 0; i < columns->n; i++, separator = ", ") put(out, separator), print_column(out, &columns->v[i]);
    if (watermark) put(out, separator), print_watermark(out, watermark), separator = ", ";
    for (uint32_t i = 0; i < keys->n; i++, separator = ", ") put(out, separator), print_key(out, &keys->v[i]);
    if (separator[0] == ',') put(out, ")");
}

static void print_distribution(StrBuf *out, const AstDistribution *distribution)
{
    if (distribution->cols.n) {
        strbuf_addf(out, " BY %.*s", STR_ARG(distribution->kind));
        print_names(out, &distribution->cols);
    }
    if (distribution->buckets >= 0) strbuf_addf(out, " INTO %d BUCKETS", (int)distribution->buckets);
}

static void print_table_clauses(StrBuf *out, const AstCreateTable *create)
{
    print_elements(out, &create->columns, &create->keys, create->watermark);
    print_comment(out, create->has_comment, create->comment);
    if (create->distribution.given) put(out, " DISTRIBUTED"), print_distribution(out, &create->distribution);
    if (create->partition.n) put(out, " PARTITIONED BY "), print_names(out, &create->partition);
    print_with(out, &create->options);
}

static void print_create_table(StrBuf *out, const AstCreateTable *create)
{
    static const char *const merges[] = { [LIKE_INCLUDING] = "INCLUDING", [LIKE_EXCLUDING] = "EXCLUDING", [LIKE_OVERWRITING] = "OVERWRITING" };
    if (create->replace_only) put(out, "REPLACE");
    else strbuf_addf(out, "CREATE%s%s", create->or_replace ? " OR REPLACE" : "", create->temporary ? " TEMPORARY" : "");
    put(out, create->if_not_exists ? " TABLE IF NOT EXISTS " : " TABLE ");
    print_path(out, &create->name);
    print_table_clauses(out, create);
    if (create->has_like) {
        put(out, " LIKE ");
        print_path(out, &create->like);
        for (uint32_t i = 0; i < create->nlike; i++) strbuf_addf(out, "%s%s %.*s", i ? " " : " (", merges[create->like_options[i].merge], STR_ARG(create->like_options[i].feature));
        if (create->nlike) put(out, ")");
    }
    if (create->as) put(out, " AS "), query_print(create->as, true, out);
}

/* --- ALTER --- */

static void print_reset(StrBuf *out, const AstAlter *alter)
{
    put(out, " RESET (");
    for (uint32_t i = 0; i < alter->nreset; i++) {
        if (i) put(out, ", ");
        print_text(out, alter->reset_keys[i]);
    }
    put(out, ")");
}

static void print_alter_add(StrBuf *out, const AstAlter *alter)
{
    put(out, alter->kind == ALTER_ADD ? " ADD" : " MODIFY");
    if (alter->distribution.given) put(out, " DISTRIBUTION"), print_distribution(out, &alter->distribution);
    else print_elements(out, &alter->columns, &alter->keys, alter->watermark);
}

static void print_partitions(StrBuf *out, const AstAlter *alter)
{
    bool add = alter->kind == ALTER_ADD_PARTITIONS;
    put(out, add ? " ADD" : " DROP");
    if (alter->exists_flag) put(out, add ? " IF NOT EXISTS" : " IF EXISTS");
    for (uint32_t i = 0; i < alter->npartitions; i++) {
        if (i && !add) put(out, ",");
        print_partition(out, &alter->partitions[i]);
        if (alter->partition_options) print_with(out, &alter->partition_options[i]);
    }
}

static void print_alter(StrBuf *out, const Stmt *stmt)
{
    const AstAlter *alter = stmt->u.alter;
    strbuf_addf(out, "%s%s", stmt_kind_name(stmt->kind), alter->if_exists ? " IF EXISTS " : " ");
    print_path(out, &alter->name);
    switch (alter->kind) {
    case ALTER_ADD: case ALTER_MODIFY: print_alter_add(out, alter); break;
    case ALTER_DROP_COLUMNS: put(out, " DROP "), print_paths(out, &alter->drop); break;
    case ALTER_DROP_PRIMARY_KEY: put(out, " DROP PRIMARY KEY"); break;
    case ALTER_DROP_CONSTRAINT: put(out, " DROP CONSTRAINT "), print_name(out, alter->constraint.name); break;
    case ALTER_DROP_WATERMARK: put(out, " DROP WATERMARK"); break;
    case ALTER_DROP_DISTRIBUTION: put(out, " DROP DISTRIBUTION"); break;
    case ALTER_RENAME_COLUMN: put(out, " RENAME "), print_path(out, &alter->rename_from), put(out, " TO "), print_path(out, &alter->rename_to); break;
    case ALTER_RENAME: put(out, " RENAME TO "), print_path(out, &alter->rename_to); break;
    case ALTER_SET: put(out, " SET "), print_pairs(out, &alter->options); break;
    case ALTER_RESET: print_reset(out, alter); break;
    case ALTER_ADD_PARTITIONS: case ALTER_DROP_PARTITIONS: print_partitions(out, alter); break;
    case ALTER_AS:
        put(out, " AS ");
        if (alter->query) query_print(alter->query, true, out);
        else print_text(out, alter->text);
        if (alter->language.len) strbuf_addf(out, " LANGUAGE %.*s", STR_ARG(alter->language));
        break;
    case ALTER_COMMENT: print_comment(out, true, alter->text); break;
    case ALTER_SUSPEND: put(out, " SUSPEND"); break;
    case ALTER_RESUME: put(out, " RESUME"), print_with(out, &alter->options); break;
    case ALTER_REFRESH:
        put(out, " REFRESH");
        if (alter->options.n) print_partition(out, &alter->options);
        break;
    }
}

/* --- SHOW, DESCRIBE, DROP --- */

static void print_show(StrBuf *out, const Stmt *stmt)
{
    static const char *const words[] = {
        [SHOW_CATALOGS] = "CATALOGS", [SHOW_CURRENT_CATALOG] = "CURRENT CATALOG", [SHOW_DATABASES] = "DATABASES", [SHOW_CURRENT_DATABASE] = "CURRENT DATABASE",
        [SHOW_TABLES] = "TABLES", [SHOW_VIEWS] = "VIEWS", [SHOW_COLUMNS] = "COLUMNS", [SHOW_FUNCTIONS] = "FUNCTIONS", [SHOW_USER_FUNCTIONS] = "USER FUNCTIONS",
        [SHOW_MODULES] = "MODULES", [SHOW_FULL_MODULES] = "FULL MODULES", [SHOW_PARTITIONS] = "PARTITIONS", [SHOW_PROCEDURES] = "PROCEDURES", [SHOW_JARS] = "JARS",
        [SHOW_JOBS] = "JOBS", [SHOW_MODELS] = "MODELS", [SHOW_MATERIALIZED_TABLES] = "MATERIALIZED TABLES", [SHOW_CREATE_TABLE] = "CREATE TABLE",
        [SHOW_CREATE_VIEW] = "CREATE VIEW", [SHOW_CREATE_CATALOG] = "CREATE CATALOG", [SHOW_CREATE_MODEL] = "CREATE MODEL", [SHOW_CREATE_MATERIALIZED] = "CREATE MATERIALIZED TABLE",
    };
    ShowKind kind = stmt->u.show.kind;
    bool bare = kind == SHOW_PARTITIONS || kind >= SHOW_CREATE_TABLE;
    strbuf_addf(out, "SHOW %s", words[kind]);
    if (stmt->u.show.has_object) put(out, bare ? " " : stmt->u.show.in_form ? " IN " : " FROM "), print_path(out, &stmt->u.show.object);
    if (stmt->u.show.partition.n) print_partition(out, &stmt->u.show.partition);
    if (!stmt->u.show.has_like) return;
    strbuf_addf(out, "%s %s ", stmt->u.show.negated ? " NOT" : "", stmt->u.show.ilike ? "ILIKE" : "LIKE");
    print_text(out, stmt->u.show.pattern);
}

static void print_drop(StrBuf *out, const Stmt *stmt)
{
    static const char *const words[] = { [DROP_TABLE] = "TABLE", [DROP_VIEW] = "VIEW", [DROP_DATABASE] = "DATABASE", [DROP_CATALOG] = "CATALOG",
                                         [DROP_FUNCTION] = "FUNCTION", [DROP_MODEL] = "MODEL", [DROP_MATERIALIZED] = "MATERIALIZED TABLE" };
    strbuf_addf(out, "DROP %s%s%s %s", stmt->u.drop.temporary ? "TEMPORARY " : "", stmt->u.drop.system ? "SYSTEM " : "", words[stmt->u.drop.kind], stmt->u.drop.if_exists ? "IF EXISTS " : "");
    print_path(out, &stmt->u.drop.name);
    put(out, stmt->u.drop.cascade ? " CASCADE" : stmt->u.drop.restricted ? " RESTRICT" : "");
}

static void print_describe(StrBuf *out, const Stmt *stmt)
{
    Str what = stmt->u.describe.what;
    strbuf_addf(out, "DESCRIBE %.*s%s%s", STR_ARG(what), what.len ? " " : "", stmt->u.describe.extended ? "EXTENDED " : "");
    if (str_is(what, "JOB")) print_text(out, stmt->u.describe.text);
    else print_path(out, &stmt->u.describe.name);
}

/* --- the rest of CREATE --- */

static void print_create_view(StrBuf *out, const Stmt *stmt)
{
    strbuf_addf(out, "CREATE%s%s VIEW %s", stmt->u.create_view.or_replace ? " OR REPLACE" : "", stmt->u.create_view.temporary ? " TEMPORARY" : "", stmt->u.create_view.if_not_exists ? "IF NOT EXISTS " : "");
    print_path(out, &stmt->u.create_view.name);
    if (stmt->u.create_view.cols.n) put(out, " "), print_names(out, &stmt->u.create_view.cols);
    print_comment(out, stmt->u.create_view.has_comment, stmt->u.create_view.comment);
    put(out, " AS ");
    query_print(stmt->u.create_view.query, true, out);
}

static void print_create_named(StrBuf *out, const Stmt *stmt, const char *word)
{
    strbuf_addf(out, "CREATE%s%s %s %s", stmt->u.create_named.or_replace ? " OR REPLACE" : "", stmt->u.create_named.temporary ? " TEMPORARY" : "", word, stmt->u.create_named.if_not_exists ? "IF NOT EXISTS " : "");
    print_path(out, &stmt->u.create_named.name);
    if (stmt->u.create_named.input.n) put(out, " INPUT"), print_elements(out, &stmt->u.create_named.input, &(KeyList){ 0 }, NULL);
    if (stmt->u.create_named.output.n) put(out, " OUTPUT"), print_elements(out, &stmt->u.create_named.output, &(KeyList){ 0 }, NULL);
    print_comment(out, stmt->u.create_named.has_comment, stmt->u.create_named.comment);
    print_with(out, &stmt->u.create_named.options);
    if (stmt->u.create_named.query) put(out, " AS "), query_print(stmt->u.create_named.query, true, out);
}

static void print_create_materialized(StrBuf *out, const Stmt *stmt)
{
    const AstCreateTable *create = stmt->u.create_named.table;
    strbuf_addf(out, "CREATE%s MATERIALIZED TABLE %s", stmt->u.create_named.or_replace ? " OR ALTER" : "", stmt->u.create_named.if_not_exists ? "IF NOT EXISTS " : "");
    print_path(out, &create->name);
    print_table_clauses(out, create);
    if (stmt->u.create_named.freshness) put(out, " FRESHNESS = "), ast_print(stmt->u.create_named.freshness, true, out);
    if (stmt->u.create_named.refresh_mode.len) strbuf_addf(out, " REFRESH_MODE = %.*s", STR_ARG(stmt->u.create_named.refresh_mode));
    put(out, " AS "), query_print(create->as, true, out);
}

static void print_create_function(StrBuf *out, const Stmt *stmt)
{
    strbuf_addf(out, "CREATE%s%s%s FUNCTION %s", stmt->u.create_function.or_replace ? " OR REPLACE" : "", stmt->u.create_function.temporary ? " TEMPORARY" : "",
                stmt->u.create_function.system ? " SYSTEM" : "", stmt->u.create_function.if_not_exists ? "IF NOT EXISTS " : "");
    print_path(out, &stmt->u.create_function.name);
    put(out, " AS ");
    print_text(out, stmt->u.create_function.class_name);
    if (stmt->u.create_function.language.len) strbuf_addf(out, " LANGUAGE %.*s", STR_ARG(stmt->u.create_function.language));
    for (uint32_t i = 0; i < stmt->u.create_function.nresources; i++) {
        put(out, i ? ", JAR " : " USING JAR ");
        print_text(out, stmt->u.create_function.resources[i]);
    }
    print_with(out, &stmt->u.create_function.options);
}

/* --- DML and the client --- */

static void print_insert(StrBuf *out, const AstInsert *insert)
{
    static const char *const conflicts[] = { [CONFLICT_NONE] = "", [CONFLICT_NOTHING] = " ON CONFLICT DO NOTHING", [CONFLICT_ERROR] = " ON CONFLICT DO ERROR", [CONFLICT_DEDUPLICATE] = " ON CONFLICT DO DEDUPLICATE" };
    strbuf_addf(out, "%sINSERT %s ", insert->execute ? "EXECUTE " : "", insert->overwrite ? "OVERWRITE" : "INTO");
    print_path(out, &insert->table);
    print_hints(out, &insert->hints);
    if (insert->has_partition) print_partition(out, &insert->partition);
    if (insert->column_paths.n) put(out, " "), print_paths(out, &insert->column_paths);
    else if (insert->columns.n) put(out, " "), print_names(out, &insert->columns);
    put(out, "\n");
    query_print(insert->query, true, out);
    put(out, conflicts[insert->conflict]);
}

static void print_set(StrBuf *out, const Stmt *stmt)
{
    put(out, "STATEMENT SET BEGIN\n");
    for (uint32_t i = 0; i < stmt->u.set.n; i++) stmt_print(stmt->u.set.inserts[i], out), put(out, ";\n");
    put(out, "END");
}

static void print_explain(StrBuf *out, const Stmt *stmt)
{
    put(out, stmt->u.explain.plan_for ? "EXPLAIN PLAN FOR " : "EXPLAIN ");
    for (uint32_t i = 0; i < stmt->u.explain.ndetails; i++) strbuf_addf(out, "%.*s%s ", STR_ARG(stmt->u.explain.details[i]), i + 1 < stmt->u.explain.ndetails ? "," : "");
    stmt_print(stmt->u.explain.target, out);
}

static void print_modules(StrBuf *out, const Stmt *stmt)
{
    put(out, stmt->kind == STMT_USE_MODULES ? "USE MODULES " : stmt->kind == STMT_LOAD_MODULE ? "LOAD MODULE " : "UNLOAD MODULE ");
    for (uint32_t i = 0; i < stmt->u.module.names.n; i++) {
        if (i) put(out, ", ");
        print_name(out, stmt->u.module.names.v[i].name);
    }
    print_with(out, &stmt->u.module.options);
}

static void print_setting(StrBuf *out, const Stmt *stmt)
{
    put(out, stmt->kind == STMT_SET ? "SET" : "RESET");
    if (!stmt->u.set_option.has_key) return;
    put(out, " ");
    print_text(out, stmt->u.set_option.key);
    if (stmt->kind == STMT_SET) put(out, " = "), print_text(out, stmt->u.set_option.value);
}

static void print_plan(StrBuf *out, const Stmt *stmt)
{
    put(out, stmt->kind == STMT_COMPILE_PLAN ? "COMPILE PLAN " : stmt->kind == STMT_EXECUTE_PLAN ? "EXECUTE PLAN " : "COMPILE AND EXECUTE PLAN ");
    print_text(out, stmt->u.client.text);
    if (stmt->u.client.if_not_exists) put(out, " IF NOT EXISTS");
    if (!stmt->u.client.target) return;
    put(out, " FOR ");
    if (stmt->u.client.target->kind == STMT_STATEMENT_SET) print_set(out, stmt->u.client.target);
    else stmt_print(stmt->u.client.target, out);
}

static void print_stop(StrBuf *out, const Stmt *stmt)
{
    put(out, "STOP JOB ");
    print_text(out, stmt->u.client.job);
    if (stmt->u.client.savepoint) put(out, " WITH SAVEPOINT");
    if (stmt->u.client.drain) put(out, " WITH DRAIN");
}

static void print_assignments(StrBuf *out, const AstList *targets, const AstList *values)
{
    for (uint32_t i = 0; i < targets->n; i++) {
        put(out, i ? ", " : " SET ");
        ast_print(targets->v[i], true, out);
        put(out, " = ");
        ast_print(values->v[i], true, out);
    }
}

static void print_dml(StrBuf *out, const Stmt *stmt)
{
    strbuf_addf(out, "%s ", stmt->kind == STMT_UPDATE ? "UPDATE" : stmt->kind == STMT_DELETE ? "DELETE FROM" : stmt->kind == STMT_TRUNCATE ? "TRUNCATE TABLE" : "ANALYZE TABLE");
    print_path(out, &stmt->u.dml.table);
    if (stmt->u.dml.alias.n) put(out, " AS "), print_path(out, &stmt->u.dml.alias);
    if (stmt->u.dml.partition.n) print_pairs_of(out, &stmt->u.dml.partition, true);
    if (stmt->kind == STMT_UPDATE) print_assignments(out, &stmt->u.dml.targets, &stmt->u.dml.values);
    if (stmt->u.dml.where) put(out, " WHERE "), ast_print(stmt->u.dml.where, true, out);
    if (stmt->kind != STMT_ANALYZE) return;
    put(out, stmt->u.dml.all_columns ? " COMPUTE STATISTICS FOR ALL COLUMNS" : " COMPUTE STATISTICS");
    for (uint32_t i = 0; i < stmt->u.dml.columns.n; i++) put(out, i ? ", " : " FOR COLUMNS "), print_name(out, stmt->u.dml.columns.v[i].name);
}

static void print_merge(StrBuf *out, const Stmt *stmt)
{
    put(out, "MERGE INTO "), print_path(out, &stmt->u.dml.table);
    if (stmt->u.dml.alias.n) put(out, " AS "), print_path(out, &stmt->u.dml.alias);
    put(out, " USING "), from_print(stmt->u.dml.using_from, true, out);
    put(out, " ON "), ast_print(stmt->u.dml.on, true, out);
    for (uint32_t i = 0; i < stmt->u.dml.nwhens; i++) {
        const AstMergeWhen *when = &stmt->u.dml.whens[i];
        put(out, when->matched ? "\nWHEN MATCHED THEN UPDATE" : "\nWHEN NOT MATCHED THEN INSERT");
        if (when->matched) {
            print_assignments(out, &when->targets, &when->values);
            continue;
        }
        if (when->columns.n) put(out, " "), print_paths(out, &when->columns);
        put(out, " VALUES (");
        for (uint32_t k = 0; k < when->values.n; k++) put(out, k ? ", " : ""), ast_print(when->values.v[k], true, out);
        put(out, ")");
    }
}

void stmt_print(const Stmt *stmt, StrBuf *out)
{
    switch (stmt->kind) {
    case STMT_QUERY: query_print(stmt->u.query, true, out); break;
    case STMT_INSERT: print_insert(out, stmt->u.insert); break;
    case STMT_STATEMENT_SET: put(out, "EXECUTE "), print_set(out, stmt); break;
    case STMT_BEGIN_SET: put(out, "BEGIN STATEMENT SET"); break;
    case STMT_END: put(out, "END"); break;
    case STMT_EXPLAIN: print_explain(out, stmt); break;
    case STMT_CREATE_TABLE: print_create_table(out, stmt->u.create_table); break;
    case STMT_CREATE_VIEW: print_create_view(out, stmt); break;
    case STMT_CREATE_DATABASE: print_create_named(out, stmt, "DATABASE"); break;
    case STMT_CREATE_CATALOG: print_create_named(out, stmt, "CATALOG"); break;
    case STMT_CREATE_MODEL: print_create_named(out, stmt, "MODEL"); break;
    case STMT_CREATE_MATERIALIZED: print_create_materialized(out, stmt); break;
    case STMT_CREATE_FUNCTION: print_create_function(out, stmt); break;
    case STMT_DROP: print_drop(out, stmt); break;
    case STMT_ALTER_TABLE: case STMT_ALTER_VIEW: case STMT_ALTER_DATABASE: case STMT_ALTER_CATALOG: case STMT_ALTER_FUNCTION: case STMT_ALTER_MODEL:
    case STMT_ALTER_MATERIALIZED: print_alter(out, stmt); break;
    case STMT_SHOW: print_show(out, stmt); break;
    case STMT_DESCRIBE: print_describe(out, stmt); break;
    case STMT_USE: put(out, "USE "), print_path(out, &stmt->u.use.name); break;
    case STMT_USE_CATALOG: put(out, "USE CATALOG "), print_path(out, &stmt->u.use.name); break;
    case STMT_USE_MODULES: case STMT_LOAD_MODULE: case STMT_UNLOAD_MODULE: print_modules(out, stmt); break;
    case STMT_SET: case STMT_RESET: print_setting(out, stmt); break;
    case STMT_UPDATE: case STMT_DELETE: case STMT_TRUNCATE: case STMT_ANALYZE: print_dml(out, stmt); break;
    case STMT_MERGE: print_merge(out, stmt); break;
    case STMT_CALL:
        put(out, "CALL ");
        print_path(out, &stmt->u.call.name);
        put(out, "(");
        for (uint32_t i = 0; i < stmt->u.call.args.n; i++) put(out, i ? ", " : ""), ast_print(stmt->u.call.args.v[i], true, out);
        put(out, ")");
        break;
    case STMT_ADD_JAR: put(out, "ADD JAR "), print_text(out, stmt->u.client.text); break;
    case STMT_REMOVE_JAR: put(out, "REMOVE JAR "), print_text(out, stmt->u.client.text); break;
    case STMT_STOP_JOB: print_stop(out, stmt); break;
    case STMT_COMPILE_PLAN: case STMT_EXECUTE_PLAN: case STMT_COMPILE_EXECUTE_PLAN: print_plan(out, stmt); break;
    case STMT_QUIT: put(out, "QUIT"); break;
    case STMT_CLEAR: put(out, "CLEAR"); break;
    case STMT_HELP: put(out, "HELP"); break;
    case STMT_KIND_COUNT: break;
    }
}

bool stmt_equal(const Stmt *a, const Stmt *b)
{
    StrBuf left = { 0 }, right = { 0 };
    stmt_print(a, &left);
    stmt_print(b, &right);
    bool same = a->kind == b->kind && str_eq(strbuf_str(&left), strbuf_str(&right));
    strbuf_free(&left);
    strbuf_free(&right);
    return same;
}
