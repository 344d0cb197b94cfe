/* Operators that pass, keep or reorder rows: calc, watermarks, union, normalisation, materialisation, sort, limit, unnest, expand,
 * bounded OVER, sink. */
#include "tests/unit/op_driver.h"

static Expr *column(Driver *d, uint32_t c)
{
    return expr_column(d->arena, c, d->input_nodes[0].schema->cols[c].type, (Span){ 0, 0 });
}

static Expr *call2(Driver *d, const char *name, Expr *a, Expr *b)
{
    Expr **args = ARENA_ARRAY(d->arena, Expr *, 2);
    args[0] = a;
    args[1] = b;
    Err err = { 0 };
    Expr *expr = expr_call(&d->ctx, str_of(name), args, 2, (Span){ 0, 0 }, &err);
    if (!expr) fail_msg("%s", err.message);
    return expr;
}

static Expr *number(Driver *d, int32_t value)
{
    return expr_const(d->arena, type_simple(TYPE_INT, false), datum_i32(value), (Span){ 0, 0 });
}

static void calc(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_CALC, "a INT, b STRING", "b STRING, c INT");
    Expr **exprs = ARENA_ARRAY(d->arena, Expr *, 2);
    exprs[0] = column(d, 1);
    exprs[1] = call2(d, "+", column(d, 0), number(d, 1));
    d->node.u.calc = (CalcConfig){ .filter = call2(d, ">", column(d, 0), number(d, 1)), .exprs = exprs, .nexprs = 2 };
    driver_expect(d, "+I 1 | x\n-U 2 | y\n+U 3 | z\n+I <NULL> | w\n", "-U y | 3\n+U z | 4\n");
    exprs[1] = call2(d, "/", number(d, 1), column(d, 0));
    d->node.u.calc.filter = NULL;
    driver_expect_error(d, "+I 0 | x\n", E_DIVISION);
    /* Plain columns only. */
    d->node.u.calc.filter = call2(d, ">", column(d, 0), number(d, 1));
    exprs[1] = column(d, 0);
    driver_expect(d, "+I 1 | x\n-D 2 | y\n", "-D y | 2\n");
    driver_free(d);
}

/* A row goes before the watermark it causes, whatever the batch; watermarks below 1970 are never emitted. */
static void watermark_after_every_row(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_WATERMARK, "k STRING, ts TIMESTAMP(3)", "k STRING, ts TIMESTAMP(3)");
    d->watermarks = true;
    d->node.u.watermark = (WatermarkConfig){ .rowtime = 1, .expr = column(d, 1), .interval_us = 0 };
    driver_expect(d, "+I a | 1969-12-31 23:59:59.999\n+I b | 1970-01-01 00:00:00\n+I c | 1970-01-01 00:00:00.001\n+I d | 1970-01-01 00:00:00\n+I e | 1970-01-01 00:00:01\nE\n",
        "+I a | 1969-12-31 23:59:59.999\n+I b | 1970-01-01 00:00:00.000\n+I c | 1970-01-01 00:00:00.001\nW 1970-01-01 00:00:00.001\n+I d | 1970-01-01 00:00:00.000\n"
        "+I e | 1970-01-01 00:00:01.000\nW 1970-01-01 00:00:01.000\nW max\n");
    driver_expect_error(d, "+I a | <NULL>\n", E_DATA);
    d->env.batch = true;
    driver_expect(d, "+I a | 2024-01-01 00:00:00\n+I b | <NULL>\nE\n", "+I a | 2024-01-01 00:00:00.000\n+I b | <NULL>\nW max\n");
    driver_free(d);
}

static void watermark_by_the_clock(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_WATERMARK, "ts TIMESTAMP(3)", "ts TIMESTAMP(3)");
    d->watermarks = true;
    d->node.u.watermark = (WatermarkConfig){ .rowtime = 0, .expr = column(d, 0), .interval_us = 200000 };
    assert_true(driver_run(d, "+I 2024-01-01 00:00:00\n+I 2024-01-01 00:00:00.100\nT 199\nT 1\n+I 2024-01-01 00:00:00.150\nT 200\n", 2000, false));
    assert_string_equal(strbuf_cstr(&d->out), "+I 2024-01-01 00:00:00.000\n+I 2024-01-01 00:00:00.100\nW 2024-01-01 00:00:00.100\n"
        "+I 2024-01-01 00:00:00.150\nW 2024-01-01 00:00:00.150\n");
    driver_free(d);
}

