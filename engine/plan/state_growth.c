/* Growth of state; see the header. What ends the growth is one of: the input's end, the watermark (windows, sorting by time), the TTL. */
#include "engine/plan/state_growth.h"
#include "engine/plan/state_key.h"

static void add_time(int64_t us, StrBuf *out)
{
    static const struct { int64_t us; const char *unit; } units[] = { { 86400000000, "d" }, { 3600000000, "h" }, { 60000000, "min" }, { 1000000, "s" } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (us % units[i].us == 0) {
            strbuf_addf(out, "%lld %s", (long long)(us / units[i].us), units[i].unit);
            return;
        }
    strbuf_addf(out, "%lld ms", (long long)(us / 1000));
}

/* bounded: input that ends ends the growth; ttl_us < 0: no TTL applies. */
static void add_end(bool bounded, int64_t ttl_us, StrBuf *out)
{
    if (ttl_us > 0) {
        strbuf_addz(out, ", until idle for ");
        add_time(ttl_us, out);
    } else {
        strbuf_addz(out, bounded ? ", until the input ends" : ", for ever");
    }
}

static bool keeps_values(const AggCall *calls, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (agg_keeps_values(&calls[i])) return true;
    return false;
}

static void group_growth(const PlanNode *node, StrBuf *out)
{
    const GroupAggConfig *agg = &node->u.group_agg;
    bool values = keeps_values(agg->calls, agg->ncalls);
    strbuf_addz(out, agg->nkeys ? "one row per key" : "one row");
    if (values) strbuf_addz(out, " and the values it was made of");
    if (agg->nkeys || values) add_end(node->bounded, agg->at_end ? 0 : agg->ttl_us, out);
}

static void join_growth(const Plan *plan, const PlanNode *node, StrBuf *out)
{
    static const char *const sides[] = { "left rows", "right rows" };
    const int64_t *ttl = node->u.join.ttl_us;
    bool alike = ttl[0] == ttl[1] && node->inputs[0]->bounded == node->inputs[1]->bounded;
    for (uint32_t i = 0; i < (alike ? 1u : 2u); i++) {
        if (i) strbuf_addz(out, "; ");
        strbuf_addz(out, alike ? "rows of both sides" : sides[i]);
        add_end(node->inputs[i]->bounded, plan->batch ? 0 : ttl[i], out);
    }
}

static void window_growth(const PlanNode *node, StrBuf *out)
{
    const WindowAggConfig *agg = &node->u.window_agg;
    strbuf_addz(out, agg->nkeys ? "one row per key and open window" : "one row per open window");
    if (keeps_values(agg->calls, agg->ncalls)) strbuf_addz(out, " and the values it was made of");
}

void plan_state_growth(const Plan *plan, const PlanNode *node, StrBuf *out)
{
    switch (node->kind) {
    case PLAN_GROUP_AGG: group_growth(node, out); break;
    case PLAN_NORMALIZE: strbuf_addz(out, "last row per key"), add_end(node->bounded, plan->state_ttl_us, out); break;
    case PLAN_MATERIALIZE: strbuf_addz(out, "rows per sink key"), add_end(node->bounded, plan->state_ttl_us, out); break;
    case PLAN_WINDOW_AGG: window_growth(node, out); break;
    case PLAN_WINDOW_TVF: strbuf_addz(out, node->u.window_tvf.window.kind == WINDOW_SESSION ? "rows of open sessions" : ""); break;
    case PLAN_SORT:
        if (node->u.sort.by_time) strbuf_addz(out, "rows ahead of the watermark");
        else if (node->u.sort.limit >= 0) strbuf_addz(out, "the first rows");
        else strbuf_addz(out, "all rows"), add_end(node->bounded, 0, out);
        break;
    case PLAN_OVER: strbuf_addz(out, "all rows"), add_end(node->bounded, 0, out); break;
    case PLAN_JOIN: join_growth(plan, node, out); break;
    case PLAN_LIMIT:
        if (node->inputs[0]->changes == CHANGES_INSERT) strbuf_addz(out, "a count");
        else strbuf_addz(out, "all rows"), add_end(node->bounded, 0, out);
        break;
    case PLAN_SCAN: case PLAN_VALUES: case PLAN_CALC: case PLAN_WATERMARK: case PLAN_EXPAND: case PLAN_UNION: case PLAN_UNNEST: case PLAN_SINK: case PLAN_KIND_COUNT: break;
    }
}

/* Without end, and what could end it. */
static bool endless(const Plan *plan, const PlanNode *node, bool *ttl_helps)
{
    StrBuf growth = { 0 };
    plan_state_growth(plan, node, &growth);
    bool found = str_find(strbuf_str(&growth), STR(", for ever"), 0) >= 0;
    strbuf_free(&growth);
    if (found && node->kind != PLAN_LIMIT) *ttl_helps = true;
    return found;
}

void plan_state_warning(const Plan *plan, StrBuf *out)
{
    bool any = false, ttl_helps = false;
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        if (!endless(plan, plan->nodes[i], &ttl_helps)) continue;
        strbuf_addz(out, any ? "  " : "\nState that grows for ever:\n  ");
        plan_state_name(plan, i, out);
        strbuf_addz(out, ": ");
        plan_state_growth(plan, plan->nodes[i], out);
        strbuf_addc(out, '\n');
        any = true;
    }
    if (ttl_helps) strbuf_addz(out, "SET 'table.exec.state.ttl' = '1 d' forgets what is idle for so long; a window ends by itself.\n");
}
