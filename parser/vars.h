/* ${NAME}, ${NAME:-default}, ${NAME:?message} in the text of one statement: inside strings and quoted names the value is escaped,
 * elsewhere it is pasted as it is; comments stay as they are; $${ stands for ${. */
#ifndef WEIR_PARSER_VARS_H
#define WEIR_PARSER_VARS_H
#include "parser/parse.h"

/* One stretch of the expanded text: `len` bytes at `pos` come from `source_len` bytes at `source_pos`. */
typedef struct VarPiece { uint32_t pos, len, source_pos, source_len; bool same; } VarPiece;
struct VarMap { VarPiece *v; uint32_t n, cap; };

/* keep_unset: Script.keep_unset. *out == source and *map NULL when there is nothing to replace. E_VARIABLE with a span in `source`. */
bool vars_expand(Arena *arena, Str source, VarLookup *lookup, void *ctx, bool keep_unset, Str *out, const VarMap **map, Err *err) MUST_CHECK;
#endif
