/* Regular expressions with Java's meaning.
 * Each line is one rule: the call, its result type (or the stage of its refusal), its value. */
#include "tests/unit/fn_check.h"

static void fn_regexp(void **state)
{
    (void)state;
    check("(REGEXP 'abc' 'B')", "BOOLEAN NOT NULL", "FALSE");
    check("(REGEXP 'é' '^.$')", "BOOLEAN NOT NULL", "TRUE");
    check("(REGEXP 'ab' '[a-c&&[^b]]b')", "BOOLEAN NOT NULL", "TRUE");
    check("(REGEXP 'e' '[^a-c[d-f]]')", "BOOLEAN NOT NULL", "FALSE");
    check("(REGEXP 'é' '\\p{IsAlphabetic}')", "BOOLEAN NOT NULL", "TRUE");
    check("(REGEXP 'é' '\\w')", "BOOLEAN NOT NULL", "FALSE");
    check("(REGEXP 'a{b' 'a\\{b')", "BOOLEAN NOT NULL", "TRUE");
    check("(REGEXP 'foobar' '(?<=foo)bar')", "BOOLEAN NOT NULL", "TRUE");
    check("(REGEXP '' '')", "BOOLEAN NOT NULL", "FALSE");
    check("(REGEXP 'a' '[[:alpha:]]')", "BOOLEAN NOT NULL", "TRUE");
}

static void fn_regexp_extract(void **state)
{
    (void)state;
    check("(REGEXP_EXTRACT 'foothebar' 'foo(.*?)(bar)')", "STRING", "foothebar");
    check("(REGEXP_EXTRACT 'foothebar' 'foo(.*?)(bar)' -1)", "STRING", "NULL");
    check("(REGEXP_EXTRACT 'abc' 'x')", "STRING", "NULL");
    check("(REGEXP_EXTRACT 'abc' '')", "STRING", "");
    check("(REGEXP_EXTRACT 'abc' '(x)?b' 1)", "STRING", "NULL");
    check("(REGEXP_EXTRACT 'a1b22' '\\d+')", "STRING", "1");
    check("(REGEXP_EXTRACT (cast {STRING} null) 'a')", "STRING", "NULL");
    check("(REGEXP_EXTRACT 'channel_id=abc' '(&|^)channel_id=([^&]*)' 2)", "STRING", "abc");
    check("(REGEXP_EXTRACT 'abc' '(a)(b)?(z)?' 3)", "STRING", "NULL");
    check("(REGEXP_EXTRACT '2024-01-02' '(\\d+)-(\\d+)-(\\d+)' 2)", "STRING", "01");
}

static void fn_regexp_extract_all(void **state)
{
    (void)state;
    check("(REGEXP_EXTRACT_ALL '100-200, 300-400' '(\\d+)-(\\d+)' 0)", "ARRAY<STRING>", "[100-200, 300-400]");
    check("(REGEXP_EXTRACT_ALL '100-200, 300-400' '(\\d+)-(\\d+)' 3)", "ARRAY<STRING>", "NULL");
    check("(REGEXP_EXTRACT_ALL '100-200' '(\\d+)-(\\d+)' -1)", "ARRAY<STRING>", "NULL");
    check("(REGEXP_EXTRACT_ALL 'abc' 'b')", "ARRAY<STRING>", "NULL");
    check("(REGEXP_EXTRACT_ALL 'abc' 'x' 0)", "ARRAY<STRING>", "[]");
    check("(REGEXP_EXTRACT_ALL 'abc' '(x)')", "ARRAY<STRING>", "[]");
    check("(REGEXP_EXTRACT_ALL '' '' 0)", "ARRAY<STRING>", "[]");
    check("(REGEXP_EXTRACT_ALL (cast {STRING} null) 'a')", "ARRAY<STRING>", "NULL");
    check("(REGEXP_EXTRACT_ALL 'a' 'a' (cast {INT} null))", "ARRAY<STRING>", "NULL");
    check("(REGEXP_EXTRACT_ALL 'a1b2' '([a-z])(\\d)' 2)", "ARRAY<STRING>", "[1, 2]");
}

