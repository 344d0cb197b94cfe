/* Canonical text: expressions as Flink stores them (show_create.out), types, and the parentheses that keep a tree. */
#include "tests/unit/unit.h"

#include "parser/parse.h"

static Arena *arena;
static int setup(void **state) { (void)state; arena = arena_new(); return 0; }
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

static void prints(const char *text, bool quote_all, const char *want)
{
    Err err = { 0 };
    Ast *a = parse_expression(arena, str_of(text), &err);
    if (!a) fail_msg("%s: %s", text, err.message);
    StrBuf buf = { 0 };
    ast_print(a, quote_all, &buf);
    assert_text(strbuf_str(&buf), want);
    Ast *again = parse_expression(arena, strbuf_str(&buf), &err);
    assert_non_null(again);
    assert_true(ast_equal(a, again));
    strbuf_free(&buf);
}

static void as_flink_stores_them(void **state)
{
    (void)state;
    prints("id + 1", true, "`id` + 1");
    prints("ts - INTERVAL '5' SECONDS", true, "`ts` - INTERVAL '5' SECOND");
    prints("ts - INTERVAL 5 SECONDS", true, "`ts` - INTERVAL '5' SECOND");
    prints("SUM(id)", true, "SUM(`id`)");
    prints("proctime()", true, "PROCTIME()");
    prints("cast(a as timestamp(3))", true, "CAST(`a` AS TIMESTAMP(3))");
    prints("a.b.c", true, "`a`.`b`.`c`");
    prints("m['k']", true, "`m`['k']");
}

static void parentheses(void **state)
{
    (void)state;
    prints("(a + b) * c", false, "(a + b) * c");
    prints("a + (b * c)", false, "a + b * c");
    prints("a - (b - c)", false, "a - (b - c)");
    prints("NOT (a AND b)", false, "NOT (a AND b)");
    prints("(a).b", false, "(a).b");
    prints("- (- a)", false, "-(-a)");
    prints("(a - b) DAY", false, "(a - b) DAY");
    prints("INTERVAL (a + 1) DAY", false, "INTERVAL (a + 1) DAY");
    prints("`select`", false, "`select`");
    prints("X'0aFf'", false, "X'0AFF'");
    prints("x = ALL (SELECT 1)", false, "x = ALL (SELECT 1)");
    prints("JSON_OBJECT('a': 1)", false, "JSON_OBJECT(KEY 'a' VALUE 1 NULL ON NULL)");
}

static void types(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "row<a int not null, `b c` array<string>>", "ROW<a INT NOT NULL, `b c` ARRAY<STRING>>" }, { "INT ARRAY MULTISET", "MULTISET<ARRAY<INT>>" },
        { "timestamp(3) with local time zone", "TIMESTAMP_LTZ(3)" }, { "character varying(3)", "VARCHAR(3)" }, { "double precision not null", "DOUBLE NOT NULL" },
        { "structured<'c', x int>", "STRUCTURED<'c', x INT>" }, { "raw('c', 'x')", "RAW('c', 'x')" }, { "row<>", "ROW<>" }, { "numeric(5, 2)", "DECIMAL(5, 2)" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = { 0 };
        StrBuf buf = { 0 };
        AstType *type = parse_type(arena, str_of(cases[i][0]), &err);
        if (!type) fail_msg("%s: %s", cases[i][0], err.message);
        asttype_print(type, &buf);
        assert_text(strbuf_str(&buf), cases[i][1]);
        strbuf_free(&buf);
    }
}

/* Every clause of a statement survives printing: a text that already is canonical comes back byte for byte. */
static void statements(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "MERGE INTO `t` AS `x` USING `s` ON `x`.`a` = `s`.`a`\nWHEN MATCHED THEN UPDATE SET `b` = 1\nWHEN NOT MATCHED THEN INSERT (`a`) VALUES (2)",
        "ANALYZE TABLE `t` PARTITION (`a` = '1', `b`) COMPUTE STATISTICS FOR COLUMNS `c`, `d`", "ALTER FUNCTION IF EXISTS `f` AS 'x' LANGUAGE PYTHON",
        "CREATE MODEL `m` INPUT (`a` STRING) OUTPUT (`b` INT) COMMENT 'c' WITH ('k' = 'v')", "CREATE OR ALTER MATERIALIZED TABLE `m` FRESHNESS = INTERVAL '1' MINUTE REFRESH_MODE = FULL AS SELECT 1",
        "ALTER TABLE `t` ADD IF NOT EXISTS PARTITION (`a` = 'x') WITH ('k' = 'v')", "COMPILE PLAN 'f' IF NOT EXISTS FOR STATEMENT SET BEGIN\nINSERT INTO `t`\nSELECT 1;\nEND",
        "STOP JOB 'x' WITH SAVEPOINT WITH DRAIN", "CREATE TABLE `t` (`a` INT PRIMARY KEY NOT ENFORCED COMMENT 'c', `m` STRING METADATA FROM 'k' VIRTUAL) DISTRIBUTED BY HASH(`a`) INTO 3 BUCKETS",
        "INSERT INTO `t` /*+ OPTIONS('a'='b') */ PARTITION (`p` = NULL) (`a`)\nSELECT 1 ON CONFLICT DO DEDUPLICATE", "ALTER CATALOG `c` COMMENT 'x'",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Err err = { 0 };
        StrBuf buf = { 0 };
        Stmt *stmt = parse_statement(arena, str_of(texts[i]), &err);
        if (!stmt) fail_msg("%s: %s", texts[i], err.message);
        stmt_print(stmt, &buf);
        for (uint32_t k = 0, n = 0; k <= buf.len; k++) {           /* blanks between words apart */
            while (k < buf.len && (buf.ptr[k] == ' ' || buf.ptr[k] == '\n')) k++;
            while (texts[i][n] == ' ' || texts[i][n] == '\n') n++;
            if ((k < buf.len ? buf.ptr[k] : 0) != texts[i][n]) fail_msg("%s\n%.*s", texts[i], (int)buf.len, buf.ptr);
            n++;
        }
        strbuf_free(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(as_flink_stores_them), cmocka_unit_test(parentheses), cmocka_unit_test(types), cmocka_unit_test(statements) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
