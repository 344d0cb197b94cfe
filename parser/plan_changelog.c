/* What each node may emit: change kinds, upsert keys, rowtime, boundedness; bottom up over plan->nodes (inputs before users).
 * Then top down: which aggregates must emit -U, which must take rows back; and what sinks accept (tests/conformance). */
#include "parser/bind.h"
#include "engine/plan/config.h"

typedef struct KeySet { uint32_t *cols; uint32_t n; } KeySet;
enum { UPSERT_KEYS_MAX = 8 };

/* --- upsert keys --- */

static void add_key(Plan *plan, PlanNode *node, const uint32_t *cols, uint32_t n)
{
    if (node->nupsert_keys == UPSERT_KEYS_MAX) return;
    uint32_t size = sizeof *node->upsert_keys;
    if (!node->nupsert_keys) node->upsert_keys = arena_zalloc(plan->arena, (size_t)size * UPSERT_KEYS_MAX);
    uint32_t i = node->nupsert_keys++;
    node->upsert_keys[i].cols = arena_copy(plan->arena, cols, sizeof *cols * (n + (n == 0)));
    node->upsert_keys[i].n = n;
}

static void copy_keys(PlanNode *node)
{
    node->upsert_keys = node->inputs[0]->upsert_keys;
    node->nupsert_keys = node->inputs[0]->nupsert_keys;
}

/* Column that an expression passes on: itself, or through a cast that changes nothing. */
static int passes(const Expr *expr)
{
    while (expr->kind == EXPR_CAST && type_eq(expr->type, expr->args[0]->type, true)) expr = expr->args[0];
    return expr->kind == EXPR_COLUMN ? (int)expr->column : -1;
}

static void calc_keys(Plan *plan, PlanNode *node)
{
    const PlanNode *in = node->inputs[0];
    const CalcConfig *calc = &node->u.calc;
    for (uint32_t k = 0; k < in->nupsert_keys; k++) {
        uint32_t cols[64], n = 0;
        for (uint32_t c = 0; c < in->upsert_keys[k].n; c++)
            for (uint32_t i = 0; i < calc->nexprs && n < 64; i++)
                if (passes(calc->exprs[i]) == (int)in->upsert_keys[k].cols[c]) {
                    cols[n++] = i;
                    break;
                }
        if (n == in->upsert_keys[k].n) add_key(plan, node, cols, n);
    }
}

static void scan_keys(Plan *plan, PlanNode *node)
{
    const ScanConfig *scan = &node->u.scan;
    uint32_t cols[64], n = 0;
    if (!scan->conn->npk || scan->conn->npk > 64) return;
    for (uint32_t k = 0; k < scan->conn->npk; k++)
        for (uint32_t i = 0; i < scan->nphysical; i++)
            if (scan->physical[i] == scan->conn->pk[k]) cols[n++] = i;
    if (n == scan->conn->npk) add_key(plan, node, cols, n);
}

static void window_keys(Plan *plan, PlanNode *node)
{
    const WindowAggConfig *agg = &node->u.window_agg;
    uint32_t cols[64], n = 0, results = agg->nkeys + agg->ncalls;
    if (agg->nkeys > 60) return;
    while (n < agg->nkeys) cols[n] = n, n++;
    if (!agg->nprops && !agg->window.legacy) add_key(plan, node, cols, n);      /* recovered windows are among the keys */
    for (uint32_t p = 0; p < agg->nprops; p++) {
        if (agg->props[p] == WPROP_PROCTIME) continue;
        cols[n] = results + p;
        add_key(plan, node, cols, n + 1);
    }
}

bool key_covers(const PlanNode *node, const uint32_t *cols, uint32_t n)
{
    for (uint32_t k = 0; k < node->nupsert_keys; k++) {
        uint32_t found = 0;
        for (uint32_t c = 0; c < node->upsert_keys[k].n; c++)
            for (uint32_t i = 0; i < n; i++)
                if (cols[i] == node->upsert_keys[k].cols[c]) {
                    found++;
                    break;
                }
        if (found == node->upsert_keys[k].n) return true;
    }
    return false;
}

