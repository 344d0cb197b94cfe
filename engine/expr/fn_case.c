/* UPPER, LOWER, INITCAP with Java's String rules: one character may become several (ß -> SS), a final sigma is its own letter.
 * ASCII text takes a short cut. Result longer than a CHAR(n) argument is cut, as the result type has the same n. */
#include "engine/expr/fn.h"
#include "engine/expr/kernels_fn.h"
#include <utf8proc.h>

typedef struct UpperRow { uint16_t from, to[3]; } UpperRow;
/* Characters whose upper case is more than one character (Unicode SpecialCasing, unconditional rows); sorted. */
static const UpperRow upper_rows[] = {
    {0xDF, {0x53, 0x53, 0}}, {0x149, {0x2BC, 0x4E, 0}}, {0x1F0, {0x4A, 0x30C, 0}}, {0x390, {0x399, 0x308, 0x301}}, {0x3B0, {0x3A5, 0x308, 0x301}},
    {0x587, {0x535, 0x552, 0}}, {0x1E96, {0x48, 0x331, 0}}, {0x1E97, {0x54, 0x308, 0}}, {0x1E98, {0x57, 0x30A, 0}}, {0x1E99, {0x59, 0x30A, 0}},
    {0x1E9A, {0x41, 0x2BE, 0}}, {0x1F50, {0x3A5, 0x313, 0}}, {0x1F52, {0x3A5, 0x313, 0x300}}, {0x1F54, {0x3A5, 0x313, 0x301}},
    {0x1F56, {0x3A5, 0x313, 0x342}}, {0x1F80, {0x1F08, 0x399, 0}}, {0x1F81, {0x1F09, 0x399, 0}}, {0x1F82, {0x1F0A, 0x399, 0}},
    {0x1F83, {0x1F0B, 0x399, 0}}, {0x1F84, {0x1F0C, 0x399, 0}}, {0x1F85, {0x1F0D, 0x399, 0}}, {0x1F86, {0x1F0E, 0x399, 0}}, {0x1F87, {0x1F0F, 0x399, 0}},
    {0x1F88, {0x1F08, 0x399, 0}}, {0x1F89, {0x1F09, 0x399, 0}}, {0x1F8A, {0x1F0A, 0x399, 0}}, {0x1F8B, {0x1F0B, 0x399, 0}}, {0x1F8C, {0x1F0C, 0x399, 0}},
    {0x1F8D, {0x1F0D, 0x399, 0}}, {0x1F8E, {0x1F0E, 0x399, 0}}, {0x1F8F, {0x1F0F, 0x399, 0}}, {0x1F90, {0x1F28, 0x399, 0}}, {0x1F91, {0x1F29, 0x399, 0}},
    {0x1F92, {0x1F2A, 0x399, 0}}, {0x1F93, {0x1F2B, 0x399, 0}}, {0x1F94, {0x1F2C, 0x399, 0}}, {0x1F95, {0x1F2D, 0x399, 0}}, {0x1F96, {0x1F2E, 0x399, 0}},
    {0x1F97, {0x1F2F, 0x399, 0}}, {0x1F98, {0x1F28, 0x399, 0}}, {0x1F99, {0x1F29, 0x399, 0}}, {0x1F9A, {0x1F2A, 0x399, 0}}, {0x1F9B, {0x1F2B, 0x399, 0}},
    {0x1F9C, {0x1F2C, 0x399, 0}}, {0x1F9D, {0x1F2D, 0x399, 0}}, {0x1F9E, {0x1F2E, 0x399, 0}}, {0x1F9F, {0x1F2F, 0x399, 0}}, {0x1FA0, {0x1F68, 0x399, 0}},
    {0x1FA1, {0x1F69, 0x399, 0}}, {0x1FA2, {0x1F6A, 0x399, 0}}, {0x1FA3, {0x1F6B, 0x399, 0}}, {0x1FA4, {0x1F6C, 0x399, 0}}, {0x1FA5, {0x1F6D, 0x399, 0}},
    {0x1FA6, {0x1F6E, 0x399, 0}}, {0x1FA7, {0x1F6F, 0x399, 0}}, {0x1FA8, {0x1F68, 0x399, 0}}, {0x1FA9, {0x1F69, 0x399, 0}}, {0x1FAA, {0x1F6A, 0x399, 0}},
    {0x1FAB, {0x1F6B, 0x399, 0}}, {0x1FAC, {0x1F6C, 0x399, 0}}, {0x1FAD, {0x1F6D, 0x399, 0}}, {0x1FAE, {0x1F6E, 0x399, 0}}, {0x1FAF, {0x1F6F, 0x399, 0}},
    {0x1FB2, {0x1FBA, 0x399, 0}}, {0x1FB3, {0x391, 0x399, 0}}, {0x1FB4, {0x386, 0x399, 0}}, {0x1FB6, {0x391, 0x342, 0}}, {0x1FB7, {0x391, 0x342, 0x399}},
    {0x1FBC, {0x391, 0x399, 0}}, {0x1FC2, {0x1FCA, 0x399, 0}}, {0x1FC3, {0x397, 0x399, 0}}, {0x1FC4, {0x389, 0x399, 0}}, {0x1FC6, {0x397, 0x342, 0}},
    {0x1FC7, {0x397, 0x342, 0x399}}, {0x1FCC, {0x397, 0x399, 0}}, {0x1FD2, {0x399, 0x308, 0x300}}, {0x1FD3, {0x399, 0x308, 0x301}},
    {0x1FD6, {0x399, 0x342, 0}}, {0x1FD7, {0x399, 0x308, 0x342}}, {0x1FE2, {0x3A5, 0x308, 0x300}}, {0x1FE3, {0x3A5, 0x308, 0x301}},
    {0x1FE4, {0x3A1, 0x313, 0}}, {0x1FE6, {0x3A5, 0x342, 0}}, {0x1FE7, {0x3A5, 0x308, 0x342}}, {0x1FF2, {0x1FFA, 0x399, 0}}, {0x1FF3, {0x3A9, 0x399, 0}},
    {0x1FF4, {0x38F, 0x399, 0}}, {0x1FF6, {0x3A9, 0x342, 0}}, {0x1FF7, {0x3A9, 0x342, 0x399}}, {0x1FFC, {0x3A9, 0x399, 0}}, {0xFB00, {0x46, 0x46, 0}},
    {0xFB01, {0x46, 0x49, 0}}, {0xFB02, {0x46, 0x4C, 0}}, {0xFB03, {0x46, 0x46, 0x49}}, {0xFB04, {0x46, 0x46, 0x4C}}, {0xFB05, {0x53, 0x54, 0}},
    {0xFB06, {0x53, 0x54, 0}}, {0xFB13, {0x544, 0x546, 0}}, {0xFB14, {0x544, 0x535, 0}}, {0xFB15, {0x544, 0x53B, 0}}, {0xFB16, {0x54E, 0x546, 0}},
    {0xFB17, {0x544, 0x53D, 0}},
};

