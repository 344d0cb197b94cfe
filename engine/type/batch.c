/* BatchBuilder: rows grown into a batch that owns its arena. A reset forgets everything and lays the columns out anew
 * in the kept blocks, so a warmed-up builder allocates nothing. One owner thread. */
#include "engine/type/batch.h"

#include <assert.h>

const char *const row_op_text[4] = { [ROW_INSERT] = "+I", [ROW_UPDATE_BEFORE] = "-U", [ROW_UPDATE_AFTER] = "+U", [ROW_DELETE] = "-D" };

static void builder_layout(BatchBuilder *builder)
{
    Batch *batch = &builder->batch;
    Arena *arena = batch->arena;
    *batch = (Batch){ .ncols = builder->schema->n, .arena = arena };
    batch->cols = ARENA_ARRAY(arena, Vec, batch->ncols);
    for (uint32_t c = 0; c < batch->ncols; c++) {
        vec_init(&batch->cols[c], arena, builder->schema->cols[c].type, builder->cap);
        batch->cols[c].len = 0;
    }
    builder->ops = ARENA_ARRAY(arena, uint8_t, builder->cap);
    builder->split = ARENA_ARRAY(arena, uint16_t, builder->cap);
    builder->has_ops = builder->has_split = false;
    builder->origin = NULL;
}

void builder_init(BatchBuilder *builder, const Schema *schema, uint32_t cap)
{
    *builder = (BatchBuilder){ .cap = cap, .schema = schema };
    builder->batch.arena = arena_new();
    builder_layout(builder);
}

void builder_free(BatchBuilder *builder)
{
    arena_free(builder->batch.arena);
    *builder = (BatchBuilder){ 0 };
}

void builder_reset(BatchBuilder *builder)
{
    arena_reset(builder->batch.arena);
    builder_layout(builder);
}

void builder_set(BatchBuilder *builder, uint32_t col, const Datum *value)
{
    Batch *batch = &builder->batch;
    assert(batch->len < builder->cap);
    vec_set(&batch->cols[col], batch->arena, builder->cap, batch->len, value);
}

void builder_origin(BatchBuilder *builder, uint64_t origin)
{
    if (!builder->origin) builder->origin = arena_alloc(builder->batch.arena, sizeof *builder->origin * builder->cap);
    builder->origin[builder->batch.len] = origin;
}

void builder_row(BatchBuilder *builder, RowOp op)
{
    assert(builder->batch.len < builder->cap);
    builder->ops[builder->batch.len++] = (uint8_t)op;
    builder->has_ops |= op != ROW_INSERT;
}

const Batch *builder_batch(BatchBuilder *builder)
{
    Batch *batch = &builder->batch;
    batch->ops = builder->has_ops ? builder->ops : NULL;
    batch->split = builder->has_split ? builder->split : NULL;
    batch->origin = builder->origin;
    for (uint32_t c = 0; c < batch->ncols; c++) batch->cols[c].len = batch->len;
    return batch;
}
