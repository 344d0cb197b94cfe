/* Slices, UTF-8 and the byte builder. Slices borrow; a StrBuf owns malloc memory until strbuf_free.
 * Invariant: no function reads past len, none needs a NUL. Case functions touch ASCII only, as SQL keywords do.
 * A builder beyond 4 GiB aborts: callers chunk what may get that large. No state; thread-safe. */
#include "engine/base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

static inline char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static inline char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }
static inline bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool str_ieq(Str a, Str b)
{
    if (a.len != b.len) return false;
    for (uint32_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    return true;
}

bool str_iis(Str a, const char *lit)
{
    return str_ieq(a, str_of(lit));
}

int str_cmp(Str a, Str b)
{
    uint32_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(Str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.len >= n && (n == 0 || memcmp(s.ptr, prefix, n) == 0);
}

bool str_ends(Str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.len >= n && (n == 0 || memcmp(s.ptr + s.len - n, suffix, n) == 0);
}

Str str_sub(Str s, uint32_t from, uint32_t len)
{
    if (from > s.len) from = s.len;
    if (len > s.len - from) len = s.len - from;
    return (Str){ s.ptr ? s.ptr + from : NULL, len };
}

Str str_trim(Str s)
{
    while (s.len && blank(s.ptr[0])) s.ptr++, s.len--;
    while (s.len && blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

int64_t str_find(Str s, Str needle, uint32_t from)
{
    if (from > s.len) return -1;
    if (needle.len == 0) return from;
    if (s.len - from < needle.len) return -1;
    const char *hit = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return hit ? hit - s.ptr : -1;
}

Str str_dup(Arena *arena, Str s)
{
    return (Str){ arena_copy(arena, s.ptr, s.len), s.len };
}

char *str_cstr(Arena *arena, Str s)
{
    char *copy = arena_alloc(arena, (size_t)s.len + 1);
    if (s.len) memcpy(copy, s.ptr, s.len);
    copy[s.len] = 0;
    return copy;
}

Str str_printf(Arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0) n = 0;
    char *text = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return (Str){ text, (uint32_t)n };
}

Str str_upper(Arena *arena, Str s)
{
    char *out = arena_alloc(arena, s.len);
    for (uint32_t i = 0; i < s.len; i++) out[i] = upper(s.ptr[i]);
    return (Str){ out, s.len };
}

Str str_lower(Arena *arena, Str s)
{
    char *out = arena_alloc(arena, s.len);
    for (uint32_t i = 0; i < s.len; i++) out[i] = lower(s.ptr[i]);
    return (Str){ out, s.len };
}

bool str_to_i64(Str s, int64_t *out)
{
    uint32_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
    bool negative = i && s.ptr[0] == '-';
    if (i == s.len) return false;
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;
    for (; i < s.len; i++) {
        unsigned digit = (unsigned)s.ptr[i] - '0';
        if (digit > 9 || value > (limit - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* Optimal string alignment distance, letters compared without case; names longer than the table are never near. */
enum { NEAR_MAX = 64 };

static uint32_t edit_distance(Str a, Str b)
{
    uint32_t rows[3][NEAR_MAX + 1];
    uint32_t *before = rows[0], *prev = rows[1], *cur = rows[2];
    for (uint32_t j = 0; j <= b.len; j++) prev[j] = j;
    for (uint32_t i = 1; i <= a.len; i++) {
        cur[0] = i;
        for (uint32_t j = 1; j <= b.len; j++) {
            bool same = lower(a.ptr[i - 1]) == lower(b.ptr[j - 1]);
            uint32_t best = prev[j - 1] + !same;
            if (prev[j] + 1 < best) best = prev[j] + 1;
            if (cur[j - 1] + 1 < best) best = cur[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[j - 2]) && lower(a.ptr[i - 2]) == lower(b.ptr[j - 1]);
            if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            cur[j] = best;
        }
        uint32_t *spare = before;
        before = prev;
        prev = cur;
        cur = spare;
    }
    return prev[b.len];
}

int str_nearest(Str word, const Str *candidates, uint32_t n)
{
    int nearest = -1;
    uint32_t best = word.len / 3 + 2;
    if (word.len == 0 || word.len > NEAR_MAX) return -1;
    for (uint32_t i = 0; i < n; i++) {
        if (candidates[i].len > NEAR_MAX || candidates[i].len + best <= word.len || word.len + best <= candidates[i].len) continue;
        uint32_t distance = edit_distance(word, candidates[i]);
        /* Replacing every letter is not a misspelling. */
        if (distance < best && distance < candidates[i].len) {
            best = distance;
            nearest = (int)i;
        }
    }
    return nearest;
}

/* --- UTF-8 --- */

uint32_t utf8_decode(const char *p, const char *end, uint32_t *codepoint)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t left = (size_t)(end - p);
    uint32_t c = u[0], need = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 4;
    *codepoint = c;
    if (need == 0) return 1;
    *codepoint = 0xfffd;
    if (need == 4 || left <= need) return 1;
    c &= 0x3fu >> need;
    for (uint32_t i = 1; i <= need; i++) {
        if ((u[i] & 0xc0) != 0x80) return 1;
        c = c << 6 | (u[i] & 0x3fu);
    }
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    if (c < least[need] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 1;
    *codepoint = c;
    return need + 1;
}

uint32_t utf8_encode(uint32_t codepoint, char out[4])
{
    if (codepoint > 0x10ffff || (codepoint >= 0xd800 && codepoint <= 0xdfff)) codepoint = 0xfffd;
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    uint32_t n = codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;
    for (uint32_t i = n - 1; i > 0; i--, codepoint >>= 6) out[i] = (char)(0x80 | (codepoint & 0x3f));
    out[0] = (char)((0xf00u >> n & 0xf0) | codepoint);
    return n;
}

/* Bytes of the ASCII run at the start: the common case is skipped eight bytes at a time. */
static uint32_t ascii_run(Str s)
{
    uint32_t i = 0;
    for (uint64_t word; i + 8 <= s.len; i += 8) {
        memcpy(&word, s.ptr + i, 8);
        if (word & 0x8080808080808080ull) break;
    }
    while (i < s.len && (unsigned char)s.ptr[i] < 0x80) i++;
    return i;
}

uint32_t utf8_len(Str s)
{
    uint32_t i = ascii_run(s), n = i, codepoint;
    for (; i < s.len; n++) i += utf8_decode(s.ptr + i, s.ptr + s.len, &codepoint);
    return n;
}

uint32_t utf8_offset(Str s, uint32_t index)
{
    uint32_t i = ascii_run(s), codepoint;
    if (index <= i) return index;
    for (index -= i; index && i < s.len; index--) i += utf8_decode(s.ptr + i, s.ptr + s.len, &codepoint);
    return i;
}

bool utf8_valid(Str s)
{
    for (uint32_t i = ascii_run(s); i < s.len;) {
        if ((unsigned char)s.ptr[i] < 0x80) {
            i++;
            continue;
        }
        uint32_t codepoint, n = utf8_decode(s.ptr + i, s.ptr + s.len, &codepoint);
        if (n == 1) return false;
        i += n;
    }
    return true;
}

uint32_t utf8_width(Str s)
{
    uint32_t width = 0, codepoint;
    for (uint32_t i = 0; i < s.len;) {
        i += utf8_decode(s.ptr + i, s.ptr + s.len, &codepoint);
        int w = codepoint < 0x20 || codepoint == 0x7f ? 0 : utf8proc_charwidth((utf8proc_int32_t)codepoint);
        width += w > 0 ? (uint32_t)w : 0;
    }
    return width;
}

/* --- builder --- */

void strbuf_free(StrBuf *buf)
{
    free(buf->ptr);
    *buf = (StrBuf){ 0 };
}

static void strbuf_grow(StrBuf *buf, uint32_t extra)
{
    uint64_t need = (uint64_t)buf->len + extra, cap = buf->cap ? (uint64_t)buf->cap * 2 : 64;
    if (need > UINT32_MAX) {
        fprintf(stderr, "weir: text of more than 4 GiB\n");
        abort();
    }
    if (cap < need) cap = need;
    if (cap > UINT32_MAX) cap = UINT32_MAX;
    buf->ptr = xrealloc(buf->ptr, cap);
    buf->cap = (uint32_t)cap;
}

void strbuf_reserve(StrBuf *buf, uint32_t extra)
{
    if (buf->cap - buf->len < extra) strbuf_grow(buf, extra);
}

void strbuf_add(StrBuf *buf, const void *bytes, uint32_t len)
{
    if (len == 0) return;
    strbuf_reserve(buf, len);
    memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
}

void strbuf_adds(StrBuf *buf, Str s)
{
    strbuf_add(buf, s.ptr, s.len);
}

void strbuf_addz(StrBuf *buf, const char *cstr)
{
    strbuf_add(buf, cstr, (uint32_t)strlen(cstr));
}

void strbuf_addc(StrBuf *buf, char c)
{
    strbuf_reserve(buf, 1);
    buf->ptr[buf->len++] = c;
}

void strbuf_addvf(StrBuf *buf, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    strbuf_reserve(buf, 64);
    size_t room = buf->cap - buf->len;
    int n = vsnprintf(buf->ptr + buf->len, room, fmt, args);
    if (n >= 0 && (size_t)n >= room) {
        strbuf_reserve(buf, (uint32_t)n + 1);
        vsnprintf(buf->ptr + buf->len, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    if (n > 0) buf->len += (uint32_t)n;
}

void strbuf_addf(StrBuf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    strbuf_addvf(buf, fmt, args);
    va_end(args);
}

void strbuf_add_i64(StrBuf *buf, int64_t v)
{
    char digits[20];
    uint32_t at = sizeof digits;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    strbuf_reserve(buf, 20);
    if (v < 0) buf->ptr[buf->len++] = '-';
    memcpy(buf->ptr + buf->len, digits + at, sizeof digits - at);
    buf->len += (uint32_t)sizeof digits - at;
}

const char *strbuf_cstr(StrBuf *buf)
{
    strbuf_reserve(buf, 1);
    buf->ptr[buf->len] = 0;
    return buf->ptr;
}

/* --- binary; weir runs on little-endian machines only (checked here once) --- */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "snapshots are little-endian");

void strbuf_put_u8(StrBuf *buf, uint8_t v)
{
    strbuf_add(buf, &v, sizeof v);
}

void strbuf_put_u32(StrBuf *buf, uint32_t v)
{
    strbuf_add(buf, &v, sizeof v);
}

void strbuf_put_u64(StrBuf *buf, uint64_t v)
{
    strbuf_add(buf, &v, sizeof v);
}

void strbuf_put_str(StrBuf *buf, Str s)
{
    strbuf_put_u32(buf, s.len);
    strbuf_adds(buf, s);
}

static bool reader_take(Reader *r, void *out, size_t n)
{
    memset(out, 0, n);
    if (r->bad || (size_t)(r->end - r->ptr) < n) {
        r->bad = true;
        return false;
    }
    memcpy(out, r->ptr, n);
    r->ptr += n;
    return true;
}

uint8_t reader_u8(Reader *r)
{
    uint8_t v;
    reader_take(r, &v, sizeof v);
    return v;
}

uint32_t reader_u32(Reader *r)
{
    uint32_t v;
    reader_take(r, &v, sizeof v);
    return v;
}

uint64_t reader_u64(Reader *r)
{
    uint64_t v;
    reader_take(r, &v, sizeof v);
    return v;
}

Str reader_str(Reader *r)
{
    uint32_t len = reader_u32(r);
    if (r->bad || (size_t)(r->end - r->ptr) < len) {
        r->bad = true;
        return (Str){ "", 0 };
    }
    Str s = { r->ptr, len };
    r->ptr += len;
    return s;
}
