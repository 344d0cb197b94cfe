/* Functions of text: values, result types, NULLs and refusals.
 * Each line is one rule: the call, its result type (or the stage of its refusal), its value. */
#include "tests/unit/fn_check.h"

static void fn_upper(void **state)
{
    (void)state;
    check("(UPPER 'ß')", "CHAR(1) NOT NULL", "SS");
    check("(UPPER 'ŉ')", "CHAR(1) NOT NULL", "ʼN");
    check("(UPPER 'straße')", "CHAR(6) NOT NULL", "STRASSE");
    check("(UPPER 'ǆ')", "CHAR(1) NOT NULL", "Ǆ");
    check("(UPPER 'ﬁx')", "CHAR(2) NOT NULL", "FIX");
    check("(UPPER (PARSE_JSON '\"x\"'))", "!validate", "");
}

static void fn_lower(void **state)
{
    (void)state;
    check("(LOWER 'İ')", "CHAR(1) NOT NULL", "i̇");
    check("(LOWER 'ΑΣ')", "CHAR(2) NOT NULL", "ας");
    check("(LOWER 'ÀÉ')", "CHAR(2) NOT NULL", "àé");
    check("(LOWER 'ÅΣΑΣ ΣΑ')", "CHAR(7) NOT NULL", "åσας σα");
}

static void fn_initcap(void **state)
{
    (void)state;
    check("(INITCAP 'éa bÉ c1d')", "CHAR(9) NOT NULL", "éA BÉ C1d");
    check("(INITCAP '')", "CHAR(0) NOT NULL", "");
}

static void fn_trim(void **state)
{
    (void)state;
    check("(TRIM #LEADING 'a' 'aaab')", "VARCHAR(4) NOT NULL", "b");
    check("(TRIM #BOTH '' 'abc')", "VARCHAR(3) NOT NULL", "abc");
    check("(TRIM #BOTH '日本' '本a日')", "VARCHAR(3) NOT NULL", "a");
    check("(TRIM #BOTH null 1)", "!validate", "");
}

static void fn_ltrim(void **state)
{
    (void)state;
    check("(LTRIM '' 'x')", "VARCHAR(0) NOT NULL", "");
}

static void fn_rtrim(void **state)
{
    (void)state;
    check("(RTRIM '日日a日' '日')", "VARCHAR(4) NOT NULL", "日日a");
}

static void fn_btrim(void **state)
{
    (void)state;
    check("(BTRIM '  a  ')", "STRING NOT NULL", "a");
    check("(BTRIM 'xyaxy' 'yx')", "STRING NOT NULL", "a");
}

static void fn_substring(void **state)
{
    (void)state;
    check("(SUBSTRING 'abc' 0 2)", "VARCHAR(3)", "ab");
    check("(SUBSTRING 'abc' 2 -1)", "VARCHAR(3)", "NULL");
    check("(SUBSTRING 'abc' 4)", "VARCHAR(3)", "");
    check("(SUBSTRING 'abc' 3 2147483647)", "VARCHAR(3)", "c");
    check("(SUBSTRING 'abc' (cast {INT} null))", "VARCHAR(3)", "NULL");
    check("(SUBSTRING 'abc' (cast {TINYINT} 2))", "VARCHAR(3)", "bc");
    check("(SUBSTRING 'abc' -3 2)", "VARCHAR(3)", "ab");
    check("(SUBSTRING 'abc' '2')", "!validate", "");
    check("(SUBSTRING 'abc' 1.5)", "!validate", "");
}

static void fn_substr(void **state)
{
    (void)state;
    check("(SUBSTR 'abc' -2)", "VARCHAR(3)", "bc");
    check("(SUBSTR '' -1)", "VARCHAR(0)", "");
}

static void fn_left(void **state)
{
    (void)state;
    check("(LEFT 'abc' 2)", "VARCHAR(3)", "ab");
    check("(LEFT '日本語' 2)", "VARCHAR(3)", "日本");
    check("(LEFT 'abc' 1.5)", "!validate", "");
}

static void fn_right(void **state)
{
    (void)state;
    check("(RIGHT 'abc' 0)", "VARCHAR(3)", "");
}

