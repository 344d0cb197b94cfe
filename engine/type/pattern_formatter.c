/* Reading text by a java.time.format.DateTimeFormatter pattern: strict shape, then SMART resolution: fields are checked
 * against each other, days 29..31 fall back to the month's last day, 24:00 is the next day.
 * What Flink's TO_TIMESTAMP adds: fields that the pattern does not have are those of 1970-01-01 00:00:00. */
#include "engine/type/pattern.h"

typedef enum FieldId {
    F_ERA, F_YEAR_OF_ERA, F_YEAR, F_WEEK_YEAR, F_QUARTER, F_MONTH, F_WEEK, F_MONTH_WEEK, F_DAY, F_YEAR_DAY, F_ALIGNED_DAY, F_JULIAN_DAY,
    F_WEEKDAY /* 1 = Sunday */, F_AMPM, F_HOUR_AMPM, F_CLOCK_AMPM, F_HOUR, F_CLOCK_DAY, F_MINUTE, F_SECOND, F_NANO, F_MILLI_DAY, F_NANO_DAY, F_OFFSET,
    FIELD_COUNT
} FieldId;

typedef struct Parsed { int64_t value[FIELD_COUNT]; uint32_t set; } Parsed;
typedef struct Cursor { const char *p, *end; } Cursor;

static inline bool has(const Parsed *f, FieldId id) { return f->set >> id & 1; }
static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* A field read twice must agree with itself. */
static bool put(Parsed *f, FieldId id, int64_t v)
{
    if (has(f, id)) return f->value[id] == v;
    f->value[id] = v;
    f->set |= 1u << id;
    return true;
}

/* --- shapes --- */

static bool read_digits(Cursor *c, uint32_t least, uint32_t most, int64_t *out)
{
    int64_t v = 0;
    uint32_t n = 0;
    for (; n < most && c->p < c->end && is_digit(*c->p); c->p++, n++)
        if (v > INT64_MAX / 10 - 1) return false;
        else v = v * 10 + (*c->p - '0');
    *out = v;
    return n >= least;
}

static uint32_t count_digits(const Cursor *c, uint32_t most)
{
    uint32_t n = 0;
    while (n < most && c->p + n < c->end && is_digit(c->p[n])) n++;
    return n;
}

static bool read_number(Cursor *c, const PatternItem *item, int64_t *out)
{
    bool plus = c->p < c->end && *c->p == '+', minus = c->p < c->end && *c->p == '-';
    if (plus && item->sign != SIGN_EXCEEDS) return false;
    if (minus && item->sign == SIGN_NEVER) return false;
    c->p += plus || minus;
    uint32_t most = item->fixed ? item->most : (uint32_t)item->most + item->reserve;
    uint32_t there = count_digits(c, most);
    if (!item->fixed && item->reserve) {
        /* Give the following numbers theirs, but keep the least. */
        uint32_t own = there > item->reserve ? there - item->reserve : 0;
        there = own > item->least ? own : item->least;
    }
    if (there < item->least || !read_digits(c, there, there, out)) return false;
    if (item->sign == SIGN_EXCEEDS && !minus && plus != (there > item->least)) return false;
    if (minus && *out == 0) return false;
    if (minus) *out = -*out;
    return true;
}

/* The longest of the names that stands at the cursor; -1 for none. */
static int read_name(Cursor *c, const char *const *names, uint32_t n, uint32_t stride)
{
    int best = -1;
    size_t best_len = 0, left = (size_t)(c->end - c->p);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = names[i * stride];
        size_t len = strlen(name);
        if (len > best_len && len <= left && memcmp(c->p, name, len) == 0) {
            best = (int)i;
            best_len = len;
        }
    }
    c->p += best_len;
    return best;
}

