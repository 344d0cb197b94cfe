/* FLOAT and DOUBLE to text, in Java's notation.
 * Printing finds the shortest digits that read back as the same number, the nearest of those, with the method of
 * R. Giulietti, "The Schubfach way to render doubles" (2021): one 128-bit power of ten, three multiplications.
 * The powers are computed once per process on first use; nothing else is shared, so all functions are thread-safe. */
#include "engine/type/text.h"

#include <assert.h>
#include <gmp.h>
#include <math.h>
#include <pthread.h>

/* --- powers of ten: scale_of(k) = floor(10^k * 2^-r) + 1 with r chosen so that it has 126 bits --- */

enum { POW_MIN = -292, POW_MAX = 324 };
static u128 pow_table[POW_MAX - POW_MIN + 1];
static pthread_once_t pow_once = PTHREAD_ONCE_INIT;

/* floor(log10(2^e)), floor(log2(10^e)), exact for the exponents of a double. */
static inline int32_t floor_log10_pow2(int32_t e) { return (int32_t)((int64_t)e * 661971961083 >> 41); }
static inline int32_t floor_log2_pow10(int32_t e) { return (int32_t)((int64_t)e * 913124641741 >> 38); }

static void pow_fill(void)
{
    mpz_t power, value;
    mpz_inits(power, value, NULL);
    for (int32_t k = POW_MIN; k <= POW_MAX; k++) {
        int32_t shift = floor_log2_pow10(k) - 125;      /* bits to drop; negative = bits to add */
        mpz_ui_pow_ui(power, 10, (unsigned long)(k < 0 ? -k : k));
        if (k >= 0) {
            if (shift >= 0) mpz_fdiv_q_2exp(value, power, (mp_bitcnt_t)shift);
            else mpz_mul_2exp(value, power, (mp_bitcnt_t)-shift);
        } else {
            mpz_set_ui(value, 1);
            mpz_mul_2exp(value, value, (mp_bitcnt_t)-shift);
            mpz_fdiv_q(value, value, power);
        }
        mpz_add_ui(value, value, 1);
        uint64_t low = mpz_getlimbn(value, 0), high = mpz_getlimbn(value, 1);
        pow_table[k - POW_MIN] = (u128)high << 64 | low;
    }
    mpz_clears(power, value, NULL);
}

/* --- shortest digits --- */

/* floor(g * c / 2^127), last bit set when anything was cut (sticky); g < 2^126, c < 2^63. */
static inline uint64_t scale_sticky(u128 g, uint64_t c)
{
    u128 low = (u128)(uint64_t)g * c, high = (u128)(uint64_t)(g >> 64) * c + (uint64_t)(low >> 64);
    /* product = high * 2^64 + low word. g is too large by at most 1, so an exact quotient leaves less than 2^64 behind:
     * only what is cut above the low word counts. */
    return (uint64_t)(high >> 63) | ((uint64_t)high << 1 != 0);
}

/* Digits of c * 2^q that lie nearer to it than half the way to the next number; for powers of two Java 17 takes a quarter of the way,
 * on both sides. */
static void shortest(uint64_t c, int32_t q, bool power_of_two, uint64_t *digits, int32_t *exponent10)
{
    pthread_once(&pow_once, pow_fill);
    uint64_t mid = c << 2, reach = power_of_two ? 1 : 2, right = mid + reach, left = mid - reach;
    int32_t k = floor_log10_pow2(power_of_two ? q - 1 : q);
    int32_t h = q + floor_log2_pow10(-k) + 2;
    u128 g = pow_table[-k - POW_MIN];
    uint64_t v = scale_sticky(g, mid << h), vl = scale_sticky(g, left << h) + 1, vr = scale_sticky(g, right << h) - 1;
    uint64_t s = v >> 2;
    *exponent10 = k;
    if (s >= 90) {
        uint64_t below = s / 10 * 10, above = below + 10;
        bool below_in = vl <= below << 2, above_in = above << 2 <= vr;
        if (s < 100) below_in = false, above_in = above_in && above == 100;         /* two digits, but for a carry into a third */
        if (below_in != above_in) {
            *digits = below_in ? below : above;
            return;
        }
    }
    bool down_in = vl <= s << 2, up_in = (s + 1) << 2 <= vr;
    uint64_t middle = 2 * s + 1;                        /* of s and s + 1, in half units; v counts quarters */
    bool up = down_in != up_in ? up_in : v > 2 * middle || (v == 2 * middle && (s & 1));
    *digits = s + up;
}

static void drop_zeros(uint64_t *digits, int32_t *exponent10)
{
    while (*digits % 10 == 0) {
        *digits /= 10;
        ++*exponent10;
    }
}

/* Whole numbers below 2^63: Java 17 prints their own digits, cut (HALF_UP) where the mantissa of `precision` bits says
 * nothing any more, which can be one or two digits more than the shortest. */
static bool whole_digits(uint64_t c, int32_t q, int32_t precision, uint64_t *digits, int32_t *exponent10)
{
    int32_t top = precision - 1 + q;                    /* number of the highest bit */
    if (top < 0 || top > 62 || (q < 0 && c & ((1ull << -q) - 1))) return false;
    uint64_t value = q < 0 ? c >> -q : c << q;
    int32_t noise = top - precision - 1, cut = noise > 1 ? floor_log10_pow2(noise) : 0;
    if (cut) {
        uint64_t unit = 1;
        for (int32_t i = 0; i < cut; i++) unit *= 10;
        uint64_t rest = value % unit;
        value = value / unit + (rest >= unit / 2);
    }
    *digits = value;
    *exponent10 = cut;
    return true;
}