static void fn_lpad(void **state)
{
    (void)state;
    check("(LPAD 'hi' 0 'x')", "STRING NOT NULL", "");
    check("(LPAD '' 3 'xy')", "STRING NOT NULL", "xyx");
    check("(LPAD 'hi' (cast {INT} null) 'x')", "STRING", "NULL");
    check("(LPAD 'hi' 5 (cast {STRING} null))", "STRING", "NULL");
    check("(LPAD '日本' 5 'ab')", "STRING NOT NULL", "aba日本");
    check("(LPAD 'hi' -1 'x')", "!run", "");
    check("(LPAD 'hi' 5)", "!validate", "");
}

static void fn_repeat(void **state)
{
    (void)state;
    check("(REPEAT 'a' 0)", "STRING NOT NULL", "");
    check("(REPEAT 'a' -1)", "STRING NOT NULL", "");
    check("(REPEAT 'a' (cast {INT} null))", "STRING", "NULL");
    check("(REPEAT '日' 3)", "STRING NOT NULL", "日日日");
}

static void fn_reverse(void **state)
{
    (void)state;
    check("(REVERSE 'éx')", "STRING", "x́e");
}

static void fn_overlay(void **state)
{
    (void)state;
    check("(OVERLAY 'Hello' 'XY' 2 -1)", "VARCHAR(7) NOT NULL", "HXY");
    check("(OVERLAY 'abcdef' 'XYZ' 2)", "VARCHAR(9) NOT NULL", "aXYZef");
    check("(OVERLAY 'abcdef' '' 2 3)", "VARCHAR(6) NOT NULL", "aef");
    check("(OVERLAY 'abc' 'xyz' 3 1)", "VARCHAR(6) NOT NULL", "abxyz");
    check("(OVERLAY 'abc' 'x' 1 3)", "VARCHAR(4) NOT NULL", "x");
    check("(OVERLAY 'abc' 'x' 4)", "VARCHAR(4) NOT NULL", "abc");
}

static void fn_replace(void **state)
{
    (void)state;
    check("(REPLACE 'aaa' 'aa' 'b')", "STRING NOT NULL", "ba");
    check("(REPLACE 'abab' 'ab' '')", "STRING NOT NULL", "");
    check("(REPLACE '' '' 'x')", "STRING NOT NULL", "x");
    check("(REPLACE '日本' '' '-')", "STRING NOT NULL", "-日-本-");
}

static void fn_translate(void **state)
{
    (void)state;
    check("(TRANSLATE 'hello' 'll' '12')", "STRING NOT NULL", "he11o");
    check("(TRANSLATE 'abc' 'a' 'xyz')", "STRING NOT NULL", "xbc");
    check("(TRANSLATE 'abc' (cast {STRING} null) 'x')", "STRING NOT NULL", "abc");
    check("(TRANSLATE 'abc' '' 'x')", "STRING NOT NULL", "abc");
    check("(TRANSLATE 'abc' 'abc' (cast {STRING} null))", "STRING NOT NULL", "");
    check("(TRANSLATE (cast {STRING} null) 'a' 'b')", "STRING", "NULL");
}

static void fn_char_length(void **state)
{
    (void)state;
    check("(CHAR_LENGTH (cast {CHAR(5)} 'a'))", "INT NOT NULL", "5");
    check("(CHAR_LENGTH (cast {STRING} null))", "INT", "NULL");
    check("(CHAR_LENGTH '')", "INT NOT NULL", "0");
    check("(CHAR_LENGTH 12345)", "!validate", "");
}

static void fn_concat(void **state)
{
    (void)state;
    check("(CONCAT 'a' (cast {STRING} null))", "STRING", "NULL");
    check("(CONCAT 'a' 1)", "!validate", "");
}

static void fn_concat_ws(void **state)
{
    (void)state;
    check("(CONCAT_WS ',' 'a' (cast {STRING} null) 'b')", "STRING", "a,b");
    check("(CONCAT_WS (cast {STRING} null) 'a' 'b')", "STRING", "NULL");
    check("(CONCAT_WS ',' (cast {STRING} null) (cast {STRING} null))", "STRING", "");
    check("(CONCAT_WS ',')", "STRING NOT NULL", "");
    check("(CONCAT_WS ',' 'a')", "STRING NOT NULL", "a");
    check("(CONCAT_WS ',' (ARRAY 'a' 'b'))", "!validate", "");
}

static void fn_concat_operator(void **state)
{
    (void)state;
    check("(|| 'a' (cast {STRING} null))", "STRING", "NULL");
    check("(|| x'61' x'62')", "!validate", "");
    check("(|| 'a' null)", "!validate", "");
}

