/* Reader of TZif files (RFC 8536, version 2 and later) and of the POSIX TZ string in their last line.
 * Every count is checked against the bytes that are there, so a damaged file is refused, never overrun. Pure functions. */
#include "engine/type/zone_rules.h"
#include "engine/type/datetime.h"

enum { HEADER_BYTES = 44, LEAP_BYTES_V1 = 8, LEAP_BYTES_V2 = 12, TYPE_BYTES = 6 };

static uint32_t be32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t be64(const char *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

typedef struct Header { uint32_t isut, isstd, leaps, times, types, chars; char version; } Header;

static bool read_header(Str bytes, uint64_t at, Header *header)
{
    if (bytes.len < at + HEADER_BYTES || memcmp(bytes.ptr + at, "TZif", 4) != 0) return false;
    const char *p = bytes.ptr + at + 20;
    *header = (Header){ be32(p), be32(p + 4), be32(p + 8), be32(p + 12), be32(p + 16), be32(p + 20), bytes.ptr[at + 4] };
    return true;
}

static uint64_t body_bytes(const Header *h, uint32_t time_bytes, uint32_t leap_bytes)
{
    return (uint64_t)h->times * (time_bytes + 1) + (uint64_t)h->types * TYPE_BYTES + h->chars + (uint64_t)h->leaps * leap_bytes +
           h->isstd + h->isut;
}

static void read_abbrev(const char *chars, uint32_t nchars, uint32_t at, char out[ZONE_ABBREV_MAX])
{
    uint32_t n = 0;
    while (n + 1 < ZONE_ABBREV_MAX && at + n < nchars && chars[at + n]) {
        out[n] = chars[at + n];
        n++;
    }
    out[n] = 0;
}

bool tzif_read(Arena *arena, Str bytes, ZoneRules *rules)
{
    Header h;
    memset(rules, 0, sizeof *rules);
    if (!read_header(bytes, 0, &h) || h.version < '2') return false;
    uint64_t at = HEADER_BYTES + body_bytes(&h, 4, LEAP_BYTES_V1);
    if (!read_header(bytes, at, &h)) return false;
    at += HEADER_BYTES;
    uint64_t end = at + body_bytes(&h, 8, LEAP_BYTES_V2);
    if (end > bytes.len || h.types == 0 || h.types > 256) return false;

    const char *times = bytes.ptr + at, *kinds = times + (uint64_t)h.times * 8, *types = kinds + h.times;
    const char *chars = types + (uint64_t)h.types * TYPE_BYTES;
    int64_t *changes = ARENA_ARRAY(arena, int64_t, h.times);
    ZoneOffset *offsets = ARENA_ARRAY(arena, ZoneOffset, h.types);
    for (uint32_t i = 0; i < h.times; i++) {
        changes[i] = be64(times + (uint64_t)i * 8);
        if ((unsigned char)kinds[i] >= h.types || (i && changes[i] <= changes[i - 1])) return false;
    }
    for (uint32_t i = 0; i < h.types; i++) {
        const char *p = types + (uint64_t)i * TYPE_BYTES;
        offsets[i].east_sec = (int32_t)be32(p);
        offsets[i].summer = p[4] != 0;
        if (offsets[i].east_sec < -26 * 3600 || offsets[i].east_sec > 26 * 3600) return false;
        read_abbrev(chars, h.chars, (unsigned char)p[5], offsets[i].abbrev);
    }
    *rules = (ZoneRules){ .at_sec = changes, .becomes = arena_copy(arena, kinds, h.times), .nchanges = h.times, .offsets = offsets, .noffsets = h.types };

    Str footer = { bytes.ptr + end, (uint32_t)(bytes.len - end) };
    if (footer.len >= 2 && footer.ptr[0] == '\n' && footer.ptr[footer.len - 1] == '\n')
        rules->footer.present = tz_footer_read((Str){ footer.ptr + 1, footer.len - 2 }, &rules->footer);
    return true;
}

/* --- POSIX TZ string --- */

typedef struct Cursor { const char *p, *end; } Cursor;

static bool read_char(Cursor *c, char want)
{
    if (c->p == c->end || *c->p != want) return false;
    c->p++;
    return true;
}

static bool read_int(Cursor *c, int32_t max, int32_t *out)
{
    int32_t v = 0;
    const char *first = c->p;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
        v = v * 10 + (*c->p - '0');
        if (v > max) return false;
    }
    *out = v;
    return c->p > first;
}

/* EST or <+0330> */
static bool read_name(Cursor *c, char out[ZONE_ABBREV_MAX])
{
    bool quoted = read_char(c, '<');
    uint32_t n = 0;
    for (; c->p < c->end; c->p++) {
        char ch = *c->p;
        bool letter = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
        bool more = quoted ? letter || (ch >= '0' && ch <= '9') || ch == '+' || ch == '-' : letter;
        if (!more) break;
        if (n + 1 == ZONE_ABBREV_MAX) return false;
        out[n++] = ch;
    }
    out[n] = 0;
    return n >= 3 && (!quoted || read_char(c, '>'));
}

/* [+-]h[:m[:s]] in seconds */
static bool read_time(Cursor *c, int32_t *out)
{
    int32_t hour, minute = 0, second = 0;
    bool negative = read_char(c, '-');
    if (!negative) read_char(c, '+');
    if (!read_int(c, 167, &hour)) return false;
    if (read_char(c, ':')) {
        if (!read_int(c, 59, &minute)) return false;
        if (read_char(c, ':') && !read_int(c, 59, &second)) return false;
    }
    *out = hour * 3600 + minute * 60 + second;
    if (negative) *out = -*out;
    return true;
}

