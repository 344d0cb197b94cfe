/* INSERT: the query's columns to the table's, with implicit casts; and the sinks of SELECTs.
 * A sink's row: physical columns in order of declaration, then metadata columns that can be written. */
#include "parser/bind.h"
#include "engine/plan/config.h"

typedef struct TargetList { uint32_t *v; uint32_t n, cap; } TargetList;      /* table columns, in order of the query's columns */

static bool writable(const TableColumn *col)
{
    return col->kind == TCOL_PHYSICAL || (col->kind == TCOL_METADATA && !col->is_virtual);
}

static bool no_target(Binder *b, const TableDef *def, Str name, Span span, Err *err)
{
    Str *names = ARENA_ARRAY(b->arena, Str, def->ncols + 1);
    uint32_t n = 0;
    const char *what = NULL;
    for (uint32_t i = 0; i < def->ncols; i++) {
        if (writable(&def->cols[i])) names[n++] = def->cols[i].name;
        else if (str_eq(def->cols[i].name, name)) what = def->cols[i].kind == TCOL_COMPUTED ? "computed" : "virtual";
    }
    err_at(err, E_NO_COLUMN, span, "column \"" STR_FMT "\" of table \"" STR_FMT "\" %s", STR_ARG(name), STR_ARG(def->path.name), what ? "cannot be written" : "does not exist");
    if (what) return err_hint(err, "It is %s: its value comes from elsewhere.", what);
    int near = str_nearest(name, names, n);
    return near >= 0 ? err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(names[near])) : false;
}

static bool find_target(Binder *b, const TableDef *def, Str name, Span span, uint32_t *out, Err *err)
{
    for (uint32_t i = 0; i < def->ncols; i++)
        if (writable(&def->cols[i]) && str_eq(def->cols[i].name, name)) {
            *out = i;
            return true;
        }
    return no_target(b, def, name, span, err);
}

static bool has(const TargetList *list, uint32_t column)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (list->v[i] == column) return true;
    return false;
}

static bool add_target(Binder *b, const TableDef *def, TargetList *list, uint32_t column, Span span, Err *err)
{
    if (has(list, column)) return err_at(err, E_DUP_COLUMN, span, "column \"" STR_FMT "\" is assigned more than once", STR_ARG(def->cols[column].name));
    ARENA_PUSH(b->arena, *list, column);
    return true;
}

/* PARTITION (k = v): its columns are constants of this statement. */
static bool static_partition(Binder *b, const AstInsert *insert, const TableDef *def, TargetList *out, Err *err)
{
    for (uint32_t i = 0; i < insert->partition.n; i++) {
        const Option *option = &insert->partition.v[i];
        uint32_t column;
        Span span = option->span.len ? option->span : insert->table.span;
        if (!find_target(b, def, option->key, span, &column, err) || !add_target(b, def, out, column, span, err)) return false;
        bool partitioned = false;
        for (uint32_t p = 0; p < def->npartition; p++) partitioned = partitioned || str_eq(def->partition[p], option->key);
        if (!partitioned) {
            err_at(err, E_INVALID, span, "column \"" STR_FMT "\" is no partition column of table \"" STR_FMT "\"", STR_ARG(option->key), STR_ARG(def->path.name));
            return err_hint(err, "Only columns of PARTITIONED BY can be given in PARTITION (..).");
        }
    }
    return true;
}

static bool listed_targets(Binder *b, const AstInsert *insert, const TableDef *def, const TargetList *fixed, TargetList *out, Err *err)
{
    for (uint32_t i = 0; i < insert->column_paths.n; i++)
        if (insert->column_paths.v[i].n > 1) {
            err_at(err, E_NO_COLUMN, insert->column_paths.v[i].span, "a field of a row cannot be written by itself");
            return err_hint(err, "Write the whole ROW.");
        }
    for (uint32_t i = 0; i < insert->columns.n; i++) {
        uint32_t column;
        const Ident *name = &insert->columns.v[i];
        if (!find_target(b, def, name->name, name->span, &column, err)) return false;
        if (has(fixed, column)) return err_at(err, E_INVALID, name->span, "column \"" STR_FMT "\" is given by PARTITION already", STR_ARG(name->name));
        if (!add_target(b, def, out, column, name->span, err)) return false;
    }
    for (uint32_t i = 0; insert->columns.n == 0 && i < def->ncols; i++)
        if (writable(&def->cols[i]) && !has(fixed, i) && !add_target(b, def, out, i, insert->table.span, err)) return false;
    return true;
}

static Str column_list(Binder *b, const Schema *schema)
{
    StrBuf text = { 0 };
    for (uint32_t i = 0; i < schema->n; i++) {
        strbuf_addf(&text, "%s" STR_FMT " ", i ? ", " : "", STR_ARG(schema->cols[i].name));
        type_print(schema->cols[i].type, false, &text);
    }
    Str copy = str_dup(b->arena, strbuf_str(&text));
    strbuf_free(&text);
    return copy;
}

