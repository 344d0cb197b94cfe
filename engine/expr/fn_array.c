/* Functions of arrays. NULL array -> NULL; elements may be NULL. Set functions keep the order of the first array and drop repeats.
 * A value given beside an array is cast to the element's type; what cannot be cast without the user's CAST is refused. */
#include "engine/expr/fn.h"

static const Type *element_type(const InferCtx *infer, uint32_t i)
{
    return i < infer->nargs && infer->args[i]->type->kind == TYPE_ARRAY ? infer->args[i]->type->elem : NULL;
}

/* Element and value compared: NULL equals NULL, NaN nothing. */
static bool element_equal(const Type *type, const Datum *a, const Datum *b)
{
    if (a->null || b->null) return a->null && b->null;
    if (type->kind == TYPE_DOUBLE) return a->v.f64 == b->v.f64;
    if (type->kind == TYPE_FLOAT) return a->v.f32 == b->v.f32;
    return datum_eq(type, a, b);
}

static bool ret_list(Datum *out, Nested *list) { out->v.nested = list; return true; }

/* ---- (array, value) ---- */

/* Casts the value to the element's type; the result depends on NULL of the array alone. */
static const Type *infer_with_value(InferCtx *infer, Err *err, uint32_t n)
{
    const Type *elem = element_type(infer, 0);
    if (infer->nargs != n || !elem || !infer_fit(infer, 1, type_with_null(infer->ctx->arena, elem, true))) return infer_refuse(infer, err);
    return elem;
}

static const Type *infer_contains(InferCtx *infer, Err *err)
{
    if (!infer_with_value(infer, err, 2)) return NULL;
    infer->keep_null = true;
    return type_simple(TYPE_BOOLEAN, infer->args[0]->type->nullable);
}

static const Type *infer_position(InferCtx *infer, Err *err) { return infer_with_value(infer, err, 2) ? type_simple(TYPE_INT, false) : NULL; }

static const Type *infer_remove(InferCtx *infer, Err *err)
{
    if (!infer_with_value(infer, err, 2)) return NULL;
    infer->keep_null = true;
    return infer->args[0]->type;
}

/* A nullable value makes the elements nullable. */
static const Type *infer_append(InferCtx *infer, Err *err)
{
    const Type *elem = infer_with_value(infer, err, 2);
    if (!elem) return NULL;
    return type_array(infer->ctx->arena, type_with_null(infer->ctx->arena, elem, elem->nullable || infer->args[1]->type->nullable), false);
}

FN_BODY(fn_contains)
{
    if (args[0].null) return ret_null(out);
    const Nested *list = args[0].v.nested;
    for (uint32_t i = 0; i < list->len; i++)
        if (element_equal(arg_type(call, 1), &list->items[i], &args[1])) return ret_bool(out, true);
    return ret_bool(out, false);
}

FN_BODY(fn_position)
{
    const Nested *list = args[0].v.nested;
    for (uint32_t i = 0; i < list->len; i++)
        if (element_equal(arg_type(call, 1), &list->items[i], &args[1])) return ret_int(out, (int32_t)i + 1);
    return ret_int(out, 0);
}

FN_BODY(fn_remove)
{
    if (args[0].null) return ret_null(out);
    const Nested *list = args[0].v.nested;
    Nested *kept = nested_new(env->arena, list->len, list->len);
    kept->len = 0;
    for (uint32_t i = 0; i < list->len; i++)
        if (!element_equal(arg_type(call, 1), &list->items[i], &args[1])) kept->items[kept->len++] = list->items[i];
    return ret_list(out, kept);
}

static bool add_element(EvalEnv *env, const Datum *args, bool front, Datum *out)
{
    if (args[0].null) return ret_null(out);
    const Nested *list = args[0].v.nested;
    Nested *grown = nested_new(env->arena, list->len + 1, list->len + 1);
    memcpy(grown->items + front, list->items, list->len * sizeof(Datum));
    grown->items[front ? 0 : list->len] = args[1];
    return ret_list(out, grown);
}
FN_BODY(fn_append) { return add_element(env, args, false, out); }
FN_BODY(fn_prepend) { return add_element(env, args, true, out); }

/* ---- one array ---- */

FN_BODY(fn_reverse)
{
    const Nested *list = args[0].v.nested;
    Nested *turned = nested_new(env->arena, list->len, list->len);
    for (uint32_t i = 0; i < list->len; i++) turned->items[i] = list->items[list->len - 1 - i];
    return ret_list(out, turned);
}

