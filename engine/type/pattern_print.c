/* Printing by a Java date pattern. One switch over the letters serves both dialects; where they differ (text widths,
 * fractions, zones, calendar before 1582) the dialect decides beside the letter. Appends to a builder, allocates nothing else. */
#include "engine/type/pattern.h"

/* What the letters draw from. */
typedef struct Moment {
    PatternDialect dialect;
    Civil civil;                /* local; java.util's calendar in the SIMPLE dialect */
    int64_t days;
    const Zone *zone;           /* NULL: zone letters cannot be printed */
    int32_t east_sec;
    int64_t utc_sec;
} Moment;

static void put_padded(StrBuf *out, int64_t v, uint32_t width)
{
    char text[24], *end = text + sizeof text, *p = end;
    uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do *--p = (char)('0' + size % 10);
    while (size /= 10);
    if (v < 0) strbuf_addc(out, '-');
    for (uint32_t n = (uint32_t)(end - p); n < width; n++) strbuf_addc(out, '0');
    strbuf_add(out, p, (uint32_t)(end - p));
}

static void put_cstr(StrBuf *out, const char *text)
{
    strbuf_add(out, text, (uint32_t)strlen(text));
}

/* Names of 3 (short), 4 (full) and 5 (first letter) letters. */
static void put_name(StrBuf *out, const char *const names[2], uint32_t count)
{
    if (count == 5) strbuf_addc(out, names[1][0]);
    else put_cstr(out, names[count >= 4]);
}

static void put_year(const Moment *m, const PatternItem *item, int64_t year, StrBuf *out)
{
    if (item->count == 2) {
        put_padded(out, (year < 0 ? -year : year) % 100, 2);
        return;
    }
    bool plus = m->dialect == PATTERN_FORMATTER && item->sign == SIGN_EXCEEDS && year >= 0;
    if (plus) {
        int64_t limit = 1;
        for (uint32_t i = 0; i < item->count && limit <= year; i++) limit *= 10;
        if (year >= limit) strbuf_addc(out, '+');
    }
    put_padded(out, year, item->count);
}

static void put_era(const Moment *m, const PatternItem *item, StrBuf *out)
{
    static const char *const names[2][3] = { { "BC", "Before Christ", "B" }, { "AD", "Anno Domini", "A" } };
    bool text = m->dialect == PATTERN_FORMATTER && item->count >= 4;
    put_cstr(out, names[m->civil.year > 0][text ? item->count - 3 : 0]);
}

static void put_quarter(const Moment *m, const PatternItem *item, StrBuf *out)
{
    static const char *const full[] = { "1st quarter", "2nd quarter", "3rd quarter", "4th quarter" };
    int32_t quarter = (m->civil.month + 2) / 3;
    if (item->count == 4) {
        put_cstr(out, full[quarter - 1]);
        return;
    }
    if (item->count == 3) strbuf_addc(out, 'Q');
    put_padded(out, quarter, item->count < 3 ? item->count : 1);
}

static void put_day_period(const Moment *m, const PatternItem *item, StrBuf *out)
{
    int32_t hour = m->civil.hour;
    bool narrow = item->count == 5;
    if (hour == 0 && m->civil.minute == 0) put_cstr(out, narrow ? "mi" : "midnight");
    else if (hour == 12 && m->civil.minute == 0) put_cstr(out, narrow ? "n" : "noon");
    else put_cstr(out, hour < 6 || hour >= 21 ? "at night" : hour < 12 ? "in the morning" : hour < 18 ? "in the afternoon" : "in the evening");
}

/* First `count` of nine digits. */
static void put_fraction(int32_t nano, uint32_t count, StrBuf *out)
{
    for (uint32_t i = 0, unit = 100000000; i < count; i++, unit /= 10) strbuf_addc(out, (char)('0' + (uint32_t)nano / unit % 10));
}

/* --- zones --- */

static void put_offset(int32_t east_sec, bool colon, bool minutes, bool seconds, StrBuf *out)
{
    int32_t v = east_sec < 0 ? -east_sec : east_sec;
    strbuf_addc(out, east_sec < 0 ? '-' : '+');
    put_padded(out, v / 3600, 2);
    if (!minutes) return;
    if (colon) strbuf_addc(out, ':');
    put_padded(out, v / 60 % 60, 2);
    if (!seconds || v % 60 == 0) return;
    if (colon) strbuf_addc(out, ':');
    put_padded(out, v % 60, 2);
}

