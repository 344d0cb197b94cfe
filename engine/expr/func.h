/* The function table: one row per SQL function or operator. From the row come the binder's overload resolution, SHOW FUNCTIONS,
 * DESCRIBE FUNCTION, completion, docs/functions.md and the expression fuzzer. Bodies live in engine/expr/fn_*.c, kernels in kernels*.c.
 * To add a function: write a body, add a row to the table of its file; func_table.c lists the tables. */
#ifndef WEIR_EXPR_FUNC_H
#define WEIR_EXPR_FUNC_H
#include "engine/expr/expr.h"

/* What run-time evaluation may need beyond its arguments. One per Eval; single-threaded. */
typedef struct EvalEnv {
    Arena *arena;                /* results that need memory: lives as long as the output batch */
    const Zone *zone;
    bool batch;
    int64_t query_start_us;      /* CURRENT_TIMESTAMP of a batch query */
    int64_t watermark_us;        /* CURRENT_WATERMARK; INT64_MIN before the first one */
} EvalEnv;

/* One call site as the body sees it. */
typedef struct FuncCall {
    const Expr *expr;            /* types of arguments and result, span */
    const void *data;            /* expr->data */
    void *prepared;              /* made once by FuncDef.prepare; NULL without one */
} FuncCall;

/* Scalar body: one row. args[i].null is never true under FN_STRICT. out is zeroed and not NULL before the call; set out->null for NULL.
 * false + err fails the row (code E_DIVISION, E_DATA, ..): the caller adds the caret and the row. */
typedef bool FuncBody(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err);
/* Vector kernel: computes rows of the selection (sel NULL = 0..n-1 rows) of FLAT/CONST argument vectors into FLAT out (already allocated, len rows;
 * validity already = AND of the arguments' under FN_STRICT, so kernels of total functions just loop over data).
 * On failure fills err and *bad_row. */
typedef bool FuncKernel(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err);

enum {
    FN_STRICT = 1,               /* NULL in any argument -> NULL */
    FN_VOLATILE = 2,             /* another value each row or run: RAND, UUID, PROCTIME, CURRENT_*: never folded */
    FN_OPERATOR = 4,             /* written as an operator: not in SHOW FUNCTIONS' list of names */
    FN_SYMBOL0 = 8,              /* first argument is a keyword symbol */
    FN_BARE = 16,                /* callable without parentheses: CURRENT_DATE */
    FN_NULLABLE = 32,            /* result is always nullable */
    FN_NOT_NULL = 64,            /* result is never nullable */
    FN_INTERNAL = 128,           /* not offered to users: ITEM, FIELD */
    FN_SET = 512,                /* once prepared, only the first argument is read: IN over a long constant list */
    FN_WINDOW = 1024,            /* stands with OVER only; the binder and its operator know the rest */
    FN_TOTAL = 256               /* cannot fail whatever its arguments hold: may run on rows that AND, OR, CASE would skip */
};

/* Resolution of one call: infer may replace args[i] by an implicit cast, set *data, and returns the result type or NULL + err.
 * Nullability of the result is computed afterwards from the flags (default: nullable iff any argument is) unless infer set keep_null. */
typedef struct InferCtx { ExprCtx *ctx; const struct FuncDef *func; Expr **args; uint32_t nargs; Span span; const void **data; bool keep_null; } InferCtx;
typedef const Type *FuncInfer(InferCtx *infer, Err *err);

typedef struct FuncDef {
    const char *name;            /* upper case, or the operator's text */
    /* Signatures, '|' between alternatives, most specific first; arguments by class: any, bool, int (TINYINT..BIGINT), integer (cast to INT), bigint (cast to BIGINT),
     * num, exact (ints and DECIMAL), dec, double (numeric, cast to DOUBLE), str, bin, chars (str or bin), date, time, ts, ltz, datetime, interval, month, array, map, row, sym;
     * '?' suffix optional, '*' suffix zero or more, '+' one or more; "T" same common type as the other T's. "" = no argument.
     * NULL = infer checks everything itself; behind a '=' stands what it takes, for the reader alone. */
    const char *args;
    const char *ret;             /* result type text ("STRING", "BIGINT", "DOUBLE", "BOOLEAN"), or "$1" = type of argument 1; NULL = infer */
    unsigned flags;
    FuncInfer *infer;
    FuncBody *body;
    FuncKernel *kernel;          /* NULL: body in a loop */
    /* Compiles constant arguments (patterns, formats, paths, zones) once per call site: const_args[i] is NULL where argument i varies. */
    void *(*prepare)(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err);
    const char *category;        /* "string", "math", "time", ... */
    const char *doc;             /* one sentence */
    const char *example;         /* SQL expression */
    const char *result;          /* its value as text: run as a test */
    /* Special forms (IF, COALESCE, NULLIF): builds the whole tree itself from infer->args; infer and body are then unused. */
    Expr *(*build)(InferCtx *infer, Err *err);
} FuncDef;

/* Helpers for infer callbacks. */
/* Replaces argument i by an implicit cast to `type` (nullability of the argument kept); nothing happens if it has that type already. */
void infer_cast(InferCtx *infer, uint32_t i, const Type *type);
/* The value of a constant argument; NULL where argument i is no literal (fold it first: infer->args hold folded constants). */
const Datum *infer_const(const InferCtx *infer, uint32_t i);
/* E_TYPE at the call: "cannot apply NAME to arguments of type (INT, STRING)". Returns NULL. */
const Type *infer_refuse(const InferCtx *infer, Err *err);

/* What it takes as text, without the mark; NULL where the row does not say. */
static inline const char *func_args(const FuncDef *func) { return func->args && func->args[0] == '=' ? func->args + 1 : func->args; }
const FuncDef *func_find(Str name);              /* any case; NULL */
/* All rows in order of name; *n = count. */
const FuncDef *const *func_all(uint32_t *n);
Str func_nearest(Str name);                      /* STR_NULL if nothing is near; covers aggregates too */
#endif
