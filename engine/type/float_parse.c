/* FLOAT and DOUBLE from text, in the forms that Java's Double.parseDouble takes.
 * Up to 19 digits are one integer w times 10^q. Small ones are exact in two doubles; most others are decided by 128 bits of
 * the power of ten (D. Lemire, "Number parsing at a gigabyte per second", 2021); what stays open, hexadecimal and longer
 * numbers go to strtod. The powers are computed once per process on first use. Thread-safe. */
#include "engine/type/text.h"

#include <gmp.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

static locale_t c_locale;
static pthread_once_t locale_once = PTHREAD_ONCE_INIT;

static void locale_open(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* NUL-terminated copy for libc: in `small` if it fits, else on the heap. */
static char *terminate(Str text, char *small, size_t small_size)
{
    char *copy = text.len < small_size ? small : xmalloc((size_t)text.len + 1);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    pthread_once(&locale_once, locale_open);
    return copy;
}

/* strtod for what the fast path leaves; text is known to be well-formed. */
static double parse_slow(Str text)
{
    char small[128], *copy = terminate(text, small, sizeof small);
    double v = strtod_l(copy, NULL, c_locale);
    if (copy != small) free(copy);
    return v;
}

static float parse_slow_float(Str text)
{
    char small[128], *copy = terminate(text, small, sizeof small);
    float v = strtof_l(copy, NULL, c_locale);
    if (copy != small) free(copy);
    return v;
}

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* [eEpP][+-]digits at p; false when the digits are missing. */
static bool read_exponent(const char **at, const char *end, int32_t *exponent)
{
    const char *p = *at;
    bool negative = false;
    int32_t e = 0;
    if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    if (p == end || !is_digit(*p)) return false;
    for (; p < end && is_digit(*p); p++)
        if (e < 100000) e = e * 10 + (*p - '0');
    *exponent = negative ? -e : e;
    *at = p;
    return true;
}

static bool skip_suffix(const char *p, const char *end)
{
    if (p < end && (*p == 'd' || *p == 'D' || *p == 'f' || *p == 'F')) p++;
    return p == end;
}

/* 0x1.8p3: the exponent is required, as in Java. body starts behind the sign. */
static bool parse_hex(const char *body, const char *end, double *out)
{
    const char *p = body + 2;
    uint32_t n = 0;
    int32_t exponent;
    for (; p < end && is_hex(*p); p++) n++;
    if (p < end && *p == '.')
        for (p++; p < end && is_hex(*p); p++) n++;
    if (!n || p == end || (*p != 'p' && *p != 'P')) return false;
    p++;
    if (!read_exponent(&p, end, &exponent)) return false;
    const char *stop = p;
    if (!skip_suffix(p, end)) return false;
    *out = parse_slow((Str){ body, (uint32_t)(stop - body) });
    return true;
}

/* --- w * 10^q --- */

static const double exact_pow10[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

enum { FIVE_MIN = -342, FIVE_MAX = 308 };
static u128 five_table[FIVE_MAX - FIVE_MIN + 1];        /* 5^q cut to 128 bits, highest bit set */
static pthread_once_t five_once = PTHREAD_ONCE_INIT;

static void five_fill(void)
{
    mpz_t power, value;
    mpz_inits(power, value, NULL);
    for (int32_t q = FIVE_MIN; q <= FIVE_MAX; q++) {
        mpz_ui_pow_ui(power, 5, (unsigned long)(q < 0 ? -q : q));
        size_t bits = mpz_sizeinbase(power, 2);
        if (q >= 0) {
            if (bits <= 128) mpz_mul_2exp(value, power, 128 - bits);
            else mpz_fdiv_q_2exp(value, power, bits - 128);
        } else {
            mpz_set_ui(value, 1);
            mpz_mul_2exp(value, value, bits + 127);
            mpz_fdiv_q(value, value, power);
            if (q >= -27) mpz_add_ui(value, value, 1);  /* so that ties come out as ties */
        }
        five_table[q - FIVE_MIN] = (u128)mpz_getlimbn(value, 1) << 64 | mpz_getlimbn(value, 0);
    }
    mpz_clears(power, value, NULL);
}

/* The double nearest to w * 10^q, or false when 128 bits do not decide it (or it is subnormal or too large). */
static bool scale_ten(uint64_t w, int32_t q, double *out)
{
    if (w == 0 || q < FIVE_MIN || q > FIVE_MAX) return false;
    pthread_once(&five_once, five_fill);
    int zeros = __builtin_clzll(w);
    u128 five = five_table[q - FIVE_MIN], product = (u128)(w << zeros) * (uint64_t)(five >> 64);
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if ((high & 0x1ff) == 0x1ff) {                      /* the lower half of the power may carry into the bits that count */
        uint64_t more = (uint64_t)((u128)(w << zeros) * (uint64_t)five >> 64);
        low += more;
        high += low < more;
        if (low == UINT64_MAX && (q < -27 || q > 55)) return false;
    }
    int top = (int)(high >> 63), shift = top + 9;
    uint64_t mantissa = high >> shift;                  /* 54 bits: the last one rounds */
    int64_t exponent = (((int64_t)217706 * q) >> 16) + 63 + top - zeros + 1023;
    if (exponent <= 0) return false;
    bool tie = low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << shift == high;
    mantissa += !tie && (mantissa & 1);
    mantissa >>= 1;
    if (mantissa >> 53) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent >= 0x7ff) return false;
    uint64_t bits = (uint64_t)exponent << 52 | (mantissa & ((1ull << 52) - 1));
    memcpy(out, &bits, sizeof bits);
    return true;
}

static bool parse_decimal(const char *body, const char *end, double *out)
{
    const char *p = body;
    uint64_t mantissa = 0;
    uint32_t digits = 0, kept = 0;
    int32_t exponent = 0, written = 0;
    bool point = false;
    for (; p < end; p++) {
        if (is_digit(*p)) {
            digits++;
            if (kept < 19) {
                mantissa = mantissa * 10 + (uint64_t)(*p - '0');
                kept += mantissa != 0;
                exponent -= point;
            } else {
                kept = 20;                              /* more digits than the fast path can hold */
            }
        } else if (*p == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (!digits) return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (!read_exponent(&p, end, &written)) return false;
    }
    const char *stop = p;
    if (!skip_suffix(p, end)) return false;
    exponent += written;
    if (kept <= 19 && mantissa <= 1ull << 53 && exponent >= -22 && exponent <= 22) {
        /* Both are exact doubles, so one rounding happens: W. Clinger, "How to read floating point numbers accurately". */
        double m = (double)mantissa;
        *out = exponent < 0 ? m / exact_pow10[-exponent] : m * exact_pow10[exponent];
    } else if (kept > 19 || !scale_ten(mantissa, exponent, out)) {
        *out = parse_slow((Str){ body, (uint32_t)(stop - body) });
    }
    return true;
}

bool parse_double(Str text, double *out)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    bool negative = false;
    if (!text.len) return false;
    if (*p == '+' || *p == '-') negative = *p++ == '-';
    Str body = { p, (uint32_t)(end - p) };
    double v;
    if (str_is(body, "NaN")) v = (double)NAN;
    else if (str_is(body, "Infinity")) v = (double)INFINITY;
    else if (body.len > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        if (!parse_hex(p, end, &v)) return false;
    } else if (!parse_decimal(p, end, &v)) return false;
    *out = negative ? -v : v;
    return true;
}

bool parse_float(Str text, float *out)
{
    double v;
    if (!parse_double(text, &v)) return false;
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    double size = fabs(v);
    /* Rounding text to double and then to float goes wrong only where the double is half-way between two floats; below
     * the normal floats that place moves, so all of those are read again. */
    bool half_way = (bits & 0x1fffffff) == 0x10000000;
    if ((half_way || (size < 0x1p-126 && size > 0)) && isfinite(v)) {
        char last = text.ptr[text.len - 1];
        bool hex = memchr(text.ptr, 'x', text.len) || memchr(text.ptr, 'X', text.len);
        if (!is_digit(last) && last != '.' && !(hex && is_hex(last))) text.len--;
        *out = parse_slow_float(text);
    } else {
        *out = (float)v;
    }
    return true;
}
