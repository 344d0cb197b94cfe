/* The draft of a table: columns, key, watermark, distribution as CREATE and ALTER put them together, and the checks
 * of the finished whole (tests/conformance). Pure but for the binder's look-ups. */
#include "parser/ddl.h"
#include "engine/expr/agg.h"

int draft_find(const Draft *draft, Str name)
{
    for (uint32_t i = 0; i < draft->cols.n; i++)
        if (str_eq(draft->cols.v[i].col.name, name)) return (int)i;
    return -1;
}

static Str print_ast(Arena *arena, const Ast *ast)
{
    StrBuf text = { 0 };
    ast_print(ast, true, &text);
    Str copy = str_dup(arena, strbuf_str(&text));
    strbuf_free(&text);
    return copy;
}

static Ident name_ident(Str name)
{
    return (Ident){ .name = name };
}

void draft_from_table(Draft *draft, AnalyzeEnv *env, Arena *arena, const TableDef *def)
{
    *draft = (Draft){ .env = env, .arena = arena, .def = *def };
    draft->def.options = (Options){ 0 };
    for (uint32_t i = 0; i < def->options.n; i++) options_set(arena, &draft->def.options, def->options.v[i].key, def->options.v[i].value);
    for (uint32_t i = 0; i < def->ncols; i++) {
        DraftColumn column = { .col = def->cols[i] };
        ARENA_PUSH(arena, draft->cols, column);
    }
    draft->has_pk = def->npk > 0;
    draft->pk_name = def->pk_name;
    for (uint32_t i = 0; i < def->npk; i++) ARENA_PUSH(arena, draft->pk, name_ident(def->cols[def->pk[i]].name));
    draft->watermark_column = def->watermark_column;
    draft->watermark_text = def->watermark_text;
}

/* --- parts --- */

static bool not_enforced_only(Span span, Err *err)
{
    err_at(err, E_INVALID, span, "a primary key must be NOT ENFORCED");
    return err_hint(err, "Write PRIMARY KEY (..) NOT ENFORCED: the data is not weir's, so the key is taken on trust.");
}

static bool unique_key(Span span, Err *err)
{
    err_at(err, E_UNSUPPORTED, span, "UNIQUE constraints are not supported");
    return err_hint(err, "Use PRIMARY KEY (..) NOT ENFORCED.");
}

static bool second_key(Span span, Err *err)
{
    return err_at(err, E_INVALID, span, "the table has a primary key already");
}

static bool inline_key(Draft *draft, const AstColumn *column, Err *err)
{
    if (column->unique) return unique_key(column->span, err);
    if (!column->primary_key) return true;
    if (column->pk_enforced) return not_enforced_only(column->span, err);
    if (draft->has_pk) return second_key(column->span, err);
    draft->has_pk = true;
    draft->pk_name = column->constraint.name;
    draft->pk_span = column->span;
    ARENA_PUSH(draft->arena, draft->pk, column->name);
    return true;
}

bool draft_column(Draft *draft, const AstColumn *column, DraftColumn *out, Err *err)
{
    *out = (DraftColumn){ .span = column->span, .expr = column->expr };
    TableColumn *col = &out->col;
    col->name = column->name.name;
    col->comment = column->comment;
    col->has_comment = column->has_comment;
    switch (column->kind) {
    case COLUMN_COMPUTED:
        col->kind = TCOL_COMPUTED;
        col->expr_text = print_ast(draft->arena, column->expr);
        return true;
    case COLUMN_METADATA:
        col->kind = TCOL_METADATA;
        col->metadata_key = column->metadata_key;
        col->is_virtual = column->is_virtual;
        break;
    case COLUMN_PHYSICAL:
        col->kind = TCOL_PHYSICAL;
        break;
    case COLUMN_NAME_ONLY:
        return err_at(err, E_SYNTAX, column->span, "column \"" STR_FMT "\" has no type", STR_ARG(col->name));
    }
    col->type = bind_type(draft->arena, column->type, err);
    return col->type && inline_key(draft, column, err);
}

