/* Building and reading nested values: ROW, ARRAY, MAP, element access a[i] and m[k] (ITEM), field access (FIELD).
 * Values share the memory of their parts: they live as long as the batch. Stateless. */
#include "engine/expr/fn_variant.h"
#include "engine/expr/kernels.h"
#include "engine/expr/rules.h"

/* --- constructors --- */

static const Type *infer_row(InferCtx *infer, Err *err)
{
    Arena *arena = infer->ctx->arena;
    Field *fields = ARENA_ARRAY(arena, Field, infer->nargs + 1);
    if (infer->nargs == 0) return infer_refuse(infer, err);
    for (uint32_t i = 0; i < infer->nargs; i++) {
        if (!refuse_bare_null(infer->args[i], err)) return NULL;
        fields[i].name = str_printf(arena, "EXPR$%u", i);
        fields[i].type = type_with_attr(arena, infer->args[i]->type, ATTR_NONE);
    }
    return type_row(arena, fields, infer->nargs, false);
}

/* The common type of args[from], args[from + step], ..; casts them to it. NULL + err when there is none. */
static const Type *common_of(InferCtx *infer, uint32_t from, uint32_t step, Err *err)
{
    const Type **types = ARENA_ARRAY(infer->ctx->arena, const Type *, infer->nargs);
    uint32_t n = 0;
    for (uint32_t i = from; i < infer->nargs; i += step) types[n++] = infer->args[i]->type;
    const Type *common = type_common_calcite(infer->ctx->arena, types, n);
    if (!common || common->kind == TYPE_NULL) return infer_refuse(infer, err);
    for (uint32_t i = from; i < infer->nargs; i += step) infer_cast(infer, i, common);
    return common;
}

static const Type *infer_array(InferCtx *infer, Err *err)
{
    if (infer->nargs == 0) return infer_refuse(infer, err);
    const Type *elem = common_of(infer, 0, 1, err);
    return elem ? type_array(infer->ctx->arena, elem, false) : NULL;
}

/* A bare NULL takes the type of the first argument, be it a key or a value: so does Flink. */
static void type_nulls(InferCtx *infer)
{
    const Type *known = infer->args[0]->type;
    for (uint32_t i = 1; i < infer->nargs && known->kind != TYPE_NULL; i++)
        if (infer->args[i]->type->kind == TYPE_NULL) infer_cast(infer, i, known);
}

static const Type *infer_map(InferCtx *infer, Err *err)
{
    if (infer->nargs == 0 || infer->nargs % 2) {
        err_at(err, E_TYPE, infer->span, "MAP needs pairs of key and value");
        return NULL;
    }
    if (!refuse_bare_null(infer->args[0], err)) return NULL;
    type_nulls(infer);
    const Type *key = common_of(infer, 0, 2, err);
    const Type *value = key ? common_of(infer, 1, 2, err) : NULL;
    return value ? type_map(infer->ctx->arena, key, value, false) : NULL;
}

static bool body_items(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)err;
    uint32_t n = call->expr->nargs;
    Nested *nested = nested_new(env->arena, n, n);
    for (uint32_t i = 0; i < n; i++) nested->items[i] = args[i];
    out->v.nested = nested;
    return true;
}

static bool same_key(const Type *key, const Datum *a, const Datum *b)
{
    if (a->null || b->null) return a->null && b->null;
    return value_equal(key, a, key, b) == 1;
}

/* Of equal keys the last value stays, in the place of the first. */
static bool body_map(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)err;
    const Type *key = call->expr->type->key;
    Nested *map = nested_new(env->arena, 0, call->expr->nargs);
    for (uint32_t i = 0; i < call->expr->nargs; i += 2) {
        uint32_t at = 0;
        while (at < map->len && !same_key(key, &map->items[2 * at], &args[i])) at++;
        if (at == map->len) map->items[2 * map->len++] = args[i];
        map->items[2 * at + 1] = args[i + 1];
    }
    out->v.nested = map;
    return true;
}

/* --- access --- */

static const Type *infer_item_array(InferCtx *infer, Err *err)
{
    if (infer->args[1]->type->kind != TYPE_INT) {
        infer_refuse(infer, err);
        if (type_is_integer(infer->args[1]->type)) err_hint(err, "Cast the index to INT.");
        return NULL;
    }
    const Datum *index = infer_const(infer, 1);
    if (index && !index->null && index->v.i32 < 1) {
        err_at(err, E_TYPE, infer->args[1]->span, "array index is %d, but elements are counted from 1", index->v.i32);
        return NULL;
    }
    return infer->args[0]->type->elem;
}

