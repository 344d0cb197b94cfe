/* The index over all function rows: names to rows by a hash table built once, on first use.
 * Rows come from the tables named in func_tables.def. Thread-safe: built under pthread_once, read-only afterwards. */
#include "engine/expr/agg.h"
#include "engine/expr/func.h"
#include "engine/base/hash.h"
#include <pthread.h>
#include <stdlib.h>

#define X(table) extern const FuncDef table[];
#include "engine/expr/func_tables.def"
#undef X

static const FuncDef *const func_tables[] = {
#define X(table) table,
#include "engine/expr/func_tables.def"
#undef X
};
enum { TABLES = sizeof func_tables / sizeof func_tables[0], SLOTS = 2048, ROWS_MAX = 1024, NAME_MAX_LEN = 64 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const FuncDef *slots[SLOTS];
static const FuncDef *rows[ROWS_MAX];
static uint32_t nrows;

static uint32_t slot_of(Str upper) { return (uint32_t)hash_bytes(upper.ptr, upper.len) % SLOTS; }

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const FuncDef *const *)a)->name, (*(const FuncDef *const *)b)->name);
}

static void build(void)
{
    for (uint32_t t = 0; t < TABLES; t++)
        for (const FuncDef *func = func_tables[t]; func->name && nrows < ROWS_MAX; func++) {
            uint32_t slot = slot_of(str_of(func->name));
            while (slots[slot] && strcmp(slots[slot]->name, func->name) != 0) slot = (slot + 1) % SLOTS;
            if (slots[slot]) continue;           /* the first row of a name wins; a unit test looks for duplicates */
            slots[slot] = func;
            rows[nrows++] = func;
        }
    qsort(rows, nrows, sizeof rows[0], by_name);
}

const FuncDef *func_find(Str name)
{
    pthread_once(&once, build);
    char upper[NAME_MAX_LEN];
    if (name.len == 0 || name.len > sizeof upper) return NULL;
    for (uint32_t i = 0; i < name.len; i++) upper[i] = name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? (char)(name.ptr[i] - 32) : name.ptr[i];
    Str key = { upper, name.len };
    for (uint32_t slot = slot_of(key); slots[slot]; slot = (slot + 1) % SLOTS)
        if (str_is(key, slots[slot]->name)) return slots[slot];
    return NULL;
}

const FuncDef *const *func_all(uint32_t *n)
{
    pthread_once(&once, build);
    *n = nrows;
    return rows;
}

Str func_nearest(Str name)
{
    pthread_once(&once, build);
    Arena *arena = arena_new();
    uint32_t naggs, n = 0;
    const AggDef *const *aggs = agg_all(&naggs);
    Str *names = ARENA_ARRAY(arena, Str, nrows + naggs);
    for (uint32_t i = 0; i < nrows; i++)
        if (!(rows[i]->flags & (FN_OPERATOR | FN_INTERNAL))) names[n++] = str_of(rows[i]->name);
    for (uint32_t i = 0; i < naggs; i++) names[n++] = str_of(agg_name(aggs[i]));
    int at = str_nearest(str_upper(arena, name), names, n);
    Str found = at < 0 ? STR_NULL : names[at];
    arena_free(arena);
    return found;
}
