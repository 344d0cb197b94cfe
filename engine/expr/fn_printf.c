/* PRINTF: java.util.Formatter for the conversions that SQL values have. Whatever Java would refuse gives NULL. */
#include "engine/expr/fn.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH_MAX = 1000000 };

typedef struct Spec { bool left, sign, blank, zero, group, alternate, paren, upper; int32_t width, precision; char conversion; } Spec;

static bool add_padded(ArenaBuf *out, const Spec *spec, Str text)
{
    uint32_t have = utf16_len(text), want = spec->width > 0 ? (uint32_t)spec->width : 0;
    if (!spec->left) for (uint32_t i = have; i < want; i++) buf_addc(out, ' ');
    buf_adds(out, text);
    if (spec->left) for (uint32_t i = have; i < want; i++) buf_addc(out, ' ');
    return true;
}

/* Sign, thousands and zero padding around digits (with an optional fraction). */
static bool add_number(ArenaBuf *out, const Spec *spec, bool negative, Str digits)
{
    ArenaBuf body = arena_buf(out->arena);
    uint32_t whole = 0;
    while (whole < digits.len && digits.ptr[whole] >= '0' && digits.ptr[whole] <= '9') whole++;
    if (negative && !spec->paren) buf_addc(&body, '-');
    else if (negative) buf_addc(&body, '(');
    else if (spec->sign) buf_addc(&body, '+');
    else if (spec->blank) buf_addc(&body, ' ');
    uint32_t extra = (spec->group ? (whole - (whole > 0)) / 3 : 0) + (negative && spec->paren);
    if (spec->zero)
        for (uint32_t n = body.len + digits.len + extra; n < (uint32_t)(spec->width < 0 ? 0 : spec->width); n++) buf_addc(&body, '0');
    for (uint32_t i = 0; i < digits.len; i++) {
        if (spec->group && i > 0 && i < whole && (whole - i) % 3 == 0) buf_addc(&body, ',');
        buf_addc(&body, digits.ptr[i]);
    }
    if (negative && spec->paren) buf_addc(&body, ')');
    return add_padded(out, spec, buf_str(&body));
}

static bool format_int(ArenaBuf *out, const Spec *spec, const Type *type, const Datum *arg)
{
    char text[32];
    if (!type_is_integer(type) || spec->precision >= 0) return false;
    int64_t v = datum_int(type, arg);
    if (spec->conversion == 'd') {
        int n = snprintf(text, sizeof text, "%llu", (unsigned long long)(v < 0 ? 0 - (uint64_t)v : (uint64_t)v));
        return add_number(out, spec, v < 0, (Str){ text, (uint32_t)n });
    }
    uint32_t bits = type->kind == TYPE_TINYINT ? 8 : type->kind == TYPE_SMALLINT ? 16 : type->kind == TYPE_INT ? 32 : 64;
    uint64_t u = bits == 64 ? (uint64_t)v : (uint64_t)v & ((1ull << bits) - 1);
    const char *prefix = !spec->alternate ? "" : spec->conversion == 'o' ? "0" : spec->upper ? "0X" : "0x";
    int n = snprintf(text, sizeof text, spec->conversion == 'o' ? "%llo" : spec->upper ? "%llX" : "%llx", (unsigned long long)u);
    ArenaBuf body = arena_buf(out->arena);
    buf_addz(&body, prefix);
    if (spec->zero)
        for (uint32_t i = body.len + (uint32_t)n; i < (uint32_t)(spec->width < 0 ? 0 : spec->width); i++) buf_addc(&body, '0');
    buf_add(&body, text, (uint32_t)n);
    return add_padded(out, spec, buf_str(&body));
}

/* %f and %e work on the shortest decimal text, rounded half up, as Java does (1.005 -> 1.01). */
static void decimal_digits(double x, StrBuf *digits, int32_t *point)
{
    StrBuf text = { 0 };
    print_double(fabs(x), &text);
    const char *c = strbuf_cstr(&text);
    bool fraction = false;
    for (*point = 0; *c && *c != 'E'; c++) {
        if (*c == '.') fraction = true;
        else {
            *point += !fraction;
            strbuf_addc(digits, *c);
        }
    }
    if (*c == 'E') *point += (int32_t)strtol(c + 1, NULL, 10);
    uint32_t zeros = 0;
    while (zeros + 1 < digits->len && digits->ptr[zeros] == '0') zeros++;
    memmove(digits->ptr, digits->ptr + zeros, digits->len - zeros);
    digits->len -= zeros;
    *point -= (int32_t)zeros;
    if (digits->len == 1 && digits->ptr[0] == '0') *point = 1;
    strbuf_free(&text);
}

