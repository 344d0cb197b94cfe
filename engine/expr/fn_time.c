/* Text and numbers to dates and back: TO_TIMESTAMP, TO_TIMESTAMP_LTZ, TO_DATE, DATE_FORMAT, UNIX_TIMESTAMP, FROM_UNIXTIME, CONVERT_TZ.
 * Two worlds, as in Flink: java.time patterns and zones (TO_TIMESTAMP*, DATE_FORMAT of timestamps) and lenient SimpleDateFormat with
 * java.util.TimeZone (TO_DATE with a format, UNIX_TIMESTAMP, FROM_UNIXTIME, CONVERT_TZ, DATE_FORMAT of text). Instants before 1970 round down.
 * Constant patterns and zones are looked up once per call site. */
#include "engine/expr/fn.h"
#include "engine/expr/kernels_fn.h"
#include "engine/base/clock.h"
#include "engine/type/decimal.h"
#include <math.h>

#define DEFAULT_PATTERN STR("yyyy-MM-dd HH:mm:ss")

/* What a call site knows beforehand. `fixed` says that the argument is constant; pattern NULL then means it cannot be used. */
typedef struct TimePrep {
    bool fixed;
    const DatePattern *pattern;
    const char *why;
    const FixedPattern *places;                  /* the short way; NULL when there is none */
} TimePrep;

const FixedPattern *time_places(const FuncCall *call)
{
    const TimePrep *prep = call->prepared;
    return prep ? prep->places : NULL;
}

static TimePrep *prepare_pattern(Arena *arena, const Datum *text, PatternDialect dialect)
{
    TimePrep *prep = ARENA_NEW(arena, TimePrep);
    if (!text) return prep;
    prep->fixed = true;
    if (text->null) return prep;
    prep->pattern = pattern_compile(arena, datum_text(text), dialect, &prep->why);
    FixedPattern *places = ARENA_NEW(arena, FixedPattern);
    if (prep->pattern && dialect == PATTERN_FORMATTER && fixed_pattern_compile(datum_text(text), places)) prep->places = places;
    return prep;
}

static bool set_pattern_error(Err *err, Str pattern, const char *why)
{
    return err_set(err, E_DATA, "date pattern '" STR_FMT "' is not valid: %s", STR_ARG(pattern), why ? why : "unknown letter");
}

/* Pattern of argument i (the default when absent): compiled before, or now in the row's scratch. NULL and *why when invalid. */
static const DatePattern *call_pattern(const FuncCall *call, const Datum *args, uint32_t i, PatternDialect dialect, const char **why)
{
    const TimePrep *prep = call->prepared;
    if (prep && prep->fixed) {
        *why = prep->why;
        return prep->pattern;
    }
    return pattern_compile(scratch_arena(), arg_count(call) > i ? arg_str(&args[i]) : DEFAULT_PATTERN, dialect, why);
}

static void *prepare_simple_1(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)err;
    Datum dflt = datum_str(arena, DEFAULT_PATTERN);
    return prepare_pattern(arena, arg_count(call) > 1 ? const_args[1] : &dflt, PATTERN_SIMPLE);
}

static void *prepare_formatter_1(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)err;
    return arg_count(call) > 1 && type_is_string(arg_type(call, 1)) ? prepare_pattern(arena, const_args[1], PATTERN_FORMATTER) : NULL;
}

/* Without a pattern: CAST's form, of which the usual one has fixed places. */
static void *prepare_to_timestamp(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    Datum usual = datum_str(arena, DEFAULT_PATTERN);
    return arg_count(call) > 1 ? prepare_formatter_1(call, arena, const_args, err) : prepare_pattern(arena, &usual, PATTERN_FORMATTER);
}

static void *prepare_date_format(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)err;
    return prepare_pattern(arena, const_args[1], type_is_string(arg_type(call, 0)) ? PATTERN_SIMPLE : PATTERN_FORMATTER);
}

/* ---- java.util zones ---- */

/* Text -> instant by a lenient pattern; a zone written in the text counts. */
static bool parse_legacy(const DatePattern *pattern, Str text, const Zone *zone, Instant *utc)
{
    bool has_offset = false;
    int32_t offset = 0;
    if (!pattern_parse(pattern, text, utc, &has_offset, &offset)) return false;
    utc->sec = has_offset ? utc->sec - offset : zone_to_utc_legacy(zone, utc->sec);
    return true;
}

