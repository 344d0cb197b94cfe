/* The yardsticks of bench_expr: each a plain C loop over the same columns that writes what the expression gives, in the same layout (cells, validity
 * words, 16-byte text cells), NULLs, ranges and bad values seen to. They know their one shape; bench_expr compares every cell with weir's.
 * Memory: text goes to `heap`, which the caller empties before each batch. */
#ifndef WEIR_BENCH_EXPR_LOOPS_H
#define WEIR_BENCH_EXPR_LOOPS_H
#include "engine/type/batch.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { COL_I, COL_J, COL_A, COL_B, COL_P, COL_Q, COL_S, COL_NAME, COL_CITY, COL_N, COL_T, COL_D, COL_TS, COL_JS, COLS };

typedef struct Loop {
    const Batch *in;
    void *data; uint64_t valid[BATCH_ROWS / 64]; bool nulls;     /* cells and validity of the result */
    uint32_t *sel, sel_len;                      /* filters */
    char *heap;                                  /* where the next text goes */
    pcre2_code *regex; pcre2_match_data *match;
} Loop;
typedef bool LoopFn(Loop *loop);                 /* false: a row fails */

#define IN(T, NAME, COL) const T *restrict NAME = loop->in->cols[COL].data
#define OUT(T) T *restrict out = loop->data; const uint32_t len = loop->in->len
#define IS_NULL(COL, ROW) (!bit_get(loop->in->cols[COL].valid, ROW))

static inline void loop_valid(Loop *loop, int a, int b)
{
    const uint64_t *x = loop->in->cols[a].valid, *y = loop->in->cols[b].valid;
    for (uint32_t w = 0; w < (loop->in->len + 63) / 64; w++) loop->valid[w] = x[w] & y[w];
    loop->nulls = true;
}

static inline Str cell(const StrView *v) { return strview_str(v); }

static inline StrView view(const char *p, uint32_t len)
{
    StrView v = { .len = len };
    if (len > 12) { memcpy(v.prefix, p, 4); v.u.ptr = p; }
    else memcpy((char *)&v + 4, p, len);
    return v;
}

/* --- numbers --- */

static bool loop_int(Loop *loop)
{
    OUT(int64_t); IN(int64_t, i, COL_I); IN(int64_t, j, COL_J);
    for (uint32_t r = 0; r < len; r++) out[r] = (int64_t)((uint64_t)i[r] * 3 + (uint64_t)j[r]);
    loop_valid(loop, COL_I, COL_J);
    return true;
}

static bool loop_divide(Loop *loop)
{
    OUT(int64_t); IN(int64_t, i, COL_I); IN(int64_t, j, COL_J);
    loop_valid(loop, COL_I, COL_J);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        if (j[r] == 0) return false;
        out[r] = j[r] == -1 ? (int64_t)(0 - (uint64_t)i[r]) : i[r] / j[r];
    }
    return true;
}

static bool loop_double(Loop *loop)
{
    OUT(double); IN(double, a, COL_A); IN(double, b, COL_B);
    for (uint32_t r = 0; r < len; r++) out[r] = a[r] * b[r] + 0.5;
    loop_valid(loop, COL_A, COL_B);
    return true;
}

static bool loop_decimal(Loop *loop)
{
    OUT(i128); IN(i128, p, COL_P); IN(i128, q, COL_Q);
    const i128 limit = (i128)1000000000000000000 * 10;           /* DECIMAL(19, 5) */
    loop_valid(loop, COL_P, COL_Q);
    for (uint32_t r = 0; r < len; r++) {
        i128 v;
        bool bad = __builtin_mul_overflow(p[r], q[r], &v) || v >= limit || v <= -limit;
        if (bad) bit_clear(loop->valid, r);
        out[r] = v;
    }
    return true;
}

static bool loop_filter(Loop *loop)
{
    IN(int64_t, i, COL_I); IN(double, a, COL_A);
    const uint64_t *vi = loop->in->cols[COL_I].valid, *va = loop->in->cols[COL_A].valid;
    uint32_t n = 0;
    for (uint32_t r = 0; r < loop->in->len; r++) {
        loop->sel[n] = r;
        n += (uint32_t)(i[r] > 500) & (uint32_t)(a[r] < 0.5) & (uint32_t)bit_get(vi, r) & (uint32_t)bit_get(va, r);
    }
    loop->sel_len = n;
    return true;
}

static bool loop_filter_text(Loop *loop)
{
    IN(StrView, city, COL_CITY);
    const uint64_t *valid = loop->in->cols[COL_CITY].valid;
    uint32_t n = 0;
    for (uint32_t r = 0; r < loop->in->len; r++) {
        Str s = cell(&city[r]);
        loop->sel[n] = r;
        n += bit_get(valid, r) && s.len == 6 && memcmp(s.ptr, "Berlin", 6) == 0;
    }
    loop->sel_len = n;
    return true;
}

