/* Vectors and values: cells, forms, gathering, hashes that agree with equality, order. */
#include "tests/unit/values.h"

#include "engine/type/vec.h"

enum { ROWS = 300 };
static Arena *arena;
static const Type *types[SAMPLE_TYPES];

static void string_cells(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "a", "abcd", "abcde", "abcdefghijkl", "abcdefghijklm", "abcdefghijklx", "abcdXXXXXXXXX", "b" };
    enum { N = sizeof texts / sizeof *texts };
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            StrView a = strview_copy(arena, texts[i], (uint32_t)strlen(texts[i])), b = strview_of(texts[j], (uint32_t)strlen(texts[j]));
            assert_int_equal(strview_eq(&a, &b), i == j);
            int order = strview_cmp(&a, &b), expected = strcmp(texts[i], texts[j]);
            assert_int_equal((order > 0) - (order < 0), (expected > 0) - (expected < 0));
            assert_text(strview_str(&a), texts[i]);
        }
    StrView zero = strview_of("a\0b", 3), shorter = strview_of("a\0", 2), shortest = strview_of("a", 1);
    assert_false(strview_eq(&zero, &shorter) || strview_eq(&shorter, &shortest));
    assert_int_equal(strview_str(&zero).ptr[2], 'b');
}

/* The same values FLAT, behind a dictionary, and one of them CONST. */
typedef struct Forms { Datum values[ROWS]; Vec flat, dict, constant; } Forms;

static void build_forms(Forms *forms, const Type *type, bool nulls)
{
    enum { ENTRIES = 17 };
    Datum entries[ENTRIES];
    uint32_t *idx = ARENA_ARRAY(arena, uint32_t, ROWS);
    vec_init(&forms->flat, arena, type, ROWS);
    vec_init(&forms->dict, arena, type, ENTRIES);
    for (int i = 0; i < ENTRIES; i++) {
        do entries[i] = random_datum(arena, type);
        while (!nulls && entries[i].null && type->kind != TYPE_NULL);
        vec_set(&forms->dict, arena, ENTRIES, (uint32_t)i, &entries[i]);
    }
    for (uint32_t i = 0; i < ROWS; i++) {
        idx[i] = (uint32_t)below(ENTRIES);
        forms->values[i] = entries[idx[i]];
        vec_set(&forms->flat, arena, ROWS, i, &forms->values[i]);
    }
    forms->dict.form = VEC_DICT;
    forms->dict.dict_idx = idx;
    forms->dict.dict_len = ENTRIES;
    forms->dict.len = ROWS;
    vec_init_const(&forms->constant, arena, type, entries[0], ROWS);
}

static void check_gather(const Vec *in, const uint32_t *sel, uint32_t n)
{
    Vec out;
    vec_gather(&out, arena, in, sel, n);
    assert_int_equal(out.form, VEC_FLAT);
    assert_int_equal(out.len, n);
    for (uint32_t k = 0; k < n; k++) {
        Datum a = vec_get(in, sel ? sel[k] : k), b = vec_get(&out, k);
        assert_true(datum_eq(in->type, &a, &b));
        assert_int_equal(vec_is_null(&out, k), a.null);
    }
}

static void check_hashes(const Vec *vec, const uint32_t *sel, uint32_t n)
{
    uint64_t hashes[ROWS], again[1];
    vec_hash_rows(vec, 1, sel, n, hashes);
    for (uint32_t k = 0; k < n; k++) {
        Datum value = vec_get(vec, sel ? sel[k] : k);
        Vec one;
        vec_init_const(&one, arena, vec->type, value, 1);
        vec_hash_rows(&one, 1, NULL, 1, again);
        assert_true(again[0] == hashes[k]);
        Column column = { STR("x"), vec->type };
        assert_true(datum_hash_row(&(Schema){ &column, 1 }, &value) == hashes[k]);
    }
}

static void forms_agree(void **state)
{
    (void)state;
    uint32_t sel[ROWS], n = 0;
    random_seed(11);
    for (uint32_t i = 0; i < ROWS; i++)
        if (below(3)) sel[n++] = i;
    for (int t = 0; t < 2 * SAMPLE_TYPES; t++) {
        Forms forms;
        Vec flat;
        build_forms(&forms, types[t / 2], t % 2);
        const Vec *vecs[] = { &forms.flat, &forms.dict, &forms.constant };
        for (uint32_t i = 0; i < ROWS; i++)
            for (int f = 0; f < 2; f++) {
                Datum value = vec_get(vecs[f], i);
                assert_true(datum_eq(types[t / 2], &value, &forms.values[i]));
                assert_int_equal(vec_is_null(vecs[f], i), forms.values[i].null);
            }
        for (int f = 0; f < 3; f++) {
            check_gather(vecs[f], sel, n);
            check_gather(vecs[f], NULL, ROWS);
            check_gather(vecs[f], NULL, 1);
            check_gather(vecs[f], sel, 0);
            check_hashes(vecs[f], sel, n);
            check_hashes(vecs[f], NULL, ROWS);
            vec_flatten(&flat, arena, vecs[f]);
            assert_int_equal(flat.form, VEC_FLAT);
            for (uint32_t i = 0; i < ROWS; i++) {
                Datum a = vec_get(&flat, i), b = vec_get(vecs[f], i);
                assert_true(datum_eq(types[t / 2], &a, &b));
            }
        }
    }
}

