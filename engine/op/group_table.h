/* GroupTable: group-by keys to groups; the keyed state of aggregations.
 * A group is one slot of a chunk: a 48-byte header (key, row count) and behind it the aggregate states. Slots never move, so
 * pointers to groups and states hold until the group is removed or the table cleared. The index is open addressing over
 * 8-byte entries (32 hash bits, slot number), probed ahead of use in batches.
 * Keys are two words: a single fixed-width column (value, null flag), several that fit (packed behind a byte of null flags), or a
 * string view of a single string column or of the encoded key columns; views longer than 12 bytes own their bytes. One thread. Iteration is in order of insertion, save that
 * slots of removed groups are reused. */
#ifndef WEIR_OP_GROUP_TABLE_H
#define WEIR_OP_GROUP_TABLE_H
#include "engine/expr/agg.h"
#include "engine/type/batch.h"

typedef enum GroupKeyKind { GROUP_KEY_NONE, GROUP_KEY_FIXED, GROUP_KEY_PACKED, GROUP_KEY_STRING, GROUP_KEY_ENCODED } GroupKeyKind;
typedef struct GroupKey { uint64_t w[2]; } GroupKey;

typedef struct Group {
    GroupKey key;
    int64_t rows;                   /* rows added less rows taken back */
    int64_t time_us;                /* the owner's: last access (ttl) */
    uint32_t hash;
    uint32_t slot;
    uint32_t mark;                  /* the owner's: number of the batch that touched it last */
    uint32_t live;                  /* 0: free slot, `slot` is then the next free one + 1 */
} Group;
_Static_assert(sizeof(Group) == 48, "group header is part of the state's size");

/* The layout of keys, shared by the tables of one operator. */
typedef struct GroupLayout {
    const uint32_t *cols; uint32_t ncols;        /* key columns of the input */
    GroupKeyKind kind;
    Schema key_schema;
    const AggSet *set;                           /* NULL = no aggregate states */
    size_t state_size, stride;
} GroupLayout;

typedef struct GroupTable {
    const GroupLayout *layout;
    char **chunks; uint32_t nchunks, cap_chunks;
    uint64_t *index; uint32_t mask;
    uint32_t used, len, free;                    /* slots ever used; live groups; free list (slot + 1) */
    void **slabs; uint32_t nslabs;               /* memory blocks that the chunks are cut from */
} GroupTable;

enum { GROUP_CHUNK = 64 };

/* cols: key columns of `input`; set may be NULL. Everything lives in arena. */
void group_layout_init(GroupLayout *layout, Arena *arena, const Schema *input, const uint32_t *cols, uint32_t ncols, const AggSet *set);
/* Groups whose state is `state_size` zeroed bytes that the operator fills, frees and snapshots itself. */
void group_layout_init_sized(GroupLayout *layout, Arena *arena, const Schema *input, const uint32_t *cols, uint32_t ncols, size_t state_size);
void group_table_init(GroupTable *table, const GroupLayout *layout);
void group_table_free(GroupTable *table);
void group_table_clear(GroupTable *table);       /* removes all groups, keeps the memory */
static inline Group *group_at(const GroupTable *table, uint32_t slot)
{
    return (Group *)(table->chunks[slot / GROUP_CHUNK] + table->layout->stride * (slot % GROUP_CHUNK));
}
static inline void *group_state(const Group *group) { return (char *)(uintptr_t)group + sizeof(Group); }

/* Finds or adds the groups of n rows of batch: out[i] for rows[i]. A new group has rows = 0 and initialised states. */
void group_table_lookup(GroupTable *table, const Batch *batch, const uint32_t *rows, uint32_t n, Group **out, Arena *scratch);
/* Groups of rows of another input, whose key columns `keys` names: both layouts must be of one kind (columns of equal types). */
void group_table_lookup_as(GroupTable *table, const GroupLayout *keys, const Batch *batch, const uint32_t *rows, uint32_t n, Group **out, Arena *scratch);
/* The same as lookup without adding: NULL where absent. */
void group_table_find(GroupTable *table, const Batch *batch, const uint32_t *rows, uint32_t n, Group **out, Arena *scratch);
/* Finds or adds the group with the key of a group of another table of the same layout. */
Group *group_table_like(GroupTable *table, const Group *other);
void group_table_remove(GroupTable *table, Group *group);
/* Gives back the memory of a table that has lost most of its groups; else nothing. Groups move: no pointer to one may be held. States are moved as
 * bytes, so they must not point into themselves. */
void group_table_compact(GroupTable *table);
/* Fresh states, as in a new group. */
void group_reset_state(const GroupTable *table, Group *group);
/* Writes the key columns of n groups into FLAT vectors out[0..ncols-1], rows base.. (room: cap). String bytes are shared with the
 * groups where copy is false, else they live in arena. */
void group_keys(const GroupLayout *layout, Group *const *groups, uint32_t n, Arena *arena, bool copy, Vec *out, uint32_t base, uint32_t cap);
/* Self-contained bytes of all groups; decode wants an empty table. encode_one / decode_one: key, rows, time and states of one group. */
void group_table_encode(const GroupTable *table, StrBuf *out);
bool group_table_decode(GroupTable *table, Reader *in) MUST_CHECK;
void group_encode(const GroupTable *table, const Group *group, StrBuf *out);
Group *group_decode(GroupTable *table, Reader *in);          /* NULL: damaged */
size_t group_table_bytes(const GroupTable *table);
#endif
