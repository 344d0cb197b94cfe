/* Signature strings of the function table (func.h): which alternative fits the arguments, with the casts it asks for. Private to expr/. */
#ifndef WEIR_EXPR_RESOLVE_SIG_H
#define WEIR_EXPR_RESOLVE_SIG_H
#include "engine/expr/func.h"
/* Tries the alternatives of `signatures` in order; casts infer->args in place for the first that fits. false + err E_TYPE when none does. */
bool signature_resolve(InferCtx *infer, const char *signatures, Err *err);
/* A type written as text, as in FuncDef.ret: "STRING", "DECIMAL(38, 18)", "ARRAY<STRING>", "MAP<STRING, INT>"; NULL if it cannot be read. */
const Type *type_from_text(Arena *arena, const char *text, bool nullable);
#endif
