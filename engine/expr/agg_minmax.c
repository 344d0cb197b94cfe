/* MIN, MAX and SINGLE_VALUE. Append-only input keeps one value; input that takes back keeps every distinct value with its count and a heap
 * over them, whose top is cleaned lazily: a value that vanished stays in the heap until it comes to the top.
 * Numbers compare as Flink's comparison x > max: a first NaN stays, a later one is never taken. */
#include "engine/expr/agg_impl.h"
#include "engine/expr/kernels.h"
#include "engine/type/rowcodec.h"
#include <stdlib.h>

static int direction(const AggItem *item) { return item->call.def->name[1] == 'A' ? 1 : -1; }      /* MAX, MIN */

/* --- one fixed-width value --- */

typedef struct Best { union { bool b; int8_t i8; int16_t i16; int32_t i32; int64_t i64; float f32; double f64; i128 i128; } v; uint64_t set; } Best;

#define BEST_UPDATE(N, T, F)                                                                                               \
    static bool best_##N(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err) \
    {                                                                                                                      \
        (void)ops; (void)err;                                                                                              \
        const T *restrict data = args[0].data;                                                                             \
        const size_t offset = item->offset;                                                                                \
        if (direction(item) > 0) for (uint32_t i = 0; i < n; i++) {                                                        \
            Best *s = (Best *)((char *)states[i] + offset);                                                                \
            T x = data[rows[i]];                                                                                           \
            if (!s->set || x > s->v.F) { s->v.F = x; s->set = 1; }                                                         \
        } else for (uint32_t i = 0; i < n; i++) {                                                                          \
            Best *s = (Best *)((char *)states[i] + offset);                                                                \
            T x = data[rows[i]];                                                                                           \
            if (!s->set || x < s->v.F) { s->v.F = x; s->set = 1; }                                                         \
        }                                                                                                                  \
        return true;                                                                                                       \
    }                                                                                                                      \
    static void merge_##N(const AggItem *item, void *into, const void *from)                                               \
    {                                                                                                                      \
        Best *a = into;                                                                                                    \
        const Best *b = from;                                                                                              \
        if (b->set && (!a->set || (direction(item) > 0 ? b->v.F > a->v.F : b->v.F < a->v.F))) *a = *b;                     \
    }
BEST_UPDATE(b, bool, b)
BEST_UPDATE(i8, int8_t, i8)
BEST_UPDATE(i16, int16_t, i16)
BEST_UPDATE(i32, int32_t, i32)
BEST_UPDATE(i64, int64_t, i64)
BEST_UPDATE(f32, float, f32)
BEST_UPDATE(f64, double, f64)
BEST_UPDATE(i128, i128, i128)

static bool best_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)item; (void)arena; (void)err;
    const Best *s = state;
    *out = datum_null();
    out->null = !s->set;
    memcpy(&out->v, &s->v, sizeof s->v);
    return true;
}

static void best_encode(const AggItem *item, const void *state, StrBuf *out)
{
    Err ignored = { 0 };
    Datum value;
    best_result(item, state, NULL, &value, &ignored);
    datum_encode(item->call.type, &value, out);
}

static bool best_decode(const AggItem *item, Reader *in, void *state)
{
    Best *s = state;
    Datum value;
    if (!datum_decode(item->call.type, in, NULL, &value)) return false;      /* fixed width: needs no arena */
    memcpy(&s->v, &value.v, sizeof s->v);
    s->set = !value.null;
    return true;
}

/* --- one text --- */

typedef struct BestText { char *ptr; uint32_t len, cap; uint64_t set; } BestText;

static void text_keep(BestText *s, Str value)
{
    if (value.len > s->cap) {
        s->cap = value.len < 16 ? 16 : value.len + value.len / 2;
        s->ptr = xrealloc(s->ptr, s->cap);
    }
    if (value.len) memcpy(s->ptr, value.ptr, value.len);
    s->len = value.len;
    s->set = 1;
}

static void text_offer(const AggItem *item, BestText *s, Str value)
{
    if (!s->set || str_cmp(value, (Str){ s->ptr, s->len }) * direction(item) > 0) text_keep(s, value);
}

