/* Windows: which rows count where, when results come, late rows, sessions that merge, processing time, zones; window rows. */
#include "tests/unit/op_driver.h"

enum { SECOND = 1000000 };

/* k, SUM(n), COUNT(*), LISTAGG(s), start, end. */
static Driver *window_agg(WindowKind kind, int64_t size_s, int64_t slide_s)
{
    Driver *d = driver_new(PLAN_WINDOW_AGG, "k STRING, n INT, ts TIMESTAMP(3), s STRING",
        "k STRING, sum INT, c BIGINT NOT NULL, l STRING, ws TIMESTAMP(3) NOT NULL, we TIMESTAMP(3) NOT NULL");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 3);
    calls[0] = driver_agg(d, "SUM", 1, false, false);
    calls[1] = driver_agg(d, "COUNT", 0, true, false);
    calls[2] = driver_agg(d, "LISTAGG", 3, false, false);
    static WindowProp props[] = { WPROP_START, WPROP_END };
    d->node.u.window_agg = (WindowAggConfig){ .window = { .kind = kind, .time_col = 2, .size_us = size_s * SECOND, .slide_us = slide_s * SECOND },
        .keys = COLS(d, 0), .nkeys = 1, .calls = calls, .ncalls = 3, .props = props, .nprops = 2 };
    return d;
}

static void tumble(void **state)
{
    (void)state;
    Driver *d = window_agg(WINDOW_TUMBLE, 10, 0);
    d->watermarks = true;
    driver_expect(d,
        "+I a | 1 | 2024-01-01 00:00:01 | x\n+I b | 2 | 2024-01-01 00:00:09.999 | y\n+I a | 3 | 2024-01-01 00:00:10 | z\nW 2024-01-01 00:00:09.998\n"
        "+I a | 4 | 2024-01-01 00:00:02 | w\nW 2024-01-01 00:00:09.999\n+I a | 5 | 2024-01-01 00:00:03 | late\n+I b | 6 | 2024-01-01 00:00:35 | v\nW 2024-01-01 00:00:20\nE\n",
        "W 2024-01-01 00:00:09.998\n"
        "+I a | 5 | 2 | x,w | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000\n+I b | 2 | 1 | y | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000\n"
        "W 2024-01-01 00:00:09.999\n"
        "+I a | 3 | 1 | z | 2024-01-01 00:00:10.000 | 2024-01-01 00:00:20.000\nW 2024-01-01 00:00:20.000\n"
        "+I b | 6 | 1 | v | 2024-01-01 00:00:30.000 | 2024-01-01 00:00:40.000\nW max\n");
    driver_free(d);
}

static void tumble_before_1970(void **state)
{
    (void)state;
    Driver *d = window_agg(WINDOW_TUMBLE, 10, 0);
    d->node.u.window_agg.window.offset_us = -3 * SECOND;
    driver_expect(d, "+I a | 1 | 1969-12-31 23:59:56.999 | x\n+I a | 2 | 1969-12-31 23:59:57 | y\n+I a | 4 | 1970-01-01 00:00:06.999 | z\nE\n",
        "+I a | 1 | 1 | x | 1969-12-31 23:59:47.000 | 1969-12-31 23:59:57.000\n+I a | 6 | 2 | y,z | 1969-12-31 23:59:57.000 | 1970-01-01 00:00:07.000\n");
    driver_free(d);
}

