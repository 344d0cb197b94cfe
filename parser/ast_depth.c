#include "parser/ast_depth.h"

static bool expr_ok(const Ast *a, uint32_t left);
static bool query_ok(const AstQuery *q, uint32_t left);
static bool stmt_ok(const Stmt *s, uint32_t left);

static bool list_ok(const AstList *list, uint32_t left)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (!expr_ok(list->v[i], left)) return false;
    return true;
}

static bool orders_ok(const OrderList *list, uint32_t left)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (!expr_ok(list->v[i].expr, left)) return false;
    return true;
}

static bool items_ok(const ItemList *list, uint32_t left)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (!expr_ok(list->v[i].expr, left)) return false;
    return true;
}

static bool window_ok(const AstWindow *w, uint32_t left)
{
    return !w || (list_ok(&w->partition, left) && orders_ok(&w->order, left) && expr_ok(w->start.amount, left) && expr_ok(w->end.amount, left));
}

static bool type_ok(const AstType *type, uint32_t left)
{
    if (!type) return true;
    if (!left--) return false;
    for (uint32_t i = 0; i < type->nfields; i++)
        if (!type_ok(type->fields[i].type, left)) return false;
    return type_ok(type->elem, left) && type_ok(type->key, left);
}

static bool expr_ok(const Ast *a, uint32_t left)
{
    if (!a) return true;
    if (!left--) return false;
    switch (a->kind) {
    case AST_LITERAL: case AST_NAME: case AST_STAR: case AST_SYMBOL: case AST_DESCRIPTOR: return true;
    case AST_OP: return list_ok(&a->u.op.args, left);
    case AST_CALL: return list_ok(&a->u.call.args, left) && expr_ok(a->u.call.filter, left) && window_ok(a->u.call.over, left) && orders_ok(&a->u.call.order, left);
    case AST_CASE: return expr_ok(a->u.kase.operand, left) && list_ok(&a->u.kase.when, left) && list_ok(&a->u.kase.then, left) && expr_ok(a->u.kase.otherwise, left);
    case AST_CAST: return expr_ok(a->u.cast.expr, left) && type_ok(a->u.cast.type, left);
    case AST_SUBQUERY: case AST_QUERY_ARRAY: return query_ok(a->u.sub.query, left);
    case AST_IN: return expr_ok(a->u.in.expr, left) && list_ok(&a->u.in.list, left) && query_ok(a->u.in.query, left);
    case AST_BETWEEN: return expr_ok(a->u.between.expr, left) && expr_ok(a->u.between.low, left) && expr_ok(a->u.between.high, left);
    case AST_ROW: case AST_ARRAY: case AST_MAP: return list_ok(&a->u.items.items, left);
    case AST_INDEX: return expr_ok(a->u.index.base, left) && expr_ok(a->u.index.index, left);
    case AST_FIELD: return expr_ok(a->u.field.base, left);
    case AST_INTERVAL_OF: return expr_ok(a->u.interval_of.expr, left);
    case AST_NAMED_ARG: return expr_ok(a->u.named.value, left);
    case AST_TABLE_ARG: return query_ok(a->u.table_arg.query, left) && list_ok(&a->u.table_arg.partition, left) && orders_ok(&a->u.table_arg.order, left);
    }
    return true;
}

static bool pattern_ok(const PatternAst *a, uint32_t left)
{
    if (!left--) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!pattern_ok(a->sub[i], left)) return false;
    return true;
}

static bool match_ok(const AstMatch *m, uint32_t left)
{
    return !m || (list_ok(&m->partition, left) && orders_ok(&m->order, left) && items_ok(&m->measures, left) && items_ok(&m->define, left) && expr_ok(m->within, left)
        && pattern_ok(m->pattern, left));
}

static bool from_ok(const AstFrom *f, uint32_t left)
{
    if (!f) return true;
    if (!left--) return false;
    return expr_ok(f->as_of, left) && query_ok(f->query, left) && expr_ok(f->call, left) && list_ok(&f->unnest, left) && from_ok(f->join.left, left) && from_ok(f->join.right, left)
        && expr_ok(f->join.on, left) && from_ok(f->input, left) && match_ok(f->match, left) && (!f->sample || (expr_ok(f->sample->percent, left) && expr_ok(f->sample->seed, left)));
}

static bool group_ok(const AstGroup *g, uint32_t left)
{
    if (!left--) return false;
    for (uint32_t i = 0; i < g->n; i++)
        if (!group_ok(&g->sets[i], left)) return false;
    return expr_ok(g->expr, left) && list_ok(&g->exprs, left);
}