static bool text_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)ops; (void)err;
    const StrView *data = args[0].data;
    for (uint32_t i = 0; i < n; i++) text_offer(item, agg_at(states[i], item), strview_str(&data[rows[i]]));
    return true;
}

static void text_merge(const AggItem *item, void *into, const void *from)
{
    const BestText *b = from;
    if (b->set) text_offer(item, into, (Str){ b->ptr, b->len });
}

static bool text_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)item; (void)err;
    const BestText *s = state;
    *out = s->set ? datum_str(arena, (Str){ s->ptr, s->len }) : datum_null();
    return true;
}

static void text_encode(const AggItem *item, const void *state, StrBuf *out)
{
    (void)item;
    const BestText *s = state;
    strbuf_put_u8(out, s->set != 0);
    if (s->set) strbuf_put_str(out, (Str){ s->ptr, s->len });
}

static bool text_decode(const AggItem *item, Reader *in, void *state)
{
    (void)item;
    if (reader_u8(in)) text_keep(state, reader_str(in));
    return !in->bad;
}

static void text_destroy(const AggItem *item, void *state) { (void)item; free(((BestText *)state)->ptr); }

/* --- all values, for input that takes back --- */


/* Heap entries hold their own encoded value, because the bag forgets values whose count falls to 0. */
typedef struct Extremes { AggBag bag; StrBuf *heap; uint32_t n, cap; } Extremes;

static Datum decode_key(const Type *type, Str key, Arena *arena)
{
    Datum value = datum_null();
    Reader reader = { key.ptr, key.ptr + key.len, false };
    bool ok = datum_decode(type, &reader, arena, &value);
    return ok ? value : datum_null();
}

/* Bytes of a text follow its varint length; comparing them needs no copy, but decoding is the one place that knows the format. */
static bool above(const AggItem *item, Str a, Str b, Arena *arena)
{
    Datum x = decode_key(item->call.type, a, arena), y = decode_key(item->call.type, b, arena);
    return datum_cmp(item->call.type, &x, &y) * direction(item) > 0;
}

static void heap_up(const AggItem *item, Extremes *s, uint32_t i, Arena *arena)
{
    while (i > 0 && above(item, strbuf_str(&s->heap[i]), strbuf_str(&s->heap[(i - 1) / 2]), arena)) {
        StrBuf t = s->heap[i];
        s->heap[i] = s->heap[(i - 1) / 2];
        s->heap[(i - 1) / 2] = t;
        i = (i - 1) / 2;
    }
}

static void heap_down(const AggItem *item, Extremes *s, Arena *arena)
{
    for (uint32_t i = 0;;) {
        uint32_t best = i;
        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->n; child++)
            if (above(item, strbuf_str(&s->heap[child]), strbuf_str(&s->heap[best]), arena)) best = child;
        if (best == i) return;
        StrBuf t = s->heap[i];
        s->heap[i] = s->heap[best];
        s->heap[best] = t;
        i = best;
    }
}

static void heap_push(const AggItem *item, Extremes *s, Str key, Arena *arena)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 4;
        s->heap = xrealloc(s->heap, s->cap * sizeof *s->heap);
    }
    s->heap[s->n] = (StrBuf){ 0 };
    strbuf_adds(&s->heap[s->n], key);
    heap_up(item, s, s->n++, arena);
}

/* A value that comes and goes below the top leaves an entry each time: past four times the values there are, start afresh. */
static void heap_rebuild(const AggItem *item, Extremes *s, Arena *arena)
{
    if (s->n < 64 || s->n / 4 < strmap_len(&s->bag.map)) return;
    for (uint32_t i = 0; i < s->n; i++) strbuf_free(&s->heap[i]);
    s->n = 0;
    for (uint32_t slot = strmap_first(&s->bag.map); slot != STRMAP_NONE; slot = strmap_next(&s->bag.map, slot))
        if (s->bag.counts[slot] > 0) heap_push(item, s, strmap_key(&s->bag.map, slot), arena);
}