static bool loop_case(Loop *loop)
{
    OUT(int64_t); IN(int64_t, i, COL_I); IN(int64_t, j, COL_J);
    const uint64_t *vi = loop->in->cols[COL_I].valid, *vj = loop->in->cols[COL_J].valid;
    memset(loop->valid, 0xff, sizeof loop->valid);
    loop->nulls = true;
    for (uint32_t r = 0; r < len; r++) {
        bool first = i[r] > 900 && bit_get(vi, r), second = i[r] > 500 && bit_get(vi, r);
        out[r] = first ? (int64_t)((uint64_t)j[r] * 2) : second ? j[r] : 0;
        if ((first || second) && !bit_get(vj, r)) bit_clear(loop->valid, r);
    }
    return true;
}

/* --- text --- */

static bool loop_like(Loop *loop)
{
    OUT(uint8_t); IN(StrView, s, COL_S);
    loop_valid(loop, COL_S, COL_S);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str text = cell(&s[r]);
        out[r] = memmem(text.ptr, text.len, "404", 3) != NULL;
    }
    return true;
}

static bool loop_prefix(Loop *loop)
{
    OUT(uint8_t); IN(StrView, s, COL_S);
    loop_valid(loop, COL_S, COL_S);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str text = cell(&s[r]);
        out[r] = text.len >= 5 && memcmp(text.ptr, "POST ", 5) == 0;
    }
    return true;
}

/* Bytes of the first n code points. */
static inline uint32_t codepoints(Str s, uint32_t n)
{
    uint32_t at = 0;
    while (at < s.len && n-- > 0)
        for (at++; at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80; at++) ;
    return at;
}

static bool loop_substring(Loop *loop)
{
    OUT(StrView); IN(StrView, s, COL_S);
    loop_valid(loop, COL_S, COL_S);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str text = cell(&s[r]);
        uint32_t from = codepoints(text, 4);
        text = (Str){ text.ptr + from, text.len - from };
        out[r] = view(text.ptr, codepoints(text, 20));
    }
    return true;
}

static bool loop_upper(Loop *loop)
{
    OUT(StrView); IN(StrView, s, COL_NAME);
    loop_valid(loop, COL_NAME, COL_NAME);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str text = cell(&s[r]);
        for (uint32_t i = 0; i < text.len; i++) {
            if (text.ptr[i] & 0x80) return false;                /* beyond ASCII: no business of this loop */
            loop->heap[i] = (char)(text.ptr[i] - ((unsigned char)(text.ptr[i] - 'a') < 26 ? 32 : 0));
        }
        out[r] = view(loop->heap, text.len);
        loop->heap += text.len;
    }
    return true;
}

static bool loop_concat(Loop *loop)
{
    OUT(StrView); IN(StrView, name, COL_NAME); IN(StrView, city, COL_CITY);
    loop_valid(loop, COL_NAME, COL_CITY);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str a = cell(&name[r]), b = cell(&city[r]);
        memcpy(loop->heap, a.ptr, a.len);
        loop->heap[a.len] = '-';
        memcpy(loop->heap + a.len + 1, b.ptr, b.len);
        out[r] = view(loop->heap, a.len + 1 + b.len);
        loop->heap += a.len + 1 + b.len;
    }
    return true;
}

static bool loop_parse_int(Loop *loop)
{
    OUT(int32_t); IN(StrView, n, COL_N);
    loop_valid(loop, COL_N, COL_N);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str s = cell(&n[r]);
        while (s.len && s.ptr[0] == ' ') s.ptr++, s.len--;
        while (s.len && s.ptr[s.len - 1] == ' ') s.len--;
        bool minus = s.len && s.ptr[0] == '-';
        int64_t v = 0;
        uint32_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
        if (i == s.len) return false;
        for (; i < s.len; i++) {
            if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
            v = v * 10 + (s.ptr[i] - '0');
            if (v > (int64_t)INT32_MAX + 1) return false;
        }
        v = minus ? -v : v;
        if (v > INT32_MAX) return false;
        out[r] = (int32_t)v;
    }
    return true;
}

static bool loop_print_int(Loop *loop)
{
    OUT(StrView); IN(int64_t, i, COL_I);
    loop_valid(loop, COL_I, COL_I);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        char digits[24], *p = digits + sizeof digits;
        uint64_t v = i[r] < 0 ? 0 - (uint64_t)i[r] : (uint64_t)i[r];
        do *--p = (char)('0' + v % 10); while (v /= 10);
        if (i[r] < 0) *--p = '-';
        uint32_t n = (uint32_t)(digits + sizeof digits - p);
        memcpy(loop->heap, p, n);
        out[r] = view(loop->heap, n);
        loop->heap += n;
    }
    return true;
}

