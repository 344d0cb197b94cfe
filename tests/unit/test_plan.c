/* Plans: pruning, sharing, pushing, fusing of windows, grouping sets, subplans of SELECT and INSERT; EXPLAIN's text; digests. */
#include "tests/unit/plan_text.h"

#include "engine/plan/state_growth.h"

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
        "   +- WindowAggregate(groupBy=[k], window=[HOP(ts, size=[10 s], slide=[5 s])], select=[SUM(v)], properties=[END, START], changelogMode=[I], upsertKeys=[{k, window_end}, {k, window_start}], state=[one row per key and open window])\n"
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
        "   +- Join(joinType=[InnerJoin], left=[id], right=[id], changelogMode=[I,UB,UA,D], state=[rows of both sides, until the input ends])\n"
        "      :- Calc(select=[id, k, v], where=[(v > 3)], changelogMode=[I])\n"
        "      :  +- TableSourceScan(table=[default_catalog.default_database.plain], fields=[id, k, v], changelogMode=[I])\n"
        "      +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D], upsertKeys=[{id}], state=[last row per key, until the input ends])\n"
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
    expect_in_plan("SELECT k FROM plain EXCEPT ALL SELECT k FROM ups;", "ROW_COPIES(($a0 - $a1))");
    expect_in_plan("SELECT k FROM plain INTERSECT ALL SELECT k FROM ups;", "ROW_COPIES(LEAST($a0, $a1))");
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

/* As Flink plans it: a side of a join by its own name, an aggregate by the one table of FROM. */
static void state_ttl(void **state)
{
    (void)state;
    static const char *const tables = "SET 'table.exec.state.ttl'='7 min'; CREATE TABLE a (id INT, x INT) WITH ('connector'='datagen'); CREATE TABLE b (id INT, y INT) WITH ('connector'='datagen'); CREATE VIEW w AS SELECT * FROM a;";
    static const struct { const char *query, *part; } cases[] = {
        { "SELECT x FROM a JOIN b ON a.id = b.id;", "state=[rows of both sides, until idle for 7 min]" },
        { "SELECT /*+ STATE_TTL('a'='1d', 'b'='2h') */ x FROM a JOIN b ON a.id = b.id;", "state=[left rows, until idle for 1 d; right rows, until idle for 2 h]" },
        { "SELECT /*+ STATE_TTL('a'='1d', 'b'='1d', 'c'='3h') */ a.x FROM a JOIN b ON a.id = b.id JOIN a AS c ON b.id = c.id;", "state=[left rows, until idle for 7 min; right rows, until idle for 3 h]" },
        { "SELECT /*+ STATE_TTL('a'='0s') */ x FROM a JOIN b ON a.id = b.id;", "state=[left rows, for ever; right rows, until idle for 7 min]" },
        { "SELECT /*+ STATE_TTL('q'='1d') */ b.y FROM (SELECT id FROM a WHERE x > 1) q LEFT JOIN b ON q.id + 1 = b.id;", "state=[left rows, until idle for 1 d; right rows, until idle for 7 min]" },
        { "SELECT /*+ STATE_TTL('w'='5h') */ id, COUNT(*) FROM w GROUP BY id;", "state=[one row per key, until idle for 5 h]" },
        { "SELECT /*+ STATE_TTL('a'='9h') */ DISTINCT id FROM a;", "state=[one row per key, until idle for 9 h]" },
        { "SELECT /*+ STATE_TTL('a'='9h', 'b'='9h') */ a.id, COUNT(*) FROM a JOIN b ON a.id = b.id GROUP BY a.id;", "select=[COUNT(*)], changelogMode=[I,UB,UA], upsertKeys=[{id}], state=[one row per key, until idle for 7 min]" },
        { "SELECT /*+ STATE_TTL('a'='9h') */ id, COUNT(*) FROM a WHERE id IN (SELECT id FROM b) GROUP BY id;", "select=[], changelogMode=[I,UB,UA], upsertKeys=[{id}], state=[one row per key, until idle for 7 min]" },
        { "SET 'execution.runtime-mode'='batch'; SELECT k, COUNT(*) FROM plain GROUP BY k;", "state=[one row per key, until the input ends]" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[1024];
        snprintf(sql, sizeof sql, "%s%s", tables, cases[i].query);
        expect_in_plan(sql, cases[i].part);
    }
    /* Equal but for their TTL: not shared. */
    expect_in_plan("EXECUTE STATEMENT SET BEGIN INSERT INTO all_sink SELECT /*+ STATE_TTL('plain'='1 h') */ k, COUNT(*) FROM plain GROUP BY k; INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k; END;", "until idle for 1 h");
    expect_in_plan("EXECUTE STATEMENT SET BEGIN INSERT INTO all_sink SELECT /*+ STATE_TTL('plain'='1 h') */ k, COUNT(*) FROM plain GROUP BY k; INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k; END;", "until the input ends");
}

static void expect_warning(const char *sql, const char *expected)
{
    PlanTest t = plan_test_new();
    StrBuf text = { 0 };
    if (!plan_test_run(&t, test_tables) || !plan_test_run(&t, sql)) fail_msg("%s: %s", sql, t.err.message);
    plan_state_warning(t.plan, &text);
    assert_text(strbuf_str(&text), expected);
    strbuf_free(&text);
    plan_test_free(&t);
}

static void growth(void **state)
{
    (void)state;
    static const char *const endless = "CREATE TABLE e (id INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='datagen');";
    char sql[600];
    snprintf(sql, sizeof sql, "%s%s", endless, "SELECT v, MAX(n) FROM (SELECT v, id, COUNT(DISTINCT ts) AS n FROM e GROUP BY v, id) GROUP BY v LIMIT 3;");
    expect_warning(sql, "\nState that grows for ever:\n"
        "  GroupAggregate(groupBy=[v, id], select=[COUNT(DISTINCT ts)]) over e: one row per key and the values it was made of, for ever\n"
        "  GroupAggregate(groupBy=[v], select=[MAX(n)]) over e: one row per key and the values it was made of, for ever\n"
        "  Limit(offset=[0], fetch=[3]) over e: all rows, for ever\n"
        "SET 'table.exec.state.ttl' = '1 d' forgets what is idle for so long; a window ends by itself.\n");
    /* Of one row; ended by windows, by the TTL, by the input's end. */
    snprintf(sql, sizeof sql, "%s%s", endless, "SELECT COUNT(*), MAX(v) FROM e;");
    expect_warning(sql, "");
    snprintf(sql, sizeof sql, "%s%s", endless, "SELECT COUNT(DISTINCT v), window_end FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;");
    expect_warning(sql, "");
    snprintf(sql, sizeof sql, "%s%s", endless, "SET 'table.exec.state.ttl'='1 h'; SELECT v, COUNT(*) FROM e GROUP BY v;");
    expect_warning(sql, "");
    expect_warning("SELECT p.k, COUNT(*) FROM plain p JOIN rets r ON p.id = r.id GROUP BY p.k;", "");
    snprintf(sql, sizeof sql, "%s%s", endless, "SELECT v FROM e ORDER BY ts;");
    expect_in_plan(sql, "state=[rows ahead of the watermark]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_and_calc), cmocka_unit_test(counting), cmocka_unit_test(computed_twice_stays), cmocka_unit_test(windows), cmocka_unit_test(attached_windows), cmocka_unit_test(grouping_sets),
        cmocka_unit_test(sharing), cmocka_unit_test(well_formed), cmocka_unit_test(joins), cmocka_unit_test(set_operations), cmocka_unit_test(order_and_limit), cmocka_unit_test(state_ttl), cmocka_unit_test(growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
