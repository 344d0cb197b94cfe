/* Cutting, padding and replacing: TRIM family, SUBSTRING, LEFT, RIGHT, LPAD, RPAD, REPEAT, REVERSE, OVERLAY, REPLACE, TRANSLATE.
 * Positions count code points from 1; LPAD, RPAD and OVERLAY count UTF-16 units, as Flink's do (measured). */
#include "engine/expr/fn.h"
#include "engine/expr/kernels_fn.h"

/* Is the code point at p one of the characters of set? */
static bool set_has(Str set, const char *p, uint32_t len)
{
    for (uint32_t i = 0; i < set.len;) {
        uint32_t n = cp_len(set.ptr + i, set.ptr + set.len);
        if (n == len && memcmp(set.ptr + i, p, n) == 0) return true;
        i += n;
    }
    return false;
}

static Str trim_left(Str s, Str set)
{
    while (s.len > 0) {
        uint32_t n = cp_len(s.ptr, s.ptr + s.len);
        if (!set_has(set, s.ptr, n)) break;
        s.ptr += n;
        s.len -= n;
    }
    return s;
}

static uint32_t last_cp_len(Str s)
{
    uint32_t n = 1;
    while (n < s.len && n < 4 && ((unsigned char)s.ptr[s.len - n] & 0xC0) == 0x80) n++;
    return n;
}

static Str trim_right(Str s, Str set)
{
    while (s.len > 0) {
        uint32_t n = last_cp_len(s);
        if (!set_has(set, s.ptr + s.len - n, n)) break;
        s.len -= n;
    }
    return s;
}

typedef enum TrimSide { TRIM_BOTH, TRIM_LEADING, TRIM_TRAILING } TrimSide;

static Str trim_side(Str s, Str set, TrimSide side)
{
    if (side != TRIM_TRAILING) s = trim_left(s, set);
    if (side != TRIM_LEADING) s = trim_right(s, set);
    return s;
}

static Str trim_set(const FuncCall *call, const Datum *args, uint32_t i) { return arg_count(call) > i ? arg_str(&args[i]) : STR(" "); }

FN_BODY(fn_ltrim) { return ret_slice(out, trim_side(arg_str(&args[0]), trim_set(call, args, 1), TRIM_LEADING)); }
FN_BODY(fn_rtrim) { return ret_slice(out, trim_side(arg_str(&args[0]), trim_set(call, args, 1), TRIM_TRAILING)); }
FN_BODY(fn_btrim) { return ret_slice(out, trim_side(arg_str(&args[0]), trim_set(call, args, 1), TRIM_BOTH)); }

/* TRIM(side, set, s): a set that was not written arrives as a bare NULL and means a blank. */
static const Type *infer_trim(InferCtx *infer, Err *err)
{
    static const TrimSide sides[] = { TRIM_BOTH, TRIM_LEADING, TRIM_TRAILING };
    Arena *arena = infer->ctx->arena;
    if (infer->nargs != 3 || !type_is_string(infer->args[2]->type)) return infer_refuse(infer, err);
    if (infer->args[1]->type->kind == TYPE_NULL) infer->args[1] = expr_const(arena, type_sized(arena, TYPE_CHAR, 1, false), datum_str(arena, STR(" ")), infer->span);
    if (!type_is_string(infer->args[1]->type)) return infer_refuse(infer, err);
    Str word = infer_word(infer, 0);
    if (!word.ptr) return infer_refuse(infer, err);
    *infer->data = &sides[str_iis(word, "LEADING") ? 1 : str_iis(word, "TRAILING") ? 2 : 0];
    return type_sized(arena, TYPE_VARCHAR, infer->args[2]->type->precision, false);
}

FN_BODY(fn_trim) { return ret_slice(out, trim_side(arg_str(&args[2]), arg_str(&args[1]), *(const TrimSide *)call->data)); }

