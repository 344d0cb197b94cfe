/* Expand: grouping sets. Each input row becomes one row a set, in the order written, with the kind of the input. Stateless. */
#include "engine/op/op_classes.h"

typedef struct Expand {
    Op op;
    Arena *arena;
    Program *program;               /* all sets' expressions, one after the other */
    Eval *eval;
} Expand;

static bool expand_open(Op *op, Err *err)
{
    Expand *expand = (Expand *)op;
    const ExpandConfig *config = &op->node->u.expand;
    uint32_t n = op->node->schema->n;
    expand->arena = arena_new();
    ExprCtx ctx = { .arena = expand->arena, .zone = op->env->zone, .batch = op->env->batch };
    Expr **exprs = ARENA_ARRAY(expand->arena, Expr *, config->nrows * n + 1);
    for (uint32_t r = 0; r < config->nrows; r++) memcpy(exprs + (size_t)r * n, config->rows[r], sizeof *exprs * n);
    expand->program = program_compile(expand->arena, &ctx, exprs, config->nrows * n, err);
    if (!expand->program) return op_fail(op, err);
    expand->eval = eval_new(expand->program, ctx.zone, ctx.batch);
    eval_env(expand->eval)->query_start_us = op->env->query_start_us;
    return true;
}

/* Rows rows[0..n-1] of the evaluated columns, interleaved set by set. */
static bool emit_part(Expand *expand, const Batch *in, const Vec *cols, const uint32_t *rows, uint32_t n, Err *err)
{
    const Schema *schema = expand->op.node->schema;
    Arena *scratch = expand->op.scratch;
    uint32_t sets = expand->op.node->u.expand.nrows, total = n * sets;
    Batch out;
    batch_init(&out, scratch, schema->n, total);
    for (uint32_t c = 0; c < schema->n; c++) {
        vec_init(&out.cols[c], scratch, schema->cols[c].type, total);
        for (uint32_t r = 0; r < sets; r++) {
            const Vec *from = &cols[(size_t)r * schema->n + c];
            for (uint32_t i = 0; i < n; i++) {
                Datum value = vec_get(from, rows[i]);
                vec_set(&out.cols[c], scratch, total, i * sets + r, &value);
            }
        }
    }
    if (in->ops) {
        uint8_t *ops = arena_alloc(scratch, total + 1);
        for (uint32_t i = 0; i < total; i++) ops[i] = in->ops[rows[i / sets]];
        out.ops = ops;
    }
    return op_emit(&expand->op, &out, err);
}

static bool expand_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    Expand *expand = (Expand *)op;
    arena_reset(op->scratch);
    uint32_t n = batch_live(in), sets = op->node->u.expand.nrows, bad_row;
    const uint32_t *rows = batch_rows(in, op->scratch);
    Vec *cols = ARENA_ARRAY(op->scratch, Vec, (size_t)sets * op->node->schema->n + 1);
    eval_env(expand->eval)->watermark_us = op->wm;
    if (!program_eval(expand->program, expand->eval, in, cols, &bad_row, err)) return op_fail_row(op, bad_row, err);
    uint32_t step = BATCH_ROWS / (sets ? sets : 1);
    if (!step) step = 1;
    for (uint32_t at = 0; at < n; at += step)
        if (!emit_part(expand, in, cols, rows + at, n - at < step ? n - at : step, err)) return false;
    return true;
}

static void expand_close(Op *op)
{
    Expand *expand = (Expand *)op;
    if (expand->eval) eval_free(expand->eval);
    arena_free(expand->arena);
}

const OpClass op_expand_class = { .name = "Expand", .size = sizeof(Expand), .open = expand_open, .process = expand_process, .close = expand_close };