static void hop(void **state)
{
    (void)state;
    Driver *d = window_agg(WINDOW_HOP, 20, 5);
    driver_expect(d,
        "+I a | 1 | 2024-01-01 00:00:01 | p\nW 2024-01-01 00:00:01\n+I a | 2 | 2024-01-01 00:00:09.999 | q\nW 2024-01-01 00:00:09.999\n"
        "+I a | 4 | 2024-01-01 00:00:03 | r\n+I a | 8 | 2024-01-01 00:00:40 | s\nE\n",
        "+I a | 1 | 1 | p | 2023-12-31 23:59:45.000 | 2024-01-01 00:00:05.000\n+I a | 3 | 2 | q,p | 2023-12-31 23:59:50.000 | 2024-01-01 00:00:10.000\n"
        "+I a | 7 | 3 | q,p,r | 2023-12-31 23:59:55.000 | 2024-01-01 00:00:15.000\n+I a | 7 | 3 | q,p,r | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:20.000\n"
        "+I a | 2 | 1 | q | 2024-01-01 00:00:05.000 | 2024-01-01 00:00:25.000\n+I a | 8 | 1 | s | 2024-01-01 00:00:25.000 | 2024-01-01 00:00:45.000\n"
        "+I a | 8 | 1 | s | 2024-01-01 00:00:30.000 | 2024-01-01 00:00:50.000\n+I a | 8 | 1 | s | 2024-01-01 00:00:35.000 | 2024-01-01 00:00:55.000\n"
        "+I a | 8 | 1 | s | 2024-01-01 00:00:40.000 | 2024-01-01 00:01:00.000\n");
    driver_free(d);
    /* Slide larger than size: rows in the gaps vanish. Size no multiple of the slide: windows share slices of their gcd. */
    d = window_agg(WINDOW_HOP, 2, 5);
    driver_expect(d, "+I a | 1 | 2024-01-01 00:00:01.999 | p\n+I a | 2 | 2024-01-01 00:00:02 | q\n+I a | 4 | 2024-01-01 00:00:05 | r\nE\n",
        "+I a | 1 | 1 | p | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:02.000\n+I a | 4 | 1 | r | 2024-01-01 00:00:05.000 | 2024-01-01 00:00:07.000\n");
    driver_free(d);
    d = window_agg(WINDOW_HOP, 6, 4);
    driver_expect(d, "+I a | 1 | 2024-01-01 00:00:01 | p\n+I a | 2 | 2024-01-01 00:00:05 | q\nE\n",
        "+I a | 1 | 1 | p | 2023-12-31 23:59:56.000 | 2024-01-01 00:00:02.000\n+I a | 3 | 2 | q,p | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:06.000\n"
        "+I a | 2 | 1 | q | 2024-01-01 00:00:04.000 | 2024-01-01 00:00:10.000\n");
    driver_free(d);
}

/* Many slices a window are summed by two stacks: the same as adding up by hand, with gaps and late rows. */
static void hop_of_many_slices(void **state)
{
    (void)state;
    enum { SIZE = 40, SPAN = 300, ROWS = 400, KEYS = 3 };
    Driver *d = driver_new(PLAN_WINDOW_AGG, "k INT, n INT, ts TIMESTAMP(3)", "k INT, sum INT, low INT, we TIMESTAMP(3) NOT NULL");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 2);
    calls[0] = driver_agg(d, "SUM", 1, false, false);
    calls[1] = driver_agg(d, "MIN", 1, false, false);
    static WindowProp props[] = { WPROP_END };
    d->node.u.window_agg = (WindowAggConfig){ .window = { .kind = WINDOW_HOP, .time_col = 2, .size_us = SIZE * SECOND, .slide_us = SECOND }, .keys = COLS(d, 0), .nkeys = 1,
        .calls = calls, .ncalls = 2, .props = props, .nprops = 1 };
    StrBuf script = { 0 }, expected = { 0 };
    int sum[SPAN + SIZE][KEYS], low[SPAN + SIZE][KEYS], count[SPAN + SIZE][KEYS];
    memset(sum, 0, sizeof sum);
    memset(count, 0, sizeof count);
    random_seed(3);
    int64_t base = 1704067200, watermark = -1;
    for (int i = 0; i < ROWS; i++) {
        int at = i * SPAN / ROWS, t = at - (int)(random_u64() % 8), key = (int)(random_u64() % KEYS), n = (int)(random_u64() % 100);
        if (t < 0 || (t >= 120 && t < 175)) continue;
        strbuf_addf(&script, "+I %d | %d | ", key, n);
        timestamp_print(instant_us((base + t) * 1000000), 0, &script);
        strbuf_addc(&script, '\n');
        for (int end = t + 1; end <= t + SIZE; end++) {
            if (end <= watermark) continue;                  /* that window has fired */
            low[end][key] = count[end][key] && low[end][key] < n ? low[end][key] : n;
            sum[end][key] += n;
            count[end][key]++;
        }
        if (i % 5) continue;
        watermark = at;
        strbuf_addz(&script, "W ");
        timestamp_print(instant_us((base + at) * 1000000), 0, &script);
        strbuf_addc(&script, '\n');
    }
    strbuf_addz(&script, "E\n");
    for (int end = 1; end < SPAN + SIZE; end++)
        for (int key = 0; key < KEYS; key++) {
            if (!count[end][key]) continue;
            strbuf_addf(&expected, "+I %d | %d | %d | ", key, sum[end][key], low[end][key]);
            timestamp_print(instant_us((base + end) * 1000000), 3, &expected);
            strbuf_addc(&expected, '\n');
        }
    driver_fold(&expected);
    for (int restore = 0; restore < 2; restore++) {
        assert_true(driver_run(d, strbuf_cstr(&script), restore ? 1 : 7, restore));
        driver_fold(&d->out);
        assert_string_equal(strbuf_cstr(&d->out), strbuf_cstr(&expected));
    }
    strbuf_free(&script);
    strbuf_free(&expected);
    driver_free(d);
}

