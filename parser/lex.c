/* Tokens with their values: unescaped strings and names, keyword rows, matched parentheses.
 * Every refusal says what to write instead. */
#include "parser/lex.h"

#include "grammar.h"
#include "parser/lex_context.h"

const Keyword keywords[] = {
#define K(word, token, flags) { #word, TK_##token, flags },
#include "parser/keywords.def"
#undef K
};
const uint32_t keywords_len = sizeof keywords / sizeof *keywords;

int keyword_find(Str word)
{
    uint32_t low = 0, high = keywords_len;
    char upper[64];
    if (word.len >= sizeof upper) return -1;
    for (uint32_t i = 0; i < word.len; i++) upper[i] = word.ptr[i] >= 'a' && word.ptr[i] <= 'z' ? (char)(word.ptr[i] - 32) : word.ptr[i];
    upper[word.len] = 0;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        int order = strcmp(upper, keywords[mid].word);
        if (order == 0) return (int)mid;
        if (order < 0) high = mid;
        else low = mid + 1;
    }
    return -1;
}

typedef struct Lexer { Arena *arena; Str text; Err *err; TokenList *out; bool in_hint; } Lexer;

static bool hex_value(Str digits, uint32_t *out)
{
    *out = 0;
    for (uint32_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i], low = (char)(c | 32);
        uint32_t v = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : low >= 'a' && low <= 'f' ? (uint32_t)(low - 'a' + 10) : 16;
        if (v == 16) return false;
        *out = *out * 16 + v;
    }
    return digits.len > 0;
}

static void put_point(StrBuf *buf, uint32_t point)
{
    char bytes[4];
    strbuf_add(buf, bytes, utf8_encode(point > 0x10ffff ? 0xfffd : point, bytes));
}

static Str keep(Lexer *lex, StrBuf *buf)
{
    Str copy = str_dup(lex->arena, strbuf_str(buf));
    strbuf_free(buf);
    return copy.ptr ? copy : STR("");
}

/* Doubled quotes become one. */
static Str undouble(Lexer *lex, Str body, char quote)
{
    if (body.len == 0 || !memchr(body.ptr, quote, body.len)) return body.len ? body : STR("");
    StrBuf buf = { 0 };
    for (uint32_t i = 0; i < body.len; i++) {
        strbuf_addc(&buf, body.ptr[i]);
        if (body.ptr[i] == quote) i++;
    }
    return keep(lex, &buf);
}

