/* AVG and the variances with OVER: written as sums and counts over the same window, as Flink's planner does. Whole numbers and decimals
 * are rounded at each step, so the results are not those of the aggregates themselves. */
#include "parser/plan_query.h"
#include "engine/expr/agg.h"

#include <string.h>

/* The call being expanded: its window is shared by all parts. */
typedef struct Expansion { Binder *b; Grouping *grouping; const BoundOver *over; const Type *type; Span span; Err *err; } Expansion;

static Expr *part(Expansion *x, const char *name, Expr *arg)
{
    if (!arg) return NULL;
    BoundOver over = *x->over;
    over.args = ARENA_ARRAY(x->b->arena, Expr *, 1);
    over.args[0] = arg;
    if (!agg_resolve(&x->b->ctx, str_of(name), over.args, 1, false, false, over.nonempty, &over.call.agg, x->span, x->err)) return NULL;
    over.call.type = over.call.agg.type;
    ARENA_PUSH(x->b->arena, x->grouping->overs, over);
    return expr_column(x->b->arena, OVER_COLUMN + x->grouping->overs.n - 1, over.call.type, x->span);
}

static Expr *call2(Expansion *x, const char *op, Expr *a, Expr *b)
{
    Expr *args[2] = { a, b };
    return a && b ? expr_call(&x->b->ctx, str_of(op), args, 2, x->span, x->err) : NULL;
}

/* Every step has the type of the result. */
static Expr *cast(Expansion *x, Expr *expr)
{
    if (!expr || type_eq(expr->type, x->type, true)) return expr;
    return expr_cast(&x->b->ctx, expr, type_with_null(x->b->arena, x->type, expr->type->nullable), false, x->span, x->err);
}

/* SUM(x) / COUNT(x). */
static Expr *average(Expansion *x, Expr *arg)
{
    Expr *sum = cast(x, part(x, "SUM", arg));
    return call2(x, "/", sum, sum ? part(x, "COUNT", arg) : NULL);
}

static Expr *less_one(Expansion *x, Expr *count)
{
    Arena *arena = x->b->arena;
    Expr *one = expr_const(arena, type_simple(TYPE_BIGINT, false), datum_i64(1), x->span);
    Expr *zero = expr_const(arena, type_simple(TYPE_BIGINT, false), datum_i64(0), x->span);
    return call2(x, "NULLIF", call2(x, "-", count, one), zero);
}

/* (SUM(x * x) - SUM(x) * SUM(x) / COUNT(x)) / n, where n is COUNT(x), or one less for a sample. */
static Expr *variance(Expansion *x, Expr *arg, bool sample)
{
    Expr *value = cast(x, arg);
    Expr *squares = cast(x, part(x, "SUM", cast(x, call2(x, "*", value, value))));
    Expr *sum = squares ? cast(x, part(x, "SUM", value)) : NULL;
    Expr *count = sum ? part(x, "COUNT", value) : NULL;
    Expr *mean = cast(x, call2(x, "/", cast(x, call2(x, "*", sum, sum)), count));
    Expr *distance = cast(x, call2(x, "-", squares, mean));
    return cast(x, call2(x, "/", distance, count && sample ? less_one(x, count) : count));
}

static Expr *root(Expansion *x, Expr *variance)
{
    Expr *half = expr_const(x->b->arena, type_simple(TYPE_DOUBLE, false), datum_f64(0.5), x->span);
    return call2(x, "POWER", variance, half);
}

bool over_expands(Str name)
{
    return str_iis(name, "AVG") || str_iis(name, "VARIANCE") || (name.len > 6 && str_iis(str_sub(name, 0, 7), "STDDEV_")) || str_iis(name, "STDDEV") ||
           str_iis(name, "VAR_POP") || str_iis(name, "VAR_SAMP");
}

Expr *over_expand(Binder *b, Grouping *grouping, const BoundOver *over, Str name, Err *err)
{
    Expansion x = { b, grouping, over, over->call.agg.type, over->span, err };
    bool population = str_iis(name, "STDDEV_POP") || str_iis(name, "VAR_POP");
    Expr *result = str_iis(name, "AVG") ? average(&x, over->args[0]) : variance(&x, over->args[0], !population);
    if (result && str_iis(str_sub(name, 0, 6), "STDDEV")) result = root(&x, result);
    return cast(&x, result);
}