/* zone NULL: `instant` is a wall clock; else it is UTC. */
static bool print_pattern(EvalEnv *env, const DatePattern *pattern, Instant instant, const Zone *zone, Datum *out, Err *err)
{
    StrBuf buf = { 0 };
    bool ok = pattern_print(pattern, instant, zone, &buf);
    if (ok) ret_str(env, out, strbuf_str(&buf));
    strbuf_free(&buf);
    return ok ? true : err_set(err, E_DATA, "date pattern asks for a zone, which the value does not have");
}

/* ---- TO_TIMESTAMP ---- */

/* By the pattern, else as CAST would read it: Flink tries both. */
static bool parse_timestamp(const DatePattern *pattern, Str text, Instant *out)
{
    bool has_offset;
    int32_t offset;
    if (pattern && pattern_parse(pattern, text, out, &has_offset, &offset)) return true;
    return timestamp_parse_cast(text, out);
}

FN_BODY(fn_to_timestamp)
{
    const char *why = NULL;
    Instant t;
    const DatePattern *pattern = arg_count(call) > 1 ? call_pattern(call, args, 1, PATTERN_FORMATTER, &why) : NULL;
    if (why || !parse_timestamp(pattern, arg_str(&args[0]), &t)) return ret_null(out);
    *out = instant_datum(call->expr->type, t);
    return true;
}

/* Fraction digits a constant pattern can read: TO_TIMESTAMP_LTZ keeps them. */
static uint32_t fraction_letters(Str pattern)
{
    uint32_t n = 0;
    bool quoted = false;
    for (uint32_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '\'') quoted = !quoted;
        n += !quoted && pattern.ptr[i] == 'S';
    }
    return n > 9 ? 9 : n;
}

static bool check_const_zone(InferCtx *infer, Err *err)
{
    const Datum *zone = infer_const(infer, 2);
    if (!zone || zone->null || zone_find(datum_text(zone))) return true;
    return err_at(err, E_INVALID, infer->args[2]->span, "time zone '" STR_FMT "' does not exist", STR_ARG(datum_text(zone)));
}

/* (number [, digits]), (text), (text, format), (text, format, zone) */
static const Type *infer_to_timestamp_ltz(InferCtx *infer, Err *err)
{
    uint32_t n = infer->nargs, digits = 3;
    if (n < 1 || n > 3) return infer_refuse(infer, err);
    if (type_is_numeric(infer->args[0]->type)) {
        if (n > 2 || (n == 2 && !type_is_integer(infer->args[1]->type) && infer->args[1]->type->kind != TYPE_NULL)) return infer_refuse(infer, err);
        if (n == 2) infer_cast(infer, 1, type_simple(TYPE_INT, true));
        const Datum *p = n == 2 ? infer_const(infer, 1) : NULL;
        if (p && !p->null && (p->v.i32 < 0 || p->v.i32 > 9)) {
            err_at(err, E_INVALID, infer->args[1]->span, "precision %d of TO_TIMESTAMP_LTZ must be from 0 (seconds) to 9 (nanoseconds)", p->v.i32);
            return NULL;
        }
        if (p && !p->null && p->v.i32 > 3) digits = (uint32_t)p->v.i32;
        return type_time(infer->ctx->arena, TYPE_TIMESTAMP_LTZ, digits, false);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (infer->args[i]->type->kind == TYPE_NULL) infer_cast(infer, i, type_string(true));
        if (!type_is_string(infer->args[i]->type)) return infer_refuse(infer, err);
    }
    if (n == 3 && !check_const_zone(infer, err)) return NULL;
    const Datum *format = n > 1 ? infer_const(infer, 1) : NULL;
    if (format && !format->null && fraction_letters(datum_text(format)) > 3) digits = fraction_letters(datum_text(format));
    return type_time(infer->ctx->arena, TYPE_TIMESTAMP_LTZ, digits, false);
}

/* n * 10^-digits seconds; false outside the years 0..9999. */
static bool instant_of_number(const Type *type, const Datum *value, int32_t digits, Instant *out)
{
    static const int64_t per_second[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000 };
    i128 nanos;
    if (digits < 0 || digits > 9) return false;
    int64_t scale = 1000000000 / per_second[digits];
    if (type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE) {
        double d = datum_double(type, value);
        if (!(fabs(d) < 9e18)) return false;
        double whole = floor(d);
        nanos = (i128)whole * scale + (i128)floor((d - whole) * (double)scale);
    } else {
        i128 n = type->kind == TYPE_DECIMAL ? value->v.i128 / decimal_pow10[type->scale] : (i128)datum_int(type, value);
        nanos = n * scale;
    }
    i128 sec = nanos / 1000000000, rest = nanos % 1000000000;
    if (rest < 0) sec--, rest += 1000000000;
    if (sec < -62167219200 || sec > 253402300799) return false;
    *out = (Instant){ (int64_t)sec, (int32_t)rest };
    return true;
}

