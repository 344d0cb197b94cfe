/* Second step of lex_tokens: words and parentheses that mean different things by their neighbours get token kinds of their own,
 * so that the grammar stays LALR(1) without conflicts. Each rule is documented at its row or function. */
#ifndef WEIR_PARSER_LEX_CONTEXT_H
#define WEIR_PARSER_LEX_CONTEXT_H
#include "parser/lex.h"

void lex_context(Arena *arena, TokenList *tokens);
#endif