static void cumulate(void **state)
{
    (void)state;
    Driver *d = window_agg(WINDOW_CUMULATE, 20, 5);
    driver_expect(d,
        "+I a | 1 | 2024-01-01 00:00:06 | p\nW 2024-01-01 00:00:09.999\n+I a | 2 | 2024-01-01 00:00:07 | late step\n+I b | 3 | 2024-01-01 00:00:11 | q\n"
        "W 2024-01-01 00:00:30\n+I a | 9 | 2024-01-01 00:00:12 | late\n+I a | 5 | 2024-01-01 00:00:39 | r\nE\n",
        "+I a | 1 | 1 | p | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000\n"
        "+I a | 3 | 2 | p,late step | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:15.000\n+I b | 3 | 1 | q | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:15.000\n"
        "+I a | 3 | 2 | p,late step | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:20.000\n+I b | 3 | 1 | q | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:20.000\n"
        "+I a | 5 | 1 | r | 2024-01-01 00:00:20.000 | 2024-01-01 00:00:40.000\n");
    driver_free(d);
}

static void session(void **state)
{
    (void)state;
    Driver *d = window_agg(WINDOW_SESSION, 10, 0);
    /* One row joins sessions; which one takes over the other is Flink's choice. */
    driver_expect(d,
        "+I a | 1 | 2024-01-01 00:00:00 | 1\n+I a | 1 | 2024-01-01 00:00:18 | 2\n+I a | 1 | 2024-01-01 00:00:36 | 3\n+I a | 1 | 2024-01-01 00:00:09 | 4\n"
        "+I a | 1 | 2024-01-01 00:00:27 | 5\n+I a | 1 | 2024-01-01 00:02:00 | 6\nE\n",
        "+I a | 5 | 5 | 3,1,2,4,5 | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:46.000\n+I a | 1 | 1 | 6 | 2024-01-01 00:02:00.000 | 2024-01-01 00:02:10.000\n");
    /* Exactly one gap after: one session. Late only when the merged session has fired. */
    driver_expect(d,
        "+I a | 1 | 2024-01-01 00:00:00 | x\n+I b | 1 | 2024-01-01 00:00:05 | y\nW 2024-01-01 00:00:09.998\n+I a | 2 | 2024-01-01 00:00:10 | z\nW 2024-01-01 00:00:15\n"
        "+I a | 4 | 2023-12-31 23:59:51 | joins\n+I b | 8 | 2024-01-01 00:00:04 | late\nE\n",
        "+I b | 1 | 1 | y | 2024-01-01 00:00:05.000 | 2024-01-01 00:00:15.000\n+I a | 7 | 3 | x,z,joins | 2023-12-31 23:59:51.000 | 2024-01-01 00:00:20.000\n");
    driver_free(d);
}

