/* DECIMAL(p,s), p <= 38: unscaled 128-bit integers; 76-digit intermediates through GMP (mpn_*).
 * Rounding is HALF_UP. Every function: false/NULL result on overflow of the target precision. Formulas: Flink LogicalTypeMerging
 * (Flink's documentation). */
#ifndef WEIR_TYPE_DECIMAL_H
#define WEIR_TYPE_DECIMAL_H
#include "engine/type/vec.h"
extern const i128 decimal_pow10[39];
bool decimal_fits(i128 v, uint32_t precision);                                     /* |v| < 10^precision */
bool decimal_rescale(i128 v, uint32_t from_scale, uint32_t to_scale, uint32_t precision, i128 *out);  /* HALF_UP; false if it does not fit */
bool decimal_add(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out);
bool decimal_sub(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out);
bool decimal_mul(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out);
bool decimal_div(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out);        /* b <> 0 */
bool decimal_mod(i128 a, uint32_t sa, i128 b, uint32_t sb, uint32_t p, uint32_t s, i128 *out);        /* sign of a; b <> 0 */
int decimal_cmp(i128 a, uint32_t sa, i128 b, uint32_t sb);
/* As java.math.BigDecimal.toString without trailing zeros: an exponent when the scale turns negative or the number is below 1e-6 (100.00 is 1E+2). */
void decimal_print_java(i128 v, uint32_t scale, StrBuf *out);
void decimal_print(i128 v, uint32_t scale, StrBuf *out);                           /* plain notation */
bool decimal_parse(Str text, uint32_t p, uint32_t s, i128 *out);                   /* [+-]digits[.digits][e[+-]n], HALF_UP; no blanks */
double decimal_to_double(i128 v, uint32_t scale);
bool decimal_from_double(double v, uint32_t p, uint32_t s, i128 *out);             /* as new BigDecimal(Double.toString): exact shortest digits, HALF_UP */
i128 decimal_round(i128 v, uint32_t scale, int32_t digits);                        /* HALF_UP to `digits` after the point, same scale */
i128 decimal_truncate(i128 v, uint32_t scale, int32_t digits);
i128 decimal_floor(i128 v, uint32_t scale);                                        /* result has scale 0 */
i128 decimal_ceil(i128 v, uint32_t scale);
#endif
