/* Jobs: arrival order across tables, watermarks, the same answer when everything goes through a snapshot after every step, errors,
 * cancel, stop, metrics, several jobs at once. Plans are made by hand. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/expr/rules.h"
#include "engine/run/job.h"

typedef struct Builder { Plan *plan; Arena *arena; } Builder;

static Builder new_plan(void)
{
    Arena *arena = arena_new();
    Plan *plan = ARENA_NEW(arena, Plan);
    *plan = (Plan){ .arena = arena, .zone = zone_utc(), .name = STR("job"), .nodes = ARENA_ARRAY(arena, PlanNode *, 16) };
    return (Builder){ plan, arena };
}

static PlanNode *add(Builder *b, PlanKind kind, PlanNode *in, PlanNode *in2, const Schema *schema)
{
    PlanNode *node = ARENA_NEW(b->arena, PlanNode);
    node->kind = kind;
    node->id = b->plan->nnodes;
    node->schema = schema;
    node->rowtime = -1;
    node->changes = CHANGES_ALL;
    node->inputs = ARENA_ARRAY(b->arena, PlanNode *, 2);
    if (in) node->inputs[node->ninputs++] = in;
    if (in2) node->inputs[node->ninputs++] = in2;
    b->plan->nodes[b->plan->nnodes++] = node;
    return node;
}

static const Schema *schema_of(Builder *b, const char *const *names, const Type *const *types, uint32_t n)
{
    Schema *schema = ARENA_NEW(b->arena, Schema);
    Column *cols = ARENA_ARRAY(b->arena, Column, n);
    for (uint32_t i = 0; i < n; i++) cols[i] = (Column){ str_of(names[i]), types[i] };
    *schema = (Schema){ cols, n };
    return schema;
}

static PlanNode *scan(Builder *b, const char *connector, const char *table, const Schema *schema, const char *const *options)
{
    Options *with = ARENA_NEW(b->arena, Options);
    for (; *options; options += 2) options_set(b->arena, with, str_of(options[0]), str_of(options[1]));
    ConnTable *conn = ARENA_NEW(b->arena, ConnTable);
    *conn = (ConnTable){ .identifier = str_of(table), .name = str_of(table), .physical = *schema, .options = with, .zone = zone_utc() };
    PlanNode *node = add(b, PLAN_SCAN, NULL, NULL, schema);
    uint32_t *physical = ARENA_ARRAY(b->arena, uint32_t, schema->n);
    for (uint32_t i = 0; i < schema->n; i++) physical[i] = i;
    node->u.scan = (ScanConfig){ .connector = connector_find(str_of(connector)), .conn = conn, .physical = physical, .nphysical = schema->n, .limit = -1 };
    return node;
}

static PlanNode *sink(Builder *b, PlanNode *in)
{
    PlanNode *node = add(b, PLAN_SINK, in, NULL, in->schema);
    node->u.sink.rowtime = -1;
    return node;
}

static bool collect(void *ctx, const Batch *batch, const Schema *schema, Err *err)
{
    (void)err;
    batch_print(batch, schema, ctx);
    return true;
}

static const char *const no_options[] = { NULL };

/* Two tables, a union, SUM and COUNT by key. */
static Plan *grouped(void)
{
    Builder b = new_plan();
    const Type *types[] = { type_string(true), type_simple(TYPE_INT, true), type_simple(TYPE_BIGINT, false) };
    const Schema *in = schema_of(&b, (const char *const[]){ "k", "n" }, types, 2), *out = schema_of(&b, (const char *const[]){ "k", "s", "c" }, types, 3);
    PlanNode *both = add(&b, PLAN_UNION, scan(&b, "fixture", "a", in, no_options), scan(&b, "fixture", "b", in, no_options), in);
    PlanNode *agg = add(&b, PLAN_GROUP_AGG, both, NULL, out);
    ExprCtx ctx = { .arena = b.arena, .zone = zone_utc() };
    Expr *n = expr_column(b.arena, 1, types[1], (Span){ 0, 0 });
    Expr **args = ARENA_ARRAY(b.arena, Expr *, 1);
    args[0] = n;
    Err err = { 0 };
    AggCall *calls = ARENA_ARRAY(b.arena, AggCall, 2);
    if (!agg_resolve(&ctx, STR("SUM"), args, 1, false, false, true, &calls[0], n->span, &err) || !agg_resolve(&ctx, STR("COUNT"), NULL, 0, false, true, true, &calls[1], n->span, &err))
        fail_msg("%s", err.message);
    uint32_t *columns = ARENA_ARRAY(b.arena, uint32_t, 2);
    columns[0] = 1;
    const Type **arg_types = ARENA_ARRAY(b.arena, const Type *, 1);
    arg_types[0] = types[1];
    calls[0].args = columns;
    calls[0].nargs = 1;
    calls[0].arg_types = arg_types;
    calls[0].filter = calls[1].filter = -1;
    calls[0].retract = calls[1].retract = true;
    agg->u.group_agg = (GroupAggConfig){ .keys = &columns[1], .nkeys = 1, .calls = calls, .ncalls = 2, .emit_before = true };
    sink(&b, agg);
    return b.plan;
}

