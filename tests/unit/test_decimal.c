/* Decimals against GMP with random operands of every size, and the rows measured on Flink. */
#include "tests/unit/unit.h"

#include "engine/base/clock.h"
#include "engine/type/decimal.h"

#include <gmp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void to_mpz(mpz_t out, i128 v)
{
    u128 size = v < 0 ? (u128)0 - (u128)v : (u128)v;
    uint64_t limbs[2] = { (uint64_t)size, (uint64_t)(size >> 64) };
    mpz_import(out, 2, -1, 8, 0, 0, limbs);
    if (v < 0) mpz_neg(out, out);
}

/* Random value of at most `precision` digits, small ones as likely as large ones. */
static i128 random_decimal(uint32_t precision)
{
    uint32_t digits = (uint32_t)(random_u64() % (precision + 1));
    u128 v = ((u128)random_u64() << 64 | random_u64()) % (u128)decimal_pow10[digits];
    if (random_u64() % 8 == 0) v = v / 1000 * 1000 + 500;       /* ties */
    if (v >= (u128)decimal_pow10[precision]) v = 5;
    return random_u64() & 1 ? -(i128)v : (i128)v;
}

/* value * 10^-drop (drop < 0: scaled up), HALF_UP. */
static void shift_half_up(mpz_t v, long drop)
{
    mpz_t unit, rest;
    mpz_inits(unit, rest, NULL);
    mpz_ui_pow_ui(unit, 10, (unsigned long)labs(drop));
    if (drop <= 0) {
        mpz_mul(v, v, unit);
    } else {
        bool negative = mpz_sgn(v) < 0;
        mpz_abs(v, v);
        mpz_tdiv_qr(v, rest, v, unit);
        mpz_mul_ui(rest, rest, 2);
        if (mpz_cmp(rest, unit) >= 0) mpz_add_ui(v, v, 1);
        if (negative) mpz_neg(v, v);
    }
    mpz_clears(unit, rest, NULL);
}

static void check(const char *op, i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, bool ok, i128 got, mpz_t want)
{
    mpz_t limit, value;
    mpz_inits(limit, value, NULL);
    mpz_ui_pow_ui(limit, 10, p);
    bool fits = mpz_cmpabs(want, limit) < 0;
    if (ok) to_mpz(value, got);
    if (ok != fits || (ok && mpz_cmp(value, want) != 0)) {
        StrBuf buf = { 0 };
        decimal_print(a, sa, &buf);
        strbuf_addf(&buf, " %s ", op);
        decimal_print(b, sb, &buf);
        strbuf_addf(&buf, " as (%u,%u): ", p, s);
        if (ok) decimal_print(got, s, &buf);
        else strbuf_addz(&buf, "overflow");
        fail_msg("%s", strbuf_cstr(&buf));
    }
    mpz_clears(limit, value, NULL);
}

static void against_gmp(void **state)
{
    (void)state;
    mpz_t x, y, z;
    mpz_inits(x, y, z, NULL);
    random_seed(3);
    for (int i = 0; i < 200000; i++) {
        uint32_t pa = (uint32_t)(random_u64() % 38) + 1, pb = (uint32_t)(random_u64() % 38) + 1, sa = (uint32_t)(random_u64() % (pa + 1)), sb = (uint32_t)(random_u64() % (pb + 1));
        uint32_t p = (uint32_t)(random_u64() % 38) + 1, s = (uint32_t)(random_u64() % (p + 1)), wide = sa > sb ? sa : sb;
        i128 a = random_decimal(pa), b = random_decimal(pb), out = 0;
        bool ok;
        to_mpz(x, a);
        to_mpz(y, b);
        shift_half_up(x, (long)sa - (long)wide);
        shift_half_up(y, (long)sb - (long)wide);
        int order = mpz_cmp(x, y);
        assert_int_equal(decimal_cmp(a, sa, b, sb), (order > 0) - (order < 0));
        mpz_add(z, x, y);
        shift_half_up(z, (long)wide - (long)s);
        ok = decimal_add(a, sa, b, sb, p, s, &out);
        check("+", a, sa, b, sb, p, s, ok, out, z);
        mpz_sub(z, x, y);
        shift_half_up(z, (long)wide - (long)s);
        ok = decimal_sub(a, sa, b, sb, p, s, &out);
        check("-", a, sa, b, sb, p, s, ok, out, z);
        if (b) {
            mpz_tdiv_r(z, x, y);
            shift_half_up(z, (long)wide - (long)s);
            ok = decimal_mod(a, sa, b, sb, p, s, &out);
            check("%", a, sa, b, sb, p, s, ok, out, z);
        }
        to_mpz(x, a);
        to_mpz(y, b);
        mpz_mul(z, x, y);
        shift_half_up(z, (long)(sa + sb) - (long)s);
        ok = decimal_mul(a, sa, b, sb, p, s, &out);
        check("*", a, sa, b, sb, p, s, ok, out, z);
        mpz_set(z, x);
        shift_half_up(z, (long)sa - (long)s);
        ok = decimal_rescale(a, sa, s, p, &out);
        check("cast", a, sa, b, sb, p, s, ok, out, z);
    }
    mpz_clears(x, y, z, NULL);
}

