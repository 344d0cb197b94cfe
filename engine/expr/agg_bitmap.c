/* BITMAP_*_AGG: how many rows hold each number, so that rows can be taken back; the set, or its size, is made when the result is asked for. */
#include "engine/expr/agg_impl.h"
#include "engine/expr/fn.h"
#include "engine/type/bitmap.h"
#include <stdlib.h>

typedef struct Numbers { AggBag counts; int64_t rows; } Numbers;    /* keys: the number, 4 bytes in the machine's order */

static void number_add(Numbers *state, uint32_t number, int64_t delta) { bag_add_key(&state->counts, (Str){ (const char *)&number, sizeof number }, delta); }

static bool build_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)err;
    for (uint32_t i = 0; i < n; i++) {
        Numbers *state = agg_at(states[i], item);
        int sign = agg_sign(ops, rows[i]);
        number_add(state, (uint32_t)vec_get(&args[0], rows[i]).v.i32, sign);
        state->rows += sign;
    }
    return true;
}

static bool sets_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    bool ok = true;
    Arena *scratch = arena_new();
    for (uint32_t i = 0; i < n && ok; i++) {
        Numbers *state = agg_at(states[i], item);
        int sign = agg_sign(ops, rows[i]);
        Datum cell = vec_get(&args[0], rows[i]);
        BitmapValues values;
        ok = bitmap_read(scratch, datum_text(&cell), &values) || err_set(err, E_DATA, "bytes are no Roaring bitmap");
        for (uint32_t k = 0; ok && k < values.n; k++) number_add(state, values.v[k], sign);
        if (ok) state->rows += sign;
    }
    arena_free(scratch);
    return ok;
}

static void numbers_merge(const AggItem *item, void *into, const void *from)
{
    (void)item;
    Numbers *a = into;
    const Numbers *b = from;
    a->rows += b->rows;
    for (uint32_t s = strmap_first(&b->counts.map); s != STRMAP_NONE; s = strmap_next(&b->counts.map, s))
        bag_add_key(&a->counts, strmap_key(&b->counts.map, s), b->counts.counts[s]);
}

typedef enum SetRule { IN_ANY, IN_ALL, IN_ODD } SetRule;

static bool in_result(SetRule rule, int64_t count, int64_t rows) { return rule == IN_ANY ? count > 0 : rule == IN_ALL ? count == rows : count % 2 != 0; }

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool numbers_result(const AggItem *item, const Numbers *state, SetRule rule, Arena *arena, Datum *out)
{
    *out = datum_null();
    if (state->rows <= 0) return true;
    const StrMap *map = &state->counts.map;
    Arena *scratch = arena_new();
    uint32_t *numbers = ARENA_ARRAY(scratch, uint32_t, strmap_len(map) + 1), n = 0;
    for (uint32_t s = strmap_first(map); s != STRMAP_NONE; s = strmap_next(map, s)) {
        if (!in_result(rule, state->counts.counts[s], state->rows)) continue;
        memcpy(&numbers[n++], strmap_key(map, s).ptr, sizeof *numbers);
    }
    if (item->call.type->kind == TYPE_BITMAP) {
        qsort(numbers, n, sizeof *numbers, by_number);
        *out = datum_str(arena, bitmap_write(scratch, numbers, n));
    } else {
        *out = (Datum){ .v.i64 = n };
    }
    arena_free(scratch);
    return true;
}

#define RESULT(NAME, RULE) static bool NAME(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err) { (void)err; return numbers_result(item, state, RULE, arena, out); }
RESULT(any_result, IN_ANY)
RESULT(all_result, IN_ALL)
RESULT(odd_result, IN_ODD)

static void numbers_encode(const AggItem *item, const void *state, StrBuf *out)
{
    (void)item;
    strbuf_put_u64(out, (uint64_t)((const Numbers *)state)->rows);
    bag_encode(&((const Numbers *)state)->counts, out);
}

static bool numbers_decode(const AggItem *item, Reader *in, void *state)
{
    (void)item;
    Numbers *numbers = state;
    numbers->rows = (int64_t)reader_u64(in);
    return bag_decode(&numbers->counts, in);
}

static void numbers_destroy(const AggItem *item, void *state) { (void)item; bag_free(&((Numbers *)state)->counts); }

#define IMPL(UPDATE, RESULT) { .size = sizeof(Numbers), .destroy = numbers_destroy, .update = UPDATE, .merge = numbers_merge, .result = RESULT, \
    .encode = numbers_encode, .decode = numbers_decode }
static const AggImpl build_impl = IMPL(build_update, any_result), or_impl = IMPL(sets_update, any_result), and_impl = IMPL(sets_update, all_result),
                     xor_impl = IMPL(sets_update, odd_result);

static bool is(const AggDef *def, const char *prefix) { return strncmp(def->name, prefix, strlen(prefix)) == 0; }

const AggImpl *agg_choose_bitmap(const AggCall *call)
{
    return is(call->def, "BITMAP_BUILD") ? &build_impl : is(call->def, "BITMAP_OR") ? &or_impl : is(call->def, "BITMAP_AND") ? &and_impl : &xor_impl;
}

const Type *agg_infer_bitmap(AggInfer *infer, Err *err)
{
    if (infer->nargs != 1) return agg_refuse(infer, err);
    const Type *type = infer->args[0]->type;
    bool build = is(infer->def, "BITMAP_BUILD");
    if (build ? !type_is_integer(type) || type->kind == TYPE_BIGINT : type->kind != TYPE_BITMAP) return agg_refuse(infer, err);
    if (build) infer->args[0] = expr_coerce(infer->ctx->arena, infer->args[0], type_simple(TYPE_INT, true));
    return type_simple(strstr(infer->def->name, "CARDINALITY") ? TYPE_BIGINT : TYPE_BITMAP, true);
}
