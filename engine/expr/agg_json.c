/* JSON_ARRAYAGG and JSON_OBJECTAGG: values come as JSON text (the call's argument is wrapped in JSON_STRING), are kept in order of arrival and
 * joined when the result is asked for.
 * Objects come out with sorted keys; a key given twice is an error, as is a NULL key. Memory is owned by the state. */
#include "engine/expr/agg_impl.h"
#include "engine/expr/fn.h"
#include "engine/expr/jsondoc.h"
#include "engine/type/rowcodec.h"
#include <stdlib.h>

static bool is_object(const AggItem *item) { return item->call.nargs == 2; }

/* An entry of the list: the value, or key and value of a pair. */
static void pair_encode(const AggItem *item, const Vec *args, uint32_t row, StrBuf *out)
{
    for (uint32_t i = 0; i < item->call.nargs; i++) {
        Datum value = vec_get(&args[i], row);
        datum_encode(item->call.arg_types[i], &value, out);
    }
}

static bool json_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    StrBuf key = { 0 };
    bool ok = true;
    for (uint32_t i = 0; i < n && ok; i++) {
        if (is_object(item) && vec_is_null(&args[0], rows[i])) { ok = err_set(err, E_DATA, "JSON_OBJECTAGG got a NULL key"); break; }
        strbuf_clear(&key);
        pair_encode(item, args, rows[i], &key);
        if (agg_sign(ops, rows[i]) > 0) list_add_key(agg_at(states[i], item), strbuf_str(&key));
        else list_remove_key(agg_at(states[i], item), strbuf_str(&key));
    }
    strbuf_free(&key);
    return ok;
}

static void json_merge(const AggItem *item, void *into, const void *from)
{
    (void)item;
    const AggList *b = from;
    for (uint32_t i = 0; i < b->n; i++) list_add_key(into, list_key(b, i));
}

static bool damaged(Err *err) { return err_set(err, E_INTERNAL, "state of an aggregate cannot be read"); }

static Str json_text(const Datum *value) { return value->null ? STR("null") : datum_text(value); }

static bool array_text(const AggItem *item, const AggList *list, Arena *arena, ArenaBuf *buf, Err *err)
{
    buf_addc(buf, '[');
    for (uint32_t i = 0; i < list->n; i++) {
        Datum value;
        if (!list_get(list, i, item->call.arg_types[0], arena, &value)) return damaged(err);
        if (i) buf_addc(buf, ',');
        buf_adds(buf, json_text(&value));
    }
    buf_addc(buf, ']');
    return true;
}

static int by_key(const void *a, const void *b) { return str_cmp(((const JsonMember *)a)->key, ((const JsonMember *)b)->key); }

static bool object_text(const AggItem *item, const AggList *list, Arena *arena, ArenaBuf *buf, Err *err)
{
    JsonMember *members = ARENA_ARRAY(arena, JsonMember, list->n + 1);
    for (uint32_t i = 0; i < list->n; i++) {
        Str bytes = list_key(list, i);
        Reader reader = { bytes.ptr, bytes.ptr + bytes.len, false };
        Datum key, value;
        if (!datum_decode(item->call.arg_types[0], &reader, arena, &key) || !datum_decode(item->call.arg_types[1], &reader, arena, &value)) return damaged(err);
        members[i] = (JsonMember){ .key = str_dup(arena, datum_text(&key)), .value = str_dup(arena, json_text(&value)), .order = i };
    }
    qsort(members, list->n, sizeof *members, by_key);
    for (uint32_t i = 1; i < list->n; i++)
        if (str_eq(members[i - 1].key, members[i].key)) return err_set(err, E_DATA, "JSON_OBJECTAGG got the key '" STR_FMT "' twice", STR_ARG(members[i].key));
    json_add_members(buf, members, list->n);
    return true;
}

static bool json_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    Arena *scratch = arena_new();
    ArenaBuf buf = arena_buf(scratch);
    bool ok = is_object(item) ? object_text(item, state, scratch, &buf, err) : array_text(item, state, scratch, &buf, err);
    if (ok) *out = datum_str(arena, buf_str(&buf));
    arena_free(scratch);
    return ok;
}

static void json_encode(const AggItem *item, const void *state, StrBuf *out) { (void)item; list_encode(state, out); }
static bool json_decode(const AggItem *item, Reader *in, void *state) { (void)item; return list_decode(state, in); }
static void json_destroy(const AggItem *item, void *state) { (void)item; list_free(state); }

#define JSON_IMPL .size = sizeof(AggList), .destroy = json_destroy, .update = json_update, .merge = json_merge, .result = json_result, \
    .encode = json_encode, .decode = json_decode
static const AggImpl json_impl = { JSON_IMPL, .keep_nulls = true }, json_absent_impl = { JSON_IMPL };
const AggImpl *agg_choose_json(const AggCall *call) { return call->ignore_nulls ? &json_absent_impl : &json_impl; }

const Type *agg_infer_json(AggInfer *infer, Err *err)
{
    bool object = strcmp(infer->def->name, "JSON_OBJECTAGG") == 0;
    if (infer->nargs != (object ? 2 : 1)) return agg_refuse(infer, err);
    if (object && !type_is_string(infer->args[0]->type)) return agg_refuse(infer, err);
    Expr **value = &infer->args[infer->nargs - 1];
    if (!json_type_ok((*value)->type)) return agg_refuse(infer, err);
    *value = expr_call(infer->ctx, STR("JSON_STRING"), value, 1, infer->span, err);
    return !*value ? NULL : type_sized(infer->ctx->arena, TYPE_VARCHAR, 2000, false);
}
