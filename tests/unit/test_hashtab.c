/* StrMap against a plain list: puts, removals, slot reuse, insertion order, long keys, batches. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/hashtab.h"

enum { KEYS = 400 };

static Str key_of(uint32_t i, char *buf, size_t cap)
{
    /* Lengths on both sides of the inline limit, the empty key among them. */
    int n = i == 0 ? 0 : snprintf(buf, cap, "%0*u", (int)(i % 30 + 1), i);
    return (Str){ buf, (uint32_t)n };
}

static void finds_and_iterates(void **state)
{
    (void)state;
    StrMap map = { 0 };
    bool added;
    assert_int_equal(strmap_find(&map, STR("a")), STRMAP_NONE);
    assert_int_equal(strmap_first(&map), STRMAP_NONE);
    assert_int_equal(strmap_put(&map, STR("zebra"), &added), 0);
    assert_true(added);
    assert_int_equal(strmap_put(&map, STR("a key beyond the inline limit"), NULL), 1);
    assert_int_equal(strmap_put(&map, STR(""), NULL), 2);
    assert_int_equal(strmap_put(&map, STR("zebra"), &added), 0);
    assert_false(added);
    assert_text(strmap_key(&map, 1), "a key beyond the inline limit");
    assert_true(strmap_remove(&map, STR("zebra")));
    assert_false(strmap_remove(&map, STR("zebra")));
    assert_int_equal(strmap_put(&map, STR("ant"), NULL), 0);
    uint32_t slot = strmap_first(&map);
    assert_int_equal(slot, 1);
    assert_int_equal(slot = strmap_next(&map, slot), 2);
    assert_int_equal(slot = strmap_next(&map, slot), 0);
    assert_int_equal(strmap_next(&map, slot), STRMAP_NONE);
    assert_int_equal(strmap_len(&map), 3);
    strmap_free(&map);
    assert_int_equal(strmap_bytes(&map), 0);
}

static void holds_pointers(void **state)
{
    (void)state;
    StrMap map = { 0 };
    char buf[64];
    static int values[KEYS];
    for (uint32_t i = 0; i < KEYS; i++) strmap_set(&map, key_of(i, buf, sizeof buf), &values[i]);
    for (uint32_t i = 0; i < KEYS; i++) assert_ptr_equal(strmap_get(&map, key_of(i, buf, sizeof buf)), &values[i]);
    assert_null(strmap_get(&map, STR("absent")));
    strmap_remove(&map, STR(""));
    assert_null(strmap_get(&map, STR("")));
    strmap_put(&map, STR(""), NULL);
    assert_null(strmap_get(&map, STR("")));
    strmap_clear(&map);
    assert_int_equal(strmap_len(&map), 0);
    assert_null(strmap_get(&map, STR("1")));
    strmap_set(&map, STR("1"), values);
    assert_ptr_equal(strmap_get(&map, STR("1")), values);
    strmap_free(&map);
}

typedef struct Model { uint32_t key, slot; } Model;

static void check_model(const StrMap *map, const Model *model, uint32_t n)
{
    char buf[64];
    uint32_t slot = strmap_first(map);
    assert_int_equal(strmap_len(map), n);
    for (uint32_t i = 0; i < n; i++, slot = strmap_next(map, slot)) {
        assert_int_equal(slot, model[i].slot);
        assert_true(str_eq(strmap_key(map, slot), key_of(model[i].key, buf, sizeof buf)));
    }
    assert_int_equal(slot, STRMAP_NONE);
}

/* Random puts and removals; `bits` of the hash are kept, so that few bits make long probe clusters. */
static void agrees_with_a_list(uint64_t hash_mask)
{
    StrMap map = { 0 };
    static Model model[KEYS];
    uint32_t n = 0, used_max = 0;
    char buf[64];
    random_seed(7);
    for (uint32_t step = 0; step < 20000; step++) {
        uint32_t key = (uint32_t)(random_u64() % KEYS), i = 0;
        Str text = key_of(key, buf, sizeof buf);
        uint64_t hash = strmap_hash(text) & hash_mask;
        while (i < n && model[i].key != key) i++;
        bool added, shrink = step / 2000 % 2;
        if (random_u64() % 4 < (shrink ? 3 : 1)) {
            uint32_t slot = strmap_find_hashed(&map, text, hash);
            assert_int_equal(slot, i < n ? model[i].slot : STRMAP_NONE);
            if (i == n) continue;
            strmap_remove_slot(&map, slot);
            memmove(&model[i], &model[i + 1], sizeof *model * (--n - i));
        } else {
            uint32_t slot = strmap_put_hashed(&map, text, hash, &added);
            assert_int_equal(added, i == n);
            if (added) model[n++] = (Model){ key, slot };
            else assert_int_equal(model[i].slot, slot);
        }
        used_max = n > used_max ? n : used_max;
        if (step % 500 == 0) check_model(&map, model, n);
    }
    check_model(&map, model, n);
    assert_true(map.used <= used_max);
    assert_true(map.pool_len <= 64 * 1024);
    strmap_free(&map);
}

static void random_operations(void **state)
{
    (void)state;
    agrees_with_a_list(UINT64_MAX);
    agrees_with_a_list(0x0000000f00000007ull);
    agrees_with_a_list(0);
}

static void batches(void **state)
{
    (void)state;
    StrMap map = { 0 };
    StrBuf bytes = { 0 };
    uint32_t offsets[KEYS + 1], slots[KEYS], found[KEYS];
    uint64_t hashes[KEYS];
    uint8_t added[KEYS];
    char buf[64];
    strmap_reserve(&map, 10);
    for (uint32_t i = 0; i < KEYS; i++) {
        offsets[i] = bytes.len;
        strbuf_adds(&bytes, key_of(i % 100, buf, sizeof buf));
        hashes[i] = hash_bytes(bytes.ptr + offsets[i], bytes.len - offsets[i]);
    }
    offsets[KEYS] = bytes.len;
    strmap_find_batch(&map, bytes.ptr, offsets, hashes, KEYS, found);
    for (uint32_t i = 0; i < KEYS; i++) assert_int_equal(found[i], STRMAP_NONE);
    strmap_put_batch(&map, bytes.ptr, offsets, hashes, KEYS, slots, added);
    strmap_find_batch(&map, bytes.ptr, offsets, hashes, KEYS, found);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(slots[i], i % 100);
        assert_int_equal(added[i], i < 100);
        assert_int_equal(found[i], slots[i]);
    }
    strbuf_free(&bytes);
    strmap_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_and_iterates), cmocka_unit_test(holds_pointers), cmocka_unit_test(random_operations), cmocka_unit_test(batches),
    };
    return cmocka_run_group_tests_name("hashtab", tests, NULL, NULL);
}
