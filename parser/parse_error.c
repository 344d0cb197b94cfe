/* Words for syntax errors: what stands there, what could stand there, and the likely slip. */
#include "grammar.h"
#include "parser/ast_build.h"
#include "parser/grammar_replay.h"

/* Marks of text that the grammar takes at one point, and what of it is worth saying. */
typedef struct Expected { bool may[GRAMMAR_TOKENS]; const char *phrase[4]; uint32_t phrases; } Expected;

static bool expect_after(const uint16_t *kinds, uint32_t n, bool may[GRAMMAR_TOKENS])
{
    Token tokens[4] = { { 0 } };
    for (uint32_t i = 0; i < n; i++) tokens[i].kind = kinds[i];
    return grammar_expected(tokens, n, may);
}

/* When all that can begin (or follow) a construct is expected, say the construct's name and drop its words. */
static void fold(Expected *e, const uint16_t *kinds, uint32_t n, const char *phrase)
{
    bool first[GRAMMAR_TOKENS];
    if (!expect_after(kinds, n, first)) return;
    for (int t = 1; t < GRAMMAR_TOKENS; t++)
        if (first[t] && t != TK_FN_ID && !e->may[t]) return;
    for (int t = 1; t < GRAMMAR_TOKENS; t++)
        if (first[t]) e->may[t] = false;
    if (phrase) e->phrase[e->phrases++] = phrase;
}

static void fold_all(Expected *e)
{
    fold(e, (uint16_t[]){ TK_START_STATEMENT }, 1, "a statement");
    fold(e, (uint16_t[]){ TK_START_EXPRESSION }, 1, "an expression");
    fold(e, (uint16_t[]){ TK_START_QUERY }, 1, "a query");
    fold(e, (uint16_t[]){ TK_START_TYPE }, 1, "a type");
    fold(e, (uint16_t[]){ TK_START_EXPRESSION, TK_ID }, 2, NULL);
    fold(e, (uint16_t[]){ TK_START_EXPRESSION, TK_INTEGER_LITERAL }, 2, NULL);
    fold(e, (uint16_t[]){ TK_START_EXPRESSION, TK_LP, TK_ID, TK_RP }, 4, NULL);
}

enum { LIST_MAX = 8 };

/* What is possible almost everywhere is said last. */
static int said_late(int kind)
{
    switch (kind) {
    case TK_ORDER: case TK_UNION: case TK_EXCEPT: case TK_INTERSECT: case TK_LIMIT: case TK_OFFSET: case TK_FETCH: case TK_SEMI: case TK_MULTISET: case TK_LBRACKET: case TK_DOT:
    case TK_TABLESAMPLE: case TK_MATCH_RECOGNIZE: case TK_HINT_BEGIN: case TK_NATURAL: case TK_ASYMMETRIC: return 1;
    }
    return 0;
}

/* "a name, \",\" or FROM"; empty when nothing sensible is left. */
static Str list_text(Parse *p, Expected *e)
{
    const char *names[LIST_MAX + 1];
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->phrases; i++) names[n++] = e->phrase[i];
    for (int late = 0; late < 2; late++)
        for (int t = 1; t < GRAMMAR_TOKENS && n <= LIST_MAX; t++) {
            const char *name = e->may[t] && said_late(t) == late ? token_name(t) : NULL;
            for (uint32_t i = 0; name && i < n; i++)
                if (strcmp(names[i], name) == 0) name = NULL;
            if (name) names[n++] = name;
        }
    StrBuf buf = { 0 };
    for (uint32_t i = 0; i < n && i < LIST_MAX; i++) strbuf_addf(&buf, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", names[i]);
    if (n > LIST_MAX) strbuf_addz(&buf, ", ...");
    Str text = str_dup(p->arena, strbuf_str(&buf));
    strbuf_free(&buf);
    return text;
}

