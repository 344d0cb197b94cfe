/* Points in time and units, shared by the functions of dates and times. */
#ifndef WEIR_EXPR_FN_TIME_ARITH_H
#define WEIR_EXPR_FN_TIME_ARITH_H
#include "engine/expr/func.h"

/* Instant of a DATE, TIME (on 1970-01-01), TIMESTAMP or TIMESTAMP_LTZ cell; LTZ as UTC. */
Instant time_point(const Type *type, const Datum *value);
/* Milliseconds (or months) of one unit; false: the unit is not a length of either kind. */
bool time_unit_length(int unit, bool *months, int64_t *amount);
#endif
