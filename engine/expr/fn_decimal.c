/* AGG_DECIMAL_PLUS and AGG_DECIMAL_MINUS: what Flink's planner makes of SUM over decimals, callable by name there. 38 digits with the scale of
 * the second argument. Built from +, - and a cast. Stateless. */
#include "engine/expr/fn.h"

static bool as_decimal(InferCtx *infer, uint32_t i, Err *err)
{
    const Type *type = infer->args[i]->type;
    if (!type_is_numeric(type)) return infer_refuse(infer, err) != NULL;
    bool approx = type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE;
    if (approx) infer_cast(infer, i, type_decimal(infer->ctx->arena, 30, 15, true));
    return true;
}

static Expr *build_sum(InferCtx *infer, Err *err)
{
    if (infer->nargs != 2 || !as_decimal(infer, 0, err) || !as_decimal(infer, 1, err)) {
        if (!err->set) infer_refuse(infer, err);
        return NULL;
    }
    bool plus = strcmp(infer->func->name, "AGG_DECIMAL_PLUS") == 0;
    const Type *second = infer->args[1]->type;
    Expr *sum = expr_call(infer->ctx, plus ? STR("+") : STR("-"), infer->args, 2, infer->span, err);
    uint32_t scale = second->kind == TYPE_DECIMAL ? second->scale : 0;
    return sum ? expr_cast(infer->ctx, sum, type_decimal(infer->ctx->arena, 38, scale, true), false, infer->span, err) : NULL;
}

const FuncDef fn_decimal_table[] = {
    { .name = "AGG_DECIMAL_PLUS", .args = "=num,num", .build = build_sum, .category = "math", .doc = "The sum as DECIMAL(38, s), s the scale of the second number.",
      .example = "AGG_DECIMAL_PLUS(1.25, 2.5)", .result = "3.8" },
    { .name = "AGG_DECIMAL_MINUS", .args = "=num,num", .build = build_sum, .category = "math", .doc = "The difference as DECIMAL(38, s), s the scale of the second number.",
      .example = "AGG_DECIMAL_MINUS(1.5, 2.25)", .result = "-0.75" },
    { .name = NULL }
};
