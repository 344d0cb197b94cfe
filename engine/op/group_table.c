/* GroupTable: see the header. Lookup of a batch goes in three loops: keys and hashes of all rows, then a probe with the
 * index lines and the groups fetched ahead, so that a table larger than the cache costs one wait, not two. */
#include "engine/op/group_table.h"
#include "engine/base/hash.h"
#include "engine/type/rowcodec.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { INDEX_MIN = 64, AHEAD_INDEX = 16, AHEAD_GROUP = 8, SLAB_CHUNKS = 64, INLINE_MAX = 12 };
static const uint64_t null_string = UINT32_MAX;              /* length that no string has */

/* --- layout --- */

static bool key_is_fixed(const Type *type)
{
    Phys phys = type_phys(type);
    return phys != PHYS_STR && phys != PHYS_NESTED && phys != PHYS_I128;
}

/* Null flags in byte 0, then the cells one after the other. */
static bool keys_fit_packed(const Column *key, uint32_t ncols)
{
    uint32_t bytes = 1;
    if (ncols > 8) return false;
    for (uint32_t i = 0; i < ncols; i++) {
        if (!key_is_fixed(key[i].type)) return false;
        bytes += phys_size(type_phys(key[i].type));
    }
    return bytes <= sizeof(GroupKey);
}

void group_layout_init(GroupLayout *layout, Arena *arena, const Schema *input, const uint32_t *cols, uint32_t ncols, const AggSet *set)
{
    *layout = (GroupLayout){ .cols = cols, .ncols = ncols, .set = set };
    Column *key = ARENA_ARRAY(arena, Column, ncols + 1);
    for (uint32_t i = 0; i < ncols; i++) key[i] = input->cols[cols[i]];
    layout->key_schema = (Schema){ key, ncols };
    if (ncols == 0) layout->kind = GROUP_KEY_NONE;
    else if (ncols == 1 && key_is_fixed(key[0].type)) layout->kind = GROUP_KEY_FIXED;
    else if (ncols == 1 && type_phys(key[0].type) == PHYS_STR) layout->kind = GROUP_KEY_STRING;
    else if (keys_fit_packed(key, ncols)) layout->kind = GROUP_KEY_PACKED;
    else layout->kind = GROUP_KEY_ENCODED;
    layout->state_size = set ? aggset_size(set) : 0;
    layout->stride = (sizeof(Group) + layout->state_size + 15) / 16 * 16;
}

void group_layout_init_sized(GroupLayout *layout, Arena *arena, const Schema *input, const uint32_t *cols, uint32_t ncols, size_t state_size)
{
    group_layout_init(layout, arena, input, cols, ncols, NULL);
    layout->state_size = state_size;
    layout->stride = (sizeof(Group) + state_size + 15) / 16 * 16;
}

/* --- memory --- */

void group_table_init(GroupTable *table, const GroupLayout *layout)
{
    *table = (GroupTable){ .layout = layout };
}

/* A chunk at a time while the table is small; later slabs of many chunks on huge pages. */
static void chunk_add(GroupTable *table)
{
    size_t bytes = table->layout->stride * GROUP_CHUNK;
    uint32_t chunks = table->nchunks < SLAB_CHUNKS ? 1 : SLAB_CHUNKS;
    if (table->nchunks + chunks > table->cap_chunks) {
        table->cap_chunks = table->cap_chunks ? table->cap_chunks * 2 : 4;
        if (table->cap_chunks < table->nchunks + chunks) table->cap_chunks = table->nchunks + chunks;
        table->chunks = xrealloc(table->chunks, sizeof *table->chunks * table->cap_chunks);
    }
    char *slab = aligned_alloc(64, (bytes * chunks + 63) / 64 * 64);
    if (!slab) abort();
    if (chunks > 1) (void)madvise(slab, bytes * chunks, MADV_HUGEPAGE);
    table->slabs = xrealloc(table->slabs, sizeof *table->slabs * (table->nslabs + 1));
    table->slabs[table->nslabs++] = slab;
    for (uint32_t i = 0; i < chunks; i++) table->chunks[table->nchunks++] = slab + bytes * i;
}

