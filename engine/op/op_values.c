/* Values: the rows of a VALUES list, as a bounded source. State: how many rows have been handed on. */
#include "engine/op/op_sources.h"

typedef struct Values {
    Op op;
    BatchBuilder builder;
    uint32_t next;
} Values;

static bool values_open(Op *op, Err *err)
{
    (void)err;
    builder_init(&((Values *)op)->builder, op->node->schema, BATCH_ROWS);
    return true;
}

PollResult values_poll(Op *op, Err *err)
{
    Values *values = (Values *)op;
    const ValuesConfig *config = &op->node->u.values;
    uint32_t n = op->node->schema->n, limit = op->env->max_batch_rows;
    if (values->next >= config->nrows) return POLL_END;
    builder_reset(&values->builder);
    while (values->next < config->nrows && !builder_full(&values->builder) && !(limit && values->builder.batch.len >= limit)) {
        for (uint32_t c = 0; c < n; c++) builder_set(&values->builder, c, &config->cells[(size_t)values->next * n + c]);
        builder_row(&values->builder, ROW_INSERT);
        values->next++;
    }
    return op_emit(op, builder_batch(&values->builder), err) ? POLL_DATA : POLL_ERROR;
}

static bool values_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    strbuf_put_u32(out, ((Values *)op)->next);
    return true;
}

static bool values_restore(Op *op, Reader *in, Err *err)
{
    (void)err;
    if (in->ptr != in->end) ((Values *)op)->next = reader_u32(in);
    return true;
}

static void values_close(Op *op)
{
    builder_free(&((Values *)op)->builder);
}

const OpClass op_values_class = {
    .name = "Values", .size = sizeof(Values), .open = values_open, .snapshot = values_snapshot, .restore = values_restore, .close = values_close,
};
