/* Casts over vectors. Between fixed-width numbers as Java converts: integers wrap, floats saturate, NaN is 0; total, so every row is computed
 * whatever it holds. Between text and integers or timestamps: the plain forms, a row with another one is left to the cast's own function. Stateless. */
#include "engine/expr/kernels.h"

#define INT_TO_INT(A, TA, B, TB)                                                                                           \
    static void A##_to_##B(void *restrict out, const void *restrict in, uint32_t len)                                      \
    { TB *restrict r = out; const TA *a = in; for (uint32_t i = 0; i < len; i++) r[i] = (TB)a[i]; }
#define FLOAT_TO_INT(A, TA, B, TB, VIA)                                                                                    \
    static void A##_to_##B(void *restrict out, const void *restrict in, uint32_t len)                                      \
    { TB *restrict r = out; const TA *a = in; for (uint32_t i = 0; i < len; i++) r[i] = (TB)VIA((double)a[i]); }
#define FROM(A, TA) INT_TO_INT(A, TA, i8, int8_t) INT_TO_INT(A, TA, i16, int16_t) INT_TO_INT(A, TA, i32, int32_t) INT_TO_INT(A, TA, i64, int64_t) \
    INT_TO_INT(A, TA, f32, float) INT_TO_INT(A, TA, f64, double)
#define FROM_FLOAT(A, TA) FLOAT_TO_INT(A, TA, i8, int8_t, double_to_i32) FLOAT_TO_INT(A, TA, i16, int16_t, double_to_i32)  \
    FLOAT_TO_INT(A, TA, i32, int32_t, double_to_i32) FLOAT_TO_INT(A, TA, i64, int64_t, double_to_i64)                      \
    INT_TO_INT(A, TA, f32, float) INT_TO_INT(A, TA, f64, double)
FROM(i8, int8_t)
FROM(i16, int16_t)
FROM(i32, int32_t)
FROM(i64, int64_t)
FROM_FLOAT(f32, float)
FROM_FLOAT(f64, double)

/* ORDER TypeKind from TYPE_TINYINT to TYPE_DOUBLE */
#define ROW(A) { A##_to_i8, A##_to_i16, A##_to_i32, A##_to_i64, A##_to_f32, A##_to_f64 }
static CastKernel *const table[6][6] = { ROW(i8), ROW(i16), ROW(i32), ROW(i64), ROW(f32), ROW(f64) };

CastKernel *cast_kernel(const Type *from, const Type *to)
{
    bool numbers = from->kind >= TYPE_TINYINT && from->kind <= TYPE_DOUBLE && to->kind >= TYPE_TINYINT && to->kind <= TYPE_DOUBLE;
    return numbers ? table[from->kind - TYPE_TINYINT][to->kind - TYPE_TINYINT] : NULL;
}

/* --- integers and text --- */

static inline int64_t integer_cell(const Vec *vec, uint32_t row)
{
    switch (vec->phys) {
    case PHYS_I8: return ((const int8_t *)vec->data)[row];
    case PHYS_I16: return ((const int16_t *)vec->data)[row];
    case PHYS_I32: return ((const int32_t *)vec->data)[row];
    default: return ((const int64_t *)vec->data)[row];
    }
}

static inline void integer_set(Vec *vec, uint32_t row, int64_t v)
{
    switch (vec->phys) {
    case PHYS_I8: ((int8_t *)vec->data)[row] = (int8_t)v; break;
    case PHYS_I16: ((int16_t *)vec->data)[row] = (int16_t)v; break;
    case PHYS_I32: ((int32_t *)vec->data)[row] = (int32_t)v; break;
    default: ((int64_t *)vec->data)[row] = v; break;
    }
}

enum { INTEGER_TEXT = 20 };                      /* the longest: -9223372036854775808 */

/* Digits from the end of text[INTEGER_TEXT]; returns where they begin. */
static inline const char *print_integer(int64_t v, char *text)
{
    char *p = text + INTEGER_TEXT;
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do *--p = (char)('0' + left % 10); while (left /= 10);
    if (v < 0) *--p = '-';
    return p;
}

