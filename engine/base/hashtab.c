/* StrMap: growth, insertion, removal. Removal shifts the cluster back, so there are no tombstones and probes stay short;
 * pool bytes of removed keys are reclaimed by rewriting the pool once half of it is dead. */
#include "engine/base/hashtab.h"

#include <stdlib.h>

enum { INDEX_MIN = 16, AHEAD = 12, POOL_SLACK = 4096 };

static void index_insert(StrMap *map, uint64_t hash, uint32_t slot)
{
    uint32_t at = (uint32_t)hash & map->mask;
    while (map->index[at]) at = (at + 1) & map->mask;
    map->index[at] = hash >> 32 << 32 | (slot + 1);
}

static void index_resize(StrMap *map, uint32_t entries)
{
    free(map->index);
    map->index = xcalloc(entries, sizeof *map->index);
    map->mask = entries - 1;
    for (uint32_t slot = strmap_first(map); slot != STRMAP_NONE; slot = strmap_next(map, slot))
        index_insert(map, map->slots[slot].hash, slot);
}

static void slots_resize(StrMap *map, uint32_t cap)
{
    map->slots = xrealloc(map->slots, sizeof *map->slots * (size_t)cap);
    if (map->values) {
        map->values = xrealloc(map->values, sizeof *map->values * (size_t)cap);
        memset(map->values + map->cap, 0, sizeof *map->values * (size_t)(cap - map->cap));
    }
    map->cap = cap;
}

void strmap_reserve(StrMap *map, uint32_t n)
{
    uint32_t entries = map->index ? map->mask + 1 : INDEX_MIN;
    while (entries / 2 < n) entries *= 2;
    if (!map->index || entries > map->mask + 1) index_resize(map, entries);
    if (map->cap < n) slots_resize(map, n);
}

static void pool_put(StrMap *map, StrMapSlot *slot, const char *bytes, uint32_t len)
{
    if (map->pool_cap - map->pool_len < len) {
        map->pool_cap = map->pool_cap ? map->pool_cap * 2 : 256;
        if (map->pool_cap < map->pool_len + len) map->pool_cap = map->pool_len + len;
        map->pool = xrealloc(map->pool, map->pool_cap);
    }
    memcpy(map->pool + map->pool_len, bytes, len);
    memcpy(slot->bytes + 4, &map->pool_len, sizeof map->pool_len);
    map->pool_len += len;
}

/* Rewrites the pool without the bytes of removed keys. */
static void pool_compact(StrMap *map)
{
    char *old = map->pool;
    map->pool_cap = map->pool_len - map->pool_dead + POOL_SLACK;
    map->pool = xmalloc(map->pool_cap);
    map->pool_len = map->pool_dead = 0;
    for (uint32_t i = strmap_first(map); i != STRMAP_NONE; i = strmap_next(map, i)) {
        StrMapSlot *slot = &map->slots[i];
        uint64_t offset;
        if (slot->len <= STRMAP_INLINE) continue;
        memcpy(&offset, slot->bytes + 4, sizeof offset);
        pool_put(map, slot, old + offset, slot->len);
    }
    free(old);
}

static uint32_t slot_take(StrMap *map)
{
    if (map->free) {
        uint32_t slot = map->free - 1;
        map->free = map->slots[slot].next;
        return slot;
    }
    if (map->used == map->cap) slots_resize(map, map->cap ? map->cap * 2 : INDEX_MIN / 2);
    return map->used++;
}

static uint32_t slot_insert(StrMap *map, Str key, uint64_t hash)
{
    if (!map->index || (uint64_t)(map->len + 1) * 2 > (uint64_t)map->mask + 1)
        index_resize(map, map->index ? (map->mask + 1) * 2 : INDEX_MIN);
    uint32_t number = slot_take(map);
    StrMapSlot *slot = &map->slots[number];
    *slot = (StrMapSlot){ .hash = hash, .prev = map->last, .next = 0, .len = key.len };
    if (key.len > STRMAP_INLINE) pool_put(map, slot, key.ptr, key.len);
    else if (key.len) memcpy(slot->bytes, key.ptr, key.len);
    if (map->last) map->slots[map->last - 1].next = number + 1;
    else map->first = number + 1;
    map->last = number + 1;
    map->len++;
    index_insert(map, hash, number);
    return number;
}

uint32_t strmap_put_hashed(StrMap *map, Str key, uint64_t hash, bool *added)
{
    uint32_t slot = strmap_find_hashed(map, key, hash);
    if (added) *added = slot == STRMAP_NONE;
    return slot == STRMAP_NONE ? slot_insert(map, key, hash) : slot;
}

