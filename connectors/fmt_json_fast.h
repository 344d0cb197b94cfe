/* Fast paths of the json decoder, inline: each takes the plain form of a value at p and returns the byte behind it, or NULL (nothing written)
 * where the general path must decide. They read no byte at or beyond `end`. Words are compared as little-endian; other machines take the general path. */
#ifndef WEIR_CONNECTORS_FMT_JSON_FAST_H
#define WEIR_CONNECTORS_FMT_JSON_FAST_H
#include "connectors/fmt_json_read.h"
#include "engine/type/datetime.h"

#define JSON_FAST (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static inline uint64_t fast_word(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* The bytes at p, zeros beyond `end`. At least 4 of them; 4 more stand before p, as every value follows a key or an opening bracket of the message. */
static inline uint64_t fast_tail(const char *p, const char *end)
{
    return end - p >= 8 ? fast_word(p) : fast_word(end - 8) >> (8 * (8 - (end - p)));
}

/* The key with its colon stands at p. */
static inline bool fast_key(const char *p, const char *end, const JsonField *field)
{
    uint32_t len = field->key.len;
    if (end - p < 16 || !JSON_FAST) return (uint32_t)(end - p) > len && memcmp(p, field->key.ptr, len) == 0;
    if (((fast_word(p) ^ field->word[0]) & field->mask[0]) | ((fast_word(p + 8) ^ field->word[1]) & field->mask[1])) return false;
    return len <= 16 || ((uint32_t)(end - p) > len && memcmp(p + 16, field->key.ptr + 16, len - 16) == 0);
}

/* High bit of every byte that is a quote, a backslash or not ASCII; exact for the lowest (Hacker's Delight 6-1). */
static inline uint64_t fast_special(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101ull, high = 0x8080808080808080ull;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | w) & high;
}

/* A StrView of the bytes: short ones are put together from overlapping loads, no byte outside the text is touched. */
static inline void fast_view(Arena *arena, const char *text, uint32_t len, StrView *out)
{
    uint64_t low = 0, high = 0;
    if (len > 12) { *out = strview_copy(arena, text, len); return; }
    if (len >= 8) {
        low = fast_word(text);
        if (len > 8) high = fast_word(text + len - 8) >> (8 * (16 - len));
    } else if (len >= 4) {
        uint32_t first, last;
        memcpy(&first, text, 4);
        memcpy(&last, text + len - 4, 4);
        low = first | (uint64_t)last << (8 * (len - 4));
    } else if (len) {
        low = (uint64_t)(unsigned char)text[0] | (uint64_t)(unsigned char)text[len / 2] << (8 * (len / 2)) | (uint64_t)(unsigned char)text[len - 1] << (8 * (len - 1));
    }
    struct { uint64_t a, b; } cell = { len | low << 32, low >> 32 | high << 32 };
    memcpy(out, &cell, sizeof cell);
}

/* ASCII without escapes. */
static inline const char *fast_string(const char *p, const char *end, Arena *arena, StrView *out)
{
    if (!JSON_FAST || p >= end || *p != '"') return NULL;
    const char *start = ++p;
    for (uint64_t special = 0; special == 0;) {
        if (end - p < 4) {
            while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p < 0x80) p++;
            if (p == end) return NULL;
            break;
        }
        special = fast_special(fast_tail(p, end));
        if (!special && end - p < 8) return NULL;
        p += special ? __builtin_ctzll(special) >> 3 : 8;
    }
    if (*p != '"') return NULL;
    fast_view(arena, start, (uint32_t)(p - start), out);
    return p + 1;
}

/* Value of eight digit values 0..9, the first in the lowest byte: pairs, then fours and eights in one multiplication each. */
static inline uint64_t fast_digits(uint64_t w)
{
    w = w * 10 + (w >> 8);
    return (((w & 0x000000ff000000ffull) * 0x000f424000000064ull) + (((w >> 16) & 0x000000ff000000ffull) * 0x0000271000000001ull)) >> 32;
}

/* Value of eight digits (all of them checked). */
static inline bool fast_eight(const char *p, uint64_t *out)
{
    uint64_t w = fast_word(p);
    const uint64_t high = 0xf0f0f0f0f0f0f0f0ull;
    if (((w & high) | (((w + 0x0606060606060606ull) & high) >> 4)) != 0x3333333333333333ull) return false;
    *out = fast_digits(w - 0x3030303030303030ull);
    return true;
}

/* Up to 18 digits and then no digit, fraction or exponent. */
static inline const char *fast_integer(const char *p, const char *end, int64_t *out)
{
    bool negative = p < end && *p == '-';
    const char *digits = p += negative;
    uint64_t eight;
    int64_t v = 0;
    if (JSON_FAST && end - p >= 8 && fast_eight(p, &eight)) {
        v = (int64_t)eight;
        p += 8;
    }
    while (p < end && (unsigned char)(*p - '0') < 10 && p - digits < 18) v = v * 10 + (*p++ - '0');
    if (p == digits || (*digits == '0' && p - digits > 1)) return NULL;
    if (p < end && (*p == '.' || *p == 'e' || *p == 'E' || (unsigned char)(*p - '0') < 10)) return NULL;
    *out = negative ? -v : v;
    return p;
}

