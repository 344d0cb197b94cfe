/* State TTL: what has not been written for so long is absent, in every operator that keeps state without bound; its memory is given back;
 * idle times outlast a restart, a clock that was set back, and a TTL that is new. Every script runs with its state rebuilt after each step too. */
#include "tests/unit/op_driver.h"

enum { TTL_US = 1000000 };

static Driver *sums(void)
{
    Driver *d = driver_new(PLAN_GROUP_AGG, "k STRING, n INT", "k STRING, s INT");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 1);
    calls[0] = driver_agg(d, "SUM", 1, false, false);
    d->node.u.group_agg = (GroupAggConfig){ .keys = COLS(d, 0), .nkeys = 1, .calls = calls, .ncalls = 1, .emit_before = true, .ttl_us = TTL_US };
    return d;
}

static Driver *joined(PlanJoinKind kind, int64_t left_us, int64_t right_us)
{
    Driver *d = driver_new(PLAN_JOIN, "id INT, v STRING", "id INT, v STRING, id0 INT, w STRING");
    d->node.ninputs = 2;
    d->node.u.join = (JoinConfig){ .kind = kind, .left_keys = COLS(d, 0), .right_keys = COLS(d, 0), .nkeys = 1, .ttl_us = { left_us, right_us } };
    return d;
}

static void groups(void **state)
{
    (void)state;
    Driver *d = sums();
    driver_expect(d, "+I a | 1\nT 999\n+I a | 2\nT 999\n+I a | 3\nT 1000\n+I a | 4\n", "+I a | 1\n-U a | 1\n+U a | 3\n-U a | 3\n+U a | 6\n+I a | 4\n");
    driver_expect(d, "+I a | 1\n+I b | 1\nT 600\n+I b | 2\nT 600\n+I b | 3\n+I a | 5\n", "+I a | 1\n+I b | 1\n-U b | 1\n+U b | 3\n-U b | 3\n+U b | 6\n+I a | 5\n");
    driver_free(d);
}

static void distinct_rows(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_GROUP_AGG, "k STRING", "k STRING");
    d->node.u.group_agg = (GroupAggConfig){ .keys = COLS(d, 0), .nkeys = 1, .emit_before = true, .ttl_us = TTL_US };
    driver_expect(d, "+I a\nT 500\n+I a\nT 1000\n+I a\n", "+I a\n-U a\n+U a\n+I a\n");
    driver_free(d);
}

static void batch_mode_keeps_all(void **state)
{
    (void)state;
    Driver *d = sums();
    d->node.u.group_agg.at_end = true;
    driver_expect(d, "+I a | 1\nT 5000\n+I b | 2\nT 5000\nE\n", "+I a | 1\n+I b | 2\n");
    driver_free(d);
}

static void normalized(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_NORMALIZE, "id INT, v STRING", "id INT, v STRING");
    d->node.u.normalize = (NormalizeConfig){ .key = COLS(d, 0), .nkey = 1 };
    d->plan.state_ttl_us = TTL_US;
    driver_expect(d, "+I 1 | a\nT 999\n+U 1 | b\nT 1000\n+U 1 | c\nT 1000\n-D 1 | c\n", "+I 1 | a\n-U 1 | a\n+U 1 | b\n+I 1 | c\n");
    driver_free(d);
}

static void materialized(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_MATERIALIZE, "id INT, v STRING", "id INT, v STRING");
    d->node.u.materialize = (MaterializeConfig){ COLS(d, 0), 1 };
    d->plan.state_ttl_us = TTL_US;
    driver_expect(d, "+I 1 | a\nT 999\n+I 1 | b\nT 1000\n+I 1 | c\n-D 1 | b\n-D 1 | c\n", "+I 1 | a\n+U 1 | b\n+I 1 | c\n-D 1 | c\n");
    driver_free(d);
}

/* Rows go one by one, though their key is busy; each side by its own time. */
static void joins(void **state)
{
    (void)state;
    Driver *d = joined(PLAN_JOIN_INNER, TTL_US, TTL_US);
    driver_expect(d, "+I 1 | a\nT 600\n+I 1 | b\nT 600\n@1\n+I 1 | x\n", "+I 1 | b | 1 | x\n");
    driver_expect(d, "+I 1 | a\nT 600\n+I 1 | a\nT 600\n@1\n+I 1 | x\n", "+I 1 | a | 1 | x\n+I 1 | a | 1 | x\n");
    driver_expect(d, "+I 1 | a\nT 600\n@1\n+I 1 | x\nT 600\n+I 1 | y\n", "+I 1 | a | 1 | x\n");
    d->node.u.join.ttl_us[0] = 0;
    driver_expect(d, "+I 1 | a\n@1\n+I 1 | x\nT 5000\n+I 1 | y\n@0\n+I 1 | b\n", "+I 1 | a | 1 | x\n+I 1 | a | 1 | y\n+I 1 | b | 1 | y\n");
    driver_free(d);
    /* A row of the outer side that wins a match is written again; what it had matched may be gone by then. */
    d = joined(PLAN_JOIN_LEFT, TTL_US, TTL_US);
    driver_expect(d, "+I 1 | a\nT 600\n@1\n+I 1 | x\nT 600\n+I 1 | y\n", "+I 1 | a | <NULL> | <NULL>\n-D 1 | a | <NULL> | <NULL>\n+I 1 | a | 1 | x\n+I 1 | a | 1 | y\n");
    driver_expect(d, "+I 1 | a\nT 1000\n@1\n+I 1 | x\n", "+I 1 | a | <NULL> | <NULL>\n");
    driver_free(d);
}