static bool text_to_instant(const FuncCall *call, const Datum *args, Instant *t, bool *null, Err *err)
{
    const char *why = NULL;
    Str text = arg_str(&args[0]);
    if (arg_count(call) == 1) {
        if (timestamp_parse_cast(text, t)) return true;
        return err_set(err, E_DATETIME, "text '" STR_FMT "' cannot be read as a timestamp", STR_ARG(text));
    }
    const Zone *zone = arg_count(call) > 2 ? zone_find(arg_str(&args[2])) : zone_utc();
    const DatePattern *pattern = call_pattern(call, args, 1, PATTERN_FORMATTER, &why);
    *null = why || !zone || !parse_timestamp(pattern, text, t);
    if (!*null && arg_count(call) > 2) t->sec = zone_to_utc(zone, t->sec);
    return true;
}

FN_BODY(fn_to_timestamp_ltz)
{
    Instant t = { 0, 0 };
    bool null = false;
    if (type_is_numeric(arg_type(call, 0))) null = !instant_of_number(arg_type(call, 0), &args[0], arg_count(call) > 1 ? args[1].v.i32 : 3, &t);
    else if (!text_to_instant(call, args, &t, &null, err)) return false;
    if (null) return ret_null(out);
    *out = instant_datum(call->expr->type, t);
    return true;
}

/* ---- dates ---- */

FN_BODY(fn_to_date)
{
    const char *why = NULL;
    if (arg_count(call) == 1) {
        out->null = !date_parse_cast(arg_str(&args[0]), &out->v.i32);
        return true;
    }
    const DatePattern *pattern = call_pattern(call, args, 1, PATTERN_SIMPLE, &why);
    if (!pattern) return set_pattern_error(err, arg_str(&args[1]), why);
    Instant t;
    if (!parse_legacy(pattern, arg_str(&args[0]), zone_utc(), &t)) return ret_null(out);
    return ret_int(out, (int32_t)(t.sec / 86400 - (t.sec % 86400 < 0)));
}

static const Type *infer_date_format(InferCtx *infer, Err *err)
{
    const Type *type = infer->args[0]->type;
    if (type->kind == TYPE_NULL) infer_cast(infer, 0, type_string(true));
    else if (!type_is_string(type) && type->kind != TYPE_TIMESTAMP && type->kind != TYPE_TIMESTAMP_LTZ) return infer_refuse(infer, err);
    return type_string(false);
}

/* Text is read leniently in the session zone and printed the same way. */
static bool reformat_text(const FuncCall *call, EvalEnv *env, const Datum *args, const DatePattern *pattern, Datum *out, Err *err)
{
    const char *why = NULL;
    Instant t;
    ArenaMark mark = arena_mark(env->arena);
    const DatePattern *reader = pattern_compile(env->arena, DEFAULT_PATTERN, PATTERN_SIMPLE, &why);
    bool ok = reader && parse_legacy(reader, arg_str(&args[0]), env->zone, &t);
    arena_rewind(env->arena, mark);
    (void)call;
    if (!ok) return ret_null(out);
    return print_pattern(env, pattern, t, env->zone, out, err);
}

FN_BODY(fn_date_format)
{
    const Type *type = arg_type(call, 0);
    const char *why = NULL;
    const DatePattern *pattern = call_pattern(call, args, 1, type_is_string(type) ? PATTERN_SIMPLE : PATTERN_FORMATTER, &why);
    if (!pattern) return set_pattern_error(err, arg_str(&args[1]), why);
    if (type_is_string(type)) return reformat_text(call, env, args, pattern, out, err);
    Instant t = instant_of(type, &args[0]);
    if (type->kind == TYPE_TIMESTAMP_LTZ) t.sec += zone_offset(env->zone, t.sec);
    return print_pattern(env, pattern, t, NULL, out, err);
}

/* ---- Unix seconds ---- */

FN_BODY(fn_unix_timestamp)
{
    if (arg_count(call) == 0) {
        int64_t now = env->batch && env->query_start_us ? env->query_start_us : clock_now_us();
        return ret_long(out, instant_us(now).sec);
    }
    const char *why = NULL;
    const DatePattern *pattern = call_pattern(call, args, 1, PATTERN_SIMPLE, &why);
    if (!pattern) return set_pattern_error(err, arg_str(&args[1]), why);
    Instant t;
    return ret_long(out, parse_legacy(pattern, arg_str(&args[0]), env->zone, &t) ? t.sec : INT64_MIN);
}