static void fn_position(void **state)
{
    (void)state;
    check("(POSITION 'A' 'abc')", "INT NOT NULL", "0");
    check("(POSITION 'b' 'abcb' 3)", "INT NOT NULL", "4");
    check("(POSITION (cast {STRING} null) 'a')", "INT", "NULL");
    check("(POSITION 'c' 'abcabc' -1)", "INT NOT NULL", "3");
    check("(POSITION '' 'abc' 9)", "INT NOT NULL", "1");
}

static void fn_locate(void **state)
{
    (void)state;
    check("(LOCATE 'or' 'corporate floor' 3)", "INT NOT NULL", "5");
    check("(LOCATE 'b' 'abcb' 0)", "INT NOT NULL", "2");
}

static void fn_instr(void **state)
{
    (void)state;
    check("(INSTR 'corporate floor' 'or')", "INT NOT NULL", "2");
    check("(INSTR 'corporate floor' 'or' 3 2)", "INT NOT NULL", "14");
    check("(INSTR 'corporate floor' 'or' 0)", "INT NOT NULL", "0");
    check("(INSTR '' '')", "INT NOT NULL", "1");
    check("(INSTR 'abcabc' 'c' -2)", "INT NOT NULL", "3");
    check("(INSTR 'abc' 'abcd')", "INT NOT NULL", "0");
    check("(INSTR '日本日本' '本' 1 2)", "INT NOT NULL", "4");
    check("(INSTR 'corporate floor' 'or' 1 0)", "!run", "");
    check("(INSTR 'corporate floor' 'or' 1 -1)", "!run", "");
}

static void fn_split_index(void **state)
{
    (void)state;
    check("(SPLIT_INDEX 'a,b' ',' 2)", "STRING", "NULL");
    check("(SPLIT_INDEX ',a' ',' 0)", "STRING", "");
    check("(SPLIT_INDEX 'a||b' '||' 1)", "STRING", "b");
    check("(SPLIT_INDEX (cast {STRING} null) ',' 0)", "STRING", "NULL");
    check("(SPLIT_INDEX 'a b c' ' ' 2)", "STRING", "c");
    check("(SPLIT_INDEX 'a,b' 0 0)", "STRING", "NULL");
    check("(SPLIT_INDEX 'aXXbXXc' 'XX' 2)", "STRING", "c");
}

static void fn_split(void **state)
{
    (void)state;
    check("(SPLIT 'a,b,,c' ',')", "ARRAY<STRING> NOT NULL", "[a, b, , c]");
    check("(SPLIT '' ',')", "ARRAY<STRING> NOT NULL", "[]");
    check("(SPLIT '' '')", "ARRAY<STRING> NOT NULL", "[]");
    check("(SPLIT 'a.b' '.')", "ARRAY<STRING> NOT NULL", "[a, b]");
    check("(SPLIT 'abc' 'abc')", "ARRAY<STRING> NOT NULL", "[, ]");
    check("(SPLIT 'é日' '')", "ARRAY<STRING> NOT NULL", "[é, 日]");
    check("(SPLIT 'a,b' (cast {STRING} null))", "ARRAY<STRING>", "NULL");
}

static void fn_startswith(void **state)
{
    (void)state;
    check("(STARTSWITH 'abc' 'A')", "BOOLEAN NOT NULL", "FALSE");
    check("(STARTSWITH x'616263' x'61')", "BOOLEAN NOT NULL", "TRUE");
    check("(STARTSWITH 'abc' (cast {STRING} null))", "BOOLEAN", "NULL");
    check("(STARTSWITH '日本' '日')", "BOOLEAN NOT NULL", "TRUE");
    check("(STARTSWITH 1 '1')", "!validate", "");
}

static void fn_endswith(void **state)
{
    (void)state;
    check("(ENDSWITH '' '')", "BOOLEAN NOT NULL", "TRUE");
    check("(ENDSWITH 'abc' '')", "BOOLEAN NOT NULL", "TRUE");
}

static void fn_ascii(void **state)
{
    (void)state;
    check("(ASCII 'é')", "INT NOT NULL", "-61");
    check("(ASCII (cast {STRING} null))", "INT", "NULL");
    check("(ASCII '日')", "INT NOT NULL", "-26");
    check("(ASCII '~')", "INT NOT NULL", "126");
}

