/* LIKE and SIMILAR TO. LIKE patterns are compiled to literal runs, "any one" and "any many" and matched by code points without a regex;
 * SIMILAR TO becomes a PCRE2 pattern. Constant patterns are compiled once per call site, others once per row. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/expr/kernels.h"
#include "engine/expr/fn.h"
#include <pcre2.h>

/* --- LIKE --- */

/* Pattern bytes with the wildcards out of band: kind per element. */
typedef enum LikeKind { LIKE_BYTES, LIKE_ONE, LIKE_MANY } LikeKind;
typedef struct LikeItem { LikeKind kind; Str bytes; } LikeItem;
/* Most patterns are one run of bytes with or without % around it: those need no walk through the items. */
typedef enum LikeShape { SHAPE_ANY, SHAPE_IS, SHAPE_STARTS, SHAPE_ENDS, SHAPE_HAS } LikeShape;
typedef struct Like { LikeItem *items; uint32_t n; LikeShape shape; Str bytes; } Like;

static void like_shape(Like *like)
{
    bool before = like->n > 0 && like->items[0].kind == LIKE_MANY, after = like->n > 1 && like->items[like->n - 1].kind == LIKE_MANY;
    if (like->n != 1u + before + after || like->items[before].kind != LIKE_BYTES) return;
    like->bytes = like->items[before].bytes;
    like->shape = before && after ? SHAPE_HAS : before ? SHAPE_ENDS : after ? SHAPE_STARTS : SHAPE_IS;
}

static bool like_escape_fail(Str pattern, uint32_t at, Err *err)
{
    return err_set(err, E_DATA, "invalid escape sequence in pattern '" STR_FMT "' at %u", STR_ARG(pattern), at);
}

static bool like_compile(Arena *arena, Str pattern, Str escape, Like *like, Err *err)
{
    if (escape.len && escape.len != (uint32_t)cp_len(escape.ptr, escape.ptr + escape.len))
        return err_set(err, E_DATA, "ESCAPE wants one character, not '" STR_FMT "'", STR_ARG(escape));
    struct { LikeItem *v; uint32_t n, cap; } items = { 0 };
    char *bytes = arena_alloc(arena, pattern.len + 1);
    uint32_t run = 0, used = 0;                  /* bytes[run..used) is the literal run under way */
    for (uint32_t i = 0; i < pattern.len; i++) {
        bool escaped = escape.len && pattern.len - i >= escape.len && memcmp(pattern.ptr + i, escape.ptr, escape.len) == 0;
        if (escaped) {
            uint32_t next = i + escape.len;
            bool again = pattern.len - next >= escape.len && memcmp(pattern.ptr + next, escape.ptr, escape.len) == 0;
            if (next >= pattern.len || !(pattern.ptr[next] == '%' || pattern.ptr[next] == '_' || again)) return like_escape_fail(pattern, i, err);
            uint32_t len = again ? escape.len : 1;
            memcpy(bytes + used, pattern.ptr + next, len);
            used += len;
            i = next + len - 1;
            continue;
        }
        if (pattern.ptr[i] != '%' && pattern.ptr[i] != '_') { bytes[used++] = pattern.ptr[i]; continue; }
        if (used > run) ARENA_PUSH(arena, items, ((LikeItem){ LIKE_BYTES, { bytes + run, used - run } }));
        run = used;
        ARENA_PUSH(arena, items, ((LikeItem){ pattern.ptr[i] == '%' ? LIKE_MANY : LIKE_ONE, STR_NULL }));
    }
    if (used > run) ARENA_PUSH(arena, items, ((LikeItem){ LIKE_BYTES, { bytes + run, used - run } }));
    *like = (Like){ items.v, items.n, SHAPE_ANY, STR_NULL };
    like_shape(like);
    return true;
}

