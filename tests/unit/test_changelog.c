/* Change kinds and upsert keys through every node, what sinks take, where rows per sink key are kept, what aggregates must emit. */
#include "tests/unit/plan_text.h"

static void kinds(void **state)
{
    (void)state;
    expect_in_plan("SELECT k, COUNT(*) FROM plain GROUP BY k;", "select=[COUNT(*)], changelogMode=[I,UB,UA]");
    expect_in_plan("SELECT DISTINCT k FROM plain;", "GroupAggregate(groupBy=[k], select=[], changelogMode=[I]");
    expect_in_plan("SELECT c, COUNT(*) FROM (SELECT k, COUNT(*) AS c FROM plain GROUP BY k) GROUP BY c;", "groupBy=[c], select=[COUNT(*)], changelogMode=[I,UB,UA,D]");
    expect_in_plan("SELECT v FROM rets;", "fields=[v], changelogMode=[I,UB,UA,D]");
    expect_in_plan("SELECT v FROM ups;", "ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D]");
    expect_in_plan("SELECT window_start, SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;", "WindowAggregate(groupBy=[], window=[TUMBLE(ts, size=[1 min])], select=[SUM(v)], properties=[START, END], changelogMode=[I]");
    expect_in_plan("SELECT a.id FROM plain a LEFT JOIN plain b ON a.id = b.id;", "joinType=[LeftOuterJoin], left=[id], right=[id], changelogMode=[I,D]");
    expect_in_plan("SELECT a.id FROM plain a JOIN plain b ON a.id = b.id;", "left=[id], right=[id], changelogMode=[I]");
    expect_in_plan("SELECT v FROM rets LIMIT 2;", "fetch=[2], changelogMode=[I,UB,UA,D]");
}

/* A filter over an upsert source works below its state: rows that leave it are deletes. */
static void below_state(void **state)
{
    (void)state;
    expect_in_plan("SELECT k FROM ups WHERE v > 1;", "ChangelogNormalize(key=[id], where=[(v > 1)]");
}

static void keys(void **state)
{
    (void)state;
    expect_in_plan("SELECT id + 1, k FROM (SELECT id, k, v FROM ups);", "Calc(select=[(id + 1) AS EXPR$0, k], changelogMode=[I,UB,UA,D])");
    expect_in_plan("SELECT k, id AS i FROM ups;", "Calc(select=[k, id AS i], changelogMode=[I,UB,UA,D], upsertKeys=[{i}])");
    expect_in_plan("SELECT DISTINCT id, k FROM ups;", "Sink(table=[collect], fields=[id, k])\n+- ChangelogNormalize(");
    expect_in_plan("SELECT a.id, b.k FROM ups a JOIN ups b ON a.v = b.id;", "left=[v], right=[id], changelogMode=[I,UB,UA,D], upsertKeys=[{id}]");
}

static void sinks(void **state)
{
    (void)state;
    expect_error("INSERT INTO files SELECT k, COUNT(*) FROM plain GROUP BY k;", E_CHANGELOG, "files");
    expect_error("INSERT INTO files SELECT k, id FROM ups;", E_CHANGELOG, "files");
    expect_in_plan("INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k;", "GroupAggregate(");
    expect_in_plan("INSERT INTO files SELECT k, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k;", "WindowAggregate(");
    expect_error("INSERT INTO all_sink SELECT k, id FROM plain ON CONFLICT DO NOTHING;", E_INVALID, "all_sink");
    expect_error("INSERT INTO keyed SELECT k, v FROM plain ON CONFLICT DO NOTHING;", E_UNSUPPORTED, "keyed");
}

static void has_materializer(const char *sql, bool expected)
{
    PlanTest t = plan_test_new();
    if (!plan_test_run(&t, test_tables) || !plan_test_run(&t, sql)) fail_msg("%s: %s", sql, t.err.message);
    bool found = false;
    for (uint32_t i = 0; i < t.plan->nnodes; i++) found = found || t.plan->nodes[i]->kind == PLAN_MATERIALIZE;
    if (found != expected) fail_msg("%s: %s", sql, found ? "has a materializer" : "has no materializer");
    plan_test_free(&t);
}

static void materializing(void **state)
{
    (void)state;
    has_materializer("INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k;", false);
    has_materializer("INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k, id;", true);
    has_materializer("INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k HAVING COUNT(*) > 1;", true);
    has_materializer("INSERT INTO keyed SELECT k, v FROM plain;", false);
    has_materializer("SET 'table.exec.sink.upsert-materialize'='NONE'; INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k, id;", false);
    has_materializer("SET 'table.exec.sink.upsert-materialize'='FORCE'; INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k;", true);
    has_materializer("INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k, id ON CONFLICT DO DEDUPLICATE;", true);
    expect_error("SET 'table.exec.sink.require-on-conflict'='true'; INSERT INTO keyed SELECT k, v FROM plain;", E_CHANGELOG, "keyed");
    has_materializer("SET 'table.exec.sink.require-on-conflict'='true'; INSERT INTO keyed VALUES ('a', 1), ('b', 2);", false);
}

/* -U is computed only where somebody wants it; aggregates over changes must take rows back. */
static void flags(void **state)
{
    (void)state;
    PlanTest t = plan_test_new();
    assert_true(plan_test_run(&t, test_tables));
    assert_true(plan_test_run(&t, "INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k;"));
    for (uint32_t i = 0; i < t.plan->nnodes; i++)
        if (t.plan->nodes[i]->kind == PLAN_GROUP_AGG) {
            assert_false(t.plan->nodes[i]->u.group_agg.emit_before);
            assert_false(t.plan->nodes[i]->u.group_agg.calls[0].retract);
        }
    assert_true(plan_test_run(&t, "INSERT INTO keyed SELECT k, MAX(v) FROM ups GROUP BY k HAVING MAX(v) > 1;"));
    for (uint32_t i = 0; i < t.plan->nnodes; i++)
        if (t.plan->nodes[i]->kind == PLAN_GROUP_AGG) {
            assert_true(t.plan->nodes[i]->u.group_agg.emit_before);
            assert_true(t.plan->nodes[i]->u.group_agg.calls[0].retract);
        }
    plan_test_free(&t);
}

static void batch_mode(void **state)
{
    (void)state;
    expect_in_plan("SET 'execution.runtime-mode'='batch'; SELECT k, COUNT(*) FROM plain GROUP BY k;", "select=[COUNT(*)], changelogMode=[I]");
    expect_error("SET 'execution.runtime-mode'='batch'; SELECT v FROM rets;", E_CHANGELOG, "rets");
    expect_error("CREATE TABLE g (a INT) WITH ('connector'='datagen'); SET 'execution.runtime-mode'='batch'; SELECT a FROM g;", E_INVALID, "g");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds), cmocka_unit_test(below_state), cmocka_unit_test(keys), cmocka_unit_test(sinks), cmocka_unit_test(materializing),
        cmocka_unit_test(flags), cmocka_unit_test(batch_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
