/* Decimals to and from text and double. Printing and reading work digit by digit, without libc; only doubles beyond
 * 2^53 or 22 decimals take the long way over text. Pure functions. */
#include "engine/type/decimal.h"
#include "engine/type/text.h"

#include <math.h>

/* Writes v's digits so that they end at `end`; at least `least` of them. */
static char *digits_before(char *end, u128 v, uint32_t least)
{
    char *p = end, *stop = end - least;
    while (v >> 64) {
        /* Eighteen digits at a time: 128-bit divisions are slow. */
        uint64_t low = (uint64_t)(v % (u128)decimal_pow10[18]);
        v /= (u128)decimal_pow10[18];
        for (int i = 0; i < 18; i++, low /= 10) *--p = (char)('0' + low % 10);
    }
    for (uint64_t rest = (uint64_t)v; rest; rest /= 10) *--p = (char)('0' + rest % 10);
    while (p > stop) *--p = '0';
    return p;
}

void decimal_print(i128 v, uint32_t scale, StrBuf *out)
{
    char text[96], *end = text + sizeof text;
    u128 size = v < 0 ? (u128)0 - (u128)v : (u128)v;
    char *p = digits_before(end, size, scale + 1);      /* one digit before the point */
    if (v < 0) strbuf_addc(out, '-');
    strbuf_add(out, p, (uint32_t)(end - p) - scale);
    if (scale) {
        strbuf_addc(out, '.');
        strbuf_add(out, end - scale, scale);
    }
}

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The digits of a number: value of the first 38 significant ones, and what is needed to round the rest. */
typedef struct Digits {
    u128 value;
    uint32_t kept;              /* significant digits in value, at most 38 */
    int64_t exponent;           /* number = value * 10^exponent, next digit aside */
    char next;                  /* first digit not kept; '0' if none */
} Digits;

/* Reads digits[.digits] and moves *at behind it; false without a digit. */
static bool read_digits(const char **at, const char *end, Digits *d)
{
    const char *p = *at;
    bool point = false, any = false, cut = false;
    uint64_t low = 0, weight = 1;                       /* digits not yet carried into value */
    *d = (Digits){ 0, 0, 0, '0' };
    for (; p < end; p++) {
        if (!is_digit(*p)) {
            if (*p != '.' || point) break;
            point = true;
            continue;
        }
        any = true;
        if (d->kept == 38) {
            if (!cut) d->next = *p;
            cut = true;
            d->exponent += !point;
            continue;
        }
        low = low * 10 + (uint64_t)(*p - '0');
        weight *= 10;
        d->kept += d->kept || *p != '0';
        d->exponent -= point;
        if (weight == 1000000000000000000ull) {
            d->value = d->value * weight + low;
            low = 0;
            weight = 1;
        }
    }
    d->value = d->value * weight + low;
    *at = p;
    return any;
}

static bool read_exponent(const char **at, const char *end, int64_t *exponent)
{
    const char *p = *at;
    bool negative = false;
    int64_t e = 0;
    if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    if (p == end || !is_digit(*p)) return false;
    for (; p < end && is_digit(*p); p++)
        if (e < 1000000000) e = e * 10 + (*p - '0');
    *exponent += negative ? -e : e;
    *at = p;
    return true;
}

/* value * 10^exponent at scale s, HALF_UP. */
static bool digits_at_scale(const Digits *d, uint32_t p, uint32_t s, i128 *out)
{
    int64_t up = d->exponent + (int64_t)s;
    i128 result;
    if (d->value == 0 || up < -38) {
        *out = 0;                                       /* below 10^38 * 10^-39 there is nothing to round up */
        return true;
    }
    if (up > 38) return false;
    if (up > 0) {
        if (d->next != '0' || __builtin_mul_overflow((i128)d->value, decimal_pow10[up], &result)) return false;
    } else if (up == 0) {
        result = (i128)d->value + (d->next >= '5');
    } else {
        u128 unit = (u128)decimal_pow10[-up], q, rest;
        if ((d->value | unit) >> 64 == 0) {
            q = (uint64_t)d->value / (uint64_t)unit;
            rest = (uint64_t)d->value % (uint64_t)unit;
        } else {
            q = d->value / unit;
            rest = d->value % unit;
        }
        result = (i128)(q + (rest >= unit - rest));
    }
    if (!decimal_fits(result, p)) return false;
    *out = result;
    return true;
}

