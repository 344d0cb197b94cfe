/* datagen: kinds and ranges of every type, sequences and their end, NULLs, pacing, positions, refused options. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "connectors/connector.h"
#include "engine/base/clock.h"
#include "engine/expr/resolve_sig.h"

typedef struct Fixture { Arena *arena; Options options; ConnTable table; Schema schema; SourceSpec spec; uint32_t physical[16]; Err err; } Fixture;

static Fixture table_of(const char *const *columns, const char *const *options)
{
    Fixture f;
    memset(&f, 0, sizeof f);
    f.arena = arena_new();
    Column *cols = ARENA_ARRAY(f.arena, Column, 16);
    for (; *columns; columns += 2, f.schema.n++) {
        cols[f.schema.n] = (Column){ str_of(columns[0]), type_from_text(f.arena, columns[1], true) };
        if (!cols[f.schema.n].type) {                        /* the rows of these tests */
            const Field fields[] = { { STR("x"), type_simple(TYPE_INT, true), STR_NULL }, { STR("y"), type_string(true), STR_NULL } };
            cols[f.schema.n].type = type_row(f.arena, fields, 2, true);
        }
        f.physical[f.schema.n] = f.schema.n;
    }
    f.schema.cols = cols;
    options_set(f.arena, &f.options, STR("connector"), STR("datagen"));
    options_set(f.arena, &f.options, STR("rows-per-second"), STR("1000000000"));
    for (; *options; options += 2) options_set(f.arena, &f.options, str_of(options[0]), str_of(options[1]));
    return f;
}

static const ConnectorDef *datagen(void) { return connector_find(STR("datagen")); }

static Source *open_at(Fixture *f, Str position)
{
    f->table = (ConnTable){ .name = STR("g"), .identifier = STR("g"), .physical = f->schema, .options = &f->options, .zone = zone_utc() };
    f->spec = (SourceSpec){ .table = &f->table, .out = &f->schema, .physical = f->physical, .nphysical = f->schema.n, .limit = -1 };
    return datagen()->source->open(&f->spec, position, &f->err);
}

/* All rows as text, at most `batches` batches. */
static StrBuf read_all(Fixture *f, Str position, int batches)
{
    StrBuf rows = { 0 };
    Source *source = open_at(f, position);
    if (!source) fail_msg("%s", f->err.message);
    const Batch *batch;
    while (batches-- > 0 && datagen()->source->poll(source, 0, &batch, &f->err) == POLL_DATA) batch_print(batch, &f->schema, &rows);
    datagen()->source->close(source);
    return rows;
}

static void sequences_end_the_table(void **state)
{
    (void)state;
    Fixture f = table_of((const char *const[]){ "i", "INT", "b", "BIGINT", "s", "STRING", "d", "DECIMAL(5,2)", "x", "DOUBLE", NULL },
        (const char *const[]){ "fields.i.kind", "sequence", "fields.i.start", "3", "fields.i.end", "5", "fields.b.kind", "sequence", "fields.b.start", "-1", "fields.b.end", "9",
            "fields.s.kind", "sequence", "fields.s.start", "7", "fields.s.end", "99", "fields.d.kind", "sequence", "fields.d.start", "1", "fields.d.end", "9",
            "fields.x.kind", "sequence", "fields.x.start", "0", "fields.x.end", "9", NULL });
    f.table.options = &f.options;
    assert_true(datagen()->bounded(&f.table));
    StrBuf rows = read_all(&f, STR_NULL, 9);
    assert_string_equal(strbuf_cstr(&rows), "+I 3 | -1 | 7 | 1.00 | 0.0\n+I 4 | 0 | 8 | 2.00 | 1.0\n+I 5 | 1 | 9 | 3.00 | 2.0\n");
    strbuf_free(&rows);
    arena_free(f.arena);
}

static void ranges(void **state)
{
    (void)state;
    Fixture f = table_of((const char *const[]){ "i", "INT", "x", "DOUBLE", "s", "STRING", "v", "STRING", "t", "TINYINT", "d", "DECIMAL(6,2)", NULL },
        (const char *const[]){ "number-of-rows", "5000", "fields.i.min", "-2", "fields.i.max", "47", "fields.x.min", "1.5", "fields.x.max", "2.5", "fields.s.length", "4",
            "fields.v.length", "40", "fields.v.var-len", "true", "fields.v.null-rate", "0.25", "fields.d.min", "10.00", "fields.d.max", "10.03", NULL });
    Source *source = open_at(&f, STR_NULL);
    const Batch *batch;
    uint32_t n = 0, seen[50] = { 0 }, nulls = 0, decimals[4] = { 0 };
    while (datagen()->source->poll(source, 0, &batch, &f.err) == POLL_DATA) {
        n += batch->len;
        for (uint32_t i = 0; i < batch->len; i++) {
            int32_t key = vec_get(&batch->cols[0], i).v.i32;
            double x = vec_get(&batch->cols[1], i).v.f64;
            Datum s = vec_get(&batch->cols[2], i), v = vec_get(&batch->cols[3], i), d = vec_get(&batch->cols[5], i);
            assert_true(key >= -2 && key <= 47 && x >= 1.5 && x <= 2.5);
            seen[key + 2]++;
            assert_int_equal(s.v.str.len, 4);
            nulls += v.null;
            assert_true(v.null || (v.v.str.len >= 1 && v.v.str.len <= 40));
            decimals[(int64_t)d.v.i128 - 1000]++;
            for (uint32_t c = 0; c < 4; c++) assert_true(strchr("0123456789abcdef", datum_text(&s).ptr[c]) != NULL);
        }
    }
    assert_int_equal(n, 5000);
    for (int i = 0; i < 50; i++) assert_true(seen[i] > 50 && seen[i] < 160);
    for (int i = 0; i < 4; i++) assert_true(decimals[i] > 1000);
    assert_true(nulls > 1000 && nulls < 1500);
    datagen()->source->close(source);
    arena_free(f.arena);
}

