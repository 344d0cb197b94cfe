/* Random queries through binder and planner: nothing may crash, every refusal is a user's error with a message, and every plan is
 * well formed: inputs before users, columns that exist, cells of the type that the schema says. Seeded; a failure prints the seed
 * and the query. Arguments: seconds (3), seed. */
#include "engine/base/clock.h"
#include "tests/unit/plan_text.h"

static uint64_t seed;
static StrBuf sql;

static uint32_t pick(uint32_t n) { return (uint32_t)(random_u64() % n); }
#define ONE_OF(...) one_of((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
static const char *one_of(const char *const *words, size_t n) { return words[pick((uint32_t)n)]; }
static void add(const char *text) { strbuf_addz(&sql, text); }

static void broken(const char *what)
{
    printf("fuzz_plan: %s, seed %llu: " STR_FMT "\n", what, (unsigned long long)seed, STR_ARG(strbuf_str(&sql)));
    exit(1);
}

/* --- queries --- */

static void query(uint32_t depth);

static void column(void)
{
    if (pick(3)) add(ONE_OF("id", "k", "v"));
    else add(ONE_OF("d", "ts", "p", "u", "r.a", "arr", "window_start", "window_end", "window_time", "a.id", "b.v", "t.k", "x", "nope"));
}

static void expression(uint32_t depth, bool aggregates)
{
    switch (depth ? pick(aggregates ? 15 : 12) : pick(3)) {
    case 0: case 1: column(); break;
    case 2: add(ONE_OF("1", "2.5", "'a'", "NULL", "TRUE", "INTERVAL '1' MINUTE", "DATE '2024-01-01'", "CAST(NULL AS INT)", "-3")); break;
    case 3: case 4: expression(depth - 1, aggregates); add(ONE_OF(" + ", " = ", " < ", " AND ", " OR ", " || ", " * ", " <> ")); expression(depth - 1, aggregates); break;
    case 5: add("CASE WHEN "); expression(depth - 1, aggregates); add(" THEN "); expression(depth - 1, aggregates); add(" ELSE "); expression(depth - 1, aggregates); add(" END"); break;
    case 6: add("CAST("); expression(depth - 1, aggregates); add(ONE_OF(" AS STRING)", " AS INT)", " AS TIMESTAMP(3))")); break;
    case 7: add(ONE_OF("UPPER(", "COALESCE(k, ", "ABS(", "NOT (", "CHAR_LENGTH(", "ROW(1, ", "ARRAY[", "(")); expression(depth - 1, aggregates); add(sql.ptr && strrchr(strbuf_cstr(&sql), '[') > strrchr(strbuf_cstr(&sql), '(') ? "]" : ")"); break;
    case 8: expression(depth - 1, aggregates); add(ONE_OF(" IS NULL", " IS NOT NULL", " IN (1, 2)", " BETWEEN 1 AND 5", " LIKE 'a%'")); break;
    case 9: add("("); expression(depth - 1, aggregates); add(")"); break;
    case 10:
        add("(");
        query(depth - 1);
        add(")");
        break;
    case 11: add(ONE_OF("TUMBLE_START(ts, INTERVAL '1' MINUTE)", "GROUPING(k)", "PROCTIME()", "ROW_NUMBER() OVER (PARTITION BY k ORDER BY v)", "SUM(v) OVER (ORDER BY id)", "RAND()")); break;
    default:
        add(ONE_OF("SUM(", "COUNT(", "MAX(", "COUNT(DISTINCT ", "FIRST_VALUE(", "LISTAGG(", "AVG(", "ARRAY_AGG("));
        expression(depth - 1, pick(20) == 0);
        add(")");
        if (pick(5) == 0) add(" FILTER (WHERE v > 1)");
    }
}

