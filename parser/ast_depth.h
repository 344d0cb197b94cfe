/* How deep a tree is. Everything behind the parser walks trees by recursion; this bound is what makes that safe. */
#ifndef WEIR_PARSER_AST_DEPTH_H
#define WEIR_PARSER_AST_DEPTH_H
#include "parser/ast.h"

enum { AST_DEPTH_MAX = 1000 };
/* False when any of the trees (each may be NULL) is deeper than `limit` nodes. Its own recursion stops there. */
bool ast_depth_ok(const Stmt *stmt, const AstQuery *query, const Ast *expr, uint32_t limit);
#endif
