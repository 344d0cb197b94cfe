/* Numeric functions. Roots, powers, logarithms and angles work in DOUBLE and never fail (NaN, Infinity); ABS, SIGN, ROUND and TRUNCATE keep
 * the type of their argument. ROUND and TRUNCATE of FLOAT and DOUBLE work on the shortest decimal text, as java.math.BigDecimal.valueOf does. */
#include "engine/expr/fn.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* e^x for 0 <= x < 22 with the last digit of Java's StrictMath: x = k ln 2 + r, and e^r from the series of r (e^r + 1) / (e^r - 1). */
static double exp_java(double x)
{
    const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;   /* ln 2; the high part times k is exact */
    double k = x <= M_LN2 / 2 ? 0 : x < M_LN2 * 1.5 ? 1 : floor(x / M_LN2 + 0.5);
    double high = x - k * ln2_high, low = k * ln2_low, r = high - low, t = r * r;
    double c = r - t * (1 / 6.0 - t * (1 / 360.0 - t * (1 / 15120.0 - t * (1 / 604800.0 - t * (1 / 23950080.0 - t * (691 / 653837184000.0 - t / 37362124800.0))))));
    if (k == 0) return 1 - (r * c / (c - 2) - r);
    return ldexp(1 - ((low - r * c / (2 - c)) - high), (int)k);
}

static double cosh_java(double x)
{
    x = fabs(x);
    if (!(x >= M_LN2 / 2 && x < 22)) return cosh(x);
    double e = exp_java(x);
    return 0.5 * e + 0.5 / e;
}

#define DOUBLE_BODY(NAME, FORMULA)                  \
    FN_BODY(NAME)                                   \
    {                                               \
        double x = args[0].v.f64;                   \
        return ret_double(out, FORMULA);            \
    }
DOUBLE_BODY(fn_sqrt, pow(x, 0.5))              /* as Flink defines it: -0.0 gives 0.0 */
DOUBLE_BODY(fn_exp, exp(x))
DOUBLE_BODY(fn_ln, log(x))
DOUBLE_BODY(fn_log10, log10(x))
DOUBLE_BODY(fn_log2, log(x) / log(2.0))
DOUBLE_BODY(fn_sin, sin(x))
DOUBLE_BODY(fn_cos, cos(x))
DOUBLE_BODY(fn_tan, tan(x))
DOUBLE_BODY(fn_cot, 1.0 / tan(x))
DOUBLE_BODY(fn_asin, asin(x))
DOUBLE_BODY(fn_acos, acos(x))
DOUBLE_BODY(fn_atan, atan(x))
DOUBLE_BODY(fn_sinh, sinh(x))
DOUBLE_BODY(fn_cosh, cosh_java(x))
DOUBLE_BODY(fn_tanh, tanh(x))
DOUBLE_BODY(fn_degrees, x * 57.29577951308232)
DOUBLE_BODY(fn_radians, x * 0.017453292519943295)

FN_BODY(fn_power) { return ret_double(out, pow(args[0].v.f64, args[1].v.f64)); }
FN_BODY(fn_atan2) { return ret_double(out, atan2(args[0].v.f64, args[1].v.f64)); }
FN_BODY(fn_log)
{
    if (arg_count(call) == 1) return ret_double(out, log(args[0].v.f64));
    return ret_double(out, log(args[1].v.f64) / log(args[0].v.f64));
}
FN_BODY(fn_pi) { return ret_double(out, M_PI); }
FN_BODY(fn_e) { return ret_double(out, M_E); }

FN_BODY(fn_abs)
{
    const Type *type = arg_type(call, 0);
    switch (type->kind) {
    case TYPE_FLOAT: out->v.f32 = fabsf(args[0].v.f32); return true;
    case TYPE_DOUBLE: out->v.f64 = fabs(args[0].v.f64); return true;
    case TYPE_DECIMAL: out->v.i128 = args[0].v.i128 < 0 ? -args[0].v.i128 : args[0].v.i128; return true;
    default: break;
    }
    int64_t n = datum_int(type, &args[0]);
    *out = datum_of_int(type, n < 0 ? (int64_t)(0 - (uint64_t)n) : n);
    return true;
}