static void fn_regexp_replace(void **state)
{
    (void)state;
    check("(REGEXP_REPLACE 'foobar' 'oo|ar' '')", "STRING NOT NULL", "fb");
    check("(REGEXP_REPLACE 'foobar' '(o)(o)' '$2$1x')", "STRING NOT NULL", "f$2$1xbar");
    check("(REGEXP_REPLACE 'foobar' 'o' '\\')", "STRING NOT NULL", "f\\\\bar");
    check("(REGEXP_REPLACE 'foobar' 'o' '$')", "STRING NOT NULL", "f$$bar");
    check("(REGEXP_REPLACE 'abc' 'b' (cast {STRING} null))", "STRING", "NULL");
    check("(REGEXP_REPLACE 'aaa' 'a*' 'x')", "STRING NOT NULL", "xx");
    check("(REGEXP_REPLACE 'a.b.c' '\\.' '')", "STRING NOT NULL", "abc");
    check("(REGEXP_REPLACE 'abc' '' '')", "STRING NOT NULL", "abc");
    check("(REGEXP_REPLACE '日本' '' '-')", "STRING NOT NULL", "-日-本-");
    check("(REGEXP_REPLACE 'aab' 'a*?' 'x')", "STRING NOT NULL", "xaxaxbx");
    check("(REGEXP_REPLACE 'foobar' '[' 'x')", "!run", "");
}

static void fn_regexp_count(void **state)
{
    (void)state;
    check("(REGEXP_COUNT 'aaaa' 'aa')", "INT", "2");
    check("(REGEXP_COUNT 'abc' '')", "INT", "4");
    check("(REGEXP_COUNT 'abc' '[')", "INT", "NULL");
    check("(REGEXP_COUNT (cast {STRING} null) 'x')", "INT", "NULL");
    check("(REGEXP_COUNT '日本日' '日')", "INT", "2");
    check("(REGEXP_COUNT '' '')", "INT", "1");
    check("(REGEXP_COUNT 'abab' '(ab)+')", "INT", "1");
}

static void fn_regexp_instr(void **state)
{
    (void)state;
    check("(REGEXP_INSTR 'hello' 'z')", "INT", "0");
    check("(REGEXP_INSTR 'abc' '')", "INT", "1");
    check("(REGEXP_INSTR '' '')", "INT", "1");
    check("(REGEXP_INSTR '日本' '本')", "INT", "2");
    check("(REGEXP_INSTR 'abc' '[')", "INT", "NULL");
}

static void fn_regexp_substr(void **state)
{
    (void)state;
    check("(REGEXP_SUBSTR 'hello world' 'o.')", "STRING", "o ");
    check("(REGEXP_SUBSTR 'hello' '')", "STRING", "");
    check("(REGEXP_SUBSTR 'abc' '[')", "STRING", "NULL");
    check("(REGEXP_SUBSTR 'foo123bar' '\\d+')", "STRING", "123");
}

static void fn_str_to_map(void **state)
{
    (void)state;
    check("(STR_TO_MAP 'a=1,a=2')", "MAP<STRING, STRING>", "{a=2}");
    check("(STR_TO_MAP '')", "MAP<STRING, STRING>", "{}");
    check("(STR_TO_MAP 'a=1=2')", "MAP<STRING, STRING>", "{a=1=2}");
    check("(STR_TO_MAP 'a=')", "MAP<STRING, STRING>", "{a=}");
    check("(STR_TO_MAP '=1')", "MAP<STRING, STRING>", "{=1}");
    check("(STR_TO_MAP 'a.1|b.2' '|' '.')", "MAP<STRING, STRING>", "{=}");
    check("(STR_TO_MAP 'k1=v1,k1=v2')", "MAP<STRING, STRING>", "{k1=v2}");
    check("(STR_TO_MAP 'k1=')", "MAP<STRING, STRING>", "{k1=}");
    check("(STR_TO_MAP 'k=a=b')", "MAP<STRING, STRING>", "{k=a=b}");
    check("(STR_TO_MAP ',')", "MAP<STRING, STRING>", "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fn_regexp),
        cmocka_unit_test(fn_regexp_extract),
        cmocka_unit_test(fn_regexp_extract_all),
        cmocka_unit_test(fn_regexp_replace),
        cmocka_unit_test(fn_regexp_count),
        cmocka_unit_test(fn_regexp_instr),
        cmocka_unit_test(fn_regexp_substr),
        cmocka_unit_test(fn_str_to_map),
    };
    return fn_tests(tests, sizeof tests / sizeof tests[0]);
}
