/* Decimal arithmetic on unscaled 128-bit integers.
 * Every result is computed exactly (or, for division, to 38 significant digits as java.math does) and rounded once, HALF_UP,
 * to the target scale; a result of more than `p` digits is refused. What fits in 128 bits stays in registers; the rest
 * goes through 256-bit numbers (mpn_* on four limbs). Pure functions, no allocation. */
#include "engine/type/decimal.h"

#include <assert.h>
#include <gmp.h>

_Static_assert(GMP_NUMB_BITS == 64, "wide numbers are four 64-bit limbs");

#define E18 ((i128)1000000000000000000ll)
#define E36 (E18 * E18)
const i128 decimal_pow10[39] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000ll, 100000000000ll,
    1000000000000ll, 10000000000000ll, 100000000000000ll, 1000000000000000ll, 10000000000000000ll, 100000000000000000ll,
    E18, E18 * 10, E18 * 100, E18 * 1000, E18 * 10000, E18 * 100000, E18 * 1000000, E18 * 10000000, E18 * 100000000,
    E18 * 1000000000, E18 * 10000000000ll, E18 * 100000000000ll, E18 * 1000000000000ll, E18 * 10000000000000ll,
    E18 * 100000000000000ll, E18 * 1000000000000000ll, E18 * 10000000000000000ll, E18 * 100000000000000000ll,
    E36, E36 * 10, E36 * 100,
};

static inline u128 magnitude(i128 v) { return v < 0 ? (u128)0 - (u128)v : (u128)v; }
static inline i128 with_sign(u128 v, bool negative) { return negative ? (i128)((u128)0 - v) : (i128)v; }

bool decimal_fits(i128 v, uint32_t precision)
{
    assert(precision <= 38);
    return v < decimal_pow10[precision] && v > -decimal_pow10[precision];
}

/* a / b HALF_UP, b > 0. A 64-bit division is several times cheaper than the 128-bit one. */
static u128 divide_half_up(u128 a, u128 b)
{
    if ((a | b) >> 64 == 0) {
        uint64_t q = (uint64_t)a / (uint64_t)b, r = (uint64_t)a % (uint64_t)b;
        return (u128)q + (r >= (uint64_t)b - r);
    }
    u128 q = a / b, r = a % b;
    return q + (r >= b - r);
}

/* --- 256-bit magnitudes --- */

typedef struct Wide { mp_limb_t limb[4]; } Wide;

static Wide wide_of(u128 v)
{
    return (Wide){ { (mp_limb_t)v, (mp_limb_t)(v >> 64), 0, 0 } };
}

static Wide wide_mul(u128 a, u128 b)
{
    Wide x = wide_of(a), y = wide_of(b), product;
    mpn_mul_n(product.limb, x.limb, y.limb, 2);
    return product;
}

static mp_size_t wide_len(const Wide *v)
{
    mp_size_t n = 4;
    while (n && v->limb[n - 1] == 0) n--;
    return n;
}

/* v / b with remainder; b > 0. */
static Wide wide_divide(const Wide *v, u128 b, u128 *remainder)
{
    mp_limb_t divisor[2] = { (mp_limb_t)b, (mp_limb_t)(b >> 64) }, rest[2] = { 0, 0 };
    mp_size_t n = wide_len(v), nb = divisor[1] ? 2 : 1;
    Wide quotient = { { 0, 0, 0, 0 } };
    if (n < nb) {
        *remainder = v->limb[0];
        return quotient;
    }
    mpn_tdiv_qr(quotient.limb, rest, 0, v->limb, n, divisor, nb);
    *remainder = (u128)rest[1] << 64 | rest[0];
    return quotient;
}

/* Adds 0 or 1: the rounding step. The numbers here stay far below 2^256. */
static void wide_increment(Wide *v, bool up)
{
    mp_limb_t carry = mpn_add_1(v->limb, v->limb, 4, up);
    assert(!carry);
    (void)carry;
}

/* Rounds v * 10^-drop HALF_UP and checks the precision. */
static bool wide_finish(Wide v, bool negative, uint32_t drop, uint32_t precision, i128 *out)
{
    while (drop) {
        /* Rounding happens in the last step only: HALF_UP looks at nothing below the first dropped digit. */
        uint32_t step = drop > 39 ? 38 : drop > 38 ? 1 : drop;
        u128 rest, divisor = (u128)decimal_pow10[step];
        v = wide_divide(&v, divisor, &rest);
        drop -= step;
        if (!drop) wide_increment(&v, rest >= divisor - rest);
    }
    if (v.limb[2] || v.limb[3]) return false;
    u128 low = (u128)v.limb[1] << 64 | v.limb[0];
    if (low >= (u128)decimal_pow10[precision]) return false;
    *out = with_sign(low, negative);
    return true;
}

