/* Scripts to statements: cut at ';' by the lexer, blocks of STATEMENT SET BEGIN .. END kept whole. */
#include "parser/lex.h"
#include "parser/vars.h"

/* Where the statement that begins at `pos` ends: at its ';' (not included) or at the end of the text. */
typedef struct Cut { uint32_t end; bool semicolon; } Cut;

/* State of the walk over one statement's words. BEGIN behind STATEMENT SET opens a block; CASE .. END inside it is counted. */
typedef struct Block { int seen; bool open; uint32_t cases; } Block;

static void block_word(Block *block, Str word)
{
    static const char *const opening[] = { "STATEMENT", "SET", "BEGIN" };
    if (block->open) {
        if (str_iis(word, "CASE")) block->cases++;
        if (str_iis(word, "END")) {
            if (block->cases) block->cases--;
            else block->open = false;
        }
        return;
    }
    block->seen = str_iis(word, opening[block->seen]) ? block->seen + 1 : str_iis(word, opening[0]) ? 1 : 0;
    if (block->seen == 3) *block = (Block){ .open = true };
}

static Cut find_cut(Str text, uint32_t pos)
{
    Block block = { 0 };
    for (uint32_t end;; pos = end) {
        ScanKind kind = lex_scan(text, pos, &end);
        if (kind == SCAN_END) return (Cut){ text.len, false };
        if (kind == SCAN_OTHER && text.ptr[pos] == ';' && !block.open) return (Cut){ pos, true };
        if (kind == SCAN_WORD) block_word(&block, str_sub(text, pos, end - pos));
        else if (kind != SCAN_BLANK && kind != SCAN_COMMENT && !block.open) block.seen = 0;
    }
}

/* SET and RESET values are raw text: `//` in them is no comment, an unpaired quote no string. */
static bool is_raw(Str text, uint32_t pos)
{
    uint32_t end;
    if (lex_scan(text, pos, &end) != SCAN_WORD) return false;
    Str word = str_sub(text, pos, end - pos);
    return str_iis(word, "SET") || str_iis(word, "RESET");
}

static Cut find_raw_cut(Str text, uint32_t pos)
{
    for (uint32_t end; pos < text.len; pos = end) {
        ScanKind kind = lex_scan(text, pos, &end);
        if (kind == SCAN_OTHER && text.ptr[pos] == ';') return (Cut){ pos, true };
        bool blank_before = pos == 0 || strchr(" \t\r\n", text.ptr[pos - 1]);
        if (kind == SCAN_OPEN || (kind == SCAN_COMMENT && !blank_before)) end = pos + 1;
    }
    return (Cut){ text.len, false };
}

static Str trim_end(Str text)
{
    while (text.len && strchr(" \t\r\n\f", text.ptr[text.len - 1])) text.len--;
    return text;
}

bool script_next(Script *script, Arena *arena, ScriptStmt *out, Err *err)
{
    Str text = script->text;
    *out = (ScriptStmt){ 0 };
    err_clear(err);
    uint32_t begin = lex_skip(text, script->pos);
    while (begin < text.len && text.ptr[begin] == ';') begin = lex_skip(text, begin + 1);
    out->offset = begin;
    script->pos = begin;
    if (begin >= text.len) return true;
    Cut cut = is_raw(text, begin) ? find_raw_cut(text, begin) : find_cut(text, begin);
    script->pos = cut.end + cut.semicolon;
    out->source = out->text = trim_end(str_sub(text, begin, cut.end - begin));
    if (!vars_expand(arena, out->source, script->vars, script->vars_ctx, script->keep_unset, &out->text, &out->vars, err)) return false;
    out->stmt = parse_statement(arena, out->text, err);
    return out->stmt != NULL;
}

bool script_complete(Str text)
{
    uint32_t pos = lex_skip(text, 0);
    bool complete = false;
    while (pos < text.len) {
        if (text.ptr[pos] == ';') { complete = true; pos = lex_skip(text, pos + 1); continue; }
        Cut cut = is_raw(text, pos) ? find_raw_cut(text, pos) : find_cut(text, pos);
        complete = cut.semicolon;
        pos = lex_skip(text, cut.end + cut.semicolon);
    }
    return complete;
}
