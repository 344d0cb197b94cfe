/* Boxed values: equality, order and deep copies. Pure functions; recursion is bounded by the depth of the type. */
#include "engine/type/vec.h"

Nested *nested_new(Arena *arena, uint32_t len, uint32_t items)
{
    Nested *nested = arena_zalloc(arena, sizeof *nested + sizeof(Datum) * (size_t)items);
    nested->len = len;
    return nested;
}

Datum datum_str(Arena *arena, Str s)
{
    Datum value;
    memset(&value, 0, sizeof value);
    value.v.str = strview_copy(arena, s.ptr, s.len);
    return value;
}

static const Type *key_type(const Type *type)
{
    return type->kind == TYPE_MAP ? type->key : type->elem;
}

static const Type *value_type(const Type *type)
{
    return type->kind == TYPE_MAP ? type->elem : type_simple(TYPE_INT, false);
}

static bool is_keyed(const Type *type)
{
    return type->kind == TYPE_MAP || type->kind == TYPE_MULTISET;
}

/* Type of item i of an ARRAY or ROW. */
static const Type *item_type(const Type *type, uint32_t i)
{
    return type->kind == TYPE_ROW ? type->fields[i].type : type->elem;
}

/* Entries have no order; keys are unique, so equal sizes and each entry found is equality. */
static bool entries_eq(const Type *type, const Nested *a, const Nested *b)
{
    for (uint32_t i = 0; i < a->len; i++) {
        bool found = false;
        for (uint32_t step = 0; step < b->len && !found; step++) {
            uint32_t j = i + step < b->len ? i + step : i + step - b->len;      /* same order is the common case */
            found = datum_eq(key_type(type), &a->items[2 * i], &b->items[2 * j]) &&
                    datum_eq(value_type(type), &a->items[2 * i + 1], &b->items[2 * j + 1]);
        }
        if (!found) return false;
    }
    return true;
}

static bool nested_eq(const Type *type, const Nested *a, const Nested *b)
{
    if (a == b) return true;
    if (a->len != b->len) return false;
    if (is_keyed(type)) return entries_eq(type, a, b);
    for (uint32_t i = 0; i < a->len; i++)
        if (!datum_eq(item_type(type, i), &a->items[i], &b->items[i])) return false;
    return true;
}

bool datum_eq(const Type *type, const Datum *a, const Datum *b)
{
    if (a->null || b->null) return a->null && b->null;
    switch (type_phys(type)) {
    case PHYS_BOOL: return a->v.b == b->v.b;
    case PHYS_I8: return a->v.i8 == b->v.i8;
    case PHYS_I16: return a->v.i16 == b->v.i16;
    case PHYS_I32: return a->v.i32 == b->v.i32;
    case PHYS_I64: return a->v.i64 == b->v.i64;
    case PHYS_F32: return (a->v.f32 != a->v.f32 && b->v.f32 != b->v.f32) || memcmp(&a->v.f32, &b->v.f32, sizeof a->v.f32) == 0;
    case PHYS_F64: return (a->v.f64 != a->v.f64 && b->v.f64 != b->v.f64) || memcmp(&a->v.f64, &b->v.f64, sizeof a->v.f64) == 0;
    case PHYS_I128: return a->v.i128 == b->v.i128;
    case PHYS_STR: return strview_eq(&a->v.str, &b->v.str);
    case PHYS_NESTED: return nested_eq(type, a->v.nested, b->v.nested);
    case PHYS_COUNT: break;
    }
    return false;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* NaN is the largest; -0.0 comes before 0.0, so that order 0 means datum_eq (Java's Double.compare). */
static int float_order(double a, double b)
{
    if (a != a || b != b) return (a != a) - (b != b);
    if (a == 0 && b == 0) return (__builtin_signbit(b) != 0) - (__builtin_signbit(a) != 0);
    return ORDER(a, b);
}

/* Index of the entry of `map` that follows `*after` in key order (NULL = the first); maps are small, so no sorting. */
static int64_t next_entry(const Type *type, const Nested *map, const Datum *after)
{
    int64_t next = -1;
    for (uint32_t i = 0; i < map->len; i++) {
        const Datum *key = &map->items[2 * i];
        if (after && datum_cmp(key_type(type), key, after) <= 0) continue;
        if (next < 0 || datum_cmp(key_type(type), key, &map->items[2 * next]) < 0) next = i;
    }
    return next;
}

static int entries_cmp(const Type *type, const Nested *a, const Nested *b)
{
    const Datum *key_a = NULL, *key_b = NULL;
    for (;;) {
        int64_t i = next_entry(type, a, key_a), j = next_entry(type, b, key_b);
        if (i < 0 || j < 0) return (i >= 0) - (j >= 0);
        key_a = &a->items[2 * i];
        key_b = &b->items[2 * j];
        int order = datum_cmp(key_type(type), key_a, key_b);
        if (!order) order = datum_cmp(value_type(type), key_a + 1, key_b + 1);
        if (order) return order;
    }
}

static int nested_cmp(const Type *type, const Nested *a, const Nested *b)
{
    if (is_keyed(type)) return entries_cmp(type, a, b);
    uint32_t n = a->len < b->len ? a->len : b->len;
    for (uint32_t i = 0; i < n; i++) {
        int order = datum_cmp(item_type(type, i), &a->items[i], &b->items[i]);
        if (order) return order;
    }
    return ORDER(a->len, b->len);
}

int datum_cmp(const Type *type, const Datum *a, const Datum *b)
{
    if (a->null || b->null) return b->null - a->null;
    switch (type_phys(type)) {
    case PHYS_BOOL: return ORDER(a->v.b, b->v.b);
    case PHYS_I8: return ORDER(a->v.i8, b->v.i8);
    case PHYS_I16: return ORDER(a->v.i16, b->v.i16);
    case PHYS_I32: return ORDER(a->v.i32, b->v.i32);
    case PHYS_I64: return ORDER(a->v.i64, b->v.i64);
    case PHYS_F32: return float_order(a->v.f32, b->v.f32);
    case PHYS_F64: return float_order(a->v.f64, b->v.f64);
    case PHYS_I128: return ORDER(a->v.i128, b->v.i128);
    case PHYS_STR: return strview_cmp(&a->v.str, &b->v.str);
    case PHYS_NESTED: return nested_cmp(type, a->v.nested, b->v.nested);
    case PHYS_COUNT: break;
    }
    return 0;
}

static const Nested *nested_copy(Arena *arena, const Type *type, const Nested *from)
{
    uint32_t items = is_keyed(type) ? 2 * from->len : from->len;
    Nested *copy = nested_new(arena, from->len, items);
    for (uint32_t i = 0; i < items; i++) {
        const Type *of = !is_keyed(type) ? item_type(type, i) : i % 2 ? value_type(type) : key_type(type);
        copy->items[i] = datum_copy(arena, of, &from->items[i]);
    }
    return copy;
}

Datum datum_copy(Arena *arena, const Type *type, const Datum *value)
{
    Datum copy = *value;
    if (value->null) return datum_null();
    Phys phys = type_phys(type);
    if (phys == PHYS_STR) {
        Str text = datum_text(value);
        copy.v.str = strview_copy(arena, text.ptr, text.len);
    } else if (phys == PHYS_NESTED) {
        copy.v.nested = nested_copy(arena, type, value->v.nested);
    }
    return copy;
}
