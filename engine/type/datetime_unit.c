/* Calendar units over instants: EXTRACT, FLOOR, CEIL, adding months, TIMESTAMPDIFF. Instants are read as UTC wall clock;
 * callers shift LTZ values into their zone first. All count whole milliseconds, as Flink does: what is finer neither rounds up
 * (CEIL TO MILLISECOND does) nor completes a unit. Measured on Flink and followed to the letter: fields and units longer than a day
 * divide toward zero, so before 1970 a time of day counts back from the next midnight, which is the day it lies in; FLOOR and CEIL
 * to such units read days before 1582-10-15 in the Julian calendar and CEIL looks at the day only. Pure functions. */
#include "engine/type/datetime.h"
#include "engine/type/pattern.h"

/* ORDER TimeUnit */
const char *const time_unit_names[UNIT_COUNT] = {
    "NANOSECOND", "MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "DECADE",
    "CENTURY", "MILLENNIUM", "EPOCH", "DOW", "DOY", "ISODOW", "ISOYEAR",
};

enum { DAY_SEC = 86400, DAY_MS = 86400000, MS_NANO = 1000000 };

static inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static inline int64_t floor_mod(int64_t a, int64_t b) { int64_t r = a % b; return r < 0 ? r + b : r; }

int time_unit_find(Str name)
{
    Str prefix = str_sub(name, 0, 8);
    if (str_iis(prefix, "SQL_TSI_")) name = str_sub(name, 8, name.len);
    for (int unit = 0; unit < UNIT_COUNT; unit++)
        if (str_iis(name, time_unit_names[unit])) return unit;
    if (str_iis(name, "CENTURIES")) return UNIT_CENTURY;
    if (str_iis(name, "MILLENNIA")) return UNIT_MILLENNIUM;
    bool plural = name.len > 1 && (name.ptr[name.len - 1] == 'S' || name.ptr[name.len - 1] == 's');
    name.len -= plural;
    for (int unit = 0; plural && unit <= UNIT_MILLENNIUM; unit++)
        if (str_iis(name, time_unit_names[unit])) return unit;
    return -1;
}

/* --- months --- */

static int64_t days_add_months(int64_t days, int64_t months)
{
    int32_t year, month, day;
    civil_from_days(days, &year, &month, &day);
    int64_t count = (int64_t)((uint64_t)year * 12 + (uint64_t)(month - 1) + (uint64_t)months);     /* wraps beyond any calendar */
    year = (int32_t)floor_div(count, 12);
    month = (int32_t)floor_mod(count, 12) + 1;
    int32_t last = days_in_month(year, month);
    return days_from_civil(year, month, day > last ? last : day);
}

Instant instant_add_months(Instant instant, int64_t months)
{
    int64_t days = floor_div(instant.sec, DAY_SEC), second = instant.sec - days * DAY_SEC;
    return (Instant){ days_add_months(days, months) * DAY_SEC + second, instant.nano };
}

/* Largest m with from + m months <= to, for from <= to (days). */
static int64_t months_between_days(int64_t from, int64_t to)
{
    int32_t y0, m0, d0, y1, m1, d1;
    civil_from_days(from, &y0, &m0, &d0);
    civil_from_days(to, &y1, &m1, &d1);
    int64_t months = ((int64_t)y1 - y0) * 12 + m1 - m0;
    return months - (days_add_months(from, months) > to);
}

/* Complete months; the last one counts when the time of day is reached (31st to 29th of February is one month). */
static int64_t months_between(Instant from, Instant to)
{
    int64_t day0 = floor_div(from.sec, DAY_SEC), day1 = floor_div(to.sec, DAY_SEC);
    int64_t ms0 = (from.sec - day0 * DAY_SEC) * 1000 + from.nano / MS_NANO, ms1 = (to.sec - day1 * DAY_SEC) * 1000 + to.nano / MS_NANO;
    int64_t months = day0 <= day1 ? months_between_days(day0, day1) : -months_between_days(day1, day0);
    if (days_add_months(day0, months) == day1 && ms1 < ms0) months--;
    return months;
}

/* --- TIMESTAMPDIFF --- */

int64_t instant_diff(TimeUnit unit, Instant from, Instant to)
{
    const uint64_t sec = (uint64_t)to.sec - (uint64_t)from.sec;  /* wraps far beyond the calendar, as Java does */
    int64_t ms = (int64_t)(sec * 1000 + (uint64_t)(to.nano / MS_NANO - from.nano / MS_NANO));
    switch (unit) {
    case UNIT_NANOSECOND: return (int64_t)(sec * 1000000000 + (uint64_t)((int64_t)to.nano - from.nano));
    case UNIT_MICROSECOND: return (int64_t)(sec * 1000000 + (uint64_t)(to.nano / 1000 - from.nano / 1000));
    case UNIT_MILLISECOND: return ms;
    case UNIT_SECOND: case UNIT_EPOCH: return ms / 1000;
    case UNIT_MINUTE: return ms / 60000;
    case UNIT_HOUR: return ms / 3600000;
    case UNIT_DAY: case UNIT_DOW: case UNIT_DOY: case UNIT_ISODOW: return ms / 86400000;
    case UNIT_WEEK: return ms / 604800000;
    case UNIT_MONTH: return months_between(from, to);
    case UNIT_QUARTER: return months_between(from, to) / 3;
    case UNIT_YEAR: case UNIT_ISOYEAR: case UNIT_DECADE: return months_between(from, to) / 12;      /* a decade counts years, as in Flink */
    case UNIT_CENTURY: return months_between(from, to) / 1200;
    case UNIT_MILLENNIUM: return months_between(from, to) / 12000;
    case UNIT_COUNT: break;
    }
    return 0;
}

