/* Which operator runs which plan node: one row each. The debugging wrapper op_check is put between operators by the
 * runner, not by a plan. */
#include "engine/op/op_classes.h"

static const OpClass *const classes[PLAN_KIND_COUNT] = {
    [PLAN_SCAN] = &op_source_class,
    [PLAN_VALUES] = &op_values_class,
    [PLAN_CALC] = &op_calc_class,
    [PLAN_WATERMARK] = &op_watermark_class,
    [PLAN_NORMALIZE] = &op_normalize_class,
    [PLAN_GROUP_AGG] = &op_group_agg_class,
    [PLAN_WINDOW_TVF] = &op_window_tvf_class,
    [PLAN_WINDOW_AGG] = &op_window_agg_class,
    [PLAN_EXPAND] = &op_expand_class,
    [PLAN_UNION] = &op_union_class,
    [PLAN_SORT] = &op_sort_class,
    [PLAN_LIMIT] = &op_limit_class,
    [PLAN_OVER] = &op_over_class,
    [PLAN_UNNEST] = &op_unnest_class,
    [PLAN_JOIN] = &op_join_class,
    [PLAN_MATERIALIZE] = &op_materialize_class,
    [PLAN_SINK] = &op_sink_class,
};

const OpClass *op_class(PlanKind kind)
{
    return kind < PLAN_KIND_COUNT ? classes[kind] : NULL;
}

/* Window aggregates come in forms with states of their own. */
const OpClass *op_class_of(const PlanNode *node)
{
    if (node->kind != PLAN_WINDOW_AGG) return op_class(node->kind);
    const WindowAggConfig *config = &node->u.window_agg;
    bool emits = config->early_fire || config->late_fire || config->allow_lateness_us > 0;
    if (config->window.kind == WINDOW_SESSION) return &op_window_session_class;
    if (emits && config->window.kind != WINDOW_CUMULATE) return &op_window_emit_class;
    return &op_window_agg_class;
}
