/* BITMAP functions: sets of numbers kept in the portable Roaring format (type/bitmap.h). Numbers are taken as unsigned. */
#include "engine/expr/fn.h"
#include "engine/type/bitmap.h"
#include <stdlib.h>

static bool read_arg(Arena *scratch, const Datum *arg, BitmapValues *out, Err *err)
{
    return bitmap_read(scratch, arg_str(arg), out) ? true : err_set(err, E_DATA, "bytes are no Roaring bitmap");
}

static bool ret_bitmap(EvalEnv *env, Datum *out, const BitmapValues *values) { return ret_slice(out, bitmap_write(env->arena, values->v, values->n)); }

static const Type *infer_build(InferCtx *infer, Err *err)
{
    const Type *type = infer->nargs == 1 ? infer->args[0]->type : NULL;
    if (!type || type->kind != TYPE_ARRAY || !type_is_integer(type->elem) || type->elem->kind == TYPE_BIGINT) return infer_refuse(infer, err);
    return type_simple(TYPE_BITMAP, false);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

FN_BODY(fn_build)
{
    const Nested *list = args[0].v.nested;
    Arena *scratch = scratch_arena();
    BitmapValues values = { ARENA_ARRAY(scratch, uint32_t, list->len + 1), 0, 0 };
    for (uint32_t i = 0; i < list->len; i++)
        if (!list->items[i].null) values.v[values.n++] = (uint32_t)datum_int(arg_type(call, 0)->elem, &list->items[i]);
    if (values.n > 1) qsort(values.v, values.n, sizeof *values.v, by_number);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < values.n; i++)
        if (i == 0 || values.v[i] != values.v[i - 1]) values.v[kept++] = values.v[i];
    values.n = kept;
    return ret_bitmap(env, out, &values);
}

typedef enum SetRule { SET_AND, SET_OR, SET_XOR, SET_ANDNOT } SetRule;

static bool combine(EvalEnv *env, const Datum *args, SetRule rule, Datum *out, Err *err)
{
    Arena *scratch = scratch_arena();
    BitmapValues a, b, r = { 0 };
    if (!read_arg(scratch, &args[0], &a, err) || !read_arg(scratch, &args[1], &b, err)) return false;
    r.v = ARENA_ARRAY(scratch, uint32_t, a.n + b.n + 1);
    for (uint32_t i = 0, k = 0; i < a.n || k < b.n;) {
        bool in_a = i < a.n && (k == b.n || a.v[i] <= b.v[k]), in_b = k < b.n && (i == a.n || b.v[k] <= a.v[i]);
        uint32_t value = in_a ? a.v[i] : b.v[k];
        i += in_a;
        k += in_b;
        bool keep = rule == SET_AND ? in_a && in_b : rule == SET_OR ? true : rule == SET_XOR ? in_a != in_b : in_a && !in_b;
        if (keep) r.v[r.n++] = value;
    }
    return ret_bitmap(env, out, &r);
}
FN_BODY(fn_and) { return combine(env, args, SET_AND, out, err); }
FN_BODY(fn_or) { return combine(env, args, SET_OR, out, err); }
FN_BODY(fn_xor) { return combine(env, args, SET_XOR, out, err); }
FN_BODY(fn_andnot) { return combine(env, args, SET_ANDNOT, out, err); }

FN_BODY(fn_cardinality)
{
    BitmapValues values;
    return read_arg(scratch_arena(), &args[0], &values, err) ? ret_long(out, values.n) : false;
}

static const Type *infer_to_array(InferCtx *infer, Err *err)
{
    (void)err;
    return type_array(infer->ctx->arena, type_simple(TYPE_INT, true), false);
}

FN_BODY(fn_to_array)
{
    BitmapValues values;
    if (!read_arg(scratch_arena(), &args[0], &values, err)) return false;
    Nested *list = nested_new(env->arena, values.n, values.n);
    for (uint32_t i = 0; i < values.n; i++) list->items[i].v.i32 = (int32_t)values.v[i];
    out->v.nested = list;
    return true;
}

FN_BODY(fn_to_string)
{
    StrBuf text = { 0 };
    bitmap_print(arg_str(&args[0]), &text);
    ret_str(env, out, strbuf_str(&text));
    strbuf_free(&text);
    return true;
}

FN_BODY(fn_to_bytes) { return ret_slice(out, arg_str(&args[0])); }

/* Checked and written anew, so that equal sets are equal bytes. */
FN_BODY(fn_from_bytes)
{
    BitmapValues values;
    return read_arg(scratch_arena(), &args[0], &values, err) ? ret_bitmap(env, out, &values) : false;
}

#define SET_ROW(NAME, BODY, DOC, RESULT) \
    FN_ROW(NAME, "bitmap,bitmap", "BITMAP", FN_STRICT, NULL, BODY, NULL, "bitmap", DOC, "BITMAP_TO_STRING(" NAME "(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3])))", RESULT)
const FuncDef fn_bitmap_table[] = {
    FN_ROW("BITMAP_BUILD", "=array", NULL, FN_STRICT | FN_TOTAL, infer_build, fn_build, NULL, "bitmap", "A bitmap of the numbers of an array.", "BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[3, 1, 3]))", "{1,3}"),
    SET_ROW("BITMAP_AND", fn_and, "Numbers in both bitmaps.", "{2}"),
    SET_ROW("BITMAP_OR", fn_or, "Numbers in either bitmap.", "{1,2,3}"),
    SET_ROW("BITMAP_XOR", fn_xor, "Numbers in one of the bitmaps alone.", "{1,3}"),
    SET_ROW("BITMAP_ANDNOT", fn_andnot, "Numbers in the first bitmap that the second lacks.", "{1}"),
    FN_ROW("BITMAP_CARDINALITY", "bitmap", "BIGINT", FN_STRICT, NULL, fn_cardinality, NULL, "bitmap", "Number of numbers in a bitmap.", "BITMAP_CARDINALITY(BITMAP_BUILD(ARRAY[3, 1, 3]))", "2"),
    FN_ROW("BITMAP_TO_ARRAY", "bitmap", NULL, FN_STRICT, infer_to_array, fn_to_array, NULL, "bitmap", "The numbers of a bitmap in order.", "BITMAP_TO_ARRAY(BITMAP_BUILD(ARRAY[3, 1]))", "[1, 3]"),
    FN_ROW("BITMAP_TO_STRING", "bitmap", "STRING", FN_STRICT | FN_TOTAL, NULL, fn_to_string, NULL, "bitmap", "The numbers of a bitmap as text.", "BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[3, 1]))", "{1,3}"),
    FN_ROW("BITMAP_TO_BYTES", "bitmap", "BYTES", FN_STRICT | FN_TOTAL, NULL, fn_to_bytes, NULL, "bitmap", "A bitmap in the portable Roaring format.", "BITMAP_TO_STRING(BITMAP_FROM_BYTES(BITMAP_TO_BYTES(BITMAP_BUILD(ARRAY[5]))))", "{5}"),
    FN_ROW("BITMAP_FROM_BYTES", "bin", "BITMAP", FN_STRICT, NULL, fn_from_bytes, NULL, "bitmap", "The bitmap that bytes in the portable Roaring format hold.", "BITMAP_CARDINALITY(BITMAP_FROM_BYTES(BITMAP_TO_BYTES(BITMAP_BUILD(ARRAY[5]))))", "1"),
    FN_END
};
