/* Files: round trips, atomic writes under injected failures, directories. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/fault.h"
#include "engine/base/io.h"

static char dir[] = "/tmp/weir-io-XXXXXX";
static char path[64], tmp_path[80];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir)) return -1;
    snprintf(path, sizeof path, "%s/file", dir);
    snprintf(tmp_path, sizeof tmp_path, "%s.tmp", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void check_content(const char *expected)
{
    StrBuf text = { 0 };
    Err err = { 0 };
    assert_true(io_read_file(path, &text, &err));
    assert_text(strbuf_str(&text), expected);
    strbuf_free(&text);
}

static void round_trip(void **state)
{
    (void)state;
    Err err = { 0 };
    StrBuf text = { 0 };
    strbuf_addz(&text, "head ");
    assert_true(io_write_file(path, STR("one"), &err));
    assert_true(io_read_file(path, &text, &err));
    assert_text(strbuf_str(&text), "head one");
    assert_true(io_write_file(path, STR(""), &err));
    check_content("");
    strbuf_free(&text);
    assert_false(io_read_file("/nonexistent/x", &text, &err));
    assert_int_equal(err.code, E_IO);
    assert_string_equal(err.message, "cannot open \"/nonexistent/x\": No such file or directory");
    assert_false(io_read_file(dir, &text, &err));
    strbuf_free(&text);
}

/* Fails each passage in turn: the file holds the old bytes or the new ones, never a mixture, and no .tmp stays. */
static void survives_every_failure(void **state)
{
    (void)state;
    Err err = { 0 };
    bool done = false;
    uint64_t n = 0;
    while (!done) {
        assert_true(io_write_file(path, STR("old"), &err));
        fault_arm("*", ++n);
        done = io_write_file(path, STR("new"), &err);
        bool reached = fault_count("*") >= n;
        fault_disarm_all();
        assert_int_equal(done, !reached);
        StrBuf text = { 0 };
        assert_true(io_read_file(path, &text, &err));
        assert_true(str_is(strbuf_str(&text), "new") || (!done && str_is(strbuf_str(&text), "old")));
        assert_int_equal(access(tmp_path, F_OK), -1);
        strbuf_free(&text);
    }
    assert_true(n > 5);
}

static void read_failures(void **state)
{
    (void)state;
    Err err = { 0 };
    StrBuf text = { 0 };
    assert_true(io_write_file(path, STR("x"), &err));
    fault_arm("io.read", 1);
    assert_false(io_read_file(path, &text, &err));
    fault_arm("io.open", 1);
    assert_false(io_read_file(path, &text, &err));
    fault_disarm_all();
    strbuf_free(&text);
}

static void directories(void **state)
{
    (void)state;
    char deep[96], middle[64];
    Err err = { 0 };
    snprintf(middle, sizeof middle, "%s/a", dir);
    snprintf(deep, sizeof deep, "%s/b", middle);
    assert_true(io_make_dirs(deep, &err));
    assert_true(io_make_dirs(deep, &err));
    struct stat st;
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    rmdir(deep);
    rmdir(middle);
    assert_true(io_write_file(path, STR("x"), &err));
    snprintf(deep, sizeof deep, "%s/sub", path);
    assert_false(io_make_dirs(deep, &err));
    fault_arm("io.mkdir", 1);
    assert_false(io_make_dirs(dir, &err));
    fault_disarm_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(survives_every_failure), cmocka_unit_test(read_failures), cmocka_unit_test(directories),
    };
    return cmocka_run_group_tests_name("io", tests, setup, teardown);
}
