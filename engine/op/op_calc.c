/* Calc: filter and projection. A filter only narrows the selection; plain columns pass through uncopied; kinds and
 * split numbers are the input's. Stateless. Memory: results live in the two Evals until the next batch. */
#include "engine/op/op_classes.h"

typedef struct Calc {
    Op op;
    Arena *arena;
    Program *filter, *project;      /* project NULL: every output is a plain column */
    Eval *filter_eval, *project_eval;
    uint32_t *columns;              /* with project NULL: input column of output i */
} Calc;

static bool compile(Calc *calc, const CalcConfig *config, Err *err)
{
    ExprCtx ctx = { .arena = calc->arena, .zone = calc->op.env->zone, .batch = calc->op.env->batch };
    if (config->filter) {
        calc->filter = program_compile(calc->arena, &ctx, &config->filter, 1, err);
        if (!calc->filter) return false;
        calc->filter_eval = eval_new(calc->filter, ctx.zone, ctx.batch);
        eval_env(calc->filter_eval)->query_start_us = calc->op.env->query_start_us;
    }
    bool plain = true;
    calc->columns = ARENA_ARRAY(calc->arena, uint32_t, config->nexprs + 1);
    for (uint32_t i = 0; i < config->nexprs; i++) {
        if (config->exprs[i]->kind == EXPR_COLUMN) calc->columns[i] = config->exprs[i]->column;
        else plain = false;
    }
    if (plain) return true;
    calc->project = program_compile(calc->arena, &ctx, config->exprs, config->nexprs, err);
    if (!calc->project) return false;
    calc->project_eval = eval_new(calc->project, ctx.zone, ctx.batch);
    eval_env(calc->project_eval)->query_start_us = calc->op.env->query_start_us;
    return true;
}

static bool calc_open(Op *op, Err *err)
{
    Calc *calc = (Calc *)op;
    calc->arena = arena_new();
    return compile(calc, &op->node->u.calc, err) || op_fail(op, err);
}

static bool calc_project(Calc *calc, const Batch *in, Batch *out, Err *err)
{
    uint32_t n = calc->op.node->u.calc.nexprs;
    if (!calc->project) {
        for (uint32_t i = 0; i < n; i++) out->cols[i] = in->cols[calc->columns[i]];
        return true;
    }
    uint32_t bad_row;
    eval_env(calc->project_eval)->watermark_us = calc->op.wm;
    return program_eval(calc->project, calc->project_eval, in, out->cols, &bad_row, err) || op_fail_row(&calc->op, bad_row, err);
}

static bool calc_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    Calc *calc = (Calc *)op;
    arena_reset(op->scratch);
    Batch live = *in;
    if (calc->filter) {
        uint32_t *sel = arena_alloc(op->scratch, sizeof *sel * (in->len + 1));
        eval_env(calc->filter_eval)->watermark_us = op->wm;
        if (!program_select(calc->filter, calc->filter_eval, 0, in, sel, &live.sel_len, err)) return op_fail_row(op, eval_bad_row(calc->filter_eval), err);
        if (!live.sel_len) return true;
        live.sel = sel;
    }
    Batch out;
    batch_init(&out, op->scratch, op->node->u.calc.nexprs, in->len);
    out.ops = live.ops;
    out.sel = live.sel;
    out.sel_len = live.sel_len;
    out.split = live.split;
    return calc_project(calc, &live, &out, err) && op_emit(op, &out, err);
}

static void calc_close(Op *op)
{
    Calc *calc = (Calc *)op;
    if (calc->filter_eval) eval_free(calc->filter_eval);
    if (calc->project_eval) eval_free(calc->project_eval);
    arena_free(calc->arena);
}

const OpClass op_calc_class = {
    .name = "Calc", .size = sizeof(Calc), .open = calc_open, .process = calc_process, .close = calc_close,
};
