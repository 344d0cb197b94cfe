/* The naive evaluator: walks a tree for one row through the scalar bodies, as if nothing were constant, shared, vectorised or known beforehand.
 * What the compiled programs must agree with. */
#ifndef WEIR_TESTS_EXPR_NAIVE_H
#define WEIR_TESTS_EXPR_NAIVE_H
#include "tests/unit/expr_text.h"
#include "engine/expr/kernels.h"

static inline bool naive(const Expr *expr, const Batch *batch, uint32_t row, EvalEnv *env, Datum *out, Err *err);

static inline bool naive_call(const Expr *expr, const Batch *batch, uint32_t row, EvalEnv *env, Datum *out, Err *err)
{
    Datum args[64];
    FuncCall site = { .expr = expr, .data = expr->data };
    bool null = false;
    assert_true(expr->nargs <= 64);
    for (uint32_t i = 0; i < expr->nargs; i++) {
        if (!naive(expr->args[i], batch, row, env, &args[i], err)) return false;
        null = null || args[i].null;
    }
    memset(out, 0, sizeof *out);
    out->null = null && expr->func->flags & FN_STRICT;
    if (out->null) return true;
    if (expr->func->prepare) {
        const Datum *unknown[64] = { NULL };
        site.prepared = expr->func->prepare(&site, env->arena, unknown, err);
        if (err->set) return false;
    }
    return expr->func->body(&site, env, args, out, err);
}

static inline bool naive_branch(const Expr *expr, const Batch *batch, uint32_t row, EvalEnv *env, Datum *out, Err *err)
{
    Datum value;
    if (expr->kind == EXPR_COALESCE) {
        for (uint32_t i = 0; i < expr->nargs; i++) {
            if (!naive(expr->args[i], batch, row, env, out, err)) return false;
            if (!out->null) return true;
        }
        return true;
    }
    if (expr->kind == EXPR_CASE) {
        for (uint32_t i = 0; i + 1 < expr->nargs; i += 2) {
            if (!naive(expr->args[i], batch, row, env, &value, err)) return false;
            if (!value.null && value.v.b) return naive(expr->args[i + 1], batch, row, env, out, err);
        }
        return naive(expr->args[expr->nargs - 1], batch, row, env, out, err);
    }
    bool decider = expr->kind == EXPR_OR, null = false;
    for (uint32_t i = 0; i < expr->nargs; i++) {
        if (!naive(expr->args[i], batch, row, env, &value, err)) return false;
        if (!value.null && value.v.b == decider) { *out = datum_bool(decider); return true; }
        null = null || value.null;
    }
    *out = null ? datum_null() : datum_bool(!decider);
    return true;
}

static inline bool naive(const Expr *expr, const Batch *batch, uint32_t row, EvalEnv *env, Datum *out, Err *err)
{
    Datum value;
    switch (expr->kind) {
    case EXPR_CONST: *out = expr->value; return true;
    case EXPR_COLUMN: *out = vec_get(&batch->cols[expr->column], row); return true;
    case EXPR_CALL: return naive_call(expr, batch, row, env, out, err);
    case EXPR_CAST: {
        const Cast *cast = cast_compile(env->arena, expr->args[0]->type, expr->type);
        if (!naive(expr->args[0], batch, row, env, &value, err)) return false;
        if (cast_value(cast, env, &value, out, err)) return true;
        if (!expr->try_cast || cast_fails_hard(cast)) return false;
        err_clear(err);
        *out = datum_null();
        return true;
    }
    case EXPR_CASE: case EXPR_AND: case EXPR_OR: case EXPR_COALESCE: return naive_branch(expr, batch, row, env, out, err);
    }
    return false;
}
#endif
