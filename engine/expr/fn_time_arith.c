/* TIMESTAMPADD, TIMESTAMPDIFF, INTERVAL n UNIT, OVERLAPS and its kin. Intervals are months or milliseconds; + and - stand in fn_operator.c.
 * Measured on Flink 2.3: DATE keeps whole days, TIME wraps at midnight, months clamp to the month's end, TIMESTAMP_LTZ moves as an instant. */
#include "engine/expr/fn.h"
#include "engine/expr/fn_time_arith.h"
#include "engine/type/decimal.h"

enum { DAY_MS = 86400000 };

static bool is_interval(const Type *type) { return type->kind == TYPE_INTERVAL_MONTH || type->kind == TYPE_INTERVAL_SECOND; }

bool time_unit_length(int unit, bool *months, int64_t *amount)
{
    static const int64_t ms[] = { [UNIT_MILLISECOND] = 1, [UNIT_SECOND] = 1000, [UNIT_MINUTE] = 60000, [UNIT_HOUR] = 3600000, [UNIT_DAY] = DAY_MS, [UNIT_WEEK] = 7 * (int64_t)DAY_MS };
    static const int64_t month[] = { [UNIT_MONTH] = 1, [UNIT_QUARTER] = 3, [UNIT_YEAR] = 12, [UNIT_DECADE] = 120, [UNIT_CENTURY] = 1200, [UNIT_MILLENNIUM] = 12000 };
    *months = unit >= UNIT_MONTH && unit <= UNIT_MILLENNIUM;
    if (!*months && (unit < UNIT_MILLISECOND || unit > UNIT_WEEK)) return false;
    *amount = *months ? month[unit] : ms[unit];
    return true;
}

Instant time_point(const Type *type, const Datum *value)
{
    if (type->kind == TYPE_DATE) return (Instant){ (int64_t)value->v.i32 * 86400, 0 };
    if (type->kind == TYPE_TIME) return (Instant){ value->v.i32 / 1000, value->v.i32 % 1000 * 1000000 };
    return instant_of(type, value);
}

static Instant instant_add_ms(Instant t, int64_t ms)
{
    int64_t sec = ms / 1000, nano = t.nano + ms % 1000 * 1000000;
    if (nano < 0) sec--, nano += 1000000000;
    if (nano >= 1000000000) sec++, nano -= 1000000000;
    return (Instant){ t.sec + sec, (int32_t)nano };
}

/* Rows go on as far as the cell reaches; what a constant may be, expr_fold says. */
static bool check_range(Instant t, Err *err)
{
    const int64_t cell_min = -9000000000000, cell_max = 9000000000000;   /* microseconds fit 64 bits */
    return (t.sec >= cell_min && t.sec <= cell_max) || err_set(err, E_RANGE, "date or time is too far from the years 1 to 9999");
}

/* point + interval, in the point's own type. */
static bool add_interval(const Type *type, const Datum *point, bool months, int64_t amount, const Type *result, Datum *out, Err *err)
{
    if (type->kind == TYPE_TIME) {
        int64_t ms = point->v.i32 + (months ? 0 : amount % DAY_MS);
        out->v.i32 = (int32_t)(((ms % DAY_MS) + DAY_MS) % DAY_MS);
        return true;
    }
    Instant t = time_point(type, point);
    if (months) t = instant_add_months(t, amount);
    else if (type->kind == TYPE_DATE && result->kind == TYPE_DATE) t.sec += amount / DAY_MS * 86400;
    else t = instant_add_ms(t, amount);
    if (!check_range(t, err)) return false;
    if (result->kind == TYPE_DATE) out->v.i32 = (int32_t)(t.sec / 86400 - (t.sec % 86400 < 0));
    else *out = instant_datum(result, t);
    return true;
}

static bool interval_overflow(Err *err) { return err_set(err, E_RANGE, "interval is too long"); }

/* The unit word of argument 0, kept as call data; -1 + err when it is none. */
static int infer_unit(InferCtx *infer, Err *err)
{
    Str word = infer_word(infer, 0);
    if (!word.ptr) {
        infer_refuse(infer, err);
        return -1;
    }
    int unit = time_unit_find(word);
    if (unit < 0) {
        err_at(err, E_INVALID, infer->args[0]->span, "\"" STR_FMT "\" is not a time unit", STR_ARG(word));
        return -1;
    }
    int *data = ARENA_NEW(infer->ctx->arena, int);
    *data = unit;
    *infer->data = data;
    return unit;
}