/* 1-based; 0 counts as 1, negative from the end; before the start or past the end gives ''. */
Str text_substring(Str s, int64_t pos, uint32_t length)
{
    int64_t start = 0;
    bool ascii = str_is_ascii(s);
    if (pos > 0) start = pos - 1;
    else if (pos < 0) start = (ascii ? s.len : utf8_len(s)) + pos;
    if (start < 0 || start >= s.len) return STR("");
    if (ascii) return str_sub(s, (uint32_t)start, length);
    uint32_t from = utf8_offset(s, (uint32_t)start);
    Str rest = { s.ptr + from, s.len - from };
    rest.len = utf8_offset(rest, length);
    return rest;
}

FN_BODY(fn_substring)
{
    int32_t length = arg_count(call) > 2 ? args[2].v.i32 : INT32_MAX;
    return length < 0 ? ret_null(out) : ret_slice(out, text_substring(arg_str(&args[0]), args[1].v.i32, (uint32_t)length));
}

FN_BODY(fn_left)
{
    Str s = arg_str(&args[0]);
    if (args[1].v.i32 <= 0) return ret_slice(out, STR(""));
    s.len = utf8_offset(s, (uint32_t)args[1].v.i32);
    return ret_slice(out, s);
}

FN_BODY(fn_right)
{
    Str s = arg_str(&args[0]);
    if (args[1].v.i32 <= 0) return ret_slice(out, STR(""));
    uint32_t total = utf8_len(s), want = (uint32_t)args[1].v.i32;
    uint32_t from = want >= total ? 0 : utf8_offset(s, total - want);
    return ret_slice(out, (Str){ s.ptr + from, s.len - from });
}

/* Appends the first `units` UTF-16 units of s; half a surrogate pair becomes '?', as Java writes it. */
static void add_units(ArenaBuf *buf, Str s, uint32_t units)
{
    bool cut;
    uint32_t n = utf16_offset(s, units, &cut);
    buf_add(buf, s.ptr, n);
    if (cut) buf_addc(buf, '?');
}

static void add_padding(ArenaBuf *buf, Str pad, uint32_t units)
{
    uint32_t pad_units = utf16_len(pad);
    for (; units >= pad_units; units -= pad_units) buf_adds(buf, pad);
    add_units(buf, pad, units);
}

static bool pad_text(const FuncCall *call, EvalEnv *env, const Datum *args, bool left, Datum *out, Err *err)
{
    Str s = arg_str(&args[0]), pad = arg_str(&args[2]);
    int32_t want = args[1].v.i32;
    if (want < 0 || pad.len == 0) return ret_null_checked(call, out, err);
    uint32_t have = utf16_len(s), n = (uint32_t)want;
    if ((uint64_t)n * 4 > 1u << 30) return err_set(err, E_BUDGET, "padded text of %d characters is too long", want);
    ArenaBuf buf = arena_buf(env->arena);
    if (have >= n) {
        add_units(&buf, s, n);
        return ret_buf(out, &buf);
    }
    if (left) add_padding(&buf, pad, n - have);
    buf_adds(&buf, s);
    if (!left) add_padding(&buf, pad, n - have);
    return ret_buf(out, &buf);
}

FN_BODY(fn_lpad) { return pad_text(call, env, args, true, out, err); }
FN_BODY(fn_rpad) { return pad_text(call, env, args, false, out, err); }

FN_BODY(fn_repeat)
{
    Str s = arg_str(&args[0]);
    int32_t times = args[1].v.i32;
    if (times <= 0 || s.len == 0) return ret_slice(out, STR(""));
    if ((uint64_t)times * s.len > 1u << 30) return err_set(err, E_BUDGET, "repeated text of %llu bytes is too long", (unsigned long long)times * s.len);
    ArenaBuf buf = arena_buf(env->arena);
    buf_reserve(&buf, (uint32_t)times * s.len);
    for (int32_t i = 0; i < times; i++) buf_adds(&buf, s);
    return ret_buf(out, &buf);
}

FN_BODY(fn_reverse)
{
    Str s = arg_str(&args[0]);
    char *p = arena_alloc(env->arena, s.len);
    for (uint32_t i = 0; i < s.len;) {
        uint32_t n = cp_len(s.ptr + i, s.ptr + s.len);
        memcpy(p + s.len - i - n, s.ptr + i, n);
        i += n;
    }
    return ret_slice(out, (Str){ p, s.len });
}

