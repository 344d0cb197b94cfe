/* CAST and TRY_CAST: every family of pairs, boundaries, what is refused and when. */
#include "tests/unit/expr_text.h"

static Arena *arena;
static ExprCtx ctx;
static void check(const char *text, const char *type, const char *value) { expect_const(&ctx, text, type, value); }

static void numbers(void **state)
{
    (void)state;
    check("(cast {TINYINT} 300)", "TINYINT NOT NULL", "44");
    check("(cast {INT} 3000000000L)", "INT NOT NULL", "-1294967296");
    check("(cast {INT} 1.9e0)", "INT NOT NULL", "1");
    check("(cast {BIGINT} 1e300)", "BIGINT NOT NULL", "9223372036854775807");
    check("(cast {INT} (cast {DOUBLE} 'NaN'))", "INT NOT NULL", "0");
    check("(cast {TINYINT} 1e10)", "TINYINT NOT NULL", "-1");
    check("(cast {SMALLINT} 3e5)", "SMALLINT NOT NULL", "-27680");
    check("(cast {FLOAT} 16777217)", "FLOAT NOT NULL", "1.6777216E7");
    check("(cast {FLOAT} 1e39)", "FLOAT NOT NULL", "Infinity");
    check("(cast {DOUBLE} (cast {FLOAT} '0.1'))", "DOUBLE NOT NULL", "0.10000000149011612");
    check("(cast {BOOLEAN} 2)", "BOOLEAN NOT NULL", "TRUE");
    check("(cast {BOOLEAN} 0e0)", "BOOLEAN NOT NULL", "FALSE");
    check("(cast {DECIMAL(3,1)} true)", "DECIMAL(3, 1) NOT NULL", "1.0");
    check("(cast {DOUBLE} false)", "DOUBLE NOT NULL", "0.0");
}

static void decimals(void **state)
{
    (void)state;
    check("(cast {DECIMAL(4,2)} 12.345)", "DECIMAL(4, 2) NOT NULL", "12.35");
    check("(cast {DECIMAL(4,2)} -12.345)", "DECIMAL(4, 2) NOT NULL", "-12.35");
    check("(cast {DECIMAL(4,2)} 123.45)", "DECIMAL(4, 2) NOT NULL", "NULL");
    check("(cast {DECIMAL(10,2)} 1.005e0)", "DECIMAL(10, 2) NOT NULL", "1.01");
    check("(cast {INT} -9.99)", "INT NOT NULL", "-9");
    check("(cast {TINYINT} 128.5)", "TINYINT NOT NULL", "-128");
    check("(cast {BIGINT} (cast {DECIMAL(38,0)} '18446744073709551617'))", "BIGINT NOT NULL", "1");
    check("(cast {FLOAT} 0.1)", "FLOAT NOT NULL", "0.1");
    check("(cast {DECIMAL(5,2)} '1000')", "!run", "");
    check("(cast {DECIMAL(5,2)} '999.995')", "!validate", "");
    check("(try_cast {DECIMAL(10,2)} (cast {DOUBLE} 'NaN'))", "!run", "");
    check("(try_cast {DECIMAL(3,0)} 1000)", "DECIMAL(3, 0)", "NULL");
}

static void texts(void **state)
{
    (void)state;
    check("(cast {TINYINT} ' 5 ')", "TINYINT NOT NULL", "5");
    check("(cast {INT} '1.9')", "INT NOT NULL", "1");
    check("(cast {INT} '')", "!run", "");
    check("(try_cast {INT} 'abc')", "INT", "NULL");
    check("(try_cast {INT} '12')", "INT", "12");
    check("(cast {BOOLEAN} 'no')", "BOOLEAN NOT NULL", "FALSE");
    check("(cast {BOOLEAN} 'maybe')", "!run", "");
    check("(cast {CHAR(5)} 'abc')", "CHAR(5) NOT NULL", "abc  ");
    check("(cast {VARCHAR(2)} 'abc')", "VARCHAR(2) NOT NULL", "ab");
    check("(cast {VARCHAR(2)} 'ééé')", "VARCHAR(2) NOT NULL", "éé");
    check("(cast {VARCHAR(3)} 12345)", "VARCHAR(3) NOT NULL", "123");
    check("(cast {CHAR(7)} false)", "CHAR(7) NOT NULL", "FALSE  ");
    check("(cast {STRING} 1e10)", "STRING NOT NULL", "1.0E10");
    check("(cast {BYTES} 'ab')", "BYTES NOT NULL", "ab");
    check("(cast {BINARY(2)} 'abc')", "BINARY(2) NOT NULL", "ab");
    check("(cast {STRING} x'ff')", "STRING NOT NULL", "\xef\xbf\xbd");
    check("(cast {STRING} (ARRAY 'a' 'b c'))", "STRING NOT NULL", "[a, b c]");
    check("(cast {STRING} (ROW 1 (MAP 'k' true)))", "STRING NOT NULL", "(1, {k=TRUE})");
    check("(cast {STRING} null)", "STRING", "NULL");
}