/* Keyword expected before tokens[at] that its text may be a misspelling of. */
static const char *misspelt(Parse *p, uint32_t at, const bool *may)
{
    const Token *t = &p->tokens[at];
    Str words[GRAMMAR_TOKENS];
    const char *names[GRAMMAR_TOKENS];
    uint32_t n = 0;
    bool reserved = t->keyword >= 0 && (keywords[t->keyword].flags & WORD_RESERVED);
    if (t->flags & TOKEN_QUOTED || reserved || t->text.len < 3 || (t->kind != TK_ID && t->kind != TK_FN_ID && t->keyword < 0)) return NULL;
    for (uint32_t i = 0; i < keywords_len && n < GRAMMAR_TOKENS; i++)
        if (keywords[i].kind != TK_ID && keywords[i].kind != TK_WORD && may[keywords[i].kind]) {
            names[n] = keywords[i].word;
            words[n++] = str_of(keywords[i].word);
        }
    int best = str_nearest(str_upper(p->arena, t->text), words, n);
    if (best < 0 || str_iis(t->text, names[best])) return NULL;
    return names[best];
}

static bool starts_statement(const Token *t)
{
    switch (t->kind) {
    case TK_CREATE: case TK_INSERT: case TK_SELECT: case TK_DROP: case TK_ALTER: case TK_SHOW: case TK_DESCRIBE: case TK_USE: case TK_EXPLAIN: case TK_EXECUTE: case TK_BEGIN:
    case TK_TRUNCATE: case TK_CALL: case TK_DELETE: case TK_UPDATE: case TK_END: return true;
    case TK_SET: case TK_RESET: case TK_WITH: return (t->flags & TOKEN_LINE_START) != 0;
    }
    return false;
}

/* Hints for habits of other dialects and for reserved words; false when none fits. */
static bool hint_habit(Parse *p, const Token *t, const bool *may)
{
    const Token *before = p->pos > 1 ? &p->tokens[p->pos - 1] : t;
    if (t->kind == TK_EQ && before->kind == TK_EQ) return err_hint(p->err, "Write a single =."), true;
    if (before->kind == TK_COMMA && (t->kind == TK_RP || t->kind == TK_FROM || t->kind == TK_RP_UNIT)) return err_hint(p->err, "Remove the comma before it."), true;
    if (t->kind == TK_COLON) return err_hint(p->err, "Write CAST(value AS TYPE)."), true;
    if (t->keyword >= 0 && (keywords[t->keyword].flags & WORD_RESERVED) && may[TK_ID])
        return err_hint(p->err, STR_FMT " is a reserved word; as a name it is written `" STR_FMT "`.", STR_ARG(str_upper(p->arena, t->text)), STR_ARG(t->text)), true;
    return false;
}

void parse_unexpected(Parse *p)
{
    if (p->err->set) return;
    const Token *t = &p->tokens[p->pos];
    Expected e = { .phrases = 0 };
    bool may[GRAMMAR_TOKENS], before[GRAMMAR_TOKENS];
    if (!grammar_expected(p->tokens, p->pos, e.may)) { parse_too_deep(p); return; }
    memcpy(may, e.may, sizeof may);
    if (may[0] && starts_statement(t)) {
        err_at(p->err, E_SYNTAX, t->span, "missing ; before " STR_FMT, STR_ARG(str_upper(p->arena, t->text)));
        err_hint(p->err, "Each statement ends with ;.");
        return;
    }
    const char *word = misspelt(p, p->pos, may);
    fold_all(&e);
    Str expected = list_text(p, &e);
    const char *comma = expected.len ? ", expected " : "";
    const Token *last = p->pos > 1 ? t - 1 : t;
    Span end = { last->span.pos + last->span.len, 1 };
    if (t->kind == 0) err_at(p->err, E_SYNTAX, end, "statement ends too early%s" STR_FMT, comma, STR_ARG(expected));
    else err_at(p->err, E_SYNTAX, t->span, "syntax error at \"" STR_FMT "\"%s" STR_FMT, STR_ARG(t->text), comma, STR_ARG(expected));
    if (word) { err_hint(p->err, "Did you mean %s?", word); return; }
    if (hint_habit(p, t, may) || p->pos < 2 || !grammar_expected(p->tokens, p->pos - 1, before)) return;
    word = misspelt(p, p->pos - 1, before);
    if (word) err_hint(p->err, "Did you mean %s instead of " STR_FMT "?", word, STR_ARG(p->tokens[p->pos - 1].text));
}