static int read_calendar_name(Cursor *c, const char *const (*names)[2], uint32_t n, uint32_t count)
{
    if (count < 5) return read_name(c, &names[0][count >= 4], n, 2);
    /* First letters: of several names Java takes the last in its order, where the week ends with Sunday. */
    if (c->p == c->end) return -1;
    bool week = names == weekday_names;
    for (uint32_t i = n; i-- > 0;) {
        uint32_t at = week ? (i + 1) % n : i;
        if (names[at][1][0] == *c->p) {
            c->p++;
            return (int)at;
        }
    }
    return -1;
}

/* [+-]hh[:mm[:ss]]; minutes: 0 none, 1 optional, 2 required; seconds optional. */
static bool read_offset(Cursor *c, bool colon, int minutes, bool seconds, int64_t *east_sec)
{
    int64_t hour, minute = 0, second = 0;
    if (c->p == c->end || (*c->p != '+' && *c->p != '-')) return false;
    bool negative = *c->p++ == '-';
    if (!read_digits(c, 2, 2, &hour)) return false;
    Cursor here = *c;
    bool more = minutes && (!colon || (here.p < here.end && *here.p++ == ':')) && read_digits(&here, 2, 2, &minute);
    if (more) *c = here;
    else if (minutes == 2) return false;
    else minute = 0;
    if (more && seconds) {
        here = *c;
        if ((!colon || (here.p < here.end && *here.p++ == ':')) && read_digits(&here, 2, 2, &second)) *c = here;
        else second = 0;
    }
    if (hour > 18 || minute > 59 || second > 59) return false;
    *east_sec = (hour * 3600 + minute * 60 + second) * (negative ? -1 : 1);
    return true;
}

static bool read_letter(Cursor *c, char letter)
{
    if (c->p == c->end || *c->p != letter) return false;
    c->p++;
    return true;
}

static bool read_gmt(Cursor *c, bool full, int64_t *east_sec)
{
    *east_sec = 0;
    if (c->end - c->p < 3 || memcmp(c->p, "GMT", 3) != 0) return false;
    c->p += 3;
    if (c->p == c->end || (*c->p != '+' && *c->p != '-')) return true;
    if (full) return read_offset(c, true, 2, true, east_sec);
    int64_t hour, minute = 0;
    bool negative = *c->p++ == '-';
    if (!read_digits(c, 1, 2, &hour)) return false;
    if (read_letter(c, ':') && !read_digits(c, 2, 2, &minute)) return false;
    *east_sec = (hour * 3600 + minute * 60) * (negative ? -1 : 1);
    return true;
}

/* A zone by name: only UTC and its like carry an offset for certain, other names are read and left aside. */
static bool read_zone_name(Cursor *c)
{
    const char *start = c->p;
    for (; c->p < c->end; c->p++) {
        char ch = *c->p;
        bool letter = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || is_digit(ch);
        if (!letter && ch != '/' && ch != '_' && ch != '+' && ch != '-' && ch != ':') break;
    }
    return c->p > start && zone_find_legacy((Str){ start, (uint32_t)(c->p - start) }) != NULL;
}

static bool read_zone(Cursor *c, const PatternItem *item, Parsed *f)
{
    int64_t east_sec = 0;
    uint32_t n = item->count;
    bool ok;
    switch (item->letter) {
    case 'X': case 'x':
        if (item->letter == 'X' && read_letter(c, 'Z')) return put(f, F_OFFSET, 0);
        ok = read_offset(c, n == 3 || n == 5, n == 1 ? 1 : 2, n >= 4, &east_sec);
        break;
    case 'Z':
        if (n == 5 && read_letter(c, 'Z')) return put(f, F_OFFSET, 0);
        ok = n == 4 ? read_gmt(c, true, &east_sec) : read_offset(c, n == 5, 2, n == 5, &east_sec);
        break;
    case 'O': ok = read_gmt(c, n == 4, &east_sec); break;
    default: return read_zone_name(c);
    }
    return ok && put(f, F_OFFSET, east_sec);
}

/* --- letters --- */

