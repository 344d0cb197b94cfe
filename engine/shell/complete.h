/* Completion of the word before the cursor: keywords, tables, columns, functions, WITH keys of connectors and formats, SET keys, backslash commands, paths. */
#ifndef WEIR_SHELL_COMPLETE_H
#define WEIR_SHELL_COMPLETE_H
#include "engine/session/session.h"
typedef struct Completion {
    Str insert;                                  /* text to insert at the cursor: the rest of the only word, or of the common prefix; empty = none */
    Str *words; uint32_t n;                      /* all candidates, sorted */
} Completion;
/* before: the statement's text up to the cursor. Results live in arena. */
Completion complete_at(Arena *arena, Session *session, Str before);
#endif
