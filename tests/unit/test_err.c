/* Errors: filling, rendering with carets, positions; secrets in keys and texts. */
#include "tests/unit/unit.h"

#include "engine/base/clock.h"
#include "engine/base/err.h"

static void fills(void **state)
{
    (void)state;
    Err err = { 0 };
    assert_false(err_set(&err, E_NO_COLUMN, "column \"%s\" does not exist", "x"));
    assert_true(err.set);
    assert_string_equal(err.message, "column \"x\" does not exist");
    assert_string_equal(err_sqlstate(&err), "42703");
    assert_string_equal(err_stage_name(err.stage), "validate");
    err_span(&err, (Span){ 3, 2 });
    err_span(&err, (Span){ 9, 1 });
    assert_int_equal(err.span.pos, 3);
    err_detail(&err, "one");
    err_detail(&err, "two");
    assert_string_equal(err.detail, "one\ntwo");
    err_clear(&err);
    assert_false(err.set);
    err_at(&err, E_SYNTAX, (Span){ 1, 1 }, "%0600d", 1);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_string_equal(err.message + sizeof err.message - 4, "...");
}

static void cuts_between_code_points(void **state)
{
    (void)state;
    Err err = { 0 };
    StrBuf text = { 0 };
    for (int i = 0; i < 400; i++) strbuf_addz(&text, "\xe6\xbc\xa2");
    err_set(&err, E_TEXT, "%s", strbuf_cstr(&text));
    assert_true(utf8_valid(str_of(err.message)));
    strbuf_free(&text);
}

static void counts_positions(void **state)
{
    (void)state;
    uint32_t line, column;
    Str source = STR("ab\n\xc3\xa9z\n");
    source_position(source, 0, &line, &column);
    assert_int_equal(line * 100 + column, 101);
    source_position(source, 5, &line, &column);
    assert_int_equal(line * 100 + column, 202);
    source_position(source, 99, &line, &column);
    assert_int_equal(line * 100 + column, 301);
}

static void check_render(const char *source, uint32_t stmt, Span span, const char *expected)
{
    Err err = { 0 };
    StrBuf out = { 0 };
    err_at(&err, E_NO_COLUMN, span, "column \"x\" does not exist");
    err_render(&err, STR("job.sql"), str_of(source), stmt, false, &out);
    assert_string_equal(strbuf_cstr(&out), expected);
    strbuf_free(&out);
}

static void renders_carets(void **state)
{
    (void)state;
    check_render("SELECT 1;\nSELECT xy FROM t;", 10, (Span){ 7, 2 },
                 "job.sql:2:8: error 42703: column \"x\" does not exist\n  2 | SELECT xy FROM t;\n    |        ^~\n");
    check_render("SELECT x", 0, (Span){ 0, 0 }, "job.sql: error 42703: column \"x\" does not exist\n");
    check_render("a\n\tx,", 0, (Span){ 3, 1 }, "job.sql:2:2: error 42703: column \"x\" does not exist\n  2 |     x,\n    |     ^\n");
    check_render("'\xe6\xbc\xa2' x", 0, (Span){ 6, 1 },
                 "job.sql:1:5: error 42703: column \"x\" does not exist\n  1 | '\xe6\xbc\xa2' x\n    |      ^\n");
    check_render("SELECT", 0, (Span){ 6, 1 }, "job.sql:1:7: error 42703: column \"x\" does not exist\n  1 | SELECT\n    |       ^\n");
    check_render("f(a,\r\n b)", 0, (Span){ 0, 9 }, "job.sql:1:1: error 42703: column \"x\" does not exist\n  1 | f(a,\n    | ^~~~\n");
    check_render("", 0, (Span){ 5, 1 }, "job.sql:1:1: error 42703: column \"x\" does not exist\n  1 | \n    | ^\n");
}

static void cuts_long_lines(void **state)
{
    (void)state;
    StrBuf source = { 0 }, out = { 0 };
    for (int i = 0; i < 60; i++) strbuf_addf(&source, "c%03d, ", i);
    Err err = { 0 };
    err_at(&err, E_NO_COLUMN, (Span){ 30 * 6, 4 }, "no");
    err_render(&err, STR_NULL, strbuf_str(&source), 0, false, &out);
    Str text = strbuf_str(&out);
    int64_t shown = str_find(text, STR("  1 | ..."), 0), caret = str_find(text, STR("^~~~\n"), 0);
    assert_true(shown > 0 && caret > 0);
    int64_t line_end = str_find(text, STR("\n"), (uint32_t)shown);
    assert_int_equal(line_end - shown, 6 + 3 + 100 + 3);
    int64_t column = caret - line_end - 1;
    assert_memory_equal(text.ptr + shown + column, "c030", 4);
    strbuf_free(&source);
    strbuf_free(&out);
}

static void renders_notes_without_secrets(void **state)
{
    (void)state;
    Err err = { 0 };
    StrBuf out = { 0 };
    Str source = STR("WITH ('password' =\n 'hunter2', 'x' = 'y')");
    err_at(&err, E_OPTION, (Span){ 31, 3 }, "cannot use postgres://u:hunter2@h/db");
    err_detail(&err, "first\nsasl.jaas.config='p \"hunter2\"'");
    err_hint(&err, "Try password=hunter2&x.");
    err_render(&err, STR_NULL, source, 0, false, &out);
    assert_string_equal(strbuf_cstr(&out),
                        "error 22023: cannot use postgres://u:******@h/db\n"
                        "  2 |  '******', 'x' = 'y')\n    |            ^~~\n"
                        "DETAIL: first\n  sasl.jaas.config='******'\nHINT: Try password=******&x.\n");
    strbuf_clear(&out);
    err_render(&err, STR("f"), source, 0, true, &out);
    assert_true(str_find(strbuf_str(&out), STR("\033[31merror"), 0) > 0);
    assert_int_equal(str_find(strbuf_str(&out), STR("hunter"), 0), -1);
    strbuf_free(&out);
}