static bool put_number(Parsed *f, const PatternItem *item, int64_t v)
{
    switch (item->letter) {
    case 'u': return put(f, F_YEAR, item->count == 2 ? 2000 + v : v);
    case 'y': return put(f, F_YEAR_OF_ERA, item->count == 2 ? 2000 + v : v);
    case 'Y': return put(f, F_WEEK_YEAR, item->count == 2 ? 2000 + v : v);
    case 'Q': case 'q': return put(f, F_QUARTER, v);
    case 'M': case 'L': return put(f, F_MONTH, v);
    case 'w': return put(f, F_WEEK, v);
    case 'W': return put(f, F_MONTH_WEEK, v);
    case 'd': return put(f, F_DAY, v);
    case 'D': return put(f, F_YEAR_DAY, v);
    case 'F': return put(f, F_ALIGNED_DAY, v);
    case 'g': return put(f, F_JULIAN_DAY, v);
    case 'e': case 'c': return v >= 1 && v <= 7 && put(f, F_WEEKDAY, v);
    case 'h': return put(f, F_CLOCK_AMPM, v);
    case 'K': return put(f, F_HOUR_AMPM, v);
    case 'H': return put(f, F_HOUR, v);
    case 'k': return put(f, F_CLOCK_DAY, v);
    case 'm': return put(f, F_MINUTE, v);
    case 's': return put(f, F_SECOND, v);
    case 'A': return put(f, F_MILLI_DAY, v);
    case 'n': return put(f, F_NANO, v);
    case 'N': return put(f, F_NANO_DAY, v);
    case 'S':
        for (uint32_t i = item->count; i < 9; i++) v *= 10;
        return put(f, F_NANO, v);
    default: return false;
    }
}

static bool read_text_field(Cursor *c, const PatternItem *item, Parsed *f)
{
    static const char *const eras[2][3] = { { "BC", "Before Christ", "B" }, { "AD", "Anno Domini", "A" } };
    static const char *const ampm[] = { "AM", "PM" };
    static const char *const quarters[4][2] = { { "Q1", "1st quarter" }, { "Q2", "2nd quarter" }, { "Q3", "3rd quarter" }, { "Q4", "4th quarter" } };
    uint32_t n = item->count;
    int i;
    switch (item->letter) {
    case 'G': i = read_name(c, &eras[0][n < 4 ? 0 : n - 3], 2, 3); return i >= 0 && put(f, F_ERA, i);
    case 'M': case 'L': i = read_calendar_name(c, month_names, 12, n); return i >= 0 && put(f, F_MONTH, i + 1);
    case 'E': case 'e': case 'c': i = read_calendar_name(c, weekday_names, 7, n); return i >= 0 && put(f, F_WEEKDAY, i + 1);
    case 'Q': case 'q': i = read_calendar_name(c, quarters, 4, n); return i >= 0 && put(f, F_QUARTER, i + 1);
    case 'a': i = read_name(c, ampm, 2, 1); return i >= 0 && put(f, F_AMPM, i);
    case 'B': return false;
    default: return read_zone(c, item, f);
    }
}

static bool read_item(Cursor *c, const PatternItem *item, Parsed *f)
{
    if (item->kind == ITEM_TEXT) {
        if ((size_t)(c->end - c->p) < item->text.len || memcmp(c->p, item->text.ptr, item->text.len) != 0) return false;
        c->p += item->text.len;
        return true;
    }
    for (uint32_t i = 0; i < item->pad && c->p < c->end && *c->p == ' '; i++) c->p++;
    int64_t v;
    if (item->number) return read_number(c, item, &v) && put_number(f, item, v);
    return read_text_field(c, item, f);
}

/* Items from..to; an optional part that does not fit leaves no trace. */
static bool read_items(Cursor *c, const PatternItem *items, uint32_t from, uint32_t to, Parsed *f)
{
    for (uint32_t i = from; i < to; i++) {
        const PatternItem *item = &items[i];
        if (item->kind == ITEM_CLOSE) continue;
        if (item->kind == ITEM_OPEN) {
            Cursor before = *c;
            Parsed fields = *f;
            if (!read_items(c, items, i + 1, item->jump, f)) {
                *c = before;
                *f = fields;
            }
            i = item->jump;
        } else if (!read_item(c, item, f)) {
            return false;
        }
    }
    return true;
}

