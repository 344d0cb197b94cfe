/* Slices, UTF-8, builder, binary readers. */
#include "tests/unit/unit.h"

static void compares(void **state)
{
    (void)state;
    assert_true(str_eq(STR_NULL, STR("")));
    assert_true(str_is(STR_NULL, ""));
    assert_true(str_ieq(STR("KaFka"), STR("kAfkA")));
    assert_false(str_ieq(STR("kafka"), STR("kafk")));
    assert_true(str_iis(STR("PRINT"), "print"));
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("ab"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR_NULL, STR("")), 0);
    assert_true(str_cmp(STR("\x7f"), STR("\xc3\xa9")) < 0);
    assert_true(str_starts(STR("json.x"), "json."));
    assert_false(str_starts(STR("js"), "json."));
    assert_true(str_ends(STR("a.sql"), ".sql"));
    assert_true(str_starts(STR_NULL, ""));
}

static void slices(void **state)
{
    (void)state;
    assert_text(str_sub(STR("hello"), 1, 3), "ell");
    assert_text(str_sub(STR("hello"), 4, 100), "o");
    assert_text(str_sub(STR("hello"), 9, 1), "");
    assert_text(str_trim(STR(" \t\n x y \r")), "x y");
    assert_text(str_trim(STR("  ")), "");
    assert_int_equal(str_find(STR("abcabc"), STR("ca"), 0), 2);
    assert_int_equal(str_find(STR("abcabc"), STR("ab"), 1), 3);
    assert_int_equal(str_find(STR("abc"), STR("x"), 0), -1);
    assert_int_equal(str_find(STR("abc"), STR(""), 3), 3);
    assert_int_equal(str_find(STR("abc"), STR("a"), 9), -1);
}

static void copies(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    assert_string_equal(str_cstr(arena, STR("abc")), "abc");
    assert_string_equal(str_cstr(arena, STR_NULL), "");
    assert_text(str_dup(arena, STR("x")), "x");
    assert_text(str_printf(arena, "%s-%d", "a", 7), "a-7");
    assert_text(str_upper(arena, STR("aZ\xc3\xa9")), "AZ\xc3\xa9");
    assert_text(str_lower(arena, STR("AZ9")), "az9");
    arena_free(arena);
}

