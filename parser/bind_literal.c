/* Literals to typed constants: the types that Flink gives them (tests/conformance). Pure. */
#include "parser/bind.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

#include <math.h>

static Expr *out_of_range(Span span, Str text, Err *err)
{
    err_at(err, E_RANGE, span, "number " STR_FMT " is out of range", STR_ARG(text));
    err->stage = STAGE_VALIDATE;
    err_hint(err, "Write it as text and CAST it to DECIMAL(p, s).");
    return NULL;
}

static Expr *bad_literal(Span span, const char *what, Str text, Err *err)
{
    err_at(err, E_INVALID, span, "%s '" STR_FMT "' cannot be read", what, STR_ARG(text));
    return NULL;
}

static Expr *integer_literal(Binder *b, Str digits, bool negative, Span span, Err *err)
{
    int64_t value;
    Str text = negative ? str_printf(b->arena, "-" STR_FMT, STR_ARG(digits)) : digits;
    if (!str_to_i64(text, &value)) return out_of_range(span, text, err);
    if (value >= INT32_MIN && value <= INT32_MAX) return expr_const(b->arena, type_simple(TYPE_INT, false), datum_i32((int32_t)value), span);
    return expr_const(b->arena, type_simple(TYPE_BIGINT, false), datum_i64(value), span);
}

/* Digits as written count, leading zeros too; the unscaled value must be a BIGINT. */
static Expr *decimal_literal(Binder *b, Str text, bool negative, Span span, Err *err)
{
    int64_t dot = str_find(text, STR("."), 0);
    if (dot < 0 || (uint32_t)dot + 1 == text.len) return integer_literal(b, dot < 0 ? text : str_sub(text, 0, (uint32_t)dot), negative, span, err);
    char *digits = arena_alloc(b->arena, text.len + 1);
    uint32_t n = 0, scale = text.len - (uint32_t)dot - 1;
    if (negative) digits[n++] = '-';
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '.') digits[n++] = text.ptr[i];
    int64_t value;
    uint32_t precision = n - negative;
    if (precision > 38 || !str_to_i64((Str){ digits, n }, &value)) return out_of_range(span, text, err);
    Datum datum = datum_null();
    datum.null = false;
    datum.v.i128 = value;
    return expr_const(b->arena, type_decimal(b->arena, precision, scale, false), datum, span);
}

static Expr *double_literal(Binder *b, Str text, bool negative, Span span, Err *err)
{
    double value;
    if (!parse_double(text, &value) || isinf(value)) return out_of_range(span, text, err);
    return expr_const(b->arena, type_simple(TYPE_DOUBLE, false), datum_f64(negative && value != 0 ? -value : value), span);    /* -0e0 is 0.0 */
}

/* --- dates and times --- */

static Expr *date_literal(Binder *b, Str text, Span span, Err *err)
{
    int32_t days;
    if (!date_parse_literal(text, &days)) {
        bad_literal(span, "DATE literal", text, err);
        err_hint(err, "Write it as DATE 'yyyy-MM-dd'.");
        return NULL;
    }
    return expr_const(b->arena, type_simple(TYPE_DATE, false), datum_i32(days), span);
}

static Expr *time_literal(Binder *b, Str text, Span span, Err *err)
{
    int32_t ms;
    uint32_t precision;
    if (!time_parse_literal(text, &ms, &precision)) {
        bad_literal(span, "TIME literal", text, err);
        err_hint(err, "Write it as TIME 'HH:mm:ss'.");
        return NULL;
    }
    return expr_const(b->arena, type_time(b->arena, TYPE_TIME, precision, false), datum_i32(ms), span);
}

