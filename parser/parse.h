/* Text to statements. Statements are cut by the lexer (strings, comments, STATEMENT SET blocks), never by looking for ';'.
 * ${VAR}, ${VAR:-default}, ${VAR:?message} are replaced inside strings and as whole tokens before lexing each statement. Pure: no I/O. */
#ifndef WEIR_PARSER_PARSE_H
#define WEIR_PARSER_PARSE_H
#include "parser/ast.h"

/* Value of a variable, or ptr NULL when unset. */
typedef Str VarLookup(void *ctx, Str name);

typedef struct Script {
    Str file;                    /* for messages: "job.sql", "-" */
    Str text;                    /* the whole source, borrowed */
    uint32_t pos;                /* where the next statement begins */
    VarLookup *vars; void *vars_ctx;     /* NULL: ${..} is left as it is, as Flink does */
    bool keep_unset;             /* a plain ${NAME} without value stays as it is inside strings: checking a file needs no environment */
} Script;

typedef struct VarMap VarMap;
typedef struct ScriptStmt {
    uint32_t offset;             /* byte offset of the statement in Script.text, blanks and comments skipped */
    Str text;                    /* its text without ';', after variable substitution (== slice of source when there are none): spans refer to this */
    Str source;                  /* as written */
    Stmt *stmt;                  /* NULL when it failed to parse */
    const VarMap *vars;          /* what became of variables; NULL when there were none */
} ScriptStmt;

/* A span of `text` as a span of `source`: where to show an error when variables moved the text. */
Span script_span(const ScriptStmt *stmt, Span span);

/* Next statement. Returns false with err set (E_SYNTAX.. E_VARIABLE) when it does not parse: out->text/offset are filled and script->pos
 * has moved past it, so the caller may report and go on. At the end of text: true with out->stmt NULL and out->text.len 0. */
bool script_next(Script *script, Arena *arena, ScriptStmt *out, Err *err) MUST_CHECK;
/* Is `text` a whole statement (ends with ';' outside strings, comments, blocks)? For the shell's continuation prompt. */
bool script_complete(Str text);
/* One statement, one expression, one query, one type from text: for catalog-stored text, -c, tests. */
Stmt *parse_statement(Arena *arena, Str text, Err *err);
Ast *parse_expression(Arena *arena, Str text, Err *err);
AstQuery *parse_query(Arena *arena, Str text, Err *err);
AstType *parse_type(Arena *arena, Str text, Err *err);
/* Canonical text. Identifiers are back-quoted as needed (always, with `quote_all`, as Flink prints stored expressions). */
void ast_print(const Ast *ast, bool quote_all, StrBuf *out);
void query_print(const AstQuery *query, bool quote_all, StrBuf *out);
void from_print(const AstFrom *from, bool quote_all, StrBuf *out);
void stmt_print(const Stmt *stmt, StrBuf *out);
void asttype_print(const AstType *type, StrBuf *out);
bool ast_equal(const Ast *a, const Ast *b);       /* spans ignored */
bool stmt_equal(const Stmt *a, const Stmt *b);
/* Words for completion and quoting: true if `word` is reserved (must be back-quoted as a name). */
bool word_reserved(Str word);
/* All keywords, upper case, sorted; *n = count. */
const char *const *keywords_all(uint32_t *n);
#endif
