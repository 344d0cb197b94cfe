/* Texts of `weir test` (changelogs applied, maps without order, diffs, records) and the session's variables and jobs. */
#include "engine/session/case_run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static Arena *arena;

static void assert_text(Str got, const char *want)
{
    if (!str_is(got, want)) fail_msg("got \"%.*s\", not \"%s\"", STR_ARG(got), want);
}

static void test_changelog_final(void **state)
{
    (void)state;
    assert_text(changelog_final(arena, STR("+I a | 1\n-U a | 1\n+U a | 2\n+I b | 1\n+I b | 1\n-D b | 1\n")), "a | 2\nb | 1\n");
    assert_text(changelog_final(arena, STR("-D never\n+U x\n")), "x\n");
    assert_text(changelog_final(arena, STR("")), "");
}

static void test_braces(void **state)
{
    (void)state;
    assert_text(sort_braces(arena, STR("a | {b=1, a={z=1, c=2}} | [1, 2]")), "a | {a={c=2, z=1}, b=1} | [1, 2]");
    assert_text(sort_braces(arena, STR("{}")), "{}");
    assert_text(sort_braces(arena, STR("{k=[1, 2], a=(1, 2)}")), "{a=(1, 2), k=[1, 2]}");
    assert_text(sort_braces(arena, STR("{open")), "{open");
}

static void test_diff(void **state)
{
    (void)state;
    StrBuf out = { 0 };
    diff_lines(STR("a\nb\nc"), STR("a\nc\nd"), &out);
    assert_text(strbuf_str(&out), "     a\n    -b\n     c\n    +d\n");
    strbuf_free(&out);
}

static void test_records(void **state)
{
    (void)state;
    CaseReport report = { 0 };
    record_put(&report, true, 0, STR(""), STR(""));
    record_put(&report, false, 7, STR("1/0"), STR("  why\n"));
    Reader in = { report.bytes.ptr, report.bytes.ptr + report.bytes.len, false };
    CaseRecord record;
    assert_true(record_get(&in, &record) && record.passed);
    assert_true(record_get(&in, &record) && !record.passed && record.line == 7);
    assert_text(record.key, "1/0");
    assert_false(record_get(&in, &record));
    in = (Reader){ report.bytes.ptr, report.bytes.ptr + report.bytes.len - 3, false };
    assert_true(record_get(&in, &record));
    assert_false(record_get(&in, &record));
    strbuf_free(&report.bytes);
}

static void test_stages(void **state)
{
    (void)state;
    Err err = { 0 };
    err_set(&err, E_TYPE, "types do not fit");
    assert_true(same_stage(STR("validate: SqlValidatorException: x"), &err));
    assert_true(same_stage(STR("!validate: x"), &err));
    assert_false(same_stage(STR("run: x"), &err));
    assert_text(error_answer(arena, &err), "validate: types do not fit");
}

static void test_variables(void **state)
{
    (void)state;
    Session *session = session_new(&(SessionOptions){ 0 });
    Err err = { 0 };
    setenv("WEIR_TEST_NAME", "from outside", 1);
    assert_text(session_variable(session, STR("WEIR_TEST_NAME")), "from outside");
    assert_true(session_define(session, STR("WEIR_TEST_NAME"), STR("mine"), &err));
    assert_text(session_variable(session, STR("WEIR_TEST_NAME")), "mine");
    assert_null(session_variable(session, STR("WEIR_TEST_ABSENT")).ptr);
    assert_true(session_define(session, STR("execution.runtime-mode"), STR("batch"), &err));
    assert_text(options_find(&session_env(session)->config, STR("execution.runtime-mode"))->value, "batch");
    assert_false(session_define(session, STR("execution.runtime-mode"), STR("sometimes"), &err));
    assert_int_equal(err.code, E_OPTION);
    session_free(session);
}

/* Runs text; fails the test at the first error. */
static void run(Session *session, const char *sql, const SessionSink *sink)
{
    Script script = { .file = STR("-"), .text = str_of(sql), .vars = session_variable, .vars_ctx = session };
    for (bool end = false; !end;) {
        Arena *statement = arena_new();
        ScriptStmt stmt = { 0 };
        Err err = { 0 };
        bool ok = script_next(&script, statement, &stmt, &err);
        end = ok && !stmt.stmt;
        if (ok && !end) ok = session_execute(session, &stmt, sink, &err);
        if (!ok) fail_msg("%.*s: %s", STR_ARG(stmt.text), err.message);
        arena_free(statement);
    }
}

static void count_jobs(void *ctx, Job *job)
{
    (void)job;
    ++*(int *)ctx;
}

static void test_statement_set_is_one_job(void **state)
{
    (void)state;
    Session *session = session_new(&(SessionOptions){ 0 });
    int jobs = 0;
    SessionSink sink = { .ctx = &jobs, .submitted = count_jobs };
    run(session, "CREATE TABLE g (a INT) WITH ('connector'='datagen', 'number-of-rows'='10');"
                 "CREATE TABLE s (a INT) WITH ('connector'='blackhole');"
                 "CREATE TABLE z (a INT) WITH ('connector'='blackhole');"
                 "BEGIN STATEMENT SET; INSERT INTO s SELECT a FROM g; INSERT INTO z SELECT a FROM g; END;", &sink);
    assert_int_equal(jobs, 1);
    run(session, "EXECUTE STATEMENT SET BEGIN INSERT INTO s SELECT a FROM g; INSERT INTO z SELECT a FROM g; END;", &sink);
    assert_int_equal(jobs, 2);
    Err err = { 0 };
    assert_true(session_wait_jobs(session, NULL, NULL, NULL, &err));
    Job *list[4];
    assert_int_equal(session_jobs(session, list, 4), 2);
    assert_int_equal(job_state(list[0]), JOB_FINISHED);
    session_free(session);
}

static void test_what_a_text_leaves_open(void **state)
{
    (void)state;
    Session *session = session_new(&(SessionOptions){ .check_only = true });
    SessionSink sink = { 0 };
    Err err = { 0 };
    run(session, "BEGIN STATEMENT SET;", &sink);
    assert_false(session_text_end(session, &err));
    assert_true(session_text_end(session, &err));
    Arena *statement = arena_new();
    Script script = { .file = STR("-"), .text = STR("SELECT 1") };
    ScriptStmt stmt;
    assert_true(script_next(&script, statement, &stmt, &err));
    session_definitions_only(session, true);
    assert_false(session_execute(session, &stmt, &sink, &err));
    session_definitions_only(session, false);
    err_clear(&err);
    assert_true(session_execute(session, &stmt, &sink, &err));
    arena_free(statement);
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changelog_final), cmocka_unit_test(test_braces), cmocka_unit_test(test_diff), cmocka_unit_test(test_records),
        cmocka_unit_test(test_stages), cmocka_unit_test(test_variables), cmocka_unit_test(test_statement_set_is_one_job),
        cmocka_unit_test(test_what_a_text_leaves_open),
    };
    arena = arena_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
