/* CAST between text and every type: rows measured on Flink, and round trips of random numbers. */
#include "engine/type/datetime.h"
#include "engine/type/text.h"
#include "engine/base/clock.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Reads `text` as `type` and prints the cell; "!" if it is refused. */
static const char *cast(const Type *type, const char *text, StrBuf *buf, Arena *arena)
{
    Datum value;
    Err err = { 0 };
    strbuf_clear(buf);
    if (!datum_parse(arena, type, str_of(text), zone_utc(), &value, &err)) {
        assert_true(err.set);
        return "!";
    }
    datum_print(type, &value, zone_utc(), buf);
    return strbuf_cstr(buf);
}

typedef struct Row { const char *in, *out; } Row;

static void check_rows(const Type *type, const Row *rows, size_t n)
{
    Arena *arena = arena_new();
    StrBuf buf = { 0 };
    for (size_t i = 0; i < n; i++) {
        const char *got = cast(type, rows[i].in, &buf, arena);
        if (strcmp(got, rows[i].out) != 0) fail_msg("'%s' as %s: '%s', not '%s'", rows[i].in, type_text(arena, type).ptr, got, rows[i].out);
    }
    strbuf_free(&buf);
    arena_free(arena);
}
#define CHECK(type, ...)                                      \
    do {                                                      \
        static const Row rows_[] = { __VA_ARGS__ };           \
        check_rows((type), rows_, sizeof rows_ / sizeof *rows_); \
    } while (0)

static void integers(void **state)
{
    (void)state;
    CHECK(type_simple(TYPE_TINYINT, true), { "127", "127" }, { "-128", "-128" }, { "1.9", "1" }, { "127.9", "127" }, { " 5 ", "5" }, { "128", "!" },
          { "-129", "!" }, { "1e2", "!" }, { "", "!" }, { " ", "!" }, { "abc", "!" }, { "1a", "!" }, { ".", "0" }, { "-", "!" }, { "+", "!" },
          { "--1", "!" }, { "1 2", "!" }, { "0x1", "!" }, { "1,000", "!" }, { "1.x", "!" });
    CHECK(type_simple(TYPE_SMALLINT, true), { "32767", "32767" }, { "-32768", "-32768" }, { "32768", "!" });
    CHECK(type_simple(TYPE_INT, true), { "2147483647", "2147483647" }, { "-2147483648", "-2147483648" }, { "2147483647.9", "2147483647" },
          { "2147483648", "!" }, { "\t1", "!" }, { "1\n", "!" }, { "99999999999999999999999", "!" });
    CHECK(type_simple(TYPE_BIGINT, true), { "9223372036854775807", "9223372036854775807" }, { "-9223372036854775808", "-9223372036854775808" },
          { "9223372036854775808", "!" }, { "-9223372036854775809", "!" }, { "-0.1", "0" }, { "+7", "7" });
    CHECK(type_simple(TYPE_BOOLEAN, true), { "true", "TRUE" }, { "F", "FALSE" }, { "Yes", "TRUE" }, { "n", "FALSE" }, { "0", "FALSE" }, { "1", "TRUE" },
          { " true", "!" }, { "on", "!" }, { "", "!" }, { "1.0", "!" });
}

