/* Keys under which a checkpoint holds the state of operators, so that a changed query finds what it may go on with: operators are matched by
 * what they mean, not by where they stand. Equal keys: the state of one can be decoded and continued by the other.
 * Kept: more columns read or written, another order in SELECT, other sinks and INSERTs, renamed tables, views and columns, options that tune.
 * Not kept: another filter, key, join, window or aggregate; a column more in rows that are stored whole (joins, normalisation, sorting).
 * A key holds no text of the query and no secret. Pure. */
#ifndef WEIR_PLAN_STATE_KEY_H
#define WEIR_PLAN_STATE_KEY_H
#include "engine/plan/plan.h"

bool plan_node_has_state(const PlanNode *node);
/* The key of every node, nodes[i] at [i], in arena; stateless nodes: empty. All keys of a plan differ. */
Str *plan_state_keys(const Plan *plan, Arena *arena);
/* For people: "GroupAggregate(groupBy=[city], select=[AVG(temp)]) over readings". */
void plan_state_name(const Plan *plan, uint32_t at, StrBuf *out);
/* Gives aggregate calls their places in snapshots: by meaning, so that the order of SELECT does not matter. Part of finishing a plan. */
void plan_rank_calls(Plan *plan);
#endif
