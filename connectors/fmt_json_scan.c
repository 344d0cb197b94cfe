/* JSON scanning primitives; see fmt_json_scan.h. */
#include "connectors/fmt_json_scan.h"

JsonKind json_kind(const char *p, const char *end)
{
    if (p >= end) return JSON_BAD;
    switch (*p) {
    case '"': return JSON_STRING;
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case 'n': return end - p >= 4 && memcmp(p, "null", 4) == 0 ? JSON_NULL : JSON_BAD;
    case 't': return end - p >= 4 && memcmp(p, "true", 4) == 0 ? JSON_TRUE : JSON_BAD;
    case 'f': return end - p >= 5 && memcmp(p, "false", 5) == 0 ? JSON_FALSE : JSON_BAD;
    default: return *p == '-' || (*p >= '0' && *p <= '9') ? JSON_NUMBER : JSON_BAD;
    }
}

/* Eight bytes at a time: does any byte equal '"' or '\\' or have its high bit set? (Bit tricks: Hacker's Delight 6-1.) */
static inline uint64_t has_special(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101ull, high = 0x8080808080808080ull;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | w) & high;
}

static int hex4(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

/* The escape whose letter stands at p; its length without the backslash, 0 = there is no such escape. */
static int escape_len(const char *p, const char *end)
{
    if (p >= end) return 0;
    switch (*p) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': return 1;
    case 'u': return end - p >= 5 && hex4(p + 1) >= 0 ? 5 : 0;
    default: return 0;
    }
}

bool json_string_raw(const char **pp, const char *end, Str *raw, bool *escaped)
{
    const char *p = *pp + 1, *start = p;
    bool ascii = true;
    *escaped = false;
    for (;;) {
        while (end - p >= 8) {
            uint64_t w;
            memcpy(&w, p, 8);
            if (has_special(w)) break;
            p += 8;
        }
        /* At most eight ordinary bytes stand before the special one. */
        while (p < end && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\') p++;
        if (p >= end) return false;
        if (*p == '"') break;
        if (*p == '\\') {
            int len = escape_len(p + 1, end);
            if (len == 0) return false;
            *escaped = true;
            p += 1 + len;
        } else {
            ascii = false;
            p++;
        }
    }
    *raw = (Str){ start, (uint32_t)(p - start) };
    *pp = p + 1;
    return ascii || utf8_valid(*raw);
}

/* \uXXXX with surrogate pairs; a lone surrogate becomes U+FFFD. p at the first hex digit. */
static bool unescape_unicode(const char **pp, const char *end, StrBuf *out)
{
    const char *p = *pp;
    if (end - p < 4) return false;
    int u = hex4(p);
    if (u < 0) return false;
    p += 4;
    uint32_t code = (uint32_t)u;
    if (code >= 0xD800 && code < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        int low = hex4(p + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
            p += 6;
        }
    }
    if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
    char bytes[4];
    strbuf_add(out, bytes, utf8_encode(code, bytes));
    *pp = p;
    return true;
}

bool json_unescape(Str raw, StrBuf *out)
{
    const char *p = raw.ptr, *end = raw.ptr + raw.len;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        if (!slash) slash = end;
        strbuf_add(out, p, (uint32_t)(slash - p));
        if (slash == end) break;
        p = slash + 1;
        if (p >= end) return false;
        char c = *p++;
        switch (c) {
        case '"': case '\\': case '/': strbuf_addc(out, c); break;
        case 'b': strbuf_addc(out, '\b'); break;
        case 'f': strbuf_addc(out, '\f'); break;
        case 'n': strbuf_addc(out, '\n'); break;
        case 'r': strbuf_addc(out, '\r'); break;
        case 't': strbuf_addc(out, '\t'); break;
        case 'u': if (!unescape_unicode(&p, end, out)) return false; break;
        default: return false;
        }
    }
    return true;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9') p++;
    return p;
}

bool json_number(const char **pp, const char *end, Str *text, bool *integral)
{
    const char *p = *pp, *digits;
    if (p < end && *p == '-') p++;
    digits = p;
    p = skip_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1)) return false;
    *integral = true;
    if (p < end && *p == '.') {
        const char *frac = ++p;
        p = skip_digits(p, end);
        if (p == frac) return false;
        *integral = false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-')) p++;
        const char *exp = p;
        p = skip_digits(p, end);
        if (p == exp) return false;
        *integral = false;
    }
    *text = (Str){ *pp, (uint32_t)(p - *pp) };
    *pp = p;
    return true;
}

static bool skip_members(const char **pp, const char *end, int depth, char close)
{
    const char *p = json_blank(*pp + 1, end);
    if (p < end && *p == close) { *pp = p + 1; return true; }
    for (;;) {
        if (close == '}') {
            Str raw; bool escaped;
            if (p >= end || *p != '"' || !json_string_raw(&p, end, &raw, &escaped)) return false;
            p = json_blank(p, end);
            if (p >= end || *p++ != ':') return false;
            p = json_blank(p, end);
        }
        if (!json_skip(&p, end, depth + 1)) return false;
        p = json_blank(p, end);
        if (p >= end) return false;
        if (*p == close) { *pp = p + 1; return true; }
        if (*p++ != ',') return false;
        p = json_blank(p, end);
    }
}

bool json_skip(const char **pp, const char *end, int depth)
{
    Str text; bool flag;
    if (depth > JSON_DEPTH_MAX) return false;
    switch (json_kind(*pp, end)) {
    case JSON_STRING: return json_string_raw(pp, end, &text, &flag);
    case JSON_NUMBER: return json_number(pp, end, &text, &flag);
    case JSON_NULL: case JSON_TRUE: *pp += 4; return true;
    case JSON_FALSE: *pp += 5; return true;
    case JSON_OBJECT: return skip_members(pp, end, depth, '}');
    case JSON_ARRAY: return skip_members(pp, end, depth, ']');
    case JSON_BAD: break;
    }
    return false;
}

void json_quote(Str text, StrBuf *out)
{
    static const char hex[] = "0123456789ABCDEF";
    strbuf_reserve(out, text.len + 2);
    strbuf_addc(out, '"');
    uint32_t from = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        strbuf_add(out, text.ptr + from, i - from);
        from = i + 1;
        const char *named = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : c == '\b' ? "\\b" : c == '\f' ? "\\f" : NULL;
        if (named) strbuf_add(out, named, 2);
        else {
            char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
            strbuf_add(out, u, 6);
        }
    }
    strbuf_add(out, text.ptr + from, text.len - from);
    strbuf_addc(out, '"');
}
