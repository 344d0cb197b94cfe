/* JSON paths, clauses and construction; VARIANT.
 * Each line is one rule: the call, its result type (or the stage of its refusal), its value. */
#include "tests/unit/fn_check.h"
#include "engine/expr/jsondoc.h"

static void fn_json_value(void **state)
{
    (void)state;
    check("(JSON_VALUE '{\"a\": true}' '$.a')", "STRING", "true");
    check("(JSON_VALUE '{\"a\": -0}' '$.a')", "STRING", "0");
    check("(JSON_VALUE '[10,20,30]' '$[3]')", "STRING", "NULL");
    check("(JSON_VALUE '{\"a\": 1}' '$.b' #ON_EMPTY #ERROR)", "STRING", "NULL");
    check("(JSON_VALUE '{\"a\":{\"b\":7}}' '$..b')", "STRING", "NULL");
    check("(JSON_VALUE '{\"a\":[3,1,2]}' '$.a.first()')", "STRING", "3");
    check("(JSON_VALUE '{\"a\":1}' '$..')", "STRING", "NULL");
    check("(JSON_VALUE '{\"a\":[1]}' 'lax $.a.b' #ON_EMPTY 'e' #ON_ERROR 'r')", "STRING", "e");
    check("(JSON_VALUE '{\"a\":1}' '$.b' #RETURNING (cast {INT} null) #ON_EMPTY 5 #ON_ERROR 6)", "INT", "6");
    check("(JSON_VALUE '{\"a\":0.00}' '$.a')", "STRING", "0.00");
    check("(JSON_VALUE '{\"a\": \"true\"}' '$.a' #RETURNING (cast {BOOLEAN} null))", "!run", "");
    check("(JSON_VALUE '{\"a\": 1}' '$.a' #RETURNING (cast {DOUBLE} null))", "!run", "");
}

static void fn_json_query(void **state)
{
    (void)state;
    check("(JSON_QUERY '{ \"a\": { \"b\": 1 } }' '$.a')", "STRING", "{\"b\":1}");
    check("(JSON_QUERY '{\"a\":1}' '$' #WRAPPER #CONDITIONAL)", "STRING", "[{\"a\":1}]");
    check("(JSON_QUERY '{\"a\":[1,2,3,4]}' '$.a[0,2]')", "STRING", "[1,3]");
    check("(JSON_QUERY '{\"a\": 1}' 'lax $.a' #ON_ERROR #ERROR)", "STRING", "NULL");
    check("(JSON_QUERY '{\"a\":1}' '$.a' #RETURNING (cast {ARRAY<STRING>} null) #WRAPPER #CONDITIONAL)", "ARRAY<STRING>", "[1]");
    check("(JSON_QUERY '{\"a\":null}' '$.a' #WRAPPER #UNCONDITIONAL #ON_EMPTY #EMPTY_ARRAY #ON_ERROR #EMPTY_OBJECT)", "STRING", "{}");
    check("(JSON_QUERY '{\"a\":1}' 'lax $.b[*]')", "STRING", "[]");
    check("(JSON_QUERY '{\"a\":[1,2,3,4,5]}' '$.a[1:3]')", "STRING", "[2,3]");
    check("(JSON_QUERY '{\"a\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}]}' '$.a[?(@.v != 1)]')", "STRING", "[{\"k\":\"y\",\"v\":2}]");
    check("(JSON_QUERY '{\"m\":2,\"a\":[1,2,3]}' '$.a[?(@ > $.m)]')", "STRING", "[3]");
    check("(JSON_QUERY '{}' 'lax $.invalid' #ON_EMPTY #ERROR)", "!run", "");
    check("(JSON_QUERY '{}' 'strict $.invalid' #ON_ERROR #ERROR)", "!run", "");
}

static void fn_json_exists(void **state)
{
    (void)state;
    check("(JSON_EXISTS '{\"a\": true}' '$.a')", "BOOLEAN", "TRUE");
    check("(JSON_EXISTS '{\"a\": [{ \"b\": 1 }]}' '$.a[0].b')", "BOOLEAN", "TRUE");
    check("(JSON_EXISTS '{\"a\": true}' 'lax $.b' #ON_ERROR #ERROR)", "BOOLEAN", "FALSE");
    check("(JSON_EXISTS '{\"a\":1}' '$')", "BOOLEAN", "TRUE");
    check("(JSON_EXISTS '{\"a\":1}' '$.a[')", "BOOLEAN", "TRUE");
    check("(JSON_EXISTS (cast {STRING} null) '$.a')", "BOOLEAN", "NULL");
    check("(JSON_EXISTS '{\"a\":1}' 'LAX $.a')", "BOOLEAN", "TRUE");
    check("(JSON_EXISTS '{\"a\":null}' 'lax $.a')", "BOOLEAN", "FALSE");
    check("(JSON_EXISTS '{\"a\":1}' '$.b[*]')", "BOOLEAN", "FALSE");
    check("(JSON_EXISTS '{\"a\":1}' 'lax $.b[*]')", "BOOLEAN", "TRUE");
    check("(JSON_EXISTS '{\"a\":1}' (cast {STRING} null))", "!validate", "");
    check("(JSON_EXISTS 5 '$.a')", "!validate", "");
}