/* --- times --- */

static inline bool two(const char *p, int32_t low, int32_t high, int32_t *out)
{
    unsigned a = (unsigned)(p[0] - '0'), b = (unsigned)(p[1] - '0');
    *out = (int32_t)(a * 10 + b);
    return a <= 9 && b <= 9 && *out >= low && *out <= high;
}

static inline int64_t civil_days(int64_t y, int32_t m, int32_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    uint32_t yoe = (uint32_t)(y - era * 400), doy = (153 * (uint32_t)(m > 2 ? m - 3 : m + 9) + 2) / 5 + (uint32_t)d - 1;
    return era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

static inline bool day_ok(int32_t y, int32_t m, int32_t d)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return d <= days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

/* yyyy-MM-dd HH:mm:ss */
static bool loop_to_timestamp(Loop *loop)
{
    OUT(int64_t); IN(StrView, t, COL_T);
    loop_valid(loop, COL_T, COL_T);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str s = cell(&t[r]);
        const char *p = s.ptr;
        int32_t c, y, mo, d, h, mi, sec;
        bool ok = s.len == 19 && two(p, 0, 99, &c) && two(p + 2, 0, 99, &y) && p[4] == '-' && two(p + 5, 1, 12, &mo) && p[7] == '-' && two(p + 8, 1, 31, &d) &&
                  p[10] == ' ' && two(p + 11, 0, 23, &h) && p[13] == ':' && two(p + 14, 0, 59, &mi) && p[16] == ':' && two(p + 17, 0, 59, &sec) && day_ok(c * 100 + y, mo, d);
        if (!ok) bit_clear(loop->valid, r);
        else out[r] = (civil_days(c * 100 + y, mo, d) * 86400 + h * 3600 + mi * 60 + sec) * 1000000;
    }
    return true;
}

/* dd.MM.yyyy HH:mm */
static bool loop_to_timestamp_pattern(Loop *loop)
{
    OUT(int64_t); IN(StrView, t, COL_D);
    loop_valid(loop, COL_D, COL_D);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str s = cell(&t[r]);
        const char *p = s.ptr;
        int32_t c, y, mo, d, h, mi;
        bool ok = s.len == 16 && two(p, 1, 31, &d) && p[2] == '.' && two(p + 3, 1, 12, &mo) && p[5] == '.' && two(p + 6, 0, 99, &c) && two(p + 8, 0, 99, &y) &&
                  p[10] == ' ' && two(p + 11, 0, 23, &h) && p[13] == ':' && two(p + 14, 0, 59, &mi) && day_ok(c * 100 + y, mo, d);
        if (!ok) bit_clear(loop->valid, r);
        else out[r] = (civil_days(c * 100 + y, mo, d) * 86400 + h * 3600 + mi * 60) * 1000000;
    }
    return true;
}

static inline void put_two(char *p, uint32_t v) { p[0] = (char)('0' + v / 10); p[1] = (char)('0' + v % 10); }

/* yyyy-MM-dd HH:mm:ss of years 0 to 9999 */
static bool loop_date_format(Loop *loop)
{
    OUT(StrView); IN(int64_t, ts, COL_TS);
    loop_valid(loop, COL_TS, COL_TS);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        int64_t sec = ts[r] / 1000000 - (ts[r] % 1000000 < 0), day = sec / 86400 - (sec % 86400 < 0);
        uint32_t rest = (uint32_t)(sec - day * 86400);
        int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
        uint32_t doe = (uint32_t)(z - era * 146097), yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
        uint32_t month = mp < 10 ? mp + 3 : mp - 9, dom = doy - (153 * mp + 2) / 5 + 1, year = (uint32_t)(yoe + era * 400 + (month <= 2));
        if (year > 9999) return false;
        char *p = loop->heap;
        put_two(p, year / 100); put_two(p + 2, year % 100); p[4] = '-'; put_two(p + 5, month); p[7] = '-'; put_two(p + 8, dom); p[10] = ' ';
        put_two(p + 11, rest / 3600); p[13] = ':'; put_two(p + 14, rest / 60 % 60); p[16] = ':'; put_two(p + 17, rest % 60);
        out[r] = view(p, 19);
        loop->heap += 19;
    }
    return true;
}

/* --- JSON, regular expressions --- */

