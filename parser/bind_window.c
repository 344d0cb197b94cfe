/* Windows: the table functions TUMBLE, HOP, CUMULATE, SESSION and the older GROUP BY TUMBLE(..) with TUMBLE_START and the like
 * (tests/conformance). Sizes are literals of days to seconds; the time column is a time attribute (batch: any timestamp). */
#include "parser/bind.h"

static const char *const window_names[] = { [WINDOW_TUMBLE] = "TUMBLE", [WINDOW_HOP] = "HOP", [WINDOW_CUMULATE] = "CUMULATE", [WINDOW_SESSION] = "SESSION" };

static int window_kind(Str name)
{
    for (int i = 0; i < 4; i++)
        if (str_iis(name, window_names[i])) return i;
    return -1;
}

bool is_window_function(Str name)
{
    return window_kind(name) >= 0;
}

const Type *window_bound_type(Arena *arena)
{
    return type_time(arena, TYPE_TIMESTAMP, 3, false);
}

/* --- arguments --- */

/* A literal interval in microseconds. */
static bool interval_arg(Binder *b, const Ast *ast, const char *what, int64_t *us, Err *err)
{
    Scope none = { 0 };
    const ExprScope es = { .scope = &none, .clause = "window function" };
    Expr *expr = bind_expr(b, &es, ast, err);
    if (expr) expr = expr_fold(&b->ctx, expr, err);
    if (!expr) return false;
    if (expr->kind != EXPR_CONST || expr->type->kind != TYPE_INTERVAL_SECOND || expr->value.null) {
        err_at(err, E_TYPE, ast->span, "the %s must be a literal interval of days, hours, minutes or seconds", what);
        return err_hint(err, expr->type->kind == TYPE_INTERVAL_MONTH ? "Months and years have no fixed length: use days." : "Write INTERVAL '10' MINUTE.");
    }
    *us = expr->value.v.i64 * 1000;
    return true;
}

static bool check_positive(int64_t us, const Ast *ast, const char *what, Err *err)
{
    return us > 0 || err_at(err, E_INVALID, ast->span, "the %s must be greater than 0", what);
}

/* May this column tell the time of a window? */
static bool check_time(Binder *b, const Type *type, Span span, Err *err)
{
    if (type->kind != TYPE_TIMESTAMP && type->kind != TYPE_TIMESTAMP_LTZ)
        return err_at(err, E_TYPE, span, "the time column of a window must be a TIMESTAMP or TIMESTAMP_LTZ, but it is " STR_FMT, STR_ARG(type_text(b->arena, type)));
    if (b->plan->batch || type->attr != ATTR_NONE) return true;
    err_at(err, E_TYPE, span, "the time column of a window must be a time attribute, but it is a plain " STR_FMT, STR_ARG(type_text(b->arena, type)));
    return err_hint(err, "Declare WATERMARK FOR it in its table, or add a column AS PROCTIME(); CAST and arithmetic make it plain.");
}

/* As in Flink: a session has no end that is known before its rows. */
static bool check_session(const Binder *b, WindowKind kind, Span span, Err *err)
{
    if (kind != WINDOW_SESSION || !b->plan->batch) return true;
    return refuse_clause(err, span, "SESSION in batch mode is", "SET 'execution.runtime-mode' = 'streaming': bounded tables end there too.");
}

static void time_facts(const Binder *b, const Type *type, WindowSpec *spec)
{
    spec->proctime = type->attr == ATTR_PROCTIME;
    spec->zone = type->kind == TYPE_TIMESTAMP_LTZ ? b->ctx.zone : NULL;
}

/* --- table functions --- */

enum { ARG_DATA, ARG_TIME, ARG_FIRST, ARG_SECOND, ARG_OFFSET, ARG_COUNT };
/* Names of arguments, in order; NULL = not taken. HOP and CUMULATE: slide (step) before size. */
static const char *const arg_names[4][ARG_COUNT] = {
    [WINDOW_TUMBLE] = { "DATA", "TIMECOL", "SIZE", NULL, "OFFSET" },
    [WINDOW_HOP] = { "DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET" },
    [WINDOW_CUMULATE] = { "DATA", "TIMECOL", "STEP", "SIZE", "OFFSET" },
    [WINDOW_SESSION] = { "DATA", "TIMECOL", "GAP", NULL, NULL },
};