static void every_type_has_values(void **state)
{
    (void)state;
    clock_freeze(1704067200000000);
    Fixture f = table_of((const char *const[]){ "a", "BOOLEAN", "b", "SMALLINT", "c", "FLOAT", "d", "BYTES", "e", "DATE", "f", "TIME(0)", "g", "TIMESTAMP(3)", "h", "TIMESTAMP_LTZ(3)",
                              "i", "ARRAY<INT>", "j", "MAP<STRING, INT>", "k", "ROW<x INT, y STRING>", "l", "TIMESTAMP(9)", NULL },
        (const char *const[]){ "number-of-rows", "3", "fields.h.max-past", "10 s", "fields.i.element.min", "5", "fields.i.element.max", "5", "fields.i.length", "2",
            "fields.k.x.min", "9", "fields.k.x.max", "9", "fields.k.y.length", "3", NULL });
    Source *source = open_at(&f, STR_NULL);
    if (!source) fail_msg("%s", f.err.message);
    const Batch *batch;
    assert_int_equal(datagen()->source->poll(source, 0, &batch, &f.err), POLL_DATA);
    for (uint32_t row = 0; row < batch->len; row++) {
        for (uint32_t c = 0; c < f.schema.n; c++) assert_false(vec_is_null(&batch->cols[c], row));
        assert_int_equal(vec_get(&batch->cols[4], row).v.i32, 19723);
        assert_true(vec_get(&batch->cols[6], row).v.i64 == 1704067200000000);
        int64_t past = vec_get(&batch->cols[7], row).v.i64;
        assert_true(past <= 1704067200000000 && past >= 1704067190000000);
        const Nested *list = vec_get(&batch->cols[8], row).v.nested, *fields = vec_get(&batch->cols[10], row).v.nested;
        assert_int_equal(list->len, 2);
        assert_int_equal(list->items[1].v.i32, 5);
        assert_int_equal(fields->items[0].v.i32, 9);
        assert_int_equal(fields->items[1].v.str.len, 3);
    }
    datagen()->source->close(source);
    arena_free(f.arena);
    clock_thaw();
}

static void positions(void **state)
{
    (void)state;
    Fixture f = table_of((const char *const[]){ "i", "BIGINT", "s", "STRING", NULL }, (const char *const[]){ "number-of-rows", "5000", NULL });
    random_seed(7);
    StrBuf all = read_all(&f, STR_NULL, 100), parts = { 0 }, position = { 0 };
    random_seed(7);
    for (int more = 1; more;) {
        Source *source = open_at(&f, strbuf_str(&position));
        const Batch *batch;
        more = datagen()->source->poll(source, 0, &batch, &f.err) == POLL_DATA;
        if (more) batch_print(batch, &f.schema, &parts);
        strbuf_clear(&position);
        assert_true(datagen()->source->position(source, &position, &f.err));
        datagen()->source->close(source);
        random_seed(1);                                      /* the position alone decides */
    }
    assert_int_equal(all.len, parts.len);
    assert_memory_equal(all.ptr, parts.ptr, all.len);
    strbuf_free(&all);
    strbuf_free(&parts);
    strbuf_free(&position);
    arena_free(f.arena);
}

static void pacing(void **state)
{
    (void)state;
    clock_freeze(1000000);
    Fixture f = table_of((const char *const[]){ "i", "INT", NULL }, (const char *const[]){ "rows-per-second", "100", NULL });
    Source *source = open_at(&f, STR_NULL);
    const Batch *batch;
    uint32_t n = 0;
    assert_int_equal(datagen()->source->poll(source, 0, &batch, &f.err), POLL_DATA);
    n += batch->len;
    assert_int_equal(datagen()->source->poll(source, 0, &batch, &f.err), POLL_IDLE);
    for (int64_t end = clock_now_us() + 1000000; clock_now_us() < end;)
        if (datagen()->source->poll(source, 50, &batch, &f.err) == POLL_DATA) n += batch->len;
    assert_in_range(n, 100, 103);
    datagen()->source->close(source);
    arena_free(f.arena);
    clock_thaw();
}

static void refused_options(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "INT", "fields.i.kind", "sequence" }, { "INT", "fields.i.kind", "made" }, { "INT", "fields.i.min", "x" }, { "TINYINT", "fields.i.max", "300" },
        { "CHAR(3)", "fields.i.length", "2" }, { "INT", "fields.i.null-rate", "1.5" }, { "INT", "fields.i.var-len", "true" }, { "INT", "rows-per-second", "0" },
        { "BOOLEAN", "fields.i.kind", "sequence" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Fixture f = table_of((const char *const[]){ "i", rows[i][0], NULL }, (const char *const[]){ rows[i][1], rows[i][2], NULL });
        assert_null(open_at(&f, STR_NULL));
        assert_int_equal(f.err.code, E_OPTION);
        arena_free(f.arena);
    }
    Fixture f = table_of((const char *const[]){ "i", "INT", NULL }, (const char *const[]){ NULL });
    OptionTable tables[4];
    options_set(f.arena, &f.options, STR("fields.i.mim"), STR("1"));
    uint32_t n = connector_option_tables(datagen(), &f.options, tables, 4);
    assert_false(options_check(&f.options, tables, n, STR("connector 'datagen'"), &f.err));
    arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_end_the_table), cmocka_unit_test(ranges), cmocka_unit_test(every_type_has_values), cmocka_unit_test(positions),
        cmocka_unit_test(pacing), cmocka_unit_test(refused_options),
    };
    return cmocka_run_group_tests_name("datagen", tests, NULL, NULL);
}