static uint32_t integers_to_text(const Cast *cast, EvalEnv *env, const Vec *arg, const uint32_t *sel, uint32_t k, uint32_t n, Vec *out)
{
    (void)cast;
    StrView *r = out->data;
    TextHeap heap = { env->arena, NULL, NULL };
    for (; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        char text[INTEGER_TEXT];
        const char *p = print_integer(integer_cell(arg, row), text);
        uint32_t len = (uint32_t)(text + INTEGER_TEXT - p);
        r[row] = strview_of(len <= 12 ? p : memcpy(heap_take(&heap, len), p, len), len);
    }
    return n;
}

/* A sign and up to 18 digits, nothing else. */
static inline bool plain_integer(Str s, int64_t *out)
{
    uint32_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');
    int64_t v = 0;
    if (s.len == i || s.len - i > 18) return false;
    for (uint32_t k = i; k < s.len; k++) {
        unsigned digit = (unsigned char)(s.ptr[k] - '0');
        if (digit > 9) return false;
        v = v * 10 + (int64_t)digit;
    }
    *out = s.ptr[0] == '-' ? -v : v;
    return true;
}

static uint32_t text_to_integers(const Cast *cast, EvalEnv *env, const Vec *arg, const uint32_t *sel, uint32_t k, uint32_t n, Vec *out)
{
    (void)env;
    const StrView *in = arg->data;
    const int bits = 8 * (int)phys_size(out->phys) - 1;
    const int64_t high = (int64_t)(UINT64_MAX >> (64 - bits)), low = -high - 1;
    (void)cast;
    for (; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        int64_t v;
        if (out->valid && !bit_get(out->valid, row)) continue;
        if (!plain_integer(strview_str(&in[row]), &v) || v < low || v > high) return k;
        integer_set(out, row, v);
    }
    return n;
}

/* --- timestamps of up to microseconds, and text --- */

/* yyyy-MM-dd HH:mm:ss. */
static uint32_t text_to_timestamps(const Cast *cast, EvalEnv *env, const Vec *arg, const uint32_t *sel, uint32_t k, uint32_t n, Vec *out)
{
    (void)env;
    const StrView *in = arg->data;
    int64_t *r = out->data;
    for (; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        if (!fixed_pattern_read(&cast->places, strview_str(&in[row]), &r[row])) return k;
    }
    return n;
}

static uint32_t timestamps_to_text(const Cast *cast, EvalEnv *env, const Vec *arg, const uint32_t *sel, uint32_t k, uint32_t n, Vec *out)
{
    const int64_t *in = arg->data;
    const uint32_t len = cast->places.len;
    StrView *r = out->data;
    TextHeap heap = { env->arena, NULL, NULL };
    for (; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        char *text = heap_take(&heap, len);
        if (!fixed_pattern_print(&cast->places, in[row], text)) return k;
        r[row] = strview_of(text, len);
    }
    return n;
}

static CastRows *choose_rows(const Type *from, const Type *to)
{
    if (type_is_integer(from) && to->kind == TYPE_VARCHAR && to->precision >= INTEGER_TEXT) return integers_to_text;
    if (type_is_string(from) && type_is_integer(to)) return text_to_integers;
    if (type_is_string(from) && to->kind == TYPE_TIMESTAMP && to->precision <= 6) return text_to_timestamps;
    return from->kind == TYPE_TIMESTAMP && from->precision <= 6 && to->kind == TYPE_VARCHAR && to->precision >= FIXED_MAX ? timestamps_to_text : NULL;
}

void cast_choose_rows(Cast *cast)
{
    cast->rows = choose_rows(cast->from, cast->to);
    Str pattern = STR("yyyy-MM-dd HH:mm:ss.SSSSSS");
    uint32_t digits = cast->rows == timestamps_to_text ? cast->from->precision : 0;
    if (cast->rows != timestamps_to_text && cast->rows != text_to_timestamps) return;
    if (!fixed_pattern_compile(str_sub(pattern, 0, digits ? 20 + digits : 19), &cast->places)) cast->rows = NULL;
}
