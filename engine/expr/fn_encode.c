/* Text as bytes and back: ENCODE, DECODE, TO_BASE64, FROM_BASE64, URL_ENCODE, URL_DECODE.
 * The Unicode sets, ISO-8859-1 and US-ASCII are done here, all others by iconv; characters a set lacks become '?', bytes that mean nothing U+FFFD. */
#include "engine/expr/fn.h"
#include <errno.h>
#include <iconv.h>

typedef enum Charset { CHARSET_UTF8, CHARSET_ASCII, CHARSET_LATIN1, CHARSET_UTF16, CHARSET_UTF16BE, CHARSET_UTF16LE, CHARSET_UTF32, CHARSET_UTF32BE, CHARSET_UTF32LE, CHARSET_UNKNOWN } Charset;

static Charset charset_find(Str name)
{
    static const struct { const char *name; Charset charset; } names[] = {
        { "UTF-8", CHARSET_UTF8 }, { "UTF8", CHARSET_UTF8 }, { "US-ASCII", CHARSET_ASCII }, { "ASCII", CHARSET_ASCII }, { "ISO-8859-1", CHARSET_LATIN1 },
        { "ISO8859_1", CHARSET_LATIN1 }, { "LATIN1", CHARSET_LATIN1 }, { "UTF-16", CHARSET_UTF16 }, { "UTF16", CHARSET_UTF16 }, { "UTF-16BE", CHARSET_UTF16BE },
        { "UTF-16LE", CHARSET_UTF16LE }, { "UTF-32", CHARSET_UTF32 }, { "UTF32", CHARSET_UTF32 }, { "UTF-32BE", CHARSET_UTF32BE }, { "UTF-32LE", CHARSET_UTF32LE } };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_iis(name, names[i].name)) return names[i].charset;
    return CHARSET_UNKNOWN;
}

static bool unknown_charset(Err *err, Str name)
{
    err_set(err, E_DATA, "character set '" STR_FMT "' is not known", STR_ARG(name));
    return err_hint(err, "UTF-8, UTF-16, UTF-16BE, UTF-16LE, UTF-32, ISO-8859-1 and US-ASCII always are, others as far as the system has them.");
}

/* A name as Java allows it; iconv would take the empty name for the locale's set, and a suffix after '/'. */
static bool legal_charset(Str name)
{
    for (uint32_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!word && (i == 0 || !c || !strchr("-+.:_", c))) return false;
    }
    return name.len > 0;
}

/* Converts s; each piece that cannot be becomes `bad`. */
static bool convert(ArenaBuf *buf, Str to, Str from, Str s, Str bad, bool utf8_input, Err *err, Str name)
{
    Arena *arena = buf->arena;
    if (!legal_charset(name)) return unknown_charset(err, name);
    iconv_t cd = iconv_open(str_cstr(arena, to), str_cstr(arena, from));
    if (cd == (iconv_t)-1) return unknown_charset(err, name);
    char *in = (char *)(uintptr_t)s.ptr;     /* iconv does not write there, its prototype is older than const */
    size_t left = s.len;
    while (left > 0) {
        buf_reserve(buf, 64);
        char *at = buf->ptr + buf->len;
        size_t room = buf->cap - buf->len, rc = iconv(cd, &in, &left, &at, &room);
        buf->len = (uint32_t)(at - buf->ptr);
        if (rc != (size_t)-1 || errno == E2BIG) continue;
        buf_adds(buf, bad);
        size_t skip = utf8_input ? cp_len(in, in + left) : 1;
        in += skip;
        left -= skip;
    }
    iconv_close(cd);
    return true;
}

static void add_unit16(ArenaBuf *buf, uint32_t unit, bool little)
{
    buf_addc(buf, (char)(little ? unit : unit >> 8));
    buf_addc(buf, (char)(little ? unit >> 8 : unit));
}

static void add_unit32(ArenaBuf *buf, uint32_t cp, bool little)
{
    for (int i = 0; i < 4; i++) buf_addc(buf, (char)(cp >> (little ? 8 * i : 24 - 8 * i)));
}

static void encode_cp(ArenaBuf *buf, Charset charset, uint32_t cp)
{
    bool little = charset == CHARSET_UTF16LE || charset == CHARSET_UTF32LE;
    if (charset == CHARSET_ASCII) buf_addc(buf, cp < 0x80 ? (char)cp : '?');
    else if (charset == CHARSET_LATIN1) buf_addc(buf, cp < 0x100 ? (char)cp : '?');
    else if (charset >= CHARSET_UTF32) add_unit32(buf, cp, little);
    else if (cp < 0x10000) add_unit16(buf, cp, little);
    else {
        add_unit16(buf, 0xD800 + ((cp - 0x10000) >> 10), little);
        add_unit16(buf, 0xDC00 + ((cp - 0x10000) & 0x3FF), little);
    }
}

