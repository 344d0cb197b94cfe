/* GROUP BY without windows: what each row emits, deletes, empty groups, unchanged results, batch mode, TTL. */
#include "tests/unit/op_driver.h"

static Driver *sum_by_key(bool retract)
{
    Driver *d = driver_new(PLAN_GROUP_AGG, "k STRING, n INT", "k STRING, s INT, c BIGINT NOT NULL");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 2);
    if (retract) d->input_nodes[0].changes = CHANGES_ALL;
    calls[0] = driver_agg(d, "SUM", 1, false, retract);
    calls[1] = driver_agg(d, "COUNT", 0, true, retract);
    d->node.u.group_agg = (GroupAggConfig){ .keys = COLS(d, 0), .nkeys = 1, .calls = calls, .ncalls = 2, .emit_before = true };
    return d;
}

static void inserts_and_updates(void **state)
{
    (void)state;
    Driver *d = sum_by_key(false);
    driver_expect_changes(d, "+I a | 1\n+I b | 10\n+I a | 2\n+I <NULL> | 5\n+I a long key of more than twelve | 7\n+I <NULL> | 6\n+I a long key of more than twelve | 1\n",
        "+I a | 1 | 1\n+I b | 10 | 1\n-U a | 1 | 1\n+U a | 3 | 2\n+I <NULL> | 5 | 1\n+I a long key of more than twelve | 7 | 1\n"
        "-U <NULL> | 5 | 1\n+U <NULL> | 11 | 2\n-U a long key of more than twelve | 7 | 1\n+U a long key of more than twelve | 8 | 2\n");
    d->node.u.group_agg.emit_before = false;
    assert_true(driver_run(d, "+I a | 1\n+I a | 2\n", 1, false));
    assert_string_equal(strbuf_cstr(&d->out), "+I a | 1 | 1\n+U a | 3 | 2\n");
    driver_free(d);
}

static void retracts(void **state)
{
    (void)state;
    Driver *d = sum_by_key(true);
    driver_expect_changes(d, "-D a | 9\n+I a | 1\n+I a | 2\n-U a | 1\n+U a | 5\n-D a | 5\n-D a | 2\n+I a | 4\n+I b | 1\n-D b | 1\n",
        "+I a | 1 | 1\n-U a | 1 | 1\n+U a | 3 | 2\n-U a | 3 | 2\n+U a | 2 | 1\n-U a | 2 | 1\n+U a | 7 | 2\n-U a | 7 | 2\n+U a | 2 | 1\n-D a | 2 | 1\n"
        "+I a | 4 | 1\n+I b | 1 | 1\n-D b | 1 | 1\n");
    driver_free(d);
}

static void unchanged_is_silent(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_GROUP_AGG, "k STRING, n INT", "k STRING, m INT");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 1);
    calls[0] = driver_agg(d, "MAX", 1, false, false);
    d->node.u.group_agg = (GroupAggConfig){ .keys = COLS(d, 0), .nkeys = 1, .calls = calls, .ncalls = 1, .emit_before = true };
    driver_expect_changes(d, "+I a | 5\n+I a | 3\n+I a | 5\n+I a | <NULL>\n+I a | 8\n", "+I a | 5\n-U a | 5\n+U a | 8\n");
    d->node.u.group_agg.ttl_us = 1000000;
    assert_true(driver_run(d, "+I a | 5\n+I a | 3\n", 1, false));
    assert_string_equal(strbuf_cstr(&d->out), "+I a | 5\n-U a | 5\n+U a | 5\n");
    driver_free(d);
}

static void state_expires(void **state)
{
    (void)state;
    Driver *d = sum_by_key(false);
    d->node.u.group_agg.ttl_us = 1000000;
    driver_expect(d, "+I a | 1\nT 900\n+I b | 1\nT 900\n+I a | 2\n+I b | 2\n", "+I a | 1 | 1\n+I b | 1 | 1\n+I a | 2 | 1\n-U b | 1 | 1\n+U b | 3 | 2\n");
    driver_free(d);
}

static void distinct_without_aggregates(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_GROUP_AGG, "a INT, b DOUBLE", "a INT, b DOUBLE");
    d->input_nodes[0].changes = CHANGES_ALL;
    d->node.u.group_agg = (GroupAggConfig){ .keys = COLS(d, 0, 1), .nkeys = 2, .emit_before = true };
    driver_expect_changes(d, "+I 1 | 0.0\n+I 1 | -0.0\n+I 1 | 0.0\n-D 1 | 0.0\n+I <NULL> | NaN\n+I <NULL> | NaN\n-D 1 | 0.0\n", "+I 1 | 0.0\n+I 1 | -0.0\n+I <NULL> | NaN\n-D 1 | 0.0\n");
    driver_free(d);
}

static void batch_mode(void **state)
{
    (void)state;
    Driver *d = sum_by_key(false);
    d->node.u.group_agg.at_end = true;
    driver_expect(d, "+I b | 1\n+I a | 1\n+I b | 2\nE\n", "+I b | 3 | 2\n+I a | 1 | 1\n");
    driver_free(d);
    d = driver_new(PLAN_GROUP_AGG, "n INT", "c BIGINT NOT NULL");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 1);
    calls[0] = driver_agg(d, "COUNT", 0, true, false);
    d->node.u.group_agg = (GroupAggConfig){ .calls = calls, .ncalls = 1, .at_end = true, .global_row_when_empty = true };
    driver_expect(d, "E\n", "+I 0\n");
    driver_expect(d, "+I 1\n+I 2\nE\n", "+I 2\n");
    driver_free(d);
}

/* More groups in a batch than one output batch holds; the table grows and forgets. */
static void many_groups(void **state)
{
    (void)state;
    Driver *d = sum_by_key(true);
    StrBuf script = { 0 };
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1900; i++) strbuf_addf(&script, "%s key%d%s | %d\n", round ? "-D" : "+I", i, i % 3 ? "" : " with a long tail", i);
    strbuf_addz(&script, "+I last | 1\n");
    for (int restore = 0; restore < 2; restore++) {
        assert_true(driver_run(d, strbuf_cstr(&script), 1900, restore));
        driver_fold(&d->out);
        assert_string_equal(strbuf_cstr(&d->out), "last | 1 | 1\n");
    }
    strbuf_free(&script);
    driver_free(d);
}

static void damaged_state(void **state)
{
    (void)state;
    Driver *d = sum_by_key(true);
    driver_damage(d, "+I a | 1\n+I a key of more than twelve bytes | 2\n+I <NULL> | 3\n");
    driver_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserts_and_updates), cmocka_unit_test(retracts), cmocka_unit_test(unchanged_is_silent), cmocka_unit_test(state_expires),
        cmocka_unit_test(distinct_without_aggregates), cmocka_unit_test(batch_mode), cmocka_unit_test(many_groups), cmocka_unit_test(damaged_state),
    };
    return cmocka_run_group_tests_name("op_group_agg", tests, NULL, NULL);
}