static bool place_named(WindowKind kind, const Ast *arg, uint32_t i, const Ast **out, Err *err)
{
    for (uint32_t k = 0; k < ARG_COUNT; k++) {
        if (!arg_names[kind][k] || !str_iis(arg->u.named.name.name, arg_names[kind][k])) continue;
        if (out[k]) return err_at(err, E_INVALID, arg->span, "argument %s stands twice", arg_names[kind][k]);
        if ((i == 0) != (k == ARG_DATA)) {
            err_at(err, E_INVALID, arg->span, "DATA must be the first argument of %s", window_names[kind]);
            return err_hint(err, "Begin with DATA => TABLE t.");
        }
        out[k] = arg->u.named.value;
        return true;
    }
    return err_at(err, E_INVALID, arg->span, "%s has no argument \"" STR_FMT "\"", window_names[kind], STR_ARG(arg->u.named.name.name));
}

static bool place_args(WindowKind kind, const Ast *call, const Ast **out, Err *err)
{
    const AstList *args = &call->u.call.args;
    uint32_t at = 0;
    for (uint32_t i = 0; i < args->n; i++) {
        if (args->v[i]->kind == AST_NAMED_ARG) {
            if (!place_named(kind, args->v[i], i, out, err)) return false;
            continue;
        }
        while (at < ARG_COUNT && !arg_names[kind][at]) at++;
        if (at == ARG_COUNT) return err_at(err, E_INVALID, args->v[i]->span, "too many arguments for %s", window_names[kind]);
        out[at++] = args->v[i];
    }
    for (uint32_t k = 0; k < ARG_OFFSET; k++)
        if (arg_names[kind][k] && !out[k]) {
            err_at(err, E_INVALID, call->span, "%s lacks its argument %s", window_names[kind], arg_names[kind][k]);
            return err_hint(err, kind == WINDOW_TUMBLE ? "TUMBLE(TABLE t, DESCRIPTOR(ts), size [, offset])" : kind == WINDOW_SESSION ? "SESSION(TABLE t [PARTITION BY k], DESCRIPTOR(ts), gap)" :
                kind == WINDOW_HOP ? "HOP(TABLE t, DESCRIPTOR(ts), slide, size [, offset])" : "CUMULATE(TABLE t, DESCRIPTOR(ts), step, size [, offset])");
        }
    return true;
}

/* TABLE t [PARTITION BY ..] or a query. */
static bool bind_data(Binder *b, WindowKind kind, const Ast *arg, Relation *out, WindowSpec *spec, Err *err)
{
    if (arg->kind == AST_SUBQUERY) return bind_subquery(b, arg->u.sub.query, STR_NULL, NULL, out, err);
    if (arg->kind != AST_TABLE_ARG) {
        err_at(err, E_INVALID, arg->span, "the first argument of %s must be a table", window_names[kind]);
        return err_hint(err, "Write TABLE before its name, or a query in parentheses.");
    }
    if (arg->u.table_arg.query) {
        if (!bind_subquery(b, arg->u.table_arg.query, STR_NULL, NULL, out, err)) return false;
    } else {
        HintList hints = { 0 };
        if (!bind_table_name(b, &arg->u.table_arg.table, &hints, out, err)) return false;
    }
    const AstList *partition = &arg->u.table_arg.partition;
    if (partition->n && kind != WINDOW_SESSION) return err_at(err, E_INVALID, partition->v[0]->span, "%s takes no PARTITION BY", window_names[kind]);
    spec->partition = ARENA_ARRAY(b->arena, uint32_t, partition->n + 1);
    for (uint32_t i = 0; i < partition->n; i++) {
        const ExprScope es = { .scope = &out->scope, .clause = "PARTITION BY" };
        const Ast *item = partition->v[i];
        const AstList one = { (Ast *[]){ (Ast *)item }, 1, 1 }, *items = item->kind == AST_ROW ? &item->u.items.items : &one;
        for (uint32_t k = 0; k < items->n; k++) {
            Expr *key = bind_expr(b, &es, items->v[k], err);
            if (!key) return false;
            if (key->kind != EXPR_COLUMN) return refuse_clause(err, key->span, "an expression in PARTITION BY of SESSION is", "Compute it in a subquery and name its column.");
            if (spec->npartition == 32) return refuse_clause(err, key->span, "so many PARTITION BY columns are", "Use a ROW of them.");
            if (!spec->npartition) spec->partition = ARENA_ARRAY(b->arena, uint32_t, 32);
            spec->partition[spec->npartition++] = key->column;
        }
    }
    return true;
}