static const char input[] =
    "+I a {\"k\":\"x\",\"n\":1}\n+I b {\"k\":\"x\",\"n\":2}\n+I a {\"k\":\"y\",\"n\":10}\n+I a {\"k\":null,\"n\":5}\n-D a {\"k\":\"x\",\"n\":1}\n+I other {}\n-D b {\"k\":\"x\",\"n\":2}\n+I b {\"k\":\"x\",\"n\":7}\n";
static const char expected[] =
    "+I x | 1 | 1\n-U x | 1 | 1\n+U x | 3 | 2\n+I y | 10 | 1\n+I <NULL> | 5 | 1\n-U x | 3 | 2\n+U x | 2 | 1\n-D x | 2 | 1\n+I x | 7 | 1\n";

static void arrival_order_and_restores(void **state)
{
    (void)state;
    for (int restore = 0; restore < 2; restore++) {
        StrBuf rows = { 0 };
        Err err = { 0 };
        JobConfig config = { .collect = collect, .collect_ctx = &rows, .inline_input = str_of(input), .restore_every_step = restore, .max_batch_rows = 1 };
        Job *job = job_start(grouped(), &config, &err);
        if (!job) fail_msg("%s", err.message);
        assert_true(job_wait(job, -1));
        if (job_error(job)) fail_msg("%s", job_error(job)->message);
        assert_int_equal(job_state(job), JOB_FINISHED);
        assert_string_equal(strbuf_cstr(&rows), expected);
        JobMetrics metrics;
        job_metrics(job, &metrics);
        assert_int_equal(metrics.rows_in, 7);
        assert_int_equal(metrics.rows_out, 9);
        assert_int_equal(strlen(job_id(job)), 32);
        job_free(job);
        strbuf_free(&rows);
    }
}

static void bad_records_fail_the_job(void **state)
{
    (void)state;
    Err err = { 0 };
    JobConfig config = { .inline_input = STR("+I a {\"k\":\"x\",\"n\":1}\n+I a {\"k\":\"x\",\"n\":\"one\"}\n") };
    Job *job = job_start(grouped(), &config, &err);
    assert_true(job_wait(job, -1));
    assert_int_equal(job_state(job), JOB_FAILED);
    assert_int_equal(job_error(job)->code, E_BAD_RECORD);
    job_free(job);
    config.inline_input = STR("what\n");
    assert_null(job_start(grouped(), &config, &err));
    assert_true(err.set);
}

static Plan *endless(void)
{
    Builder b = new_plan();
    const Type *types[] = { type_simple(TYPE_INT, true) };
    sink(&b, scan(&b, "datagen", "g", schema_of(&b, (const char *const[]){ "n" }, types, 1), (const char *const[]){ "connector", "datagen", "rows-per-second", "1000", NULL }));
    return b.plan;
}

static bool count_rows(void *ctx, const Batch *batch, const Schema *schema, Err *err)
{
    (void)schema;
    (void)err;
    *(uint64_t *)ctx += batch_live(batch);
    return true;
}

static bool first_batch_only(void *ctx, const Batch *batch, const Schema *schema, Err *err)
{
    (void)ctx;
    (void)batch;
    (void)schema;
    (void)err;
    return false;
}

static void cancel_stop_and_several(void **state)
{
    (void)state;
    Err err = { 0 };
    uint64_t rows[2] = { 0, 0 };
    JobConfig configs[2] = { { .collect = count_rows, .collect_ctx = &rows[0] }, { .collect = count_rows, .collect_ctx = &rows[1] } };
    Job *first = job_start(endless(), &configs[0], &err), *second = job_start(endless(), &configs[1], &err);
    assert_non_null(first);
    assert_non_null(second);
    assert_false(job_wait(first, 150));
    assert_int_equal(job_state(second), JOB_RUNNING);
    job_cancel(first);
    assert_true(job_wait(first, -1));
    assert_int_equal(job_state(first), JOB_CANCELLED);
    job_stop(second);
    assert_true(job_wait(second, -1));
    assert_int_equal(job_state(second), JOB_FINISHED);
    assert_true(rows[0] > 0 && rows[1] > 0);
    job_free(first);
    job_free(second);
    /* A collector that wants no more ends the job; freeing a running job cancels it. */
    JobConfig stop_at_once = { .collect = first_batch_only };
    first = job_start(endless(), &stop_at_once, &err);
    assert_true(job_wait(first, -1));
    assert_int_equal(job_state(first), JOB_CANCELLED);
    job_free(first);
    job_free(job_start(endless(), &configs[0], &err));
}

