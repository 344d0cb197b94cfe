/* State keys: pairs of queries, and which of their operators may hand their state over. */
#include "tests/unit/plan_text.h"

#include "engine/op/op.h"
#include "engine/plan/state_key.h"

typedef struct Keys { PlanTest t; Str *v; } Keys;

static Keys keys_of(const char *sql)
{
    Keys keys = { .t = plan_test_new() };
    if (!plan_test_run(&keys.t, test_tables) || !plan_test_run(&keys.t, sql)) fail_msg("%s: %s", sql, keys.t.err.message);
    keys.v = plan_state_keys(keys.t.plan, keys.t.arena);
    return keys;
}

static bool has_key(const Keys *keys, Str key)
{
    for (uint32_t i = 0; i < keys->t.plan->nnodes; i++)
        if (str_eq(keys->v[i], key)) return true;
    return false;
}

/* How many nodes of that kind old has, and how many of them hand their state over. */
static uint32_t count_kind(const Keys *old, PlanKind kind, const Keys *new, uint32_t *found)
{
    uint32_t n = 0;
    *found = 0;
    for (uint32_t i = 0; i < old->t.plan->nnodes; i++) {
        if (old->t.plan->nodes[i]->kind != kind || !old->v[i].len) continue;
        n++;
        *found += has_key(new, old->v[i]);
    }
    return n;
}

/* --- state really handed over --- */

static Datum some_value(Arena *arena, const Type *type, uint32_t row)
{
    switch (type_phys(type)) {
    case PHYS_BOOL: return datum_bool(row % 2);
    case PHYS_I32: return datum_i32((int32_t)(row % 3));
    case PHYS_I64: return datum_i64((int64_t)(row % 4) * 60000000);          /* times: a minute apart */
    case PHYS_STR: return datum_str(arena, str_printf(arena, "key %u, too long to be kept inline", row % 3));
    default: return datum_null();
    }
}

static void feed(Op *op, uint32_t input)
{
    const Schema *schema = op->node->inputs[input]->schema;
    BatchBuilder builder;
    Err err = { 0 };
    builder_init(&builder, schema, BATCH_ROWS);
    for (uint32_t row = 0; row < 12; row++) {
        for (uint32_t c = 0; c < schema->n; c++) {
            Datum value = some_value(builder.batch.arena, schema->cols[c].type, row + c * input);
            builder_set(&builder, c, &value);
        }
        builder_row(&builder, ROW_INSERT);
    }
    if (!op_process(op, input, builder_batch(&builder), &err)) fail_msg("%s", err.message);
    builder_free(&builder);
}

static Op *operator_of(const PlanNode *node, OpEnv *env)
{
    Err err = { 0 };
    Op *op = op_new(node, env, &err);
    if (!op) fail_msg("%s", err.message);
    return op;
}

/* What the old operator stores is read by the new one, which then stores the same bytes. */
static void hand_over(const Plan *old_plan, const PlanNode *old_node, const Plan *new_plan, const PlanNode *new_node)
{
    OpEnv old_env = { .plan = old_plan, .zone = old_plan->zone, .batch = old_plan->batch }, new_env = { .plan = new_plan, .zone = new_plan->zone, .batch = new_plan->batch };
    Op *old = operator_of(old_node, &old_env), *new = operator_of(new_node, &new_env);
    StrBuf before = { 0 }, after = { 0 };
    Err err = { 0 };
    for (uint32_t i = 0; i < old_node->ninputs; i++) feed(old, i);
    assert_true(old->cls->snapshot(old, &before, &err));
    assert_true(before.len > 0);
    Reader in = { before.ptr, before.ptr + before.len, false };
    if (!new->cls->restore(new, &in, &err)) fail_msg("%s", err.message);
    assert_false(in.bad);
    assert_ptr_equal(in.ptr, in.end);
    assert_true(new->cls->snapshot(new, &after, &err));
    bool same_ttl = old_plan->state_ttl_us == new_plan->state_ttl_us;                /* idle times begin with a new one */
    assert_true(same_ttl ? str_eq(strbuf_str(&before), strbuf_str(&after)) : before.len == after.len);
    strbuf_free(&before);
    strbuf_free(&after);
    op_free(old);
    op_free(new);
}

