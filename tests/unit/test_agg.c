/* Aggregates: result types, NULL rules, and four ways to the same state: all rows at once, row by row, two halves merged, through a snapshot;
 * and rows added and taken back leave no trace. */
#include "tests/unit/expr_text.h"
#include "engine/expr/agg.h"

static Arena *arena;
static ExprCtx ctx;
enum { COLS = 13 };
static Column cols[COLS];
static const Schema schema = { cols, COLS };
static BatchBuilder builder;
/* g is TRUE on the rows of group a, u where s stands once; ji and js hold i and s as JSON text. The last two rows exist only to be taken back. */
static const char rows[] = "+I 7 | 7 | 7.0 | 7.00 | pear | true | 2024-02-29 10:00:00.123 | 7.0 | 7 | 2024-02-29 | false | 7 | \"pear\"\n"
                           "+I <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | true | <NULL> | <NULL> | <NULL> | <NULL> | false | <NULL> | <NULL>\n"
                           "+I 2 | 2 | 2.0 | 2.00 | apple | true | 1969-12-31 23:59:59.999 | 2.0 | 2 | 1969-12-31 | true | 2 | \"apple\"\n"
                           "+I -5 | -5 | -5.0 | -5.00 | Zoo | false | 2024-03-01 00:00:00.000 | -5.0 | -5 | 2024-03-01 | true | -5 | \"Zoo\"\n"
                           "+I -2 | -2 | -2.0 | -2.00 | pear | <NULL> | <NULL> | -2.0 | -2 | <NULL> | false | -2 | \"pear\"\n"
                           "+I 7 | 7 | 7.0 | 7.00 | a long text of more than twelve bytes | true | 2024-02-29 10:00:00.123 | 7.0 | 7 | 2024-02-29 | false | 7 | \"a long text of more than twelve bytes\"\n"
                           "+I 99 | 99 | 99.0 | 99.00 | zzzz | true | 2030-01-01 00:00:00.000 | 99.0 | 99 | 2030-01-01 | true | 99 | \"zzzz\"\n"
                           "+I -99 | -99 | -99.0 | -99.00 | AAAA | true | 1930-01-01 00:00:00.000 | -99.0 | -99 | 1930-01-01 | true | -99 | \"AAAA\"\n";
enum { KEPT = 6, ALL = 8 };

static uint32_t arg_cols[3];
static AggSet *make(const char *name, const char *args, bool distinct, bool retract, int32_t filter, bool grouped, AggCall *call, Err *err)
{
    Expr *exprs[3];
    uint32_t n = 0;
    ExprText t = { args, args, &ctx, &schema, err };
    for (text_blanks(&t); *t.at; text_blanks(&t)) exprs[n++] = text_expr(&t);
    if (!agg_resolve(&ctx, str_of(name), exprs, n, distinct, n == 0, grouped, call, (Span){ 0, 0 }, err)) return NULL;
    for (uint32_t i = 0; i < n; i++) {
        const Expr *e = exprs[i];
        while (e->kind == EXPR_CAST) e = e->args[0];          /* the tests' columns have the type wanted already */
        bool json = e->kind == EXPR_CALL;                     /* JSON_STRING(i), JSON_STRING(s) */
        arg_cols[i] = !json ? e->column : e->args[0]->column == 0 ? COLS - 2 : COLS - 1;
    }
    call->args = arg_cols;
    call->filter = filter;
    call->retract = retract;
    return aggset_new(arena, call, 1);
}

static void feed(const AggSet *set, void *state, Batch batch, const uint8_t *ops, uint32_t from, uint32_t n)
{
    void *states[ALL];
    uint32_t at[ALL];
    Err err = { 0 };
    Arena *scratch = arena_new();
    for (uint32_t i = 0; i < n; i++) { states[i] = state; at[i] = from + i; }
    batch.ops = ops;
    if (!aggset_update(set, states, &batch, at, n, scratch, &err)) fail_msg("%s", err.message);
    arena_free(scratch);
}