/* --- EXTRACT --- */

int64_t days_extract(TimeUnit unit, int64_t days)
{
    int32_t year, month, day, iso_year;
    civil_from_days(days, &year, &month, &day);
    switch (unit) {
    case UNIT_MILLISECOND: return days % 1000;                  /* units of a time are taken from the day's number (measured) */
    case UNIT_SECOND: return days % 60000 / 1000;
    case UNIT_MINUTE: return days % 3600000 / 60000;
    case UNIT_EPOCH: return days * DAY_SEC;
    case UNIT_DOW: return floor_mod(days + 4, 7) + 1;           /* 1 = Sunday */
    case UNIT_ISODOW: return floor_mod(days + 3, 7) + 1;        /* 1 = Monday */
    case UNIT_DAY: return day;
    case UNIT_MONTH: return month;
    case UNIT_QUARTER: return (month + 2) / 3;
    case UNIT_YEAR: return year;
    case UNIT_DECADE: return year / 10;
    case UNIT_CENTURY: return year > 0 ? (year + 99) / 100 : (year - 99) / 100;
    case UNIT_MILLENNIUM: return year > 0 ? (year + 999) / 1000 : (year - 999) / 1000;
    case UNIT_DOY: return days - days_from_civil(year, 1, 1) + 1;
    case UNIT_WEEK: return iso_week(days, NULL);
    case UNIT_ISOYEAR: iso_week(days, &iso_year); return iso_year;
    default: return 0;
    }
}

static int64_t instant_ms(Instant t) { return t.sec * 1000 + t.nano / MS_NANO; }

int64_t instant_extract(TimeUnit unit, Instant local)
{
    int64_t ms = instant_ms(local), below_ms = local.nano % MS_NANO;
    switch (unit) {
    case UNIT_NANOSECOND: return ms % 1000 * MS_NANO + below_ms;
    case UNIT_MICROSECOND: return ms % 1000 * 1000 + below_ms / 1000;
    case UNIT_MILLISECOND: return ms % 1000;
    case UNIT_SECOND: return ms % 60000 / 1000;
    case UNIT_MINUTE: return ms % 3600000 / 60000;
    case UNIT_HOUR: return ms % DAY_MS / 3600000;
    case UNIT_EPOCH: return ms / 1000;
    default: return days_extract(unit, ms / DAY_MS);
    }
}

/* --- FLOOR, CEIL --- */

int64_t days_cut(TimeUnit unit, int64_t days, bool up)
{
    int32_t year, month, day, weekday = (int32_t)floor_mod(days + 4, 7);    /* 0 = Sunday */
    hybrid_from_days(days, &year, &month, &day);
    switch (unit) {
    case UNIT_DAY: return days_from_civil(year, month, day) + up;
    case UNIT_WEEK: return days_from_civil(year, month, day) - weekday + (up && weekday > 0 ? 7 : 0);
    case UNIT_MONTH: return days_add_months(days_from_civil(year, month, 1), up && day > 1);
    case UNIT_QUARTER: return days_add_months(days_from_civil(year, (month - 1) / 3 * 3 + 1, 1), up && (month > 1 || day > 1) ? 3 : 0);
    case UNIT_YEAR: return days_from_civil(year + (up && (month > 1 || day > 1)), 1, 1);
    case UNIT_DECADE: return days_from_civil((year / 10 + up) * 10, 1, 1);
    case UNIT_CENTURY: return days_from_civil((year + 99) / 100 * 100 + (up ? 1 : -99), 1, 1);
    case UNIT_MILLENNIUM: return days_from_civil((year + 999) / 1000 * 1000 + (up ? 1 : -999), 1, 1);
    default: return days;
    }
}

static int64_t unit_ms(TimeUnit unit)
{
    return unit == UNIT_DAY ? DAY_MS : unit == UNIT_HOUR ? 3600000 : unit == UNIT_MINUTE ? 60000 : unit == UNIT_SECOND ? 1000 : 1;
}

static Instant ms_instant(int64_t ms) { return instant_us(ms * 1000); }

Instant instant_floor(TimeUnit unit, Instant local)
{
    int64_t ms = instant_ms(local);
    if (unit > UNIT_DAY) return (Instant){ days_cut(unit, ms / DAY_MS, false) * DAY_SEC, 0 };
    return ms_instant(floor_div(ms, unit_ms(unit)) * unit_ms(unit));
}

Instant instant_ceil(TimeUnit unit, Instant local)
{
    int64_t ms = instant_ms(local);
    if (unit > UNIT_DAY) return (Instant){ days_cut(unit, ms / DAY_MS, true) * DAY_SEC, 0 };
    if (unit == UNIT_MILLISECOND) return ms_instant(ms + (local.nano % MS_NANO > 0));
    return ms_instant(-floor_div(-ms, unit_ms(unit)) * unit_ms(unit));
}
