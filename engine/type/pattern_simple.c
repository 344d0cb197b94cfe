/* Reading text by a java.text.SimpleDateFormat pattern, lenient: numbers of any length and sign, blanks before a field,
 * month 13 is January of the next year, text behind the pattern is ignored. Missing fields are those of 1970-01-01 00:00:00.
 * Days are counted by java.util's calendar: Julian before 1582-10-15. */
#include "engine/base/clock.h"
#include "engine/type/pattern.h"

typedef struct Cursor { const char *p, *end; } Cursor;

typedef struct Fields {
    int64_t year, month, day, year_day, hour, half_hour, minute, second, milli;
    int64_t week, month_week, nth_weekday, weekday;     /* weekday 1 = Sunday */
    bool has_day, has_year_day, has_hour, has_half_hour, has_week, has_month_week, has_nth_weekday, has_weekday, pm, before_christ, week_year;
    bool has_offset;
    int32_t east_sec;
} Fields;

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void skip_blanks(Cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t')) c->p++;
}

/* [-]digits; with `width`, no further than that many characters. */
static bool read_integer(Cursor *c, uint32_t width, int64_t *out)
{
    const char *stop = c->end, *p = c->p;
    if (width) {
        if ((size_t)(c->end - c->p) < width) return false;
        stop = c->p + width;
    }
    bool negative = p < stop && *p == '-';
    p += negative;
    if (p == stop || !is_digit(*p)) return false;
    int64_t v = 0;
    for (; p < stop && is_digit(*p); p++)
        if (v < 100000000000000) v = v * 10 + (*p - '0');
    *out = negative ? -v : v;
    c->p = p;
    return true;
}

/* Longest full name, else short name, whatever the case; -1 for none. */
static int read_name(Cursor *c, const char *const (*names)[2], int n)
{
    for (int form = 1; form >= 0; form--) {
        int best = -1;
        uint32_t best_len = 0;
        for (int i = 0; i < n; i++) {
            Str name = str_of(names[i][form]);
            if (name.len > best_len && (size_t)(c->end - c->p) >= name.len && str_ieq(name, (Str){ c->p, name.len })) {
                best = i;
                best_len = name.len;
            }
        }
        if (best >= 0) {
            c->p += best_len;
            return best;
        }
    }
    return -1;
}

/* Two digits of a year lie between 80 years ago and 20 years ahead. */
static int64_t near_year(int64_t two_digits)
{
    int32_t now = civil_of(instant_us(clock_now_us())).year, start = now - 80;
    int64_t year = start / 100 * 100 + two_digits;
    return year < start ? year + 100 : year;
}

static bool read_year(Cursor *c, const PatternItem *item, int64_t *year)
{
    const char *start = c->p;
    if (!read_integer(c, item->fixed ? item->count : 0, year)) return false;
    if (item->count <= 2 && c->p - start == 2 && is_digit(start[0])) *year = near_year(*year);
    return true;
}

/* --- zones --- */

/* Digits of an offset behind its sign: hh, hhmm or hh:mm. */
static bool read_hours(Cursor *c, bool minutes, bool colon, int32_t *sec)
{
    if (c->end - c->p < 2 || !is_digit(c->p[0]) || !is_digit(c->p[1])) return false;
    int32_t hour = (c->p[0] - '0') * 10 + (c->p[1] - '0'), minute = 0;
    c->p += 2;
    if (minutes) {
        if (colon && (c->p == c->end || *c->p++ != ':')) return false;
        if (c->end - c->p < 2 || !is_digit(c->p[0]) || !is_digit(c->p[1])) return false;
        minute = (c->p[0] - '0') * 10 + (c->p[1] - '0');
        c->p += 2;
    }
    *sec = hour * 3600 + minute * 60;
    return hour <= 23 && minute <= 59;
}

static bool set_offset(Fields *f, int32_t sec, bool negative)
{
    f->has_offset = true;
    f->east_sec = negative ? -sec : sec;
    return true;
}