static void hand_over_all(const Keys *old, PlanKind kind, const Keys *new)
{
    if (kind == PLAN_SCAN || kind == PLAN_SINK || kind == PLAN_VALUES) return;      /* theirs is the connectors' */
    for (uint32_t i = 0; i < old->t.plan->nnodes; i++)
        for (uint32_t k = 0; k < new->t.plan->nnodes; k++)
            if (old->t.plan->nodes[i]->kind == kind && old->v[i].len && str_eq(old->v[i], new->v[k])) hand_over(old->t.plan, old->t.plan->nodes[i], new->t.plan, new->t.plan->nodes[k]);
}

/* Every node of the kind in the old query is found in the new one, or none is. */
static void compare(PlanKind kind, const char *old_sql, const char *new_sql, bool same)
{
    Keys old = keys_of(old_sql), new = keys_of(new_sql);
    uint32_t found, n = count_kind(&old, kind, &new, &found);
    if (!n) fail_msg("no %s with state in %s", plan_kind_name(kind), old_sql);
    if (found != (same ? n : 0)) fail_msg("%u of %u %s match:\n%s\n%s", found, n, plan_kind_name(kind), old_sql, new_sql);
    hand_over_all(&old, kind, &new);
    plan_test_free(&old.t);
    plan_test_free(&new.t);
}

static void kept(PlanKind kind, const char *old_sql, const char *new_sql) { compare(kind, old_sql, new_sql, true); }
static void lost(PlanKind kind, const char *old_sql, const char *new_sql) { compare(kind, old_sql, new_sql, false); }

#define KAFKA(NAME, COLS, MORE) "CREATE TABLE " NAME " (" COLS ") WITH ('connector'='kafka', 'topic'='readings', 'properties.bootstrap.servers'='a:9092', 'properties.group.id'='g', 'format'='json'" MORE ");"

static void sources(void **state)
{
    (void)state;
    kept(PLAN_SCAN, "SELECT k FROM plain;", "SELECT v, id FROM plain WHERE v > 3;");
    lost(PLAN_SCAN, "SELECT k FROM plain;", "SELECT k FROM t;");
    /* The topic counts, not the table's name, its columns, or how it is read. */
    kept(PLAN_SCAN, KAFKA("r", "a INT", "") "SELECT a FROM r;", KAFKA("s", "b STRING, a INT", ", 'properties.fetch.min.bytes'='5', 'scan.startup.mode'='latest-offset'") "SELECT * FROM s;");
    lost(PLAN_SCAN, KAFKA("r", "a INT", "") "SELECT a FROM r;", KAFKA("r", "a INT", "") "SELECT a FROM r /*+ OPTIONS('topic'='other') */;");
    /* A jdbc position counts rows of the scan; what stands behind the '?' of an URL does not matter. */
    static const char *const db = "CREATE TABLE db (a INT, b INT) WITH ('connector'='jdbc', 'url'='jdbc:sqlite:x.db', 'table-name'='d');";
    static const char *const db2 = "CREATE TABLE db (a INT, b INT) WITH ('connector'='jdbc', 'url'='jdbc:sqlite:x.db?mode=ro', 'table-name'='d');";
    char a[400], b[400];
    snprintf(a, sizeof a, "%sSELECT a FROM db WHERE b > 1;", db);
    snprintf(b, sizeof b, "%sSELECT a, b FROM db WHERE b > 1;", db2);
    kept(PLAN_SCAN, a, b);
    snprintf(b, sizeof b, "%sSELECT a FROM db WHERE b > 2;", db);
    lost(PLAN_SCAN, a, b);
    snprintf(b, sizeof b, "%sSELECT a FROM db /*+ OPTIONS('table-name'='e') */ WHERE b > 1;", db);
    lost(PLAN_SCAN, a, b);
    kept(PLAN_VALUES, "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS x (n, s);", "SELECT UPPER(s) FROM (VALUES (1, 'a'), (2, 'b')) AS y (n, s);");
    lost(PLAN_VALUES, "SELECT * FROM (VALUES (1), (2)) AS x (n);", "SELECT * FROM (VALUES (1), (3)) AS x (n);");
}