/* *point a high surrogate and `next` the escape of a low one (escape character, four hex digits): *point becomes the character of both. */
static bool low_surrogate(Str next, char escape, uint32_t *point)
{
    uint32_t low;
    if (*point < 0xd800 || *point > 0xdbff || next.len != 5 || next.ptr[0] != escape || !hex_value(str_sub(next, 1, 4), &low)) return false;
    if (low < 0xdc00 || low > 0xdfff) return false;
    *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* The four characters behind an escape: hex digits, of which a sign may take the first place (measured on Flink): -01F is 65536 - 0x1f. */
static bool unicode_value(Str digits, uint32_t *point)
{
    bool sign = digits.len == 4 && (digits.ptr[0] == '+' || digits.ptr[0] == '-');
    if (digits.len != 4 || !hex_value(str_sub(digits, sign, 4u - sign), point)) return false;
    if (sign && digits.ptr[0] == '-') *point = (0x10000 - *point) & 0xffff;
    return true;
}

/* U&'..': backslash (or the UESCAPE character) and four hex digits; doubled it stands for itself. */
static bool unescape_unicode(Lexer *lex, Str body, char quote, char escape, Span span, Str *out)
{
    StrBuf buf = { 0 };
    bool good = true;
    for (uint32_t i = 0; good && i < body.len; i++) {
        uint32_t point;
        if (body.ptr[i] == quote) strbuf_addc(&buf, body.ptr[i++]);
        else if (body.ptr[i] != escape) strbuf_addc(&buf, body.ptr[i]);
        else if (i + 1 < body.len && body.ptr[i + 1] == escape) strbuf_addc(&buf, body.ptr[i++]);
        else if (i + 4 < body.len && unicode_value(str_sub(body, i + 1, 4), &point)) {
            i += 4;
            if (low_surrogate(str_sub(body, i + 1, 1 + 4), escape, &point)) i += 5;
            put_point(&buf, point);
        }
        else good = false;
    }
    *out = keep(lex, &buf);
    if (!good) return err_at(lex->err, E_SYNTAX, span, "a unicode escape needs exactly four hex digits");
    return true;
}

/* One E'..' escape at body[i], i on the backslash; returns the bytes taken, 0 when it is broken. */
static uint32_t escape_at(Str body, uint32_t i, StrBuf *buf)
{
    static const char plain[] = "n\nt\tb\bf\fr\r\\\\''";
    uint32_t point, n = 0;
    char c = i + 1 < body.len ? body.ptr[i + 1] : 0;
    for (uint32_t k = 0; c && k + 1 < sizeof plain; k += 2)
        if (c == plain[k]) { strbuf_addc(buf, plain[k + 1]); return 2; }
    if (c == 'u' || c == 'U') {
        n = c == 'u' ? 4 : 8;
        if (i + 1 + n >= body.len || !hex_value(str_sub(body, i + 2, n), &point)) return 0;
        put_point(buf, point);
        return 2 + n;
    }
    if (c == 'x')
        while (n < 2 && i + 2 + n < body.len && hex_value(str_sub(body, i + 2 + n, 1), &point)) n++;
    if (n) { hex_value(str_sub(body, i + 2, n), &point); put_point(buf, point); return 2 + n; }
    for (point = 0; n < 3 && i + 1 + n < body.len && body.ptr[i + 1 + n] >= '0' && body.ptr[i + 1 + n] <= '7'; n++) point = point * 8 + (uint32_t)(body.ptr[i + 1 + n] - '0');
    if (n && point < 256) { put_point(buf, point); return 1 + n; }
    strbuf_addc(buf, '\\');
    return 1;
}

static bool unescape_c(Lexer *lex, Str body, Span span, Str *out)
{
    StrBuf buf = { 0 };
    uint32_t taken = 1;
    for (uint32_t i = 0; taken && i < body.len; i += taken) {
        taken = 1;
        if (body.ptr[i] == '\\') taken = escape_at(body, i, &buf);
        else {
            strbuf_addc(&buf, body.ptr[i]);
            if (body.ptr[i] == '\'') taken = 2;
        }
    }
    *out = keep(lex, &buf);
    return taken || err_at(lex->err, E_SYNTAX, span, "a unicode escape needs exactly four hex digits after \\u, eight after \\U");
}

static bool lex_binary(Lexer *lex, Str body, Token *token)
{
    StrBuf buf = { 0 };
    uint32_t value, bad = body.len;
    for (uint32_t i = 0; i < body.len; i++)
        if (!hex_value(str_sub(body, i, 1), &value)) bad = i;
    for (uint32_t i = 0; bad == body.len && i + 1 < body.len; i += 2) { hex_value(str_sub(body, i, 2), &value); strbuf_addc(&buf, (char)value); }
    token->text = keep(lex, &buf);
    token->flags |= TOKEN_BINARY | TOKEN_PREFIXED;
    if (bad < body.len) return err_at(lex->err, E_SYNTAX, token->span, "a binary literal holds hex digits only");
    if (body.len % 2) return err_at(lex->err, E_INVALID, token->span, "a binary literal needs an even number of hex digits");
    return true;
}

/* UESCAPE 'c' behind the piece that ends at *pos; moves *pos behind it. */
static bool take_uescape(Lexer *lex, uint32_t *pos, char *escape)
{
    uint32_t at = lex_skip(lex->text, *pos), end;
    if (lex_scan(lex->text, at, &end) != SCAN_WORD || !str_iis(str_sub(lex->text, at, end - at), "UESCAPE")) return true;
    at = lex_skip(lex->text, end);
    if (lex_scan(lex->text, at, &end) != SCAN_STRING) return true;
    Str body = str_sub(lex->text, at + 1, end - at - 2);
    uint32_t digit;
    *escape = body.len ? body.ptr[0] : 0;
    *pos = end;
    if (body.len != 1 || hex_value(body, &digit) || strchr(" \t\n+\"'", *escape))
        return err_at(lex->err, E_SYNTAX, (Span){ at, end - at }, "UESCAPE takes one character that is no hex digit, blank, plus sign or quote");
    return true;
}

static bool known_charset(Str name)
{
    static const char *const names[] = { "utf8", "utf16", "utf32", "latin1", "iso_8859_1", "iso_8859_15", "ascii", "us_ascii", "utf16be", "utf16le", "gbk", "gb18030", "big5" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_iis(name, names[i])) return true;
    return false;
}

static bool lex_string(Lexer *lex, uint32_t *end, Token *token)
{
    Str piece = str_sub(lex->text, token->span.pos, token->span.len);
    uint32_t quote = (uint32_t)str_find(piece, STR("'"), 0);
    Str body = str_sub(piece, quote + 1, piece.len - quote - 2);
    char letter = (char)(piece.ptr[0] | 32), escape = '\\';
    token->kind = TK_STRING_LITERAL;
    if (quote) token->flags |= TOKEN_PREFIXED;
    if (quote == 1 && letter == 'x') return lex_binary(lex, body, token);
    if (quote == 1 && letter == 'e') return unescape_c(lex, body, token->span, &token->text);
    if (quote == 2 && letter == 'u') {
        if (!take_uescape(lex, end, &escape)) return false;
        return unescape_unicode(lex, body, '\'', escape, token->span, &token->text);
    }
    token->text = undouble(lex, body, '\'');
    if (piece.ptr[0] == '_' && !known_charset(str_sub(piece, 1, quote - 1)))
        return err_at(lex->err, E_SYNTAX, token->span, "character set \"" STR_FMT "\" does not exist", (int)quote - 1, piece.ptr + 1);
    return true;
}

enum { NAME_MAX_CHARS = 256 };

static bool lex_name(Lexer *lex, uint32_t *end, Token *token)
{
    Str piece = str_sub(lex->text, token->span.pos, token->span.len);
    char escape = '\\';
    token->kind = TK_ID;
    token->flags |= TOKEN_QUOTED;
    if (piece.ptr[0] == '"') {
        err_at(lex->err, E_SYNTAX, token->span, "double quotes are not used in Flink SQL");
        return err_hint(lex->err, "Write 'text' for a string and `name` for a name.");
    }
    if (piece.ptr[0] == '`') token->text = undouble(lex, str_sub(piece, 1, piece.len - 2), '`');
    else if (!take_uescape(lex, end, &escape) || !unescape_unicode(lex, str_sub(piece, 3, piece.len - 4), '"', escape, token->span, &token->text)) return false;
    if (token->text.len == 0) return err_at(lex->err, E_SYNTAX, token->span, "a name is empty");
    if (str_trim(token->text).len == 0) return err_at(lex->err, E_INVALID, token->span, "a name holds nothing but blanks");
    return true;
}

static bool lex_word(Lexer *lex, Token *token)
{
    token->text = str_sub(lex->text, token->span.pos, token->span.len);
    token->keyword = (int16_t)keyword_find(token->text);
    token->kind = token->keyword < 0 ? TK_ID : keywords[token->keyword].kind;
    return true;
}

static bool lex_number(Lexer *lex, Token *token)
{
    Str text = str_sub(lex->text, token->span.pos, token->span.len);
    bool dot = false, exponent = false;
    for (uint32_t i = 0; i < text.len; i++) {
        dot |= text.ptr[i] == '.';
        exponent |= (text.ptr[i] | 32) == 'e';
    }
    if (dot && text.ptr[text.len - 1] == '.') { text.len--; dot = false; }       /* `5.` is an integer */
    token->text = text;
    token->kind = exponent ? TK_DOUBLE_LITERAL : dot ? TK_DECIMAL_LITERAL : TK_INTEGER_LITERAL;
    return true;
}

typedef struct Operator { const char *text; uint16_t kind; } Operator;
static const Operator operators[] = {
    { "(", TK_LP }, { ")", TK_RP }, { "[", TK_LBRACKET }, { "]", TK_RBRACKET }, { "{", TK_LBRACE }, { "}", TK_RBRACE }, { ",", TK_COMMA }, { ";", TK_SEMI },
    { ".", TK_DOT }, { ":", TK_COLON }, { "?", TK_QMARK }, { "+", TK_PLUS }, { "-", TK_SUB }, { "*", TK_STAR }, { "/", TK_SLASH }, { "%", TK_MODULO },
    { "||", TK_CONCAT }, { "|", TK_BAR }, { "^", TK_CARET }, { "=", TK_EQ }, { "<>", TK_NE }, { "<", TK_LT }, { "<=", TK_LE }, { ">", TK_GT },
    { ">=", TK_GE }, { "=>", TK_ARROW }, { "/*+", TK_HINT_BEGIN },
};

const char *token_name(int kind)
{
    switch (kind) {
    case TK_ID: return "a name";
    case TK_STRING_LITERAL: return "a string";
    case TK_INTEGER_LITERAL: case TK_DECIMAL_LITERAL: case TK_DOUBLE_LITERAL: return "a number";
    case TK_LP: case TK_LPQ: return "\"(\"";
    case TK_RP: case TK_RP_UNIT: return "\")\"";
    case TK_COMMA: return "\",\"";
    case TK_SEMI: return "\";\"";
    case TK_EQ: return "\"=\"";
    case TK_LT: return "\"<\"";
    case TK_GT: return "\">\"";
    case TK_DOT: return "\".\"";
    case TK_LBRACKET: return "\"[\"";
    case TK_RBRACKET: return "\"]\"";
    case TK_STAR: return "\"*\"";
    case TK_HINT_END: return "\"*/\"";
    case TK_NOT_OP: return "NOT";
    case TK_WORD: return NULL;
    }
    for (uint32_t i = 0; i < keywords_len; i++)
        if (keywords[i].kind == kind) return keywords[i].word;
    return NULL;
}

static bool bad_character(Lexer *lex, Token *token, Str piece)
{
    static const struct { char c; const char *hint; } hints[] = {
        { '#', "Comments begin with -- or /*." }, { '&', "Write AND." }, { '!', "Write NOT, or <> for unequal." }, { '~', "Use REGEXP(text, pattern) or SIMILAR TO." },
        { '\\', "Commands of the prompt stand alone on their line." }, { '@', "Names with other characters are written in back quotes: `a@b`." },
    };
    uint32_t point = 0;
    err_at(lex->err, E_SYNTAX, token->span, "syntax error at \"" STR_FMT "\"", STR_ARG(piece));
    utf8_decode(piece.ptr, piece.ptr + piece.len, &point);
    if (point >= 0x2018 && point <= 0x201f) return err_hint(lex->err, "This is a typographic quote: strings are written 'text', names `name`.");
    if (point == 0xa0 || point == 0x3000 || (point >= 0x2000 && point <= 0x200f) || point == 0xfeff) return err_hint(lex->err, "This is an invisible or wide blank (U+%04X): write an ordinary one.", (unsigned)point);
    if (point == 0xff0c || point == 0xff08 || point == 0xff09 || point == 0xff1b || point == 0xff1d) return err_hint(lex->err, "This is a full-width character: write the ASCII one.");
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (piece.ptr[0] == hints[i].c) err_hint(lex->err, "%s", hints[i].hint);
    return false;
}

static bool lex_operator(Lexer *lex, Token *token)
{
    Str piece = str_sub(lex->text, token->span.pos, token->span.len);
    if (str_is(piece, "*/") && lex->in_hint) { token->kind = TK_HINT_END; lex->in_hint = false; return true; }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_is(piece, operators[i].text)) {
            token->kind = operators[i].kind;
            if (token->kind == TK_HINT_BEGIN) lex->in_hint = true;
            token->text = piece;
            return true;
        }
    return bad_character(lex, token, piece);
}

