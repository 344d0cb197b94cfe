/* Numeric functions.
 * Each line is one rule: the call, its result type (or the stage of its refusal), its value. */
#include "tests/unit/fn_check.h"

static void fn_abs(void **state)
{
    (void)state;
    check("(ABS -1)", "INT NOT NULL", "1");
    check("(ABS -1.50)", "DECIMAL(3, 2) NOT NULL", "1.50");
    check("(ABS (cast {DOUBLE} '-0.0'))", "DOUBLE NOT NULL", "0.0");
    check("(ABS (cast {TINYINT} -5))", "TINYINT NOT NULL", "5");
    check("(ABS '1')", "!validate", "");
    check("(ABS (cast {INTERVAL_MONTH} -3l))", "!validate", "");
}

static void fn_sign(void **state)
{
    (void)state;
    check("(SIGN 0e0)", "DOUBLE NOT NULL", "0.0");
    check("(SIGN -5)", "INT NOT NULL", "-1");
    check("(SIGN 1.50)", "DECIMAL(3, 2) NOT NULL", "1.00");
    check("(SIGN (cast {BIGINT} -3))", "BIGINT NOT NULL", "-1");
    check("(SIGN (cast {DOUBLE} 'NaN'))", "DOUBLE NOT NULL", "NaN");
}

static void fn_round(void **state)
{
    (void)state;
    check("(ROUND 2.5)", "DECIMAL(2, 0) NOT NULL", "3");
    check("(ROUND 1.235 2)", "DECIMAL(4, 2) NOT NULL", "1.24");
    check("(ROUND 1234.5 -2)", "DECIMAL(5, 0) NOT NULL", "1200");
    check("(ROUND 15 -1)", "INT NOT NULL", "20");
    check("(ROUND 12.345 5)", "DECIMAL(5, 3) NOT NULL", "12.345");
    check("(ROUND -2.5e0)", "DOUBLE NOT NULL", "-3.0");
    check("(ROUND 123.456 -2)", "DECIMAL(4, 0) NOT NULL", "100");
    check("(ROUND '1.5' 1)", "!validate", "");
    check("(ROUND 1.5 1.5)", "!validate", "");
}

static void fn_truncate(void **state)
{
    (void)state;
    check("(TRUNCATE 42.324 2)", "DECIMAL(5, 2) NOT NULL", "42.32");
    check("(TRUNCATE 42.324)", "DECIMAL(3, 0) NOT NULL", "42");
    check("(TRUNCATE -42.999 0)", "DECIMAL(3, 0) NOT NULL", "-42");
    check("(TRUNCATE (cast {DOUBLE} null) 2)", "DOUBLE", "NULL");
    check("(TRUNCATE -1.999e0 2)", "DOUBLE NOT NULL", "-1.99");
    check("(TRUNCATE 123456 -3)", "INT NOT NULL", "123000");
    check("(TRUNCATE 1.999)", "DECIMAL(2, 0) NOT NULL", "1");
}

static void fn_ceil(void **state)
{
    (void)state;
    check("(CEIL 1.2)", "DECIMAL(2, 0) NOT NULL", "2");
    check("(CEIL 1e0)", "DOUBLE NOT NULL", "1.0");
    check("(CEIL -1.5)", "DECIMAL(2, 0) NOT NULL", "-1");
    check("(CEIL (cast {FLOAT} 1.5))", "FLOAT NOT NULL", "2.0");
    check("(CEIL 0.00)", "DECIMAL(3, 0) NOT NULL", "0");
    check("(CEIL '1.5')", "!validate", "");
}