bool decimal_parse(Str text, uint32_t p, uint32_t s, i128 *out)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    bool negative = false;
    Digits d;
    if (!text.len) return false;
    if (*at == '-' || *at == '+') negative = *at++ == '-';
    if (!read_digits(&at, end, &d)) return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (!read_exponent(&at, end, &d.exponent)) return false;
    }
    if (at != end || !digits_at_scale(&d, p, s, out)) return false;
    if (negative) *out = -*out;
    return true;
}

/* Flink reads short texts for short decimals with a parser that counts the digits as written and checks the precision
 * before rounding. It is content without digits before or behind an E and with one more character at the end: '1e', '.', '1d'. */
static bool read_short(Str text, bool negative, uint32_t p, uint32_t s, i128 *out)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    Digits d;
    int64_t written = 0;
    if (!text.len) return false;
    bool any = read_digits(&at, end, &d) || at > text.ptr;
    for (const char *c = text.ptr; c < at; c++) written += is_digit(*c);
    if (at < end && (*at == 'e' || *at == 'E')) {
        const char *behind = ++at;
        any = true;
        if (at < end && !read_exponent(&at, end, &d.exponent)) at = behind;
    }
    if (!any || end - at > 1 || d.exponent < -38 || written + d.exponent + (int64_t)s > (int64_t)p) return false;
    if (!digits_at_scale(&d, p + 1, s, out)) return false;
    if (negative) *out = -*out;
    return true;
}

static inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

bool decimal_parse_cast(Str text, uint32_t p, uint32_t s, i128 *out)
{
    uint32_t bytes = text.len;
    while (text.len && is_blank(text.ptr[0])) text.ptr++, text.len--;
    while (text.len && is_blank(text.ptr[text.len - 1])) text.len--;
    if (p > 18 || bytes > 18) return decimal_parse(text, p, s, out);
    bool sign = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
    return read_short((Str){ text.ptr + sign, text.len - sign }, sign && text.ptr[0] == '-', p, s, out);
}

double decimal_to_double(i128 v, uint32_t scale)
{
    static const double power[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    const i128 exact = (i128)1 << 53;
    if (v >= -exact && v <= exact && scale <= 22) return (double)v / power[scale];
    char text[48];
    char *end = text + sizeof text - 6, *p = digits_before(end, v < 0 ? (u128)0 - (u128)v : (u128)v, 1);
    *end++ = 'e';
    *end++ = '-';
    *end++ = (char)('0' + scale / 10 % 10);
    *end++ = (char)('0' + scale % 10);
    double size = 0;
    bool read = parse_double((Str){ p, (uint32_t)(end - p) }, &size);
    return read && v < 0 ? -size : size;
}

bool decimal_from_double(double v, uint32_t p, uint32_t s, i128 *out)
{
    uint64_t digits;
    int32_t exponent10;
    if (!isfinite(v)) return false;
    if (v == 0) {
        *out = 0;
        return true;
    }
    double_digits(v, &digits, &exponent10);
    Digits d = { digits, 0, exponent10, '0' };
    if (!digits_at_scale(&d, p, s, out)) return false;
    if (v < 0) *out = -*out;
    return true;
}

void decimal_print_java(i128 v, uint32_t type_scale, StrBuf *out)
{
    int32_t scale = (int32_t)type_scale, digits = 0;
    if (v == 0) { strbuf_addc(out, '0'); return; }
    while (v % 10 == 0) { v /= 10; scale--; }
    for (i128 t = v; t; t /= 10) digits++;
    int32_t adjusted = digits - 1 - scale;
    if (scale == 0 || (scale > 0 && adjusted >= -6)) { decimal_print(v, (uint32_t)scale, out); return; }
    decimal_print(v, (uint32_t)(digits - 1), out);
    strbuf_addf(out, "E%+d", adjusted);
}
