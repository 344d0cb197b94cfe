/* Reader of JSON text into a flat node list. Recursion is bounded by DEPTH_MAX (Jackson's limit too). */
#include "engine/expr/jsondoc.h"

enum { DEPTH_MAX = 1000 };

typedef struct Parser { Arena *arena; JsonDoc *doc; const char *p, *end, *why; } Parser;

static void skip_blanks(Parser *ps)
{
    while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\t' || *ps->p == '\r')) ps->p++;
}

static bool fail(Parser *ps, const char *why) { return ps->why = why, false; }

static uint32_t add_node(Parser *ps, JsonKind kind, const char *from)
{
    JsonNode node = { .kind = (uint8_t)kind, .at = (uint32_t)(from - ps->doc->text.ptr) };
    JsonDoc *doc = ps->doc;
    if (doc->n == doc->cap) {
        uint32_t cap = doc->cap ? doc->cap * 2 : 32;
        doc->nodes = arena_grow(ps->arena, doc->nodes, doc->cap * sizeof *doc->nodes, cap * sizeof *doc->nodes);
        doc->cap = cap;
    }
    doc->nodes[doc->n] = node;
    return doc->n++;
}

static void close_node(Parser *ps, uint32_t i)
{
    JsonNode *node = &ps->doc->nodes[i];
    node->len = (uint32_t)(ps->p - ps->doc->text.ptr) - node->at;
    node->end = ps->doc->n;
}

static bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

static bool parse_escape(Parser *ps)
{
    if (++ps->p == ps->end) return fail(ps, "string is not closed");
    if (*ps->p == 'u') {
        for (int i = 0; i < 4; i++)
            if (++ps->p == ps->end || !is_hex(*ps->p)) return fail(ps, "\\u wants four hexadecimal digits");
    } else if (!strchr("\"\\/bfnrt", *ps->p) || *ps->p == 0) return fail(ps, "unknown escape in a string");
    ps->p++;
    return true;
}

/* At the opening quote. */
static bool parse_string(Parser *ps)
{
    uint32_t i = add_node(ps, JSON_STRING, ps->p + 1);
    for (ps->p++; ps->p < ps->end;) {
        unsigned char c = (unsigned char)*ps->p;
        if (c == '"') {
            close_node(ps, i);
            ps->p++;
            return true;
        }
        if (c < 0x20) return fail(ps, "control character in a string");
        if (c != '\\') {
            ps->p++;
            continue;
        }
        ps->doc->nodes[i].escaped = true;
        if (!parse_escape(ps)) return false;
    }
    return fail(ps, "string is not closed");
}

