/* State keys; see the header. A key is the operator's kind and a hash of: what its input's rows mean, its config over the meanings of columns,
 * and the types, in order, of all that its snapshot stores. What an operator encodes (engine/op/op_*.c) and what is listed here for its kind
 * must agree. Nodes with equal keys are told apart by their tables' names and options, then by their order; sinks by their order alone, as
 * either of two sinks of one table may write what the other had left. */
#include "engine/plan/state_key.h"
#include "engine/plan/meaning.h"

#include <stdlib.h>

typedef struct Keying { Arena *arena; const Meaning *v; bool exact; StrBuf text; } Keying;

bool plan_node_has_state(const PlanNode *node)
{
    switch (node->kind) {
    case PLAN_SCAN: case PLAN_VALUES: case PLAN_WATERMARK: case PLAN_NORMALIZE: case PLAN_GROUP_AGG: case PLAN_WINDOW_AGG: case PLAN_SORT: case PLAN_LIMIT:
    case PLAN_OVER: case PLAN_JOIN: case PLAN_MATERIALIZE: case PLAN_SINK: return true;
    case PLAN_WINDOW_TVF: return node->u.window_tvf.window.kind == WINDOW_SESSION;
    case PLAN_CALC: case PLAN_EXPAND: case PLAN_UNION: case PLAN_UNNEST: case PLAN_KIND_COUNT: return false;
    }
    return false;
}

/* --- what each kind stores --- */

static const Meaning *input(const Keying *k, const PlanNode *node, uint32_t i)
{
    return &k->v[node->inputs[i]->id];
}

/* All columns of the input, which are stored as one row. */
static void put_whole_rows(Keying *k, const PlanNode *node, uint32_t i)
{
    strbuf_addz(&k->text, " rows of");
    put_columns(input(k, node, i), NULL, input(k, node, i)->cols.n, &k->text);
}

/* A position that counts rows of the scan holds for that very scan only. */
static void put_scan(Keying *k, const PlanNode *node)
{
    const ScanConfig *scan = &node->u.scan;
    put_table(scan->connector, scan->conn, k->exact, &k->text);
    if (!(scan->connector->caps & CONN_COUNTED_POSITION)) return;
    strbuf_addf(&k->text, " limit %lld", (long long)scan->limit);
    for (uint32_t i = 0; i < scan->npreds; i++) {
        const PushPred *pred = &scan->preds[i];
        const Column *column = &scan->conn->physical.cols[pred->column];
        strbuf_addf(&k->text, " and " STR_FMT " %d ", STR_ARG(column->name), (int)pred->op);
        if (pred->op != PUSH_IS_NULL && pred->op != PUSH_IS_NOT_NULL) put_value(column->type, &pred->value, &k->text);
    }
    for (const OptionDef *def = scan->connector->options; def->name; def++) {
        const Option *option = def->flags & OPTF_SOURCE && !(def->flags & OPTF_IGNORED) ? options_find(scan->conn->options, str_of(def->name)) : NULL;
        if (option) strbuf_addf(&k->text, " %s=" STR_FMT, def->name, STR_ARG(option->value));
    }
}

static int hash_cmp(const void *a, const void *b)
{
    const Hash128 *x = a, *y = b;
    if (x->hi != y->hi) return x->hi < y->hi ? -1 : 1;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static Hash128 call_hash(const AggCall *call, const Meaning *in, Arena *arena)
{
    StrBuf text = { 0 };
    put_call(call, in, arena, &text);
    Hash128 hash = hash_bytes128(text.ptr, text.len);
    strbuf_free(&text);
    return hash;
}

/* In the order of ranks. */
static void put_calls(Keying *k, const PlanNode *node, const AggCall *calls, uint32_t n)
{
    Hash128 *hashes = ARENA_ARRAY(k->arena, Hash128, n + 1);
    for (uint32_t i = 0; i < n; i++) hashes[i] = call_hash(&calls[i], input(k, node, 0), k->arena);
    qsort(hashes, n, sizeof *hashes, hash_cmp);
    for (uint32_t i = 0; i < n; i++) {
        strbuf_addc(&k->text, ' ');
        put_hash(&k->text, hashes[i]);
    }
}

/* Windows that show results more than once store the last ones too, as rows of the output (op_table.c: op_class_of). */
static void put_window_agg(Keying *k, const PlanNode *node)
{
    const WindowAggConfig *agg = &node->u.window_agg;
    put_window(&agg->window, input(k, node, 0), &k->text);
    strbuf_addz(&k->text, " keys");
    put_columns(input(k, node, 0), agg->keys, agg->nkeys, &k->text);
    put_calls(k, node, agg->calls, agg->ncalls);
    if (!agg->early_fire && !agg->late_fire && !agg->allow_lateness_us) return;
    strbuf_addz(&k->text, " shown");
    put_columns(&k->v[node->id], NULL, node->schema->n, &k->text);
}

static void put_sort_keys(Keying *k, const PlanNode *node, const SortKey *keys, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        strbuf_addf(&k->text, " by %d%d", keys[i].desc, keys[i].nulls_first);
        put_columns(input(k, node, 0), &keys[i].column, 1, &k->text);
    }
}

