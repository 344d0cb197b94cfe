/* The last steps of planning: node order, sharing of equal parts, rewrites, changelog checks, pruning. plan_finish runs them all;
 * every step leaves a valid plan. */
#include "parser/bind.h"
#include "engine/expr/func.h"
#include "engine/plan/state_key.h"

/* --- order --- */

typedef struct NodeList { PlanNode **v; uint32_t n, cap; } NodeList;

static void visit(Plan *plan, PlanNode *node, NodeList *out)
{
    if (node->id != UINT32_MAX) return;
    node->id = UINT32_MAX - 1;
    for (uint32_t i = 0; i < node->ninputs; i++) visit(plan, node->inputs[i], out);
    node->id = out->n;
    ARENA_PUSH(plan->arena, *out, node);
}

void plan_topology(Plan *plan)
{
    NodeList order = { 0 };
    for (uint32_t i = 0; i < plan->nnodes; i++) plan->nodes[i]->id = UINT32_MAX;
    for (uint32_t i = 0; i < plan->nsinks; i++) visit(plan, plan->sinks[i], &order);
    /* plan_node grows its array at powers of two. */
    uint32_t cap = 1;
    while (cap < order.n) cap *= 2;
    plan->nodes = ARENA_ARRAY(plan->arena, PlanNode *, cap);
    memcpy(plan->nodes, order.v, sizeof *order.v * order.n);
    plan->nnodes = order.n;
}

/* --- sharing --- */

/* The clock may be read once for both; random values may not. */
static bool reads_clock(const FuncDef *func)
{
    static const char *const names[] = { "PROCTIME", "CURRENT_WATERMARK", "CURRENT_TIMESTAMP", "CURRENT_ROW_TIMESTAMP", "NOW", "LOCALTIMESTAMP", "LOCALTIME", "CURRENT_DATE", "CURRENT_TIME", "UNIX_TIMESTAMP" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(func->name, names[i]) == 0) return true;
    return false;
}

static bool expr_shareable(const Expr *expr)
{
    if (!expr) return true;
    if (expr->kind == EXPR_CALL && (expr->func->flags & FN_VOLATILE) && !reads_clock(expr->func)) return false;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!expr_shareable(expr->args[i])) return false;
    return true;
}

static bool shareable(const PlanNode *node)
{
    if (node->kind == PLAN_SINK || node->kind == PLAN_MATERIALIZE) return false;
    if (node->kind != PLAN_CALC) return true;
    for (uint32_t i = 0; i < node->u.calc.nexprs; i++)
        if (!expr_shareable(node->u.calc.exprs[i])) return false;
    return expr_shareable(node->u.calc.filter);
}

static Str share_key(Plan *plan, const PlanNode *node)
{
    StrBuf text = { 0 };
    plan_digest_node(node, &text);
    for (uint32_t i = 0; i < node->ninputs; i++) strbuf_addf(&text, " #%u", node->inputs[i]->id);
    Str key = str_dup(plan->arena, strbuf_str(&text));
    strbuf_free(&text);
    return key;
}

/* Nodes of equal meaning over the same inputs become one: a topic that several queries read is read once. */
void plan_share(Plan *plan)
{
    PlanNode **same = ARENA_ARRAY(plan->arena, PlanNode *, plan->nnodes + 1);
    Str *keys = ARENA_ARRAY(plan->arena, Str, plan->nnodes + 1);
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        PlanNode *node = plan->nodes[i];
        for (uint32_t k = 0; k < node->ninputs; k++) node->inputs[k] = same[node->inputs[k]->id];
        same[i] = node;
        if (!shareable(node)) continue;
        keys[i] = share_key(plan, node);
        for (uint32_t k = 0; k < i; k++)
            if (same[k] == plan->nodes[k] && keys[k].len && str_eq(keys[i], keys[k])) {
                same[i] = plan->nodes[k];
                break;
            }
    }
    plan_topology(plan);
}

/* --- all of it --- */

static bool check_mode(const Plan *plan, Err *err)
{
    for (uint32_t i = 0; plan->batch && i < plan->nnodes; i++)
        if (plan->nodes[i]->changes != CHANGES_INSERT) return err_at(err, E_CHANGELOG, plan->nodes[i]->span, "batch mode cannot carry updates or deletes");
    return true;
}

bool plan_finish(AnalyzeEnv *env, Plan *plan, Err *err)
{
    plan_topology(plan);
    plan_infer(plan);
    plan_rewrite(plan);
    plan_topology(plan);
    plan_share(plan);
    plan_infer(plan);
    if (!check_mode(plan, err) || !plan_check_sinks(env, plan, err)) return false;
    plan_topology(plan);
    plan_push(plan);
    plan_prune(plan);
    plan_topology(plan);
    plan_infer(plan);
    plan_rank_calls(plan);
    return true;
}