static void fn_is_json_value(void **state)
{
    (void)state;
    check("(IS_JSON_VALUE '')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_JSON_VALUE (cast {STRING} null))", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_JSON_VALUE '{\"a\":1} x')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_JSON_VALUE ' {\"a\":1} ')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_JSON_VALUE 'NaN')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_JSON_VALUE '\"\\u00e9\"')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_JSON_VALUE '\"a')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_JSON_VALUE '{\"a\":1,\"a\":2}')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_JSON_VALUE '[1,2')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_JSON_VALUE '{\"a\":}')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_JSON_VALUE 1)", "!validate", "");
}

static void fn_is_json_scalar(void **state)
{
    (void)state;
    check("(IS_JSON_SCALAR 'true')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_JSON_SCALAR 'null')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_JSON_SCALAR '1.5e3')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_JSON_SCALAR '\"a\" \"b\"')", "BOOLEAN NOT NULL", "TRUE");
}

static void fn_is_json_array(void **state)
{
    (void)state;
    check("(IS_JSON_ARRAY '{}')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_JSON_ARRAY '[1] x')", "BOOLEAN NOT NULL", "TRUE");
}

static void fn_json_string(void **state)
{
    (void)state;
    check("(JSON_STRING 1)", "STRING NOT NULL", "1");
    check("(JSON_STRING 'q\"b\\s/')", "STRING NOT NULL", "\"q\\\"b\\\\s/\"");
    check("(JSON_STRING 1e0)", "STRING NOT NULL", "1.0");
    check("(JSON_STRING (cast {DOUBLE} 'NaN'))", "STRING NOT NULL", "\"NaN\"");
    check("(JSON_STRING (cast {TIMESTAMP(9)} '2024-02-29 13:14:15.123456789'))", "STRING NOT NULL", "\"2024-02-29T13:14:15.123456789\"");
    check("(JSON_STRING (ARRAY 1 2))", "STRING NOT NULL", "[1,2]");
    check("(JSON_STRING (ARRAY (MAP 'k' (ARRAY 1))))", "STRING NOT NULL", "[{\"k\":[1]}]");
    check("(JSON_STRING (cast {FLOAT} 0.1))", "STRING NOT NULL", "0.10000000149011612");
    check("(JSON_STRING 1e7)", "STRING NOT NULL", "1.0E+7");
    check("(JSON_STRING (cast {DECIMAL(20,10)} 1.10))", "STRING NOT NULL", "1.1000000000");
    check("(JSON_STRING (cast {DATE} '2024-02-29'))", "!validate", "");
    check("(JSON_STRING (MAP 1 2))", "!validate", "");
}

static void fn_json_object(void **state)
{
    (void)state;
    check("(JSON_OBJECT 'K1' 'V1' 'K2' 'V2' #NULL_ON_NULL)", "STRING NOT NULL", "{\"K1\":\"V1\",\"K2\":\"V2\"}");
    check("(JSON_OBJECT 'K1' 'V1' 'K2' 2 #NULL_ON_NULL)", "STRING NOT NULL", "{\"K1\":\"V1\",\"K2\":2}");
    check("(JSON_OBJECT 'K1' (cast {STRING} null) #ABSENT_ON_NULL)", "STRING NOT NULL", "{}");
    check("(JSON_OBJECT 'a' '{\"b\":1}' #NULL_ON_NULL)", "STRING NOT NULL", "{\"a\":\"{\\\"b\\\":1}\"}");
    check("(JSON_OBJECT 'a' (JSON '{ \"b\" : [ 1 , 2.50 ] }') #NULL_ON_NULL)", "STRING NOT NULL", "{\"a\":{\"b\":[1,2.50]}}");
    check("(JSON_OBJECT 'a' (JSON_STRING 'x') #NULL_ON_NULL)", "STRING NOT NULL", "{\"a\":\"\\\"x\\\"\"}");
    check("(JSON_OBJECT 'a' (cast {STRING} (JSON_OBJECT 'b' 1 #NULL_ON_NULL)) #NULL_ON_NULL)", "STRING NOT NULL", "{\"a\":{\"b\":1}}");
    check("(JSON_OBJECT '' 1 #NULL_ON_NULL)", "STRING NOT NULL", "{\"\":1}");
    check("(JSON_OBJECT 'arr' (ARRAY 1 2) 'm' (MAP 'k' 'v') 'r' (ROW 1 'a') #NULL_ON_NULL)", "STRING NOT NULL", "{\"arr\":[1,2],\"m\":{\"k\":\"v\"},\"r\":{\"EXPR$0\":1,\"EXPR$1\":\"a\"}}");
    check("(JSON_OBJECT 'a' 1 #NULL_ON_NULL)", "STRING NOT NULL", "{\"a\":1}");
    check("(JSON_OBJECT 'a' (JSON 'bad') #NULL_ON_NULL)", "!run", "");
    check("(JSON_OBJECT 1 2 #NULL_ON_NULL)", "!validate", "");
}