/* --- what the driver's scripts cannot say --- */

static void save(Driver *d, StrBuf *bytes)
{
    strbuf_clear(bytes);
    assert_true(d->op->cls->snapshot(d->op, bytes, &d->err));
    op_free(d->op);
    op_free(d->capture);
}

static void load(Driver *d, const StrBuf *bytes)
{
    driver_open(d);
    Reader in = { bytes->ptr, bytes->ptr + bytes->len, false };
    assert_true(d->op->cls->restore(d->op, &in, &d->err));
}

static void push(Driver *d, const char *row)
{
    StrBuf rows = { 0 };
    strbuf_addf(&rows, "%s\n", row);
    assert_true(driver_push(d, 0, &rows));
    strbuf_free(&rows);
}

static void begin(Driver *d)
{
    driver_now = d;
    strbuf_clear(&d->out);
    clock_freeze(1704067200000000);
    driver_open(d);
}

static void end(Driver *d, const char *expected)
{
    assert_string_equal(strbuf_cstr(&d->out), expected);
    op_free(d->op);
    op_free(d->capture);
    clock_thaw();
    driver_free(d);
}

static void move_on(Driver *d, int64_t us)
{
    clock_advance(us);
    assert_true(driver_fire(d));
}

/* A key is as old after a restart as before it. */
static void outlasts_restart(void **state)
{
    (void)state;
    Driver *d = sums();
    StrBuf bytes = { 0 };
    begin(d);
    push(d, "+I a | 1");
    push(d, "+I b | 1");
    save(d, &bytes);
    clock_advance(600000);
    load(d, &bytes);
    push(d, "+I b | 2");
    save(d, &bytes);
    clock_advance(600000);
    load(d, &bytes);
    push(d, "+I a | 5");
    push(d, "+I b | 3");
    strbuf_free(&bytes);
    end(d, "+I a | 1\n+I b | 1\n-U b | 1\n+U b | 3\n+I a | 5\n-U b | 3\n+U b | 6\n");
}

/* With the clock an hour back, a key lives its TTL from then on, not an hour longer. */
static void clock_set_back(void **state)
{
    (void)state;
    Driver *d = sums();
    StrBuf bytes = { 0 };
    begin(d);
    push(d, "+I a | 1");
    push(d, "+I b | 1");
    save(d, &bytes);
    clock_freeze(1704067200000000 - 3600000000);
    load(d, &bytes);
    move_on(d, TTL_US / 2);
    push(d, "+I b | 2");                         /* still there */
    move_on(d, TTL_US / 2);
    move_on(d, TTL_US / 4);
    push(d, "+I a | 5");                         /* gone */
    strbuf_free(&bytes);
    end(d, "+I a | 1\n+I b | 1\n-U b | 1\n+U b | 3\n+I a | 5\n");
}

/* State written while there was no TTL begins its idle time at the restart. */
static void new_ttl(void **state)
{
    (void)state;
    Driver *d = sums();
    StrBuf bytes = { 0 };
    d->node.u.group_agg.ttl_us = 0;
    begin(d);
    push(d, "+I a | 1");
    push(d, "+I b | 1");
    save(d, &bytes);
    d->node.u.group_agg.ttl_us = TTL_US;
    load(d, &bytes);
    push(d, "+I a | 2");
    move_on(d, TTL_US / 2);
    push(d, "+I b | 2");
    move_on(d, TTL_US);
    push(d, "+I a | 4");
    strbuf_free(&bytes);
    end(d, "+I a | 1\n+I b | 1\n-U a | 1\n+U a | 3\n-U b | 1\n+U b | 3\n+I a | 4\n");
}

/* Idle keys leave without a row of theirs coming again, and take their memory with them; keys that stay are found where they move to. */
static void memory_shrinks(void **state)
{
    (void)state;
    enum { KEYS = 200000, LIVE = 50 };
    Driver *d = sums();
    StrBuf rows = { 0 };
    begin(d);
    d->node.u.group_agg.emit_before = false;
    for (int i = 0; i < KEYS; i++) {
        strbuf_addf(&rows, "+I a key of more than twelve bytes %d | %d\n", i, i);
        if (i % 1000 == 999) assert_true(driver_push(d, 0, &rows));
    }
    size_t full = d->op->cls->state_bytes(d->op);
    for (int step = 0; step < 10; step++) {
        for (int i = 0; i < LIVE; i++) strbuf_addf(&rows, "+I a key of more than twelve bytes %d | 1\n", i * 1000);
        assert_true(driver_push(d, 0, &rows));
        move_on(d, TTL_US / 4);
    }
    assert_true(d->op->cls->state_bytes(d->op) * 100 < full);
    strbuf_clear(&d->out);
    push(d, "+I a key of more than twelve bytes 49000 | 0");
    push(d, "+I a key of more than twelve bytes 49001 | 0");
    strbuf_free(&rows);
    end(d, "+U a key of more than twelve bytes 49000 | 49010\n+I a key of more than twelve bytes 49001 | 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups), cmocka_unit_test(distinct_rows), cmocka_unit_test(batch_mode_keeps_all), cmocka_unit_test(normalized), cmocka_unit_test(materialized),
        cmocka_unit_test(joins), cmocka_unit_test(outlasts_restart), cmocka_unit_test(clock_set_back), cmocka_unit_test(new_ttl), cmocka_unit_test(memory_shrinks),
    };
    return cmocka_run_group_tests_name("op_ttl", tests, NULL, NULL);
}
