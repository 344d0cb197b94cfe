/* Arithmetic over vectors. Integers wrap (Java), floats follow IEEE, decimals turn NULL on overflow, integer and decimal division by zero fails.
 * Wrapping loops are branch-free over all rows; division and decimals visit selected, valid rows only. Stateless. */
#include "engine/expr/kernels.h"
#include "engine/type/decimal.h"

typedef enum ArithOp { OP_ADD, OP_SUB, OP_MUL } ArithOp;

/* One loop for each shape: flat-flat, flat-const, const-flat. U: the type the sum is computed in (unsigned, so that it wraps). */
#define LOOPS(T, U, SIGN)                                                                                                  \
    if (ca) { const U x = (U)a[0]; for (uint32_t i = 0; i < len; i++) out[i] = (T)(U)(x SIGN (U)b[i]); }                   \
    else if (cb) { const U y = (U)b[0]; for (uint32_t i = 0; i < len; i++) out[i] = (T)(U)((U)a[i] SIGN y); }              \
    else for (uint32_t i = 0; i < len; i++) out[i] = (T)(U)((U)a[i] SIGN (U)b[i]);

#define ARITH(N, T, U)                                                                                                     \
    static void arith_##N(ArithOp op, T *restrict out, const T *a, const T *b, bool ca, bool cb, uint32_t len)             \
    {                                                                                                                      \
        if (op == OP_ADD) { LOOPS(T, U, +) } else if (op == OP_SUB) { LOOPS(T, U, -) } else { LOOPS(T, U, *) }             \
    }
ARITH(i8, int8_t, uint32_t)
ARITH(i16, int16_t, uint32_t)
ARITH(i32, int32_t, uint32_t)
ARITH(i64, int64_t, uint64_t)
ARITH(f32, float, float)
ARITH(f64, double, double)

static const Type *arg_type(const FuncCall *call, uint32_t i) { return call->expr->args[i]->type; }

static bool decimal_apply(ArithOp op, const FuncCall *call, i128 a, i128 b, i128 *out)
{
    const Type *to = call->expr->type;
    uint32_t sa = arg_type(call, 0)->scale, sb = arg_type(call, 1)->scale;
    switch (op) {
    case OP_ADD: return decimal_add(a, sa, b, sb, to->precision, to->scale, out);
    case OP_SUB: return decimal_sub(a, sa, b, sb, to->precision, to->scale, out);
    case OP_MUL: return decimal_mul(a, sa, b, sb, to->precision, to->scale, out);
    }
    return false;
}

static bool all_decimal(const FuncCall *call) { return call->expr->type->kind == TYPE_DECIMAL && arg_type(call, 0)->kind == TYPE_DECIMAL && arg_type(call, 1)->kind == TYPE_DECIMAL; }

static bool arith(ArithOp op, const FuncCall *call, EvalEnv *env, FuncBody *body, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out,
                  uint32_t *bad_row, Err *err)
{
    bool ca = args[0].form == VEC_CONST, cb = args[1].form == VEC_CONST;
    bool same = args[0].phys == out->phys && args[1].phys == out->phys && !type_is_datetime(call->expr->type);
    if (same)
        switch (out->phys) {
        case PHYS_I8: arith_i8(op, out->data, args[0].data, args[1].data, ca, cb, out->len); return true;
        case PHYS_I16: arith_i16(op, out->data, args[0].data, args[1].data, ca, cb, out->len); return true;
        case PHYS_I32: arith_i32(op, out->data, args[0].data, args[1].data, ca, cb, out->len); return true;
        case PHYS_I64: arith_i64(op, out->data, args[0].data, args[1].data, ca, cb, out->len); return true;
        case PHYS_F32: arith_f32(op, out->data, args[0].data, args[1].data, ca, cb, out->len); return true;
        case PHYS_F64: arith_f64(op, out->data, args[0].data, args[1].data, ca, cb, out->len); return true;
        default: break;
        }
    /* ORDER ArithOp, DecimalOp */
    if (all_decimal(call)) return kernel_decimal((DecimalOp)op, call, env, args, sel, n, out, bad_row);
    return rows_by_body(call, env, body, args, 2, true, sel, n, out, bad_row, err);
}

/* Scalar forms: one row, any of the types above. */
#define SCALAR(SIGN)                                                                                                       \
    switch (type_phys(call->expr->type)) {                                                                                 \
    case PHYS_I8: out->v.i8 = (int8_t)((uint32_t)args[0].v.i8 SIGN (uint32_t)args[1].v.i8); return true;                   \
    case PHYS_I16: out->v.i16 = (int16_t)((uint32_t)args[0].v.i16 SIGN (uint32_t)args[1].v.i16); return true;              \
    case PHYS_I32: out->v.i32 = (int32_t)((uint32_t)args[0].v.i32 SIGN (uint32_t)args[1].v.i32); return true;              \
    case PHYS_I64: out->v.i64 = (int64_t)((uint64_t)args[0].v.i64 SIGN (uint64_t)args[1].v.i64); return true;              \
    case PHYS_F32: out->v.f32 = args[0].v.f32 SIGN args[1].v.f32; return true;                                             \
    case PHYS_F64: out->v.f64 = args[0].v.f64 SIGN args[1].v.f64; return true;                                             \
    default: break;                                                                                                        \
    }