static void times(void **state)
{
    (void)state;
    const char *stamp = "(cast {TIMESTAMP(9)} '2020-02-29 12:34:56.789123456')";
    static const struct { const char *type, *printed, *value; } cases[] = {
        { "DATE", "DATE NOT NULL", "2020-02-29" }, { "TIME(0)", "TIME(0) NOT NULL", "12:34:56" }, { "TIME(3)", "TIME(3) NOT NULL", "12:34:56.789" },
        { "TIMESTAMP(0)", "TIMESTAMP(0) NOT NULL", "2020-02-29 12:34:56" }, { "TIMESTAMP(6)", "TIMESTAMP(6) NOT NULL", "2020-02-29 12:34:56.789123" },
        { "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(3) NOT NULL", "2020-02-29 12:34:56.789" }, { "VARCHAR(10)", "VARCHAR(10) NOT NULL", "2020-02-29" } };
    char text[200];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "(cast {%s} %s)", cases[i].type, stamp);
        check(text, cases[i].printed, cases[i].value);
    }
    check("(cast {TIMESTAMP(3)} (cast {TIME(0)} '10:11:12'))", "TIMESTAMP(3) NOT NULL", "1970-01-01 10:11:12.000");
    check("(cast {TIMESTAMP(3)} (cast {DATE} '1969-12-31'))", "TIMESTAMP(3) NOT NULL", "1969-12-31 00:00:00.000");
    check("(cast {TIME(0)} (cast {DATE} '1969-12-31'))", "!validate", "");
    check("(cast {INTERVAL_SECOND} 1500)", "INTERVAL SECOND(3) NOT NULL", "+0 00:00:01.500");
    check("(cast {INTERVAL_MONTH} 14)", "INTERVAL MONTH NOT NULL", "+1-02");
}

static void zones(void **state)
{
    (void)state;
    ExprCtx berlin = ctx;
    berlin.zone = zone_find(STR("Europe/Berlin"));
    assert_non_null(berlin.zone);
    expect_const(&berlin, "(cast {STRING} (cast {TIMESTAMP_LTZ(3)} '2024-03-31 02:30:00'))", "STRING NOT NULL", "2024-03-31 03:30:00.000");
    expect_const(&berlin, "(cast {TIMESTAMP_LTZ(3)} (cast {TIMESTAMP(3)} '2024-07-01 12:00:00'))", "TIMESTAMP_LTZ(3) NOT NULL", "2024-07-01 10:00:00.000");
    expect_const(&berlin, "(cast {DATE} (cast {TIMESTAMP_LTZ(3)} '2024-07-01 00:30:00'))", "DATE NOT NULL", "2024-07-01");
}

static void nested(void **state)
{
    (void)state;
    check("(cast {ARRAY<BIGINT>} (ARRAY 1 2))", "ARRAY<BIGINT> NOT NULL", "[1, 2]");
    check("(cast {ARRAY<INT>} (ARRAY '1' 'x'))", "!run", "");
    check("(try_cast {ARRAY<INT>} (ARRAY '1' 'x'))", "ARRAY<INT>", "NULL");
    check("(cast {MAP<INT, STRING>} (MAP '1' true))", "MAP<INT, STRING> NOT NULL", "{1=TRUE}");
    check("(cast {ARRAY<INT>} true)", "!validate", "");
    check("(cast {INT} (ARRAY 1))", "!validate", "");
}

static void refused(void **state)
{
    (void)state;
    static const char *const pairs[] = {
        "(cast {TIMESTAMP(3)} 0)", "(try_cast {TIMESTAMP(3)} 0)", "(cast {BYTES} 1)", "(cast {DATE} 1)", "(cast {TIME(0)} 1)", "(cast {BYTES} true)",
        "(cast {INT} (cast {DATE} '2020-01-01'))", "(cast {BIGINT} (cast {TIMESTAMP(3)} '2020-01-01'))", "(cast {INT} x'61')", "(cast {BOOLEAN} x'61')",
        "(cast {DATE} x'61')", "(cast {INT} (cast {INTERVAL_SECOND} 1))", "(cast {INTERVAL_MONTH} '5')", "(cast {INTERVAL_SECOND} 1.5)",
        "(cast {BOOLEAN} (cast {TIME(0)} '10:00:00'))", "(cast {INTERVAL_MONTH} (cast {INTERVAL_SECOND} 1))" };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) check(pairs[i], "!validate", "");
}

static void legacy_never_fails(void **state)
{
    (void)state;
    ExprCtx legacy = ctx;
    legacy.legacy_cast = true;
    expect_const(&legacy, "(cast {INT} 'abc')", "INT", "NULL");
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    ctx = (ExprCtx){ .arena = arena, .zone = zone_utc() };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(numbers), cmocka_unit_test(decimals), cmocka_unit_test(texts), cmocka_unit_test(times),
        cmocka_unit_test(zones), cmocka_unit_test(nested), cmocka_unit_test(refused), cmocka_unit_test(legacy_never_fails) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