/* Bounds are 1-based and inclusive, negative from the end; 0 counts as 1. */
FN_BODY(fn_slice)
{
    const Nested *list = args[0].v.nested;
    int64_t n = list->len, from = args[1].v.i32, to = arg_count(call) > 2 ? args[2].v.i32 : n;
    if (from < 0) from += n + 1;
    if (to < 0) to += n + 1;
    if (to == 0) to = 1;
    if (from < 1) from = 1;
    if (to > n) to = n;
    uint32_t len = n == 0 || to < from ? 0 : (uint32_t)(to - from + 1);
    Nested *part = nested_new(env->arena, len, len);
    if (len) memcpy(part->items, list->items + from - 1, len * sizeof(Datum));
    return ret_list(out, part);
}

static bool is_sortable(const Type *type)
{
    return type->kind != TYPE_BOOLEAN && type->kind != TYPE_VARIANT && type->kind != TYPE_BITMAP && type->kind != TYPE_NULL && !type_is_nested(type);
}

static const Type *infer_sort(InferCtx *infer, Err *err)
{
    const Type *elem = element_type(infer, 0);
    if (!elem || infer->nargs > 3 || !is_sortable(elem)) return infer_refuse(infer, err);
    for (uint32_t i = 1; i < infer->nargs; i++) {
        if (infer->args[i]->type->kind == TYPE_NULL) infer_cast(infer, i, type_simple(TYPE_BOOLEAN, true));
        if (infer->args[i]->type->kind != TYPE_BOOLEAN) return infer_refuse(infer, err);
    }
    return infer->args[0]->type;
}

typedef struct SortOrder { const Type *type; bool ascending, nulls_first; } SortOrder;

static int sort_cmp(const void *a, const void *b, void *order)
{
    const SortOrder *o = order;
    const Datum *x = a, *y = b;
    if (x->null || y->null) return x->null == y->null ? 0 : x->null == o->nulls_first ? -1 : 1;
    int c = datum_cmp(o->type, x, y);
    return o->ascending ? c : -c;
}

/* Bottom-up merge sort: stable, no comparator globals. */
static void sort_items(Arena *arena, Datum *items, uint32_t n, SortOrder *order)
{
    Datum *from = items, *to = ARENA_ARRAY(arena, Datum, n);
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t lo = 0; lo < n; lo += 2 * width) {
            uint64_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n, a = lo, b = mid;
            for (uint64_t k = lo; k < hi; k++) to[k] = b >= hi || (a < mid && sort_cmp(&from[a], &from[b], order) <= 0) ? from[a++] : from[b++];
        }
        Datum *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, n * sizeof(Datum));
}

FN_BODY(fn_sort)
{
    const Nested *list = args[0].v.nested;
    SortOrder order = { arg_type(call, 0)->elem, arg_count(call) < 2 || args[1].v.b, false };
    order.nulls_first = arg_count(call) > 2 ? args[2].v.b : order.ascending;
    Nested *sorted = nested_new(env->arena, list->len, list->len);
    if (list->len) memcpy(sorted->items, list->items, list->len * sizeof(Datum));
    sort_items(scratch_arena(), sorted->items, list->len, &order);
    return ret_list(out, sorted);
}

static const Type *infer_extreme(InferCtx *infer, Err *err)
{
    const Type *elem = element_type(infer, 0);
    if (!elem || infer->nargs != 1 || !is_sortable(elem)) return infer_refuse(infer, err);
    return type_with_null(infer->ctx->arena, elem, true);
}

/* Is a before b by the language's < : false as soon as a NaN takes part. */
static bool is_less(const Type *type, const Datum *a, const Datum *b)
{
    if (type->kind == TYPE_DOUBLE) return a->v.f64 < b->v.f64;
    if (type->kind == TYPE_FLOAT) return a->v.f32 < b->v.f32;
    return datum_cmp(type, a, b) < 0;
}

