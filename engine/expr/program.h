/* Expressions compiled to flat steps over vectors (as PostgreSQL's ExprState, DuckDB's vectors).
 * Program: immutable, shareable between threads. Eval: registers, arena and environment of one user; single-threaded.
 * Rows outside the batch's selection are never evaluated where evaluation can fail. */
#ifndef WEIR_EXPR_PROGRAM_H
#define WEIR_EXPR_PROGRAM_H
#include "engine/expr/func.h"
#include "engine/type/batch.h"

typedef struct Program Program;
typedef struct Eval Eval;

/* Compiles `n` expressions over inputs of `schema`; common sub-expressions are computed once; constants folded. */
Program *program_compile(Arena *arena, ExprCtx *ctx, Expr *const *exprs, uint32_t n, Err *err);
Eval *eval_new(const Program *program, const Zone *zone, bool batch);
void eval_free(Eval *eval);
EvalEnv *eval_env(Eval *eval);                   /* to set watermark_us, query_start_us */
/* Computes all expressions for the live rows of `in`: out[0..n-1], each `in->len` rows long (rows not selected hold undefined but defined-length
 * cells), FLAT, CONST or DICT, valid until the next call on this eval. A plain column is passed through without copying.
 * false: err has code, message, the expression's span; *bad_row (may be NULL) = batch row. */
bool program_eval(const Program *program, Eval *eval, const Batch *in, Vec *out, uint32_t *bad_row, Err *err) MUST_CHECK;
/* Rows of `in` where BOOLEAN expression `index` is TRUE: sel has room for in->len entries. */
bool program_select(const Program *program, Eval *eval, uint32_t index, const Batch *in, uint32_t *sel, uint32_t *sel_len, Err *err) MUST_CHECK;
/* Batch row on which the last call failed. */
uint32_t eval_bad_row(const Eval *eval);
/* One constant expression, now. */
bool expr_eval_const(ExprCtx *ctx, const Expr *expr, Datum *out, Err *err) MUST_CHECK;
#endif