static const UpperRow *upper_special(uint32_t cp)
{
    uint32_t lo = 0, hi = sizeof upper_rows / sizeof upper_rows[0];
    if (cp < upper_rows[0].from || cp > 0xFFFF) return NULL;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (upper_rows[mid].from == cp) return &upper_rows[mid];
        if (upper_rows[mid].from < cp) lo = mid + 1;
        else hi = mid;
    }
    return NULL;
}

static bool is_cased(uint32_t cp)
{
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LL || c == UTF8PROC_CATEGORY_LT;
}

/* Sigma at a word's end: a cased letter before it and none right after. */
static bool sigma_is_final(Str s, uint32_t at, uint32_t len, bool cased_before)
{
    if (!cased_before) return false;
    if (at + len >= s.len) return true;
    uint32_t next;
    utf8_decode(s.ptr + at + len, s.ptr + s.len, &next);
    return !is_cased(next);
}

static Str upper_ascii(Arena *arena, Str s)
{
    char *p = arena_alloc(arena, s.len);
    for (uint32_t i = 0; i < s.len; i++) p[i] = (char)(s.ptr[i] - ((unsigned char)(s.ptr[i] - 'a') < 26 ? 32 : 0));
    return (Str){ p, s.len };
}

static Str lower_ascii(Arena *arena, Str s)
{
    char *p = arena_alloc(arena, s.len);
    for (uint32_t i = 0; i < s.len; i++) p[i] = (char)(s.ptr[i] + ((unsigned char)(s.ptr[i] - 'A') < 26 ? 32 : 0));
    return (Str){ p, s.len };
}

