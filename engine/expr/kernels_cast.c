/* Casts between fixed-width numbers over whole vectors, as Java converts: integers wrap, floats saturate, NaN is 0.
 * Total, so every row is computed whatever it holds. Stateless. */
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
