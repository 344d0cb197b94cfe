/* Date patterns with every field at a fixed place: the short way of DATE_FORMAT, TO_TIMESTAMP and CAST. Plain data, immutable once compiled. */
#ifndef WEIR_EXPR_FIXED_PATTERN_H
#define WEIR_EXPR_FIXED_PATTERN_H
#include "engine/type/datetime.h"

enum { FIXED_MAX = 48 };
typedef enum FixedField { FIXED_YEAR, FIXED_MONTH, FIXED_DAY, FIXED_HOUR, FIXED_MINUTE, FIXED_SECOND, FIXED_FRACTION, FIXED_FIELDS } FixedField;
typedef struct FixedPattern {
    uint32_t len;                    /* of every text */
    int8_t at[FIXED_FIELDS];         /* place of the field; -1 = absent */
    uint8_t fraction_digits;
    uint8_t nliterals, literal_at[FIXED_MAX];
    char text[FIXED_MAX];            /* literals in place, 0 where fields go */
    bool reads;                      /* can be read back: date complete, time from the hour down */
} FixedPattern;

/* java.time letters y u (4), M d H m s (2 each), S (1 to 9) and literals. False when the pattern has anything else. */
bool fixed_pattern_compile(Str pattern, FixedPattern *out);
/* Microseconds of a text that surely fits (`reads` only). False: look with pattern_parse. */
bool fixed_pattern_read(const FixedPattern *pattern, Str text, int64_t *us);
/* Exactly `len` bytes to out. False (years beyond 1 to 9999): print with pattern_print. */
bool fixed_pattern_print(const FixedPattern *pattern, int64_t us, char *out);
#endif
