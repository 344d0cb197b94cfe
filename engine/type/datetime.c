/* The proleptic Gregorian calendar and instants: pure integer arithmetic, no libc time functions.
 * Days are counted from 1970-01-01, an instant is (seconds since then, rounded down; nanoseconds 0..999999999). */
#include "engine/type/datetime.h"

enum { DAY_SEC = 86400 };

static inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static inline int64_t floor_mod(int64_t a, int64_t b) { int64_t r = a % b; return r < 0 ? r + b : r; }

/* --- calendar: years start in March, so that the leap day is the last one; 400 years repeat after 146097 days --- */

int64_t days_from_civil(int64_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400), year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
    int64_t shifted = days + 719468, era = floor_div(shifted, 146097);
    uint32_t day_of_era = (uint32_t)(shifted - era * 146097);
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t m = (5 * day_of_year + 2) / 153;
    *day = (int32_t)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int32_t)(m < 10 ? m + 3 : m - 9);
    *year = (int32_t)((int64_t)year_of_era + era * 400 + (*month <= 2));
}

int32_t days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

int32_t iso_week(int64_t days, int32_t *iso_year)
{
    /* A week belongs to the year of its Thursday; 1970-01-01 was one. */
    int64_t thursday = days - floor_mod(days + 3, 7) + 3;
    int32_t year, month, day;
    civil_from_days(thursday, &year, &month, &day);
    if (iso_year) *iso_year = year;
    return (int32_t)((thursday - days_from_civil(year, 1, 1)) / 7 + 1);
}

Civil civil_of(Instant instant)
{
    Civil civil;
    int64_t days = floor_div(instant.sec, DAY_SEC);
    int32_t second = (int32_t)(instant.sec - days * DAY_SEC);
    civil_from_days(days, &civil.year, &civil.month, &civil.day);
    civil.hour = second / 3600;
    civil.minute = second / 60 % 60;
    civil.second = second % 60;
    civil.nano = instant.nano;
    return civil;
}

Instant civil_instant(const Civil *civil)
{
    int64_t sec = days_from_civil(civil->year, civil->month, civil->day) * DAY_SEC;
    return (Instant){ sec + civil->hour * 3600 + civil->minute * 60 + civil->second, civil->nano };
}

/* --- cells --- */

Instant instant_of(const Type *type, const Datum *value)
{
    if (type->precision <= 6) return instant_us(value->v.i64);
    const i128 unit = 1000000000;
    i128 sec = value->v.i128 / unit, nano = value->v.i128 % unit;
    if (nano < 0) {
        nano += unit;
        sec--;
    }
    return (Instant){ (int64_t)sec, (int32_t)nano };
}

/* Cuts the nanoseconds to `precision` digits. They count forward, so cutting rounds down on either side of 1970. */
static int32_t nano_cut(int32_t nano, uint32_t precision)
{
    static const int32_t unit[] = { 1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1 };
    return precision >= 9 ? nano : nano - nano % unit[precision];
}

Datum instant_datum(const Type *type, Instant instant)
{
    Datum value;
    memset(&value, 0, sizeof value);
    instant.nano = nano_cut(instant.nano, type->precision);
    if (type->precision <= 6) value.v.i64 = instant_to_us(instant);
    else value.v.i128 = (i128)instant.sec * 1000000000 + instant.nano;
    return value;
}
