/* Values to and from text: CAST(x AS STRING) and CAST(text AS T) as Flink does them (tests/conformance).
 * Time zones: `Zone` from type/datetime.h; LTZ prints in it. All functions are pure and thread-safe. */
#ifndef WEIR_TYPE_TEXT_H
#define WEIR_TYPE_TEXT_H
#include "engine/type/vec.h"
struct Zone;
/* Appends CAST(value AS STRING): TRUE/FALSE, Java's Double.toString (JDK 17), decimals with their scale, timestamps with exactly
 * p digits, TIME(p) with at least one and no trailing zero, [a, NULL], {k=v}, (1, a); invalid UTF-8 becomes U+FFFD. NULL appends "NULL". */
void datum_print(const Type *type, const Datum *value, const struct Zone *zone, StrBuf *out);
/* CAST(text AS type); false + err when the text does not fit (E_TEXT, E_RANGE, E_DATETIME). Result cells that need memory live in arena.
 * Not for ARRAY/MAP/ROW (E_UNSUPPORTED). */
bool datum_parse(Arena *arena, const Type *type, Str text, const struct Zone *zone, Datum *out, Err *err) MUST_CHECK;
void print_double(double v, StrBuf *out);        /* Double.toString */
void print_float(float v, StrBuf *out);          /* Float.toString */
/* Shortest digits that read back as v (two at least where one would do, nearest to v): |v| = digits * 10^exponent10.
 * v finite and not 0; digits has at most 17 of them and no trailing zero. */
void double_digits(double v, uint64_t *digits, int32_t *exponent10);
void float_digits(float v, uint64_t *digits, int32_t *exponent10);
bool parse_double(Str text, double *out);        /* Java's Double.parseDouble forms, without blanks */
bool parse_float(Str text, float *out);          /* Java's Float.parseFloat: rounded once */
/* DECIMAL(p, s) of a text as CAST reads it: for p <= 18 and up to 18 characters the digits written before the point (zeros
 * included) must fit in p - s, and rounding up may reach 10^p. Blanks around are skipped. */
bool decimal_parse_cast(Str text, uint32_t p, uint32_t s, i128 *out);
#endif