static void floats(void **state)
{
    (void)state;
    CHECK(type_simple(TYPE_DOUBLE, true), { "1", "1.0" }, { " 1.5 ", "1.5" }, { "-1.5e3", "-1500.0" }, { "1E-5", "1.0E-5" }, { ".5", "0.5" }, { "5.", "5.0" },
          { "+2", "2.0" }, { "1e400", "Infinity" }, { "-1e400", "-Infinity" }, { "1e-400", "0.0" }, { "NaN", "NaN" }, { "+Infinity", "Infinity" }, { "1d", "1.0" },
          { "1f", "1.0" }, { "0x1p3", "8.0" }, { "nan", "!" }, { "inf", "!" }, { "infinity", "!" }, { "", "!" }, { "1,5", "!" }, { "1e", "!" }, { "e1", "!" },
          { "--1", "!" }, { "1L", "!" }, { ".", "!" }, { "-0", "-0.0" });
    CHECK(type_simple(TYPE_DOUBLE, true), { "1e20", "1.0E20" }, { "123456789012345680000", "1.2345678901234568E20" }, { "1.7976931348623157E308", "1.7976931348623157E308" },
          { "4.9E-324", "4.9E-324" }, { "1.5e-323", "1.5E-323" }, { "2.2250738585072014E-308", "2.2250738585072014E-308" }, { "2e-3", "0.002" }, { "9007199254740993", "9.007199254740992E15" }, { "0.001", "0.001" },
          { "0.00099", "9.9E-4" }, { "9999999", "9999999.0" }, { "10000000", "1.0E7" }, { "9999999.999", "9999999.999" }, { "100", "100.0" }, { "1234.5678", "1234.5678" },
          { "0.1", "0.1" }, { "0.3333333333333333", "0.3333333333333333" }, { "1e22", "1.0E22" }, { "5e22", "4.9999999999999996E22" }, { "1e23", "9.999999999999999E22" }, { "1e-323", "1.0E-323" }, { "9.88e-323", "1.0E-322" }, { "1.58e-322", "1.58E-322" }, { "7.1202363472230444e-307", "7.1202363472230444E-307" }, { "5e-324", "4.9E-324" }, { "9.5367431640625E-7", "9.5367431640625E-7" }, { "-12.34", "-12.34" });
    CHECK(type_simple(TYPE_DOUBLE, true), { "1234567890123456789", "1.23456789012345677E18" }, { "1e18", "1.0E18" }, { "9223372036854775807", "9.223372036854776E18" });
    CHECK(type_simple(TYPE_FLOAT, true), { "0", "0.0" }, { "1", "1.0" }, { "0.1", "0.1" }, { "1234567", "1234567.0" }, { "12345678", "1.2345678E7" },
          { "16777216", "1.6777216E7" }, { "16777217", "1.6777216E7" }, { "0.001", "0.001" }, { "0.0001", "1.0E-4" }, { "3.4028235E38", "3.4028235E38" }, { "1.4E-45", "1.4E-45" },
          { "1e10", "1.0E10" }, { "33554432", "3.3554432E7" }, { "1.1", "1.1" }, { "1e39", "Infinity" }, { "2147483647", "2.14748365E9" }, { "1.00000017881393432617187499", "1.0000001" },
          { "9007199254740993", "9.0071993E15" });
}

static void decimals(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    CHECK(type_decimal(arena, 10, 0, true), { "1.5", "2" }, { "9999999999", "9999999999" }, { "-1.4", "-1" }, { "2.5", "3" }, { "-2.5", "-3" });
    CHECK(type_decimal(arena, 38, 0, true), { "99999999999999999999999999999999999999", "99999999999999999999999999999999999999" },
          { "1e37", "10000000000000000000000000000000000000" }, { "-1", "-1" }, { "100000000000000000000000000000000000000", "!" }, { "1e38", "!" });
    CHECK(type_decimal(arena, 5, 2, true), { "1000", "!" }, { "abc", "!" }, { "", "!" }, { "999.995", "1000.00" }, { "1.005", "1.01" }, { "1.5", "1.50" }, { "-0.001", "0.00" }, { "1e2", "100.00" }, { "\t1.5\n", "1.50" }, { "1 .5", "!" }, { "0000000000000000001.5", "1.50" });
    CHECK(type_decimal(arena, 5, 5, true), { "0.99999", "!" }, { ".99999", "0.99999" }, { "0.5", "!" }, { "0", "!" }, { "-0.12345", "!" });
    CHECK(type_decimal(arena, 3, 2, true), { "09.99", "!" }, { "9.990", "9.99" }, { "9.999", "10.00" }, { "0009.5", "!" }, { "1.23456", "1.23" });
    CHECK(type_decimal(arena, 38, 38, true), { "0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001" }, { "0", "0.00000000000000000000000000000000000000" });
    arena_free(arena);
}