static bool key_owns(const GroupLayout *layout, const GroupKey *key)
{
    uint32_t len = (uint32_t)key->w[0];
    return layout->kind >= GROUP_KEY_STRING && len > INLINE_MAX && len != UINT32_MAX;
}

static void group_release(GroupTable *table, Group *group)
{
    if (table->layout->set) aggset_destroy(table->layout->set, group_state(group));
    if (key_owns(table->layout, &group->key)) free((void *)(uintptr_t)group->key.w[1]);
    group->live = 0;
}

static void memory_free(GroupTable *table)
{
    for (uint32_t i = 0; i < table->nslabs; i++) free(table->slabs[i]);
    free(table->slabs);
    free(table->chunks);
    free(table->index);
}

void group_table_clear(GroupTable *table)
{
    for (uint32_t i = 0; i < table->used; i++) {
        Group *group = group_at(table, i);
        if (group->live) group_release(table, group);
    }
    if (table->index) memset(table->index, 0, sizeof *table->index * ((size_t)table->mask + 1));
    table->used = table->len = table->free = 0;
}

void group_table_free(GroupTable *table)
{
    group_table_clear(table);
    memory_free(table);
    group_table_init(table, table->layout);
}

/* --- index --- */

static void index_put(GroupTable *table, uint32_t hash, uint32_t slot)
{
    uint32_t at = hash & table->mask;
    while (table->index[at]) at = (at + 1) & table->mask;
    table->index[at] = (uint64_t)hash << 32 | (slot + 1);
}

static void index_grow(GroupTable *table)
{
    uint64_t *old = table->index;
    uint32_t entries = old ? table->mask + 1 : 0, bigger = entries ? entries * 2 : INDEX_MIN;
    table->index = xcalloc(bigger, sizeof *table->index);
    table->mask = bigger - 1;
    if ((size_t)bigger * sizeof *table->index >= (2u << 20)) (void)madvise(table->index, (size_t)bigger * sizeof *table->index, MADV_HUGEPAGE);
    for (uint32_t i = 0; i < entries; i++)
        if (old[i]) index_put(table, (uint32_t)(old[i] >> 32), (uint32_t)old[i] - 1);
    free(old);
}

static void index_remove(GroupTable *table, const Group *group)
{
    uint32_t hole = group->hash & table->mask;
    while ((uint32_t)table->index[hole] != group->slot + 1) hole = (hole + 1) & table->mask;
    /* Shift the cluster back so that probes need no tombstones. */
    for (uint32_t at = (hole + 1) & table->mask; table->index[at]; at = (at + 1) & table->mask) {
        uint32_t home = (uint32_t)(table->index[at] >> 32) & table->mask;
        if (((at - home) & table->mask) < ((at - hole) & table->mask)) continue;
        table->index[hole] = table->index[at];
        hole = at;
    }
    table->index[hole] = 0;
}

static inline bool key_eq(const GroupLayout *layout, const GroupKey *a, const GroupKey *b)
{
    if (a->w[0] != b->w[0]) return false;
    if (a->w[1] == b->w[1]) return true;
    return key_owns(layout, a) && memcmp((const char *)(uintptr_t)a->w[1], (const char *)(uintptr_t)b->w[1], (uint32_t)a->w[0]) == 0;
}

static inline uint32_t key_hash(const GroupLayout *layout, const GroupKey *key)
{
    if (key_owns(layout, key)) return (uint32_t)(hash_bytes((const char *)(uintptr_t)key->w[1], (uint32_t)key->w[0]) >> 16);
    uint64_t x = key->w[0] * 0x9e3779b97f4a7c15ull;
    x = ((x ^ x >> 32) + key->w[1]) * 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    return (uint32_t)(x * 0x9e3779b97f4a7c15ull >> 32);
}

