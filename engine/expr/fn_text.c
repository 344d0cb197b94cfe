/* Joining, finding, splitting and testing text: CONCAT, POSITION family, SPLIT, STARTSWITH, ASCII, CHR, ELT, IS_ALPHA and others.
 * Positions count code points from 1. */
#include "engine/expr/fn.h"
#include "engine/expr/kernels_fn.h"
#include <utf8proc.h>

FN_BODY(fn_char_length) { return ret_int(out, (int32_t)utf8_len(arg_str(&args[0]))); }

FN_BODY(fn_concat)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < arg_count(call); i++) total += args[i].v.str.len;
    if (total > INT32_MAX) return err_set(err, E_BUDGET, "joined text of %llu bytes is too long", (unsigned long long)total);
    ArenaBuf buf = arena_buf(env->arena);
    buf_reserve(&buf, (uint32_t)total);
    for (uint32_t i = 0; i < arg_count(call); i++) buf_adds(&buf, arg_str(&args[i]));
    return ret_buf(out, &buf);
}

/* a || b: CHARs add up to a CHAR, all else is a VARCHAR. */
static const Type *infer_concat_op(InferCtx *infer, Err *err)
{
    if (infer->nargs != 2) return infer_refuse(infer, err);
    const Type *a = infer->args[0]->type, *b = infer->args[1]->type;
    for (uint32_t i = 0; i < 2; i++)
        if (infer->args[i]->type->kind == TYPE_NULL) {
            err_at(err, E_TYPE, infer->args[i]->span, "illegal use of NULL");
            return NULL;
        }
    if (!type_is_string(a) || !type_is_string(b)) {
        infer_refuse(infer, err);
        err_hint(err, "CAST the other operand to STRING.");
        return NULL;
    }
    TypeKind kind = a->kind == TYPE_CHAR && b->kind == TYPE_CHAR ? TYPE_CHAR : TYPE_VARCHAR;
    return type_sized(infer->ctx->arena, kind, length_sum(a->precision, b->precision), false);
}

FN_BODY(fn_concat_ws)
{
    if (args[0].null) return ret_null(out);
    Str separator = arg_str(&args[0]);
    ArenaBuf buf = arena_buf(env->arena);
    bool first = true;
    for (uint32_t i = 1; i < arg_count(call); i++) {
        if (args[i].null) continue;
        if (!first) buf_adds(&buf, separator);
        first = false;
        buf_adds(&buf, arg_str(&args[i]));
    }
    return ret_buf(out, &buf);
}

/* Character index (0-based) of needle at or after character `from`, or -1; '' is found at 0 from anywhere. */
static int64_t find_from(Str s, Str needle, int64_t from)
{
    if (needle.len == 0) return 0;
    uint32_t start = from > 0 ? utf8_offset(s, from > UINT32_MAX ? UINT32_MAX : (uint32_t)from) : 0;
    int64_t at = str_find(s, needle, start);
    return at < 0 ? -1 : (int64_t)utf8_len((Str){ s.ptr, (uint32_t)at });
}

