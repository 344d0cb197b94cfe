/* Types of every kind and random values of them, small in range so that equal ones occur; seeded by random_seed(). */
#ifndef WEIR_TESTS_VALUES_H
#define WEIR_TESTS_VALUES_H
#include "tests/unit/unit.h"

#include "engine/base/clock.h"
#include "engine/type/batch.h"

enum { SAMPLE_TYPES = 29 };

/* Fills types[SAMPLE_TYPES]: each physical cell, each kind, some nesting. */
static inline void sample_types(Arena *arena, const Type **types)
{
    const Field fields[] = { { STR("a"), type_simple(TYPE_INT, true), STR_NULL }, { STR("b"), type_string(true), STR_NULL },
        { STR("c"), type_array(arena, type_simple(TYPE_DOUBLE, true), true), STR_NULL } };
    const Type *row = type_row(arena, fields, 3, true), *string = type_string(true), *integer = type_simple(TYPE_INT, true);
    const Type *all[SAMPLE_TYPES] = {
        type_simple(TYPE_BOOLEAN, true), type_simple(TYPE_TINYINT, true), type_simple(TYPE_SMALLINT, true), integer, type_simple(TYPE_BIGINT, true),
        type_simple(TYPE_FLOAT, true), type_simple(TYPE_DOUBLE, true), type_decimal(arena, 10, 2, true), type_decimal(arena, 38, 6, true),
        type_sized(arena, TYPE_CHAR, 3, true), string, type_sized(arena, TYPE_BINARY, 2, true), type_bytes(true), type_simple(TYPE_DATE, true),
        type_time(arena, TYPE_TIME, 3, true), type_time(arena, TYPE_TIMESTAMP, 3, true), type_time(arena, TYPE_TIMESTAMP, 9, true),
        type_time(arena, TYPE_TIMESTAMP_LTZ, 3, true), type_time(arena, TYPE_TIMESTAMP_LTZ, 9, true), type_simple(TYPE_INTERVAL_MONTH, true),
        type_simple(TYPE_INTERVAL_SECOND, true), type_simple(TYPE_VARIANT, true), type_simple(TYPE_BITMAP, true), type_simple(TYPE_NULL, true),
        type_array(arena, string, true), type_map(arena, string, integer, true), type_multiset(arena, string, true), row,
        type_map(arena, integer, type_array(arena, row, true), true),
    };
    for (int i = 0; i < SAMPLE_TYPES; i++) types[i] = all[i];
}

static inline uint64_t below(uint64_t n) { return random_u64() % n; }

static inline Datum random_datum(Arena *arena, const Type *type);

static inline const Nested *random_nested(Arena *arena, const Type *type)
{
    bool keyed = type->kind == TYPE_MAP || type->kind == TYPE_MULTISET;
    uint32_t len = type->kind == TYPE_ROW ? type->nfields : (uint32_t)below(4), kept = 0;
    Nested *nested = nested_new(arena, len, keyed ? 2 * len : len);
    const Type *key = type->kind == TYPE_MAP ? type->key : type->elem;
    for (uint32_t i = 0; i < len; i++) {
        if (!keyed) {
            nested->items[i] = random_datum(arena, type->kind == TYPE_ROW ? type->fields[i].type : type->elem);
            continue;
        }
        Datum k = random_datum(arena, key);
        bool known = false;
        for (uint32_t j = 0; j < kept; j++) known |= datum_eq(key, &k, &nested->items[2 * j]);
        if (known) continue;
        nested->items[2 * kept] = k;
        nested->items[2 * kept++ + 1] = type->kind == TYPE_MAP ? random_datum(arena, type->elem) : datum_i32((int32_t)below(3) + 1);
    }
    if (keyed) nested->len = kept;
    return nested;
}

static inline Datum random_datum(Arena *arena, const Type *type)
{
    static const double doubles[] = { 0.0, -0.0, 1.5, -2.25, 1e300, -1e-300, __builtin_inf(), -__builtin_inf() };
    static const int64_t integers[] = { 0, 1, -1, 127, 128, -128, -129, 32767, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN };
    static const char *const texts[] = { "", "a", "ab", "abcdefghijkl", "abcdefghijklm", "abcdefghijkln", "a much longer text than an inline cell takes", "\xe6\xbc\xa2\xff" };
    Datum value = datum_null();
    if (type->kind == TYPE_NULL || below(5) == 0) return value;
    value.null = false;
    int64_t integer = integers[below(sizeof integers / sizeof *integers)];
    double real = below(9) ? doubles[below(8)] : __builtin_nan("");
    if (real != real && below(2)) real = -real;
    switch (type_phys(type)) {
    case PHYS_BOOL: value.v.b = integer & 1; break;
    case PHYS_I8: value.v.i8 = (int8_t)integer; break;
    case PHYS_I16: value.v.i16 = (int16_t)integer; break;
    case PHYS_I32: value.v.i32 = (int32_t)integer; break;
    case PHYS_I64: value.v.i64 = integer; break;
    case PHYS_F32: value.v.f32 = (float)real; break;
    case PHYS_F64: value.v.f64 = real; break;
    case PHYS_I128: value.v.i128 = below(2) ? (i128)integer : (i128)integer * INT64_MAX; break;
    case PHYS_STR: value = datum_str(arena, str_of(texts[below(8)])); break;
    case PHYS_NESTED: value.v.nested = random_nested(arena, type); break;
    case PHYS_COUNT: break;
    }
    return value;
}
#endif
