/* StrMap: byte-string keys to small slot numbers (uint32), the group-by table of operators and the name table of catalogs.
 * The caller keeps its state in arrays of its own indexed by slot, or one pointer per key with strmap_set.
 * Layout: an index of 8-byte entries (32 hash bits, slot) probed linearly at load <= 1/2, and 32-byte slots that hold the
 * whole hash, keys of up to 12 bytes inline, longer ones in one pool. Freed slots are reused, the newest first.
 * Iteration is in insertion order. Any 64-bit hash will do as long as equal keys always come with the same one; use either
 * the *_hashed functions or the others on one map, never both (strmap_hash says what the others use). Not thread-safe. */
#ifndef WEIR_BASE_HASHTAB_H
#define WEIR_BASE_HASHTAB_H
#include "engine/base/hash.h"
#include "engine/base/str.h"

#define STRMAP_NONE UINT32_MAX

enum { STRMAP_INLINE = 12 };
typedef struct StrMapSlot {
    uint64_t hash;
    uint32_t prev, next;            /* insertion order; free slots: next = next free one, prev = its own number */
    uint32_t len;
    char bytes[STRMAP_INLINE];      /* the key, or (bytes 4..11) its offset in the pool */
} StrMapSlot;

typedef struct StrMap {             /* {0} is a valid empty map */
    uint64_t *index;                /* high 32 bits: hash >> 32; low: slot + 1; 0 = empty */
    StrMapSlot *slots;
    char *pool;
    void **values;                  /* by slot; NULL until strmap_set */
    uint64_t pool_len, pool_cap, pool_dead;
    uint32_t mask;                  /* index entries - 1 */
    uint32_t len;                   /* keys */
    uint32_t used, cap;             /* slots ever handed out (every live slot < used); slots allocated */
    uint32_t first, last, free;     /* slot + 1; 0 = none */
} StrMap;

static inline uint64_t strmap_hash(Str key) { return hash_bytes(key.ptr, key.len); }
static inline uint32_t strmap_len(const StrMap *map) { return map->len; }
/* Key bytes of a live slot; valid until the next put or remove. */
static inline Str strmap_key(const StrMap *map, uint32_t slot)
{
    const StrMapSlot *s = &map->slots[slot];
    uint64_t offset;
    memcpy(&offset, s->bytes + 4, sizeof offset);
    return (Str){ s->len <= STRMAP_INLINE ? s->bytes : map->pool + offset, s->len };
}
/* memcmp(...) == 0 without a call for short keys: two overlapping words. */
static inline bool strmap_same(const char *a, const char *b, uint32_t len)
{
    if (len > 16) return memcmp(a, b, len) == 0;
    if (len >= 8) {
        uint64_t x, y, u, v;
        memcpy(&x, a, 8), memcpy(&y, b, 8), memcpy(&u, a + len - 8, 8), memcpy(&v, b + len - 8, 8);
        return ((x ^ y) | (u ^ v)) == 0;
    }
    for (uint32_t i = 0; i < len; i++)
        if (a[i] != b[i]) return false;
    return true;
}
/* Slot of the key or STRMAP_NONE. */
static inline uint32_t strmap_find_hashed(const StrMap *map, Str key, uint64_t hash)
{
    if (!map->len) return STRMAP_NONE;
    uint32_t tag = (uint32_t)(hash >> 32);
    for (uint32_t at = (uint32_t)hash & map->mask;; at = (at + 1) & map->mask) {
        uint64_t entry = map->index[at];
        if (!entry) return STRMAP_NONE;
        if ((uint32_t)(entry >> 32) != tag) continue;
        uint32_t slot = (uint32_t)entry - 1;
        const StrMapSlot *s = &map->slots[slot];
        if (s->hash == hash && s->len == key.len && strmap_same(strmap_key(map, slot).ptr, key.ptr, key.len)) return slot;
    }
}
static inline uint32_t strmap_find(const StrMap *map, Str key) { return strmap_find_hashed(map, key, strmap_hash(key)); }

/* Finds or inserts (the key bytes are copied); *added (may be NULL) tells which. Slots are dense: below map->used. */
uint32_t strmap_put_hashed(StrMap *map, Str key, uint64_t hash, bool *added);
static inline uint32_t strmap_put(StrMap *map, Str key, bool *added) { return strmap_put_hashed(map, key, strmap_hash(key), added); }
/* Batches, with the index lines fetched ahead. Key i is bytes[offsets[i], offsets[i+1]), as rows_encode() leaves them.
 * put: slots[i] for every key; added[i] (may be NULL) = 1 where this call inserted it. find: STRMAP_NONE where absent. */
void strmap_put_batch(StrMap *map, const char *bytes, const uint32_t *offsets, const uint64_t *hashes, uint32_t n, uint32_t *slots, uint8_t *added);
void strmap_find_batch(const StrMap *map, const char *bytes, const uint32_t *offsets, const uint64_t *hashes, uint32_t n, uint32_t *slots);
/* Frees a live slot; its value pointer is forgotten. */
void strmap_remove_slot(StrMap *map, uint32_t slot);
bool strmap_remove(StrMap *map, Str key);                   /* false if absent */
/* Room for n keys without growing. */
void strmap_reserve(StrMap *map, uint32_t n);
void strmap_clear(StrMap *map);                             /* forgets every key, keeps the memory */
void strmap_free(StrMap *map);
size_t strmap_bytes(const StrMap *map);                     /* memory held */

/* for (uint32_t s = strmap_first(map); s != STRMAP_NONE; s = strmap_next(map, s)): insertion order.
 * To remove while walking, read the next slot first. */
static inline uint32_t strmap_first(const StrMap *map) { return map->first - 1; }
static inline uint32_t strmap_next(const StrMap *map, uint32_t slot) { return map->slots[slot].next - 1; }

/* Pointer values (not owned). strmap_get: NULL if absent. */
void strmap_set(StrMap *map, Str key, void *value);
static inline void *strmap_value(const StrMap *map, uint32_t slot) { return map->values ? map->values[slot] : NULL; }
static inline void *strmap_get(const StrMap *map, Str key)
{
    uint32_t slot = strmap_find(map, key);
    return slot == STRMAP_NONE ? NULL : strmap_value(map, slot);
}
#endif