static void put_join(Keying *k, const PlanNode *node)
{
    const JoinConfig *join = &node->u.join;
    put_hash(&k->text, k->v[node->id].rows);                 /* kind, keys, condition */
    strbuf_addz(&k->text, " keys");
    put_columns(input(k, node, 0), join->left_keys, join->nkeys, &k->text);
    put_columns(input(k, node, 1), join->right_keys, join->nkeys, &k->text);
    put_whole_rows(k, node, 0);
    put_whole_rows(k, node, 1);
}

static void put_sink(Keying *k, const PlanNode *node)
{
    const SinkConfig *sink = &node->u.sink;
    if (sink->connector) put_table(sink->connector, sink->conn, false, &k->text);
    else strbuf_addz(&k->text, "collect");
}

static void put_state(Keying *k, const PlanNode *node)
{
    switch (node->kind) {
    case PLAN_SCAN: put_scan(k, node); break;
    case PLAN_VALUES: put_hash(&k->text, k->v[node->id].rows); put_columns(&k->v[node->id], NULL, node->schema->n, &k->text); break;
    case PLAN_WATERMARK: put_columns(input(k, node, 0), &node->u.watermark.rowtime, 1, &k->text); break;
    case PLAN_NORMALIZE:
        strbuf_addz(&k->text, "keys");
        put_columns(input(k, node, 0), node->u.normalize.key, node->u.normalize.nkey, &k->text);
        strbuf_addz(&k->text, " where ");
        put_hash(&k->text, k->v[node->id].conditions);
        put_whole_rows(k, node, 0);
        break;
    case PLAN_GROUP_AGG:
        strbuf_addf(&k->text, "%d keys", node->u.group_agg.at_end);
        put_columns(input(k, node, 0), node->u.group_agg.keys, node->u.group_agg.nkeys, &k->text);
        put_calls(k, node, node->u.group_agg.calls, node->u.group_agg.ncalls);
        break;
    case PLAN_WINDOW_TVF: put_window(&node->u.window_tvf.window, input(k, node, 0), &k->text); put_whole_rows(k, node, 0); break;
    case PLAN_WINDOW_AGG: put_window_agg(k, node); break;
    case PLAN_SORT:
        strbuf_addf(&k->text, "%d %lld %lld", node->u.sort.by_time, (long long)node->u.sort.limit, (long long)node->u.sort.offset);
        put_sort_keys(k, node, node->u.sort.keys, node->u.sort.nkeys);
        put_whole_rows(k, node, 0);
        break;
    case PLAN_LIMIT:
        put_hash(&k->text, k->v[node->id].rows);
        if (node->inputs[0]->changes != CHANGES_INSERT) put_whole_rows(k, node, 0);
        break;
    case PLAN_OVER:
        put_columns(&k->v[node->id], NULL, node->schema->n, &k->text);
        put_sort_keys(k, node, node->u.over.order, node->u.over.norder);
        break;
    case PLAN_JOIN: put_join(k, node); break;
    case PLAN_MATERIALIZE:
        strbuf_addz(&k->text, "keys");
        put_columns(input(k, node, 0), node->u.materialize.key, node->u.materialize.nkey, &k->text);
        put_whole_rows(k, node, 0);
        break;
    case PLAN_SINK: put_sink(k, node); break;
    case PLAN_CALC: case PLAN_EXPAND: case PLAN_UNION: case PLAN_UNNEST: case PLAN_KIND_COUNT: break;
    }
}