/* A side's keys stay where each of its rows meets one row of the other side at most; else both sides' keys together are one. */
static void join_keys(Plan *plan, PlanNode *node)
{
    const JoinConfig *join = &node->u.join;
    const PlanNode *left = node->inputs[0], *right = node->inputs[1];
    uint32_t base = left->schema->n, cols[64], n = 0;
    bool keep_left = join->kind == PLAN_JOIN_INNER || join->kind == PLAN_JOIN_LEFT, keep_right = join->kind == PLAN_JOIN_INNER || join->kind == PLAN_JOIN_RIGHT;
    if (keep_left && key_covers(right, join->right_keys, join->nkeys))
        for (uint32_t k = 0; k < left->nupsert_keys; k++) add_key(plan, node, left->upsert_keys[k].cols, left->upsert_keys[k].n);
    if (keep_right && key_covers(left, join->left_keys, join->nkeys))
        for (uint32_t k = 0; k < right->nupsert_keys; k++) {
            for (n = 0; n < right->upsert_keys[k].n && n < 64; n++) cols[n] = base + right->upsert_keys[k].cols[n];
            add_key(plan, node, cols, n);
        }
    if (node->nupsert_keys || !left->nupsert_keys || !right->nupsert_keys || join->kind == PLAN_JOIN_FULL) return;
    if (left->upsert_keys[0].n + right->upsert_keys[0].n > 64) return;
    for (n = 0; n < left->upsert_keys[0].n; n++) cols[n] = left->upsert_keys[0].cols[n];
    for (uint32_t i = 0; i < right->upsert_keys[0].n; i++) cols[n++] = base + right->upsert_keys[0].cols[i];
    add_key(plan, node, cols, n);
}

static void infer_keys(Plan *plan, PlanNode *node)
{
    uint32_t cols[64], n = 0;
    node->nupsert_keys = 0;
    switch (node->kind) {
    case PLAN_SCAN: scan_keys(plan, node); break;
    case PLAN_CALC: calc_keys(plan, node); break;
    case PLAN_WATERMARK: case PLAN_SORT: case PLAN_LIMIT: case PLAN_SINK: case PLAN_OVER: copy_keys(node); break;
    case PLAN_NORMALIZE: add_key(plan, node, node->u.normalize.key, node->u.normalize.nkey); break;
    case PLAN_MATERIALIZE: add_key(plan, node, node->u.materialize.key, node->u.materialize.nkey); break;
    case PLAN_GROUP_AGG:
        for (; n < node->u.group_agg.nkeys && n < 64; n++) cols[n] = n;
        add_key(plan, node, cols, n);
        break;
    case PLAN_WINDOW_AGG: window_keys(plan, node); break;
    case PLAN_VALUES:
        if (node->u.values.nrows <= 1) add_key(plan, node, cols, 0);
        break;
    case PLAN_WINDOW_TVF:
        if (node->u.window_tvf.window.kind == WINDOW_TUMBLE || node->u.window_tvf.window.kind == WINDOW_SESSION) copy_keys(node);
        break;
    case PLAN_JOIN: join_keys(plan, node); break;
    case PLAN_EXPAND: case PLAN_UNION: case PLAN_UNNEST: case PLAN_KIND_COUNT: break;
    }
}

/* --- change kinds --- */

static uint8_t scan_changes(const PlanNode *node)
{
    const ConnectorDef *connector = node->u.scan.connector;
    return connector->source_changes ? connector->source_changes(node->u.scan.conn) : CHANGES_INSERT;
}

static uint8_t group_changes(const Plan *plan, const PlanNode *node)
{
    const GroupAggConfig *agg = &node->u.group_agg;
    if (plan->batch || agg->at_end) return CHANGES_INSERT;
    if (node->inputs[0]->changes != CHANGES_INSERT) return CHANGES_ALL;
    if (!agg->ncalls && !agg->ttl_us) return CHANGES_INSERT;
    return CHANGES_INSERT | CHANGES_UB | CHANGES_UA;
}

