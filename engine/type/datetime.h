/* Dates, times, timestamps, intervals, time zones, Java date patterns. Proleptic Gregorian calendar; instants before 1970 round down.
 * Zones are read from the system's tz files (RFC 8536) and cached for the process; thread-safe. */
#ifndef WEIR_TYPE_DATETIME_H
#define WEIR_TYPE_DATETIME_H
#include "engine/type/vec.h"

/* A timestamp apart from its physical form: seconds since 1970 (floor) and nanoseconds 0..999999999. */
typedef struct Instant { int64_t sec; int32_t nano; } Instant;
Instant instant_of(const Type *type, const Datum *value);             /* TIMESTAMP / TIMESTAMP_LTZ cell of any precision */
Datum instant_datum(const Type *type, Instant instant);               /* cut (floor) to the type's precision */
static inline Instant instant_us(int64_t us) { int64_t s = us / 1000000, r = us % 1000000; if (r < 0) { s--; r += 1000000; } return (Instant){ s, (int32_t)r * 1000 }; }
static inline int64_t instant_to_us(Instant i) { return (int64_t)((uint64_t)i.sec * 1000000 + (uint64_t)(i.nano / 1000)); }   /* wraps */

typedef struct Civil { int32_t year; int32_t month, day, hour, minute, second, nano; } Civil;
int64_t days_from_civil(int64_t year, int32_t month, int32_t day);    /* days since 1970-01-01 */
void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);
Civil civil_of(Instant instant);                                      /* UTC fields */
Instant civil_instant(const Civil *civil);
int32_t days_in_month(int32_t year, int32_t month);
int32_t iso_week(int64_t days, int32_t *iso_year);                    /* ISO week of year */

/* Zones. */
typedef struct Zone Zone;
const Zone *zone_utc(void);
/* "UTC", "Europe/Paris", "GMT+05:30", "+05:30", "default" (system zone). NULL if unknown. Lives for the process. */
const Zone *zone_find(Str name);
/* As java.util.TimeZone names them (CONVERT_TZ): regions, GMT+h[:mm], "PST" and the like; anything else is GMT, never NULL. */
const Zone *zone_find_legacy(Str name);
Str zone_name(const Zone *zone);
int32_t zone_offset(const Zone *zone, int64_t utc_sec);               /* seconds east of UTC at an instant */
/* As java.util.TimeZone (FROM_UNIXTIME, CONVERT_TZ): before 1900 today's standard offset instead of local mean time. */
int32_t zone_offset_legacy(const Zone *zone, int64_t utc_sec);
/* Local wall clock -> instant as java.time does: gap shifts forward by its length, overlap takes the earlier (summer) offset. */
int64_t zone_to_utc(const Zone *zone, int64_t local_sec);
/* As java.util.TimeZone does: overlap takes the later (standard) offset. */
int64_t zone_to_utc_legacy(const Zone *zone, int64_t local_sec);
Str zone_abbrev(const Zone *zone, int64_t utc_sec);                   /* "EST" */

/* Text in SQL form. frac = digits printed. */
void date_print(int32_t days, StrBuf *out);
void time_print(int32_t ms, uint32_t precision, StrBuf *out);         /* TIME(0) hh:mm:ss; TIME(p>0) at least one digit, no trailing zeros */
/* Digits of a fraction without its trailing zeros: 0 for a whole second. */
uint32_t fraction_digits(int32_t nano);
void timestamp_print(Instant instant, uint32_t frac, StrBuf *out);
void interval_month_print(int64_t months, StrBuf *out);               /* +1-00 */
void interval_second_print(int64_t ms, StrBuf *out);                  /* +1 00:00:00.000 */
bool date_parse_cast(Str text, int32_t *days);                        /* CAST rules: flink-rules 3, rule 13 */
bool time_parse_cast(Str text, uint32_t precision, int32_t *ms);
bool timestamp_parse_cast(Str text, Instant *out);
bool date_parse_literal(Str text, int32_t *days);                     /* DATE '..' rules */
bool time_parse_literal(Str text, int32_t *ms, uint32_t *precision);
bool timestamp_parse_literal(Str text, Instant *out, uint32_t *precision);

/* Java patterns (java.time.format.DateTimeFormatter, US locale, week starts Sunday; and SimpleDateFormat, lenient), compiled once. */
typedef struct DatePattern DatePattern;
typedef enum PatternDialect { PATTERN_FORMATTER, PATTERN_SIMPLE } PatternDialect;
/* NULL and *why set (static text) if the pattern is invalid. */
DatePattern *pattern_compile(Arena *arena, Str pattern, PatternDialect dialect, const char **why);
/* zone NULL: `instant` is a local wall clock and zone letters (z X VV ..) fail, as in DATE_FORMAT. With a zone it is a UTC instant, printed
 * in that zone (SIMPLE: by java.util's rules, Julian calendar before 1582). False, nothing appended: a letter needs what is absent. */
bool pattern_print(const DatePattern *pattern, Instant instant, const Zone *zone, StrBuf *out);
/* Parses into local fields; missing ones default to 1970-01-01 00:00; has_offset set when text carried a zone offset. */
/* FORMATTER wants the whole text and checks that fields agree; SIMPLE is lenient: fields overflow into the next, text behind is ignored. */
bool pattern_parse(const DatePattern *pattern, Str text, Instant *out_local, bool *has_offset, int32_t *offset_sec);

/* Calendar arithmetic and units. */
typedef enum TimeUnit { UNIT_NANOSECOND, UNIT_MICROSECOND, UNIT_MILLISECOND, UNIT_SECOND, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR, UNIT_DECADE, UNIT_CENTURY, UNIT_MILLENNIUM,
    UNIT_EPOCH, UNIT_DOW, UNIT_DOY, UNIT_ISODOW, UNIT_ISOYEAR, UNIT_COUNT } TimeUnit;
extern const char *const time_unit_names[UNIT_COUNT];                 /* "SECOND"; plural accepted by time_unit_find */
int time_unit_find(Str name);                                         /* any case, singular or plural, SQL_TSI_*; -1 */
Instant instant_add_months(Instant instant, int64_t months);          /* clamps to month end */
int64_t instant_diff(TimeUnit unit, Instant from, Instant to);        /* TIMESTAMPDIFF: complete units */
int64_t days_extract(TimeUnit unit, int64_t days);                    /* field of a DATE; units of a time by Flink's odd rule */
int64_t instant_extract(TimeUnit unit, Instant local);                /* before 1970 fields are those of the next midnight, less a negative time */
/* FLOOR / CEIL(date TO unit) for DAY and longer, weeks from Sunday. Up from a boundary too: DAY, DECADE and longer, QUARTER but the first. */
int64_t days_cut(TimeUnit unit, int64_t days, bool up);
/* FLOOR / CEIL(t TO unit); longer units than a day cut the day that the milliseconds divide to, toward zero. */
Instant instant_floor(TimeUnit unit, Instant local);
Instant instant_ceil(TimeUnit unit, Instant local);
#endif