static bool open_piece(Lexer *lex, Token *token)
{
    char c = lex->text.ptr[token->span.pos];
    const char *what = c == '/' ? "comment" : c == '`' ? "quoted name" : c == '"' ? "double quote" : "string";
    const char *close = c == '/' ? "*/" : c == '`' ? "`" : c == '"' ? "\"" : "'";
    token->span.len = c == '/' ? 2 : 1;
    err_at(lex->err, E_SYNTAX, token->span, "%s begins here and does not end", what);
    return err_hint(lex->err, "It ends with %s.", close);
}

/* Flink's lexer takes one character more after slash-star-star, unless that is a slash: so this comment has no end. */
static bool odd_comment(Lexer *lex, uint32_t pos, uint32_t end)
{
    if (!str_is(str_sub(lex->text, pos, end - pos), "/***/")) return false;
    err_at(lex->err, E_SYNTAX, (Span){ pos, 2 }, "comment begins here and does not end");
    err_hint(lex->err, "Write /**/ or /****/.");
    return true;
}

static bool lex_one(Lexer *lex, ScanKind kind, uint32_t *end, Token *token)
{
    switch (kind) {
    case SCAN_STRING: return lex_string(lex, end, token);
    case SCAN_NAME: return lex_name(lex, end, token);
    case SCAN_WORD: return lex_word(lex, token);
    case SCAN_NUMBER: return lex_number(lex, token);
    case SCAN_OPEN: return open_piece(lex, token);
    case SCAN_VARIABLE: return bad_character(lex, token, str_sub(lex->text, token->span.pos, token->span.len));
    case SCAN_END: case SCAN_BLANK: case SCAN_COMMENT: case SCAN_OTHER: break;
    }
    return lex_operator(lex, token);
}

