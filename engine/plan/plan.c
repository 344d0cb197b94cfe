/* Plan nodes: making them, their names, their end. */
#include "engine/plan/plan.h"

static const char *const kind_names[PLAN_KIND_COUNT] = {
    [PLAN_SCAN] = "TableSourceScan", [PLAN_VALUES] = "Values", [PLAN_CALC] = "Calc", [PLAN_WATERMARK] = "WatermarkAssigner",
    [PLAN_NORMALIZE] = "ChangelogNormalize", [PLAN_GROUP_AGG] = "GroupAggregate", [PLAN_WINDOW_TVF] = "WindowTableFunction",
    [PLAN_WINDOW_AGG] = "WindowAggregate", [PLAN_EXPAND] = "Expand", [PLAN_UNION] = "Union", [PLAN_SORT] = "Sort", [PLAN_LIMIT] = "Limit",
    [PLAN_OVER] = "OverAggregate", [PLAN_UNNEST] = "Unnest", [PLAN_JOIN] = "Join", [PLAN_MATERIALIZE] = "SinkMaterializer", [PLAN_SINK] = "Sink",
};

const char *plan_kind_name(PlanKind kind)
{
    return kind < PLAN_KIND_COUNT ? kind_names[kind] : "?";
}

PlanNode *plan_node(Plan *plan, PlanKind kind, PlanNode *const *inputs, uint32_t ninputs, const Schema *schema, Span span)
{
    PlanNode *node = ARENA_NEW(plan->arena, PlanNode);
    node->kind = kind;
    node->id = plan->nnodes;
    node->span = span;
    node->inputs = ARENA_ARRAY(plan->arena, PlanNode *, ninputs + 1);
    for (uint32_t i = 0; i < ninputs; i++) node->inputs[i] = inputs[i];
    node->ninputs = ninputs;
    node->schema = schema;
    node->rowtime = -1;
    /* Room doubles at powers of two. */
    if ((plan->nnodes & (plan->nnodes - 1)) == 0)
        plan->nodes = arena_grow(plan->arena, plan->nodes, sizeof *plan->nodes * plan->nnodes, sizeof *plan->nodes * (plan->nnodes ? plan->nnodes * 2 : 1));
    plan->nodes[plan->nnodes++] = node;
    return node;
}

void plan_free(Plan *plan)
{
    if (plan) arena_free(plan->arena);
}
