/* Dates, times, timestamps and intervals to SQL text and back. These are hot in every format, so digits are written and
 * read by hand; nothing here allocates or looks at the locale.
 * Three readers with different rules (measured on Flink): CAST of text to TIMESTAMP is strict about shape but clamps days
 * beyond the month; CAST to DATE and TIME is loose about shape but strict about values; literals are strict in both. */
#include "engine/type/datetime.h"

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* --- printing --- */

static inline char *put2(char *p, int32_t v)
{
    p[0] = (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
    return p + 2;
}

/* Years beyond four digits are written out; SQL text (text.c) cuts them. */
static char *put_year(char *p, int32_t year)
{
    uint32_t y = year < 0 ? 0u - (uint32_t)year : (uint32_t)year;
    if (year < 0) *p++ = '-';
    char digits[10];
    uint32_t n = 0;
    for (uint32_t rest = y / 10000; rest; rest /= 10) digits[n++] = (char)('0' + rest % 10);
    while (n) *p++ = digits[--n];
    p = put2(p, (int32_t)(y % 10000 / 100));
    return put2(p, (int32_t)(y % 100));
}

/* The text of the last day that this thread wrote or read: rows of a stream mostly share it. */
static _Thread_local struct { int64_t days; char text[16]; bool set; } last_written, last_read;

static char *put_new_date(char *p, int64_t days)
{
    int32_t year, month, day;
    civil_from_days(days, &year, &month, &day);
    p = put_year(p, year);
    *p++ = '-';
    p = put2(p, month);
    *p++ = '-';
    return put2(p, day);
}

static inline char *put_date(char *p, int64_t days)
{
    if (last_written.set && last_written.days == days) {
        memcpy(p, last_written.text, 10);
        return p + 10;
    }
    char *end = put_new_date(p, days);
    if (end - p == 10) {
        last_written.days = days;
        last_written.set = true;
        memcpy(last_written.text, p, 10);
    }
    return end;
}

static char *put_clock(char *p, int32_t second_of_day)
{
    p = put2(p, second_of_day / 3600);
    *p++ = ':';
    p = put2(p, second_of_day / 60 % 60);
    *p++ = ':';
    return put2(p, second_of_day % 60);
}

/* `digits` digits of a fraction given in nanoseconds. */
static char *put_fraction(char *p, int32_t nano, uint32_t digits)
{
    static const uint32_t unit[] = { 1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1 };
    uint32_t rest = (uint32_t)nano / unit[digits];
    for (uint32_t i = digits; i-- > 0; rest /= 10) p[i] = (char)('0' + rest % 10);
    return p + digits;
}

void date_print(int32_t days, StrBuf *out)
{
    char text[24], *end = put_date(text, days);
    strbuf_add(out, text, (uint32_t)(end - text));
}

void time_print(int32_t ms, uint32_t precision, StrBuf *out)
{
    char text[24], *p = put_clock(text, ms / 1000);
    if (precision > 0) {
        uint32_t digits = precision > 3 ? 3 : precision;
        *p++ = '.';
        char *first = p;
        p = put_fraction(p, ms % 1000 * 1000000, digits);
        while (p > first + 1 && p[-1] == '0') p--;
    }
    strbuf_add(out, text, (uint32_t)(p - text));
}

void timestamp_print(Instant instant, uint32_t frac, StrBuf *out)
{
    strbuf_reserve(out, 48);
    char *text = out->ptr + out->len, *p;
    int64_t days = instant.sec / 86400;
    int32_t second = (int32_t)(instant.sec - days * 86400);
    if (second < 0) {
        days--;
        second += 86400;
    }
    p = put_date(text, days);
    *p++ = ' ';
    p = put_clock(p, second);
    if (frac) {
        *p++ = '.';
        p = put_fraction(p, instant.nano, frac > 9 ? 9 : frac);
    }
    out->len += (uint32_t)(p - text);
}

void interval_month_print(int64_t months, StrBuf *out)
{
    uint64_t size = months < 0 ? 0 - (uint64_t)months : (uint64_t)months;
    char tail[2];
    put2(tail, (int32_t)(size % 12));
    strbuf_addc(out, months < 0 ? '-' : '+');
    strbuf_add_i64(out, (int64_t)(size / 12));
    strbuf_addc(out, '-');
    strbuf_add(out, tail, 2);
}

void interval_second_print(int64_t ms, StrBuf *out)
{
    uint64_t size = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    char text[16], *p;
    strbuf_addc(out, ms < 0 ? '-' : '+');
    strbuf_add_i64(out, (int64_t)(size / 86400000));
    strbuf_addc(out, ' ');
    p = put_clock(text, (int32_t)(size / 1000 % 86400));
    *p++ = '.';
    p = put_fraction(p, (int32_t)(size % 1000) * 1000000, 3);
    strbuf_add(out, text, (uint32_t)(p - text));
}

/* --- reading --- */

typedef struct Cursor { const char *p, *end; } Cursor;

/* Between `least` and `most` digits; the value goes to *out. */
static bool read_number(Cursor *c, int32_t least, int32_t most, int32_t *out)
{
    int32_t v = 0, n = 0;
    while (n < most && c->p < c->end && is_digit(*c->p)) {
        v = v * 10 + (*c->p++ - '0');
        n++;
    }
    *out = v;
    return n >= least;
}

static bool read_char(Cursor *c, char want)
{
    if (c->p == c->end || *c->p != want) return false;
    c->p++;
    return true;
}

/* .ddd: up to nine digits count, `most` may be written, none is allowed. Moves over them. */
static bool read_fraction(Cursor *c, int32_t most, int32_t *nano)
{
    int32_t v = 0, n = 0;
    *nano = 0;
    if (!read_char(c, '.')) return true;
    for (; c->p < c->end && is_digit(*c->p); c->p++, n++)
        if (n < 9) v = v * 10 + (*c->p - '0');
    if (n > most) return false;
    for (; n < 9; n++) v *= 10;
    *nano = v;
    return true;
}

static bool valid_day(int32_t year, int32_t month, int32_t day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

static Str trim_spaces(Str s)
{
    while (s.len && s.ptr[0] == ' ') s.ptr++, s.len--;
    while (s.len && s.ptr[s.len - 1] == ' ') s.len--;
    return s;
}

/* y[-m[-d]], anything behind a blank is left aside */
bool date_parse_cast(Str text, int32_t *days)
{
    text = trim_spaces(text);
    Cursor c = { text.ptr, text.ptr + text.len };
    int32_t year, month = 1, day = 1;
    /* Leading zeros may stretch a number beyond its digits, as Integer.parseInt allows. */
    if (!read_number(&c, 1, 9, &year)) return false;
    if (read_char(&c, '-')) {
        if (!read_number(&c, 1, 9, &month)) return false;
        if (read_char(&c, '-') && !read_number(&c, 1, 9, &day)) return false;
    }
    if (c.p < c.end && *c.p != ' ') return false;
    if (year > 9999 || !valid_day(year, month, day)) return false;
    *days = (int32_t)days_from_civil(year, month, day);
    return true;
}

/* Milliseconds of the text behind the point, as Flink counts them: three digits and half up by the fourth; what is no digit counts 0. */
static int32_t loose_millis(Cursor *c)
{
    int32_t ms = 0, weight = 100;
    for (uint32_t i = 0; c->p < c->end; c->p++, i++) {
        int32_t digit = is_digit(*c->p) ? *c->p - '0' : 0;
        if (i < 3) ms += digit * weight;
        else if (i == 3) ms += digit >= 5;
        weight /= 10;
    }
    return ms;
}

/* +h:m behind the seconds is added to them (measured). */
static bool read_shift(Cursor *c, int32_t *shift)
{
    int32_t hour, minute;
    if (!read_char(c, '+') || !read_number(c, 1, 2, &hour) || !read_char(c, ':') || !read_number(c, 1, 2, &minute)) return false;
    *shift = hour * 3600 + minute * 60;
    return c->p == c->end;
}

/* h[:m[:s[.f]]]. The fraction is rounded to milliseconds, up to 24:00:00 (measured), which are then cut to the precision. */
bool time_parse_cast(Str text, uint32_t precision, int32_t *ms)
{
    text = trim_spaces(text);
    Cursor c = { text.ptr, text.ptr + text.len };
    int32_t hour, minute = 0, second = 0, millis = 0, shift = 0;
    if (!read_number(&c, 1, 9, &hour)) return false;
    if (c.p < c.end) {
        if (!read_char(&c, ':') || !read_number(&c, 1, 9, &minute)) return false;
        if (c.p < c.end) {
            if (!read_char(&c, ':') || !read_number(&c, 1, 9, &second)) return false;
            if (read_char(&c, '.')) millis = loose_millis(&c);
            if (c.p < c.end && !read_shift(&c, &shift)) return false;
        }
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    int32_t v = (hour * 3600 + minute * 60 + second + shift) * 1000 + millis;
    static const int32_t unit[] = { 1000, 100, 10, 1 };
    *ms = precision >= 3 ? v : v - v % unit[precision];
    return true;
}

#define TWO(p, i) ((p[i] - '0') * 10 + (p[(i) + 1] - '0'))

static inline bool digits_at(const char *p, const uint8_t *at, unsigned n)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < n; i++) bad |= (unsigned)((unsigned char)p[at[i]] - '0') > 9;
    return !bad;
}

/* Days of "yyyy-MM-dd " with every digit in its place and a day that exists; false sends it to the loose reader. */
static bool read_usual_day(const char *p, int64_t *days)
{
    static const uint8_t at[] = { 0, 1, 2, 3, 5, 6, 8, 9 };
    if (last_read.set && memcmp(p, last_read.text, 11) == 0) {
        *days = last_read.days;
        return true;
    }
    if (p[4] != '-' || p[7] != '-' || p[10] != ' ' || !digits_at(p, at, sizeof at)) return false;
    int32_t year = TWO(p, 0) * 100 + TWO(p, 2), month = TWO(p, 5), day = TWO(p, 8);
    if (year < 1 || !valid_day(year, month, day)) return false;
    *days = last_read.days = days_from_civil(year, month, day);
    memcpy(last_read.text, p, 11);
    last_read.set = true;
    return true;
}

/* yyyy-MM-dd HH:mm:ss[.f]: all but a few texts look like this. */
static bool read_usual(Str text, Instant *out)
{
    static const uint8_t at[] = { 11, 12, 14, 15, 17, 18 };
    const char *p = text.ptr;
    int64_t days;
    if (text.len < 19 || p[13] != ':' || p[16] != ':' || !digits_at(p, at, sizeof at) || !read_usual_day(p, &days)) return false;
    int32_t hour = TWO(p, 11), minute = TWO(p, 14), second = TWO(p, 17);
    if (hour > 23 || minute > 59 || second > 59) return false;
    Cursor c = { p + 19, p + text.len };
    out->sec = days * 86400 + hour * 3600 + minute * 60 + second;
    return read_fraction(&c, 9, &out->nano) && c.p == c.end;
}
#undef TWO

/* y-M-d[ H:m:s] with one or two digits each; y-M- is the month's first day. */
static bool read_loose(Cursor *c, Civil *civil)
{
    if (!read_number(c, 4, 4, &civil->year) || !read_char(c, '-') || !read_number(c, 1, 2, &civil->month) || !read_char(c, '-'))
        return false;
    if (c->p == c->end) civil->day = 1;
    else if (!read_number(c, 1, 2, &civil->day)) return false;
    civil->hour = civil->minute = civil->second = 0;
    if (c->p == c->end) return true;
    return read_char(c, ' ') && read_number(c, 1, 2, &civil->hour) && read_char(c, ':') && read_number(c, 1, 2, &civil->minute) &&
           read_char(c, ':') && read_number(c, 1, 2, &civil->second);
}

bool timestamp_parse_cast(Str text, Instant *out)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    Civil civil;
    if (read_usual(text, out)) return true;
    if (!read_loose(&c, &civil) || !read_fraction(&c, 9, &civil.nano) || c.p < c.end) return false;
    if (civil.year < 1 || civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31) return false;
    if (civil.minute > 59 || civil.second > 59) return false;
    bool midnight = civil.hour == 24 && civil.minute == 0 && civil.second == 0 && civil.nano == 0;
    if (civil.hour > 23 && !midnight) return false;
    int32_t last = days_in_month(civil.year, civil.month);
    if (civil.day > last) civil.day = last;             /* 02-30 is read as the month's last day (java's SMART resolver) */
    *out = civil_instant(&civil);
    return true;
}

