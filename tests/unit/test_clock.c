/* Clock: freezing, advancing, sleeping; randomness from a seed. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"

static void freezes(void **state)
{
    (void)state;
    assert_false(clock_frozen());
    int64_t real = clock_now_us();
    assert_true(real > 1600000000ll * 1000000);
    clock_freeze(5000000);
    assert_true(clock_frozen());
    assert_int_equal(clock_now_us(), 5000000);
    assert_int_equal(clock_monotonic_us(), 5000000);
    clock_advance(7);
    clock_sleep_us(3);
    clock_sleep_us(-3);
    assert_int_equal(clock_now_us(), 5000010);
    clock_thaw();
    assert_true(clock_now_us() >= real);
}

static void sleeps(void **state)
{
    (void)state;
    int64_t begin = clock_monotonic_us();
    clock_sleep_us(2000);
    assert_true(clock_monotonic_us() - begin >= 2000);
}

static void seeds(void **state)
{
    (void)state;
    uint64_t unseeded = random_u64();
    random_seed(42);
    uint64_t a = random_u64(), b = random_u64();
    assert_true(a != b && a != unseeded);
    random_seed(42);
    assert_true(random_u64() == a && random_u64() == b);
    uint64_t seen = 0;
    for (int i = 0; i < 64; i++) seen |= random_u64();
    assert_true(seen == UINT64_MAX);
}

/* Runs this program again under another clock: it prints its wall clock, in seconds. */
static int run_child(const char *offset, char *said, size_t cap)
{
    char command[4400], self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = 0;
    snprintf(command, sizeof command, "WEIR_CLOCK_OFFSET='%s' exec '%s' child 2>&1", offset, self);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t got = fread(said, 1, cap - 1, pipe);
    said[got] = 0;
    return WEXITSTATUS(pclose(pipe));
}

static void set_back(void **state)
{
    (void)state;
    char said[256];
    int64_t before = clock_now_us() / 1000000;
    assert_int_equal(run_child("-86400", said, sizeof said), 0);
    int64_t after = clock_now_us() / 1000000, there = strtoll(said, NULL, 10);
    assert_in_range(there + 86400, before, after);
    assert_int_equal(run_child("yesterday", said, sizeof said), 2);
    assert_non_null(strstr(said, "\"yesterday\" is no number of seconds"));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0) return printf("%lld\n", (long long)(clock_now_us() / 1000000)) < 0;
    const struct CMUnitTest tests[] = { cmocka_unit_test(set_back), cmocka_unit_test(freezes), cmocka_unit_test(sleeps), cmocka_unit_test(seeds) };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