/* Greedy with one point of return: the last "any many" seen, moved forward by a code point at each failure. "Any one" is no newline. */
static bool like_walk(const Like *like, Str s)
{
    const char *p = s.ptr, *end = s.ptr + s.len, *retry = NULL;
    uint32_t at = 0, retry_at = 0, cp;
    for (;;) {
        if (at == like->n && p == end) return true;
        const LikeItem *item = at < like->n ? &like->items[at] : NULL;
        if (item && item->kind == LIKE_MANY) { retry = p; retry_at = ++at; continue; }
        if (item && item->kind == LIKE_ONE && p < end && *p != '\n') { p += utf8_decode(p, end, &cp); at++; continue; }
        if (item && item->kind == LIKE_BYTES && (uint32_t)(end - p) >= item->bytes.len && memcmp(p, item->bytes.ptr, item->bytes.len) == 0) {
            p += item->bytes.len;
            at++;
            continue;
        }
        if (!retry || retry >= end) return false;
        retry += utf8_decode(retry, end, &cp);
        p = retry;
        at = retry_at;
    }
}

static inline bool like_match(const Like *like, Str s)
{
    Str b = like->bytes;
    switch (like->shape) {
    case SHAPE_ANY: break;
    case SHAPE_IS: return s.len == b.len && memcmp(s.ptr, b.ptr, b.len) == 0;
    case SHAPE_STARTS: return s.len >= b.len && memcmp(s.ptr, b.ptr, b.len) == 0;
    case SHAPE_ENDS: return s.len >= b.len && memcmp(s.ptr + (s.len - b.len), b.ptr, b.len) == 0;
    case SHAPE_HAS: return memmem(s.ptr, s.len, b.ptr, b.len) != NULL;
    }
    return like_walk(like, s);
}

static Str escape_of(const FuncCall *call, const Datum *escape) { return call->expr->nargs > 2 && escape ? datum_text(escape) : STR_NULL; }

static void *prepare_like(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    bool constant = const_args[1] && !const_args[1]->null && (call->expr->nargs < 3 || (const_args[2] && !const_args[2]->null));
    if (!constant) return NULL;
    Like *like = ARENA_NEW(arena, Like);
    if (like_compile(arena, str_dup(arena, datum_text(const_args[1])), escape_of(call, call->expr->nargs > 2 ? const_args[2] : NULL), like, err)) return like;
    err->stage = STAGE_VALIDATE;                 /* a literal pattern is refused before any row */
    return NULL;
}

static bool body_like(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    Like made;
    const Like *like = call->prepared;
    if (!like) {
        if (!like_compile(env->arena, datum_text(&args[1]), escape_of(call, &args[2]), &made, err)) return false;
        like = &made;
    }
    out->v.b = like_match(like, datum_text(&args[0]));
    return true;
}

/* A constant pattern over a column. */
static bool kernel_like(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    const Like *like = call->prepared;
    if (!like || args[0].form != VEC_FLAT) return rows_by_body(call, env, body_like, args, call->expr->nargs, true, sel, n, out, bad_row, err);
    const StrView *in = args[0].data;
    uint8_t *r = out->data;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (!out->valid || bit_get(out->valid, row)) r[row] = like_match(like, strview_str(&in[row]));
    }
    return true;
}

/* --- SIMILAR TO --- */

static const struct { const char *sql, *pcre; } similar_classes[] = {
    { "[:ALPHA:]", "[[:alpha:]]" }, { "[:alpha:]", "[[:alpha:]]" }, { "[:UPPER:]", "[[:upper:]]" }, { "[:upper:]", "[[:upper:]]" },
    { "[:LOWER:]", "[[:lower:]]" }, { "[:lower:]", "[[:lower:]]" }, { "[:DIGIT:]", "[0-9]" }, { "[:digit:]", "[0-9]" },
    { "[:SPACE:]", " " }, { "[:space:]", " " }, { "[:WHITESPACE:]", "[[:space:]]" }, { "[:whitespace:]", "[[:space:]]" },
    { "[:ALNUM:]", "[[:alnum:]]" }, { "[:alnum:]", "[[:alnum:]]" } };

static uint32_t similar_class(Str s, uint32_t at, bool inside, StrBuf *out)
{
    for (size_t c = 0; c < sizeof similar_classes / sizeof similar_classes[0]; c++) {
        uint32_t len = (uint32_t)strlen(similar_classes[c].sql);
        if (s.len - at < len || memcmp(s.ptr + at, similar_classes[c].sql, len) != 0) continue;
        Str text = str_of(similar_classes[c].pcre);
        bool bracketed = text.len > 2 && text.ptr[0] == '[';
        strbuf_adds(out, inside && bracketed ? str_sub(text, 1, text.len - 2) : text);
        return len;
    }
    return 0;
}