static bool read_iso_offset(Cursor *c, uint32_t count, Fields *f)
{
    int32_t sec;
    if (c->p == c->end) return false;
    if (*c->p == 'Z') {
        c->p++;
        return set_offset(f, 0, false);
    }
    if (*c->p != '+' && *c->p != '-') return false;
    bool negative = *c->p++ == '-';
    return read_hours(c, count > 1, count == 3, &sec) && set_offset(f, sec, negative);
}

/* GMT[+h[h][:mm]]; the cursor stands behind GMT. */
static bool read_gmt(Cursor *c, Fields *f)
{
    if (c->p == c->end || (*c->p != '+' && *c->p != '-')) return set_offset(f, 0, false);
    bool negative = *c->p++ == '-';
    int64_t hour = 0, minute = 0;
    const char *start = c->p;
    for (; c->p < c->end && is_digit(*c->p) && c->p - start < 2; c->p++) hour = hour * 10 + (*c->p - '0');
    if (c->p == start || hour > 23) return false;
    if (c->end - c->p >= 3 && *c->p == ':' && is_digit(c->p[1]) && is_digit(c->p[2])) {
        minute = (c->p[1] - '0') * 10 + (c->p[2] - '0');
        c->p += 3;
    }
    return set_offset(f, (int32_t)(hour * 3600 + minute * 60), negative);
}

/* Zone abbreviations with the offset they stand for in the US locale. */
static const struct { const char *name; int32_t east_sec; } zone_words[] = {
    { "UTC", 0 }, { "UT", 0 }, { "Z", 0 }, { "EST", -5 * 3600 }, { "EDT", -4 * 3600 }, { "CST", -6 * 3600 }, { "CDT", -5 * 3600 }, { "MST", -7 * 3600 },
    { "MDT", -6 * 3600 }, { "PST", -8 * 3600 }, { "PDT", -7 * 3600 }, { "CET", 3600 }, { "CEST", 7200 }, { "EET", 7200 }, { "EEST", 10800 }, { "WET", 0 },
    { "WEST", 3600 }, { "BST", 3600 }, { "MSK", 10800 }, { "JST", 9 * 3600 }, { "KST", 9 * 3600 }, { "IST", 19800 },
};

static bool read_zone(Cursor *c, Fields *f)
{
    int32_t sec;
    if (c->p == c->end) return false;
    if (*c->p == '+' || *c->p == '-') {
        bool negative = *c->p++ == '-', colon = c->end - c->p > 2 && c->p[2] == ':';
        return read_hours(c, true, colon, &sec) && set_offset(f, sec, negative);
    }
    const char *start = c->p;
    while (c->p < c->end && ((*c->p >= 'A' && *c->p <= 'Z') || (*c->p >= 'a' && *c->p <= 'z'))) c->p++;
    Str word = { start, (uint32_t)(c->p - start) };
    if (str_iis(word, "GMT")) return read_gmt(c, f);
    for (size_t i = 0; i < sizeof zone_words / sizeof *zone_words; i++)
        if (str_iis(word, zone_words[i].name)) return set_offset(f, zone_words[i].east_sec, false);
    return false;
}

/* --- fields --- */

static bool set_text(Cursor *c, const PatternItem *item, Fields *f)
{
    static const char *const eras[2][2] = { { "BC", "BC" }, { "AD", "AD" } }, *const ampm[2][2] = { { "AM", "AM" }, { "PM", "PM" } };
    int i;
    switch (item->letter) {
    case 'G':
        i = read_name(c, eras, 2);
        f->before_christ = i == 0;
        return i >= 0;
    case 'M': case 'L':
        i = read_name(c, month_names, 12);
        f->month = i + 1;
        return i >= 0;
    case 'E':
        i = read_name(c, weekday_names, 7);
        f->weekday = i + 1;
        f->has_weekday = true;
        return i >= 0;
    case 'a':
        i = read_name(c, ampm, 2);
        f->pm = i == 1;
        return i >= 0;
    case 'X': return read_iso_offset(c, item->count, f);
    default: return read_zone(c, f);
    }
}