/* The quotient to 38 significant digits HALF_UP, then to the scale HALF_UP. */
static void division(void **state)
{
    (void)state;
    mpz_t x, y, z, rest;
    mpz_inits(x, y, z, rest, NULL);
    random_seed(4);
    for (int i = 0; i < 100000; i++) {
        uint32_t pa = (uint32_t)(random_u64() % 38) + 1, pb = (uint32_t)(random_u64() % 38) + 1, sa = (uint32_t)(random_u64() % (pa + 1)), sb = (uint32_t)(random_u64() % (pb + 1));
        uint32_t p = (uint32_t)(random_u64() % 38) + 1, s = (uint32_t)(random_u64() % (p + 1));
        i128 a = random_decimal(pa), b = random_decimal(pb), out = 0;
        bool ok;
        if (!b) continue;
        to_mpz(x, a);
        to_mpz(y, b);
        /* 120 exact digits, then the two roundings; what follows the 120 cannot be a tie (b has 38 digits). */
        mpz_ui_pow_ui(z, 10, 120);
        mpz_mul(x, x, z);
        mpz_tdiv_qr(z, rest, x, y);
        long scale = (long)sa - (long)sb + 120;
        bool exact = mpz_sgn(rest) == 0;
        if (!exact) {
            mpz_mul_ui(z, z, 10);
            if (mpz_sgn(z) > 0 || (mpz_sgn(z) == 0 && (a < 0) == (b < 0))) mpz_add_ui(z, z, 1);
            else mpz_sub_ui(z, z, 1);
            scale++;
        }
        mpz_abs(x, z);
        char *text = mpz_get_str(NULL, 10, x);
        long digits = (long)strlen(text);
        void (*release)(void *, size_t);
        mp_get_memory_functions(NULL, NULL, &release);
        release(text, (size_t)digits + 1);
        if (digits > 38) {
            shift_half_up(z, digits - 38);
            scale -= digits - 38;
        }
        shift_half_up(z, scale - (long)s);
        ok = decimal_div(a, sa, b, sb, p, s, &out);
        check("/", a, sa, b, sb, p, s, ok, out, z);
    }
    mpz_clears(x, y, z, rest, NULL);
}

static void print_and_parse(void **state)
{
    (void)state;
    StrBuf buf = { 0 };
    mpz_t x;
    mpz_init(x);
    random_seed(5);
    for (int i = 0; i < 100000; i++) {
        uint32_t p = (uint32_t)(random_u64() % 38) + 1, s = (uint32_t)(random_u64() % (p + 1));
        i128 v = random_decimal(p), back = 0;
        strbuf_clear(&buf);
        decimal_print(v, s, &buf);
        assert_true(decimal_parse(strbuf_str(&buf), p, s, &back));
        assert_true(back == v);
        /* The digits are GMP's. */
        to_mpz(x, v);
        char digits[64], plain[64];
        gmp_snprintf(digits, sizeof digits, "%0*Zd", (int)s + 1 + (v < 0), x);
        uint32_t n = 0;
        for (uint32_t k = 0; k < buf.len; k++)
            if (buf.ptr[k] != '.') plain[n++] = buf.ptr[k];
        plain[n] = 0;
        assert_string_equal(plain, digits);
    }
    mpz_clear(x);
    strbuf_free(&buf);
}