static bool wrong_count(Binder *b, const AstInsert *insert, const TableDef *def, const TargetList *targets, const Schema *query, Err *err)
{
    Schema sink = { ARENA_ARRAY(b->arena, Column, targets->n + 1), targets->n };
    for (uint32_t i = 0; i < targets->n; i++) *schema_col(&sink, i) = (Column){ def->cols[targets->v[i]].name, def->cols[targets->v[i]].type };
    err_at(err, E_TYPE, insert->query->span, "the query has %u columns, table \"" STR_FMT "\" takes %u", query->n, STR_ARG(def->path.name), targets->n);
    return err_detail(err, "Query: [" STR_FMT "]. Table: [" STR_FMT "].", STR_ARG(column_list(b, query)), STR_ARG(column_list(b, &sink)));
}

static bool missing_value(const TableDef *def, const TableColumn *col, Span span, Err *err)
{
    err_at(err, E_NOT_NULL, span, "column \"" STR_FMT "\" of table \"" STR_FMT "\" is NOT NULL, but gets no value", STR_ARG(col->name), STR_ARG(def->path.name));
    err->stage = STAGE_VALIDATE;
    return err_hint(err, "Add it to the column list.");
}

/* The value of one table column: from the query, from PARTITION, or NULL. */
static Expr *column_value(Binder *b, const AstInsert *insert, const TableDef *def, uint32_t column, const TargetList *targets, const Schema *query, Err *err)
{
    const TableColumn *col = &def->cols[column];
    Span span = insert->query->span;
    for (uint32_t i = 0; i < targets->n; i++) {
        if (targets->v[i] != column) continue;
        Expr *value = expr_column(b->arena, i, query->cols[i].type, span);
        Expr *cast = expr_implicit_cast(&b->ctx, value, type_with_null(b->arena, col->type, true), err);
        if (!cast) err_detail(err, "Column \"" STR_FMT "\" of table \"" STR_FMT "\" is " STR_FMT ", the query's column \"" STR_FMT "\" is " STR_FMT ".", STR_ARG(col->name), STR_ARG(def->path.name), STR_ARG(type_text(b->arena, col->type)), STR_ARG(query->cols[i].name), STR_ARG(type_text(b->arena, query->cols[i].type)));
        return cast;
    }
    const Option *fixed = options_find(&insert->partition, col->name);
    if (fixed) {
        Expr *text = expr_const(b->arena, type_string(false), datum_str(b->arena, fixed->value), span);
        return expr_cast(&b->ctx, text, col->type, true, span, err);
    }
    if (!col->type->nullable && col->kind == TCOL_PHYSICAL) {
        missing_value(def, col, insert->table.span, err);
        return NULL;
    }
    return expr_const(b->arena, type_with_null(b->arena, col->type, true), datum_null(), span);
}

static PlanNode *sink_input(Binder *b, const AstInsert *insert, const TableDef *def, const TargetList *targets, PlanNode *query, SinkConfig *sink, Schema *schema, Err *err)
{
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, def->ncols + 1);
    sink->metadata = ARENA_ARRAY(b->arena, Str, def->ncols + 1);
    sink->rowtime = -1;
    uint32_t n = 0;
    for (int metadata = 0; metadata < 2; metadata++)
        for (uint32_t i = 0; i < def->ncols; i++) {
            const TableColumn *col = &def->cols[i];
            if (!writable(col) || (col->kind == TCOL_METADATA) != (metadata == 1)) continue;
            Expr *value = column_value(b, insert, def, i, targets, query->schema, err);
            if (!value) return NULL;
            if (metadata) sink->metadata[sink->nmetadata++] = col->metadata_key.len ? col->metadata_key : col->name;
            const Type *from = value->kind == EXPR_COLUMN ? value->type : NULL;
            if (from && from->attr == ATTR_ROWTIME && sink->rowtime < 0) sink->rowtime = (int32_t)n;
            *schema_col(schema, n) = (Column){ col->name, col->type };
            items[n++] = (SelectItem){ value, col->name, insert->query->span };
        }
    schema->n = n;
    return plan_calc(b, query, NULL, items, n, insert->query->span, err);
}

static void add_sink(Plan *plan, PlanNode *node)
{
    struct { PlanNode **v; uint32_t n, cap; } sinks = { plan->sinks, plan->nsinks, plan->nsinks };
    ARENA_PUSH(plan->arena, sinks, node);
    plan->sinks = sinks.v;
    plan->nsinks = sinks.n;
}

static bool check_overwrite(const Plan *plan, const AstInsert *insert, const ConnectorDef *connector, Err *err)
{
    if (!insert->overwrite) return true;
    if (!(connector->caps & CONN_OVERWRITE)) return refuse_clause(err, insert->table.span, "INSERT OVERWRITE into this connector is", "Use INSERT INTO.");
    return plan->batch || refuse_clause(err, insert->table.span, "INSERT OVERWRITE of a stream is", "SET 'execution.runtime-mode' = 'batch'.");
}

