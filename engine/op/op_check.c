/* op_check: a listener beside an operator's users that checks what it emits: columns against the schema, selections within the
 * batch, kinds of change that the plan promises, watermarks that grow. For tests (WEIR_CHECK=1); a violation is a bug of ours. */
#include "engine/op/op_classes.h"

#include <stdlib.h>

typedef struct Check { Op op; const Op *from; int64_t last; } Check;

static bool bug(const Check *check, const char *what, Err *err)
{
    err_set(err, E_INTERNAL, "operator %s (node %u) broke its contract: %s", check->from->cls->name, check->from->node->id, what);
    return op_fail(&check->op, err);
}

static bool check_vec(const Vec *vec, const Type *type, uint32_t len)
{
    return type_eq(vec->type, type, true) && vec->phys == type_phys(type) && vec->len >= len && (vec->data || !len);
}

static bool check_process(Op *op, uint32_t input, const Batch *batch, Err *err)
{
    (void)input;
    Check *check = (Check *)op;
    const Schema *schema = op->node->schema;
    if (batch->ncols != schema->n) return bug(check, "number of columns", err);
    for (uint32_t c = 0; c < schema->n; c++)
        if (!check_vec(&batch->cols[c], schema->cols[c].type, batch->len)) return bug(check, "a column's type or length", err);
    for (uint32_t i = 0, n = batch_live(batch); i < n; i++) {
        uint32_t row = batch_row(batch, i);
        if (row >= batch->len) return bug(check, "selection", err);
        if (op->node->changes && !(op->node->changes & 1u << batch_op(batch, row))) return bug(check, "kind of change", err);
    }
    return true;
}

static bool check_watermark(Op *op, int64_t ts_us, Err *err)
{
    Check *check = (Check *)op;
    if (ts_us <= check->last) return bug(check, "watermark does not grow", err);
    check->last = ts_us;
    return true;
}

static const OpClass op_check_class = { .name = "Check", .size = sizeof(Check), .process = check_process, .watermark = check_watermark };

bool op_check_wanted(void)
{
    static int wanted = -1;
    if (wanted < 0) {
        const char *text = getenv("WEIR_CHECK");
        wanted = text && *text && *text != '0';
    }
    return wanted;
}

Op *op_check_new(Op *from)
{
    Check *check = xcalloc(1, sizeof *check);
    check->op = (Op){ .cls = &op_check_class, .node = from->node, .env = from->env, .ninputs = 1, .wm = WATERMARK_MIN };
    check->op.input_wm = xcalloc(1, sizeof *check->op.input_wm);
    check->op.input_done = xcalloc(1, sizeof *check->op.input_done);
    check->op.input_idle = xcalloc(1, sizeof *check->op.input_idle);
    check->op.input_wm[0] = WATERMARK_MIN;
    check->op.scratch = arena_new();
    check->from = from;
    check->last = WATERMARK_MIN;
    op_connect(from, &check->op, 0);
    return &check->op;
}
