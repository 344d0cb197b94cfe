/* Plans: pruning, sharing, pushing, fusing of windows, grouping sets, subplans of SELECT and INSERT; EXPLAIN's text; digests. */
#include "tests/unit/plan_text.h"

static void scan_and_calc(void **state)
{
    (void)state;
    expect_plan("SELECT k, v + 1 AS w FROM plain WHERE id > 1 + 1;",
        "Sink(table=[collect], fields=[k, w])\n"
        "+- Calc(select=[k, (v + 1) AS w], where=[(id > 2)], changelogMode=[I])\n"
        "   +- TableSourceScan(table=[default_catalog.default_database.plain], fields=[id, k, v], changelogMode=[I])\n");
    expect_plan("SELECT a FROM (SELECT b AS a FROM (SELECT v AS b, k FROM plain) WHERE k = 'x') WHERE a > 1;",
        "Sink(table=[collect], fields=[a])\n"
        "+- Calc(select=[v AS a], where=[((k = 'x') AND (v > 1))], changelogMode=[I])\n"
        "   +- TableSourceScan(table=[default_catalog.default_database.plain], fields=[k, v], changelogMode=[I])\n");
    expect_plan("SELECT * FROM plain;", "Sink(table=[collect], fields=[id, k, v])\n+- TableSourceScan(table=[default_catalog.default_database.plain], fields=[id, k, v], changelogMode=[I])\n");
    expect_plan("SELECT k FROM plain WHERE 1 = 0;", "Sink(table=[collect], fields=[k])\n+- Calc(select=[k], changelogMode=[I])\n   +- Values(rows=[0], changelogMode=[I])\n");
}

/* Rows are counted by a column that is read anyway. */
static void counting(void **state)
{
    (void)state;
    expect_in_plan("SELECT COUNT(*) FROM t;", "TableSourceScan(table=[default_catalog.default_database.t], fields=[ts]");
    expect_in_plan("SELECT COUNT(*) FROM ups;", "TableSourceScan(table=[default_catalog.default_database.ups], fields=[id]");
    expect_in_plan("SELECT COUNT(*) FROM (SELECT k, v FROM plain);", "TableSourceScan(table=[default_catalog.default_database.plain], fields=[id]");
}

static void computed_twice_stays(void **state)
{
    (void)state;
    expect_plan("SELECT w, w FROM (SELECT UPPER(k) AS w FROM plain);",
        "Sink(table=[collect], fields=[w, w0])\n"
        "+- Calc(select=[w, w], changelogMode=[I])\n"
        "   +- Calc(select=[UPPER(k) AS w], changelogMode=[I])\n"
        "      +- TableSourceScan(table=[default_catalog.default_database.plain], fields=[k], changelogMode=[I])\n");
}

static void windows(void **state)
{
    (void)state;
    expect_plan("SELECT window_end, k, SUM(v) AS s FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) WHERE v > 0 GROUP BY k, window_end, window_start;",
        "Sink(table=[collect], fields=[window_end, k, s])\n"
        "+- Calc(select=[window_end, k, $a0 AS s], changelogMode=[I], upsertKeys=[{k, window_end}])\n"
        "   +- WindowAggregate(groupBy=[k], window=[HOP(ts, size=[10 s], slide=[5 s])], select=[SUM(v)], properties=[END, START], changelogMode=[I], upsertKeys=[{k, window_end}, {k, window_start}], state=[keys of open windows])\n"
        "      +- Calc(select=[k, v, ts], where=[(v > 0)], changelogMode=[I])\n"
        "         +- WatermarkAssigner(rowtime=[ts], watermark=[(ts MINUS_INTERVAL +0 00:00:01.000)], changelogMode=[I])\n"
        "            +- TableSourceScan(table=[default_catalog.default_database.t], fields=[k, v, ts], changelogMode=[I])\n");
    expect_in_plan("SELECT window_start, SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start;", "GroupAggregate(groupBy=[window_start]");
    expect_in_plan("SELECT window_start, SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start;", "WindowTableFunction(window=[TUMBLE(ts, size=[10 s])]");
    expect_in_plan("SELECT k, SUM(v) FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;", "SESSION(ts, gap=[10 s], partitionBy=[k])");
    expect_in_plan("SELECT id, SUM(v) FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, id;", "GroupAggregate(");
    expect_in_plan("SELECT TUMBLE_END(p, INTERVAL '1' MINUTE), COUNT(*) FROM t GROUP BY TUMBLE(p, INTERVAL '1' MINUTE);", "window=[TUMBLE(PROCTIME, size=[1 min])");
    expect_in_plan("SELECT DISTINCT window_start, window_end, k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE));", "WindowAggregate(groupBy=[k]");
}