FN_BODY(fn_sign)
{
    const Type *type = arg_type(call, 0);
    if (type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE) {
        double x = datum_double(type, &args[0]), sign = x > 0 ? 1 : x < 0 ? -1 : x;
        if (type->kind == TYPE_FLOAT) out->v.f32 = (float)sign;
        else out->v.f64 = sign;
        return true;
    }
    if (type->kind == TYPE_DECIMAL) {
        i128 v = args[0].v.i128;
        out->v.i128 = decimal_pow10[type->scale] * (v > 0 ? 1 : v < 0 ? -1 : 0);
        return true;
    }
    int64_t n = datum_int(type, &args[0]);
    *out = datum_of_int(type, (n > 0) - (n < 0));
    return true;
}

/* ---- ROUND and TRUNCATE ---- */

/* Digits argument: a constant shapes a DECIMAL result, a column leaves it as it is. */
static const Type *infer_round(InferCtx *infer, Err *err)
{
    if (infer->nargs < 1 || infer->nargs > 2 || !type_is_numeric(infer->args[0]->type)) return infer_refuse(infer, err);
    const Type *type = infer->args[0]->type;
    if (infer->nargs == 2) {
        if (!type_is_integer(infer->args[1]->type)) return infer_refuse(infer, err);
        infer_cast(infer, 1, type_simple(TYPE_INT, true));
    }
    const Datum *digits = infer->nargs == 2 ? infer_const(infer, 1) : NULL;
    if (type->kind != TYPE_DECIMAL || (infer->nargs == 2 && (!digits || digits->null))) return type_with_null(infer->ctx->arena, type, false);
    int32_t p = (int32_t)type->precision, s = (int32_t)type->scale, r = digits ? digits->v.i32 : 0;
    if (r >= s) return type_with_null(infer->ctx->arena, type, false);
    int32_t precision = 1 + p - s + (r < 0 ? 0 : r);
    return type_decimal(infer->ctx->arena, precision > 38 ? 38 : (uint32_t)precision, r < 0 ? 0 : (uint32_t)r, false);
}

/* Decimal digits of a finite double's shortest text: sign, digits without point, and the power of ten of the last one. */
typedef struct Digits { bool negative; char digit[32]; int32_t n, exponent; } Digits;

static Digits shortest_digits(double x)
{
    Digits d = { .negative = signbit(x) != 0 };
    StrBuf text = { 0 };
    print_double(x, &text);
    const char *c = strbuf_cstr(&text);
    int32_t after_point = 0;
    bool point = false;
    for (; *c && *c != 'E'; c++) {
        if (*c == '.') point = true;
        if (*c < '0' || *c > '9' || d.n >= 31) continue;
        d.digit[d.n++] = *c;
        after_point += point;
    }
    d.exponent = (*c == 'E' ? (int32_t)strtol(c + 1, NULL, 10) : 0) - after_point;
    strbuf_free(&text);
    return d;
}

/* x with `places` digits after the point: HALF_UP, or cut toward zero. Never -0.0, as BigDecimal has none. */
static double round_double(double x, int32_t places, bool half_up)
{
    Digits d = shortest_digits(x);
    int64_t drop = -(int64_t)places - d.exponent;         /* digits to take away at the end */
    if (drop <= 0) return x == 0 ? 0.0 : x;
    char text[64];
    uint32_t len = 0;
    int64_t keep = d.n - drop;
    if (keep < 0) return 0.0;
    bool up = half_up && d.digit[keep] >= '5';
    text[len++] = d.negative ? '-' : '+';
    text[len++] = '0';
    for (int64_t i = 0; i < keep; i++) text[len++] = d.digit[i];
    for (uint32_t i = len - 1; up && i > 0; i--) {
        up = text[i] == '9';
        text[i] = up ? '0' : (char)(text[i] + 1);
    }
    snprintf(text + len, sizeof text - len, "e%lld", (long long)d.exponent + drop);
    double v = strtod(text, NULL);
    return v == 0 ? 0.0 : v;
}

/* Integers: only negative places change anything; the result wraps into the type. */
static int64_t round_int(int64_t n, int32_t places, bool half_up)
{
    if (places >= 0) return n;
    if (places < -19) return 0;
    i128 unit = decimal_pow10[-places], rest = n % unit, v = n - rest;
    if (half_up && (rest < 0 ? -rest : rest) * 2 >= unit) v += rest < 0 ? -unit : unit;
    return (int64_t)(uint64_t)(u128)v;
}