static Str upper_text(Arena *arena, Str s)
{
    ArenaBuf buf = arena_buf(arena);
    for (uint32_t i = 0, step; i < s.len; i += step) {
        uint32_t cp;
        step = utf8_decode(s.ptr + i, s.ptr + s.len, &cp);
        const UpperRow *special = upper_special(cp);
        if (!special) {
            buf_add_cp(&buf, (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp));
            continue;
        }
        for (uint32_t k = 0; k < 3 && special->to[k]; k++) buf_add_cp(&buf, special->to[k]);
    }
    return buf_str(&buf);
}

static Str lower_text(Arena *arena, Str s)
{
    ArenaBuf buf = arena_buf(arena);
    bool cased_before = false;
    for (uint32_t i = 0, step; i < s.len; i += step) {
        uint32_t cp;
        step = utf8_decode(s.ptr + i, s.ptr + s.len, &cp);
        if (cp == 0x130) buf_add_cp(&buf, 'i'), buf_add_cp(&buf, 0x307);
        else if (cp == 0x3A3 && sigma_is_final(s, i, step, cased_before)) buf_add_cp(&buf, 0x3C2);
        else buf_add_cp(&buf, (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp));
        cased_before = is_cased(cp);
    }
    return buf_str(&buf);
}

/* CHAR(n) may grow, as in Flink: UPPER('ß') is SS. */
FN_BODY(fn_upper)
{
    Str s = arg_str(&args[0]);
    if (str_is_ascii(s)) return ret_slice(out, upper_ascii(env->arena, s));
    return ret_slice(out, upper_text(env->arena, s));
}

FN_BODY(fn_lower)
{
    Str s = arg_str(&args[0]);
    if (str_is_ascii(s)) return ret_slice(out, lower_ascii(env->arena, s));
    return ret_slice(out, lower_text(env->arena, s));
}

/* Only ASCII letters and digits make words. */
FN_BODY(fn_initcap)
{
    Str s = arg_str(&args[0]);
    char *p = arena_alloc(env->arena, s.len);
    bool start = true;
    for (uint32_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        if (start && lower) c = (char)(c - 32);
        else if (!start && upper) c = (char)(c + 32);
        start = !(upper || lower || digit);
        p[i] = c;
    }
    return ret_slice(out, (Str){ p, s.len });
}

const FuncDef fn_case_table[] = {
    FN_ROW_KERNEL("UPPER", "str", "$1", FN_STRICT | FN_TOTAL, NULL, fn_upper, kernel_upper, NULL, "string", "Text in upper case.", "UPPER('Flink')", "FLINK"),
    FN_ROW_KERNEL("LOWER", "str", "$1", FN_STRICT | FN_TOTAL, NULL, fn_lower, kernel_lower, NULL, "string", "Text in lower case.", "LOWER('Flink')", "flink"),
    FN_ROW("INITCAP", "str", "$1", FN_STRICT | FN_TOTAL, NULL, fn_initcap, NULL, "string", "First letter of each word in upper case, the others in lower case.", "INITCAP('hello wORLD')", "Hello World"),
    FN_END
};