/* X, x: +hh[mm], +hhmm, +hh:mm, and with seconds when there are some. */
static void put_iso_offset(const Moment *m, const PatternItem *item, StrBuf *out)
{
    if (item->letter == 'X' && m->east_sec == 0) {
        strbuf_addc(out, 'Z');
        return;
    }
    bool minutes = item->count > 1 || (m->dialect == PATTERN_FORMATTER && m->east_sec / 60 % 60 != 0);
    put_offset(m->east_sec, item->count == 3 || item->count == 5, minutes, item->count >= 4, out);
}

static void put_gmt(int32_t east_sec, bool full, StrBuf *out)
{
    put_cstr(out, "GMT");
    if (east_sec == 0) return;
    if (full) {
        put_offset(east_sec, true, true, true, out);
        return;
    }
    int32_t v = east_sec < 0 ? -east_sec : east_sec;
    strbuf_addc(out, east_sec < 0 ? '-' : '+');
    put_padded(out, v / 3600, 1);
    if (v / 60 % 60) {
        strbuf_addc(out, ':');
        put_padded(out, v / 60 % 60, 2);
    }
}

static bool put_zone(const Moment *m, const PatternItem *item, StrBuf *out)
{
    if (!m->zone) return false;
    switch (item->letter) {
    case 'X': case 'x': put_iso_offset(m, item, out); break;
    case 'Z':
        if (m->dialect == PATTERN_FORMATTER && item->count == 4) put_gmt(m->east_sec, true, out);
        else if (m->dialect == PATTERN_FORMATTER && item->count == 5 && m->east_sec == 0) strbuf_addc(out, 'Z');
        else put_offset(m->east_sec, m->dialect == PATTERN_FORMATTER && item->count == 5, true, item->count == 5, out);
        break;
    case 'O': put_gmt(m->east_sec, item->count == 4, out); break;
    case 'V': strbuf_adds(out, zone_name(m->zone)); break;
    default: strbuf_adds(out, zone_abbrev(m->zone, m->utc_sec)); break;        /* z, v */
    }
    return true;
}

/* --- letters --- */

static void put_week_field(const Moment *m, const PatternItem *item, StrBuf *out)
{
    int32_t week_year, week = us_week(m->days, m->dialect == PATTERN_SIMPLE, &week_year);
    if (item->letter == 'Y') put_year(m, item, week_year, out);
    else if (item->letter == 'w') put_padded(out, week, item->count);
    else put_padded(out, (m->civil.day - 1 + us_weekday(m->days - m->civil.day + 1) - 1) / 7 + 1, item->count);       /* W */
}

static void put_weekday(const Moment *m, const PatternItem *item, StrBuf *out)
{
    int32_t weekday = us_weekday(m->days);
    bool number = item->number;
    if (item->letter == 'u') put_padded(out, (weekday + 5) % 7 + 1, item->count);               /* SIMPLE: Monday = 1 */
    else if (number) put_padded(out, weekday, item->count);
    else put_name(out, weekday_names[weekday - 1], m->dialect == PATTERN_SIMPLE && item->count > 4 ? 4 : item->count);
}

static int64_t day_of_year(const Moment *m)
{
    int64_t first = m->dialect == PATTERN_SIMPLE ? days_from_hybrid(m->civil.year, 1, 1) : days_from_civil(m->civil.year, 1, 1);
    return m->days - first + 1;
}

/* Letters that are plain numbers of the same meaning in both dialects; -1 for others. */
static int64_t plain_number(const Moment *m, char letter)
{
    const Civil *c = &m->civil;
    int64_t second = c->hour * 3600 + c->minute * 60 + c->second;
    switch (letter) {
    case 'd': return c->day;
    case 'D': return day_of_year(m);
    case 'H': return c->hour;
    case 'k': return c->hour ? c->hour : 24;
    case 'K': return c->hour % 12;
    case 'h': return c->hour % 12 ? c->hour % 12 : 12;
    case 'm': return c->minute;
    case 's': return c->second;
    case 'A': return second * 1000 + c->nano / 1000000;
    case 'n': return c->nano;
    case 'N': return second * 1000000000 + c->nano;
    case 'F': return m->dialect == PATTERN_SIMPLE ? (c->day - 1) / 7 + 1 : (c->day - 1) % 7 + 1;
    default: return -1;
    }
}

