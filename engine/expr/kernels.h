/* Vector kernels behind the operators' rows, and the loop that runs a scalar body over a batch. Private to engine/expr.
 * Kernels of total fixed-width functions ignore the selection: they compute all rows, reading whatever unselected cells hold. */
#ifndef WEIR_EXPR_KERNELS_H
#define WEIR_EXPR_KERNELS_H
#include "engine/expr/fixed_pattern.h"
#include "engine/expr/func.h"

/* Runs `body` on the rows given; NULL results clear validity bits. strict: rows whose out validity is already clear are left alone. */
bool rows_by_body(const FuncCall *call, EvalEnv *env, FuncBody *body, const Vec *args, uint32_t nargs, bool strict, const uint32_t *sel, uint32_t n,
                  Vec *out, uint32_t *bad_row, Err *err);

FuncKernel kernel_add, kernel_sub, kernel_mul, kernel_div, kernel_mod, kernel_negate;
FuncKernel kernel_eq, kernel_ne, kernel_lt, kernel_le, kernel_gt, kernel_ge;
FuncKernel kernel_not;
FuncBody body_add, body_sub, body_mul, body_div, body_mod, body_negate;
FuncBody body_eq, body_ne, body_lt, body_le, body_gt, body_ge;

/* Bytes for the texts of one vector: cut from pieces of the arena, so that short texts cost no allocation each. Under AddressSanitizer every text
 * is an allocation of its own, so that it sees what runs over. */
typedef struct TextHeap { Arena *arena; char *at, *end; } TextHeap;
#ifdef __SANITIZE_ADDRESS__
enum { HEAP_PIECE = 0 };
#else
enum { HEAP_PIECE = 4096 };
#endif
static inline char *heap_take(TextHeap *heap, uint32_t n)
{
    if ((size_t)(heap->end - heap->at) < n) {
        if (n > HEAP_PIECE / 4) return arena_alloc(heap->arena, n);
        heap->at = arena_alloc(heap->arena, HEAP_PIECE);
        heap->end = heap->at + HEAP_PIECE;
    }
    char *text = heap->at;
    heap->at += n;
    return text;
}

/* DECIMAL operators (kernels_decimal.c): false = a divisor is 0 at *bad_row. ORDER: those that divide last. */
typedef enum DecimalOp { DECIMAL_ADD, DECIMAL_SUB, DECIMAL_MUL, DECIMAL_DIV, DECIMAL_MOD } DecimalOp;
bool kernel_decimal(DecimalOp op, const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row);

/* Truth over all `len` rows (kernels_bool.c). dst becomes dst AND/OR src; valid gets what is known, and is written only if a side has validity words. */
void kleene_dense(bool is_or, uint8_t *restrict dst, const uint64_t *dst_valid, const uint8_t *restrict src, const uint64_t *src_valid, uint64_t *valid, uint32_t len);
/* Rows of a FLAT BOOLEAN that are TRUE, in order; returns how many. */
uint32_t true_rows(const uint8_t *data, const uint64_t *valid, uint32_t len, uint32_t *restrict rows);
/* A BOOLEAN with FALSE for NULL. */
void condition_bytes(uint8_t *restrict out, const uint8_t *data, const uint64_t *valid, uint32_t len);
void fill_cells(void *restrict dst, const void *cell, uint32_t len, size_t size);
/* Where cond: cells of `size` bytes, and validity, of src (fixed: its first cell) in place of dst's. src NULL of blend_valid: no NULLs. */
void blend_cells(void *restrict dst, const void *src, bool fixed, const uint8_t *cond, uint32_t len, size_t size);
void blend_valid(uint64_t *dst, const uint64_t *src, bool fixed, const uint8_t *cond, uint32_t len);

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
/* The plain values of a FLAT argument: rows of the selection (sel NULL = 0..n-1) from the k-th on, up to the first that `run` must see to (an odd
 * form, a failure); returns its number, n at the end. Rows whose validity is clear are left alone. */
typedef uint32_t CastRows(const Cast *cast, EvalEnv *env, const Vec *arg, const uint32_t *sel, uint32_t k, uint32_t n, Vec *out);
struct Cast {
    const Type *from, *to;
    bool (*run)(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err);
    CastRows *rows;                              /* NULL: run alone */
    const Cast *elem, *key;
    const Cast *const *fields;
    FixedPattern places;                         /* text of a timestamp, for `rows` */
};
void cast_choose_rows(Cast *cast);               /* kernels_cast.c: sets rows when the pair has a loop */
const Cast *cast_compile(Arena *arena, const Type *from, const Type *to);
/* NULL stays NULL. false + err where CAST fails; *out is then undefined. */
bool cast_value(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err);
/* Flink lets this one error through TRY_CAST: NaN and infinities to DECIMAL. */
bool cast_fails_hard(const Cast *cast);
#endif
