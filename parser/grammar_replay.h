/* Which tokens the grammar would take after a run of tokens; lives at the end of grammar.y, where the tables are. */
#ifndef WEIR_PARSER_GRAMMAR_REPLAY_H
#define WEIR_PARSER_GRAMMAR_REPLAY_H
#include "parser/lex.h"

enum { GRAMMAR_TOKENS = 512 };                   /* more than there are token kinds */
/* accepted[kind] for each kind, 0 = end of text; words count only with their own meaning, not as names. False: the tokens themselves do not parse. */
bool grammar_expected(const Token *tokens, uint32_t n, bool accepted[GRAMMAR_TOKENS]);
#endif