static void expect_state(const AggSet *set, const AggCall *call, const void *state, const char *value, const char *how)
{
    Datum result;
    Err err = { 0 };
    StrBuf out = { 0 };
    if (!aggset_result(set, state, arena, &result, &err)) strbuf_addf(&out, "!%s", err_sqlstate(&err));
    else datum_print(call->type, &result, zone_utc(), &out);
    if (strcmp(strbuf_cstr(&out), value) != 0) fail_msg("%.*s (%s): %s, expected %s", STR_ARG(call->name), how, strbuf_cstr(&out), value);
    strbuf_free(&out);
}

static void *new_state(const AggSet *set)
{
    void *state = xcalloc(1, aggset_size(set) + 16);
    aggset_init(set, state);
    return state;
}

static void drop_state(const AggSet *set, void *state) { aggset_destroy(set, state); free(state); }

static void through_snapshot(const AggSet *set, const AggCall *call, const void *state, const char *value, const char *how)
{
    StrBuf bytes = { 0 };
    void *copy = new_state(set);
    aggset_encode(set, state, &bytes);
    Reader reader = { bytes.ptr, bytes.ptr + bytes.len, false };
    assert_true(aggset_decode(set, &reader, copy));
    assert_ptr_equal(reader.ptr, reader.end);
    expect_state(set, call, copy, value, how);
    drop_state(set, copy);
    strbuf_free(&bytes);
}

static void all_ways(const AggSet *set, const AggCall *call, const char *value)
{
    static const uint8_t ops[ALL] = { ROW_INSERT, ROW_UPDATE_AFTER, ROW_INSERT, ROW_INSERT, ROW_INSERT, ROW_INSERT, ROW_INSERT, ROW_INSERT };
    static const uint8_t back[ALL] = { 0, 0, 0, 0, 0, 0, ROW_DELETE, ROW_UPDATE_BEFORE };
    Batch batch = *builder_batch(&builder);
    void *state = new_state(set);
    feed(set, state, batch, NULL, 0, KEPT);
    expect_state(set, call, state, value, "at once");
    through_snapshot(set, call, state, value, "snapshot");
    drop_state(set, state);
    void *left = new_state(set), *right = new_state(set);
    for (uint32_t i = 0; i < KEPT; i++) feed(set, i < 3 ? left : right, batch, ops, i, 1);
    aggset_merge(set, left, right);
    drop_state(set, right);
    expect_state(set, call, left, value, "merged");
    drop_state(set, left);
    if (!call->retract) return;
    state = new_state(set);
    feed(set, state, batch, ops, 0, ALL);
    feed(set, state, batch, back, KEPT, 2);
    expect_state(set, call, state, value, "taken back");
    through_snapshot(set, call, state, value, "taken back, snapshot");
    drop_state(set, state);
}

static void check_as(const char *name, const char *args, bool distinct, int32_t filter, bool grouped, const char *type, const char *value)
{
    for (int retract = 0; retract < 2; retract++) {
        AggCall call;
        Err err = { 0 };
        AggSet *set = make(name, args, distinct, retract, filter, grouped, &call, &err);
        if (!set) { if (strcmp(type, "!") != 0) fail_msg("%s(%s): %s", name, args, err.message); return; }
        StrBuf out = { 0 };
        type_print(call.type, false, &out);
        if (strcmp(strbuf_cstr(&out), type) != 0) fail_msg("%s(%s): type %s, expected %s", name, args, strbuf_cstr(&out), type);
        strbuf_free(&out);
        all_ways(set, &call, value);
    }
}

static void check(const char *name, const char *args, const char *type, const char *value) { check_as(name, args, false, -1, false, type, value); }