static bool round_decimal(const FuncCall *call, const Datum *arg, int32_t places, bool half_up, Datum *out)
{
    const Type *type = arg_type(call, 0), *result = call->expr->type;
    i128 v = half_up ? decimal_round(arg->v.i128, type->scale, places) : decimal_truncate(arg->v.i128, type->scale, places);
    if (!decimal_rescale(v, type->scale, result->scale, result->precision, &out->v.i128)) out->null = true;
    return true;
}

static bool round_call(const FuncCall *call, const Datum *args, bool half_up, Datum *out, Err *err)
{
    const Type *type = arg_type(call, 0);
    int32_t places = arg_count(call) > 1 ? args[1].v.i32 : 0;
    if (type->kind == TYPE_DECIMAL) return round_decimal(call, &args[0], places, half_up, out);
    if (type->kind != TYPE_FLOAT && type->kind != TYPE_DOUBLE) {
        *out = datum_of_int(type, round_int(datum_int(type, &args[0]), places, half_up));
        return true;
    }
    double x = datum_double(type, &args[0]);
    if (!isfinite(x)) return err_set(err, E_DATA, "%s cannot be rounded", isnan(x) ? "NaN" : "Infinity");
    x = round_double(x, places, half_up);
    if (type->kind == TYPE_FLOAT) out->v.f32 = (float)x;
    else out->v.f64 = x;
    return true;
}

FN_BODY(fn_round) { return round_call(call, args, true, out, err); }
FN_BODY(fn_truncate) { return round_call(call, args, false, out, err); }

/* ---- other number systems ---- */

FN_BODY(fn_bin)
{
    uint64_t v = (uint64_t)datum_int(arg_type(call, 0), &args[0]);
    char text[64];
    uint32_t at = 64;
    do text[--at] = (char)('0' + (v & 1));
    while (v >>= 1);
    return ret_str(env, out, (Str){ text + at, 64 - at });
}

FN_BODY(fn_hex)
{
    static const char digits[] = "0123456789ABCDEF";
    ArenaBuf buf = arena_buf(env->arena);
    if (!type_is_string(arg_type(call, 0))) {
        char text[20];
        int n = snprintf(text, sizeof text, "%llX", (unsigned long long)datum_int(arg_type(call, 0), &args[0]));
        return ret_str(env, out, (Str){ text, (uint32_t)n });
    }
    Str s = arg_str(&args[0]);
    buf_reserve(&buf, s.len * 2);
    for (uint32_t i = 0; i < s.len; i++) {
        buf_addc(&buf, digits[(unsigned char)s.ptr[i] >> 4]);
        buf_addc(&buf, digits[s.ptr[i] & 15]);
    }
    return ret_buf(out, &buf);
}

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

/* Pairs from the right; a lone first digit is checked and gives a zero byte, as in Flink. */
FN_BODY(fn_unhex)
{
    Str s = arg_str(&args[0]);
    uint32_t len = (s.len + 1) / 2;
    char *bytes = arena_zalloc(env->arena, len);
    for (uint32_t i = 0; i < s.len; i++)
        if (hex_digit(s.ptr[i]) < 0) return ret_null(out);
    for (uint32_t i = s.len % 2; i < s.len; i += 2) bytes[(i + 1) / 2] = (char)(hex_digit(s.ptr[i]) << 4 | hex_digit(s.ptr[i + 1]));
    return ret_slice(out, (Str){ bytes, len });
}