static void source(uint32_t depth)
{
    switch (depth ? pick(9) : pick(3)) {
    case 0: case 1: add(ONE_OF("t", "plain", "ups", "rets", "plain AS x", "t AS a", "ups b", "nope")); break;
    case 2: add("(VALUES (1, 'a'), (2, 'b')) AS x (id, k)"); break;
    case 3: add("("); query(depth - 1); add(ONE_OF(")", ") AS a", ") x", ") AS b (id, k)")); break;
    case 4: case 5:
        add(ONE_OF("TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))", "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE))",
            "TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE))", "TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
            "TABLE(TUMBLE(TABLE t, DESCRIPTOR(p), INTERVAL '1' MINUTE))", "TUMBLE((SELECT id, k, v, ts FROM t), DESCRIPTOR(ts), INTERVAL '1' MINUTE)"));
        break;
    case 6: source(depth - 1); add(" CROSS JOIN UNNEST(arr) AS e (y)"); break;
    default:
        source(depth - 1);
        add(ONE_OF(" JOIN ", " LEFT JOIN ", " FULL JOIN ", " RIGHT JOIN "));
        source(depth - 1);
        if (pick(4) == 0) add(" USING (id)");
        else add(" ON "), expression(2, false);
    }
}

static void query(uint32_t depth)
{
    if (depth && pick(8) == 0) {
        query(depth - 1);
        add(ONE_OF(" UNION ALL ", " UNION ", " INTERSECT "));
        query(depth - 1);
        return;
    }
    bool grouped = pick(2);
    add(pick(6) ? "SELECT " : "SELECT DISTINCT ");
    if (pick(8) == 0) add(ONE_OF("*", "x.*", "r.*"));
    else
        for (uint32_t i = 0, n = 1 + pick(3); i < n; i++) {
            if (i) add(", ");
            expression(pick(depth + 1), grouped || pick(4) == 0);
            if (pick(3) == 0) add(ONE_OF(" AS x", " AS id", " AS y"));
        }
    add(" FROM ");
    source(depth);
    if (pick(3) == 0) add(" WHERE v > 1 AND "), column(), add(" IS NOT NULL");
    else if (depth && pick(6) == 0) add(ONE_OF(" WHERE id IN (", " WHERE v > 1 AND NOT EXISTS (", " WHERE EXISTS (")), query(depth - 1), add(")");
    else if (pick(4) == 0) add(" WHERE "), expression(depth, false);
    if (grouped) {
        add(" GROUP BY ");
        if (pick(4) == 0) add(ONE_OF("ROLLUP (k, id)", "CUBE (k, v)", "GROUPING SETS ((k), (id), ())", "TUMBLE(ts, INTERVAL '1' MINUTE)", "HOP(p, INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)"));
        else if (pick(3) == 0) add("window_start, window_end");
        else add(ONE_OF("k", "id", "k, id, v", "id, v"));
        if (pick(3) == 0) add(", "), column();
        if (pick(3) == 0) add(" HAVING "), expression(depth, true);
    }
    if (pick(10) == 0) add(ONE_OF(" ORDER BY ts", " ORDER BY 1", " ORDER BY id, k DESC"));
    if (pick(12) == 0) add(ONE_OF(" LIMIT 2", " LIMIT 0", " LIMIT 3 OFFSET 1"));
}

/* --- checks --- */

static void check_expr(const Expr *expr, const Schema *in)
{
    if (expr->kind == EXPR_COLUMN) {
        if (expr->column >= in->n) broken("a column that does not exist");
        if (type_phys(expr->type) != type_phys(in->cols[expr->column].type)) broken("a column of another type");
    }
    for (uint32_t i = 0; i < expr->nargs; i++) check_expr(expr->args[i], in);
}

static void check_list(const uint32_t *cols, uint32_t n, const Schema *in)
{
    for (uint32_t i = 0; i < n; i++)
        if (cols[i] >= in->n) broken("a key that does not exist");
}

static void check_calls(const AggCall *calls, uint32_t n, const Schema *in)
{
    for (uint32_t c = 0; c < n; c++) {
        check_list(calls[c].args, calls[c].nargs, in);
        for (uint32_t i = 0; i < calls[c].nargs; i++)
            if (type_phys(calls[c].arg_types[i]) != type_phys(in->cols[calls[c].args[i]].type)) broken("an argument of another type");
        if (calls[c].filter >= 0 && ((uint32_t)calls[c].filter >= in->n || in->cols[calls[c].filter].type->kind != TYPE_BOOLEAN)) broken("a bad filter column");
    }
}

