/* Meanings, node by node in the plan's order (inputs first); see the header. */
#include "engine/plan/meaning.h"
#include "engine/type/text.h"

typedef struct Meanings { const Plan *plan; Arena *arena; bool exact; Meaning *v; StrBuf text; } Meanings;

/* --- parts of texts --- */

void put_hash(StrBuf *out, Hash128 hash)
{
    strbuf_addf(out, "%016llx%016llx", (unsigned long long)hash.hi, (unsigned long long)hash.lo);
}

void put_type(Arena *arena, const Type *type, StrBuf *out)
{
    type_print(type->nullable ? type : type_with_null(arena, type, true), false, out);
}

void put_value(const Type *type, const Datum *value, StrBuf *out)
{
    if (value->null) strbuf_addz(out, "<NULL>");
    else datum_print(type, value, zone_utc(), out);
}

void put_columns(const Meaning *in, const uint32_t *cols, uint32_t n, StrBuf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const Column *column = &in->cols.cols[cols ? cols[i] : i];
        strbuf_addf(out, " " STR_FMT ":", STR_ARG(column->name));
        type_print(column->type, false, out);
    }
}

/* Times in the session's zone mean other things in another one. */
static bool reads_zone(const Expr *expr)
{
    if (expr->type->kind == TYPE_TIMESTAMP_LTZ) return true;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (reads_zone(expr->args[i])) return true;
    return false;
}

void put_expr(const Plan *plan, const Expr *expr, const Schema *cols, StrBuf *out)
{
    expr_print(expr, cols, out);
    if (plan->zone && reads_zone(expr)) strbuf_addf(out, " @" STR_FMT, STR_ARG(zone_name(plan->zone)));
}

void put_call(const AggCall *call, const Meaning *in, Arena *arena, StrBuf *out)
{
    strbuf_addf(out, "%s(%s%s%s", agg_name(call->def), call->distinct ? " DISTINCT" : "", call->retract ? " RETRACT" : "", call->ignore_nulls ? " IGNORE NULLS" : "");
    put_columns(in, call->args, call->nargs, out);
    strbuf_addz(out, " ->");
    for (uint32_t i = 0; i < call->nargs && call->arg_types; i++) {
        strbuf_addc(out, ' ');
        put_type(arena, call->arg_types[i], out);
        if (!call->const_args || call->const_args[i].null) continue;
        strbuf_addc(out, '=');
        put_value(call->arg_types[i], &call->const_args[i], out);
    }
    strbuf_addz(out, " : ");
    put_type(arena, call->type, out);
    if (call->filter >= 0) strbuf_addf(out, " FILTER " STR_FMT, STR_ARG(in->cols.cols[call->filter].name));
    strbuf_addc(out, ')');
}

void put_window(const WindowSpec *spec, const Meaning *in, StrBuf *out)
{
    static const char *const names[] = { "TUMBLE", "HOP", "CUMULATE", "SESSION" };
    strbuf_addf(out, "%s %lld %lld %lld by ", names[spec->kind], (long long)spec->size_us, (long long)spec->slide_us, (long long)spec->offset_us);
    if (spec->proctime) strbuf_addz(out, "PROCTIME");
    else strbuf_adds(out, in->cols.cols[spec->time_col].name);
    if (spec->zone) strbuf_addf(out, " @" STR_FMT, STR_ARG(zone_name(spec->zone)));
    if (spec->kind == WINDOW_SESSION) put_columns(in, spec->partition, spec->npartition, out);
}

/* What stands behind the '?' of an URL tunes the connection, or holds a password. */
static Str without_parameters(Str value)
{
    bool url = str_starts(value, "jdbc:") || str_find(value, STR("://"), 0) >= 0;
    int64_t mark = url ? str_find(value, STR("?"), 0) : -1;
    return mark < 0 ? value : str_sub(value, 0, (uint32_t)mark);
}

static void put_option(const Option *option, StrBuf *out)
{
    strbuf_addf(out, " " STR_FMT "='" STR_FMT "'", STR_ARG(option->key), STR_ARG(without_parameters(option->value)));
}

