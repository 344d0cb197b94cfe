#include "parser/client_words.h"

#include "parser/lex.h"

typedef struct Raw { Arena *arena; Str text; uint32_t pos; Err *err; } Raw;

static bool fail_at(Raw *raw, uint32_t pos, uint32_t len, const char *message, const char *hint)
{
    err_at(raw->err, E_SYNTAX, (Span){ pos, len }, "%s", message);
    return err_hint(raw->err, "%s", hint);
}

/* 'it''s', "x", `x`: without its quotes. */
static Str unquote(Arena *arena, Str quoted)
{
    StrBuf buf = { 0 };
    for (uint32_t i = 1; i + 1 < quoted.len; i++) {
        strbuf_addc(&buf, quoted.ptr[i]);
        if (quoted.ptr[i] == quoted.ptr[0]) i++;
    }
    Str out = str_dup(arena, strbuf_str(&buf));
    strbuf_free(&buf);
    return out.ptr ? out : STR("");
}

/* The quoted piece at pos; strings side by side are one value. */
static bool take_quoted(Raw *raw, Str *out)
{
    uint32_t end;
    ScanKind kind = lex_scan(raw->text, raw->pos, &end);
    if (kind == SCAN_OPEN) return fail_at(raw, raw->pos, 1, "string begins here and does not end", "It ends with the same quote.");
    *out = unquote(raw->arena, str_sub(raw->text, raw->pos, end - raw->pos));
    raw->pos = lex_skip(raw->text, end);
    if (raw->pos < raw->text.len && raw->text.ptr[raw->pos] == '\'') {
        Str next;
        if (!take_quoted(raw, &next)) return false;
        *out = str_printf(raw->arena, STR_FMT STR_FMT, STR_ARG(*out), STR_ARG(next));
    }
    return true;
}

static bool is_quote(char c) { return c == '\'' || c == '"' || c == '`'; }

/* Text up to `stop` or the end, without comments behind it. */
static Str take_raw(Raw *raw, char stop)
{
    uint32_t begin = raw->pos, last = raw->pos, end;
    while (raw->pos < raw->text.len && raw->text.ptr[raw->pos] != stop) {
        bool blank_before = raw->pos == begin || strchr(" \t\r\n", raw->text.ptr[raw->pos - 1]);
        ScanKind kind = lex_scan(raw->text, raw->pos, &end);
        /* `//` inside a value is a URL, not a comment. */
        if (kind == SCAN_COMMENT && blank_before) { raw->pos = end; continue; }
        if (kind == SCAN_COMMENT || kind == SCAN_OPEN) end = raw->pos + 1;
        if (kind != SCAN_BLANK) last = end;
        raw->pos = end;
    }
    return str_sub(raw->text, begin, last - begin);
}

static bool at_end(const Raw *raw) { return raw->pos >= raw->text.len; }

/* The next statement begins at `pos`, on a line of its own, without a ; before it. */
static bool missing_semicolon(Raw *raw, uint32_t pos)
{
    uint32_t end;
    lex_scan(raw->text, pos, &end);
    err_at(raw->err, E_SYNTAX, (Span){ pos, end - pos }, "missing ; before " STR_FMT, STR_ARG(str_upper(raw->arena, str_sub(raw->text, pos, end - pos))));
    return err_hint(raw->err, "Each statement ends with ;.");
}

/* Text left behind a statement: the fault is a missing ; when it begins a line. */
static bool fail_rest(Raw *raw, const char *message, const char *hint)
{
    uint32_t begin = raw->pos;
    while (begin > 0 && strchr(" \t\r", raw->text.ptr[begin - 1])) begin--;
    uint32_t end;
    if (begin > 0 && raw->text.ptr[begin - 1] == '\n' && lex_scan(raw->text, raw->pos, &end) == SCAN_WORD) return missing_semicolon(raw, raw->pos);
    return fail_at(raw, raw->pos, 1, message, hint);
}