static void union_takes_the_least_watermark(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_UNION, "a INT", "a INT");
    d->node.ninputs = 2;
    d->watermarks = true;
    driver_expect(d, "+I 1\nW 2024-01-01 00:00:10\n@1\n-D 2\nW 2024-01-01 00:00:05\nW 2024-01-01 00:00:20\nE\n",
        "+I 1\n-D 2\nW 2024-01-01 00:00:05.000\nW 2024-01-01 00:00:10.000\nW 2024-01-01 00:00:20.000\nW max\n");
    /* An idle input holds nothing back; that the other one ends is not the end, for it may wake up. */
    driver_expect(d, "@1\nW 2024-01-01 00:00:05\nI\n@0\nW 2024-01-01 00:00:10\nM\n@1\n+I 2\nW 2024-01-01 00:00:30\nE\n",
        "W 2024-01-01 00:00:10.000\n+I 2\nW 2024-01-01 00:00:30.000\nW max\n");
    driver_expect(d, "I\n@1\nI\nM\n@0\nM\nE\n", "W max\n");
    driver_free(d);
}

static void normalize(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_NORMALIZE, "id INT, v STRING", "id INT, v STRING");
    d->node.u.normalize = (NormalizeConfig){ .key = COLS(d, 0), .nkey = 1 };
    driver_expect(d, "+I 1 | a\n+U 1 | b\n+U 1 | b\n-D 2 | x\n+I 2 | c\n-D 1 | whatever\n+I 1 | a\n", "+I 1 | a\n-U 1 | a\n+U 1 | b\n+I 2 | c\n-D 1 | b\n+I 1 | a\n");
    d->node.u.normalize.filter = call2(d, "<>", column(d, 1), expr_const(d->arena, type_string(false), datum_str(d->arena, STR("x")), (Span){ 0, 0 }));
    driver_expect(d, "+I 1 | x\n+U 1 | a\n+U 1 | b\n+U 1 | x\n-D 1 | x\n+U 2 | c\n-D 2 | x\n", "+I 1 | a\n-U 1 | a\n+U 1 | b\n-D 1 | b\n+I 2 | c\n-D 2 | c\n");
    d->node.u.normalize.filter = NULL;
    d->plan.state_ttl_us = 1000000;
    driver_expect(d, "+I 1 | a\n+U 1 | a\nT 2000\n+U 1 | b\n", "+I 1 | a\n-U 1 | a\n+U 1 | a\n+I 1 | b\n");
    driver_free(d);
}

static void materialize(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_MATERIALIZE, "id INT, v STRING", "id INT, v STRING");
    d->node.u.materialize = (MaterializeConfig){ COLS(d, 0), 1 };
    driver_expect(d, "+I 1 | a\n+I 1 | b\n-D 1 | a\n+I 1 | c\n-D 1 | c\n-D 1 | b\n-D 1 | b\n", "+I 1 | a\n+U 1 | b\n+U 1 | c\n+U 1 | b\n-D 1 | b\n");
    driver_free(d);
}

static void sort_bounded(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_SORT, "a INT, b STRING, x DOUBLE", "a INT, b STRING, x DOUBLE");
    static SortKey keys[] = { { 0, true, false }, { 1, false, true } };
    d->node.u.sort = (SortConfig){ .keys = keys, .nkeys = 2, .limit = -1 };
    driver_expect(d, "+I 1 | b | 1.0\n+I 2 | ab | 2.0\n+I <NULL> | z | 3.0\n+I 2 | <NULL> | 4.0\n+I -5 | q | 5.0\n+I 2 | a | 6.0\n+I 1 | b | 0.5\nE\n",
        "+I 2 | <NULL> | 4.0\n+I 2 | a | 6.0\n+I 2 | ab | 2.0\n+I 1 | b | 1.0\n+I 1 | b | 0.5\n+I -5 | q | 5.0\n+I <NULL> | z | 3.0\n");
    d->node.u.sort.limit = 2;
    d->node.u.sort.offset = 1;
    driver_expect(d, "+I 1 | b | 1.0\n+I 2 | ab | 2.0\n+I 7 | z | 3.0\n+I 5 | y | 3.0\nE\n", "+I 5 | y | 3.0\n+I 2 | ab | 2.0\n");
    static SortKey by_double[] = { { 2, false, true } };
    d->node.u.sort = (SortConfig){ .keys = by_double, .nkeys = 1, .limit = -1 };
    driver_expect(d, "+I 1 | a | NaN\n+I 2 | a | -1.5\n+I 3 | a | Infinity\n+I 4 | a | <NULL>\n+I 5 | a | 0.0\nE\n",
        "+I 4 | a | <NULL>\n+I 2 | a | -1.5\n+I 5 | a | 0.0\n+I 3 | a | Infinity\n+I 1 | a | NaN\n");
    driver_free(d);
}

