/* DDL beyond the conformance files: texts of views as Flink writes them out, secrets, failed CTAS leave nothing behind, what ALTER keeps. */
#include "engine/session/session.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

typedef struct Seen { StrBuf text, notices; } Seen;
static Session *session;
static Seen seen;

static void on_table(void *ctx, const TextTable *table)
{
    Seen *to = ctx;
    for (uint32_t i = 0; i < table->nrows * table->ncols; i++)
        strbuf_addf(&to->text, "%.*s%s", STR_ARG(table->cells[i]), (i + 1) % table->ncols ? "|" : "\n");
}

static void on_notice(void *ctx, Str text)
{
    Seen *to = ctx;
    strbuf_addf(&to->notices, "%.*s\n", STR_ARG(text));
}

/* Runs one statement; its error, if any, into *err. */
static bool try_run(const char *sql, Err *err)
{
    SessionSink sink = { .ctx = &seen, .table = on_table, .notice = on_notice };
    Script script = { .file = STR("-"), .text = str_of(sql) };
    Arena *arena = arena_new();
    ScriptStmt stmt = { 0 };
    strbuf_clear(&seen.text);
    strbuf_clear(&seen.notices);
    bool ok = script_next(&script, arena, &stmt, err) && session_execute(session, &stmt, &sink, err);
    arena_free(arena);
    return ok;
}

static void run(const char *sql)
{
    Err err = { 0 };
    if (!try_run(sql, &err)) fail_msg("%s: %s", sql, err.message);
}

static void refuse(const char *sql, ErrCode code)
{
    Err err = { 0 };
    assert_false(try_run(sql, &err));
    assert_int_equal(err.code, code);
}

static void shows(const char *sql, const char *part)
{
    run(sql);
    if (!strstr(strbuf_cstr(&seen.text), part)) fail_msg("%s gives\n%swithout\n%s", sql, strbuf_cstr(&seen.text), part);
}

static int setup(void **state)
{
    (void)state;
    session = session_new(&(SessionOptions){ .check_only = true });
    run("CREATE TABLE base (id INT, v STRING, ts TIMESTAMP(3), c AS id + 1, WATERMARK FOR ts AS ts - INTERVAL '5' SECONDS) WITH ('connector' = 'datagen')");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_free(session);
    strbuf_free(&seen.text);
    strbuf_free(&seen.notices);
    seen = (Seen){ 0 };
    return 0;
}

static void test_views_written_out(void **state)
{
    (void)state;
    run("CREATE VIEW v1 AS SELECT * FROM base");
    shows("SHOW CREATE VIEW v1", "AS SELECT `base`.`id`, `base`.`v`, `base`.`ts`, `base`.`c`\nFROM `default_catalog`.`default_database`.`base` AS `base`\n");
    run("CREATE VIEW v2 AS SELECT b.id AS i, COUNT(*) AS n, MAX(v) FROM base b WHERE b.v IN ('x', 'y') GROUP BY b.id HAVING COUNT(*) > 1");
    shows("SHOW CREATE VIEW v2", "AS SELECT `b`.`id` AS `i`, COUNT(*) AS `n`, MAX(`b`.`v`)\nFROM `default_catalog`.`default_database`.`base` AS `b`\n"
                                 "WHERE `b`.`v` IN ('x', 'y')\nGROUP BY `b`.`id`\nHAVING COUNT(*) > 1\n");
    run("CREATE VIEW v3 AS WITH q AS (SELECT id, v FROM base) SELECT id, CASE WHEN v = 'x' THEN 1 ELSE 2 END c FROM q UNION ALL SELECT 1, 2");
    shows("SHOW CREATE VIEW v3", "AS WITH `q` AS (SELECT `base`.`id`, `base`.`v`\nFROM `default_catalog`.`default_database`.`base` AS `base`) "
                                 "SELECT `q`.`id`, CASE WHEN `q`.`v` = 'x' THEN 1 ELSE 2 END AS `c`\nFROM `q` AS `q`\nUNION ALL\nSELECT 1, 2\n");
    run("CREATE VIEW v6 AS VALUES (1, 'a'), (2, 'b')");
    shows("SHOW CREATE VIEW v6", "AS VALUES ROW(1, 'a'),\nROW(2, 'b')\n");
    run("CREATE TEMPORARY VIEW v7 AS SELECT id FROM base");
    shows("SHOW CREATE VIEW v7", "CREATE TEMPORARY VIEW `default_catalog`.`default_database`.`v7` (\n  `id`\n)\n");
}