static void texts(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    CHECK(type_sized(arena, TYPE_CHAR, 2, true), { "😀😀😀", "😀😀" }, { "😀", "😀 " }, { "é", "é " }, { "ab ", "ab" }, { "", "  " });
    CHECK(type_sized(arena, TYPE_VARCHAR, 3, true), { "12345", "123" }, { "7", "7" });
    CHECK(type_sized(arena, TYPE_CHAR, 20, true), { "abc", "abc                 " });
    CHECK(type_string(true), { "", "" }, { "a long text that lives in the arena", "a long text that lives in the arena" });
    Datum value;
    Err err = { 0 };
    assert_true(datum_parse(arena, type_sized(arena, TYPE_BINARY, 3, true), STR("ab"), NULL, &value, &err));
    assert_int_equal(datum_text(&value).len, 3);
    assert_memory_equal(datum_text(&value).ptr, "ab\0", 3);
    assert_true(datum_parse(arena, type_sized(arena, TYPE_VARBINARY, 3, true), STR("abcd"), NULL, &value, &err));
    assert_int_equal(datum_text(&value).len, 3);
    assert_false(datum_parse(arena, type_array(arena, type_string(true), true), STR("[]"), NULL, &value, &err));
    assert_int_equal(err.code, E_UNSUPPORTED);
    arena_free(arena);
}

static void datetimes(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    CHECK(type_simple(TYPE_DATE, true), { "2020-02-29", "2020-02-29" }, { "2020-2-9", "2020-02-09" }, { " 2020-01-01 ", "2020-01-01" }, { "0001-01-01", "0001-01-01" },
          { "9999-12-31", "9999-12-31" }, { "1582-10-15", "1582-10-15" }, { "2020-01-01 10:11:12", "2020-01-01" }, { "2020-01-01T10:11:12", "!" }, { "2020-01-01Z", "!" },
          { "2020-01-01 abc", "2020-01-01" }, { "20200101", "!" }, { "2020/01/01", "!" }, { "01-02-2020", "!" }, { "2020", "2020-01-01" }, { "2020-01", "2020-01-01" },
          { "20-1-1", "0020-01-01" }, { "02020-01-01", "2020-01-01" }, { "-2020-01-01", "!" }, { "+2020-01-01", "!" }, { "12020-01-01", "!" }, { "2021-02-29", "!" },
          { "2020-02-30", "!" }, { "2020-13-01", "!" }, { "2020-00-01", "!" }, { "2020-01-00", "!" }, { "0000-01-01", "0000-01-01" }, { "", "!" }, { "abc", "!" },
          { "2020-01-", "!" }, { "2020--01", "!" }, { "2020-01-1x", "!" }, { "2020-001-01", "2020-01-01" }, { "2020 abc", "2020-01-01" }, { "2020-01 abc", "2020-01-01" }, { "2020-01-01.5", "!" }, { "0000", "0000-01-01" }, { "99999", "!" });
    CHECK(type_time(arena, TYPE_TIME, 0, true), { "12:34:56", "12:34:56" }, { "1:2:3", "01:02:03" }, { "12:34", "12:34:00" }, { "12", "12:00:00" }, { " 12:34:56 ", "12:34:56" },
          { "12:34:56.789", "12:34:56" }, { "12:34:56.999999", "12:34:57" }, { "24:00:00", "!" }, { "garbage", "!" }, { "2024-02-29 13:14:15", "!" });
    CHECK(type_time(arena, TYPE_TIME, 3, true), { "12:34:56.7", "12:34:56.7" }, { "12:34:56.789999", "12:34:56.79" }, { "1:2:3", "01:02:03.0" }, { "23:59:59.999", "23:59:59.999" });
    CHECK(type_time(arena, TYPE_TIMESTAMP, 3, true), { "2020-01-01", "2020-01-01 00:00:00.000" }, { "2020-1-1 1:2:3", "2020-01-01 01:02:03.000" }, { "2020-01-01 12:34", "!" },
          { " 2020-01-01 00:00:00 ", "!" }, { "2020-01-01 1:02:03", "2020-01-01 01:02:03.000" }, { "2020", "!" }, { "2020-01", "!" }, { "0001-01-01 00:00:00", "0001-01-01 00:00:00.000" },
          { "0000-01-01 00:00:00", "!" }, { "9999-12-31 23:59:59.999", "9999-12-31 23:59:59.999" }, { "10000-01-01 00:00:00", "!" }, { "-0001-01-01 00:00:00", "!" },
          { "1500-01-01 00:00:00", "1500-01-01 00:00:00.000" }, { "", "!" }, { "1577836800", "!" }, { "2020-01-01 12:34:56.", "2020-01-01 12:34:56.000" },
          { "2020-01-01 12:34:56.1234567890", "!" }, { "2020-01-01 12:34:56 ", "!" }, { "2020-01-01  12:34:56", "!" }, { "2020/01/01 12:34:56", "!" }, { "2020-01-01T12:34:56", "!" },
          { "2024-02-29 13:14:15+02:00", "!" }, { "2024-02-29 24:00:00", "2024-03-01 00:00:00.000" }, { "2024-02-29 24:00:01", "!" }, { "2024-02-29 23:60:00", "!" }, { "2024-13-01 00:00:00", "!" },
          { "2023-02-29 00:00:00", "2023-02-28 00:00:00.000" }, { "2024-04-31", "2024-04-30 00:00:00.000" }, { "2024-02-32", "!" }, { "2020-01-01.5", "!" }, { "1969-12-31 23:59:59.9999", "1969-12-31 23:59:59.999" });
    CHECK(type_time(arena, TYPE_TIMESTAMP, 0, true), { "2020-01-01 12:34:56.999", "2020-01-01 12:34:56" }, { "1969-12-31 23:59:59.999", "1969-12-31 23:59:59" });
    CHECK(type_time(arena, TYPE_TIMESTAMP, 9, true), { "2020-01-01 12:34:56.123456789", "2020-01-01 12:34:56.123456789" }, { "2020-01-01 12:34:56.1", "2020-01-01 12:34:56.100000000" },
          { "1969-12-31 23:59:59.000000001", "1969-12-31 23:59:59.000000001" }, { "0001-01-01", "0001-01-01 00:00:00.000000000" });
    CHECK(type_time(arena, TYPE_TIMESTAMP_LTZ, 6, true), { "2024-02-29 13:14:15.123456", "2024-02-29 13:14:15.123456" });
    arena_free(arena);
}