static const Type *infer_item(InferCtx *infer, Err *err)
{
    if (infer->nargs != 2 || !refuse_bare_null(infer->args[0], err) || !refuse_bare_null(infer->args[1], err)) return err->set ? NULL : infer_refuse(infer, err);
    const Type *base = infer->args[0]->type, *index = infer->args[1]->type;
    if (base->kind == TYPE_ARRAY) return infer_item_array(infer, err);
    if (base->kind == TYPE_VARIANT) return type_is_string(index) || index->kind == TYPE_INT ? base : infer_refuse(infer, err);
    if (base->kind == TYPE_VARIANT && (type_is_string(index) || type_is_integer(index))) return base;
    if (base->kind != TYPE_MAP || !type_comparison(infer->ctx->arena, base->key, index)) return infer_refuse(infer, err);
    if (!type_is_string(index)) infer_cast(infer, 1, base->key);
    return base->elem;
}

static bool body_item(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    const Type *base = call->expr->args[0]->type;
    if (base->kind == TYPE_VARIANT) return variant_item(call, env, args, out, err);
    const Nested *nested = args[0].v.nested;
    out->null = true;
    if (base->kind == TYPE_ARRAY) {
        int64_t at = args[1].v.i32;
        if (at >= 1 && at <= nested->len) *out = nested->items[at - 1];
        return true;
    }
    for (uint32_t i = 0; i < nested->len; i++)
        if (!nested->items[2 * i].null && value_equal(base->key, &nested->items[2 * i], base->key, &args[1]) == 1) { *out = nested->items[2 * i + 1]; break; }
    return true;
}

/* FIELD(row, 'name') or FIELD(row, index from 0); the second argument becomes the index. */
static const Type *infer_field(InferCtx *infer, Err *err)
{
    if (infer->nargs != 2 || infer->args[0]->type->kind != TYPE_ROW || infer->args[1]->kind != EXPR_CONST) return infer_refuse(infer, err);
    const Type *row = infer->args[0]->type;
    const Expr *which = infer->args[1];
    uint32_t at = row->nfields;
    if (which->type->kind == TYPE_INT) at = (uint32_t)which->value.v.i32;
    else {
        Str name = datum_text(&which->value);
        for (uint32_t i = row->nfields; i-- > 0;)
            if (str_eq(row->fields[i].name, name)) at = i;
        for (uint32_t i = 0; at == row->nfields && i < row->nfields; i++)
            if (str_ieq(row->fields[i].name, name)) at = i;
        if (at == row->nfields) { err_at(err, E_NO_COLUMN, infer->span, "row has no field \"" STR_FMT "\"", STR_ARG(name)); return NULL; }
    }
    if (at >= row->nfields) return infer_refuse(infer, err);
    infer->args[1] = expr_const(infer->ctx->arena, type_simple(TYPE_INT, false), datum_i32((int32_t)at), which->span);
    infer->keep_null = true;
    const Type *field = row->fields[at].type;
    return type_with_null(infer->ctx->arena, field, field->nullable || row->nullable);
}

static bool body_field(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)call; (void)env; (void)err;
    *out = args[0].v.nested->items[args[1].v.i32];
    return true;
}

const FuncDef fn_nested_table[] = {
    { .name = "ROW", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .infer = infer_row, .body = body_items, .category = "nested",
      .doc = "A row of the given values.", .example = "ROW(1, 'a')", .result = "(1, a)" },
    { .name = "ARRAY", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .infer = infer_array, .body = body_items, .category = "nested",
      .doc = "An array of the given elements.", .example = "ARRAY[1, 2]", .result = "[1, 2]" },
    { .name = "MAP", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .infer = infer_map, .body = body_map, .category = "nested",
      .doc = "A map of the given pairs; of equal keys the last one stays.", .example = "MAP['a', 1]", .result = "{a=1}" },
    { .name = "ITEM", .flags = FN_OPERATOR | FN_STRICT | FN_NULLABLE | FN_INTERNAL, .infer = infer_item, .body = body_item, .category = "nested",
      .doc = "Element of an array, counted from 1, value of a map's key, or part of a VARIANT; NULL if there is none.", .example = "ARRAY[7, 8][2]", .result = "8" },
    { .name = "FIELD", .flags = FN_OPERATOR | FN_STRICT | FN_INTERNAL | FN_TOTAL, .infer = infer_field, .body = body_field, .category = "nested",
      .doc = "Field of a row.", .example = "ROW(1, 'a').EXPR$1", .result = "a" },
    { .name = NULL }
};
