/* Typing of calls, CASE, logic, IN and casts: the only way the binder makes typed nodes.
 * Rule tables live in typerules.c, signatures in resolve_sig.c, operators' own rules in their rows' infer callbacks.
 * Pure; nodes live in ctx->arena. Errors carry the span of the call, stage VALIDATE. */
#include "engine/expr/resolve_sig.h"
#include "engine/expr/rules.h"

/* --- helpers for infer callbacks --- */

void infer_cast(InferCtx *infer, uint32_t i, const Type *type)
{
    infer->args[i] = expr_coerce(infer->ctx->arena, infer->args[i], type);
}

const Datum *infer_const(const InferCtx *infer, uint32_t i)
{
    if (i >= infer->nargs) return NULL;
    if (infer->args[i]->kind != EXPR_CONST && expr_is_const(infer->args[i])) {
        Err ignored = { 0 };
        Expr *folded = expr_fold(infer->ctx, infer->args[i], &ignored);
        if (folded) infer->args[i] = folded;
    }
    return infer->args[i]->kind == EXPR_CONST ? &infer->args[i]->value : NULL;
}

const Type *infer_refuse(const InferCtx *infer, Err *err)
{
    StrBuf types = { 0 };
    for (uint32_t i = 0; i < infer->nargs; i++) {
        if (i) strbuf_addz(&types, ", ");
        type_print(type_with_null(infer->ctx->arena, infer->args[i]->type, true), false, &types);
    }
    err_at(err, E_TYPE, infer->span, "cannot apply %s to arguments of type (%s)", infer->func->name, strbuf_cstr(&types));
    strbuf_free(&types);
    return NULL;
}

bool refuse_bare_null(const Expr *arg, Err *err)
{
    if (arg->type->kind != TYPE_NULL) return true;
    err_at(err, E_TYPE, arg->span, "illegal use of NULL: it has no type here");
    return err_hint(err, "Write CAST(NULL AS type).");
}

static void copy_args(Arena *arena, InferCtx *infer, Expr **args, uint32_t nargs)
{
    infer->args = ARENA_ARRAY(arena, Expr *, nargs + 1);
    for (uint32_t i = 0; i < nargs; i++) infer->args[i] = args[i];
    infer->nargs = nargs;
}

/* --- calls --- */

static bool result_nullable(const InferCtx *infer)
{
    if (infer->func->flags & FN_NOT_NULL) return false;
    if (infer->func->flags & FN_NULLABLE) return true;
    for (uint32_t i = 0; i < infer->nargs; i++)
        if (infer->args[i]->type->nullable) return true;
    return false;
}

static const Type *declared_result(const InferCtx *infer)
{
    const char *ret = infer->func->ret;
    if (ret[0] != '$') return type_from_text(infer->ctx->arena, ret, true);
    uint32_t i = (uint32_t)(ret[1] - '1');
    return i < infer->nargs ? infer->args[i]->type : NULL;
}

static Expr *call_typed(InferCtx *infer, Err *err)
{
    const FuncDef *func = infer->func;
    if (func->args && func->args[0] != '=' && !signature_resolve(infer, func->args, err)) return NULL;
    if (func->build) return func->build(infer, err);
    const Type *type = func->infer ? func->infer(infer, err) : NULL;
    if (func->infer && !type) { err_span(err, infer->span); return NULL; }
    if (!type) type = declared_result(infer);
    if (!type) { err_at(err, E_INTERNAL, infer->span, "function %s has no result type", func->name); return NULL; }
    if (!infer->keep_null) type = type_with_null(infer->ctx->arena, type, result_nullable(infer));
    if (type->attr != ATTR_NONE && !(func->flags & FN_VOLATILE)) type = type_with_attr(infer->ctx->arena, type, ATTR_NONE);
    Expr *expr = expr_call_node(infer->ctx->arena, func, infer->args, infer->nargs, type, infer->span);
    expr->data = infer->data ? *infer->data : NULL;
    return expr;
}

Expr *expr_call(ExprCtx *ctx, Str name, Expr **args, uint32_t nargs, Span span, Err *err)
{
    const FuncDef *func = func_find(name);
    if (!func) {
        Str near = func_nearest(name);
        err_at(err, E_NO_FUNCTION, span, "function \"" STR_FMT "\" does not exist", STR_ARG(name));
        if (near.len) err_hint(err, "Did you mean " STR_FMT "?", STR_ARG(near));
        return NULL;
    }
    if (func->flags & FN_WINDOW) {
        err_at(err, E_INVALID, span, "%s wants an OVER clause", func->name);
        return NULL;
    }
    const void *data = NULL;
    InferCtx infer = { .ctx = ctx, .func = func, .span = span, .data = &data };
    copy_args(ctx->arena, &infer, args, nargs);
    return call_typed(&infer, err);
}

Expr *expr_not(ExprCtx *ctx, Expr *value, Span span)
{
    return expr_call_node(ctx->arena, func_find(STR("NOT")), &value, 1, type_simple(TYPE_BOOLEAN, value->type->nullable), span);
}