bool lex_tokens(Arena *arena, Str text, TokenList *out, Err *err)
{
    Lexer lex = { .arena = arena, .text = text, .err = err, .out = out };
    uint16_t line_start = TOKEN_LINE_START;
    Token first = { .keyword = -1 };
    ARENA_PUSH(arena, *out, first);
    for (uint32_t pos = 0, end = 0;; pos = end) {
        ScanKind kind = lex_scan(text, pos, &end);
        if (kind == SCAN_COMMENT && odd_comment(&lex, pos, end)) return false;
        if (kind == SCAN_BLANK || kind == SCAN_COMMENT) {
            if (memchr(text.ptr + pos, '\n', end - pos)) line_start = TOKEN_LINE_START;
            continue;
        }
        Token token = { .flags = line_start, .keyword = -1, .span = { pos, end - pos } };
        line_start = 0;
        if (kind == SCAN_END) {
            token.span = (Span){ text.len, 0 };
            ARENA_PUSH(arena, *out, token);
            break;
        }
        if (!lex_one(&lex, kind, &end, &token)) return false;
        token.span.len = end - pos;
        if (token.kind == TK_ID && utf8_len(token.text) > NAME_MAX_CHARS)
            return err_at(err, E_SYNTAX, token.span, "a name is longer than %d characters", NAME_MAX_CHARS);
        ARENA_PUSH(arena, *out, token);
    }
    lex_context(arena, out);
    return true;
}
