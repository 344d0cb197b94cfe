/* Date patterns whose fields stand at fixed places (yyyy-MM-dd HH:mm:ss, dd.MM.yyyy, yyyyMMdd'T'HHmm): read and printed without a walk through the
 * pattern. Only what surely fits is done here; an odd form, a day that does not exist, a year beyond 9999 go the pattern's own way. */
#include "engine/expr/fixed_pattern.h"

typedef struct Letters { const char *letters; uint8_t width; } Letters;
static const Letters fields[FIXED_FIELDS] = { { "yu", 4 }, { "M", 2 }, { "d", 2 }, { "H", 2 }, { "m", 2 }, { "s", 2 }, { "S", 0 } };     /* ORDER FixedField */

static bool add_literal(FixedPattern *p, char c)
{
    if (p->len == FIXED_MAX || p->nliterals == FIXED_MAX) return false;
    p->literal_at[p->nliterals++] = (uint8_t)p->len;
    p->text[p->len++] = c;
    return true;
}

static bool add_field(FixedPattern *p, char letter, uint32_t width)
{
    for (int f = 0; f < FIXED_FIELDS; f++) {
        if (!strchr(fields[f].letters, letter)) continue;
        bool fits = f == FIXED_FRACTION ? width <= 9 && p->len > 0 && p->nliterals > 0 && p->literal_at[p->nliterals - 1] == p->len - 1 : width == fields[f].width;
        if (!fits || p->at[f] >= 0 || p->len + width > FIXED_MAX) return false;
        p->at[f] = (int8_t)p->len;
        if (f == FIXED_FRACTION) p->fraction_digits = (uint8_t)width;
        memset(p->text + p->len, '0', width);
        p->len += width;
        return true;
    }
    return false;
}

/* A date, and of the time nothing, or all from the hour down to some field that is not the hour. */
static bool is_whole(const FixedPattern *p)
{
    const int8_t *at = p->at;
    if (at[FIXED_YEAR] < 0 || at[FIXED_MONTH] < 0 || at[FIXED_DAY] < 0 || (at[FIXED_HOUR] >= 0) != (at[FIXED_MINUTE] >= 0)) return false;
    return (at[FIXED_SECOND] < 0 || at[FIXED_MINUTE] >= 0) && (at[FIXED_FRACTION] < 0 || at[FIXED_SECOND] >= 0);
}

bool fixed_pattern_compile(Str pattern, FixedPattern *p)
{
    memset(p, 0, sizeof *p);
    memset(p->at, -1, sizeof p->at);
    for (uint32_t i = 0; i < pattern.len;) {
        char c = pattern.ptr[i];
        if ((c | 32) >= 'a' && (c | 32) <= 'z') {
            uint32_t width = 1;
            while (i + width < pattern.len && pattern.ptr[i + width] == c) width++;
            if (!add_field(p, c, width)) return false;
            i += width;
        } else if (c == '\'') {
            uint32_t close = i + 1;
            while (close < pattern.len && pattern.ptr[close] != '\'') close++;
            if (close == pattern.len || close == i + 1 || (close + 1 < pattern.len && pattern.ptr[close + 1] == '\'')) return false;
            for (i++; i < close; i++)
                if (!add_literal(p, pattern.ptr[i])) return false;
            i++;
        } else {
            if (strchr("[]{}#", c) || !add_literal(p, c)) return false;
            i++;
        }
    }
    p->reads = is_whole(p);
    return p->len > 0;
}

/* --- reading --- */

static inline bool two_digits(const char *p, int32_t low, int32_t high, int32_t *out)
{
    unsigned a = (unsigned char)(p[0] - '0'), b = (unsigned char)(p[1] - '0');
    *out = (int32_t)(a * 10 + b);
    return a <= 9 && b <= 9 && *out >= low && *out <= high;
}

static bool read_fraction(const FixedPattern *p, const char *text, int64_t *us)
{
    static const int32_t scale[] = { 100000, 10000, 1000, 100, 10, 1, 0, 0, 0 };
    *us = 0;
    for (uint32_t i = 0; i < p->fraction_digits; i++) {
        unsigned digit = (unsigned char)(text[i] - '0');
        if (digit > 9) return false;
        *us += (int64_t)digit * scale[i];
    }
    return true;
}

bool fixed_pattern_read(const FixedPattern *p, Str text, int64_t *us)
{
    int32_t century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    int64_t fraction = 0;
    if (text.len != p->len) return false;
    for (uint32_t i = 0; i < p->nliterals; i++)
        if (text.ptr[p->literal_at[i]] != p->text[p->literal_at[i]]) return false;
    const char *s = text.ptr;
    const int8_t *at = p->at;
    bool ok = two_digits(s + at[FIXED_YEAR], 0, 99, &century) && two_digits(s + at[FIXED_YEAR] + 2, 0, 99, &year) &&
              two_digits(s + at[FIXED_MONTH], 1, 12, &month) && two_digits(s + at[FIXED_DAY], 1, 31, &day);
    if (ok && at[FIXED_HOUR] >= 0) ok = two_digits(s + at[FIXED_HOUR], 0, 23, &hour) && two_digits(s + at[FIXED_MINUTE], 0, 59, &minute);
    if (ok && at[FIXED_SECOND] >= 0) ok = two_digits(s + at[FIXED_SECOND], 0, 59, &second);
    if (ok && at[FIXED_FRACTION] >= 0) ok = read_fraction(p, s + at[FIXED_FRACTION], &fraction);
    year += century * 100;
    if (!ok || year == 0 || (day > 28 && day > days_in_month(year, month))) return false;
    *us = (days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + fraction;
    return true;
}

/* --- printing --- */

static inline void put_two(char *p, uint32_t v)
{
    p[0] = (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
}

bool fixed_pattern_print(const FixedPattern *p, int64_t us, char *out)
{
    int64_t sec = us / 1000000 - (us % 1000000 < 0), days = sec / 86400 - (sec % 86400 < 0);
    uint32_t fraction = (uint32_t)(us - sec * 1000000), rest = (uint32_t)(sec - days * 86400);
    int32_t year, month, day;
    civil_from_days(days, &year, &month, &day);
    if (year < 1 || year > 9999) return false;
    const int8_t *at = p->at;
    memcpy(out, p->text, p->len);
    if (at[FIXED_YEAR] >= 0) { put_two(out + at[FIXED_YEAR], (uint32_t)year / 100); put_two(out + at[FIXED_YEAR] + 2, (uint32_t)year % 100); }
    if (at[FIXED_MONTH] >= 0) put_two(out + at[FIXED_MONTH], (uint32_t)month);
    if (at[FIXED_DAY] >= 0) put_two(out + at[FIXED_DAY], (uint32_t)day);
    if (at[FIXED_HOUR] >= 0) put_two(out + at[FIXED_HOUR], rest / 3600);
    if (at[FIXED_MINUTE] >= 0) put_two(out + at[FIXED_MINUTE], rest / 60 % 60);
    if (at[FIXED_SECOND] >= 0) put_two(out + at[FIXED_SECOND], rest % 60);
    uint32_t unit = 100000;
    for (uint32_t i = 0; i < p->fraction_digits && unit > 0; i++, unit /= 10) out[at[FIXED_FRACTION] + (int)i] = (char)('0' + fraction / unit % 10);
    return true;
}