static void counts_and_sums(void **state)
{
    (void)state;
    check("COUNT", "", "BIGINT NOT NULL", "6");
    check("COUNT", "$i", "BIGINT NOT NULL", "5");
    check("COUNT", "$i $g", "!", "");
    check_as("COUNT", "$i", true, -1, false, "BIGINT NOT NULL", "4");
    check_as("COUNT", "", false, 5, false, "BIGINT NOT NULL", "4");
    check("APPROX_COUNT_DISTINCT", "$s", "BIGINT NOT NULL", "4");
    check("SUM", "$i", "INT", "9");
    check("SUM", "$t", "TINYINT", "9");
    check("SUM", "$b", "BIGINT", "9");
    check("SUM", "$d", "DOUBLE", "9.0");
    check("SUM", "$f", "FLOAT", "9.0");
    check("SUM", "$p", "DECIMAL(38, 2)", "9.00");
    check_as("SUM", "$i", true, -1, false, "INT", "2");
    check_as("SUM", "$i", false, 5, false, "INT", "16");
    check("SUM", "$s", "!", "");
    check("AVG", "$i", "INT", "1");
    check("AVG", "$d", "DOUBLE", "1.8");
    check("AVG", "$f", "FLOAT", "1.8");
    check("AVG", "$p", "DECIMAL(38, 6)", "1.800000");
    check("AVG", "$s", "!", "");
    check("NO_SUCH", "$i", "!", "");
    check("SUM", "null", "!", "");
}

static void extremes(void **state)
{
    (void)state;
    check("MIN", "$i", "INT", "-5");
    check("MAX", "$i", "INT", "7");
    check("MAX", "$d", "DOUBLE", "7.0");
    check("MIN", "$p", "DECIMAL(10, 2)", "-5.00");
    check("MIN", "$s", "STRING", "Zoo");
    check("MAX", "$s", "STRING", "pear");
    check("MIN", "$ts", "TIMESTAMP(3)", "1969-12-31 23:59:59.999");
    check("MAX", "$da", "DATE", "2024-03-01");
    check("MAX", "$g", "BOOLEAN", "TRUE");
    check_as("MAX", "$i", true, -1, false, "INT", "7");
    check_as("MAX", "$i", false, 5, true, "INT", "7");
    check("MAX", "(ROW $i)", "!", "");
    check("MIN", "(cast {INTERVAL_SECOND} $i)", "!", "");
}

static void variances(void **state)
{
    (void)state;
    check("VAR_POP", "$i", "INT", "22");
    check("VAR_SAMP", "$i", "INT", "28");
    check("VARIANCE", "$i", "INT", "28");
    check("STDDEV_POP", "$i", "INT", "4");
    check("VAR_POP", "$p", "DECIMAL(38, 6)", "22.960000");
    check("STDDEV_POP", "$f", "FLOAT", "4.7916594");
}

static void collections(void **state)
{
    (void)state;
    check("LISTAGG", "$s", "STRING", "pear,apple,Zoo,pear,a long text of more than twelve bytes");
    check("LISTAGG", "$s '; '", "STRING", "pear; apple; Zoo; pear; a long text of more than twelve bytes");
    check_as("LISTAGG", "$s", true, -1, false, "STRING", "pear,apple,Zoo,a long text of more than twelve bytes");
    check("LISTAGG", "$s $s", "!", "");
    check("ARRAY_AGG", "$i", "ARRAY<INT>", "[7, NULL, 2, -5, -2, 7]");
    check_as("ARRAY_AGG", "$i", true, -1, false, "ARRAY<INT>", "[7, NULL, 2, -5, -2]");
    check("COLLECT", "$i", "MULTISET<INT> NOT NULL", "{7=2, 2=1, -5=1, -2=1}");
    check("PERCENTILE", "$d 0.5", "DOUBLE", "2.0");
    check("PERCENTILE", "$d (ARRAY 0.0 0.25 1.0)", "ARRAY<DOUBLE>", "[-5.0, -2.0, 7.0]");
    check("PERCENTILE", "$d $d", "!", "");
    check("FIRST_VALUE", "$i", "INT", "7");
    check("LAST_VALUE", "$s", "STRING", "a long text of more than twelve bytes");
    check("SINGLE_VALUE", "$i", "INT", "!21000");
    check("JSON_ARRAYAGG", "$i", "VARCHAR(2000) NOT NULL", "[7,2,-5,-2,7]");
    check_as("JSON_ARRAYAGG", "$s", false, 5, false, "VARCHAR(2000) NOT NULL", "[\"pear\",\"apple\",\"a long text of more than twelve bytes\"]");
    check_as("JSON_OBJECTAGG", "$s $i", false, 10, false, "VARCHAR(2000) NOT NULL", "{\"Zoo\":-5,\"apple\":2}");
    check("JSON_OBJECTAGG", "$i $i", "!", "");
    check("JSON_ARRAYAGG", "$da", "!", "");
}

