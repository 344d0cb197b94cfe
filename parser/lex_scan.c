/* Pieces of text by their ends: comments, strings, names, numbers, words. Takes any bytes and never fails. */
#include "parser/lex.h"

static char byte_at(Str s, uint32_t i) { return i < s.len ? s.ptr[i] : 0; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Letters and digits of names beyond ASCII: the ranges of Flink's lexer, and Hangul. */
static bool wide_letter(uint32_t c)
{
    static const uint32_t ranges[][2] = { { 0xc0, 0xd6 }, { 0xd8, 0xf6 }, { 0xf8, 0x1fff }, { 0x3040, 0x318f }, { 0x3300, 0x337f }, { 0x3400, 0x3d2d },
        { 0x4e00, 0x9fff }, { 0xac00, 0xd7af }, { 0xf900, 0xfaff } };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
    return false;
}

/* Bytes of the name character at `pos`; 0 if it is none. */
static uint32_t name_char(Str s, uint32_t pos, bool first)
{
    char c = byte_at(s, pos);
    if (is_letter(c) || c == '_' || c == '$') return 1;
    if (is_digit(c)) return first ? 0 : 1;
    if ((unsigned char)c < 0x80) return 0;
    uint32_t point = 0, len = utf8_decode(s.ptr + pos, s.ptr + s.len, &point);
    return wide_letter(point) ? len : 0;
}

static uint32_t word_end(Str s, uint32_t pos)
{
    for (uint32_t len = name_char(s, pos, true); len; len = name_char(s, pos, false)) pos += len;
    return pos;
}

/* Behind the closing quote; *open when there is none. */
static uint32_t quote_end(Str s, uint32_t pos, char quote, bool backslash, bool one_line, bool *open)
{
    for (pos++; pos < s.len; pos++) {
        char c = s.ptr[pos];
        if (backslash && c == '\\') pos++;
        else if (c == quote && byte_at(s, pos + 1) == quote) pos++;
        else if (c == quote) return pos + 1;
        else if (one_line && c == '\n') break;
    }
    *open = true;
    return pos < s.len ? pos : s.len;
}

uint32_t lex_variable(Str s, uint32_t pos)
{
    if (byte_at(s, pos) != '$' || byte_at(s, pos + 1) != '{') return 0;
    uint32_t at = pos + 2;
    while (byte_at(s, at) == '_' || is_digit(byte_at(s, at)) || is_letter(byte_at(s, at))) at++;
    if (at == pos + 2 || is_digit(s.ptr[pos + 2])) return 0;
    if (byte_at(s, at) == '}') return at + 1 - pos;
    if (byte_at(s, at) != ':' || (byte_at(s, at + 1) != '-' && byte_at(s, at + 1) != '?')) return 0;
    for (uint32_t depth = 1; at < s.len; at++) {
        if (s.ptr[at] == '{') depth++;
        if (s.ptr[at] == '}' && --depth == 0) return at + 1 - pos;
    }
    return 0;
}

static ScanKind scan_comment(Str s, uint32_t pos, uint32_t *end)
{
    if (s.ptr[pos] == '-' || byte_at(s, pos + 1) == '/') {
        while (pos < s.len && s.ptr[pos] != '\n') pos++;
        *end = pos;
        return SCAN_COMMENT;
    }
    for (pos += 2; pos + 1 < s.len; pos++)
        if (s.ptr[pos] == '*' && s.ptr[pos + 1] == '/') {
            *end = pos + 2;
            return SCAN_COMMENT;
        }
    *end = s.len;
    return SCAN_OPEN;
}

static uint32_t number_end(Str s, uint32_t pos)
{
    while (is_digit(byte_at(s, pos))) pos++;
    if (byte_at(s, pos) == '.')
        for (pos++; is_digit(byte_at(s, pos));) pos++;
    if ((byte_at(s, pos) | 32) == 'e') {
        uint32_t at = pos + 1;
        if (byte_at(s, at) == '+' || byte_at(s, at) == '-') at++;
        if (is_digit(byte_at(s, at))) {
            while (is_digit(byte_at(s, at))) at++;
            pos = at;
        }
    }
    return pos;
}

/* A word, or a string or name that a word is glued to. */
static ScanKind scan_word(Str s, uint32_t pos, uint32_t *end)
{
    uint32_t stop = word_end(s, pos), len = stop - pos;
    char c = byte_at(s, stop), letter = (char)(s.ptr[pos] | 32);
    bool open = false;
    *end = stop;
    if (len == 1 && letter == 'u' && c == '&' && (byte_at(s, stop + 1) == '\'' || byte_at(s, stop + 1) == '"')) {
        bool name = s.ptr[stop + 1] == '"';
        *end = quote_end(s, stop + 1, s.ptr[stop + 1], false, false, &open);
        return open ? SCAN_OPEN : name ? SCAN_NAME : SCAN_STRING;
    }
    if (c != '\'' || !((len == 1 && (letter == 'e' || letter == 'x' || letter == 'n')) || s.ptr[pos] == '_')) return SCAN_WORD;
    *end = quote_end(s, stop, '\'', len == 1 && letter == 'e', false, &open);
    return open ? SCAN_OPEN : SCAN_STRING;
}

ScanKind lex_scan(Str s, uint32_t pos, uint32_t *end)
{
    static const char *const pairs[] = { "<>", "<=", ">=", "!=", "=>", "||" };
    if (pos >= s.len) { *end = s.len; return SCAN_END; }
    char c = s.ptr[pos], next = byte_at(s, pos + 1);
    bool open = false;
    if (pos == 0 && str_starts(s, "\xef\xbb\xbf")) { *end = 3; return SCAN_BLANK; }      /* byte order mark */
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        while (byte_at(s, pos) == ' ' || byte_at(s, pos) == '\t' || byte_at(s, pos) == '\n' || byte_at(s, pos) == '\r' || byte_at(s, pos) == '\f') pos++;
        *end = pos;
        return SCAN_BLANK;
    }
    if ((c == '-' && next == '-') || (c == '/' && next == '/') || (c == '/' && next == '*' && byte_at(s, pos + 2) != '+')) return scan_comment(s, pos, end);
    uint32_t variable = lex_variable(s, pos);
    if (variable) { *end = pos + variable; return SCAN_VARIABLE; }
    if (c == '\'' || c == '"') { *end = quote_end(s, pos, c, false, false, &open); return open ? SCAN_OPEN : c == '"' ? SCAN_NAME : SCAN_STRING; }
    if (c == '`') { *end = quote_end(s, pos, c, false, true, &open); return open ? SCAN_OPEN : SCAN_NAME; }
    if (is_digit(c) || (c == '.' && is_digit(next))) { *end = number_end(s, pos); return SCAN_NUMBER; }
    if (name_char(s, pos, true)) return scan_word(s, pos, end);
    *end = pos + 1;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (c == pairs[i][0] && next == pairs[i][1]) *end = pos + 2;
    if (c == '/' && next == '*') *end = pos + 3;                       /* hint */
    if (c == '*' && next == '/') *end = pos + 2;
    if ((unsigned char)c >= 0x80) {
        uint32_t point = 0;
        *end = pos + utf8_decode(s.ptr + pos, s.ptr + s.len, &point);
    }
    return SCAN_OTHER;
}

uint32_t lex_skip(Str text, uint32_t pos)
{
    uint32_t end = pos;
    for (;;) {
        ScanKind kind = lex_scan(text, pos, &end);
        if (kind != SCAN_BLANK && kind != SCAN_COMMENT) return pos;
        pos = end;
    }
}