static void fn_chr(void **state)
{
    (void)state;
    check("(CHR 321)", "STRING", "A");
    check("(CHR (cast {TINYINT} 97))", "STRING", "a");
    check("(CHR 127)", "STRING", "");
    check("(CHR -256)", "STRING", "");
    check("(CHR 1e2)", "!validate", "");
}

static void fn_elt(void **state)
{
    (void)state;
    check("(ELT 2 'a' 'bcd')", "VARCHAR(3)", "bcd");
    check("(ELT 3 'a' 'b')", "CHAR(1)", "NULL");
    check("(ELT 1 'a' (cast {STRING} 'b'))", "STRING", "a");
    check("(ELT 0 'a')", "CHAR(1)", "NULL");
    check("(ELT 1 'a' x'62')", "!validate", "");
    check("(ELT 1)", "!validate", "");
}

static void fn_is_alpha(void **state)
{
    (void)state;
    check("(IS_ALPHA 'abcé')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_ALPHA '')", "BOOLEAN NOT NULL", "FALSE");
}

static void fn_is_digit(void **state)
{
    (void)state;
    check("(IS_DIGIT '١٢')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_DIGIT (cast {DATE} '2024-01-01'))", "!validate", "");
}

static void fn_is_decimal(void **state)
{
    (void)state;
    check("(IS_DECIMAL '1e')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_DECIMAL '0x10')", "BOOLEAN NOT NULL", "FALSE");
    check("(IS_DECIMAL '1f')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_DECIMAL 'Infinity')", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_DECIMAL (cast {FLOAT} 1))", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_DECIMAL true)", "!validate", "");
}

static void fn_encode(void **state)
{
    (void)state;
    check("(ENCODE 'a' 'nonsense')", "!run", "");
}

static void fn_decode(void **state)
{
    (void)state;
    check("(DECODE x'616263' 'UTF-8')", "STRING NOT NULL", "abc");
    check("(DECODE x'' 'UTF-8')", "STRING NOT NULL", "");
    check("(DECODE (UNHEX 'C3A9') 'UTF-8')", "STRING", "é");
    check("(DECODE x'ff41' 'UTF-8')", "STRING NOT NULL", "�A");
    check("(DECODE x'ff41' 'US-ASCII')", "STRING NOT NULL", "�A");
    check("(DECODE x'c3a9' 'ISO-8859-1')", "STRING NOT NULL", "Ã©");
    check("(DECODE x'feff0061' 'UTF-16')", "STRING NOT NULL", "a");
}

static void fn_to_base64(void **state)
{
    (void)state;
    check("(TO_BASE64 'hello world')", "STRING NOT NULL", "aGVsbG8gd29ybGQ=");
    check("(TO_BASE64 '')", "STRING NOT NULL", "");
    check("(TO_BASE64 '日本')", "STRING NOT NULL", "5pel5pys");
    check("(TO_BASE64 'a')", "STRING NOT NULL", "YQ==");
}

static void fn_from_base64(void **state)
{
    (void)state;
    check("(FROM_BASE64 'aGVsbG8gd29ybGQ')", "STRING NOT NULL", "hello world");
    check("(FROM_BASE64 '')", "STRING NOT NULL", "");
    check("(FROM_BASE64 'YQ==')", "STRING NOT NULL", "a");
    check("(FROM_BASE64 (cast {STRING} null))", "STRING", "NULL");
    check("(FROM_BASE64 'YWI')", "STRING NOT NULL", "ab");
    check("(FROM_BASE64 '////')", "STRING NOT NULL", "���");
    check("(FROM_BASE64 '!!!')", "!run", "");
    check("(FROM_BASE64 'YQ=')", "!run", "");
}

static void fn_hex(void **state)
{
    (void)state;
    check("(HEX (CHR 0))", "STRING", "00");
    check("(HEX (CHR 128))", "STRING", "C280");
    check("(HEX 'é')", "STRING NOT NULL", "C3A9");
    check("(HEX '')", "STRING NOT NULL", "");
    check("(HEX 255)", "STRING NOT NULL", "FF");
    check("(HEX (cast {BIGINT} 255))", "STRING NOT NULL", "FF");
    check("(HEX (cast {INT} null))", "STRING", "NULL");
    check("(HEX 1.5)", "!validate", "");
    check("(HEX 1.5e0)", "!validate", "");
}