void put_table(const ConnectorDef *connector, const ConnTable *table, bool exact, StrBuf *out)
{
    bool known = false;
    strbuf_addz(out, connector->name);
    for (const OptionDef *def = connector->options; def && def->name; def++) {
        const Option *option = def->flags & OPTF_IDENTITY ? options_find(table->options, str_of(def->name)) : NULL;
        if (option) put_option(option, out);
        known = known || option;
    }
    if (!known || exact) strbuf_addf(out, " " STR_FMT, STR_ARG(table->identifier));
    for (uint32_t i = 0; exact && i < table->options->n; i++)
        if (!secret_key(table->options->v[i].key)) put_option(&table->options->v[i], out);
}

/* --- hashing --- */

static Hash128 take_hash(Meanings *m)
{
    Hash128 hash = hash_bytes128(m->text.ptr, m->text.len);
    strbuf_clear(&m->text);
    return hash;
}

static Str take_name(Meanings *m)
{
    Hash128 hash = take_hash(m);
    put_hash(&m->text, hash);
    Str name = str_dup(m->arena, strbuf_str(&m->text));
    strbuf_clear(&m->text);
    return name;
}

Hash128 meaning_rows(const Meaning *meaning)
{
    const Hash128 both[2] = { meaning->rows, meaning->conditions };
    return meaning->conditions.lo || meaning->conditions.hi ? hash_bytes128(both, sizeof both) : meaning->rows;
}

static const Meaning *input(const Meanings *m, const PlanNode *node, uint32_t k)
{
    return &m->v[node->inputs[k]->id];
}

/* Begins a text: what is done, with which rows. */
static void begin(Meanings *m, const char *what, const PlanNode *node)
{
    strbuf_addz(&m->text, what);
    for (uint32_t k = 0; k < node->ninputs; k++) {
        strbuf_addc(&m->text, ' ');
        put_hash(&m->text, meaning_rows(input(m, node, k)));
    }
    strbuf_addc(&m->text, ' ');
}

static void set_column(Meanings *m, Meaning *out, const PlanNode *node, uint32_t i, Str name)
{
    const Type *type = node->schema->cols[i].type;
    ((Column *)out->cols.cols)[i] = (Column){ name, type->nullable ? type : type_with_null(m->arena, type, true) };
}

static void add_conditions(Meanings *m, Meaning *out, const Expr *filter, const Schema *cols)
{
    if (!filter) return;
    for (uint32_t i = 0; filter->kind == EXPR_AND && i < filter->nargs; i++) add_conditions(m, out, filter->args[i], cols);
    if (filter->kind == EXPR_AND) return;
    put_expr(m->plan, filter, cols, &m->text);
    out->conditions = hash128_add(out->conditions, take_hash(m));
}

/* A column passed on stays what it is, through a cast too that changes nothing but nullability. */
static Str expr_name(Meanings *m, const Expr *expr, const Schema *cols)
{
    while (expr->kind == EXPR_CAST && expr->implicit && type_eq(expr->type, expr->args[0]->type, true)) expr = expr->args[0];
    if (expr->kind == EXPR_COLUMN) return cols->cols[expr->column].name;
    put_expr(m->plan, expr, cols, &m->text);
    strbuf_addc(&m->text, ':');
    put_type(m->arena, expr->type, &m->text);
    return take_name(m);
}

/* --- nodes --- */

static void scan_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const ScanConfig *scan = &node->u.scan;
    put_table(scan->connector, scan->conn, m->exact, &m->text);
    out->rows = take_hash(m);
    for (uint32_t i = 0; i < node->schema->n; i++) {
        Str name = i < scan->nphysical ? scan->conn->physical.cols[scan->physical[i]].name : scan->metadata[i - scan->nphysical];
        put_hash(&m->text, out->rows);
        strbuf_addf(&m->text, " %s " STR_FMT ":", i < scan->nphysical ? "column" : "metadata", STR_ARG(name));
        put_type(m->arena, node->schema->cols[i].type, &m->text);
        set_column(m, out, node, i, take_name(m));
    }
}