static inline Group *probe(const GroupTable *table, const GroupKey *key, uint32_t hash)
{
    for (uint32_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        uint64_t entry = table->index[at];
        if (!entry) return NULL;
        if ((uint32_t)(entry >> 32) != hash) continue;
        Group *group = group_at(table, (uint32_t)entry - 1);
        if (key_eq(table->layout, &group->key, key)) return group;
    }
}

/* A free slot, entered into the index; what stands in it is the caller's to fill. */
static Group *slot_take(GroupTable *table, uint32_t hash, uint32_t *out)
{
    if (!table->index || (uint64_t)(table->len + 1) * 2 > (uint64_t)table->mask + 1) index_grow(table);
    uint32_t slot;
    if (table->free) {
        slot = table->free - 1;
        table->free = group_at(table, slot)->slot;
    } else {
        if (table->used == table->nchunks * GROUP_CHUNK) chunk_add(table);
        slot = table->used++;
    }
    table->len++;
    index_put(table, hash, slot);
    *out = slot;
    return group_at(table, slot);
}

static Group *group_add(GroupTable *table, const GroupKey *key, uint32_t hash)
{
    uint32_t slot;
    Group *group = slot_take(table, hash, &slot);
    memset(group, 0, table->layout->stride);
    group->key = *key;
    group->hash = hash;
    group->slot = slot;
    group->live = 1;
    if (key_owns(table->layout, key)) {
        uint32_t len = (uint32_t)key->w[0];
        group->key.w[1] = (uintptr_t)memcpy(xmalloc(len), (const char *)(uintptr_t)key->w[1], len);
    }
    if (table->layout->set) aggset_init(table->layout->set, group_state(group));
    return group;
}

void group_table_remove(GroupTable *table, Group *group)
{
    index_remove(table, group);
    group_release(table, group);
    uint32_t slot = group->slot;
    group->slot = table->free;
    table->free = slot + 1;
    table->len--;
}

void group_table_compact(GroupTable *table)
{
    enum { SMALL_CHUNKS = 8, SHRUNK = 4 };
    if (table->nchunks < SMALL_CHUNKS || (uint64_t)table->len * SHRUNK > (uint64_t)table->nchunks * GROUP_CHUNK) return;
    GroupTable small;
    group_table_init(&small, table->layout);
    for (uint32_t i = 0; i < table->used; i++) {
        const Group *from = group_at(table, i);
        if (!from->live) continue;
        uint32_t slot;
        Group *to = slot_take(&small, from->hash, &slot);
        memcpy(to, from, table->layout->stride);
        to->slot = slot;
    }
    memory_free(table);
    *table = small;
    malloc_trim(0);                              /* keys, rows and lists were freed one by one: their pages go back too */
}

void group_reset_state(const GroupTable *table, Group *group)
{
    if (!table->layout->set) return;
    aggset_destroy(table->layout->set, group_state(group));
    memset(group_state(group), 0, table->layout->stride - sizeof(Group));
    aggset_init(table->layout->set, group_state(group));
}

/* --- keys of a batch --- */

static inline GroupKey key_of_view(const StrView *view)
{
    GroupKey key;
    memcpy(&key, view, sizeof key);
    return key;
}

/* NaN has many bit patterns and is one group; 0.0 and -0.0 are two. */
static inline uint64_t f64_key(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return v != v ? 0x7ff8000000000000ull : bits;
}

static inline uint64_t f32_key(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return v != v ? 0x7fc00000u : bits;
}

static inline uint64_t fixed_cell(const Vec *vec, uint32_t at)
{
    switch (vec->phys) {
    case PHYS_BOOL: return ((const uint8_t *)vec->data)[at];
    case PHYS_I8: return (uint64_t)((const int8_t *)vec->data)[at];
    case PHYS_I16: return (uint64_t)((const int16_t *)vec->data)[at];
    case PHYS_I32: return (uint64_t)((const int32_t *)vec->data)[at];
    case PHYS_I64: return (uint64_t)((const int64_t *)vec->data)[at];
    case PHYS_F32: return f32_key(((const float *)vec->data)[at]);
    case PHYS_F64: return f64_key(((const double *)vec->data)[at]);
    case PHYS_I128: case PHYS_STR: case PHYS_NESTED: case PHYS_COUNT: break;
    }
    return 0;
}