static const Type *infer_timestampadd(InferCtx *infer, Err *err)
{
    bool months;
    int64_t amount;
    if (infer->nargs != 3) return infer_refuse(infer, err);
    int unit = infer_unit(infer, err);
    const Type *point = infer->args[2]->type;
    if (unit < 0) return NULL;
    if (!type_is_integer(infer->args[1]->type) || !type_is_datetime(point)) return infer_refuse(infer, err);
    if (!time_unit_length(unit, &months, &amount)) {
        err_at(err, E_UNSUPPORTED, infer->args[0]->span, "unit %s is not supported in TIMESTAMPADD", time_unit_names[unit]);
        err_hint(err, "Use MILLISECOND or a longer unit.");
        return NULL;
    }
    infer_cast(infer, 1, type_simple(TYPE_BIGINT, true));
    Arena *arena = infer->ctx->arena;
    if (point->kind == TYPE_DATE && unit == UNIT_MILLISECOND) {
        err_at(err, E_UNSUPPORTED, infer->args[0]->span, "MILLISECOND of a DATE is not supported in TIMESTAMPADD");
        err_hint(err, "CAST the date to TIMESTAMP(3) first.");
        return NULL;
    }
    if (point->kind == TYPE_DATE && !months && unit < UNIT_DAY) return type_time(arena, TYPE_TIMESTAMP, 6, false);
    if ((point->kind == TYPE_TIMESTAMP || point->kind == TYPE_TIMESTAMP_LTZ) && unit == UNIT_MILLISECOND && point->precision < 3) return type_time(arena, point->kind, 3, false);
    return type_with_attr(arena, type_with_null(arena, point, false), ATTR_NONE);
}

FN_BODY(fn_timestampadd)
{
    bool months;
    int64_t amount;
    if (!time_unit_length(*(const int *)call->data, &months, &amount) || __builtin_mul_overflow(amount, args[1].v.i64, &amount)) return interval_overflow(err);
    return add_interval(arg_type(call, 2), &args[2], months, amount, call->expr->type, out, err);
}

/* Both sides points of one family: LTZ goes only with LTZ, TIME only with TIME. */
static bool comparable_points(const Type *a, const Type *b)
{
    if (!type_is_datetime(a) || !type_is_datetime(b)) return false;
    return (a->kind == TYPE_TIMESTAMP_LTZ) == (b->kind == TYPE_TIMESTAMP_LTZ) && (a->kind == TYPE_TIME) == (b->kind == TYPE_TIME);
}

static const Type *infer_timestampdiff(InferCtx *infer, Err *err)
{
    if (infer->nargs != 3) return infer_refuse(infer, err);
    int unit = infer_unit(infer, err);
    if (unit < 0) return NULL;
    if (!comparable_points(infer->args[1]->type, infer->args[2]->type)) return infer_refuse(infer, err);
    return type_simple(unit == UNIT_NANOSECOND ? TYPE_BIGINT : TYPE_INT, false);
}

/* Complete units from a to b, counted on milliseconds as Flink does: units below a second are whole seconds of them. */
static int64_t point_diff(int unit, Instant a, Instant b)
{
    a.nano -= a.nano % 1000000, b.nano -= b.nano % 1000000;
    int64_t seconds = unit < UNIT_SECOND ? instant_diff(UNIT_SECOND, a, b) : 0;
    return unit < UNIT_SECOND ? instant_diff((TimeUnit)unit, (Instant){ 0, 0 }, (Instant){ seconds, 0 }) : instant_diff((TimeUnit)unit, a, b);
}

FN_BODY(fn_timestampdiff)
{
    int64_t n = point_diff(*(const int *)call->data, time_point(arg_type(call, 1), &args[1]), time_point(arg_type(call, 2), &args[2]));
    return call->expr->type->kind == TYPE_BIGINT ? ret_long(out, n) : ret_int(out, (int32_t)(uint32_t)n);
}

/* INTERVAL_OF(UNIT, n): `INTERVAL n UNIT` with n an expression, or CAST(n AS INTERVAL UNIT) with n a number that may have decimals. */
static const Type *infer_interval_of(InferCtx *infer, Err *err)
{
    bool months;
    int64_t amount;
    if (infer->nargs != 2) return infer_refuse(infer, err);
    int unit = infer_unit(infer, err);
    if (unit < 0) return NULL;
    bool decimal = infer->args[1]->type->kind == TYPE_DECIMAL;
    if (!(decimal || type_is_integer(infer->args[1]->type)) || !time_unit_length(unit, &months, &amount)) return infer_refuse(infer, err);
    if (!decimal) infer_cast(infer, 1, type_simple(TYPE_BIGINT, true));
    return type_simple(months ? TYPE_INTERVAL_MONTH : TYPE_INTERVAL_SECOND, false);
}