static void values_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const ValuesConfig *values = &node->u.values;
    uint32_t n = node->schema->n;
    for (uint32_t i = 0; i < values->nrows * n; i++) {
        strbuf_addc(&m->text, '|');
        put_value(node->schema->cols[i % n].type, &values->cells[i], &m->text);
    }
    out->rows = take_hash(m);
    for (uint32_t i = 0; i < n; i++) {
        put_hash(&m->text, out->rows);
        strbuf_addf(&m->text, " column %u:", i);
        put_type(m->arena, node->schema->cols[i].type, &m->text);
        set_column(m, out, node, i, take_name(m));
    }
}

/* The first columns are the input's (those that keys names; NULL = all), the rest are told apart by their text. */
static uint32_t pass_columns(Meanings *m, const PlanNode *node, Meaning *out, const uint32_t *keys, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) set_column(m, out, node, i, input(m, node, 0)->cols.cols[keys ? keys[i] : i].name);
    return n;
}

static void call_columns(Meanings *m, const PlanNode *node, Meaning *out, uint32_t at, const AggCall *calls, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        put_hash(&m->text, out->rows);
        put_call(&calls[i], input(m, node, 0), m->arena, &m->text);
        set_column(m, out, node, at + i, take_name(m));
    }
}

/* The same groups, whatever the order of their keys. */
static void put_keys(Meanings *m, const PlanNode *node, const uint32_t *keys, uint32_t n)
{
    Hash128 sum = { 0, 0 };
    for (uint32_t i = 0; i < n; i++) {
        Str name = input(m, node, 0)->cols.cols[keys[i]].name;
        sum = hash128_add(sum, hash_bytes128(name.ptr, name.len));
    }
    put_hash(&m->text, sum);
}

static void group_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const GroupAggConfig *agg = &node->u.group_agg;
    begin(m, "group", node);
    put_keys(m, node, agg->keys, agg->nkeys);
    strbuf_addf(&m->text, " %d%d", agg->global_row_when_empty, agg->at_end);
    out->rows = take_hash(m);
    uint32_t n = pass_columns(m, node, out, agg->keys, agg->nkeys);
    call_columns(m, node, out, n, agg->calls, agg->ncalls);
}

static void property_column(Meanings *m, const PlanNode *node, Meaning *out, uint32_t i, Hash128 window, WindowProp prop)
{
    put_hash(&m->text, window);
    strbuf_addf(&m->text, " property %d", (int)prop);
    set_column(m, out, node, i, take_name(m));
}

static void window_tvf_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    uint32_t n = node->inputs[0]->schema->n;
    begin(m, "windows", node);
    put_window(&node->u.window_tvf.window, input(m, node, 0), &m->text);
    out->rows = take_hash(m);
    pass_columns(m, node, out, NULL, n);
    for (uint32_t i = n; i < node->schema->n; i++) property_column(m, node, out, i, out->rows, (WindowProp)(i - n));
}

static void window_agg_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const WindowAggConfig *agg = &node->u.window_agg;
    begin(m, "window", node);
    put_window(&agg->window, input(m, node, 0), &m->text);
    put_keys(m, node, agg->keys, agg->nkeys);
    out->rows = take_hash(m);
    uint32_t n = pass_columns(m, node, out, agg->keys, agg->nkeys);
    call_columns(m, node, out, n, agg->calls, agg->ncalls);
    for (uint32_t i = 0; i < agg->nprops; i++) property_column(m, node, out, n + agg->ncalls + i, out->rows, agg->props[i]);
}

static void calc_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const CalcConfig *calc = &node->u.calc;
    const Meaning *in = input(m, node, 0);
    out->rows = in->rows;
    out->conditions = in->conditions;
    add_conditions(m, out, calc->filter, &in->cols);
    for (uint32_t i = 0; i < calc->nexprs; i++) set_column(m, out, node, i, expr_name(m, calc->exprs[i], &in->cols));
}

