/* Aggregates that keep values: FIRST_VALUE, LAST_VALUE, LISTAGG, ARRAY_AGG, COLLECT, PERCENTILE, SINGLE_VALUE.
 * Values are kept encoded, in order of arrival; taking back removes the first equal one and leaves the order of the rest.
 * FIRST_VALUE and LAST_VALUE over append-only input keep one value. Memory is owned by the state. */
#include "engine/expr/agg_impl.h"
#include "engine/type/rowcodec.h"
#include "engine/type/decimal.h"
#include <math.h>
#include <stdlib.h>

static const Type *value_type(const AggItem *item) { return item->call.arg_types[0]; }

/* --- lists of values --- */

static bool list_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)err;
    for (uint32_t i = 0; i < n; i++) {
        Datum value = vec_get(&args[0], rows[i]);
        if (agg_sign(ops, rows[i]) > 0) list_add(agg_at(states[i], item), value_type(item), &value);
        else list_remove(agg_at(states[i], item), value_type(item), &value);
    }
    return true;
}

static void list_merge(const AggItem *item, void *into, const void *from)
{
    (void)item;
    const AggList *b = from;
    for (uint32_t i = 0; i < b->n; i++) list_add_key(into, list_key(b, i));
}

static void list_encode_state(const AggItem *item, const void *state, StrBuf *out) { (void)item; list_encode(state, out); }
static bool list_decode_state(const AggItem *item, Reader *in, void *state) { (void)item; return list_decode(state, in); }
static void list_destroy(const AggItem *item, void *state) { (void)item; list_free(state); }

static bool damaged(Err *err) { return err_set(err, E_INTERNAL, "state of an aggregate cannot be read"); }

static bool array_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    const AggList *list = state;
    *out = datum_null();
    if (list->n == 0) return true;
    Nested *array = nested_new(arena, list->n, list->n);
    for (uint32_t i = 0; i < list->n; i++)
        if (!list_get(list, i, value_type(item), arena, &array->items[i])) return damaged(err);
    out->null = false;
    out->v.nested = array;
    return true;
}

static bool ends_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    const AggList *list = state;
    *out = datum_null();
    if (list->n == 0) return true;
    bool first = item->call.def->name[0] == 'F';
    return list_get(list, first ? 0 : list->n - 1, value_type(item), arena, out) || damaged(err);
}

#define LIST_IMPL(RESULT) .size = sizeof(AggList), .destroy = list_destroy, .update = list_update, .merge = list_merge, .result = RESULT, \
    .encode = list_encode_state, .decode = list_decode_state
static const AggImpl array_impl = { LIST_IMPL(array_result), .keep_nulls = true }, array_ignoring_impl = { LIST_IMPL(array_result) },
    ends_impl = { LIST_IMPL(ends_result) };

const AggImpl *agg_choose_list(const AggCall *call) { return call->ignore_nulls ? &array_ignoring_impl : &array_impl; }

/* --- FIRST_VALUE, LAST_VALUE without taking back: one value --- */

static bool end_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)ops; (void)err;
    bool first = item->call.def->name[0] == 'F';
    for (uint32_t i = 0; i < n; i++) {
        StrBuf *kept = agg_at(states[i], item);
        if (first && kept->len) continue;
        Datum value = vec_get(&args[0], rows[i]);
        strbuf_clear(kept);
        datum_encode(value_type(item), &value, kept);
    }
    return true;
}

static void end_merge(const AggItem *item, void *into, const void *from)
{
    StrBuf *a = into;
    const StrBuf *b = from;
    bool first = item->call.def->name[0] == 'F';
    if (b->len == 0 || (first && a->len)) return;
    strbuf_clear(a);
    strbuf_adds(a, strbuf_str(b));
}

static bool end_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    Str kept = strbuf_str(state);
    Reader reader = { kept.ptr, kept.ptr + kept.len, false };
    *out = datum_null();
    return kept.len == 0 || datum_decode(value_type(item), &reader, arena, out) || damaged(err);
}

static void bytes_encode(const AggItem *item, const void *state, StrBuf *out) { (void)item; strbuf_put_str(out, strbuf_str(state)); }

static bool bytes_decode(const AggItem *item, Reader *in, void *state)
{
    (void)item;
    strbuf_adds(state, reader_str(in));
    return !in->bad;
}

static void bytes_destroy(const AggItem *item, void *state) { (void)item; strbuf_free(state); }

static const AggImpl end_impl = { .size = sizeof(StrBuf), .destroy = bytes_destroy, .update = end_update, .merge = end_merge, .result = end_result,
                                  .encode = bytes_encode, .decode = bytes_decode };