typedef struct Scan { const char *p, *end; } Scan;
static bool scan_value(Scan *s, int depth);
static inline void scan_blanks(Scan *s) { while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r')) s->p++; }

/* At the opening quote; *escaped: a backslash was seen. */
static bool scan_string(Scan *s, Str *out, bool *escaped)
{
    const char *from = ++s->p;
    *escaped = false;
    for (; s->p < s->end && *s->p != '"'; s->p++) {
        if ((unsigned char)*s->p < 0x20) return false;
        if (*s->p != '\\') continue;
        *escaped = true;
        if (++s->p == s->end || !memchr("\"\\/bfnrtu", *s->p, 9)) return false;
    }
    if (s->p == s->end) return false;
    *out = (Str){ from, (uint32_t)(s->p++ - from) };
    return true;
}

static bool scan_digits(Scan *s)
{
    const char *from = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') s->p++;
    return s->p > from;
}

static bool scan_number(Scan *s)
{
    s->p += *s->p == '-';
    if (!scan_digits(s)) return false;
    if (s->p < s->end && *s->p == '.' && (s->p++, !scan_digits(s))) return false;
    if (s->p < s->end && (*s->p | 32) == 'e') {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
        return scan_digits(s);
    }
    return true;
}

static bool scan_word(Scan *s, const char *word, uint32_t len)
{
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0) return false;
    s->p += len;
    return true;
}

/* The members of an object or the elements of an array; keys[0..nkeys-1]: what is wanted of nested objects, *found its text. */
static bool scan_list(Scan *s, bool object, int depth, const char *const *keys, int nkeys, Str *found)
{
    char close = object ? '}' : ']';
    if (depth > 1000) return false;
    s->p++;
    scan_blanks(s);
    if (s->p < s->end && *s->p == close) { s->p++; return true; }
    for (;;) {
        Str key = { "", 0 };
        bool escaped;
        scan_blanks(s);
        if (object) {
            if (s->p == s->end || *s->p != '"' || !scan_string(s, &key, &escaped)) return false;
            scan_blanks(s);
            if (s->p == s->end || *s->p++ != ':') return false;
            scan_blanks(s);
        }
        bool wanted = nkeys && str_is(key, keys[0]) && s->p < s->end;
        if (wanted && nkeys > 1 && *s->p == '{') { if (!scan_list(s, true, depth + 1, keys + 1, nkeys - 1, found)) return false; }
        else if (wanted && nkeys == 1 && *s->p == '"') { if (!scan_string(s, found, &escaped) || escaped) return false; }
        else if (!scan_value(s, depth + 1)) return false;
        scan_blanks(s);
        if (s->p == s->end) return false;
        if (*s->p == close) { s->p++; return true; }
        if (*s->p++ != ',') return false;
    }
}

static bool scan_value(Scan *s, int depth)
{
    Str text;
    bool escaped;
    scan_blanks(s);
    if (s->p == s->end) return false;
    switch (*s->p) {
    case '{': case '[': return scan_list(s, *s->p == '{', depth, NULL, 0, NULL);
    case '"': return scan_string(s, &text, &escaped);
    case 't': return scan_word(s, "true", 4);
    case 'f': return scan_word(s, "false", 5);
    case 'n': return scan_word(s, "null", 4);
    default: return scan_number(s);
    }
}

/* The text at $.user.city; the whole document is checked. */
static bool loop_json(Loop *loop)
{
    static const char *const keys[] = { "user", "city" };
    OUT(StrView); IN(StrView, js, COL_JS);
    loop_valid(loop, COL_JS, COL_JS);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str text = cell(&js[r]), found = STR_NULL;
        Scan s = { text.ptr, text.ptr + text.len };
        bool ok = s.p < s.end && *s.p == '{' && scan_list(&s, true, 0, keys, 2, &found) && found.ptr;
        if (!ok) { bit_clear(loop->valid, r); continue; }
        memcpy(loop->heap, found.ptr, found.len);
        out[r] = view(loop->heap, found.len);
        loop->heap += found.len;
    }
    return true;
}

/* The first group of ([0-9]+)ms, by PCRE2 with its compiler to machine code. */
static bool loop_regex(Loop *loop)
{
    OUT(StrView); IN(StrView, s, COL_S);
    loop_valid(loop, COL_S, COL_S);
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(loop->match);
    for (uint32_t r = 0; r < len; r++) {
        if (!bit_get(loop->valid, r)) continue;
        Str text = cell(&s[r]);
        int rc = pcre2_jit_match(loop->regex, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK, loop->match, NULL);
        if (rc < 2) bit_clear(loop->valid, r);
        else out[r] = view(text.ptr + at[2], (uint32_t)(at[3] - at[2]));
    }
    return true;
}
#endif
