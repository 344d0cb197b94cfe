/* Fields of dates, times and intervals: EXTRACT(UNIT FROM x) and YEAR(x) .. SECOND(x). Always BIGINT.
 * TIMESTAMP_LTZ gives the fields of its local time by java.util's offset, EPOCH too: seconds since 1970 plus that offset. */
#include "engine/expr/fn.h"
#include "engine/expr/kernels_fn.h"
#include "engine/expr/fn_time_arith.h"

static bool unit_fits(int unit, const Type *type)
{
    switch (type->kind) {
    case TYPE_TIME: return unit >= UNIT_MILLISECOND && unit <= UNIT_HOUR;
    case TYPE_INTERVAL_SECOND: return unit >= UNIT_MILLISECOND && unit <= UNIT_DAY;
    case TYPE_INTERVAL_MONTH: return unit == UNIT_MONTH || unit == UNIT_QUARTER || unit == UNIT_YEAR;
    case TYPE_DATE: return unit >= UNIT_MILLISECOND;
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: return true;
    default: return false;
    }
}

static const Type *infer_field(InferCtx *infer, uint32_t value, int unit, Err *err)
{
    const Type *type = infer->args[value]->type;
    bool temporal = type_is_datetime(type) || type->kind == TYPE_INTERVAL_MONTH || type->kind == TYPE_INTERVAL_SECOND;
    if (!temporal) return infer_refuse(infer, err);
    if (!unit_fits(unit, type)) {
        err_at(err, E_TYPE, infer->span, "unit %s cannot be taken from a value of type " STR_FMT, time_unit_names[unit], STR_ARG(type_text(infer->ctx->arena, type)));
        return NULL;
    }
    int *data = ARENA_NEW(infer->ctx->arena, int);
    *data = unit;
    *infer->data = data;
    return type_simple(TYPE_BIGINT, false);
}

static const Type *infer_extract(InferCtx *infer, Err *err)
{
    if (infer->nargs != 2) return infer_refuse(infer, err);
    Str word = infer_word(infer, 0);
    if (!word.ptr) return infer_refuse(infer, err);
    int unit = time_unit_find(word);
    if (unit < 0 || !str_iis(word, time_unit_names[unit])) {
        err_at(err, E_INVALID, infer->args[0]->span, "\"" STR_FMT "\" is not a time unit", STR_ARG(word));
        return NULL;
    }
    return infer_field(infer, 1, unit, err);
}

static const struct { const char *name; TimeUnit unit; } field_functions[] = {
    { "YEAR", UNIT_YEAR }, { "QUARTER", UNIT_QUARTER }, { "MONTH", UNIT_MONTH }, { "WEEK", UNIT_WEEK }, { "DAYOFYEAR", UNIT_DOY },
    { "DAYOFMONTH", UNIT_DAY }, { "DAYOFWEEK", UNIT_DOW }, { "HOUR", UNIT_HOUR }, { "MINUTE", UNIT_MINUTE }, { "SECOND", UNIT_SECOND },
};

static const Type *infer_field_function(InferCtx *infer, Err *err)
{
    if (infer->nargs != 1) return infer_refuse(infer, err);
    for (size_t i = 0; i < sizeof field_functions / sizeof field_functions[0]; i++)
        if (strcmp(field_functions[i].name, infer->func->name) == 0) return infer_field(infer, 0, (int)field_functions[i].unit, err);
    return infer_refuse(infer, err);
}

/* The sign of an interval is that of each of its fields. */
static int64_t interval_field(int unit, bool months, int64_t n)
{
    if (months) {
        int64_t month = n % 12;
        return unit == UNIT_YEAR ? n / 12 : unit == UNIT_MONTH ? month : month < 0 ? -((-month - 1) / 3 + 1) : (month - 1) / 3 + 1;
    }
    switch (unit) {
    case UNIT_DAY: return n / 86400000;
    case UNIT_HOUR: return n / 3600000 % 24;
    case UNIT_MINUTE: return n / 60000 % 60;
    case UNIT_SECOND: return n / 1000 % 60;
    default: return n % 1000;
    }
}

static int64_t field_of(EvalEnv *env, const Type *type, const Datum *value, int unit)
{
    if (type->kind == TYPE_INTERVAL_MONTH || type->kind == TYPE_INTERVAL_SECOND) return interval_field(unit, type->kind == TYPE_INTERVAL_MONTH, value->v.i64);
    if (type->kind == TYPE_DATE) return days_extract((TimeUnit)unit, value->v.i32);
    Instant t = time_point(type, value);
    if (type->kind == TYPE_TIMESTAMP_LTZ) t.sec += zone_offset_legacy(env->zone, t.sec);
    return instant_extract((TimeUnit)unit, t);
}

FN_BODY(fn_extract) { return ret_long(out, field_of(env, arg_type(call, 1), &args[1], *(const int *)call->data)); }
FN_BODY(fn_field) { return ret_long(out, field_of(env, arg_type(call, 0), &args[0], *(const int *)call->data)); }

#define FIELD_ROW(NAME, DOC, EXAMPLE, RESULT) FN_ROW_KERNEL(NAME, "=datetime", NULL, FN_STRICT | FN_TOTAL, infer_field_function, fn_field, kernel_field, NULL, "time", DOC, EXAMPLE, RESULT)
const FuncDef fn_extract_table[] = {
    FN_ROW_KERNEL("EXTRACT", "=sym FROM datetime", NULL, FN_STRICT | FN_TOTAL | FN_SYMBOL0, infer_extract, fn_extract, kernel_extract, NULL, "time", "A field of a date, time, timestamp or interval.", "EXTRACT(DAY FROM DATE '2006-06-05')", "5"),
    FIELD_ROW("YEAR", "Year of a date.", "YEAR(DATE '1994-09-27')", "1994"),
    FIELD_ROW("QUARTER", "Quarter of the year, 1 to 4.", "QUARTER(DATE '1994-09-27')", "3"),
    FIELD_ROW("MONTH", "Month of the year, 1 to 12.", "MONTH(DATE '1994-09-27')", "9"),
    FIELD_ROW("WEEK", "ISO week of the year, 1 to 53.", "WEEK(DATE '1994-09-27')", "39"),
    FIELD_ROW("DAYOFYEAR", "Day of the year, 1 to 366.", "DAYOFYEAR(DATE '1994-09-27')", "270"),
    FIELD_ROW("DAYOFMONTH", "Day of the month, 1 to 31.", "DAYOFMONTH(DATE '1994-09-27')", "27"),
    FIELD_ROW("DAYOFWEEK", "Day of the week, 1 = Sunday.", "DAYOFWEEK(DATE '1994-09-27')", "3"),
    FIELD_ROW("HOUR", "Hour of the day, 0 to 23.", "HOUR(TIMESTAMP '1994-09-27 13:14:15')", "13"),
    FIELD_ROW("MINUTE", "Minute of the hour, 0 to 59.", "MINUTE(TIMESTAMP '1994-09-27 13:14:15')", "14"),
    FIELD_ROW("SECOND", "Second of the minute, 0 to 59.", "SECOND(TIMESTAMP '1994-09-27 13:14:15')", "15"),
    FN_END
};
