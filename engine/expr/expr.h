/* Bound expressions: typed trees, plain data, immutable once built. Built by the binder through the functions below,
 * which own all type rules (common types, implicit casts, result types, nullability): the binder only resolves names.
 * Everything lives in ctx->arena. Errors carry the span and stage VALIDATE unless stated (tests/conformance). */
#ifndef WEIR_EXPR_EXPR_H
#define WEIR_EXPR_EXPR_H
#include "engine/type/vec.h"
#include "engine/type/datetime.h"

typedef enum ExprKind {
    EXPR_CONST,      /* value */
    EXPR_COLUMN,     /* input column by index */
    EXPR_CALL,       /* function or operator row of the function table; all arguments are evaluated */
    EXPR_CASE,       /* args = cond1, then1, cond2, then2, .., else: a branch is evaluated only on its rows */
    EXPR_AND, EXPR_OR,  /* Kleene, n-ary; later terms only on undecided rows */
    EXPR_COALESCE,   /* later arguments only on rows still NULL */
    EXPR_CAST,       /* args[0] to type; try_cast: NULL instead of failing */
} ExprKind;

/* Text of the catalog (a view's query, a computed column) that an expression was read from, and where the statement names its owner. */
typedef struct ExprOrigin { Str what; Str text; Span reference; } ExprOrigin;

struct FuncDef;
typedef struct Expr Expr;
struct Expr {
    ExprKind kind;
    const Type *type;
    Span span;                                   /* place in the statement, for errors at run time too; in origin->text if there is an origin */
    const ExprOrigin *origin;                    /* NULL = the statement itself */
    Datum value;                                 /* CONST */
    uint32_t column;                             /* COLUMN */
    const struct FuncDef *func; const void *data; /* CALL; data: per-call facts set by the function's infer (unit, path, field index) */
    Expr **args; uint32_t nargs;
    bool try_cast, implicit;                     /* CAST; implicit: inserted by a type rule, not printed in EXPLAIN's text */
};

typedef struct ExprCtx {
    Arena *arena;
    const Zone *zone;                            /* table.local-time-zone */
    bool batch;                                  /* execution.runtime-mode = batch: one CURRENT_TIMESTAMP a query */
    bool legacy_cast;                            /* table.exec.legacy-cast-behaviour = ENABLED */
} ExprCtx;

Expr *expr_const(Arena *arena, const Type *type, Datum value, Span span);
Expr *expr_null(Arena *arena, Span span);        /* type TYPE_NULL */
Expr *expr_column(Arena *arena, uint32_t column, const Type *type, Span span);
/* Call by name (any case) of a scalar function or operator ("+", "=", "LIKE", "IS NULL", "NOT", "ITEM", "FIELD", "ROW", "ARRAY", "MAP", "||", ..):
 * resolves the overload, inserts implicit casts, computes the result type. NULL + err: E_NO_FUNCTION (with nearest name), E_TYPE. */
Expr *expr_call(ExprCtx *ctx, Str name, Expr **args, uint32_t nargs, Span span, Err *err);
/* CASE WHEN c1 THEN t1 .. ELSE e END; otherwise NULL = ELSE NULL. Calcite's unification rule. */
Expr *expr_case(ExprCtx *ctx, Expr **conds, Expr **thens, uint32_t n, Expr *otherwise, Span span, Err *err);
/* AND / OR of booleans. */
Expr *expr_logical(ExprCtx *ctx, ExprKind kind, Expr **args, uint32_t n, Span span, Err *err);
/* x IN (list): three-valued; common type of all. */
Expr *expr_in(ExprCtx *ctx, Expr *value, Expr **list, uint32_t n, bool negated, Span span, Err *err);
/* CAST / TRY_CAST as the user wrote it: refuses impossible pairs. */
Expr *expr_cast(ExprCtx *ctx, Expr *value, const Type *type, bool try_cast, Span span, Err *err);
/* Implicit cast for INSERT columns and set operations; NULL + err E_TYPE when Flink would refuse it (narrowing, other families). Same type: returns value. */
Expr *expr_implicit_cast(ExprCtx *ctx, Expr *value, const Type *type, Err *err);
/* Keyword argument of a call (EXTRACT(DAY ..)): a CONST holding the upper-case word; func rows mark such parameters. Its type CHAR(0), which no text
 * but '' has, tells it from a literal. */
Expr *expr_symbol(Arena *arena, Str word, Span span);
/* May its values be told apart as keys: GROUP BY, DISTINCT, ORDER BY? Flink has no order for maps, multisets, VARIANT and BITMAP. */
bool type_can_group(const Type *type);
/* Least restrictive type of CASE, UNION, VALUES, ARRAY (Calcite) or of COALESCE, GREATEST (Flink); NULL if none. */
const Type *type_common_calcite(Arena *arena, const Type *const *types, uint32_t n);
const Type *type_common_flink(Arena *arena, const Type *const *types, uint32_t n);
/* Wraps value in an implicit CAST to `type` with value's nullability, unchecked; value itself when the types are equal. NULL constants change type. */
Expr *expr_coerce(Arena *arena, Expr *value, const Type *type);
/* May a sink column of type `to` take `from` without a cast written by the user? */
bool type_implicit_ok(const Type *from, const Type *to);

/* Sets the origin of a tree just bound; parts that have one keep it. */
void expr_set_origin(Expr *expr, const ExprOrigin *origin);
/* An error of this expression: its place in the statement unless the error has one; where it was read from stored text, that goes into the detail. Returns false. */
bool expr_blame(const Expr *expr, Err *err);

bool expr_equal(const Expr *a, const Expr *b);   /* structure and types; spans and origins ignored; a call's data follows from its function and arguments */
bool expr_is_const(const Expr *expr);            /* no column, no volatile call: same value for every row of a query */
bool expr_is_deterministic(const Expr *expr);
/* Evaluates constant sub-trees at planning (Flink folds them too, so a constant 1/0 fails before any row: stage RUN). */
Expr *expr_fold(ExprCtx *ctx, Expr *expr, Err *err);
/* Rewrites columns: map[i] = replacement for column i (shared, not copied). */
Expr *expr_substitute(Arena *arena, const Expr *expr, Expr *const *map, uint32_t nmap);
void expr_columns(const Expr *expr, uint64_t *bits);  /* sets bit i of bits[i/64] for every column read */
/* Text for EXPLAIN and for matching operators by meaning: columns by name from `schema` ($i when NULL). */
void expr_print(const Expr *expr, const Schema *schema, StrBuf *out);
#endif