static uint8_t node_changes(const Plan *plan, const PlanNode *node)
{
    uint8_t in = 0;
    for (uint32_t i = 0; i < node->ninputs; i++) in |= node->inputs[i]->changes;
    switch (node->kind) {
    case PLAN_SCAN: return scan_changes(node);
    case PLAN_VALUES: return CHANGES_INSERT;
    case PLAN_NORMALIZE: case PLAN_MATERIALIZE: return CHANGES_ALL;
    case PLAN_GROUP_AGG: return group_changes(plan, node);
    case PLAN_WINDOW_AGG: return node->u.window_agg.early_fire || node->u.window_agg.late_fire ? CHANGES_INSERT | CHANGES_UB | CHANGES_UA : CHANGES_INSERT;
    case PLAN_JOIN: return node->u.join.kind == PLAN_JOIN_INNER || node->u.join.at_end ? in : in | CHANGES_INSERT | CHANGES_DELETE;
    case PLAN_LIMIT: return in == CHANGES_INSERT ? in : CHANGES_ALL;
    case PLAN_SORT:                                                             /* ORDER BY .. LIMIT changes its rows as better ones come */
        return !plan->batch && !node->u.sort.by_time ? CHANGES_ALL : in;
    case PLAN_CALC: case PLAN_WATERMARK: case PLAN_WINDOW_TVF: case PLAN_EXPAND: case PLAN_UNION: case PLAN_OVER: case PLAN_UNNEST: case PLAN_SINK: case PLAN_KIND_COUNT:
        return in;
    }
    return in;
}

static bool node_bounded(const PlanNode *node)
{
    if (node->kind == PLAN_VALUES) return true;
    if (node->kind == PLAN_SCAN) {
        const ConnectorDef *connector = node->u.scan.connector;
        return connector->bounded ? connector->bounded(node->u.scan.conn) : (connector->caps & CONN_BOUNDED) != 0;
    }
    for (uint32_t i = 0; i < node->ninputs; i++)
        if (!node->inputs[i]->bounded) return false;
    return true;
}

static int32_t node_rowtime(const Plan *plan, const PlanNode *node)
{
    for (uint32_t i = 0; !plan->batch && i < node->schema->n; i++)
        if (node->schema->cols[i].type->attr == ATTR_ROWTIME) return (int32_t)i;
    return -1;
}

/* --- top down --- */

static bool emits_updates(const PlanNode *node)
{
    return (node->changes & ~CHANGES_INSERT) != 0;
}

/* Does some user of node want the old rows of updates? Filters do: they must see a row leave. */
static void mark_before(PlanNode *node, bool *wants)
{
    bool out = wants[node->id];
    if (node->kind == PLAN_GROUP_AGG) node->u.group_agg.emit_before = out;
    bool in = out;
    switch (node->kind) {
    case PLAN_SINK: in = !node->u.sink.connector || (node->u.sink.accepts & CHANGES_UB); break;
    case PLAN_CALC: in = out || node->u.calc.filter; break;
    case PLAN_GROUP_AGG: case PLAN_WINDOW_AGG: case PLAN_NORMALIZE: case PLAN_MATERIALIZE: case PLAN_LIMIT: case PLAN_SORT: case PLAN_OVER:
    case PLAN_UNNEST: case PLAN_EXPAND: case PLAN_WINDOW_TVF: case PLAN_JOIN: in = true; break;
    case PLAN_SCAN: case PLAN_VALUES: case PLAN_WATERMARK: case PLAN_UNION: case PLAN_KIND_COUNT: break;
    }
    if (node->kind == PLAN_NORMALIZE) in = false;
    for (uint32_t i = 0; in && i < node->ninputs; i++) wants[node->inputs[i]->id] = true;
}

static void mark_retract(AggCall *calls, uint32_t n, bool retract)
{
    for (uint32_t i = 0; i < n; i++) calls[i].retract = retract;
}

