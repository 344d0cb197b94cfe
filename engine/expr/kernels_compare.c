/* Comparisons over vectors, and SQL equality and order of single values.
 * Fixed-width loops are branch-free over all rows; text visits selected rows only, since unselected cells may point nowhere. Stateless. */
#include "engine/expr/kernels.h"
#include "engine/type/decimal.h"

typedef enum CmpOp { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE } CmpOp;

/* --- single values --- */

static int order_i64(int64_t a, int64_t b) { return (a > b) - (a < b); }
static int order_f64(double a, double b) { return a != a || b != b ? 2 : (a > b) - (a < b); }

int value_order(const Type *ta, const Datum *a, const Type *tb, const Datum *b)
{
    switch (type_phys(ta)) {
    case PHYS_BOOL: return order_i64(a->v.b, b->v.b);
    case PHYS_I8: return order_i64(a->v.i8, b->v.i8);
    case PHYS_I16: return order_i64(a->v.i16, b->v.i16);
    case PHYS_I32: return order_i64(a->v.i32, b->v.i32);
    case PHYS_I64: return order_i64(a->v.i64, b->v.i64);
    case PHYS_F32: return order_f64((double)a->v.f32, (double)b->v.f32);
    case PHYS_F64: return order_f64(a->v.f64, b->v.f64);
    case PHYS_I128:
        if (ta->kind == TYPE_DECIMAL) return decimal_cmp(a->v.i128, ta->scale, b->v.i128, tb->scale);
        return (a->v.i128 > b->v.i128) - (a->v.i128 < b->v.i128);
    case PHYS_STR: return strview_cmp(&a->v.str, &b->v.str);
    case PHYS_NESTED: case PHYS_COUNT: break;
    }
    return datum_cmp(ta, a, b);
}

/* NULLs inside arrays and maps equal each other. */
static bool element_equal(const Type *ta, const Datum *a, const Type *tb, const Datum *b)
{
    if (a->null || b->null) return a->null && b->null;
    return value_equal(ta, a, tb, b) == 1;
}

static int array_equal(const Type *ta, const Nested *a, const Type *tb, const Nested *b)
{
    if (a->len != b->len) return 0;
    for (uint32_t i = 0; i < a->len; i++)
        if (!element_equal(ta->elem, &a->items[i], tb->elem, &b->items[i])) return 0;
    return 1;
}

static int row_equal(const Type *ta, const Nested *a, const Type *tb, const Nested *b)
{
    int result = 1;
    for (uint32_t i = 0; i < ta->nfields; i++) {
        const Datum *x = &a->items[i], *y = &b->items[i];
        int field = x->null || y->null ? -1 : value_equal(ta->fields[i].type, x, tb->fields[i].type, y);
        if (field == 0) return 0;
        if (field < 0) result = -1;
    }
    return result;
}

static int map_equal(const Type *ta, const Nested *a, const Type *tb, const Nested *b)
{
    const Type *key_a = ta->kind == TYPE_MULTISET ? ta->elem : ta->key, *key_b = tb->kind == TYPE_MULTISET ? tb->elem : tb->key;
    const Type *val_a = ta->kind == TYPE_MULTISET ? type_simple(TYPE_INT, false) : ta->elem, *val_b = tb->kind == TYPE_MULTISET ? val_a : tb->elem;
    if (a->len != b->len) return 0;
    for (uint32_t i = 0; i < a->len; i++) {
        bool found = false;
        for (uint32_t j = 0; j < b->len && !found; j++)
            found = element_equal(key_a, &a->items[2 * i], key_b, &b->items[2 * j]) && element_equal(val_a, &a->items[2 * i + 1], val_b, &b->items[2 * j + 1]);
        if (!found) return 0;
    }
    return 1;
}

int value_equal(const Type *ta, const Datum *a, const Type *tb, const Datum *b)
{
    switch (ta->kind) {
    case TYPE_ARRAY: return array_equal(ta, a->v.nested, tb, b->v.nested);
    case TYPE_ROW: return row_equal(ta, a->v.nested, tb, b->v.nested);
    case TYPE_MAP: case TYPE_MULTISET: return map_equal(ta, a->v.nested, tb, b->v.nested);
    default: return value_order(ta, a, tb, b) == 0;
    }
}

static bool order_holds(CmpOp op, int order)
{
    if (order == 2) return op == CMP_NE;
    switch (op) {
    case CMP_EQ: return order == 0;
    case CMP_NE: return order != 0;
    case CMP_LT: return order < 0;
    case CMP_LE: return order <= 0;
    case CMP_GT: return order > 0;
    case CMP_GE: return order >= 0;
    }
    return false;
}

static bool compare_body(CmpOp op, const FuncCall *call, const Datum *args, Datum *out)
{
    const Type *ta = call->expr->args[0]->type, *tb = call->expr->args[1]->type;
    if (!type_is_nested(ta)) { out->v.b = order_holds(op, value_order(ta, &args[0], tb, &args[1])); return true; }
    int equal = value_equal(ta, &args[0], tb, &args[1]);
    out->null = equal < 0;
    out->v.b = equal >= 0 && (equal == 1) == (op == CMP_EQ);
    return true;
}