static const Type *infer_overlay(InferCtx *infer, Err *err)
{
    (void)err;
    return type_sized(infer->ctx->arena, TYPE_VARCHAR, length_sum(infer->args[0]->type->precision, infer->args[1]->type->precision), false);
}

/* start outside the text leaves it alone; a length of 0 or less drops the rest. */
FN_BODY(fn_overlay)
{
    Str s = arg_str(&args[0]), r = arg_str(&args[1]);
    int64_t units = utf16_len(s), start = args[2].v.i32, length = arg_count(call) > 3 ? (int64_t)args[3].v.i32 : (int64_t)utf16_len(r);
    if (start < 1 || start > units) return ret_slice(out, s);
    ArenaBuf buf = arena_buf(env->arena);
    add_units(&buf, s, (uint32_t)(start - 1));
    buf_adds(&buf, r);
    if (length > 0 && start + length <= units) {
        uint32_t from = utf16_offset(s, (uint32_t)(start - 1 + length), NULL);
        buf_add(&buf, s.ptr + from, s.len - from);
    }
    return ret_buf(out, &buf);
}

/* '' stands before every character and at the end. */
static void replace_empty(ArenaBuf *buf, Str s, Str with)
{
    buf_adds(buf, with);
    for (uint32_t i = 0; i < s.len;) {
        uint32_t n = cp_len(s.ptr + i, s.ptr + s.len);
        buf_add(buf, s.ptr + i, n);
        buf_adds(buf, with);
        i += n;
    }
}

FN_BODY(fn_replace)
{
    Str s = arg_str(&args[0]), what = arg_str(&args[1]), with = arg_str(&args[2]);
    ArenaBuf buf = arena_buf(env->arena);
    if (what.len == 0) {
        replace_empty(&buf, s, with);
        return ret_buf(out, &buf);
    }
    int64_t at = str_find(s, what, 0);
    if (at < 0) return ret_slice(out, s);
    uint32_t from = 0;
    for (; at >= 0; at = str_find(s, what, from)) {
        buf_add(&buf, s.ptr + from, (uint32_t)at - from);
        buf_adds(&buf, with);
        from = (uint32_t)at + what.len;
    }
    buf_add(&buf, s.ptr + from, s.len - from);
    return ret_buf(out, &buf);
}

/* Nullable only by its first argument: NULL `from` changes nothing, NULL `to` deletes. */
static const Type *infer_translate(InferCtx *infer, Err *err)
{
    (void)err;
    infer->keep_null = true;
    return type_string(infer->args[0]->type->nullable);
}

FN_BODY(fn_translate)
{
    if (args[0].null) return ret_null(out);
    Str s = arg_str(&args[0]);
    if (args[1].null || args[1].v.str.len == 0) return ret_slice(out, s);
    Str from = arg_str(&args[1]), to = args[2].null ? STR("") : arg_str(&args[2]);
    ArenaBuf buf = arena_buf(env->arena);
    for (uint32_t i = 0, n; i < s.len; i += n) {
        n = cp_len(s.ptr + i, s.ptr + s.len);
        uint32_t k = 0, index = 0;
        for (uint32_t m; k < from.len; k += m, index++) {
            m = cp_len(from.ptr + k, from.ptr + from.len);
            if (m == n && memcmp(from.ptr + k, s.ptr + i, n) == 0) break;
        }
        if (k >= from.len) {
            buf_add(&buf, s.ptr + i, n);
            continue;
        }
        uint32_t at = utf8_offset(to, index);
        if (at < to.len) buf_add(&buf, to.ptr + at, cp_len(to.ptr + at, to.ptr + to.len));
    }
    return ret_buf(out, &buf);
}