void plan_infer(Plan *plan)
{
    bool *wants = ARENA_ARRAY(plan->arena, bool, plan->nnodes + 1);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        PlanNode *node = plan->nodes[i];
        node->id = i;
        node->changes = node_changes(plan, node);
        node->bounded = node_bounded(node);
        node->rowtime = node_rowtime(plan, node);
        infer_keys(plan, node);
        bool retract = node->ninputs && emits_updates(node->inputs[0]);
        if (node->kind == PLAN_GROUP_AGG) mark_retract(node->u.group_agg.calls, node->u.group_agg.ncalls, retract);
        if (node->kind == PLAN_WINDOW_AGG) mark_retract(node->u.window_agg.calls, node->u.window_agg.ncalls, retract);
    }
    for (uint32_t i = plan->nnodes; i-- > 0;) mark_before(plan->nodes[i], wants);
}

/* --- sinks --- */

/* The node whose changes a sink cannot take: the nearest that makes them. */
static const PlanNode *changes_from(const PlanNode *node)
{
    while (node->kind != PLAN_GROUP_AGG && node->kind != PLAN_NORMALIZE && node->kind != PLAN_SCAN && node->kind != PLAN_WINDOW_AGG && node->kind != PLAN_JOIN && node->ninputs) {
        const PlanNode *next = node->inputs[0];
        for (uint32_t i = 0; i < node->ninputs; i++)
            if (emits_updates(node->inputs[i])) next = node->inputs[i];
        node = next;
    }
    return node;
}

static bool refuse_changes(const PlanNode *sink, const PlanNode *in, Err *err)
{
    const PlanNode *from = changes_from(in);
    bool deletes = in->changes & CHANGES_DELETE;
    err_at(err, E_CHANGELOG, sink->span, "table \"" STR_FMT "\" does not take the %s changes of %s", STR_ARG(sink->u.sink.table->path.name), deletes ? "update and delete" : "update", plan_kind_name(from->kind));
    if (sink->u.sink.conn->npk) return err_hint(err, "Aggregate in a window, whose results are final, or write to a sink that takes changes (upsert-kafka, jdbc with a primary key).");
    return err_hint(err, "Give the table a PRIMARY KEY (..) NOT ENFORCED and a connector that takes changes (upsert-kafka, jdbc), or aggregate in a window, whose results are final.");
}

static void key_text(const Schema *schema, const uint32_t *cols, uint32_t n, StrBuf *out)
{
    for (uint32_t i = 0; i < n; i++) strbuf_addf(out, "%s" STR_FMT, i ? ", " : "", STR_ARG(schema->cols[cols[i]].name));
}

static bool refuse_conflict(const PlanNode *sink, const PlanNode *in, Err *err)
{
    const ConnTable *conn = sink->u.sink.conn;
    StrBuf text = { 0 };
    strbuf_addz(&text, "Primary key: ");
    key_text(&conn->physical, conn->pk, conn->npk, &text);
    strbuf_addz(&text, "; upsert key of the query: ");
    if (in->nupsert_keys) key_text(in->schema, in->upsert_keys[0].cols, in->upsert_keys[0].n, &text);
    else strbuf_addz(&text, "none");
    err_at(err, E_CHANGELOG, sink->span, "rows of table \"" STR_FMT "\" would replace each other: the query is not unique by its primary key", STR_ARG(sink->u.sink.table->path.name));
    err_detail(err, "%s.", strbuf_cstr(&text));
    strbuf_free(&text);
    return err_hint(err, "Group by the primary key, add ON CONFLICT DO DEDUPLICATE, or SET 'table.exec.sink.require-on-conflict' = 'false'.");
}

static void notice_keys(AnalyzeEnv *env, const PlanNode *sink)
{
    StrBuf text = { 0 };
    if (!env->notice) return;
    strbuf_addf(&text, "table \"" STR_FMT "\": the query is not unique by the primary key [", STR_ARG(sink->u.sink.table->path.name));
    key_text(&sink->u.sink.conn->physical, sink->u.sink.conn->pk, sink->u.sink.conn->npk, &text);
    strbuf_addz(&text, "]; its rows are kept, and the last one per key is written");
    env->notice(env->notice_ctx, strbuf_str(&text));
    strbuf_free(&text);
}