bool draft_insert(Draft *draft, uint32_t at, const DraftColumn *column, Err *err)
{
    if (draft_find(draft, column->col.name) >= 0)
        return err_at(err, E_DUP_COLUMN, column->span, "column \"" STR_FMT "\" stands twice in the table", STR_ARG(column->col.name));
    DraftColumn last = { 0 };
    ARENA_PUSH(draft->arena, draft->cols, last);
    memmove(draft->cols.v + at + 1, draft->cols.v + at, sizeof *draft->cols.v * (draft->cols.n - 1 - at));
    draft->cols.v[at] = *column;
    return true;
}

bool draft_key(Draft *draft, const AstKey *key, Err *err)
{
    if (key->unique) return unique_key(key->span, err);
    if (!key->not_enforced) return not_enforced_only(key->span, err);
    if (draft->has_pk) return second_key(key->span, err);
    draft->has_pk = true;
    draft->pk_name = key->name.name;
    draft->pk = key->cols;
    draft->pk_span = key->span;
    return true;
}

bool draft_watermark(Draft *draft, const AstWatermark *watermark, Err *err)
{
    if (draft->watermark_column.len) return err_at(err, E_INVALID, watermark->span, "the table has a watermark already");
    if (watermark->column.n != 1) {
        err_at(err, E_UNSUPPORTED, watermark->column.span, "a watermark on a nested field is not supported");
        return err_hint(err, "Declare a computed column that takes the field out of the row, and the watermark on that column.");
    }
    draft->watermark_column = watermark->column.part[0].name;
    draft->watermark_expr = watermark->expr;
    draft->watermark_text = print_ast(draft->arena, watermark->expr);
    draft->watermark_span = watermark->span;
    return true;
}

bool draft_distribution(Draft *draft, const AstDistribution *distribution, Err *err)
{
    TableDef *def = &draft->def;
    if (distribution->buckets == 0) return err_at(err, E_INVALID, distribution->span, "a table must be distributed into at least 1 bucket");
    def->distributed = true;
    def->dist_kind = distribution->kind;
    def->dist_buckets = distribution->buckets > 0 ? distribution->buckets : -1;
    def->ndist_cols = distribution->cols.n;
    def->dist_cols = ARENA_ARRAY(draft->arena, Str, distribution->cols.n + 1);
    for (uint32_t i = 0; i < distribution->cols.n; i++) def->dist_cols[i] = distribution->cols.v[i].name;
    for (uint32_t i = 0; i < def->ndist_cols; i++) {
        int at = draft_find(draft, def->dist_cols[i]);
        if (at < 0 || draft->cols.v[at].col.kind != TCOL_PHYSICAL)
            return err_at(err, E_NO_COLUMN, distribution->cols.v[i].span, "bucket key \"" STR_FMT "\" is no physical column of the table", STR_ARG(def->dist_cols[i]));
    }
    return true;
}

/* --- the whole --- */

static bool no_column(const Draft *draft, Str name, Span span, const char *what, Err *err)
{
    err_at(err, E_NO_COLUMN, span, "%s \"" STR_FMT "\" is not a column of the table", what, STR_ARG(name));
    Str *names = ARENA_ARRAY(draft->arena, Str, draft->cols.n + 1);
    for (uint32_t i = 0; i < draft->cols.n; i++) names[i] = draft->cols.v[i].col.name;
    int near = str_nearest(name, names, draft->cols.n);
    return near < 0 ? false : err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(names[near]));
}

static Str key_name(Arena *arena, const IdentList *cols)
{
    StrBuf name = { 0 };
    strbuf_addz(&name, "PK");
    for (uint32_t i = 0; i < cols->n; i++) {
        strbuf_addc(&name, '_');
        strbuf_adds(&name, cols->v[i].name);
    }
    Str copy = str_dup(arena, strbuf_str(&name));
    strbuf_free(&name);
    return copy;
}

