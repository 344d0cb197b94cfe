/* Plans as text: EXPLAIN's tree, and the digest that matches nodes by what they do. */
#include "engine/plan/state_growth.h"
#include "engine/type/text.h"

#include <stdlib.h>

static void add_columns(const Schema *schema, const uint32_t *cols, uint32_t n, StrBuf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        strbuf_addz(out, i ? ", " : "");
        if (schema && cols[i] < schema->n) strbuf_adds(out, schema->cols[cols[i]].name);
        else strbuf_addf(out, "$%u", cols[i]);
    }
}

static void add_duration(int64_t us, StrBuf *out)
{
    if (us % 60000000 == 0 && us) strbuf_addf(out, "%lld min", (long long)(us / 60000000));
    else if (us % 1000000 == 0) strbuf_addf(out, "%lld s", (long long)(us / 1000000));
    else strbuf_addf(out, "%lld ms", (long long)(us / 1000));
}

static void add_call(const AggCall *call, const Schema *in, StrBuf *out)
{
    strbuf_addf(out, "%s(%s", agg_name(call->def), call->distinct ? "DISTINCT " : "");
    if (call->nargs) add_columns(in, call->args, call->nargs, out);
    else strbuf_addc(out, '*');
    strbuf_addz(out, call->ignore_nulls ? " IGNORE NULLS)" : ")");
    if (call->filter >= 0) {
        uint32_t filter = (uint32_t)call->filter;
        strbuf_addz(out, " FILTER ");
        add_columns(in, &filter, 1, out);
    }
}

static void add_calls(const AggCall *calls, uint32_t n, const Schema *in, StrBuf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i) strbuf_addz(out, ", ");
        add_call(&calls[i], in, out);
    }
}

static void add_window(const WindowSpec *spec, const Schema *in, StrBuf *out)
{
    static const char *const names[] = { "TUMBLE", "HOP", "CUMULATE", "SESSION" };
    strbuf_addf(out, "%s(", names[spec->kind]);
    if (spec->proctime) strbuf_addz(out, "PROCTIME");
    else add_columns(in, &spec->time_col, 1, out);
    strbuf_addz(out, spec->kind == WINDOW_SESSION ? ", gap=[" : ", size=[");
    add_duration(spec->size_us, out);
    if (spec->kind == WINDOW_HOP || spec->kind == WINDOW_CUMULATE) {
        strbuf_addz(out, spec->kind == WINDOW_HOP ? "], slide=[" : "], step=[");
        add_duration(spec->slide_us, out);
    }
    if (spec->offset_us) {
        strbuf_addz(out, "], offset=[");
        add_duration(spec->offset_us, out);
    }
    strbuf_addc(out, ']');
    if (spec->kind == WINDOW_SESSION && spec->npartition) {
        strbuf_addz(out, ", partitionBy=[");
        add_columns(in, spec->partition, spec->npartition, out);
        strbuf_addc(out, ']');
    }
    strbuf_addc(out, ')');
    if (spec->zone) strbuf_addf(out, " zone=[" STR_FMT "]", STR_ARG(zone_name(spec->zone)));
}

static void add_sort(const SortKey *keys, uint32_t n, const Schema *in, StrBuf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i) strbuf_addz(out, ", ");
        add_columns(in, &keys[i].column, 1, out);
        strbuf_addz(out, keys[i].desc ? " DESC" : " ASC");
        if (keys[i].nulls_first == keys[i].desc) strbuf_addz(out, keys[i].nulls_first ? " NULLS FIRST" : " NULLS LAST");
    }
}

/* --- one function a kind; in = names of the input's columns, NULL in digests --- */

static void add_pred(const PushPred *pred, const ScanConfig *scan, StrBuf *out)
{
    static const char *const ops[] = { "=", "<>", "<", "<=", ">", ">=", "LIKE", "IS NULL", "IS NOT NULL" };
    const Column *column = &scan->conn->physical.cols[pred->column];
    strbuf_addf(out, STR_FMT " %s", STR_ARG(column->name), ops[pred->op]);
    if (pred->op == PUSH_IS_NULL || pred->op == PUSH_IS_NOT_NULL) return;
    strbuf_addc(out, ' ');
    datum_print(column->type, &pred->value, scan->conn->zone, out);
}