static void watermarks(void **state)
{
    (void)state;
    kept(PLAN_WATERMARK, "SELECT ts, k FROM t;", "SELECT ts, v, d FROM t WHERE v > 1;");
    kept(PLAN_WATERMARK, "SELECT ts FROM t;", "SET 'pipeline.auto-watermark-interval'='5 s'; SET 'table.exec.source.idle-timeout'='1 min'; SELECT ts FROM t;");
    kept(PLAN_WATERMARK, KAFKA("r", "ts TIMESTAMP(3), WATERMARK FOR ts AS ts", "") "SELECT ts FROM r;", KAFKA("r", "ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '9' SECOND", "") "SELECT ts FROM r;");
    lost(PLAN_WATERMARK, KAFKA("r", "ts TIMESTAMP(3), u TIMESTAMP(3), WATERMARK FOR ts AS ts", "") "SELECT ts FROM r;", KAFKA("r", "ts TIMESTAMP(3), u TIMESTAMP(3), WATERMARK FOR u AS u", "") "SELECT u FROM r;");
}

static void groups(void **state)
{
    (void)state;
    static const char *const query = "SELECT k, SUM(v) AS s, COUNT(*) AS n FROM plain WHERE v > 0 AND id > 1 GROUP BY k;";
    kept(PLAN_GROUP_AGG, query, "SELECT COUNT(*) AS m, UPPER(k) AS u, SUM(v) AS s, k FROM plain WHERE id > 1 AND v > 0 GROUP BY k HAVING COUNT(*) > 2;");
    kept(PLAN_GROUP_AGG, query, "CREATE VIEW w AS SELECT id, v, k AS city FROM plain WHERE v > 0; SELECT city, SUM(v), COUNT(*) FROM (SELECT * FROM w WHERE id > 1) GROUP BY city;");
    kept(PLAN_GROUP_AGG, query, "SET 'table.exec.state.ttl'='1 h'; SELECT k, SUM(v) AS s, COUNT(*) AS n FROM plain WHERE v > 0 AND id > 1 GROUP BY k;");
    lost(PLAN_GROUP_AGG, query, "SELECT k, SUM(v) AS s, COUNT(*) AS n FROM plain WHERE v > 0 AND id > 2 GROUP BY k;");
    lost(PLAN_GROUP_AGG, query, "SELECT k, SUM(v) AS s, COUNT(*) AS n, MAX(v) FROM plain WHERE v > 0 AND id > 1 GROUP BY k;");
    lost(PLAN_GROUP_AGG, query, "SELECT k, SUM(id) AS s, COUNT(*) AS n FROM plain WHERE v > 0 AND id > 1 GROUP BY k;");
    lost(PLAN_GROUP_AGG, query, "SELECT k, SUM(v) AS s, COUNT(*) AS n FROM plain WHERE v > 0 AND id > 1 GROUP BY k, id;");
    lost(PLAN_GROUP_AGG, query, "SELECT u, SUM(v) AS s, COUNT(*) AS n FROM t WHERE v > 0 AND id > 1 GROUP BY u;");
    lost(PLAN_GROUP_AGG, "SELECT SUM(v) FROM plain;", "SELECT SUM(v) FROM rets;");             /* what it has to take back */
    lost(PLAN_GROUP_AGG, "SELECT COUNT(v) FROM plain;", "SELECT COUNT(DISTINCT v) FROM plain;");
    lost(PLAN_GROUP_AGG, "SELECT COUNT(v) FROM plain;", "SELECT COUNT(v) FILTER (WHERE v > 1) FROM plain;");
    lost(PLAN_GROUP_AGG, "SELECT LISTAGG(k, ',') FROM plain;", "SELECT LISTAGG(k, ';') FROM plain;");
    lost(PLAN_GROUP_AGG, KAFKA("r", "v INT", "") "SELECT SUM(v) FROM r;", KAFKA("r", "v BIGINT", "") "SELECT SUM(v) FROM r;");
    kept(PLAN_GROUP_AGG, KAFKA("r", "v INT", "") "SELECT SUM(v) FROM r;", KAFKA("r", "v INT NOT NULL", "") "SELECT SUM(v) FROM r;");
    kept(PLAN_GROUP_AGG, "SELECT DISTINCT k FROM plain;", "SELECT k FROM plain GROUP BY k;");
    kept(PLAN_GROUP_AGG, "SELECT k, v, COUNT(*) FROM plain GROUP BY GROUPING SETS ((k), (v));", "SELECT v, COUNT(*), k FROM plain GROUP BY GROUPING SETS ((k), (v));");
    /* States of other sizes change places. */
    kept(PLAN_GROUP_AGG, "SELECT k, MAX(k), SUM(v), COUNT(DISTINCT v), LISTAGG(k) FROM plain GROUP BY k;", "SELECT LISTAGG(k), COUNT(DISTINCT v), MAX(k), k, SUM(v) FROM plain GROUP BY k;");
    kept(PLAN_GROUP_AGG, "SELECT LISTAGG(k), COUNT(DISTINCT v), MAX(k), k, SUM(v) FROM plain GROUP BY k;", "SELECT SUM(v), LISTAGG(k), COUNT(DISTINCT v), MAX(k), k FROM plain GROUP BY k;");
    /* An aggregate over an aggregate. */
    kept(PLAN_GROUP_AGG, "SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM plain GROUP BY k) GROUP BY n;", "SELECT COUNT(*), n + 1 FROM (SELECT k, COUNT(*) AS n FROM plain GROUP BY k) GROUP BY n;");
    lost(PLAN_GROUP_AGG, "SET 'table.local-time-zone'='UTC'; SELECT DATE_FORMAT(CAST(ts AS TIMESTAMP_LTZ(3)), 'dd') AS d, COUNT(*) FROM t GROUP BY DATE_FORMAT(CAST(ts AS TIMESTAMP_LTZ(3)), 'dd');",
         "SET 'table.local-time-zone'='Asia/Tokyo'; SELECT DATE_FORMAT(CAST(ts AS TIMESTAMP_LTZ(3)), 'dd') AS d, COUNT(*) FROM t GROUP BY DATE_FORMAT(CAST(ts AS TIMESTAMP_LTZ(3)), 'dd');");
}

