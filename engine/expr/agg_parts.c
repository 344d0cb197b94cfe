/* Parts that states are built from: bags (values with counts) and lists (values in order). Both keep values as encoded bytes, so a snapshot
 * is a copy and equality is memcmp. Memory is malloc'ed and owned by the state. Not thread-safe: a state has one owner. */
#include "engine/expr/agg_impl.h"
#include "engine/type/rowcodec.h"
#include <stdlib.h>

/* --- bags --- */

void bag_free(AggBag *bag)
{
    strmap_free(&bag->map);
    strbuf_free(&bag->scratch);
    free(bag->counts);
    memset(bag, 0, sizeof *bag);
}

int64_t bag_add_key(AggBag *bag, Str key, int64_t delta)
{
    bool added;
    uint32_t slot = strmap_put(&bag->map, key, &added);
    if (slot >= bag->cap) {
        uint32_t cap = bag->cap ? bag->cap * 2 : 4;
        while (cap <= slot) cap *= 2;
        bag->counts = xrealloc(bag->counts, cap * sizeof *bag->counts);
        bag->cap = cap;
    }
    bag->counts[slot] = (added ? 0 : bag->counts[slot]) + delta;
    int64_t count = bag->counts[slot];
    if (count == 0) strmap_remove_slot(&bag->map, slot);
    return count;
}

int64_t bag_add(AggBag *bag, const Type *type, const Datum *value, int64_t delta)
{
    strbuf_clear(&bag->scratch);
    datum_encode(type, value, &bag->scratch);
    return bag_add_key(bag, strbuf_str(&bag->scratch), delta);
}

void bag_encode(const AggBag *bag, StrBuf *out)
{
    strbuf_put_u32(out, strmap_len(&bag->map));
    for (uint32_t s = strmap_first(&bag->map); s != STRMAP_NONE; s = strmap_next(&bag->map, s)) {
        strbuf_put_str(out, strmap_key(&bag->map, s));
        strbuf_put_u64(out, (uint64_t)bag->counts[s]);
    }
}

bool bag_decode(AggBag *bag, Reader *in)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n && !in->bad; i++) {
        Str key = reader_str(in);
        int64_t count = (int64_t)reader_u64(in);
        if (in->bad || count == 0) return false;
        bag_add_key(bag, key, count);
    }
    return !in->bad;
}

/* --- lists --- */

void list_free(AggList *list)
{
    strbuf_free(&list->bytes);
    free(list->items);
    memset(list, 0, sizeof *list);
}

static void list_push(AggList *list, uint32_t at)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 4;
        list->items = xrealloc(list->items, list->cap * sizeof *list->items);
    }
    list->items[list->n].at = at;
    list->items[list->n++].len = list->bytes.len - at;
}

void list_add_key(AggList *list, Str key)
{
    uint32_t at = list->bytes.len;
    strbuf_adds(&list->bytes, key);
    list_push(list, at);
}

void list_add(AggList *list, const Type *type, const Datum *value)
{
    uint32_t at = list->bytes.len;
    datum_encode(type, value, &list->bytes);
    list_push(list, at);
}

/* Rewrites the bytes without those of removed values once they are the greater part. */
static void list_compact(AggList *list)
{
    if (list->dead < 1024 || list->dead < list->bytes.len / 2) return;
    StrBuf bytes = { 0 };
    for (uint32_t i = 0; i < list->n; i++) {
        uint32_t at = bytes.len;
        strbuf_adds(&bytes, list_key(list, i));
        list->items[i].at = at;
    }
    strbuf_free(&list->bytes);
    list->bytes = bytes;
    list->dead = 0;
}

bool list_remove_key(AggList *list, Str key)
{
    uint32_t i = 0;
    while (i < list->n && !str_eq(list_key(list, i), key)) i++;
    if (i == list->n) return false;
    list->dead += list->items[i].len;
    memmove(&list->items[i], &list->items[i + 1], (list->n - i - 1) * sizeof *list->items);
    list->n--;
    return true;
}

bool list_remove(AggList *list, const Type *type, const Datum *value)
{
    uint32_t at = list->bytes.len;
    datum_encode(type, value, &list->bytes);     /* built at the end, compared, cut off again */
    bool found = list_remove_key(list, (Str){ list->bytes.ptr + at, list->bytes.len - at });
    list->bytes.len = at;
    list_compact(list);
    return found;
}

bool list_get(const AggList *list, uint32_t i, const Type *type, Arena *arena, Datum *out)
{
    Str key = list_key(list, i);
    Reader reader = { key.ptr, key.ptr + key.len, false };
    return datum_decode(type, &reader, arena, out);
}

void list_encode(const AggList *list, StrBuf *out)
{
    strbuf_put_u32(out, list->n);
    for (uint32_t i = 0; i < list->n; i++) strbuf_put_str(out, list_key(list, i));
}

bool list_decode(AggList *list, Reader *in)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n && !in->bad; i++) list_add_key(list, reader_str(in));
    return !in->bad;
}
