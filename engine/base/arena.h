/* Arena: region allocator; everything in it dies at once.
 * Lifetimes in weir: process, session, statement, job, batch, scratch (reset per batch).
 * Invariant: allocation never returns NULL (a failed malloc aborts the process; the checkpoint restarts us).
 * Budgets are checked at operator boundaries with arena_bytes(). Not thread-safe: one owner thread. */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Arena Arena;
typedef struct ArenaMark { void *block; size_t used, bytes; uint64_t big_seq; void *cleanup; } ArenaMark;

/* New empty arena; first block is allocated on first use. Free with arena_free(). */
Arena *arena_new(void);
/* Frees every block after running the cleanups (newest first). NULL is allowed. */
void arena_free(Arena *arena);
/* Runs the cleanups, then forgets all allocations but keeps blocks for reuse: the per-batch call. */
void arena_reset(Arena *arena);
/* `size` bytes aligned to 16, contents undefined. size 0 gives a valid unique pointer. */
void *arena_alloc(Arena *arena, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(2)));
/* Same, zero-filled. */
void *arena_zalloc(Arena *arena, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(2)));
/* Copy of `size` bytes. */
void *arena_copy(Arena *arena, const void *src, size_t size);
/* Grows an array in place when it was the last allocation, else moves it. old may be NULL when old_size is 0. */
void *arena_grow(Arena *arena, void *old, size_t old_size, size_t new_size);
/* fn(arg) runs at reset/free: closes foreign handles tied to this lifetime. */
void arena_cleanup(Arena *arena, void (*fn)(void *arg), void *arg);
/* Bytes handed out since the last reset. */
size_t arena_bytes(const Arena *arena);
ArenaMark arena_mark(Arena *arena);
/* Forgets allocations made since the mark (cleanups registered since then run). */
void arena_rewind(Arena *arena, ArenaMark mark);

#define ARENA_NEW(arena, T) ((T *)arena_zalloc((arena), sizeof(T)))
#define ARENA_ARRAY(arena, T, n) ((T *)arena_zalloc((arena), sizeof(T) * (size_t)(n)))

/* Growable array of T kept in an arena: declare `struct { T *v; uint32_t n, cap; }` and push. */
#define ARENA_PUSH(arena, list, item)                                                                        \
    do {                                                                                                     \
        if ((list).n == (list).cap) {                                                                        \
            uint32_t cap_ = (list).cap ? (list).cap * 2 : 8;                                                 \
            (list).v = arena_grow((arena), (list).v, sizeof *(list).v * (list).cap, sizeof *(list).v * cap_); \
            (list).cap = cap_;                                                                               \
        }                                                                                                    \
        (list).v[(list).n++] = (item);                                                                       \
    } while (0)

/* malloc/realloc that abort on failure, for state that outlives arenas. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *ptr, size_t size) __attribute__((returns_nonnull));
#endif
