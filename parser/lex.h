/* Text to tokens. Two steps: lex_scan finds where the next piece ends (never fails: the cutter of scripts lives on it),
 * lex_tokens gives the grammar's tokens with their values and looks ahead where a word's meaning hangs on its neighbours
 * (`(` that opens a query, a name before `(`, NOT before IN, ...). Pure; names and values live in the arena or in the text. */
#ifndef WEIR_PARSER_LEX_H
#define WEIR_PARSER_LEX_H
#include "engine/base/err.h"

typedef enum ScanKind {
    SCAN_END, SCAN_BLANK, SCAN_COMMENT, SCAN_WORD, SCAN_NUMBER,
    SCAN_STRING,                 /* '..', also E'..' U&'..' X'..' N'..' _charset'..' with their prefix */
    SCAN_NAME,                   /* `..`, U&"..", ".." */
    SCAN_VARIABLE,               /* ${NAME}, ${NAME:-x}, ${NAME:?x} */
    SCAN_OTHER,                  /* one operator or one byte that begins nothing */
    SCAN_OPEN                    /* string, quoted name or comment without an end: reaches to the end of the text (name: of the line) */
} ScanKind;
/* Kind of the piece at `pos` and where it ends (> pos, except SCAN_END). Any bytes are taken. */
ScanKind lex_scan(Str text, uint32_t pos, uint32_t *end);
/* First position at or after `pos` that is neither blank nor comment. */
uint32_t lex_skip(Str text, uint32_t pos);
/* Length of ${..} at `pos`, 0 when there is none. */
uint32_t lex_variable(Str text, uint32_t pos);

enum { TOKEN_QUOTED = 1, TOKEN_PREFIXED = 2 /* E'', U&'', N'' */, TOKEN_LINE_START = 4 /* first on its line */, TOKEN_BINARY = 8 };
typedef struct Token {
    uint16_t kind;               /* TK_*, 0 = end of text */
    uint16_t flags;
    int16_t keyword;             /* row of keywords.def, -1 */
    Span span;
    Str text;                    /* name, or value of a string or number as the tree keeps it */
    uint32_t match;              /* of ( and ): index of the other one; of others: of the ( around them; 0 = none */
} Token;
typedef struct TokenList { Token *v; uint32_t n, cap; } TokenList;

/* All tokens of one statement: v[0] is left for the parser, the last is the end of text. False + E_SYNTAX (or E_INVALID where Flink says so) for what is no token. */
bool lex_tokens(Arena *arena, Str text, TokenList *out, Err *err) MUST_CHECK;

enum { WORD_RESERVED = 1, WORD_CALLABLE = 2 /* reserved, yet W(..) calls a function */ };
typedef struct Keyword { const char *word; uint16_t kind; uint16_t flags; } Keyword;
/* Rows of keywords.def in order; find returns the row of a word in any case, -1 if it is none. */
extern const Keyword keywords[];
extern const uint32_t keywords_len;
int keyword_find(Str word);
/* What a token kind is called in messages: "TABLE", "\",\"", "a name"; NULL for kinds the lexer makes for itself. */
const char *token_name(int kind);
#endif