static void scan_text(const PlanNode *node, bool digest, StrBuf *out)
{
    const ScanConfig *scan = &node->u.scan;
    strbuf_addf(out, "table=[" STR_FMT "], fields=[", STR_ARG(scan->conn->identifier));
    for (uint32_t i = 0; i < node->schema->n; i++) strbuf_addf(out, "%s" STR_FMT, i ? ", " : "", STR_ARG(node->schema->cols[i].name));
    strbuf_addz(out, "]");
    if (scan->npreds) strbuf_addz(out, ", filter=[");
    for (uint32_t i = 0; i < scan->npreds; i++) {
        if (i) strbuf_addz(out, " AND ");
        add_pred(&scan->preds[i], scan, out);
    }
    if (scan->npreds) strbuf_addc(out, ']');
    if (scan->limit >= 0) strbuf_addf(out, ", limit=[%lld]", (long long)scan->limit);
    for (uint32_t i = 0; digest && i < scan->conn->options->n; i++)
        if (!secret_key(scan->conn->options->v[i].key))
            strbuf_addf(out, ", " STR_FMT "=" STR_FMT, STR_ARG(scan->conn->options->v[i].key), STR_ARG(scan->conn->options->v[i].value));
}

static void values_text(const PlanNode *node, bool digest, StrBuf *out)
{
    const ValuesConfig *values = &node->u.values;
    strbuf_addf(out, "rows=[%u]", values->nrows);
    for (uint32_t i = 0; digest && i < values->nrows * node->schema->n; i++) {
        strbuf_addc(out, '|');
        if (values->cells[i].null) strbuf_addz(out, "<NULL>");
        else datum_print(node->schema->cols[i % node->schema->n].type, &values->cells[i], zone_utc(), out);
    }
}

static void calc_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    const CalcConfig *calc = &node->u.calc;
    strbuf_addz(out, "select=[");
    for (uint32_t i = 0; i < calc->nexprs; i++) {
        if (i) strbuf_addz(out, ", ");
        uint32_t from = out->len;
        expr_print(calc->exprs[i], in, out);
        Str name = node->schema->cols[i].name;
        if (in && !str_eq(name, (Str){ out->ptr + from, out->len - from })) strbuf_addf(out, " AS " STR_FMT, STR_ARG(name));
        if (!in) {
            strbuf_addc(out, ':');
            type_print(node->schema->cols[i].type, true, out);
        }
    }
    strbuf_addc(out, ']');
    if (!calc->filter) return;
    strbuf_addz(out, ", where=[");
    expr_print(calc->filter, in, out);
    strbuf_addc(out, ']');
}

static void watermark_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    const WatermarkConfig *config = &node->u.watermark;
    strbuf_addz(out, "rowtime=[");
    add_columns(in, &config->rowtime, 1, out);
    strbuf_addz(out, "], watermark=[");
    expr_print(config->expr, in, out);
    strbuf_addc(out, ']');
    if (config->idle_timeout_us) strbuf_addz(out, ", idle=["), add_duration(config->idle_timeout_us, out), strbuf_addc(out, ']');
    if (!in) strbuf_addf(out, ", %lld %d", (long long)config->interval_us, config->on_event);
}

static void normalize_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    strbuf_addz(out, "key=[");
    add_columns(in, node->u.normalize.key, node->u.normalize.nkey, out);
    strbuf_addc(out, ']');
    if (!node->u.normalize.filter) return;
    strbuf_addz(out, ", where=[");
    expr_print(node->u.normalize.filter, in, out);
    strbuf_addc(out, ']');
}

static void group_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    const GroupAggConfig *agg = &node->u.group_agg;
    strbuf_addz(out, "groupBy=[");
    add_columns(in, agg->keys, agg->nkeys, out);
    strbuf_addz(out, "], select=[");
    add_calls(agg->calls, agg->ncalls, in, out);
    strbuf_addc(out, ']');
    if (!in) strbuf_addf(out, " %d%d ttl %lld", agg->global_row_when_empty, agg->at_end, (long long)agg->ttl_us);
}

static void window_agg_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    static const char *const props[] = { "START", "END", "TIME", "PROCTIME" };
    const WindowAggConfig *agg = &node->u.window_agg;
    strbuf_addz(out, "groupBy=[");
    add_columns(in, agg->keys, agg->nkeys, out);
    strbuf_addz(out, "], window=[");
    add_window(&agg->window, in, out);
    strbuf_addz(out, "], select=[");
    add_calls(agg->calls, agg->ncalls, in, out);
    strbuf_addc(out, ']');
    for (uint32_t i = 0; i < agg->nprops; i++) strbuf_addf(out, "%s%s", i ? ", " : ", properties=[", props[agg->props[i]]);
    if (agg->nprops) strbuf_addc(out, ']');
    if (agg->early_fire) strbuf_addz(out, ", earlyFire=["), add_duration(agg->early_delay_us, out), strbuf_addc(out, ']');
    if (agg->late_fire) strbuf_addz(out, ", lateFire=["), add_duration(agg->late_delay_us, out), strbuf_addc(out, ']');
    if (agg->allow_lateness_us) strbuf_addz(out, ", lateness=["), add_duration(agg->allow_lateness_us, out), strbuf_addc(out, ']');
}