static bool extreme(const FuncCall *call, const Datum *args, bool max, Datum *out)
{
    const Nested *list = args[0].v.nested;
    const Type *type = arg_type(call, 0)->elem;
    const Datum *best = NULL;
    for (uint32_t i = 0; i < list->len; i++) {
        const Datum *item = &list->items[i];
        if (item->null) continue;
        if (!best || (max ? is_less(type, best, item) : is_less(type, item, best))) best = item;
    }
    if (!best) return ret_null(out);
    *out = *best;
    return true;
}
FN_BODY(fn_max) { return extreme(call, args, true, out); }
FN_BODY(fn_min) { return extreme(call, args, false, out); }

static const Type *infer_join(InferCtx *infer, Err *err)
{
    const Type *elem = element_type(infer, 0);
    if (!elem || !type_is_string(elem) || infer->nargs < 2 || infer->nargs > 3) return infer_refuse(infer, err);
    for (uint32_t i = 1; i < infer->nargs; i++) {
        if (infer->args[i]->type->kind == TYPE_NULL) infer_cast(infer, i, type_string(true));
        if (!type_is_string(infer->args[i]->type)) return infer_refuse(infer, err);
    }
    return type_string(false);
}

FN_BODY(fn_join)
{
    const Nested *list = args[0].v.nested;
    ArenaBuf buf = arena_buf(env->arena);
    bool first = true;
    for (uint32_t i = 0; i < list->len; i++) {
        if (list->items[i].null && arg_count(call) < 3) continue;
        if (!first) buf_adds(&buf, arg_str(&args[1]));
        first = false;
        buf_adds(&buf, arg_str(list->items[i].null ? &args[2] : &list->items[i]));
    }
    return ret_buf(out, &buf);
}

/* ---- size ---- */

static const Type *infer_cardinality(InferCtx *infer, Err *err)
{
    const Type *type = infer->nargs == 1 ? infer->args[0]->type : NULL;
    if (!type || (type->kind != TYPE_ARRAY && type->kind != TYPE_MAP && type->kind != TYPE_MULTISET)) return infer_refuse(infer, err);
    return type_simple(TYPE_INT, false);
}

FN_BODY(fn_cardinality)
{
    const Nested *list = args[0].v.nested;
    if (arg_type(call, 0)->kind != TYPE_MULTISET) return ret_int(out, (int32_t)list->len);
    for (uint32_t i = 0; i < list->len; i++) out->v.i32 += list->items[2 * i + 1].v.i32;
    return true;
}

static const Type *infer_element(InferCtx *infer, Err *err)
{
    const Type *elem = infer->nargs == 1 ? element_type(infer, 0) : NULL;
    if (!elem) return infer_refuse(infer, err);
    infer->keep_null = true;
    return type_with_null(infer->ctx->arena, elem, elem->nullable || infer->args[0]->type->nullable);
}

FN_BODY(fn_element)
{
    const Nested *list = args[0].v.nested;
    if (list->len > 1) return err_set(err, E_DATA, "ELEMENT wants an array of one element, this one has %u", list->len);
    if (list->len == 0) return ret_null(out);
    *out = list->items[0];
    return true;
}

/* ---- sets ---- */

/* All arguments become arrays of their common element type. */
static const Type *infer_sets(InferCtx *infer, Err *err)
{
    Arena *arena = infer->ctx->arena;
    const Type **types = ARENA_ARRAY(arena, const Type *, infer->nargs + 1);
    bool nullable = false;
    for (uint32_t i = 0; i < infer->nargs; i++) {
        types[i] = element_type(infer, i);
        if (!types[i]) return infer_refuse(infer, err);
        nullable |= types[i]->nullable;
    }
    const Type *elem = infer->nargs ? type_common_flink(arena, types, infer->nargs) : NULL;
    if (!elem) return infer_refuse(infer, err);
    elem = type_with_null(arena, elem, nullable);
    for (uint32_t i = 0; i < infer->nargs; i++) infer_cast(infer, i, type_array(arena, elem, true));
    return type_array(arena, elem, false);
}

static const Type *infer_two_sets(InferCtx *infer, Err *err) { return infer->nargs == 2 ? infer_sets(infer, err) : infer_refuse(infer, err); }

static const Type *infer_same_array(InferCtx *infer, Err *err)
{
    return infer->nargs == 1 && element_type(infer, 0) ? infer->args[0]->type : infer_refuse(infer, err);
}

/* Values seen, by hash; lives in scratch. */
typedef struct Seen { const Type *type; const Datum **slot; uint32_t mask; } Seen;

