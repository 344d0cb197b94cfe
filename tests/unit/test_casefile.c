/* `weir test` judged by itself: passing, failing and expected failures of the three kinds of files, blessing. */
#include "engine/base/io.h"
#include "engine/session/casefile.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    Err err = { 0 };
    assert_true(io_write_file(path_of(name), str_of(text), &err));
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weir-casefile.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    static const char *const names[] = { "good.case", "bad.case", "t.tsv", "s.sql", "s.tsv", "expect.txt" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
    return rmdir(folder);
}

/* Runs the folder; what it printed goes to *printed (to be freed). */
static TestTotals run(const char *expect, bool bless, char **printed)
{
    size_t size;
    FILE *out = open_memstream(printed, &size);
    TestOptions options = { .expect_file = expect, .bless = bless, .out = out };
    TestTotals totals = { 0 };
    Err err = { 0 };
    bool ok = test_run_path(folder, &options, &totals, &err);
    fclose(out);
    if (!ok) fail_msg("%s", err.message);
    return totals;
}

static const char *const good_case =
    "# rows pass through\n== sql\nCREATE TABLE t (a INT, b STRING) WITH ('connector' = 'fixture');\nSELECT b, a + 1 AS n FROM t WHERE a > 1;\n"
    "== input\n+I t {\"a\":1,\"b\":\"x\"}\n+I t {\"a\":2,\"b\":\"y\"}\n== schema\nb STRING\nn INT\n== changelog\n+I y | 3\n== final\ny | 3\n";
static const char *const bad_case =
    "== sql\nCREATE TABLE t (a INT) WITH ('connector' = 'fixture');\nSELECT a FROM t;\n== input\n+I t {\"a\":1}\n== final\n2\n";
static const char *const table =
    "# heading\n% CREATE TEMPORARY VIEW v AS SELECT * FROM (VALUES (1), (2)) AS t (x)\n1 + 1\tINT NOT NULL\t2\n"
    "SELECT x FROM v\tINT NOT NULL\t2 ; 1\n1 + 2\tINT NOT NULL\t4\nCAST('x' AS INT)\t!run: no number\nNOPE(1)\t!validate: no such function\n";

static void test_counts_and_diffs(void **state)
{
    (void)state;
    char *printed;
    put("good.case", good_case);
    put("bad.case", bad_case);
    put("t.tsv", table);
    put("s.sql", "CREATE TABLE a (x INT);\nSELECT y\nFROM a;\nSELEC 1;\n");
    put("s.tsv", "1\tok\tCREATE TABLE a (x INT)\n2\tvalidate: no column\tSELECT y FROM a\n3\tok\tSELEC 1\n");
    TestTotals totals = run(NULL, false, &printed);
    assert_int_equal(totals.passed, 1 + 4 + 2);
    assert_int_equal(totals.failed, 3);
    assert_non_null(strstr(printed, "    -2\n    +1\n"));
    assert_non_null(strstr(printed, "t.tsv:5\n  1 + 2\n  expected  INT NOT NULL\t4\n  got       INT NOT NULL\t3\n"));
    assert_non_null(strstr(printed, "s.sql:4\n"));
    free(printed);
}

static void test_expected_failures(void **state)
{
    (void)state;
    char *printed, expect[128];
    put("good.case", good_case);
    put("bad.case", bad_case);
    put("t.tsv", table);
    put("expect.txt", "# known\nbad.case\tthe answer is wrong\nt.tsv:1 + 2\tarithmetic\n");
    snprintf(expect, sizeof expect, "%s", path_of("expect.txt"));
    TestTotals totals = run(expect, false, &printed);
    assert_int_equal(totals.failed, 0);
    assert_int_equal(totals.known, 2);
    free(printed);
    put("expect.txt", "good.case\tit passes\nbad.case\twrong\nt.tsv:5\tby line\nt.tsv:9\tno such line\n");
    totals = run(expect, false, &printed);
    assert_int_equal(totals.failed, 2);
    assert_non_null(strstr(printed, "passes but stands in"));
    assert_non_null(strstr(printed, "has no such test"));
    free(printed);
    put("expect.txt", "bad.case\n");
    Err err = { 0 };
    TestOptions options = { .expect_file = expect, .out = stdout };
    assert_false(test_run_path(folder, &options, &totals, &err));
    assert_non_null(strstr(err.message, "gives no reason"));
}

static void test_bless_writes_the_answers(void **state)
{
    (void)state;
    char *printed;
    put("bad.case", bad_case);
    put("t.tsv", table);
    TestTotals totals = run(NULL, true, &printed);
    free(printed);
    totals = run(NULL, false, &printed);
    assert_int_equal(totals.failed, 0);
    assert_int_equal(totals.passed, 6);
    free(printed);
}

static void test_unreadable_and_malformed(void **state)
{
    (void)state;
    char *printed;
    Err err = { 0 };
    TestTotals totals = { 0 };
    TestOptions options = { .out = stdout };
    assert_false(test_run_path("/nowhere/x.case", &options, &totals, &err));
    put("bad.case", "SELECT 1;\n");
    totals = run(NULL, false, &printed);
    assert_int_equal(totals.failed, 1);
    assert_non_null(strstr(printed, "no \"== sql\" section"));
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts_and_diffs, setup, teardown), cmocka_unit_test_setup_teardown(test_expected_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bless_writes_the_answers, setup, teardown), cmocka_unit_test_setup_teardown(test_unreadable_and_malformed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