static void integers(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; int64_t value; } rows[] = {
        { "0", true, 0 }, { "-0", true, 0 }, { "+12", true, 12 }, { "9223372036854775807", true, INT64_MAX },
        { "-9223372036854775808", true, INT64_MIN }, { "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 },
        { "", false, 0 }, { "-", false, 0 }, { " 1", false, 0 }, { "1 ", false, 0 }, { "1a", false, 0 }, { "99999999999999999999", false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t value = 77;
        assert_int_equal(str_to_i64(str_of(rows[i].text), &value), rows[i].ok);
        assert_int_equal(value, rows[i].ok ? rows[i].value : 77);
    }
}

static void nearest(void **state)
{
    (void)state;
    const Str names[] = { STR("topic"), STR("scan.startup.mode"), STR("properties.bootstrap.servers"), STR("format") };
    assert_int_equal(str_nearest(STR("tpoic"), names, 4), 0);
    assert_int_equal(str_nearest(STR("scan.startup-mode"), names, 4), 1);
    assert_int_equal(str_nearest(STR("FORMAT"), names, 4), 3);
    assert_int_equal(str_nearest(STR("properties.bootstrap.server"), names, 4), 2);
    assert_int_equal(str_nearest(STR("zzz"), names, 4), -1);
    assert_int_equal(str_nearest(STR(""), names, 4), -1);
    const Str one[] = { STR("a") };
    assert_int_equal(str_nearest(STR("x"), one, 1), -1);
}

static void decodes_utf8(void **state)
{
    (void)state;
    static const struct { Str bytes; uint32_t codepoint, n; bool valid; } rows[] = {
        { { "a", 1 }, 'a', 1, true }, { { "\xc3\xa9", 2 }, 0xe9, 2, true }, { { "\xe2\x82\xac", 3 }, 0x20ac, 3, true },
        { { "\xf0\x9f\x98\x80", 4 }, 0x1f600, 4, true }, { { "\xc3", 1 }, 0xfffd, 1, false }, { { "\x80", 1 }, 0xfffd, 1, false },
        { { "\xc0\x80", 2 }, 0xfffd, 1, false }, { { "\xe0\x80\x80", 3 }, 0xfffd, 1, false }, { { "\xed\xa0\x80", 3 }, 0xfffd, 1, false },
        { { "\xf4\x90\x80\x80", 4 }, 0xfffd, 1, false }, { { "\xff", 1 }, 0xfffd, 1, false }, { { "\xe2\x82", 2 }, 0xfffd, 1, false },
        { { "\xf4\x8f\xbf\xbf", 4 }, 0x10ffff, 4, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t codepoint;
        assert_int_equal(utf8_decode(rows[i].bytes.ptr, rows[i].bytes.ptr + rows[i].bytes.len, &codepoint), rows[i].n);
        assert_int_equal(codepoint, rows[i].codepoint);
        assert_int_equal(utf8_valid(rows[i].bytes), rows[i].valid);
        char back[4];
        if (rows[i].valid) assert_int_equal(utf8_encode(codepoint, back), rows[i].n);
        if (rows[i].valid) assert_memory_equal(back, rows[i].bytes.ptr, rows[i].n);
    }
}

static void measures_utf8(void **state)
{
    (void)state;
    Str s = STR("0123456789\xc3\xa9\xe6\xbc\xa2z");
    assert_int_equal(utf8_len(s), 13);
    assert_int_equal(utf8_offset(s, 10), 10);
    assert_int_equal(utf8_offset(s, 11), 12);
    assert_int_equal(utf8_offset(s, 12), 15);
    assert_int_equal(utf8_offset(s, 99), s.len);
    assert_int_equal(utf8_width(s), 14);
    assert_int_equal(utf8_width(STR("e\xcc\x81")), 1);
    assert_true(utf8_valid(s));
    assert_true(utf8_valid(STR("")));
    assert_false(utf8_valid(STR("0123456789abcdef\xff")));
    assert_int_equal(utf8_len(STR("a\xff\xfe")), 3);
}

static void builds(void **state)
{
    (void)state;
    StrBuf buf = { 0 };
    strbuf_addz(&buf, "a");
    strbuf_addc(&buf, 'b');
    strbuf_adds(&buf, STR("cd"));
    strbuf_adds(&buf, STR_NULL);
    strbuf_addf(&buf, "%0200d", 5);
    assert_int_equal(buf.len, 204);
    strbuf_clear(&buf);
    strbuf_add_i64(&buf, 0);
    strbuf_addc(&buf, ' ');
    strbuf_add_i64(&buf, INT64_MIN);
    strbuf_addc(&buf, ' ');
    strbuf_add_i64(&buf, INT64_MAX);
    assert_string_equal(strbuf_cstr(&buf), "0 -9223372036854775808 9223372036854775807");
    strbuf_free(&buf);
    assert_int_equal(buf.cap, 0);
    assert_string_equal(strbuf_cstr(&buf), "");
    strbuf_free(&buf);
}

static void reads_back(void **state)
{
    (void)state;
    StrBuf buf = { 0 };
    strbuf_put_u8(&buf, 200);
    strbuf_put_u32(&buf, 0xdeadbeef);
    strbuf_put_u64(&buf, 1ull << 63);
    strbuf_put_str(&buf, STR("key"));
    Reader in = { buf.ptr, buf.ptr + buf.len, false };
    assert_int_equal(reader_u8(&in), 200);
    assert_int_equal(reader_u32(&in), 0xdeadbeef);
    assert_true(reader_u64(&in) == 1ull << 63);
    assert_text(reader_str(&in), "key");
    assert_false(in.bad);
    assert_int_equal(reader_u8(&in), 0);
    assert_true(in.bad);
    for (uint32_t cut = 0; cut < buf.len; cut++) {
        Reader damaged = { buf.ptr, buf.ptr + cut, false };
        reader_u8(&damaged), reader_u32(&damaged), reader_u64(&damaged), reader_str(&damaged);
        assert_true(damaged.bad);
        assert_int_equal(reader_u32(&damaged), 0);
    }
    strbuf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares), cmocka_unit_test(slices), cmocka_unit_test(copies), cmocka_unit_test(integers), cmocka_unit_test(nearest),
        cmocka_unit_test(decodes_utf8), cmocka_unit_test(measures_utf8), cmocka_unit_test(builds), cmocka_unit_test(reads_back),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