/* Drops tops that are no longer there: no count, or a count of what was never added. */
static void heap_clean(const AggItem *item, Extremes *s, Arena *arena)
{
    while (s->n) {
        uint32_t slot = strmap_find(&s->bag.map, strbuf_str(&s->heap[0]));
        if (slot != STRMAP_NONE && s->bag.counts[slot] > 0) return;
        strbuf_free(&s->heap[0]);
        s->heap[0] = s->heap[--s->n];
        heap_down(item, s, arena);
    }
}

static void extremes_add(const AggItem *item, Extremes *s, const Datum *value, int64_t delta, Arena *arena)
{
    int64_t after = bag_add(&s->bag, item->call.arg_types[0], value, delta);
    if (delta > 0 && after > 0 && after <= delta) heap_push(item, s, strbuf_str(&s->bag.scratch), arena);
    heap_clean(item, s, arena);
    heap_rebuild(item, s, arena);
}

static bool extremes_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)err;
    Arena *arena = arena_new();
    for (uint32_t i = 0; i < n; i++) {
        Datum value = vec_get(&args[0], rows[i]);
        ArenaMark mark = arena_mark(arena);
        extremes_add(item, agg_at(states[i], item), &value, agg_sign(ops, rows[i]), arena);
        arena_rewind(arena, mark);
    }
    arena_free(arena);
    return true;
}

static void extremes_merge(const AggItem *item, void *into, const void *from)
{
    const Extremes *b = from;
    Arena *arena = arena_new();
    for (uint32_t slot = strmap_first(&b->bag.map); slot != STRMAP_NONE; slot = strmap_next(&b->bag.map, slot)) {
        Datum value = decode_key(item->call.arg_types[0], strmap_key(&b->bag.map, slot), arena);
        extremes_add(item, into, &value, b->bag.counts[slot], arena);
    }
    arena_free(arena);
}

static bool extremes_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)err;
    const Extremes *s = state;
    *out = s->n ? decode_key(item->call.type, strbuf_str(&s->heap[0]), arena) : datum_null();
    return true;
}

static void extremes_encode(const AggItem *item, const void *state, StrBuf *out) { (void)item; bag_encode(&((const Extremes *)state)->bag, out); }

static bool extremes_decode(const AggItem *item, Reader *in, void *state)
{
    Extremes *s = state;
    if (!bag_decode(&s->bag, in)) return false;
    Arena *arena = arena_new();
    for (uint32_t slot = strmap_first(&s->bag.map); slot != STRMAP_NONE; slot = strmap_next(&s->bag.map, slot))
        if (s->bag.counts[slot] > 0) heap_push(item, s, strmap_key(&s->bag.map, slot), arena);
    arena_free(arena);
    return true;
}

static void extremes_destroy(const AggItem *item, void *state)
{
    (void)item;
    Extremes *s = state;
    for (uint32_t i = 0; i < s->n; i++) strbuf_free(&s->heap[i]);
    free(s->heap);
    bag_free(&s->bag);
}

/* --- the choice --- */

#define BEST_IMPL(N) { .size = sizeof(Best), .update = best_##N, .merge = merge_##N, .result = best_result, .encode = best_encode, .decode = best_decode }
static const AggImpl best_impls[] = {
    [PHYS_BOOL] = BEST_IMPL(b), [PHYS_I8] = BEST_IMPL(i8), [PHYS_I16] = BEST_IMPL(i16), [PHYS_I32] = BEST_IMPL(i32), [PHYS_I64] = BEST_IMPL(i64),
    [PHYS_F32] = BEST_IMPL(f32), [PHYS_F64] = BEST_IMPL(f64), [PHYS_I128] = BEST_IMPL(i128),
    [PHYS_STR] = { .size = sizeof(BestText), .destroy = text_destroy, .update = text_update, .merge = text_merge, .result = text_result, .encode = text_encode, .decode = text_decode },
};
static const AggImpl extremes_impl = { .size = sizeof(Extremes), .destroy = extremes_destroy, .update = extremes_update, .merge = extremes_merge,
                                       .result = extremes_result, .encode = extremes_encode, .decode = extremes_decode };

const AggImpl *agg_choose_minmax(const AggCall *call) { return call->retract ? &extremes_impl : &best_impls[type_phys(call->arg_types[0])]; }
