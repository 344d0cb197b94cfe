/* Arithmetic of dates, times, timestamps and intervals: types and bodies for the rows of + - * and unary -. */
#ifndef WEIR_EXPR_FN_TIME_ARITH_H
#define WEIR_EXPR_FN_TIME_ARITH_H
#include "engine/expr/func.h"

/* NOT NULL result type of `a op b` where an operand is a date, time or interval; op '+', '-' or '*'. NULL when the pair is not defined:
 * datetime - datetime is not (SQL wants `(a - b) UNIT`, see DATETIME_MINUS), nor is interval / n or interval * DECIMAL. */
const Type *time_arith_type(Arena *arena, char op, const Type *a, const Type *b);
/* Bodies; operands of the types above, in the order written. DATE keeps whole days of the interval, TIME wraps at midnight, months clamp to the month's end,
 * TIMESTAMP_LTZ moves as an instant. E_RANGE when a constant result leaves the years 1..9999. */
FuncBody time_arith_plus, time_arith_minus, time_arith_times, time_arith_negate;
/* Instant of a DATE, TIME (on 1970-01-01), TIMESTAMP or TIMESTAMP_LTZ cell; LTZ as UTC. */
Instant time_point(const Type *type, const Datum *value);
/* Milliseconds (or months) of one unit; false: the unit is not a length of either kind. */
bool time_unit_length(int unit, bool *months, int64_t *amount);
#endif
