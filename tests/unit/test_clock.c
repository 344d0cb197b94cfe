/* Clock: freezing, advancing, sleeping; randomness from a seed. */
#include "tests/unit/unit.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(freezes), cmocka_unit_test(sleeps), cmocka_unit_test(seeds) };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