static void fn_floor(void **state)
{
    (void)state;
    check("(FLOOR -1.2)", "DECIMAL(2, 0) NOT NULL", "-2");
    check("(FLOOR 1.99)", "DECIMAL(3, 0) NOT NULL", "1");
    check("(FLOOR 99999999999999999.5)", "DECIMAL(18, 0) NOT NULL", "99999999999999999");
    check("(FLOOR -0.5e0)", "DOUBLE NOT NULL", "-1.0");
    check("(FLOOR (cast {TINYINT} 5))", "TINYINT NOT NULL", "5");
    check("(FLOOR 123.45)", "DECIMAL(5, 0) NOT NULL", "123");
    check("(FLOOR (cast {DATE} '2024-01-15'))", "!validate", "");
    check("(FLOOR (cast {INTERVAL_SECOND} 90000000l))", "!validate", "");
}

static void fn_power(void **state)
{
    (void)state;
    check("(POWER 2 0.5)", "DOUBLE NOT NULL", "1.4142135623730951");
    check("(POWER -8 (/ 1.0 3))", "DOUBLE NOT NULL", "NaN");
    check("(POWER 0 -1)", "DOUBLE NOT NULL", "Infinity");
    check("(POWER 2.0 3)", "DOUBLE NOT NULL", "8.0");
    check("(POWER 2 (cast {INT} null))", "DOUBLE", "NULL");
    check("(POWER (cast {FLOAT} 2) (cast {FLOAT} 3))", "DOUBLE NOT NULL", "8.0");
    check("(POWER 0 0)", "DOUBLE NOT NULL", "1.0");
}

static void fn_sqrt(void **state)
{
    (void)state;
    check("(SQRT -1)", "DOUBLE NOT NULL", "NaN");
    check("(SQRT 0)", "DOUBLE NOT NULL", "0.0");
    check("(SQRT (cast {FLOAT} '4'))", "DOUBLE NOT NULL", "2.0");
    check("(SQRT 2)", "DOUBLE NOT NULL", "1.4142135623730951");
    check("(SQRT 0.25)", "DOUBLE NOT NULL", "0.5");
}

static void fn_exp(void **state)
{
    (void)state;
    check("(EXP 0)", "DOUBLE NOT NULL", "1.0");
    check("(EXP 1000)", "DOUBLE NOT NULL", "Infinity");
    check("(EXP (cast {DECIMAL(38,0)} 1))", "DOUBLE NOT NULL", "2.718281828459045");
    check("(EXP 1)", "DOUBLE NOT NULL", "2.718281828459045");
    check("(EXP -1000)", "DOUBLE NOT NULL", "0.0");
}

static void fn_ln(void **state)
{
    (void)state;
    check("(LN 1)", "DOUBLE NOT NULL", "0.0");
    check("(LN 0)", "DOUBLE NOT NULL", "-Infinity");
    check("(LN -1)", "DOUBLE NOT NULL", "NaN");
    check("(LN 2.718281828459045)", "DOUBLE NOT NULL", "1.0");
    check("(LN 100)", "DOUBLE NOT NULL", "4.605170185988092");
    check("(LN true)", "!validate", "");
}

static void fn_log(void **state)
{
    (void)state;
    check("(LOG 8)", "DOUBLE NOT NULL", "2.0794415416798357");
    check("(LOG 2 8)", "DOUBLE NOT NULL", "3.0");
    check("(LOG -2 8)", "DOUBLE NOT NULL", "NaN");
    check("(LOG 2 -8)", "DOUBLE NOT NULL", "NaN");
    check("(LOG 10 1000)", "DOUBLE NOT NULL", "2.9999999999999996");
    check("(LOG 100)", "DOUBLE NOT NULL", "4.605170185988092");
    check("(LOG 10 100)", "DOUBLE NOT NULL", "2.0");
    check("(LOG '2' 8)", "!validate", "");
}

static void fn_log2(void **state)
{
    (void)state;
    check("(LOG2 8)", "DOUBLE NOT NULL", "3.0");
    check("(LOG2 0)", "DOUBLE NOT NULL", "-Infinity");
    check("(LOG2 -1)", "DOUBLE NOT NULL", "NaN");
    check("(LOG2 10)", "DOUBLE NOT NULL", "3.3219280948873626");
    check("(LOG2 1024)", "DOUBLE NOT NULL", "10.0");
}