/* ,M3.2.0/2 */
static bool read_change(Cursor *c, YearlyChange *change)
{
    memset(change, 0, sizeof *change);
    change->time_sec = 2 * 3600;
    if (!read_char(c, ',')) return false;
    if (read_char(c, 'M')) {
        change->kind = CHANGE_WEEKDAY;
        if (!read_int(c, 12, &change->month) || !read_char(c, '.') || !read_int(c, 5, &change->week) || !read_char(c, '.') ||
            !read_int(c, 6, &change->weekday) || change->month < 1 || change->week < 1)
            return false;
    } else if (read_char(c, 'J')) {
        change->kind = CHANGE_JULIAN;
        if (!read_int(c, 365, &change->day) || change->day < 1) return false;
    } else {
        change->kind = CHANGE_DAY;
        if (!read_int(c, 365, &change->day)) return false;
    }
    return !read_char(c, '/') || read_time(c, &change->time_sec);
}

bool tz_footer_read(Str text, ZoneFooter *footer)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    int32_t west;
    memset(footer, 0, sizeof *footer);
    if (!read_name(&c, footer->standard.abbrev) || !read_time(&c, &west)) return false;
    footer->standard.east_sec = -west;
    if (c.p < c.end) {
        footer->has_summer = footer->summer.summer = true;
        footer->summer.east_sec = footer->standard.east_sec + 3600;
        if (!read_name(&c, footer->summer.abbrev)) return false;
        if (c.p < c.end && *c.p != ',') {
            if (!read_time(&c, &west)) return false;
            footer->summer.east_sec = -west;
        }
        if (!read_change(&c, &footer->to_summer) || !read_change(&c, &footer->to_standard)) return false;
    }
    footer->present = c.p == c.end;
    return footer->present;
}

/* --- what holds when --- */

/* Local second (counted from 1970) of a change in a year. */
static int64_t change_local_sec(const YearlyChange *change, int32_t year)
{
    int64_t first = days_from_civil(year, 1, 1), day = first + change->day;
    if (change->kind == CHANGE_JULIAN) {
        day = first + change->day - 1 + (days_in_month(year, 2) == 29 && change->day > 59);
    } else if (change->kind == CHANGE_WEEKDAY) {
        int64_t month = days_from_civil(year, change->month, 1);
        int32_t weekday = (int32_t)(((month + 4) % 7 + 7) % 7);         /* 1970-01-01 was a Thursday */
        int32_t offset = (change->weekday - weekday + 7) % 7 + (change->week - 1) * 7;
        if (offset >= days_in_month(year, change->month)) offset -= 7;
        day = month + offset;
    }
    return day * 86400 + change->time_sec;
}

/* By the yearly rule; the span ends at a change or with the year of the rule. */
static ZoneSpan footer_span(const ZoneFooter *footer, int64_t utc_sec)
{
    if (!footer->has_summer) return (ZoneSpan){ &footer->standard, INT64_MIN, INT64_MAX };
    int32_t standard = footer->standard.east_sec;
    Civil civil = civil_of((Instant){ utc_sec + standard, 0 });
    int64_t start = change_local_sec(&footer->to_summer, civil.year) - standard;
    int64_t stop = change_local_sec(&footer->to_standard, civil.year) - footer->summer.east_sec;
    bool summer = start < stop ? utc_sec >= start && utc_sec < stop : !(utc_sec >= stop && utc_sec < start);
    ZoneSpan span = { summer ? &footer->summer : &footer->standard, days_from_civil(civil.year, 1, 1) * 86400 - standard, days_from_civil((int64_t)civil.year + 1, 1, 1) * 86400 - standard };
    const int64_t change[] = { start, stop };
    for (int i = 0; i < 2; i++) {
        if (change[i] <= utc_sec && change[i] > span.from_sec) span.from_sec = change[i];
        if (change[i] > utc_sec && change[i] < span.until_sec) span.until_sec = change[i];
    }
    return span;
}

ZoneSpan zone_rules_span(const ZoneRules *rules, int64_t utc_sec)
{
    uint32_t n = rules->nchanges, low = 0, high = n;    /* first change after utc_sec */
    if (n && utc_sec >= rules->at_sec[n - 1]) {
        int64_t last = rules->at_sec[n - 1];
        if (!rules->footer.present) return (ZoneSpan){ &rules->offsets[rules->becomes[n - 1]], last, INT64_MAX };
        ZoneSpan span = footer_span(&rules->footer, utc_sec);
        if (span.from_sec < last) span.from_sec = last;
        return span;
    }
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (rules->at_sec[mid] <= utc_sec) low = mid + 1;
        else high = mid;
    }
    if (low) return (ZoneSpan){ &rules->offsets[rules->becomes[low - 1]], rules->at_sec[low - 1], rules->at_sec[low] };
    if (n) return (ZoneSpan){ &rules->offsets[0], INT64_MIN, rules->at_sec[0] };
    return rules->footer.present ? footer_span(&rules->footer, utc_sec) : (ZoneSpan){ &rules->offsets[0], INT64_MIN, INT64_MAX };
}
