/* What the bodies of scalar functions share: cells of any width, UTF-16 lengths, text growing in an arena, common result types. */
#include "engine/expr/fn.h"
#include "engine/type/decimal.h"
#include <pthread.h>

int64_t datum_int(const Type *type, const Datum *value)
{
    switch (type_phys(type)) {
    case PHYS_I8: return value->v.i8;
    case PHYS_I16: return value->v.i16;
    case PHYS_I32: return value->v.i32;
    case PHYS_I64: return value->v.i64;
    default: return 0;
    }
}

double datum_double(const Type *type, const Datum *value)
{
    switch (type->kind) {
    case TYPE_FLOAT: return (double)value->v.f32;
    case TYPE_DOUBLE: return value->v.f64;
    case TYPE_DECIMAL: return decimal_to_double(value->v.i128, type->scale);
    default: return (double)datum_int(type, value);
    }
}

Datum datum_of_int(const Type *type, int64_t value)
{
    Datum d;
    memset(&d, 0, sizeof d);
    switch (type_phys(type)) {
    case PHYS_I8: d.v.i8 = (int8_t)(uint8_t)value; break;
    case PHYS_I16: d.v.i16 = (int16_t)(uint16_t)value; break;
    case PHYS_I32: d.v.i32 = (int32_t)(uint32_t)value; break;
    default: d.v.i64 = value; break;
    }
    return d;
}

bool ret_null_checked(const FuncCall *call, Datum *out, Err *err)
{
    if (call->expr->type->nullable) return ret_null(out);
    err_set(err, E_NOT_NULL, "%s gave NULL, but its arguments are NOT NULL", call->expr->func->name);
    return err_hint(err, "Check the arguments: a length must not be negative, a padding not empty, a pattern valid.");
}

void buf_grow(ArenaBuf *buf, uint32_t extra)
{
    uint64_t want = (uint64_t)buf->len + extra, cap = buf->cap ? (uint64_t)buf->cap * 2 : 64;
    if (cap < want) cap = want;
    if (cap > UINT32_MAX) cap = UINT32_MAX;
    buf->ptr = arena_grow(buf->arena, buf->ptr, buf->cap, cap);
    buf->cap = (uint32_t)cap;
}

void buf_add_cp(ArenaBuf *buf, uint32_t codepoint)
{
    buf_reserve(buf, 4);
    buf->len += utf8_encode(codepoint, buf->ptr + buf->len);
}

uint32_t utf16_len(Str s)
{
    uint32_t n = 0;
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;) {
        uint32_t step = cp_len(p, end);
        n += step == 4 ? 2 : 1;
        p += step;
    }
    return n;
}

uint32_t utf16_offset(Str s, uint32_t units, bool *cut_pair)
{
    const char *p = s.ptr, *end = s.ptr + s.len;
    if (cut_pair) *cut_pair = false;
    for (uint32_t n = 0; p < end && n < units;) {
        uint32_t step = cp_len(p, end);
        if (step == 4 && units - n < 2) {
            if (cut_pair) *cut_pair = true;
            break;
        }
        n += step == 4 ? 2 : 1;
        p += step;
    }
    return (uint32_t)(p - s.ptr);
}

Str str_prefix_units(Str s, uint32_t units) { return (Str){ s.ptr, utf16_offset(s, units, NULL) }; }

bool str_is_ascii(Str s)
{
    uint32_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;
        memcpy(&word, s.ptr + i, 8);
        if (word & 0x8080808080808080ull) return false;
    }
    for (; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80) return false;
    return true;
}

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static void scratch_drop(void *arena) { arena_free(arena); }
static void scratch_init(void) { pthread_key_create(&scratch_key, scratch_drop); }

Arena *scratch_arena(void)
{
    pthread_once(&scratch_once, scratch_init);
    Arena *arena = pthread_getspecific(scratch_key);
    if (!arena) {
        arena = arena_new();
        pthread_setspecific(scratch_key, arena);
    }
    arena_reset(arena);
    return arena;
}

uint32_t length_sum(uint32_t a, uint32_t b)
{
    uint64_t sum = (uint64_t)a + b;
    return sum > TYPE_LEN_MAX ? TYPE_LEN_MAX : (uint32_t)sum;
}

const Type *infer_varchar_of_0(InferCtx *infer, Err *err)
{
    (void)err;
    return type_sized(infer->ctx->arena, TYPE_VARCHAR, infer->args[0]->type->precision, false);
}

const Type *infer_array_string(InferCtx *infer, Err *err)
{
    (void)err;
    return type_array(infer->ctx->arena, type_string(true), false);
}

const Type *infer_map_string(InferCtx *infer, Err *err)
{
    (void)err;
    return type_map(infer->ctx->arena, type_string(true), type_string(true), false);
}

const Type *infer_timestamp3(InferCtx *infer, Err *err)
{
    (void)err;
    return type_time(infer->ctx->arena, TYPE_TIMESTAMP, 3, false);
}

const Type *infer_timestamp_ltz3(InferCtx *infer, Err *err)
{
    (void)err;
    return type_time(infer->ctx->arena, TYPE_TIMESTAMP_LTZ, 3, false);
}

Str infer_word(const InferCtx *infer, uint32_t i)
{
    const Expr *arg = i < infer->nargs ? infer->args[i] : NULL;
    bool word = arg && arg->kind == EXPR_CONST && arg->type->kind == TYPE_CHAR && arg->type->precision == 0 && !arg->value.null && arg->value.v.str.len > 0;
    return word ? datum_text(&arg->value) : STR_NULL;
}

bool infer_fit(InferCtx *infer, uint32_t i, const Type *type)
{
    const Type *have = infer->args[i]->type;
    bool padded = (have->kind == TYPE_VARCHAR && type->kind == TYPE_CHAR) || (have->kind == TYPE_VARBINARY && type->kind == TYPE_BINARY);
    if (padded) return false;                    /* no implicit cast makes a length fixed */
    if (have->kind != TYPE_NULL && !type_eq(have, type, true) && !(type_is_string(have) && type_is_string(type)) &&
        !type_implicit_ok(have, type))
        return false;
    infer_cast(infer, i, type);
    return true;
}
