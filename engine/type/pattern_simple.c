/* Reading text by a java.text.SimpleDateFormat pattern, lenient: numbers of any length and sign, blanks before a field,
 * month 13 is January of the next year, text behind the pattern is ignored. Missing fields are those of 1970-01-01 00:00:00.
 * Days are counted by java.util's calendar: Julian before 1582-10-15. */
#include "engine/base/clock.h"
#include "engine/type/pattern.h"

typedef struct Cursor { const char *p, *end; } Cursor;

typedef enum FieldId {
    F_YEAR, F_WEEK_YEAR, F_MONTH, F_DAY, F_YEAR_DAY, F_WEEK, F_MONTH_WEEK, F_NTH_WEEKDAY, F_WEEKDAY /* 1 = Sunday */, F_AMPM, F_HALF_HOUR, F_HOUR, F_MINUTE, F_SECOND,
    F_MILLI, FIELD_COUNT
} FieldId;

/* stamp: 0 = not read, else the order of reading. Where fields contradict each other java.util believes the latest. */
typedef struct Fields {
    int64_t value[FIELD_COUNT];
    int stamp[FIELD_COUNT], last;
    bool before_christ, has_offset;
    int32_t east_sec;
} Fields;

static bool put(Fields *f, FieldId id, int64_t v)
{
    f->value[id] = v;
    f->stamp[id] = ++f->last;
    return true;
}

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void skip_blanks(Cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t')) c->p++;
}

/* Blanks, then [-]digits; with `width`, no further than that many characters, blanks included. */
static bool read_integer(Cursor *c, uint32_t width, int64_t *out)
{
    const char *stop = c->end;
    if (width) {
        if ((size_t)(c->end - c->p) < width) return false;
        stop = c->p + width;
    }
    skip_blanks(c);
    const char *p = c->p;
    if (p >= stop) return false;
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
    Cursor digits = *c;
    skip_blanks(&digits);
    if (!read_integer(c, item->fixed ? item->count : 0, year)) return false;
    bool two = c->p - digits.p == 2 && is_digit(*digits.p);
    if (item->count <= 2 && two) *year = near_year(*year);
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
    { "UTC", 0 }, { "EST", -5 * 3600 }, { "EDT", -4 * 3600 }, { "CST", -6 * 3600 }, { "CDT", -5 * 3600 }, { "MST", -7 * 3600 },
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
    Str rest = { c->p, (uint32_t)(c->end - c->p) };
    if (str_iis(str_sub(rest, 0, 3), "GMT")) {
        c->p += 3;
        return read_gmt(c, f);
    }
    for (uint32_t len = 4; len >= 3; len--)             /* CEST before CES.. */
        for (size_t i = 0; i < sizeof zone_words / sizeof *zone_words; i++)
            if (strlen(zone_words[i].name) == len && str_iis(str_sub(rest, 0, len), zone_words[i].name)) {
                c->p += len;
                return set_offset(f, zone_words[i].east_sec, false);
            }
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
    case 'M': case 'L': i = read_name(c, month_names, 12); return i >= 0 && put(f, F_MONTH, i + 1);
    case 'E': i = read_name(c, weekday_names, 7); return i >= 0 && put(f, F_WEEKDAY, i + 1);
    case 'a': i = read_name(c, ampm, 2); return i >= 0 && put(f, F_AMPM, i);
    case 'X': skip_blanks(c); return read_iso_offset(c, item->count, f);
    default: skip_blanks(c); return read_zone(c, f);
    }
}

static bool set_number(const PatternItem *item, int64_t v, Fields *f)
{
    switch (item->letter) {
    case 'M': case 'L': return put(f, F_MONTH, v);
    case 'd': return put(f, F_DAY, v);
    case 'D': return put(f, F_YEAR_DAY, v);
    case 'w': return put(f, F_WEEK, v);
    case 'W': return put(f, F_MONTH_WEEK, v);
    case 'F': return put(f, F_NTH_WEEKDAY, v);
    case 'u': return put(f, F_WEEKDAY, v % 7 + 1);
    case 'H': return put(f, F_HOUR, v);
    case 'k': return put(f, F_HOUR, v == 24 ? 0 : v);
    case 'K': return put(f, F_HALF_HOUR, v);
    case 'h': return put(f, F_HALF_HOUR, v == 12 ? 0 : v);
    case 'm': return put(f, F_MINUTE, v);
    case 's': return put(f, F_SECOND, v);
    case 'S': return put(f, F_MILLI, v);
    default: return false;
    }
}

static bool read_item(Cursor *c, const PatternItem *item, Fields *f)
{
    if (item->kind == ITEM_TEXT) {
        if ((size_t)(c->end - c->p) < item->text.len || memcmp(c->p, item->text.ptr, item->text.len) != 0) return false;
        c->p += item->text.len;
        return true;
    }
    if (!item->number) return set_text(c, item, f);
    int64_t v;
    if (item->letter == 'y' || item->letter == 'Y') return read_year(c, item, &v) && put(f, item->letter == 'y' ? F_YEAR : F_WEEK_YEAR, v);
    return read_integer(c, item->fixed ? item->count : 0, &v) && set_number(item, v, f);
}