/* A filter over updates lets single -U through, where a row leaves. */
static bool filters_updates(const PlanNode *node)
{
    if (node->kind == PLAN_CALC && node->u.calc.filter && emits_updates(node->inputs[0])) return true;
    if (node->kind != PLAN_CALC && node->kind != PLAN_UNION && node->kind != PLAN_EXPAND) return false;
    for (uint32_t i = 0; i < node->ninputs; i++)
        if (filters_updates(node->inputs[i])) return true;
    return false;
}

/* One row per sink key must be kept where the changes of several query keys meet in one. */
static bool needs_materialize(AnalyzeEnv *env, const PlanNode *sink, const PlanNode *in)
{
    const SinkConfig *config = &sink->u.sink;
    Str mode = config_text(&env->config, "table.exec.sink.upsert-materialize");
    if (str_iis(mode, "FORCE")) return true;
    bool covered = key_covers(in, config->conn->pk, config->conn->npk);
    if (str_iis(mode, "NONE")) return false;
    return emits_updates(in) && (!covered || filters_updates(in));
}

static bool check_sink(AnalyzeEnv *env, Plan *plan, PlanNode *sink, Err *err)
{
    SinkConfig *config = &sink->u.sink;
    PlanNode *in = sink->inputs[0];
    if (!config->connector) {
        config->accepts = CHANGES_ALL;
        return true;
    }
    config->accepts = config->connector->sink_changes ? config->connector->sink_changes(config->conn) : CHANGES_INSERT;
    if (in->changes & ~(config->accepts | CHANGES_UB)) return refuse_changes(sink, in, err);
    if ((in->changes & CHANGES_UB) && !(config->accepts & (CHANGES_UB | CHANGES_UA))) return refuse_changes(sink, in, err);
    const ConnTable *conn = config->conn;
    bool upsert = conn->npk && (config->accepts & CHANGES_UA) && !(config->accepts & CHANGES_UB);
    if (config->on_conflict && !upsert) {
        err_at(err, E_INVALID, sink->span, "ON CONFLICT wants a table that takes upserts by a primary key, which \"" STR_FMT "\" is not", STR_ARG(config->table->path.name));
        return err_hint(err, "Leave the clause out.");
    }
    if (!upsert || plan->batch) return true;
    bool covered = key_covers(in, conn->pk, conn->npk);
    const PlanNode *from = in;
    while (from->kind == PLAN_CALC || from->kind == PLAN_UNION) from = from->inputs[0];
    if (!covered && from->kind != PLAN_VALUES && !config->on_conflict && config_bool(&env->config, "table.exec.sink.require-on-conflict")) return refuse_conflict(sink, in, err);
    if (!covered && config->on_conflict && config->conflict != MERGE_LAST)
        return refuse_clause(err, sink->span, config->conflict == MERGE_FIRST ? "ON CONFLICT DO NOTHING is" : "ON CONFLICT DO ERROR is", "Use ON CONFLICT DO DEDUPLICATE: the last row of a key stays.");
    if (!needs_materialize(env, sink, in)) return true;
    if (!covered) notice_keys(env, sink);
    PlanNode *materialize = plan_node(plan, PLAN_MATERIALIZE, &in, 1, in->schema, sink->span);
    materialize->u.materialize = (MaterializeConfig){ arena_copy(plan->arena, conn->pk, sizeof *conn->pk * conn->npk), conn->npk };
    sink->inputs[0] = materialize;
    return true;
}

bool plan_check_sinks(AnalyzeEnv *env, Plan *plan, Err *err)
{
    for (uint32_t i = 0; i < plan->nsinks; i++)
        if (!check_sink(env, plan, plan->sinks[i], err)) return false;
    return true;
}