static void test_view_keeps_its_context(void **state)
{
    (void)state;
    run("CREATE VIEW v AS SELECT id FROM base");
    run("CREATE DATABASE other");
    run("USE other");
    run("SELECT id FROM default_database.v");
    refuse("SELECT id FROM base", E_NO_TABLE);
}

static void test_secrets_are_masked(void **state)
{
    (void)state;
    run("CREATE TABLE s (a INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://me:geheim@h/db', 'password' = 'geheim')");
    run("SHOW CREATE TABLE s");
    assert_null(strstr(strbuf_cstr(&seen.text), "geheim"));
    assert_non_null(strstr(strbuf_cstr(&seen.text), "'password' = '******'"));
    run("SET 'my.password' = 'geheim'");
    run("SET");
    assert_null(strstr(strbuf_cstr(&seen.text), "geheim"));
}

static void test_failed_ctas_leaves_nothing(void **state)
{
    (void)state;
    refuse("CREATE TABLE k (a STRING) WITH ('connector' = 'blackhole') AS SELECT 1 AS a", E_TYPE);
    refuse("SHOW CREATE TABLE k", E_NO_TABLE);
    run("CREATE TABLE k WITH ('connector' = 'blackhole') AS SELECT 1 AS a");
    refuse("REPLACE TABLE k AS SELECT 'x' AS b", E_OPTION);
    shows("SHOW CREATE TABLE k", "`a` INT NOT NULL");
    run("CREATE OR REPLACE TABLE k WITH ('connector' = 'blackhole') AS SELECT 'x' AS b");
    shows("SHOW CREATE TABLE k", "`b` CHAR(1) NOT NULL");
    run("EXPLAIN CREATE TABLE e WITH ('connector' = 'blackhole') AS SELECT 1 AS a");
    refuse("SHOW CREATE TABLE e", E_NO_TABLE);
}

static void test_alter_table(void **state)
{
    (void)state;
    run("CREATE TABLE m (a INT COMMENT 'ca', b STRING NOT NULL, g AS b || 'x') WITH ('connector' = 'datagen')");
    run("ALTER TABLE m MODIFY a BIGINT");
    shows("SHOW CREATE TABLE m", "`a` BIGINT COMMENT 'ca'");
    refuse("ALTER TABLE m DROP b", E_INVALID);
    refuse("ALTER TABLE m RENAME b TO b2", E_INVALID);
    run("ALTER TABLE m DROP (b, g)");
    run("ALTER TABLE m ADD PRIMARY KEY (a) NOT ENFORCED");
    shows("DESCRIBE m", "a|BIGINT|FALSE|PRI(a)|||ca\n");
    run("ALTER TABLE m DROP PRIMARY KEY");
    shows("DESCRIBE m", "a|BIGINT|FALSE||||ca\n");
    refuse("ALTER TABLE nope ADD x INT", E_NO_TABLE);
}

static void test_foreign_types_get_a_hint(void **state)
{
    (void)state;
    Err err = { 0 };
    assert_false(try_run("CREATE TABLE t (a TEXT) WITH ('connector' = 'datagen')", &err));
    assert_int_equal(err.code, E_TYPE);
    assert_string_equal(err.hint, "Use STRING.");
    assert_int_equal(err.span.pos, 18);
}

static void test_unknown_settings_are_named(void **state)
{
    (void)state;
    run("SET 'parallelism.defualt' = '2'");
    assert_non_null(strstr(strbuf_cstr(&seen.notices), "did you mean 'parallelism.default'?"));
    refuse("SET 'table.local-time-zone' = 'Mars/Base'", E_OPTION);
    refuse("SET 'table.exec.state.ttl' = 'soon'", E_OPTION);
}

static void test_filters(void **state)
{
    (void)state;
    shows("SHOW FUNCTIONS LIKE 'regexp_rep%'", "REGEXP_REPLACE\n");
    run("CREATE VIEW under_score AS SELECT 1 AS a");
    run("CREATE VIEW underxscore AS SELECT 1 AS a");
    run("SHOW VIEWS LIKE 'under\\_%'");
    assert_string_equal(strbuf_cstr(&seen.text), "under_score\n");
    run("SHOW VIEWS NOT LIKE 'under__core'");
    assert_string_equal(strbuf_cstr(&seen.text), "");
    refuse("SHOW TABLES FROM nope", E_NO_OBJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_views_written_out, setup, teardown), cmocka_unit_test_setup_teardown(test_view_keeps_its_context, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_are_masked, setup, teardown), cmocka_unit_test_setup_teardown(test_failed_ctas_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_alter_table, setup, teardown), cmocka_unit_test_setup_teardown(test_foreign_types_get_a_hint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_settings_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