static void fn_json_array(void **state)
{
    (void)state;
    check("(JSON_ARRAY #ABSENT_ON_NULL)", "STRING NOT NULL", "[]");
    check("(JSON_ARRAY 1 '2' true #ABSENT_ON_NULL)", "STRING NOT NULL", "[1,\"2\",true]");
    check("(JSON_ARRAY 1 (cast {INT} null) 3 #ABSENT_ON_NULL)", "STRING NOT NULL", "[1,3]");
    check("(JSON_ARRAY (cast {STRING} null) #NULL_ON_NULL)", "STRING NOT NULL", "[null]");
    check("(JSON_ARRAY (cast {STRING} null) #ABSENT_ON_NULL)", "STRING NOT NULL", "[]");
    check("(JSON_ARRAY '[1]' #ABSENT_ON_NULL)", "STRING NOT NULL", "[\"[1]\"]");
    check("(JSON_ARRAY (JSON '[1]') #ABSENT_ON_NULL)", "STRING NOT NULL", "[[1]]");
    check("(JSON_ARRAY (ARRAY 1 2) (ROW 1 2) #ABSENT_ON_NULL)", "STRING NOT NULL", "[[1,2],{\"EXPR$0\":1,\"EXPR$1\":2}]");
    check("(JSON_ARRAY (JSON_STRING 1) (JSON_QUERY '[1]' '$') #ABSENT_ON_NULL)", "STRING NOT NULL", "[\"1\",\"[1]\"]");
    check("(JSON_ARRAY (JSON 'null') (JSON '{\"b\":1,\"a\":[ ]}') #ABSENT_ON_NULL)", "STRING NOT NULL", "[null,{\"a\":[],\"b\":1}]");
    check("(JSON_ARRAY 1.50 1e0 (cast {DATE} '2024-01-01') #ABSENT_ON_NULL)", "!validate", "");
    check("(JSON_ARRAY null #ABSENT_ON_NULL)", "!validate", "");
}

static void fn_json_quote(void **state)
{
    (void)state;
    check("(JSON_QUOTE 'é日')", "STRING NOT NULL", "\"\\u00e9\\u65e5\"");
    check("(JSON_QUOTE '')", "STRING NOT NULL", "\"\"");
    check("(JSON_QUOTE '\"x\"')", "STRING NOT NULL", "\"\\\"x\\\"\"");
    check("(JSON_QUOTE '')", "STRING NOT NULL", "\"\"");
    check("(JSON_QUOTE 5)", "!validate", "");
}

static void fn_json_unquote(void **state)
{
    (void)state;
    check("(JSON_UNQUOTE 'abc')", "STRING NOT NULL", "abc");
    check("(JSON_UNQUOTE '\"a\\\"b\"')", "STRING NOT NULL", "a\"b");
    check("(JSON_UNQUOTE '\"\\u00\"')", "STRING NOT NULL", "\"\\u00\"");
    check("(JSON_UNQUOTE '\"\"')", "STRING NOT NULL", "");
    check("(JSON_UNQUOTE '')", "STRING NOT NULL", "");
    check("(JSON_UNQUOTE '{\"a\":\"b\"}')", "STRING NOT NULL", "{\"a\":\"b\"}");
    check("(JSON_UNQUOTE '[\"a\"]')", "STRING NOT NULL", "[\"a\"]");
    check("(JSON_UNQUOTE '\"a\" ')", "STRING NOT NULL", "\"a\" ");
    check("(JSON_UNQUOTE (cast {STRING} null))", "STRING", "NULL");
    check("(JSON_UNQUOTE (JSON_QUOTE 'round \"trip\" \\ /'))", "STRING NOT NULL", "round \"trip\" \\ /");
}