/* TIMESTAMP WITH LOCAL TIME ZONE '..' reads its text as UTC, as Flink does. */
static Expr *timestamp_literal(Binder *b, TypeKind kind, Str text, Span span, Err *err)
{
    Instant instant;
    uint32_t precision;
    if (!timestamp_parse_literal(text, &instant, &precision)) {
        bad_literal(span, "TIMESTAMP literal", text, err);
        err_hint(err, "Write it as TIMESTAMP 'yyyy-MM-dd HH:mm:ss[.fraction]'.");
        return NULL;
    }
    const Type *type = type_time(b->arena, kind, precision, false);
    return expr_const(b->arena, type, instant_datum(type, instant), span);
}

/* --- intervals --- */

enum { FIELDS_MAX = 4 };
static const TimeUnit day_units[FIELDS_MAX] = { UNIT_DAY, UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND };
static const int64_t unit_ms[UNIT_COUNT] = { [UNIT_MILLISECOND] = 1, [UNIT_SECOND] = 1000, [UNIT_MINUTE] = 60000, [UNIT_HOUR] = 3600000, [UNIT_DAY] = 86400000, [UNIT_WEEK] = 7 * (int64_t)86400000 };
static const int64_t unit_months[UNIT_COUNT] = { [UNIT_MONTH] = 1, [UNIT_QUARTER] = 3, [UNIT_YEAR] = 12 };
static const int32_t field_limit[UNIT_COUNT] = { [UNIT_MONTH] = 11, [UNIT_HOUR] = 23, [UNIT_MINUTE] = 59, [UNIT_SECOND] = 59 };

typedef struct IntervalText { const char *at, *end; } IntervalText;

static bool read_digits(IntervalText *text, int64_t *value, uint32_t *n)
{
    *value = 0;
    *n = 0;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++, ++*n) {
        if (*value > INT64_MAX / 100) return false;
        *value = *value * 10 + (*text->at - '0');
    }
    return *n > 0;
}

static bool read_char(IntervalText *text, char c)
{
    if (text->at == text->end || *text->at != c) return false;
    text->at++;
    return true;
}

/* ".5" as milliseconds: three digits, further ones are cut. */
static bool read_fraction(IntervalText *text, int64_t *ms)
{
    if (!read_char(text, '.')) return true;
    int64_t scale = 100;
    uint32_t n = 0;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++, n++) {
        *ms += (*text->at - '0') * scale;
        scale /= 10;
    }
    return n > 0 && n <= 9;
}

static bool leading_fits(int64_t value, int32_t precision)
{
    int64_t limit = 1;
    for (int32_t i = 0; i < (precision > 0 ? precision : 2); i++) limit *= 10;
    return value < limit;
}

static const char *interval_precision = "interval field does not fit its digits";

/* NULL = fits; else why not. */
static const char *read_months(IntervalText *text, TimeUnit from, int to, int32_t precision, int64_t *months)
{
    int64_t lead, rest = 0;
    uint32_t n;
    if (!read_digits(text, &lead, &n)) return "bad";
    if (!leading_fits(lead, precision)) return interval_precision;
    if (to >= 0 && (!read_char(text, '-') || !read_digits(text, &rest, &n) || rest > field_limit[UNIT_MONTH])) return "bad";
    *months = lead * unit_months[from] + rest;
    return NULL;
}

static const char *read_time(IntervalText *text, TimeUnit from, int to, int32_t precision, int64_t *ms)
{
    int64_t value;
    uint32_t n, at = 0;
    if (!read_digits(text, &value, &n)) return "bad";
    if (!leading_fits(value, precision)) return interval_precision;
    *ms = value * unit_ms[from];
    while (at < FIELDS_MAX && day_units[at] != from) at++;
    for (at++; to >= 0 && at < FIELDS_MAX; at++) {
        if (!read_char(text, at == 1 ? ' ' : ':') || !read_digits(text, &value, &n) || value > field_limit[day_units[at]]) return "bad";
        *ms += value * unit_ms[day_units[at]];
        if ((int)day_units[at] == to) break;
    }
    bool seconds = to < 0 ? from == UNIT_SECOND : to == UNIT_SECOND;
    return seconds && !read_fraction(text, ms) ? "bad" : NULL;
}

