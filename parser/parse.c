/* One piece of text to a tree: words of the client first (SET, RESET, QUIT, ...), then lexer and grammar.
 * Bounds nesting, so that whoever walks the tree may recurse. */
#include "parser/parse.h"

#include <stdio.h>
#include <stdlib.h>

#include "grammar.h"
#include "parser/ast_build.h"
#include "parser/ast_depth.h"
#include "parser/client_words.h"

void *grammar_Alloc(void *(*alloc)(size_t), Parse *p);
void grammar_Free(void *parser, void (*release)(void *));
void grammar_(void *parser, int kind, const Token *token);

void parse_fail(Parse *p, ErrCode code, Span span, const char *fmt, ...)
{
    if (p->err->set) return;
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err_at(p->err, code, span, "%s", text);
    p->hint_due = true;
}

void parse_hint(Parse *p, const char *fmt, ...)
{
    if (!p->hint_due) return;
    p->hint_due = false;
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err_hint(p->err, "%s", text);
}

void parse_too_deep(Parse *p)
{
    if (p->err->set) return;
    err_at(p->err, E_SYNTAX, p->tokens[p->pos].span, "statement is nested too deeply");
    err_hint(p->err, "Put inner parts into views.");
}

static bool parse_text(Arena *arena, Str text, int start, Parse *p, Err *err)
{
    TokenList tokens = { 0 };
    err_clear(err);
    if (!lex_tokens(arena, text, &tokens, err)) return false;
    tokens.v[0].kind = (uint16_t)start;
    *p = (Parse){ .arena = arena, .err = err, .tokens = tokens.v, .n = tokens.n };
    void *parser = grammar_Alloc(malloc, p);
    if (!parser) abort();
    for (p->pos = 0; p->pos < tokens.n && !err->set; p->pos++) {
        grammar_(parser, tokens.v[p->pos].kind, &tokens.v[p->pos]);
        p->hint_due = false;
    }
    grammar_Free(parser, free);
    if (!err->set && !ast_depth_ok(p->stmt, p->query, p->expr, AST_DEPTH_MAX)) {
        p->pos = 1;
        parse_too_deep(p);
    }
    return !err->set;
}

Stmt *parse_statement(Arena *arena, Str text, Err *err)
{
    Parse p;
    Stmt *stmt = NULL;
    err_clear(err);
    if (parse_client_words(arena, text, &stmt, err)) return stmt;
    if (err->set || !parse_text(arena, text, TK_START_STATEMENT, &p, err)) return NULL;
    uint32_t begin = p.tokens[1].span.pos, last = p.n - 2;
    if (p.tokens[last].kind == TK_SEMI) last--;
    p.stmt->span = (Span){ begin, p.tokens[last].span.pos + p.tokens[last].span.len - begin };
    return p.stmt;
}

Ast *parse_expression(Arena *arena, Str text, Err *err)
{
    Parse p;
    return parse_text(arena, text, TK_START_EXPRESSION, &p, err) ? p.expr : NULL;
}

AstQuery *parse_query(Arena *arena, Str text, Err *err)
{
    Parse p;
    return parse_text(arena, text, TK_START_QUERY, &p, err) ? p.query : NULL;
}

AstType *parse_type(Arena *arena, Str text, Err *err)
{
    Parse p;
    return parse_text(arena, text, TK_START_TYPE, &p, err) ? p.type : NULL;
}

bool word_reserved(Str word)
{
    int row = keyword_find(word);
    return row >= 0 && (keywords[row].flags & WORD_RESERVED);
}

const char *const *keywords_all(uint32_t *n)
{
    static const char *const words[] = {
#define K(word, token, flags) #word,
#include "parser/keywords.def"
#undef K
    };
    *n = sizeof words / sizeof *words;
    return words;
}

const char *stmt_kind_name(StmtKind kind)
{
    static const char *const names[STMT_KIND_COUNT] = {
        [STMT_QUERY] = "SELECT", [STMT_INSERT] = "INSERT", [STMT_STATEMENT_SET] = "STATEMENT SET", [STMT_BEGIN_SET] = "BEGIN STATEMENT SET", [STMT_END] = "END",
        [STMT_EXPLAIN] = "EXPLAIN", [STMT_CREATE_TABLE] = "CREATE TABLE", [STMT_CREATE_VIEW] = "CREATE VIEW", [STMT_CREATE_DATABASE] = "CREATE DATABASE",
        [STMT_CREATE_CATALOG] = "CREATE CATALOG", [STMT_CREATE_FUNCTION] = "CREATE FUNCTION", [STMT_CREATE_MODEL] = "CREATE MODEL",
        [STMT_CREATE_MATERIALIZED] = "CREATE MATERIALIZED TABLE", [STMT_DROP] = "DROP", [STMT_ALTER_TABLE] = "ALTER TABLE", [STMT_ALTER_VIEW] = "ALTER VIEW",
        [STMT_ALTER_DATABASE] = "ALTER DATABASE", [STMT_ALTER_CATALOG] = "ALTER CATALOG", [STMT_ALTER_FUNCTION] = "ALTER FUNCTION", [STMT_ALTER_MODEL] = "ALTER MODEL",
        [STMT_ALTER_MATERIALIZED] = "ALTER MATERIALIZED TABLE", [STMT_SHOW] = "SHOW", [STMT_DESCRIBE] = "DESCRIBE", [STMT_USE] = "USE", [STMT_USE_CATALOG] = "USE CATALOG",
        [STMT_USE_MODULES] = "USE MODULES", [STMT_LOAD_MODULE] = "LOAD MODULE", [STMT_UNLOAD_MODULE] = "UNLOAD MODULE", [STMT_SET] = "SET", [STMT_RESET] = "RESET",
        [STMT_UPDATE] = "UPDATE", [STMT_DELETE] = "DELETE", [STMT_MERGE] = "MERGE", [STMT_TRUNCATE] = "TRUNCATE TABLE", [STMT_CALL] = "CALL", [STMT_ANALYZE] = "ANALYZE TABLE",
        [STMT_ADD_JAR] = "ADD JAR", [STMT_REMOVE_JAR] = "REMOVE JAR", [STMT_STOP_JOB] = "STOP JOB", [STMT_COMPILE_PLAN] = "COMPILE PLAN", [STMT_EXECUTE_PLAN] = "EXECUTE PLAN",
        [STMT_COMPILE_EXECUTE_PLAN] = "COMPILE AND EXECUTE PLAN", [STMT_QUIT] = "QUIT", [STMT_CLEAR] = "CLEAR", [STMT_HELP] = "HELP",
    };
    return names[kind];
}