/* --- literals --- */

/* Java's calendar has no 1582-10-05..14, so Flink refuses such literals although it counts days without the gap. */
static bool literal_day(int32_t year, int32_t month, int32_t day)
{
    return year >= 1 && valid_day(year, month, day) && !(year == 1582 && month == 10 && day > 4 && day < 15);
}

/* Blanks before a number are skipped and zeros may lead it, as java.text has it. */
static bool read_literal_number(Cursor *c, int32_t *out)
{
    while (c->p < c->end && *c->p == ' ') c->p++;
    return read_number(c, 1, 9, out);
}

static bool read_literal_date(Cursor *c, Civil *civil)
{
    return read_literal_number(c, &civil->year) && read_char(c, '-') && read_literal_number(c, &civil->month) && read_char(c, '-') &&
           read_literal_number(c, &civil->day) && civil->year <= 9999 && literal_day(civil->year, civil->month, civil->day);
}

static bool read_literal_clock(Cursor *c, Civil *civil)
{
    return read_literal_number(c, &civil->hour) && read_char(c, ':') && read_literal_number(c, &civil->minute) && read_char(c, ':') &&
           read_literal_number(c, &civil->second) && civil->hour < 24 && civil->minute < 60 && civil->second < 60;
}

/* [.digits]: as many as are written, of which `most` count. */
static bool read_literal_fraction(Cursor *c, uint32_t most, int32_t *nano, uint32_t *precision)
{
    const char *dot = c->p;
    *precision = 0;
    if (!read_fraction(c, INT32_MAX, nano)) return false;
    if (c->p == dot) return true;
    uint32_t written = (uint32_t)(c->p - dot) - 1;
    *precision = written > most ? most : written;
    return true;
}

