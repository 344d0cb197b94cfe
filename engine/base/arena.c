/* Arena: bump allocation in a chain of blocks that grow from 4 KB to 256 KB; allocations of 64 KB and more get a
 * block of their own, so that a large array wastes no tail and can grow by realloc.
 * Invariants: blocks after `cur` hold nothing; `big` is ordered newest first by seq; a big block freed by a reset is
 * kept for one more cycle and released when that cycle did not need it.
 * Under AddressSanitizer unused bytes are poisoned and a gap follows each allocation. One owner thread. */
#include "engine/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
enum { ARENA_GAP = 16 };
#define POISON(ptr, size) ASAN_POISON_MEMORY_REGION((ptr), (size))
#define UNPOISON(ptr, size) ASAN_UNPOISON_MEMORY_REGION((ptr), (size))
#else
enum { ARENA_GAP = 0 };
#define POISON(ptr, size) ((void)(ptr), (void)(size))
#define UNPOISON(ptr, size) ((void)(ptr), (void)(size))
#endif

enum { BLOCK_MIN = 4096, BLOCK_MAX = 256 * 1024, BIG_MIN = 64 * 1024, FIT_TRIES = 16 };

typedef struct Block {
    struct Block *next;
    size_t size, used;              /* bytes of data[] */
    uint64_t seq;                   /* big blocks: order of allocation */
    _Alignas(16) char data[];
} Block;

typedef struct Cleanup {
    struct Cleanup *next;
    void (*fn)(void *arg);
    void *arg;
} Cleanup;

struct Arena {
    Block *first, *cur;             /* chain; cur NULL = nothing allocated in it since the last reset */
    Block *big, *big_kept;
    Cleanup *cleanups;              /* newest first */
    char *last;                     /* start of the newest allocation in cur: the one that may grow in place */
    size_t bytes, next_size;
    uint64_t seq;
};

static void out_of_memory(size_t size)
{
    fprintf(stderr, "weir: out of memory (%zu bytes asked)\n", size);
    abort();
}

void *xmalloc(size_t size)
{
    void *ptr = malloc(size ? size : 1);
    if (!ptr) out_of_memory(size);
    return ptr;
}

void *xcalloc(size_t n, size_t size)
{
    void *ptr = calloc(n ? n : 1, size ? size : 1);
    if (!ptr) out_of_memory(n * size);
    return ptr;
}

void *xrealloc(void *ptr, size_t size)
{
    void *grown = realloc(ptr, size ? size : 1);
    if (!grown) out_of_memory(size);
    return grown;
}

static Block *block_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(Block)) out_of_memory(size);
    Block *block = xmalloc(sizeof *block + size);
    block->next = NULL;
    block->size = size;
    block->used = 0;
    block->seq = 0;
    POISON(block->data, size);
    return block;
}

static void chain_free(Block *block)
{
    while (block) {
        Block *next = block->next;
        UNPOISON(block->data, block->size);
        free(block);
        block = next;
    }
}

Arena *arena_new(void)
{
    Arena *arena = xcalloc(1, sizeof *arena);
    arena->next_size = BLOCK_MIN;
    return arena;
}

/* Runs cleanups newer than `until`; a cleanup may register further ones, which run too. */
static void cleanups_run(Arena *arena, const void *until)
{
    while (arena->cleanups != until && arena->cleanups) {
        Cleanup *cleanup = arena->cleanups;
        arena->cleanups = cleanup->next;
        cleanup->fn(cleanup->arg);
    }
}

void arena_free(Arena *arena)
{
    if (!arena) return;
    cleanups_run(arena, NULL);
    chain_free(arena->first);
    chain_free(arena->big);
    chain_free(arena->big_kept);
    free(arena);
}

/* Forgets what `block` and its followers hold beyond `used` bytes of the first. */
static void blocks_rewind(Block *block, size_t used)
{
    for (; block; block = block->next, used = 0) {
        if (block->used <= used) continue;
        POISON(block->data + used, block->used - used);
        block->used = used;
    }
}

void arena_reset(Arena *arena)
{
    cleanups_run(arena, NULL);
    chain_free(arena->big_kept);            /* not needed during the cycle that ends */
    arena->big_kept = arena->big;
    arena->big = NULL;
    for (Block *block = arena->big_kept; block; block = block->next) POISON(block->data, block->size);
    blocks_rewind(arena->first, 0);
    arena->cur = NULL;
    arena->last = NULL;
    arena->bytes = 0;
}

static size_t round_up(size_t size)
{
    if (size > SIZE_MAX / 2) out_of_memory(size);
    return ((size ? size : 1) + 15) & ~(size_t)15;
}