#define STRICT_TOTAL (FN_STRICT | FN_TOTAL)
const FuncDef fn_string_table[] = {
    FN_ROW("TRIM", "=str|sym str FROM str", NULL, STRICT_TOTAL | FN_SYMBOL0, infer_trim, fn_trim, NULL, "string", "Text without the given characters (blank by default) at its start, end or both.", "TRIM(LEADING 'x' FROM 'xxabx')", "abx"),
    FN_ROW("LTRIM", "str,str?", NULL, STRICT_TOTAL, infer_varchar_of_0, fn_ltrim, NULL, "string", "Text without leading characters of a set (blank by default).", "LTRIM('  ab')", "ab"),
    FN_ROW("RTRIM", "str,str?", NULL, STRICT_TOTAL, infer_varchar_of_0, fn_rtrim, NULL, "string", "Text without trailing characters of a set (blank by default).", "RTRIM('abxy', 'xy')", "ab"),
    FN_ROW("BTRIM", "str,str?", "STRING", STRICT_TOTAL, NULL, fn_btrim, NULL, "string", "Text without characters of a set (blank by default) at both ends.", "BTRIM('xxabx', 'x')", "ab"),
    FN_ROW_KERNEL("SUBSTRING", "str,integer,integer?", NULL, STRICT_TOTAL | FN_NULLABLE, infer_varchar_of_0, fn_substring, kernel_substring, NULL, "string", "Part of a text from a position (1-based, negative from the end), optionally of a length.", "SUBSTRING('Hello' FROM 2 FOR 3)", "ell"),
    FN_ROW_KERNEL("SUBSTR", "str,integer,integer?", NULL, STRICT_TOTAL | FN_NULLABLE, infer_varchar_of_0, fn_substring, kernel_substring, NULL, "string", "The same as SUBSTRING.", "SUBSTR('Hello', -3)", "llo"),
    FN_ROW("LEFT", "str,integer", NULL, STRICT_TOTAL | FN_NULLABLE, infer_varchar_of_0, fn_left, NULL, "string", "First n characters.", "LEFT('Hello', 2)", "He"),
    FN_ROW("RIGHT", "str,integer", NULL, STRICT_TOTAL | FN_NULLABLE, infer_varchar_of_0, fn_right, NULL, "string", "Last n characters.", "RIGHT('Hello', 2)", "lo"),
    FN_ROW("LPAD", "str,integer,str", "STRING", FN_STRICT, NULL, fn_lpad, NULL, "string", "Text filled up on the left to a length, or cut to it.", "LPAD('7', 3, '0')", "007"),
    FN_ROW("RPAD", "str,integer,str", "STRING", FN_STRICT, NULL, fn_rpad, NULL, "string", "Text filled up on the right to a length, or cut to it.", "RPAD('hi', 4, 'ab')", "hiab"),
    FN_ROW("REPEAT", "str,integer", "STRING", FN_STRICT, NULL, fn_repeat, NULL, "string", "Text n times over.", "REPEAT('ab', 3)", "ababab"),
    FN_ROW("REVERSE", "str", "STRING", STRICT_TOTAL | FN_NULLABLE, NULL, fn_reverse, NULL, "string", "Text backwards.", "REVERSE('abc')", "cba"),
    FN_ROW("OVERLAY", "str,str,integer,integer?", NULL, STRICT_TOTAL, infer_overlay, fn_overlay, NULL, "string", "Text with a part replaced by another text.", "OVERLAY('abcdef' PLACING 'XY' FROM 2)", "aXYdef"),
    FN_ROW("REPLACE", "str,str,str", "STRING", STRICT_TOTAL, NULL, fn_replace, NULL, "string", "Text with every occurrence of a text replaced.", "REPLACE('a-b-c', '-', '+')", "a+b+c"),
    FN_ROW("TRANSLATE3", "str,str,str", NULL, FN_TOTAL, infer_translate, fn_translate, NULL, "string", "The same as TRANSLATE.", "TRANSLATE3('hello', 'el', 'ip')", "hippo"),
    FN_ROW("TRANSLATE", "str,str,str", NULL, FN_TOTAL, infer_translate, fn_translate, NULL, "string", "Text with single characters replaced by those at the same place of another text.", "TRANSLATE('hello', 'el', 'ip')", "hippo"),
    FN_END
};