static Expr *interval_literal(Binder *b, const Ast *ast, Err *err)
{
    Str source = str_trim(ast->u.lit.text);
    int from = time_unit_find(ast->u.lit.unit_from), to = ast->u.lit.unit_to.len ? time_unit_find(ast->u.lit.unit_to) : -1;
    IntervalText text = { source.ptr, source.ptr + source.len };
    bool negative = ast->u.lit.negative;
    if (read_char(&text, '-')) negative = !negative;
    else (void)read_char(&text, '+');
    int64_t amount = 0;
    bool months = from >= 0 && unit_months[from] > 0;
    if (from < 0 || (!months && !unit_ms[from])) return bad_literal(ast->span, "interval unit", ast->u.lit.unit_from, err);
    const char *why = months ? read_months(&text, (TimeUnit)from, to, ast->u.lit.unit_prec, &amount) : read_time(&text, (TimeUnit)from, to, ast->u.lit.unit_prec, &amount);
    if (why == interval_precision) {
        err_at(err, E_INVALID, ast->span, "interval '" STR_FMT "' has more digits than its leading field may have", STR_ARG(source));
        err_hint(err, "Two digits are the default: write " STR_FMT "(3) for three, or a larger unit.", STR_ARG(ast->u.lit.unit_from));
        return NULL;
    }
    if (why || text.at != text.end) return bad_literal(ast->span, "interval", source, err);
    return expr_const(b->arena, type_simple(months ? TYPE_INTERVAL_MONTH : TYPE_INTERVAL_SECOND, false), datum_i64(negative ? -amount : amount), ast->span);
}

/* The n of a literal's CHAR(n): Java's UTF-16 units, so that result types are Flink's. */
static uint32_t text_units(Str text)
{
    uint32_t n = utf8_len(text);
    for (uint32_t i = 0; i < text.len; i++) n += (unsigned char)text.ptr[i] >= 0xF0;
    return n;
}

Expr *bind_literal(Binder *b, const Ast *ast, Err *err)
{
    Str text = ast->u.lit.text;
    bool negative = ast->u.lit.negative;
    switch (ast->u.lit.kind) {
    case LIT_NULL: return expr_null(b->arena, ast->span);
    case LIT_UNKNOWN: return expr_const(b->arena, type_simple(TYPE_BOOLEAN, true), datum_null(), ast->span);
    case LIT_TRUE: case LIT_FALSE: return expr_const(b->arena, type_simple(TYPE_BOOLEAN, false), datum_bool(ast->u.lit.kind == LIT_TRUE), ast->span);
    case LIT_INTEGER: return integer_literal(b, text, negative, ast->span, err);
    case LIT_DECIMAL: return decimal_literal(b, text, negative, ast->span, err);
    case LIT_DOUBLE: return double_literal(b, text, negative, ast->span, err);
    case LIT_STRING: return expr_const(b->arena, type_sized(b->arena, TYPE_CHAR, text_units(text), false), datum_str(b->arena, text), ast->span);
    case LIT_BINARY: return expr_const(b->arena, type_sized(b->arena, TYPE_BINARY, text.len, false), datum_str(b->arena, text), ast->span);
    case LIT_DATE: return date_literal(b, text, ast->span, err);
    case LIT_TIME: return time_literal(b, text, ast->span, err);
    case LIT_TIMESTAMP: return timestamp_literal(b, TYPE_TIMESTAMP, text, ast->span, err);
    case LIT_TIMESTAMP_LTZ: return timestamp_literal(b, TYPE_TIMESTAMP_LTZ, text, ast->span, err);
    case LIT_INTERVAL: return interval_literal(b, ast, err);
    case LIT_DEFAULT:
        err_at(err, E_UNSUPPORTED, ast->span, "DEFAULT is not supported as a value");
        err_hint(err, "Leave the column out of the column list: it becomes NULL.");
        return NULL;
    }
    return NULL;
}
