/* What plan_query.c, plan_order.c and bind_over.c share: sort keys over the items of a select list. */
#ifndef WEIR_PARSER_PLAN_QUERY_H
#define WEIR_PARSER_PLAN_QUERY_H
#include "parser/bind.h"

typedef struct SortList { SortKey *v; uint32_t n, cap; } SortList;           /* columns = items */
/* Binds ORDER BY: ordinals, names of the select list, expressions. What is no item yet is appended to items. */
bool bind_order(Binder *b, const ExprScope *es, const AstQuery *query, SelectList *items, SortList *out, Err *err) MUST_CHECK;
/* UNION, INTERSECT, EXCEPT (plan_setop.c). */
PlanNode *plan_setop(Binder *b, const AstQuery *query, Err *err);
/* ORDER BY, OFFSET and LIMIT of `query` on top of node. */
PlanNode *plan_order(Binder *b, PlanNode *node, const SortList *sort, const AstQuery *query, Err *err);
/* An expression that also sees the names the select list gives. */
Expr *bind_aliased(Binder *b, const ExprScope *es, const AstQuery *query, const SelectList *items, const Ast *ast, Err *err);
/* Calls with OVER in an aggregate query: their arguments over its output. */
/* AVG, VAR_POP and the like with OVER: expanded to sums and counts (over_expand.c). */
bool over_expands(Str name);
Expr *over_expand(Binder *b, Grouping *grouping, const BoundOver *over, Str name, Err *err);
bool over_replace(Binder *b, Grouping *grouping, const Scope *scope, Err *err) MUST_CHECK;
/* `filter` (may be NULL), then the OVER columns behind node's own, then the items of rows that satisfy `qualify` (may be NULL). */
PlanNode *plan_over_items(Binder *b, PlanNode *node, Expr *filter, Grouping *grouping, SelectList *items, Expr *qualify, Span span, Err *err);
#endif