static void fn_parse_json(void **state)
{
    (void)state;
    check("(PARSE_JSON '{\"a\":1,\"b\":[1,2]}')", "VARIANT NOT NULL", "{\"a\":1,\"b\":[1,2]}");
    check("(PARSE_JSON '5')", "VARIANT NOT NULL", "5");
    check("(PARSE_JSON 'null')", "VARIANT NOT NULL", "null");
    check("(PARSE_JSON '{\"b\":1,\"a\":2}')", "VARIANT NOT NULL", "{\"a\":2,\"b\":1}");
    check("(PARSE_JSON '{\"a\":1.10}')", "VARIANT NOT NULL", "{\"a\":1.1}");
    check("(PARSE_JSON '{\"a\":\"é\\u00e9\"}')", "VARIANT NOT NULL", "{\"a\":\"éé\"}");
    check("(PARSE_JSON '100.00')", "VARIANT NOT NULL", "100");
    check("(PARSE_JSON '-0')", "VARIANT NOT NULL", "0");
    check("(PARSE_JSON '123456789012345678901234567890123456789012345')", "VARIANT NOT NULL", "1.2345678901234567E44");
    check("(PARSE_JSON ' [ 1 , 2 ] ')", "VARIANT NOT NULL", "[1,2]");
    check("(PARSE_JSON '')", "!run", "");
    check("(PARSE_JSON '{\"a\":1,\"a\":2}')", "!run", "");
}

static void fn_try_parse_json(void **state)
{
    (void)state;
    check("(TRY_PARSE_JSON 'not json')", "VARIANT", "NULL");
    check("(TRY_PARSE_JSON '{\"a\":1,\"a\":2}')", "VARIANT", "NULL");
    check("(TRY_PARSE_JSON '{\"a\":1,\"a\":2}' true)", "VARIANT", "{\"a\":2}");
}

static void fn_item(void **state)
{
    (void)state;
    check("(ITEM (PARSE_JSON '{\"a\":1}') 'a')", "VARIANT", "1");
    check("(ITEM (PARSE_JSON '{\"a\":1}') 'b')", "VARIANT", "NULL");
    check("(ITEM (ITEM (ITEM (PARSE_JSON '{\"a\":{\"b\":[7,8]}}') 'a') 'b') 1)", "VARIANT", "7");
    check("(ITEM (ITEM (ITEM (PARSE_JSON '{\"a\":{\"b\":[7,8]}}') 'a') 'b') 0)", "VARIANT", "NULL");
    check("(ITEM (PARSE_JSON '[7,8]') 1)", "VARIANT", "7");
    check("(ITEM (PARSE_JSON '[1,2]') 3)", "VARIANT", "NULL");
    check("(ITEM (PARSE_JSON '[1,2]') -1)", "VARIANT", "NULL");
    check("(ITEM (PARSE_JSON '{\"a\":null}') 'a')", "VARIANT", "null");
    check("(ITEM (PARSE_JSON '[7,8]') 'a')", "!run", "");
    check("(ITEM (PARSE_JSON 'null') 'a')", "!run", "");
}

/* A number is a slice of something: its exponent ends where the slice does. */
static void numbers_are_slices(void **state)
{
    (void)state;
    Arena *scratch = arena_new();
    ArenaBuf buf = arena_buf(scratch);
    Str text = STR("1.5e-1099,");
    json_add_number(&buf, str_sub(text, 0, 7));
    buf_addc(&buf, ' ');
    json_add_number(&buf, STR("2e99999999999999999999"));
    assert_true(str_is(buf_str(&buf), "1.5E-10 2E+9999999999"));
    arena_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fn_json_value),
        cmocka_unit_test(fn_json_query),
        cmocka_unit_test(fn_json_exists),
        cmocka_unit_test(fn_is_json_value),
        cmocka_unit_test(fn_is_json_scalar),
        cmocka_unit_test(fn_is_json_array),
        cmocka_unit_test(fn_json_string),
        cmocka_unit_test(fn_json_object),
        cmocka_unit_test(fn_json_array),
        cmocka_unit_test(fn_json_quote),
        cmocka_unit_test(fn_json_unquote),
        cmocka_unit_test(fn_parse_json),
        cmocka_unit_test(fn_try_parse_json),
        cmocka_unit_test(fn_item),
        cmocka_unit_test(numbers_are_slices),
    };
    return fn_tests(tests, sizeof tests / sizeof tests[0]);
}