/* Windows over windows, and conditions on the window's own columns. */
static void attached_windows(void **state)
{
    (void)state;
    const char *inner = "SELECT window_start, window_end, MAX(s) FROM (SELECT window_start, window_end, k, SUM(v) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k) GROUP BY window_start, window_end;";
    expect_in_plan(inner, "WindowAggregate(groupBy=[window_start, window_end], window=[TUMBLE($time, size=[1 ms])]");
    const char *filtered = "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE window_start > TIMESTAMP '2024-01-01 00:00:00' GROUP BY window_start, window_end;";
    expect_in_plan(filtered, "window=[TUMBLE($time, size=[1 ms])]");
    expect_in_plan(filtered, "WindowTableFunction(");
    expect_in_plan("SELECT k, MAX(window_end) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k;", "window=[TUMBLE($time, size=[1 ms])]");
}

static void grouping_sets(void **state)
{
    (void)state;
    expect_in_plan("SELECT k, id, SUM(v) FROM plain GROUP BY CUBE (k, id);", "Expand(sets=[{k, id, v, 0}, {k, NULL, v, 1}, {NULL, id, v, 2}, {NULL, NULL, v, 3}]");
    expect_in_plan("SELECT k, id, SUM(v) FROM plain GROUP BY k, ROLLUP (id);", "Expand(sets=[{k, id, v, 0}, {k, NULL, v, 1}]");
    expect_in_plan("SELECT v, SUM(v) FROM plain GROUP BY GROUPING SETS ((v), ());", "Expand(sets=[{v, v, 0}, {NULL, v, 1}]");
}

static void sharing(void **state)
{
    (void)state;
    const char *set = "EXECUTE STATEMENT SET BEGIN INSERT INTO all_sink SELECT k, id FROM plain WHERE v > 1; INSERT INTO all_sink SELECT k, v FROM plain; END;";
    PlanTest t = plan_test_new();
    assert_true(plan_test_run(&t, test_tables) && plan_test_run(&t, set));
    uint32_t scans = 0;
    for (uint32_t i = 0; i < t.plan->nnodes; i++) scans += t.plan->nodes[i]->kind == PLAN_SCAN;
    assert_int_equal(scans, 1);
    assert_int_equal(t.plan->nsinks, 2);
    /* Computed columns and watermarks are shared too. */
    assert_true(plan_test_run(&t, "EXECUTE STATEMENT SET BEGIN INSERT INTO all_sink SELECT u, id FROM t; INSERT INTO all_sink SELECT k, v FROM t WHERE v > 1; END;"));
    uint32_t watermarks = 0;
    for (uint32_t i = 0; i < t.plan->nnodes; i++) watermarks += t.plan->nodes[i]->kind == PLAN_WATERMARK;
    assert_int_equal(watermarks, 1);
    plan_test_free(&t);
    expect_in_plan("CREATE VIEW w AS SELECT k, COUNT(*) AS c FROM plain GROUP BY k; SELECT * FROM w UNION ALL SELECT * FROM w;", "(reuse_id=[");
}

/* Inputs come before their users, ids are positions, every column a node reads exists. */
static void well_formed(void **state)
{
    (void)state;
    PlanTest t = plan_test_new();
    assert_true(plan_test_run(&t, test_tables));
    assert_true(plan_test_run(&t, "SELECT a.k, COUNT(DISTINCT b.v) FILTER (WHERE b.id > 1), LISTAGG(b.k) FROM plain a JOIN ups b ON a.id = b.id + 1 WHERE a.v > b.v GROUP BY ROLLUP (a.k) HAVING COUNT(*) > 1;"));
    for (uint32_t i = 0; i < t.plan->nnodes; i++) {
        const PlanNode *node = t.plan->nodes[i];
        assert_int_equal(node->id, i);
        for (uint32_t k = 0; k < node->ninputs; k++) assert_true(node->inputs[k]->id < i);
        if (node->kind != PLAN_CALC) continue;
        uint64_t bits[16] = { 0 };
        for (uint32_t c = 0; c < node->u.calc.nexprs; c++) expr_columns(node->u.calc.exprs[c], bits);
        for (uint32_t c = 0; c < 1024; c++)
            if (bits[c / 64] >> (c % 64) & 1) assert_true(c < node->inputs[0]->schema->n);
    }
    plan_test_free(&t);
}