static bool put_field(const Moment *m, const PatternItem *item, StrBuf *out)
{
    int64_t number = plain_number(m, item->letter);
    if (number >= 0) {
        put_padded(out, number, item->count);
        return true;
    }
    switch (item->letter) {
    case 'G': put_era(m, item, out); break;
    case 'y': put_year(m, item, m->civil.year > 0 ? m->civil.year : 1 - (int64_t)m->civil.year, out); break;
    case 'u':
        if (m->dialect == PATTERN_SIMPLE) put_weekday(m, item, out);
        else put_year(m, item, m->civil.year, out);
        break;
    case 'M': case 'L':
        if (item->number) put_padded(out, m->civil.month, item->count);
        else put_name(out, month_names[m->civil.month - 1], m->dialect == PATTERN_SIMPLE && item->count > 4 ? 4 : item->count);
        break;
    case 'Q': case 'q': put_quarter(m, item, out); break;
    case 'Y': case 'w': case 'W': put_week_field(m, item, out); break;
    case 'E': case 'e': case 'c': put_weekday(m, item, out); break;
    case 'a': put_cstr(out, m->civil.hour < 12 ? "AM" : "PM"); break;
    case 'B': put_day_period(m, item, out); break;
    case 'S':
        if (m->dialect == PATTERN_SIMPLE) put_padded(out, m->civil.nano / 1000000, item->count);
        else put_fraction(m->civil.nano, item->count, out);
        break;
    case 'g': put_padded(out, m->days + 40587, item->count); break;                             /* days since 1858-11-17 */
    default: return put_zone(m, item, out);
    }
    return true;
}

static bool put_item(const Moment *m, const PatternItem *item, StrBuf *out)
{
    uint32_t start = out->len;
    if (!put_field(m, item, out)) return false;
    uint32_t written = out->len - start;
    if (written >= item->pad) return true;
    uint32_t blanks = item->pad - written;
    strbuf_reserve(out, blanks);
    memmove(out->ptr + start + blanks, out->ptr + start, written);
    memset(out->ptr + start, ' ', blanks);
    out->len += blanks;
    return true;
}

static bool print_items(const DatePattern *pattern, const Moment *m, StrBuf *out)
{
    struct { uint32_t close, len; } open[16];           /* the compiler allows no deeper nesting */
    uint32_t depth = 0;
    for (uint32_t i = 0; i < pattern->n; i++) {
        const PatternItem *item = &pattern->items[i];
        if (item->kind == ITEM_TEXT) {
            strbuf_adds(out, item->text);
        } else if (item->kind == ITEM_OPEN) {
            open[depth].close = item->jump;
            open[depth++].len = out->len;
        } else if (item->kind == ITEM_CLOSE) {
            depth--;
        } else if (!put_item(m, item, out)) {
            if (!depth) return false;
            depth--;                                    /* an optional part that cannot be printed is left out */
            out->len = open[depth].len;
            i = open[depth].close;
        }
    }
    return true;
}

bool pattern_print(const DatePattern *pattern, Instant instant, const Zone *zone, StrBuf *out)
{
    bool simple = pattern->dialect == PATTERN_SIMPLE;
    Moment m = { .dialect = pattern->dialect, .zone = zone, .utc_sec = instant.sec };
    if (zone) m.east_sec = simple ? zone_offset_legacy(zone, instant.sec) : zone_offset(zone, instant.sec);
    instant.sec += m.east_sec;
    m.civil = civil_of(instant);
    m.days = days_from_civil(m.civil.year, m.civil.month, m.civil.day);
    if (simple) hybrid_from_days(m.days, &m.civil.year, &m.civil.month, &m.civil.day);
    uint32_t start = out->len;
    if (print_items(pattern, &m, out)) return true;
    out->len = start;
    return false;
}