static bool bind_time_column(Binder *b, const Ast *arg, const Relation *rel, WindowSpec *spec, Err *err)
{
    if (arg->kind != AST_DESCRIPTOR || arg->u.descriptor.n != 1) {
        err_at(err, E_INVALID, arg->span, "the time column must be given as DESCRIPTOR(column)");
        return false;
    }
    Ident *part = ARENA_NEW(b->arena, Ident);
    *part = arg->u.descriptor.v[0];
    const Path path = { part, 1, part->span.len ? part->span : arg->span };
    Expr *column = scope_column(b, &rel->scope, &path, err);
    if (!column || !check_time(b, column->type, path.span, err)) return false;
    spec->time_col = column->column;
    time_facts(b, column->type, spec);
    return true;
}

static bool bind_sizes(Binder *b, WindowKind kind, const Ast *const *args, WindowSpec *spec, Err *err)
{
    int64_t first = 0, second = 0;
    const char *what = kind == WINDOW_SESSION ? "gap" : kind == WINDOW_HOP ? "slide" : kind == WINDOW_CUMULATE ? "step" : "size";
    if (!interval_arg(b, args[ARG_FIRST], what, &first, err) || !check_positive(first, args[ARG_FIRST], what, err)) return false;
    spec->size_us = spec->slide_us = first;
    if (args[ARG_SECOND]) {
        if (!interval_arg(b, args[ARG_SECOND], "size", &second, err) || !check_positive(second, args[ARG_SECOND], "size", err)) return false;
        spec->size_us = second;
    }
    if (args[ARG_OFFSET]) {
        if (!interval_arg(b, args[ARG_OFFSET], "offset", &spec->offset_us, err)) return false;
        int64_t offset = spec->offset_us < 0 ? -spec->offset_us : spec->offset_us;
        if (offset >= spec->size_us) return err_at(err, E_INVALID, args[ARG_OFFSET]->span, "the offset must be smaller than the size of the window");
    }
    return true;
}

bool bind_window_tvf(Binder *b, const Ast *call, Relation *out, Err *err)
{
    WindowKind kind = (WindowKind)window_kind(call->u.call.name.part[0].name);
    const Ast *args[ARG_COUNT] = { 0 };
    WindowSpec spec = { .kind = kind };
    Relation data = { 0 };
    if (!check_session(b, kind, call->span, err) || !place_args(kind, call, args, err) || !bind_data(b, kind, args[ARG_DATA], &data, &spec, err)) return false;
    if (!bind_time_column(b, args[ARG_TIME], &data, &spec, err) || !bind_sizes(b, kind, args, &spec, err)) return false;
    const Schema *in = data.node->schema;
    Schema *schema = schema_new(b->arena, in->n + 3);
    memcpy((Column *)schema->cols, in->cols, sizeof *in->cols * in->n);
    const Type *time = type_with_null(b->arena, in->cols[spec.time_col].type, false);
    *schema_col(schema, in->n) = (Column){ STR("window_start"), window_bound_type(b->arena) };
    *schema_col(schema, in->n + 1) = (Column){ STR("window_end"), window_bound_type(b->arena) };
    *schema_col(schema, in->n + 2) = (Column){ STR("window_time"), time };
    out->node = plan_node(b->plan, PLAN_WINDOW_TVF, &data.node, 1, schema, call->span);
    out->node->u.window_tvf.window = spec;
    out->scope = (Scope){ 0 };
    /* The function's result has its columns only, without the names of its input. */
    scope_add(b, &out->scope, STR_NULL, schema, 0);
    return true;
}