static void normalize_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    begin(m, "normalize", node);
    put_columns(input(m, node, 0), node->u.normalize.key, node->u.normalize.nkey, &m->text);
    out->rows = take_hash(m);
    add_conditions(m, out, node->u.normalize.filter, &input(m, node, 0)->cols);
    pass_columns(m, node, out, NULL, node->schema->n);
}

static void expand_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const ExpandConfig *expand = &node->u.expand;
    begin(m, "expand", node);
    strbuf_addf(&m->text, "%u", expand->nrows);
    out->rows = take_hash(m);
    for (uint32_t c = 0; c < node->schema->n; c++) {
        for (uint32_t r = 0; r < expand->nrows; r++) {
            put_expr(m->plan, expand->rows[r][c], &input(m, node, 0)->cols, &m->text);
            strbuf_addc(&m->text, '|');
        }
        set_column(m, out, node, c, take_name(m));
    }
}

/* The order of the inputs does not matter. */
static void union_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    Hash128 sum = { 0, 0 };
    for (uint32_t k = 0; k < node->ninputs; k++) sum = hash128_add(sum, meaning_rows(input(m, node, k)));
    strbuf_addz(&m->text, "union ");
    put_hash(&m->text, sum);
    out->rows = take_hash(m);
    for (uint32_t c = 0; c < node->schema->n; c++) {
        sum = (Hash128){ 0, 0 };
        for (uint32_t k = 0; k < node->ninputs; k++) {
            put_hash(&m->text, meaning_rows(input(m, node, k)));
            strbuf_adds(&m->text, input(m, node, k)->cols.cols[c].name);
            sum = hash128_add(sum, take_hash(m));
        }
        put_hash(&m->text, sum);
        set_column(m, out, node, c, take_name(m));
    }
}

static void cut_meaning(Meanings *m, const PlanNode *node, Meaning *out, int64_t offset, int64_t limit)
{
    begin(m, "cut", node);
    strbuf_addf(&m->text, "%lld %lld", (long long)offset, (long long)limit);
    for (uint32_t i = 0; node->kind == PLAN_SORT && i < node->u.sort.nkeys; i++) {
        const SortKey *key = &node->u.sort.keys[i];
        strbuf_addf(&m->text, " " STR_FMT " %d%d", STR_ARG(input(m, node, 0)->cols.cols[key->column].name), key->desc, key->nulls_first);
    }
    out->rows = take_hash(m);
    pass_columns(m, node, out, NULL, node->schema->n);
}

static void same_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    out->rows = input(m, node, 0)->rows;
    out->conditions = input(m, node, 0)->conditions;
    pass_columns(m, node, out, NULL, node->schema->n);
}

static void over_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const OverConfig *over = &node->u.over;
    uint32_t n = node->inputs[0]->schema->n;
    out->rows = input(m, node, 0)->rows;
    out->conditions = input(m, node, 0)->conditions;
    pass_columns(m, node, out, NULL, n);
    for (uint32_t i = 0; i < over->ncalls; i++) {
        const OverCall *call = &over->calls[i];
        begin(m, "over", node);
        put_columns(input(m, node, 0), over->partition, over->npartition, &m->text);
        for (uint32_t k = 0; k < over->norder; k++) strbuf_addf(&m->text, " by " STR_FMT " %d%d", STR_ARG(input(m, node, 0)->cols.cols[over->order[k].column].name), over->order[k].desc, over->order[k].nulls_first);
        if (call->func == OVER_AGG) put_call(&call->agg, input(m, node, 0), m->arena, &m->text);
        else put_columns(input(m, node, 0), call->agg.args, call->agg.nargs, &m->text);
        strbuf_addf(&m->text, " %d %lld %d %d%d %lld %lld", (int)call->func, (long long)call->offset, call->rows, call->start_unbounded, call->end_unbounded, (long long)call->start, (long long)call->end);
        set_column(m, out, node, n + i, take_name(m));
    }
}