static void fn_url_encode(void **state)
{
    (void)state;
    check("(URL_ENCODE 'a b')", "STRING", "a+b");
    check("(URL_ENCODE '日 本&=?/')", "STRING", "%E6%97%A5+%E6%9C%AC%26%3D%3F%2F");
    check("(URL_ENCODE '')", "STRING", "");
}

static void fn_url_decode(void **state)
{
    (void)state;
    check("(URL_DECODE 'a%20b')", "STRING", "a b");
    check("(URL_DECODE '%zz')", "STRING", "NULL");
    check("(URL_DECODE '%E6%97%A5+x')", "STRING", "日 x");
    check("(URL_DECODE '100%')", "STRING", "NULL");
    check("(URL_DECODE '%e6%97%a5')", "STRING", "日");
}

static void fn_parse_url(void **state)
{
    (void)state;
    check("(PARSE_URL 'http://h?a=b' 'HOST' 'a')", "STRING", "NULL");
    check("(PARSE_URL 'https://user@host.com/path/to?a=1&b=2#ref' 'USERINFO')", "STRING", "user");
    check("(PARSE_URL 'HTTP://HOST.com/A' 'HOST')", "STRING", "HOST.com");
    check("(PARSE_URL 'http://a@b@c/x' 'AUTHORITY')", "STRING", "a@b@c");
    check("(PARSE_URL 'http://h/p#' 'REF')", "STRING", "");
    check("(PARSE_URL 'http://h/p?aa=1' 'QUERY' 'a')", "STRING", "NULL");
    check("(PARSE_URL 'http:/h/p' 'HOST')", "STRING", "");
}

static void fn_printf(void **state)
{
    (void)state;
    check("(PRINTF '%5d|%-5d|%05d' 1 2 3)", "STRING", "    1|2    |00003");
    check("(PRINTF '%s %s' 'a')", "STRING", "NULL");
    check("(PRINTF '%S' 'abc')", "STRING", "ABC");
    check("(PRINTF '%08.3f' 3.14159e0)", "STRING", "0003.142");
    check("(PRINTF '%g' 123456789e0)", "STRING", "1.23457e+08");
    check("(PRINTF '%q' 1)", "STRING", "NULL");
    check("(PRINTF '%f' (cast {DOUBLE} 'NaN'))", "STRING", "NaN");
}

static void fn_md5(void **state)
{
    (void)state;
    check("(MD5 (cast {STRING} null))", "CHAR(32)", "NULL");
    check("(MD5 x'616263')", "CHAR(32) NOT NULL", "900150983cd24fb0d6963f7d28e17f72");
    check("(MD5 '')", "CHAR(32) NOT NULL", "d41d8cd98f00b204e9800998ecf8427e");
    check("(MD5 1)", "!validate", "");
}