static bool insert_hints(const HintList *hints, const Options **out, Err *err)
{
    for (uint32_t i = 0; i < hints->n; i++) {
        if (!str_iis(hints->v[i].name.name, "OPTIONS")) return err_at(err, E_INVALID, hints->v[i].span, "there is no hint \"" STR_FMT "\" for a table that is written", STR_ARG(hints->v[i].name.name));
        *out = &hints->v[i].options;
    }
    return true;
}

bool insert_plan(AnalyzeEnv *env, Plan *plan, const AstInsert *insert, Err *err)
{
    Binder b = binder_new(env, plan, plan->arena);
    ObjectPath path = binder_qualify(&b, &insert->table);
    const TableDef *def = insert->table.n <= 3 ? catalog_find(env->catalog, path) : NULL;
    const Options *hints = NULL;
    if (!def) return no_table(&b, path, insert->table.span, err);
    if (def->kind == TABLE_VIEW) return err_at(err, E_INVALID, insert->table.span, "\"" STR_FMT "\" is a view: nothing can be written into it", STR_ARG(path.name));
    if (!insert_hints(&insert->hints, &hints, err)) return false;
    TargetList fixed = { 0 }, targets = { 0 };
    if (!static_partition(&b, insert, def, &fixed, err) || !listed_targets(&b, insert, def, &fixed, &targets, err)) return false;
    PlanNode *query = plan_query(&b, insert->query, err);
    if (!query) return false;
    if (query->schema->n != targets.n) return wrong_count(&b, insert, def, &targets, query->schema, err);
    const ConnectorDef *connector;
    const ConnTable *conn = table_connector(env, plan->arena, def, hints, true, &connector, insert->table.span, err);
    if (!conn || !check_overwrite(plan, insert, connector, err)) return false;
    Schema *schema = schema_new(plan->arena, def->ncols);
    SinkConfig sink = { .table = def, .connector = connector, .conn = conn, .overwrite = insert->overwrite,
        .null_policy = str_iis(config_text(&env->config, "table.exec.sink.not-null-enforcer"), "DROP") ? NULLS_DROP : NULLS_ERROR };
    PlanNode *input = sink_input(&b, insert, def, &targets, query, &sink, schema, err);
    if (!input) return false;
    if (insert->has_partition) {
        Options *partition = ARENA_NEW(plan->arena, Options);
        for (uint32_t i = 0; i < insert->partition.n; i++) options_set(plan->arena, partition, insert->partition.v[i].key, insert->partition.v[i].value);
        sink.static_partition = partition;
    }
    if (insert->conflict != CONFLICT_NONE) {
        sink.on_conflict = true;
        sink.conflict = insert->conflict == CONFLICT_NOTHING ? MERGE_FIRST : insert->conflict == CONFLICT_ERROR ? MERGE_FAIL : MERGE_LAST;
    }
    if (str_iis(config_text(&env->config, "table.exec.sink.rowtime-inserter"), "DISABLED")) sink.rowtime = -1;
    PlanNode *node = plan_node(plan, PLAN_SINK, &input, 1, schema, insert->table.span);
    node->u.sink = sink;
    add_sink(plan, node);
    if (!plan->name.len) plan->name = str_printf(plan->arena, "insert-into_" STR_FMT, STR_ARG(conn->identifier));
    return true;
}

/* --- SELECT --- */

static bool name_taken(const Schema *schema, uint32_t n, Str name)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(schema->cols[i].name, name)) return true;
    return false;
}

/* Doubles get a number: v, v0, v1; the number dodges names that are taken. */
static Schema *unique_names(Plan *plan, const Schema *in)
{
    Schema *schema = schema_new(plan->arena, in->n);
    for (uint32_t i = 0; i < in->n; i++) {
        Str name = in->cols[i].name;
        for (uint32_t k = 0; name_taken(schema, i, name); k++) name = str_printf(plan->arena, STR_FMT "%u", STR_ARG(in->cols[i].name), k);
        *schema_col(schema, i) = (Column){ name, in->cols[i].type };
    }
    return schema;
}

bool query_plan(AnalyzeEnv *env, Plan *plan, const AstQuery *query, BoundQuery *out, Err *err)
{
    Binder b = binder_new(env, plan, plan->arena);
    out->root = plan_query(&b, query, err);
    if (!out->root) return false;
    out->schema = unique_names(plan, out->root->schema);
    return true;
}

bool select_plan(AnalyzeEnv *env, Plan *plan, const AstQuery *query, Err *err)
{
    BoundQuery bound;
    if (!query_plan(env, plan, query, &bound, err)) return false;
    PlanNode *node = plan_node(plan, PLAN_SINK, &bound.root, 1, bound.schema, query->span);
    node->u.sink = (SinkConfig){ .rowtime = -1, .accepts = CHANGES_ALL };
    add_sink(plan, node);
    if (!plan->name.len) plan->name = STR("collect");
    return true;
}