/* Two stages: the index line of a key to come, then the slot its entry names. */
static inline void fetch_ahead(const StrMap *map, const uint64_t *hashes, uint32_t i, uint32_t n)
{
    if (!map->index || i + AHEAD >= n) return;
    __builtin_prefetch(&map->index[(uint32_t)hashes[i + AHEAD] & map->mask]);
    uint64_t entry = map->index[(uint32_t)hashes[i + AHEAD / 2] & map->mask];
    if (entry) __builtin_prefetch(&map->slots[(uint32_t)entry - 1]);
}

void strmap_put_batch(StrMap *map, const char *bytes, const uint32_t *offsets, const uint64_t *hashes, uint32_t n, uint32_t *slots, uint8_t *added)
{
    for (uint32_t i = 0; i < n; i++) {
        fetch_ahead(map, hashes, i, n);
        Str key = { bytes + offsets[i], offsets[i + 1] - offsets[i] };
        uint32_t slot = strmap_find_hashed(map, key, hashes[i]);
        if (added) added[i] = slot == STRMAP_NONE;
        slots[i] = slot == STRMAP_NONE ? slot_insert(map, key, hashes[i]) : slot;
    }
}

void strmap_find_batch(const StrMap *map, const char *bytes, const uint32_t *offsets, const uint64_t *hashes, uint32_t n, uint32_t *slots)
{
    for (uint32_t i = 0; i < n; i++) {
        fetch_ahead(map, hashes, i, n);
        slots[i] = strmap_find_hashed(map, (Str){ bytes + offsets[i], offsets[i + 1] - offsets[i] }, hashes[i]);
    }
}

/* Empties index entry `at` and closes the gap: an entry moves back unless that would put it before its home. */
static void index_remove(StrMap *map, uint32_t at)
{
    for (uint32_t next = (at + 1) & map->mask; map->index[next]; next = (next + 1) & map->mask) {
        uint32_t home = (uint32_t)map->slots[(uint32_t)map->index[next] - 1].hash & map->mask;
        if (((next - home) & map->mask) < ((next - at) & map->mask)) continue;
        map->index[at] = map->index[next];
        at = next;
    }
    map->index[at] = 0;
}

void strmap_remove_slot(StrMap *map, uint32_t number)
{
    StrMapSlot *slot = &map->slots[number];
    uint32_t at = (uint32_t)slot->hash & map->mask;
    while ((uint32_t)map->index[at] != number + 1) at = (at + 1) & map->mask;
    index_remove(map, at);
    if (slot->prev) map->slots[slot->prev - 1].next = slot->next;
    else map->first = slot->next;
    if (slot->next) map->slots[slot->next - 1].prev = slot->prev;
    else map->last = slot->prev;
    if (slot->len > STRMAP_INLINE) map->pool_dead += slot->len;
    if (map->values) map->values[number] = NULL;
    slot->next = map->free;
    slot->prev = number + 1;
    map->free = number + 1;
    map->len--;
    if (map->pool_dead > POOL_SLACK && map->pool_dead > map->pool_len / 2) pool_compact(map);
}

bool strmap_remove(StrMap *map, Str key)
{
    uint32_t slot = strmap_find(map, key);
    if (slot == STRMAP_NONE) return false;
    strmap_remove_slot(map, slot);
    return true;
}

void strmap_clear(StrMap *map)
{
    if (map->index) memset(map->index, 0, sizeof *map->index * ((size_t)map->mask + 1));
    if (map->values) memset(map->values, 0, sizeof *map->values * (size_t)map->cap);
    map->len = map->used = map->first = map->last = map->free = 0;
    map->pool_len = map->pool_dead = 0;
}

void strmap_free(StrMap *map)
{
    free(map->index);
    free(map->slots);
    free(map->pool);
    free(map->values);
    *map = (StrMap){ 0 };
}

size_t strmap_bytes(const StrMap *map)
{
    size_t index = map->index ? sizeof *map->index * ((size_t)map->mask + 1) : 0;
    return index + map->cap * (sizeof *map->slots + (map->values ? sizeof *map->values : 0)) + map->pool_cap;
}

void strmap_set(StrMap *map, Str key, void *value)
{
    uint32_t slot = strmap_put(map, key, NULL);
    if (!map->values) map->values = xcalloc(map->cap, sizeof *map->values);
    map->values[slot] = value;
}