static bool finish_key(Draft *draft, Err *err)
{
    TableDef *def = &draft->def;
    def->npk = 0;
    def->pk = NULL;
    def->pk_name = STR_NULL;
    if (!draft->has_pk) return true;
    def->pk = ARENA_ARRAY(draft->arena, uint32_t, draft->pk.n + 1);
    for (uint32_t i = 0; i < draft->pk.n; i++) {
        const Ident *name = &draft->pk.v[i];
        int at = draft_find(draft, name->name);
        if (at < 0) return no_column(draft, name->name, name->span.len ? name->span : draft->pk_span, "primary key column", err);
        DraftColumn *column = &draft->cols.v[at];
        if (column->col.kind != TCOL_PHYSICAL)
            return err_at(err, E_INVALID, draft->pk_span, "primary key column \"" STR_FMT "\" must be a physical column", STR_ARG(name->name));
        for (uint32_t k = 0; k < i; k++)
            if (def->pk[k] == (uint32_t)at) return err_at(err, E_INVALID, draft->pk_span, "column \"" STR_FMT "\" stands twice in the primary key", STR_ARG(name->name));
        if (column->inherited && draft->pk_span.len && column->col.type->nullable) {
            err_at(err, E_INVALID, draft->pk_span, "primary key column \"" STR_FMT "\" is nullable", STR_ARG(name->name));
            return err_hint(err, "It comes from the source table or query; declare it NOT NULL there.");
        }
        column->col.type = type_with_null(draft->arena, column->col.type, false);
        def->pk[def->npk++] = (uint32_t)at;
    }
    def->pk_name = draft->pk_name.len ? draft->pk_name : key_name(draft->arena, &draft->pk);
    return true;
}

/* Columns an expression may read: computed ones see physical and metadata columns, watermarks see all. */
static Schema visible_columns(const Draft *draft, bool computed_too)
{
    Column *cols = ARENA_ARRAY(draft->arena, Column, draft->cols.n + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < draft->cols.n; i++) {
        const TableColumn *col = &draft->cols.v[i].col;
        if (computed_too || col->kind != TCOL_COMPUTED) cols[n++] = (Column){ col->name, col->type };
    }
    return (Schema){ cols, n };
}

/* Flink lets an aggregate pass as a computed column and refuses the query that reads it. */
static const Type *aggregate_type(const Draft *draft, const Ast *ast, const Schema *schema)
{
    if (ast->kind != AST_CALL || ast->u.call.name.n != 1 || !agg_find(ast->u.call.name.part[0].name)) return NULL;
    if (str_iis(ast->u.call.name.part[0].name, "COUNT") || ast->u.call.args.n == 0) return type_simple(TYPE_BIGINT, false);
    Err ignored = { 0 };
    Expr *arg = bind_table_expr(draft->env, draft->arena, ast->u.call.args.v[0], schema, &ignored);
    return arg ? type_with_null(draft->arena, arg->type, true) : NULL;
}

/* Binds text of the catalog or a tree of the statement; errors of catalog text carry no span of this statement. */
static Expr *bind_draft_expr(Draft *draft, const Ast **ast, Str text, const Schema *schema, Err *err)
{
    bool stored = !*ast;
    if (stored) *ast = parse_expression(draft->arena, text, err);
    Expr *expr = *ast ? bind_table_expr(draft->env, draft->arena, *ast, schema, err) : NULL;
    if (!expr && stored) {
        err->span = (Span){ 0, 0 };
        err_detail(err, "It stands in the expression " STR_FMT ".", STR_ARG(text));
    }
    return expr;
}

static bool finish_computed(Draft *draft, Err *err)
{
    Schema schema = visible_columns(draft, false);
    for (uint32_t i = 0; i < draft->cols.n; i++) {
        DraftColumn *column = &draft->cols.v[i];
        if (column->col.kind != TCOL_COMPUTED) continue;
        if (column->expr && column->expr->kind == AST_LITERAL && column->expr->u.lit.kind == LIT_NULL) {
            column->col.type = type_simple(TYPE_NULL, true);
            continue;
        }
        Expr *expr = bind_draft_expr(draft, &column->expr, column->col.expr_text, &schema, err);
        column->col.type = expr ? expr->type : column->expr ? aggregate_type(draft, column->expr, &schema) : NULL;
        if (!column->col.type) return false;
        err_clear(err);
    }
    return true;
}