/* Keys of several columns come back as they went in: packed, encoded, with NULLs. */
static void several_keys(void **state)
{
    (void)state;
    static const WindowKind kinds[] = { WINDOW_TUMBLE, WINDOW_SESSION };
    for (int k = 0; k < 2; k++) {
        Driver *d = driver_new(PLAN_WINDOW_AGG, "a INT, b SMALLINT, s STRING, x DOUBLE, ts TIMESTAMP(3)", "a INT, b SMALLINT, c BIGINT NOT NULL");
        AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 1);
        calls[0] = driver_agg(d, "COUNT", 0, true, false);
        d->node.u.window_agg = (WindowAggConfig){ .window = { .kind = kinds[k], .time_col = 4, .size_us = 10 * SECOND }, .keys = COLS(d, 0, 1), .nkeys = 2, .calls = calls, .ncalls = 1 };
        const char *script = "+I 1 | -2 | x | 0.0 | 2024-01-01 00:00:01\n+I <NULL> | -2 | a long text, more than twelve | -0.0 | 2024-01-01 00:00:01\n"
            "+I 1 | <NULL> | <NULL> | NaN | 2024-01-01 00:00:01\n+I 1 | -2 | x | 0.0 | 2024-01-01 00:00:01\n+I <NULL> | -2 | a long text, more than twelve | -0.0 | 2024-01-01 00:00:01\nE\n";
        driver_expect(d, script, "+I 1 | -2 | 2\n+I <NULL> | -2 | 2\n+I 1 | <NULL> | 1\n");
        d->node.schema = driver_schema(d, "s STRING, a INT, x DOUBLE, c BIGINT NOT NULL");
        d->node.u.window_agg.keys = COLS(d, 2, 0, 3);
        d->node.u.window_agg.nkeys = 3;
        driver_expect(d, script, "+I x | 1 | 0.0 | 2\n+I a long text, more than twelve | <NULL> | -0.0 | 2\n+I <NULL> | 1 | NaN | 1\n");
        driver_free(d);
    }
}

static void changelog_input(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_WINDOW_AGG, "k STRING, n INT, ts TIMESTAMP(3)", "k STRING, sum INT, we TIMESTAMP(3) NOT NULL");
    d->input_nodes[0].changes = CHANGES_ALL;
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 1);
    calls[0] = driver_agg(d, "SUM", 1, false, true);
    static WindowProp props[] = { WPROP_END };
    d->node.u.window_agg = (WindowAggConfig){ .window = { .kind = WINDOW_TUMBLE, .time_col = 2, .size_us = 10 * SECOND }, .keys = COLS(d, 0), .nkeys = 1,
        .calls = calls, .ncalls = 1, .props = props, .nprops = 1 };
    const char *script = "+I a | 1 | 2024-01-01 00:00:01\n+I b | 2 | 2024-01-01 00:00:02\n-U a | 1 | 2024-01-01 00:00:01\n+U a | 5 | 2024-01-01 00:00:01\n-D b | 2 | 2024-01-01 00:00:02\n"
        "W 2024-01-01 00:00:11\n-D a | 5 | 2024-01-01 00:00:01\nE\n";
    driver_expect(d, script, "+I a | 5 | 2024-01-01 00:00:10.000\n");
    /* A session keeps its extent though the row that made it is gone. */
    d->node.u.window_agg.window.kind = WINDOW_SESSION;
    driver_expect(d, script, "+I a | 5 | 2024-01-01 00:00:11.000\n");
    driver_free(d);
}

static void processing_time(void **state)
{
    (void)state;
    Driver *d = window_agg(WINDOW_TUMBLE, 10, 0);
    d->node.u.window_agg.window.proctime = true;
    /* The rest is not flushed at the end. */
    const char *script = "+I a | 1 | <NULL> | x\nT 4000\n+I a | 2 | <NULL> | y\nT 5999\nT 1\n+I a | 4 | <NULL> | z\nE\n";
    driver_expect(d, script, "+I a | 3 | 2 | x,y | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000\n");
    d->node.u.window_agg.window.kind = WINDOW_SESSION;
    driver_expect(d, script, "");
    driver_expect(d, "+I a | 1 | <NULL> | x\nT 4000\n+I a | 2 | <NULL> | y\nT 9999\nT 1\nE\n", "+I a | 3 | 2 | x,y | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:14.000\n");
    driver_free(d);
}