static void set_number(const PatternItem *item, int64_t v, Fields *f)
{
    switch (item->letter) {
    case 'M': case 'L': f->month = v; break;
    case 'd': f->day = v; f->has_day = true; break;
    case 'D': f->year_day = v; f->has_year_day = true; break;
    case 'w': f->week = v; f->has_week = true; break;
    case 'W': f->month_week = v; f->has_month_week = true; break;
    case 'F': f->nth_weekday = v; f->has_nth_weekday = true; break;
    case 'u': f->weekday = v % 7 + 1; f->has_weekday = true; break;
    case 'H': f->hour = v; f->has_hour = true; break;
    case 'k': f->hour = v == 24 ? 0 : v; f->has_hour = true; break;
    case 'K': f->half_hour = v; f->has_half_hour = true; break;
    case 'h': f->half_hour = v == 12 ? 0 : v; f->has_half_hour = true; break;
    case 'm': f->minute = v; break;
    case 's': f->second = v; break;
    case 'S': f->milli = v; break;
    default: break;
    }
}

static bool read_item(Cursor *c, const PatternItem *item, Fields *f)
{
    if (item->kind == ITEM_TEXT) {
        if ((size_t)(c->end - c->p) < item->text.len || memcmp(c->p, item->text.ptr, item->text.len) != 0) return false;
        c->p += item->text.len;
        return true;
    }
    skip_blanks(c);
    if (!item->number) return set_text(c, item, f);
    if (item->letter == 'y' || item->letter == 'Y') {
        f->week_year = item->letter == 'Y';
        return read_year(c, item, &f->year);
    }
    int64_t v;
    if (!read_integer(c, item->fixed ? item->count : 0, &v)) return false;
    set_number(item, v, f);
    return true;
}

/* --- the day --- */

/* Sunday on or before a day. */
static int64_t week_start(int64_t days)
{
    return days - (us_weekday(days) - 1);
}

static int64_t resolve_days(const Fields *f)
{
    int64_t year = f->before_christ ? 1 - f->year : f->year, first = days_from_hybrid(year, 1, 1);
    int64_t weekday = f->has_weekday ? f->weekday - 1 : 0;
    if (f->has_day) return days_from_hybrid(year, f->month, f->day);
    if (f->has_year_day) return first + f->year_day - 1;
    if (f->has_week) return week_start(first) + (f->week - 1) * 7 + weekday;
    int64_t month = days_from_hybrid(year, f->month, 1);
    if (f->has_month_week) return week_start(month) + (f->month_week - 1) * 7 + weekday;
    if (f->has_nth_weekday) return week_start(month + 6 - weekday) + weekday + (f->nth_weekday - 1) * 7;
    if (f->week_year) return week_start(first) + weekday;
    return month;
}

static bool sensible(int64_t v)
{
    return v > -100000000000 && v < 100000000000;
}

bool pattern_parse_simple(const DatePattern *pattern, Str text, Instant *out_local, bool *has_offset, int32_t *offset_sec)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    Fields f = { .year = 1970, .month = 1, .day = 1 };
    for (uint32_t i = 0; i < pattern->n; i++)
        if (!read_item(&c, &pattern->items[i], &f)) return false;
    if (f.year > 200000000 || f.year < -200000000 || !sensible(f.month) || !sensible(f.day) || !sensible(f.year_day) || !sensible(f.week) ||
        !sensible(f.month_week) || !sensible(f.nth_weekday) || !sensible(f.hour) || !sensible(f.half_hour) || !sensible(f.minute) || !sensible(f.second))
        return false;
    int64_t hour = f.has_hour ? f.hour : f.half_hour + (f.pm ? 12 : 0);
    int64_t ms = f.milli, carry = ms / 1000 - (ms % 1000 < 0);
    out_local->sec = resolve_days(&f) * 86400 + hour * 3600 + f.minute * 60 + f.second + carry;
    out_local->nano = (int32_t)(ms - carry * 1000) * 1000000;
    *has_offset = f.has_offset;
    *offset_sec = f.east_sec;
    return true;
}
