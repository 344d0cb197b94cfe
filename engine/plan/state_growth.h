/* How the state of an operator grows: shown by EXPLAIN, with a word of warning where it grows for ever. Pure. */
#ifndef WEIR_PLAN_STATE_GROWTH_H
#define WEIR_PLAN_STATE_GROWTH_H
#include "engine/plan/plan.h"

/* "one row per key, until idle for 1 h"; nothing for operators whose state is not worth a word (none, or of a fixed size). */
void plan_state_growth(const Plan *plan, const PlanNode *node, StrBuf *out);
/* Lines that name the operators whose state grows without end, and what helps; nothing when there are none. */
void plan_state_warning(const Plan *plan, StrBuf *out);
#endif