#define WINDOW(WHAT, SIZE) "SELECT " WHAT " FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '" SIZE "' MINUTE)) GROUP BY window_start, window_end, k;"

static void windows(void **state)
{
    (void)state;
    kept(PLAN_WINDOW_AGG, WINDOW("window_start, k, COUNT(*), SUM(v)", "1"), WINDOW("SUM(v), k, window_end, COUNT(*)", "1"));
    lost(PLAN_WINDOW_AGG, WINDOW("k, COUNT(*)", "1"), WINDOW("k, COUNT(*)", "2"));
    lost(PLAN_WINDOW_AGG, WINDOW("k, COUNT(*)", "1"), WINDOW("k, COUNT(v)", "1"));
    lost(PLAN_WINDOW_AGG, "SELECT COUNT(*) FROM TABLE(SESSION(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;",
         "SELECT COUNT(*) FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end;");
    /* Results shown early are stored as rows. */
    static const char *const early = "SET 'table.exec.emit.early-fire.enabled'='true'; SET 'table.exec.emit.early-fire.delay'='1 s'; SELECT k, COUNT(*) FROM t GROUP BY k, TUMBLE(ts, INTERVAL '1' MINUTE);";
    lost(PLAN_WINDOW_AGG, early, "SELECT k, COUNT(*) FROM t GROUP BY k, TUMBLE(ts, INTERVAL '1' MINUTE);");
    kept(PLAN_WINDOW_AGG, early, "SET 'table.exec.emit.early-fire.enabled'='true'; SET 'table.exec.emit.early-fire.delay'='9 s'; SELECT COUNT(*), k FROM t GROUP BY k, TUMBLE(ts, INTERVAL '1' MINUTE);");
    /* Sessions without aggregates keep rows. */
    static const char *const rows = "SELECT k, v, window_end FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE));";
    kept(PLAN_WINDOW_TVF, rows, "SELECT v + 1, k FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE));");
    lost(PLAN_WINDOW_TVF, rows, "SELECT k, v, d FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE));");
    lost(PLAN_WINDOW_TVF, rows, "SELECT k, v FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' MINUTE));");
}

static void joins(void **state)
{
    (void)state;
    static const char *const query = "SELECT p.k, r.v FROM plain p JOIN rets r ON p.id = r.id WHERE p.v > 1;";
    kept(PLAN_JOIN, query, "SELECT r.v + 1 AS w, p.k, p.id FROM (SELECT * FROM plain WHERE v > 1) p JOIN rets r ON p.id = r.id;");
    lost(PLAN_JOIN, query, "SELECT p.k, r.v FROM plain p LEFT JOIN rets r ON p.id = r.id WHERE p.v > 1;");
    lost(PLAN_JOIN, query, "SELECT p.k, r.v FROM plain p JOIN rets r ON p.id = r.id AND p.v <> r.v;");
    lost(PLAN_JOIN, query, "SELECT p.k, r.v FROM plain p JOIN rets r ON p.id = r.v WHERE p.v > 1;");
    lost(PLAN_JOIN, "SELECT p.id FROM plain p JOIN rets r ON p.id = r.id;", "SELECT p.id, p.k FROM plain p JOIN rets r ON p.id = r.id;");   /* stores one column more */
    lost(PLAN_JOIN, "SELECT a.k FROM plain a JOIN plain b ON a.id = b.id AND a.v < b.v;", "SELECT a.k FROM plain a JOIN plain b ON a.id = b.id AND a.v > b.v;");
}