static bool query_ok(const AstQuery *q, uint32_t left)
{
    if (!q) return true;
    if (!left--) return false;
    for (uint32_t i = 0; i < q->with.n; i++)
        if (!query_ok(q->with.v[i].query, left)) return false;
    for (uint32_t i = 0; i < q->group.n; i++)
        if (!group_ok(&q->group.v[i], left)) return false;
    for (uint32_t i = 0; i < q->windows.n; i++)
        if (!window_ok(q->windows.v[i].window, left)) return false;
    return items_ok(&q->items, left) && from_ok(q->from, left) && expr_ok(q->where, left) && expr_ok(q->having, left) && expr_ok(q->qualify, left) && list_ok(&q->rows, left)
        && query_ok(q->left, left) && query_ok(q->right, left) && orders_ok(&q->order, left) && expr_ok(q->limit, left) && expr_ok(q->offset, left);
}

static bool table_ok(const AstCreateTable *c, uint32_t left)
{
    if (!c) return true;
    for (uint32_t i = 0; i < c->columns.n; i++)
        if (!expr_ok(c->columns.v[i].expr, left) || !type_ok(c->columns.v[i].type, left)) return false;
    return query_ok(c->as, left) && (!c->watermark || expr_ok(c->watermark->expr, left));
}

static bool alter_ok(const AstAlter *a, uint32_t left)
{
    for (uint32_t i = 0; i < a->columns.n; i++)
        if (!expr_ok(a->columns.v[i].expr, left) || !type_ok(a->columns.v[i].type, left)) return false;
    return query_ok(a->query, left) && (!a->watermark || expr_ok(a->watermark->expr, left));
}

static bool dml_ok(const Stmt *s, uint32_t left)
{
    for (uint32_t i = 0; i < s->u.dml.nwhens; i++)
        if (!list_ok(&s->u.dml.whens[i].values, left)) return false;
    return list_ok(&s->u.dml.values, left) && expr_ok(s->u.dml.where, left) && query_ok(s->u.dml.query, left) && from_ok(s->u.dml.using_from, left) && expr_ok(s->u.dml.on, left);
}

static bool stmt_ok(const Stmt *s, uint32_t left)
{
    if (!s) return true;
    if (!left--) return false;
    switch (s->kind) {
    case STMT_QUERY: return query_ok(s->u.query, left);
    case STMT_INSERT: return query_ok(s->u.insert->query, left);
    case STMT_STATEMENT_SET:
        for (uint32_t i = 0; i < s->u.set.n; i++)
            if (!stmt_ok(s->u.set.inserts[i], left)) return false;
        return true;
    case STMT_EXPLAIN: return stmt_ok(s->u.explain.target, left);
    case STMT_CREATE_TABLE: return table_ok(s->u.create_table, left);
    case STMT_CREATE_VIEW: return query_ok(s->u.create_view.query, left);
    case STMT_CREATE_MODEL: case STMT_CREATE_MATERIALIZED: return query_ok(s->u.create_named.query, left) && table_ok(s->u.create_named.table, left) && expr_ok(s->u.create_named.freshness, left);
    case STMT_ALTER_TABLE: case STMT_ALTER_VIEW: case STMT_ALTER_MATERIALIZED: return alter_ok(s->u.alter, left);
    case STMT_UPDATE: case STMT_DELETE: case STMT_MERGE: return dml_ok(s, left);
    case STMT_CALL: return list_ok(&s->u.call.args, left);
    case STMT_COMPILE_PLAN: case STMT_COMPILE_EXECUTE_PLAN: return stmt_ok(s->u.client.target, left);
    case STMT_BEGIN_SET: case STMT_END: case STMT_CREATE_DATABASE: case STMT_CREATE_CATALOG: case STMT_CREATE_FUNCTION: case STMT_DROP: case STMT_ALTER_DATABASE:
    case STMT_ALTER_CATALOG: case STMT_ALTER_FUNCTION: case STMT_ALTER_MODEL: case STMT_SHOW: case STMT_DESCRIBE: case STMT_USE: case STMT_USE_CATALOG: case STMT_USE_MODULES:
    case STMT_LOAD_MODULE: case STMT_UNLOAD_MODULE: case STMT_SET: case STMT_RESET: case STMT_TRUNCATE: case STMT_ANALYZE: case STMT_ADD_JAR: case STMT_REMOVE_JAR:
    case STMT_STOP_JOB: case STMT_EXECUTE_PLAN: case STMT_QUIT: case STMT_CLEAR: case STMT_HELP: case STMT_KIND_COUNT: break;
    }
    return true;
}

bool ast_depth_ok(const Stmt *stmt, const AstQuery *query, const Ast *expr, uint32_t limit)
{
    return stmt_ok(stmt, limit) && query_ok(query, limit) && expr_ok(expr, limit);
}
