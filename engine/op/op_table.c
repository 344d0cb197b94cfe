/* Which operator runs which plan node: one row each. The debugging wrapper op_check is put between operators by the
 * runner, not by a plan. */
#include "engine/op/op_classes.h"

static const OpClass *const classes[PLAN_KIND_COUNT] = {
    [PLAN_SCAN] = &op_source_class,
    [PLAN_VALUES] = &op_values_class,
    [PLAN_CALC] = &op_calc_class,
    [PLAN_WATERMARK] = &op_watermark_class,
    [PLAN_GROUP_AGG] = &op_group_agg_class,
    [PLAN_WINDOW_AGG] = &op_window_agg_class,
    [PLAN_UNION] = &op_union_class,
    [PLAN_SINK] = &op_sink_class,
};

const OpClass *op_class(PlanKind kind)
{
    return kind < PLAN_KIND_COUNT ? classes[kind] : NULL;
}
