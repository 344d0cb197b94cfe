/* Private to engine/expr/fn_*.c: what the bodies of scalar functions share.
 * Strings: arg_str() borrows from the argument (from the Datum itself when short), ret_slice() may borrow from an argument
 * because arguments live as long as the output batch; ret_str() copies. Lengths are code points unless a name says utf16. */
#ifndef WEIR_EXPR_FN_H
#define WEIR_EXPR_FN_H
#include "engine/expr/func.h"

#define FN_ROW(NAME, ARGS, RET, FLAGS, INFER, BODY, PREPARE, CATEGORY, DOC, EXAMPLE, RESULT)                                      \
    { .name = NAME, .args = ARGS, .ret = RET, .flags = FLAGS, .infer = INFER, .body = BODY, .prepare = PREPARE, .category = CATEGORY, \
      .doc = DOC, .example = EXAMPLE, .result = RESULT }
/* The same with a vector kernel. */
#define FN_ROW_KERNEL(NAME, ARGS, RET, FLAGS, INFER, BODY, KERNEL, PREPARE, CATEGORY, DOC, EXAMPLE, RESULT)                       \
    { .name = NAME, .args = ARGS, .ret = RET, .flags = FLAGS, .infer = INFER, .body = BODY, .kernel = KERNEL, .prepare = PREPARE,   \
      .category = CATEGORY, .doc = DOC, .example = EXAMPLE, .result = RESULT }
#define FN_END { .name = NULL }
#define FN_MAYBE __attribute__((unused))
#define FN_BODY(NAME) \
    static bool NAME(FN_MAYBE const FuncCall *call, FN_MAYBE EvalEnv *env, FN_MAYBE const Datum *args, FN_MAYBE Datum *out, FN_MAYBE Err *err)

static inline Str arg_str(const Datum *arg) { return datum_text(arg); }
static inline const Type *arg_type(const FuncCall *call, uint32_t i) { return call->expr->args[i]->type; }
static inline uint32_t arg_count(const FuncCall *call) { return call->expr->nargs; }
/* Value of an integer cell of any width. */
int64_t datum_int(const Type *type, const Datum *value);
/* Value of a numeric cell as DOUBLE. */
double datum_double(const Type *type, const Datum *value);
/* Integer cell of the type's width; wraps. */
Datum datum_of_int(const Type *type, int64_t value);

static inline bool ret_null(Datum *out) { out->null = true; return true; }
/* NULL from arguments that are not NULL: fails where the result's type is NOT NULL, as Flink's sinks do. */
bool ret_null_checked(const FuncCall *call, Datum *out, Err *err);
static inline bool ret_bool(Datum *out, bool v) { out->v.b = v; return true; }
static inline bool ret_int(Datum *out, int32_t v) { out->v.i32 = v; return true; }
static inline bool ret_long(Datum *out, int64_t v) { out->v.i64 = v; return true; }
static inline bool ret_double(Datum *out, double v) { out->v.f64 = v; return true; }
static inline bool ret_slice(Datum *out, Str s) { out->v.str = strview_of(s.ptr, s.len); return true; }
static inline bool ret_str(EvalEnv *env, Datum *out, Str s) { out->v.str = strview_copy(env->arena, s.ptr, s.len); return true; }

/* Text growing in an arena: in place while it is the arena's last allocation. */
typedef struct ArenaBuf { Arena *arena; char *ptr; uint32_t len, cap; } ArenaBuf;
static inline ArenaBuf arena_buf(Arena *arena) { return (ArenaBuf){ arena, NULL, 0, 0 }; }
void buf_grow(ArenaBuf *buf, uint32_t extra);
static inline void buf_reserve(ArenaBuf *buf, uint32_t extra) { if (buf->cap - buf->len < extra) buf_grow(buf, extra); }
static inline void buf_add(ArenaBuf *buf, const void *p, uint32_t n)
{
    buf_reserve(buf, n);
    if (n > 0) memcpy(buf->ptr + buf->len, p, n);
    buf->len += n;
}
static inline void buf_adds(ArenaBuf *buf, Str s) { buf_add(buf, s.ptr, s.len); }
static inline void buf_addc(ArenaBuf *buf, char c) { buf_reserve(buf, 1); buf->ptr[buf->len++] = c; }
static inline void buf_addz(ArenaBuf *buf, const char *z) { buf_add(buf, z, (uint32_t)strlen(z)); }
void buf_add_cp(ArenaBuf *buf, uint32_t codepoint);
static inline Str buf_str(const ArenaBuf *buf) { return (Str){ buf->ptr ? buf->ptr : "", buf->len }; }
static inline bool ret_buf(Datum *out, const ArenaBuf *buf) { return ret_slice(out, buf_str(buf)); }

/* UTF-8 bytes of the code point that starts at p. */
static inline uint32_t cp_len(const char *p, const char *end) { uint32_t cp; return (unsigned char)*p < 0x80 ? 1 : utf8_decode(p, end, &cp); }
uint32_t utf16_len(Str s);                       /* Java's String.length() */
/* Bytes of the longest prefix of at most `units` UTF-16 units; *cut_pair: a surrogate pair would have been cut in two. */
uint32_t utf16_offset(Str s, uint32_t units, bool *cut_pair);
Str str_prefix_units(Str s, uint32_t units);     /* whole code points only */
bool str_is_ascii(Str s);

/* Per-thread arena for work inside one body call: emptied by each scratch_arena() call; nothing in it outlives the body. */
Arena *scratch_arena(void);

/* Result types. Each is an infer callback. */
const Type *infer_varchar_of_0(InferCtx *infer, Err *err);   /* VARCHAR(length of argument 0) */
const Type *infer_array_string(InferCtx *infer, Err *err);   /* ARRAY<STRING> */
const Type *infer_map_string(InferCtx *infer, Err *err);     /* MAP<STRING, STRING> */
const Type *infer_timestamp3(InferCtx *infer, Err *err);     /* TIMESTAMP(3) */
const Type *infer_timestamp_ltz3(InferCtx *infer, Err *err);
/* Type with room for a+b characters: saturates at STRING. */
uint32_t length_sum(uint32_t a, uint32_t b);
/* The keyword argument i as text; STR_NULL when it is none. */
Str infer_word(const InferCtx *infer, uint32_t i);
/* May `value` stand where `type` is wanted without a cast written by the user (any length of text)? Casts it if so. */
bool infer_fit(InferCtx *infer, uint32_t i, const Type *type);
#endif
