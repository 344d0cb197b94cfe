/* Statements that are not read token by token: SET and RESET (values are raw text), QUIT, EXIT, CLEAR, HELP. */
#ifndef WEIR_PARSER_CLIENT_WORDS_H
#define WEIR_PARSER_CLIENT_WORDS_H
#include "parser/ast.h"

/* True: `text` is such a statement and *stmt it. False without err: it is another one. False with err: broken. */
bool parse_client_words(Arena *arena, Str text, Stmt **stmt, Err *err);
#endif