/* --- GROUP BY TUMBLE(..) --- */

bool bind_group_window(Binder *b, const Scope *scope, const Ast *call, GroupWindow *out, Err *err)
{
    int kind = window_kind(call->u.call.name.part[0].name);
    const AstList *args = &call->u.call.args;
    uint32_t want = kind == WINDOW_HOP ? 3 : 2;
    *out = (GroupWindow){ .spec = { .kind = (WindowKind)kind, .legacy = true }, .span = call->span };
    if (kind == WINDOW_CUMULATE) return refuse_clause(err, call->span, "CUMULATE in GROUP BY is", "Use it in FROM: TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), step, size)).");
    if (args->n != want) {
        if (args->n == want + 1) return refuse_clause(err, args->v[want]->span, "the alignment argument of a window in GROUP BY is", "Use the table function, which takes an offset.");
        return err_at(err, E_INVALID, call->span, "%s in GROUP BY takes %u arguments", window_names[kind], want);
    }
    const ExprScope es = { .scope = scope, .clause = "GROUP BY clause" };
    out->time = bind_expr(b, &es, args->v[0], err);
    if (!out->time || !check_time(b, out->time->type, args->v[0]->span, err) || !check_session(b, out->spec.kind, call->span, err)) return false;
    time_facts(b, out->time->type, &out->spec);
    out->args = ARENA_ARRAY(b->arena, Expr *, want);
    for (uint32_t i = 1; i < want; i++) {
        int64_t us;
        const char *what = kind == WINDOW_SESSION ? "gap" : kind == WINDOW_HOP && i == 1 ? "slide" : "size";
        if (!interval_arg(b, args->v[i], what, &us, err) || !check_positive(us, args->v[i], what, err)) return false;
        if (i == 1) out->spec.slide_us = us;
        out->spec.size_us = us;
    }
    return true;
}

typedef struct PropertyName { WindowKind window; WindowProp prop; } PropertyName;

static bool property_of(Str name, PropertyName *out)
{
    static const char *const props[] = { [WPROP_START] = "_START", [WPROP_END] = "_END", [WPROP_TIME] = "_ROWTIME", [WPROP_PROCTIME] = "_PROCTIME" };
    for (int kind = 0; kind < 4; kind++) {
        uint32_t len = (uint32_t)strlen(window_names[kind]);
        if (kind == WINDOW_CUMULATE || name.len <= len || !str_iis(str_sub(name, 0, len), window_names[kind])) continue;
        for (int prop = 0; prop < 4; prop++)
            if (str_iis(str_sub(name, len, name.len), props[prop])) {
                *out = (PropertyName){ (WindowKind)kind, (WindowProp)prop };
                return true;
            }
    }
    return false;
}

bool is_group_window_property(Str name)
{
    PropertyName ignored;
    return property_of(name, &ignored);
}

