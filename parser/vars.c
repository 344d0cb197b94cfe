#include "parser/vars.h"

#include "parser/lex.h"

typedef struct Expand { Arena *arena; Str source; VarLookup *lookup; void *ctx; bool keep_unset; StrBuf buf; VarMap map; Err *err; } Expand;

static void put_piece(Expand *e, uint32_t source_pos, uint32_t source_len, Str text, char quote, bool same)
{
    VarPiece piece = { e->buf.len, 0, source_pos, source_len, same };
    for (uint32_t i = 0; i < text.len; i++) {
        strbuf_addc(&e->buf, text.ptr[i]);
        if (quote && text.ptr[i] == quote) strbuf_addc(&e->buf, quote);
    }
    piece.len = e->buf.len - piece.pos;
    ARENA_PUSH(e->arena, e->map, piece);
}

static void put_source(Expand *e, uint32_t from, uint32_t to)
{
    if (to > from) put_piece(e, from, to - from, str_sub(e->source, from, to - from), 0, true);
}

/* The variable at source[pos .. pos + len). */
static bool put_variable(Expand *e, uint32_t pos, uint32_t len, char quote)
{
    Str body = str_sub(e->source, pos + 2, len - 3);
    int64_t colon = str_find(body, STR(":"), 0);
    Str name = colon < 0 ? body : str_sub(body, 0, (uint32_t)colon);
    Str rest = colon < 0 ? STR_NULL : str_sub(body, (uint32_t)colon + 2, body.len);
    Str value = e->lookup(e->ctx, name);
    if (!value.ptr || (colon >= 0 && value.len == 0)) {
        value = STR_NULL;
        if (colon >= 0 && body.ptr[colon + 1] == '-') value = (Str){ rest.ptr ? rest.ptr : "", rest.len };
    }
    if (!value.ptr && colon < 0 && e->keep_unset && quote) {
        put_source(e, pos, pos + len);
        return true;
    }
    if (!value.ptr) {
        Span span = { pos, len };
        if (rest.len) return err_at(e->err, E_VARIABLE, span, "variable " STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(rest));
        err_at(e->err, E_VARIABLE, span, "variable " STR_FMT " is not set", STR_ARG(name));
        return err_hint(e->err, "Set it in the environment or with -D " STR_FMT "=value, or give a default: ${" STR_FMT ":-value}.", STR_ARG(name), STR_ARG(name));
    }
    put_piece(e, pos, len, value, quote, false);
    return true;
}

/* Variables inside one piece of text, quoted or not. */
static bool put_quoted(Expand *e, uint32_t begin, uint32_t end)
{
    uint32_t from = begin;
    char quote = e->source.ptr[end - 1];
    for (uint32_t i = begin; i < end; i++) {
        uint32_t len = lex_variable(e->source, i);
        if (!len || i + len > end) continue;
        bool escaped = i > begin && e->source.ptr[i - 1] == '$';
        put_source(e, from, escaped ? i - 1 : i);
        if (escaped) put_piece(e, i - 1, len + 1, str_sub(e->source, i, len), 0, false);
        else if (!put_variable(e, i, len, quote)) return false;
        i += len - 1;
        from = i + 1;
    }
    put_source(e, from, end);
    return true;
}

bool vars_expand(Arena *arena, Str source, VarLookup *lookup, void *ctx, bool keep_unset, Str *out, const VarMap **map, Err *err)
{
    *out = source;
    *map = NULL;
    if (!lookup || str_find(source, STR("${"), 0) < 0) return true;
    Expand e = { .arena = arena, .source = source, .lookup = lookup, .ctx = ctx, .keep_unset = keep_unset, .err = err };
    bool good = true;
    for (uint32_t pos = 0, end; good && pos < source.len; pos = end) {
        ScanKind kind = lex_scan(source, pos, &end);
        if (kind == SCAN_STRING || kind == SCAN_NAME) good = put_quoted(&e, pos, end);
        else if (kind == SCAN_VARIABLE) good = put_variable(&e, pos, end - pos, 0);
        else put_source(&e, pos, end);
    }
    if (good && e.map.n) {
        *out = str_dup(arena, strbuf_str(&e.buf));
        *map = arena_copy(arena, &e.map, sizeof e.map);
    }
    strbuf_free(&e.buf);
    return good;
}

Span script_span(const ScriptStmt *stmt, Span span)
{
    if (!stmt->vars) return span;
    uint32_t begin = span.pos, end = span.pos + span.len;
    bool has_begin = false, has_end = false;
    for (uint32_t i = 0; i < stmt->vars->n; i++) {
        const VarPiece *p = &stmt->vars->v[i];
        if (!has_begin && span.pos < p->pos + p->len) { begin = p->source_pos + (p->same ? span.pos - p->pos : 0); has_begin = true; }
        if (!has_end && span.pos + span.len <= p->pos + p->len) {
            end = p->same ? p->source_pos + (span.pos + span.len - p->pos) : p->source_pos + p->source_len;
            has_end = true;
        }
    }
    if (!has_begin) return (Span){ stmt->source.len, 0 };
    return (Span){ begin, has_end && end > begin ? end - begin : 1 };
}