static void fn_log10(void **state)
{
    (void)state;
    check("(LOG10 100)", "DOUBLE NOT NULL", "2.0");
    check("(LOG10 0)", "DOUBLE NOT NULL", "-Infinity");
    check("(LOG10 1000)", "DOUBLE NOT NULL", "3.0");
    check("(LOG10 2)", "DOUBLE NOT NULL", "0.3010299956639812");
}

static void fn_sin(void **state)
{
    (void)state;
    check("(SIN 0)", "DOUBLE NOT NULL", "0.0");
    check("(SIN 1)", "DOUBLE NOT NULL", "0.8414709848078965");
    check("(SIN 1e10)", "DOUBLE NOT NULL", "-0.4875060250875107");
    check("(SIN 'a')", "!validate", "");
    check("(SIN 1 2)", "!validate", "");
}

static void fn_atan2(void **state)
{
    (void)state;
    check("(ATAN2 0 -1)", "DOUBLE NOT NULL", "3.141592653589793");
    check("(ATAN2 0 0)", "DOUBLE NOT NULL", "0.0");
    check("(ATAN2 -1 -1)", "DOUBLE NOT NULL", "-2.356194490192345");
}

static void fn_degrees(void **state)
{
    (void)state;
    check("(DEGREES (PI))", "DOUBLE NOT NULL", "180.0");
    check("(DEGREES 1)", "DOUBLE NOT NULL", "57.29577951308232");
    check("(DEGREES 3.14)", "DOUBLE NOT NULL", "179.9087476710785");
}

static void fn_radians(void **state)
{
    (void)state;
    check("(RADIANS 180)", "DOUBLE NOT NULL", "3.141592653589793");
    check("(RADIANS 90.0)", "DOUBLE NOT NULL", "1.5707963267948966");
    check("(RADIANS 45)", "DOUBLE NOT NULL", "0.7853981633974483");
}

static void fn_bin(void **state)
{
    (void)state;
    check("(BIN 10)", "STRING NOT NULL", "1010");
    check("(BIN (cast {TINYINT} -1))", "STRING NOT NULL", "1111111111111111111111111111111111111111111111111111111111111111");
    check("(BIN 9223372036854775807L)", "STRING NOT NULL", "111111111111111111111111111111111111111111111111111111111111111");
    check("(BIN (cast {INT} null))", "STRING", "NULL");
    check("(BIN 0)", "STRING NOT NULL", "0");
    check("(BIN -1)", "STRING NOT NULL", "1111111111111111111111111111111111111111111111111111111111111111");
    check("(BIN (cast {SMALLINT} 5))", "STRING NOT NULL", "101");
    check("(BIN 1.5)", "!validate", "");
    check("(BIN '10')", "!validate", "");
}

static void fn_rand(void **state)
{
    (void)state;
    check("(RAND 42)", "DOUBLE NOT NULL", "0.7275636800328681");
    check("(RAND (cast {INT} null))", "DOUBLE", "NULL");
    check("(RAND 1)", "DOUBLE NOT NULL", "0.7308781907032909");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fn_abs),
        cmocka_unit_test(fn_sign),
        cmocka_unit_test(fn_round),
        cmocka_unit_test(fn_truncate),
        cmocka_unit_test(fn_ceil),
        cmocka_unit_test(fn_floor),
        cmocka_unit_test(fn_power),
        cmocka_unit_test(fn_sqrt),
        cmocka_unit_test(fn_exp),
        cmocka_unit_test(fn_ln),
        cmocka_unit_test(fn_log),
        cmocka_unit_test(fn_log2),
        cmocka_unit_test(fn_log10),
        cmocka_unit_test(fn_sin),
        cmocka_unit_test(fn_atan2),
        cmocka_unit_test(fn_degrees),
        cmocka_unit_test(fn_radians),
        cmocka_unit_test(fn_bin),
        cmocka_unit_test(fn_rand),
    };
    return fn_tests(tests, sizeof tests / sizeof tests[0]);
}