static void unnest_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const UnnestConfig *unnest = &node->u.unnest;
    uint32_t n = node->inputs[0]->schema->n;
    begin(m, "unnest", node);
    put_expr(m->plan, unnest->collection, &input(m, node, 0)->cols, &m->text);
    strbuf_addf(&m->text, " %d", unnest->outer);
    out->rows = take_hash(m);
    pass_columns(m, node, out, NULL, n);
    for (uint32_t i = n; i < node->schema->n; i++) {
        bool ordinal = unnest->ordinality && i + 1 == node->schema->n;
        put_hash(&m->text, out->rows);
        strbuf_addf(&m->text, " element %d", ordinal ? -1 : (int)(i - n));
        set_column(m, out, node, i, take_name(m));
    }
    add_conditions(m, out, unnest->condition, &out->cols);
}

/* Sides are told apart in the columns: of a table joined with itself every column is there twice. */
static void join_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    const JoinConfig *join = &node->u.join;
    uint32_t left = node->inputs[0]->schema->n;
    for (uint32_t i = 0; i < node->schema->n; i++) {
        strbuf_addf(&m->text, "%s " STR_FMT, i < left ? "left" : "right", STR_ARG(i < left ? input(m, node, 0)->cols.cols[i].name : input(m, node, 1)->cols.cols[i - left].name));
        set_column(m, out, node, i, take_name(m));
    }
    Meaning on = { .conditions = { 0, 0 } };
    for (uint32_t k = 0; k < join->nkeys; k++) {
        strbuf_addf(&m->text, STR_FMT "=" STR_FMT, STR_ARG(input(m, node, 0)->cols.cols[join->left_keys[k]].name), STR_ARG(input(m, node, 1)->cols.cols[join->right_keys[k]].name));
        on.conditions = hash128_add(on.conditions, take_hash(m));
    }
    add_conditions(m, &on, join->condition, &out->cols);
    begin(m, "join", node);
    strbuf_addf(&m->text, "%d%d on ", (int)join->kind, join->null_safe);
    put_hash(&m->text, on.conditions);
    out->rows = take_hash(m);
}

static void node_meaning(Meanings *m, const PlanNode *node, Meaning *out)
{
    switch (node->kind) {
    case PLAN_SCAN: scan_meaning(m, node, out); break;
    case PLAN_VALUES: values_meaning(m, node, out); break;
    case PLAN_CALC: calc_meaning(m, node, out); break;
    case PLAN_WATERMARK: case PLAN_MATERIALIZE: case PLAN_SINK: same_meaning(m, node, out); break;
    case PLAN_NORMALIZE: normalize_meaning(m, node, out); break;
    case PLAN_GROUP_AGG: group_meaning(m, node, out); break;
    case PLAN_WINDOW_TVF: window_tvf_meaning(m, node, out); break;
    case PLAN_WINDOW_AGG: window_agg_meaning(m, node, out); break;
    case PLAN_EXPAND: expand_meaning(m, node, out); break;
    case PLAN_UNION: union_meaning(m, node, out); break;
    case PLAN_SORT:
        if (node->u.sort.limit < 0 && node->u.sort.offset <= 0) same_meaning(m, node, out);
        else cut_meaning(m, node, out, node->u.sort.offset, node->u.sort.limit);
        break;
    case PLAN_LIMIT: cut_meaning(m, node, out, node->u.limit.offset, node->u.limit.limit); break;
    case PLAN_OVER: over_meaning(m, node, out); break;
    case PLAN_UNNEST: unnest_meaning(m, node, out); break;
    case PLAN_JOIN: join_meaning(m, node, out); break;
    case PLAN_KIND_COUNT: break;
    }
}

Meaning *meanings_new(const Plan *plan, bool exact, Arena *arena)
{
    Meanings m = { .plan = plan, .arena = arena, .exact = exact, .v = ARENA_ARRAY(arena, Meaning, plan->nnodes + 1) };
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        m.v[i].cols = (Schema){ ARENA_ARRAY(arena, Column, plan->nodes[i]->schema->n + 1), plan->nodes[i]->schema->n };
        node_meaning(&m, plan->nodes[i], &m.v[i]);
    }
    strbuf_free(&m.text);
    return m.v;
}