/* Local time in New York: the hour that comes twice is one window, and a day has 25 hours. */
static void zones(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_WINDOW_AGG, "k INT, ts TIMESTAMP_LTZ(3)", "c BIGINT NOT NULL, ws TIMESTAMP(3) NOT NULL, we TIMESTAMP(3) NOT NULL, wt TIMESTAMP_LTZ(3) NOT NULL");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 1);
    calls[0] = driver_agg(d, "COUNT", 0, true, false);
    static WindowProp props[] = { WPROP_START, WPROP_END, WPROP_TIME };
    d->node.u.window_agg = (WindowAggConfig){ .window = { .kind = WINDOW_TUMBLE, .time_col = 1, .size_us = 3600ll * SECOND, .zone = zone_find(STR("America/New_York")) },
        .calls = calls, .ncalls = 1, .props = props, .nprops = 3 };
    driver_expect(d, "+I 1 | 2024-11-03 05:30:00\n+I 1 | 2024-11-03 06:30:00\n+I 1 | 2024-11-03 04:59:59.999\n+I 1 | 2024-11-03 07:00:00\nW 2024-11-03 06:59:59.998\nW 2024-11-03 06:59:59.999\nE\n",
        "+I 1 | 2024-11-03 00:00:00.000 | 2024-11-03 01:00:00.000 | 2024-11-03 04:59:59.999\n"
        "+I 2 | 2024-11-03 01:00:00.000 | 2024-11-03 02:00:00.000 | 2024-11-03 06:59:59.999\n"
        "+I 1 | 2024-11-03 02:00:00.000 | 2024-11-03 03:00:00.000 | 2024-11-03 07:59:59.999\n");
    driver_free(d);
}

/* Early and late firing: the conformance cases early_fire and late_fire. */
static void firing(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_WINDOW_AGG, "n INT, ts TIMESTAMP(3)", "sum INT, ws TIMESTAMP(3) NOT NULL");
    AggCall *calls = ARENA_ARRAY(d->arena, AggCall, 1);
    calls[0] = driver_agg(d, "SUM", 0, false, false);
    static WindowProp props[] = { WPROP_START };
    d->node.u.window_agg = (WindowAggConfig){ .window = { .kind = WINDOW_TUMBLE, .time_col = 1, .size_us = 10 * SECOND }, .calls = calls, .ncalls = 1,
        .props = props, .nprops = 1, .early_fire = true };
    const char *script = "+I 1 | 2024-01-01 00:00:01\n+I 2 | 2024-01-01 00:00:05\nW 2024-01-01 00:00:03\n+I 4 | 2024-01-01 00:00:12\nW 2024-01-01 00:00:10\n"
        "+I 8 | 2024-01-01 00:00:07\nW 2024-01-01 00:00:18\n+I 32 | 2024-01-01 00:00:08\nW 2024-01-01 00:00:23\n+I 128 | 2024-01-01 00:00:09\nE\n";
    driver_expect_changes(d, script, "+I 1 | 2024-01-01 00:00:00.000\n-U 1 | 2024-01-01 00:00:00.000\n+U 3 | 2024-01-01 00:00:00.000\n+I 4 | 2024-01-01 00:00:10.000\n");
    d->node.u.window_agg.early_fire = false;
    d->node.u.window_agg.late_fire = true;
    d->node.u.window_agg.allow_lateness_us = 10 * SECOND;
    driver_expect_changes(d, script, "+I 3 | 2024-01-01 00:00:00.000\n-U 3 | 2024-01-01 00:00:00.000\n+U 11 | 2024-01-01 00:00:00.000\n-U 11 | 2024-01-01 00:00:00.000\n"
        "+U 43 | 2024-01-01 00:00:00.000\n+I 4 | 2024-01-01 00:00:10.000\n");
    d->node.u.window_agg.late_fire = false;
    d->node.u.window_agg.allow_lateness_us = 0;
    d->node.u.window_agg.early_fire = true;
    d->node.u.window_agg.early_delay_us = SECOND;
    driver_expect_changes(d, "+I 1 | 2024-01-01 00:00:01\n+I 2 | 2024-01-01 00:00:01\nT 999\nT 1\n+I 3 | 2024-01-01 00:00:02\nE\n",
        "+I 3 | 2024-01-01 00:00:00.000\n-U 3 | 2024-01-01 00:00:00.000\n+U 6 | 2024-01-01 00:00:00.000\n");
    driver_free(d);
}

static void damaged_state(void **state)
{
    (void)state;
    static const WindowKind kinds[] = { WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE, WINDOW_SESSION };
    for (int k = 0; k < 4; k++) {
        Driver *d = window_agg(kinds[k], 10, 5);
        driver_damage(d, "+I a | 1 | 2024-01-01 00:00:01 | x\n+I a key of more than twelve bytes | 2 | 2024-01-01 00:00:09 | a text of more than twelve bytes\n+I <NULL> | 3 | 2024-01-01 00:00:41 | z\n");
        driver_free(d);
    }
}