FN_BODY(fn_interval_of)
{
    bool months;
    int64_t amount;
    if (!time_unit_length(*(const int *)call->data, &months, &amount)) return interval_overflow(err);
    const Type *type = arg_type(call, 1);
    i128 whole = type->kind == TYPE_DECIMAL ? args[1].v.i128 : args[1].v.i64;
    if (__builtin_mul_overflow(whole, (i128)amount, &whole)) return interval_overflow(err);
    if (type->kind == TYPE_DECIMAL) whole /= decimal_pow10[type->scale];
    if (whole != (int64_t)whole) return interval_overflow(err);
    out->v.i64 = (int64_t)whole;
    return true;
}

/* ---- periods: (start, end) or (start, length) ---- */

static bool is_pair(const Expr *expr) { return expr->kind == EXPR_CALL && expr->nargs == 2 && strcmp(expr->func->name, "ROW") == 0; }

/* (a, b) OVERLAPS (c, d) arrives as two rows and becomes four arguments. */
static const Type *infer_periods(InferCtx *infer, Err *err)
{
    if (infer->nargs == 2 && is_pair(infer->args[0]) && is_pair(infer->args[1])) {
        Expr *const *left = infer->args[0]->args, *const *right = infer->args[1]->args;
        infer->args = arena_copy(infer->ctx->arena, (Expr *[]){ left[0], left[1], right[0], right[1] }, sizeof(Expr *) * 4);
        infer->nargs = 4;
    }
    if (infer->nargs != 4) return infer_refuse(infer, err);
    const Type *start = infer->args[0]->type;
    for (uint32_t i = 0; i < 4; i++) {
        const Type *type = infer->args[i]->type;
        bool length = i % 2 == 1 && is_interval(type);
        if (!length && (!type_is_datetime(type) || type->kind != start->kind)) return infer_refuse(infer, err);
    }
    return type_simple(TYPE_BOOLEAN, false);
}

typedef struct Bound { bool null; Instant at; } Bound;

static int bound_cmp(const Bound *a, const Bound *b)
{
    if (a->at.sec != b->at.sec) return a->at.sec < b->at.sec ? -1 : 1;
    return (a->at.nano > b->at.nano) - (a->at.nano < b->at.nano);
}

/* Reads arguments 2k and 2k+1 and orders them; an unordered pair (NULL) is taken as (second, first), as CASE WHEN a <= b does. */
static bool read_period(const FuncCall *call, const Datum *args, uint32_t k, Bound *start, Bound *end, Err *err)
{
    const Type *type = arg_type(call, 2 * k), *other = arg_type(call, 2 * k + 1);
    const Datum *a = &args[2 * k], *b = &args[2 * k + 1];
    Bound x = { a->null, { 0, 0 } }, y = { b->null, { 0, 0 } };
    if (!x.null) x.at = time_point(type, a);
    if (is_interval(other)) {
        y.null = x.null || b->null;
        if (!y.null) {
            Datum sum = datum_i64(0);
            if (!add_interval(type, a, other->kind == TYPE_INTERVAL_MONTH, b->v.i64, type, &sum, err)) return false;
            y.at = time_point(type, &sum);
        }
    } else if (!y.null) y.at = time_point(other, b);
    bool ordered = !x.null && !y.null && bound_cmp(&x, &y) <= 0;
    *start = ordered ? x : y;
    *end = ordered ? y : x;
    return true;
}

/* Three-valued comparison: -1 unknown. */
static int at_least(const Bound *a, const Bound *b) { return a->null || b->null ? -1 : bound_cmp(a, b) >= 0; }
static int equal_bounds(const Bound *a, const Bound *b) { return a->null || b->null ? -1 : bound_cmp(a, b) == 0; }
static bool ret_and(Datum *out, int a, int b)
{
    if (a == 0 || b == 0) return ret_bool(out, false);
    return a < 0 || b < 0 ? ret_null(out) : ret_bool(out, true);
}
static bool ret_ternary(Datum *out, int a) { return ret_and(out, a, 1); }