static void keys_fixed(const Vec *vec, const uint32_t *rows, uint32_t n, GroupKey *keys)
{
    if (vec->form == VEC_FLAT && !vec->valid && vec->phys == PHYS_I32) {
        const int32_t *data = vec->data;
        for (uint32_t i = 0; i < n; i++) keys[i] = (GroupKey){ { (uint64_t)data[rows[i]], 0 } };
    } else if (vec->form == VEC_FLAT && !vec->valid && vec->phys == PHYS_I64) {
        const int64_t *data = vec->data;
        for (uint32_t i = 0; i < n; i++) keys[i] = (GroupKey){ { (uint64_t)data[rows[i]], 0 } };
    } else {
        for (uint32_t i = 0; i < n; i++) {
            bool null = vec_is_null(vec, rows[i]);
            keys[i] = (GroupKey){ { null ? 0 : fixed_cell(vec, vec_cell(vec, rows[i])), null } };
        }
    }
}

static void keys_packed(const GroupLayout *layout, const Batch *batch, const uint32_t *rows, uint32_t n, GroupKey *keys)
{
    uint32_t at = 1;
    memset(keys, 0, sizeof *keys * n);
    for (uint32_t c = 0; c < layout->ncols; c++) {
        const Vec *vec = &batch->cols[layout->cols[c]];
        uint32_t size = phys_size(vec->phys);
        for (uint32_t i = 0; i < n; i++) {
            char *key = (char *)&keys[i];
            if (vec_is_null(vec, rows[i])) {
                key[0] = (char)(key[0] | 1 << c);
                continue;
            }
            uint64_t cell = fixed_cell(vec, vec_cell(vec, rows[i]));
            memcpy(key + at, &cell, size);
        }
        at += size;
    }
}

