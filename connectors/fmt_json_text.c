/* Rewrites a JSON value as Jackson prints the tree it reads: no blanks, escapes resolved and set anew, fractions through double, the last of equal
 * keys at the place of the first. Measured on Flink 2.3, which does this for objects and arrays that are read into a STRING column. */
#include "connectors/fmt_json_scan.h"
#include "engine/type/text.h"

#include <math.h>
#include <stdlib.h>

/* Offsets in the output. */
typedef struct Member { uint32_t key, key_len, value, value_len; } Member;
typedef struct Members { Member *v; uint32_t n, cap; } Members;

static bool rewrite_string(const char **p, const char *end, StrBuf *out)
{
    Str raw;
    bool escaped;
    if (!json_string_raw(p, end, &raw, &escaped)) return false;
    if (!escaped) { json_quote(raw, out); return true; }
    StrBuf text = { 0 };
    bool ok = json_unescape(raw, &text);
    if (ok) json_quote(strbuf_str(&text), out);
    strbuf_free(&text);
    return ok;
}

static bool rewrite_number(const char **p, const char *end, StrBuf *out)
{
    Str text;
    bool integral;
    double v;
    if (!json_number(p, end, &text, &integral)) return false;
    if (integral) { strbuf_adds(out, str_is(text, "-0") ? STR("0") : text); return true; }
    if (!parse_double(text, &v)) return false;
    bool quote = isinf(v);                       /* beyond double: Jackson writes a string */
    if (quote) strbuf_addc(out, '"');
    print_double(v, out);
    if (quote) strbuf_addc(out, '"');
    return true;
}

/* The member written last, from `start` on, repeats an earlier key: its value replaces that one's. */
static void replace_value(Members *members, Member *old, uint32_t start, uint32_t value, StrBuf *out)
{
    StrBuf moved = { 0 };
    uint32_t len = out->len - value, behind = old->value + old->value_len;
    strbuf_add(&moved, out->ptr + value, len);
    strbuf_add(&moved, out->ptr + behind, start - behind);
    for (Member *m = old + 1; m < members->v + members->n; m++) {
        m->key += len - old->value_len;          /* unsigned arithmetic wraps back */
        m->value += len - old->value_len;
    }
    out->len = old->value;
    old->value_len = len;
    strbuf_adds(out, strbuf_str(&moved));
    strbuf_free(&moved);
}

static bool rewrite_member(const char **p, const char *end, int depth, Members *members, StrBuf *out)
{
    uint32_t start = out->len;
    if (members->n) strbuf_addc(out, ',');
    Member m = { .key = out->len };
    if (*p >= end || **p != '"' || !rewrite_string(p, end, out)) return false;
    m.key_len = out->len - m.key;
    *p = json_blank(*p, end);
    if (*p >= end || **p != ':') return false;
    *p = json_blank(*p + 1, end);
    strbuf_addc(out, ':');
    m.value = out->len;
    if (!json_rewrite(p, end, depth + 1, out)) return false;
    m.value_len = out->len - m.value;
    for (uint32_t i = 0; i < members->n; i++) {
        Member *old = &members->v[i];
        if (old->key_len != m.key_len || memcmp(out->ptr + old->key, out->ptr + m.key, m.key_len) != 0) continue;
        replace_value(members, old, start, m.value, out);
        return true;
    }
    if (members->n == members->cap) {
        members->cap = members->cap ? members->cap * 2 : 8;
        members->v = xrealloc(members->v, members->cap * sizeof *members->v);
    }
    members->v[members->n++] = m;
    return true;
}

static bool rewrite_container(const char **p, const char *end, int depth, char close, StrBuf *out)
{
    Members members = { 0 };
    bool ok = true, first = true;
    strbuf_addc(out, **p);
    *p = json_blank(*p + 1, end);
    while (ok && *p < end && **p != close) {
        if (!first) {
            ok = **p == ',';
            *p = json_blank(*p + 1, end);
        }
        if (ok && close == ']' && !first) strbuf_addc(out, ',');
        first = false;
        ok = ok && (close == ']' ? json_rewrite(p, end, depth + 1, out) : rewrite_member(p, end, depth, &members, out));
        *p = json_blank(*p, end);
    }
    free(members.v);
    if (!ok || *p >= end) return false;
    ++*p;
    strbuf_addc(out, close);
    return true;
}

bool json_rewrite(const char **p, const char *end, int depth, StrBuf *out)
{
    if (depth > JSON_DEPTH_MAX) return false;
    switch (json_kind(*p, end)) {
    case JSON_STRING: return rewrite_string(p, end, out);
    case JSON_NUMBER: return rewrite_number(p, end, out);
    case JSON_NULL: strbuf_addz(out, "null"); *p += 4; return true;
    case JSON_TRUE: strbuf_addz(out, "true"); *p += 4; return true;
    case JSON_FALSE: strbuf_addz(out, "false"); *p += 5; return true;
    case JSON_OBJECT: return rewrite_container(p, end, depth, '}', out);
    case JSON_ARRAY: return rewrite_container(p, end, depth, ']', out);
    case JSON_BAD: break;
    }
    return false;
}
