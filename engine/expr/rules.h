/* Type rules shared by the constructors of expressions and the operators' rows: common types, decimal results, legal casts.
 * Pure functions over immutable types; results live in the arena given. Sources: flink-sql decimal table, measured rules. */
#ifndef WEIR_EXPR_RULES_H
#define WEIR_EXPR_RULES_H
#include "engine/expr/func.h"

bool type_is_approx(const Type *type);           /* FLOAT, DOUBLE */
bool type_is_chars(const Type *type);            /* strings and binaries */
bool type_is_time_point(const Type *type);       /* TIMESTAMP, TIMESTAMP_LTZ */
bool type_is_interval(const Type *type);
/* Decimal digits and scale of an exact type: TINYINT 3, SMALLINT 5, INT 10, BIGINT 19, DECIMAL its own. */
void type_digits(const Type *type, uint32_t *precision, uint32_t *scale);
/* Result of a `op` b for numeric operands, op one of + - * / %; NOT NULL form. */
const Type *type_arith(Arena *arena, char op, const Type *a, const Type *b);
/* What two values are compared as: the wider number, the finer timestamp, element-wise for nested ones. NULL if they cannot be compared. */
const Type *type_comparison(Arena *arena, const Type *a, const Type *b);
/* A comparison of it may be NULL: it is nullable, or a ROW with a field that may be NULL. */
bool type_compares_null(const Type *type);
/* Same type with the nullability of `like`. */
const Type *type_nullable_as(Arena *arena, const Type *type, const Type *like);

typedef enum CastRule { CAST_NO, CAST_OK, CAST_NO_TIME_NUMBER } CastRule;
/* May the user write CAST(from AS to)? CAST_NO_TIME_NUMBER: refused with advice of its own. */
CastRule cast_rule(const Type *from, const Type *to);

/* A call node of an internal or operator row with everything decided by the caller. */
Expr *expr_call_node(Arena *arena, const FuncDef *func, Expr **args, uint32_t nargs, const Type *type, Span span);
/* E_TYPE "illegal use of NULL" unless the argument has a type. */
bool refuse_bare_null(const Expr *arg, Err *err);
/* Casts to make both sides of a comparison one type; false + err E_TYPE where the pair cannot be compared. equality: = or <>. */
bool compare_coerce(ExprCtx *ctx, Expr **left, Expr **right, bool equality, const char *op, Span span, Err *err);
Expr *expr_not(ExprCtx *ctx, Expr *value, Span span);
#endif