static void null_cells_are_zero(void **state)
{
    (void)state;
    Vec vec;
    Datum value = datum_i64(7), null = datum_null();
    vec_init(&vec, arena, type_simple(TYPE_BIGINT, true), 100);
    assert_null(vec.valid);
    vec_set(&vec, arena, 100, 70, &value);
    assert_null(vec.valid);
    vec_set(&vec, arena, 100, 70, &null);
    assert_true(vec_is_null(&vec, 70));
    assert_int_equal(((int64_t *)vec.data)[70], 0);
    vec_set(&vec, arena, 100, 70, &value);
    assert_false(vec_is_null(&vec, 70) || vec_is_null(&vec, 99));
}

static void equality_order_hash_agree(void **state)
{
    (void)state;
    random_seed(5);
    for (int t = 0; t < SAMPLE_TYPES; t++)
        for (int i = 0; i < 3000; i++) {
            Datum a = random_datum(arena, types[t]), b = random_datum(arena, types[t]), c = random_datum(arena, types[t]);
            bool equal = datum_eq(types[t], &a, &b);
            int order = datum_cmp(types[t], &a, &b), back = datum_cmp(types[t], &b, &a);
            assert_int_equal(equal, order == 0);
            assert_int_equal((order > 0) - (order < 0), (back < 0) - (back > 0));
            if (equal) assert_true(datum_hash(types[t], &a) == datum_hash(types[t], &b));
            if (order <= 0 && datum_cmp(types[t], &b, &c) <= 0) assert_true(datum_cmp(types[t], &a, &c) <= 0);
            Datum copy = datum_copy(arena, types[t], &a);
            assert_true(datum_eq(types[t], &a, &copy));
        }
}

static void float_keys(void **state)
{
    (void)state;
    const Type *type = type_simple(TYPE_DOUBLE, true);
    Datum zero = datum_f64(0.0), minus = datum_f64(-0.0), nan = datum_f64(__builtin_nan("")), other = datum_f64(-__builtin_nan("7")), inf = datum_f64(__builtin_inf()), null = datum_null();
    assert_false(datum_eq(type, &zero, &minus));
    assert_true(datum_eq(type, &nan, &other));
    assert_true(datum_hash(type, &nan) == datum_hash(type, &other));
    assert_true(datum_cmp(type, &nan, &inf) > 0 && datum_cmp(type, &minus, &zero) < 0);
    assert_true(datum_cmp(type, &null, &minus) < 0 && datum_eq(type, &null, &null));
}

static Nested *map_of(int a, int av, int b, int bv)
{
    Nested *map = nested_new(arena, 2, 4);
    map->items[0] = datum_i32(a), map->items[1] = datum_i32(av), map->items[2] = datum_i32(b), map->items[3] = datum_i32(bv);
    return map;
}

static void maps_have_no_order(void **state)
{
    (void)state;
    const Type *type = type_map(arena, type_simple(TYPE_INT, true), type_simple(TYPE_INT, true), true);
    Datum a = { .v.nested = map_of(1, 10, 2, 20) }, b = { .v.nested = map_of(2, 20, 1, 10) }, c = { .v.nested = map_of(1, 20, 2, 10) };
    assert_true(datum_eq(type, &a, &b) && datum_hash(type, &a) == datum_hash(type, &b) && datum_cmp(type, &a, &b) == 0);
    assert_false(datum_eq(type, &a, &c));
    assert_true(datum_cmp(type, &a, &c) < 0);
}

static void column_order_matters_to_hashes(void **state)
{
    (void)state;
    Vec cols[2], swapped[2];
    uint64_t a[1], b[1];
    vec_init_const(&cols[0], arena, type_simple(TYPE_INT, true), datum_i32(1), 1);
    vec_init_const(&cols[1], arena, type_simple(TYPE_INT, true), datum_i32(2), 1);
    swapped[0] = cols[1];
    swapped[1] = cols[0];
    vec_hash_rows(cols, 2, NULL, 1, a);
    vec_hash_rows(swapped, 2, NULL, 1, b);
    assert_true(a[0] != b[0]);
}

static int setup(void **state) { (void)state; arena = arena_new(); sample_types(arena, types); return 0; }
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_cells), cmocka_unit_test(forms_agree), cmocka_unit_test(null_cells_are_zero), cmocka_unit_test(equality_order_hash_agree),
        cmocka_unit_test(float_keys), cmocka_unit_test(maps_have_no_order), cmocka_unit_test(column_order_matters_to_hashes),
    };
    return cmocka_run_group_tests_name("vec", tests, setup, teardown);
}
