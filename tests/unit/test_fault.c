/* Fault points: the n-th passage fails, once; counting; the environment's form. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
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

/* Runs this program again with WEIR_FAULT set: exit code 40 + hits of the first five passages. */
static void from_environment(void **state)
{
    (void)state;
    char command[4200], self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = 0;
    snprintf(command, sizeof command, "WEIR_FAULT=x:3,y,io.write:2 '%s' child", self);
    int status = system(command);
    assert_int_equal(status >> 8 & 0xff, 43);
}

static int child(void)
{
    int hits = 40;
    for (int i = 1; i <= 5; i++) hits += (fault_hit("x") && i == 3) + (fault_hit("y") && i == 1) + (fault_hit("io.write") && i == 2);
    return hits;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = { cmocka_unit_test(counts), cmocka_unit_test(any_point), cmocka_unit_test(from_environment) };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