static Seen seen_new(Arena *arena, const Type *type, uint32_t n)
{
    uint32_t size = 16;
    while (size < n * 2) size *= 2;
    return (Seen){ type, ARENA_ARRAY(arena, const Datum *, size), size - 1 };
}

/* Slot where value stands or would stand; NaN never stands anywhere yet, as it equals nothing. */
static const Datum **seen_slot(const Seen *seen, const Datum *value)
{
    uint32_t i = (uint32_t)(value->null ? 0 : datum_hash(seen->type, value)) & seen->mask;
    bool nan = !value->null && ((seen->type->kind == TYPE_DOUBLE && value->v.f64 != value->v.f64) || (seen->type->kind == TYPE_FLOAT && value->v.f32 != value->v.f32));
    while (seen->slot[i] && (nan || !(seen->slot[i]->null ? value->null : !value->null && datum_eq(seen->type, seen->slot[i], value)))) i = (i + 1) & seen->mask;
    return &seen->slot[i];
}

/* Adds the items of list that are not in `seen` (or, with `among`, that are in it and were not added before). */
static void add_distinct(Nested *result, Seen *added, const Seen *among, bool want, const Nested *list)
{
    for (uint32_t i = 0; i < list->len; i++) {
        const Datum *item = &list->items[i], **slot = seen_slot(added, item);
        if (*slot || (among && (*seen_slot(among, item) != NULL) != want)) continue;
        *slot = item;
        result->items[result->len++] = *item;
    }
}

static Nested *empty_result(EvalEnv *env, uint32_t room)
{
    Nested *result = nested_new(env->arena, room, room);
    result->len = 0;
    return result;
}

FN_BODY(fn_distinct)
{
    const Nested *list = args[0].v.nested;
    Seen added = seen_new(scratch_arena(), arg_type(call, 0)->elem, list->len);
    Nested *result = empty_result(env, list->len);
    add_distinct(result, &added, NULL, false, list);
    return ret_list(out, result);
}

FN_BODY(fn_union)
{
    const Nested *a = args[0].v.nested, *b = args[1].v.nested;
    Seen added = seen_new(scratch_arena(), arg_type(call, 0)->elem, a->len + b->len);
    Nested *result = empty_result(env, a->len + b->len);
    add_distinct(result, &added, NULL, false, a);
    add_distinct(result, &added, NULL, false, b);
    return ret_list(out, result);
}

static bool compare_sets(const FuncCall *call, EvalEnv *env, const Datum *args, bool common, Datum *out)
{
    const Nested *a = args[0].v.nested, *b = args[1].v.nested;
    const Type *elem = arg_type(call, 0)->elem;
    Arena *scratch = scratch_arena();
    Seen among = seen_new(scratch, elem, b->len), added = seen_new(scratch, elem, a->len);
    for (uint32_t i = 0; i < b->len; i++) *seen_slot(&among, &b->items[i]) = &b->items[i];
    Nested *result = empty_result(env, a->len);
    add_distinct(result, &added, &among, common, a);
    return ret_list(out, result);
}
FN_BODY(fn_except) { return compare_sets(call, env, args, false, out); }
FN_BODY(fn_intersect) { return compare_sets(call, env, args, true, out); }

FN_BODY(fn_concat)
{
    uint32_t total = 0, at = 0;
    for (uint32_t i = 0; i < arg_count(call); i++) total += args[i].v.nested->len;
    Nested *result = nested_new(env->arena, total, total);
    for (uint32_t i = 0; i < arg_count(call); i++) {
        const Nested *list = args[i].v.nested;
        if (list->len) memcpy(result->items + at, list->items, list->len * sizeof(Datum));
        at += list->len;
    }
    return ret_list(out, result);
}