static bool decimal_body(ArithOp op, const FuncCall *call, const Datum *args, Datum *out)
{
    i128 value = 0;
    if (decimal_apply(op, call, args[0].v.i128, args[1].v.i128, &value)) out->v.i128 = value;
    else out->null = true;
    return true;
}

bool body_add(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    SCALAR(+)
    return decimal_body(OP_ADD, call, args, out);
}

bool body_sub(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    SCALAR(-)
    return decimal_body(OP_SUB, call, args, out);
}

bool body_mul(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    SCALAR(*)
    return decimal_body(OP_MUL, call, args, out);
}

bool kernel_add(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    return arith(OP_ADD, call, env, body_add, args, sel, n, out, bad_row, err);
}

bool kernel_sub(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    return arith(OP_SUB, call, env, body_sub, args, sel, n, out, bad_row, err);
}

bool kernel_mul(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    return arith(OP_MUL, call, env, body_mul, args, sel, n, out, bad_row, err);
}

/* --- division, remainder --- */

static bool divide_fail(Err *err) { return err_set(err, E_DIVISION, "division by zero"); }

/* Division by -1 is a negation that wraps: the hardware traps on MIN / -1. */
#define DIVIDE(N, T, U)                                                                                                    \
    static inline T div_##N(T a, T b) { return b == -1 ? (T)(0 - (U)a) : (T)(a / b); }                                     \
    static inline T mod_##N(T a, T b) { return b == -1 ? 0 : (T)(a % b); }                                                 \
    static bool divide_##N(bool mod, T *restrict out, const Vec *va, const Vec *vb, const uint64_t *valid, const uint32_t *sel, uint32_t n,  \
                           uint32_t len, uint32_t *bad_row)                                                                \
    {                                                                                                                      \
        const T *a = va->data, *b = vb->data;                                                                              \
        bool ca = va->form == VEC_CONST, cb = vb->form == VEC_CONST;                                                       \
        if (cb && !ca && b[0] != 0 && b[0] != -1) {                                                                        \
            const T y = b[0];                                                                                              \
            if (mod) for (uint32_t i = 0; i < len; i++) out[i] = (T)(a[i] % y);                                            \
            else for (uint32_t i = 0; i < len; i++) out[i] = (T)(a[i] / y);                                                \
            return true;                                                                                                   \
        }                                                                                                                  \
        for (uint32_t k = 0; k < n; k++) {                                                                                 \
            uint32_t i = sel ? sel[k] : k;                                                                                 \
            if (valid && !bit_get(valid, i)) continue;                                                                     \
            T x = a[ca ? 0 : i], y = b[cb ? 0 : i];                                                                        \
            if (y == 0) { *bad_row = i; return false; }                                                                    \
            out[i] = mod ? mod_##N(x, y) : div_##N(x, y);                                                                  \
        }                                                                                                                  \
        return true;                                                                                                       \
    }
DIVIDE(i8, int8_t, uint32_t)
DIVIDE(i16, int16_t, uint32_t)
DIVIDE(i32, int32_t, uint32_t)
DIVIDE(i64, int64_t, uint64_t)

#define FDIV(N, T)                                                                                                         \
    static void fdiv_##N(T *restrict out, const T *a, const T *b, bool ca, bool cb, uint32_t len)                          \
    {                                                                                                                      \
        for (uint32_t i = 0; i < len; i++) out[i] = a[ca ? 0 : i] / b[cb ? 0 : i];                                         \
    }
FDIV(f32, float)
FDIV(f64, double)

bool body_div(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env;
    const Type *type = call->expr->type;
    switch (type_phys(type)) {
    case PHYS_I8: if (args[1].v.i8 == 0) return divide_fail(err); out->v.i8 = div_i8(args[0].v.i8, args[1].v.i8); return true;
    case PHYS_I16: if (args[1].v.i16 == 0) return divide_fail(err); out->v.i16 = div_i16(args[0].v.i16, args[1].v.i16); return true;
    case PHYS_I32: if (args[1].v.i32 == 0) return divide_fail(err); out->v.i32 = div_i32(args[0].v.i32, args[1].v.i32); return true;
    case PHYS_I64: if (args[1].v.i64 == 0) return divide_fail(err); out->v.i64 = div_i64(args[0].v.i64, args[1].v.i64); return true;
    case PHYS_F32: out->v.f32 = args[0].v.f32 / args[1].v.f32; return true;
    case PHYS_F64: out->v.f64 = args[0].v.f64 / args[1].v.f64; return true;
    default: break;
    }
    if (args[1].v.i128 == 0) return divide_fail(err);
    i128 value = 0;
    out->null = !decimal_div(args[0].v.i128, arg_type(call, 0)->scale, args[1].v.i128, arg_type(call, 1)->scale, type->precision, type->scale, &value);
    out->v.i128 = value;
    return true;
}

