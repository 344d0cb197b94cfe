/* Trees and errors: precedence, special calls, words as names, what errors say and where they point, bounds. */
#include "tests/unit/unit.h"

#include "parser/parse.h"

static Arena *arena;
static int setup(void **state) { (void)state; arena = arena_new(); return 0; }
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

static Ast *expr_of(const char *text)
{
    Err err = { 0 };
    Ast *a = parse_expression(arena, str_of(text), &err);
    if (!a) fail_msg("%s: %s", text, err.message);
    return a;
}

/* Two spellings of one tree. */
static void precedence(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        { "a OR b AND c", "a OR (b AND c)" }, { "NOT a = b", "NOT (a = b)" }, { "NOT FALSE IS NULL", "NOT (FALSE IS NULL)" }, { "a = b IS NULL", "(a = b) IS NULL" },
        { "1 = 1 = TRUE", "(1 = 1) = TRUE" }, { "a + b * c", "a + (b * c)" }, { "a || b + c", "(a || b) + c" }, { "-a * b", "(-a) * b" }, { "a - b - c", "(a - b) - c" },
        { "a BETWEEN 1 AND 2 AND b", "(a BETWEEN 1 AND 2) AND b" }, { "a = b LIKE c", "a = (b LIKE c)" }, { "a NOT IN (1) OR b", "(a NOT IN (1)) OR b" },
        { "a LIKE b || '%'", "a LIKE (b || '%')" }, { "x IS NOT DISTINCT FROM y AND z", "(x IS NOT DISTINCT FROM y) AND z" }, { "a < b IS TRUE", "(a < b) IS TRUE" },
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!ast_equal(expr_of(same[i][0]), expr_of(same[i][1]))) fail_msg("%s is not %s", same[i][0], same[i][1]);
    assert_false(ast_equal(expr_of("a - (b - c)"), expr_of("a - b - c")));
    assert_false(ast_equal(expr_of("(a).b"), expr_of("a.b")));
}

static void special_calls(void **state)
{
    (void)state;
    Ast *a = expr_of("EXTRACT(DAYS FROM ts)");
    assert_int_equal(a->kind, AST_CALL);
    assert_text(a->u.call.args.v[0]->u.symbol, "DAY");
    a = expr_of("TRIM(s)");
    assert_int_equal(a->u.call.args.n, 3);
    assert_text(a->u.call.args.v[0]->u.symbol, "BOTH");
    assert_int_equal(a->u.call.args.v[1]->u.lit.kind, LIT_NULL);
    a = expr_of("INTERVAL -'1:30' HOURS TO MINUTES");
    assert_int_equal(a->u.lit.kind, LIT_INTERVAL);
    assert_true(a->u.lit.negative);
    assert_text(a->u.lit.unit_from, "HOUR");
    assert_text(a->u.lit.unit_to, "MINUTE");
    a = expr_of("(a - b) DAY");
    assert_int_equal(a->kind, AST_INTERVAL_OF);
    assert_true(a->u.interval_of.difference);
    a = expr_of("CASE x WHEN 1, 2 THEN 3 END");
    assert_text(a->u.kase.when.v[0]->u.call.name.part[0].name, "$WHEN_ANY");
    a = expr_of("JSON_VALUE(j, '$' RETURNING INT DEFAULT 1 ON EMPTY NULL ON ERROR)");
    assert_int_equal(a->u.call.args.n, 8);
    assert_text(a->u.call.args.v[2]->u.symbol, "RETURNING");
    assert_text(a->u.call.args.v[6]->u.symbol, "ON_ERROR");
    a = expr_of("COUNT(DISTINCT a) FILTER (WHERE b) OVER w");
    assert_true(a->u.call.distinct && a->u.call.filter && a->u.call.over->named);
    assert_int_equal(expr_of("'a'\n'b'")->u.lit.text.len, 2);
}

static void words_as_names(void **state)
{
    (void)state;
    Err err = { 0 };
    static const char *const fine[] = {
        "SELECT key, type, name, state, first, last, map, json, metadata, plan, desc, action FROM data AS format", "SELECT t.first, t.key[1] FROM t ORDER BY last DESC NULLS LAST",
        "CREATE TABLE t (metadata ROW<a INT>, ts TIMESTAMP(3) METADATA FROM 'timestamp', key STRING, week INT)", "SELECT user.id, a ignore FROM t", "SELECT tumble FROM session",
        "INSERT INTO job (plan, key) VALUES (1, 2)", "SELECT x = 3group FROM t", "DESCRIBE catalog", "SELECT replace('a', 'b', 'c'), if(TRUE, 1, 2)",
    };
    for (size_t i = 0; i + 0 < sizeof fine / sizeof *fine; i++) {
        bool good = parse_statement(arena, str_of(fine[i]), &err) != NULL;
        if (i == 6) assert_false(good);          /* GROUP without BY */
        else if (!good) fail_msg("%s: %s", fine[i], err.message);
    }
    assert_true(word_reserved(STR("value")) && word_reserved(STR("Timestamp")) && !word_reserved(STR("key")) && !word_reserved(STR("nope")));
}