/* --- CASE, AND, OR --- */

Expr *expr_case(ExprCtx *ctx, Expr **conds, Expr **thens, uint32_t n, Expr *otherwise, Span span, Err *err)
{
    Arena *arena = ctx->arena;
    const Type **types = ARENA_ARRAY(arena, const Type *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        if (conds[i]->type->kind != TYPE_BOOLEAN && conds[i]->type->kind != TYPE_NULL) {
            err_at(err, E_TYPE, conds[i]->span, "WHEN needs a BOOLEAN condition");
            return NULL;
        }
        types[i] = thens[i]->type;
    }
    Expr *last = otherwise ? otherwise : expr_null(arena, span);
    types[n] = last->type;
    const Type *common = type_common_calcite(arena, types, n + 1);
    if (!common || common->kind == TYPE_NULL) {
        err_at(err, E_TYPE, span, common ? "every branch of CASE is NULL" : "branches of CASE have types that do not fit together");
        return NULL;
    }
    Expr *expr = ARENA_NEW(arena, Expr);
    expr->kind = EXPR_CASE;
    expr->span = span;
    expr->type = common;
    expr->nargs = 2 * n + 1;
    expr->args = ARENA_ARRAY(arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < n; i++) {
        expr->args[2 * i] = expr_coerce(arena, conds[i], type_simple(TYPE_BOOLEAN, true));
        expr->args[2 * i + 1] = expr_coerce(arena, thens[i], common);
    }
    expr->args[2 * n] = expr_coerce(arena, last, common);
    return expr;
}

Expr *expr_logical(ExprCtx *ctx, ExprKind kind, Expr **args, uint32_t n, Span span, Err *err)
{
    Expr *expr = ARENA_NEW(ctx->arena, Expr);
    bool nullable = false;
    expr->kind = kind;
    expr->span = span;
    expr->args = ARENA_ARRAY(ctx->arena, Expr *, n);
    expr->nargs = n;
    for (uint32_t i = 0; i < n; i++) {
        if (!refuse_bare_null(args[i], err)) return NULL;
        if (args[i]->type->kind != TYPE_BOOLEAN) {
            err_at(err, E_TYPE, args[i]->span, "%s needs BOOLEAN operands", kind == EXPR_AND ? "AND" : "OR");
            return NULL;
        }
        expr->args[i] = args[i];
        nullable = nullable || args[i]->type->nullable;
    }
    expr->type = type_simple(TYPE_BOOLEAN, nullable);
    return n == 1 ? args[0] : expr;
}

/* --- comparisons --- */

static bool compare_refuse(const Expr *left, const Expr *right, const char *op, Span span, Err *err)
{
    StrBuf text = { 0 };
    type_print(left->type, false, &text);
    strbuf_addf(&text, " %s ", op);
    type_print(right->type, false, &text);
    err_at(err, E_TYPE, span, "cannot compare %s", strbuf_cstr(&text));
    strbuf_free(&text);
    bool text_number = (type_is_string(left->type) && type_is_numeric(right->type)) || (type_is_numeric(left->type) && type_is_string(right->type));
    return text_number ? err_hint(err, "Cast one side: text and numbers are not made equal implicitly.") : false;
}

/* Text meets another kind: the text is cast to it. Equality with numbers is refused, as in Flink. */
static bool coerce_text(ExprCtx *ctx, Expr **text, const Expr *other, bool equality)
{
    if (type_is_numeric(other->type) && equality) return false;
    if (!type_is_numeric(other->type) && !type_is_datetime(other->type) && other->type->kind != TYPE_BOOLEAN) return false;
    *text = expr_coerce(ctx->arena, *text, other->type);
    return true;
}

bool compare_coerce(ExprCtx *ctx, Expr **left, Expr **right, bool equality, const char *op, Span span, Err *err)
{
    const Type *a = (*left)->type, *b = (*right)->type;
    if (a->kind == TYPE_NULL && b->kind == TYPE_NULL) {
        *left = expr_coerce(ctx->arena, *left, type_simple(TYPE_BOOLEAN, true));
        *right = expr_coerce(ctx->arena, *right, type_simple(TYPE_BOOLEAN, true));
        return true;
    }
    if (!equality && (type_is_nested(a) || type_is_nested(b) || !type_can_group(a) || !type_can_group(b))) return compare_refuse(*left, *right, op, span, err);
    if (type_is_string(a) && !type_is_string(b) && b->kind != TYPE_NULL)
        return coerce_text(ctx, left, *right, equality) || compare_refuse(*left, *right, op, span, err);
    if (type_is_string(b) && !type_is_string(a) && a->kind != TYPE_NULL)
        return coerce_text(ctx, right, *left, equality) || compare_refuse(*left, *right, op, span, err);
    if (a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL) return true;       /* compared across scales */
    const Type *common = type_comparison(ctx->arena, a, b);
    if (!common) return compare_refuse(*left, *right, op, span, err);
    if (type_is_string(common) || type_is_binary(common)) common = NULL;      /* lengths do not matter */
    else if (common->kind == TYPE_DECIMAL) common = NULL;
    if (common) {
        *left = expr_coerce(ctx->arena, *left, common);
        *right = expr_coerce(ctx->arena, *right, common);
        return true;
    }
    /* one side an integer, the other DECIMAL; or NULL with text */
    for (int side = 0; side < 2; side++) {
        Expr **mine = side ? right : left, **other = side ? left : right;
        if ((*mine)->type->kind == TYPE_NULL) *mine = expr_coerce(ctx->arena, *mine, (*other)->type);
        else if (type_is_integer((*mine)->type)) *mine = expr_coerce(ctx->arena, *mine, type_decimal(ctx->arena, 19, 0, true));
    }
    return true;
}

