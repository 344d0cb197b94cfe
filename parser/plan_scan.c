/* Reading a catalog table: scan of its physical and metadata columns, computed columns, watermark, and normalisation of upsert
 * sources. Output: the table's columns in order of declaration. What is not needed is pruned later. */
#include "parser/bind.h"
#include "engine/plan/config.h"

static const Type *table_type(const Binder *b, const TableDef *def, uint32_t i)
{
    const TableColumn *col = &def->cols[i];
    TimeAttr attr = col->type->attr == ATTR_PROCTIME ? ATTR_PROCTIME : ATTR_NONE;
    if (def->watermark_column.len && str_eq(def->watermark_column, col->name)) attr = ATTR_ROWTIME;
    if (b->plan->batch) attr = ATTR_NONE;
    return attr == col->type->attr ? col->type : type_with_attr(b->arena, col->type, attr);
}

static Str metadata_key(const TableColumn *col)
{
    return col->metadata_key.len ? col->metadata_key : col->name;
}

/* Declared type of a connector's metadata key; NULL + err if it has none of that name. */
static const Type *metadata_type(Binder *b, const ConnectorDef *connector, const TableColumn *col, Span span, Err *err)
{
    Str key = metadata_key(col);
    Str names[64];
    uint32_t n = 0;
    for (const MetadataDef *def = connector->metadata; def && def->key && n < 64; def++) {
        names[n++] = str_of(def->key);
        if (!str_is(key, def->key)) continue;
        AstType *type = parse_type(b->arena, str_of(def->type), err);
        return type ? bind_type(b->arena, type, err) : NULL;
    }
    err_at(err, E_INVALID, span, "connector '%s' has no metadata key '" STR_FMT "' (column \"" STR_FMT "\")", connector->name, STR_ARG(key), STR_ARG(col->name));
    int near = str_nearest(key, names, n);
    if (near >= 0) err_hint(err, "Did you mean '" STR_FMT "'?", STR_ARG(names[near]));
    else err_hint(err, n ? "See the connector's list of metadata." : "It offers none.");
    return NULL;
}

/* The scan itself; maps[i] = expression over its output for table column i (computed: NULL). */
static PlanNode *scan_node(Binder *b, const TableDef *def, const ConnTable *conn, const ConnectorDef *connector, Expr **maps, Span span, Err *err)
{
    Schema *schema = schema_new(b->arena, def->ncols);
    ScanConfig config = { .table = def, .connector = connector, .conn = conn, .limit = -1, .physical = ARENA_ARRAY(b->arena, uint32_t, def->ncols + 1), .metadata = ARENA_ARRAY(b->arena, Str, def->ncols + 1) };
    schema->n = 0;
    for (uint32_t i = 0; i < def->ncols; i++) {
        if (def->cols[i].kind != TCOL_PHYSICAL) continue;
        maps[i] = expr_column(b->arena, schema->n, def->cols[i].type, span);
        config.physical[config.nphysical] = config.nphysical;
        config.nphysical++;
        *schema_col(schema, schema->n++) = (Column){ def->cols[i].name, def->cols[i].type };
    }
    for (uint32_t i = 0; i < def->ncols; i++) {
        if (def->cols[i].kind != TCOL_METADATA) continue;
        const Type *type = metadata_type(b, connector, &def->cols[i], span, err);
        if (!type) return NULL;
        maps[i] = expr_column(b->arena, schema->n, type, span);
        if (!type_eq(type, def->cols[i].type, true)) {
            maps[i] = expr_cast(&b->ctx, maps[i], def->cols[i].type, false, span, err);
            if (!maps[i]) return NULL;
        }
        config.metadata[config.nmetadata++] = metadata_key(&def->cols[i]);
        *schema_col(schema, schema->n++) = (Column){ metadata_key(&def->cols[i]), type };
    }
    PlanNode *node = plan_node(b->plan, PLAN_SCAN, NULL, 0, schema, span);
    node->u.scan = config;
    return node;
}

/* what: "column "x" of table "t"" and the like. */
static Expr *stored_expr(Binder *b, Str what, Str text, const Schema *schema, Span span, Err *err)
{
    Ast *ast = parse_expression(b->arena, text, err);
    Expr *expr = ast ? bind_table_expr(b->env, b->arena, ast, schema, err) : NULL;
    if (expr) {
        ExprOrigin *origin = ARENA_NEW(b->arena, ExprOrigin);
        *origin = (ExprOrigin){ what, text, b->view_span.len ? b->view_span : span };
        expr_set_origin(expr, origin);
        return expr;
    }
    err->span = span;
    err_detail(err, "It stands in the expression " STR_FMT ".", STR_ARG(text));
    return NULL;
}

