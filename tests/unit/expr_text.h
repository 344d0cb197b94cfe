/* Expressions as s-expressions, for tests that need no parser: (+ $i 1), (case (> $i 0) 'a' null), (cast {DECIMAL(5,2)} '1.5').
 * Literals: 1, 5L, 1.5, 1e0, 'text', s'6162' (text in hex), true, false, null, x'0a'; $name is a column of the schema; #WORD a symbol. */
#ifndef WEIR_TESTS_EXPR_TEXT_H
#define WEIR_TESTS_EXPR_TEXT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "engine/expr/program.h"
#include "engine/expr/resolve_sig.h"
#include "engine/expr/rules.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

typedef struct ExprText { const char *at, *start; ExprCtx *ctx; const Schema *schema; Err *err; } ExprText;

static Expr *text_expr(ExprText *t);
static inline void text_blanks(ExprText *t) { while (*t->at == ' ') t->at++; }
static inline Span text_span(const ExprText *t, const char *from) { return (Span){ (uint32_t)(from - t->start), (uint32_t)(t->at - from) }; }

static inline const Type *text_type(ExprText *t)
{
    text_blanks(t);
    assert_int_equal(*t->at, '{');
    const char *end = strchr(t->at, '}');
    char name[200];
    snprintf(name, sizeof name, "%.*s", (int)(end - t->at - 1), t->at + 1);
    t->at = end + 1;
    const Type *type = type_from_text(t->ctx->arena, name, true);
    if (!type) fail_msg("bad type %s", name);
    return type;
}

static inline Expr *text_number(ExprText *t)
{
    Arena *arena = t->ctx->arena;
    const char *from = t->at;
    size_t len = strcspn(t->at, " ()");
    Str s = { t->at, (uint32_t)len };
    t->at += len;
    Span span = text_span(t, from);
    if (s.ptr[len - 1] == 'L') return expr_const(arena, type_simple(TYPE_BIGINT, false), datum_i64(strtoll(from, NULL, 10)), span);
    if (memchr(s.ptr, 'e', len)) return expr_const(arena, type_simple(TYPE_DOUBLE, false), datum_f64(strtod(from, NULL)), span);
    const char *dot = memchr(s.ptr, '.', len);
    if (!dot) return expr_const(arena, type_simple(TYPE_INT, false), datum_i32((int32_t)strtol(from, NULL, 10)), span);
    uint32_t scale = (uint32_t)(s.ptr + len - dot - 1), digits = (uint32_t)(len - 1 - (*from == '-'));
    Datum value = { 0 };
    assert_true(decimal_parse(s, digits, scale, &value.v.i128));
    return expr_const(arena, type_decimal(arena, digits, scale, false), value, span);
}

static inline uint32_t utf16_units(Str s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.len; i++) n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80, n += (unsigned char)s.ptr[i] >= 0xf0;
    return n;
}

static inline Expr *text_atom(ExprText *t)
{
    Arena *arena = t->ctx->arena;
    const char *from = t->at;
    if (*from == '\'' || ((*from == 'x' || *from == 's') && from[1] == '\'')) {
        const char *text = *from == '\'' ? from + 1 : from + 2, *end = strchr(text, '\'');
        Str s = { text, (uint32_t)(end - text) };
        t->at = end + 1;
        if (*from == '\'') return expr_const(arena, type_sized(arena, TYPE_CHAR, utf16_units(s), false), datum_str(arena, s), text_span(t, from));
        char *bytes = arena_alloc(arena, s.len / 2 + 1);
        for (uint32_t i = 0; i < s.len / 2; i++) { char hex[3] = { s.ptr[2 * i], s.ptr[2 * i + 1], 0 }; bytes[i] = (char)strtol(hex, NULL, 16); }
        Str raw = { bytes, s.len / 2 };
        const Type *type = *from == 'x' ? type_sized(arena, TYPE_BINARY, raw.len, false) : type_sized(arena, TYPE_CHAR, utf16_units(raw), false);
        return expr_const(arena, type, datum_str(arena, raw), text_span(t, from));
    }
    if ((*from >= '0' && *from <= '9') || (*from == '-' && from[1] >= '0' && from[1] <= '9')) return text_number(t);
    size_t len = strcspn(t->at, " ()");
    Str word = { from, (uint32_t)len };
    t->at += len;
    Span span = text_span(t, from);
    if (*from == '#') return expr_symbol(arena, str_sub(word, 1, word.len - 1), span);
    if (str_is(word, "true") || str_is(word, "false")) return expr_const(arena, type_simple(TYPE_BOOLEAN, false), datum_bool(*from == 't'), span);
    if (str_is(word, "null")) return expr_null(arena, span);
    if (*from != '$') fail_msg("bad atom at %s", from);
    int column = schema_find(t->schema, str_sub(word, 1, word.len - 1));
    if (column < 0) fail_msg("no column %s", from);
    return expr_column(arena, (uint32_t)column, t->schema->cols[column].type, span);
}