static void error_is(const char *text, const char *place, const char *message_part, const char *hint_part)
{
    Err err = { 0 };
    if (parse_statement(arena, str_of(text), &err)) fail_msg("%s: parses", text);
    Str at = str_sub(str_of(text), err.span.pos, err.span.len);
    if (!str_is(at, place) || !strstr(err.message, message_part) || !strstr(err.hint, hint_part)) fail_msg("%s\n  at \"%.*s\": %s\n  hint: %s", text, STR_ARG(at), err.message, err.hint);
}

static void errors(void **state)
{
    (void)state;
    error_is("SELCT a FROM t", "SELCT", "expected a statement", "Did you mean SELECT?");
    error_is("SELECT a FORM t", "t", "expected \",\", FROM", "FROM instead of FORM");
    error_is("CREATE TBALE t (a INT)", "TBALE", "TABLE", "Did you mean TABLE?");
    error_is("SELECT a, FROM t", "FROM", "expected an expression", "Remove the comma");
    error_is("SELECT value FROM t", "value", "expected an expression", "VALUE is a reserved word; as a name it is written `value`.");
    error_is("SELECT a FROM t WHERE a == 1", "=", "syntax error", "single =");
    error_is("SELECT a::INT", ":", "syntax error", "CAST");
    error_is("SELECT \"a\"", "\"a\"", "double quotes", "`name`");
    error_is("SELECT (a FROM t", "FROM", "expected \",\" or \")\"", "");
    error_is("SELECT a FROM t WHERE a != 1", "!=", "!=", "<>");
    error_is("CREATE TABLE t (a) WITH ('connector'='x')", "a", "has no type", "CREATE TABLE .. AS SELECT");
    error_is("CREATE TABLE t (a TIMESTAMP(3), WATERMARK FOR a AS a, WATERMARK FOR a AS a)", "WATERMARK FOR a AS a", "one WATERMARK", "");
    error_is("SELECT INTERVAL '1' HOUR TO DAY", "DAY", "HOUR to DAY", "");
    error_is("EXPLAIN CREATE TABLE t (a INT)", "CREATE TABLE t (a INT)", "EXPLAIN takes", "");
    error_is("SELECT 1 SELECT 2", "SELECT", "missing ; before SELECT", "");
    error_is("CREATE SYSTEM FUNCTION f AS 'x'", "SYSTEM", "temporary", "");
    Err err = { 0 };
    assert_null(parse_statement(arena, STR("SELECT a FROM"), &err));
    assert_int_equal(err.span.pos, 13);
    assert_non_null(strstr(err.message, "ends too early"));
    assert_null(parse_expression(arena, STR("a +"), &err));
    assert_null(parse_type(arena, STR("ROW<INT>"), &err));
    assert_non_null(parse_query(arena, STR("VALUES (1)"), &err));
}

static void depth(void **state)
{
    (void)state;
    StrBuf text = { 0 };
    for (int n = 0; n < 300; n++) strbuf_addz(&text, "CASE WHEN a THEN ");
    strbuf_addz(&text, "1");
    for (int n = 0; n < 300; n++) strbuf_addz(&text, " END");
    Err err = { 0 };
    assert_non_null(parse_expression(arena, strbuf_str(&text), &err));
    static const char *const opens[] = { "(", "CASE WHEN a THEN ", "a + ", "NOT ", "f(", "SELECT 1 UNION ALL " };
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        strbuf_clear(&text);
        if (i < 5) strbuf_addz(&text, "SELECT ");
        for (int n = 0; n < 20000; n++) strbuf_addz(&text, opens[i]);
        strbuf_addz(&text, i < 5 ? "1" : "SELECT 1");
        assert_null(parse_statement(arena, strbuf_str(&text), &err));
        assert_int_equal(err.code, E_SYNTAX);
    }
    strbuf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(precedence), cmocka_unit_test(special_calls), cmocka_unit_test(words_as_names), cmocka_unit_test(errors), cmocka_unit_test(depth) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