static Hash128 *state_hashes(const Plan *plan, bool exact, Arena *arena)
{
    Keying k = { .arena = arena, .v = meanings_new(plan, exact, arena), .exact = exact };
    Hash128 *hashes = ARENA_ARRAY(arena, Hash128, plan->nnodes + 1);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        const PlanNode *node = plan->nodes[i];
        if (!plan_node_has_state(node)) continue;
        strbuf_clear(&k.text);
        strbuf_addf(&k.text, "%s ", plan_kind_name(node->kind));
        for (uint32_t n = 0; node->kind != PLAN_SINK && n < node->ninputs; n++) {
            put_hash(&k.text, meaning_rows(input(&k, node, n)));
            strbuf_addc(&k.text, ' ');
        }
        put_state(&k, node);
        hashes[i] = hash_bytes128(k.text.ptr, k.text.len);
    }
    strbuf_free(&k.text);
    return hashes;
}

/* --- keys --- */

static uint32_t count_equal(const Hash128 *hashes, uint32_t at, uint32_t n)
{
    uint32_t same = 0;
    for (uint32_t i = 0; i < n; i++) same += i != at && hash128_eq(hashes[i], hashes[at]);
    return same;
}

Str *plan_state_keys(const Plan *plan, Arena *arena)
{
    Str *keys = ARENA_ARRAY(arena, Str, plan->nnodes + 1);
    const Hash128 *hashes = state_hashes(plan, false, arena), *exact = NULL;
    StrBuf text = { 0 };
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        const PlanNode *node = plan->nodes[i];
        if (!plan_node_has_state(node)) continue;
        strbuf_clear(&text);
        strbuf_addf(&text, "%s/", plan_kind_name(node->kind));
        put_hash(&text, hashes[i]);
        const Hash128 *order = hashes;
        if (node->kind != PLAN_SINK && count_equal(hashes, i, plan->nnodes)) {
            if (!exact) exact = state_hashes(plan, true, arena);
            order = exact;
            strbuf_addc(&text, '/');
            put_hash(&text, exact[i]);
        }
        uint32_t before = count_equal(order, i, i);
        if (before) strbuf_addf(&text, "#%u", before);
        keys[i] = str_dup(arena, strbuf_str(&text));
    }
    strbuf_free(&text);
    return keys;
}

static void rank(AggCall *calls, uint32_t n, const Meaning *in, Arena *arena)
{
    Hash128 *hashes = ARENA_ARRAY(arena, Hash128, n + 1);
    for (uint32_t i = 0; i < n; i++) hashes[i] = call_hash(&calls[i], in, arena);
    for (uint32_t i = 0; i < n; i++) {
        calls[i].rank = 0;
        for (uint32_t k = 0; k < n; k++) {
            int order = hash_cmp(&hashes[k], &hashes[i]);
            calls[i].rank += order < 0 || (order == 0 && k < i);
        }
    }
}

void plan_rank_calls(Plan *plan)
{
    Arena *arena = arena_new();
    const Meaning *v = meanings_new(plan, false, arena);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        PlanNode *node = plan->nodes[i];
        if (node->kind == PLAN_GROUP_AGG) rank(node->u.group_agg.calls, node->u.group_agg.ncalls, &v[node->inputs[0]->id], arena);
        if (node->kind == PLAN_WINDOW_AGG) rank(node->u.window_agg.calls, node->u.window_agg.ncalls, &v[node->inputs[0]->id], arena);
    }
    arena_free(arena);
}

/* --- names --- */

static void add_sources(const PlanNode *node, bool *seen, bool *any, StrBuf *out)
{
    if (seen[node->id]) return;
    seen[node->id] = true;
    if (node->kind == PLAN_SCAN || node->kind == PLAN_VALUES) {
        strbuf_addz(out, *any ? ", " : " over ");
        strbuf_adds(out, node->kind == PLAN_SCAN ? node->u.scan.conn->name : STR("VALUES"));
        *any = true;
    }
    for (uint32_t i = 0; i < node->ninputs; i++) add_sources(node->inputs[i], seen, any, out);
}

void plan_state_name(const Plan *plan, uint32_t at, StrBuf *out)
{
    const PlanNode *node = plan->nodes[at];
    if (node->kind == PLAN_SCAN || node->kind == PLAN_SINK) {
        Str name = node->kind == PLAN_SCAN ? node->u.scan.conn->name : node->u.sink.connector ? node->u.sink.conn->name : STR("collect");
        strbuf_addf(out, "%s(table=[" STR_FMT "])", plan_kind_name(node->kind), STR_ARG(name));
        return;
    }
    plan_node_text(node, out);
    if (node->kind == PLAN_VALUES) return;
    bool *seen = xcalloc(plan->nnodes + 1, sizeof *seen), any = false;
    add_sources(node, seen, &any, out);
    free(seen);
}
