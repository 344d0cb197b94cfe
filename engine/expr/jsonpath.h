/* JSON paths of the SQL functions: [lax|strict] and a Jayway path: .name ['name'] [n] [n,m] [a:b] [*] .* .. [?(filter)] .length() .max() ..
 * Compiled once, immutable. A path is definite when it can name one value at most. */
#ifndef WEIR_EXPR_JSONPATH_H
#define WEIR_EXPR_JSONPATH_H
#include "engine/expr/jsondoc.h"

typedef struct JsonPath JsonPath;
/* NULL and *why (static text) when it cannot be used. No mode word means strict. */
JsonPath *jsonpath_compile(Arena *arena, Str path, const char **why);
bool jsonpath_lax(const JsonPath *path);

typedef enum JsonFound { FOUND_NONE, FOUND_NODE, FOUND_LIST, FOUND_NUMBER, FOUND_TEXT } JsonFound;
typedef struct JsonResult {
    JsonFound kind;                  /* NONE: a definite path leads nowhere (Jayway's exception); LIST: an indefinite path, maybe empty */
    uint32_t node;                   /* NODE */
    struct { uint32_t *v; uint32_t n, cap; } list;
    Str text;                        /* NUMBER: result of a function; TEXT: an object of picked members or an array of keys, as JSON text */
} JsonResult;
void jsonpath_eval(const JsonPath *path, const JsonDoc *doc, Arena *scratch, JsonResult *out);
#endif
