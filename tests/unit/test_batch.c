/* Batches: the builder, selections, text there and back. */
#include "tests/unit/values.h"

static Arena *arena;
static Column cols[4];
static Schema schema;

static void builds_batches(void **state)
{
    (void)state;
    BatchBuilder builder;
    builder_init(&builder, &schema, 5);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) {
            Datum id = datum_i64(i), name = i == 3 ? datum_null() : datum_str(builder.batch.arena, STR("a text longer than a cell"));
            builder_set(&builder, 0, &id);
            builder_set(&builder, 1, &name);
            ((double *)builder.batch.cols[2].data)[builder.batch.len] = i / 2.0;
            if (round == 1) builder.split[builder.batch.len] = (uint16_t)i, builder.has_split = true;
            assert_false(builder_full(&builder));
            builder_row(&builder, round == 2 && i == 4 ? ROW_DELETE : ROW_INSERT);
        }
        assert_true(builder_full(&builder));
        const Batch *batch = builder_batch(&builder);
        assert_int_equal(batch->len, 5);
        assert_int_equal(batch->cols[0].len, 5);
        assert_int_equal(batch->ops != NULL, round == 2);
        assert_int_equal(batch->split != NULL, round == 1);
        assert_int_equal(batch_op(batch, 4), round == 2 ? ROW_DELETE : ROW_INSERT);
        assert_true(vec_is_null(&batch->cols[1], 3) && !vec_is_null(&batch->cols[1], 2));
        assert_true(vec_get(&batch->cols[2], 3).v.f64 == 1.5);
        builder_reset(&builder);
        assert_int_equal(builder.batch.len, 0);
        assert_null(builder.batch.cols[1].valid);
        assert_true(((double *)builder.batch.cols[2].data)[3] == 0);
    }
    builder_free(&builder);
}

static void row_ops(void **state)
{
    (void)state;
    assert_string_equal(row_op_text[ROW_UPDATE_BEFORE], "-U");
    assert_true(row_op_adds(ROW_INSERT) && row_op_adds(ROW_UPDATE_AFTER) && !row_op_adds(ROW_DELETE) && !row_op_adds(ROW_UPDATE_BEFORE));
}

static void text_round_trip(void **state)
{
    (void)state;
    static const char text[] = "+I 1 | a b | 1.5 | 2024-01-02 03:04:05.678\n-U 2 |  | <NULL> | 1969-12-31 23:59:59.999\n+U <NULL> | x\\ny | -0.0 | <NULL>\n-D 4 | <NULL> | NaN | 2024-02-29 00:00:00.000\n";
    BatchBuilder builder;
    Err err = { 0 };
    StrBuf out = { 0 };
    builder_init(&builder, &schema, 10);
    assert_true(batch_parse(str_of(text), &builder, &err));
    const Batch *batch = builder_batch(&builder);
    assert_int_equal(batch->len, 4);
    Datum name = vec_get(&batch->cols[1], 2);
    assert_text(datum_text(&name), "x\ny");
    batch_print(batch, &schema, &out);
    assert_string_equal(strbuf_cstr(&out), text);
    const uint32_t sel[] = { 3, 1 };
    Batch some = *batch;
    some.sel = sel;
    some.sel_len = 2;
    strbuf_clear(&out);
    batch_print(&some, &schema, &out);
    assert_string_equal(strbuf_cstr(&out), "-D 4 | <NULL> | NaN | 2024-02-29 00:00:00.000\n-U 2 |  | <NULL> | 1969-12-31 23:59:59.999\n");
    strbuf_free(&out);
    builder_free(&builder);
}

static void bad_text(void **state)
{
    (void)state;
    static const struct { const char *text, *message, *detail; } rows[] = {
        { "1 | a | 1 | <NULL>", "line 1 does not begin with +I, -U, +U or -D", "" },
        { "\n+I 1 | a", "row has 2 cells, not 4", "Line 2." },
        { "+I 1 | a | 1 | <NULL>\n+I 2 | b | 2 | <NULL>\n", "line 2 does not fit: the batch takes 1 rows", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BatchBuilder builder;
        Err err = { 0 };
        builder_init(&builder, &schema, 1);
        assert_false(batch_parse(str_of(rows[i].text), &builder, &err));
        assert_string_equal(err.message, rows[i].message);
        assert_string_equal(err.detail, rows[i].detail);
        builder_free(&builder);
    }
    BatchBuilder builder;
    Err err = { 0 };
    builder_init(&builder, &schema, 1);
    assert_false(batch_parse(STR("+I x | a | 1 | <NULL>"), &builder, &err));
    assert_true(strstr(err.detail, "Column \"id\".\nLine 1.") != NULL);
    builder_free(&builder);
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    cols[0] = (Column){ STR("id"), type_simple(TYPE_BIGINT, true) };
    cols[1] = (Column){ STR("name"), type_string(true) };
    cols[2] = (Column){ STR("price"), type_simple(TYPE_DOUBLE, true) };
    cols[3] = (Column){ STR("ts"), type_time(arena, TYPE_TIMESTAMP, 3, true) };
    schema = (Schema){ cols, 4 };
    return 0;
}
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_batches), cmocka_unit_test(row_ops), cmocka_unit_test(text_round_trip), cmocka_unit_test(bad_text),
    };
    return cmocka_run_group_tests_name("batch", tests, setup, teardown);
}