#define STRICT_TOTAL (FN_STRICT | FN_TOTAL)
#define DOUBLE_ROW(NAME, BODY, DOC, EXAMPLE, RESULT) FN_ROW(NAME, "double", "DOUBLE", STRICT_TOTAL, NULL, BODY, NULL, "math", DOC, EXAMPLE, RESULT)
const FuncDef fn_math_table[] = {
    FN_ROW("ABS", "num", "$1", STRICT_TOTAL, NULL, fn_abs, NULL, "math", "The number without its sign.", "ABS(-5)", "5"),
    FN_ROW("SIGN", "num", "$1", STRICT_TOTAL, NULL, fn_sign, NULL, "math", "-1, 0 or 1 for a negative number, zero, a positive one.", "SIGN(-2)", "-1"),
    DOUBLE_ROW("SQRT", fn_sqrt, "Square root.", "SQRT(4)", "2.0"),
    DOUBLE_ROW("EXP", fn_exp, "e to the power of the number.", "EXP(0)", "1.0"),
    DOUBLE_ROW("LN", fn_ln, "Natural logarithm.", "LN(1)", "0.0"),
    DOUBLE_ROW("LOG10", fn_log10, "Logarithm to base 10.", "LOG10(100)", "2.0"),
    DOUBLE_ROW("LOG2", fn_log2, "Logarithm to base 2.", "LOG2(8)", "3.0"),
    FN_ROW("LOG", "double|double,double", "DOUBLE", STRICT_TOTAL, NULL, fn_log, NULL, "math", "Natural logarithm, or the one to a base given first.", "LOG(2, 8)", "3.0"),
    FN_ROW("POWER", "double,double", "DOUBLE", STRICT_TOTAL, NULL, fn_power, NULL, "math", "First number to the power of the second.", "POWER(2, 3)", "8.0"),
    DOUBLE_ROW("SIN", fn_sin, "Sine of an angle in radians.", "SIN(0)", "0.0"),
    DOUBLE_ROW("COS", fn_cos, "Cosine of an angle in radians.", "COS(0)", "1.0"),
    DOUBLE_ROW("TAN", fn_tan, "Tangent of an angle in radians.", "TAN(0)", "0.0"),
    DOUBLE_ROW("COT", fn_cot, "Cotangent of an angle in radians.", "COT(1)", "0.6420926159343306"),
    DOUBLE_ROW("ASIN", fn_asin, "Angle whose sine is the number.", "ASIN(0)", "0.0"),
    DOUBLE_ROW("ACOS", fn_acos, "Angle whose cosine is the number.", "ACOS(1)", "0.0"),
    DOUBLE_ROW("ATAN", fn_atan, "Angle whose tangent is the number.", "ATAN(1)", "0.7853981633974483"),
    FN_ROW("ATAN2", "double,double", "DOUBLE", STRICT_TOTAL, NULL, fn_atan2, NULL, "math", "Angle of the point (x, y), given as y, x.", "ATAN2(0, -1)", "3.141592653589793"),
    DOUBLE_ROW("SINH", fn_sinh, "Hyperbolic sine.", "SINH(0)", "0.0"),
    DOUBLE_ROW("COSH", fn_cosh, "Hyperbolic cosine.", "COSH(0)", "1.0"),
    DOUBLE_ROW("TANH", fn_tanh, "Hyperbolic tangent.", "TANH(0)", "0.0"),
    DOUBLE_ROW("DEGREES", fn_degrees, "Radians as degrees.", "DEGREES(PI())", "180.0"),
    DOUBLE_ROW("RADIANS", fn_radians, "Degrees as radians.", "RADIANS(180)", "3.141592653589793"),
    FN_ROW("PI", "", "DOUBLE", FN_BARE | FN_TOTAL, NULL, fn_pi, NULL, "math", "The number pi.", "PI()", "3.141592653589793"),
    FN_ROW("E", "", "DOUBLE", FN_TOTAL, NULL, fn_e, NULL, "math", "The base of the natural logarithm.", "E()", "2.718281828459045"),
    FN_ROW("ROUND", "=num,int?", NULL, FN_STRICT, infer_round, fn_round, NULL, "math", "The number rounded half up to a number of digits after the point (0 by default, negative before it).", "ROUND(1.235, 2)", "1.24"),
    FN_ROW("TRUNCATE", "=num,int?", NULL, FN_STRICT, infer_round, fn_truncate, NULL, "math", "The number cut to a number of digits after the point.", "TRUNCATE(42.324, 2)", "42.32"),
    FN_ROW("BIN", "int", "STRING", STRICT_TOTAL, NULL, fn_bin, NULL, "math", "The whole number in binary digits.", "BIN(10)", "1010"),
    FN_ROW("HEX", "int|str", "STRING", STRICT_TOTAL, NULL, fn_hex, NULL, "math", "The whole number, or the bytes of the text, in hexadecimal digits.", "HEX(255)", "FF"),
    FN_ROW("UNHEX", "str", "BYTES", STRICT_TOTAL | FN_NULLABLE, NULL, fn_unhex, NULL, "math", "The bytes that hexadecimal digits stand for, NULL for other text.", "DECODE(UNHEX('C3A9'), 'UTF-8')", "é"),
    FN_END
};