static void check_node(const PlanNode *node)
{
    const Schema *in = node->ninputs ? node->inputs[0]->schema : NULL;
    for (uint32_t i = 0; i < node->schema->n; i++)
        if (!node->schema->cols[i].type) broken("a column without a type");
    for (uint32_t i = 0; i < node->ninputs; i++)
        if (node->inputs[i]->id >= node->id) broken("an input behind its user");
    if (node->kind == PLAN_CALC) {
        if (node->u.calc.filter) check_expr(node->u.calc.filter, in);
        for (uint32_t i = 0; i < node->u.calc.nexprs; i++) {
            check_expr(node->u.calc.exprs[i], in);
            if (type_phys(node->u.calc.exprs[i]->type) != type_phys(node->schema->cols[i].type)) broken("a result of another type");
        }
    }
    if (node->kind == PLAN_GROUP_AGG) check_list(node->u.group_agg.keys, node->u.group_agg.nkeys, in), check_calls(node->u.group_agg.calls, node->u.group_agg.ncalls, in);
    if (node->kind == PLAN_WINDOW_AGG) {
        check_list(node->u.window_agg.keys, node->u.window_agg.nkeys, in);
        check_calls(node->u.window_agg.calls, node->u.window_agg.ncalls, in);
        if (!node->u.window_agg.window.proctime && in->cols[node->u.window_agg.window.time_col].type->kind != TYPE_TIMESTAMP && in->cols[node->u.window_agg.window.time_col].type->kind != TYPE_TIMESTAMP_LTZ) broken("a window without time");
    }
    if (node->kind == PLAN_JOIN) {
        check_list(node->u.join.left_keys, node->u.join.nkeys, in);
        check_list(node->u.join.right_keys, node->u.join.nkeys, node->inputs[1]->schema);
        if (node->u.join.condition) check_expr(node->u.join.condition, node->schema);
        if (node->schema->n != in->n + node->inputs[1]->schema->n) broken("a join of another width");
    }
    for (uint32_t k = 0; node->kind == PLAN_UNION && k < node->ninputs; k++) {
        if (node->inputs[k]->schema->n != node->schema->n) broken("a union of different widths");
        for (uint32_t i = 0; i < node->schema->n; i++)
            if (type_phys(node->inputs[k]->schema->cols[i].type) != type_phys(node->schema->cols[i].type)) broken("a union of different types");
    }
    if (node->kind == PLAN_SINK && in->n != node->schema->n) broken("a sink of another width");
}

static bool try_query(void)
{
    PlanTest t = plan_test_new();
    if (!plan_test_run(&t, test_tables)) broken(t.err.message);
    if (pick(3) == 0) options_set(t.arena, &t.env.config, STR("execution.runtime-mode"), STR("batch"));
    bool planned = plan_test_run(&t, strbuf_cstr(&sql)) && t.plan;
    if (!planned && (!t.err.set || !t.err.message[0] || t.err.code == E_INTERNAL)) broken(t.err.set ? t.err.message : "refused without an error");
    if (planned) {
        strbuf_clear(&t.text);
        plan_explain(t.plan, &t.text);
        for (uint32_t i = 0; i < t.plan->nnodes; i++) check_node(t.plan->nodes[i]);
    }
    plan_test_free(&t);
    return planned;
}

int main(int argc, char **argv)
{
    int64_t seconds = argc > 1 ? atoi(argv[1]) : 3;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)clock_now_us(), count = 0, planned = 0;
    for (int64_t end = clock_monotonic_us() + seconds * 1000000; argc > 2 ? !count : clock_monotonic_us() < end; count++) {
        seed = first + count;
        random_seed(seed);
        strbuf_clear(&sql);
        query(3);
        planned += try_query();
    }
    printf("fuzz_plan: %llu queries, %llu planned\n", (unsigned long long)count, (unsigned long long)planned);
    strbuf_free(&sql);
    return 0;
}