static void sort_by_time(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_SORT, "ts TIMESTAMP(3), a INT", "ts TIMESTAMP(3), a INT");
    static SortKey keys[] = { { 0, false, true }, { 1, true, false } };
    d->node.u.sort = (SortConfig){ .keys = keys, .nkeys = 2, .by_time = true, .limit = -1 };
    driver_expect(d, "+I 2024-01-01 00:00:03 | 1\n+I 2024-01-01 00:00:01 | 2\n+I 2024-01-01 00:00:01 | 3\nW 2024-01-01 00:00:02\n+I 2024-01-01 00:00:01 | 6\n+I 2024-01-01 00:00:02 | 4\n+I 2024-01-01 00:00:03 | 5\nE\n",
        "+I 2024-01-01 00:00:01.000 | 3\n+I 2024-01-01 00:00:01.000 | 2\n+I 2024-01-01 00:00:02.000 | 4\n+I 2024-01-01 00:00:03.000 | 5\n+I 2024-01-01 00:00:03.000 | 1\n");
    driver_free(d);
}

static void limit(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_LIMIT, "a INT", "a INT");
    d->node.u.limit = (LimitConfig){ .limit = 2, .offset = 1 };
    driver_expect(d, "+I 1\n+I 2\n+I 3\n+I 4\n+I 5\n", "+I 2\n+I 3\n");
    d->input_nodes[0].changes = CHANGES_ALL;
    driver_expect(d, "+I 1\n+I 2\n+I 3\n+I 4\n-D 3\n-D 1\n-D 9\n+I 5\n", "+I 2\n+I 3\n-D 3\n+I 4\n-D 2\n+I 5\n");
    d->node.u.limit = (LimitConfig){ .limit = 0, .offset = 1 };
    driver_expect(d, "+I 1\n+I 2\n+I 3\n-D 1\n", "");
    driver_free(d);
}

static Driver *unnest_of(const char *type, const char *out, bool outer, bool ordinality)
{
    char in[100];
    snprintf(in, sizeof in, "a INT, c %s", type);
    Driver *d = driver_new(PLAN_UNNEST, in, out);
    d->node.u.unnest = (UnnestConfig){ .collection = column(d, 1), .outer = outer, .ordinality = ordinality };
    return d;
}

/* Collections have no text form to read: batches are built here. */
static void unnest(void **state)
{
    (void)state;
    Driver *d = unnest_of("ARRAY<INT>", "a INT, c ARRAY<INT>, e INT, o INT", true, true);
    driver_now = d;
    driver_open(d);
    BatchBuilder builder;
    builder_init(&builder, d->input_nodes[0].schema, 4);
    for (int i = 0; i < 4; i++) {
        Datum a = datum_i32(i), list = datum_null();
        if (i < 3) {
            Nested *nested = nested_new(builder.batch.arena, (uint32_t)i, (uint32_t)i);
            for (int k = 0; k < i; k++) nested->items[k] = k ? datum_null() : datum_i32(10 * i);
            list.null = false;
            list.v.nested = nested;
        }
        builder_set(&builder, 0, &a);
        builder_set(&builder, 1, &list);
        builder_row(&builder, i == 1 ? ROW_DELETE : ROW_INSERT);
    }
    assert_true(op_process(d->op, 0, builder_batch(&builder), &d->err));
    assert_string_equal(strbuf_cstr(&d->out), "+I 0 | [] | <NULL> | <NULL>\n-D 1 | [10] | 10 | 1\n+I 2 | [20, NULL] | 20 | 1\n+I 2 | [20, NULL] | <NULL> | 2\n+I 3 | <NULL> | <NULL> | <NULL>\n");
    op_free(d->op);
    /* ON e > 10: rows whose elements all fail are padded. */
    strbuf_clear(&d->out);
    Expr *element = expr_column(d->arena, 2, type_simple(TYPE_INT, true), (Span){ 0, 0 });
    d->node.u.unnest.condition = call2(d, ">", element, number(d, 10));
    op_free(d->capture);
    driver_open(d);
    assert_true(op_process(d->op, 0, builder_batch(&builder), &d->err));
    assert_string_equal(strbuf_cstr(&d->out), "+I 0 | [] | <NULL> | <NULL>\n-D 1 | [10] | <NULL> | <NULL>\n+I 2 | [20, NULL] | 20 | 1\n+I 3 | <NULL> | <NULL> | <NULL>\n");
    op_free(d->op);
    op_free(d->capture);
    builder_free(&builder);
    driver_free(d);
}

