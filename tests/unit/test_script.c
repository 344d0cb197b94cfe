/* Scripts: where statements are cut, variables, words of the client, spans back in the source. */
#include "tests/unit/unit.h"

#include "parser/parse.h"

static Arena *arena;
static int setup(void **state) { (void)state; arena = arena_new(); return 0; }
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

static Str lookup(void *ctx, Str name)
{
    (void)ctx;
    if (str_is(name, "TOPIC")) return STR("o'clock");
    if (str_is(name, "N")) return STR("42");
    if (str_is(name, "EMPTY")) return STR("");
    return STR_NULL;
}

/* The texts of the statements, joined by " | "; a broken one shows as "!message". */
static Str cut(const char *text)
{
    Script script = { .file = STR("x.sql"), .text = str_of(text), .vars = lookup };
    StrBuf buf = { 0 };
    for (;;) {
        ScriptStmt stmt;
        Err err = { 0 };
        bool good = script_next(&script, arena, &stmt, &err);
        if (good && !stmt.stmt) break;
        if (buf.len) strbuf_addz(&buf, " | ");
        if (good) strbuf_adds(&buf, stmt.text);
        else strbuf_addf(&buf, "!%s", err.message);
    }
    Str out = str_dup(arena, strbuf_str(&buf));
    strbuf_free(&buf);
    return out;
}

static void cuts(void **state)
{
    (void)state;
    assert_text(cut(""), "");
    assert_text(cut(" ;; -- nothing\n;"), "");
    assert_text(cut("SELECT 1; SELECT 2"), "SELECT 1 | SELECT 2");
    assert_text(cut("SELECT ';' /* ; */ -- don't; stop\n; SELECT `a;b`"), "SELECT ';' /* ; */ -- don't; stop | SELECT `a;b`");
    assert_text(cut("BEGIN STATEMENT SET;\nINSERT INTO t SELECT 1;\nEND;"), "BEGIN STATEMENT SET | INSERT INTO t SELECT 1 | END");
    assert_text(cut("EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT CASE WHEN a THEN 1 END FROM u; INSERT INTO v SELECT 2; END; SELECT 3"),
                "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT CASE WHEN a THEN 1 END FROM u; INSERT INTO v SELECT 2; END | SELECT 3");
    assert_text(cut("SELECT 'open;\nSELECT 2"), "!string begins here and does not end");
    assert_text(cut("SELECT 1\nCREATE TABLE t (a INT); SELECT 2"), "!missing ; before CREATE | SELECT 2");
    assert_text(cut("SET a.b = c\nSELECT 1; SELECT 2"), "!missing ; before SELECT | SELECT 2");
    assert_text(cut("SET 'a' = 'b'\n  insert into t SELECT 1;"), "!missing ; before INSERT");
}

static void completeness(void **state)
{
    (void)state;
    assert_true(script_complete(STR("SELECT 1;")));
    assert_true(script_complete(STR("SELECT 1; -- done")));
    assert_false(script_complete(STR("SELECT 1")));
    assert_false(script_complete(STR("SELECT ';")));
    assert_false(script_complete(STR("SELECT 1; SELECT")));
    assert_false(script_complete(STR("EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1;")));
    assert_true(script_complete(STR("EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END;")));
    assert_false(script_complete(STR("")));
}

static void variables(void **state)
{
    (void)state;
    assert_text(cut("SELECT '${TOPIC}', ${N}, '${X:-d}', '${EMPTY:-e}', '$${N}' -- ${NOPE}\n"), "SELECT 'o''clock', 42, 'd', 'e', '${N}' -- ${NOPE}");
    assert_text(cut("SELECT '#{a.b}', '${a.b}'"), "SELECT '#{a.b}', '${a.b}'");
    assert_text(cut("SELECT '${X}'"), "!variable X is not set");
    assert_text(cut("SELECT ${X:?tell me}"), "!variable X: tell me");
    assert_text(cut("SET a.b = ${N};"), "SET a.b = 42");
    Script plain = { .text = STR("SELECT '${N}'") };
    ScriptStmt stmt;
    Err err = { 0 };
    assert_true(script_next(&plain, arena, &stmt, &err));
    assert_text(stmt.text, "SELECT '${N}'");
}

/* Errors behind a variable are shown where they stand in the file. */
static void spans_in_the_source(void **state)
{
    (void)state;
    Script script = { .text = STR("SELECT '${TOPIC}', ${N} FORM t x"), .vars = lookup };
    ScriptStmt stmt;
    Err err = { 0 };
    assert_false(script_next(&script, arena, &stmt, &err));
    assert_text(str_sub(stmt.text, err.span.pos, err.span.len), "t");
    Span span = script_span(&stmt, err.span);
    assert_text(str_sub(stmt.source, span.pos, span.len), "t");
    assert_text(str_of(err.hint), "Did you mean FROM instead of FORM?");
}

static void set_is(const char *text, const char *key, const char *value)
{
    Err err = { 0 };
    Stmt *stmt = parse_statement(arena, str_of(text), &err);
    if (!stmt) fail_msg("%s: %s", text, err.message);
    assert_int_equal(stmt->kind, STMT_SET);
    assert_int_equal(stmt->u.set_option.has_key, key != NULL);
    if (!key) return;
    assert_text(stmt->u.set_option.key, key);
    assert_text(stmt->u.set_option.value, value);
}

static void client_words(void **state)
{
    (void)state;
    set_is("SET", NULL, NULL);
    set_is("SET execution.checkpointing.interval = 10s", "execution.checkpointing.interval", "10s");
    set_is("set table.local-time-zone=Asia/Shanghai -- here", "table.local-time-zone", "Asia/Shanghai");
    set_is("SET state.dir = file:///tmp//x", "state.dir", "file:///tmp//x");
    set_is("SET 'a.b' = 'it''s'", "a.b", "it's");
    set_is("SET `a.b`=\"c\"", "a.b", "c");
    set_is("-- first\nSET 'pipeline.name' = ''", "pipeline.name", "");
    static const char *const broken[] = { "SET 'a.b'", "SET 'a.b'=", "SET 'a'='b', 'c'='d'", "RESET 'a', 'b'", "QUIT now", "HELP SELECT", "SET = 1" };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        Err err = { 0 };
        if (parse_statement(arena, str_of(broken[i]), &err)) fail_msg("%s", broken[i]);
        assert_int_equal(err.code, E_SYNTAX);
    }
    Err err = { 0 };
    assert_int_equal(parse_statement(arena, STR("quit;"), &err)->kind, STMT_QUIT);
    assert_false(parse_statement(arena, STR("RESET"), &err)->u.set_option.has_key);
    assert_text(parse_statement(arena, STR("RESET a.b"), &err)->u.set_option.key, "a.b");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cuts), cmocka_unit_test(completeness), cmocka_unit_test(variables), cmocka_unit_test(spans_in_the_source), cmocka_unit_test(client_words) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
