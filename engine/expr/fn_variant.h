/* VARIANT: canonical JSON text (keys sorted, no blanks). Access to its parts for the subscript operator. */
#ifndef WEIR_EXPR_FN_VARIANT_H
#define WEIR_EXPR_FN_VARIANT_H
#include "engine/expr/func.h"
/* variant['key'] and variant[1] (1-based): arguments (VARIANT, STRING or INT), result VARIANT, NULL when missing.
 * E_DATA: a key of something that is no object, an index of something that is no array. */
FuncBody variant_item;
#endif