/* TIMESTAMP(p) or TIMESTAMP_LTZ(p), p <= 3. */
static bool time_type_ok(const Type *type)
{
    return (type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ) && type->precision <= 3;
}

static bool bad_time_type(const Draft *draft, const char *what, const Type *type, Err *err)
{
    err_at(err, E_TYPE, draft->watermark_span, "%s must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3, but it is " STR_FMT, what, STR_ARG(type_text(draft->arena, type)));
    if (type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ) return err_hint(err, "Declare the column as %s(3): without a precision it is 6.", type->kind == TYPE_TIMESTAMP ? "TIMESTAMP" : "TIMESTAMP_LTZ");
    return err_hint(err, "Add a computed column such as `t AS TO_TIMESTAMP_LTZ(x, 3)` and declare the watermark on it.");
}

static bool finish_watermark(Draft *draft, Err *err)
{
    draft->def.watermark_column = draft->watermark_column;
    draft->def.watermark_text = draft->watermark_text;
    if (!draft->watermark_column.len) return true;
    int at = draft_find(draft, draft->watermark_column);
    if (at < 0) return no_column(draft, draft->watermark_column, draft->watermark_span, "watermark column", err);
    const Type *type = draft->cols.v[at].col.type;
    if (type->attr == ATTR_PROCTIME) return err_at(err, E_INVALID, draft->watermark_span, "a processing-time column takes no watermark");
    if (!time_type_ok(type)) return bad_time_type(draft, "the watermark column", type, err);
    Schema schema = visible_columns(draft, true);
    Expr *expr = bind_draft_expr(draft, &draft->watermark_expr, draft->watermark_text, &schema, err);
    if (!expr) return false;
    if (!time_type_ok(expr->type)) return bad_time_type(draft, "the watermark expression", expr->type, err);
    if (expr->type->kind == type->kind) return true;
    return err_at(err, E_TYPE, draft->watermark_span, "the watermark expression is " STR_FMT ", the column is " STR_FMT, STR_ARG(type_text(draft->arena, expr->type)), STR_ARG(type_text(draft->arena, type)));
}

static Str metadata_source(const TableColumn *col)
{
    return col->metadata_key.len ? col->metadata_key : col->name;
}

static bool finish_metadata(const Draft *draft, Err *err)
{
    for (uint32_t i = 0; i < draft->cols.n; i++) {
        const TableColumn *col = &draft->cols.v[i].col;
        for (uint32_t k = 0; col->kind == TCOL_METADATA && k < i; k++) {
            const TableColumn *other = &draft->cols.v[k].col;
            if (other->kind != TCOL_METADATA || !str_eq(metadata_source(other), metadata_source(col))) continue;
            err_at(err, E_INVALID, draft->cols.v[i].span, "columns \"" STR_FMT "\" and \"" STR_FMT "\" read the same metadata key '" STR_FMT "'", STR_ARG(other->name), STR_ARG(col->name), STR_ARG(metadata_source(col)));
            return err_hint(err, "Make one of them a computed column over the other.");
        }
    }
    return true;
}

static bool finish_partition(const Draft *draft, Err *err)
{
    for (uint32_t i = 0; i < draft->def.npartition; i++)
        if (draft_find(draft, draft->def.partition[i]) < 0) return no_column(draft, draft->def.partition[i], (Span){ 0, 0 }, "partition column", err);
    return true;
}

bool draft_finish(Draft *draft, Err *err)
{
    if (!finish_key(draft, err) || !finish_computed(draft, err) || !finish_watermark(draft, err) || !finish_metadata(draft, err)) return false;
    if (!finish_partition(draft, err)) return false;
    draft->def.ncols = draft->cols.n;
    draft->def.cols = ARENA_ARRAY(draft->arena, TableColumn, draft->cols.n + 1);
    for (uint32_t i = 0; i < draft->cols.n; i++) draft->def.cols[i] = draft->cols.v[i].col;
    return true;
}