static void null_time_fails(void **state)
{
    (void)state;
    Driver *d = window_agg(WINDOW_TUMBLE, 10, 0);
    driver_expect_error(d, "+I a | 1 | <NULL> | x\n", E_DATA);
    driver_free(d);
}

/* --- rows of windows --- */

static Driver *window_rows(WindowKind kind, int64_t size_s, int64_t slide_s)
{
    Driver *d = driver_new(PLAN_WINDOW_TVF, "k STRING, ts TIMESTAMP(3)",
        "k STRING, ts TIMESTAMP(3), ws TIMESTAMP(3) NOT NULL, we TIMESTAMP(3) NOT NULL, wt TIMESTAMP(3) NOT NULL");
    d->node.u.window_tvf.window = (WindowSpec){ .kind = kind, .time_col = 1, .size_us = size_s * SECOND, .slide_us = slide_s * SECOND, .partition = COLS(d, 0), .npartition = 1 };
    return d;
}

static void rows_of_windows(void **state)
{
    (void)state;
    Driver *d = window_rows(WINDOW_TUMBLE, 10, 0);
    driver_expect(d, "+I a | 2024-01-01 00:00:01\n+I b | 2024-01-01 00:00:11\nW 2024-01-01 00:00:30\n+I late | 2024-01-01 00:00:02\n",
        "+I a | 2024-01-01 00:00:01.000 | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000 | 2024-01-01 00:00:09.999\n"
        "+I b | 2024-01-01 00:00:11.000 | 2024-01-01 00:00:10.000 | 2024-01-01 00:00:20.000 | 2024-01-01 00:00:19.999\n"
        "+I late | 2024-01-01 00:00:02.000 | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000 | 2024-01-01 00:00:09.999\n");
    driver_free(d);
    d = window_rows(WINDOW_HOP, 10, 5);
    driver_expect(d, "-D a | 2024-01-01 00:00:06\n",
        "-D a | 2024-01-01 00:00:06.000 | 2024-01-01 00:00:05.000 | 2024-01-01 00:00:15.000 | 2024-01-01 00:00:14.999\n"
        "-D a | 2024-01-01 00:00:06.000 | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000 | 2024-01-01 00:00:09.999\n");
    driver_free(d);
    d = window_rows(WINDOW_CUMULATE, 10, 5);
    driver_expect(d, "+I a | 2024-01-01 00:00:04\n",
        "+I a | 2024-01-01 00:00:04.000 | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:05.000 | 2024-01-01 00:00:04.999\n"
        "+I a | 2024-01-01 00:00:04.000 | 2024-01-01 00:00:00.000 | 2024-01-01 00:00:10.000 | 2024-01-01 00:00:09.999\n");
    driver_free(d);
    d = window_rows(WINDOW_SESSION, 5, 0);
    driver_expect(d, "+I a | 2024-01-01 00:00:01\n+I b | 2024-01-01 00:00:02\n+I a | 2024-01-01 00:00:04\nW 2024-01-01 00:00:06.999\n+I b | 2024-01-01 00:00:01\nE\n",
        "+I b | 2024-01-01 00:00:02.000 | 2024-01-01 00:00:02.000 | 2024-01-01 00:00:07.000 | 2024-01-01 00:00:06.999\n"
        "+I a | 2024-01-01 00:00:01.000 | 2024-01-01 00:00:01.000 | 2024-01-01 00:00:09.000 | 2024-01-01 00:00:08.999\n"
        "+I a | 2024-01-01 00:00:04.000 | 2024-01-01 00:00:01.000 | 2024-01-01 00:00:09.000 | 2024-01-01 00:00:08.999\n");
    driver_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tumble), cmocka_unit_test(tumble_before_1970), cmocka_unit_test(hop), cmocka_unit_test(hop_of_many_slices), cmocka_unit_test(cumulate), cmocka_unit_test(session),
        cmocka_unit_test(several_keys), cmocka_unit_test(changelog_input), cmocka_unit_test(processing_time), cmocka_unit_test(zones), cmocka_unit_test(firing), cmocka_unit_test(damaged_state), cmocka_unit_test(null_time_fails), cmocka_unit_test(rows_of_windows),
    };
    return cmocka_run_group_tests_name("op_window", tests, NULL, NULL);
}