/* Digits with perhaps a point among them, ended by another character within eight bytes: *m their value, *frac how many stand behind the point.
 * No loop, as the number of digits is what a branch predictor cannot learn. */
static inline const char *fast_short_decimal(const char *p, const char *end, uint64_t *m, uint32_t *frac)
{
    if (!JSON_FAST || end - p < 4) return NULL;
    uint64_t w = fast_tail(p, end), x = w ^ 0x3030303030303030ull;           /* digits become 0..9 */
    uint64_t other = ((x + 0x7676767676767676ull) | x) & 0x8080808080808080ull;
    if (other == 0) return NULL;
    uint32_t a = (uint32_t)__builtin_ctzll(other) >> 3, n = a;
    if (a == 0 || ((w & 0xff) == '0' && a > 1)) return NULL;
    *frac = 0;
    uint32_t next = w >> (8 * a) & 0xff;
    if (next == '.') {
        other &= other - 1;
        if (other == 0) return NULL;
        uint32_t b = (uint32_t)__builtin_ctzll(other) >> 3;
        if (b == a + 1) return NULL;
        uint64_t before = ((uint64_t)1 << (8 * a)) - 1;
        x = (x & before) | ((x >> 8) & ~before);
        *frac = b - a - 1;
        n = b - 1;
        next = w >> (8 * b) & 0xff;
        p += 1;
    }
    if (next == 'e' || next == 'E') return NULL;
    *m = fast_digits(x << (8 * (8 - n)));
    return p + n;
}

/* Exact for up to 15 digits and a power of ten up to 22 (Clinger 1990, "How to read floating point numbers accurately", fast path). */
static inline const char *fast_double(const char *p, const char *end, double *out)
{
    static const double pow10[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    bool negative = p < end && *p == '-';
    p += negative;
    uint32_t few;
    uint64_t m = 0;
    const char *digits = p, *behind = fast_short_decimal(p, end, &m, &few);
    if (behind) {
        double short_v = (double)(int64_t)m / pow10[few];
        *out = negative ? -short_v : short_v;
        return behind;
    }
    m = 0;
    while (p < end && (unsigned char)(*p - '0') < 10) m = m * 10 + (uint64_t)(*p++ - '0');
    if (p == digits || (*digits == '0' && p - digits > 1) || p - digits > 15) return NULL;
    int64_t frac = 0;
    if (p < end && *p == '.') {
        const char *point = ++p;
        while (p < end && (unsigned char)(*p - '0') < 10) m = m * 10 + (uint64_t)(*p++ - '0');
        frac = p - point;
        if (frac == 0 || p - digits > 16) return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) return NULL;
    double v = frac ? (double)m / pow10[frac] : (double)m;
    *out = negative ? -v : v;
    return p;
}

/* Two digits at p; *bad collects what is none. */
static inline int32_t fast_two(const char *p, uint32_t *bad)
{
    uint32_t a = (unsigned char)(p[0] - '0'), b = (unsigned char)(p[1] - '0');
    *bad |= (a > 9) | (b > 9);
    return (int32_t)(a * 10 + b);
}

/* "yyyy-MM-ddTHH:mm:ss[.f{1,6}][Z]" with day <= 28 for any month, into microseconds cut to `cut` digits. */
static inline const char *fast_timestamp(Decoder *d, const char *p, const char *end, bool local, uint32_t cut, int64_t *out)
{
    static const int32_t unit[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
    uint32_t bad = 0;
    if (end - p < 22 || *p != '"' || p[5] != '-' || p[8] != '-' || p[11] != (d->iso ? 'T' : ' ') || p[14] != ':' || p[17] != ':') return NULL;
    p++;
    if (fast_word(p) != fast_word(d->day_text) || p[8] != d->day_text[8] || p[9] != d->day_text[9]) {
        int32_t year = fast_two(p, &bad) * 100 + fast_two(p + 2, &bad), month = fast_two(p + 5, &bad), day = fast_two(p + 8, &bad);
        if (bad || month < 1 || month > 12 || day < 1 || day > 28) return NULL;
        d->day = days_from_civil(year, month, day);
        memcpy(d->day_text, p, 10);
    }
    int32_t hour = fast_two(p + 11, &bad), minute = fast_two(p + 14, &bad), second = fast_two(p + 17, &bad), frac = 0, digits = 0;
    if (bad || hour > 23 || minute > 59 || second > 59) return NULL;
    p += 19;
    if (*p == '.') {
        for (p++; p < end && digits < 6 && (unsigned char)(*p - '0') < 10; digits++) frac = frac * 10 + (*p++ - '0');
        frac *= unit[digits];
        frac -= frac % unit[cut];
    }
    if (local && (p >= end || *p++ != 'Z')) return NULL;
    if (p >= end || *p != '"') return NULL;
    *out = (((d->day * 24 + hour) * 60 + minute) * 60 + second) * 1000000 + frac;
    return p + 1;
}
#endif
