/* The operator classes that op_table.c names, and what operator files share. Private to engine/op. */
#ifndef WEIR_OP_OP_CLASSES_H
#define WEIR_OP_OP_CLASSES_H
#include "engine/op/op.h"

extern const OpClass op_source_class, op_values_class, op_calc_class, op_watermark_class, op_normalize_class, op_group_agg_class,
    op_window_tvf_class, op_window_agg_class, op_window_session_class, op_window_emit_class, op_expand_class, op_union_class, op_sort_class, op_limit_class, op_over_class,
    op_unnest_class, op_join_class, op_materialize_class, op_sink_class;

const OpClass *op_class_of(const PlanNode *node);
/* The live rows of a batch as a list: its selection, or 0..len-1 (static up to BATCH_ROWS, else in scratch). */
const uint32_t *batch_rows(const Batch *batch, Arena *scratch);
/* A batch of `ncols` columns in arena without rows; the caller fills cols. */
void batch_init(Batch *batch, Arena *arena, uint32_t ncols, uint32_t len);
/* Does an input of this node bring -U or -D? */
static inline bool node_retracts(const PlanNode *node)
{
    return node->ninputs && (node->inputs[0]->changes & (CHANGES_UB | CHANGES_DELETE));
}
/* Adds the operator's name and place to an error that has none. */
static inline bool op_fail(const Op *op, Err *err) { return err_span(err, op->node->span); }
/* The same for an error of one row of the input batch: the source will tell where it read it. */
static inline bool op_fail_row(Op *op, uint32_t row, Err *err)
{
    if (op->rows_of) op->rows_of->bad_row = row;
    return op_fail(op, err);
}
#endif