/* A multiset's element comes as often as it counts, with a condition too. */
static void unnest_multiset_filtered(void **state)
{
    (void)state;
    Driver *d = unnest_of("MULTISET<INT>", "a INT, c MULTISET<INT>, e INT", false, false);
    Expr *element = expr_column(d->arena, 2, type_simple(TYPE_INT, true), (Span){ 0, 0 });
    d->node.u.unnest.condition = call2(d, ">", element, number(d, 10));
    driver_now = d;
    driver_open(d);
    BatchBuilder builder;
    builder_init(&builder, d->input_nodes[0].schema, 1);
    Nested *nested = nested_new(builder.batch.arena, 2, 4);
    nested->items[0] = datum_i32(20);
    nested->items[1] = datum_i32(5000);
    nested->items[2] = datum_i32(5);
    nested->items[3] = datum_i32(2);
    Datum a = datum_i32(1), set = datum_null();
    set.null = false;
    set.v.nested = nested;
    builder_set(&builder, 0, &a);
    builder_set(&builder, 1, &set);
    builder_row(&builder, ROW_INSERT);
    assert_true(op_process(d->op, 0, builder_batch(&builder), &d->err));
    assert_int_equal(d->op->rows_out, 5000);
    op_free(d->op);
    op_free(d->capture);
    builder_free(&builder);
    driver_free(d);
}

static void expand(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_EXPAND, "a INT, b STRING", "a INT, b STRING, g INT NOT NULL");
    Expr ***rows = ARENA_ARRAY(d->arena, Expr **, 2);
    for (int r = 0; r < 2; r++) {
        rows[r] = ARENA_ARRAY(d->arena, Expr *, 3);
        rows[r][0] = r ? expr_coerce(d->arena, expr_null(d->arena, (Span){ 0, 0 }), type_simple(TYPE_INT, true)) : column(d, 0);
        rows[r][1] = column(d, 1);
        rows[r][2] = number(d, r);
    }
    d->node.u.expand = (ExpandConfig){ rows, 2 };
    driver_expect(d, "+I 1 | x\n-D 2 | y\n", "+I 1 | x | 0\n+I <NULL> | x | 1\n-D 2 | y | 0\n-D <NULL> | y | 1\n");
    driver_free(d);
}

static OverCall ranking(OverFunc func, const Type *type)
{
    OverCall call;
    memset(&call, 0, sizeof call);
    call.func = func;
    call.type = type;
    call.dflt = datum_null();
    call.dflt_col = -1;
    return call;
}