static void nothing(void **state)
{
    (void)state;
    static const struct { const char *name, *args, *value; } empty[] = {
        { "COUNT", "", "0" }, { "SUM", "$i", "NULL" }, { "AVG", "$d", "NULL" }, { "AVG", "$p", "NULL" }, { "MIN", "$i", "NULL" }, { "MAX", "$s", "NULL" },
        { "VAR_POP", "$d", "NULL" }, { "LISTAGG", "$s", "NULL" }, { "ARRAY_AGG", "$i", "NULL" }, { "COLLECT", "$i", "{}" }, { "FIRST_VALUE", "$s", "NULL" },
        { "PERCENTILE", "$d 0.5", "NULL" }, { "SINGLE_VALUE", "$i", "NULL" } };
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        for (int retract = 0; retract < 2; retract++) {
            AggCall call;
            Err err = { 0 };
            AggSet *set = make(empty[i].name, empty[i].args, false, retract, -1, false, &call, &err);
            assert_non_null(set);
            void *group = new_state(set);
            expect_state(set, &call, group, empty[i].value, "empty");
            through_snapshot(set, &call, group, empty[i].value, "empty, snapshot");
            drop_state(set, group);
        }
}

static void types_follow_nullability(void **state)
{
    (void)state;
    cols[0].type = type_simple(TYPE_INT, false);
    AggCall call;
    Err err = { 0 };
    static const struct { const char *name; bool grouped, nullable; } cases[] = { { "SUM", true, false }, { "SUM", false, true }, { "MAX", true, false },
        { "AVG", true, false }, { "STDDEV_SAMP", true, true }, { "FIRST_VALUE", true, false }, { "FIRST_VALUE", false, true }, { "ARRAY_AGG", false, false } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_non_null(make(cases[i].name, "$i", false, false, -1, cases[i].grouped, &call, &err));
        if (call.type->nullable != cases[i].nullable) fail_msg("%s: wrong nullability", cases[i].name);
    }
    cols[0].type = type_simple(TYPE_INT, true);
}

/* Many groups at once into vectors give what one group at a time gives. */
static void results_into_vectors(void **state)
{
    (void)state;
    static const char *const names[] = { "SUM", "MAX", "AVG", "COUNT", "LISTAGG" }, *const args[] = { "$i", "$p", "$d", "$i", "$s" };
    for (size_t a = 0; a < sizeof names / sizeof names[0]; a++) {
        AggCall call;
        Err err = { 0 };
        AggSet *set = make(names[a], args[a], false, false, -1, false, &call, &err);
        void *groups[KEPT];
        Vec out;
        for (uint32_t i = 0; i < KEPT; i++) { groups[i] = new_state(set); feed(set, groups[i], *builder_batch(&builder), NULL, i, 1); }
        vec_init(&out, arena, call.type, KEPT + 1);
        out.len = KEPT + 1;
        assert_true(aggset_results(set, groups, KEPT, arena, &out, 1, KEPT + 1, &err));
        for (uint32_t i = 0; i < KEPT; i++) {
            Datum one, got = vec_get(&out, i + 1);
            assert_true(aggset_result(set, groups[i], arena, &one, &err));
            assert_true(datum_eq(call.type, &one, &got));
            drop_state(set, groups[i]);
        }
    }
}