/* The body of [..]; returns the index of the closing bracket, 0 if there is none. */
static uint32_t similar_set(Str s, uint32_t at, StrBuf *out)
{
    strbuf_addc(out, '[');
    for (uint32_t i = at + 1; i < s.len; i++) {
        uint32_t skip = similar_class(s, i, true, out);
        if (skip) { i += skip - 1; continue; }
        if (s.ptr[i] == ']' && i > at + 1) { strbuf_addc(out, ']'); return i; }
        if (s.ptr[i] == '[' || s.ptr[i] == '\\' || s.ptr[i] == ':') strbuf_addc(out, '\\');
        strbuf_addc(out, s.ptr[i]);
    }
    return 0;
}

static bool similar_translate(Str s, Str escape, StrBuf *out, Err *err)
{
    strbuf_addz(out, "\\A(?:");
    for (uint32_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (escape.len == 1 && c == escape.ptr[0]) {
            if (++i >= s.len) return err_set(err, E_DATA, "invalid escape sequence in pattern '" STR_FMT "'", STR_ARG(s));
            strbuf_addc(out, '\\');
            strbuf_addc(out, s.ptr[i]);
        } else if (c == '%') strbuf_addz(out, "(?s:.*)");
        else if (c == '_') strbuf_addc(out, '.');
        else if (c == '[') {
            i = similar_set(s, i, out);
            if (i == 0) return err_set(err, E_DATA, "invalid pattern '" STR_FMT "': [ is not closed", STR_ARG(s));
        } else {
            if (c == '\\' || c == '$') strbuf_addc(out, '\\');      /* ^ goes through, as an anchor */
            strbuf_addc(out, c);
        }
    }
    strbuf_addz(out, ")\\z");
    return true;
}

static void code_free(void *code) { pcre2_code_free(code); }

static pcre2_code *similar_compile(Arena *arena, Str pattern, Str escape, Err *err)
{
    StrBuf text = { 0 };
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *re = NULL;
    if (similar_translate(pattern, escape, &text, err)) {
        re = pcre2_compile((PCRE2_SPTR)text.ptr, text.len, PCRE2_UTF | PCRE2_NO_UTF_CHECK, &code, &at, NULL);
        if (re) arena_cleanup(arena, code_free, re);
        else {
            char why[128];
            pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
            err_set(err, E_DATA, "invalid pattern '" STR_FMT "': %s", STR_ARG(pattern), why);
        }
    }
    strbuf_free(&text);
    return re;
}

static void *prepare_similar(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    bool constant = const_args[1] && !const_args[1]->null && (call->expr->nargs < 3 || (const_args[2] && !const_args[2]->null));
    return constant ? similar_compile(arena, datum_text(const_args[1]), escape_of(call, call->expr->nargs > 2 ? const_args[2] : NULL), err) : NULL;
}

static bool body_similar(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    Str s = datum_text(&args[0]);
    const pcre2_code *re = call->prepared;
    if (!re) re = similar_compile(env->arena, datum_text(&args[1]), escape_of(call, &args[2]), err);
    if (!re) return false;
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    int rc = pcre2_match(re, (PCRE2_SPTR)(s.ptr ? s.ptr : ""), s.len, 0, 0, match, NULL);
    pcre2_match_data_free(match);
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) return err_set(err, E_DATA, "SIMILAR TO gave up on this text (pattern too costly or text not UTF-8)");
    out->v.b = rc >= 0;
    return true;
}

const FuncDef fn_like_table[] = {
    { .name = "LIKE", .args = "str,str,str?", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_STRICT, .body = body_like, .kernel = kernel_like, .prepare = prepare_like, .category = "string",
      .doc = "TRUE if the text fits the pattern: % stands for any characters, _ for one.", .example = "'abc' LIKE 'a%'", .result = "TRUE" },
    { .name = "SIMILAR TO", .args = "str,str,str?", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_STRICT, .body = body_similar, .prepare = prepare_similar,
      .category = "string", .doc = "TRUE if the whole text fits the SQL regular expression.", .example = "'abc' SIMILAR TO 'a(b|x)c'", .result = "TRUE" },
    { .name = NULL }
};