/* --- vectors --- */

#define COMPARE_LOOPS(SIGN)                                                                                                \
    if (ca) { const __typeof__(a[0]) x = a[0]; for (uint32_t i = 0; i < len; i++) out[i] = x SIGN b[i]; }                  \
    else if (cb) { const __typeof__(b[0]) y = b[0]; for (uint32_t i = 0; i < len; i++) out[i] = a[i] SIGN y; }             \
    else for (uint32_t i = 0; i < len; i++) out[i] = a[i] SIGN b[i];

#define COMPARE(N, T)                                                                                                      \
    static void compare_##N(CmpOp op, uint8_t *restrict out, const T *a, const T *b, bool ca, bool cb, uint32_t len)       \
    {                                                                                                                      \
        switch (op) {                                                                                                      \
        case CMP_EQ: COMPARE_LOOPS(==) return;                                                                             \
        case CMP_NE: COMPARE_LOOPS(!=) return;                                                                             \
        case CMP_LT: COMPARE_LOOPS(<) return;                                                                              \
        case CMP_LE: COMPARE_LOOPS(<=) return;                                                                             \
        case CMP_GT: COMPARE_LOOPS(>) return;                                                                              \
        case CMP_GE: COMPARE_LOOPS(>=) return;                                                                             \
        }                                                                                                                  \
    }
COMPARE(u8, uint8_t)
COMPARE(i8, int8_t)
COMPARE(i16, int16_t)
COMPARE(i32, int32_t)
COMPARE(i64, int64_t)
COMPARE(f32, float)
COMPARE(f64, double)
COMPARE(i128, i128)

static void compare_text(CmpOp op, uint8_t *restrict out, const Vec *args, const uint64_t *valid, const uint32_t *sel, uint32_t n)
{
    const StrView *a = args[0].data, *b = args[1].data;
    bool ca = args[0].form == VEC_CONST, cb = args[1].form == VEC_CONST;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = sel ? sel[k] : k;
        if (valid && !bit_get(valid, i)) continue;
        const StrView *x = &a[ca ? 0 : i], *y = &b[cb ? 0 : i];
        out[i] = op == CMP_EQ ? strview_eq(x, y) : op == CMP_NE ? !strview_eq(x, y) : order_holds(op, strview_cmp(x, y));
    }
}

static bool compare(CmpOp op, const FuncCall *call, EvalEnv *env, FuncBody *body, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out,
                    uint32_t *bad_row, Err *err)
{
    bool ca = args[0].form == VEC_CONST, cb = args[1].form == VEC_CONST;
    const void *a = args[0].data, *b = args[1].data;
    const Type *ta = call->expr->args[0]->type, *tb = call->expr->args[1]->type;
    bool by_body = args[0].phys != args[1].phys || (ta->kind == TYPE_DECIMAL && ta->scale != tb->scale) || ta->kind != tb->kind;
    if (type_is_string(ta) && type_is_string(tb)) by_body = false;
    if (type_is_binary(ta) && type_is_binary(tb)) by_body = false;
    if (!by_body)
        switch (args[0].phys) {
        case PHYS_BOOL: compare_u8(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_I8: compare_i8(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_I16: compare_i16(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_I32: compare_i32(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_I64: compare_i64(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_F32: compare_f32(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_F64: compare_f64(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_I128: compare_i128(op, out->data, a, b, ca, cb, out->len); return true;
        case PHYS_STR: compare_text(op, out->data, args, out->valid, sel, n); return true;
        case PHYS_NESTED: case PHYS_COUNT: break;
        }
    return rows_by_body(call, env, body, args, 2, true, sel, n, out, bad_row, err);
}

#define COMPARE_OP(NAME, OP)                                                                                               \
    bool body_##NAME(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)                          \
    { (void)env; (void)err; return compare_body(OP, call, args, out); }                                                    \
    bool kernel_##NAME(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err) \
    { return compare(OP, call, env, body_##NAME, args, sel, n, out, bad_row, err); }
COMPARE_OP(eq, CMP_EQ)
COMPARE_OP(ne, CMP_NE)
COMPARE_OP(lt, CMP_LT)
COMPARE_OP(le, CMP_LE)
COMPARE_OP(gt, CMP_GT)
COMPARE_OP(ge, CMP_GE)

bool kernel_not(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    (void)call; (void)env; (void)sel; (void)n; (void)bad_row; (void)err;
    const uint8_t *a = args[0].data;
    uint8_t *restrict r = out->data;
    bool fixed = args[0].form == VEC_CONST;
    for (uint32_t i = 0; i < out->len; i++) r[i] = a[fixed ? 0 : i] ^ 1;
    return true;
}