/* Last occurrence that lies within the first `count` characters. */
static int64_t find_back(Str s, Str needle, int64_t count)
{
    uint32_t end = count <= 0 ? 0 : utf8_offset(s, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
    for (int64_t i = (int64_t)end - needle.len; i >= 0; i--)
        if (memcmp(s.ptr + i, needle.ptr, needle.len) == 0) return utf8_len((Str){ s.ptr, (uint32_t)i });
    return -1;
}

/* POSITION(needle, s [, from]) and LOCATE */
FN_BODY(fn_position)
{
    int64_t from = arg_count(call) > 2 ? (int64_t)args[2].v.i32 - 1 : 0;
    return ret_int(out, (int32_t)(find_from(arg_str(&args[1]), arg_str(&args[0]), from) + 1));
}

/* INSTR(s, needle [, start [, nth]]): a negative start counts from the end and searches backwards. */
FN_BODY(fn_instr)
{
    Str s = arg_str(&args[0]), needle = arg_str(&args[1]);
    int64_t start = arg_count(call) > 2 ? args[2].v.i32 : 1, nth = arg_count(call) > 3 ? args[3].v.i32 : 1;
    if (nth <= 0) return err_set(err, E_DATA, "occurrence %lld of INSTR must be positive", (long long)nth);
    if (start == 0) return ret_int(out, 0);
    if (start > 0) {
        int64_t index = start - 1;
        for (int64_t i = 0; i < nth; i++) {
            int64_t at = find_from(s, needle, index);
            if (at < 0) return ret_int(out, 0);
            index = at + 1;
        }
        return ret_int(out, (int32_t)index);
    }
    int64_t count = (int64_t)utf8_len(s) + start + 1, at = -1;
    for (int64_t i = 0; i < nth; i++) {
        at = find_back(s, needle, count);
        if (at < 0) return ret_int(out, 0);
        count = at + (int64_t)utf8_len(needle) - 1;
    }
    return ret_int(out, (int32_t)(at + 1));
}

/* Token `index` of s cut at blanks: every blank separates, so empty tokens stay. */
static bool blank_token(Str s, int32_t index, Str *token)
{
    uint32_t from = 0;
    if (s.len == 0) return false;
    for (uint32_t i = 0;; i++) {
        if (i < s.len && (unsigned char)s.ptr[i] > ' ') continue;
        if (index-- == 0) return *token = str_sub(s, from, i - from), true;
        if (i >= s.len) return false;
        from = i + 1;
    }
}

static bool split_token(Str s, Str separator, int32_t index, Str *token)
{
    if (s.len == 0 || index < 0) return false;
    if (separator.len == 0) return blank_token(s, index, token);
    uint32_t from = 0;
    for (;;) {
        int64_t at = str_find(s, separator, from);
        uint32_t to = at < 0 ? s.len : (uint32_t)at;
        if (index-- == 0) return *token = (Str){ s.ptr + from, to - from }, true;
        if (at < 0) return false;
        from = to + separator.len;
    }
}

FN_BODY(fn_split_index)
{
    Str token, separator;
    char utf8[4];
    if (type_is_string(arg_type(call, 1))) separator = arg_str(&args[1]);
    else {
        int64_t code = datum_int(arg_type(call, 1), &args[1]);
        if (code < 1 || code > 255) return ret_null(out);
        separator = (Str){ utf8, utf8_encode((uint32_t)code, utf8) };
    }
    if (!split_token(arg_str(&args[0]), separator, args[2].v.i32, &token)) return ret_null(out);
    return ret_slice(out, token);
}

/* SPLIT(s, separator): '' gives the characters; '' has no parts. */
FN_BODY(fn_split)
{
    Str s = arg_str(&args[0]), separator = arg_str(&args[1]);
    uint32_t n = 0;
    if (s.len > 0 && separator.len == 0) n = utf8_len(s);
    else if (s.len > 0)
        for (int64_t at = 0, from = 0; at >= 0; from = at + separator.len, n++) at = str_find(s, separator, (uint32_t)from);
    Nested *list = nested_new(env->arena, n, n);
    for (uint32_t i = 0, from = 0; i < n; i++) {
        uint32_t to, step = separator.len;
        if (step == 0) to = from + cp_len(s.ptr + from, s.ptr + s.len);
        else {
            int64_t at = str_find(s, separator, from);
            to = at < 0 ? s.len : (uint32_t)at;
        }
        list->items[i].v.str = strview_copy(env->arena, s.ptr + from, to - from);
        from = to + step;
    }
    out->v.nested = list;
    return true;
}

FN_BODY(fn_startswith)
{
    Str s = arg_str(&args[0]), prefix = arg_str(&args[1]);
    return ret_bool(out, s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

FN_BODY(fn_endswith)
{
    Str s = arg_str(&args[0]), suffix = arg_str(&args[1]);
    return ret_bool(out, s.len >= suffix.len && memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* First byte of the UTF-8 form as a signed number; 0 for ''. */
FN_BODY(fn_ascii)
{
    Str s = arg_str(&args[0]);
    return ret_int(out, s.len ? (int8_t)s.ptr[0] : 0);
}

FN_BODY(fn_chr)
{
    int64_t code = datum_int(arg_type(call, 0), &args[0]);
    if (code < 0) return ret_slice(out, STR(""));
    char utf8[4];
    return ret_str(env, out, (Str){ utf8, utf8_encode((uint32_t)(code & 0xFF), utf8) });
}

static const Type *infer_elt(InferCtx *infer, Err *err)
{
    if (infer->nargs < 2) {
        err_at(err, E_NO_FUNCTION, infer->span, "no function matches ELT(index)");
        return NULL;
    }
    const Expr *index = infer->args[0];
    if (!type_is_integer(index->type)) return infer_refuse(infer, err);
    if (index->kind == EXPR_CONST && !index->value.null && datum_int(index->type, &index->value) < 0) {
        err_at(err, E_INVALID, index->span, "index of ELT must not be negative");
        return NULL;
    }
    const Type **types = ARENA_ARRAY(infer->ctx->arena, const Type *, infer->nargs);
    bool binary = type_is_binary(infer->args[1]->type);
    for (uint32_t i = 1; i < infer->nargs; i++) {
        types[i - 1] = infer->args[i]->type;
        if (binary ? !type_is_binary(types[i - 1]) : !type_is_string(types[i - 1])) return infer_refuse(infer, err);
    }
    /* The widest text that holds each choice: CHAR(n) only when all lengths agree. */
    const Type *widest = types[0];
    for (uint32_t i = 1; i + 1 < infer->nargs; i++) {
        if (type_eq(widest, types[i], true)) continue;
        uint32_t length = widest->precision > types[i]->precision ? widest->precision : types[i]->precision;
        widest = type_sized(infer->ctx->arena, binary ? TYPE_VARBINARY : TYPE_VARCHAR, length, true);
    }
    return type_with_null(infer->ctx->arena, widest, true);
}

FN_BODY(fn_elt)
{
    if (args[0].null) return ret_null(out);
    int64_t index = datum_int(arg_type(call, 0), &args[0]);
    if (index < 1 || index >= arg_count(call) || args[index].null) return ret_null(out);
    *out = args[index];
    return true;
}

/* Java looks at UTF-16 units: what takes two of them is neither letter nor digit. */
static bool all_code_points(const Datum *arg, bool (*test)(utf8proc_category_t))
{
    if (arg->null || arg->v.str.len == 0) return false;
    Str s = arg_str(arg);
    for (uint32_t i = 0; i < s.len;) {
        uint32_t cp;
        i += utf8_decode(s.ptr + i, s.ptr + s.len, &cp);
        if (cp > 0xFFFF || !test(utf8proc_category((utf8proc_int32_t)cp))) return false;
    }
    return true;
}
static bool category_is_letter(utf8proc_category_t c) { return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO; }
static bool category_is_digit(utf8proc_category_t c) { return c == UTF8PROC_CATEGORY_ND; }

FN_BODY(fn_is_alpha) { return ret_bool(out, type_is_string(arg_type(call, 0)) && all_code_points(&args[0], category_is_letter)); }
FN_BODY(fn_is_digit) { return ret_bool(out, type_is_integer(arg_type(call, 0)) || (type_is_string(arg_type(call, 0)) && all_code_points(&args[0], category_is_digit))); }

/* Java's integer parsers take the digits of every script. */
static bool is_java_integer(Str s)
{
    uint32_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    if (i == s.len) return false;
    while (i < s.len) {
        uint32_t cp;
        i += utf8_decode(s.ptr + i, s.ptr + s.len, &cp);
        if (utf8proc_category((utf8proc_int32_t)cp) != UTF8PROC_CATEGORY_ND) return false;
    }
    return true;
}

/* Double.parseDouble's grammar: blanks around, sign, digits with a point, exponent, NaN, Infinity, suffix f or d. */
static bool is_java_double(Str s)
{
    while (s.len > 0 && (unsigned char)s.ptr[0] <= ' ') s.ptr++, s.len--;
    while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ') s.len--;
    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+')) s.ptr++, s.len--;
    if (str_is(s, "NaN") || str_is(s, "Infinity")) return true;
    uint32_t i = 0, digits = 0;
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9') i++, digits++;
    if (i < s.len && s.ptr[i] == '.')
        for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++) digits++;
    if (digits == 0) return false;
    if (i < s.len && (s.ptr[i] | 32) == 'e') {
        i++;
        if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+')) i++;
        uint32_t from = i;
        while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9') i++;
        if (i == from) return false;
    }
    if (i < s.len && strchr("fFdD", s.ptr[i])) i++;
    return i == s.len;
}

FN_BODY(fn_is_decimal)
{
    const Type *type = arg_type(call, 0);
    if (type_is_numeric(type)) return ret_bool(out, type_is_integer(type) || type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE);
    if (args[0].null || !type_is_string(type)) return ret_bool(out, false);
    Str s = arg_str(&args[0]);
    return ret_bool(out, s.len > 0 && (is_java_integer(s) || is_java_double(s)));
}

#define STRICT_TOTAL (FN_STRICT | FN_TOTAL)
const FuncDef fn_text_table[] = {
    FN_ROW("CHAR_LENGTH", "str", "INT", STRICT_TOTAL, NULL, fn_char_length, NULL, "string", "Number of characters.", "CHAR_LENGTH('Thomas')", "6"),
    FN_ROW("CHARACTER_LENGTH", "str", "INT", STRICT_TOTAL, NULL, fn_char_length, NULL, "string", "The same as CHAR_LENGTH.", "CHARACTER_LENGTH('abc')", "3"),
    FN_ROW_KERNEL("CONCAT", "str+", "STRING", STRICT_TOTAL, NULL, fn_concat, kernel_concat, NULL, "string", "Texts joined; NULL if any is NULL.", "CONCAT('a', 'b', 'c')", "abc"),
    FN_ROW_KERNEL("||", NULL, NULL, STRICT_TOTAL | FN_OPERATOR, infer_concat_op, fn_concat, kernel_concat, NULL, "string", "Two texts joined; NULL if one is NULL.", "'a' || 'b'", "ab"),
    FN_ROW("CONCAT_WS", "str,str*", "STRING", FN_TOTAL, NULL, fn_concat_ws, NULL, "string", "Texts joined with a separator between them; NULLs are left out.", "CONCAT_WS('~', 'AA', 'BB')", "AA~BB"),
    FN_ROW("POSITION", "str,str,integer?", "INT", STRICT_TOTAL, NULL, fn_position, NULL, "string", "Place of the first occurrence of a text in another one, 0 if there is none.", "POSITION('l' IN 'Hello')", "3"),
    FN_ROW("LOCATE", "str,str,integer?", "INT", STRICT_TOTAL, NULL, fn_position, NULL, "string", "Place of a text in another one, at or after a position.", "LOCATE('or', 'corporate floor', 3)", "5"),
    FN_ROW("INSTR", "str,str,integer?,integer?", "INT", FN_STRICT, NULL, fn_instr, NULL, "string", "Place of the n-th occurrence of a text, searched from a position; a negative position searches backwards.", "INSTR('corporate floor', 'or', 3, 2)", "14"),
    FN_ROW("SPLIT_INDEX", "str,str,integer|str,int,integer", "STRING", STRICT_TOTAL | FN_NULLABLE, NULL, fn_split_index, NULL, "string", "The n-th part (from 0) of a text cut at a separator, NULL beyond the last.", "SPLIT_INDEX('a,b,c', ',', 1)", "b"),
    FN_ROW("SPLIT", "str,str", NULL, STRICT_TOTAL, infer_array_string, fn_split, NULL, "collection", "Parts of a text cut at a separator; '' cuts into characters.", "SPLIT('a,b,c', ',')", "[a, b, c]"),
    FN_ROW("STARTSWITH", "str,str|bin,bin", "BOOLEAN", STRICT_TOTAL, NULL, fn_startswith, NULL, "string", "Does the text begin with another one?", "STARTSWITH('abc', 'ab')", "TRUE"),
    FN_ROW("ENDSWITH", "str,str|bin,bin", "BOOLEAN", STRICT_TOTAL, NULL, fn_endswith, NULL, "string", "Does the text end with another one?", "ENDSWITH('abc', 'bc')", "TRUE"),
    FN_ROW("ASCII", "str", "INT", STRICT_TOTAL, NULL, fn_ascii, NULL, "string", "Number of the first byte, 0 for an empty text.", "ASCII('abc')", "97"),
    FN_ROW("CHR", "int", "STRING", STRICT_TOTAL | FN_NULLABLE, NULL, fn_chr, NULL, "string", "Character with a number (modulo 256).", "CHR(97)", "a"),
    FN_ROW("ELT", "=int,str+", NULL, FN_TOTAL | FN_NULLABLE, infer_elt, fn_elt, NULL, "string", "The n-th of the following texts, NULL if there is none.", "ELT(2, 'a', 'b')", "b"),
    FN_ROW("IS_ALPHA", "str|num", "BOOLEAN", FN_TOTAL | FN_NOT_NULL, NULL, fn_is_alpha, NULL, "string", "Is the text made of letters alone?", "IS_ALPHA('abc')", "TRUE"),
    FN_ROW("IS_DIGIT", "str|num", "BOOLEAN", FN_TOTAL | FN_NOT_NULL, NULL, fn_is_digit, NULL, "string", "Is the text made of digits alone?", "IS_DIGIT('12a')", "FALSE"),
    FN_ROW("IS_DECIMAL", "str|num", "BOOLEAN", FN_TOTAL | FN_NOT_NULL, NULL, fn_is_decimal, NULL, "string", "Can the text be read as a number?", "IS_DECIMAL('1.5')", "TRUE"),
    FN_END
};
