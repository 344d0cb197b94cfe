/* Sums over a sliding window of slices at the price of a few merges a window, however many slices it holds (two stacks).
 * Slices before `mid` stand in `fronts`, each the sum of itself and all later ones before mid; slices from mid on are summed
 * in `back` as they come. A window [start, end) is then one front plus back. When the window has left the fronts behind, they are
 * built anew from the slices. The order of merging is not that of the slices: not for LISTAGG and the like. */
#ifndef WEIR_OP_WINDOW_STACK_H
#define WEIR_OP_WINDOW_STACK_H
#include "engine/op/group_table.h"

typedef struct Slice { int64_t start; GroupTable table; } Slice;
typedef struct SliceList { Slice **v; uint32_t n, cap; } SliceList;      /* ascending start */

typedef struct WindowStack {
    const AggSet *set;
    const GroupLayout *layout;
    GroupTable *fronts; int64_t *front_starts; uint32_t nfronts, cap_fronts, first;   /* ascending start; those before `first` are done with */
    GroupTable back, sum;
    int64_t mid, back_end;
    bool valid;
} WindowStack;

void window_stack_init(WindowStack *stack, const GroupLayout *layout);
void window_stack_free(WindowStack *stack);
/* A slice that may have been summed already has changed: the sums are built anew. */
static inline void window_stack_touch(WindowStack *stack, int64_t start) { if (start < stack->back_end) stack->valid = false; }
/* The groups of window [start, end) over the slices; valid until the next call. Windows come in order of end. */
const GroupTable *window_stack_sum(WindowStack *stack, const SliceList *slices, int64_t start, int64_t end);
/* into += from, group by group. */
void group_table_merge(const AggSet *set, GroupTable *into, const GroupTable *from);
#endif
