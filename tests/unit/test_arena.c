/* Arena: alignment, reuse of blocks, growth in place, big allocations, marks, cleanups. */
#include "tests/unit/unit.h"

#include "engine/base/arena.h"

static int cleaned;
static void count_cleanup(void *arg) { cleaned = cleaned * 10 + *(int *)arg; }

static void aligned_and_unique(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    char *prev = arena_alloc(arena, 0);
    for (size_t size = 0; size < 3000; size += 7) {
        char *p = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_ptr_not_equal(p, prev);
        memset(p, 0xab, size);
        prev = p;
    }
    const uint8_t *zero = arena_zalloc(arena, 100);
    for (int i = 0; i < 100; i++) assert_int_equal(zero[i], 0);
    assert_memory_equal(arena_copy(arena, "hello", 6), "hello", 6);
    arena_free(arena);
    arena_free(NULL);
}

static void reset_reuses_blocks(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    void *seen[40];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) {
            void *p = arena_alloc(arena, i % 4 == 0 ? 100000 : 3000);
            memset(p, 1, 3000);
            if (round == 0) seen[i] = p;
            else if (i % 4) assert_ptr_equal(p, seen[i]);
        }
        assert_true(arena_bytes(arena) >= 10 * 100000 + 30 * 3000);
        arena_reset(arena);
        assert_int_equal(arena_bytes(arena), 0);
    }
    arena_free(arena);
}

static void grows_last_in_place(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    arena_alloc(arena, 16);
    char *p = arena_alloc(arena, 16);
    memcpy(p, "0123456789abcde", 16);
    assert_ptr_equal(arena_grow(arena, p, 16, 64), p);
    char *other = arena_alloc(arena, 16);
    char *moved = arena_grow(arena, p, 64, 128);
    assert_ptr_not_equal(moved, p);
    assert_true(moved > other);
    assert_string_equal(moved, "0123456789abcde");
    assert_ptr_equal(arena_grow(arena, moved, 128, 100), moved);
    assert_non_null(arena_grow(arena, NULL, 0, 10));
    struct { uint32_t *v; uint32_t n, cap; } list = { 0 };
    for (uint32_t i = 0; i < 200000; i++) ARENA_PUSH(arena, list, i);
    for (uint32_t i = 0; i < 200000; i++) assert_int_equal(list.v[i], i);
    arena_free(arena);
}

static void rewind_forgets(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    static int one = 1, two = 2, three = 3;
    cleaned = 0;
    ArenaMark empty = arena_mark(arena);
    char *kept = arena_alloc(arena, 32);
    memcpy(kept, "kept", 5);
    arena_cleanup(arena, count_cleanup, &one);
    size_t bytes = arena_bytes(arena);
    for (int round = 0; round < 50; round++) {
        ArenaMark mark = arena_mark(arena);
        for (int i = 0; i < 20; i++) memset(arena_alloc(arena, 5000), 7, 5000);
        memset(arena_alloc(arena, 300000), 7, 300000);
        if (round == 0) arena_cleanup(arena, count_cleanup, &two), arena_cleanup(arena, count_cleanup, &three);
        arena_rewind(arena, mark);
        assert_int_equal(arena_bytes(arena), bytes);
        assert_int_equal(cleaned, 32);
    }
    assert_string_equal(kept, "kept");
    arena_rewind(arena, empty);
    assert_int_equal(cleaned, 321);
    assert_int_equal(arena_bytes(arena), 0);
    arena_free(arena);
    assert_int_equal(cleaned, 321);
}

static void cleanups_run_newest_first(void **state)
{
    (void)state;
    static int one = 1, two = 2;
    Arena *arena = arena_new();
    cleaned = 0;
    arena_cleanup(arena, count_cleanup, &one);
    arena_cleanup(arena, count_cleanup, &two);
    arena_reset(arena);
    assert_int_equal(cleaned, 21);
    arena_cleanup(arena, count_cleanup, &one);
    arena_free(arena);
    assert_int_equal(cleaned, 211);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligned_and_unique), cmocka_unit_test(reset_reuses_blocks), cmocka_unit_test(grows_last_in_place),
        cmocka_unit_test(rewind_forgets), cmocka_unit_test(cleanups_run_newest_first),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