static bool take_key(Raw *raw, bool set, Str *key)
{
    if (is_quote(raw->text.ptr[raw->pos])) return take_quoted(raw, key);
    int64_t line = set ? -1 : str_find(raw->text, STR("\n"), raw->pos);
    uint32_t next = line < 0 ? raw->text.len : lex_skip(raw->text, (uint32_t)line);
    if (next < raw->text.len) return missing_semicolon(raw, next);
    *key = str_trim(take_raw(raw, set ? '=' : ';'));
    for (uint32_t i = 0; i < key->len; i++)
        if (strchr(" \t\n,'", key->ptr[i])) return fail_at(raw, (uint32_t)(key->ptr + i - raw->text.ptr), 1, "syntax error in a key", "Keys look like execution.checkpointing.interval.");
    return true;
}

static bool parse_set(Raw *raw, Stmt *stmt)
{
    uint32_t begin = raw->pos;
    stmt->kind = STMT_SET;
    if (at_end(raw)) return true;
    stmt->u.set_option.has_key = true;
    if (!take_key(raw, true, &stmt->u.set_option.key)) return false;
    if (stmt->u.set_option.key.len == 0) return fail_at(raw, begin, 1, "SET has no key", "Write SET 'key' = 'value'.");
    if (at_end(raw) || raw->text.ptr[raw->pos] != '=')
        return fail_at(raw, at_end(raw) ? raw->text.len : raw->pos, 1, "syntax error in SET, expected \"=\"", "Write SET 'key' = 'value'.");
    raw->pos = lex_skip(raw->text, raw->pos + 1);
    if (at_end(raw)) return fail_at(raw, raw->text.len, 1, "SET has no value", "Write SET 'key' = 'value'; '' is an empty one.");
    bool quoted = is_quote(raw->text.ptr[raw->pos]);
    int64_t line = quoted ? -1 : str_find(raw->text, STR("\n"), raw->pos);
    uint32_t next = line < 0 ? raw->text.len : lex_skip(raw->text, (uint32_t)line);
    if (next < raw->text.len) return missing_semicolon(raw, next);
    if (quoted && !take_quoted(raw, &stmt->u.set_option.value)) return false;
    if (!quoted) stmt->u.set_option.value = str_dup(raw->arena, str_trim(take_raw(raw, ';')));
    if (!at_end(raw)) return fail_rest(raw, "syntax error behind the value of SET", "Each SET takes one key and one value.");
    return true;
}

static bool parse_reset(Raw *raw, Stmt *stmt)
{
    stmt->kind = STMT_RESET;
    if (at_end(raw)) return true;
    if (!take_key(raw, false, &stmt->u.set_option.key)) return false;
    if (!at_end(raw)) return fail_rest(raw, "syntax error behind the key of RESET", "Each RESET takes one key; RESET alone resets all.");
    stmt->u.set_option.has_key = !str_iis(stmt->u.set_option.key, "ALL");
    return true;
}

bool parse_client_words(Arena *arena, Str text, Stmt **out, Err *err)
{
    static const struct { const char *word; StmtKind kind; } alone[] = { { "QUIT", STMT_QUIT }, { "EXIT", STMT_QUIT }, { "CLEAR", STMT_CLEAR }, { "HELP", STMT_HELP } };
    while (text.len && strchr(" \t\r\n;", text.ptr[text.len - 1])) text.len--;
    Raw raw = { arena, text, lex_skip(text, 0), err };
    uint32_t begin = raw.pos, end;
    if (lex_scan(text, begin, &end) != SCAN_WORD) return false;
    Str word = str_sub(text, begin, end - begin);
    bool set = str_iis(word, "SET"), reset = str_iis(word, "RESET");
    raw.pos = lex_skip(text, end);
    Stmt *stmt = ARENA_NEW(arena, Stmt);
    stmt->span = (Span){ begin, text.len - begin };
    *out = stmt;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (str_iis(word, alone[i].word) && at_end(&raw)) {
            stmt->kind = alone[i].kind;
            return true;
        }
    return set ? parse_set(&raw, stmt) : reset && parse_reset(&raw, stmt);
}