static Datum text_cell(Arena *arena, const char *text)
{
    return datum_str(arena, str_of(text));
}

static void nested(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    StrBuf buf = { 0 };
    const Type *row = type_row(arena, (Field[]){ { STR("a"), type_simple(TYPE_INT, true), STR_NULL }, { STR("b"), type_string(true), STR_NULL } }, 2, true);
    Nested *cells = nested_new(arena, 2, 2);
    cells->items[0] = datum_i32(1);
    cells->items[1] = text_cell(arena, "a");
    Datum value = { .v.nested = cells };
    datum_print(row, &value, NULL, &buf);
    strbuf_addc(&buf, ' ');
    Nested *list = nested_new(arena, 2, 2);
    list->items[0] = text_cell(arena, "a");
    list->items[1] = datum_null();
    value.v.nested = list;
    datum_print(type_array(arena, type_string(true), true), &value, NULL, &buf);
    strbuf_addc(&buf, ' ');
    Nested *map = nested_new(arena, 1, 2);
    map->items[0] = text_cell(arena, "k");
    map->items[1] = datum_i32(3);
    value.v.nested = map;
    datum_print(type_map(arena, type_string(true), type_simple(TYPE_INT, true), true), &value, NULL, &buf);
    datum_print(type_multiset(arena, type_string(true), true), &value, NULL, &buf);
    assert_string_equal(strbuf_cstr(&buf), "(1, a) [a, NULL] {k=3}{k=3}");
    strbuf_clear(&buf);
    static const Row bytes[] = { { "a\xff\xc3", "a��" }, { "\xe6\x97", "�" }, { "\xf0\x9f\x98", "�" }, { "\xc0\xaf\xe2\x82(", "���(" }, { "é日😀", "é日😀" } };
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        strbuf_clear(&buf);
        value.v.str = strview_of(bytes[i].in, (uint32_t)strlen(bytes[i].in));
        datum_print(type_bytes(true), &value, NULL, &buf);
        assert_string_equal(strbuf_cstr(&buf), bytes[i].out);
    }
    strbuf_free(&buf);
    arena_free(arena);
}

