/* What operator files share: row lists and empty batches. */
#include "engine/op/op_classes.h"

static uint32_t identity[BATCH_ROWS];

__attribute__((constructor)) static void identity_fill(void)
{
    for (uint32_t i = 0; i < BATCH_ROWS; i++) identity[i] = i;
}

const uint32_t *batch_rows(const Batch *batch, Arena *scratch)
{
    if (batch->sel) return batch->sel;
    if (batch->len <= BATCH_ROWS) return identity;
    uint32_t *rows = arena_alloc(scratch, sizeof *rows * batch->len);
    for (uint32_t i = 0; i < batch->len; i++) rows[i] = i;
    return rows;
}

void batch_init(Batch *batch, Arena *arena, uint32_t ncols, uint32_t len)
{
    memset(batch, 0, sizeof *batch);
    batch->len = len;
    batch->ncols = ncols;
    batch->cols = arena_zalloc(arena, sizeof *batch->cols * (ncols ? ncols : 1));
    batch->arena = arena;
}