static void fn_sha1(void **state)
{
    (void)state;
    check("(SHA1 'abc')", "CHAR(40) NOT NULL", "a9993e364706816aba3e25717850c26c9cd0d89d");
    check("(SHA1 '')", "CHAR(40) NOT NULL", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static void fn_sha2(void **state)
{
    (void)state;
    check("(SHA2 'abc' 224)", "VARCHAR(128) NOT NULL", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    check("(SHA2 'abc' 512)", "VARCHAR(128) NOT NULL", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    check("(SHA2 'abc' (cast {INT} null))", "VARCHAR(128)", "NULL");
    check("(SHA2 'abc' 0)", "!validate", "");
    check("(SHA2 'abc' 257)", "!validate", "");
}

static void fn_sha256(void **state)
{
    (void)state;
    check("(SHA256 'abc')", "CHAR(64) NOT NULL", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("(SHA256 '日本')", "CHAR(64) NOT NULL", "cf2abf0c5be326cb922a70f8163f91079c4d9aa8655c60ead89ad545c9de2e92");
}

static void fn_inet_aton(void **state)
{
    (void)state;
    check("(INET_ATON '127.0.0.1')", "BIGINT", "2130706433");
    check("(INET_ATON '255.255.255.255')", "BIGINT", "4294967295");
    check("(INET_ATON '256.0.0.1')", "BIGINT", "NULL");
    check("(INET_ATON '127.1')", "BIGINT", "2130706433");
    check("(INET_ATON '01.02.03.04')", "BIGINT", "16909060");
    check("(INET_ATON '1.2.3.4')", "BIGINT", "16909060");
    check("(INET_ATON '256')", "BIGINT", "NULL");
}

static void fn_inet_ntoa(void **state)
{
    (void)state;
    check("(INET_NTOA 2130706433)", "STRING", "127.0.0.1");
    check("(INET_NTOA -1)", "STRING", "NULL");
    check("(INET_NTOA 4294967295L)", "STRING", "255.255.255.255");
    check("(INET_NTOA 4294967296L)", "STRING", "NULL");
    check("(INET_NTOA 0)", "STRING", "0.0.0.0");
    check("(INET_NTOA (cast {BIGINT} null))", "STRING", "NULL");
    check("(INET_NTOA 16909060)", "STRING", "1.2.3.4");
    check("(INET_NTOA 1.5)", "!validate", "");
}

static void fn_typeof(void **state)
{
    (void)state;
    check("(TYPEOF (UUID))", "STRING", "CHAR(36) NOT NULL");
    check("(TYPEOF (cast {INTERVAL_SECOND} 864000004l))", "STRING", "INTERVAL SECOND(3) NOT NULL");
    check("(TYPEOF (TO_DATE '2024-02-29'))", "STRING", "DATE");
    check("(TYPEOF (JSON_OBJECT #NULL_ON_NULL))", "STRING", "STRING NOT NULL");
    check("(TYPEOF (JSON_QUERY '[1,2]' '$'))", "STRING", "STRING");
    check("(TYPEOF (STR_TO_MAP 'a=1'))", "STRING", "MAP<STRING, STRING>");
    check("(TYPEOF (BITMAP_CARDINALITY (BITMAP_BUILD (ARRAY 1))))", "STRING", "BIGINT NOT NULL");
    check("(TYPEOF (ITEM (PARSE_JSON '1') 'a'))", "!run", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fn_upper),
        cmocka_unit_test(fn_lower),
        cmocka_unit_test(fn_initcap),
        cmocka_unit_test(fn_trim),
        cmocka_unit_test(fn_ltrim),
        cmocka_unit_test(fn_rtrim),
        cmocka_unit_test(fn_btrim),
        cmocka_unit_test(fn_substring),
        cmocka_unit_test(fn_substr),
        cmocka_unit_test(fn_left),
        cmocka_unit_test(fn_right),
        cmocka_unit_test(fn_lpad),
        cmocka_unit_test(fn_repeat),
        cmocka_unit_test(fn_reverse),
        cmocka_unit_test(fn_overlay),
        cmocka_unit_test(fn_replace),
        cmocka_unit_test(fn_translate),
        cmocka_unit_test(fn_char_length),
        cmocka_unit_test(fn_concat),
        cmocka_unit_test(fn_concat_ws),
        cmocka_unit_test(fn_concat_operator),
        cmocka_unit_test(fn_position),
        cmocka_unit_test(fn_locate),
        cmocka_unit_test(fn_instr),
        cmocka_unit_test(fn_split_index),
        cmocka_unit_test(fn_split),
        cmocka_unit_test(fn_startswith),
        cmocka_unit_test(fn_endswith),
        cmocka_unit_test(fn_ascii),
        cmocka_unit_test(fn_chr),
        cmocka_unit_test(fn_elt),
        cmocka_unit_test(fn_is_alpha),
        cmocka_unit_test(fn_is_digit),
        cmocka_unit_test(fn_is_decimal),
        cmocka_unit_test(fn_encode),
        cmocka_unit_test(fn_decode),
        cmocka_unit_test(fn_to_base64),
        cmocka_unit_test(fn_from_base64),
        cmocka_unit_test(fn_hex),
        cmocka_unit_test(fn_url_encode),
        cmocka_unit_test(fn_url_decode),
        cmocka_unit_test(fn_parse_url),
        cmocka_unit_test(fn_printf),
        cmocka_unit_test(fn_md5),
        cmocka_unit_test(fn_sha1),
        cmocka_unit_test(fn_sha2),
        cmocka_unit_test(fn_sha256),
        cmocka_unit_test(fn_inet_aton),
        cmocka_unit_test(fn_inet_ntoa),
        cmocka_unit_test(fn_typeof),
    };
    return fn_tests(tests, sizeof tests / sizeof tests[0]);
}