/* --- resolution --- */

static bool in_range(const Parsed *f, FieldId id, int64_t min, int64_t max)
{
    return !has(f, id) || (f->value[id] >= min && f->value[id] <= max);
}

static bool resolve_year(Parsed *f)
{
    if (!in_range(f, F_YEAR_OF_ERA, 1, 999999999) || !in_range(f, F_YEAR, -999999999, 999999999)) return false;
    if (!has(f, F_YEAR_OF_ERA)) return true;
    int64_t year = f->value[F_YEAR_OF_ERA];
    return put(f, F_YEAR, has(f, F_ERA) && f->value[F_ERA] == 0 ? 1 - year : year);
}

/* The day that the fields name together, if they are enough. */
static bool resolve_days(const Parsed *f, bool *known, int64_t *days)
{
    const int64_t *v = f->value;
    *known = true;
    if (has(f, F_JULIAN_DAY)) {
        *days = v[F_JULIAN_DAY] - 40587;
    } else if (has(f, F_YEAR) && has(f, F_MONTH) && has(f, F_DAY)) {
        int32_t last = days_in_month((int32_t)v[F_YEAR], (int32_t)v[F_MONTH]), day = (int32_t)v[F_DAY];
        *days = days_from_civil(v[F_YEAR], (int32_t)v[F_MONTH], day > last ? last : day);
    } else if (has(f, F_YEAR) && has(f, F_YEAR_DAY)) {
        *days = days_from_civil(v[F_YEAR], 1, 1) + v[F_YEAR_DAY] - 1;
        return v[F_YEAR_DAY] >= 1 && v[F_YEAR_DAY] <= 337 + days_in_month((int32_t)v[F_YEAR], 2);
    } else if (has(f, F_WEEK_YEAR) && has(f, F_WEEK) && has(f, F_WEEKDAY)) {
        int64_t first = days_from_civil(v[F_WEEK_YEAR], 1, 1);
        *days = first - (us_weekday(first) - 1) + (v[F_WEEK] - 1) * 7 + v[F_WEEKDAY] - 1;
    } else {
        *known = false;
    }
    return true;
}

static bool agree(const Parsed *f, FieldId id, int64_t v)
{
    return !has(f, id) || f->value[id] == v;
}

/* Every other field must tell the same day; a day of the month may have been clamped. */
static bool check_days(const Parsed *f, int64_t days)
{
    int32_t year, month, day, week_year, week = us_week(days, false, &week_year);
    civil_from_days(days, &year, &month, &day);
    bool clamped = has(f, F_DAY) && f->value[F_DAY] > day && day == days_in_month(year, month) && has(f, F_MONTH);
    return agree(f, F_YEAR, year) && agree(f, F_MONTH, month) && (clamped || agree(f, F_DAY, day)) && agree(f, F_QUARTER, (month + 2) / 3) &&
           agree(f, F_YEAR_DAY, days - days_from_civil(year, 1, 1) + 1) && agree(f, F_WEEKDAY, us_weekday(days)) &&
           agree(f, F_WEEK_YEAR, week_year) && agree(f, F_WEEK, week) && agree(f, F_ALIGNED_DAY, (day - 1) % 7 + 1);
}

static bool resolve_date(Parsed *f, int64_t *days, bool *known)
{
    if (!resolve_year(f) || !in_range(f, F_MONTH, 1, 12) || !in_range(f, F_DAY, 1, 31) ||
        !in_range(f, F_WEEK_YEAR, -999999999, 999999999) || !in_range(f, F_JULIAN_DAY, -365000000000, 365000000000))
        return false;
    if (!resolve_days(f, known, days)) return false;
    if (*known) return check_days(f, *days);
    int64_t year = has(f, F_YEAR) ? f->value[F_YEAR] : 1970;
    int32_t month = has(f, F_MONTH) ? (int32_t)f->value[F_MONTH] : 1, day = has(f, F_DAY) ? (int32_t)f->value[F_DAY] : 1;
    *days = days_from_civil(year, month, day);
    return day <= days_in_month((int32_t)year, month);
}