static void joins(void **state)
{
    (void)state;
    expect_plan("SELECT a.k, b.v FROM plain a, ups b WHERE a.id = b.id AND a.v > 3 AND a.v + b.v > 5;",
        "Sink(table=[collect], fields=[k, v])\n"
        "+- Calc(select=[k, v], where=[((v + v) > 5)], changelogMode=[I,UB,UA,D])\n"
        "   +- Join(joinType=[InnerJoin], left=[id], right=[id], changelogMode=[I,UB,UA,D], state=[rows of both sides, for ever])\n"
        "      :- Calc(select=[id, k, v], where=[(v > 3)], changelogMode=[I])\n"
        "      :  +- TableSourceScan(table=[default_catalog.default_database.plain], fields=[id, k, v], changelogMode=[I])\n"
        "      +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D], upsertKeys=[{id}], state=[last row per key, for ever])\n"
        "         +- TableSourceScan(table=[default_catalog.default_database.ups], fields=[id, v], changelogMode=[I,UA,D], upsertKeys=[{id}])\n");
    expect_in_plan("SELECT id FROM plain WHERE k IN (SELECT k FROM ups);", "Join(joinType=[InnerJoin], left=[k], right=[k]");
    expect_in_plan("SELECT id FROM plain WHERE NOT EXISTS (SELECT 1 FROM ups WHERE ups.id = plain.id);", "where=[($mark IS NULL)]");
    expect_error("SELECT * FROM t a JOIN t b ON a.id = b.id AND a.ts BETWEEN b.ts - INTERVAL '1' MINUTE AND b.ts;", E_UNSUPPORTED, "a.ts BETWEEN b.ts - INTERVAL '1' MINUTE AND b.ts");
}

static void set_operations(void **state)
{
    (void)state;
    expect_in_plan("SELECT k FROM plain INTERSECT SELECT k FROM ups;", "Join(joinType=[InnerJoin], left=[k], right=[k]");
    expect_in_plan("SELECT k FROM plain EXCEPT SELECT k FROM ups;", "where=[($mark IS NULL)]");
    expect_in_plan("SELECT k FROM plain UNION SELECT k FROM ups;", "GroupAggregate(groupBy=[k], select=[]");
    expect_schema("SELECT id, k FROM plain UNION ALL SELECT 1.5, 'x';", "id DECIMAL(11, 1), k STRING");
    expect_error("SELECT id FROM plain UNION ALL SELECT k FROM plain;", E_TYPE, "SELECT k FROM plain");
    expect_error("SELECT id, k FROM plain UNION ALL SELECT id FROM plain;", E_INVALID, "SELECT id FROM plain");
    expect_error("SELECT k FROM plain EXCEPT ALL SELECT k FROM ups;", E_UNSUPPORTED, "SELECT k FROM plain EXCEPT ALL SELECT k FROM ups");
}

static void order_and_limit(void **state)
{
    (void)state;
    expect_in_plan("SELECT ts, k FROM t ORDER BY ts, k DESC;", "Sort(orderBy=[ts ASC, k DESC], by=[watermark]");
    expect_in_plan("SELECT k FROM plain LIMIT 3 OFFSET 2;", "Limit(offset=[2], fetch=[3]");
    expect_in_plan("SET 'execution.runtime-mode'='batch'; SELECT k FROM plain ORDER BY v NULLS LAST LIMIT 2;", "Sort(orderBy=[v ASC NULLS LAST], fetch=[2]");
    expect_error("SELECT k FROM plain ORDER BY k;", E_UNSUPPORTED, "k");
    expect_error("SELECT k FROM plain OFFSET 2;", E_UNSUPPORTED, "2");
    expect_in_plan("SELECT k FROM (SELECT k FROM plain ORDER BY k);", "TableSourceScan(");
    expect_in_plan("SET 'execution.runtime-mode'='batch'; SELECT RANK() OVER (PARTITION BY k ORDER BY v) FROM plain;", "OverAggregate(partitionBy=[k], orderBy=[v ASC]");
}

static void digests(void **state)
{
    (void)state;
    StrBuf a = { 0 }, b = { 0 };
    PlanTest t = plan_test_new();
    assert_true(plan_test_run(&t, test_tables));
    assert_true(plan_test_run(&t, "SELECT k AS x, COUNT(*) AS y FROM plain GROUP BY k;"));
    plan_digest(t.plan->sinks[0]->inputs[0], &a);
    assert_true(plan_test_run(&t, "SELECT k AS p, COUNT(*) AS q FROM plain GROUP BY k;"));
    plan_digest(t.plan->sinks[0]->inputs[0], &b);
    assert_true(str_eq(strbuf_str(&a), strbuf_str(&b)));         /* names do not matter */
    strbuf_clear(&b);
    assert_true(plan_test_run(&t, "SELECT k, COUNT(v) FROM plain GROUP BY k;"));
    plan_digest(t.plan->sinks[0]->inputs[0], &b);
    assert_false(str_eq(strbuf_str(&a), strbuf_str(&b)));
    strbuf_free(&a);
    strbuf_free(&b);
    plan_test_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_and_calc), cmocka_unit_test(counting), cmocka_unit_test(computed_twice_stays), cmocka_unit_test(windows), cmocka_unit_test(attached_windows), cmocka_unit_test(grouping_sets),
        cmocka_unit_test(sharing), cmocka_unit_test(well_formed), cmocka_unit_test(joins), cmocka_unit_test(set_operations), cmocka_unit_test(order_and_limit), cmocka_unit_test(digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