static void expand_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    strbuf_addz(out, "sets=[");
    for (uint32_t r = 0; r < node->u.expand.nrows; r++) {
        strbuf_addz(out, r ? ", {" : "{");
        for (uint32_t c = 0; c < node->schema->n; c++) {
            if (c) strbuf_addz(out, ", ");
            expr_print(node->u.expand.rows[r][c], in, out);
        }
        strbuf_addc(out, '}');
    }
    strbuf_addc(out, ']');
}

static void sort_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    const SortConfig *sort = &node->u.sort;
    strbuf_addz(out, "orderBy=[");
    add_sort(sort->keys, sort->nkeys, in, out);
    strbuf_addc(out, ']');
    if (sort->by_time) strbuf_addz(out, ", by=[watermark]");
    if (sort->limit >= 0) strbuf_addf(out, ", fetch=[%lld]", (long long)sort->limit);
    if (sort->offset) strbuf_addf(out, ", offset=[%lld]", (long long)sort->offset);
}

static void over_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    static const char *const names[] = { "", "ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD" };
    const OverConfig *over = &node->u.over;
    strbuf_addz(out, "partitionBy=[");
    add_columns(in, over->partition, over->npartition, out);
    strbuf_addz(out, "], orderBy=[");
    add_sort(over->order, over->norder, in, out);
    strbuf_addz(out, "], select=[");
    for (uint32_t i = 0; i < over->ncalls; i++) {
        const OverCall *call = &over->calls[i];
        if (i) strbuf_addz(out, ", ");
        if (call->func == OVER_AGG) {
            add_call(&call->agg, in, out);
        } else {
            strbuf_addf(out, "%s(", names[call->func]);
            add_columns(in, call->agg.args, call->agg.nargs, out);
            strbuf_addf(out, " %lld)", (long long)call->offset);
        }
        strbuf_addf(out, " %s[%lld%s, %lld%s]", call->rows ? "ROWS" : "RANGE", (long long)call->start, call->start_unbounded ? "*" : "", (long long)call->end, call->end_unbounded ? "*" : "");
    }
    strbuf_addc(out, ']');
}

static void unnest_text(const PlanNode *node, const Schema *in, StrBuf *out)
{
    strbuf_addz(out, "collection=[");
    expr_print(node->u.unnest.collection, in, out);
    strbuf_addf(out, "]%s%s", node->u.unnest.outer ? ", joinType=[LEFT]" : "", node->u.unnest.ordinality ? ", ordinality=[true]" : "");
    if (!node->u.unnest.condition) return;
    strbuf_addz(out, ", condition=[");
    expr_print(node->u.unnest.condition, in ? node->schema : NULL, out);
    strbuf_addc(out, ']');
}

static void sink_text(const PlanNode *node, StrBuf *out)
{
    const SinkConfig *sink = &node->u.sink;
    if (sink->connector) strbuf_addf(out, "table=[" STR_FMT "], fields=[", STR_ARG(sink->conn->identifier));
    else strbuf_addz(out, "table=[collect], fields=[");
    for (uint32_t i = 0; i < node->schema->n; i++) strbuf_addf(out, "%s" STR_FMT, i ? ", " : "", STR_ARG(node->schema->cols[i].name));
    strbuf_addc(out, ']');
}

static void join_text(const PlanNode *node, bool digest, StrBuf *out)
{
    static const char *const names[] = { "InnerJoin", "LeftOuterJoin", "RightOuterJoin", "FullOuterJoin" };
    const JoinConfig *join = &node->u.join;
    strbuf_addf(out, "joinType=[%s], left=[", names[join->kind]);
    add_columns(digest ? NULL : node->inputs[0]->schema, join->left_keys, join->nkeys, out);
    strbuf_addf(out, "], right=[");
    add_columns(digest ? NULL : node->inputs[1]->schema, join->right_keys, join->nkeys, out);
    strbuf_addz(out, join->null_safe ? "], nullSafe" : "]");
    if (digest) strbuf_addf(out, " ttl %lld %lld", (long long)join->ttl_us[0], (long long)join->ttl_us[1]);
    if (!join->condition) return;
    strbuf_addz(out, ", where=[");
    expr_print(join->condition, digest ? NULL : node->schema, out);
    strbuf_addc(out, ']');
}