/* Keeps `keep` digits (may be 0 or less), half up; a carry out of the first digit moves the point. */
static void round_digits(StrBuf *digits, int32_t keep, int32_t *point)
{
    if (keep < 0) keep = -1;
    if (keep >= (int32_t)digits->len) return;
    bool up = keep >= 0 && digits->ptr[keep] >= '5';
    digits->len = keep < 0 ? 0 : (uint32_t)keep;
    for (uint32_t i = digits->len; up && i > 0; i--) {
        up = digits->ptr[i - 1] == '9';
        digits->ptr[i - 1] = up ? '0' : (char)(digits->ptr[i - 1] + 1);
    }
    if (up) {
        strbuf_addc(digits, '0');
        memmove(digits->ptr + 1, digits->ptr, digits->len - 1);
        digits->ptr[0] = '1';
        ++*point;
    }
}

static char digit_at(const StrBuf *digits, int32_t i) { return i >= 0 && (uint32_t)i < digits->len ? digits->ptr[i] : '0'; }

static Str fixed_text(Arena *arena, double x, int32_t places)
{
    StrBuf digits = { 0 };
    int32_t point;
    decimal_digits(x, &digits, &point);
    round_digits(&digits, point + places, &point);
    ArenaBuf text = arena_buf(arena);
    if (point <= 0) buf_addc(&text, '0');
    for (int32_t i = 0; i < point; i++) buf_addc(&text, digit_at(&digits, i));
    if (places > 0) buf_addc(&text, '.');
    for (int32_t i = 0; i < places; i++) buf_addc(&text, digit_at(&digits, point + i));
    strbuf_free(&digits);
    return buf_str(&text);
}

static Str scientific_text(Arena *arena, double x, int32_t places, bool upper)
{
    StrBuf digits = { 0 };
    int32_t point;
    decimal_digits(x, &digits, &point);
    round_digits(&digits, places + 1, &point);
    ArenaBuf text = arena_buf(arena);
    buf_addc(&text, digit_at(&digits, 0));
    if (places > 0) buf_addc(&text, '.');
    for (int32_t i = 1; i <= places; i++) buf_addc(&text, digit_at(&digits, i));
    char exponent[16];
    snprintf(exponent, sizeof exponent, "%c%+03d", upper ? 'E' : 'e', x == 0 ? 0 : point - 1);
    buf_addz(&text, exponent);
    strbuf_free(&digits);
    return buf_str(&text);
}

static bool format_double(ArenaBuf *out, const Spec *spec, const Type *type, const Datum *arg)
{
    if (type->kind != TYPE_FLOAT && type->kind != TYPE_DOUBLE) return false;
    double x = datum_double(type, arg);
    Spec plain = *spec;
    if (!isfinite(x)) {
        plain.zero = plain.group = false;
        return add_padded(out, &plain, isnan(x) ? STR("NaN") : x > 0 ? (spec->sign ? STR("+Infinity") : STR("Infinity")) : STR("-Infinity"));
    }
    int32_t places = spec->precision < 0 ? 6 : spec->precision;
    if (places > 1000) return false;
    bool negative = signbit(x) != 0;
    if (spec->conversion == 'f') return add_number(out, spec, negative, fixed_text(out->arena, x, places));
    if (spec->conversion == 'e') return add_number(out, spec, negative, scientific_text(out->arena, x, places, spec->upper));
    /* g: scientific unless 10^-4 <= rounded x < 10^precision */
    if (places == 0) places = 1;
    double size = fabs(x);
    if (x != 0 && (size < 1e-4 || size >= pow(10, places))) return add_number(out, spec, negative, scientific_text(out->arena, x, places - 1, spec->upper));
    int32_t whole = x == 0 ? 1 : (int32_t)floor(log10(size)) + 1;
    return add_number(out, spec, negative, fixed_text(out->arena, x, places - whole));
}