/* `need` bytes in a block of their own, preferably one kept from the cycle before. */
static void *big_alloc(Arena *arena, size_t size, size_t need)
{
    Block **best = NULL;
    for (Block **at = &arena->big_kept; *at; at = &(*at)->next)
        if ((*at)->size >= need && (*at)->size / 4 <= need && (!best || (*at)->size < (*best)->size)) best = at;
    Block *block = best ? *best : block_new(need);
    if (best) *best = block->next;
    block->used = need;
    block->seq = ++arena->seq;
    block->next = arena->big;
    arena->big = block;
    arena->bytes += need;
    UNPOISON(block->data, size);
    return block->data;
}

/* Makes the block after cur one with `need` free bytes and moves to it. */
static void block_advance(Arena *arena, size_t need)
{
    Block **link = arena->cur ? &arena->cur->next : &arena->first;
    Block **at = link;
    for (int tries = 0; *at && (*at)->size < need && tries < FIT_TRIES; tries++) at = &(*at)->next;
    Block *block = *at;
    if (block && block->size >= need) {
        *at = block->next;
    } else {
        size_t size = arena->next_size > 2 * need ? arena->next_size : 2 * need;
        if (arena->next_size < BLOCK_MAX) arena->next_size *= 2;
        block = block_new(size);
    }
    block->next = *link;
    *link = block;
    arena->cur = block;
}

void *arena_alloc(Arena *arena, size_t size)
{
    size_t need = round_up(size) + ARENA_GAP;
    if (!arena->cur || arena->cur->size - arena->cur->used < need) {
        if (need >= BIG_MIN) return big_alloc(arena, size, need);
        block_advance(arena, need);
    }
    Block *block = arena->cur;
    char *ptr = block->data + block->used;
    block->used += need;
    arena->bytes += need;
    arena->last = ptr;
    UNPOISON(ptr, size);
    return ptr;
}

void *arena_zalloc(Arena *arena, size_t size)
{
    void *ptr = arena_alloc(arena, size);
    memset(ptr, 0, size);
    return ptr;
}

void *arena_copy(Arena *arena, const void *src, size_t size)
{
    void *ptr = arena_alloc(arena, size);
    if (size) memcpy(ptr, src, size);
    return ptr;
}

/* Grows the newest big block in place of copying it ourselves: realloc may move pages instead of bytes. */
static void *big_grow(Arena *arena, size_t new_size)
{
    Block *block = arena->big;
    size_t need = round_up(new_size) + ARENA_GAP;
    if (need > block->size) {
        UNPOISON(block->data, block->size);
        block = xrealloc(block, sizeof *block + need);
        block->size = need;
        arena->big = block;
    }
    arena->bytes += need > block->used ? need - block->used : 0;
    block->used = need > block->used ? need : block->used;
    POISON(block->data + new_size, block->size - new_size);
    UNPOISON(block->data, new_size);
    return block->data;
}

void *arena_grow(Arena *arena, void *old, size_t old_size, size_t new_size)
{
    if (old && new_size <= old_size) return old;
    if (old && arena->big && (char *)old == arena->big->data) return big_grow(arena, new_size);
    if (old && (char *)old == arena->last) {
        Block *block = arena->cur;
        size_t start = (size_t)((char *)old - block->data), need = round_up(new_size) + ARENA_GAP;
        if (block->size - start >= need) {
            if (start + need > block->used) {
                arena->bytes += start + need - block->used;
                block->used = start + need;
            }
            UNPOISON(old, new_size);
            return old;
        }
    }
    void *ptr = arena_alloc(arena, new_size);
    if (old_size) memcpy(ptr, old, old_size);
    return ptr;
}

void arena_cleanup(Arena *arena, void (*fn)(void *arg), void *arg)
{
    Cleanup *cleanup = arena_alloc(arena, sizeof *cleanup);
    *cleanup = (Cleanup){ arena->cleanups, fn, arg };
    arena->cleanups = cleanup;
}

size_t arena_bytes(const Arena *arena)
{
    return arena->bytes;
}

ArenaMark arena_mark(Arena *arena)
{
    /* What precedes the mark must not grow over it. */
    arena->last = NULL;
    return (ArenaMark){ arena->cur, arena->cur ? arena->cur->used : 0, arena->bytes, arena->seq, arena->cleanups };
}

void arena_rewind(Arena *arena, ArenaMark mark)
{
    cleanups_run(arena, mark.cleanup);
    while (arena->big && arena->big->seq > mark.big_seq) {
        Block *block = arena->big;
        arena->big = block->next;
        block->next = NULL;
        chain_free(block);
    }
    arena->cur = mark.block;
    blocks_rewind(mark.block ? mark.block : arena->first, mark.used);
    arena->last = NULL;
    arena->bytes = mark.bytes;
}