static bool resolve_hour(Parsed *f)
{
    if (!in_range(f, F_CLOCK_DAY, 0, 24) || !in_range(f, F_CLOCK_AMPM, 0, 12) || !in_range(f, F_HOUR_AMPM, 0, 11)) return false;
    if (has(f, F_CLOCK_DAY) && !put(f, F_HOUR, f->value[F_CLOCK_DAY] % 24)) return false;
    if (has(f, F_CLOCK_AMPM) && !put(f, F_HOUR_AMPM, f->value[F_CLOCK_AMPM] % 12)) return false;
    if (has(f, F_AMPM) && has(f, F_HOUR_AMPM)) return put(f, F_HOUR, f->value[F_AMPM] * 12 + f->value[F_HOUR_AMPM]);
    if (!has(f, F_HOUR)) return true;
    int64_t hour = f->value[F_HOUR] % 24;
    return agree(f, F_AMPM, hour / 12) && agree(f, F_HOUR_AMPM, hour % 12);
}

/* Nanoseconds of the day, or a whole day for 24:00. */
static bool resolve_time(Parsed *f, int64_t *nanos)
{
    const int64_t *v = f->value, second = 1000000000;
    if (!resolve_hour(f)) return false;
    if (has(f, F_NANO_DAY) || has(f, F_MILLI_DAY)) {
        *nanos = has(f, F_NANO_DAY) ? v[F_NANO_DAY] : v[F_MILLI_DAY] * 1000000;
        if (*nanos < 0 || *nanos >= 86400 * second) return false;
        if (!has(f, F_NANO_DAY) && has(f, F_NANO)) *nanos += v[F_NANO] - *nanos % second;
        int64_t of_day = *nanos / second;
        return agree(f, F_HOUR, of_day / 3600) && agree(f, F_MINUTE, of_day / 60 % 60) && agree(f, F_SECOND, of_day % 60) && agree(f, F_NANO, *nanos % second) &&
               agree(f, F_MILLI_DAY, *nanos / 1000000);
    }
    if (!in_range(f, F_HOUR, 0, 24) || !in_range(f, F_MINUTE, 0, 59) || !in_range(f, F_SECOND, 0, 59) || !in_range(f, F_NANO, 0, 999999999)) return false;
    int64_t below = (has(f, F_MINUTE) ? v[F_MINUTE] * 60 * second : 0) + (has(f, F_SECOND) ? v[F_SECOND] * second : 0) + (has(f, F_NANO) ? v[F_NANO] : 0);
    int64_t hour = has(f, F_HOUR) ? v[F_HOUR] : 0;
    *nanos = hour * 3600 * second + below;
    return hour < 24 || below == 0;
}

bool pattern_parse_formatter(const DatePattern *pattern, Str text, Instant *out_local, bool *has_offset, int32_t *offset_sec)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    Parsed f = { { 0 }, 0 };
    int64_t days, nanos;
    bool known;
    if (!read_items(&c, pattern->items, 0, pattern->n, &f) || c.p < c.end) return false;
    if (!resolve_date(&f, &days, &known) || !resolve_time(&f, &nanos)) return false;
    const int64_t day_nanos = 86400 * (int64_t)1000000000;
    if (nanos == day_nanos && !known) nanos = 0;        /* without a date there is no next day */
    *out_local = (Instant){ days * 86400 + nanos / 1000000000, (int32_t)(nanos % 1000000000) };
    *has_offset = has(&f, F_OFFSET);
    *offset_sec = (int32_t)f.value[F_OFFSET];
    return true;
}
