/* Rules of one time zone as read from a TZif file (RFC 8536): a table of past changes and the rule for the years after it.
 * Private to zone.c and tzif.c. Immutable once read. */
#ifndef WEIR_TYPE_ZONE_RULES_H
#define WEIR_TYPE_ZONE_RULES_H
#include "engine/base/str.h"

enum { ZONE_ABBREV_MAX = 16 };

typedef struct ZoneOffset { int32_t east_sec; bool summer; char abbrev[ZONE_ABBREV_MAX]; } ZoneOffset;

/* A yearly change, in local time before it: day by month/week/weekday (Mm.w.d), Julian day without leap day (Jn) or with (n). */
typedef struct YearlyChange {
    enum { CHANGE_WEEKDAY, CHANGE_JULIAN, CHANGE_DAY } kind;
    int32_t month, week, weekday;                       /* CHANGE_WEEKDAY: week 5 = the last, weekday 0 = Sunday */
    int32_t day;                                        /* CHANGE_JULIAN 1..365, CHANGE_DAY 0..365 */
    int32_t time_sec;                                   /* may be negative or beyond a day */
} YearlyChange;

/* What holds after the table: one offset, or two with yearly changes. */
typedef struct ZoneFooter { bool present, has_summer; ZoneOffset standard, summer; YearlyChange to_summer, to_standard; } ZoneFooter;

typedef struct ZoneRules {
    const int64_t *at_sec;                              /* UTC second of each change, ascending */
    const uint8_t *becomes;                             /* index into offsets */
    uint32_t nchanges;
    const ZoneOffset *offsets; uint32_t noffsets;       /* offsets[0] holds before the first change */
    ZoneFooter footer;
} ZoneRules;

/* Reads a file's bytes; everything lands in arena. False if they are not a TZif file of version 2 or later. */
bool tzif_read(Arena *arena, Str bytes, ZoneRules *rules);
/* "EST5EDT,M3.2.0,M11.1.0"; false if it is not a POSIX TZ string. */
bool tz_footer_read(Str text, ZoneFooter *footer);
/* What is in force from from_sec until before until_sec. */
typedef struct ZoneSpan { const ZoneOffset *offset; int64_t from_sec, until_sec; } ZoneSpan;
/* The span that an instant lies in (it may be shorter than the whole time between two changes). */
ZoneSpan zone_rules_span(const ZoneRules *rules, int64_t utc_sec);
static inline const ZoneOffset *zone_rules_at(const ZoneRules *rules, int64_t utc_sec) { return zone_rules_span(rules, utc_sec).offset; }
#endif
