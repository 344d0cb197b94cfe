/* Kernels of kernels_fn.c, named in the rows of fn_*.c. */
#ifndef WEIR_EXPR_KERNELS_FN_H
#define WEIR_EXPR_KERNELS_FN_H
#include "engine/expr/fixed_pattern.h"
#include "engine/expr/func.h"
FuncKernel kernel_to_timestamp, kernel_to_timestamp_ltz, kernel_extract, kernel_field, kernel_floor, kernel_date_format;
FuncKernel kernel_upper, kernel_lower, kernel_concat, kernel_substring;
/* SUBSTRING's rule, shared with its body (fn_string.c): a slice of s. */
Str text_substring(Str s, int64_t pos, uint32_t length);
/* Of a call's constant pattern (fn_time.c); NULL when its fields have no fixed places. */
const FixedPattern *time_places(const FuncCall *call);
#endif