const AggImpl *agg_choose_first_last(const AggCall *call) { return call->retract ? &ends_impl : &end_impl; }

/* --- LISTAGG --- */

/* Append-only: the text itself; `some` tells '' from nothing. */
typedef struct Joined { StrBuf text; uint64_t some; } Joined;

static Str separator(const AggItem *item)
{
    bool given = item->call.nargs > 1 && item->call.const_args && !item->call.const_args[1].null;
    return given ? datum_text(&item->call.const_args[1]) : STR(",");
}

static void joined_add(const AggItem *item, Joined *joined, Str text)
{
    if (joined->some) strbuf_adds(&joined->text, separator(item));
    strbuf_adds(&joined->text, text);
    joined->some = 1;
}

static bool joined_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)ops; (void)err;
    const StrView *data = args[0].data;
    for (uint32_t i = 0; i < n; i++) joined_add(item, agg_at(states[i], item), strview_str(&data[rows[i]]));
    return true;
}

static void joined_merge(const AggItem *item, void *into, const void *from)
{
    const Joined *b = from;
    if (b->some) joined_add(item, into, strbuf_str(&b->text));
}

/* Of no texts: NULL, but '' where the texts cannot be NULL, as the type then is NOT NULL in Flink. */
static Datum joined_nothing(const AggItem *item) { return item->call.type->nullable ? datum_null() : (Datum){ 0 }; }

static bool joined_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)item; (void)err;
    const Joined *joined = state;
    *out = joined->some ? datum_str(arena, strbuf_str(&joined->text)) : joined_nothing(item);
    return true;
}

static void joined_encode(const AggItem *item, const void *state, StrBuf *out)
{
    (void)item;
    const Joined *joined = state;
    strbuf_put_u8(out, joined->some != 0);
    strbuf_put_str(out, strbuf_str(&joined->text));
}

static bool joined_decode(const AggItem *item, Reader *in, void *state)
{
    (void)item;
    Joined *joined = state;
    joined->some = reader_u8(in);
    strbuf_adds(&joined->text, reader_str(in));
    return !in->bad;
}

static void joined_destroy(const AggItem *item, void *state) { (void)item; strbuf_free(&((Joined *)state)->text); }

static bool listed_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    const AggList *list = state;
    Joined joined = { { 0 }, 0 };
    bool ok = true;
    for (uint32_t i = 0; i < list->n && ok; i++) {
        Datum value;
        ok = list_get(list, i, value_type(item), arena, &value);
        if (ok) joined_add(item, &joined, datum_text(&value));
    }
    *out = joined.some ? datum_str(arena, strbuf_str(&joined.text)) : joined_nothing(item);
    strbuf_free(&joined.text);
    return ok || damaged(err);
}

static const AggImpl joined_impl = { .size = sizeof(Joined), .destroy = joined_destroy, .update = joined_update, .merge = joined_merge,
                                     .result = joined_result, .encode = joined_encode, .decode = joined_decode };
static const AggImpl listed_impl = { LIST_IMPL(listed_result) };
const AggImpl *agg_choose_listagg(const AggCall *call) { return call->retract ? &listed_impl : &joined_impl; }

/* --- COLLECT --- */

static bool collect_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)err;
    for (uint32_t i = 0; i < n; i++) {
        Datum value = vec_get(&args[0], rows[i]);
        bag_add(agg_at(states[i], item), value_type(item), &value, agg_sign(ops, rows[i]));
    }
    return true;
}

static void collect_merge(const AggItem *item, void *into, const void *from)
{
    (void)item;
    const AggBag *b = from;
    for (uint32_t s = strmap_first(&b->map); s != STRMAP_NONE; s = strmap_next(&b->map, s)) bag_add_key(into, strmap_key(&b->map, s), b->counts[s]);
}

static bool collect_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    const AggBag *bag = state;
    Nested *set = nested_new(arena, 0, 2 * strmap_len(&bag->map));
    for (uint32_t s = strmap_first(&bag->map); s != STRMAP_NONE; s = strmap_next(&bag->map, s)) {
        if (bag->counts[s] < 0) continue;        /* a delete that came before its insert */
        Str key = strmap_key(&bag->map, s);
        Reader reader = { key.ptr, key.ptr + key.len, false };
        if (!datum_decode(value_type(item), &reader, arena, &set->items[2 * set->len])) return damaged(err);
        set->items[2 * set->len + 1] = datum_i32((int32_t)bag->counts[s]);
        set->len++;
    }
    *out = datum_null();
    out->null = false;
    out->v.nested = set;
    return true;
}