static void node_text(const PlanNode *node, bool digest, StrBuf *out)
{
    const Schema *in = !digest && node->ninputs ? node->inputs[0]->schema : NULL;
    switch (node->kind) {
    case PLAN_SCAN: scan_text(node, digest, out); break;
    case PLAN_VALUES: values_text(node, digest, out); break;
    case PLAN_CALC: calc_text(node, in, out); break;
    case PLAN_WATERMARK: watermark_text(node, in, out); break;
    case PLAN_NORMALIZE: normalize_text(node, in, out); break;
    case PLAN_GROUP_AGG: group_text(node, in, out); break;
    case PLAN_WINDOW_TVF: strbuf_addz(out, "window=["), add_window(&node->u.window_tvf.window, in, out), strbuf_addc(out, ']'); break;
    case PLAN_WINDOW_AGG: window_agg_text(node, in, out); break;
    case PLAN_EXPAND: expand_text(node, in, out); break;
    case PLAN_UNION: strbuf_addz(out, "all=[true]"); break;
    case PLAN_SORT: sort_text(node, in, out); break;
    case PLAN_LIMIT: strbuf_addf(out, "offset=[%lld], fetch=[%lld]", (long long)node->u.limit.offset, (long long)node->u.limit.limit); break;
    case PLAN_OVER: over_text(node, in, out); break;
    case PLAN_UNNEST: unnest_text(node, in, out); break;
    case PLAN_JOIN: join_text(node, digest, out); break;
    case PLAN_MATERIALIZE: strbuf_addz(out, "key=["), add_columns(in, node->u.materialize.key, node->u.materialize.nkey, out), strbuf_addc(out, ']'); break;
    case PLAN_SINK: sink_text(node, out); break;
    case PLAN_KIND_COUNT: break;
    }
}

/* --- EXPLAIN --- */

static void add_changes(uint8_t changes, StrBuf *out)
{
    static const char *const names[] = { "I", "UB", "UA", "D" };
    bool first = true;
    for (int i = 0; i < 4; i++) {
        if (!(changes >> i & 1)) continue;
        strbuf_addf(out, "%s%s", first ? "" : ",", names[i]);
        first = false;
    }
}

static void add_facts(const Plan *plan, const PlanNode *node, StrBuf *out)
{
    if (node->kind != PLAN_SINK) {
        strbuf_addz(out, ", changelogMode=[");
        add_changes(node->changes, out);
        strbuf_addc(out, ']');
    }
    if (node->kind != PLAN_SINK && node->nupsert_keys && node->upsert_keys[0].n) {
        strbuf_addz(out, ", upsertKeys=[");
        for (uint32_t k = 0; k < node->nupsert_keys; k++) {
            strbuf_addz(out, k ? ", {" : "{");
            add_columns(node->schema, node->upsert_keys[k].cols, node->upsert_keys[k].n, out);
            strbuf_addc(out, '}');
        }
        strbuf_addc(out, ']');
    }
    StrBuf growth = { 0 };
    plan_state_growth(plan, node, &growth);
    if (growth.len) strbuf_addf(out, ", state=[" STR_FMT "]", STR_ARG(strbuf_str(&growth)));
    strbuf_free(&growth);
}

static void explain_node(const Plan *plan, const PlanNode *node, uint32_t depth, bool last, uint64_t open, bool *seen, StrBuf *out)
{
    for (uint32_t i = 1; i < depth; i++) strbuf_addz(out, i < 64 && open >> i & 1 ? ":  " : "   ");
    if (depth) strbuf_addz(out, last ? "+- " : ":- ");
    strbuf_addz(out, plan_kind_name(node->kind));
    strbuf_addc(out, '(');
    node_text(node, false, out);
    add_facts(plan, node, out);
    strbuf_addc(out, ')');
    bool again = seen[node->id] && node->ninputs;
    if (seen[node->id]) strbuf_addf(out, "(reuse_id=[%u])", node->id);
    strbuf_addc(out, '\n');
    seen[node->id] = true;
    for (uint32_t i = 0; !again && i < node->ninputs; i++) {
        bool last_input = i + 1 == node->ninputs;
        uint64_t inner = depth + 1 < 64 && !last_input ? open | 1ull << (depth + 1) : open;
        explain_node(plan, node->inputs[i], depth + 1, last_input, inner, seen, out);
    }
}

void plan_explain(const Plan *plan, StrBuf *out)
{
    bool *seen = xcalloc(plan->nnodes + 1, sizeof *seen);
    for (uint32_t i = 0; i < plan->nsinks; i++) {
        if (i) strbuf_addc(out, '\n');
        explain_node(plan, plan->sinks[i], 0, true, 0, seen, out);
    }
    free(seen);
}

void plan_node_text(const PlanNode *node, StrBuf *out)
{
    strbuf_addf(out, "%s(", plan_kind_name(node->kind));
    node_text(node, false, out);
    strbuf_addc(out, ')');
}

/* --- digests --- */

void plan_digest_node(const PlanNode *node, StrBuf *out)
{
    strbuf_addf(out, "%s(", plan_kind_name(node->kind));
    node_text(node, true, out);
    strbuf_addc(out, ')');
}