static void stored_rows(void **state)
{
    (void)state;
    kept(PLAN_NORMALIZE, "SELECT k, v FROM ups;", "SELECT v + 1, LOWER(k) FROM ups;");
    lost(PLAN_NORMALIZE, "SELECT v FROM ups;", "SELECT k, v FROM ups;");
    lost(PLAN_NORMALIZE, "SELECT v FROM ups;", "SELECT v FROM ups WHERE v > 1;");
    kept(PLAN_SORT, "SELECT ts, k FROM t ORDER BY ts;", "SELECT ts AS a, k AS b FROM t ORDER BY a;");
    lost(PLAN_SORT, "SELECT ts, k FROM t ORDER BY ts;", "SELECT k, ts FROM t ORDER BY ts;");
    lost(PLAN_SORT, "SELECT ts, k FROM t ORDER BY ts;", "SELECT ts, k FROM t ORDER BY ts, k;");
    lost(PLAN_SORT, "SELECT ts, k FROM t ORDER BY ts;", "SELECT ts, v FROM t ORDER BY ts;");
    kept(PLAN_LIMIT, "SELECT k FROM plain LIMIT 3;", "SELECT k, v FROM plain LIMIT 3;");     /* a count */
    lost(PLAN_LIMIT, "SELECT id FROM rets LIMIT 3;", "SELECT id, v FROM rets LIMIT 3;");     /* rows */
    lost(PLAN_LIMIT, "SELECT k FROM plain LIMIT 3;", "SELECT k FROM plain LIMIT 4;");
    static const char *const over = "SET 'execution.runtime-mode'='batch'; SELECT id, RANK() OVER (PARTITION BY k ORDER BY v) FROM plain;";
    kept(PLAN_OVER, over, "SET 'execution.runtime-mode'='batch'; SELECT RANK() OVER (PARTITION BY k ORDER BY v), id + 1 FROM plain;");
    lost(PLAN_OVER, over, "SET 'execution.runtime-mode'='batch'; SELECT id, RANK() OVER (PARTITION BY k ORDER BY v DESC) FROM plain;");
}

static void sinks(void **state)
{
    (void)state;
    kept(PLAN_SINK, "INSERT INTO all_sink SELECT k, v FROM plain;", "INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k;");
    lost(PLAN_SINK, "INSERT INTO all_sink SELECT k, v FROM plain;", "INSERT INTO files SELECT k, v FROM plain;");
    kept(PLAN_SINK, "INSERT INTO files SELECT k, v FROM plain;", "INSERT INTO files /*+ OPTIONS('sink.rolling-policy.file-size'='1 mb') */ SELECT k, id FROM plain;");
    kept(PLAN_SINK, "INSERT INTO files SELECT k, v FROM plain;", "EXECUTE STATEMENT SET BEGIN INSERT INTO files SELECT k, v FROM plain; INSERT INTO all_sink SELECT u, v FROM t; END;");
    kept(PLAN_GROUP_AGG, "INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k;",
         "EXECUTE STATEMENT SET BEGIN INSERT INTO files SELECT k, id FROM plain; INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k; END;");
    static const char *const keyed = "INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k, v;";
    kept(PLAN_MATERIALIZE, keyed, "INSERT INTO keyed /*+ OPTIONS('topic'='u') */ SELECT k, COUNT(*) FROM plain GROUP BY v, k;");
    lost(PLAN_MATERIALIZE, keyed, "INSERT INTO keyed SELECT k, COUNT(*) FROM plain GROUP BY k, id;");
}

