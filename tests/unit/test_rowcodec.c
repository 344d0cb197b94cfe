/* Row codec: round trips of every type, equal values give equal bytes, the three encoders agree, damage is noticed. */
#include "tests/unit/values.h"

#include "engine/type/rowcodec.h"

static Arena *arena;
static const Type *types[SAMPLE_TYPES];

static Reader reader_of(const StrBuf *bytes)
{
    return (Reader){ bytes->ptr, bytes->ptr + bytes->len, false };
}

static void values_round_trip(void **state)
{
    (void)state;
    StrBuf a_bytes = { 0 }, b_bytes = { 0 };
    random_seed(3);
    for (int t = 0; t < SAMPLE_TYPES; t++)
        for (int i = 0; i < 1000; i++) {
            Datum a = random_datum(arena, types[t]), b = random_datum(arena, types[t]), back;
            strbuf_clear(&a_bytes);
            strbuf_clear(&b_bytes);
            datum_encode(types[t], &a, &a_bytes);
            datum_encode(types[t], &b, &b_bytes);
            assert_int_equal(datum_eq(types[t], &a, &b), str_eq(strbuf_str(&a_bytes), strbuf_str(&b_bytes)));
            Reader in = reader_of(&a_bytes);
            assert_true(datum_decode(types[t], &in, arena, &back));
            assert_ptr_equal(in.ptr, in.end);
            assert_true(datum_eq(types[t], &a, &back));
        }
    strbuf_free(&a_bytes);
    strbuf_free(&b_bytes);
}

static void maps_encode_sorted(void **state)
{
    (void)state;
    const Type *type = type_map(arena, type_string(true), type_simple(TYPE_INT, true), true);
    Nested *x = nested_new(arena, 2, 4), *y = nested_new(arena, 2, 4);
    x->items[0] = y->items[2] = datum_str(arena, STR("b"));
    x->items[1] = y->items[3] = datum_i32(1);
    x->items[2] = y->items[0] = datum_str(arena, STR("a longer key than inline"));
    x->items[3] = y->items[1] = datum_i32(2);
    Datum a = { .v.nested = x }, b = { .v.nested = y };
    StrBuf a_bytes = { 0 }, b_bytes = { 0 };
    datum_encode(type, &a, &a_bytes);
    datum_encode(type, &b, &b_bytes);
    assert_true(str_eq(strbuf_str(&a_bytes), strbuf_str(&b_bytes)));
    strbuf_free(&a_bytes);
    strbuf_free(&b_bytes);
}