FN_BODY(fn_encode)
{
    Str s = arg_str(&args[0]);
    Charset charset = charset_find(arg_str(&args[1]));
    if (charset == CHARSET_UTF8) return ret_slice(out, s);
    ArenaBuf buf = arena_buf(env->arena);
    if (charset == CHARSET_UNKNOWN) return convert(&buf, arg_str(&args[1]), STR("UTF-8"), s, STR("?"), true, err, arg_str(&args[1])) && ret_buf(out, &buf);
    if (charset == CHARSET_UTF16 && s.len > 0) add_unit16(&buf, 0xFEFF, false);
    for (uint32_t i = 0; i < s.len;) {
        uint32_t cp;
        i += utf8_decode(s.ptr + i, s.ptr + s.len, &cp);
        encode_cp(&buf, charset, cp);
    }
    return ret_buf(out, &buf);
}

static uint32_t read_unit(const unsigned char *p, uint32_t width, bool little)
{
    uint32_t v = 0;
    for (uint32_t i = 0; i < width; i++) v |= (uint32_t)p[i] << (little ? 8 * i : 8 * (width - 1 - i));
    return v;
}

/* UTF-16 and UTF-32; a byte order mark decides where the name does not. */
static void decode_wide(ArenaBuf *buf, Charset charset, Str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    uint32_t width = charset >= CHARSET_UTF32 ? 4 : 2, i = 0;
    bool little = charset == CHARSET_UTF16LE || charset == CHARSET_UTF32LE;
    if ((charset == CHARSET_UTF16 || charset == CHARSET_UTF32) && s.len >= width) {
        little = read_unit(p, width, true) == 0xFEFF;
        if (little || read_unit(p, width, false) == 0xFEFF) i = width;
    }
    for (; i + width <= s.len; i += width) {
        uint32_t cp = read_unit(p + i, width, little);
        if (width == 2 && cp >= 0xD800 && cp < 0xDC00 && i + 4 <= s.len) {
            uint32_t low = read_unit(p + i + 2, 2, little);
            if (low >= 0xDC00 && low < 0xE000) {
                cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        buf_add_cp(buf, (cp >= 0xD800 && cp < 0xE000) || cp > 0x10FFFF ? 0xFFFD : cp);
    }
    if (i < s.len) buf_add_cp(buf, 0xFFFD);
}

/* UTF-8 with U+FFFD for what is damaged. */
static Str utf8_repair(Arena *arena, Str s)
{
    if (utf8_valid(s)) return s;
    ArenaBuf buf = arena_buf(arena);
    for (uint32_t i = 0; i < s.len;) {
        uint32_t cp;
        i += utf8_decode(s.ptr + i, s.ptr + s.len, &cp);
        buf_add_cp(&buf, cp);
    }
    return buf_str(&buf);
}

FN_BODY(fn_decode)
{
    Str s = arg_str(&args[0]);
    Charset charset = charset_find(arg_str(&args[1]));
    if (charset == CHARSET_UTF8) return ret_slice(out, utf8_repair(env->arena, s));
    ArenaBuf buf = arena_buf(env->arena);
    if (charset == CHARSET_UNKNOWN) return convert(&buf, STR("UTF-8"), arg_str(&args[1]), s, STR("\xEF\xBF\xBD"), false, err, arg_str(&args[1])) && ret_buf(out, &buf);
    if (charset >= CHARSET_UTF16) decode_wide(&buf, charset, s);
    else
        for (uint32_t i = 0; i < s.len; i++) {
            unsigned char c = (unsigned char)s.ptr[i];
            buf_add_cp(&buf, charset == CHARSET_ASCII && c >= 0x80 ? 0xFFFD : c);
        }
    return ret_buf(out, &buf);
}

/* ---- base64 ---- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

FN_BODY(fn_to_base64)
{
    Str s = arg_str(&args[0]);
    ArenaBuf buf = arena_buf(env->arena);
    buf_reserve(&buf, (s.len + 2) / 3 * 4);
    for (uint32_t i = 0; i < s.len; i += 3) {
        uint32_t left = s.len - i, v = (uint32_t)(unsigned char)s.ptr[i] << 16;
        if (left > 1) v |= (uint32_t)(unsigned char)s.ptr[i + 1] << 8;
        if (left > 2) v |= (unsigned char)s.ptr[i + 2];
        buf_addc(&buf, base64_digits[v >> 18]);
        buf_addc(&buf, base64_digits[v >> 12 & 63]);
        buf_addc(&buf, left > 1 ? base64_digits[v >> 6 & 63] : '=');
        buf_addc(&buf, left > 2 ? base64_digits[v & 63] : '=');
    }
    return ret_buf(out, &buf);
}

/* Strict: no blanks; the padding may be left out, but not be wrong. */
FN_BODY(fn_from_base64)
{
    Str s = arg_str(&args[0]);
    uint32_t len = s.len, v = 0, n = 0;
    while (len > 0 && s.ptr[len - 1] == '=' && s.len - len < 2) len--;
    ArenaBuf buf = arena_buf(env->arena);
    for (uint32_t i = 0; i < len; i++) {
        const char *digit = s.ptr[i] ? strchr(base64_digits, s.ptr[i]) : NULL;
        if (!digit) return err_set(err, E_TEXT, "byte 0x%02x at %u is not base64", (unsigned char)s.ptr[i], i);
        v = v << 6 | (uint32_t)(digit - base64_digits);
        if (++n % 4 == 0)
            for (int shift = 16; shift >= 0; shift -= 8) buf_addc(&buf, (char)(v >> shift));
    }
    uint32_t rest = n % 4, padding = s.len - len;
    if (rest == 1 || (padding && rest + padding != 4)) return err_set(err, E_TEXT, "base64 text ends within a group");
    if (rest == 2) buf_addc(&buf, (char)(v >> 4));
    if (rest == 3) buf_addc(&buf, (char)(v >> 10)), buf_addc(&buf, (char)(v >> 2));
    return ret_slice(out, utf8_repair(env->arena, buf_str(&buf)));
}

/* ---- URL encoding: application/x-www-form-urlencoded, as java.net.URLEncoder ---- */

FN_BODY(fn_url_encode)
{
    static const char hex[] = "0123456789ABCDEF";
    Str s = arg_str(&args[0]);
    ArenaBuf buf = arena_buf(env->arena);
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '*' || c == '_';
        if (plain) buf_addc(&buf, (char)c);
        else if (c == ' ') buf_addc(&buf, '+');
        else {
            buf_addc(&buf, '%');
            buf_addc(&buf, hex[c >> 4]);
            buf_addc(&buf, hex[c & 15]);
        }
    }
    return ret_buf(out, &buf);
}

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

FN_BODY(fn_url_decode)
{
    Str s = arg_str(&args[0]);
    ArenaBuf buf = arena_buf(env->arena);
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '%') {
            buf_addc(&buf, s.ptr[i] == '+' ? ' ' : s.ptr[i]);
            continue;
        }
        int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1, low = i + 2 < s.len ? hex_digit(s.ptr[i + 2]) : -1;
        if (high < 0 || low < 0) return ret_null(out);
        buf_addc(&buf, (char)(high << 4 | low));
        i += 2;
    }
    return ret_slice(out, utf8_repair(env->arena, buf_str(&buf)));
}

