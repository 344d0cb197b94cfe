/* Restart strategies: when, after which pause, and after which failures a job begins again. The expected pauses are a real Flink's answers
 * (its strategy classes driven by a manual clock) to the same failures at the same times. */
#include "tests/unit/unit.h"

#include "engine/base/clock.h"
#include "engine/plan/config.h"
#include "engine/run/restart.h"

typedef struct Setting { const char *key, *value; } Setting;

static const int64_t NO = -1;

static RestartPolicy policy_of(Arena *arena, const Setting *settings, uint32_t n, bool checkpoints)
{
    Options config = { 0 };
    RestartPolicy policy;
    for (uint32_t i = 0; i < n; i++) options_set(arena, &config, str_of(settings[i].key), str_of(settings[i].value));
    restart_init(&policy, &config, checkpoints);
    return policy;
}

static Err failure(ErrCode code, bool retriable)
{
    Err err = { 0 };
    err_set(&err, code, "failure");
    err.retriable = retriable;
    return err;
}

/* Failures each so many ms after the one before, and the pauses (ms) that must come. */
typedef struct Step { int64_t after_ms, pause_ms; } Step;
static void expect_steps(const char *what, const Setting *settings, uint32_t nsettings, const Step *steps, uint32_t n)
{
    Arena *arena = arena_new();
    RestartPolicy policy = policy_of(arena, settings, nsettings, true);
    Err err = failure(E_CONNECTION, true);
    clock_freeze(1000000000);
    for (uint32_t i = 0; i < n; i++) {
        clock_advance(steps[i].after_ms * 1000);
        int64_t got = restart_delay_us(&policy, &err, clock_monotonic_us()), wanted = steps[i].pause_ms < 0 ? NO : steps[i].pause_ms * 1000;
        if (got != wanted) fail_msg("%s, failure %u: pause %lld us, wanted %lld", what, i + 1, (long long)got, (long long)wanted);
    }
    clock_thaw();
    restart_free(&policy);
    arena_free(arena);
}
#define EXPECT_STEPS(what, settings, ...) expect_steps(what, settings, sizeof settings / sizeof *settings, (const Step[]){ __VA_ARGS__ }, sizeof((const Step[]){ __VA_ARGS__ }) / sizeof(Step))

static void fixed_delay(void **state)
{
    (void)state;
    const Setting two[] = { { "restart-strategy.type", "fixed-delay" }, { "restart-strategy.fixed-delay.attempts", "2" }, { "restart-strategy.fixed-delay.delay", "5 ms" } };
    EXPECT_STEPS("fixed 2", two, { 0, 5 }, { 100000, 5 }, { 100000000, NO }, { 0, NO });
    const Setting old_name[] = { { "restart-strategy", "fixeddelay" } };
    EXPECT_STEPS("fixed, defaults, old name", old_name, { 0, 1000 }, { 0, NO });
}

static void failure_rate(void **state)
{
    (void)state;
    Setting rate[] = { { "restart-strategy.type", "failure-rate" }, { "restart-strategy.failure-rate.max-failures-per-interval", "1" },
                       { "restart-strategy.failure-rate.failure-rate-interval", "1 s" }, { "restart-strategy.failure-rate.delay", "7 ms" } };
    EXPECT_STEPS("rate 1", rate, { 0, 7 }, { 100, NO });
    EXPECT_STEPS("rate 1, just within", rate, { 0, 7 }, { 1000, NO });
    EXPECT_STEPS("rate 1, just outside", rate, { 0, 7 }, { 1001, 7 }, { 1001, 7 });
    rate[1].value = "2";
    EXPECT_STEPS("rate 2", rate, { 0, 7 }, { 100, 7 }, { 100, NO });
    EXPECT_STEPS("rate 2, spaced", rate, { 0, 7 }, { 1000, 7 }, { 1000, 7 }, { 1001, 7 }, { 1001, 7 }, { 400, 7 }, { 500, NO });
    rate[1].value = "3";
    EXPECT_STEPS("rate 3", rate, { 0, 7 }, { 100, 7 }, { 100, 7 }, { 100, NO });
    EXPECT_STEPS("rate 3, spaced", rate, { 0, 7 }, { 1000, 7 }, { 1000, 7 }, { 1001, 7 }, { 1001, 7 }, { 400, 7 }, { 500, 7 }, { 101, 7 }, { 900, 7 });
}

static Setting exponential[] = {
    { "restart-strategy.type", "exponential-delay" }, { "restart-strategy.exponential-delay.initial-backoff", "100 ms" }, { "restart-strategy.exponential-delay.max-backoff", "1 s" },
    { "restart-strategy.exponential-delay.backoff-multiplier", "2.0" }, { "restart-strategy.exponential-delay.reset-backoff-threshold", "5 s" },
    { "restart-strategy.exponential-delay.jitter-factor", "0" }, { "restart-strategy.exponential-delay.attempts-before-reset-backoff", "-1" },
};