/* a * 10^up exactly. */
static Wide wide_shift(i128 a, uint32_t up)
{
    assert(up <= 38);
    return wide_mul(magnitude(a), (u128)decimal_pow10[up]);
}

/* Scale a value up without leaving 128 bits; false when it would not fit. */
static inline bool shift_up(i128 v, uint32_t up, i128 *out)
{
    return up <= 38 && !__builtin_mul_overflow(v, decimal_pow10[up], out);
}

bool decimal_rescale(i128 v, uint32_t from_scale, uint32_t to_scale, uint32_t precision, i128 *out)
{
    i128 result;
    if (to_scale >= from_scale) {
        if (v == 0) result = 0;
        else if (!shift_up(v, to_scale - from_scale, &result)) return false;
    } else if (from_scale - to_scale > 38) {
        result = 0;
    } else {
        result = with_sign(divide_half_up(magnitude(v), (u128)decimal_pow10[from_scale - to_scale]), v < 0);
    }
    if (!decimal_fits(result, precision)) return false;
    *out = result;
    return true;
}

/* --- + - --- */

static bool add_wide(i128 a, uint32_t up_a, i128 b, uint32_t up_b, uint32_t scale, uint32_t p, uint32_t s, i128 *out)
{
    Wide x = wide_shift(a, up_a), y = wide_shift(b, up_b), sum;
    bool negative = a < 0;
    if ((a < 0) == (b < 0)) {
        mpn_add_n(sum.limb, x.limb, y.limb, 4);
    } else if (mpn_cmp(x.limb, y.limb, 4) >= 0) {
        mpn_sub_n(sum.limb, x.limb, y.limb, 4);
    } else {
        mpn_sub_n(sum.limb, y.limb, x.limb, 4);
        negative = b < 0;
    }
    if (scale >= s) return wide_finish(sum, negative, scale - s, p, out);
    i128 exact;
    return wide_finish(sum, negative, 0, 38, &exact) && decimal_rescale(exact, scale, s, p, out);
}

bool decimal_add(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out)
{
    uint32_t scale = sa > sb ? sa : sb;
    i128 x, y, sum;
    if (shift_up(a, scale - sa, &x) && shift_up(b, scale - sb, &y) && !__builtin_add_overflow(x, y, &sum))
        return decimal_rescale(sum, scale, s, p, out);
    return add_wide(a, scale - sa, b, scale - sb, scale, p, s, out);
}

bool decimal_sub(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out)
{
    return decimal_add(a, sa, -b, sb, p, s, out);       /* |b| < 10^38: its negative exists */
}

/* --- x --- */

bool decimal_mul(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out)
{
    i128 product;
    if (!__builtin_mul_overflow(a, b, &product)) return decimal_rescale(product, sa + sb, s, p, out);
    /* The product has more than 38 digits: it can only fit when digits are dropped. */
    if (sa + sb <= s) return false;
    return wide_finish(wide_mul(magnitude(a), magnitude(b)), (a < 0) != (b < 0), sa + sb - s, p, out);
}

/* --- / --- */

static uint32_t digits_of(u128 v)
{
    uint32_t n = 1;
    while (n < 39 && v >= (u128)decimal_pow10[n]) n++;
    return n;
}

/* Quotient of 38 significant digits (java.math.MathContext(38, HALF_UP)), then rounded to the scale: Flink rounds twice. */
static bool divide_wide(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out)
{
    uint32_t up = 38 + digits_of(magnitude(b)) - digits_of(magnitude(a));
    u128 divisor = magnitude(b), rest;
    Wide numerator;
    if (up <= 38) {
        numerator = wide_shift(a, up);
    } else {
        /* a has fewer digits than b: a * 10^(up-38) fits in 128 bits. */
        numerator = wide_mul(magnitude(a) * (u128)decimal_pow10[up - 38], (u128)decimal_pow10[38]);
    }
    Wide quotient = wide_divide(&numerator, divisor, &rest);
    int32_t scale = (int32_t)sa - (int32_t)sb + (int32_t)up;
    u128 q = (u128)quotient.limb[1] << 64 | quotient.limb[0];
    if (quotient.limb[2] || q >= (u128)decimal_pow10[38]) {     /* 39 digits: the last one decides */
        quotient = wide_divide(&quotient, 10, &rest);
        q = ((u128)quotient.limb[1] << 64 | quotient.limb[0]) + (rest >= 5);
        scale--;
    } else {
        q += rest >= divisor - rest;
    }
    bool negative = (a < 0) != (b < 0);
    if (scale >= (int32_t)s) return wide_finish(wide_of(q), negative, (uint32_t)(scale - (int32_t)s), p, out);
    i128 value = with_sign(q, negative);
    uint32_t grow = (uint32_t)((int32_t)s - scale);
    return grow <= 38 && shift_up(value, grow, &value) && decimal_fits(value, p) && (*out = value, true);
}