/* Columns in order of declaration. */
static PlanNode *table_columns(Binder *b, const TableDef *def, PlanNode *scan, Expr **maps, Span span, Err *err)
{
    Schema visible = { ARENA_ARRAY(b->arena, Column, def->ncols + 1), 0 };
    Expr **sources = ARENA_ARRAY(b->arena, Expr *, def->ncols + 1);
    for (uint32_t i = 0; i < def->ncols; i++) {
        if (def->cols[i].kind == TCOL_COMPUTED) continue;
        sources[visible.n] = maps[i];
        *schema_col(&visible, visible.n++) = (Column){ def->cols[i].name, def->cols[i].type };
    }
    SelectItem *items = ARENA_ARRAY(b->arena, SelectItem, def->ncols + 1);
    for (uint32_t i = 0; i < def->ncols; i++) {
        if (def->cols[i].kind == TCOL_COMPUTED) {
            Str what = str_printf(b->arena, "column \"" STR_FMT "\" of table \"" STR_FMT "\"", STR_ARG(def->cols[i].name), STR_ARG(def->path.name));
            Expr *expr = stored_expr(b, what, def->cols[i].expr_text, &visible, span, err);
            if (!expr) return NULL;
            maps[i] = expr_substitute(b->arena, expr, sources, visible.n);
        }
        Expr *typed = arena_copy(b->arena, maps[i], sizeof *typed);
        typed->type = type_with_attr(b->arena, typed->type, table_type(b, def, i)->attr);
        items[i] = (SelectItem){ typed, def->cols[i].name, span };
    }
    return plan_calc(b, scan, NULL, items, def->ncols, span, err);
}

static PlanNode *watermark(Binder *b, const TableDef *def, const ConnTable *conn, PlanNode *in, Span span, Err *err)
{
    Str what = str_printf(b->arena, "the watermark of table \"" STR_FMT "\"", STR_ARG(def->path.name));
    Expr *expr = stored_expr(b, what, def->watermark_text, in->schema, span, err);
    int rowtime = schema_find(in->schema, def->watermark_column);
    if (!expr || rowtime < 0) return NULL;
    PlanNode *node = plan_node(b->plan, PLAN_WATERMARK, &in, 1, in->schema, span);
    WatermarkConfig *config = &node->u.watermark;
    *config = (WatermarkConfig){ .rowtime = (uint32_t)rowtime, .expr = expr, .interval_us = b->plan->auto_watermark_interval_us, .idle_timeout_us = config_i64(&b->env->config, "table.exec.source.idle-timeout") };
    const Option *idle = options_find(conn->options, STR("scan.watermark.idle-timeout"));
    if (idle && !parse_duration(idle->value, &config->idle_timeout_us)) {
        err_at(err, E_OPTION, span, "option 'scan.watermark.idle-timeout' is no duration: '" STR_FMT "'", STR_ARG(idle->value));
        return NULL;
    }
    const Option *strategy = options_find(conn->options, STR("scan.watermark.emit.strategy"));
    config->on_event = strategy && str_iis(strategy->value, "on-event");
    return node;
}

static PlanNode *normalize(Binder *b, const TableDef *def, uint8_t changes, PlanNode *in, Span span, Err *err)
{
    bool upsert = (changes & CHANGES_UA) && !(changes & CHANGES_UB);
    bool duplicates = changes != CHANGES_INSERT && def->npk && config_bool(&b->env->config, "table.exec.source.cdc-events-duplicate");
    if (!upsert && !duplicates) return in;
    if (!def->npk) {
        err_at(err, E_INVALID, span, "table \"" STR_FMT "\" yields updates without their old rows, so it needs a primary key", STR_ARG(def->path.name));
        err_hint(err, "Declare PRIMARY KEY (..) NOT ENFORCED.");
        return NULL;
    }
    PlanNode *node = plan_node(b->plan, PLAN_NORMALIZE, &in, 1, in->schema, span);
    node->u.normalize = (NormalizeConfig){ .key = def->pk, .nkey = def->npk };
    return node;
}

static bool check_batch(Binder *b, const TableDef *def, const ConnectorDef *connector, const ConnTable *conn, uint8_t changes, Span span, Err *err)
{
    bool bounded = connector->bounded ? connector->bounded(conn) : (connector->caps & CONN_BOUNDED) != 0;
    if (!b->plan->batch) return true;
    if (!bounded) {
        err_at(err, E_INVALID, span, "table \"" STR_FMT "\" never ends, so batch mode cannot read it", STR_ARG(def->path.name));
        return err_hint(err, "Bound it (kafka: 'scan.bounded.mode', datagen: 'number-of-rows'), or SET 'execution.runtime-mode' = 'streaming'.");
    }
    if (changes == CHANGES_INSERT) return true;
    err_at(err, E_CHANGELOG, span, "table \"" STR_FMT "\" carries updates and deletes, which batch mode cannot read", STR_ARG(def->path.name));
    return err_hint(err, "SET 'execution.runtime-mode' = 'streaming'.");
}

PlanNode *plan_scan(Binder *b, const TableDef *def, const Options *hints, Span span, Err *err)
{
    const ConnectorDef *connector;
    const ConnTable *conn = table_connector(b->env, b->arena, def, hints, false, &connector, span, err);
    if (!conn) return NULL;
    uint8_t changes = connector->source_changes ? connector->source_changes(conn) : CHANGES_INSERT;
    if (!check_batch(b, def, connector, conn, changes, span, err)) return NULL;
    Expr **maps = ARENA_ARRAY(b->arena, Expr *, def->ncols + 1);
    PlanNode *node = scan_node(b, def, conn, connector, maps, span, err);
    if (node) node = table_columns(b, def, node, maps, span, err);
    if (node && def->watermark_column.len && !b->plan->batch) node = watermark(b, def, conn, node, span, err);
    return node ? normalize(b, def, changes, node, span, err) : NULL;
}