/* MIN under retraction against a plain recount: values come and go at random. */
static void extremes_under_churn(void **state)
{
    (void)state;
    AggCall call;
    Err err = { 0 };
    AggSet *set = make("MIN", "$i", false, true, -1, false, &call, &err);
    void *group = new_state(set);
    int counts[20] = { 0 };
    uint32_t seed = 12345;
    for (int step = 0; step < 3000; step++) {
        seed = seed * 1664525 + 1013904223;
        int32_t value = (int32_t)(seed >> 16) % 20;
        uint8_t op = counts[value] && (seed & 256) ? ROW_DELETE : ROW_INSERT;
        counts[value] += op == ROW_INSERT ? 1 : -1;
        Vec vecs[10];
        vec_init(&vecs[0], arena, type_simple(TYPE_INT, true), 1);
        ((int32_t *)vecs[0].data)[0] = value;
        vecs[0].len = 1;
        Batch batch = { .len = 1, .ncols = 1, .cols = vecs, .ops = &op };
        feed(set, group, batch, &op, 0, 1);
        int least = 0;
        while (least < 20 && !counts[least]) least++;
        char expected[16];
        snprintf(expected, sizeof expected, "%d", least);
        expect_state(set, &call, group, least < 20 ? expected : "NULL", "churn");
    }
    drop_state(set, group);
}

static void decimal_overflow_is_null(void **state)
{
    (void)state;
    cols[3].type = type_decimal(arena, 38, 0, true);
    AggCall call;
    Err err = { 0 };
    AggSet *set = make("SUM", "$p", false, true, -1, false, &call, &err);
    Vec vecs[10];
    vec_init(&vecs[3], arena, cols[3].type, 1);
    ((i128 *)vecs[3].data)[0] = decimal_pow10[38] - 1;
    vecs[3].len = 1;
    Batch batch = { .len = 1, .ncols = 10, .cols = vecs };
    void *group = new_state(set);
    const uint8_t add = ROW_INSERT, back = ROW_DELETE;
    for (int i = 0; i < 3; i++) feed(set, group, batch, &add, 0, 1);
    expect_state(set, &call, group, "NULL", "overflow");
    for (int i = 0; i < 2; i++) feed(set, group, batch, &back, 0, 1);
    expect_state(set, &call, group, "99999999999999999999999999999999999999", "back in range");
    drop_state(set, group);
    cols[3].type = type_decimal(arena, 10, 2, true);
}

static int setup(void **state)
{
    (void)state;
    static const char *const names[] = { "i", "b", "d", "p", "s", "g", "ts", "f", "t", "da", "u", "ji", "js" };
    static const char *const types[] = { "INT", "BIGINT", "DOUBLE", "DECIMAL(10,2)", "STRING", "BOOLEAN", "TIMESTAMP(3)", "FLOAT", "TINYINT", "DATE", "BOOLEAN", "STRING", "STRING" };
    arena = arena_new();
    ctx = (ExprCtx){ .arena = arena, .zone = zone_utc() };
    for (int c = 0; c < COLS; c++) cols[c] = (Column){ str_of(names[c]), type_from_text(arena, types[c], true) };
    Err err = { 0 };
    builder_init(&builder, &schema, 64);
    if (!batch_parse(str_of(rows), &builder, &err)) fail_msg("%s", err.message);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    builder_free(&builder);
    arena_free(arena);
    return 0;
}

/* Distinct values are told apart by the first argument; a count beside them has no value of its own when slices are merged. */
static void distinct_with_counts_is_refused(void **state)
{
    (void)state;
    AggCall call;
    Err err = { 0 };
    Expr *args[3];
    for (int i = 0; i < 3; i++) args[i] = expr_const(arena, type_simple(TYPE_INT, false), datum_i32(i == 1), (Span){ 0, 0 });
    assert_false(agg_resolve(&ctx, STR("PERCENTILE"), args, 3, true, false, true, &call, (Span){ 0, 0 }, &err));
    assert_int_equal(err.code, E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distinct_with_counts_is_refused), cmocka_unit_test(counts_and_sums), cmocka_unit_test(extremes), cmocka_unit_test(variances), cmocka_unit_test(collections),
        cmocka_unit_test(nothing), cmocka_unit_test(types_follow_nullability), cmocka_unit_test(results_into_vectors), cmocka_unit_test(extremes_under_churn), cmocka_unit_test(decimal_overflow_is_null),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