static void wide_integers_are_short(void **state)
{
    (void)state;
    const Type *type = type_decimal(arena, 38, 0, true);
    static const struct { int64_t value; uint32_t size; } rows[] = {
        { 0, 2 }, { 1, 3 }, { -1, 3 }, { 127, 3 }, { 128, 4 }, { -128, 3 }, { -129, 4 }, { 32767, 4 }, { 32768, 5 }, { INT64_MAX, 10 }, { INT64_MIN, 10 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        StrBuf bytes = { 0 };
        Datum value = datum_null(), back;
        value.null = false;
        value.v.i128 = rows[i].value;
        datum_encode(type, &value, &bytes);
        assert_int_equal(bytes.len, rows[i].size);
        Reader in = reader_of(&bytes);
        assert_true(datum_decode(type, &in, arena, &back) && back.v.i128 == value.v.i128);
        strbuf_free(&bytes);
    }
}

enum { ROWS = 2500 };          /* more than one chunk */

/* Builds a batch of the given columns; each column has nulls or not, and is FLAT, DICT or CONST. */
static void build_batch(Batch *batch, Schema *schema, uint32_t ncols, bool nested)
{
    Column *cols = ARENA_ARRAY(arena, Column, ncols);
    *batch = (Batch){ .len = ROWS, .ncols = ncols, .cols = ARENA_ARRAY(arena, Vec, ncols), .arena = arena };
    for (uint32_t c = 0; c < ncols; c++) {
        do cols[c].type = types[below(SAMPLE_TYPES)];
        while (type_is_nested(cols[c].type) && !nested);
        Vec *vec = &batch->cols[c];
        uint32_t form = (uint32_t)below(3), cells = form == VEC_FLAT ? ROWS : 40;
        if (form == VEC_CONST) {
            vec_init_const(vec, arena, cols[c].type, random_datum(arena, cols[c].type), ROWS);
            continue;
        }
        vec_init(vec, arena, cols[c].type, cells);
        bool nulls = below(2) || cols[c].type->kind == TYPE_NULL;
        for (uint32_t i = 0; i < cells; i++) {
            Datum value;
            do value = random_datum(arena, cols[c].type);
            while (value.null && !nulls);
            vec_set(vec, arena, cells, i, &value);
        }
        if (form == VEC_FLAT) continue;
        uint32_t *idx = ARENA_ARRAY(arena, uint32_t, ROWS);
        for (uint32_t i = 0; i < ROWS; i++) idx[i] = (uint32_t)below(cells);
        vec->form = VEC_DICT;
        vec->dict_idx = idx;
        vec->dict_len = cells;
        vec->len = ROWS;
    }
    *schema = (Schema){ cols, ncols };
}

static void check_row(const Batch *batch, const Schema *schema, uint32_t row, Str bytes)
{
    Datum values[16], back[16];
    StrBuf one = { 0 };
    row_encode(batch->cols, NULL, batch->ncols, row, &one);
    assert_true(str_eq(strbuf_str(&one), bytes));
    for (uint32_t c = 0; c < batch->ncols; c++) values[c] = vec_get(&batch->cols[c], row);
    strbuf_clear(&one);
    datums_encode(schema, values, &one);
    assert_true(str_eq(strbuf_str(&one), bytes));
    Reader in = { bytes.ptr, bytes.ptr + bytes.len, false };
    assert_true(row_decode(schema, &in, arena, back));
    assert_ptr_equal(in.ptr, in.end);
    for (uint32_t c = 0; c < batch->ncols; c++) assert_true(datum_eq(schema->cols[c].type, &values[c], &back[c]));
    strbuf_free(&one);
}

static void batches_agree_with_rows(void **state)
{
    (void)state;
    static uint32_t sel[ROWS], offsets[ROWS + 1];
    random_seed(9);
    for (uint32_t round = 0; round < 24; round++) {
        Batch batch;
        Schema schema;
        StrBuf out = { 0 };
        strbuf_addz(&out, "before");
        build_batch(&batch, &schema, 1 + round % 12, round % 4 == 3);
        if (round % 2) {
            batch.sel = sel;
            for (uint32_t i = 0; i < ROWS; i++)
                if (below(2)) sel[batch.sel_len++] = i;
        }
        rows_encode(&batch, NULL, batch.ncols, &out, offsets);
        uint32_t live = batch_live(&batch);
        assert_int_equal(offsets[0], 6);
        assert_int_equal(offsets[live], out.len);
        for (uint32_t i = 0; i < live; i++)
            check_row(&batch, &schema, batch_row(&batch, i), str_sub(strbuf_str(&out), offsets[i], offsets[i + 1] - offsets[i]));
        strbuf_free(&out);
    }
}

static void encodes_chosen_columns(void **state)
{
    (void)state;
    Vec cols[3];
    for (int c = 0; c < 3; c++) vec_init_const(&cols[c], arena, type_simple(TYPE_INT, true), datum_i32(c), 1);
    Batch batch = { .len = 1, .ncols = 3, .cols = cols, .arena = arena };
    const uint32_t idx[] = { 2, 0 };
    uint32_t offsets[2];
    StrBuf rows = { 0 }, row = { 0 };
    rows_encode(&batch, idx, 2, &rows, offsets);
    row_encode(cols, idx, 2, 0, &row);
    assert_int_equal(rows.len, 9);
    assert_memory_equal(rows.ptr, "\0\2\0\0\0\0\0\0\0", 9);
    assert_true(str_eq(strbuf_str(&rows), strbuf_str(&row)));
    strbuf_clear(&rows);
    rows_encode(&batch, idx, 0, &rows, offsets);
    assert_int_equal(offsets[1], 0);
    batch.len = 0;
    rows_encode(&batch, idx, 2, &rows, offsets);
    assert_int_equal(offsets[0], 0);
    strbuf_free(&rows);
    strbuf_free(&row);
}

/* Every cut and every flipped byte either fails or gives some value; none reads out of bounds or allocates much. */
static void damage_is_noticed(void **state)
{
    (void)state;
    random_seed(21);
    for (int t = 0; t < SAMPLE_TYPES; t++)
        for (int i = 0; i < 60; i++) {
            StrBuf bytes = { 0 };
            Datum value = random_datum(arena, types[t]), back;
            datum_encode(types[t], &value, &bytes);
            for (uint32_t cut = 0; cut < bytes.len; cut++) {
                char *exact = test_malloc(cut + 1);
                memcpy(exact, bytes.ptr, cut);
                Reader in = { exact, exact + cut, false };
                assert_false(datum_decode(types[t], &in, arena, &back));
                test_free(exact);
            }
            for (uint32_t k = 0; k < bytes.len; k++) {
                char *exact = test_malloc(bytes.len);
                memcpy(exact, bytes.ptr, bytes.len);
                exact[k] = (char)random_u64();
                Reader in = { exact, exact + bytes.len, false };
                bool ok = datum_decode(types[t], &in, arena, &back);
                assert_true(ok || in.bad);
                test_free(exact);
            }
            strbuf_free(&bytes);
        }
    assert_true(arena_bytes(arena) < 512u << 20);
}

static int setup(void **state) { (void)state; arena = arena_new(); sample_types(arena, types); return 0; }
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_round_trip), cmocka_unit_test(maps_encode_sorted), cmocka_unit_test(wide_integers_are_short),
        cmocka_unit_test(batches_agree_with_rows), cmocka_unit_test(encodes_chosen_columns), cmocka_unit_test(damage_is_noticed),
    };
    return cmocka_run_group_tests_name("rowcodec", tests, setup, teardown);
}