static void knows_secret_keys(void **state)
{
    (void)state;
    static const char *const secret[] = { "password", "PASSWORD", "properties.sasl.password", "ssl.key.password", "sasl.jaas.config",
        "properties.sasl.jaas.config", "value.avro-confluent.basic-auth.user-info", "properties.ssl.keystore.key", "s3.secret-key",
        "s3.access-key", "api-key", "token", "lookup.http.headers.authorization", "fs.azure.account.key", "client.secret", "sasl.oauthbearer.token" };
    static const char *const plain[] = { "key.format", "key.fields", "topic", "properties.group.id", "connector", "username", "primary.key",
        "ssl.key.location", "sasl.oauthbearer.token.endpoint.url", "key.fields-prefix", "url", "sasl.mechanism" };
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (!secret_key(str_of(secret[i]))) fail_msg("%s", secret[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (secret_key(str_of(plain[i]))) fail_msg("%s", plain[i]);
}

static void redacts(void **state)
{
    (void)state;
    static const struct { const char *text, *expected; } rows[] = {
        { "nothing here", "nothing here" },
        { "", "" },
        { "'password'='x', 'a'='b'", "'password'='******', 'a'='b'" },
        { "'password' = 'it''s', 'a'='b'", "'password' = '******', 'a'='b'" },
        { "'properties.sasl.jaas.config' = 'org.X required username=\"u\" password=\"p\";'", "'properties.sasl.jaas.config' = '******'" },
        { "sasl.jaas.config=org.X required username=\"u\" password=\"p\";", "sasl.jaas.config=****** required username=\"u\" password=\"******\";" },
        { "jdbc:postgresql://h:5432/db?user=u&password=p&ssl=true", "jdbc:postgresql://h:5432/db?user=u&password=******&ssl=true" },
        { "postgres://user:p%40w@host:5432/db", "postgres://user:******@host:5432/db" },
        { "postgres://user:a/b@host", "postgres://user:******@host" },
        { "http://host:8080/path@x", "http://host:8080/path@x" },
        { "http://user@host/x:y@z", "http://user@host/x:y@z" },
        { "{\"token\": \"abc\", \"n\": 1}", "{\"token\": \"******\", \"n\": 1}" },
        { "{\"secret\":\"a\\\"b\"}", "{\"secret\":\"******\"}" },
        { "password: hunter2", "password: ******" },
        { "Authorization: Bearer abc.def", "Authorization: ******" },
        { "unexpected token: foo", "unexpected token: foo" },
        { "option 'password': must not be empty", "option 'password': must not be empty" },
        { "WHERE token = 5", "WHERE token = 5" },
        { "password = 'x", "password = '******" },
        { "password=", "password=" },
        { "'password'=''", "'password'=''" },
        { "basic-auth.user-info = u:p", "basic-auth.user-info = ******" },
        { "`api_key` = `k`", "`api_key` = `******`" },
        { "host=h user=u password=p dbname=d", "host=h user=u password=****** dbname=d" },
    };
    Arena *arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Str once = redact(arena, str_of(rows[i].text));
        assert_text(once, rows[i].expected);
        assert_text(redact(arena, once), rows[i].expected);
    }
    arena_free(arena);
}

/* Any source, any span: rendering ends, reads within bounds, and a quoted secret never shows. */
static void renders_anything(void **state)
{
    (void)state;
    static const char *const parts[] = { "'password' = 'hunter2'", "\n", "\t", "SELECT x", "\xe6\xbc\xa2", "\xff\xc3", " ", "\r\n", "--", "''", "\"",
        "http://u:hunter2@h ", "=", ":", "password=hunter2 ", "://", "a long run of text without anything special in it, repeated to make lines long " };
    random_seed(17);
    for (int round = 0; round < 4000; round++) {
        StrBuf source = { 0 }, out = { 0 };
        for (uint64_t n = random_u64() % 12; n > 0; n--) strbuf_addz(&source, parts[random_u64() % (sizeof parts / sizeof *parts)]);
        char *exact = test_malloc(source.len + 1);
        if (source.len) memcpy(exact, source.ptr, source.len);
        Err err = { 0 };
        uint32_t stmt = source.len ? (uint32_t)(random_u64() % source.len) : 0;
        err_at(&err, E_SYNTAX, (Span){ (uint32_t)(random_u64() % 80), (uint32_t)(random_u64() % 40) }, "m");
        err_render(&err, STR("f"), (Str){ exact, source.len }, stmt, round % 2, &out);
        assert_true(out.len > 0 && out.ptr[out.len - 1] == '\n' && out.len < 1000);
        test_free(exact);
        strbuf_free(&source);
        strbuf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills), cmocka_unit_test(cuts_between_code_points), cmocka_unit_test(counts_positions), cmocka_unit_test(renders_carets),
        cmocka_unit_test(cuts_long_lines), cmocka_unit_test(renders_notes_without_secrets), cmocka_unit_test(knows_secret_keys), cmocka_unit_test(redacts), cmocka_unit_test(renders_anything),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