const FuncDef fn_encode_table[] = {
    FN_ROW("ENCODE", "str,str", "BYTES", FN_STRICT, NULL, fn_encode, NULL, "string", "The bytes of a text in a character set.", "ENCODE('a', 'UTF-16BE')", "x'0061'"),
    FN_ROW("DECODE", "bin,str", "STRING", FN_STRICT, NULL, fn_decode, NULL, "string", "The text that bytes stand for in a character set.", "DECODE(X'616263', 'UTF-8')", "abc"),
    FN_ROW("TO_BASE64", "chars", "STRING", FN_STRICT | FN_TOTAL, NULL, fn_to_base64, NULL, "string", "The text's bytes in base64.", "TO_BASE64('hello world')", "aGVsbG8gd29ybGQ="),
    FN_ROW("FROM_BASE64", "str", "STRING", FN_STRICT, NULL, fn_from_base64, NULL, "string", "The text that base64 stands for.", "FROM_BASE64('aGVsbG8gd29ybGQ=')", "hello world"),
    FN_ROW("URL_ENCODE", "str", "STRING", FN_STRICT | FN_TOTAL | FN_NULLABLE, NULL, fn_url_encode, NULL, "string", "Text fit for the query of a URL.", "URL_ENCODE('a b&c')", "a+b%26c"),
    FN_ROW("URL_DECODE", "str", "STRING", FN_STRICT | FN_TOTAL | FN_NULLABLE, NULL, fn_url_decode, NULL, "string", "The text that URL_ENCODE was given; NULL if it cannot be.", "URL_DECODE('a+b%26c')", "a b&c"),
    FN_END
};