static void keys_string(const Vec *vec, const uint32_t *rows, uint32_t n, GroupKey *keys)
{
    const StrView *data = vec->data;
    if (vec->form == VEC_FLAT && !vec->valid) {
        for (uint32_t i = 0; i < n; i++) keys[i] = key_of_view(&data[rows[i]]);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        keys[i] = vec_is_null(vec, rows[i]) ? (GroupKey){ { null_string, 0 } } : key_of_view(&data[vec_cell(vec, rows[i])]);
}

/* The encoded bytes live in scratch; long keys point into them. */
static void keys_encoded(const GroupLayout *layout, const Batch *batch, const uint32_t *rows, uint32_t n, GroupKey *keys, Arena *scratch)
{
    Batch picked = *batch;
    picked.sel = rows;
    picked.sel_len = n;
    StrBuf bytes = { 0 };
    uint32_t *offsets = arena_alloc(scratch, sizeof *offsets * ((size_t)n + 1));
    rows_encode(&picked, layout->cols, layout->ncols, &bytes, offsets);
    const char *copy = arena_copy(scratch, bytes.ptr ? bytes.ptr : "", bytes.len);
    strbuf_free(&bytes);
    for (uint32_t i = 0; i < n; i++) {
        StrView view = strview_of(copy + offsets[i], offsets[i + 1] - offsets[i]);
        keys[i] = key_of_view(&view);
    }
}

static void keys_of(const GroupLayout *layout, const Batch *batch, const uint32_t *rows, uint32_t n, GroupKey *keys, Arena *scratch)
{
    switch (layout->kind) {
    case GROUP_KEY_NONE: memset(keys, 0, sizeof *keys * n); break;
    case GROUP_KEY_FIXED: keys_fixed(&batch->cols[layout->cols[0]], rows, n, keys); break;
    case GROUP_KEY_PACKED: keys_packed(layout, batch, rows, n, keys); break;
    case GROUP_KEY_STRING: keys_string(&batch->cols[layout->cols[0]], rows, n, keys); break;
    case GROUP_KEY_ENCODED: keys_encoded(layout, batch, rows, n, keys, scratch); break;
    }
}

static void lookup_one(GroupTable *table, uint32_t n, Group **out, bool add)
{
    GroupKey none = { { 0, 0 } };
    Group *group = table->len ? group_at(table, 0) : NULL;
    if (!group && add) group = group_add(table, &none, 0);
    for (uint32_t i = 0; i < n; i++) out[i] = group;
}

static void lookup(GroupTable *table, const GroupLayout *layout, const Batch *batch, const uint32_t *rows, uint32_t n, Group **out, Arena *scratch, bool add)
{
    assert(layout->kind == table->layout->kind);
    if (layout->kind == GROUP_KEY_NONE) {
        lookup_one(table, n, out, add);
        return;
    }
    ArenaMark mark = arena_mark(scratch);
    GroupKey *keys = arena_alloc(scratch, sizeof *keys * ((size_t)n + 1));
    uint32_t *hashes = arena_alloc(scratch, sizeof *hashes * ((size_t)n + 1));
    keys_of(layout, batch, rows, n, keys, scratch);
    for (uint32_t i = 0; i < n; i++) hashes[i] = key_hash(layout, &keys[i]);
    if (!table->index) index_grow(table);
    bool far = table->len > 4096;
    for (uint32_t i = 0; i < n; i++) {
        if (far && i + AHEAD_INDEX < n) __builtin_prefetch(&table->index[hashes[i + AHEAD_INDEX] & table->mask]);
        if (far && i + AHEAD_GROUP < n) {
            uint64_t entry = table->index[hashes[i + AHEAD_GROUP] & table->mask];
            if (entry) __builtin_prefetch(group_at(table, (uint32_t)entry - 1), 1);
        }
        out[i] = probe(table, &keys[i], hashes[i]);
        if (!out[i] && add) out[i] = group_add(table, &keys[i], hashes[i]);
    }
    arena_rewind(scratch, mark);
}

void group_table_lookup(GroupTable *table, const Batch *batch, const uint32_t *rows, uint32_t n, Group **out, Arena *scratch)
{
    lookup(table, table->layout, batch, rows, n, out, scratch, true);
}

void group_table_lookup_as(GroupTable *table, const GroupLayout *keys, const Batch *batch, const uint32_t *rows, uint32_t n, Group **out, Arena *scratch)
{
    lookup(table, keys, batch, rows, n, out, scratch, true);
}

void group_table_find(GroupTable *table, const Batch *batch, const uint32_t *rows, uint32_t n, Group **out, Arena *scratch)
{
    lookup(table, table->layout, batch, rows, n, out, scratch, false);
}

Group *group_table_like(GroupTable *table, const Group *other)
{
    if (!table->index) index_grow(table);
    Group *group = probe(table, &other->key, other->hash);
    return group ? group : group_add(table, &other->key, other->hash);
}

/* --- keys back to columns --- */

static void fixed_write(Vec *out, uint32_t row, uint64_t value)
{
    memcpy((char *)out->data + (size_t)row * phys_size(out->phys), &value, phys_size(out->phys));
}

static Str key_text(const Group *group)
{
    uint32_t len = (uint32_t)group->key.w[0];
    return (Str){ len > INLINE_MAX ? (const char *)(uintptr_t)group->key.w[1] : (const char *)group->key.w + sizeof(uint32_t), len };
}

static void keys_decode(const GroupLayout *layout, const Group *group, Arena *arena, Vec *out, uint32_t row, uint32_t cap)
{
    Str bytes = key_text(group);
    Reader in = { bytes.ptr, bytes.ptr + bytes.len, false };
    Datum *values = arena_alloc(arena, sizeof *values * layout->ncols);
    bool ok = row_decode(&layout->key_schema, &in, arena, values);
    assert(ok);
    (void)ok;
    for (uint32_t c = 0; c < layout->ncols; c++) vec_set(&out[c], arena, cap, row, &values[c]);
}

static void packed_write(const GroupLayout *layout, const Group *group, Arena *arena, Vec *out, uint32_t row, uint32_t cap)
{
    const char *key = (const char *)&group->key;
    uint32_t at = 1;
    for (uint32_t c = 0; c < layout->ncols; c++) {
        uint32_t size = phys_size(out[c].phys);
        if (key[0] >> c & 1) {
            vec_need_valid(&out[c], arena, cap);
            bit_clear(out[c].valid, row);
        } else {
            memcpy((char *)out[c].data + (size_t)row * size, key + at, size);
        }
        at += size;
    }
}

static void string_write(const Group *group, Arena *arena, bool copy, Vec *out, uint32_t row, uint32_t cap)
{
    if (group->key.w[0] == null_string) {
        vec_need_valid(out, arena, cap);
        bit_clear(out->valid, row);
        return;
    }
    StrView *cell = (StrView *)out->data + row;
    memcpy(cell, &group->key, sizeof *cell);
    if (copy && cell->len > INLINE_MAX) cell->u.ptr = arena_copy(arena, cell->u.ptr, cell->len);
}

void group_keys(const GroupLayout *layout, Group *const *groups, uint32_t n, Arena *arena, bool copy, Vec *out, uint32_t base, uint32_t cap)
{
    for (uint32_t i = 0; i < n; i++) {
        switch (layout->kind) {
        case GROUP_KEY_NONE: return;
        case GROUP_KEY_FIXED:
            if (groups[i]->key.w[1]) {
                vec_need_valid(out, arena, cap);
                bit_clear(out->valid, base + i);
            } else {
                fixed_write(out, base + i, groups[i]->key.w[0]);
            }
            break;
        case GROUP_KEY_PACKED: packed_write(layout, groups[i], arena, out, base + i, cap); break;
        case GROUP_KEY_STRING: string_write(groups[i], arena, copy, out, base + i, cap); break;
        case GROUP_KEY_ENCODED: keys_decode(layout, groups[i], arena, out, base + i, cap); break;
        }
    }
}

/* --- snapshot --- */

void group_encode(const GroupTable *table, const Group *group, StrBuf *out)
{
    strbuf_put_u64(out, group->key.w[0]);
    if (key_owns(table->layout, &group->key)) strbuf_put_str(out, key_text(group));
    else strbuf_put_u64(out, group->key.w[1]);
    strbuf_put_u64(out, (uint64_t)group->rows);
    strbuf_put_u64(out, (uint64_t)group->time_us);
    if (table->layout->set) aggset_encode(table->layout->set, group_state(group), out);
}

Group *group_decode(GroupTable *table, Reader *in)
{
    GroupKey key;
    key.w[0] = reader_u64(in);
    if (key_owns(table->layout, &key)) {
        Str text = reader_str(in);
        if (in->bad || text.len != (uint32_t)key.w[0]) return NULL;
        key.w[1] = (uintptr_t)text.ptr;
    } else {
        key.w[1] = reader_u64(in);
    }
    if (in->bad) return NULL;
    Group *group = group_add(table, &key, key_hash(table->layout, &key));
    group->rows = (int64_t)reader_u64(in);
    group->time_us = (int64_t)reader_u64(in);
    if (table->layout->set) {
        aggset_destroy(table->layout->set, group_state(group));
        memset(group_state(group), 0, table->layout->stride - sizeof(Group));
        if (!aggset_decode(table->layout->set, in, group_state(group))) return NULL;
    }
    return in->bad ? NULL : group;
}

void group_table_encode(const GroupTable *table, StrBuf *out)
{
    strbuf_put_u32(out, table->len);
    for (uint32_t i = 0; i < table->used; i++) {
        const Group *group = group_at(table, i);
        if (group->live) group_encode(table, group, out);
    }
}

bool group_table_decode(GroupTable *table, Reader *in)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++)
        if (!group_decode(table, in)) return false;
    return !in->bad;
}

size_t group_table_bytes(const GroupTable *table)
{
    return table->nchunks * GROUP_CHUNK * table->layout->stride + (table->index ? ((size_t)table->mask + 1) * sizeof *table->index : 0);
}
