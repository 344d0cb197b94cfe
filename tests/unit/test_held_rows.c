/* Rows held for an exactly-once sink: back as they came; refused when the table has other columns by then, or when bytes are missing. */
#include "tests/unit/op_driver.h"

#include "engine/op/held_rows.h"

typedef struct Written { StrBuf text; const Schema *schema; } Written;

static bool write_text(void *ctx, const Batch *batch, Err *err)
{
    (void)err;
    Written *written = ctx;
    batch_print(batch, written->schema, &written->text);
    return true;
}

static void hold(Driver *d, HeldRows *held, const char *rows)
{
    BatchBuilder builder;
    builder_init(&builder, d->input_nodes[0].schema, BATCH_ROWS);
    if (!batch_parse(str_of(rows), &builder, &d->err)) fail_msg("%s %s", d->err.message, d->err.detail);
    held_rows_add(held, d->input_nodes[0].schema, builder_batch(&builder));
    builder_free(&builder);
}

static bool replay(Str bytes, const Schema *schema, Written *written, Err *err)
{
    strbuf_clear(&written->text);
    written->schema = schema;
    return held_rows_replay(bytes, schema, write_text, written, err);
}

static void back_as_they_came(void **state)
{
    (void)state;
    Driver *d = driver_new(PLAN_SORT, "k STRING, n INT NOT NULL", "k STRING");
    HeldRows held = { 0 };
    Written written = { 0 };
    Err err = { 0 };
    hold(d, &held, "+I a text of more than twelve bytes | 1\n-D b | 2\n");
    hold(d, &held, "-U <NULL> | 3\n+U <NULL> | 4\n");
    Str bytes = strbuf_str(&held.bytes);
    assert_true(replay(bytes, driver_schema(d, "k STRING, n INT"), &written, &err));         /* NOT NULL does not matter */
    assert_string_equal(strbuf_cstr(&written.text), "+I a text of more than twelve bytes | 1\n-D b | 2\n-U <NULL> | 3\n+U <NULL> | 4\n");
    for (uint32_t len = 1; len < bytes.len; len++) {
        Err cut = { 0 };
        bool whole_part = replay((Str){ bytes.ptr, len }, d->input_nodes[0].schema, &written, &cut);
        assert_true(whole_part || cut.code == E_SNAPSHOT);
    }
    static const char *const others[] = { "k STRING, n BIGINT", "n INT, k STRING", "k STRING, n INT, more INT", "k STRING, m INT", "k STRING" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        Err other = { 0 };
        assert_false(replay(bytes, driver_schema(d, others[i]), &written, &other));
        assert_int_equal(other.code, E_SNAPSHOT);
        assert_int_equal(written.text.len, 0);
        assert_true(str_find(str_of(other.message), STR("other columns"), 0) >= 0);
    }
    strbuf_free(&written.text);
    held_rows_free(&held);
    driver_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(back_as_they_came) };
    return cmocka_run_group_tests_name("held_rows", tests, NULL, NULL);
}