bool body_mod(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env;
    const Type *type = call->expr->type;
    switch (type_phys(type)) {
    case PHYS_I8: if (args[1].v.i8 == 0) return divide_fail(err); out->v.i8 = mod_i8(args[0].v.i8, args[1].v.i8); return true;
    case PHYS_I16: if (args[1].v.i16 == 0) return divide_fail(err); out->v.i16 = mod_i16(args[0].v.i16, args[1].v.i16); return true;
    case PHYS_I32: if (args[1].v.i32 == 0) return divide_fail(err); out->v.i32 = mod_i32(args[0].v.i32, args[1].v.i32); return true;
    case PHYS_I64: if (args[1].v.i64 == 0) return divide_fail(err); out->v.i64 = mod_i64(args[0].v.i64, args[1].v.i64); return true;
    default: break;
    }
    if (args[1].v.i128 == 0) return divide_fail(err);
    i128 value = 0;
    out->null = !decimal_mod(args[0].v.i128, arg_type(call, 0)->scale, args[1].v.i128, arg_type(call, 1)->scale, type->precision, type->scale, &value);
    out->v.i128 = value;
    return true;
}

static bool divide(bool mod, const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    bool ok = true, ca = args[0].form == VEC_CONST, cb = args[1].form == VEC_CONST;
    switch (out->phys) {
    case PHYS_I8: ok = divide_i8(mod, out->data, &args[0], &args[1], out->valid, sel, n, out->len, bad_row); break;
    case PHYS_I16: ok = divide_i16(mod, out->data, &args[0], &args[1], out->valid, sel, n, out->len, bad_row); break;
    case PHYS_I32: ok = divide_i32(mod, out->data, &args[0], &args[1], out->valid, sel, n, out->len, bad_row); break;
    case PHYS_I64: ok = divide_i64(mod, out->data, &args[0], &args[1], out->valid, sel, n, out->len, bad_row); break;
    case PHYS_F32: fdiv_f32(out->data, args[0].data, args[1].data, ca, cb, out->len); break;
    case PHYS_F64: fdiv_f64(out->data, args[0].data, args[1].data, ca, cb, out->len); break;
    default:
        if (!all_decimal(call)) return rows_by_body(call, env, mod ? body_mod : body_div, args, 2, true, sel, n, out, bad_row, err);
        ok = kernel_decimal(mod ? DECIMAL_MOD : DECIMAL_DIV, call, env, args, sel, n, out, bad_row);
    }
    return ok || divide_fail(err);
}

bool kernel_div(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    return divide(false, call, env, args, sel, n, out, bad_row, err);
}

bool kernel_mod(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    return divide(true, call, env, args, sel, n, out, bad_row, err);
}

/* --- negation --- */

#define NEGATE(T, U) { const T *a = args[0].data; T *restrict r = out->data; for (uint32_t i = 0; i < out->len; i++) r[i] = (T)(0 - (U)a[i]); return true; }

bool body_negate(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    switch (type_phys(call->expr->type)) {
    case PHYS_I8: out->v.i8 = (int8_t)(0 - (uint32_t)args[0].v.i8); return true;
    case PHYS_I16: out->v.i16 = (int16_t)(0 - (uint32_t)args[0].v.i16); return true;
    case PHYS_I32: out->v.i32 = (int32_t)(0 - (uint32_t)args[0].v.i32); return true;
    case PHYS_I64: out->v.i64 = (int64_t)(0 - (uint64_t)args[0].v.i64); return true;
    case PHYS_F32: out->v.f32 = -args[0].v.f32; return true;
    case PHYS_F64: out->v.f64 = -args[0].v.f64; return true;
    default: out->v.i128 = -args[0].v.i128; return true;
    }
}

bool kernel_negate(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    if (args[0].form == VEC_FLAT)
        switch (out->phys) {
        case PHYS_I32: NEGATE(int32_t, uint32_t)
        case PHYS_I64: NEGATE(int64_t, uint64_t)
        case PHYS_F64: { const double *a = args[0].data; double *restrict r = out->data; for (uint32_t i = 0; i < out->len; i++) r[i] = -a[i]; return true; }
        default: break;
        }
    return rows_by_body(call, env, body_negate, args, 1, true, sel, n, out, bad_row, err);
}