static void exponential_delay(void **state)
{
    (void)state;
    EXPECT_STEPS("grows to the most", exponential, { 0, 100 }, { 110, 200 }, { 210, 400 }, { 410, 800 }, { 810, 1000 }, { 1010, 1000 });
    EXPECT_STEPS("not reset", exponential, { 0, 100 }, { 5099, 200 }, { 5199, 400 });
    EXPECT_STEPS("reset", exponential, { 0, 100 }, { 5100, 100 }, { 110, 200 }, { 5200, 100 });
    exponential[6].value = "2";
    EXPECT_STEPS("two attempts", exponential, { 0, 100 }, { 110, 200 }, { 310, NO });
    EXPECT_STEPS("attempts begin anew", exponential, { 0, 100 }, { 110, 200 }, { 7000, 100 }, { 110, 200 }, { 310, NO });
    exponential[6].value = "3";
    exponential[3].value = "1.5";
    EXPECT_STEPS("three attempts", exponential, { 0, 100 }, { 150, 150 }, { 250, 225 }, { 400, NO });
    exponential[6].value = "-1";
    exponential[3].value = "2.0";
}

/* Flink's answers for a jitter of 0.5: 100..150, 100..300, 200..600, and 1000 alone once the most is reached. */
static void jitter(void **state)
{
    (void)state;
    static const int64_t bounds[][2] = { { 100, 150 }, { 100, 300 }, { 200, 600 }, { 400, 1000 }, { 1000, 1000 }, { 1000, 1000 } };
    int64_t low[6], high[6];
    Err err = failure(E_CONNECTION, true);
    Arena *arena = arena_new();
    random_seed(5);
    for (int i = 0; i < 6; i++) low[i] = INT64_MAX, high[i] = 0;
    exponential[5].value = "0.5";
    for (int run = 0; run < 2000; run++) {
        RestartPolicy policy = policy_of(arena, exponential, 7, true);
        int64_t now = 0;
        for (int i = 0; i < 6; i++) {
            int64_t pause = restart_delay_us(&policy, &err, now);
            now += pause + 1000;
            low[i] = pause < low[i] ? pause : low[i];
            high[i] = pause > high[i] ? pause : high[i];
        }
        restart_free(&policy);
    }
    exponential[5].value = "0";
    for (int i = 0; i < 6; i++) {
        int64_t slack = (bounds[i][1] - bounds[i][0]) * 50;      /* a twentieth */
        assert_in_range(low[i], bounds[i][0] * 1000, bounds[i][0] * 1000 + slack);
        assert_in_range(high[i], bounds[i][1] * 1000 - slack, bounds[i][1] * 1000);
    }
    arena_free(arena);
}

static bool restarts(RestartPolicy *policy, ErrCode code, bool retriable)
{
    Err err = failure(code, retriable);
    return restart_delay_us(policy, &err, 0) >= 0;
}

static void which_failures(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    RestartPolicy policy = policy_of(arena, NULL, 0, true);
    assert_string_equal(restart_name(&policy), "exponential-delay");
    assert_true(restarts(&policy, E_CONNECTION, true));
    assert_false(restarts(&policy, E_BAD_RECORD, false));        /* it would come again */
    assert_false(restarts(&policy, E_CANCELLED, true));
    assert_false(restarts(&policy, E_INTERNAL, true));
    policy = policy_of(arena, NULL, 0, false);                   /* nothing to begin again from */
    assert_string_equal(restart_name(&policy), "none");
    assert_false(restarts(&policy, E_CONNECTION, true));
    const Setting none[] = { { "restart-strategy.type", "none" } }, off[] = { { "restart-strategy.type", "OFF" } }, fixed[] = { { "restart-strategy.type", "fixed-delay" } };
    policy = policy_of(arena, none, 1, true);
    assert_false(restarts(&policy, E_CONNECTION, true));
    policy = policy_of(arena, off, 1, true);
    assert_false(restarts(&policy, E_CONNECTION, true));
    policy = policy_of(arena, fixed, 1, false);                  /* named: any failure, with or without checkpoints */
    assert_true(restarts(&policy, E_BAD_RECORD, false));
    policy = policy_of(arena, fixed, 1, true);
    assert_false(restarts(&policy, E_CANCELLED, false));
    restart_init(&policy, NULL, true);
    assert_false(restarts(&policy, E_CONNECTION, true));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_delay), cmocka_unit_test(failure_rate), cmocka_unit_test(exponential_delay), cmocka_unit_test(jitter), cmocka_unit_test(which_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