/* A plan whose sources disagree: the fixture's rows of both tables and VALUES beside them. */
static void values_are_a_source(void **state)
{
    (void)state;
    Builder b = new_plan();
    const Type *types[] = { type_simple(TYPE_INT, true) };
    const Schema *schema = schema_of(&b, (const char *const[]){ "n" }, types, 1);
    PlanNode *values = add(&b, PLAN_VALUES, NULL, NULL, schema);
    Datum *cells = ARENA_ARRAY(b.arena, Datum, 3);
    for (int i = 0; i < 3; i++) cells[i] = datum_i32(i);
    values->u.values = (ValuesConfig){ cells, 3 };
    sink(&b, values);
    StrBuf rows = { 0 };
    Err err = { 0 };
    JobConfig config = { .collect = collect, .collect_ctx = &rows, .restore_every_step = true, .max_batch_rows = 2 };
    Job *job = job_start(b.plan, &config, &err);
    assert_true(job_wait(job, -1));
    assert_int_equal(job_state(job), JOB_FINISHED);
    assert_string_equal(strbuf_cstr(&rows), "+I 0\n+I 1\n+I 2\n");
    job_free(job);
    strbuf_free(&rows);
}

/* Batch mode: rows that an operator holds back until the end still reach a window above it. */
static void batch_windows_over_held_rows(void **state)
{
    (void)state;
    Builder b = new_plan();
    const Type *types[] = { type_simple(TYPE_INT, true), type_time(b.arena, TYPE_TIMESTAMP, 3, true) };
    const Schema *in = schema_of(&b, (const char *const[]){ "n", "ts" }, types, 2);
    const Type *out_types[] = { type_simple(TYPE_BIGINT, false), type_time(b.arena, TYPE_TIMESTAMP, 3, false) };
    PlanNode *rows = add(&b, PLAN_SORT, scan(&b, "fixture", "a", in, no_options), NULL, in);
    SortKey *key = ARENA_NEW(b.arena, SortKey);
    rows->u.sort = (SortConfig){ .keys = key, .nkeys = 1, .limit = -1 };
    PlanNode *window = add(&b, PLAN_WINDOW_AGG, rows, NULL, schema_of(&b, (const char *const[]){ "c", "we" }, out_types, 2));
    AggCall *calls = ARENA_ARRAY(b.arena, AggCall, 1);
    ExprCtx ctx = { .arena = b.arena, .zone = zone_utc(), .batch = true };
    Err err = { 0 };
    assert_true(agg_resolve(&ctx, STR("COUNT"), NULL, 0, false, true, true, &calls[0], (Span){ 0, 0 }, &err));
    calls[0].filter = -1;
    static WindowProp props[] = { WPROP_END };
    window->u.window_agg = (WindowAggConfig){ .window = { .kind = WINDOW_TUMBLE, .time_col = 1, .size_us = 10000000 }, .calls = calls, .ncalls = 1, .props = props, .nprops = 1 };
    sink(&b, window);
    b.plan->batch = true;
    StrBuf out = { 0 };
    JobConfig config = { .collect = collect, .collect_ctx = &out, .inline_input = STR("+I a {\"n\":2,\"ts\":\"2024-01-01 00:00:15\"}\n+I a {\"n\":1,\"ts\":\"2024-01-01 00:00:01\"}\n+I a {\"n\":3,\"ts\":\"2024-01-01 00:00:02\"}\n") };
    Job *job = job_start(b.plan, &config, &err);
    assert_true(job_wait(job, -1));
    assert_int_equal(job_state(job), JOB_FINISHED);
    assert_string_equal(strbuf_cstr(&out), "+I 2 | 2024-01-01 00:00:10.000\n+I 1 | 2024-01-01 00:00:20.000\n");
    job_free(job);
    strbuf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrival_order_and_restores), cmocka_unit_test(bad_records_fail_the_job), cmocka_unit_test(cancel_stop_and_several),
        cmocka_unit_test(values_are_a_source), cmocka_unit_test(batch_windows_over_held_rows),
    };
    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