static bool is_power_of_two(uint64_t n) { return (n & (n - 1)) == 0; }

void double_digits(double v, uint64_t *digits, int32_t *exponent10)
{
    uint64_t bits, fraction_mask = (1ull << 52) - 1;
    memcpy(&bits, &v, sizeof bits);
    uint64_t fraction = bits & fraction_mask;
    int32_t biased = (int32_t)(bits >> 52 & 0x7ff);
    assert(biased != 0x7ff && (biased || fraction));
    if (biased && whole_digits(fraction | 1ull << 52, biased - 1075, 53, digits, exponent10)) {
        /* done */
    } else if (biased) {
        shortest(fraction | 1ull << 52, biased - 1075, fraction == 0, digits, exponent10);
    } else if (fraction >= 2) {
        shortest(fraction, -1074, is_power_of_two(fraction), digits, exponent10);
    } else {
        shortest(10, -1074, false, digits, exponent10);      /* two digits even for the tiniest */
        --*exponent10;
    }
    drop_zeros(digits, exponent10);
}

void float_digits(float v, uint64_t *digits, int32_t *exponent10)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    uint32_t fraction = bits & 0x7fffff;
    int32_t biased = (int32_t)(bits >> 23 & 0xff);
    assert(biased != 0xff && (biased || fraction));
    if (biased && whole_digits(fraction | 1u << 23, biased - 150, 24, digits, exponent10)) {
        /* done */
    } else if (biased) {
        shortest(fraction | 1u << 23, biased - 150, fraction == 0, digits, exponent10);
    } else if (fraction >= 8) {
        shortest(fraction, -149, is_power_of_two(fraction), digits, exponent10);
    } else {
        shortest(fraction * 10, -149, false, digits, exponent10);
        --*exponent10;
    }
    drop_zeros(digits, exponent10);
}

/* --- printing --- */

static uint32_t put_digits(char *end, uint64_t v)
{
    uint32_t n = 0;
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
        n++;
    } while (v);
    return n;
}

/* Plain between 10^-3 and 10^7, else d.dddE±n; one digit on either side of the point at least. */
static void print_java(bool negative, uint64_t digits, int32_t exponent10, StrBuf *out)
{
    char digit_buf[20], text[40], *p = text;
    uint32_t n = put_digits(digit_buf + sizeof digit_buf, digits);
    const char *d = digit_buf + sizeof digit_buf - n;
    int32_t point = (int32_t)n + exponent10;            /* digits before the decimal point */
    if (negative) *p++ = '-';
    if (point > 0 && point <= 7) {
        for (int32_t i = 0; i < point; i++) *p++ = (uint32_t)i < n ? d[i] : '0';
        *p++ = '.';
        if ((uint32_t)point >= n) *p++ = '0';
        for (uint32_t i = (uint32_t)point; i < n; i++) *p++ = d[i];
    } else if (point > -3 && point <= 0) {
        *p++ = '0';
        *p++ = '.';
        for (int32_t i = point; i < 0; i++) *p++ = '0';
        for (uint32_t i = 0; i < n; i++) *p++ = d[i];
    } else {
        *p++ = d[0];
        *p++ = '.';
        if (n == 1) *p++ = '0';
        for (uint32_t i = 1; i < n; i++) *p++ = d[i];
        *p++ = 'E';
        int32_t e = point - 1;
        if (e < 0) *p++ = '-', e = -e;
        if (e >= 100) *p++ = (char)('0' + e / 100);
        if (e >= 10) *p++ = (char)('0' + e / 10 % 10);
        *p++ = (char)('0' + e % 10);
    }
    strbuf_add(out, text, (uint32_t)(p - text));
}

static bool print_special(double v, StrBuf *out)
{
    if (isnan(v)) strbuf_adds(out, STR("NaN"));
    else if (isinf(v)) strbuf_adds(out, v < 0 ? STR("-Infinity") : STR("Infinity"));
    else if (v == 0) strbuf_adds(out, signbit(v) ? STR("-0.0") : STR("0.0"));
    else return false;
    return true;
}

/* Numbers with up to three decimals below 10^7: prices, counts, percentages. k decimals are the shortest digits when
 * r / 10^k gives the number back and k - 1 did not, as r is far below 2^51. */
static bool digits_short(double v, uint64_t *digits, int32_t *exponent10)
{
    static const double power[] = { 1, 10, 100, 1000 };
    for (int32_t k = 0; k < 4; k++) {
        int64_t r = (int64_t)(v * power[k] + 0.5);
        if ((double)r / power[k] == v) {
            *digits = (uint64_t)r;
            *exponent10 = -k;
            return true;
        }
    }
    return false;
}

void print_double(double v, StrBuf *out)
{
    uint64_t digits;
    int32_t exponent10;
    if (print_special(v, out)) return;
    double size = fabs(v);
    if (!(size >= 1e-3 && size < 1e7 && digits_short(size, &digits, &exponent10))) double_digits(v, &digits, &exponent10);
    print_java(v < 0, digits, exponent10, out);
}

void print_float(float v, StrBuf *out)
{
    uint64_t digits;
    int32_t exponent10;
    if (print_special((double)v, out)) return;
    float_digits(v, &digits, &exponent10);
    print_java(v < 0, digits, exponent10, out);
}
