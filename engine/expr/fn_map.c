/* Functions of maps: MAP_KEYS, MAP_VALUES, MAP_ENTRIES, MAP_FROM_ARRAYS, MAP_UNION. Entries keep the order they came in. */
#include "engine/expr/fn.h"

static const Type *map_type(const InferCtx *infer, uint32_t i)
{
    return i < infer->nargs && infer->args[i]->type->kind == TYPE_MAP ? infer->args[i]->type : NULL;
}

static const Type *infer_keys(InferCtx *infer, Err *err)
{
    const Type *map = infer->nargs == 1 ? map_type(infer, 0) : NULL;
    return map ? type_array(infer->ctx->arena, map->key, false) : infer_refuse(infer, err);
}

static const Type *infer_values(InferCtx *infer, Err *err)
{
    const Type *map = infer->nargs == 1 ? map_type(infer, 0) : NULL;
    return map ? type_array(infer->ctx->arena, map->elem, false) : infer_refuse(infer, err);
}

static const Type *infer_entries(InferCtx *infer, Err *err)
{
    const Type *map = infer->nargs == 1 ? map_type(infer, 0) : NULL;
    if (!map) return infer_refuse(infer, err);
    Field fields[] = { { STR("key"), map->key, STR_NULL }, { STR("value"), map->elem, STR_NULL } };
    return type_array(infer->ctx->arena, type_row(infer->ctx->arena, fields, 2, true), false);
}

static bool column_of(EvalEnv *env, const Nested *map, uint32_t which, Datum *out)
{
    Nested *list = nested_new(env->arena, map->len, map->len);
    for (uint32_t i = 0; i < map->len; i++) list->items[i] = map->items[2 * i + which];
    out->v.nested = list;
    return true;
}
FN_BODY(fn_keys) { return column_of(env, args[0].v.nested, 0, out); }
FN_BODY(fn_values) { return column_of(env, args[0].v.nested, 1, out); }

FN_BODY(fn_entries)
{
    const Nested *map = args[0].v.nested;
    Nested *list = nested_new(env->arena, map->len, map->len);
    for (uint32_t i = 0; i < map->len; i++) {
        Nested *row = nested_new(env->arena, 2, 2);
        row->items[0] = map->items[2 * i];
        row->items[1] = map->items[2 * i + 1];
        list->items[i].v.nested = row;
    }
    out->v.nested = list;
    return true;
}

static const Type *infer_from_arrays(InferCtx *infer, Err *err)
{
    if (infer->nargs != 2 || infer->args[0]->type->kind != TYPE_ARRAY || infer->args[1]->type->kind != TYPE_ARRAY) return infer_refuse(infer, err);
    return type_map(infer->ctx->arena, infer->args[0]->type->elem, infer->args[1]->type->elem, false);
}

FN_BODY(fn_from_arrays)
{
    const Nested *keys = args[0].v.nested, *values = args[1].v.nested;
    if (keys->len != values->len) return err_set(err, E_DATA, "MAP_FROM_ARRAYS: %u keys but %u values", keys->len, values->len);
    Nested *map = nested_new(env->arena, keys->len, keys->len * 2);
    for (uint32_t i = 0; i < keys->len; i++) {
        map->items[2 * i] = keys->items[i];
        map->items[2 * i + 1] = values->items[i];
    }
    out->v.nested = map;
    return true;
}

static const Type *infer_union(InferCtx *infer, Err *err)
{
    Arena *arena = infer->ctx->arena;
    const Type **keys = ARENA_ARRAY(arena, const Type *, infer->nargs + 1), **values = ARENA_ARRAY(arena, const Type *, infer->nargs + 1);
    bool key_null = false, value_null = false;
    for (uint32_t i = 0; i < infer->nargs; i++) {
        const Type *map = map_type(infer, i);
        if (!map) return infer_refuse(infer, err);
        keys[i] = map->key;
        values[i] = map->elem;
        key_null |= map->key->nullable;
        value_null |= map->elem->nullable;
    }
    const Type *key = infer->nargs ? type_common_flink(arena, keys, infer->nargs) : NULL, *value = key ? type_common_flink(arena, values, infer->nargs) : NULL;
    if (!value) return infer_refuse(infer, err);
    const Type *type = type_map(arena, type_with_null(arena, key, key_null), type_with_null(arena, value, value_null), true);
    for (uint32_t i = 0; i < infer->nargs; i++) infer_cast(infer, i, type);
    return type_with_null(arena, type, false);
}

FN_BODY(fn_union)
{
    const Type *key = call->expr->type->key;
    uint32_t total = 0;
    for (uint32_t i = 0; i < arg_count(call); i++) total += args[i].v.nested->len;
    Nested *map = nested_new(env->arena, 0, total * 2);
    for (uint32_t i = 0; i < arg_count(call); i++)
        for (uint32_t e = 0; e < args[i].v.nested->len; e++) {
            const Datum *entry = &args[i].v.nested->items[2 * e];
            uint32_t k = 0;
            while (k < map->len && !datum_eq(key, &map->items[2 * k], entry)) k++;
            map->items[2 * k] = entry[0];
            map->items[2 * k + 1] = entry[1];
            map->len += k == map->len;
        }
    out->v.nested = map;
    return true;
}

#define STRICT_TOTAL (FN_STRICT | FN_TOTAL)
#define MAP_ROW(NAME, ARGS, FLAGS, INFER, BODY, DOC, EXAMPLE, RESULT) FN_ROW(NAME, ARGS, NULL, FLAGS, INFER, BODY, NULL, "collection", DOC, EXAMPLE, RESULT)
const FuncDef fn_map_table[] = {
    MAP_ROW("MAP_KEYS", "=map", STRICT_TOTAL, infer_keys, fn_keys, "The keys of a map.", "MAP_KEYS(MAP['a', 1])", "[a]"),
    MAP_ROW("MAP_VALUES", "=map", STRICT_TOTAL, infer_values, fn_values, "The values of a map.", "MAP_VALUES(MAP['a', 1])", "[1]"),
    MAP_ROW("MAP_ENTRIES", "=map", STRICT_TOTAL, infer_entries, fn_entries, "The entries of a map as rows of key and value.", "MAP_ENTRIES(MAP['a', 1])", "[(a, 1)]"),
    MAP_ROW("MAP_FROM_ARRAYS", "=array,array", FN_STRICT, infer_from_arrays, fn_from_arrays, "A map of an array of keys and one of values.", "MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1])", "{a=1}"),
    MAP_ROW("MAP_UNION", "=map+", STRICT_TOTAL, infer_union, fn_union, "The entries of all maps; of equal keys the last one.", "MAP_UNION(MAP['a', 1], MAP['a', 2])", "{a=2}"),
    FN_END
};
