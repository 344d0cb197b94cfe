/* Fault points: the n-th passage fails, or kills, once; counting; the environment's form. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/fault.h"

static void counts(void **state)
{
    (void)state;
    assert_false(fault_hit("io.write"));
    fault_arm("io.write", 2);
    assert_false(fault_hit("io.write"));
    assert_false(fault_hit("io.read"));
    assert_true(fault_hit("io.write"));
    assert_false(fault_hit("io.write"));
    assert_int_equal(fault_count("io.write"), 3);
    assert_int_equal(fault_count("io.read"), 0);
    fault_arm("io.write", 1);
    assert_true(fault_hit("io.write"));
    fault_disarm_all();
    assert_false(fault_hit("io.write"));
    assert_int_equal(fault_count("io.write"), 0);
}

static void any_point(void **state)
{
    (void)state;
    fault_arm("*", 3);
    assert_false(fault_hit("a"));
    assert_false(fault_hit("b"));
    assert_true(fault_hit("c"));
    assert_int_equal(fault_count("*"), 3);
    fault_disarm_all();
}

/* Runs this program again with WEIR_FAULT set and gives its wait status; what it wrote to stderr goes to `said`. */
static int run_child(const char *fault, char *said, size_t cap)
{
    char command[4400], self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = 0;
    snprintf(command, sizeof command, "WEIR_FAULT='%s' exec '%s' child 2>&1", fault, self);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t got = fread(said, 1, cap - 1, pipe);
    said[got] = 0;
    return pclose(pipe);
}

/* The child's exit code is 40 + hits of the first five passages. */
static void from_environment(void **state)
{
    (void)state;
    char said[256];
    int status = run_child("x:3,y,io.write:2=fail", said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 43);
    assert_string_equal(said, "WEIR_FAULT: y\nWEIR_FAULT: io.write\nWEIR_FAULT: x\n");
}

static void kills(void **state)
{
    (void)state;
    static const struct { const char *fault, *said; } cases[] = {
        { "y:2=kill", "killed at fault point y, passage 2\n" },
        { "*:3=kill", "killed at fault point io.write, passage 3\n" },
        { "x:4,y=kill", "killed at fault point y, passage 1\n" },
    };
    char said[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = run_child(cases[i].fault, said, sizeof said);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGKILL);
        assert_string_equal(said, cases[i].said);
    }
    int status = run_child("y:6=kill", said, sizeof said);      /* not reached */
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 40);
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[] = { "x:3=crash", ":3", "x:0", "x:", "x:3y", "x,y:1=kil", "a-name-that-is-longer-than-any-that-a-point-could-have" };
    char said[256];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int status = run_child(bad[i], said, sizeof said);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 2);
        assert_non_null(strstr(said, "point[:passage][=fail|kill]"));
    }
}

static int child(void)
{
    int hits = 40;
    for (int i = 1; i <= 5; i++) {
        bool x = fault_hit("x"), y = fault_hit("y"), write = fault_hit("io.write");
        hits += (x && i == 3) + (y && i == 1) + (write && i == 2);
    }
    return hits;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = { cmocka_unit_test(counts), cmocka_unit_test(any_point), cmocka_unit_test(from_environment), cmocka_unit_test(kills), cmocka_unit_test(refuses) };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