static void double_round_trip(void **state)
{
    (void)state;
    StrBuf buf = { 0 };
    random_seed(7);
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = random_u64();
        double v, back;
        if (i % 3 == 1) bits &= ~0ull << (bits & 63);           /* few mantissa bits: powers of two and short numbers */
        memcpy(&v, &bits, sizeof v);
        if (i % 3 == 2) v = (double)(int64_t)(bits >> 40) / 1000.0;
        if (!isfinite(v) || v == 0) continue;
        strbuf_clear(&buf);
        print_double(v, &buf);
        assert_true(parse_double(strbuf_str(&buf), &back));
        if (memcmp(&v, &back, sizeof v)) fail_msg("%.17g prints %s", v, strbuf_cstr(&buf));
        /* No shorter text reads back: try the same number with one digit less. */
        uint64_t digits;
        int32_t exponent10;
        double_digits(v, &digits, &exponent10);
        int n = snprintf(NULL, 0, "%llu", (unsigned long long)digits);
        int exponent2;
        if (n <= 2 || (fabs(v) >= 0x1p53 && fabs(v) < 0x1p63) || fabs(frexp(v, &exponent2)) == 0.5) continue;      /* Java's own rules for large whole numbers and powers of two */
        char shorter[40];
        snprintf(shorter, sizeof shorter, "%.*e", n - 2, v);
        if (strtod(shorter, NULL) == v) fail_msg("%.17g: %s is shorter than %s", v, shorter, strbuf_cstr(&buf));
        snprintf(shorter, sizeof shorter, "%.*e", n - 1, v);
        if (strtod(shorter, NULL) == v && i % 3 != 1) {
            snprintf(shorter, sizeof shorter, "%.*e", n - 1, v);
            uint64_t nearest = 0;
            for (const char *p = shorter; *p && *p != 'e'; p++)
                if (*p >= '0' && *p <= '9') nearest = nearest * 10 + (uint64_t)(*p - '0');
            if (nearest != digits) fail_msg("%.17g: %s is nearer than %s", v, shorter, strbuf_cstr(&buf));
        }
    }
    strbuf_free(&buf);
}

static void float_round_trip(void **state)
{
    (void)state;
    StrBuf buf = { 0 };
    random_seed(8);
    for (int i = 0; i < 300000; i++) {
        uint32_t bits = (uint32_t)random_u64();
        float v, back;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v) || v == 0) continue;
        strbuf_clear(&buf);
        print_float(v, &buf);
        assert_true(parse_float(strbuf_str(&buf), &back));
        if (memcmp(&v, &back, sizeof v)) fail_msg("%.9g prints %s", (double)v, strbuf_cstr(&buf));
        uint64_t digits;
        int32_t exponent10;
        float_digits(v, &digits, &exponent10);
        int n = snprintf(NULL, 0, "%llu", (unsigned long long)digits);
        char shorter[40];
        snprintf(shorter, sizeof shorter, "%.*e", n - 2, (double)v);
        int exponent2;
        if (n > 2 && !(fabsf(v) >= 0x1p24f && fabsf(v) < 0x1p63f) && fabsf(frexpf(v, &exponent2)) != 0.5f && strtof(shorter, NULL) == v) fail_msg("%.9g: %s is shorter than %s", (double)v, shorter, strbuf_cstr(&buf));
    }
    strbuf_free(&buf);
}

/* Our reading of decimal text against libc's. */
static void double_reading(void **state)
{
    (void)state;
    random_seed(9);
    for (int i = 0; i < 200000; i++) {
        char text[64];
        uint64_t r = random_u64();
        if (i & 1) snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(r >> 50), (unsigned long long)(r & 0xfffff), (int)(r >> 32 & 63) - 32);
        else snprintf(text, sizeof text, "%llu.%0*llu", (unsigned long long)(r >> 60), (int)(r & 15), (unsigned long long)(r >> 20));
        double v, want = strtod(text, NULL);
        assert_true(parse_double(str_of(text), &v));
        if (v != want) fail_msg("%s: %.17g, not %.17g", text, v, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers), cmocka_unit_test(floats), cmocka_unit_test(decimals), cmocka_unit_test(texts), cmocka_unit_test(datetimes),
        cmocka_unit_test(nested), cmocka_unit_test(double_round_trip), cmocka_unit_test(float_round_trip), cmocka_unit_test(double_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