/* java.time.LocalDateTime.toString: seconds only when needed, fraction in groups of three digits. */
static void add_local_time(StrBuf *text, const Type *type, const Datum *arg)
{
    Civil c = civil_of(instant_of(type, arg));
    strbuf_addf(text, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
    if (c.second || c.nano) strbuf_addf(text, ":%02d", c.second);
    if (c.nano % 1000) strbuf_addf(text, ".%09d", c.nano);
    else if (c.nano % 1000000) strbuf_addf(text, ".%06d", c.nano / 1000);
    else if (c.nano) strbuf_addf(text, ".%03d", c.nano / 1000000);
}

static bool format_text(ArenaBuf *out, const Spec *spec, const Type *type, const Datum *arg, const EvalEnv *env)
{
    StrBuf text = { 0 };
    if (arg->null) strbuf_addz(&text, spec->conversion == 'b' ? "false" : "null");
    else if (spec->conversion == 'b') strbuf_addz(&text, type->kind != TYPE_BOOLEAN || arg->v.b ? "true" : "false");
    else if (type->kind == TYPE_BOOLEAN) strbuf_addz(&text, arg->v.b ? "true" : "false");
    else if (type->kind == TYPE_DATE || type->kind == TYPE_TIME) strbuf_add_i64(&text, arg->v.i32);
    else if (type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ) add_local_time(&text, type, arg);
    else datum_print(type, arg, env->zone, &text);
    Str s = strbuf_str(&text);
    if (spec->precision >= 0) s = str_prefix_units(s, (uint32_t)spec->precision);
    if (spec->upper) s = str_upper(out->arena, s);
    add_padded(out, spec, s);
    strbuf_free(&text);
    return !spec->zero && !spec->group && !spec->sign && !spec->blank && !spec->paren;
}

static bool format_char(ArenaBuf *out, const Spec *spec, const Type *type, const Datum *arg)
{
    char utf8[4];
    if (!type_is_integer(type) || spec->precision >= 0) return false;
    int64_t cp = datum_int(type, arg);
    if (cp < 0 || cp > 0x10FFFF) return false;
    return add_padded(out, spec, (Str){ utf8, utf8_encode((uint32_t)cp, utf8) });
}

/* One conversion of one argument; false: Java would throw. */
static bool format_one(ArenaBuf *out, const Spec *spec, const Type *type, const Datum *arg, const EvalEnv *env)
{
    if ((spec->left && spec->width < 0) || (spec->left && spec->zero) || (spec->zero && spec->width < 0)) return false;
    switch (spec->conversion) {
    case 's': case 'b': return format_text(out, spec, type, arg, env);
    case 'd': case 'x': case 'o': case 'f': case 'e': case 'g': case 'c': break;
    default: return false;
    }
    if (arg->null) return add_padded(out, spec, spec->upper ? STR("NULL") : STR("null"));
    if (spec->conversion == 'c') return format_char(out, spec, type, arg);
    return strchr("dxo", spec->conversion) ? format_int(out, spec, type, arg) : format_double(out, spec, type, arg);
}

static int32_t read_count(const char **p, const char *end)
{
    int64_t n = 0;
    while (*p < end && **p >= '0' && **p <= '9' && n < WIDTH_MAX) n = n * 10 + (*(*p)++ - '0');
    return n >= WIDTH_MAX ? -1 : (int32_t)n;
}

/* After '%': [index$][flags][width][.precision]conversion. index 0 = ordinary, -1 = '<' (the one before). */
static bool read_spec(const char **p, const char *end, Spec *spec, int32_t *index)
{
    *spec = (Spec){ .width = -1, .precision = -1 };
    *index = 0;
    const char *start = *p;
    if (*p < end && **p >= '1' && **p <= '9') {
        *index = read_count(p, end);
        if (*p < end && **p == '$') ++*p;
        else *index = 0, *p = start;
    }
    for (; *p < end && **p; ++*p) {
        switch (**p) {
        case '-': spec->left = true; continue;
        case '+': spec->sign = true; continue;
        case ' ': spec->blank = true; continue;
        case '0': spec->zero = true; continue;
        case ',': spec->group = true; continue;
        case '#': spec->alternate = true; continue;
        case '(': spec->paren = true; continue;
        case '<': *index = -1; continue;
        default: break;
        }
        break;
    }
    if (*p < end && **p >= '1' && **p <= '9' && (spec->width = read_count(p, end)) < 0) return false;
    if (*p < end && **p == '.') {
        ++*p;
        if (*p == end || **p < '0' || **p > '9' || (spec->precision = read_count(p, end)) < 0) return false;
    }
    if (*p == end) return false;
    spec->conversion = *(*p)++;
    spec->upper = spec->conversion && strchr("SXEGCB", spec->conversion) != NULL;
    if (spec->upper) spec->conversion = (char)(spec->conversion | 32);
    return true;
}

FN_BODY(fn_printf)
{
    if (args[0].null) return ret_null(out);
    Str format = arg_str(&args[0]);
    const char *p = format.ptr, *end = p + format.len;
    ArenaBuf buf = arena_buf(env->arena);
    uint32_t next = 1, last = 0;
    while (p < end) {
        Spec spec;
        int32_t index;
        if (*p != '%') {
            buf_addc(&buf, *p++);
            continue;
        }
        p++;
        if (!read_spec(&p, end, &spec, &index)) return ret_null(out);
        if (spec.conversion == 'n') buf_addc(&buf, '\n');
        else if (spec.conversion == '%') add_padded(&buf, &spec, STR("%"));
        else {
            uint32_t arg = index > 0 ? (uint32_t)index : index < 0 ? last : next++;
            last = arg;
            if (arg == 0 || arg >= arg_count(call) || !format_one(&buf, &spec, arg_type(call, arg), &args[arg], env)) return ret_null(out);
        }
    }
    return ret_buf(out, &buf);
}

const FuncDef fn_printf_table[] = {
    FN_ROW("PRINTF", "str,any*", "STRING", FN_TOTAL | FN_NULLABLE, NULL, fn_printf, NULL, "string", "Values put into a text by %d, %s, %f and the like (Java's rules); NULL where they do not fit.", "PRINTF('%s has %05d', 'x', 42)", "x has 00042"),
    FN_END
};
