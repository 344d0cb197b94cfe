/* Scripts to plans for tests: statements in order against one catalog; the plan of the last query or INSERT as EXPLAIN prints it,
 * or the first error as "CODE span-text: message". */
#ifndef WEIR_TESTS_PLAN_TEXT_H
#define WEIR_TESTS_PLAN_TEXT_H
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "parser/analyze.h"

typedef struct PlanTest { Catalog *catalog; AnalyzeEnv env; Arena *arena; StrBuf text; Err err; Plan *plan; } PlanTest;

static inline PlanTest plan_test_new(void)
{
    PlanTest t = { .catalog = catalog_new(), .arena = arena_new() };
    t.env = (AnalyzeEnv){ .catalog = t.catalog, .config_arena = t.arena };
    options_set(t.arena, &t.env.config, STR("table.local-time-zone"), STR("UTC"));
    return t;
}

static inline void plan_test_free(PlanTest *t)
{
    plan_free(t->plan);
    strbuf_free(&t->text);
    arena_free(t->arena);
    catalog_free(t->catalog);
}

static inline Str plan_test_variable(void *ctx, Str name)
{
    (void)ctx;
    (void)name;
    return STR_NULL;
}

/* false: t->err. The last plan stays in t->plan. */
static inline bool plan_test_run(PlanTest *t, const char *sql)
{
    Script script = { .text = str_of(sql), .vars = plan_test_variable };
    for (;;) {
        ScriptStmt stmt;
        AnalyzeResult result;
        t->err = (Err){ 0 };
        if (!script_next(&script, t->arena, &stmt, &t->err)) return false;
        if (!stmt.stmt) return true;
        if (!statement_analyze(&t->env, t->arena, stmt.stmt, stmt.text, &result, &t->err)) {
            strbuf_clear(&t->text);
            strbuf_adds(&t->text, str_sub(stmt.text, t->err.span.pos, t->err.span.len));
            return false;
        }
        if (result.kind != RESULT_PLAN) continue;
        plan_free(t->plan);
        t->plan = result.plan_owned;
    }
}

static const char *const test_tables =
    "CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(10, 2), r ROW<a INT, b STRING>, arr ARRAY<INT>, ts TIMESTAMP(3), p AS PROCTIME(), u AS UPPER(k), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='fixture');"
    "CREATE TABLE plain (id INT, k STRING, v INT) WITH ('connector'='fixture');"
    "CREATE TABLE ups (id INT, k STRING, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='fixture', 'changelog-mode'='I,UA,D');"
    "CREATE TABLE rets (id INT, v INT) WITH ('connector'='fixture', 'changelog-mode'='I,UB,UA,D');"
    "CREATE TABLE all_sink (k STRING, n BIGINT) WITH ('connector'='blackhole');"
    "CREATE TABLE files (k STRING, n BIGINT) WITH ('connector'='filesystem', 'path'='x', 'format'='json');"
    "CREATE TABLE keyed (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='upsert-kafka', 'topic'='t', 'properties.bootstrap.servers'='embedded', 'key.format'='json', 'value.format'='json');";

/* EXPLAIN of the last plan of sql over test_tables. */
static inline void expect_plan(const char *sql, const char *expected)
{
    PlanTest t = plan_test_new();
    if (!plan_test_run(&t, test_tables) || !plan_test_run(&t, sql)) fail_msg("%s: %s", sql, t.err.message);
    strbuf_clear(&t.text);
    plan_explain(t.plan, &t.text);
    assert_text(strbuf_str(&t.text), expected);
    plan_test_free(&t);
}

/* Some line of the plan holds `part`. */
static inline void expect_in_plan(const char *sql, const char *part)
{
    PlanTest t = plan_test_new();
    if (!plan_test_run(&t, test_tables) || !plan_test_run(&t, sql)) fail_msg("%s: %s", sql, t.err.message);
    strbuf_clear(&t.text);
    plan_explain(t.plan, &t.text);
    if (str_find(strbuf_str(&t.text), str_of(part), 0) < 0) fail_msg("%s\nhas no %s:\n%s", sql, part, strbuf_cstr(&t.text));
    plan_test_free(&t);
}

/* The query's columns: "name TYPE, ..". */
static inline void expect_schema(const char *sql, const char *expected)
{
    PlanTest t = plan_test_new();
    if (!plan_test_run(&t, test_tables) || !plan_test_run(&t, sql)) fail_msg("%s: %s", sql, t.err.message);
    strbuf_clear(&t.text);
    const Schema *schema = t.plan->sinks[0]->schema;
    for (uint32_t i = 0; i < schema->n; i++) {
        strbuf_addf(&t.text, "%s" STR_FMT " ", i ? ", " : "", STR_ARG(schema->cols[i].name));
        type_print(schema->cols[i].type, true, &t.text);
    }
    assert_text(strbuf_str(&t.text), expected);
    plan_test_free(&t);
}

/* Fails with this code at this place of the statement. */
static inline void expect_error(const char *sql, ErrCode code, const char *place)
{
    PlanTest t = plan_test_new();
    if (!plan_test_run(&t, test_tables)) fail_msg("%s", t.err.message);
    if (plan_test_run(&t, sql)) fail_msg("%s was planned", sql);
    if (t.err.code != code) fail_msg("%s: %s", sql, t.err.message);
    assert_text(strbuf_str(&t.text), place);
    plan_test_free(&t);
}
static inline void expect_hint(const char *sql, const char *hint)
{
    PlanTest t = plan_test_new();
    assert_true(plan_test_run(&t, test_tables));
    assert_false(plan_test_run(&t, sql));
    assert_string_equal(t.err.hint, hint);
    plan_test_free(&t);
}
#endif