#define PERIOD_BODY(NAME, RESULT)                                                                                       \
    FN_BODY(NAME)                                                                                                       \
    {                                                                                                                   \
        Bound s0, e0, s1, e1;                                                                                           \
        if (!read_period(call, args, 0, &s0, &e0, err) || !read_period(call, args, 1, &s1, &e1, err)) return false;    \
        return RESULT;                                                                                                  \
    }
PERIOD_BODY(fn_overlaps, ret_and(out, at_least(&e0, &s1), at_least(&e1, &s0)))
PERIOD_BODY(fn_contains, ret_and(out, at_least(&s1, &s0), at_least(&e0, &e1)))
PERIOD_BODY(fn_precedes, ret_ternary(out, at_least(&s1, &e0)))
PERIOD_BODY(fn_succeeds, ret_ternary(out, at_least(&s0, &e1)))
PERIOD_BODY(fn_immediately_precedes, ret_ternary(out, equal_bounds(&e0, &s1)))
PERIOD_BODY(fn_immediately_succeeds, ret_ternary(out, equal_bounds(&s0, &e1)))
PERIOD_BODY(fn_period_equals, ret_and(out, equal_bounds(&s0, &s1), equal_bounds(&e0, &e1)))

#define OP_ROW(NAME, BODY, DOC, EXAMPLE, RESULT) FN_ROW(NAME, NULL, NULL, FN_OPERATOR, infer_periods, BODY, NULL, "time", DOC, EXAMPLE, RESULT)
const FuncDef fn_time_arith_table[] = {
    FN_ROW("TIMESTAMPADD", "=sym,int,datetime", NULL, FN_STRICT | FN_SYMBOL0, infer_timestampadd, fn_timestampadd, NULL, "time", "A date or time moved by a number of units.", "TIMESTAMPADD(WEEK, 1, DATE '2003-01-02')", "2003-01-09"),
    FN_ROW("TIMESTAMPDIFF", "=sym,datetime,datetime", NULL, FN_STRICT | FN_TOTAL | FN_SYMBOL0, infer_timestampdiff, fn_timestampdiff, NULL, "time", "Complete units from the first point in time to the second.", "TIMESTAMPDIFF(DAY, DATE '2024-02-28', DATE '2024-03-01')", "2"),
    FN_ROW("INTERVAL_OF", NULL, NULL, FN_STRICT | FN_SYMBOL0 | FN_INTERNAL, infer_interval_of, fn_interval_of, NULL, "time", "An interval of a computed number of units: INTERVAL n UNIT.", "CAST(2 AS INTERVAL DAY)", "+2 00:00:00.000"),
    OP_ROW("OVERLAPS", fn_overlaps, "Do two periods share a point in time?", "(TIME '2:55:00', INTERVAL '1' HOUR) OVERLAPS (TIME '3:30:00', INTERVAL '2' HOUR)", "TRUE"),
    OP_ROW("CONTAINS", fn_contains, "Does the first period hold all of the second?", "(DATE '2024-01-01', DATE '2024-02-01') CONTAINS (DATE '2024-01-05', DATE '2024-01-06')", "TRUE"),
    OP_ROW("PRECEDES", fn_precedes, "Does the first period end before the second begins?", "(DATE '2024-01-01', DATE '2024-02-01') PRECEDES (DATE '2024-03-01', DATE '2024-03-02')", "TRUE"),
    OP_ROW("SUCCEEDS", fn_succeeds, "Does the first period begin after the second ends?", "(DATE '2024-03-01', DATE '2024-03-02') SUCCEEDS (DATE '2024-01-01', DATE '2024-02-01')", "TRUE"),
    OP_ROW("IMMEDIATELY PRECEDES", fn_immediately_precedes, "Does the first period end where the second begins?", "(DATE '2024-01-01', DATE '2024-02-01') IMMEDIATELY PRECEDES (DATE '2024-02-01', DATE '2024-03-02')", "TRUE"),
    OP_ROW("IMMEDIATELY SUCCEEDS", fn_immediately_succeeds, "Does the first period begin where the second ends?", "(DATE '2024-02-01', DATE '2024-03-02') IMMEDIATELY SUCCEEDS (DATE '2024-01-01', DATE '2024-02-01')", "TRUE"),
    OP_ROW("EQUALS", fn_period_equals, "Are the two periods the same?", "(DATE '2024-01-01', DATE '2024-02-01') EQUALS (DATE '2024-01-01', DATE '2024-02-01')", "TRUE"),
    FN_END
};