bool decimal_div(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out)
{
    assert(b != 0);
    if (a == 0) {
        *out = 0;
        return true;
    }
    i128 numerator;
    u128 divisor = magnitude(b);
    /* One rounding equals Flink's two here: with q < 10^19 and b < 10^18 a quotient below a half is below it by more
     * than 1/(2b), which 38 digits still show. */
    if (s + sb >= sa && divisor < (u128)decimal_pow10[18] && shift_up(a, s + sb - sa, &numerator)) {
        u128 q = divide_half_up(magnitude(numerator), divisor);
        if (q < (u128)decimal_pow10[19]) {
            i128 value = with_sign(q, (a < 0) != (b < 0));
            return decimal_fits(value, p) && (*out = value, true);
        }
    }
    return divide_wide(a, sa, b, sb, p, s, out);
}

/* --- % --- */

bool decimal_mod(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out)
{
    assert(b != 0);
    uint32_t scale = sa > sb ? sa : sb;
    i128 x, y;
    if (!shift_up(b, scale - sb, &y)) {
        /* |b| scaled up is above 2^127 > |a|, whose own scale is `scale`. */
        return decimal_rescale(a, sa, s, p, out);
    }
    if (shift_up(a, scale - sa, &x)) return decimal_rescale(x % y, scale, s, p, out);
    u128 rest;
    Wide wide = wide_shift(a, scale - sa);
    wide_divide(&wide, magnitude(y), &rest);
    return decimal_rescale(with_sign(rest, a < 0), scale, s, p, out);
}

/* --- comparison --- */

int decimal_cmp(i128 a, uint32_t sa, i128 b, uint32_t sb)
{
    i128 x, y;
    uint32_t scale = sa > sb ? sa : sb;
    if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
    if (shift_up(a, scale - sa, &x) && shift_up(b, scale - sb, &y)) return (x > y) - (x < y);
    Wide wa = wide_shift(a, scale - sa), wb = wide_shift(b, scale - sb);
    int order = mpn_cmp(wa.limb, wb.limb, 4);
    order = (order > 0) - (order < 0);
    return a < 0 ? -order : order;
}

/* --- rounding within one scale --- */

typedef enum Rounding { ROUND_HALF_UP, ROUND_DOWN, ROUND_FLOOR, ROUND_CEIL } Rounding;

/* v to a multiple of 10^drop, counted in those units. */
static i128 drop_digits(i128 v, uint32_t drop, Rounding how)
{
    if (drop == 0) return v;
    if (drop > 38) return how == ROUND_FLOOR ? -(v < 0) : how == ROUND_CEIL ? v > 0 : 0;
    i128 unit = decimal_pow10[drop], q = v / unit, rest = v % unit;
    switch (how) {
    case ROUND_HALF_UP: return with_sign(divide_half_up(magnitude(v), (u128)unit), v < 0);
    case ROUND_DOWN: return q;
    case ROUND_FLOOR: return q - (rest < 0);
    case ROUND_CEIL: return q + (rest > 0);
    }
    return q;
}

static i128 round_digits(i128 v, uint32_t scale, int32_t digits, Rounding how)
{
    if (digits >= (int32_t)scale) return v;
    int64_t drop = (int64_t)scale - digits;
    if (drop > 38) return 0;
    i128 result;
    /* A rounded 39-digit value cannot be written down; Flink gives up on it as well. */
    return shift_up(drop_digits(v, (uint32_t)drop, how), (uint32_t)drop, &result) ? result : 0;
}

i128 decimal_round(i128 v, uint32_t scale, int32_t digits)
{
    return round_digits(v, scale, digits, ROUND_HALF_UP);
}

i128 decimal_truncate(i128 v, uint32_t scale, int32_t digits)
{
    return round_digits(v, scale, digits, ROUND_DOWN);
}

i128 decimal_floor(i128 v, uint32_t scale)
{
    return drop_digits(v, scale, ROUND_FLOOR);
}

i128 decimal_ceil(i128 v, uint32_t scale)
{
    return drop_digits(v, scale, ROUND_CEIL);
}
