/* Two stacks of slices; see the header. */
#include "engine/op/window_stack.h"

#include <stdlib.h>

void window_stack_init(WindowStack *stack, const GroupLayout *layout)
{
    *stack = (WindowStack){ .set = layout->set, .layout = layout, .mid = INT64_MIN, .back_end = INT64_MIN };
    group_table_init(&stack->back, layout);
    group_table_init(&stack->sum, layout);
}

void window_stack_free(WindowStack *stack)
{
    if (!stack->layout) return;
    for (uint32_t i = 0; i < stack->cap_fronts; i++) group_table_free(&stack->fronts[i]);
    free(stack->fronts);
    free(stack->front_starts);
    group_table_free(&stack->back);
    group_table_free(&stack->sum);
}

void group_table_merge(const AggSet *set, GroupTable *into, const GroupTable *from)
{
    for (uint32_t i = 0; i < from->used; i++) {
        const Group *group = group_at(from, i);
        if (!group->live) continue;
        Group *target = group_table_like(into, group);
        target->rows += group->rows;
        aggset_merge(set, group_state(target), group_state(group));
    }
}

static uint32_t first_at(const SliceList *slices, int64_t start)
{
    uint32_t low = 0, high = slices->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (slices->v[mid]->start < start) low = mid + 1;
        else high = mid;
    }
    return low;
}

static void fronts_reserve(WindowStack *stack, uint32_t n)
{
    if (n <= stack->cap_fronts) return;
    stack->fronts = xrealloc(stack->fronts, sizeof *stack->fronts * n);
    stack->front_starts = xrealloc(stack->front_starts, sizeof *stack->front_starts * n);
    for (uint32_t i = stack->cap_fronts; i < n; i++) group_table_init(&stack->fronts[i], stack->layout);
    stack->cap_fronts = n;
}

/* Fronts for all slices of the window; nothing is left in back. */
static void rebuild(WindowStack *stack, const SliceList *slices, int64_t start, int64_t end)
{
    uint32_t from = first_at(slices, start), to = first_at(slices, end);
    fronts_reserve(stack, to - from);
    stack->nfronts = to - from;
    stack->first = 0;
    for (uint32_t i = stack->nfronts; i-- > 0;) {
        GroupTable *front = &stack->fronts[i];
        group_table_clear(front);
        stack->front_starts[i] = slices->v[from + i]->start;
        if (i + 1 < stack->nfronts) group_table_merge(stack->set, front, &stack->fronts[i + 1]);
        group_table_merge(stack->set, front, &slices->v[from + i]->table);
    }
    group_table_clear(&stack->back);
    stack->mid = stack->back_end = end;
    stack->valid = true;
}

static void extend(WindowStack *stack, const SliceList *slices, int64_t end)
{
    for (uint32_t i = first_at(slices, stack->back_end); i < slices->n && slices->v[i]->start < end; i++)
        group_table_merge(stack->set, &stack->back, &slices->v[i]->table);
    if (end > stack->back_end) stack->back_end = end;
}

const GroupTable *window_stack_sum(WindowStack *stack, const SliceList *slices, int64_t start, int64_t end)
{
    if (!stack->valid || start >= stack->mid || end < stack->back_end) rebuild(stack, slices, start, end);
    else extend(stack, slices, end);
    while (stack->first < stack->nfronts && stack->front_starts[stack->first] < start) group_table_clear(&stack->fronts[stack->first++]);
    const GroupTable *front = stack->first < stack->nfronts ? &stack->fronts[stack->first] : NULL;
    if (!front || !front->len) return &stack->back;
    if (!stack->back.len) return front;
    group_table_clear(&stack->sum);
    group_table_merge(stack->set, &stack->sum, front);
    group_table_merge(stack->set, &stack->sum, &stack->back);
    return &stack->sum;
}