static void over_bounded(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_OVER, "k STRING, n INT",
        "k STRING, n INT, rn BIGINT NOT NULL, r BIGINT NOT NULL, dr BIGINT NOT NULL, running INT, frame INT, whole INT, prev INT");
    d->env.batch = true;
    const Type *big = type_simple(TYPE_BIGINT, false);
    OverCall *calls = ARENA_ARRAY(d->arena, OverCall, 7);
    calls[0] = ranking(OVER_ROW_NUMBER, big);
    calls[1] = ranking(OVER_RANK, big);
    calls[2] = ranking(OVER_DENSE_RANK, big);
    for (int i = 3; i < 6; i++) {
        calls[i] = ranking(OVER_AGG, type_simple(TYPE_INT, true));
        calls[i].agg = driver_agg(d, "SUM", 1, false, false);
    }
    calls[3].start_unbounded = true;                         /* RANGE UNBOUNDED PRECEDING: peers see each other */
    calls[4].rows = true;                                    /* ROWS 1 PRECEDING */
    calls[4].start = -1;
    calls[5].rows = calls[5].start_unbounded = calls[5].end_unbounded = true;
    calls[6] = ranking(OVER_LAG, type_simple(TYPE_INT, true));
    calls[6].offset = 1;
    calls[6].agg.args = COLS(d, 1);
    static SortKey order[] = { { 1, false, true } };
    d->node.u.over = (OverConfig){ .partition = COLS(d, 0), .npartition = 1, .order = order, .norder = 1, .calls = calls, .ncalls = 7 };
    driver_expect(d, "+I b | 1\n+I a | 2\n+I a | 1\n+I a | 2\n+I a | 4\nE\n",
        "+I a | 1 | 1 | 1 | 1 | 1 | 1 | 9 | <NULL>\n+I a | 2 | 2 | 2 | 2 | 5 | 3 | 9 | 1\n+I a | 2 | 3 | 2 | 2 | 5 | 4 | 9 | 2\n+I a | 4 | 4 | 4 | 3 | 9 | 6 | 9 | 2\n"
        "+I b | 1 | 1 | 1 | 1 | 1 | 1 | 1 | <NULL>\n");
    d->env.batch = false;
    Err err = { 0 };
    assert_null(op_new(&d->node, &d->env, &err));
    assert_int_equal(err.code, E_UNSUPPORTED);
    driver_free(d);
}

static bool collect(void *ctx, const Batch *batch, const Schema *schema, Err *err)
{
    (void)err;
    batch_print(batch, schema, ctx);
    return true;
}

static void sink_enforces_not_null(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_SINK, "a INT", "a INT NOT NULL");
    StrBuf rows = { 0 };
    d->env.collect = collect;
    d->env.collect_ctx = &rows;
    driver_expect_error(d, "+I 1\n+I <NULL>\n", E_NOT_NULL);
    strbuf_clear(&rows);
    d->node.u.sink.null_policy = NULLS_DROP;
    assert_true(driver_run(d, "+I 1\n+I <NULL>\n-D 2\n", 2000, false));
    assert_string_equal(strbuf_cstr(&rows), "+I 1\n-D 2\n");
    strbuf_free(&rows);
    driver_free(d);
}

static void damaged_state(void **state)
{
    (void)state;
    const char *script = "+I 1 | a\n+I 2 | a text of more than twelve bytes\n+I <NULL> | <NULL>\n";
    Driver *d = driver_new(PLAN_NORMALIZE, "id INT, v STRING", "id INT, v STRING");
    d->node.u.normalize = (NormalizeConfig){ .key = COLS(d, 0), .nkey = 1 };
    driver_damage(d, script);
    d->node.kind = PLAN_MATERIALIZE;
    d->node.u.materialize = (MaterializeConfig){ COLS(d, 0), 1 };
    driver_damage(d, script);
    static SortKey keys[] = { { 1, true, false } };
    d->node.kind = PLAN_SORT;
    d->node.u.sort = (SortConfig){ .keys = keys, .nkeys = 1, .limit = -1 };
    driver_damage(d, script);
    d->node.kind = PLAN_LIMIT;
    d->input_nodes[0].changes = CHANGES_ALL;
    d->node.u.limit = (LimitConfig){ .limit = 2 };
    driver_damage(d, script);
    driver_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calc), cmocka_unit_test(watermark_after_every_row), cmocka_unit_test(watermark_by_the_clock), cmocka_unit_test(union_takes_the_least_watermark),
        cmocka_unit_test(normalize), cmocka_unit_test(materialize), cmocka_unit_test(sort_bounded), cmocka_unit_test(sort_by_time), cmocka_unit_test(limit),
        cmocka_unit_test(unnest_multiset_filtered), cmocka_unit_test(unnest), cmocka_unit_test(expand), cmocka_unit_test(over_bounded), cmocka_unit_test(sink_enforces_not_null), cmocka_unit_test(damaged_state),
    };
    return cmocka_run_group_tests_name("op_rows", tests, NULL, NULL);
}