/* --- IN --- */

/* Everything in the list shares one type; text alone may be cast to the value's type. */
static const Type *in_type(ExprCtx *ctx, const Expr *value, Expr **list, uint32_t n)
{
    const Type **types = ARENA_ARRAY(ctx->arena, const Type *, n + 1);
    for (uint32_t i = 0; i < n; i++) types[i] = list[i]->type;
    const Type *items = type_common_calcite(ctx->arena, types, n);
    if (!items) return NULL;
    if (items->kind == TYPE_NULL) return value->type;
    if (type_is_string(items) && !type_is_string(value->type))
        return type_is_numeric(value->type) || type_is_datetime(value->type) || value->type->kind == TYPE_BOOLEAN ? value->type : NULL;
    if (type_is_integer(value->type) && type_is_numeric(items)) return value->type;    /* the list is cut to whole numbers: 10 IN (10.5) (measured) */
    if (type_is_string(value->type) && !type_is_string(items)) return type_is_datetime(items) || type_is_numeric(items) ? items : NULL;
    return type_comparison(ctx->arena, value->type, items);
}

Expr *expr_in(ExprCtx *ctx, Expr *value, Expr **list, uint32_t n, bool negated, Span span, Err *err)
{
    const Type *common = in_type(ctx, value, list, n);
    if (!common || !refuse_bare_null(value, err)) {
        if (!err->set) err_at(err, E_TYPE, span, "values of the IN list have types that do not fit together");
        return NULL;
    }
    Expr **args = ARENA_ARRAY(ctx->arena, Expr *, n + 1);
    bool nullable = false;
    for (uint32_t i = 0; i <= n; i++) {
        args[i] = expr_coerce(ctx->arena, i ? list[i - 1] : value, common);
        nullable = nullable || type_compares_null(args[i]->type);
    }
    Expr *in = expr_call_node(ctx->arena, func_find(STR("IN")), args, n + 1, type_simple(TYPE_BOOLEAN, nullable), span);
    return negated ? expr_not(ctx, in, span) : in;
}

/* --- casts --- */

static void cast_refuse(const Expr *value, const Type *type, CastRule rule, Span span, Err *err)
{
    StrBuf text = { 0 };
    type_print(value->type, false, &text);
    strbuf_addz(&text, " to ");
    type_print(type, false, &text);
    err_at(err, E_TYPE, span, "cannot cast %s", strbuf_cstr(&text));
    strbuf_free(&text);
    if (rule == CAST_NO_TIME_NUMBER)
        err_hint(err, type_is_numeric(type) ? "Use UNIX_TIMESTAMP or EXTRACT(EPOCH FROM ..)." : "Use TO_TIMESTAMP_LTZ(n, 3) for milliseconds, TO_TIMESTAMP_LTZ(n, 0) for seconds.");
}

Expr *expr_cast(ExprCtx *ctx, Expr *value, const Type *type, bool try_cast, Span span, Err *err)
{
    CastRule rule = cast_rule(value->type, type);
    if (rule != CAST_OK) { cast_refuse(value, type, rule, span, err); return NULL; }
    bool lenient = try_cast || ctx->legacy_cast;
    const Type *target = type_with_null(ctx->arena, type, lenient || value->type->nullable);
    if (value->type->kind == TYPE_NULL) return expr_const(ctx->arena, target, datum_null(), span);
    Expr *expr = ARENA_NEW(ctx->arena, Expr);
    expr->kind = EXPR_CAST;
    expr->type = target;
    expr->span = span;
    expr->try_cast = lenient;
    expr->args = ARENA_ARRAY(ctx->arena, Expr *, 1);
    expr->args[0] = value;
    expr->nargs = 1;
    return expr;
}

Expr *expr_implicit_cast(ExprCtx *ctx, Expr *value, const Type *type, Err *err)
{
    if (type_implicit_ok(value->type, type)) return expr_coerce(ctx->arena, value, type);
    cast_refuse(value, type, CAST_OK, value->span, err);
    err_hint(err, "Write CAST(.. AS ..) if the loss is meant.");
    return NULL;
}