static inline Expr *text_case(ExprText *t, Expr **args, uint32_t n, Span span)
{
    Expr *conds[16], *thens[16];
    for (uint32_t i = 0; i + 1 < n; i += 2) { conds[i / 2] = args[i]; thens[i / 2] = args[i + 1]; }
    return expr_case(t->ctx, conds, thens, n / 2, n % 2 ? args[n - 1] : NULL, span, t->err);
}

static Expr *text_expr(ExprText *t)
{
    text_blanks(t);
    if (*t->at != '(') return text_atom(t);
    const char *from = t->at++;
    Expr *args[64];
    uint32_t n = 0;
    /* operator names of several words are written with underscores: IS_NULL is "IS NULL" when no function has the first spelling */
    size_t len = strcspn(t->at, " )");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)len, t->at);
    t->at += len;
    bool cast = strcmp(name, "cast") == 0 || strcmp(name, "try_cast") == 0;
    const Type *type = cast ? text_type(t) : NULL;
    for (text_blanks(t); *t->at && *t->at != ')'; text_blanks(t)) {
        args[n] = text_expr(t);
        if (!args[n++]) return NULL;
    }
    t->at++;
    Span span = text_span(t, from);
    if (cast) return expr_cast(t->ctx, args[0], type, name[0] == 't', span, t->err);
    if (strcmp(name, "case") == 0) return text_case(t, args, n, span);
    if (strcmp(name, "and") == 0 || strcmp(name, "or") == 0) return expr_logical(t->ctx, name[0] == 'a' ? EXPR_AND : EXPR_OR, args, n, span, t->err);
    if (strcmp(name, "in") == 0 || strcmp(name, "not_in") == 0) return expr_in(t->ctx, args[0], args + 1, n - 1, name[0] == 'n', span, t->err);
    if (!func_find(str_of(name)))
        for (char *c = name; *c; c++) if (*c == '_') *c = ' ';
    return expr_call(t->ctx, str_of(name), args, n, span, t->err);
}

static inline Expr *expr_from_text(ExprCtx *ctx, const Schema *schema, const char *text, Err *err)
{
    ExprText t = { text, text, ctx, schema, err };
    return text_expr(&t);
}
/* A constant expression: its type and its value as text; type "!parse", "!validate" or "!run" when it must fail at that stage. */
static inline void expect_const(ExprCtx *ctx, const char *text, const char *type, const char *value)
{
    Err err = { 0 };
    Expr *expr = expr_from_text(ctx, NULL, text, &err);
    if (expr) expr = expr_fold(ctx, expr, &err);
    if (!expr) {
        char got[600];
        snprintf(got, sizeof got, "!%s", err_stage_name(err.stage));
        if (strcmp(got, type) != 0) fail_msg("%s: expected %s, got %s %s", text, type, got, err.message);
        return;
    }
    assert_int_equal(expr->kind, EXPR_CONST);
    StrBuf out = { 0 };
    type_print(expr->type, false, &out);
    if (strcmp(strbuf_cstr(&out), type) != 0) fail_msg("%s: type %s, expected %s", text, strbuf_cstr(&out), type);
    strbuf_clear(&out);
    datum_print(expr->type, &expr->value, zone_utc(), &out);
    if (strcmp(strbuf_cstr(&out), value) != 0) fail_msg("%s: value %s, expected %s", text, strbuf_cstr(&out), value);
    strbuf_free(&out);
}
#endif