#define STRICT_TOTAL (FN_STRICT | FN_TOTAL)
#define ARRAY_ROW(NAME, ARGS, FLAGS, INFER, BODY, DOC, EXAMPLE, RESULT) FN_ROW(NAME, ARGS, NULL, FLAGS, INFER, BODY, NULL, "collection", DOC, EXAMPLE, RESULT)
const FuncDef fn_array_table[] = {
    ARRAY_ROW("ARRAY_CONTAINS", "=array,any", FN_TOTAL, infer_contains, fn_contains, "Is the value an element of the array?", "ARRAY_CONTAINS(ARRAY[1, 2], 2)", "TRUE"),
    ARRAY_ROW("ARRAY_POSITION", "=array,any", STRICT_TOTAL, infer_position, fn_position, "Place of the first such element, 0 if there is none.", "ARRAY_POSITION(ARRAY[4, 5, 5], 5)", "2"),
    ARRAY_ROW("ARRAY_REMOVE", "=array,any", FN_TOTAL, infer_remove, fn_remove, "The array without elements of a value.", "ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", "[2]"),
    ARRAY_ROW("ARRAY_APPEND", "=array,any", FN_TOTAL, infer_append, fn_append, "The array with one more element at its end.", "ARRAY_APPEND(ARRAY[1, 2], 3)", "[1, 2, 3]"),
    ARRAY_ROW("ARRAY_PREPEND", "=array,any", FN_TOTAL, infer_append, fn_prepend, "The array with one more element in front.", "ARRAY_PREPEND(ARRAY[1, 2], 3)", "[3, 1, 2]"),
    ARRAY_ROW("ARRAY_REVERSE", "=array", STRICT_TOTAL, infer_same_array, fn_reverse, "The array backwards.", "ARRAY_REVERSE(ARRAY[1, 2])", "[2, 1]"),
    FN_ROW("ARRAY_SLICE", "array,integer,integer?", "$1", STRICT_TOTAL, NULL, fn_slice, NULL, "collection", "Elements from a place to another, both included; negative places count from the end.", "ARRAY_SLICE(ARRAY[1, 2, 3, 4], 2, 3)", "[2, 3]"),
    ARRAY_ROW("ARRAY_SORT", "=array,bool?,bool?", STRICT_TOTAL, infer_sort, fn_sort, "The array in order: ascending unless FALSE is given, NULLs first when ascending.", "ARRAY_SORT(ARRAY[3, 1, 2])", "[1, 2, 3]"),
    ARRAY_ROW("ARRAY_MAX", "=array", STRICT_TOTAL | FN_NULLABLE, infer_extreme, fn_max, "The greatest element, NULL if there is none.", "ARRAY_MAX(ARRAY[1, 3, 2])", "3"),
    ARRAY_ROW("ARRAY_MIN", "=array", STRICT_TOTAL | FN_NULLABLE, infer_extreme, fn_min, "The least element, NULL if there is none.", "ARRAY_MIN(ARRAY[2, 1, 3])", "1"),
    ARRAY_ROW("ARRAY_JOIN", "=array,str,str?", STRICT_TOTAL, infer_join, fn_join, "The texts of an array joined; NULLs are left out or replaced by a third argument.", "ARRAY_JOIN(ARRAY['a', 'b'], '-')", "a-b"),
    ARRAY_ROW("CARDINALITY", "=array|map|multiset", STRICT_TOTAL, infer_cardinality, fn_cardinality, "Number of elements or entries.", "CARDINALITY(ARRAY[1, 2, 3])", "3"),
    ARRAY_ROW("ELEMENT", "=array|multiset", FN_STRICT, infer_element, fn_element, "The only element of an array.", "ELEMENT(ARRAY[7])", "7"),
    ARRAY_ROW("ARRAY_DISTINCT", "=array", STRICT_TOTAL, infer_same_array, fn_distinct, "The array without repeated elements.", "ARRAY_DISTINCT(ARRAY[1, 2, 1])", "[1, 2]"),
    ARRAY_ROW("ARRAY_UNION", "=array,array", STRICT_TOTAL, infer_two_sets, fn_union, "Elements of either array, each once.", "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 3]"),
    ARRAY_ROW("ARRAY_EXCEPT", "=array,array", STRICT_TOTAL, infer_two_sets, fn_except, "Elements of the first array that the second lacks, each once.", "ARRAY_EXCEPT(ARRAY[1, 2, 3], ARRAY[2])", "[1, 3]"),
    ARRAY_ROW("ARRAY_INTERSECT", "=array,array", STRICT_TOTAL, infer_two_sets, fn_intersect, "Elements that both arrays have, each once.", "ARRAY_INTERSECT(ARRAY[1, 2, 3], ARRAY[3, 2])", "[2, 3]"),
    ARRAY_ROW("ARRAY_CONCAT", "=array+", STRICT_TOTAL, infer_sets, fn_concat, "The arrays one after the other.", "ARRAY_CONCAT(ARRAY[1], ARRAY[2, 1])", "[1, 2, 1]"),
    FN_END
};