static bool digits(Parser *ps)
{
    const char *from = ps->p;
    while (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9') ps->p++;
    return ps->p > from;
}

static bool parse_number(Parser *ps)
{
    uint32_t i = add_node(ps, JSON_NUMBER, ps->p);
    if (*ps->p == '-') ps->p++;
    const char *first = ps->p;
    if (!digits(ps)) return fail(ps, "number without digits");
    if (*first == '0' && ps->p - first > 1) return fail(ps, "number begins with 0");
    if (ps->p < ps->end && *ps->p == '.') {
        ps->p++;
        if (!digits(ps)) return fail(ps, "number without digits after the point");
    }
    if (ps->p < ps->end && (*ps->p | 32) == 'e') {
        ps->p++;
        if (ps->p < ps->end && (*ps->p == '+' || *ps->p == '-')) ps->p++;
        if (!digits(ps)) return fail(ps, "number without exponent");
    }
    close_node(ps, i);
    return true;
}

static bool word_goes_on(const Parser *ps) { return ps->p < ps->end && ((unsigned char)*ps->p >= 0x80 || *ps->p == '_' || *ps->p == '$' || (*ps->p >= '0' && *ps->p <= '9') || ((*ps->p | 32) >= 'a' && (*ps->p | 32) <= 'z')); }

static bool parse_word(Parser *ps)
{
    static const struct { const char *word; JsonKind kind; } words[] = { { "null", JSON_NULL }, { "false", JSON_FALSE }, { "true", JSON_TRUE } };
    for (int k = 0; k < 3; k++) {
        size_t len = strlen(words[k].word);
        if ((size_t)(ps->end - ps->p) < len || memcmp(ps->p, words[k].word, len) != 0) continue;
        uint32_t i = add_node(ps, words[k].kind, ps->p);
        ps->p += len;
        close_node(ps, i);
        return word_goes_on(ps) ? fail(ps, "unknown word") : true;
    }
    return fail(ps, "value expected: object, array, string, number, true, false or null");
}

static bool parse_value(Parser *ps, int depth);

static bool parse_list(Parser *ps, bool object, int depth)
{
    if (depth >= DEPTH_MAX) return fail(ps, "nested too deeply");
    uint32_t i = add_node(ps, object ? JSON_OBJECT : JSON_ARRAY, ps->p), count = 0;
    char close = object ? '}' : ']';
    ps->p++;
    skip_blanks(ps);
    if (ps->p < ps->end && *ps->p == close) {
        ps->p++;
        close_node(ps, i);
        return true;
    }
    for (;; count++) {
        skip_blanks(ps);
        if (object) {
            if (ps->p == ps->end || *ps->p != '"') return fail(ps, "key in quotes expected");
            if (!parse_string(ps)) return false;
            skip_blanks(ps);
            if (ps->p == ps->end || *ps->p != ':') return fail(ps, "':' expected after a key");
            ps->p++;
        }
        if (!parse_value(ps, depth + 1)) return false;
        skip_blanks(ps);
        if (ps->p < ps->end && *ps->p == ',') {
            ps->p++;
            continue;
        }
        if (ps->p == ps->end || *ps->p != close) return fail(ps, object ? "',' or '}' expected" : "',' or ']' expected");
        ps->p++;
        ps->doc->nodes[i].count = count + 1;
        close_node(ps, i);
        return true;
    }
}

static bool parse_value(Parser *ps, int depth)
{
    skip_blanks(ps);
    if (ps->p == ps->end) return fail(ps, "text ends where a value is expected");
    switch (*ps->p) {
    case '{': return parse_list(ps, true, depth);
    case '[': return parse_list(ps, false, depth);
    case '"': return parse_string(ps);
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': return parse_number(ps);
    default: return parse_word(ps);
    }
}

bool json_parse(Arena *arena, Str text, JsonDoc *doc, const char **why, uint32_t *at)
{
    *doc = (JsonDoc){ .text = text };
    if (!doc->text.ptr) doc->text.ptr = "";
    Parser ps = { arena, doc, doc->text.ptr, doc->text.ptr + text.len, NULL };
    bool ok = parse_value(&ps, 0);
    /* A bare number must be followed by a blank or the end, as Jackson wants. */
    if (ok && doc->nodes[0].kind == JSON_NUMBER && ps.p < ps.end && !strchr(" \t\r\n", *ps.p)) ok = fail(&ps, "blank expected after a number");
    if (!ok && why) *why = ps.why;
    if (!ok && at) *at = (uint32_t)(ps.p - doc->text.ptr);
    return ok;
}

static uint32_t hex4(const char *p)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) v = v * 16 + (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
    return v;
}

Str json_string(Arena *arena, const JsonDoc *doc, uint32_t node)
{
    Str raw = json_raw(doc, node);
    if (!doc->nodes[node].escaped) return raw;
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    ArenaBuf buf = arena_buf(arena);
    buf_reserve(&buf, raw.len);
    for (uint32_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] != '\\') {
            buf_addc(&buf, raw.ptr[i]);
            continue;
        }
        char c = raw.ptr[++i];
        if (c != 'u') {
            buf_addc(&buf, to[strchr(from, c) - from]);
            continue;
        }
        uint32_t cp = hex4(raw.ptr + i + 1);
        i += 4;
        if (cp >= 0xD800 && cp < 0xDC00 && i + 6 < raw.len && raw.ptr[i + 1] == '\\' && raw.ptr[i + 2] == 'u') {
            uint32_t low = hex4(raw.ptr + i + 3);
            if (low >= 0xDC00 && low < 0xE000) {
                cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
                i += 6;
            }
        }
        buf_add_cp(&buf, cp >= 0xD800 && cp < 0xE000 ? '?' : cp);
    }
    return buf_str(&buf);
}

int64_t json_member(Arena *arena, const JsonDoc *doc, uint32_t object, Str key)
{
    int64_t found = -1;
    for (uint32_t i = object + 1; i < doc->nodes[object].end; i = doc->nodes[i + 1].end) {
        Str name = doc->nodes[i].escaped ? json_string(arena, doc, i) : json_raw(doc, i);
        if (str_eq(name, key)) found = i + 1;
    }
    return found;
}