static void collect_encode(const AggItem *item, const void *state, StrBuf *out) { (void)item; bag_encode(state, out); }
static bool collect_decode(const AggItem *item, Reader *in, void *state) { (void)item; return bag_decode(state, in); }
static void collect_destroy(const AggItem *item, void *state) { (void)item; bag_free(state); }

static const AggImpl collect_impl = { .size = sizeof(AggBag), .destroy = collect_destroy, .update = collect_update, .merge = collect_merge,
                                      .result = collect_result, .encode = collect_encode, .decode = collect_decode };
const AggImpl *agg_choose_collect(const AggCall *call) { (void)call; return &collect_impl; }

/* --- PERCENTILE: values (DOUBLE) with how often they count; linear interpolation --- */

static bool percentile_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)err;
    const Type *type = value_type(item);
    for (uint32_t i = 0; i < n; i++) {
        Datum value = vec_get(&args[0], rows[i]);
        int64_t times = item->nvalues > 2 ? ((const int64_t *)args[2].data)[rows[i]] : 1;
        if (times > 0) bag_add(agg_at(states[i], item), type, &value, times * agg_sign(ops, rows[i]));
    }
    return true;
}

typedef struct Weighted { double value; int64_t times; } Weighted;

static int by_value(const void *a, const void *b)
{
    double x = ((const Weighted *)a)->value, y = ((const Weighted *)b)->value;
    return x < y ? -1 : x > y ? 1 : (x != x) - (y != y);
}

static double value_at(const Weighted *values, uint32_t n, int64_t rank)
{
    uint32_t i = 0;
    while (i + 1 < n && rank >= values[i].times) rank -= values[i++].times;
    return values[i].value;
}

/* Flink's formula to the last digit: ranks count from 1. */
static double percentile_of(const Weighted *values, uint32_t n, int64_t total, double p)
{
    double position = p * (double)(total - 1) + 1, low = floor(position), high = ceil(position);
    double a = value_at(values, n, (int64_t)low - 1);
    return low == high ? a : (high - position) * a + (position - low) * value_at(values, n, (int64_t)low);
}

static double ratio_of(const Type *type, const Datum *v)
{
    return type->kind == TYPE_DECIMAL ? decimal_to_double(v->v.i128, type->scale) : type->kind == TYPE_DOUBLE ? v->v.f64 : type->kind == TYPE_FLOAT ? (double)v->v.f32 : (double)v->v.i32;
}

static bool percentile_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    const AggBag *bag = state;
    Weighted *values = ARENA_ARRAY(arena, Weighted, strmap_len(&bag->map) + 1);
    uint32_t n = 0;
    int64_t total = 0;
    *out = datum_null();
    for (uint32_t s = strmap_first(&bag->map); s != STRMAP_NONE; s = strmap_next(&bag->map, s)) {
        Str key = strmap_key(&bag->map, s);
        Reader reader = { key.ptr, key.ptr + key.len, false };
        Datum value;
        if (!datum_decode(value_type(item), &reader, arena, &value)) return damaged(err);
        if (bag->counts[s] <= 0) continue;
        values[n++] = (Weighted){ value.v.f64, bag->counts[s] };
        total += bag->counts[s];
    }
    if (n == 0) return true;
    qsort(values, n, sizeof *values, by_value);
    const Datum *ratio = &item->call.const_args[1];
    const Type *type = item->call.arg_types[1];
    out->null = false;
    if (type->kind != TYPE_ARRAY) { out->v.f64 = percentile_of(values, n, total, ratio_of(type, ratio)); return true; }
    Nested *array = nested_new(arena, ratio->v.nested->len, ratio->v.nested->len);
    for (uint32_t i = 0; i < array->len; i++) array->items[i] = datum_f64(percentile_of(values, n, total, ratio_of(type->elem, &ratio->v.nested->items[i])));
    out->v.nested = array;
    return true;
}

static const AggImpl percentile_impl = { .size = sizeof(AggBag), .destroy = collect_destroy, .update = percentile_update, .merge = collect_merge,
                                         .result = percentile_result, .encode = collect_encode, .decode = collect_decode };
const AggImpl *agg_choose_percentile(const AggCall *call) { (void)call; return &percentile_impl; }

/* --- SINGLE_VALUE: a scalar subquery's row --- */

static bool single_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    const AggList *list = state;
    *out = datum_null();
    if (list->n > 1) return err_at(err, E_CARDINALITY, item->call.span, "scalar subquery returned more than one row");
    return list->n == 0 || list_get(list, 0, value_type(item), arena, out) || damaged(err);
}

static const AggImpl single_impl = { LIST_IMPL(single_result), .keep_nulls = true };
const AggImpl *agg_choose_single(const AggCall *call) { (void)call; return &single_impl; }