static void parse_rows(void **state)
{
    (void)state;
    static const struct { const char *in; uint32_t p, s; const char *out; } rows[] = {
        { "1.5", 10, 0, "2" }, { "-1.4", 10, 0, "-1" }, { "0.5", 5, 5, "0.50000" }, { "1e2", 5, 0, "100" }, { "1.25e1", 5, 1, "12.5" }, { "125E-1", 5, 0, "13" }, { "1e-40", 38, 38, "0.00000000000000000000000000000000000000" },
        { "5e-39", 38, 38, "0.00000000000000000000000000000000000001" }, { "99.995", 4, 2, NULL }, { "1e400", 38, 0, NULL }, { "1e-999999999999", 5, 2, "0.00" }, { "0e999999999", 5, 2, "0.00" },
        { "123456789012345678901234567890123456785", 38, 0, NULL }, { "1234567890123456789012345678901234567.85", 38, 1, "1234567890123456789012345678901234567.9" },
        { "0.00000000000000000000000000000000000000000000000000000000001e50", 38, 9, "0.000000001" }, { "12345678901234567890123456789012345678.4999999999999999999999", 38, 0, "12345678901234567890123456789012345678" },
        { "12345678901234567890123456789012345678.5", 38, 0, "12345678901234567890123456789012345679" }, { "+.5", 2, 1, "0.5" }, { "5.", 2, 1, "5.0" },
        { ".", 5, 2, NULL }, { "", 5, 2, NULL }, { "-", 5, 2, NULL }, { "1e", 5, 2, NULL }, { "1e+", 5, 2, NULL }, { " 1", 5, 2, NULL }, { "1 ", 5, 2, NULL }, { "1.2.3", 5, 2, NULL }, { "NaN", 5, 2, NULL }, { "--1", 5, 2, NULL },
    };
    StrBuf buf = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        i128 v;
        strbuf_clear(&buf);
        if (decimal_parse(str_of(rows[i].in), rows[i].p, rows[i].s, &v)) decimal_print(v, rows[i].s, &buf);
        else strbuf_addz(&buf, "overflow");
        assert_text(strbuf_str(&buf), rows[i].out ? rows[i].out : "overflow");
    }
    strbuf_free(&buf);
}

static void doubles(void **state)
{
    (void)state;
    i128 v;
    static const struct { double in; uint32_t p, s; const char *out; } rows[] = {
        { 1.005, 10, 2, "1.01" }, { 1.015, 10, 2, "1.02" }, { 0.125, 10, 2, "0.13" }, { -0.125, 10, 2, "-0.13" }, { 2.675, 10, 2, "2.68" }, { 99999999.99, 10, 2, "99999999.99" },
        { 1e8, 10, 2, NULL }, { 1e300, 38, 0, NULL }, { 1e-300, 38, 38, "0.00000000000000000000000000000000000000" }, { 0, 5, 2, "0.00" }, { -3.5, 3, 0, "-4" },
    };
    StrBuf buf = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        strbuf_clear(&buf);
        if (decimal_from_double(rows[i].in, rows[i].p, rows[i].s, &v)) decimal_print(v, rows[i].s, &buf);
        else strbuf_addz(&buf, "none");
        assert_text(strbuf_str(&buf), rows[i].out ? rows[i].out : "none");
    }
    assert_false(decimal_from_double((double)NAN, 38, 0, &v));
    assert_false(decimal_from_double((double)-INFINITY, 38, 0, &v));
    random_seed(6);
    for (int i = 0; i < 100000; i++) {
        uint32_t s = (uint32_t)(random_u64() % 39);
        v = random_decimal(38);
        strbuf_clear(&buf);
        decimal_print(v, s, &buf);
        double want = strtod(strbuf_cstr(&buf), NULL), got = decimal_to_double(v, s);
        if (got != want) fail_msg("%s: %.17g, not %.17g", strbuf_cstr(&buf), got, want);
    }
    strbuf_free(&buf);
}

static void rounding(void **state)
{
    (void)state;
    assert_true(decimal_round(12345, 3, 2) == 12350);           /* 12.345 -> 12.35 */
    assert_true(decimal_round(-12345, 3, 2) == -12350);
    assert_true(decimal_round(12345, 3, -1) == 10000);
    assert_true(decimal_round(15000, 3, -1) == 20000);
    assert_true(decimal_round(12345, 3, 5) == 12345);
    assert_true(decimal_round(12345, 3, -60) == 0);
    assert_true(decimal_truncate(12999, 3, 0) == 12000);
    assert_true(decimal_truncate(-12999, 3, 1) == -12900);
    assert_true(decimal_floor(-12001, 3) == -13);
    assert_true(decimal_floor(12999, 3) == 12);
    assert_true(decimal_floor(-12000, 3) == -12);
    assert_true(decimal_ceil(12001, 3) == 13);
    assert_true(decimal_ceil(-12999, 3) == -12);
    assert_true(decimal_ceil(0, 38) == 0);
    assert_true(decimal_fits(decimal_pow10[38] - 1, 38));
    assert_false(decimal_fits(-decimal_pow10[5], 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_gmp), cmocka_unit_test(division), cmocka_unit_test(print_and_parse), cmocka_unit_test(parse_rows), cmocka_unit_test(doubles), cmocka_unit_test(rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