bool date_parse_literal(Str text, int32_t *days)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    Civil civil;
    if (!read_literal_date(&c, &civil) || c.p < c.end) return false;
    *days = (int32_t)days_from_civil(civil.year, civil.month, civil.day);
    return true;
}

bool time_parse_literal(Str text, int32_t *ms, uint32_t *precision)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    Civil civil;
    if (!read_literal_clock(&c, &civil) || !read_literal_fraction(&c, 3, &civil.nano, precision) || c.p < c.end) return false;
    *ms = (civil.hour * 3600 + civil.minute * 60 + civil.second) * 1000 + civil.nano / 1000000;
    return true;
}

bool timestamp_parse_literal(Str text, Instant *out, uint32_t *precision)
{
    Cursor c = { text.ptr, text.ptr + text.len };
    Civil civil = { 0 };
    *precision = 0;
    if (!read_literal_date(&c, &civil)) return false;
    if (c.p < c.end) {
        if (!read_char(&c, ' ') || !read_literal_clock(&c, &civil)) return false;
        if (!read_literal_fraction(&c, 9, &civil.nano, precision) || c.p < c.end) return false;
    }
    *out = civil_instant(&civil);
    return true;
}

uint32_t fraction_digits(int32_t nano)
{
    uint32_t n = 9;
    if (nano == 0) return 0;
    while (nano % 10 == 0) { nano /= 10; n--; }
    return n;
}
