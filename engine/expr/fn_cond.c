/* Conditional functions: IF, COALESCE, IFNULL, NULLIF become CASE and COALESCE nodes, so that only the rows concerned are evaluated;
 * GREATEST and LEAST are plain calls. Stateless. */
#include "engine/expr/kernels.h"
#include "engine/expr/rules.h"

static Expr *refuse(InferCtx *infer, Err *err) { infer_refuse(infer, err); return NULL; }

static Expr *form(InferCtx *infer, ExprKind kind, const Type *type, uint32_t nargs)
{
    Expr *expr = ARENA_NEW(infer->ctx->arena, Expr);
    expr->kind = kind;
    expr->type = type;
    expr->span = infer->span;
    expr->nargs = nargs;
    expr->args = ARENA_ARRAY(infer->ctx->arena, Expr *, nargs);
    return expr;
}

/* Dates and times take the first branch's type (a finer second branch is cut), as Flink's IF does. */
static const Type *if_type(Arena *arena, const Type *a, const Type *b)
{
    const Type *types[2] = { a, b };
    for (int i = 0; i < 2; i++)
        if (type_is_nested(types[i]) || type_is_interval(types[i]) || !type_can_group(types[i])) return NULL;
    if (type_is_datetime(a) && type_is_datetime(b)) return a->kind == b->kind ? a : NULL;
    return type_common_calcite(arena, types, 2);
}

static Expr *build_if(InferCtx *infer, Err *err)
{
    Arena *arena = infer->ctx->arena;
    if (infer->nargs != 3) return refuse(infer, err);
    for (uint32_t i = 0; i < 3; i++)
        if (!refuse_bare_null(infer->args[i], err)) return NULL;
    Expr *cond = infer->args[0], *yes = infer->args[1], *no = infer->args[2];
    const Type *common = cond->type->kind == TYPE_BOOLEAN ? if_type(arena, yes->type, no->type) : NULL;
    if (!common) return refuse(infer, err);
    Expr *expr = form(infer, EXPR_CASE, type_with_null(arena, common, cond->type->nullable || yes->type->nullable || no->type->nullable), 3);
    expr->args[0] = cond;
    expr->args[1] = expr_coerce(arena, yes, common);
    expr->args[2] = expr_coerce(arena, no, common);
    return expr;
}

static Expr *coalesce(InferCtx *infer, Err *err)
{
    Arena *arena = infer->ctx->arena;
    const Type **types = ARENA_ARRAY(arena, const Type *, infer->nargs + 1);
    bool nullable = true;
    if (infer->nargs == 0) return refuse(infer, err);
    for (uint32_t i = 0; i < infer->nargs; i++) {
        types[i] = infer->args[i]->type;
        nullable = nullable && types[i]->nullable;
    }
    const Type *common = type_common_flink(arena, types, infer->nargs);
    if (!common || common->kind == TYPE_NULL) return refuse(infer, err);
    Expr *expr = form(infer, EXPR_COALESCE, type_with_null(arena, common, nullable), infer->nargs);
    for (uint32_t i = 0; i < infer->nargs; i++) expr->args[i] = expr_coerce(arena, infer->args[i], common);
    return expr;
}

static Expr *build_coalesce(InferCtx *infer, Err *err) { return coalesce(infer, err); }

static Expr *build_ifnull(InferCtx *infer, Err *err) { return infer->nargs == 2 ? coalesce(infer, err) : refuse(infer, err); }

static Expr *build_nullif(InferCtx *infer, Err *err)
{
    Arena *arena = infer->ctx->arena;
    if (infer->nargs != 2) return refuse(infer, err);
    if (!refuse_bare_null(infer->args[0], err)) return NULL;
    Expr *equal = expr_call(infer->ctx, STR("="), infer->args, 2, infer->span, err);
    if (!equal) return NULL;
    const Type *type = type_with_attr(arena, type_with_null(arena, infer->args[0]->type, true), ATTR_NONE);
    Expr *expr = form(infer, EXPR_CASE, type, 3);
    expr->args[0] = equal;
    expr->args[1] = expr_const(arena, type, datum_null(), infer->span);
    expr->args[2] = infer->args[0];
    return expr;
}

static const Type *infer_extreme(InferCtx *infer, Err *err)
{
    const Type **types = ARENA_ARRAY(infer->ctx->arena, const Type *, infer->nargs + 1);
    if (infer->nargs == 0) return infer_refuse(infer, err);
    for (uint32_t i = 0; i < infer->nargs; i++) {
        if (!refuse_bare_null(infer->args[i], err)) return NULL;
        types[i] = infer->args[i]->type;
    }
    const Type *common = type_common_flink(infer->ctx->arena, types, infer->nargs);
    if (!common || type_is_nested(common)) return infer_refuse(infer, err);
    for (uint32_t i = 0; i < infer->nargs; i++) infer_cast(infer, i, common);
    return common;
}

/* Java's Double.compare: NaN is greatest, -0.0 below 0.0. */
static int compare_double(double a, double b)
{
    if (a < b) return -1;
    if (a > b) return 1;
    int64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    bool nan_a = a != a, nan_b = b != b;
    if (nan_a || nan_b) return nan_a - nan_b;
    return (x > y) - (x < y);
}

static bool extreme(const FuncCall *call, const Datum *args, int sign, Datum *out)
{
    const Type *type = call->expr->type;
    *out = args[0];
    for (uint32_t i = 1; i < call->expr->nargs; i++) {
        int order = type->kind == TYPE_DOUBLE ? compare_double(args[i].v.f64, out->v.f64)
                  : type->kind == TYPE_FLOAT ? compare_double((double)args[i].v.f32, (double)out->v.f32)
                  : value_order(type, &args[i], type, out);
        if (order * sign > 0) *out = args[i];
    }
    return true;
}

static bool body_greatest(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    return extreme(call, args, 1, out);
}

static bool body_least(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    return extreme(call, args, -1, out);
}

const FuncDef fn_cond_table[] = {
    { .name = "IF", .args = "=bool,T,T", .build = build_if, .category = "conditional", .doc = "The second argument where the first is TRUE, else the third.",
      .example = "IF(1 > 2, 'a', 'b')", .result = "b" },
    { .name = "COALESCE", .args = "=T+", .build = build_coalesce, .category = "conditional", .doc = "The first argument that is not NULL.",
      .example = "COALESCE(CAST(NULL AS INT), 5)", .result = "5" },
    { .name = "IFNULL", .args = "=T,T", .build = build_ifnull, .category = "conditional", .doc = "The first argument, or the second where the first is NULL.",
      .example = "IFNULL(CAST(NULL AS INT), 5)", .result = "5" },
    { .name = "NULLIF", .args = "=T,T", .build = build_nullif, .category = "conditional", .doc = "NULL where both arguments are equal, else the first.",
      .example = "NULLIF('a', 'b')", .result = "a" },
    { .name = "GREATEST", .args = "=T+", .flags = FN_STRICT | FN_TOTAL, .infer = infer_extreme, .body = body_greatest, .category = "conditional",
      .doc = "The greatest argument; NULL if any is NULL.", .example = "GREATEST(1, 3, 2)", .result = "3" },
    { .name = "LEAST", .args = "=T+", .flags = FN_STRICT | FN_TOTAL, .infer = infer_extreme, .body = body_least, .category = "conditional",
      .doc = "The least argument; NULL if any is NULL.", .example = "LEAST(1, 3, 2)", .result = "1" },
    { .name = NULL }
};