/* --- the day --- */

/* Sunday on or before a day. */
static int64_t week_start(int64_t days)
{
    return days - (us_weekday(days) - 1);
}

/* The last day of that weekday (1 = Sunday) on or before `days`. */
static int64_t weekday_before(int64_t days, int64_t weekday)
{
    return week_start(days - weekday + 1) + weekday - 1;
}

static int later(int a, int b)
{
    return a > b ? a : b;
}

/* Both, at the time of the later one. */
static int both(int a, int b)
{
    return a && b ? later(a, b) : 0;
}

/* Which field tells the day, given a year: the latest read, a weekday counting only together with its week. */
static FieldId day_field(const int *stamp)
{
    const int weekday = stamp[F_WEEKDAY];
    const struct { FieldId id; int stamp; } whole[] = {
        { F_DAY, stamp[F_DAY] }, { F_MONTH_WEEK, both(stamp[F_MONTH_WEEK], weekday) }, { F_NTH_WEEKDAY, both(stamp[F_NTH_WEEKDAY], weekday) },
        { F_YEAR_DAY, stamp[F_YEAR_DAY] }, { F_WEEK, both(stamp[F_WEEK], weekday) },
    }, part[] = {
        { F_DAY, 0 }, { F_MONTH_WEEK, stamp[F_MONTH_WEEK] }, { F_NTH_WEEKDAY, later(stamp[F_NTH_WEEKDAY], weekday) }, { F_WEEK, stamp[F_WEEK] },
    };
    FieldId best = F_DAY;
    int best_stamp = 0;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (whole[i].stamp > best_stamp) best = whole[i].id, best_stamp = whole[i].stamp;
    for (size_t i = 0; i < sizeof part / sizeof *part && !best_stamp; i++)
        if (part[i].stamp > 0 && part[i].stamp >= later(later(part[1].stamp, part[2].stamp), part[3].stamp)) best = part[i].id, best_stamp = part[i].stamp;
    return best;
}

static int64_t resolve_days(const Fields *f)
{
    const int64_t *v = f->value;
    bool week_year = f->stamp[F_WEEK_YEAR] > f->stamp[F_YEAR], weekday = f->stamp[F_WEEKDAY] != 0;
    int64_t year = week_year ? v[F_WEEK_YEAR] : f->before_christ ? 1 - v[F_YEAR] : v[F_YEAR];
    int64_t first = days_from_hybrid(year, 1, 1), month = days_from_hybrid(year, v[F_MONTH], 1);
    if (week_year) return week_start(first) + (v[F_WEEK] - 1) * 7 + (weekday ? v[F_WEEKDAY] - 1 : 0);
    switch (day_field(f->stamp)) {
    case F_YEAR_DAY: return first + v[F_YEAR_DAY] - 1;
    case F_WEEK: return week_start(first) + (v[F_WEEK] - 1) * 7 + (weekday ? v[F_WEEKDAY] - 1 : 0);
    case F_MONTH_WEEK: return week_start(month) + (v[F_MONTH_WEEK] - 1) * 7 + (weekday ? v[F_WEEKDAY] - 1 : 0);
    case F_NTH_WEEKDAY: return weekday_before(month + 7 * v[F_NTH_WEEKDAY] - 1, v[F_WEEKDAY]);
    default: return days_from_hybrid(year, v[F_MONTH], v[F_DAY]);
    }
}

static int64_t resolve_hour(const Fields *f)
{
    int half = both(f->stamp[F_HALF_HOUR], f->stamp[F_AMPM]);
    if (f->stamp[F_HOUR] && f->stamp[F_HOUR] > half) return f->value[F_HOUR];
    return f->value[F_HALF_HOUR] + f->value[F_AMPM] * 12;
}

bool pattern_parse_simple(const DatePattern *pattern, Str text, Instant *out_local, bool *has_offset, int32_t *offset_sec)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    Fields f = { .value = { [F_YEAR] = 1970, [F_WEEK_YEAR] = 1970, [F_MONTH] = 1, [F_DAY] = 1, [F_WEEK] = 1, [F_MONTH_WEEK] = 1, [F_NTH_WEEKDAY] = 1, [F_WEEKDAY] = 1 } };
    for (uint32_t i = 0; i < pattern->n; i++)
        if (!read_item(&c, &pattern->items[i], &f)) return false;
    for (int id = 0; id < FIELD_COUNT; id++) {
        int64_t limit = id <= F_WEEK_YEAR ? 200000000 : 100000000000;
        if (f.value[id] > limit || f.value[id] < -limit) return false;
    }
    int64_t ms = f.value[F_MILLI], carry = ms / 1000 - (ms % 1000 < 0);
    out_local->sec = resolve_days(&f) * 86400 + resolve_hour(&f) * 3600 + f.value[F_MINUTE] * 60 + f.value[F_SECOND] + carry;
    out_local->nano = (int32_t)(ms - carry * 1000) * 1000000;
    *has_offset = f.has_offset;
    *offset_sec = f.east_sec;
    return true;
}