Expr *bind_window_property(Binder *b, const ExprScope *es, const Ast *call, Err *err)
{
    PropertyName name;
    GroupWindow window;
    Str text = call->u.call.name.part[0].name;
    property_of(text, &name);
    const GroupWindow *group = es->grouping ? es->grouping->window : NULL;
    Ast as_window = *call;
    Ident *ident = ARENA_NEW(b->arena, Ident);
    *ident = (Ident){ .name = str_of(window_names[name.window]), .span = call->u.call.name.span };
    as_window.u.call.name = (Path){ ident, 1, call->u.call.name.span };
    bool same = group && !es->in_aggregate;
    if (same && !bind_group_window(b, es->scope, &as_window, &window, err)) return NULL;
    same = same && group->spec.kind == window.spec.kind && group->spec.size_us == window.spec.size_us && group->spec.slide_us == window.spec.slide_us && expr_equal(group->time, window.time);
    if (!same) {
        err_at(err, E_GROUPING, call->span, STR_FMT " has no window of the same arguments in GROUP BY", STR_ARG(text));
        err_hint(err, "Write GROUP BY %s(..) with the arguments of " STR_FMT ".", window_names[name.window], STR_ARG(text));
        return NULL;
    }
    const Type *type = window_bound_type(b->arena);
    if (name.prop == WPROP_TIME) {
        if (group->spec.proctime) {
            err_at(err, E_INVALID, call->span, "a window over processing time has no rowtime");
            err_hint(err, "Use %s_PROCTIME.", window_names[name.window]);
            return NULL;
        }
        type = type_with_null(b->arena, group->time->type, true);
    }
    if (name.prop == WPROP_PROCTIME) type = type_with_attr(b->arena, type_time(b->arena, TYPE_TIMESTAMP_LTZ, 3, false), ATTR_PROCTIME);
    Grouping *grouping = es->grouping;
    uint32_t i = 0;
    while (i < grouping->props.n && grouping->props.v[i] != name.prop) i++;
    if (i == grouping->props.n) ARENA_PUSH(b->arena, grouping->props, name.prop);
    return expr_column(b->arena, PROP_COLUMN + i, type, call->span);
}

/* --- window columns of a node --- */

static bool map_columns(const PlanNode *calc, const WindowColumns *in, WindowColumns *out)
{
    *out = (WindowColumns){ -1, -1, -1, in->spec, in->tvf };
    for (uint32_t i = calc->u.calc.nexprs; i-- > 0;) {
        const Expr *expr = calc->u.calc.exprs[i];
        if (expr->kind != EXPR_COLUMN) continue;
        if ((int32_t)expr->column == in->start) out->start = (int32_t)i;
        if ((int32_t)expr->column == in->end) out->end = (int32_t)i;
        if ((int32_t)expr->column == in->time) out->time = (int32_t)i;
    }
    return out->start >= 0 || out->end >= 0;
}

/* A window aggregate over recovered windows: they are among its keys. */
static bool key_windows(const PlanNode *node, WindowColumns *out)
{
    WindowColumns in;
    if (!window_columns(node->inputs[0], &in)) return false;
    *out = (WindowColumns){ -1, -1, -1, in.spec, NULL };
    for (uint32_t i = 0; i < node->u.window_agg.nkeys; i++) {
        int32_t key = (int32_t)node->u.window_agg.keys[i];
        if (key == in.start) out->start = (int32_t)i;
        if (key == in.end) out->end = (int32_t)i;
        if (key == in.time) out->time = (int32_t)i;
    }
    return out->start >= 0 || out->end >= 0;
}

bool window_columns(const PlanNode *node, WindowColumns *out)
{
    WindowColumns in;
    *out = (WindowColumns){ -1, -1, -1, NULL, NULL };
    if (node->kind == PLAN_CALC) return window_columns(node->inputs[0], &in) && map_columns(node, &in, out);
    if (node->kind == PLAN_EXPAND) return window_columns(node->inputs[0], out);
    if (node->kind == PLAN_WINDOW_TVF) {
        int32_t n = (int32_t)node->schema->n;
        *out = (WindowColumns){ n - 3, n - 2, n - 1, &node->u.window_tvf.window, (PlanNode *)node };
        return true;
    }
    if (node->kind != PLAN_WINDOW_AGG || node->u.window_agg.window.legacy) return false;
    const WindowAggConfig *agg = &node->u.window_agg;
    if (!agg->nprops) return key_windows(node, out);
    out->spec = &agg->window;
    for (uint32_t i = 0; i < agg->nprops; i++) {
        int32_t column = (int32_t)(agg->nkeys + agg->ncalls + i);
        if (agg->props[i] == WPROP_START) out->start = column;
        else if (agg->props[i] == WPROP_END) out->end = column;
        else out->time = column;
    }
    return true;
}
