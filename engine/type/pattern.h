/* Compiled Java date patterns: private to pattern*.c. Immutable once compiled, so threads share them. */
#ifndef WEIR_TYPE_PATTERN_H
#define WEIR_TYPE_PATTERN_H
#include "engine/type/datetime.h"

typedef enum PatternItemKind { ITEM_TEXT, ITEM_FIELD, ITEM_OPEN /* [ */, ITEM_CLOSE /* ] */ } PatternItemKind;
typedef enum NumberSign { SIGN_NEVER, SIGN_NORMAL, SIGN_EXCEEDS } NumberSign;   /* java's NOT_NEGATIVE, NORMAL, EXCEEDS_PAD */

typedef struct PatternItem {
    PatternItemKind kind;
    char letter;                /* ITEM_FIELD */
    uint8_t count;              /* letters written */
    uint8_t pad;                /* FORMATTER: blanks up to this width ("ppH") */
    bool number;                /* read as digits, of which least..most may stand there */
    uint8_t least, most;
    NumberSign sign;
    bool fixed;                 /* FORMATTER: exactly `most` digits, as numbers follow without a break.  SIMPLE: obey `count` */
    uint8_t reserve;            /* FORMATTER: digits that the following numbers need */
    Str text;                   /* ITEM_TEXT */
    uint32_t jump;              /* ITEM_OPEN: index of its ITEM_CLOSE */
} PatternItem;

struct DatePattern { PatternDialect dialect; const PatternItem *items; uint32_t n; };

/* English names; [i][0] short, [i][1] full. Weekdays from Sunday. */
extern const char *const month_names[12][2], *const weekday_names[7][2];

/* 1 = Sunday .. 7; US weeks: from Sunday, week 1 holds the 1st of January (of java.util's calendar if hybrid). */
int32_t us_weekday(int64_t days);
int32_t us_week(int64_t days, bool hybrid, int32_t *week_year);

bool pattern_parse_formatter(const DatePattern *pattern, Str text, Instant *out_local, bool *has_offset, int32_t *offset_sec);
bool pattern_parse_simple(const DatePattern *pattern, Str text, Instant *out_local, bool *has_offset, int32_t *offset_sec);
/* Java's GregorianCalendar: Julian before 1582-10-15. */
void hybrid_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);
int64_t days_from_hybrid(int64_t year, int64_t month, int64_t day);     /* month and day may lie outside their range */
#endif
