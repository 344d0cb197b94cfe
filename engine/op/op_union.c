/* Union: UNION ALL. Batches pass as they are; the watermark is the minimum over the inputs (op.c). Stateless. */
#include "engine/op/op_classes.h"

static bool union_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    /* Splits of different sources must not be mixed up by anything below. */
    Batch out = *in;
    out.split = NULL;
    return op_emit(op, &out, err);
}

const OpClass op_union_class = { .name = "Union", .size = sizeof(Op), .process = union_process };
