/* FLOOR and CEIL of numbers and of dates and times to a unit. Numbers keep their type, DECIMAL(p,s) becomes DECIMAL(p,0).
 * TIMESTAMP_LTZ is cut in local time. CEIL(date TO DAY) is always the next day, CEIL(TIME '23:59:59' TO HOUR) 24:00:00 (measured). */
#include "engine/expr/fn.h"
#include "engine/expr/kernels_fn.h"
#include "engine/expr/fn_time_arith.h"
#include "engine/type/decimal.h"
#include <math.h>

static const Type *infer_floor_time(InferCtx *infer, Err *err)
{
    const Type *type = infer->args[0]->type;
    if (!type_is_datetime(type)) return infer_refuse(infer, err);
    Str word = infer_word(infer, 1);
    if (!word.ptr) return infer_refuse(infer, err);
    int unit = time_unit_find(word);
    if (unit < UNIT_MILLISECOND || unit > UNIT_MILLENNIUM || !str_iis(word, time_unit_names[unit])) {
        err_at(err, E_INVALID, infer->args[1]->span, "\"" STR_FMT "\" is not a unit that a value of this type can be cut to", STR_ARG(word));
        err_hint(err, "Units are MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR, DECADE, CENTURY and MILLENNIUM.");
        return NULL;
    }
    int *data = ARENA_NEW(infer->ctx->arena, int);
    *data = unit;
    *infer->data = data;
    return type_with_attr(infer->ctx->arena, type_with_null(infer->ctx->arena, type, false), ATTR_NONE);
}

static const Type *infer_floor(InferCtx *infer, Err *err)
{
    if (infer->nargs == 2) return infer_floor_time(infer, err);
    const Type *type = infer->nargs == 1 ? infer->args[0]->type : NULL;
    if (!type || !type_is_numeric(type)) return infer_refuse(infer, err);
    if (type->kind != TYPE_DECIMAL) return type_with_null(infer->ctx->arena, type, false);
    return type_decimal(infer->ctx->arena, type->precision, 0, false);
}

static bool floor_number(const Type *type, const Datum *value, bool up, Datum *out)
{
    switch (type->kind) {
    case TYPE_FLOAT: out->v.f32 = up ? ceilf(value->v.f32) : floorf(value->v.f32); break;
    case TYPE_DOUBLE: out->v.f64 = up ? ceil(value->v.f64) : floor(value->v.f64); break;
    case TYPE_DECIMAL: out->v.i128 = up ? decimal_ceil(value->v.i128, type->scale) : decimal_floor(value->v.i128, type->scale); break;
    default: out->v = value->v; break;
    }
    return true;
}

static bool floor_time(int unit, const Datum *value, bool up, Datum *out)
{
    bool months;
    int64_t step = 1, ms = value->v.i32;
    if (unit >= UNIT_DAY || !time_unit_length(unit, &months, &step)) step = 1;        /* longer units leave a time as it is */
    out->v.i32 = (int32_t)((up ? ms + step - 1 : ms) / step * step);
    return true;
}

static Instant cut(int unit, Instant t, bool up) { return up ? instant_ceil((TimeUnit)unit, t) : instant_floor((TimeUnit)unit, t); }

/* Hours and more are cut in local time, with java.util's offset of the argument on the way there and back, also where the clocks
 * change in between; minutes and less in UTC, and those never round a fraction of a millisecond up. */
static Instant cut_zoned(const Zone *zone, int unit, Instant t, bool up)
{
    if (unit == UNIT_MILLISECOND) up = false;
    int32_t offset = unit >= UNIT_HOUR ? zone_offset_legacy(zone, t.sec) : 0;
    t.sec += offset;
    t = cut(unit, t, up);
    t.sec -= offset;
    return t;
}

static bool floor_call(const FuncCall *call, EvalEnv *env, const Datum *args, bool up, Datum *out)
{
    const Type *type = arg_type(call, 0);
    if (arg_count(call) == 1) return floor_number(type, &args[0], up, out);
    int unit = *(const int *)call->data;
    if (type->kind == TYPE_TIME) return floor_time(unit, &args[0], up, out);
    if (type->kind == TYPE_DATE) return ret_int(out, (int32_t)days_cut((TimeUnit)unit, args[0].v.i32, up));
    Instant t = time_point(type, &args[0]);
    *out = instant_datum(call->expr->type, type->kind == TYPE_TIMESTAMP_LTZ ? cut_zoned(env->zone, unit, t, up) : cut(unit, t, up));
    return true;
}

FN_BODY(fn_floor) { return floor_call(call, env, args, false, out); }
FN_BODY(fn_ceil) { return floor_call(call, env, args, true, out); }

const FuncDef fn_floor_table[] = {
    FN_ROW_KERNEL("FLOOR", "=num|datetime TO sym", NULL, FN_STRICT | FN_TOTAL, infer_floor, fn_floor, kernel_floor, NULL, "math", "The number rounded down, or a date or time cut to a unit.", "FLOOR(TIME '12:44:31' TO MINUTE)", "12:44:00"),
    FN_ROW("CEIL", "=num|datetime TO sym", NULL, FN_STRICT | FN_TOTAL, infer_floor, fn_ceil, NULL, "math", "The number rounded up, or a date or time moved up to a unit.", "CEIL(1.2)", "2"),
    FN_ROW("CEILING", "=num|datetime TO sym", NULL, FN_STRICT | FN_TOTAL, infer_floor, fn_ceil, NULL, "math", "The same as CEIL.", "CEILING(1.2)", "2"),
    FN_END
};