/* Equal meanings in one plan get keys of their own, the same ones when the statements change places. */
static void doubles(void **state)
{
    (void)state;
    static const char *const two = "EXECUTE STATEMENT SET BEGIN INSERT INTO all_sink SELECT k, COUNT(*) FROM plain /*+ OPTIONS('changelog-mode'='I') */ GROUP BY k; INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k; END;";
    static const char *const swapped = "EXECUTE STATEMENT SET BEGIN INSERT INTO all_sink SELECT k, COUNT(*) FROM plain GROUP BY k; INSERT INTO all_sink SELECT k, COUNT(*) FROM plain /*+ OPTIONS('changelog-mode'='I') */ GROUP BY k; END;";
    Keys keys = keys_of(two), other = keys_of(swapped);
    for (uint32_t i = 0; i < keys.t.plan->nnodes; i++)
        for (uint32_t k = 0; k < i; k++) assert_false(keys.v[i].len && str_eq(keys.v[i], keys.v[k]));
    uint32_t found;
    assert_int_equal(count_kind(&keys, PLAN_SCAN, &other, &found), 2);
    assert_int_equal(found, 2);
    assert_int_equal(count_kind(&keys, PLAN_SINK, &other, &found), 2);
    assert_int_equal(found, 2);
    for (uint32_t i = 0; i < keys.t.plan->nnodes; i++) {
        const PlanNode *node = keys.t.plan->nodes[i], *twin = NULL;
        if (node->kind != PLAN_SCAN) continue;
        for (uint32_t k = 0; k < other.t.plan->nnodes; k++)
            if (str_eq(other.v[k], keys.v[i])) twin = other.t.plan->nodes[k];
        assert_int_equal(node->u.scan.conn->options->n, twin->u.scan.conn->options->n);
    }
    plan_test_free(&keys.t);
    plan_test_free(&other.t);
}

static void no_secrets(void **state)
{
    (void)state;
    Keys keys = keys_of("CREATE TABLE db (a INT) WITH ('connector'='jdbc', 'url'='jdbc:postgresql://h/d?password=hunter2', 'table-name'='x', 'username'='u', 'password'='hunter2'); SELECT COUNT(*) FROM db;");
    Keys other = keys_of("CREATE TABLE db (a INT) WITH ('connector'='jdbc', 'url'='jdbc:postgresql://h/d?password=other', 'table-name'='x', 'username'='u', 'password'='other'); SELECT COUNT(*) FROM db;");
    for (uint32_t i = 0; i < keys.t.plan->nnodes; i++) {
        assert_int_equal(str_find(keys.v[i], STR("hunter2"), 0), -1);
        assert_true(str_eq(keys.v[i], other.v[i]));          /* nothing of it goes into a hash either */
    }
    plan_test_free(&keys.t);
    plan_test_free(&other.t);
}

static void expect_name(const char *sql, PlanKind kind, const char *name)
{
    Keys keys = keys_of(sql);
    StrBuf text = { 0 };
    for (uint32_t i = 0; i < keys.t.plan->nnodes; i++) {
        assert_int_equal(keys.v[i].len > 0, plan_node_has_state(keys.t.plan->nodes[i]));
        if (keys.t.plan->nodes[i]->kind == kind) plan_state_name(keys.t.plan, i, &text);
    }
    assert_text(strbuf_str(&text), name);
    strbuf_free(&text);
    plan_test_free(&keys.t);
}

static void names(void **state)
{
    (void)state;
    expect_name("SELECT k, AVG(v) FROM plain GROUP BY k;", PLAN_GROUP_AGG, "GroupAggregate(groupBy=[k], select=[AVG(v)]) over plain");
    expect_name("SELECT p.k, r.v FROM plain p JOIN rets r ON p.id = r.id;", PLAN_JOIN, "Join(joinType=[InnerJoin], left=[id], right=[id]) over plain, rets");
    expect_name("SELECT k FROM plain;", PLAN_SCAN, "TableSourceScan(table=[plain])");
    expect_name("INSERT INTO all_sink SELECT k, v FROM plain;", PLAN_SINK, "Sink(table=[all_sink])");
    expect_name("SELECT a.k FROM plain a JOIN plain b ON a.id = b.id;", PLAN_JOIN, "Join(joinType=[InnerJoin], left=[id], right=[id]) over plain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources), cmocka_unit_test(watermarks), cmocka_unit_test(groups), cmocka_unit_test(windows), cmocka_unit_test(joins),
        cmocka_unit_test(stored_rows), cmocka_unit_test(sinks), cmocka_unit_test(doubles), cmocka_unit_test(no_secrets), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
