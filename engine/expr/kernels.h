/* Vector kernels behind the operators' rows, and the loop that runs a scalar body over a batch. Private to engine/expr.
 * Kernels of total fixed-width functions ignore the selection: they compute all rows, reading whatever unselected cells hold. */
#ifndef WEIR_EXPR_KERNELS_H
#define WEIR_EXPR_KERNELS_H
#include "engine/expr/func.h"

/* Runs `body` on the rows given; NULL results clear validity bits. strict: rows whose out validity is already clear are left alone. */
bool rows_by_body(const FuncCall *call, EvalEnv *env, FuncBody *body, const Vec *args, uint32_t nargs, bool strict, const uint32_t *sel, uint32_t n,
                  Vec *out, uint32_t *bad_row, Err *err);

FuncKernel kernel_add, kernel_sub, kernel_mul, kernel_div, kernel_mod, kernel_negate;
FuncKernel kernel_eq, kernel_ne, kernel_lt, kernel_le, kernel_gt, kernel_ge;
FuncKernel kernel_not;
FuncBody body_add, body_sub, body_mul, body_div, body_mod, body_negate;
FuncBody body_eq, body_ne, body_lt, body_le, body_gt, body_ge;

/* Number to number casts over all `len` rows; NULL when the pair has no kernel. */
typedef void CastKernel(void *restrict out, const void *restrict in, uint32_t len);
CastKernel *cast_kernel(const Type *from, const Type *to);

/* SQL equality of two values: 1 equal, 0 not, -1 unknown (a NULL inside a ROW). Arrays and maps: NULL elements are equal; NaN equals nothing. */
int value_equal(const Type *ta, const Datum *a, const Type *tb, const Datum *b);
/* SQL order of two scalars of one kind: <0, 0, >0; 2 when NaN makes them incomparable. */
int value_order(const Type *ta, const Datum *a, const Type *tb, const Datum *b);

/* Saturating conversions of Java: NaN is 0. */
static inline int32_t double_to_i32(double v)
{
    if (v != v) return 0;
    return v >= 2147483647.0 ? INT32_MAX : v <= -2147483648.0 ? INT32_MIN : (int32_t)v;
}
static inline int64_t double_to_i64(double v)
{
    if (v != v) return 0;
    return v >= 9223372036854775808.0 ? INT64_MAX : v <= -9223372036854775808.0 ? INT64_MIN : (int64_t)v;
}

/* Compiled casts (cast.c). */
typedef struct Cast Cast;
struct Cast {
    const Type *from, *to;
    bool (*run)(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err);
    const Cast *elem, *key;
    const Cast *const *fields;
};
const Cast *cast_compile(Arena *arena, const Type *from, const Type *to);
/* NULL stays NULL. false + err where CAST fails; *out is then undefined. */
bool cast_value(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err);
/* Flink lets this one error through TRY_CAST: NaN and infinities to DECIMAL. */
bool cast_fails_hard(const Cast *cast);
#endif