FN_BODY(fn_from_unixtime)
{
    const char *why = NULL;
    const DatePattern *pattern = call_pattern(call, args, 1, PATTERN_SIMPLE, &why);
    if (!pattern) return set_pattern_error(err, arg_str(&args[1]), why);
    int64_t sec = args[0].v.i64;
    if (sec < -67768100567971200 || sec > 67767976233532799) return err_set(err, E_RANGE, "%lld seconds are beyond the calendar", (long long)sec);
    return print_pattern(env, pattern, (Instant){ sec, 0 }, env->zone, out, err);
}

static void *prepare_convert_tz(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)call, (void)const_args, (void)err;
    Datum dflt = datum_str(arena, DEFAULT_PATTERN);
    return prepare_pattern(arena, &dflt, PATTERN_SIMPLE);
}

FN_BODY(fn_convert_tz)
{
    const char *why = NULL;
    const TimePrep *prep = call->prepared;
    const DatePattern *pattern = prep ? prep->pattern : pattern_compile(scratch_arena(), DEFAULT_PATTERN, PATTERN_SIMPLE, &why);
    Instant t;
    if (!parse_legacy(pattern, arg_str(&args[0]), zone_find_legacy(arg_str(&args[1])), &t)) return ret_null(out);
    const Zone *to = zone_find_legacy(arg_str(&args[2]));
    return print_pattern(env, pattern, t, to, out, err);
}

#define STRICT_NULL (FN_STRICT | FN_NULLABLE)
const FuncDef fn_time_table[] = {
    FN_ROW_KERNEL("TO_TIMESTAMP", "str,str?", NULL, STRICT_NULL | FN_TOTAL, infer_timestamp3, fn_to_timestamp, kernel_to_timestamp, prepare_to_timestamp, "time", "A timestamp read from text by a java.time pattern; NULL if it cannot be read.", "TO_TIMESTAMP('29.02.2024 13:04', 'dd.MM.yyyy HH:mm')", "2024-02-29 13:04:00.000"),
    FN_ROW_KERNEL("TO_TIMESTAMP_LTZ", "=num,int?|str,str?,str?", NULL, STRICT_NULL, infer_to_timestamp_ltz, fn_to_timestamp_ltz, kernel_to_timestamp_ltz, prepare_formatter_1, "time", "An instant from a number of 10^-n seconds since 1970 (milliseconds by default), or from text in UTC or a zone.", "TO_TIMESTAMP_LTZ(1709212455123, 3)", "2024-02-29 13:14:15.123"),
    FN_ROW("TO_DATE", "str,str?", "DATE", STRICT_NULL, NULL, fn_to_date, prepare_simple_1, "time", "A date read from text, by a SimpleDateFormat pattern if one is given; NULL if it cannot be read.", "TO_DATE('29/02/2024', 'dd/MM/yyyy')", "2024-02-29"),
    FN_ROW_KERNEL("DATE_FORMAT", "any,str", NULL, STRICT_NULL, infer_date_format, fn_date_format, kernel_date_format, prepare_date_format, "time", "A timestamp (or its text) printed by a pattern, in the session zone.", "DATE_FORMAT(TIMESTAMP '2024-02-29 13:04:05', 'yyyy/MM/dd')", "2024/02/29"),
    FN_ROW("UNIX_TIMESTAMP", "|str,str?", "BIGINT", FN_STRICT | FN_VOLATILE, NULL, fn_unix_timestamp, prepare_simple_1, "time", "Seconds since 1970: now, or of a text read in the session zone (-9223372036854775808 if it cannot be read).", "UNIX_TIMESTAMP('1970-01-01 00:00:44')", "44"),
    FN_ROW("FROM_UNIXTIME", "bigint,str?", "STRING", STRICT_NULL, NULL, fn_from_unixtime, prepare_simple_1, "time", "Seconds since 1970 printed in the session zone by a SimpleDateFormat pattern.", "FROM_UNIXTIME(44)", "1970-01-01 00:00:44"),
    FN_ROW("CONVERT_TZ", "str,str,str", "STRING", STRICT_NULL, NULL, fn_convert_tz, prepare_convert_tz, "time", "The text of a time in one zone as the text of the same time in another.", "CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')", "1969-12-31 16:00:00"),
    FN_END
};
